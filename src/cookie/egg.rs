//! egg: the id encrypted (the default), or bare with a signature next to it.
//!
//! Encrypted, the value is the base64url of AES-256-CBC (PKCS#7) over the id. Key and IV come from
//! OpenSSL's EVP_BytesToKey with MD5, no salt and one round over the key's text, so the IV is the
//! same for every cookie of a key, and there is no MAC (egg-cookies 2.10.1 lib/keygrip.js, egg
//! 3.34). Signed, it is Keygrip's scheme with SHA-256.

use md5::{Digest, Md5};

use super::{CookieError, Given, Opened, aes_256_cbc, base64_any, keygrip, looks_like_id};

/// The layout's option that holds the keys.
const OPTION: &str = "cookie_keys";

/// Opens a cookie of egg; `encrypted` is the option `cookie_encrypted`.
///
/// A `.sig` next to the cookie means that the value is the bare id whatever the option says: an
/// application may encrypt one cookie and sign another. Any of the keys may have been used. That
/// the plaintext looks like an id stands in for the MAC.
pub fn open(given: &Given, name: &str, keys: &[String], encrypted: bool) -> Result<Opened, CookieError> {
    let keys = split_lists(keys);
    let (real_name, _) = given.named(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    if keygrip::signature(given, name, real_name).is_some() {
        let signed = keygrip::open(given, name, &keys)?;
        if signed.verified == Some(false)
            && let Ok(opened) = decrypt(given, name, &keys)
        {
            // A signature left over from before the application began to encrypt.
            return Ok(opened);
        }
        return Ok(signed);
    }
    if encrypted { decrypt(given, name, &keys) } else { keygrip::open(given, name, &keys) }
}

fn decrypt(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let ciphertext = base64_any(&value)
        .filter(|bytes| !bytes.is_empty() && bytes.len().is_multiple_of(16))
        .ok_or(CookieError::Form { expected: "<base64url of encrypted blocks>" })?;
    if keys.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    keys.iter()
        .find_map(|text| {
            let (key, iv) = bytes_to_key(text.as_bytes());
            aes_256_cbc(&key, &iv, &ciphertext).filter(|id| looks_like_id(id))
        })
        .map(|id| Opened { id, verified: Some(true) })
        .ok_or(CookieError::WrongKey { option: OPTION })
}

/// EVP_BytesToKey with MD5, no salt, one round: a 32 byte key and a 16 byte IV.
fn bytes_to_key(text: &[u8]) -> ([u8; 32], [u8; 16]) {
    let first: [u8; 16] = Md5::digest(text).into();
    let second: [u8; 16] = Md5::new().chain_update(first).chain_update(text).finalize().into();
    let iv: [u8; 16] = Md5::new().chain_update(second).chain_update(text).finalize().into();
    let mut key = [0; 32];
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    (key, iv)
}

/// egg's `config.keys` is one text with commas; such a string may have been copied as it stands.
fn split_lists(keys: &[String]) -> Vec<String> {
    let mut all = keys.to_vec();
    let lists = keys.iter().filter(|text| text.contains(','));
    all.extend(lists.flat_map(|text| text.split(',').map(|key| key.trim().to_owned())));
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "EGG_SESS";
    const KEY: &str = "my-egg-key_1700000000000_1234";

    /// As egg sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        (
            "LG5qpgv0zjktGL784dbeXzyYukhsIo0uF3BmRGPuGCjJz6Mj9mNvXFZFKqgZ12O5",
            "e321fe24-c253-44fa-88ba-0db56147e315",
        ),
        (
            "aJARgY8rMgmIrNGmv5i2FiGJLMpb0l4qSBWKeDue-XGMYDDnOk__w1v4YFWhQf52",
            "5ce7c680-7916-4f77-9711-213bfa0111ca",
        ),
        (
            "4_VCHilRoCR-B0hfIA_-Qu8-NqlU6FCpTRvixKy3En-aD5RKhpdcvqStNeB-8QL2",
            "499dc7c9-8053-448e-b70d-96fa9f9d8813",
        ),
        (
            "HkObxANERnmjL8QcHJ9qXysgxDLGr_27PeTdBrzc1-iz6yJhc3QM8JcKdtpr3mfs",
            "5e1106dd-1a3a-4806-a162-96c855fe18b3",
        ),
    ];
    const SIGNED: &str = "EGG_SESS=e321fe24-c253-44fa-88ba-0db56147e315; \
        EGG_SESS.sig=QGJqPULpOSCyGh1Rmh729iGODFbbPbnxGOtNc8gE2qI";

    fn opened(text: &str, secrets: &[&str], encrypted: bool) -> Result<Opened, CookieError> {
        open(&Given::parse(text), NAME, &keys(secrets), encrypted)
    }

    #[test]
    fn decrypts_real_cookies() {
        for (cookie, id) in COOKIES {
            for text in ways(NAME, cookie) {
                let genuine = Ok(Opened { id: id.as_bytes().to_vec(), verified: Some(true) });
                assert_eq!(opened(&text, &[KEY], true), genuine, "{text}");
                assert_eq!(opened(&text, &["newer", KEY, "older"], true), genuine);
                assert_eq!(opened(&text, &["newer, my-egg-key_1700000000000_1234"], true), genuine);
                assert_eq!(opened(&text, &["another"], true), Err(CookieError::WrongKey { option: OPTION }));
                assert_eq!(opened(&text, &[], true), Err(CookieError::NeedsKey { option: OPTION }));
            }
        }
    }

    #[test]
    fn a_signature_beside_it_means_the_bare_id() {
        let with = |verified| Ok(Opened { id: COOKIES[0].1.as_bytes().to_vec(), verified });
        for encrypted in [true, false] {
            assert_eq!(opened(SIGNED, &["newer", KEY], encrypted), with(Some(true)));
            assert_eq!(opened(SIGNED, &["another"], encrypted), with(Some(false)));
            assert_eq!(opened(SIGNED, &[], encrypted), with(None));
        }
        // Not encrypted and the signature left out: nothing to check.
        assert_eq!(opened(COOKIES[0].1, &[KEY], false), with(None));
    }

    #[test]
    fn a_signature_of_former_times_does_not_hide_an_encrypted_id() {
        let text =
            format!("EGG_SESS={}; EGG_SESS.sig=QGJqPULpOSCyGh1Rmh729iGODFbbPbnxGOtNc8gE2qI", COOKIES[1].0);
        let genuine = Ok(Opened { id: COOKIES[1].1.as_bytes().to_vec(), verified: Some(true) });
        assert_eq!(opened(&text, &[KEY], true), genuine);
    }

    #[test]
    fn a_changed_cookie_is_refused() {
        let (cookie, _) = COOKIES[0];
        for changed in
            [cookie.replacen("LG5", "LG6", 1), cookie.replace("Z12O5", "Z12O6"), cookie[..43].to_owned()]
        {
            assert!(opened(&changed, &[KEY], true).is_err());
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "e321fe24-c253-44fa-88ba-0db56147e315", "EGG_SESS=", "AAAA", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&[KEY]), true));
        }
    }
}
