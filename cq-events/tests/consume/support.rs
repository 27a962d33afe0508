//! A broker, a handler that records and does as it is told, and waiting with a deadline.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cq_events::consume::{ConsumeError, ConsumerHandle, PartitionStatus};
use cq_events::kafka::group_lag;
use cq_events::testing::EmbeddedBroker;
use cq_events::{
    Classify, Consumer, EventHandler, Failure, Handled, KafkaConfig, Message, Producer, Unknown,
};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::OwnedMessage;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::pump::{
    PARTITIONS, PumpEvent, PumpEventHandler, PumpEventProducer, PumpStarted, PumpStopped, TOPIC,
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

/// A broker with the pumps' topic.
pub(crate) fn broker() -> EmbeddedBroker {
    // Shown beside a test that fails.
    let _ = tracing_subscriber::fmt().with_test_writer().with_ansi(false).try_init();
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, PARTITIONS).unwrap();
    broker
}

pub(crate) fn config(broker: &EmbeddedBroker, group: &str) -> KafkaConfig {
    broker.config().to_builder().group_id(group).build().unwrap()
}

pub(crate) async fn producer(broker: &EmbeddedBroker) -> PumpEventProducer {
    PumpEventProducer::new(&Producer::connect(broker.config()).await.unwrap()).await.unwrap()
}

/// Publishes `count` starts of each pump, in order.
pub(crate) async fn publish(producer: &PumpEventProducer, pumps: &[&str], count: i64) {
    let mut receipts = Vec::new();
    for sequence in 0..count {
        for pump in pumps {
            receipts.push(producer.queue(PumpStarted::new(pump, sequence)).await.unwrap());
        }
    }
    for receipt in receipts {
        receipt.await.unwrap();
    }
}

/// Sends bytes as they are.
pub(crate) async fn send_raw(broker: &EmbeddedBroker, partition: i32, value: Option<&[u8]>) {
    let client: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
    let record = FutureRecord::<[u8], [u8]>::to(TOPIC).partition(partition).key(b"k");
    let record = FutureRecord { payload: value, ..record };
    client.send(record, DEADLINE).await.unwrap();
}

