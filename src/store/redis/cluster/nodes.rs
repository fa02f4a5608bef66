//! The connections to a cluster's primaries, and asking each key's owner.
//!
//! A node that gave a slot away says so: then the map is asked for again and the question put again,
//! until the time that an answer may take is over.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::map::{Map, Node};
use crate::store::redis::patience::{Patience, passes};
use crate::store::redis::target::{Address, ReadFrom, Target};
use crate::store::redis::{RedisStore, bulk, load};
use crate::store::{Error, Gentle, Reason};

/// How long a node that was waited for in vain is not waited for again.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// How often a server is asked how quickly it answers.
const PINGS: usize = 3;

/// The primaries as far as they are known, with a connection to each that was needed.
pub(super) struct Nodes {
    /// How to log in, and the host that the user named.
    target: Target,
    pub(super) map: Map,
    open: HashMap<String, RedisStore>,
    /// Who answers for a primary where that is not the primary itself, by the primary's id.
    readers: HashMap<String, RedisStore>,
    /// Nodes that were waited for in vain, when and why.
    given_up: HashMap<String, (Instant, String)>,
    gentle: Option<Gentle>,
    /// Keys that an ACL hid on connections that are closed.
    hidden: u64,
}

impl Nodes {
    /// Asks the nodes that the user named for the map.
    pub(super) fn new(target: &Target) -> Result<Nodes, Error> {
        let mut nodes = Nodes {
            target: target.clone(),
            map: Map::default(),
            open: HashMap::new(),
            readers: HashMap::new(),
            given_up: HashMap::new(),
            gentle: None,
            hidden: 0,
        };
        nodes.refresh()?;
        Ok(nodes)
    }

    pub(super) fn limit(&self) -> Duration {
        self.target.timeout
    }

