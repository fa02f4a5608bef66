//! Moodle's table of sessions, which every handler keeps next to its own store (lib/classes/session/database.php,
//! file.php of 4 and 5).

use crate::frameworks::php::moodle;
use crate::layout::php;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, Whose};
use crate::store::{Kind, Medium};
use crate::value::Value;
use crate::wrap::base64;

const VALUE: &str = "sessdata";

const TIMEOUT: OptionSpec = OptionSpec::new(
    "sessiontimeout",
    OptionKind::Number,
    "$CFG->sessiontimeout in seconds, 28800 unless set",
);

pub const LAYOUT: Layout = Layout {
    name: "moodle-db",
    about: "Moodle: its table of sessions, which counts whatever handler keeps them (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table <prefix>sessions: id, state, sid, userid, sessdata, timecreated, timemodified,
         firstip, lastip. With handlers in files, Redis or Memcached sessdata is empty, and the row
         still decides: `kill_session` deletes it
value    sessdata: base64 of a PHP session with the variables USER and SESSION
end      timemodified + sessiontimeout (8 hours by default)
user     userid; 0 is nobody, 1 usually the guest
times    timecreated, timemodified; address lastip
cookie   MoodleSession<sessioncookie> = the sid, unsigned
end it   the row. A request in flight updates by its number and does not bring it back
",
    keys: Keys {
        prefix: "mdl_sessions",
        kind: Kind::Hash,
        other_kind: None,
        locate: |_, key| table::located(key, php::is_usual),
        ..table::KEYS
    },
    table: |setup, table| {
        table::rows(
            setup,
            table,
            "sid",
            &["state", "userid", VALUE, "timecreated", "timemodified", "firstip", "lastip"],
        )
    },
    marks: &[Mark::Field("timemodified")],
    options: &[table::TABLE, TIMEOUT],
    recognize: |_, blob| {
        let has = |name| blob.field(name).is_some();
        if has("sid") && has("userid") && has("timecreated") && has("timemodified") {
            Verdict::Sure
        } else {
            Verdict::no("its columns are not those of Moodle's sessions")
        }
    },
    read: |_, blob| match blob.field(VALUE) {
        Some(text) if !text.is_empty() => table::lent(blob.made(VALUE, |column| {
            match base64::open(column.text().unwrap_or_default(), &column.limits) {
                Ok(bytes) => {
                    table::unpacked(column, bytes, |inner| table::owned(&[base64::NAME], inner.php_data()))
                }
                Err(_) => table::owned(&[], column.php_data()),
            }
        })),
        _ => Decoded::owned("row", Value::Map(Vec::new())),
    },
    describe: |_, _, _| Facts::default(),
    whose: Whose::Own(|_, blob, _| match blob.field("userid") {
        Some(b"0") => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |setup, session, end| table::put_since(session, "timemodified", end, Some(life(setup))),
        caveats: &["Tokens of the mobile app and of web services are not sessions."],
        ..Ends::PLAIN
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..moodle::LAYOUT
};

fn life(setup: &Setup) -> i64 {
    setup.number(TIMEOUT.name).unwrap_or(28_800).saturating_mul(1000)
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, "timemodified");
    Facts {
        user: table::text(blob, "userid").filter(|id| id != "0"),
        created: table::seconds(blob, "timecreated"),
        seen,
        ends: seen.and_then(|seen| seen.checked_add(life(setup))),
        ip: table::text(blob, "lastip"),
        ..Facts::default()
    }
}
