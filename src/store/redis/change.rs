//! Changing: conditional to the last moment.
//!
//! Sessions are ended in batches. Their keys are WATCHed and read again; those that still are what
//! was matched are unlinked in one MULTI, which the server drops whole if one of them was written in
//! between; then the batch is split and tried again. So nothing that was not seen is ever removed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

use super::slots::together;
use super::{GENTLE_WATCHED, RedisStore, Refusal, WATCHED, backup, by_value, fields, follow, int, script};
use crate::codec;
use crate::store::{
    Applied, Error, Fit, IndexOp, Keeper, Key, Op, Outcome, Own, Raw, Rewrite, Step, Writing,
};

mod asked;
mod commands;
mod transaction;

use asked::{ask, compare, hear, read_again};
pub(super) use commands::simple_key;
use commands::{Part, expiring, simples};
use transaction::{Settled, change, settle, tally};

/// Bytes of values that are read again at a time, unless one alone is larger.
const BYTES: u64 = 8 << 20;
/// Connections that are read again together while others wait for the disk.
const TURN: usize = 4;
/// How often a session is tried that is being written all the time.
const TRIES: usize = 20;
/// Indexes that one session is followed into; a framework keeps a few.
const LISTED: i64 = 1000;

/// How a session's key was found when it was read again.
enum Found {
    Same,
    Gone,
    Changed,
    Failed(String),
}

/// Carries out steps in rounds of a few transactions at once. What a round did before an error came is
/// kept, told and followed up: the error ends the rounds, it does not unmake them.
pub(super) fn apply(
    store: &mut RedisStore,
    steps: &[Step],
    fit: Fit,
    mut keeper: Option<&mut dyn Keeper>,
) -> Applied {
    let steps = match listed(store, steps) {
        Ok(steps) => steps,
        Err(error) => return Applied::nothing(steps.len(), error),
    };
    let steps = &steps[..];
    let mut outcomes = vec![None; steps.len()];
    let by_value = match fit {
        Fit::Seen => by_value::end(store, steps, simple_key, &mut outcomes, &mut keeper),
        Fit::SeenOrDone => Ok(()),
    };
    let stopped = match by_value {
        Ok(()) => rounds(store, steps, fit, &mut outcomes, &mut keeper).err(),
        Err(lost) => {
            let answered = matches!(lost.error, Error::Backup(_));
            Some(Stop { error: lost.error, answered, unheard: lost.unheard })
        }
    };
    if let Some(stop) = &stopped {
        look_again(store, steps, &stop.unheard, &mut outcomes);
    }
    // A connection with answers still on their way cannot be asked anything else.
    let answered = stopped.as_ref().is_none_or(|stop| stop.answered);
    let mut applied = Applied::of(outcomes, stopped.map(|stop| stop.error));
    if answered {
        let followed = follow::follow(store, steps, &mut applied.outcomes);
        applied.stopped = applied.stopped.or(followed.err());
    }
    applied
}

/// What ended the rounds.
struct Stop {
    error: Error,
    /// Every answer was taken, so that the connections can still be used.
    answered: bool,
    /// The steps whose transaction was sent and whose answer never came.
    unheard: Vec<usize>,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop { error, answered: false, unheard: Vec::new() }
    }
}

impl Stop {
    fn answered(error: Error) -> Stop {
        Stop { error, answered: true, unheard: Vec::new() }
    }
}

/// What is said of a step whose answer never came.
pub(super) const UNHEARD: &str = "the reply was lost, so the change may have been made";

