//! What becomes of sessions from one moment to the next: who logs in, what is renewed, what ends.
//!
//! Sessions are remembered by a hash of their keys, and how they were. What a store tells while it happens
//! is held against that, or else one scan against the one before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};

use crate::layout::session::{Login, Session};
use crate::store::{Event, Happened, Raw};

/// Sessions that are remembered. Where there are more, each second one by a hash is left out, and again; what
/// is counted of the rest is told as of all.
const MOST: usize = 400_000;
/// Beginnings of keys by which a key that is not known may be a session.
const PREFIXES: usize = 64;
/// Keys that wait to be looked at, and those that were and are not sessions.
const WAITING: usize = 2_000;
const OTHERS: usize = 50_000;
/// An end that moves by less was only read at another moment, in ms.
const MOVED: i64 = 1_500;

/// What has happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Sessions that appeared with a user, or gained one.
    pub logins: u64,
    /// Sessions that came with nobody, or nobody knows whom.
    pub guests: u64,
    /// Sessions that were written again, or whose end was moved.
    pub renewals: u64,
    /// Sessions that ended by themselves, were taken for want of memory, and were removed.
    pub expired: u64,
    pub evicted: u64,
    pub removed: u64,
    /// Sessions that are not there any more, where nobody said why.
    pub gone: u64,
}

impl Counts {
    pub fn ends(&self) -> u64 {
        self.expired + self.evicted + self.removed + self.gone
    }

    /// What has happened since that.
    #[must_use]
    pub fn since(&self, before: &Counts) -> Counts {
        Counts {
            logins: self.logins.saturating_sub(before.logins),
            guests: self.guests.saturating_sub(before.guests),
            renewals: self.renewals.saturating_sub(before.renewals),
            expired: self.expired.saturating_sub(before.expired),
            evicted: self.evicted.saturating_sub(before.evicted),
            removed: self.removed.saturating_sub(before.removed),
            gone: self.gone.saturating_sub(before.gone),
        }
    }
}

/// A session as it was seen last.
#[derive(Debug, Clone, Copy)]
struct Seen {
    user: bool,
    /// Ms since 1970.
    end: Option<i64>,
    value: u32,
    /// The scan that saw it last.
    round: u32,
}

/// Holds what it is told against what it knows.
#[derive(Debug)]
pub struct Live {
    hash: RandomState,
    known: HashMap<u64, Seen>,
    most: usize,
    /// Sessions are remembered whose hash has this many zeros at its end: one of 2^depth.
    depth: u32,
    round: u32,
    /// Whether a whole scan was seen, so that what is not known is new.
    whole: bool,
    /// Whether the store tells what happens: then a scan only learns, and counts nothing.
    told: bool,
    /// What stands before the ids of sessions, and whether one of them names a user.
    prefixes: BTreeMap<Vec<u8>, bool>,
    /// Keys that were written and may be new sessions, or of users who have just logged in.
    waiting: HashSet<Vec<u8>>,
    /// Sessions that were renewed since someone looked: a request that writes twice renews once.
    renewed: HashSet<u64>,
    others: HashSet<u64>,
    counts: Counts,
    /// Events that could not be looked into, as there were too many.
    pub missed: u64,
}

impl Default for Live {
    fn default() -> Live {
        Live::remembering(MOST)
    }
}

impl Live {
    fn remembering(most: usize) -> Live {
        Live {
            hash: RandomState::new(),
            known: HashMap::new(),
            most,
            depth: 0,
            round: 0,
            whole: false,
            told: false,
            prefixes: BTreeMap::new(),
            waiting: HashSet::new(),
            renewed: HashSet::new(),
            others: HashSet::new(),
            counts: Counts::default(),
            missed: 0,
        }
    }

    /// Whether the store tells what happens from now on, or does not any more.
    pub fn tell(&mut self, told: bool) {
        if self.told != told {
            self.told = told;
            // What happened in between was not seen by anyone.
            self.whole = false;
            self.waiting.clear();
            self.renewed.clear();
        }
    }

