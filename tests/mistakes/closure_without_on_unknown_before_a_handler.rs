//! A closure lacks its `on_unknown`, and another follows.

use chip_quality_events::quality::QualityEvent;
use chip_quality_events::user::UserEvent;
use cq_events::{Consumer, KafkaConfig, shutdown_signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    Consumer::builder(KafkaConfig::from_env()?)
        .handle(|event: QualityEvent, _| async move {
            println!("{event:?}");
            Ok(())
        })
        .handle(|event: UserEvent, _| async move {
            println!("{event:?}");
            Ok(())
        })
        .on_unknown(|_, _| async { Ok(()) })
        .build()
        .await?
        .run(shutdown_signal())
        .await?;
    Ok(())
}
