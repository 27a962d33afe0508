//! Runs the driver as a task of its own, and watches it: a handler that blocks its thread must not keep
//! `Consumer::run` from its end.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::consumer::{Consumer, Shared};
use super::driver::Driver;
use super::group::{self, CLOSE, Client};
use super::{ConsumeError, EventHandler};

/// How long the driver may stand still until it is woken from outside.
const STILL: Duration = Duration::from_secs(1);

/// How long the steps of an end may take that make no turn.
const SLACK: Duration = Duration::from_secs(2);

/// Runs the consumer until it ends by itself, or is told to by this future or by a handle.
pub(super) async fn supervise<H: EventHandler>(
    consumer: Consumer<H>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ConsumeError> {
    let shared = Arc::clone(&consumer.shared);
    let waits = consumer.settings.shutdown_deadline;
    let client = consumer.group.client().map(Arc::downgrade).unwrap_or_default();
    let group = consumer.group.name().to_owned();
    let mut driver =
        Task { driver: tokio::spawn(Driver::new(consumer).run()), shared: Arc::clone(&shared), client };
    keep_awake(&shared);
    let mut stop = shared.stop.subscribe();
    let ended = tokio::select! {
        ended = &mut driver.driver => Some(ended),
        () = shutdown => None,
        () = told(&mut stop) => None,
    };
    let ended = match ended {
        Some(ended) => Some(ended),
        None => {
            shared.stop.send_replace(true);
            end(&mut driver, &shared, waits).await
        }
    };
    match ended {
        Some(Ok(result)) => result,
        // The async runtime shuts down, or there is a mistake of ours.
        Some(Err(error)) => Err(ConsumeError::Fatal { group, cause: error.to_string() }),
        None => {
            // The handler has the driver's thread. The group must not wait for it.
            shared.ready.store(false, Ordering::Relaxed);
            shared.abandoned.store(true, Ordering::Release);
            group::abandon(&driver.client);
            let messages = shared.in_flight.load(Ordering::Relaxed).max(1);
            Err(ConsumeError::Unfinished { messages, waited: waits })
        }
    }
}

/// Wakes the driver when it stands still. A handler that blocks the very thread that keeps the async runtime's time stops all
/// of its timers, also the one by which it would be found; the runtime goes on when it is woken by another thread.
fn keep_awake(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    let waking = move || {
        let mut before = None;
        loop {
            std::thread::sleep(STILL);
            let Some(shared) = shared.upgrade().filter(|shared| shared.counters.snapshot().is_running) else {
                return;
            };
            let turns = shared.turns();
            if before.replace(turns) == Some(turns) {
                shared.nudge.notify_one();
            }
        }
    };
    let thread = std::thread::Builder::new().name("cq-events-awake".to_owned());
    if let Err(error) = thread.spawn(waking) {
        tracing::warn!("no thread to keep a consumer awake: {error}");
    }
}

/// Waits for the driver, for as long as it makes turns.
async fn end(
    driver: &mut Task,
    shared: &Shared,
    waits: Duration,
) -> Option<Result<Result<(), ConsumeError>, JoinError>> {
    loop {
        let before = shared.turns();
        match tokio::time::timeout(waits.max(CLOSE) + SLACK, &mut driver.driver).await {
            Ok(ended) => return Some(ended),
            Err(_) if shared.turns() == before => return None,
            Err(_) => {}
        }
    }
}

/// The driver's task, which ends with this value.
struct Task {
    driver: JoinHandle<Result<(), ConsumeError>>,
    shared: Arc<Shared>,
    client: Weak<Client>,
}

impl Drop for Task {
    /// The driver ends where it awaits something. If a handler has its thread, it begins and polls nothing more
    /// afterwards, and the group must not wait for that.
    fn drop(&mut self) {
        if self.driver.is_finished() {
            return;
        }
        self.shared.abandoned.store(true, Ordering::Release);
        self.driver.abort();
        let (driver, client) = (self.driver.abort_handle(), Weak::clone(&self.client));
        let watching = move || {
            std::thread::sleep(SLACK);
            if !driver.is_finished() {
                group::abandon(&client);
            }
        };
        let thread = std::thread::Builder::new().name("cq-events-watch".to_owned());
        if let Err(error) = thread.spawn(watching) {
            tracing::warn!("no thread to watch the end of a consumer: {error}");
        }
    }
}

/// Completes when a handle tells the consumer to shut down.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}
