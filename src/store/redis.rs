//! One Redis or Valkey server as a [`Store`].
//!
//! The client must never let the server wait: requests are queued ahead on one connection, so that
//! while a page is being received the server already has the next one to work on.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ::redis::Value as Answer;

use crate::store::{
    Applied, Backup, Companion, Error, Events, Fit, Gentle, Health, Keeper, Key, Kind, Lag, Lookup, Medium,
    Need, Offers, Op, Open, Page, Portions, Query, Raw, Record, Source, Step, Store,
};

mod backup;
mod before;
mod by_value;
mod change;
mod cluster;
mod connect;
mod dial;
mod edits;
mod ends;
mod events;
mod failure;
mod fields;
mod flow;
mod follow;
mod followed;
mod guarded;
mod hash;
mod leftovers;
mod load;
mod once;
mod patience;
mod read;
mod renewed;
mod restore;
mod rights;
mod scan;
mod script;
mod sentinel;
mod served;
mod slots;
mod small;
pub mod snapshot;
pub mod target;
mod wire;

#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) use dial::{Checks, config as tls_config};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) use failure::tls_reason;

use cluster::{ClusterStore, OneNode, took};
use failure::classify;
use flow::Flow;
use hash::HashPlace;
use sentinel::{Lead, SentinelStore};
use target::{ReadFrom, Target};
use wire::Wire;

/// Bytes of a string that are read at first; longer ones are read in a second step, one at a time,
/// so that a page of large values can fill neither our memory nor the server's output buffers.
const LOOK: usize = 8 << 10;
/// `LOOK - 1` as text: GETRANGE includes its end.
const LOOK_END: &[u8] = b"8191";
/// A longer string is not read at all.
const MAX_TEXT: u64 = 64 << 20;
/// A hash with more fields is not read at all.
const MAX_FIELDS: u64 = 10_000;

/// Keys that one connection watches at a time: WATCH looks through its list for every key it adds
/// (measured on Redis 7.0: 0.3 µs a key up to 32, 2.8 at 400, 8 at 1000; a transaction's own cost is
/// spread well enough at that number).
const WATCHED: usize = 25;
/// The same where the server's other users are watched.
const GENTLE_WATCHED: usize = 16;
/// Connections that change side by side.
const LANES: usize = 8;
/// The same where the server is on this machine and answers at once: what is looked up, read and removed
/// soon after is still at hand for the server's processor then. The translations of addresses are what
/// runs out first, as each key is in a few pages of memory of its own (measured on Redis 7.0.15 with
/// 50 000 sessions: a transaction's EXEC takes 1.9 µs a session with eight connections and 1.1 with two).
const NEAR_LANES: usize = 2;
/// The same where what goes is written down before, as each round waits for the disk once.
const KEPT_LANES: usize = 16;
/// What an answer takes at most where the server is at hand; a disk takes about as long.
const QUICK: Duration = Duration::from_millis(1);
/// Sessions that are ended at a time while another connection scans, and by value on this machine.
const PORTION: usize = 1000;
const NEAR_PORTION: usize = 100;

