//! Tokens of Plug.Crypto: `SFMyNTY.<payload>.<signature>` (plug_crypto 2.1, message_verifier.ex,
//! key_generator.ex). The first part names the digest.

use hmac::Hmac;
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Sha256, Sha384, Sha512};

use super::{base64_any, mac, same, split_last_dot};

const ROUNDS: u32 = 1000;

/// What a token holds, whoever signed it.
pub fn payload(token: &[u8]) -> Option<Vec<u8>> {
    let (text, _) = split_last_dot(token)?;
    let (_, payload) = split_last_dot(text)?;
    base64_any(payload)
}

/// Whether one of the secrets signed the token; keys are made of a secret and a salt.
pub fn is_genuine(token: &[u8], secrets: &[String], salt: &str) -> bool {
    let Some((text, digest)) = split_last_dot(token) else { return false };
    let Some(digest) = base64_any(digest) else { return false };
    secrets.iter().any(|secret| {
        let key = pbkdf2_hmac_array::<Sha256, 32>(secret.as_bytes(), salt.as_bytes(), ROUNDS);
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
}
