//! A small production day: two batches go through the line, are inspected and judged; people and services do their
//! part. It has every event type of the platform at least once.

use std::collections::BTreeMap;

use chip_quality_events::inspection::{
    Defect, DefectDetected, DefectLocation, DefectType, InspectionCompleted, InspectionCreated,
    InspectionEvent, InspectionFailed, InspectionFailureReason, InspectionStarted, InspectionType,
    Measurement, Priority, ProcessStage, QualityAssessed as ChipAssessed, QualityGrade, Severity, Verdict,
};
use chip_quality_events::manufacturing::{
    BatchCompleted, BatchCreated, LotCreated, LotResult, ManufacturingEvent, MilestoneStatus,
    ProductionMilestone,
};
use chip_quality_events::quality::{
    AlertTriggered, AlertType, ComplianceCheck, ComplianceFinding, ComplianceOutcome, DefectCount, LimitSide,
    QualityAssessed as BatchAssessed, QualityEvent, RecommendedAction, ThresholdViolated,
};
use chip_quality_events::system::{
    DependencyHealth, Environment, ErrorOccurred, HealthCheck, HealthStatus, ServiceStarted, ServiceStopped,
    StopReason, SystemEvent,
};
use chip_quality_events::user::{
    AuditAction, AuditOperation, AuthMethod, FieldChange, PermissionGranted, PermissionScope, UserEvent,
    UserLogin, UserLogout,
};
use cq_events::Event;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Chips that are inspected in each batch.
const CHIPS: i32 = 12;
const BATCHES: [&str; 2] = ["BATCH-001", "BATCH-002"];

/// The day's events, stream by stream, each in the order in which they occurred.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Chip by chip.
    pub inspection: Vec<InspectionEvent>,
    /// Batches and lots.
    pub manufacturing: Vec<ManufacturingEvent>,
    /// Judgements and alerts.
    pub quality: Vec<QualityEvent>,
    /// People.
    pub user: Vec<UserEvent>,
    /// Services.
    pub system: Vec<SystemEvent>,
}

impl Day {
    /// A day that began at `started`. All of its events carry `run` as their correlation id, so that a program can
    /// tell them from those of other days on the same topics.
    pub fn new(run: &str, started: Timestamp) -> Self {
        let mut writer = Writer { run, time: started };
        Self {
            manufacturing: manufacturing(&mut writer),
            inspection: inspection(&mut writer),
            quality: quality(&mut writer),
            user: user(&mut writer),
            system: system(&mut writer),
        }
    }
}

/// Stamps events with the run and with a time that moves on.
struct Writer<'a> {
    run: &'a str,
    time: Timestamp,
}

impl Writer<'_> {
    fn now(&mut self) -> Timestamp {
        self.time = self.time.checked_add(7.seconds()).unwrap_or(self.time);
        self.time
    }

    fn stamp<E: Event>(&self, events: Vec<E>) -> Vec<E> {
        let stamped = events.into_iter().map(|mut event| {
            event.set_correlation_id(self.run.to_owned());
            event
        });
        stamped.collect()
    }
}

