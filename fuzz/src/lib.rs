//! What the fuzz targets share.

use std::fmt::Debug;
use std::sync::LazyLock;

use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use cq_events::codec::{
    self, DecodeErrorKind, DecodeLimits, Resolution, ResolveError, Resolved, View, decode_resolved,
    decode_resolved_borrowed,
};
use cq_events::event::{BorrowedStream, EventStream, StreamSchema};
use cq_events_schema::{Schemas, incompatibilities};

pub mod datum;
pub mod mutate;

/// The limits of all targets: the defaults.
pub const LIMITS: DecodeLimits = DecodeLimits::DEFAULT;

/// How many streams there are.
pub const STREAMS: u8 = 5;

/// The schema of a stream.
pub fn schema_of(stream: u8) -> &'static str {
    match stream % STREAMS {
        0 => InspectionEvent::STREAM.schema,
        1 => ManufacturingEvent::STREAM.schema,
        2 => QualityEvent::STREAM.schema,
        3 => SystemEvent::STREAM.schema,
        _ => UserEvent::STREAM.schema,
    }
}

/// Decodes a datum as an event of a stream, both ways.
pub fn decode(stream: u8, datum: &[u8]) {
    static OWN: LazyLock<Vec<Resolution>> = LazyLock::new(|| {
        let own = |stream| Resolution::new(schema_of(stream), schema_of(stream)).expect("a schema of ours");
        (0..STREAMS).map(own).collect()
    });
    let stream = stream % STREAMS;
    let own = &OWN[usize::from(stream)];
    match stream {
        0 => decode_as::<InspectionEvent>(own, datum),
        1 => decode_as::<ManufacturingEvent>(own, datum),
        2 => decode_as::<QualityEvent>(own, datum),
        3 => decode_as::<SystemEvent>(own, datum),
        _ => decode_as::<UserEvent>(own, datum),
    }
}

/// Decodes a datum of another schema as an event of a stream, both ways.
pub fn resolve(stream: u8, writer: &str, datum: &[u8], is_valid: bool) {
    match stream % STREAMS {
        0 => resolve_as::<InspectionEvent>(writer, datum, is_valid),
        1 => resolve_as::<ManufacturingEvent>(writer, datum, is_valid),
        2 => resolve_as::<QualityEvent>(writer, datum, is_valid),
        3 => resolve_as::<SystemEvent>(writer, datum, is_valid),
        _ => resolve_as::<UserEvent>(writer, datum, is_valid),
    }
}

/// By way of the resolution of its own schema, as `codec::decode` parses the schema anew to name the field of an error.
fn decode_as<S: BorrowedStream + Debug>(own: &Resolution, datum: &[u8]) {
    let (mut unused, mut other) = (Vec::new(), Vec::new());
    let owned = decode_resolved::<S>(datum, own, LIMITS, &mut unused);
    match (&owned, decode_resolved_borrowed::<S>(datum, own, LIMITS, &mut other)) {
        (Ok(Resolved::Event(owned)), Ok(Resolved::Event(view))) => {
            let bytes = encoded(owned);
            assert_eq!(encoded(&view.to_owned()), bytes, "the view is another event");
            let direct = codec::decode::<S>(datum, LIMITS).expect("it is read without a resolution, too");
            assert_eq!(encoded(&direct), bytes);
            let again = codec::decode::<S>(&bytes, LIMITS).expect("what was written is read");
            assert_eq!(encoded(&again), bytes, "what was written is read as another event");
        }
        (Err(owned), Err(view)) => {
            assert_eq!(*owned, view);
            let ResolveError::Decode(error) = owned else { panic!("{owned}") };
            assert!(error.offset <= datum.len());
        }
        _ => panic!("one is read, the other is not"),
    }
    assert!(unused.is_empty() && other.is_empty());
}

fn encoded<S: EventStream>(event: &S) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(event, &mut bytes).expect("what was read can be written");
    bytes
}

fn resolve_as<S: BorrowedStream + Debug>(writer: &str, datum: &[u8], is_valid: bool) {
    let Ok(resolution) = Resolution::new(S::STREAM.schema, writer) else { return };
    let (mut scratch, mut other) = (Vec::new(), Vec::new());
    let owned = decode_resolved::<S>(datum, &resolution, LIMITS, &mut scratch);
    let borrowed = decode_resolved_borrowed::<S>(datum, &resolution, LIMITS, &mut other);
    match (&owned, &borrowed) {
        (Ok(Resolved::Event(owned)), Ok(Resolved::Event(view))) => {
            assert_eq!(encoded(&view.to_owned()), encoded(owned), "the view is another event");
        }
        (Ok(Resolved::Unknown { fullname, .. }), Ok(Resolved::Unknown { fullname: same, .. })) => {
            assert_eq!(fullname, same);
        }
        (Err(owned), Err(view)) => {
            assert_eq!(owned, view);
            if is_valid {
                check_refusal(S::STREAM.schema, writer, owned);
            }
        }
        _ => panic!("one is read, the other is not"),
    }
    assert!(scratch.len() <= LIMITS.message_bytes);
}

/// A datum of the writer's schema may only be refused where the checker says so, or for a value that its type cannot
/// tell: a text that is no uuid, a number that is no time.
pub fn check_refusal(reader: &str, writer: &str, error: &ResolveError) {
    match error {
        ResolveError::Decode(error) => {
            use DecodeErrorKind::{Decimal, Memory, Time, TooLongResolved, Utf8, Uuid};
            let is_of_value = matches!(
                error.kind,
                Uuid | Utf8 | Time { .. } | Decimal { .. } | TooLongResolved { .. } | Memory { .. }
            );
            assert!(is_of_value, "{error}");
        }
        error => {
            let parse = |text: &str| Schemas::parse_text("schema", text).expect("it was parsed before");
            let findings = incompatibilities(&parse(reader), &parse(writer));
            assert!(!findings.is_empty(), "the checker calls them compatible: {error}");
        }
    }
}
