//! The Confluent wire format: byte 0 = 0, the schema id as 4 bytes big-endian, then the Avro datum.

use crate::registry::SchemaId;

/// Length of the wire header in bytes.
pub const FRAME_BYTES: usize = 5;

const MAGIC: u8 = 0;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
