//! The end-to-end scenarios, and what only a real server can show, on an Apache Kafka that each test starts by
//! itself.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::{InspectionEvent, InspectionEventProducer};
use cq_events::consume::{ConsumeError, StartAt};
use cq_events::event::{StreamInfo, StreamSchema as _, TopicSpec};
use cq_events::kafka::{check_topics, create_topics, end_offsets};
use cq_events::{Consumer, Producer};
use cq_events_examples::day::Day;
use cq_events_tests::cluster::{Cluster, script};
use cq_events_tests::oracle::Oracle;
use cq_events_tests::recorder::{Recorder, eventually};
use cq_events_tests::scenarios::{expected, publish_day, publish_inspections};
use jiff::Timestamp;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

cq_events_tests::every_scenario!(cq_events_tests::cluster::Cluster::kafka);

fn servers(cluster: &Cluster) -> String {
    cluster.config().bootstrap_servers().to_owned()
}

/// The broker creates no topics, and would keep a producer waiting for 30 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_topic_is_an_error_within_seconds_that_says_what_to_do() {
    let cluster = Cluster::kafka();
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let begun = Instant::now();
    let error = InspectionEventProducer::new(&producer).await.expect_err("no topic").to_string();
    assert!(error.contains("`chip-quality.inspection.events` does not exist"), "{error}");
    assert!(error.contains("create_topics"), "{error}");
    let consumer = Consumer::builder(cluster.group("none")).handler(Recorder::default()).build().await;
    let error = consumer.expect_err("no topic").to_string();
    assert!(
        error.contains("`chip-quality.user.events` do not exist") && error.contains("create_topics"),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(28), "it took {:?}", begun.elapsed());
}

/// Created once, found as they are the next time, and a difference is told with what was expected and found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_are_created_then_checked_and_differences_are_told() {
    let cluster = Cluster::kafka();
    let config = cluster.config();
    let created = create_topics(&config, STREAMS).await.expect("they are created");
    assert_eq!(created.len(), 5);
    assert!(created.iter().all(|report| report.created));
    let found = create_topics(&config, STREAMS).await.expect("they are as they should be");
    assert!(found.iter().all(|report| !report.created));
    check_topics(&config, STREAMS).await.expect("they are as they should be");

    let stream = InspectionEvent::STREAM;
    let other: &'static StreamInfo = Box::leak(Box::new(StreamInfo::new(
        stream.name,
        stream.topic,
        stream.schema,
        stream.events,
        stream.headers,
        TopicSpec::new(7, Some(3), &[("retention.ms", "1000")]),
    )));
    let error = check_topics(&config, [other]).await.expect_err("it differs").to_string();
    for part in [
        "chip-quality.inspection.events",
        "partitions",
        "7",
        "6",
        "replication",
        "3",
        "retention.ms",
        "604800000",
    ] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

/// The embedded broker does not know the times of its messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_starts_at_a_time() {
    let cluster = Cluster::kafka();
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 0..50).await;
    // The clock of this machine is the broker's and the producer's; messages have milliseconds.
    let before = Timestamp::now();
    eventually("the clock has moved on", || Timestamp::now().as_millisecond() > before.as_millisecond() + 1)
        .await;
    let start = Timestamp::now();
    publish_inspections(&producer, 50..80).await;

    let recorder = Recorder::default();
    let builder = Consumer::builder(cluster.group("at-a-time")).handler(recorder.clone());
    let consumer = builder.start_at(StartAt::Time(start)).build().await.expect("it can be built");
    let handle = consumer.handle();
    let run = tokio::spawn(consumer.run(std::future::pending()));
    eventually("the later ones are handled", || recorder.handled().len() >= 30).await;
    handle.shutdown();
    run.await.expect("no panic").expect("an orderly end");
    assert_eq!(recorder.handled().len(), 30, "and no others");
}

/// A consumer would wait for it for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_vanishes_ends_its_consumer() {
    let cluster = Cluster::kafka();
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 0..20).await;
    let recorder = Recorder::default();
    // Otherwise it may take minutes until anybody looks.
    let config = cluster.group("vanishing").to_builder();
    let config = config.property("topic.metadata.refresh.interval.ms", "1000").build().expect("it is valid");
    let builder = Consumer::builder(config).handler(recorder.clone());
    let run = tokio::spawn(builder.build().await.expect("it can be built").run(std::future::pending()));
    eventually("all are handled", || recorder.handled().len() >= 20).await;

    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers(&cluster)).create().expect("an admin client");
    let topic = InspectionEvent::STREAM.topic;
    admin.delete_topics(&[topic], &AdminOptions::new()).await.expect("the topic is deleted");
    let ended = tokio::time::timeout(Duration::from_secs(90), run).await.expect("it ends").expect("no panic");
    let error = ended.expect_err("its topic is gone").to_string();
    assert!(error.contains(&format!("`{topic}` does not exist")), "{error}");
}

