//! better-auth with secondaryStorage.

use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::setup;
use crate::layout::{Blob, Decoded, Layout, Mark, Place, Setup, UserIndex, Verdict, time, user};
use crate::session::{Facts, Session};
use crate::store::Op;
use crate::store::{JsonItem, Key, WhenEmpty};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "better-auth",
    about: "better-auth with secondaryStorage (@better-auth/redis-storage, or a storage of its own)",
    family: "Node.js",
    page: "\
key      <prefix><token>, a string; prefix `better-auth:` with @better-auth/redis-storage, none with
         the storage of the documentation; the token is 32 letters and digits
value    JSON {session: {token, userId, expiresAt, createdAt, ipAddress, ...}, user: {...}}; `user`
         is a copy of the user record and may be null
expiry   the key's TTL and session.expiresAt, seven days by default; one day without `remember me`
user     session.userId
cookie   better-auth.session_token (`__Secure-` before it on https) = <token>.<HMAC-SHA256, padded>
index    <prefix>active-sessions-<userId>, a JSON list of {token, expiresAt}, its TTL the longest
end      the key and its item in the list; an empty list is removed. The marker
         <prefix>revoked-sessions-before-<userId> is never touched: without it sessions that were
         revoked would be valid again (better-auth 1.7.25, db/internal-adapter)
",
    prefix: "better-auth:",
    marks: &[Mark::Member("session")],
    options: &[setup::COOKIE_SECRET],
    cookie_name: Some("better-auth.session_token"),
    locate,
    recognize,
    describe,
    end,
    user_index: Some(UserIndex {
        key: |setup, user| {
            Some([&(setup.layout.lead)(setup)[..], b"active-sessions-", user.as_bytes()].concat())
        },
        sessions: |setup, list| {
            let list = (crate::codec::json::CODEC.decode)(list, &crate::codec::Limits::default());
            let Ok(Value::List(items)) = list else { return Vec::new() };
            let tokens = items.iter().filter_map(|item| item.get("token")?.as_str());
            tokens.map(|token| (setup.layout.key_of)(setup, token.as_bytes())).collect()
        },
    }),
    expire,
    cookie: Some(|setup, given| {
        cookie::better_auth::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
    }),
    caveats: &[
        "With storeSessionInDatabase a missing key falls back to the row in SQL, and the login goes on.",
        "With cookieCache a second cookie stays valid for up to its maxAge (300 s by default).",
    ],
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let companion =
        |id: &[u8]| id.starts_with(b"active-sessions-") || id.starts_with(b"revoked-sessions-before-");
    let shape = |key: &[u8]| key::tail(key, 32, Alphabet::Alnum);
    let place = key::locate_by(setup, key, shape, |id| key::is_exactly(id, 32, Alphabet::Alnum))?;
    if companion(&key[place.id.clone()]) {
        return None;
    }
    if setup.known_lead().is_none() {
        // Behind any prefix, and with a user id that could pass for a token.
        let before = &key[..place.id.start];
        if before.ends_with(b"active-sessions-") || before.ends_with(b"revoked-sessions-before-") {
            return None;
        }
    }
    Some(place)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(session) = blob.member("session").filter(|session| session.as_map().is_some()) else {
        return Verdict::no("the value is no JSON object with an object `session`");
    };
    let Some(token) = session.get("token").and_then(Value::as_str).filter(|token| !token.is_empty()) else {
        return Verdict::no("its member `session` has no token");
    };
    let fits = match setup.known_lead() {
        Some(lead) => blob.key.strip_prefix(lead) == Some(token.as_bytes()),
        None => blob.key.ends_with(token.as_bytes()),
    };
    if fits { Verdict::Sure } else { Verdict::no("its session.token is not the end of the key") }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'b>, data: &'b Value<'b>) -> Facts<'b> {
    let member = |name| data.get("session").and_then(|session| session.get(name));
    Facts {
        user: member("userId").and_then(user::named),
        created: member("createdAt").and_then(time::instant),
        seen: member("updatedAt").and_then(time::instant),
        ends: member("expiresAt").and_then(time::instant),
        ip: user::text(member("ipAddress")),
        agent: user::text(member("userAgent")),
    }
}

/// The list of the user's sessions, and the item in it that is this one.
fn in_list(session: &Session<'_>) -> Option<(Key, JsonItem)> {
    let token = session.data.and_then(Decoded::value)?.get("session")?.get("token")?.as_str()?;
    let user = session.facts.user.as_deref()?;
    let before = session.key.strip_suffix(token.as_bytes())?;
    let key = Key([before, b"active-sessions-", user.as_bytes()].concat());
    Some((key, JsonItem::Member("token".to_string(), token.to_string())))
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    in_list(session)
        .map(|(key, item)| Op::JsonListRemove { key, item, when_empty: WhenEmpty::Unlink })
        .into_iter()
        .collect()
}

/// The list holds ends as well, and lives as long as the longest of its sessions.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let rewrite = expire::member(session, &["session", "expiresAt"], &|old| expire::like(old, end))?;
    let rewrite = rewrite.ok_or("their session.expiresAt is no time")?;
    let mut then = Vec::new();
    if let Some((key, item)) = in_list(session) {
        then.push(Op::Outlive { key: key.clone(), at: Some(end) });
        then.push(Op::JsonListSet { key, item, member: "expiresAt".to_string(), value: end.to_string() });
    }
    Ok(Expiring { at: expire::at(Some(end)), rewrite: Some(rewrite), then })
}
