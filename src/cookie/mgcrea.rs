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

/// Opens a cookie of @mgcrea/fastify-session; `secrets` are strings, `keys` base64 strings.
///
/// A libsodium signature cannot be checked by a string secret here (that takes its salt and Argon2id),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "Session";
    const SECRET: &str = "a secret with minimum length of 32 characters";
    const KEY: &str = "YSBzZWNyZXQga2V5IG9mIDMyIGJ5dGVzIGV4YWN0bHk=";

    /// As the real applications sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        ("T1o4T0ZiNUVMRjZDcW9ZQXg0cWhE.5re3TCyZfXY6HOGvJhqtVqkIloaK8W/TFRfNuMv80+Q", "OZ8OFb5ELF6CqoYAx4qhD"),
        ("VUE1ZDRmamxuRFRvdzlBeElQTWdV.AuvrhWSauhv/GiujQ/U4jpIEhLMACi+TB8RWvsdM6IY", "UA5d4fjlnDTow9AxIPMgU"),
        ("NjZsRXdfazNuQlZNSlF4N2taV1pZ.rYIz9SC9amgip5xvBie5sqdIqMnw3TwWhuW+sWTW820", "66lEw_k3nBVMJQx7kZWZY"),
        ("YmgzMWdpRU9HMkhQRXlHVmQ2dUx6.Liahj7p++MoClpR64XQUEiOOKTCnWuGmoSJJ6RkZByo", "bh31giEOG2HPEyGVd6uLz"),
    ];

    #[test]
    fn opens_and_verifies_real_cookies() {
        for (cookie, id) in COOKIES {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets), &[]).unwrap();
                let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                assert_eq!(opened(&[SECRET]), with(Some(true)), "{text}");
                assert_eq!(opened(&["newer", SECRET]), with(Some(true)));
                assert_eq!(opened(&["another"]), with(Some(false)));
                assert_eq!(opened(&[]), with(None));
            }
        }
    }

    #[test]
    fn padding_inside_is_no_cookie_name() {
        let cookie = "Y3VzdG9tLWlkLTE=.CG309fQryLDrOb+6jH2pZqdS74zfMhnF8Zul8LVbMq8";
        for text in ways(NAME, cookie) {
            let opened = open(&Given::parse(&text), NAME, &keys(&[SECRET]), &[]).unwrap();
            assert_eq!(opened, Opened { id: b"custom-id-1".to_vec(), verified: Some(true) }, "{text}");
        }
    }

    #[test]
    fn takes_keys_in_base64() {
        let cookie = "T1o4T0ZiNUVMRjZDcW9ZQXg0cWhE.Zt3bJQmEKbi6pJNYIp1sKNsEAjoqn8Ys2uD7K9L0hlg";
        let sodium = "T1o4T0ZiNUVMRjZDcW9ZQXg0cWhE.zxhkfD86IN5KjsA9mPcPYmbm5SHYDiH5mddoqsIZ3Nc=";
        let verified = |cookie: &str, secrets: &[&str], raw: &[&str]| {
            let opened = open(&Given::parse(cookie), NAME, &keys(secrets), &keys(raw)).unwrap();
            assert_eq!(opened.id, b"OZ8OFb5ELF6CqoYAx4qhD");
            opened.verified
        };
        for cookie in [cookie, sodium] {
            assert_eq!(verified(cookie, &[], &[KEY]), Some(true));
            assert_eq!(verified(cookie, &[], &["b3RoZXI=", KEY]), Some(true));
            assert_eq!(verified(cookie, &[], &["b3RoZXI="]), Some(false));
        }
        assert_eq!(verified(cookie, &["text"], &["not base64!"]), Some(false));
        // Argon2id of a secret is not done here.
        assert_eq!(verified(sodium, &[SECRET], &[]), None);
    }

    #[test]
    fn a_changed_cookie_is_not_genuine() {
        let (cookie, _) = COOKIES[0];
        for changed in [cookie.replace("T1o4", "T1o5"), cookie.replace(".5re", ".5rf"), format!("{cookie}A")]
        {
            assert_eq!(
                open(&Given::parse(&changed), NAME, &keys(&[SECRET]), &[]).unwrap().verified,
                Some(false)
            );
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "OZ8OFb5ELF6CqoYAx4qhD", ".sig", "a b.sig", "?.sig", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&[SECRET]), &[]));
        }
    }
}
