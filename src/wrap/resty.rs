//! What lua-resty-session encrypts, of versions 2 to 4.
//!
//! Version 4 seals with AES-256-GCM and puts the tag into the cookie (4.1.5, lib/resty/session.lua and
//! session/utils.lua): without it only the content tells whether a key was right, so it has to be JSON. Versions 2 and 3 use AES-256-CBC under a
//! key of OpenSSL's derivation (v2.26 and v3.10, session/ciphers/aes.lua, session/strategies).

use aes::Aes256;
use cbc::cipher::{
    BlockCipherEncrypt, BlockModeDecrypt, KeyInit, KeyIvInit, array::Array, block_padding::Pkcs7,
};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::codec::packed::deflate;
use crate::codec::{DecodeError, Limits, json};
use crate::value::Value;

pub const NAME: &str = "lua-resty-session";

/// Rounds with which the keys of remember-me sessions are derived: the default, then the lowest.
const ROUNDS: [u32; 2] = [10_000, 1_000];

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// HKDF with SHA-256 and without a salt, of what a secret is hashed to.
fn derived(secret: &str, purpose: &str, id: &[u8], length: usize) -> Vec<u8> {
    let extracted = mac::<Hmac<Sha256>>(&[0; 32], &[&Sha256::digest(secret.as_bytes())]);
    let mut key: Vec<u8> = Vec::new();
    let mut block: Vec<u8> = Vec::new();
    let mut counter = 1;
    while key.len() < length {
        block = mac::<Hmac<Sha256>>(&extracted, &[&block, purpose.as_bytes(), id, &[counter]]);
        key.extend_from_slice(&block);
        counter += 1;
    }
    key.truncate(length);
    key
}

/// Whether one of the secrets made the code at the end of a cookie's header.
pub fn is_genuine(header: &[u8], id: &[u8], code: &[u8], secrets: &[String]) -> bool {
    use subtle::ConstantTimeEq as _;
    secrets.iter().any(|secret| {
        let key = derived(secret, "authentication:", id, 32);
        mac::<Hmac<Sha256>>(&key, &[header])[..16].ct_eq(code).into()
    })
}

/// AES-256 in counter mode as GCM runs it: the block of the first counter made the tag.
fn counted(key: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes256::new_from_slice(key.get(..32)?).ok()?;
    let mut block = [0; 16];
    block[..12].copy_from_slice(key.get(32..44)?);
    let mut plain = Vec::with_capacity(ciphertext.len());
    for (counter, chunk) in (2_u32..).zip(ciphertext.chunks(16)) {
        block[12..].copy_from_slice(&counter.to_be_bytes());
        let mut stream = Array::from(block);
        cipher.encrypt_block(&mut stream);
        plain.extend(chunk.iter().zip(stream.iter()).map(|(byte, key)| byte ^ key));
    }
    Some(plain)
}

/// Opens what version 4 keeps of a session of this id, which is the cookie's and not its hash.
pub fn open_sealed(
    ciphertext: &[u8],
    id: &[u8],
    secrets: &[String],
    remembered: bool,
    limits: &Limits,
) -> Option<Value<'static>> {
    secrets.iter().find_map(|secret| {
        let key = derived(secret, "encryption:", id, 44);
        let hashed = Sha256::digest(secret.as_bytes());
        let slow = ROUNDS.iter().filter(|_| remembered).map(|rounds| {
            let salt = [b"encryption:", id].concat();
            pbkdf2::pbkdf2_hmac_array::<Sha256, 44>(&hashed, &salt, *rounds).to_vec()
        });
        std::iter::once(key).chain(slow).find_map(|key| {
            let plain = counted(&key, ciphertext)?;
            value(&plain, limits).or_else(|| value(&deflate::raw(&plain, limits).ok()?, limits))
        })
    })
}

/// JSON that is more than a number, as every session is.
fn value(plain: &[u8], limits: &Limits) -> Option<Value<'static>> {
    if !matches!(plain.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return None;
    }
    json::decode(plain, limits).ok().map(Value::into_owned)
}

/// What follows on the id in what keys of versions 2 and 3 are made of: nothing with the strategy
/// `regenerate`, else the cookie's times.
#[derive(Debug, Clone, Default)]
pub struct Times {
    pub expires: String,
    pub use_before: String,
}

