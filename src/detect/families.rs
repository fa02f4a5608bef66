//! Key families: sessions of one layout under one prefix, with ids of one shape.
//!
//! An empty session, or one whose value cannot be decoded, belongs to the family whose keys look
//! like its own. Until such a family turns up it is held back, within bounds.

use crate::layout::session::{Certainty, Session};
use crate::layout::{Blob, Setup, Verdict, key, php};
use crate::store::{Kind, Raw, Record};

use super::Known;

/// Held back at most; beyond that keys are given up and counted.
const MAX_HELD: usize = 10_000;
const MAX_HELD_BYTES: usize = 8 << 20;
const MAX_FAMILIES: usize = 256;

#[derive(Debug, PartialEq, Eq)]
struct Family {
    at: u16,
    prefix: Vec<u8>,
    length: usize,
    /// The richest alphabet seen.
    alphabet: u8,
    hash: bool,
    /// One of it was a session by itself.
    sure: bool,
    /// What the values of such are written in, a bit each.
    written: u16,
}

#[derive(Default)]
pub struct Families {
    all: Vec<Family>,
    /// The family of the session before; nearly always that of the next one too.
    last: usize,
    held: Vec<(Option<u16>, Record)>,
    held_bytes: usize,
    /// Claimed up to here with this many families known.
    claimed_with: usize,
    pub given_up: u64,
}

impl Families {
    /// Remembers the family of a recognised session.
    pub fn know(&mut self, at: u16, session: &Session<'_>, known: &Known) {
        let sure = session.certainty == Certainty::Sure;
        let written = if sure { written(session.raw) } else { 0 };
        let family = self.know_of(at, session.before(), session.id, session.hash, known);
        if let Some(family) = family {
            family.sure |= sure;
            family.written |= written;
        }
    }

    /// The same for a key whose value says by itself that it is one.
    pub fn know_key(&mut self, at: u16, setup: &Setup, record: &Record, known: &Known) {
        let Some(place) = (setup.layout.keys.locate)(setup, &record.key.0) else { return };
        let (before, id) = (&record.key.0[..place.id.start], &record.key.0[place.id]);
        let hash = record.raw.kind() == Some(Kind::Hash);
        if let Some(family) = self.know_of(at, before, id, hash, known) {
            family.sure = true;
            family.written |= written(&record.raw);
        }
    }

    fn know_of(
        &mut self,
        at: u16,
        prefix: &[u8],
        id: &[u8],
        hash: bool,
        known: &Known,
    ) -> Option<&mut Family> {
        let fits = |family: &Family| family.at == at && family.length == id.len() && family.prefix == prefix;
        if !self.all.get(self.last).is_some_and(fits) {
            if let Some(position) = self.all.iter().position(fits) {
                self.last = position;
            } else if self.all.len() < MAX_FAMILIES {
                self.last = self.all.len();
                let (prefix, length) = (prefix.to_vec(), id.len());
                known.add(&prefix, hash);
                self.all.push(Family { at, prefix, length, alphabet: 0, hash, sure: false, written: 0 });
            } else {
                return None;
            }
        }
        let family = &mut self.all[self.last];
        if family.alphabet != ANY {
            family.alphabet = family.alphabet.max(alphabet(id));
        }
        Some(family)
    }

    /// Whether a key that could be one of this layout is a stranger among the sessions of another, which
    /// have its prefix and its form of id and say so themselves: written in something else than they are, or
    /// naming nobody. What the layout's own default prefix begins is none.
    pub fn is_stranger(&self, setups: &[Setup], at: u16, blob: &Blob<'_>) -> bool {
        let setup = &setups[usize::from(at)];
        let default = setup.layout.keys.prefix.as_bytes();
        let own = !default.is_empty() && key::rfind(blob.key, default).is_some();
        let mut others = self.all.iter().filter(|family| {
            family.sure
                && family.at != at
                && !family.prefix.is_empty()
                && family.has(&setups[usize::from(family.at)], blob.key)
        });
        let Some(other) = others.next().filter(|_| !own) else { return false };
        let written = written(blob.raw);
        let foreign = written & other.written == 0 && others.all(|other| written & other.written == 0);
        let names = || {
            let data = (setup.layout.read)(setup, blob);
            let facts = data.value().map(|data| (setup.layout.describe)(setup, blob, data));
            facts.is_some_and(|facts| facts.user.is_some())
        };
        foreign || !names()
    }

    /// What a key is that says too little by itself, or could be of any layout with such keys: a session of
    /// the one layout whose sessions, which say so themselves, have its prefix and its form of id, and that
    /// takes its value for one of theirs.
    pub fn neighbour(&self, setups: &[Setup], blob: &Blob<'_>) -> Option<u16> {
        let kind = blob.raw.kind()?;
        let mut found = None;
        for family in self.all.iter().filter(|family| family.sure) {
            let setup = &setups[usize::from(family.at)];
            if found == Some(family.at)
                || !family.has(setup, blob.key)
                || !setup.layout.keeps(kind)
                || setup.layout.beside().is_some()
                || matches!((setup.layout.recognize)(setup, blob), Verdict::No(_))
            {
                continue;
            }
            found = match found {
                Some(other) if setups[usize::from(other)].layout.is_like(setup.layout) => {
                    Some(other.min(family.at))
                }
                Some(_) => return None,
                None => Some(family.at),
            };
        }
        found
    }

