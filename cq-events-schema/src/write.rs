//! Types -> one line of JSON: the assembled, normalised form.

use std::collections::HashSet;

use crate::json::write_string;
use crate::parse::would_be_logical;
use crate::schema::{Field, Kind, Logical, Named, NamedKind, Property, Schemas, Type};

impl Schemas {
    /// The schema whose root is `root`, as normalised JSON: every named type stands at its first use, and later
    /// uses refer to it by fullname.
    pub fn write(&self, root: &Type) -> String {
        let mut writer = Writer { schemas: self, written: HashSet::new(), out: String::new() };
        writer.ty(root);
        writer.out
    }
}

/// What says that a type is a logical one.
const LOGICAL: [&str; 3] = ["logicalType", "precision", "scale"];

struct Writer<'a> {
    schemas: &'a Schemas,
    /// The named types that stand in the text already.
    written: HashSet<&'a str>,
    out: String,
}

impl<'a> Writer<'a> {
    fn ty(&mut self, ty: &'a Type) {
        if let Kind::Named(fullname) = &ty.kind {
            return self.named(fullname);
        }
        if let Kind::Union(branches) = &ty.kind {
            return self.list('[', ']', branches, Self::ty);
        }
        let is_misplaced = ty.logical.is_some() || would_be_logical(&ty.kind, &ty.properties);
        let properties: Vec<&Property> = ty
            .properties
            .iter()
            .filter(|property| !is_misplaced || !LOGICAL.contains(&property.key.as_str()))
            .collect();
        let is_bare = ty.logical.is_none() && properties.is_empty();
        match &ty.kind {
            Kind::Array(items) => {
                self.out.push_str("{\"type\":\"array\",\"items\":");
                self.ty(items);
            }
            Kind::Map(values) => {
                self.out.push_str("{\"type\":\"map\",\"values\":");
                self.ty(values);
            }
            _ if is_bare => return write_string(ty.kind.name(), &mut self.out),
            kind => {
                self.out.push_str("{\"type\":");
                write_string(kind.name(), &mut self.out);
            }
        }
        self.logical(ty.logical);
        self.properties(properties);
        self.out.push('}');
    }

    fn named(&mut self, fullname: &'a str) {
        let Some(named) = self.schemas.get(fullname).filter(|_| self.written.insert(fullname)) else {
            return write_string(fullname, &mut self.out);
        };
        self.out.push_str("{\"type\":");
        let kind = match &named.kind {
            NamedKind::Record(_) => "record",
            NamedKind::Enum(_) => "enum",
            NamedKind::Fixed(_) => "fixed",
        };
        write_string(kind, &mut self.out);
        self.text("name", named.short_name());
        // Always there, since an absent one would mean the enclosing type's.
        self.text("namespace", named.namespace());
        self.about(named.doc.as_deref(), &named.aliases);
        self.own(named);
        self.properties(named.properties.iter().collect());
        self.out.push('}');
    }

    fn own(&mut self, named: &'a Named) {
        match &named.kind {
            NamedKind::Record(record) => {
                self.key("fields");
                self.list('[', ']', &record.fields, Self::field);
            }
            NamedKind::Enum(symbols) => {
                self.key("symbols");
                self.list('[', ']', &symbols.symbols, |writer, (symbol, _)| {
                    write_string(symbol, &mut writer.out)
                });
                if let Some(default) = &symbols.default {
                    self.text("default", default);
                }
            }
            NamedKind::Fixed(fixed) => {
                self.key("size");
                self.out.push_str(&fixed.size.to_string());
                self.logical(fixed.logical);
            }
        }
    }

    fn field(&mut self, field: &'a Field) {
        self.out.push_str("{\"name\":");
        write_string(&field.name, &mut self.out);
        self.key("type");
        self.ty(&field.ty);
        if let Some(default) = &field.default {
            self.key("default");
            default.write(&mut self.out);
        }
        self.about(field.doc.as_deref(), &field.aliases);
        if let Some(order) = &field.order {
            self.text("order", order);
        }
        self.properties(field.properties.iter().collect());
        self.out.push('}');
    }

    fn logical(&mut self, logical: Option<Logical>) {
        let Some(logical) = logical else { return };
        self.text("logicalType", logical.name());
        if let Logical::Decimal { precision, scale } = logical {
            self.out.push_str(&format!(",\"precision\":{precision},\"scale\":{scale}"));
        }
    }

    fn about(&mut self, doc: Option<&str>, aliases: &'a [String]) {
        if let Some(doc) = doc {
            self.text("doc", doc);
        }
        self.texts("aliases", aliases);
    }

    fn properties(&mut self, mut sorted: Vec<&'a Property>) {
        sorted.sort_by(|left, right| left.key.cmp(&right.key));
        for property in sorted {
            self.key(&property.key);
            property.value.write(&mut self.out);
        }
    }

    /// A key behind others.
    fn key(&mut self, key: &str) {
        self.out.push(',');
        write_string(key, &mut self.out);
        self.out.push(':');
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_string(value, &mut self.out);
    }

    fn texts(&mut self, key: &str, values: &'a [String]) {
        if !values.is_empty() {
            self.key(key);
            self.list('[', ']', values, |writer, value| write_string(value, &mut writer.out));
        }
    }

    fn list<T>(&mut self, open: char, close: char, items: &'a [T], mut write: impl FnMut(&mut Self, &'a T)) {
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
        self.out.push(close);
    }
}
