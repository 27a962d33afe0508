//! Rights that are withdrawn while they are used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEventProducer;
use cq_events::Producer;
use cq_events::consume::ConsumeError;
use cq_events::kafka::{KafkaConfig, SaslMechanism, SecurityProtocol, create_topics, group_lag};
use cq_events::publish::PublishError;
use cq_events_tests::cluster::Kafka;
use cq_events_tests::recorder::{Recorder, eventually};
use cq_events_tests::scenarios::publish_inspections;

use super::{PATIENCE, TOPIC, distinct, error_of, inspection, run};

fn user(kafka: &Kafka, name: &str) -> KafkaConfig {
    KafkaConfig::builder()
        .bootstrap_servers(kafka.sasl_servers())
        .security_protocol(SecurityProtocol::SaslPlaintext)
        .sasl_mechanism(SaslMechanism::Plain)
        .sasl_username(name)
        .sasl_password("secret")
        .group_id("group")
        // A member that is refused hears of it when its session ends.
        .session_timeout(Duration::from_secs(6))
        .build()
        .expect("a valid configuration")
}

/// A broker that lets users do what they are allowed to.
struct Guarded(Arc<Kafka>);

impl Guarded {
    async fn start() -> Self {
        let kafka = tokio::task::spawn_blocking(|| Kafka::with_users("reader:secret,writer:secret"));
        let guarded = Self(Arc::new(kafka.await.expect("no panic")));
        create_topics(&guarded.everybody(), STREAMS).await.expect("the topics are created");
        guarded
    }

    fn everybody(&self) -> KafkaConfig {
        KafkaConfig::builder().bootstrap_servers(self.0.servers()).build().expect("it is valid")
    }

    async fn allow(&self, user: &str, right: Right) {
        self.acls(&["--add"], user, right).await;
    }

    async fn withdraw(&self, user: &str, right: Right) {
        self.acls(&["--remove", "--force"], user, right).await;
    }

    async fn acls(&self, change: &[&str], user: &str, right: Right) {
        let principal = format!("User:{user}");
        let parts = [change, &["--allow-principal", &principal], &right].concat();
        let arguments: Vec<String> = parts.into_iter().map(str::to_owned).collect();
        let kafka = Arc::clone(&self.0);
        let change = move || kafka.acls(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(change).await.expect("the command succeeds");
    }

    /// Waits until the group has committed so many offsets.
    async fn committed(&self, offsets: u32) {
        let begun = Instant::now();
        loop {
            let lag = group_lag(&self.everybody(), "group", [TOPIC]).await.expect("the broker answers");
            if lag.iter().filter_map(|partition| partition.committed).sum::<i64>() >= i64::from(offsets) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the group does not commit");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// What AclCommand takes.
type Right = [&'static str; 4];

const READ_TOPICS: Right = ["--operation", "Read", "--topic", "*"];
const READ_GROUP: Right = ["--operation", "Read", "--group", "group"];
const WRITE: Right = ["--operation", "Write", "--topic", TOPIC];

/// The consumer ends with what it lacks, and once it may read again nothing is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_read_that_is_withdrawn_ends_the_consumer_and_costs_no_event() {
    let guarded = Guarded::start().await;
    guarded.allow("reader", READ_TOPICS).await;
    guarded.allow("reader", READ_GROUP).await;
    let producer = Producer::connect(guarded.everybody()).await.expect("a broker answers");
    let (mut published, mut recorders) = (0, Vec::new());
    for right in [READ_TOPICS, READ_GROUP] {
        publish_inspections(&producer, published..published + 60).await;
        published += 60;
        recorders.push(Recorder::default());
        let (_, running) = run(user(&guarded.0, "reader"), recorders.last().expect("one")).await;
        eventually("all are handled", || distinct(&recorders) >= published as usize).await;
        guarded.committed(published).await;

        guarded.withdraw("reader", right).await;
        publish_inspections(&producer, published..published + 60).await;
        published += 60;
        let error = error_of(running).await;
        assert!(matches!(error, ConsumeError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("needs READ on its topics and on its group"), "{error}");
        guarded.allow("reader", right).await;
    }
    recorders.push(Recorder::default());
    let (handle, running) = run(user(&guarded.0, "reader"), recorders.last().expect("one")).await;
    guarded.committed(published).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    assert_eq!(distinct(&recorders), published as usize);
}

/// Each event that is not written is an error, and the same producer goes on when it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_write_that_is_withdrawn_is_an_error_for_each_event() {
    let guarded = Guarded::start().await;
    guarded.allow("writer", WRITE).await;
    let producer = Producer::connect(user(&guarded.0, "writer")).await.expect("a broker answers");
    let inspections = InspectionEventProducer::new(&producer).await.expect("it may write");
    inspections.publish_inspection_created(inspection("INS-1")).await.expect("it may write");

    guarded.withdraw("writer", WRITE).await;
    let refused = inspections.publish_inspection_created(inspection("INS-2")).await.expect_err("it may not");
    let PublishError::Rejected { topic, cause } = &refused else { panic!("{refused:?}") };
    assert_eq!(*topic, TOPIC);
    assert!(cause.contains("authorization failed"), "{cause}");

    guarded.allow("writer", WRITE).await;
    // The broker hears of it a moment later.
    let begun = Instant::now();
    let published = loop {
        match inspections.publish_inspection_created(inspection("INS-3")).await {
            Ok(published) => break published,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "it may write again: {error}"),
        }
    };
    assert_eq!(published.offset, 1, "what was refused is not there");
}
