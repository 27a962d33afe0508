//! What is asked of the broker, off the async runtime, while polling goes on: where to start, where to seek, commits.

use super::super::builder::check_topics;
use super::*;
use crate::kafka::KafkaError;

/// How long a seek may take, which only librdkafka's own threads have to answer: nothing is polled meanwhile.
const SEEK: Duration = Duration::from_secs(1);

/// How long a topic may be missed before that is looked into.
const PATIENCE: Duration = Duration::from_secs(5);

impl<H: EventHandler> Driver<H> {
    /// Begins the next seek that still matters, unless one is under way.
    pub(super) fn next_seek(&mut self) {
        if self.seek_after.is_some_and(|after| Instant::now() < after) {
            return;
        }
        self.seek_after = None;
        while self.seeks.is_empty()
            && let Some((id, targets)) = self.waiting_seeks.pop_front()
            && let Some(client) = self.group.client().map(Arc::clone)
        {
            if !self.engine.awaits(id) {
                continue;
            }
            self.seeks.spawn_blocking(move || {
                let result = seek(&client, &targets, SEEK);
                (id, targets, result)
            });
        }
    }

    /// A seek that failed is tried again for as long as the partitions are ours: until then, nothing is taken in.
    pub(super) fn sought(&mut self, sought: Result<Sought, JoinError>) -> Result<Input, ConsumeError> {
        let input = match sought {
            Ok((id, _, Ok(()))) => Input::Sought(id),
            Ok((id, targets, Err(error))) => {
                tracing::warn!(group = self.group.name(), ?targets, "cannot seek: {}", words(&error));
                self.waiting_seeks.push_front((id, targets));
                // In between, polling goes on: the group may have taken them.
                self.seek_after = Some(Instant::now() + RETRY);
                Input::Tick
            }
            // The async runtime shuts down.
            Err(_) => Input::Tick,
        };
        if let Some(starts) = self.held_assign.take() {
            self.carry_out(Output::Assign(starts))?;
        }
        self.next_seek();
        Ok(input)
    }

    /// Asks where the group stands, off the async runtime, while polling goes on.
    pub(super) fn look_up_starts(&mut self, partitions: Vec<TopicPartition>, after: Duration) {
        let Some(client) = self.group.client().map(Arc::clone) else { return };
        let (timeout, start_at) = (self.config.connect_timeout(), self.start_at.clone());
        let rebalance = self.rebalance;
        self.starts.spawn_blocking(move || {
            std::thread::sleep(after);
            (rebalance, start::look_up(&client, partitions, &start_at, timeout))
        });
    }

    /// The group's answer completes the rebalance. Without one it is asked again: there is no other way to know where
    /// to start, and the group waits.
    pub(super) fn started(
        &mut self,
        starts: Result<(u64, Starts), JoinError>,
    ) -> Result<Input, ConsumeError> {
        match starts {
            Ok((rebalance, _)) if rebalance != self.rebalance => {}
            Ok((_, Ok(assignments))) => return Ok(Input::Assigned(assignments)),
            Ok((_, Err(NoStart::Gap(gap)))) => {
                let error = gap.into_error(self.group.name());
                return Ok(self.stop_for(error));
            }
            Ok((_, Err(NoStart::Unanswered(partitions, error)))) => {
                self.survive(error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail), &words(&error))?;
                self.look_up_starts(partitions, RETRY);
            }
            // The async runtime shuts down.
            Err(_) => {}
        }
        Ok(Input::Tick)
    }

    /// librdkafka met an offset that a partition does not have, and does not say which: it is looked for.
    pub(super) fn look_for_gap(&mut self, client: &Arc<Client>) {
        let (client, positions, timeout) =
            (Arc::clone(client), self.engine.positions(), self.config.connect_timeout());
        self.gaps.spawn_blocking(move || start::find_gap(&client, &positions, timeout));
    }

    /// librdkafka misses a topic. A broker that has just started may not know it yet, so it is asked a little later.
    pub(super) fn check_topics(&mut self) {
        if self.checks.is_empty() {
            let (config, streams) = (self.config.clone(), self.streams.clone());
            self.checks.spawn(async move {
                tokio::time::sleep(PATIENCE).await;
                check_topics(&config, &streams).await
            });
        }
    }

    /// Without its topic, a consumer would wait for ever.
    pub(super) fn checked(&mut self, checked: Result<Result<(), ConsumeError>, JoinError>) -> Input {
        match checked {
            Ok(Err(error @ ConsumeError::Kafka(KafkaError::TopicMissing { .. }))) => self.stop_for(error),
            // The broker does not answer now, and librdkafka will say so again.
            _ => Input::Tick,
        }
    }

    pub(super) fn out_of_range(
        &self,
        gap: Result<Result<Option<Gap>, NativeError>, JoinError>,
    ) -> ConsumeError {
        match gap {
            Ok(Ok(Some(gap))) => gap.into_error(self.group.name()),
            Ok(Err(error)) => self.fatal(&error),
            Ok(Ok(None)) | Err(_) => {
                self.fatal(&NativeError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))
            }
        }
    }

    /// Commits off the async runtime, while polling goes on, unless a commit is under way.
    pub(super) fn next_commit(&mut self) {
        while self.commits.is_empty()
            && let Some((commits, id)) = self.waiting_commits.pop_front()
        {
            let client = self.group.client().filter(|_| !commits.is_empty() && !self.group.lost());
            let Some(client) = client.map(Arc::clone) else {
                let given_up = id.map_or(Input::CommitRefused, Input::Committed);
                self.engine.handle(given_up, Instant::now());
                continue;
            };
            let answer = aside(move || match (commit(&client, &commits), id) {
                (Ok(()), None) => Input::Tick,
                (Ok(()), Some(id)) => Input::Committed(id),
                (Err(error), Some(id)) if is_deferred(&error) => {
                    std::thread::sleep(RETRY);
                    Input::CommitDeferred(id)
                }
                (Err(error), id) => {
                    tracing::warn!(?commits, "offsets were not committed: {}", words(&error));
                    id.map_or(Input::CommitRefused, Input::Committed)
                }
            });
            let unanswered = id.map_or(Input::CommitRefused, Input::Committed);
            self.commits.spawn(async move { answer.await.unwrap_or(unanswered) });
        }
    }

    /// Where a seek leads was looked up.
    pub(super) fn targeted(&mut self, found: Result<Targets, JoinError>) -> Input {
        let Ok((targets, answer)) = found else { return Input::Tick };
        let (input, result) = match targets {
            Ok(mut targets) => {
                // Some may have gone meanwhile.
                let open = self.engine.open_places();
                targets.retain(|(place, _)| open.contains(place));
                let count = targets.len();
                (Input::Seek(targets), Ok(count))
            }
            Err(NoStart::Gap(gap)) => (Input::Tick, Err(gap.into_error(self.group.name()))),
            Err(NoStart::Unanswered(_, error)) => {
                let action = "look up where to seek";
                (Input::Tick, Err(request_error(&self.config, action, &error).into()))
            }
        };
        let _ = answer.send(result);
        input
    }
}