    pub fn is_told(&self) -> bool {
        self.told
    }

    /// Whether what happens is counted yet: a first scan has to have shown what is there.
    pub fn counts(&self) -> Option<Counts> {
        self.whole.then(|| {
            let all = |count: u64| count << self.depth.min(40);
            let counts = &self.counts;
            Counts {
                logins: all(counts.logins),
                guests: all(counts.guests),
                renewals: all(counts.renewals),
                expired: all(counts.expired),
                evicted: all(counts.evicted),
                removed: all(counts.removed),
                gone: all(counts.gone),
            }
        })
    }

    /// Whether counts are those of a sample.
    pub fn is_estimated(&self) -> bool {
        self.depth > 0
    }

    /// From here on it is another scan.
    pub fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
        self.others.clear();
    }

    /// A session that a scan came by.
    pub fn scanned(&mut self, session: &Session<'_>) {
        let before = session.before();
        let user = matches!(session.login(), Login::User(_));
        if let Some(shows) = self.prefixes.get_mut(before) {
            *shows |= user;
        } else if self.prefixes.len() < PREFIXES {
            self.prefixes.insert(before.to_vec(), user);
        }
        let counts = !self.told && self.whole;
        self.see(session, counts);
    }

    /// All sessions were seen; those that were not are gone.
    pub fn end(&mut self, complete: bool) {
        if !complete {
            return;
        }
        let round = self.round;
        let before = self.known.len();
        self.known.retain(|_, seen| seen.round == round);
        if !self.told && self.whole {
            self.counts.gone += (before - self.known.len()) as u64;
        }
        self.whole = true;
    }

    fn of(&self, key: &[u8]) -> Option<u64> {
        let hash = self.hash.hash_one(key);
        (hash.trailing_zeros() >= self.depth).then_some(hash)
    }

    fn see(&mut self, session: &Session<'_>, counts: bool) {
        let Some(hash) = self.of(session.key) else { return };
        let user = matches!(session.login(), Login::User(_));
        let seen =
            Seen { user, end: session.expires_at(), value: self.value(session.raw), round: self.round };
        let before = self.known.insert(hash, seen);
        if counts {
            match before {
                None if user => self.counts.logins += 1,
                None => self.counts.guests += 1,
                Some(before) if user && !before.user => self.counts.logins += 1,
                Some(before) => {
                    let moved = match (before.end, seen.end) {
                        (Some(before), Some(now)) => (now - before).abs() > MOVED,
                        (before, now) => before.is_some() != now.is_some(),
                    };
                    let written = before.value != seen.value || moved;
                    self.counts.renewals += u64::from(written && !self.told);
                }
            }
        }
        while self.known.len() > self.most {
            self.depth += 1;
            let depth = self.depth;
            self.known.retain(|hash, _| hash.trailing_zeros() >= depth);
            // What is counted from here on is of a sample of another size.
            let half = |count: &mut u64| *count /= 2;
            let Counts { logins, guests, renewals, expired, evicted, removed, gone } = &mut self.counts;
            [logins, guests, renewals, expired, evicted, removed, gone].into_iter().for_each(half);
        }
    }

    fn value(&self, raw: &Raw) -> u32 {
        let mut hasher = self.hash.build_hasher();
        match raw {
            Raw::Text(text) => text.hash(&mut hasher),
            Raw::Head(head, length) => (head, length).hash(&mut hasher),
            Raw::Hash(fields) => fields.hash(&mut hasher),
            _ => {}
        }
        hasher.finish() as u32
    }

    /// Something that the store told.
    pub fn event(&mut self, event: Event) {
        // Until a scan has shown what is there, nothing is new.
        if !self.told || !self.whole {
            return;
        }
        let Some(hash) = self.of(&event.key) else { return };
        if event.happened == Happened::Written {
            match self.known.get(&hash) {
                Some(seen) => {
                    if self.renewed.len() < self.most && self.renewed.insert(hash) {
                        self.counts.renewals += 1;
                    }
                    if !seen.user {
                        self.wait(event.key);
                    }
                }
                None if self.others.contains(&hash) || !self.may_be(&event.key) => {}
                None => self.wait(event.key),
            }
            return;
        }
        self.waiting.remove(&event.key);
        self.others.remove(&hash);
        if self.known.remove(&hash).is_none() {
            return;
        }
        match event.happened {
            Happened::Expired => self.counts.expired += 1,
            Happened::Evicted => self.counts.evicted += 1,
            Happened::Removed | Happened::Written => self.counts.removed += 1,
        }
    }

    fn may_be(&self, key: &[u8]) -> bool {
        self.prefixes.keys().any(|prefix| key.starts_with(prefix))
    }

    /// Whether sessions under the same prefix name their users, so that one that names none is nobody's.
    pub fn shows_users(&self, session: &Session<'_>) -> bool {
        self.prefixes.get(session.before()).copied().unwrap_or(false)
    }

    fn wait(&mut self, key: Vec<u8>) {
        if self.waiting.len() < WAITING {
            self.waiting.insert(key);
        } else {
            self.missed += 1;
        }
    }

    /// Another moment: what is written from here on is renewed again.
    pub fn tick(&mut self) {
        self.renewed.clear();
    }

    /// This many keys that should be looked at.
    pub fn take(&mut self, most: usize) -> Vec<Vec<u8>> {
        let keys: Vec<Vec<u8>> = self.waiting.iter().take(most).cloned().collect();
        for key in &keys {
            self.waiting.remove(key);
        }
        keys
    }

    /// What a key turned out to be: a session that is meant, or something else. Whether someone has logged
    /// in by it.
    pub fn looked(&mut self, key: &[u8], session: Option<&Session<'_>>) -> bool {
        let before = self.counts.logins;
        match session {
            Some(session) => self.see(session, self.told && self.whole),
            None => {
                if let Some(hash) = self.of(key).filter(|_| self.others.len() < OTHERS) {
                    self.others.insert(hash);
                }
            }
        }
        self.counts.logins > before
    }
}

