//! One hash of a server whose fields are the sessions: each field is a record, named by the field, and what
//! is asked of a key elsewhere is asked of the field here.
//!
//! A field ends by itself where the server knows such ends (Redis 7.4, Valkey 9.0; HPEXPIREAT). A change is
//! made only while the field still holds what was seen and ends when it did: the hash is WATCHed, so that a
//! write to any of its fields drops the transaction, which is then tried again in smaller parts. No command
//! names any other field.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Value as Answer;

use super::change::UNHEARD;
use super::cluster::{KeyStore, OneNode};
use super::guarded::{self, command};
use super::sentinel::SentinelStore;
use super::served::{Served, Use};
use super::target::{ReadFrom, Target};
use super::{MAX_TEXT, RedisStore, Refusal, before, bulk, fields, int, kind_of, load, single};
use crate::store::seen::Seen;
use crate::store::{
    Applied, Backup, Content, Error, Expiry, Fit, Gentle, Health, Interest, Keeper, Key, Kind, Lag, Lookup,
    Medium, Need, Offers, Op, Open, Outcome, Own, Page, Query, Raw, Record, Source, Step, Store, Ttl,
};
use crate::text::safe::safe;

mod change;

use change::{Change, Doing, Part, judge};

/// Fields that are asked for at a time.
const TOGETHER: usize = 500;
/// Fields that are changed by one transaction at most.
const AT_ONCE: usize = 64;
/// Fields that are scanned at a time at first, then as many as these bytes hold, and no more than this many.
const FIRST: usize = 20;
const BYTES: usize = 1 << 20;
const MOST: usize = 1_000;

/// A hash of a server, named and not opened yet.
#[derive(Debug, Clone)]
pub(super) struct HashPlace {
    target: Target,
    hash: Vec<u8>,
}

impl HashPlace {
    pub(super) fn new(target: Target, hash: &[u8]) -> HashPlace {
        HashPlace { target, hash: hash.to_vec() }
    }

    fn open(&self, changes: bool) -> Result<Box<dyn Store>, Error> {
        let target = &self.target;
        let alone = target.only.is_some() || target.reads != ReadFrom::Primary;
        if changes && alone {
            return Err(Error::Unsupported {
                place: self.place(),
                why: "can only be read with --node or --read-from".to_string(),
                hint: "changes are made on the primary: leave it out".to_string(),
            });
        }
        let of = self.clone();
        let used: Use = Arc::new(move |server| Ok(Box::new(HashStore::over(server, of.clone())?)));
        if target.service.is_some() && target.only.is_none() {
            return Ok(Box::new(SentinelStore::used(target, changes, self.place(), used)?));
        }
        if let Some(server) = single(target)? {
            return Ok(Box::new(HashStore::over(server, self.clone())?));
        }
        if let Some((host, port)) = &target.only {
            let node = OneNode::open(&Target { node: true, ..target.at_host(host, *port) })?;
            return Ok(Box::new(HashStore::over(node.with(&self.hash)?, self.clone())?));
        }
        Ok(Box::new(KeyStore::open(target, &self.hash, changes, self.place(), used)?))
    }
}

impl Open for HashPlace {
    fn place(&self) -> String {
        format!("{} hash {}", self.target, safe(&String::from_utf8_lossy(&self.hash)))
    }

    fn address(&self) -> String {
        self.target.place()
    }

    fn medium(&self) -> Medium {
        Medium::Field
    }

    fn login(&self) -> &str {
        self.target.user_name()
    }

    fn caution(&self) -> Option<&'static str> {
        self.target.caution()
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(self.open(false)?)
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        self.open(true)
    }
}

/// A field as it was read: what it holds, and when it ends (ms since 1970, or in how many).
type Field = Option<(Vec<u8>, Option<i64>)>;

struct HashStore {
    server: RedisStore,
    place: String,
    of: HashPlace,
    /// Whether fields have ends on this server.
    ends: bool,
}

impl HashStore {
    fn over(mut server: RedisStore, of: HashPlace) -> Result<HashStore, Error> {
        server.push(&[b"TYPE", &of.hash]);
        server.flush("TYPE")?;
        let kind = match server.take("TYPE")? {
            Ok(answer) => kind_of(&answer),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => {
                return Err(Error::Denied {
                    place: server.place.clone(),
                    user: server.user.clone(),
                    command: format!("TYPE on {}", safe(&String::from_utf8_lossy(&of.hash))),
                });
            }
        };
        if let Some(kind) = kind.filter(|kind| *kind != Kind::Hash) {
            return Err(Error::Unsupported {
                place: server.place.clone(),
                why: format!(
                    "holds {} of kind {} and not hash",
                    safe(&String::from_utf8_lossy(&of.hash)),
                    kind.name()
                ),
                hint: "`fields` of the layout names the hash".to_string(),
            });
        }
        // Asked of the hash itself: who may not ask has to be told, and not that there are no ends.
        server.push(&[b"HPTTL", &of.hash, b"FIELDS", b"1", b"sessctl:no-such-field"]);
        server.flush("HPTTL")?;
        let ends = match server.take("HPTTL")? {
            Err(Refusal::Fatal(error)) if error.is_unknown() => false,
            Err(Refusal::Fatal(error)) => return Err(error),
            _ => true,
        };
        Ok(HashStore { server, place: of.place(), of, ends })
    }

