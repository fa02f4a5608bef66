//! `java.util.Date` and `java.time`, as ISO 8601 text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::stream::modified_utf8;
use crate::codec::calendar::{self, civil};
use crate::value::{Object, Value};

/// Milliseconds since 1970.
pub(super) fn millis(millis: i64) -> Option<String> {
    instant(millis.div_euclid(1000), millis.rem_euclid(1000) * 1_000_000)
}

/// `java.sql.Timestamp`: whole seconds as milliseconds, and the fraction by itself.
pub(super) fn timestamp(millis: i64, nanos: i64) -> Option<String> {
    instant(millis.div_euclid(1000), nanos)
}

/// Seconds since 1970 and the nanoseconds above them; `None` where no calendar reaches.
fn instant(seconds: i64, nanos: i64) -> Option<String> {
    if !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    let days = seconds.div_euclid(86_400);
    // Ten thousand years either way, which is beyond what a date can be printed for.
    if days.abs() > 3_700_000 {
        return None;
    }
    let (year, month, day) = civil(days);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let of_day = seconds.rem_euclid(86_400);
    let mut text = date_text(year, month, day);
    text.push('T');
    clock(&mut text, of_day / 3600, of_day / 60 % 60, of_day % 60, nanos);
    text.push('Z');
    Some(text)
}

/// As `java.time.LocalDate.toString`.
fn date_text(year: i64, month: i64, day: i64) -> String {
    if (0..=9999).contains(&year) {
        let mut text = String::with_capacity(32);
        calendar::day(&mut text, year.unsigned_abs(), month, day);
        return text;
    }
    format!("{}-{month:02}-{day:02}", year_text(year))
}

fn year_text(year: i64) -> String {
    match year {
        10_000.. => format!("+{year}"),
        0..=9999 => format!("{year:04}"),
        _ => format!("-{:04}", -year),
    }
}

/// Hours to seconds, and the fraction with 3, 6 or 9 digits if there is one.
fn clock(text: &mut String, hour: i64, minute: i64, second: i64, nanos: i64) {
    calendar::clock(text, (3600 * hour + 60 * minute + second).unsigned_abs());
    let nanos = nanos.unsigned_abs();
    let (fraction, width) = match nanos {
        0 => return,
        _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, 3),
        _ if nanos.is_multiple_of(1000) => (nanos / 1000, 6),
        _ => (nanos, 9),
    };
    text.push('.');
    calendar::padded(text, fraction, width);
}

/// What `java.time.Ser` wrote (JDK 17, `writeExternal` of the classes of java.time): a type, then
/// the value. `None` where it is not exactly that.
pub(super) fn ser<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    let mut bytes = Bytes(bytes);
    let kind = bytes.u8()?;
    let date = |text: String| Value::Date(Cow::Owned(text));
    let value = match kind {
        1 => {
            let (seconds, nanos) = (bytes.i64()?, i64::from(bytes.i32()?));
            of_class("java.time.Duration", duration(seconds, nanos)?)
        }
        2 => date(instant(bytes.i64()?, i64::from(bytes.i32()?))?),
        3 => date(bytes.local_date()?),
        4 => date(bytes.local_time()?),
        5 => date(bytes.local_date_time()?),
        6 => {
            let text = bytes.local_date_time()? + &bytes.offset()?;
            match bytes.u8()? {
                7 => {
                    bytes.text()?;
                }
                8 => {
                    bytes.offset()?;
                }
                _ => return None,
            }
            date(text)
        }
        7 => of_class("java.time.ZoneId", bytes.text()?),
        8 => of_class("java.time.ZoneOffset", bytes.offset()?),
        9 => date(bytes.local_time()? + &bytes.offset()?),
        10 => date(bytes.local_date_time()? + &bytes.offset()?),
        11 => of_class("java.time.Year", bytes.i32()?.to_string()),
        12 => {
            let year = year_text(i64::from(bytes.i32()?));
            of_class("java.time.YearMonth", format!("{year}-{:02}", bytes.u8()?))
        }
        13 => of_class("java.time.MonthDay", format!("--{:02}-{:02}", bytes.u8()?, bytes.u8()?)),
        14 => {
            let parts = [(bytes.i32()?, 'Y'), (bytes.i32()?, 'M'), (bytes.i32()?, 'D')];
            let mut text = "P".to_string();
            for (number, unit) in parts.into_iter().filter(|(number, _)| *number != 0) {
                let _ = write!(text, "{number}{unit}");
            }
            if text == "P" {
                text.push_str("0D");
            }
            of_class("java.time.Period", text)
        }
        _ => return None,
    };
    bytes.0.is_empty().then_some(value)
}

