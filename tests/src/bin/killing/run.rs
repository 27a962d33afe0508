//! The run: publish, break things, wait until all is handled, judge.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cq_events_tests::cluster::Kafka;
use cq_events_tests::faults::member::Member;
use cq_events_tests::faults::progress::Progress;
use cq_events_tests::faults::publisher::{Load, Publisher};
use cq_events_tests::faults::random::Random;
use cq_events_tests::faults::reader::Verdict;
use cq_events_tests::faults::record::{Kind, Victim, now};
use cq_events_tests::faults::trial::{POLL_INTERVAL, SESSION, Setup, Trial, until};

use crate::Options;
use crate::plan::{kills, plan};

const BROKERS: i32 = 3;
const CONSUMERS: u32 = 3;
/// How long a fault and what follows from it take, to begin with: the pace of the publisher is fitted to it.
const FAULT: Duration = Duration::from_secs(12);
/// How long it may take until there are effects again.
const RECOVERY: Duration = Duration::from_secs(90);

/// Runs it, and judges.
pub(crate) async fn run(options: Options) -> Verdict {
    std::fs::create_dir_all(&options.folder).expect("a folder for the files");
    println!("{options:?}");
    let mut random = Random::new(options.seed);
    let plan = match options.bug {
        None => plan(&mut random, options.faults),
        Some(_) => kills(options.faults),
    };
    let setup = Setup {
        brokers: BROKERS,
        partitions: 12,
        protocol: options.protocol,
        session: SESSION,
        poll_interval: POLL_INTERVAL,
        binary: std::env::current_exe().expect("a path"),
        arguments: options.bug.map(|bug| vec!["--bug".to_owned(), bug.name().to_owned()]).unwrap_or_default(),
        folder: options.folder.clone(),
    };
    let trial = Trial::start(setup).await;
    let mut members: Vec<Member> = (1..=CONSUMERS).map(|number| trial.member(number)).collect();
    members.iter_mut().for_each(Member::start);
    let visitor = trial.member(CONSUMERS + 1);
    let progress = trial.progress();
    let has_bug = options.bug.is_some();
    // What loses events must not be lost among those that fail.
    let load = Load { keys: 1_000, events: options.events, pace: 1_000, seed: options.seed, fails: !has_bug };
    let publisher = trial.publish(load).await;
    let mut scene =
        Scene { has_bug, trial, members, visitor, progress, publisher, random, begun: Instant::now() };
    scene.await_effects().await;
    for (index, kind) in plan.iter().enumerate() {
        scene.fit_pace(options.events, index, plan.len());
        scene.strike(*kind, index + 1).await;
        scene.replace_fallen();
    }
    scene.finish().await
}

struct Scene {
    /// Consumers with a bug do not tell their partitions.
    has_bug: bool,
    trial: Trial,
    members: Vec<Member>,
    visitor: Member,
    progress: Progress,
    publisher: Publisher,
    random: Random,
    begun: Instant,
}

impl Scene {
    /// Waits until something is handled that was not before, and something is left to be handled.
    async fn await_effects(&mut self) {
        let before = self.progress.look().events();
        let (progress, publisher) = (&mut self.progress, &self.publisher);
        until("new effects, and messages in flight", RECOVERY, || {
            let events = progress.look().events();
            events > before && publisher.queued() > events as u64
        })
        .await;
    }

    /// Publishes so that it lasts to the last fault.
    fn fit_pace(&self, events: u64, done: usize, all: usize) {
        let taken = if done == 0 { FAULT } else { self.begun.elapsed() / u32::try_from(done).expect("few") };
        let left = taken.as_secs_f64() * (all - done) as f64;
        let pace = (events - self.publisher.sent()) as f64 / left.max(1.0);
        self.publisher.set_pace((pace as u64).max(50));
    }

