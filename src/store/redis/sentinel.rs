//! The server that sentinels name as the primary, as one [`Store`] that stays the same when another takes
//! its place.
//!
//! Reading goes on where it was: the scan begins again on the new primary and hands on what was not handed
//! on before. Changes go on with the steps that are not done; they are conditional, so that what is done
//! already is found so. What the new primary had not heard of yet is done again there ([`Owed`]).

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ::redis::Value as Answer;

use super::followed::{self, Followed};
use super::patience::{Patience, passes};
use super::served::{self, Served, Use};
use super::target::{Address, ReadFrom, Target};
use super::{RedisStore, bulk, load, read, scan, took};
use crate::store::seen::Seen;
use crate::store::{
    Applied, Assurance, Backup, Companion, Error, Fit, Gentle, Health, Keeper, Key, Kind, Lag, Lookup, Need,
    Offers, Op, Page, Query, Reason, Record, Source, Step, Store,
};
use crate::text::words::plural;

mod owed;
mod view;
mod watch;

use owed::Owed;
use view::Named;
use watch::Watch;

pub(super) use watch::Lead;

/// How often a scan begins again before it is given up.
const SCANS: u32 = 5;
/// Keys that are read at a time where they are named.
const AT_ONCE: usize = 100;
/// How long replicas are waited for at the end.
const CONFIRM: Duration = Duration::from_secs(1);

/// The primary of a service.
pub(super) struct SentinelStore {
    target: Target,
    place: String,
    watch: Watch,
    changes: bool,
    /// What each primary is used for.
    used: Use,
    offers: Offers,
    primary: Option<Primary>,
    /// Since when it has to be named again.
    lost: Option<Instant>,
    /// Servers that were the primary, one after the other.
    met: u64,
    owed: Owed,
    gentle: Option<Gentle>,
    /// Keys that an ACL hid on connections that are closed.
    hidden: u64,
    remarks: Vec<String>,
}

/// A connection to it, or to a replica that is read in its place.
struct Primary {
    store: Box<dyn Served>,
    named: Named,
    is_replica: bool,
}

impl SentinelStore {
    /// Asks the sentinels, and connects to the server that they name. `changes` says whether it is going to
    /// be changed: then a majority of them has to be sure, now and as long as anything is changed.
    pub(super) fn open(target: &Target, changes: bool) -> Result<SentinelStore, Error> {
        SentinelStore::used(target, changes, target.place(), served::keys())
    }

    /// The same where what it is used for is a store of its own, called `place`.
    pub(super) fn used(
        target: &Target,
        changes: bool,
        place: String,
        used: Use,
    ) -> Result<SentinelStore, Error> {
        let name = target.service.as_ref().map_or("", |service| &service.name);
        let mut store = SentinelStore {
            target: target.clone(),
            place,
            watch: Watch::start(target, name, changes),
            changes,
            used,
            offers: Offers::ALL,
            primary: None,
            lost: None,
            met: 0,
            owed: Owed::default(),
            gentle: None,
            hidden: 0,
            remarks: Vec::new(),
        };
        store.offers = store.ask(|store| Ok(store.offers()))?;
        Ok(store)
    }

    /// The server that is named, or the replica that is read in its place, for itself.
    pub(super) fn into_server(mut self) -> Result<RedisStore, Error> {
        self.lead()?;
        let primary = self.primary.take();
        let server = primary.map(|primary| RedisStore { lead: None, ..primary.store.into_server() });
        server.ok_or_else(|| Error::Leaderless {
            place: self.place.clone(),
            why: "no sentinel answers".to_string(),
        })
    }

    /// How far the replicas are, as the primary says.
    fn role(&mut self) -> Option<load::Role> {
        self.primary.as_mut().and_then(|primary| load::role(primary.store.server()).ok())
    }

