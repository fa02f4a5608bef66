//! Sessions by key, without a scan.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::now_ms;
use crate::codec::Limits;
use crate::detect::copies::{self, Copies};
use crate::detect::index::Set;
use crate::detect::owners::Owners;
use crate::detect::proof::prove;
use crate::detect::twins::Twins;
use crate::detect::{self, Detector, Identity, evidence};
use crate::layout::session::{Certainty, Session, Unnamed};
use crate::layout::{Blob, Setup};
use crate::store::{Error, Interest, Key, Kind, Lookup, Medium, Need, Query, Record};

/// Sessions by key, without a scan: what `inspect` and `purge ID` look up.
pub fn lookup(
    source: &mut dyn Lookup,
    setups: &[Setup],
    keys: &[Key],
    need: Need,
    each: &mut dyn FnMut(&Record, Option<&Session<'_>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    look_at(source, setups, keys, need, true, each)
}

/// The same at a glance: nothing is asked for but the keys and what tells their layouts. Of what is to be
/// ended next to them nothing is known, and a session that names no user is nobody's only by its own mark.
pub fn glance(
    source: &mut dyn Lookup,
    setups: &[Setup],
    keys: &[Key],
    need: Need,
    each: &mut dyn FnMut(&Record, Option<&Session<'_>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    look_at(source, setups, keys, need, false, each)
}

fn look_at(
    source: &mut dyn Lookup,
    setups: &[Setup],
    keys: &[Key],
    need: Need,
    closely: bool,
    each: &mut dyn FnMut(&Record, Option<&Session<'_>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let detector = Detector::new(setups);
    let mut scratch = Set::default();
    let mut twins = Twins::new(setups);
    let mut owners = Owners::default();
    // Whether a family shows its users, by what its keys begin with.
    let mut families: HashMap<Vec<u8>, bool> = HashMap::new();
    let records = source.read(keys, need.and(Need::VALUE))?;
    let now = now_ms();
    let mut copies = Copies::default();
    let mut identified = Vec::with_capacity(records.len());
    for record in &records {
        let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let identity = match detector.identify(&blob, &mut scratch) {
            Identity::Session(at, certainty) => Some((at, certainty)),
            Identity::Several(at) => Some((at, Certainty::Weak)),
            Identity::Kin(at) => match prove(source, setups, &[(at, record)])?[..] {
                [true] => Some((at, Certainty::Sure)),
                _ if setups[at as usize].named => Some((at, Certainty::Shape)),
                _ => Some((at, Certainty::Weak)),
            },
            Identity::Open | Identity::Foreign => None,
        };
        let newer = identity.and_then(|(at, _)| copies::newer(&setups[at as usize], blob.key));
        let identity = match copies::shadowed(source, &[newer])?[..] {
            [true] => None,
            _ => identity,
        };
        if let Some((at, certainty)) = identity {
            let setup = &setups[at as usize];
            owners.learn(source, setup, blob.key)?;
            let data = detect::data(setup, &blob);
            twins.session(&detect::session(setup, &blob, data.as_ref(), record, certainty, now), &blob);
        }
        identified.push(identity);
    }
    if twins.any() {
        twins.look_up(source)?;
    }
    for (record, identity) in records.iter().zip(identified) {
        let Some((at, certainty)) = identity else {
            each(record, None)?;
            continue;
        };
        let mut blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let setup = &setups[twins.name(at, &blob) as usize];
        let parts = match setup.layout.extra.parts {
            Some(parts) => source.read(&parts(setup, &blob), Need::VALUE)?,
            None => copies.parts(source, setup, blob.key)?,
        };
        blob.parts = &parts;
        let data = detect::data(setup, &blob);
        let mut session = detect::session(setup, &blob, data.as_ref(), record, certainty, now);
        owners.name(&mut session);
        if need.ttl && closely {
            copies.learn(source, setup, session.key)?;
            copies.name(&mut session);
        }
        if closely && session.facts.user.is_none() && session.facts.unnamed == Unnamed::Open {
            let prefix = evidence::prefix(setup, &session);
            let shows = if let Some(shows) = families.get(prefix) {
                *shows
            } else {
                let shows = shows_users(source, &detector, at, prefix)?;
                families.insert(prefix.to_vec(), shows);
                shows
            };
            if shows {
                session.facts.unnamed = Unnamed::Nobody;
            }
        }
        each(record, Some(&session))?;
    }
    Ok(())
}

/// Keys that are gone over to find a session of the same family which names its user.
const LOOKED_OVER: u64 = 5_000;

/// Whether a session of that layout under that prefix names its user, as far as some keys tell.
fn shows_users(
    source: &mut dyn Lookup,
    detector: &Detector<'_>,
    at: u16,
    prefix: &[u8],
) -> Result<bool, Error> {
    let layout = detector.setups[usize::from(at)].layout;
    let (hash, anywhere) = (layout.keys.kind == Kind::Hash, layout.medium == Medium::File);
    let mut interest = |key: &[u8]| {
        if anywhere || key.starts_with(prefix) { Interest::Read { hash } } else { Interest::Skip }
    };
    let mut pattern = crate::text::glob::escape(prefix);
    pattern.push(b'*');
    let mut query =
        Query { pattern: (!anywhere).then_some(pattern), need: Need::VALUE, interest: &mut interest };
    let (mut shows, mut scanned) = (false, 0);
    let mut scratch = Set::default();
    source.scan(&mut query, &mut |page| {
        scanned += page.scanned;
        for record in &page.records {
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            if !matches!(detector.identify(&blob, &mut scratch), Identity::Session(other, _) if other == at) {
                continue;
            }
            let setup = &detector.setups[usize::from(at)];
            let data = detect::data(setup, &blob);
            let session = detect::session(setup, &blob, data.as_ref(), record, Certainty::Sure, 0);
            if session.facts.user.is_some() && evidence::prefix(setup, &session) == prefix {
                shows = true;
                return ControlFlow::Break(());
            }
        }
        if scanned >= LOOKED_OVER { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(shows)
}
