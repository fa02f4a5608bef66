//! How many users there are, and how many sessions each has.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use super::spread::{COUNTS, Spread, Spreading};

/// Users that are counted one by one. Where there are more, each second one by a hash is left out, and
/// again, so that those who are counted stay a fair sample (Wegman's adaptive sampling; Flajolet 1990).
const MOST: usize = 200_000;

/// Takes the user of each session.
#[derive(Debug)]
pub struct Users {
    hash: RandomState,
    sessions: HashMap<u64, u32>,
    most: usize,
    /// Users are counted whose hash has this many zeros at its end: one of 2^depth.
    depth: u32,
}

impl Default for Users {
    fn default() -> Self {
        Users::counting(MOST)
    }
}

impl Users {
    fn counting(most: usize) -> Users {
        Users { hash: RandomState::new(), sessions: HashMap::new(), most, depth: 0 }
    }

    pub fn add(&mut self, user: &str) {
        let hash = self.hash.hash_one(user);
        if hash.trailing_zeros() < self.depth {
            return;
        }
        *self.sessions.entry(hash).or_default() += 1;
        while self.sessions.len() > self.most {
            self.depth += 1;
            let depth = self.depth;
            self.sessions.retain(|hash, _| hash.trailing_zeros() >= depth);
        }
    }

    pub fn is_estimated(&self) -> bool {
        self.depth > 0
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        (self.sessions.len() as u64) << self.depth.min(40)
    }

    /// How many sessions they have; of a sample, as if it were all of them.
    pub fn sessions_each(&self) -> Spreading {
        let mut spread = Spread::over(COUNTS);
        self.sessions.values().for_each(|sessions| spread.add(u64::from(*sessions)));
        let mut told = spread.finish();
        let factor = 1 << self.depth.min(40);
        told.known *= factor;
        told.total *= factor;
        told.histogram.iter_mut().for_each(|step| step.count *= factor);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_users_are_counted_exactly() {
        let mut users = Users::default();
        for user in ["a", "b", "a", "a"] {
            users.add(user);
        }
        assert_eq!((users.count(), users.is_estimated()), (2, false));
        let each = users.sessions_each();
        assert_eq!((each.known, each.min, each.max, each.total), (2, Some(1), Some(3), 4));
    }

    #[test]
    fn many_users_are_estimated_within_a_twentieth() {
        let mut users = Users::counting(10_000);
        for n in 0..300_000 {
            users.add(&format!("user-{}", n % 150_000));
        }
        assert!(users.is_estimated());
        // Of 4 500 to 10 000 that are counted the standard error is one to one and a half of a hundred;
        // this is more than four of them.
        let off = (users.count() as f64 / 150_000.0 - 1.0).abs();
        assert!(off < 0.07, "{}", users.count());
        assert_eq!(users.sessions_each().p50, Some(2));
    }
}
