//! @fastify/session over a store of the express kind.

use crate::cookie;
use crate::frameworks::node::connect_redis;
use crate::layout::{Blob, Layout, Setup, Verdict, expire, time, user};
use crate::session::Facts;
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "fastify-session",
    about: "@fastify/session 10 and 11 with fastify-session-redis-store or connect-redis",
    page: "\
key      <prefix><sid>, a string; prefix `sess:`; sid 32 base64url characters
value    JSON with a member `cookie` that holds originalMaxAge and path as connect-redis does, and
         always sameSite, secure and domain, one of them usually null; originalExpires once restored
expiry   the key's TTL, and `cookie.expires`, which is enforced when a session is read; every
         request moves both (rolling is the default)
user     `passport` itself (@fastify/passport keeps the user there, not in passport.user), else
         user, userId, user_id, uid, username, account
cookie   sessionId = <sid>.<HMAC-SHA256, unpadded>; a leading `s:` of express is understood
index    none
end      the one key
alike    connect-redis: where sameSite, secure and domain are all set, originalExpires or a
         `passport` that is the user itself decides (@fastify/session 11.1.3, @fastify/passport
         3.0.2)
",
    cookie_name: Some("sessionId"),
    recognize,
    read: |_, blob| blob.whole_json(),
    describe,
    end: |_, _| Vec::new(),
    // originalMaxAge stays: from it the library counts the next end.
    expire: |_, session, end| expire::nullable(session, &["cookie", "expires"], end),
    cookie: Some(|setup, given| {
        cookie::express::open_fastify(given, setup.cookie_name(), setup.texts("cookie_secret"))
    }),
    caveats: &[
        "Every request writes its session back at its end, also one that was removed meanwhile; look again after \
         a few seconds.",
    ],
    ..connect_redis::LAYOUT
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let (Some(data), Some(cookie)) = (blob.json(), blob.member("cookie")) else {
        return Verdict::no("the value is no JSON object with a member `cookie`");
    };
    let has = |name| cookie.get(name).is_some();
    if !has("originalMaxAge") || !has("path") {
        Verdict::no("its cookie member lacks originalMaxAge or path")
    } else if !["sameSite", "secure", "domain"].into_iter().all(has) {
        Verdict::no(
            "its cookie member lacks sameSite, secure or domain, which @fastify/session always writes",
        )
    } else if setup.named || connect_redis::is_fastify(cookie, data) {
        Verdict::Sure
    } else {
        Verdict::no("nothing tells it from a session of express-session")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'b>, data: &'b Value<'b>) -> Facts<'b> {
    let own = data.get("passport").and_then(user::named);
    Facts {
        user: own.or_else(|| user::any(data)),
        ends: time::iso_in(data.get("cookie").and_then(|cookie| cookie.get("expires"))),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}
