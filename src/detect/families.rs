//! Key families: sessions of one layout under one prefix, with ids of one shape.
//!
//! An empty session, or one whose value cannot be decoded, belongs to the family whose keys look
//! like its own. Until such a family turns up it is held back, within bounds.

use crate::layout::Setup;
use crate::layout::session::Session;
use crate::store::Record;

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
        let prefix = session.before();
        let fits =
            |family: &Family| family.at == at && family.length == session.id.len() && family.prefix == prefix;
        if let Some(last) = self.all.get(self.last)
            && fits(last)
            && last.alphabet == ANY
        {
            return;
        }
        let alphabet = alphabet(session.id);
        if let Some(position) = self.all.iter().position(fits) {
            self.last = position;
            let family = &mut self.all[position];
            family.alphabet = family.alphabet.max(alphabet);
        } else if self.all.len() < MAX_FAMILIES {
            self.last = self.all.len();
            let (prefix, length, hash) = (prefix.to_vec(), session.id.len(), session.hash);
            known.add(&prefix, hash);
            self.all.push(Family { at, prefix, length, alphabet, hash });
        }
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
            let fits = record.raw.kind().is_some_and(|kind| setups[family.at as usize].layout.keeps(kind))
                && key.len() == family.prefix.len() + family.length
                && key.starts_with(&family.prefix)
                && alphabet(&key[family.prefix.len()..]) <= family.alphabet
                && at.is_none_or(|at| at == family.at)
                // Ids of several parts look like many a name of that length.
                && is_located(&setups[family.at as usize], key, family.prefix.len());
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

/// Whether the layout finds an id in the key where the family has it.
fn is_located(setup: &Setup, key: &[u8], start: usize) -> bool {
    (setup.layout.keys.locate)(setup, key).is_some_and(|place| place.id.start == start)
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
