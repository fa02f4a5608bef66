//! The envelope of Laravel's encrypter.
//!
//! Base64 of a JSON object with `iv`, `value`, `mac` and `tag`, all text. With AES-CBC, `mac` is the
//! hexadecimal HMAC-SHA256 over the *strings* `iv` and `value`; with AES-GCM it is empty and `tag` is
//! not (Illuminate/Encryption/Encrypter.php of laravel/framework 8.83.27 and 12.67.0; before 8 there
//! was not a `tag`). What is inside is bytes: a cookie's text, or what `serialize` made of a session.

use aes::{Aes128, Aes256};
use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::WrapError;
use crate::codec::{DecodeError, Limits, json};
use crate::value::Value;

/// The wrapper's name.
pub const NAME: &str = "laravel-encrypted";

/// What a key looks like, to be told to who gave another text.
pub const KEY_FORM: &str = "16 or 32 bytes, as they are or in base64 after `base64:`";

/// PHP's `base64_decode` is as lenient about padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether it begins like an envelope: base64 of `{"iv":`.
pub fn sniff(text: &[u8]) -> bool {
    text.starts_with(b"eyJpdiI6")
}

struct Envelope {
    iv: String,
    value: String,
    mac: String,
    tag: String,
}

/// Decrypts an envelope with the first of the keys that fits. A key is the text of `APP_KEY`:
/// `base64:` and base64, or the key itself.
pub fn open(text: &[u8], keys: &[String]) -> Result<Vec<u8>, WrapError> {
    let envelope = envelope(text).ok_or_else(|| form("no base64 of a JSON object with iv and value"))?;
    let (Some(iv), Some(sealed)) = (decode(&envelope.iv), decode(&envelope.value)) else {
        return Err(form("iv or value is not base64"));
    };
    let gcm = !envelope.tag.is_empty();
    let tag = decode(&envelope.tag).ok_or_else(|| form("tag is not base64"))?;
    let (lengths, expected) = if gcm {
        (iv.len() == 12 && tag.len() == 16, "an iv of 12 and a tag of 16 bytes")
    } else {
        (iv.len() == 16, "an iv of 16 bytes")
    };
    if !lengths {
        return Err(form(format!("without {expected}")));
    }
    for key in keys.iter().filter_map(|key| key_bytes(key)) {
        if gcm {
            let sealed = [&sealed[..], &tag].concat();
            if let Some(plain) = open_gcm(&key, &iv, &sealed) {
                return Ok(plain);
            }
        } else if genuine(&key, &envelope) {
            return open_cbc(&key, &iv, &sealed).ok_or_else(|| form("the MAC is right, the padding is not"));
        }
    }
    Err(WrapError::WrongKey { wrapper: NAME })
}

fn form(reason: impl Into<String>) -> WrapError {
    WrapError::Form(DecodeError::new(NAME, 0, reason))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

fn envelope(text: &[u8]) -> Option<Envelope> {
    let json = BASE64.decode(text.trim_ascii()).ok()?;
    let json = json::decode(&json, &Limits::default()).ok()?;
    let member = |name: &str| match json.get(name) {
        Some(Value::Text(text)) => Some(text.clone().into_owned()),
        Some(Value::Null) | None => Some(String::new()),
        Some(_) => None,
    };
    let envelope =
        Envelope { iv: member("iv")?, value: member("value")?, mac: member("mac")?, tag: member("tag")? };
    (matches!(json, Value::Map(_)) && !envelope.iv.is_empty()).then_some(envelope)
}

/// The key, if it is one for AES with 128 or 256 bits.
fn key_bytes(key: &str) -> Option<Vec<u8>> {
    let key = key.trim();
    let bytes = match key.strip_prefix("base64:") {
        Some(encoded) => decode(encoded)?,
        None => key.as_bytes().to_vec(),
    };
    matches!(bytes.len(), 16 | 32).then_some(bytes)
}

/// The keys as bytes, for what else they sign.
pub fn keys(keys: &[String]) -> impl Iterator<Item = Vec<u8>> {
    keys.iter().filter_map(|key| key_bytes(key))
}

fn genuine(key: &[u8], envelope: &Envelope) -> bool {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(envelope.iv.as_bytes());
    mac.update(envelope.value.as_bytes());
    base16ct::mixed::decode_vec(&envelope.mac)
        .is_ok_and(|expected| mac.finalize().into_bytes().ct_eq(&expected).into())
}

fn open_cbc(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        C::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
    }
    match key.len() {
        16 => with::<cbc::Decryptor<Aes128>>(key, iv, sealed),
        _ => with::<cbc::Decryptor<Aes256>>(key, iv, sealed),
    }
}

