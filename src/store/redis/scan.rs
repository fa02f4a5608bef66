//! The scan: one connection, requests queued ahead.
//!
//! As soon as the answer to a SCAN is in, the next SCAN and the reads of this page are sent, and only
//! then are the answers for the page before taken. So the server always has work while the client
//! decodes (measured in the performance notes of bench/README.md).

use std::collections::VecDeque;

use super::read::{Await, Reading, What};
use super::{RedisStore, bulk, small};
use crate::store::seen::Seen;
use crate::store::{Error, Interest, Key, Need, Page, Query, Raw, Record};
use ::redis::Value as Answer;
use std::ops::ControlFlow;

/// Keys a page: few enough to stay in caches and socket buffers.
const COUNT: &[u8] = b"400";
/// Where most keys are of no interest, larger steps cost fewer turns.
const COUNT_SPARSE: &[u8] = b"1000";
/// Keys a page, and pages that may be incomplete, where what is in them is changed at once: few enough
/// for the server's processor to have them at hand still.
const COUNT_CLOSE: &[u8] = b"50";
const AHEAD_CLOSE: usize = 2;
/// Keys a page at least where the server's other users are watched.
const MIN_COUNT: usize = 10;
/// A longer string is given by its beginning, for the caller to ask for the rest when its turn comes:
/// pages wait for each other, and a few of large values would fill the memory.
pub(super) const WHOLE: u64 = 32 << 10;
/// Pages that may be incomplete before the scan pauses (large values hold a page up).
const AHEAD: usize = 6;

/// A page whose answers are still coming in.
struct Assembly {
    page: Page,
    waiting: isize,
}

/// How far a scan is: what it takes to go on with it on another connection.
struct Course {
    /// The cursor whose answer has not come yet; `None` once the last one is in.
    next: Option<Vec<u8>>,
    /// Pages whose answers are still coming in.
    pages: VecDeque<Assembly>,
    /// Keys of pages whose answers will not come any more, as the connection was lost.
    left: VecDeque<Page>,
    /// Pages that were handed on.
    visited: u64,
}

impl Course {
    fn begun() -> Course {
        Course { next: Some(b"0".to_vec()), pages: VecDeque::new(), left: VecDeque::new(), visited: 0 }
    }

    /// The connection is another one: what was asked for on the old one is asked for again by its keys.
    fn turn(&mut self) {
        let blanked = |mut assembly: Assembly| {
            for record in &mut assembly.page.records {
                let key = std::mem::take(&mut record.key.0);
                *record = Record::unread(key, record.asked);
            }
            assembly.page
        };
        self.left.extend(self.pages.drain(..).map(blanked));
    }

