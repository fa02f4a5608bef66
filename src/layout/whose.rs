//! Whose a session is that names no user: certainly nobody's, or not known.
//!
//! That nobody is logged in is a finding. The value was read to its end, and whatever in it could name
//! a user was read and names none; or the framework's own mark says so. A login that is there and
//! cannot be read, or says that someone is logged in and not who, is not known. So is what an
//! application keeps under names that no convention knows, until another session of the same key
//! family shows where users stand.

use super::blob::Blob;
use super::session::Facts;
use super::setup::Setup;
use super::user;
use crate::codec;
use crate::codec::Limits;
use crate::layout::session::Unnamed;
use crate::text::shape::is_token;
use crate::value::{Value, secret};
use std::borrow::Cow;

/// What tells whose a session of a layout is that names no user.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// Nothing does.
    Unknown,
    /// The framework keeps its login itself; its own answer.
    Own(fn(&Setup, &Blob<'_>, &Value<'_>) -> Unnamed),
    /// The application chooses where its user stands: the members that it put there.
    Container(for<'v> fn(&'v Value<'v>) -> Option<Cow<'v, Value<'v>>>),
}

/// A container whose data are the application's members.
pub const PLAIN: Whose = Whose::Container(|data| Some(Cow::Borrowed(data)));

/// The option that says where the application keeps its user.
pub const USER_PATH: &str = "user_path";

/// Strings within strings are looked into when they are no longer than this.
const NESTED_LIMIT: usize = 64 << 10;
/// As many members of a session are named as likely ones.
const LIKELY: usize = 4;

/// Says of a session's facts whose it is, by what was configured and by what the layout knows.
pub fn complete<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>, facts: &mut Facts<'b>) {
    let free = matches!(setup.layout.whose, Whose::Container(_));
    if let Some(broken) = (setup.layout.extra.broken)(setup, blob, data) {
        facts.broken = Some(broken.into());
    }
    let mut pointed = false;
    if free || facts.user.is_none() {
        for path in setup.texts(USER_PATH) {
            match follow(data, path) {
                Found::User(user) => {
                    facts.user = Some(user);
                    break;
                }
                Found::Unnamed => pointed = true,
                Found::Nowhere => {}
            }
        }
    }
    let token = facts.user.as_deref().is_some_and(is_token);
    if token {
        facts.user = None;
    }
    if facts.user.is_some() || token || pointed {
        return;
    }
    facts.unnamed = match setup.layout.whose {
        Whose::Unknown => Unnamed::Unknown,
        Whose::Own(says) => says(setup, blob, data),
        Whose::Container(members) => members(data).map_or(Unnamed::Unknown, |members| container(&members)),
    };
}

/// What a path to a user leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'v> {
    User(Cow<'v, str>),
    /// Something is there, and it names nobody that could be shown.
    Unnamed,
    Nowhere,
}

/// Follows a path to a user: `auth.user.id`, or `jwt:id_token.sub` for a claim of a token. What looks
/// like a token, and what a secret's name leads to, is never a name.
pub fn follow<'v>(data: &'v Value<'_>, path: &str) -> Found<'v> {
    if let Some(path) = path.strip_prefix("jwt:") {
        return claim_at(data, path);
    }
    let Some(value) = data.at(path) else { return before(data, path) };
    if is_empty(value) {
        return Found::Nowhere;
    }
    let last = path.rsplit('.').find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let secret = last.is_some_and(secret::is_secret) && value.members().is_none();
    match user::named(value).or_else(|| user::loosely_named(value)) {
        Some(user) if !secret && !is_token(&user) => Found::User(user),
        _ => Found::Unnamed,
    }
}

/// The first user that one of these paths leads to.
pub fn first_of<'v>(data: &'v Value<'_>, paths: &[String]) -> Option<Cow<'v, str>> {
    paths.iter().find_map(|path| match follow(data, path) {
        Found::User(user) => Some(user),
        Found::Unnamed | Found::Nowhere => None,
    })
}

/// What it means that none of these paths leads to a user, where nothing but them is known: nobody is
/// logged in, if there are such and nothing that is usual says otherwise.
pub fn by_paths(data: &Value<'_>, paths: &[String]) -> Unnamed {
    let nowhere = |path: &String| follow(data, path) == Found::Nowhere;
    if !paths.is_empty() && paths.iter().all(nowhere) && user::any(data).is_none() {
        bag(Some(data))
    } else {
        Unnamed::Unknown
    }
}

