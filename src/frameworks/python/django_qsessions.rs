//! django-qsessions: as Django's cached_db, with address and browser.

use crate::frameworks::python::{django_cache, django_cached_db};
use crate::layout::{Ends, Keys, Layout, Mark};

/// django-qsessions 2.1.0 backends/cached_db.py.
pub(super) const MARKER: &str = "qsessions.q_cached_db";

pub const LAYOUT: Layout = Layout {
    name: "django-qsessions",
    about: "django-qsessions, SESSION_ENGINE qsessions.backends.cached_db: in SQL, copied to Redis",
    home: Some("https://github.com/QueraTeam/django-qsessions"),
    page: "\
key      <KEY_PREFIX>:<VERSION>:qsessions.q_cached_db<id>, a string; the rest as in django-cache
value    a copy of the session that is in SQL, as in django-cache, with _qsessions_ip and
         _qsessions_user_agent
expiry   the key's TTL, taken from SQL when a copy is read again
user     as in django-cache
cookie   sessionid = <id>
index    none in Redis; the table qsessions_session has a column user_id
end      the key, and before it the row of the table qsessions_session whose session_key is the id
",
    keys: Keys {
        prefix: ":1:qsessions.q_cached_db",
        lead: |setup| django_cache::lead(setup, MARKER),
        locate: |setup, key| django_cache::locate(setup, key, MARKER),
        ..django_cached_db::LAYOUT.keys
    },
    marks: &[Mark::Word(MARKER)],
    recognize: |setup, blob| django_cache::recognize(setup, blob, MARKER),
    ends: Ends {
        caveats: &[
            "Nobody is logged out by this alone: the next request writes the copy back from SQL.",
            "Delete the rows of qsessions_session first (session_key is the id), and then the keys.",
        ],
        ..django_cached_db::LAYOUT.ends
    },
    ..django_cached_db::LAYOUT
};
