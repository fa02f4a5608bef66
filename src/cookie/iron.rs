//! hono-sessions: an Iron seal around the id, or the bare id when no key is configured.
//!
//! A seal has eight parts joined by `*`: `Fe26.2`, the password's id, the salt of the encryption
//! key, the IV, the ciphertext, an expiry in milliseconds or nothing, the salt of the MAC key, the
//! MAC. A key is PBKDF2-HMAC-SHA1(password, the salt's *text*, 1 round, 32 bytes); the ciphertext is
//! AES-256-CBC (PKCS#7) over the id as a JSON string, the MAC HMAC-SHA256 over the first six parts
//! (hono-sessions 0.8.1 with iron-webcrypto).

use pbkdf2::pbkdf2_hmac_array;
use sha1::Sha1;

use super::{CookieError, Given, Opened, aes_256_cbc, base64_any, base64url, hmac_sha256, json_scalar, same};

/// The layout's option that holds the password.
const OPTION: &str = "cookie_encryption_key";
const EXPECTED: CookieError = CookieError::Form { expected: "Fe26.2*… (an Iron seal of eight parts)" };
/// Iron's own number; a seal does not say another, so no input can make this dear.
const ROUNDS: u32 = 1;

/// Opens a cookie of hono-sessions.
///
/// The seal's expiry has to be well formed and is not compared with a clock: whether the session
/// still lives is the store's answer.
pub fn open(given: &Given, name: &str, passwords: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    if !value.starts_with(b"Fe26.2*") {
        return match (value.is_empty(), passwords) {
            (false, []) => Ok(Opened { id: value, verified: None }),
            _ => Err(EXPECTED),
        };
    }
    let text = std::str::from_utf8(&value).map_err(|_| EXPECTED)?;
    let parts: Vec<&str> = text.split('*').collect();
    let [_, _, salt, iv, ciphertext, expiry, mac_salt, mac] = parts[..] else { return Err(EXPECTED) };
    let sealed = &text[..text.len() - mac_salt.len() - mac.len() - 2];
    if !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    let iv = base64_any(iv.as_bytes()).filter(|iv| iv.len() == 16).ok_or(EXPECTED)?;
    let ciphertext = base64_any(ciphertext.as_bytes()).ok_or(EXPECTED)?;
    if passwords.is_empty() {
        return Err(CookieError::NeedsKey { option: OPTION });
    }
    let password = passwords
        .iter()
        .find(|password| {
            let digest = hmac_sha256(&key(password, mac_salt), &[sealed.as_bytes()]);
            same(base64url(&digest).as_bytes(), mac.as_bytes())
        })
        .ok_or(CookieError::WrongKey { option: OPTION })?;
    let json = aes_256_cbc(&key(password, salt), &iv, &ciphertext).ok_or(EXPECTED)?;
    let id = serde_json::from_slice(&json).ok().as_ref().and_then(json_scalar).ok_or(EXPECTED)?;
    Ok(Opened { id, verified: Some(true) })
}

