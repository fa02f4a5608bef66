//! Ending by value: one command a session, on servers that compare by themselves.
//!
//! DELIFEQ (Valkey 9.0) and DELEX with IFEQ (Redis 8.4, Valkey 9.2) remove a string while it holds just
//! these bytes. The value that was matched is at hand, so nothing is read again and nothing watched.
//! Whatever does not go in that way, for whatever reason, is left to the transactions: they tell why.
//!
//! Only what stands alone is ended so: where a lock or an index entry has to fall together with the
//! session, a transaction it must be.

use std::collections::{HashSet, VecDeque};

use super::backup::{self, Seen};
use super::slots::together;
use super::{RedisStore, Refusal, WATCHED, int};
use crate::store::{Error, IndexOp, Keeper, Key, Op, Outcome, Own, Raw, Step, Writing};
use ::redis::Value as Answer;

/// A longer value is freed by the thread that serves everybody; UNLINK leaves it to another
/// (Redis, `lazyfree.c`: what a value is in pieces, LAZYFREE_THRESHOLD).
pub(super) const MOST: usize = 64 << 10;
/// Commands a write, of which two may be on their way.
const SENT: usize = 400;
/// Bytes of values that are written down at a time.
const BYTES: u64 = 8 << 20;
/// Sessions that are written down at a time, and how many such portions are under way: while one is on its way
/// to the disk, the server has the next.
const KEPT: usize = 200;
const READY: usize = 3;

/// How the server ends a key that holds a certain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByValue {
    /// DELIFEQ key value
    DelIfEq,
    /// DELEX key IFEQ value
    DelEx,
    /// It does not, or not for this user.
    Not,
}

impl ByValue {
    /// The command that sees to it that a session is still what was matched.
    pub(super) fn command(self) -> &'static str {
        match self {
            ByValue::DelIfEq => "DELIFEQ",
            ByValue::DelEx => "DELEX",
            ByValue::Not => "WATCH",
        }
    }
}

/// Finds out, once.
pub(super) fn known(store: &mut RedisStore) -> ByValue {
    if let Some(known) = store.by_value {
        return known;
    }
    let told = store.ask(&[b"COMMAND", b"INFO", b"delifeq", b"delex"]);
    let known = match told {
        Ok(Answer::Array(commands)) => match &commands[..] {
            [Answer::Array(_), _] => ByValue::DelIfEq,
            [_, Answer::Array(_)] => ByValue::DelEx,
            _ => ByValue::Not,
        },
        // Anyone who may not ask ends sessions in the way that every server knows.
        _ => ByValue::Not,
    };
    store.by_value = Some(known);
    known
}

/// The connection was lost while these steps' answers were awaited.
pub(super) struct Lost {
    pub(super) error: Error,
    pub(super) unheard: Vec<usize>,
}

impl From<Error> for Lost {
    fn from(error: Error) -> Lost {
        Lost { error, unheard: Vec::new() }
    }
}

/// Whether a step can be done so; `index` is the one of an entry that goes in the same transaction.
fn stands_alone(step: &Step, index: &dyn Fn(&Op) -> bool) -> bool {
    let follows = |op: &Op| {
        let looks = matches!(
            op,
            Op::UnlinkIfEquals(..)
                | Op::Index(
                    IndexOp::JsonListRemove { .. }
                        | IndexOp::JsonListSet { .. }
                        | IndexOp::SortedRemoveWhenGone { .. }
                        | IndexOp::Publish { .. }
                )
                | Op::Outlive { .. }
        );
        looks || index(op)
    };
    // When a key ends is nothing that its value tells.
    step.own == Own::End && step.held.is_some() && step.ends.is_none() && step.then.iter().all(follows)
}

