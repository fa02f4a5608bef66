//! How busy a store is.

use std::time::Duration;

/// How far the slowest replica is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    pub bytes: u64,
    pub silent: Duration,
    /// One of them is being filled from the beginning.
    pub filling: bool,
    pub replicas: u64,
}
