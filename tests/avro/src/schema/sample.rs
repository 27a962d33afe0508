//! Random values of a type: in the JSON form of the generated types, and as Avro writes defaults.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};

use super::print::one;
use super::{Logical, NamedKind, Schema, Ty};
use crate::rng::Rng;

/// A value in two notations.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The JSON form.
    pub form: Json,
    /// A default, as the schema writes it.
    pub raw: Json,
}

impl Sample {
    fn both(json: Json) -> Self {
        Self { form: json.clone(), raw: json }
    }

    fn bytes(bytes: &[u8]) -> Self {
        Self::both(Json::String(latin1(bytes)))
    }
}

/// Bytes as characters of the same numbers.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// How deep values go where they need not.
const DEPTH: usize = 4;

/// Draws values.
pub(super) struct Sampler<'a> {
    pub(super) schema: &'a Schema,
    pub(super) rng: &'a mut Rng,
    /// Whether the values are defaults: what JSON can write, and unions so that the branch is clear.
    defaults: bool,
    /// Whether a default may leave out a field with a record in it, which may then fill in itself.
    leaves_out_records: bool,
    /// How many more values there may be within the value, where it need not have them.
    room: usize,
}

impl Schema {
    /// A random event, in the JSON form.
    pub fn event(&self, rng: &mut Rng) -> Json {
        let id = rng.below(self.events);
        let form = Sampler::new(self, rng, false).sample(&Ty::Named(id), 0).form;
        self.as_event(id, form)
    }

    /// The event that has its defaults and nothing else.
    pub fn default_event(&self) -> Option<Json> {
        let id = self.all_defaults?;
        let fields = self.types[id].fields().iter();
        let form =
            fields.map(|field| (field.name.clone(), field.default.clone().expect("it has defaults").form));
        Some(self.as_event(id, Json::Object(form.collect())))
    }

    /// A default for a field of this type.
    pub fn default_of(&self, ty: &Ty, rng: &mut Rng) -> Sample {
        Sampler { leaves_out_records: false, ..Sampler::new(self, rng, true) }.sample(ty, 2)
    }

    /// An event's form names the record, also where there is but one.
    fn as_event(&self, id: usize, form: Json) -> Json {
        one(self.types[id].fullname(), form)
    }
}

impl<'a> Sampler<'a> {
    pub(super) fn new(schema: &'a Schema, rng: &'a mut Rng, defaults: bool) -> Self {
        Self { schema, rng, defaults, leaves_out_records: true, room: if defaults { 10 } else { 100 } }
    }

    /// Whether a value that need not go on goes on.
    fn goes_on(&self, depth: usize) -> bool {
        depth <= DEPTH && self.room > 0
    }

    pub(super) fn sample(&mut self, ty: &Ty, depth: usize) -> Sample {
        self.room = self.room.saturating_sub(1);
        match ty {
            Ty::Null => Sample::both(Json::Null),
            Ty::Boolean => Sample::both(json!(self.rng.chance(50))),
            Ty::Int => Sample::both(json!(self.whole(i64::from(i32::MIN), i64::from(i32::MAX)))),
            Ty::Long => Sample::both(json!(self.whole(i64::MIN, i64::MAX))),
            // A float's JSON is that of the double of its value.
            Ty::Float => self.real(|bits| f64::from(f32::from_bits(bits as u32))),
            Ty::Double => self.real(f64::from_bits),
            Ty::Bytes => Sample::bytes(&self.some_bytes()),
            Ty::String => Sample::both(json!(self.text())),
            Ty::Array(items) => {
                let items = self.several(depth, |this, _| this.sample(items, depth + 1));
                Sample {
                    form: items.iter().map(|item| item.form.clone()).collect(),
                    raw: items.into_iter().map(|item| item.raw).collect(),
                }
            }
            Ty::Map(values) => {
                let entries = self.several(depth, |this, index| {
                    (format!("{index}{}", this.text()), this.sample(values, depth + 1))
                });
                object(entries)
            }
            Ty::Union(branches) => self.union(branches, depth),
            Ty::Named(id) => self.named(*id, depth),
            Ty::Logical(logical) => self.logical(*logical, None),
            Ty::Unknown(base) => self.sample(base, depth),
        }
    }

    fn several<T>(&mut self, depth: usize, mut draw: impl FnMut(&mut Self, usize) -> T) -> Vec<T> {
        let count = if self.goes_on(depth) { self.rng.below(4) } else { 0 };
        (0..count).map(|index| draw(self, index)).collect()
    }

    fn whole(&mut self, low: i64, high: i64) -> i64 {
        match self.rng.below(8) {
            0 => low,
            1 => high,
            2..=4 => self.rng.between(-100, 100),
            _ => self.rng.between(low, high),
        }
    }

