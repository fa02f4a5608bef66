//! Days, seconds and offsets as ISO 8601 text, for forms that count them.

use std::fmt::Write as _;

/// Seconds from the year 1 to 1970.
#[cfg(test)]
pub(super) const BEFORE_1970: i64 = 62_135_596_800;

/// Days since 1970 of a date in the proleptic Gregorian calendar.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    // Counted from the first of March, so that leap days end a year.
    let year = if month > 2 { year } else { year - 1 };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970.
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A date by its days since 1970; none beyond a hundred million years.
pub(super) fn date(days: i64) -> Option<String> {
    if days.abs() > 36_600_000_000 {
        return None;
    }
    let (year, month, day) = civil(days);
    Some(if year < 0 {
        format!("-{:04}-{month:02}-{day:02}", -year)
    } else {
        format!("{year:04}-{month:02}-{day:02}")
    })
}

/// A moment by its seconds since 1970 and the nanoseconds above them, as the clock shows it that is so many
/// seconds ahead of Greenwich's; none where no calendar reaches.
pub(super) fn moment(seconds: i64, nanos: u32, offset: i64) -> Option<String> {
    let local = seconds.checked_add(offset)?;
    let mut text = date(local.div_euclid(86_400))?;
    let of_day = local.rem_euclid(86_400);
    let _ = write!(text, "T{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    fraction(&mut text, nanos);
    zone(&mut text, offset);
    Some(text)
}

/// Appends a fraction of a second, if there is one.
pub(super) fn fraction(text: &mut String, nanos: u32) {
    if nanos > 0 {
        let digits = format!("{nanos:09}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
}

/// Appends an offset in seconds, to the minute.
pub(super) fn zone(text: &mut String, offset: i64) {
    if offset == 0 {
        text.push('Z');
        return;
    }
    let minutes = (offset.abs() + 30) / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_there_and_back() {
        for day in (-800_000..800_000).step_by(37) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        assert_eq!(date(19_860).as_deref(), Some("2024-05-17"));
        assert_eq!(date(-719_528).as_deref(), Some("0000-01-01"));
        assert_eq!(date(i64::MAX), None);
    }

    #[test]
    fn moments() {
        for (seconds, nanos, offset, expected) in [
            (0, 0, 0, "1970-01-01T00:00:00Z"),
            (-1, 250_000_000, 0, "1969-12-31T23:59:59.25Z"),
            (1_715_934_600, 1, 7200, "2024-05-17T10:30:00.000000001+02:00"),
            (1_715_934_600, 0, -19_800, "2024-05-17T03:00:00-05:30"),
        ] {
            assert_eq!(moment(seconds, nanos, offset).as_deref(), Some(expected));
        }
        assert_eq!(moment(i64::MAX, 0, 1), None);
        assert_eq!(moment(-BEFORE_1970, 0, 0).as_deref(), Some("0001-01-01T00:00:00Z"));
    }
}
