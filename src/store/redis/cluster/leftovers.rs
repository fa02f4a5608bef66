//! What sessions that are gone left behind in a cluster. Where it lies in its session's slot it is removed as on
//! one server. Elsewhere nothing can watch both: the session is asked for first, and then what it left is
//! removed if it is as it was written down. A session that is made between the two loses an entry of its index
//! or a key next to it; undo brings that back.

use super::change::{bare, slot};
use super::{ClusterStore, of_key};
use crate::store::redis::backup;
use crate::store::redis::leftovers::{self, Leftover};
use crate::store::{Applied, Error, Keeper, Key, Op, Outcome, Own, Step};

fn of_op(one: &(usize, Op)) -> u16 {
    slot(&one.1)
}

pub(super) fn apply(store: &mut ClusterStore, steps: &[Step], keeper: Option<&mut dyn Keeper>) -> Applied {
    let ops: Vec<(usize, Op)> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.own == Own::Gone)
        .flat_map(|(at, step)| step.then.iter().map(move |op| (at, op.clone())))
        .collect();
    let parts = store.nodes.all(&ops, &of_op, &mut |store, some| {
        let steps: Vec<Step> = some.iter().map(|(_, op)| bare(op)).collect();
        backup::beside(store, &steps)
    });
    let parts = match parts {
        Ok(parts) => parts,
        Err(error) => return Applied::nothing(steps.len(), error),
    };
    let mut gathered = vec![Vec::new(); steps.len()];
    let (mut places, mut all) = (Vec::new(), Vec::new());
    for ((at, op), part) in ops.iter().zip(parts) {
        let session = &steps[*at].key;
        let near = slot(op) == of_key(session);
        all.push(Leftover::new(near.then(|| session.clone()), op, &part));
        places.push(*at);
        gathered[*at].extend(part);
    }
    let sessions: Vec<Key> = places.iter().map(|at| steps[*at].key.clone()).collect();
    leftovers::carried_out(steps, gathered, &places, &all, keeper, |all| remove(store, all, &sessions))
}

fn remove(
    store: &mut ClusterStore,
    all: &[Leftover],
    sessions: &[Key],
) -> (Vec<Option<Outcome>>, Option<Error>) {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; all.len()];
    let apart: Vec<(usize, Key)> =
        (0..all.len()).filter(|at| all[*at].session.is_none()).map(|at| (at, sessions[at].clone())).collect();
    let kinds = store.nodes.all(&apart, &|(_, key)| of_key(key), &mut |store, some| {
        leftovers::are_gone(store, &some.iter().map(|(_, key)| key).collect::<Vec<_>>())
    });
    match kinds {
        Ok(kinds) => {
            for ((at, _), gone) in apart.iter().zip(kinds) {
                if !gone {
                    outcomes[*at] = Some(Outcome::Changed);
                }
            }
        }
        Err(error) => return (outcomes, Some(error)),
    }
    let open: Vec<(usize, Leftover)> =
        all.iter().cloned().enumerate().filter(|(at, _)| outcomes[*at].is_none()).collect();
    let (removed, error) = store.nodes.each(&open, &|(_, one)| slot(&one.op), &mut |store, some| {
        let some: Vec<Leftover> = some.iter().map(|(_, one)| one.clone()).collect();
        let mut parts = vec![None; some.len()];
        leftovers::remove(store, &some, &mut parts)?;
        Ok(parts)
    });
    for ((at, _), outcome) in open.iter().zip(removed) {
        outcomes[*at] = outcome.flatten();
    }
    (outcomes, error)
}
