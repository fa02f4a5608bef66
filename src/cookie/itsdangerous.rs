//! itsdangerous: `<value>.<signature>`, or `<value>.<time>.<signature>`.
//!
//! The signature is base64url without padding of an HMAC, its key derived from the secret and a salt
//! (itsdangerous 2.2.0 signer.py; SHA-1 unless the application chose another digest). Flask-Session,
//! Quart-Session, Flask-KVSession, OSF and SimpleLogin sign the id, starlette-session a JSON text around
//! it.

use hmac::Hmac;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};

use super::{
    CookieError, Given, Opened, any_fits, base64_any, base64url, json_scalar, mac, same, split_last_dot,
};

/// How the key is made of secret and salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivation {
    /// The digest of salt, `signer` and secret.
    DjangoConcat,
    /// The HMAC of the salt, keyed with the secret.
    Hmac,
    /// The digest of salt and secret.
    Concat,
    /// The secret itself.
    None,
}

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer {
    pub salt: &'static str,
    pub derivation: Derivation,
}

/// itsdangerous' own defaults.
pub const DEFAULT: Signer = Signer { salt: "itsdangerous.Signer", derivation: Derivation::DjangoConcat };

impl Signer {
    pub const fn hmac(salt: &'static str) -> Signer {
        Signer { salt, derivation: Derivation::Hmac }
    }

    /// Whether this signer made the signature with that secret. The length tells the digest.
    fn fits(self, secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let made = match signature.len() {
            27 => {
                let key = self.key(secret, digest::<Sha1>, |key, part| mac::<Hmac<Sha1>>(key, &[part]));
                mac::<Hmac<Sha1>>(&key, &[message])
            }
            43 => {
                let key = self.key(secret, digest::<Sha256>, |key, part| mac::<Hmac<Sha256>>(key, &[part]));
                mac::<Hmac<Sha256>>(&key, &[message])
            }
            86 => {
                let key = self.key(secret, digest::<Sha512>, |key, part| mac::<Hmac<Sha512>>(key, &[part]));
                mac::<Hmac<Sha512>>(&key, &[message])
            }
            _ => return false,
        };
        same(base64url(&made).as_bytes(), signature)
    }

