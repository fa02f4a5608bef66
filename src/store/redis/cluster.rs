//! A Redis or Valkey cluster as one [`Store`].
//!
//! Each primary is a [`RedisStore`] of its own, with its own connections. Questions go to the nodes that
//! have the keys, a scan goes over all nodes at the same time, and a change is divided by slots: the
//! session's own key first, with what lies in its slot, and then what belongs to it elsewhere.

use std::ops::ControlFlow;
use std::time::Duration;

use super::patience::passes;
use super::slots::{SLOTS, slot_of};
use super::target::Target;
use super::{RedisStore, before, by_value, leftovers as left, load};
use crate::store::{
    Applied, Backup, Companion, Error, Fit, Gentle, Health, Keeper, Key, Kind, Lag, Lookup, Need, Offers, Op,
    Page, Query, Record, Source, Step, Store,
};

mod alone;
mod change;
mod each;
mod leftovers;
mod map;
mod nodes;
mod one_key;
mod restore;
mod sweep;

use nodes::Nodes;
pub(super) use sweep::spans;

pub(super) use alone::OneNode;
pub(super) use each::{Given, of_each};
pub(super) use nodes::took;
pub(super) use one_key::KeyStore;

/// The primaries of a cluster.
pub(super) struct ClusterStore {
    target: Target,
    place: String,
    nodes: Nodes,
    /// Connections on which backups are gathered while the others hold sessions' keys watched.
    aside: Option<Nodes>,
}

impl ClusterStore {
    /// Asks the nodes that the user named which others there are.
    pub(super) fn open(target: &Target) -> Result<ClusterStore, Error> {
        Ok(ClusterStore {
            target: target.clone(),
            place: target.place(),
            nodes: Nodes::new(target)?,
            aside: None,
        })
    }

    /// Asks every primary.
    fn every<T>(
        &mut self,
        mut ask: impl FnMut(&mut RedisStore) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        (0..self.nodes.map.nodes.len())
            .map(|at| {
                let asked = self.nodes.node(at).and_then(&mut ask);
                if asked.is_err() {
                    self.nodes.forget(at);
                }
                asked
            })
            .collect()
    }

    /// Asks the first primary that answers.
    fn any<T>(&mut self, mut ask: impl FnMut(&mut RedisStore) -> Result<T, Error>) -> Result<T, Error> {
        let mut last = None;
        for at in 0..self.nodes.map.nodes.len() {
            match self.nodes.node(at).and_then(&mut ask) {
                Err(error) if passes(&error) => {
                    self.nodes.forget(at);
                    last = Some(error);
                }
                answered => return answered,
            }
        }
        Err(last.unwrap_or_else(|| self.nodes.unserved(0)))
    }
}

/// Whether this node of a cluster has all of its slots, or copies the one that has.
pub(super) fn is_whole(store: &mut RedisStore) -> Result<bool, Error> {
    let (slots, _) = map::Own::served(store)?;
    Ok((0..SLOTS).all(|slot| slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))))
}

fn of_key(key: &Key) -> u16 {
    slot_of(&key.0)
}

impl Source for ClusterStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        Offers::ALL
    }

    /// Nothing where one of the nodes does not say: the scan will tell why.
    fn size(&mut self) -> Result<Option<u64>, Error> {
        Ok(self.every(RedisStore::size).ok().and_then(|sizes| sizes.into_iter().sum()))
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.any(RedisStore::now)
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        sweep::run(&mut self.nodes, &self.place, query, visit)
    }

    fn hidden(&self) -> u64 {
        self.nodes.hidden()
    }

    /// The nodes together: their sums, the youngest's age, and the settings of the first.
    fn health(&mut self) -> Result<Option<Health>, Error> {
        let all = self.every(load::health)?;
        let sum = |of: fn(&Health) -> Option<u64>| all.iter().map(of).sum::<Option<u64>>();
        let lag = all.iter().fold(Lag::default(), |lag, health| slowest(lag, health.lag));
        Ok(all.first().map(|first| Health {
            used_memory: sum(|health| health.used_memory),
            // One node without a limit is none for all.
            maxmemory: if all.iter().any(|health| health.maxmemory == Some(0)) {
                Some(0)
            } else {
                sum(|health| health.maxmemory)
            },
            keys: sum(|health| health.keys),
            evicted_keys: sum(|health| health.evicted_keys),
            expired_keys: sum(|health| health.expired_keys),
            uptime_seconds: all.iter().filter_map(|health| health.uptime_seconds).min(),
            lag,
            ..first.clone()
        }))
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.nodes.be_gentle(gentle);
        if let Some(aside) = &mut self.aside {
            aside.be_gentle(gentle);
        }
    }
}