/// A path that leads nowhere: whether it breaks off at something that could go on inside.
fn before<'v>(data: &Value<'_>, path: &str) -> Found<'v> {
    let cuts = path.match_indices('.').map(|(at, _)| at).rev();
    for at in cuts {
        if let Some(value) = data.at(&path[..at]) {
            return match value {
                Value::Map(_) | Value::Pairs(_) | Value::Object(_) | Value::List(_) | Value::Set(_) => {
                    Found::Nowhere
                }
                other if is_empty(other) => Found::Nowhere,
                _ => Found::Unnamed,
            };
        }
    }
    Found::Nowhere
}

/// A claim of the token that the first part of a path leads to.
fn claim_at<'v>(data: &'v Value<'_>, path: &str) -> Found<'v> {
    let cuts = path.match_indices('.').map(|(at, _)| at).rev();
    let mut found = Found::Nowhere;
    for at in cuts {
        let Some(value) = data.at(&path[..at]).filter(|value| !is_empty(value)) else { continue };
        let claim = match value {
            Value::Text(token) => user::claim_at(token, &path[at + 1..]),
            // Decoded by whatever wrote the session.
            value => value.at(&path[at + 1..]).and_then(Value::scalar_text).map(Cow::into_owned),
        };
        match claim.filter(|claim| !is_token(claim)) {
            Some(claim) => return Found::User(Cow::Owned(claim)),
            None => found = Found::Unnamed,
        }
    }
    found
}

/// Whether a value can name nobody: null, false, an empty text or container.
pub fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) | Value::Set(items) => items.is_empty(),
        Value::Map(members) => members.is_empty(),
        Value::Pairs(pairs) => pairs.is_empty(),
        _ => false,
    }
}

/// What the absence of a framework's login says; one that is there and named nobody is not known.
pub fn without(login: Option<&Value<'_>>) -> Unnamed {
    if login.is_none_or(is_empty) { Unnamed::Nobody } else { Unnamed::Unknown }
}

/// The framework's answer for a bag that the application may write to as well: nobody, unless something
/// in it says that someone is logged in.
pub fn bag(bag: Option<&Value<'_>>) -> Unnamed {
    match bag.map_or(Unnamed::Nobody, container) {
        Unnamed::Unknown => Unnamed::Unknown,
        Unnamed::Nobody | Unnamed::Open => Unnamed::Nobody,
    }
}

/// What the members of a container say, of which no convention named a user.
pub fn container(data: &Value<'_>) -> Unnamed {
    if is_empty(data) {
        return Unnamed::Nobody;
    }
    let mut open = false;
    let (mut pending, mut other) = (false, false);
    let known = each(data, &mut |name, value| {
        if is_empty(value) {
            pending |= name == "passport";
            return true;
        }
        if name == "passport" && value.members().is_some() {
            // Passport leaves its own object after when someone logs out.
            pending = true;
            return value.get("user").is_some_and(is_empty);
        }
        let plain = plain(name);
        if is_pending(&plain, value) {
            pending = true;
            return true;
        }
        if is_bookkeeping(&plain, value) {
            return true;
        }
        // The two alone are what a login under way keeps.
        if matches!(&*plain, "state" | "nonce" | "codeverifier") {
            open = true;
            return true;
        }
        other = true;
        !is_login(name, &plain, value)
    });
    match known {
        Some(true) if pending => Unnamed::Nobody,
        Some(true) if other => Unnamed::Open,
        Some(true) if open && (data.get("state").is_none() || data.get("nonce").is_none()) => Unnamed::Open,
        Some(true) => Unnamed::Nobody,
        Some(false) => Unnamed::Unknown,
        None if data.as_list().is_some() => Unnamed::Open,
        None => Unnamed::Unknown,
    }
}

