//! Ending by value: one command a session, on servers that compare by themselves.
//!
//! DELIFEQ (Valkey 9.0) and DELEX with IFEQ (Redis 8.4, Valkey 9.2) remove a string while it holds just
//! these bytes. The value that was matched is at hand, so nothing is read again and nothing watched.
//! Whatever does not go in that way, for whatever reason, is left to the transactions: they tell why.

use super::{RedisStore, Refusal};
use crate::store::{Error, Outcome, Step};
use ::redis::Value as Answer;

/// A longer value is freed by the thread that serves everybody; UNLINK leaves it to another
/// (Redis, `lazyfree.c`: what a value is in pieces, LAZYFREE_THRESHOLD).
pub(super) const MOST: usize = 64 << 10;
/// Commands a write, of which two may be on their way.
const SENT: usize = 400;

/// How the server ends a key that holds a certain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByValue {
    /// DELIFEQ key value
    DelIfEq,
    /// DELEX key IFEQ value
    DelEx,
    /// It does not, or not for this user.
    Not,
}

impl ByValue {
    /// The command that sees to it that a session is still what was matched.
    pub(super) fn command(self) -> &'static str {
        match self {
            ByValue::DelIfEq => "DELIFEQ",
            ByValue::DelEx => "DELEX",
            ByValue::Not => "WATCH",
        }
    }
}

/// Finds out, once.
pub(super) fn known(store: &mut RedisStore) -> ByValue {
    if let Some(known) = store.by_value {
        return known;
    }
    let told = store.ask(&[b"COMMAND", b"INFO", b"delifeq", b"delex"]);
    let known = match told {
        Ok(Answer::Array(commands)) => match &commands[..] {
            [Answer::Array(_), _] => ByValue::DelIfEq,
            [_, Answer::Array(_)] => ByValue::DelEx,
            _ => ByValue::Not,
        },
        // Anyone who may not ask ends sessions in the way that every server knows.
        _ => ByValue::Not,
    };
    store.by_value = Some(known);
    known
}

/// The connection was lost while these steps' answers were awaited.
pub(super) struct Lost {
    pub(super) error: Error,
    pub(super) unheard: Vec<usize>,
}

/// Sends the commands, a piece ahead of the answers. What has no outcome then stays.
pub(super) fn send(
    store: &mut RedisStore,
    steps: &[Step],
    places: &[usize],
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Lost> {
    let how = known(store);
    let command: &str = if how == ByValue::DelEx { "DELEX" } else { "DELIFEQ" };
    let mut sent = 0;
    let mut heard = 0;
    while heard < places.len() {
        let next = (sent + SENT).min(places.len());
        for at in &places[sent..next] {
            let (key, held) =
                (&steps[*at].key.0[..], steps[*at].held.as_ref().map_or(&[][..], |held| &held.text));
            match how {
                ByValue::DelEx => store.push(&[b"DELEX", key, b"IFEQ", held]),
                _ => store.push(&[b"DELIFEQ", key, held]),
            }
        }
        let until = if next == places.len() { next } else { sent };
        let lost = |error: Error, heard: usize| Lost { error, unheard: places[heard..next].to_vec() };
        store.flush(command).map_err(|error| lost(error, heard))?;
        sent = next;
        for (nth, at) in places.iter().enumerate().take(until).skip(heard) {
            match store.take(command).map_err(|error| lost(error, nth))? {
                Ok(Answer::Int(1)) => outcomes[*at] = Some(Outcome::Done { keys: 1, entries: 0 }),
                Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. })) => {
                    store.by_value = Some(ByValue::Not);
                }
                // It is gone, or something else, or hidden.
                _ => {}
            }
        }
        heard = until;
    }
    Ok(())
}
