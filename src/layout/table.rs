//! Sessions that are rows of a table: keys, options, and times as databases write them.

use std::borrow::Cow;

use super::blob::{Blob, Decoded};
use super::expire;
use super::key::Place;
use super::session::{Expiring, Moved, Session};
use super::setup::{OptionKind, OptionSpec};
use super::{Keys, Setup, Verdict, time};
use crate::codec::{DecodeError, Limits};
use crate::store::{Expiry, Key, Kind, Raw, Rewrite, Rows, Table};
use crate::value::Value;

/// The table, where it has another name than by default. Without it every table of the right columns is looked at.
pub const TABLE: OptionSpec =
    OptionSpec::new("table", OptionKind::Text, "the table's name, optionally with its schema: web.sessions");

/// The schema of that table.
pub const SCHEMA: OptionSpec = OptionSpec::new("schema", OptionKind::Text, "the schema of the table");

/// When PHP's garbage collection takes rows away.
pub const GC: OptionSpec = OptionSpec::new(
    "gc_maxlifetime",
    OptionKind::Number,
    "session.gc_maxlifetime in seconds, after which rows are removed",
);

/// A row whose key is `TABLE:ID`.
pub const KEYS: Keys = Keys {
    prefix_option: "table",
    kind: Kind::Hash,
    // Which tables are looked at is told by their columns.
    lead: |_| Vec::new(),
    locate: |_, key| located(key, |_| true),
    key_of: |setup, id| key_of(setup, id),
    ..Keys::PLAIN
};

/// Where the id is in a row's key.
pub fn located(key: &[u8], usual: impl Fn(&[u8]) -> bool) -> Option<Place> {
    let start = memchr::memchr(b':', key)? + 1;
    (start < key.len()).then(|| Place::after(key, start, usual(&key[start..])))
}

/// The key of an id in the table that is configured, or the one by default.
pub fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    let table = setup.text(setup.layout.keys.prefix_option).unwrap_or(setup.layout.keys.prefix);
    let schema = setup.text("schema").map_or_else(String::new, |schema| format!("{schema}."));
    [schema.as_bytes(), table.as_bytes(), b":", id].concat()
}

/// Rows by this column, if the table has all of these columns and is not another one than is configured.
pub fn rows(setup: &Setup, table: &Table, key: &str, columns: &[&str]) -> Option<Rows> {
    if !is_meant(setup, table) || !table.has(columns) {
        return None;
    }
    let mut rows = Rows::by(&table.column(key)?.name);
    for name in std::iter::once(&key).chain(columns) {
        add_name(&mut rows, table, name, name);
    }
    Some(rows)
}

/// Lets a column be known by the name that the layout has for it.
pub fn add_name(rows: &mut Rows, table: &Table, column: &str, name: &str) {
    if let Some(column) = table.column(column).filter(|column| column.name != name) {
        rows.names.push((column.name.clone(), name.to_string()));
    }
}

/// Whether a table is not another one than is configured.
pub fn is_meant(setup: &Setup, table: &Table) -> bool {
    let schema =
        setup.text("schema").is_none_or(|schema| table.schema.as_deref().unwrap_or(schema) == schema);
    let named = setup.text(setup.layout.keys.prefix_option).is_none_or(|name| {
        table.name.eq_ignore_ascii_case(name) || table.full_name().eq_ignore_ascii_case(name)
    });
    schema && named
}

/// A column's text.
pub fn text<'b>(blob: &'b Blob<'_>, column: &str) -> Option<Cow<'b, str>> {
    let bytes = blob.field(column).filter(|bytes| !bytes.is_empty())?;
    Some(String::from_utf8_lossy(bytes))
}

/// A column's number, which may have a fraction.
pub fn number(blob: &Blob<'_>, column: &str) -> Option<f64> {
    std::str::from_utf8(blob.field(column)?).ok()?.trim().parse().ok()
}

/// A column of epoch seconds, as ms.
pub fn seconds(blob: &Blob<'_>, column: &str) -> Option<i64> {
    time::seconds(&Value::Text(text(blob, column)?))
}

/// A column of epoch milliseconds.
pub fn millis(blob: &Blob<'_>, column: &str) -> Option<i64> {
    time::millis(&Value::Text(text(blob, column)?))
}

/// A column of a date and time. Without an offset it is UTC, or local time of that zone.
pub fn instant(blob: &Blob<'_>, column: &str, zone: Option<&str>) -> Option<i64> {
    Moment::parse(&text(blob, column)?)?.millis(zone)
}

