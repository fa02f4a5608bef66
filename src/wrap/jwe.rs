//! What mod_auth_openidc seals in its cache: JWE in compact form, `alg` dir and `enc` A256GCM (RFC 7516).
//!
//! The key is made of OIDCCryptoPassphrase: by PBKDF2 since b032c117 (2026), before that by SHA-256 alone. What
//! is inside may be compressed with zlib (1deff3d9, src/util/jwt.c, src/util/key.c, src/jose.c). Up to 2.4.8
//! the cache held `<ciphertext>.<tag>`, with one nonce for all (src/cache/common.c at 01974403).

use aes_gcm::aead::array::typenum::{U12, U16};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Digest, Sha256};

use crate::codec::Limits;
use crate::codec::packed::deflate;

pub const NAME: &str = "jwe";

const SALT: &[u8] = b"mod_auth_openidc-crypto-passphrase-v1";
const ROUNDS: u32 = 210_000;

/// The nonce and the text next to it of all that was sealed before 2.4.9.
const OLD_NONCE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const OLD_BOUND: [u8; 16] =
    [0x4d, 0x23, 0xc3, 0xce, 0xc3, 0x34, 0xb4, 0x9b, 0xdb, 0x37, 0x0c, 0x43, 0x7f, 0xec, 0x78, 0xde];

const TAG: usize = 16;
/// A header says little.
const HEADER_LIMIT: usize = 512;

/// A sealed text in its parts.
#[derive(Debug)]
enum Sealed<'t> {
    /// The header as it stands is what the tag covers next to the ciphertext.
    Compact {
        header: &'t [u8],
        nonce: [u8; 12],
        text: Vec<u8>,
    },
    Old {
        text: Vec<u8>,
    },
}

/// The bytes behind a string of base64url, which takes no other form.
fn decode(part: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn parse(text: &[u8]) -> Option<Sealed<'_>> {
    let mut parts = text.split(|byte| *byte == b'.');
    let parts: [Option<&[u8]>; 6] = std::array::from_fn(|_| parts.next());
    match parts {
        [Some(header), Some([]), Some(nonce), Some(text), Some(tag), None] => {
            let claims = decode(header.get(..header.len().min(HEADER_LIMIT))?)?;
            let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
            let is =
                |name: &str, value: &str| claims.get(name).and_then(|found| found.as_str()) == Some(value);
            let nonce = decode(nonce)?.try_into().ok()?;
            let text = joined(text, tag)?;
            (is("alg", "dir") && is("enc", "A256GCM")).then_some(Sealed::Compact { header, nonce, text })
        }
        [Some(text), Some(tag), None, ..] if !text.is_empty() => {
            Some(Sealed::Old { text: joined(text, tag)? })
        }
        _ => None,
    }
}

fn joined(text: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let (text, tag) = (decode(text)?, decode(tag)?);
    (tag.len() == TAG).then(|| [text, tag].concat())
}

/// Whether a string has the form, whatever key it takes.
pub fn is_sealed(text: &[u8]) -> bool {
    parse(text).is_some()
}

/// The keys that passphrases made up to 2026.
pub fn quick_keys(passphrases: &[String]) -> Vec<[u8; 32]> {
    passphrases.iter().map(|passphrase| Sha256::digest(passphrase.as_bytes()).into()).collect()
}

/// Those that they make since then; each takes about a tenth of a second.
pub fn slow_keys(passphrases: &[String]) -> Vec<[u8; 32]> {
    let key = |passphrase: &String| pbkdf2_hmac_array::<Sha256, 32>(passphrase.as_bytes(), SALT, ROUNDS);
    passphrases.iter().map(key).collect()
}

/// What one of the keys opens, without compression; `None` where none of them fits.
pub fn open(text: &[u8], keys: &[[u8; 32]], limits: &Limits) -> Option<Vec<u8>> {
    let sealed = parse(text)?;
    let plain = keys.iter().find_map(|key| match &sealed {
        Sealed::Compact { header, nonce, text } => AesGcm::<Aes256, U12>::new(key.into())
            .decrypt(&Nonce::from(*nonce), Payload { msg: text, aad: header })
            .ok(),
        Sealed::Old { text } => AesGcm::<Aes256, U16>::new(key.into())
            .decrypt(&Nonce::from(OLD_NONCE), Payload { msg: text, aad: &OLD_BOUND })
            .ok()
            // A string of C.
            .map(|plain| plain.strip_suffix(b"\0").map(<[u8]>::to_vec).unwrap_or(plain)),
    })?;
    if deflate::is_zlib(&plain) { deflate::inflate(&plain, limits).ok() } else { Some(plain) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PASSPHRASE: &str = "squirrel";
    const PLAIN: &[u8] = br#"{"r":"alice"}"#;

    /// By Python's cryptography and zlib, after the rules above.
    const SHA256: &[u8] = b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAECAwQFBgcICQoL.Q4w2cLFMWEsM9yQuuMpZ2z4E6s0_.KXiPWWBw1An8OjvhsQG2VQ";
    const PBKDF2: &[u8] = b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiMSJ9..AAECAwQFBgcICQoL.Or9M76NSAVkSxnPRTQ.hk0IeWUDACqYahoKgNDNfg";
    const OLD: &[u8] = b"zSPWrZ0TeixqpfxP7wc.tn6hrXMi2OhUvhZwphnyCg";

    #[test]
    fn every_generation_opens_with_its_passphrase_only() {
        let limits = Limits::default();
        let passphrases = ["other".to_string(), PASSPHRASE.to_string()];
        let [quick, slow] = [quick_keys(&passphrases), slow_keys(&passphrases)];
        let keys = [quick[0], slow[0], quick[1], slow[1]];
        for (name, text) in [("sha256", SHA256), ("pbkdf2", PBKDF2), ("old", OLD)] {
            assert!(is_sealed(text), "{name}");
            assert_eq!(open(text, &keys, &limits).as_deref(), Some(PLAIN), "{name}");
            assert_eq!(open(text, &keys[..2], &limits), None, "{name}");
            for end in 0..text.len() {
                assert_eq!(open(&text[..end], &keys, &limits), None, "{name} {end}");
            }
        }
        for text in
            [&b""[..], b".", "..".as_bytes(), b"....", b"a.b.c.d.e", b"eyJhIjoxfQ..a.a.a", b"YWJj.YWJj"]
        {
            assert!(!is_sealed(text), "{}", text.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in "[A-Za-z0-9_.=-]{0,120}") {
            let _ = open(text.as_bytes(), &[[7; 32]], &Limits::default());
        }
    }
}
