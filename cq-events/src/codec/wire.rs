//! The Confluent wire format: byte 0 = 0, the schema id as 4 bytes big-endian, then the Avro datum. Or the datum alone,
//! and the schema in a header: the same 5 bytes, or byte 0 = 1 and a GUID of 16 bytes.

use uuid::Uuid;

use crate::event::Headers;
use crate::registry::{SchemaId, SchemaRef};

/// Length of the wire header in bytes.
pub const FRAME_BYTES: usize = 5;

/// The header of a message that names the schema of its value, where that is not in front of the value.
pub const SCHEMA_HEADER: &str = "__value_schema_id";

const MAGIC: u8 = 0;
const MAGIC_GUID: u8 = 1;

/// Why the first bytes of a value are no wire header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The value ends within the header.
    #[error(
        "the value has {length} bytes, but the wire header alone has 5: was it written without a schema registry?"
    )]
    Short {
        /// The value's length in bytes.
        length: usize,
    },
    /// The first byte is not 0.
    #[error("the first byte is {found:#04x} and not 0x00: the value is not in the Confluent wire format")]
    Magic {
        /// The byte found.
        found: u8,
    },
    /// The header that names the schema holds no name of one.
    #[error(
        "the header `__value_schema_id` names no schema: it has {length} bytes, and not 0x00 with an id of 4 bytes or \
         0x01 with a GUID of 16"
    )]
    Header {
        /// The length of the header's value in bytes.
        length: usize,
    },
}

/// Appends the wire header for `id`.
pub fn write_frame(id: SchemaId, out: &mut Vec<u8>) {
    out.push(MAGIC);
    out.extend_from_slice(&id.get().to_be_bytes());
}

/// Splits a value into its schema id and its datum.
///
/// # Errors
/// When the value is shorter than the header, or does not begin with the magic byte.
pub fn read_frame(value: &[u8]) -> Result<(SchemaId, &[u8]), FrameError> {
    match value {
        [MAGIC, a, b, c, d, datum @ ..] => Ok((SchemaId::new(u32::from_be_bytes([*a, *b, *c, *d])), datum)),
        [found, ..] if *found != MAGIC => Err(FrameError::Magic { found: *found }),
        short => Err(FrameError::Short { length: short.len() }),
    }
}

/// The schema that the headers of a message name for its value. A header without a value names none.
///
/// # Errors
/// When the header is there and is no id or GUID.
pub fn schema_header(headers: &Headers) -> Result<Option<SchemaRef>, FrameError> {
    let Some(value) = headers.bytes(SCHEMA_HEADER) else { return Ok(None) };
    let schema = match value {
        [MAGIC, id @ ..] => id.try_into().ok().map(|id| SchemaId::new(u32::from_be_bytes(id)).into()),
        [MAGIC_GUID, guid @ ..] => guid.try_into().ok().map(|guid| Uuid::from_bytes(guid).into()),
        _ => None,
    };
    schema.map(Some).ok_or(FrameError::Header { length: value.len() })
}

/// What a message was written with, and its datum. A schema in the headers counts before one in front of the value: the
/// value is then the datum alone, which may begin as a wire header does.
///
/// # Errors
/// When neither names a schema, or the header is malformed.
pub fn read_message<'a>(headers: &Headers, value: &'a [u8]) -> Result<(SchemaRef, &'a [u8]), FrameError> {
    match schema_header(headers)? {
        Some(schema) => Ok((schema, value)),
        None => read_frame(value).map(|(id, datum)| (id.into(), datum)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Header;

    #[test]
    fn a_frame_reads_back_with_its_datum() {
        let mut value = Vec::new();
        write_frame(SchemaId::new(0x0102_0304), &mut value);
        value.extend_from_slice(b"datum");
        assert_eq!(value[..5], [0, 1, 2, 3, 4]);
        assert_eq!(read_frame(&value), Ok((SchemaId::new(0x0102_0304), &b"datum"[..])));
    }

    #[test]
    fn short_values_and_foreign_values_are_told_apart() {
        assert_eq!(read_frame(&[]), Err(FrameError::Short { length: 0 }));
        assert_eq!(read_frame(&[0, 1, 2, 3]), Err(FrameError::Short { length: 4 }));
        assert_eq!(read_frame(b"{\"a\""), Err(FrameError::Magic { found: b'{' }));
    }

    /// A message with these values of the header.
    fn headers(values: &[Option<&[u8]>]) -> Headers {
        let header = |value: &Option<&[u8]>| Header {
            key: SCHEMA_HEADER.to_owned(),
            value: value.map(<[u8]>::to_vec),
        };
        let other = Header { key: "__key_schema_id".to_owned(), value: Some(vec![9]) };
        values.iter().map(header).chain([other]).collect()
    }

    #[test]
    fn a_schema_in_the_headers_counts_first_and_leaves_the_whole_value() {
        let guid = Uuid::from_u128(0x0102_0304);
        let with_guid = [&[1][..], guid.as_bytes()].concat();
        let value = [0, 0, 0, 0, 7, 42];
        let read = |headers: Headers| read_message(&headers, &value);
        assert_eq!(read(headers(&[Some(&with_guid)])), Ok((guid.into(), &value[..])));
        assert_eq!(read(headers(&[Some(&[0, 0, 0, 0, 9])])), Ok((SchemaId::new(9).into(), &value[..])));
        // Of several, the last one counts, as in other languages.
        assert_eq!(read(headers(&[Some(&[3]), Some(&with_guid)])), Ok((guid.into(), &value[..])));
        for none in [headers(&[]), headers(&[None])] {
            assert_eq!(read(none), Ok((SchemaId::new(7).into(), &value[5..])));
        }
    }

    #[test]
    fn a_header_that_names_no_schema_is_an_error_whatever_the_value() {
        let too_long = [1; 18];
        for bad in [&[][..], &[0], &[0, 1, 2, 3], &[0, 1, 2, 3, 4, 5], &[1, 2], &too_long, &[2, 0, 0, 0, 1]] {
            let error = read_message(&headers(&[Some(bad)]), &[0, 0, 0, 0, 7]);
            assert_eq!(error, Err(FrameError::Header { length: bad.len() }));
        }
    }
}
