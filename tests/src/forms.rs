//! Handlers of a part of the streams each, which remember what was theirs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chip_quality_events::inspection::{self, InspectionEvent, InspectionEventHandler};
use chip_quality_events::quality::{self, QualityEvent, QualityEventHandler};
use chip_quality_events::system::{self, SystemEvent, SystemEventHandler};
use cq_events::{Event, EventHandler, Failure, Handled, Message, Unknown};
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

/// Handles two streams.
#[derive(EventHandler)]
#[handles(QualityEvent, SystemEvent)]
pub struct Operator(pub Counts);

macro_rules! count {
    ($($handler:ident as $trait:ident in $module:ident: $($method:ident($event:ident)),* $(,)?;)*) => {$(
        impl $trait for $handler {
            $(async fn $method(&self, event: $module::$event, _message: &Message) -> Handled {
                self.0.add(stringify!($module), event.event_id());
                Ok(())
            })*

            async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
                Err(Failure::new(format!("{unknown:?}")))
            }
        }
    )*};
}

count! {
    Inspector as InspectionEventHandler in inspection:
        on_inspection_created(InspectionCreated),
        on_inspection_started(InspectionStarted),
        on_inspection_completed(InspectionCompleted),
        on_inspection_failed(InspectionFailed),
        on_defect_detected(DefectDetected),
        on_quality_assessed(QualityAssessed);
    Operator as QualityEventHandler in quality:
        on_quality_assessed(QualityAssessed),
        on_threshold_violated(ThresholdViolated),
        on_alert_triggered(AlertTriggered),
        on_compliance_check(ComplianceCheck);
    Operator as SystemEventHandler in system:
        on_service_started(ServiceStarted),
        on_service_stopped(ServiceStopped),
        on_health_check(HealthCheck),
        on_error_occurred(ErrorOccurred);
}
