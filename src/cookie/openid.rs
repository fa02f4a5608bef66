//! express-openid-connect with a session store: the id, or `<id>.<signature>`.
//!
//! The signature, there with the option `signSessionStoreCookie`, is that of a detached JWS (HS256,
//! `b64` false) over `<cookie name>=<id>`, with a key by HKDF-SHA256 from the secret, no salt, info
//! `JWS Cookie Signing` (express-openid-connect 3.4.0 lib/crypto.js).

use super::{CookieError, Given, Opened, any_fits, base64url, hmac_sha256, same, split_last_dot};

/// Opens a cookie of express-openid-connect. One without a signature comes unverified.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let real_name = given.named(name).map_or(name, |(real_name, _)| real_name);
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<id> or <id>.<signature>" });
    }
    // An id generator of the application's own may write dots; a signature has 32 bytes.
    let Some((id, signature)) =
        split_last_dot(&value).filter(|(id, signature)| !id.is_empty() && signature.len() == 43)
    else {
        return Ok(Opened { id: value, verified: None });
    };
    let header = base64url(br#"{"alg":"HS256","b64":false,"crit":["b64"]}"#);
    let verified = any_fits(secrets, |secret| {
        let key = signing_key(secret);
        [real_name, name].iter().any(|name| {
            let digest = hmac_sha256(&key, &[header.as_bytes(), b".", name.as_bytes(), b"=", id]);
            same(base64url(&digest).as_bytes(), signature)
        })
    });
    Ok(Opened { id: id.to_vec(), verified })
}

/// HKDF (RFC 5869) to 32 bytes, which is one block: extract with the empty salt, expand once.
fn signing_key(secret: &[u8]) -> Vec<u8> {
    let extracted = hmac_sha256(&[], &[secret]);
    hmac_sha256(&extracted, &[b"JWS Cookie Signing", &[1]])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "appSession";
    const SECRET: &str = "long-openid-secret";
    const ID: &str = "0123456789abcdef0123456789abcdef";
    /// Made by the package's own lib/crypto.js.
    const SIGNED: &str = "0123456789abcdef0123456789abcdef._ncS2KIJSmbLXHDcmdx4tFxwqYK32slOqgUv8qETo_U";

    #[test]
    fn opens_and_verifies_signed_cookies() {
        let with = |verified| Opened { id: ID.into(), verified };
        for text in ways(NAME, SIGNED) {
            let opened = |secrets: &[&str]| open(&Given::parse(&text), NAME, &keys(secrets)).unwrap();
            assert_eq!(opened(&[SECRET]), with(Some(true)), "{text}");
            assert_eq!(opened(&["newer", SECRET]), with(Some(true)));
            assert_eq!(opened(&["another"]), with(Some(false)));
            assert_eq!(opened(&[]), with(None));
        }
        let changed = SIGNED.replace("0123", "0124");
        assert_eq!(open(&Given::parse(&changed), NAME, &keys(&[SECRET])).unwrap().verified, Some(false));
        let other_name = open(&Given::parse(SIGNED), "other", &keys(&[SECRET])).unwrap();
        assert_eq!(other_name, with(Some(false)));
    }

    #[test]
    fn takes_the_bare_id() {
        for id in [ID, "with.dots.inside"] {
            let opened = open(&Given::parse(id), NAME, &keys(&[SECRET])).unwrap();
            assert_eq!(opened, Opened { id: id.into(), verified: None });
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "appSession=", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&[SECRET])));
        }
    }
}
