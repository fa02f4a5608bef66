//! better-auth: `<token>.<signature>`, the token being the id.
//!
//! The signature is the base64 of HMAC-SHA256(secret, token), *with* its padding, and the whole is
//! percent-encoded (better-auth 1.7.25 dist/cookies, better-call's signed cookies).

use super::{CookieError, Given, Opened, any_fits, base64_padded, hmac_sha256, same, split_last_dot};

/// Opens a session cookie of better-auth.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let (token, signature) = split_last_dot(&value)
        .filter(|(token, _)| !token.is_empty())
        .ok_or(CookieError::Form { expected: "<token>.<signature>" })?;
    let verified =
        any_fits(secrets, |secret| same(base64_padded(&hmac_sha256(secret, &[token])).as_bytes(), signature));
    Ok(Opened { id: token.to_vec(), verified })
}
