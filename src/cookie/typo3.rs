//! TYPO3: a JSON web token around the id, and the hash that the id is kept under.
//!
//! The token is signed with HMAC-SHA256; its key is the hexadecimal SHA-256 of the site's encryption
//! key and then the name of the class (Core/Security/JwtTrait.php of TYPO3 13). The store's key holds
//! the hexadecimal HMAC-SHA256 of the id, keyed with the hexadecimal SHA-1 of the encryption key and
//! `core-session-backend` (RedisSessionBackend.php, 9.5.23 to 13), or, in 14, its HMAC-SHA3-256, keyed
//! with the encryption key and that text. Before 11.5 the cookie was the id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, SimpleHmac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use sha3::Sha3_256;

use base16ct::lower::encode_string as hex;

use super::{CookieError, Given, Opened, hmac_sha256, looks_like_id, mac, same};

const OPTION: &str = "encryption_key";
const EXPECTED: CookieError = CookieError::Form { expected: "<a JSON web token with `identifier`> or <id>" };

/// Opens the cookie; what is given as the id is its hash, which is what the store's key holds.
pub fn open(
    given: &Given,
    name: &str,
    encryption_key: Option<&str>,
    sha3: bool,
) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let text = std::str::from_utf8(&value).map_err(|_| EXPECTED)?;
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        if !looks_like_id(&value) || parts.len() > 1 {
            return Err(EXPECTED);
        }
        // Until 9.5.23 the id stood in the key as it is.
        let id = encryption_key.map_or_else(|| value.clone(), |key| hashed(key, &value, sha3));
        return Ok(Opened { id, verified: None });
    };
    let Some(key) = encryption_key else { return Err(CookieError::NeedsKey { option: OPTION }) };
    let claims = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| EXPECTED)?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).map_err(|_| EXPECTED)?;
    let id = claims.get("identifier").and_then(serde_json::Value::as_str).ok_or(EXPECTED)?;
    let signing = [&hex(&Sha256::digest(key.as_bytes())), "/TYPO3\\CMS\\Core\\Session\\UserSession"].concat();
    let wanted = hmac_sha256(signing.as_bytes(), &[header.as_bytes(), b".", payload.as_bytes()]);
    let verified =
        URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')).is_ok_and(|given| same(&given, &wanted));
    Ok(Opened { id: hashed(key, id.as_bytes(), sha3), verified: Some(verified) })
}

/// The hash that an id is kept under.
fn hashed(encryption_key: &str, id: &[u8], sha3: bool) -> Vec<u8> {
    if sha3 {
        let key = [encryption_key, "core-session-backend"].concat();
        return hex(&mac::<SimpleHmac<Sha3_256>>(key.as_bytes(), &[id])).into_bytes();
    }
    let key = hex(&Sha1::digest([encryption_key, "core-session-backend"].concat()));
    hex(&mac::<Hmac<Sha256>>(key.as_bytes(), &[id])).into_bytes()
}

/// What tells one site's sessions from another's in the same database.
pub fn site(encryption_key: &str) -> String {
    hex(&Sha1::digest(encryption_key.as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::refused;
    use super::*;

    const KEY: &str =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZGVudGlmaWVyIjoiMTgxZjA3NWY5NWViNTg3NzI3MTA2Mzc2NDJiM2MxN2EiLCJ0aW1lIjoiMjAyNi0xMS0yNFQxMTowMDowMCswMDowMCIsInNjb3BlIjp7ImRvbWFpbiI6Ind3dy5leGFtcGxlLm9yZyIsImhvc3RPbmx5Ijp0cnVlLCJwYXRoIjoiLyJ9fQ.6rKEHgSSOoH3PuWILy9cuZeiAf7l9AeKnraO6_mAv_4";
    const HASH: &str = "0b9e4ecef04b4e415c52c61defdc570766ec75e758abaca078ab18f81ba203e5";

    #[test]
    fn a_token_and_a_bare_id_lead_to_the_hash() {
        let opened = open(&Given::parse(TOKEN), "fe_typo_user", Some(KEY), false).unwrap();
        assert_eq!(opened, Opened { id: HASH.into(), verified: Some(true) });
        let bare = open(&Given::parse("181f075f95eb58772710637642b3c17a"), "fe_typo_user", Some(KEY), false)
            .unwrap();
        assert_eq!(bare, Opened { id: HASH.into(), verified: None });
        let altered = TOKEN.replace("6rKE", "6rKF");
        assert_eq!(
            open(&Given::parse(&altered), "fe_typo_user", Some(KEY), false).unwrap().verified,
            Some(false)
        );
        let plain =
            open(&Given::parse("181f075f95eb58772710637642b3c17a"), "fe_typo_user", None, false).unwrap();
        assert_eq!(plain.id, b"181f075f95eb58772710637642b3c17a");
        let without = open(&Given::parse(TOKEN), "fe_typo_user", None, false);
        assert_eq!(without, Err(CookieError::NeedsKey { option: OPTION }));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "a.b", "a.b.c", "a.e30.c", "a b"] {
            refused(text, |given| open(given, "fe_typo_user", Some(KEY), false));
        }
    }
}
