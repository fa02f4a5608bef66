//! connect-session-sequelize: express-session in whatever Sequelize talks to (connect-session-sequelize 7.1.7 and
//! 8.0.6 lib/connect-session-sequelize.js, lib/model.js).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::table;
use crate::layout::{Ends, Keys, Layout};

pub const LAYOUT: Layout = Layout {
    name: "connect-session-sequelize",
    about: "express-session with connect-session-sequelize (SQLite, PostgreSQL, MySQL)",
    home: Some("https://github.com/mweibel/connect-session-sequelize"),
    page: "\
row      of the table `Sessions` (or a model of the application's, option `table`): sid, expires,
         data, createdAt, updatedAt, and columns that extendDefaultFields fills
value    data, JSON as in connect-redis
end      expires, a date and time in UTC. A row whose end has passed is still served until the store
         collects it, every 15 minutes (observed, 7.1.7)
user     as in connect-redis, and a column userId
times    createdAt and updatedAt
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (observed, 7.1.7)
",
    keys: Keys { prefix: "Sessions", ..BASE.keys },
    table: |setup, table| {
        let mut rows = table::rows(setup, table, "sid", &["expires", "data", "createdAt", "updatedAt"])?;
        table::add_name(&mut rows, table, "data", rows::VALUE);
        Some(rows)
    },
    recognize: |setup, blob| rows::recognize(setup, blob, End::Expires),
    ends: Ends {
        expire: |setup, session, end| rows::moved(setup, session, end, End::Expires),
        caveats: &[
            "A row whose end has passed is still served until the store collects it: end sessions with purge.",
            "A request in flight that changes its session writes the row back; look again after a few seconds.",
            "Websocket connections that were authenticated at their handshake stay up.",
        ],
        ..BASE.ends
    },
    ..BASE
};
