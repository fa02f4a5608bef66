//! Dancer2 with Dancer2::Session::Redis.

use std::borrow::Cow;

use crate::frameworks::perl::{container, dancer_session_redis};
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::{Blob, Decoded, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "dancer2-session-redis",
    about: "Dancer2 with Dancer2::Session::Redis (Perl)",
    page: "\
key      session:<id>, a string; option redis_key sets another one around the id, which has 32
         characters of base64url
value    Sereal (redis_serialization), compressed from 1 kB on. Without a serializer Perl writes the
         text HASH(0x...), which nothing reads back
expiry   the key's TTL (session_duration), moved by reading, too
user     logged_in_user, user_id, uid, user, username, login, account_id, email
cookie   dancer.session (option cookie_name) = <id>, bare
index    none
end      the one key (Dancer2::Session::Redis 0.007, Dancer2 0.400001)
",
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(b"=\xf3rl"), Mark::Magic(b"=srl"), Mark::Magic(b"HASH(0x")],
    options: &[container::SERIALIZER],
    recognize,
    read: |_, blob| {
        let name = Form::Sereal.codec().name;
        match blob.form(Form::Sereal) {
            Some(document) => {
                Decoded { via: vec![name], value: document.as_ref().map(Cow::Borrowed).map_err(Clone::clone) }
            }
            None => Decoded::failed(name, blob.unreadable(name)),
        }
    },
    ..dancer_session_redis::LAYOUT
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, 32, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail_behind(key, 32, Alphabet::Base64Url);
    key::locate_by(setup, key, tail, is_id).filter(|place| place.usual)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 32 characters of base64url");
    };
    // The MD5 that names an entry of a cache looks the same.
    let is_hash = Alphabet::Hex.all(&blob.key[place.id.clone()]);
    let speaks = memchr::memmem::find(&blob.key[..place.id.start], b"sess").is_some();
    match blob.form(Form::Sereal) {
        Some(Ok(Value::Map(_))) if !is_hash || speaks => Verdict::Sure,
        Some(Ok(Value::Map(_))) => Verdict::Kin,
        Some(Err(_)) if speaks => Verdict::Sure,
        Some(Err(error)) => Verdict::No(error.to_string().into()),
        // What Perl writes of a hash without a serializer: a session all the same, and its data are lost.
        None if blob.text().is_some_and(|text| text.starts_with(b"HASH(0x")) => Verdict::Kin,
        _ => Verdict::no("the value is not a hash of Sereal"),
    }
}
