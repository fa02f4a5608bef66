//! Changing: conditional to the last moment.
//!
//! Sessions are ended in batches. Their keys are WATCHed and read again; those that still are what
//! was matched are unlinked in one MULTI, which the server drops whole if one of them was written in
//! between; then the batch is split and tried again. So nothing that was not seen is ever removed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

use super::slots::together;
use super::{
    GENTLE_WATCHED, RedisStore, Refusal, WATCHED, backup, bulk, by_value, fields, follow, instant, int,
    pairs, script,
};
use crate::codec;
use crate::store::{
    Applied, Ends, Error, Expiry, Fit, Keeper, Key, Op, Outcome, Own, Raw, Rewrite, Step, fingerprint,
};
use ::redis::Value as Answer;

/// Bytes of values that are read again at a time, unless one alone is larger.
const BYTES: u64 = 8 << 20;
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
    let why = stopped.as_ref().map(|stop| stop.error.to_string()).unwrap_or_default();
    let mut outcomes: Vec<Outcome> =
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Outcome::Failed(why.clone()))).collect();
    // A connection with answers still on their way cannot be asked anything else.
    let followed = match &stopped {
        Some(stop) if !stop.answered => Ok(()),
        _ => follow::follow(store, steps, &mut outcomes),
    };
    Applied { outcomes, stopped: stopped.map(|stop| stop.error).or(followed.err()) }
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
pub(super) const UNHEARD: &str = "its answer was lost, and it may have been done";

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
fn rounds(
    store: &mut RedisStore,
    steps: &[Step],
    fit: Fit,
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
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
    let mut tries = 0;
    while !open.is_empty() {
        let lanes = store.open_lanes(open.len().min(store.wanted_lanes(keeper.is_some())));
        let mut round: Vec<Range<usize>> = Vec::new();
        let mut held = 0;
        while let Some(range) = open.front() {
            held += bytes(range);
            if round.len() == lanes || (!round.is_empty() && held > BYTES) {
                break;
            }
            round.extend(open.pop_front());
        }
        // One of a lane's keys was written between reading and changing: tried again in halves.
        for range in attempt(store, steps, fit, &round, outcomes, keeper)? {
            if range.len() > 1 {
                let middle = range.start + range.len() / 2;
                open.push_back(range.start..middle);
                open.push_back(middle..range.end);
            } else if tries < TRIES * steps.len() {
                tries += 1;
                open.push_back(range);
            } else {
                outcomes[range.start] = Some(Outcome::Failed("it is being written all the time".to_string()));
            }
        }
    }
    Ok(())
}

/// The steps with the sets by name that other sets list; those are read before anything goes.
fn listed<'s>(store: &mut RedisStore, steps: &'s [Step]) -> Result<Cow<'s, [Step]>, Error> {
    let ops = steps.iter().flat_map(|step| &step.then);
    let lists: HashSet<&Key> = ops
        .filter_map(|op| match op {
            Op::SetRemoveListed { key, .. } => Some(key),
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
            let Op::SetRemoveListed { key, begins, member } = op else {
                step.then.push(op);
                continue;
            };
            for name in listed.get(&key).into_iter().flatten() {
                let name = codec::text_of(name).filter(|name| name.starts_with(&begins));
                let op = name.map(|name| Op::SetRemove { key: Key(name), member: member.clone() });
                step.then.extend(op.filter(|op| !step.then.contains(op)));
            }
        }
    }
    Ok(Cow::Owned(steps))
}

/// What one answer of a transaction is for.
enum Part {
    /// The sessions' own keys go, all of a share's by one command.
    Ends,
    /// The session's own key goes.
    End,
    /// A part of what becomes of the session's own key instead.
    Own { last: bool },
    /// An index entry goes.
    Entry,
    /// A key that belongs to the session alone.
    Beside,
    /// An index entry changes, or when a key beside the session ends.
    Other,
}

impl Part {
    fn of(op: &Op) -> Part {
        match op {
            Op::Unlink(_) | Op::Unlock(_) => Part::Beside,
            Op::SortedScore { .. } | Op::EndAt { .. } | Op::SetMove { .. } => Part::Other,
            _ => Part::Entry,
        }
    }

