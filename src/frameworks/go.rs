//! Go: gorilla, scs, Fiber, beego, macaron, iris, and the applications built on them.
//!
//! What the session stores of Go and Rust have in common: maps in gob, members that are JSON strings, who is
//! logged in by the conventions of their worlds, and cookies of Rust's jars.

use std::borrow::Cow;

use crate::codec::{DecodeError, Limits, gob, json};
use crate::cookie::jar::{self, Jar};
use crate::cookie::{CookieError, Given, Opened};
use crate::layout::Layout;
use crate::layout::blob::{Blob, Decoded, Form};
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::setup::Setup;
use crate::layout::whose::{self, Whose};
use crate::layout::{Verdict, user};
use crate::value::Value;

pub mod beego_session;
pub mod fasthttp_session;
pub mod flamego_session;
pub mod gitea;
pub mod go_session_redis;
pub mod go_sessions;
pub mod gofiber_session;
pub mod goframe;
pub mod gorilla_redistore;
pub mod harbor;
pub mod iris_redis;
pub mod kubesphere;
pub mod rbcervilla_redisstore;
pub mod scs;
pub mod scs_sql;
pub mod sessionup;
pub mod simplesessions;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &scs::LAYOUT,
    &iris_redis::LAYOUT,
    &go_sessions::LAYOUT,
    &simplesessions::LAYOUT,
    &sessionup::LAYOUT,
    &fasthttp_session::LAYOUT,
    &kubesphere::LAYOUT,
    &rbcervilla_redisstore::LAYOUT,
    &gorilla_redistore::LAYOUT,
    &flamego_session::LAYOUT,
    &gofiber_session::LAYOUT,
    &harbor::LAYOUT,
    &beego_session::LAYOUT,
    &gitea::LAYOUT,
    &goframe::LAYOUT,
    &go_session_redis::LAYOUT,
    &scs_sql::LAYOUT,
];

/// Members by which applications name the user, in the order in which they are asked.
pub const CONVENTIONS: &[&str] = &[
    "user_id",
    "userId",
    "userID",
    "UserID",
    "uid",
    "user",
    "username",
    "userName",
    "UserName",
    "login",
    "account",
    "email",
    "sub",
    "authenticatedUserID",
    "userinfo",
];

/// Members that name the user where one of those is an object.
const INSIDE: &[&str] = &[
    "ID", "Id", "id", "UserID", "user_id", "_id", "Username", "username", "Login", "login", "Email", "email",
];

/// Members that are there only while someone is about to log in.
const PENDING: &[&str] = &[
    "twofaUid",
    "mfaUserID",
    "MfaSessionUserId",
    "PasswordResetUsername",
    "oauth_state",
    "oidc_state",
    "oidc_pkce_code",
];

/// Strings within strings are looked into when they are no longer than this.
const NESTED: usize = 64 << 10;

/// A user member's text: a scalar itself, or a member of an object, also of one that is JSON text.
pub fn named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Text(text) if text.starts_with('{') && text.len() <= NESTED => {
            let inner = json::decode(text.as_bytes(), &Limits::default()).ok()?;
            let names = ["username", "user_id"];
            let found = inner.find_named(&names, Value::scalar_text);
            found.or_else(|| named(&inner)).map(|user| Cow::Owned(user.into_owned()))
        }
        Value::Uuid(uuid) => Some(Cow::Borrowed(uuid)),
        other => user::named_by(other, INSIDE),
    }
}

/// The first conventional member that names someone.
pub fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(CONVENTIONS, named)
}

/// Who, and from where.
pub fn facts<'v>(data: &'v Value<'_>) -> Facts<'v> {
    Facts { user: user(data), ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}

/// Whose a session of an application's members is.
pub const CONTAINER: Whose = Whose::Container(members);

/// The members that may say whose a session is; nothing where its owner is about to log in.
pub fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let pending = data.find_named(PENDING, |value| (!whose::is_empty(value)).then_some(())).is_some();
    Some(if pending { Cow::Owned(Value::Null) } else { Cow::Borrowed(data) })
}

