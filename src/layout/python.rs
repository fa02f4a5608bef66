//! What the session stores of Python have in common: the serializers that each may be told to use, what
//! they compress with, and who is logged in by the conventions of Python's world.

use std::borrow::Cow;

use super::blob::{Blob, Decoded, Form};
use super::key;
use super::session::{Facts, Unnamed};
use super::{Verdict, php, user, whose};
use crate::codec::{DecodeError, Limits, pickle};
use crate::value::Value;

pub mod look;

pub use look::{decode, is_compressed};

/// Decodes bytes that are inside something else, borrowing from nothing.
pub fn decode_owned(
    via: &mut Vec<&'static str>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Value<'static>, DecodeError> {
    let (codec, value) = decode(bytes, limits);
    via.push(codec);
    value.map(Value::into_owned)
}

/// What a value is taken for that begins like nothing.
const NAME: &str = pickle::CODEC.name;

impl<'a> Blob<'a> {
    /// What a store of Python wrote, whichever serializer and compression it was told to use.
    pub fn python(&self) -> Option<&Value<'a>> {
        if let Some(unpacked) = self.unpacked() {
            return unpacked.value.as_ref().ok();
        }
        [Form::Pickle, Form::Json, Form::Msgpack].into_iter().find_map(|form| self.form(form)?.as_ref().ok())
    }

    /// The same as the session's data, with the reason where there is none.
    pub fn python_data(&self) -> Decoded<'_> {
        if let Some(look::Unpacked { via, value }) = self.unpacked() {
            return Decoded {
                via: via.clone(),
                value: value.as_ref().map(Cow::Borrowed).map_err(Clone::clone),
            };
        }
        let mut failed = None;
        for form in [Form::Pickle, Form::Json, Form::Msgpack] {
            let name = form.codec().name;
            match self.form(form) {
                Some(Ok(value)) => return Decoded { via: vec![name], value: Ok(Cow::Borrowed(value)) },
                Some(Err(error)) => {
                    failed.get_or_insert_with(|| Decoded::failed(name, error.clone()));
                }
                None => {}
            }
        }
        // A counter: the caches of Django keep whole numbers as their digits.
        if let Some(number) = self.text().and_then(integer) {
            return Decoded::owned("integer", number);
        }
        // An entry of a cache on cachelib, which marks its pickles.
        if let Some([b'!', pickled @ ..]) = self.text()
            && let Ok(value) = pickle::decode(pickled, &self.limits)
        {
            return Decoded { via: vec!["cachelib", NAME], value: Ok(Cow::Owned(value.into_owned())) };
        }
        failed.unwrap_or_else(|| Decoded::failed(NAME, self.unreadable(NAME)))
    }

    /// Whether the string begins as a pickle or a map in MessagePack, and cannot be read to its end.
    pub fn is_broken_python(&self) -> bool {
        let begins = match self.text() {
            Some([0x80, version, _, ..]) => *version <= 5,
            Some([0x81..=0x8f | 0xde | 0xdf, ..]) => true,
            _ => false,
        };
        // A term of Erlang begins as a map in MessagePack does.
        begins && self.python().is_none() && !matches!(self.form(Form::Etf), Some(Ok(_)))
    }

    /// Whether it is compressed, and what is inside cannot be read to its end.
    pub fn is_broken_inside(&self) -> bool {
        self.unpacked().is_some_and(|unpacked| unpacked.value.is_err())
    }
}

fn integer(text: &[u8]) -> Option<Value<'static>> {
    if text.len() > 20 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().map(Value::Int)
}

/// The members of a session that is a map, or an object of a class that extends one.
pub fn members<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Value<'a>> {
    match value {
        Value::Map(_) | Value::Pairs(_) => Some(value),
        Value::Object(object) => match object.payload.as_ref()? {
            map @ (Value::Map(_) | Value::Pairs(_)) => Some(map),
            _ => None,
        },
        _ => None,
    }
}

/// A value that Flask's `TaggedJSONSerializer` wrote, with its tags read: an object of one member whose
/// name is a tag is a tuple, bytes, markup, a UUID or a time (Flask 3.1 json/tag.py).
pub fn untagged(value: Value<'_>) -> Value<'_> {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(untagged).collect()),
        Value::Map(mut members) => {
            if members.len() == 1
                && let Some((name, inner)) = members.pop()
            {
                return tagged(name, inner);
            }
            Value::Map(members.into_iter().map(|(name, value)| (name, untagged(value))).collect())
        }
        other => other,
    }
}

fn tagged<'a>(name: Cow<'a, str>, inner: Value<'a>) -> Value<'a> {
    use base64::Engine as _;
    let typed = match (&*name, &inner) {
        (" t", Value::List(_)) | (" m", Value::Text(_)) => return untagged(inner),
        (" b", Value::Text(text)) => base64::engine::general_purpose::STANDARD
            .decode(&**text)
            .ok()
            .map(|bytes| Value::Bytes(bytes.into())),
        (" u", Value::Text(text)) => uuid(text).map(|uuid| Value::Uuid(uuid.into())),
        (" d", Value::Text(text)) => http_date(text).map(|date| Value::Date(date.into())),
        (" di", Value::Map(members)) if members.len() == 1 => {
            // A map that only looks like a tag: its name was made longer.
            let (name, value) = &members[0];
            let name = name.strip_suffix("__").unwrap_or(name).to_string();
            Some(Value::Map(vec![(name.into(), untagged(value.clone()))]))
        }
        _ => None,
    };
    typed.unwrap_or_else(|| Value::Map(vec![(name, untagged(inner))]))
}

