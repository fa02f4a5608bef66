//! Cookies of gorilla/securecookie, in which gorilla/sessions keeps the id of a session.
//!
//! Base64url of `date|value|mac`: seconds since 1970, base64url of the datum, and HMAC-SHA256(hash key,
//! `name|date|value`) as it is. With a block key the datum is AES-CTR after an IV of 16 bytes. It is the id as
//! gob or JSON, or bare (gorilla/securecookie 1.1.1 securecookie.go, eae3c18).

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

use super::{CookieError, Given, Opened, base64_any, hmac_sha256, looks_like_id, same};
use crate::codec::{Limits, gob};
use crate::value::Value;

/// The option that holds the keys that encrypt.
const BLOCK_KEY: &str = "cookie_block_key";

const EXPECTED: &str = "<base64url of date|value|mac>";

/// Opens a cookie to the id in it. Any hash key and any block key may have been used.
pub fn open(
    given: &Given,
    name: &str,
    hash_keys: &[String],
    block_keys: &[String],
) -> Result<Opened, CookieError> {
    let text = given.decoded(name)?;
    let real = given.named(name).map_or(name, |(real, _)| real).to_owned();
    let envelope = base64_any(&text).ok_or(CookieError::Form { expected: EXPECTED })?;
    let mut parts = envelope.splitn(3, |byte| *byte == b'|');
    let (Some(date), Some(value), Some(mac)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(CookieError::Form { expected: EXPECTED });
    };
    if date.is_empty() || !date.iter().all(u8::is_ascii_digit) {
        return Err(CookieError::Form { expected: EXPECTED });
    }
    let signs = |key: &String| {
        [real.as_str(), name].iter().any(|name| {
            let parts = [name.as_bytes(), b"|", date, b"|", value];
            same(&hmac_sha256(key.as_bytes(), &parts), mac)
        })
    };
    let mut hash_keys = hash_keys.iter().filter(|key| !key.is_empty()).peekable();
    let verified = hash_keys.peek().is_some().then(|| hash_keys.any(signs));
    let datum = base64_any(value).ok_or(CookieError::Form { expected: EXPECTED })?;
    if let Some(id) = id(&datum) {
        return Ok(Opened { id, verified });
    }
    let mut block_keys = block_keys.iter().filter(|key| !key.is_empty()).peekable();
    if block_keys.peek().is_none() {
        return Err(CookieError::NeedsKey { option: BLOCK_KEY });
    }
    match block_keys.find_map(|key| id(&ctr(key.as_bytes(), &datum)?)) {
        Some(id) => Ok(Opened { id, verified }),
        None => Err(CookieError::WrongKey { option: BLOCK_KEY }),
    }
}

/// The id in a datum: gob, JSON, or the bare text.
fn id(datum: &[u8]) -> Option<Vec<u8>> {
    let text = match gob::decode(datum, &Limits::default()) {
        Ok(Value::Text(text)) => text.into_owned().into_bytes(),
        Ok(_) => return None,
        Err(_) => match serde_json::from_slice(datum) {
            Ok(serde_json::Value::String(text)) => text.into_bytes(),
            Ok(_) => return None,
            Err(_) => datum.to_vec(),
        },
    };
    looks_like_id(&text).then_some(text)
}

/// AES in counter mode, after its IV.
fn ctr(key: &[u8], datum: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => counted(&Aes128::new_from_slice(key).ok()?, datum),
        24 => counted(&Aes192::new_from_slice(key).ok()?, datum),
        32 => counted(&Aes256::new_from_slice(key).ok()?, datum),
        _ => None,
    }
}

fn counted<C: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>>(
    cipher: &C,
    datum: &[u8],
) -> Option<Vec<u8>> {
    let (iv, sealed) = datum.split_first_chunk::<16>()?;
    let mut counter = u128::from_be_bytes(*iv);
    let mut plain = Vec::with_capacity(sealed.len());
    for chunk in sealed.chunks(16) {
        let mut block = Array::from(counter.to_be_bytes());
        cipher.encrypt_block(&mut block);
        plain.extend(chunk.iter().zip(block.iter()).map(|(byte, key)| byte ^ key));
        counter = counter.wrapping_add(1);
    }
    Some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE;

    use super::super::tests::{keys, ways};
    use super::*;

    // gorilla/sessions 1.2.1 wrote it for boj/redistore.
    const COOKIE: &str = "MTc5NTQ4ODk0MnxOd3dBTkRSVFVrRTFTazVPVVVwTVdFaENNbGhYTlVOSFJEWkNXakpZV2xCWVEwRTJVVFJaVlU5RlMx\
                          STNUakpRTkVoTlVGYzJNMUU9fN-g-MfD2qhlRepDnzdbcVlsuOum8EO0Bcl6vJcU_IVi";
    const ID: &str = "4SRA5JNNQJLXHB2XW5CGD6BZ2XZPXCA6Q4YUOEKR7N2P4HMPW63Q";

    #[test]
    fn signed() {
        let right = keys(&["other", "0123456789abcdef0123456789abcdef"]);
        for text in ways("session", COOKIE) {
            let opened = open(&Given::parse(&text), "session", &right, &[]).unwrap();
            assert_eq!(opened, Opened { id: ID.into(), verified: Some(true) }, "{text}");
        }
        let given = Given::parse(COOKIE);
        let verified = |keys: &[String]| open(&given, "session", keys, &[]).unwrap().verified;
        assert_eq!(verified(&keys(&["other"])), Some(false));
        assert_eq!(verified(&keys(&[""])), None);
        assert_eq!(open(&given, "other", &right, &[]).unwrap().verified, Some(false));
        for text in ["", "abc", "YXxifGM=", "MTIzfGF8Yg=="] {
            assert!(open(&Given::parse(text), "session", &right, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn encrypted() {
        let key = "fedcba9876543210";
        let datum = [&b"\x37\x0c\0\x34"[..], ID.as_bytes()].concat();
        let iv = [0xff_u8; 16];
        // Counter mode undoes itself.
        let sealed = [&iv[..], &ctr(key.as_bytes(), &[&iv[..], &datum].concat()).unwrap()].concat();
        let value = URL_SAFE.encode(&sealed);
        let mac = hmac_sha256(b"hash", &[b"session|1|", value.as_bytes()]);
        let cookie = URL_SAFE.encode([b"1|", value.as_bytes(), b"|", &mac].concat());
        let given = Given::parse(&cookie);
        let hash = keys(&["hash"]);
        let opened = open(&given, "session", &hash, &keys(&["", key])).unwrap();
        assert_eq!(opened, Opened { id: ID.into(), verified: Some(true) });
        assert!(matches!(open(&given, "session", &hash, &[]), Err(CookieError::NeedsKey { .. })));
        assert!(matches!(
            open(&given, "session", &hash, &keys(&["0123456789abcdef"])),
            Err(CookieError::WrongKey { .. })
        ));
    }
}