    fn key(
        self,
        secret: &[u8],
        digest: impl Fn(&[&[u8]]) -> Vec<u8>,
        mac: impl Fn(&[u8], &[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let salt = self.salt.as_bytes();
        match self.derivation {
            Derivation::DjangoConcat => digest(&[salt, b"signer", secret]),
            Derivation::Hmac => mac(secret, salt),
            Derivation::Concat => digest(&[salt, secret]),
            Derivation::None => secret.to_vec(),
        }
    }
}

fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().to_vec()
}

/// Whether it could be the signature of one of the digests.
fn is_signature(text: &[u8]) -> bool {
    matches!(text.len(), 27 | 43 | 86)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Opens `<id>.<signature>`, or the bare id where the application does not sign. `signs` says what was
/// configured; without that, a cookie that ends in what could be a signature is signed.
pub fn open(
    given: &Given,
    name: &str,
    secrets: &[String],
    signers: &[Signer],
    signs: Option<bool>,
) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let signed = split_last_dot(&value).filter(|(id, signature)| !id.is_empty() && is_signature(signature));
    match signed {
        Some((id, signature)) if signs != Some(false) => {
            let verified =
                any_fits(secrets, |secret| signers.iter().any(|signer| signer.fits(secret, id, signature)));
            Ok(Opened { id: id.to_vec(), verified })
        }
        _ if value.is_empty() || signs == Some(true) => {
            Err(CookieError::Form { expected: "<id>.<signature>" })
        }
        _ => Ok(Opened { id: value, verified: None }),
    }
}

/// Opens the cookie of starlette-session: `base64({"_cssid": "<id>"}).<time>.<signature>`
/// (starlette-session 0.4.3 __init__.py, itsdangerous' TimestampSigner with its defaults).
pub fn open_starlette(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError =
        CookieError::Form { expected: "<base64 of {\"_cssid\": <id>}>.<time>.<signature>" };
    let value = given.decoded(name)?;
    let (message, signature) = split_last_dot(&value).ok_or(EXPECTED)?;
    let (payload, _) = split_last_dot(message).ok_or(EXPECTED)?;
    let json = base64_any(payload).ok_or(EXPECTED)?;
    let json: serde_json::Value = serde_json::from_slice(&json).map_err(|_| EXPECTED)?;
    let id = json.get("_cssid").and_then(json_scalar).ok_or(EXPECTED)?;
    Ok(Opened { id, verified: any_fits(secrets, |secret| DEFAULT.fits(secret, message, signature)) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const SECRET: &str = "flask-s3cret";
    const NAME: &str = "session";
    /// Of Flask-KVSession 0.6.2 with itsdangerous 2.2.0.
    const KVSESSION: &str = "c9918d217974265_6b04fe0a.iXYGSgHZaWyNWdEENSFPMGtjc7Q";
    /// Of SimpleLogin's own store.
    const SIMPLELOGIN: &str = "471daab2-992e-469f-8069-3278afc18725._FTmAYVQn-o5hgj3krQU_YSTGto";
    /// Of starlette-session 0.4.3.
    const STARLETTE: &str = "eyJfY3NzaWQiOiAiOTJjYWU2ZTYtZjY5MS00MmEzLThiNDktOWY3OGEwOWMxNjliIn0=.awT-DA.zh0AbQFN79gEC_GAxui5qeKn8pc";

    #[test]
    fn what_the_libraries_signed_is_genuine() {
        for text in ways(NAME, KVSESSION) {
            let opened = open(&Given::parse(&text), NAME, &keys(&["new", SECRET]), &[DEFAULT], None).unwrap();
            assert_eq!(
                opened,
                Opened { id: b"c9918d217974265_6b04fe0a".to_vec(), verified: Some(true) },
                "{text}"
            );
        }
        let secret = keys(&["case-b secret, not used anywhere"]);
        let signers = [Signer::hmac("flask-session"), Signer::hmac("session")];
        let opened = open(&Given::parse(SIMPLELOGIN), NAME, &secret, &signers, None).unwrap();
        assert_eq!(opened.id, b"471daab2-992e-469f-8069-3278afc18725");
        assert_eq!(opened.verified, Some(true));
        let opened = open(&Given::parse(SIMPLELOGIN), NAME, &secret, &signers[..1], None).unwrap();
        assert_eq!(opened.verified, Some(false));
        let opened = open_starlette(&Given::parse(STARLETTE), NAME, &keys(&["async-s3cret"])).unwrap();
        assert_eq!(opened.id, b"92cae6e6-f691-42a3-8b49-9f78a09c169b");
        assert_eq!(opened.verified, Some(true));
    }

    /// `Signer("key", salt="s", key_derivation=…, digest_method=…).sign("id")` of itsdangerous 2.2.0.
    #[test]
    fn every_derivation_and_digest_is_known() {
        for (derivation, signed) in [
            (Derivation::DjangoConcat, "id.7eTJLvaDHSi1BW_ApohnpuEPXD8"),
            (Derivation::Hmac, "id.1vL3sU771hz-gWXojbdinuRiXFY"),
            (Derivation::Concat, "id.M1JuCOhpT1V8-RZJh0blKtANhbU"),
            (Derivation::None, "id.9NORndkTpNJ4XglgcnBcJeshYg4"),
            (Derivation::DjangoConcat, "id.nTpHzte86vUuGXBudNoS3pF1XY6wMp94mVw1LiQlUOQ"),
            (Derivation::Hmac, "id.gy3syrETVj6yETxybGGZRRVGpdb4iKOpG36ST1Gw_PY"),
            (
                Derivation::Hmac,
                "id.G4kHwKzb9x04z39Nv-kGeAq5RLC9DTxFjhhjY4cH8EJYxeSgv0RZDvj2XuhrAy4XtvgweH597FyD_6EK992hGQ",
            ),
        ] {
            let signer = Signer { salt: "s", derivation };
            let opened = open(&Given::parse(signed), NAME, &keys(&["key"]), &[signer], None).unwrap();
            assert_eq!(
                opened,
                Opened { id: b"id".to_vec(), verified: Some(true) },
                "{derivation:?} {signed}"
            );
        }
    }

    #[test]
    fn without_a_signature_the_value_is_the_id() {
        for (text, signs) in [("abc", None), ("a.b", None), (KVSESSION, Some(false))] {
            let opened = open(&Given::parse(text), NAME, &keys(&[SECRET]), &[DEFAULT], signs).unwrap();
            assert_eq!(opened, Opened { id: text.as_bytes().to_vec(), verified: None });
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["session=", "theme=dark; lang=de", "session=abc"] {
            refused(text, |given| open(given, NAME, &keys(&[SECRET]), &[DEFAULT], Some(true)));
            refused(text, |given| open_starlette(given, NAME, &keys(&[SECRET])));
        }
    }
}
