//! The node of a cluster that has one key, whichever it is by now, used for that key alone.
//!
//! The key lies on one node at any moment, and goes whole from one to another. So what is asked is asked of the
//! node that has its slot, and of the next one once that says that the key has gone; a scan of what is in the key
//! begins again there and hands on what was not handed on before. While the slot is on its way a key that has gone
//! already can be read where it is; what changes it waits until the slot is there.

use std::ops::ControlFlow;
use std::time::Duration;

use super::nodes::Nodes;
use crate::store::redis::followed::{self, Followed};
use crate::store::redis::patience::{Patience, passes};
use crate::store::redis::served::{Served, Use};
use crate::store::redis::slots::slot_of;
use crate::store::redis::target::Target;
use crate::store::seen::Seen;
use crate::store::{
    Applied, Backup, Error, Fit, Gentle, Health, Keeper, Key, Kind, Lag, Lookup, Need, Offers, Op, Page,
    Query, Record, Source, Step, Store,
};

pub(in crate::store::redis) struct KeyStore {
    target: Target,
    place: String,
    slot: u16,
    changes: bool,
    used: Use,
    offers: Offers,
    nodes: Nodes,
    /// The node that has the key.
    node: Option<Box<dyn Served>>,
    /// Where the key is already while its slot is on the way there.
    gone_to: Option<String>,
    gentle: Option<Gentle>,
}

impl KeyStore {
    /// Asks the nodes that the user named who has the key; `place` is what the store is called.
    pub(in crate::store::redis) fn open(
        target: &Target,
        key: &[u8],
        changes: bool,
        place: String,
        used: Use,
    ) -> Result<KeyStore, Error> {
        let mut store = KeyStore {
            target: target.clone(),
            place,
            slot: slot_of(key),
            changes,
            used,
            offers: Offers::ALL,
            nodes: Nodes::new(target)?,
            node: None,
            gone_to: None,
            gentle: None,
        };
        store.offers = store.ask(|node| Ok(node.offers()))?;
        Ok(store)
    }

    fn connect(&mut self) -> Result<Box<dyn Served>, Error> {
        let owner = self.nodes.map.owner(self.slot).ok_or_else(|| self.nodes.unserved(self.slot))?;
        let node = &self.nodes.map.nodes[owner];
        let server = match self.gone_to.take() {
            Some(to) if !self.changes => self.nodes.asking(&to)?,
            _ => match self.nodes.choose(node) {
                Some(replica) => replica,
                None => self.nodes.connect(node)?,
            },
        };
        let mut node = (self.used)(server)?;
        node.be_gentle(self.gentle.as_ref());
        Ok(node)
    }

    /// Asks the node, and where it does not have the key any more the next one.
    fn ask<T>(&mut self, mut ask: impl FnMut(&mut dyn Served) -> Result<T, Error>) -> Result<T, Error> {
        let mut patience = None;
        loop {
            let error = match self.lead().and_then(&mut ask) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !passes(&error) {
                return Err(error);
            }
            if let Error::Moved { to, asking: true, .. } = &error {
                self.gone_to = Some(to.clone());
            }
            let hope = matches!(error, Error::Moved { .. }) || self.nodes.has_hope(self.slot);
            self.lose();
            if !patience.get_or_insert_with(|| self.patience()).wait(hope) {
                let (place, slots) = (self.place.clone(), self.slot.to_string());
                return Err(Error::Unseen { place, slots, why: error.to_string() });
            }
        }
    }
}

impl Followed for KeyStore {
    fn lead(&mut self) -> Result<&mut dyn Served, Error> {
        let node = match self.node.take() {
            Some(node) => node,
            None => self.connect()?,
        };
        Ok(&mut **self.node.insert(node))
    }

    fn lose(&mut self) {
        self.node = None;
        // Anyone who does not answer now may do so the next time.
        let _ = self.nodes.refresh();
    }

    fn may_pass(&self, error: &Error) -> bool {
        passes(error)
    }

    fn patience(&self) -> Patience {
        Patience::new(self.nodes.limit())
    }
}

impl Source for KeyStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        self.offers
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.ask(|node| node.size())
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.ask(|node| node.now())
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut seen = Seen::new();
        let need = query.need;
        let mut stopped = false;
        let mut hand = |page: Page| {
            let said = visit(page);
            stopped = said.is_break();
            said
        };
        let ended = self.ask(|node| {
            node.may_be_read(need)?;
            node.over(query, &mut |name| seen.first(name), &mut hand)
        });
        if stopped {
            // Answers may be on their way that nobody takes.
            self.node = None;
            return Ok(());
        }
        ended
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.ask(|node| node.health())
    }

    fn lacks(&mut self, commands: &[&str]) -> Result<Option<Vec<String>>, Error> {
        self.ask(|node| node.lacks(commands))
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.gentle = gentle.cloned();
        if let Some(node) = &mut self.node {
            node.be_gentle(gentle);
        }
    }
}

impl Lookup for KeyStore {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.ask(|node| node.read(keys, need))
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.ask(|node| node.kinds(keys))
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.ask(|node| node.probe(ops))
    }
}

impl Store for KeyStore {
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        self.ask(|node| node.may_change(samples))
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        followed::apply(self, steps, fit, keeper)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        followed::restore(self, backups)
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        self.ask(|node| node.ping())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        self.ask(|node| node.lag())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        let nodes = Nodes::new(&self.target)?;
        let (target, place, used) = (self.target.clone(), self.place.clone(), Use::clone(&self.used));
        let (slot, changes, offers, gentle) = (self.slot, self.changes, self.offers, self.gentle.clone());
        let (node, gone_to) = (None, None);
        Ok(Box::new(KeyStore { target, place, slot, changes, used, offers, nodes, node, gone_to, gentle }))
    }
}
