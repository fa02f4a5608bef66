//! Days, seconds and offsets as ISO 8601 text, for forms that count them.

/// Appends a number with zeros in front of it, to be so wide at least.
///
/// A session has a few moments, each of half a dozen such numbers: `write!` would take a tenth of the time
/// of decoding it.
pub(super) fn padded(text: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    while number > 0 || begin > digits.len() - width.min(digits.len()) {
        begin -= 1;
        digits[begin] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    text.extend(digits[begin..].iter().copied().map(char::from));
}

/// Appends hours, minutes and seconds of a day's second.
pub(super) fn clock(text: &mut String, second: u64) {
    for (mark, part) in [("", second / 3600), (":", second / 60 % 60), (":", second % 60)] {
        text.push_str(mark);
        padded(text, part, 2);
    }
}

/// Appends year, month and day, of a year from 0 on.
pub(super) fn day(text: &mut String, year: u64, month: i64, day: i64) {
    padded(text, year, 4);
    text.push('-');
    padded(text, month.unsigned_abs(), 2);
    text.push('-');
    padded(text, day.unsigned_abs(), 2);
}

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
    let (year, month, of_month) = civil(days);
    let mut text = String::with_capacity(32);
    if year < 0 {
        text.push('-');
    }
    day(&mut text, year.unsigned_abs(), month, of_month);
    Some(text)
}

/// A moment by its seconds since 1970 and the nanoseconds above them, as the clock shows it that is this many
/// seconds ahead of Greenwich's; none where no calendar reaches.
pub(super) fn moment(seconds: i64, nanos: u32, offset: i64) -> Option<String> {
    let local = seconds.checked_add(offset)?;
    let mut text = date(local.div_euclid(86_400))?;
    text.push('T');
    clock(&mut text, local.rem_euclid(86_400).unsigned_abs());
    fraction(&mut text, nanos);
    zone(&mut text, offset);
    Some(text)
}

/// Appends a fraction of a second, if there is one.
pub(super) fn fraction(text: &mut String, nanos: u32) {
    if nanos > 0 {
        text.push('.');
        padded(text, nanos.into(), 9);
        text.truncate(text.trim_end_matches('0').len());
    }
}

/// Appends an offset in seconds, to the minute.
pub(super) fn zone(text: &mut String, offset: i64) {
    if offset == 0 {
        text.push('Z');
        return;
    }
    let minutes = (offset.abs() + 30) / 60;
    text.push(if offset < 0 { '-' } else { '+' });
    padded(text, (minutes / 60).unsigned_abs(), 2);
    text.push(':');
    padded(text, (minutes % 60).unsigned_abs(), 2);
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
