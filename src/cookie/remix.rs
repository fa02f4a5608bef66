//! Remix: `<base64>.<signature>`, or the base64 alone where the cookie has no secrets.
//!
//! Remix 1 and 2 put the base64 of the id as a *JSON string* there (`createCookie` of
//! @remix-run/server-runtime; observed with remix-redis-session 0.0.12), `@remix-run/cookie` 0.7
//! that of the id's own text. The signature is the base64 of HMAC-SHA256(secret, the base64 text)
//! without padding.

use super::{
    CookieError, Given, Opened, any_fits, base64_any, base64_unpadded, hmac_sha256, json_scalar,
    looks_like_id, same, split_last_dot,
};

const EXPECTED: CookieError = CookieError::Form { expected: "<base64 of the id>.<signature>" };

/// Opens a cookie of Remix, signed or not. Where secrets are given, an unsigned one is not genuine.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    read(&given.decoded(name)?, secrets).ok_or(EXPECTED)
}

/// The same where an application may also hand the id itself to the browser, as is usual with
/// @remix-run/session-storage-redis 0.1 when its cookie is not one of `createCookie`.
pub fn open_or_bare(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    match read(&value, secrets) {
        Some(opened) => Ok(opened),
        None if value.is_empty() => Err(EXPECTED),
        None => Ok(Opened { id: value, verified: None }),
    }
}

fn read(value: &[u8], secrets: &[String]) -> Option<Opened> {
    // Base64 has no dots, so a dot can only stand before the signature.
    let (encoded, signature) = match split_last_dot(value) {
        Some((encoded, signature)) => (encoded, Some(signature)),
        None => (value, None),
    };
    let bytes = base64_any(encoded)?;
    let id = match serde_json::from_slice(&bytes) {
        Ok(json @ serde_json::Value::String(_)) => json_scalar(&json)?,
        _ if looks_like_id(&bytes) => bytes,
        _ => return None,
    };
    let verified = any_fits(secrets, |secret| {
        let digest = base64_unpadded(&hmac_sha256(secret, &[encoded]));
        signature.is_some_and(|signature| same(digest.as_bytes(), signature))
    });
    Some(Opened { id, verified })
}
