//! The commands of an append-only file: what each makes of the keys of one database.
//!
//! A server writes what it did, not what it was told: an end is written as PEXPIREAT, what a script did as
//! its commands, what was popped as SREM (aof.c and the propagation in each command's code, Redis 2.6 to 8.2).
//! What stands there as it was sent all the same is done where that needs no clock, and else counted.

use std::collections::{BTreeMap, BTreeSet};

use super::overlay::{Change, Fields, Held, Overlay};
use crate::store::{Error, Kind};

/// Where values come from that a command adds to.
pub trait Base {
    /// What a key holds, whether it has ended or not, and when it ends.
    fn load(&mut self, key: &[u8]) -> Result<Option<(Held, Option<i64>)>, Error>;

    /// When a key ends.
    fn end(&mut self, key: &[u8]) -> Result<Ends, Error>;

    /// What a payload of RESTORE holds; `None` where it cannot be read.
    fn restored(&mut self, payload: &[u8]) -> Option<Held>;
}

/// When a key ends that a command only keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Absent,
    Never,
    At(i64),
}

/// A run through commands.
pub struct Replay {
    pub overlay: Overlay,
    db: u64,
    current: u64,
    /// Commands of a transaction that has not ended.
    queued: Option<Vec<Vec<Vec<u8>>>>,
    queued_bytes: u64,
    /// Commands that were not done, by name.
    pub left: BTreeMap<String, u64>,
    pub done: u64,
    /// Bytes of the command in hand.
    size: u64,
}

/// What is held at a time of one transaction.
const MAX_QUEUED: u64 = 32 << 20;
/// Names of commands that are counted apart.
const MAX_NAMES: usize = 50;
/// Fields of a hash that a server itself keeps in their order.
const SMALL: usize = 512;

/// Whether a command was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Done,
    /// It is of no concern for keys that could be sessions.
    Passed,
    Left,
}

type Arg<'a> = &'a [u8];

