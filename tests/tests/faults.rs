//! Groups of consumer processes on a real Kafka that change, are killed and stand still, and brokers that go away, all
//! under load, while handlers fail: most for a while, some for good. By the effects log and the dead letters alone it is
//! judged that nothing was lost, that the dead letters are the poison, that each key kept its order, and what was handled
//! twice.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use cq_events::kafka::GroupProtocol;
use cq_events_tests::faults::member::Member;
use cq_events_tests::faults::progress::Progress;
use cq_events_tests::faults::publisher::{Load, Publisher};
use cq_events_tests::faults::reader::Verdict;
use cq_events_tests::faults::record::{Kind, Victim, now};
use cq_events_tests::faults::trial::{POLL_INTERVAL, SESSION, Setup, Trial, until};
use tokio::sync::{Mutex, MutexGuard};

const PARTITIONS: i32 = 8;
/// Events a second.
const PACE: u64 = 1_000;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Each has several processes, and two cores: one at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Scene {
    trial: Trial,
    members: Vec<Member>,
    progress: Progress,
    publisher: Publisher,
    _folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// When a member is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missed {
    /// Soon, since the test waits for it.
    Soon,
    /// Late: no member is to be missed only because the machine holds it up.
    Late,
}

impl Scene {
    /// A group under load whose members all have partitions.
    async fn begin(
        brokers: i32,
        protocol: GroupProtocol,
        members: u32,
        missed: Missed,
        name: Option<&str>,
    ) -> Self {
        let (session, poll_interval) = match missed {
            Missed::Soon => (SESSION, POLL_INTERVAL),
            Missed::Late => (Duration::from_secs(45), Duration::from_secs(60)),
        };
        let alone = ALONE.lock().await;
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup {
            brokers,
            partitions: PARTITIONS,
            protocol,
            session,
            poll_interval,
            binary: PathBuf::from(env!("CARGO_BIN_EXE_killing")),
            arguments: Vec::new(),
            folder: folder.path().to_owned(),
        };
        let trial = Trial::start(setup).await;
        let named = |number: u32| {
            let member = trial.member(number);
            match name {
                Some(name) => member.with("KAFKA_GROUP_INSTANCE_ID", format!("{name}-{number}")),
                None => member,
            }
        };
        let mut members: Vec<Member> = (1..=members).map(named).collect();
        members.iter_mut().for_each(Member::start);
        let progress = trial.progress();
        let publisher = trial.publish(Load {
            keys: 100,
            events: u64::MAX,
            pace: PACE,
            seed: u64::from(members.len() as u32),
            fails: true,
        });
        let publisher = publisher.await;
        let mut scene = Self { trial, members, progress, publisher, _folder: folder, _alone: alone };
        scene.shared_out().await;
        scene.effects().await;
        scene
    }

    /// Waits until the members have all partitions among them, each some.
    async fn shared_out(&mut self) {
        let members = &self.members;
        until("each member has partitions, and all are had", PATIENCE, || {
            let mut had: Vec<i32> = members.iter().flat_map(Member::partitions).collect();
            had.sort_unstable();
            had == (0..PARTITIONS).collect::<Vec<_>>() && members.iter().all(|m| !m.partitions().is_empty())
        })
        .await;
    }

    /// Waits until something was handled that was not before.
    async fn effects(&mut self) {
        let before = self.progress.look().events();
        let progress = &mut self.progress;
        until("new effects", PATIENCE, || progress.look().events() > before + 100).await;
    }

    async fn leave(&mut self, mut member: Member) {
        member.tell_to_end();
        assert!(member.end().await.success(), "{}", member.last_words());
        self.shared_out().await;
        self.effects().await;
    }

