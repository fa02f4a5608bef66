//! Putting backups back.
//!
//! A session comes back only where its key is absent, with the expiry that it had. Index entries are
//! added again one by one, so that what the application wrote meanwhile stays; where an index then
//! has exactly the content that it had before, it is put back byte for byte, expiry included.

use std::collections::{HashMap, HashSet};

use super::backup::{ask_parts, bulk_or_double, digest_of, parts_of, small_kinds};
use super::edits::{Edit, Texts};
use super::ends::{CLOSE, MoveEnd, While};
use super::guarded::{self, Command, Guarded, command};
use super::{RedisStore, Refusal, bulk, fields, int, pairs};
use crate::store::{
    Applied, Backup, Companion, Content, Error, Expiry, Fingerprint, Key, Kind, Outcome, Own, Parts, Raw,
    Rewrite, Source as _, fingerprint,
};
use ::redis::Value as Answer;

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
    Applied::of(restored, stopped)
}

/// Puts back the sessions, and then what belongs to them.
fn put_all_back(
    store: &mut RedisStore,
    backups: &[Backup],
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let now = store.now()?;
    revive_all(store, backups, now, restored)?;
    compare_all(store, backups, now, restored)?;
    expire_all_back(store, backups, restored)?;
    left_behind(store, backups, now, restored)?;
    for (backup, restored) in backups.iter().zip(restored.iter_mut()) {
        if restored.is_none() {
            *restored = Some(revive(store, backup, now)?);
        }
    }
    let companions: Vec<&Companion> = {
        let done = backups.iter().zip(restored.iter()).filter(|(_, one)| **one == Some(PUT_BACK));
        done.flat_map(|(backup, _)| &backup.companions).collect()
    };
    put_companions(store, &companions, now)
}

/// Puts back what belongs to sessions that are there again.
pub(super) fn beside_sessions(store: &mut RedisStore, companions: &[&Companion]) -> Result<(), Error> {
    let now = store.now()?;
    put_companions(store, companions, now)
}

fn put_companions(store: &mut RedisStore, companions: &[&Companion], now: i64) -> Result<(), Error> {
    let mut sent = 0;
    for companion in companions {
        sent += usize::from(push_back(store, companion));
    }
    store.flush("SADD")?;
    let mut refused = None;
    for _ in 0..sent {
        // An index that is of another type by now is not ours any more.
        if let Err(Refusal::Fatal(error)) = store.take("SADD")? {
            refused.get_or_insert(error);
        }
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let there = write_absent(store, companions, now)?;
    beside(store, companions, &there, now)
}

/// Writes all that is absent in one go; what was not written is looked at one by one.
fn revive_all(
    store: &mut RedisStore,
    backups: &[Backup],
    now: i64,
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let comes = |backup: &Backup| backup.own == Own::End && backup.expires.is_none_or(|at| at > now);
    let tried = |backup: &Backup| comes(backup) && by_fields(backup).is_none();
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
    for (_, restored) in backups.iter().zip(restored.iter_mut()).filter(|(backup, _)| tried(backup)) {
        match store.take("SET")? {
            Ok(Answer::Nil) => {}
            Ok(_) => *restored = Some(PUT_BACK),
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {}
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => {}
        }
    }
    let made = backups.iter().enumerate().filter(|(_, backup)| comes(backup));
    let mut made: Vec<Made<'_>> = made
        .filter_map(|(place, backup)| Some(Made { place, backup, fields: by_fields(backup)?, back: false }))
        .collect();
    let carried = guarded::carry_out(store, &mut made);
    for one in made.iter().filter(|one| one.back) {
        restored[one.place] = Some(PUT_BACK);
    }
    carried
}

/// The fields of a hash of which nothing else is kept.
fn by_fields(backup: &Backup) -> Option<&[(Key, Key)]> {
    match &backup.content {
        Content::Hash { dump, fields } if dump.is_empty() => Some(fields),
        _ => None,
    }
}

/// A hash that is made of its fields where its key is absent.
struct Made<'b> {
    place: usize,
    backup: &'b Backup,
    fields: &'b [(Key, Key)],
    back: bool,
}