/// A UUID of 32 hexadecimal digits, with its dashes.
pub fn uuid(text: &str) -> Option<String> {
    let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| {
        let text = text.to_ascii_lowercase();
        format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    })
}

/// `Fri, 17 May 2024 08:30:00 GMT` as RFC 3339.
fn http_date(text: &str) -> Option<String> {
    let time = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?.to_datetime().ok()?;
    Some(format!("{}Z", time.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// Members by which the libraries that log users in name them: Django, Flask-Login, Pyramid's own
/// policies, aiohttp-security.
const LIBRARIES: &[&str] = &["_auth_user_id", "_user_id", "auth.userid", "AIOHTTP_SECURITY"];

/// Members by which applications name the user, in the order in which they are asked. The name with a dot
/// is Flask-Principal's.
const CONVENTIONS: &[&str] = &["user_id", "userid", "identity.id", "user", "username", "user_name"];

/// The user of a session whose members the application chose.
pub fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(LIBRARIES, user::named)
        .or_else(|| data.find_named(CONVENTIONS, user::named))
        .or_else(|| user::conventional(data))
}

/// The user of a session of Django: of its own login, of OMERO.web's, which keeps a connector, or of
/// OSF's (omero-web PR 435, osf.io PR 10342).
pub fn django_user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(&["_auth_user_id"], user::named)
        .or_else(|| connector(data)?.get("user_id")?.scalar_text())
        .or_else(|| data.find_named(&["auth_user_id"], user::named))
}

/// OMERO's connector, unless it is that of the public account, which is nobody.
fn connector<'v, 'a>(data: &'v Value<'a>) -> Option<&'v Value<'a>> {
    data.get("connector").filter(|connector| !is_public(connector))
}

fn is_public(connector: &Value<'_>) -> bool {
    connector.get("is_public").and_then(Value::as_bool) == Some(true)
}

/// What a session of Django that names no user means, by its members.
pub fn django_members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let map = members(data)?;
    match map {
        Value::Map(all) if all.iter().any(|(name, value)| name == "connector" && is_public(value)) => {
            let rest = all.iter().filter(|(name, value)| !(name == "connector" && is_public(value)));
            Some(Cow::Owned(Value::Map(rest.cloned().collect())))
        }
        _ => Some(Cow::Borrowed(map)),
    }
}

/// The members of a container whose data may be an object of a class that extends a map.
pub fn own_members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    members(data).map(Cow::Borrowed)
}

/// The members of a container for applications.
pub const CONTAINER: whose::Whose = whose::Whose::Container(own_members);

/// User, address and browser of such a container.
pub fn facts<'b>(data: &'b Value<'b>) -> Facts<'b> {
    let Some(data) = members(data) else { return Facts::default() };
    Facts { user: user(data), ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}

/// The answer of a framework that keeps its login under one name: nobody, where nothing is there.
pub fn without(data: &Value<'_>, login: &str) -> Unnamed {
    whose::without(data.get(login))
}

/// Whether these are a session of Flask's by what its extensions put there: whether it outlives the
/// browser, or who is logged in by Flask-Login.
pub fn is_flask(data: &Value<'_>) -> bool {
    let truth = |name: &str| data.get(name).is_some_and(|value| value.as_bool().is_some());
    truth("_permanent") || (data.get("_user_id").is_some() && truth("_fresh"))
}

/// Members by which other stores that share prefixes and forms of ids with those of Python are known:
/// crudauth, starsessions, Odoo, Hono, express-session, Pyramid.
const OTHER_STORES: &[&str] = &[
    "session_id",
    "__metadata__",
    "session_token",
    "_data",
    "cookie",
    "managed_dict",
    "_expire",
    "sessionToken",
];

/// Whether a map of general members is known to be another store's.
pub fn is_others(data: &Value<'_>) -> bool {
    data.find_named(OTHER_STORES, Some).is_some()
}

/// Words in what precedes an id that say it is none of a session: entries of caches, results of
/// jobs, locks, counters, tokens.
const OTHERS: &[&str] = &[
    "cache", "lock", "celery", "task", "kombu", "queue", "job", "rq:", "limit", "rate", "throttl", "token",
    "csrf", "oauth", "state", "reset", "verif", "nonce", "huey", "dramatiq", "result", "memo", "stats",
    "report", "config",
];

/// Words for what applications keep; with a word for sessions next to them they say nothing.
const THINGS: &[&str] = &[
    "profile", "user", "cart", "order", "product", "doc", "feature", "model", "object", "item", "event",
    "log:", "history", "device", "geo", "view",
];

/// Whether what precedes an id says that it is something else than a session.
pub fn says_other(before: &[u8]) -> bool {
    has_word(before, OTHERS)
}

fn has_word(before: &[u8], words: &[&str]) -> bool {
    let lower = before.to_ascii_lowercase();
    words.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// What a general value is, of which nothing but the form of its id speaks for a session: by what stands
/// before the id, and by whether it names a user.
pub fn by_company(before: &[u8], data: &Value<'_>) -> Verdict {
    if is_others(data) {
        Verdict::no("it has the members of another store")
    } else if says_other(before) {
        Verdict::no("the prefix says that it is something else")
    } else if php::says_session(before) {
        Verdict::Weak
    } else if has_word(before, THINGS) {
        Verdict::no("the prefix says what it is")
    } else if user(data).is_some() {
        Verdict::Several
    } else {
        Verdict::Kin
    }
}

/// Whether it is what Django's caches put before a name: KEY_PREFIX, which may be empty, and VERSION
/// (Django 5.2 core/cache/backends/base.py `default_key_func`). What follows is an entry of the cache.
pub fn is_django_cache(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b":") else { return false };
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits) && before[..before.len() - digits].ends_with(b":")
}

