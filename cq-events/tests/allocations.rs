//! What a published event allocates: its encoded bytes, and what rust-rdkafka makes, and nothing else.
#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
#![allow(unsafe_code, reason = "an allocator that counts")]

mod lamp;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

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
