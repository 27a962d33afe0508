//! The canonical form of a schema, and its fingerprint: Avro 1.12, "Parsing Canonical Form for Schemas" and "Schema
//! Fingerprints".

use std::collections::HashSet;

use crate::json::write_string;
use crate::schema::{Kind, NamedKind, Schemas, Type};

/// The fingerprint of no bytes, with which each begins.
const EMPTY: u64 = 0xC15D_213A_A4D7_A795;

impl Schemas {
    /// The canonical form of the schema whose root is `root`: what decides over the bytes of its data, and no more.
    /// Documentation, defaults, aliases, logical types and custom properties are not in it, so two schemas of one form
    /// may still mean different things: [`normalise`](crate::normalise) keeps all that.
    pub fn canonical(&self, root: &Type) -> String {
        let mut canonical = Canonical { schemas: self, written: HashSet::new(), out: String::new() };
        canonical.ty(root);
        canonical.out
    }

    /// The fingerprint of the canonical form: CRC-64-AVRO, which single-object encoding uses.
    ///
    /// ```
    /// use cq_events_schema::Schemas;
    ///
    /// let schemas = Schemas::parse_text("schema", r#"{"type": "int"}"#)?;
    /// assert_eq!(schemas.fingerprint(&schemas.roots()[0]), 0x7275D51A3F395C8F);
    /// # Ok::<(), cq_events_schema::Diagnostics>(())
    /// ```
    pub fn fingerprint(&self, root: &Type) -> u64 {
        self.canonical(root).bytes().fold(EMPTY, |fingerprint, byte| {
            let mut low = (fingerprint ^ u64::from(byte)) & 0xFF;
            for _ in 0..8 {
                low = (low >> 1) ^ (EMPTY & (low & 1).wrapping_neg());
            }
            (fingerprint >> 8) ^ low
        })
    }
}

struct Canonical<'a> {
    schemas: &'a Schemas,
    /// The named types that stand in the text already.
    written: HashSet<&'a str>,
    out: String,
}

impl<'a> Canonical<'a> {
    fn ty(&mut self, ty: &'a Type) {
        match &ty.kind {
            Kind::Array(items) => self.inner("array", "items", items),
            Kind::Map(values) => self.inner("map", "values", values),
            Kind::Union(branches) => self.list(branches, Self::ty),
            Kind::Named(fullname) => self.named(fullname),
            primitive => write_string(primitive.name(), &mut self.out),
        }
    }

    fn inner(&mut self, kind: &str, key: &str, ty: &'a Type) {
        self.out.push_str(&format!("{{\"type\":\"{kind}\",\"{key}\":"));
        self.ty(ty);
        self.out.push('}');
    }

    fn named(&mut self, fullname: &'a str) {
        let Some(named) = self.schemas.get(fullname).filter(|_| self.written.insert(fullname)) else {
            return write_string(fullname, &mut self.out);
        };
        self.out.push_str("{\"name\":");
        write_string(fullname, &mut self.out);
        match &named.kind {
            NamedKind::Record(record) => {
                self.out.push_str(",\"type\":\"record\",\"fields\":");
                self.list(&record.fields, |canonical, field| {
                    canonical.out.push_str("{\"name\":");
                    write_string(&field.name, &mut canonical.out);
                    canonical.out.push_str(",\"type\":");
                    canonical.ty(&field.ty);
                    canonical.out.push('}');
                });
            }
            NamedKind::Enum(symbols) => {
                self.out.push_str(",\"type\":\"enum\",\"symbols\":");
                self.list(&symbols.symbols, |canonical, (symbol, _)| {
                    write_string(symbol, &mut canonical.out)
                });
            }
            NamedKind::Fixed(fixed) => {
                self.out.push_str(&format!(",\"type\":\"fixed\",\"size\":{}", fixed.size));
            }
        }
        self.out.push('}');
    }

    fn list<T>(&mut self, items: &'a [T], mut write: impl FnMut(&mut Self, &'a T)) {
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
        self.out.push(']');
    }
}
