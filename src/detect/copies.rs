//! Older copies of sessions: keys that a framework wrote before it named its keys in another way, and that
//! it falls back to when the session's key is gone.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use crate::layout::Setup;
use crate::layout::session::Session;
use crate::store::{Error, Interest, Key, Lookup, Need, Query, Record};

/// Copies that are remembered at most.
const MOST: usize = 2_000_000;

/// The copies of a run's sessions, by the keys that these have now.
#[derive(Default)]
pub struct Copies {
    /// What precedes the ids whose copies were looked for.
    read: HashSet<Vec<u8>>,
    of: HashMap<Vec<u8>, Vec<Vec<u8>>>,
    /// How many there are in all.
    count: usize,
}

impl Copies {
    /// Looks for the copies of all sessions that are named like this one, unless that was done.
    pub fn learn(&mut self, source: &mut dyn Lookup, setup: &Setup, key: &[u8]) -> Result<(), Error> {
        let Some(copies) = setup.layout.extra.copies else { return Ok(()) };
        let Some(before) = (copies.before)(setup, key) else { return Ok(()) };
        if self.read.contains(&before) {
            return Ok(());
        }
        let pattern = [&crate::text::glob::escape(&before), copies.begins.as_bytes()].concat();
        let mut interest =
            |key: &[u8]| if (copies.newer)(setup, key).is_some() { Interest::Name } else { Interest::Skip };
        let mut query = Query { pattern: Some(pattern), need: Need::NOTHING, interest: &mut interest };
        let (of, count) = (&mut self.of, &mut self.count);
        source.scan(&mut query, &mut |page| {
            for Record { key: Key(copy), .. } in page.records {
                if let Some(newer) = (copies.newer)(setup, &copy)
                    && *count < MOST
                {
                    *count += 1;
                    of.entry(newer).or_default().push(copy);
                }
            }
            ControlFlow::Continue(())
        })?;
        self.read.insert(before);
        Ok(())
    }

    /// What the copies of a session hold, where they are its members.
    pub fn parts(
        &mut self,
        source: &mut dyn Lookup,
        setup: &Setup,
        key: &[u8],
    ) -> Result<Vec<Record>, Error> {
        if !setup.layout.extra.copies.is_some_and(|copies| copies.are_parts) {
            return Ok(Vec::new());
        }
        self.learn(source, setup, key)?;
        match self.of.get(key) {
            Some(members) => {
                let keys: Vec<Key> = members.iter().cloned().map(Key).collect();
                source.read(&keys, Need::VALUE)
            }
            None => Ok(Vec::new()),
        }
    }

    /// Says which copies of a session there are.
    pub fn name(&self, session: &mut Session<'_>) {
        session.found.extend(self.of.get(session.key).into_iter().flatten().cloned());
    }
}

/// The key that the session of an older key would have now.
pub fn newer(setup: &Setup, key: &[u8]) -> Option<Key> {
    (setup.layout.extra.copies?.newer)(setup, key).map(Key)
}

/// Which of these keys are only copies of sessions that are there.
pub fn shadowed(source: &mut dyn Lookup, newer: &[Option<Key>]) -> Result<Vec<bool>, Error> {
    let asked: Vec<Key> = newer.iter().flatten().cloned().collect();
    if asked.is_empty() {
        return Ok(vec![false; newer.len()]);
    }
    let mut found = source.kinds(&asked)?.into_iter();
    Ok(newer.iter().map(|newer| newer.is_some() && found.next().flatten().is_some()).collect())
}
