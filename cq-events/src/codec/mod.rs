//! The bytes: the Confluent wire header, and the Avro binary encoding that generated code calls directly.
//!
//! There is no serde and no dynamic value on the way of an event. Generated code calls one method of
//! [`Encoder`] or [`Decoder`] per field; all rules of the format live here.

mod decode;
mod encode;
mod limits;
pub(crate) mod number;
mod wire;

pub use decode::{Decode, DecodeError, DecodeErrorKind, Decoder};
pub use encode::{Encode, EncodeError, EncodeErrorKind, Encoder};
pub use limits::DecodeLimits;
pub use wire::{FRAME_BYTES, FrameError, read_frame, write_frame};
