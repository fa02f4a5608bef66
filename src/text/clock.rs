//! Times, durations and sizes as they are written.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The years 0 to 9999, in milliseconds since 1970; RFC 3339 has no others.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

const DAY: i64 = 86_400_000;

/// The moment of which all is told, where it is not the present.
static STANDING: OnceLock<i64> = OnceLock::new();

/// From now on it is this moment, in milliseconds since 1970, as of which a file is read; what was said
/// first stays.
pub fn stand_still(at: i64) {
    let _ = STANDING.set(at);
}

/// Now, in milliseconds since 1970, or the moment at which the clock was told to stand still.
pub fn now_ms() -> i64 {
    if let Some(at) = STANDING.get() {
        return *at;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Appends a time as RFC 3339 in UTC with milliseconds. Nothing is written, and `false` is the
/// answer, for a time that has no such form.
pub fn push_rfc3339(out: &mut Vec<u8>, ms: i64) -> bool {
    if !(FIRST..=LAST).contains(&ms) {
        return false;
    }
    let mut text = *b"0000-00-00T00:00:00.000Z";
    write_date(&mut text, ms.div_euclid(DAY));
    let in_day = ms.rem_euclid(DAY) as u32;
    two(&mut text, 11, in_day / 3_600_000);
    two(&mut text, 14, in_day / 60_000 % 60);
    two(&mut text, 17, in_day / 1_000 % 60);
    let thousandth = in_day % 1_000;
    text[20] = b'0' + (thousandth / 100) as u8;
    two(&mut text, 21, thousandth % 100);
    out.extend_from_slice(&text);
    true
}

/// The date alone.
pub fn date(ms: i64) -> Option<String> {
    let mut out = Vec::with_capacity(24);
    push_rfc3339(&mut out, ms).then(|| String::from_utf8_lossy(&out[..10]).into_owned())
}

/// RFC 3339 in UTC with milliseconds; `None` outside of the years 0 to 9999.
pub fn rfc3339(ms: i64) -> Option<String> {
    let mut text = Vec::with_capacity(24);
    push_rfc3339(&mut text, ms).then(|| String::from_utf8(text).ok()).flatten()
}

/// Date and time to the second, for people.
pub fn time(ms: i64) -> Option<String> {
    let mut out = Vec::with_capacity(24);
    push_rfc3339(&mut out, ms).then(|| String::from_utf8_lossy(&out[..19]).replacen('T', " ", 1) + "Z")
}

fn two(text: &mut [u8], at: usize, number: u32) {
    text[at] = b'0' + (number / 10) as u8;
    text[at + 1] = b'0' + (number % 10) as u8;
}

/// The civil date of a day, after Howard Hinnant's `civil_from_days`.
fn write_date(text: &mut [u8], day: i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097) as u32;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = (i64::from(year_of_era) + era * 400 + i64::from(month <= 2)) as u32;
    two(text, 0, year / 100);
    two(text, 2, year % 100);
    two(text, 5, month);
    two(text, 8, day_of_month);
}

/// A duration in its two largest units: `6d 23h`, `54m`, `12s`.
pub fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let pair = |large: u64, unit: char, small: u64, part: char| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit} {small}{part}") }
    };
    if days >= 100 {
        format!("{days}d")
    } else if days > 0 {
        pair(days, 'd', hours % 24, 'h')
    } else if hours > 0 {
        pair(hours, 'h', minutes % 60, 'm')
    } else if minutes >= 10 {
        format!("{minutes}m")
    } else if minutes > 0 {
        pair(minutes, 'm', seconds % 60, 's')
    } else if seconds > 0 {
        format!("{seconds}s")
    } else {
        format!("{ms}ms")
    }
}

/// How times are shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    Relative,
    Utc,
    Local,
}

/// How the user wants times to be shown, if he said so.
static CHOSEN: OnceLock<Times> = OnceLock::new();

/// Shows times in this way from now on, wherever it is usual otherwise; what was chosen first stays.
pub fn choose(times: Times) {
    let _ = CHOSEN.set(times);
}

/// How times are shown where `usual` is the way of the place.
pub fn chosen(usual: Times) -> Times {
    CHOSEN.get().copied().unwrap_or(usual)
}

