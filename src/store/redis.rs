//! One Redis or Valkey server as a [`Store`](super::Store).

/// A connection and what errors say of it.
pub struct RedisStore {
    connection: ::redis::Connection,
    place: String,
    user: String,
}

impl RedisStore {
    pub fn new(connection: ::redis::Connection, place: String, user: String) -> RedisStore {
        RedisStore { connection, place, user }
    }
}
