//! django-qsessions: Django's own table with address and browser (django-qsessions 2.1.0 models.py).

use crate::frameworks::python::django_db;
use crate::layout::{Keys, Layout, Verdict};

pub const LAYOUT: Layout = Layout {
    name: "django-qsessions-db",
    about: "django-qsessions, SESSION_ENGINE qsessions.backends.db or cached_db",
    home: Some("https://github.com/QueraTeam/django-qsessions"),
    page: "\
row      of the table qsessions_session: session_key, session_data, expire_date, user_agent,
         created_at, updated_at, ip, user_id
value    as in django-db, with _qsessions_ip and _qsessions_user_agent
end      expire_date, as in django-db
user     _auth_user_id, and the column user_id
times    created_at and updated_at
cookie   sessionid = <id>
end it   the row; with cached_db also its copy in the cache, see django-qsessions
",
    keys: Keys { prefix: "qsessions_session", ..django_db::LAYOUT.keys },
    table: |setup, table| {
        let own = table.has(&["user_agent", "ip", "updated_at"]);
        django_db::rows(setup, table).filter(|_| own)
    },
    recognize: |setup, blob| match blob.field("updated_at") {
        Some(_) => django_db::recognize(setup, blob),
        None => Verdict::no("the row has no updated_at"),
    },
    ..django_db::LAYOUT
};