/// A connection and what its errors say of it.
pub struct RedisStore {
    connection: Wire,
    place: String,
    user: String,
    /// Bytes of commands that wait to be sent.
    out: Vec<u8>,
    /// How many commands those are.
    unsent: usize,
    /// Indexes of which a run has kept what they were before it touched them.
    touched: HashSet<Key>,
    /// MEMORY USAGE is not to be had here (forbidden or unknown); asked once and then no more.
    memory_denied: bool,
    /// How a key ends that holds a certain value, once that was asked.
    by_value: Option<by_value::ByValue>,
    /// Whether fields of hashes can end by themselves, once that was asked.
    fields_end: Option<bool>,
    /// Whether the database has hashes of which fields end by themselves, as of the last scan.
    some_fields_end: Option<bool>,
    /// Whether all values are small, once that was asked.
    small: Option<bool>,
    /// MGET is not to be had here, or hits keys that an ACL hides; tried once and then no more.
    no_mget: bool,
    /// PEXPIRETIME is not to be had here (Redis before 7.0, or forbidden); tried once and then no more.
    no_instant: bool,
    /// An index of what was to end was there.
    indexes_met: bool,
    /// Whether it answers at once, when that was tried.
    quick: Option<bool>,
    /// Keys that an ACL hides from this user.
    hidden_keys: u64,
    /// How much is sent at a time, where the server's other users are watched.
    flow: Option<Flow>,
    /// A scan runs only a little ahead.
    close: bool,
    /// How to open more connections to the same server, and those that were opened for changing
    /// side by side with this one.
    target: Target,
    lanes: Vec<RedisStore>,
    /// The server takes no more of them.
    no_more_lanes: bool,
    /// It is a node of a cluster, whose transactions are of one slot each.
    cluster: bool,
    /// It gets a slot's keys from another node, and answers for them only where it is asked so.
    asking: bool,
    /// Keys that a scan has met and not read, as they were on another node by then or the scan failed.
    strayed: Vec<(Key, Need)>,
    /// The random id of the server's process, once that was asked and where it may be.
    process: Option<Vec<u8>>,
    /// How often the connection was lost and re-established.
    renewed: u64,
    /// Sentinels watch over it: nothing is sent once another server is the primary.
    lead: Option<Lead>,
}

/// How a server's refusal is to be taken.
enum Refusal {
    /// The key is of another type than the command wants.
    WrongType,
    /// The ACL hides this key, though not the command.
    HiddenKey,
    /// The transaction or the command cannot be carried out at all.
    Fatal(Error),
}

impl RedisStore {
    /// Connects and logs in.
    pub fn open(target: &Target) -> Result<RedisStore, Error> {
        let (connection, cluster) = connect::connect(target)?;
        Ok(RedisStore {
            connection,
            place: target.place(),
            user: target.user_name().to_string(),
            out: Vec::new(),
            unsent: 0,
            touched: HashSet::new(),
            memory_denied: false,
            by_value: None,
            fields_end: None,
            some_fields_end: None,
            small: None,
            no_mget: false,
            no_instant: false,
            indexes_met: false,
            quick: None,
            hidden_keys: 0,
            flow: None,
            close: false,
            target: target.clone(),
            lanes: Vec::new(),
            no_more_lanes: false,
            cluster,
            asking: false,
            strayed: Vec::new(),
            process: None,
            renewed: 0,
            lead: None,
        })
    }

    /// Whether an answer is here before a disk would be, and nothing is sent with care.
    fn is_quick(&mut self) -> Result<bool, Error> {
        if self.flow.is_some() {
            return Ok(false);
        }
        if self.quick.is_none() {
            let began = Instant::now();
            // A change needs the right to it anyway, and a refusal takes as long.
            self.push(&[b"UNWATCH"]);
            self.flush("UNWATCH")?;
            let _ = self.take("UNWATCH")?;
            self.quick = Some(began.elapsed() < QUICK);
        }
        Ok(self.quick == Some(true))
    }

    /// Connections that had better change side by side.
    fn wanted_lanes(&self, kept: bool) -> usize {
        match self.target.is_near() {
            _ if kept => KEPT_LANES,
            true => NEAR_LANES,
            false => LANES,
        }
    }