/// A time as it is to be shown; `None` outside of the years 0 to 9999.
pub fn shown(now: i64, at: i64, usual: Times) -> Option<String> {
    match chosen(usual) {
        Times::Relative => Some(ago(now, at)),
        Times::Utc => time(at),
        Times::Local => local(at, &jiff::tz::TimeZone::system()),
    }
}

/// Date and time to the second in a time zone, with its distance from UTC.
fn local(ms: i64, zone: &jiff::tz::TimeZone) -> Option<String> {
    // Its years go further than those that are shown.
    time(ms)?;
    let at = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned_datetime(zone.clone());
    Some(at.strftime("%Y-%m-%d %H:%M:%S%:z").to_string())
}

/// How long ago: `5m ago`, `now`; a time to come is `in 5m`.
pub fn ago(now: i64, then: i64) -> String {
    match now.saturating_sub(then) {
        // Clocks differ by a little.
        -1_000..1_000 => "now".to_string(),
        past @ 1_000.. => format!("{} ago", span(past as u64)),
        future => format!("in {}", span(future.unsigned_abs())),
    }
}

/// A size: `412 B`, `1.2 KiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1_024.0, 0);
    // What would be shown as 1024.0 is one of the next unit.
    while amount >= 1_023.95 && unit + 1 < UNITS.len() {
        amount /= 1_024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let of = |ms| {
            let mut out = Vec::new();
            push_rfc3339(&mut out, ms).then(|| String::from_utf8(out).unwrap())
        };
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_550_653_671, "2026-11-24T20:04:13.671Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (FIRST, "0000-01-01T00:00:00.000Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in table {
            assert_eq!(of(ms).unwrap(), text);
        }
        assert_eq!(of(FIRST - 1), None);
        assert_eq!(of(LAST + 1), None);
        assert_eq!(of(i64::MAX), None);
        assert_eq!(date(0).unwrap(), "1970-01-01");
        assert_eq!(time(1_795_550_653_671).unwrap(), "2026-11-24 20:04:13Z");
    }

    #[test]
    fn times_agree_with_jiff() {
        let step = (LAST - FIRST) / 5_003;
        for at in 0..5_003 {
            let ms = FIRST + at * step;
            let mut out = Vec::new();
            push_rfc3339(&mut out, ms);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.parse::<jiff::Timestamp>().unwrap().as_millisecond(), ms, "{text}");
        }
    }

    #[test]
    fn times_of_a_zone_say_how_far_it_is_from_utc() {
        let zone = |hours| jiff::tz::TimeZone::fixed(jiff::tz::offset(hours));
        assert_eq!(local(1_795_550_653_671, &zone(1)).unwrap(), "2026-11-24 21:04:13+01:00");
        assert_eq!(local(0, &zone(-3)).unwrap(), "1969-12-31 21:00:00-03:00");
        assert_eq!(local(i64::MAX, &zone(1)), None);
        assert_eq!(shown(70_000, 10_000, Times::Relative).unwrap(), "1m ago");
        assert_eq!(shown(70_000, 10_000, Times::Utc).unwrap(), "1970-01-01 00:00:10Z");
    }

    #[test]
    fn spans() {
        let table: [(u64, &str); 12] = [
            (0, "0ms"),
            (999, "999ms"),
            (12_000, "12s"),
            (60_000, "1m"),
            (252_000, "4m 12s"),
            (3_240_500, "54m"),
            (3_600_000, "1h"),
            (11_520_000, "3h 12m"),
            (86_399_995, "23h 59m"),
            (601_200_000, "6d 23h"),
            (172_800_000, "2d"),
            (31_536_000_000, "365d"),
        ];
        for (ms, text) in table {
            assert_eq!(span(ms), text);
        }
        assert_eq!(ago(10_000, 9_999), "now");
        assert_eq!(ago(70_000, 10_000), "1m ago");
        assert_eq!(ago(10_000, 70_000), "in 1m");
        assert_eq!(ago(i64::MAX, i64::MIN), "106751991167d ago");
    }

    #[test]
    fn sizes() {
        let table: [(u64, &str); 6] = [
            (412, "412 B"),
            (1_023, "1023 B"),
            (1_229, "1.2 KiB"),
            (1_048_575, "1.0 MiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (bytes, text) in table {
            assert_eq!(size(bytes), text);
        }
    }
}
