//! What is measured, section by section.

use serde_json::json;

use crate::Options;
use crate::compression::{Codec, Compress};
use crate::consume::{By, Consume};
use crate::lab::Lab;
use crate::latency::Latency;
use crate::load::Stream;
use crate::measure::{Figures, Percentiles, Spread, count};
use crate::process::Job;
use crate::publish::{How, Make, Publish};
use crate::report::Report;
use crate::scaling;
use crate::table::{Aim, Row, hundredths, measure, thousands};

const PARTITIONS: i32 = 6;
const PUBLISH: Aim = Aim { ratio: 0.9, cpu_ns: 650.0 };
const CONSUME: Aim = Aim { ratio: 0.9, cpu_ns: 1_000.0 };
/// The library's default, and the design's.
const LINGER_MS: u64 = 5;

/// Publishing, acknowledged by all replicas.
pub fn publish(lab: &Lab, report: &Report, options: &Options) {
    let (few, many) = if options.is_quick { (100, 400_000) } else { (300, 1_000_000) };
    for (stream, title) in [
        (Stream::Plain, "publish without headers (rd_kafka_produce)"),
        (Stream::Headed, "publish with headers (rd_kafka_producev)"),
    ] {
        let row = |name, is_reference, how, messages, reference, aim| Row {
            name,
            reference,
            aim,
            run: Box::new(move |lab: &Lab, _| {
                let servers = lab.servers();
                let job = Publish { servers, stream, is_reference, how, messages, linger_ms: LINGER_MS };
                lab.publish(job, PARTITIONS)
            }),
        };
        let make = Job::Make(Make { messages: many });
        let rows = [
            row("reference, one by one", true, How::OneByOne, few, None, None),
            row("acknowledged one by one", false, How::OneByOne, few, Some(0), None),
            row("reference", true, How::Queued, many, None, None),
            row("queued with receipts", false, How::Queued, many, Some(2), Some(PUBLISH)),
            row("batches of 100,000", false, How::Batch, many, Some(2), Some(PUBLISH)),
            Row {
                name: "of these, making and dropping the events",
                reference: None,
                aim: None,
                run: Box::new(move |_, _| make.measure()),
            },
        ];
        measure(lab, report, title, &rows, options.rounds());
    }
}

/// Consuming a full topic, with decode, dispatch, ledger and commit.
pub fn consume(lab: &Lab, report: &Report, options: &Options) {
    let messages = if options.is_quick { 400_000 } else { 1_000_000 };
    for (stream, title) in
        [(Stream::Plain, "consume without headers"), (Stream::Headed, "consume with headers")]
    {
        lab.fill(stream, PARTITIONS, messages);
        let row = |name: &'static str, by, work_us, reference, aim| Row {
            name,
            reference,
            aim,
            run: Box::new(move |lab: &Lab, round| {
                let group = format!("{title}, {name}, {round}");
                lab.consume(Consume { servers: lab.servers(), stream, by, messages, group, work_us })
            }),
        };
        let rows = [
            row("reference", By::Reference, 0, None, None),
            row("owned", By::Owned, 0, Some(0), Some(CONSUME)),
            row("borrowed", By::Borrowed, 0, Some(0), Some(CONSUME)),
            row("reference that works 1 us", By::Reference, 1, None, None),
            row("owned by a handler that works 1 us", By::Owned, 1, Some(3), None),
        ];
        measure(lab, report, title, &rows, options.rounds());
        lab.remove(stream.topic());
    }
}

