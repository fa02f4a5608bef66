//! pyramid_session_redis.
//!
//! pyramid_session_redis 1.8.1 __init__.py, session.py, util.py.

use std::borrow::Cow;

use super::pyramid_redis_sessions::{self, is_of, whole};
use crate::cookie;
use crate::layout::expire;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, python, time,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "pyramid-session-redis",
    about: "Pyramid with pyramid_session_redis",
    home: Some("https://github.com/jvanasco/pyramid_session_redis"),
    page: "\
key      the id of 64 of [A-Za-z0-9_-], a string; a prefix is a part of the id
value    a pickle (or JSON) of {m: {...}, c: created, v: 1, t: timeout, x: end}; read as data, never
         run; t and x may be missing
expiry   the key's TTL, 20 minutes by default; with set_redis_ttl off none, and x decides
user     m[\"auth.userid\"] (Pyramid's policies), else userid, user_id
cookie   session = base64url of 64 bytes (HMAC-SHA512) and the id
index    none
end      the one key. A request in flight that changed the session writes it back
",
    marks: &[Mark::Member("m"), Mark::Begins(Form::Pickle)],
    keys: Keys { locate, ..pyramid_redis_sessions::LAYOUT.keys },
    recognize,
    describe,
    ends: Ends {
        expire: |setup, session, end| match session.facts.ends {
            Some(_) => Err(
                "the end that the application goes by is inside the session's value, which is not rewritten",
            ),
            None => expire::by_key(setup, session, end),
        },
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED],
        ..pyramid_redis_sessions::LAYOUT.ends
    },
    whose: Whose::Container(|data| data.get("m").map(Cow::Borrowed)),
    cookie: Cookie {
        open: Some(|setup, given| {
            cookie::pyramid::open_signed(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..pyramid_redis_sessions::LAYOUT.cookie
    },
    ..pyramid_redis_sessions::LAYOUT
};

const ID: usize = 64;

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let is_id = |id: &[u8]| key::is_exactly(id, ID, Alphabet::Base64Url);
    let tail = |key: &[u8]| key.len().checked_sub(ID).filter(|start| is_id(&key[*start..]));
    whole(setup, &key::locate_by(setup, key, tail, is_id)?)
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.python() else {
        return Verdict::no("the value is neither a pickle nor JSON");
    };
    let whole = is_of(data, &["m", "c", "v"], &["t", "x"])
        && data.get("m").is_some_and(|inner| python::members(inner).is_some())
        && data.get("v").is_some_and(|version| version.as_i64().is_some());
    if whole { Verdict::Sure } else { Verdict::no("the value is not {m, c, v}") }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = data.get("m").map(python::facts).unwrap_or_default();
    let at = |name| data.get(name).and_then(time::seconds);
    Facts { created: at("c"), ends: at("x"), ..facts }
}
