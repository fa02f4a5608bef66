//! Django's sessions in a table: its default engine, and those of packages that add columns to it.
//!
//! Django 6.1.3 and 2.2.28 contrib/sessions/backends/db.py; django-qsessions 2.1.0, django-user-sessions 2.0.0.

use crate::frameworks::python::django_redis_sessions as signed;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table::{self, TABLE};
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Setup, Verdict};
use crate::store::{Medium, Rows, Table};
use crate::wrap::django;

const VALUE: &str = "session_data";
const END: &str = "expire_date";

pub const LAYOUT: Layout = Layout {
    name: "django-db",
    about: "Django with SESSION_ENGINE db, its default, and cached_db (Wagtail, NetBox, Sentry)",
    family: "Python",
    home: Some("https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    medium: Medium::Table,
    page: "\
row      of the table django_session: session_key of 32 [a-z0-9], session_data, expire_date
value    a string signed by Django, JSON or a pickle inside, as in django-redis-sessions; it is read
         without a secret, and proven with secret_key
end      expire_date: UTC with USE_TZ, which is the default since 5.0. Without it MySQL and SQLite
         hold local time of TIME_ZONE, and no row says so: options use_tz and time_zone. Rows whose
         end has passed stay until `manage.py clearsessions`
user     _auth_user_id, the primary key as text
times    the last save, which is signed along (3.1 and later)
cookie   sessionid = <id>
end it   the row. A request in flight that changed its session answers 400 and writes nothing
         (observed, 6.1.3). With cached_db the cache has a copy, which goes on: see django-cached-db
",
    keys: Keys {
        prefix: "django_session",
        locate: |_, key| table::located(key, |id| key::is_exactly(id, 32, Alphabet::Lower)),
        ..table::KEYS
    },
    table: |setup, table| {
        let more = ["updated_at", "last_activity"].iter().any(|name| table.column(name).is_some());
        rows(setup, table).filter(|_| !more)
    },
    marks: &[Mark::Field(VALUE)],
    options: OPTIONS,
    recognize: |setup, blob| {
        let more = ["updated_at", "last_activity"].iter().any(|name| blob.field(name).is_some());
        if more {
            Verdict::no("the table has columns that Django's own has not")
        } else {
            recognize(setup, blob)
        }
    },
    read: |setup, blob| table::read(setup, blob, VALUE, signed::read),
    describe: |setup, blob, data| match blob.column(VALUE) {
        Some(column) => signed::describe(setup, column, data),
        None => Facts::default(),
    },
    ends: Ends {
        expire: |setup, session, end| table::put_like(session.raw, END, end, zone(setup)),
        caveats: &[
            "With SESSION_ENGINE cached_db each session has a copy in the cache, which has to go as well.",
            "\"Remember me\" cookies and tokens of applications on Django are not sessions.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        broken: |setup, blob, data| (signed::LAYOUT.extra.broken)(setup, blob.column(VALUE)?, data),
        columns: Some(columns),
        ..Extra::PLAIN
    },
    ..signed::LAYOUT
};

pub(super) const OPTIONS: &[OptionSpec] = &[
    TABLE,
    OptionSpec::secret("secret_key", OptionKind::Texts, "SECRET_KEY, and SECRET_KEY_FALLBACKS after it"),
    OptionSpec::new("serializer", OptionKind::Text, "told by the value: json or pickle"),
    OptionSpec::new("use_tz", OptionKind::Flag, "USE_TZ; without it ends are local time of time_zone"),
    OptionSpec::new("time_zone", OptionKind::Text, "TIME_ZONE, such as America/New_York"),
    OptionSpec::new("session_cookie_age", OptionKind::Number, "SESSION_COOKIE_AGE in seconds"),
];

pub(super) fn rows(setup: &Setup, table: &Table) -> Option<Rows> {
    table::rows(setup, table, "session_key", &[VALUE, END])
}

/// The zone of times that have none.
pub(super) fn zone(setup: &Setup) -> Option<&str> {
    setup.text("time_zone").filter(|_| setup.flag("use_tz") == Some(false))
}

pub(super) fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
    let Some(text) = blob.field(VALUE) else { return Verdict::no("the row has no session_data") };
    let Ok(signed) = django::open(text, &blob.limits) else {
        return if usual { Verdict::Kin } else { Verdict::no("session_data is not text that Django signed") };
    };
    let (_, value) = crate::layout::python::decode(&signed.bytes, &blob.limits);
    match value.as_ref().map(crate::layout::python::members) {
        Ok(Some(_)) => Verdict::Sure,
        Ok(None) => Verdict::no("what was signed is not a session"),
        Err(_) => Verdict::Weak,
    }
}

pub(super) fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let time = |column: &str| table::instant(blob, column, zone(setup));
    Facts {
        user: table::text(blob, "user_id"),
        created: time("created_at"),
        seen: time("updated_at").or_else(|| time("last_activity")),
        ends: time(END),
        ip: table::text(blob, "ip"),
        agent: table::text(blob, "user_agent"),
        ..Facts::default()
    }
}
