//! Figures that were saved, and what has become of the store since.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Figures, TopPath};

/// Sessions that are remembered by a hash. Of more every second one is forgotten, and again.
const MOST: usize = 100_000;

/// The form of the file.
const VERSION: u32 = 1;

/// A fair sample of the sessions that there were, none of which can be had back from it: each is 64 bits
/// of a hash with a salt of the file's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    salt: String,
    /// One of 2^depth is remembered.
    depth: u32,
    hashes: BTreeSet<u64>,
}

impl Sample {
    pub fn new(salt: [u8; 16]) -> Sample {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(32);
        for byte in salt {
            let _ = write!(text, "{byte:02x}");
        }
        Sample { salt: text, depth: 0, hashes: BTreeSet::new() }
    }

    /// An empty one that remembers the same sessions as the same.
    #[must_use]
    pub fn alike(&self) -> Sample {
        Sample { salt: self.salt.clone(), depth: self.depth, hashes: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, key: &[u8]) {
        let digest = Sha256::new().chain_update(self.salt.as_bytes()).chain_update(key).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        let hash = u64::from_le_bytes(first);
        if hash.trailing_zeros() < self.depth {
            return;
        }
        self.hashes.insert(hash);
        while self.hashes.len() > MOST {
            self.thin(self.depth + 1);
        }
    }

    fn thin(&mut self, depth: u32) {
        self.depth = depth;
        self.hashes.retain(|hash| hash.trailing_zeros() >= depth);
    }

    /// How many are in this one and not in the other.
    fn beyond(&self, other: &Sample) -> u64 {
        let depth = self.depth.max(other.depth);
        let of = |hash: &&u64| hash.trailing_zeros() >= depth;
        let more = self.hashes.iter().filter(of).filter(|hash| !other.hashes.contains(hash)).count();
        (more as u64) << depth.min(40)
    }
}

/// What is saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    sessctl_stats: u32,
    /// Ms since 1970.
    pub at: i64,
    pub store: String,
    pub complete: bool,
    pub figures: Figures,
    pub sample: Sample,
}

/// How things have changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Since {
    /// Ms since 1970.
    #[serde(skip)]
    pub at: i64,
    pub sessions: i64,
    pub users: i64,
    pub bytes: i64,
    /// Sessions that were not there then, and those that are not there now.
    pub new: u64,
    pub ended: u64,
    /// Paths that grew most, with what they grew by.
    pub grown: Vec<TopPath>,
    /// Whether `new` and `ended` are estimates.
    #[serde(skip)]
    pub estimated: bool,
}

impl Saved {
    pub fn new(at: i64, store: String, complete: bool, figures: Figures, sample: Sample) -> Saved {
        Saved { sessctl_stats: VERSION, at, store, complete, figures, sample }
    }

    /// Reads what was saved; what is wrong with it otherwise.
    pub fn read(text: &[u8]) -> Result<Saved, String> {
        let saved: Saved = serde_json::from_slice(text).map_err(|error| {
            format!("it was not written by `sessctl stats --save` (line {})", error.line())
        })?;
        if saved.sessctl_stats > VERSION {
            return Err("it was written by a newer version of sessctl".to_string());
        }
        Ok(saved)
    }

    /// What has become of it.
    pub fn since(&self, figures: &Figures, sample: &Sample) -> Since {
        let more = |now: u64, then: u64| now.cast_signed().saturating_sub(then.cast_signed());
        let then: HashMap<(&str, &str), u64> =
            self.figures.paths.iter().map(|top| ((&*top.layout, &*top.path), top.held.bytes)).collect();
        let mut grown: Vec<TopPath> = figures.paths.clone();
        for top in &mut grown {
            let before = then.get(&(&*top.layout, &*top.path)).copied().unwrap_or(0);
            top.held.bytes = top.held.bytes.saturating_sub(before);
        }
        grown.retain(|top| top.held.bytes > 0);
        grown.sort_by_key(|top| std::cmp::Reverse(top.held.bytes));
        Since {
            at: self.at,
            sessions: more(figures.sessions, self.figures.sessions),
            users: more(figures.users, self.figures.users),
            bytes: more(figures.bytes.total, self.figures.bytes.total),
            new: sample.beyond(&self.sample),
            ended: self.sample.beyond(sample),
            grown,
            estimated: self.sample.depth.max(sample.depth) > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(of: &Sample, range: std::ops::Range<u32>) -> Sample {
        let mut sample = of.alike();
        range.for_each(|n| sample.add(format!("sess:{n}").as_bytes()));
        sample
    }

    #[test]
    fn new_and_ended_sessions_are_counted_exactly_where_they_are_few() {
        let empty = Sample::new([7; 16]);
        let (then, now) = (sample(&empty, 0..100), sample(&empty, 30..150));
        assert_eq!((now.beyond(&then), then.beyond(&now)), (50, 30));
    }

    #[test]
    fn of_many_they_are_estimated() {
        let empty = Sample::new([7; 16]);
        let (then, now) = (sample(&empty, 0..250_000), sample(&empty, 100_000..400_000));
        assert!(then.depth > 0 && now.depth > 0);
        let near = |estimate: u64, truth: f64| (estimate as f64 / truth - 1.0).abs() < 0.05;
        assert!(near(now.beyond(&then), 150_000.0), "{}", now.beyond(&then));
        assert!(near(then.beyond(&now), 100_000.0), "{}", then.beyond(&now));
    }

    #[test]
    fn no_key_is_in_what_is_saved() {
        let text = serde_json::to_string(&sample(&Sample::new([1; 16]), 0..10)).unwrap_or_default();
        assert!(text.contains("hashes") && !text.contains("sess:"), "{text}");
    }
}