    /// Opens connections until there are this many, this one counted, as far as the server lets us;
    /// how many there are.
    fn open_lanes(&mut self, wanted: usize) -> usize {
        let missing = wanted.saturating_sub(self.lanes.len() + 1);
        if missing == 0 || self.no_more_lanes {
            return self.lanes.len() + 1;
        }
        let (target, lead) = (&self.target, &self.lead);
        let one = || match lead {
            Some(lead) => lead.open(target).ok(),
            None => RedisStore::open(target).ok(),
        };
        // Side by side, as each takes its turns on the way.
        let opened: Vec<Option<RedisStore>> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..missing).map(|_| scope.spawn(one)).collect();
            opening.into_iter().map(|one| one.join().ok().flatten()).collect()
        });
        // A server that takes no more clients is changed more slowly.
        self.no_more_lanes = opened.iter().any(Option::is_none);
        for mut lane in opened.into_iter().flatten() {
            lane.flow = self.flow.as_ref().map(Flow::beside);
            self.lanes.push(lane);
        }
        self.lanes.len() + 1
    }

    /// This connection, or one of those next to it.
    fn lane(&mut self, at: usize) -> &mut RedisStore {
        if at == 0 || at > self.lanes.len() { self } else { &mut self.lanes[at - 1] }
    }

    /// Queues one command.
    fn push(&mut self, args: &[&[u8]]) {
        if self.asking {
            // It holds for one command.
            encode(&mut self.out, &[b"ASKING"]);
        }
        encode(&mut self.out, args);
        self.unsent += 1;
        if let Some(flow) = &mut self.flow {
            flow.queued(self.out.len());
        }
    }

    fn push_owned(&mut self, args: &[Cow<'_, [u8]>]) {
        let args: Vec<&[u8]> = args.iter().map(|arg| &arg[..]).collect();
        self.push(&args);
    }

    /// Sends what is queued; of a gentle connection as much as may be on its way, and `take` the rest.
    fn flush(&mut self, command: &str) -> Result<(), Error> {
        if self.out.is_empty() {
            return Ok(());
        }
        if let Some(lead) = &self.lead {
            lead.holds()?;
        }
        if let Some(flow) = &mut self.flow {
            let Some((commands, bytes)) = flow.next() else { return Ok(()) };
            let sent = flow.timed(|| self.connection.send(&self.out[..bytes]));
            self.out.drain(..bytes);
            self.unsent -= commands;
            return sent.map_err(|error| self.classify(&error, command));
        }
        let sent = self.connection.send(&self.out);
        self.out.clear();
        self.unsent = 0;
        sent.map_err(|error| self.classify(&error, command))
    }

    /// Takes one answer; a refusal by the server is the inner error.
    fn take(&mut self, command: &str) -> Result<Result<Answer, Refusal>, Error> {
        let asked = match self.asking.then(|| self.connection.answer()) {
            Some(Err(error)) => return Err(self.classify(&error, "ASKING")),
            Some(Ok(Answer::ServerError(error))) => Some(::redis::RedisError::from(error)),
            _ => None,
        };
        let answered = if self.flow.is_some() {
            self.flush(command)?;
            let connection = &mut self.connection;
            match &mut self.flow {
                Some(flow) => flow.answer(|| connection.answer()),
                None => connection.answer(),
            }
        } else {
            self.connection.answer()
        };
        if let Some(error) = asked {
            answered.map_err(|error| self.classify(&error, command))?;
            return Ok(Err(Refusal::Fatal(self.classify(&error, "ASKING"))));
        }
        let error = match answered {
            Ok(Answer::ServerError(error)) => ::redis::RedisError::from(error),
            Ok(answer) => return Ok(Ok(answer)),
            Err(error) => error,
        };
        match error.code() {
            Some("WRONGTYPE") => Ok(Err(Refusal::WrongType)),
            Some("NOPERM") if !error.to_string().contains("command") => Ok(Err(Refusal::HiddenKey)),
            Some(_) => Ok(Err(Refusal::Fatal(self.classify(&error, command)))),
            None => Err(self.classify(&error, command)),
        }
    }

    /// Takes an answer that no refusal can stand for.
    fn expect(&mut self, command: &str) -> Result<Answer, Error> {
        match self.take(command)? {
            Ok(answer) => Ok(answer),
            Err(Refusal::Fatal(error)) => Err(error),
            Err(Refusal::WrongType | Refusal::HiddenKey) => Err(Error::Refused {
                place: self.place.clone(),
                command: command.to_string(),
                reason: "the key is of another type or not permitted".to_string(),
            }),
        }
    }

    /// One command, one answer.
    fn ask(&mut self, args: &[&[u8]]) -> Result<Answer, Error> {
        let command = String::from_utf8_lossy(args[0]).into_owned();
        self.push(args);
        self.flush(&command)?;
        self.expect(&command)
    }

    /// One command whose refusal only means that there is nothing to be done.
    fn take_one(&mut self, args: &[&[u8]]) -> Result<Option<Answer>, Error> {
        let command = String::from_utf8_lossy(args[0]).into_owned();
        self.push(args);
        self.flush(&command)?;
        match self.take(&command)? {
            Ok(answer) => Ok(Some(answer)),
            Err(Refusal::Fatal(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn classify(&self, error: &::redis::RedisError, command: &str) -> Error {
        classify(error, &self.place, &self.user, command)
    }

    fn senseless(&self, command: &str) -> Error {
        Error::Answer { place: self.place.clone(), command: command.to_string() }
    }

    /// Asks for the reading commands once, before a long scan starts and finds out in its middle.
    fn may_read(&mut self, need: Need) -> Result<(), Error> {
        let nothing: &[u8] = b"sessctl:no-such-key";
        let mut commands: Vec<&[&[u8]]> =
            vec![&[b"GET", b"sessctl:no-such-key"], &[b"TYPE", b"sessctl:no-such-key"]];
        let ttl: &[&[u8]] = &[b"PTTL", nothing];
        if need.ttl {
            commands.push(ttl);
        }
        for command in &commands {
            self.push(command);
        }
        // What tells whether a connection that has to be made again leads to the same process.
        self.push(&[b"INFO", b"server"]);
        if need.value {
            fields::ask(self);
        }
        self.flush("GET")?;
        let mut denied = None;
        for command in commands {
            let name = String::from_utf8_lossy(command[0]).into_owned();
            if let Err(Refusal::Fatal(error)) = self.take(&name)? {
                // A node of a cluster says first what is not permitted, and then where a key would be.
                if matches!(error, Error::Moved { .. }) {
                    continue;
                }
                denied.get_or_insert(error);
            }
        }
        let info = self.take("INFO")?.ok().and_then(bulk);
        self.process = info.and_then(|info| renewed::process_of(&info));
        if need.value {
            fields::hear(self)?;
        }
        denied.map_or(Ok(()), Err)
    }
}

impl Source for RedisStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        Offers::ALL
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        match self.read_steadily(|store| store.ask(&[b"DBSIZE"]))? {
            Answer::Int(n) => Ok(Some(n.max(0) as u64)),
            _ => Err(self.senseless("DBSIZE")),
        }
    }

    fn now(&mut self) -> Result<i64, Error> {
        let answer = self.read_steadily(|store| store.ask(&[b"TIME"]))?;
        instant(answer).ok_or_else(|| self.senseless("TIME"))
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.may_read(query.need)?;
        scan::run(self, query, visit)
    }

    fn hidden(&self) -> u64 {
        self.hidden_keys
    }

    /// The other databases of the server; none where the user may not ask.
    fn elsewhere(&mut self) -> Vec<(String, u64)> {
        let Ok(Answer::BulkString(text)) = self.ask(&[b"INFO", b"keyspace"]) else { return Vec::new() };
        connect::keyspace(&String::from_utf8_lossy(&text))
            .into_iter()
            .filter(|(database, _)| *database != self.target.db)
            .map(|(database, keys)| (database.to_string(), keys))
            .collect()
    }

    fn remarks(&self) -> Vec<String> {
        match self.renewed {
            0 => Vec::new(),
            1 => vec![format!("the connection to {} was lost and re-established", self.place)],
            n => vec![format!("the connection to {} was lost and re-established {n} times", self.place)],
        }
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.read_steadily(load::health).map(Some)
    }

    fn lacks(&mut self, commands: &[&str]) -> Result<Option<Vec<String>>, Error> {
        rights::lacks(self, commands)
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.flow = gentle.map(Flow::new);
    }

    fn be_close(&mut self, portion: usize) {
        self.close = self.target.is_near() && portion <= NEAR_PORTION;
    }

    fn is_close(&self) -> bool {
        self.close
    }
}

impl Lookup for RedisStore {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.read_steadily(|store| read::records(store, keys, need))
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.read_steadily(|store| store.kinds_of(keys))
    }

    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        self.read_steadily(|store| store.absences_of(keys))
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        self.read_steadily(|store| store.entries_of(key, most))
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        self.read_steadily(|store| store.members_of(keys, sorted))
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.read_steadily(|store| before::probe(store, ops))
    }
}

