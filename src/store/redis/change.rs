//! Changing: conditional to the last moment.
//!
//! Sessions are ended in batches. Their keys are WATCHed and read again; those that still are what
//! was matched are unlinked in one MULTI, which the server drops whole if one of them was written in
//! between; then the batch is split and tried again. So nothing that was not seen is ever removed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{RedisStore, Refusal, by_value, fields, follow, int};
use crate::codec;
use crate::store::{Applied, Error, Fit, IndexOp, Keeper, Key, Op, Outcome, Own, Raw, Rewrite, Step};

mod ahead;
mod asked;
mod by_script;
mod commands;
mod rounds;
mod transaction;

pub(super) use commands::simple_key;
use commands::{Part, simples};
use rounds::rounds;
use transaction::tally;

/// Indexes that one session is followed into; a framework keeps a few.
const LISTED: i64 = 1000;

/// How a session's key was found when it was read again.
enum Found {
    Same,
    Gone,
    Changed,
    /// It is not as it was written down, though nothing else was written to it: another round is for it.
    Otherwise,
    Failed(String),
}

/// Carries out steps in rounds of a few transactions at once. What a round did before an error came is
/// kept, told and followed up: the error ends the rounds, it does not unmake them.
pub(super) fn apply(
    store: &mut RedisStore,
    steps: &[Step],
    fit: Fit,
    mut keeper: Option<&mut dyn Keeper>,
) -> Applied {
    let steps = match listed(store, steps) {
        Ok(steps) => steps,
        Err(error) => return Applied::nothing(steps.len(), error),
    };
    let steps = &steps[..];
    let mut outcomes = vec![None; steps.len()];
    let ahead = match fit {
        Fit::Seen => ahead::end(store, steps, &mut outcomes, &mut keeper),
        Fit::SeenOrDone => Ok(()),
    };
    let stopped = match ahead {
        Ok(()) => {
            let left: Vec<usize> = (0..steps.len()).filter(|at| outcomes[*at].is_none()).collect();
            rounds(store, Task { steps, fit, written: None }, &left, &mut outcomes, &mut keeper).err()
        }
        Err(stop) => Some(stop),
    };
    if let Some(stop) = &stopped {
        look_again(store, steps, &stop.unheard, &mut outcomes);
    }
    // A connection with answers still on their way cannot be asked anything else.
    let answered = stopped.as_ref().is_none_or(|stop| stop.answered);
    let mut applied = Applied::of(outcomes, stopped.map(|stop| stop.error));
    if answered {
        let followed = follow::follow(store, steps, &mut applied.outcomes);
        applied.stopped = applied.stopped.or(followed.err());
    }
    applied
}

/// Steps, and what they are held against.
#[derive(Clone, Copy)]
struct Task<'s> {
    steps: &'s [Step],
    fit: Fit,
    /// When their keys end by what was written down before they are read again, if anything was.
    written: Option<&'s asked::Written>,
}

/// What ended the rounds.
struct Stop {
    error: Error,
    /// Every answer was taken, so that the connections can still be used.
    answered: bool,
    /// The steps whose transaction was sent and whose answer never came.
    unheard: Vec<usize>,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop { error, answered: false, unheard: Vec::new() }
    }
}

impl Stop {
    fn answered(error: Error) -> Stop {
        Stop { error, answered: true, unheard: Vec::new() }
    }
}

/// What is said of a step whose answer never came.
pub(super) const UNHEARD: &str = "the reply was lost, so the change may have been made";

/// Finds out on another connection which of the ends that were sent came about though no answer told
/// so: a session that was there when its end was sent, and is not there now. Of the others it is said
/// that nobody knows.
fn look_again(store: &RedisStore, steps: &[Step], unheard: &[usize], outcomes: &mut [Option<Outcome>]) {
    if unheard.is_empty() {
        return;
    }
    if store.lead.is_some() {
        // It may be another server by now, which does not know of it.
        for at in unheard {
            outcomes[*at] = Some(Outcome::Failed(UNHEARD.to_string()));
        }
        return;
    }
    let keys: Vec<Key> = unheard.iter().map(|at| steps[*at].key.clone()).collect();
    let kinds = RedisStore::open(&store.target).and_then(|mut other| other.kinds_of(&keys));
    for (nth, at) in unheard.iter().enumerate() {
        let ended = steps[*at].own == Own::End;
        outcomes[*at] = match &kinds {
            Ok(kinds) if ended && kinds[nth].is_none() => Some(Outcome::Done { keys: 1, entries: 0 }),
            // It is there as before: that its end did not come about is what the error says.
            Ok(_) if ended => None,
            _ => Some(Outcome::Failed(UNHEARD.to_string())),
        };
    }
}

