//! The bytes: the Confluent wire header, and the Avro binary encoding that generated code calls directly.
//!
//! There is no serde and no dynamic value on the way of an event. Generated code calls one method of
//! [`Encoder`] or [`Decoder`] per field; all rules of the format live here.

use crate::event::{BorrowedStream, EventStream, StreamInfo};

pub(crate) mod cut;
mod decode;
mod duration;
mod encode;
mod limits;
mod number;
mod place;
mod resolution;
mod text;
mod transcode;
mod varint;
mod view;
mod wide;
mod wire;

pub use decode::{Decode, DecodeBranch, DecodeError, DecodeErrorKind, Decoder};
pub use duration::Duration;
pub use encode::{Encode, EncodeError, EncodeErrorKind, Encoder};
pub use limits::DecodeLimits;
pub(crate) use place::Places;
#[cfg_attr(not(feature = "kafka"), allow(unused_imports, reason = "the consumer asks"))]
pub(crate) use resolution::Found;
pub use resolution::{
    Resolution, ResolveError, Resolved, ResolvedRef, Transcoder, decode_resolved, decode_resolved_borrowed,
};
pub use view::View;
pub use wide::{NoDecimal, WideDecimal};
pub use wire::{
    FRAME_BYTES, FrameError, SCHEMA_HEADER, read_frame, read_message, schema_header, write_frame,
};

/// Appends an event's datum, without the wire header.
///
/// # Errors
/// When the schema cannot hold one of the event's values; `out` is then as it was.
pub fn encode<T: Encode + ?Sized>(event: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut encoder = Encoder::new(out);
    event.encode(&mut encoder);
    encoder.finish()
}

/// Reads a datum, without the wire header, that was written with the schema of this build.
///
/// After an error the stream's schema is parsed, to name the field: some tenths of a millisecond. Where errors are
/// frequent, [`decode_resolved`] with a [`Resolution`] of the stream's own schema parses it once.
///
/// # Errors
/// When the datum is not exactly one event of the stream.
pub fn decode<S: EventStream>(datum: &[u8], limits: DecodeLimits) -> Result<S, DecodeError> {
    read(datum, limits, S::STREAM, S::decode_branch)
}

/// [`decode`], for a view whose strings and bytes point into `datum`.
///
/// # Errors
/// As [`decode`].
pub fn decode_borrowed<S: BorrowedStream>(
    datum: &[u8],
    limits: DecodeLimits,
) -> Result<S::Ref<'_>, DecodeError> {
    read(datum, limits, S::STREAM, S::decode_branch_ref)
}

fn read<'a, E>(
    datum: &'a [u8],
    limits: DecodeLimits,
    stream: &StreamInfo,
    decode_branch: impl FnOnce(usize, &mut Decoder<'a>) -> Option<E>,
) -> Result<E, DecodeError> {
    let mut input = Decoder::new(datum, limits);
    let branch = input.branch(stream.events.len());
    let read = match decode_branch(branch, &mut input) {
        Some(event) => input.finish().map(|()| event),
        None => Err(input.no_such_branch(branch, stream.events.len())),
    };
    read.map_err(|error| error.placed(&Places::new(stream.schema), datum))
}
