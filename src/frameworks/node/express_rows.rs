//! What the stores of express-session that keep a row a session have in common: which table of which form is
//! whose, and the value, which is the JSON that connect-redis writes as well.
//!
//! connect-pg-simple 10.0.0, express-mysql-session 3.0.3, connect-session-sequelize 8.0.6, connect-session-knex 5.0,
//! better-sqlite3-session-store 0.1.0, connect-sqlite3 0.9.18.

use crate::frameworks::node::connect_redis;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup::{self, OptionSpec};
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, expire};
use crate::store::{Medium, Raw};

/// The name under which all of them know the column of the value.
pub(super) const VALUE: &str = "sess";

/// The column of the end: what it is called and what is in it tells the stores apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `expire`, as PostgreSQL writes times.
    Timestamp,
    /// `expire`, as JavaScript writes dates.
    Iso,
    /// `expired`, a date and time.
    Expired,
    /// `expired`, in ms since 1970.
    Millis,
    /// `expires`, a date and time, next to `createdAt`.
    Expires,
    /// `expires`, in seconds since 1970.
    Seconds,
}

impl End {
    pub(super) const fn column(self) -> &'static str {
        match self {
            End::Timestamp | End::Iso => "expire",
            End::Expired | End::Millis => "expired",
            End::Expires | End::Seconds => "expires",
        }
    }

    /// What this row has.
    fn of(blob: &Blob<'_>) -> Option<End> {
        let number = |column: &str| table::number(blob, column).is_some();
        if let Some(text) = blob.field("expire") {
            return Some(if text.get(10) == Some(&b'T') { End::Iso } else { End::Timestamp });
        }
        if blob.field("expired").is_some() {
            return Some(if number("expired") { End::Millis } else { End::Expired });
        }
        if blob.field("createdAt").is_some() {
            return Some(End::Expires);
        }
        number("expires").then_some(End::Seconds)
    }

    fn says(self, setup: &Setup, blob: &Blob<'_>) -> Option<i64> {
        let column = self.column();
        match self {
            // The zone is that of the application's connection.
            End::Timestamp => match setup.text(DB_TIMEZONE.name) {
                Some(zone) => table::instant(blob, column, Some(zone)),
                None => table::by_server(blob, column),
            },
            End::Iso | End::Expired | End::Expires => table::instant(blob, column, None),
            End::Millis => table::millis(blob, column),
            End::Seconds => table::seconds(blob, column),
        }
    }
}

/// Where the application's connection has another zone than this program's.
pub(super) const DB_TIMEZONE: OptionSpec = OptionSpec::new(
    "db_timezone",
    setup::OptionKind::Text,
    "the TimeZone of the application's connection, where it is not that of ours",
);

pub(super) const OPTIONS: &[OptionSpec] = &[setup::COOKIE_SECRET, TABLE, SCHEMA];

/// What the single stores begin from.
pub(super) const BASE: Layout = Layout {
    medium: Medium::Table,
    keys: Keys {
        locate: |_, key| {
            table::located(key, |id| key::is_exactly(id, 32, Alphabet::Base64Url) || key::is_uuid(id))
        },
        ..table::KEYS
    },
    marks: &[Mark::Field(VALUE)],
    options: OPTIONS,
    read: |setup, blob| table::read(setup, blob, VALUE, connect_redis::LAYOUT.read),
    describe: |setup, blob, data| connect_redis::describe(setup, blob, data),
    ends: Ends {
        caveats: &[
            "A request in flight that changes its session writes the row back; look again after a few seconds.",
            "Websocket connections that were authenticated at their handshake stay up.",
            "OAuth tokens that the application handed out or keeps elsewhere go on.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..connect_redis::LAYOUT
};

/// Whether a row is one of the store with such an end.
pub(super) fn recognize(setup: &Setup, blob: &Blob<'_>, end: End) -> Verdict {
    if End::of(blob).is_some_and(|other| other != end) {
        return Verdict::no("its end is not in the form of this store");
    }
    let Some(column) = blob.column(VALUE) else { return Verdict::no("the row has no value") };
    match (connect_redis::LAYOUT.recognize)(setup, column) {
        Verdict::No(_) if column.json().is_none() && usual(setup, blob) => Verdict::Kin,
        verdict => verdict,
    }
}

fn usual(setup: &Setup, blob: &Blob<'_>) -> bool {
    (setup.layout.keys.locate)(setup, blob.key).is_some_and(|place| place.usual)
}

/// The column is what counts: the date in the JSON stays behind when a session is only touched (observed).
fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    Facts {
        created: table::instant(blob, "createdAt", None),
        seen: table::instant(blob, "updatedAt", None),
        ends: End::of(blob).and_then(|end| end.says(setup, blob)),
        ..Facts::default()
    }
}

/// The end in the column.
pub(super) fn moved(setup: &Setup, session: &Session<'_>, end: Option<i64>, of: End) -> Moved {
    let Some(at) = end else { return Err(expire::ALWAYS_ENDS) };
    let column = of.column();
    match of {
        End::Millis => table::put(vec![(column, at.to_string())]),
        End::Seconds => table::put(vec![(column, at.div_euclid(1000).to_string())]),
        End::Timestamp if setup.text(DB_TIMEZONE.name).is_none() && has_epoch(session.raw, column) => {
            let field = format!("{column}{}", crate::store::sql::EPOCH);
            table::put(vec![(&field, at.to_string())])
        }
        End::Timestamp => table::put_like(session.raw, column, end, setup.text(DB_TIMEZONE.name)),
        End::Iso | End::Expired | End::Expires => table::put_like(session.raw, column, end, None),
    }
}

fn has_epoch(raw: &Raw, column: &str) -> bool {
    let field = format!("{column}{}", crate::store::sql::EPOCH);
    matches!(raw, Raw::Hash(fields) if fields.iter().any(|(name, _)| name == field.as_bytes()))
}