/// All messages of a topic, once there are so many.
pub(crate) async fn read(broker: &EmbeddedBroker, topic: &str, count: usize) -> Vec<OwnedMessage> {
    let servers = broker.bootstrap_servers().to_owned();
    let topic = topic.to_owned();
    let read = move || {
        let client: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", servers).set("group.id", "reader").create().unwrap();
        let mut list = TopicPartitionList::new();
        for partition in client
            .fetch_metadata(Some(&topic), DEADLINE)
            .unwrap()
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions())
        {
            list.add_partition_offset(&topic, partition.id(), Offset::Beginning).unwrap();
        }
        client.assign(&list).unwrap();
        let (begun, mut messages) = (Instant::now(), Vec::new());
        while messages.len() < count {
            assert!(begun.elapsed() < DEADLINE, "{} of {count} messages in {topic}", messages.len());
            if let Some(message) = client.poll(Duration::from_millis(100)) {
                messages.push(message.unwrap().detach());
            }
        }
        messages
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// What the handler does with an event.
pub(crate) enum Step {
    Succeed,
    Fail(&'static str),
    Reject(&'static str),
    Halt(&'static str),
    /// Never ends.
    Hang,
    Panic,
    /// Takes a permit, then succeeds.
    Await(Arc<Semaphore>),
    /// Publishes a stop of the same pump.
    Stop(PumpEventProducer),
}

type Script = dyn Fn(&PumpStarted, &Message) -> Step + Send + Sync;

/// Handles pumps' events by a script, and records what it handled. Clones share the record.
#[derive(Clone, EventHandler)]
#[handles(PumpEvent)]
pub(crate) struct Recorder {
    script: Arc<Script>,
    pub(crate) record: Arc<Record>,
}

#[derive(Default)]
pub(crate) struct Record {
    begun: Mutex<Vec<(i32, i64)>>,
    handled: Mutex<Vec<(i32, i64, String, i64)>>,
    stopped: Mutex<Vec<PumpStopped>>,
    unknown: Mutex<Vec<Unknown>>,
}

impl Record {
    pub(crate) fn begun(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    pub(crate) fn handled(&self) -> Vec<(i32, i64, String, i64)> {
        self.handled.lock().unwrap().clone()
    }

    /// The sequences of each pump, in the order in which they were handled.
    pub(crate) fn by_pump(&self) -> BTreeMap<String, Vec<i64>> {
        let mut pumps = BTreeMap::<_, Vec<_>>::new();
        for (_, _, pump, sequence) in self.handled() {
            pumps.entry(pump).or_default().push(sequence);
        }
        pumps
    }

    pub(crate) fn stopped(&self) -> Vec<PumpStopped> {
        self.stopped.lock().unwrap().clone()
    }

    pub(crate) fn unknown(&self) -> Vec<Unknown> {
        self.unknown.lock().unwrap().clone()
    }
}

impl Recorder {
    pub(crate) fn new(script: impl Fn(&PumpStarted, &Message) -> Step + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), record: Arc::default() }
    }

    pub(crate) fn succeeding() -> Self {
        Self::new(|_, _| Step::Succeed)
    }
}

impl PumpEventHandler for Recorder {
    async fn on_pump_started(&self, event: PumpStarted, message: &Message) -> Handled {
        let at = (message.partition(), message.offset());
        self.record.begun.lock().unwrap().push(at);
        match (self.script)(&event, message) {
            Step::Succeed => {}
            Step::Fail(cause) => return Err(Failure::retry(cause)),
            Step::Reject(cause) => Err(cause).reject()?,
            Step::Halt(cause) => Err(cause).stop()?,
            Step::Hang => std::future::pending().await,
            Step::Panic => panic!("pump {} exploded", event.pump_id),
            Step::Await(permits) => permits.acquire().await?.forget(),
            Step::Stop(producer) => {
                producer.publish_pump_stopped(PumpStopped::new(&event.pump_id, event.sequence)).await?;
            }
        }
        self.record.handled.lock().unwrap().push((at.0, at.1, event.pump_id, event.sequence));
        Ok(())
    }

    async fn on_pump_stopped(&self, event: PumpStopped, _message: &Message) -> Handled {
        self.record.stopped.lock().unwrap().push(event);
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
        self.record.unknown.lock().unwrap().push(unknown);
        Ok(())
    }
}

/// A consumer that runs.
pub(crate) struct Run {
    pub(crate) handle: ConsumerHandle,
    task: JoinHandle<Result<(), ConsumeError>>,
}

impl Run {
    pub(crate) async fn start(config: KafkaConfig, handler: impl EventHandler) -> Self {
        Self::of(Consumer::builder(config).handler(handler).build().await.unwrap())
    }

    pub(crate) fn of(consumer: Consumer<impl EventHandler>) -> Self {
        let handle = consumer.handle();
        let task = tokio::spawn(consumer.run(std::future::pending()));
        Self { handle, task }
    }

    /// Starts it and awaits that it has its partitions.
    pub(crate) async fn ready(config: KafkaConfig, handler: impl EventHandler) -> Self {
        let run = Self::start(config, handler).await;
        eventually("ready", || run.handle.is_ready()).await;
        run
    }

    /// Awaits the end.
    pub(crate) async fn ended(self) -> Result<(), ConsumeError> {
        tokio::time::timeout(DEADLINE, self.task).await.expect("the consumer does not end").unwrap()
    }

    /// Shuts it down and awaits the end.
    pub(crate) async fn shut_down(self) -> Result<(), ConsumeError> {
        self.handle.shutdown();
        self.ended().await
    }
}

/// Waits until it is so, until the deadline.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "not {what} within {DEADLINE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The partition that is paused, once one is.
pub(crate) async fn paused(handle: &ConsumerHandle) -> PartitionStatus {
    let start = Instant::now();
    loop {
        if let Some(paused) = handle.partitions().await.into_iter().find(|partition| partition.is_paused) {
            return paused;
        }
        assert!(start.elapsed() < DEADLINE, "no partition paused within {DEADLINE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The committed offset of each partition that has one.
pub(crate) async fn committed(broker: &EmbeddedBroker, group: &str) -> BTreeMap<i32, i64> {
    let lag = group_lag(&broker.config(), group, [TOPIC]).await.unwrap();
    lag.iter().filter_map(|at| Some((at.partition, at.committed?))).collect()
}
