//! Puts messages that are given up among the dead letters.

use jiff::Timestamp;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use tokio::sync::OnceCell;

use super::DeliveryError;
use crate::dead_letter::{Burial, ErrorKind, Place, buried};
use crate::event::{Headers, Message};
use crate::kafka::KafkaConfig;
use crate::kafka::connect::{ClientEvents, blocking, client_error};
use crate::kafka::dead_letters::DeadLetterTopic;
use crate::kafka::error::words;

type Client = FutureProducer<ClientEvents>;

/// Where a consumer's dead letters go.
pub(super) struct Graveyard {
    topics: Vec<DeadLetterTopic>,
    group: String,
    config: KafkaConfig,
    /// Connected with the first dead letter: most consumers have none.
    client: OnceCell<Client>,
}

impl Graveyard {
    pub(super) fn new(config: &KafkaConfig, group: &str, topics: Vec<DeadLetterTopic>) -> Self {
        Self { topics, group: group.to_owned(), config: config.clone(), client: OnceCell::new() }
    }

    /// The topic of the dead letters of another one.
    pub(super) fn topic_of(&self, source: &str) -> Option<&str> {
        self.of(source).map(|topic| topic.name.as_str())
    }

    fn of(&self, source: &str) -> Option<&DeadLetterTopic> {
        self.topics.iter().find(|topic| topic.source == source)
    }

    /// Publishes the message as it is, with the error and its words, and waits until the broker has acknowledged that.
    /// Otherwise: why not.
    pub(super) async fn bury(
        &self,
        message: &Message,
        error: &DeliveryError,
        text: &str,
        attempts: u32,
    ) -> Result<(), String> {
        let topic = self.of(message.topic()).ok_or("its topic has none")?;
        let client = self.client.get_or_try_init(|| connect(&self.config)).await;
        let client = client.map_err(|error| error.to_string())?;
        let partition = message.partition();
        let headers = buried(
            message.headers(),
            Burial {
                // What has no kind is not given up.
                kind: error.kind().unwrap_or(ErrorKind::Failed),
                exception: error.exception(),
                message: text,
                place: Place { topic: message.topic().to_owned(), partition, offset: message.offset() },
                group: &self.group,
                attempts,
                failed_at: Timestamp::now(),
            },
        );
        let record = FutureRecord::<[u8], [u8]> {
            topic: &topic.name,
            partition: Some(partition % topic.partitions.max(1)),
            payload: message.value(),
            key: message.key(),
            timestamp: None,
            headers: Some(native(&headers)),
        };
        // How long it waits for room; the delivery has as long again.
        match client.send(record, Timeout::After(self.config.message_timeout())).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(self.config.scrub(&words(&error))),
        }
    }

    /// Ends the connection, off the async runtime: that joins threads.
    pub(super) fn close(self) {
        if let Some(client) = self.client.into_inner() {
            drop(tokio::task::spawn_blocking(move || drop(client)));
        }
    }
}

async fn connect(config: &KafkaConfig) -> Result<Client, crate::kafka::KafkaError> {
    let config = config.clone();
    blocking(move || {
        let mut native = config.producer_config();
        // Whatever is good enough for the events that a program publishes: the offset is committed upon this.
        native.set("acks", "all");
        // A topic's limit is one of compressed bytes: what came in by a strong codec must not be too large by a weak one.
        native.set("compression.type", "zstd");
        // How large a message may be is for the topic to say: this one was in a topic already.
        native.set("message.max.bytes", "1000000000");
        native.create_with_context(ClientEvents::default()).map_err(|error| client_error(&config, &error))
    })
    .await
}

fn native(headers: &Headers) -> OwnedHeaders {
    let to = OwnedHeaders::new_with_capacity(headers.len());
    headers
        .iter()
        .fold(to, |to, header| to.insert(Header { key: &header.key, value: header.value.as_deref() }))
}
