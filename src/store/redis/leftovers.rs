//! What sessions that are gone left behind: entries of indexes, and keys that belonged to one session.
//!
//! Each is removed only while its session is gone and it is itself what was written down of it. Both are
//! watched, so that a session which is made meanwhile keeps what belongs to it. One moment cannot be seen: a
//! framework that writes a session's entry first and the session itself after that changes nothing where the
//! entry is there already, and the entry goes if that happens between the two.

use std::collections::HashMap;

use super::backup::{self, bulk_or_double};
use super::guarded::{self, Command, Guarded, command};
use super::script::Held;
use super::{RedisStore, Refusal, bulk, change, int};
use crate::store::{
    Applied, Backup, Companion, Content, Ends, Error, IndexOp, Keeper, Key, Op, Outcome, Own, Step,
};
use ::redis::Value as Answer;

/// Entries of one index that go together: they are watched one by one, and WATCH looks through its list.
const ENTRIES: usize = 16;

/// Something that is to be removed, and what was written down of it.
#[derive(Debug, Clone)]
pub(super) struct Leftover {
    /// The key of its session, where that can be watched with it: in a cluster the two may lie in two slots.
    pub(super) session: Option<Key>,
    pub(super) op: Op,
    /// `None` where there was nothing when it was read for that.
    pub(super) was: Option<Companion>,
}

impl Leftover {
    /// An operation of a step, by what was gathered for it.
    pub(super) fn new(session: Option<Key>, op: &Op, gathered: &[Companion]) -> Leftover {
        let of_op = |one: &&Companion| match (*one, op) {
            (Companion::Member { key, member }, Op::Index(IndexOp::SetRemove { key: of, member: gone }))
            | (
                Companion::Scored { key, member, .. },
                Op::Index(IndexOp::SortedRemove { key: of, member: gone }),
            ) => key == of && member.0 == *gone,
            (Companion::Text { key, .. } | Companion::Dumped { key, .. }, Op::Unlink(of)) => key == of,
            _ => false,
        };
        Leftover { session, op: op.clone(), was: gathered.iter().find(of_op).cloned() }
    }
}

/// Carries out steps whose sessions are gone ([`Own::Gone`]).
pub(super) fn apply(store: &mut RedisStore, steps: &[Step], keeper: Option<&mut dyn Keeper>) -> Applied {
    let gathered = match backup::beside(store, steps) {
        Ok(gathered) => gathered,
        Err(error) => return Applied::nothing(steps.len(), error),
    };
    let mut places = Vec::new();
    let mut leftovers = Vec::new();
    for (at, (step, gathered)) in steps.iter().zip(&gathered).enumerate() {
        for op in step.then.iter().filter(|_| step.own == Own::Gone) {
            places.push(at);
            leftovers.push(Leftover::new(Some(step.key.clone()), op, gathered));
        }
    }
    carried_out(steps, gathered, &places, &leftovers, keeper, |leftovers| {
        let mut outcomes = vec![None; leftovers.len()];
        let error = remove(store, leftovers, &mut outcomes).err();
        (outcomes, error)
    })
}

