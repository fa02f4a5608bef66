//! Tokens of Plug.Crypto: signed ones, `SFMyNTY.<payload>.<signature>`, and sealed ones,
//! `QTEyOEdDTQ.<wrapped key>.<nonce>.<ciphertext>.<tag>` or `XCP.<nonce, tag, ciphertext>` (plug_crypto 1.2 and
//! 2.1, message_verifier.ex, message_encryptor.ex, key_generator.ex). The first part names digest or cipher.

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, Nonce};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::Hmac;
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Sha256, Sha384, Sha512};

use super::{base64_any, mac, same, split_last_dot};

const ROUNDS: u32 = 1000;

/// What everything sealed is bound to, unless the application says otherwise.
const BOUND: &[u8] = b"A128GCM";

const NONCE: usize = 12;
const TAG: usize = 16;
const LONG_NONCE: usize = 24;

/// A key of a secret and a salt.
fn derived(secret: &str, salt: &str) -> [u8; 32] {
    pbkdf2_hmac_array::<Sha256, 32>(secret.as_bytes(), salt.as_bytes(), ROUNDS)
}

/// What a token holds, whoever signed it.
pub fn payload(token: &[u8]) -> Option<Vec<u8>> {
    let (text, _) = split_last_dot(token)?;
    let (_, payload) = split_last_dot(text)?;
    base64_any(payload)
}

/// Whether the first part names a digest.
pub fn is_signed(token: &[u8]) -> bool {
    [&b"SFMyNTY."[..], b"SFMzODQ.", b"SFM1MTI."].iter().any(|begin| token.starts_with(begin))
}

/// Whether the first part names a cipher.
pub fn is_sealed(token: &[u8]) -> bool {
    token.starts_with(b"XCP.") || wrapping(token).is_some()
}

/// Whether one of the secrets signed the token; keys are made of a secret and a salt.
pub fn is_genuine(token: &[u8], secrets: &[String], salt: &str) -> bool {
    let Some((text, digest)) = split_last_dot(token) else { return false };
    let Some(digest) = base64_any(digest) else { return false };
    secrets.iter().any(|secret| {
        let key = derived(secret, salt);
        let made = if text.starts_with(b"SFMyNTY.") {
            mac::<Hmac<Sha256>>(&key, &[text])
        } else if text.starts_with(b"SFMzODQ.") {
            mac::<Hmac<Sha384>>(&key, &[text])
        } else if text.starts_with(b"SFM1MTI.") {
            mac::<Hmac<Sha512>>(&key, &[text])
        } else {
            return false;
        };
        same(&made, &digest)
    })
}

/// The length of the key that was wrapped, by the first part of a token.
fn wrapping(token: &[u8]) -> Option<(usize, &[u8])> {
    [(16, &b"QTEyOEdDTQ."[..]), (24, b"QTE5MkdDTQ."), (32, b"QTI1NkdDTQ.")]
        .into_iter()
        .find_map(|(length, begin)| Some((length, token.strip_prefix(begin)?)))
}

/// Opens a sealed token with one of the secrets and the salts of encryption and signature.
pub fn unseal(token: &[u8], secrets: &[String], salt: &str, signing_salt: &str) -> Option<Vec<u8>> {
    secrets.iter().find_map(|secret| {
        let key = derived(secret, salt);
        match token.strip_prefix(b"XCP.") {
            Some(sealed) => {
                let sealed = base64_any(sealed)?;
                let (nonce, sealed) = sealed.split_first_chunk::<LONG_NONCE>()?;
                let (tag, text) = sealed.split_first_chunk::<TAG>()?;
                let text = [text, tag].concat();
                let payload = Payload { msg: &text, aad: BOUND };
                XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), payload).ok()
            }
            None => unwrapped(token, &key, &derived(secret, signing_salt)),
        }
    })
}

