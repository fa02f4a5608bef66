//! One connection's part in sending gently.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::store::Gentle;

/// Bytes a write, unless one command alone is larger: a server reads this many at a time.
const BYTES: usize = 16 << 10;

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
        let (most, rested) = self.gentle.next();
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
            self.gentle.took(self.spent);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_has_whole_commands_and_waits_for_the_answers_of_the_one_before() {
        let gentle = Gentle::new(Duration::from_millis(2));
        let first = gentle.commands();
        let mut flow = Flow::new(&gentle);
        for length in 1..=first + 3 {
            flow.queued(length * 10);
        }
        assert_eq!(flow.next(), Some((first, first * 10)));
        assert_eq!(flow.next(), None);
        for _ in 0..first {
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