    fn real(&mut self, of_bits: impl Fn(u64) -> f64) -> Sample {
        // Small binary fractions, which every program reads from JSON the same.
        if self.defaults {
            return Sample::both(json!(self.rng.between(-64, 64) as f64 / 8.0));
        }
        let value = match self.rng.below(8) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => -0.0,
            _ => of_bits(self.rng.number()),
        };
        Sample::both(number(value))
    }

    fn some_bytes(&mut self) -> Vec<u8> {
        let length = *self.rng.pick(&[0, 1, 2, 5, 70]);
        (0..length).map(|_| self.rng.number() as u8).collect()
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 12] = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', 'é', 'ß', '√', '🦀'];
        let length = *self.rng.pick(&[0, 1, 3, 8, 40]);
        (0..length).map(|_| *self.rng.pick(&CHARACTERS)).collect()
    }

    fn union(&mut self, branches: &[Ty], depth: usize) -> Sample {
        let null = branches.iter().position(|branch| *branch == Ty::Null);
        let index = match null {
            Some(null) if !self.goes_on(depth) => null,
            _ => self.rng.below(branches.len()),
        };
        let index = if self.defaults { self.clear(branches, index) } else { index };
        let Sample { form, raw } = self.sample(&branches[index], depth + 1);
        let is_plain = branches.iter().filter(|branch| **branch != Ty::Null).count() < 2;
        let form = if is_plain || Some(index) == null {
            form
        } else {
            one(self.schema.label(&branches[index]), form)
        };
        Sample { form, raw }
    }

    /// `index`, or the first branch where an earlier one takes JSON of the same kind.
    fn clear(&self, branches: &[Ty], index: usize) -> usize {
        let kind = |ty: &Ty| match self.schema.label(ty).as_str() {
            "int" | "long" | "float" | "double" => "number",
            "string" | "bytes" => "text",
            "null" => "null",
            "boolean" => "boolean",
            "array" => "array",
            "map" => "object",
            _ => match ty {
                Ty::Named(id) if matches!(self.schema.types[*id].kind, NamedKind::Record(_)) => "object",
                _ => "text",
            },
        };
        let taken = branches[..index].iter().any(|earlier| kind(earlier) == kind(&branches[index]));
        if taken { 0 } else { index }
    }

    fn named(&mut self, id: usize, depth: usize) -> Sample {
        let named = &self.schema.types[id];
        match &named.kind {
            NamedKind::Record(fields) => {
                let mut record = Sample::both(json!({}));
                for field in fields {
                    let leave_out = self.defaults && self.rng.chance(40);
                    let (value, raw) = match &field.default {
                        Some(default) if leave_out && self.may_leave_out(&field.ty) => {
                            (default.form.clone(), None)
                        }
                        _ => {
                            let sample = self.sample(&field.ty, depth + 1);
                            (sample.form, Some(sample.raw))
                        }
                    };
                    record.form[&field.name] = value;
                    if let Some(raw) = raw {
                        record.raw[&field.name] = raw;
                    }
                }
                record
            }
            NamedKind::Enum { symbols, .. } => Sample::both(json!(self.rng.pick(symbols))),
            NamedKind::Fixed { size, logical: Some(logical) } => self.logical(*logical, Some(*size)),
            NamedKind::Fixed { size, logical: None } => {
                let bytes: Vec<u8> = (0..*size).map(|_| self.rng.number() as u8).collect();
                Sample::bytes(&bytes)
            }
        }
    }

    fn may_leave_out(&self, ty: &Ty) -> bool {
        let mut has_record = false;
        ty.each_named(&mut |id| {
            has_record |= matches!(self.schema.types[id].kind, NamedKind::Record(_));
        });
        self.leaves_out_records || !has_record
    }

    /// A value of a logical type, over a fixed where there is a size. The years are 1 to 9999, since that is how far
    /// python's go.
    fn logical(&mut self, logical: Logical, size: Option<usize>) -> Sample {
        const DAYS: (i64, i64) = (-719_162, 2_932_896);
        let days = match self.rng.below(10) {
            0 => DAYS.0,
            1 => DAYS.1,
            2..=5 => self.rng.between(-30_000, 30_000),
            _ => self.rng.between(DAYS.0, DAYS.1),
        };
        let of_day = |this: &mut Self, unit: i64| match this.rng.below(4) {
            0 => 0,
            1 => unit * 86_400 - 1,
            2 => this.rng.between(0, 86_399) * unit,
            _ => this.rng.between(0, unit * 86_400 - 1),
        };
        match logical {
            Logical::Uuid => {
                let bits = [self.rng.number().to_be_bytes(), self.rng.number().to_be_bytes()].concat();
                let digits: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
                let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
                let form = json!(parts.join("-"));
                let raw = if size.is_some() { json!(latin1(&bits)) } else { form.clone() };
                Sample { form, raw }
            }
            Logical::Duration => {
                let parts: Vec<u32> = (0..3).map(|_| self.rng.number() as u32).collect();
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
                let form = json!({"months": parts[0], "days": parts[1], "millis": parts[2]});
                Sample { form, raw: json!(latin1(&bytes)) }
            }
            Logical::Decimal { precision, scale } => self.decimal(precision, scale, size),
            Logical::Date => Sample { form: json!(shown(date(days))), raw: json!(days) },
            Logical::TimeMillis => {
                let raw = of_day(self, 1_000);
                Sample { form: json!(shown(time(raw, 1_000))), raw: json!(raw) }
            }
            Logical::TimeMicros => {
                let raw = of_day(self, 1_000_000);
                Sample { form: json!(shown(time(raw, 1_000_000))), raw: json!(raw) }
            }
            other => {
                let (unit, days) = match other {
                    Logical::TimestampMillis | Logical::LocalTimestampMillis => (1_000, days),
                    Logical::TimestampMicros | Logical::LocalTimestampMicros => (1_000_000, days),
                    // The years 1678 to 2261 are all that 64 bits of nanoseconds have room for.
                    _ => (1_000_000_000, days.clamp(-106_750, 106_750)),
                };
                // A timestamp of jiff's ends a day and two hours before the last second of 9999.
                let days = days.min(DAYS.1 - 2);
                let clock = of_day(self, unit);
                let local =
                    date(days).zip(time(clock, unit)).map(|(date, time)| DateTime::from_parts(date, time));
                let is_local = matches!(
                    other,
                    Logical::LocalTimestampMillis
                        | Logical::LocalTimestampMicros
                        | Logical::LocalTimestampNanos
                );
                let form = if is_local { shown(local) } else { shown(local.and_then(instant)) };
                Sample { form: json!(form), raw: json!(days * 86_400 * unit + clock) }
            }
        }
    }

    fn decimal(&mut self, precision: usize, scale: usize, size: Option<usize>) -> Sample {
        // Defaults are written as bytes, for which 38 digits are enough.
        let most = if self.defaults { precision.min(38) } else { precision };
        let digits = if self.rng.chance(25) { most } else { self.rng.below(most) + 1 };
        let mut text = String::new();
        for at in 0..digits {
            let low = usize::from(at == 0 && digits > 1);
            text.push(char::from(b'0' + (low + self.rng.below(10 - low)) as u8));
        }
        // The least of some bytes, such as -128, which PyPI's fastavro and avro write with one byte more than needed:
        // a committed case has it.
        let is_least = text.parse::<u128>().is_ok_and(u128::is_power_of_two);
        let is_negative = self.rng.chance(50) && text != "0" && !is_least;
        let raw = if self.defaults {
            let unscaled: i128 = text.parse().expect("38 digits");
            json!(latin1(&twos_complement(if is_negative { -unscaled } else { unscaled }, size)))
        } else {
            Json::Null
        };
        let mut text = format!("{text:0>width$}", width = scale + 1);
        if scale > 0 {
            text.insert(text.len() - scale, '.');
        }
        Sample { form: json!(if is_negative { format!("-{text}") } else { text }), raw }
    }
}

