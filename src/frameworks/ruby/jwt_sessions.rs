//! jwt_sessions: the tokens of an API, with what refreshes them in Redis.

use std::borrow::Cow;

use crate::layout::key;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{Blob, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, time};
use crate::store::{Key, Kind, Op};
use crate::value::Value;

/// Between what names whose it is and the token's id.
const REFRESH: &[u8] = b"_refresh_";

pub const LAYOUT: Layout = Layout {
    name: "jwt-sessions",
    about: "jwt_sessions: JSON Web Tokens that Redis refreshes (Rails, Hanami, Grape)",
    family: "Ruby",
    home: Some("https://github.com/tuwukee/jwt_sessions"),
    page: "\
key      <prefix>_<namespace>_refresh_<uid>, a hash; prefix `jwt_`, uid a UUID
value    csrf, access_uid, access_expiration and expiration (seconds since 1970)
expiry   the key's TTL, which is `expiration`
user     in the namespace, where the application says so (`user_12`); else not known
cookie   none of the store's: the tokens hold the uid
index    the namespace in the key
end      the hash, and <prefix>_access_<access_uid>: a token that was given out is refused at once
         (jwt_sessions 3.2, lib/jwt_sessions/store_adapters/redis_store_adapter.rb)
",
    keys: Keys { prefix: "jwt__", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("access_uid")],
    recognize,
    read: |_, blob| {
        let fields = blob.fields().unwrap_or_default().iter();
        let text = |bytes: &[u8]| Cow::Owned(String::from_utf8_lossy(bytes).into_owned());
        let members = fields.map(|(name, value)| (text(name), Value::Text(text(value))));
        Decoded::owned("hash", Value::Map(members.collect()))
    },
    describe: |setup, blob, data| Facts {
        user: namespace(setup, blob.key).and_then(user),
        ends: data.get("expiration").and_then(time::seconds),
        ..Facts::default()
    },
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    ends: Ends {
        end,
        caveats: &["An access token that is checked by its signature alone is good until it expires."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if setup.known_lead().is_some_and(|lead| !key.starts_with(lead)) {
        return None;
    }
    let start = key::rfind(key, REFRESH)? + REFRESH.len();
    key::is_uuid(&key[start..]).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key does not end in `_refresh_` and a UUID");
    }
    let fields = ["csrf", "access_uid", "access_expiration", "expiration"];
    if fields.iter().all(|field| blob.field(field).is_some()) {
        Verdict::Sure
    } else {
        Verdict::no("the hash lacks csrf, access_uid, access_expiration or expiration")
    }
}

/// What stands between the prefix and the token's id.
fn namespace<'k>(setup: &Setup, key: &'k [u8]) -> Option<&'k [u8]> {
    let lead = setup.known_lead().unwrap_or(setup.layout.keys.prefix.as_bytes());
    let end = key::rfind(key, REFRESH)?;
    key.get(..end)?.strip_prefix(lead).filter(|namespace| !namespace.is_empty())
}

/// `user_12` is user 12; of anything else it is not known what it means.
fn user(namespace: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(namespace).ok()?;
    let (word, id) = text.split_once(['_', '-', ':'])?;
    let person = matches!(word, "user" | "users" | "account" | "admin" | "customer" | "member");
    (person && !id.is_empty()).then_some(Cow::Borrowed(id))
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let data = session.data.and_then(Decoded::value);
    let Some(access) = data.and_then(|data| data.get("access_uid")).and_then(Value::as_str) else {
        return Vec::new();
    };
    // The prefix ends where the namespace begins; an own one is not told apart from it.
    let lead = setup.known_lead().unwrap_or(setup.layout.keys.prefix.as_bytes());
    if !session.key.starts_with(lead) || access.is_empty() {
        return Vec::new();
    }
    vec![Op::Unlink(Key([lead, b"access_", access.as_bytes()].concat()))]
}