/// How many sessions end within each of the next minutes, as of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cliff {
    pub minutes: [u64; Cliff::MINUTES],
}

impl Default for Cliff {
    fn default() -> Cliff {
        Cliff { minutes: [0; Cliff::MINUTES] }
    }
}

impl Cliff {
    pub const MINUTES: usize = 60;

    pub fn add(&mut self, session: &Session<'_>) {
        let Some(end) = session.expires_at() else { return };
        let left = end.saturating_sub(session.now);
        if let Ok(left) = usize::try_from(left)
            && let Some(minute) = self.minutes.get_mut(left / 60_000)
        {
            *minute += 1;
        }
    }

    /// How many end within this many minutes.
    pub fn within(&self, minutes: usize) -> u64 {
        self.minutes.iter().take(minutes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::node::connect_redis;
    use crate::layout::Setup;
    use crate::layout::session::{Certainty, Facts, Unnamed};
    use crate::store::Ttl;

    fn with(key: &str, user: Option<&str>, value: &str, ttl: u64, act: impl FnOnce(&Session<'_>)) {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let facts = Facts { user: user.map(Into::into), unnamed: Unnamed::Nobody, ..Facts::default() };
        act(&Session {
            setup: &setup,
            key: key.as_bytes(),
            id: key.strip_prefix("sess:").unwrap_or(key).as_bytes(),
            certainty: Certainty::Sure,
            hash: false,
            raw: &Raw::Text(value.as_bytes().to_vec()),
            facts,
            ttl: Ttl::In(ttl),
            ends: &[],
            memory: None,
            exact_end: None,
            data: None,
            found: Vec::new(),
            now: 1_000_000,
        });
    }

    fn scan(live: &mut Live, sessions: &[(&str, Option<&str>, &str, u64)]) {
        live.begin();
        for (key, user, value, ttl) in sessions {
            with(key, *user, value, *ttl, |session| live.scanned(session));
        }
        live.end(true);
    }

    #[test]
    fn scans_are_held_against_each_other() {
        let mut live = Live::default();
        assert_eq!(live.counts(), None);
        scan(&mut live, &[("sess:a", Some("ada"), "1", 9_000), ("sess:b", None, "1", 9_000)]);
        assert_eq!(live.counts(), Some(Counts::default()));
        scan(
            &mut live,
            &[
                ("sess:a", Some("ada"), "1", 9_400),
                ("sess:b", Some("bob"), "2", 9_000),
                ("sess:c", Some("cem"), "1", 9_000),
                ("sess:d", None, "1", 9_000),
            ],
        );
        assert_eq!(live.counts(), Some(Counts { logins: 2, guests: 1, ..Counts::default() }));
        scan(&mut live, &[("sess:a", Some("ada"), "2", 9_400), ("sess:c", Some("cem"), "1", 60_000)]);
        let expected = Counts { logins: 2, guests: 1, renewals: 2, gone: 2, ..Counts::default() };
        assert_eq!(live.counts(), Some(expected));
        assert_eq!(expected.since(&Counts { logins: 1, ..Counts::default() }).logins, 1);
        // What was not seen whole says nothing of what is gone.
        live.begin();
        live.end(false);
        assert_eq!(live.counts(), Some(expected));
    }

    #[test]
    fn what_the_store_tells_is_held_against_what_is_known() {
        let mut live = Live::default();
        live.tell(true);
        let tell = |live: &mut Live, key: &str, happened| {
            live.event(Event { key: key.as_bytes().to_vec(), happened });
        };
        tell(&mut live, "sess:early", Happened::Written);
        scan(&mut live, &[("sess:a", Some("ada"), "1", 9_000), ("sess:b", None, "1", 9_000)]);
        assert!(live.take(9).is_empty());
        for key in ["sess:a", "sess:a", "sess:b", "sess:c", "cache:x"] {
            tell(&mut live, key, Happened::Written);
        }
        let mut waiting = live.take(9);
        waiting.sort();
        assert_eq!(waiting, [b"sess:b".to_vec(), b"sess:c".to_vec()]);
        with("sess:b", Some("bob"), "2", 9_000, |session| assert!(live.looked(b"sess:b", Some(session))));
        assert!(!live.looked(b"sess:c", None));
        tell(&mut live, "sess:c", Happened::Written);
        assert!(live.take(9).is_empty(), "it was checked and is not one");
        tell(&mut live, "sess:c", Happened::Removed);
        tell(&mut live, "sess:a", Happened::Expired);
        tell(&mut live, "sess:a", Happened::Expired);
        tell(&mut live, "sess:b", Happened::Removed);
        let expected = Counts { logins: 1, renewals: 2, expired: 1, removed: 1, ..Counts::default() };
        assert_eq!(live.counts(), Some(expected));
        // A scan only learns.
        scan(&mut live, &[("sess:z", Some("zoe"), "1", 9_000)]);
        assert_eq!(live.counts(), Some(expected));
    }

    #[test]
    fn of_many_sessions_a_sample_is_remembered() {
        let mut live = Live::remembering(1_000);
        let many: Vec<String> = (0..20_000).map(|n| format!("sess:{n}")).collect();
        for half in [0, 10_000] {
            live.begin();
            for key in &many[half..] {
                with(key, Some("ada"), "1", 9_000, |session| live.scanned(session));
            }
            live.end(true);
        }
        assert!(live.is_estimated() && live.known.len() <= 1_000);
        let gone = live.counts().map_or(0, |counts| counts.gone);
        // More than six standard errors of what some 600 of 20 000 tell.
        assert!((7_000..13_000).contains(&gone), "{gone}");
    }

    #[test]
    fn ends_are_counted_by_the_minute() {
        let mut cliff = Cliff::default();
        for ttl in [0, 59_999, 60_000, 3_599_999, 3_600_000] {
            with("sess:a", None, "1", ttl, |session| cliff.add(session));
        }
        assert_eq!((cliff.minutes[0], cliff.minutes[1], cliff.minutes[59]), (2, 1, 1));
        assert_eq!((cliff.within(5), cliff.within(60)), (3, 4));
    }
}
