//! What the producer logs. A file of its own: the log is the process's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod lamp;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cq_events::publish::{Producer, StreamProducer};
use cq_events::testing::EmbeddedBroker;
use lamp::{Lamp, Lit, PARTITIONS, TOPIC, lit};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits for a line with all of `parts`.
    fn await_line(&self, parts: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.text().lines().any(|line| parts.iter().all(|part| line.contains(part))) {
            assert!(Instant::now() < deadline, "no line with {parts:?} in\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn acknowledgements_losses_and_connections_are_logged_and_payloads_are_not() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .init();
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, PARTITIONS).unwrap();
    let producer = Producer::connect(broker.config()).await.unwrap();
    let lamps = StreamProducer::<Lamp>::new(&producer).await.unwrap();

    let id = uuid::Uuid::now_v7();
    let event =
        Lit { event_id: Some(id), correlation_id: Some("c-1".to_owned()), ..lit("name-of-a-person", 1) };
    let published = lamps.publish(event).await.unwrap();
    log.await_line(&[
        "DEBUG",
        "acknowledged",
        TOPIC,
        &format!("partition={}", published.partition),
        "offset=0",
        "LIT",
        &id.to_string(),
        "c-1",
    ]);

    broker.broker_down(None).unwrap();
    drop(lamps.queue(lit("name-of-a-person", 2)).await.unwrap());
    log.await_line(&["WARN", "librdkafka"]);
    drop(lamps);
    drop(producer);
    log.await_line(&["WARN", "undelivered=1", "dropped without `Producer::close`"]);
    log.await_line(&["WARN", "the producer ended before topic `test.lamp.events` acknowledged the message"]);
    assert!(!log.text().contains("name-of-a-person"), "{}", log.text());
}
