//! The headers of a message: the CloudEvents Kafka binding (1.0.2), binary mode.

use std::io::Write as _;

use jiff::Timestamp;
use rdkafka::message::{Header, OwnedHeaders};
use uuid::Uuid;

use crate::event::{Event, HeaderPolicy};

/// The headers of `event` by the stream's policy. What the event lacks is made up: an id (UUID version 7) and a
/// time (now), since CloudEvents requires the one and everybody expects the other.
pub(super) fn headers(policy: HeaderPolicy, event: &impl Event, source: &str) -> Option<OwnedHeaders> {
    match policy {
        HeaderPolicy::None => None,
        HeaderPolicy::Type => Some(with(OwnedHeaders::new_with_capacity(1), "ce_type", event.fullname())),
        HeaderPolicy::CloudEvents => Some(cloud_events(event, source)),
    }
}

fn cloud_events(event: &impl Event, source: &str) -> OwnedHeaders {
    let mut id = Uuid::encode_buffer();
    let id = event.event_id().unwrap_or_else(Uuid::now_v7).hyphenated().encode_lower(&mut id);
    // On the stack: the longest time has less than 40 characters.
    let mut buffer = [0; 64];
    let time = write_into(&mut buffer, event.occurred_at().unwrap_or_else(Timestamp::now));
    let headers = OwnedHeaders::new_with_capacity(6);
    let headers = with(headers, "ce_specversion", "1.0");
    let headers = with(headers, "ce_id", id);
    let headers = with(headers, "ce_type", event.fullname());
    let headers = with(headers, "ce_source", source);
    let headers = with(headers, "ce_time", time);
    match event.correlation_id() {
        Some(id) => with(headers, "ce_correlationid", id),
        None => headers,
    }
}

/// The text of a time; empty, should it ever be longer than the buffer.
fn write_into(buffer: &mut [u8; 64], time: Timestamp) -> &str {
    let mut rest = buffer.as_mut_slice();
    let left = write!(rest, "{time}").map(|()| rest.len()).unwrap_or(64);
    std::str::from_utf8(buffer.get(..64 - left).unwrap_or_default()).unwrap_or_default()
}

fn with(headers: OwnedHeaders, key: &str, value: &str) -> OwnedHeaders {
    headers.insert(Header { key, value: Some(value) })
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Headers;

    use super::super::made::Made;
    use super::*;

    fn texts(headers: Option<OwnedHeaders>) -> Vec<(String, String)> {
        let headers = headers.unwrap_or_default();
        let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
        headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
    }

    #[test]
    fn cloud_events_attributes_come_from_the_event() {
        let id = Uuid::now_v7();
        let event = Made {
            id: Some(id),
            at: Some("2026-01-02T03:04:05.678Z".parse().unwrap()),
            correlation: Some("c-1".to_owned()),
        };
        let expected = [
            ("ce_specversion", "1.0"),
            ("ce_id", &id.to_string()),
            ("ce_type", "a.Made"),
            ("ce_source", "fab"),
            ("ce_time", "2026-01-02T03:04:05.678Z"),
            ("ce_correlationid", "c-1"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(texts(headers(HeaderPolicy::CloudEvents, &event, "fab")), expected);
    }

    #[test]
    fn an_event_without_identity_gets_one() {
        let found = texts(headers(HeaderPolicy::CloudEvents, &Made::default(), "fab"));
        assert_eq!(found.len(), 5);
        assert_eq!(found[1].1.parse::<Uuid>().unwrap().get_version_num(), 7);
        found[4].1.parse::<Timestamp>().unwrap();
    }

    #[test]
    fn the_other_policies_give_the_type_or_nothing() {
        let found = texts(headers(HeaderPolicy::Type, &Made::default(), "fab"));
        assert_eq!(found, [("ce_type".to_owned(), "a.Made".to_owned())]);
        assert!(headers(HeaderPolicy::None, &Made::default(), "fab").is_none());
    }
}
