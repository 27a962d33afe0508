//! Clients of librdkafka, and how their first connection fails.
//!
//! librdkafka connects in the background and retries for ever: what is wrong with a connection (a refused
//! connection, a bad password, an unknown certificate authority) shows up only in its error callback.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{Client, ClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};

use super::error::{KafkaError, words};
use super::{KafkaConfig, error};

/// How many different errors are remembered: enough for one of each of a few brokers.
const REMEMBERED: usize = 4;

/// Passes what librdkafka says to `tracing`, and remembers the last errors.
#[derive(Clone, Default)]
pub(crate) struct ClientEvents {
    errors: Arc<Mutex<VecDeque<String>>>,
    closed: Arc<AtomicBool>,
}

impl ClientEvents {
    /// The client has done its work: that a broker goes away before it does is nobody's concern any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// The last different errors, the oldest first.
    pub(crate) fn last_errors(&self) -> Vec<String> {
        self.errors().iter().cloned().collect()
    }

    fn remember(&self, reason: &str) {
        let mut errors = self.errors();
        if errors.iter().any(|known| known == reason) {
            return;
        }
        if errors.len() == REMEMBERED {
            errors.pop_front();
        }
        errors.push_back(reason.to_owned());
    }

    fn errors(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for ClientEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // One configuration serves producers and consumers, so each meets properties that are the other's.
        let is_expected = facility == "CONFWARN" && message.contains("will be ignored by this");
        let is_idle = is_expected || self.closed.load(Ordering::Acquire);
        let level = if is_idle { RDKafkaLogLevel::Debug } else { level };
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(target: "librdkafka", facility, "{message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn stats(&self, _: rdkafka::Statistics) {}

    fn error(&self, error: NativeError, reason: &str) {
        if self.closed.load(Ordering::Acquire) {
            return tracing::debug!(target: "librdkafka", "{reason}");
        }
        tracing::warn!(target: "librdkafka", "{reason}");
        // "all brokers are down" says less than the errors that led to it.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.remember(steady(reason));
        }
    }
}

impl ConsumerContext for ClientEvents {}

/// The reason without the times and counts at its end, which would make each repetition a new one.
fn steady(reason: &str) -> &str {
    reason.split_once(" (after ").map_or(reason, |(reason, _)| reason)
}

/// A client for questions: it neither publishes nor joins a group, and creates no topic by asking for one.
pub(crate) type Inquirer = BaseConsumer<ClientEvents>;

/// Runs blocking calls of librdkafka off the async runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
    tokio::task::spawn_blocking(call).await.unwrap_or(Err(KafkaError::RuntimeShutDown))
}

/// A connected [`Inquirer`]. Blocks until a broker answers, at most for the connect timeout.
pub(crate) fn inquire(config: &KafkaConfig) -> Result<Inquirer, KafkaError> {
    let client: Inquirer = config
        .client_config(&[])
        .create_with_context(ClientEvents::default())
        .map_err(|error| client_error(config, &error))?;
    // Errors reach the context through the polls.
    await_broker(client.client(), config, client.context(), || drop(client.poll(Duration::ZERO)))?;
    Ok(client)
}

pub(crate) fn client_error(config: &KafkaConfig, error: &NativeError) -> KafkaError {
    KafkaError::Client { cause: config.scrub(&words(error)) }
}

/// Blocks until a broker answers, at most for the connect timeout. `serve` handles the client's events, where no
/// thread polls the client.
pub(crate) fn await_broker<C: ClientContext>(
    client: &Client<C>,
    config: &KafkaConfig,
    events: &ClientEvents,
    serve: impl Fn(),
) -> Result<(), KafkaError> {
    let timeout = config.connect_timeout();
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = client.fetch_metadata(None, left);
        serve();
        let error = match answer {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if Instant::now() >= deadline {
            // One more error may be queued behind the one that was just served.
            (0..REMEMBERED).for_each(|_| serve());
            let causes = events.last_errors();
            let cause = if causes.is_empty() { words(&error) } else { causes.join("; ") };
            return Err(KafkaError::NoBroker {
                servers: config.bootstrap_servers().to_owned(),
                waited: timeout,
                cause: config.scrub(&cause),
            });
        }
        // librdkafka reconnects by itself; this only keeps an error that comes at once from spinning.
        std::thread::sleep(Duration::from_millis(50).min(deadline.saturating_duration_since(Instant::now())));
    }
}

/// An error of a request that a connected client made.
pub(crate) fn request_error(
    config: &KafkaConfig,
    action: impl Into<String>,
    error: &NativeError,
) -> KafkaError {
    KafkaError::Request {
        action: action.into(),
        servers: config.bootstrap_servers().to_owned(),
        cause: config.scrub(&error::words(error)),
    }
}

/// How long to wait before asking again.
const AGAIN: Duration = Duration::from_millis(100);

/// Asks again while the cluster is only settling: a leader or coordinator was just elected, or a topic just created.
/// Blocks for at most the connect timeout beyond the last request.
pub(super) fn settled<T>(
    config: &KafkaConfig,
    mut request: impl FnMut() -> Result<T, NativeError>,
) -> Result<T, NativeError> {
    let deadline = Instant::now() + config.connect_timeout();
    loop {
        let result = request();
        let settling = result.as_ref().err().and_then(NativeError::rdkafka_error_code).is_some_and(|code| {
            matches!(
                code,
                RDKafkaErrorCode::NotLeaderForPartition
                    | RDKafkaErrorCode::LeaderNotAvailable
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::CoordinatorLoadInProgress
                    | RDKafkaErrorCode::CoordinatorNotAvailable
                    | RDKafkaErrorCode::NotCoordinator
            )
        });
        if !settling || Instant::now() >= deadline {
            return result;
        }
        std::thread::sleep(AGAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_broker_is_an_error_with_its_cause_within_the_timeout() {
        let config = KafkaConfig::builder()
            .bootstrap_servers("127.0.0.1:1")
            .connect_timeout(Duration::from_secs(2))
            .build()
            .unwrap();
        let start = Instant::now();
        let error = blocking(move || inquire(&config).map(drop)).await.unwrap_err();
        // The default is 10 s.
        assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
        let text = error.to_string();
        for part in
            ["no broker answers at 127.0.0.1:1 within 2 s", "Connection refused", "KAFKA_BOOTSTRAP_SERVERS"]
        {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn repeated_errors_are_remembered_once_and_only_the_last_few() {
        let events = ClientEvents::default();
        for attempt in 0..3 {
            events.remember(steady(&format!("a: refused (after {attempt}ms in state CONNECT)")));
        }
        assert_eq!(events.last_errors(), ["a: refused"]);
        (0..10).for_each(|n| events.remember(&n.to_string()));
        assert_eq!(events.last_errors(), ["6", "7", "8", "9"]);
    }
}
