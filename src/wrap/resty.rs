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

/// How often the keys of remember-me sessions are gone over: `Low`, `Medium` (the default), `High` and
/// `Very High` of the option remember_safety.
const ROUNDS: [(&str, u32); 4] =
    [("Medium", 10_000), ("Low", 1_000), ("High", 100_000), ("Very High", 1_000_000)];
/// More take so long that they have to be named.
const QUICK: u32 = 10_000;

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// What version 4 makes its keys of: a secret's hash, or the option `ikm` as it is.
#[derive(Clone, Copy)]
pub struct Material([u8; 32]);

impl Material {
    pub fn of_secret(secret: &str) -> Material {
        Material(Sha256::digest(secret.as_bytes()).into())
    }

    /// The bytes themselves, of which there have to be 32.
    pub fn given(bytes: &[u8]) -> Option<Material> {
        bytes.try_into().ok().map(Material)
    }

    /// HKDF with SHA-256 and without a salt.
    fn derived(&self, purpose: &str, id: &[u8], length: usize) -> Vec<u8> {
        let extracted = mac::<Hmac<Sha256>>(&[0; 32], &[&self.0]);
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

    /// What stands in for it where it may not be used (FIPS), and what remember-me sessions take.
    fn slowly(&self, purpose: &str, id: &[u8], rounds: u32) -> [u8; 44] {
        pbkdf2::pbkdf2_hmac_array::<Sha256, 44>(&self.0, &[purpose.as_bytes(), id].concat(), rounds)
    }
}

/// Whether one of the secrets made the code at the end of a cookie's header.
pub fn is_genuine(header: &[u8], id: &[u8], code: &[u8], materials: &[Material]) -> bool {
    use subtle::ConstantTimeEq as _;
    let fits = |key: &[u8]| -> bool { mac::<Hmac<Sha256>>(key, &[header])[..16].ct_eq(code).into() };
    materials.iter().any(|material| {
        fits(&material.derived("authentication:", id, 32))
            || fits(&material.slowly("authentication:", id, 1)[..32])
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

/// How the key of a session was made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'s> {
    /// Whether it is one of a remember-me cookie.
    pub remembered: bool,
    /// The option remember_safety, if it was given.
    pub safety: Option<&'s str>,
}

/// Opens what version 4 keeps of a session of this id, which is the cookie's and not its hash.
pub fn open_sealed(
    ciphertext: &[u8],
    id: &[u8],
    materials: &[Material],
    made: Made<'_>,
    limits: &Limits,
) -> Option<Value<'static>> {
    const PURPOSE: &str = "encryption:";
    let slow = |rounds: u32, name: &str| match made.safety {
        Some(safety) => safety.eq_ignore_ascii_case(name),
        None => rounds <= QUICK,
    };
    materials.iter().find_map(|material| {
        let usual = [material.derived(PURPOSE, id, 44), material.slowly(PURPOSE, id, 1).to_vec()];
        let rounds = ROUNDS.iter().filter(|(name, rounds)| made.remembered && slow(*rounds, name));
        let slow = rounds.map(|(_, rounds)| material.slowly(PURPOSE, id, *rounds).to_vec());
        usual.into_iter().chain(slow).find_map(|key| {
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
pub fn locked(has_secret: bool, lacks: &'static str) -> DecodeError {
    let needs = "the session is encrypted; the option secret is needed to read it";
    DecodeError::sealed(NAME, if has_secret { lacks } else { needs })
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
        let materials: Vec<Material> = secrets().iter().map(|secret| Material::of_secret(secret)).collect();
        let own = Material::of_secret("secret");
        let key = own.derived("encryption:", &id, 44);
        let open = |text: &[u8], materials: &[Material], remembered, safety| {
            let made = Made { remembered, safety };
            open_sealed(text, &id, materials, made, &limits).map(|value| value.to_json())
        };
        let json = String::from_utf8(plain.to_vec()).ok();
        assert_eq!(open(&sealed(&key, plain), &materials, false, None), json);
        assert_eq!(open(&sealed(&key, plain), &materials[..1], false, None), None);
        assert_eq!(open(b"", &materials, false, None), None);
        for (rounds, safety, opens) in
            [(10_000, None, true), (1_000, None, true), (20_000, None, false), (100_000, Some("high"), true)]
        {
            let sealed = sealed(&own.slowly("encryption:", &id, rounds), plain);
            assert_eq!(open(&sealed, &materials, true, safety).is_some(), opens, "{rounds}");
            assert_eq!(open(&sealed, &materials, false, safety), None, "{rounds}");
        }
        // Where HKDF may not be used.
        assert_eq!(open(&sealed(&own.slowly("encryption:", &id, 1), plain), &materials, false, None), json);
        assert!(Material::given(&[7; 32]).is_some() && Material::given(b"short").is_none());
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
            let made = Made { remembered: false, safety: None };
            let _ = open_sealed(&text, &id, &[Material::of_secret("secret")], made, &limits);
            let _ = open_cbc(&text, &id, &Times::default(), &secrets(), &limits);
        }
    }
}
