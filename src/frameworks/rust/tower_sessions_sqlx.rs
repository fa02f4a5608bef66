//! tower-sessions in a table, by sqlx (tower-sessions-sqlx-store 0.15.0).

use crate::frameworks::rust::tower_sessions;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Ends, Extra, Keys, Layout, Mark, Verdict};
use crate::store::Medium;

const DATA: &str = "data";
const END: &str = "expiry_date";

pub const LAYOUT: Layout = Layout {
    name: "tower-sessions-sqlx",
    about: "tower-sessions with tower-sessions-sqlx-store (SQLite, PostgreSQL, MySQL)",
    home: Some("https://github.com/maxcountryman/tower-sessions-stores"),
    medium: Medium::Table,
    page: "\
row      of the table tower_sessions in SQLite, else of `session` in the schema tower_sessions: id,
         data, expiry_date
value    MessagePack of [id, data, end], as in tower-sessions
end      expiry_date; in SQLite RFC 3339 text in a column that is declared an integer
user     as in tower-sessions
cookie   id = <id>, plain, signed or private: options cookie_mode and cookie_key_hex
end it   the row. A request in flight that changed its session writes it back
beware   a CachingSessionStore in front goes on serving the session out of its memory
",
    keys: Keys {
        prefix: "tower_sessions",
        locate: |_, key| {
            table::located(key, |id| key::is_exactly(id, 22, Alphabet::Base64Url) || key::is_uuid(id))
        },
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "id", &[DATA, END]),
    marks: &[Mark::Field(END)],
    options: &[TABLE, SCHEMA, setup::JAR_MODE, setup::JAR_KEY, setup::SERIALIZER, tower_sessions::DATA_KEY],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        match table::judged(setup, blob, DATA, tower_sessions::LAYOUT.recognize) {
            Verdict::No(_) if usual && (LAYOUT.read)(setup, blob).value.is_err() => Verdict::Kin,
            verdict => verdict,
        }
    },
    read: |setup, blob| table::read(setup, blob, DATA, tower_sessions::LAYOUT.read),
    ends: Ends {
        expire: |_, session, end| table::put_like(session.raw, END, end, None),
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "A CachingSessionStore in an application's memory serves an ended session until it forgets it.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        columns: Some(|_, blob| Facts { ends: table::instant(blob, END, None), ..Facts::default() }),
        ..Extra::PLAIN
    },
    ..tower_sessions::LAYOUT
};
