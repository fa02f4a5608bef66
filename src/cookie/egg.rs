//! egg: the id encrypted (the default), or bare with a signature beside it.
//!
//! Encrypted, the value is the base64url of AES-256-CBC (PKCS#7) over the id. Key and IV come from
//! OpenSSL's EVP_BytesToKey with MD5, no salt and one round over the key's text, so the IV is the
//! same for every cookie of a key, and there is no MAC (egg-cookies 2.10.1 lib/keygrip.js, egg
//! 3.34). Signed, it is Keygrip's scheme with SHA-256.

use md5::{Digest, Md5};

use super::{CookieError, Given, Opened, aes_256_cbc, base64_any, keygrip, looks_like_id};

/// The layout's option that holds the keys.
const OPTION: &str = "cookie_keys";

/// Opens a cookie of egg; `encrypted` is the option `cookie_encrypted`.
///
/// A `.sig` beside the cookie means that the value is the bare id whatever the option says: an
/// application may encrypt one cookie and sign another. Any of the keys may have been used. That
/// the plaintext looks like an id stands in for the MAC.
pub fn open(given: &Given, name: &str, keys: &[String], encrypted: bool) -> Result<Opened, CookieError> {
    let keys = split_lists(keys);
    let (real_name, _) = given.named(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    if keygrip::signature(given, name, real_name).is_some() {
        let signed = keygrip::open(given, name, &keys)?;
        if signed.verified == Some(false)
            && let Ok(opened) = decrypt(given, name, &keys)
        {
            // A signature left over from before the application began to encrypt.
            return Ok(opened);
        }
        return Ok(signed);
    }
    if encrypted { decrypt(given, name, &keys) } else { keygrip::open(given, name, &keys) }
}

fn decrypt(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let ciphertext = base64_any(&value)
        .filter(|bytes| !bytes.is_empty() && bytes.len().is_multiple_of(16))
        .ok_or(CookieError::Form { expected: "<base64url of encrypted blocks>" })?;
    if keys.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    keys.iter()
        .find_map(|text| {
            let (key, iv) = bytes_to_key(text.as_bytes());
            aes_256_cbc(&key, &iv, &ciphertext).filter(|id| looks_like_id(id))
        })
        .map(|id| Opened { id, verified: Some(true) })
        .ok_or(CookieError::WrongKey { option: OPTION })
}

/// EVP_BytesToKey with MD5, no salt, one round: a 32 byte key and a 16 byte IV.
fn bytes_to_key(text: &[u8]) -> ([u8; 32], [u8; 16]) {
    let first: [u8; 16] = Md5::digest(text).into();
    let second: [u8; 16] = Md5::new().chain_update(first).chain_update(text).finalize().into();
    let iv: [u8; 16] = Md5::new().chain_update(second).chain_update(text).finalize().into();
    let mut key = [0; 32];
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    (key, iv)
}

/// egg's `config.keys` is one text with commas; such a text may have been copied as it stands.
fn split_lists(keys: &[String]) -> Vec<String> {
    let mut all = keys.to_vec();
    let lists = keys.iter().filter(|text| text.contains(','));
    all.extend(lists.flat_map(|text| text.split(',').map(|key| key.trim().to_owned())));
    all
}
