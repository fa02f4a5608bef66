//! connect-session-knex: express-session in whatever Knex talks to (connect-session-knex 5.0.0 lib/index.js).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Ends, Keys, Layout};

const SID: OptionSpec = OptionSpec::new("sid_column", OptionKind::Text, "sidFieldName, sid unless set");

pub const LAYOUT: Layout = Layout {
    name: "connect-session-knex",
    about: "express-session with connect-session-knex (SQLite, PostgreSQL, MySQL)",
    home: Some("https://github.com/gx0r/connect-session-knex"),
    page: "\
row      of the table `sessions` (tableName): sid (sidFieldName, option sid_column), sess, expired
value    sess, JSON as in connect-redis
end      expired, a date and time in UTC
user     as in connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (read, 5.0.0)
",
    keys: Keys { prefix: "sessions", ..BASE.keys },
    table: |setup, table| {
        // A column without a type is connect-sqlite3's, which counts milliseconds.
        let of = &table.column("expired")?.of;
        let is_number = of.is_empty() || of.contains("int");
        // Under another name it is the table's only key.
        let only = || match table.primary[..] {
            [key] if table.columns.len() == 3 => Some(&*table.columns[key].name),
            _ => None,
        };
        let sid = match setup.text(SID.name) {
            Some(sid) => sid,
            None if table.column("sid").is_some() => "sid",
            None => only()?,
        };
        table::rows(setup, table, sid, &[rows::VALUE, "expired"]).filter(|_| !is_number)
    },
    options: &[setup::COOKIE_SECRET, TABLE, SCHEMA, SID],
    recognize: |setup, blob| rows::recognize(setup, blob, End::Expired),
    ends: Ends { expire: |setup, session, end| rows::moved(setup, session, end, End::Expired), ..BASE.ends },
    ..BASE
};
