//! sanic-session with aioredis or asyncio_redis.
//!
//! sanic-session 0.8.0 base.py, aioredis.py.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, python};

pub const LAYOUT: Layout = Layout {
    name: "sanic-session",
    about: "sanic-session with Redis",
    family: "Python",
    page: "\
key      session:<id>, a string; the id is 32 hex digits
value    JSON of the session as ujson writes it: compact, `/` as `\\/`
expiry   the key's TTL, 30 days by default, set anew by every request
user     user_id, user, username
cookie   session = <id>
index    none
end      the one key. A request in flight writes it back, and an id without a session is taken again
alike    any JSON object under such a key: changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "json")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 32, Alphabet::Hex);
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 32, Alphabet::Hex))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys end otherwise.
    let end = blob.key.len().saturating_sub(32);
    if !Alphabet::Hex.all(&blob.key[end..]) {
        return Verdict::no(NO_ID);
    }
    let Some(place) = locate(setup, blob.key).filter(|place| place.usual) else { return Verdict::no(NO_ID) };
    let Some(data) = blob.json().filter(|data| data.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object");
    };
    let before = &blob.key[..place.id.start];
    if setup.named && !python::is_others(data) {
        Verdict::Weak
    } else if before.is_empty() {
        Verdict::no("there is nothing before the id")
    } else {
        python::by_company(before, data)
    }
}

const NO_ID: &str = "the key does not end in 32 hex digits";
