//! Handlers that do not come back as they should.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chip_quality_events::inspection::InspectionEvent;
use cq_events::Consumer;
use cq_events::consume::{ConsumeError, DeliveryError};
use cq_events::event::{EventView as _, FailurePolicy};
use cq_events_tests::recorder::{Recorder, eventually};
use uuid::Uuid;

use super::{error_of, ids, run, with_inspections};

/// Without dead letters a panic stops the consumer: the event's place is told, and it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_ends_a_consumer_without_dead_letters_and_its_event_stays() {
    let cluster = with_inspections(100).await;
    let panicking = Recorder::failing_on(|event| {
        assert!(!event.debug.contains("\"INS-70\""), "a bug in the handler");
        false
    });
    let builder = Consumer::builder(cluster.group("group")).handler(panicking.clone());
    let builder = builder.failure_policy(FailurePolicy::new().dead_letters(false));
    let consumer = builder.build().await.expect("it can be built");
    let error = error_of(tokio::spawn(consumer.run(std::future::pending()))).await;
    let ConsumeError::Message { partition, offset, error, .. } = &error else { panic!("{error}") };
    assert!(matches!(**error, DeliveryError::Panic { .. }), "{error}");
    assert!(error.to_string().contains("a bug in the handler"), "{error}");

    let recorder = Recorder::default();
    let (handle, running) = run(cluster.group("group"), &recorder).await;
    eventually("the rest is handled", || ids(&[&panicking, &recorder]).len() >= 100).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    let place = (*partition, *offset);
    let again = recorder.handled();
    let again = again.iter().find(|event| (event.message.partition(), event.message.offset()) == place);
    assert!(again.expect("it is handled by the next").debug.contains("\"INS-70\""));
}

/// What a handler does with `INS-70` until it is released.
#[derive(Clone, Copy)]
enum Stuck {
    /// It waits, and can be cut off.
    Awaits,
    /// It blocks its thread, and cannot be.
    Blocks,
}

async fn does_not_end(stuck: Stuck) {
    let cluster = with_inspections(100).await;
    let (released, entered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let handled = Arc::new(Mutex::new(BTreeSet::new()));
    let (released_too, entered_too, handled_too) = (released.clone(), entered.clone(), handled.clone());
    let consumer = Consumer::builder(cluster.group("group"))
        .shutdown_deadline(Duration::from_secs(2))
        .handle(move |event: InspectionEvent, _| {
            let (released, entered, handled) =
                (released_too.clone(), entered_too.clone(), handled_too.clone());
            async move {
                if format!("{event:?}").contains("\"INS-70\"") {
                    entered.store(true, Ordering::Relaxed);
                    while !released.load(Ordering::Relaxed) {
                        match stuck {
                            Stuck::Awaits => tokio::time::sleep(Duration::from_millis(20)).await,
                            Stuck::Blocks => std::thread::sleep(Duration::from_millis(20)),
                        }
                    }
                    return Ok(());
                }
                handled.lock().expect("no panic").insert(event.event_id().expect("an id"));
                Ok(())
            }
        })
        .on_unknown(|_, _| async { Ok(()) })
        .build()
        .await
        .expect("it can be built");
    let (handle, running) = (consumer.handle(), tokio::spawn(consumer.run(std::future::pending())));
    eventually("the handler has begun", || entered.load(Ordering::Relaxed)).await;
    if matches!(stuck, Stuck::Awaits) {
        eventually("the others are handled", || handled.lock().expect("no panic").len() >= 99).await;
    }
    let begun = Instant::now();
    handle.shutdown();
    let error = error_of(running).await;
    let ConsumeError::Unfinished { messages, .. } = &error else { panic!("{error}") };
    assert!(*messages >= 1, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    if matches!(stuck, Stuck::Awaits) {
        assert_eq!(*messages, 1, "{error}");
    }

    let recorder = Recorder::default();
    let (handle, running) = run(cluster.group("group"), &recorder).await;
    let done = || {
        let again: BTreeSet<Uuid> = recorder.handled().iter().map(|event| event.event_id).collect();
        handled.lock().expect("no panic").union(&again).count()
    };
    eventually("the rest is handled", || done() >= 100).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    if matches!(stuck, Stuck::Awaits) {
        let again = recorder.handled();
        assert_eq!(again.len(), 1, "only the event that was not finished");
        assert!(again[0].debug.contains("\"INS-70\""));
    }
    released.store(true, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_never_ends_is_cut_off_by_the_shutdown_and_its_event_stays() {
    does_not_end(Stuck::Awaits).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_does_not_keep_the_shutdown() {
    does_not_end(Stuck::Blocks).await;
}
