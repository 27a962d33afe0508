//! The group's coordinator, as far as a consumer sees it: who owns what, in rebalances that are cooperative.

use std::collections::{BTreeMap, BTreeSet};

use super::member::MemberId;
use crate::consume::engine::{Commit, CommitId};

/// What a member sends to the coordinator.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Join,
    /// Where the group stands in these partitions; the number tells the answers apart.
    Offsets(u64, Vec<i32>),
    Commit(Vec<Commit>, Option<CommitId>),
    /// A rebalance is complete: what was given is taken, or what was asked for is given back.
    Took,
    /// With whether its time ran out: what was done at the very end may not be committed.
    GaveBack(Vec<i32>, bool),
    Left(bool),
}

/// What the coordinator sends to a member.
#[derive(Clone, Debug)]
pub(super) enum Notice {
    Assigned(Vec<i32>),
    Revoked(Vec<i32>),
    /// The member is none any more.
    Lost,
    /// Where the group stands; None: the question failed.
    Offsets(u64, Option<Vec<crate::consume::engine::Assignment>>),
    Committed(Option<CommitId>, Reply),
}

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Taken,
    Refused,
    /// Refused since the group rebalances.
    Deferred,
}

#[derive(Default)]
pub(super) struct Group {
    /// The members, and which rebalance each has to complete.
    members: BTreeMap<MemberId, Option<u64>>,
    last_rebalance: u64,
    owners: BTreeMap<i32, Option<MemberId>>,
    /// Partitions of which a commit went wrong since they have their owner.
    troubled: BTreeSet<i32>,
}

impl Group {
    pub(super) fn new(partitions: i32) -> Self {
        Self { owners: (0..partitions).map(|partition| (partition, None)).collect(), ..Self::default() }
    }

    pub(super) fn has(&self, member: MemberId) -> bool {
        self.members.contains_key(&member)
    }

    pub(super) fn owner(&self, partition: i32) -> Option<MemberId> {
        self.owners.get(&partition).copied().flatten()
    }

    pub(super) fn owned_by(&self, member: MemberId) -> Vec<i32> {
        let owned = self.owners.iter().filter(|(_, owner)| **owner == Some(member));
        owned.map(|(partition, _)| *partition).collect()
    }

    pub(super) fn is_rebalancing(&self) -> bool {
        self.members.values().any(Option::is_some)
    }

    pub(super) fn join(&mut self, member: MemberId) {
        self.members.insert(member, None);
    }

    /// A commit of the partition went wrong.
    pub(super) fn trouble(&mut self, partition: i32) {
        self.troubled.insert(partition);
    }

    /// A commit of the partition was taken.
    pub(super) fn trouble_is_over(&mut self, partition: i32) {
        self.troubled.remove(&partition);
    }

    /// Which rebalance the member has to complete.
    pub(super) fn rebalance_of(&self, member: MemberId) -> Option<u64> {
        self.members.get(&member).copied().flatten()
    }

    /// The member's rebalance is complete.
    pub(super) fn complete(&mut self, member: MemberId) {
        if let Some(rebalance) = self.members.get_mut(&member) {
            *rebalance = None;
        }
    }

    /// Frees a partition. Says whether a commit of it went wrong while it had its owner.
    pub(super) fn free(&mut self, partition: i32) -> bool {
        self.owners.insert(partition, None);
        self.troubled.remove(&partition)
    }

    pub(super) fn remove(&mut self, member: MemberId) {
        self.members.remove(&member);
    }

    /// What the members are told next, so that each gets its share.
    pub(super) fn rebalance(&mut self) -> Vec<(MemberId, Notice)> {
        let shares = self.shares();
        let mut notices = Vec::new();
        for (member, rebalance) in self.members.iter_mut().filter(|(_, rebalance)| rebalance.is_none()) {
            let owned = |(_, owner): &(&i32, &Option<MemberId>)| **owner == Some(*member);
            let is_mine = |partition: &i32| shares.get(partition) == Some(member);
            let of = |partitions: Vec<i32>| (!partitions.is_empty()).then_some(partitions);
            let surplus = self.owners.iter().filter(owned).map(|(partition, _)| *partition);
            let surplus = of(surplus.filter(|partition| !is_mine(partition)).collect());
            let free =
                self.owners.iter().filter(|(_, owner)| owner.is_none()).map(|(partition, _)| *partition);
            let free = of(free.filter(is_mine).collect());
            let notice = match (surplus, free) {
                (Some(surplus), _) => Notice::Revoked(surplus),
                (None, Some(free)) => {
                    self.owners.extend(free.iter().map(|partition| (*partition, Some(*member))));
                    Notice::Assigned(free)
                }
                (None, None) => continue,
            };
            self.last_rebalance += 1;
            *rebalance = Some(self.last_rebalance);
            notices.push((*member, notice));
        }
        notices
    }

    /// Who should have which partition: as many for each, and those that it has where that is possible.
    fn shares(&self) -> BTreeMap<i32, MemberId> {
        let mut room: BTreeMap<MemberId, usize> = BTreeMap::new();
        let (partitions, members) = (self.owners.len(), self.members.len().max(1));
        for (index, member) in self.members.keys().enumerate() {
            room.insert(*member, partitions / members + usize::from(index < partitions % members));
        }
        let mut shares = BTreeMap::new();
        for (partition, owner) in &self.owners {
            if let Some(owner) = owner
                && let Some(room) = room.get_mut(owner).filter(|room| **room > 0)
            {
                *room -= 1;
                shares.insert(*partition, *owner);
            }
        }
        for partition in self.owners.keys() {
            if !shares.contains_key(partition)
                && let Some((member, room)) = room.iter_mut().find(|(_, room)| **room > 0)
            {
                *room -= 1;
                shares.insert(*partition, *member);
            }
        }
        shares
    }
}
