//! The cluster that all runs are made on: its topics, and whether everything arrived.

use std::fs;
use std::time::{Duration, Instant};

use cq_events::event::{StreamInfo, TopicSpec};
use cq_events::kafka::{KafkaConfig, create_topics, end_offsets, group_lag};
use cq_events_tests::cluster::{Cluster, script};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use tokio::runtime::Runtime;

use crate::measure::Figures;
use crate::process::{Job, runtime};
use crate::publish::{How, Publish, WARM_UP};
use crate::{consume, load};

const PATIENCE: Duration = Duration::from_secs(30);

/// One broker of Apache Kafka, for as long as this lives.
pub struct Lab {
    cluster: Cluster,
    admin: AdminClient<DefaultClientContext>,
    runtime: Runtime,
}

impl Lab {
    /// Starts it, and publishes to it what no figure is of: a broker's first messages are slow.
    pub fn start() -> Self {
        let cluster = Cluster::kafka();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.config().bootstrap_servers());
        let admin = config.create().expect("an admin client");
        let lab = Self { cluster, admin, runtime: runtime() };
        lab.fill(load::Stream::Headed, 6, 500_000);
        lab
    }

    pub fn servers(&self) -> String {
        self.config().bootstrap_servers().to_owned()
    }

    /// What is measured, for the head of the report.
    pub fn about(&self) -> Vec<(&'static str, String)> {
        let [key, value, headers] = self.runtime.block_on(load::sizes());
        let pom = fs::read_to_string(script("pom.xml").get_program()).expect("the pom");
        let version = pom.split_once("<kafka.version>").and_then(|(_, rest)| rest.split('<').next());
        let version = version.expect("a version").to_owned();
        let message =
            format!("InspectionCreated: value {value} bytes, key {key}, headers {headers} (if any)");
        vec![("kafka", version), ("cq-events", env!("CARGO_PKG_VERSION").to_owned()), ("message", message)]
    }

    fn config(&self) -> KafkaConfig {
        self.cluster.config()
    }

    /// Makes the stream's topic anew, so that no run pays for the messages of another.
    pub fn fresh(&self, stream: &'static StreamInfo, partitions: i32) {
        self.remove(stream.topic);
        let spec = TopicSpec::new(partitions, None, &[]);
        let StreamInfo { name, topic, schema, events, headers, .. } = *stream;
        let info = StreamInfo::new(name, topic, schema, events, headers, spec);
        let info: &'static StreamInfo = Box::leak(Box::new(info));
        self.runtime.block_on(create_topics(&self.config(), [info])).expect("the topic is created");
    }

    pub fn remove(&self, topic: &str) {
        let deleted = self.admin.delete_topics(&[topic], &AdminOptions::new());
        // It may not be there; what counts is that it is not there in the end.
        let _ = self.runtime.block_on(deleted).expect("the broker answers");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metadata = self.admin.inner().fetch_metadata(None, PATIENCE).expect("the broker answers");
            if metadata.topics().iter().all(|known| known.name() != topic) {
                return;
            }
            assert!(Instant::now() < deadline, "{topic} is not removed");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many messages a topic has had.
    pub fn messages(&self, topic: &str) -> u64 {
        let ends = self.runtime.block_on(end_offsets(&self.config(), [topic])).expect("the broker answers");
        ends.iter().map(|end| u64::try_from(end.offset).expect("an offset")).sum()
    }

    /// Whether the group has committed each partition's end.
    pub fn assert_consumed(&self, group: &str, topic: &str) {
        let lags =
            self.runtime.block_on(group_lag(&self.config(), group, [topic])).expect("the broker answers");
        for lag in lags {
            assert_eq!(lag.committed.unwrap_or_default(), lag.end, "{group} committed all of {lag:?}");
        }
    }

    /// Bytes of the messages of a topic as the broker stores them, which is how they came over the wire.
    pub fn stored_bytes(&self, topic: &str) -> u64 {
        let Cluster::Kafka(kafka) = &self.cluster else { panic!("the embedded broker stores nothing") };
        let of_topic = fs::read_dir(kafka.data(1)).expect("the broker's folder").filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name()?.to_str()?.to_owned();
            let (name, partition) = name.rsplit_once('-')?;
            (name == topic && partition.parse::<u32>().is_ok()).then_some(path)
        });
        let segments = of_topic.flat_map(|partition| fs::read_dir(partition).expect("a partition's folder"));
        let segments = segments.map(|entry| entry.expect("an entry"));
        let logs = segments.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "log"));
        logs.map(|entry| entry.metadata().expect("a size").len()).sum()
    }

    /// Publishes to a topic made anew, and checks that all is there.
    pub fn publish(&self, job: Publish, partitions: i32) -> Figures {
        self.fresh(job.stream.info(), partitions);
        let (topic, expected) = (job.stream.topic(), WARM_UP + job.messages);
        let figures = Job::Publish(job).measure();
        assert_eq!(self.messages(topic), expected, "the broker has each message once");
        figures
    }

    /// Publishes so many messages for consumers to read, with the bytes that the library would publish.
    pub fn fill(&self, stream: load::Stream, partitions: i32, messages: u64) {
        let (servers, how) = (self.servers(), How::Queued);
        let messages = messages - WARM_UP;
        self.publish(
            Publish { servers, stream, is_reference: true, how, messages, linger_ms: 5 },
            partitions,
        );
    }

    /// Reads a whole topic, and checks that the group has committed its end.
    pub fn consume(&self, job: consume::Consume) -> Figures {
        let (topic, group) = (job.stream.topic(), job.group.clone());
        let figures = Job::Consume(job).measure();
        self.assert_consumed(&group, topic);
        figures
    }
}
