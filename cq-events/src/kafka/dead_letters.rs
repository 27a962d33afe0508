//! The topics of dead letters: they must be there, and ours to write to, before the first message is handled.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;

use super::connect::{ClientEvents, Inquirer, blocking, client_error, request_error};
use super::error::{KafkaError, code_words, words};
use super::lookup::{Found, require_topics};
use super::topics::{Admin, look_up};
use super::{KafkaConfig, native};

/// Bytes that a dead letter may have above its message: its headers.
const HEADERS: u64 = 16 << 10;

/// A topic of dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadLetterTopic {
    /// The topic whose messages go there.
    pub(crate) source: &'static str,
    pub(crate) name: String,
    pub(crate) partitions: i32,
}

/// Makes sure that dead letters of each source topic can be put into the topic of this name: creates what is missing,
/// where that is wanted, and asks whether we may write there.
pub(crate) async fn prepare(
    config: &KafkaConfig,
    topics: Vec<(&'static str, String)>,
    creates: bool,
) -> Result<Vec<DeadLetterTopic>, KafkaError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let admin = Admin::connect(config).await?;
    let has_controller = has_controller(&admin).await?;
    let mut prepared = Vec::with_capacity(topics.len());
    for (source, name) in topics {
        match ready(&admin, source, &name, creates, has_controller).await {
            Ok(partitions) => prepared.push(DeadLetterTopic { source, name, partitions }),
            Err(error) => {
                admin.close().await;
                return Err(error);
            }
        }
    }
    admin.close().await;
    Ok(prepared)
}

/// Whether the cluster has a controller, which answers what is asked for administration. librdkafka waits for one until the
/// request times out, and the embedded broker has none.
async fn has_controller(admin: &Admin) -> Result<bool, KafkaError> {
    let (client, config) = (Arc::clone(&admin.client), admin.config.clone());
    blocking(move || {
        let metadata = client.client().fetch_metadata(None, config.connect_timeout());
        let metadata = metadata.map_err(|error| request_error(&config, "look up the brokers", &error))?;
        let controller = native::controller(client.client());
        Ok(metadata.brokers().iter().any(|broker| broker.id() == controller))
    })
    .await
}

/// The topic's partitions.
async fn ready(
    admin: &Admin,
    source: &str,
    name: &str,
    creates: bool,
    has_controller: bool,
) -> Result<i32, KafkaError> {
    let mut found = find(admin, name).await?;
    if found.is_none() && creates {
        // A broker without administration gives a topic to whoever asks for it.
        if has_controller {
            create(admin, source, name).await?
        } else {
            ask_for(admin, name).await?
        };
        found = find(admin, name).await?;
    }
    let Some(found) = found else {
        let cause = format!(
            "it does not exist; create it with the partitions of {source}, let the consumer do so \
             (`create_dead_letter_topics`), or turn the dead letters of the stream off"
        );
        return Err(cannot_use(name, cause));
    };
    if !has_controller {
        return Ok(found.partitions);
    }
    let (client, topic, timeout) =
        (Arc::clone(&admin.client), name.to_owned(), admin.config.connect_timeout());
    let may_write = blocking(move || Ok(native::may_write(client.client(), &topic, timeout))).await?;
    match may_write {
        Ok(Some(false)) => {
            let cause = "the broker does not let us write to it: the consumer needs WRITE on the topic of its dead \
                         letters, or the dead letters of the stream turned off";
            return Err(cannot_use(name, cause.to_owned()));
        }
        Ok(_) => {}
        // It is seen when the first one is written, which stops the consumer.
        Err(error) => tracing::debug!(topic = name, "cannot ask for our rights: {}", words(&error)),
    }
    Ok(found.partitions)
}

fn cannot_use(topic: &str, cause: String) -> KafkaError {
    KafkaError::Topic { action: "cannot put dead letters into", topic: topic.to_owned(), cause }
}

async fn find(admin: &Admin, topic: &str) -> Result<Option<Found>, KafkaError> {
    let (client, config, topic) = (Arc::clone(&admin.client), admin.config.clone(), topic.to_owned());
    blocking(move || look_up(&client, &config, &topic)).await
}

/// Creates the topic with the partitions of its source, room for the headers, and nothing that deletes a dead letter but
/// whoever has settled it.
async fn create(admin: &Admin, source: &str, name: &str) -> Result<(), KafkaError> {
    let partitions = find(admin, source).await?.map_or(1, |found| found.partitions);
    let most = largest(admin, source).await.map(|bytes| (bytes + HEADERS).to_string());
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1)).set("retention.ms", "-1");
    if let Some(most) = &most {
        topic = topic.set("max.message.bytes", most);
    }
    let results = admin
        .run(async |client, options| {
            let created = client.create_topics([&topic], options).await;
            created.map_err(|error| request_error(&admin.config, format!("create topic `{name}`"), &error))
        })
        .await?;
    match results.into_iter().next() {
        // Another process may have been faster.
        None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => {
            tracing::info!(topic = name, partitions, "created a topic for dead letters");
            admin.await_leaders(vec![name.to_owned()]).await
        }
        Some(Err((_, code))) => {
            let cause = format!(
                "it does not exist, and the broker does not let us create it: {}; create it with the partitions of \
                 {source}, or turn the dead letters of the stream off",
                code_words(code)
            );
            Err(cannot_use(name, cause))
        }
    }
}

/// Bytes that a message of the topic may have, where that can be known.
async fn largest(admin: &Admin, topic: &str) -> Option<u64> {
    let resource = [ResourceSpecifier::Topic(topic)];
    let values = admin
        .run(async |client, options| {
            let values = client.describe_configs(&resource, options).await;
            values.map_err(|error| request_error(&admin.config, "read the configuration of topics", &error))
        })
        .await;
    let values = values.ok()?.into_iter().flatten();
    let mut values = values
        .filter(|values| matches!(&values.specifier, OwnedResourceSpecifier::Topic(name) if name == topic));
    values.next()?.get("max.message.bytes")?.value.as_ref()?.parse().ok()
}

/// Asks for the topic in a way that lets a broker that creates topics by itself do so.
async fn ask_for(admin: &Admin, name: &str) -> Result<(), KafkaError> {
    let config = admin.config.clone();
    let client: Arc<Inquirer> = blocking(move || {
        let mut native = config.client_config(&[]);
        native.set("allow.auto.create.topics", "true");
        let client = native.create_with_context(ClientEvents::default());
        client.map(Arc::new).map_err(|error| client_error(&config, &error))
    })
    .await?;
    let asking = Arc::clone(&client);
    let fetch = move |topic: &str, timeout: Duration| asking.fetch_metadata(Some(topic), timeout);
    let found = require_topics(&admin.config, vec![name.to_owned()], fetch).await;
    let _ = blocking(move || {
        drop(client);
        Ok(())
    })
    .await;
    found
}