fn manufacturing(day: &mut Writer<'_>) -> Vec<ManufacturingEvent> {
    let mut events: Vec<ManufacturingEvent> = Vec::new();
    for (index, batch) in (1..).zip(BATCHES) {
        let created = BatchCreated::builder()
            .occurred_at(day.now())
            .batch_id(batch)
            .product_code("CQ-7000")
            .facility_id("FAB-2")
            .line_id("LINE-A")
            .planned_units(CHIPS)
            .planned_end_on(date(2026, 12, 1))
            .priority(if index == 1 { Priority::Normal } else { Priority::High })
            .customer_order("ORD-4711")
            .planned_cost(Decimal::new(1_250_000, 2))
            .build();
        let lot = format!("LOT-00{index}");
        let lot_created = LotCreated::builder()
            .occurred_at(day.now())
            .lot_id(lot.as_str())
            .batch_id(batch)
            .wafer_count(1)
            .chips_per_wafer(CHIPS)
            .wafer_ids([format!("WAFER-00{index}")])
            .build();
        events.extend([created.into(), lot_created.into()]);
        for (number, stage) in
            [ProcessStage::Lithography, ProcessStage::Etching, ProcessStage::FinalTest].iter().enumerate()
        {
            let milestone = ProductionMilestone::builder()
                .occurred_at(day.now())
                .milestone_id(format!("MS-{index}-{number}"))
                .batch_id(batch)
                .lot_ids([lot.clone()])
                .process_stage(*stage)
                .status(MilestoneStatus::Finished)
                .line_id("LINE-A")
                .units_remaining(CHIPS)
                .planned_at(day.now())
                .build();
            events.push(milestone.into());
        }
        let scrapped = scrapped(batch);
        let completed = BatchCompleted::builder()
            .occurred_at(day.now())
            .batch_id(batch)
            .product_code("CQ-7000")
            .line_id("LINE-A")
            .units_started(CHIPS)
            .units_passed(CHIPS - scrapped)
            .units_scrapped(scrapped)
            .yield_percent(percent(CHIPS - scrapped, CHIPS))
            .grade(if scrapped == 1 { QualityGrade::Standard } else { QualityGrade::Reduced })
            .lots([LotResult {
                lot_id: lot,
                units_passed: CHIPS - scrapped,
                units_scrapped: scrapped,
                yield_percent: percent(CHIPS - scrapped, CHIPS),
            }])
            .actual_cost(Decimal::new(1_262_550, 2))
            .build();
        events.push(completed.into());
    }
    day.stamp(events)
}

fn inspection(day: &mut Writer<'_>) -> Vec<InspectionEvent> {
    let mut events: Vec<InspectionEvent> = Vec::new();
    for batch in BATCHES {
        for number in 1..=CHIPS {
            let inspection_id = format!("INS-{}-{number:03}", batch.trim_start_matches("BATCH-"));
            let chip_id = format!("CHIP-{}-{number:03}", batch.trim_start_matches("BATCH-"));
            let kind = if number % 3 == 0 { InspectionType::XRay } else { InspectionType::Visual };
            let created = InspectionCreated::builder()
                .occurred_at(day.now())
                .inspection_id(inspection_id.as_str())
                .batch_id(batch)
                .chip_id(chip_id.as_str())
                .inspection_type(kind)
                .process_stage(ProcessStage::FinalTest)
                .build();
            let started = InspectionStarted::builder()
                .occurred_at(day.now())
                .inspection_id(inspection_id.as_str())
                .batch_id(batch)
                .chip_id(chip_id.as_str())
                .inspection_type(kind)
                .equipment_id("AOI-4")
                .build();
            events.extend([created.into(), started.into()]);
            if number == CHIPS {
                let failed = InspectionFailed::builder()
                    .occurred_at(day.now())
                    .inspection_id(inspection_id.as_str())
                    .batch_id(batch)
                    .chip_id(chip_id.as_str())
                    .inspection_type(kind)
                    .failure_reason(InspectionFailureReason::CalibrationExpired)
                    .error_message("the camera's calibration expired at 14:00")
                    .build();
                events.push(failed.into());
                continue;
            }
            let defect = defect(batch, number);
            if let Some(defect) = &defect {
                let detected = DefectDetected::builder()
                    .occurred_at(day.now())
                    .defect_id(format!("DEF-{inspection_id}"))
                    .inspection_id(inspection_id.as_str())
                    .batch_id(batch)
                    .chip_id(chip_id.as_str())
                    .inspection_type(kind)
                    .defect_type(defect.defect_type)
                    .severity(defect.severity)
                    .confidence(defect.confidence)
                    .maybe_location(defect.location.clone())
                    .model_version("defect-net 4.2")
                    .build();
                events.push(detected.into());
            }
            let passes = defect.as_ref().is_none_or(|defect| defect.severity < Severity::High);
            let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
            let score = Decimal::new(if passes { 9_850 } else { 4_120 } + i64::from(number), 2);
            let completed = InspectionCompleted::builder()
                .occurred_at(day.now())
                .inspection_id(inspection_id.as_str())
                .batch_id(batch)
                .chip_id(chip_id.as_str())
                .inspection_type(kind)
                .quality_score(score)
                .verdict(verdict)
                .defects(Vec::from_iter(defect))
                .measurements([Measurement {
                    metric: "line_width".to_owned(),
                    measured_value: Decimal::new(7_000_125, 6),
                    unit: "nm".to_owned(),
                    lower_limit: Some(Decimal::new(6_900_000, 6)),
                    upper_limit: None,
                }])
                .duration_ms(1_840)
                .metadata([("shift".to_owned(), "early".to_owned())])
                .build();
            let assessed = ChipAssessed::builder()
                .occurred_at(day.now())
                .assessment_id(format!("QA-{inspection_id}"))
                .inspection_id(inspection_id.as_str())
                .batch_id(batch)
                .chip_id(chip_id.as_str())
                .quality_score(score)
                .grade(if passes { QualityGrade::Standard } else { QualityGrade::Scrap })
                .verdict(verdict)
                .build();
            events.extend([completed.into(), assessed.into()]);
        }
    }
    day.stamp(events)
}

