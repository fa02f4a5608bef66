//! Which keys of a scan are worth reading.

use std::sync::Arc;

use crate::detect::{Detector, Known};
use crate::layout::Setup;
use crate::store::{Interest, Kind};

/// SCAN's MATCH where one prefix covers all that is asked.
pub(super) fn common_pattern(setups: &[Setup]) -> Option<Vec<u8>> {
    if setups.iter().any(|setup| setup.layout.keys.other_leads.is_some()) {
        return None;
    }
    let mut leads = setups.iter().map(Setup::known_lead);
    let first = leads.next()??;
    let same = leads.all(|lead| lead == Some(first));
    (same && !first.is_empty()).then(|| {
        let mut pattern = crate::text::glob::escape(first);
        pattern.push(b'*');
        pattern
    })
}

/// The scanning thread's view of what is worth reading.
pub(super) struct Interests<'a> {
    known: &'a Known,
    version: usize,
    prefixes: Arc<Vec<(Vec<u8>, bool)>>,
    /// What keys of the named layouts begin with; empty when all are asked.
    leads: Vec<(Vec<u8>, bool)>,
    free: bool,
}

impl<'a> Interests<'a> {
    pub(super) fn new(detector: &Detector<'_>, known: &'a Known) -> Self {
        let leads = |setup: &Setup| {
            let hash = setup.layout.keys.kind == Kind::Hash;
            setup.known_leads().into_iter().map(move |lead| (lead, hash))
        };
        Interests {
            known,
            version: 0,
            prefixes: Arc::default(),
            leads: detector.setups.iter().flat_map(leads).collect(),
            free: detector.setups.iter().any(|setup| setup.known_lead().is_none()),
        }
    }

    pub(super) fn of(&mut self, key: &[u8]) -> Interest {
        if !self.free {
            // Where several layouts share a prefix, the kind is only a guess of which to try first.
            let lead = self.leads.iter().find(|(lead, _)| key.starts_with(lead));
            return lead.map_or(Interest::Skip, |(_, hash)| Interest::Read { hash: *hash });
        }
        if let Some(prefixes) = self.known.newer_than(&mut self.version) {
            self.prefixes = prefixes;
        }
        let known = self.prefixes.iter().find(|(prefix, _)| !prefix.is_empty() && key.starts_with(prefix));
        known.map_or(Interest::Look, |(_, hash)| Interest::Read { hash: *hash })
    }
}
