//! The whole way in one program: a production day is published to five topics, handled by typed code, and counted.
//!
//! Without further ado it runs on an embedded broker in this process. With `KAFKA_BOOTSTRAP_SERVERS` set it does the
//! same on that cluster, run after run: its events carry the id of the run, and others are passed over. The topics must
//! hold nothing that other versions of the schemas wrote.

#![allow(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program, and not a library"
)]

mod line;
mod summary;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEventProducer;
use chip_quality_events::manufacturing::ManufacturingEventProducer;
use chip_quality_events::quality::QualityEventProducer;
use chip_quality_events::system::SystemEventProducer;
use chip_quality_events::user::UserEventProducer;
use cq_events::consume::ConsumerHandle;
use cq_events::kafka::{create_topics, end_offsets, group_lag};
use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, KafkaConfig, Producer};
use cq_events_examples::day::Day;
use cq_events_examples::program::{self, Failure};
use jiff::Timestamp;
use uuid::Uuid;

use crate::line::{Line, Office};
use crate::summary::Summary;
use crate::tally::Tally;

/// How long the handlers may take to see what was published.
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    program::show_logs();
    let summary = run().await;
    let is_complete = summary.as_ref().is_ok_and(Summary::is_complete);
    let code = program::end("quickstart", summary);
    if is_complete { code } else { ExitCode::FAILURE }
}

async fn run() -> Result<Summary, Failure> {
    let started = Instant::now();
    // 1. A cluster, and the topics that streams.toml describes.
    let embedded = match std::env::var_os("KAFKA_BOOTSTRAP_SERVERS") {
        Some(_) => None,
        None => Some(EmbeddedBroker::start()?),
    };
    let config = match &embedded {
        Some(broker) => {
            broker.create_topics(STREAMS)?;
            broker.config()
        }
        None => {
            let config = KafkaConfig::from_env()?;
            create_topics(&config, STREAMS).await?;
            config
        }
    };
    let topics = STREAMS.map(|stream| stream.topic);
    let before = end_offsets(&config, topics).await?;

    // 2. The producer: one connection, a typed handle per stream.
    let run = Uuid::now_v7().to_string();
    let tally = Arc::new(Tally::new(&run));
    let producer = Producer::connect(config.clone()).await?;
    let publishers = Publishers::new(&producer).await?;

    // 3. The consumer, in a group of its own: it reads each topic from its first message on.
    let group = format!("quickstart-{run}");
    let line = Line::new(Arc::clone(&tally), publishers.quality.clone());
    let figures = line.figures();
    let consumer = Consumer::builder(config.to_builder().group_id(&group).build()?)
        .handler(line)
        .handler(Office::new(Arc::clone(&tally)))
        .build()
        .await?;
    let handle = consumer.handle();
    let mut running = tokio::spawn(consumer.run(std::future::pending()));

    // 4. The day.
    publishers.publish(Day::new(&run, Timestamp::now()), &tally).await?;
    tokio::select! {
        () = all_handled(&tally) => {}
        ended = &mut running => return Err(ended?.err().map_or("the consumer ended early".into(), Failure::from)),
    }

    // 5. An orderly end: commit and leave the group, then flush the producer.
    let consumed = shut_down(&handle, running).await?;
    producer.close(Duration::from_secs(10)).await?;
    let after = end_offsets(&config, topics).await?;
    let lag = group_lag(&config, &group, topics).await?;
    let broker = if embedded.is_some() {
        "an embedded broker".to_owned()
    } else {
        config.bootstrap_servers().to_owned()
    };
    Ok(Summary {
        broker,
        took: started.elapsed(),
        counts: tally.counts(),
        figures: figures.lock().map_err(|_| "a handler panicked")?.clone(),
        before,
        after,
        lag,
        produced: producer.metrics(),
        consumed,
    })
}

/// Waits until every event that was published is handled; gives up after a deadline, and leaves the verdict to the
/// counts.
async fn all_handled(tally: &Tally) {
    let handled = async {
        while !tally.is_complete() {
            tally.changed().await;
        }
    };
    let _ = tokio::time::timeout(DEADLINE, handled).await;
}

async fn shut_down(
    handle: &ConsumerHandle,
    running: tokio::task::JoinHandle<Result<(), cq_events::consume::ConsumeError>>,
) -> Result<cq_events::observe::ConsumerMetrics, Failure> {
    handle.shutdown();
    running.await??;
    Ok(handle.metrics())
}

/// A typed handle per stream.
struct Publishers {
    inspection: InspectionEventProducer,
    manufacturing: ManufacturingEventProducer,
    quality: QualityEventProducer,
    system: SystemEventProducer,
    user: UserEventProducer,
}

impl Publishers {
    async fn new(producer: &Producer) -> Result<Self, Failure> {
        Ok(Self {
            inspection: InspectionEventProducer::new(producer).await?,
            manufacturing: ManufacturingEventProducer::new(producer).await?,
            quality: QualityEventProducer::new(producer).await?,
            system: SystemEventProducer::new(producer).await?,
            user: UserEventProducer::new(producer).await?,
        })
    }

    /// Publishes the day in the three ways that there are: a batch; queued, with the receipts awaited later; and one
    /// by one.
    async fn publish(&self, day: Day, tally: &Tally) -> Result<(), Failure> {
        tally.published(&day.manufacturing);
        for published in self.manufacturing.publish_batch(day.manufacturing).await {
            published?;
        }
        tally.published(&day.inspection);
        let mut receipts = Vec::new();
        for event in day.inspection {
            receipts.push(self.inspection.queue(event).await?);
        }
        for receipt in receipts {
            receipt.await?;
        }
        tally.published(&day.quality);
        for event in day.quality {
            self.quality.publish(event).await?;
        }
        tally.published(&day.user);
        for event in day.user {
            self.user.publish(event).await?;
        }
        tally.published(&day.system);
        for event in day.system {
            self.system.publish(event).await?;
        }
        Ok(())
    }
}