    /// What these fields hold, and when they end: in how many ms, or at which time.
    fn fields(&mut self, names: &[&[u8]], absolute: bool) -> Result<Vec<Field>, Error> {
        ask(&mut self.server, &self.of.hash, names, self.ends, absolute);
        self.server.flush("HMGET")?;
        let texts = self.server.expect("HMGET")?;
        let ends = if self.ends { Some(self.server.expect("HPTTL")?) } else { None };
        pair(texts, ends, names.len()).ok_or_else(|| self.server.senseless("HMGET"))
    }
}

fn record(key: &[u8], field: Field, need: Need) -> Record {
    let (raw, ttl) = match field {
        None => (Raw::Gone, Ttl::Gone),
        Some((text, end)) => {
            let end = end.map_or(Ttl::Never, |ms| Ttl::In(u64::try_from(ms).unwrap_or(0)));
            (whole(text), end)
        }
    };
    let gone = raw == Raw::Gone;
    Record {
        key: Key(key.to_vec()),
        raw: if need.value || gone { raw } else { Raw::Unread },
        ttl: if need.ttl { ttl } else { Ttl::Unasked },
        ends: Vec::new(),
        memory: None,
        exact_end: None,
        asked: need,
    }
}

fn whole(text: Vec<u8>) -> Raw {
    let length = text.len() as u64;
    if length > MAX_TEXT { Raw::Oversized(Kind::String, length) } else { Raw::Text(text) }
}

/// Queues the questions what fields hold and when they end; there are two answers where they can.
fn ask(server: &mut RedisStore, hash: &[u8], names: &[&[u8]], ends: bool, absolute: bool) -> usize {
    server.push(&[&[&b"HMGET"[..], hash], names].concat());
    if ends {
        let command: &[u8] = if absolute { b"HPEXPIRETIME" } else { b"HPTTL" };
        fields::ask_ends(server, command, hash, names);
    }
    1 + usize::from(ends)
}

/// The answers to that, a field each.
fn pair(texts: Answer, ends: Option<Answer>, many: usize) -> Option<Vec<Field>> {
    let Answer::Array(texts) = texts else { return None };
    let mut ends = ends.map(|ends| fields::ends_in(&ends)).unwrap_or_default();
    if texts.len() != many {
        return None;
    }
    // Of a hash that is not there an older server gives no list.
    ends.resize(many, None);
    Some(texts.into_iter().map(bulk).zip(ends).map(|(text, end)| Some((text?, end))).collect())
}

impl Source for HashStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        Offers { ttl: self.ends, memory: false, change: true }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        let answer = self.server.ask(&[b"HLEN", &self.of.hash])?;
        Ok(int(&answer).map(|many| many.max(0) as u64))
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.server.now()
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut seen = Seen::new();
        self.over(query, &mut |name| seen.first(name), visit)
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.server.health()
    }

    fn lacks(&mut self, commands: &[&str]) -> Result<Option<Vec<String>>, Error> {
        self.server.lacks(commands)
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.server.be_gentle(gentle);
    }
}

impl Served for HashStore {
    fn server(&mut self) -> &mut RedisStore {
        &mut self.server
    }

    fn into_server(self: Box<Self>) -> RedisStore {
        self.server
    }

