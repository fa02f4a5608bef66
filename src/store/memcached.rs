//! Memcached servers as a store: a session is an item.
//!
//! The text protocol over TCP or a Unix socket (memcached 1.6 doc/protocol.txt). Clients spread keys over the
//! servers of a list by hashes of their own, so every server is asked for every key. Which items there are
//! `lru_crawler metadump` tells, which touches nothing; while the server's LRU maintainer moves an item that
//! was just used, that list lacks it, so it is asked for again until it is as long as the server says.

use std::collections::HashMap;
use std::io::{BufReader, Read as _, Seek as _, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::contract::{Keeper, Lookup, Medium, Offers, Open, Source, Store};
use super::error::{Error, Reason};
use super::key::Key;
use super::load::Lag;
use super::op::Op;
use super::record::{Interest, Kind, Need, Page, Query, Raw, Record, Ttl};
use super::seen::Seen;
use super::step::{Applied, Backup, Content, Ends, Expiry, Fit, Outcome, Own, Rewrite, Step, fingerprint};
use crate::text::clock::now_ms;
use crate::text::words::unnumbered;

mod link;

use link::{Address, Item, Link};

/// Items that are read in one go, and the bytes after which it is enough.
const BATCH: usize = 100;
const BATCH_BYTES: u64 = 4 << 20;
/// How often a list that is too short is asked for again, and after what time: the maintainer is through
/// with an item within a second.
const LISTINGS: usize = 4;
const PAUSE: Duration = Duration::from_millis(700);
/// Keys of a list that are kept in memory; more of them go to an unnamed file.
const LIST_IN_MEMORY: usize = 4 << 20;

/// Servers that are named and not connected yet.
#[derive(Debug, Clone)]
pub struct Servers {
    addresses: Vec<Address>,
    login: Option<(String, String)>,
    user: String,
    place: String,
    pub connect_timeout: Duration,
    pub timeout: Duration,
}

impl Servers {
    /// From `memcached://[USER:PASSWORD@]HOST[:PORT][,HOST2[:PORT]]` or `memcached:///PATH`; `None` for what
    /// names another kind of store.
    pub fn parse(text: &str) -> Option<Result<Servers, Error>> {
        let rest = text.strip_prefix("memcached://")?;
        let wrong = |why: &str| {
            Some(Err(Error::Target(format!("{why}; write the store as memcached://HOST:PORT[,HOST2:PORT]"))))
        };
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => match login.split_once(':') {
                Some((user, password)) => (Some((user.to_string(), password.to_string())), rest),
                None => return wrong("what precedes the @ is not USER:PASSWORD"),
            },
            None => (None, rest),
        };
        let mut addresses = Vec::new();
        if rest.starts_with('/') {
            addresses.push(Address::Unix(rest.into()));
        } else {
            for part in rest.trim_end_matches('/').split(',') {
                let (host, port) = match part.rsplit_once(':') {
                    Some((host, port))
                        if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) =>
                    {
                        (host, port)
                    }
                    _ => (part, "11211"),
                };
                let host = host.trim_start_matches('[').trim_end_matches(']');
                match port.parse() {
                    Ok(port) if !host.is_empty() => addresses.push(Address::Tcp(host.to_string(), port)),
                    Ok(_) => return wrong("a server has no name"),
                    Err(_) => return wrong("a port is not a number"),
                }
            }
        }
        let names: Vec<String> = addresses.iter().map(Address::to_string).collect();
        let user = login.as_ref().map_or_else(|| "default".to_string(), |(user, _)| user.clone());
        let place = format!("memcached://{}", names.join(","));
        let (connect_timeout, timeout) = (Duration::from_secs(5), Duration::from_secs(30));
        Some(Ok(Servers { addresses, login, user, place, connect_timeout, timeout }))
    }

    fn connect(&self) -> Result<Memcached, Error> {
        let mut links = Vec::with_capacity(self.addresses.len());
        for address in &self.addresses {
            links.push(Link::open(address, self.connect_timeout, self.timeout, self.login.as_ref())?);
        }
        Ok(Memcached { named: self.clone(), links })
    }
}

impl Open for Servers {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn medium(&self) -> Medium {
        Medium::Item
    }

    fn login(&self) -> &str {
        &self.user
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(Box::new(self.connect()?))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.connect()?))
    }
}

/// Servers that are connected.
#[derive(Debug)]
pub struct Memcached {
    named: Servers,
    links: Vec<Link>,
}

/// A key of a list and when it ends: seconds since 1970, or -1.
type Listed = (Vec<u8>, i64);

/// What a server lists, in memory or, where it is much, in an unnamed file.
struct List {
    file: BufReader<tempfile::SpooledTempFile>,
    left: u64,
}

