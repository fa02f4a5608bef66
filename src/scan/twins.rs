//! Layouts that write the same session and are told apart by an index beside it.
//!
//! The evidence is database-wide: one index of Overleaf makes every express session an Overleaf
//! session, those of guests too.

use std::collections::HashSet;

use crate::layout::{Blob, Setup};
use crate::session::Session;
use crate::store::{Error, Key, Kind, Source};

/// Users whose indexes are looked up at most.
const MAX_LOOKUPS: usize = 200;

struct Pair {
    /// Position of the special layout.
    at: u16,
    /// Position of the layout that recognises its sessions.
    of: u16,
    found: bool,
    /// Index keys still to be looked up, and all that ever were.
    wanted: Vec<Vec<u8>>,
    asked: HashSet<Vec<u8>>,
}

pub(super) struct Twins {
    pairs: Vec<Pair>,
    setups: Vec<Setup>,
}

impl Twins {
    pub(super) fn new(setups: &[Setup]) -> Twins {
        let mut pairs = Vec::new();
        for (at, setup) in setups.iter().enumerate().filter(|(_, setup)| !setup.named) {
            let Some(twin) = setup.layout.twin else { continue };
            let Some(of) = setups.iter().position(|other| other.layout.name == twin.of && !other.named)
            else {
                continue;
            };
            pairs.push(Pair {
                at: at as u16,
                of: of as u16,
                found: false,
                wanted: Vec::new(),
                asked: HashSet::new(),
            });
        }
        let setups = if pairs.is_empty() { Vec::new() } else { setups.to_vec() };
        Twins { pairs, setups }
    }

    /// Whether there is anything left to tell apart.
    pub(super) fn any(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// A key that is no session may be an index.
    pub(super) fn neighbour(&mut self, key: &[u8], kind: Option<Kind>) {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found) {
            if let Some(twin) = self.setups[pair.at as usize].layout.twin
                && kind == Some(twin.kind)
                && (twin.is_index)(key)
            {
                pair.found = true;
            }
        }
    }

    /// A session's user may have an index; the session itself may bear a mark.
    pub(super) fn session(&mut self, session: &Session<'_>, blob: &Blob<'_>) {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin else { continue };
            if session.layout() != twin.of {
                continue;
            }
            if (twin.sure)(blob) {
                pair.found = true;
            } else if let Some(user) = &session.facts.user
                && pair.asked.len() < MAX_LOOKUPS
                && let Some(index) = (twin.index_of)(user)
            {
                let index = [session.setup.key_prefix().as_bytes(), &index].concat();
                if pair.asked.insert(index.clone()) {
                    pair.wanted.push(index);
                }
            }
        }
    }

    /// Looks up the indexes that are wanted.
    pub(super) fn look_up(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found && !pair.wanted.is_empty()) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin else { continue };
            let keys: Vec<Key> = std::mem::take(&mut pair.wanted).into_iter().map(Key).collect();
            pair.found = source.kinds(&keys)?.contains(&Some(twin.kind));
        }
        Ok(())
    }

    /// The layout's position under its right name. Where the database holds the indexes of two such
    /// applications, only a mark of the session itself decides.
    pub(super) fn name(&self, at: u16, blob: &Blob<'_>) -> u16 {
        let mut found = None;
        for pair in self.pairs.iter().filter(|pair| pair.of == at) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin else { continue };
            if (twin.sure)(blob) {
                return pair.at;
            }
            if pair.found {
                if found.is_some() {
                    return at;
                }
                found = Some(pair.at);
            }
        }
        found.unwrap_or(at)
    }
}
