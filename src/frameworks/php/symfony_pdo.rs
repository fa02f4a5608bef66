//! Symfony's PdoSessionHandler: PHP sessions in a table (symfony/http-foundation 5.4.53
//! Session/Storage/Handler/PdoSessionHandler.php).

use crate::frameworks::php::symfony;
use crate::layout::php;
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, expire};
use crate::store::{Medium, Raw, Rows, Table};

const ID: &str = "sess_id";
const DATA: &str = "sess_data";
const LIFETIME: &str = "sess_lifetime";
const TIME: &str = "sess_time";

/// Up to 4.3 the lifetime is a span and not a time; what is greater is a time (`MAX_LIFETIME`).
const SPAN: i64 = 315_576_000;

pub const LAYOUT: Layout = Layout {
    name: "symfony-pdo",
    about: "Symfony with PdoSessionHandler; Sylius, Shopware, EasyAdmin on it (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table `sessions` (option db_table): sess_id, sess_data, sess_lifetime, sess_time
         (options db_id_col, db_data_col, db_lifetime_col, db_time_col)
value    sess_data: a PHP session with _sf2_attributes and _sf2_meta, as in symfony
end      sess_lifetime: since 4.4 the end in seconds since 1970; up to 4.3 seconds after sess_time.
         Rows whose end has passed stay until PHP's garbage collection
user     as in symfony
times    _sf2_meta.c (created) and .u (last used)
cookie   PHPSESSID (framework.session.name) = the id, unsigned
end it   the row. With lock_mode 2, the default, a request holds its row: a purge waits for it and
         then leaves alone what it changed; the same purge again ends it, and it stays gone. With
         0 and 1 the request writes it back (observed, 5.4)
",
    keys: Keys {
        prefix: "sessions",
        prefix_option: "db_table",
        locate: |_, key| table::located(key, php::is_usual),
        ..table::KEYS
    },
    table: rows,
    marks: &[Mark::Field(DATA)],
    options: &[
        OptionSpec::new("db_table", OptionKind::Text, "db_table, sessions unless set"),
        OptionSpec::new("db_id_col", OptionKind::Text, "db_id_col, sess_id unless set"),
        OptionSpec::new("db_data_col", OptionKind::Text, "db_data_col, sess_data unless set"),
        OptionSpec::new("db_lifetime_col", OptionKind::Text, "db_lifetime_col, sess_lifetime unless set"),
        OptionSpec::new("db_time_col", OptionKind::Text, "db_time_col, sess_time unless set"),
        OptionSpec::new("gc_maxlifetime", OptionKind::Number, "session.gc_maxlifetime in seconds"),
        symfony::KEYS,
    ],
    recognize,
    read: |setup, blob| table::read(setup, blob, DATA, symfony::LAYOUT.read),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire,
        caveats: &[
            "With lock_mode 0 or 1 a request in flight writes its session back; look again after a few seconds.",
            "A browser with the cookie REMEMBERME is logged in again; a changed password or a deleted token row ends \
             that.",
            "All firewalls of one browser share one session: they end together.",
        ],
        ..symfony::LAYOUT.ends
    },
    extra: Extra { columns: Some(columns), ..symfony::LAYOUT.extra },
    ..symfony::LAYOUT
};

fn rows(setup: &Setup, table: &Table) -> Option<Rows> {
    let option = |name: &str| setup.text(name).map(str::to_string);
    let given = |name: &str, default: &str| option(name).unwrap_or_else(|| default.to_string());
    let mut names = [
        given("db_id_col", ID),
        given("db_data_col", DATA),
        given("db_lifetime_col", LIFETIME),
        given("db_time_col", TIME),
    ];
    if !names.iter().all(|name| table.column(name).is_some()) {
        names = guessed(table)?;
    }
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rows = table::rows(setup, table, columns[0], &columns)?;
    rows.names.clear();
    for (column, name) in columns.iter().zip([ID, DATA, LIFETIME, TIME]) {
        table::add_name(&mut rows, table, column, name);
    }
    Some(rows)
}

/// The four columns under other names: an id, bytes, and two numbers of which one is called after the end.
fn guessed(table: &Table) -> Option<[String; 4]> {
    if table.columns.len() != 4 {
        return None;
    }
    let [key] = table.primary[..] else { return None };
    let bytes = table.columns.iter().find(|column| column.of.contains("blob") || column.of == "bytea")?;
    let numbers: Vec<&str> =
        table.columns.iter().filter(|column| column.of.contains("int")).map(|column| &*column.name).collect();
    let [one, other] = numbers[..] else { return None };
    let is_end = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("life") || name.contains("expir") || name.contains("end") || name.contains("ttl")
    };
    let (end, time) = match (is_end(one), is_end(other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return None,
    };
    Some([table.columns[key].name.clone(), bytes.name.clone(), end.to_string(), time.to_string()])
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
    match table::judged(setup, blob, DATA, symfony::LAYOUT.recognize) {
        // A session that nothing was written to yet.
        Verdict::No(_) if usual && blob.column(DATA).is_some_and(Blob::is_php_session) => Verdict::Kin,
        Verdict::No(_) if usual && table::number(blob, LIFETIME).is_some() => Verdict::Kin,
        verdict => verdict,
    }
}

fn whole(blob: &Blob<'_>, column: &str) -> Option<i64> {
    table::number(blob, column).map(|number| number as i64)
}

fn columns<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let time = whole(blob, TIME);
    let ends = whole(blob, LIFETIME)
        .and_then(|lifetime| if lifetime > SPAN { Some(lifetime) } else { time?.checked_add(lifetime) });
    Facts { ends: ends.and_then(|end| end.checked_mul(1000)), ..Facts::default() }
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let number = |column: &str| -> Option<i64> {
        let (_, text) = fields.iter().find(|(name, _)| name == column.as_bytes())?;
        std::str::from_utf8(text).ok()?.trim().parse().ok()
    };
    let (Some(lifetime), Some(time)) = (number(LIFETIME), number(TIME)) else {
        return Err(expire::UNREADABLE);
    };
    let end = end.div_euclid(1000);
    // Where a version wrote it that knows spans only, such a one has to read it.
    let text = if lifetime > SPAN { end } else { (end - time).clamp(0, SPAN) };
    table::put(vec![(LIFETIME, text.to_string())])
}