/// The defect of a chip, if it has one: the second batch is the worse one.
fn defect(batch: &str, number: i32) -> Option<Defect> {
    let every = if batch == BATCHES[0] { 5 } else { 2 };
    let kinds = [
        (DefectType::Scratch, Severity::Low),
        (DefectType::Contamination, Severity::High),
        (DefectType::Misalignment, Severity::Medium),
        (DefectType::ShortCircuit, Severity::Critical),
    ];
    let (defect_type, severity) = *kinds.iter().cycle().nth(usize::try_from(number / every).ok()?)?;
    (number % every == 0).then(|| Defect {
        defect_type,
        severity,
        confidence: 0.875,
        location: Some(DefectLocation {
            x_um: 120.5,
            y_um: f64::from(number) * 10.0,
            width_um: Some(3.25),
            height_um: None,
            layer: Some("M1".to_owned()),
        }),
    })
}

/// How many of a batch's chips are scrapped: those with a severe defect.
fn scrapped(batch: &str) -> i32 {
    let severe = (1..CHIPS)
        .filter_map(|number| defect(batch, number))
        .filter(|defect| defect.severity >= Severity::High);
    i32::try_from(severe.count()).unwrap_or(CHIPS)
}

fn percent(part: i32, whole: i32) -> Decimal {
    let mut percent = Decimal::from(part) * Decimal::ONE_HUNDRED / Decimal::from(whole);
    percent.rescale(2);
    percent
}

fn quality(day: &mut Writer<'_>) -> Vec<QualityEvent> {
    let mut events: Vec<QualityEvent> = Vec::new();
    for batch in BATCHES {
        let passed = CHIPS - scrapped(batch);
        let assessed = BatchAssessed::builder()
            .occurred_at(day.now())
            .assessment_id(format!("QA-{batch}"))
            .batch_id(batch)
            .product_code("CQ-7000")
            .units_assessed(CHIPS)
            .units_passed(passed)
            .yield_percent(percent(passed, CHIPS))
            .quality_score(Decimal::new(9_120, 2))
            .score_deviation(1.25)
            .grade(QualityGrade::Standard)
            .verdict(Verdict::Pass)
            .defect_counts([DefectCount {
                defect_type: DefectType::Scratch,
                severity: Severity::Low,
                occurrences: 2,
            }])
            .is_final(true)
            .build();
        let check = ComplianceCheck::builder()
            .occurred_at(day.now())
            .check_id(format!("CC-{batch}"))
            .batch_id(batch)
            .standard("IEC 60749")
            .outcome(ComplianceOutcome::Compliant)
            .findings([ComplianceFinding {
                clause: "5.2".to_owned(),
                severity: Severity::Low,
                description: "a label is hard to read".to_owned(),
            }])
            .valid_until(date(2027, 11, 30))
            .build();
        events.extend([assessed.into(), check.into()]);
    }
    let mut measured = percent(CHIPS - scrapped(BATCHES[1]), CHIPS);
    measured.rescale(6);
    let violated = ThresholdViolated::builder()
        .occurred_at(day.now())
        .violation_id("TV-001")
        .batch_id(BATCHES[1])
        .rule_id("yield-floor")
        .metric("yield_percent")
        .measured_value(measured)
        .unit("%")
        .lower_limit(Decimal::new(90_000_000, 6))
        .side(LimitSide::BelowLower)
        .severity(Severity::High)
        .sample_size(CHIPS)
        .build();
    let alert = AlertTriggered::builder()
        .occurred_at(day.now())
        .alert_id("AL-001")
        .batch_id(BATCHES[1])
        .alert_type(AlertType::DefectSpike)
        .severity(Severity::Medium)
        .title("more defects than usual in BATCH-002")
        .recommended_action(RecommendedAction::Reinspect)
        .sample_defects(Vec::from_iter(defect(BATCHES[1], 2)))
        .acknowledge_by(day.now())
        .build();
    events.extend([violated.into(), alert.into()]);
    day.stamp(events)
}

