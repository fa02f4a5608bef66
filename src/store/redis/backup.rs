//! Backups: what a step is going to change, as it was, gathered while its keys are watched.

use std::collections::HashSet;

use super::*;
use crate::store::{Content, Fingerprint, Parts};

/// Indexes with more entries are not kept whole; their entries are.
const SMALL: i64 = 128;

/// Gathers the backups of the steps whose key still is what was seen. `same` and `contents` run
/// along the steps; the keys are being watched. A key that vanished meanwhile has none, and is not the
/// same any more.
pub(super) fn collect(
    store: &mut RedisStore,
    first: usize,
    steps: &[Step],
    same: &mut [bool],
    contents: Vec<Raw>,
    no_index: bool,
) -> Result<Vec<Backup>, Error> {
    let wanted: Vec<usize> = (0..steps.len()).filter(|at| same[*at]).collect();
    for at in &wanted {
        let key = &steps[*at].key.0;
        store.push(&[b"PEXPIRETIME", key]);
        if steps[*at].hash {
            store.push(&[b"DUMP", key]);
        }
    }
    store.flush("PEXPIRETIME")?;
    let mut backups = Vec::with_capacity(wanted.len());
    let mut without = Vec::new();
    let mut contents: Vec<Option<Raw>> = contents.into_iter().map(Some).collect();
    for at in &wanted {
        let step = &steps[*at];
        let expires = match store.take("PEXPIRETIME")? {
            Ok(answer) => int(&answer).filter(|at| *at >= 0),
            // Older servers do not know it; asked in another way below.
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {
                without.push(backups.len());
                None
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        };
        let content = match contents[*at].take() {
            Some(Raw::Text(text)) => Content::Text(text),
            Some(Raw::Hash(fields)) => {
                let Some(dump) = bulk(store.expect("DUMP")?) else {
                    same[*at] = false;
                    without.retain(|place| *place != backups.len());
                    continue;
                };
                let fields = fields.into_iter().map(|(field, value)| (Key(field), Key(value))).collect();
                Content::Hash { dump, fields }
            }
            _ => return Err(store.senseless("GET")),
        };
        backups.push(Backup {
            step: (first + at) as u32,
            key: step.key.clone(),
            content,
            expires,
            own: step.own.clone(),
            companions: Vec::new(),
        });
    }
    if !without.is_empty() {
        let now = store.now()?;
        for at in &without {
            store.push(&[b"PTTL", &backups[*at].key.0]);
        }
        store.flush("PTTL")?;
        for at in without {
            backups[at].expires = int(&store.expect("PTTL")?).filter(|ttl| *ttl >= 0).map(|ttl| now + ttl);
        }
    }
    companions(store, steps, first, &mut backups, no_index)?;
    Ok(backups)
}

/// Adds the entries and companion keys that the steps' operations are going to change.
fn companions(
    store: &mut RedisStore,
    steps: &[Step],
    first: usize,
    backups: &mut [Backup],
    no_index: bool,
) -> Result<(), Error> {
    let texts = |op: &Op| matches!(op, Op::Unlink(_) | Op::UnlinkIfEquals(..) | Op::JsonListRemove { .. });
    // Of many sessions of one user the index is asked once, and its end kept once.
    let mut outlived: HashSet<&Key> = HashSet::new();
    let now = if steps.iter().flat_map(|step| &step.then).any(texts) { store.now()? } else { 0 };
    // Which backup an operation belongs to, in the order in which the questions are asked.
    let mut asked: Vec<(usize, &Op)> = Vec::new();
    let mut whole: Vec<(usize, &Op)> = Vec::new();
    let mut kept: HashSet<&Key> = HashSet::new();
    let mut ends: Vec<(usize, &Key, Option<i64>)> = Vec::new();
    for (at, backup) in backups.iter().enumerate() {
        for op in &steps[backup.step as usize - first].then {
            let index = match op {
                Op::SetRemove { key, member } | Op::SetMove { key, member, .. } => {
                    if no_index {
                        continue;
                    }
                    store.push(&[b"SISMEMBER", &key.0, member]);
                    Some(key)
                }
                Op::SortedRemove { key, member } if no_index => {
                    let _ = (key, member);
                    continue;
                }
                Op::SortedRemove { key, member } | Op::SortedRemoveWhenGone { key, member, .. } => {
                    store.push(&[b"ZSCORE", &key.0, member]);
                    Some(key)
                }
                Op::HashRemove { key, field } => {
                    store.push(&[b"HGET", &key.0, field]);
                    Some(key)
                }
                Op::Unlink(key) | Op::UnlinkIfEquals(key, _) | Op::JsonListRemove { key, .. } => {
                    store.push(&[b"GET", &key.0]);
                    store.push(&[b"PTTL", &key.0]);
                    None
                }
                Op::SortedScore { key, member, .. } => {
                    if no_index {
                        continue;
                    }
                    store.push(&[b"ZSCORE", &key.0, member]);
                    None
                }
                Op::JsonListSet { key, .. } => {
                    store.push(&[b"GET", &key.0]);
                    None
                }
                Op::Outlive { key, at: left } => {
                    // Asked one by one: the exact answer has two forms.
                    if outlived.insert(key) {
                        ends.push((at, key, *left));
                    }
                    continue;
                }
                Op::EndAt { key, .. } => {
                    store.push(&[b"EXISTS", &key.0]);
                    None
                }
                Op::Unlock(_) | Op::OnlyWhile(_) | Op::SetRemoveListed { .. } | Op::Publish { .. } => {
                    continue;
                }
            };
            asked.push((at, op));
            if let Some(key) = index
                && kept.insert(key)
            {
                whole.push((at, op));
            }
        }
    }
    store.flush("GET")?;
    let mut dumped: Vec<(usize, &Key)> = Vec::new();
    let mut ended: Vec<(usize, &Key, Option<i64>)> = Vec::new();
    for (at, op) in asked {
        let answer = match store.take("GET")? {
            Ok(answer) => answer,
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(Refusal::WrongType) => {
                if let Op::Unlink(key) = op {
                    dumped.push((at, key));
                }
                Answer::Nil
            }
            Err(_) => Answer::Nil,
        };
        let companions = &mut backups[at].companions;
        match op {
            Op::SetRemove { key, member } if int(&answer) == Some(1) => {
                companions.push(Companion::Member { key: key.clone(), member: Key(member.clone()) });
            }
            Op::SortedRemove { key, member } | Op::SortedRemoveWhenGone { key, member, .. } => {
                if let Some(score) = bulk_or_double(answer) {
                    companions.push(Companion::Scored {
                        key: key.clone(),
                        member: Key(member.clone()),
                        score,
                    });
                }
            }
            Op::HashRemove { key, field } => {
                if let Some(value) = bulk(answer) {
                    companions.push(Companion::Field {
                        key: key.clone(),
                        field: Key(field.clone()),
                        value: Key(value),
                    });
                }
            }
            Op::Unlink(key) | Op::UnlinkIfEquals(key, _) | Op::JsonListRemove { key, .. } => {
                let ttl = int(&store.expect("PTTL")?).filter(|ttl| *ttl >= 0);
                if let Some(value) = bulk(answer) {
                    companions.push(Companion::Text {
                        key: key.clone(),
                        value: Key(value),
                        expires: ttl.map(|ttl| now + ttl),
                    });
                }
            }
            Op::SortedScore { key, member, score: left } => {
                if let Some(score) = bulk_or_double(answer) {
                    companions.push(Companion::Rescored {
                        key: key.clone(),
                        member: Key(member.clone()),
                        score,
                        left: *left,
                    });
                }
            }
            Op::JsonListSet { key, item, member, value: left } => {
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
            Op::SetMove { key, to, member, .. } if int(&answer) == Some(1) => {
                companions.push(Companion::Moved {
                    key: key.clone(),
                    to: to.clone(),
                    member: Key(member.clone()),
                });
            }
            Op::EndAt { key, at: left } if int(&answer) == Some(1) => ended.push((at, key, *left)),
            Op::SetRemove { .. }
            | Op::SetMove { .. }
            | Op::EndAt { .. }
            | Op::Outlive { .. }
            | Op::Unlock(_)
            | Op::OnlyWhile(_)
            | Op::SetRemoveListed { .. }
            | Op::Publish { .. } => {}
        }
    }
    ends_of(store, &ended, backups)?;
    for (at, key) in dumped {
        let expires = expiry_of(store, key)?;
        if let Some(dump) = bulk(store.ask(&[b"DUMP", &key.0])?) {
            let (key, dump, parts) = (key.clone(), Key(dump), parts(store, key)?);
            backups[at].companions.push(Companion::Dumped { key, dump, expires, parts });
        }
    }
    sharpen(store, backups)?;
    let mortal = follow::mortal(store, ends.iter().map(|(_, key, _)| *key).collect())?;
    for (at, key, left) in ends.into_iter().filter(|(_, key, _)| mortal.contains(key)) {
        if let Some(expires) =
            expiry_of(store, key)?.filter(|expires| left.is_none_or(|left| *expires < left))
        {
            backups[at].companions.push(Companion::Outlived { key: key.clone(), expires, left });
        }
    }
    wholes(store, &whole, backups)
}

/// Adds when the keys end that get another end with their session.
fn ends_of(
    store: &mut RedisStore,
    ended: &[(usize, &Key, Option<i64>)],
    backups: &mut [Backup],
) -> Result<(), Error> {
    for (_, key, _) in ended {
        store.push(&[b"PEXPIRETIME", &key.0]);
        store.push(&[b"PTTL", &key.0]);
    }
    store.flush("PTTL")?;
    let mut spans = Vec::new();
    for (at, key, left) in ended {
        let moment = match store.take("PEXPIRETIME")? {
            Ok(answer) => int(&answer),
            // Older servers do not know it.
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => None,
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        };
        let span = int(&store.expect("PTTL")?).unwrap_or(-2);
        if span == -2 {
            continue;
        }
        let companions = &mut backups[*at].companions;
        if moment.is_none() && span >= 0 {
            spans.push((*at, companions.len()));
        }
        companions.push(Companion::Ended {
            key: (*key).clone(),
            expires: moment.or(Some(span)).filter(|expires| *expires >= 0),
            left: *left,
        });
    }
    if !spans.is_empty() {
        let now = store.now()?;
        for (at, place) in spans {
            if let Companion::Ended { expires: Some(expires), .. } = &mut backups[at].companions[place] {
                *expires += now;
            }
        }
    }
    Ok(())
}

/// Takes the moments at which companion keys end from the server, where it can tell them; a span is
/// off by what the answer took.
fn sharpen(store: &mut RedisStore, backups: &mut [Backup]) -> Result<(), Error> {
    let mut ends: Vec<(&Key, &mut i64)> = Vec::new();
    for companion in backups.iter_mut().flat_map(|backup| &mut backup.companions) {
        if let Companion::Text { key, expires: Some(at), .. } = companion {
            ends.push((key, at));
        }
    }
    for (key, _) in &ends {
        store.push(&[b"PEXPIRETIME", &key.0]);
    }
    store.flush("PEXPIRETIME")?;
    for (_, at) in ends {
        match store.take("PEXPIRETIME")? {
            Ok(answer) => *at = int(&answer).filter(|end| *end >= 0).unwrap_or(*at),
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {}
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Keeps small indexes whole the first time that a run touches them.
fn wholes(store: &mut RedisStore, whole: &[(usize, &Op)], backups: &mut [Backup]) -> Result<(), Error> {
    let whole: Vec<&(usize, &Op)> =
        whole.iter().filter(|(_, op)| op.key().is_some_and(|key| !store.touched.contains(key))).collect();
    for (_, op) in &whole {
        let Some(key) = op.key() else { continue };
        let card: &[u8] = match op {
            Op::SetRemove { .. } | Op::SetMove { .. } => b"SCARD",
            Op::HashRemove { .. } => b"HLEN",
            _ => b"ZCARD",
        };
        store.push(&[card, &key.0]);
    }
    store.flush("SCARD")?;
    let mut small = Vec::new();
    for entry in whole {
        let count = match store.take("SCARD")? {
            Ok(answer) => int(&answer).unwrap_or(0),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => 0,
        };
        if let Some(key) = entry.1.key() {
            store.touched.insert(key.clone());
        }
        if count > 0 {
            small.push((entry, count <= SMALL));
        }
    }
    for ((at, op), small) in small {
        let Some(key) = op.key() else { continue };
        let expires = expiry_of(store, key)?;
        let (dump, digest) = if small {
            let Some(dump) = bulk(store.ask(&[b"DUMP", &key.0])?) else { continue };
            (dump, digest(store, key)?)
        } else {
            (Vec::new(), Fingerprint([0; 16]))
        };
        backups[*at].companions.push(Companion::Whole { key: key.clone(), dump: Key(dump), digest, expires });
    }
    Ok(())
}

/// What is in a collection; `None` where it is of a kind that has no such values.
fn parts(store: &mut RedisStore, key: &Key) -> Result<Option<Parts>, Error> {
    let kind = store.kinds(std::slice::from_ref(key))?.pop().flatten();
    let answer = match kind {
        Some(Kind::Set) => store.take_one(&[b"SMEMBERS", &key.0])?,
        Some(Kind::SortedSet) => store.take_one(&[b"ZRANGE", &key.0, b"0", b"-1", b"WITHSCORES"])?,
        Some(Kind::Hash) => store.take_one(&[b"HGETALL", &key.0])?,
        Some(Kind::List) => store.take_one(&[b"LRANGE", &key.0, b"0", b"-1"])?,
        _ => None,
    };
    // It may have become something else between two questions.
    let Some(answer) = answer else { return Ok(None) };
    let keys = |pairs: Vec<(Vec<u8>, Vec<u8>)>| pairs.into_iter().map(|(a, b)| (Key(a), Key(b))).collect();
    let parts = match (kind, answer) {
        (Some(Kind::Hash), answer) => pairs(answer).map(|fields| Parts::Fields(keys(fields))),
        (Some(Kind::SortedSet), answer) => pairs(answer).map(|members| Parts::Scored(keys(members))),
        (kind, Answer::Array(items) | Answer::Set(items)) => {
            let items = items.into_iter().map(|item| bulk(item).map(Key)).collect::<Option<Vec<_>>>();
            let make = if kind == Some(Kind::List) { Parts::Items } else { Parts::Members };
            items.map(make)
        }
        _ => None,
    };
    parts.map(Some).ok_or_else(|| store.senseless("HGETALL"))
}

fn expiry_of(store: &mut RedisStore, key: &Key) -> Result<Option<i64>, Error> {
    store.push(&[b"PEXPIRETIME", &key.0]);
    store.flush("PEXPIRETIME")?;
    if let Ok(answer) = store.take("PEXPIRETIME")? {
        Ok(int(&answer).filter(|at| *at >= 0))
    } else {
        let ttl = int(&store.ask(&[b"PTTL", &key.0])?).filter(|ttl| *ttl >= 0);
        let now = store.now()?;
        Ok(ttl.map(|ttl| now + ttl))
    }
}

/// The content of a small collection, whatever order it is stored in.
pub(super) fn digest(store: &mut RedisStore, key: &Key) -> Result<Fingerprint, Error> {
    let kind = store.kinds(std::slice::from_ref(key))?.pop().flatten();
    let answer = match kind {
        Some(Kind::Set) => store.take_one(&[b"SMEMBERS", &key.0])?,
        Some(Kind::SortedSet) => store.take_one(&[b"ZRANGE", &key.0, b"0", b"-1", b"WITHSCORES"])?,
        Some(Kind::Hash) => store.take_one(&[b"HGETALL", &key.0])?,
        _ => None,
    };
    let Some(answer) = answer else { return Ok(Fingerprint([0; 16])) };
    let fields = match (kind, answer) {
        (Some(Kind::Set), Answer::Array(items) | Answer::Set(items)) => {
            items.into_iter().filter_map(bulk).map(|member| (member, Vec::new())).collect()
        }
        (_, answer) => pairs(answer).unwrap_or_default(),
    };
    Ok(super::fingerprint(&Raw::Hash(fields)).unwrap_or(Fingerprint([0; 16])))
}

pub(super) fn bulk_or_double(answer: Answer) -> Option<f64> {
    match answer {
        Answer::Double(score) => Some(score),
        answer => std::str::from_utf8(&bulk(answer)?).ok()?.parse().ok(),
    }
}
