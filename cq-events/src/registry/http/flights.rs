//! Schemas by id and by GUID: each is asked for once, however many want it, and kept.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use tokio::runtime;
use tokio::time::Instant;
use uuid::Uuid;

use crate::registry::{RegistryError, SchemaId};

/// The most schemas that are kept: more than the topics of a program have. The oldest goes first.
const MOST: usize = 1_024;
/// How long it is believed that an id is unknown: long enough that a topic full of it does not flood the registry, and
/// shorter than the retries of a message mostly take, since a registry may learn of a schema a little after its first message.
const UNKNOWN_FOR: Duration = Duration::from_millis(50);
/// How long it is believed that a schema cannot be read, though its text never changes: it may be a server in between that
/// answered.
pub(super) const UNREADABLE_FOR: Duration = Duration::from_secs(60);

/// What stands for a schema. Two of them never share an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Id(SchemaId),
    Guid(Uuid),
}

/// A look-up lives by the runtime that began it, and dies with it: each has its own.
pub(super) type Flying = (runtime::Id, Key);

type Outcome = Result<Arc<str>, RegistryError>;
type Lookup = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The schemas that are known, and those that are on their way.
#[derive(Default)]
pub(super) struct Flights(Mutex<State>);

#[derive(Default)]
struct State {
    known: HashMap<Key, Arc<str>>,
    /// The keys of what is known, the oldest first.
    order: VecDeque<Key>,
    /// Failures that are believed for a while.
    failed: HashMap<Key, (Instant, RegistryError)>,
    /// Weak: a look-up that nobody waits for any more ends, and the next who asks begins anew.
    under_way: HashMap<Flying, WeakShared<Lookup>>,
}

