//! What is asked before anything is changed: whether it is permitted, and what of it is there at all.

use std::collections::HashSet;

use super::change::simple_key;
use super::{RedisStore, Refusal, bulk, int};
use crate::store::json_list::{in_list, without};
use crate::store::{Error, Expiry, IndexOp, Key, Op, Own, Rewrite, Source as _, Step};
use ::redis::Value as Answer;

/// Asks for permission with keys that cannot exist: the ones at hand with an ending of their own.
pub(super) fn may_change(store: &mut RedisStore, samples: &[&Step]) -> Result<(), Error> {
    // An index that is not there is not touched, so no permission is needed for it.
    let index = |op: &Op| match op {
        Op::Outlive { key, .. } | Op::EndAt { key, .. } => Some(key.clone()),
        op => simple_key(op).cloned(),
    };
    let mut indexes: Vec<Key> = samples.iter().flat_map(|sample| &sample.then).filter_map(index).collect();
    indexes.sort();
    indexes.dedup();
    for key in &indexes {
        store.push(&[b"EXISTS", &key.0]);
    }
    store.flush("EXISTS")?;
    let mut absent = HashSet::new();
    let mut refused = None;
    for key in indexes {
        match store.take("EXISTS")? {
            Ok(answer) if int(&answer) == Some(1) => {}
            // It is on its way to another node of the cluster.
            Err(Refusal::Fatal(Error::Moved { .. })) => {}
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
            }
            Ok(_) | Err(_) => {
                absent.insert(key);
            }
        }
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let mut commands: Vec<Vec<Vec<u8>>> = Vec::new();
    for sample in samples {
        let present = sample.then.iter().filter(|op| index(op).is_none_or(|key| !absent.contains(&key)));
        asks(sample, present, &mut commands);
    }
    ask(store, &commands)
}

/// Adds the commands that a step will do, on keys that cannot exist.
fn asks<'s>(sample: &Step, present: impl Iterator<Item = &'s Op>, commands: &mut Vec<Vec<Vec<u8>>>) {
    let beside = |key: &Key| [&key.0[..], b"\0sessctl-may-i"].concat();
    let own = beside(&sample.key);
    commands.extend([vec![b"WATCH".to_vec(), own.clone()], vec![b"UNWATCH".to_vec()]]);
    commands.push(match &sample.own {
        Own::End => vec![b"UNLINK".to_vec(), own.clone()],
        // None of these writes where there is no key.
        Own::Expire { rewrite: Some(Rewrite::Text(_)), .. } => {
            vec![b"SET".to_vec(), own.clone(), b"".to_vec(), b"XX".to_vec()]
        }
        Own::Expire { at: Expiry::Persist, .. } => vec![b"PERSIST".to_vec(), own.clone()],
        Own::Expire { .. } => vec![b"PEXPIREAT".to_vec(), own.clone(), b"1".to_vec()],
        Own::Gone => vec![b"EXISTS".to_vec(), own.clone()],
    });
    match &sample.own {
        Own::Expire { rewrite: Some(Rewrite::Text(_)), at: Expiry::At(_) } => {
            commands.push(vec![b"PEXPIREAT".to_vec(), own.clone(), b"1".to_vec()]);
        }
        Own::Expire { rewrite: Some(Rewrite::Text(_)), at: Expiry::Persist } => {
            commands.push(vec![b"PERSIST".to_vec(), own.clone()]);
        }
        // HSET would write; queued and dropped, it is only judged.
        Own::Expire { rewrite: Some(Rewrite::Fields(_)), .. } => commands.extend([
            vec![b"MULTI".to_vec()],
            vec![b"HSET".to_vec(), own.clone(), b"x".to_vec(), b"".to_vec()],
            vec![b"DISCARD".to_vec()],
        ]),
        _ => {}
    }
    for op in present {
        let Some(key) = op.key() else { continue };
        let key = beside(key);
        commands.push(match op {
            Op::Index(IndexOp::SetRemove { .. } | IndexOp::SetRemoveListed { .. }) => {
                vec![b"SREM".to_vec(), key, b"x".to_vec()]
            }
            Op::Index(IndexOp::SetMove { to, .. }) => vec![b"SMOVE".to_vec(), key, beside(to), b"x".to_vec()],
            Op::Index(IndexOp::SortedRemove { .. } | IndexOp::SortedRemoveWhenGone { .. }) => {
                vec![b"ZREM".to_vec(), key, b"x".to_vec()]
            }
            Op::Index(IndexOp::HashRemove { .. }) => vec![b"HDEL".to_vec(), key, b"x".to_vec()],
            Op::Index(IndexOp::SortedScore { .. }) => {
                vec![b"ZADD".to_vec(), key, b"XX".to_vec(), b"0".to_vec(), b"x".to_vec()]
            }
            Op::Outlive { at: None, .. } | Op::EndAt { at: None, .. } => vec![b"PERSIST".to_vec(), key],
            Op::Outlive { at: Some(_), .. } | Op::EndAt { at: Some(_), .. } => {
                vec![b"PEXPIREAT".to_vec(), key, b"1".to_vec()]
            }
            // XX: does not write where there is no key.
            Op::Index(IndexOp::JsonListRemove { .. } | IndexOp::JsonListSet { .. }) => {
                vec![b"SET".to_vec(), key, b"".to_vec(), b"XX".to_vec()]
            }
            Op::Unlink(_) if sample.own == Own::Gone => vec![b"UNLINK".to_vec(), key],
            Op::Unlink(_)
            | Op::Unlock(_)
            | Op::UnlinkIfEquals(..)
            | Op::OnlyWhile(_)
            | Op::Index(IndexOp::Publish { .. }) => continue,
        });
    }
}