    /// Publishes no more, waits until all is handled, ends the members in order, and judges.
    async fn end(mut self) -> Verdict {
        let acknowledged = self.publisher.finish().await.expect("each event is acknowledged");
        let (mut seen, mut moved) = (0, Instant::now());
        while seen < acknowledged {
            let events = self.progress.look().events() as u64;
            if events > seen {
                (seen, moved) = (events, Instant::now());
            }
            assert!(moved.elapsed() < PATIENCE, "{seen} of {acknowledged} are handled, and no more");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.trial.settled(PATIENCE).await;
        for member in &mut self.members {
            assert_eq!(member.ended(), None, "{} ended by itself: {}", member.process(), member.last_words());
            member.tell_to_end();
            assert!(member.end().await.success(), "{}", member.last_words());
        }
        let verdict = self.trial.verdict().await;
        println!("{verdict}");
        assert!(verdict.holds(), "{verdict}");
        verdict
    }
}

async fn scales(protocol: GroupProtocol) {
    let mut scene = Scene::begin(1, protocol, 1, Missed::Late, None).await;
    for number in 2..=4 {
        let mut member = scene.trial.member(number);
        member.start();
        scene.members.push(member);
        scene.shared_out().await;
        scene.effects().await;
    }
    for _ in 0..3 {
        let member = scene.members.remove(0);
        scene.leave(member).await;
    }
    let verdict = scene.end().await;
    assert_eq!((verdict.repeats.count(), verdict.graves.repeats()), (0, 0), "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_grows_to_four_and_shrinks_and_nothing_is_handled_twice() {
    scales(GroupProtocol::Classic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_the_broker_coordinates_grows_and_shrinks_and_nothing_is_handled_twice() {
    scales(GroupProtocol::Consumer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_are_restarted_one_after_the_other_and_nothing_is_handled_twice() {
    let mut scene = Scene::begin(1, GroupProtocol::Classic, 3, Missed::Late, None).await;
    for _ in 0..3 {
        let mut member = scene.members.remove(0);
        member.tell_to_end();
        assert!(member.end().await.success(), "{}", member.last_words());
        member.start();
        scene.members.push(member);
        scene.shared_out().await;
        scene.effects().await;
    }
    let verdict = scene.end().await;
    assert_eq!((verdict.repeats.count(), verdict.graves.repeats()), (0, 0), "{verdict}");
}

async fn is_killed(protocol: GroupProtocol) {
    let mut scene = Scene::begin(1, protocol, 2, Missed::Soon, None).await;
    let (victim, begun) = (Victim::Process(scene.members[0].process()), now());
    scene.members[0].kill();
    scene.trial.record(Kind::ConsumerKill, victim, begun);
    scene.members[0].start();
    scene.shared_out().await;
    scene.effects().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_killed() {
    is_killed(GroupProtocol::Classic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_a_group_that_the_broker_coordinates_is_killed() {
    is_killed(GroupProtocol::Consumer).await;
}

/// The group gives its partitions away; when it goes on, what it still had in hand counts no more, and it joins again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_stands_still_past_its_session_and_its_poll_interval() {
    let mut scene = Scene::begin(1, GroupProtocol::Classic, 2, Missed::Soon, None).await;
    let (victim, begun) = (Victim::Process(scene.members[0].process()), now());
    let shares = scene.members[0].shares().len();
    scene.members[0].pause();
    let other = &scene.members[1];
    until("the other has all", PATIENCE, || other.partitions().len() == PARTITIONS as usize).await;
    tokio::time::sleep(POLL_INTERVAL).await;
    scene.members[0].resume();
    scene.trial.record(Kind::ConsumerStall, victim, begun);
    let member = &scene.members[0];
    until("it knows that its partitions are gone", PATIENCE, || member.shares().len() > shares).await;
    scene.shared_out().await;
    scene.effects().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_broker_is_restarted() {
    let mut scene = Scene::begin(1, GroupProtocol::Classic, 2, Missed::Soon, None).await;
    let begun = now();
    let kafka = std::sync::Arc::clone(&scene.trial.kafka);
    let restart = move || {
        kafka.terminate(1);
        kafka.restart(1);
    };
    tokio::task::spawn_blocking(restart).await.unwrap();
    scene.trial.record(Kind::BrokerRestart, Victim::Broker(1), begun);
    scene.effects().await;
    scene.shared_out().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_brokers_is_killed() {
    let mut scene = Scene::begin(3, GroupProtocol::Classic, 2, Missed::Soon, None).await;
    let begun = now();
    let kafka = std::sync::Arc::clone(&scene.trial.kafka);
    let killing = std::sync::Arc::clone(&kafka);
    tokio::task::spawn_blocking(move || killing.kill(2)).await.unwrap();
    // Two go on without it.
    scene.effects().await;
    tokio::task::spawn_blocking(move || kafka.restart(2)).await.unwrap();
    scene.trial.record(Kind::BrokerKill, Victim::Broker(2), begun);
    scene.effects().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_static_member_that_is_restarted_has_its_partitions_again_and_the_others_notice_nothing() {
    let mut scene = Scene::begin(1, GroupProtocol::Classic, 3, Missed::Late, Some("static")).await;
    let before: Vec<Vec<i32>> = scene.members.iter().map(Member::partitions).collect();
    let changes = |scene: &Scene| scene.members[1..].iter().map(|m| m.shares().len()).collect::<Vec<_>>();
    let noticed = changes(&scene);
    scene.members[0].tell_to_end();
    let status = scene.members[0].end().await;
    assert!(status.success(), "{}", scene.members[0].last_words());
    scene.members[0].start();
    scene.shared_out().await;
    let after: Vec<Vec<i32>> = scene.members.iter().map(Member::partitions).collect();
    assert_eq!((after, changes(&scene)), (before, noticed));
    let verdict = scene.end().await;
    assert_eq!((verdict.repeats.count(), verdict.graves.repeats()), (0, 0), "{verdict}");
}