/// Writes down what is there, has it removed, and takes back of what was written what stayed.
pub(super) fn carried_out(
    steps: &[Step],
    gathered: Vec<Vec<Companion>>,
    places: &[usize],
    leftovers: &[Leftover],
    mut keeper: Option<&mut dyn Keeper>,
    remove: impl FnOnce(&[Leftover]) -> (Vec<Option<Outcome>>, Option<Error>),
) -> Applied {
    if let Some(keeper) = keeper.as_deref_mut() {
        let backups = backups(steps, gathered);
        if let Err(error) = keeper.prepared(&backups) {
            return Applied::nothing(steps.len(), Error::Backup(error.to_string()));
        }
    }
    let (parts, mut stopped) = remove(leftovers);
    let unheard = match &stopped {
        Some(error) if !matches!(error, Error::Lost { .. } | Error::Timeout { .. }) => error.to_string(),
        _ => change::UNHEARD.to_string(),
    };
    let mut outcomes: Vec<Option<Outcome>> = vec![None; steps.len()];
    for (at, part) in places.iter().zip(parts) {
        let part = part.unwrap_or_else(|| Outcome::Failed(unheard.clone()));
        outcomes[*at] = Some(match (outcomes[*at].take(), part) {
            (None, part) => part,
            // One of several is enough for there to be something to put back.
            (Some(Outcome::Done { keys, entries }), Outcome::Done { keys: more, entries: others }) => {
                Outcome::Done { keys: keys + more, entries: entries + others }
            }
            (Some(failed @ Outcome::Failed(_)), _) | (_, failed @ Outcome::Failed(_)) => failed,
            (Some(done @ Outcome::Done { .. }), _) | (_, done @ Outcome::Done { .. }) => done,
            (Some(other), _) => other,
        });
    }
    let outcomes: Vec<Outcome> =
        outcomes.into_iter().map(|one| one.unwrap_or(Outcome::Gone { keys: 0, entries: 0 })).collect();
    // After an error the batch stays open in the file, and undo puts back what is gone.
    if stopped.is_none()
        && let Some(keeper) = keeper
    {
        let stayed = |at: &u32| !matches!(outcomes[*at as usize], Outcome::Done { .. });
        let void: Vec<u32> = (0..steps.len() as u32).filter(stayed).collect();
        if !void.is_empty()
            && let Err(error) = keeper.void(&void)
        {
            stopped = Some(Error::Backup(error.to_string()));
        }
    }
    Applied { outcomes, stopped }
}

/// What is written down of steps: of each that finds something, if only an index that was kept whole.
fn backups(steps: &[Step], gathered: Vec<Vec<Companion>>) -> Vec<Backup> {
    let found = steps.iter().zip(gathered).enumerate().filter(|(_, (_, gathered))| !gathered.is_empty());
    let of_step = |(at, (step, companions)): (usize, (&Step, Vec<Companion>))| Backup {
        step: at as u32,
        key: step.key.clone(),
        content: Content::Text(Vec::new()),
        expires: None,
        own: Own::Gone,
        companions,
    };
    found.map(of_step).collect()
}

/// Removes what still is what it was and whose session is still gone.
pub(super) fn remove(
    store: &mut RedisStore,
    leftovers: &[Leftover],
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let mut changes: Vec<Removal<'_>> = Vec::new();
    // Where the change is that takes the next entry of an index.
    let mut indexes: HashMap<&Key, usize> = HashMap::new();
    for (place, leftover) in leftovers.iter().enumerate() {
        let Some(was) = &leftover.was else {
            outcomes[place] = Some(Outcome::Gone { keys: 0, entries: 0 });
            continue;
        };
        let part = Part { place, session: leftover.session.as_ref(), was, fits: false };
        let key = was.key();
        let entry = was.entry().is_some();
        let open = indexes.get(key).copied().filter(|at| entry && changes[*at].parts.len() < ENTRIES);
        if let Some(at) = open {
            changes[at].parts.push(part);
        } else {
            indexes.insert(key, changes.len());
            changes.push(Removal { key, parts: vec![part], outcomes: Vec::new() });
        }
    }
    let carried = guarded::carry_out(store, &mut changes);
    for (place, outcome) in changes.into_iter().flat_map(|change| change.outcomes) {
        outcomes[place] = Some(outcome);
    }
    carried
}

/// One thing that is to go.
struct Part<'l> {
    place: usize,
    session: Option<&'l Key>,
    was: &'l Companion,
    /// It was so when it was asked last.
    fits: bool,
}

/// Entries of one index, or one key.
struct Removal<'l> {
    key: &'l Key,
    parts: Vec<Part<'l>>,
    outcomes: Vec<(usize, Outcome)>,
}

impl Removal<'_> {
    fn settle(&mut self, outcome: &Outcome) {
        let left = self.parts.iter().filter(|part| part.fits);
        self.outcomes.extend(left.map(|part| (part.place, outcome.clone())));
    }
}

