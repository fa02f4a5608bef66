//! What belongs to sessions, found without them: how the names of indexes, their entries and the keys
//! next to a session are made of its id or user is learned from the sessions that are there, and then
//! whatever has such a name is asked for its session.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use super::findings::{Findings, Id};
use crate::change::plan::belongs::left_by;
use crate::layout::session::{Certainty, Login, Session};
use crate::layout::{Layout, Setup};
use crate::store::{Error, IndexOp, Interest, Key, Lookup, Need, Op, Query, Ttl};
use crate::text::glob;
use crate::text::mask;
use crate::text::words::{and, either, plural};

/// Shapes that are followed, of each kind.
const MOST: usize = 64;
/// Indexes of users whose sessions are compared.
const USERS: usize = 100_000;
/// Entries of one index that are read.
const ENTRIES: usize = 10_000;
/// Keys that are asked for at a time.
const BATCH: usize = 500;
/// Text that a name has to have besides an id, to be anyone's.
const LEAST: usize = 4;

/// A name with a gap for an id or a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Shape {
    /// Of a name that holds this once.
    fn of(name: &[u8], part: &[u8]) -> Option<Shape> {
        let mut places = name.windows(part.len().max(1)).enumerate().filter(|(_, window)| *window == part);
        let (at, _) = places.next()?;
        if part.len() < LEAST || places.next().is_some() {
            return None;
        }
        Some(Shape { before: name[..at].to_vec(), after: name[at + part.len()..].to_vec() })
    }

    fn is_telling(&self) -> bool {
        self.before.len() + self.after.len() >= LEAST
    }

    fn gap<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        name.strip_prefix(&self.before[..])?.strip_suffix(&self.after[..]).filter(|gap| !gap.is_empty())
    }

    fn filled(&self, gap: &[u8]) -> Vec<u8> {
        [&self.before, gap, &self.after].concat()
    }

    /// As a pattern of SCAN.
    fn pattern(&self) -> Vec<u8> {
        let mut pattern = glob::escape(&self.before);
        pattern.push(b'*');
        pattern.extend(glob::escape(&self.after));
        pattern
    }
}

/// The keys next to sessions of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Beside {
    layout: &'static str,
    key: Shape,
    session: Shape,
    /// Whose sessions these are, where their names say so.
    user: Option<String>,
    /// It is a lock, which its holder releases.
    lock: bool,
}

/// The indexes by user of one kind.
pub(super) struct ByUser {
    pub(super) layout: &'static Layout,
    pub(super) setup: Setup,
    shapes: BTreeSet<Shape>,
}

