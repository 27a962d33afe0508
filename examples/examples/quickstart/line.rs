//! The handlers: typed code that would not compile with an event missing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chip_quality_events::inspection::{
    DefectDetected, DefectType, InspectionCompleted, InspectionCreated, InspectionEvent,
    InspectionEventHandler, InspectionFailed, InspectionStarted, QualityAssessed as ChipAssessed, Severity,
    Verdict,
};
use chip_quality_events::manufacturing::{
    BatchCompleted, BatchCreated, LotCreated, ManufacturingEvent, ManufacturingEventHandler,
    ProductionMilestone,
};
use chip_quality_events::quality::{
    AlertTriggered, AlertType, ComplianceCheck, QualityAssessed as BatchAssessed, QualityEvent,
    QualityEventHandler, QualityEventProducer, RecommendedAction, ThresholdViolated,
};
use chip_quality_events::system::{
    ErrorOccurred, HealthCheck, ServiceStarted, ServiceStopped, SystemEvent, SystemEventHandler,
};
use chip_quality_events::user::{
    AuditAction, PermissionGranted, UserEvent, UserEventHandler, UserLogin, UserLogout,
};
use cq_events::{Event, EventHandler, Handled, Message, Unknown};

use crate::tally::Tally;

/// The live figures of the line.
#[derive(Clone, Default)]
pub struct Figures {
    pub batches: BTreeMap<String, Batch>,
    pub defects: BTreeMap<(DefectType, Severity), u64>,
    pub alerts: Vec<(Severity, String)>,
}

/// What is known of a batch.
#[derive(Clone, Default)]
pub struct Batch {
    pub planned: i32,
    pub inspected: u32,
    pub passed: u32,
    pub reported_yield: Option<String>,
}

/// Follows the line: batches, inspections and quality.
#[derive(EventHandler)]
#[handles(InspectionEvent, ManufacturingEvent, QualityEvent)]
pub struct Line {
    tally: Arc<Tally>,
    figures: Arc<Mutex<Figures>>,
    alerts: QualityEventProducer,
}

impl Line {
    pub fn new(tally: Arc<Tally>, alerts: QualityEventProducer) -> Self {
        Self { tally, figures: Arc::default(), alerts }
    }

    /// The figures, which go on changing while the handler runs.
    pub fn figures(&self) -> Arc<Mutex<Figures>> {
        Arc::clone(&self.figures)
    }

    /// Counts an event of this run and updates the figures with it.
    fn note<E: Event>(&self, event: &E, update: impl FnOnce(&mut MutexGuard<'_, Figures>)) -> Handled {
        if self.tally.is_ours(event) {
            update(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner));
            self.tally.handled(event);
        }
        Ok(())
    }
}

impl InspectionEventHandler for Line {
    async fn on_inspection_created(&self, event: InspectionCreated, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_inspection_started(&self, event: InspectionStarted, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_inspection_completed(&self, event: InspectionCompleted, _: &Message) -> Handled {
        self.note(&event, |figures| {
            let batch = figures.batches.entry(event.batch_id.clone()).or_default();
            batch.inspected += 1;
            batch.passed += u32::from(event.verdict == Verdict::Pass);
        })
    }

    async fn on_inspection_failed(&self, event: InspectionFailed, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_defect_detected(&self, event: DefectDetected, _: &Message) -> Handled {
        self.note(&event, |figures| {
            *figures.defects.entry((event.defect_type, event.severity)).or_default() += 1
        })
    }

    async fn on_quality_assessed(&self, event: ChipAssessed, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        pass_over(&unknown, message)
    }
}

impl ManufacturingEventHandler for Line {
    async fn on_batch_created(&self, event: BatchCreated, _: &Message) -> Handled {
        self.note(&event, |figures| {
            figures.batches.entry(event.batch_id.clone()).or_default().planned = event.planned_units;
        })
    }

    async fn on_lot_created(&self, event: LotCreated, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_batch_completed(&self, event: BatchCompleted, _: &Message) -> Handled {
        self.note(&event, |figures| {
            let batch = figures.batches.entry(event.batch_id.clone()).or_default();
            batch.reported_yield = Some(event.yield_percent.to_string());
        })
    }

    async fn on_production_milestone(&self, event: ProductionMilestone, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        pass_over(&unknown, message)
    }
}

impl QualityEventHandler for Line {
    async fn on_quality_assessed(&self, event: BatchAssessed, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    /// A violated threshold raises an alert: a handler that publishes. The alert carries on the correlation id of
    /// the violation, which is how it is known to belong to this run.
    async fn on_threshold_violated(&self, event: ThresholdViolated, _: &Message) -> Handled {
        if !self.tally.is_ours(&event) {
            return Ok(());
        }
        let alert = AlertTriggered::builder()
            .alert_id(format!("AL-{}", event.violation_id))
            .batch_id(event.batch_id.as_str())
            .alert_type(AlertType::ThresholdBreach)
            .severity(event.severity)
            .title(format!(
                "{} of {} is {} {}",
                event.metric, event.batch_id, event.measured_value, event.unit
            ))
            .recommended_action(RecommendedAction::HoldBatch)
            .violation_ids([event.violation_id.clone()])
            .build();
        self.tally.published(std::slice::from_ref(&alert));
        self.alerts.publish_alert_triggered(alert).await?;
        self.note(&event, |_| {})
    }

    async fn on_alert_triggered(&self, event: AlertTriggered, _: &Message) -> Handled {
        self.note(&event, |figures| figures.alerts.push((event.severity, event.title.clone())))
    }

    async fn on_compliance_check(&self, event: ComplianceCheck, _: &Message) -> Handled {
        self.note(&event, |_| {})
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        pass_over(&unknown, message)
    }
}

/// Keeps the book of people and services.
#[derive(EventHandler)]
#[handles(UserEvent, SystemEvent)]
pub struct Office {
    tally: Arc<Tally>,
}

impl Office {
    pub fn new(tally: Arc<Tally>) -> Self {
        Self { tally }
    }

    fn note(&self, event: &impl Event) -> Handled {
        if self.tally.is_ours(event) {
            self.tally.handled(event);
        }
        Ok(())
    }
}

impl UserEventHandler for Office {
    async fn on_user_login(&self, event: UserLogin, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_user_logout(&self, event: UserLogout, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_audit_action(&self, event: AuditAction, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_permission_granted(&self, event: PermissionGranted, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        pass_over(&unknown, message)
    }
}

impl SystemEventHandler for Office {
    async fn on_service_started(&self, event: ServiceStarted, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_service_stopped(&self, event: ServiceStopped, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_health_check(&self, event: HealthCheck, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_error_occurred(&self, event: ErrorOccurred, _: &Message) -> Handled {
        self.note(&event)
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        pass_over(&unknown, message)
    }
}

/// What newer programs wrote to a shared cluster is none of this program's events.
#[allow(clippy::print_stderr, reason = "programs speak to people")]
fn pass_over(unknown: &Unknown, message: &Message) -> Handled {
    eprintln!("passed over {unknown:?} in {message:?}");
    Ok(())
}
