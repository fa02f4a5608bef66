//! tornado-redis-session.
//!
//! tornado-redis-session 0.1.3 session.py.

use std::borrow::Cow;

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, blob, python};
use crate::store::Kind;
use crate::value::Value;

const EXPIRES: &str = "__expires__";

pub const LAYOUT: Layout = Layout {
    name: "tornado-redis-session",
    about: "Tornado with tornado-redis-session",
    family: "Python",
    page: "\
key      session:<id>, a hash; the id is 40 hex digits
value    a field for each member, text or bytes, and __expires__, the seconds that each access adds
expiry   the key's TTL, set anew by every access; with __expires__ 0 none is set
user     user_id, user, username
cookie   tsessionid = <id>
index    none
end      the one key. A request in flight that sets a member leaves a hash of that one field
",
    keys: Keys { prefix: "session:", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field(EXPIRES)],
    cookie: Cookie {
        name: Some("tsessionid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read: hash,
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends {
        caveats: &["A request that was in flight and sets a member leaves a session of that member alone."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 40, Alphabet::Hex);
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 40, Alphabet::Hex))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let seconds = blob.field(EXPIRES).is_some_and(|text| !text.is_empty() && Alphabet::Digit.all(text));
    let usual = locate(setup, blob.key).is_some_and(|place| place.usual);
    match (seconds, usual) {
        (true, true) => Verdict::Sure,
        (true, false) => Verdict::Weak,
        // What a late request leaves.
        (false, true) if blob.fields().is_some() => Verdict::Kin,
        _ => Verdict::no("there are no seconds in a field __expires__"),
    }
}

/// A hash whose fields are the session's members.
pub(super) fn hash<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return Decoded::failed("hash", blob.unreadable("hash")) };
    let members = fields.iter().map(|(name, value)| (String::from_utf8_lossy(name), blob::plain(value)));
    Decoded { via: vec!["hash"], value: Ok(Cow::Owned(Value::Map(members.collect()))) }
}
