//! axum_session in a table, by sqlx (axum_session_sqlx 0.12).

use crate::frameworks::rust::axum_session;
use crate::layout::key;
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::table::{self, TABLE};
use crate::layout::{Ends, Extra, Keys, Layout, Mark, Verdict};
use crate::store::Medium;

const DATA: &str = "session";
const END: &str = "expires";

pub const LAYOUT: Layout = Layout {
    name: "axum-session-sqlx",
    about: "axum_session with axum_session_sqlx (SQLite, PostgreSQL, MySQL)",
    medium: Medium::Table,
    page: "\
row      of the table `sessions` (table_name): id, expires, session
value    JSON {data: {member: JSON text, ...}, longterm}, or sealed with the database key, as in
         axum-session
end      expires, in seconds since 1970; NULL is never
user     as in axum-session
cookie   session = <uuid>, as in axum-session
end it   the row, and that is not enough by itself: see beware
beware   each server keeps sessions in its memory for an hour since their last use; every request
         writes them back
",
    keys: Keys { prefix: "sessions", locate: |_, key| table::located(key, key::is_uuid), ..table::KEYS },
    table: |setup, table| {
        let is_number = table.column(END)?.of.contains("int");
        table::rows(setup, table, "id", &[DATA, END]).filter(|_| is_number)
    },
    marks: &[Mark::Field(DATA)],
    options: &[TABLE, setup::JAR_MODE, setup::JAR_KEY, axum_session::DATABASE_KEY, setup::SERIALIZER],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        match table::judged(setup, blob, DATA, axum_session::LAYOUT.recognize) {
            Verdict::No(_) if usual && (LAYOUT.read)(setup, blob).value.is_err() => Verdict::Kin,
            verdict => verdict,
        }
    },
    read: |setup, blob| table::read(setup, blob, DATA, axum_session::LAYOUT.read),
    ends: Ends {
        expire: |_, _, end| match end {
            Some(end) => table::put(vec![(END, end.div_euclid(1000).to_string())]),
            None => Err("a row that never ends has no number there; set a far end with --at"),
        },
        ..axum_session::LAYOUT.ends
    },
    extra: Extra {
        columns: Some(|_, blob| Facts { ends: table::seconds(blob, END), ..Facts::default() }),
        ..Extra::PLAIN
    },
    ..axum_session::LAYOUT
};
