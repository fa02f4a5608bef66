//! kruptein's envelope, in which connect-redis-crypto keeps a session.
//!
//! A JSON object with `hmac`, `ct`, `iv` and `salt`, and with `aad` and `at` where the cipher is
//! authenticated (kruptein 2.2.3 and 3.4.0 lib/kruptein.js; connect-redis-crypto 4.0.5). `iv`,
//! `salt` and `at` are Buffers in JSON; the others are text in the encoding of the option
//! `encodeas`: `binary` (the default: one character a byte), `hex` or `base64`. The key is
//! PBKDF2(secret, salt, 15000 rounds) with HMAC of the option `hashing`, SHA-512 by default. `hmac`
//! is over the UTF-8 of the text `ct`, not over the bytes that this text stands for.

use std::borrow::Cow;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use super::WrapError;
use crate::codec::DecodeError;
use crate::value::Value;

/// The wrapper's name.
pub const NAME: &str = "kruptein";

const ROUNDS: u32 = 15_000;
/// Longer than any member but the ciphertext is written (the salt has 128 bytes, an `aad` of
/// SHA-512 in hexadecimal 128 characters; an application may pass an `aad` of its own).
const MEMBER_LIMIT: usize = 64 << 10;
/// A salt this long keeps the derivation at its usual cost.
const SALT_LIMIT: usize = 1 << 10;
const CIPHERTEXT_LIMIT: usize = 256 << 20;

/// Whether a value has exactly the members of an envelope.
pub fn is_envelope(value: &Value) -> bool {
    let Some(members) = value.as_map() else { return false };
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    ["hmac", "ct", "iv", "salt"].iter().all(|name| has(name))
        && members.iter().all(|(key, _)| ["hmac", "ct", "iv", "salt", "aad", "at"].contains(&key.as_ref()))
}

/// Decrypts an envelope to the JSON of the session.
///
/// The derivation costs about ten milliseconds, so this is for the session that somebody looks at.
/// Ciphers: AES of 128, 192 and 256 bits in GCM mode and, without `at`, in CBC mode.
pub fn open(envelope: &Value, secret: &str) -> Result<Vec<u8>, WrapError> {
    let ct = text(envelope, "ct")?;
    if ct.len() > CIPHERTEXT_LIMIT {
        return Err(form("member ct is too long"));
    }
    let hmac = text(envelope, "hmac")?;
    // Which hash and which encoding were configured is not written down; the length of the MAC
    // leaves one or two possibilities, and the MAC itself decides.
    let mut recognized = false;
    for encoding in [Encoding::Binary, Encoding::Hex, Encoding::Base64] {
        let Some(expected) = encoding.decode(hmac) else { continue };
        let Some(hash) = Hash::of_length(expected.len()) else { continue };
        recognized = true;
        let salt = bytes(envelope, "salt", encoding)?;
        if salt.len() > SALT_LIMIT {
            return Err(form("member salt is too long"));
        }
        let derived = hash.derive(secret, &salt);
        // A shorter key is a beginning of the longer one.
        let fits = |size: &usize| bool::from(hash.mac(&derived[..*size], ct).ct_eq(&expected));
        if let Some(size) = [32, 24, 16].into_iter().find(fits) {
            return decrypt(envelope, &derived[..size], ct, encoding);
        }
    }
    Err(if recognized { WrapError::WrongKey { wrapper: NAME } } else { form("member hmac is no known MAC") })
}

/// Decrypts what the MAC has shown to be genuine.
fn decrypt(envelope: &Value, key: &[u8], ct: &str, encoding: Encoding) -> Result<Vec<u8>, WrapError> {
    let iv = bytes(envelope, "iv", encoding)?;
    let mut sealed = encoding.decode(ct).ok_or_else(|| form("member ct is not in the encoding of hmac"))?;
    let plain = if envelope.get("at").is_some() {
        let aad = match envelope.get("aad") {
            Some(_) => bytes(envelope, "aad", encoding)?,
            None => Cow::Borrowed(&[][..]),
        };
        let tag = bytes(envelope, "at", encoding)?;
        if tag.len() != 16 {
            return Err(form("member at is no tag of 16 bytes"));
        }
        sealed.extend_from_slice(&tag);
        gcm(key, &iv, &sealed, &aad)
    } else {
        cbc(key, &iv, &sealed)
    };
    plain.ok_or_else(|| form("the MAC is right, but the cipher is neither AES-GCM nor AES-CBC"))
}

