//! From a store to sessions: the one stream that every command folds.
//!
//! One thread drives the scan and hands on pages; this one recognises, decodes and gives each
//! session to the caller before the next. What a key is may depend on its neighbours: the kin of an
//! empty session, the index that tells NodeBB from plain connect-redis. The first keys of a scan are
//! therefore looked at together before any row is released, what stays open is held back within
//! bounds, and the rest streams.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::Limits;
use crate::layout::detect::{self, Detector, Identity};
use crate::layout::index::Set;
use crate::layout::session::{Certainty, Login, Session, Unnamed};
use crate::layout::{Blob, Setup};
use crate::store::{Error, Interest, Key, Kind, Lookup, Medium, Need, Page, Query, Raw, Record, Source};
pub use crate::text::clock::now_ms;

mod copies;
mod evidence;
mod families;
mod owners;
pub mod share;
mod tables;
mod twins;

pub use evidence::Unsettled;
pub use tables::wanted;

use copies::Copies;
use evidence::Evidence;
use families::Families;
use owners::Owners;
use twins::Twins;

/// What to look for.
pub struct Request<'a> {
    pub setups: &'a [Setup],
    /// A glob that keys must match, in addition to what the layouts say.
    pub pattern: Option<Vec<u8>>,
    /// What the filter needs of every session.
    pub first: Need,
    /// What is needed of those that pass it.
    pub then: Need,
    /// The filter.
    pub keeps: &'a dyn Fn(&Session<'_>) -> bool,
    /// Whether what belongs to a session has to be found out, because it is to be ended.
    pub copies: bool,
}

/// What a scan came across, for the line below a listing.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Keys that the scan went over.
    pub scanned: u64,
    /// Sessions recognised, whether the filter kept them or not.
    pub sessions: u64,
    /// Sessions that the filter kept.
    pub kept: u64,
    /// Keys that looked like sessions of no certain layout and were left out.
    pub undecided: u64,
    /// Families of which it stayed open whether someone is logged in, of what the filter kept.
    pub unsettled: Vec<Unsettled>,
}

/// What a caller says to a session, or between two pages.
pub type Said = anyhow::Result<ControlFlow<()>>;