/// What was learned.
#[derive(Default)]
pub(super) struct Shapes {
    beside: BTreeSet<Beside>,
    setups: BTreeMap<&'static str, Setup>,
    by_user: BTreeMap<&'static str, ByUser>,
    /// How the indexes by user are called in each namespace of a layout.
    indexes: HashMap<(&'static str, Vec<u8>), Vec<Shape>>,
    /// The index of a user, and the sessions that should be in it.
    expected: HashMap<Vec<u8>, (&'static str, Vec<Vec<u8>>)>,
}

impl Shapes {
    pub(super) fn learn(&mut self, session: &Session<'_>) {
        if session.certainty != Certainty::Sure {
            return;
        }
        let setup = session.setup;
        if let Some(own) = Shape::of(session.key, session.id) {
            for op in session.companions() {
                let (Op::Unlink(key) | Op::Unlock(key)) = &op else { continue };
                let Some(shape) = Shape::of(&key.0, session.id) else { continue };
                if shape != own && shape.is_telling() && self.beside.len() < MOST {
                    self.learn_beside(session, &op, &shape, &own);
                }
            }
        }
        let Login::User(user) = session.login() else { return };
        for layout in std::iter::once(setup.layout).chain(setup.alike().iter().copied()) {
            self.learn_index(layout, setup, session, user);
        }
    }

    fn learn_beside(&mut self, session: &Session<'_>, op: &Op, key: &Shape, own: &Shape) {
        let setup = session.setup;
        let user = session.facts.user.as_deref();
        let of = |user: Option<&str>| Beside {
            layout: setup.layout.name,
            key: key.clone(),
            session: own.clone(),
            user: user.map(str::to_string),
            lock: matches!(op, Op::Unlock(_)),
        };
        if setup.layout.ends.keyless || self.beside.contains(&of(None)) || self.beside.contains(&of(user)) {
            return;
        }
        // Some have the user in their names.
        let states = |user| left_by(setup, session.key, user, session.now).contains(op);
        let user = user.filter(|user| !states(None) && states(Some(user)));
        self.setups.entry(setup.layout.name).or_insert_with(|| setup.clone());
        self.beside.insert(of(user));
    }

    fn learn_index(&mut self, layout: &'static Layout, setup: &Setup, session: &Session<'_>, user: &str) {
        if layout.ends.user_index.is_none() {
            return;
        }
        // Of a layout that was found freely the namespace is that of the session.
        let Some((shape, key)) = self.index_of(session, user) else { return };
        let known = self.by_user.entry(layout.name).or_insert_with(|| ByUser {
            layout,
            setup: setup.clone(),
            shapes: BTreeSet::new(),
        });
        if known.shapes.len() < MOST {
            known.shapes.insert(shape);
        }
        if self.expected.len() < USERS || self.expected.contains_key(&key) {
            let (_, sessions) = self.expected.entry(key).or_insert((layout.name, Vec::new()));
            sessions.push(session.key.to_vec());
        }
    }

    /// The index in which the session's user has it: the one that its end would take it out of.
    fn index_of(&mut self, session: &Session<'_>, user: &str) -> Option<(Shape, Vec<u8>)> {
        let kind = (session.layout(), session.before().to_vec());
        if !self.indexes.contains_key(&kind) && self.indexes.len() < MOST * MOST {
            self.indexes.insert(kind.clone(), index_shapes(session));
        }
        let ops = session.companions();
        let named = |key: &[u8]| indexed(&ops).any(|one| one == key);
        let shapes = self.indexes.get(&kind)?.iter();
        let mut keys = shapes.map(|shape| (shape.clone(), shape.filled(user.as_bytes())));
        keys.find(|(_, key)| named(key))
    }

    /// Asks for what was learned. Gives how much an ACL keeps from being judged.
    pub(super) fn look_up(
        &self,
        scanner: &mut dyn Lookup,
        aside: &mut dyn Lookup,
        findings: &mut Findings,
    ) -> Result<Unjudged, Error> {
        let mut missing = |session: &[u8]| findings.add(Id::IndexMissing, || mask::short(session));
        let (orphaned, entries) = self.orphaned(scanner, aside, &mut missing)?;
        for orphaned in orphaned {
            let layout = orphaned.of.layout.name;
            findings.add_many(Id::IndexOrphans, orphaned.orphans, || {
                format!("{} ({layout})", mask::short(&orphaned.index))
            });
        }
        let keys = self.left_beside(scanner, aside, &mut |_, left| {
            findings.add(Id::Leftovers, || mask::short(&left.key.0));
            Ok(())
        })?;
        Ok(Unjudged { entries, keys })
    }

    /// The indexes with entries whose sessions are gone: first those of users who have sessions, then those of
    /// users who have none; and how many entries there are whose sessions an ACL hides. `missing` is told of
    /// sessions that their index lacks.
    pub(super) fn orphaned<'s>(
        &'s self,
        scanner: &mut dyn Lookup,
        aside: &mut dyn Lookup,
        missing: &mut dyn FnMut(&[u8]),
    ) -> Result<(Vec<Orphaned<'s>>, u64), Error> {
        // Layouts whose entries name sessions that are there: their names are understood.
        let mut understood: HashSet<&str> = HashSet::new();
        let mut orphaned = Vec::new();
        let mut unjudged = 0;
        let mut look = |aside: &mut dyn Lookup, of: &'s ByUser, index: &[u8], named: &[Named]| {
            let fates = fates(aside, named)?;
            let many = |fate: Fate| fates.iter().filter(|one| **one == fate).count() as u64;
            if many(Fate::There) > 0 {
                understood.insert(of.layout.name);
            }
            let orphans = many(Fate::Gone);
            if orphans > 0 {
                orphaned.push(Orphaned { of, index: index.to_vec(), orphans });
            }
            unjudged += many(Fate::Hidden);
            Ok::<(), Error>(())
        };
        for (index, (layout, sessions)) in &self.expected {
            let Some(by_user) = self.by_user.get(layout) else { continue };
            let named = entries_of(aside, by_user, index)?;
            let all: BTreeSet<&[u8]> =
                named.iter().flat_map(|one| &one.sessions).map(Vec::as_slice).collect();
            // Anyone who keeps no index at all, by configuration, misses none.
            if all.is_empty() {
                continue;
            }
            look(aside, by_user, index, &named)?;
            let known = sessions.iter().filter(|session| all.contains(session.as_slice())).count();
            for session in sessions.iter().filter(|session| known > 0 && !all.contains(session.as_slice())) {
                missing(session);
            }
        }
        for by_user in self.by_user.values() {
            for shape in by_user.shapes.iter().filter(|shape| shape.is_telling()) {
                let indexes = keys_like(scanner, shape)?;
                for index in indexes.iter().filter(|index| !self.expected.contains_key(*index)) {
                    let named = entries_of(aside, by_user, index)?;
                    look(aside, by_user, index, &named)?;
                }
            }
        }
        orphaned.retain(|one| understood.contains(one.of.layout.name));
        Ok((orphaned, unjudged))
    }

