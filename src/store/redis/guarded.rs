//! Compare-and-set by the batch.
//!
//! The keys of many changes are WATCHed together and asked together, and what still fits is changed in
//! one MULTI. Where the server drops that, as one of the keys was written in between, the batch is
//! halved and tried again, down to a change alone: a key that is written all the time costs itself only.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use super::script::{self, Held};
use super::slots::{slot_of, together};
use super::{GENTLE_WATCHED, LANES, RedisStore, Refusal, WATCHED, instant};
use crate::store::{Error, Key};
use ::redis::Value as Answer;

/// How often one change is tried before it is given up.
const TRIES: usize = 20;

/// A command with its arguments.
pub(super) type Command = Vec<Vec<u8>>;

/// A command of these parts.
pub(super) fn command(parts: &[&[u8]]) -> Command {
    parts.iter().map(|part| part.to_vec()).collect()
}

/// One change to one key that depends on what a key holds.
pub(super) trait Guarded {
    /// The key that is watched. Changes that have the same are made one after the other.
    fn key(&self) -> &Key;

    /// Keys that are watched with it, and not changed. In a cluster they lie in its slot.
    fn besides(&self) -> Vec<&Key> {
        Vec::new()
    }

    /// Queues the questions; how many answers there will be.
    fn ask(&self, store: &mut RedisStore) -> usize;

    /// Whether it goes by the server's clock.
    fn is_timed(&self) -> bool {
        false
    }

    /// What is to be done, now that this is known; nothing where there is nothing to do. An answer is
    /// `None` where the key is of another type than asked, or hidden. `now` is 0 for what is not timed.
    fn decide(&mut self, now: i64, answers: Vec<Option<Answer>>) -> Vec<Command>;

    /// What the key has to hold, for a server that takes no transaction; then there is one command.
    fn held(&self) -> Held<'_> {
        Held::Unasked
    }

    /// It was carried out, with an answer a command.
    fn done(&mut self, answers: Vec<Answer>);

    /// The server would not do it.
    fn refused(&mut self, error: Error) -> Result<(), Error> {
        Err(error)
    }

    /// The key was written each time that this was tried.
    fn given_up(&mut self, _place: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// Makes all of these changes.
pub(super) fn carry_out<G: Guarded>(store: &mut RedisStore, changes: &mut [G]) -> Result<(), Error> {
    // Two that watch the same key would each make the server drop the other.
    let mut waves: Vec<VecDeque<usize>> = Vec::new();
    let mut met: HashMap<&Key, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        let wave = met.entry(change.key()).or_default();
        if waves.len() == *wave {
            waves.push(VecDeque::new());
        }
        waves[*wave].push_back(at);
        *wave += 1;
    }
    let mut tries: HashMap<usize, usize> = HashMap::new();
    for wave in waves {
        let (many, lanes) = match &store.flow {
            Some(flow) => (flow.commands().clamp(1, GENTLE_WATCHED), 1),
            None => (WATCHED, LANES),
        };
        let mut wave = Vec::from(wave);
        if store.cluster {
            wave.sort_by_key(|at| slot_of(&changes[*at].key().0));
        }
        let of_one = |one: &usize, other: &usize| {
            !store.cluster || together(changes[*one].key(), changes[*other].key())
        };
        let mut open: VecDeque<Vec<usize>> =
            wave.chunk_by(of_one).flat_map(|some| some.chunks(many)).map(<[usize]>::to_vec).collect();
        while !open.is_empty() {
            let lanes = if lanes > 1 { store.open_lanes(open.len().min(lanes)) } else { 1 };
            let round: Vec<Vec<usize>> = open.drain(..lanes.min(open.len())).collect();
            for (share, refused) in attempt(store, changes, round)? {
                if share.len() > 1 {
                    let (one, other) = share.split_at(share.len() / 2);
                    open.extend([one.to_vec(), other.to_vec()]);
                    continue;
                }
                let Some(&alone) = share.first() else { continue };
                let tried = tries.entry(alone).or_default();
                *tried += 1;
                match refused {
                    Some(error) => changes[alone].refused(error)?,
                    None if *tried >= TRIES => changes[alone].given_up(&store.place)?,
                    None => open.push_back(share),
                }
            }
        }
    }
    Ok(())
}

