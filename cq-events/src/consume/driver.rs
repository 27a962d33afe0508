//! Connects the engine to librdkafka, tokio and the clock. It decides nothing.

mod ask;
mod failures;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};

use self::failures::{Buried, Failed};
use super::burial::Graveyard;
use super::consumer::{Consumer, Shared};
use super::engine::{
    Assignment, Commit, CommitId, Engine, Generation, Input, Output, SeekId, Settings, StopReason, Token,
    TopicPartition, Why,
};
use super::group::{Change, Client, Group, RETRY, aside, commit, is_deferred, misses_topic, seek};
use super::start::{self, Gap, NoStart, StartAt};
use super::status::{Question, Questions};
use super::supervisor::told;
use super::work::{Outcomes, Work};
use super::{ConsumeError, DeliveryError, EventHandler};
use crate::event::{Message, StreamInfo};
use crate::kafka::KafkaConfig;
use crate::kafka::connect::request_error;
use crate::kafka::error::words;
use crate::kafka::native::Polled;

/// How many messages are taken in at once.
const BATCH: usize = 1_000;

/// How often the client is polled though nothing is said to be there: librdkafka takes a consumer that does not poll for
/// one that hangs.
const POLL: Duration = Duration::from_millis(200);

/// How long handlers may follow each other before everything else has its turn.
const TURN: Duration = Duration::from_millis(5);

/// How long a handler may take to be cut off: one that never awaits cannot be.
const ABORT: Duration = Duration::from_secs(5);

/// Where the partitions of a rebalance start.
type Starts = Result<Vec<Assignment>, NoStart>;

/// Where a seek leads, and who wants to know.
type Targets = (Result<Vec<(TopicPartition, i64)>, NoStart>, oneshot::Sender<Result<usize, ConsumeError>>);

/// What became of a seek.
type Sought = (SeekId, Vec<(TopicPartition, i64)>, Result<(), NativeError>);

pub(super) struct Driver<H> {
    engine: Engine,
    settings: Settings,
    group: Group,
    changes: mpsc::UnboundedReceiver<Change>,
    config: KafkaConfig,
    work: Work<H>,
    /// There may be something to poll.
    due: bool,
    poll_by: Instant,
    /// Commits wait for each other, so that none overtakes another.
    waiting_commits: VecDeque<(Vec<Commit>, Option<CommitId>)>,
    commits: JoinSet<Input>,
    /// Where the partitions of the rebalance that is under way start.
    starts: JoinSet<(u64, Starts)>,
    /// The last rebalance that was looked up; answers for others do not count.
    rebalance: u64,
    start_at: StartAt,
    /// What an offset that is out of range was about.
    gaps: JoinSet<Result<Option<Gap>, NativeError>>,
    /// Whether the topics are still there, after librdkafka has missed one.
    checks: JoinSet<Result<(), ConsumeError>>,
    streams: Vec<&'static StreamInfo>,
    /// Where seeks lead.
    targets: JoinSet<Targets>,
    /// Seeks wait for each other, and an assignment waits for them: one that comes late would move what is fetched.
    waiting_seeks: VecDeque<(SeekId, Vec<(TopicPartition, i64)>)>,
    seeks: JoinSet<Sought>,
    /// When a seek that failed may be tried again.
    seek_after: Option<Instant>,
    held_assign: Option<Vec<(TopicPartition, Option<i64>)>>,
    /// Why messages failed, until the engine has said what becomes of them.
    failures: HashMap<(Generation, i64), Failed>,
    graveyard: Arc<Graveyard>,
    /// Messages on their way to the dead letters.
    burials: JoinSet<Buried>,
    /// Why the consumer ends, where it is not by a message's failure.
    ending: Option<ConsumeError>,
    shared: Arc<Shared>,
    questions: Questions,
}

impl<H: EventHandler> Driver<H> {
    pub(super) fn new(consumer: Consumer<H>) -> Self {
        let Consumer {
            group,
            changes,
            config,
            settings,
            start_at,
            handlers,
            reader,
            streams,
            failures,
            graveyard,
            shared,
            questions,
        } = consumer;
        let deadlines = failures.iter().map(|failures| failures.handler_deadline).collect();
        let policies = streams.iter().map(|stream| stream.topic.to_owned()).zip(failures).collect();
        Self {
            engine: Engine::new(settings, policies, seed(), Instant::now()),
            settings,
            group,
            changes,
            config,
            work: Work::new(handlers, reader, streams.clone(), deadlines),
            due: true,
            poll_by: Instant::now() + POLL,
            waiting_commits: VecDeque::new(),
            commits: JoinSet::new(),
            starts: JoinSet::new(),
            rebalance: 0,
            start_at,
            gaps: JoinSet::new(),
            checks: JoinSet::new(),
            streams,
            targets: JoinSet::new(),
            waiting_seeks: VecDeque::new(),
            seeks: JoinSet::new(),
            seek_after: None,
            held_assign: None,
            failures: HashMap::new(),
            graveyard: Arc::new(graveyard),
            burials: JoinSet::new(),
            ending: None,
            shared,
            questions,
        }
    }