/// Finds out on another connection which of the ends that were sent came about though no answer told
/// so: a session that was there when its end was sent, and is not there now. Of the others it is said
/// that nobody knows.
fn look_again(store: &RedisStore, steps: &[Step], unheard: &[usize], outcomes: &mut [Option<Outcome>]) {
    if unheard.is_empty() {
        return;
    }
    if store.lead.is_some() {
        // It may be another server by now, which does not know of it.
        for at in unheard {
            outcomes[*at] = Some(Outcome::Failed(UNHEARD.to_string()));
        }
        return;
    }
    let keys: Vec<Key> = unheard.iter().map(|at| steps[*at].key.clone()).collect();
    let kinds = RedisStore::open(&store.target).and_then(|mut other| other.kinds_of(&keys));
    for (nth, at) in unheard.iter().enumerate() {
        let ended = steps[*at].own == Own::End;
        outcomes[*at] = match &kinds {
            Ok(kinds) if ended && kinds[nth].is_none() => Some(Outcome::Done { keys: 1, entries: 0 }),
            // It is there as before: that its end did not come about is what the error says.
            Ok(_) if ended => None,
            _ => Some(Outcome::Failed(UNHEARD.to_string())),
        };
    }
}

/// Tries all steps until each has an outcome; those that have none when it stops were not done, or
/// nobody knows.
///
/// Where backups are kept, the connections take turns: while some wait for the disk, others read again. Where
/// each answer is waited for longer than that, all of them are asked at once instead.
fn rounds(
    store: &mut RedisStore,
    steps: &[Step],
    fit: Fit,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<(), Stop> {
    let mut waiting = VecDeque::new();
    let ended = in_turns(store, steps, fit, outcomes, keeper, &mut waiting);
    if let Err(stop) = &ended {
        leave(store, waiting, keeper, stop.answered);
    }
    ended
}

/// The same; what is waiting for the disk when it stops is left there.
fn in_turns<'s>(
    store: &mut RedisStore,
    steps: &'s [Step],
    fit: Fit,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
    waiting: &mut VecDeque<Round<'s>>,
) -> Result<(), Stop> {
    // What is read again is held at once, so a round is bounded by its bytes as well.
    let bytes = |range: &Range<usize>| steps[range.clone()].iter().map(|step| step.bytes).sum::<u64>();
    // A transaction is carried out in one go, however its commands were sent.
    let watched = store.flow.as_ref().map_or(WATCHED, |flow| flow.commands().clamp(1, GENTLE_WATCHED));
    let mut open: VecDeque<Range<usize>> = VecDeque::new();
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| outcomes[*at].is_none()) {
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
            waiting.push_back(prepare(store, first, steps, fit, &ranges, keeper)?);
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

/// The steps with the sets by name that other sets list; those are read before anything goes.
fn listed<'s>(store: &mut RedisStore, steps: &'s [Step]) -> Result<Cow<'s, [Step]>, Error> {
    let ops = steps.iter().flat_map(|step| &step.then);
    let lists: HashSet<&Key> = ops
        .filter_map(|op| match op {
            Op::Index(IndexOp::SetRemoveListed { key, .. }) => Some(key),
            _ => None,
        })
        .collect();
    if lists.is_empty() {
        return Ok(Cow::Borrowed(steps));
    }
    let asked: Vec<&Key> = lists.into_iter().collect();
    for key in &asked {
        store.push(&[b"SCARD", &key.0]);
    }
    store.flush("SCARD")?;
    let mut small: Vec<Key> = Vec::new();
    for key in asked {
        match store.take("SCARD")? {
            Ok(answer) if int(&answer).is_some_and(|many| many > 0 && many <= LISTED) => {
                small.push(key.clone());
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            _ => {}
        }
    }
    let members = store.members_of(&small, false)?;
    let listed: HashMap<&Key, Vec<Vec<u8>>> = small.iter().zip(members).collect();
    let mut steps = steps.to_vec();
    for step in &mut steps {
        for op in std::mem::take(&mut step.then) {
            let Op::Index(IndexOp::SetRemoveListed { key, begins, member }) = op else {
                step.then.push(op);
                continue;
            };
            for name in listed.get(&key).into_iter().flatten() {
                let name = codec::text_of(name).filter(|name| name.starts_with(&begins));
                let op =
                    name.map(|name| Op::Index(IndexOp::SetRemove { key: Key(name), member: member.clone() }));
                step.then.extend(op.filter(|op| !step.then.contains(op)));
            }
        }
    }
    Ok(Cow::Owned(steps))
}

