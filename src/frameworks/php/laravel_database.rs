//! Laravel's sessions in a table (`SESSION_DRIVER=database`, the default since 11).
//!
//! laravel/framework 8.83.26 and 13.26.1, Session/DatabaseSessionHandler.php and the stubs of its migration.

use crate::frameworks::php::laravel;
use crate::layout::session::{Facts, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table::{self, TABLE};
use crate::layout::{Blob, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, expire};
use crate::store::{Medium, Raw};
use crate::wrap::base64;

const LIFETIME: OptionSpec =
    OptionSpec::new("lifetime", OptionKind::Number, "session.lifetime in minutes, 120 unless set");
/// Minutes.
const DEFAULT_LIFETIME: i64 = 120;

pub const LAYOUT: Layout = Layout {
    name: "laravel-database",
    about: "Laravel with SESSION_DRIVER=database, its default since 11 (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table `sessions` (session.table, after the connection's prefix): id of 40 letters
         and digits, user_id, ip_address, user_agent, payload, last_activity
value    payload: base64 of what `serialize` or JSON made of the session, or of an envelope of the
         encrypter (session.encrypt), which app_key opens
end      last_activity and session.lifetime (option lifetime, minutes). A row whose end has passed
         stays until a lottery collects it, and its next request empties and reuses it
user     login_<guard>_<sha1> in the payload, as in laravel; user_id is that of the default guard
         alone, and counts where the payload names nobody or cannot be read
times    last_activity: the last request, with ip_address and user_agent of that
cookie   laravel_session or laravel-session, as in laravel
end it   the row, as the handler's destroy does. A request in flight writes to a row that is not
         there any more: the session stays gone (observed, 8.83.26)
",
    keys: Keys {
        prefix: "sessions",
        locate: |_, key| table::located(key, |id| id.len() == 40 && id.iter().all(u8::is_ascii_alphanumeric)),
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "id", &["payload", "last_activity"]),
    marks: &[Mark::Field("payload")],
    options: &[
        TABLE,
        LIFETIME,
        laravel::APP_KEY,
        laravel::PREVIOUS_KEYS,
        OptionSpec::new("driver", OptionKind::Text, "session.driver, which is database"),
        OptionSpec::new("serialization", OptionKind::Text, "session.serialization; detected from the value"),
        OptionSpec::new("encrypt", OptionKind::Flag, "session.encrypt; detected from the value"),
    ],
    recognize,
    read: |setup, blob| table::lent(data(setup, blob)),
    ends: Ends {
        expire,
        caveats: &[
            "A browser with a remember-me cookie is logged in again at its next request; change the user's remember \
             token as well.",
            "The next request of the same browser makes an empty session under the same id.",
        ],
        ..laravel::LAYOUT.ends
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..laravel::LAYOUT
};

fn data<'b>(setup: &Setup, blob: &'b Blob<'_>) -> Option<&'b Decoded<'static>> {
    blob.made("payload", |payload| match base64::open(payload.text().unwrap_or_default(), &payload.limits) {
        Ok(bytes) => table::owned(&[base64::NAME], laravel::payload(setup, &bytes, payload.limits)),
        Err(error) => Decoded::failed(base64::NAME, error),
    })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
    let Some(decoded) = data(setup, blob) else { return Verdict::no("the row has no payload") };
    match decoded.value() {
        Some(data) if laravel::is_session(data) => Verdict::Sure,
        Some(data) if usual && data.members().is_some() => Verdict::Weak,
        Some(_) => Verdict::no("the payload is not a session with `_token`"),
        None if usual && decoded.via.contains(&crate::wrap::laravel::NAME) => Verdict::Sure,
        None if usual => Verdict::Kin,
        None => Verdict::no("the payload is not a session"),
    }
}

fn lifetime(setup: &Setup) -> i64 {
    setup.number("lifetime").unwrap_or(DEFAULT_LIFETIME).saturating_mul(60_000)
}

fn columns<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::seconds(blob, "last_activity");
    Facts {
        user: table::text(blob, "user_id"),
        seen,
        ends: seen.map(|seen| seen.saturating_add(lifetime(setup))),
        ip: table::text(blob, "ip_address"),
        agent: table::text(blob, "user_agent"),
        ..Facts::default()
    }
}

/// The end is counted from the last request, which is what has to move.
fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> crate::layout::expire::Moved {
    let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
    match session.raw {
        Raw::Hash(_) => {
            table::put(vec![("last_activity", (end - lifetime(setup)).div_euclid(1000).to_string())])
        }
        _ => Err(expire::UNREADABLE),
    }
}
