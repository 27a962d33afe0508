//! What a view of a value has in common with the value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Duration, WideDecimal};

/// A view of a `T`: what it has of strings, bytes and fixed points into a message. A type that has none of those is its
/// own view. Implemented by generated code, for the parts of its views.
pub trait View<T> {
    /// The value, copied out of the message.
    fn to_owned(&self) -> T;
}

/// Makes types their own views.
#[doc(hidden)]
#[macro_export]
macro_rules! __own_view {
    ($($ty:ty),* $(,)?) => {
        $(
            impl $crate::codec::View<$ty> for $ty {
                fn to_owned(&self) -> $ty {
                    ::core::clone::Clone::clone(self)
                }
            }
        )*
    };
}

__own_view! {
    (), bool, i32, i64, f32, f64, Date, DateTime, Decimal, Duration, Time, Timestamp, Uuid, WideDecimal,
}

impl View<String> for &str {
    fn to_owned(&self) -> String {
        String::from(*self)
    }
}

impl View<Vec<u8>> for &[u8] {
    fn to_owned(&self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<const N: usize> View<[u8; N]> for &[u8; N] {
    fn to_owned(&self) -> [u8; N] {
        **self
    }
}

impl<const N: usize> View<Box<[u8; N]>> for &[u8; N] {
    fn to_owned(&self) -> Box<[u8; N]> {
        // As in the decoder: no large array on the stack.
        loop {
            if let Ok(value) = self.to_vec().into_boxed_slice().try_into() {
                return value;
            }
        }
    }
}

impl<T, V: View<T>> View<Option<T>> for Option<V> {
    fn to_owned(&self) -> Option<T> {
        self.as_ref().map(View::to_owned)
    }
}

impl<T, V: View<T>> View<Box<T>> for Box<V> {
    fn to_owned(&self) -> Box<T> {
        Box::new(V::to_owned(self))
    }
}

impl<T, V: View<T>> View<Vec<T>> for Vec<V> {
    fn to_owned(&self) -> Vec<T> {
        self.iter().map(View::to_owned).collect()
    }
}

impl<T, V: View<T>> View<BTreeMap<String, T>> for Vec<(&str, V)> {
    fn to_owned(&self) -> BTreeMap<String, T> {
        self.iter().map(|(key, value)| (String::from(*key), value.to_owned())).collect()
    }
}