/// One reading each, on the connection that there is: what is watched on it would not be on another.
impl RedisStore {
    fn kinds_of(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        Ok(self.types_of(keys)?.into_iter().map(|answer| answer.as_ref().and_then(kind_of)).collect())
    }

    fn absences_of(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        let absent = |answer: Answer| kind_of(&answer).is_none();
        Ok(self.types_of(keys)?.into_iter().map(|answer| answer.map(absent)).collect())
    }

    /// The answers to TYPE; `None` of keys that an ACL hides.
    fn types_of(&mut self, keys: &[Key]) -> Result<Vec<Option<Answer>>, Error> {
        for key in keys {
            self.push(&[b"TYPE", &key.0]);
        }
        self.flush("TYPE")?;
        let mut types = Vec::with_capacity(keys.len());
        for _ in keys {
            types.push(match self.take("TYPE")? {
                Ok(answer) => Some(answer),
                Err(Refusal::Fatal(error)) => return Err(error),
                Err(_) => None,
            });
        }
        Ok(types)
    }

    fn entries_of(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let kind = self.kinds_of(std::slice::from_ref(key))?.pop().flatten();
        let (card, read): (&[&[u8]], &[&[u8]]) = match kind {
            Some(Kind::String) => (&[b"STRLEN", &key.0], &[b"GET", &key.0]),
            Some(Kind::Set) => (&[b"SCARD", &key.0], &[b"SMEMBERS", &key.0]),
            Some(Kind::SortedSet) => (&[b"ZCARD", &key.0], &[b"ZRANGE", &key.0, b"0", b"-1"]),
            _ => return Ok(Vec::new()),
        };
        let size = self.take_one(card)?.as_ref().and_then(int).unwrap_or(0);
        // A string's length is in bytes, and an entry of a list is some sixty of them.
        let most = if kind == Some(Kind::String) { most * 64 } else { most };
        if usize::try_from(size).is_ok_and(|size| size > most) {
            return Ok(Vec::new());
        }
        Ok(match self.take_one(read)? {
            Some(Answer::Array(members) | Answer::Set(members)) => {
                members.into_iter().filter_map(bulk).collect()
            }
            Some(answer) => bulk(answer).into_iter().collect(),
            None => Vec::new(),
        })
    }

