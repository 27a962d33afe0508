//! Topics as the streams describe them: creating what is missing, checking what is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};

use super::KafkaConfig;
use super::connect::{ClientEvents, Inquirer, blocking, client_error, inquire, request_error};
use super::error::{KafkaError, TopicDifference, code_words};
use super::lookup::{Found, POLL, described, legal};
use crate::event::StreamInfo;

/// How long created topics may take until every partition has a leader.
const CREATION: Duration = Duration::from_secs(30);

/// What became of a stream's topic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicReport {
    /// The topic.
    pub topic: String,
    /// Whether it was created now; false: it was there, and is as its stream describes it.
    pub created: bool,
}

/// Creates the topics of `streams` that do not exist, waits until they can be used, and checks those that exist
/// (see [`check_topics`]). Reports come in the order of the streams.
///
/// # Errors
/// When no broker answers, when the broker refuses to create a topic (its name and the broker's words), or when
/// topics that exist differ from their streams (all differences of all topics).
pub async fn create_topics(
    config: &KafkaConfig,
    streams: impl IntoIterator<Item = &'static StreamInfo>,
) -> Result<Vec<TopicReport>, KafkaError> {
    let streams = distinct(streams)?;
    let admin = Admin::connect(config).await?;
    let reports = create_and_compare(&admin, streams).await;
    admin.close().await;
    reports
}

async fn create_and_compare(
    admin: &Admin,
    streams: Vec<&'static StreamInfo>,
) -> Result<Vec<TopicReport>, KafkaError> {
    let found = admin.find(&streams).await?;
    let missing: Vec<_> =
        streams.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(stream, _)| *stream).collect();
    let created = if missing.is_empty() { Vec::new() } else { admin.create(&missing).await? };
    admin.await_leaders(missing.iter().map(|stream| stream.topic.to_owned()).collect()).await?;
    // Also what another process created meanwhile is compared.
    let found = admin.find(&streams).await?;
    let report = |stream: &&StreamInfo| TopicReport {
        topic: stream.topic.to_owned(),
        created: created.iter().any(|topic| topic == stream.topic),
    };
    let reports = streams.iter().map(report).collect();
    let existing = streams.into_iter().zip(found).filter_map(|(stream, found)| Some((stream, found?)));
    admin.compare(existing.collect()).await?;
    Ok(reports)
}

/// Checks that the topics of `streams` exist with the partitions, the replication factor (where the stream has
/// one) and the topic configuration that their streams describe. Changes nothing.
///
/// # Errors
/// When no broker answers, when topics are missing (all of them), or when they differ (all differences of all
/// topics).
pub async fn check_topics(
    config: &KafkaConfig,
    streams: impl IntoIterator<Item = &'static StreamInfo>,
) -> Result<(), KafkaError> {
    let streams = distinct(streams)?;
    let admin = Admin::connect(config).await?;
    let checked = compare_all(&admin, streams).await;
    admin.close().await;
    checked
}

async fn compare_all(admin: &Admin, streams: Vec<&'static StreamInfo>) -> Result<(), KafkaError> {
    let config = &admin.config;
    let found = admin.find(&streams).await?;
    let missing = streams.iter().zip(&found).filter(|(_, found)| found.is_none());
    let missing: Vec<String> = missing.map(|(stream, _)| stream.topic.to_owned()).collect();
    if !missing.is_empty() {
        let servers = config.bootstrap_servers().to_owned();
        return Err(KafkaError::TopicMissing { topics: missing, servers });
    }
    let existing = streams.into_iter().zip(found).filter_map(|(stream, found)| Some((stream, found?)));
    admin.compare(existing.collect()).await
}

/// A connection for administration.
pub(super) struct Admin {
    pub(super) config: KafkaConfig,
    pub(super) client: Arc<Inquirer>,
}

impl Admin {
    pub(super) async fn connect(config: &KafkaConfig) -> Result<Self, KafkaError> {
        let owned = config.clone();
        let client = blocking(move || inquire(&owned)).await?;
        Ok(Self { config: config.clone(), client: Arc::new(client) })
    }

