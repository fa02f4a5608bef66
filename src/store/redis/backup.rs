//! Backups: what a step is going to change, as it was, and how it is put back.
//!
//! A session comes back only where its key is absent, with the expiry that it had. Index entries are
//! added again one by one, so that what the application wrote meanwhile stays; where an index then
//! has exactly the content that it had before, it is put back byte for byte, expiry included.

use std::collections::HashSet;

use super::*;
use crate::store::{Content, Expiry, Fingerprint, Own, Rewrite};

/// Indexes with more entries are not kept whole; their entries are.
const SMALL: i64 = 128;
/// Two times of a key's end are the same when they are no further apart (ms): one is read by its span.
const CLOSE: i64 = 2_000;

/// Gathers the backups of the steps whose key still is what was seen. `same` and `contents` run
/// along the steps; the keys are being watched.
pub(super) fn collect(
    store: &mut RedisStore,
    first: usize,
    steps: &[Step],
    same: &[bool],
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
                let dump = bulk(store.expect("DUMP")?).ok_or_else(|| store.senseless("DUMP"))?;
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
                if let Some(span) = change::in_list(&text, item, member) {
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
            backups[at].companions.push(Companion::Dumped { key: key.clone(), dump: Key(dump), expires });
        }
    }
    sharpen(store, backups)?;
    let mortal = change::mortal(store, ends.iter().map(|(_, key, _)| *key).collect())?;
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
fn digest(store: &mut RedisStore, key: &Key) -> Result<Fingerprint, Error> {
    let kind = store.kinds(std::slice::from_ref(key))?.pop().flatten();
    let answer = match kind {
        Some(Kind::Set) => store.ask(&[b"SMEMBERS", &key.0])?,
        Some(Kind::SortedSet) => store.ask(&[b"ZRANGE", &key.0, b"0", b"-1", b"WITHSCORES"])?,
        Some(Kind::Hash) => store.ask(&[b"HGETALL", &key.0])?,
        _ => return Ok(Fingerprint([0; 16])),
    };
    let fields = match (kind, answer) {
        (Some(Kind::Set), Answer::Array(items) | Answer::Set(items)) => {
            items.into_iter().filter_map(bulk).map(|member| (member, Vec::new())).collect()
        }
        (_, answer) => pairs(answer).unwrap_or_default(),
    };
    Ok(super::fingerprint(&Raw::Hash(fields)).unwrap_or(Fingerprint([0; 16])))
}

fn bulk_or_double(answer: Answer) -> Option<f64> {
    match answer {
        Answer::Double(score) => Some(score),
        answer => std::str::from_utf8(&bulk(answer)?).ok()?.parse().ok(),
    }
}

/// A score as the server prints and reads it.
fn score_text(score: f64) -> String {
    if score.is_infinite() {
        if score > 0.0 { "inf".into() } else { "-inf".into() }
    } else {
        format!("{score}")
    }
}

const PUT_BACK: Outcome = Outcome::Done { keys: 0, entries: 0 };
/// It would have ended meanwhile.
const EXPIRED: Outcome = Outcome::Gone { keys: 0, entries: 0 };

pub(super) fn restore(store: &mut RedisStore, backups: &[Backup]) -> Result<Vec<Outcome>, Error> {
    let now = store.now()?;
    let quick = revive_all(store, backups, now)?;
    let mut restored = Vec::with_capacity(backups.len());
    for (backup, done) in backups.iter().zip(quick) {
        restored.push(match &backup.own {
            Own::End if done => PUT_BACK,
            Own::End => revive(store, backup, now)?,
            Own::Expire { at, rewrite } => expire_back(store, backup, *at, rewrite.as_ref(), now)?,
        });
    }
    let companions = || {
        let done = backups.iter().zip(&restored).filter(|(_, restored)| **restored == PUT_BACK);
        done.flat_map(|(backup, _)| &backup.companions)
    };
    let mut sent = 0;
    for companion in companions() {
        sent += usize::from(push_back(store, companion));
    }
    store.flush("SADD")?;
    for _ in 0..sent {
        // An index that is of another type by now is not ours any more.
        if let Err(Refusal::Fatal(error)) = store.take("SADD")? {
            return Err(error);
        }
    }
    for companion in companions() {
        put_back(store, companion, now)?;
    }
    Ok(restored)
}

