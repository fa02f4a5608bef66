//! Ending what was written down before it is looked at again.
//!
//! A step that holds the value it was matched by can be kept by that, whole portions of them while others are
//! on their way to the disk. Then either the server compares by itself, or a transaction reads again: what is
//! not just as it was written down, or ends at another time, is taken back there and left to the rounds that
//! write down what they read under their watch. So the disk is waited for once a portion, with nothing watched
//! meanwhile, and the server has no pause in a transaction.
//!
//! Only what stands alone is ended so: where a lock or an index entry has to fall together with the
//! session, it takes the rounds.

use std::collections::{HashSet, VecDeque};

use super::asked::Written;
use super::commands::simple_key;
use super::rounds::rounds;
use super::{Stop, Task, by_value};
use crate::store::redis::backup::{self, Seen};
use crate::store::redis::by_value::{ByValue, known};
use crate::store::redis::slots::together;
use crate::store::redis::{RedisStore, WATCHED, int};
use crate::store::{Error, Fit, IndexOp, Keeper, Key, Op, Outcome, Own, Raw, Step, Writing};

/// Bytes of values that are written down at a time.
const BYTES: u64 = 8 << 20;
/// Sessions that are written down at a time, and how many such portions are under way: while one is on its way
/// to the disk, the server has the next.
const KEPT: usize = 250;
const READY: usize = 3;

/// Whether a step can be done so.
fn stands_alone(step: &Step) -> bool {
    let follows = |op: &Op| {
        let looks = matches!(
            op,
            Op::UnlinkIfEquals(..)
                | Op::Index(
                    IndexOp::JsonListRemove { .. }
                        | IndexOp::JsonListSet { .. }
                        | IndexOp::SortedRemoveWhenGone { .. }
                        | IndexOp::Publish { .. }
                )
                | Op::Outlive { .. }
        );
        looks || simple_key(op).is_some()
    };
    // When a key ends is nothing that its value tells.
    step.own == Own::End && step.held.is_some() && step.ends.is_none() && step.then.iter().all(follows)
}

