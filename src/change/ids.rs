//! The session ids of a run, as far as they may be told.

use base16ct::lower::encode_string as hex;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::change::key;

/// Ids that a line names; all others are only in the digest over all.
const MAX_IDS: usize = 20;
/// Hex digits of an id's HMAC that are written.
const ID_DIGITS: usize = 16;

/// The session ids of a run: the first ones, and a digest over all.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    first: Vec<Vec<u8>>,
    all: Sha256,
    count: u64,
}

impl Ids {
    pub fn add(&mut self, id: &[u8]) {
        if self.first.len() < MAX_IDS {
            self.first.push(id.to_vec());
        }
        // With its length, so that `a` and `bc` are not `ab` and `c`.
        self.all.update((id.len() as u64).to_be_bytes());
        self.all.update(id);
        self.count += 1;
    }

    /// Adds to a line what stands for the ids: nobody without the key can try guesses on it.
    pub(super) fn describe(&self, key: &[u8], line: &mut Map<String, Json>) {
        let mac = |bytes: &[u8]| hex(&key::mac(key, &[bytes]));
        let named: Vec<String> = self.first.iter().map(|id| mac(id)[..ID_DIGITS].to_string()).collect();
        line.insert("ids".into(), named.into());
        line.insert("ids_count".into(), self.count.into());
        line.insert("ids_digest".into(), mac(&self.all.clone().finalize()).into());
    }
}
