//! Ending sessions on a server that is full.

use std::borrow::Cow;

use super::asked::{compare, read_again};
use super::commands::{Part, expiring, simples};
use super::transaction::tally;
use super::{Found, Share};
use crate::store::redis::{RedisStore, script};
use crate::store::{Error, Outcome, Own, Raw};

/// Ends the sessions of a share on a server that is full and takes no transaction: a script each, which
/// compares what is there with what was read, as a transaction would have.
pub(super) fn by_script(
    lane: &mut RedisStore,
    share: &Share<'_>,
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Error> {
    for (place, (step, found)) in share.steps.iter().zip(&share.found).enumerate() {
        let mut commands: Vec<Vec<Cow<'_, [u8]>>> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        let held = match found {
            Found::Otherwise => continue,
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