fn unwrapped(token: &[u8], key: &[u8; 32], sign: &[u8; 32]) -> Option<Vec<u8>> {
    let (length, rest) = wrapping(token)?;
    let mut parts = rest.split(|byte| *byte == b'.');
    let mut part = || base64_any(parts.next()?);
    let (wrapped, nonce, text, tag) = (part()?, part()?, part()?, part()?);
    if parts.next().is_some() || wrapped.len() != length + TAG + NONCE || tag.len() != TAG {
        return None;
    }
    // The nonce stands behind what it goes with.
    let (wrapped, own) = wrapped.split_last_chunk::<NONCE>()?;
    let inner =
        Aes256Gcm::new(key.into()).decrypt(&Nonce::from(*own), Payload { msg: wrapped, aad: sign }).ok()?;
    let nonce = Nonce::from(<[u8; NONCE]>::try_from(nonce).ok()?);
    let text = [text, tag].concat();
    let payload = Payload { msg: &text, aad: BOUND };
    match length {
        16 => Aes128Gcm::new_from_slice(&inner).ok()?.decrypt(&nonce, payload).ok(),
        24 => AesGcm::<Aes192, aes_gcm::aead::consts::U12>::new_from_slice(&inner)
            .ok()?
            .decrypt(&nonce, payload)
            .ok(),
        _ => Aes256Gcm::new_from_slice(&inner).ok()?.decrypt(&nonce, payload).ok(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::keys;
    use super::*;

    #[test]
    fn a_token_is_opened_and_checked() {
        // Signed by Plug.Crypto's rules with HMAC-SHA256.
        let secrets = keys(&["other", "secret"]);
        let key = pbkdf2_hmac_array::<Sha256, 32>(b"secret", b"salt", ROUNDS);
        let text = b"SFMyNTY.YWJj";
        let digest = super::super::base64url(&mac::<Hmac<Sha256>>(&key, &[text]));
        let token = [&text[..], b".", digest.as_bytes()].concat();
        assert_eq!(payload(&token).unwrap(), b"abc");
        assert!(is_genuine(&token, &secrets, "salt"));
        assert!(!is_genuine(&token, &secrets, "other"));
        assert!(!is_genuine(&token, &secrets[..1], "salt"));
        for wrong in [&b""[..], b"a", b"a.b", b"SFMyNTY.YWJj.", b"XXX.YWJj.YWJj", b"..."] {
            assert!(!is_genuine(wrong, &secrets, "salt"), "{}", wrong.escape_ascii());
        }
    }

    /// By Python's cryptography and, for XChaCha20, libsodium, after the rules above.
    #[test]
    fn a_sealed_token_opens_with_its_secret_and_salts_only() {
        let secrets = keys(&["other", "secret"]);
        for token in [
            "QTEyOEdDTQ.G4j2nA_ryRkFvVN1SFPsn3zOelxxHgj7zTFc8T3JAZkMDQ4PEBESExQVFhc.AAECAwQFBgcICQoL.bW0V.DiKGKGN1mxTTwPuVg6c3Fw",
            "QTE5MkdDTQ.G4j2nA_ryRkFvVN1SFPsn6sxTmB9sjITIRqlnQ0ykOykCtrwqxSPJAwNDg8QERITFBUWFw.AAECAwQFBgcICQoL.gL4C.wIMkBbZuLvBaAgfSGGkwhw",
            "QTI1NkdDTQ.G4j2nA_ryRkFvVN1SFPsn6sxTmB9sjITIYBHepp85mCHrp8z6BUPlacdgyvTq-7kDA0ODxAREhMUFRYX.AAECAwQFBgcICQoL.gkKa.FEmNutpd7u_UqILSPkUVIg",
            "XCP.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXE5lPgb9xV1wB6YB936sjD9tmtQ",
        ] {
            let bytes = token.as_bytes();
            assert!(is_sealed(bytes) && !is_signed(bytes), "{token}");
            assert_eq!(unseal(bytes, &secrets, "enc", "sign").as_deref(), Some(&b"abc"[..]), "{token}");
            assert_eq!(unseal(bytes, &secrets[..1], "enc", "sign"), None, "{token}");
            assert_eq!(unseal(bytes, &secrets, "other", "sign"), None, "{token}");
            for end in 0..bytes.len() {
                assert_eq!(unseal(&bytes[..end], &secrets, "enc", "sign"), None, "{token} {end}");
            }
        }
    }
}
