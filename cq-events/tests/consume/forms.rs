//! The forms that a handler may have: owned events, borrowed ones, a closure over the stream; alone, and together.

use std::sync::{Arc, Mutex};

use cq_events::{Consumer, EventHandler, Handled, Message, Unknown};

use crate::pump::{
    PARTITIONS, PumpEvent, PumpEventProducer, PumpEventRefHandler, PumpStarted, PumpStartedRef, PumpStopped,
    PumpStoppedRef,
};
use crate::support::{Run, broker, config, eventually, producer, publish, send_raw};

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn sorted<T: Clone + Ord>(seen: &Seen<T>) -> Vec<T> {
    let mut sorted = seen.lock().unwrap().clone();
    sorted.sort();
    sorted
}

/// Publishes a stop for each start, from what it sees of the start in the message.
#[derive(Clone, EventHandler)]
#[handles(borrowed PumpEvent)]
struct Stopper {
    producer: PumpEventProducer,
    stopped: Seen<(String, i64, Option<String>)>,
    unknown: Seen<String>,
}

impl PumpEventRefHandler for Stopper {
    async fn on_pump_started(&self, event: PumpStartedRef<'_>, message: &Message) -> Handled {
        let value = message.value().unwrap();
        assert!(value.as_ptr_range().contains(&event.pump_id.as_ptr()), "the view points into the message");
        self.producer.publish_pump_stopped(PumpStopped::new(event.pump_id, event.sequence)).await?;
        Ok(())
    }

    async fn on_pump_stopped(&self, event: PumpStoppedRef<'_>, _message: &Message) -> Handled {
        let PumpStopped { pump_id, sequence, correlation_id, .. } = event.to_owned();
        self.stopped.lock().unwrap().push((pump_id, sequence, correlation_id));
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
        self.unknown.lock().unwrap().push(format!("{unknown:?}"));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_borrowed_handler_consumes_and_carries_the_correlation_id_on() {
    let broker = broker();
    let producer = producer(&broker).await;
    let stopper = Stopper { producer: producer.clone(), stopped: Seen::default(), unknown: Seen::default() };
    publish(&producer, &["a", "b"], 5).await;
    let mut correlated = PumpStarted::new("c", 0);
    correlated.correlation_id = Some("order-1".to_owned());
    producer.publish_pump_started(correlated).await.unwrap();
    send_raw(&broker, 0, None).await;

    let run = Run::ready(config(&broker, "borrowed"), stopper.clone()).await;
    eventually("handled", || {
        stopper.stopped.lock().unwrap().len() == 11 && sorted(&stopper.unknown).len() == 1
    })
    .await;
    run.shut_down().await.unwrap();

    let stopped = sorted(&stopper.stopped);
    let expected =
        ["a", "b"].iter().flat_map(|pump| (0..5).map(move |sequence| ((*pump).to_owned(), sequence)));
    let expected: Vec<_> = expected.chain([("c".to_owned(), 0)]).collect();
    let pumps: Vec<_> = stopped.iter().map(|(pump, sequence, _)| (pump.clone(), *sequence)).collect();
    assert_eq!(pumps, expected);
    // A start without a correlation id is correlated by its event id.
    assert!(stopped.iter().all(|(_, _, correlation_id)| correlation_id.is_some()));
    assert_eq!(stopped[10].2.as_deref(), Some("order-1"));
    assert_eq!(sorted(&stopper.unknown), ["Tombstone"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_consumes_and_carries_the_correlation_id_on() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["a"], 5).await;
    let mut correlated = PumpStarted::new("c", 0);
    correlated.correlation_id = Some("order-1".to_owned());
    producer.publish_pump_started(correlated).await.unwrap();
    send_raw(&broker, 0, None).await;

    let stopped: Seen<(String, i64, Option<String>)> = Seen::default();
    let unknown: Seen<(String, i32)> = Seen::default();
    let (to_stopped, to_unknown) = (Arc::clone(&stopped), Arc::clone(&unknown));
    let consumer = Consumer::builder(config(&broker, "closure"))
        .handle(move |event: PumpEvent, message| {
            let (producer, stopped) = (producer.clone(), Arc::clone(&to_stopped));
            async move {
                assert!((0..PARTITIONS).contains(&message.partition()));
                match event {
                    PumpEvent::PumpStarted(PumpStarted { pump_id, sequence, .. }) => {
                        producer.publish_pump_stopped(PumpStopped::new(&pump_id, sequence)).await?;
                    }
                    PumpEvent::PumpStopped(PumpStopped { pump_id, sequence, correlation_id, .. }) => {
                        stopped.lock().unwrap().push((pump_id, sequence, correlation_id));
                    }
                }
                Ok(())
            }
        })
        .on_unknown(move |unknown, message| {
            let seen = Arc::clone(&to_unknown);
            async move {
                seen.lock().unwrap().push((format!("{unknown:?}"), message.partition()));
                Ok(())
            }
        })
        .build()
        .await
        .unwrap();
    let run = Run::of(consumer);
    eventually("handled", || sorted(&stopped).len() == 6 && sorted(&unknown).len() == 1).await;
    run.shut_down().await.unwrap();

    let stopped = sorted(&stopped);
    let pumps: Vec<_> = stopped.iter().map(|(pump, sequence, _)| (pump.as_str(), *sequence)).collect();
    assert_eq!(pumps, [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("c", 0)]);
    assert!(stopped.iter().all(|(_, _, correlation_id)| correlation_id.is_some()));
    assert_eq!(stopped[5].2.as_deref(), Some("order-1"));
    assert_eq!(sorted(&unknown), [("Tombstone".to_owned(), 0)]);
}
