//! @fastify/session over a store of the express kind.

use crate::codec::{Limits, json};
use crate::cookie;
use crate::frameworks::node::connect_redis;
use crate::layout::session::{Facts, Session};
use crate::layout::{Blob, Cookie, Decoded, Ends, Layout, Mark, Setup, Verdict, expire, time, user, whose};
use crate::store::{Raw, Rewrite};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "fastify-session",
    about: "@fastify/session 5 to 11 with fastify-session-redis-store or connect-redis",
    home: Some("https://github.com/fastify/session"),
    page: "\
key      <prefix><sid>, a string; prefix `sess:`; sid 32 base64url characters
value    JSON with a member `cookie` that holds originalMaxAge and path as connect-redis does, and
         always sameSite, secure and domain, one of them usually null; originalExpires once
         restored. Up to 8 no originalMaxAge, but `sessionId` and `encryptedSessionId` beside the
         cookie: the whole value of the browser's (lib/session.js at v7.0.0)
expiry   the key's TTL, and `cookie.expires`, which is enforced when a session is read; every
         request moves both (rolling is the default)
user     `passport` itself (@fastify/passport keeps the user there, not in passport.user), else
         user, userId, user_id, uid, username, account
cookie   sessionId = <sid>.<HMAC-SHA256, unpadded>; a leading `s:` of express is understood
index    none
end      the one key
alike    connect-redis: where sameSite, secure and domain are all set, originalExpires or a
         `passport` that is the user itself decides (@fastify/session 11.1.3, @fastify/passport
         3.0.2)
",
    marks: MARKS,
    recognize,
    read: |_, blob| blob.whole_json(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("sessionId"),
        open: Some(|setup, given| {
            cookie::express::open_fastify(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..connect_redis::LAYOUT.cookie
    },
    ends: Ends {
        end: |_, _| Vec::new(),
        // originalMaxAge stays: from it the library counts the next end.
        expire,
        caveats: &[Layout::WRITTEN_BACK],
        ..connect_redis::LAYOUT.ends
    },
    ..connect_redis::LAYOUT
};

const MARKS: &[Mark] = &[Mark::Member("cookie"), Mark::Member("encryptedSessionId")];

/// What versions up to 8 write: the id, and the cookie with its signature.
fn is_older(blob: &Blob<'_>) -> bool {
    let text = |name| blob.member(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let cookie = blob.member("cookie").filter(|cookie| cookie.as_map().is_some());
    text("sessionId").is_some_and(|id| blob.key.ends_with(id.as_bytes()))
        && text("encryptedSessionId").is_some()
        && cookie.is_some_and(|cookie| cookie.get("originalMaxAge").is_none())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if is_older(blob) {
        return Verdict::Sure;
    }
    let (Some(data), Some(cookie)) = (blob.json(), blob.member("cookie")) else {
        return Verdict::no("the value is not a JSON object with a member `cookie`");
    };
    let has = |name| cookie.get(name).is_some();
    if !has("originalMaxAge") || !has("path") {
        Verdict::no("its cookie member lacks originalMaxAge or path")
    } else if !["sameSite", "secure", "domain"].into_iter().all(has) {
        Verdict::no(
            "its cookie member lacks sameSite, secure or domain, which @fastify/session always writes",
        )
    } else if setup.named || connect_redis::is_fastify(cookie, data) {
        Verdict::Sure
    } else {
        Verdict::no("nothing tells it from a session of express-session")
    }
}

/// Where the end is that counts when a session is read; the second up to 8 only.
const ENDS: &[&[&str]] = &[&["cookie", "expires"], &["expires"]];

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let mut moved = expire::nullable(session, ENDS[0], end)?;
    let Raw::Text(text) = session.raw else { return Ok(moved) };
    let older =
        session.data.and_then(Decoded::value).is_some_and(|data| data.get("encryptedSessionId").is_some());
    // What the first step made has the other end still.
    let text = match &moved.rewrite {
        Some(Rewrite::Text(text)) => text,
        _ => text,
    };
    if let Some(span) = json::member_span(text, ENDS[1], &Limits::default()).filter(|_| older) {
        let old = json::decode(&text[span.clone()], &Limits::default()).map_err(|_| expire::UNREADABLE)?;
        if let Some(new) = expire::nulled(&old, end) {
            moved.rewrite = Some(Rewrite::Text(json::splice(text, span, new.as_bytes())));
        }
    }
    Ok(moved)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let own = data.get("passport").and_then(user::named);
    Facts {
        user: own.or_else(|| user::any(data)),
        ends: ENDS.iter().filter_map(|path| time::iso_in(data.at(&path.join(".")))).min(),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDER: &str = r#"{"expires":"2026-12-01T00:00:00.000Z","cookie":{"maxAge":86400000,"path":"/","httpOnly":true,"expires":"2026-12-01T00:00:00.000Z","sameSite":null,"domain":null},"sessionId":"abcdefghijklmnopqrstuvwxyz_-0123","encryptedSessionId":"abcdefghijklmnopqrstuvwxyz_-0123.c2ln","user":{"id":7}}"#;

    #[test]
    fn sessions_of_versions_up_to_8_are_told_by_the_id_in_them() {
        let setup = Setup::free(&LAYOUT);
        let raw = Raw::Text(OLDER.into());
        let id = b"abcdefghijklmnopqrstuvwxyz_-0123";
        for (key, ours) in [
            ("sess:abcdefghijklmnopqrstuvwxyz_-0123", true),
            ("shop:sess:abcdefghijklmnopqrstuvwxyz_-0123", true),
            ("sess:abcdefghijklmnopqrstuvwxyz_-0124", false),
        ] {
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert_eq!(recognize(&setup, &blob) == Verdict::Sure, ours, "{key}");
        }
        let blob = Blob::new(b"sess:abcdefghijklmnopqrstuvwxyz_-0123", &raw, Limits::default());
        assert!(matches!(
            (connect_redis::LAYOUT.recognize)(&Setup::free(&connect_redis::LAYOUT), &blob),
            Verdict::No(_)
        ));
        let data = (LAYOUT.read)(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!((facts.user.as_deref(), facts.ends), (Some("7"), Some(1_796_083_200_000)));
        let session = crate::frameworks::tests::session(&setup, &blob, id, facts, &data);
        let moved = expire(&setup, &session, Some(1_796_000_000_000)).expect("it can be moved");
        let new = OLDER.replace("2026-12-01T00:00:00.000Z", "2026-11-30T00:53:20.000Z");
        assert_eq!(moved.rewrite, Some(Rewrite::Text(new.into_bytes())));
    }
}
