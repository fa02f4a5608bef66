//! How busy a store is, and how it is set up.

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

/// What a store says of itself, as far as it may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    pub version: Option<String>,
    pub is_replica: bool,
    pub used_memory: Option<u64>,
    /// 0 is no limit.
    pub maxmemory: Option<u64>,
    /// What goes when there is no memory left: `noeviction`, `allkeys-lru`, …
    pub policy: Option<String>,
    pub keys: Option<u64>,
    /// Since the server was started.
    pub evicted_keys: Option<u64>,
    pub expired_keys: Option<u64>,
    pub uptime_seconds: Option<u64>,
    /// Whether each change is written to a file as it is made.
    pub append_only: Option<bool>,
    /// When that file is brought to the disk: `always`, `everysec`, `no`.
    pub append_fsync: Option<String>,
    /// When the whole is written to a file; empty is never.
    pub save: Option<String>,
    /// Which events are published.
    pub notifications: Option<String>,
    pub lag: Lag,
}