/// Where a UUID ends the key, alone or after something that is not a part of another word.
pub fn uuid_at_end(key: &[u8]) -> Option<usize> {
    let start = key.len().checked_sub(36)?;
    key::is_uuid(&key[start..]).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    #[test]
    fn a_cache_of_django_is_told_by_its_version() {
        for before in [":1:", "shop:1:", "shop:eu:12:"] {
            assert!(is_django_cache(before.as_bytes()), "{before}");
        }
        for before in ["", ":", "1:", "t1:", "shop:", "shop:1:s:", "shop:v1:", "shop:2026:"] {
            assert!(!is_django_cache(before.as_bytes()), "{before}");
        }
    }

    fn json(text: &str) -> Value<'_> {
        json::decode(text.as_bytes(), &Limits::default()).expect("valid JSON")
    }

    #[test]
    fn tags_of_flask_are_read() {
        for (tagged, plain) in [
            (r#"{"a":{" t":[1,{" b":"/w=="}]}}"#, r#"{"a":[1,{"$bytes":"/w=="}]}"#),
            (r#"{"m":{" m":"<b>"}}"#, r#"{"m":"<b>"}"#),
            (
                r#"{"u":{" u":"00112233445566778899aabbccddeeff"}}"#,
                r#"{"u":{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}}"#,
            ),
            (r#"{"d":{" d":"Fri, 17 May 2024 08:30:00 GMT"}}"#, r#"{"d":{"$date":"2024-05-17T08:30:00Z"}}"#),
            (r#"{"x":{" di":{" t__":[1]}}}"#, r#"{"x":{" t":[1]}}"#),
            (
                r#"{"x":{" d":"soon"},"y":{" u":"1"},"z":{" b":1}}"#,
                r#"{"x":{" d":"soon"},"y":{" u":"1"},"z":{" b":1}}"#,
            ),
            (r#"{"only":{"a":1}}"#, r#"{"only":{"a":1}}"#),
        ] {
            assert_eq!(untagged(json(tagged)).to_json(), plain);
        }
    }

    #[test]
    fn users_are_found_by_the_conventions_of_the_libraries() {
        for (text, found) in [
            (r#"{"_user_id":"7","user_id":"8"}"#, Some("7")),
            (r#"{"auth.userid":"bob","userid":"x"}"#, Some("bob")),
            (r#"{"identity.id":"p","identity.auth_type":"form"}"#, Some("p")),
            (r#"{"user":{"name":"n","id":3}}"#, Some("3")),
            (r#"{"_permanent":true,"locale":"pl"}"#, None),
        ] {
            assert_eq!(user(&json(text)).as_deref(), found, "{text}");
        }
        for (text, found) in [
            (r#"{"_auth_user_id":"0"}"#, Some("0")),
            (r#"{"connector":{"user_id":52,"is_public":false}}"#, Some("52")),
            (r#"{"connector":{"user_id":2,"is_public":true}}"#, None),
            (r#"{"auth_user_id":"ab2cd","auth_user_username":"x"}"#, Some("ab2cd")),
            (r#"{"user_id":5}"#, None),
        ] {
            assert_eq!(django_user(&json(text)).as_deref(), found, "{text}");
        }
    }

    #[test]
    fn a_term_of_erlang_is_no_broken_map() {
        use crate::store::Raw;
        for (value, broken) in
            [(&b"\x83k\0\x02\x01\x02"[..], false), (b"\x83\xa1a", true), (b"\x80\x04}\x94", true)]
        {
            let raw = Raw::Text(value.to_vec());
            let blob = Blob::new(b"key", &raw, Limits::default());
            assert_eq!(blob.is_broken_python(), broken, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn the_public_account_of_omero_is_nobody() {
        let data = json(r#"{"connector":{"user_id":2,"is_public":true}}"#);
        let members = django_members(&data).expect("members");
        assert_eq!(whose::container(&members), Unnamed::Nobody);
        let data = json(r#"{"connector":{"user_id":null}}"#);
        assert_ne!(whose::container(&django_members(&data).expect("members")), Unnamed::Nobody);
    }
}
