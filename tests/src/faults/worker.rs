//! What a consumer process does: it logs an effect for each event that is to be handled. It ends in order at SIGTERM, and with its parent.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chip_quality_events::inspection::{
    DefectDetected, InspectionCompleted, InspectionCreated, InspectionEvent, InspectionEventHandler,
    InspectionFailed, InspectionStarted, QualityAssessed,
};
use cq_events::consume::ConsumerHandle;
use cq_events::{Consumer, EventHandler, Failure, Handled, KafkaConfig, Message, Unknown, shutdown_signal};

use super::fate::Fate;
use super::random::Random;
use super::record::Process;
use super::sink::Sink;

/// How many events a consumer process handles at the same time.
pub const IN_FLIGHT: usize = 256;

/// How often a consumer process tries again, and how long it waits at most before the first time.
pub const RETRIES: u32 = 3;
const RETRY_DELAY: Duration = Duration::from_millis(20);

/// Logs effects.
#[derive(EventHandler)]
#[handles(InspectionEvent)]
pub struct Effects {
    sink: Sink,
    /// How often each event that is flaky has failed.
    failed: Mutex<HashMap<(u32, u32), u32>>,
}

impl Effects {
    /// A handler that logs to this file.
    pub fn new(log: &Path, process: Process) -> Self {
        Self { sink: Sink::open(log, process).expect("the effects log opens"), failed: Mutex::default() }
    }

    /// Handles an event as all consumers of a trial do, with bugs or without.
    pub async fn handle(&self, event: &InspectionCreated, partition: i32, offset: i64) -> Handled {
        let numbers = numbers(event).ok_or_else(|| no_event(event))?;
        tokio::time::sleep(dawdle(numbers)).await;
        Ok(self.sink.log(numbers, partition, offset).await?)
    }

    /// Whether this try of an event that is flaky fails: the first ones do.
    fn fails(&self, numbers: (u32, u32)) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failed.entry(numbers).or_default();
        *count += 1;
        let fails = *count <= 1 + numbers.1 % RETRIES;
        if !fails {
            failed.remove(&numbers);
        }
        fails
    }
}

impl InspectionEventHandler for Effects {
    async fn on_inspection_created(&self, event: InspectionCreated, message: &Message) -> Handled {
        let (fate, numbers) = fate(&event).zip(numbers(&event)).ok_or_else(|| no_event(&event))?;
        match fate {
            Fate::Good => {}
            Fate::Flaky if self.fails(numbers) => return Err(Failure::retry("it is flaky")),
            Fate::Flaky => {}
            Fate::Rejected => return Err(Failure::reject("it is rejected")),
            Fate::Failing => return Err(Failure::retry("it fails each time")),
            Fate::Panics => panic!("it panics"),
            Fate::Broken => return Err(no_event(&event)),
        }
        self.handle(&event, message.partition(), message.offset()).await
    }

    cq_events::skip!(
        InspectionStarted,
        InspectionCompleted,
        InspectionFailed,
        DefectDetected,
        QualityAssessed
    );

    async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
        Err(Failure::stop(format!("{unknown:?}")))
    }
}

/// The consumer must not go on: nothing but the publisher's events is to be there.
fn no_event(event: &InspectionCreated) -> Failure {
    Failure::stop(format!("no event of a trial: {event:?}"))
}

/// The event with these numbers.
pub fn event(key: u32, seq: u32, fate: Fate) -> InspectionCreated {
    InspectionCreated::builder()
        .inspection_id(format!("INS-{key}-{seq}-{fate}"))
        .batch_id(key.to_string())
        .chip_id(seq.to_string())
        .inspection_type(chip_quality_events::inspection::InspectionType::Visual)
        .build()
}

/// The numbers of an event: of its key, and within the key.
fn numbers(event: &InspectionCreated) -> Option<(u32, u32)> {
    Some((event.batch_id.parse().ok()?, event.chip_id.parse().ok()?))
}

fn fate(event: &InspectionCreated) -> Option<Fate> {
    event.inspection_id.rsplit('-').next()?.parse().ok()
}

/// Most handlers are quick; one in twenty takes a little, and one in two hundred so long that hundreds of others are done
/// before it: at each moment some consumer has such a gap, and a consumer that forgets it loses events when it is killed.
fn dawdle(numbers: (u32, u32)) -> Duration {
    let mut hasher = DefaultHasher::new();
    numbers.hash(&mut hasher);
    let mut random = Random::new(hasher.finish());
    Duration::from_millis(match random.of(0..200) {
        0 => random.of(200..1_500),
        1..=10 => random.of(1..20),
        _ => 0,
    })
}

/// Runs a consumer of the environment's configuration until it is told to end.
///
/// It prints a line of its partitions whenever they change, and its error where it has one.
pub async fn run(log: &Path, process: Process) -> Result<(), String> {
    ends_with_its_parent();
    let config = KafkaConfig::from_env().map_err(|error| error.to_string())?;
    let builder = Consumer::builder(config).handler(Effects::new(log, process)).max_in_flight(IN_FLIGHT);
    let consumer = builder.retries(RETRIES, RETRY_DELAY).build().await.map_err(|error| error.to_string())?;
    let watching = tokio::spawn(tell_partitions(consumer.handle()));
    let ended = consumer.run(shutdown_signal()).await;
    watching.abort();
    ended.map_err(|error| error.to_string())
}

async fn tell_partitions(handle: ConsumerHandle) {
    let mut told = Vec::new();
    loop {
        let mut partitions: Vec<i32> =
            handle.partitions().await.iter().map(|status| status.partition).collect();
        partitions.sort_unstable();
        if partitions != told {
            tell(&partitions);
            told = partitions;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A line that [`super::member::Member`] reads.
fn tell(partitions: &[i32]) {
    use std::io::Write as _;
    let numbers: Vec<String> = partitions.iter().map(i32::to_string).collect();
    let mut output = std::io::stdout().lock();
    // Without a parent nobody reads.
    let _ = writeln!(output, "partitions {}", numbers.join(" ")).and_then(|()| output.flush());
}

/// The standard input is a pipe that the parent holds: its end is the parent's, however that came.
pub(super) fn ends_with_its_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    });
}
