//! The `datetime` module: what its classes write of themselves (CPython's Lib/_pydatetime.py, `_getstate`).

use std::fmt::Write as _;

/// What is known of a zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    /// None, or one whose offset is not in the data.
    Local,
    /// Seconds east of Greenwich.
    Offset(i64),
    /// A name for anyone who has the time-zone data.
    Named(String),
}

/// A day: of the year, two bytes, the month and the day.
pub(super) fn date(bytes: [u8; 4]) -> Option<String> {
    let [high, low, month, day] = bytes;
    day_of(i64::from(u16::from_be_bytes([high, low])), i64::from(month), i64::from(day))
}

pub(super) fn day_of(year: i64, month: i64, day: i64) -> Option<String> {
    ((1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A time of day: hour, minute, second, and three bytes of microseconds.
pub(super) fn time(bytes: [u8; 6]) -> Option<String> {
    let [hour, minute, second, high, middle, low] = bytes;
    // The highest bit is the fold: the second time that an hour is passed.
    let micros = i64::from(u32::from_be_bytes([0, high, middle, low]));
    clock(i64::from(hour & 0x7f), i64::from(minute), i64::from(second), micros)
}

pub(super) fn clock(hour: i64, minute: i64, second: i64, micros: i64) -> Option<String> {
    let within = |number: i64, end: i64| (0..end).contains(&number);
    if !(within(hour, 24) && within(minute, 60) && within(second, 60) && within(micros, 1_000_000)) {
        return None;
    }
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if micros > 0 {
        let _ = write!(text, ".{micros:06}");
    }
    Some(text)
}

pub(super) fn datetime(bytes: [u8; 10]) -> Option<String> {
    let [high, low, month, day, rest @ ..] = bytes;
    let day = date([high, low, month & 0x7f, day])?;
    Some(format!("{day}T{}", time(rest)?))
}

/// Appends what a zone makes of a time.
pub(super) fn zoned(mut text: String, zone: &Zone) -> String {
    match zone {
        Zone::Local => {}
        Zone::Offset(0) => text.push('Z'),
        Zone::Offset(seconds) => {
            let sign = if *seconds < 0 { '-' } else { '+' };
            let seconds = seconds.abs();
            let _ = write!(text, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
            if seconds % 60 > 0 {
                let _ = write!(text, ":{:02}", seconds % 60);
            }
        }
        Zone::Named(name) => {
            let _ = write!(text, "[{name}]");
        }
    }
    text
}
