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
