//! Layouts that write the same session and are told apart by an index beside it.
//!
//! The evidence is database-wide: one index of Overleaf makes every express session an Overleaf
//! session, those of guests too. Where a framework has namespaces, it is one namespace that the
//! evidence counts for: Spring Session writes the same hash with and without indexes.

use std::collections::{HashMap, HashSet};

use crate::layout::session::Session;
use crate::layout::{Blob, Setup};
use crate::store::{Error, Key, Kind, Lookup, Record};

/// Users whose indexes are looked up at most.
const MAX_LOOKUPS: usize = 200;
/// Sessions of a namespace that are asked for evidence, and namespaces that are told apart at most.
const MAX_ASKED: usize = 20;
const MAX_NAMESPACES: usize = 10_000;

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

/// A layout that is told from others namespace by namespace.
struct Space {
    at: u16,
    /// Positions of the layouts that recognise its sessions.
    of: Vec<u16>,
    found: HashSet<Vec<u8>>,
    /// Sessions whose keys were looked up, by namespace.
    asked: HashMap<Vec<u8>, usize>,
    wanted: Vec<Key>,
}

impl Space {
    fn unsettled(&self, namespace: &[u8]) -> bool {
        !self.found.contains(namespace)
            && self.asked.get(namespace).is_none_or(|asked| *asked < MAX_ASKED)
            && self.asked.len() < MAX_NAMESPACES
    }
}

pub struct Twins {
    pairs: Vec<Pair>,
    spaces: Vec<Space>,
    setups: Vec<Setup>,
}

impl Twins {
    pub fn new(setups: &[Setup]) -> Twins {
        let mut pairs = Vec::new();
        for (at, setup) in setups.iter().enumerate().filter(|(_, setup)| !setup.named) {
            let Some(twin) = setup.layout.twin() else { continue };
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
        let mut spaces = Vec::new();
        for (at, setup) in setups.iter().enumerate().filter(|(_, setup)| !setup.named) {
            let Some(space) = setup.layout.namespaced() else { continue };
            let others = setups.iter().enumerate().filter(|(_, other)| !other.named);
            let of: Vec<u16> = others
                .filter(|(_, other)| space.of.contains(&other.layout.name))
                .map(|(of, _)| of as u16)
                .collect();
            if !of.is_empty() {
                let (found, asked, wanted) = (HashSet::new(), HashMap::new(), Vec::new());
                spaces.push(Space { at: at as u16, of, found, asked, wanted });
            }
        }
        let none = pairs.is_empty() && spaces.is_empty();
        let setups = if none { Vec::new() } else { setups.to_vec() };
        Twins { pairs, spaces, setups }
    }

    /// Whether there is anything left to tell apart.
    pub fn any(&self) -> bool {
        !self.pairs.is_empty() || !self.spaces.is_empty()
    }

    /// Whether this could be a session of a namespace that is not told apart yet.
    pub fn unsettled(&self, record: &Record) -> bool {
        // Most keys are strings, and no such session is one: that is asked first.
        self.spaces.iter().any(|space| {
            let layout = self.setups[space.at as usize].layout;
            record.raw.kind().is_none_or(|kind| layout.keeps(kind))
                && layout
                    .namespaced()
                    .and_then(|it| (it.namespace_of)(&record.key.0))
                    .is_some_and(|namespace| space.unsettled(namespace))
        })
    }

    /// A key that is not a session may be an index.
    pub fn neighbour(&mut self, key: &[u8], kind: Option<Kind>) {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found) {
            if let Some(twin) = self.setups[pair.at as usize].layout.twin()
                && kind == Some(twin.kind)
                && (twin.is_index)(key)
            {
                pair.found = true;
            }
        }
        let Some(kind) = kind else { return };
        for space in &mut self.spaces {
            if let Some(it) = self.setups[space.at as usize].layout.namespaced()
                && let Some(namespace) = (it.given_away_by)(key, kind)
                && space.found.len() < MAX_NAMESPACES
                && !space.found.contains(namespace)
            {
                space.found.insert(namespace.to_vec());
            }
        }
    }

    /// A session's user may have an index; the session itself may bear a mark.
    pub fn session(&mut self, session: &Session<'_>, blob: &Blob<'_>) {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin() else { continue };
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
        for space in &mut self.spaces {
            let Some(it) = self.setups[space.at as usize].layout.namespaced() else { continue };
            if !it.of.contains(&session.layout()) {
                continue;
            }
            if let Some(namespace) = (it.namespace_of)(session.key)
                && space.unsettled(namespace)
            {
                *space.asked.entry(namespace.to_vec()).or_default() += 1;
                space.wanted.extend((it.keys)(session));
            }
        }
    }

    /// Looks up the indexes that are wanted.
    pub fn look_up(&mut self, source: &mut dyn Lookup) -> Result<(), Error> {
        for pair in self.pairs.iter_mut().filter(|pair| !pair.found && !pair.wanted.is_empty()) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin() else { continue };
            let keys: Vec<Key> = std::mem::take(&mut pair.wanted).into_iter().map(Key).collect();
            pair.found = source.kinds(&keys)?.contains(&Some(twin.kind));
        }
        for space in self.spaces.iter_mut().filter(|space| !space.wanted.is_empty()) {
            let Some(it) = self.setups[space.at as usize].layout.namespaced() else { continue };
            let keys = std::mem::take(&mut space.wanted);
            for (key, kind) in keys.iter().zip(source.kinds(&keys)?) {
                if let Some(namespace) = kind.and_then(|kind| (it.given_away_by)(&key.0, kind)) {
                    space.found.insert(namespace.to_vec());
                }
            }
        }
        Ok(())
    }

    /// The layout's position under its right name. Where the database holds the indexes of two such
    /// applications, only a mark of the session itself decides.
    pub fn name(&self, at: u16, blob: &Blob<'_>) -> u16 {
        let mut found = None;
        for pair in self.pairs.iter().filter(|pair| pair.of == at) {
            let Some(twin) = self.setups[pair.at as usize].layout.twin() else { continue };
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
        found.or_else(|| self.in_its_namespace(at, blob.key)).unwrap_or(at)
    }

    /// The layout that the namespace of this key was found to belong to.
    fn in_its_namespace(&self, at: u16, key: &[u8]) -> Option<u16> {
        let mut found: Option<u16> = None;
        for space in self.spaces.iter().filter(|space| space.of.contains(&at)) {
            let it = self.setups[space.at as usize].layout.namespaced()?;
            let here = (it.namespace_of)(key).is_some_and(|namespace| space.found.contains(namespace));
            let counts_more =
                found.is_none_or(|other| it.over.contains(&self.setups[other as usize].layout.name));
            if here && counts_more {
                found = Some(space.at);
            }
        }
        found
    }
}
