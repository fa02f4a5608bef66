//! hono-sessions: an Iron seal around the id, or the bare id when no key is configured.
//!
//! A seal has eight parts joined by `*`: `Fe26.2`, the password's id, the salt of the encryption
//! key, the IV, the ciphertext, an expiry in milliseconds or nothing, the salt of the MAC key, the
//! MAC. A key is PBKDF2-HMAC-SHA1(password, the salt's *text*, 1 round, 32 bytes); the ciphertext is
//! AES-256-CBC (PKCS#7) over the id as a JSON string, the MAC HMAC-SHA256 over the first six parts
//! (hono-sessions 0.8.1 with iron-webcrypto).

use pbkdf2::pbkdf2_hmac_array;
use sha1::Sha1;

use super::{CookieError, Given, Opened, aes_256_cbc, base64_any, base64url, hmac_sha256, json_scalar, same};

/// The layout's option that holds the password.
const OPTION: &str = "cookie_encryption_key";
const EXPECTED: CookieError = CookieError::Form { expected: "Fe26.2*… (an Iron seal of eight parts)" };
/// Iron's own number; a seal does not say another, so no input can make this dear.
const ROUNDS: u32 = 1;

/// Opens a cookie of hono-sessions.
///
/// The seal's expiry has to be well formed and is not compared with a clock: whether the session
/// still lives is the store's answer.
pub fn open(given: &Given, name: &str, passwords: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    if !value.starts_with(b"Fe26.2*") {
        return match (value.is_empty(), passwords) {
            (false, []) => Ok(Opened { id: value, verified: None }),
            _ => Err(EXPECTED),
        };
    }
    let text = std::str::from_utf8(&value).map_err(|_| EXPECTED)?;
    let parts: Vec<&str> = text.split('*').collect();
    let [_, _, salt, iv, ciphertext, expiry, mac_salt, mac] = parts[..] else { return Err(EXPECTED) };
    let sealed = &text[..text.len() - mac_salt.len() - mac.len() - 2];
    if !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    let iv = base64_any(iv.as_bytes()).filter(|iv| iv.len() == 16).ok_or(EXPECTED)?;
    let ciphertext = base64_any(ciphertext.as_bytes()).ok_or(EXPECTED)?;
    if passwords.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    let password = passwords
        .iter()
        .find(|password| {
            let digest = hmac_sha256(&key(password, mac_salt), &[sealed.as_bytes()]);
            same(base64url(&digest).as_bytes(), mac.as_bytes())
        })
        .ok_or(CookieError::WrongKey { option: OPTION })?;
    let json = aes_256_cbc(&key(password, salt), &iv, &ciphertext).ok_or(EXPECTED)?;
    let id = serde_json::from_slice(&json).ok().as_ref().and_then(json_scalar).ok_or(EXPECTED)?;
    Ok(Opened { id, verified: Some(true) })
}

fn key(password: &str, salt: &str) -> [u8; 32] {
    pbkdf2_hmac_array::<Sha1, 32>(password.as_bytes(), salt.as_bytes(), ROUNDS)
}
