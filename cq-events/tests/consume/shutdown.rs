//! The end of a consumer.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use cq_events::Consumer;
use cq_events::consume::ConsumeError;
use tokio::sync::{Semaphore, oneshot};

use crate::support::{Recorder, Run, Step, broker, committed, config, eventually, producer, publish};

#[tokio::test]
async fn a_shutdown_waits_for_the_handler_in_flight_and_commits_it() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    let permits = Arc::new(Semaphore::new(2));
    let scripted = Arc::clone(&permits);
    let recorder = Recorder::new(move |_, _| Step::Await(Arc::clone(&scripted)));
    let run = Run::ready(config(&broker, "shutdown"), recorder.clone()).await;
    eventually("waiting in the third", || recorder.record.begun() == 3).await;
    run.handle.shutdown();
    eventually("not ready", || !run.handle.is_ready()).await;
    assert!(run.handle.is_running());
    permits.add_permits(10);
    run.ended().await.unwrap();
    assert_eq!(recorder.record.by_pump().get("a"), Some(&vec![0, 1, 2]), "what waited was not begun");
    assert_eq!(committed(&broker, "shutdown").await.values().collect::<Vec<_>>(), [&3]);
}

#[tokio::test]
async fn the_shutdown_future_ends_the_run() {
    let broker = broker();
    let consumer =
        Consumer::builder(config(&broker, "future")).handler(Recorder::succeeding()).build().await.unwrap();
    let handle = consumer.handle();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(consumer.run(async { drop(stopped.await) }));
    eventually("ready", || handle.is_ready()).await;
    stop.send(()).unwrap();
    tokio::time::timeout(crate::support::DEADLINE, task).await.unwrap().unwrap().unwrap();
    assert!(!handle.is_running());
}

#[tokio::test]
async fn a_shutdown_before_the_first_assignment_ends_the_run() {
    let broker = broker();
    let run = Run::start(config(&broker, "early"), Recorder::succeeding()).await;
    run.shut_down().await.unwrap();
}

#[tokio::test]
async fn a_run_that_is_dropped_gives_its_partitions_up() {
    let broker = broker();
    let producer = producer(&broker).await;
    let dropped = Recorder::succeeding();
    let consumer =
        Consumer::builder(config(&broker, "dropped")).handler(dropped.clone()).build().await.unwrap();
    let handle = consumer.handle();
    let task = tokio::spawn(consumer.run(std::future::pending()));
    eventually("ready", || handle.is_ready()).await;
    task.abort();
    eventually("ended", || !handle.is_running()).await;

    publish(&producer, &["a"], 1).await;
    let recorder = Recorder::succeeding();
    let run = Run::ready(config(&broker, "dropped"), recorder.clone()).await;
    eventually("handled by the next", || recorder.record.handled().len() == 1).await;
    run.shut_down().await.unwrap();
}

#[tokio::test]
async fn a_handler_that_never_ends_is_given_up_by_a_shutdown() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 3).await;
    let recorder = Recorder::new(move |_, _| Step::Await(Arc::new(Semaphore::new(0))));
    let waits = Duration::from_secs(1);
    let builder = Consumer::builder(config(&broker, "endless")).handler(recorder.clone());
    let consumer = builder.shutdown_deadline(waits).build().await.unwrap();
    let handle = consumer.handle();
    let task = tokio::spawn(consumer.run(std::future::pending()));
    eventually("begun", || recorder.record.begun() == 1).await;
    handle.shutdown();
    let ended = tokio::time::timeout(crate::support::DEADLINE, task).await.unwrap().unwrap();
    assert!(
        matches!(ended, Err(ConsumeError::Unfinished { messages: 1, waited }) if waited == waits),
        "{ended:?}"
    );
    assert!(committed(&broker, "endless").await.is_empty());
}

/// It has the thread of the consumer's task, so that nothing can be asked of that any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_blocks_its_thread_does_not_keep_the_run_from_its_end() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["a"], 3).await;
    let (unblock, blocked) = mpsc::channel::<()>();
    let blocked = std::sync::Mutex::new(blocked);
    let recorder = Recorder::new(move |_, _| {
        let _ = blocked.lock().unwrap().recv();
        Step::Succeed
    });
    let builder = Consumer::builder(config(&broker, "blocked")).handler(recorder.clone());
    let consumer = builder.shutdown_deadline(Duration::from_secs(1)).build().await.unwrap();
    let handle = consumer.handle();
    let task = tokio::spawn(consumer.run(std::future::pending()));
    eventually("ready", || handle.is_ready()).await;
    eventually("not ready, since it hangs", || !handle.is_ready()).await;
    assert!(handle.partitions().await.is_empty());
    handle.shutdown();
    let ended = tokio::time::timeout(crate::support::DEADLINE, task).await.unwrap().unwrap();
    assert!(matches!(ended, Err(ConsumeError::Unfinished { messages: 1, .. })), "{ended:?}");
    assert!(!handle.is_running());

    // It has left its group, although the handler still has the thread.
    let next = Recorder::succeeding();
    let run = Run::ready(config(&broker, "blocked"), next.clone()).await;
    eventually("handled by the next", || next.record.handled().len() == 3).await;
    run.shut_down().await.unwrap();
    drop(unblock);
}