/// Changes that were not made and may be tried again; with why where the server would not.
type Again = Vec<(Vec<usize>, Option<Error>)>;

/// Tries a share on each connection. All answers are taken, whatever they say, as long as there are
/// any, so that the connections can still be used.
fn attempt<G: Guarded>(
    store: &mut RedisStore,
    changes: &mut [G],
    round: Vec<Vec<usize>>,
) -> Result<Again, Error> {
    let mut lost = None;
    let mut again: Again = Vec::new();
    let mut asked: Vec<(usize, Vec<usize>, Vec<usize>)> = Vec::new();
    for (at, share) in round.into_iter().enumerate() {
        match ask(store.lane(at), changes, &share) {
            Ok(counts) => asked.push((at, share, counts)),
            Err(error) => lost = lost.or(Some(error)),
        }
    }
    let mut heard: Vec<(usize, Vec<(usize, Vec<Command>)>)> = Vec::new();
    for (at, share, counts) in asked {
        match hear(store.lane(at), changes, &share, &counts) {
            Ok(Ok(decided)) => heard.push((at, decided)),
            Ok(Err(refused)) => {
                heard.push((at, Vec::new()));
                again.push((share, Some(refused)));
            }
            Err(error) => lost = lost.or(Some(error)),
        }
    }
    // What one connection lost is not changed by the others either: the run ends there.
    if let Some(error) = lost {
        return Err(error);
    }
    for (at, decided) in &heard {
        if let Err(error) = send(store.lane(*at), decided) {
            lost = lost.or(Some(error));
        }
    }
    let mut full = Vec::new();
    for (at, decided) in heard {
        match settle(store.lane(at), &decided) {
            Ok(Settled::Executed(mut answers)) => {
                for (one, commands) in decided {
                    let rest = answers.split_off(commands.len());
                    changes[one].done(std::mem::replace(&mut answers, rest));
                }
            }
            Ok(Settled::Dropped) => again.push((places(&decided), None)),
            Ok(Settled::Refused(error)) if error.is_full() => full.push((at, decided, error)),
            Ok(Settled::Refused(error)) => again.push((places(&decided), Some(error))),
            Err(error) => lost = lost.or(Some(error)),
        }
    }
    if let Some(error) = lost {
        return Err(error);
    }
    for (at, decided, error) in full {
        let lane = store.lane(at);
        for (one, commands) in decided {
            let change = &mut changes[one];
            let [command] = &commands[..] else {
                again.push((vec![one], Some(copy(&error))));
                continue;
            };
            if matches!(change.held(), Held::Unasked) {
                again.push((vec![one], Some(copy(&error))));
                continue;
            }
            let command: Vec<&[u8]> = command.iter().map(|part| &part[..]).collect();
            match script::one(lane, &change.held(), &command)? {
                Some(answer) => change.done(vec![answer]),
                None => again.push((vec![one], None)),
            }
        }
    }
    Ok(again)
}

/// The same refusal for another change.
fn copy(error: &Error) -> Error {
    match error {
        Error::Refused { place, command, reason } => {
            Error::Refused { place: place.clone(), command: command.clone(), reason: reason.clone() }
        }
        other => Error::Target(other.to_string()),
    }
}

fn places(decided: &[(usize, Vec<Command>)]) -> Vec<usize> {
    decided.iter().map(|(one, _)| *one).collect()
}

/// Watches the keys of a share and asks; how many answers each will get.
fn ask<G: Guarded>(lane: &mut RedisStore, changes: &[G], share: &[usize]) -> Result<Vec<usize>, Error> {
    let mut watch: Vec<&[u8]> = vec![b"WATCH"];
    for one in share {
        watch.push(&changes[*one].key().0);
        watch.extend(changes[*one].besides().into_iter().map(|key| &key.0[..]));
    }
    lane.push(&watch);
    if share.iter().any(|one| changes[*one].is_timed()) {
        lane.push(&[b"TIME"]);
    }
    let counts = share.iter().map(|one| changes[*one].ask(lane)).collect();
    lane.flush("WATCH")?;
    Ok(counts)
}

