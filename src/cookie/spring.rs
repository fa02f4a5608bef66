//! Spring Session: the base64 of the id, or the id itself.
//!
//! `DefaultCookieSerializer` (spring-session-core 4.1) writes standard base64 with its padding and
//! puts the jvmRoute after the id before that; WebFlux (`CookieWebSessionIdResolver`) and
//! `useBase64Encoding=false` write the id as it is. Micronaut's `SESSION` cookie is made the same
//! way. There is no signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{CookieError, Given, Opened};

/// Opens a session cookie; `route` is the jvmRoute as it is configured, with its dot.
pub fn open(given: &Given, name: &str, route: Option<&str>) -> Result<Opened, CookieError> {
    let value = given.decoded(name)?;
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<base64 of the id> or <id>" });
    }
    // An id that happens to be base64 itself decodes to bytes that no id is made of.
    let decoded =
        STANDARD.decode(&value).ok().filter(|id| !id.is_empty() && id.iter().all(u8::is_ascii_graphic));
    let id = decoded.unwrap_or(value);
    Ok(Opened { id: without_route(&id, route).to_vec(), verified: None })
}

/// The id without the route: the configured one or, unless one is known, what follows a UUID.
fn without_route<'i>(id: &'i [u8], route: Option<&str>) -> &'i [u8] {
    match route {
        Some(route) => id.strip_suffix(route.as_bytes()).filter(|id| !id.is_empty()).unwrap_or(id),
        None => match id.split_at_checked(36) {
            Some((uuid, [first, ..])) if crate::text::shape::is_uuid(uuid) && !first.is_ascii_hexdigit() => {
                uuid
            }
            _ => id,
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::ways;
    use super::*;

    const ID: &str = "9eaf963e-6353-41b8-bb1e-e39d46bc692b";

    fn opened(text: &str, route: Option<&str>) -> String {
        String::from_utf8(open(&Given::parse(text), "SESSION", route).unwrap().id).unwrap()
    }

    #[test]
    fn takes_base64_and_the_id_itself() {
        for cookie in ["OWVhZjk2M2UtNjM1My00MWI4LWJiMWUtZTM5ZDQ2YmM2OTJi", ID] {
            for text in ways("SESSION", cookie) {
                assert_eq!(opened(&text, None), ID, "{text}");
            }
        }
        // Ids of another maker, one of them padded, one that is base64 itself.
        assert_eq!(opened("c2hvcnQ=", None), "short");
        assert_eq!(opened("853c028402a847469ed30ee0ac454a6a", None), "853c028402a847469ed30ee0ac454a6a");
    }

    #[test]
    fn a_route_is_no_part_of_the_id() {
        let with = |route: &str| STANDARD.encode(format!("{ID}{route}"));
        assert_eq!(opened(&with(".node1"), None), ID);
        assert_eq!(opened(&with(".node1"), Some(".node1")), ID);
        assert_eq!(opened(&with("node1"), Some("node1")), ID);
        assert_eq!(opened(&with("abc"), None), format!("{ID}abc"));
        assert_eq!(opened(&STANDARD.encode("x.node1"), Some(".node1")), "x");
    }

    #[test]
    fn needs_a_value() {
        assert!(matches!(open(&Given::parse("a=b"), "SESSION", None), Err(CookieError::Absent { .. })));
        assert!(matches!(open(&Given::parse("SESSION="), "SESSION", None), Err(CookieError::Form { .. })));
    }
}