impl Guarded for Made<'_> {
    fn key(&self) -> &Key {
        &self.backup.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        store.push(&[b"EXISTS", &self.backup.key.0]);
        1
    }

    fn decide(&mut self, _: i64, mut answers: Vec<Option<Answer>>) -> Vec<Command> {
        if answers.pop().flatten().as_ref().and_then(int) != Some(0) {
            return Vec::new();
        }
        let key = &self.backup.key.0[..];
        let mut commands: Vec<Command> = flat(self.fields)
            .chunks(ARGUMENTS)
            .map(|parts| command(&[&[b"HSET", key], parts].concat()))
            .collect();
        if let Some(at) = self.backup.expires {
            commands.push(command(&[b"PEXPIREAT", key, at.to_string().as_bytes()]));
        }
        commands
    }

    fn done(&mut self, answers: Vec<Answer>) {
        self.back = !answers.iter().any(|answer| matches!(answer, Answer::ServerError(_)));
    }
}

/// Looks at those whose key was not written: a run of undo that was cut short has done so already, or
/// there is something newer. What is absent all the same is left to be looked at alone.
fn compare_all(
    store: &mut RedisStore,
    backups: &[Backup],
    now: i64,
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let mut asked = Vec::new();
    for (at, backup) in backups.iter().enumerate() {
        if restored[at].is_some() || backup.own != Own::End {
            continue;
        }
        if backup.expires.is_some_and(|at| at <= now) {
            restored[at] = Some(EXPIRED);
            continue;
        }
        let command: &[u8] = if is_hash(backup) { b"HGETALL" } else { b"GET" };
        store.push(&[command, &backup.key.0]);
        asked.push(at);
    }
    store.flush("GET")?;
    let mut refused = None;
    for at in asked {
        let there = match store.take("GET")? {
            Ok(answer) => answer,
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
                continue;
            }
            Err(_) => {
                restored[at] = Some(Outcome::Changed);
                continue;
            }
        };
        let there = content(&backups[at], there);
        let was = fingerprint(&as_left(&backups[at].content, None));
        restored[at] = match there {
            Some(Raw::Gone) => None,
            Some(there) if fingerprint(&there) == was => Some(PUT_BACK),
            _ => Some(Outcome::Changed),
        };
    }
    refused.map_or(Ok(()), Err)
}

fn is_hash(backup: &Backup) -> bool {
    matches!(backup.content, Content::Hash { .. })
}

/// Tells of what gone sessions had left whether it can come back: where it is a key of its own, whether that
/// is absent and would not have ended by now.
fn left_behind(
    store: &mut RedisStore,
    backups: &[Backup],
    now: i64,
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let mut asked = Vec::new();
    for (at, backup) in backups.iter().enumerate().filter(|(_, backup)| backup.own == Own::Gone) {
        let own = backup.companions.iter().find_map(|one| match one {
            Companion::Text { key, value, expires } => Some((&b"GET"[..], key, value, expires)),
            Companion::Dumped { key, dump, expires, .. } => Some((&b"DUMP"[..], key, dump, expires)),
            _ => None,
        });
        restored[at] = Some(match own {
            Some((_, _, _, Some(end))) if *end <= now => EXPIRED,
            Some((command, key, was, _)) => {
                store.push(&[command, &key.0]);
                asked.push((at, was));
                PUT_BACK
            }
            None => PUT_BACK,
        });
    }
    store.flush("GET")?;
    let mut refused = None;
    for (at, was) in asked {
        match store.take("GET")? {
            Ok(answer) => {
                if bulk(answer).is_some_and(|there| there != was.0) {
                    restored[at] = Some(Outcome::Changed);
                }
            }
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
            }
            Err(_) => restored[at] = Some(Outcome::Changed),
        }
    }
    refused.map_or(Ok(()), Err)
}

