//! Decimals of more digits than `rust_decimal::Decimal` holds.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;

/// Most digits before the point, and after it, as in the schemas that the build accepts.
const MOST_DIGITS: usize = 1_000;

/// A decimal number of any number of digits: what a schema with a `precision` above 28 holds. It is read from text and
/// written as text; two of them are equal if they are the same number, whatever their digits after the point.
///
/// ```
/// use cq_events::codec::WideDecimal;
///
/// let price: WideDecimal = "-12345678901234567890123456789012345.60".parse()?;
/// assert_eq!(price.to_string(), "-12345678901234567890123456789012345.60");
/// assert_eq!(price, "-12345678901234567890123456789012345.6".parse()?);
/// # Ok::<(), cq_events::codec::NoDecimal>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WideDecimal {
    unscaled: BigInt,
    scale: u32,
}

/// What is no decimal number: digits, with at most one point among them, and maybe a sign before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a decimal number: it must have digits, and may have a sign and a point, with at most 1,000 digits before it and \
     after it"
)]
#[non_exhaustive]
pub struct NoDecimal;

impl WideDecimal {
    /// The number whose unscaled value is the two's complement `unscaled`, big-endian, with `scale` digits after the
    /// point. No bytes are 0.
    ///
    /// # Errors
    /// When there would be more than 1,000 digits after the point.
    pub fn from_signed_be_bytes(unscaled: &[u8], scale: u32) -> Result<Self, NoDecimal> {
        if scale as usize > MOST_DIGITS {
            return Err(NoDecimal);
        }
        Ok(Self { unscaled: BigInt::from_signed_bytes_be(unscaled), scale })
    }

    /// The unscaled value as the shortest two's complement, big-endian.
    pub fn to_signed_be_bytes(&self) -> Vec<u8> {
        self.unscaled.to_signed_bytes_be()
    }

    /// Digits after the point.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The digits of the unscaled value; none for zero.
    pub(super) fn digits(&self) -> u32 {
        match self.unscaled.sign() {
            Sign::NoSign => 0,
            // Never more than 2^32: a number of that many digits would have taken years to make.
            _ => u32::try_from(self.unscaled.magnitude().to_string().len()).unwrap_or(u32::MAX),
        }
    }

    /// [`WideDecimal::from_signed_be_bytes`] at the scale of a schema, unless there are more than `precision` digits.
    pub(super) fn from_be_within(unscaled: &[u8], precision: u32, scale: u32) -> Option<Self> {
        // A byte has more than two digits, so most hostile lengths need no conversion. Sign bytes may be many.
        let fill = if unscaled.first().is_some_and(|first| *first >= 0x80) { 0xFF } else { 0 };
        let significant = unscaled.iter().skip_while(|byte| **byte == fill).count();
        if significant.saturating_mul(2) > precision as usize + 4 {
            return None;
        }
        let value = Self { unscaled: BigInt::from_signed_bytes_be(unscaled), scale };
        (value.digits() <= precision).then_some(value)
    }

    /// The unscaled value at another scale, as the shortest two's complement: None where digits would be lost, or more
    /// than `precision` are needed.
    pub(super) fn unscaled_within(&self, precision: u32, scale: u32) -> Option<Vec<u8>> {
        let rescaled = match scale.checked_sub(self.scale) {
            Some(missing) => {
                if self.digits().saturating_add(missing) > precision && self.unscaled.sign() != Sign::NoSign {
                    return None;
                }
                Self { unscaled: &self.unscaled * power_of_ten(missing), scale }
            }
            None => {
                let factor = power_of_ten(self.scale - scale);
                let quotient = &self.unscaled / &factor;
                if &quotient * &factor != self.unscaled {
                    return None;
                }
                Self { unscaled: quotient, scale }
            }
        };
        (rescaled.digits() <= precision).then(|| rescaled.to_signed_be_bytes())
    }

