//! The end-to-end scenarios, which run on an embedded broker and on a real Kafka alike.

mod subjects;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::{
    InspectionCreated, InspectionEvent, InspectionEventProducer, InspectionType,
};
use chip_quality_events::manufacturing::{LotCreated, ManufacturingEvent, ManufacturingEventProducer};
use chip_quality_events::quality::QualityEventProducer;
use chip_quality_events::system::SystemEventProducer;
use chip_quality_events::user::{UserEvent, UserEventProducer};
use cq_events::codec;
use cq_events::consume::{self, ConsumeError, ConsumerHandle, DeliveryError, Failure};
use cq_events::event::{Event, FailurePolicy, StreamSchema as _};
use cq_events::kafka::{KafkaConfig, end_offsets, group_lag};
use cq_events::publish::{PublishError, Published, TryQueueError};
use cq_events::registry::{LocalRegistry, SchemaRegistry as _, SubjectSchema};
use cq_events::{Consumer, Producer, Unknown};
use cq_events_examples::day::Day;
use jiff::Timestamp;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use tokio::task::JoinHandle;

pub use self::subjects::events_are_written_by_the_subjects_of_their_stream_and_read_by_any_other;
use crate::cluster::Cluster;
use crate::forms;
use crate::recorder::{Handling, Recorder, eventually};

/// Makes a test of every scenario, on clusters that `$cluster` starts.
#[macro_export]
macro_rules! every_scenario {
    ($cluster:path) => {
        $crate::every_scenario! { $cluster:
            a_production_day_arrives_whole_and_in_order,
            handlers_of_several_forms_share_a_consumer,
            two_consumers_of_a_group_share_the_partitions,
            a_consumer_goes_on_where_its_group_left_off,
            a_failed_handler_stops_the_consumer_and_nothing_is_lost,
            a_message_that_cannot_be_read_stops_the_consumer_and_stays,
            a_message_with_an_unknown_schema_id_stops_the_consumer_and_stays,
            tombstones_and_events_of_newer_programs_go_to_on_unknown,
            a_full_queue_gives_events_back_and_loses_none,
            events_are_written_by_the_subjects_of_their_stream_and_read_by_any_other,
        }
    };
    ($cluster:path: $($scenario:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $scenario() {
            $crate::scenarios::$scenario(&$cluster()).await;
        }
    )*};
}

/// A consumer that runs.
struct Running {
    handle: ConsumerHandle,
    task: JoinHandle<Result<(), ConsumeError>>,
}

impl Running {
    async fn start(config: KafkaConfig, recorder: &Recorder) -> Self {
        let consumer =
            Consumer::builder(config).handler(recorder.clone()).build().await.expect("it can be built");
        Self::run(consumer)
    }

    /// A consumer that has nowhere to put what it cannot handle.
    async fn without_dead_letters(config: KafkaConfig, recorder: &Recorder) -> Self {
        let policy = FailurePolicy::new().dead_letters(false).retry_delay(Duration::from_millis(20));
        let consumer = Consumer::builder(config).handler(recorder.clone()).failure_policy(policy);
        Self::run(consumer.build().await.expect("it can be built"))
    }

    fn run(consumer: Consumer<Recorder>) -> Self {
        Self { handle: consumer.handle(), task: tokio::spawn(consumer.run(std::future::pending())) }
    }

    /// Ends it in order.
    async fn stop(self) {
        self.handle.shutdown();
        self.task.await.expect("no panic").expect("an orderly end");
    }

    /// Waits until it ends by itself.
    async fn error(self) -> ConsumeError {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.task).await;
        ended.expect("it ends within 30 s").expect("no panic").expect_err("it ends with an error")
    }
}

/// Publishes a day over all five streams.
pub async fn publish_day(producer: &Producer, day: Day) {
    fn all(results: Vec<Result<Published, PublishError>>) {
        for result in results {
            result.expect("published");
        }
    }
    let inspection = InspectionEventProducer::new(producer).await.expect("the topic is there");
    let manufacturing = ManufacturingEventProducer::new(producer).await.expect("the topic is there");
    let quality = QualityEventProducer::new(producer).await.expect("the topic is there");
    let system = SystemEventProducer::new(producer).await.expect("the topic is there");
    let user = UserEventProducer::new(producer).await.expect("the topic is there");
    all(manufacturing.publish_batch(day.manufacturing).await);
    all(inspection.publish_batch(day.inspection).await);
    all(quality.publish_batch(day.quality).await);
    all(system.publish_batch(day.system).await);
    all(user.publish_batch(day.user).await);
}