fn user(day: &mut Writer<'_>) -> Vec<UserEvent> {
    let session = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
    let login = UserLogin::builder()
        .occurred_at(day.now())
        .user_id("U-17")
        .session_id(session)
        .username("ada")
        .email("ada@example.com")
        .ip_address("192.0.2.17")
        .auth_method(AuthMethod::Badge)
        .mfa_used(true)
        .roles(["inspector".to_owned()])
        .build();
    let granted = PermissionGranted::builder()
        .occurred_at(day.now())
        .grant_id("PG-001")
        .user_id("U-17")
        .username("ada")
        .granted_by("U-1")
        .permission("batch.release")
        .scope(PermissionScope::Batch)
        .scope_id(BATCHES[0])
        .expires_at(day.now())
        .build();
    let audit = AuditAction::builder()
        .occurred_at(day.now())
        .audit_id("AU-001")
        .user_id("U-17")
        .session_id(session)
        .ip_address("192.0.2.17")
        .operation(AuditOperation::Approve)
        .resource_kind("batch")
        .resource_id(BATCHES[0])
        .changes([FieldChange {
            field_name: "state".to_owned(),
            old_value: Some("HELD".to_owned()),
            new_value: Some("RELEASED".to_owned()),
        }])
        .build();
    let logout = UserLogout::builder()
        .occurred_at(day.now())
        .user_id("U-17")
        .session_id(session)
        .session_seconds(3_600)
        .build();
    day.stamp(vec![login.into(), granted.into(), audit.into(), logout.into()])
}

fn system(day: &mut Writer<'_>) -> Vec<SystemEvent> {
    let (service, instance, version) = ("inspection-service", "inspection-service-0", "2.4.1");
    let started = ServiceStarted::builder()
        .occurred_at(day.now())
        .service_name(service)
        .instance_id(instance)
        .service_version(version)
        .environment(Environment::Production)
        .startup_ms(1_420)
        .settings(BTreeMap::from([("workers".to_owned(), "4".to_owned())]))
        .build();
    let health = HealthCheck::builder()
        .occurred_at(day.now())
        .service_name(service)
        .instance_id(instance)
        .service_version(version)
        .status(HealthStatus::Degraded)
        .uptime_seconds(60)
        .cpu_percent(12.5)
        .memory_bytes(268_435_456)
        .consumer_lag(0)
        .dependencies([DependencyHealth {
            dependency_name: "camera-gateway".to_owned(),
            status: HealthStatus::Degraded,
            latency_ms: Some(412.5),
            detail: "slow since 13:58".to_owned(),
        }])
        .build();
    let error = ErrorOccurred::builder()
        .occurred_at(day.now())
        .error_id("ERR-001")
        .service_name(service)
        .instance_id(instance)
        .service_version(version)
        .severity(Severity::Medium)
        .error_code("CALIBRATION_EXPIRED")
        .error_message("camera AOI-4 must be calibrated")
        .component("camera")
        .retryable(true)
        .last_seen_at(day.now())
        .build();
    let stopped = ServiceStopped::builder()
        .occurred_at(day.now())
        .service_name(service)
        .instance_id(instance)
        .service_version(version)
        .stop_reason(StopReason::Requested)
        .uptime_seconds(28_800)
        .build();
    day.stamp(vec![started.into(), health.into(), error.into(), stopped.into()])
}
