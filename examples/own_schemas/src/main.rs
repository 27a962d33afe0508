//! Sends a parcel and follows it, on a broker in this process.

use std::process::ExitCode;
use std::time::Duration;

use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, Producer};
use parcels::counter;
use parcels::tracking::Tracking;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parcels: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let broker = EmbeddedBroker::start()?;
    broker.create_topics(parcels::STREAMS)?;

    let producer = Producer::connect(broker.config()).await?;
    counter::send(&producer, "P-1001", "Ada").await?;
    producer.close(Duration::from_secs(10)).await?;

    let tracking = Tracking::default();
    let mut arrived = tracking.arrived();
    let config = broker.config().to_builder().group_id("tracking").build()?;
    let consumer = Consumer::builder(config).handler(tracking).build().await?;
    // It runs until this future ends. A service gives it `cq_events::shutdown_signal()`.
    consumer.run(async move { drop(arrived.wait_for(|count| *count == 1).await) }).await?;
    Ok(())
}