    /// The keys next to sessions that are gone. Gives how many there are whose sessions an ACL hides.
    pub(super) fn left_beside(
        &self,
        scanner: &mut dyn Lookup,
        aside: &mut dyn Lookup,
        each: &mut dyn FnMut(&Setup, &Left) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let mut unjudged = 0;
        for beside in &self.beside {
            let keys = keys_like(scanner, &beside.key)?;
            let Some(setup) = self.setups.get(beside.layout) else { continue };
            let of = |key: &Vec<u8>| {
                let session = beside.session.filled(beside.key.gap(key)?);
                let place = (setup.layout.keys.locate)(setup, &session)?;
                let (key, session) = (Key(key.clone()), Key(session));
                place.usual.then(|| Left { key, session, user: beside.user.clone(), memory: None })
            };
            let mut pairs: Vec<Left> = keys.iter().filter_map(of).collect();
            for pairs in pairs.chunks_mut(BATCH) {
                let sessions: Vec<Key> = pairs.iter().map(|left| left.session.clone()).collect();
                let absent = aside.absent(&sessions)?;
                unjudged += absent.iter().filter(|absent| absent.is_none()).count() as u64;
                let mut left: Vec<&mut Left> = pairs
                    .iter_mut()
                    .zip(absent)
                    .filter_map(|(left, absent)| (absent == Some(true)).then_some(left))
                    .collect();
                let keys: Vec<Key> = left.iter().map(|left| left.key.clone()).collect();
                let asked = Need::TTL.and(if aside.offers().memory { Need::MEMORY } else { Need::TTL });
                for (left, record) in left.iter_mut().zip(aside.read(&keys, asked)?) {
                    // A request holds such a lock, perhaps of a session that it will write at its end.
                    if beside.lock && record.ttl != Ttl::Never {
                        continue;
                    }
                    left.memory = record.memory;
                    each(setup, left)?;
                }
            }
        }
        Ok(unjudged)
    }
}

/// What belongs to sessions that an ACL hides from this user: nothing tells whether these are gone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unjudged {
    pub(super) entries: u64,
    pub(super) keys: u64,
}

impl Unjudged {
    /// Says that these are left alone.
    pub(super) fn told(self) -> Option<String> {
        let many = self.entries + self.keys;
        let parts = [(self.entries, "index entry"), (self.keys, "key")];
        let parts: Vec<String> =
            parts.iter().filter(|(many, _)| *many > 0).map(|(many, noun)| plural(*many, noun)).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        (many > 0).then(|| {
            format!(
                "{} left alone: an ACL hides the {} from this user, and what cannot be read is not known to be \
                 gone",
                and(&parts),
                either(many, "session that it belongs to", "sessions that they belong to")
            )
        })
    }
}

/// An index with entries whose sessions are gone.
pub(super) struct Orphaned<'s> {
    pub(super) of: &'s ByUser,
    pub(super) index: Vec<u8>,
    pub(super) orphans: u64,
}

impl Orphaned<'_> {
    /// Whose index it is.
    pub(super) fn user(&self) -> Option<&str> {
        let gap = self.of.shapes.iter().find_map(|shape| shape.gap(&self.index))?;
        std::str::from_utf8(gap).ok()
    }

    /// The entries whose sessions are gone, with these.
    pub(super) fn entries(&self, aside: &mut dyn Lookup) -> Result<Vec<Named>, Error> {
        let named = entries_of(aside, self.of, &self.index)?;
        let fates = fates(aside, &named)?.into_iter();
        Ok(named.into_iter().zip(fates).filter(|(_, fate)| *fate == Fate::Gone).map(|(one, _)| one).collect())
    }
}

