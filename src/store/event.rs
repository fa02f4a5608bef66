//! What happens to keys, as a store tells of it while it happens.

use std::time::Duration;

use super::error::Error;

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happened {
    /// It was written, or its end was moved.
    Written,
    /// It ended by itself.
    Expired,
    /// The store took it away, as memory ran out.
    Evicted,
    /// Someone removed it, or gave it another name.
    Removed,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub key: Vec<u8>,
    pub happened: Happened,
}

/// Who is told of it.
pub trait Events: Send {
    /// The next event; `None` where none came in this time.
    fn next(&mut self, wait: Duration) -> Result<Option<Event>, Error>;
}
