//! Beaker's encrypted sessions: a nonce as text, and base64 of what AES made.
//!
//! The key is PBKDF2-HMAC-SHA1 of `encrypt_key` with `validate_key` and the nonce's text as the salt, one
//! round. With the package cryptography it is AES-256 in GCM, an IV and a tag before the data; with
//! pycryptodome in CTR, the counter from zero and no tag (Beaker 1.14.1 session.py, crypto/pyca_cryptography.py,
//! crypto/pycrypto.py).

use aes::Aes256;
use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::{BlockCipherEncrypt, array::Array};
use sha1::Sha1;

use super::WrapError;
use crate::codec::DecodeError;

/// The wrapper's name.
pub const NAME: &str = "beaker-encrypted";

/// Characters of the nonce: base64 of 16 bytes, or of 6 as before 1.13 by default.
const NONCES: &[usize] = &[24, 8];
const IV: usize = 12;
const TAG: usize = 16;
const BLOCK: usize = 16;

/// Decrypts a string with these keys; `fits` tells whether bytes are what was encrypted, where no tag does.
pub fn open(
    text: &[u8],
    encrypt_keys: &[String],
    validate_key: &str,
    fits: &dyn Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, WrapError> {
    let mut is_sealed = false;
    for length in NONCES {
        let Some((nonce, rest)) = text.split_at_checked(*length) else { continue };
        let (Ok(_), Ok(sealed)) = (STANDARD.decode(nonce), STANDARD.decode(rest)) else { continue };
        is_sealed = true;
        for encrypt_key in encrypt_keys {
            let salt = [validate_key.as_bytes(), nonce].concat();
            let key = pbkdf2::pbkdf2_hmac_array::<Sha1, 32>(encrypt_key.as_bytes(), &salt, 1);
            if let Some(plain) = gcm(&key, &sealed) {
                return Ok(plain);
            }
            let plain = ctr(&key, sealed.clone());
            if fits(&plain) {
                return Ok(plain);
            }
        }
    }
    if is_sealed {
        Err(WrapError::WrongKey { wrapper: NAME })
    } else {
        Err(DecodeError::new(NAME, 0, "it is not base64 of a nonce and what was encrypted").into())
    }
}

fn gcm(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (iv, rest) = sealed.split_at_checked(IV)?;
    let (tag, data) = rest.split_at_checked(TAG)?;
    let cipher = AesGcm::<Aes256, U12>::new_from_slice(key).ok()?;
    let nonce = Nonce::<U12>::try_from(iv).ok()?;
    // The tag is expected after the data.
    cipher.decrypt(&nonce, &[data, tag].concat()[..]).ok()
}

/// A big-endian counter of a whole block, encrypted and added.
fn ctr(key: &[u8; 32], mut data: Vec<u8>) -> Vec<u8> {
    let cipher = Aes256::new(&Array(*key));
    for (counter, chunk) in data.chunks_mut(BLOCK).enumerate() {
        let mut block = Array((counter as u128).to_be_bytes());
        cipher.encrypt_block(&mut block);
        for (byte, key) in chunk.iter_mut().zip(block) {
            *byte ^= key;
        }
    }
    data
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = b"\x80\x02}q\x00X\x07\x00\x00\x00user_idq\x01X\x05\x00\x00\x00aliceq\x02s.";
    /// By the formulas above, with OpenSSL's ciphers.
    const GCM: &str = "AAECAwQFBgcICQoLDA0ODw==AAECAwQFBgcICQoLVQ32vNsuO1Phfvalgs7wXz1VvUwteCa0BFvIbuPpY9v6T/3/eiBK9k2EvvAY9Yepuw==";
    const CTR: &str = "AAECAwQFBgcICQoLDA0ODw==a6uIgJdFpV/6G9gw4nphBrvZews4UySOr+sSh7ckAJ/o";
    const SHORT: &str =
        "AAECAwQFAAECAwQFBgcICQoLN2pVdLIc5kiak6CR+l8qttrkB4+L9UPECrIzCYKqZrkJUloOm+qP4jtsjGGHxIhT2A==";

    fn opened(text: &str, key: &str) -> Result<Vec<u8>, WrapError> {
        open(text.as_bytes(), &["other".to_string(), key.to_string()], "valid", &|plain| {
            plain.starts_with(b"\x80\x02")
        })
    }

    #[test]
    fn both_ciphers_and_both_nonces_open_with_their_keys_only() {
        for text in [GCM, CTR, SHORT] {
            assert_eq!(opened(text, "enc").unwrap(), PLAIN, "{text}");
            assert_eq!(opened(text, "wrong"), Err(WrapError::WrongKey { wrapper: NAME }));
        }
        assert!(matches!(opened("", "enc"), Err(WrapError::Form(_))));
        assert!(matches!(opened("not base64 at all, of any kind", "enc"), Err(WrapError::Form(_))));
    }
}
