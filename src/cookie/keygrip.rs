//! Koa's two cookies: the id bare, and `<name>.sig` beside it.
//!
//! The signature is the base64url of HMAC(key, `<name>=<value>`) without padding: the name is part
//! of the signed text (the npm packages `cookies` and `keygrip`; observed with koa-generic-session
//! 2.3.1, koa-session 6.4 and 7.0, koa-session2 2.2.10). Koa's default digest is SHA-1; egg signs
//! with SHA-256 (egg-cookies 2.10.1), and a Koa application may pass a Keygrip of its own. Their
//! lengths differ, so the signature itself says which it is.

use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{CookieError, Given, Opened, any_fits, base64url, mac, percent_decode, same};

/// Opens a cookie that Keygrip signs. Without the `.sig` there is nothing to check, and the id
/// comes unverified.
pub fn open(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    let (real_name, value) =
        given.named(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<id>, with <name>.sig beside it" });
    }
    let decoded = percent_decode(&value);
    let Some(signature) = signature(given, name, real_name) else {
        return Ok(Opened { id: decoded.into_owned(), verified: None });
    };
    // Koa itself neither encodes nor decodes; what stands between it and the reader may.
    for id in [value.as_bytes(), &decoded] {
        let fits = |key: &[u8]| [real_name, name].iter().any(|name| signs(key, name, id, &signature));
        if any_fits(keys, fits) == Some(true) {
            return Ok(Opened { id: id.to_vec(), verified: Some(true) });
        }
    }
    Ok(Opened { id: decoded.into_owned(), verified: any_fits(keys, |_| false) })
}

/// The signature beside the cookie, if it was given.
pub(super) fn signature(given: &Given, name: &str, real_name: &str) -> Option<Vec<u8>> {
    let beside = |name: &str| {
        let text = given.companion(&format!("{name}.sig"))?;
        Some(percent_decode(&text).into_owned())
    };
    beside(real_name).or_else(|| beside(name))
}

fn signs(key: &[u8], name: &str, value: &[u8], signature: &[u8]) -> bool {
    let signed: [&[u8]; 3] = [name.as_bytes(), b"=", value];
    let digest = match signature.len() {
        27 => mac::<Hmac<Sha1>>(key, &signed),
        43 => mac::<Hmac<Sha256>>(key, &signed),
        64 => mac::<Hmac<Sha384>>(key, &signed),
        86 => mac::<Hmac<Sha512>>(key, &signed),
        _ => return false,
    };
    same(base64url(&digest).as_bytes(), signature)
}
