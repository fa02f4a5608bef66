//! Django's engine cached_db: sessions in SQL, and a copy of each in a cache.

use crate::frameworks::python::django_cache;
use crate::layout::{Ends, Keys, Layout, Mark};

/// Django 6.1 contrib/sessions/backends/cached_db.py, `KEY_PREFIX`.
pub(super) const MARKER: &str = "django.contrib.sessions.cached_db";

pub const LAYOUT: Layout = Layout {
    name: "django-cached-db",
    about: "Django, SESSION_ENGINE cached_db: sessions in SQL, copied to a cache in Redis",
    home: Some("https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    page: "\
key      <KEY_PREFIX>:<VERSION>:django.contrib.sessions.cached_db<id>, a string; the rest as in
         django-cache
value    a copy of the session that is in SQL, as in django-cache
expiry   the key's TTL; a copy that is read again from SQL gets what is left of the row's time
user     as in django-cache
cookie   sessionid = <id>
index    none
end      the key, and before it the row of the table django_session whose session_key is the id:
         a request that finds no key reads the row and writes the copy back, with whoever is logged
         in (observed, Django 6.1)
beside   sessions without a copy, which only SQL knows
",
    keys: Keys {
        prefix: ":1:django.contrib.sessions.cached_db",
        lead: |setup| django_cache::lead(setup, MARKER),
        locate: |setup, key| django_cache::locate(setup, key, MARKER),
        ..django_cache::LAYOUT.keys
    },
    marks: &[Mark::Word(MARKER)],
    recognize: |setup, blob| django_cache::recognize(setup, blob, MARKER),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |_, _, _| Err(IN_SQL),
        caveats: &[
            "Nobody is logged out by this alone: the next request writes the copy back from SQL.",
            "Delete the rows of django_session first (session_key is the id), and then the keys.",
        ],
        ..django_cache::LAYOUT.ends
    },
    same_as: &[],
    ..django_cache::LAYOUT
};

pub(super) const IN_SQL: &str = "their end is that of the row in SQL, of which this is a copy";
