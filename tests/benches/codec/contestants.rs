//! How each contestant writes and reads an event.

use std::hint::black_box;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use codec_events::now::{NowEvent, NowEventRef};
use cq_events::codec::{self, DecodeError, DecodeLimits, Resolution, ResolveError, Resolved, ResolvedRef};
use cq_events::event::StreamSchema;
use serde::{Deserialize, Serialize};
use serde_avro_fast::ser::SerializerConfig;

use crate::peers::{self, Event, Owned};
use crate::values::Size;

/// The schema of a stream, as the others parse it.
pub struct Schemas {
    pub fast: serde_avro_fast::Schema,
    pub apache: apache_avro::Schema,
}

impl Schemas {
    pub fn of<S: StreamSchema>() -> Self {
        let text = peers::schema(S::STREAM.schema);
        Self {
            fast: text.parse().expect("serde_avro_fast parses the schema"),
            apache: apache_avro::Schema::parse_str(&text).expect("apache-avro parses the schema"),
        }
    }

    /// For apache-avro, which knows no aliases of fields: with the names that the version before has.
    pub fn without_new_names(&self) -> apache_avro::Schema {
        let text = serde_json::to_string(&self.apache).expect("schemas are JSON");
        let text = text.replace(r#""name":"station""#, r#""name":"station_id""#);
        let text = text.replace(r#""name":"inspector""#, r#""name":"inspector_id""#);
        apache_avro::Schema::parse_str(&text).expect("apache-avro parses what it wrote")
    }

    pub fn apache_writer(&self) -> GenericDatumWriter<'_> {
        GenericDatumWriter::builder(&self.apache).build().expect("a writer")
    }

    pub fn apache_reader(&self) -> GenericDatumReader<'_> {
        GenericDatumReader::builder(&self.apache).build().expect("a reader")
    }
}

pub fn write(event: &NowEvent, out: &mut Vec<u8>) {
    out.clear();
    codec::encode(event, out).expect("the schema holds it");
}

pub fn write_fast(event: &impl Serialize, out: &mut Vec<u8>, config: &mut SerializerConfig<'_>) {
    out.clear();
    *out = serde_avro_fast::to_datum(event, std::mem::take(out), config).expect("the schema holds it");
}

pub fn write_apache(event: &Owned, out: &mut Vec<u8>, writer: &GenericDatumWriter<'_>) {
    out.clear();
    writer.write_ser(out, event).expect("the schema holds it");
}

pub fn read(datum: &[u8]) -> Result<NowEvent, DecodeError> {
    codec::decode(datum, DecodeLimits::DEFAULT)
}

pub fn read_borrowed(datum: &[u8]) -> Result<NowEventRef<'_>, DecodeError> {
    codec::decode_borrowed::<NowEvent>(datum, DecodeLimits::DEFAULT)
}

pub fn read_resolved<'a>(
    datum: &'a [u8],
    resolution: &'a Resolution,
    scratch: &'a mut Vec<u8>,
) -> Result<Resolved<'a, NowEvent>, ResolveError> {
    codec::decode_resolved(datum, resolution, DecodeLimits::DEFAULT, scratch)
}

pub fn read_resolved_borrowed<'a>(
    datum: &'a [u8],
    resolution: &'a Resolution,
    scratch: &'a mut Vec<u8>,
) -> Result<ResolvedRef<'a, NowEvent>, ResolveError> {
    codec::decode_resolved_borrowed::<NowEvent>(datum, resolution, DecodeLimits::DEFAULT, scratch)
}

pub fn read_fast<'a, E: Deserialize<'a>>(
    datum: &'a [u8],
    schema: &serde_avro_fast::Schema,
) -> Result<E, serde_avro_fast::de::DeError> {
    serde_avro_fast::from_datum_slice(datum, schema)
}

pub fn read_apache(mut datum: &[u8], reader: &GenericDatumReader<'_>) -> Result<Owned, apache_avro::Error> {
    reader.read_deser(&mut datum)
}

/// Where a reader's schema is given, apache-avro has to make a value first. It would choose the event by the structure
/// of its fields, and take one for the other, so it is told which it is.
pub fn read_apache_resolved(
    mut datum: &[u8],
    reader: &GenericDatumReader<'_>,
    size: Size,
) -> Result<Owned, apache_avro::Error> {
    let value = reader.read_value(&mut datum)?;
    Ok(match size {
        Size::Small => Event::Measured(apache_avro::from_value(&value)?),
        Size::Large => Event::Assessed(apache_avro::from_value(&value)?),
    })
}

/// Ends a reading where the result lies: to move it elsewhere would be a part of what is measured.
pub fn done<T, E>(read: &Result<T, E>) {
    assert!(black_box(read).is_ok());
}
