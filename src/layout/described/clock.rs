//! Times in the data of sessions, and how they are written.

use crate::layout::{expire, time};
use crate::value::Value;

/// A time in the session's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    pub path: String,
    pub clock: Clock,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Told by its form and size.
    Any,
    Iso,
    Count {
        unit: Unit,
        /// The time that counts as none, in ms since 1970.
        epoch: i64,
    },
}

/// What a time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
    /// 100 ns, as .NET counts.
    Ticks,
}

impl Unit {
    pub const NAMES: &[(&str, Unit)] = &[
        ("s", Unit::Seconds),
        ("ms", Unit::Millis),
        ("us", Unit::Micros),
        ("ns", Unit::Nanos),
        ("ticks", Unit::Ticks),
    ];

    pub(super) fn nanos(self) -> i128 {
        match self {
            Unit::Seconds => 1_000_000_000,
            Unit::Millis => 1_000_000,
            Unit::Micros => 1_000,
            Unit::Nanos => 1,
            Unit::Ticks => 100,
        }
    }

    /// From when such a count goes if nothing else is said: .NET's from the year 1, all others from
    /// 1970. In ms since 1970.
    pub fn usual_epoch(self) -> i64 {
        match self {
            Unit::Ticks => -62_135_596_800_000,
            _ => 0,
        }
    }
}

impl Clock {
    /// Such a count from when it usually goes.
    pub fn count(unit: Unit) -> Clock {
        Clock::Count { unit, epoch: unit.usual_epoch() }
    }

    /// The time that this value is, in ms since 1970.
    pub(super) fn read(self, value: &Value<'_>) -> Option<i64> {
        match self {
            Clock::Any => time::instant(value),
            Clock::Iso => time::iso_in(Some(value)),
            Clock::Count { unit, epoch } => time::counted(value, unit.nanos(), epoch),
        }
    }

    /// A time as JSON, in the notation of the one that it replaces.
    pub(super) fn written(self, old: &Value<'_>, end: i64) -> Option<String> {
        let Clock::Count { unit, epoch } = self else { return expire::like(old, end) };
        let number = (i128::from(end) - i128::from(epoch)) * 1_000_000 / unit.nanos();
        Some(if matches!(old, Value::Text(_)) { format!("\"{number}\"") } else { number.to_string() })
    }
}

/// The first of these times that is there, and how it is written.
pub(super) fn first<'w>(times: &'w [When], data: &Value<'_>) -> Option<(&'w When, i64)> {
    times.iter().find_map(|when| Some((when, when.clock.read(data.at(&when.path)?)?)))
}
