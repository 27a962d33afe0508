/// Which headers go with each message of a stream (`headers` in `streams.toml`). Headers cost time: librdkafka
/// allocates for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderPolicy {
    /// The attributes of CloudEvents 1.0 in the binary mode of its Kafka binding: `ce_specversion`, `ce_id`,
    /// `ce_type`, `ce_source`, `ce_time` and, where the event has one, `ce_correlationid`.
    #[default]
    CloudEvents,
    /// `ce_type` alone: the record's fullname.
    Type,
    /// None.
    None,
}

/// One header of a message. Kafka allows a null value, and the same key more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The header's name. Kafka says that it is UTF-8; what is not is replaced by U+FFFD.
    pub key: String,
    /// The header's bytes, or None for null.
    pub value: Option<Vec<u8>>,
}

/// The headers of a message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    #[cfg(feature = "kafka")]
    pub(crate) const EMPTY: Self = Self(Vec::new());

    /// All headers, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// All headers, in their order.
    pub fn as_slice(&self) -> &[Header] {
        &self.0
    }

    /// The value of the last header named `key` (as consumers of other languages do), as text. None where it is
    /// missing, null or not UTF-8.
    pub fn text(&self, key: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(key)?).ok()
    }

    /// The value of the last header named `key`. None where it is missing or null.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.0.iter().rev().find(|header| header.key == key)?.value.as_deref()
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