    fn members_of(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        for key in keys {
            if sorted {
                self.push(&[b"ZRANGE", &key.0, b"0", b"-1"]);
            } else {
                self.push(&[b"SMEMBERS", &key.0]);
            }
        }
        self.flush("SMEMBERS")?;
        let mut members = Vec::with_capacity(keys.len());
        for _ in keys {
            members.push(match self.take("SMEMBERS")? {
                Ok(Answer::Array(items) | Answer::Set(items)) => items.into_iter().filter_map(bulk).collect(),
                Err(Refusal::Fatal(error)) => return Err(error),
                _ => Vec::new(),
            });
        }
        Ok(members)
    }
}

impl Store for RedisStore {
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        if self.cluster {
            // What belongs to a session may be on another node than this one.
            return Err(Error::Cluster { place: self.place.clone() });
        }
        before::may_change(self, samples)
    }

    fn ends_by_value(&mut self) -> Option<usize> {
        (by_value::known(self) != by_value::ByValue::Not).then_some(by_value::MOST)
    }

    fn ends_while_scanned(&mut self, kept: bool) -> Option<Portions> {
        let by_value = by_value::known(self) != by_value::ByValue::Not;
        let sessions = match self.target.is_near() {
            true if !kept && by_value => NEAR_PORTION,
            true if !kept => NEAR_LANES * WATCHED,
            _ => PORTION,
        };
        let holds = (kept || by_value).then_some(by_value::MOST);
        // Where the server compares values nothing compares their ends: those are asked just before.
        (!self.cluster).then_some(Portions { sessions, holds, ends: kept && !by_value })
    }

    fn way(&mut self) -> Option<&'static str> {
        Some(by_value::known(self).command())
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        if leftovers::are_all(steps) {
            return leftovers::apply(self, steps, keeper);
        }
        change::apply(self, steps, fit, keeper)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        restore::restore(self, backups)
    }

    fn restore_whole(&mut self, companions: &[Companion]) -> Result<(), Error> {
        restore::restore_whole(self, companions)
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        load::ping(self)
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(load::lag_of(&load::info(self, "replication")?))
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(RedisStore::open(&self.target)?))
    }
}

