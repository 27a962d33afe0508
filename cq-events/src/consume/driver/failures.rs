//! Messages that fail: what the engine is told of them, and how those that it gives up go to the dead letters.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::engine;
use super::*;

/// Why a message failed.
pub(super) struct Failed {
    place: TopicPartition,
    error: DeliveryError,
    /// The error's words and those of its causes. They are the user's, so they are asked for once.
    text: String,
    /// Why it is not among the dead letters.
    refusal: String,
}

/// A message that is among the dead letters, or could not be put there.
pub(super) struct Buried {
    token: Token,
    failed: Failed,
    result: Result<(), String>,
}

impl<H: EventHandler> Driver<H> {
    pub(super) fn outcomes(&mut self, Outcomes { done, failed }: Outcomes) -> Input {
        for (token, message, error) in failed {
            self.failed(token, message, error);
        }
        self.shared.counters.processed(done.len());
        Input::Done(done)
    }

    pub(super) fn failed(&mut self, token: Token, message: Message, error: DeliveryError) {
        self.shared.counters.failed();
        let (error, text) = with_words(error);
        let verdict = error.verdict();
        if let Some(place) = self.engine.place(token) {
            let (partition, offset) = (place.partition, token.offset);
            tracing::warn!(
                topic = &*place.topic,
                partition,
                offset,
                ?verdict,
                "a message was not handled: {text}"
            );
            let failed = Failed { place, error, text, refusal: String::new() };
            self.failures.insert((token.generation, token.offset), failed);
        }
        self.fail(Input::Failed(engine::Failed { token, message, verdict }));
    }

    /// Tells the engine of a failure, which may be the end.
    pub(super) fn fail(&mut self, input: Input) {
        self.engine.handle(input, Instant::now());
        if self.engine.is_stopping() {
            self.shared.ready.store(false, Ordering::Relaxed);
        }
    }

    /// What the engine has decided upon is known: only why the consumer ends is needed later.
    pub(super) fn forget_failures(&mut self) {
        if !self.failures.is_empty() {
            let ending = self.engine.stopping_for().map(|token| (token.generation, token.offset));
            self.failures.retain(|failed, _| Some(*failed) == ending);
        }
    }

    /// Puts a message among the dead letters, while everything else goes on.
    pub(super) fn bury(&mut self, token: Token, message: Message, attempts: u32) {
        let Some(failed) = self.failures.remove(&(token.generation, token.offset)) else {
            // It was kept when it failed, and the engine answers at once.
            return self.fail(Input::NotBuried(token));
        };
        let graveyard = Arc::clone(&self.graveyard);
        self.burials.spawn(async move {
            let result = graveyard.bury(&message, &failed.error, &failed.text, attempts).await;
            Buried { token, failed, result }
        });
    }

    pub(super) fn buried(&mut self, buried: Result<Buried, JoinError>) -> Input {
        // The async runtime shuts down, and the driver with it.
        let Ok(Buried { token, failed, result }) = buried else { return Input::Tick };
        let (topic, partition, offset) = (&*failed.place.topic, failed.place.partition, token.offset);
        let dead_letters = self.graveyard.topic_of(topic);
        match result {
            Ok(()) => {
                self.shared.counters.dead_lettered();
                let text = &failed.text;
                tracing::warn!(topic, partition, offset, dead_letters, "a message was given up: {text}");
                Input::Buried(token)
            }
            Err(refusal) => {
                tracing::error!(topic, partition, offset, dead_letters, "no dead letter: {refusal}");
                self.failures.insert((token.generation, token.offset), Failed { refusal, ..failed });
                self.fail(Input::NotBuried(token));
                Input::Tick
            }
        }
    }

    pub(super) fn failure(&self, offset: i64, failed: Failed, why: Why) -> ConsumeError {
        let Failed { place, error, refusal, .. } = failed;
        let error = Box::new(error);
        let (topic, partition) = (place.topic.to_string(), place.partition);
        match why {
            Why::Verdict | Why::NoDeadLetters => ConsumeError::Message { topic, partition, offset, error },
            Why::Refused => {
                let dead_letters = self.graveyard.topic_of(&topic).unwrap_or_default().to_owned();
                ConsumeError::DeadLetterRefused {
                    topic,
                    partition,
                    offset,
                    error,
                    dead_letters,
                    cause: refusal,
                }
            }
            Why::Breaker => ConsumeError::CircuitOpen { topic, partition, offset, error },
            Why::Waited => {
                let waited = self.settings.wait_deadline;
                ConsumeError::RegistryDown { topic, partition, offset, error, waited }
            }
        }
    }
}

/// The error and its words; another one, where they cannot be had: the handler's own may panic when they are asked for.
fn with_words(error: DeliveryError) -> (DeliveryError, String) {
    match catch_unwind(AssertUnwindSafe(|| error.message())) {
        Ok(text) => (error, text),
        Err(_) => {
            let message = "its error panics when it is displayed".to_owned();
            let error = DeliveryError::Panic { message };
            let text = error.to_string();
            (error, text)
        }
    }
}
