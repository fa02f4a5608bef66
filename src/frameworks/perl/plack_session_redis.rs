//! Plack::Middleware::Session with Plack::Session::Store::Redis.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::perl::container;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict};
use crate::value::Value;

/// The key prefix of Plack::Session::Store::RedisFast.
const FAST: &str = "Plack::Session::Store::RedisFast:";

/// Other prefixes that applications choose.
const USUAL: &[&[u8]] = &[b"web_", b"sess_", b"sessions_", b"plack_", b"app_"];

pub const LAYOUT: Layout = Layout {
    name: "plack-session-redis",
    about: "Plack::Middleware::Session with Plack::Session::Store::Redis (Perl)",
    family: "Perl",
    page: "\
key      <prefix>_<sid>, a string; prefix `session` unless configured, sid 40 hexadecimal digits. Of
         RedisFast Plack::Session::Store::RedisFast:<sid>
value    JSON; with options serializer and deserializer Storable or something else
expiry   the key's TTL (option expires); none by default. RedisFast: a month
user     user_id, current_user_id, uid, user, username, login, account_id, email
cookie   plack_session = <sid>, bare
index    none
end      the one key (Plack-Middleware-Session 0.33, Plack::Session::Store::Redis 0.05)
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "session_", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject, Mark::Magic(b"\x05\x0b"), Mark::Magic(b"\x04\x0b")],
    options: &[container::SERIALIZER],
    recognize,
    read,
    describe: |_, _, data| Facts { user: container::user(data), ..Facts::default() },
    whose: container::WHOSE,
    cookie: Cookie {
        name: Some("plack_session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, 40, Alphabet::Hex)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, |key| key::tail(key, 40, Alphabet::Hex), is_id).filter(|place| place.usual)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // It is asked about every JSON object, and most keys end it here.
    if !setup.named && key::tail(blob.key, 40, Alphabet::Hex).is_none() {
        return Verdict::no("the key does not end in 40 hexadecimal digits");
    }
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 40 hexadecimal digits");
    };
    let before = &blob.key[..place.id.start];
    let led = before.ends_with(b"session_") || before.ends_with(FAST.as_bytes());
    if !led && !setup.named && !USUAL.iter().any(|prefix| before.ends_with(prefix)) {
        return Verdict::no("the key has not the prefix `session_`, nor another that is usual");
    }
    match (blob.json(), blob.form(Form::Storable)) {
        (Some(Value::Map(_)), _) | (None, Some(Ok(Value::Map(_) | Value::Object(_)))) => {
            if led || setup.is_pointed() {
                Verdict::Sure
            } else if setup.named {
                Verdict::Kin
            } else {
                // Many a cache calls its entries so.
                Verdict::Several
            }
        }
        _ => Verdict::no("the value is not a JSON object and no hash of Storable"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.form(Form::Storable) {
        Some(dump) => Decoded {
            via: vec![Form::Storable.codec().name],
            value: dump.as_ref().map(Cow::Borrowed).map_err(Clone::clone),
        },
        None => blob.whole_json(),
    }
}
