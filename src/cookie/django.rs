//! Django's session cookie: the bare id, and what applications make of it.
//!
//! Open edX sends `1|<id>|<salt>|<signature>`, signed over the id and the user (openedx-platform
//! openedx/core/djangoapps/safe_sessions/middleware.py at 01a74cf), OSF `<id>.<signature>` of itsdangerous
//! (osf.io), authentik a JSON Web Token whose `sid` is the id (authentik at 001bae2d).

use super::itsdangerous::{self, DEFAULT};
use super::{CookieError, Given, Opened, base64_any, json_scalar, percent_decode};
use crate::codec::Limits;
use crate::wrap::django;

/// Opens the cookie of an application on Django. Without a signature it comes unverified.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let value = given.value(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    let value = percent_decode(&value);
    if value.contains(&b'|') {
        return open_edx(&value, secrets).ok_or(CookieError::Form { expected: "1|<id>|<salt>|<signature>" });
    }
    if let Some(id) = token_id(&value) {
        return Ok(Opened { id, verified: None });
    }
    itsdangerous::open(given, name, secrets, &[DEFAULT], None)
}

/// Whether the signature fits is for a user to be known; that one of the secrets made it is what can be
/// told from the cookie alone.
fn open_edx(value: &[u8], secrets: &[String]) -> Option<Opened> {
    let mut parts = value.splitn(4, |byte| *byte == b'|');
    let (version, id, salt, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != b"1" || id.is_empty() {
        return None;
    }
    let verified = (!secrets.is_empty()).then(|| {
        secrets
            .iter()
            .any(|secret| django::verified(text, salt, secret.as_bytes(), &Limits::default()).is_some())
    });
    Some(Opened { id: id.to_vec(), verified })
}

/// The claim `sid` of a token.
fn token_id(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.split(|byte| *byte == b'.');
    let (header, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    if !header.starts_with(b"eyJ") {
        return None;
    }
    let claims: serde_json::Value = serde_json::from_slice(&base64_any(claims)?).ok()?;
    json_scalar(claims.get("sid")?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    const NAME: &str = "sessionid";
    const ID: &[u8] = b"xz2i8cxc4a3nyzu13oezejdv2y8io6fj";
    const EDX: &str = "1|xz2i8cxc4a3nyzu13oezejdv2y8io6fj|mJy2np8net8J|ImQ5M2FhYjQ3OTI0YTZjNjE0OGVmMDlmNDkyYzZlMDM4NzU4M2YzMWRhYzE2MDZlNDMwNjMwMzA1ODEzYWFmZWUi:1xXuDn:_pZ9BVUlASYkSRXAx3tx0fZjwRvx_3N2WnnxIQyziYc";

    #[test]
    fn open_edx_binds_the_id_to_a_user() {
        let secret = keys(&["case-b secret, not used anywhere"]);
        for text in ways(NAME, EDX) {
            let given = Given::parse(&text);
            assert_eq!(
                open(&given, NAME, &secret).unwrap(),
                Opened { id: ID.to_vec(), verified: Some(true) }
            );
            assert_eq!(open(&given, NAME, &keys(&["x"])).unwrap().verified, Some(false));
            assert_eq!(open(&given, NAME, &[]).unwrap().verified, None);
        }
        let quoted = format!("sessionid=\"{}\"", EDX.replace('|', "\\174"));
        assert_eq!(open(&Given::parse(&quoted), NAME, &secret).unwrap().verified, Some(true));
        for text in [EDX.replace("1|", "2|"), "1|abc".to_string(), "1||a|b".to_string()] {
            refused(&format!("sessionid={text}"), |given| open(given, NAME, &secret));
        }
    }

    #[test]
    fn the_id_is_bare_or_in_a_token() {
        let bare = open(&Given::parse("xz2i8cxc4a3nyzu13oezejdv2y8io6fj"), NAME, &keys(&["x"])).unwrap();
        assert_eq!(bare, Opened { id: ID.to_vec(), verified: None });
        // {"sid":"xz2i…","iss":"authentik"}
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiJ4ejJpOGN4YzRhM255enUxM29lemVqZHYyeThpbzZmaiIsImlzcyI6ImF1dGhlbnRpayJ9.c2ln";
        assert_eq!(open(&Given::parse(token), NAME, &[]).unwrap().id, ID);
    }
}