/// The time as the database itself understands a column without a zone; elsewhere the same as `instant`.
pub fn by_server(blob: &Blob<'_>, column: &str) -> Option<i64> {
    let name = format!("{column}{}", crate::store::sql::EPOCH);
    millis(blob, &name).or_else(|| instant(blob, column, None))
}

/// A date and time as a database writes it: `2026-12-14 05:51:04.845942`, with `T`, with `Z`, ` +00:00` or `+05:30`
/// after it, or none of them.
#[derive(Debug, Clone, PartialEq)]
struct Moment<'t> {
    civil: jiff::civil::DateTime,
    separator: char,
    /// Digits of the fraction; none where there is no dot.
    digits: Option<usize>,
    /// What is written after it, and what that means in seconds.
    offset: Option<(&'t str, i32)>,
}

impl<'t> Moment<'t> {
    fn parse(text: &'t str) -> Option<Moment<'t>> {
        let text = text.trim();
        if !text.is_ascii() || text.len() < 16 || !matches!(text.as_bytes()[10], b' ' | b'T') {
            return None;
        }
        let clock = text[11..].find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
        let end = clock.map_or(text.len(), |at| at + 11);
        let (clock, rest) = (&text[11..end], &text[end..]);
        let civil: jiff::civil::DateTime = format!("{}T{clock}", &text[..10]).parse().ok()?;
        let digits = clock.split_once('.').map(|(_, digits)| digits.len());
        let offset = match rest.trim() {
            "" => None,
            "Z" | "z" | "UTC" => Some((rest, 0)),
            written => {
                let sign = if written.starts_with('-') { -1 } else { 1 };
                let part = |at: usize| written.get(at..at + 2).map(str::parse::<i32>);
                let after = if written.get(3..4) == Some(":") { 4 } else { 3 };
                let hours = part(1)?.ok()?;
                let minutes = part(after).map_or(Ok(0), |minutes| minutes).ok()?;
                matches!(written.as_bytes()[0], b'+' | b'-')
                    .then_some((rest, sign * (hours * 3600 + minutes * 60)))
                    .map(Some)?
            }
        };
        Some(Moment { civil, separator: text[10..11].chars().next()?, digits, offset })
    }

    fn zone(&self, zone: Option<&str>) -> Option<jiff::tz::TimeZone> {
        match (self.offset, zone) {
            (Some((_, seconds)), _) => Some(jiff::tz::Offset::from_seconds(seconds).ok()?.to_time_zone()),
            (None, Some(zone)) => jiff::tz::TimeZone::get(zone).ok(),
            (None, None) => Some(jiff::tz::TimeZone::UTC),
        }
    }

    fn millis(&self, zone: Option<&str>) -> Option<i64> {
        Some(self.zone(zone)?.to_timestamp(self.civil).ok()?.as_millisecond())
    }

    /// Another time in the same form.
    fn like(&self, end: i64, zone: Option<&str>) -> Option<String> {
        let at = self.zone(zone)?.to_datetime(jiff::Timestamp::from_millisecond(end).ok()?);
        let fraction = match self.digits {
            Some(digits) => format!(".{:0<digits$}", format!("{:03}", end.rem_euclid(1000)))
                .chars()
                .take(digits + 1)
                .collect(),
            None => String::new(),
        };
        let offset = self.offset.map_or("", |(written, _)| written);
        Some(format!(
            "{}{}{}{fraction}{offset}",
            at.strftime("%Y-%m-%d"),
            self.separator,
            at.strftime("%H:%M:%S")
        ))
    }
}

/// The end in the form of the time that a column holds.
pub fn like(blob: &[u8], end: i64, zone: Option<&str>) -> Option<String> {
    Moment::parse(std::str::from_utf8(blob).ok()?)?.like(end, zone)
}

/// Nothing but these columns changes.
pub fn put(columns: Vec<(&str, String)>) -> Moved {
    let fields = columns.into_iter().map(|(name, text)| (Key(name.into()), Key(text.into_bytes()))).collect();
    Ok(Expiring { at: Expiry::Keep, rewrite: Some(Rewrite::Fields(fields)), then: Vec::new() })
}

/// A time that is written down as it was before, in a column that every row has.
pub fn put_like(raw: &Raw, column: &'static str, end: Option<i64>, zone: Option<&str>) -> Moved {
    let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
    let Raw::Hash(fields) = raw else { return Err(expire::UNREADABLE) };
    let held = fields.iter().find(|(name, _)| name == column.as_bytes()).map(|(_, text)| &text[..]);
    match held.and_then(|held| like(held, end, zone)) {
        Some(text) => put(vec![(column, text)]),
        None => Err("their expiry is in an unknown form"),
    }
}

/// An end that is counted from a column of the last use, in seconds since 1970, which is what has to move; the
/// life is in ms, and not known where the application's settings were not given.
pub fn put_since(session: &Session<'_>, column: &str, end: Option<i64>, life: Option<i64>) -> Moved {
    let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
    let Some(life) = life else {
        return Err(
            "their rows say when they were used, but not how long they last: set the layout's option for that",
        );
    };
    match session.raw {
        Raw::Hash(_) => put(vec![(column, (end - life).div_euclid(1000).to_string())]),
        _ => Err(expire::UNREADABLE),
    }
}

/// Asks another layout of the same framework about a column as if that were its value.
pub fn judged(
    setup: &Setup,
    blob: &Blob<'_>,
    column: &'static str,
    judge: fn(&Setup, &Blob<'_>) -> Verdict,
) -> Verdict {
    match blob.column(column) {
        Some(blob) => judge(setup, blob),
        None => Verdict::no("the row has no value"),
    }
}

/// Reads a column as another layout of the same framework would.
pub fn read<'b>(
    setup: &'b Setup,
    blob: &'b Blob<'_>,
    column: &'static str,
    read: for<'c> fn(&'c Setup, &'c Blob<'_>) -> Decoded<'c>,
) -> Decoded<'b> {
    match blob.column(column) {
        Some(blob) => read(setup, blob),
        None => absent(),
    }
}

