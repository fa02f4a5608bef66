//! Durations and sizes as they are typed: one dialect for every option and every key of the configuration.

use std::time::Duration;

/// What is measured, which decides the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// In microseconds.
    Duration,
    /// In bytes.
    Size,
}

/// A unit under each of its names, and how many microseconds or bytes it is.
type Units = &'static [(&'static [&'static str], u64)];

const DURATIONS: Units = &[
    (&["us", "µs"], 1),
    (&["ms", "msec", "millis"], 1_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000_000),
    (&["d", "day", "days"], 86_400_000_000),
    (&["w", "week", "weeks"], 604_800_000_000),
];

/// In lower case; sizes are read in any case.
const SIZES: Units = &[
    (&["", "b", "byte", "bytes"], 1),
    (&["kb"], 1_000),
    (&["kib"], 1 << 10),
    (&["mb"], 1_000_000),
    (&["mib"], 1 << 20),
    (&["gb"], 1_000_000_000),
    (&["gib"], 1 << 30),
    (&["tb"], 1_000_000_000_000),
    (&["tib"], 1 << 40),
];

impl Quantity {
    fn unit(self, name: &str) -> Option<u64> {
        let (units, name) = match self {
            Quantity::Duration => (DURATIONS, name.to_string()),
            Quantity::Size => (SIZES, name.to_ascii_lowercase()),
        };
        units.iter().find(|(names, _)| names.contains(&&name[..])).map(|(_, size)| *size)
    }

    fn units(self) -> &'static str {
        match self {
            Quantity::Duration => "ms, s, m, h, d or w",
            Quantity::Size => "B, KB, KiB, MB, MiB, GB or GiB",
        }
    }
}

/// Why a string is not a duration or a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("no number in it")]
    Number,
    #[error("{0} has no unit; use {1}")]
    NoUnit(String, &'static str),
    #[error("`{0}` is not a unit; use {1}")]
    Unit(String, &'static str),
    #[error("the number is too large")]
    TooLarge,
}

/// A duration such as `2h` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    amount(text.trim(), Quantity::Duration).map(|(micros, _)| Duration::from_micros(micros))
}

/// A size such as `64KiB`, in bytes.
pub fn size(text: &str) -> Result<u64, UnitError> {
    amount(text.trim(), Quantity::Size).map(|(bytes, _)| bytes)
}

/// A day is longer than anyone waits, and safe for the system's timers.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// How long to wait for something, up to a day: `500ms`, `5s`, `2m`; a bare number is seconds.
pub fn timeout(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wait = if bare { text.parse().ok().map(Duration::from_secs) } else { duration(text).ok() };
    match wait {
        Some(Duration::ZERO) => Err("the time must be more than zero".to_string()),
        Some(wait) if wait <= LONGEST_WAIT => Ok(wait),
        _ => Err("give a time such as 500ms, 5s or 2m".to_string()),
    }
}

/// The amount in microseconds or bytes, and its grain: the unit of its last part, or the fraction of it that is written.
pub fn amount(text: &str, quantity: Quantity) -> Result<(u64, u64), UnitError> {
    let mut rest = text;
    let (mut total, mut grain) = (0_u64, 1);
    if rest.is_empty() {
        return Err(UnitError::Number);
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(UnitError::Number);
        }
        let size = match quantity.unit(unit) {
            Some(size) => size,
            // Nothing is nothing in every unit.
            None if unit.is_empty() && number.bytes().all(|digit| digit == b'0') => 1,
            None if unit.is_empty() => return Err(UnitError::NoUnit(number.to_string(), quantity.units())),
            None => return Err(UnitError::Unit(unit.to_string(), quantity.units())),
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| UnitError::TooLarge)? };
        // More digits than that are less than a microsecond or a byte.
        let fraction = fraction.get(..fraction.len().min(15)).unwrap_or_default();
        let scale = 10_u128.pow(fraction.len() as u32);
        let part = u128::from(fraction.parse::<u64>().unwrap_or(0)) * u128::from(size) / scale;
        grain = u64::try_from(u128::from(size) / scale).unwrap_or(1).max(1);
        total = whole
            .checked_mul(size)
            .and_then(|whole| whole.checked_add(u64::try_from(part).ok()?))
            .and_then(|amount| total.checked_add(amount))
            .ok_or(UnitError::TooLarge)?;
        rest = tail.trim_start();
    }
    Ok((total, grain))
}