    /// The primary, with what it has not heard of done there.
    fn lead(&mut self) -> Result<&mut dyn Served, Error> {
        if self.primary.is_none() {
            let mut primary = self.connect()?;
            if self.met > 0 {
                self.owed.pay(&mut *primary.store)?;
            }
            (self.primary, self.lost) = (Some(primary), None);
            self.met += 1;
        }
        let place = &self.place;
        match &mut self.primary {
            Some(primary) => Ok(&mut *primary.store),
            None => Err(Error::Leaderless { place: place.clone(), why: "no sentinel answers".to_string() }),
        }
    }

    fn connect(&self) -> Result<Primary, Error> {
        let named = self.watch.named(self.lost)?;
        let announced = self.target.at_host(&named.host, named.port);
        let mut opened = self.reach(&announced, &named);
        if let Err(Error::Connect { reason, .. }) = &opened {
            let why =
                format!("the sentinels name it as the primary, and from here it cannot be reached: {reason}");
            // Behind a router the hosts that the user named may have its port. It has to be the same process.
            let hosts = self.target.hosts().into_iter().filter_map(|host| match host.address {
                Address::Tcp { host, .. } => Some(self.target.at_host(&host, named.port)),
                Address::Unix(_) => None,
            });
            let known = named.run_id.is_some();
            let mut others = hosts.filter(|other| known && other.address != announced.address);
            let found = others.find_map(|other| {
                let store = self.reach(&other, &named).ok()?;
                store.lead.as_ref().is_some_and(|lead| lead.is_process(&named)).then_some(store)
            });
            let place = announced.place();
            let reason = match reason {
                Reason::Absent(_) => Reason::Absent(why),
                Reason::Unfit(_) => Reason::Unfit(why),
            };
            opened = found.ok_or(Error::Connect { place, reason });
        }
        let mut store = opened?;
        let replica = if self.changes { None } else { self.replica(&mut store, &named)? };
        let is_replica = replica.is_some();
        store = replica.unwrap_or(store);
        store.be_gentle(self.gentle.as_ref());
        Ok(Primary { store: (self.used)(store)?, named, is_replica })
    }

    /// The replica that is to be read in the primary's place, if there is one, as far as the primary is.
    fn replica(&self, primary: &mut RedisStore, named: &Named) -> Result<Option<RedisStore>, Error> {
        let nearest = self.target.reads == ReadFrom::Nearest;
        if self.target.reads == ReadFrom::Primary {
            return Ok(None);
        }
        let mut best = None;
        let mut least = if nearest { took(primary) } else { None };
        for replica in load::role(primary)?.replicas {
            let target = self.target.at_host(&replica.host, replica.port);
            let Ok(mut store) = RedisStore::open(&target) else { continue };
            if !load::caught_up(primary, &mut store, self.target.connect_timeout).unwrap_or(false) {
                continue;
            }
            let took = if nearest { took(&mut store) } else { None };
            if nearest && (took.is_none() || least.is_some_and(|least| took >= Some(least))) {
                continue;
            }
            store.lead = Some(self.watch.lead(named, target.place(), None));
            (best, least) = (Some(store), took);
            if !nearest {
                break;
            }
        }
        Ok(best)
    }

    /// Connects to a server and makes sure that it takes itself for the primary.
    fn reach(&self, target: &Target, named: &Named) -> Result<RedisStore, Error> {
        let mut store = RedisStore::open(target)?;
        let run_id = load::run_id(&mut store)?;
        if !load::role(&mut store)?.primary {
            return Err(Error::Replaced { place: target.place() });
        }
        store.lead = Some(self.watch.lead(named, target.place(), run_id));
        Ok(store)
    }

    /// The connection is of no use any more.
    fn lose(&mut self) {
        if let Some(primary) = self.primary.take() {
            self.hidden += primary.store.hidden();
        }
        self.lost = Some(Instant::now());
    }

