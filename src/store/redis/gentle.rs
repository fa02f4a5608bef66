//! How much is sent at a time while the server's other users are watched.
//!
//! A server works off what it has read from one connection before it serves the next, so what others
//! wait for is the length of one write of ours, however few sessions it is about. A gentle connection
//! sends a few commands, takes all of their answers, rests for as long as they took, and only then
//! sends more. How few is found out as TCP finds its window: one more while they take less than their
//! share of the budget, half as many when they take longer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one write may take, as a part of the budget.
const SHARE: u32 = 32;
/// Commands a write at first, and at most.
const FIRST: usize = 8;
const MOST: usize = 64;
/// Bytes a write, unless one command alone is larger: a server reads so many at a time.
const BYTES: usize = 16 << 10;

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

    /// Commands a write.
    pub fn commands(&self) -> usize {
        self.with(|window| window.commands)
    }
}

/// One connection's part.
pub(super) struct Flow {
    gentle: Gentle,
    /// Where each command that was not sent yet ends, from the beginning of the queue.
    ends: VecDeque<usize>,
    /// How many answers are awaited, and what they have taken so far.
    awaited: usize,
    spent: Duration,
}

impl Flow {
    pub(super) fn new(gentle: &Gentle) -> Flow {
        Flow { gentle: gentle.clone(), ends: VecDeque::new(), awaited: 0, spent: Duration::ZERO }
    }

    /// The same for another connection.
    pub(super) fn beside(&self) -> Flow {
        Flow::new(&self.gentle)
    }

    pub(super) fn commands(&self) -> usize {
        self.gentle.commands()
    }

    /// A command was queued; so long is the queue now.
    pub(super) fn queued(&mut self, length: usize) {
        self.ends.push_back(length);
    }

    /// What may be sent now, in commands and bytes, once there was a rest; `None` while answers are
    /// awaited.
    pub(super) fn next(&mut self) -> Option<(usize, usize)> {
        if self.awaited > 0 || self.ends.is_empty() {
            return None;
        }
        let (most, rested) = self.gentle.with(|window| (window.commands, window.rested));
        if let Some(rest) = rested.and_then(|at| at.checked_duration_since(Instant::now())) {
            std::thread::sleep(rest);
        }
        let fit = self.ends.iter().take(most).take_while(|end| **end <= BYTES).count();
        let commands = fit.max(1);
        let bytes = self.ends.drain(..commands).next_back()?;
        for end in &mut self.ends {
            *end -= bytes;
        }
        self.awaited = commands;
        self.spent = Duration::ZERO;
        Some((commands, bytes))
    }

    /// Does something whose time counts.
    pub(super) fn timed<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = act();
        self.spent += began.elapsed();
        done
    }

    /// Takes one answer.
    pub(super) fn answer<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let answer = self.timed(act);
        self.awaited = self.awaited.saturating_sub(1);
        if self.awaited == 0 {
            let spent = self.spent;
            self.gentle.with(|window| {
                window.took(spent);
                window.rested = Some(Instant::now() + spent.min(window.share));
            });
        }
        answer
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
        // The way to the server is no work of it.
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

    #[test]
    fn a_write_has_whole_commands_and_waits_for_the_answers_of_the_one_before() {
        let gentle = Gentle::new(Duration::from_millis(2));
        let mut flow = Flow::new(&gentle);
        for length in 1..=FIRST + 3 {
            flow.queued(length * 10);
        }
        assert_eq!(flow.next(), Some((FIRST, FIRST * 10)));
        assert_eq!(flow.next(), None);
        for _ in 0..FIRST {
            flow.answer(|| ());
        }
        assert_eq!(flow.next(), Some((3, 30)));
        for _ in 0..3 {
            flow.answer(|| ());
        }
        // One command may be larger than a write should be; it goes alone.
        flow.queued(BYTES + 1);
        flow.queued(BYTES + 11);
        assert_eq!(flow.next(), Some((1, BYTES + 1)));
        flow.answer(|| ());
        assert_eq!(flow.next(), Some((1, 10)));
    }
}
