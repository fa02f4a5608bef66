//! When keys next to the sessions end, moved while that still is what it was. Watched, for servers that
//! do not know PEXPIREAT's conditions.

use std::collections::HashSet;

use super::guarded::{Command, Guarded, command};
use super::{RedisStore, bulk, int};
use crate::store::Key;
use ::redis::Value as Answer;

/// Two times of a key's end are the same when they are not further apart (ms): one is read by its span.
pub(super) const CLOSE: i64 = 2_000;

/// When an end may be moved.
pub(super) enum While<'e> {
    /// It would come earlier.
    Earlier,
    /// It is about that time, or there is none.
    Is(Option<i64>),
    /// There is none, the new one lies ahead, and nothing is in the set but these.
    MadeOf(HashSet<&'e [u8]>),
}

/// A key that is to end at another time (ms since 1970), or never.
pub(super) struct MoveEnd<'e> {
    pub(super) key: &'e Key,
    pub(super) at: Option<i64>,
    pub(super) fits: While<'e>,
}

impl Guarded for MoveEnd<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        store.push(&[b"PTTL", &self.key.0]);
        if let While::MadeOf(_) = self.fits {
            store.push(&[b"SMEMBERS", &self.key.0]);
            return 2;
        }
        1
    }

    fn is_timed(&self) -> bool {
        true
    }

    fn decide(&mut self, now: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        let mut answers = answers.into_iter();
        let left = answers.next().flatten().as_ref().and_then(int).unwrap_or(-2);
        let end = (left >= 0).then(|| now + left);
        let fits = left != -2
            && match (&self.fits, end) {
                (While::Earlier, Some(end)) => self.at.is_none_or(|at| end < at),
                (While::Earlier, None) => false,
                (While::Is(Some(is)), Some(end)) => (end - is).abs() < CLOSE,
                (While::Is(is), end) => is.is_none() && end.is_none(),
                (While::MadeOf(members), None) => {
                    let Some(Answer::Array(there) | Answer::Set(there)) = answers.next().flatten() else {
                        return Vec::new();
                    };
                    let made =
                        |member: Answer| bulk(member).is_some_and(|member| members.contains(&member[..]));
                    self.at.is_some_and(|at| now < at) && there.into_iter().all(made)
                }
                (While::MadeOf(_), Some(_)) => false,
            };
        match self.at {
            _ if !fits => Vec::new(),
            Some(at) => vec![command(&[b"PEXPIREAT", &self.key.0, at.to_string().as_bytes()])],
            None => vec![command(&[b"PERSIST", &self.key.0])],
        }
    }

    fn done(&mut self, _: Vec<Answer>) {}
}