fn open_gcm(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyInit + Aead>(
        key: &[u8],
        nonce: &aes_gcm::aead::Nonce<C>,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        C::new_from_slice(key).ok()?.decrypt(nonce, sealed).ok()
    }
    let nonce = Nonce::<U12>::try_from(iv).ok()?;
    match key.len() {
        16 => with::<AesGcm<Aes128, U12>>(key, &nonce, sealed),
        _ => with::<AesGcm<Aes256, U12>>(key, &nonce, sealed),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use aes_gcm::aead::Aead as _;
    use base64::engine::general_purpose::STANDARD;
    use cbc::cipher::BlockModeEncrypt;
    use proptest::prelude::*;

    use super::*;

    /// As the encrypter would write it.
    pub(crate) fn sealed(key: &[u8], plain: &[u8], gcm: bool) -> String {
        let (iv, value, tag) = if gcm {
            let iv = [7_u8; 12];
            let nonce = Nonce::<U12>::from(iv);
            let mut value = match key.len() {
                16 => AesGcm::<Aes128, U12>::new_from_slice(key).unwrap().encrypt(&nonce, plain).unwrap(),
                _ => AesGcm::<Aes256, U12>::new_from_slice(key).unwrap().encrypt(&nonce, plain).unwrap(),
            };
            let tag = value.split_off(value.len() - 16);
            (iv.to_vec(), value, tag)
        } else {
            let iv = [9_u8; 16];
            let value = match key.len() {
                16 => cbc::Encryptor::<Aes128>::new_from_slices(key, &iv)
                    .unwrap()
                    .encrypt_padded_vec::<Pkcs7>(plain),
                _ => cbc::Encryptor::<Aes256>::new_from_slices(key, &iv)
                    .unwrap()
                    .encrypt_padded_vec::<Pkcs7>(plain),
            };
            (iv.to_vec(), value, Vec::new())
        };
        let (iv, value, tag) = (STANDARD.encode(iv), STANDARD.encode(value), STANDARD.encode(tag));
        let mac = if gcm {
            String::new()
        } else {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
            mac.update(iv.as_bytes());
            mac.update(value.as_bytes());
            let digits =
                |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap());
            mac.finalize().into_bytes().iter().flat_map(digits).collect()
        };
        STANDARD.encode(format!(
            r#"{{"iv":"{iv}","value":"{}","mac":"{mac}","tag":"{tag}"}}"#,
            value.replace('/', "\\/")
        ))
    }

    fn keys(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    const SHORT: &str = "0123456789abcdef";
    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn ciphers_and_keys() {
        for key in [SHORT, LONG] {
            for gcm in [false, true] {
                for plain in [&b""[..], b"s:3:\"abc\";", b"0123456789abcdef"] {
                    let text = sealed(key.as_bytes(), plain, gcm);
                    assert!(sniff(text.as_bytes()));
                    let encoded = format!("base64:{}", STANDARD.encode(key));
                    assert_eq!(open(text.as_bytes(), &keys(&[key])).unwrap(), plain);
                    assert_eq!(
                        open(text.as_bytes(), &keys(&["newer", &"x".repeat(32), &encoded])).unwrap(),
                        plain
                    );
                    let wrong = Err(WrapError::WrongKey { wrapper: NAME });
                    assert_eq!(open(text.as_bytes(), &keys(&[&"x".repeat(key.len())])), wrong);
                    assert_eq!(open(text.as_bytes(), &keys(&["short", "base64:%"])), wrong);
                    assert_eq!(open(text.as_bytes(), &[]), wrong);
                }
            }
        }
    }

    /// Written by Laravel 8.83.26.
    #[test]
    fn of_the_framework() {
        let (key, cookie) = crate::cookie::laravel::tests::REAL;
        let plain = open(cookie.trim_end_matches("%3D").as_bytes(), &keys(&[key])).unwrap();
        assert_eq!(plain.len(), 81);
    }

    #[test]
    fn other_forms() {
        let encode = |json: &str| STANDARD.encode(json);
        for text in [
            String::new(),
            "eyJpdiI6bm90IHJlYWxseQ==".to_owned(),
            "eyJpdiI6".to_owned(),
            "%".to_owned(),
            encode("[]"),
            encode("{}"),
            encode(r#"{"iv":"","value":"","mac":""}"#),
            encode(r#"{"iv":7,"value":"","mac":""}"#),
            encode(r#"{"iv":"%","value":"","mac":""}"#),
            encode(r#"{"iv":"AAAA","value":"","mac":""}"#),
            encode(r#"{"iv":"AAAA","value":"","mac":"","tag":"AAAA"}"#),
        ] {
            assert!(matches!(open(text.as_bytes(), &keys(&[LONG])), Err(WrapError::Form(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), to in any::<u8>(), gcm in any::<bool>()) {
            let mut text = sealed(LONG.as_bytes(), b"0123456789", gcm).into_bytes();
            let place = at.index(text.len());
            text[place] = to;
            if let Ok(plain) = open(&text, &keys(&[LONG])) {
                prop_assert_eq!(plain, b"0123456789");
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = open(&bytes, &keys(&[LONG]));
            let _ = open(STANDARD.encode(&bytes).as_bytes(), &keys(&[LONG]));
        }
    }
}