    /// Asks the primary, and where it is lost the next one.
    fn ask<T>(&mut self, mut ask: impl FnMut(&mut dyn Served) -> Result<T, Error>) -> Result<T, Error> {
        let mut patience = None;
        loop {
            let error = match SentinelStore::lead(self).and_then(&mut ask) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // Of sentinels that never said anything nothing is expected.
            if !may_pass(&error) || !self.watch.has_heard() {
                return Err(error);
            }
            self.lose();
            if !patience.get_or_insert_with(|| self.patience()).wait(self.has_hope()) {
                return Err(error);
            }
        }
    }

    /// Whether it is worth waiting: there was a primary, or sentinels say that there is none for now.
    fn has_hope(&self) -> bool {
        self.met > 0 || self.watch.is_troubled()
    }
}

impl Source for SentinelStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        self.offers
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.ask(|store| store.size())
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.ask(|store| store.now())
    }

    /// Whichever server is the primary at the end has been gone over from the beginning to the end.
    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut seen = Seen::new();
        let mut strayed: Vec<(Key, Need)> = Vec::new();
        let need = query.need;
        let stopped = Cell::new(false);
        let mut hand = |page: Page| {
            let said = visit(page);
            stopped.set(said.is_break());
            said
        };
        for _ in 0..SCANS {
            let began = Instant::now();
            self.ask(|store| {
                hand_on(store.server(), &mut strayed, &mut hand)?;
                store.may_be_read(need)
            })?;
            let ended = match &mut self.primary {
                Some(primary) if !stopped.get() => {
                    primary.store.over(query, &mut |key| seen.first(key), &mut hand)
                }
                _ => Ok(()),
            };
            if stopped.get() {
                // Answers may be on their way that nobody takes.
                self.lose();
                return Ok(());
            }
            match ended {
                Ok(()) if self.is_still(began)? => return Ok(()),
                Err(error) if !may_pass(&error) => return Err(error),
                _ => {}
            }
            if let Some(primary) = &mut self.primary {
                strayed.append(&mut primary.store.server().strayed);
            }
            self.lose();
            self.remark(
                "the primary was lost while it was read; what took its place was read from the beginning",
            );
        }
        Err(Error::Replaced { place: self.place.clone() })
    }

    fn hidden(&self) -> u64 {
        self.hidden + self.primary.as_ref().map_or(0, |primary| primary.store.hidden())
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn elsewhere(&mut self) -> Vec<(String, u64)> {
        self.ask(|store| Ok(store.elsewhere())).unwrap_or_default()
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.ask(|store| store.health())
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.gentle = gentle.cloned();
        if let Some(primary) = &mut self.primary {
            primary.store.be_gentle(gentle);
        }
    }
}

impl SentinelStore {
    fn remark(&mut self, text: &str) {
        if !self.remarks.iter().any(|known| known == text) {
            self.remarks.push(text.to_string());
        }
    }

