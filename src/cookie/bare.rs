//! The value is the id: no signature, nothing encrypted.
//!
//! Auth.js and next-auth database sessions (`@auth/upstash-redis-adapter` 2.11.3), LemonLDAP::NG
//! without hashed storage (2.16), and every cookie whose signing is switched off.

use super::{CookieError, Given, Opened};

/// Takes the percent-decoded value as the id.
pub fn open(given: &Given, name: &str) -> Result<Opened, CookieError> {
    let id = given.decoded(name)?;
    if id.is_empty() {
        return Err(CookieError::Form { expected: "<id>" });
    }
    Ok(Opened { id, verified: None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::ways;
    use super::*;

    #[test]
    fn takes_the_value_as_it_is() {
        for (name, id) in [
            ("authjs.session-token", "6e7e4a08-eb1c-49ea-b38f-d4a7bdbbf8d1"),
            ("lemonldap", "05768dbb8915ddc8d3d6e9815478ab704f053a360d9ad549230a24793d8ee669"),
            ("session", "853c0284-02a8-4746-9ed3-0ee0ac454a6a"),
        ] {
            for text in ways(name, id) {
                let opened = open(&Given::parse(&text), name).unwrap();
                assert_eq!(opened, Opened { id: id.into(), verified: None }, "{text}");
            }
        }
    }

    #[test]
    fn needs_a_value() {
        let absent = CookieError::Absent { name: "lemonldap".to_owned() };
        assert_eq!(open(&Given::parse("theme=dark; lang=de"), "lemonldap"), Err(absent.clone()));
        assert_eq!(open(&Given::parse("  "), "lemonldap"), Err(absent));
        assert!(matches!(open(&Given::parse("lemonldap="), "lemonldap"), Err(CookieError::Form { .. })));
    }
}
