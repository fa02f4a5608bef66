//! Joomla with its sessions in the database, its default (joomla-cms 4 and 5 libraries/src/Session).

use crate::frameworks::php::joomla;
use crate::layout::php;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, Whose};
use crate::store::Medium;

const VALUE: &str = "data";

/// Minutes.
const LIFETIME: OptionSpec = OptionSpec::new(
    "lifetime",
    OptionKind::Number,
    "$lifetime of configuration.php in minutes, 15 unless set",
);

pub const LAYOUT: Layout = Layout {
    name: "joomla-db",
    about: "Joomla 3 to 5 with sessions in the database, its default (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table #__session, with the site's prefix: session_id, client_id (0 site, 1
         administrator, NULL shared), guest, time, data, userid, username. There is a row also
         where another handler keeps the session: then `data` is empty, and the row alone logs
         nobody out
value    data: a PHP session whose variable `joomla` is base64 of a serialized registry, as in
         joomla
end      time + $lifetime (option lifetime, minutes)
user     userid, 0 is nobody; username next to it
times    time: the last request
cookie   a hash of 32 hexadecimal digits = the id, as in joomla
end it   the row. A request in flight writes it back
",
    keys: Keys { prefix: "jos_session", locate: |_, key| table::located(key, php::is_usual), ..table::KEYS },
    table: |setup, table| {
        table::rows(setup, table, "session_id", &["client_id", "guest", "time", VALUE, "userid", "username"])
    },
    marks: &[Mark::Field("guest")],
    options: &[table::TABLE, LIFETIME],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        match blob.column(VALUE) {
            Some(column) if column.is_empty() && usual => Verdict::Sure,
            None if usual => Verdict::Sure,
            Some(column) => match (joomla::LAYOUT.recognize)(setup, column) {
                Verdict::No(_) if usual => Verdict::Kin,
                verdict => verdict,
            },
            None => Verdict::no("its session_id is not an id of PHP"),
        }
    },
    read: |setup, blob| match blob.column(VALUE) {
        Some(column) if !column.is_empty() => (joomla::LAYOUT.read)(setup, column),
        _ => crate::layout::Decoded::owned("row", crate::value::Value::Map(Vec::new())),
    },
    whose: Whose::Own(|_, blob, _| match (blob.field("guest"), blob.field("userid")) {
        (Some(b"1"), _) | (_, Some(b"0") | None) => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |setup, session, end| table::put_since(session, "time", end, Some(life(setup))),
        ..joomla::LAYOUT.ends
    },
    extra: Extra { columns: Some(columns), ..joomla::LAYOUT.extra },
    ..joomla::LAYOUT
};

fn life(setup: &Setup) -> i64 {
    setup.number(LIFETIME.name).unwrap_or(15).saturating_mul(60_000)
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, "time");
    Facts {
        user: table::text(blob, "userid").filter(|id| id != "0"),
        seen,
        ends: seen.and_then(|seen| seen.checked_add(life(setup))),
        ..Facts::default()
    }
}
