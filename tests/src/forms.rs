//! Handlers of a part of the streams each, which remember what was theirs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chip_quality_events::inspection::{self, InspectionEvent, InspectionEventHandler};
use chip_quality_events::quality::{self, QualityEvent, QualityEventHandler};
use chip_quality_events::system::{self, SystemEvent, SystemEventRefHandler};
use cq_events::event::EventView;
use cq_events::{EventHandler, Failure, Handled, Message, Unknown};
use uuid::Uuid;

/// The ids of the events that were handled, by stream. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Mutex<BTreeMap<&'static str, Vec<Uuid>>>>);

impl Counts {
    /// Remembers an event.
    pub fn add(&self, stream: &'static str, event_id: Option<Uuid>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(stream).or_default().extend(event_id);
    }

    /// How many were handled.
    pub fn len(&self) -> usize {
        self.get().values().map(Vec::len).sum()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids, sorted.
    pub fn get(&self) -> BTreeMap<&'static str, Vec<Uuid>> {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ids.values_mut().for_each(|ids| ids.sort());
        ids
    }
}

/// Handles one stream.
#[derive(EventHandler)]
#[handles(InspectionEvent)]
pub struct Inspector(pub Counts);

/// Handles two streams, the second where its events lie in the message.
#[derive(EventHandler)]
#[handles(QualityEvent, borrowed SystemEvent)]
pub struct Operator(pub Counts);

macro_rules! count {
    ($($handler:ident as $trait:ident in $module:ident: $($method:ident($event:ty)),* $(,)?;)*) => {$(
        impl $trait for $handler {
            $(async fn $method(&self, event: $event, _message: &Message) -> Handled {
                self.0.add(stringify!($module), EventView::event_id(&event));
                Ok(())
            })*

            async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
                Err(Failure::retry(format!("{unknown:?}")))
            }
        }
    )*};
}

count! {
    Inspector as InspectionEventHandler in inspection:
        on_inspection_created(inspection::InspectionCreated),
        on_inspection_started(inspection::InspectionStarted),
        on_inspection_completed(inspection::InspectionCompleted),
        on_inspection_failed(inspection::InspectionFailed),
        on_defect_detected(inspection::DefectDetected),
        on_quality_assessed(inspection::QualityAssessed);
    Operator as QualityEventHandler in quality:
        on_quality_assessed(quality::QualityAssessed),
        on_threshold_violated(quality::ThresholdViolated),
        on_alert_triggered(quality::AlertTriggered),
        on_compliance_check(quality::ComplianceCheck);
    Operator as SystemEventRefHandler in system:
        on_service_started(system::ServiceStartedRef<'_>),
        on_service_stopped(system::ServiceStoppedRef<'_>),
        on_health_check(system::HealthCheckRef<'_>),
        on_error_occurred(system::ErrorOccurredRef<'_>);
}
