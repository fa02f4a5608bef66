//! Backups: what a step is going to change, as it was, gathered while its keys are watched.

use std::collections::{HashMap, HashSet};

use super::{RedisStore, Refusal, bulk, instant, int, kind_of, pairs};
use crate::store::json_list;
use crate::store::{
    Backup, Companion, Content, Error, Fingerprint, IndexOp, Key, Kind, Op, Parts, Raw, Step, fingerprint,
};
use ::redis::Value as Answer;

/// Indexes with more entries are not kept whole; their entries are.
const SMALL: i64 = 128;

/// A step whose key still is what was seen, and what it holds.
pub(super) struct Seen {
    pub(super) at: usize,
    pub(super) content: Raw,
    /// When its key ends, as PEXPIRETIME says it, if that was asked.
    pub(super) end: Option<i64>,
    /// None of the indexes that the steps next to it name is there.
    pub(super) no_index: bool,
}

/// Gathers the backups of these steps, whose keys are being watched: all of them in a few turns,
/// however many they are. Those whose key vanished meanwhile have none; their places come second.
pub(super) fn collect(
    store: &mut RedisStore,
    steps: &[Step],
    seen: Vec<Seen>,
) -> Result<(Vec<Backup>, Vec<usize>), Error> {
    let hashes = seen.iter().any(|one| steps[one.at].hash);
    let dumps = hashes && fields_end(store)?;
    if dumps {
        for one in seen.iter().filter(|one| steps[one.at].hash) {
            store.push(&[b"DUMP", &steps[one.at].key.0]);
        }
    }
    let told: Vec<Option<i64>> = seen.iter().map(|one| one.end).collect();
    let keys = seen.iter().filter(|one| one.end.is_none()).map(|one| &steps[one.at].key);
    let keys: Vec<&Key> = keys.collect();
    ask_ends(store, &keys);
    store.flush("PEXPIRETIME")?;
    let mut backups = Vec::with_capacity(seen.len());
    let (mut vanished, mut no_index) = (Vec::new(), Vec::new());
    for one in seen {
        let step = &steps[one.at];
        let content = match one.content {
            Raw::Text(text) => Some(Content::Text(text)),
            Raw::Hash(fields) => {
                let dump = if dumps { bulk(store.expect("DUMP")?) } else { Some(Vec::new()) };
                let fields = fields.into_iter().map(|(field, value)| (Key(field), Key(value)));
                dump.map(|dump| Content::Hash { dump, fields: fields.collect() })
            }
            _ => None,
        };
        // A place is kept for each, as the answers about their ends are still to come.
        backups.push(Backup {
            step: one.at as u32,
            key: step.key.clone(),
            content: content.unwrap_or_else(|| {
                vanished.push(one.at);
                Content::Text(Vec::new())
            }),
            expires: None,
            own: step.own.clone(),
            companions: Vec::new(),
        });
        no_index.push(one.no_index);
    }
    let mut heard = hear_ends(store, &keys)?.into_iter();
    for (backup, told) in backups.iter_mut().zip(told) {
        let end = told.map_or_else(|| heard.next().flatten(), |end| (end != -2).then_some(end));
        backup.expires = end.filter(|end| *end >= 0);
        let at = backup.step as usize;
        if end.is_none() && !vanished.contains(&at) {
            vanished.push(at);
        }
    }
    if !vanished.is_empty() {
        let left = |backup: &Backup| !vanished.contains(&(backup.step as usize));
        let mut keep = backups.iter().map(left).collect::<Vec<_>>().into_iter();
        no_index.retain(|_| keep.next().unwrap_or_default());
        backups.retain(left);
    }
    companions(store, steps, &mut backups, &no_index)?;
    Ok((backups, vanished))
}

