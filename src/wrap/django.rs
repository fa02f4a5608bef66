//! Texts that Django's signing framework made (Django 6.1 core/signing.py, contrib/sessions/backends/base.py).
//!
//! Since Django 3.1 `<payload>:<time>:<signature>`: the payload is base64url without padding, after a dot
//! where it was compressed first; the time is in seconds since 1970, in base 62. Before, base64 of
//! `<hash>:<bytes>`. The bytes are JSON or a pickle. Without a secret all of it can be read, and none of it
//! proven.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::deflate;
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "django-signing";

/// What every session engine signs with, where its class is called `SessionStore` as all are.
pub const SESSION_SALT: &str = "django.contrib.sessions.SessionStore";
/// The same before Django 3.1.
const OLD_SESSION_SALT: &str = "django.contrib.sessionsSessionStore";

/// Base64url of an HMAC-SHA256.
const SIGNATURE: usize = 43;
/// An HMAC-SHA1 in hexadecimal digits, and the colon after it.
const HASH: usize = 41;

/// A signed text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was signed: JSON or a pickle.
    pub bytes: Vec<u8>,
    pub compressed: bool,
    /// When, in ms since 1970; not written before Django 3.1.
    pub at: Option<i64>,
    message: Vec<u8>,
    signature: Vec<u8>,
    old: bool,
}

/// Whether it has the form of either version. Cheap.
pub fn is_signed(text: &[u8]) -> bool {
    parts(text).is_some() || is_old(text)
}

fn is_old(text: &[u8]) -> bool {
    // The hash and the colon are the first 41 bytes.
    const ENCODED: usize = HASH.div_ceil(3) * 4;
    let head = text.get(..ENCODED).and_then(|head| STANDARD.decode(head).ok());
    head.is_some_and(|head| {
        let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        head[..HASH - 1].iter().all(digit) && head[HASH - 1] == b':'
    })
}

/// Payload, time and signature, as they are written.
fn parts(text: &[u8]) -> Option<[&[u8]; 3]> {
    let last = text.len().checked_sub(SIGNATURE + 1)?;
    let before = &text[..last];
    let colon = memchr::memrchr(b':', before)?;
    let (payload, time, signature) = (&before[..colon], &before[colon + 1..], &text[last + 1..]);
    let is_url =
        |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let plain = payload.strip_prefix(b".").unwrap_or(payload);
    let whole = text[last] == b':'
        && is_url(plain)
        && is_url(signature)
        && (1..=6).contains(&time.len())
        && time.iter().all(u8::is_ascii_alphanumeric);
    whole.then_some([payload, time, signature])
}

/// Takes a string apart, compressed bytes decompressed.
pub fn open(text: &[u8], limits: &Limits) -> Result<Signed, DecodeError> {
    let Some([payload, time, signature]) = parts(text) else { return open_old(text) };
    let message = text[..text.len() - SIGNATURE - 1].to_vec();
    let (compressed, encoded) = match payload.strip_prefix(b".") {
        Some(encoded) => (true, encoded),
        None => (false, payload),
    };
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| DecodeError::new(NAME, 0, "the payload is not base64"))?;
    let bytes = if compressed { deflate::inflate(&bytes, limits)? } else { bytes };
    let at = seconds(time).map(|seconds| seconds * 1000);
    Ok(Signed { bytes, compressed, at, message, signature: signature.to_vec(), old: false })
}

fn open_old(text: &[u8]) -> Result<Signed, DecodeError> {
    let decoded = if is_old(text) { STANDARD.decode(text).ok() } else { None };
    let decoded = decoded.ok_or_else(|| DecodeError::new(NAME, 0, "it is not a signed text"))?;
    let (hash, bytes) = decoded.split_at(HASH);
    let signature = hash[..HASH - 1].to_vec();
    Ok(Signed {
        bytes: bytes.to_vec(),
        compressed: false,
        at: None,
        message: bytes.to_vec(),
        signature,
        old: true,
    })
}

/// When a string was signed, in ms since 1970, without a look at the rest.
pub fn signed_at(text: &[u8]) -> Option<i64> {
    let [_, time, _] = parts(text)?;
    Some(seconds(time)? * 1000)
}

/// A number in base 62: digits, capitals, small letters.
fn seconds(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(number * 62 + i64::from(digit))
    })
}

