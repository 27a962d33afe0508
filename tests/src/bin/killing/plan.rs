//! Which faults there are, and in which order.

use cq_events_tests::faults::random::Random;
use cq_events_tests::faults::record::Kind;

/// All kinds that can be planned.
const KINDS: [Kind; 8] = [
    Kind::ConsumerKill,
    Kind::ConsumerStall,
    Kind::BrokerKill,
    Kind::ConsumerRestart,
    Kind::ConsumerVisit,
    Kind::ConsumerPause,
    Kind::BrokerPause,
    Kind::BrokerRestart,
];

/// Kills of consumers alone: what shows that a consumer with a bug loses events.
pub(crate) fn kills(faults: usize) -> Vec<Kind> {
    vec![Kind::ConsumerKill; faults]
}

/// So many faults: each kind as often as the others, in an order that the seed decides.
pub(crate) fn plan(random: &mut Random, faults: usize) -> Vec<Kind> {
    let mut plan = Vec::new();
    while plan.len() < faults {
        let mut round = KINDS;
        random.shuffle(&mut round);
        plan.extend(round);
    }
    plan.truncate(faults);
    plan
}