// gob.

/// What a gob is as a bag of members.
#[derive(Debug)]
pub enum Bag<'b, 'a> {
    /// It reads to its end.
    Read(&'b Value<'a>),
    Broken(&'b DecodeError),
    /// An empty string: some stores write it before there is anything to write.
    Empty,
    Other,
}

impl<'a> Blob<'a> {
    /// The value as the bag of members that most stores of Go write.
    pub fn bag(&self, keys: &[gob::Keys]) -> Bag<'_, 'a> {
        let Some(text) = self.text() else { return Bag::Other };
        if text.is_empty() {
            return Bag::Empty;
        }
        if !gob::bag(text).is_some_and(|found| keys.contains(&found)) {
            return Bag::Other;
        }
        match self.form(Form::Gob) {
            Some(Ok(value @ (Value::Map(_) | Value::Pairs(_)))) => Bag::Read(value),
            Some(Err(error)) => Bag::Broken(error),
            _ => Bag::Other,
        }
    }
}

pub const NO_BAG: &str = "the value is not a gob of a map of interfaces";

/// The whole gob.
pub fn read_gob<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::Gob.codec().name;
    match blob.form(Form::Gob) {
        Some(Ok(value)) => Decoded { via: vec![name], value: Ok(Cow::Borrowed(value)) },
        Some(Err(error)) => Decoded::failed(name, error.clone()),
        None => Decoded::failed(name, blob.unreadable(name)),
    }
}

/// The same where an empty string is a session without data.
pub fn read_gob_or_nothing<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.text().is_some_and(<[u8]>::is_empty) {
        return Decoded { via: Vec::new(), value: Ok(Cow::Owned(Value::Null)) };
    }
    read_gob(setup, blob)
}

/// The verdict on a bag whose key has the shape that tells it.
pub fn judge(bag: &Bag<'_, '_>) -> Verdict {
    match bag {
        Bag::Read(_) | Bag::Broken(_) => Verdict::Sure,
        Bag::Empty => Verdict::Kin,
        Bag::Other => Verdict::no(NO_BAG),
    }
}

/// Words in what precedes an id that say it is none of a session: these frameworks keep such things
/// in the same database.
const BESIDE: &[&str] = &["cache", "lock", "queue", "limit", "csrf", "idempot"];

/// Whether what precedes an id says that it is something else than a session.
pub fn says_other(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    BESIDE.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

// JSON in JSON.

/// Whether all members are JSON strings.
pub fn all_cells(members: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    members.iter().all(|(_, value)| {
        value.as_str().is_some_and(|text| json::decode(text.as_bytes(), &Limits::default()).is_ok())
    })
}

/// The members with what their strings hold. One that does not parse stays a string.
pub fn cells(value: &Value<'_>, limits: &Limits) -> Value<'static> {
    let cell = |value: &Value<'_>| match value {
        Value::Text(text) => json::decode(text.as_bytes(), limits)
            .map_or_else(|_| value.clone().into_owned(), Value::into_owned),
        other => other.clone().into_owned(),
    };
    match value {
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(name, value)| (Cow::Owned(name.clone().into_owned()), cell(value)))
                .collect(),
        ),
        other => other.clone().into_owned(),
    }
}