fn key(password: &str, salt: &str) -> [u8; 32] {
    pbkdf2_hmac_array::<Sha1, 32>(password.as_bytes(), salt.as_bytes(), ROUNDS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "session";
    const PASSWORD: &str = "password_that_is_at_least_32_characters_long";

    /// As the real applications sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        (
            "Fe26.2**84c836ce8cf9cd1973a9f4a515759a6fd706808a11de021c121d4fe9451c5fb2*NeSTb3uHYvHE0chTH14Vsw*79TPcQ9GHtyko-6kmbwcwh15zeOqiQEvea4G0NUh11xEsTGcldBrblHQz840Kl5n**a2e0b3799cca8e91ae34092673ea0f36dcbfa05ab785300f30a15d088376778d*93F0-OfTa2XSe4NcqK_rbpNnsrGiAU7ZtiSviJ_wSc8",
            "c3325e74-7898-4f3c-9747-500dd0e6ba4c",
        ),
        (
            "Fe26.2**052c90586edbfb0f548a9dfec1a1b9cdd3039515d0f458a7923eed08ff533535*KVyric07hmPEduQ9odmNng*jaFdLWwG_vNPivN-8SqIDZHBuMAzS7eLp3UILnHFGdkVFHbShEgvF4UdH2ffXSL9**a9851314523ca1d5690367088b4df24478f8bb5e9328b0a96bdb6802bb25526a*SAN2YBbcH6gWw2ft-I15DSwBFp72mrgDIGuFW5NqMu8",
            "4396ae62-1dc2-4d06-858f-9c609b5c9880",
        ),
        (
            "Fe26.2**d25147c800d8328a22aba4d31a5f3e2242b8ff10226c048bc517643291a381ee*KUYMpFnn_nYMC-Fqo6S0qg*lapqwjDEqFUt3vCLo_XrUAqHXWg_ksPZYHRQds7ZZK3wiZirkFSq1ZyxSG6kxVWx**70bb6db82bde5173442938a3664b31c45c45a926c7850836236074da56210a86*_ZITuMzhC3pDRHOUv4aDzBe3NH1kZRl4GkNCr3OQVIM",
            "6cd4ab3f-d07b-45a2-87e5-c4a962391082",
        ),
        (
            "Fe26.2**4190666307706384f674ab1d2ec8da0eceaeb2abb8925d05518b6e4bccfeacc3*B1_LsY_8RQxQOe5sDOob7A*mXQmvhaFNtZ--SzVRcTqHTojmEtQFm3ImcIYAI7skvNTfN33V_Fvge6E6fDxOnjh**95aae49f1c197158ff663776f8990c7dea57621297d2742a40505a1aa8354a9a*jFnZ1RbfiJOBYgnhd9hFFAp9xjAIg_vNzg0-zrPtP9M",
            "3b0b9fb2-e4af-4d11-904d-04b97ad78493",
        ),
    ];

    #[test]
    fn unseals_real_cookies() {
        for (cookie, id) in COOKIES {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets));
                let genuine = Ok(Opened { id: id.as_bytes().to_vec(), verified: Some(true) });
                assert_eq!(opened(&[PASSWORD]), genuine, "{text}");
                assert_eq!(opened(&["newer", PASSWORD]), genuine);
                assert_eq!(opened(&["another"]), Err(CookieError::WrongKey { option: OPTION }));
                assert_eq!(opened(&[]), Err(CookieError::NeedsKey { option: OPTION }));
            }
        }
    }

    #[test]
    fn without_a_key_the_id_is_bare() {
        let given = Given::parse(COOKIES[0].1);
        assert_eq!(open(&given, NAME, &[]), Ok(Opened { id: COOKIES[0].1.into(), verified: None }));
    }

    #[test]
    fn a_changed_seal_is_refused() {
        let (cookie, _) = COOKIES[0];
        let parts: Vec<&str> = cookie.split('*').collect();
        for at in 2..8 {
            let mut changed: Vec<String> = parts.iter().map(ToString::to_string).collect();
            let last = if parts[at].ends_with('0') { "1" } else { "0" };
            changed[at] = format!("{}{last}", &parts[at][..parts[at].len().saturating_sub(1)]);
            assert!(open(&Given::parse(&changed.join("*")), NAME, &keys(&[PASSWORD])).is_err(), "{at}");
        }
    }

    #[test]
    fn refuses_other_forms() {
        let nine = format!("{}*", COOKIES[0].0);
        let late = COOKIES[0].0.replace("Kl5n**", "Kl5n*soon*");
        for text in [
            "",
            "c3325e74-7898-4f3c-9747-500dd0e6ba4c",
            "Fe26.2*",
            "Fe26.2*******",
            "Fe26.1**a*b*c**d*e",
            &nine,
            &late,
        ] {
            refused(text, |given| open(given, NAME, &keys(&[PASSWORD])));
        }
    }
}
