//! Users of whom only sets next to the sessions know: the user's name is in the set's, the sessions are
//! its members. All sets of an application are read once, when its first session turns up.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

use crate::layout::Setup;
use crate::layout::session::Session;
use crate::store::{Error, Interest, Key, Lookup, Need, Query};

/// Sets asked for at a time.
const BATCH: usize = 500;

/// Who has which session. Members are remembered by 128 bits of hash, since there may be millions.
#[derive(Default)]
pub struct Owners {
    /// What the names of the sets begin with that were read.
    read: HashSet<Vec<u8>>,
    sets: Vec<(Key, Option<Box<str>>)>,
    /// The last of a member's links.
    of: HashMap<[u64; 2], usize>,
    /// A set, and the link before it of the same member.
    links: Vec<(usize, Option<usize>)>,
    hashers: [RandomState; 2],
}

impl Owners {
    /// Reads the sets of the application that a key belongs to, if there are such and unless they were.
    pub fn learn(&mut self, source: &mut dyn Lookup, setup: &Setup, key: &[u8]) -> Result<(), Error> {
        let Some(owners) = setup.layout.extra.owners else { return Ok(()) };
        let Some(begin) = (owners.begin)(setup, key) else { return Ok(()) };
        if self.read.contains(&begin) {
            return Ok(());
        }
        let mut sets: Vec<Key> = Vec::new();
        let pattern = [&crate::text::glob::escape(&begin), owners.rest.as_bytes()].concat();
        let mut interest = |key: &[u8]| if key.starts_with(&begin) { Interest::Name } else { Interest::Skip };
        let mut query = Query { pattern: Some(pattern), need: Need::NOTHING, interest: &mut interest };
        source.scan(&mut query, &mut |page| {
            sets.extend(page.records.into_iter().map(|record| record.key));
            ControlFlow::Continue(())
        })?;
        for batch in sets.chunks(BATCH) {
            for (set, members) in batch.iter().zip(source.members(batch, owners.sorted)?) {
                if members.is_empty() {
                    continue;
                }
                let user = (owners.user)(setup, &set.0[begin.len()..]).map(String::into_boxed_str);
                self.sets.push((set.clone(), user));
                for member in members {
                    let place = self.place(&begin, &member);
                    let before = self.of.insert(place, self.links.len());
                    self.links.push((self.sets.len() - 1, before));
                }
            }
        }
        self.read.insert(begin);
        Ok(())
    }

    /// Says whose session this is, if it does not say so itself, and which sets name it.
    pub fn name(&self, session: &mut Session<'_>) {
        if self.sets.is_empty() {
            return;
        }
        let Some(owners) = session.setup.layout.extra.owners else { return };
        let Some(begin) = (owners.begin)(session.setup, session.key) else { return };
        let by = |member: &[u8]| self.of.get(&self.place(&begin, member)).copied();
        let mut next = by(session.key).or_else(|| by(session.id));
        while let Some((set, before)) = next.and_then(|link| self.links.get(link)) {
            let (key, user) = &self.sets[*set];
            if session.facts.user.is_none() {
                session.facts.user = user.as_deref().map(|user| Cow::Owned(user.to_string()));
            }
            session.found.push(key.0.clone());
            next = *before;
        }
    }

    fn place(&self, begin: &[u8], member: &[u8]) -> [u64; 2] {
        [0, 1].map(|at: usize| self.hashers[at].hash_one((begin, member)))
    }
}
