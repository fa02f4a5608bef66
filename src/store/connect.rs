//! From an address to a connection.

use super::Error;

/// What a server's or a socket's error means.
pub fn classify(error: &::redis::RedisError, place: &str, user: &str, command: &str) -> Error {
    let place = place.to_string();
    let command = command.to_string();
    match error.code() {
        Some("NOPERM") => Error::Denied { place, user: user.to_string(), command },
        Some(_) => Error::Refused { place, command, reason: error.to_string() },
        None => Error::Lost { place, reason: error.to_string() },
    }
}