fn of_class<'a>(class: &'static str, text: String) -> Value<'a> {
    Value::Object(Box::new(Object {
        class: Cow::Borrowed(class),
        fields: Vec::new(),
        payload: Some(Value::Text(Cow::Owned(text))),
    }))
}

/// As `Duration.toString`: hours, minutes, seconds, each with its own sign.
fn duration(seconds: i64, nanos: i64) -> Option<String> {
    if !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    if seconds == 0 && nanos == 0 {
        return Some("PT0S".to_string());
    }
    // Seconds are rounded down; what is shown is rounded towards zero.
    let whole = if seconds < 0 && nanos > 0 { seconds + 1 } else { seconds };
    let (hours, minutes, rest) = (whole / 3600, whole % 3600 / 60, whole % 60);
    let mut text = "PT".to_string();
    if hours != 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes != 0 {
        let _ = write!(text, "{minutes}M");
    }
    if rest == 0 && nanos == 0 {
        return Some(text);
    }
    if seconds < 0 && nanos > 0 && rest == 0 {
        text.push_str("-0");
    } else {
        let _ = write!(text, "{rest}");
    }
    if nanos > 0 {
        let fraction = if seconds < 0 { 1_000_000_000 - nanos } else { nanos };
        let fraction = format!("{fraction:09}");
        let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
    }
    text.push('S');
    Some(text)
}

/// Block data read from its beginning.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn i8(&mut self) -> Option<i8> {
        self.u8().map(|byte| byte as i8)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(modified_utf8(taken).into_owned())
    }

    fn local_date(&mut self) -> Option<String> {
        Some(date_text(i64::from(self.i32()?), i64::from(self.u8()?), i64::from(self.u8()?)))
    }

    /// The last part that is not zero is written complemented and ends the time.
    fn local_time(&mut self) -> Option<String> {
        let mut parts = [0; 3];
        let mut nanos = 0;
        let mut whole = true;
        for part in &mut parts {
            let written = self.i8()?;
            whole = written >= 0;
            *part = i64::from(if whole { written } else { !written });
            if !whole {
                break;
            }
        }
        if whole {
            nanos = i64::from(self.i32()?);
        }
        if parts[0] > 23 || parts[1] > 59 || parts[2] > 59 || !(0..1_000_000_000).contains(&nanos) {
            return None;
        }
        let mut text = String::new();
        clock(&mut text, parts[0], parts[1], parts[2], nanos);
        Some(text)
    }

    fn local_date_time(&mut self) -> Option<String> {
        Some(format!("{}T{}", self.local_date()?, self.local_time()?))
    }

    /// Quarters of an hour, or seconds after a mark. UTC is `Z`.
    fn offset(&mut self) -> Option<String> {
        let seconds = match self.i8()? {
            127 => self.i32()?,
            quarters => i32::from(quarters) * 900,
        };
        if seconds == 0 {
            return Some("Z".to_string());
        }
        let sign = if seconds < 0 { '-' } else { '+' };
        let seconds = seconds.unsigned_abs();
        let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 {
            let _ = write!(text, ":{:02}", seconds % 60);
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_the_shortest_fraction_of_three_six_or_nine_digits() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (1_715_934_600_000, "2024-05-17T08:30:00Z"),
            (1_715_934_600_120, "2024-05-17T08:30:00.120Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ];
        for (time, text) in table {
            assert_eq!(millis(time).as_deref(), Some(text));
        }
        assert_eq!(timestamp(1_715_934_600_000, 123_456_000).as_deref(), Some("2024-05-17T08:30:00.123456Z"));
        assert_eq!(timestamp(1_715_934_600_000, 1).as_deref(), Some("2024-05-17T08:30:00.000000001Z"));
        for beyond in [i64::MIN, i64::MAX, 253_402_300_800_000] {
            assert_eq!(millis(beyond), None);
        }
        assert_eq!(timestamp(0, -1), None);
    }

    #[test]
    fn durations_are_those_of_java() {
        let table = [
            (0, 0, "PT0S"),
            (1800, 0, "PT30M"),
            (3661, 500_000_000, "PT1H1M1.5S"),
            (-1, 0, "PT-1S"),
            (-1, 500_000_000, "PT-0.5S"),
            (-3601, 0, "PT-1H-1S"),
            (86_400, 1, "PT24H0.000000001S"),
        ];
        for (seconds, nanos, text) in table {
            assert_eq!(duration(seconds, nanos).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for bytes in
            [&b""[..], b"\x63", b"\x02\0", b"\x04\x18\0\0\0\0\0\0", b"\x0b\0\0\x07\xe8\0", b"\x07\0\x05ab"]
        {
            assert!(ser(bytes).is_none(), "{}", bytes.escape_ascii());
        }
    }
}
