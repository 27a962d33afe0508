//! What an event allocates on its way: published, its encoded bytes and what rust-rdkafka makes; consumed, the event
//! itself; and nothing else.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]
#![allow(unsafe_code, reason = "an allocator that counts")]

mod lamp;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cq_events::Consumer;
use cq_events::publish::{Producer, StreamProducer};
use cq_events::testing::EmbeddedBroker;
use lamp::{Lamp, PARTITIONS, TOPIC, lit};

/// The system's allocator, with a count.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls are passed on as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const MESSAGES: usize = 2_000;

/// All allocations of the process are counted, so one test runs at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Queues the events and awaits their receipts: the allocations of all threads per event.
async fn publish(lamps: &StreamProducer<Lamp>, events: Vec<Lamp>) -> f64 {
    let count = events.len();
    let mut receipts = Vec::with_capacity(count);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for event in events {
        receipts.push(lamps.queue(event).await.unwrap());
    }
    for receipt in receipts {
        receipt.await.unwrap();
    }
    (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64 / count as f64
}

#[tokio::test]
async fn a_published_event_allocates_its_bytes_and_nothing_else_of_ours() {
    let _alone = ALONE.lock().await;
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, PARTITIONS).unwrap();
    let producer = Producer::connect(broker.config()).await.unwrap();
    let lamps = StreamProducer::<Lamp>::new(&producer).await.unwrap();
    let events = || (0..MESSAGES).map(|number| Lamp::from(lit("L-1", number as i64))).collect::<Vec<_>>();
    // Slots, connections and batches are made once.
    publish(&lamps, events()).await;
    let per_event = publish(&lamps, events()).await;
    // The encoded bytes, and rust-rdkafka's copy of the topic's name. What librdkafka makes itself is not counted here:
    // it does not go through Rust's allocator.
    let (ours, theirs) = (1.0, 1.0);
    assert!(per_event < ours + theirs + 0.05, "{per_event} allocations per event");
    assert!(per_event > ours + theirs - 0.05, "{per_event} allocations per event: does it count?");
}

#[tokio::test]
async fn a_consumed_event_allocates_itself_and_nothing_else_of_ours() {
    let _alone = ALONE.lock().await;
    const LEFT_OUT: usize = 4_000;
    const COUNTED: usize = 16_000;
    const WINDOW: usize = 1_000;
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, PARTITIONS).unwrap();
    let producer = Producer::connect(broker.config()).await.unwrap();
    let lamps = StreamProducer::<Lamp>::new(&producer).await.unwrap();
    let lamp = |number: usize| Lamp::from(lit(&format!("L-{}", number % 100), number as i64));
    publish(&lamps, (0..LEFT_OUT + COUNTED).map(lamp).collect()).await;

    // How many there were at every thousandth event.
    let marks = Arc::new(Mutex::new(Vec::with_capacity(COUNTED / WINDOW + 1)));
    let (seen, marked) = (AtomicUsize::new(0), Arc::clone(&marks));
    let group = broker.config().to_builder().group_id("counted").build().unwrap();
    let consumer = Consumer::builder(group)
        .handle(move |event: Lamp, _| {
            drop(event);
            let number = seen.fetch_add(1, Ordering::Relaxed) + 1;
            if number >= LEFT_OUT && number.is_multiple_of(WINDOW) {
                marked.lock().unwrap().push(ALLOCATIONS.load(Ordering::Relaxed));
            }
            std::future::ready(Ok(()))
        })
        .on_unknown(|_, _| std::future::ready(Ok(())))
        .build()
        .await
        .unwrap();
    let handle = consumer.handle();
    let run = tokio::spawn(consumer.run(std::future::pending()));
    while marks.lock().unwrap().len() <= COUNTED / WINDOW {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!run.is_finished());
    }
    handle.shutdown();
    run.await.unwrap().unwrap();
    let marks = marks.lock().unwrap();
    let least = marks.windows(2).map(|window| window[1] - window[0]).min().unwrap() as f64 / WINDOW as f64;
    let per_event = (marks[COUNTED / WINDOW] - marks[0]) as f64 / COUNTED as f64;
    // Its key field is a `String`. The rest is made for batches and for turns of up to 64 messages, a few for each, and
    // for lanes that grow. A turn that the machine interrupts for a millisecond makes a task of each message that is left of
    // it, which are more: so the best of the thousands counts.
    let the_event = 1.0;
    assert!(least < the_event + 0.2, "{least} allocations per event");
    assert!(per_event >= the_event, "{per_event} allocations per event: does it count?");
    println!("{per_event} allocations per consumed event, of which the event itself is {the_event}");
}
