//! Remix: `<base64>.<signature>`, or the base64 alone where the cookie has no secrets.
//!
//! Remix 1 and 2 put the base64 of the id as a *JSON string* there (`createCookie` of
//! @remix-run/server-runtime; observed with remix-redis-session 0.0.12), `@remix-run/cookie` 0.7
//! that of the id's own text. The signature is the base64 of HMAC-SHA256(secret, the base64 text)
//! without padding.

use super::{
    CookieError, Given, Opened, any_fits, base64_any, base64_unpadded, hmac_sha256, json_scalar,
    looks_like_id, same, split_last_dot,
};

const EXPECTED: CookieError = CookieError::Form { expected: "<base64 of the id>.<signature>" };

/// Opens a cookie of Remix, signed or not. Where secrets are given, an unsigned one is not genuine.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    read(&given.decoded(name)?, secrets).ok_or(EXPECTED)
}

/// The same where an application may also hand the id itself to the browser, as is usual with
/// @remix-run/session-storage-redis 0.1 when its cookie is not one of `createCookie`.
pub fn open_or_bare(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    match read(&value, secrets) {
        Some(opened) => Ok(opened),
        None if value.is_empty() => Err(EXPECTED),
        None => Ok(Opened { id: value, verified: None }),
    }
}

fn read(value: &[u8], secrets: &[String]) -> Option<Opened> {
    // Base64 has no dots, so a dot can only stand before the signature.
    let (encoded, signature) = match split_last_dot(value) {
        Some((encoded, signature)) => (encoded, Some(signature)),
        None => (value, None),
    };
    let bytes = base64_any(encoded)?;
    let id = match serde_json::from_slice(&bytes) {
        Ok(json @ serde_json::Value::String(_)) => json_scalar(&json)?,
        _ if looks_like_id(&bytes) => bytes,
        _ => return None,
    };
    let verified = any_fits(secrets, |secret| {
        let digest = base64_unpadded(&hmac_sha256(secret, &[encoded]));
        signature.is_some_and(|signature| same(digest.as_bytes(), signature))
    });
    Some(Opened { id, verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "__session";
    const SECRET: &str = "s3cr3t";
    const UUID: &str = "853c0284-02a8-4746-9ed3-0ee0ac454a6a";
    const UUID_PLAIN: &str =
        "ODUzYzAyODQtMDJhOC00NzQ2LTllZDMtMGVlMGFjNDU0YTZh.tTIxzmwdJZh/bjIzU31/Av+OM9BYAr4KHzUiq5IbhCs";
    const UUID_JSON: &str =
        "Ijg1M2MwMjg0LTAyYTgtNDc0Ni05ZWQzLTBlZTBhYzQ1NGE2YSI=.djjP5IkNsG7VaTPOJhX69m/5CjLwxpDi3wFh6DDVIQg";

    /// As the real applications sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        ("IjNlYTAxNmJjNTFjZWZjMWQi.nY5KsABizKsxOPWnEDGya1z155%2FJvdepOR2N48eRSdY", "3ea016bc51cefc1d"),
        ("ImRlZGE3NDUzNWFmNmNjNzci.pRXVZfDMjsGhSXdH0o4BHSwMAdDtZfih74AMBsnRnsU", "deda74535af6cc77"),
        ("IjIzNTcxODJmMDZmOWI3NWYi.5ZQNJNWk5bi019GFP7c%2BAuZv5Bgwa%2BQwcHmA8tlVFj0", "2357182f06f9b75f"),
        ("IjZiYmFmNzczMjJjZThlNTUi.jZ%2BmduQc6PYASMpYkvSB%2FvRVW97VC%2FIL5tEc3SABN2o", "6bbaf77322ce8e55"),
    ];

    #[test]
    fn opens_and_verifies_real_cookies() {
        let own = [(UUID_PLAIN, UUID), (UUID_JSON, UUID)];
        for (cookie, id) in COOKIES.iter().chain(&own) {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets)).unwrap();
                let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                assert_eq!(opened(&[SECRET]), with(Some(true)), "{text}");
                assert_eq!(opened(&["newer", SECRET]), with(Some(true)));
                assert_eq!(opened(&["another"]), with(Some(false)));
                assert_eq!(opened(&[]), with(None));
                assert_eq!(open_or_bare(&given, NAME, &keys(&[SECRET])).unwrap(), with(Some(true)));
            }
        }
    }

    #[test]
    fn reads_unsigned_cookies() {
        for (cookie, id) in [("IjNlYTAxNmJjNTFjZWZjMWQi", "3ea016bc51cefc1d"), ("IjEyMyI=", "123")] {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                assert_eq!(open(&given, NAME, &[]).unwrap(), with(None), "{text}");
                assert_eq!(open(&given, NAME, &keys(&[SECRET])).unwrap(), with(Some(false)));
            }
        }
    }

    #[test]
    fn may_be_the_bare_id() {
        for text in ways(NAME, UUID) {
            let opened = open_or_bare(&Given::parse(&text), NAME, &[]).unwrap();
            assert_eq!(opened, Opened { id: UUID.into(), verified: None }, "{text}");
            refused(&text, |given| open(given, NAME, &[]));
        }
    }

    #[test]
    fn a_changed_cookie_is_not_genuine() {
        let (cookie, _) = COOKIES[0];
        for changed in
            [cookie.replace("IjNl", "IjNm"), cookie.replace(".nY5", ".nY6"), format!("{cookie}%3D")]
        {
            assert_eq!(open(&Given::parse(&changed), NAME, &keys(&[SECRET])).unwrap().verified, Some(false));
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", ".sig", "?.sig", "IiI=.sig", "AAECAwQ=.sig", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&[SECRET])));
        }
        refused("__session=", |given| open_or_bare(given, NAME, &[]));
    }
}