/// What an event must look like to a handler: by its id, its record and its values, printed.
pub fn expected(day: &Day) -> BTreeMap<uuid::Uuid, String> {
    fn add<E: Event>(events: &[E], debug: impl Fn(&E) -> String, all: &mut BTreeMap<uuid::Uuid, String>) {
        for event in events {
            all.insert(event.event_id().expect("an id"), debug(event));
        }
    }
    // `{:?}` of the stream's enum is `Variant(Record { ... })`; handlers get the record.
    fn record(debug: String) -> String {
        debug.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).expect("a variant").to_owned()
    }
    let mut all = BTreeMap::new();
    add(&day.inspection, |event| record(format!("{event:?}")), &mut all);
    add(&day.manufacturing, |event| record(format!("{event:?}")), &mut all);
    add(&day.quality, |event| record(format!("{event:?}")), &mut all);
    add(&day.system, |event| record(format!("{event:?}")), &mut all);
    add(&day.user, |event| record(format!("{event:?}")), &mut all);
    all
}

fn inspection(number: u32) -> InspectionCreated {
    InspectionCreated::builder()
        .inspection_id(format!("INS-{number}"))
        .batch_id(format!("BATCH-{}", number % 40))
        .chip_id(format!("CHIP-{number}"))
        .inspection_type(InspectionType::Visual)
        .build()
}

async fn publish_lots(producer: &Producer, numbers: std::ops::Range<u32>) {
    let lots = ManufacturingEventProducer::new(producer).await.expect("the topic is there");
    let lot = |number: u32| {
        let batch = format!("BATCH-{}", number % 40);
        LotCreated::builder().lot_id("LOT-1").batch_id(batch).wafer_count(1).chips_per_wafer(12).build()
    };
    for result in lots.publish_batch(numbers.map(|number| lot(number).into())).await {
        result.expect("published");
    }
}

/// Publishes inspections with these numbers.
pub async fn publish_inspections(producer: &Producer, numbers: std::ops::Range<u32>) {
    let inspections = InspectionEventProducer::new(producer).await.expect("the topic is there");
    let events = numbers.map(|number| inspection(number).into());
    for result in inspections.publish_batch(events).await {
        result.expect("published");
    }
}

/// Puts a value on the inspection topic as it is.
async fn send_raw(config: &KafkaConfig, partition: i32, key: &str, value: Option<Vec<u8>>) {
    let (servers, key) = (config.bootstrap_servers().to_owned(), key.to_owned());
    let send = move || {
        let producer: BaseProducer =
            rdkafka::ClientConfig::new().set("bootstrap.servers", servers).create().expect("a producer");
        let mut record = BaseRecord::to(InspectionEvent::STREAM.topic).partition(partition).key(&key);
        record.payload = value.as_ref();
        producer.send(record).map_err(|(error, _)| error).expect("there is room");
        producer.flush(Duration::from_secs(20)).expect("it is acknowledged");
    };
    tokio::task::spawn_blocking(send).await.expect("no panic");
}

async fn lag(config: &KafkaConfig, group: &str) -> i64 {
    let lag = group_lag(config, group, STREAMS.map(|stream| stream.topic)).await.expect("the broker answers");
    lag.iter().map(|partition| partition.lag).sum()
}

