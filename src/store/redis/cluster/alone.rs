//! One node of a cluster, for itself (`--node`).
//!
//! It answers for its own slots and for no others, so that it never looks like all there is: a scan of it
//! ends with an error that says so, and of keys in other slots nothing is guessed.

use std::ops::ControlFlow;

use super::map::Own;
use super::sweep::spans;
use super::{change, of_key};
use crate::store::redis::slots::{SLOTS, slot_of};
use crate::store::redis::target::Target;
use crate::store::redis::{RedisStore, scan};
use crate::store::{
    Error, Gentle, Health, Key, Kind, Lookup, Need, Offers, Op, Page, Query, Reason, Record, Source,
};

/// A node, and the slots that it has.
pub(in crate::store::redis) struct OneNode {
    store: RedisStore,
    slots: Vec<(u16, u16)>,
}

impl OneNode {
    pub(in crate::store::redis) fn open(target: &Target) -> Result<OneNode, Error> {
        let mut store = RedisStore::open(target)?;
        if !store.cluster {
            let reason = "it is not a node of a cluster; leave out --node".to_string();
            return Err(Error::Connect { place: target.place(), reason: Reason::Unfit(reason) });
        }
        let (slots, replica) = Own::served(&mut store)?;
        if replica {
            store.ask(&[b"READONLY"])?;
        }
        Ok(OneNode { store, slots })
    }

    /// Its connection, and the slots that it has.
    pub(in crate::store::redis) fn apart(self) -> (RedisStore, Vec<u16>) {
        let slots = (0..SLOTS).filter(|slot| self.has(*slot)).collect();
        (self.store, slots)
    }

    /// Its connection, for one key that it has.
    pub(in crate::store::redis) fn with(mut self, key: &[u8]) -> Result<RedisStore, Error> {
        self.own(std::iter::once(slot_of(key)))?;
        Ok(self.store)
    }

    fn has(&self, slot: u16) -> bool {
        self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }

    fn alone(&self) -> Error {
        let others: Vec<u16> = (0..SLOTS).filter(|slot| !self.has(*slot)).collect();
        Error::Alone { place: self.store.place.clone(), slots: spans(&others) }
    }

    /// Refuses to ask about what is on other nodes.
    fn own<'k>(&mut self, mut slots: impl Iterator<Item = u16> + 'k) -> Result<&mut RedisStore, Error> {
        if slots.all(|slot| self.has(slot)) { Ok(&mut self.store) } else { Err(self.alone()) }
    }
}

impl Source for OneNode {
    fn place(&self) -> &str {
        self.store.place()
    }

    fn offers(&self) -> Offers {
        self.store.offers()
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.store.size()
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.store.now()
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.store.may_read(query.need)?;
        let mut stopped = false;
        scan::run(&mut self.store, query, &mut |page| {
            let said = visit(page);
            stopped = said.is_break();
            said
        })?;
        // A cluster of one node is whole.
        let whole = (0..SLOTS).all(|slot| self.has(slot));
        if stopped || whole { Ok(()) } else { Err(self.alone()) }
    }

    fn hidden(&self) -> u64 {
        self.store.hidden()
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.store.health()
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.store.be_gentle(gentle);
    }
}

impl Lookup for OneNode {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.own(keys.iter().map(of_key))?.read(keys, need)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.own(keys.iter().map(of_key))?.kinds(keys)
    }

    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        self.own(keys.iter().map(of_key))?.absent(keys)
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        self.own(std::iter::once(of_key(key)))?.entries(key, most)
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        self.own(keys.iter().map(of_key))?.members(keys, sorted)
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.own(ops.iter().map(change::slot))?.probe(ops)
    }
}
