//! The program that was built today: handlers that keep what they are given, as bytes of today's schema.

use std::sync::{Arc, Mutex};

use cq_events::{EventHandler, Failure, Handled, Message, Unknown, codec};
use evolution_today::sensor::{
    MeasurementTaken, MeasurementTakenRef, SensorCalibrated, SensorCalibratedRef, SensorEvent,
    SensorEventHandler, SensorEventRefHandler, SensorMounted, SensorMountedRef,
};

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Its partition and offset.
    pub place: (i32, i64),
    /// Its value: wire header and datum.
    pub value: Vec<u8>,
    /// The event, as today's schema writes it.
    pub event: Option<Vec<u8>>,
    /// The fullname of what is no event of today.
    pub unknown: Option<String>,
}

/// Keeps the events that it is given.
#[derive(Clone, Debug, Default, EventHandler)]
#[handles(SensorEvent)]
pub struct Owned(Kept);

/// Keeps the events that it looks at in the message.
#[derive(Clone, Debug, Default, EventHandler)]
#[handles(borrowed SensorEvent)]
pub struct Borrowed(Kept);

type Kept = Arc<Mutex<Vec<Read>>>;

impl Owned {
    /// What was read so far.
    pub fn kept(&self) -> Vec<Read> {
        self.0.lock().expect("no handler panics").clone()
    }
}

impl Borrowed {
    /// What was read so far.
    pub fn kept(&self) -> Vec<Read> {
        self.0.lock().expect("no handler panics").clone()
    }
}

fn keep(kept: &Kept, event: impl Into<SensorEvent>, message: &Message) -> Handled {
    let mut bytes = Vec::new();
    codec::encode(&event.into(), &mut bytes).map_err(Failure::retry)?;
    push(kept, message, Some(bytes), None);
    Ok(())
}

fn keep_unknown(kept: &Kept, unknown: &Unknown, message: &Message) -> Handled {
    let Unknown::Event { fullname, .. } = unknown else {
        return Err(Failure::retry("nobody wrote a tombstone"));
    };
    push(kept, message, None, Some(fullname.clone()));
    Ok(())
}

fn push(kept: &Kept, message: &Message, event: Option<Vec<u8>>, unknown: Option<String>) {
    let place = (message.partition(), message.offset());
    let value = message.value().unwrap_or_default().to_vec();
    kept.lock().expect("no handler panics").push(Read { place, value, event, unknown });
}

impl SensorEventHandler for Owned {
    async fn on_measurement_taken(&self, event: MeasurementTaken, message: &Message) -> Handled {
        keep(&self.0, event, message)
    }

    async fn on_sensor_calibrated(&self, event: SensorCalibrated, message: &Message) -> Handled {
        keep(&self.0, event, message)
    }

    async fn on_sensor_mounted(&self, event: SensorMounted, message: &Message) -> Handled {
        keep(&self.0, event, message)
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        keep_unknown(&self.0, &unknown, message)
    }
}

impl SensorEventRefHandler for Borrowed {
    async fn on_measurement_taken(&self, event: MeasurementTakenRef<'_>, message: &Message) -> Handled {
        keep(&self.0, event.to_owned(), message)
    }

    async fn on_sensor_calibrated(&self, event: SensorCalibratedRef<'_>, message: &Message) -> Handled {
        keep(&self.0, event.to_owned(), message)
    }

    async fn on_sensor_mounted(&self, event: SensorMountedRef<'_>, message: &Message) -> Handled {
        keep(&self.0, event.to_owned(), message)
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        keep_unknown(&self.0, &unknown, message)
    }
}