impl Guarded for Removal<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn besides(&self) -> Vec<&Key> {
        self.parts.iter().filter_map(|part| part.session).collect()
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        let mut asked = 0;
        let key = &self.key.0[..];
        for part in &self.parts {
            if let Some(session) = part.session {
                store.push(&[b"EXISTS", &session.0]);
                asked += 1;
            }
            match part.was {
                Companion::Member { member, .. } => store.push(&[b"SISMEMBER", key, &member.0]),
                Companion::Scored { member, .. } => store.push(&[b"ZSCORE", key, &member.0]),
                Companion::Dumped { .. } => store.push(&[b"DUMP", key]),
                _ => store.push(&[b"GET", key]),
            }
            asked += 1;
            if part.was.entry().is_none() {
                store.push(&[b"PTTL", key]);
                asked += 1;
            }
        }
        asked
    }

    fn is_timed(&self) -> bool {
        self.parts.iter().any(|part| part.was.entry().is_none())
    }

    fn decide(&mut self, now: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().flatten();
        self.outcomes.clear();
        let mut members: Vec<&[u8]> = Vec::new();
        let mut verb: &[u8] = b"UNLINK";
        for part in &mut self.parts {
            // What an ACL hides is not known to be gone.
            let over = part.session.is_none() || next().as_ref().and_then(int) == Some(0);
            let there = next();
            let (same, absent) = match part.was {
                Companion::Member { member, .. } => {
                    verb = b"SREM";
                    members.push(&member.0);
                    let there = there.as_ref().and_then(int);
                    (there == Some(1), there == Some(0))
                }
                Companion::Scored { member, score, .. } => {
                    verb = b"ZREM";
                    members.push(&member.0);
                    let absent = there == Some(Answer::Nil);
                    (there.and_then(bulk_or_double).is_some_and(|now| now.total_cmp(score).is_eq()), absent)
                }
                Companion::Text { value: content, expires, .. }
                | Companion::Dumped { dump: content, expires, .. } => {
                    let left = next().as_ref().and_then(int).unwrap_or(-2);
                    let end = (left >= 0).then(|| now + left);
                    let ends = match (end, expires) {
                        (Some(end), Some(was)) => Ends::same(end, *was),
                        (end, was) => end.is_none() && was.is_none(),
                    };
                    let absent = left == -2;
                    (there.and_then(bulk).is_some_and(|there| there == content.0) && ends, absent)
                }
                _ => (false, false),
            };
            part.fits = over && same;
            if !part.fits {
                if part.was.entry().is_some() {
                    members.pop();
                }
                let outcome =
                    if over && absent { Outcome::Gone { keys: 0, entries: 0 } } else { Outcome::Changed };
                self.outcomes.push((part.place, outcome));
            }
        }
        if !self.parts.iter().any(|part| part.fits) {
            return Vec::new();
        }
        vec![command(&[&[verb, &self.key.0[..]], &members[..]].concat())]
    }

    fn held(&self) -> Held<'_> {
        Held::Unasked
    }

    fn done(&mut self, answers: Vec<Answer>) {
        let outcome = match answers.first() {
            Some(Answer::ServerError(error)) => {
                Outcome::Failed(format!("the server refused it: {}", error.code()))
            }
            _ if self.parts[0].was.entry().is_some() => Outcome::Done { keys: 0, entries: 1 },
            _ => Outcome::Done { keys: 1, entries: 0 },
        };
        self.settle(&outcome);
    }

    /// Such as where an ACL hides its session, of which nobody knows then whether it is gone.
    fn refused(&mut self, error: Error) -> Result<(), Error> {
        let Error::Refused { reason, .. } = &error else { return Err(error) };
        let failed = Outcome::Failed(format!("the server refused it: {reason}"));
        self.outcomes = self.parts.iter().map(|part| (part.place, failed.clone())).collect();
        Ok(())
    }

    fn given_up(&mut self, _: &str) -> Result<(), Error> {
        self.settle(&Outcome::Failed("it is being written continuously".to_string()));
        Ok(())
    }
}

/// Which of these sessions are gone. Of one that an ACL hides that is not known.
pub(super) fn are_gone(store: &mut RedisStore, sessions: &[&Key]) -> Result<Vec<bool>, Error> {
    for session in sessions {
        store.push(&[b"EXISTS", &session.0]);
    }
    store.flush("EXISTS")?;
    let mut gone = Vec::with_capacity(sessions.len());
    let mut refused = None;
    for _ in sessions {
        gone.push(match store.take("EXISTS")? {
            Ok(answer) => int(&answer) == Some(0),
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
                false
            }
            Err(_) => false,
        });
    }
    refused.map_or(Ok(gone), Err)
}

/// Whether these are steps of that kind. A run has no others next to them.
pub(super) fn are_all(steps: &[Step]) -> bool {
    steps.first().is_some_and(|step| step.own == Own::Gone)
}
