//! What the .NET codecs share: the forms of `BinaryWriter`, and how dates, spans and GUIDs are shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Parsed;
use super::bytes::Cursor;
use super::calendar;
use crate::value::{Object, Value};

/// Ticks (100 ns) of one second.
const SECOND: i64 = 10_000_000;
/// Ticks from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 621_355_968_000_000_000;
/// The last tick of the year 9999, `DateTime.MaxValue`.
const LAST: i64 = 3_155_378_975_999_999_999;

/// What a .NET `BinaryWriter` wrote, little-endian.
impl<'a> Cursor<'a> {
    pub(super) fn i32(&mut self) -> Parsed<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(super) fn i64(&mut self) -> Parsed<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A number of things, each of which takes `least` bytes at least.
    pub(super) fn count(&mut self, least: usize) -> Parsed<usize> {
        let number = self.i32()?;
        let Ok(count) = usize::try_from(number) else {
            return self.fault_at(self.at - 4, format!("a count of {number}"));
        };
        if count.saturating_mul(least) > self.left() {
            return self.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        Ok(count)
    }

    /// A string: its length in bytes, seven bits a byte and the lowest first, then UTF-8. The writer
    /// has made U+FFFD of what is none; so is what someone else wrote.
    pub(super) fn text(&mut self) -> Parsed<Cow<'a, str>> {
        let start = self.at;
        let mut length: u64 = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if length > i32::MAX as u64 {
                    break;
                }
                let bytes = self.take(length as usize)?;
                // The lossy way looks at each piece by itself.
                return Ok(
                    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
                );
            }
        }
        self.fault_at(start, "the length of a string is too large")
    }
}

/// A `DateTime` by its ticks, as ISO 8601 with `zone` after it. `None` outside the years 1 to 9999.
fn date_text(ticks: i64, zone: &str) -> Option<String> {
    if !(0..=LAST).contains(&ticks) {
        return None;
    }
    let (seconds, fraction) = (ticks / SECOND, ticks % SECOND);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Of a year that begins in March, so that the day that leap years have is its last one; the sum
    // of its months' days is a line with a slope of 153 days in 5 months. Day 306 of the year 0 is
    // the 1st of January of the year 1.
    let day = days + 306;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let mut text = String::with_capacity(32);
    calendar::day(&mut text, (year + 400 * era).unsigned_abs(), month, day);
    text.push('T');
    calendar::clock(&mut text, second.unsigned_abs());
    // As the JVM's dates are shown: three, six or nine digits.
    let fraction = fraction.unsigned_abs();
    let (fraction, width) = match fraction {
        0 => (0, 0),
        _ if fraction % 10_000 == 0 => (fraction / 10_000, 3),
        _ if fraction % 10 == 0 => (fraction / 10, 6),
        _ => (fraction * 100, 9),
    };
    if width > 0 {
        text.push('.');
        calendar::padded(&mut text, fraction, width);
    }
    text.push_str(zone);
    Some(text)
}

/// A date without a zone, from its ticks.
pub(super) fn date(ticks: i64) -> Option<Value<'static>> {
    date_text(ticks, "").map(|text| Value::Date(Cow::Owned(text)))
}

/// A date from the 64 bits that a `DateTime` consists of: two of kind (1 is UTC), the rest ticks.
/// A local time keeps its own clock; which zone that was is not stored.
pub(super) fn date_of_bits(bits: u64) -> Option<Value<'static>> {
    let ticks = (bits & 0x3fff_ffff_ffff_ffff) as i64;
    date_text(ticks, if bits >> 62 == 1 { "Z" } else { "" }).map(|text| Value::Date(Cow::Owned(text)))
}

/// A `DateTimeOffset`: a date of UTC as it is shown, and the offset from it in minutes.
pub(super) fn date_with_offset(utc: &str, minutes: i64) -> Option<Value<'static>> {
    if minutes.abs() > 14 * 60 {
        return None;
    }
    let at: jiff::civil::DateTime = utc.trim_end_matches('Z').parse().ok()?;
    let local = at.checked_add(jiff::Span::new().minutes(minutes)).ok()?;
    let sign = if minutes < 0 { '-' } else { '+' };
    let zone = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    Some(Value::Date(Cow::Owned(format!("{local}{zone}"))))
}

/// Ticks as milliseconds since 1970.
pub(crate) fn millis_of_ticks(ticks: i64) -> Option<i64> {
    (0..=LAST).contains(&ticks).then(|| (ticks - EPOCH).div_euclid(SECOND / 1000))
}

/// The ticks of a time in milliseconds since 1970, within the years that .NET has.
pub(crate) fn ticks_of_millis(millis: i64) -> i64 {
    millis.saturating_mul(SECOND / 1000).saturating_add(EPOCH).clamp(0, LAST)
}

