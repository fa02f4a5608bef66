//! Points in time as session stores write them, as milliseconds since 1970 in UTC.

use crate::value::Value;

/// Epoch seconds from here on are beyond the year 5000 and can only be milliseconds.
const LEAST_MILLIS: f64 = 1e11;

/// A date text, epoch seconds or epoch milliseconds, by its form and size.
pub fn instant(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Date(text) => iso(text),
        Value::Text(text) => iso(text).or_else(|| by_size(text.trim().parse().ok()?)),
        number => by_size(number.as_f64()?),
    }
}

/// Epoch milliseconds, as a number or as its digits.
pub fn millis(value: &Value<'_>) -> Option<i64> {
    bounded(number(value)?)
}

/// Epoch seconds, as a number or as its digits.
pub fn seconds(value: &Value<'_>) -> Option<i64> {
    bounded(number(value)? * 1000.0)
}

/// A count of units of this many nanoseconds since that time (ms since 1970), as a number or as its digits.
pub fn counted(value: &Value<'_>, nanos: i128, epoch: i64) -> Option<i64> {
    let whole = match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let millis = match whole {
        Some(whole) => whole.checked_mul(nanos)?.div_euclid(1_000_000) as f64,
        None => number(value)? * (nanos as f64 / 1e6),
    };
    bounded(millis + epoch as f64)
}

/// A string such as `2026-11-23T20:17:37.919Z`, with a space for the `T`, with an offset, or with no
/// zone at all, which is then taken for UTC.
pub fn iso(text: &str) -> Option<i64> {
    let text = text.trim();
    // Anything shorter has no time of the day; a year alone would read as a number of seconds.
    if text.len() < 16 || !text.is_ascii() {
        return None;
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?.as_millisecond())
}

/// A string member that holds such a date.
pub fn iso_in(value: Option<&Value<'_>>) -> Option<i64> {
    match value? {
        Value::Text(text) | Value::Date(text) => iso(text),
        _ => None,
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Text(text) => text.trim().parse().ok(),
        number => number.as_f64(),
    }
}

fn by_size(number: f64) -> Option<i64> {
    bounded(if number.abs() < LEAST_MILLIS { number * 1000.0 } else { number })
}

/// Within the years that a date can be printed for.
fn bounded(millis: f64) -> Option<i64> {
    const LIMIT: f64 = 253_402_300_800_000.0;
    (millis.is_finite() && millis.abs() < LIMIT).then_some(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_epochs_of_either_unit_are_one_instant() {
        let wanted = Some(1_795_465_057_919);
        assert_eq!(iso("2026-11-23T20:17:37.919Z"), wanted);
        assert_eq!(iso("2026-11-23 20:17:37.919"), wanted);
        assert_eq!(iso("2026-11-23T21:17:37.919+01:00"), wanted);
        assert_eq!(instant(&Value::Int(1_795_465_057_919)), wanted);
        assert_eq!(instant(&Value::Float(1_795_465_057.919)), wanted);
        assert_eq!(instant(&Value::Text("1795465057919".into())), wanted);
        assert_eq!(seconds(&Value::Text("1795465057".into())), Some(1_795_465_057_000));
        let ticks = Value::Text("639310618579190000".into());
        assert_eq!(counted(&ticks, 100, -62_135_596_800_000), wanted);
        assert_eq!(counted(&Value::Float(1_795_465_057.919), 1_000_000_000, 0), wanted);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "soon", "2026", "2026-11-23", "+275760-09-13T00:00:00.000Z", "１７９５４６５０５７９１９"]
        {
            assert_eq!(iso(text), None, "{text}");
        }
        assert_eq!(millis(&Value::Float(f64::NAN)), None);
        assert_eq!(millis(&Value::Float(1e300)), None);
        assert_eq!(instant(&Value::Null), None);
    }
}
