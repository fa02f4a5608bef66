//! iris' sessions in Redis.
//!
//! kataras/iris 42914569 (v12) sessions, sessions/sessiondb/redis.

use std::borrow::Cow;

use crate::codec::{gob, json};
use crate::cookie;
use crate::frameworks::go;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, blob, key, setup,
};
use crate::store::Kind;
use crate::value::Value;

/// The field that iris writes first.
const SIGNATURE: &str = "session_id";

pub const LAYOUT: Layout = Layout {
    name: "iris-redis",
    about: "iris v12, sessiondb redis (Go)",
    family: "Go",
    home: Some("https://github.com/kataras/iris"),
    page: "\
key      <Prefix><uuid>, a hash; no prefix by default
value    a field a member, each JSON text or gob; session_id is the id
expiry   the key's TTL, set at the login and by ShiftExpiration; none where Expires is 0
user     user_id, user, username
cookie   irissessionid = <uuid>, bare or in a securecookie
index    none
end      the one key
beware   the process has the session in its memory as well: it goes on with an empty one and may
         write fields again, then without session_id and without a TTL
",
    keys: Keys { kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field(SIGNATURE)],
    options: &[setup::HASH_KEY, setup::BLOCK_KEY, setup::SERIALIZER],
    recognize,
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let member = |(name, bytes): &'_ (Vec<u8>, Vec<u8>)| {
            (Cow::Owned(String::from_utf8_lossy(name).into_owned()), member(bytes, blob))
        };
        Decoded {
            via: vec![VIA, json::CODEC.name],
            value: Ok(Cow::Owned(Value::Map(fields.iter().map(member).collect()))),
        }
    },
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("irissessionid"),
        open: Some(|setup, given| {
            let (hash, block) = (setup.texts("cookie_hash_key"), setup.texts("cookie_block_key"));
            let name = setup.cookie_name();
            match cookie::bare::open(given, name) {
                Ok(opened) if key::is_uuid(&opened.id) => Ok(opened),
                other => cookie::securecookie::open(given, name, hash, block).or(other),
            }
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "A server of iris has its sessions in memory, too: one in use goes on, empty, and may write its \
             fields again without an end.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, key::uuid_tail, key::is_uuid)
}

/// What a field holds: JSON, gob, or text where it is neither.
fn member(bytes: &[u8], blob: &Blob<'_>) -> Value<'static> {
    if let Ok(value) = json::decode(bytes, &blob.limits) {
        return value.into_owned();
    }
    match gob::decode(bytes, &blob.limits) {
        Ok(value) => value.into_owned(),
        Err(_) => blob::plain(bytes).into_owned(),
    }
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(field) = blob.field(SIGNATURE) else { return Verdict::no("there is no field session_id") };
    match member(field, blob) {
        Value::Text(id) if !id.is_empty() && blob.key.ends_with(id.as_bytes()) && field != id.as_bytes() => {
            Verdict::Sure
        }
        _ => Verdict::no("its session_id is not the end of the key, as JSON text"),
    }
}
