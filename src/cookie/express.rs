//! express-session and what signs like it: `s:<id>.<signature>`.
//!
//! The signature is the base64 of HMAC-SHA256(secret, id) without its padding (cookie-signature
//! 1.0 to 1.2, used by express-session 1.15 to 1.19). @fastify/session 10 and 11 write the same
//! without `s:`, unless their option `cookiePrefix` sets it (@fastify/cookie 11.1.5 signer.js).

use super::{CookieError, Given, Opened, any_fits, base64_unpadded, hmac_sha256, same, split_last_dot};

/// Opens a cookie of express-session (also Sails, NestJS, Etherpad, NodeBB, Overleaf).
///
/// `s:` is required: express-session ignores a value without it. The id may hold dots itself, so
/// the last one counts.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "s:<id>.<signature>" };
    let value = given.decoded(name)?;
    let signed = value.strip_prefix(b"s:").ok_or(EXPECTED)?;
    let (id, signature) = split(signed).ok_or(EXPECTED)?;
    Ok(Opened { id: id.to_vec(), verified: verified(id, signature, secrets) })
}

/// Opens a cookie of @fastify/session, with or without `s:`.
pub fn open_fastify(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "<id>.<signature>" };
    let value = given.decoded(name)?;
    let (whole, signature) = split(&value).ok_or(EXPECTED)?;
    let Some(id) = whole.strip_prefix(b"s:").filter(|id| !id.is_empty()) else {
        return Ok(Opened { id: whole.to_vec(), verified: verified(whole, signature, secrets) });
    };
    // An id generator of the application's own may begin its ids with `s:`; the signature tells.
    let own = verified(whole, signature, secrets) == Some(true);
    let id = if own { whole } else { id };
    Ok(Opened { id: id.to_vec(), verified: verified(id, signature, secrets) })
}

fn split(signed: &[u8]) -> Option<(&[u8], &[u8])> {
    split_last_dot(signed).filter(|(id, _)| !id.is_empty())
}

fn verified(id: &[u8], signature: &[u8], secrets: &[String]) -> Option<bool> {
    any_fits(secrets, |secret| same(base64_unpadded(&hmac_sha256(secret, &[id])).as_bytes(), signature))
}
