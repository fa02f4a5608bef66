//! Rounds: some steps are read again while they are watched, written down where they are to be kept, and changed.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::asked::{ask, hear};
use super::by_script::by_script;
use super::transaction::{Settled, change, settle};
use super::{Found, Share, Stop, Task};
use crate::store::redis::slots::together;
use crate::store::redis::{GENTLE_WATCHED, RedisStore, WATCHED, backup};
use crate::store::{Error, Keeper, Outcome, Writing};

/// Bytes of values that are read again at a time, unless one alone is larger.
const BYTES: u64 = 8 << 20;
/// Connections that are read again together while others wait for the disk.
const TURN: usize = 4;
/// How often a session is tried that is being written all the time.
const TRIES: usize = 20;

/// Tries the steps at these places until each has an outcome; those that have none when it stops were not
/// done, or nobody knows, or are not as they were `written` down ahead.
///
/// Where backups are kept, the connections take turns: while some wait for the disk, others read again. Where
/// each answer is waited for longer than that, all of them are asked at once instead.
pub(super) fn rounds(
    store: &mut RedisStore,
    task: Task<'_>,
    places: &[usize],
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Stop> {
    let mut waiting = VecDeque::new();
    let ended = in_turns(store, task, places, outcomes, keeper, &mut waiting);
    if let Err(stop) = &ended {
        leave(store, waiting, keeper, stop.answered);
    }
    ended
}

/// The same; what is waiting for the disk when it stops is left there.
fn in_turns<'s>(
    store: &mut RedisStore,
    task: Task<'s>,
    places: &[usize],
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
    waiting: &mut VecDeque<Round<'s>>,
) -> Result<(), Stop> {
    let steps = task.steps;
    // What is read again is held at once, so a round is bounded by its bytes as well.
    let bytes = |range: &Range<usize>| steps[range.clone()].iter().map(|step| step.bytes).sum::<u64>();
    // A transaction is carried out in one go, however its commands were sent.
    let watched = store.flow.as_ref().map_or(WATCHED, |flow| flow.commands().clamp(1, GENTLE_WATCHED));
    let mut open: VecDeque<Range<usize>> = VecDeque::new();
    for (at, step) in places.iter().map(|at| (*at, &steps[*at])) {
        match open.back_mut() {
            Some(last)
                if last.end == at
                    && last.len() < watched
                    && bytes(last) + step.bytes <= BYTES
                    && (!store.cluster || together(&steps[last.start].key, &step.key)) =>
            {
                last.end = at + 1;
            }
            _ => open.push_back(at..at + 1),
        }
    }
    let lanes = store.open_lanes(open.len().min(store.wanted_lanes(keeper.is_some())));
    let turns = if keeper.is_some() && lanes >= 2 * TURN && store.is_quick()? { lanes / TURN } else { 1 };
    let each = lanes / turns;
    let mut free: VecDeque<usize> = (0..turns).map(|turn| turn * each).collect();
    let mut tries = 0;
    loop {
        if let (Some(first), false) = (free.front().copied(), open.is_empty()) {
            let mut ranges: Vec<Range<usize>> = Vec::new();
            let mut held = 0;
            while let Some(range) = open.front() {
                held += bytes(range);
                if ranges.len() == each || (!ranges.is_empty() && held > BYTES / turns as u64) {
                    break;
                }
                ranges.extend(open.pop_front());
            }
            waiting.push_back(prepare(store, first, task, &ranges, keeper)?);
            free.pop_front();
            if !free.is_empty() && !open.is_empty() {
                continue;
            }
        }
        let Some(round) = waiting.pop_front() else { break };
        free.push_back(round.first);
        let dropped = finish(store, round, outcomes, keeper)?;
        // One of a lane's keys was written between reading and changing: tried again in halves.
        for range in dropped {
            if range.len() > 1 {
                let middle = range.start + range.len() / 2;
                open.push_back(range.start..middle);
                open.push_back(middle..range.end);
            } else if tries < TRIES * steps.len() {
                tries += 1;
                open.push_back(range);
            } else {
                outcomes[range.start] = Some(Outcome::Failed("it is being written continuously".to_string()));
            }
        }
    }
    Ok(())
}

/// Some ranges of steps, one a lane, that were read again while they are watched.
struct Round<'s> {
    /// The first of its lanes.
    first: usize,
    shares: Vec<Share<'s>>,
    /// Their backups, on the way to the disk.
    writing: Writing,
}

/// Of rounds that are not to be finished nothing was done.
fn leave(
    store: &mut RedisStore,
    rounds: VecDeque<Round<'_>>,
    keeper: &mut Option<&mut dyn Keeper>,
    answered: bool,
) {
    for round in rounds {
        let places = round.shares.iter().flat_map(|share| share.start..share.start + share.steps.len());
        let void: Vec<u32> = places.map(|at| at as u32).collect();
        if let Some(keeper) = keeper {
            // Without this line, undo looks at each of them and finds it there.
            let _ = keeper.void(&void);
        }
        for at in 0..if answered { round.shares.len() } else { 0 } {
            let _ = store.lane(round.first + at).ask(&[b"UNWATCH"]);
        }
    }
}

