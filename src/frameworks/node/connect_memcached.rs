//! express-session with connect-memcached.
//!
//! connect-memcached 2.0 and 3.0, lib/connect-memcached.js.

use super::connect_redis;
use crate::layout::{Keys, Layout, Mark, setup};
use crate::store::{Kind, Medium};

pub const LAYOUT: Layout = Layout {
    name: "connect-memcached",
    about: "express-session with connect-memcached 1 to 3",
    home: Some("https://github.com/balor/connect-memcached"),
    medium: Medium::Item,
    page: "\
key      <prefix><sid>; no prefix unless it is configured; sid 32 base64url characters unless the
         application has its own genid
value    the JSON of express-session with its member `cookie`; flags 2, as the client memcached
         marks JSON
expiry   the item's own end: cookie.maxAge, else the store's ttl, else a day; moved by every request
user     as connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
end      the one item. Every request writes its session back, also one that only touches it
",
    keys: Keys { prefix: "", kind: Kind::Hash, ..connect_redis::LAYOUT.keys },
    marks: &[Mark::Field("flags")],
    options: &[setup::COOKIE_SECRET],
    ..connect_redis::LAYOUT
};
