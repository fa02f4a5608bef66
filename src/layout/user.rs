//! Who a session belongs to, by the conventions of the Node.js world.
//!
//! The order and the fall-backs are those observed of passport and of applications without it.

use std::borrow::Cow;

use base64::Engine as _;

use crate::value::Value;

/// Members that name the user where a member holds an object instead of an id.
const INSIDE: &[&str] = &["id", "_id", "userId", "sub", "email", "username"];

/// The same of a database's record.
const IN_RECORDS: &[&str] = &["id", "_id", "user_id", "username", "login", "email"];

/// Members by which applications without an authentication library name the user.
pub const CONVENTIONS: &[&str] = &[
    "user",
    "userId",
    "user_id",
    "uid",
    "username",
    "account",
    "adminUser",
    "currentUser",
    "loggedInUser",
    "loginUser",
    "authUser",
    "current_user",
    "logged_in_user",
    "member",
    "profile",
    "auth",
    "principal",
    "identity",
    "admin",
    "userName",
    "user_name",
    "userid",
    "login",
    "loginId",
    "email",
    "_user_id",
    "_auth_user_id",
    "sub",
    "accountId",
    "account_id",
    "memberId",
    "member_id",
    "adminId",
    "admin_id",
    "customerId",
    "customer_id",
];

/// Of those the ones that name someone only by what is in them: a string alone may be anything.
const NESTING: &[&str] = &["profile", "auth", "identity"];

/// Members that name someone where the usual ones are not there.
const ALSO_INSIDE: &[&str] = &["login", "name", "userName", "user_id", "uid", "loginId", "loginName"];

/// Every member that may name the owner of an object.
pub const IDENTITY: &[&str] = &[
    "id",
    "_id",
    "userId",
    "sub",
    "email",
    "username",
    "login",
    "name",
    "userName",
    "user_id",
    "uid",
    "loginId",
    "loginName",
];

/// A token longer than this is not read.
const TOKEN_LIMIT: usize = 256 << 10;

/// A user member's text: a scalar itself, or the first scalar among the usual members of an object.
pub fn named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    named_by(value, INSIDE)
}

/// As [`named`], where the member holds a record as the libraries of Ruby, Perl and Elixir keep it.
pub fn of_record<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    named_by(value, IN_RECORDS)
}

/// A scalar itself, or the first scalar among these members of an object. Booleans, null and empty text
/// are nobody; the number 0 is someone.
pub fn named_by<'v>(value: &'v Value<'_>, inside: &[&str]) -> Option<Cow<'v, str>> {
    match value {
        Value::Map(_) | Value::Object(_) | Value::Pairs(_) => value.find_named(inside, Value::scalar_text),
        other => other.scalar_text(),
    }
}

/// `passport.user`, as passport and its ports write it.
pub fn passport<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    named(data.get("passport")?.get("user")?)
}

/// As [`named`], by the members that are asked last, or by a conventional member one level deeper.
pub fn loosely_named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Map(_) | Value::Object(_) | Value::Pairs(_) => {
            value.find_named(ALSO_INSIDE, Value::scalar_text).or_else(|| value.find_named(CONVENTIONS, named))
        }
        _ => None,
    }
}

/// The first conventional member that gives a user.
pub fn conventional<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(CONVENTIONS, |value| named(value).filter(|_| !is_loose(data, value)))
        .or_else(|| data.find_named(CONVENTIONS, loosely_named))
}

/// Whether it is a scalar under a name that tells someone only by what is in it.
fn is_loose(data: &Value<'_>, value: &Value<'_>) -> bool {
    value.members().is_none()
        && NESTING.iter().any(|name| data.get(name).is_some_and(|own| std::ptr::eq(own, value)))
}

/// By passport, otherwise by convention.
pub fn any<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    passport(data).or_else(|| conventional(data))
}