/// Members of a container that look as if they named its user, for anyone who has to say where it stands.
pub fn likely(data: &Value<'_>) -> Vec<String> {
    let mut by_name = Vec::new();
    let mut by_content = Vec::new();
    each(data, &mut |name, value| {
        let plain = plain(name);
        if is_empty(value) || is_bookkeeping(&plain, value) || secret::is_secret(name) {
            return true;
        }
        let inside = inside(value);
        let path = inside.map_or_else(|| name.to_string(), |inside| format!("{name}.{inside}"));
        let scalar = value.scalar_text().is_some();
        if LOGIN_WORDS.iter().any(|word| plain.contains(word)) && (scalar || inside.is_some()) {
            by_name.push(path);
        } else if inside.is_some() {
            by_content.push(path);
        }
        by_name.len() < LIKELY
    });
    by_name.extend(by_content);
    by_name.truncate(LIKELY);
    by_name
}

/// Goes over the members of a map, also one whose keys are not strings; `None` where it is none, and
/// whether the end was reached.
fn each(data: &Value<'_>, visit: &mut dyn FnMut(&str, &Value<'_>) -> bool) -> Option<bool> {
    match data {
        Value::Map(members) => Some(members.iter().all(|(name, value)| visit(name, value))),
        Value::Object(object) => {
            let payload = object.payload.as_ref().is_none_or(|payload| each(payload, visit) != Some(false));
            Some(payload && object.fields.iter().all(|(name, value)| visit(name, value)))
        }
        Value::Pairs(pairs) => Some(pairs.iter().all(|(key, value)| {
            let name = key.scalar_text().unwrap_or_default();
            visit(&name, value)
        })),
        _ => None,
    }
}

