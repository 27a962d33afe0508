//! Connects the engine to librdkafka, tokio and the clock. It decides nothing.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::consumer::{Consumer, Shared};
use super::engine::{CommitId, Engine, Input, Output, Settings, StopReason, Token};
use super::group::{Change, Group, RETRY, commit_and_wait, is_deferred};
use super::message::from_native;
use super::work::{Outcome, Work};
use super::{ConsumeError, EventHandler};
use crate::kafka::KafkaConfig;
use crate::kafka::error::words;

/// How long a handler may take to be cut off: one that never awaits cannot be.
const ABORT: Duration = Duration::from_secs(5);

pub(super) struct Driver<H> {
    engine: Engine,
    settings: Settings,
    group: Group,
    changes: mpsc::UnboundedReceiver<Change>,
    config: KafkaConfig,
    work: Work<H>,
    commits: JoinSet<Input>,
    /// Why messages failed, until the engine says which one ends the consumer.
    failures: HashMap<Token, super::DeliveryError>,
    shared: Arc<Shared>,
}

impl<H: EventHandler> Driver<H> {
    pub(super) fn new(consumer: Consumer<H>) -> Self {
        let Consumer { group, changes, config, handlers, reader, streams, shared } = consumer;
        let settings = Settings::default();
        Self {
            engine: Engine::new(settings, Instant::now()),
            settings,
            group,
            changes,
            config,
            work: Work::new(handlers, reader, streams),
            commits: JoinSet::new(),
            failures: HashMap::new(),
            shared,
        }
    }