    /// The sign, and the digits without zeros at the end of those after the point: the same for equal numbers.
    fn normal(&self) -> (Sign, String, u32) {
        let digits = self.unscaled.magnitude().to_string();
        if self.unscaled.sign() == Sign::NoSign {
            return (Sign::NoSign, String::new(), 0);
        }
        let zeros = digits.len() - digits.trim_end_matches('0').len();
        let cut = u32::try_from(zeros).unwrap_or(u32::MAX).min(self.scale);
        let kept = digits.len() - cut as usize;
        (self.unscaled.sign(), digits.chars().take(kept).collect(), self.scale - cut)
    }
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

impl PartialEq for WideDecimal {
    fn eq(&self, other: &Self) -> bool {
        match self.scale == other.scale {
            true => self.unscaled == other.unscaled,
            false => self.normal() == other.normal(),
        }
    }
}

impl Eq for WideDecimal {}

impl Hash for WideDecimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

impl From<Decimal> for WideDecimal {
    fn from(value: Decimal) -> Self {
        Self { unscaled: BigInt::from(value.mantissa()), scale: value.scale() }
    }
}

impl fmt::Display for WideDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = self.unscaled.magnitude().to_string();
        let digits = "0".repeat((scale + 1).saturating_sub(digits.len())) + &digits;
        let (whole, decimals) = digits.split_at(digits.len() - scale);
        let text = if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") };
        f.pad_integral(self.unscaled.sign() != Sign::Minus, "", &text)
    }
}

impl FromStr for WideDecimal {
    type Err = NoDecimal;

    fn from_str(text: &str) -> Result<Self, NoDecimal> {
        let (is_negative, unsigned) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..).unwrap_or_default()),
            [b'+', ..] => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = format!("{whole}{decimals}");
        if digits.is_empty()
            || !digits.bytes().all(|byte| byte.is_ascii_digit())
            || decimals.len() > MOST_DIGITS
            || whole.trim_start_matches('0').len() > MOST_DIGITS
        {
            return Err(NoDecimal);
        }
        let unscaled: BigInt = digits.parse().map_err(|_| NoDecimal)?;
        let scale = u32::try_from(decimals.len()).map_err(|_| NoDecimal)?;
        Ok(Self { unscaled: if is_negative { -unscaled } else { unscaled }, scale })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> WideDecimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_is_kept_digit_by_digit() {
        for text in ["0", "-1", "0.00", "12.50", "-0.001", "123456789012345678901234567890123456.789"] {
            assert_eq!(wide(text).to_string(), text);
        }
        for bad in ["", "-", ".", "1.2.3", "1e5", " 1", "+-1", "0x1"] {
            assert_eq!(bad.parse::<WideDecimal>(), Err(NoDecimal), "{bad}");
        }
        assert_eq!(wide(".5").to_string(), "0.5");
        let most = format!("{0}.{0}", "1".repeat(1_000));
        assert_eq!(wide(&most).to_string(), most);
        for more in [format!("1{most}"), format!("{most}1")] {
            assert_eq!(more.parse::<WideDecimal>(), Err(NoDecimal));
        }
        let least = WideDecimal::from_signed_be_bytes(&[1], 1_000).unwrap().to_string();
        assert_eq!(least, format!("0.{}1", "0".repeat(999)));
        assert_eq!(WideDecimal::from_signed_be_bytes(&[1], 1_001), Err(NoDecimal));
    }

    #[test]
    fn equality_is_that_of_numbers() {
        assert_eq!(wide("1.50"), wide("1.5"));
        assert_eq!(wide("0.000"), wide("-0"));
        assert_eq!(wide("100"), wide("100.0"));
        assert_ne!(wide("10"), wide("1"));
        assert_ne!(wide("1.5"), wide("-1.5"));
    }

    #[test]
    fn rescaling_loses_no_digit() {
        assert_eq!(wide("1.5").unscaled_within(4, 2), Some(vec![0, 150]));
        assert_eq!(wide("1.500").unscaled_within(4, 2), Some(vec![0, 150]));
        assert_eq!(wide("1.505").unscaled_within(4, 2), None);
        assert_eq!(wide("-100").unscaled_within(4, 2), None);
        assert_eq!(wide("99.99").unscaled_within(4, 2), Some(vec![0x27, 0x0F]));
        assert_eq!(wide("0").unscaled_within(4, 2), Some(vec![0]));
    }

    #[test]
    fn bytes_beyond_the_precision_are_refused() {
        assert!(WideDecimal::from_be_within(&[0x7F; 17], 40, 0).is_none());
        assert!(WideDecimal::from_be_within(&[0x7F; 16], 40, 0).is_some());
        assert!(WideDecimal::from_be_within(&[0xFF; 1_000], 29, 0).is_some_and(|value| value == wide("-1")));
        assert!(WideDecimal::from_be_within(&[], 29, 2).is_some_and(|value| value == wide("0")));
    }
}