/// The steps with the sets by name that other sets list; those are read before anything goes.
fn listed<'s>(store: &mut RedisStore, steps: &'s [Step]) -> Result<Cow<'s, [Step]>, Error> {
    let ops = steps.iter().flat_map(|step| &step.then);
    let lists: HashSet<&Key> = ops
        .filter_map(|op| match op {
            Op::Index(IndexOp::SetRemoveListed { key, .. }) => Some(key),
            _ => None,
        })
        .collect();
    if lists.is_empty() {
        return Ok(Cow::Borrowed(steps));
    }
    let asked: Vec<&Key> = lists.into_iter().collect();
    for key in &asked {
        store.push(&[b"SCARD", &key.0]);
    }
    store.flush("SCARD")?;
    let mut small: Vec<Key> = Vec::new();
    for key in asked {
        match store.take("SCARD")? {
            Ok(answer) if int(&answer).is_some_and(|many| many > 0 && many <= LISTED) => {
                small.push(key.clone());
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            _ => {}
        }
    }
    let members = store.members_of(&small, false)?;
    let listed: HashMap<&Key, Vec<Vec<u8>>> = small.iter().zip(members).collect();
    let mut steps = steps.to_vec();
    for step in &mut steps {
        for op in std::mem::take(&mut step.then) {
            let Op::Index(IndexOp::SetRemoveListed { key, begins, member }) = op else {
                step.then.push(op);
                continue;
            };
            for name in listed.get(&key).into_iter().flatten() {
                let name = codec::text_of(name).filter(|name| name.starts_with(&begins));
                let op =
                    name.map(|name| Op::Index(IndexOp::SetRemove { key: Key(name), member: member.clone() }));
                step.then.extend(op.filter(|op| !step.then.contains(op)));
            }
        }
    }
    Ok(Cow::Owned(steps))
}

/// One lane's share of a round.
struct Share<'s> {
    start: usize,
    steps: &'s [Step],
    fit: Fit,
    /// When the keys end by what was written down before they were read again, if anything was.
    written: Option<&'s asked::Written>,
    found: Vec<Found>,
    contents: Vec<Raw>,
    /// When the keys end, where backups are kept and that could be asked at once: in ms since 1970, -1 for
    /// never, -2 where there is no key.
    key_ends: Vec<Option<i64>>,
    /// None of the indexes that the steps name is there.
    no_index: bool,
    /// The places of the steps whose own keys are to go.
    ending: Vec<usize>,
    awaited: Vec<(usize, Part)>,
    /// Of the steps for which it matters when fields of their hashes end: how many fields there are, and which
    /// end when, in ms since 1970.
    field_ends: HashMap<usize, (usize, Vec<(Vec<u8>, i64)>)>,
}

impl Share<'_> {
    /// When a step's key is gone that itself ends then, or never: a hash goes with its last field.
    fn with_fields(&self, at: usize, end: Option<i64>) -> Option<i64> {
        let Some((many, ends)) = self.field_ends.get(&at) else { return end };
        let last = ends.iter().map(|(_, end)| *end).max().filter(|_| ends.len() == *many);
        match (end, last) {
            (Some(end), Some(last)) => Some(end.min(last)),
            (end, last) => end.or(last),
        }
    }

    /// The commands that give fields their ends back that a step writes again.
    fn ends_again(&self, at: usize, rewrite: Option<&Rewrite>) -> Vec<Vec<Cow<'static, [u8]>>> {
        let (Some(Rewrite::Fields(written)), Some((_, ends))) = (rewrite, self.field_ends.get(&at)) else {
            return Vec::new();
        };
        let written = |field: &[u8]| written.iter().any(|(name, _)| name.0 == field);
        let again = ends.iter().filter(|(field, _)| written(field));
        let again = again.map(|(field, end)| fields::end_at(&self.steps[at].key, field, *end));
        again.map(|command| command.into_iter().map(Cow::Owned).collect()).collect()
    }
}

/// Whether it matters when fields of the step's hash end.
fn by_fields(step: &Step) -> bool {
    let rewrites = matches!(step.own, Own::Expire { rewrite: Some(Rewrite::Fields(_)), .. });
    step.hash && (rewrites || step.ends.is_some())
}

/// Carries out the operations of steps without any session that are unconditional by nature, each for
/// itself; what went, as outcomes. Those that look before they act are [`follow::follow`]'s.
pub(super) fn beside(store: &mut RedisStore, steps: &[Step]) -> Result<Vec<Outcome>, Error> {
    let mut parts = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for (command, part) in simples(step, false) {
            store.push_owned(&command);
            parts.push((at, part));
        }
    }
    store.flush("SREM")?;
    let mut outcomes = vec![Outcome::Done { keys: 0, entries: 0 }; steps.len()];
    let mut refused = None;
    for (at, part) in parts {
        match store.take(part.command())? {
            Ok(answer) => tally(&mut outcomes[at], &part, answer),
            // An index of another type than the framework's is not ours to touch.
            Err(Refusal::WrongType) => {}
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
            }
            Err(Refusal::HiddenKey) => {
                refused.get_or_insert(Error::Refused {
                    place: store.place.clone(),
                    command: part.command().to_string(),
                    reason: "an ACL hides one of the keys".to_string(),
                });
            }
        }
    }
    refused.map_or(Ok(outcomes), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fingerprint;

    #[test]
    fn a_fingerprint_tells_kind_and_content_but_not_the_order_of_fields() {
        let text = |t: &str| fingerprint(&Raw::Text(t.into()));
        let hash = |f: &[(&str, &str)]| {
            fingerprint(&Raw::Hash(
                f.iter().map(|(a, b)| (a.as_bytes().to_vec(), b.as_bytes().to_vec())).collect(),
            ))
        };
        assert_ne!(text("a"), text("b"));
        assert_ne!(text(""), hash(&[]));
        assert_eq!(hash(&[("a", "1"), ("b", "2")]), hash(&[("b", "2"), ("a", "1")]));
        assert_ne!(hash(&[("a", "1b"), ("", "2")]), hash(&[("a", "1"), ("b", "2")]));
        assert_eq!(fingerprint(&Raw::Gone), None);
    }
}