/// Ends those of the steps that can be, and gives them an outcome; the others have none then.
pub(super) fn end(
    store: &mut RedisStore,
    steps: &[Step],
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Stop> {
    let places: Vec<usize> = (0..steps.len()).filter(|at| stands_alone(&steps[*at])).collect();
    if places.is_empty() {
        return Ok(());
    }
    let watched = known(store) == ByValue::Not;
    // Where nothing is written down there is nothing to be ahead of, and over a long way each turn counts.
    if watched && (keeper.is_none() || !store.is_quick()?) {
        return Ok(());
    }
    // A transaction looks itself whether the indexes are there; they are asked about before once one was.
    let places = if watched && !store.indexes_met { places } else { unlisted(store, steps, &places)? };
    let mut ready = VecDeque::new();
    let ended = in_portions(store, steps, &places, watched, outcomes, keeper, &mut ready);
    // The server would not do it after all, or something ended it early.
    let left: Vec<usize> = ready.into_iter().flat_map(|portion| portion.going).collect();
    let voided = void(keeper, &left);
    ended.and_then(|()| Ok(voided?))
}

/// The same; what is on its way to the disk when it stops is left there.
fn in_portions(
    store: &mut RedisStore,
    steps: &[Step],
    places: &[usize],
    watched: bool,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
    ready: &mut VecDeque<Portion>,
) -> Result<(), Stop> {
    let mut left = places;
    let able =
        |store: &mut RedisStore| if watched { !store.no_instant } else { known(store) != ByValue::Not };
    while able(store) && !(left.is_empty() && ready.is_empty()) {
        if !left.is_empty() && ready.len() < READY {
            let mut bytes = 0;
            let fits = |at: &&usize| {
                bytes += steps[**at].bytes;
                bytes <= BYTES
            };
            let most = if keeper.is_some() { KEPT } else { left.len() };
            let many = left.iter().take(most).take_while(fits).count().max(1);
            let (now, later) = left.split_at(many);
            ready.push_back(prepare(store, steps, now, keeper)?);
            left = later;
        } else if let Some(portion) = ready.pop_front() {
            finish(store, steps, portion, outcomes, keeper)?;
        }
    }
    Ok(())
}

/// Those whose entries stand in no index that is there. As a rule none of them is, and one question
/// for a few steps sorts that out.
fn unlisted(store: &mut RedisStore, steps: &[Step], places: &[usize]) -> Result<Vec<usize>, Error> {
    let mut asked = Vec::new();
    let of_one =
        |one: &usize, other: &usize| !store.cluster || together(&steps[*one].key, &steps[*other].key);
    let portions: Vec<&[usize]> = places.chunk_by(of_one).flat_map(|some| some.chunks(WATCHED)).collect();
    for some in portions {
        let keys: HashSet<&Key> =
            some.iter().flat_map(|at| &steps[*at].then).filter_map(simple_key).collect();
        asked.push((some, !keys.is_empty()));
        if !keys.is_empty() {
            let keys = keys.into_iter().map(|key| &key.0[..]);
            let exists: Vec<&[u8]> = [&b"EXISTS"[..]].into_iter().chain(keys).collect();
            store.push(&exists);
        }
    }
    store.flush("EXISTS")?;
    let mut unlisted = Vec::with_capacity(places.len());
    for (some, question) in asked {
        if !question || store.take("EXISTS")?.is_ok_and(|there| int(&there) == Some(0)) {
            unlisted.extend_from_slice(some);
        }
    }
    Ok(unlisted)
}

/// Some steps, and what is kept of them.
struct Portion {
    going: Vec<usize>,
    ends: Written,
    writing: Writing,
}

/// Writes down what is going to end.
fn prepare(
    store: &mut RedisStore,
    steps: &[Step],
    places: &[usize],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Portion, Stop> {
    let mut portion = Portion { going: places.to_vec(), ends: Written(Vec::new()), writing: Writing::done() };
    let Some(keeper) = keeper else { return Ok(portion) };
    let seen = places.iter().filter_map(|at| {
        let held = steps[*at].held.as_ref()?;
        Some(Seen { at: *at, content: Raw::Text(held.text.clone()), end: held.end, no_index: true })
    });
    let (backups, vanished) = backup::collect(store, steps, seen.collect())?;
    portion.going.retain(|at| !vanished.contains(at));
    portion.ends =
        Written(backups.iter().map(|backup| (backup.step as usize, backup.expires.unwrap_or(-1))).collect());
    portion.writing =
        keeper.preparing(&backups).map_err(|error| Stop::answered(Error::Backup(error.to_string())))?;
    Ok(portion)
}

/// Ends them, once that is on the disk.
fn finish(
    store: &mut RedisStore,
    steps: &[Step],
    portion: Portion,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Stop> {
    let Portion { going, ends, writing } = portion;
    writing.wait().map_err(|error| Stop::answered(Error::Backup(error.to_string())))?;
    let ended = if known(store) == ByValue::Not {
        let task = Task { steps, fit: Fit::Seen, written: Some(&ends) };
        rounds(store, task, &going, outcomes, &mut None)
    } else {
        by_value::send(store, steps, &going, outcomes).map_err(|lost| Stop {
            error: lost.error,
            answered: false,
            unheard: lost.unheard,
        })
    };
    let left_alone =
        |at: &usize| outcomes[*at].is_none() && steps[*at].then.iter().any(|op| simple_key(op).is_some());
    store.indexes_met |= going.iter().any(left_alone);
    let unheard = ended.as_ref().err().map_or(&[][..], |stop| &stop.unheard);
    let done = |at: usize| matches!(outcomes[at], Some(Outcome::Done { .. }));
    let stay: Vec<usize> = going.into_iter().filter(|at| !done(*at) && !unheard.contains(at)).collect();
    match void(keeper, &stay) {
        Ok(()) => ended,
        Err(error) => Err(ended.err().unwrap_or_else(|| Stop::answered(error))),
    }
}

/// Takes back what was written down of steps that were not done: tried again, they would be in the file
/// twice, and nothing there would say so.
fn void(keeper: &mut Option<&mut dyn Keeper>, places: &[usize]) -> Result<(), Error> {
    let Some(keeper) = keeper.as_mut().filter(|_| !places.is_empty()) else { return Ok(()) };
    let steps: Vec<u32> = places.iter().map(|at| *at as u32).collect();
    keeper.void(&steps).map_err(|error| Error::Backup(error.to_string()))
}