    fn over(
        &mut self,
        query: &mut Query<'_>,
        first: &mut dyn FnMut(&[u8]) -> bool,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut cursor = b"0".to_vec();
        let mut count = FIRST;
        loop {
            let many = count.to_string();
            let mut scan: Vec<&[u8]> = vec![b"HSCAN", &self.of.hash, &cursor, b"COUNT", many.as_bytes()];
            if let Some(pattern) = &query.pattern {
                scan.extend([&b"MATCH"[..], pattern]);
            }
            let answer = self.server.ask(&scan)?;
            let (next, pairs) = page(answer).ok_or_else(|| self.server.senseless("HSCAN"))?;
            if let Some(size) = pairs.iter().map(|(name, text)| name.len() + text.len()).max() {
                count = (BYTES / size.max(1)).clamp(1, MOST);
            }
            // Before any counts as met: what the connection is lost with is met again.
            let ends = if query.need.ttl { self.ends_of(&pairs)? } else { Vec::new() };
            let mut ends = ends.into_iter();
            let mut page = Page::default();
            for (name, text) in pairs {
                let end = ends.next();
                if !first(&name) {
                    continue;
                }
                page.scanned += 1;
                let need = match (query.interest)(&name) {
                    Interest::Skip => continue,
                    Interest::Name => Need::NOTHING,
                    Interest::Look => Need::VALUE,
                    Interest::Read { .. } => query.need.and(Need::VALUE),
                };
                let mut record = record(&name, Some((text, None)), need);
                // What has ended since it was met is gone.
                if let Some(end) = end.filter(|_| need.ttl) {
                    record.ttl = Ttl::from_pttl(end);
                    if end == -2 {
                        record.raw = Raw::Gone;
                    }
                }
                page.records.push(record);
            }
            if visit(page).is_break() || next == b"0" {
                return Ok(());
            }
            cursor = next;
        }
    }
}

impl HashStore {
    /// When each of these fields ends, as HPTTL says it; nothing where they have no ends.
    fn ends_of(&mut self, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<i64>, Error> {
        if !self.ends {
            return Ok(Vec::new());
        }
        let mut all = Vec::with_capacity(pairs.len());
        for some in pairs.chunks(TOGETHER) {
            let names: Vec<&[u8]> = some.iter().map(|(name, _)| &name[..]).collect();
            fields::ask_ends(&mut self.server, b"HPTTL", &self.of.hash, &names);
            self.server.flush("HPTTL")?;
            let answer = self.server.expect("HPTTL")?;
            let before = all.len();
            // Of a hash that is not there an older server gives no list.
            if let Answer::Array(ends) = answer {
                all.extend(ends.iter().map(|end| int(end).unwrap_or(-2)));
            }
            all.resize(before + some.len(), -2);
        }
        Ok(all)
    }
}

/// HSCAN's answer: where to go on, and fields with what they hold.
fn page(answer: Answer) -> Option<(Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>)> {
    let Answer::Array(parts) = answer else { return None };
    let mut parts = parts.into_iter();
    Some((bulk(parts.next()?)?, super::pairs(parts.next()?)?))
}

impl Lookup for HashStore {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let mut records = Vec::with_capacity(keys.len());
        for some in keys.chunks(TOGETHER) {
            let names: Vec<&[u8]> = some.iter().map(|key| &key.0[..]).collect();
            let fields = self.fields(&names, false)?;
            records.extend(some.iter().zip(fields).map(|(key, field)| record(&key.0, field, need)));
        }
        Ok(records)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        for key in keys {
            self.server.push(&[b"HEXISTS", &self.of.hash, &key.0]);
        }
        self.server.flush("HEXISTS")?;
        let there = |answer: Answer| (int(&answer) == Some(1)).then_some(Kind::String);
        keys.iter().map(|_| self.server.expect("HEXISTS").map(there)).collect()
    }

    // A field has nothing next to it.
    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        Ok(vec![false; ops.len()])
    }
}

impl Store for HashStore {
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        let ends =
            |step: &&&Step| matches!(step.own, Own::Expire { at: Expiry::At(_) | Expiry::Persist, .. });
        if !self.ends && samples.iter().any(|step| ends(&step)) {
            return Err(self.no_ends());
        }
        let hash = &self.of.hash[..];
        let nothing: &[u8] = b"sessctl:no-such-field";
        // What writes is queued and dropped; that has to be permitted first.
        let dropping = [command(&[b"WATCH", hash]), command(&[b"UNWATCH"])];
        let dropping = [&dropping[..], &[command(&[b"MULTI"]), command(&[b"DISCARD"])]].concat();
        before::ask(&mut self.server, &dropping)?;
        let mut commands = vec![
            command(&[b"TIME"]),
            command(&[b"HMGET", hash, nothing]),
            command(&[b"MULTI"]),
            command(&[b"HSET", hash, nothing, b""]),
            command(&[b"HDEL", hash, nothing]),
        ];
        if self.ends {
            commands.extend([
                command(&[b"HPEXPIRETIME", hash, b"FIELDS", b"1", nothing]),
                command(&[b"HPEXPIREAT", hash, b"1", b"FIELDS", b"1", nothing]),
                command(&[b"HPERSIST", hash, b"FIELDS", b"1", nothing]),
            ]);
        }
        commands.push(command(&[b"DISCARD"]));
        before::ask(&mut self.server, &commands)
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, mut keeper: Option<&mut dyn Keeper>) -> Applied {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; steps.len()];
        let mut stopped = None;
        for start in (0..steps.len()).step_by(AT_ONCE) {
            let range = start..(start + AT_ONCE).min(steps.len());
            if let Err(error) =
                self.change(start, &steps[range.clone()], fit, &mut keeper, &mut outcomes[range])
            {
                stopped = Some(error);
                break;
            }
        }
        Applied::of(outcomes, stopped)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; backups.len()];
        let mut stopped = None;
        for start in (0..backups.len()).step_by(AT_ONCE) {
            let range = start..(start + AT_ONCE).min(backups.len());
            let parts = backups[range].iter().enumerate().map(|(nth, backup)| {
                let doing = Doing::Back(backup);
                Part { place: start + nth, field: &backup.key.0, doing }
            });
            let changed = self.carry_out(parts.collect(), &mut outcomes);
            if let Err(error) = changed {
                stopped = Some(error);
                break;
            }
        }
        Applied::of(outcomes, stopped)
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        load::ping(&mut self.server)
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        self.server.lag()
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        self.of.store()
    }
}