/// Writes all that is absent in one go; what was not written is looked at one by one.
fn revive_all(store: &mut RedisStore, backups: &[Backup], now: i64) -> Result<Vec<bool>, Error> {
    let tried = |backup: &Backup| backup.own == Own::End && backup.expires.is_none_or(|at| at > now);
    for backup in backups.iter().filter(|backup| tried(backup)) {
        let key = &backup.key.0;
        let at = backup.expires.unwrap_or(0).to_string();
        match &backup.content {
            Content::Text(text) if backup.expires.is_some() => {
                store.push(&[b"SET", key, text, b"NX", b"PXAT", at.as_bytes()]);
            }
            Content::Text(text) => store.push(&[b"SET", key, text, b"NX"]),
            Content::Hash { dump, .. } => store.push(&[b"RESTORE", key, at.as_bytes(), dump, b"ABSTTL"]),
        }
    }
    store.flush("SET")?;
    let mut done = Vec::with_capacity(backups.len());
    for backup in backups {
        done.push(
            tried(backup)
                && match store.take("SET")? {
                    Ok(answer) => answer != Answer::Nil,
                    Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => false,
                    Err(Refusal::Fatal(error)) => return Err(error),
                    Err(_) => false,
                },
        );
    }
    Ok(done)
}

/// Queues the return of an entry that needs no look before it; false for the others.
fn push_back(store: &mut RedisStore, companion: &Companion) -> bool {
    match companion {
        Companion::Member { key, member } => store.push(&[b"SADD", &key.0, &member.0]),
        Companion::Scored { key, member, score } => {
            store.push(&[b"ZADD", &key.0, b"NX", score_text(*score).as_bytes(), &member.0]);
        }
        Companion::Field { key, field, value } => store.push(&[b"HSETNX", &key.0, &field.0, &value.0]),
        Companion::Moved { key, to, member } => store.push(&[b"SMOVE", &to.0, &key.0, &member.0]),
        _ => return false,
    }
    true
}

/// Writes a string where there is none; whether it did.
fn set_absent(
    store: &mut RedisStore,
    key: &[u8],
    text: &[u8],
    expires: Option<i64>,
    now: i64,
) -> Result<bool, Error> {
    let Some(at) = expires else {
        let set = store.take_one(&[b"SET", key, text, b"NX"])?;
        return Ok(set.is_some_and(|answer| answer != Answer::Nil));
    };
    store.push(&[b"SET", key, text, b"NX", b"PXAT", at.to_string().as_bytes()]);
    store.flush("SET")?;
    let answer = match store.take("SET")? {
        // Servers before 6.2 know the span only.
        Err(Refusal::Fatal(Error::Refused { .. })) => {
            let span = (at - now).max(1).to_string();
            store.ask(&[b"SET", key, text, b"NX", b"PX", span.as_bytes()])?
        }
        Err(Refusal::Fatal(error)) => return Err(error),
        Err(_) => Answer::Nil,
        Ok(answer) => answer,
    };
    Ok(answer != Answer::Nil)
}

/// Brings a session back if its key is absent.
fn revive(store: &mut RedisStore, backup: &Backup, now: i64) -> Result<Outcome, Error> {
    if backup.expires.is_some_and(|at| at <= now) {
        return Ok(EXPIRED);
    }
    let key = &backup.key.0;
    match &backup.content {
        Content::Text(text) => {
            if set_absent(store, key, text, backup.expires, now)? {
                return Ok(PUT_BACK);
            }
            // A run of undo that was cut short has done this already; the indexes may be left.
            let there = store.take_one(&[b"GET", key])?;
            let ours = there.and_then(bulk).is_some_and(|there| there == *text);
            Ok(if ours { PUT_BACK } else { Outcome::Changed })
        }
        Content::Hash { dump, fields } => {
            let at = backup.expires.unwrap_or(0).to_string();
            store.push(&[b"RESTORE", key, at.as_bytes(), dump, b"ABSTTL"]);
            store.flush("RESTORE")?;
            match store.take("RESTORE")? {
                Ok(_) => return Ok(PUT_BACK),
                Err(Refusal::Fatal(Error::Refused { reason, .. })) if !reason.contains("BUSYKEY") => {}
                Err(Refusal::Fatal(Error::Denied { .. })) => {}
                Err(Refusal::Fatal(Error::Refused { .. })) => {
                    let there = store.take_one(&[b"HGETALL", key])?.and_then(pairs);
                    let same = there.is_some_and(|there| {
                        there.len() == fields.len()
                            && fields.iter().all(|(f, v)| there.iter().any(|(a, b)| (a, b) == (&f.0, &v.0)))
                    });
                    return Ok(if same { PUT_BACK } else { Outcome::Changed });
                }
                Err(Refusal::Fatal(error)) => return Err(error),
                Err(_) => return Ok(Outcome::Changed),
            }
            // The payload is of another server version: by its fields, if still absent.
            store.push(&[b"WATCH", key]);
            store.push(&[b"EXISTS", key]);
            store.flush("EXISTS")?;
            store.expect("WATCH")?;
            if int(&store.expect("EXISTS")?) != Some(0) {
                store.ask(&[b"UNWATCH"])?;
                return Ok(Outcome::Changed);
            }
            let mut command: Vec<&[u8]> = vec![b"HSET", key];
            command.extend(fields.iter().flat_map(|(field, value)| [&field.0[..], &value.0[..]]));
            store.push(&[b"MULTI"]);
            store.push(&command);
            if backup.expires.is_some() {
                store.push(&[b"PEXPIREAT", key, at.as_bytes()]);
            }
            store.push(&[b"EXEC"]);
            store.flush("HSET")?;
            for name in ["MULTI", "HSET"] {
                store.expect(name)?;
            }
            if backup.expires.is_some() {
                store.expect("PEXPIREAT")?;
            }
            Ok(if store.expect("EXEC")? == Answer::Nil { Outcome::Changed } else { PUT_BACK })
        }
    }
}

