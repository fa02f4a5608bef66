//! What follows from a change once the sessions' keys are done: the operations that look before they
//! act, each a compare-and-set on one key.

use std::collections::{HashMap, HashSet};

use super::change::add;
use super::json_list::{in_list, merged, without};
use super::script::Held;
use super::*;
use crate::codec;
use crate::store::{JsonItem, Own, WhenEmpty};

/// How often a compare-and-set is tried before it is given up.
const TRIES: usize = 20;

/// The operations that look before they act, once the keys are gone; each once for the whole batch.
pub(super) fn follow(store: &mut RedisStore, steps: &[Step], outcomes: &mut [Outcome]) -> Result<(), Error> {
    let mut done = HashSet::new();
    let outlived = steps.iter().flat_map(|step| &step.then).filter_map(|op| match op {
        Op::Outlive { key, .. } => Some(key),
        _ => None,
    });
    let mortal = mortal(store, outlived.collect())?;
    let mut made: HashMap<&Key, (HashSet<&[u8]>, i64)> = HashMap::new();
    for op in steps.iter().flat_map(|step| &step.then) {
        if let Op::SetMove { to, member, at, .. } = op {
            let (members, end) = made.entry(to).or_default();
            members.insert(member);
            *end = (*end).max(*at);
        }
    }
    for (step, outcome) in steps.iter().zip(outcomes) {
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
            let (keys, entries) = match op {
                Op::SetRemove { .. }
                | Op::SortedRemove { .. }
                | Op::HashRemove { .. }
                | Op::Unlink(_)
                | Op::Unlock(_)
                | Op::OnlyWhile(_)
                | Op::SetRemoveListed { .. }
                | Op::EndAt { .. }
                | Op::SortedScore { .. } => (0, 0),
                Op::SetMove { to, .. } => {
                    made.remove(to).map_or(Ok(()), |(members, at)| end_if_made(store, to, &members, at))?;
                    (0, 0)
                }
                Op::Outlive { key, .. } if !mortal.contains(key) => (0, 0),
                Op::Outlive { key, at } => {
                    move_end(store, key, *at, |now, left| match left {
                        Some(left) => at.is_none_or(|at| now + left < at),
                        None => false,
                    })?;
                    (0, 0)
                }
                Op::JsonListSet { key, item, member, value } => {
                    set_in_list(store, key, item, member, &|_| true, value.as_bytes())?;
                    (0, 0)
                }
                Op::UnlinkIfEquals(key, value) => (unlink_if(store, key, |text| text == value)?, 0),
                Op::SortedRemoveWhenGone { key, member, gone } => {
                    (0, remove_when_gone(store, key, member, gone)?)
                }
                Op::JsonListRemove { key, item, when_empty } => rewrite(store, key, item, *when_empty)?,
                Op::Publish { channel, message } => {
                    store.push(&[b"PUBLISH", channel, message]);
                    store.flush("PUBLISH")?;
                    // Who may not publish has no process to tell either.
                    let _ = store.take("PUBLISH")?;
                    (0, 0)
                }
            };
            add(outcome, keys, entries);
        }
    }
    Ok(())
}

/// Gives a set an end that holds nothing but members that were just moved there.
fn end_if_made(store: &mut RedisStore, key: &Key, moved: &HashSet<&[u8]>, at: i64) -> Result<(), Error> {
    let many = store.take_one(&[b"SCARD", &key.0])?.as_ref().and_then(int).unwrap_or(0);
    if many <= 0 || many > moved.len() as i64 {
        return Ok(());
    }
    let answer = store.take_one(&[b"SMEMBERS", &key.0])?;
    let Some(Answer::Array(members) | Answer::Set(members)) = answer else { return Ok(()) };
    if !members.into_iter().all(|member| bulk(member).is_some_and(|member| moved.contains(&member[..]))) {
        return Ok(());
    }
    move_end(store, key, Some(at), |now, left| left.is_none() && now < at)
}