/// Every event type, published and handled: the same values, in order per key, with its headers, committed.
pub async fn a_production_day_arrives_whole_and_in_order(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let day = Day::new("run-1", Timestamp::now());
    let expected = expected(&day);
    publish_day(&producer, day.clone()).await;

    let recorder = Recorder::default();
    let running = Running::start(cluster.group("day"), &recorder).await;
    eventually("all events are handled", || recorder.handled().len() >= expected.len()).await;
    let handle = running.handle.clone();
    running.stop().await;

    let handled = recorder.handled();
    let actual: BTreeMap<_, _> = handled.iter().map(|event| (event.event_id, event.debug.clone())).collect();
    assert_eq!(handled.len(), expected.len(), "nothing is handled twice");
    for (id, expected) in &expected {
        assert_eq!(actual.get(id), Some(expected));
    }
    assert_eq!(handled.iter().map(|event| event.fullname).collect::<BTreeSet<_>>().len(), 22);
    in_order_per_key(&day.inspection, &handled);
    in_order_per_key(&day.manufacturing, &handled);
    for event in &handled {
        let headers = event.message.headers();
        assert_eq!(headers.text("ce_specversion"), Some("1.0"));
        assert_eq!(headers.text("ce_type"), Some(event.fullname));
        assert_eq!(headers.text("ce_id"), Some(event.event_id.to_string().as_str()));
        assert_eq!(headers.text("ce_correlationid"), Some("run-1"));
    }
    let count = u64::try_from(expected.len()).expect("few");
    let (sent, consumed) = (producer.metrics(), handle.metrics());
    assert_eq!((sent.messages_sent, sent.messages_failed), (count, 0));
    assert_eq!(
        (consumed.messages_processed, consumed.messages_failed, consumed.is_running),
        (count, 0, false)
    );
    assert_eq!(consumed.total_bytes_consumed, sent.total_bytes_sent);
    assert_eq!(lag(&cluster.config(), "day").await, 0, "everything is committed");
    let ends =
        end_offsets(&cluster.config(), STREAMS.map(|stream| stream.topic)).await.expect("the broker answers");
    assert_eq!(ends.iter().map(|end| end.offset).sum::<i64>(), i64::try_from(count).expect("few"));
    producer.close(Duration::from_secs(10)).await.expect("nothing is pending");
}

/// One consumer, with types and closures for its handlers: each event arrives once, where its stream is handled.
pub async fn handlers_of_several_forms_share_a_consumer(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let day = Day::new("run-1", Timestamp::now());
    publish_day(&producer, day.clone()).await;

    let counts = forms::Counts::default();
    let (manufacturing, user) = (counts.clone(), counts.clone());
    let consumer = Consumer::builder(cluster.group("forms"))
        .handler(forms::Inspector(counts.clone()))
        .handle(move |event: ManufacturingEvent, _| {
            let counts = manufacturing.clone();
            async move {
                counts.add("manufacturing", event.event_id());
                Ok(())
            }
        })
        .on_unknown(|unknown, _| async move { Err(Failure::retry(format!("{unknown:?}"))) })
        .handler(forms::Operator(counts.clone()))
        .handler(
            consume::handle(move |event: UserEvent, _| {
                let counts = user.clone();
                async move {
                    counts.add("user", event.event_id());
                    Ok(())
                }
            })
            .on_unknown(|unknown, _| async move { Err(Failure::retry(format!("{unknown:?}"))) }),
        );
    let consumer = consumer.build().await.expect("it can be built");
    let (handle, task) = (consumer.handle(), tokio::spawn(consumer.run(std::future::pending())));
    let expected = [
        ("inspection", ids(&day.inspection)),
        ("manufacturing", ids(&day.manufacturing)),
        ("quality", ids(&day.quality)),
        ("system", ids(&day.system)),
        ("user", ids(&day.user)),
    ];
    let total = expected.iter().map(|(_, ids)| ids.len()).sum();
    eventually("all events are handled", || counts.len() >= total).await;
    handle.shutdown();
    task.await.expect("no panic").expect("an orderly end");
    assert_eq!(counts.get(), BTreeMap::from(expected));
    assert_eq!(lag(&cluster.config(), "forms").await, 0, "everything is committed");
}

/// The ids of the events, sorted.
fn ids<E: Event>(events: &[E]) -> Vec<uuid::Uuid> {
    let mut ids: Vec<_> = events.iter().map(|event| event.event_id().expect("an id")).collect();
    ids.sort();
    ids
}

fn in_order_per_key<E: Event>(published: &[E], handled: &[crate::recorder::Handling]) {
    let mut by_key: BTreeMap<Vec<u8>, Vec<uuid::Uuid>> = BTreeMap::new();
    for event in published {
        let key = event.key().expect("a key").into_owned();
        by_key.entry(key).or_default().push(event.event_id().expect("an id"));
    }
    for (key, ids) in by_key {
        let wanted: BTreeSet<_> = ids.iter().copied().collect();
        let seen: Vec<_> =
            handled.iter().map(|event| event.event_id).filter(|id| wanted.contains(id)).collect();
        assert_eq!(seen, ids, "the order of key {}", String::from_utf8_lossy(&key));
    }
}

fn distinct(recorders: &[Recorder]) -> BTreeSet<uuid::Uuid> {
    recorders.iter().flat_map(Recorder::handled).map(|event| event.event_id).collect()
}