/// What the linger costs and gains: the default is chosen by this.
pub fn latency(lab: &Lab, report: &Report, options: &Options) {
    let lingers = [0, 1, 5];
    let messages = if options.is_quick { 400_000 } else { 1_000_000 };
    let rows = lingers.map(|linger_ms| Row {
        name: ["queued, linger 0 ms", "queued, linger 1 ms", "queued, linger 5 ms"]
            [lingers.iter().position(|known| *known == linger_ms).unwrap_or_default()],
        reference: None,
        aim: None,
        run: Box::new(move |lab: &Lab, _| {
            let (servers, stream) = (lab.servers(), Stream::Headed);
            let job = Publish { servers, stream, is_reference: false, how: How::Queued, messages, linger_ms };
            lab.publish(job, PARTITIONS)
        }),
    });
    measure(lab, report, "full speed by linger", &rows, options.rounds());
    let seconds = if options.is_quick { 2 } else { 10 };
    for (title, is_end_to_end) in [("publish to acknowledgement", false), ("publish to handler", true)] {
        report.table(title, &["p50 ms", "p99 ms", "p99.9 ms", "samples"]);
        for per_second in [1_000, 10_000] {
            for linger_ms in lingers {
                lab.fresh(Stream::Headed.info(), PARTITIONS);
                let group = is_end_to_end.then(|| format!("latency-{per_second}-{linger_ms}"));
                let job = Latency { servers: lab.servers(), linger_ms, per_second, seconds, group };
                let found: Percentiles = Job::Latency(job).measure();
                let name = format!("linger {linger_ms} ms, {per_second} messages/s");
                let Percentiles { samples, p50_ms, p99_ms, p999_ms } = found;
                let mut cells = [p50_ms, p99_ms, p999_ms].map(hundredths).to_vec();
                cells.push(samples.to_string());
                report.row(&name, &cells, json!({"table": title, "row": name, "percentiles": found}));
            }
        }
    }
}

/// What the codecs make of the platform's events of all kinds, and what they cost the producer.
pub fn compression(lab: &Lab, report: &Report, options: &Options) {
    let title = "compression of production days";
    report.table(title, &["bytes/message", "of none", "CPU ns", "messages/s"]);
    let days = if options.is_quick { 500 } else { 2_000 };
    let mut uncompressed = None;
    for codec in Codec::ALL {
        for stream in chip_quality_events::STREAMS {
            lab.fresh(stream, stream.topic_spec.partitions);
        }
        let job = Compress { servers: lab.servers(), codec, days };
        let figures: Figures = Job::Compress(job).measure();
        let topics = || chip_quality_events::STREAMS.iter().map(|stream| stream.topic);
        let messages: u64 = topics().map(|topic| lab.messages(topic)).sum();
        assert_eq!(messages, figures.messages, "the broker has each message once");
        let bytes: u64 = topics().map(|topic| lab.stored_bytes(topic)).sum();
        let each = count(bytes) / count(messages);
        let of_none = each / *uncompressed.get_or_insert(each);
        let (speed, cpu) = (figures.per_second(), figures.cpu_ns());
        let cells = [format!("{each:.1}"), hundredths(of_none), thousands(cpu), thousands(speed)];
        report.row(
            codec.name(),
            &cells,
            json!({
                "table": title, "row": codec.name(), "bytes_per_message": each, "of_none": of_none,
                "cpu_ns_per_message": cpu, "messages_per_second": speed, "messages": messages,
            }),
        );
    }
    chip_quality_events::STREAMS.iter().for_each(|stream| lab.remove(stream.topic));
}

/// Consumers of one group, each a process, on a topic of 12 partitions.
pub fn scaling(lab: &Lab, report: &Report, options: &Options) {
    let title = "consumers of one group, 12 partitions";
    let messages = if options.is_quick { 500_000 } else { 2_000_000 };
    report.table(title, &["messages/s", "least", "most"]);
    lab.fill(Stream::Plain, 12, messages);
    let members = [1, 2, 4];
    let mut speeds = members.map(|_| Vec::new());
    for round in 0..options.rounds() {
        for (members, speeds) in members.into_iter().zip(&mut speeds) {
            let group = format!("scaling-{members}-{round}");
            speeds.push(scaling::measure(lab, Stream::Plain.topic(), 12, messages, members, &group));
        }
    }
    for (members, speeds) in members.into_iter().zip(speeds) {
        let speed = Spread::of(speeds);
        let cells = [speed.median, speed.least, speed.most].map(thousands);
        report.row(
            &members.to_string(),
            &cells,
            json!({"table": title, "row": members, "messages_per_second": speed}),
        );
    }
    lab.remove(Stream::Plain.topic());
}