/// One lane's share of a round.
struct Share<'s> {
    start: usize,
    steps: &'s [Step],
    fit: Fit,
    found: Vec<Found>,
    contents: Vec<Raw>,
    /// When the keys end, where backups are kept and that could be asked at once: in ms since 1970, -1 for
    /// never, -2 where there is no key.
    key_ends: Vec<Option<i64>>,
    /// None of the indexes that the steps name is there.
    no_index: bool,
    /// The places of the steps whose own keys are to go.
    ending: Vec<usize>,
    awaited: Vec<(usize, Part)>,
    /// Of the steps for which it matters when fields of their hashes end: how many fields there are, and which
    /// end when, in ms since 1970.
    field_ends: HashMap<usize, (usize, Vec<(Vec<u8>, i64)>)>,
}

impl Share<'_> {
    /// When a step's key is gone that itself ends then, or never: a hash goes with its last field.
    fn with_fields(&self, at: usize, end: Option<i64>) -> Option<i64> {
        let Some((many, ends)) = self.field_ends.get(&at) else { return end };
        let last = ends.iter().map(|(_, end)| *end).max().filter(|_| ends.len() == *many);
        match (end, last) {
            (Some(end), Some(last)) => Some(end.min(last)),
            (end, last) => end.or(last),
        }
    }

    /// The commands that give fields their ends back that a step writes again.
    fn ends_again(&self, at: usize, rewrite: Option<&Rewrite>) -> Vec<Vec<Cow<'static, [u8]>>> {
        let (Some(Rewrite::Fields(written)), Some((_, ends))) = (rewrite, self.field_ends.get(&at)) else {
            return Vec::new();
        };
        let written = |field: &[u8]| written.iter().any(|(name, _)| name.0 == field);
        let again = ends.iter().filter(|(field, _)| written(field));
        let again = again.map(|(field, end)| fields::end_at(&self.steps[at].key, field, *end));
        again.map(|command| command.into_iter().map(Cow::Owned).collect()).collect()
    }
}

/// Whether it matters when fields of the step's hash end.
fn by_fields(step: &Step) -> bool {
    let rewrites = matches!(step.own, Own::Expire { rewrite: Some(Rewrite::Fields(_)), .. });
    step.hash && (rewrites || step.ends.is_some())
}

