//! How the consumer ends.

use std::time::Instant;

use super::partition::Partition;
use super::{Engine, Output, Phase, StopReason};

/// The end under way.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) reason: StopReason,
    pub(super) phase: Phase,
}

impl Engine {
    pub(super) fn shutdown(&mut self, now: Instant) {
        self.begin_stop(StopReason::Shutdown { unfinished: 0 }, now);
    }

    pub(super) fn begin_stop(&mut self, reason: StopReason, now: Instant) {
        self.partitions.values_mut().for_each(Partition::close);
        let deadline = now + self.settings.shutdown_deadline;
        match &mut self.stop {
            None => self.stop = Some(Stop { reason, phase: Phase::Draining { deadline } }),
            // A failure on the way out must be told; the first one counts.
            Some(stop) if matches!(stop.reason, StopReason::Shutdown { .. }) => stop.reason = reason,
            Some(_) => {}
        }
    }

    pub(super) fn advance_stop(&mut self, now: Instant) {
        // The group waits for a revoke, so that comes first.
        if self.revoke.is_some() {
            return;
        }
        let Some(mut stop) = self.stop.take() else { return };
        if let Some(phase) = self.advance_phase(stop.phase, self.in_flight() > 0, |_| true, now) {
            stop.phase = phase;
            self.stop = Some(stop);
            return;
        }
        if let StopReason::Shutdown { unfinished } = &mut stop.reason {
            *unfinished = self.in_flight();
        }
        self.stopped = true;
        self.outputs.push_back(Output::Stop(stop.reason.clone()));
        self.stop = Some(stop);
    }
}
