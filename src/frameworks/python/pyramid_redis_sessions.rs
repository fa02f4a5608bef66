//! pyramid_redis_sessions.
//!
//! pyramid_redis_sessions 1.0.1 session.py, util.py; pyramid 1.10.8 session.py, authentication.py.

use std::borrow::Cow;

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, python, time,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "pyramid-redis-sessions",
    about: "Pyramid with pyramid_redis_sessions",
    family: "Python",
    home: Some("https://github.com/ericrasmussen/pyramid_redis_sessions"),
    page: "\
key      the id of 64 hex digits, a string; redis.sessions.prefix becomes a part of the id
value    a pickle (or JSON) of {managed_dict: {...}, created, timeout}; read as data, never run
expiry   the key's TTL, 20 minutes by default, set anew by every access
user     managed_dict[\"auth.userid\"] (Pyramid's policies), else userid, user_id
cookie   session = 40 hex digits (HMAC-SHA1) and base64 of a pickle of the id
index    none
end      the one key. A request in flight that writes a member afterwards brings the key back
",
    keys: Keys { prefix: "", key_of, locate, ..Keys::PLAIN },
    marks: &[Mark::Member("managed_dict"), Mark::Begins(Form::Pickle)],
    options: &[setup::COOKIE_SECRET, OptionSpec::new("serializer", OptionKind::Text, "told by the value")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            cookie::pyramid::open_pickled(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe,
    whose: Whose::Container(|data| data.get("managed_dict").map(Cow::Borrowed)),
    ends: Ends {
        caveats: &["A request that was in flight and writes to its session brings it back."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// The cookie holds the whole key, also where that has a prefix.
pub(super) fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    let lead = (setup.layout.keys.lead)(setup);
    if id.starts_with(&lead) { id.to_vec() } else { [&lead, id].concat() }
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 64, Alphabet::Hex);
    whole(setup, &key::locate_by(setup, key, tail, |id| key::is_exactly(id, 64, Alphabet::Hex))?)
}

/// The prefix is a part of the id; only what a Redis client puts before it is not.
pub(super) fn whole(setup: &Setup, place: &Place) -> Option<Place> {
    let start = setup.key_prefix().len();
    (start <= place.id.start).then_some(Place { id: start..place.id.end, usual: place.usual })
}

/// Whether a map has these members and no others.
pub(super) fn is_of(data: &Value<'_>, needed: &[&str], allowed: &[&str]) -> bool {
    data.as_map().is_some_and(|members| {
        needed.iter().all(|name| members.iter().any(|(member, _)| member == name))
            && members.iter().all(|(member, _)| needed.contains(&&**member) || allowed.contains(&&**member))
    })
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.python() else {
        return Verdict::no("the value is neither a pickle nor JSON");
    };
    let whole = is_of(data, &["managed_dict", "created", "timeout"], &[])
        && data.get("managed_dict").is_some_and(|inner| python::members(inner).is_some());
    if whole { Verdict::Sure } else { Verdict::no("the value is not {managed_dict, created, timeout}") }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = data.get("managed_dict").map(python::facts).unwrap_or_default();
    Facts { created: data.get("created").and_then(time::seconds), ..facts }
}