/// Gives a session its old end back while it still is as the step left it.
fn expire_back(
    store: &mut RedisStore,
    backup: &Backup,
    made: Expiry,
    rewrite: Option<&Rewrite>,
    now: i64,
) -> Result<Outcome, Error> {
    let key = &backup.key.0;
    store.push(&[b"WATCH", key]);
    store.push(&[b"PTTL", key]);
    let hash = matches!(backup.content, Content::Hash { .. });
    store.push(&[if hash { b"HGETALL" } else { b"GET" }, key]);
    store.flush("GET")?;
    store.expect("WATCH")?;
    let ttl = int(&store.expect("PTTL")?).unwrap_or(-2);
    let there = match store.take("GET")? {
        Ok(answer) if hash => pairs(answer).map(Raw::Hash),
        Ok(answer) => bulk(answer).map(Raw::Text),
        Err(Refusal::Fatal(error)) => return Err(error),
        Err(_) => None,
    };
    let left = as_left(&backup.content, rewrite);
    let same_content = there.as_ref().and_then(super::fingerprint) == super::fingerprint(&left);
    // Read by span, so that the moment may be off by what an answer takes.
    let same_end = match made {
        Expiry::At(at) => ttl >= 0 && (now + ttl - at).abs() < CLOSE,
        Expiry::Persist => ttl == -1,
        Expiry::Keep => true,
    };
    if ttl == -2 && matches!(made, Expiry::At(at) if at <= now) {
        // It ended when the step said. What it was before would still be there.
        store.ask(&[b"UNWATCH"])?;
        return revive(store, backup, now);
    }
    if !same_content || !same_end || ttl == -2 {
        store.ask(&[b"UNWATCH"])?;
        return Ok(Outcome::Changed);
    }
    store.push(&[b"MULTI"]);
    let mut queued = 0;
    match (&backup.content, rewrite) {
        (Content::Text(text), Some(_)) => {
            store.push(&[b"SET", key, text, b"KEEPTTL"]);
            queued += 1;
        }
        (Content::Hash { fields, .. }, Some(Rewrite::Fields(changed))) => {
            for (name, _) in changed {
                match fields.iter().find(|(field, _)| field.0 == name.as_bytes()) {
                    Some((field, value)) => store.push(&[b"HSET", key, &field.0, &value.0]),
                    None => store.push(&[b"HDEL", key, name.as_bytes()]),
                }
                queued += 1;
            }
        }
        _ => {}
    }
    if made != Expiry::Keep {
        match backup.expires {
            Some(at) => store.push(&[b"PEXPIREAT", key, at.to_string().as_bytes()]),
            None => store.push(&[b"PERSIST", key]),
        }
        queued += 1;
    }
    store.push(&[b"EXEC"]);
    store.flush("PEXPIREAT")?;
    store.expect("MULTI")?;
    for _ in 0..queued {
        store.expect("PEXPIREAT")?;
    }
    Ok(if store.expect("EXEC")? == Answer::Nil { Outcome::Changed } else { PUT_BACK })
}

/// The content that the step made of what it found.
fn as_left(content: &Content, rewrite: Option<&Rewrite>) -> Raw {
    match (content, rewrite) {
        (_, Some(Rewrite::Text(text))) => Raw::Text(text.clone()),
        (Content::Text(text), _) => Raw::Text(text.clone()),
        (Content::Hash { fields, .. }, rewrite) => {
            let mut left: Vec<(Vec<u8>, Vec<u8>)> =
                fields.iter().map(|(field, value)| (field.0.clone(), value.0.clone())).collect();
            if let Some(Rewrite::Fields(changed)) = rewrite {
                for (name, value) in changed {
                    match left.iter_mut().find(|(field, _)| field == name.as_bytes()) {
                        Some((_, old)) => old.clone_from(&value.0),
                        None => left.push((name.clone().into_bytes(), value.0.clone())),
                    }
                }
            }
            Raw::Hash(left)
        }
    }
}

