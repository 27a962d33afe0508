use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::*;
use crate::codec::DecodeLimits;
use crate::consume::Delivery;
use crate::consume::engine::Generation;
use crate::event::{HeaderPolicy, TopicSpec};
use crate::registry::{LocalRegistry, RegistryFuture, SchemaId, SchemaRef, SchemaRegistry, SubjectSchema};

static STREAM: StreamInfo =
    StreamInfo::new("work", "work", "[]", &[], HeaderPolicy::None, TopicSpec::new(1, None, &[]));

/// What the handler of an offset does.
type Script = fn(i64) -> Step;

enum Step {
    Ends,
    /// Gives way once.
    Waits,
    Works(Duration),
    Panics,
    /// Panics when it is polled again.
    PanicsLater,
    /// Panics when what it holds is dropped.
    PanicsAtItsEnd,
    /// Asks for the writer's schema.
    LooksUp,
}

struct Scripted {
    script: Script,
    reader: Arc<Reader>,
    /// Offsets, and whether they were handled in a task of their own.
    seen: Arc<Mutex<Vec<(i64, bool)>>>,
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

impl EventHandler for Scripted {
    fn streams() -> Vec<&'static StreamInfo> {
        vec![&STREAM]
    }

    async fn handle(&self, _: usize, delivery: Delivery<'_>) -> Result<(), DeliveryError> {
        let offset = delivery.message().offset();
        match (self.script)(offset) {
            Step::Ends => {}
            Step::Waits => tokio::task::yield_now().await,
            Step::Works(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time {
                    std::hint::spin_loop();
                }
            }
            Step::Panics => panic!("at {offset}"),
            Step::PanicsLater => {
                tokio::task::yield_now().await;
                panic!("later, at {offset}");
            }
            Step::PanicsAtItsEnd => {
                let _bomb = Bomb;
                tokio::task::yield_now().await;
            }
            Step::LooksUp => {
                let writer = SchemaRef::Id(SchemaId::new(7));
                self.reader.plan(&STREAM, writer, delivery.message()).await?;
            }
        }
        self.seen.lock().unwrap().push((offset, tokio::task::try_id().is_some()));
        Ok(())
    }
}

struct Bench {
    work: Work<Scripted>,
    seen: Arc<Mutex<Vec<(i64, bool)>>>,
}

impl Bench {
    async fn new(script: Script) -> Self {
        Self::with(Arc::new(LocalRegistry::default()), script).await
    }

    async fn with(registry: Arc<dyn SchemaRegistry>, script: Script) -> Self {
        let reader = Arc::new(Reader::new(registry, DecodeLimits::default(), &[]).await.unwrap());
        let seen = Arc::default();
        let handlers = Scripted { script, reader: Arc::clone(&reader), seen: Arc::clone(&seen) };
        let mut work = Work::new(handlers, reader, vec![&STREAM], vec![Duration::from_secs(60)]);
        // A busy machine must not end a turn.
        work.turn = Duration::from_secs(60);
        Self { work, seen }
    }

    fn begin(&mut self, offsets: std::ops::Range<i64>) {
        let message = |offset| {
            let token = Token::of(Generation::default(), offset);
            (token, Message::new("work", 0, offset).build())
        };
        self.work.begin(offsets.map(message).collect(), &AtomicBool::new(false));
    }

    /// What ended, once so many have: the offsets of those that are done, and what the others say.
    async fn ended(&mut self, count: usize) -> (Vec<i64>, Vec<String>) {
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        loop {
            if let Some(ended) = self.work.ended() {
                done.extend(ended.done.iter().map(|token| token.offset));
                failed.extend(ended.failed.iter().map(|(.., error)| error.to_string()));
            }
            if done.len() + failed.len() >= count {
                done.sort_unstable();
                return (done, failed);
            }
            tokio::time::timeout(Duration::from_secs(30), self.work.wait()).await.unwrap();
        }
    }

    fn in_tasks(&self) -> Vec<i64> {
        let seen = self.seen.lock().unwrap();
        let mut offsets: Vec<i64> =
            seen.iter().filter(|(_, task)| *task).map(|(offset, _)| *offset).collect();
        offsets.sort_unstable();
        offsets
    }
}