fn slowest(one: Lag, other: Lag) -> Lag {
    Lag {
        bytes: one.bytes.max(other.bytes),
        silent: one.silent.max(other.silent),
        filling: one.filling || other.filling,
        replicas: one.replicas + other.replicas,
    }
}

impl ClusterStore {
    /// Asks each item's node; what nobody answered is named by its slots.
    fn look<K: Clone, T>(
        &mut self,
        items: &[K],
        slot: &dyn Fn(&K) -> u16,
        ask: &mut dyn FnMut(&mut RedisStore, &[K]) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let (answers, error) = self.nodes.each(items, slot, ask);
        let error = match error {
            Some(error) if passes(&error) => error,
            Some(error) => return Err(error),
            None => {
                let all: Option<Vec<T>> = answers.into_iter().collect();
                let (place, command) = (self.place.clone(), "a question to several nodes".to_string());
                return all.ok_or(Error::Answer { place, command });
            }
        };
        let open = items.iter().zip(&answers).filter(|(_, answer)| answer.is_none());
        let slots: Vec<u16> = open.map(|(item, _)| slot(item)).collect();
        Err(Error::Unseen { place: self.place.clone(), slots: spans(&slots), why: error.to_string() })
    }
}

impl Lookup for ClusterStore {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.look(keys, &of_key, &mut |store, keys| store.read(keys, need))
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.look(keys, &of_key, &mut |store, keys| store.kinds(keys))
    }

    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        self.look(keys, &of_key, &mut |store, keys| store.absent(keys))
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let one = std::slice::from_ref(key);
        let found = self.look(one, &of_key, &mut |store, keys| {
            keys.iter().map(|key| store.entries(key, most)).collect()
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        self.look(keys, &of_key, &mut |store, keys| store.members(keys, sorted))
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.look(ops, &change::slot, &mut |store, ops| store.probe(ops))
    }
}

impl Store for ClusterStore {
    /// Each node is asked about what lies on it.
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        for at in 0..self.nodes.map.nodes.len() {
            let here = |slot: u16| self.nodes.map.owner(slot) == Some(at);
            let parts = samples.iter().map(|sample| Step {
                then: sample.then.iter().filter(|op| here(change::slot(op))).cloned().collect(),
                ..(*sample).clone()
            });
            let parts: Vec<Step> =
                parts.filter(|part| here(of_key(&part.key)) || !part.then.is_empty()).collect();
            if parts.is_empty() {
                continue;
            }
            let asked = self
                .nodes
                .node(at)
                .and_then(|store| before::may_change(store, &parts.iter().collect::<Vec<_>>()));
            if let Err(error) = asked {
                self.nodes.forget(at);
                return Err(error);
            }
        }
        Ok(())
    }

    fn ends_by_value(&mut self) -> Option<usize> {
        let known = self.every(|store| Ok(by_value::known(store))).ok()?;
        (!known.contains(&by_value::ByValue::Not)).then_some(by_value::MOST)
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        if left::are_all(steps) {
            return leftovers::apply(self, steps, keeper);
        }
        change::apply(self, steps, fit, keeper)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        restore::restore(&mut self.nodes, backups)
    }

    fn restore_whole(&mut self, companions: &[Companion]) -> Result<(), Error> {
        restore::restore_whole(&mut self.nodes, companions)
    }

    /// That of the slowest node.
    fn ping(&mut self) -> Result<Duration, Error> {
        Ok(self.every(load::ping)?.into_iter().max().unwrap_or_default())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(self.every(RedisStore::lag)?.into_iter().fold(Lag::default(), slowest))
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(ClusterStore::open(&self.target)?))
    }
}