/// There is nothing in the column.
pub fn absent<'b>() -> Decoded<'b> {
    Decoded::failed("row", DecodeError::whole("row", "the column of the value is empty"))
}

/// What is left once a string of a column is unpacked, looked at as the string that it is elsewhere.
pub fn unpacked<T>(blob: &Blob<'_>, bytes: Vec<u8>, look: impl FnOnce(&Blob<'_>) -> T) -> T {
    let raw = Raw::Text(bytes);
    look(&Blob::new(blob.key, &raw, Limits { ..blob.limits }))
}

/// The same data, with nothing borrowed and what was unpacked before.
pub fn owned(unpacked: &[&'static str], decoded: Decoded<'_>) -> Decoded<'static> {
    Decoded {
        via: [unpacked, &decoded.via].concat(),
        value: decoded.value.map(|value| Cow::Owned(value.into_owned().into_owned())),
    }
}

/// What was made of a column before, to be looked at again.
pub fn lent<'b>(made: Option<&'b Decoded<'static>>) -> Decoded<'b> {
    let Some(made) = made else { return absent() };
    Decoded {
        via: made.via.clone(),
        value: match &made.value {
            Ok(value) => Ok(Cow::Borrowed(&**value)),
            Err(error) => Err(error.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_database_are_read_and_written_alike() {
        let end = 1_796_000_000_250;
        for (text, zone, at, later) in [
            ("2026-12-14 05:51:04.845942", None, 1_797_227_464_845, "2026-11-30 00:53:20.250000"),
            ("2026-12-14 00:51:04", Some("America/New_York"), 1_797_227_464_000, "2026-11-29 19:53:20"),
            ("2026-12-14T05:51:04.845Z", None, 1_797_227_464_845, "2026-11-30T00:53:20.250Z"),
            ("2026-12-14 05:51:04.845 +00:00", None, 1_797_227_464_845, "2026-11-30 00:53:20.250 +00:00"),
            ("2026-12-14 11:21:04.8+05:30", None, 1_797_227_464_800, "2026-11-30 06:23:20.2+05:30"),
            ("2026-12-14 05:51:04+00", None, 1_797_227_464_000, "2026-11-30 00:53:20+00"),
            ("2026-12-14 02:21:04-0330", Some("Asia/Kolkata"), 1_797_227_464_000, "2026-11-29 21:23:20-0330"),
        ] {
            let moment = Moment::parse(text).expect(text);
            assert_eq!(moment.millis(zone), Some(at), "{text}");
            assert_eq!(moment.like(end, zone).as_deref(), Some(later), "{text}");
        }
        for text in ["", "2026-12-14", "infinity", "2026-12-14 05:51:04 x", "2026-12-14 05:51:04+1"] {
            assert!(Moment::parse(text).is_none(), "{text}");
        }
    }
}