/// Ends those of the steps that can be, and gives them an outcome; the others have none then.
/// `index` is the index of an entry that otherwise goes by the transaction.
pub(super) fn end(
    store: &mut RedisStore,
    steps: &[Step],
    index: fn(&Op) -> Option<&Key>,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Lost> {
    let alone = |at: &usize| stands_alone(&steps[*at], &|op| index(op).is_some());
    let places: Vec<usize> = (0..steps.len()).filter(alone).collect();
    if places.is_empty() || known(store) == ByValue::Not {
        return Ok(());
    }
    let places = unlisted(store, steps, index, &places)?;
    let mut left = &places[..];
    // Those that are on their way to the disk, while others are got ready.
    let mut ready: VecDeque<Portion> = VecDeque::new();
    while known(store) != ByValue::Not && !(left.is_empty() && ready.is_empty()) {
        if !left.is_empty() && ready.len() < READY {
            let mut bytes = 0;
            let fits = |at: &&usize| {
                bytes += steps[**at].bytes;
                bytes <= BYTES
            };
            let most = if keeper.is_some() { KEPT } else { left.len() };
            let many = left.iter().take(most).take_while(fits).count().max(1);
            let (now, later) = left.split_at(many);
            ready.push_back(prepare(store, steps, now, keeper)?);
            left = later;
        } else if let Some(portion) = ready.pop_front() {
            finish(store, steps, portion, outcomes, keeper)?;
        }
    }
    // The server would not do it after all.
    for portion in ready {
        void(keeper, &portion.going)?;
    }
    Ok(())
}

/// Those whose entries stand in no index that is there. As a rule none of them is, and one question
/// for a few steps sorts that out.
fn unlisted(
    store: &mut RedisStore,
    steps: &[Step],
    index: fn(&Op) -> Option<&Key>,
    places: &[usize],
) -> Result<Vec<usize>, Error> {
    let mut asked = Vec::new();
    let of_one =
        |one: &usize, other: &usize| !store.cluster || together(&steps[*one].key, &steps[*other].key);
    let portions: Vec<&[usize]> = places.chunk_by(of_one).flat_map(|some| some.chunks(WATCHED)).collect();
    for some in portions {
        let keys: HashSet<&Key> = some.iter().flat_map(|at| &steps[*at].then).filter_map(index).collect();
        asked.push((some, !keys.is_empty()));
        if !keys.is_empty() {
            let keys = keys.into_iter().map(|key| &key.0[..]);
            let exists: Vec<&[u8]> = [&b"EXISTS"[..]].into_iter().chain(keys).collect();
            store.push(&exists);
        }
    }
    store.flush("EXISTS")?;
    let mut unlisted = Vec::with_capacity(places.len());
    for (some, question) in asked {
        if !question || store.take("EXISTS")?.is_ok_and(|there| int(&there) == Some(0)) {
            unlisted.extend_from_slice(some);
        }
    }
    Ok(unlisted)
}

/// Some steps, and what is kept of them.
struct Portion {
    going: Vec<usize>,
    writing: Writing,
}

/// Writes down what is going to end.
fn prepare(
    store: &mut RedisStore,
    steps: &[Step],
    places: &[usize],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Portion, Error> {
    let mut going = places.to_vec();
    let Some(keeper) = keeper else { return Ok(Portion { going, writing: Writing::done() }) };
    let content = |at: usize| Raw::Text(steps[at].held.clone().unwrap_or_default());
    let seen = places.iter().map(|at| Seen { at: *at, content: content(*at), end: None, no_index: true });
    let (backups, vanished) = backup::collect(store, steps, seen.collect())?;
    going.retain(|at| !vanished.contains(at));
    let writing = keeper.preparing(&backups).map_err(|error| Error::Backup(error.to_string()))?;
    Ok(Portion { going, writing })
}

/// Ends them, once that is on the disk.
fn finish(
    store: &mut RedisStore,
    steps: &[Step],
    portion: Portion,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Lost> {
    let Portion { going, writing } = portion;
    writing.wait().map_err(|error| Error::Backup(error.to_string()))?;
    let ended = send(store, steps, &going, outcomes);
    let unheard = ended.as_ref().err().map_or(&[][..], |lost| &lost.unheard);
    let stays = |at: &usize| outcomes[*at].is_none() && !unheard.contains(at);
    let stay: Vec<usize> = going.into_iter().filter(stays).collect();
    match void(keeper, &stay) {
        Ok(()) => ended,
        Err(error) => Err(ended.err().unwrap_or_else(|| error.into())),
    }
}

/// Takes back what was written down of steps that were not done: tried again, they would be in the file
/// twice, and nothing there would say so.
fn void(keeper: &mut Option<&mut dyn Keeper>, places: &[usize]) -> Result<(), Error> {
    let Some(keeper) = keeper.as_mut().filter(|_| !places.is_empty()) else { return Ok(()) };
    let steps: Vec<u32> = places.iter().map(|at| *at as u32).collect();
    keeper.void(&steps).map_err(|error| Error::Backup(error.to_string()))
}

/// Sends the commands, a piece ahead of the answers.
fn send(
    store: &mut RedisStore,
    steps: &[Step],
    places: &[usize],
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Lost> {
    let how = known(store);
    let command: &str = if how == ByValue::DelEx { "DELEX" } else { "DELIFEQ" };
    let mut sent = 0;
    let mut heard = 0;
    while heard < places.len() {
        let next = (sent + SENT).min(places.len());
        for at in &places[sent..next] {
            let (key, held) = (&steps[*at].key.0[..], steps[*at].held.as_deref().unwrap_or_default());
            match how {
                ByValue::DelEx => store.push(&[b"DELEX", key, b"IFEQ", held]),
                _ => store.push(&[b"DELIFEQ", key, held]),
            }
        }
        let until = if next == places.len() { next } else { sent };
        let lost = |error: Error, heard: usize| Lost { error, unheard: places[heard..next].to_vec() };
        store.flush(command).map_err(|error| lost(error, heard))?;
        sent = next;
        for (nth, at) in places.iter().enumerate().take(until).skip(heard) {
            match store.take(command).map_err(|error| lost(error, nth))? {
                Ok(Answer::Int(1)) => outcomes[*at] = Some(Outcome::Done { keys: 1, entries: 0 }),
                Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. })) => {
                    store.by_value = Some(ByValue::Not);
                }
                // It is gone, or something else, or hidden.
                _ => {}
            }
        }
        heard = until;
    }
    Ok(())
}
