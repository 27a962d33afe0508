//! Counts what was published and what was handled, type by type.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cq_events::Event;
use tokio::sync::Notify;

/// The counts of one run.
pub struct Tally {
    run: String,
    counts: Mutex<BTreeMap<&'static str, Count>>,
    changed: Notify,
}

/// How often an event type was published and handled.
#[derive(Clone, Copy, Default)]
pub struct Count {
    pub published: u64,
    pub handled: u64,
}

impl Tally {
    pub fn new(run: &str) -> Self {
        Self { run: run.to_owned(), counts: Mutex::default(), changed: Notify::new() }
    }

    /// Whether the event is of this run; a shared cluster holds those of others too.
    pub fn is_ours(&self, event: &impl Event) -> bool {
        event.correlation_id() == Some(&self.run)
    }

    pub fn published<E: Event>(&self, events: &[E]) {
        let mut counts = self.lock();
        for event in events {
            counts.entry(event.fullname()).or_default().published += 1;
        }
    }

    pub fn handled(&self, event: &impl Event) {
        self.lock().entry(event.fullname()).or_default().handled += 1;
        self.changed.notify_one();
    }

    /// Completes after an event was handled.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether everything that was published was handled.
    pub fn is_complete(&self) -> bool {
        self.lock().values().all(|count| count.handled >= count.published)
    }

    /// The counts by fullname.
    pub fn counts(&self) -> BTreeMap<&'static str, Count> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Count>> {
        // Numbers are whole, also after a panic elsewhere.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
