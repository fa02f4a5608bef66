//! Indico: sessions in the application's cache, a pickle inside a pickle.
//!
//! Indico 3.2.9 indico/web/flask/session.py, indico/core/cache.py.

use std::borrow::Cow;

use super::ctfd::{CACHELIB, MARK, outer};
use crate::codec::pickle;
use crate::cookie;
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, open_any, python,
    user,
};
use crate::value::Value;

const WORD: &[u8] = b"_flask-session/";

pub const LAYOUT: Layout = Layout {
    name: "indico",
    about: "Indico",
    family: "Python",
    home: Some("https://docs.getindico.io/"),
    page: "\
key      indico_v<version>_flask-session/<uuid>, a string; an upgrade changes the version and
         logs everybody out
value    `!` and a pickle of bytes, which are a pickle of the session's dict; read as data, never
         run
expiry   the key's TTL and _expires, 31 days, 7 for temporary ones; renewed when half of it is
         left
user     _user_id, of the table users; an administrator who acts as someone else is that user
cookie   indico_session on https, indico_session_http else: the UUID
index    none
end      the one key. A request in flight that changed the session writes it back
beside   indico_v<version>_<scope>/...: the application's cache
",
    keys: Keys { prefix: "indico_v3.2_flask-session/", locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(MARK)],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "pickle")],
    cookie: Cookie {
        name: Some("indico_session"),
        open: Some(|setup, given| {
            open_any(setup, &["indico_session_http"], |name| cookie::bare::open(given, name))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe: |_, _, data| Facts { user: data.get("_user_id").and_then(user::named), ..Facts::default() },
    whose: Whose::Own(|_, _, data| python::without(data, "_user_id")),
    ends: Ends {
        expire: |_, _, _| Err("the end that the application goes by is in a pickle, which is not rewritten"),
        caveats: &["API keys, OAuth tokens and signed links to calendars are in SQL and stay valid."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => python::uuid_at_end(key).filter(|start| key[..*start].ends_with(WORD))?,
    };
    (start < key.len()).then(|| Place::after(key, start, key::is_uuid(&key[start..])))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("the key does not end in `_flask-session/` and a UUID");
    }
    if !blob.text().is_some_and(|text| text.starts_with(MARK)) {
        return Verdict::no("the value is not a pickle of cachelib");
    }
    match outer(blob) {
        Ok(Value::Bytes(bytes)) if bytes.first() == Some(&0x80) => Verdict::Sure,
        Ok(_) => Verdict::no("the pickle holds no other pickle"),
        Err(_) => Verdict::Kin,
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let via = vec![CACHELIB, pickle::CODEC.name, pickle::CODEC.name];
    let value = outer(blob).and_then(|outer| match outer {
        Value::Bytes(bytes) => {
            pickle::decode(&bytes, &blob.limits).map(|value| Cow::Owned(value.into_owned()))
        }
        other => Ok(Cow::Owned(other.into_owned())),
    });
    Decoded { via, value }
}
