//! Changes of fields: each only while the field is what was seen.

use ::redis::Value as Answer;

use super::{Field, ask, pair};
use crate::store::redis::ends::CLOSE;
use crate::store::redis::guarded::{Command, Guarded, command};
use crate::store::redis::{RedisStore, fields};
use crate::store::{Backup, Content, Error, Expiry, Fit, Key, Outcome, Own, Raw, Rewrite, Step, fingerprint};

/// What a step finds of its field; else what becomes of the step.
pub(super) fn judge(
    step: &Step,
    field: Option<&(Vec<u8>, Option<i64>)>,
    fit: Fit,
    now: i64,
) -> Result<(Vec<u8>, Option<i64>), Outcome> {
    let Some((text, end)) = field else { return Err(Outcome::Gone { keys: 0, entries: 0 }) };
    let new_end = match step.own {
        Own::Expire { at: Expiry::At(at), .. } => Some(at),
        _ => None,
    };
    let again = fit == Fit::SeenOrDone;
    let made = match &step.own {
        Own::Expire { rewrite: Some(Rewrite::Text(made)), .. } => again && made == text,
        _ => false,
    };
    if !made && fingerprint(&Raw::Text(text.clone())) != Some(step.seen) {
        return Err(Outcome::Changed);
    }
    let moved = again && new_end.zip(*end).is_some_and(|(new, end)| (new - end).abs() < CLOSE);
    if step.ends.is_some_and(|ends| !moved && !ends.fits(*end)) {
        return Err(Outcome::Changed);
    }
    if new_end.is_some_and(|at| at <= now) {
        return Err(Outcome::Failed("its new expiry has already passed".to_string()));
    }
    Ok((text.clone(), *end))
}

/// One field of a transaction.
pub(super) struct Part<'p> {
    pub(super) place: usize,
    pub(super) field: &'p [u8],
    pub(super) doing: Doing<'p>,
}

pub(super) enum Doing<'p> {
    /// While it is this text and ends then.
    Change {
        own: &'p Own,
        text: Vec<u8>,
        end: Option<i64>,
    },
    Back(&'p Backup),
}

/// Changes to some fields of the hash.
pub(super) struct Change<'p> {
    pub(super) hash: &'p Key,
    pub(super) ends: bool,
    pub(super) parts: Vec<Part<'p>>,
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// Whose each of the commands is that were sent.
    pub(super) sent: Vec<usize>,
    pub(super) given_up: bool,
}

const DONE: Outcome = Outcome::Done { keys: 1, entries: 0 };
const PUT_BACK: Outcome = Outcome::Done { keys: 0, entries: 0 };
const EXPIRED: Outcome = Outcome::Gone { keys: 0, entries: 0 };