/// Takes what a share's keys hold, and what is to be done then; the inner error is a refusal.
fn hear<G: Guarded>(
    lane: &mut RedisStore,
    changes: &mut [G],
    share: &[usize],
    counts: &[usize],
) -> Result<Result<Vec<(usize, Vec<Command>)>, Error>, Error> {
    let watched = lane.take("WATCH")?;
    let mut refused = watched.err().map(|refusal| refused_for(lane, "WATCH", refusal));
    let mut now = 0;
    if share.iter().any(|one| changes[*one].is_timed()) {
        match lane.take("TIME")? {
            Ok(answer) => now = instant(answer).ok_or_else(|| lane.senseless("TIME"))?,
            Err(Refusal::Fatal(error)) => refused = refused.or(Some(error)),
            Err(_) => return Err(lane.senseless("TIME")),
        }
    }
    let mut all = Vec::with_capacity(share.len());
    for count in counts {
        let mut answers = Vec::with_capacity(*count);
        for _ in 0..*count {
            answers.push(match lane.take("GET")? {
                Ok(answer) => Some(answer),
                Err(Refusal::Fatal(error)) => {
                    refused = refused.or(Some(error));
                    None
                }
                Err(Refusal::WrongType | Refusal::HiddenKey) => None,
            });
        }
        all.push(answers);
    }
    if let Some(error) = refused {
        return Ok(Err(error));
    }
    let decided = share.iter().zip(all).map(|(one, answers)| (*one, changes[*one].decide(now, answers)));
    Ok(Ok(decided.filter(|(_, commands)| !commands.is_empty()).collect()))
}

/// Sends the transaction of a share, or lets go of its keys.
fn send(lane: &mut RedisStore, decided: &[(usize, Vec<Command>)]) -> Result<(), Error> {
    if decided.is_empty() {
        lane.push(&[b"UNWATCH"]);
        return lane.flush("UNWATCH");
    }
    lane.push(&[b"MULTI"]);
    for command in decided.iter().flat_map(|(_, commands)| commands) {
        let parts: Vec<&[u8]> = command.iter().map(|part| &part[..]).collect();
        lane.push(&parts);
    }
    lane.push(&[b"EXEC"]);
    lane.flush("MULTI")
}

/// What became of a transaction.
enum Settled {
    /// With an answer a command.
    Executed(Vec<Answer>),
    /// A key was written after it was asked.
    Dropped,
    Refused(Error),
}

fn settle(lane: &mut RedisStore, decided: &[(usize, Vec<Command>)]) -> Result<Settled, Error> {
    if decided.is_empty() {
        lane.expect("UNWATCH")?;
        return Ok(Settled::Executed(Vec::new()));
    }
    let mut names = vec![Cow::Borrowed("MULTI")];
    names.extend(
        decided.iter().flat_map(|(_, commands)| commands).map(|one| String::from_utf8_lossy(&one[0])),
    );
    let mut refused = None;
    for name in &names {
        if let Err(refusal) = lane.take(name)? {
            refused.get_or_insert(refused_for(lane, name, refusal));
        }
    }
    match (lane.take("EXEC")?, refused) {
        (_, Some(error)) => Ok(Settled::Refused(error)),
        (Ok(Answer::Nil), None) => Ok(Settled::Dropped),
        (Ok(Answer::Array(answers)), None) if answers.len() + 1 == names.len() => {
            Ok(Settled::Executed(answers))
        }
        (Err(refusal), None) => Ok(Settled::Refused(refused_for(lane, "EXEC", refusal))),
        (Ok(_), None) => Err(lane.senseless("EXEC")),
    }
}

fn refused_for(lane: &RedisStore, command: &str, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Fatal(error) => error,
        Refusal::WrongType | Refusal::HiddenKey => Error::Refused {
            place: lane.place.clone(),
            command: command.to_string(),
            reason: "the key is of another type or not permitted".to_string(),
        },
    }
}
