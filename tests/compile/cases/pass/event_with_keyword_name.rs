//! An event may have the name of a keyword.

mod event {
    use cq_events::event::{EventInfo, HeaderPolicy, StreamInfo, StreamSchema, TopicSpec};
    use lamp_events::lamp::LampSwitched as Record;

    /// Named by a keyword.
    #[allow(non_camel_case_types)]
    #[derive(cq_events::EventStream)]
    pub enum Keywords {
        /// Its method is `on_match`.
        r#match(Record),
    }

    impl StreamSchema for Keywords {
        const STREAM: &'static StreamInfo = &StreamInfo::new(
            "keywords",
            "keywords",
            "[]",
            &[EventInfo::new("match", "MATCH")],
            HeaderPolicy::None,
            TopicSpec::new(1, None, &[]),
        );
    }
}

use cq_events::{Handled, Message, Unknown};
use event::KeywordsHandler;

#[derive(cq_events::EventHandler)]
#[handles(event::Keywords)]
struct Logger;

impl KeywordsHandler for Logger {
    async fn on_match(&self, _event: lamp_events::lamp::LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