/// A key that belongs to a session which is gone.
pub(super) struct Left {
    pub(super) key: Key,
    pub(super) session: Key,
    pub(super) user: Option<String>,
    /// MEMORY USAGE of the key.
    pub(super) memory: Option<u64>,
}

/// An entry of an index, and the keys of the sessions that it may name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) entry: Vec<u8>,
    pub(super) sessions: Vec<Vec<u8>>,
}

/// Users that there are nowhere: a name, and numbers as they are ids.
const NOBODY: [&str; 3] =
    ["nobody-of-that-name", "918273645546372819", "5f0e7c1a-9b3d-4c62-8e1f-a7d2b4c6e8f0"];

/// How the indexes by user are called: where the layout puts the name of a user who could be anyone.
fn index_shapes(session: &Session<'_>) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for user in NOBODY {
        let ops = left_by(session.setup, session.key, Some(user), session.now);
        for shape in indexed(&ops).filter_map(|key| Shape::of(key, user.as_bytes())) {
            if shape.is_telling() && !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
    }
    shapes
}

/// The indexes that operations take an entry out of.
fn indexed(ops: &[Op]) -> impl Iterator<Item = &[u8]> {
    ops.iter().filter_map(|op| match op {
        Op::Index(IndexOp::SetRemove { key, .. } | IndexOp::SortedRemove { key, .. }) => Some(&key.0[..]),
        _ => None,
    })
}

/// The session keys that each entry of an index names.
fn entries_of(aside: &mut dyn Lookup, of: &ByUser, index: &[u8]) -> Result<Vec<Named>, Error> {
    let Some(by_user) = &of.layout.ends.user_index else { return Ok(Vec::new()) };
    let entries = aside.entries(&Key(index.to_vec()), ENTRIES)?;
    let named = |entry: Vec<u8>| Named { sessions: (by_user.sessions)(&of.setup, &entry), entry };
    Ok(entries.into_iter().map(named).collect())
}

/// What became of the sessions that an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// One of them is there.
    There,
    /// There is none of them.
    Gone,
    /// None is seen, and an ACL hides one.
    Hidden,
    /// It names none.
    Unnamed,
}

fn fates(aside: &mut dyn Lookup, named: &[Named]) -> Result<Vec<Fate>, Error> {
    let mut fates = Vec::with_capacity(named.len());
    for some in named.chunks(BATCH) {
        let keys: Vec<Key> = some.iter().flat_map(|one| &one.sessions).map(|key| Key(key.clone())).collect();
        let absent = aside.absent(&keys)?;
        let mut rest = &absent[..];
        for one in some {
            let (of_one, behind) = rest.split_at(one.sessions.len().min(rest.len()));
            rest = behind;
            fates.push(match of_one {
                [] => Fate::Unnamed,
                of_one if of_one.contains(&Some(false)) => Fate::There,
                of_one if of_one.contains(&None) => Fate::Hidden,
                _ => Fate::Gone,
            });
        }
    }
    Ok(fates)
}

/// The keys that have such a name.
fn keys_like(scanner: &mut dyn Lookup, shape: &Shape) -> Result<Vec<Vec<u8>>, Error> {
    let mut interest = |key: &[u8]| if shape.gap(key).is_some() { Interest::Name } else { Interest::Skip };
    let mut query = Query { pattern: Some(shape.pattern()), need: Need::NOTHING, interest: &mut interest };
    let mut found = Vec::new();
    scanner.scan(&mut query, &mut |page| {
        found.extend(page.records.into_iter().map(|record| record.key.0));
        if crate::ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_one_gap() {
        let shape = Shape::of(b"app:user:alice:sessions", b"alice");
        let expected = Shape { before: b"app:user:".to_vec(), after: b":sessions".to_vec() };
        assert_eq!(shape, Some(expected.clone()));
        assert_eq!(expected.gap(b"app:user:bob:sessions"), Some(&b"bob"[..]));
        assert_eq!(expected.gap(b"app:user::sessions"), None);
        assert_eq!(expected.gap(b"app:users:bob"), None);
        assert_eq!(expected.filled(b"bob"), b"app:user:bob:sessions");
        assert_eq!(Shape::of(b"alice:alice", b"alice"), None);
        assert_eq!(Shape::of(b"user:ada", b"ada"), None, "too short to be told from the rest");
        assert_eq!(Shape { before: b"a*".to_vec(), after: Vec::new() }.pattern(), b"a\\**");
    }
}