/// Two members: each has partitions, and every event is handled once.
pub async fn two_consumers_of_a_group_share_the_partitions(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let recorders = [Recorder::default(), Recorder::default()];
    let first = Running::start(cluster.group("shared"), &recorders[0]).await;
    let second = Running::start(cluster.group("shared"), &recorders[1]).await;

    // Rebalances may go on for a while: waves of events, until both members have a share of a whole wave. Each has 8
    // of all 16 partitions, so at least one of those 9 that get events.
    let (mut published, deadline) = (0, Instant::now() + Duration::from_secs(60));
    loop {
        assert!(Instant::now() < deadline, "the members did not come to share the partitions");
        let before = recorders.each_ref().map(|recorder| recorder.handled().len());
        publish_inspections(&producer, published..published + 80).await;
        publish_lots(&producer, published..published + 80).await;
        published += 160;
        eventually("the wave is handled", || distinct(&recorders).len() >= published as usize).await;
        if recorders.iter().zip(before).all(|(recorder, before)| recorder.handled().len() > before) {
            break;
        }
    }
    first.stop().await;
    second.stop().await;

    assert_eq!(distinct(&recorders).len(), published as usize, "each event");
    if cluster.keeps_members() {
        let handled: usize = recorders.iter().map(|recorder| recorder.handled().len()).sum();
        assert_eq!(handled, published as usize, "once");
    }
    assert_eq!(lag(&cluster.config(), "shared").await, 0);
}

/// What a group has committed is not handled again by its next consumer.
pub async fn a_consumer_goes_on_where_its_group_left_off(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    for round in 0..2 {
        publish_inspections(&producer, round * 50..(round + 1) * 50).await;
        let recorder = Recorder::default();
        let running = Running::start(cluster.group("restart"), &recorder).await;
        eventually("the round is handled", || recorder.handled().len() >= 50).await;
        running.stop().await;
        assert_eq!(recorder.handled().len(), 50, "round {round}: only what is new");
    }
}

/// A failure ends the consumer with the place of the event, which the next run begins with.
pub async fn a_failed_handler_stops_the_consumer_and_nothing_is_lost(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 0..100).await;

    let failing = Recorder::failing_on(|event| event.debug.contains("\"INS-70\""));
    let error = Running::without_dead_letters(cluster.group("failing"), &failing).await.error().await;
    let ConsumeError::Message { topic, partition, offset, error } = &error else { panic!("{error}") };
    assert_eq!(topic, InspectionEvent::STREAM.topic);
    assert!(matches!(**error, DeliveryError::Handler(_)), "{error}");
    assert!(error.to_string().contains("the recorder was told to fail"), "{error}");
    let before: BTreeSet<_> = failing.handled().iter().map(|event| event.event_id).collect();

    let recorder = Recorder::default();
    let running = Running::start(cluster.group("failing"), &recorder).await;
    eventually("the rest is handled", || {
        let after = recorder.handled();
        before.iter().copied().chain(after.iter().map(|event| event.event_id)).collect::<BTreeSet<_>>().len()
            == 100
    })
    .await;
    running.stop().await;
    let after = recorder.handled();
    let place = |event: &Handling| (event.message.partition(), event.message.offset());
    let again = after.iter().find(|event| place(event) == (*partition, *offset));
    assert!(again.expect("the event that failed is handled again").debug.contains("\"INS-70\""));
    let twice: Vec<_> = after.iter().filter(|event| before.contains(&event.event_id)).map(place).collect();
    assert!(
        twice.is_empty(),
        "what was done is not done again, also beyond the event that failed: {twice:?}"
    );
}

async fn stops_at(cluster: &Cluster, value: Vec<u8>) -> DeliveryError {
    cluster.create_topics(STREAMS).await;
    let config = cluster.config();
    send_raw(&config, 2, "K", Some(value.clone())).await;
    for _ in 0..2 {
        // Stopping again shows that the message was not skipped.
        let error = Running::without_dead_letters(cluster.group("unreadable"), &Recorder::default())
            .await
            .error()
            .await;
        let text = error.to_string();
        assert!(text.starts_with("chip-quality.inspection.events/2 at offset 0: "), "{text}");
        assert!(text.contains("not committed"), "{text}");
        if lag(&config, "unreadable").await != 1 {
            panic!("the message was committed");
        }
    }
    let error =
        Running::without_dead_letters(cluster.group("unreadable"), &Recorder::default()).await.error().await;
    let ConsumeError::Message { error, .. } = error else { panic!("{error}") };
    *error
}