/// The retention of a topic that overtakes a group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_deleted_before_a_group_read_them_stop_it() {
    let cluster = Cluster::kafka();
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 0..100).await;
    let recorder = Recorder::default();
    let builder = Consumer::builder(cluster.group("overtaken")).handler(recorder.clone());
    let consumer = builder.build().await.expect("it can be built");
    let handle = consumer.handle();
    let run = tokio::spawn(consumer.run(std::future::pending()));
    eventually("all are handled", || recorder.handled().len() >= 100).await;
    handle.shutdown();
    run.await.expect("no panic").expect("an orderly end");

    publish_inspections(&producer, 100..200).await;
    let topic = InspectionEvent::STREAM.topic;
    let ends = end_offsets(&cluster.config(), [topic]).await.expect("the broker answers");
    let mut deleted = TopicPartitionList::new();
    for end in &ends {
        deleted.add_partition_offset(topic, end.partition, Offset::Offset(end.offset)).expect("an offset");
    }
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers(&cluster)).create().expect("an admin client");
    admin.delete_records(&deleted, &AdminOptions::new()).await.expect("the messages are deleted");

    let consumer = Consumer::builder(cluster.group("overtaken")).handler(Recorder::default()).build().await;
    let ended = consumer.expect("it can be built").run(std::future::pending());
    let ended = tokio::time::timeout(Duration::from_secs(60), ended).await.expect("it ends");
    let error = ended.expect_err("messages are gone");
    let ConsumeError::OutOfRange { offset, low, high, .. } = &error else { panic!("{error}") };
    assert!(offset < low && low == high, "{error}");
    assert!(error.to_string().contains("offsets were deleted before they were read"), "{error}");
}

/// The bytes are Avro as others understand it: fastavro reads every event, and each of its fields.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fastavro_reads_every_event_that_was_published() {
    let cluster = Cluster::kafka();
    cluster.create_topics(STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let day = Day::new("run-1", Timestamp::now());
    let expected = expected(&day);
    publish_day(&producer, day).await;

    let mut read: BTreeMap<uuid::Uuid, String> = BTreeMap::new();
    for stream in STREAMS {
        let mut schema = tempfile::NamedTempFile::new().expect("a file");
        schema.write_all(stream.schema.as_bytes()).expect("it is written");
        let count = expected_count(stream, &expected);
        let output = script("python.sh")
            .arg(script("read_topic.py").get_program())
            .args(["--bootstrap", &servers(&cluster), "--topic", stream.topic, "--count", &count.to_string()])
            .arg("--schema")
            .arg(schema.path())
            .stderr(Stdio::inherit())
            .output()
            .expect("tests/services/python.sh runs");
        assert!(output.status.success(), "reading {} failed; it says why above", stream.topic);
        let oracle = Oracle::new(stream.schema);
        for line in String::from_utf8(output.stdout).expect("text").lines() {
            let message: Value = serde_json::from_str(line).expect("a line of JSON");
            let fullname = message["event"].as_str().expect("an event");
            assert_eq!(message["headers"]["ce_type"], fullname);
            assert_eq!(message["headers"]["ce_id"], message["fields"]["event_id"]);
            let id = message["fields"]["event_id"].as_str().expect("an id").parse().expect("a uuid");
            read.insert(id, oracle.debug_of_json(fullname, &message["fields"]));
        }
    }
    assert_eq!(read.len(), expected.len());
    for (id, expected) in &expected {
        assert_eq!(read.get(id), Some(expected));
    }
}

fn expected_count(stream: &StreamInfo, expected: &BTreeMap<uuid::Uuid, String>) -> usize {
    // Two streams have a QualityAssessed: one of a chip, the other of a batch.
    let is_of = |debug: &str| {
        let (name, rest) = debug.split_once(' ').expect("a record");
        let known = stream.events.iter().any(|event| event.fullname.ends_with(&format!(".{name}")));
        let is_chip = rest.contains("chip_id");
        known && (name != "QualityAssessed" || is_chip == (stream.name == "inspection"))
    };
    expected.values().filter(|debug| is_of(debug)).count()
}

/// Run after run on one cluster: each counts only its own events.
#[test]
fn the_quickstart_is_complete_on_a_real_cluster_run_after_run() {
    let cluster = Cluster::kafka();
    for run in 1..=2 {
        let quickstart = Command::new(cq_events_tests::examples().join("quickstart"))
            .env("KAFKA_BOOTSTRAP_SERVERS", servers(&cluster))
            .output()
            .expect("it runs");
        let output = String::from_utf8_lossy(&quickstart.stdout).into_owned();
        assert!(
            quickstart.status.success(),
            "run {run}: {output}\n{}",
            String::from_utf8_lossy(&quickstart.stderr)
        );
        assert!(output.contains(&servers(&cluster)) && output.contains("complete: every event"), "{output}");
    }
}

/// Two processes: one publishes, the other prints what arrives, and ends in order when it is told to.
#[test]
fn publish_and_consume_are_two_processes_on_one_cluster() {
    let cluster = Cluster::kafka();
    let example = |name: &str| {
        let mut command = Command::new(cq_events_tests::examples().join(name));
        command.env("KAFKA_BOOTSTRAP_SERVERS", servers(&cluster));
        command
    };
    let publish = example("publish").arg("2").output().expect("it runs");
    let published = String::from_utf8_lossy(&publish.stdout).into_owned();
    assert!(publish.status.success(), "{}", String::from_utf8_lossy(&publish.stderr));
    assert!(published.starts_with("published 2 days"), "{published}");

    let mut consume = Ended(example("consume").stdout(Stdio::piped()).spawn().expect("it runs"));
    let lines = lines_of(consume.0.stdout.take().expect("piped"));
    let mut completed = 0;
    let mut last = String::new();
    // The sender ends with the process's output.
    loop {
        last = match lines.recv_timeout(Duration::from_secs(60)) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("silent for 60 s after: {last}"),
        };
        completed += usize::from(last.contains("score"));
        // Two days of 22 completed inspections each.
        if completed == 44 && last.contains("score") {
            let id = consume.0.id().to_string();
            assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
        }
    }
    assert!(consume.0.wait().expect("it ends").success());
    assert_eq!(completed, 44);
    assert!(last.contains("messages_failed: 0"), "{last}");
}

/// The lines of a process's output, as they come.
fn lines_of(output: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines();
        lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}

/// A process that does not outlive the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
