//! express-mysql-session: express-session in MySQL and MariaDB (express-mysql-session 3.0.3 index.js, schema.sql).

use crate::frameworks::node::express_rows::{self as rows, BASE, End};
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Ends, Keys, Layout};
use crate::store::Table;

const COLUMNS: OptionSpec = OptionSpec::new(
    "columns",
    OptionKind::Table,
    "schema.columnNames: what session_id, expires and data are called",
);

pub const LAYOUT: Layout = Layout {
    name: "express-mysql-session",
    about: "express-session with express-mysql-session, in MySQL and MariaDB",
    home: Some("https://github.com/chill117/express-mysql-session"),
    page: "\
row      of the table `sessions` (schema.tableName): session_id, expires, data; the columns may have
         other names (schema.columnNames, option columns)
value    data, JSON as in connect-redis
end      expires, in seconds since 1970
user     as in connect-redis
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>
end it   the row. A request in flight that changed its session writes it back (observed, 3.0.3)
",
    keys: Keys { prefix: "sessions", ..BASE.keys },
    table: |setup, table| {
        let name =
            |column: &'static str| setup.table(COLUMNS.name, column).first().map_or(column, String::as_str);
        let mut names = [name("session_id"), name("expires"), name("data")];
        if !table.has(&names) && setup.table(COLUMNS.name, "data").is_empty() {
            names = guessed(table)?;
        }
        let [id, expires, data] = names;
        let is_number = table.column(expires)?.of.contains("int");
        let mut rows = table::rows(setup, table, id, &[expires, data]).filter(|_| is_number)?;
        rows.names.clear();
        table::add_name(&mut rows, table, expires, "expires");
        table::add_name(&mut rows, table, data, rows::VALUE);
        Some(rows)
    },
    options: &[setup::COOKIE_SECRET, TABLE, SCHEMA, COLUMNS],
    recognize: |setup, blob| rows::recognize(setup, blob, End::Seconds),
    ends: Ends { expire: |setup, session, end| rows::moved(setup, session, end, End::Seconds), ..BASE.ends },
    ..BASE
};

/// The three columns under other names: a key of texts, a whole number, and a long text.
fn guessed(table: &Table) -> Option<[&str; 3]> {
    let [key] = table.primary[..] else { return None };
    if table.columns.len() != 3 {
        return None;
    }
    let others = || table.columns.iter().enumerate().filter(|(at, _)| *at != key).map(|(_, column)| column);
    let end = others().find(|column| column.of.contains("int"))?;
    let data = others().find(|column| column.of.contains("text"))?;
    let is_text = table.columns[key].of.contains("char");
    is_text.then_some([&table.columns[key].name, &end.name, &data.name])
}