/// What a session's key holds by an answer.
fn content(backup: &Backup, answer: Answer) -> Option<Raw> {
    if answer == Answer::Nil {
        return Some(Raw::Gone);
    }
    if !is_hash(backup) {
        return bulk(answer).map(Raw::Text);
    }
    pairs(answer).map(|fields| if fields.is_empty() { Raw::Gone } else { Raw::Hash(fields) })
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
            // An empty dump is refused as one of another version is.
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

/// Gives sessions their old ends back that still are as the steps left them. One that ended when the
/// step said, and would still be there as it was before, is left to be revived.
fn expire_all_back(
    store: &mut RedisStore,
    backups: &[Backup],
    restored: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let rewrites =
        |backup: &Backup| matches!(&backup.own, Own::Expire { rewrite: Some(Rewrite::Fields(_)), .. });
    let fields_end = backups.iter().any(rewrites) && fields::some_end(store)?;
    let mut changes = Vec::new();
    for (place, backup) in backups.iter().enumerate() {
        if let Own::Expire { at, rewrite } = &backup.own {
            changes.push(ExpireBack {
                place,
                backup,
                made: *at,
                rewrite: rewrite.as_ref(),
                fields_end,
                outcome: None,
            });
        }
    }
    let carried = guarded::carry_out(store, &mut changes);
    for change in changes {
        restored[change.place] = change.outcome;
    }
    carried
}

/// One of them.
struct ExpireBack<'b> {
    place: usize,
    backup: &'b Backup,
    made: Expiry,
    rewrite: Option<&'b Rewrite>,
    /// Fields of hashes may have ends of their own.
    fields_end: bool,
    outcome: Option<Outcome>,
}