    /// Of a session, the layout that has told itself in the same family and has its like under another
    /// layout's name as well.
    pub fn special(&self, setups: &[Setup], at: u16, blob: &Blob<'_>) -> Option<u16> {
        let own = &setups[usize::from(at)];
        if own.named || own.layout.same_as.is_empty() {
            return None;
        }
        let mut others = self.all.iter().filter(|family| family.sure && family.at < at);
        let found = others.find(|family| {
            let setup = &setups[usize::from(family.at)];
            own.layout.same_as.contains(&setup.layout.name)
                && family.has(setup, blob.key)
                && (setup.layout.recognize)(setup, blob) == Verdict::Kin
        });
        found.map(|family| family.at)
    }

    /// Holds a key back until its family turns up.
    pub fn hold(&mut self, at: Option<u16>, record: Record) {
        let size = record.key.0.len() + weight(&record) + 64;
        if self.held.len() >= MAX_HELD || self.held_bytes + size > MAX_HELD_BYTES {
            self.given_up += 1;
            return;
        }
        self.held_bytes += size;
        self.held.push((at, record));
        // A new one may belong to a family that is known already.
        self.claimed_with = 0;
    }

    /// Takes out what belongs to a family; where several layouts have such keys, nothing does.
    pub fn claim(&mut self, setups: &[Setup]) -> Vec<(u16, Record)> {
        if self.held.is_empty() || self.claimed_with == self.all.len() {
            return Vec::new();
        }
        self.claimed_with = self.all.len();
        let mut claimed = Vec::new();
        let mut rest = Vec::new();
        for (at, record) in std::mem::take(&mut self.held) {
            match self.family_of(at, &record, setups) {
                Some(family) => claimed.push((family, record)),
                None => rest.push((at, record)),
            }
        }
        self.held_bytes = rest.iter().map(|(_, record)| record.key.0.len() + weight(record) + 64).sum();
        self.held = rest;
        claimed
    }

    /// What belongs to no family after all.
    pub fn rest(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.held).into_iter().map(|(_, record)| record).collect()
    }

    fn family_of(&self, at: Option<u16>, record: &Record, setups: &[Setup]) -> Option<u16> {
        let key = &record.key.0;
        let mut found = None;
        for family in &self.all {
            let setup = &setups[family.at as usize];
            let fits = record.raw.kind().is_some_and(|kind| setup.layout.keeps(kind))
                && at.is_none_or(|at| at == family.at)
                && family.has(setup, key);
            if !fits {
                continue;
            }
            found = match found {
                Some(other) if other != family.at => {
                    let [one, two] = [other, family.at].map(|at| setups[usize::from(at)].layout);
                    if !one.is_like(two) {
                        return None;
                    }
                    // Both families are the same application's, and the special one is asked first.
                    Some(other.min(family.at))
                }
                _ => Some(family.at),
            };
        }
        found
    }
}

impl Family {
    /// Whether a key looks like those of the family: the id is where the layout finds it, because ids of
    /// several parts look like many a name of that length, and is one that the framework makes, or of no
    /// richer alphabet than the others.
    fn has(&self, setup: &Setup, key: &[u8]) -> bool {
        let start = self.prefix.len();
        key.len() == start + self.length
            && key.starts_with(&self.prefix)
            && (setup.layout.keys.locate)(setup, key).is_some_and(|place| {
                place.id.start == start && (place.usual || alphabet(&key[start..]) <= self.alphabet)
            })
    }
}

/// What a value is written in, a bit each; all of them where that cannot be told, none where there is nothing.
fn written(raw: &Raw) -> u16 {
    let text = match raw {
        Raw::Text(text) | Raw::Head(text, _) => &text[..],
        Raw::Hash(_) => return 1,
        _ => return 0,
    };
    match text {
        [] => 0,
        // Compressed.
        [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => u16::MAX,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x04, 0x22, 0x4d, 0x18, ..] | [0xfd, b'7', b'z', b'X', ..] => {
            u16::MAX
        }
        [b'{', ..] => 1 << 1,
        [b'[', ..] => 1 << 2,
        [0x80, 2..=5, ..] => 1 << 3,
        [0x04, 0x08, ..] => 1 << 4,
        [0x83, b't' | b'P' | b'h', ..] => 1 << 5,
        [0xac, 0xed, ..] => 1 << 6,
        [0x81..=0x9f | 0xdc..=0xdf, ..] => 1 << 7,
        _ if php::is_likely(text) => 1 << 8,
        _ if std::str::from_utf8(text).is_ok() => 1 << 9,
        _ => 1 << 10,
    }
}

pub fn weight(record: &Record) -> usize {
    match &record.raw {
        crate::store::Raw::Text(text) | crate::store::Raw::Head(text, _) => text.len(),
        crate::store::Raw::Hash(fields) => {
            fields.iter().map(|(field, value)| field.len() + value.len() + 48).sum()
        }
        _ => 0,
    }
}

const ANY: u8 = 6;

/// The poorest alphabet that an id is of; each holds those before it.
fn alphabet(id: &[u8]) -> u8 {
    id.iter().map(|byte| POOREST[usize::from(*byte)]).max().unwrap_or(0)
}

/// For each byte the poorest alphabet that has it.
const POOREST: [u8; 256] = {
    let mut table = [ANY; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => 0,
            b'a'..=b'f' => 1,
            b'g'..=b'z' => 2,
            b'A'..=b'Z' => 3,
            b'-' | b'_' => 4,
            b'+' | b'/' | b'=' | b'.' | b',' => 5,
            _ => ANY,
        };
        byte += 1;
    }
    table
};
