//! Publishes production days to the cluster that the environment names:
//!
//! ```text
//! KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 cargo run --example publish -- 10
//! ```
//!
//! The number says how many days (1 unless given). Run `consume` beside it to see them arrive.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program, and not a library")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEventProducer;
use chip_quality_events::manufacturing::ManufacturingEventProducer;
use chip_quality_events::quality::QualityEventProducer;
use chip_quality_events::system::SystemEventProducer;
use chip_quality_events::user::UserEventProducer;
use cq_events::kafka::create_topics;
use cq_events::publish::{PublishError, Published};
use cq_events::{KafkaConfig, Producer};
use cq_events_examples::day::Day;
use jiff::Timestamp;
use uuid::Uuid;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("publish: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let days: u32 = match std::env::args().nth(1) {
        None => 1,
        Some(text) => text.parse().map_err(|_| format!("`{text}` is no number of days"))?,
    };
    let config = KafkaConfig::from_env()?;
    create_topics(&config, STREAMS).await?;
    let producer = Producer::connect(config).await?;
    let inspection = InspectionEventProducer::new(&producer).await?;
    let manufacturing = ManufacturingEventProducer::new(&producer).await?;
    let quality = QualityEventProducer::new(&producer).await?;
    let system = SystemEventProducer::new(&producer).await?;
    let user = UserEventProducer::new(&producer).await?;

    let started = Instant::now();
    for _ in 0..days {
        let day = Day::new(&Uuid::now_v7().to_string(), Timestamp::now());
        all(manufacturing.publish_batch(day.manufacturing).await)?;
        all(inspection.publish_batch(day.inspection).await)?;
        all(quality.publish_batch(day.quality).await)?;
        all(user.publish_batch(day.user).await)?;
        all(system.publish_batch(day.system).await)?;
    }
    producer.close(Duration::from_secs(30)).await?;
    println!("published {days} days in {:.2} s: {:?}", started.elapsed().as_secs_f64(), producer.metrics());
    Ok(())
}

/// The first failure of a batch.
fn all(results: Vec<Result<Published, PublishError>>) -> Result<(), PublishError> {
    results.into_iter().try_for_each(|result| result.map(drop))
}