/// A `TimeSpan` in .NET's constant form, `[-][d.]hh:mm:ss[.fffffff]`.
pub(super) fn time_span(ticks: i64) -> Value<'static> {
    let all = ticks.unsigned_abs();
    let second = SECOND as u64;
    let (seconds, fraction) = (all / second, all % second);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let mut text = String::from(if ticks < 0 { "-" } else { "" });
    if days > 0 {
        let _ = write!(text, "{days}.");
    }
    let _ = write!(text, "{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        let _ = write!(text, ".{fraction:07}");
    }
    opaque("System.TimeSpan".into(), Value::Text(Cow::Owned(text)))
}

/// A GUID from its 16 bytes: the first three groups are little-endian numbers.
pub(crate) fn guid(bytes: [u8; 16]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (at, from) in ORDER.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [bytes[*from] >> 4, bytes[*from] & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}

/// A `Decimal` from its four words; the scale is in bits 16 to 23 of the flags, the sign is bit 31.
pub(super) fn decimal(low: u32, middle: u32, high: u32, flags: u32) -> Option<Value<'static>> {
    let scale = (flags >> 16 & 0xff) as usize;
    if scale > 28 || flags & 0x7f00_ffff != 0 {
        return None;
    }
    let number = u128::from(high) << 64 | u128::from(middle) << 32 | u128::from(low);
    let mut digits = format!("{number:0>width$}", width = scale + 1);
    if scale > 0 {
        digits.insert(digits.len() - scale, '.');
    }
    if flags >> 31 == 1 {
        digits.insert(0, '-');
    }
    Some(Value::Decimal(Cow::Owned(digits)))
}

/// An object of which only the class and a payload are known.
pub(super) fn opaque<'a>(class: Cow<'a, str>, payload: Value<'a>) -> Value<'a> {
    Value::Object(Box::new(Object { class, fields: Vec::new(), payload: Some(payload) }))
}

/// One part of a JSON pointer.
pub(crate) fn pointer_part(name: &str, into: &mut String) {
    into.push('/');
    for char in name.chars() {
        match char {
            '~' => into.push_str("~0"),
            '/' => into.push_str("~1"),
            other => into.push(other),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_date() {
        let first = jiff::civil::date(1, 1, 1);
        let last = jiff::civil::date(9999, 12, 31);
        // A step with which every day of every month comes up, and the last day of all.
        for days in (0..3_652_059_i64).step_by(29).chain(3_652_050..3_652_059) {
            let day = first.checked_add(jiff::Span::new().days(days)).unwrap();
            assert_eq!(date_text(days * 86_400 * SECOND, "").unwrap(), format!("{day}T00:00:00"));
            assert!(day < last || days == 3_652_058);
        }
    }

    #[test]
    fn dates_spans_guids_and_decimals_are_shown_as_dotnet_means_them() {
        let date = |ticks| date(ticks).map(|value| value.to_json());
        assert_eq!(date(638_515_314_000_000_000).unwrap(), r#"{"$date":"2024-05-17T08:30:00"}"#);
        assert_eq!(date(638_515_314_001_230_000).unwrap(), r#"{"$date":"2024-05-17T08:30:00.123"}"#);
        assert_eq!(date(638_515_314_000_000_001).unwrap(), r#"{"$date":"2024-05-17T08:30:00.000000100"}"#);
        assert_eq!(date(0).unwrap(), r#"{"$date":"0001-01-01T00:00:00"}"#);
        assert_eq!(date(LAST).unwrap(), r#"{"$date":"9999-12-31T23:59:59.999999900"}"#);
        assert_eq!(date(LAST + 1), None);
        assert_eq!(date(-1), None);
        let bits = date_of_bits((1 << 62) + 638_515_314_000_000_000).unwrap();
        assert_eq!(bits.to_json(), r#"{"$date":"2024-05-17T08:30:00Z"}"#);
        let offset = date_with_offset("2024-05-17T08:30:00.123", -90).unwrap();
        assert_eq!(offset.to_json(), r#"{"$date":"2024-05-17T07:00:00.123-01:30"}"#);
        for (ticks, text) in [
            (54_000_000_000, "01:30:00"),
            (-864_000_000_001, "-1.00:00:00.0000001"),
            (i64::MIN, "-10675199.02:48:05.4775808"),
            (0, "00:00:00"),
        ] {
            assert_eq!(
                time_span(ticks).to_json(),
                format!(r#"{{"$class":"System.TimeSpan","$value":"{text}"}}"#)
            );
        }
        let bytes = std::array::from_fn(|at| at as u8);
        assert_eq!(guid(bytes), "03020100-0504-0706-0809-0a0b0c0d0e0f");
        let decimal = |low, flags| decimal(low, 0, 0, flags).map(|value| value.to_json());
        assert_eq!(decimal(1990, 0x2_0000).unwrap(), r#"{"$decimal":"19.90"}"#);
        assert_eq!(decimal(5, 0x8003_0000).unwrap(), r#"{"$decimal":"-0.005"}"#);
        assert_eq!(decimal(0, 0).unwrap(), r#"{"$decimal":"0"}"#);
        assert_eq!(decimal(0, 0x1d_0000), None);
    }
}
