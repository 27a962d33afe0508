//! The handle on the embedded broker. `.ci/run` runs these tests under valgrind as well.

use std::ffi::{c_char, c_void};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfig as _;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::{ClientConfig, Offset};

use std::ptr;
use std::sync::Arc;

use rdkafka::bindings as sys;
use rdkafka::{ClientContext, TopicPartitionList};

use super::handle::FetchError;
use super::*;
use crate::event::Message;
use crate::testing::EmbeddedBroker;

const TOPIC: &str = "native";
/// It runs under valgrind, too.
const DEADLINE: Duration = Duration::from_secs(120);

/// Answers each rebalance at once, from the beginning.
#[derive(Default)]
struct Member {
    changes: Mutex<Vec<(bool, usize)>>,
    woken: Mutex<usize>,
}

impl ClientContext for Member {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: NativeError, _: &str) {}
}

impl Callbacks for Member {
    fn rebalance(&self, rebalance: Rebalance<'_>) {
        assert!(!rebalance.is_lost());
        self.changes.lock().unwrap().push((rebalance.is_assign, rebalance.partitions().len()));
        rebalance.answer().unwrap();
        // It must not unwind through librdkafka.
        panic!("a mistake in a callback");
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() += 1;
    }
}

struct Group {
    handle: Arc<Handle<Member>>,
    topics: Arc<[Arc<str>]>,
    errors: Vec<FetchError>,
}

impl Group {
    fn join(broker: &EmbeddedBroker) -> Self {
        let config = broker.config().to_builder().group_id("g").build().unwrap();
        let mut native = config.consumer_config("g");
        native.set("auto.offset.reset", "earliest");
        let handle = Arc::new(Handle::new(&native, Member::default()).unwrap());
        let topics: Arc<[Arc<str>]> = [Arc::from("another"), Arc::from(TOPIC)].into();
        handle.subscribe(&topics).unwrap();
        Self { handle, topics, errors: Vec::new() }
    }

    /// Polls until so many messages are there.
    fn fetch(&mut self, count: usize) -> Vec<Message> {
        let (begun, mut messages) = (Instant::now(), Vec::new());
        while messages.len() < count {
            assert!(begun.elapsed() < DEADLINE, "{} of {count}", messages.len());
            let polled = self.handle.poll(&self.topics, 7);
            assert!(polled.messages.len() <= 7);
            messages.extend(polled.messages);
            self.errors.extend(polled.errors);
            std::thread::sleep(Duration::from_millis(1));
        }
        messages
    }
}

fn broker() -> EmbeddedBroker {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, 1).unwrap();
    broker.create_topic("another", 1).unwrap();
    broker
}

/// Key, value and headers.
type Sent<'a> = (Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a [u8], Option<&'a [u8]>)]);

