//! An event for the tests of this folder.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use crate::event::Event;

#[derive(Default)]
pub(super) struct Made {
    pub(super) id: Option<Uuid>,
    pub(super) at: Option<Timestamp>,
    pub(super) correlation: Option<String>,
}

impl Event for Made {
    fn fullname(&self) -> &'static str {
        "a.Made"
    }
    fn event_type(&self) -> &'static str {
        "MADE"
    }
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn event_id(&self) -> Option<Uuid> {
        self.id
    }
    fn occurred_at(&self) -> Option<Timestamp> {
        self.at
    }
    fn correlation_id(&self) -> Option<&str> {
        self.correlation.as_deref()
    }
    fn set_correlation_id(&mut self, id: String) {
        self.correlation = Some(id);
    }
}
