//! connect-redis with express-session.

use super::key::{self, Alphabet};
use super::*;
use crate::cookie;

/// Secrets that sign a cookie; any may have signed.
pub const COOKIE_SECRET: OptionSpec =
    OptionSpec::secret("cookie_secret", OptionKind::Texts, "the secret or secrets that sign the cookie");

pub const LAYOUT: Layout = Layout {
    name: "connect-redis",
    about: "express-session with connect-redis 3 to 10 (Express, NestJS, Sails)",
    family: "Node.js",
    page: "\
key      <prefix><sid>, a string; prefix `sess:` unless configured; sid 32 base64url characters
         unless the application has a genid of its own
value    JSON with a member `cookie` that holds originalMaxAge and path
expiry   the key's TTL; `cookie.expires` inside the value is not enforced and goes stale
user     passport.user, otherwise user, userId, user_id, uid, username, account
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
index    none
",
    prefix: "sess:",
    marks: &[Mark::Member("cookie")],
    options: &[COOKIE_SECRET],
    cookie_name: Some("connect.sid"),
    locate,
    recognize,
    describe,
    cookie: Some(|setup, given| {
        cookie::express::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
    }),
    caveats: &[
        "A request that was in flight and changes its session writes it back; look again after a few seconds.",
        "Websocket connections that were authenticated at their handshake stay up.",
    ],
    ..Layout::PLAIN
};

/// 24 random bytes as base64url, or a UUID from a genid.
pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(
        setup,
        key,
        |key| key::tail(key, 32, Alphabet::Base64Url).or_else(|| key::uuid_tail(key)),
        |id| key::is_exactly(id, 32, Alphabet::Base64Url) || key::is_uuid(id),
    )
}

/// express-session always writes originalMaxAge and path (session/cookie.js, 1.15 to 1.19).
fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.member("cookie") {
        Some(Value::Map(cookie)) => {
            let has = |name: &str| cookie.iter().any(|(member, _)| member == name);
            if !has("originalMaxAge") || !has("path") {
                Verdict::no("its cookie member lacks originalMaxAge or path")
            } else if has("_expires") {
                Verdict::no("its cookie member is a raw Cookie object (_expires)")
            } else {
                Verdict::Sure
            }
        }
        Some(_) => Verdict::no("its member `cookie` is no object"),
        None => Verdict::no("the value is no JSON object with a member `cookie`"),
    }
}

pub fn describe<'b>(_: &'b Setup, _: &'b Blob<'b>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { user: user::any(data), ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}
