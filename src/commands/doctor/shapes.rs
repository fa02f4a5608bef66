//! What belongs to sessions, found without them: how the names of indexes, their entries and the keys
//! beside a session are made of its id or user is learned from the sessions that are there, and then
//! whatever has such a name is asked for its session.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use super::findings::{Findings, Id};
use crate::layout::session::{Certainty, Login, Session};
use crate::layout::{Layout, Setup};
use crate::store::{Error, Interest, Key, Kind, Lookup, Need, Op, Query};
use crate::text::glob;
use crate::text::mask;

/// Shapes that are followed, of each kind.
const MOST: usize = 64;
/// Indexes of users whose sessions are compared.
const USERS: usize = 100_000;
/// Entries of one index that are read.
const ENTRIES: usize = 10_000;
/// Keys that are asked for at a time.
const BATCH: usize = 500;
/// Text that a name has to have besides an id, to be anybody's.
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

/// The keys beside sessions of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Beside {
    layout: &'static str,
    key: Shape,
    session: Shape,
}

/// The indexes by user of one kind.
struct ByUser {
    layout: &'static Layout,
    setup: Setup,
    shapes: BTreeSet<Shape>,
}

/// What was learned.
#[derive(Default)]
pub(super) struct Shapes {
    beside: BTreeSet<Beside>,
    setups: BTreeMap<&'static str, Setup>,
    by_user: BTreeMap<&'static str, ByUser>,
    /// The index of a user, and the sessions that should be in it.
    expected: HashMap<Vec<u8>, (&'static str, Vec<Vec<u8>>)>,
}

impl Shapes {
    pub(super) fn learn(&mut self, session: &Session<'_>) {
        if session.certainty != Certainty::Sure {
            return;
        }
        let (setup, name) = (session.setup, session.layout());
        if let Some(own) = Shape::of(session.key, session.id) {
            for op in session.companions() {
                let (Op::Unlink(key) | Op::Unlock(key)) = &op else { continue };
                let Some(shape) = Shape::of(&key.0, session.id) else { continue };
                if shape != own && shape.is_telling() && self.beside.len() < MOST {
                    self.setups.entry(name).or_insert_with(|| setup.clone());
                    self.beside.insert(Beside { layout: name, key: shape, session: own.clone() });
                }
            }
        }
        let Login::User(user) = session.login() else { return };
        for layout in std::iter::once(setup.layout).chain(setup.alike().iter().copied()) {
            self.learn_index(layout, setup, session, user);
        }
    }

    fn learn_index(&mut self, layout: &'static Layout, setup: &Setup, session: &Session<'_>, user: &str) {
        if layout.ends.user_index.is_none() {
            return;
        }
        // Of a layout that was found freely the namespace is that of the session.
        let Some(key) = index_of(session, user) else { return };
        let known = self.by_user.entry(layout.name).or_insert_with(|| ByUser {
            layout,
            setup: setup.clone(),
            shapes: BTreeSet::new(),
        });
        if let Some(shape) = Shape::of(&key, user.as_bytes())
            && known.shapes.len() < MOST
        {
            known.shapes.insert(shape);
        }
        if self.expected.len() < USERS || self.expected.contains_key(&key) {
            let (_, sessions) = self.expected.entry(key).or_insert((layout.name, Vec::new()));
            sessions.push(session.key.to_vec());
        }
    }

