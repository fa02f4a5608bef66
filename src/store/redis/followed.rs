//! Changes on a server whose place another one can take.
//!
//! They go on with the steps that are not done; each is conditional, so that what is done already is found so.

use super::change;
use super::once::Once;
use super::patience::Patience;
use super::served::Served;
use crate::store::{Applied, Backup, Error, Fit, Keeper, Outcome, Own, Step};

/// What knows which server it is by now.
pub(super) trait Followed {
    /// The server as it is used.
    fn lead(&mut self) -> Result<&mut dyn Served, Error>;

    /// The connection is of no use any more.
    fn lose(&mut self);

    /// Whether it may be otherwise after a while, maybe on another server.
    fn may_pass(&self, error: &Error) -> bool;

    /// How long that is waited for.
    fn patience(&self) -> Patience;

    /// These were done; `heard` says whether the server answered all the time.
    fn done(&mut self, _steps: Vec<Step>, _heard: bool) {}

    /// These were put back.
    fn put_back(&mut self, _backups: &mut dyn Iterator<Item = &Backup>) {}
}

/// Carries out steps on whichever server it is now, one after the other.
pub(super) fn apply(
    followed: &mut dyn Followed,
    steps: &[Step],
    fit: Fit,
    keeper: Option<&mut dyn Keeper>,
) -> Applied {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; steps.len()];
    // Steps whose answers were lost, so that they may be done.
    let mut unsure: Vec<usize> = Vec::new();
    let mut sure: Vec<usize> = (0..steps.len()).collect();
    let mut once = keeper.map(Once::new);
    let mut patience: Option<Patience> = None;
    let stopped = loop {
        let again = !unsure.is_empty();
        let places = std::mem::take(if again { &mut unsure } else { &mut sure });
        let fit = if again { Fit::SeenOrDone } else { fit };
        if places.is_empty() {
            break None;
        }
        let some: Vec<Step> = places.iter().map(|at| steps[*at].clone()).collect();
        let applied = match followed.lead() {
            Ok(store) => {
                let mut keeper = once.as_mut().map(|once| once.of(&places));
                store.apply(&some, fit, keeper.as_mut().map(|keeper| keeper as &mut dyn Keeper))
            }
            Err(error) => Applied::nothing(some.len(), error),
        };
        let text = applied.stopped.as_ref().map(ToString::to_string);
        let passing = applied.stopped.as_ref().is_some_and(|error| followed.may_pass(error));
        let mut done = Vec::new();
        for ((at, outcome), step) in places.into_iter().zip(applied.outcomes).zip(some) {
            match outcome {
                Outcome::Failed(why) if passing && why == change::UNHEARD => unsure.push(at),
                Outcome::Failed(why) if passing && Some(&why) == text.as_ref() => {
                    if again { &mut unsure } else { &mut sure }.push(at);
                }
                outcome => {
                    let gone = matches!(outcome, Outcome::Gone { .. });
                    if gone || matches!(outcome, Outcome::Done { .. }) {
                        done.push(step);
                    }
                    outcomes[at] = Some(match outcome {
                        // It was there when its end was sent.
                        Outcome::Gone { keys, entries } if again && steps[at].own == Own::End => {
                            Outcome::Done { keys: keys + 1, entries }
                        }
                        Outcome::Gone { keys, entries } if again && steps[at].own == Own::Gone => {
                            Outcome::Done { keys, entries }
                        }
                        outcome => outcome,
                    });
                }
            }
        }
        if !done.is_empty() {
            patience = None;
        }
        followed.done(done, applied.stopped.is_none());
        let Some(error) = applied.stopped else { continue };
        if !passing {
            break Some(error);
        }
        followed.lose();
        if !patience.get_or_insert_with(|| followed.patience()).wait(true) {
            break Some(error);
        }
    };
    for at in unsure {
        outcomes[at] = Some(Outcome::Failed(change::UNHEARD.to_string()));
    }
    Applied::of(outcomes, stopped)
}

/// Puts back on whichever server it is now, one after the other.
pub(super) fn restore(followed: &mut dyn Followed, backups: &[Backup]) -> Applied {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; backups.len()];
    let open: Vec<usize> = (0..backups.len()).collect();
    let mut patience: Option<Patience> = None;
    let stopped = loop {
        let some: Vec<Backup> = open.iter().map(|at| backups[*at].clone()).collect();
        let applied = match followed.lead() {
            Ok(store) => store.restore(&some),
            Err(error) => Applied::nothing(some.len(), error),
        };
        let Some(error) = applied.stopped else {
            for (at, outcome) in open.iter().zip(applied.outcomes) {
                outcomes[*at] = Some(outcome);
            }
            let back =
                backups.iter().zip(&outcomes).filter(|(_, one)| matches!(one, Some(Outcome::Done { .. })));
            followed.put_back(&mut back.map(|(backup, _)| backup));
            break None;
        };
        // What was put back before the error came is found so by the next one, with what belongs to it.
        let passing = followed.may_pass(&error);
        if passing {
            followed.lose();
        }
        if !passing || !patience.get_or_insert_with(|| followed.patience()).wait(true) {
            for (at, outcome) in open.iter().zip(applied.outcomes) {
                outcomes[*at] = Some(outcome);
            }
            break Some(error);
        }
    };
    Applied::of(outcomes, stopped)
}
