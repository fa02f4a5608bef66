//! better-sqlite3-session-store: express-session in SQLite (better-sqlite3-session-store 0.1.0 src/index.js).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::table;
use crate::layout::{Ends, Keys, Layout};

pub const LAYOUT: Layout = Layout {
    name: "better-sqlite3-session-store",
    about: "express-session with better-sqlite3-session-store, in SQLite",
    home: Some("https://github.com/TimDaub/better-sqlite3-session-store"),
    page: "\
row      of the table `sessions`, which always has that name: sid, sess, expire
value    sess, JSON as in connect-redis
end      expire, text as toISOString writes it; whole seconds are compared
user     as in connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (observed, 0.1.0)
",
    keys: Keys { prefix: "sessions", ..BASE.keys },
    table: |setup, table| {
        let is_text = table.column("expire")?.of.contains("text");
        table::rows(setup, table, "sid", &[rows::VALUE, "expire"]).filter(|_| is_text)
    },
    recognize: |setup, blob| rows::recognize(setup, blob, End::Iso),
    ends: Ends { expire: |setup, session, end| rows::moved(setup, session, end, End::Iso), ..BASE.ends },
    ..BASE
};