/// What an address turns out to be.
enum Opened {
    One(Box<RedisStore>),
    Cluster(Box<ClusterStore>),
    Followed(Box<SentinelStore>),
}

/// Opens the node that alone is to be read.
fn alone(target: &Target, host: &str, port: u16) -> Result<Box<dyn Lookup>, Error> {
    let node = target.at_host(host, port);
    if target.service.is_some() {
        return Ok(Box::new(RedisStore::open(&node)?));
    }
    Ok(Box::new(OneNode::open(&Target { node: true, ..node })?))
}

/// The one server that holds everything: the one that is named, the one that sentinels name, or a cluster of one
/// node. `None` where it is a node of a cluster of several.
fn single(target: &Target) -> Result<Option<RedisStore>, Error> {
    let mut store = match (&target.service, &target.only) {
        (Some(_), Some((host, port))) => return RedisStore::open(&target.at_host(host, *port)).map(Some),
        (Some(_), None) => return SentinelStore::open(target, false)?.into_server().map(Some),
        (None, Some((host, port))) => {
            RedisStore::open(&Target { node: true, ..target.at_host(host, *port) })?
        }
        (None, None) => {
            let others = Vec::new();
            RedisStore::open(&Target { cluster: false, others, node: true, ..target.clone() })?
        }
    };
    let whole = !store.cluster || cluster::is_whole(&mut store)?;
    Ok(whole.then_some(store))
}

