//! How the server is: how long it takes to answer, and what it says of itself.

use std::time::{Duration, Instant};

use super::{RedisStore, bulk};
use crate::store::Error;

impl RedisStore {
    /// How long the server takes to answer.
    pub fn ping(&mut self) -> Result<Duration, Error> {
        let sent = Instant::now();
        self.ask(&[b"PING"])?;
        Ok(sent.elapsed())
    }

    /// A section of INFO.
    pub fn info(&mut self, section: &str) -> Result<String, Error> {
        let answer = match self.ask(&[b"INFO", section.as_bytes()])? {
            ::redis::Value::VerbatimString { text, .. } => Some(text),
            answer => bulk(answer).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        };
        answer.ok_or_else(|| self.senseless("INFO"))
    }
}
