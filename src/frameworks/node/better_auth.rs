//! better-auth with secondaryStorage.

use crate::codec::{Limits, json};
use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::setup;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, UserIndex, Verdict, time, user,
};
use crate::store::{IndexOp, JsonItem, Key, Op, Raw, Rewrite, WhenEmpty};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "better-auth",
    about: "better-auth with secondaryStorage (@better-auth/redis-storage, or a storage of its own)",
    family: "Node.js",
    home: Some("https://www.better-auth.com/"),
    page: "\
key      <prefix><token>, a string; prefix `better-auth:` with @better-auth/redis-storage, none with
         the storage of the documentation; the token is 32 letters and digits
value    JSON {session: {token, userId, expiresAt, createdAt, ipAddress, ...}, user: {...}}; `user`
         is a copy of the user record and may be null; with the storage that the documentation gave
         at the end of 2024 the same, and the list, once more as a JSON text
expiry   the key's TTL and session.expiresAt, seven days by default; one day without `remember me`
user     session.userId
cookie   better-auth.session_token (`__Secure-` before it on https) = <token>.<HMAC-SHA256, padded>
index    <prefix>active-sessions-<userId>, a JSON list of {token, expiresAt}, its TTL the longest
end      the key and its item in the list; an empty list is removed. The marker
         <prefix>revoked-sessions-before-<userId> is never touched: without it sessions that were
         revoked would be valid again (better-auth 1.7.25, db/internal-adapter)
",
    keys: Keys { prefix: "better-auth:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("session"), Mark::Magic(QUOTED)],
    options: &[setup::COOKIE_SECRET],
    recognize,
    read,
    describe,
    cookie: Cookie {
        name: Some("better-auth.session_token"),
        open: Some(|setup, given| {
            cookie::better_auth::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        user_index: Some(UserIndex {
            key: |setup, user| {
                Some([&(setup.layout.keys.lead)(setup)[..], b"active-sessions-", user.as_bytes()].concat())
            },
            sessions: |setup, list| {
                let inner = unquoted(list).map(String::into_bytes);
                let list = json::decode(inner.as_deref().unwrap_or(list), &Limits::default());
                let Ok(Value::List(items)) = list else { return Vec::new() };
                let tokens = items.iter().filter_map(|item| item.get("token")?.as_str());
                tokens.map(|token| (setup.layout.keys.key_of)(setup, token.as_bytes())).collect()
            },
        }),
        expire,
        caveats: &[
            "With storeSessionInDatabase a missing key falls back to the row in SQL, and the login goes on.",
            "With cookieCache a second cookie stays valid for up to its maxAge (300 s by default).",
        ],
        ..Ends::PLAIN
    },
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

/// How a JSON object begins in a JSON text.
const QUOTED: &[u8] = b"\"{";

/// The text within, where JSON was made JSON once more.
fn unquoted(text: &[u8]) -> Option<String> {
    if text.first() == Some(&b'"') { serde_json::from_slice(text).ok() } else { None }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const NAME: &str = json::CODEC.name;
    let Some(text) = blob.text().filter(|text| text.starts_with(QUOTED)) else { return blob.whole_json() };
    let value = match unquoted(text) {
        Some(inner) => json::decode(inner.as_bytes(), &blob.limits).map(Value::into_owned),
        None => json::decode(text, &blob.limits).map(Value::into_owned),
    };
    Decoded { via: vec![NAME, NAME], value: value.map(Cow::Owned) }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let decoded = read(setup, blob);
    let session = decoded.value().and_then(|data| data.get("session"));
    let Some(session) = session.filter(|session| session.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object with an object `session`");
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

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let member = |name| data.get("session").and_then(|session| session.get(name));
    Facts {
        user: member("userId").and_then(user::named),
        created: member("createdAt").and_then(time::instant),
        seen: member("updatedAt").and_then(time::instant),
        ends: member("expiresAt").and_then(time::instant),
        ip: user::text(member("ipAddress")),
        agent: user::text(member("userAgent")),
        ..Facts::default()
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
        .map(|(key, item)| Op::Index(IndexOp::JsonListRemove { key, item, when_empty: WhenEmpty::Unlink }))
        .into_iter()
        .collect()
}

/// The session in its JSON text, with another value for the member at this path.
fn rewritten(text: &[u8], path: &[&str], new: &dyn Fn(&Value<'_>) -> Option<String>) -> Option<Rewrite> {
    let inner = unquoted(text)?.into_bytes();
    let span = json::member_span(&inner, path, &Limits::default())?;
    let old = json::decode(&inner[span.clone()], &Limits::default()).ok()?;
    let inner = json::splice(&inner, span.clone(), new(&old)?.as_bytes());
    Some(Rewrite::Text(serde_json::to_vec(std::str::from_utf8(&inner).ok()?).ok()?))
}

/// The end that counts when a session is read.
const PATH: &[&str] = &["session", "expiresAt"];

/// The list holds ends as well, and lives as long as the longest of its sessions.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let new = |old: &Value<'_>| expire::like(old, end);
    let rewrite = match session.raw {
        Raw::Text(text) if text.starts_with(QUOTED) => rewritten(text, PATH, &new),
        _ => expire::member(session, PATH, &new)?,
    };
    let rewrite = rewrite.ok_or("their session.expiresAt is not a time")?;
    let mut then = Vec::new();
    if let Some((key, item)) = in_list(session) {
        then.push(Op::Outlive { key: key.clone(), at: Some(end) });
        then.push(Op::Index(IndexOp::JsonListSet {
            key,
            item,
            member: "expiresAt".to_string(),
            value: end.to_string(),
        }));
    }
    Ok(Expiring { at: expire::at(Some(end)), rewrite: Some(rewrite), then })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_json_text_is_the_same_session() {
        let inner = r#"{"session":{"token":"abcdefghijklmnopqrstuvwxyzABCDEF","userId":"u7","expiresAt":"2026-12-01T00:00:00.000Z","name":"\"é\\"},"user":null}"#;
        let raw = Raw::Text(serde_json::to_vec(inner).expect("JSON"));
        let (setup, id) = (Setup::free(&LAYOUT), b"abcdefghijklmnopqrstuvwxyzABCDEF");
        let key = [b"p:", &id[..]].concat();
        let blob = Blob::new(&key, &raw, Limits::default());
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = read(&setup, &blob);
        assert_eq!(data.via, ["json", "json"]);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!((facts.user.as_deref(), facts.ends), (Some("u7"), Some(1_796_083_200_000)));
        let session = crate::frameworks::tests::session(&setup, &blob, id, facts, &data);
        assert_eq!(end(&setup, &session).len(), 1);
        let moved = expire(&setup, &session, Some(1_796_000_000_000)).expect("it can be moved");
        let new = inner.replace("2026-12-01T00:00:00.000Z", "2026-11-30T00:53:20.000Z");
        assert_eq!(moved.rewrite, Some(Rewrite::Text(serde_json::to_vec(&new).expect("JSON"))));
        let list = serde_json::to_vec(r#"[{"token":"a","expiresAt":1}]"#).expect("JSON");
        let named = Setup::named(&LAYOUT, []).expect("no options");
        assert_eq!(
            (LAYOUT.ends.user_index.expect("an index").sessions)(&named, &list),
            [b"better-auth:a".to_vec()]
        );
    }
}
