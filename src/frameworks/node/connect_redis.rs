//! connect-redis with express-session: also what NodeBB, Overleaf and @fastify/session build upon.

use crate::codec::{json, msgpack};
use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, user,
};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "connect-redis",
    about: "express-session with connect-redis 3 to 10 (Express, NestJS, Sails)",
    family: "Node.js",
    home: Some("https://github.com/tj/connect-redis"),
    page: "\
key      <prefix><sid>, a string; prefix `sess:` unless configured (NestJS often `myapp:`, Medusa
         `<redisPrefix>sess:`); sid 32 base64url characters unless the application has its own genid
value    JSON with a member `cookie` that holds originalMaxAge and path, always both
         (express-session 1.15 to 1.19, session/cookie.js)
expiry   the key's TTL, in whole seconds; none with disableTTL. `cookie.expires` in the value is not
         enforced and goes stale when an unchanged session is only touched
user     passport.user, else the access token of keycloak-connect, else user, userId, user_id, uid,
         username, account; a member may hold an object with id, _id, userId, sub, email, username
cookie   connect.sid (Sails: sails.sid) = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
index    none; NodeBB and Overleaf keep one of their own (see their layouts)
end      the one key. A custom serializer (base64, superjson, MessagePack) is read only when this
         layout is named
alike    @fastify/session writes sameSite, secure and domain into `cookie` even when they are null
",
    keys: Keys { prefix: "sess:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("cookie")],
    options: &[setup::COOKIE_SECRET],
    recognize,
    read,
    describe,
    whose: Whose::Container(|data| Some(Cow::Borrowed(inner(data)))),
    cookie: Cookie {
        name: Some("connect.sid"),
        open: Some(|setup, given| {
            cookie::express::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "Websocket connections that were authenticated at their handshake stay up.",
            "OAuth tokens that the application handed out or keeps elsewhere go on.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// 24 random bytes as base64url, or a UUID from a genid.
pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, sid_tail, |id| {
        key::is_exactly(id, 32, Alphabet::Base64Url) || key::is_uuid(id)
    })
}

/// An sid at the end of a key.
fn sid_tail(key: &[u8]) -> Option<usize> {
    key::tail(key, 32, Alphabet::Base64Url)
        .or_else(|| key::uuid_tail(key))
        .or_else(|| key::tail_behind(key, 32, Alphabet::Base64Url))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if let Some(value) = blob.json() {
        return judge(setup, value);
    }
    if setup.named
        && let Some((_, value)) = unserialized(blob)
    {
        return judge(setup, &value);
    }
    match blob.form(Form::Json) {
        Some(Err(_)) => Verdict::no("the value begins like JSON and does not decode"),
        _ => Verdict::no("the value is not a JSON object"),
    }
}

/// express-session always writes originalMaxAge and path (session/cookie.js, 1.15 to 1.19).
pub fn judge(setup: &Setup, data: &Value<'_>) -> Verdict {
    let Some(members) = data.as_map() else { return Verdict::no("the value is not a JSON object") };
    let Some(cookie) = data.get("cookie") else {
        // superjson keeps the session in a member of its own.
        return match data.get("json") {
            Some(inner) if setup.named && is_superjson(members) => judge(setup, inner),
            _ if members.is_empty() => Verdict::no("the value is an empty object"),
            _ => Verdict::no("the value has no member `cookie`"),
        };
    };
    if cookie.as_map().is_none() {
        return Verdict::no("its member `cookie` is not an object");
    }
    match (cookie.get("originalMaxAge"), cookie.get("path")) {
        (None, None) => Verdict::no("its cookie member lacks originalMaxAge and path"),
        (None, Some(_)) => Verdict::no("its cookie member lacks originalMaxAge"),
        (Some(_), None) => Verdict::no("its cookie member lacks path"),
        (_, Some(path)) if !is_path(path) => Verdict::no("its cookie member has a path that is not text"),
        (Some(age), _) if !is_age(age) => {
            Verdict::no("its cookie member has an originalMaxAge that is not a number")
        }
        _ if cookie.get("_expires").is_some() => {
            Verdict::no("its cookie member is a raw Cookie object (_expires)")
        }
        _ if is_fastify(cookie, data) => {
            Verdict::no("its cookie member is that of @fastify/session (sameSite, secure and domain)")
        }
        _ => Verdict::Sure,
    }
}

/// A path that is not text cannot be written to a browser (cookie 0.7, index.js).
fn is_path(path: &Value<'_>) -> bool {
    matches!(path, Value::Text(_) | Value::Null)
}

/// Milliseconds; null or false where the cookie ends with the browser.
fn is_age(age: &Value<'_>) -> bool {
    !matches!(age, Value::Map(_) | Value::List(_) | Value::Text(_))
}

fn is_superjson(members: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    members.iter().all(|(name, _)| name == "json" || name == "meta")
}

/// @fastify/session always writes sameSite, secure and domain, one of them usually null; express
/// leaves out what is not set and never writes null there. Where all three are set, originalExpires
/// or a `passport` that is the user itself decide (@fastify/session 11.1.3, @fastify/passport 3.0.2).
pub fn is_fastify(cookie: &Value<'_>, data: &Value<'_>) -> bool {
    // What express leaves out most often is asked for first.
    let three = || Some([cookie.get("domain")?, cookie.get("secure")?, cookie.get("sameSite")?]);
    let Some(three) = three() else { return false };
    let own_passport = data.get("passport").is_some_and(|passport| match passport.members() {
        // passport up to 0.5 leaves an empty object after at logout.
        Some(members) => !members.is_empty() && passport.get("user").is_none(),
        None => true,
    });
    three.contains(&&Value::Null) || cookie.get("originalExpires").is_some() || own_passport
}

/// What serializers other than JSON wrote, seen in practice: JSON in base64, and MessagePack, as bytes
/// or as a string of one character a byte.
fn unserialized<'b>(blob: &'b Blob<'_>) -> Option<(Vec<&'static str>, Value<'b>)> {
    use base64::Engine as _;
    let text = blob.text().filter(|text| !text.is_empty())?;
    if let Ok(value @ Value::Map(_)) = msgpack::decode(text, &blob.limits) {
        return Some((vec!["msgpack"], value));
    }
    if let Ok(text) = std::str::from_utf8(text)
        && let Ok(bytes) =
            text.chars().map(|char| u8::try_from(u32::from(char))).collect::<Result<Vec<u8>, _>>()
        && let Ok(value @ Value::Map(_)) = msgpack::decode(&bytes, &blob.limits)
    {
        return Some((vec!["msgpack"], value.into_owned()));
    }
    let inner = base64::engine::general_purpose::STANDARD.decode(text.trim_ascii()).ok()?;
    match json::decode(&inner, &blob.limits) {
        Ok(value @ Value::Map(_)) => Some((vec!["base64", "json"], value.into_owned())),
        _ => None,
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.form(Form::Json).is_none()
        && setup.named
        && let Some((via, value)) = unserialized(blob)
    {
        return Decoded { via, value: Ok(Cow::Owned(value)) };
    }
    blob.whole_json()
}

/// The session itself, which superjson keeps one level deeper.
fn inner<'v, 'b>(data: &'v Value<'b>) -> &'v Value<'b> {
    match (data.get("cookie"), data.get("json")) {
        (None, Some(inner)) if data.as_map().is_some_and(is_superjson) => inner,
        _ => data,
    }
}

pub fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let data = inner(data);
    let user = user::passport(data)
        .or_else(|| user::keycloak(data).map(Cow::Owned))
        .or_else(|| user::conventional(data));
    Facts { user, ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    fn setups() -> [Setup; 2] {
        [Setup::free(&LAYOUT), Setup::named(&LAYOUT, []).expect("no options")]
    }

    fn verdict(setup: &Setup, text: &[u8]) -> Verdict {
        let raw = Raw::Text(text.to_vec());
        recognize(setup, &Blob::new(b"sess:x", &raw, Limits::default()))
    }

    const COOKIE: &str = r#""cookie":{"originalMaxAge":1,"path":"/""#;

    #[test]
    fn look_alikes_are_refused_with_the_reason() {
        for (text, word) in [
            (r#"{"cookie":{"originalMaxAge":1}}"#.to_string(), "path"),
            (r#"{"cookie":{"path":"/"}}"#.to_string(), "originalMaxAge"),
            (r#"{"cookie":"x"}"#.to_string(), "object"),
            (format!("{{{COOKIE},\"_expires\":null}}}}"), "_expires"),
            (r#"{"cookie":{"originalMaxAge":1,"path":1}}"#.to_string(), "not text"),
            (r#"{"cookie":{"originalMaxAge":"1 day","path":"/"}}"#.to_string(), "not a number"),
            (format!(r#"{{{COOKIE},"sameSite":null,"secure":false,"domain":null}}}}"#), "fastify"),
            ("{}".to_string(), "empty"),
            ("7".to_string(), "not a JSON object"),
            (r#"{"cookie":"#.to_string(), "does not decode"),
        ] {
            for setup in setups() {
                let Verdict::No(why) = verdict(&setup, text.as_bytes()) else { panic!("{text}") };
                assert!(why.contains(word), "{text}: {why}");
            }
        }
    }

    #[test]
    fn where_all_three_cookie_options_are_set_other_marks_decide() {
        let all = r#","sameSite":"lax","secure":true,"domain":"d""#;
        for (rest, sure) in [
            ("}}", true),
            (r#"},"passport":{"user":1}}"#, true),
            (r#"},"passport":{}}"#, true),
            (r#"},"passport":"alice"}"#, false),
            (r#"},"passport":{"id":1}}"#, false),
            (r#","originalExpires":null}}"#, false),
        ] {
            let text = format!("{{{COOKIE}{all}{rest}");
            assert_eq!(verdict(&setups()[0], text.as_bytes()) == Verdict::Sure, sure, "{text}");
        }
    }

    #[test]
    fn other_serializers_are_read_only_when_the_layout_is_named() {
        let [free, named] = setups();
        let plain = format!(r#"{{{COOKIE}}},"user":"zo\u00eb"}}"#);
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &plain);
        let superjson = format!(r#"{{"json":{plain}}}"#);
        let packed: Vec<u8> =
            b"\x82\xa6cookie\x82\xaeoriginalMaxAge\x01\xa4path\xa1/\xa4user\xa3bob".to_vec();
        let binary: String = packed.iter().map(|byte| char::from(*byte)).collect();
        for (text, user) in [
            (base64.as_bytes(), "zo\u{eb}"),
            (superjson.as_bytes(), "zo\u{eb}"),
            (&packed[..], "bob"),
            (binary.as_bytes(), "bob"),
        ] {
            assert!(matches!(verdict(&free, text), Verdict::No(_)), "{text:?}");
            assert_eq!(verdict(&named, text), Verdict::Sure, "{text:?}");
            let raw = Raw::Text(text.to_vec());
            let blob = Blob::new(b"sess:x", &raw, Limits::default());
            let decoded = read(&named, &blob);
            let facts = describe(&named, &blob, decoded.value().expect("it decodes"));
            assert_eq!(facts.user.as_deref(), Some(user));
        }
    }

    #[test]
    fn an_id_is_found_behind_any_prefix() {
        let sid = "_Pmeir6CmzKCVGND-cPmfFHdFhLjtL9c";
        for prefix in
            ["", "sess:", "t1:sess:", "shop[1]:", "{shop:eu}:", "app-", "app_", "wm{s}_*", "mysess:"]
        {
            let key = format!("{prefix}{sid}");
            let place = locate(&setups()[0], key.as_bytes()).expect("a place");
            assert_eq!((&key[place.id], place.usual), (sid, true), "{prefix}");
        }
    }
}
