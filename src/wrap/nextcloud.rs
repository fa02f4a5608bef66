//! What Nextcloud and ownCloud seal sessions with: `<ciphertext>|<iv>|<mac>|<version>`, all hexadecimal,
//! under a passphrase that only a cookie of the browser holds.
//!
//! AES-128-CBC with PKCS#7 under a key of PBKDF2 with HMAC-SHA1 (salt `phpseclib`, 1000 rounds), and
//! HMAC-SHA512 over ciphertext and vector as they are written. Version 3 parts the passphrase with
//! HKDF-SHA512 first; version 1, without a number, has the vector in raw bytes
//! (nextcloud/server 31, lib/private/Security/Crypto.php; phpseclib 2).

use aes::Aes128;
use base16ct::lower::encode_string as hex;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

use super::WrapError;
use crate::codec::DecodeError;

/// The wrapper's name.
pub const NAME: &str = "nextcloud-encrypted";

const SALT: &[u8] = b"phpseclib";
const ROUNDS: u32 = 1000;
/// A vector of 16 bytes, and a MAC of 64 in hexadecimal.
const VECTOR: usize = 16;
const MAC: usize = 128;

/// A sealed text, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed<'t> {
    ciphertext: &'t [u8],
    vector: &'t [u8],
    mac: &'t [u8],
    version: u8,
}

/// Takes a string apart; `None` where it is nothing that the crypto class writes.
pub fn parse(text: &[u8]) -> Option<Sealed<'_>> {
    let bar = memchr::memchr(b'|', text)?;
    let (ciphertext, rest) = (&text[..bar], &text[bar + 1..]);
    // The first version had neither number nor a hexadecimal vector.
    let (rest, version) = match rest {
        [rest @ .., b'|', b'2'] => (rest, 2),
        [rest @ .., b'|', b'3'] => (rest, 3),
        _ => (rest, 1),
    };
    let bar = memchr::memrchr(b'|', rest)?;
    let (vector, mac) = (&rest[..bar], &rest[bar + 1..]);
    let vector_fits = match version {
        1 => matches!(vector.len(), VECTOR | 32),
        _ => vector.len() == 2 * VECTOR && is_hex(vector),
    };
    let fits = ciphertext.len() >= 32 && is_hex(ciphertext) && mac.len() == MAC && is_hex(mac) && vector_fits;
    fits.then_some(Sealed { ciphertext, vector, mac, version })
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// Opens a sealed text with the passphrase of the browser's cookie.
pub fn open(sealed: Sealed<'_>, passphrase: &[u8]) -> Result<Vec<u8>, WrapError> {
    let (for_cipher, for_mac) = match sealed.version {
        3 => {
            let parts = hkdf(passphrase);
            (parts[..32].to_vec(), parts[32..].to_vec())
        }
        _ => (passphrase.to_vec(), passphrase.to_vec()),
    };
    let mac_key = hex(&Sha512::digest([&for_mac[..], b"a"].concat()));
    let mac = sha512_mac(mac_key.as_bytes(), &[sealed.ciphertext, sealed.vector]);
    let stored = sealed.mac.to_ascii_lowercase();
    if !bool::from(hex(&mac).as_bytes().ct_eq(&stored)) {
        return Err(WrapError::WrongKey { wrapper: NAME });
    }
    let key = pbkdf2::pbkdf2_hmac_array::<Sha1, 16>(&for_cipher, SALT, ROUNDS);
    let vector = if sealed.vector.len() == VECTOR { sealed.vector.to_vec() } else { unhex(sealed.vector)? };
    let cipher = cbc::Decryptor::<Aes128>::new_from_slices(&key, &vector);
    let cipher = cipher.map_err(|_| form("the vector has not 16 bytes"))?;
    cipher
        .decrypt_padded_vec::<Pkcs7>(&unhex(sealed.ciphertext)?)
        .map_err(|_| form("the MAC is right, the padding is not"))
}

/// HKDF-SHA512 of RFC 5869 without salt and info, to the 64 bytes of its first block.
fn hkdf(secret: &[u8]) -> [u8; 64] {
    sha512_mac(&sha512_mac(&[0; 64], &[secret]), &[&[1]])
}

fn sha512_mac(key: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn unhex(text: &[u8]) -> Result<Vec<u8>, WrapError> {
    base16ct::mixed::decode_vec(text).map_err(|_| form("not hexadecimal"))
}

fn form(reason: &str) -> WrapError {
    WrapError::Form(DecodeError::new(NAME, 0, reason))
}

#[cfg(test)]
pub(crate) mod tests {
    use cbc::cipher::BlockModeEncrypt;

    use super::*;

    #[test]
    fn encrypted_texts_are_hexadecimal_parts() {
        let (body, vector, mac) = ("a1".repeat(40), "0f".repeat(16), "7e".repeat(64));
        for (text, sealed) in [
            (format!("{body}|{vector}|{mac}|3"), true),
            (format!("{body}|{vector}|{mac}|2"), true),
            (format!("{body}|0123456|89abcdef|{mac}"), true),
            (format!("{body}|{vector}|{mac}|4"), false),
            (format!("{body}|{vector}|beef|3"), false),
            ("host|123".to_string(), false),
            (String::new(), false),
        ] {
            assert_eq!(parse(text.as_bytes()).is_some(), sealed, "{text}");
        }
    }

    /// A string as Nextcloud makes it; captured is only the third version, around JSON.
    pub(crate) fn seal(plain: &[u8], passphrase: &[u8], vector: &[u8], version: u8) -> Vec<u8> {
        let parts = hkdf(passphrase);
        let (for_cipher, for_mac) = match version {
            3 => parts.split_at(32),
            _ => (passphrase, passphrase),
        };
        let key = pbkdf2::pbkdf2_hmac_array::<Sha1, 16>(for_cipher, SALT, ROUNDS);
        let raw = if vector.len() == VECTOR { vector.to_vec() } else { unhex(vector).expect("hex") };
        let cipher = cbc::Encryptor::<Aes128>::new_from_slices(&key, &raw).expect("lengths");
        let ciphertext = hex(&cipher.encrypt_padded_vec::<Pkcs7>(plain));
        let key = hex(&Sha512::digest([for_mac, b"a"].concat()));
        let mac = hex(&sha512_mac(key.as_bytes(), &[ciphertext.as_bytes(), vector]));
        let mut text = [ciphertext.as_bytes(), b"|", vector, b"|", mac.as_bytes()].concat();
        if version > 1 {
            text.extend_from_slice(&[b'|', b'0' + version]);
        }
        text
    }

    #[test]
    fn earlier_versions_open_and_only_with_their_passphrase() {
        for (vector, version) in
            [(&b"raw|vector|bytes"[..], 1), (&b"000102030405060708090a0b0c0d0e0f"[..], 2)]
        {
            let text = seal(b"user_id|s:3:\"zoe\";", b"phrase", vector, version);
            let sealed = parse(&text).expect("sealed");
            assert_eq!(sealed.version, version);
            assert_eq!(open(sealed, b"phrase").expect("it opens"), b"user_id|s:3:\"zoe\";");
            assert_eq!(open(sealed, b"other"), Err(WrapError::WrongKey { wrapper: NAME }));
        }
    }
}
