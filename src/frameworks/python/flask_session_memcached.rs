//! Flask-Session in Memcached, through pylibmc, pymemcache or python-memcached.
//!
//! Flask-Session 0.8.0 memcached.py.

use super::flask_session;
use crate::layout::{Keys, Layout, Mark};
use crate::store::{Kind, Medium};

pub const LAYOUT: Layout = Layout {
    name: "flask-session-memcached",
    about: "Flask-Session with SESSION_TYPE memcached",
    medium: Medium::Item,
    page: "\
key      session:<id> (SESSION_KEY_PREFIX); the id is 43 of [A-Za-z0-9_-], fewer or more by
         SESSION_ID_LENGTH
value    the session as MessagePack, or as JSON; a pickle of 0.6; flags 0
expiry   the item's own end, 31 days by default, set anew by every request
user     as flask-session
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER
end      the one item. A request in flight writes it back, even one that only reads (observed,
         0.8.0)
",
    keys: Keys { kind: Kind::Hash, ..flask_session::LAYOUT.keys },
    marks: &[Mark::Field("flags")],
    ..flask_session::LAYOUT
};