impl ExpireBack<'_> {
    /// The fields that are written back, where they may have ends.
    fn ending(&self) -> Vec<&[u8]> {
        match self.rewrite {
            Some(Rewrite::Fields(changed)) if self.fields_end => {
                changed.iter().map(|(name, _)| &name.0[..]).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Guarded for ExpireBack<'_> {
    fn key(&self) -> &Key {
        &self.backup.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        let key = &self.backup.key.0;
        store.push(&[b"PTTL", key]);
        store.push(&[if is_hash(self.backup) { b"HGETALL" } else { b"GET" }, key]);
        let ending = self.ending();
        if ending.is_empty() {
            return 2;
        }
        fields::ask_ends(store, b"HPEXPIRETIME", key, &ending);
        3
    }

    // What is left only says when the key ends beside the time of that very moment.
    fn is_timed(&self) -> bool {
        true
    }

    fn decide(&mut self, now: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        let backup = self.backup;
        let key = &backup.key.0[..];
        let mut answers = answers.into_iter();
        let ttl = answers.next().flatten().as_ref().and_then(int).unwrap_or(-2);
        let there = answers.next().flatten().and_then(|answer| content(backup, answer));
        let ends = answers.next().flatten().map(|answer| fields::ends_in(&answer)).unwrap_or_default();
        if ttl == -2 && matches!(self.made, Expiry::At(at) if at <= now) {
            return Vec::new();
        }
        let left = as_left(&backup.content, self.rewrite);
        let same_content = there.as_ref().and_then(fingerprint) == fingerprint(&left);
        // Read by span, so that the moment may be off by what an answer takes.
        let same_end = match self.made {
            Expiry::At(at) => ttl >= 0 && (now + ttl - at).abs() < CLOSE,
            Expiry::Persist => ttl == -1,
            Expiry::Keep => true,
        };
        if !same_content || !same_end || ttl == -2 {
            self.outcome = Some(Outcome::Changed);
            return Vec::new();
        }
        let mut commands = Vec::new();
        match (&backup.content, self.rewrite) {
            (Content::Text(text), Some(_)) => commands.push(command(&[b"SET", key, text, b"KEEPTTL"])),
            (Content::Hash { fields, .. }, Some(Rewrite::Fields(changed))) => {
                for (name, _) in changed {
                    commands.push(match fields.iter().find(|(field, _)| field == name) {
                        Some((field, value)) => command(&[b"HSET", key, &field.0, &value.0]),
                        None => command(&[b"HDEL", key, &name.0]),
                    });
                }
                for (name, end) in self.ending().into_iter().zip(ends) {
                    commands.extend(end.map(|end| fields::end_at(&backup.key, name, end)));
                }
            }
            _ => {}
        }
        if self.made != Expiry::Keep {
            commands.push(match backup.expires {
                Some(at) => command(&[b"PEXPIREAT", key, at.to_string().as_bytes()]),
                None => command(&[b"PERSIST", key]),
            });
        }
        if commands.is_empty() {
            self.outcome = Some(PUT_BACK);
        }
        commands
    }

    fn done(&mut self, _: Vec<Answer>) {
        self.outcome = Some(PUT_BACK);
    }

    fn given_up(&mut self, _: &str) -> Result<(), Error> {
        self.outcome = Some(Outcome::Changed);
        Ok(())
    }
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

/// Writes the companion keys that are absent, all in one go; the places of those strings that were there.
fn write_absent(
    store: &mut RedisStore,
    companions: &[&Companion],
    now: i64,
) -> Result<HashSet<usize>, Error> {
    let comes = |expires: &Option<i64>| expires.is_none_or(|at| at > now);
    let mut sent = Vec::new();
    for (place, companion) in companions.iter().enumerate() {
        match companion {
            Companion::Text { key, value, expires } if comes(expires) => {
                let mut parts: Vec<&[u8]> = vec![b"SET", &key.0, &value.0, b"NX"];
                let at = expires.unwrap_or(0).to_string();
                if expires.is_some() {
                    parts.extend([b"PXAT", at.as_bytes()]);
                }
                store.push(&parts);
            }
            Companion::Dumped { key, dump, expires, .. } if comes(expires) => {
                let at = expires.unwrap_or(0).to_string();
                store.push(&[b"RESTORE", &key.0, at.as_bytes(), &dump.0, b"ABSTTL"]);
            }
            _ => continue,
        }
        sent.push(place);
    }
    store.flush("SET")?;
    let mut there = HashSet::new();
    let mut alone = Vec::new();
    let mut stop = None;
    for place in sent {
        match store.take("SET")? {
            Ok(Answer::Nil) | Err(Refusal::WrongType | Refusal::HiddenKey) => {
                there.insert(place);
            }
            Ok(_) => {}
            Err(Refusal::Fatal(error)) if error.is_full() => {
                stop.get_or_insert(error);
            }
            // There is a newer one.
            Err(Refusal::Fatal(Error::Refused { reason, .. })) if reason.contains("BUSYKEY") => {}
            // Another version's payload, or a server that knows spans only.
            Err(Refusal::Fatal(Error::Refused { .. })) => alone.push(place),
            Err(Refusal::Fatal(error)) => {
                stop.get_or_insert(error);
            }
        }
    }
    if let Some(error) = stop {
        return Err(error);
    }
    for place in alone {
        match companions[place] {
            Companion::Text { key, value, expires } => {
                let set = set_absent(store, &key.0, &value.0, *expires, now)?;
                there.extend((!set).then_some(place));
            }
            Companion::Dumped { key, expires, parts: Some(parts), .. } => {
                let (command, parts): (&[u8], Vec<&[u8]>) = match parts {
                    Parts::Fields(fields) => (b"HSET", flat(fields)),
                    Parts::Scored(members) => {
                        let scored = members.iter().flat_map(|(member, score)| [&score.0[..], &member.0]);
                        (b"ZADD", scored.collect())
                    }
                    Parts::Members(members) => {
                        (b"SADD", members.iter().map(|member| &member.0[..]).collect())
                    }
                    Parts::Items(items) => (b"RPUSH", items.iter().map(|item| &item.0[..]).collect()),
                };
                by_values(store, &key.0, command, &parts, *expires)?;
            }
            _ => {}
        }
    }
    Ok(there)
}

/// Puts entries back next to what is there now.
fn beside(
    store: &mut RedisStore,
    companions: &[&Companion],
    there: &HashSet<usize>,
    now: i64,
) -> Result<(), Error> {
    let mut texts = Texts::default();
    let mut ends: Vec<MoveEnd<'_>> = Vec::new();
    let mut rescored: Vec<Rescored<'_>> = Vec::new();
    let mut places: HashMap<&Key, usize> = HashMap::new();
    for (place, companion) in companions.iter().enumerate() {
        match companion {
            Companion::Text { key, value, .. } if there.contains(&place) => {
                texts.add(key, place, Edit::Merge(&value.0));
            }
            Companion::Item { key, item, member, value, left } => {
                let from = Some(left.as_bytes());
                texts.add(key, place, Edit::Set { item, member, from, value: &value.0 });
            }
            Companion::Rescored { key, member, score, left } => {
                let at = *places.entry(key).or_insert(rescored.len());
                if at == rescored.len() {
                    rescored.push(Rescored { key, members: Vec::new() });
                }
                rescored[at].members.push((member, *score, *left));
            }
            Companion::Ended { key, expires, left } if expires.is_none_or(|at| at > now) => {
                ends.push(MoveEnd { key, at: *expires, fits: While::Is(*left) });
            }
            // Written already, or when everything else is there again.
            _ => {}
        }
    }
    guarded::carry_out(store, &mut texts.all)?;
    guarded::carry_out(store, &mut rescored)?;
    guarded::carry_out(store, &mut ends)
}

/// Members of one sorted set that get their old scores back while they still have the new ones.
struct Rescored<'c> {
    key: &'c Key,
    members: Vec<(&'c Key, f64, i64)>,
}

impl Guarded for Rescored<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        for (member, ..) in &self.members {
            store.push(&[b"ZSCORE", &self.key.0, &member.0]);
        }
        self.members.len()
    }

    fn decide(&mut self, _: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        let mut commands = Vec::new();
        for ((member, old, left), answer) in self.members.iter().zip(answers) {
            let now = answer.and_then(bulk_or_double);
            if now.is_some_and(|now| (now - *left as f64).abs() <= 0.0) {
                let score = score_text(*old);
                commands.push(command(&[b"ZADD", &self.key.0, b"XX", score.as_bytes(), &member.0]));
            }
        }
        commands
    }

    fn done(&mut self, _: Vec<Answer>) {}
}

pub(super) fn restore_whole(store: &mut RedisStore, companions: &[Companion]) -> Result<(), Error> {
    let now = store.now()?;
    let mut ends = Vec::new();
    let mut wholes: Vec<Whole<'_>> = Vec::new();
    // A key that several batches let live longer goes back the way that it came.
    for companion in companions.iter().rev() {
        if let Companion::Outlived { key, expires, left } = companion {
            ends.push(MoveEnd { key, at: Some(*expires), fits: While::Is(*left) });
        }
    }
    guarded::carry_out(store, &mut ends)?;
    for companion in companions {
        if let Companion::Whole { key, dump, digest, expires } = companion
            && expires.is_none_or(|at| at > now)
        {
            wholes.push(Whole { key, dump, digest: *digest, expires: *expires, kind: None, tried: false });
        }
    }
    let kept: Vec<Key> =
        wholes.iter().filter(|whole| !whole.dump.0.is_empty()).map(|whole| whole.key.clone()).collect();
    let mut kinds = small_kinds(store, &kept)?.into_iter();
    for whole in wholes.iter_mut().filter(|whole| !whole.dump.0.is_empty()) {
        whole.kind = kinds.next().flatten();
    }
    guarded::carry_out(store, &mut wholes)?;
    // Those that were refused: another version's payload. Their entries are there, in another order.
    wholes.retain(|whole| whole.tried);
    for whole in &mut wholes {
        whole.kind = None;
    }
    guarded::carry_out(store, &mut wholes)
}

/// An index that may be put back byte for byte, or only gets its end back: one that vanished and was
/// made again by us has lost it.
struct Whole<'c> {
    key: &'c Key,
    dump: &'c Key,
    digest: Fingerprint,
    expires: Option<i64>,
    /// What it is now, where its content is to be compared.
    kind: Option<Kind>,
    /// To put it back was tried, and refused.
    tried: bool,
}

