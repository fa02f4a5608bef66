//! What follows from a change once the sessions' keys are done: the operations that look before they
//! act, those of a batch together.

use std::collections::{HashMap, HashSet};

use super::edits::{Edit, Texts};
use super::ends::{MoveEnd, While};
use super::guarded::{self, Command, Guarded, command};
use super::script::Held;
use super::{RedisStore, Refusal, int};
use crate::store::{Error, IndexOp, Key, Op, Outcome, Own, Step};
use ::redis::Value as Answer;

/// The operations that look before they act, once the keys are gone; each once for the whole batch.
pub(super) fn follow(store: &mut RedisStore, steps: &[Step], outcomes: &mut [Outcome]) -> Result<(), Error> {
    let mut done = HashSet::new();
    let mut ends: Vec<MoveEnd<'_>> = Vec::new();
    let mut outlived: HashMap<&Key, usize> = HashMap::new();
    let mut made: HashMap<&Key, (HashSet<&[u8]>, i64)> = HashMap::new();
    let mut texts = Texts::default();
    let mut members: Vec<Entry<'_>> = Vec::new();
    let mut published: Vec<[&[u8]; 3]> = Vec::new();
    for op in steps.iter().flat_map(|step| &step.then) {
        if let Op::Index(IndexOp::SetMove { to, member, at, .. }) = op {
            let (members, end) = made.entry(to).or_default();
            members.insert(member);
            *end = (*end).max(*at);
        }
    }
    let mut moved: HashSet<&Key> = HashSet::new();
    for (whose, (step, outcome)) in steps.iter().zip(outcomes.iter()).enumerate() {
        // Of a session that ended by itself there may be left-overs to remove, but nothing to change.
        let follows = match outcome {
            Outcome::Done { .. } => true,
            Outcome::Gone { .. } => step.own == Own::End,
            Outcome::Changed | Outcome::Failed(_) => false,
        };
        if !follows {
            continue;
        }
        for op in step.then.iter().filter(|op| done.insert(*op)) {
            match op {
                Op::Index(
                    IndexOp::SetRemove { .. }
                    | IndexOp::SortedRemove { .. }
                    | IndexOp::HashRemove { .. }
                    | IndexOp::SetRemoveListed { .. }
                    | IndexOp::SortedScore { .. },
                )
                | Op::Unlink(_)
                | Op::Unlock(_)
                | Op::OnlyWhile(_)
                | Op::EndAt { .. } => {}
                Op::Index(IndexOp::SetMove { to, .. }) => {
                    moved.insert(to);
                }
                Op::Outlive { key, at } => {
                    let place = *outlived.entry(key).or_insert(ends.len());
                    match ends.get_mut(place) {
                        // As if each session moved it on.
                        Some(end) => end.at = end.at.zip(*at).map(|(one, other)| one.max(other)),
                        None => ends.push(MoveEnd { key, at: *at, fits: While::Earlier }),
                    }
                }
                Op::Index(IndexOp::JsonListSet { key, item, member, value }) => {
                    let value = value.as_bytes();
                    texts.add(key, whose, Edit::Set { item, member, from: None, value });
                }
                Op::Index(IndexOp::JsonListRemove { key, item, when_empty }) => {
                    texts.add(key, whose, Edit::Drop { item, when_empty: *when_empty });
                }
                Op::UnlinkIfEquals(key, value) => texts.add(key, whose, Edit::UnlinkIf(value)),
                Op::Index(IndexOp::SortedRemoveWhenGone { key, member, gone }) => {
                    members.push(Entry { index: key, member, key: gone, whose, removed: 0 });
                }
                Op::Index(IndexOp::Publish { channel, message }) => {
                    published.push([b"PUBLISH", channel, message]);
                }
            }
        }
    }
    made.retain(|key, _| moved.contains(key));
    ends.extend(if_made(store, made)?);
    guarded::carry_out(store, &mut ends)?;
    let texted = guarded::carry_out(store, &mut texts.all);
    for (whose, keys, entries) in texts.all.iter().flat_map(|text| &text.gone) {
        outcomes[*whose].add(*keys, *entries);
    }
    texted?;
    let removed = guarded::carry_out(store, &mut members);
    for member in &members {
        outcomes[member.whose].add(0, member.removed);
    }
    removed?;
    for command in &published {
        store.push(command);
    }
    store.flush("PUBLISH")?;
    for _ in published {
        // Who may not publish has no process to tell either.
        let _ = store.take("PUBLISH")?;
    }
    Ok(())
}

/// Adds the members of these moves to the sets that they go to, as a move would in which both sets lie
/// in one slot of a cluster.
pub(super) fn added(store: &mut RedisStore, moves: &[&Op]) -> Result<(), Error> {
    let mut made: HashMap<&Key, (HashSet<&[u8]>, i64)> = HashMap::new();
    let mut sent = 0;
    for op in moves {
        if let Op::Index(IndexOp::SetMove { to, member, at, .. }) = op {
            store.push(&[b"SADD", &to.0, member]);
            sent += 1;
            let (members, end) = made.entry(to).or_default();
            members.insert(member);
            *end = (*end).max(*at);
        }
    }
    store.flush("SADD")?;
    let mut refused = None;
    for _ in 0..sent {
        if let Err(Refusal::Fatal(error)) = store.take("SADD")? {
            refused.get_or_insert(error);
        }
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let mut ends = if_made(store, made)?;
    guarded::carry_out(store, &mut ends)
}

/// The ends of sets that hold nothing but members that were just moved there.
fn if_made<'s>(
    store: &mut RedisStore,
    made: HashMap<&'s Key, (HashSet<&'s [u8]>, i64)>,
) -> Result<Vec<MoveEnd<'s>>, Error> {
    let made: Vec<_> = made.into_iter().collect();
    for (key, _) in &made {
        store.push(&[b"SCARD", &key.0]);
    }
    store.flush("SCARD")?;
    let mut ends = Vec::new();
    let mut refused = None;
    for (key, (members, at)) in made {
        let many = match store.take("SCARD")? {
            Ok(answer) => int(&answer).unwrap_or(0),
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
                continue;
            }
            Err(_) => 0,
        };
        // A set that was there is larger, and need not be read.
        if many > 0 && many <= members.len() as i64 {
            ends.push(MoveEnd { key, at: Some(at), fits: While::MadeOf(members) });
        }
    }
    refused.map_or(Ok(ends), Err)
}

/// A member of a sorted set that goes once another key is gone.
struct Entry<'s> {
    index: &'s Key,
    member: &'s [u8],
    /// The key that has to be gone, and is watched.
    key: &'s Key,
    whose: usize,
    removed: u64,
}

impl Guarded for Entry<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        store.push(&[b"EXISTS", &self.key.0]);
        1
    }

    fn decide(&mut self, _: i64, mut answers: Vec<Option<Answer>>) -> Vec<Command> {
        match answers.pop().flatten().as_ref().and_then(int) {
            Some(0) => vec![command(&[b"ZREM", &self.index.0, self.member])],
            _ => Vec::new(),
        }
    }

    fn held(&self) -> Held<'_> {
        Held::Nothing(self.key)
    }

    fn done(&mut self, mut answers: Vec<Answer>) {
        self.removed = answers.pop().as_ref().and_then(int).unwrap_or(0).max(0) as u64;
    }
}