    /// One fault, from its begin until its victim is back.
    async fn strike(&mut self, kind: Kind, number: usize) {
        self.await_effects().await;
        assert!(!self.publisher.is_finished(), "the publisher ended before the last fault");
        let index = usize::try_from(self.random.of(0..CONSUMERS.into())).expect("an index");
        let broker = u32::try_from(self.random.of(1..BROKERS as u64 + 1)).expect("a broker");
        let moment = Duration::from_millis(self.random.of(500..4_000));
        let kafka = Arc::clone(&self.trial.kafka);
        let member = &mut self.members[index];
        // A process that has only just started has nothing to lose.
        let has_bug = self.has_bug;
        let works = |member: &Member| has_bug || !member.partitions().is_empty();
        until("the victim has partitions", RECOVERY, || works(member)).await;
        let mut victim = Victim::Process(member.process());
        let in_flight = self.publisher.queued() - self.progress.look().events() as u64;
        let begun = now();
        match kind {
            Kind::ConsumerKill => {
                member.kill();
                tokio::time::sleep(moment).await;
                member.start();
            }
            Kind::ConsumerPause => {
                member.pause();
                tokio::time::sleep(moment.min(SESSION / 2)).await;
                member.resume();
            }
            Kind::ConsumerStall => {
                member.pause();
                tokio::time::sleep(SESSION.max(POLL_INTERVAL) + moment).await;
                member.resume();
            }
            Kind::ConsumerRestart => {
                member.tell_to_end();
                let status = member.end().await;
                assert!(status.success(), "{victim} did not end in order: {}", member.last_words());
                member.start();
            }
            Kind::ConsumerVisit => {
                self.visitor.start();
                victim = Victim::Process(self.visitor.process());
                let visitor = &self.visitor;
                until("the visitor has partitions", RECOVERY, || works(visitor)).await;
                tokio::time::sleep(moment).await;
                self.visitor.tell_to_end();
                let status = self.visitor.end().await;
                assert!(status.success(), "{victim} did not end in order: {}", self.visitor.last_words());
            }
            Kind::BrokerKill => {
                victim = Victim::Broker(broker);
                on(&kafka, move |kafka| kafka.kill(broker)).await;
                tokio::time::sleep(moment).await;
                on(&kafka, move |kafka| kafka.restart(broker)).await;
            }
            Kind::BrokerPause => {
                victim = Victim::Broker(broker);
                on(&kafka, move |kafka| kafka.pause(broker)).await;
                tokio::time::sleep(moment).await;
                on(&kafka, move |kafka| kafka.resume(broker)).await;
            }
            Kind::BrokerRestart => {
                victim = Victim::Broker(broker);
                on(&kafka, move |kafka| kafka.terminate(broker)).await;
                on(&kafka, move |kafka| kafka.restart(broker)).await;
            }
            Kind::ConsumerFailure => unreachable!("it is not planned"),
        }
        let fault = self.trial.record(kind, victim, begun);
        let seconds = |micros: u64| micros as f64 / 1e6;
        println!(
            "{:>7.1} s  fault {number:>3}  {kind:<17} {victim:<14} {:>5.1} s, {in_flight} in flight",
            self.begun.elapsed().as_secs_f64(),
            seconds(fault.ended - fault.begun),
        );
    }

    /// A consumer that ended by itself is told, and started again.
    fn replace_fallen(&mut self) {
        for member in &mut self.members {
            let process = member.process();
            if let Some(status) = member.ended() {
                println!("           {process} ended by itself ({status}): {}", member.last_words());
                self.trial.record(Kind::ConsumerFailure, Victim::Process(process), now());
                member.start();
            }
        }
    }

    /// Waits until all is handled, or nothing more is.
    async fn finish(mut self) -> Verdict {
        self.publisher.set_pace(20_000);
        let (mut last, mut moved) = (0, Instant::now());
        let patience = if self.has_bug { Duration::from_secs(20) } else { RECOVERY };
        while moved.elapsed() < patience {
            self.replace_fallen();
            let events = self.progress.look().events();
            if self.publisher.is_finished() && events as u64 >= self.publisher.acknowledged() {
                break;
            }
            if events > last {
                (last, moved) = (events, Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let acknowledged = self.publisher.finish().await.expect("each event is acknowledged");
        println!(
            "{:>7.1} s  all events are acknowledged, {acknowledged} of them to be handled",
            self.begun.elapsed().as_secs_f64()
        );
        if !self.has_bug {
            self.trial.settled(RECOVERY).await;
        }
        for member in &mut self.members {
            member.tell_to_end();
            let status = member.end().await;
            if !status.success() {
                println!("           {} did not end in order: {}", member.process(), member.last_words());
            }
        }
        self.trial.verdict().await
    }
}

/// Runs a command on the cluster, off the async runtime.
async fn on(kafka: &Arc<Kafka>, command: impl FnOnce(&Kafka) + Send + 'static) {
    let kafka = Arc::clone(kafka);
    tokio::task::spawn_blocking(move || command(&kafka)).await.expect("no panic");
}
