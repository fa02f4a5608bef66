//! remix-redis-session.

use super::key::{self, Alphabet};
use super::*;
use crate::cookie;

pub const LAYOUT: Layout = Layout {
    name: "remix-redis-session",
    about: "remix-redis-session (Remix 1 and 2)",
    family: "Node.js",
    page: "\
key      16 hex digits and nothing else, a string
value    the JSON of the session; what is flashed as __flash_<name>__
expiry   none in practice: with a cookie expiry the package hands Redis a fraction and fails
         (0.0.12)
user     user, userId, user_id, uid, username, account
cookie   __session = <base64 of the id as JSON text>.<HMAC-SHA256, unpadded>, percent-encoded
index    none
end      the one key
alike    any JSON object under such a key: found without being named only where there are two, and
         changed only when the layout is named
",
    marks: &[Mark::AnyObject],
    options: &[connect_redis::COOKIE_SECRET],
    cookie_name: Some("__session"),
    locate,
    recognize,
    describe: |_, _, data| Facts {
        user: user::any(data),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    cookie: Some(|setup, given| {
        cookie::remix::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
    }),
    caveats: &[connect_redis::WRITTEN_BACK],
    ..Layout::PLAIN
};

/// The package makes its ids itself, of eight random bytes; other keys cannot be its sessions.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = setup.known_lead().unwrap_or_default();
    let id = key.strip_prefix(&lead[..])?;
    key::is_exactly(id, 16, Alphabet::Hex).then(|| Place::after(key, lead.len(), true))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.object() {
        Some([]) => Verdict::Kin,
        Some(_) => Verdict::Several,
        None => Verdict::no("the value is no JSON object"),
    }
}