    /// The end of a client joins its threads, which the async runtime must not wait for.
    pub(super) async fn close(self) {
        let client = self.client;
        let _ = blocking(move || {
            drop(client);
            Ok(())
        })
        .await;
    }

    async fn find(&self, streams: &[&'static StreamInfo]) -> Result<Vec<Option<Found>>, KafkaError> {
        let (client, config, streams) = (Arc::clone(&self.client), self.config.clone(), streams.to_vec());
        blocking(move || streams.iter().map(|stream| look_up(&client, &config, stream.topic)).collect()).await
    }

    /// Runs an operation of librdkafka's admin client, whose end joins a thread.
    pub(super) async fn run<T>(
        &self,
        operation: impl AsyncFnOnce(&AdminClient<ClientEvents>, &AdminOptions) -> Result<T, KafkaError>,
    ) -> Result<T, KafkaError> {
        let config = self.config.clone();
        let admin = blocking(move || {
            let native = config.client_config(&[]);
            native
                .create_with_context::<_, AdminClient<ClientEvents>>(ClientEvents::default())
                .map_err(|error| client_error(&config, &error))
        })
        .await?;
        let options = AdminOptions::new().request_timeout(Some(CREATION)).operation_timeout(Some(CREATION));
        let result = operation(&admin, &options).await;
        tokio::task::spawn_blocking(move || drop(admin));
        result
    }

    /// Creates topics, and returns those that were not there already.
    async fn create(&self, streams: &[&'static StreamInfo]) -> Result<Vec<String>, KafkaError> {
        let topics: Vec<NewTopic<'_>> = streams.iter().map(|stream| new_topic(stream)).collect();
        let results = self
            .run(async |admin, options| {
                let created = admin.create_topics(&topics, options).await;
                created.map_err(|error| cannot_create(&self.config, &error))
            })
            .await?;
        let mut created = Vec::new();
        for result in results {
            match result {
                Ok(topic) => created.push(topic),
                // Another process was faster.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => {
                    let cause = code_words(code);
                    return Err(KafkaError::Topic { action: "the broker does not create", topic, cause });
                }
            }
        }
        Ok(created)
    }

    pub(super) async fn await_leaders(&self, topics: Vec<String>) -> Result<(), KafkaError> {
        let (client, config) = (Arc::clone(&self.client), self.config.clone());
        blocking(move || {
            let deadline = Instant::now() + CREATION;
            for topic in topics {
                while !look_up(&client, &config, &topic)?.is_some_and(|found| found.led) {
                    if Instant::now() >= deadline {
                        return Err(KafkaError::Topic {
                            action: "created but cannot use",
                            topic,
                            cause: format!("after {} s not every partition has a leader", CREATION.as_secs()),
                        });
                    }
                    std::thread::sleep(POLL);
                }
            }
            Ok(())
        })
        .await
    }

    /// Compares topics that exist with what their streams say, and reports all differences together.
    async fn compare(&self, topics: Vec<(&'static StreamInfo, Found)>) -> Result<(), KafkaError> {
        let configured = topics.iter().map(|(stream, _)| *stream);
        let configured: Vec<_> = configured.filter(|stream| !stream.topic_spec.config.is_empty()).collect();
        let resources: Vec<_> =
            configured.iter().map(|stream| ResourceSpecifier::Topic(stream.topic)).collect();
        let values = if resources.is_empty() {
            Vec::new()
        } else {
            self.run(async |admin, options| {
                let values = admin.describe_configs(&resources, options).await;
                values
                    .map_err(|error| request_error(&self.config, "read the configuration of topics", &error))
            })
            .await?
        };
        let values: Vec<ConfigResource> = values.into_iter().flatten().collect();
        let mut differences = Vec::new();
        for (stream, found) in topics {
            differ(stream, found, &values, &mut differences);
        }
        if differences.is_empty() { Ok(()) } else { Err(KafkaError::TopicsDiffer { differences }) }
    }
}

pub(super) fn look_up(
    client: &Inquirer,
    config: &KafkaConfig,
    topic: &str,
) -> Result<Option<Found>, KafkaError> {
    let metadata = client.client().fetch_metadata(Some(topic), config.connect_timeout());
    drop(client.poll(Duration::ZERO));
    let metadata =
        metadata.map_err(|error| request_error(config, format!("look up topic `{topic}`"), &error))?;
    described(&metadata, topic)
}

/// librdkafka's embedded broker gives no answer to that request.
fn cannot_create(config: &KafkaConfig, error: &NativeError) -> KafkaError {
    let mut failed = request_error(config, "create topics", error);
    if let KafkaError::Request { cause, .. } = &mut failed
        && matches!(error, NativeError::AdminOp(RDKafkaErrorCode::OperationTimedOut))
    {
        cause.push_str(
            "; an embedded broker creates none that way: `cq-events dev` has those of its --streams, and \
             EmbeddedBroker::create_topic makes one",
        );
    }
    failed
}

fn new_topic(stream: &'static StreamInfo) -> NewTopic<'static> {
    let spec = &stream.topic_spec;
    // -1 is the broker's default.
    let replication = TopicReplication::Fixed(spec.replication.unwrap_or(-1));
    let topic = NewTopic::new(stream.topic, spec.partitions, replication);
    spec.config.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
}

fn differ(
    stream: &StreamInfo,
    found: Found,
    values: &[ConfigResource],
    differences: &mut Vec<TopicDifference>,
) {
    let mut compare = |setting: &str, expected: &str, found: String| {
        if expected != found {
            let (topic, setting, expected) =
                (stream.topic.to_owned(), setting.to_owned(), expected.to_owned());
            differences.push(TopicDifference { topic, setting, expected, found });
        }
    };
    let spec = &stream.topic_spec;
    compare("partitions", &spec.partitions.to_string(), found.partitions.to_string());
    if let Some(replication) = spec.replication {
        compare("replication", &replication.to_string(), found.replication.to_string());
    }
    let resource = values.iter().find(|resource| {
        matches!(&resource.specifier, rdkafka::admin::OwnedResourceSpecifier::Topic(name) if name == stream.topic)
    });
    for (name, expected) in spec.config {
        let value = resource.and_then(|resource| resource.get(name)).and_then(|entry| entry.value.clone());
        compare(name, expected, value.unwrap_or_else(|| "not reported by the broker".to_owned()));
    }
}

/// Each topic once, in order; a name that no topic can have is an error, and librdkafka panics at some of them.
fn distinct(
    streams: impl IntoIterator<Item = &'static StreamInfo>,
) -> Result<Vec<&'static StreamInfo>, KafkaError> {
    let mut distinct: Vec<&'static StreamInfo> = Vec::new();
    for stream in streams {
        legal(stream.topic)?;
        if !distinct.iter().any(|known| known.topic == stream.topic) {
            distinct.push(stream);
        }
    }
    Ok(distinct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{HeaderPolicy, TopicSpec};

    const CONFIG: &[(&str, &str)] = &[("retention.ms", "1000")];
    static STREAM: StreamInfo =
        StreamInfo::new("s", "s.events", "{}", &[], HeaderPolicy::None, TopicSpec::new(6, Some(3), CONFIG));

    #[test]
    fn who_asks_an_embedded_broker_is_told_what_it_does_not_do() {
        let config = KafkaConfig::builder().bootstrap_servers("a:1").build().unwrap();
        let told = |code| cannot_create(&config, &NativeError::AdminOp(code)).to_string();
        let silent = told(RDKafkaErrorCode::OperationTimedOut);
        assert!(silent.starts_with("cannot create topics on a:1: "), "{silent}");
        assert!(silent.contains("`cq-events dev`"), "{silent}");
        assert!(!told(RDKafkaErrorCode::ClusterAuthorizationFailed).contains("dev"));
    }

    #[test]
    fn every_difference_is_reported() {
        let mut differences = Vec::new();
        differ(&STREAM, Found { partitions: 4, replication: 1, led: true }, &[], &mut differences);
        let error = KafkaError::TopicsDiffer { differences }.to_string();
        for part in [
            "s.events: partitions is 4, expected 6",
            "s.events: replication is 1, expected 3",
            "s.events: retention.ms is not reported by the broker, expected 1000",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
