//! Going over all keys of a cluster while slots move and nodes fail.
//!
//! All primaries are scanned at the same time. That alone would miss keys: those that move from a node
//! that is not scanned to their place yet to one where the scan has passed. So a slot counts as seen
//! only where its node says before and after that it was there all the time, and the keys of all other
//! slots are listed again, slot by slot, which the server does in one go. What a slot on its way has is
//! asked of the node that gives first, and then of the one that takes: a key moves in this direction
//! only. Keys that come twice are handed on once. A slot that cannot be seen makes the scan incomplete.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::map::{Node, Own};
use super::nodes::Nodes;
use crate::store::redis::patience::{Patience, passes};
use crate::store::redis::slots::{SLOTS, slot_of};
use crate::store::redis::{Answer, RedisStore, bulk, int, load, read, scan};
use crate::store::seen::Seen;
use crate::store::{Error, Interest, Key, Need, Page, Query, Record};
use crate::text::glob::Glob;

/// Pages of each node that may wait to be handed on.
const PAGES_AHEAD: usize = 2;
/// Slots that are listed between two looks at who has them.
const SLOTS_AT_ONCE: usize = 128;
/// Keys of a slot beyond those that were counted, as it may grow while it is asked.
const ROOM: i64 = 1_000;
/// Records that are read at a time where they are named.
const AT_ONCE: usize = 100;

/// What the nodes' scans share: each key is taken up once.
struct Gate<'q> {
    seen: Seen,
    interest: &'q mut (dyn FnMut(&[u8]) -> Interest + Send),
}

/// What came of one node's scan.
struct Swept {
    store: Option<RedisStore>,
    /// Slots of which every key was seen.
    covered: Vec<u16>,
    /// Keys that were met and not read: they were on another node by then, or the connection was lost.
    strayed: Vec<(Key, Need)>,
    /// Keys that an ACL hid on a replica.
    hidden: u64,
    error: Option<Error>,
}