/// What the operations of steps without any session are going to change, step by step.
pub(super) fn beside(store: &mut RedisStore, steps: &[Step]) -> Result<Vec<Vec<Companion>>, Error> {
    let blank = |(at, step): (usize, &Step)| Backup {
        step: at as u32,
        key: step.key.clone(),
        content: Content::Text(Vec::new()),
        expires: None,
        own: step.own.clone(),
        companions: Vec::new(),
    };
    let mut backups: Vec<Backup> = steps.iter().enumerate().map(blank).collect();
    companions(store, steps, &mut backups, &vec![false; steps.len()])?;
    Ok(backups.into_iter().map(|backup| backup.companions).collect())
}

/// Whether fields of a hash can have ends of their own here, which are in its DUMP alone (Redis 7.4,
/// Valkey 9.0). Elsewhere the fields are all that there is, and DUMP the dearest of all requests.
fn fields_end(store: &mut RedisStore) -> Result<bool, Error> {
    if let Some(known) = store.fields_end {
        return Ok(known);
    }
    store.push(&[b"COMMAND", b"INFO", b"hpexpiretime"]);
    store.flush("COMMAND")?;
    let known = match store.take("COMMAND")? {
        Ok(Answer::Array(commands)) => !matches!(commands[..], [Answer::Nil]),
        _ => true,
    };
    store.fields_end = Some(known);
    Ok(known)
}

/// Queues the question when these keys end.
fn ask_ends(store: &mut RedisStore, keys: &[&Key]) {
    for key in keys {
        store.push(&[b"PEXPIRETIME", &key.0]);
    }
}

