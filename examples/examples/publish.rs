//! Publishes production days to the cluster that the environment names:
//!
//! ```text
//! KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 cargo run --example publish -- 10
//! ```
//!
//! The number says how many days (1 unless given). Run `consume` beside it to see them arrive.

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
use cq_events_examples::program::{self, Failure};
use jiff::Timestamp;
use uuid::Uuid;

#[tokio::main]
async fn main() -> ExitCode {
    program::show_logs();
    program::end("publish", run().await)
}

async fn run() -> Result<String, Failure> {
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
    let took = started.elapsed().as_secs_f64();
    Ok(format!("published {days} days in {took:.2} s: {:?}", producer.metrics()))
}

/// The first failure of a batch.
fn all(results: Vec<Result<Published, PublishError>>) -> Result<(), PublishError> {
    results.into_iter().try_for_each(|result| result.map(drop))
}
