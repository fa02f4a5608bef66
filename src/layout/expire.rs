//! What else changes when a session is to end at another time.
//!
//! Most frameworks leave that to the key's own expiry. Others keep an end inside the value and go by
//! that, or in an index; then the value is rewritten, byte for byte but for the one member.

use std::ops::Range;

use super::blob::Decoded;
use super::session::Session;
pub use super::session::{Expiring, Moved};
use super::setup::Setup;
use super::time;
use crate::codec::{Limits, json};
use crate::store::{Expiry, Raw, Rewrite, Ttl};
use crate::value::Value;

pub const UNREADABLE: &str = "their value cannot be decoded";
/// Where a framework gives every session an end.
pub const ALWAYS_ENDS: &str =
    "the framework gives each of them an expiry; a distant one can be set with --at";

/// The key's own expiry is all that the framework looks at.
pub fn by_key(_: &Setup, _: &Session<'_>, end: Option<i64>) -> Moved {
    Ok(Expiring { at: at(end), rewrite: None, then: Vec::new() })
}

pub fn at(end: Option<i64>) -> Expiry {
    end.map_or(Expiry::Persist, Expiry::At)
}

/// For frameworks that set no expiry on the key: it changes only where someone set one all the same.
pub fn at_if_any(session: &Session<'_>, end: Option<i64>) -> Expiry {
    match session.ttl {
        Ttl::In(_) => at(end),
        _ => Expiry::Keep,
    }
}

/// The time in the notation of the one that it replaces: a date, or an epoch in seconds or
/// milliseconds, as a number or as text. `None` for what is no time.
pub fn like(old: &Value<'_>, end: i64) -> Option<String> {
    let before = time::instant(old)?;
    let epoch = |number: f64| if (number - before as f64).abs() < 1.0 { end } else { end.div_euclid(1000) };
    match old {
        Value::Text(text) => Some(match text.trim().parse::<f64>() {
            Ok(number) => format!("\"{}\"", epoch(number)),
            Err(_) => iso(end),
        }),
        number => Some(epoch(number.as_f64()?).to_string()),
    }
}

/// As `Date.prototype.toISOString` prints it, in quotes.
pub fn iso(end: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(end).unwrap_or(jiff::Timestamp::MAX);
    format!("\"{}\"", time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

/// The session's JSON with another value for the member at this path; `None` where there is no such
/// member, or `new` has nothing to put into its place.
pub fn member(
    session: &Session<'_>,
    path: &[&str],
    new: &dyn Fn(&Value<'_>) -> Option<String>,
) -> Result<Option<Rewrite>, &'static str> {
    put(session, &|text| json::member_span(text, path, &Limits::default()), new)
}

/// The same for a value that is found in another way.
pub fn put(
    session: &Session<'_>,
    find: &dyn Fn(&[u8]) -> Option<Range<usize>>,
    new: &dyn Fn(&Value<'_>) -> Option<String>,
) -> Result<Option<Rewrite>, &'static str> {
    let Raw::Text(text) = session.raw else { return Err(UNREADABLE) };
    if session.data.and_then(Decoded::value).is_none() {
        return Err(UNREADABLE);
    }
    let Some(span) = find(text) else { return Ok(None) };
    let old = json::decode(&text[span.clone()], &Limits::default()).map_err(|_| UNREADABLE)?;
    Ok(new(&old).map(|new| Rewrite::Text(json::splice(text, span, new.as_bytes()))))
}

/// A date that is null where the session has no end; without an end the framework goes by the key.
pub fn nullable(session: &Session<'_>, path: &[&str], end: Option<i64>) -> Moved {
    let rewrite = member(session, path, &|old| nulled(old, end))?;
    Ok(Expiring { at: at(end), rewrite, then: Vec::new() })
}

/// What takes the place of such a date; `None` where it stays null.
pub fn nulled(old: &Value<'_>, end: Option<i64>) -> Option<String> {
    match (old, end) {
        (Value::Null, _) => None,
        (_, Some(end)) => like(old, end).or_else(|| Some(iso(end))),
        (_, None) => Some("null".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_the_one_before() {
        let end = 1_795_472_343_071;
        let cases = [
            (Value::Text("2026-11-23T20:17:37.919Z".into()), "\"2026-11-23T22:19:03.071Z\""),
            (Value::Int(1_795_465_057_919), "1795472343071"),
            (Value::Int(1_795_465_057), "1795472343"),
            (Value::Float(1_795_465_057.5), "1795472343"),
            (Value::Text("1795465057".into()), "\"1795472343\""),
            (Value::Text("1795465057919".into()), "\"1795472343071\""),
        ];
        for (old, new) in cases {
            assert_eq!(like(&old, end).as_deref(), Some(new), "{old:?}");
        }
        for old in [Value::Null, Value::Bool(false), Value::Text("soon".into())] {
            assert_eq!(like(&old, end), None);
        }
    }
}