/// Puts an entry back beside what is there now.
fn put_back(store: &mut RedisStore, companion: &Companion, now: i64) -> Result<(), Error> {
    match companion {
        Companion::Text { key, value, expires } => {
            if expires.is_some_and(|at| at <= now) {
                return Ok(());
            }
            if !set_absent(store, &key.0, &value.0, *expires, now)? {
                change::merge_list(store, key, &value.0)?;
            }
        }
        Companion::Rescored { key, member, score, left } => {
            rescore(store, key, member, *score, *left)?;
        }
        Companion::Item { key, item, member, value, left } => {
            let as_left = |now: &[u8]| now == left.as_bytes();
            change::set_in_list(store, key, item, member, &as_left, &value.0)?;
        }
        Companion::Dumped { key, dump, expires } => {
            if expires.is_some_and(|at| at <= now) {
                return Ok(());
            }
            let at = expires.unwrap_or(0).to_string();
            store.push(&[b"RESTORE", &key.0, at.as_bytes(), &dump.0, b"ABSTTL"]);
            store.flush("RESTORE")?;
            match store.take("RESTORE")? {
                // There is a newer one, or the payload is another version's.
                Ok(_) | Err(Refusal::Fatal(Error::Refused { .. })) => {}
                Err(Refusal::Fatal(error)) => return Err(error),
                Err(_) => {}
            }
        }
        // Written already, or when everything else is there again.
        Companion::Member { .. }
        | Companion::Scored { .. }
        | Companion::Field { .. }
        | Companion::Moved { .. } => {}
        Companion::Ended { key, expires, left } => {
            if expires.is_some_and(|at| at <= now) {
                return Ok(());
            }
            change::move_end(store, key, *expires, |now, ttl| match (left, ttl) {
                (Some(left), Some(ttl)) => (now + ttl - left).abs() < CLOSE,
                (None, None) => true,
                _ => false,
            })?;
        }
        Companion::Whole { .. } | Companion::Outlived { .. } => {}
    }
    Ok(())
}

/// Gives a member its old score back while it still has the new one.
fn rescore(store: &mut RedisStore, key: &Key, member: &Key, old: f64, left: i64) -> Result<(), Error> {
    store.ask(&[b"WATCH", &key.0])?;
    let now = store.take_one(&[b"ZSCORE", &key.0, &member.0])?.and_then(bulk_or_double);
    if now.is_none_or(|now| (now - left as f64).abs() > 0.0) {
        store.ask(&[b"UNWATCH"])?;
        return Ok(());
    }
    store.push(&[b"MULTI"]);
    store.push(&[b"ZADD", &key.0, b"XX", score_text(old).as_bytes(), &member.0]);
    store.push(&[b"EXEC"]);
    store.flush("ZADD")?;
    for name in ["MULTI", "ZADD", "EXEC"] {
        store.expect(name)?;
    }
    Ok(())
}

pub(super) fn restore_whole(store: &mut RedisStore, companions: &[Companion]) -> Result<(), Error> {
    let now = store.now()?;
    for companion in companions {
        if let Companion::Outlived { key, expires, left } = companion {
            change::move_end(store, key, Some(*expires), |now, ttl| match (left, ttl) {
                (Some(left), Some(ttl)) => (now + ttl - left).abs() < CLOSE,
                (None, None) => true,
                _ => false,
            })?;
            continue;
        }
        let Companion::Whole { key, dump, digest: before, expires } = companion else { continue };
        if expires.is_some_and(|at| at <= now) {
            continue;
        }
        store.ask(&[b"WATCH", &key.0])?;
        let at = expires.unwrap_or(0).to_string();
        let same = !dump.0.is_empty() && digest(store, key)? == *before;
        if same {
            store.push(&[b"MULTI"]);
            store.push(&[b"RESTORE", &key.0, at.as_bytes(), &dump.0, b"REPLACE", b"ABSTTL"]);
            store.push(&[b"EXEC"]);
            store.flush("RESTORE")?;
            store.expect("MULTI")?;
            // Another version's payload is refused; then the entries are there, in another order.
            let _ = store.take("RESTORE")?;
            let _ = store.take("EXEC")?;
        } else {
            store.ask(&[b"UNWATCH"])?;
            // An index that vanished and was made anew by us has lost its expiry.
            if let Some(answer) = store.take_one(&[b"PTTL", &key.0])?
                && int(&answer) == Some(-1)
                && expires.is_some()
            {
                store.take_one(&[b"PEXPIREAT", &key.0, at.as_bytes()])?;
            }
        }
    }
    Ok(())
}
