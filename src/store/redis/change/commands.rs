//! The commands that a step's parts are, and what their answers are for.

use std::borrow::Cow;

use crate::store::{Expiry, IndexOp, Key, Op, Own, Rewrite, Step};

/// What one answer of a transaction is for.
pub(super) enum Part {
    /// The sessions' own keys go, all of a share's by one command.
    Ends,
    /// The session's own key goes.
    End,
    /// A part of what becomes of the session's own key instead.
    Own { last: bool },
    /// An index entry goes.
    Entry,
    /// A key that belongs to the session alone.
    Beside,
    /// An index entry changes, or when a key next to the session ends.
    Other,
}

impl Part {
    pub(super) fn of(op: &Op) -> Part {
        match op {
            Op::Unlink(_) | Op::Unlock(_) => Part::Beside,
            Op::Index(IndexOp::SortedScore { .. } | IndexOp::SetMove { .. }) | Op::EndAt { .. } => {
                Part::Other
            }
            _ => Part::Entry,
        }
    }

    /// The command whose answer this is, for errors.
    pub(super) fn command(&self) -> &'static str {
        match self {
            Part::Ends | Part::End | Part::Beside => "UNLINK",
            Part::Own { .. } => "PEXPIREAT",
            Part::Entry => "SREM",
            Part::Other => "ZADD",
        }
    }
}

/// The commands that make a session end at another time.
pub(super) fn expiring<'s>(
    key: &'s Key,
    expiry: Expiry,
    rewrite: Option<&'s Rewrite>,
) -> Vec<Vec<Cow<'s, [u8]>>> {
    let mut commands: Vec<Vec<Cow<'s, [u8]>>> = Vec::new();
    match rewrite {
        // XX: a key that ends in this moment is not made again.
        Some(Rewrite::Text(text)) => {
            let mut command: Vec<Cow<'s, [u8]>> =
                vec![b"SET"[..].into(), (&key.0[..]).into(), (&text[..]).into(), b"XX"[..].into()];
            if expiry == Expiry::Keep {
                command.push(b"KEEPTTL"[..].into());
            }
            commands.push(command);
        }
        Some(Rewrite::Fields(fields)) => {
            let mut command: Vec<Cow<'s, [u8]>> = vec![b"HSET"[..].into(), (&key.0[..]).into()];
            for (field, value) in fields {
                command.extend([(&field.0[..]).into(), (&value.0[..]).into()]);
            }
            commands.push(command);
        }
        None => {}
    }
    match expiry {
        Expiry::At(at) => commands.push(end_at(key, at)),
        Expiry::Persist => commands.push(vec![b"PERSIST"[..].into(), (&key.0[..]).into()]),
        Expiry::Keep => {}
    }
    commands
}

pub(super) fn end_at(key: &Key, at: i64) -> Vec<Cow<'_, [u8]>> {
    vec![b"PEXPIREAT"[..].into(), (&key.0[..]).into(), at.to_string().into_bytes().into()]
}

/// When the step lets the session's key end, or the first of those next to it.
pub(super) fn new_end(step: &Step) -> Option<i64> {
    let own = match step.own {
        Own::Expire { at: Expiry::At(at), .. } => Some(at),
        _ => None,
    };
    let beside = step.then.iter().filter_map(|op| match op {
        Op::EndAt { at, .. } => *at,
        _ => None,
    });
    own.into_iter().chain(beside).min()
}

/// The index of an operation that is unconditional by nature.
pub(in crate::store::redis) fn simple_key(op: &Op) -> Option<&Key> {
    match op {
        Op::Index(
            IndexOp::SetRemove { key, .. }
            | IndexOp::SortedRemove { key, .. }
            | IndexOp::HashRemove { key, .. }
            | IndexOp::SortedScore { key, .. }
            | IndexOp::SetMove { key, .. },
        ) => Some(key),
        _ => None,
    }
}

/// The commands of a step's operations that are unconditional by nature; entries that go from the same
/// index one after the other go by one command.
pub(super) fn simples(step: &Step, no_index: bool) -> Vec<(Vec<Cow<'_, [u8]>>, Part)> {
    let mut commands: Vec<(Vec<Cow<'_, [u8]>>, Part)> = Vec::new();
    for op in step.then.iter().filter(|op| !no_index || simple_key(op).is_none()) {
        let Some(mut command) = simple(op) else { continue };
        let part = Part::of(op);
        if let (Part::Entry, Some((last, Part::Entry))) = (&part, commands.last_mut())
            && last[..2] == command[..2]
        {
            last.extend(command.drain(2..));
        } else {
            commands.push((command, part));
        }
    }
    commands
}

/// The command of an operation that is unconditional by nature; `None` for those that need more.
pub(super) fn simple(op: &Op) -> Option<Vec<Cow<'_, [u8]>>> {
    fn of<'o>(parts: &[&'o [u8]]) -> Vec<Cow<'o, [u8]>> {
        parts.iter().map(|part| Cow::Borrowed(*part)).collect()
    }
    Some(match op {
        Op::Index(IndexOp::SetRemove { key, member }) => of(&[b"SREM", &key.0, member]),
        Op::Index(IndexOp::SortedRemove { key, member }) => of(&[b"ZREM", &key.0, member]),
        Op::Index(IndexOp::HashRemove { key, field }) => of(&[b"HDEL", &key.0, field]),
        // Together with the session: a lock that outlived it would let a request write it back.
        Op::Unlink(key) | Op::Unlock(key) => of(&[b"UNLINK", &key.0]),
        Op::Index(IndexOp::SortedScore { key, member, score }) => {
            let mut command = of(&[b"ZADD", &key.0, b"XX"]);
            command.extend([score.to_string().into_bytes().into(), Cow::Borrowed(&member[..])]);
            command
        }
        Op::EndAt { key, at: Some(at) } => end_at(key, *at),
        Op::EndAt { key, at: None } => of(&[b"PERSIST", &key.0]),
        Op::Index(IndexOp::SetMove { key, to, member, .. }) => of(&[b"SMOVE", &key.0, &to.0, member]),
        _ => return None,
    })
}