/// What rust-rdkafka cannot write: headers with any bytes as their keys.
fn produce(broker: &EmbeddedBroker, messages: &[Sent<'_>]) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.config().bootstrap_servers());
    let producer = BaseProducer::from_config(&config).unwrap();
    let client = producer.client().native_ptr();
    let topic = std::ffi::CString::new(TOPIC).unwrap();
    for (key, value, headers) in messages {
        let pointer = |bytes: Option<&[u8]>| {
            bytes.map_or(ptr::null_mut(), |bytes| bytes.as_ptr().cast_mut().cast::<c_void>())
        };
        let length = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
        // SAFETY: all pointers live until the call returns, and the message is copied.
        unsafe {
            let list = sys::rd_kafka_headers_new(headers.len());
            for (name, value) in *headers {
                let value = (pointer(*value).cast_const(), isize::try_from(length(*value)).unwrap());
                let name = (name.as_ptr().cast::<c_char>(), isize::try_from(name.len()).unwrap());
                sys::rd_kafka_header_add(list, name.0, name.1, value.0, value.1);
            }
            use sys::rd_kafka_vtype_t as v;
            let code = sys::rd_kafka_producev(
                client,
                v::RD_KAFKA_VTYPE_TOPIC,
                topic.as_ptr(),
                v::RD_KAFKA_VTYPE_PARTITION,
                0_i32,
                v::RD_KAFKA_VTYPE_MSGFLAGS,
                sys::RD_KAFKA_MSG_F_COPY,
                v::RD_KAFKA_VTYPE_KEY,
                pointer(*key),
                length(*key),
                v::RD_KAFKA_VTYPE_VALUE,
                pointer(*value),
                length(*value),
                v::RD_KAFKA_VTYPE_HEADERS,
                list,
                v::RD_KAFKA_VTYPE_END,
            );
            assert_eq!(code, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
        }
    }
    producer.flush(DEADLINE).unwrap();
}

#[test]
fn messages_are_read_where_they_lie_and_outlive_the_consumer() {
    let broker = broker();
    let many: Vec<Vec<u8>> = (0..50_u8).map(|n| vec![n; usize::from(n)]).collect();
    let mut sent: Vec<Sent<'_>> = vec![
        (None, None, &[]),
        (Some(b""), Some(b""), &[(b"", Some(b""))]),
        (Some(b"k\0\xFF"), Some(b"v"), &[(b"a", Some(b"1")), (b"a", None), (b"\xFF\xFEx", Some(b"\xFF"))]),
    ];
    sent.extend(many.iter().map(|bytes| (Some(bytes.as_slice()), Some(bytes.as_slice()), &[][..])));
    produce(&broker, &sent);

    let mut group = Group::join(&broker);
    let messages = group.fetch(sent.len());
    assert!(*group.handle.context().woken.lock().unwrap() > 0);
    group.handle.close().unwrap();
    assert!(group.errors.is_empty(), "{:?}", group.errors);
    let changes = group.handle.context().changes.lock().unwrap().clone();
    assert_eq!(changes, [(true, 2), (false, 2)]);
    drop(group);

    for (offset, (message, (key, value, _))) in messages.iter().zip(&sent).enumerate() {
        assert_eq!(message.topic(), TOPIC);
        assert_eq!((message.partition(), message.offset()), (0, i64::try_from(offset).unwrap()));
        assert_eq!((message.key(), message.value()), (*key, *value), "{offset}");
        assert!(message.timestamp().is_some());
    }
    let headers = |index: usize| -> Vec<(&str, Option<&[u8]>)> {
        messages[index]
            .headers()
            .iter()
            .map(|header| (header.key.as_str(), header.value.as_deref()))
            .collect()
    };
    assert_eq!(headers(0), []);
    assert_eq!(headers(1), [("", Some(&b""[..]))]);
    let spoilt = ("\u{FFFD}\u{FFFD}x", Some(&b"\xFF"[..]));
    assert_eq!(headers(2), [("a", Some(&b"1"[..])), ("a", None), spoilt]);
    assert_eq!(headers(3), []);
}

/// The first question for the headers parses them: many threads may ask at once.
#[test]
fn messages_are_shared_by_threads() {
    let broker = broker();
    let sent: Vec<Sent<'_>> =
        vec![(Some(b"k"), Some(b"v"), &[(b"one", Some(b"1")), (b"two", Some(b"2"))]); 40];
    produce(&broker, &sent);
    let mut group = Group::join(&broker);
    let messages = group.fetch(sent.len());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for message in &messages {
                    let kept = message.clone();
                    assert_eq!((kept.headers().text("two"), kept.value()), (Some("2"), Some(&b"v"[..])));
                }
            });
        }
    });
    // The handle goes first, the messages end on other threads.
    group.handle.close().unwrap();
    drop(group);
    let threads: Vec<_> =
        messages.into_iter().map(|message| std::thread::spawn(move || drop(message))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn what_is_committed_is_read_as_it_was_written() {
    let broker = broker();
    produce(&broker, &vec![(None, Some(&b"v"[..]), &[][..]); 9]);
    let mut group = Group::join(&broker);
    group.fetch(9);
    let list = |offset, metadata: &str| {
        let mut list = TopicPartitionList::with_capacity(1);
        let mut element = list.add_partition(TOPIC, 0);
        element.set_offset(offset).unwrap();
        element.set_metadata(metadata);
        list
    };
    let question = list(Offset::Invalid, "");
    assert_eq!(group.handle.committed(&question, DEADLINE).unwrap(), []);
    group.handle.commit(&list(Offset::Offset(4), "\u{1F525} a note")).unwrap();
    let committed = group.handle.committed(&question, DEADLINE).unwrap();
    let metadata = "\u{1F525} a note".as_bytes().to_vec();
    assert_eq!(committed, [CommittedOffset { topic: TOPIC.to_owned(), partition: 0, offset: 4, metadata }]);

    group.handle.pause(&list(Offset::Invalid, "")).unwrap();
    group.handle.resume(&list(Offset::Invalid, "")).unwrap();
    group.handle.seek(&list(Offset::Offset(7), ""), DEADLINE).unwrap();
    let again: Vec<i64> = group.fetch(2).iter().map(Message::offset).collect();
    assert_eq!(again, [7, 8]);
    assert!(!group.handle.is_lost());
    group.handle.close().unwrap();
}

#[test]
fn a_consumer_without_a_group_is_refused() {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", "127.0.0.1:1");
    let error = Handle::new(&config, Member::default()).err().unwrap();
    assert!(error.to_string().contains("group"), "{error}");
}

/// The embedded broker has no controller to ask, and answers no such question: what was asked for is given back.
#[test]
fn a_question_of_administration_that_nobody_answers_ends_at_its_timeout() {
    let broker = EmbeddedBroker::start().unwrap();
    let client = crate::kafka::connect::inquire(&broker.config()).unwrap();
    let client = rdkafka::consumer::Consumer::client(&client);
    assert!(controller(client) < 1, "the embedded broker's ids begin at 1");
    let error = may_write(client, TOPIC, Duration::from_millis(200)).unwrap_err();
    assert!(matches!(error, NativeError::AdminOp(RDKafkaErrorCode::OperationTimedOut)), "{error}");
    may_write(client, "a\0b", Duration::from_millis(200)).unwrap_err();
}

#[test]
fn a_broker_has_the_address_that_it_is_told_to_have() {
    let client = |brokers: &str| -> BaseProducer {
        ClientConfig::new().set("test.mock.num.brokers", brokers).create().unwrap()
    };
    let owner = client("1");
    assert!(advertise(owner.client(), 1, c"localhost", 4711));
    let metadata = owner.client().fetch_metadata(None, DEADLINE).unwrap();
    let addresses: Vec<_> = metadata.brokers().iter().map(|broker| (broker.host(), broker.port())).collect();
    assert_eq!(addresses, [("localhost", 4711)]);
    let other: BaseProducer = ClientConfig::new().set("bootstrap.servers", "127.0.0.1:9").create().unwrap();
    assert!(!advertise(other.client(), 1, c"localhost", 4711));
}
