//! Django's cache engine on Memcached, through pymemcache or pylibmc.
//!
//! Django 6.1 core/cache/backends/memcached.py; pymemcache 4.0 serde.py; pylibmc 1.6.

use super::django_cache;
use crate::layout::{Ends, Keys, Layout};
use crate::store::{Kind, Medium};

pub const LAYOUT: Layout = Layout {
    name: "django-memcached",
    about: "Django, SESSION_ENGINE cache, on PyMemcacheCache or PyLibMCCache",
    medium: Medium::Item,
    page: "\
key      <KEY_PREFIX>:<VERSION>:django.contrib.sessions.cache<id>, by default
         `:1:django.contrib.sessions.cache<id>`; the id is 32 of [a-z0-9]
value    the session's dict as the client pickles it (flags 1), compressed by zlib where the client
         is told to; a pickle is read as data and never run
expiry   the item's own end, two weeks by default, set anew only when the session is saved
user     _auth_user_id, as in django-cache
cookie   sessionid = <id>
end      the one item. A request in flight that changed the session answers 400 and writes nothing.
         With the engine cached_db the row of the table counts, and brings the item back
beside   the same servers are a cache: their other items are not sessions
",
    keys: Keys { kind: Kind::Hash, ..django_cache::LAYOUT.keys },
    ends: Ends {
        end: |_, _| Vec::new(),
        caveats: &["\"Remember me\" cookies and tokens of applications on Django are not in Memcached."],
        ..django_cache::LAYOUT.ends
    },
    same_as: &[],
    ..django_cache::LAYOUT
};
