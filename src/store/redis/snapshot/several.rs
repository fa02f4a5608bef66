//! The snapshots of a cluster's nodes as one.
//!
//! Each slot is read from the one snapshot that is known to have all of it. What is in none for certain, as the slot
//! moved meanwhile or its node is down, is read from wherever it is, and the answer is said not to be whole.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::store::rdb::{Besides, Dump, DumpReader};
use crate::store::redis::cluster::spans;
use crate::store::redis::slots::{SLOTS, slot_of};
use crate::store::seen::Seen;
use crate::store::{
    Error, Interest, Key, Kind, Lookup, Need, Offers, Op, Page, Query, Raw, Record, Source, Ttl,
};

/// Of the slot no snapshot is known to have all.
const NOBODY: u16 = u16::MAX;

/// Why a part of the cluster is in none of the snapshots.
#[derive(Debug, Clone)]
pub(super) enum Lacking {
    /// One node was asked for.
    Alone(String),
    /// What became of the others, a sentence.
    Unseen(String),
}

/// The snapshots of one cluster.
#[derive(Debug)]
pub(super) struct Several {
    place: String,
    dumps: Vec<Dump>,
    /// By slot, which of the dumps has all of its keys.
    of: Vec<u16>,
    lacking: Lacking,
}

impl Several {
    /// Of dumps and the slots that each has all of.
    pub(super) fn new(place: String, parts: Vec<(Dump, Vec<u16>)>, lacking: Lacking) -> Several {
        let mut of = vec![NOBODY; usize::from(SLOTS)];
        let mut dumps = Vec::with_capacity(parts.len());
        for (at, (dump, slots)) in parts.into_iter().enumerate() {
            for slot in slots {
                of[usize::from(slot)] = at as u16;
            }
            dumps.push(dump);
        }
        Several { place, dumps, of, lacking }
    }

    /// The moment as of which all of them are read, in milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.dumps.first().map_or(0, Dump::now)
    }

    pub(super) fn reader(self: &Arc<Several>) -> SeveralReader {
        let parts = self.dumps.iter().map(Dump::reader).collect();
        SeveralReader { several: Arc::clone(self), parts, besides: Besides::default() }
    }

    /// The dump that has all of this key's slot.
    pub(super) fn with(&self, key: &[u8]) -> Result<DumpReader, Error> {
        let slot = slot_of(key);
        let dump = self.part_of(slot).and_then(|at| self.dumps.get(at));
        dump.map(Dump::reader).ok_or_else(|| self.unseen(&[slot]))
    }

    fn part_of(&self, slot: u16) -> Option<usize> {
        let part = *self.of.get(usize::from(slot))?;
        (part != NOBODY).then_some(usize::from(part))
    }

    fn unseen(&self, slots: &[u16]) -> Error {
        let (place, slots) = (self.place.clone(), spans(slots));
        match &self.lacking {
            Lacking::Alone(node) => Error::Alone { place: node.clone(), slots },
            Lacking::Unseen(why) => Error::Unseen { place, slots, why: why.clone() },
        }
    }
}

/// Reads them, one after the other.
pub(super) struct SeveralReader {
    several: Arc<Several>,
    parts: Vec<DumpReader>,
    besides: Besides,
}

impl SeveralReader {
    /// Which of the parts is asked about a key: the one that has all of its slot, or one where it is.
    fn part(&mut self, key: &[u8]) -> Result<&mut DumpReader, Error> {
        let slot = slot_of(key);
        let at = if let Some(at) = self.several.part_of(slot) {
            at
        } else {
            let one = [Key(key.to_vec())];
            let mut found = None;
            for (at, part) in self.parts.iter_mut().enumerate() {
                if !part.kinds(&one)?.contains(&None) {
                    found = Some(at);
                    break;
                }
            }
            // What is in none of them may be all the same.
            found.ok_or_else(|| self.several.unseen(&[slot]))?
        };
        self.parts.get_mut(at).ok_or_else(|| self.several.unseen(&[slot]))
    }
}

impl Source for SeveralReader {
    fn place(&self) -> &str {
        &self.several.place
    }

    fn offers(&self) -> Offers {
        self.parts.first().map_or(Offers { ttl: true, memory: false, change: false }, Source::offers)
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        let sizes = self.parts.iter_mut().map(Source::size).collect::<Result<Vec<_>, _>>()?;
        Ok(sizes.into_iter().sum())
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(self.several.now())
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let several = Arc::clone(&self.several);
        let mut seen = Seen::new();
        let mut broken = None;
        self.besides = Besides::default();
        for (at, part) in self.parts.iter_mut().enumerate() {
            let mut interest = |key: &[u8]| match several.part_of(slot_of(key)) {
                Some(other) if other != at => Interest::Skip,
                None if !seen.first(key) => Interest::Skip,
                _ => (query.interest)(key),
            };
            let mut query =
                Query { pattern: query.pattern.clone(), need: query.need, interest: &mut interest };
            let mut stopped = false;
            let ended = part.scan(&mut query, &mut |page| {
                let said = visit(page);
                stopped = said.is_break();
                said
            });
            self.besides.add(part.besides());
            if stopped {
                return Ok(());
            }
            if let Err(error) = ended {
                broken.get_or_insert(error);
            }
        }
        if let Some(error) = broken {
            return Err(error);
        }
        let open: Vec<u16> = (0..SLOTS).filter(|slot| several.part_of(*slot).is_none()).collect();
        if open.is_empty() { Ok(()) } else { Err(several.unseen(&open)) }
    }

    fn remarks(&self) -> Vec<String> {
        self.besides.remark("key", self.several.now()).into_iter().collect()
    }
}

impl Lookup for SeveralReader {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let one = |key: &Key| {
            let mut found = self.part(&key.0)?.read(std::slice::from_ref(key), need)?;
            let (raw, ttl, ends, memory) = (Raw::Gone, Ttl::Gone, Vec::new(), None);
            Ok(found.pop().unwrap_or(Record {
                key: key.clone(),
                raw,
                ttl,
                ends,
                memory,
                exact_end: None,
                asked: need,
            }))
        };
        keys.iter().map(one).collect()
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let one = |key: &Key| Ok(self.part(&key.0)?.kinds(std::slice::from_ref(key))?.pop().flatten());
        keys.iter().map(one).collect()
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        self.part(&key.0)?.entries(key, most)
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        let one = |key: &Key| {
            let mut found = self.part(&key.0)?.members(std::slice::from_ref(key), sorted)?;
            Ok(found.pop().unwrap_or_default())
        };
        keys.iter().map(one).collect()
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        let one = |op: &Op| {
            let Some(key) = op.key() else { return Ok(false) };
            Ok(self.part(&key.0)?.probe(std::slice::from_ref(op))?.contains(&true))
        };
        ops.iter().map(one).collect()
    }
}
