//! What many sessions are together: how many, whose, how large, how long they last. Pure; one session
//! after the other goes in, and what comes out is small however many they were.

use serde::{Deserialize, Serialize};

use crate::layout::session::{Login, Session};
use crate::store::{Need, Ttl};

pub mod agent;
pub mod live;
pub mod paths;
pub mod since;
pub mod spread;
pub mod tops;
pub mod users;

use paths::Paths;
use since::Sample;
use spread::{SIZES, SPANS, Spread, Spreading};
pub use tops::Held;
use tops::Tops;
pub use users::Users as Distinct;
use users::Users;

/// What has to be read of each session.
pub const NEED: Need = Need::ALL;

/// Takes sessions one by one.
#[derive(Debug)]
pub struct Measure {
    sessions: u64,
    authenticated: u64,
    anonymous: u64,
    undecodable: u64,
    without_ttl: u64,
    expired: u64,
    /// Sessions whose memory is not known, so that their own bytes were counted.
    unweighed: u64,
    bytes: Spread,
    ttl: Spread,
    idle: Spread,
    age: Spread,
    users: Users,
    layouts: Tops,
    by_user: Tops,
    ips: Tops,
    networks: Tops,
    agents: Tops,
    paths: Paths,
    sample: Option<Sample>,
}

/// How much someone or something holds, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    pub name: String,
    #[serde(flatten)]
    pub held: Held,
}

/// The same of a path of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopPath {
    pub layout: String,
    pub path: String,
    #[serde(flatten)]
    pub held: Held,
}

/// What they are together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub sessions: u64,
    pub authenticated: u64,
    pub anonymous: u64,
    pub unknown: u64,
    pub users: u64,
    pub undecodable: u64,
    pub without_ttl: u64,
    pub expired: u64,
    pub bytes: Spreading,
    pub ttl_ms: Spreading,
    pub idle_ms: Spreading,
    pub age_ms: Spreading,
    pub sessions_per_user: Spreading,
    pub layouts: Vec<Top>,
    pub users_by_sessions: Vec<Top>,
    pub ips: Vec<Top>,
    pub networks: Vec<Top>,
    pub agents: Vec<Top>,
    pub paths: Vec<TopPath>,
    /// The members that are estimates, by the names that they have in JSON.
    pub estimated: Vec<String>,
}

impl Default for Measure {
    fn default() -> Self {
        Measure {
            sessions: 0,
            authenticated: 0,
            anonymous: 0,
            undecodable: 0,
            without_ttl: 0,
            expired: 0,
            unweighed: 0,
            bytes: Spread::over(SIZES),
            ttl: Spread::over(SPANS),
            idle: Spread::over(SPANS),
            age: Spread::over(SPANS),
            users: Users::default(),
            layouts: Tops::default(),
            by_user: Tops::default(),
            ips: Tops::default(),
            networks: Tops::default(),
            agents: Tops::default(),
            paths: Paths::default(),
            sample: None,
        }
    }
}

/// The room that a session takes, and whether the store said so: where it does not, the bytes of key and
/// value are what is known.
pub fn weight(session: &Session<'_>) -> (u64, bool) {
    match session.memory {
        Some(bytes) => (bytes, true),
        None => (session.raw.bytes() + session.key.len() as u64, false),
    }
}

impl Measure {
    /// Remembers besides, by their hashes, which sessions there were.
    #[must_use]
    pub fn sampling(self, sample: Sample) -> Measure {
        Measure { sample: Some(sample), ..self }
    }

    pub fn add(&mut self, session: &Session<'_>) {
        let (bytes, weighed) = weight(session);
        let facts = &session.facts;
        self.sessions += 1;
        self.unweighed += u64::from(!weighed);
        self.bytes.add(bytes);
        match session.login() {
            Login::User(user) => {
                self.authenticated += 1;
                self.users.add(user);
                self.by_user.add(user, 1, bytes);
            }
            Login::Nobody => self.anonymous += 1,
            Login::Unknown => {}
        }
        self.undecodable += u64::from(session.undecodable());
        self.expired += u64::from(session.expired());
        match (session.ttl, session.expires_at()) {
            (Ttl::Never, None) => self.without_ttl += 1,
            (ttl, end) => {
                let left = end.map(|end| end.saturating_sub(session.now).max(0) as u64);
                if let Some(left) = left.or(ttl.millis()) {
                    self.ttl.add(left);
                }
                self.without_ttl += u64::from(ttl == Ttl::Never);
            }
        }
        let since = |then: i64| session.now.saturating_sub(then).max(0) as u64;
        if let Some(seen) = facts.seen {
            self.idle.add(since(seen));
        }
        if let Some(created) = facts.created {
            self.age.add(since(created));
        }
        self.layouts.add(session.layout(), 1, bytes);
        if let Some(ip) = &facts.ip {
            self.ips.add(ip, 1, bytes);
            if let Some(network) = agent::network(ip) {
                self.networks.add(&network, 1, bytes);
            }
        }
        if let Some(agent) = &facts.agent {
            self.agents.add(agent::family(agent), 1, bytes);
        }
        if let Some(data) = session.data.and_then(crate::layout::Decoded::value) {
            self.paths.add(session.layout(), data);
        }
        if let Some(sample) = &mut self.sample {
            sample.add(session.key);
        }
    }

    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// What they are together, with this many names of each kind; and which sessions they were, if that was
    /// asked for.
    pub fn finish(self, many: usize) -> (Figures, Option<Sample>) {
        let mut estimated = Vec::new();
        let mut say = |is: bool, name: &str| {
            if is {
                estimated.push(name.to_string());
            }
        };
        say(self.users.is_estimated(), "users");
        say(self.unweighed > 0 || self.bytes.is_estimated(), "bytes");
        say(self.ttl.is_estimated(), "ttl_ms");
        say(self.idle.is_estimated(), "idle_ms");
        say(self.age.is_estimated(), "age_ms");
        say(self.users.is_estimated(), "sessions_per_user");
        say(self.by_user.is_estimated(), "top_users");
        say(self.ips.is_estimated(), "top_ips");
        say(self.networks.is_estimated(), "top_networks");
        say(self.paths.is_estimated(), "top_paths");
        let tops = |tops: &Tops, many| {
            let named = |(name, held): (&str, Held)| Top { name: name.to_string(), held };
            tops.first(many, false).into_iter().map(named).collect()
        };
        let path = |(layout, path, held): (&str, &str, Held)| TopPath {
            layout: layout.to_string(),
            path: path.to_string(),
            held,
        };
        let figures = Figures {
            sessions: self.sessions,
            authenticated: self.authenticated,
            anonymous: self.anonymous,
            unknown: self.sessions - self.authenticated - self.anonymous,
            users: self.users.count(),
            undecodable: self.undecodable,
            without_ttl: self.without_ttl,
            expired: self.expired,
            bytes: self.bytes.finish(),
            ttl_ms: self.ttl.finish(),
            idle_ms: self.idle.finish(),
            age_ms: self.age.finish(),
            sessions_per_user: self.users.sessions_each(),
            layouts: tops(&self.layouts, usize::MAX),
            users_by_sessions: tops(&self.by_user, many),
            ips: tops(&self.ips, many),
            networks: tops(&self.networks, many),
            agents: tops(&self.agents, many),
            paths: self.paths.first(many).into_iter().map(path).collect(),
            estimated,
        };
        (figures, self.sample)
    }
}
