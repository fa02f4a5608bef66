//! Laravel: the id in an envelope of the encrypter, after a check of the cookie's name.
//!
//! The plain text is `<40 hexadecimal digits>|<id>`; the digits are HMAC-SHA1(key, name + `v2`)
//! (Illuminate/Cookie/CookieValuePrefix.php of laravel/framework 8.83.27; since 6.18.30 and 7.22.3,
//! before that the bare id, until 5.5.41 and 5.6.29 as `serialize` writes it). An application may
//! exempt the cookie from encryption: then its value is the id.

use hmac::Hmac;
use sha1::Sha1;

use super::{CookieError, Given, Opened, looks_like_id, mac, same};
use crate::codec::php;
use crate::wrap::{WrapError, laravel};

/// The layout's option that holds the key.
const OPTION: &str = "app_key";
const EXPECTED: CookieError =
    CookieError::Form { expected: "base64 of {\"iv\":…} (an envelope of Laravel's encrypter)" };

/// Opens the session cookie of Laravel. The keys are the application's own and then earlier ones.
pub fn open(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    if !laravel::sniff(&value) {
        return if looks_like_id(&value) { Ok(Opened { id: value, verified: None }) } else { Err(EXPECTED) };
    }
    if keys.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    if laravel::keys(keys).next().is_none() {
        return Err(CookieError::NoKey { option: OPTION, expected: laravel::KEY_FORM });
    }
    let plain = laravel::open(&value, keys).map_err(|error| match error {
        WrapError::Form(_) => EXPECTED,
        WrapError::WrongKey { .. } => CookieError::WrongKey { option: OPTION },
    })?;
    let given_name = given.named(name).map_or(name, |(real, _)| real);
    let (id, verified) = match plain.split_at_checked(40) {
        Some((digits, [b'|', id @ ..])) if digits.iter().all(u8::is_ascii_hexdigit) => {
            (id, laravel::keys(keys).any(|key| fits(&key, given_name, digits) || fits(&key, name, digits)))
        }
        _ => (php::string(&plain).unwrap_or(&plain), true),
    };
    if !looks_like_id(id) {
        return Err(EXPECTED);
    }
    Ok(Opened { id: id.to_vec(), verified: Some(verified) })
}

/// Whether these digits are what a cookie of this name begins with.
fn fits(key: &[u8], name: &str, digits: &[u8]) -> bool {
    let digest = mac::<Hmac<Sha1>>(key, &[name.as_bytes(), b"v2"]);
    base16ct::mixed::decode_vec(digits).is_ok_and(|expected| same(&digest, &expected))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;
    use crate::wrap::laravel::tests::sealed;

    const NAME: &str = "laravel_session";

    /// The key and the cookie of a real application (Laravel 8.83.26).
    pub(crate) const REAL: (&str, &str) = (
        "base64:tHQvt+BMoWJOAGvbswn8IXGAliFibl7LlnC/2yzjjpY=",
        "eyJpdiI6Ik1SbnV2VVBxZEQ3RTEzaUxacnU4WWc9PSIsInZhbHVlIjoiNmZMaDdQemdxOS9YaG1qUGVKSGd4QnBOTVQvcjZwRXlQMGZwbE0wc3N1eEp4R2N4TExGYXNVSENRNFhSejV2aGloM29hVjhYM3F2Rk5uNWFQc095ZGxnRzZSbjUyTjF3NXUwTk5ucGVxang1SVVvMVdjVGZSQTNnb3F2M09RUkwiLCJtYWMiOiIwNzcwYWYwNzYzNWUxNzc4ZjNkMzhhNDg1NTk1NWUxMzYyNGI1YjdiNDg2NDI2MjRkODY1ZGM4ZDA3YTlkNTc4IiwidGFnIjoiIn0%3D",
    );
    const ID: &str = "7AkaUj0bVct0eviiH479ZyMPBGNTllNsAb75cqma";

    #[test]
    fn opens_a_real_cookie() {
        let (key, cookie) = REAL;
        for text in ways(NAME, cookie) {
            let given = Given::parse(&text);
            let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets));
            let genuine = Ok(Opened { id: ID.into(), verified: Some(true) });
            assert_eq!(opened(&[key]), genuine, "{text}");
            assert_eq!(opened(&["0123456789abcdef0123456789abcdef", key]), genuine);
            assert_eq!(
                opened(&["0123456789abcdef0123456789abcdef"]),
                Err(CookieError::WrongKey { option: OPTION })
            );
            assert_eq!(opened(&[]), Err(CookieError::NeedsKey { option: OPTION }));
            let no_key = Err(CookieError::NoKey { option: OPTION, expected: laravel::KEY_FORM });
            assert_eq!(opened(&["secret", "base64:c2VjcmV0"]), no_key);
        }
        // The cookie of another name, given bare.
        let opened = open(&Given::parse(cookie), "other_session", &keys(&[key]));
        assert_eq!(opened, Ok(Opened { id: ID.into(), verified: Some(false) }));
    }

    #[test]
    fn earlier_versions() {
        let key = "0123456789abcdef0123456789abcdef";
        for plain in [ID.to_owned(), format!("s:40:\"{ID}\";")] {
            let cookie = sealed(key.as_bytes(), plain.as_bytes(), false);
            let opened = open(&Given::parse(&cookie), NAME, &keys(&[key]));
            assert_eq!(opened, Ok(Opened { id: ID.into(), verified: Some(true) }));
        }
        assert_eq!(open(&Given::parse(ID), NAME, &[]), Ok(Opened { id: ID.into(), verified: None }));
    }

    #[test]
    fn refuses_other_forms() {
        let key = "0123456789abcdef0123456789abcdef";
        let empty = sealed(key.as_bytes(), b"", false);
        for text in ["", "eyJpdiI6", "eyJpdiI6bm90IHJlYWxseQ==", "a b", &empty] {
            refused(text, |given| open(given, NAME, &keys(&[key])));
        }
    }
}
