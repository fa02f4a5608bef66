//! Magento 2 with its sessions in the database (lib/internal/Magento/Framework/Session/SaveHandler/DbTable.php).

use crate::frameworks::php::magento2;
use crate::layout::php;
use crate::layout::session::Facts;
use crate::layout::table;
use crate::layout::{Blob, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict};
use crate::store::{Kind, Medium};
use crate::wrap::base64;

const VALUE: &str = "session_data";
const SEEN: &str = "session_expires";

pub const LAYOUT: Layout = Layout {
    name: "magento2-db",
    about: "Magento 2 with session.save=db (PHP)",
    home: None,
    medium: Medium::Table,
    page: "\
row      of the table session, after the installation's prefix (core_session in old versions):
         session_id, session_expires, session_data
value    session_data: base64 of a PHP session, as in magento2
end      none in the row: session_expires is the time of the last write, in spite of its name; rows
         are collected by PHP's garbage collection (option gc_maxlifetime, seconds)
user     as in magento2
cookie   PHPSESSID, in the backend admin = the id, unsigned
end it   the row. A request in flight writes it back
beware   admin_user_session and persistent_session are other tables
",
    keys: Keys {
        prefix: "session",
        kind: Kind::Hash,
        locate: |_, key| table::located(key, php::is_usual),
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "session_id", &[SEEN, VALUE]),
    marks: &[Mark::Field(SEEN)],
    options: &[table::TABLE, table::GC],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        match (data(blob).and_then(Decoded::value), usual) {
            (Some(_), true) => Verdict::Sure,
            (None, true) => Verdict::Kin,
            _ => Verdict::no("its session_id is not an id of PHP"),
        }
    },
    read: |_, blob| table::lent(data(blob)),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |setup, session, end| table::put_since(session, SEEN, end, gc(setup)),
        ..magento2::LAYOUT.ends
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    same_as: &[],
    ..magento2::LAYOUT
};

fn data<'b>(blob: &'b Blob<'_>) -> Option<&'b Decoded<'static>> {
    blob.made(VALUE, |column| match base64::open(column.text().unwrap_or_default(), &column.limits) {
        Ok(bytes) => table::unpacked(column, bytes, |inner| table::owned(&[base64::NAME], inner.php_data())),
        // One that was not encoded is read as it is (DbTable.php `read`).
        Err(_) => table::owned(&[], column.php_data()),
    })
}

fn gc(setup: &Setup) -> Option<i64> {
    setup.number(table::GC.name).map(|seconds| seconds.saturating_mul(1000))
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, SEEN);
    let ends = seen.zip(gc(setup)).and_then(|(seen, life)| seen.checked_add(life));
    Facts { seen, ends, ..Facts::default() }
}
