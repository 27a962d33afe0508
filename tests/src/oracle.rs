//! apache-avro as an oracle of the codec: random values of a schema, and what an event made of them must look like.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::{DecimalSchema, Name, RecordField, Schema};
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use heck::ToUpperCamelCase as _;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A schema as apache-avro understands it, with its named types at hand.
pub struct Oracle {
    schema: Schema,
    named: HashMap<Name, Schema>,
}

impl Oracle {
    /// The oracle of a stream's assembled schema.
    pub fn new(schema: &str) -> Self {
        let schema = Schema::parse_str(schema).expect("apache-avro parses the assembled schema");
        let mut named = HashMap::new();
        collect(&schema, &mut named);
        Self { schema, named }
    }

    /// What apache-avro writes for a value.
    pub fn encode(&self, value: Value) -> Vec<u8> {
        let writer = GenericDatumWriter::builder(&self.schema).build().expect("apache-avro takes the schema");
        writer.write_value_to_vec(value).expect("apache-avro writes the value")
    }

    /// What apache-avro reads, which must be all of the bytes.
    pub fn decode(&self, mut datum: &[u8]) -> Value {
        let reader = GenericDatumReader::builder(&self.schema).build().expect("apache-avro takes the schema");
        let value = reader.read_value(&mut datum).expect("apache-avro reads the datum");
        assert!(datum.is_empty(), "apache-avro left {} bytes over", datum.len());
        value
    }

    /// Random values, extremes included.
    pub fn values(&self) -> BoxedStrategy<Value> {
        self.strategy(&self.schema)
    }

    fn strategy(&self, schema: &Schema) -> BoxedStrategy<Value> {
        match schema {
            Schema::Null => Just(Value::Null).boxed(),
            Schema::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            Schema::Int => any::<i32>().prop_map(Value::Int).boxed(),
            Schema::Long => any::<i64>().prop_map(Value::Long).boxed(),
            Schema::Float => any::<f32>().prop_map(Value::Float).boxed(),
            Schema::Double => any::<f64>().prop_map(Value::Double).boxed(),
            Schema::Bytes => any::<Vec<u8>>().prop_map(Value::Bytes).boxed(),
            Schema::String => any::<String>().prop_map(Value::String).boxed(),
            Schema::Uuid(_) => {
                any::<u128>().prop_map(|bits| Value::Uuid(uuid::Uuid::from_u128(bits))).boxed()
            }
            // The years -9999 to 9999, as far as the Rust types go.
            Schema::Date => (-4_371_587_i32..=2_932_896).prop_map(Value::Date).boxed(),
            Schema::TimestampMillis => {
                (-377_705_023_201_000_i64..=253_402_207_200_999).prop_map(Value::TimestampMillis).boxed()
            }
            Schema::Decimal(decimal) => decimals(decimal),
            Schema::Array(array) => {
                prop::collection::vec(self.strategy(&array.items), 0..4).prop_map(Value::Array).boxed()
            }
            Schema::Map(map) => prop::collection::hash_map(any::<String>(), self.strategy(&map.types), 0..4)
                .prop_map(Value::Map)
                .boxed(),
            Schema::Union(union) => {
                let branches = union.variants().iter().enumerate().map(|(index, branch)| {
                    let index = u32::try_from(index).expect("a small union");
                    self.strategy(branch).prop_map(move |value| Value::Union(index, Box::new(value))).boxed()
                });
                prop::strategy::Union::new(branches.collect::<Vec<_>>()).boxed()
            }
            Schema::Enum(symbols) => {
                let symbols: Vec<_> = (0_u32..).zip(symbols.symbols.clone()).collect();
                prop::sample::select(symbols).prop_map(|(index, symbol)| Value::Enum(index, symbol)).boxed()
            }
            Schema::Record(record) => {
                let names: Vec<_> = record.fields.iter().map(|field| field.name.clone()).collect();
                let fields: Vec<_> = record.fields.iter().map(|field| self.strategy(&field.schema)).collect();
                fields
                    .prop_map(move |values| Value::Record(names.iter().cloned().zip(values).collect()))
                    .boxed()
            }
            Schema::Ref { name } => self.strategy(&self.named[name]),
            other => panic!("the platform's schemas do not use {other:?}"),
        }
    }