/// Reads one range a lane again and writes down what is to go.
///
/// All lanes ask before the first is heard, so that the server always has work, unless its other users
/// are watched.
fn prepare<'s>(
    store: &mut RedisStore,
    first: usize,
    task: Task<'s>,
    ranges: &[Range<usize>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Round<'s>, Stop> {
    let keeps = keeper.is_some();
    let Task { steps, fit, written } = task;
    let mut shares: Vec<Share<'s>> = ranges
        .iter()
        .map(|range| Share {
            start: range.start,
            steps: &steps[range.clone()],
            fit,
            written,
            found: Vec::new(),
            contents: Vec::new(),
            key_ends: Vec::new(),
            no_index: true,
            ending: Vec::new(),
            awaited: Vec::new(),
            field_ends: HashMap::new(),
        })
        .collect();
    let one_by_one = store.flow.is_some();
    for (at, share) in shares.iter_mut().enumerate() {
        ask(store.lane(first + at), share, keeps)?;
        if one_by_one {
            hear(store.lane(first + at), share, keeps)?;
        }
    }
    for (at, share) in shares.iter_mut().enumerate().filter(|_| !one_by_one) {
        hear(store.lane(first + at), share, keeps)?;
    }
    let Some(keeper) = keeper else { return Ok(Round { first, shares, writing: Writing::done() }) };
    let mut seen = Vec::new();
    for share in &mut shares {
        let contents = std::mem::take(&mut share.contents);
        let ends = std::mem::take(&mut share.key_ends).into_iter().chain(std::iter::repeat(None));
        let found = (share.start..).zip(&share.found).zip(contents).zip(ends);
        let same = found.filter(|(((_, found), _), _)| matches!(found, Found::Same));
        let no_index = share.no_index;
        seen.extend(same.map(|(((at, _), content), end)| backup::Seen { at, content, end, no_index }));
    }
    let (backups, vanished) = backup::collect(store, steps, seen)?;
    for share in &mut shares {
        for (at, found) in (share.start..).zip(&mut share.found) {
            if vanished.contains(&at) {
                *found = Found::Gone;
            }
        }
    }
    match keeper.preparing(&backups) {
        Ok(writing) => Ok(Round { first, shares, writing }),
        Err(error) => Err(not_kept(store, first, shares.len(), &error)),
    }
}

/// What goes cannot be written down, so that nothing goes.
fn not_kept(store: &mut RedisStore, first: usize, lanes: usize, error: &std::io::Error) -> Stop {
    for at in 0..lanes {
        if let Err(error) = store.lane(first + at).ask(&[b"UNWATCH"]) {
            return error.into();
        }
    }
    Stop::answered(Error::Backup(error.to_string()))
}

/// Changes what was read again, once it is on the disk; gives back the ranges whose transaction the
/// server dropped.
fn finish(
    store: &mut RedisStore,
    round: Round<'_>,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Vec<Range<usize>>, Stop> {
    let Round { first, mut shares, writing } = round;
    if let Err(error) = writing.wait() {
        return Err(not_kept(store, first, shares.len(), &error));
    }
    let one_by_one = store.flow.is_some();
    let mut undone = Vec::new();
    let mut dropped = Vec::new();
    let mut stop: Option<Stop> = None;
    // Each lane is heard, whatever became of another: what it did is done.
    let mut full: Vec<usize> = Vec::new();
    let mut settled = |store: &mut RedisStore, at: usize, share: &Share<'_>, stop: &mut Option<Stop>| {
        let range = share.start..share.start + share.steps.len();
        match settle(store.lane(first + at), share, &mut outcomes[range.clone()]) {
            Ok(Settled::Executed) => {}
            Ok(Settled::Dropped) => {
                undone.extend(range.clone());
                dropped.push(range);
            }
            Ok(Settled::Full) => full.push(at),
            Ok(Settled::Refused(error)) => {
                undone.extend(range);
                stop.get_or_insert(Stop::answered(error));
            }
            Ok(Settled::Partly(error)) => {
                stop.get_or_insert(Stop::answered(error));
            }
            Err(error) => stop.get_or_insert(Stop::answered(error)).lost(share),
        }
    };
    let mut sent = 0;
    for (at, share) in shares.iter_mut().enumerate() {
        if let Err(error) = change(store.lane(first + at), share) {
            stop.get_or_insert(error.into()).lost(share);
            break;
        }
        sent += 1;
        if one_by_one {
            settled(store, at, share, &mut stop);
            if stop.is_some() {
                break;
            }
        }
    }
    for (at, share) in shares.iter().enumerate().take(sent).filter(|_| !one_by_one) {
        settled(store, at, share, &mut stop);
    }
    for at in full {
        let share = &shares[at];
        let range = share.start..share.start + share.steps.len();
        if stop.is_some() {
            undone.extend(range);
            continue;
        }
        let mut ended = vec![None; share.steps.len()];
        if let Err(error) = by_script(store.lane(first + at), share, &mut ended) {
            undone.extend(range.clone().filter(|at| ended[at - range.start].is_none()));
            // One script was sent at a time, so that only one answer can be missing.
            let lost = !matches!(error, Error::Full { .. } | Error::Refused { .. } | Error::Denied { .. });
            let stop = stop.insert(Stop::answered(error));
            if lost {
                undone.retain(|at| !range.contains(at));
                stop.lost(share);
                stop.unheard.retain(|at| ended[at - range.start].is_none());
            }
        }
        for (outcome, ended) in outcomes[range].iter_mut().zip(ended) {
            *outcome = ended.or(outcome.take());
        }
    }
    if let Some(keeper) = keeper
        && !undone.is_empty()
    {
        let void: Vec<u32> = undone.into_iter().map(|at| at as u32).collect();
        if let Err(error) = keeper.void(&void) {
            // Tried again, they would be in the file twice, and nothing there would say so.
            stop.get_or_insert(Stop::answered(Error::Backup(error.to_string())));
        }
    }
    stop.map_or(Ok(dropped), Err)
}

impl Stop {
    /// The transaction of this share was sent, and nobody knows what became of it.
    fn lost(&mut self, share: &Share<'_>) {
        self.answered = false;
        let same = (share.start..).zip(&share.found).filter(|(_, found)| matches!(found, Found::Same));
        self.unheard.extend(same.map(|(at, _)| at));
    }
}