impl HashStore {
    fn no_ends(&self) -> Error {
        Error::Unsupported {
            place: self.place.clone(),
            why: "is on a server whose hashes have no fields that end by themselves".to_string(),
            hint: "that takes Redis 7.4 or Valkey 9.0; a layout with `expires` moves the end in the value"
                .to_string(),
        }
    }

    /// Looks at a batch, writes down what is going to change, and changes it while it still is that.
    fn change(
        &mut self,
        first: usize,
        steps: &[Step],
        fit: Fit,
        keeper: &mut Option<&mut dyn Keeper>,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<(), Error> {
        let names: Vec<&[u8]> = steps.iter().map(|step| &step.key.0[..]).collect();
        let now = self.server.now()?;
        let found = self.fields(&names, true)?;
        let mut backups = Vec::new();
        let mut parts = Vec::new();
        for (place, (step, field)) in steps.iter().zip(&found).enumerate() {
            match judge(step, field.as_ref(), fit, now) {
                Ok((text, end)) => {
                    backups.push(Backup {
                        step: (first + place) as u32,
                        key: step.key.clone(),
                        content: Content::Text(text.clone()),
                        expires: end,
                        own: step.own.clone(),
                        companions: Vec::new(),
                    });
                    parts.push(Part {
                        place,
                        field: &step.key.0,
                        doing: Doing::Change { own: &step.own, text, end },
                    });
                }
                Err(outcome) => outcomes[place] = Some(outcome),
            }
        }
        if backups.is_empty() {
            return Ok(());
        }
        if let Some(keeper) = keeper {
            keeper.prepared(&backups).map_err(|error| Error::Backup(error.to_string()))?;
        }
        let carried = self.carry_out(parts, outcomes);
        // Of what was sent and not answered nobody knows whether it is done.
        let undone = |backup: &&Backup| match &outcomes[backup.step as usize - first] {
            Some(Outcome::Done { .. }) => false,
            Some(Outcome::Failed(why)) => why != UNHEARD,
            _ => true,
        };
        let void: Vec<u32> = backups.iter().filter(undone).map(|backup| backup.step).collect();
        if let Some(keeper) = keeper
            && !void.is_empty()
        {
            keeper.void(&void).map_err(|error| Error::Backup(error.to_string()))?;
        }
        carried
    }

    /// Makes these changes by one transaction, or where the hash is written meanwhile by one each.
    fn carry_out(&mut self, parts: Vec<Part<'_>>, outcomes: &mut [Option<Outcome>]) -> Result<(), Error> {
        let hash = Key(self.of.hash.clone());
        let mut open = vec![parts];
        while let Some(parts) = open.pop() {
            let outcomes_of = vec![None; parts.len()];
            let mut change = Change {
                hash: &hash,
                ends: self.ends,
                outcomes: outcomes_of,
                parts,
                given_up: false,
                sent: Vec::new(),
            };
            if let Err(error) = guarded::carry_out(&mut self.server, std::slice::from_mut(&mut change)) {
                if matches!(error, Error::Lost { .. } | Error::Timeout { .. } | Error::Answer { .. }) {
                    for part in &change.parts {
                        outcomes[part.place] = Some(Outcome::Failed(UNHEARD.to_string()));
                    }
                }
                return Err(error);
            }
            let Change { mut parts, outcomes: became, given_up, .. } = change;
            if given_up && parts.len() > 1 {
                let rest = parts.split_off(parts.len() / 2);
                open.extend([parts, rest]);
                continue;
            }
            for (part, outcome) in parts.iter().zip(became) {
                let written = || Outcome::Failed("the hash is being written continuously".to_string());
                outcomes[part.place] = Some(outcome.unwrap_or_else(written));
            }
        }
        Ok(())
    }
}