impl Guarded for Whole<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        store.push(&[b"PTTL", &self.key.0]);
        if let Some(kind) = self.kind {
            ask_parts(store, self.key, kind);
        }
        1 + usize::from(self.kind.is_some())
    }

    fn decide(&mut self, _: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        self.tried = false;
        let mut answers = answers.into_iter();
        let ttl = answers.next().flatten().as_ref().and_then(int).unwrap_or(-2);
        let digest = match (self.kind, answers.next().flatten()) {
            (Some(kind), Some(answer)) => parts_of(kind, answer).as_ref().map(digest_of),
            _ => None,
        };
        let at = self.expires.unwrap_or(0).to_string();
        if digest == Some(self.digest) {
            self.tried = true;
            let parts: [&[u8]; 6] =
                [b"RESTORE", &self.key.0, at.as_bytes(), &self.dump.0, b"REPLACE", b"ABSTTL"];
            return vec![command(&parts)];
        }
        if ttl == -1 && self.expires.is_some() {
            return vec![command(&[b"PEXPIREAT", &self.key.0, at.as_bytes()])];
        }
        Vec::new()
    }

    fn done(&mut self, answers: Vec<Answer>) {
        self.tried &= answers.iter().any(|answer| matches!(answer, Answer::ServerError(_)));
    }

    fn refused(&mut self, error: Error) -> Result<(), Error> {
        // Whether the bytes come back is worth no error; whether the end does is.
        if self.tried { Ok(()) } else { Err(error) }
    }

    fn given_up(&mut self, _: &str) -> Result<(), Error> {
        self.tried = false;
        Ok(())
    }
}
