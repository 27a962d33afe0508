//! A closure over a stream, without what is to happen to what is none of its events.

use chip_quality_events::quality::QualityEvent;
use cq_events::{Consumer, KafkaConfig, shutdown_signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    Consumer::builder(KafkaConfig::from_env()?)
        .handle(|event: QualityEvent, message| async move {
            println!("{event:?} at {}", message.offset());
            Ok(())
        })
        .build()
        .await?
        .run(shutdown_signal())
        .await?;
    Ok(())
}
