//! Signed and private jars of Rust's `cookie` crate: actix, tower-cookies, poem, axum, salvo, Tide.
//!
//! A key is 64 bytes, one half for each: as they were given, or derived of a master key of 32 and more by
//! the second step of HKDF alone. A signed value is the base64 of HMAC-SHA256(value) and the value after
//! it; a private one the base64 of nonce, AES-256-GCM ciphertext and tag, bound to the cookie's name (cookie
//! 0.18.2, src/secure).

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};

use super::{CookieError, Given, Opened, base64_any, base64_padded, hmac_sha256, percent_decode, same};

/// The option that holds the key.
const KEY_OPTION: &str = "cookie_key_hex";

/// What HKDF is told the derived key is for.
const PURPOSE: &[u8] = b"COOKIE;SIGNED:HMAC-SHA256;PRIVATE:AEAD-AES-256-GCM";

/// The length of a MAC in base64.
const MAC: usize = 44;
const NONCE: usize = 12;

/// How a cookie is opened.
#[derive(Debug, Clone, Copy)]
pub struct Jar<'s> {
    pub mode: Option<&'s str>,
    pub key: Option<&'s str>,
    /// Whether a string could be what the framework puts into the cookie.
    pub is_value: fn(&[u8]) -> bool,
}

/// Opens a cookie to the value that the framework put into it.
pub fn open(given: &Given, name: &str, jar: &Jar<'_>) -> Result<Opened, CookieError> {
    let Some((real, value)) = given.named(name) else {
        return Err(CookieError::Absent { name: name.to_owned() });
    };
    let value = percent_decode(&value).into_owned();
    let keys = match jar.key {
        Some(text) => keys(text).ok_or(CookieError::NoKey {
            option: KEY_OPTION,
            expected: "64 or more hexadecimal digits are expected",
        })?,
        None => Vec::new(),
    };
    if jar.mode == Some("plain") || jar.mode.is_none() && (jar.is_value)(&value) {
        return plain(value);
    }
    let after = value.get(MAC..).unwrap_or_default();
    if jar.mode == Some("signed") || jar.mode.is_none() && (jar.is_value)(after) {
        if after.is_empty() {
            return Err(CookieError::Form { expected: "<44 characters of base64><value>" });
        }
        let genuine = |key: &[u8; 64]| {
            let mac = base64_padded(&hmac_sha256(&key[..32], &[after]));
            same(mac.as_bytes(), &value[..MAC])
        };
        let verified = (!keys.is_empty()).then(|| keys.iter().any(genuine));
        return Ok(Opened { id: after.to_vec(), verified });
    }
    let sealed = base64_any(&value).filter(|sealed| sealed.len() > NONCE + 16);
    let Some(sealed) = sealed else {
        return Err(CookieError::Form { expected: "<base64 of nonce, ciphertext and tag>" });
    };
    if keys.is_empty() {
        return Err(CookieError::NeedsKey { option: KEY_OPTION });
    }
    for key in &keys {
        for bound in [real, name] {
            if let Some(id) = unseal(&key[32..], &sealed, bound.as_bytes()) {
                return Ok(Opened { id, verified: Some(true) });
            }
        }
    }
    Err(CookieError::WrongKey { option: KEY_OPTION })
}

fn plain(value: Vec<u8>) -> Result<Opened, CookieError> {
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<id>" });
    }
    Ok(Opened { id: value, verified: None })
}

/// Opens nonce, ciphertext and tag that are bound to something.
pub fn unseal(key: &[u8], sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce = Nonce::try_from(nonce).ok()?;
    Aes256Gcm::new_from_slice(key).ok()?.decrypt(&nonce, Payload { msg: sealed, aad: bound }).ok()
}

/// The bytes of an even number of hexadecimal digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text.trim()).ok()
}

/// The keys that this text can stand for: itself, and what is derived of it.
pub fn keys(text: &str) -> Option<Vec<[u8; 64]>> {
    let bytes = unhex(text)?;
    if bytes.len() < 32 {
        return None;
    }
    let first = hmac_sha256(&bytes, &[PURPOSE, &[1]]);
    let second = hmac_sha256(&bytes, &[&first, PURPOSE, &[2]]);
    let mut keys = Vec::new();
    keys.extend(bytes.first_chunk::<64>().copied());
    keys.extend(<[u8; 64]>::try_from([first, second].concat()));
    Some(keys)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::ways;
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
                       202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

    fn jar(mode: Option<&'static str>, key: Option<&'static str>) -> Jar<'static> {
        Jar { mode, key, is_value: |value| value.len() == 64 && value.iter().all(u8::is_ascii_alphanumeric) }
    }

    // actix-session 0.11.0 wrote it.
    const ID: &str = "2ruBuJvYc4RDLjH4aeLTuNr558UCr4jMXvkVaRU6wubl7LJthyyqZ0yuQaEAaMiD";
    const PRIVATE: &str = "LUSuRlQFOUPXP7lGYrbxCxmeqwJLzfvYFM7cfTsuqYvdHE6lk%2FeW9dFaamtcCG0IsE0hVokxmSVJu8euHEs\
                           D3fl+xNwU87gwZ3R9De4ezovlrk3deil5pH0vrT0%3D";

    #[test]
    fn private() {
        for text in ways("id", PRIVATE) {
            let opened = open(&Given::parse(&text), "id", &jar(None, Some(KEY)));
            assert_eq!(opened, Ok(Opened { id: ID.into(), verified: Some(true) }), "{text}");
        }
        let given = Given::parse(PRIVATE);
        let missing = CookieError::NeedsKey { option: "cookie_key_hex" };
        assert_eq!(open(&given, "id", &jar(None, None)), Err(missing));
        let wrong = CookieError::WrongKey { option: "cookie_key_hex" };
        assert_eq!(open(&given, "other", &jar(None, Some(KEY))), Err(wrong.clone()));
        assert_eq!(open(&given, "id", &jar(None, Some(&KEY[..64]))), Err(wrong));
        assert!(matches!(open(&given, "id", &jar(None, Some("abc"))), Err(CookieError::NoKey { .. })));
    }

    #[test]
    fn signed_and_plain() {
        let key = keys(KEY).unwrap();
        for key in &key {
            let mac = base64_padded(&hmac_sha256(&key[..32], &[ID.as_bytes()]));
            let opened = open(&Given::parse(&format!("{mac}{ID}")), "id", &jar(None, Some(KEY))).unwrap();
            assert_eq!((&*opened.id, opened.verified), (ID.as_bytes(), Some(true)));
            let forged = format!("A{}{ID}", &mac[1..]);
            let opened = open(&Given::parse(&forged), "id", &jar(Some("signed"), Some(KEY))).unwrap();
            assert_eq!((&*opened.id, opened.verified), (ID.as_bytes(), Some(false)));
        }
        assert_eq!(key.len(), 2);
        let opened = open(&Given::parse(ID), "id", &jar(None, Some(KEY))).unwrap();
        assert_eq!(opened, Opened { id: ID.into(), verified: None });
        assert!(open(&Given::parse("x"), "id", &jar(None, Some(KEY))).is_err());
        assert!(open(&Given::parse("a=b"), "id", &jar(None, None)).is_err());
    }
}
