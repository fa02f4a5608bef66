//! koa-session with an external store, and what builds upon it.

use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict, time, user, whose};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "koa-session",
    about: "koa-session 5 to 7 with an external store (koa-redis or a few lines of one's own)",
    family: "Node.js",
    home: Some("https://github.com/koajs/session"),
    page: "\
key      the session id itself, a string: a UUID; before 5.11 <13 digits>-<32 base64url>; or what
         genid gives. Option prefix is part of the id and in the cookie; key_prefix (the Redis
         client's) is not
value    JSON that ends in _expire (ms) and _maxAge (ms), or in _session:true with maxAge 'session'
expiry   _expire, enforced when a session is read; the key goes ten seconds later
user     passport.user, else user, userId, user_id, uid, username, account
cookie   koa.sess = <id>, with koa.sess.sig = HMAC-SHA1 of `koa.sess=<id>` next to it
index    none
end      the one key
alike    egg-session-redis writes the same; only the cookie's name tells. koa-session2 and
         koa-generic-session are others
beware   without a store the whole session is in the cookie, and nothing in Redis
",
    keys: Keys { locate, key_of: |setup, id| [setup.key_prefix().as_bytes(), id].concat(), ..Keys::PLAIN },
    marks: &[Mark::Member("_expire"), Mark::Member("_session")],
    options: &[setup::COOKIE_KEYS],
    recognize,
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("koa.sess"),
        open: Some(|setup, given| {
            cookie::keygrip::open(given, setup.cookie_name(), setup.texts("cookie_keys"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { expire, caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    same_as: &["egg-session-redis"],
    ..Layout::PLAIN
};

/// The id is the whole key, but for the Redis client's prefix.
pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = setup.known_lead().unwrap_or_default();
    let rest = key.strip_prefix(lead).filter(|rest| !rest.is_empty())?;
    let timed = |id: &[u8]| {
        id.len() == 46
            && id[13] == b'-'
            && Alphabet::Digit.all(&id[..13])
            && Alphabet::Base64Url.all(&id[14..])
    };
    Some(Place::after(key, setup.key_prefix().len(), key::is_uuid(rest) || timed(rest)))
}

/// koa-session writes its own members last (lib/context.js).
pub fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    let number = |value: &Value<'_>| value.as_f64().is_some();
    match members {
        [.., (last, Value::Bool(true))] if last == "_session" => Verdict::Sure,
        [.., (expire, when), (age, span)] if expire == "_expire" && age == "_maxAge" => {
            if number(when) && number(span) {
                Verdict::Sure
            } else {
                Verdict::no("its _expire or _maxAge is not a number")
            }
        }
        _ => Verdict::no("its last members are neither _expire and _maxAge nor _session"),
    }
}

pub fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: user::any(data),
        ends: data.get("_expire").and_then(time::millis),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

/// How long the key outlives the session, in ms (koa-session, lib/context.js).
const GRACE: i64 = 10_000;

/// `_maxAge` stays: it is what the next end is counted by. Sessions with maxAge 'session' hold no end.
fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    if session.facts.ends.is_none() {
        return expire::by_key(setup, session, end);
    }
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let rewrite = expire::member(session, &["_expire"], &|_| Some(end.to_string()))?;
    Ok(Expiring { at: expire::at(Some(end.saturating_add(GRACE))), rewrite, then: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    fn verdict(text: &str) -> Verdict {
        let raw = Raw::Text(text.as_bytes().to_vec());
        recognize(&Setup::free(&LAYOUT), &Blob::new(b"k", &raw, Limits::default()))
    }

    #[test]
    fn the_last_members_decide() {
        assert_eq!(verdict(r#"{"a":1,"_expire":1,"_maxAge":2}"#), Verdict::Sure);
        assert_eq!(verdict(r#"{"_session":true}"#), Verdict::Sure);
        for text in [
            r#"{"_expire":1,"_maxAge":2,"a":1}"#,
            r#"{"_expire":"1","_maxAge":2}"#,
            r#"{"_session":false}"#,
            r#"{"_session":true,"a":1}"#,
            r#"{"_expire":1}"#,
            "{}",
        ] {
            assert!(matches!(verdict(text), Verdict::No(_)), "{text}");
        }
    }

    #[test]
    fn the_prefix_is_part_of_the_id_and_the_clients_is_not() {
        let setting = |text: &str| Setting::Text(text.to_string());
        let options = [("prefix".to_string(), setting("s:")), ("key_prefix".to_string(), setting("t1:"))];
        let setup = Setup::named(&LAYOUT, options).expect("known options");
        let place = locate(&setup, b"t1:s:abc").expect("a session's key");
        assert_eq!((place.id, place.usual), (3..8, false));
        assert_eq!(locate(&setup, b"t1:abc"), None);
        assert_eq!((LAYOUT.keys.key_of)(&setup, b"s:abc"), b"t1:s:abc");
    }
}
