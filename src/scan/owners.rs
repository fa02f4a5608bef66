//! Users of whom only sets beside the sessions know: the user's name is in the set's, the sessions are
//! its members. All sets of an application are read once, when its first session turns up.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

use crate::layout::Setup;
use crate::layout::session::Session;
use crate::store::{Error, Interest, Key, Need, Query, Source};

/// Sets asked for at a time.
const BATCH: usize = 500;

/// Who has which session. Members are remembered by 128 bits of hash, since there may be millions.
#[derive(Default)]
pub(super) struct Owners {
    /// What the names of the sets begin with that were read.
    read: HashSet<Vec<u8>>,
    users: Vec<Box<str>>,
    of: HashMap<[u64; 2], u32>,
    hashers: [RandomState; 2],
}

impl Owners {
    /// Reads the sets of the application that a key belongs to, if there are such and unless they were.
    pub(super) fn learn(&mut self, source: &mut dyn Source, setup: &Setup, key: &[u8]) -> Result<(), Error> {
        let Some(begin) = begin(setup, key) else { return Ok(()) };
        if self.read.contains(&begin) {
            return Ok(());
        }
        let mut sets: Vec<Key> = Vec::new();
        let mut pattern = crate::select::glob::escape(&begin);
        pattern.push(b'*');
        let mut interest = |key: &[u8]| if key.starts_with(&begin) { Interest::Name } else { Interest::Skip };
        let mut query = Query { pattern: Some(pattern), need: Need::NOTHING, interest: &mut interest };
        source.scan(&mut query, &mut |page| {
            sets.extend(page.records.into_iter().map(|record| record.key));
            ControlFlow::Continue(())
        })?;
        for batch in sets.chunks(BATCH) {
            for (set, members) in batch.iter().zip(source.members(batch)?) {
                let user = self.users.len() as u32;
                self.users.push(String::from_utf8_lossy(&set.0[begin.len()..]).into());
                for member in members {
                    let place = self.place(&begin, &member);
                    self.of.insert(place, user);
                }
            }
        }
        self.read.insert(begin);
        Ok(())
    }

    /// Says whose session this is, if it does not say so itself.
    pub(super) fn name(&self, session: &mut Session<'_>) {
        if session.facts.user.is_some() || self.users.is_empty() {
            return;
        }
        let Some(begin) = begin(session.setup, session.key) else { return };
        let by = |member: &[u8]| self.of.get(&self.place(&begin, member));
        if let Some(user) = by(session.key).or_else(|| by(session.id)) {
            session.facts.user = Some(Cow::Owned(self.users[*user as usize].to_string()));
        }
    }

    fn place(&self, begin: &[u8], member: &[u8]) -> [u64; 2] {
        [0, 1].map(|at: usize| self.hashers[at].hash_one((begin, member)))
    }
}

fn begin(setup: &Setup, key: &[u8]) -> Option<Vec<u8>> {
    (setup.layout.extra.owners?)(setup, key)
}
