//! CodeIgniter 3 and 4 with sessions in the database (system/Session/Handlers/DatabaseHandler.php of 4.7;
//! Session_database_driver.php of 3).

use crate::frameworks::php::codeigniter4;
use crate::layout::php;
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::store::Medium;

const VALUE: &str = "data";
const SEEN: &str = "timestamp";

const EXPIRATION: OptionSpec = OptionSpec::new(
    "expiration",
    OptionKind::Number,
    "seconds after which rows are collected (Config\\Session::$expiration, sess_expiration)",
);

pub const LAYOUT: Layout = Layout {
    name: "codeigniter4-db",
    about: "CodeIgniter 3 and 4 with sessions in the database (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table ci_sessions (savePath): id, ip_address, timestamp, data; in 4 the id is
         <cookie name>:<id>, in 3 it is bare
value    a PHP session, as in codeigniter4
end      none in the row: rows are collected by PHP's garbage collection (option expiration,
         seconds) after timestamp, the last write
user     as in codeigniter4
times    timestamp; address ip_address
cookie   ci_session = the id, unsigned
end it   the row. Its lock is the database's and ends with its connection
beware   ids change every 300 seconds, and the old row stays: end by user, not by one id
",
    keys: Keys { prefix: "ci_sessions", locate, key_of, ..table::KEYS },
    table: |setup, table| table::rows(setup, table, "id", &["ip_address", SEEN, VALUE]),
    marks: &[Mark::Field("ip_address")],
    options: &[table::TABLE, EXPIRATION],
    recognize: |setup, blob| {
        let Some(place) = locate(setup, blob.key).filter(|_| blob.field(SEEN).is_some()) else {
            return Verdict::no("its columns do not hold a session of CodeIgniter");
        };
        let Some(column) = blob.column(VALUE) else { return Verdict::no("the row has no data") };
        match column.variable("__ci_last_regenerate") {
            Some(_) => Verdict::Sure,
            None if column.is_php_session() && place.usual => Verdict::Kin,
            None => Verdict::no("its variables do not hold __ci_last_regenerate"),
        }
    },
    read: |setup, blob| table::read(setup, blob, VALUE, codeigniter4::LAYOUT.read),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |_, _, _| Err("their rows say when they were written, and no end"),
        ..codeigniter4::LAYOUT.ends
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..codeigniter4::LAYOUT
};

/// Behind the cookie's name, which version 4 writes before it.
fn locate(_: &Setup, key: &[u8]) -> Option<Place> {
    let row = memchr::memchr(b':', key)? + 1;
    let start = memchr::memrchr(b':', key).map_or(row, |at| (at + 1).max(row));
    (start < key.len()).then(|| Place::after(key, start, php::is_usual(&key[start..])))
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    table::key_of(setup, &[setup.cookie_name().as_bytes(), b":", id].concat())
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = match table::number(blob, SEEN) {
        Some(_) => table::seconds(blob, SEEN),
        None => table::by_server(blob, SEEN),
    };
    let life = setup.number(EXPIRATION.name).map(|seconds| seconds.saturating_mul(1000));
    Facts {
        seen,
        ends: seen.zip(life).and_then(|(seen, life)| seen.checked_add(life)),
        ip: table::text(blob, "ip_address"),
        ..Facts::default()
    }
}