/// When these keys end, in ms since 1970; -1 is never. `None` where there is no such key.
fn hear_ends(store: &mut RedisStore, keys: &[&Key]) -> Result<Vec<Option<i64>>, Error> {
    let mut ends = Vec::with_capacity(keys.len());
    let mut without = Vec::new();
    for at in 0..keys.len() {
        ends.push(match store.take("PEXPIRETIME")? {
            Ok(answer) => int(&answer).filter(|end| *end != -2),
            // Older servers do not know it.
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {
                store.no_instant = true;
                without.push(at);
                None
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        });
    }
    if without.is_empty() {
        return Ok(ends);
    }
    // A span is off by what the answer took.
    store.push(&[b"TIME"]);
    for at in &without {
        store.push(&[b"PTTL", &keys[*at].0]);
    }
    store.flush("PTTL")?;
    let now = store.expect("TIME")?;
    let now = instant(now).ok_or_else(|| store.senseless("TIME"))?;
    for at in without {
        let left = int(&store.expect("PTTL")?).filter(|left| *left != -2);
        ends[at] = left.map(|left| if left < 0 { left } else { now + left });
    }
    Ok(ends)
}

/// What is asked of a companion in a second turn, once it is known what it is.
enum Later<'s> {
    Text(&'s Key, Vec<u8>),
    Ended(&'s Key, Option<i64>),
    Outlived(&'s Key, Option<i64>),
    Dumped(&'s Key),
    /// All of an index, where it is small, and how its content is read.
    Whole(&'s Key, Option<Kind>),
}

impl<'s> Later<'s> {
    fn key(&self) -> &'s Key {
        match self {
            Later::Text(key, _)
            | Later::Ended(key, _)
            | Later::Outlived(key, _)
            | Later::Dumped(key)
            | Later::Whole(key, _) => key,
        }
    }
}

/// The kind of an index, and the command that counts what is in it.
fn index_kind(op: &Op) -> Option<(Kind, &'static [u8])> {
    match op {
        Op::Index(IndexOp::SetRemove { .. } | IndexOp::SetMove { .. }) => Some((Kind::Set, b"SCARD")),
        Op::Index(IndexOp::SortedRemove { .. } | IndexOp::SortedRemoveWhenGone { .. }) => {
            Some((Kind::SortedSet, b"ZCARD"))
        }
        Op::Index(IndexOp::HashRemove { .. }) => Some((Kind::Hash, b"HLEN")),
        _ => None,
    }
}

/// Adds the entries and companion keys that the steps' operations are going to change.
fn companions(
    store: &mut RedisStore,
    steps: &[Step],
    backups: &mut [Backup],
    no_index: &[bool],
) -> Result<(), Error> {
    // Of many sessions per user the index is asked once, and its end kept once.
    let mut outlived: HashMap<&Key, Option<i64>> = HashMap::new();
    for op in backups.iter().flat_map(|backup| &steps[backup.step as usize].then) {
        if let Op::Outlive { key, at } = op {
            // The last of the ends that the sessions give it.
            let end = outlived.entry(key).or_insert(*at);
            *end = end.zip(*at).map(|(one, other)| one.max(other));
        }
    }
    let mut kept: HashSet<&Key> = HashSet::new();
    // Which backup an operation belongs to, in the order in which the questions are asked, and whether
    // its index is counted.
    let mut asked: Vec<(usize, &Op, bool)> = Vec::new();
    let mut later: Vec<(usize, Later<'_>)> = Vec::new();
    for (at, backup) in backups.iter().enumerate() {
        for op in &steps[backup.step as usize].then {
            match op {
                Op::Index(
                    IndexOp::SetRemove { .. }
                    | IndexOp::SetMove { .. }
                    | IndexOp::SortedRemove { .. }
                    | IndexOp::SortedScore { .. },
                ) if no_index[at] => {
                    continue;
                }
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
                Op::Index(IndexOp::HashRemove { key, field }) => store.push(&[b"HGET", &key.0, field]),
                Op::Unlink(key)
                | Op::UnlinkIfEquals(key, _)
                | Op::Index(IndexOp::JsonListRemove { key, .. } | IndexOp::JsonListSet { key, .. }) => {
                    store.push(&[b"GET", &key.0]);
                }
                Op::Outlive { key, .. } => {
                    later.extend(outlived.remove(key).map(|left| (at, Later::Outlived(key, left))));
                    continue;
                }
                Op::EndAt { key, at: left } => {
                    later.push((at, Later::Ended(key, *left)));
                    continue;
                }
                Op::Unlock(_)
                | Op::OnlyWhile(_)
                | Op::Index(IndexOp::SetRemoveListed { .. } | IndexOp::Publish { .. }) => {
                    continue;
                }
            }
            let mut counted = false;
            if let (Some((_, count)), Some(key)) = (index_kind(op), op.key())
                && kept.insert(key)
                && !store.touched.contains(key)
            {
                store.push(&[count, &key.0]);
                counted = true;
            }
            asked.push((at, op, counted));
        }
    }
    store.flush("GET")?;
    for (at, op, counted) in asked {
        let (answer, other) = match store.take("GET")? {
            Ok(answer) => (answer, false),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(Refusal::WrongType) => (Answer::Nil, true),
            Err(_) => (Answer::Nil, false),
        };
        let companions = &mut backups[at].companions;
        match op {
            Op::Index(IndexOp::SetRemove { key, member }) if int(&answer) == Some(1) => {
                companions.push(Companion::Member { key: key.clone(), member: Key(member.clone()) });
            }
            Op::Index(
                IndexOp::SortedRemove { key, member } | IndexOp::SortedRemoveWhenGone { key, member, .. },
            ) => {
                if let Some(score) = bulk_or_double(answer) {
                    companions.push(Companion::Scored {
                        key: key.clone(),
                        member: Key(member.clone()),
                        score,
                    });
                }
            }
            Op::Index(IndexOp::HashRemove { key, field }) => {
                if let Some(value) = bulk(answer) {
                    companions.push(Companion::Field {
                        key: key.clone(),
                        field: Key(field.clone()),
                        value: Key(value),
                    });
                }
            }
            Op::Unlink(key) if other => later.push((at, Later::Dumped(key))),
            Op::Unlink(key) | Op::UnlinkIfEquals(key, _) | Op::Index(IndexOp::JsonListRemove { key, .. }) => {
                later.extend(bulk(answer).map(|value| (at, Later::Text(key, value))));
            }
            Op::Index(IndexOp::SortedScore { key, member, score: left }) => {
                if let Some(score) = bulk_or_double(answer) {
                    companions.push(Companion::Rescored {
                        key: key.clone(),
                        member: Key(member.clone()),
                        score,
                        left: *left,
                    });
                }
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, value: left }) => {
                let text = bulk(answer).unwrap_or_default();
                if let Some(span) = json_list::in_list(&text, item, member) {
                    companions.push(Companion::Item {
                        key: key.clone(),
                        item: item.clone(),
                        member: member.clone(),
                        value: Key(text[span].to_vec()),
                        left: left.clone(),
                    });
                }
            }
            Op::Index(IndexOp::SetMove { key, to, member, .. }) if int(&answer) == Some(1) => {
                companions.push(Companion::Moved {
                    key: key.clone(),
                    to: to.clone(),
                    member: Key(member.clone()),
                });
            }
            _ => {}
        }
        if counted && let (Some((kind, _)), Some(key)) = (index_kind(op), op.key()) {
            let count = match store.take("SCARD")? {
                Ok(answer) => int(&answer).unwrap_or(0),
                Err(Refusal::Fatal(error)) => return Err(error),
                Err(_) => 0,
            };
            // Small indexes are kept whole the first time that a run touches them.
            store.touched.insert(key.clone());
            if count > 0 {
                later.push((at, Later::Whole(key, (count <= SMALL).then_some(kind))));
            }
        }
    }
    in_whole(store, later, backups)
}

/// Adds what takes a second turn.
fn in_whole(
    store: &mut RedisStore,
    later: Vec<(usize, Later<'_>)>,
    backups: &mut [Backup],
) -> Result<(), Error> {
    for (_, one) in &later {
        match one {
            Later::Dumped(key) => {
                store.push(&[b"TYPE", &key.0]);
                store.push(&[b"DUMP", &key.0]);
            }
            Later::Whole(key, Some(kind)) => {
                store.push(&[b"DUMP", &key.0]);
                ask_parts(store, key, *kind);
            }
            _ => {}
        }
    }
    let keys: Vec<&Key> = later.iter().map(|(_, one)| one.key()).collect();
    ask_ends(store, &keys);
    store.flush("PEXPIRETIME")?;
    let mut read: Vec<(Option<Kind>, Option<Vec<u8>>, Fingerprint)> = Vec::with_capacity(later.len());
    for (_, one) in &later {
        read.push(match one {
            Later::Dumped(_) => {
                let kind = kind_of(&store.expect("TYPE")?);
                (kind, bulk(store.expect("DUMP")?), Fingerprint([0; 16]))
            }
            Later::Whole(_, Some(kind)) => {
                let dump = bulk(store.expect("DUMP")?);
                let parts = hear_parts(store, *kind)?;
                (None, dump, parts.as_ref().map_or(Fingerprint([0; 16]), digest_of))
            }
            _ => (None, None, Fingerprint([0; 16])),
        });
    }
    let ends = hear_ends(store, &keys)?;
    for ((_, one), (kind, ..)) in later.iter().zip(&read) {
        if let (Later::Dumped(key), Some(kind)) = (one, kind) {
            ask_parts(store, key, *kind);
        }
    }
    store.flush("SMEMBERS")?;
    for (((at, one), (kind, dump, digest)), end) in later.into_iter().zip(read).zip(ends) {
        let parts = match (&one, kind) {
            (Later::Dumped(_), Some(kind)) => hear_parts(store, kind)?,
            _ => None,
        };
        let key = one.key().clone();
        // Never, or it vanished.
        let expires = end.filter(|end| *end >= 0);
        let companion = match one {
            Later::Text(_, value) => Companion::Text { key, value: Key(value), expires },
            Later::Ended(_, left) if end.is_some() => Companion::Ended { key, expires, left },
            Later::Outlived(_, left) => match expires.filter(|end| left.is_none_or(|left| *end < left)) {
                Some(expires) => Companion::Outlived { key, expires, left },
                None => continue,
            },
            Later::Dumped(_) => match dump {
                Some(dump) => Companion::Dumped { key, dump: Key(dump), expires, parts },
                None => continue,
            },
            Later::Whole(_, kind) => match dump {
                None if kind.is_some() => continue,
                dump => Companion::Whole { key, dump: Key(dump.unwrap_or_default()), digest, expires },
            },
            Later::Ended(..) => continue,
        };
        backups[at].companions.push(companion);
    }
    Ok(())
}

/// Queues the question what is in a collection; none where it is of a kind that has no such values.
pub(super) fn ask_parts(store: &mut RedisStore, key: &Key, kind: Kind) {
    match kind {
        Kind::Set => store.push(&[b"SMEMBERS", &key.0]),
        Kind::SortedSet => store.push(&[b"ZRANGE", &key.0, b"0", b"-1", b"WITHSCORES"]),
        Kind::Hash => store.push(&[b"HGETALL", &key.0]),
        Kind::List => store.push(&[b"LRANGE", &key.0, b"0", b"-1"]),
        Kind::String | Kind::Stream | Kind::Other => {}
    }
}

/// What is in a collection. `None` where it is of a kind that has no such values, or of another by now.
fn hear_parts(store: &mut RedisStore, kind: Kind) -> Result<Option<Parts>, Error> {
    if matches!(kind, Kind::String | Kind::Stream | Kind::Other) {
        return Ok(None);
    }
    let answer = match store.take("SMEMBERS")? {
        Ok(answer) => answer,
        Err(Refusal::Fatal(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    parts_of(kind, answer).map(Some).ok_or_else(|| store.senseless("SMEMBERS"))
}

/// What is in a collection by the answer to that question.
pub(super) fn parts_of(kind: Kind, answer: Answer) -> Option<Parts> {
    let keys = |pairs: Vec<(Vec<u8>, Vec<u8>)>| pairs.into_iter().map(|(a, b)| (Key(a), Key(b))).collect();
    match (kind, answer) {
        (Kind::Hash, answer) => pairs(answer).map(|fields| Parts::Fields(keys(fields))),
        (Kind::SortedSet, answer) => pairs(answer).map(|members| Parts::Scored(keys(members))),
        (kind, Answer::Array(items) | Answer::Set(items)) => {
            let items = items.into_iter().map(|item| bulk(item).map(Key)).collect::<Option<Vec<_>>>();
            let make = if kind == Kind::List { Parts::Items } else { Parts::Members };
            items.map(make)
        }
        _ => None,
    }
}

/// The content of a small collection, whatever order it is stored in.
pub(super) fn digest_of(parts: &Parts) -> Fingerprint {
    let fields = match parts {
        Parts::Fields(pairs) | Parts::Scored(pairs) => {
            pairs.iter().map(|(one, other)| (one.0.clone(), other.0.clone())).collect()
        }
        Parts::Members(members) | Parts::Items(members) => {
            members.iter().map(|member| (member.0.clone(), Vec::new())).collect()
        }
    };
    fingerprint(&Raw::Hash(fields)).unwrap_or(Fingerprint([0; 16]))
}

/// The kinds of these keys, of those that are small collections with content to compare.
pub(super) fn small_kinds(store: &mut RedisStore, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
    let mut kinds = store.kinds_of(keys)?;
    let count = |kind: Option<Kind>| -> Option<&[u8]> {
        match kind? {
            Kind::Set => Some(b"SCARD"),
            Kind::SortedSet => Some(b"ZCARD"),
            Kind::Hash => Some(b"HLEN"),
            _ => None,
        }
    };
    for (key, kind) in keys.iter().zip(&kinds) {
        if let Some(count) = count(*kind) {
            store.push(&[count, &key.0]);
        }
    }
    store.flush("SCARD")?;
    for kind in &mut kinds {
        let small = match count(*kind) {
            Some(_) => match store.take("SCARD")? {
                Ok(answer) => int(&answer).is_some_and(|many| many <= SMALL),
                Err(Refusal::Fatal(error)) => return Err(error),
                Err(_) => false,
            },
            None => false,
        };
        *kind = kind.filter(|_| small);
    }
    Ok(kinds)
}

pub(super) fn bulk_or_double(answer: Answer) -> Option<f64> {
    match answer {
        Answer::Double(score) => Some(score),
        answer => std::str::from_utf8(&bulk(answer)?).ok()?.parse().ok(),
    }
}
