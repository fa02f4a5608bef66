//! Cookies of go-session: base64 of the id, a dot, and HMAC-SHA1 of the id in hexadecimal digits.
//!
//! Without a key the library signs with an empty one (go-session/session 02e6830, session.go).

use hmac::Hmac;
use sha1::Sha1;

use super::{CookieError, Given, Opened, any_fits, base64_any, mac, same, split_last_dot};

/// Opens such a cookie; the id is read without a key.
pub fn open(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    const FORM: CookieError = CookieError::Form { expected: "<base64 of the id>.<signature>" };
    let value = given.decoded(name)?;
    let (text, digest) = split_last_dot(&value).ok_or(FORM)?;
    let id = base64_any(text).filter(|id| !id.is_empty()).ok_or(FORM)?;
    let digest = base16ct::mixed::decode_vec(digest).map_err(|_| FORM)?;
    let verified = any_fits(keys, |key| same(&mac::<Hmac<Sha1>>(key, &[&id]), &digest));
    Ok(Opened { id, verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, ways};
    use super::*;

    // HMAC-SHA1 of the id with the key `sign`, by Python.
    const ID: &str = "9a7a1c06-2c5f-4a3b-9a3e-7b8a5a1d0f11";
    const COOKIE: &str =
        "OWE3YTFjMDYtMmM1Zi00YTNiLTlhM2UtN2I4YTVhMWQwZjEx.b11a6ca41edf59cdfe5e8fa55161dcedba21f77d";

    #[test]
    fn the_id_is_read_and_the_signature_checked() {
        for text in ways("go_session_id", COOKIE) {
            let opened = open(&Given::parse(&text), "go_session_id", &keys(&["other", "sign"])).unwrap();
            assert_eq!(opened, Opened { id: ID.into(), verified: Some(true) }, "{text}");
        }
        let given = Given::parse(COOKIE);
        assert_eq!(open(&given, "go_session_id", &[]).unwrap().verified, None);
        assert_eq!(open(&given, "go_session_id", &keys(&["other"])).unwrap().verified, Some(false));
        for wrong in ["a", "a.b", ".ab", "YWJj.xyz"] {
            assert!(open(&Given::parse(wrong), "go_session_id", &[]).is_err(), "{wrong}");
        }
    }
}