impl Flights {
    /// The schema: a known one, or what `look_up` finds, which is called once for all who wait.
    pub(super) async fn get<F>(self: &Arc<Self>, wanted: Flying, look_up: impl FnOnce() -> F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        // Bound, so that the lock is given back before the next one.
        let begun = self.lock().begin(wanted);
        let flight = match begun {
            Begun::Known(outcome) => return outcome,
            Begun::UnderWay(flight) => flight,
            Begun::New => {
                let (flights, looking) = (Arc::downgrade(self), look_up());
                let lookup: Lookup = Box::pin(async move {
                    let outcome = looking.await;
                    if let Some(flights) = flights.upgrade() {
                        flights.lock().end(wanted, &outcome);
                    }
                    outcome
                });
                let flight = lookup.shared();
                let mut state = self.lock();
                // Somebody else may have begun in between.
                match state.begin(wanted) {
                    Begun::Known(outcome) => return outcome,
                    Begun::UnderWay(flight) => flight,
                    Begun::New => {
                        if let Some(weak) = flight.downgrade() {
                            state.under_way.insert(wanted, weak);
                        }
                        flight
                    }
                }
            }
        };
        flight.await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Begun {
    Known(Outcome),
    UnderWay(Shared<Lookup>),
    New,
}

impl State {
    fn begin(&mut self, flying: Flying) -> Begun {
        let (_, key) = flying;
        if let Some(schema) = self.known.get(&key) {
            return Begun::Known(Ok(Arc::clone(schema)));
        }
        match self.failed.get(&key) {
            Some((until, error)) if Instant::now() < *until => return Begun::Known(Err(error.clone())),
            Some(_) => drop(self.failed.remove(&key)),
            None => {}
        }
        self.under_way.get(&flying).and_then(WeakShared::upgrade).map_or(Begun::New, Begun::UnderWay)
    }

    fn end(&mut self, flying: Flying, outcome: &Outcome) {
        let (_, key) = flying;
        self.under_way.remove(&flying);
        // Those that nobody waited for to the end.
        if self.under_way.len() >= MOST {
            self.under_way.retain(|_, flight| flight.upgrade().is_some());
        }
        match outcome {
            Ok(schema) => {
                if self.known.insert(key, Arc::clone(schema)).is_none() {
                    self.order.push_back(key);
                }
                if self.order.len() > MOST
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.known.remove(&oldest);
                }
            }
            Err(error) => {
                if let Some(believed) = believed_for(error) {
                    let now = Instant::now();
                    if self.failed.len() >= MOST {
                        self.failed.retain(|_, (until, _)| now < *until);
                    }
                    if self.failed.len() >= MOST {
                        self.failed.clear();
                    }
                    self.failed.insert(key, (now + believed, error.clone()));
                }
            }
        }
    }
}

/// How long a failure is believed; None: not even for the next who asks.
fn believed_for(error: &RegistryError) -> Option<Duration> {
    match error {
        RegistryError::UnknownId { .. }
        | RegistryError::UnknownGuid { .. }
        | RegistryError::MissingReference { .. } => Some(UNKNOWN_FOR),
        RegistryError::Schema { .. } | RegistryError::SchemaType { .. } => Some(UNREADABLE_FOR),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const ONE: Key = Key::Id(SchemaId::new(1));

    fn unavailable() -> RegistryError {
        RegistryError::Unavailable { registry: "r".to_owned(), reason: "down".to_owned() }
    }

    fn unknown() -> RegistryError {
        RegistryError::UnknownId { id: SchemaId::new(1), registry: "r".to_owned() }
    }

    #[derive(Default)]
    struct Asked(AtomicUsize);

    impl Asked {
        async fn get(self: &Arc<Self>, flights: &Arc<Flights>, key: Key, outcome: Outcome) -> Outcome {
            let asked = Arc::clone(self);
            let look_up = || async move {
                asked.0.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
                outcome
            };
            flights.get((runtime::Handle::current().id(), key), look_up).await
        }

        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_ask_once() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        let all = (0..100).map(|_| asked.get(&flights, ONE, Ok("schema".into())));
        let found = futures_util::future::join_all(all).await;
        assert!(found.iter().all(|schema| schema.as_deref().is_ok_and(|schema| schema == "schema")));
        assert_eq!(asked.times(), 1);
        asked.get(&flights, ONE, Err(unavailable())).await.unwrap();
        assert_eq!(asked.times(), 1, "it is kept");
        asked.get(&flights, Key::Guid(Uuid::from_u128(1)), Ok("other".into())).await.unwrap();
        assert_eq!(asked.times(), 2, "a GUID is another");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_told_to_all_and_not_kept() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        let all = (0..10).map(|_| asked.get(&flights, ONE, Err(unavailable())));
        assert!(futures_util::future::join_all(all).await.iter().all(Result::is_err));
        assert_eq!(asked.times(), 1);
        asked.get(&flights, ONE, Ok("schema".into())).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn that_an_id_is_unknown_is_believed_for_a_moment() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        asked.get(&flights, ONE, Err(unknown())).await.unwrap_err();
        asked.get(&flights, ONE, Ok("schema".into())).await.unwrap_err();
        assert_eq!(asked.times(), 1);
        tokio::time::advance(UNKNOWN_FOR).await;
        asked.get(&flights, ONE, Ok("schema".into())).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn that_a_schema_cannot_be_read_is_believed_for_a_minute() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        let origin = || "r".to_owned();
        let none = RegistryError::Schema { origin: origin(), reason: "none".to_owned() };
        let another = RegistryError::SchemaType { origin: origin(), kind: "PROTOBUF".to_owned() };
        for (number, error) in [none, another].into_iter().enumerate() {
            let key = Key::Id(SchemaId::new(number as u32));
            asked.get(&flights, key, Err(error.clone())).await.unwrap_err();
            tokio::time::advance(UNREADABLE_FOR / 2).await;
            assert_eq!(asked.get(&flights, key, Ok("schema".into())).await, Err(error));
            assert_eq!(asked.times(), 1 + 2 * number, "it is not asked for again");
            tokio::time::advance(UNREADABLE_FOR / 2).await;
            asked.get(&flights, key, Ok("schema".into())).await.unwrap();
        }
        let key = Key::Id(SchemaId::new(7));
        let missing =
            RegistryError::MissingReference { origin: origin(), subject: "s".to_owned(), version: 1 };
        asked.get(&flights, key, Err(missing)).await.unwrap_err();
        tokio::time::advance(UNKNOWN_FOR).await;
        asked.get(&flights, key, Ok("schema".into())).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_asked_first_may_leave() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        let first = asked.get(&flights, ONE, Ok("schema".into()));
        let second = asked.get(&flights, ONE, Err(unavailable()));
        let leaving = tokio::time::timeout(Duration::from_millis(1), first);
        let (left, stayed) = tokio::join!(leaving, second);
        assert!(left.is_err());
        assert_eq!(&*stayed.unwrap(), "schema");
        // Where all have left, the next one begins anew.
        let key = Key::Id(SchemaId::new(2));
        let leaving =
            tokio::time::timeout(Duration::from_millis(1), asked.get(&flights, key, Err(unavailable())));
        assert!(leaving.await.is_err());
        asked.get(&flights, key, Ok("schema".into())).await.unwrap();
        assert_eq!(asked.times(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(Asked::default()));
        for id in 0..=MOST {
            asked.get(&flights, Key::Id(SchemaId::new(id as u32)), Ok("schema".into())).await.unwrap();
        }
        assert_eq!(flights.lock().known.len(), MOST);
        assert!(!flights.lock().known.contains_key(&Key::Id(SchemaId::new(0))));
        for id in 0..=MOST {
            let key = Key::Id(SchemaId::new((2 * MOST + id) as u32));
            asked.get(&flights, key, Err(unknown())).await.unwrap_err();
        }
        assert!(flights.lock().failed.len() <= MOST);
    }
}
