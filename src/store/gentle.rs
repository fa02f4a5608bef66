//! How much is sent at a time while the store's other users are watched.
//!
//! A server works off what it has read from one connection before it serves the next, so what others
//! wait for is the length of one write of ours, however few sessions it is about. A gentle connection
//! sends a few requests, takes all of their answers, rests for as long as they took, and only then
//! sends more. How few is found out as TCP finds its window: one more while they take less than their
//! share of the budget, half as many when they take longer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one write may take, as a part of the budget.
const SHARE: u32 = 32;
/// Requests a write at first, and at most.
const FIRST: usize = 8;
const MOST: usize = 64;

/// What all gentle connections of a run go by together.
#[derive(Debug, Clone)]
pub struct Gentle(Arc<Mutex<Window>>);

#[derive(Debug)]
struct Window {
    commands: usize,
    /// What the work of one write may take.
    share: Duration,
    /// The least that any write took: the way to the server and back.
    floor: Duration,
    /// When the next may be sent.
    rested: Option<Instant>,
}

impl Window {
    /// Commands were answered in this time.
    fn took(&mut self, time: Duration) {
        self.floor = self.floor.min(time);
        if time.saturating_sub(self.floor) > self.share {
            self.commands = (self.commands / 2).max(1);
        } else {
            self.commands = (self.commands + 1).min(MOST);
        }
    }
}

impl Gentle {
    pub fn new(budget: Duration) -> Gentle {
        let share = budget / SHARE;
        Gentle(Arc::new(Mutex::new(Window { commands: FIRST, share, floor: Duration::MAX, rested: None })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Window) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Others wait too long: half as much from here on.
    pub fn shrink(&self) {
        self.with(|window| window.commands = (window.commands / 2).max(1));
    }

    /// Requests a write.
    pub fn commands(&self) -> usize {
        self.with(|window| window.commands)
    }

    /// Requests that the next write may have, and when it may be sent.
    pub(super) fn next(&self) -> (usize, Option<Instant>) {
        self.with(|window| (window.commands, window.rested))
    }

    /// All of a write was answered in this time: the next one rests as long.
    pub(super) fn took(&self, spent: Duration) {
        self.with(|window| {
            window.took(spent);
            window.rested = Some(Instant::now() + spent.min(window.share));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_grows_by_one_and_is_halved_when_it_took_too_long() {
        let micros = Duration::from_micros;
        let gentle = Gentle::new(Duration::from_millis(2));
        let took = |time| gentle.with(|window| window.took(micros(time)));
        // Reaching the server is not part of the work.
        took(1000);
        assert_eq!(gentle.commands(), FIRST + 1);
        took(1062);
        assert_eq!(gentle.commands(), FIRST + 2);
        took(1063);
        assert_eq!(gentle.commands(), 5);
        for _ in 0..10 {
            gentle.shrink();
        }
        assert_eq!(gentle.commands(), 1);
        for _ in 0..100 {
            took(1000);
        }
        assert_eq!(gentle.commands(), MOST);
    }
}
