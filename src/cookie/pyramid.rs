//! Pyramid: the two stores in Redis sign the id, each in its own way.
//!
//! pyramid_redis_sessions 1.0.1 writes 40 hexadecimal digits and base64 of a pickle of the id, signed with
//! HMAC-SHA1 (pyramid 1.10.8 session.py `signed_serialize`). pyramid_session_redis 1.8.1 writes base64url of
//! 64 bytes and the id, HMAC-SHA512 with a salt before the secret (WebOb 1.8 cookies.py `SignedSerializer`).

use hmac::Hmac;
use sha1::Sha1;
use sha2::Sha512;

use super::{CookieError, Given, Opened, base64_any, mac, same};
use crate::codec::{Limits, pickle};

/// Pyramid encodes a secret as Latin-1 where it can, and as UTF-8 where it cannot.
fn encoded(secret: &str) -> Vec<u8> {
    let latin: Option<Vec<u8>> = secret.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect();
    latin.unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn any_fits(secrets: &[String], fits: impl Fn(&[u8]) -> bool) -> Option<bool> {
    (!secrets.is_empty()).then(|| secrets.iter().any(|secret| fits(&encoded(secret))))
}

/// Opens a cookie of pyramid_redis_sessions.
pub fn open_pickled(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError =
        CookieError::Form { expected: "<40 hex digits><base64 of a pickle of the id>" };
    let value = given.decoded(name)?;
    let (signature, text) = value.split_at_checked(40).ok_or(EXPECTED)?;
    let pickled = base64_any(text).ok_or(EXPECTED)?;
    let id = pickle::decode(&pickled, &Limits::default()).map_err(|_| EXPECTED)?;
    let id = id.as_str().filter(|id| !id.is_empty()).ok_or(EXPECTED)?.as_bytes().to_vec();
    let verified = any_fits(secrets, |secret| {
        let made = mac::<Hmac<Sha1>>(secret, &[&pickled]);
        same(base16ct::lower::encode_string(&made).as_bytes(), &signature.to_ascii_lowercase())
    });
    Ok(Opened { id, verified })
}

/// Opens a cookie of pyramid_session_redis.
pub fn open_signed(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "<base64url of 64 bytes and the id>" };
    let bytes = base64_any(&given.decoded(name)?).ok_or(EXPECTED)?;
    let (signature, id) = bytes.split_at_checked(64).filter(|(_, id)| !id.is_empty()).ok_or(EXPECTED)?;
    let verified = any_fits(secrets, |secret| {
        same(&mac::<Hmac<Sha512>>(&[b"pyramid_session_redis.", secret].concat(), &[id]), signature)
    });
    Ok(Opened { id: id.to_vec(), verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "session";
    const SECRET: &str = "wsgi-s3cret";
    const PICKLED: &str = "9385d54315d49432dba93db5f98d70ebd3bb13c3gAWVRAAAAAAAAACMQDEwNGIzMDI5NDkzODg3MDMzNjUzOTJhZGY2NjQyMzAyMGNiNjllMmY4ZjlkN2E0ZGY3YjczMzU3MTlkNzE2MDmULg==";
    const SIGNED: &str = "vNMAesopZAMmmo4CCEWEtI07orD9DeK4WA-oJDctmD1TYwCdYqfs-hHQyMFZw1uL0xU9D0VAEzf4nuQ9rxJuamNuaFRkRlJmRFhuWDF4SDhBdE8zTkZLbEwxVWoybFQ0d2lVZXRVcnVvVGNTT1pjSi1QeGk5M1Y0aklLbFZTb2Y";

    #[test]
    fn cookies_of_both_stores_open_and_are_genuine() {
        for text in ways(NAME, PICKLED) {
            let opened = open_pickled(&Given::parse(&text), NAME, &keys(&["new", SECRET])).unwrap();
            assert_eq!(
                opened.id, b"104b302949388703365392adf66423020cb69e2f8f9d7a4df7b7335719d71609",
                "{text}"
            );
            assert_eq!(opened.verified, Some(true));
        }
        let opened = open_signed(&Given::parse(SIGNED), NAME, &keys(&[SECRET])).unwrap();
        assert_eq!(opened.id, b"cnhTdFRfDXnX1xH8AtO3NFKlL1Uj2lT4wiUetUruoTcSOZcJ-Pxi93V4jIKlVSof");
        assert_eq!(opened.verified, Some(true));
        assert_eq!(open_signed(&Given::parse(SIGNED), NAME, &keys(&["x"])).unwrap().verified, Some(false));
        assert_eq!(open_signed(&Given::parse(SIGNED), NAME, &[]).unwrap().verified, None);
    }

    #[test]
    fn a_secret_beyond_ascii_is_latin_1_where_it_can_be() {
        assert_eq!(encoded("é"), b"\xe9");
        assert_eq!(encoded("é€"), "é€".as_bytes());
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "session=", "session=abc", "theme=dark; lang=de"] {
            refused(text, |given| open_pickled(given, NAME, &keys(&[SECRET])));
            refused(text, |given| open_signed(given, NAME, &keys(&[SECRET])));
        }
    }
}
