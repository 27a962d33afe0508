//! Runs the driver as a task of its own, and watches it: a handler that blocks its thread must not keep
//! `Consumer::run` from its end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::consumer::{Consumer, Shared};
use super::driver::Driver;
use super::group::{self, CLOSE};
use super::{ConsumeError, EventHandler};

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
    let mut driver = Task(tokio::spawn(Driver::new(consumer).run()));
    let mut stop = shared.stop.subscribe();
    let ended = tokio::select! {
        ended = &mut driver.0 => Some(ended),
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
            group::abandon(&client);
            let messages = shared.in_flight.load(Ordering::Relaxed).max(1);
            Err(ConsumeError::Unfinished { messages, waited: waits })
        }
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
        match tokio::time::timeout(waits.max(CLOSE) + SLACK, &mut driver.0).await {
            Ok(ended) => return Some(ended),
            Err(_) if shared.turns() == before => return None,
            Err(_) => {}
        }
    }
}

/// A task that ends with this value.
struct Task(JoinHandle<Result<(), ConsumeError>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Completes when a handle tells the consumer to shut down.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}