/// Opens the server, the one that sentinels name, or the cluster of which it is a node.
fn open(target: &Target, changes: bool) -> Result<Opened, Error> {
    if target.service.is_some() {
        return Ok(Opened::Followed(Box::new(SentinelStore::open(target, changes)?)));
    }
    if !target.cluster {
        match RedisStore::open(target) {
            Ok(store) => return Ok(Opened::One(Box::new(store))),
            Err(Error::Cluster { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Opened::Cluster(Box::new(ClusterStore::open(target)?)))
}

impl Open for Target {
    fn place(&self) -> String {
        self.to_string()
    }

    fn medium(&self) -> Medium {
        Medium::Redis
    }

    fn login(&self) -> &str {
        self.user_name()
    }

    fn caution(&self) -> Option<&'static str> {
        (self.is_tls() && self.tls.insecure).then_some(target::INSECURE)
    }

    fn within(&self, hash: &str) -> Option<Box<dyn Open>> {
        Some(Box::new(HashPlace::new(self.clone(), hash.as_bytes())))
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        if let Some((host, port)) = &self.only {
            return alone(self, host, *port);
        }
        Ok(match open(self, false)? {
            Opened::One(_) if self.reads != ReadFrom::Primary => {
                return Err(Error::Unsupported {
                    place: self.place(),
                    why: "is a single server, so there is nothing else to read from".to_string(),
                    hint: "name a cluster or sentinels, or leave out --read-from".to_string(),
                });
            }
            Opened::One(store) => store,
            Opened::Cluster(store) => store,
            Opened::Followed(store) => store,
        })
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        if self.only.is_some() || self.reads != ReadFrom::Primary {
            let which = if self.only.is_some() { "--node" } else { "--read-from" };
            return Err(Error::Unsupported {
                place: self.place(),
                why: format!("can only be read with {which}"),
                hint: format!("changes are made on all primaries: leave out {which}"),
            });
        }
        Ok(match open(self, true)? {
            Opened::One(store) => store,
            Opened::Cluster(store) => store,
            Opened::Followed(store) => store,
        })
    }

    fn events(&self) -> Result<Option<Box<dyn Events>>, Error> {
        match events::listen(self) {
            // Each node tells of its own keys alone.
            Err(Error::Cluster { .. }) => Ok(None),
            heard => heard,
        }
    }
}

/// Appends a command in the protocol's form.
fn encode(out: &mut Vec<u8>, args: &[&[u8]]) {
    fn number(out: &mut Vec<u8>, mark: u8, n: usize) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = n;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        out.push(mark);
        out.extend_from_slice(&digits[at..]);
        out.extend_from_slice(b"\r\n");
    }
    number(out, b'*', args.len());
    for arg in args {
        number(out, b'$', arg.len());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn kind_of(answer: &Answer) -> Option<Kind> {
    match answer {
        Answer::SimpleString(name) => Kind::from_type(name.as_bytes()),
        Answer::BulkString(name) => Kind::from_type(name),
        _ => None,
    }
}

/// A bulk string's bytes.
fn bulk(answer: Answer) -> Option<Vec<u8>> {
    match answer {
        Answer::BulkString(bytes) => Some(bytes),
        Answer::SimpleString(text) => Some(text.into_bytes()),
        Answer::Okay => Some(b"OK".to_vec()),
        _ => None,
    }
}

/// HGETALL's answer in either protocol version.
fn pairs(answer: Answer) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    match answer {
        Answer::Map(entries) => {
            entries.into_iter().map(|(field, value)| Some((bulk(field)?, bulk(value)?))).collect()
        }
        Answer::Array(items) => {
            let mut fields = Vec::with_capacity(items.len() / 2);
            let mut items = items.into_iter();
            while let (Some(field), Some(value)) = (items.next(), items.next()) {
                fields.push((bulk(field)?, bulk(value)?));
            }
            Some(fields)
        }
        _ => None,
    }
}

fn int(answer: &Answer) -> Option<i64> {
    match answer {
        Answer::Int(n) => Some(*n),
        Answer::Boolean(yes) => Some(i64::from(*yes)),
        _ => None,
    }
}

/// TIME's answer, in milliseconds since 1970.
fn instant(answer: Answer) -> Option<i64> {
    let Answer::Array(parts) = answer else { return None };
    let mut numbers = parts
        .into_iter()
        .filter_map(bulk)
        .filter_map(|part| String::from_utf8(part).ok()?.parse::<i64>().ok());
    Some(numbers.next()? * 1000 + numbers.next()? / 1000)
}

/// `Raw` for a key that is of no kind that sessions are kept in, or is gone.
fn other(kind: Option<Kind>) -> Raw {
    kind.map_or(Raw::Gone, Raw::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_ends_where_it_says() {
        assert_eq!((LOOK - 1).to_string().as_bytes(), LOOK_END);
    }

    #[test]
    fn commands_are_framed_by_length() {
        let mut out = Vec::new();
        encode(&mut out, &[b"GET", b"a\r\nb\0"]);
        assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$5\r\na\r\nb\0\r\n");
        out.clear();
        encode(&mut out, &[&[b'x'; 1234]]);
        assert!(out.starts_with(b"*1\r\n$1234\r\nxxx"));
    }
}
