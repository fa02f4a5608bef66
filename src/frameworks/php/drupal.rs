//! Drupal 8 to 11, and 7 (core/lib/Drupal/Core/Session/SessionHandler.php of 11; includes/session.inc of 7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::cookie::{CookieError, Given, Opened, bare};
use crate::frameworks::php::symfony;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::table;
use crate::layout::{Blob, Cookie, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, Whose};
use crate::store::Medium;

const VALUE: &str = "session";

pub const LAYOUT: Layout = Layout {
    name: "drupal",
    about: "Drupal 7 to 11 (PHP)",
    home: Some("https://www.drupal.org/docs"),
    medium: Medium::Table,
    page: "\
row      of the table sessions, after the site's prefix: uid, sid, hostname, timestamp, session;
         in 7 also ssid and cache. sid is base64url of the SHA-256 of the cookie's value; in 7 the
         value
value    a PHP session with _sf2_attributes and _sf2_meta
end      none: rows are collected gc_maxlifetime (200000 s by default) after timestamp, by chance
user     uid, the number of the account; 0 is nobody
times    timestamp: the last write
cookie   SESS<hash>, with https SSESS<hash>; no row leads back to it
end it   the row. A request in flight writes it back, as rows are merged
",
    keys: Keys {
        prefix: "sessions",
        locate: |_, key| table::located(key, |id| key::is_exactly(id, 43, Alphabet::Base64Url)),
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "sid", &["uid", "hostname", "timestamp", VALUE]),
    marks: &[Mark::Field("hostname")],
    options: &[table::TABLE, table::GC],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        let columns = ["uid", "hostname", "timestamp"].iter().all(|name| blob.field(name).is_some());
        match blob.column(VALUE) {
            Some(column) if columns && column.is_empty() => Verdict::Kin,
            Some(column) if columns && column.is_php_session() && usual => Verdict::Sure,
            Some(column) if columns && column.is_php_session() => Verdict::Weak,
            Some(_) if columns && usual => Verdict::Kin,
            _ => Verdict::no("its columns do not hold a session of Drupal"),
        }
    },
    read: |setup, blob| table::read(setup, blob, VALUE, symfony::LAYOUT.read),
    whose: Whose::Own(|_, blob, _| match blob.field("uid") {
        Some(b"0") => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie { name: Some("SSESS"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |setup, session, end| table::put_since(session, "timestamp", end, gc(setup)),
        caveats: &[Layout::WRITTEN_BACK, "Modules that remember logins log the browser in again."],
        ..Ends::PLAIN
    },
    extra: Extra { columns: Some(columns), ..symfony::LAYOUT.extra },
    ..symfony::LAYOUT
};

fn gc(setup: &Setup) -> Option<i64> {
    setup.number(table::GC.name).map(|seconds| seconds.saturating_mul(1000))
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, "timestamp");
    Facts {
        user: table::text(blob, "uid").filter(|uid| uid != "0"),
        seen,
        ends: seen.zip(gc(setup)).and_then(|(seen, life)| seen.checked_add(life)),
        ip: table::text(blob, "hostname"),
        ..Facts::default()
    }
}

/// The cookie's name ends in a hash of the site's name.
fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let named = given.names().find(|name| name.starts_with("SSESS") || name.starts_with("SESS"));
    let opened = bare::open(given, setup.text("cookie_name").or(named).unwrap_or(""))?;
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&opened.id));
    Ok(Opened { id: hash.into_bytes(), ..opened })
}