/// keycloak-connect keeps its grant as JSON text in the member `keycloak-token`; the user is a claim
/// of the access token in it (keycloak-connect stores/session-store.js).
pub fn keycloak(data: &Value<'_>) -> Option<String> {
    let grant = data.get("keycloak-token")?.as_str().filter(|grant| grant.len() <= TOKEN_LIMIT)?;
    let grant: serde_json::Value = serde_json::from_str(grant).ok()?;
    // The grant's own text holds the token as text; a grant that was written member by member holds
    // an object with the text inside.
    let token = grant.get("access_token")?;
    let token = token.as_str().or_else(|| token.get("token")?.as_str())?;
    claim(token, &["sub", "preferred_username"])
}

/// One claim of a JWT by its path, as [`claim`].
pub fn claim_at(token: &str, path: &str) -> Option<String> {
    let payload = payload(token)?;
    let claims = crate::codec::json::decode(&payload, &crate::codec::Limits::default()).ok()?;
    claims.at(path)?.scalar_text().map(Cow::into_owned)
}

/// The claims of a JWT as the JSON that they are; nothing is verified.
pub fn payload(token: &str) -> Option<Vec<u8>> {
    if token.len() > TOKEN_LIMIT {
        return None;
    }
    let payload = token.split('.').nth(1)?.trim_end_matches('=');
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()
}

/// The header of a token in compact form, which is base64url of a JSON object.
pub fn token_header(part: &[u8]) -> Option<serde_json::Value> {
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&text).ok().filter(serde_json::Value::is_object)
}

/// The first of these claims of a JWT that is a string or a number. The signature is not looked at:
/// the token was read from the session, not received from a browser.
pub fn claim(token: &str, names: &[&str]) -> Option<String> {
    let claims: serde_json::Value = serde_json::from_slice(&payload(token)?).ok()?;
    names.iter().find_map(|name| match claims.get(name)? {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Address and browser, where an application keeps them under one of the usual names.
pub fn ip<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(&["ip", "ipAddress", "ip_address", "ipAddr", "remoteAddress"], |value| text(Some(value)))
}

pub fn agent<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(&["userAgent", "user_agent", "useragent", "agent", "ua"], |value| text(Some(value)))
}

/// A member's text, if it is one and not empty.
pub fn text<'v>(value: Option<&'v Value<'_>>) -> Option<Cow<'v, str>> {
    match value? {
        Value::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Limits, json};

    fn user(text: &str) -> Option<String> {
        let data = json::decode(text.as_bytes(), &Limits::default()).expect("valid JSON");
        any(&data).map(Cow::into_owned)
    }

    #[test]
    fn the_first_member_that_gives_a_scalar_wins() {
        assert_eq!(user(r#"{"passport":{"user":0},"user":"x"}"#).as_deref(), Some("0"));
        assert_eq!(user(r#"{"passport":{},"user":"x"}"#).as_deref(), Some("x"));
        assert_eq!(user(r#"{"user":{"name":"n"},"userId":7}"#).as_deref(), Some("7"));
        assert_eq!(user(r#"{"user":{"id":null,"_id":"b"}}"#).as_deref(), Some("b"));
        assert_eq!(user(r#"{"user":"","userId":false,"user_id":null,"uid":{}}"#), None);
        assert_eq!(user(r#"{"user":100000000000000000000}"#).as_deref(), Some("100000000000000000000"));
    }

    #[test]
    fn a_keycloak_grant_names_the_subject_of_its_access_token() {
        // {"sub":"f:1","preferred_username":"alice"}
        let token = "e30.eyJzdWIiOiJmOjEiLCJwcmVmZXJyZWRfdXNlcm5hbWUiOiJhbGljZSJ9.sig";
        let text = format!(r#"{{"keycloak-token":"{{\"access_token\":\"{token}\"}}"}}"#);
        let data = json::decode(text.as_bytes(), &Limits::default()).expect("valid JSON");
        assert_eq!(keycloak(&data).as_deref(), Some("f:1"));
    }

    #[test]
    fn what_is_no_token_names_nobody() {
        for token in ["", "a", "a.b", "a.!!.c", "a.e30.c", "a.bnVsbA.c"] {
            assert_eq!(claim(token, &["sub"]), None, "{token}");
        }
    }
}
