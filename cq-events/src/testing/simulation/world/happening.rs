//! What happens in a run.

use super::*;

/// Something that happens at its time.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Publish,
    Fault,
    Calm,
    Start(usize),
    /// A process that stood still goes on.
    GoOn(usize),
    Fetch(MemberId),
    Wake(MemberId, u64),
    Tick(MemberId),
    /// A request arrives at the group.
    Request(MemberId, Request),
    /// A notice arrives at a member.
    Notice(MemberId, Notice),
    /// A handler is at its deadline.
    CutOff(MemberId, u64),
    /// A dead letter leaves its member, is written, and its member knows.
    Leaves(MemberId, u64, Fate),
    Written(i32, i64),
    Answered(MemberId, u64, Answer),
    /// A retry should have come.
    Look(MemberId),
    /// The engine is told something that the driver held back.
    Later(MemberId, Input),
    /// What a member fetches from now on is from where it sought.
    Sought(MemberId, SeekId, Vec<(TopicPartition, i64)>),
    /// A member must have completed this rebalance.
    Overdue(MemberId, Option<u64>),
    /// The group loses patience with a member.
    Expel(MemberId),
}