impl List {
    fn of(link: &mut Link, seen: &mut Seen) -> Result<(List, u64), Error> {
        let mut file = tempfile::spooled_tempfile(LIST_IN_MEMORY);
        let (mut left, mut all, mut failed) = (0, 0, None);
        link.list(&mut |key, exp| {
            all += 1;
            if seen.first(&key) && failed.is_none() {
                let mut line = Vec::with_capacity(key.len() + 9);
                line.push(key.len() as u8);
                line.extend(&key);
                line.extend(exp.to_le_bytes());
                failed = file.write_all(&line).err();
                left += 1;
            }
        })?;
        let lost = |error: std::io::Error| Error::Backup(error.to_string());
        if let Some(error) = failed {
            return Err(lost(error));
        }
        file.rewind().map_err(lost)?;
        Ok((List { file: BufReader::new(file), left }, all))
    }

    fn next(&mut self) -> Option<Listed> {
        self.left = self.left.checked_sub(1)?;
        let mut length = [0];
        self.file.read_exact(&mut length).ok()?;
        let mut key = vec![0; usize::from(length[0])];
        let mut exp = [0; 8];
        self.file.read_exact(&mut key).ok()?;
        self.file.read_exact(&mut exp).ok()?;
        Some((key, i64::from_le_bytes(exp)))
    }
}

fn raw(item: Item) -> Raw {
    if let Some(length) = item.too_large {
        return Raw::Oversized(Kind::Hash, length);
    }
    Raw::Hash(vec![(b"value".to_vec(), item.value), (b"flags".to_vec(), item.flags.to_string().into_bytes())])
}

/// From an end in ms since 1970.
fn ttl(end: Option<i64>) -> Ttl {
    end.map_or(Ttl::Never, |end| Ttl::In((end - now_ms()).max(0) as u64))
}

impl Memcached {
    /// What the servers have of these keys; of several the first.
    fn fetch(&mut self, keys: &[&[u8]]) -> Result<HashMap<Vec<u8>, Item>, Error> {
        let mut found = HashMap::new();
        for link in &mut self.links {
            for (key, item) in link.fetch(keys)? {
                found.entry(key).or_insert(item);
            }
        }
        Ok(found)
    }

    fn record(key: &[u8], item: Option<Item>, need: Need, listed: Option<i64>) -> Record {
        let ttl = match (&item, listed) {
            _ if !need.ttl => Ttl::Unasked,
            (None, _) => Ttl::Gone,
            // The list knows the very second.
            (_, Some(-1)) => Ttl::Never,
            (_, Some(exp)) => ttl(Some(exp.saturating_mul(1000))),
            (Some(Item { end: Some(end), .. }), None) => ttl(*end),
            (Some(_), None) => Ttl::Unasked,
        };
        let memory = item.as_ref().map(|item| (item.value.len() + key.len()) as u64).filter(|_| need.memory);
        let raw = match item {
            None => Raw::Gone,
            Some(item) if need.value => raw(item),
            Some(_) => Raw::Unread,
        };
        Record { key: Key(key.to_vec()), raw, ttl, ends: Vec::new(), memory, exact_end: None, asked: need }
    }

    /// Reads what was listed, and hands it on.
    fn hand_on(
        link: &mut Link,
        batch: &mut Vec<(Listed, Need)>,
        scanned: &mut u64,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let keys: Vec<&[u8]> =
            batch.iter().filter(|(_, need)| need.value).map(|((key, _), _)| &key[..]).collect();
        let mut found: HashMap<Vec<u8>, Item> = link.fetch(&keys)?.into_iter().collect();
        let mut page = Page { records: Vec::with_capacity(batch.len()), scanned: std::mem::take(scanned) };
        for ((key, exp), need) in batch.drain(..) {
            let item = found.remove(&key);
            if need.value && item.is_none() {
                continue;
            }
            let mut record = Memcached::record(&key, item, need, Some(exp));
            if !need.value {
                record.raw = Raw::Unread;
            }
            page.records.push(record);
        }
        Ok(visit(page))
    }
}

impl Source for Memcached {
    fn place(&self) -> &str {
        &self.named.place
    }

