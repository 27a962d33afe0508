//! A consumer without a handler.

use cq_events::{Consumer, KafkaConfig, shutdown_signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    Consumer::builder(KafkaConfig::from_env()?).build().await?.run(shutdown_signal()).await?;
    Ok(())
}