/// Bytes that are no event of ours: an error that names their place, and they stay where they are.
pub async fn a_message_that_cannot_be_read_stops_the_consumer_and_stays(cluster: &Cluster) {
    let error = stops_at(cluster, b"{\"json\": true}".to_vec()).await;
    assert!(matches!(error, DeliveryError::Frame(_)), "{error}");
    assert!(error.to_string().contains("0x7b"), "{error}");
}

/// An id that the registry does not know is never guessed at.
pub async fn a_message_with_an_unknown_schema_id_stops_the_consumer_and_stays(cluster: &Cluster) {
    let error = stops_at(cluster, vec![0, 0, 0, 0, 42, 0]).await;
    assert!(error.to_string().contains("schema id 42 is unknown"), "{error}");
}

/// What is none of this build's events, with its bytes, among events that are.
pub async fn tombstones_and_events_of_newer_programs_go_to_on_unknown(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let config = cluster.group("unknown");
    let producer = Producer::connect(config.clone()).await.expect("a broker answers");
    publish_inspections(&producer, 0..5).await;
    send_raw(&config, 0, "K", None).await;

    // A newer program has one event more, as its first branch; the others are as they were.
    let added = r#"{"type":"record","name":"chip_quality.inspection.InspectionPaused","fields":[{"name":"why","type":"string"}]}"#;
    let newer = InspectionEvent::STREAM.schema.replacen('[', &format!("[{added},"), 1);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("newer.avsc"), &newer).expect("a file");
    let registry = Arc::new(LocalRegistry::with_folder(folder.path()).expect("a valid schema"));
    let id = registry.id_of(&SubjectSchema::new("any", &newer)).await.expect("a valid schema");
    let mut paused = Vec::new();
    codec::write_frame(id, &mut paused);
    paused.extend_from_slice(b"\x00\x0alunch");
    send_raw(&config, 1, "K", Some(paused)).await;
    // The newer program also writes events that this build knows, under another branch.
    let mut known = Vec::new();
    codec::write_frame(id, &mut known);
    known.push(2);
    codec::encode(&inspection(5), &mut known).expect("it fits");
    send_raw(&config, 1, "K", Some(known)).await;

    let recorder = Recorder::default();
    let consumer = Consumer::builder(config).handler(recorder.clone()).registry(registry).build().await;
    let running = Running::run(consumer.expect("it can be built"));
    eventually("all is handled", || recorder.handled().len() == 6 && recorder.unknown().len() == 2).await;
    running.stop().await;
    let unknown: BTreeMap<_, _> =
        recorder.unknown().into_iter().map(|(unknown, message)| (message.partition(), unknown)).collect();
    assert_eq!(unknown[&0], Unknown::Tombstone);
    let Unknown::Event { fullname, schema, datum } = &unknown[&1] else { panic!("{unknown:?}") };
    assert_eq!(fullname, "chip_quality.inspection.InspectionPaused");
    assert_eq!((*schema, datum.as_slice()), (id.into(), &b"\x0alunch"[..]));
}

/// A queue of few messages: `try_queue` gives events back, `queue` waits, and all of them arrive in order.
pub async fn a_full_queue_gives_events_back_and_loses_none(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let config = cluster.config().to_builder().queue_messages(10).linger(Duration::from_millis(100)).build();
    let producer = Producer::connect(config.expect("valid")).await.expect("a broker answers");
    let inspections = InspectionEventProducer::new(&producer).await.expect("the topic is there");
    let (mut receipts, mut refused) = (Vec::new(), 0);
    for number in 0..200 {
        match inspections.try_queue(inspection(number)) {
            Ok(receipt) => receipts.push(receipt),
            Err(TryQueueError::Full(event)) => {
                refused += 1;
                receipts.push(inspections.queue(event).await.expect("there is room in the end"));
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 0, "the queue was never full");
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for receipt in receipts {
        let published = receipt.await.expect("published");
        let before = last.insert(published.partition, published.offset);
        assert!(before.is_none_or(|before| before < published.offset), "out of order");
    }
    assert_eq!(producer.metrics().messages_sent, 200);
    producer.close(Duration::from_secs(10)).await.expect("nothing is pending");
}