    /// Runs until the consumer ends, or is told to by its handle.
    pub(super) async fn run(mut self) -> Result<(), ConsumeError> {
        let result = match self.group.join() {
            Ok(()) => self.drive().await,
            Err(error) => Err(self.fatal(&error)),
        };
        self.shared.ready.store(false, Ordering::Relaxed);
        // Handlers that are still at it are cut off: they were waited for.
        if tokio::time::timeout(ABORT, self.work.abort()).await.is_err() {
            tracing::warn!(group = self.group.name(), "a handler blocks its thread, and was left to itself");
        }
        self.shared.turn();
        // What is still asked of the client holds it, and its end is the leave.
        let asked = async {
            while self.commits.join_next().await.is_some() {}
            while self.starts.join_next().await.is_some() {}
            while self.gaps.join_next().await.is_some() {}
            while self.targets.join_next().await.is_some() {}
            while self.seeks.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(ABORT, asked).await;
        self.shared.turn();
        // Whatever is still on its way to the dead letters was waited for, and is not committed.
        self.burials.shutdown().await;
        if let Some(graveyard) = Arc::into_inner(self.graveyard) {
            graveyard.close();
        }
        self.group.close().await;
        result
    }

    async fn drive(&mut self) -> Result<(), ConsumeError> {
        let mut stop = self.shared.stop.subscribe();
        let mut stopping = false;
        let mut turn = Instant::now();
        loop {
            self.shared.turn();
            // Nobody waits for us any more, and our partitions are another's.
            if self.shared.abandoned.load(Ordering::Acquire) {
                return Ok(());
            }
            while let Some(output) = self.engine.poll_output() {
                if let Output::Stop(reason) = output {
                    return self.ended(reason);
                }
                self.carry_out(output)?;
            }
            self.forget_failures();
            self.work.look(Instant::now());
            if let Some(outcomes) = self.work.ended() {
                let input = self.outcomes(outcomes);
                self.engine.handle(input, Instant::now());
                if turn.elapsed() < TURN {
                    continue;
                }
            }
            let is_busy = turn.elapsed() >= TURN;
            self.next_seek();
            let Some(client) = self.group.client().map(Arc::clone) else { return Ok(()) };
            self.due |= Instant::now() >= self.poll_by;
            // What arrives during a seek may be from after it already, and would be dropped with what is from before it.
            let fetches = self.due && self.seeks.is_empty() && self.engine.takes_messages();
            let deadline = self.engine.next_deadline();
            let deadline = if self.due { deadline } else { deadline.min(self.poll_by) };
            let others = [self.seek_after, self.work.next_look()];
            let deadline = others.into_iter().flatten().fold(deadline, Instant::min);
            if fetches || is_busy {
                // This future may be ready for long: other tasks of its thread have their turn in between.
                tokio::task::yield_now().await;
            }
            // No branch is preferred: each of them must be served under load, polling above all.
            let input = tokio::select! {
                Some(change) = self.changes.recv() => self.changed(change),
                Some(starts) = self.starts.join_next() => self.started(starts)?,
                Some(gap) = self.gaps.join_next() => {
                    let error = self.out_of_range(gap);
                    self.stop_for(error)
                }
                Some(checked) = self.checks.join_next() => self.checked(checked),
                () = self.work.wait() => Input::Tick,
                Some(question) = self.questions.recv() => {
                    self.answer(question, &client);
                    continue;
                }
                Some(found) = self.targets.join_next() => self.targeted(found),
                Some(sought) = self.seeks.join_next() => self.sought(sought)?,
                Some(buried) = self.burials.join_next() => self.buried(buried),
                Some(commit) = self.commits.join_next() => {
                    self.next_commit();
                    commit.unwrap_or(Input::Tick)
                }
                () = tokio::time::sleep_until(deadline.into()) => Input::Tick,
                () = self.shared.nudge.notified() => Input::Tick,
                () = told(&mut stop), if !stopping => Input::Shutdown,
                () = self.group.woken(), if !self.due => {
                    self.due = true;
                    continue;
                }
                () = std::future::ready(()), if fetches => self.fetch(&client)?,
                () = std::future::ready(()), if is_busy => Input::Tick,
            };
            turn = Instant::now();
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

    fn answer(&mut self, question: Question, client: &Arc<Client>) {
        match question {
            Question::Partitions(answer) => {
                let standings = self.engine.standings(Instant::now());
                // Whoever does not wait any more need not know.
                let _ = answer.send(standings.map(Into::into).collect());
            }
            Question::Seek(to, answer) => {
                let places = self.engine.open_places();
                let (client, timeout) = (Arc::clone(client), self.config.connect_timeout());
                self.targets.spawn_blocking(move || (start::targets(&client, places, &to, timeout), answer));
            }
        }
    }

    /// Takes in the messages that are there.
    fn fetch(&mut self, client: &Arc<Client>) -> Result<Input, ConsumeError> {
        let Polled { messages, errors, is_full } = self.group.poll(BATCH);
        self.due = is_full;
        self.poll_by = Instant::now() + POLL;
        let bytes = messages.iter().map(Message::payload_bytes).sum();
        self.shared.counters.consumed(messages.len(), bytes);
        for error in errors {
            match error.code {
                RDKafkaErrorCode::AutoOffsetReset => self.look_for_gap(client),
                code if misses_topic(code) => {
                    tracing::warn!(group = self.group.name(), "{}", error.reason);
                    self.check_topics();
                }
                code => self.survive(code, &error.reason)?,
            }
        }
        Ok(Input::Fetched(messages))
    }

    fn changed(&mut self, change: Change) -> Input {
        // Where the group stands in the partitions of the last rebalance matters no more.
        if !matches!(change, Change::TopicMissed) {
            self.rebalance += 1;
        }
        match change {
            Change::TopicMissed => {
                self.check_topics();
                Input::Tick
            }
            Change::Assigned(partitions) => {
                tracing::info!(group = self.group.name(), ?partitions, "partitions assigned");
                // A rebalance that gives nothing has an answer at once.
                if partitions.is_empty() {
                    return Input::Assigned(Vec::new());
                }
                self.look_up_starts(partitions, Duration::ZERO);
                Input::Tick
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
        }
    }

    /// Ends the consumer with this error, after what is in flight is done and committed.
    fn stop_for(&mut self, error: ConsumeError) -> Input {
        self.ending.get_or_insert(error);
        Input::Shutdown
    }

    fn carry_out(&mut self, output: Output) -> Result<(), ConsumeError> {
        let result = match output {
            Output::Dispatch(batch) => {
                self.shared.in_flight.store(self.engine.in_flight(), Ordering::Relaxed);
                self.work.begin(batch, &self.shared.abandoned);
                Ok(())
            }
            Output::Bury(token, message, attempts) => {
                self.bury(token, message, attempts);
                Ok(())
            }
            Output::Pause(partition) => self.group.pause(&partition),
            Output::Resume(partition) => self.group.resume(&partition),
            Output::Assign(starts) if !self.seeks.is_empty() => {
                self.held_assign = Some(starts);
                Ok(())
            }
            Output::Assign(starts) => {
                let result = self.group.assign(&starts);
                self.shared.ready.store(!self.engine.is_stopping(), Ordering::Relaxed);
                result
            }
            Output::Unassign(partitions) => {
                // Their next owner commits them.
                let is_ours = |commit: &Commit| !partitions.contains(&commit.place);
                self.waiting_commits.iter_mut().for_each(|(commits, _)| commits.retain(is_ours));
                // An assignment that was held back is over before it began.
                self.held_assign = self
                    .held_assign
                    .take()
                    .filter(|starts| starts.iter().any(|(place, _)| !partitions.contains(place)));
                self.group.unassign(&partitions)
            }
            Output::Seek(id, targets) => {
                self.waiting_seeks.push_back((id, targets));
                self.next_seek();
                Ok(())
            }
            Output::Commit(commits, id) => {
                self.waiting_commits.push_back((commits, id));
                self.next_commit();
                Ok(())
            }
            // The caller's.
            Output::Stop(_) => Ok(()),
        };
        result.map_err(|error| self.fatal(&error))
    }

    fn ended(&mut self, reason: StopReason) -> Result<(), ConsumeError> {
        if let Some(error) = self.ending.take() {
            return Err(error);
        }
        match reason {
            StopReason::Shutdown { unfinished: 0 } => Ok(()),
            StopReason::Shutdown { unfinished } => Err(ConsumeError::Unfinished {
                messages: unfinished,
                waited: self.settings.shutdown_deadline,
            }),
            StopReason::Failure(token, why) => {
                let Some(failed) = self.failures.remove(&(token.generation, token.offset)) else {
                    // It was kept when it failed.
                    return Err(self.fatal(&NativeError::MessageConsumption(RDKafkaErrorCode::Fail)));
                };
                Err(self.failure(token.offset, failed, why))
            }
        }
    }

    /// Most errors pass: librdkafka reconnects and retries by itself.
    fn survive(&self, code: RDKafkaErrorCode, cause: &str) -> Result<(), ConsumeError> {
        let (group, cause) = (self.group.name().to_owned(), self.config.scrub(cause));
        match code {
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed => Err(ConsumeError::Denied { group, cause }),
            RDKafkaErrorCode::Fatal => Err(ConsumeError::Fatal { group, cause }),
            _ => {
                tracing::warn!(group, "{cause}");
                Ok(())
            }
        }
    }

    fn fatal(&self, error: &NativeError) -> ConsumeError {
        ConsumeError::Fatal { group: self.group.name().to_owned(), cause: self.config.scrub(&words(error)) }
    }
}

/// Chance for the engine, from the standard library's keys of hash maps.
fn seed() -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0)
}
