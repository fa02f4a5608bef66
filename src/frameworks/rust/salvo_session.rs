//! salvo's sessions in saysion, a fork of async-session.
//!
//! salvo-rs/salvo ece9fa86 crates/session; saysion 0.2.0 and 0.4.0.

use crate::frameworks::rust::async_redis_session;
use crate::layout::{Cookie, Ends, Keys, Layout, Verdict};

pub const LAYOUT: Layout = Layout {
    name: "salvo-session",
    about: "salvo with saysion's RedisStore",
    home: Some("https://github.com/salvo-rs/salvo"),
    page: "\
key      saysion/<id>, a string; 44 characters of base64
value    JSON {id, expiry, data: {member: JSON text, ...}}; expiry is a list that begins with year
         and day of the year, a date where the application says so, or null
expiry   the earlier of the key's TTL and expiry, a day from each request by default; null: none.
         `expire` rewrites both
user     user_id, user, username in data
cookie   salvo.session.id: 44 characters of a MAC and base64 of 64 bytes; option cookie_key_hex. The
         id is their BLAKE3: a key's id opens no session
index    none
end      the one key. With saysion 0.2 every request in flight writes its session back, since 0.4
         only one that is still there
alike    sessions of async-redis-session, where expiry is null and the prefix another one
",
    keys: Keys { prefix: "saysion/", ..async_redis_session::LAYOUT.keys },
    recognize: |setup, blob| match async_redis_session::judge(setup, blob) {
        Ok(_) if setup.named || async_redis_session::is_of_saysion(blob) => Verdict::Sure,
        Ok(_) => Verdict::no("a session of async-session"),
        Err(why) => Verdict::no(why),
    },
    cookie: Cookie { name: Some("salvo.session.id"), ..async_redis_session::LAYOUT.cookie },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..async_redis_session::LAYOUT.ends },
    ..async_redis_session::LAYOUT
};
