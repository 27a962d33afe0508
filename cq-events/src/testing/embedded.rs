use std::ffi::CString;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::event::StreamInfo;
use crate::kafka::native::advertise;
use crate::kafka::{KafkaConfig, KafkaError};

/// The cluster waits this long, less a second, for the members of a group at each rebalance but the first.
const SESSION: Duration = Duration::from_secs(4);
/// The longest name of a host, in bytes.
const LONGEST_HOST: usize = 253;

/// A Kafka cluster in this process, for tests: librdkafka's mock cluster. It listens on ports of 127.0.0.1 that
/// the operating system chooses, takes some milliseconds to start, and ends when it is dropped.
///
/// It serves producing (idempotent too), headers, tombstones, groups with rebalances and commits, and the faults
/// below. What it does *not* do, so that no test believes it:
///
/// - Transactions are accepted but not isolated: a consumer with `read_committed` sees aborted messages, offsets
///   sent to a transaction are not stored, and fencing does not fence.
/// - A partition keeps about 5 MB or 100,000 messages and then silently drops the oldest.
/// - There is no administration: [`create_topics`](crate::kafka::create_topics) cannot create there, and the
///   configuration of topics cannot be read. Topics that a producer asks for appear by themselves (with 4
///   partitions), so a missing topic can only be tested on a real broker, or with a consumer.
/// - Nothing is on disk, and retention, compaction, quotas and authorisation do not exist.
/// - The first member of a group waits about 3 s for others before it gets partitions, and a later rebalance takes
///   the session timeout, less a second.
pub struct EmbeddedBroker {
    client: BaseProducer<Owner>,
    config: KafkaConfig,
}

impl EmbeddedBroker {
    /// Starts a cluster of one broker.
    ///
    /// # Errors
    /// When librdkafka cannot start it, for example where no port may be opened.
    pub fn start() -> Result<Self, KafkaError> {
        Self::with_brokers(1)
    }

    /// Starts a cluster of `brokers` brokers, with the ids 1 to `brokers`.
    ///
    /// # Errors
    /// When librdkafka cannot start it: it takes 1 to 10,000 brokers.
    pub fn with_brokers(brokers: u16) -> Result<Self, KafkaError> {
        let client: BaseProducer<Owner> = ClientConfig::new()
            .set("test.mock.num.brokers", brokers.to_string())
            .set_log_level(RDKafkaLogLevel::Error)
            .create_with_context(Owner)
            .map_err(failed)?;
        let servers = cluster(&client)?.bootstrap_servers();
        let config = KafkaConfig::builder().bootstrap_servers(servers).session_timeout(SESSION).build()?;
        Ok(Self { client, config })
    }

    /// Its brokers, as a list of host:port.
    pub fn bootstrap_servers(&self) -> &str {
        self.config.bootstrap_servers()
    }

    /// A configuration that reaches it: with a session timeout of 4 s, since every rebalance of a group but its
    /// first takes that long there, less a second; and with the defaults for everything else.
    pub fn config(&self) -> KafkaConfig {
        self.config.clone()
    }

    /// Creates a topic with `partitions` partitions, each on one broker.
    ///
    /// # Errors
    /// When the topic exists, or cannot.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), KafkaError> {
        crate::kafka::legal_topic(topic)?;
        let created = cluster(&self.client)?.create_topic(topic, partitions, 1);
        created.map_err(|error| KafkaError::Topic {
            action: "the embedded broker does not create",
            topic: topic.to_owned(),
            cause: crate::kafka::error::words(&error),
        })
    }

    /// Creates the topics of `streams` with their partitions. Replication and configuration are left aside.
    ///
    /// # Errors
    /// When a topic exists, or cannot.
    pub fn create_topics(
        &self,
        streams: impl IntoIterator<Item = &'static StreamInfo>,
    ) -> Result<(), KafkaError> {
        streams
            .into_iter()
            .try_for_each(|stream| self.create_topic(stream.topic, stream.topic_spec.partitions))
    }

    /// Disconnects all clients from a broker (None: from all brokers), and refuses new connections.
    ///
    /// # Errors
    /// When there is no such broker.
    pub fn broker_down(&self, broker: Option<i32>) -> Result<(), KafkaError> {
        cluster(&self.client)?.broker_down(broker.unwrap_or(-1)).map_err(failed)
    }

    /// Lets clients connect to a broker (None: to all brokers) again.
    ///
    /// # Errors
    /// When there is no such broker.
    pub fn broker_up(&self, broker: Option<i32>) -> Result<(), KafkaError> {
        cluster(&self.client)?.broker_up(broker.unwrap_or(-1)).map_err(failed)
    }

    /// Lets every response of a broker (None: of all brokers) take this long, in whole milliseconds.
    ///
    /// # Errors
    /// When there is no such broker.
    pub fn round_trip_time(&self, broker: Option<i32>, time: Duration) -> Result<(), KafkaError> {
        cluster(&self.client)?.broker_round_trip_time(broker.unwrap_or(-1), time).map_err(failed)
    }

    /// Lets clients be told another address for a broker, such as that of a proxy in front of it. Where it listens, and
    /// [`bootstrap_servers`](Self::bootstrap_servers), stay as they are.
    ///
    /// # Errors
    /// When the cluster has ended, or the host is longer than a name can be, or holds a zero byte.
    pub fn advertise(&self, broker: i32, host: &str, port: u16) -> Result<(), KafkaError> {
        let host = CString::new(host).ok().filter(|host| host.count_bytes() <= LONGEST_HOST);
        let host = host.ok_or_else(|| failed(NativeError::MockCluster(RDKafkaErrorCode::InvalidArgument)))?;
        let found = advertise(self.client.client(), broker, &host, port);
        found.then_some(()).ok_or_else(|| failed(NativeError::MockCluster(RDKafkaErrorCode::Fail)))
    }

    /// Answers the next `requests` produce requests with "not authorised for the topic", which no retry helps.
    ///
    /// # Errors
    /// When the cluster has ended.
    pub fn refuse_produce(&self, requests: usize) -> Result<(), KafkaError> {
        let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        cluster(&self.client)?.request_errors(RDKafkaApiKey::Produce, &vec![error; requests]);
        Ok(())
    }
}

impl fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.bootstrap_servers();
        f.debug_struct("EmbeddedBroker").field("bootstrap_servers", &servers).finish_non_exhaustive()
    }
}

/// The cluster belongs to the client, which, unlike a cluster of its own, may be shared between threads.
fn cluster(client: &BaseProducer<Owner>) -> Result<MockCluster<'_, Owner>, KafkaError> {
    client.client().mock_cluster().ok_or_else(|| failed(NativeError::MockCluster(RDKafkaErrorCode::Fail)))
}

fn failed(error: NativeError) -> KafkaError {
    KafkaError::Client { cause: format!("the embedded broker: {}", crate::kafka::error::words(&error)) }
}

/// The context of the client that owns the cluster; it publishes nothing, and says nothing.
struct Owner;

impl ClientContext for Owner {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: NativeError, _: &str) {}
}

impl ProducerContext for Owner {
    type DeliveryOpaque = ();
    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}
