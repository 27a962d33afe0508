/// What a decoder accepts, so that hostile bytes cannot make it allocate or loop beyond the message.
///
/// Other limits need no setting: an array or map cannot have more elements than the bytes that are left can hold,
/// a string no more bytes than are left, a varint no more than 10 bytes, and a datum no bytes left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeLimits {
    /// The longest datum, in bytes (16 MiB).
    pub message_bytes: usize,
    /// The most array elements of zero bytes each, since the bytes that are left do not bound them (1,024 in a datum).
    pub zero_sized_elements: usize,
    /// The most memory for the elements of arrays and maps themselves, in bytes (256 MiB in a datum): a null is one byte
    /// in a message, and has the size of the record beside it in memory.
    pub memory_bytes: usize,
    /// How deeply records that may hold values of themselves lie in each other (64).
    pub depth: usize,
}

impl DecodeLimits {
    /// The defaults.
    pub const DEFAULT: Self =
        Self { message_bytes: 16 << 20, zero_sized_elements: 1_024, memory_bytes: 256 << 20, depth: 64 };
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
