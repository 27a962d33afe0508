//! Where in a datum a byte is: what an error's offset means to people.

use std::ops::ControlFlow;

use crate::name;
use crate::schema::{Field, Kind, NamedKind, Schemas, Type};

/// How deep values may lie in each other. Who is deeper has no path.
const MAX_DEPTH: usize = 512;
/// How many values are passed over: more than are in a message of some megabytes. Who is lost before has no path, since
/// that of the last value would be a wrong one.
const MAX_VALUES: usize = 4 << 20;
/// How much of a map's key is shown, in characters.
const LONG_KEY: usize = 40;

impl Schemas {
    /// The path of the value that `offset` of a datum of the type `root` is in, such as
    /// `InspectionCompleted.results[3].limits["low"]`. Where the bytes on the way are broken, the path ends where they
    /// are. Nothing where the offset is behind the last value, or millions of values into the datum; an empty path at the
    /// index of a root's branch.
    ///
    /// ```
    /// use cq_events_schema::Schemas;
    ///
    /// let text = r#"[{"type": "record", "name": "lamp.Switched", "fields": [
    ///     {"name": "id", "type": "string"}, {"name": "watts", "type": {"type": "array", "items": "int"}}]}]"#;
    /// let schemas = Schemas::parse_text("lamp.avsc", text)?;
    /// let datum = [0, 4, b'i', b'd', 4, 1, 2, 0];
    /// assert_eq!(schemas.locate(&schemas.roots()[0], &datum, 6).as_deref(), Some("Switched.watts[1]"));
    /// # Ok::<(), cq_events_schema::Diagnostics>(())
    /// ```
    pub fn locate(&self, root: &Type, datum: &[u8], offset: usize) -> Option<String> {
        // The walk counts what is left.
        let left = datum.len().checked_sub(offset)?;
        let mut walk = Walk { schemas: self, rest: datum, left, path: String::new(), values: 0 };
        if let Kind::Named(fullname) = &root.kind {
            walk.path.push_str(name::short(fullname));
        }
        match walk.root(root) {
            ControlFlow::Break(()) if walk.values <= MAX_VALUES => Some(walk.path),
            _ => None,
        }
    }
}

/// Goes through a datum, and stops at what is wanted or broken.
struct Walk<'a> {
    schemas: &'a Schemas,
    rest: &'a [u8],
    /// How many bytes are left at the wanted one.
    left: usize,
    path: String,
    values: usize,
}

impl<'a> Walk<'a> {
    fn root(&mut self, root: &'a Type) -> ControlFlow<()> {
        let Kind::Union(branches) = &root.kind else { return self.value(root, 0) };
        let Some(branch) = self.index(branches)? else { return ControlFlow::Break(()) };
        if let Kind::Named(fullname) = &branch.kind {
            self.path.push_str(name::short(fullname));
        }
        self.value(branch, 0)
    }

    fn value(&mut self, ty: &'a Type, depth: usize) -> ControlFlow<()> {
        self.values += 1;
        if depth > MAX_DEPTH {
            self.values = usize::MAX;
        }
        if self.values > MAX_VALUES {
            return ControlFlow::Break(());
        }
        match &ty.kind {
            Kind::Null => ControlFlow::Continue(()),
            Kind::Boolean => self.pass(1),
            Kind::Float => self.pass(4),
            Kind::Double => self.pass(8),
            Kind::Int | Kind::Long => self.long().map_continue(drop),
            Kind::Bytes | Kind::String => self.prefixed().map_continue(drop),
            Kind::Array(items) => self.blocks(|walk, index| {
                walk.path.push_str(&format!("[{index}]"));
                walk.value(items, depth + 1)
            }),
            Kind::Map(values) => self.blocks(|walk, _| {
                let key = walk.prefixed()?;
                let key: String = String::from_utf8_lossy(key).chars().take(LONG_KEY).collect();
                walk.path.push_str(&format!("[{key:?}]"));
                walk.value(values, depth + 1)
            }),
            Kind::Union(branches) => match self.index(branches)? {
                Some(branch) => self.value(branch, depth + 1),
                None => ControlFlow::Break(()),
            },
            Kind::Named(fullname) => match self.schemas.get(fullname).map(|named| &named.kind) {
                Some(NamedKind::Fixed(fixed)) => self.pass(fixed.size),
                Some(NamedKind::Enum(_)) => self.long().map_continue(drop),
                Some(NamedKind::Record(record)) => self.fields(&record.fields, depth),
                None => ControlFlow::Break(()),
            },
        }
    }

    fn fields(&mut self, fields: &'a [Field], depth: usize) -> ControlFlow<()> {
        let length = self.path.len();
        for field in fields {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&field.name);
            self.value(&field.ty, depth + 1)?;
            self.path.truncate(length);
        }
        ControlFlow::Continue(())
    }

    fn blocks(&mut self, mut element: impl FnMut(&mut Self, usize) -> ControlFlow<()>) -> ControlFlow<()> {
        let length = self.path.len();
        let mut index = 0;
        loop {
            let count = self.long()?;
            // A negative count is followed by the block's size in bytes.
            let size = if count < 0 { Some(self.long()?) } else { None };
            if count == 0 {
                return ControlFlow::Continue(());
            }
            let begin = self.rest.len();
            for _ in 0..count.unsigned_abs() {
                element(self, index)?;
                self.path.truncate(length);
                index += 1;
            }
            if size.is_some_and(|size| usize::try_from(size) != Ok(begin - self.rest.len())) {
                return ControlFlow::Break(());
            }
        }
    }

    /// The branch of the index that comes next.
    fn index(&mut self, branches: &'a [Type]) -> ControlFlow<(), Option<&'a Type>> {
        let index = self.long()?;
        ControlFlow::Continue(usize::try_from(index).ok().and_then(|index| branches.get(index)))
    }

    fn prefixed(&mut self) -> ControlFlow<(), &'a [u8]> {
        let length = self.long()?;
        let Ok(length) = usize::try_from(length) else { return ControlFlow::Break(()) };
        let bytes = self.rest;
        self.pass(length)?;
        ControlFlow::Continue(bytes.get(..length).unwrap_or_default())
    }

    fn long(&mut self) -> ControlFlow<(), i64> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7F) << (7 * index);
            if *byte < 0x80 {
                self.pass(index + 1)?;
                return ControlFlow::Continue(((value >> 1) as i64) ^ -((value & 1) as i64));
            }
        }
        ControlFlow::Break(())
    }

    /// Passes over bytes that the wanted one is not among.
    fn pass(&mut self, bytes: usize) -> ControlFlow<()> {
        match self.rest.get(bytes..) {
            Some(rest) if rest.len() >= self.left => {
                self.rest = rest;
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(()),
        }
    }
}