/// A name in lower case and without what separates its parts.
fn plain(name: &str) -> String {
    // Phalcon puts an id of its own in front.
    let name = name.rsplit_once('#').map_or(name, |(_, name)| name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

/// Parts of a member's name that are about who someone is.
const LOGIN_WORDS: &[&str] = &[
    "user",
    "login",
    "logged",
    "auth",
    "account",
    "acct",
    "member",
    "profile",
    "identity",
    "principal",
    "admin",
    "customer",
    "employee",
    "staff",
    "operator",
    "person",
    "email",
    "uid",
    "subject",
    "owner",
    "signedin",
];

/// Endings of names under which a string or a number is someone.
const NAMING_ENDS: &[&str] = &[
    "user",
    "userid",
    "username",
    "useremail",
    "uid",
    "email",
    "login",
    "loginid",
    "loginname",
    "account",
    "accountid",
    "acct",
    "acctid",
    "admin",
    "adminid",
    "member",
    "memberid",
    "customerid",
    "employeeid",
    "personid",
    "staffid",
    "operator",
    "operatorid",
    "principal",
    "identity",
    // Authlogic.
    "credentialsid",
];

/// What was typed once, or belongs to someone else.
const NOT_ONESELF: &[&str] =
    &["last", "previous", "redirect", "attempt", "target", "return", "visited", "agent"];

/// Whether a member says that someone is logged in, or could.
fn is_login(name: &str, plain: &str, value: &Value<'_>) -> bool {
    if let Value::Text(text) = value
        && (is_token(text) || is_sealed(text))
    {
        return true;
    }
    if is_credential(plain) {
        return true;
    }
    if user::CONVENTIONS.contains(&name) || user::CONVENTIONS.iter().any(|known| *plain == self::plain(known))
    {
        return true;
    }
    let about = LOGIN_WORDS.iter().any(|word| plain.contains(word))
        && !NOT_ONESELF.iter().any(|word| plain.contains(word));
    match value {
        Value::Bool(truth) => *truth && about,
        Value::Map(_) | Value::Object(_) | Value::Pairs(_) => about && inside(value).is_some(),
        // Sealed, or of a form that nobody told.
        Value::Bytes(bytes) => about || bytes.len() >= 24,
        Value::Text(text) if text.starts_with('{') && text.len() <= NESTED_LIMIT => {
            match codec::json::decode(text.as_bytes(), &Limits::default()) {
                Ok(inner) => user::any(&inner).is_some() || container(&inner) == Unnamed::Unknown,
                Err(_) => about,
            }
        }
        value => {
            about
                && value.scalar_text().is_some()
                && (NAMING_ENDS.iter().any(|end| plain.ends_with(end))
                    || (matches!(value, Value::Int(1))
                        && (plain.contains("logged") || plain.contains("auth"))))
        }
    }
}

/// Names of what only someone who is logged in has.
fn is_credential(plain: &str) -> bool {
    ["accesstoken", "idtoken", "refreshtoken", "bearertoken", "authtoken", "tokenset", "jwt"]
        .iter()
        .any(|word| plain.ends_with(word))
        || ["encrypted", "sealed", "ciphertext"].iter().any(|word| plain.contains(word))
}

/// Texts that hold something which only a key opens: Laravel's envelope, and those with a word for it.
fn is_sealed(text: &str) -> bool {
    text.len() > 40 && (text.starts_with("eyJpdiI") || text.starts_with("Fe26.") || text.starts_with("ENC["))
}

/// The member of an object that would name its owner.
fn inside(value: &Value<'_>) -> Option<&'static str> {
    user::IDENTITY
        .iter()
        .copied()
        .find(|name| value.get(name).and_then(Value::scalar_text).is_some_and(|text| !is_token(&text)))
}

/// A login that waits for its second half; until then nobody is logged in.
fn is_pending(plain: &str, value: &Value<'_>) -> bool {
    const PENDING: &[&str] = &[
        "twofauid",
        "mfasessionuserid",
        "preuid",
        "otpuserid",
        "authuserexternalid",
        "loginid2fa",
        "tfuserid",
    ];
    // Fortify's `login.id`, next to `login.remember`.
    let fortify = plain == "login"
        && value.get("id").is_some()
        && value
            .members()
            .is_some_and(|members| members.iter().all(|(name, _)| matches!(&**name, "id" | "remember")));
    PENDING.contains(&plain) || fortify
}

/// Members that say nothing of who someone is: cookie options, tokens against forged requests, flash
/// messages, times, counters, the id, the browser.
fn is_bookkeeping(plain: &str, value: &Value<'_>) -> bool {
    const NAMES: &[&str] = &[
        "cookie",
        "flash",
        "flashes",
        "messages",
        "token",
        "id",
        "sid",
        "sessionid",
        "created",
        "createdat",
        "creationtime",
        "updated",
        "updatedat",
        "modified",
        "seen",
        "accessed",
        "expires",
        "expiresat",
        "expire",
        "expiry",
        "maxage",
        "ttl",
        "rolling",
        "permanent",
        "fresh",
        "session",
        "isnew",
        "ip",
        "ipaddress",
        "ipaddr",
        "remoteaddr",
        "remoteaddress",
        "useragent",
        "agent",
        "ua",
        "previous",
        "returnto",
        "redirectto",
        "domain",
        "path",
        "accessedtime",
        "isvalid",
        "cilastregenerate",
        "cipreviousurl",
        "civars",
        "sessionexpiry",
        "passwordresettoken",
        "testcookie",
        "remember",
        "rememberseconds",
        "addr",
        "f",
    ];
    const PARTS: &[&str] = &["csrf", "xsrf", "flash", "lastaccess", "lastactivity", "lastseen", "lastvisit"];
    const COUNTERS: &[&str] = &["views", "visits", "count", "counter", "hits", "pageviews", "requests"];
    // One that nobody could show is not a token against forged requests.
    let text = || !matches!(value, Value::Text(text) if is_token(text));
    let scalar = || value.members().is_none();
    match plain {
        "cookie" => true,
        "session" => scalar(),
        "token" | "id" => scalar() && text(),
        _ => {
            NAMES.contains(&plain)
                || PARTS.iter().any(|part| plain.contains(part))
                || (COUNTERS.contains(&plain) && value.as_f64().is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value<'_> {
        codec::json::decode(text.as_bytes(), &Limits::default()).expect("JSON")
    }

    #[test]
    fn nobody_is_a_finding() {
        for text in [
            "{}",
            "[]",
            "null",
            r#"{"cookie":{"originalMaxAge":null,"path":"/"}}"#,
            r#"{"cookie":{},"csrfSecret":"x","flash":{"error":["Please log in"]},"views":3,"createdAt":17}"#,
            r#"{"passport":{},"user":null,"loggedIn":false,"email":""}"#,
            r#"{"state":"a","nonce":"b"}"#,
            r#"{"state":"a","nonce":"b","code_verifier":"c"}"#,
            r#"{"twofaUid":7,"cart":[1]}"#,
            r#"{"MfaSessionUserId":"acme/bob"}"#,
            r#"{"login":{"id":7,"remember":false}}"#,
            r#"{"pre_uid":7}"#,
            r#"{"otp_user_id":7}"#,
            // Flask-Security 5, two_factor.py.
            r#"{"tf_user_id":"3f2a","tf_state":"ready","tf_primary_method":"authenticator"}"#,
            r#"{"auth_user_external_id":"7"}"#,
        ] {
            assert_eq!(container(&json(text)), Unnamed::Nobody, "{text}");
        }
    }

    #[test]
    fn what_no_convention_knows_is_open() {
        for text in [
            r#"{"cart":[{"sku":"B-7"}],"locale":"en-GB"}"#,
            r#"{"lang":"de"}"#,
            r#"{"state":"a"}"#,
            r#"{"views":"alice"}"#,
            r#"{"postLoginRedirect":"/project","last_username":"alice"}"#,
            r#"{"prefs":"{\"theme\":\"dark\"}"}"#,
            "[1]",
        ] {
            assert_eq!(container(&json(text)), Unnamed::Open, "{text}");
        }
    }

    #[test]
    fn a_login_that_names_nobody_is_not_known() {
        for text in [
            r#"{"auth":true}"#,
            r#"{"logged_in":true,"cart":[]}"#,
            r#"{"isLoggedIn":true}"#,
            r#"{"isAuthenticated":true,"csrf":"x"}"#,
            r#"{"user":{"roles":["a"]}}"#,
            r#"{"acctUser":{"id":7}}"#,
            r#"{"shopOperator":"kim"}"#,
            r#"{"accessToken":"x"}"#,
            r#"{"tokenSet":{"access_token":"x"}}"#,
            r#"{"blob":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."}"#,
            r#"{"data":"{\"userId\":7}"}"#,
            r#"{"encrypted_session_data":"00|11|22"}"#,
            "7",
        ] {
            assert_eq!(container(&json(text)), Unnamed::Unknown, "{text}");
        }
    }

    #[test]
    fn likely_members_are_named_with_what_is_in_them() {
        let data = json(
            r#"{"cookie":{},"cart":[1],"acct":{"email":"a@b"},"thing":{"id":7},"operator":"kim","token":"x"}"#,
        );
        assert_eq!(likely(&data), ["acct.email", "operator", "thing.id"]);
        assert!(likely(&json(r#"{"cart":[1],"lang":"de"}"#)).is_empty());
    }

    #[test]
    fn a_path_leads_to_a_user_and_never_to_a_secret() {
        // {"sub":"alice","realm":{"name":"r"}}
        let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsInJlYWxtIjp7Im5hbWUiOiJyIn19.sig";
        let text = format!(
            r#"{{"id_token":"{token}","who":"{token}","auth":{{"user":{{"id":7}},"secret":"s","none":null}},
                "claims":{{"id_token":{{"sub":"bob"}}}},"tokens":["{token}"],"sealed":"x"}}"#
        );
        let data = json(&text);
        let user = |name: &str| Found::User(Cow::Owned(name.to_string()));
        for (path, found) in [
            ("auth.user.id", user("7")),
            ("auth.user", user("7")),
            ("auth.none", Found::Nowhere),
            ("auth.other.id", Found::Nowhere),
            ("nothing", Found::Nowhere),
            ("auth.secret", Found::Unnamed),
            ("id_token", Found::Unnamed),
            ("who", Found::Unnamed),
            ("tokens.0", Found::Unnamed),
            ("sealed.user", Found::Unnamed),
            ("claims.id_token.sub", user("bob")),
            ("jwt:id_token.sub", user("alice")),
            ("jwt:id_token.realm.name", user("r")),
            ("jwt:tokens.0.sub", user("alice")),
            ("jwt:claims.id_token.sub", user("bob")),
            ("jwt:id_token.email", Found::Unnamed),
            ("jwt:sealed.sub", Found::Unnamed),
            ("jwt:nothing.sub", Found::Nowhere),
            ("jwt:id_token", Found::Nowhere),
        ] {
            assert_eq!(follow(&data, path), found, "{path}");
        }
    }
}
