//! Flask-Session in a table, by Flask-SQLAlchemy (Flask-Session 0.5.0 and 0.8.0 sqlalchemy/sqlalchemy.py).

use crate::frameworks::python::flask_session;
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{
    Blob, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, key, python,
};
use crate::store::Medium;

const DATA: &str = "data";
const END: &str = "expiry";

pub const LAYOUT: Layout = Layout {
    name: "flask-session-sqlalchemy",
    about: "Flask-Session with SESSION_TYPE sqlalchemy; Airflow's database sessions",
    medium: Medium::Table,
    page: "\
row      of the table `sessions` (SESSION_SQLALCHEMY_TABLE, _SCHEMA): session_id, data, expiry;
         session_id is SESSION_KEY_PREFIX (`session:`, option prefix) and the id
value    MessagePack or JSON, up to 0.6 a pickle, as in flask-session
end      expiry, UTC without a mark of it. A row whose end has passed is removed when it is read
user     as in flask-session
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER
end it   the row. A request in flight writes it back, even one that only reads (observed, 0.8.0)
",
    keys: Keys { prefix: "sessions", locate, key_of, ..table::KEYS },
    table: |setup, table| {
        let is_time = table.column(END)?.of.contains("time");
        table::rows(setup, table, "session_id", &[DATA, END]).filter(|_| is_time)
    },
    marks: &[Mark::Field(END)],
    options: &[
        TABLE,
        SCHEMA,
        OptionSpec::secret(
            "secret_key",
            OptionKind::Texts,
            "the application's secret_key, and its fallbacks",
        ),
        OptionSpec::new(
            "use_signer",
            OptionKind::Flag,
            "whether the cookie is signed; detected from the cookie unless set",
        ),
        OptionSpec::new("serializer", OptionKind::Text, "told by the value: msgpack, json or pickle"),
    ],
    recognize,
    read: |setup, blob| table::read(setup, blob, DATA, |_, column| column.python_data()),
    ends: Ends { expire, ..flask_session::LAYOUT.ends },
    extra: Extra {
        columns: Some(|_, blob| Facts { ends: table::instant(blob, END, None), ..Facts::default() }),
        ..Extra::PLAIN
    },
    ..flask_session::LAYOUT
};

/// SESSION_KEY_PREFIX, as it was given or by default.
fn prefix(setup: &Setup) -> &[u8] {
    setup.text("prefix").unwrap_or("session:").as_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let row = memchr::memchr(b':', key)? + 1;
    let given = key[row..].strip_prefix(prefix(setup)).map(|id| key.len() - id.len());
    let start = match (given, setup.text("prefix")) {
        (Some(start), _) => start,
        (None, Some(_)) => return None,
        // Another prefix than the usual one.
        (None, None) => row + flask_session::tail(&key[row..]).unwrap_or_else(|| key::last_part(&key[row..])),
    };
    let id = &key[start..];
    (!id.is_empty()).then(|| Place::after(key, start, flask_session::made(id).is_some()))
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    table::key_of(setup, &[prefix(setup), id].concat())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("session_id has another prefix") };
    let Some(column) = blob.column(DATA) else { return Verdict::no("the row has no data") };
    match column.python().map(python::members) {
        Some(Some(data)) if place.usual || python::is_flask(data) => Verdict::Sure,
        Some(Some(_)) => Verdict::Weak,
        None if place.usual => Verdict::Kin,
        _ => Verdict::no("its data is not a map in MessagePack, JSON or a pickle"),
    }
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    table::put_like(session.raw, END, end, None)
}
