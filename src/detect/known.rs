//! Prefixes under which sessions were recognised. Two threads share them: one recognises, the other
//! asks what is worth reading.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Prefixes under which sessions were recognised, and whether these are hashes: their keys are read whole
/// at once.
#[derive(Default)]
pub struct Known {
    version: AtomicUsize,
    prefixes: Mutex<Arc<Vec<(Vec<u8>, bool)>>>,
}

/// More prefixes than this make no difference: nobody has so many kinds of sessions in one store.
const MOST: usize = 64;

impl Known {
    pub fn add(&self, prefix: &[u8], hash: bool) {
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        if prefixes.len() < MOST && !prefixes.iter().any(|(known, _)| known == prefix) {
            let mut longer = prefixes.to_vec();
            longer.push((prefix.to_vec(), hash));
            *prefixes = Arc::new(longer);
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    pub fn covers(&self, key: &[u8]) -> bool {
        let prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        prefixes.iter().any(|(prefix, _)| !prefix.is_empty() && key.starts_with(prefix))
    }

    /// All of them, where there are others than at that version, which is moved on.
    pub fn newer_than(&self, version: &mut usize) -> Option<Arc<Vec<(Vec<u8>, bool)>>> {
        let newest = self.version.load(Ordering::Acquire);
        (newest != *version).then(|| {
            *version = newest;
            self.prefixes.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }
}