/// An object with this member's strings opened.
pub fn with_cells(value: &Value<'_>, name: &str, limits: &Limits) -> Value<'static> {
    let Value::Map(members) = value else { return value.clone().into_owned() };
    let open = |(own, value): &(Cow<'_, str>, Value<'_>)| {
        let value = if own == name { cells(value, limits) } else { value.clone().into_owned() };
        (Cow::Owned(own.clone().into_owned()), value)
    };
    Value::Map(members.iter().map(open).collect())
}

/// Whether an id of letters and digits is random rather than a digest: one of both cases.
pub fn is_mixed(id: &[u8]) -> bool {
    id.iter().any(u8::is_ascii_uppercase) && id.iter().any(u8::is_ascii_lowercase)
}

/// Where this many bytes of an alphabet end a key, whatever stands before them.
pub fn end_of(key: &[u8], length: usize, alphabet: Alphabet) -> Option<usize> {
    let start = key.len().checked_sub(length)?;
    alphabet.all(&key[start..]).then_some(start)
}

/// Days of a year counted from its first, as Rust's `time` crate writes a moment: year, day of the year,
/// hour, minute, second, nanosecond, and the hours, minutes and seconds that the clock is ahead. In ms
/// since 1970.
pub fn ordinal(value: &Value<'_>) -> Option<i64> {
    let parts: Vec<i64> = value.as_list()?.iter().map(Value::as_i64).collect::<Option<_>>()?;
    let [year, day, hour, minute, second, nanos, ahead_h, ahead_m, ahead_s] = parts[..] else { return None };
    let fits = (1..=366).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..1_000_000_000).contains(&nanos)
        && [ahead_h, ahead_m, ahead_s].iter().all(|part| part.abs() < 60);
    let first = jiff::civil::Date::new(i16::try_from(year).ok()?, 1, 1).ok().filter(|_| fits)?;
    let begin = jiff::tz::TimeZone::UTC.to_timestamp(first.at(0, 0, 0, 0)).ok()?.as_second();
    let ahead = ahead_h * 3600 + ahead_m * 60 + ahead_s;
    let seconds = begin + (day - 1) * 86_400 + hour * 3600 + minute * 60 + second - ahead;
    Some(seconds * 1000 + nanos / 1_000_000)
}

/// Opens a cookie of one of Rust's jars.
pub fn jar(setup: &Setup, given: &Given, is_value: fn(&[u8]) -> bool) -> Result<Opened, CookieError> {
    let jar = Jar { mode: setup.text("cookie_mode"), key: setup.text("cookie_key_hex"), is_value };
    jar::open(given, setup.cookie_name(), &jar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value<'_> {
        json::decode(text.as_bytes(), &Limits::default()).expect("JSON")
    }

    #[test]
    fn the_first_member_that_names_somebody() {
        for (text, expected) in [
            (r#"{"user_id":0,"user":"x"}"#, Some("0")),
            (r#"{"user_id":null,"user":{"Name":"x","UserID":-3}}"#, Some("-3")),
            (r#"{"userinfo":"{\"user_id\":7,\"id\":8}"}"#, Some("7")),
            (r#"{"user":"{\"id\":8}"}"#, Some("8")),
            (r#"{"twofaUid":7,"oidc_user":"x"}"#, None),
        ] {
            assert_eq!(user(&json(text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn cells_are_opened_once() {
        let limits = Limits::default();
        let data =
            json(r#"{"a":"12","b":"\"x\"","c":"x","d":1,"e":"\"\\\"y\\\"\"","f":"18446744073709551615"}"#);
        assert_eq!(
            cells(&data, &limits).to_json(),
            r#"{"a":12,"b":"x","c":"x","d":1,"e":"\"y\"","f":18446744073709551615}"#
        );
    }

    #[test]
    fn ordinal_days() {
        for (text, expected) in [
            ("[1970,1,0,0,0,0,0,0,0]", Some(0)),
            ("[1970,0,0,0,0,0,0,0,0]", None),
            ("[2036,326,11,29,10,313507184,0,0,0]", Some(2_110_879_750_313)),
            ("[1970,1,1,0,0,0,1,0,0]", Some(0)),
            ("[1970,367,0,0,0,0,0,0,0]", None),
            ("[1970,1,0,0,0,0,0,0]", None),
            ("[99999,1,0,0,0,0,0,0,0]", None),
            ("[1970,1,0,0,0,0,9223372036854775807,0,0]", None),
        ] {
            assert_eq!(ordinal(&json(text)), expected, "{text}");
        }
    }
}
