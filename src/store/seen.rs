//! The keys that a scan has already given: SCAN repeats keys while the server's table is rehashed, and a
//! folder may show a file twice that is written again meanwhile.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Tables of 8-byte hashes, many small ones so that no single growth doubles the memory. Two keys
/// of ten million share a hash with a probability of 3 in a million.
pub(super) struct Seen {
    hasher: RandomState,
    tables: Vec<HashSet<u64, BuildHasherDefault<Identity>>>,
}

/// The entries are hashes already.
#[derive(Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

const TABLES: usize = 256;

impl Seen {
    pub(super) fn new() -> Seen {
        Seen { hasher: RandomState::new(), tables: (0..TABLES).map(|_| HashSet::default()).collect() }
    }

    /// True the first time that a key is met.
    pub(super) fn first(&mut self, key: &[u8]) -> bool {
        let hash = self.hasher.hash_one(key);
        // The table is chosen by bits that the set itself uses least: the middle ones.
        self.tables[(hash >> 28) as usize % TABLES].insert(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_first_once() {
        let mut seen = Seen::new();
        for n in 0..10_000u32 {
            assert!(seen.first(&n.to_le_bytes()));
        }
        for n in 0..10_000u32 {
            assert!(!seen.first(&n.to_le_bytes()));
        }
    }
}
