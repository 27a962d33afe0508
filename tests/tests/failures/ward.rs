//! A handler that does with each event what the event says: its chip is its fate.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chip_quality_events::inspection::{
    DefectDetected, InspectionCompleted, InspectionCreated, InspectionEvent, InspectionEventHandler,
    InspectionFailed, InspectionStarted, QualityAssessed,
};
use cq_events::{EventHandler, Failure, Handled, Message, Unknown};

use crate::lab::MILLI;
use crate::large::Cause;

/// An event that was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handling {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) place: (i32, i64),
}

/// By the places of messages.
type Causes = HashMap<(i32, i64), Vec<String>>;

/// Handles events. Clones share all.
#[derive(Clone, Default, EventHandler)]
#[handles(InspectionEvent)]
pub(crate) struct Ward {
    handled: Arc<Mutex<Vec<Handling>>>,
    /// How often a handler was begun.
    begun: Arc<AtomicUsize>,
    /// While it is not set, events that are `sick` fail, and those that `block` do not end.
    well: Arc<AtomicBool>,
    /// What a failure says.
    words: Arc<Mutex<String>>,
    /// The same with causes, of a message at this place.
    causes: Arc<Mutex<Causes>>,
}

impl Ward {
    pub(crate) fn handled(&self) -> Vec<Handling> {
        self.handled.lock().expect("no panic").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.handled.lock().expect("no panic").len()
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    pub(crate) fn heal(&self) {
        self.well.store(true, Ordering::Relaxed);
    }

    pub(crate) fn says(&self, words: impl Into<String>) {
        *self.words.lock().expect("no panic") = words.into();
    }

    pub(crate) fn errs(&self, place: (i32, i64), causes: Vec<String>) {
        self.causes.lock().expect("no panic").insert(place, causes);
    }

    fn cause(&self, place: (i32, i64)) -> Cause {
        let causes = self.causes.lock().expect("no panic")[&place].clone();
        let chained =
            causes.into_iter().rev().fold(None, |cause, words| Some(Cause(words, cause.map(Box::new))));
        chained.expect("it has words")
    }

    pub(crate) fn is_well(&self) -> bool {
        self.well.load(Ordering::Relaxed)
    }

    fn words(&self) -> String {
        self.words.lock().expect("no panic").clone()
    }
}

impl InspectionEventHandler for Ward {
    async fn on_inspection_created(&self, event: InspectionCreated, message: &Message) -> Handled {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let place = (message.partition(), message.offset());
        match event.chip_id.as_str() {
            "good" => {}
            "sick" if !self.is_well() => return Err(Failure::retry("it does not get better yet")),
            "sick" => {}
            "failed" => return Err(Failure::retry(self.words())),
            "rejected" => return Err(Failure::reject(self.words())),
            "errs" => return Err(Failure::reject(self.cause(place))),
            "panicked" => panic!("{}", self.words()),
            "hangs" => std::future::pending().await,
            "blocks" => {
                // It is no quick one, and becomes a task.
                tokio::time::sleep(MILLI).await;
                while !self.is_well() {
                    std::thread::sleep(20 * MILLI);
                }
            }
            other => panic!("no fate: {other}"),
        }
        let handling = Handling { key: event.batch_id, id: event.inspection_id, place };
        self.handled.lock().expect("no panic").push(handling);
        Ok(())
    }

    cq_events::skip!(
        InspectionStarted,
        InspectionCompleted,
        InspectionFailed,
        DefectDetected,
        QualityAssessed
    );

    async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
        Err(Failure::stop(format!("nobody sent {unknown:?}")))
    }
}