    /// What `{:?}` of the generated event must print for a value. `Debug` is derived by rustc, so that it tells the
    /// field names and values without the codec's help.
    pub fn debug(&self, value: &Value) -> String {
        self.debug_of(&self.schema, value, true)
    }

    /// The same for an event as a reader in another language prints it: by its record's fullname, its fields as JSON.
    pub fn debug_of_json(&self, fullname: &str, fields: &serde_json::Value) -> String {
        let record = self.named.values().find(|schema| match schema {
            Schema::Record(record) => record.name.fullname(None) == fullname,
            _ => false,
        });
        self.json(record.unwrap_or_else(|| panic!("{fullname} is no record")), fields)
    }

    fn json(&self, schema: &Schema, value: &serde_json::Value) -> String {
        use serde_json::Value as Json;
        match (schema, value) {
            (Schema::Ref { name }, value) => self.json(&self.named[name], value),
            (Schema::Union(_), Json::Null) => "None".to_owned(),
            (Schema::Union(union), value) => {
                let branch = union.variants().iter().find(|branch| !matches!(branch, Schema::Null));
                format!("Some({})", self.json(branch.expect("a nullable type"), value))
            }
            (Schema::Record(record), Json::Object(values)) => {
                assert_eq!(values.len(), record.fields.len(), "{}", record.name.name());
                let field = |field: &RecordField| {
                    let is_personal = field
                        .custom_attributes
                        .get("confluent:tags")
                        .is_some_and(|tags| tags == &serde_json::json!(["PII"]));
                    let value = match is_personal {
                        true => "[hidden]".to_owned(),
                        false => self.json(&field.schema, &values[&field.name]),
                    };
                    format!("{}: {value}", field.name)
                };
                let fields: Vec<_> = record.fields.iter().map(field).collect();
                format!("{} {{ {} }}", record.name.name(), fields.join(", "))
            }
            (Schema::Array(array), Json::Array(items)) => {
                let items: Vec<_> = items.iter().map(|item| self.json(&array.items, item)).collect();
                format!("[{}]", items.join(", "))
            }
            (Schema::Map(map), Json::Object(entries)) => {
                let sorted: BTreeMap<_, _> = entries.iter().collect();
                let entry = |(key, value)| format!("{key:?}: {}", self.json(&map.types, value));
                format!("{{{}}}", sorted.into_iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            (Schema::Enum(_), Json::String(symbol)) => symbol.to_upper_camel_case(),
            (Schema::Decimal(_) | Schema::Uuid(_) | Schema::Date, Json::String(text)) => text.clone(),
            (Schema::TimestampMillis, Json::String(text)) => {
                format!("{:?}", text.parse::<jiff::Timestamp>().expect("RFC 3339"))
            }
            (Schema::String, Json::String(text)) => format!("{text:?}"),
            (Schema::Double, Json::Number(number)) => format!("{:?}", number.as_f64().expect("a double")),
            (Schema::Boolean, Json::Bool(value)) => value.to_string(),
            (Schema::Int | Schema::Long, Json::Number(number)) => number.to_string(),
            (schema, value) => panic!("{value} is no value of {schema:?}"),
        }
    }

    fn debug_of(&self, schema: &Schema, value: &Value, is_root: bool) -> String {
        match (schema, value) {
            (Schema::Ref { name }, value) => self.debug_of(&self.named[name], value, is_root),
            (Schema::Union(union), Value::Union(index, value)) => {
                let branch = &union.variants()[*index as usize];
                if matches!(branch, Schema::Null) {
                    return "None".to_owned();
                }
                let inner = self.debug_of(branch, value, false);
                match branch {
                    Schema::Record(record) if is_root => format!("{}({inner})", record.name.name()),
                    _ => format!("Some({inner})"),
                }
            }
            (Schema::Record(record), Value::Record(values)) => {
                let mut text = format!("{} {{", record.name.name());
                for (index, (field, (name, value))) in record.fields.iter().zip(values).enumerate() {
                    let separator = if index == 0 { " " } else { ", " };
                    let value = match is_personal(field) {
                        true => "[hidden]".to_owned(),
                        false => self.debug_of(&field.schema, value, false),
                    };
                    write!(text, "{separator}{name}: {value}").expect("a String takes all");
                }
                text + " }"
            }
            (Schema::Array(array), Value::Array(items)) => {
                let items: Vec<_> =
                    items.iter().map(|item| self.debug_of(&array.items, item, false)).collect();
                format!("[{}]", items.join(", "))
            }
            (Schema::Map(map), Value::Map(entries)) => {
                let sorted: BTreeMap<_, _> = entries.iter().collect();
                let entry = |(key, value)| format!("{key:?}: {}", self.debug_of(&map.types, value, false));
                format!("{{{}}}", sorted.into_iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            (Schema::Decimal(decimal), Value::Decimal(value)) => {
                let bytes: Vec<u8> = value.try_into().expect("a decimal has bytes");
                format!("{:?}", Decimal::from_i128_with_scale(signed(&bytes), scale(decimal)))
            }
            (_, Value::Enum(_, symbol)) => symbol.to_upper_camel_case(),
            (_, Value::Boolean(value)) => format!("{value:?}"),
            (_, Value::Int(value)) => format!("{value:?}"),
            (_, Value::Long(value)) => format!("{value:?}"),
            (_, Value::Double(value)) => format!("{value:?}"),
            (_, Value::String(value)) => format!("{value:?}"),
            (_, Value::Uuid(value)) => format!("{value:?}"),
            (_, Value::TimestampMillis(value)) => {
                format!("{:?}", jiff::Timestamp::from_millisecond(*value).expect("in range"))
            }
            (_, Value::Date(days)) => {
                let span = jiff::Span::new().days(*days);
                format!("{:?}", jiff::civil::date(1970, 1, 1).checked_add(span).expect("in range"))
            }
            (schema, value) => panic!("{value:?} is no value of {schema:?}"),
        }
    }
}

/// Whether `Debug` must not show a field.
fn is_personal(field: &RecordField) -> bool {
    field.custom_attributes.get("confluent:tags").is_some_and(|tags| *tags == serde_json::json!(["PII"]))
}

fn collect(schema: &Schema, named: &mut HashMap<Name, Schema>) {
    match schema {
        Schema::Array(array) => collect(&array.items, named),
        Schema::Map(map) => collect(&map.types, named),
        Schema::Union(union) => union.variants().iter().for_each(|branch| collect(branch, named)),
        Schema::Enum(symbols) => {
            named.insert(symbols.name.clone(), schema.clone());
        }
        Schema::Record(record) => {
            named.insert(record.name.clone(), schema.clone());
            record.fields.iter().for_each(|field| collect(&field.schema, named));
        }
        _ => {}
    }
}

fn decimals(decimal: &DecimalSchema) -> BoxedStrategy<Value> {
    let precision = u32::try_from(decimal.precision).expect("a small precision");
    let most = 10_i128.pow(precision) - 1;
    let unscaled =
        prop_oneof![Just(most), Just(-most), Just(0), Just(-1), Just(127), Just(128), -most..=most];
    unscaled.prop_map(|value| Value::Decimal(apache_avro::Decimal::from(shortest(value)))).boxed()
}

fn scale(decimal: &DecimalSchema) -> u32 {
    u32::try_from(decimal.scale).expect("a small scale")
}

/// The shortest two's complement, found by trying.
fn shortest(value: i128) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let start = (0..16).rev().find(|start| signed(&bytes[*start..]) == value).unwrap_or(0);
    bytes[start..].to_vec()
}

fn signed(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(start, |value, byte| (value << 8) | i128::from(*byte))
}
