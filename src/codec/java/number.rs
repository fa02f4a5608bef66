//! `java.math`: numbers of any length.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::value::Value;

/// Longer magnitudes are left as they are: converting them takes time by the square of the length.
const MAX_MAGNITUDE: usize = 1024;

/// Zeros that a scale may add on either side.
const MAX_ZEROS: i64 = 2048;

/// Decimal digits in groups of nine.
const GROUP: u64 = 1_000_000_000;

/// A sign and the big-endian bytes of a magnitude as decimal digits.
pub(super) fn digits(sign: i64, magnitude: &[u8]) -> Option<String> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len());
    let magnitude = &magnitude[start..];
    if magnitude.len() > MAX_MAGNITUDE || !(-1..=1).contains(&sign) {
        return None;
    }
    // Groups of nine digits, the least first.
    let mut groups: Vec<u32> = vec![0];
    for byte in magnitude {
        let mut carry = u64::from(*byte);
        for group in &mut groups {
            let sum = (u64::from(*group) << 8) + carry;
            *group = (sum % GROUP) as u32;
            carry = sum / GROUP;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let mut text = String::new();
    if sign < 0 && groups != [0] {
        text.push('-');
    }
    let (last, rest) = groups.split_last()?;
    text.push_str(&last.to_string());
    for group in rest.iter().rev() {
        let _ = write!(text, "{group:09}");
    }
    Some(text)
}

/// The smallest kind of integer that holds the digits.
pub(super) fn integer<'a>(digits: String) -> Value<'a> {
    if let Ok(number) = digits.parse::<i64>() {
        Value::Int(number)
    } else if let Ok(number) = digits.parse::<u64>() {
        Value::UInt(number)
    } else {
        Value::BigInt(Cow::Owned(digits))
    }
}

/// Digits with the point at its place, without an exponent (`BigDecimal.toPlainString`). `None` where
/// that would be mostly zeros.
pub(super) fn decimal(digits: &str, scale: i64) -> Option<String> {
    if !(-MAX_ZEROS..=MAX_ZEROS).contains(&scale) {
        return None;
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { -scale as usize };
        return Some(format!("{sign}{digits}{}", "0".repeat(zeros)));
    }
    let scale = scale as usize;
    let missing = (scale + 1).saturating_sub(digits.len());
    let digits = format!("{}{digits}", "0".repeat(missing));
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    Some(format!("{sign}{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_read_in_base_256() {
        let table: &[(i64, &[u8], &str)] = &[
            (0, b"", "0"),
            (1, b"\0\x01", "1"),
            (-1, b"\xff", "-255"),
            (1, b"\x3b\x9a\xca\x00", "1000000000"),
            (1, &[0xff; 8], "18446744073709551615"),
            (1, b"\x01\0\0\0\0\0\0\0\0", "18446744073709551616"),
            (-1, &[0xff; 16], "-340282366920938463463374607431768211455"),
        ];
        for (sign, magnitude, text) in table {
            assert_eq!(digits(*sign, magnitude).as_deref(), Some(*text));
        }
        assert_eq!(digits(1, &[1; 1025]), None);
        assert_eq!(digits(7, &[1]), None);
    }

    #[test]
    fn a_scale_moves_the_point_and_keeps_zeros() {
        let table = [
            ("1990", 2, "19.90"),
            ("-5", 3, "-0.005"),
            ("0", 2, "0.00"),
            ("12", 0, "12"),
            ("12", -3, "12000"),
            ("0", -3, "0"),
            ("-123456", 6, "-0.123456"),
        ];
        for (digits, scale, text) in table {
            assert_eq!(decimal(digits, scale).as_deref(), Some(text));
        }
        assert_eq!(decimal("1", i64::from(i32::MIN)), None);
        assert_eq!(decimal("1", i64::from(i32::MAX)), None);
    }
}