    /// Whether what was read since then was read from the one that is the primary now.
    fn is_still(&mut self, since: Instant) -> Result<bool, Error> {
        let Some(primary) = &mut self.primary else { return Ok(false) };
        if !self.watch.is_still(&primary.named, since) {
            return Ok(false);
        }
        match load::role(primary.store.server()) {
            Ok(role) => Ok(if primary.is_replica { role.linked } else { role.primary }),
            Err(error) if passes(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether it may be otherwise after a while, maybe on another server.
fn may_pass(error: &Error) -> bool {
    passes(error) || matches!(error, Error::Timeout { .. })
}

/// Reads keys that a scan had met when its server was lost, and hands them on.
fn hand_on(
    store: &mut RedisStore,
    keys: &mut Vec<(Key, Need)>,
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
) -> Result<(), Error> {
    while !keys.is_empty() {
        let first = keys.len().saturating_sub(AT_ONCE);
        let need = keys[keys.len() - 1].1;
        let alike = keys[first..].iter().rev().take_while(|(_, other)| *other == need).count();
        let some: Vec<Key> = keys[keys.len() - alike..].iter().map(|(key, _)| key.clone()).collect();
        let records = if need == Need::NOTHING {
            some.into_iter().map(|key| Record::unread(key.0, need)).collect()
        } else {
            read::within(store, &some, need, scan::WHOLE)?
        };
        keys.truncate(keys.len() - alike);
        if visit(Page { records, scanned: 0 }).is_break() {
            keys.clear();
        }
    }
    Ok(())
}

impl Lookup for SentinelStore {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.ask(|store| store.read(keys, need))
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.ask(|store| store.kinds(keys))
    }

    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        self.ask(|store| store.absent(keys))
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        self.ask(|store| store.entries(key, most))
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        self.ask(|store| store.members(keys, sorted))
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.ask(|store| store.probe(ops))
    }
}

impl Followed for SentinelStore {
    fn lead(&mut self) -> Result<&mut dyn Served, Error> {
        SentinelStore::lead(self)
    }

    fn lose(&mut self) {
        SentinelStore::lose(self);
    }

    fn may_pass(&self, error: &Error) -> bool {
        may_pass(error)
    }

    /// As long as a failover takes that has not begun yet, and an answer.
    fn patience(&self) -> Patience {
        Patience::new(self.target.timeout + self.watch.patience())
    }

    fn done(&mut self, steps: Vec<Step>, heard: bool) {
        let role = if heard { self.role() } else { None };
        self.owed.ended(steps, role.as_ref());
    }

    fn put_back(&mut self, backups: &mut dyn Iterator<Item = &Backup>) {
        let role = self.role();
        self.owed.put_back(backups, role.as_ref());
    }
}

impl Store for SentinelStore {
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        self.ask(|store| store.may_change(samples))
    }

    fn ends_by_value(&mut self) -> Option<usize> {
        self.ask(|store| Ok(store.ends_by_value())).ok().flatten()
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        followed::apply(self, steps, fit, keeper)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        followed::restore(self, backups)
    }

    fn restore_whole(&mut self, companions: &[Companion]) -> Result<(), Error> {
        self.ask(|store| store.restore_whole(companions))
    }

    fn assure(&mut self) -> Assurance {
        let mut said = Vec::new();
        if self.met > 1 {
            let times = plural(self.met - 1, "time");
            said.push(format!(
                "the connection to the primary was lost, and the primary found again ({times})"
            ));
        }
        if self.owed.is_any() {
            let confirmed = self.ask(|store| confirm(store.server()));
            if let Ok(role) = &confirmed {
                self.owed.confirmed(role);
            }
            said.extend(self.owed.left(confirmed.ok().map(|role| role.replicas.len())));
        }
        let (back, holds) = self.owed.came_back();
        said.extend(back);
        Assurance { said, holds }
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        self.ask(|store| store.ping())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        self.ask(|store| store.lag())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        let (place, used) = (self.place.clone(), Use::clone(&self.used));
        Ok(Box::new(SentinelStore::used(&self.target, self.changes, place, used)?))
    }
}

/// Waits a little until all replicas have what every connection has written, and says how far they are.
fn confirm(store: &mut RedisStore) -> Result<load::Role, Error> {
    let replicas = load::role(store)?.replicas.len();
    let (many, limit) = (replicas.to_string(), CONFIRM.as_millis().to_string());
    for at in 0..=store.lanes.len() {
        // Who may not wait asks how far they are all the same.
        match store.lane(at).ask(&[b"WAIT", many.as_bytes(), limit.as_bytes()]) {
            Ok(_) => {}
            Err(Error::Denied { .. } | Error::Refused { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    load::role(store)
}

/// A list of strings.
fn texts(answer: Answer) -> Option<Vec<String>> {
    let Answer::Array(parts) = answer else { return None };
    parts.into_iter().map(text).collect()
}

fn text(answer: Answer) -> Option<String> {
    bulk(answer).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
