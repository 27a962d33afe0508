//! Processes come and go, and others publish for them.

use super::*;

impl World {
    /// A process is gone, and another one takes its place.
    pub(super) fn end(&mut self, member: Box<Member>) {
        let slot = member.id.slot;
        for _ in member.burials.values().filter(|burial| burial.lingers) {
            self.tally.count("dead letters lost on the way");
        }
        member.under_way().for_each(|place| self.checker.dropped(place));
        self.stalled.remove(&slot);
        let after = self.random.millis(100..3_000);
        self.after(after, Happening::Start(slot));
    }

    pub(super) fn start(&mut self, slot: usize) {
        let Some(reader) = self.reader.clone().filter(|_| !self.members.contains_key(&slot)) else { return };
        let life = self.lives.entry(slot).or_default();
        *life += 1;
        let id = MemberId { slot, life: *life };
        self.note(|| format!("{id} starts"));
        let mut policy = self.plan.policy;
        if self.bug == Some(Bug::ForgetsTheBreaker) {
            (policy.breaker_in_a_row, policy.breaker_ratio) = (0, 1.0);
        }
        let seed = self.random.below(usize::MAX) as u64;
        let worker = Arc::clone(&self.worker);
        let member = Member::new(id, (worker, reader), (policy, seed), self.instant());
        self.members.insert(slot, Box::new(member));
        self.send(id, Request::Join);
        self.after(Duration::ZERO, Happening::Fetch(id));
    }

    pub(super) fn publish(&mut self) {
        let partition = self.random.below(PARTITIONS as usize) as i32;
        // Now and then somebody publishes nothing but trouble.
        let is_spoilt = self.plan.policy.dead_letters && self.random.one_in(60);
        let newest = SchemaId::new(2 + (self.now.as_millis() / RELEASE.as_millis()) as u32);
        for _ in 0..=self.random.below(15) {
            let hole = if self.random.one_in(10) { 1 + self.random.below(3) as i64 } else { 0 };
            let nature = match is_spoilt {
                true => Nature::Poison(Poison::draw(&mut self.random)),
                false => Nature::draw(self.plan.mix, &mut self.random),
            };
            let schema = if self.random.one_in(8) { newest } else { OWN };
            let key = keys::draw(&mut self.random);
            self.checker.publish(partition, hole, key, (nature, schema));
            self.tally.count("messages published");
            if nature.is_poison() {
                self.tally.count("messages that are poison");
            }
        }
        if !self.is_calm {
            let pause = self.random.millis(50..400);
            self.after(pause, Happening::Publish);
        }
    }
}

/// What messages are read with. The registry knows our own schema at once.
pub(super) fn reader(registry: &Arc<Registry>) -> Option<Arc<Reader>> {
    let streams = Worker::streams();
    let registry = Arc::clone(registry);
    let reader = pin!(Reader::new(registry, DecodeLimits::DEFAULT, &streams));
    match reader.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(reader) => reader.ok().map(Arc::new),
        Poll::Pending => None,
    }
}
