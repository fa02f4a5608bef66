//! Plans: what a command is going to change, as steps that are written down before the first is done.
//!
//! Showing, asking and doing are one stream: matching spools a step a session while it counts; the
//! question quotes the counts; doing reads the steps back. Dry run stops after the first half.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use crate::change::ids::Ids;
use crate::layout::session::{Login, Session};
use crate::store::{Key, Own, SeenText, Step, fingerprint};

pub mod apply;
pub mod arriving;
pub mod belongs;
pub mod bound;
pub mod execute;
pub mod file;
mod pen;
pub mod recorded;
pub mod restore;
pub mod run;

/// One session's end, with what a report says of it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    pub step: Step,
    #[serde(with = "crate::store::bytes")]
    pub id: Vec<u8>,
    pub layout: String,
    pub user: Option<String>,
    /// Whether it is certain that nobody is logged in, where no user is named.
    #[serde(default)]
    pub nobody: bool,
    /// When the session is to end, where the step does not say it itself, in ms since 1970.
    pub ends: Option<i64>,
    /// MEMORY USAGE of the session's own key when it was matched.
    pub memory: Option<u64>,
}

/// Why a session is left alone that was not read whole.
const INCOMPARABLE: &str = "they are too large to read and compare";

/// The entry that ends this session as its framework would, or why that cannot be done: its layout
/// refuses it, or the value was not read or is of no kind that can be compared, so that nothing unseen
/// is ever removed.
pub fn entry(session: &Session<'_>) -> Result<Entry, &'static str> {
    if let Some(why) = session.setup.layout.ends.refused {
        return Err(why);
    }
    let seen = fingerprint(session.raw).ok_or(INCOMPARABLE)?;
    Ok(Entry {
        step: Step {
            key: Key(session.key.to_vec()),
            hash: session.hash,
            seen,
            bytes: session.raw.bytes(),
            own: Own::End,
            then: session.companions(),
            ends: None,
            held: None,
        },
        id: session.id.to_vec(),
        layout: session.layout().to_string(),
        user: session.facts.user.as_deref().map(str::to_string),
        nobody: session.login() == Login::Nobody,
        ends: None,
        memory: session.memory,
    })
}

/// The entry that lets this session end at that time (ms since 1970; `None` is never), or why that
/// cannot be done.
pub fn expiry(session: &Session<'_>, end: Option<i64>) -> Result<Entry, &'static str> {
    let ended = entry(session)?;
    if session.remains().is_some() {
        return Err("they are remains of sessions that no request can use");
    }
    let moved = session.moved(end)?;
    // An end that the framework enforces from the value would cut the new one short.
    let inside = session.facts.ends.filter(|_| moved.rewrite.is_none());
    if inside.is_some_and(|inside| end.is_none_or(|end| inside < end)) {
        return Err("their framework keeps an earlier expiry in the value, which sessctl cannot move yet");
    }
    let own = Own::Expire { at: moved.at, rewrite: moved.rewrite };
    Ok(Entry { step: Step { own, then: moved.then, ..ended.step }, ends: end, ..ended })
}

/// What has been planned, in numbers.
#[derive(Debug, Default, Clone)]
pub struct Totals {
    pub sessions: u64,
    pub bytes: u64,
    /// Whether the size of every session is known.
    pub bytes_known: bool,
    pub by_layout: BTreeMap<String, u64>,
    /// How many sessions each user has.
    users: HashMap<String, u64>,
    users_beyond: bool,
    pub anonymous: u64,
    /// Sessions of which it is not known whether someone is logged in.
    pub unknown: u64,
}

/// Users counted one by one at most; above that only "more than" is said.
const MAX_USERS: usize = 100_000;

impl Totals {
    fn add(&mut self, entry: &Entry) {
        self.bytes_known = (self.sessions == 0 || self.bytes_known) && entry.memory.is_some();
        self.sessions += 1;
        self.bytes += entry.memory.unwrap_or(0);
        *self.by_layout.entry(entry.layout.clone()).or_default() += 1;
        match &entry.user {
            None if entry.nobody => self.anonymous += 1,
            None => self.unknown += 1,
            Some(user) => {
                if let Some(sessions) = self.users.get_mut(user) {
                    *sessions += 1;
                } else if self.users.len() < MAX_USERS {
                    self.users.insert(user.clone(), 1);
                } else {
                    self.users_beyond = true;
                }
            }
        }
    }

    /// With those of another store.
    pub fn join(&mut self, other: &Totals) {
        if other.sessions == 0 {
            return;
        }
        self.bytes_known = (self.sessions == 0 || self.bytes_known) && other.bytes_known;
        self.sessions += other.sessions;
        self.bytes += other.bytes;
        for (layout, sessions) in &other.by_layout {
            *self.by_layout.entry(layout.clone()).or_default() += sessions;
        }
        self.users_beyond |= other.users_beyond;
        for (user, sessions) in &other.users {
            if self.users.len() < MAX_USERS || self.users.contains_key(user) {
                *self.users.entry(user.clone()).or_default() += sessions;
            } else {
                self.users_beyond = true;
            }
        }
        self.anonymous += other.anonymous;
        self.unknown += other.unknown;
    }

    /// The users with the most sessions, at most this many, each with how many these are.
    pub fn most_concerned(&self, most: usize) -> Vec<(&str, u64)> {
        let mut users: Vec<(&str, u64)> =
            self.users.iter().map(|(user, sessions)| (user.as_str(), *sessions)).collect();
        users.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        users.truncate(most);
        users
    }

    /// How many different users, and whether there are more.
    pub fn users(&self) -> (usize, bool) {
        (self.users.len(), self.users_beyond)
    }
}

/// Bytes of steps that are kept in memory; more go to an unnamed temporary file, which only this
/// process can open and which is gone with it.
const IN_MEMORY: usize = 4 << 20;

/// The length of a value that a step does not hold.
const NOT_HELD: u32 = u32::MAX;

/// Steps written down, flat in memory however many they are.
#[derive(Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<BufWriter<File>>,
    pub totals: Totals,
    /// The ids, for the audit log.
    pub ids: Ids,
    /// Of each layout the step that does most, to ask for permission with before anything is done.
    samples: BTreeMap<String, Step>,
}

/// How much a step asks permission for.
fn weight(step: &Step) -> (usize, bool) {
    (step.then.len(), matches!(step.own, Own::Expire { rewrite: Some(_), .. }))
}

impl Spool {
    pub fn push(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let mut bytes = rmp_serde::to_vec(entry)?;
        let length = (bytes.len() as u32).to_le_bytes();
        let held = entry.step.held.as_ref().map(|held| &held.text[..]);
        bytes.extend(held.map_or(NOT_HELD, |held| held.len() as u32).to_le_bytes());
        bytes.extend(held.unwrap_or_default());
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = BufWriter::new(tempfile::tempfile()?);
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        let out: &mut dyn Write = match &mut self.file {
            Some(file) => file,
            None => &mut self.memory,
        };
        out.write_all(&length)?;
        out.write_all(&bytes)?;
        self.count(entry);
        Ok(())
    }

    /// Counts an entry that is not written down, as it is carried out at once.
    pub fn count(&mut self, entry: &Entry) {
        self.totals.add(entry);
        self.ids.add(&entry.id);
        match self.samples.get_mut(&entry.layout) {
            Some(sample) if weight(sample) >= weight(&entry.step) => {}
            Some(sample) => *sample = entry.step.clone(),
            None => {
                self.samples.insert(entry.layout.clone(), entry.step.clone());
            }
        }
    }

    /// A step of each layout, the one that does most.
    pub fn samples(&self) -> impl Iterator<Item = &Step> {
        self.samples.values()
    }

    /// Whether any of it ends a session, rather than only changing it.
    pub fn ends(&self) -> bool {
        self.samples().any(|step| step.own == Own::End)
    }

    /// The layouts of what is planned.
    pub fn layouts(&self) -> impl Iterator<Item = &str> {
        self.totals.by_layout.keys().map(String::as_str)
    }

    /// The entries in the order in which they were written.
    pub fn read(self) -> anyhow::Result<Entries> {
        let from: Box<dyn ReadSeek> = match self.file {
            None => Box::new(io::Cursor::new(self.memory)),
            Some(file) => {
                let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.rewind()?;
                Box::new(BufReader::with_capacity(256 << 10, file))
            }
        };
        Ok(Entries { from, all: self.totals.sessions, left: self.totals.sessions })
    }
}

trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Entries read back.
pub struct Entries {
    from: Box<dyn ReadSeek>,
    all: u64,
    left: u64,
}

impl Entries {
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// How many were not read yet.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Begins at the first one again.
    pub fn rewind(&mut self) -> anyhow::Result<()> {
        self.from.rewind()?;
        self.left = self.all;
        Ok(())
    }

    /// The next entries, at most this many; none at the end.
    pub fn batch(&mut self, most: usize) -> anyhow::Result<Vec<Entry>> {
        let mut batch = Vec::new();
        let mut bytes = Vec::new();
        while self.left > 0 && batch.len() < most {
            let mut length = [0; 4];
            self.from.read_exact(&mut length)?;
            bytes.resize(u32::from_le_bytes(length) as usize, 0);
            self.from.read_exact(&mut bytes)?;
            let mut entry: Entry = rmp_serde::from_slice(&bytes)?;
            self.from.read_exact(&mut length)?;
            let length = u32::from_le_bytes(length);
            if length != NOT_HELD {
                let mut text = vec![0; length as usize];
                self.from.read_exact(&mut text)?;
                entry.step.held = Some(Arc::new(SeenText { text, end: None }));
            }
            batch.push(entry);
            self.left -= 1;
        }
        Ok(batch)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::Fingerprint;
    use crate::store::{IndexOp, Op};

    fn an_entry(n: u32) -> Entry {
        Entry {
            step: Step {
                key: Key(format!("sess:{n}\0").into_bytes()),
                hash: false,
                seen: Fingerprint([n as u8; 16]),
                bytes: 1,
                own: Own::End,
                then: vec![Op::Index(IndexOp::SetRemove {
                    key: Key(b"index".to_vec()),
                    member: vec![0xff, n as u8],
                })],
                ends: None,
                held: n
                    .is_multiple_of(2)
                    .then(|| Arc::new(SeenText { text: vec![n as u8; n as usize % 7], end: None })),
            },
            id: vec![0xfe],
            layout: "overleaf".into(),
            user: n.is_multiple_of(3).then(|| format!("u{}", n % 9)),
            nobody: n % 3 == 1,
            ends: None,
            memory: Some(100),
        }
    }

    #[test]
    fn entries_come_back_as_they_were_written_also_through_the_file() {
        for many in [0u32, 3, 60_000] {
            let mut spool = Spool::default();
            for n in 0..many {
                spool.push(&an_entry(n)).unwrap();
            }
            assert_eq!(spool.file.is_some(), many == 60_000);
            assert_eq!(spool.totals.sessions, u64::from(many));
            assert_eq!(spool.totals.bytes, u64::from(many) * 100);
            let mut entries = spool.read().unwrap();
            let mut n = 0;
            loop {
                let batch = entries.batch(500).unwrap();
                if batch.is_empty() {
                    break;
                }
                for entry in batch {
                    assert_eq!(entry.step, an_entry(n).step);
                    n += 1;
                }
            }
            assert_eq!(n, many);
        }
    }

    #[test]
    fn totals_count_users_once() {
        let mut spool = Spool::default();
        for n in 0..18 {
            spool.push(&an_entry(n)).unwrap();
        }
        assert_eq!(spool.totals.users(), (3, false));
        assert_eq!(spool.totals.most_concerned(2), [("u0", 2), ("u3", 2)]);
        assert_eq!((spool.totals.anonymous, spool.totals.unknown), (6, 6));
        assert_eq!(spool.totals.by_layout["overleaf"], 18);
    }
}
