//! The transaction that changes what was found unchanged, and what its answers say.

use super::commands::{Part, expiring, simples};
use super::{Found, Share};
use crate::store::redis::{RedisStore, Refusal};
use crate::store::{Error, Outcome, Own, Step};
use ::redis::Value as Answer;

/// Sends the transaction: the keys that still are what was seen, with their index entries.
pub(super) fn change(lane: &mut RedisStore, share: &mut Share<'_>) -> Result<(), Error> {
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
pub(super) enum Settled {
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
pub(super) fn settle(
    lane: &mut RedisStore,
    share: &Share<'_>,
    settled: &mut [Option<Outcome>],
) -> Result<Settled, Error> {
    let mut outcomes: Vec<Outcome> = share
        .found
        .iter()
        .map(|found| match found {
            Found::Same | Found::Gone | Found::Otherwise => Outcome::Gone { keys: 0, entries: 0 },
            Found::Changed => Outcome::Changed,
            Found::Failed(why) => Outcome::Failed(why.clone()),
        })
        .collect();
    lane.expect("MULTI")?;
    if share.awaited.is_empty() {
        lane.expect("DISCARD")?;
        give(settled, share, outcomes);
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
                    outcomes[*at] = Outcome::Failed("removing it is no longer permitted".to_string());
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
    give(settled, share, outcomes);
    Ok(denied.map_or(Settled::Executed, Settled::Partly))
}

/// Counts what the answer to one command means for its step.
pub(super) fn tally(outcome: &mut Outcome, part: &Part, answer: Answer) {
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

fn give(settled: &mut [Option<Outcome>], share: &Share<'_>, outcomes: Vec<Outcome>) {
    for ((settled, found), outcome) in settled.iter_mut().zip(&share.found).zip(outcomes) {
        if !matches!(found, Found::Otherwise) {
            *settled = Some(outcome);
        }
    }
}
