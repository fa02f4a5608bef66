//! phpBB 3 (phpbb/session.php and the schema of 3.3).

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, Whose, blob};
use crate::store::Medium;
use crate::value::Value;

const LENGTH: OptionSpec =
    OptionSpec::new("session_length", OptionKind::Number, "session_length in seconds, 3600 unless set");

pub const LAYOUT: Layout = Layout {
    name: "phpbb",
    about: "phpBB 3 (PHP)",
    family: "PHP",
    medium: Medium::Table,
    page: "\
row      of the table phpbb_sessions: session_id, session_user_id, session_start, session_time,
         session_ip, session_browser, session_autologin, session_admin and others; there is no value
         beside the columns, which are shown as the data
end      session_time + session_length (option, 3600 s by default), and a minute; of those who stay
         logged in the key decides
user     session_user_id; 1 is the anonymous one
times    session_start, session_time
cookie   <name>_sid = the id; <name>_u and <name>_k next to it
end it   the row
beware   phpbb_sessions_keys logs a browser in again that stays logged in: delete its rows of the
         user, too
",
    keys: Keys {
        prefix: "phpbb_sessions",
        locate: |_, key| table::located(key, |id| key::is_exactly(id, 32, Alphabet::Hex)),
        ..table::KEYS
    },
    table: |setup, table| {
        let columns = ["session_user_id", "session_start", "session_time", "session_ip", "session_browser"];
        table::rows(setup, table, "session_id", &columns)
    },
    marks: &[Mark::Field("session_user_id")],
    options: &[table::TABLE, LENGTH],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        let columns = ["session_user_id", "session_time"].iter().all(|name| blob.field(name).is_some());
        if usual && columns {
            Verdict::Sure
        } else {
            Verdict::no("its columns are not those of phpBB's sessions")
        }
    },
    read: |_, blob| {
        let member = |(name, value): &'_ (Vec<u8>, Vec<u8>)| {
            (String::from_utf8_lossy(name).into_owned().into(), blob::plain(value).into_owned())
        };
        Decoded::owned("row", Value::Map(blob.fields().into_iter().flatten().map(member).collect()))
    },
    whose: Whose::Own(|_, blob, _| match blob.field("session_user_id") {
        Some(b"1") => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("phpbb3_sid"),
        open: Some(|setup, given| {
            let named = given.names().find(|name| name.ends_with("_sid"));
            cookie::bare::open(given, setup.text("cookie_name").or(named).unwrap_or(setup.cookie_name()))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire: |setup, session, end| table::put_since(session, "session_time", end, Some(life(setup))),
        caveats: &[
            "A browser that stays logged in (phpbb_sessions_keys) is logged in again at its next request.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..Layout::PLAIN
};

/// A minute more than the length counts.
fn life(setup: &Setup) -> i64 {
    setup.number(LENGTH.name).unwrap_or(3600).saturating_add(60).saturating_mul(1000)
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, "session_time");
    let stays = blob.field("session_autologin") == Some(b"1");
    Facts {
        user: table::text(blob, "session_user_id").filter(|id| id != "1"),
        created: table::seconds(blob, "session_start"),
        seen,
        ends: seen.filter(|_| !stays).and_then(|seen| seen.checked_add(life(setup))),
        ip: table::text(blob, "session_ip"),
        agent: table::text(blob, "session_browser"),
        ..Facts::default()
    }
}
