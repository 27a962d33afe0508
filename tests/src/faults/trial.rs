//! A cluster with a topic, a publisher, members of one group, and the files by which the reader judges.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chip_quality_events::inspection::InspectionEvent;
use cq_events::KafkaConfig;
use cq_events::dead_letter::topic_name;
use cq_events::event::{StreamInfo, StreamSchema as _, TopicSpec};
use cq_events::kafka::{GroupProtocol, create_topics, group_lag};

use super::letters;
use super::member::{Member, Program};
use super::observer::Observer;
use super::progress::Progress;
use super::publisher::{Load, Publisher};
use super::reader::{Evidence, Verdict};
use super::record::{Fault, Kind, Micros, Victim, now};
use crate::cluster::Kafka;

/// The group of all members.
pub const GROUP: &str = "trial";
/// When a member that sends no heartbeat is missed, where members are killed: the shortest time that brokers allow.
pub const SESSION: Duration = Duration::from_secs(6);
/// When a member that does not poll is missed, where members stand still.
pub const POLL_INTERVAL: Duration = Duration::from_secs(8);

/// What a trial runs on.
#[derive(Clone, Debug)]
pub struct Setup {
    /// 1 or 3.
    pub brokers: i32,
    /// Of the topic.
    pub partitions: i32,
    /// Of the group.
    pub protocol: GroupProtocol,
    /// When a member that sends no heartbeat is missed. Where the broker coordinates the group, it says that itself: 6 s.
    pub session: Duration,
    /// When a member that does not poll is missed.
    pub poll_interval: Duration,
    /// The program with the consumer's role.
    pub binary: PathBuf,
    /// More arguments for it.
    pub arguments: Vec<String>,
    /// Where the files go.
    pub folder: PathBuf,
}

/// One trial.
#[derive(Debug)]
pub struct Trial {
    /// The cluster.
    pub kafka: Arc<Kafka>,
    setup: Setup,
    faults: Vec<Fault>,
    _observer: Option<Observer>,
}

impl Trial {
    /// Starts the cluster and makes the topics.
    pub async fn start(setup: Setup) -> Self {
        crate::cluster::show_logs();
        let brokers = setup.brokers;
        let kafka = tokio::task::spawn_blocking(move || Kafka::start(brokers)).await.expect("no panic");
        let config = KafkaConfig::builder().bootstrap_servers(kafka.servers()).build().expect("it is valid");
        let stream = InspectionEvent::STREAM;
        // A stream's description is a static; one more for each trial is no matter.
        let topic: &'static StreamInfo = Box::leak(Box::new(StreamInfo::new(
            stream.name,
            stream.topic,
            stream.schema,
            stream.events,
            stream.headers,
            TopicSpec::new(setup.partitions, Some(brokers), &[]),
        )));
        // Brokers say when they append a dead letter.
        let dead_letters: &'static StreamInfo = Box::leak(Box::new(StreamInfo::new(
            stream.name,
            Box::leak(dead_letters().into_boxed_str()),
            stream.schema,
            stream.events,
            stream.headers,
            TopicSpec::new(setup.partitions, Some(brokers), &[("message.timestamp.type", "LogAppendTime")]),
        )));
        create_topics(&config, [topic, dead_letters]).await.expect("the topics are made");
        let commits = setup.folder.join("commits");
        let observer = Observer::start(kafka.servers(), GROUP, stream.topic, setup.partitions, &commits);
        Self { kafka: Arc::new(kafka), setup, faults: Vec::new(), _observer: Some(observer) }
    }

    /// Begins to publish.
    pub async fn publish(&self, load: Load) -> Publisher {
        let config = KafkaConfig::builder()
            .bootstrap_servers(self.kafka.servers())
            .message_timeout(Duration::from_secs(600))
            .build()
            .expect("it is valid");
        Publisher::start(config, load, &self.setup.folder.join("published")).await
    }

    /// A member that is not started.
    pub fn member(&self, number: u32) -> Member {
        let setting = |name: &str, value: String| (name.to_owned(), value);
        let protocol = match self.setup.protocol {
            GroupProtocol::Consumer => "consumer",
            _ => "classic",
        };
        let mut environment = vec![
            setting("KAFKA_BOOTSTRAP_SERVERS", self.kafka.servers().to_owned()),
            setting("KAFKA_GROUP_ID", GROUP.to_owned()),
            setting("KAFKA_GROUP_PROTOCOL", protocol.to_owned()),
            setting("KAFKA_MAX_POLL_INTERVAL_MS", self.setup.poll_interval.as_millis().to_string()),
            setting("RUST_LOG", "info".to_owned()),
            setting("RUST_BACKTRACE", "0".to_owned()),
        ];
        if protocol == "classic" {
            environment.push(setting("KAFKA_SESSION_TIMEOUT_MS", self.setup.session.as_millis().to_string()));
        }
        let Setup { binary, folder, arguments, .. } = self.setup.clone();
        Member::new(number, Program { binary, folder, environment, arguments })
    }

    /// The effects so far.
    pub fn progress(&self) -> Progress {
        Progress::of(&self.effects())
    }

    fn effects(&self) -> PathBuf {
        self.setup.folder.join("effects")
    }

    /// Remembers a fault that began then, and is over now.
    pub fn record(&mut self, kind: Kind, victim: Victim, begun: Micros) -> Fault {
        let fault = Fault { kind, victim, begun, ended: now() };
        self.faults.push(fault);
        fault
    }

    /// Waits until the group has committed all that is there.
    pub async fn settled(&self, within: Duration) {
        let begun = Instant::now();
        let config = self.config();
        loop {
            // While a coordinator is down there is no answer.
            let lag = group_lag(&config, GROUP, [InspectionEvent::STREAM.topic]).await;
            let left = lag.map(|lag| lag.iter().map(|partition| partition.lag).sum::<i64>());
            if matches!(left, Ok(0)) {
                return;
            }
            assert!(begun.elapsed() < within, "waited {within:?} for the group's offsets: {left:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn config(&self) -> KafkaConfig {
        KafkaConfig::builder().bootstrap_servers(self.kafka.servers()).build().expect("it is valid")
    }

    /// The verdict, when all members have ended: the observer sees their last commits first.
    pub async fn verdict(&mut self) -> Verdict {
        self._observer = None;
        let (topic, file) = (InspectionEvent::STREAM.topic, self.setup.folder.join("dead"));
        letters::write_down(self.kafka.servers(), topic, &dead_letters(), &file).await;
        let lines: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        std::fs::write(self.setup.folder.join("faults"), lines.join("\n")).expect("it is written");
        judge(&self.setup.folder)
    }
}

fn dead_letters() -> String {
    topic_name(InspectionEvent::STREAM.topic, GROUP).expect("a legal name")
}

/// What the files of a trial prove.
pub fn judge(folder: &Path) -> Verdict {
    Evidence::read(folder).judge()
}

/// Polls until a condition holds.
///
/// # Panics
/// When it does not in time.
pub async fn until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < within, "waited {within:?} for: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
