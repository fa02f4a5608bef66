//! async-session with async-redis-session: Tide, trillium, warp, and axum-sessions up to 0.6.
//!
//! async-session 3.0.0, async-redis-session 0.2.2; jbr/async-redis-session 1bf5106.

use std::borrow::Cow;

use crate::codec::json;
use crate::cookie;
use crate::frameworks::go;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, expire, setup, time,
};
use crate::value::Value;

/// The base64 of 32 bytes.
const ID: usize = 44;

/// What saysion, a fork of async-session, puts before its ids.
pub const SAYSION: &[u8] = b"saysion/";

pub const LAYOUT: Layout = Layout {
    name: "async-redis-session",
    about: "async-session with async-redis-session (Tide, trillium, axum-sessions up to 0.6)",
    family: "Rust",
    home: Some("https://github.com/jbr/async-redis-session"),
    page: "\
key      <prefix><id>, a string; no prefix by default; 44 characters of base64
value    JSON {id, expiry, data: {member: JSON text, ...}}; expiry is a date or null
expiry   the earlier of the key's TTL and expiry, which is checked when the session is loaded;
         null: no end at all. `expire` rewrites both
user     user_id, user, username in data
cookie   tide.sid (Tide), axum.sid: base64 of 64 bytes, with 44 characters of a MAC before it where
         the framework signs. The id is their BLAKE3: a key's id opens no session
index    none
end      the one key. A request in flight writes it back if it changed the session
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Member("expiry")],
    options: &[setup::JAR_MODE, setup::JAR_KEY, setup::SERIALIZER],
    recognize: |setup, blob| match judge(setup, blob) {
        Ok(_) if is_of_saysion(blob) => Verdict::no("a session of saysion"),
        Ok(_) => Verdict::Sure,
        Err(why) => Verdict::no(why),
    },
    read,
    describe,
    whose: Whose::Container(|data| go::members(data.get("data")?)),
    cookie: Cookie { name: Some("tide.sid"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        expire: |_, session, end| moved(session, end),
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => go::end_of(key, ID, Alphabet::Base64)?,
    };
    let id = &key[start..];
    let usual = id.len() == ID && Alphabet::Base64.all(id) && id.ends_with(b"=");
    usual.then(|| Place::after(key, start, true))
}

/// The value's `expiry`, if the value is a session under its own id.
pub fn judge<'v>(setup: &Setup, blob: &'v Blob<'_>) -> Result<&'v Value<'v>, &'static str> {
    let Some(place) = locate(setup, blob.key) else {
        return Err("the key does not end in 44 characters of base64");
    };
    let members = blob.object().ok_or("the value is not a JSON object")?;
    let (Some(id), Some(expiry), Some(data)) =
        (blob.member("id"), blob.member("expiry"), blob.member("data"))
    else {
        return Err("there are no members id, expiry and data");
    };
    let data = data.as_map().ok_or("its data is not an object")?;
    if members.len() != 3 || !data.iter().all(|(_, cell)| cell.as_str().is_some()) {
        Err("its members are not exactly id, expiry, and data that holds texts")
    } else if id.as_str().map(str::as_bytes) != Some(&blob.key[place.id]) {
        Err("its id is not that of the key")
    } else {
        Ok(expiry)
    }
}

/// Whether a session is one of saysion: it counts days where async-session writes a date, and has its own
/// prefix where neither is there.
pub fn is_of_saysion(blob: &Blob<'_>) -> bool {
    let led = memchr::memmem::find(blob.key, SAYSION).is_some();
    led || matches!(blob.member("expiry"), Some(Value::List(_)))
}

pub fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.json() {
        Some(value) => Decoded::owned(json::CODEC.name, go::with_cells(value, "data", &blob.limits)),
        None => blob.whole_json(),
    }
}

pub fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends =
        data.get("expiry").and_then(|expiry| go::ordinal(expiry).or_else(|| time::iso_in(Some(expiry))));
    let facts = data.get("data").map(go::facts).unwrap_or_default();
    Facts { ends, ..facts }
}

pub fn open(setup: &Setup, given: &cookie::Given) -> Result<cookie::Opened, cookie::CookieError> {
    cookie::async_session::open(
        given,
        setup.cookie_name(),
        setup.text("cookie_mode"),
        setup.text("cookie_key_hex"),
    )
}

/// The end in the value goes with that of the key; as the framework wrote it, or null.
pub fn moved(session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let new = |old: &Value<'_>| match (old, end) {
        (Value::Null, _) => None,
        (_, None) => Some("null".to_string()),
        (Value::List(_), Some(end)) => days(end),
        (_, Some(end)) => Some(expire::iso(end)),
    };
    let rewrite = expire::member(session, &["expiry"], &new)?;
    Ok(expire::Expiring { at: expire::at(end), rewrite, then: Vec::new() })
}

/// A moment as the `time` crate writes it.
fn days(end: i64) -> Option<String> {
    let time = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_millisecond(end).ok()?);
    let parts = [
        i64::from(time.year()),
        i64::from(time.date().day_of_year()),
        i64::from(time.hour()),
        i64::from(time.minute()),
        i64::from(time.second()),
        i64::from(time.subsec_nanosecond()),
        0,
        0,
        0,
    ];
    let parts: Vec<Cow<'_, str>> = parts.iter().map(|part| Cow::Owned(part.to_string())).collect();
    Some(format!("[{}]", parts.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_there_and_back() {
        let end = 2_110_879_750_313;
        let text = days(end).expect("a date");
        assert_eq!(text, "[2036,326,11,29,10,313000000,0,0,0]");
        let value = json::decode(text.as_bytes(), &crate::codec::Limits::default()).expect("JSON");
        assert_eq!(go::ordinal(&value), Some(end));
    }
}