    fn offers(&self) -> Offers {
        Offers::ALL
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        let mut size = 0;
        for link in &mut self.links {
            size += link.items()?;
        }
        Ok(Some(size))
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(now_ms())
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut seen = Seen::new();
        for link in &mut self.links {
            // What another server has under the same key is another item, and no other session.
            let mut before = 0;
            for listing in 0..LISTINGS {
                let begun = Instant::now();
                let items = link.items()?;
                let (mut list, all) = List::of(link, &mut seen)?;
                let (mut batch, mut bytes, mut scanned) = (Vec::new(), 0, 0);
                while let Some((key, exp)) = list.next() {
                    scanned += 1;
                    let need = match (query.interest)(&key) {
                        Interest::Skip => None,
                        Interest::Name => Some(Need::NOTHING),
                        Interest::Look => Some(Need::VALUE),
                        Interest::Read { .. } => Some(query.need.and(Need::VALUE)),
                    };
                    if let Some(need) = need {
                        bytes += key.len() as u64;
                        batch.push(((key, exp), need));
                    }
                    if batch.len() >= BATCH || bytes >= BATCH_BYTES || scanned >= 10 * BATCH as u64 {
                        bytes = 0;
                        if Memcached::hand_on(link, &mut batch, &mut scanned, visit)?.is_break() {
                            return Ok(());
                        }
                    }
                }
                if scanned > 0 && Memcached::hand_on(link, &mut batch, &mut scanned, visit)?.is_break() {
                    return Ok(());
                }
                // What has expired may be counted and not listed: a list that grows no more is all.
                if all >= items || (listing > 1 && all <= before) || !link.maintains()? {
                    break;
                }
                before = all;
                if listing + 1 < LISTINGS {
                    std::thread::sleep(PAUSE.saturating_sub(begun.elapsed()));
                }
            }
        }
        Ok(())
    }
}

impl Lookup for Memcached {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let mut records = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let names: Vec<&[u8]> = keys.iter().map(|key| &key.0[..]).collect();
            let mut found = self.fetch(&names)?;
            records
                .extend(keys.iter().map(|key| Memcached::record(&key.0, found.remove(&key.0), need, None)));
        }
        Ok(records)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let records = self.read(keys, Need::NOTHING)?;
        Ok(records.into_iter().map(|record| (record.raw != Raw::Gone).then_some(Kind::Hash)).collect())
    }
}

/// Seconds since 1970, as the protocol has them: 0 is never.
fn exptime(end: Option<i64>) -> i64 {
    end.map_or(0, |end| end.saturating_add(999).div_euclid(1000).max(2_592_001))
}

/// Whether a step's item is what it has to be.
fn fits(step: &Step, fit: Fit, item: &Item) -> bool {
    let content = raw(item.clone());
    let same = fingerprint(&content) == Some(step.seen);
    let done = || match &step.own {
        Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } => match &content {
            Raw::Hash(fields) => {
                changed.iter().all(|(f, v)| fields.iter().any(|(a, b)| (a, b) == (&f.0, &v.0)))
            }
            _ => false,
        },
        _ => false,
    };
    let ends = step.ends.as_ref().is_none_or(|ends| item.end.is_none_or(|end| ends.fits(end)));
    ends && (same || (fit == Fit::SeenOrDone && done()))
}