/// Where the sessions go.
pub trait Sink {
    /// One session that the filter kept.
    fn session(&mut self, session: &Session<'_>) -> Said;

    /// A key that is not a session of any layout asked; `discover` counts those too.
    fn other(&mut self, _record: &Record) {}

    /// After each page: a moment to flush, to show progress, to be interrupted.
    fn pause(&mut self, _tally: &Tally) -> Said {
        Ok(ControlFlow::Continue(()))
    }
}

/// How a scan ended.
#[derive(Debug)]
pub enum End {
    /// All keys were seen.
    Complete,
    /// The caller had enough.
    Stopped,
    /// The store failed on the way; what came before it stands.
    Broken(Error),
}

/// Scanned keys after which families and twins are decided and rows stream.
const SETTLE_AFTER: u64 = 2_000;
/// Bytes of large values that are held whole at a time, unless one alone is larger.
const LARGE_AT_A_TIME: u64 = 16 << 20;
/// Pages between the threads: enough that neither waits for the other's hiccups.
const PAGES_AHEAD: usize = 4;

/// Scans `scanner`; `aside` is a second connection to the same store for targeted look-ups.
pub fn sessions(
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    request: &Request<'_>,
    sink: &mut dyn Sink,
) -> anyhow::Result<(Tally, End)> {
    let detector = Detector::new(request.setups);
    let known = Known::default();
    let free = request.setups.iter().any(|setup| !setup.named);
    let mut run = Run {
        detector: &detector,
        request,
        aside,
        sink,
        known: &known,
        tally: Tally::default(),
        families: Families::default(),
        twins: Twins::new(request.setups),
        owners: Owners::default(),
        copies: Copies::default(),
        evidence: Evidence::default(),
        aged: Vec::new(),
        beside: Vec::new(),
        several: Vec::new(),
        late: Vec::new(),
        settled: !free,
        held: Vec::new(),
        scratch: Set::default(),
    };
    let need = request.first.and(Need::VALUE);
    let pattern = request.pattern.clone().or_else(|| common_pattern(request.setups));
    let (pages, receiver) = sync_channel::<Page>(PAGES_AHEAD);
    std::thread::scope(|scope| {
        let known = &known;
        let detector = &detector;
        let scan = std::thread::Builder::new().name("scan".to_string()).spawn_scoped(scope, move || {
            let mut interest = Interests::new(detector, known);
            let mut query = Query { pattern, need, interest: &mut |key| interest.of(key) };
            // A caller that has had enough hangs up.
            scanner.scan(&mut query, &mut |page| match pages.send(page) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        let scan = scan?;
        let mut stopped = false;
        let mut broken = None;
        for page in &receiver {
            stopped = store_broke(run.page(page), &mut broken)?.is_break();
            if stopped {
                break;
            }
        }
        drop(receiver);
        let ended = scan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if !stopped {
            stopped = store_broke(run.finish(), &mut broken)?.is_break();
        }
        run.tally.unsettled = run.evidence.unsettled(request.setups);
        // What the scan says comes first: it tells how far it came.
        let end = match ended.err().or(broken) {
            Some(error) => End::Broken(error),
            None if stopped => End::Stopped,
            None => End::Complete,
        };
        Ok((run.tally, end))
    })
}

/// A look-up that fails breaks the scan off as the scan's own failure does: what came before it stands.
fn store_broke(said: Said, broken: &mut Option<Error>) -> Said {
    said.or_else(|error| {
        *broken = Some(error.downcast::<Error>()?);
        Ok(ControlFlow::Break(()))
    })
}

/// SCAN's MATCH where one prefix covers all that is asked.
fn common_pattern(setups: &[Setup]) -> Option<Vec<u8>> {
    if setups.iter().any(|setup| setup.layout.keys.other_leads.is_some()) {
        return None;
    }
    let mut leads = setups.iter().map(Setup::known_lead);
    let first = leads.next()??;
    let same = leads.all(|lead| lead == Some(first));
    (same && !first.is_empty()).then(|| {
        let mut pattern = crate::text::glob::escape(first);
        pattern.push(b'*');
        pattern
    })
}

/// Prefixes under which sessions were recognised: their keys are read whole at once.
#[derive(Default)]
struct Known {
    version: AtomicUsize,
    prefixes: Mutex<Arc<Vec<(Vec<u8>, bool)>>>,
}

impl Known {
    fn add(&self, prefix: &[u8], hash: bool) {
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        if prefixes.len() < 64 && !prefixes.iter().any(|(known, _)| known == prefix) {
            let mut longer = prefixes.to_vec();
            longer.push((prefix.to_vec(), hash));
            *prefixes = Arc::new(longer);
            self.version.fetch_add(1, Ordering::Release);
        }
    }
}

impl Known {
    fn covers(&self, key: &[u8]) -> bool {
        let prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        prefixes.iter().any(|(prefix, _)| !prefix.is_empty() && key.starts_with(prefix))
    }
}

/// The scanning thread's view of what is worth reading.
struct Interests<'a> {
    known: &'a Known,
    version: usize,
    prefixes: Arc<Vec<(Vec<u8>, bool)>>,
    /// What keys of the named layouts begin with; empty when all are asked.
    leads: Vec<(Vec<u8>, bool)>,
    free: bool,
}

impl<'a> Interests<'a> {
    fn new(detector: &Detector<'_>, known: &'a Known) -> Self {
        let leads = |setup: &Setup| {
            let hash = setup.layout.keys.kind == Kind::Hash;
            setup.known_leads().into_iter().map(move |lead| (lead, hash))
        };
        Interests {
            known,
            version: 0,
            prefixes: Arc::default(),
            leads: detector.setups.iter().flat_map(leads).collect(),
            free: detector.setups.iter().any(|setup| setup.known_lead().is_none()),
        }
    }

    fn of(&mut self, key: &[u8]) -> Interest {
        if !self.free {
            // Where several layouts share a prefix, the kind is only a guess of which to try first.
            let lead = self.leads.iter().find(|(lead, _)| key.starts_with(lead));
            return lead.map_or(Interest::Skip, |(_, hash)| Interest::Read { hash: *hash });
        }
        let version = self.known.version.load(Ordering::Acquire);
        if version != self.version {
            self.version = version;
            self.prefixes = self.known.prefixes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        let known = self.prefixes.iter().find(|(prefix, _)| !prefix.is_empty() && key.starts_with(prefix));
        known.map_or(Interest::Look, |(_, hash)| Interest::Read { hash: *hash })
    }
}

struct Run<'a> {
    detector: &'a Detector<'a>,
    request: &'a Request<'a>,
    aside: &'a mut dyn Lookup,
    sink: &'a mut dyn Sink,
    known: &'a Known,
    tally: Tally,
    families: Families,
    twins: Twins,
    owners: Owners,
    copies: Copies,
    evidence: Evidence,
    /// Keys of an older kind, which are not sessions where the newer ones are there.
    aged: Vec<(Identity, Record)>,
    /// Keys that are sessions if a certain key is beside them.
    beside: Vec<(u16, Record)>,
    /// Keys of weak layouts that are only listed when a second one turns up.
    several: Vec<(u16, Record)>,
    /// Sessions that pass but lack something that a row needs.
    late: Vec<(u16, Certainty, Record)>,
    settled: bool,
    held: Vec<Page>,
    scratch: Set,
}

impl Run<'_> {
    fn page(&mut self, page: Page) -> Said {
        self.tally.scanned += page.scanned;
        if !self.settled {
            self.held.push(page);
            if self.tally.scanned < SETTLE_AFTER {
                return Ok(ControlFlow::Continue(()));
            }
            return self.settle();
        }
        self.records(page.records)
    }

    /// Decides what the first keys tell together, then releases them.
    fn settle(&mut self) -> Said {
        self.settled = true;
        let held = std::mem::take(&mut self.held);
        let mut records: Vec<Record> = held.into_iter().flat_map(|page| page.records).collect();
        if self.twins.any() {
            // A few large ones are enough to tell twins apart.
            let mut bytes = 0;
            let large = |record: &Record| {
                bytes += self.rest_of(record);
                bytes >= LARGE_AT_A_TIME
            };
            let end = records.iter().position(large).unwrap_or(records.len());
            self.complete_heads(&mut records[..end])?;
            for record in &records {
                self.twins.neighbour(&record.key.0, record.raw.kind());
            }
            self.tell_apart(&records, |_, _| true)?;
        }
        // A small store is listed in the same order each time. What is left of sessions comes first, so
        // that it does not stand among those that are whole.
        records.sort_by(|one, other| one.key.0.cmp(&other.key.0));
        let (left, mut whole): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| self.detector.is_left(&record.key.0, &record.raw));
        if !left.is_empty() {
            whole.splice(..0, left);
        }
        self.records(whole)
    }

    /// Asks what tells twins apart, for the sessions among these records that `asks`.
    fn tell_apart(
        &mut self,
        records: &[Record],
        asks: impl Fn(&Twins, &Record) -> bool,
    ) -> anyhow::Result<()> {
        let mut asked = false;
        for record in records.iter().filter(|record| !matches!(record.raw, Raw::Other(_))) {
            if !asks(&self.twins, record) {
                continue;
            }
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if let Identity::Session(at, _) = self.detector.identify(&blob, &mut self.scratch) {
                let setup = &self.detector.setups[at as usize];
                let data = detect::data(setup, &blob);
                let session = detect::session(setup, &blob, data.as_ref(), record, Certainty::Sure, 0);
                self.twins.session(&session, &blob);
                asked = true;
            }
        }
        if asked { Ok(self.twins.look_up(self.aside)?) } else { Ok(()) }
    }

    fn records(&mut self, records: Vec<Record>) -> Said {
        let mut records = records.into_iter();
        // Large values are read whole by so many at a time, and gone before the next ones.
        let mut batch: Vec<Record> = Vec::new();
        loop {
            let mut bytes = 0;
            for record in records.by_ref() {
                bytes += self.rest_of(&record);
                batch.push(record);
                if bytes >= LARGE_AT_A_TIME {
                    break;
                }
            }
            if batch.is_empty() {
                break;
            }
            self.complete_heads(&mut batch)?;
            // A namespace may turn up at any time.
            self.tell_apart(&batch, Twins::unsettled)?;
            let now = now_ms();
            for record in batch.drain(..) {
                if self.record(record, now)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if self.deliver_aged(now)?.is_break()
                || self.deliver_beside(now)?.is_break()
                || self.deliver_late()?.is_break()
                || self.deliver_settled()?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        if self.deliver_kin()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.sink.pause(&self.tally)
    }

    /// Bytes to be read of a long value that could be a session's.
    fn rest_of(&self, record: &Record) -> u64 {
        let Raw::Head(head, length) = &record.raw else { return 0 };
        let could = could_be(head)
            || crate::frameworks::python::is_begun(&record.key.0, head)
            || self.detector.setups.iter().any(|setup| {
                setup.named
                    || (setup.known_lead().is_some()
                        && (setup.layout.keys.locate)(setup, &record.key.0).is_some())
            })
            || self.known.covers(&record.key.0);
        if could { *length } else { 0 }
    }

    /// Reads the rest of long values that could be sessions.
    fn complete_heads(&mut self, records: &mut [Record]) -> anyhow::Result<()> {
        let wanted: Vec<usize> = (0..records.len()).filter(|at| self.rest_of(&records[*at]) > 0).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = wanted.iter().map(|at| records[*at].key.clone()).collect();
        for (at, whole) in wanted.into_iter().zip(self.aside.read(&keys, Need::VALUE)?) {
            records[at].raw = whole.raw;
        }
        Ok(())
    }

    fn record(&mut self, record: Record, now: i64) -> Said {
        const ON: Said = Ok(ControlFlow::Continue(()));
        match record.raw {
            Raw::Other(kind) => {
                self.twins.neighbour(&record.key.0, Some(kind));
                self.sink.other(&record);
                return ON;
            }
            Raw::Gone | Raw::Unread => return ON,
            _ => {}
        }
        let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let identity = self.detector.identify(&blob, &mut self.scratch);
        if let Identity::Session(at, _) | Identity::Several(at) | Identity::Kin(at) = identity
            && copies::newer(&self.detector.setups[at as usize], blob.key).is_some()
        {
            drop(blob);
            self.aged.push((identity, record));
            return ON;
        }
        match identity {
            Identity::Session(at, certainty) => {
                let at = self.twins.name(at, &blob);
                self.found(at, certainty, &blob, &record, now)
            }
            Identity::Several(at) => {
                let others = self.several.iter().filter(|(other, _)| *other == at).count();
                if others == 0 {
                    drop(blob);
                    self.several.push((at, record));
                    return ON;
                }
                if let Some(first) =
                    self.several.iter().position(|(other, record)| *other == at && !record.key.0.is_empty())
                {
                    // The first one is released; a blank in its place says that there are several.
                    let blank = Record { key: Key(Vec::new()), raw: Raw::Gone, ..record.clone() };
                    let (_, held) = std::mem::replace(&mut self.several[first], (at, blank));
                    let blob = Blob::new(&held.key.0, &held.raw, Limits::default());
                    if self.found(at, Certainty::Weak, &blob, &held, now)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                self.found(at, Certainty::Weak, &blob, &record, now)
            }
            Identity::Kin(at) if self.detector.setups[at as usize].layout.beside().is_some() => {
                drop(blob);
                self.beside.push((at, record));
                ON
            }
            Identity::Kin(at) => {
                drop(blob);
                self.families.hold(Some(at), record);
                ON
            }
            Identity::Open => {
                drop(blob);
                self.twins.neighbour(&record.key.0, record.raw.kind());
                self.families.hold(None, record);
                ON
            }
            Identity::Foreign => {
                drop(blob);
                self.twins.neighbour(&record.key.0, record.raw.kind());
                self.sink.other(&record);
                ON
            }
        }
    }

    /// A session: filtered, completed if a row needs more of it, handed on.
    fn found(&mut self, at: u16, certainty: Certainty, blob: &Blob<'_>, record: &Record, now: i64) -> Said {
        let setup = &self.detector.setups[at as usize];
        if setup.layout.extra.copies.is_some_and(|copies| copies.are_parts) {
            let parts = self.copies.parts(self.aside, setup, blob.key)?;
            let mut blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            blob.parts = &parts;
            return self.whole(at, certainty, &blob, record, now);
        }
        self.whole(at, certainty, blob, record, now)
    }

    /// The same, with all that says whose it is.
    fn whole(&mut self, at: u16, certainty: Certainty, blob: &Blob<'_>, record: &Record, now: i64) -> Said {
        let setup = &self.detector.setups[at as usize];
        let first = self.request.first;
        let lacks = |need: Need| (need.ttl && !record.asked.ttl) || (need.memory && !record.asked.memory);
        self.owners.learn(self.aside, setup, blob.key)?;
        let data = detect::data(setup, blob);
        let mut session = detect::session(setup, blob, data.as_ref(), record, certainty, now);
        self.owners.name(&mut session);
        let left = session.remains().is_some();
        if certainty != Certainty::Kin && !setup.named && !left {
            self.families.know(at, &session, self.known);
        }
        if lacks(first) {
            self.late.push((at, certainty, record.clone()));
            return Ok(ControlFlow::Continue(()));
        }
        if left {
            if !(self.request.keeps)(&session) {
                self.sink.other(record);
                return Ok(ControlFlow::Continue(()));
            }
        } else if session.facts.user.is_some() {
            self.evidence.names(at, &session);
        } else if session.facts.unnamed == Unnamed::Open {
            let as_unknown = (self.request.keeps)(&session);
            session.facts.unnamed = Unnamed::Nobody;
            if !self.evidence.is_named(at, &session) {
                // What is kept neither way need not wait.
                let as_nobody = (self.request.keeps)(&session);
                session.facts.unnamed = Unnamed::Open;
                if (as_unknown || as_nobody) && self.evidence.hold(at, &session, record) {
                    return Ok(ControlFlow::Continue(()));
                }
            }
        }
        self.tally.sessions += 1;
        if !(self.request.keeps)(&session) {
            // Passed by because it is user unknown it is: that is worth a note as well.
            if session.login() == Login::Unknown && !session.undecodable() {
                let unnamed = std::mem::replace(&mut session.facts.unnamed, Unnamed::Nobody);
                let as_nobody = (self.request.keeps)(&session);
                session.facts.unnamed = unnamed;
                if as_nobody {
                    self.evidence.unknown(at, &session);
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        if lacks(self.request.then) {
            self.tally.sessions -= 1;
            self.late.push((at, certainty, record.clone()));
            return Ok(ControlFlow::Continue(()));
        }
        self.tally.kept += 1;
        if session.facts.user.is_none() && !left {
            self.evidence.unknown(at, &session);
        }
        if self.request.copies {
            self.copies.learn(self.aside, setup, blob.key)?;
            self.copies.name(&mut session);
        }
        self.sink.session(&session)
    }

    /// Hands on the sessions whose family has shown its users meanwhile; at the end all that wait.
    fn deliver_settled(&mut self) -> Said {
        for held in self.evidence.release() {
            let blob = Blob::new(&held.record.key.0, &held.record.raw, Limits::default());
            if self.found(held.at, held.certainty, &blob, &held.record, held.now)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.deliver_late()
    }

    /// Asks which keys of an older kind are copies of sessions, and hands on the others.
    fn deliver_aged(&mut self, now: i64) -> Said {
        let held = std::mem::take(&mut self.aged);
        let newer = |(identity, record): &(Identity, Record)| match identity {
            Identity::Session(at, _) | Identity::Several(at) | Identity::Kin(at) => {
                copies::newer(&self.detector.setups[*at as usize], &record.key.0)
            }
            Identity::Open | Identity::Foreign => None,
        };
        let newer: Vec<Option<Key>> = held.iter().map(newer).collect();
        let shadowed = copies::shadowed(self.aside, &newer)?;
        for ((identity, record), shadowed) in held.into_iter().zip(shadowed) {
            let (at, certainty) = match identity {
                _ if shadowed => {
                    self.sink.other(&record);
                    continue;
                }
                Identity::Session(at, certainty) => (at, certainty),
                Identity::Several(at) => (at, Certainty::Weak),
                Identity::Kin(at) => {
                    self.families.hold(Some(at), record);
                    continue;
                }
                Identity::Open | Identity::Foreign => continue,
            };
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if self.found(at, certainty, &blob, &record, now)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Looks for the keys beside which those that were held back are sessions.
    fn deliver_beside(&mut self, now: i64) -> Said {
        let held = std::mem::take(&mut self.beside);
        let wanted: Vec<(u16, &Record)> = held.iter().map(|(at, record)| (*at, record)).collect();
        let proven = prove(self.aside, self.detector.setups, &wanted)?;
        for ((at, record), proven) in held.into_iter().zip(proven) {
            let setup = &self.detector.setups[at as usize];
            let usual = || (setup.layout.keys.locate)(setup, &record.key.0).is_some_and(|place| place.usual);
            if !(proven || setup.named && usual()) {
                self.families.hold(Some(at), record);
                continue;
            }
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            let certainty = if proven { Certainty::Sure } else { Certainty::Shape };
            if self.found(at, certainty, &blob, &record, now)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Asks what the late ones lack, in one go, and hands them on.
    fn deliver_late(&mut self) -> Said {
        let late = std::mem::take(&mut self.late);
        if late.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let keys: Vec<Key> = late.iter().map(|(_, _, record)| record.key.clone()).collect();
        let all = self.request.first.and(self.request.then);
        let need = Need { value: false, ..all };
        let read = self.aside.read(&keys, need)?;
        let now = now_ms();
        for ((at, certainty, mut record), more) in late.into_iter().zip(read) {
            if more.raw == Raw::Gone {
                continue;
            }
            record.ttl = more.ttl;
            record.memory = more.memory;
            record.asked = all.and(Need::VALUE);
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if self.found(at, certainty, &blob, &record, now)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Hands on what turned out to be the kin of recognised sessions.
    fn deliver_kin(&mut self) -> Said {
        let now = now_ms();
        for (at, record) in self.families.claim(self.detector.setups) {
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            let at = self.twins.name(at, &blob);
            if self.found(at, Certainty::Kin, &blob, &record, now)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.deliver_late()
    }

    fn finish(&mut self) -> Said {
        if !self.settled && self.settle()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if self.deliver_kin()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.evidence.over = true;
        if self.deliver_settled()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let single: Vec<Record> = self
            .several
            .drain(..)
            .map(|(_, record)| record)
            .filter(|record| record.raw != Raw::Gone)
            .collect();
        self.tally.undecided = self.families.given_up + single.len() as u64;
        for record in single.into_iter().chain(self.families.rest()) {
            self.sink.other(&record);
        }
        self.sink.pause(&self.tally)
    }
}

/// Whether beside each key there is the one that makes it a session of the layout at that position.
fn prove(source: &mut dyn Lookup, setups: &[Setup], records: &[(u16, &Record)]) -> Result<Vec<bool>, Error> {
    let wanted: Vec<Option<(Key, Kind)>> = records
        .iter()
        .map(|(at, record)| {
            let setup = &setups[*at as usize];
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            let (beside, kind) = (setup.layout.beside()?)(setup, &blob)?;
            Some((Key(beside), kind))
        })
        .collect();
    let asked: Vec<Key> = wanted.iter().flatten().map(|(key, _)| key.clone()).collect();
    if asked.is_empty() {
        return Ok(vec![false; records.len()]);
    }
    let mut found = source.kinds(&asked)?.into_iter();
    Ok(wanted
        .iter()
        .map(|wanted| wanted.as_ref().is_some_and(|(_, kind)| found.next() == Some(Some(*kind))))
        .collect())
}

/// Whether the beginning of a long value is of a form that sessions have.
fn could_be(head: &[u8]) -> bool {
    matches!(head.trim_ascii_start().first(), Some(b'{' | b'['))
        || crate::layout::php::is_likely(head)
        || crate::frameworks::php::nextcloud::is_begun(head)
        || crate::frameworks::elixir::plug_session_redis_store::is_begun(head)
        || crate::frameworks::perl::catalyst_session_redis::is_begun(head)
        || crate::codec::ALL.iter().any(|codec| codec.name != "json" && (codec.sniff)(head))
}

/// Sessions by key, without a scan: what `inspect` and `purge ID` look up.
pub fn lookup(
    source: &mut dyn Lookup,
    setups: &[Setup],
    keys: &[Key],
    need: Need,
    each: &mut dyn FnMut(&Record, Option<&Session<'_>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let detector = Detector::new(setups);
    let mut scratch = Set::default();
    let mut twins = Twins::new(setups);
    let mut owners = Owners::default();
    // Whether a family shows its users, by what its keys begin with.
    let mut families: HashMap<Vec<u8>, bool> = HashMap::new();
    let records = source.read(keys, need.and(Need::VALUE))?;
    let now = now_ms();
    let mut copies = Copies::default();
    let mut identified = Vec::with_capacity(records.len());
    for record in &records {
        let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let identity = match detector.identify(&blob, &mut scratch) {
            Identity::Session(at, certainty) => Some((at, certainty)),
            Identity::Several(at) => Some((at, Certainty::Weak)),
            Identity::Kin(at) => match prove(source, setups, &[(at, record)])?[..] {
                [true] => Some((at, Certainty::Sure)),
                _ if setups[at as usize].named => Some((at, Certainty::Shape)),
                _ => Some((at, Certainty::Weak)),
            },
            Identity::Open | Identity::Foreign => None,
        };
        let newer = identity.and_then(|(at, _)| copies::newer(&setups[at as usize], blob.key));
        let identity = match copies::shadowed(source, &[newer])?[..] {
            [true] => None,
            _ => identity,
        };
        if let Some((at, certainty)) = identity {
            let setup = &setups[at as usize];
            owners.learn(source, setup, blob.key)?;
            let data = detect::data(setup, &blob);
            twins.session(&detect::session(setup, &blob, data.as_ref(), record, certainty, now), &blob);
        }
        identified.push(identity);
    }
    if twins.any() {
        twins.look_up(source)?;
    }
    for (record, identity) in records.iter().zip(identified) {
        let Some((at, certainty)) = identity else {
            each(record, None)?;
            continue;
        };
        let mut blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let setup = &setups[twins.name(at, &blob) as usize];
        let parts = match setup.layout.extra.parts {
            Some(parts) => source.read(&parts(setup, &blob), Need::VALUE)?,
            None => copies.parts(source, setup, blob.key)?,
        };
        blob.parts = &parts;
        let data = detect::data(setup, &blob);
        let mut session = detect::session(setup, &blob, data.as_ref(), record, certainty, now);
        owners.name(&mut session);
        if need.ttl {
            // It is looked at closely, or to be ended.
            copies.learn(source, setup, session.key)?;
            copies.name(&mut session);
        }
        if session.facts.user.is_none() && session.facts.unnamed == Unnamed::Open {
            let prefix = evidence::prefix(setup, &session);
            let shows = if let Some(shows) = families.get(prefix) {
                *shows
            } else {
                let shows = shows_users(source, &detector, at, prefix)?;
                families.insert(prefix.to_vec(), shows);
                shows
            };
            if shows {
                session.facts.unnamed = Unnamed::Nobody;
            }
        }
        each(record, Some(&session))?;
    }
    Ok(())
}

/// Keys that are gone over to find a session of the same family which names its user.
const LOOKED_OVER: u64 = 5_000;

/// Whether a session of that layout under that prefix names its user, as far as some keys tell.
fn shows_users(
    source: &mut dyn Lookup,
    detector: &Detector<'_>,
    at: u16,
    prefix: &[u8],
) -> Result<bool, Error> {
    let layout = detector.setups[usize::from(at)].layout;
    let (hash, anywhere) = (layout.keys.kind == Kind::Hash, layout.medium == Medium::File);
    let mut interest = |key: &[u8]| {
        if anywhere || key.starts_with(prefix) { Interest::Read { hash } } else { Interest::Skip }
    };
    let mut pattern = crate::text::glob::escape(prefix);
    pattern.push(b'*');
    let mut query =
        Query { pattern: (!anywhere).then_some(pattern), need: Need::VALUE, interest: &mut interest };
    let (mut shows, mut scanned) = (false, 0);
    let mut scratch = Set::default();
    source.scan(&mut query, &mut |page| {
        scanned += page.scanned;
        for record in &page.records {
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if !matches!(detector.identify(&blob, &mut scratch), Identity::Session(other, _) if other == at) {
                continue;
            }
            let setup = &detector.setups[usize::from(at)];
            let data = detect::data(setup, &blob);
            let session = detect::session(setup, &blob, data.as_ref(), record, Certainty::Sure, 0);
            if session.facts.user.is_some() && evidence::prefix(setup, &session) == prefix {
                shows = true;
                return ControlFlow::Break(());
            }
        }
        if scanned >= LOOKED_OVER { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(shows)
}
