//! AdonisJS: `s:<payload>.<signature>`, both base64url.
//!
//! The payload is the JSON `{"message":<id>,"purpose":<cookie name>}`, the signature HMAC-SHA256
//! with the key SHA-256(APP_KEY) over the payload's text (@adonisjs/session 7.7 and 8.1,
//! @adonisjs/encryption). The purpose keeps the value of one cookie from passing as another's.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{
    CookieError, Given, Opened, any_fits, base64_any, base64url, hmac_sha256, json_scalar, same,
    split_last_dot,
};

const EXPECTED: CookieError = CookieError::Form { expected: "s:<base64url of JSON>.<signature>" };

/// Opens a session cookie of AdonisJS. A payload that was signed for another cookie is not genuine.
pub fn open(given: &Given, name: &str, app_keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let (payload, signature) = value.strip_prefix(b"s:").and_then(split_last_dot).ok_or(EXPECTED)?;
    let json = base64_any(payload).ok_or(EXPECTED)?;
    let json: Json = serde_json::from_slice(&json).map_err(|_| EXPECTED)?;
    let id = json.get("message").and_then(json_scalar).ok_or(EXPECTED)?;
    let purpose = json.get("purpose").and_then(Json::as_str);
    let real_name = given.named(name).map(|(real_name, _)| real_name);
    let for_this_cookie = purpose == Some(name) || (purpose.is_some() && purpose == real_name);
    let verified = any_fits(app_keys, |app_key| {
        let key = Sha256::digest(app_key);
        for_this_cookie && same(base64url(&hmac_sha256(&key, &[payload])).as_bytes(), signature)
    });
    Ok(Opened { id, verified })
}