    /// Reads what the lost connection still owed.
    fn catch_up(
        &mut self,
        store: &mut RedisStore,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        while let Some(page) = self.left.front_mut() {
            // Of some of them nothing but the name is wanted.
            let mut open: Vec<usize> = (0..page.records.len()).collect();
            open.retain(|at| page.records[*at].asked != Need::NOTHING);
            while let Some(need) = open.first().map(|at| page.records[*at].asked) {
                let (alike, others): (Vec<usize>, Vec<usize>) =
                    open.into_iter().partition(|at| page.records[*at].asked == need);
                let keys: Vec<Key> = alike.iter().map(|at| page.records[*at].key.clone()).collect();
                for (at, record) in alike.into_iter().zip(super::read::records(store, &keys, need)?) {
                    page.records[at] = record;
                }
                open = others;
            }
            let Some(page) = self.left.pop_front() else { break };
            self.visited += 1;
            if visit(page).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Connections in a row that are lost before they brought anything.
const FRUITLESS: u32 = 3;

/// Goes over all keys of a server that is alone. A connection that is lost on the way is made again, and the
/// scan goes on from where it was: a cursor holds on any connection to the same process.
pub(super) fn run(
    store: &mut RedisStore,
    query: &mut Query<'_>,
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut seen = Seen::new();
    let mut course = Course::begun();
    let mut fruitless = 0;
    loop {
        let before = course.visited;
        let ended = match course.catch_up(store, visit) {
            Ok(ControlFlow::Continue(())) => {
                ahead(store, query, &mut |key| seen.first(key), visit, &mut course)
            }
            Ok(ControlFlow::Break(())) => Ok(()),
            Err(error) => Err(error),
        };
        let error = match ended {
            Err(error @ Error::Lost { .. }) if store.is_renewable() => error,
            ended => return ended,
        };
        fruitless = if course.visited > before { 1 } else { fruitless + 1 };
        if fruitless > FRUITLESS || store.renew().is_err() || !store.is_same_process() {
            return Err(error);
        }
        course.turn();
    }
}

/// Goes over all keys that are met for the `first` time. What an error left in the middle has strayed.
pub(super) fn over(
    store: &mut RedisStore,
    query: &mut Query<'_>,
    first: &mut dyn FnMut(&[u8]) -> bool,
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut course = Course::begun();
    let ended = ahead(store, query, first, visit, &mut course);
    if ended.is_err() && (store.cluster || store.lead.is_some()) {
        let left = course.pages.into_iter().flat_map(|assembly: Assembly| assembly.page.records);
        store.strayed.extend(left.map(|record| (record.key, record.asked)));
    }
    ended
}

fn ahead(
    store: &mut RedisStore,
    query: &mut Query<'_>,
    first: &mut dyn FnMut(&[u8]) -> bool,
    visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    course: &mut Course,
) -> Result<(), Error> {
    // Where others are watched, few commands go at a time, and each has to be short.
    let small = store.flow.is_none() && small::all(store)?;
    let mut reading = Reading::of(small);
    // Answers to SCAN stand between those that `reading` awaits: how many of those come first.
    let mut scans: VecDeque<usize> = VecDeque::new();
    let mut first_page: u64 = 0;
    let mut cursor: Option<Vec<u8>> = course.next.clone();
    let Course { next: awaited_cursor, pages, visited, .. } = course;
    let (usual, most_ahead) = if store.close { (COUNT_CLOSE, AHEAD_CLOSE) } else { (COUNT, AHEAD) };
    let mut count = if store.flow.is_some() { MIN_COUNT.to_string().into_bytes() } else { usual.to_vec() };
    let mut urgent = true;

    loop {
        if let Some(next) = cursor.take_if(|_| scans.is_empty() && pages.len() < most_ahead) {
            push_scan(store, &next, query.pattern.as_deref(), &count);
            scans.push_back(reading.sent.len());
        }
        reading.ask_large(store, |page, slot| {
            &pages[(page - first_page) as usize].page.records[slot as usize].key.0
        });
        // What is awaited next must have been sent; follow-ups are gathered into larger writes.
        if scans.len() + reading.sent.len() <= store.unsent + 32 || store.out.len() > 8 << 10 || urgent {
            store.flush("SCAN")?;
            urgent = false;
        }

        if scans.front() == Some(&0) {
            scans.pop_front();
            let (next, keys) = take_scan(store)?;
            cursor = (next != b"0").then_some(next);
            awaited_cursor.clone_from(&cursor);
            // The next SCAN goes out before this page's reads, so that its answer overtakes them.
            if pages.len() < most_ahead
                && let Some(next) = cursor.take()
            {
                push_scan(store, &next, query.pattern.as_deref(), &count);
                scans.push_back(reading.sent.len());
            }
            let number = first_page + pages.len() as u64;
            let mut assembly = Assembly { page: Page { records: Vec::new(), scanned: 0 }, waiting: 0 };
            let mut together = Vec::new();
            for key in keys {
                if !first(&key) {
                    continue;
                }
                assembly.page.scanned += 1;
                let (need, hash, limit) = match (query.interest)(&key) {
                    Interest::Skip => continue,
                    Interest::Name => (Need::NOTHING, false, 0),
                    Interest::Look => (Need::VALUE, false, 0),
                    Interest::Read { hash } => (query.need.and(Need::VALUE), hash, WHOLE),
                };
                let slot = assembly.page.records.len() as u32;
                let mut asked = need;
                if need.value && !hash && reading.asks_together(store) {
                    together.push(slot);
                    asked.value = false;
                }
                assembly.waiting += reading.ask(store, &key, (number, slot), asked, hash, limit) as isize;
                assembly.page.records.push(Record::unread(key, need));
            }
            let records = &assembly.page.records;
            let key_of = |slot: u32| &records[slot as usize].key.0[..];
            assembly.waiting += reading.ask_together(store, number, &together, WHOLE, key_of) as isize;
            let wanted = assembly.page.records.len();
            let sparse =
                wanted * 4 < assembly.page.scanned as usize || (query.pattern.is_some() && !store.close);
            count = match &store.flow {
                // A step is one command, and must not take longer than the few others of a write.
                Some(flow) => flow.commands().max(MIN_COUNT).to_string().into_bytes(),
                None => if sparse { COUNT_SPARSE } else { usual }.to_vec(),
            };
            pages.push_back(assembly);
            urgent = true;
        } else if let Some(awaited) = reading.sent.pop_front() {
            for ahead in &mut scans {
                *ahead -= 1;
            }
            take_one(store, &mut reading, pages, first_page, awaited)?;
        } else if cursor.is_none() && pages.iter().all(|page| page.waiting == 0) {
            while let Some(done) = pages.pop_front() {
                *visited += 1;
                if visit(whole(store, &mut reading, first_page, done)).is_break() {
                    return Ok(());
                }
                first_page += 1;
            }
            return Ok(());
        }

        while pages.front().is_some_and(|page| page.waiting == 0) {
            let Some(done) = pages.pop_front() else { break };
            let page = whole(store, &mut reading, first_page, done);
            first_page += 1;
            *visited += 1;
            if visit(page).is_break() {
                // Answers are still on their way; the connection is not used after a stopped scan.
                return Ok(());
            }
        }
    }
}

/// A page without the records that are on another node by now.
fn whole(store: &mut RedisStore, reading: &mut Reading, number: u64, done: Assembly) -> Page {
    let mut page = done.page;
    if store.cluster {
        let mut slot = 0;
        page.records.retain(|record| {
            let strayed = reading.has_strayed(number, slot);
            slot += 1;
            if strayed {
                store.strayed.push((record.key.clone(), record.asked));
            }
            !strayed
        });
    }
    page
}

fn take_one(
    store: &mut RedisStore,
    reading: &mut Reading,
    pages: &mut VecDeque<Assembly>,
    first_page: u64,
    awaited: Await,
) -> Result<(), Error> {
    let assembly = &mut pages[(awaited.page - first_page) as usize];
    if awaited.what == What::Together {
        assembly.waiting += reading.take_together(store, awaited.page, &mut assembly.page.records)?;
        return Ok(());
    }
    let record = &mut assembly.page.records[awaited.slot as usize];
    let besides_kind = awaited.what == What::FieldCount { guess: None };
    debug_assert!(!besides_kind || record.raw != Raw::Unread);
    assembly.waiting += reading.take(store, awaited, record)?;
    Ok(())
}

fn push_scan(store: &mut RedisStore, cursor: &[u8], pattern: Option<&[u8]>, count: &[u8]) {
    match pattern {
        Some(pattern) => store.push(&[b"SCAN", cursor, b"MATCH", pattern, b"COUNT", count]),
        None => store.push(&[b"SCAN", cursor, b"COUNT", count]),
    }
}

fn take_scan(store: &mut RedisStore) -> Result<(Vec<u8>, Vec<Vec<u8>>), Error> {
    let Answer::Array(parts) = store.expect("SCAN")? else { return Err(store.senseless("SCAN")) };
    let mut parts = parts.into_iter();
    match (parts.next().and_then(bulk), parts.next()) {
        (Some(cursor), Some(Answer::Array(keys))) => {
            let keys = keys.into_iter().map(bulk).collect::<Option<Vec<_>>>();
            keys.map(|keys| (cursor, keys)).ok_or_else(|| store.senseless("SCAN"))
        }
        _ => Err(store.senseless("SCAN")),
    }
}
