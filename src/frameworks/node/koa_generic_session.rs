//! koa-generic-session with koa-redis.

use crate::cookie;
use crate::frameworks::node::connect_redis;
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, user, whose};

pub const LAYOUT: Layout = Layout {
    name: "koa-generic-session",
    about: "koa-generic-session 2 with koa-redis 3 or 4",
    family: "Node.js",
    home: Some("https://github.com/koajs/generic-session"),
    page: "\
key      <prefix><sid>, a string; prefix `koa:sess:`; sid 32 base64url characters
value    JSON with a member `cookie` that holds overwrite, signed, httpOnly, path and maxAge, and no
         originalMaxAge
expiry   the key's TTL, one day by default; none with maxAge null. Reading does not extend it
user     passport.user (koa-passport up to 4), else user, userId, user_id, uid, username, account
cookie   koa.sid = <sid>, with koa.sid.sig = HMAC-SHA1 of `koa.sid=<sid>` next to it
index    none
end      the one key
",
    keys: Keys { prefix: "koa:sess:", locate: connect_redis::locate, ..Keys::PLAIN },
    marks: &[Mark::Member("cookie")],
    options: &[setup::COOKIE_KEYS],
    recognize,
    describe: |_, _, data| Facts {
        user: user::any(data),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("koa.sid"),
        open: Some(|setup, given| {
            cookie::keygrip::open(given, setup.cookie_name(), setup.texts("cookie_keys"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The defaults that koa-generic-session 2.3.1 merges into every cookie (lib/session.js).
fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(cookie) = blob.member("cookie").filter(|cookie| cookie.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object with an object `cookie`");
    };
    let has = |name| cookie.get(name).is_some();
    if has("originalMaxAge") {
        Verdict::no("its cookie member holds originalMaxAge, which is express-session's")
    } else if !has("overwrite") || !has("signed") {
        Verdict::no("its cookie member lacks overwrite or signed")
    } else if !has("maxAge") && !has("path") {
        Verdict::no("its cookie member lacks maxAge and path")
    } else {
        Verdict::Sure
    }
}
