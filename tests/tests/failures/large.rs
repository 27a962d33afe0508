//! Dead letters of large messages, and of errors with much to say.

use std::collections::BTreeMap;
use std::fmt;

use cq_events::Consumer;
use cq_events::dead_letter::{ErrorKind, MAX_MESSAGE};
use cq_events::event::Headers;
use cq_events_tests::faults::random::Random;
use cq_events_tests::raw::{Record, header};

use crate::lab::{GROUP, Lab, PARTITIONS, Run, by_source, check, framed, message, settled};
use crate::ward::Ward;

/// Bytes that do not compress.
pub(crate) fn noise(length: u64) -> Vec<u8> {
    let mut random = Random::new(length);
    (0..length).map(|_| random.any() as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_with_headers_of_a_megabyte_are_buried_whole() {
    let lab = Lab::with(&[("max.message.bytes", "4000000")]).await;
    let one = header("large", Some(&noise(1 << 20)));
    let small = |index: u64| header(&format!("h-{index}"), Some(&noise(1_000 + index)));
    let many: Headers = (0..1_000).map(small).collect();
    let mut records = [
        Record { headers: [one].into_iter().collect(), ..framed("key", b"unframed".to_vec()) },
        Record { headers: many.clone(), ..framed("key", [b"unframed", &*noise(1 << 20)].concat()) },
        Record { headers: many, ..message("key", "INS-1", "rejected").await },
        message("key", "INS-2", "good").await,
    ];
    lab.send(&mut records).await;
    let ward = Ward::default();
    let consumer = Consumer::builder(lab.group(GROUP)).handler(ward.clone()).build().await;
    let run = Run::of(consumer.expect("it can be built"));
    settled(&lab, GROUP).await;
    run.shut_down().await;
    let dead = lab.dead(GROUP).await;
    let buried = by_source(&dead);
    for (source, kind) in records.iter().zip([ErrorKind::Unframed, ErrorKind::Unframed, ErrorKind::Rejected])
    {
        check(buried[&source.place()][0], source, kind, PARTITIONS);
    }
    assert_eq!((dead.len(), ward.count()), (3, 1));
}

/// An error with causes, each of which has a say.
#[derive(Debug)]
pub(crate) struct Cause(pub(crate) String, pub(crate) Option<Box<Cause>>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_error_says_is_kept_as_it_is_up_to_a_kibibyte_in_whole_characters() {
    let lab = Lab::start().await;
    let control: String = (0..=0x9F_u8).map(char::from).filter(|c| c.is_control()).collect();
    let chain =
        |length: usize| (0..length).map(|level| format!("{level} \u{20AC}\u{1F525}")).collect::<Vec<_>>();
    // 100 causes of some 100 characters.
    let long: Vec<String> = (0..100).map(|level| format!("{level} {}", "\u{20AC}".repeat(97))).collect();
    let words: BTreeMap<&str, Vec<String>> = [
        ("control", vec![format!("\u{1B}[31mred\u{1B}[0m\r\n{control}")]),
        ("nothing", vec![String::new()]),
        ("short", chain(3)),
        ("long", long),
    ]
    .into();
    let (mut records, mut told) = (Vec::new(), Vec::new());
    for (id, causes) in words {
        records.push(message("key", id, "errs").await);
        told.push(causes);
    }
    lab.send(&mut records).await;
    let ward = Ward::default();
    for (record, causes) in records.iter().zip(&told) {
        ward.errs(record.place(), causes.clone());
    }
    let consumer = Consumer::builder(lab.group(GROUP)).handler(ward.clone()).build().await;
    let run = Run::of(consumer.expect("it can be built"));
    settled(&lab, GROUP).await;
    run.shut_down().await;
    let dead = lab.dead(GROUP).await;
    let buried = by_source(&dead);
    for (record, causes) in records.iter().zip(&told) {
        let letter = check(buried[&record.place()][0], record, ErrorKind::Rejected, PARTITIONS);
        assert_eq!(letter.exception, "failures::large::Cause");
        let (all, message) = (causes.join(": "), letter.message);
        println!("{} characters, {} bytes: {} bytes are kept", all.chars().count(), all.len(), message.len());
        assert!(all.starts_with(&message));
        match all.len() {
            ..=MAX_MESSAGE => assert_eq!(message, all),
            _ => assert!((MAX_MESSAGE - 3..=MAX_MESSAGE).contains(&message.len())),
        }
    }
    assert_eq!(dead.len(), records.len());
}
