//! Consuming typed events, beside the reference: decode, dispatch, ledger and commit included.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cq_events::{Consumer, EventHandler, KafkaConfig};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::load::{Stream, sum};
use crate::measure::{Figures, Mark};
use crate::publish::WARM_UP;
use crate::{DEADLINE, reference};

/// One run: all of a topic, by a new group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Consume {
    pub servers: String,
    pub stream: Stream,
    pub by: By,
    pub messages: u64,
    pub group: String,
    /// What a handler does with an event, in microseconds.
    pub work_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    Reference,
    /// A handler that gets the event itself.
    Owned,
    /// A handler that gets a view of it.
    Borrowed,
}

impl Consume {
    pub async fn run(&self) -> Figures {
        let seen = Arc::new(Seen::new(self.messages, self.work_us));
        match (self.by, self.stream) {
            (By::Reference, stream) => reference::consume(self, stream.topic()),
            (By::Owned, Stream::Plain) => self.typed(plain::Owned(Arc::clone(&seen)), &seen).await,
            (By::Owned, Stream::Headed) => self.typed(headed::Owned(Arc::clone(&seen)), &seen).await,
            (By::Borrowed, Stream::Plain) => self.typed(plain::Borrowed(Arc::clone(&seen)), &seen).await,
            (By::Borrowed, Stream::Headed) => self.typed(headed::Borrowed(Arc::clone(&seen)), &seen).await,
        }
    }

    async fn typed(&self, handler: impl EventHandler, seen: &Seen) -> Figures {
        let config = KafkaConfig::builder().bootstrap_servers(&self.servers).group_id(&self.group);
        let config = config.build().expect("it is valid");
        let consumer = Consumer::builder(config).handler(handler).build().await.expect("it can be built");
        let handle = consumer.handle();
        let mut run = tokio::spawn(consumer.run(std::future::pending()));
        tokio::select! {
            () = seen.all.notified() => {}
            ended = &mut run => panic!("the consumer ended: {ended:?}"),
            () = tokio::time::sleep(DEADLINE) => panic!("{} of {} arrived", seen.count(), self.messages),
        }
        handle.shutdown();
        run.await.expect("no panic").expect("an orderly end");
        assert_eq!(seen.count(), self.messages, "each message once");
        // The topic was filled with these two series of events.
        let expected = sum(WARM_UP) + sum(self.messages - WARM_UP);
        assert_eq!(seen.sum.load(Ordering::Relaxed), expected, "each event as it was");
        seen.figures()
    }
}

/// What the handlers have seen.
pub struct Seen {
    goal: u64,
    work_us: u64,
    count: AtomicU64,
    sum: AtomicU64,
    started: Mark,
    first: OnceLock<Mark>,
    last: OnceLock<Mark>,
    all: Notify,
}

impl Seen {
    pub fn new(goal: u64, work_us: u64) -> Self {
        let (count, sum) = (AtomicU64::new(0), AtomicU64::new(0));
        let (first, last, all) = (OnceLock::new(), OnceLock::new(), Notify::new());
        Self { goal, work_us, count, sum, started: Mark::now(), first, last, all }
    }

    /// What a handler does with an event.
    fn see(&self, chip: &str) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            self.first.get_or_init(Mark::now);
        }
        self.sum.fetch_add(chip.len() as u64, Ordering::Relaxed);
        work(self.work_us);
        if before + 1 == self.goal {
            self.last.get_or_init(Mark::now);
            self.all.notify_one();
        }
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn figures(&self) -> Figures {
        let (first, last) = (self.first.get(), self.last.get());
        let (first, last) = first.zip(last).expect("all were seen");
        consumed(self.started, *first, *last, self.goal)
    }
}

/// The time begins with the first message, for joining a group is waiting. The CPU time begins before that: fetching
/// is ahead of the first message.
pub fn consumed(started: Mark, first: Mark, last: Mark, messages: u64) -> Figures {
    Figures { seconds: first.until(last, messages).seconds, ..started.until(last, messages) }
}

/// Works for so many microseconds.
pub fn work(microseconds: u64) {
    if microseconds > 0 {
        let end = Instant::now() + Duration::from_micros(microseconds);
        while Instant::now() < end {
            std::hint::spin_loop();
        }
    }
}

macro_rules! handlers {
    ($($module:ident: $stream:ident, $owned:ident, $borrowed:ident;)*) => {$(
        /// Handlers of the stream.
        pub mod $module {
            use std::sync::Arc;

            use cq_events::{EventHandler, Failure, Handled, Message, Unknown, skip};
            // The derive takes no name that a macro was given.
            use load_events::$module::$stream as Events;
            use load_events::$module::*;

            use super::Seen;

            #[derive(EventHandler)]
            #[handles(Events)]
            pub struct Owned(pub Arc<Seen>);

            impl $owned for Owned {
                async fn on_inspection_created(&self, event: InspectionCreated, _: &Message) -> Handled {
                    self.0.see(&event.chip_id);
                    Ok(())
                }

                skip!(InspectionStarted, InspectionCompleted, InspectionFailed, DefectDetected, QualityAssessed);

                async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
                    Err(Failure::retry(format!("{unknown:?}")))
                }
            }

            #[derive(EventHandler)]
            #[handles(borrowed Events)]
            pub struct Borrowed(pub Arc<Seen>);

            impl $borrowed for Borrowed {
                async fn on_inspection_created(&self, event: InspectionCreatedRef<'_>, _: &Message) -> Handled {
                    self.0.see(event.chip_id);
                    Ok(())
                }

                skip!(
                    borrowed InspectionStarted, InspectionCompleted, InspectionFailed, DefectDetected,
                    QualityAssessed,
                );

                async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
                    Err(Failure::retry(format!("{unknown:?}")))
                }
            }
        }
    )*};
}

handlers! {
    plain: PlainEvent, PlainEventHandler, PlainEventRefHandler;
    headed: HeadedEvent, HeadedEventHandler, HeadedEventRefHandler;
}