/// Reads one range a lane again and writes down what is to go.
///
/// All lanes ask before the first is heard, so that the server always has work, unless its other users
/// are watched.
fn prepare<'s>(
    store: &mut RedisStore,
    first: usize,
    steps: &'s [Step],
    fit: Fit,
    ranges: &[Range<usize>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Round<'s>, Stop> {
    let keeps = keeper.is_some();
    let mut shares: Vec<Share<'s>> = ranges
        .iter()
        .map(|range| Share {
            start: range.start,
            steps: &steps[range.clone()],
            fit,
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

/// Ends the sessions of a share on a server that is full and takes no transaction: a script each, which
/// compares what is there with what was read, as a transaction would have.
fn by_script(
    lane: &mut RedisStore,
    share: &Share<'_>,
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Error> {
    for (place, (step, found)) in share.steps.iter().zip(&share.found).enumerate() {
        let mut commands: Vec<Vec<Cow<'_, [u8]>>> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        let held = match found {
            Found::Changed => {
                outcomes[place] = Some(Outcome::Changed);
                continue;
            }
            Found::Failed(why) => {
                outcomes[place] = Some(Outcome::Failed(why.clone()));
                continue;
            }
            Found::Gone if step.own != Own::End => {
                outcomes[place] = Some(Outcome::Gone { keys: 0, entries: 0 });
                continue;
            }
            Found::Gone => Raw::Gone,
            Found::Same => match read_again(lane, step)? {
                Some(raw) if matches!(compare(&raw, step, share.fit), Found::Same) => raw,
                Some(Raw::Gone) if step.own == Own::End => Raw::Gone,
                Some(Raw::Gone) => {
                    outcomes[place] = Some(Outcome::Gone { keys: 0, entries: 0 });
                    continue;
                }
                _ => {
                    outcomes[place] = Some(Outcome::Changed);
                    continue;
                }
            },
        };
        if held != Raw::Gone {
            match &step.own {
                Own::End => {
                    commands.push(vec![b"UNLINK"[..].into(), (&step.key.0[..]).into()]);
                    parts.push(Part::End);
                }
                Own::Expire { at, rewrite } => {
                    // What needs no memory comes first: after it a script may write what does.
                    let mut expiring = expiring(&step.key, *at, rewrite.as_ref());
                    expiring.reverse();
                    for (nth, mut command) in expiring.into_iter().enumerate() {
                        if *command[0] == b"SET"[..] && !command.iter().any(|arg| **arg == b"KEEPTTL"[..]) {
                            command.push(b"KEEPTTL"[..].into());
                        }
                        commands.push(command);
                        parts.push(Part::Own { last: nth == 0 });
                    }
                    for command in share.ends_again(place, rewrite.as_ref()) {
                        commands.push(command);
                        parts.push(Part::Own { last: false });
                    }
                }
                // It is there.
                Own::Gone => {
                    outcomes[place] = Some(Outcome::Changed);
                    continue;
                }
            }
        }
        for (command, part) in simples(step, share.no_index) {
            commands.push(command);
            parts.push(part);
        }
        let mut outcome = Outcome::Gone { keys: 0, entries: 0 };
        match script::run(lane, &step.key, &held, &commands)? {
            script::Ran::Gone => {}
            script::Ran::Changed => outcome = Outcome::Changed,
            script::Ran::Done(answers) => {
                for (part, answer) in parts.into_iter().zip(answers) {
                    tally(&mut outcome, &part, answer);
                }
            }
        }
        outcomes[place] = Some(outcome);
    }
    Ok(())
}

/// Carries out the operations of steps without any session that are unconditional by nature, each for
/// itself; what went, as outcomes. Those that look before they act are [`follow::follow`]'s.
pub(super) fn beside(store: &mut RedisStore, steps: &[Step]) -> Result<Vec<Outcome>, Error> {
    let mut parts = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for (command, part) in simples(step, false) {
            store.push_owned(&command);
            parts.push((at, part));
        }
    }
    store.flush("SREM")?;
    let mut outcomes = vec![Outcome::Done { keys: 0, entries: 0 }; steps.len()];
    let mut refused = None;
    for (at, part) in parts {
        match store.take(part.command())? {
            Ok(answer) => tally(&mut outcomes[at], &part, answer),
            // An index of another type than the framework's is not ours to touch.
            Err(Refusal::WrongType) => {}
            Err(Refusal::Fatal(error)) => {
                refused.get_or_insert(error);
            }
            Err(Refusal::HiddenKey) => {
                refused.get_or_insert(Error::Refused {
                    place: store.place.clone(),
                    command: part.command().to_string(),
                    reason: "an ACL hides one of the keys".to_string(),
                });
            }
        }
    }
    refused.map_or(Ok(outcomes), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fingerprint;

    #[test]
    fn a_fingerprint_tells_kind_and_content_but_not_the_order_of_fields() {
        let text = |t: &str| fingerprint(&Raw::Text(t.into()));
        let hash = |f: &[(&str, &str)]| {
            fingerprint(&Raw::Hash(
                f.iter().map(|(a, b)| (a.as_bytes().to_vec(), b.as_bytes().to_vec())).collect(),
            ))
        };
        assert_ne!(text("a"), text("b"));
        assert_ne!(text(""), hash(&[]));
        assert_eq!(hash(&[("a", "1"), ("b", "2")]), hash(&[("b", "2"), ("a", "1")]));
        assert_ne!(hash(&[("a", "1b"), ("", "2")]), hash(&[("a", "1"), ("b", "2")]));
        assert_eq!(fingerprint(&Raw::Gone), None);
    }
}
