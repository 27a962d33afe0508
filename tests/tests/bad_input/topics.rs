//! Topics that take no large events.

use chip_quality_events::inspection::{InspectionEvent, InspectionEventProducer};
use cq_events::Producer;
use cq_events::event::{StreamInfo, StreamSchema as _, TopicSpec};
use cq_events::kafka::create_topics;
use cq_events::publish::PublishError;
use cq_events_tests::cluster::Cluster;
use uuid::Uuid;

use super::{TOPIC, inspection};

/// The inspection stream with a topic of another kind.
pub(crate) fn stream(spec: TopicSpec) -> &'static StreamInfo {
    let StreamInfo { name, topic, schema, events, headers, .. } = InspectionEvent::STREAM;
    Box::leak(Box::new(StreamInfo::new(name, topic, schema, events, *headers, spec)))
}

/// A topic's own limit is known to the broker only; the producer goes on with other events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_too_large_for_its_topic_is_an_error_with_its_size() {
    let cluster = Cluster::kafka();
    let small = stream(TopicSpec::new(3, None, &[("max.message.bytes", "3000")]));
    create_topics(&cluster.config(), [small]).await.expect("the topic is created");
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    let inspections = InspectionEventProducer::new(&producer).await.expect("the topic is there");
    // Ids do not compress.
    let text: String = std::iter::repeat_with(|| Uuid::now_v7().to_string()).take(2_000).collect();
    for text in [text.clone(), text.repeat(20)] {
        let length = text.len();
        let error =
            inspections.publish_inspection_created(inspection(text)).await.expect_err("it is too large");
        let PublishError::TooLarge { topic, bytes, .. } = &error else { panic!("{error}") };
        assert_eq!(*topic, TOPIC);
        assert!((length..length + 200).contains(bytes), "{error}");
    }
    let published = inspections.publish_inspection_created(inspection("INS-1")).await;
    assert_eq!(published.expect("it is small").offset, 0);
}