/// What a key holds, watched from here on; `None` where it is absent, no string or not to be seen.
fn watched_text(store: &mut RedisStore, key: &Key) -> Result<Option<Vec<u8>>, Error> {
    store.push(&[b"WATCH", &key.0]);
    store.push(&[b"GET", &key.0]);
    store.flush("GET")?;
    store.expect("WATCH")?;
    match store.take("GET")? {
        Ok(answer) => Ok(bulk(answer)),
        Err(Refusal::Fatal(error)) => Err(error),
        Err(Refusal::WrongType | Refusal::HiddenKey) => Ok(None),
    }
}

/// Removes a companion key while it is what `fits` wants.
fn unlink_if(store: &mut RedisStore, key: &Key, fits: impl Fn(&[u8]) -> bool) -> Result<u64, Error> {
    for _ in 0..TRIES {
        let Some(text) = watched_text(store, key)?.filter(|text| fits(text)) else {
            store.ask(&[b"UNWATCH"])?;
            return Ok(0);
        };
        if let Some(answer) = transact(store, &Held::Text(key, &text), &[b"UNLINK", &key.0])? {
            return Ok(int(&answer).unwrap_or(0).max(0) as u64);
        }
    }
    Ok(0)
}

/// Removes a member once another key is gone.
fn remove_when_gone(store: &mut RedisStore, key: &Key, member: &[u8], gone: &Key) -> Result<u64, Error> {
    for _ in 0..TRIES {
        store.push(&[b"WATCH", &gone.0]);
        store.push(&[b"EXISTS", &gone.0]);
        store.flush("EXISTS")?;
        store.expect("WATCH")?;
        if int(&store.expect("EXISTS")?) != Some(0) {
            store.ask(&[b"UNWATCH"])?;
            return Ok(0);
        }
        if let Some(answer) = transact(store, &Held::Nothing(gone), &[b"ZREM", &key.0, member])? {
            return Ok(int(&answer).unwrap_or(0).max(0) as u64);
        }
    }
    Ok(0)
}

/// Takes items out of a JSON list, keeping the others byte for byte and the expiry as it is.
fn rewrite(
    store: &mut RedisStore,
    key: &Key,
    item: &JsonItem,
    when_empty: WhenEmpty,
) -> Result<(u64, u64), Error> {
    for _ in 0..TRIES {
        let text = watched_text(store, key)?;
        let text = text.unwrap_or_default();
        let Some((rewritten, removed, empty)) = without(&text, item) else {
            store.ask(&[b"UNWATCH"])?;
            return Ok((0, 0));
        };
        let held = Held::Text(key, &text);
        let answer = if empty && when_empty == WhenEmpty::Unlink {
            transact(store, &held, &[b"UNLINK", &key.0])?
        } else {
            transact(store, &held, &[b"SET", &key.0, &rewritten, b"KEEPTTL"])?
        };
        if answer.is_some() {
            return Ok((u64::from(empty && when_empty == WhenEmpty::Unlink), removed));
        }
    }
    Err(Error::Refused {
        place: store.place.clone(),
        command: "SET".to_string(),
        reason: "an index list is being written all the time".to_string(),
    })
}

/// Which of these keys are there and have an end.
pub(super) fn mortal<'k>(
    store: &mut RedisStore,
    mut keys: HashSet<&'k Key>,
) -> Result<HashSet<&'k Key>, Error> {
    let asked: Vec<&Key> = keys.iter().copied().collect();
    for key in &asked {
        store.push(&[b"PTTL", &key.0]);
    }
    store.flush("PTTL")?;
    for key in asked {
        let left = match store.take("PTTL")? {
            Ok(answer) => int(&answer),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        };
        if left.is_none_or(|left| left < 0) {
            keys.remove(key);
        }
    }
    Ok(keys)
}

