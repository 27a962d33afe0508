//! Types with parts: enums, unions, arrays, maps and records that may hold themselves.

use std::collections::BTreeMap;

use super::{DecodeErrorKind, Decoder};

/// The value of a union of several types that is not null. Implemented by generated code.
pub trait DecodeBranch<'a>: Sized {
    /// The number of branches, null included.
    const COUNT: usize;

    /// Reads the value of a branch. For an index that is none of those, it reads the branch of the fewest bytes: that
    /// one comes to an end after an error, when every value is zero, where another might hold the union itself.
    fn decode_branch(branch: usize, input: &mut Decoder<'a>) -> Self;
}

impl<'a> Decoder<'a> {
    /// The index of an enum's symbol, below `count`; 0 after an error.
    #[inline]
    pub fn symbol(&mut self, count: usize) -> usize {
        self.index(count, |index| DecodeErrorKind::Symbol { index, count })
    }

    /// The index of a union's branch, below `count`; 0 after an error.
    #[inline]
    pub fn branch(&mut self, count: usize) -> usize {
        self.index(count, |index| DecodeErrorKind::Branch { index, count })
    }

    #[inline]
    fn index(&mut self, count: usize, kind: impl FnOnce(i64) -> DecodeErrorKind) -> usize {
        let at = self.offset();
        let index = self.long();
        usize::try_from(index).ok().filter(|index| *index < count).unwrap_or_else(|| {
            self.fail(at, kind(index));
            0
        })
    }

    /// A union of null and one other type, null being branch `null` (0 or 1).
    #[inline]
    pub fn optional<T>(&mut self, null: usize, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let branch = self.branch(2);
        (branch != null && !self.failed()).then(|| read(self))
    }

    /// A union of several types, none of them null.
    pub fn union<T: DecodeBranch<'a>>(&mut self) -> T {
        let branch = self.branch(T::COUNT);
        let branch = if self.failed() { T::COUNT } else { branch };
        T::decode_branch(branch, self)
    }

    /// A union of null, at index `null`, and several other types.
    pub fn nullable<T: DecodeBranch<'a>>(&mut self, null: usize) -> Option<T> {
        let branch = self.branch(T::COUNT);
        (branch != null && !self.failed()).then(|| T::decode_branch(branch, self))
    }

    /// Goes into a record that may hold values of itself; [`Decoder::leave`] comes out again.
    #[inline]
    pub fn enter(&mut self) {
        self.depth += 1;
        if self.depth > self.limits.depth {
            self.fail(self.offset(), DecodeErrorKind::TooDeep { limit: self.limits.depth });
        }
    }

    /// Comes out of a record.
    #[inline]
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// An array whose elements have at least `min_bytes` bytes each.
    pub fn array<T>(&mut self, min_bytes: usize, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while let Some(block) = self.block::<T>(min_bytes) {
            make_room(&mut items, block.elements);
            for _ in 0..block.elements {
                items.push(read(self));
                if self.failed() {
                    return items;
                }
            }
            self.end(block);
        }
        items
    }

    /// A map whose values have at least `min_bytes` bytes each. Of two entries with one key, the last wins.
    pub fn map<T>(&mut self, min_bytes: usize, mut read: impl FnMut(&mut Self) -> T) -> BTreeMap<String, T> {
        let entries = self.array_of_entries(min_bytes, |input| (input.string(), read(input)));
        // Sorts them, which costs nothing where they were written so, and then builds the tree from the bottom.
        entries.into_iter().collect()
    }

    /// A map whose keys stay in the message, as its entries in their order; a key may occur twice.
    pub fn entries<T>(
        &mut self,
        min_bytes: usize,
        mut read: impl FnMut(&mut Self) -> T,
    ) -> Vec<(&'a str, T)> {
        self.array_of_entries(min_bytes, |input| (input.string_ref(), read(input)))
    }

    fn array_of_entries<T>(&mut self, min_bytes: usize, read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        // A key has at least its length's byte.
        self.array(min_bytes.saturating_add(1), read)
    }

    /// The head of a block of what becomes `T`; none after the last block, and after an error.
    #[inline]
    fn block<T>(&mut self, min_bytes: usize) -> Option<Block> {
        let at = self.offset();
        let count = self.long();
        // A negative count is followed by the block's size in bytes.
        let size = (count < 0).then(|| self.long());
        if count == 0 || self.failed() {
            return None;
        }
        let left = self.rest.len();
        let most = left.checked_div(min_bytes).unwrap_or(self.zero_sized_elements);
        let elements = match usize::try_from(count.unsigned_abs()) {
            Ok(elements) if elements <= most => elements,
            _ => {
                self.fail(at, DecodeErrorKind::Count { count, left });
                return None;
            }
        };
        if min_bytes == 0 {
            self.zero_sized_elements -= elements;
        }
        let needed = elements.saturating_mul(size_of::<T>());
        match self.memory_bytes.checked_sub(needed) {
            Some(memory_bytes) => self.memory_bytes = memory_bytes,
            None => {
                self.fail(at, DecodeErrorKind::Memory { count, limit: self.limits.memory_bytes });
                return None;
            }
        }
        Some(Block { elements, at, left, size })
    }

    /// Checks the size of a block that has been read.
    #[inline]
    fn end(&mut self, block: Block) {
        let Some(size) = block.size else { return };
        let found = block.left - self.rest.len();
        if usize::try_from(size) != Ok(found) {
            self.fail(block.at, DecodeErrorKind::BlockSize { size, found });
        }
    }
}