    pub(super) fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.gentle = gentle.cloned();
        for store in self.open.values_mut().chain(self.readers.values_mut()) {
            crate::store::Source::be_gentle(store, gentle);
        }
    }

    pub(super) fn hidden(&self) -> u64 {
        let open = self.open.values().chain(self.readers.values());
        self.hidden + open.map(|store| store.hidden_keys).sum::<u64>()
    }

    /// Asks for the map again: those that are connected, the others that are known, those that were named.
    pub(super) fn refresh(&mut self) -> Result<(), Error> {
        let mut last = None;
        let connected: Vec<String> = self.open.keys().cloned().collect();
        for id in connected {
            let Some(store) = self.open.get_mut(&id) else { continue };
            match Map::ask(store) {
                Ok(map) if !map.nodes.is_empty() => {
                    self.take(map);
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) => {
                    self.close(&id);
                    last = Some(error);
                }
            }
        }
        let known: Vec<(String, u16)> =
            self.map.nodes.iter().map(|node| (node.host.clone(), node.port)).collect();
        let known = known.into_iter().map(|(host, port)| self.at(&host, port));
        for target in known.chain(self.target.hosts()).collect::<Vec<_>>() {
            let asked = RedisStore::open(&target).and_then(|mut store| {
                if !store.cluster {
                    let why = "it is not a node of a cluster; write the store as redis://HOST:PORT/DB";
                    return Err(Error::Connect {
                        place: target.place(),
                        reason: Reason::Unfit(why.to_string()),
                    });
                }
                Map::ask(&mut store)
            });
            match asked {
                Ok(map) if !map.nodes.is_empty() => {
                    self.take(map);
                    return Ok(());
                }
                Ok(_) => {
                    let reason = "no node has any of the slots".to_string();
                    last = Some(Error::ClusterDown { place: target.place(), reason });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| Error::Target("the store names no host".to_string())))
    }

    fn take(&mut self, map: Map) {
        let gone: Vec<String> =
            self.open.keys().filter(|id| map.nodes.iter().all(|node| node.id != **id)).cloned().collect();
        for id in gone {
            self.close(&id);
        }
        self.map = map;
    }

    /// A node at this address, to be logged in to as the user is to the cluster.
    fn at(&self, host: &str, port: u16) -> Target {
        let named = match &self.target.address {
            Address::Tcp { host, .. } => host,
            Address::Unix(_) => "127.0.0.1",
        };
        let host = if host.is_empty() { named } else { host };
        Target { node: true, ..self.target.at_host(host, port) }
    }

    /// Connects to a primary. Where it cannot be reached at the address that it gives itself, as after
    /// a router, the hosts that the user named are tried with its port.
    pub(super) fn connect(&self, node: &Node) -> Result<RedisStore, Error> {
        let announced = self.at(&node.host, node.port);
        let mut opened = Nodes::reach(&announced, node);
        if matches!(&opened, Err(Error::Connect { reason: Reason::Absent(_), .. })) {
            for named in self.target.hosts() {
                let Address::Tcp { host, .. } = &named.address else { continue };
                let other = self.at(host, node.port);
                if other.address != announced.address
                    && let Ok(store) = Nodes::reach(&other, node)
                {
                    opened = Ok(store);
                    break;
                }
            }
        }
        let mut store = opened?;
        crate::store::Source::be_gentle(&mut store, self.gentle.as_ref());
        Ok(store)
    }

    /// Connects, and makes sure that it is this very node.
    fn reach(target: &Target, node: &Node) -> Result<RedisStore, Error> {
        let mut store = RedisStore::open(target)?;
        let other = || Error::Connect {
            place: target.place(),
            reason: Reason::Absent("another server answers there than the cluster's node".to_string()),
        };
        if !store.cluster {
            return Err(other());
        }
        let id = bulk(store.ask(&[b"CLUSTER", b"MYID"])?);
        if id.is_some_and(|id| id == node.id.as_bytes()) { Ok(store) } else { Err(other()) }
    }

    /// The connection to a primary of the map.
    pub(super) fn node(&mut self, at: usize) -> Result<&mut RedisStore, Error> {
        let Some(node) = self.map.nodes.get(at).cloned() else {
            return Err(Error::Target("no such node".to_string()));
        };
        if !self.open.contains_key(&node.id) {
            let store = self.connect(&node)?;
            self.open.insert(node.id.clone(), store);
        }
        self.open.get_mut(&node.id).ok_or_else(|| Error::Target("no such node".to_string()))
    }

    /// The connection to the node that answers for a primary's slots where nothing is changed.
    fn reader(&mut self, at: usize) -> Result<&mut RedisStore, Error> {
        if self.target.reads == ReadFrom::Primary {
            return self.node(at);
        }
        let Some(node) = self.map.nodes.get(at).cloned() else { return self.node(at) };
        if !self.readers.contains_key(&node.id) {
            let Some(store) = self.choose(&node) else { return self.node(at) };
            self.readers.insert(node.id.clone(), store);
        }
        self.readers.get_mut(&node.id).ok_or_else(|| Error::Target("no such node".to_string()))
    }

    /// A connection to the replica that is to answer for a primary; none where that is the primary itself.
    pub(super) fn choose(&self, node: &Node) -> Option<RedisStore> {
        let replicas = || {
            node.replicas.iter().filter_map(|(id, host, port)| {
                let (id, host, port) = (id.clone(), host.clone(), *port);
                self.replica(&Node { id, host, port, replicas: Vec::new() }).ok()
            })
        };
        match self.target.reads {
            ReadFrom::Primary => None,
            ReadFrom::Replica => replicas().next(),
            ReadFrom::Nearest => {
                let mut best = self.connect(node).ok().and_then(|mut store| Some((took(&mut store)?, None)));
                for mut store in replicas() {
                    let Some(time) = took(&mut store) else { continue };
                    if best.as_ref().is_none_or(|(least, _)| time < *least) {
                        best = Some((time, Some(store)));
                    }
                }
                best.and_then(|(_, store)| store)
            }
        }
    }

    /// A connection to a replica that has a connection to its primary.
    fn replica(&self, node: &Node) -> Result<RedisStore, Error> {
        let mut store = Nodes::reach(&self.at(&node.host, node.port), node)?;
        store.ask(&[b"READONLY"])?;
        if !load::role(&mut store)?.linked {
            return Err(Error::Replica { place: store.place.clone() });
        }
        crate::store::Source::be_gentle(&mut store, self.gentle.as_ref());
        Ok(store)
    }

    /// Takes the connection to a primary out, to be worked with next to the others.
    pub(super) fn lend(&mut self, at: usize) -> Option<RedisStore> {
        self.open.remove(&self.map.nodes.get(at)?.id)
    }

    /// Takes it back.
    pub(super) fn give_back(&mut self, at: usize, store: RedisStore) {
        if let Some(node) = self.map.nodes.get(at) {
            self.open.insert(node.id.clone(), store);
        }
    }

    /// Closes the connection to a primary: answers may be on their way that nobody takes.
    pub(super) fn forget(&mut self, at: usize) {
        if let Some(id) = self.map.nodes.get(at).map(|node| node.id.clone()) {
            self.close(&id);
            if let Some(store) = self.readers.remove(&id) {
                self.spent(&store);
            }
        }
    }

    fn close(&mut self, id: &str) {
        if let Some(store) = self.open.remove(id) {
            self.spent(&store);
        }
    }

    /// A connection that was lent and is not given back.
    pub(super) fn spent(&mut self, store: &RedisStore) {
        self.hidden += store.hidden_keys;
    }

    /// This many keys were hidden on a connection that is closed.
    pub(super) fn hid(&mut self, keys: u64) {
        self.hidden += keys;
    }

    /// Whether a slot's keys may be had after a while though its node cannot be reached.
    pub(super) fn has_hope(&self, slot: u16) -> bool {
        self.map.owner(slot).is_some_and(|owner| !self.map.nodes[owner].replicas.is_empty())
    }

    pub(super) fn unserved(&self, slot: u16) -> Error {
        Error::ClusterDown { place: self.target.place(), reason: format!("no node has the slot {slot}") }
    }

    /// The places of these slots, by the node that has them; those that nobody has come last.
    pub(super) fn grouped(
        &self,
        slots: impl Iterator<Item = (usize, u16)>,
    ) -> Vec<(Option<usize>, Vec<usize>)> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, slot) in slots {
            groups.entry(self.map.owner(slot).unwrap_or(usize::MAX)).or_default().push(place);
        }
        groups.into_iter().map(|(owner, places)| ((owner != usize::MAX).then_some(owner), places)).collect()
    }

    /// Asks the owner of each item's slot, all items of a node together, and gives the answers in the
    /// items' order: what was answered, and the error that left the rest without an answer.
    pub(super) fn each<K: Clone, T>(
        &mut self,
        items: &[K],
        slot: &dyn Fn(&K) -> u16,
        ask: &mut dyn FnMut(&mut RedisStore, &[K]) -> Result<Vec<T>, Error>,
    ) -> (Vec<Option<T>>, Option<Error>) {
        let mut answers: Vec<Option<T>> = items.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..items.len()).collect();
        let mut patience = Patience::new(self.limit());
        self.given_up.retain(|_, (since, _)| since.elapsed() < GIVEN_UP);
        if !self.given_up.is_empty() {
            // Another may have taken its place.
            let _ = self.refresh();
        }
        // Of nodes that were waited for in vain just now.
        let (mut lost, mut lost_why) = (false, None);
        loop {
            let (mut left, mut why, mut fatal) = (Vec::new(), None, None);
            for (owner, places) in self.grouped(open.iter().map(|at| (*at, slot(&items[*at])))) {
                let some: Vec<K> = places.iter().map(|at| items[*at].clone()).collect();
                if let Some(error) = owner.and_then(|owner| self.is_given_up(owner)) {
                    (lost, lost_why) = (true, Some(error));
                    continue;
                }
                let asked = match owner {
                    Some(owner) => self.reader(owner).and_then(|store| ask(store, &some)),
                    None => Err(self.unserved(slot(&some[0]))),
                };
                match asked {
                    Ok(got) => {
                        for (at, answer) in places.iter().zip(got) {
                            answers[*at] = Some(answer);
                        }
                    }
                    Err(error) => {
                        owner.inspect(|owner| self.forget(*owner));
                        if passes(&error) {
                            let moving = matches!(error, Error::Moved { asking: true, .. });
                            why = Some(error);
                            if moving {
                                left.extend(self.one_by_one(items, &places, slot, ask, &mut answers));
                            } else {
                                left.extend(places);
                            }
                        } else {
                            fatal = fatal.or(Some(error));
                        }
                    }
                }
            }
            if fatal.is_some() {
                return (answers, fatal);
            }
            if left.is_empty() {
                return (answers, lost_why.filter(|_| lost));
            }
            let hope = matches!(why, Some(Error::Moved { .. }))
                || left.iter().any(|at| self.has_hope(slot(&items[*at])));
            if !patience.wait(hope) {
                for owner in left.iter().filter_map(|at| self.map.owner(slot(&items[*at]))) {
                    let text = match &why {
                        Some(Error::Connect { reason, .. }) => reason.to_string(),
                        Some(error @ Error::Lost { .. }) => error.to_string(),
                        _ => continue,
                    };
                    let id = self.map.nodes[owner].id.clone();
                    self.given_up.insert(id, (Instant::now(), text));
                }
                return (answers, why);
            }
            // Anyone who does not answer now may do so the next time.
            let _ = self.refresh();
            open = left;
        }
    }

    /// Why a node need not be asked again for now.
    fn is_given_up(&self, at: usize) -> Option<Error> {
        let node = self.map.nodes.get(at)?;
        let (_, reason) = self.given_up.get(&node.id)?;
        let place = self.at(&node.host, node.port).place();
        Some(Error::Connect { place, reason: Reason::Absent(reason.clone()) })
    }

    /// Asks about items of which some are on their way to another node: where the one says so, the
    /// other. Gives those that are still open.
    fn one_by_one<K: Clone, T>(
        &mut self,
        items: &[K],
        places: &[usize],
        slot: &dyn Fn(&K) -> u16,
        ask: &mut dyn FnMut(&mut RedisStore, &[K]) -> Result<Vec<T>, Error>,
        answers: &mut [Option<T>],
    ) -> Vec<usize> {
        let mut open = Vec::new();
        for at in places {
            let one = std::slice::from_ref(&items[*at]);
            let Some(owner) = self.map.owner(slot(&items[*at])) else {
                open.push(*at);
                continue;
            };
            let mut asked = self.node(owner).and_then(|store| ask(store, one));
            if asked.is_err() {
                self.forget(owner);
            }
            if let Err(Error::Moved { to, asking: true, .. }) = &asked {
                asked = self.asking(to).and_then(|mut store| ask(&mut store, one));
            }
            match asked.ok().and_then(|mut got| got.pop()) {
                Some(answer) => answers[*at] = Some(answer),
                None => open.push(*at),
            }
        }
        open
    }

    /// A connection to the node that gets a slot's keys, which answers for them already if it is asked so.
    pub(super) fn asking(&self, to: &str) -> Result<RedisStore, Error> {
        let address = to.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let Some((host, port)) = address else {
            return Err(Error::Target("no such node".to_string()));
        };
        let mut store = self.to(host, port)?;
        store.asking = true;
        Ok(store)
    }

    /// A connection of its own to the node at an address that another node gave.
    pub(super) fn to(&self, host: &str, port: u16) -> Result<RedisStore, Error> {
        match self.map.nodes.iter().find(|node| node.host == host && node.port == port) {
            Some(node) => self.connect(node),
            None => RedisStore::open(&self.at(host, port)),
        }
    }

    /// As [`Nodes::each`], where anything unanswered is an error.
    pub(super) fn all<K: Clone, T>(
        &mut self,
        items: &[K],
        slot: &dyn Fn(&K) -> u16,
        ask: &mut dyn FnMut(&mut RedisStore, &[K]) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let (answers, error) = self.each(items, slot, ask);
        if let Some(error) = error {
            return Err(error);
        }
        answers.into_iter().collect::<Option<Vec<T>>>().ok_or_else(|| Error::Answer {
            place: self.target.place(),
            command: "a question to several nodes".to_string(),
        })
    }
}

/// How quickly a server answers; none where it does not.
pub(in crate::store::redis) fn took(store: &mut RedisStore) -> Option<Duration> {
    (0..PINGS).map(|_| load::ping(store).ok()).min()?
}
