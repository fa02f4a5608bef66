//! aiohttp-session with RedisStorage.
//!
//! aiohttp-session 2.12.1 redis_storage.py, __init__.py.

use std::borrow::Cow;

use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, open_bare_under_any, python, time,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "aiohttp-session",
    about: "aiohttp-session with RedisStorage",
    family: "Python",
    home: Some("https://aiohttp-session.readthedocs.io/"),
    page: "\
key      <cookie name>_<id>, a string: AIOHTTP_SESSION_<32 hex digits>
value    JSON {created, session: {...}}; one that was emptied is {}
expiry   none unless max_age is set, so that keys pile up; created + max_age decides as well
user     session.AIOHTTP_SECURITY (aiohttp-security), else session.user_id, user, username
cookie   AIOHTTP_SESSION = <id>
index    none
end      the one key, which the library itself never removes. A request in flight writes it back
         only if it changed the session
",
    keys: Keys { prefix: "AIOHTTP_SESSION_", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("session"), Mark::Word("AIOHTTP_SESSION_"), Mark::Magic(b"{}")],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "json")],
    cookie: Cookie {
        name: Some("AIOHTTP_SESSION"),
        open: Some(|setup, given| {
            open_bare_under_any(setup, given, |id| key::is_exactly(id, 32, Alphabet::Hex))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    describe,
    whose: Whose::Container(|data| match data.get("session") {
        Some(session) => Some(Cow::Borrowed(session)),
        None => data.as_map().is_some_and(<[_]>::is_empty).then_some(Cow::Borrowed(data)),
    }),
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| {
        key::tail(key, 32, Alphabet::Hex).or_else(|| memchr::memrchr(b'_', key).map(|at| at + 1))
    };
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 32, Alphabet::Hex))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    let usual = || locate(setup, blob.key).is_some_and(|place| place.usual);
    let is_session = |name: &str, value: &Value<'_>| match name {
        "created" => value.as_f64().is_some(),
        "session" => value.as_map().is_some(),
        _ => false,
    };
    match members {
        [] if usual() => {
            if key::rfind(blob.key, b"AIOHTTP_SESSION_").is_some() {
                Verdict::Sure
            } else {
                Verdict::Kin
            }
        }
        [(one, a), (other, b)] if one != other && is_session(one, a) && is_session(other, b) => {
            if usual() {
                Verdict::Sure
            } else if setup.named || blob.key.contains(&b'_') {
                Verdict::Weak
            } else {
                Verdict::no("the key is not <name>_<id>")
            }
        }
        _ => Verdict::no("the value is not {created, session}"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = data.get("session").map(python::facts).unwrap_or_default();
    Facts { created: data.get("created").and_then(time::seconds), ..facts }
}
