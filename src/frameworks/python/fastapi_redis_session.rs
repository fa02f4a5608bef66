//! fastapi-redis-session.
//!
//! fastapi-redis-session 0.3.1 config.py, deps.py, session.py.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Rank, Setup, Verdict, python};

pub const LAYOUT: Layout = Layout {
    name: "fastapi-redis-session",
    about: "fastapi-redis-session",
    family: "Python",
    page: "\
key      32 hex digits, a string; no prefix
value    a pickle of whatever the application gave, nearly always a dict; read as data, never run
expiry   the key's TTL, 6 hours by default, set once
user     user_id, user, username
cookie   ssid = <id>
index    none
end      the one key. setSession makes a new id each time and leaves the old key to its TTL
alike    any pickle under such a key: found without being named only where there are two, and
         changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Pickle)],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "pickle")],
    cookie: Cookie {
        name: Some("ssid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends {
        caveats: &[
            "A session that was set again under a new id stays valid under the old one until its TTL ends.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, 32, Alphabet::Hex)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, |key| key::tail(key, 32, Alphabet::Hex), is_id)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let place = locate(setup, blob.key).filter(|place| place.usual || (setup.named && setup.is_pointed()));
    let Some(place) = place else { return Verdict::no("the key does not end in 32 hex digits") };
    let before = &blob.key[..place.id.start];
    let data = match blob.form(Form::Pickle) {
        Some(Ok(value)) => python::members(value),
        _ => return Verdict::no("the value is not a pickle"),
    };
    if !setup.named && python::is_django_cache(before) {
        return Verdict::no("an entry of a cache of Django's");
    }
    match data {
        // Whatever the application gave.
        None => Verdict::Kin,
        Some(_) if setup.named => Verdict::Several,
        Some(data) if python::is_flask(data) => Verdict::no("a session of Flask"),
        Some(_) if before.is_empty() => Verdict::Several,
        Some(data) => python::by_company(before, data),
    }
}