impl Change<'_> {
    fn set(&self, field: &[u8], text: &[u8]) -> Command {
        command(&[b"HSET", &self.hash.0, field, text])
    }

    /// The commands that give a field this end, or none.
    fn end(&self, field: &[u8], at: Option<i64>) -> Option<Command> {
        match at {
            _ if !self.ends => None,
            Some(at) => Some(fields::end_at(self.hash, field, at)),
            None => Some(command(&[b"HPERSIST", &self.hash.0, b"FIELDS", b"1", field])),
        }
    }

    /// What is to be done to a field now that it is this; else what becomes of it.
    fn commands(&self, part: &Part<'_>, there: Field, now: i64) -> Result<Vec<Command>, Outcome> {
        let field = part.field;
        match &part.doing {
            Doing::Change { own, text, end } => {
                let (there, ends) = there.ok_or(EXPIRED)?;
                if there != *text || ends != *end {
                    return Err(Outcome::Changed);
                }
                Ok(match own {
                    Own::Gone => return Err(Outcome::Changed),
                    Own::End => vec![command(&[b"HDEL", &self.hash.0, field])],
                    Own::Expire { at, rewrite } => {
                        let rewritten = match rewrite {
                            Some(Rewrite::Text(text)) => Some(self.set(field, text)),
                            Some(Rewrite::Fields(_)) => return Err(Outcome::Changed),
                            None => None,
                        };
                        let at = match at {
                            Expiry::At(at) => Some(*at),
                            Expiry::Persist => None,
                            // A field that is written again has lost its end.
                            Expiry::Keep => *end,
                        };
                        rewritten.into_iter().chain(self.end(field, at)).collect()
                    }
                })
            }
            Doing::Back(backup) => self.back(backup, field, there, now),
        }
    }

    fn back(&self, backup: &Backup, field: &[u8], there: Field, now: i64) -> Result<Vec<Command>, Outcome> {
        let Content::Text(text) = &backup.content else { return Err(Outcome::Changed) };
        if backup.expires.is_some_and(|at| at <= now) {
            return Err(EXPIRED);
        }
        if backup.expires.is_some() && !self.ends {
            return Err(Outcome::Failed("fields have no ends on this server".to_string()));
        }
        let whole = || {
            let end = backup.expires.and_then(|at| self.end(field, Some(at)));
            std::iter::once(self.set(field, text)).chain(end).collect()
        };
        match (&backup.own, there) {
            (Own::End, None) => Ok(whole()),
            // An undo that was cut short has been here.
            (_, Some((there, end))) if there == *text && end == backup.expires => Err(PUT_BACK),
            (Own::End | Own::Gone, Some(_)) => Err(Outcome::Changed),
            (Own::Gone, None) => Err(EXPIRED),
            // It ended when it was told to, and would still be there without that.
            (Own::Expire { at: Expiry::At(at), .. }, None) if *at <= now => Ok(whole()),
            (Own::Expire { .. }, None) => Err(Outcome::Changed),
            (Own::Expire { at, rewrite }, Some((there, end))) => {
                let left = match rewrite {
                    Some(Rewrite::Text(left)) => left,
                    _ => text,
                };
                let same_end = match at {
                    _ if !self.ends => true,
                    Expiry::At(at) => end == Some(*at),
                    Expiry::Persist => end.is_none(),
                    Expiry::Keep => end == backup.expires,
                };
                if there != *left || !same_end {
                    return Err(Outcome::Changed);
                }
                let rewritten = rewrite.is_some().then(|| self.set(field, text));
                Ok(rewritten.into_iter().chain(self.end(field, backup.expires)).collect())
            }
        }
    }
}

impl Guarded for Change<'_> {
    fn key(&self) -> &Key {
        self.hash
    }

    fn ask(&self, server: &mut RedisStore) -> usize {
        let names: Vec<&[u8]> = self.parts.iter().map(|part| part.field).collect();
        ask(server, &self.hash.0, &names, self.ends, true)
    }

    fn is_timed(&self) -> bool {
        true
    }

    fn decide(&mut self, now: i64, answers: Vec<Option<Answer>>) -> Vec<Command> {
        self.sent.clear();
        self.outcomes = vec![None; self.parts.len()];
        let mut answers = answers.into_iter();
        let texts = answers.next().flatten();
        let ends = answers.next().flatten();
        let found = texts.and_then(|texts| pair(texts, ends, self.parts.len()));
        let Some(found) = found else {
            // It is not a hash any more.
            self.outcomes = vec![Some(Outcome::Changed); self.parts.len()];
            return Vec::new();
        };
        let mut commands = Vec::new();
        for (nth, (part, there)) in self.parts.iter().zip(found).enumerate() {
            match self.commands(part, there, now) {
                Ok(some) if some.is_empty() => self.outcomes[nth] = Some(PUT_BACK),
                Ok(some) => {
                    self.sent.extend(std::iter::repeat_n(nth, some.len()));
                    commands.extend(some);
                }
                Err(outcome) => self.outcomes[nth] = Some(outcome),
            }
        }
        commands
    }

    fn done(&mut self, answers: Vec<Answer>) {
        for (nth, answer) in self.sent.iter().zip(answers) {
            let ended = matches!(self.parts[*nth].doing, Doing::Change { own: Own::End, .. });
            let outcome = match answer {
                Answer::ServerError(error) => {
                    Outcome::Failed(format!("the server refused it: {}", error.code()))
                }
                _ if ended => DONE,
                _ => PUT_BACK,
            };
            // What one of its commands failed of is not done.
            if !matches!(self.outcomes[*nth], Some(Outcome::Failed(_))) {
                self.outcomes[*nth] = Some(outcome);
            }
        }
    }

    fn given_up(&mut self, _: &str) -> Result<(), Error> {
        (self.given_up, self.outcomes) = (true, vec![None; self.parts.len()]);
        Ok(())
    }
}
