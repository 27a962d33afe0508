//! Messages that no try helps.

use std::collections::BTreeMap;
use std::sync::Arc;

use chip_quality_events::inspection::InspectionEvent;
use cq_events::Consumer;
use cq_events::codec::write_frame;
use cq_events::dead_letter::{ErrorKind, header as ours};
use cq_events::event::{Headers, StreamSchema as _};
use cq_events::registry::SchemaId;
use cq_events_tests::raw::{Record, header};
use cq_events_tests::recorder::eventually;

use crate::lab::{
    GROUP, Lab, MILLI, PARTITIONS, Run, by_source, check, framed, inspection, message, own_id, value,
};
use crate::versions::Versions;
use crate::ward::Ward;

/// Ids of schemas: one that nobody knows, and one that cannot be read as ours.
const UNKNOWN: SchemaId = SchemaId::new(4_711);
const INCOMPATIBLE: SchemaId = SchemaId::new(4_712);

/// Headers as a message may have them: keys that repeat, no text, no value, nothing, and some that are ours.
fn headers() -> Headers {
    let headers = [
        header("trace", Some(b"1")),
        header("trace", None),
        header("", Some(b"\xFF\x00\xFE")),
        header(ours::KIND, Some(b"forged")),
        header("trace", Some(b"")),
    ];
    headers.into_iter().collect()
}

/// The writer's schema: a chip's name is a number.
fn incompatible() -> String {
    let text = InspectionEvent::STREAM.schema;
    let (before, after) = text.split_at(text.find("\"chip_id\"").expect("the field is there"));
    format!("{before}{}", after.replacen("\"string\"", "\"long\"", 1))
}

/// A message of each kind, and one without a key.
async fn poison() -> Vec<(ErrorKind, Record)> {
    let own = own_id().await;
    let good = inspection("poison", "INS-1", "good");
    let with = |schema, rest: &[u8]| {
        let mut value = Vec::new();
        write_frame(schema, &mut value);
        value.extend(rest);
        framed("poison", value)
    };
    let mut cut = value(own, &good);
    cut.truncate(cut.len() - 3);
    let mut all = vec![
        (ErrorKind::Unframed, framed("poison", b"{\"inspection_id\": 1}".to_vec())),
        (ErrorKind::Unframed, framed("poison", Vec::new())),
        (ErrorKind::Undecodable, framed("poison", cut)),
        (ErrorKind::Undecodable, with(own, &[0x80])),
        (ErrorKind::UnknownSchema, framed("poison", value(UNKNOWN, &good))),
        (ErrorKind::Unresolvable, framed("poison", value(INCOMPATIBLE, &good))),
        (ErrorKind::Unframed, Record { key: None, ..framed("", b"no key".to_vec()) }),
    ];
    for (kind, fate) in [
        (ErrorKind::Rejected, "rejected"),
        (ErrorKind::Panicked, "panicked"),
        (ErrorKind::Failed, "failed"),
        (ErrorKind::TimedOut, "hangs"),
    ] {
        all.push((kind, message("poison", format!("INS-{fate}"), fate).await));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_of_every_kind_lies_among_the_dead_letters_as_it_was_and_all_else_is_handled() {
    let lab = Lab::start().await;
    let (mut records, mut kinds, mut good) = (Vec::new(), BTreeMap::new(), 0);
    for partition in 0..PARTITIONS {
        for (number, (kind, poison)) in poison().await.into_iter().enumerate() {
            // Before and behind each, of the same key and of others.
            for key in ["poison", "other", "another"] {
                let id = format!("INS-{partition}-{number}-{key}");
                records.push(Record { partition, ..message(key, id, "good").await });
                good += 1;
            }
            kinds.insert(records.len(), kind);
            records.push(Record { partition, headers: headers(), ..poison });
        }
    }
    lab.send(&mut records).await;

    let (ward, registry) = (Ward::default(), Arc::new(Versions::default()));
    registry.add(INCOMPATIBLE, &incompatible());
    ward.says("no such chip");
    let policy = cq_events::event::FailurePolicy::new().handler_deadline(300 * MILLI);
    let consumer = Consumer::builder(lab.group(GROUP))
        .handler(ward.clone())
        .registry(registry)
        .retries(2, 20 * MILLI)
        .failure_policy(policy)
        .build()
        .await
        .expect("it can be built");
    let run = Run::of(consumer);
    let dead_count = || run.handle.metrics().messages_dead_lettered;
    eventually("all poison is among the dead letters", || dead_count() >= kinds.len() as u64).await;
    eventually("all else is handled", || ward.count() >= good).await;
    run.shut_down().await;

    let dead = lab.dead(GROUP).await;
    let buried = by_source(&dead);
    let mut told = BTreeMap::new();
    for (index, kind) in &kinds {
        let source = &records[*index];
        let letters = buried.get(&source.place()).expect("it is among the dead letters");
        assert_eq!(letters.len(), 1, "once");
        let letter = check(letters[0], source, *kind, PARTITIONS);
        let attempts = match kind {
            ErrorKind::Failed | ErrorKind::TimedOut | ErrorKind::UnknownSchema => 3,
            _ => 1,
        };
        assert_eq!(letter.attempts, attempts, "{kind}");
        if matches!(kind, ErrorKind::Rejected | ErrorKind::Panicked | ErrorKind::Failed) {
            assert!(letter.message.contains("no such chip"), "{}", letter.message);
        }
        told.entry(*kind).or_insert((letter.exception, letter.message));
    }
    for (kind, (exception, message)) in &told {
        println!("{kind:<15} {exception:<32} {message}");
    }
    assert_eq!(told.len(), ErrorKind::ALL.len(), "each kind occurs");
    assert_eq!((dead.len(), ward.count()), (kinds.len(), good), "nothing more, and nothing twice");
    assert_eq!(lab.standing(GROUP).await, (records.len() as i64, 0));
    // What is good of a key is handled in its order, around the poison.
    for partition in 0..PARTITIONS {
        for key in ["poison", "other", "another"] {
            let mut offsets = ward.handled();
            offsets.retain(|handling| handling.place.0 == partition && handling.key == key);
            assert!(offsets.is_sorted_by_key(|handling| handling.place.1), "{offsets:?}");
        }
    }
    println!("{} messages: {good} handled, {} dead letters, lag 0", records.len(), dead.len());
}
