//! Built-in layouts as `[layouts.NAME]` says them: something to start from.
//!
//! Only those that can be said so in full are here. A test describes the captured stores by them and
//! expects what the built-in layout gives.

/// The description of a built-in layout, under a name of its own.
pub(crate) fn of(name: &str) -> Option<&'static str> {
    SAID.iter().find(|(said, _)| *said == name).map(|(_, text)| *text)
}

/// Where applications on Node.js keep user, address and browser by convention.
macro_rules! node_people {
    () => {
        r#"user = ["passport.user", "user", "userId", "user_id", "uid", "username", "account"]
ip = ["ip", "ipAddress", "ip_address"]
agent = ["userAgent", "user_agent"]
"#
    };
}

/// The same of PHP: the user, and where from.
macro_rules! php_user {
    () => {
        r#"user = [
  "user_id", "userId", "userid", "uid", "user", "username", "user_name", "login", "email", "auth",
  "customer_id", "account_id", "member_id", "admin_id",
]
"#
    };
}

macro_rules! php_place {
    () => {
        r#"ip = ["ip", "ipAddress", "ip_address", "remote_addr"]
agent = ["userAgent", "user_agent", "agent", "ua"]
"#
    };
}

/// Layouts that can be said, by name.
pub(crate) const SAID: &[(&str, &str)] = &[
    (
        "connect-redis",
        concat!(
            r#"[layouts.my-connect-redis]
about = "as connect-redis"
key = "sess:{id}"
codec = "json"
"#,
            node_people!(),
            r#"must_have = ["cookie.originalMaxAge", "cookie.path"]
cookie = { name = "connect.sid", form = "express" }
caveats = ["A request that was in flight and changes its session writes it back."]
"#,
        ),
    ),
    (
        "koa-generic-session",
        concat!(
            r#"[layouts.my-koa-generic-session]
about = "as koa-generic-session"
key = "koa:sess:{id}"
codec = "json"
"#,
            node_people!(),
            r#"must_have = ["cookie.overwrite", "cookie.signed"]
cookie = { name = "koa.sid", form = "keygrip" }
caveats = ["A request that was in flight and changes its session writes it back."]
"#,
        ),
    ),
    (
        "koa-session2",
        concat!(
            r#"[layouts.my-koa-session2]
about = "as koa-session2"
key = "SESSION:{id}"
codec = "json"
"#,
            node_people!(),
            r#"cookie = { name = "koa:sess", form = "keygrip" }
caveats = ["A request that was in flight and changes its session writes it back."]
"#,
        ),
    ),
    (
        "hono-sessions",
        r#"[layouts.my-hono-sessions]
about = "as hono-sessions"
key = "session:{id}"
codec = "json"
user = [
  "_data.passport.value.user",
  "_data.user.value",
  "_data.userId.value",
  "_data.user_id.value",
  "_data.uid.value",
  "_data.username.value",
  "_data.account.value",
]
seen = { path = "_accessed", unit = "iso" }
expires = { path = "_expire", unit = "iso" }
ip = "_data.ip.value"
agent = "_data.userAgent.value"
must_have = ["_data", "_expire", "_delete", "_accessed", "_id"]
cookie = { name = "session", form = "iron" }
"#,
    ),
    (
        "overleaf",
        r#"[layouts.my-overleaf]
about = "as overleaf"
key = "sess:{id}"
codec = "json"
user = ["passport.user._id", "user._id"]
created = { path = "passport.user.session_created", unit = "iso" }
ip = ["passport.user.ip_address", "user.ip_address"]
agent = ["userAgent", "user_agent"]
must_have = ["cookie.originalMaxAge", "cookie.path", "validationToken"]
cookie = { name = "overleaf.sid", form = "express" }
caveats = ["Open editors keep their websocket until they reconnect."]

[[layouts.my-overleaf.companions]]
kind = "set"
key = "UserSessions:{{{user}}}"     # the doubled braces are a part of the key
member = "{key}"
user_index = true
"#,
    ),
    (
        "nodebb",
        r#"[layouts.my-nodebb]
about = "as nodebb"
key = "sess:{id}"
codec = "json"
user = "passport.user"
created = { path = "meta.datetime", unit = "ms" }
ip = "meta.ip"
agent = "meta.browser"
must_have = ["cookie.originalMaxAge", "cookie.path"]
cookie = { name = "express.sid", form = "express" }
caveats = ["API tokens of the forum are not sessions and go on."]

[[layouts.my-nodebb.companions]]
kind = "zset"
key = "uid:{user}:sessions"
member = "{id}"
user_index = true
"#,
    ),
    (
        "fastify-session",
        r#"[layouts.my-fastify-session]
about = "as fastify-session"
key = "sess:{id}"
codec = "json"
user = ["passport", "user", "userId", "user_id", "uid", "username", "account"]
expires = "cookie.expires"
ip = ["ip", "ipAddress", "ip_address"]
agent = ["userAgent", "user_agent"]
must_have = ["cookie.originalMaxAge", "cookie.path", "cookie.sameSite", "cookie.secure", "cookie.domain"]
cookie = { name = "sessionId", form = "fastify" }
caveats = ["Every request writes its session back at its end, also one that was removed meanwhile."]
"#,
    ),
    (
        "connect-redis-crypto",
        concat!(
            r#"[layouts.my-connect-redis-crypto]
about = "as connect-redis-crypto"
key = "sess:{id}"
wrappers = ["kruptein"]             # a profile's options need store_secret
codec = "json"
"#,
            node_people!(),
            r#"must_have = ["cookie.originalMaxAge", "cookie.path"]
cookie = { name = "connect.sid", form = "express" }
"#,
        ),
    ),
    (
        "phpredis",
        concat!(
            r#"[layouts.my-phpredis]
about = "as phpredis"
key = "PHPREDIS_SESSION:{id}"
"#,
            php_user!(),
            php_place!(),
            r#"cookie = { name = "PHPSESSID", form = "bare" }
locks = ["{key}_LOCK"]
caveats = ["A request in flight that changes its session writes it back."]
"#,
        ),
    ),
    (
        "webman",
        concat!(
            r#"[layouts.my-webman]
about = "as webman"
key = "redis_session_{id}"
"#,
            php_user!(),
            php_place!(),
            r#"cookie = { name = "PHPSID", form = "bare" }
caveats = ["A request in flight that changes its session writes it back."]
"#,
        ),
    ),
    (
        "codeigniter4",
        concat!(
            r#"[layouts.my-codeigniter4]
about = "as codeigniter4"
key = "ci_session:ci_session:{id}"
user = [
  "user.id", "user_id", "userId", "userid", "uid", "user", "username", "user_name", "login", "email", "auth",
  "customer_id", "account_id", "member_id", "admin_id",
]
"#,
            php_place!(),
            r#"cookie = { name = "ci_session", form = "bare" }
locks = ["{key}:lock"]
"#,
        ),
    ),
    (
        "opencart",
        concat!(
            r#"[layouts.my-opencart]
about = "as opencart"
key = "oc.session.{id}"
codec = "json"
user = ["customer_id", "customer.customer_id", "user_id"]
"#,
            php_place!(),
            r#"cookie = { name = "OCSESSID", form = "bare" }
"#,
        ),
    ),
];
