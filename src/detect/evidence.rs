//! What a key family shows of its users: whether a session that names none means that nobody is
//! logged in.
//!
//! An application may keep its user anywhere. Once one session of a family names its user by a known
//! convention or a given path, another one's lack of it means something. Until then sessions that hold
//! what no convention knows wait, within bounds; what cannot wait any longer, and what is left at the
//! end, has an unknown user, which no filter takes for nobody.

use std::collections::HashMap;

use crate::layout::Setup;
use crate::layout::session::{Certainty, Login, Session};
use crate::layout::whose;
use crate::store::{Medium, Record};

/// Sessions that wait at most, and their bytes.
const MAX_HELD: usize = 20_000;
const MAX_HELD_BYTES: usize = 16 << 20;
/// Families told apart; sessions of further ones count as of unknown users.
const MAX_FAMILIES: usize = 1_000;
/// Sessions of a family that are looked into for members which could name a user.
const MAX_LOOKED_AT: u64 = 200;
/// Likely members that are named.
const NAMED: usize = 3;

/// A family of which it stayed open whether someone is logged in, for a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    pub layout: &'static str,
    /// What its keys begin with.
    pub prefix: Vec<u8>,
    pub sessions: u64,
    /// Paths that look as if they led to the user, the likeliest first.
    pub likely: Vec<String>,
}

struct Family {
    at: u16,
    prefix: Box<[u8]>,
    /// A session of it named its user.
    named: bool,
    /// Sessions handed on whose user is unknown.
    unknown: u64,
    likely: HashMap<String, u64>,
}

/// A session that waits for what its family shows.
pub struct Held {
    pub at: u16,
    pub certainty: Certainty,
    pub record: Record,
    pub now: i64,
    family: usize,
}

#[derive(Default)]
pub struct Evidence {
    places: HashMap<(u16, Box<[u8]>), usize>,
    all: Vec<Family>,
    last: usize,
    held: Vec<Held>,
    held_bytes: usize,
    /// A family that something waits for has shown its users.
    news: bool,
    /// Nothing waits any more: the scan is over.
    pub over: bool,
}

impl Evidence {
    fn family(&mut self, at: u16, session: &Session<'_>) -> Option<usize> {
        let prefix = prefix(session.setup, session);
        // Nearly always that of the session before.
        if self.all.get(self.last).is_some_and(|last| last.at == at && *last.prefix == *prefix) {
            return Some(self.last);
        }
        let key = (at, Box::from(prefix));
        if let Some(place) = self.places.get(&key) {
            self.last = *place;
            return Some(*place);
        }
        if self.all.len() >= MAX_FAMILIES {
            return None;
        }
        self.last = self.all.len();
        self.all.push(Family { at, prefix: key.1.clone(), named: false, unknown: 0, likely: HashMap::new() });
        self.places.insert(key, self.last);
        Some(self.last)
    }

    /// Remembers that a session of this family names its user.
    pub fn names(&mut self, at: u16, session: &Session<'_>) {
        if let Some(family) = self.family(at, session) {
            self.news |= !self.all[family].named && self.held.iter().any(|held| held.family == family);
            self.all[family].named = true;
        }
    }

    /// Whether a session of the same family names its user.
    pub fn is_named(&mut self, at: u16, session: &Session<'_>) -> bool {
        self.family(at, session).is_some_and(|family| self.all[family].named)
    }

    /// Lets a session wait for what its family shows, if there is room.
    pub fn hold(&mut self, at: u16, session: &Session<'_>, record: &Record) -> bool {
        let size = record.key.0.len() + super::families::weight(record) + 128;
        if self.over || self.held.len() >= MAX_HELD || self.held_bytes + size > MAX_HELD_BYTES {
            return false;
        }
        let Some(family) = self.family(at, session) else { return false };
        self.held_bytes += size;
        let (certainty, record, now) = (session.certainty, record.clone(), session.now);
        self.held.push(Held { at, certainty, record, now, family });
        true
    }

    /// What need not wait any longer; at the end everything.
    pub fn release(&mut self) -> Vec<Held> {
        if !self.news && !self.over {
            return Vec::new();
        }
        self.news = false;
        let (ready, rest): (Vec<Held>, Vec<Held>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| self.over || self.all[held.family].named);
        self.held_bytes = rest
            .iter()
            .map(|held| held.record.key.0.len() + super::families::weight(&held.record) + 128)
            .sum();
        self.held = rest;
        ready
    }

    /// Counts a session that is handed on although its user is unknown.
    pub fn unknown(&mut self, at: u16, session: &Session<'_>) {
        let asks = !matches!(session.setup.layout.whose, whose::Whose::Unknown);
        if !asks || session.login() != Login::Unknown || session.undecodable() {
            return;
        }
        let Some(value) = session.data.and_then(|data| data.value()) else { return };
        let Some(family) = self.family(at, session) else { return };
        let family = &mut self.all[family];
        family.unknown += 1;
        if family.unknown <= MAX_LOOKED_AT {
            for path in whose::likely(value) {
                if family.likely.len() < 100 || family.likely.contains_key(&path) {
                    *family.likely.entry(path).or_default() += 1;
                }
            }
        }
    }

    /// The families that a note is due for.
    pub fn unsettled(&self, setups: &[Setup]) -> Vec<Unsettled> {
        let mut all: Vec<Unsettled> = Vec::new();
        for family in &self.all {
            if family.unknown == 0 {
                continue;
            }
            let mut likely: Vec<(&String, &u64)> = family.likely.iter().collect();
            likely.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            all.push(Unsettled {
                layout: setups[usize::from(family.at)].layout.name,
                prefix: family.prefix.to_vec(),
                sessions: family.unknown,
                likely: likely.into_iter().take(NAMED).map(|(path, _)| path.clone()).collect(),
            });
        }
        all.sort_by(|a, b| b.sessions.cmp(&a.sessions).then_with(|| a.prefix.cmp(&b.prefix)));
        all
    }
}

/// What the keys of a session's family begin with. An address in front of the id, as CodeIgniter may
/// put there, tells no families apart.
pub fn prefix<'s>(setup: &'s Setup, session: &'s Session<'_>) -> &'s [u8] {
    if let Some(lead) = setup.known_lead() {
        return lead;
    }
    let before = session.before();
    if setup.layout.medium == Medium::File {
        // Folders only spread the files of one application.
        return &before[memchr::memrchr(b'/', before).map_or(0, |at| at + 1)..];
    }
    let Some(rest) = before.strip_suffix(b":") else { return before };
    let start = memchr::memrchr(b':', rest).map_or(0, |at| at + 1);
    let address =
        std::str::from_utf8(&rest[start..]).ok().and_then(|text| text.parse::<std::net::IpAddr>().ok());
    if address.is_some() { &before[..start] } else { before }
}
