//! express-session with session-file-store.
//!
//! session-file-store 1.5.0, lib/session-file-helpers.js.

use std::borrow::Cow;

use super::connect_redis;
use crate::codec::{DecodeError, json};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, expire, files,
    setup, time,
};
use crate::store::{Kind, Medium};
use crate::value::Value;
use crate::wrap::kruptein;

/// The option `ttl` unless it is set, in seconds.
const TTL: i64 = 3600;
const LAST: &str = "__lastAccess";

pub const LAYOUT: Layout = Layout {
    name: "session-file-store",
    about: "express-session with session-file-store 1",
    home: Some("https://github.com/valery-barysok/session-file-store"),
    medium: Medium::File,
    page: "\
file     <sid>.json in ./sessions unless `path` says otherwise; sid 32 base64url characters unless
         the application has its own genid
value    the JSON of express-session, with __lastAccess in ms beside its members; with `secret` an
         envelope of kruptein around that, which the option secret opens (some fifty milliseconds
         each) and which is told by itself only where the layout is named
expiry   __lastAccess and cookie.originalMaxAge after it, or where that is null the store's ttl:
         option ttl, 3600 seconds are assumed. cookie.expires is not looked at. It is checked when a
         session is read, and once an hour
user     as connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
end      the file. A request in flight writes its session back if it changed it
beware   the application deletes a file that does not parse when it reads it
",
    keys: Keys { prefix: "", kind: Kind::Hash, lead: |_| Vec::new(), locate, key_of, ..Keys::PLAIN },
    marks: &[Mark::Field("content")],
    options: &[
        setup::COOKIE_SECRET,
        OptionSpec::secret("secret", OptionKind::Texts, "the store's secret, which seals the sessions"),
        OptionSpec::new("ttl", OptionKind::Number, "the store's ttl in seconds; 3600 unless set"),
        OptionSpec::new("file_extension", OptionKind::Text, "the store's fileExtension; .json unless set"),
        OptionSpec::new("path", OptionKind::Text, "the folder; --store says it"),
    ],
    recognize,
    read,
    describe,
    ends: Ends { expire: moved, ..connect_redis::LAYOUT.ends },
    ..connect_redis::LAYOUT
};

fn extension(setup: &Setup) -> &str {
    setup.text("file_extension").unwrap_or(".json")
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    [id, extension(setup).as_bytes()].concat()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let id = key.strip_suffix(extension(setup).as_bytes())?;
    let usual = key::is_exactly(id, 32, Alphabet::Base64Url) || key::is_uuid(id);
    (!id.is_empty() && id[0] != b'.' && !id.contains(&b'/')).then_some(Place { id: 0..id.len(), usual })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("its name has not the store's extension");
    };
    let Some(data) = blob.json() else { return Verdict::no("what is in the file is not JSON") };
    if kruptein::is_envelope(data) {
        return match (setup.named, place.usual) {
            (true, _) => Verdict::Sure,
            (false, true) => Verdict::Weak,
            (false, false) => Verdict::no("a sealed object under a name that no session has"),
        };
    }
    let is_cookie = data.get("cookie").is_some_and(|cookie| cookie.as_map().is_some());
    match data.get(LAST).and_then(time::millis) {
        Some(_) if is_cookie => Verdict::Sure,
        _ => Verdict::no("its object lacks the member `cookie` or the number __lastAccess"),
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let (Some(envelope), Some(text)) = (blob.json(), blob.text()) else { return blob.whole_json() };
    if !kruptein::is_envelope(envelope) {
        return blob.whole_json();
    }
    let failed = |error| Decoded { via: vec![kruptein::NAME, json::CODEC.name], value: Err(error) };
    let secrets = setup.texts("secret");
    if secrets.is_empty() {
        let why = "sealed with the store's secret: give option secret";
        return failed(DecodeError::sealed(kruptein::NAME, why));
    }
    let opened = kruptein::open_text(text, secrets).map_err(DecodeError::from).and_then(|plain| {
        match json::decode(&plain, &blob.limits)?.into_owned() {
            // What was sealed is the JSON as a string of JSON.
            Value::Text(inner) => Ok(json::decode(inner.as_bytes(), &blob.limits)?.into_owned()),
            other => Ok(other),
        }
    });
    match opened {
        Ok(value) => Decoded { via: vec![kruptein::NAME, json::CODEC.name], value: Ok(Cow::Owned(value)) },
        Err(error) => failed(error),
    }
}

/// How long after its last use a session ends, in ms.
fn span(setup: &Setup, data: &Value<'_>) -> i64 {
    let age = data.get("cookie").and_then(|cookie| cookie.get("originalMaxAge")).and_then(time::millis);
    age.filter(|age| *age != 0).unwrap_or_else(|| files::span(setup, "ttl", TTL))
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let seen = data.get(LAST).and_then(time::millis);
    let ends = seen.map(|seen| seen.saturating_add(span(setup, data)));
    Facts { seen, ends, ..connect_redis::describe(setup, blob, data) }
}

fn moved(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let data = session.data.and_then(Decoded::value).ok_or(expire::UNREADABLE)?;
    let text = files::content(session).ok_or(expire::UNREADABLE)?;
    let last = end.saturating_sub(span(setup, data)).to_string();
    match json::member_span(text, &[LAST], &crate::codec::Limits::default()) {
        Some(place) => Ok(files::by_content(json::splice(text, place, last.as_bytes()))),
        None => Err("their end is inside what is sealed"),
    }
}
