//! The handler: archives what happens to batches, and says of each failure what is to be done about it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chip_quality_events::inspection::{
    DefectDetected, InspectionCompleted, InspectionCreated, InspectionEvent, InspectionEventHandler,
    InspectionFailed, InspectionStarted, QualityAssessed,
};
use cq_events::{Classify as _, EventHandler, Handled, Message, Unknown};

use crate::sink::{ArchiveError, archive};

/// How often a failure is tried again.
pub const RETRIES: u32 = 3;
/// The longest time before the first retry; it doubles with each.
pub const DELAY: Duration = Duration::from_millis(200);

/// Tells what happens, each line with the time since the beginning.
#[derive(Clone)]
pub struct Told {
    begun: Instant,
    tries: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Told {
    pub fn new() -> Self {
        Self { begun: Instant::now(), tries: Arc::default() }
    }

    pub fn line(&self, text: impl std::fmt::Display) {
        println!("{:>6.2} s  {text}", self.begun.elapsed().as_secs_f64());
    }

    fn tried(&self, inspection: &str) -> u32 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = tries.entry(inspection.to_owned()).or_default();
        *tries += 1;
        *tries
    }
}

#[derive(EventHandler)]
#[handles(InspectionEvent)]
pub struct Archive {
    pub sink: SocketAddr,
    pub told: Told,
}

impl InspectionEventHandler for Archive {
    async fn on_inspection_created(&self, event: InspectionCreated, message: &Message) -> Handled {
        let (batch, inspection, partition) = (&event.batch_id, &event.inspection_id, message.partition());
        let attempt = self.told.tried(inspection);
        let told = |outcome: &str| {
            self.told.line(format!("partition {partition}: {batch} {inspection}, try {attempt}: {outcome}"));
        };
        match archive(self.sink, batch).await {
            Ok(()) => told("archived"),
            Err(error @ ArchiveError::Refused(_)) => {
                told(&format!("{error}: rejected"));
                Err(error).reject()?; // no try would help
            }
            Err(error) => {
                told(&format!("{error}: {}", what_follows(attempt)));
                Err(error)?; // any error through `?`
            }
        }
        Ok(())
    }

    cq_events::skip!(
        InspectionStarted,
        InspectionCompleted,
        InspectionFailed,
        DefectDetected,
        QualityAssessed
    );

    async fn on_unknown(&self, _: Unknown, _: &Message) -> Handled {
        Ok(())
    }
}

/// What the consumer does about a failure that may pass.
fn what_follows(attempt: u32) -> String {
    if attempt > RETRIES {
        return "given up".to_owned();
    }
    format!("to be tried again within {:?}", DELAY * 2_u32.pow(attempt - 1))
}
