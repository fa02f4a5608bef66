//! hono-sessions with hono-sessions-redis.

use crate::cookie;
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, expire, key, time, user};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "hono-sessions",
    about: "hono-sessions with hono-sessions-redis",
    family: "Node.js",
    home: Some("https://github.com/jcs224/hono_sessions"),
    page: "\
key      <prefix><uuid>, a string; prefix `session:`
value    JSON {_data: {name: {value, flash}}, _expire, _delete, _accessed, _id}
expiry   the key's TTL, and _expire (ISO or null), which is enforced apart from it
user     by convention in _data: user, userId, user_id, uid, username, account
cookie   session = an Iron seal (Fe26.2) of the id when option cookie_encryption_key is set in the
         application, else the bare id
index    none
end      the one key (hono-sessions 0.8.1)
beware   every visit without a known cookie makes a new, empty session
",
    keys: Keys {
        prefix: "session:",
        locate: |setup, key| key::locate_by(setup, key, key::uuid_tail, key::is_uuid),
        ..Keys::PLAIN
    },
    marks: &[Mark::Member("_data")],
    options: &[setup::COOKIE_ENCRYPTION_KEY],
    recognize,
    describe,
    whose: Whose::Container(|data| {
        let held = |(name, member): &(Cow<'_, str>, Value<'_>)| {
            (Cow::Owned(name.to_string()), member.get("value").cloned().unwrap_or(Value::Null).into_owned())
        };
        Some(Cow::Owned(Value::Map(data.get("_data")?.members()?.iter().map(held).collect())))
    }),
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            cookie::iron::open(given, setup.cookie_name(), setup.texts("cookie_encryption_key"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire: |_, session, end| expire::nullable(session, &["_expire"], end),
        caveats: &[Layout::WRITTEN_BACK],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.member("_data").is_none_or(|data| data.as_map().is_none()) {
        return Verdict::no("the value is not a JSON object with an object `_data`");
    }
    match ["_expire", "_delete", "_accessed", "_id"].into_iter().find(|name| blob.member(name).is_none()) {
        Some(name) => Verdict::No(format!("it lacks the member `{name}`").into()),
        None => Verdict::Sure,
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let held = |name: &str| data.get("_data")?.get(name)?.get("value");
    let passport = held("passport").and_then(|passport| passport.get("user")).and_then(user::named);
    Facts {
        user: passport
            .or_else(|| user::CONVENTIONS.iter().find_map(|name| user::named(held(name)?)))
            .or_else(|| user::CONVENTIONS.iter().find_map(|name| user::loosely_named(held(name)?))),
        seen: time::iso_in(data.get("_accessed")),
        ends: time::iso_in(data.get("_expire")),
        ip: ["ip", "ipAddress", "ip_address"].iter().find_map(|name| user::text(held(name))),
        agent: ["userAgent", "user_agent"].iter().find_map(|name| user::text(held(name))),
        ..Facts::default()
    }
}
