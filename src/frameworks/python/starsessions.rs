//! starsessions, for Starlette and FastAPI.
//!
//! starsessions 2.2.1 session.py, middleware.py, stores/redis.py.

use std::borrow::Cow;

use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, open_bare_under_any, python,
    time,
};
use crate::value::Value;

const METADATA: &str = "__metadata__";

pub const LAYOUT: Layout = Layout {
    name: "starsessions",
    about: "starsessions (Starlette, FastAPI)",
    family: "Python",
    home: Some("https://github.com/alex-oleshkevich/starsessions"),
    page: "\
key      starsessions.<id>, a string; the id is 32 hex digits
value    JSON of the session with __metadata__ {lifetime, created, last_access} in seconds;
         version 1 writes no __metadata__. An application's own serializer may pickle it
expiry   the key's TTL: the lifetime, anew at each request if it is rolling; 30 days for sessions
         that end with the browser
user     user_id, user, username
cookie   session = <id>
index    none
end      the one key. A request in flight writes it back, even one that only reads, and an id
         without a session is taken again (observed, 2.2.1)
",
    keys: Keys { prefix: "starsessions.", locate, ..Keys::PLAIN },
    marks: &[
        Mark::Member(METADATA),
        Mark::Begins(Form::Pickle),
        Mark::Begins(Form::Msgpack),
        Mark::Word("starsessions."),
    ],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "json")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            open_bare_under_any(setup, given, |id| key::is_exactly(id, 32, Alphabet::Hex))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe,
    whose: Whose::Container(members),
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "regenerate_session_id leaves the old session, with all that is in it, until its TTL ends.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 32, Alphabet::Hex);
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 32, Alphabet::Hex))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.python().filter(|data| data.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object");
    };
    let marked = data.get(METADATA).is_some_and(|metadata| {
        ["lifetime", "created", "last_access"].iter().all(|name| metadata.get(name).is_some())
    });
    // Of version 1, which marks nothing.
    let usual = || {
        (setup.named || key::rfind(blob.key, b"starsessions.").is_some())
            && locate(setup, blob.key).is_some_and(|place| place.usual)
    };
    if marked {
        Verdict::Sure
    } else if usual() {
        Verdict::Weak
    } else {
        Verdict::no("there is no __metadata__ with lifetime, created and last_access")
    }
}

/// What the application put there.
fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let all = data.as_map()?;
    let own = all.iter().filter(|(name, _)| name != METADATA).cloned().collect();
    Some(Cow::Owned(Value::Map(own)))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let at = |name| data.get(METADATA).and_then(|metadata| metadata.get(name)).and_then(time::seconds);
    Facts { created: at("created"), seen: at("last_access"), ..python::facts(data) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_application_may_write_messagepack_under_a_prefix_of_its_own() {
        // starsessions 2.2 with a serializer of msgpack.packb: {"user_id": 3}.
        let value = b"\x82\xa7user_id\x03\xac__metadata__\x83\xa8lifetime\xcd\x0e\x10\xa7created\xcb\
            \x41\xda\xc3\xa3\x0f.c\xf7\xablast_access\xcbA\xda\xc3\xa3\x0f.d\x00";
        let free = Setup::free(&LAYOUT);
        for prefix in ["api-", "api_", "starsessions.", "t1:", ""] {
            let key = format!("{prefix}0aadbd80c49609f6c5de27cdcdc4611b");
            let raw = Raw::Text(value.to_vec());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert_eq!(recognize(&free, &blob), Verdict::Sure, "{key}");
            let place = locate(&free, key.as_bytes()).expect("a place");
            assert_eq!(place.id.start, prefix.len(), "{key}");
            let data = (LAYOUT.read)(&free, &blob);
            let facts = describe(&free, &blob, data.value().expect("it decodes"));
            assert_eq!(facts.user.as_deref(), Some("3"), "{key}");
            assert!(facts.created.is_some_and(|created| Some(created) <= facts.seen), "{key}");
        }
    }
}