    /// Asks for what was learned. The indexes first: those of users who have sessions, then those of users
    /// who have none.
    pub(super) fn look_up(
        &self,
        scanner: &mut dyn Lookup,
        aside: &mut dyn Lookup,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        // Layouts whose entries name sessions that are there: their names are understood.
        let mut understood: HashSet<&str> = HashSet::new();
        let mut orphaned: BTreeMap<&str, Vec<(Vec<u8>, u64)>> = BTreeMap::new();
        let mut look = |aside: &mut dyn Lookup, by_user: &ByUser, index: &[u8], named: &[Vec<Vec<u8>>]| {
            let (orphans, living) = orphans(aside, named)?;
            if living > 0 {
                understood.insert(by_user.layout.name);
            }
            if orphans > 0 {
                orphaned.entry(by_user.layout.name).or_default().push((index.to_vec(), orphans));
            }
            Ok::<(), Error>(())
        };
        for (index, (layout, sessions)) in &self.expected {
            let Some(by_user) = self.by_user.get(layout) else { continue };
            let named = entries_of(aside, by_user, index)?;
            let all: BTreeSet<&[u8]> = named.iter().flatten().map(Vec::as_slice).collect();
            // Whoever keeps no index at all, by configuration, misses none.
            if all.is_empty() {
                continue;
            }
            look(aside, by_user, index, &named)?;
            let known = sessions.iter().filter(|session| all.contains(session.as_slice())).count();
            for session in sessions.iter().filter(|session| known > 0 && !all.contains(session.as_slice())) {
                findings.add(Id::IndexMissing, || mask::short(session));
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
        for (layout, indexes) in orphaned.iter().filter(|(layout, _)| understood.contains(*layout)) {
            for (index, orphans) in indexes {
                findings
                    .add_many(Id::IndexOrphans, *orphans, || format!("{} ({layout})", mask::short(index)));
            }
        }
        for beside in &self.beside {
            let keys = keys_like(scanner, &beside.key)?;
            let Some(setup) = self.setups.get(beside.layout) else { continue };
            let of = |key: &Vec<u8>| {
                let session = beside.session.filled(beside.key.gap(key)?);
                let place = (setup.layout.keys.locate)(setup, &session)?;
                place.usual.then(|| (key.clone(), Key(session)))
            };
            let pairs: Vec<(Vec<u8>, Key)> = keys.iter().filter_map(of).collect();
            for pairs in pairs.chunks(BATCH) {
                let sessions: Vec<Key> = pairs.iter().map(|(_, session)| session.clone()).collect();
                for ((key, _), kind) in pairs.iter().zip(aside.kinds(&sessions)?) {
                    if kind.is_none() {
                        findings.add(Id::Leftovers, || mask::short(key));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The index in which the session's user has it: the one that its end would take it out of.
fn index_of(session: &Session<'_>, user: &str) -> Option<Vec<u8>> {
    session.companions().into_iter().find_map(|op| match op {
        Op::SetRemove { key, .. } | Op::SortedRemove { key, .. }
            if Shape::of(&key.0, user.as_bytes()).is_some_and(|shape| shape.is_telling()) =>
        {
            Some(key.0)
        }
        _ => None,
    })
}

/// The session keys that each entry of an index names.
fn entries_of(aside: &mut dyn Lookup, of: &ByUser, index: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, Error> {
    let Some(by_user) = &of.layout.ends.user_index else { return Ok(Vec::new()) };
    let entries = aside.entries(&Key(index.to_vec()), ENTRIES)?;
    Ok(entries.iter().map(|entry| (by_user.sessions)(&of.setup, entry)).collect())
}

/// How many entries of an index name sessions none of which is there, and how many name one that is.
fn orphans(aside: &mut dyn Lookup, named: &[Vec<Vec<u8>>]) -> Result<(u64, u64), Error> {
    let (mut orphans, mut living) = (0, 0);
    for entries in named.chunks(BATCH) {
        let keys: Vec<Key> = entries.iter().flatten().map(|key| Key(key.clone())).collect();
        let mut kinds = aside.kinds(&keys)?.into_iter();
        for entry in entries {
            let there: Vec<Option<Kind>> = kinds.by_ref().take(entry.len()).collect();
            let gone = there.iter().all(Option::is_none);
            orphans += u64::from(!entry.is_empty() && gone);
            living += u64::from(!gone);
        }
    }
    Ok((orphans, living))
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
