//! What ids and tokens look like.

/// The beginning of a string, no longer than this many bytes and without half a character at its end.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// `8-4-4-4-12` lower- or upper-case hex digits.
pub fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a string is a token as they are sent to servers, which must never be shown: a JSON Web Token
/// of any kind, also after `Bearer`.
pub fn is_token(text: &str) -> bool {
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let of_token = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    header.starts_with("eyJ") && of_token(header) && of_token(payload)
}
/// Names of schemes between the first two `$` of the modular crypt format (passlib 1.7, crypt(5)).
const CRYPT: &[&str] = &[
    "1",
    "2",
    "2a",
    "2b",
    "2x",
    "2y",
    "5",
    "6",
    "7",
    "y",
    "argon2d",
    "argon2i",
    "argon2id",
    "pbkdf2",
    "pbkdf2-sha256",
    "pbkdf2-sha512",
    "scrypt",
    "bcrypt-sha256",
    "sha1",
    "apr1",
    "P",
    "H",
];
/// Names before the first `$` (Django 5, contrib/auth/hashers.py).
const DJANGO: &[&str] =
    &["pbkdf2_sha1", "pbkdf2_sha256", "bcrypt", "bcrypt_sha256", "argon2", "scrypt", "md5", "sha1"];

/// Whether a string is a hash of a password or begins like one, as frameworks keep it in sessions to tell
/// that the password was changed: the modular crypt format (`$2a$12$…`, also only with its salt, as
/// Devise keeps it), Django's (`pbkdf2_sha256$…`) and Spring Security's (`{bcrypt}$2a$…`).
pub fn is_password_hash(text: &str) -> bool {
    let text = match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((scheme, rest)) if scheme.len() < 20 => rest,
        _ => text,
    };
    let scheme = |known: &[&str], text: &str| {
        text.split_once('$').is_some_and(|(name, rest)| known.contains(&name) && rest.contains('$'))
    };
    match text.strip_prefix('$') {
        Some(rest) => scheme(CRYPT, rest),
        None => scheme(DJANGO, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_passwords_are_told_by_their_beginning() {
        for text in [
            "$2a$12$HhPa9OV.WyXzIBDcft7aAO",
            "$2y$10$abcdefghijklmnopqrstu1",
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
            "pbkdf2_sha256$600000$salt$hash",
            "{bcrypt}$2a$10$abc",
            "$6$salt$hash",
        ] {
            assert!(is_password_hash(text), "{text}");
        }
        for text in ["$2a", "$5", "$5.00 and $6.00", "{name}", "costs $2a$", "bcrypt", "", "a$b$c", "{a}b"] {
            assert!(!is_password_hash(text), "{text}");
        }
    }
}
