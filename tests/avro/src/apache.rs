//! The crate apache-avro as an oracle.

use std::collections::HashMap;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::{Name, Schema, UnionSchema};
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};

use crate::schema::{date, instant, number, time};

/// A stream's schema as apache-avro understands it.
pub struct Apache {
    schema: Schema,
    named: HashMap<Name, Schema>,
}

impl Apache {
    /// Takes an assembled schema.
    ///
    /// # Errors
    /// Where apache-avro does not.
    pub fn new(schema: &Json) -> Result<Self, String> {
        let schema = Schema::parse(schema).map_err(|error| error.to_string())?;
        let mut named = HashMap::new();
        collect(&schema, &mut named);
        Ok(Self { schema, named })
    }

    /// Takes an assembled schema without the defaults of its fields, which change no byte, and of which apache-avro
    /// refuses some that are valid.
    ///
    /// # Errors
    /// Where apache-avro does not.
    pub fn without_defaults(schema: &Json) -> Result<Self, String> {
        let mut schema = schema.clone();
        strip(&mut schema);
        Self::new(&schema)
    }

    /// What it writes for a value.
    ///
    /// # Errors
    /// Where it does not.
    pub fn encode(&self, value: Value) -> Result<Vec<u8>, String> {
        let writer = GenericDatumWriter::builder(&self.schema).build().map_err(|error| error.to_string())?;
        writer.write_value_to_vec(value).map_err(|error| error.to_string())
    }

    /// What it reads, which must be all of the bytes.
    ///
    /// # Errors
    /// Where it is not.
    pub fn decode(&self, mut datum: &[u8]) -> Result<Value, String> {
        let reader = GenericDatumReader::builder(&self.schema).build().map_err(|error| error.to_string())?;
        let value = reader.read_value(&mut datum).map_err(|error| error.to_string())?;
        if datum.is_empty() { Ok(value) } else { Err(format!("{} bytes are left over", datum.len())) }
    }

    /// The JSON form of an event that it read.
    ///
    /// # Errors
    /// Where there is none: apache-avro reads times beyond all calendars.
    pub fn form(&self, value: &Value) -> Result<Json, String> {
        match (&self.schema, value) {
            (Schema::Union(union), Value::Union(index, value)) => self.tagged(union, *index, value),
            (schema, value) => panic!("{value:?} is no event of {schema:?}"),
        }
    }

    /// The form of the first event that it reads where the writer wrote no field.
    ///
    /// # Errors
    /// Where it does not fill them.
    pub fn default(&self) -> Result<Json, String> {
        let reader = match &self.schema {
            Schema::Union(union) => &union.variants()[0],
            other => panic!("{other:?} is no stream's schema"),
        };
        let fullname = label(reader);
        let writer = Schema::parse(&json!({"type": "record", "name": fullname, "fields": []}));
        let writer = writer.map_err(|error| error.to_string())?;
        let value = GenericDatumReader::builder(&writer)
            .reader_schema(reader)
            .build()
            .and_then(|reader| reader.read_value(&mut &[][..]))
            .map_err(|error| error.to_string())?;
        Ok(json!({fullname: self.json(reader, &value)?}))
    }

    fn tagged(&self, union: &UnionSchema, index: u32, value: &Value) -> Result<Json, String> {
        let branch = &union.variants()[index as usize];
        Ok(json!({label(branch): self.json(branch, value)?}))
    }

    fn json(&self, schema: &Schema, value: &Value) -> Result<Json, String> {
        Ok(match (schema, value) {
            (Schema::Ref { name }, value) => self.json(&self.named[name], value)?,
            (_, Value::Null) => Json::Null,
            (Schema::Union(union), Value::Union(index, value)) => {
                let branch = &union.variants()[*index as usize];
                let others = union.variants().iter().filter(|branch| !matches!(branch, Schema::Null));
                if matches!(branch, Schema::Null) || others.count() < 2 {
                    self.json(branch, value)?
                } else {
                    self.tagged(union, *index, value)?
                }
            }
            (Schema::Record(record), Value::Record(values)) => {
                let mut object = serde_json::Map::new();
                for (field, (name, value)) in record.fields.iter().zip(values) {
                    assert_eq!(&field.name, name, "in {}", record.name);
                    object.insert(name.clone(), self.json(&field.schema, value)?);
                }
                Json::Object(object)
            }
            (Schema::Array(array), Value::Array(items)) => {
                items.iter().map(|item| self.json(&array.items, item)).collect::<Result<_, _>>()?
            }
            (Schema::Map(map), Value::Map(entries)) => {
                let entry = |(key, value): (&String, _)| Ok((key.clone(), self.json(&map.types, value)?));
                Json::Object(entries.iter().map(entry).collect::<Result<_, String>>()?)
            }
            (Schema::Decimal(decimal), Value::Decimal(value)) => {
                let bytes: Vec<u8> =
                    value.try_into().map_err(|error: apache_avro::Error| error.to_string())?;
                json!(decimal_text(&bytes, decimal.scale))
            }
            (_, value) => leaf(value).ok_or_else(|| format!("reads {value:?}, which has no form"))?,
        })
    }
}

