//! Integers of any length.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::value::Value;

/// Longer magnitudes are shown as the bytes that they are: the digits take time by the square of the
/// length.
const LONGEST: usize = 1024;

/// Up to this length a magnitude costs no more than other values.
const SHORT: usize = 64;

/// Decimal digits in groups of nine.
const GROUP: u64 = 1_000_000_000;

/// Makes numbers of magnitudes, as many long ones as a document may have.
#[derive(Debug)]
pub(super) struct Integers {
    /// Bytes of long magnitudes that may still be converted.
    left: usize,
}

impl Integers {
    pub(super) fn new() -> Self {
        Integers { left: 64 << 10 }
    }

    /// A number by its sign and its magnitude, the least byte first.
    pub(super) fn number<'a>(&mut self, negative: bool, magnitude: &[u8]) -> Value<'a> {
        let length = magnitude.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let magnitude = &magnitude[..length];
        if length <= 8 {
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(magnitude);
            let number = u64::from_le_bytes(bytes);
            if !negative {
                return Value::whole(number);
            }
            if let Some(number) = 0_i64.checked_sub_unsigned(number) {
                return Value::Int(number);
            }
        }
        if length > SHORT {
            if length > LONGEST || length > self.left {
                return Value::Bytes(Cow::Owned(magnitude.to_vec()));
            }
            self.left -= length;
        }
        Value::BigInt(Cow::Owned(digits(negative, magnitude)))
    }

    /// A number in two's complement, the least byte first.
    pub(super) fn signed<'a>(&mut self, bytes: &[u8]) -> Value<'a> {
        if bytes.last().is_none_or(|last| last & 0x80 == 0) {
            return self.number(false, bytes);
        }
        let mut carry = true;
        let negated: Vec<u8> = bytes
            .iter()
            .map(|byte| {
                let (byte, more) = (!byte).overflowing_add(u8::from(carry));
                carry = more;
                byte
            })
            .collect();
        self.number(true, &negated)
    }
}

/// A whole number as it is written in decimal; `None` for any other text.
pub(super) fn decimal(text: &str) -> Option<Value<'_>> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Value::Int(number));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    Some(match significant.parse::<u64>() {
        Ok(number) if !negative => Value::whole(number),
        _ if significant.len() == digits.len() && !text.starts_with('+') => {
            Value::BigInt(Cow::Borrowed(text))
        }
        _ => {
            let text = format!("{}{significant}", if negative { "-" } else { "" });
            text.parse().map_or(Value::BigInt(Cow::Owned(text)), Value::Int)
        }
    })
}

fn digits(negative: bool, magnitude: &[u8]) -> String {
    // Groups of nine digits, the least first.
    let mut groups: Vec<u32> = vec![0];
    for word in magnitude.chunks(4).rev() {
        let mut bytes = [0; 4];
        bytes[..word.len()].copy_from_slice(word);
        let mut carry = u64::from(u32::from_le_bytes(bytes));
        for group in &mut groups {
            let sum = (u64::from(*group) << 32) + carry;
            *group = (sum % GROUP) as u32;
            carry = sum / GROUP;
        }
        while carry > 0 {
            groups.push((carry % GROUP) as u32);
            carry /= GROUP;
        }
    }
    let mut text = String::with_capacity(groups.len() * 9 + 1);
    if negative {
        text.push('-');
    }
    let mut groups = groups.iter().rev();
    if let Some(first) = groups.next() {
        let _ = write!(text, "{first}");
    }
    for group in groups {
        let _ = write!(text, "{group:09}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_and_complements() {
        let json = |value: Value<'_>| value.to_json();
        let mut integers = Integers::new();
        let table: &[(&[u8], &str)] = &[
            (b"", "0"),
            (b"\x01", "1"),
            (b"\xff", "-1"),
            (b"\xff\x00", "255"),
            (b"\0\0\0\0\0\0\0\x80\xff", "-9223372036854775808"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\0", "18446744073709551615"),
            (b"\0\0\0\0\0\0\0\0\x01", r#"{"$int":"18446744073709551616"}"#),
            (b"\0\0\0\0\0\0\0\0\xff", r#"{"$int":"-18446744073709551616"}"#),
            (b"\0\0\0\0\0\0\0\0\0\x10\0\0", r#"{"$int":"75557863725914323419136"}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(integers.signed(bytes)), *expected);
        }
        let eighth = [&[0; 15][..], &[0x80]].concat();
        assert_eq!(
            json(integers.number(true, &eighth)),
            r#"{"$int":"-170141183460469231731687303715884105728"}"#
        );
        assert!(matches!(integers.number(false, &[1; LONGEST]), Value::BigInt(_)));
        assert!(matches!(integers.number(false, &[1; LONGEST + 1]), Value::Bytes(_)));
        while matches!(integers.number(false, &[1; LONGEST]), Value::BigInt(_)) {}
        assert!(matches!(integers.number(false, &[1; 64]), Value::BigInt(_)));
    }

    #[test]
    fn decimals() {
        for (text, expected) in [
            ("0", "0"),
            ("-1", "-1"),
            ("+7", "7"),
            ("007", "7"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", r#"{"$int":"18446744073709551616"}"#),
            ("+0018446744073709551616", r#"{"$int":"18446744073709551616"}"#),
            ("-99999999999999999999", r#"{"$int":"-99999999999999999999"}"#),
        ] {
            assert_eq!(decimal(text).map(|value| value.to_json()).as_deref(), Some(expected));
        }
        for text in ["", "-", "1.5", " 1", "1L", "--1", "0x1"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
