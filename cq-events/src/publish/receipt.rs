//! Receipts: the outcome of each message, in slots that are used again.
//!
//! A slot is taken for each message, shared by its receipt and librdkafka's report, and goes back to the pool when both
//! are through with it: so nothing is allocated per message.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use uuid::Uuid;

use super::PublishError;
use crate::event::Event;

/// Where the broker put a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// The offset; negative where the broker does not say it: with [`Acks::None`](crate::kafka::Acks::None), and where an
    /// answer was lost and the retry turned out to be a duplicate, which a broker's failure can bring about.
    pub offset: i64,
}

type Outcome = Result<Published, PublishError>;

/// The outcome of a queued message, once the broker acknowledges it. Dropping it is fine: the message is sent all
/// the same, and a failure is then logged.
#[must_use = "a failure to publish is seen here; to let it be logged only, drop the receipt"]
pub struct Receipt {
    topic: &'static str,
    /// None once the outcome was taken.
    slot: Option<Arc<Slot>>,
    pool: Arc<Pool>,
}

impl Future for Receipt {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let topic = self.topic;
        let Some(slot) = self.slot.take() else {
            // Polled again after its end.
            return Poll::Ready(Err(PublishError::NotDelivered { topic, sent: true }));
        };
        let outcome = slot.poll(cx);
        match outcome {
            Some(outcome) => {
                self.pool.put(slot);
                Poll::Ready(outcome)
            }
            None => {
                self.slot = Some(slot);
                Poll::Pending
            }
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take()
            && slot.abandon()
        {
            self.pool.put(slot);
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// A message on its way: what its report is for.
pub(super) struct Slot(Mutex<State>);

struct State {
    topic: &'static str,
    /// Bytes of key and value.
    bytes: usize,
    /// For the log; only where somebody reads it.
    about: Option<About>,
    stage: Stage,
}

enum Stage {
    /// Not reported yet; the waker is that of whoever awaits the receipt.
    Sent(Option<Waker>),
    /// Reported, and not asked for yet.
    Reported(Outcome),
    /// Not reported yet, and the receipt is gone.
    Abandoned,
    /// Of no message.
    Idle,
}

struct About {
    event_type: &'static str,
    event_id: Option<Uuid>,
    correlation_id: Option<String>,
}

/// How many slots are made at a time.
const SLAB: usize = 1_024;

impl Slot {
    fn idle() -> Self {
        Self(Mutex::new(State { topic: "", bytes: 0, about: None, stage: Stage::Idle }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn topic(&self) -> &'static str {
        self.lock().topic
    }

    /// Bytes of key and value.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// The outcome, once it is there.
    fn poll(&self, cx: &mut Context<'_>) -> Option<Outcome> {
        let mut state = self.lock();
        match &mut state.stage {
            Stage::Sent(waker) => {
                if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                None
            }
            stage => match std::mem::replace(stage, Stage::Idle) {
                Stage::Reported(outcome) => Some(outcome),
                // No other stage has a receipt.
                _ => Some(Err(PublishError::NotDelivered { topic: state.topic, sent: true })),
            },
        }
    }

    /// The receipt is dropped. Says whether the slot is free.
    fn abandon(&self) -> bool {
        let mut state = self.lock();
        match std::mem::replace(&mut state.stage, Stage::Idle) {
            Stage::Sent(_) => {
                state.stage = Stage::Abandoned;
                false
            }
            Stage::Reported(outcome) => {
                unseen(state.topic, &outcome);
                true
            }
            Stage::Abandoned | Stage::Idle => true,
        }
    }

    /// The message's report. Says whether the slot is free.
    fn report(&self, outcome: Outcome) -> bool {
        let mut state = self.lock();
        if let (Ok(Published { partition, offset, .. }), Some(about)) = (&outcome, &state.about) {
            tracing::debug!(
                target: "cq_events::publish",
                topic = state.topic,
                partition,
                offset,
                event_type = about.event_type,
                event_id = about.event_id.map(tracing::field::display),
                correlation_id = about.correlation_id,
                "acknowledged"
            );
        }
        match std::mem::replace(&mut state.stage, Stage::Idle) {
            Stage::Sent(waker) => {
                state.stage = Stage::Reported(outcome);
                drop(state);
                waker.into_iter().for_each(Waker::wake);
                false
            }
            _ => {
                unseen(state.topic, &outcome);
                true
            }
        }
    }
}

/// Nobody waits for the receipt, but no message is lost without a word.
fn unseen(topic: &'static str, outcome: &Outcome) {
    if let Err(error) = outcome {
        tracing::warn!(target: "cq_events::publish", topic, "{error}");
    }
}

/// The slots that are free, as many as messages can be on their way.
pub(super) struct Pool {
    free: Mutex<Vec<Arc<Slot>>>,
    limit: usize,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Self { free: Mutex::default(), limit }
    }

    /// A slot for a message of so many bytes, and its receipt.
    pub(super) fn take(
        self: &Arc<Self>,
        topic: &'static str,
        event: &impl Event,
        bytes: usize,
    ) -> (Arc<Slot>, Receipt) {
        let about = tracing::enabled!(target: "cq_events::publish", tracing::Level::DEBUG).then(|| About {
            event_type: event.event_type(),
            event_id: event.event_id(),
            correlation_id: event.correlation_id().map(str::to_owned),
        });
        let state = State { topic, bytes, about, stage: Stage::Sent(None) };
        let slot = self.free_slot();
        *slot.lock() = state;
        let receipt = Receipt { topic, slot: Some(Arc::clone(&slot)), pool: Arc::clone(self) };
        (slot, receipt)
    }

    /// A slot that nobody has. They are made many at a time: between librdkafka's messages, which come and go, each would
    /// keep what is freed around it from growing together, which slows all allocations down.
    fn free_slot(&self) -> Arc<Slot> {
        let mut free = self.lock();
        if free.is_empty() {
            free.extend((0..SLAB.min(self.limit)).map(|_| Arc::new(Slot::idle())));
        }
        free.pop().unwrap_or_else(|| Arc::new(Slot::idle()))
    }

    /// Passes a report on to the receipt.
    pub(super) fn report(&self, slot: Arc<Slot>, outcome: Outcome) {
        if slot.report(outcome) {
            self.put(slot);
        }
    }

    fn put(&self, slot: Arc<Slot>) {
        slot.lock().about = None;
        let mut free = self.lock();
        if free.len() < self.limit {
            free.push(slot);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::super::made::Made;
    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn published(offset: i64) -> Outcome {
        Ok(Published { topic: "t", partition: 0, offset })
    }

    fn offset(outcome: Poll<Outcome>) -> Option<i64> {
        match outcome {
            Poll::Ready(outcome) => Some(outcome.unwrap().offset),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_receipt_is_woken_by_its_report_and_its_slot_is_used_again() {
        let (pool, woken) = (Arc::new(Pool::new(8)), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let (first, mut receipt) = pool.take("t", &Made::default(), 1);
        assert_eq!(offset(Pin::new(&mut receipt).poll(&mut cx)), None);
        assert_eq!(offset(Pin::new(&mut receipt).poll(&mut cx)), None);
        pool.report(Arc::clone(&first), published(7));
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(pool.lock().len(), 7, "the outcome is not taken yet");
        assert_eq!(offset(Pin::new(&mut receipt).poll(&mut cx)), Some(7));
        assert_eq!(pool.lock().len(), 8);
        drop(receipt);
        assert_eq!(pool.lock().len(), 8, "once");

        let (second, mut receipt) = pool.take("t", &Made::default(), 2);
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(second.bytes(), 2);
        pool.report(second, published(8));
        assert_eq!(offset(Pin::new(&mut receipt).poll(&mut cx)), Some(8));
    }

    #[test]
    fn the_slot_of_a_dropped_receipt_is_free_after_the_report_and_not_before() {
        let pool = Arc::new(Pool::new(8));
        let (slot, receipt) = pool.take("t", &Made::default(), 1);
        drop(receipt);
        assert_eq!(pool.lock().len(), 7);
        pool.report(slot, published(1));
        assert_eq!(pool.lock().len(), 8);

        let (slot, receipt) = pool.take("t", &Made::default(), 1);
        pool.report(slot, published(2));
        drop(receipt);
        assert_eq!(pool.lock().len(), 8);
    }
}
