//! Field values as message keys: the same bytes in whatever language, so that a key always finds its partition.

use std::borrow::Cow;

use uuid::Uuid;

/// A type that a field named by `cq.key` may have.
pub trait KeyField {
    /// The key's bytes, or None for null.
    fn key(&self) -> Option<Cow<'_, [u8]>>;
}

impl KeyField for String {
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.as_bytes()))
    }
}

impl KeyField for Uuid {
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Owned(self.to_string().into_bytes()))
    }
}

impl KeyField for i32 {
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Owned(self.to_string().into_bytes()))
    }
}

impl KeyField for i64 {
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Owned(self.to_string().into_bytes()))
    }
}

impl<T: KeyField> KeyField for Option<T> {
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        self.as_ref().and_then(KeyField::key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_text_and_null_is_no_key() {
        let uuid = Uuid::from_u128(1);
        assert_eq!(String::from("B-1").key().as_deref(), Some(&b"B-1"[..]));
        assert_eq!(uuid.key().as_deref(), Some(&b"00000000-0000-0000-0000-000000000001"[..]));
        assert_eq!((-7_i32).key().as_deref(), Some(&b"-7"[..]));
        assert_eq!(Some(i64::MAX).key().as_deref(), Some(&b"9223372036854775807"[..]));
        assert_eq!(None::<String>.key(), None);
    }
}
