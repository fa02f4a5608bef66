//! Tickets of oauth2-proxy: the cookie names the key and holds the secret that opens its value.
//!
//! `value|timestamp|signature`. The value is base64url of the ticket, `v2.<base64url of the key>.<base64url of
//! the secret>` or, older, `<key>.<base64url of the secret>`; the signature base64url of HMAC-SHA256(cookie
//! secret as it is configured, name and value and timestamp) (oauth2-proxy 7.15, pkg/sessions/persistence/
//! ticket.go, pkg/encryption/utils.go, 14af2951).

use super::{CookieError, Given, Opened, any_fits, base64_any, hmac_sha256, same};

const EXPECTED: &str = "<base64url of a ticket>|<seconds>|<signature>";

/// A ticket: the whole key, and the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    pub key: Vec<u8>,
    pub secret: Vec<u8>,
}

/// Opens a cookie to the key of its session.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    let text = given.decoded(name)?;
    let real = given.named(name).map_or(name, |(real, _)| real).to_owned();
    let (value, time, signature) = parts(&text).ok_or(CookieError::Form { expected: EXPECTED })?;
    let ticket = ticket(value).ok_or(CookieError::Form { expected: EXPECTED })?;
    let signature = base64_any(signature).unwrap_or_default();
    let verified = any_fits(secrets, |secret| {
        [real.as_str(), name]
            .iter()
            .any(|name| same(&hmac_sha256(secret, &[name.as_bytes(), value, time]), &signature))
    });
    Ok(Opened { id: ticket.key, verified })
}

/// The ticket in a cookie, genuine or not.
pub fn ticket_of(given: &Given, name: &str) -> Option<Ticket> {
    let text = given.decoded(name).ok()?;
    ticket(parts(&text)?.0)
}

fn parts(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut parts = text.split(|byte| *byte == b'|');
    let found = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(found)
}

fn ticket(value: &[u8]) -> Option<Ticket> {
    let ticket = base64_any(value)?;
    let parts: Vec<&[u8]> = ticket.split(|byte| *byte == b'.').collect();
    let (key, secret) = match parts[..] {
        [b"v2", key, secret] => (base64_any(key)?, base64_any(secret)?),
        [key, secret] => (key.to_vec(), base64_any(secret)?),
        _ => return None,
    };
    (!key.is_empty() && !secret.is_empty()).then_some(Ticket { key, secret })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, ways};
    use super::*;

    const COOKIE: &str = "djIuWDI5aGRYUm9NbDl3Y205NGVTMDVZMlprTm1Nd1lUTTFOakE1TUdabU9EVXhaV1ExWXpkaVpHVXhOakUyTmcudTlp\
                          TjhyelJxZkItRkhPd1Q0U29vUQ==|1715934600|TVkVAsSvXtLJFpV0los4VnvcB_zE5mm1XMNodkjXn_A=";
    const SECRET: &str = "OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=";
    const KEY: &[u8] = b"_oauth2_proxy-9cfd6c0a356090ff851ed5c7bde16166";

    #[test]
    fn a_ticket_names_its_key() {
        for text in ways("_oauth2_proxy", COOKIE) {
            let opened = open(&Given::parse(&text), "_oauth2_proxy", &keys(&["x", SECRET])).unwrap();
            assert_eq!(opened, Opened { id: KEY.into(), verified: Some(true) }, "{text}");
        }
        let given = Given::parse(COOKIE);
        assert_eq!(open(&given, "_oauth2_proxy", &keys(&["x"])).unwrap().verified, Some(false));
        assert_eq!(open(&given, "_oauth2_proxy", &[]).unwrap().verified, None);
        let ticket = ticket_of(&given, "_oauth2_proxy").unwrap();
        assert_eq!((&*ticket.key, ticket.secret.len()), (KEY, 16));
        for text in ["", "a|b", "a|b|c", "a|b|c|d", "dg==|1|c"] {
            assert!(open(&Given::parse(text), "_oauth2_proxy", &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn an_older_ticket_has_two_parts() {
        // k-1.AAAA
        let given = Given::parse("ay0xLkFBQUE=|1|c");
        assert_eq!(open(&given, "n", &[]).unwrap().id, b"k-1");
    }
}
