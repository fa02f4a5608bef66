//! Cookies of Rails: a public id as it is, or in a message that is signed or encrypted.
//!
//! Stores set the id bare. Signed and encrypted messages are met where an application asked for them
//! (redis-actionpack's `signed: true`). Keys are made of SECRET_KEY_BASE with SHA-1 up to the defaults of
//! Rails 6.1 and with SHA-256 from those of 7.0 (activesupport 5.2 to 8.0, key_generator.rb,
//! message_verifier.rb, message_encryptor.rb, messages/metadata.rb; actionpack, middleware/cookies.rb).

use std::borrow::Cow;

use aes_gcm::aead::{Aead, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use pbkdf2::pbkdf2_hmac_array;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{CookieError, Given, Opened, aes_256_cbc, base64_any, mac, percent_decode, same};
use crate::codec::{Limits, json, marshal, rails_cache};
use crate::value::Value;

const OPTION: &str = "secret_key_base";
const ROUNDS: u32 = 1000;

const FORM: CookieError =
    CookieError::Form { expected: "<public id>, or a message of Rails that is signed or encrypted" };

/// Takes an id as it is, or out of the message around it.
pub fn open(
    given: &Given,
    name: &str,
    secrets: &[String],
    is_id: impl Fn(&[u8]) -> bool,
) -> Result<Opened, CookieError> {
    let Some((real_name, value)) = given.named(name) else {
        return Err(CookieError::Absent { name: name.to_owned() });
    };
    let value = percent_decode(&value);
    if is_id(&value) {
        return Ok(Opened { id: value.into_owned(), verified: None });
    }
    let parts: Vec<&[u8]> = split(&value);
    let (plain, verified) = match parts[..] {
        [ciphertext, iv, tag] => (sealed(ciphertext, iv, tag, secrets)?, Some(true)),
        [payload, digest] => signed(payload, digest, secrets)?,
        _ => return Err(FORM),
    };
    let (id, meant) = message(&plain, real_name).ok_or(FORM)?;
    if !is_id(&id) {
        return Err(FORM);
    }
    // A message that was made for another cookie is none for this one.
    Ok(Opened { id, verified: verified.map(|genuine| genuine && meant) })
}

/// The parts between `--`.
fn split(value: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = value;
    while let Some(at) = memchr::memmem::find(rest, b"--") {
        parts.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    parts.push(rest);
    parts
}

/// The keys that these secrets make with a salt.
fn keys<'s, const N: usize>(secrets: &'s [String], salt: &'static str) -> impl Iterator<Item = [u8; N]> + 's {
    secrets.iter().flat_map(move |secret| {
        let secret = secret.as_bytes();
        [
            pbkdf2_hmac_array::<Sha256, N>(secret, salt.as_bytes(), ROUNDS),
            pbkdf2_hmac_array::<Sha1, N>(secret, salt.as_bytes(), ROUNDS),
        ]
    })
}

/// AES-256-GCM, the form of Rails 5.2 and later.
fn sealed(ciphertext: &[u8], iv: &[u8], tag: &[u8], secrets: &[String]) -> Result<Vec<u8>, CookieError> {
    let (Some(ciphertext), Some(iv), Some(tag)) = (base64_any(ciphertext), base64_any(iv), base64_any(tag))
    else {
        return Err(FORM);
    };
    let Ok(nonce) = <[u8; 12]>::try_from(iv) else { return Err(FORM) };
    if tag.len() != 16 {
        return Err(FORM);
    }
    if secrets.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    let text = [ciphertext, tag].concat();
    let nonce = Nonce::from(nonce);
    keys::<32>(secrets, "authenticated encrypted cookie")
        .find_map(|key| Aes256Gcm::new(&key.into()).decrypt(&nonce, &text[..]).ok())
        .ok_or(CookieError::WrongKey { option: OPTION })
}

/// A signed message, or an encrypted one of before Rails 5.2, which is signed as well.
fn signed(payload: &[u8], digest: &[u8], secrets: &[String]) -> Result<(Vec<u8>, Option<bool>), CookieError> {
    let digest = base16ct::lower::decode_vec(digest).map_err(|_| FORM)?;
    let plain = base64_any(payload).ok_or(FORM)?;
    let inner = split(&plain);
    if let [ciphertext, iv] = inner[..]
        && let (Some(ciphertext), Some(iv)) = (base64_any(ciphertext), base64_any(iv))
        && iv.len() == 16
    {
        if secrets.is_empty() {
            return Err(CookieError::NeedsKey { option: OPTION });
        }
        let genuine = fits(payload, &digest, secrets, "signed encrypted cookie");
        let opened =
            keys::<32>(secrets, "encrypted cookie").find_map(|key| aes_256_cbc(&key, &iv, &ciphertext));
        return match opened {
            Some(plain) if genuine => Ok((plain, Some(true))),
            _ => Err(CookieError::WrongKey { option: OPTION }),
        };
    }
    let verified = (!secrets.is_empty()).then(|| fits(payload, &digest, secrets, "signed cookie"));
    Ok((plain, verified))
}

/// Whether one of the secrets made this digest, by its length, of the text as it stands.
fn fits(text: &[u8], digest: &[u8], secrets: &[String], salt: &'static str) -> bool {
    keys::<64>(secrets, salt).any(|key| {
        let made = match digest.len() {
            20 => mac::<hmac::Hmac<Sha1>>(&key, &[text]),
            32 => mac::<hmac::Hmac<Sha256>>(&key, &[text]),
            48 => mac::<hmac::Hmac<Sha384>>(&key, &[text]),
            64 => mac::<hmac::Hmac<Sha512>>(&key, &[text]),
            _ => return false,
        };
        same(&made, digest)
    })
}

/// The text in a message, and whether the message is meant for this cookie. Since Rails 5.2 an envelope
/// around it says that.
fn message(plain: &[u8], name: &str) -> Option<(Vec<u8>, bool)> {
    let limits = Limits::default();
    let Ok(value) = json::decode(plain, &limits) else { return Some((text(plain)?, true)) };
    let Some(envelope) = value.get("_rails") else { return Some((scalar(&value)?, true)) };
    let purpose = envelope.get("pur").and_then(Value::as_str);
    // A proxy may have put a prefix of browsers before the name.
    let short = ["__Host-", "__Secure-"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let meant = purpose.is_none_or(|purpose| {
        purpose.strip_prefix("cookie.").is_some_and(|of| of == name || Some(of) == short)
    });
    let id = match (envelope.get("message"), envelope.get("data")) {
        (Some(message), _) => text(&base64_any(message.as_str()?.as_bytes())?)?,
        (None, data) => scalar(data?)?,
    };
    Some((id, meant))
}

/// A string in whichever serializer the application has for its cookies.
fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let value = match bytes {
        [4, 8, ..] => marshal::decode(bytes, &limits),
        [0xcc, 0x80, ..] => rails_cache::decode(bytes, &limits),
        _ => json::decode(bytes, &limits),
    };
    scalar(&value.ok()?)
}

fn scalar(value: &Value<'_>) -> Option<Vec<u8>> {
    let inner = match value {
        // A session of a cookie store holds it as a member.
        Value::Map(_) => Cow::Borrowed(value.get("session_id")?),
        other => Cow::Borrowed(other),
    };
    inner.as_str().map(|text| text.as_bytes().to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys as texts, refused, ways};
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    /// What ActiveSupport 6.1 made of the id with both digests, and by hand what 7.1 makes of it: signed
    /// with an envelope and without one, in GCM, in CBC.
    const MESSAGES: &[&str] = &[
        "eyJfcmFpbHMiOnsibWVzc2FnZSI6IklqQXhNak0wTlRZM09EbGhZbU5rWldZd01USXpORFUyTnpnNVlXSmpaR1ZtSWc9PSIsImV4cCI6bnVsbCwicHVyIjoiY29va2llLl9zaG9wX3Nlc3Npb24ifX0=--9a7102520fe4f49df9e9ceda2a2f291e85ccaf4b",
        "BAhJIiUwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZgY6BkVU--d4dee29fdff4cc8d2763d77a8506cac973ded40d3865e8440ceba6a2c6c6c5de",
        "JE01naA7m5yFDp2QA+QcXVpiJiM3E27XdJ1zx1ABvdII3wh56RYfd9nnM+buLwkC4xBqYU296Km/mk7u3nEoyeDaX7N4kUpBxMwwGf9dV7Qb1UkHG8qIswTQTNc7zUq0QJQ6Yhc/S/leLOZe7r2mjm4=--eL0R13FQ8GKZH1wP--dLwJkFl+sadx2vUmwIdBIA==",
        "N1pIYXBoOGo5Y1pLdHBCemJpY2p1ZDYwTFdveTlQeXRXbG0ybmQwOVMwdjlhUHNCamV4TVZHb0F3R0thUFVUT2pTMS9kRVpCNUg0QnR1NmxYcTRTS0Z1VytEcGFkejJLMzdaNi9MaTh4aUtVSk4xQzZZLzlmRzlZNWNCd1lYdFNkN0l2Skp5T3BXUHdZNWswU003Y1c3L2Q4Y09KcSs5dldKZU1yczIyRmZNPS0tUG1tWElyampQVEk2N0lYK3hjRHhJQT09--52a6547a14f5cff8954cf3d1488813ee1637f019",
        "eyJfcmFpbHMiOnsibWVzc2FnZSI6IklqQXhNak0wTlRZM09EbGhZbU5rWldZd01USXpORFUyTnpnNVlXSmpaR1ZtSWc9PSIsImV4cCI6bnVsbCwicHVyIjoiY29va2llLl9zaG9wX3Nlc3Npb24ifX0=--4d822356ecca07d47aa8c2a1e2e08162d3bdb2c0",
        "BAhJIiUwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZgY6BkVU--0e1b0fd00bace1ba0cd168cbfe9df0e82113b35e65b0409283270980f2ced948",
        "6Rjceku5DR8ozndV5CYEv8vmXZrrA+nr0UFipzMbFHiqGAvh5a+mUYgv9yAWD6ceO7wZV4d79CclXH4CffW/YUXLC84sYOw08kfW3p/eFLnrkL/EwP7Do2Ag1JH5mZtXcDvYpKL93pqTAvSyIfcNUCA=--e0qjN2pM1C0py1H/--dyG2MoYVVGLeMqeAmm7ZLg==",
        "dFZmUndlV2JDaUNDWFZDa2piQTllNE5BUXdLUnd4UlhlZ0hKV2xHT0p5RUp1MENmUmRPd1dpejh3cmY0WXpUUVl6b3psWnp0anozaXU4UThDZi9JblNNdi96Z1l5NjJKeEJSYUZScTVTWUUrWnZ5K1NhYnBmNVA3SmNmYlRrbi94NVpEQWp1c1N0NFYxdGRCbHgrU3NhZ2REK0dzQ2h4TURqNDhFTHIxMUJzPS0tUkcxVU1qemV6bjFtMGgyQWtHaXFGQT09--1d5f10c7a9e08633119613d7cd884b3d23f0cd20",
        "FWImsv15mUiuoP9PJ6XtinFuFpL+pZJhnLpp22Nn1hHbBK3QuHja5MhbHIGNP+RVv60BdGrc4q5WQSdy78bslmpL00CPk6uLX3wknYVlmDGnletWjCEqsy/3OGjJ7g==--Q5v2rQ0KBKZyGuRr--pS1clUp1xOeTfMe1niwttQ==",
    ];

    fn is_id(bytes: &[u8]) -> bool {
        bytes.len() == 32 && bytes.iter().all(u8::is_ascii_hexdigit)
    }

    fn open_with(text: &str, name: &str, secrets: &[&str]) -> Result<Opened, CookieError> {
        open(&Given::parse(text), name, &texts(secrets), is_id)
    }

    #[test]
    fn an_id_is_in_every_message() {
        let secret = "a3f1".repeat(32);
        for (at, message) in MESSAGES.iter().enumerate() {
            for text in ways("_shop_session", message) {
                let opened = open_with(&text, "_shop_session", &["another", &secret]).unwrap();
                assert_eq!(opened, Opened { id: ID.into(), verified: Some(true) }, "{at}: {text}");
            }
            let wrong = open_with(message, "_shop_session", &["another"]);
            match wrong {
                Ok(opened) => assert_eq!(opened.verified, Some(false), "{at}"),
                Err(error) => assert_eq!(error, CookieError::WrongKey { option: OPTION }, "{at}"),
            }
            match open_with(message, "_shop_session", &[]) {
                Ok(opened) => assert_eq!(opened, Opened { id: ID.into(), verified: None }, "{at}"),
                Err(error) => assert_eq!(error, CookieError::NeedsKey { option: OPTION }, "{at}"),
            }
        }
    }

    #[test]
    fn a_message_for_another_cookie_is_none_for_this_one() {
        let secret = "a3f1".repeat(32);
        let opened = open_with(MESSAGES[0], "_other_session", &[&secret]).unwrap();
        assert_eq!(opened.verified, Some(false));
    }

    #[test]
    fn a_bare_id_needs_nothing() {
        for text in ways("_shop_session", ID) {
            let opened = open_with(&text, "_shop_session", &[]).unwrap();
            assert_eq!(opened, Opened { id: ID.into(), verified: None }, "{text}");
        }
        let secret = "a3f1".repeat(32);
        for text in [
            "",
            "abc",
            "a--b",
            "a--b--c",
            "YQ==--00",
            "eyJhIjoxfQ==--9a7102520fe4f49df9e9ceda2a2f291e85ccaf4b",
        ] {
            refused(text, |given| open(given, "_shop_session", &texts(&[&secret]), is_id));
        }
    }
}
