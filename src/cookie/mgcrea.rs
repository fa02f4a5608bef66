//! @mgcrea/fastify-session: `<base64 of the id>.<signature>`.
//!
//! The signature is the base64 of HMAC-SHA256(key, id) without padding, over the id and not over
//! its base64; the key is the text `secret`, or `key` decoded from base64 (version 2.4.1,
//! src/crypto/Hmac.ts). With @mgcrea/fastify-session-sodium-crypto it is libsodium's `crypto_auth`
//! (HMAC-SHA-512 cut to 32 bytes) *with* padding, keyed by `key` or by Argon2id from secret and salt.

use hmac::Hmac;
use sha2::Sha512;

use super::{
    CookieError, Given, Opened, base64_any, base64_padded, base64_unpadded, hmac_sha256, mac, same,
    split_last_dot,
};

const EXPECTED: CookieError = CookieError::Form { expected: "<base64 of the id>.<signature>" };

/// Opens a cookie of @mgcrea/fastify-session; `secrets` are texts, `keys` base64 texts.
///
/// A libsodium signature cannot be checked by a text secret here (that takes its salt and Argon2id),
/// so it leaves the cookie unverified.
pub fn open(given: &Given, name: &str, secrets: &[String], keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let (encoded, signature) = split_last_dot(&value).ok_or(EXPECTED)?;
    let id = base64_any(encoded).filter(|id| !id.is_empty()).ok_or(EXPECTED)?;
    let by_sodium = signature.len() == 44 && signature.ends_with(b"=");
    let raw_keys = keys.iter().filter_map(|key| base64_any(key.trim().as_bytes()));
    let verified = if by_sodium {
        let keys: Vec<Vec<u8>> = raw_keys.collect();
        (!keys.is_empty()).then(|| {
            keys.iter().any(|key| {
                let digest = mac::<Hmac<Sha512>>(key, &[&id]);
                same(base64_padded(&digest[..32]).as_bytes(), signature)
            })
        })
    } else {
        let texts = secrets.iter().flat_map(|secret| [secret.clone().into_bytes(), low_bytes(secret)]);
        (!secrets.is_empty() || !keys.is_empty()).then(|| {
            texts.chain(raw_keys).any(|key| {
                let signed =
                    format!("{}.{}", base64_padded(&id), base64_unpadded(&hmac_sha256(&key, &[&id])));
                // The whole is compared, as the framework does: the base64 of the id has one form only.
                same(signed.as_bytes(), &value)
            })
        })
    };
    Ok(Opened { id, verified })
}

/// The text as Node's `ascii` encoding writes it, the low byte of every UTF-16 unit: what a secret
/// with other than ASCII characters becomes where the package asks for that encoding.
fn low_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().map(|unit| unit as u8).collect()
}
