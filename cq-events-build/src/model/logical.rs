//! What looks like a logical type and would silently mean nothing.

use cq_events_schema::{Named, NamedKind, Property, Type, did_you_mean};

use super::Builder;
use super::scalar::Scalar;

/// The most digits of a decimal.
const MOST_PRECISION: u32 = 1_000;

const LOGICAL_TYPES: [&str; 12] = [
    "uuid",
    "decimal",
    "date",
    "time-millis",
    "time-micros",
    "timestamp-millis",
    "timestamp-micros",
    "timestamp-nanos",
    "local-timestamp-millis",
    "local-timestamp-micros",
    "local-timestamp-nanos",
    "duration",
];

impl<'a> Builder<'a> {
    /// Checks the logical type of a type: None after an error.
    pub(super) fn check_logical(&mut self, ty: &'a Type) -> Option<()> {
        self.check_properties(&ty.properties)?;
        self.check_digits(ty.span, Scalar::of(self.schemas, ty))
    }

    /// Checks the logical type of a fixed, where it is defined.
    pub(super) fn check_logical_of_fixed(&mut self, named: &'a Named) {
        if matches!(named.kind, NamedKind::Fixed(_)) {
            self.check_properties(&named.properties);
        }
    }

    fn check_digits(&mut self, span: cq_events_schema::Span, scalar: Option<Scalar>) -> Option<()> {
        match scalar {
            Some(Scalar::Decimal(_, digits)) if digits.precision > MOST_PRECISION => {
                let message = format!("a decimal of {} digits", digits.precision);
                self.error(span, message, format!("use at most {MOST_PRECISION} digits, or plain bytes"));
                None
            }
            _ => Some(()),
        }
    }

    fn check_properties(&mut self, properties: &'a [Property]) -> Option<()> {
        match wrong_logical(properties) {
            Some((property, hint)) => {
                let name = property.value.as_str().unwrap_or_default();
                let message = format!("the logical type `{name}` means nothing here");
                self.error(property.value.span, message, hint);
                None
            }
            None => Some(()),
        }
    }
}

/// Whether there is a logical type that was meant and does not work.
pub(super) fn has_wrong_logical(properties: &[Property]) -> bool {
    wrong_logical(properties).is_some()
}

/// A logical type that was meant and does not work, with what to do. One that does work is no property any more.
fn wrong_logical(properties: &[Property]) -> Option<(&Property, String)> {
    let property = properties.iter().find(|property| property.key == "logicalType")?;
    let name = property.value.as_str().unwrap_or_default();
    if LOGICAL_TYPES.contains(&name) {
        let base = match name {
            "decimal" => {
                "over bytes, or over a fixed that is large enough, with \"precision\" of at least 1 and \
                 \"scale\" of at most the precision"
            }
            "uuid" => "over string, or over a fixed of 16 bytes",
            "date" | "time-millis" => "over int",
            "duration" => "over a fixed of 12 bytes",
            _ => "over long",
        };
        return Some((property, format!("{name} goes {base}")));
    }
    let without_unit = LOGICAL_TYPES.into_iter().find(|known| known.strip_suffix("-millis") == Some(name));
    // Others are other programs' business: Avro says to take the plain type. So are `big-decimal` and the like.
    if LOGICAL_TYPES.iter().any(|known| name.strip_suffix(known).is_some_and(|rest| rest.ends_with('-'))) {
        return None;
    }
    let near = without_unit.or_else(|| did_you_mean(name, LOGICAL_TYPES))?;
    Some((property, format!("did you mean \"{near}\"?")))
}