fn object(entries: Vec<(String, Sample)>) -> Sample {
    let forms: Map<_, _> = entries.iter().map(|(key, value)| (key.clone(), value.form.clone())).collect();
    let raws: Map<_, _> = entries.into_iter().map(|(key, value)| (key, value.raw)).collect();
    Sample { form: Json::Object(forms), raw: Json::Object(raws) }
}

fn shown(time: Option<impl ToString>) -> String {
    time.expect("the years 1 to 9999 are in every calendar").to_string()
}

/// The form of a float or double.
pub fn number(value: f64) -> Json {
    match value {
        value if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value => json!(value),
    }
}

/// The day that is `days` after the epoch, in the years -9999 to 9999.
pub fn date(days: i64) -> Option<Date> {
    let span = SignedDuration::from_secs(days.checked_mul(86_400)?);
    Date::constant(1970, 1, 1).checked_add(span).ok()
}

/// The time of day at a count of units, so many a second.
pub fn time(count: i64, unit: i64) -> Option<Time> {
    let nanos = (count % unit) * (1_000_000_000 / unit);
    Time::midnight().checked_add(SignedDuration::new(count / unit, i32::try_from(nanos).ok()?)).ok()
}

/// The instant of a date and time in UTC.
pub fn instant(utc: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(utc).ok()
}

/// The shortest two's complement, or that of a size.
fn twos_complement(value: i128, size: Option<usize>) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let fill = if value < 0 { 0xFF } else { 0 };
    let needed = (1..=16)
        .find(|length| {
            let (rest, kept) = bytes.split_at(16 - length);
            rest.iter().all(|byte| *byte == fill) && (kept[0] >= 0x80) == (value < 0)
        })
        .expect("16 bytes are enough");
    let mut result = vec![fill; size.unwrap_or(needed).saturating_sub(needed)];
    result.extend_from_slice(&bytes[16 - needed..]);
    result
}