/// The form of a value without others in it; none for a time that no calendar has.
fn leaf(value: &Value) -> Option<Json> {
    const MILLIS: i64 = 1_000;
    const MICROS: i64 = 1_000_000;
    const NANOS: i64 = 1_000_000_000;
    Some(match value {
        Value::Boolean(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        Value::Float(value) => number(f64::from(*value)),
        Value::Double(value) => number(*value),
        Value::String(value) => json!(value),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => {
            json!(bytes.iter().copied().map(char::from).collect::<String>())
        }
        Value::Enum(_, symbol) => json!(symbol),
        Value::Uuid(value) => json!(value.to_string()),
        Value::Date(days) => json!(date(i64::from(*days))?.to_string()),
        Value::TimeMillis(count) => json!(time(i64::from(*count), MILLIS)?.to_string()),
        Value::TimeMicros(count) => json!(time(*count, MICROS)?.to_string()),
        Value::TimestampMillis(count) => json!(instant(local(*count, MILLIS)?)?.to_string()),
        Value::TimestampMicros(count) => json!(instant(local(*count, MICROS)?)?.to_string()),
        Value::TimestampNanos(count) => json!(instant(local(*count, NANOS)?)?.to_string()),
        Value::LocalTimestampMillis(count) => json!(local(*count, MILLIS)?.to_string()),
        Value::LocalTimestampMicros(count) => json!(local(*count, MICROS)?.to_string()),
        Value::LocalTimestampNanos(count) => json!(local(*count, NANOS)?.to_string()),
        Value::Duration(value) => {
            let bytes: [u8; 12] = value.into();
            let part = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
            json!({"months": part(0), "days": part(4), "millis": part(8)})
        }
        other => panic!("no form for {other:?}"),
    })
}

fn local(count: i64, unit: i64) -> Option<DateTime> {
    let day = 86_400 * unit;
    Some(DateTime::from_parts(date(count.div_euclid(day))?, time(count.rem_euclid(day), unit)?))
}

fn label(schema: &Schema) -> String {
    let name = match schema {
        Schema::Ref { name } => return name.fullname(None),
        Schema::Null => "null",
        Schema::Boolean => "boolean",
        Schema::Int | Schema::Date | Schema::TimeMillis => "int",
        Schema::Float => "float",
        Schema::Double => "double",
        Schema::String => "string",
        Schema::Bytes => "bytes",
        Schema::Array(_) => "array",
        Schema::Map(_) => "map",
        other => match other.name() {
            Some(name) => return name.fullname(None),
            None => match other {
                Schema::Decimal(_) => "bytes",
                Schema::Uuid(_) => "string",
                _ => "long",
            },
        },
    };
    name.to_owned()
}

fn collect(schema: &Schema, named: &mut HashMap<Name, Schema>) {
    match schema {
        Schema::Array(array) => collect(&array.items, named),
        Schema::Map(map) => collect(&map.types, named),
        Schema::Union(union) => union.variants().iter().for_each(|branch| collect(branch, named)),
        other => {
            let Some(name) = other.name().filter(|_| !matches!(other, Schema::Ref { .. })) else { return };
            named.insert(name.clone(), other.clone());
            if let Schema::Record(record) = other {
                record.fields.iter().for_each(|field| collect(&field.schema, named));
            }
        }
    }
}

/// Removes the defaults of all fields within a schema.
fn strip(schema: &mut Json) {
    match schema {
        Json::Array(branches) => branches.iter_mut().for_each(strip),
        Json::Object(object) => {
            for field in object.get_mut("fields").and_then(Json::as_array_mut).into_iter().flatten() {
                field.as_object_mut().map(|field| field.remove("default"));
                strip(&mut field["type"]);
            }
            for key in ["items", "values", "type"] {
                object.get_mut(key).map(strip);
            }
        }
        _ => {}
    }
}

/// The digits of a big-endian two's complement.
fn decimal_text(bytes: &[u8], scale: usize) -> String {
    let is_negative = bytes.first().is_some_and(|first| *first >= 0x80);
    // The magnitude of a negative number is its complement, and one more.
    let magnitude = bytes.iter().map(|byte| if is_negative { !byte } else { *byte });
    let mut digits: Vec<u8> = vec![0];
    for byte in magnitude {
        add_to(&mut digits, 256, u32::from(byte));
    }
    if is_negative {
        add_to(&mut digits, 1, 1);
    }
    while digits.len() <= scale {
        digits.push(0);
    }
    let mut text: String = digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect();
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    if is_negative { format!("-{text}") } else { text }
}

/// `digits * factor + carry`, the least digit first.
fn add_to(digits: &mut Vec<u8>, factor: u32, mut carry: u32) {
    for digit in digits.iter_mut() {
        let value = u32::from(*digit) * factor + carry;
        *digit = (value % 10) as u8;
        carry = value / 10;
    }
    while carry > 0 {
        digits.push((carry % 10) as u8);
        carry /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_twos_complement() {
        for (bytes, scale, text) in [
            (&[][..], 0, "0"),
            (&[0x80], 0, "-128"),
            (&[0x80], 2, "-1.28"),
            (&[0xFF, 0x80], 3, "-0.128"),
            (&[0x01, 0x00, 0x00], 0, "65536"),
            (&[0xFF], 1, "-0.1"),
        ] {
            assert_eq!(decimal_text(bytes, scale), text);
        }
    }
}