impl Memcached {
    fn change(
        &mut self,
        steps: &[Step],
        fit: Fit,
        keeper: Option<&mut dyn Keeper>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Error> {
        // Every server may have an item of that name.
        let mut found: Vec<Vec<(usize, Item)>> = vec![Vec::new(); steps.len()];
        let names: Vec<&[u8]> = steps.iter().map(|step| &step.key.0[..]).collect();
        for (at, link) in self.links.iter_mut().enumerate() {
            let mut items: HashMap<Vec<u8>, Item> = HashMap::new();
            for names in names.chunks(BATCH) {
                items.extend(link.fetch(names)?);
            }
            for (step, found) in steps.iter().zip(&mut found) {
                found.extend(items.remove(&step.key.0).map(|item| (at, item)));
            }
        }
        let mut kept = keeper;
        if let Some(keeper) = &mut kept {
            let mut backups = Vec::new();
            for (at, (step, found)) in steps.iter().zip(&found).enumerate() {
                for (link, item) in found.iter().filter(|(_, item)| fits(step, fit, item)) {
                    let Raw::Hash(fields) = raw(item.clone()) else { continue };
                    backups.push(Backup {
                        step: at as u32,
                        key: step.key.clone(),
                        content: Content::Hash {
                            // The server that it has to go back to.
                            dump: self.links[*link].address.to_string().into_bytes(),
                            fields: fields.into_iter().map(|(f, v)| (Key(f), Key(v))).collect(),
                        },
                        expires: item.end.flatten(),
                        own: step.own.clone(),
                        companions: Vec::new(),
                    });
                }
            }
            if let Err(error) = keeper.prepared(&backups) {
                return Err(Error::Backup(error.to_string()));
            }
        }
        let mut void = Vec::new();
        for (at, (step, found)) in steps.iter().zip(&found).enumerate() {
            let mut outcome = Outcome::Gone { keys: 0, entries: 0 };
            for (link, item) in found {
                let one = if fits(step, fit, item) {
                    self.links[*link].act(&step.key.0, item, &step.own)?
                } else {
                    Outcome::Changed
                };
                outcome = match (outcome, one) {
                    (Outcome::Done { keys, .. }, Outcome::Done { keys: more, .. }) => {
                        Outcome::Done { keys: keys + more, entries: 0 }
                    }
                    (done @ Outcome::Done { .. }, _) => done,
                    (Outcome::Gone { .. }, one) => one,
                    (other, Outcome::Gone { .. }) => other,
                    (_, one) => one,
                };
            }
            if !matches!(outcome, Outcome::Done { .. }) && !found.is_empty() {
                void.push(at as u32);
            }
            if matches!(outcome, Outcome::Done { .. } | Outcome::Gone { .. }) && step.own == Own::End {
                for op in &step.then {
                    if let Op::Unlink(key) | Op::Unlock(key) = op {
                        for link in &mut self.links {
                            outcome.add(u64::from(link.delete(&key.0)?), 0);
                        }
                    }
                }
            }
            outcomes.push(outcome);
        }
        match kept {
            Some(keeper) if !void.is_empty() => {
                keeper.void(&void).map_err(|error| Error::Backup(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Puts an item back, if nothing newer is in its place.
    fn revive(&mut self, backup: &Backup) -> Result<Outcome, Error> {
        let broken = || Outcome::Failed("the undo file does not say what the item was like".to_string());
        let Content::Hash { dump, fields } = &backup.content else { return Ok(broken()) };
        let field = |name: &[u8]| fields.iter().find(|(field, _)| field.0 == name).map(|(_, value)| &value.0);
        let flags = field(b"flags").and_then(|flags| std::str::from_utf8(flags).ok()?.parse::<u32>().ok());
        let (Some(value), Some(flags)) = (field(b"value"), flags) else { return Ok(broken()) };
        if backup.expires.is_some_and(|end| end <= now_ms()) {
            return Ok(Outcome::Gone { keys: 0, entries: 0 });
        }
        let link = self.links.iter_mut().find(|link| link.address.to_string().as_bytes() == dump);
        let Some(link) = link else {
            let server = String::from_utf8_lossy(dump).into_owned();
            return Ok(Outcome::Failed(format!("it was on {server}, which is not part of --store")));
        };
        let key = &backup.key.0[..];
        let there = link.fetch(&[key])?.pop().map(|(_, item)| item);
        let done = Outcome::Done { keys: 0, entries: 0 };
        let is = |item: &Item| item.value == *value && item.flags == flags;
        Ok(match (&backup.own, there) {
            (Own::End, None) => {
                if link.add(key, flags, exptime(backup.expires), value)? {
                    done
                } else {
                    Outcome::Changed
                }
            }
            (Own::End, Some(item)) => {
                if is(&item) {
                    done
                } else {
                    Outcome::Changed
                }
            }
            (Own::Expire { .. } | Own::Gone, None) => Outcome::Gone { keys: 0, entries: 0 },
            (Own::Gone, Some(_)) => Outcome::Changed,
            (Own::Expire { at, .. }, Some(item)) => {
                let left = match at {
                    Expiry::At(at) => {
                        item.end.is_none_or(|end| end.is_some_and(|end| Ends::same(end, *at + 500)))
                    }
                    Expiry::Persist => item.end.is_none_or(|end| end.is_none()),
                    Expiry::Keep => true,
                };
                let back = item.end.is_some_and(|end| match (end, backup.expires) {
                    (Some(end), Some(was)) => Ends::same(end, was),
                    (end, was) => end == was,
                });
                match is(&item) && (left || back) {
                    true if link.touch(key, exptime(backup.expires))? => done,
                    true => Outcome::Gone { keys: 0, entries: 0 },
                    false => Outcome::Changed,
                }
            }
        })
    }
}

impl Store for Memcached {
    fn may_change(&mut self, _: &[&Step]) -> Result<(), Error> {
        Ok(())
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        let mut outcomes = Vec::with_capacity(steps.len());
        match self.change(steps, fit, keeper, &mut outcomes) {
            Ok(()) => Applied { outcomes, stopped: None },
            Err(error) => {
                outcomes.resize(steps.len(), Outcome::Failed(error.to_string()));
                Applied { outcomes, stopped: Some(error) }
            }
        }
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        let mut outcomes = Vec::with_capacity(backups.len());
        for backup in backups {
            match self.revive(backup) {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    outcomes.resize(backups.len(), Outcome::Failed(error.to_string()));
                    return Applied { outcomes, stopped: Some(error) };
                }
            }
        }
        Applied { outcomes, stopped: None }
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        let begun = Instant::now();
        for link in &mut self.links {
            link.ping()?;
        }
        Ok(begun.elapsed())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(Lag::default())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.named.connect()?))
    }
}

/// No connection, and why.
fn unreachable(place: &str, error: &std::io::Error) -> Error {
    let reason = Reason::Absent(unnumbered(&error.to_string()));
    Error::Connect { place: place.to_string(), reason }
}
