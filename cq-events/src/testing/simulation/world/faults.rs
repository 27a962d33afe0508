//! What goes wrong, as the seed says.

use super::*;

impl World {
    pub(super) fn fault(&mut self) -> Result<(), Broken> {
        if self.is_calm {
            return Ok(());
        }
        let pause = self.random.millis(300..2_500);
        self.after(pause, Happening::Fault);
        let alive: Vec<usize> = self.members.keys().copied().collect();
        let Some(slot) = alive.get(self.random.below(alive.len())).copied() else { return Ok(()) };
        match self.random.below(15) {
            0..3 => self.crash(slot),
            3..5 => {
                let time = self.random.millis(100..1_500);
                self.stall(slot, time);
            }
            5 => {
                let time = SESSION + self.random.millis(500..6_000);
                if let Some(id) = self.stall(slot, time) {
                    self.after(SESSION, Happening::Expel(id));
                }
            }
            6..8 => {
                if let Some(id) = self.members.get(&slot).map(|member| member.id) {
                    self.expel(id)?;
                }
            }
            8..11 => {
                self.tally.count("shutdowns");
                if let Some(id) = self.members.get(&slot).map(|member| member.id) {
                    self.note(|| format!("{id} is told to shut down"));
                    self.after(Duration::ZERO, Happening::Later(id, Input::Shutdown));
                }
            }
            11 => self.seek(slot),
            12..14 => {
                self.note(|| "the registry is down".to_owned());
                self.tally.count("times that the registry is down");
                let time = self.random.millis(300..7_000);
                self.registry.fail_until(self.now + time);
            }
            // More of them.
            _ => {
                let free = (0..SLOTS).find(|slot| !self.members.contains_key(slot));
                free.into_iter().for_each(|slot| self.start(slot));
            }
        }
        Ok(())
    }

    /// Somebody wants to see again what was handled.
    pub(super) fn seek(&mut self, slot: usize) {
        let Some(member) = self.members.get(&slot) else { return };
        let (id, partitions) = (member.id, member.fetching.keys().copied().collect::<Vec<_>>());
        let mut targets = Vec::new();
        for partition in partitions {
            let (committed, _) = self.checker.committed(partition);
            targets.push((at(partition), self.random.below(committed as usize + 1) as i64));
        }
        self.note(|| format!("{id} is to seek: {targets:?}"));
        self.after(Duration::ZERO, Happening::Later(id, Input::Seek(targets)));
    }

    pub(super) fn crash(&mut self, slot: usize) {
        let Some(member) = self.members.remove(&slot) else { return };
        let id = member.id;
        self.note(|| format!("{id} crashes"));
        self.tally.count("crashes");
        self.after(SESSION, Happening::Expel(id));
        self.end(member);
    }

    pub(super) fn stall(&mut self, slot: usize, time: Duration) -> Option<MemberId> {
        let id = self.members.get(&slot)?.id;
        self.note(|| format!("{id} stands still for {time:?}"));
        self.tally.count(if time > SESSION { "stalls past the session" } else { "short stalls" });
        let (until, _) = self.stalled.entry(slot).or_default();
        *until = (*until).max(self.now + time);
        let until = *until;
        self.stalls.insert(slot, until);
        self.at(until, Happening::GoOn(slot));
        Some(id)
    }

    /// The faults end, and with them all that hangs.
    pub(super) fn calm(&mut self) -> Result<(), Broken> {
        self.note(|| "the faults end".to_owned());
        self.is_calm = true;
        self.worker.courses.calm();
        self.registry.fail_until(Duration::ZERO);
        self.plan.calm();
        self.checker.policy = self.plan.policy;
        for slot in 0..SLOTS {
            self.crash(slot);
        }
        self.start(0);
        Ok(())
    }
}