impl Signed {
    /// Whether one of the secrets (`SECRET_KEY`, `SECRET_KEY_FALLBACKS`) signed this for a session; `None`
    /// without secrets.
    pub fn is_of_a_session(&self, secrets: &[String]) -> Option<bool> {
        (!secrets.is_empty()).then(|| {
            secrets.iter().any(|secret| {
                let secret = secret.as_bytes();
                if self.old {
                    let key = Sha1::new().chain_update(OLD_SESSION_SALT).chain_update(secret).finalize();
                    let mut mac = keyed::<Hmac<Sha1>>(&key);
                    mac.update(&self.message);
                    let hash = base16ct::lower::encode_string(&mac.finalize().into_bytes());
                    hash.as_bytes().ct_eq(&self.signature).into()
                } else {
                    signature(&self.message, SESSION_SALT.as_bytes(), secret)
                        .as_bytes()
                        .ct_eq(&self.signature)
                        .into()
                }
            })
        })
    }
}

/// What Django 3.1 and later write after the last colon of a string that they sign.
pub fn signature(message: &[u8], salt: &[u8], secret: &[u8]) -> String {
    let key = Sha256::new().chain_update(salt).chain_update("signer").chain_update(secret).finalize();
    let mut mac = keyed::<Hmac<Sha256>>(&key);
    mac.update(message);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// A string of Django 3.1 or later that was signed with this salt, and its payload if the secret fits.
pub fn verified(text: &[u8], salt: &[u8], secret: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let signed = open(text, limits).ok().filter(|signed| !signed.old)?;
    let fits: bool = signature(&signed.message, salt, secret).as_bytes().ct_eq(&signed.signature).into();
    fits.then_some(signed.bytes)
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECRET: &str = "django-insecure-s3cr3t-for-fixtures";
    const AT: i64 = 1_795_465_057_000;
    /// As Django 6.1 and 2.2 write them, here made by their formulas.
    const PLAIN: &str =
        "eyJfYXV0aF91c2VyX2lkIjoiMiIsInZpZXdzIjozfQ:1xVaTp:-6w2RQD-DRepf0owXssNXXErT7_lutbTIgCpKYqnbZ0";
    const PACKED: &str = ".eJyrVopPLC3JiC8tTi2Kz0xRslIyUtJRSk4sKlGyilZy1DU0MADyBycdWwsAtDkm1A:1xVaTp:GMUw5VRmepF6_iE_qr4bd7-R5zpIs0mwshNFRQBpi2o";
    const OLD: &str =
        "NmRkNjg3NzRhNmI3ZDdkYWI0YmVmOGEzMTFmNDcxMTI5ODI3N2EzMjp7Il9hdXRoX3VzZXJfaWQiOiIyIiwidmlld3MiOjN9";
    const OTHER: &str = "eyJhIjoxfQ:1xVaTp:K4HBSym6v8AYpBxDM8oW4GuJh9WxaVXu6cEwK2pl2lU";

    fn keys(secrets: &[&str]) -> Vec<String> {
        secrets.iter().map(|secret| (*secret).to_string()).collect()
    }

    #[test]
    fn texts_of_every_version_are_read_and_proven() {
        for (text, at, compressed) in [(PLAIN, Some(AT), false), (PACKED, Some(AT), true), (OLD, None, false)]
        {
            assert!(is_signed(text.as_bytes()));
            let signed = open(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!((signed.at, signed.compressed), (at, compressed), "{text}");
            assert!(signed.bytes.starts_with(b"{\"_auth_user_id\":\"2\""));
            assert_eq!(signed.is_of_a_session(&[]), None);
            assert_eq!(signed.is_of_a_session(&keys(&["new", SECRET])), Some(true), "{text}");
            assert_eq!(signed.is_of_a_session(&keys(&["new"])), Some(false));
        }
        assert_eq!(signed_at(PLAIN.as_bytes()), Some(AT));
        assert_eq!(signed_at(OLD.as_bytes()), None);
    }

    #[test]
    fn what_was_signed_for_something_else_is_no_session() {
        let signed = open(OTHER.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(signed.is_of_a_session(&keys(&[SECRET])), Some(false));
        let payload = verified(OTHER.as_bytes(), b"shop.cart", SECRET.as_bytes(), &Limits::default());
        assert_eq!(payload.as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(verified(OTHER.as_bytes(), b"shop", SECRET.as_bytes(), &Limits::default()), None);
    }

    #[test]
    fn other_texts_are_not_signed() {
        for text in
            ["", ":", "a:b:c", &PLAIN[1..PLAIN.len() - 1], &OLD[4..], "2026-11-30T05:47:09", &"A".repeat(80)]
        {
            assert!(!is_signed(text.as_bytes()), "{text}");
            assert!(open(text.as_bytes(), &Limits::default()).is_err(), "{text}");
        }
        for end in 0..PACKED.len() {
            let _ = open(&PACKED.as_bytes()[..end], &Limits::default());
        }
    }
}
