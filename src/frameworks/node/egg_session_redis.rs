//! egg-session-redis: koa-session with another cookie.

use crate::cookie;
use crate::frameworks::node::koa_session;
use crate::layout::setup;
use crate::layout::{Cookie, Layout, OptionKind, OptionSpec};

pub const LAYOUT: Layout = Layout {
    name: "egg-session-redis",
    about: "egg 3 with egg-session-redis (koa-session inside)",
    home: Some("https://github.com/eggjs/egg-session-redis"),
    page: "\
key      as koa-session: the session id itself, a UUID; option prefix is part of the id, key_prefix
         (egg-redis' keyPrefix) is not
value    as koa-session: JSON that ends in _expire and _maxAge, or in _session:true
expiry   _expire, enforced when a session is read; the key goes ten seconds later
user     passport.user (egg-passport often keeps a whole object), else as koa-session
cookie   EGG_SESS, encrypted by default (AES-256-CBC under config.keys; egg-cookies 2.10.1): the id
         can only be read with cookie_keys. With cookie_encrypted = false it is the bare id, with
         EGG_SESS.sig = HMAC-SHA256 next to it
index    none
end      the one key
alike    koa-session writes the same; when no layout is named it is called that
",
    marks: &[],
    options: &[
        setup::COOKIE_KEYS,
        OptionSpec::new(
            "cookie_encrypted",
            OptionKind::Flag,
            "whether the cookie is encrypted (default true) or signed",
        ),
    ],
    cookie: Cookie {
        name: Some("EGG_SESS"),
        open: Some(|setup, given| {
            let encrypted = setup.flag("cookie_encrypted").unwrap_or(true);
            cookie::egg::open(given, setup.cookie_name(), setup.texts("cookie_keys"), encrypted)
        }),
        ..koa_session::LAYOUT.cookie
    },
    same_as: &["koa-session"],
    ..koa_session::LAYOUT
};