pub(super) fn run(
    nodes: &mut Nodes,
    place: &str,
    query: &mut Query<'_>,
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (pattern, need) = (query.pattern.clone(), query.need);
    let gate = Mutex::new(Gate { seen: Seen::new(), interest: &mut *query.interest });
    // What is lent to a thread comes back by its place.
    let primaries: Vec<(usize, Node)> = nodes.map.nodes.iter().cloned().enumerate().collect();
    let lent: Vec<Option<RedisStore>> = primaries.iter().map(|(at, _)| nodes.lend(*at)).collect();
    let mut stopped = false;
    let swept: Vec<Swept> = std::thread::scope(|scope| {
        let (pages, receiver) = sync_channel::<Page>(PAGES_AHEAD * primaries.len());
        let (gate, pattern, shared) = (&gate, &pattern, &*nodes);
        let running: Vec<_> = primaries
            .iter()
            .zip(lent)
            .map(|((_, node), store)| {
                let pages = pages.clone();
                scope.spawn(move || sweep(shared, node, store, pattern.as_deref(), need, gate, &pages))
            })
            .collect();
        drop(pages);
        for page in &receiver {
            if visit(page).is_break() {
                stopped = true;
                break;
            }
        }
        // Anyone who still scans is told so by this.
        drop(receiver);
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut unseen: Vec<bool> = vec![true; usize::from(SLOTS)];
    let mut strayed = Vec::new();
    let (mut why, mut fatal) = (None, None);
    for ((at, _), one) in primaries.iter().zip(swept) {
        match (one.store, &one.error, stopped) {
            (Some(store), None, false) => nodes.give_back(*at, store),
            (Some(store), ..) => nodes.spent(&store),
            (None, ..) => {}
        }
        for slot in one.covered {
            unseen[usize::from(slot)] = false;
        }
        strayed.extend(one.strayed);
        nodes.hid(one.hidden);
        match one.error {
            Some(error) if passes(&error) || matches!(error, Error::Timeout { .. }) => why = Some(error),
            error => fatal = fatal.or(error),
        }
    }
    if stopped {
        return Ok(());
    }
    if let Some(error) = fatal {
        return Err(error);
    }
    // Keys of a node that has gone since are named by their slots, once the rest was seen.
    let mut unread = None;
    match hand_on(nodes, &strayed, visit) {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => return Ok(()),
        Err(error) if passes(&error) => unread = Some(error.to_string()),
        Err(error) => return Err(error),
    }
    let open: Vec<u16> = (0..SLOTS).filter(|slot| unseen[usize::from(*slot)]).collect();
    let mut rest = Rest { gate: &gate, glob: pattern.as_deref().map(Glob::new), need, visit };
    rest.list(nodes, place, open, why)?;
    let slots: Vec<u16> = strayed.iter().map(|(key, _)| slot_of(&key.0)).collect();
    let unseen = |why| Error::Unseen { place: place.to_string(), slots: spans(&slots), why };
    unread.map(unseen).map_or(Ok(()), Err)
}

/// Scans one node.
fn sweep(
    nodes: &Nodes,
    node: &Node,
    store: Option<RedisStore>,
    pattern: Option<&[u8]>,
    need: Need,
    gate: &Mutex<Gate<'_>>,
    pages: &SyncSender<Page>,
) -> Swept {
    let mut swept = Swept { store, covered: Vec::new(), strayed: Vec::new(), hidden: 0, error: None };
    let error = match swept.store.take().map_or_else(|| nodes.connect(node), Ok) {
        Ok(store) => {
            let primary = swept.store.insert(store);
            let mut scan = |reader: Option<&mut RedisStore>| {
                one_scan(primary, reader, pattern, need, gate, pages, &mut swept.covered).err()
            };
            match nodes.choose(node) {
                Some(mut replica) => {
                    let error = scan(Some(&mut replica));
                    swept.strayed = std::mem::take(&mut replica.strayed);
                    swept.hidden = replica.hidden_keys;
                    error
                }
                None => scan(None),
            }
        }
        Err(error) => Some(error),
    };
    if let Some(store) = &mut swept.store {
        swept.strayed.append(&mut store.strayed);
    }
    Swept { error, ..swept }
}

/// How long a replica may take to come to where its primary is.
pub(super) const BEHIND: Duration = Duration::from_secs(10);

/// Scans a primary, or its replica in its place. Whether slots stayed is the primary's to say: a replica
/// hears of it later. It is waited for until it has what its primary had then.
fn one_scan(
    primary: &mut RedisStore,
    replica: Option<&mut RedisStore>,
    pattern: Option<&[u8]>,
    need: Need,
    gate: &Mutex<Gate<'_>>,
    pages: &SyncSender<Page>,
    covered: &mut Vec<u16>,
) -> Result<(), Error> {
    let before = Own::ask(primary)?;
    let mut caught_up = true;
    let (store, mut primary) = match replica {
        Some(replica) => {
            caught_up = load::caught_up(primary, replica, BEHIND)?;
            (replica, Some(primary))
        }
        None => (primary, None),
    };
    store.may_read(need)?;
    let shared = || gate.lock().unwrap_or_else(PoisonError::into_inner);
    let mut interest = |key: &[u8]| {
        let mut gate = shared();
        (gate.interest)(key)
    };
    let mut query = Query { pattern: pattern.map(<[u8]>::to_vec), need, interest: &mut interest };
    let mut stopped = false;
    let mut hand = |page: Page| {
        stopped = pages.send(page).is_err();
        if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    scan::over(store, &mut query, &mut |key| shared().seen.first(key), &mut hand)?;
    if !stopped && caught_up {
        let after = Own::ask(match &mut primary {
            Some(primary) => primary,
            None => store,
        })?;
        covered.extend((0..SLOTS).filter(|slot| before.stayed(*slot, &after)));
    }
    Ok(())
}

/// Reads keys wherever they are by now, and hands them on.
fn hand_on(
    nodes: &mut Nodes,
    keys: &[(Key, Need)],
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    for some in keys.chunks(AT_ONCE) {
        let ask = &mut |store: &mut RedisStore, some: &[(Key, Need)]| {
            let mut records: Vec<Record> = Vec::with_capacity(some.len());
            // As a rule all of them need the same.
            for alike in some.chunk_by(|one, other| one.1 == other.1) {
                let keys: Vec<Key> = alike.iter().map(|(key, _)| key.clone()).collect();
                records.extend(match alike[0].1 {
                    Need::NOTHING => {
                        keys.into_iter().map(|key| Record::unread(key.0, Need::NOTHING)).collect()
                    }
                    need => read::within(store, &keys, need, scan::WHOLE)?,
                });
            }
            Ok(records)
        };
        let records = nodes.all(some, &|(key, _)| slot_of(&key.0), ask)?;
        if visit(Page { records, scanned: 0 }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What is left to be listed slot by slot.
struct Rest<'r, 'q> {
    gate: &'r Mutex<Gate<'q>>,
    glob: Option<Glob>,
    need: Need,
    visit: &'r mut dyn FnMut(Page) -> ControlFlow<()>,
}

impl Rest<'_, '_> {
    /// Lists these slots until each was seen whole, or it is of no use to go on.
    fn list(
        &mut self,
        nodes: &mut Nodes,
        place: &str,
        mut open: Vec<u16>,
        mut why: Option<Error>,
    ) -> Result<(), Error> {
        let mut patience = Patience::new(nodes.limit());
        while !open.is_empty() {
            let _ = nodes.refresh();
            let many = open.len();
            let mut left = Vec::new();
            for (owner, places) in nodes.grouped(open.iter().copied().enumerate()) {
                for some in places.chunks(SLOTS_AT_ONCE) {
                    let slots: Vec<u16> = some.iter().map(|at| open[*at]).collect();
                    let Some(owner) = owner else {
                        why = Some(nodes.unserved(slots[0]));
                        left.extend(slots);
                        continue;
                    };
                    match list(nodes, owner, &slots) {
                        Ok((keys, missed)) => {
                            left.extend(missed);
                            if self.hand_on(nodes, keys)?.is_break() {
                                return Ok(());
                            }
                        }
                        Err(error) if passes(&error) || matches!(error, Error::Timeout { .. }) => {
                            nodes.forget(owner);
                            why = Some(error);
                            left.extend(slots);
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            open = left;
            if open.is_empty() {
                return Ok(());
            }
            // Anyone who listens may have had enough meanwhile.
            if (self.visit)(Page::default()).is_break() {
                return Ok(());
            }
            if open.len() < many {
                patience = Patience::new(nodes.limit());
                continue;
            }
            let unreachable =
                matches!(why, Some(Error::Connect { .. } | Error::Lost { .. } | Error::ClusterDown { .. }));
            let hope = !unreachable || open.iter().any(|slot| nodes.has_hope(*slot));
            if !patience.wait(hope) {
                break;
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let why =
            why.map_or_else(|| "they are being moved continuously".to_string(), |error| error.to_string());
        Err(Error::Unseen { place: place.to_string(), slots: spans(&open), why })
    }

    fn hand_on(&mut self, nodes: &mut Nodes, keys: Vec<Vec<u8>>) -> Result<ControlFlow<()>, Error> {
        let mut wanted = Vec::new();
        let mut scanned = 0;
        {
            let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
            for key in keys {
                if self.glob.as_ref().is_some_and(|glob| !glob.matches(&key)) || !gate.seen.first(&key) {
                    continue;
                }
                scanned += 1;
                let need = match (gate.interest)(&key) {
                    Interest::Skip => continue,
                    Interest::Name => Need::NOTHING,
                    Interest::Look => Need::VALUE,
                    Interest::Read { .. } => self.need.and(Need::VALUE),
                };
                wanted.push((Key(key), need));
            }
        }
        if scanned > 0 && (self.visit)(Page { records: Vec::new(), scanned }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        hand_on(nodes, &wanted, self.visit)
    }
}

/// The keys of these slots, and which of the slots were not there all the time.
fn list(nodes: &mut Nodes, owner: usize, slots: &[u16]) -> Result<(Vec<Vec<u8>>, Vec<u16>), Error> {
    let store = nodes.node(owner)?;
    let before = Own::ask(store)?;
    let (mut keys, cut) = keys_of(store, slots)?;
    // Where they go to, asked after where they come from.
    let mut going: BTreeMap<(String, u16), Vec<u16>> = BTreeMap::new();
    for slot in slots {
        if let Some(to) = before.goes(*slot) {
            going.entry(to.clone()).or_default().push(*slot);
        }
    }
    let mut missed = cut;
    for ((host, port), slots) in going {
        let (more, cut) = keys_of(&mut nodes.to(&host, port)?, &slots)?;
        keys.extend(more);
        missed.extend(cut);
    }
    let after = Own::ask(nodes.node(owner)?)?;
    let there = |slot: &&u16| before.stayed(**slot, &after) || before.went(**slot, &after).is_some();
    let known: Vec<u16> = missed.clone();
    missed.extend(slots.iter().filter(|slot| !there(slot) && !known.contains(slot)));
    Ok((keys, missed))
}

/// The keys of slots at one node, and the slots that grew beyond what was asked for.
fn keys_of(store: &mut RedisStore, slots: &[u16]) -> Result<(Vec<Vec<u8>>, Vec<u16>), Error> {
    let text = |number: i64| number.to_string().into_bytes();
    for slot in slots {
        store.push(&[b"CLUSTER", b"COUNTKEYSINSLOT", &text(i64::from(*slot))]);
    }
    store.flush("CLUSTER COUNTKEYSINSLOT")?;
    let mut limits = Vec::with_capacity(slots.len());
    let mut refused = None;
    for _ in slots {
        match store.expect("CLUSTER COUNTKEYSINSLOT") {
            Ok(answer) => limits.push(int(&answer).unwrap_or(0).max(0) + ROOM),
            Err(error @ (Error::Lost { .. } | Error::Timeout { .. })) => return Err(error),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    if let Some(error) = refused {
        return Err(error);
    }
    for (slot, limit) in slots.iter().zip(&limits) {
        store.push(&[b"CLUSTER", b"GETKEYSINSLOT", &text(i64::from(*slot)), &text(*limit)]);
    }
    store.flush("CLUSTER GETKEYSINSLOT")?;
    let (mut keys, mut cut, mut refused) = (Vec::new(), Vec::new(), None);
    for (slot, limit) in slots.iter().zip(limits) {
        match store.expect("CLUSTER GETKEYSINSLOT") {
            Ok(Answer::Array(some)) => {
                if some.len() as i64 >= limit {
                    cut.push(*slot);
                }
                keys.extend(some.into_iter().filter_map(bulk));
            }
            Ok(_) => return Err(store.senseless("CLUSTER GETKEYSINSLOT")),
            Err(error @ (Error::Lost { .. } | Error::Timeout { .. })) => return Err(error),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    refused.map_or(Ok((keys, cut)), Err)
}

/// `3, 5-9` for these slots, as an error says them.
pub(in crate::store::redis) fn spans(slots: &[u16]) -> String {
    let mut slots = slots.to_vec();
    slots.sort_unstable();
    slots.dedup();
    let spans: Vec<&[u16]> = slots.chunk_by(|one, next| one + 1 == *next).collect();
    let shown = spans.iter().take(8).map(|span| match span {
        [one] => one.to_string(),
        span => format!("{}-{}", span[0], span[span.len() - 1]),
    });
    let more = if spans.len() > 8 { ", …" } else { "" };
    shown.collect::<Vec<_>>().join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_told_in_spans() {
        assert_eq!(spans(&[9, 3, 5, 6, 7, 5]), "3, 5-7, 9");
        let odd: Vec<u16> = (0..40).map(|n| 2 * n + 1).collect();
        assert_eq!(spans(&odd), "1, 3, 5, 7, 9, 11, 13, 15, …");
    }
}
