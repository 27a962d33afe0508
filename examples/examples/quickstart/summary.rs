//! What came of the day, for people, and whether it is complete.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use chip_quality_events::STREAMS;
use cq_events::kafka::{PartitionLag, PartitionOffset};
use cq_events::observe::{ConsumerMetrics, ProducerMetrics};

use crate::line::Figures;
use crate::tally::Count;

pub struct Summary {
    pub broker: String,
    pub took: Duration,
    pub counts: BTreeMap<&'static str, Count>,
    pub figures: Figures,
    pub before: Vec<PartitionOffset>,
    pub after: Vec<PartitionOffset>,
    pub lag: Vec<PartitionLag>,
    pub produced: ProducerMetrics,
    pub consumed: ConsumerMetrics,
}

impl Summary {
    /// Whether every event type was published and handled equally often, the topics grew by just as much, and
    /// nothing is left to read.
    pub fn is_complete(&self) -> bool {
        let count = |fullname| self.counts.get(fullname).copied().unwrap_or_default();
        let counts_agree = STREAMS.iter().flat_map(|stream| stream.events).all(|event| {
            let Count { published, handled } = count(event.fullname);
            published > 0 && handled == published
        });
        counts_agree
            && STREAMS.iter().all(|stream| self.growth(stream.topic) == self.published(stream))
            && self.total_lag() == 0
    }

    fn published(&self, stream: &cq_events::event::StreamInfo) -> i64 {
        let counts = stream.events.iter().filter_map(|event| self.counts.get(event.fullname));
        counts.map(|count| i64::try_from(count.published).unwrap_or(i64::MAX)).sum()
    }

    /// By how many messages a topic grew.
    fn growth(&self, topic: &str) -> i64 {
        let end = |offsets: &[PartitionOffset]| -> i64 {
            offsets.iter().filter(|offset| offset.topic == topic).map(|offset| offset.offset).sum()
        };
        end(&self.after) - end(&self.before)
    }

    fn total_lag(&self) -> i64 {
        self.lag.iter().map(|partition| partition.lag).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A production day on {}, in {:.1} s\n", self.broker, self.took.as_secs_f64())?;
        writeln!(f, "{:<15} {:<22} {:>9} {:>8}", "stream", "event", "published", "handled")?;
        for stream in STREAMS {
            for event in stream.events {
                let Count { published, handled } =
                    self.counts.get(event.fullname).copied().unwrap_or_default();
                let mark = if published > 0 && published == handled { "" } else { "  <- differs" };
                writeln!(
                    f,
                    "{:<15} {:<22} {published:>9} {handled:>8}{mark}",
                    stream.name, event.event_type
                )?;
            }
        }
        writeln!(f, "\n{:<32} {:>9} {:>8}", "topic", "published", "grew by")?;
        for stream in STREAMS {
            writeln!(
                f,
                "{:<32} {:>9} {:>8}",
                stream.topic,
                self.published(stream),
                self.growth(stream.topic)
            )?;
        }
        writeln!(f, "\nYield per batch")?;
        for (id, batch) in &self.figures.batches {
            let percent = f64::from(batch.passed) * 100.0 / f64::from(batch.inspected.max(1));
            let reported = batch.reported_yield.as_deref().unwrap_or("?");
            writeln!(
                f,
                "  {id}  planned {:>2}, inspected {:>2}, passed {:>2} ({percent:.1} %); reported by the line: {reported} %",
                batch.planned, batch.inspected, batch.passed
            )?;
        }
        writeln!(f, "Defects by type and severity")?;
        for ((defect_type, severity), count) in &self.figures.defects {
            writeln!(f, "  {defect_type:<16} {severity:<9} {count:>3}")?;
        }
        writeln!(f, "Alerts")?;
        for (severity, title) in &self.figures.alerts {
            writeln!(f, "  {severity:<9} {title}")?;
        }
        writeln!(f, "\nproducer  {:?}", self.produced)?;
        writeln!(f, "consumer  {:?}", self.consumed)?;
        writeln!(f, "lag       {} over {} partitions", self.total_lag(), self.lag.len())?;
        let verdict = if self.is_complete() {
            "complete: every event that was published was handled, once"
        } else {
            "NOT COMPLETE: the counts differ"
        };
        write!(f, "\n{verdict}")
    }
}
