//! What a group remembers of its replays.

use std::collections::BTreeMap;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::KafkaError as NativeError;
use rdkafka::topic_partition_list::Offset;

use crate::error::Error;
use crate::read::{Reader, Span};
use crate::replay::settled::Settled;

/// An offset and its metadata, as they are committed.
type Committed = Option<(i64, String)>;

/// What a group has settled of a topic, in the partitions that are looked at.
pub(super) struct Memory<'r> {
    reader: &'r Reader,
    topic: &'r str,
    group: &'r str,
    partitions: BTreeMap<i32, Partition>,
}

struct Partition {
    settled: Settled,
    committed: Committed,
}

impl<'r> Memory<'r> {
    /// What the group has committed.
    pub(super) fn load(
        reader: &'r Reader,
        (topic, group): (&'r str, &'r str),
        spans: &[Span],
    ) -> Result<Self, Error> {
        let mut memory = Self { reader, topic, group, partitions: BTreeMap::new() };
        for (partition, committed) in memory.ask(spans.iter().map(|span| span.partition))? {
            let settled = match &committed {
                Some((offset, metadata)) => Settled::read(*offset, metadata),
                None => Settled::default(),
            };
            memory.partitions.insert(partition, Partition { settled, committed });
        }
        Ok(memory)
    }

    /// What lies before the oldest letter is gone. A position behind the end is that of another topic.
    pub(super) fn adapt(&mut self, whole: &[Span]) -> Result<(), Error> {
        for span in whole {
            let Some(partition) = self.partitions.get_mut(&span.partition) else { continue };
            let position = partition.settled.position();
            if position > span.end {
                let Span { partition, end, .. } = span;
                return Err(Error::Replay(format!(
                    "group `{}` has committed offset {position} of {}/{partition}, which ends at {end}: the topic was \
                     made anew. Take another --replay-group, or --again",
                    self.group, self.topic
                )));
            }
            partition.settled.add(0..span.start);
        }
        Ok(())
    }

    pub(super) fn settled(&self, partition: i32) -> Option<&Settled> {
        self.partitions.get(&partition).map(|partition| &partition.settled)
    }

    pub(super) fn settle(&mut self, partition: i32, offsets: std::ops::Range<i64>) {
        if let Some(partition) = self.partitions.get_mut(&partition) {
            partition.settled.add(offsets);
        }
    }

    /// Commits what has changed. Of two replays at once, the one that comes second stops.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        let mut changed = BTreeMap::new();
        for (number, partition) in &self.partitions {
            let now = (partition.settled.position(), partition.settled.metadata());
            let is_nothing = partition.committed.is_none() && now.0 == 0 && now.1.is_empty();
            if partition.committed.as_ref() != Some(&now) && !is_nothing {
                changed.insert(*number, now);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        for (number, found) in self.ask(changed.keys().copied())? {
            if self.partitions.get(&number).is_some_and(|partition| partition.committed != found) {
                return Err(Error::Replay(format!(
                    "somebody else has committed offsets of group `{}` since this replay began: is there another one? \
                     What was published since the last commit, a moment ago, will be published again",
                    self.group
                )));
            }
        }
        let mut list = TopicPartitionList::new();
        for (number, (offset, metadata)) in &changed {
            let mut element = list.add_partition(self.topic, *number);
            element.set_offset(Offset::Offset(*offset)).map_err(|error| self.refused("commit", &error))?;
            element.set_metadata(metadata);
        }
        let committed = self.reader.consumer.commit(&list, CommitMode::Sync);
        committed.map_err(|error| self.refused("commit", &error))?;
        for (number, now) in changed {
            if let Some(partition) = self.partitions.get_mut(&number) {
                partition.committed = Some(now);
            }
        }
        Ok(())
    }

    fn ask(&self, partitions: impl Iterator<Item = i32>) -> Result<Vec<(i32, Committed)>, Error> {
        let mut list = TopicPartitionList::new();
        partitions.for_each(|partition| _ = list.add_partition(self.topic, partition));
        if list.count() == 0 {
            return Ok(Vec::new());
        }
        let timeout = self.reader.cluster.timeout;
        let list = self.reader.consumer.committed_offsets(list, timeout);
        let list = list.map_err(|error| self.refused("read", &error))?;
        let committed = list.elements().into_iter().map(|element| {
            element.error().map_err(|error| self.refused("read", &error))?;
            let committed = match element.offset() {
                Offset::Offset(offset) => Some((offset, element.metadata().to_owned())),
                _ => None,
            };
            Ok((element.partition(), committed))
        });
        committed.collect()
    }

    fn refused(&self, action: &str, error: &NativeError) -> Error {
        self.reader.cluster.request(format!("{action} the offsets of group `{}`", self.group), error)
    }
}
