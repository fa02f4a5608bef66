//! Key families: sessions of one layout under one prefix, with ids of one shape.
//!
//! An empty session, or one whose value cannot be decoded, belongs to the family whose keys look
//! like its own. Until such a family turns up it is held back, within bounds.

use crate::layout::session::{Certainty, Session};
use crate::layout::{Blob, Setup, Verdict};
use crate::store::{Kind, Record};

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
}

#[derive(Default)]
pub struct Families {
    all: Vec<Family>,
    /// The family of the session before; nearly always that of the next one too.
    last: usize,
    held: Vec<(Option<u16>, Record)>,
    held_bytes: usize,
    /// Claimed up to here with so many families known.
    claimed_with: usize,
    pub given_up: u64,
}

impl Families {
    /// Remembers the family of a recognised session.
    pub fn know(&mut self, at: u16, session: &Session<'_>, known: &Known) {
        let sure = session.certainty == Certainty::Sure;
        self.know_of(at, session.before(), session.id, session.hash, sure, known);
    }

    /// The same for a key whose value says by itself that it is one.
    pub fn know_key(&mut self, at: u16, setup: &Setup, record: &Record, known: &Known) {
        let Some(place) = (setup.layout.keys.locate)(setup, &record.key.0) else { return };
        let (before, id) = (&record.key.0[..place.id.start], &record.key.0[place.id]);
        self.know_of(at, before, id, record.raw.kind() == Some(Kind::Hash), true, known);
    }

    fn know_of(&mut self, at: u16, prefix: &[u8], id: &[u8], hash: bool, sure: bool, known: &Known) {
        let fits = |family: &Family| family.at == at && family.length == id.len() && family.prefix == prefix;
        if let Some(last) = self.all.get(self.last)
            && fits(last)
            && last.alphabet == ANY
            && last.sure >= sure
        {
            return;
        }
        let alphabet = alphabet(id);
        if let Some(position) = self.all.iter().position(fits) {
            self.last = position;
            let family = &mut self.all[position];
            family.alphabet = family.alphabet.max(alphabet);
            family.sure |= sure;
        } else if self.all.len() < MAX_FAMILIES {
            self.last = self.all.len();
            let (prefix, length) = (prefix.to_vec(), id.len());
            known.add(&prefix, hash);
            self.all.push(Family { at, prefix, length, alphabet, hash, sure });
        }
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
