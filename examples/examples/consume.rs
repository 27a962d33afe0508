//! Prints what arrives at the line, until Ctrl-C:
//!
//! ```text
//! KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 cargo run --example consume
//! ```
//!
//! Start several of them to see the partitions shared: they are one group (`KAFKA_GROUP_ID`, or
//! `cq-events-consume`), and each goes on where the group left off.

#![allow(clippy::print_stdout, reason = "a program, and not a library")]

use std::process::ExitCode;

use chip_quality_events::inspection::{
    DefectDetected, InspectionCompleted, InspectionCreated, InspectionEvent, InspectionEventHandler,
    InspectionFailed, InspectionStarted, QualityAssessed,
};
use chip_quality_events::quality::{
    AlertTriggered, ComplianceCheck, QualityAssessed as BatchAssessed, QualityEvent, QualityEventHandler,
    ThresholdViolated,
};
use cq_events::consume::shutdown_signal;
use cq_events::{Consumer, EventHandler, Handled, KafkaConfig, Message, Unknown};
use cq_events_examples::program::{self, Failure};

#[tokio::main]
async fn main() -> ExitCode {
    program::show_logs();
    program::end("consume", run().await)
}

async fn run() -> Result<String, Failure> {
    let mut config = KafkaConfig::from_env()?;
    if config.group_id().is_none() {
        config = config.to_builder().group_id("cq-events-consume").build()?;
    }
    let consumer = Consumer::builder(config).handler(Printer).build().await?;
    let handle = consumer.handle();
    consumer.run(shutdown_signal()).await?;
    Ok(format!("{:?}", handle.metrics()))
}

/// Prints judgements and alerts; what it does not print is skipped by name, so that a new event still stops the build.
#[derive(EventHandler)]
#[handles(InspectionEvent, QualityEvent)]
struct Printer;

impl InspectionEventHandler for Printer {
    cq_events::skip!(InspectionCreated, InspectionStarted, QualityAssessed);

    async fn on_inspection_completed(&self, event: InspectionCompleted, message: &Message) -> Handled {
        print(message, format_args!("{}: {}, score {}", event.chip_id, event.verdict, event.quality_score))
    }

    async fn on_inspection_failed(&self, event: InspectionFailed, message: &Message) -> Handled {
        print(message, format_args!("{}: not inspected, {}", event.chip_id, event.failure_reason))
    }

    async fn on_defect_detected(&self, event: DefectDetected, message: &Message) -> Handled {
        print(message, format_args!("{}: {} ({})", event.chip_id, event.defect_type, event.severity))
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        print(message, format_args!("{unknown:?}"))
    }
}

impl QualityEventHandler for Printer {
    cq_events::skip!(ComplianceCheck);

    async fn on_quality_assessed(&self, event: BatchAssessed, message: &Message) -> Handled {
        print(message, format_args!("{}: {}, yield {} %", event.batch_id, event.grade, event.yield_percent))
    }

    async fn on_threshold_violated(&self, event: ThresholdViolated, message: &Message) -> Handled {
        print(message, format_args!("{}: {} is {}", event.batch_id, event.metric, event.measured_value))
    }

    async fn on_alert_triggered(&self, event: AlertTriggered, message: &Message) -> Handled {
        print(message, format_args!("{}: {} ({})", event.batch_id, event.title, event.severity))
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        print(message, format_args!("{unknown:?}"))
    }
}

fn print(message: &Message, text: std::fmt::Arguments<'_>) -> Handled {
    println!("{} {}@{}  {text}", message.topic(), message.partition(), message.offset());
    Ok(())
}