/// Lets a key end at another time while `fits` says so of the present time and what it has left, in
/// ms. Watched, for servers that do not know PEXPIREAT's conditions.
pub(super) fn move_end(
    store: &mut RedisStore,
    key: &Key,
    at: Option<i64>,
    fits: impl Fn(i64, Option<i64>) -> bool,
) -> Result<(), Error> {
    for _ in 0..TRIES {
        store.push(&[b"WATCH", &key.0]);
        store.push(&[b"TIME"]);
        store.push(&[b"PTTL", &key.0]);
        store.flush("PTTL")?;
        store.expect("WATCH")?;
        let now = store.expect("TIME")?;
        let now = instant(now).ok_or_else(|| store.senseless("TIME"))?;
        let left = int(&store.expect("PTTL")?).unwrap_or(-2);
        if left == -2 || !fits(now, Some(left).filter(|left| *left >= 0)) {
            store.ask(&[b"UNWATCH"])?;
            return Ok(());
        }
        let moved = match at {
            Some(at) => transact(store, &Held::Unasked, &[b"PEXPIREAT", &key.0, at.to_string().as_bytes()])?,
            None => transact(store, &Held::Unasked, &[b"PERSIST", &key.0])?,
        };
        if moved.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// Gives a member of an item of a JSON list another value while `fits` says so of the present one;
/// not a byte else changes, nor the expiry.
pub(super) fn set_in_list(
    store: &mut RedisStore,
    key: &Key,
    item: &JsonItem,
    member: &str,
    fits: &dyn Fn(&[u8]) -> bool,
    value: &[u8],
) -> Result<(), Error> {
    for _ in 0..TRIES {
        let text = watched_text(store, key)?;
        let changed = text.as_deref().and_then(|text| {
            let span = in_list(text, item, member).filter(|span| fits(&text[span.clone()]))?;
            Some(codec::json::splice(text, span, value))
        });
        let text = text.unwrap_or_default();
        let Some(changed) = changed.filter(|changed| *changed != text) else {
            store.ask(&[b"UNWATCH"])?;
            return Ok(());
        };
        if transact(store, &Held::Text(key, &text), &[b"SET", &key.0, &changed, b"KEEPTTL"])?.is_some() {
            return Ok(());
        }
    }
    Err(Error::Refused {
        place: store.place.clone(),
        command: "SET".to_string(),
        reason: "an index list is being written all the time".to_string(),
    })
}

/// Adds the items of an old list that are missing from the present one, at its end, and puts the
/// old text back where the items are then the same.
pub(super) fn merge_list(store: &mut RedisStore, key: &Key, old: &[u8]) -> Result<(), Error> {
    for _ in 0..TRIES {
        let text = watched_text(store, key)?;
        let text = text.unwrap_or_default();
        let Some(merged) = merged(&text, old) else {
            store.ask(&[b"UNWATCH"])?;
            return Ok(());
        };
        if transact(store, &Held::Text(key, &text), &[b"SET", &key.0, &merged, b"KEEPTTL"])?.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// MULTI, one command, EXEC. `None` when a watched key was written meanwhile. A full server, which takes
/// no transaction, gets a script that asks for what is `held`.
fn transact(store: &mut RedisStore, held: &Held<'_>, command: &[&[u8]]) -> Result<Option<Answer>, Error> {
    let name = String::from_utf8_lossy(command[0]).into_owned();
    store.push(&[b"MULTI"]);
    store.push(command);
    store.push(&[b"EXEC"]);
    store.flush(&name)?;
    store.expect("MULTI")?;
    let queued = store.take(&name)?;
    let executed = store.take("EXEC")?;
    match (queued, executed) {
        (Err(Refusal::Fatal(error)), _) if error.is_full() && !matches!(held, Held::Unasked) => {
            script::one(store, held, command)
        }
        (Err(Refusal::Fatal(error)), _) | (_, Err(Refusal::Fatal(error))) => Err(error),
        (_, Ok(Answer::Nil)) => Ok(None),
        (_, Ok(Answer::Array(mut answers))) if answers.len() == 1 => Ok(answers.pop()),
        _ => Err(store.senseless("EXEC")),
    }
}