/// Opens what versions 2 and 3 keep of a session of this id.
pub fn open_cbc(
    ciphertext: &[u8],
    id: &[u8],
    times: &Times,
    secrets: &[String],
    limits: &Limits,
) -> Option<Value<'static>> {
    let salt = id.get(..8)?;
    secrets.iter().find_map(|secret| {
        let parts = [id, times.expires.as_bytes(), times.use_before.as_bytes()];
        let password = mac::<Hmac<Sha1>>(secret.as_bytes(), &parts);
        // EVP_BytesToKey in one round, of which one digest is enough.
        let digest = Sha512::new().chain_update(&password).chain_update(salt).finalize();
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&digest[..32], &digest[32..48]).ok()?;
        let plain = cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()?;
        value(&plain, limits).or_else(|| value(&deflate::inflate(&plain, limits).ok()?, limits))
    })
}

/// Why nothing opened it, with what may be lacking where there is a secret.
pub fn locked(secrets: &[String], lacks: &'static str) -> DecodeError {
    let needs = "the session is encrypted; the option secret is needed to read it";
    DecodeError::sealed(NAME, if secrets.is_empty() { needs } else { lacks })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets() -> Vec<String> {
        vec!["other".to_string(), "secret".to_string()]
    }

    /// By the rules above, in the other direction.
    fn sealed(key: &[u8], plain: &[u8]) -> Vec<u8> {
        counted(key, plain).unwrap()
    }

    #[test]
    fn version_4_opens_with_any_of_the_secrets() {
        let (limits, id) = (Limits::default(), [7; 32]);
        let plain = br#"[[{"a":1},"default","alice"]]"#;
        let key = derived("secret", "encryption:", &id, 44);
        let open = |text: &[u8], secrets: &[String], remembered| {
            open_sealed(text, &id, secrets, remembered, &limits).map(|value| value.to_json())
        };
        let json = String::from_utf8(plain.to_vec()).ok();
        assert_eq!(open(&sealed(&key, plain), &secrets(), false), json);
        assert_eq!(open(&sealed(&key, plain), &secrets()[..1], false), None);
        assert_eq!(open(b"", &secrets(), false), None);
        let salt = [b"encryption:".as_slice(), &id].concat();
        let slow = pbkdf2::pbkdf2_hmac_array::<Sha256, 44>(&Sha256::digest(b"secret"), &salt, 10_000);
        assert_eq!(open(&sealed(&slow, plain), &secrets(), true), json);
        assert_eq!(open(&sealed(&slow, plain), &secrets(), false), None);
    }

    #[test]
    fn versions_2_and_3_open_with_the_times_that_the_key_was_made_of() {
        use cbc::cipher::BlockModeEncrypt as _;
        let (limits, id) = (Limits::default(), [9; 16]);
        let times = Times { expires: "1796021259".to_string(), use_before: String::new() };
        let password = mac::<Hmac<Sha1>>(b"secret", &[&id, b"1796021259"]);
        let digest = Sha512::new().chain_update(&password).chain_update(&id[..8]).finalize();
        let cipher = cbc::Encryptor::<Aes256>::new_from_slices(&digest[..32], &digest[32..48]).unwrap();
        let text = cipher.encrypt_padded_vec::<Pkcs7>(br#"{"user":{"sub":"alice"}}"#);
        let open = |times: &Times, secrets: &[String]| {
            open_cbc(&text, &id, times, secrets, &limits).map(|value| value.to_json())
        };
        assert_eq!(open(&times, &secrets()).as_deref(), Some(r#"{"user":{"sub":"alice"}}"#));
        assert_eq!(open(&times, &secrets()[..1]), None);
        assert_eq!(open(&Times::default(), &secrets()), None);
        assert_eq!(open_cbc(&text, b"short", &times, &secrets(), &limits), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..80), id in prop::collection::vec(any::<u8>(), 0..40)) {
            let limits = Limits::default();
            let _ = open_sealed(&text, &id, &secrets(), false, &limits);
            let _ = open_cbc(&text, &id, &Times::default(), &secrets(), &limits);
        }
    }
}
