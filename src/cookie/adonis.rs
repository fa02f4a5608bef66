//! AdonisJS: `s:<payload>.<signature>`, both base64url.
//!
//! The payload is the JSON `{"message":<id>,"purpose":<cookie name>}`, the signature HMAC-SHA256
//! with the key SHA-256(APP_KEY) over the payload's text (@adonisjs/session 7.7 and 8.1,
//! @adonisjs/encryption). The purpose keeps the value of one cookie from passing as another's.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{
    CookieError, Given, Opened, any_fits, base64_any, base64url, hmac_sha256, json_scalar, same,
    split_last_dot,
};

const EXPECTED: CookieError = CookieError::Form { expected: "s:<base64url of JSON>.<signature>" };

/// Opens a session cookie of AdonisJS. A payload that was signed for another cookie is not genuine.
pub fn open(given: &Given, name: &str, app_keys: &[String]) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    let (payload, signature) = value.strip_prefix(b"s:").and_then(split_last_dot).ok_or(EXPECTED)?;
    let json = base64_any(payload).ok_or(EXPECTED)?;
    let json: Json = serde_json::from_slice(&json).map_err(|_| EXPECTED)?;
    let id = json.get("message").and_then(json_scalar).ok_or(EXPECTED)?;
    let purpose = json.get("purpose").and_then(Json::as_str);
    let real_name = given.named(name).map(|(real_name, _)| real_name);
    let for_this_cookie = purpose == Some(name) || (purpose.is_some() && purpose == real_name);
    let verified = any_fits(app_keys, |app_key| {
        let key = Sha256::digest(app_key);
        for_this_cookie && same(base64url(&hmac_sha256(&key, &[payload])).as_bytes(), signature)
    });
    Ok(Opened { id, verified })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "adonis-session";
    const APP_KEY: &str = "averylongrandom32charsstringkey!";

    /// As the real applications sent them, with the ids of their sessions.
    const COOKIES: &[(&str, &str)] = &[
        (
            "s%3AeyJtZXNzYWdlIjoiY2Y3dnh3aWtsNHR1NjFrejF5N2VnbWNkIiwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.zB5oo5KCJePwkXBYNTAAJeAnU5laby-CDWiweRks40c",
            "cf7vxwikl4tu61kz1y7egmcd",
        ),
        (
            "s%3AeyJtZXNzYWdlIjoiaDg0Y3ZvYzh6cHBramFtb2k2MWJzdHB0IiwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.yRMdtjNpdj7GioUqzM9ix-AeYx1tCxWAMEhd_m2qmGE",
            "h84cvoc8zppkjamoi61bstpt",
        ),
        (
            "s%3AeyJtZXNzYWdlIjoib2lpNmY0MzZhdDJzbm42ejZ0Zm42eW8yIiwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.BDKJKuf5aK8HW0qFdyHrZNRY37ronc-vqJ3XbTslrEc",
            "oii6f436at2snn6z6tfn6yo2",
        ),
        (
            "s%3AeyJtZXNzYWdlIjoiYjIzMW5pNWR5eHRhZXJ5dHMzeHdqdDNtIiwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.qbcl5_ymAUiRd2QEw2Rgy6_vxWOEH1HGWFYmGlruE3A",
            "b231ni5dyxtaeryts3xwjt3m",
        ),
    ];

    #[test]
    fn opens_and_verifies_real_cookies() {
        for (cookie, id) in COOKIES {
            for text in ways(NAME, cookie) {
                let given = Given::parse(&text);
                let opened = |secrets: &[&str]| open(&given, NAME, &keys(secrets)).unwrap();
                let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                assert_eq!(opened(&[APP_KEY]), with(Some(true)), "{text}");
                assert_eq!(opened(&["newer", APP_KEY]), with(Some(true)));
                assert_eq!(opened(&["another"]), with(Some(false)));
                assert_eq!(opened(&[]), with(None));
            }
        }
    }

    #[test]
    fn a_payload_for_another_cookie_or_a_changed_one_is_not_genuine() {
        let (cookie, id) = COOKIES[0];
        let given = Given::parse(cookie);
        let opened = open(&given, "adonis_session", &keys(&[APP_KEY])).unwrap();
        assert_eq!(opened, Opened { id: id.into(), verified: Some(false) });
        let changed = cookie.replace("TX", "Tx").replace(".zB5", ".zB6");
        assert_eq!(open(&Given::parse(&changed), NAME, &keys(&[APP_KEY])).unwrap().verified, Some(false));
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "",
            "s:",
            "s:.",
            "s:abc",
            "cf7vxwikl4tu61kz1y7egmcd",
            "s:bm8ganNvbg.sig",
            "s:e30.sig",
            "e:abc.def",
            "s:eyJtZXNzYWdlIjp7fSwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.sig",
        ] {
            refused(text, |given| open(given, NAME, &keys(&[APP_KEY])));
        }
    }
}
