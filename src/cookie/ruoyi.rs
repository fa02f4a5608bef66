//! RuoYi: a JWT whose claim `login_user_key` is the id.
//!
//! The token is made by jjwt 0.9 with HS512 and the *base64-decoded* text of `token.secret`
//! (RuoYi-Vue 3.9, `TokenService`). It is sent as `Authorization: Bearer <token>`, and the user
//! interface keeps it in the cookie `Admin-Token`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use super::{CookieError, Given, Opened};

const FORM: CookieError = CookieError::Form { expected: "<JWT with a claim login_user_key>" };

/// A longer token is not read.
const MOST: usize = 64 << 10;

/// Opens a token; without a secret its signature is not checked.
pub fn open(given: &Given, name: &str, secret: Option<&str>) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let text = std::str::from_utf8(&value).map_err(|_| FORM)?.trim();
    let token = text.strip_prefix("Bearer ").unwrap_or(text).trim();
    let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= MOST).ok_or(FORM)?;
    let (_, payload) = signed.split_once('.').ok_or(FORM)?;
    let claims = URL_SAFE_NO_PAD.decode(payload).map_err(|_| FORM)?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).map_err(|_| FORM)?;
    let id = claims
        .get("login_user_key")
        .and_then(|key| key.as_str())
        .filter(|key| !key.is_empty())
        .ok_or(FORM)?;
    let verified = secret.map(|secret| {
        let mac = Hmac::<Sha512>::new_from_slice(&key(secret)).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok();
        // The comparison is in constant time.
        mac.zip(signature).is_some_and(|(mac, signature)| {
            mac.chain_update(signed.as_bytes()).verify_slice(&signature).is_ok()
        })
    });
    Ok(Opened { id: id.as_bytes().to_vec(), verified })
}

/// The text as jjwt 0.9 decodes it (`DatatypeConverter.parseBase64Binary`): what is not of the
/// alphabet is passed over, and an incomplete last group of four is dropped.
fn key(secret: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = secret
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        .collect();
    digits.truncate(digits.len() / 4 * 4);
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    digits.truncate(digits.len() - padding);
    let lenient = base64::engine::GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone);
    base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, lenient)
        .decode(digits)
        .unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::ways;
    use super::*;

    const SECRET: &str = "abcdefghijklmnopqrstuvwxyz";
    const TOKEN: &str = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhZG1pbiIsImxvZ2luX3VzZXJfa2V5IjoiNjdhMjI1MTEtODM5Mi00YTA0LWFjM2QtNmY5MjdiMTJmMGMxIn0.a8H2ZFOBYxPW_j_vcILNHUvC9QPMEU2wDrHq_HVI3iimQU244rjmFUQOp9sHuHu-q8kOCLG1EMhz5b3ZoUTTcQ";
    const ID: &[u8] = b"67a22511-8392-4a04-ac3d-6f927b12f0c1";

    #[test]
    fn opens_and_verifies_a_token() {
        let name = "Admin-Token";
        for text in ways(name, TOKEN).into_iter().chain([format!("Bearer {TOKEN}")]) {
            let opened = |secret: Option<&str>| open(&Given::parse(&text), name, secret).unwrap();
            assert_eq!(opened(Some(SECRET)), Opened { id: ID.to_vec(), verified: Some(true) }, "{text}");
            assert_eq!(opened(Some("another secret")).verified, Some(false));
            assert_eq!(opened(None).verified, None);
        }
        assert_eq!(key(SECRET).len(), 18);
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["a", "a.b", "a.b.c", "..", "e30.e30.e30", "Admin-Token="] {
            assert!(open(&Given::parse(text), "Admin-Token", Some(SECRET)).is_err(), "{text}");
        }
    }
}
