//! What generated code calls. Not part of the public API: it changes with the generator.

pub use crate::codec::cut::{cut_to_micros, cut_to_millis};
pub use crate::event::KeyField;
pub use jiff;
pub use rust_decimal;
pub use uuid;

pub use crate::__json_form as json_form;
pub use crate::__needs_serde as needs_serde;
pub use crate::__own_view as own_view;
#[cfg(not(feature = "serde"))]
pub use cq_events_derive::{NoSerde as Deserialize, NoSerde as Serialize};
#[cfg(feature = "serde")]
pub use serde::{self, Deserialize, Serialize};

use crate::codec::{DecodeLimits, Decoder};

/// Nobody's bytes but the build's own.
const TRUSTED: DecodeLimits = DecodeLimits {
    message_bytes: usize::MAX,
    zero_sized_elements: usize::MAX,
    memory_bytes: usize::MAX,
    depth: usize::MAX,
};

/// The default of a field, from its binary form, which the build has made.
pub fn default<T>(datum: &'static [u8], read: impl FnOnce(&mut Decoder<'static>) -> T) -> T {
    let mut input = Decoder::new(datum, TRUSTED);
    let value = read(&mut input);
    debug_assert!(!input.failed(), "the build has made a default that is none");
    value
}

/// What `Debug` shows of a field that is personal data.
pub struct Hidden;

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What `#[derive(EventStream)]` emits for the producer of a stream. It is a macro of this crate, since a `cfg` in
/// emitted code would look at the features of the user's crate.
#[cfg(not(feature = "kafka"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __producer {
    ($($tokens:tt)*) => {};
}

/// Says what is missing where a stream has `serde = true`.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __needs_serde {
    () => {
        ::core::compile_error!(
            "a stream has `serde = true` in its streams.toml: add the feature \"serde\" to the dependency cq-events"
        );
    };
}

#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __needs_serde {
    () => {};
}

#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __json_form {
    ($($ty:ty),* $(,)?) => {};
}
