//! What is wrong with sessions, one by one and taken together.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::findings::{Findings, Id};
use super::shapes::Shapes;
use crate::layout::Layout;
use crate::layout::session::{Certainty, Login, Session};
use crate::measure::{self, agent};
use crate::scan::{Said, Sink, Tally};
use crate::store::Ttl;
use crate::text::mask;
use crate::text::safe::safe;
use crate::ui;
use crate::value::Value;

/// A value of more bytes slows every request of its user.
const LARGE: u64 = 1 << 20;
/// Bits below which an id can be guessed (OWASP, Session Management Cheat Sheet).
const BITS: f64 = 64.0;
/// This many sessions per user, or from this many networks, are more than one person has.
const SESSIONS: u32 = 100;
const NETWORKS: usize = 20;
/// Users of whom networks are kept, and networks of one.
const USERS: usize = 200_000;
/// Anonymous sessions are a flood from here on, where they are so many times those of users.
const FLOOD: u64 = 1_000;
const TIMES: u64 = 10;
/// Prefixes that are told apart.
const PREFIXES: usize = 1_000;

/// Looks at one session after the other.
pub(super) struct Examining<'u> {
    pub(super) findings: Findings,
    pub(super) shapes: Shapes,
    pub(super) sessions: u64,
    pub(super) interrupted: bool,
    /// A TTL beyond this, in ms, is too long.
    pub(super) longest: u64,
    authenticated: u64,
    anonymous: u64,
    /// A layout that needs the server's events, and which.
    pub(super) needs_events: Option<(&'static str, &'static str)>,
    users: HashMap<Box<str>, (u32, HashSet<Box<str>>)>,
    prefixes: HashMap<Box<[u8]>, Vec<&'static Layout>>,
    progress: ui::Progress<'u>,
}

impl<'u> Examining<'u> {
    pub(super) fn new(longest: u64, progress: ui::Progress<'u>) -> Examining<'u> {
        Examining {
            findings: Findings::default(),
            shapes: Shapes::default(),
            sessions: 0,
            interrupted: false,
            longest,
            authenticated: 0,
            anonymous: 0,
            needs_events: None,
            users: HashMap::new(),
            prefixes: HashMap::new(),
            progress,
        }
    }

    /// What only all of them together tell.
    pub(super) fn conclude(&mut self) {
        for (user, (sessions, networks)) in &self.users {
            if *sessions > SESSIONS || networks.len() > NETWORKS {
                let (sessions, networks) = (*sessions, networks.len());
                self.findings.add(Id::ManyPerUser, || {
                    format!("{}: {sessions} sessions from {networks} networks", safe(user))
                });
            }
        }
        if self.anonymous >= FLOOD && self.anonymous >= TIMES * self.authenticated.max(1) {
            let (anonymous, authenticated) = (self.anonymous, self.authenticated);
            self.findings.add_many(Id::AnonymousFlood, anonymous, || {
                format!("{anonymous} anonymous sessions, {authenticated} of users")
            });
        }
        for (prefix, layouts) in &self.prefixes {
            if layouts.len() > 1 {
                let mut names: Vec<&str> = layouts.iter().map(|layout| layout.name).collect();
                names.sort_unstable();
                self.findings.add(Id::MixedPrefix, || {
                    format!(
                        "{} holds sessions of {}",
                        String::from_utf8_lossy(prefix).escape_debug(),
                        names.join(" and ")
                    )
                });
            }
        }
    }

    fn of_user(&mut self, user: &str, session: &Session<'_>) {
        if self.users.len() >= USERS && !self.users.contains_key(user) {
            return;
        }
        let (sessions, networks) = self.users.entry(user.into()).or_default();
        *sessions += 1;
        let network = session.facts.ip.as_deref().and_then(agent::network);
        if let Some(network) = network.filter(|_| networks.len() <= NETWORKS) {
            networks.insert(network.into());
        }
    }

    fn of_prefix(&mut self, session: &Session<'_>) {
        let before = session.before();
        if before.is_empty() || session.certainty != Certainty::Sure {
            return;
        }
        let layout = session.setup.layout;
        if let Some(layouts) = self.prefixes.get_mut(before) {
            // What no data can tell apart is one framework here.
            let alike = |other: &&Layout| other.name == layout.name || layout.is_like(other);
            if layouts.len() < 8 && !layouts.iter().any(alike) {
                layouts.push(layout);
            }
        } else if self.prefixes.len() < PREFIXES {
            self.prefixes.insert(before.into(), vec![layout]);
        }
    }
}

impl Sink for Examining<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.sessions += 1;
        let key = || mask::key(session.key, session.id, mask::length(session.id));
        match session.login() {
            Login::User(user) => {
                self.authenticated += 1;
                self.of_user(user, session);
            }
            Login::Nobody => self.anonymous += 1,
            Login::Unknown => {}
        }
        self.of_prefix(session);
        if session.expired() {
            self.findings.add(Id::DeadSessions, key);
        } else if session.ttl == Ttl::Never && session.facts.ends.is_none() {
            self.findings.add(Id::NoTtl, key);
        } else if let Some(end) = session.expires_at()
            && end.saturating_sub(session.now) > self.longest.cast_signed()
        {
            self.findings.add(Id::TtlTooLong, key);
        }
        if let Some(error) = session.error().filter(|_| session.remains().is_none() && !session.sealed()) {
            self.findings.add(Id::Undecodable, || format!("{}: {}", key(), safe(&error)));
        }
        let (bytes, _) = measure::weight(session);
        if bytes >= LARGE {
            self.findings.add(Id::Oversized, || format!("{}: {}", key(), crate::text::clock::size(bytes)));
        }
        let cookie = &session.setup.layout.cookie;
        if cookie.name.is_some() && cookie.id_alone && is_weak(session.id) {
            self.findings.add(Id::WeakIds, key);
        }
        if let Some(data) = session.data.and_then(crate::layout::Decoded::value)
            && let Some(path) = plain_secret(data)
        {
            self.findings.add(Id::PlainSecrets, || format!("{}: {}", key(), safe(&path)));
        }
        if let Some(events) = session.setup.layout.ends.events {
            self.needs_events.get_or_insert((session.layout(), events));
        }
        self.shapes.learn(session);
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} examined", self.sessions));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Whether an id could be guessed: its length and the alphabet that it is of leave too little.
fn is_weak(id: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| id.iter().any(is);
    let hex = id.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let mut alphabet = 0_u32;
    for (is, size) in [
        ((|byte: &u8| byte.is_ascii_digit()) as fn(&u8) -> bool, 10),
        (u8::is_ascii_lowercase, 26),
        (u8::is_ascii_uppercase, 26),
    ] {
        alphabet += if has(is) { size } else { 0 };
    }
    let others = has(|byte| !byte.is_ascii_alphanumeric());
    alphabet = if hex && alphabet > 10 { 16 } else { alphabet + if others { 2 } else { 0 } };
    let random = id.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    !id.is_empty() && id.is_ascii() && f64::from(alphabet.max(2)).log2() * (random as f64) < BITS
}

