//! alexedwards/scs in a table: postgresstore, pgxstore, mysqlstore, sqlite3store (alexedwards/scs ab20b3f).

use crate::frameworks::go::scs;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup;
use crate::layout::table::{self, TABLE};
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Verdict, expire};
use crate::store::{Medium, Raw};

const DATA: &str = "data";
const END: &str = "expiry";

/// The Julian day of 1970-01-01, and ms of a day.
const EPOCH: f64 = 2_440_587.5;
const DAY: f64 = 86_400_000.0;

pub const LAYOUT: Layout = Layout {
    name: "scs-sql",
    about: "alexedwards/scs v2 with postgresstore, pgxstore, mysqlstore or sqlite3store (Go)",
    medium: Medium::Table,
    page: "\
row      of the table `sessions`, which always has that name: token, data, expiry; with
         HashTokenInStore the token is the SHA-256 of the cookie's (option hash_token)
value    gob of a struct {Deadline, Values}, as in scs
end      expiry: the earlier of Deadline and the idle timeout. In SQLite a Julian day
user     as in scs
cookie   session = <token>, bare
end it   the row. A request in flight that changed its session writes it back
",
    keys: Keys {
        prefix: "sessions",
        locate: |_, key| table::located(key, |id| key::is_exactly(id, 43, Alphabet::Base64Url)),
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "token", &[DATA, END]),
    marks: &[Mark::Field(END)],
    options: &[TABLE, scs::HASH_TOKEN, setup::SERIALIZER],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        match table::judged(setup, blob, DATA, scs::LAYOUT.recognize) {
            Verdict::No(_) if usual && (LAYOUT.read)(setup, blob).value.is_err() => Verdict::Kin,
            verdict => verdict,
        }
    },
    read: |setup, blob| table::read(setup, blob, DATA, scs::LAYOUT.read),
    ends: Ends { expire, ..scs::LAYOUT.ends },
    extra: Extra { columns: Some(|_, blob| Facts { ends: ends(blob), ..Facts::default() }), ..Extra::PLAIN },
    ..scs::LAYOUT
};

fn ends(blob: &Blob<'_>) -> Option<i64> {
    match table::number(blob, END) {
        Some(day) => Some(((day - EPOCH) * DAY).round() as i64),
        None => table::instant(blob, END, None),
    }
}

fn expire(_: &setup::Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let Some(at) = end else { return Err(expire::ALWAYS_ENDS) };
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let held = fields.iter().find(|(name, _)| name == END.as_bytes()).map(|(_, text)| &text[..]);
    let day = held.and_then(|text| std::str::from_utf8(text).ok()?.parse::<f64>().ok());
    match day {
        Some(_) => table::put(vec![(END, (at as f64 / DAY + EPOCH).to_string())]),
        None => table::put_like(session.raw, END, end, None),
    }
}
