//! django-user-sessions: Django's own table with address and browser (django-user-sessions 2.0.0 models.py).

use crate::frameworks::python::django_db;
use crate::layout::{Keys, Layout, Verdict};

pub const LAYOUT: Layout = Layout {
    name: "django-user-sessions",
    about: "django-user-sessions, SESSION_ENGINE user_sessions.backends.db",
    home: Some("https://github.com/jazzband/django-user-sessions"),
    page: "\
row      of the table user_sessions_session: session_key, session_data, expire_date, user_agent,
         last_activity, ip, user_id
value    as in django-db
end      expire_date, as in django-db
user     _auth_user_id, and the column user_id
times    last_activity
cookie   sessionid = <id>
end it   the row
",
    keys: Keys { prefix: "user_sessions_session", ..django_db::LAYOUT.keys },
    table: |setup, table| {
        let own = table.has(&["user_agent", "ip", "last_activity"]);
        django_db::rows(setup, table).filter(|_| own)
    },
    recognize: |setup, blob| match blob.field("last_activity") {
        Some(_) => django_db::recognize(setup, blob),
        None => Verdict::no("the row has no last_activity"),
    },
    ..django_db::LAYOUT
};