/// The path of a password or card number in the clear.
fn plain_secret(data: &Value<'_>) -> Option<String> {
    fn walk(value: &Value<'_>, path: &mut Vec<String>, depth: usize) -> bool {
        let Some(members) = value.members() else { return false };
        for (name, value) in members.iter().take(256) {
            path.push(name.to_string());
            let lower = name.to_ascii_lowercase().replace(['_', '-'], "");
            let found = match value {
                Value::Text(text) => match &*lower {
                    "password" | "passwd" | "pwd" | "passwordconfirm" | "newpassword" | "plainpassword" => {
                        // What is longer and has no blank in it is encrypted or hashed.
                        (4..24).contains(&text.len()) && !crate::text::shape::is_password_hash(text)
                    }
                    _ => is_card(text),
                },
                _ => depth < 6 && walk(value, path, depth + 1),
            };
            if found {
                return true;
            }
            path.pop();
        }
        false
    }
    let mut path = Vec::new();
    walk(data, &mut path, 0).then(|| path.join("."))
}

/// A card number: 15 or 16 digits in groups as they are printed on cards, with their check digit, of an
/// issuer that there is.
fn is_card(text: &str) -> bool {
    let grouped =
        text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    let digits: Vec<u32> = text.chars().filter_map(|char| char.to_digit(10)).collect();
    let issuer = match digits[..] {
        [4, ..] | [5, 1..=5, ..] | [2, 2..=7, ..] | [6, 0 | 5, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        _ => false,
    };
    let doubled = |(at, digit): (usize, &u32)| match digit * if at % 2 == 1 { 2 } else { 1 } {
        large @ 10.. => large - 9,
        small => small,
    };
    grouped && issuer && digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{self, Limits};

    #[test]
    fn ids_are_weak_that_can_be_guessed() {
        for weak in ["1", "1234567", "abcdef", "0123456789abcde", "session-1"] {
            assert!(is_weak(weak.as_bytes()), "{weak}");
        }
        for fine in [
            "3xyuXKIB5Zt0Y1c2q",
            "0123456789abcdef0123456789abcdef",
            "2b7f6c1e-8d0a-4b7e-9c55-0a1b2c3d4e5f",
            "abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(!is_weak(fine.as_bytes()), "{fine}");
        }
        assert!(!is_weak(&[0xff; 4]), "bytes of no alphabet tell nothing");
    }

    #[test]
    fn secrets_in_the_clear_are_found_by_name_and_by_form() {
        let path = |json: &str| {
            let data = (codec::json::CODEC.decode)(json.as_bytes(), &Limits::default());
            data.as_ref().ok().and_then(plain_secret)
        };
        assert_eq!(path(r#"{"form":{"password":"hunter2"}}"#).as_deref(), Some("form.password"));
        assert_eq!(path(r#"{"card":"4111 1111 1111 1111"}"#).as_deref(), Some("card"));
        assert_eq!(
            path(r#"{"password":"$2y$10$eQJpm+Qsio5G+7tFAXJlF+hrIsVqGJ92JabaSQgbJFEeQJpm+Qsi."}"#),
            None
        );
        assert_eq!(path(r#"{"card":"4111 1111 1111 1112","order":"1234567890123456"}"#), None);
        assert_eq!(path(r#"{"at":"1732999999000123"}"#), None);
    }
}
