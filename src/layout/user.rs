//! Who a session belongs to, by the conventions of the Node.js world.
//!
//! The order and the fall-backs are those observed of passport and of applications without it.

use std::borrow::Cow;

use crate::value::Value;

/// Members that name the user where a member holds an object instead of an id.
const INSIDE: &[&str] = &["id", "_id", "userId", "sub", "email", "username"];

/// Members by which applications without an authentication library name the user.
const CONVENTIONS: &[&str] = &["user", "userId", "user_id", "uid", "username", "account"];

/// A user member's text: a scalar itself, or the first scalar among the usual members of an object.
/// Booleans, null and empty text are nobody; the number 0 is somebody.
pub fn named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Map(_) | Value::Object(_) => INSIDE.iter().find_map(|name| value.get(name)?.scalar_text()),
        other => other.scalar_text(),
    }
}

/// `passport.user`, as passport and its ports write it.
pub fn passport<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    named(data.get("passport")?.get("user")?)
}

/// The first conventional member that gives a user.
pub fn conventional<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    CONVENTIONS.iter().find_map(|name| named(data.get(name)?))
}

/// By passport, otherwise by convention.
pub fn any<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    passport(data).or_else(|| conventional(data))
}

/// Address and browser, where an application keeps them under one of the usual names.
pub fn ip<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    ["ip", "ipAddress", "ip_address", "ipAddr", "remoteAddress"].iter().find_map(|name| text(data.get(name)?))
}

pub fn agent<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    ["userAgent", "user_agent", "useragent", "agent", "ua"].iter().find_map(|name| text(data.get(name)?))
}

fn text<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        _ => None,
    }
}