fn gcm(key: &[u8], iv: &[u8], sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyInit + Aead>(
        key: &[u8],
        nonce: &aes_gcm::aead::Nonce<C>,
        payload: Payload,
    ) -> Option<Vec<u8>> {
        C::new_from_slice(key).ok()?.decrypt(nonce, payload).ok()
    }
    let nonce = Nonce::<U12>::try_from(iv).ok()?;
    let payload = Payload { msg: sealed, aad };
    match key.len() {
        16 => with::<AesGcm<Aes128, U12>>(key, &nonce, payload),
        24 => with::<AesGcm<Aes192, U12>>(key, &nonce, payload),
        _ => with::<AesGcm<Aes256, U12>>(key, &nonce, payload),
    }
}

fn cbc(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        C::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
    }
    match key.len() {
        16 => with::<cbc::Decryptor<Aes128>>(key, iv, sealed),
        24 => with::<cbc::Decryptor<Aes192>>(key, iv, sealed),
        _ => with::<cbc::Decryptor<Aes256>>(key, iv, sealed),
    }
}

/// The option `encodeas`.
#[derive(Clone, Copy)]
enum Encoding {
    Binary,
    Hex,
    Base64,
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Binary => text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect(),
            Encoding::Hex => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let pairs = text.as_bytes().chunks(2);
                pairs
                    .map(|pair| match pair {
                        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
                        _ => None,
                    })
                    .collect()
            }
            // A block cipher's last block is encoded by itself, so padding may stand in the middle.
            Encoding::Base64 => {
                let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
                let mut rest = text;
                while !rest.is_empty() {
                    let digits = rest.find('=').unwrap_or(rest.len());
                    let end = digits + rest[digits..].bytes().take_while(|byte| *byte == b'=').count();
                    STANDARD.decode_vec(&rest[..end], &mut bytes).ok()?;
                    rest = &rest[end..];
                }
                Some(bytes)
            }
        }
    }
}

/// The option `hashing`.
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of_length(length: usize) -> Option<Hash> {
        match length {
            20 => Some(Hash::Sha1),
            32 => Some(Hash::Sha256),
            48 => Some(Hash::Sha384),
            64 => Some(Hash::Sha512),
            _ => None,
        }
    }

    fn derive(self, secret: &str, salt: &[u8]) -> [u8; 32] {
        let secret = secret.as_bytes();
        match self {
            Hash::Sha1 => pbkdf2::pbkdf2_hmac_array::<Sha1, 32>(secret, salt, ROUNDS),
            Hash::Sha256 => pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(secret, salt, ROUNDS),
            Hash::Sha384 => pbkdf2::pbkdf2_hmac_array::<Sha384, 32>(secret, salt, ROUNDS),
            Hash::Sha512 => pbkdf2::pbkdf2_hmac_array::<Sha512, 32>(secret, salt, ROUNDS),
        }
    }

    fn mac(self, key: &[u8], text: &str) -> Vec<u8> {
        fn with<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Hash::Sha1 => with::<Hmac<Sha1>>(key, text),
            Hash::Sha256 => with::<Hmac<Sha256>>(key, text),
            Hash::Sha384 => with::<Hmac<Sha384>>(key, text),
            Hash::Sha512 => with::<Hmac<Sha512>>(key, text),
        }
    }
}

fn form(reason: impl Into<String>) -> WrapError {
    WrapError::Form(DecodeError::new(NAME, 0, reason))
}

fn text<'v>(envelope: &'v Value, name: &str) -> Result<&'v str, WrapError> {
    let text = envelope.get(name).and_then(Value::as_str);
    text.ok_or_else(|| form(format!("member {name} is missing or no text")))
}

/// The bytes of a member: a Buffer as Node writes it in JSON, or text in the envelope's encoding.
fn bytes<'v>(envelope: &'v Value, name: &str, encoding: Encoding) -> Result<Cow<'v, [u8]>, WrapError> {
    let found = match envelope.get(name) {
        Some(Value::Bytes(bytes)) => Some(Cow::Borrowed(bytes.as_ref())),
        Some(Value::Text(text)) if text.len() <= MEMBER_LIMIT => encoding.decode(text).map(Cow::Owned),
        Some(buffer) => match buffer.get("data").and_then(Value::as_list) {
            Some(items) if items.len() <= MEMBER_LIMIT => items
                .iter()
                .map(|item| match item {
                    Value::Int(byte) => u8::try_from(*byte).ok(),
                    _ => None,
                })
                .collect::<Option<Vec<u8>>>()
                .map(Cow::Owned),
            _ => None,
        },
        None => None,
    };
    found
        .filter(|bytes| bytes.len() <= MEMBER_LIMIT)
        .ok_or_else(|| form(format!("member {name} is missing or does not hold bytes")))
}