fn number(text: Arg<'_>) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn score(text: Arg<'_>) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn is(arg: Arg<'_>, word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}

impl Replay {
    /// Of the keys of that database.
    pub fn new(db: u64) -> Replay {
        Replay {
            overlay: Overlay::default(),
            db,
            current: 0,
            queued: None,
            queued_bytes: 0,
            left: BTreeMap::new(),
            done: 0,
            size: 0,
        }
    }

    /// Each file of increments begins with a database of its own.
    pub fn begin_file(&mut self) {
        self.current = 0;
    }

    /// Whether a transaction was begun and not ended: a server forgets it.
    pub fn is_open(&self) -> bool {
        self.queued.is_some()
    }

    /// Counts a command that was not done.
    pub fn leave(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name.get(..20).unwrap_or(name)).to_ascii_uppercase();
        if self.left.len() < MAX_NAMES || self.left.contains_key(&name) {
            *self.left.entry(name).or_default() += 1;
        }
    }

    /// Does one command; those of a transaction when it ends.
    pub fn command(&mut self, args: Vec<Vec<u8>>, base: &mut dyn Base) -> Result<(), Error> {
        let Some(name) = args.first() else { return Ok(()) };
        if is(name, "MULTI") {
            self.queued = Some(Vec::new());
            self.queued_bytes = 0;
            return Ok(());
        }
        if is(name, "EXEC") {
            for command in self.queued.take().unwrap_or_default() {
                self.one(&command, base)?;
            }
            return Ok(());
        }
        if self.queued.is_none() {
            return self.one(&args, base);
        }
        self.queued_bytes += args.iter().map(|arg| arg.len() as u64 + 32).sum::<u64>();
        if self.queued_bytes > MAX_QUEUED {
            // Too much to be held: done at once, as a server would have in the end.
            for command in self.queued.replace(Vec::new()).unwrap_or_default() {
                self.one(&command, base)?;
            }
            self.queued_bytes = 0;
        }
        if let Some(queued) = &mut self.queued {
            queued.push(args);
        }
        Ok(())
    }

    fn one(&mut self, args: &[Vec<u8>], base: &mut dyn Base) -> Result<(), Error> {
        let args: Vec<Arg<'_>> = args.iter().map(Vec::as_slice).collect();
        self.size = args.iter().map(|arg| arg.len() as u64 + 48).sum();
        let Some((name, rest)) = args.split_first() else { return Ok(()) };
        let upper = name.to_ascii_uppercase();
        let went = match (&upper[..], rest) {
            (b"SELECT", [db]) => {
                self.current = number(db).and_then(|db| u64::try_from(db).ok()).unwrap_or(u64::MAX);
                Went::Passed
            }
            (b"FLUSHALL", _) => {
                self.overlay.clear();
                Went::Done
            }
            (b"SWAPDB", [one, other]) => {
                let own = self.db.to_string();
                if *one == own.as_bytes() || *other == own.as_bytes() { Went::Left } else { Went::Passed }
            }
            (b"PING" | b"PUBLISH" | b"SPUBLISH" | b"SCRIPT" | b"FUNCTION" | b"REPLCONF", _) => Went::Passed,
            (b"MOVE", [_, db]) if **db == *self.db.to_string().as_bytes() => Went::Left,
            _ if self.current != self.db => Went::Passed,
            (upper, rest) => self.here(upper, rest, base)?,
        };
        match went {
            Went::Done => self.done += 1,
            Went::Passed => {}
            Went::Left => self.leave(&upper),
        }
        Ok(())
    }

    fn here(&mut self, name: &[u8], args: &[Arg<'_>], base: &mut dyn Base) -> Result<Went, Error> {
        Ok(match (name, args) {
            (b"FLUSHDB", _) => {
                self.overlay.clear();
                Went::Done
            }
            (b"SET", [key, value, options @ ..]) => self.set(key, value, options, base)?,
            (b"SETNX" | b"GETSET", [key, value]) => self.text(key, value.to_vec(), None),
            (b"MSET" | b"MSETNX", pairs) if pairs.len() % 2 == 0 => {
                for pair in pairs.chunks_exact(2) {
                    self.text(pair[0], pair[1].to_vec(), None);
                }
                Went::Done
            }
            (b"APPEND", [key, more]) => {
                self.changed(key, base, Held::Text(Vec::new()), |held| match held {
                    Held::Text(text) => {
                        text.extend_from_slice(more);
                        Went::Done
                    }
                    _ => Went::Left,
                })?
            }
            (b"SETRANGE", [key, at, part]) => {
                let at = number(at).and_then(|at| usize::try_from(at).ok());
                // More than a server lets a string be.
                let Some(at) = at.filter(|at| at.saturating_add(part.len()) <= 512 << 20) else {
                    return Ok(Went::Left);
                };
                if at.saturating_add(part.len()) > 64 << 20 {
                    return Ok(Went::Left);
                }
                self.changed(key, base, Held::Text(Vec::new()), |held| match held {
                    Held::Text(text) => {
                        if text.len() < at + part.len() {
                            text.resize(at + part.len(), 0);
                        }
                        text[at..at + part.len()].copy_from_slice(part);
                        Went::Done
                    }
                    _ => Went::Left,
                })?
            }
            (b"INCR" | b"DECR", [key]) => {
                self.add(key, if name == b"INCR" { Some(1) } else { Some(-1) }, base)?
            }
            (b"INCRBY", [key, by]) => self.add(key, number(by), base)?,
            (b"DECRBY", [key, by]) => self.add(key, number(by).and_then(i64::checked_neg), base)?,
            (b"DEL" | b"UNLINK" | b"GETDEL", keys) => {
                for key in keys {
                    self.overlay.set(key, Change::Gone, self.size);
                }
                Went::Done
            }
            (b"PEXPIREAT", [key, at, ..]) => self.ends(key, number(at), base)?,
            (b"EXPIREAT", [key, at, ..]) => {
                self.ends(key, number(at).and_then(|at| at.checked_mul(1000)), base)?
            }
            (b"PERSIST", [key]) => self.persists(key, base)?,
            (b"GETEX", [key, option]) if is(option, "PERSIST") => self.persists(key, base)?,
            (b"GETEX", [key, option, at]) if is(option, "PXAT") => self.ends(key, number(at), base)?,
            (b"GETEX", [_]) => Went::Passed,
            (b"RESTORE", [key, ttl, payload, options @ ..]) => {
                let absolute = options.iter().any(|option| is(option, "ABSTTL"));
                let end = match number(ttl) {
                    Some(0) => None,
                    Some(at) if absolute => Some(at),
                    _ => return Ok(Went::Left),
                };
                let Some(held) = base.restored(payload) else { return Ok(Went::Left) };
                self.overlay.set(key, Change::Held(held, end), self.size);
                Went::Done
            }
            (b"RENAME" | b"RENAMENX", [from, to]) => self.renamed(from, to, base)?,
            (b"COPY", [from, to] | [from, to, _]) => {
                let Some((held, end)) = self.whole(from, base)? else { return Ok(Went::Left) };
                self.overlay.set(from, Change::Held(held.clone(), end), self.size);
                self.overlay.set(to, Change::Held(held, end), self.size);
                Went::Done
            }
            _ => return self.collections(name, args, base),
        })
    }

    fn collections(&mut self, name: &[u8], args: &[Arg<'_>], base: &mut dyn Base) -> Result<Went, Error> {
        Ok(match (name, args) {
            (b"HSET" | b"HMSET" | b"HSETNX", [key, pairs @ ..]) if pairs.len() % 2 == 0 => {
                self.hash(key, base, |fields| {
                    for pair in pairs.chunks_exact(2) {
                        put(fields, pair[0], pair[1].to_vec(), None);
                    }
                    Went::Done
                })?
            }
            (b"HDEL", [key, names @ ..]) => self.hash(key, base, |fields| {
                for name in names {
                    // Only small ones are listed in their order.
                    if fields.len() > SMALL {
                        fields.swap_remove(*name);
                    } else {
                        fields.shift_remove(*name);
                    }
                }
                Went::Done
            })?,
            (b"HINCRBY", [key, field, by]) => {
                let Some(by) = number(by) else { return Ok(Went::Left) };
                self.hash(key, base, |fields| {
                    let present = fields.get(*field);
                    let (value, end) = present.map_or((Some(0), None), |(value, end)| (number(value), *end));
                    let Some(sum) = value.and_then(|value| value.checked_add(by)) else { return Went::Left };
                    put(fields, field, sum.to_string().into_bytes(), end);
                    Went::Done
                })?
            }
            (b"HPEXPIREAT" | b"HEXPIREAT", [key, at, options @ ..]) => {
                let at =
                    number(at).and_then(|at| at.checked_mul(if name == b"HEXPIREAT" { 1000 } else { 1 }));
                let (Some(at), Some(names)) = (at, fields_of(options)) else { return Ok(Went::Left) };
                self.hash(key, base, |fields| {
                    for name in names {
                        if let Some((_, end)) = fields.get_mut(*name) {
                            *end = Some(at);
                        }
                    }
                    Went::Done
                })?
            }
            (b"HPERSIST", [key, options @ ..]) => {
                let Some(names) = fields_of(options) else { return Ok(Went::Left) };
                self.hash(key, base, |fields| {
                    for name in names {
                        if let Some((_, end)) = fields.get_mut(*name) {
                            *end = None;
                        }
                    }
                    Went::Done
                })?
            }
            (b"HSETEX", [key, options @ ..]) => {
                let Some((at, keeps)) = end_of(options) else { return Ok(Went::Left) };
                let counted = options.iter().position(|option| is(option, "FIELDS"));
                let pairs = counted.and_then(|at| options.get(at + 2..)).unwrap_or_default();
                if pairs.len() % 2 != 0 {
                    return Ok(Went::Left);
                }
                self.hash(key, base, |fields| {
                    for pair in pairs.chunks_exact(2) {
                        let present = fields.get(pair[0]).and_then(|(_, end)| *end);
                        put(fields, pair[0], pair[1].to_vec(), if keeps { present } else { at });
                    }
                    Went::Done
                })?
            }
            (b"SADD" | b"SREM", [key, members @ ..]) => {
                self.changed(key, base, Held::Set(BTreeSet::new()), |held| match held {
                    Held::Set(own) => {
                        for member in members {
                            if name == b"SADD" {
                                own.insert(member.to_vec());
                            } else {
                                own.remove(*member);
                            }
                        }
                        Went::Done
                    }
                    _ => Went::Left,
                })?
            }
            (b"SMOVE", [from, to, member]) => {
                let one = self.collections(b"SREM", &[from, member], base)?;
                let other = self.collections(b"SADD", &[to, member], base)?;
                if one == Went::Done { other } else { one }
            }
            (b"ZADD", [key, rest @ ..]) => self.zadd(key, rest, base)?,
            (b"ZINCRBY", [key, by, member]) => {
                let Some(by) = score(by) else { return Ok(Went::Left) };
                self.sorted(key, base, |members| {
                    *members.entry(member.to_vec()).or_insert(0.0) += by;
                    Went::Done
                })?
            }
            (b"ZREM", [key, names @ ..]) => self.sorted(key, base, |members| {
                for name in names {
                    members.remove(*name);
                }
                Went::Done
            })?,
            (b"ZREMRANGEBYSCORE", [key, low, high]) => {
                let (Some(low), Some(high)) = (bound(low), bound(high)) else { return Ok(Went::Left) };
                self.sorted(key, base, |members| {
                    members.retain(|_, score| !(low.below(*score) && high.above(*score)));
                    Went::Done
                })?
            }
            // No session is in any of these; that they are there is all that is asked.
            (b"LPUSH" | b"RPUSH" | b"LINSERT" | b"LSET" | b"LPUSHX" | b"RPUSHX", [key, ..]) => {
                self.other(key, Kind::List, base)?
            }
            (b"XADD", [key, ..]) => self.other(key, Kind::Stream, base)?,
            (b"PFADD" | b"SETBIT" | b"BITFIELD", _) => Went::Left,
            (
                b"LPOP" | b"RPOP" | b"LREM" | b"LTRIM" | b"LMPOP" | b"LMOVE" | b"RPOPLPUSH" | b"XDEL"
                | b"XTRIM" | b"XGROUP" | b"XACK" | b"XCLAIM" | b"XSETID" | b"XAUTOCLAIM",
                _,
            ) => Went::Passed,
            _ => Went::Left,
        })
    }

    /// A string that is written whole.
    fn text(&mut self, key: Arg<'_>, value: Vec<u8>, end: Option<i64>) -> Went {
        self.overlay.set(key, Change::Held(Held::Text(value), end), self.size);
        Went::Done
    }

    fn set(
        &mut self,
        key: Arg<'_>,
        value: Arg<'_>,
        options: &[Arg<'_>],
        base: &mut dyn Base,
    ) -> Result<Went, Error> {
        let Some((at, keeps)) = end_of(options) else { return Ok(Went::Left) };
        let end = if keeps {
            match self.end(key, base)? {
                Ends::At(end) => Some(end),
                Ends::Absent | Ends::Never => None,
            }
        } else {
            at
        };
        Ok(self.text(key, value.to_vec(), end))
    }

    fn add(&mut self, key: Arg<'_>, by: Option<i64>, base: &mut dyn Base) -> Result<Went, Error> {
        let Some(by) = by else { return Ok(Went::Left) };
        self.changed(key, base, Held::Text(b"0".to_vec()), |held| match held {
            Held::Text(text) => match number(text).and_then(|value| value.checked_add(by)) {
                Some(sum) => {
                    *text = sum.to_string().into_bytes();
                    Went::Done
                }
                None => Went::Left,
            },
            _ => Went::Left,
        })
    }

    /// When a key ends as things are now.
    fn end(&mut self, key: Arg<'_>, base: &mut dyn Base) -> Result<Ends, Error> {
        match self.overlay.get(key) {
            Some(Change::Gone) => Ok(Ends::Absent),
            Some(Change::Ends(end) | Change::Held(_, end)) => Ok(end.map_or(Ends::Never, Ends::At)),
            None => base.end(key),
        }
    }

    fn ends(&mut self, key: Arg<'_>, at: Option<i64>, base: &mut dyn Base) -> Result<Went, Error> {
        let Some(at) = at else { return Ok(Went::Left) };
        self.end_at(key, Some(at), base)
    }

    fn persists(&mut self, key: Arg<'_>, base: &mut dyn Base) -> Result<Went, Error> {
        self.end_at(key, None, base)
    }

    fn end_at(&mut self, key: Arg<'_>, end: Option<i64>, base: &mut dyn Base) -> Result<Went, Error> {
        let change = match self.overlay.take(key) {
            Some(Change::Held(held, _)) => Change::Held(held, end),
            Some(Change::Ends(_)) => Change::Ends(end),
            Some(Change::Gone) => Change::Gone,
            None if self.overlay.cleared || base.end(key)? == Ends::Absent => return Ok(Went::Done),
            None => Change::Ends(end),
        };
        self.overlay.set(key, change, self.size);
        Ok(Went::Done)
    }

    /// What a key holds as things are now.
    fn whole(&mut self, key: Arg<'_>, base: &mut dyn Base) -> Result<Option<(Held, Option<i64>)>, Error> {
        match self.overlay.take(key) {
            Some(Change::Held(held, end)) => Ok(Some((held, end))),
            Some(Change::Gone) => Ok(None),
            Some(Change::Ends(end)) => {
                let loaded = base.load(key)?;
                if loaded.is_none() {
                    self.overlay.set(key, Change::Ends(end), self.size);
                }
                Ok(loaded.map(|(held, _)| (held, end)))
            }
            None if self.overlay.cleared => Ok(None),
            None => base.load(key),
        }
    }

    /// Changes what a key holds; what it is where it was not there.
    fn changed(
        &mut self,
        key: Arg<'_>,
        base: &mut dyn Base,
        fresh: Held,
        change: impl FnOnce(&mut Held) -> Went,
    ) -> Result<Went, Error> {
        let (mut held, end) = self.whole(key, base)?.unwrap_or((fresh, None));
        let went = change(&mut held);
        self.overlay.set(
            key,
            if held.is_empty() { Change::Gone } else { Change::Held(held, end) },
            self.size,
        );
        Ok(went)
    }

    fn hash(
        &mut self,
        key: Arg<'_>,
        base: &mut dyn Base,
        change: impl FnOnce(&mut Fields) -> Went,
    ) -> Result<Went, Error> {
        self.changed(key, base, Held::Hash(Fields::new()), |held| match held {
            Held::Hash(fields) => change(fields),
            _ => Went::Left,
        })
    }

    fn sorted(
        &mut self,
        key: Arg<'_>,
        base: &mut dyn Base,
        change: impl FnOnce(&mut BTreeMap<Vec<u8>, f64>) -> Went,
    ) -> Result<Went, Error> {
        self.changed(key, base, Held::Sorted(BTreeMap::new()), |held| match held {
            Held::Sorted(members) => change(members),
            _ => Went::Left,
        })
    }

    fn other(&mut self, key: Arg<'_>, kind: Kind, base: &mut dyn Base) -> Result<Went, Error> {
        if self.end(key, base)? == Ends::Absent {
            self.overlay.set(key, Change::Held(Held::Other(kind), None), self.size);
        }
        Ok(Went::Passed)
    }

    fn renamed(&mut self, from: Arg<'_>, to: Arg<'_>, base: &mut dyn Base) -> Result<Went, Error> {
        if from == to {
            return Ok(Went::Done);
        }
        let Some((held, end)) = self.whole(from, base)? else { return Ok(Went::Left) };
        self.overlay.set(from, Change::Gone, self.size);
        self.overlay.set(to, Change::Held(held, end), self.size);
        Ok(Went::Done)
    }

    fn zadd(&mut self, key: Arg<'_>, rest: &[Arg<'_>], base: &mut dyn Base) -> Result<Went, Error> {
        let (mut absent, mut present, mut adds, mut greater, mut less) = (false, false, false, false, false);
        let mut rest = rest;
        while let [option, more @ ..] = rest {
            match &option.to_ascii_uppercase()[..] {
                b"NX" => absent = true,
                b"XX" => present = true,
                b"INCR" => adds = true,
                b"GT" => greater = true,
                b"LT" => less = true,
                b"CH" => {}
                _ => break,
            }
            rest = more;
        }
        let pairs: Option<Vec<(f64, Arg<'_>)>> =
            rest.chunks(2).map(|pair| Some((score(pair[0])?, *pair.get(1)?))).collect();
        let Some(pairs) = pairs else { return Ok(Went::Left) };
        self.sorted(key, base, |members| {
            for (score, member) in pairs {
                match members.get_mut(member) {
                    None if present => {}
                    None => {
                        members.insert(member.to_vec(), score);
                    }
                    Some(_) if absent => {}
                    Some(own) => {
                        let wanted = if adds { *own + score } else { score };
                        if !(greater && wanted <= *own || less && wanted >= *own) {
                            *own = wanted;
                        }
                    }
                }
            }
            Went::Done
        })
    }
}

fn put(fields: &mut Fields, field: Arg<'_>, value: Vec<u8>, end: Option<i64>) {
    fields.insert(field.to_vec(), (value, end));
}

/// The end that options name, and whether the present one is kept; `None` where it needs a clock.
fn end_of(options: &[Arg<'_>]) -> Option<(Option<i64>, bool)> {
    let (mut at, mut keeps) = (None, false);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match &option.to_ascii_uppercase()[..] {
            b"PXAT" => at = Some(number(options.next()?)?),
            b"EXAT" => at = Some(number(options.next()?)?.checked_mul(1000)?),
            b"KEEPTTL" => keeps = true,
            b"EX" | b"PX" => return None,
            b"FIELDS" => break,
            _ => {}
        }
    }
    Some((at, keeps))
}

/// The names after `FIELDS count`.
fn fields_of<'a, 'b>(options: &'b [Arg<'a>]) -> Option<&'b [Arg<'a>]> {
    let at = options.iter().position(|option| is(option, "FIELDS"))?;
    let count = usize::try_from(number(options.get(at + 1)?)?).ok()?;
    options.get(at + 2..at.checked_add(2)?.checked_add(count)?)
}

/// A bound of scores, which may be outside of the range.
struct Bound {
    at: f64,
    open: bool,
}

impl Bound {
    fn below(&self, score: f64) -> bool {
        if self.open { self.at < score } else { self.at <= score }
    }

    fn above(&self, score: f64) -> bool {
        if self.open { self.at > score } else { self.at >= score }
    }
}

fn bound(text: Arg<'_>) -> Option<Bound> {
    let (open, text) = match text.strip_prefix(b"(") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    Some(Bound { at: score(text)?, open })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What a dump would hold.
    struct Dumped(BTreeMap<&'static str, (Held, Option<i64>)>);

    impl Base for Dumped {
        fn load(&mut self, key: &[u8]) -> Result<Option<(Held, Option<i64>)>, Error> {
            Ok(self.0.get(std::str::from_utf8(key).unwrap()).cloned())
        }

        fn end(&mut self, key: &[u8]) -> Result<Ends, Error> {
            let found = self.0.get(std::str::from_utf8(key).unwrap());
            Ok(found.map_or(Ends::Absent, |(_, end)| end.map_or(Ends::Never, Ends::At)))
        }

        fn restored(&mut self, payload: &[u8]) -> Option<Held> {
            payload.strip_prefix(b"text:").map(|text| Held::Text(text.to_vec()))
        }
    }

    fn text(text: &str) -> Held {
        Held::Text(text.as_bytes().to_vec())
    }

    fn hash(fields: &[(&str, &str)]) -> Held {
        let fields = fields.iter();
        Held::Hash(fields.map(|(f, v)| (f.as_bytes().to_vec(), (v.as_bytes().to_vec(), None))).collect())
    }

    fn run(commands: &[&str]) -> Replay {
        let set = Held::Set(["a", "b"].iter().map(|member| member.as_bytes().to_vec()).collect());
        let sorted = Held::Sorted([("a", 1.0), ("b", 2.0)].map(|(m, s)| (m.as_bytes().to_vec(), s)).into());
        let mut base = Dumped(BTreeMap::from([
            ("text", (text("old"), Some(1_000))),
            ("hash", (hash(&[("f", "1"), ("g", "2")]), None)),
            ("set", (set, None)),
            ("sorted", (sorted, Some(5_000))),
        ]));
        let mut replay = Replay::new(0);
        for command in commands {
            let args = command.split(' ').map(|arg| arg.as_bytes().to_vec()).collect();
            replay.command(args, &mut base).unwrap();
        }
        replay
    }

    #[track_caller]
    fn becomes(commands: &[&str], key: &str, expected: impl Into<Option<Change>>) {
        let expected = expected.into();
        let replay = run(commands);
        assert_eq!(replay.overlay.get(key.as_bytes()), expected.as_ref(), "{commands:?}");
        assert!(replay.left.is_empty(), "{:?}", replay.left);
    }

    #[test]
    fn strings_and_ends() {
        let held = |value: &str, end| Some(Change::Held(text(value), end));
        becomes(&[], "text", None);
        becomes(&["SET text new"], "text", held("new", None));
        becomes(&["set text new KEEPTTL"], "text", held("new", Some(1_000)));
        becomes(&["SET text new PXAT 7"], "text", held("new", Some(7)));
        becomes(&["SET text new EXAT 7"], "text", held("new", Some(7_000)));
        becomes(&["APPEND text er"], "text", held("older", Some(1_000)));
        becomes(&["SETRANGE text 1 XY"], "text", held("oXY", Some(1_000)));
        becomes(&["SETRANGE new 2 a"], "new", held("\0\0a", None));
        becomes(&["INCRBY n 5", "DECR n"], "n", held("4", None));
        becomes(&["DEL text"], "text", Some(Change::Gone));
        becomes(&["PEXPIREAT text 9"], "text", Some(Change::Ends(Some(9))));
        becomes(&["EXPIREAT hash 9"], "hash", Some(Change::Ends(Some(9_000))));
        becomes(&["PERSIST text"], "text", Some(Change::Ends(None)));
        becomes(&["PEXPIREAT absent 9"], "absent", None);
        becomes(&["SET a 1", "PEXPIREAT a 9", "PERSIST a"], "a", held("1", None));
        becomes(&["PEXPIREAT text 9", "APPEND text x"], "text", held("oldx", Some(9)));
        becomes(&["RENAME text moved"], "moved", held("old", Some(1_000)));
        becomes(&["RENAME text moved"], "text", Some(Change::Gone));
        becomes(&["DEL text", "APPEND text x"], "text", held("x", None));
        becomes(&["RESTORE text 8 text:back REPLACE ABSTTL"], "text", held("back", Some(8)));
        becomes(&["FLUSHDB", "PEXPIREAT text 9"], "text", Some(Change::Gone));
        becomes(&["FLUSHALL", "SET text x"], "text", held("x", None));
    }

    #[test]
    fn collections() {
        let held = |held: Held, end| Some(Change::Held(held, end));
        becomes(&["HSET hash f 9 h 3"], "hash", held(hash(&[("f", "9"), ("g", "2"), ("h", "3")]), None));
        becomes(&["HDEL hash f"], "hash", held(hash(&[("g", "2")]), None));
        becomes(&["HDEL hash f g"], "hash", Some(Change::Gone));
        becomes(&["HINCRBY hash f 41"], "hash", held(hash(&[("f", "42"), ("g", "2")]), None));
        let ending = |end| {
            let mut fields = Fields::new();
            fields.insert(b"f".to_vec(), (b"1".to_vec(), end));
            fields.insert(b"g".to_vec(), (b"2".to_vec(), None));
            held(Held::Hash(fields), None)
        };
        becomes(&["HPEXPIREAT hash 77 FIELDS 1 f"], "hash", ending(Some(77)));
        becomes(&["HPEXPIREAT hash 77 FIELDS 1 f", "HPERSIST hash FIELDS 1 f"], "hash", ending(None));
        becomes(&["HSETEX hash PXAT 5 FIELDS 1 f 1"], "hash", ending(Some(5)));
        let set = |members: &[&str]| Held::Set(members.iter().map(|m| m.as_bytes().to_vec()).collect());
        becomes(&["SADD set c", "SREM set a"], "set", held(set(&["b", "c"]), None));
        becomes(&["SREM set a b"], "set", Some(Change::Gone));
        becomes(&["SMOVE set other a"], "other", held(set(&["a"]), None));
        let sorted = |members: &[(&str, f64)]| {
            Held::Sorted(members.iter().map(|(m, s)| (m.as_bytes().to_vec(), *s)).collect())
        };
        becomes(
            &["ZADD sorted 9 a 3 c"],
            "sorted",
            held(sorted(&[("a", 9.0), ("b", 2.0), ("c", 3.0)]), Some(5_000)),
        );
        becomes(&["ZADD sorted NX 9 a"], "sorted", held(sorted(&[("a", 1.0), ("b", 2.0)]), Some(5_000)));
        becomes(
            &["ZADD sorted GT CH 0 a 3 b"],
            "sorted",
            held(sorted(&[("a", 1.0), ("b", 3.0)]), Some(5_000)),
        );
        becomes(&["ZINCRBY sorted 0.5 a"], "sorted", held(sorted(&[("a", 1.5), ("b", 2.0)]), Some(5_000)));
        becomes(&["ZREM sorted a"], "sorted", held(sorted(&[("b", 2.0)]), Some(5_000)));
        becomes(&["ZREMRANGEBYSCORE sorted -inf (2"], "sorted", held(sorted(&[("b", 2.0)]), Some(5_000)));
        becomes(&["RPUSH list a", "LPOP list"], "list", held(Held::Other(Kind::List), None));
    }

    #[test]
    fn databases_transactions_and_what_is_left() {
        becomes(&["SELECT 1", "SET text x"], "text", None);
        becomes(&["SELECT 1", "SELECT 0", "DEL text"], "text", Some(Change::Gone));
        becomes(&["MULTI", "DEL text", "EXEC"], "text", Some(Change::Gone));
        // What was not brought to its end did not happen.
        becomes(&["MULTI", "DEL text"], "text", None);
        becomes(&["PUBLISH a b", "PING"], "text", None);
        let replay = run(&["EVAL x 0", "eval y 0", "SET text x EX 10", "HSET text f v"]);
        let left: Vec<(&str, u64)> = replay.left.iter().map(|(name, count)| (&name[..], *count)).collect();
        assert_eq!(left, [("EVAL", 2), ("HSET", 1), ("SET", 1)]);
        assert_eq!(replay.overlay.get(b"text"), Some(&Change::Held(text("old"), Some(1_000))));
    }

    #[test]
    fn what_it_takes_in_memory_is_known() {
        let mut many = vec!["SADD set a".to_string(); 5_000];
        many.extend((0..2_000).map(|n| format!("SADD big {n}")));
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let bytes = run(&many).overlay.bytes();
        // Two thousand members of four bytes, and not what was added again and again.
        assert!((100_000..400_000).contains(&bytes), "{bytes}");
    }
}
