//! One scan at work: pages in, sessions out, and what has to wait for its neighbours in between.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{Request, Said, Sink, Tally, now_ms};
use crate::codec::Limits;
use crate::detect::copies::{self, Copies};
use crate::detect::evidence::Evidence;
use crate::detect::families::Families;
use crate::detect::index::Set;
use crate::detect::owners::Owners;
use crate::detect::proof::prove;
use crate::detect::twins::Twins;
use crate::detect::{self, Detector, Identity, Known};
use crate::frameworks;
use crate::layout::Blob;
use crate::layout::session::{Certainty, Login, Unnamed};
use crate::store::{Key, Lookup, Need, Page, Raw, Record};

/// Scanned keys after which families and twins are decided and rows stream.
const SETTLE_AFTER: u64 = 2_000;
/// Bytes of large values that are held whole at a time, unless one alone is larger.
const LARGE_AT_A_TIME: u64 = 16 << 20;

pub(super) struct Run<'a> {
    detector: &'a Detector<'a>,
    request: &'a Request<'a>,
    aside: &'a mut dyn Lookup,
    sink: &'a mut dyn Sink,
    known: &'a Known,
    pub(super) tally: Tally,
    families: Families,
    twins: Twins,
    owners: Owners,
    copies: Copies,
    evidence: Evidence,
    /// Keys of an older kind, which are not sessions where the newer ones are there.
    aged: Vec<(Identity, Record)>,
    /// Keys that are sessions if a certain key is next to them.
    beside: Vec<(u16, Record)>,
    /// Keys of weak layouts that are only listed when a second one turns up.
    several: BTreeMap<u16, Several>,
    /// Sessions that pass but lack something that a row needs.
    late: Vec<(u16, Certainty, Record)>,
    settled: bool,
    held: Vec<Page>,
    scratch: Set,
}

/// Of a layout whose keys are sessions only where there are several.
enum Several {
    /// The only one so far, which waits.
    One(Record),
    /// There are several, and they were handed on.
    Many,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        detector: &'a Detector<'a>,
        known: &'a Known,
        request: &'a Request<'a>,
        aside: &'a mut dyn Lookup,
        sink: &'a mut dyn Sink,
    ) -> Run<'a> {
        let free = request.setups.iter().any(|setup| !setup.named);
        Run {
            detector,
            request,
            aside,
            sink,
            known,
            tally: Tally::default(),
            families: Families::default(),
            twins: Twins::new(request.setups),
            owners: Owners::default(),
            copies: Copies::default(),
            evidence: Evidence::default(),
            aged: Vec::new(),
            beside: Vec::new(),
            several: BTreeMap::new(),
            late: Vec::new(),
            settled: !free,
            held: Vec::new(),
            scratch: Set::default(),
        }
    }
}

impl Run<'_> {
    pub(super) fn page(&mut self, page: Page) -> Said {
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
        // A small store is listed in the same order each time.
        records.sort_by(|one, other| one.key.0.cmp(&other.key.0));
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
        }
        let certain = self.tell_apart(&records, |_, _| true)?;
        // What says by itself that it is a session comes first to know: it tells what its neighbours are.
        for (record, at) in records.iter().zip(certain) {
            let Some(at) = at else { continue };
            let at = self.twins.name(at, &Blob::new(&record.key.0, &record.raw, Limits::default()));
            let setup = &self.detector.setups[usize::from(at)];
            if !setup.named {
                self.families.know_key(at, setup, record, self.known);
            }
        }
        // What is left of sessions comes first, so that it does not stand among those that are whole.
        let (left, mut whole): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| self.detector.is_left(&record.key.0, &record.raw));
        if !left.is_empty() {
            whole.splice(..0, left);
        }
        self.records(whole)
    }

    /// Asks what tells twins apart, for the sessions among these records that `asks`. Gives the layout of each
    /// record of which it was asked and that says by itself what it is.
    fn tell_apart(
        &mut self,
        records: &[Record],
        asks: impl Fn(&Twins, &Record) -> bool,
    ) -> anyhow::Result<Vec<Option<u16>>> {
        let twins = self.twins.any();
        let mut asked = false;
        let mut certain = vec![None; records.len()];
        for (record, certain) in records.iter().zip(&mut certain) {
            if matches!(record.raw, Raw::Other(_)) || !asks(&self.twins, record) {
                continue;
            }
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if let Identity::Session(at, certainty) = self.detector.identify(&blob, &mut self.scratch) {
                *certain = (certainty == Certainty::Sure).then_some(at);
                if !twins {
                    continue;
                }
                let setup = &self.detector.setups[at as usize];
                let data = detect::data(setup, &blob);
                let session = detect::session(setup, &blob, data.as_ref(), record, Certainty::Sure, 0);
                self.twins.session(&session, &blob);
                asked = true;
            }
        }
        if asked {
            self.twins.look_up(self.aside)?;
        }
        Ok(certain)
    }

    fn records(&mut self, records: Vec<Record>) -> Said {
        let mut records = records.into_iter();
        // Large values are read whole by this many at a time, and gone before the next ones.
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
        let could = frameworks::may_begin(&record.key.0, head)
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
        let identity = self.among_neighbours(identity, &blob);
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
                drop(blob);
                match self.several.insert(at, Several::Many) {
                    None => {
                        self.several.insert(at, Several::One(record));
                        return ON;
                    }
                    Some(Several::One(first)) => {
                        let blob = Blob::new(&first.key.0, &first.raw, Limits::default());
                        if self.found(at, Certainty::Weak, &blob, &first, now)?.is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                    }
                    Some(Several::Many) => {}
                }
                let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
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

    /// What a key is next to those that are sessions by themselves.
    fn among_neighbours(&self, identity: Identity, blob: &Blob<'_>) -> Identity {
        let own = match identity {
            // A layout that writes the same, and more, may be told by another session of it.
            Identity::Session(at, Certainty::Sure) => {
                let special = self.families.special(self.detector.setups, at, blob);
                return special.map_or(identity, |at| Identity::Session(at, Certainty::Sure));
            }
            Identity::Session(at, _) | Identity::Several(at) | Identity::Kin(at) => Some(at),
            Identity::Open | Identity::Foreign => None,
        };
        let setups = self.detector.setups;
        if own.is_some_and(|at| setups[usize::from(at)].named) {
            return identity;
        }
        match self.families.neighbour(setups, blob) {
            Some(at) if own != Some(at) => Identity::Session(at, Certainty::Kin),
            None if own.is_some_and(|at| self.families.is_stranger(setups, at, blob)) => Identity::Foreign,
            _ => identity,
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
            // Passed over because its user is unknown: that is worth a note, too.
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

    /// Looks for the keys next to which those that were held back are sessions.
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

    pub(super) fn finish(&mut self) -> Said {
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
        let single: Vec<Record> = std::mem::take(&mut self.several)
            .into_values()
            .filter_map(|several| match several {
                Several::One(record) => Some(record),
                Several::Many => None,
            })
            .collect();
        self.tally.undecided = self.families.given_up + single.len() as u64;
        for record in single.into_iter().chain(self.families.rest()) {
            self.sink.other(&record);
        }
        self.tally.unsettled = self.evidence.unsettled(self.request.setups);
        self.sink.pause(&self.tally)
    }
}