    pub(super) async fn run(mut self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ConsumeError> {
        let result = match self.group.join() {
            Ok(()) => self.drive(shutdown).await,
            Err(error) => Err(self.fatal(&error)),
        };
        self.shared.ready.store(false, Ordering::Relaxed);
        // Handlers that are still at it are cut off: they were waited for.
        if tokio::time::timeout(ABORT, self.work.abort()).await.is_err() {
            tracing::warn!(group = self.group.name(), "a handler blocks its thread, and was left to itself");
        }
        // A commit that is still awaited holds the client, whose end is the leave.
        let commits = async { while self.commits.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(ABORT, commits).await;
        self.group.close().await;
        result
    }

    async fn drive(&mut self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ConsumeError> {
        let mut shutdown = pin!(shutdown);
        let mut stop = self.shared.stop.subscribe();
        let mut stopping = false;
        loop {
            while let Some(output) = self.engine.poll_output() {
                if let Output::Stop(reason) = output {
                    return self.ended(reason);
                }
                self.carry_out(output)?;
            }
            let Some(client) = self.group.client().map(Arc::clone) else { return Ok(()) };
            let deadline = tokio::time::Instant::from_std(self.engine.next_deadline());
            // No branch is preferred: each of them must be served under load, polling above all.
            let input = tokio::select! {
                Some(change) = self.changes.recv() => self.changed(change),
                Some(outcome) = self.work.next() => self.outcome(outcome),
                Some(commit) = self.commits.join_next() => commit.unwrap_or(Input::Tick),
                () = tokio::time::sleep_until(deadline) => Input::Tick,
                () = shutdown.as_mut(), if !stopping => Input::Shutdown,
                () = told(&mut stop), if !stopping => Input::Shutdown,
                received = client.recv() => match received {
                    Ok(message) => {
                        let message = from_native(&message, self.group.topic(rdkafka::Message::topic(&message)));
                        self.shared.counters.consumed(message.payload_bytes());
                        Input::Fetched(message)
                    }
                    Err(error) => {
                        self.survive(&error)?;
                        Input::Tick
                    }
                },
            };
            if matches!(input, Input::Shutdown) {
                tracing::info!(
                    group = self.group.name(),
                    in_flight = self.engine.in_flight(),
                    "shutting down"
                );
                stopping = true;
                self.shared.ready.store(false, Ordering::Relaxed);
            }
            self.engine.handle(input, Instant::now());
        }
    }

    fn changed(&self, change: Change) -> Input {
        match change {
            Change::Assigned(partitions) => {
                tracing::info!(group = self.group.name(), ?partitions, "partitions assigned");
                Input::Assigned(partitions.into_iter().map(|partition| (partition, None)).collect())
            }
            Change::Revoked(partitions) => {
                tracing::info!(group = self.group.name(), ?partitions, "partitions revoked");
                Input::Revoked(partitions)
            }
            Change::Lost(partitions) => {
                tracing::warn!(group = self.group.name(), ?partitions, "partitions lost: not committed");
                self.shared.ready.store(false, Ordering::Relaxed);
                Input::Lost(partitions)
            }
            Change::CommitRefused => Input::CommitRefused,
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> Input {
        let Outcome { token, result } = outcome;
        match result {
            Ok(()) => {
                self.shared.counters.processed();
                Input::Done(token)
            }
            Err(error) => {
                self.shared.counters.failed();
                tracing::error!(
                    topic = &*token.partition.topic,
                    partition = token.partition.partition,
                    offset = token.offset,
                    "a message was not handled: {error}"
                );
                self.shared.ready.store(false, Ordering::Relaxed);
                // Only that of the message which ends the consumer is needed; others are told here.
                let ending = self.engine.stopping_for();
                self.failures.retain(|token, _| Some(token) == ending);
                self.failures.insert(token.clone(), error);
                Input::Failed(token)
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Result<(), ConsumeError> {
        let result = match output {
            Output::Dispatch(token, message) => {
                self.work.begin(token, message);
                Ok(())
            }
            Output::Pause(partition) => self.group.pause(&partition),
            Output::Resume(partition) => self.group.resume(&partition),
            Output::Assign(partitions) => {
                let result = self.group.assign(&partitions);
                self.shared.ready.store(!*self.shared.stop.borrow(), Ordering::Relaxed);
                result
            }
            Output::Unassign(partitions) => self.group.unassign(&partitions),
            Output::Commit(offsets, None) => {
                if let Err(error) = self.group.commit(&offsets) {
                    tracing::warn!("offsets were not committed: {}", words(&error));
                    self.engine.handle(Input::CommitRefused, Instant::now());
                }
                Ok(())
            }
            Output::Commit(offsets, Some(id)) => {
                self.commit_and_tell(offsets, id);
                Ok(())
            }
            // The caller's.
            Output::Stop(_) => Ok(()),
        };
        result.map_err(|error| self.fatal(&error))
    }

    /// Commits off the async runtime, while polling goes on.
    fn commit_and_tell(&mut self, offsets: Vec<(super::engine::TopicPartition, i64)>, id: CommitId) {
        let Some(client) = self.group.client().filter(|_| !self.group.lost()).map(Arc::clone) else {
            self.engine.handle(Input::Committed(id), Instant::now());
            return;
        };
        self.commits.spawn_blocking(move || match commit_and_wait(&client, &offsets) {
            Ok(()) => Input::Committed(id),
            Err(error) if is_deferred(&error) => {
                std::thread::sleep(RETRY);
                Input::CommitDeferred(id)
            }
            Err(error) => {
                tracing::warn!(
                    ?offsets,
                    "offsets were not committed: {}; they are handled again",
                    words(&error)
                );
                Input::Committed(id)
            }
        });
    }

    fn ended(&mut self, reason: StopReason) -> Result<(), ConsumeError> {
        match reason {
            StopReason::Shutdown { unfinished: 0 } => Ok(()),
            StopReason::Shutdown { unfinished } => Err(ConsumeError::Unfinished {
                messages: unfinished,
                waited: self.settings.shutdown_deadline,
            }),
            StopReason::Failure(token) => {
                let error = self.failures.remove(&token).unwrap_or(super::DeliveryError::Cancelled);
                Err(ConsumeError::Message {
                    topic: (*token.partition.topic).to_owned(),
                    partition: token.partition.partition,
                    offset: token.offset,
                    error,
                })
            }
        }
    }

    /// Most errors pass: librdkafka reconnects and retries by itself. The context has logged them.
    fn survive(&self, error: &NativeError) -> Result<(), ConsumeError> {
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed,
            ) => Err(ConsumeError::Denied {
                group: self.group.name().to_owned(),
                cause: self.config.scrub(&words(error)),
            }),
            Some(RDKafkaErrorCode::Fatal) => Err(self.fatal(error)),
            _ if matches!(error, NativeError::MessageConsumptionFatal(_)) => Err(self.fatal(error)),
            _ => {
                tracing::warn!(group = self.group.name(), "{}", self.config.scrub(&words(error)));
                Ok(())
            }
        }
    }

    fn fatal(&self, error: &NativeError) -> ConsumeError {
        ConsumeError::Fatal { group: self.group.name().to_owned(), cause: self.config.scrub(&words(error)) }
    }
}

/// Completes when a handle tells the consumer to shut down.
async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}
