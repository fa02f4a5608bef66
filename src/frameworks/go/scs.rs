//! alexedwards/scs.
//!
//! alexedwards/scs ab20b3f (v2), redisstore and goredisstore.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::cookie::{CookieError, Given, Opened, bare};
use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose};
use crate::value::Value;

const ID: usize = 43;
const PREFIX: &str = "scs:session:";

pub const HASH_TOKEN: OptionSpec = OptionSpec::new(
    "hash_token",
    OptionKind::Flag,
    "whether the key holds the hash of the cookie (HashTokenInStore)",
);

pub const LAYOUT: Layout = Layout {
    name: "scs",
    about: "alexedwards/scs v2 with redisstore or goredisstore (Go)",
    family: "Go",
    home: Some("https://github.com/alexedwards/scs"),
    page: "\
key      scs:session:<token>, a string; 43 characters of base64url, with HashTokenInStore those of
         the token's SHA-256 (option hash_token)
value    gob of a struct {Deadline, Values}; JSON or MessagePack of the same with a codec of its own
expiry   the key's TTL: the earlier of Deadline and the idle timeout. Deadline in the value is not
         looked at when a session is loaded
user     userID, user_id, authenticatedUserID, username in Values
cookie   session = <token>, bare
index    none
end      the one key. A request in flight writes it back if it changed the session
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob), Mark::Member("Deadline"), Mark::Member("deadline"), Mark::Word(PREFIX)],
    options: &[HASH_TOKEN, setup::SERIALIZER],
    recognize,
    read,
    describe,
    whose: Whose::Container(|data| match values(data) {
        Some(values) => go::members(values),
        // Nothing was put into it.
        None => Some(Cow::Owned(Value::Null)),
    }),
    cookie: Cookie { name: Some("session"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, ID, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, |key| go::end_of(key, ID, Alphabet::Base64Url), is_id)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no token") };
    let led = key::rfind(&blob.key[..place.id.start], PREFIX.as_bytes()).is_some();
    let decoded = read(setup, blob);
    match decoded.value() {
        Some(data) => {
            let known = |name: &str| ["Deadline", "Values"].iter().any(|own| own.eq_ignore_ascii_case(name));
            let struct_ = data.as_map().is_some_and(|members| {
                members.iter().all(|(name, _)| known(name))
                    && (members.len() == 2 || deadline(data).is_some())
            });
            if struct_ && (place.usual || led) {
                Verdict::Sure
            } else if struct_ {
                Verdict::Weak
            } else {
                Verdict::no("the value is not a struct of Deadline and Values")
            }
        }
        // Cut off after the description of its type, or in a form of the application's own.
        None if blob.text().is_some_and(begins) => Verdict::Sure,
        None if led && place.usual && blob.form(Form::Gob).is_some() => Verdict::Weak,
        None => Verdict::no("the value is not a struct of Deadline and Values"),
    }
}

/// Whether the bytes begin with the description of the struct.
fn begins(text: &[u8]) -> bool {
    let head = &text[..text.len().min(64)];
    memchr::memmem::find(head, b"\x08Deadline\x01").is_some()
        && memchr::memmem::find(head, b"\x06Values\x01").is_some()
}

fn deadline<'v>(data: &'v Value<'v>) -> Option<&'v Value<'v>> {
    data.get("Deadline").or_else(|| data.get("deadline"))
}

fn values<'v>(data: &'v Value<'v>) -> Option<&'v Value<'v>> {
    data.get("Values").or_else(|| data.get("values"))
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.form(Form::Json).is_some() {
        return blob.whole_json();
    }
    match blob.form(Form::Msgpack) {
        Some(Ok(value)) => Decoded { via: vec![Form::Msgpack.codec().name], value: Ok(Cow::Borrowed(value)) },
        _ => go::read_gob(setup, blob),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    const OWN: &[&str] = &["userID", "user_id", "authenticatedUserID", "username"];
    let Some(values) = values(data) else { return Facts::default() };
    let facts = go::facts(values);
    Facts { user: values.find_named(OWN, go::named).or(facts.user), ..facts }
}

fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = bare::open(given, setup.cookie_name())?;
    if setup.flag(HASH_TOKEN.name) == Some(true) {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&opened.id));
        return Ok(Opened { id: hash.into_bytes(), ..opened });
    }
    Ok(opened)
}
