//! CTFd: sessions as entries of the application's cache.
//!
//! CTFd at 91ced62 CTFd/utils/sessions/__init__.py, CTFd/cache; cachelib 0.9.0.

use std::borrow::Cow;

use crate::codec::{json, pickle};
use crate::cookie;
use crate::cookie::itsdangerous::DEFAULT;
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, python, user,
};
use crate::value::Value;

/// cachelib's mark for a pickle. A whole number has none.
pub(super) const MARK: &[u8] = b"!\x80";
pub(super) const CACHELIB: &str = "cachelib";

pub const LAYOUT: Layout = Layout {
    name: "ctfd",
    about: "CTFd",
    family: "Python",
    home: Some("https://docs.ctfd.io/"),
    page: "\
key      flask_cache_session<uuid>, a string: CACHE_KEY_PREFIX, `session`, the id, nothing
         between
value    `!` and a pickle of a text, which is JSON with Flask's tags
expiry   the key's TTL, a week by default, set anew when the session changes
user     id, of the table users; without it nobody
cookie   session = <uuid>.<signature>
index    none
end      the one key. The browser's next session has the same id, without a user; a request in
         flight writes it back only if it changed the session
beside   flask_cache_...: entries of the cache, which begin alike
",
    keys: Keys { prefix: "flask_cache_session", locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(MARK)],
    options: &[OptionSpec::secret("secret_key", OptionKind::Texts, "SECRET_KEY")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            cookie::itsdangerous::open(
                given,
                setup.cookie_name(),
                setup.texts("secret_key"),
                &[DEFAULT],
                None,
            )
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe: |_, _, data| Facts { user: data.get("id").and_then(user::named), ..Facts::default() },
    whose: Whose::Own(|_, _, data| python::without(data, "id")),
    ends: Ends { caveats: &["Access tokens of the API are in SQL and stay valid."], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => python::uuid_at_end(key).filter(|start| key[..*start].ends_with(b"session"))?,
    };
    (start < key.len()).then(|| Place::after(key, start, key::is_uuid(&key[start..])))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("the key does not end in `session` and a UUID");
    }
    if !blob.text().is_some_and(|text| text.starts_with(MARK)) {
        return Verdict::no("the value is not a pickle of cachelib");
    }
    match outer(blob) {
        Ok(Value::Text(text)) if text.starts_with('{') => Verdict::Sure,
        Ok(_) => Verdict::no("the pickle holds no JSON text"),
        Err(_) => Verdict::Kin,
    }
}

/// What cachelib pickled.
pub(super) fn outer<'v>(blob: &'v Blob<'_>) -> Result<Value<'v>, crate::codec::DecodeError> {
    match blob.text() {
        Some([b'!', pickled @ ..]) => pickle::decode(pickled, &blob.limits),
        _ => Err(blob.unreadable(CACHELIB)),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let via = vec![CACHELIB, pickle::CODEC.name, json::CODEC.name];
    let value = outer(blob).and_then(|outer| match outer.as_str() {
        Some(text) => json::decode(text.as_bytes(), &blob.limits)
            .map(|value| Cow::Owned(python::untagged(value).into_owned())),
        None => Ok(Cow::Owned(outer.into_owned())),
    });
    Decoded { via, value }
}
