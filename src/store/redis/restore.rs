//! Putting backups back.
//!
//! A session comes back only where its key is absent, with the expiry that it had. Index entries are
//! added again one by one, so that what the application wrote meanwhile stays; where an index then
//! has exactly the content that it had before, it is put back byte for byte, expiry included.

use super::backup::{bulk_or_double, digests};
use super::*;
use crate::store::{Content, Expiry, Own, Parts, Rewrite};

/// Two times of a key's end are the same when they are no further apart (ms): one is read by its span.
const CLOSE: i64 = 2_000;

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

pub(super) fn restore(store: &mut RedisStore, backups: &[Backup]) -> Applied {
    let mut restored = vec![None; backups.len()];
    let stopped = put_all_back(store, backups, &mut restored).err();
    let why = stopped.as_ref().map(ToString::to_string).unwrap_or_default();
    let outcomes = restored.into_iter().map(|one| one.unwrap_or_else(|| Outcome::Failed(why.clone())));
    Applied { outcomes: outcomes.collect(), stopped }
}

/// Puts back one after the other what cannot be written in one go, and then what belongs to it.
fn put_all_back(
    store: &mut RedisStore,
    backups: &[Backup],
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let now = store.now()?;
    revive_all(store, backups, now, restored)?;
    for (backup, restored) in backups.iter().zip(restored.iter_mut()) {
        if restored.is_none() {
            *restored = Some(match &backup.own {
                Own::End => revive(store, backup, now)?,
                Own::Expire { at, rewrite } => expire_back(store, backup, *at, rewrite.as_ref())?,
            });
        }
    }
    let companions = || {
        let done = backups.iter().zip(restored.iter()).filter(|(_, one)| **one == Some(PUT_BACK));
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
    Ok(())
}

/// Writes all that is absent in one go; what was not written is looked at one by one.
fn revive_all(
    store: &mut RedisStore,
    backups: &[Backup],
    now: i64,
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
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
    for (_, restored) in backups.iter().zip(restored).filter(|(backup, _)| tried(backup)) {
        match store.take("SET")? {
            Ok(Answer::Nil) => {}
            Ok(_) => *restored = Some(PUT_BACK),
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {}
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
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
        Err(Refusal::Fatal(error)) if error.is_full() => return Err(error),
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
                Err(Refusal::Fatal(error)) if error.is_full() => return Err(error),
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
            // The payload is of another server version.
            let back = by_values(store, key, b"HSET", &flat(fields), backup.expires)?;
            Ok(if back { PUT_BACK } else { Outcome::Changed })
        }
    }
}

/// Arguments that one command takes; even, as those of pairs stay together.
const ARGUMENTS: usize = 2000;

/// Makes a collection of its parts if its key is absent; whether it did. The parts are the command's
/// arguments.
fn by_values(
    store: &mut RedisStore,
    key: &[u8],
    command: &[u8],
    parts: &[&[u8]],
    expires: Option<i64>,
) -> Result<bool, Error> {
    store.push(&[b"WATCH", key]);
    store.push(&[b"EXISTS", key]);
    store.flush("EXISTS")?;
    store.expect("WATCH")?;
    if int(&store.expect("EXISTS")?) != Some(0) {
        store.ask(&[b"UNWATCH"])?;
        return Ok(false);
    }
    store.push(&[b"MULTI"]);
    let mut queued = vec!["MULTI"];
    for parts in parts.chunks(ARGUMENTS) {
        store.push(&[&[command, key], parts].concat());
        queued.push("HSET");
    }
    if let Some(at) = expires {
        store.push(&[b"PEXPIREAT", key, at.to_string().as_bytes()]);
        queued.push("PEXPIREAT");
    }
    store.push(&[b"EXEC"]);
    store.flush("HSET")?;
    for name in queued {
        store.expect(name)?;
    }
    Ok(store.expect("EXEC")? != Answer::Nil)
}

fn flat(pairs: &[(Key, Key)]) -> Vec<&[u8]> {
    pairs.iter().flat_map(|(one, other)| [&one.0[..], &other.0[..]]).collect()
}

/// Gives a session its old end back while it still is as the step left it.
fn expire_back(
    store: &mut RedisStore,
    backup: &Backup,
    made: Expiry,
    rewrite: Option<&Rewrite>,
) -> Result<Outcome, Error> {
    let key = &backup.key.0;
    store.push(&[b"WATCH", key]);
    // What is left only says when the key ends beside the time of that very moment.
    store.push(&[b"TIME"]);
    store.push(&[b"PTTL", key]);
    let hash = matches!(backup.content, Content::Hash { .. });
    store.push(&[if hash { b"HGETALL" } else { b"GET" }, key]);
    store.flush("GET")?;
    store.expect("WATCH")?;
    let now = store.expect("TIME")?;
    let now = instant(now).ok_or_else(|| store.senseless("TIME"))?;
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
                match fields.iter().find(|(field, _)| field == name) {
                    Some((field, value)) => store.push(&[b"HSET", key, &field.0, &value.0]),
                    None => store.push(&[b"HDEL", key, &name.0]),
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
                    match left.iter_mut().find(|(field, _)| *field == name.0) {
                        Some((_, old)) => old.clone_from(&value.0),
                        None => left.push((name.0.clone(), value.0.clone())),
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
                follow::merge_list(store, key, &value.0)?;
            }
        }
        Companion::Rescored { key, member, score, left } => {
            rescore(store, key, member, *score, *left)?;
        }
        Companion::Item { key, item, member, value, left } => {
            let as_left = |now: &[u8]| now == left.as_bytes();
            follow::set_in_list(store, key, item, member, &as_left, &value.0)?;
        }
        Companion::Dumped { key, dump, expires, parts } => {
            if expires.is_some_and(|at| at <= now) {
                return Ok(());
            }
            let at = expires.unwrap_or(0).to_string();
            store.push(&[b"RESTORE", &key.0, at.as_bytes(), &dump.0, b"ABSTTL"]);
            store.flush("RESTORE")?;
            match store.take("RESTORE")? {
                Err(Refusal::Fatal(error)) if error.is_full() => return Err(error),
                // The payload is of another server version.
                Err(Refusal::Fatal(Error::Refused { reason, .. })) if !reason.contains("BUSYKEY") => {
                    let (command, parts): (&[u8], Vec<&[u8]>) = match parts {
                        Some(Parts::Fields(fields)) => (b"HSET", flat(fields)),
                        Some(Parts::Scored(members)) => {
                            let scored = members.iter().flat_map(|(member, score)| [&score.0[..], &member.0]);
                            (b"ZADD", scored.collect())
                        }
                        Some(Parts::Members(members)) => {
                            (b"SADD", members.iter().map(|member| &member.0[..]).collect())
                        }
                        Some(Parts::Items(items)) => {
                            (b"RPUSH", items.iter().map(|item| &item.0[..]).collect())
                        }
                        None => return Ok(()),
                    };
                    by_values(store, &key.0, command, &parts, *expires)?;
                }
                // There is a newer one.
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
            follow::move_end(store, key, *expires, |now, ttl| match (left, ttl) {
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
            follow::move_end(store, key, Some(*expires), |now, ttl| match (left, ttl) {
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
        let mut whole =
            !dump.0.is_empty() && digests(store, std::slice::from_ref(key))?.pop() == Some(*before);
        if whole {
            store.push(&[b"MULTI"]);
            store.push(&[b"RESTORE", &key.0, at.as_bytes(), &dump.0, b"REPLACE", b"ABSTTL"]);
            store.push(&[b"EXEC"]);
            store.flush("RESTORE")?;
            store.expect("MULTI")?;
            // Another version's payload is refused; then the entries are there, in another order.
            let _ = store.take("RESTORE")?;
            let refused = |answer: &Answer| matches!(answer, Answer::ServerError(_));
            whole = matches!(store.take("EXEC")?, Ok(Answer::Array(answers)) if !answers.iter().any(refused));
        } else {
            store.ask(&[b"UNWATCH"])?;
        }
        if let Some(at) = expires.filter(|_| !whole) {
            // An index that vanished and was made anew by us has lost its expiry.
            let ttl = store.take_one(&[b"PTTL", &key.0])?;
            if ttl.is_some_and(|ttl| int(&ttl) == Some(-1)) {
                store.take_one(&[b"PEXPIREAT", &key.0, at.to_string().as_bytes()])?;
            }
        }
    }
    Ok(())
}