/// These run in the test's own future, which is no task.
#[tokio::test]
async fn a_handler_that_does_not_wait_is_done_where_it_is_begun() {
    let mut bench = Bench::new(|_| Step::Ends).await;
    bench.begin(0..100);
    let ended = bench.work.ended().expect("at once");
    assert_eq!((ended.done.len(), ended.failed.len()), (100, 0));
    assert!(bench.work.ended().is_none() && bench.in_tasks().is_empty());
    assert_eq!(bench.work.seats.len(), 1, "one seat is enough");
}

#[tokio::test]
async fn a_handler_that_waits_goes_on_in_a_task() {
    let mut bench = Bench::new(|offset| if offset % 2 == 0 { Step::Ends } else { Step::Waits }).await;
    for _ in 0..3 {
        bench.seen.lock().unwrap().clear();
        bench.begin(0..6);
        assert_eq!(bench.ended(6).await, ((0..6).collect(), vec![]));
        assert_eq!(bench.in_tasks(), [1, 3, 5]);
    }
    assert!(bench.work.seats.len() <= 4, "seats are used again");
}

#[tokio::test]
async fn a_panic_is_its_messages_and_nobody_elses() {
    let script = |offset| match offset {
        1 => Step::Panics,
        2 => Step::PanicsLater,
        3 => Step::PanicsAtItsEnd,
        _ => Step::Ends,
    };
    let mut bench = Bench::new(script).await;
    for _ in 0..3 {
        bench.begin(0..5);
        let (done, mut failed) = bench.ended(5).await;
        failed.sort_unstable();
        assert_eq!(done, [0, 4]);
        let said = ["at 1", "dropped", "later, at 2"].map(|words| format!("the handler panicked: {words}"));
        assert_eq!(failed, said);
    }
}

#[tokio::test]
async fn handlers_that_take_long_leave_the_driver_alone() {
    const LONG: Duration = Duration::from_millis(3);
    let mut bench = Bench::new(|_| Step::Works(LONG)).await;
    bench.work.turn = Duration::from_millis(1);
    let mut rests = Vec::new();
    for _ in 0..3 {
        bench.seen.lock().unwrap().clear();
        bench.work.rests_until = None;
        let begun = Instant::now();
        bench.begin(0..4);
        rests.push(bench.work.rests_until.map_or(Duration::ZERO, |until| until - begun));
        assert_eq!(bench.ended(4).await.0.len(), 4);
        assert_eq!(bench.in_tasks(), [1, 2, 3], "the first one had the turn");
    }
    assert!(rests[1] >= 10 * LONG && rests[2] >= 100 * LONG, "{rests:?}");

    bench.seen.lock().unwrap().clear();
    bench.work.rests_until = Some(Instant::now() + Duration::from_secs(600));
    bench.begin(0..4);
    assert_eq!(bench.ended(4).await.0.len(), 4);
    assert_eq!(bench.in_tasks(), [0, 1, 2, 3]);

    // One quick turn, and all is forgotten.
    bench.work.rests_until = None;
    bench.work.turn = Duration::from_secs(60);
    bench.begin(0..1);
    assert_eq!(bench.work.overruns, 0);
}

#[tokio::test]
async fn nothing_is_begun_for_a_run_that_was_given_up() {
    let mut bench = Bench::new(|_| Step::Ends).await;
    let message = (Token::of(Generation::default(), 0), Message::new("work", 0, 0).build());
    bench.work.begin(vec![message], &AtomicBool::new(true));
    assert!(bench.work.ended().is_none() && bench.seen.lock().unwrap().is_empty());
}

/// Answers nothing at all, and has more in its Debug than anybody wants to read.
#[derive(Debug)]
struct Silent;

impl SchemaRegistry for Silent {
    fn id_of<'a>(&'a self, _: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(std::future::pending())
    }

    fn schema_of(&self, _: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        Box::pin(std::future::pending())
    }

    fn schema_of_guid(&self, _: uuid::Uuid) -> RegistryFuture<'_, Arc<str>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_registry_that_says_nothing_is_waited_for_and_then_told_in_words() {
    let mut bench = Bench::with(Arc::new(Silent), |_| Step::LooksUp).await;
    bench.begin(0..1);
    bench.work.look(Instant::now() + LOOK_UP / 2);
    assert!(bench.work.ended().is_none(), "the handler's own deadline counts for nothing yet");
    bench.work.look(Instant::now() + LOOK_UP);
    let (done, failed) = bench.ended(1).await;
    assert!(done.is_empty());
    let words =
        "cannot look up the writer's schema: the schema registry does not answer: no answer within 60s";
    assert_eq!(failed, [words]);
}
