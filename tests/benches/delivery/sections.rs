//! What is measured, section by section.

use serde_json::json;

use crate::Options;
use crate::compression::{Codec, Compress};
use crate::consume::{By, Consume};
use crate::lab::Lab;
use crate::latency::{Latency, Paced};
use crate::load::Stream;
use crate::measure::{Figures, Spread, count};
use crate::process::Job;
use crate::publish::{How, Make, Publish};
use crate::report::Report;
use crate::same::assert_same;
use crate::scaling;
use crate::table::{Aim, Row, hundredths, measure, thousands};

const PARTITIONS: i32 = 6;
const PUBLISH: Aim = Aim { ratio: 0.9, cpu_ns: 650.0 };
const CONSUME: Aim = Aim { ratio: 0.9, cpu_ns: 1_000.0 };
/// The library's default.
const LINGER_MS: u64 = 5;
const LINGERS: [u64; 3] = [0, 1, 5];

/// Publishing, acknowledged by all replicas.
pub fn publish(lab: &Lab, report: &Report, options: &Options) {
    let (few, many) = if options.is_quick { (100, 400_000) } else { (300, 1_000_000) };
    for (stream, title) in [
        (Stream::Plain, "publish without headers (rd_kafka_produce)"),
        (Stream::Headed, "publish with headers (rd_kafka_producev)"),
    ] {
        assert_same(lab, stream, PARTITIONS);
        let row = |name, is_reference, how, messages| {
            Row::new(name, move |lab, _| {
                let servers = lab.servers();
                let job = Publish { servers, stream, is_reference, how, messages, linger_ms: LINGER_MS };
                lab.publish(job, PARTITIONS)
            })
        };
        let make = Job::Make(Make { messages: many });
        let rows = [
            row("reference, one by one", true, How::OneByOne, few),
            row("acknowledged one by one", false, How::OneByOne, few).against(0),
            row("reference", true, How::Queued, many),
            row("queued with receipts", false, How::Queued, many).against(2).judged_by(PUBLISH),
            row("batches of 100,000", false, How::Batch, many).against(2).judged_by(PUBLISH),
            Row::new("of these, making and dropping the events", move |_, _| make.measure()),
        ];
        measure(lab, report, title, &rows, options.rounds());
    }
}

/// Consuming a full topic, with decode, dispatch, ledger and commit.
pub fn consume(lab: &Lab, report: &Report, options: &Options) {
    let messages = if options.is_quick { 500_000 } else { 2_000_000 };
    for (stream, title) in
        [(Stream::Plain, "consume without headers"), (Stream::Headed, "consume with headers")]
    {
        lab.fill(stream, PARTITIONS, messages);
        let row = |name, by, work_us| {
            Row::new(name, move |lab, round| {
                let group = group(&format!("{title}, {name}, {round}"));
                lab.consume(Consume { servers: lab.servers(), stream, by, messages, group, work_us })
            })
        };
        let rows = [
            row("reference", By::Reference, 0),
            row("owned", By::Owned, 0).against(0).judged_by(CONSUME),
            row("borrowed", By::Borrowed, 0).against(0).judged_by(CONSUME),
            row("reference that works 1 us", By::Reference, 1),
            row("owned by a handler that works 1 us", By::Owned, 1).against(3),
        ];
        measure(lab, report, title, &rows, options.rounds());
        lab.remove(stream.topic());
    }
}

/// What the linger costs and gains: the default is chosen by this.
pub fn latency(lab: &Lab, report: &Report, options: &Options) {
    let messages = if options.is_quick { 400_000 } else { 1_000_000 };
    let rows = LINGERS.map(|linger_ms| {
        Row::new(format!("linger {linger_ms} ms"), move |lab, _| {
            let (servers, stream) = (lab.servers(), Stream::Headed);
            let job = Publish { servers, stream, is_reference: false, how: How::Queued, messages, linger_ms };
            lab.publish(job, PARTITIONS)
        })
    });
    measure(lab, report, "queued with receipts and headers, full speed", &rows, options.rounds());
    for (title, is_end_to_end) in [("publish to acknowledgement", false), ("publish to handler", true)] {
        report.table(title, &["p50 ms", "p99 ms", "p99.9 ms", "CPU ns", "stored bytes"]);
        for (per_second, linger_ms) in
            [1_000, 10_000].into_iter().flat_map(|pace| LINGERS.map(|ms| (pace, ms)))
        {
            let name = format!("linger {linger_ms} ms, {per_second} messages/s");
            let (rounds, seconds) = if options.is_quick { (1, 2) } else { (3, 5) };
            let (mut paced, mut bytes): (Vec<Paced>, Vec<f64>) = (Vec::new(), Vec::new());
            for round in 0..rounds {
                lab.fresh(Stream::Headed.info(), PARTITIONS);
                let group = is_end_to_end.then(|| group(&format!("{name}, {round}")));
                let job = Latency { servers: lab.servers(), linger_ms, per_second, seconds, group };
                paced.push(Job::Latency(job).measure());
                let topic = Stream::Headed.topic();
                bytes.push(count(lab.stored_bytes(topic)) / count(lab.messages(topic)));
            }
            let median = |of: fn(&Paced) -> f64| Spread::of(paced.iter().map(of)).median;
            let p50 = median(|round| round.percentiles.p50_ms);
            let p99 = median(|round| round.percentiles.p99_ms);
            let p999 = median(|round| round.percentiles.p999_ms);
            let (cpu, bytes) = (median(|round| round.figures.cpu_ns()), Spread::of(bytes).median);
            let mut cells = [p50, p99, p999].map(hundredths).to_vec();
            cells.extend([cpu, bytes].map(thousands));
            let json = json!({
                "table": title, "row": name, "p50_ms": p50, "p99_ms": p99, "p999_ms": p999,
                "cpu_ns_per_message": cpu, "bytes_per_message": bytes, "rounds": paced,
            });
            report.row(&name, &cells, json);
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

/// A group by the name of what is measured: its dead letters have a topic, whose name it is part of.
fn group(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}
