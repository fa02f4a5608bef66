//! connect-pg-simple: express-session in PostgreSQL (connect-pg-simple 10.0.0 index.js, table.sql).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::setup;
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Ends, Keys, Layout};

pub const LAYOUT: Layout = Layout {
    name: "connect-pg-simple",
    about: "express-session with connect-pg-simple, in PostgreSQL",
    home: Some("https://github.com/voxpelli/node-connect-pg-simple"),
    page: "\
row      of the table `session` (tableName, schemaName): sid, sess, expire
value    sess, JSON as in connect-redis
end      expire, a timestamp without a zone: the local time of the application's connection. It is
         read in the zone that the database gives this program; option db_timezone names another.
         `cookie.expires` in the value stays behind and is not looked at
user     as in connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (observed, 10.0.0)
",
    keys: Keys { prefix: "session", ..BASE.keys },
    table: |setup, table| {
        let expire = table.column("expire")?;
        let is_time = expire.of.starts_with("timestamp") || expire.of.starts_with("datetime");
        table::rows(setup, table, "sid", &[rows::VALUE, "expire"]).filter(|_| is_time)
    },
    options: &[setup::COOKIE_SECRET, TABLE, SCHEMA, rows::DB_TIMEZONE],
    recognize: |setup, blob| rows::recognize(setup, blob, End::Timestamp),
    ends: Ends {
        expire: |setup, session, end| rows::moved(setup, session, end, End::Timestamp),
        ..BASE.ends
    },
    ..BASE
};
