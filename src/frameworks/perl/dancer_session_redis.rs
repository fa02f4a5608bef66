//! Dancer 1 with Dancer::Session::Redis.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::perl::container;
use crate::layout::blob::Form;
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::value::Value;

/// The class of every session.
const CLASS: &str = "Dancer::Session::Redis";

pub const LAYOUT: Layout = Layout {
    name: "dancer-session-redis",
    about: "Dancer 1 with Dancer::Session::Redis (Perl)",
    family: "Perl",
    page: "\
key      <id>, a string of 36 or fewer decimal digits, no prefix
value    Storable in the machine's order: an object of class Dancer::Session::Redis whose `id` is
         the key
expiry   the key's TTL (setting redis_session.expire, 900 s), moved by every read
user     user_id, current_user_id, uid, user, username, login, account_id, email
cookie   dancer.session (setting session_name) = <id>, bare
index    none
end      the one key (Dancer::Session::Redis 0.1.9, Dancer 1.3521)
beware   a frozen hash of no class is the application's cache
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[
        Mark::Magic(b"\x04\x0b"),
        Mark::Magic(b"\x04\x0a"),
        Mark::Magic(b"\x04\x09"),
        Mark::Magic(b"\x04\x0c"),
    ],
    options: &[container::SERIALIZER],
    recognize,
    read,
    describe: |_, _, data| Facts { user: container::user(data), ..Facts::default() },
    whose: container::WHOSE,
    cookie: Cookie {
        name: Some("dancer.session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key.len() - Alphabet::Digit.run_at_end(key),
    };
    let id = &key[start..];
    ((16..=64).contains(&id.len()) && Alphabet::Digit.all(id)).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key is not a number of many digits");
    };
    let Some(Ok(Value::Object(object))) = blob.form(Form::Storable) else {
        return Verdict::no("the value is not an object of Storable");
    };
    let id = object.fields.iter().find(|(name, _)| name == "id").and_then(|(_, id)| id.scalar_text());
    if object.class != CLASS {
        Verdict::no("the object is of another class than Dancer::Session::Redis")
    } else if id.is_some_and(|id| *id.as_bytes() == blob.key[place.id]) {
        Verdict::Sure
    } else {
        Verdict::no("its id is not the key")
    }
}

pub fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::Storable.codec().name;
    match blob.form(Form::Storable) {
        Some(dump) => {
            Decoded { via: vec![name], value: dump.as_ref().map(Cow::Borrowed).map_err(Clone::clone) }
        }
        None => Decoded::failed(name, blob.unreadable(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_whole_numbers_at_the_end() {
        let free = Setup::free(&LAYOUT);
        for (key, id) in [
            ("499752770506510865984266661727200413", Some("499752770506510865984266661727200413")),
            ("app:41704595082698293475889276789622994", Some("41704595082698293475889276789622994")),
            ("12345", None),
            ("41704595082698293475889276789622994x", None),
        ] {
            let place = locate(&free, key.as_bytes());
            assert_eq!(place.map(|place| &key[place.id]), id, "{key}");
        }
    }
}
