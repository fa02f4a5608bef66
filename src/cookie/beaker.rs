//! Beaker: the id, and with a secret 40 hexadecimal digits before it.
//!
//! The digits are HMAC-SHA1 of the id (Beaker 1.14.1 session.py `SignedCookie`).

use hmac::Hmac;
use sha1::Sha1;

use super::{CookieError, Given, Opened, any_fits, mac, same};

/// The signature's digits, and those of an id that Beaker makes.
const SIGNATURE: usize = 40;
const ID: usize = 32;

/// Opens a cookie of Beaker. Whether it is signed is told by its length.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<40 hex digits><id>, or <id>" });
    }
    let signed = value.split_at_checked(SIGNATURE).filter(|(signature, id)| {
        signature.iter().all(u8::is_ascii_hexdigit)
            && !id.is_empty()
            && (!secrets.is_empty() || id.len() == ID)
    });
    let Some((signature, id)) = signed else { return Ok(Opened { id: value, verified: None }) };
    let verified = any_fits(secrets, |secret| {
        let made = base16ct::lower::encode_string(&mac::<Hmac<Sha1>>(secret, &[id]));
        same(made.as_bytes(), &signature.to_ascii_lowercase())
    });
    Ok(Opened { id: id.to_vec(), verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "beaker.session.id";
    const SIGNED: &str = "ee6c665efa3e26e94b65c672c7b93d504b3a2be8f044f5afdf0e4150a7816cbf197d6ceb";

    #[test]
    fn the_signature_stands_before_the_id() {
        let id = b"f044f5afdf0e4150a7816cbf197d6ceb";
        for text in ways(NAME, SIGNED) {
            let opened = |secrets: &[&str]| open(&Given::parse(&text), NAME, &keys(secrets)).unwrap();
            assert_eq!(opened(&["wsgi-s3cret"]), Opened { id: id.to_vec(), verified: Some(true) }, "{text}");
            assert_eq!(opened(&["x"]).verified, Some(false));
            assert_eq!(opened(&[]), Opened { id: id.to_vec(), verified: None });
        }
        let bare =
            open(&Given::parse("f044f5afdf0e4150a7816cbf197d6ceb"), NAME, &keys(&["wsgi-s3cret"])).unwrap();
        assert_eq!(bare, Opened { id: id.to_vec(), verified: None });
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "beaker.session.id=", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&["wsgi-s3cret"])));
        }
    }
}
