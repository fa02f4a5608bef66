//! Members that are secrets by their name: blanked in `inspect` unless `--reveal`.

use std::borrow::Cow;

use super::{Object, Value};
use crate::text::shape::{is_password_hash, is_token};

/// What is shown instead.
pub const BLANK: &str = "(hidden, see --reveal)";

/// Parts of a name, in lower case and without separators, that make a member a secret.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "passhash",
    "secret",
    "token",
    "csrf",
    "xsrf",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "bearer",
    "jwt",
    "otp",
    "totp",
    "saml",
    "nonce",
    "signature",
    "sessionkey",
    "hmackey",
];
/// Whole names that are secrets though a part of them is not.
const WHOLE: &[&str] = &[
    "pass",
    "hash",
    "salt",
    "hmac",
    "pin",
    "sid",
    "sessionid",
    "encryptedsessionid",
    "authsecret",
    "requesttoken",
    "authkey",
    "sesskey",
    "formkey",
    "encryptionkey",
    "authuserhash",
    "authhash",
    "resetuuid",
    "uniquekey",
];
/// Names that hold one of the parts and are none.
const HARMLESS: &[&str] = &[
    "tokentype",
    "tokenexpires",
    "tokenexpiresat",
    "tokenexpiry",
    "passwordless",
    "passwordchangedat",
    "validationtoken",
];

/// Whether a member of this name is blanked.
pub fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(200).collect();
    // Symfony keeps a whole token with the user's password hash in a string.
    !HARMLESS.contains(&&*plain)
        && (name.starts_with("_security_")
            || WHOLE.contains(&&*plain)
            || PARTS.iter().any(|part| plain.contains(part)))
}

/// The value with its secrets blanked; numbers and strings only, so that the structure stays visible.
/// Members of these names are secrets, too.
pub fn blanked(value: &Value<'_>, names: &[String]) -> Value<'static> {
    walk(value, false, names)
}

/// Claims that every decoded token has some of.
const CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "iat"];

/// Whether it is a token's content and not the token: who holds its claims holds no key to anything.
fn is_claims(value: &Value<'_>) -> bool {
    value.members().is_some() && CLAIMS.iter().filter(|name| value.get(name).is_some()).count() >= 2
}

/// Whether a member is what Warden knows a user by.
fn is_warden(name: &str) -> bool {
    name.strip_prefix("warden.user.").is_some_and(|rest| rest.strip_suffix(".key").is_some())
}

/// What Devise has Warden keep of a user: the record's key and the salt of the password, which is of no
/// certain form (devise 4.9, models/authenticatable.rb, `serialize_into_session`).
fn without_salt(key: &[Value<'_>], names: &[String]) -> Value<'static> {
    let behind = |at: usize| key[..at].iter().any(|item| matches!(item, Value::List(_)));
    let items =
        key.iter().enumerate().map(|(at, item)| walk(item, item.as_str().is_some() && behind(at), names));
    Value::List(items.collect())
}

fn walk(value: &Value<'_>, secret: bool, names: &[String]) -> Value<'static> {
    let secret = secret && !is_claims(value);
    let is_secret = |name: &str| is_secret(name) || names.iter().any(|other| other == name);
    let all = |values: &[Value<'_>]| values.iter().map(|value| walk(value, secret, names)).collect();
    let named = |members: &[(Cow<'_, str>, Value<'_>)]| {
        members
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Value::List(key) if is_warden(name) => without_salt(key, names),
                    _ => walk(value, secret || is_secret(name), names),
                };
                (Cow::Owned(name.to_string()), shown)
            })
            .collect()
    };
    match value {
        Value::List(values) => Value::List(all(values)),
        Value::Set(values) => Value::Set(all(values)),
        Value::Map(members) => Value::Map(named(members)),
        Value::Pairs(pairs) => Value::Pairs(
            pairs
                .iter()
                .map(|(key, value)| {
                    let hides = secret || key.as_str().is_some_and(is_secret);
                    (key.clone().into_owned(), walk(value, hides, names))
                })
                .collect(),
        ),
        Value::Object(object) => Value::Object(Box::new(Object {
            class: Cow::Owned(object.class.to_string()),
            fields: named(&object.fields),
            payload: object.payload.as_ref().map(|payload| walk(payload, secret, names)),
        })),
        Value::Null | Value::Bool(_) | Value::Ref(_) => value.clone().into_owned(),
        // Whatever it is called, it opens what it was made for.
        Value::Text(text) if is_token(text) || is_password_hash(text) => Value::Text(Cow::Borrowed(BLANK)),
        _ if secret => Value::Text(Cow::Borrowed(BLANK)),
        _ => value.clone().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in [
            "password",
            "user_password",
            "csrfSecret",
            "accessToken",
            "_csrf",
            "keycloak-token",
            "apiKey",
            "hash",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["user", "compass", "cookie", "originalMaxAge", "token_type", "hashtags", "path", "views"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn claims_of_a_decoded_token_are_shown_and_a_token_is_not() {
        let text = br#"{"id_token":{"iss":"i","sub":"alice","nonce":"n","address":{"city":"c"}},
            "id_token_jwt":"x","other":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.s","password":{"sub":"p"}}"#;
        let value = (crate::codec::json::CODEC.decode)(text, &crate::codec::Limits::default()).expect("JSON");
        assert_eq!(
            blanked(&value, &[]).to_json(),
            format!(
                r#"{{"id_token":{{"iss":"i","sub":"alice","nonce":"{BLANK}","address":{{"city":"c"}}}},"id_token_jwt":"{BLANK}","other":"{BLANK}","password":{{"sub":"{BLANK}"}}}}"#
            )
        );
    }

    #[test]
    fn the_salt_of_a_password_is_no_part_of_a_user() {
        let text =
            br#"{"warden.user.user.key":["User",[7],"any"],"warden.user.admin.key":[["a"],"$2a$04$HhPa"],
            "x":["$2a$04$HhPa9OV.WyXzIBDcft7aAO","pbkdf2_sha256$6$s$h","$5"]}"#;
        let value = (crate::codec::json::CODEC.decode)(text, &crate::codec::Limits::default()).expect("JSON");
        assert_eq!(
            blanked(&value, &[]).to_json(),
            format!(
                r#"{{"warden.user.user.key":["User",[7],"{BLANK}"],"warden.user.admin.key":[["a"],"{BLANK}"],"x":["{BLANK}","{BLANK}","$5"]}}"#
            )
        );
    }

    #[test]
    fn what_is_inside_a_secret_is_blanked_and_the_structure_stays() {
        let text = br#"{"tokens":[{"id":1},"x",null],"user":{"password":"p","name":"alice"}}"#;
        let value = (crate::codec::json::CODEC.decode)(text, &crate::codec::Limits::default()).expect("JSON");
        assert_eq!(
            blanked(&value, &[]).to_json(),
            format!(
                r#"{{"tokens":[{{"id":"{BLANK}"}},"{BLANK}",null],"user":{{"password":"{BLANK}","name":"alice"}}}}"#
            )
        );
    }
}
