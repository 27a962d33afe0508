//! What a stream's subjects are, and that a message is written with the schema of its subject.

use std::sync::{Arc, Mutex};

use cq_events::codec::read_frame;
use cq_events::consume::Failure;
use cq_events::event::{EventStream, StreamSchema as _};
use cq_events::registry::{Registration, RegistryError, SchemaId, SchemaRegistry as _};
use cq_events::{Consumer, Producer};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::raw;
use cq_events_tests::recorder::eventually;
use cq_events_tests::registries::Registry;
use subjects_events::orders::{OrdersEvent, OrdersEventProducer};
use subjects_events::returns::{ReturnsEvent, ReturnsEventProducer};

use crate::lab::{Running, client, config};

against_each! {
    a_stream_has_a_subject_for_each_event_where_it_says_so,
    an_event_is_written_with_the_schema_of_its_own_subject,
}

/// Both streams have the same two events.
fn subjects(prefix: &str) -> [String; 2] {
    ["Placed", "Settled"].map(|name| format!("{prefix}subjects.{name}"))
}

async fn a_stream_has_a_subject_for_each_event_where_it_says_so(registry: &mut Registry) {
    let client = client(registry);
    let orders = client.register_stream(OrdersEvent::STREAM).await.unwrap();
    assert_eq!(orders.iter().map(|(subject, _)| subject.clone()).collect::<Vec<_>>(), subjects(""));
    for ((_, id), event) in orders.iter().zip(OrdersEvent::STREAM.events) {
        assert_eq!(
            *client.schema_of(*id).await.unwrap(),
            *event.schema.unwrap(),
            "the record alone, and whole"
        );
    }

    // The policy of this one is its own: nothing is registered by the way.
    let error = client.register_stream(ReturnsEvent::STREAM).await.unwrap_err();
    let RegistryError::NotRegistered { subject, latest: None, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*subject, subjects("subjects.returns-")[0]);
    for schema in ReturnsEvent::STREAM.subjects() {
        client.register(&schema.subject, &schema.schema).await.unwrap();
    }
    let returns = client.register_stream(ReturnsEvent::STREAM).await.unwrap();
    assert_eq!(
        returns.iter().map(|(subject, _)| subject.clone()).collect::<Vec<_>>(),
        subjects("subjects.returns-")
    );
    assert_eq!(client.subjects().await.unwrap().len(), 4);
    let ids = |of: &[(String, SchemaId)]| of.iter().map(|(_, id)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&returns), ids(&orders), "one schema has one id, whatever its subjects");
}

async fn an_event_is_written_with_the_schema_of_its_own_subject(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics([OrdersEvent::STREAM, ReturnsEvent::STREAM]).await;
    let config = config(&cluster, &registry.url(), Registration::IfAbsent);
    let client = client(registry);
    for schema in ReturnsEvent::STREAM.subjects() {
        client.register(&schema.subject, &schema.schema).await.unwrap();
    }
    let producer = Producer::connect(config.clone()).await.unwrap();
    let orders = OrdersEventProducer::new(&producer).await.unwrap();
    let returns = ReturnsEventProducer::new(&producer).await.unwrap();
    let (sent_orders, sent_returns) = (orders_events(), returns_events());
    for event in sent_orders.clone() {
        orders.publish(event).await.unwrap();
    }
    for event in sent_returns.clone() {
        returns.publish(event).await.unwrap();
    }
    written_by_record::<OrdersEvent>(&cluster, registry).await;
    written_by_record::<ReturnsEvent>(&cluster, registry).await;

    let handled = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (of_orders, of_returns) = (Arc::clone(&handled.0), Arc::clone(&handled.1));
    let consumer = Consumer::builder(config)
        .handle(move |event: OrdersEvent, _| {
            of_orders.lock().unwrap().push(event);
            async { Ok(()) }
        })
        .on_unknown(|unknown, _| async move { Err(Failure::stop(format!("nobody sent {unknown:?}"))) })
        .handle(move |event: ReturnsEvent, _| {
            of_returns.lock().unwrap().push(event);
            async { Ok(()) }
        })
        .on_unknown(|unknown, _| async move { Err(Failure::stop(format!("nobody sent {unknown:?}"))) });
    let running = Running::of(consumer.build().await.unwrap());
    eventually("all are handled", || handled.0.lock().unwrap().len() + handled.1.lock().unwrap().len() == 4)
        .await;
    running.stop().await;
    assert_eq!(*handled.0.lock().unwrap(), sent_orders);
    assert_eq!(*handled.1.lock().unwrap(), sent_returns);
}

fn orders_events() -> Vec<OrdersEvent> {
    use subjects_events::orders::{Item, Placed, Settled};
    let item = Item::builder().sku("A-1").build();
    vec![
        Placed::builder().order_id("1").item(item.clone()).build().into(),
        Settled::builder().order_id("1").items(vec![item.clone(), item]).build().into(),
    ]
}

fn returns_events() -> Vec<ReturnsEvent> {
    use subjects_events::returns::{Item, Placed, Settled};
    let item = Item::builder().sku("B-2").build();
    vec![
        Placed::builder().order_id("2").item(item.clone()).build().into(),
        Settled::builder().order_id("2").items(vec![item]).build().into(),
    ]
}

/// Checks that the messages of the stream, which are one of each event, have the ids of the events' records.
async fn written_by_record<S: EventStream>(cluster: &Cluster, registry: &Registry) {
    let written = raw::read(cluster.config().bootstrap_servers(), S::STREAM.topic).await;
    let ids: Vec<_> =
        written.iter().map(|record| read_frame(record.value.as_deref().unwrap()).unwrap().0).collect();
    let registered = client(registry).register_stream(S::STREAM).await.unwrap();
    assert_eq!(ids, registered.iter().map(|(_, id)| *id).collect::<Vec<_>>());
}
