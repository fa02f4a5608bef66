//! What commands made of a database that a dump began: the keys that they touched, and those alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;

use super::value::MAX_FIELDS;
use crate::store::{Kind, Raw};

/// Fields with their values, in the order in which they came, and when each ends.
pub type Fields = IndexMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

/// What a key holds since.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Text(Vec<u8>),
    Hash(Fields),
    Set(BTreeSet<Vec<u8>>),
    Sorted(BTreeMap<Vec<u8>, f64>),
    /// No session is in such a key, and nobody asks what it holds.
    Other(Kind),
}

impl Held {
    pub fn kind(&self) -> Kind {
        match self {
            Held::Text(_) => Kind::String,
            Held::Hash(_) => Kind::Hash,
            Held::Set(_) => Kind::Set,
            Held::Sorted(_) => Kind::SortedSet,
            Held::Other(kind) => *kind,
        }
    }

    /// What a reader gets of it; fields that have ended are none.
    pub fn raw(&self, now: i64) -> Raw {
        match self {
            Held::Text(text) => Raw::Text(text.clone()),
            Held::Hash(fields) => {
                let left = fields.iter().filter(|(_, (_, end))| end.is_none_or(|end| end > now));
                let left: Vec<_> = left.map(|(field, (value, _))| (field.clone(), value.clone())).collect();
                match left.len() as u64 {
                    0 => Raw::Gone,
                    count if count > MAX_FIELDS => Raw::Oversized(Kind::Hash, count),
                    _ => Raw::Hash(left),
                }
            }
            other => Raw::Other(other.kind()),
        }
    }

    /// The fields of a hash that end after that moment, and when.
    pub fn ends(&self, now: i64) -> Vec<(Vec<u8>, i64)> {
        let Held::Hash(fields) = self else { return Vec::new() };
        let ends = fields.iter().filter_map(|(field, (_, end))| Some((field.clone(), (*end)?)));
        ends.filter(|(_, end)| *end > now).collect()
    }

    /// The members of a set, or of a sorted set by score.
    pub fn members(&self) -> Vec<(Vec<u8>, f64)> {
        match self {
            Held::Set(members) => members.iter().map(|member| (member.clone(), 0.0)).collect(),
            Held::Sorted(members) => {
                let mut members: Vec<_> = members.iter().map(|(m, score)| (m.clone(), *score)).collect();
                members.sort_by(|one, other| one.1.total_cmp(&other.1));
                members
            }
            _ => Vec::new(),
        }
    }

    /// A collection that has nothing left in it is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Held::Text(_) | Held::Other(_) => false,
            Held::Hash(fields) => fields.is_empty(),
            Held::Set(members) => members.is_empty(),
            Held::Sorted(members) => members.is_empty(),
        }
    }

    /// Bytes that it takes in memory, about.
    fn bytes(&self) -> u64 {
        const EACH: usize = 48;
        let sum = match self {
            Held::Text(text) => text.len(),
            Held::Hash(fields) => fields.iter().map(|(f, (v, _))| f.len() + v.len() + 3 * EACH).sum(),
            Held::Set(members) => members.iter().map(|member| member.len() + EACH).sum(),
            Held::Sorted(members) => members.keys().map(|member| member.len() + EACH).sum(),
            Held::Other(_) => 0,
        };
        sum as u64
    }
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Gone,
    /// It holds what the dump says, and ends at another time.
    Ends(Option<i64>),
    Held(Held, Option<i64>),
}

/// A key that was touched.
#[derive(Debug)]
struct Slot {
    change: Change,
    /// Bytes that it takes in memory at most, as far as it was reckoned up, and what it took when it was counted
    /// last. A large collection is not counted for every member that is added.
    weight: u64,
    counted: u64,
}

/// The keys of one database that commands touched.
#[derive(Debug, Default)]
pub struct Overlay {
    keys: HashMap<Vec<u8>, Slot>,
    /// Nothing of the dump is left.
    pub cleared: bool,
    bytes: u64,
}

impl Overlay {
    /// What became of a key; `None` where it is as the dump says.
    pub fn get(&self, key: &[u8]) -> Option<&Change> {
        self.keys.get(key).map(|slot| &slot.change).or(self.cleared.then_some(&Change::Gone))
    }

    /// Puts down what became of a key, by a command of this many bytes.
    pub fn set(&mut self, key: &[u8], change: Change, more: u64) {
        const BESIDES: u64 = 128;
        if !self.keys.contains_key(key) {
            self.bytes += key.len() as u64 + BESIDES;
            self.keys.insert(key.to_vec(), Slot { change: Change::Gone, weight: 0, counted: 0 });
        }
        let Some(slot) = self.keys.get_mut(key) else { return };
        self.bytes -= slot.weight;
        match &change {
            Change::Gone | Change::Ends(_) => (slot.weight, slot.counted) = (0, 0),
            Change::Held(held, _) => {
                slot.weight += more;
                if slot.counted == 0 || slot.weight > 2 * slot.counted {
                    slot.counted = held.bytes().max(BESIDES);
                    slot.weight = slot.counted;
                }
            }
        }
        self.bytes += slot.weight;
        slot.change = change;
    }

    /// Takes what became of a key, to be changed and set again.
    pub fn take(&mut self, key: &[u8]) -> Option<Change> {
        self.keys.get_mut(key).map(|slot| std::mem::replace(&mut slot.change, Change::Gone))
    }

    pub fn clear(&mut self) {
        *self = Overlay { cleared: true, ..Overlay::default() };
    }

    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The keys that hold something else than in the dump.
    pub fn held(&self) -> impl Iterator<Item = (&[u8], &Held, Option<i64>)> {
        self.keys.iter().filter_map(|(key, slot)| match &slot.change {
            Change::Held(held, end) => Some((&key[..], held, *end)),
            Change::Gone | Change::Ends(_) => None,
        })
    }

    pub fn is_untouched(&self) -> bool {
        self.keys.is_empty() && !self.cleared
    }
}
