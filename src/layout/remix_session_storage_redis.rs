//! @remix-run/session-storage-redis.

use super::*;
use crate::cookie;

pub const LAYOUT: Layout = Layout {
    name: "remix-session-storage-redis",
    about: "@remix-run/session-storage-redis (Remix 3)",
    family: "Node.js",
    page: "\
key      <prefix><uuid>, a string; prefix `session:` (option keyPrefix of the storage)
value    a JSON list of exactly two objects: the data, and what is flashed
expiry   the key's TTL where the storage has option ttl, else none
user     of the first object: user, userId, user_id, uid, username, account
cookie   the id, bare or in a signed cookie of the application's own
index    none
end      the one key (0.1.1)
",
    prefix: "session:",
    marks: &[Mark::AnyList],
    options: &[connect_redis::COOKIE_SECRET],
    cookie_name: Some("__session"),
    locate: |setup, key| key::locate_by(setup, key, key::uuid_tail, key::is_uuid),
    recognize,
    describe,
    cookie: Some(|setup, given| {
        cookie::remix::open_or_bare(given, setup.cookie_name(), setup.texts("cookie_secret"))
    }),
    caveats: &[connect_redis::WRITTEN_BACK],
    ..Layout::PLAIN
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(Value::List(items)) = blob.json() else { return Verdict::no("the value is no JSON list") };
    let [Value::Map(data), Value::Map(_)] = &items[..] else {
        return Verdict::no("the value is no list of exactly two objects");
    };
    // better-auth's list of a user's sessions may have two items and a key that ends in a UUID.
    if data.len() == 2 && data.iter().all(|(name, _)| name == "token" || name == "expiresAt") {
        return Verdict::no("it is a list of sessions of better-auth");
    }
    if !setup.named && key::uuid_tail(blob.key).is_none() {
        return Verdict::no("its key does not end in a UUID");
    }
    Verdict::Sure
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'b>, data: &'b Value<'b>) -> Facts<'b> {
    let Some(data) = data.as_list().and_then(<[_]>::first) else { return Facts::default() };
    Facts { user: user::any(data), ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}
