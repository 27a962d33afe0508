//! A handler of all five streams that remembers what it was given.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chip_quality_events::{inspection, manufacturing, quality, system, user};
use cq_events::{Event, EventHandler, Failure, Handled, Message, Unknown};
use inspection::{InspectionEvent, InspectionEventHandler};
use manufacturing::{ManufacturingEvent, ManufacturingEventHandler};
use quality::{QualityEvent, QualityEventHandler};
use system::{SystemEvent, SystemEventHandler};
use user::{UserEvent, UserEventHandler};
use uuid::Uuid;

/// One event as it was handled.
#[derive(Clone, Debug)]
pub struct Handling {
    /// Its identity.
    pub event_id: Uuid,
    /// Its record.
    pub fullname: &'static str,
    /// All of its values, printed.
    pub debug: String,
    /// What carried it.
    pub message: Message,
}

/// Remembers events, and fails where it is told to.
#[derive(Clone, EventHandler)]
#[handles(InspectionEvent, ManufacturingEvent, QualityEvent, SystemEvent, UserEvent)]
pub struct Recorder {
    handled: Arc<Mutex<Vec<Handling>>>,
    unknown: Arc<Mutex<Vec<(Unknown, Message)>>>,
    fails: Arc<dyn Fn(&Handling) -> bool + Send + Sync>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::failing_on(|_| false)
    }
}

impl Recorder {
    /// A recorder whose handlers fail for some events.
    pub fn failing_on(fails: impl Fn(&Handling) -> bool + Send + Sync + 'static) -> Self {
        Self { handled: Arc::default(), unknown: Arc::default(), fails: Arc::new(fails) }
    }

    /// What was handled so far, in the order in which it was.
    pub fn handled(&self) -> Vec<Handling> {
        lock(&self.handled).clone()
    }

    /// What went to `on_unknown` so far.
    pub fn unknown(&self) -> Vec<(Unknown, Message)> {
        lock(&self.unknown).clone()
    }

    fn record(&self, event: impl Event + std::fmt::Debug, message: &Message) -> Handled {
        let handling = Handling {
            event_id: event.event_id().expect("the platform's events have ids"),
            fullname: event.fullname(),
            debug: format!("{event:?}"),
            message: message.clone(),
        };
        if (self.fails)(&handling) {
            return Err(Failure::retry("the recorder was told to fail"));
        }
        lock(&self.handled).push(handling);
        Ok(())
    }

    fn record_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        lock(&self.unknown).push((unknown, message.clone()));
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Polls until the condition holds.
///
/// # Panics
/// When it does not within a minute.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    eventually_async(what, async || holds()).await;
}

/// Polls until the condition, which has to be asked for, holds.
///
/// # Panics
/// When it does not within a minute.
pub async fn eventually_async(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited a minute for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

macro_rules! record {
    ($($module:ident, $trait:ident { $($method:ident: $event:ident),* $(,)? })*) => {$(
        impl $trait for Recorder {
            $(async fn $method(&self, event: $module::$event, message: &Message) -> Handled {
                self.record(event, message)
            })*

            async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
                self.record_unknown(unknown, message)
            }
        }
    )*};
}

record! {
    inspection, InspectionEventHandler {
        on_inspection_created: InspectionCreated,
        on_inspection_started: InspectionStarted,
        on_inspection_completed: InspectionCompleted,
        on_inspection_failed: InspectionFailed,
        on_defect_detected: DefectDetected,
        on_quality_assessed: QualityAssessed,
    }
    manufacturing, ManufacturingEventHandler {
        on_batch_created: BatchCreated,
        on_lot_created: LotCreated,
        on_batch_completed: BatchCompleted,
        on_production_milestone: ProductionMilestone,
    }
    quality, QualityEventHandler {
        on_quality_assessed: QualityAssessed,
        on_threshold_violated: ThresholdViolated,
        on_alert_triggered: AlertTriggered,
        on_compliance_check: ComplianceCheck,
    }
    system, SystemEventHandler {
        on_service_started: ServiceStarted,
        on_service_stopped: ServiceStopped,
        on_health_check: HealthCheck,
        on_error_occurred: ErrorOccurred,
    }
    user, UserEventHandler {
        on_user_login: UserLogin,
        on_user_logout: UserLogout,
        on_audit_action: AuditAction,
        on_permission_granted: PermissionGranted,
    }
}