/// A part of an array or a map.
struct Block {
    elements: usize,
    /// Where its head begins.
    at: usize,
    /// The bytes that were left behind its head.
    left: usize,
    /// How many bytes it says that it has.
    size: Option<i64>,
}

/// What a block claims is not trusted with memory: more room is made as elements are read.
fn make_room<T>(items: &mut Vec<T>, elements: usize) {
    if items.is_empty() {
        *items = Vec::with_capacity(elements.min(1_024));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DecodeError, DecodeErrorKind, Decoder};
    use crate::codec::DecodeLimits;

    /// A block of so many elements that are null, each a byte.
    fn nulls(count: u64) -> Vec<u8> {
        let mut datum = Vec::new();
        let mut zigzag = count << 1;
        while zigzag >= 0x80 {
            datum.push(zigzag.to_le_bytes()[0] | 0x80);
            zigzag >>= 7;
        }
        datum.push(zigzag.to_le_bytes()[0]);
        datum.resize(datum.len() + usize::try_from(count).unwrap() + 1, 0);
        datum
    }

    fn read(datum: &[u8], limits: DecodeLimits) -> Result<usize, DecodeError> {
        let mut input = Decoder::new(datum, limits);
        let items = input.array(1, |input| input.optional(0, Decoder::fixed::<1_000>));
        input.finish().map(|()| items.len())
    }

    #[test]
    fn elements_that_are_small_in_a_message_and_large_in_memory_have_a_limit() {
        let limits = DecodeLimits { memory_bytes: 10_010, ..DecodeLimits::DEFAULT };
        assert_eq!(read(&nulls(10), limits), Ok(10));
        let kind = DecodeErrorKind::Memory { count: 11, limit: 10_010 };
        assert_eq!(read(&nulls(11), limits), Err(DecodeError::new(0, kind)));
        let megabytes = read(&nulls(1 << 20), DecodeLimits::DEFAULT);
        assert!(matches!(megabytes, Err(DecodeError { kind: DecodeErrorKind::Memory { .. }, .. })));
    }

    #[test]
    fn the_limits_hold_for_all_arrays_of_a_datum_together() {
        let limits = DecodeLimits { memory_bytes: 10_010, ..DecodeLimits::DEFAULT };
        let both = [nulls(6), nulls(5)].concat();
        let mut input = Decoder::new(&both, limits);
        for _ in 0..2 {
            input.array(1, |input| input.optional(0, Decoder::fixed::<1_000>));
        }
        assert!(matches!(
            input.finish().map_err(|error| error.kind),
            Err(DecodeErrorKind::Memory { count: 5, .. })
        ));

        // 700 elements of no bytes, twice.
        let empty = [0xF8, 0x0A, 0, 0xF8, 0x0A, 0];
        let mut input = Decoder::new(&empty, DecodeLimits::DEFAULT);
        let lengths = [0; 2].map(|_| input.array(0, |_| ()).len());
        assert_eq!(lengths, [700, 0]);
        assert!(matches!(
            input.finish().map_err(|error| error.kind),
            Err(DecodeErrorKind::Count { count: 700, .. })
        ));
    }
}
