//! better-auth: `<token>.<signature>`, the token being the id.
//!
//! The signature is the base64 of HMAC-SHA256(secret, token), *with* its padding, and the whole is
//! percent-encoded (better-auth 1.7.25 dist/cookies, better-call's signed cookies).

use super::{CookieError, Given, Opened, any_fits, base64_padded, hmac_sha256, same, split_last_dot};

/// Opens a session cookie of better-auth.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let (token, signature) = split_last_dot(&value)
        .filter(|(token, _)| !token.is_empty())
        .ok_or(CookieError::Form { expected: "<token>.<signature>" })?;
    let verified =
        any_fits(secrets, |secret| same(base64_padded(&hmac_sha256(secret, &[token])).as_bytes(), signature));
    Ok(Opened { id: token.to_vec(), verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "better-auth.session_token";
    const SECRET: &str = "better-auth-secret-123456789012345";

    /// As the real applications sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        (
            "UY3IvBkN2pav3sxnm8cBTAcn8B3ZUKSl.SCuMJ%2BcAJmJHVEBZKlQ%2BvYXAkO5y49pY4A1vs8yWCH0%3D",
            "UY3IvBkN2pav3sxnm8cBTAcn8B3ZUKSl",
        ),
        (
            "wEIH8ItHxJWB47xELAD21pGZkGM4Fy31.GpEOORTjBCl%2BGljOrG8Kw0VYhZF%2B7MeziBy4dGpxCtc%3D",
            "wEIH8ItHxJWB47xELAD21pGZkGM4Fy31",
        ),
        (
            "Wi3uvf1mBKPysmGSZIxhUfVyacCi6vIz.NxyaxzpP34kg8cF%2BgjCtLO9Om%2BGNnEyueuOdR6DZBT4%3D",
            "Wi3uvf1mBKPysmGSZIxhUfVyacCi6vIz",
        ),
        (
            "eP1eqHdDvnigHyGLRaHbtdfhlz50Pagv.cEB4b2hAMXF3tpj0etDdw8O787wgKdTn0MHCPwZaHdc%3D",
            "eP1eqHdDvnigHyGLRaHbtdfhlz50Pagv",
        ),
    ];

    #[test]
    fn opens_and_verifies_real_cookies() {
        for (cookie, id) in COOKIES {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets)).unwrap();
                let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                assert_eq!(opened(&[SECRET]), with(Some(true)), "{text}");
                assert_eq!(opened(&["newer", SECRET]), with(Some(true)));
                assert_eq!(opened(&["another"]), with(Some(false)));
                assert_eq!(opened(&[]), with(None));
            }
        }
    }

    #[test]
    fn a_changed_cookie_is_not_genuine() {
        let (cookie, _) = COOKIES[0];
        for changed in
            [cookie.replace("UY3", "UY4"), cookie.replace("%3D", ""), cookie.replace("WCH0%3D", "WCH1%3D")]
        {
            assert_eq!(open(&Given::parse(&changed), NAME, &keys(&[SECRET])).unwrap().verified, Some(false));
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "UY3IvBkN2pav3sxnm8cBTAcn8B3ZUKSl", ".sig", "theme=dark; lang=de"] {
            refused(text, |given| open(given, NAME, &keys(&[SECRET])));
        }
    }
}
