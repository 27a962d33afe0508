//! What a consumer says of its partitions.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::engine::Standing;
use super::{ConsumeError, StartAt};

/// One assigned partition, as its consumer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionStatus {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset up to which all is done: what the next commit holds.
    pub position: Option<i64>,
    /// Messages that are being handled, or are on their way to the dead letters.
    pub in_flight: usize,
    /// Messages that wait for a handler.
    pub waiting: usize,
    /// Those of them that failed, and wait for their next try.
    pub retrying: usize,
    /// Whether nothing is fetched now, since enough waits.
    pub is_paused: bool,
    /// How long nothing of it was done although something waits or is being handled; zero where nothing is.
    pub stalled_for: Duration,
}

impl From<Standing> for PartitionStatus {
    fn from(standing: Standing) -> Self {
        let Standing { place, position, in_flight, waiting, retrying, is_paused, stalled_for } = standing;
        Self {
            topic: place.topic.to_string(),
            partition: place.partition,
            position,
            in_flight,
            waiting,
            retrying,
            is_paused,
            stalled_for,
        }
    }
}

/// How far a consumer is behind in one of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PositionLag {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset up to which all is done, committed or not.
    pub position: i64,
    /// One past the partition's newest message.
    pub end: i64,
    /// Offsets from the position to the end. Compaction and transaction markers leave holes, so there may be fewer
    /// messages.
    pub lag: i64,
}

/// What a handle asks of the consumer.
pub(super) enum Question {
    Partitions(oneshot::Sender<Vec<PartitionStatus>>),
    /// Answered with the number of partitions that go on from elsewhere.
    Seek(StartAt, oneshot::Sender<Result<usize, ConsumeError>>),
}

pub(super) type Questions = mpsc::UnboundedReceiver<Question>;