    /// The command whose answer this is, for errors.
    fn command(&self) -> &'static str {
        match self {
            Part::Ends | Part::End | Part::Beside => "UNLINK",
            Part::Own { .. } => "PEXPIREAT",
            Part::Entry => "SREM",
            Part::Other => "ZADD",
        }
    }
}

/// One lane's share of a round.
struct Share<'s> {
    start: usize,
    steps: &'s [Step],
    fit: Fit,
    found: Vec<Found>,
    contents: Vec<Raw>,
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

    /// The commands that give fields their ends back that a step writes anew.
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

/// Tries one range a lane; gives back those whose transaction the server dropped.
///
/// All lanes ask before the first is heard, so that the server always has work, unless its other users
/// are watched; what they found is
/// written down in one go, and then all of them change.
fn attempt(
    store: &mut RedisStore,
    steps: &[Step],
    fit: Fit,
    ranges: &[Range<usize>],
    outcomes: &mut [Option<Outcome>],
    keeper: &mut Option<&mut dyn Keeper>,
) -> Result<Vec<Range<usize>>, Stop> {
    let keeps = keeper.is_some();
    let mut shares: Vec<Share<'_>> = ranges
        .iter()
        .map(|range| Share {
            start: range.start,
            steps: &steps[range.clone()],
            fit,
            found: Vec::new(),
            contents: Vec::new(),
            no_index: true,
            ending: Vec::new(),
            awaited: Vec::new(),
            field_ends: HashMap::new(),
        })
        .collect();
    let one_by_one = store.flow.is_some();
    for (at, share) in shares.iter_mut().enumerate() {
        ask(store.lane(at), share, keeps)?;
        if one_by_one {
            hear(store.lane(at), share, keeps)?;
        }
    }
    for (at, share) in shares.iter_mut().enumerate().filter(|_| !one_by_one) {
        hear(store.lane(at), share, keeps)?;
    }
    if let Some(keeper) = keeper {
        let mut seen = Vec::new();
        for share in &mut shares {
            let contents = std::mem::take(&mut share.contents);
            let found = (share.start..).zip(&share.found).zip(contents);
            let same = found.filter(|((_, found), _)| matches!(found, Found::Same));
            let no_index = share.no_index;
            seen.extend(same.map(|((at, _), content)| backup::Seen { at, content, no_index }));
        }
        let (backups, vanished) = backup::collect(store, steps, seen)?;
        for share in &mut shares {
            for (at, found) in (share.start..).zip(&mut share.found) {
                if vanished.contains(&at) {
                    *found = Found::Gone;
                }
            }
        }
        if let Err(error) = keeper.prepared(&backups) {
            for at in 0..shares.len() {
                store.lane(at).ask(&[b"UNWATCH"])?;
            }
            return Err(Stop::answered(Error::Backup(error.to_string())));
        }
    }
    let mut undone = Vec::new();
    let mut dropped = Vec::new();
    let mut stop: Option<Stop> = None;
    // Each lane is heard, whatever became of another: what it did is done.
    let mut full: Vec<usize> = Vec::new();
    let mut settled = |store: &mut RedisStore, at: usize, share: &Share<'_>, stop: &mut Option<Stop>| {
        let range = share.start..share.start + share.steps.len();
        match settle(store.lane(at), share, &mut outcomes[range.clone()]) {
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
        if let Err(error) = change(store.lane(at), share) {
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
        if let Err(error) = by_script(store.lane(at), share, &mut ended) {
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

/// What a session's key holds now; `None` where it is of another type.
fn read_again(lane: &mut RedisStore, step: &Step) -> Result<Option<Raw>, Error> {
    let command: &[u8] = if step.hash { b"HGETALL" } else { b"GET" };
    Ok(match lane.take_one(&[command, &step.key.0])? {
        None => None,
        Some(Answer::Nil) => Some(Raw::Gone),
        Some(answer) if step.hash => {
            pairs(answer).map(|fields| if fields.is_empty() { Raw::Gone } else { Raw::Hash(fields) })
        }
        Some(answer) => bulk(answer).map(Raw::Text),
    })
}

/// Watches the keys and asks what they hold. Where backups are kept, so are the keys that go with the
/// sessions' watched: what is written to one behind its backup would be lost to undo.
fn ask(lane: &mut RedisStore, share: &Share<'_>, keeps: bool) -> Result<(), Error> {
    let mut watch: Vec<&[u8]> = vec![b"WATCH"];
    watch.extend(share.steps.iter().map(|step| &step.key.0[..]));
    watch.extend(conditions(share.steps).map(|(_, key)| &key.0[..]));
    if keeps {
        watch.extend(share.steps.iter().flat_map(|step| &step.then).filter_map(|op| match op {
            Op::Unlink(key) => Some(&key.0[..]),
            _ => None,
        }));
    }
    lane.push(&watch);
    // Whatever a command does, most of what it takes is that it is one.
    let texts = texts(share.steps);
    if !texts.is_empty() && !lane.no_mget {
        lane.push(&[&[&b"MGET"[..]], &texts[..]].concat());
    }
    for step in share.steps.iter().filter(|step| step.hash) {
        lane.push(&[b"HGETALL", &step.key.0]);
    }
    // Most indexes that could be there are not (a twin's, a guest's): one question sorts them out.
    let indexes = indexes(share.steps);
    if !indexes.is_empty() {
        let mut exists: Vec<&[u8]> = vec![b"EXISTS"];
        exists.extend(indexes.iter().map(|key| &key.0[..]));
        lane.push(&exists);
    }
    for (_, key) in conditions(share.steps) {
        lane.push(&[b"EXISTS", &key.0]);
    }
    for step in bounded(share.steps) {
        lane.push(&[b"PTTL", &step.key.0]);
    }
    if timed(share.steps) {
        lane.push(&[b"TIME"]);
    }
    if lane.some_fields_end.is_none() && share.steps.iter().any(by_fields) {
        fields::ask(lane);
    }
    lane.flush("WATCH")
}

/// The keys that have to be there for steps to be done, with the steps' places.
fn conditions(steps: &[Step]) -> impl Iterator<Item = (usize, &Key)> {
    steps.iter().enumerate().flat_map(|(at, step)| {
        step.then.iter().filter_map(move |op| match op {
            Op::OnlyWhile(key) => Some((at, key)),
            _ => None,
        })
    })
}

/// Whether any of them gets an end, which has to lie ahead, or was chosen by the one that it has.
fn timed(steps: &[Step]) -> bool {
    steps.iter().any(|step| new_end(step).is_some() || step.ends.is_some())
}

/// The steps whose key's end has to be within bounds. A change of it drops the transaction as any other.
fn bounded(steps: &[Step]) -> impl Iterator<Item = &Step> {
    steps.iter().filter(|step| step.ends.is_some())
}

fn indexes(steps: &[Step]) -> HashSet<&Key> {
    steps.iter().flat_map(|step| &step.then).filter_map(simple_key).collect()
}

/// The keys of the steps whose sessions are strings.
fn texts(steps: &[Step]) -> Vec<&[u8]> {
    steps.iter().filter(|step| !step.hash).map(|step| &step.key.0[..]).collect()
}

/// Takes what the keys hold and compares it with what was seen.
fn hear(lane: &mut RedisStore, share: &mut Share<'_>, keeps: bool) -> Result<(), Error> {
    lane.expect("WATCH")?;
    let many = texts(share.steps).len();
    let texts = match many {
        0 => Some(Vec::new()),
        _ if lane.no_mget => None,
        many => hear_texts(lane, many)?,
    };
    let mut hashes = Vec::new();
    for _ in share.steps.iter().filter(|step| step.hash) {
        hashes.push(match lane.take("HGETALL")? {
            Ok(answer) => match pairs(answer) {
                Some(fields) if fields.is_empty() => Ok(Raw::Gone),
                Some(fields) => Ok(Raw::Hash(fields)),
                None => return Err(lane.senseless("HGETALL")),
            },
            Err(refusal) => Err(found_by(refusal)?),
        });
    }
    if !indexes(share.steps).is_empty() {
        share.no_index = match lane.take("EXISTS")? {
            Ok(answer) => int(&answer) == Some(0),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => false,
        };
    }
    let mut lacking = Vec::new();
    for (at, _) in conditions(share.steps) {
        let there = match lane.take("EXISTS")? {
            Ok(answer) => int(&answer) == Some(1),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => false,
        };
        lacking.extend((!there).then_some(at));
    }
    let mut spans = Vec::new();
    for _ in bounded(share.steps) {
        spans.push(match lane.take("PTTL")? {
            Ok(answer) => int(&answer),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        });
    }
    let now = if timed(share.steps) {
        instant(lane.expect("TIME")?).ok_or_else(|| lane.senseless("TIME"))?
    } else {
        0
    };
    if lane.some_fields_end.is_none() && share.steps.iter().any(by_fields) {
        fields::hear(lane)?;
    }
    let (mut texts, mut hashes) = (sure(lane, share.steps, texts)?.into_iter(), hashes.into_iter());
    let mut with_fields: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
    for (at, step) in share.steps.iter().enumerate() {
        let raw = if step.hash { hashes.next() } else { texts.next() };
        let (found, content) = match raw {
            Some(Ok(Raw::Gone)) => (Found::Gone, Raw::Gone),
            Some(Ok(raw)) => (compare(&raw, step, share.fit), raw),
            Some(Err(found)) => (found, Raw::Gone),
            None => return Err(lane.senseless("MGET")),
        };
        if let (Some(true), Found::Same, Raw::Hash(fields)) = (lane.some_fields_end, &found, &content)
            && by_fields(step)
        {
            with_fields.push((at, fields.iter().map(|(field, _)| field.clone()).collect()));
        }
        share.found.push(found);
        if keeps {
            share.contents.push(content);
        }
    }
    hear_field_ends(lane, share, with_fields)?;
    for at in lacking {
        if matches!(share.found[at], Found::Same) {
            share.found[at] = Found::Gone;
        }
    }
    if timed(share.steps) {
        let mut spans = spans.into_iter();
        for (at, step) in share.steps.iter().enumerate() {
            let Some(ends) = step.ends else { continue };
            let end = match spans.next().flatten() {
                Some(-1) => None,
                Some(span) if span >= 0 => Some(now.saturating_add(span)),
                // It is over in this moment.
                _ => continue,
            };
            let fits = match share.with_fields(at, end) {
                None => ends.fits(None),
                Some(end) => {
                    // The run that died may have moved it.
                    let done =
                        share.fit == Fit::SeenOrDone && new_end(step).is_some_and(|new| Ends::same(new, end));
                    done || ends.fits(Some(end))
                }
            };
            if matches!(share.found[at], Found::Same) && !fits {
                share.found[at] = Found::Changed;
            }
        }
        for (found, step) in share.found.iter_mut().zip(share.steps) {
            // It has passed while the question was open: that would remove the key and nothing else.
            if matches!(found, Found::Same) && new_end(step).is_some_and(|end| end <= now) {
                *found = Found::Failed("its new end has passed meanwhile".to_string());
            }
        }
    }
    Ok(())
}

/// Asks when these fields of the steps' hashes end.
fn hear_field_ends(
    lane: &mut RedisStore,
    share: &mut Share<'_>,
    of: Vec<(usize, Vec<Vec<u8>>)>,
) -> Result<(), Error> {
    for (at, names) in &of {
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        fields::ask_ends(lane, b"HPEXPIRETIME", &share.steps[*at].key.0, &names);
    }
    lane.flush("HPEXPIRETIME")?;
    let mut failed = None;
    for (at, names) in of {
        match lane.take("HPEXPIRETIME")? {
            Ok(answer) => {
                let many = names.len();
                let ends = names.into_iter().zip(fields::ends_in(&answer));
                let ends = ends.filter_map(|(name, end)| Some((name, end?))).collect();
                share.field_ends.insert(at, (many, ends));
            }
            Err(Refusal::Fatal(error)) => drop(failed.get_or_insert(error)),
            Err(_) => {}
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What a refusal to read a session's key says of it.
fn found_by(refusal: Refusal) -> Result<Found, Error> {
    match refusal {
        Refusal::WrongType => Ok(Found::Changed),
        Refusal::HiddenKey => Ok(Found::Failed("an ACL hides this key".to_string())),
        Refusal::Fatal(error) => Err(error),
    }
}

/// Takes what so many strings hold; `None` where one that an ACL hides has hidden them all, or where
/// they may only be asked for one by one.
fn hear_texts(lane: &mut RedisStore, many: usize) -> Result<Option<Vec<Option<Vec<u8>>>>, Error> {
    match lane.take("MGET")? {
        Ok(Answer::Array(answers)) if answers.len() == many => {
            Ok(Some(answers.into_iter().map(bulk).collect()))
        }
        Ok(_) => Err(lane.senseless("MGET")),
        Err(Refusal::Fatal(error)) if matches!(error, Error::Denied { .. }) || error.is_unknown() => {
            lane.no_mget = true;
            Ok(None)
        }
        Err(Refusal::Fatal(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Asks once more where one answer for many strings does not tell: whether a key is gone or holds
/// something else now, and which of them an ACL hides.
fn sure(
    lane: &mut RedisStore,
    steps: &[Step],
    texts: Option<Vec<Option<Vec<u8>>>>,
) -> Result<Vec<Result<Raw, Found>>, Error> {
    let keys = self::texts(steps);
    let known = texts.unwrap_or_else(|| vec![None; keys.len()]);
    let open = || known.iter().zip(&keys).filter(|(text, _)| text.is_none());
    for (_, key) in open() {
        lane.push(&[b"GET", key]);
    }
    lane.flush("GET")?;
    let mut told = Vec::new();
    for _ in open() {
        told.push(match lane.take("GET")? {
            Ok(answer) => Ok(bulk(answer).map_or(Raw::Gone, Raw::Text)),
            Err(refusal) => Err(found_by(refusal)?),
        });
    }
    let mut told = told.into_iter();
    let raw = |text: Option<Vec<u8>>| text.map(|text| Ok(Raw::Text(text))).or_else(|| told.next());
    Ok(known.into_iter().filter_map(raw).collect())
}

/// Sends the transaction: the keys that still are what was seen, with their index entries.
fn change(lane: &mut RedisStore, share: &mut Share<'_>) -> Result<(), Error> {
    lane.push(&[b"MULTI"]);
    let ends = |(at, (step, found)): (usize, (&Step, &Found))| {
        (step.own == Own::End && matches!(found, Found::Same)).then_some(at)
    };
    share.ending = share.steps.iter().zip(&share.found).enumerate().filter_map(ends).collect();
    if let Some(first) = share.ending.first() {
        let keys = share.ending.iter().map(|at| &share.steps[*at].key.0[..]);
        let unlink: Vec<&[u8]> = [&b"UNLINK"[..]].into_iter().chain(keys).collect();
        lane.push(&unlink);
        share.awaited.push((*first, Part::Ends));
    }
    for (at, (step, found)) in share.steps.iter().zip(&share.found).enumerate() {
        match (&step.own, found) {
            (Own::End, Found::Same) => {}
            (Own::Expire { at: expiry, rewrite }, Found::Same) => {
                let mut expiring = expiring(&step.key, *expiry, rewrite.as_ref());
                expiring.extend(share.ends_again(at, rewrite.as_ref()));
                let many = expiring.len();
                for command in &expiring {
                    lane.push_owned(command);
                }
                share.awaited.extend((1..=many).map(|n| (at, Part::Own { last: n == many })));
            }
            (Own::End, Found::Gone) => {}
            _ => continue,
        }
        for (command, part) in simples(step, share.no_index) {
            lane.push_owned(&command);
            share.awaited.push((at, part));
        }
    }
    lane.push(if share.awaited.is_empty() { &[b"DISCARD"] } else { &[b"EXEC"] });
    lane.flush("MULTI")
}

/// What became of a transaction whose answers all came.
enum Settled {
    Executed,
    /// A key was written after it was read, so the server dropped it.
    Dropped,
    /// The server has no memory left for it, and did nothing of it.
    Full,
    /// The server would not carry it out, and did nothing of it.
    Refused(Error),
    /// A permission was taken away while it was queued: some commands were carried out, some not.
    Partly(Error),
}

/// Takes the transaction's answers; only what was carried out gives the steps an outcome.
fn settle(
    lane: &mut RedisStore,
    share: &Share<'_>,
    settled: &mut [Option<Outcome>],
) -> Result<Settled, Error> {
    let mut outcomes: Vec<Outcome> = share
        .found
        .iter()
        .map(|found| match found {
            Found::Same | Found::Gone => Outcome::Gone { keys: 0, entries: 0 },
            Found::Changed => Outcome::Changed,
            Found::Failed(why) => Outcome::Failed(why.clone()),
        })
        .collect();
    lane.expect("MULTI")?;
    if share.awaited.is_empty() {
        lane.expect("DISCARD")?;
        give(settled, outcomes);
        return Ok(Settled::Executed);
    }
    let mut refused = None;
    for (_, part) in &share.awaited {
        let name = part.command();
        if let Err(refusal) = lane.take(name)? {
            let error = match refusal {
                Refusal::Fatal(error) => error,
                _ => Error::Refused {
                    place: lane.place.clone(),
                    command: name.to_string(),
                    reason: "an ACL hides one of the keys".to_string(),
                },
            };
            refused.get_or_insert(error);
        }
    }
    let executed = lane.take("EXEC")?;
    let answers = match executed {
        Ok(Answer::Nil) => return Ok(Settled::Dropped),
        Ok(Answer::Array(answers)) => answers,
        Err(Refusal::Fatal(error)) => {
            let error = refused.unwrap_or(error);
            return Ok(if error.is_full() { Settled::Full } else { Settled::Refused(error) });
        }
        _ => return Err(lane.senseless("EXEC")),
    };
    let mut denied = None;
    for ((at, part), answer) in share.awaited.iter().zip(answers) {
        if let Answer::ServerError(error) = &answer
            && error.code() == "NOPERM"
        {
            denied.get_or_insert_with(|| lane.classify(&error.clone().into(), part.command()));
            if matches!(part, Part::Ends) {
                for at in &share.ending {
                    outcomes[*at] = Outcome::Failed("it may not be removed any more".to_string());
                }
            }
        }
        match (part, answer) {
            (Part::Ends, Answer::Int(went)) => {
                // All of them were there when they were read; of those that expired since, which an
                // older server does not take for a change, the keys are not counted.
                for (nth, at) in (0..).zip(&share.ending) {
                    outcomes[*at] = Outcome::Done { keys: u64::from(nth < went), entries: 0 };
                }
            }
            (part, answer) => tally(&mut outcomes[*at], part, answer),
        }
    }
    give(settled, outcomes);
    Ok(denied.map_or(Settled::Executed, Settled::Partly))
}

/// Counts what the answer to one command means for its step.
fn tally(outcome: &mut Outcome, part: &Part, answer: Answer) {
    match (part, answer) {
        (Part::End, Answer::Int(1)) => *outcome = Outcome::Done { keys: 1, entries: 0 },
        (Part::Own { .. }, Answer::ServerError(error)) => {
            *outcome = Outcome::Failed(format!("the server refused it: {}", error.code()));
        }
        (Part::Own { last: true }, _) => *outcome = Outcome::Done { keys: 0, entries: 0 },
        (Part::Entry, Answer::Int(n)) => outcome.add(0, n.max(0) as u64),
        (Part::Beside, Answer::Int(n)) => outcome.add(n.max(0) as u64, 0),
        // It expired between the reading and the transaction, or an index is of another type
        // than the framework's and not ours to touch.
        _ => {}
    }
}

fn give(settled: &mut [Option<Outcome>], outcomes: Vec<Outcome>) {
    for (settled, outcome) in settled.iter_mut().zip(outcomes) {
        *settled = Some(outcome);
    }
}

/// The commands that make a session end at another time.
fn expiring<'s>(key: &'s Key, expiry: Expiry, rewrite: Option<&'s Rewrite>) -> Vec<Vec<Cow<'s, [u8]>>> {
    let mut commands: Vec<Vec<Cow<'s, [u8]>>> = Vec::new();
    match rewrite {
        // XX: a key that ends in this moment is not made anew.
        Some(Rewrite::Text(text)) => {
            let mut command: Vec<Cow<'s, [u8]>> =
                vec![b"SET"[..].into(), (&key.0[..]).into(), (&text[..]).into(), b"XX"[..].into()];
            if expiry == Expiry::Keep {
                command.push(b"KEEPTTL"[..].into());
            }
            commands.push(command);
        }
        Some(Rewrite::Fields(fields)) => {
            let mut command: Vec<Cow<'s, [u8]>> = vec![b"HSET"[..].into(), (&key.0[..]).into()];
            for (field, value) in fields {
                command.extend([(&field.0[..]).into(), (&value.0[..]).into()]);
            }
            commands.push(command);
        }
        None => {}
    }
    match expiry {
        Expiry::At(at) => commands.push(end_at(key, at)),
        Expiry::Persist => commands.push(vec![b"PERSIST"[..].into(), (&key.0[..]).into()]),
        Expiry::Keep => {}
    }
    commands
}

fn end_at(key: &Key, at: i64) -> Vec<Cow<'_, [u8]>> {
    vec![b"PEXPIREAT"[..].into(), (&key.0[..]).into(), at.to_string().into_bytes().into()]
}

/// When the step lets the session's key end, or the first of those beside it.
fn new_end(step: &Step) -> Option<i64> {
    let own = match step.own {
        Own::Expire { at: Expiry::At(at), .. } => Some(at),
        _ => None,
    };
    let beside = step.then.iter().filter_map(|op| match op {
        Op::EndAt { at, .. } => *at,
        _ => None,
    });
    own.into_iter().chain(beside).min()
}

/// The index of an operation that is unconditional by nature.
pub(super) fn simple_key(op: &Op) -> Option<&Key> {
    match op {
        Op::SetRemove { key, .. }
        | Op::SortedRemove { key, .. }
        | Op::HashRemove { key, .. }
        | Op::SortedScore { key, .. }
        | Op::SetMove { key, .. } => Some(key),
        _ => None,
    }
}

fn compare(raw: &Raw, step: &Step, fit: Fit) -> Found {
    let same = fingerprint(raw) == Some(step.seen) || (fit == Fit::SeenOrDone && rewritten(raw, step));
    if same { Found::Same } else { Found::Changed }
}

/// Whether it is what the step makes of it: a run that died in this batch may have done so, and what
/// follows from it is left to do.
fn rewritten(raw: &Raw, step: &Step) -> bool {
    let Own::Expire { rewrite: Some(rewrite), .. } = &step.own else { return false };
    match (raw, rewrite) {
        (Raw::Text(there), Rewrite::Text(made)) => there == made,
        (Raw::Hash(there), Rewrite::Fields(made)) => made
            .iter()
            .all(|(name, value)| there.iter().any(|(field, now)| *field == name.0 && now == &value.0)),
        _ => false,
    }
}

/// The commands of a step's operations that are unconditional by nature; entries that go from the same
/// index one after the other go by one command.
fn simples(step: &Step, no_index: bool) -> Vec<(Vec<Cow<'_, [u8]>>, Part)> {
    let mut commands: Vec<(Vec<Cow<'_, [u8]>>, Part)> = Vec::new();
    for op in step.then.iter().filter(|op| !no_index || simple_key(op).is_none()) {
        let Some(mut command) = simple(op) else { continue };
        let part = Part::of(op);
        if let (Part::Entry, Some((last, Part::Entry))) = (&part, commands.last_mut())
            && last[..2] == command[..2]
        {
            last.extend(command.drain(2..));
        } else {
            commands.push((command, part));
        }
    }
    commands
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

/// The command of an operation that is unconditional by nature; `None` for those that need more.
fn simple(op: &Op) -> Option<Vec<Cow<'_, [u8]>>> {
    fn of<'o>(parts: &[&'o [u8]]) -> Vec<Cow<'o, [u8]>> {
        parts.iter().map(|part| Cow::Borrowed(*part)).collect()
    }
    Some(match op {
        Op::SetRemove { key, member } => of(&[b"SREM", &key.0, member]),
        Op::SortedRemove { key, member } => of(&[b"ZREM", &key.0, member]),
        Op::HashRemove { key, field } => of(&[b"HDEL", &key.0, field]),
        // Together with the session: a lock that outlived it would let a request write it back.
        Op::Unlink(key) | Op::Unlock(key) => of(&[b"UNLINK", &key.0]),
        Op::SortedScore { key, member, score } => {
            let mut command = of(&[b"ZADD", &key.0, b"XX"]);
            command.extend([score.to_string().into_bytes().into(), Cow::Borrowed(&member[..])]);
            command
        }
        Op::EndAt { key, at: Some(at) } => end_at(key, *at),
        Op::EndAt { key, at: None } => of(&[b"PERSIST", &key.0]),
        Op::SetMove { key, to, member, .. } => of(&[b"SMOVE", &key.0, &to.0, member]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