/// Asks them all; the first refusal, if there is one.
pub(super) fn ask(store: &mut RedisStore, commands: &[Vec<Vec<u8>>]) -> Result<(), Error> {
    for command in commands {
        let args: Vec<&[u8]> = command.iter().map(|arg| &arg[..]).collect();
        store.push(&args);
    }
    store.push(&[b"MULTI"]);
    store.push(&[b"EXEC"]);
    store.flush("UNLINK")?;
    let mut refused = None;
    for command in commands
        .iter()
        .map(|command| String::from_utf8_lossy(&command[0]).into_owned())
        .chain(["MULTI".to_string(), "EXEC".to_string()])
    {
        match store.take(&command)? {
            // Whether it is permitted is looked at before whether there is room for it.
            Err(Refusal::Fatal(error)) if error.is_full() => {}
            // So is it before it is said that the key would be on another node of the cluster.
            Err(Refusal::Fatal(Error::Moved { .. } | Error::Cluster { .. })) => {}
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
            }
            Err(Refusal::HiddenKey) => {
                refused.get_or_insert(Error::Denied {
                    place: store.place.clone(),
                    user: store.user.clone(),
                    command: format!("{command} on the sessions' keys"),
                });
            }
            _ => {}
        }
    }
    refused.map_or(Ok(()), Err)
}

/// The server's clock, or ours for those who may only read.
fn about_now(store: &mut RedisStore) -> Result<i64, Error> {
    match store.now() {
        Err(Error::Denied { .. }) => {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            Ok(since.map_or(0, |since| since.as_millis() as i64))
        }
        other => other,
    }
}

pub(super) fn probe(store: &mut RedisStore, ops: &[Op]) -> Result<Vec<bool>, Error> {
    let now = if ops.iter().any(|op| matches!(op, Op::Outlive { .. })) { about_now(store)? } else { 0 };
    for op in ops {
        match op {
            Op::Unlink(key)
            | Op::Unlock(key)
            | Op::OnlyWhile(key)
            | Op::Index(IndexOp::SetRemoveListed { key, .. }) => {
                store.push(&[b"EXISTS", &key.0]);
            }
            Op::UnlinkIfEquals(key, _)
            | Op::Index(IndexOp::JsonListRemove { key, .. } | IndexOp::JsonListSet { key, .. }) => {
                store.push(&[b"GET", &key.0]);
            }
            Op::Outlive { key, .. } | Op::EndAt { key, .. } => store.push(&[b"PTTL", &key.0]),
            Op::Index(IndexOp::SetRemove { key, member } | IndexOp::SetMove { key, member, .. }) => {
                store.push(&[b"SISMEMBER", &key.0, member]);
            }
            Op::Index(
                IndexOp::SortedRemove { key, member }
                | IndexOp::SortedRemoveWhenGone { key, member, .. }
                | IndexOp::SortedScore { key, member, .. },
            ) => {
                store.push(&[b"ZSCORE", &key.0, member]);
            }
            Op::Index(IndexOp::HashRemove { key, field }) => store.push(&[b"HEXISTS", &key.0, field]),
            Op::Index(IndexOp::Publish { .. }) => {}
        }
    }
    store.flush("EXISTS")?;
    let mut found = Vec::with_capacity(ops.len());
    for op in ops {
        if matches!(op, Op::Index(IndexOp::Publish { .. })) {
            found.push(false);
            continue;
        }
        let answer = match store.take("EXISTS")? {
            Ok(answer) => answer,
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => Answer::Nil,
        };
        found.push(match (op, answer) {
            (_, Answer::Nil) => false,
            (Op::UnlinkIfEquals(_, value), answer) => bulk(answer).is_some_and(|text| text == *value),
            (Op::Index(IndexOp::JsonListRemove { item, .. }), answer) => {
                bulk(answer).is_some_and(|text| without(&text, item).is_some())
            }
            (Op::Index(IndexOp::JsonListSet { item, member, .. }), answer) => {
                bulk(answer).is_some_and(|text| in_list(&text, item, member).is_some())
            }
            (Op::Outlive { at, .. }, answer) => {
                int(&answer).filter(|left| *left >= 0).is_some_and(|left| at.is_none_or(|at| now + left < at))
            }
            (Op::EndAt { .. }, answer) => int(&answer).is_some_and(|left| left != -2),
            (
                Op::Index(
                    IndexOp::SortedRemove { .. }
                    | IndexOp::SortedRemoveWhenGone { .. }
                    | IndexOp::SortedScore { .. },
                ),
                _,
            ) => true,
            (_, answer) => int(&answer).is_some_and(|n| n > 0),
        });
    }
    Ok(found)
}
