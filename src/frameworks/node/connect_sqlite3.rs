//! connect-sqlite3: express-session in a file of SQLite (connect-sqlite3 0.9.18 lib/connect-sqlite3.js).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::table;
use crate::layout::{Ends, Keys, Layout};

pub const LAYOUT: Layout = Layout {
    name: "connect-sqlite3",
    about: "express-session with connect-sqlite3, in a file of its own",
    home: Some("https://github.com/rawberg/connect-sqlite3"),
    page: "\
row      of the table `sessions` (option table) in the file `sessions` (options dir and db), without
         an ending: sid, expired, sess, columns without types
value    sess, JSON as in connect-redis
end      expired, ms since 1970
user     as in connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (read, 0.9.18)
",
    keys: Keys { prefix: "sessions", ..BASE.keys },
    table: |setup, table| {
        let of = &table.column("expired")?.of;
        let is_number = of.is_empty() || of.contains("int");
        table::rows(setup, table, "sid", &[rows::VALUE, "expired"]).filter(|_| is_number)
    },
    recognize: |setup, blob| rows::recognize(setup, blob, End::Millis),
    ends: Ends { expire: |setup, session, end| rows::moved(setup, session, end, End::Millis), ..BASE.ends },
    ..BASE
};
