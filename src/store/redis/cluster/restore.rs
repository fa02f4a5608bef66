//! Putting backups back in a cluster: the sessions first, with what lies in their slots, and then what
//! belongs to them elsewhere. What was put back already is found so when it is tried again.

use super::change::bare;
use super::nodes::Nodes;
use super::of_key;
use crate::store::redis::{change, restore};
use crate::store::{Applied, Backup, Companion, Error, IndexOp, Op, Outcome, Own, Step, Store as _};

pub(super) fn restore(nodes: &mut Nodes, backups: &[Backup]) -> Applied {
    let mut far: Vec<Vec<Companion>> = Vec::new();
    let mut near: Vec<Backup> = Vec::new();
    for backup in backups {
        // With what a session left behind it is nothing to the session.
        let of_one = backup.companions.first().filter(|_| backup.own == Own::Gone).map(Companion::key);
        let key = of_one.unwrap_or(&backup.key).clone();
        let slot = of_key(&key);
        let (here, there) = backup.companions.iter().cloned().partition(|one| is_within(one, slot));
        far.push(there);
        near.push(Backup { key, companions: here, ..backup.clone() });
    }
    let (outcomes, error) = nodes.each(&near, &|backup| of_key(&backup.key), &mut |store, some| {
        let applied = store.restore(some);
        applied.stopped.map_or(Ok(applied.outcomes), Err)
    });
    let Applied { mut outcomes, stopped: mut error } = Applied::of(outcomes, error);
    let back = |at: &usize| matches!(outcomes[*at], Outcome::Done { .. });
    let mut wanted: Vec<(usize, Companion)> = Vec::new();
    let mut taken: Vec<(usize, Op)> = Vec::new();
    for at in (0..far.len()).filter(back) {
        for one in std::mem::take(&mut far[at]) {
            match one {
                Companion::Moved { key, to, member } if of_key(&key) != of_key(&to) => {
                    taken.push((at, Op::Index(IndexOp::SetRemove { key: to, member: member.0.clone() })));
                    wanted.push((at, Companion::Member { key, member }));
                }
                one => wanted.push((at, one)),
            }
        }
    }
    let (put, lost) = nodes.each(&wanted, &|(_, one)| of_key(one.key()), &mut |store, some| {
        restore::beside_sessions(store, &some.iter().map(|(_, one)| one).collect::<Vec<_>>())?;
        Ok(vec![(); some.len()])
    });
    for ((at, _), put) in wanted.iter().zip(put) {
        if put.is_none() {
            left(&mut outcomes[*at], lost.as_ref());
        }
    }
    error = error.or(lost);
    if error.is_none() {
        let (put, lost) = nodes.each(&taken, &|(_, op)| op.key().map_or(0, of_key), &mut |store, some| {
            let steps: Vec<Step> = some.iter().map(|(_, op)| bare(op)).collect();
            change::beside(store, &steps)
        });
        for ((at, _), put) in taken.iter().zip(put) {
            if put.is_none() {
                left(&mut outcomes[*at], lost.as_ref());
            }
        }
        error = lost;
    }
    Applied { outcomes, stopped: error }
}

fn left(outcome: &mut Outcome, error: Option<&Error>) {
    let why = error.map(ToString::to_string).unwrap_or_default();
    *outcome = Outcome::Failed(format!("what belongs to it on another node was not put back: {why}"));
}

/// Whether all that a companion is put back into lies in this slot.
fn is_within(companion: &Companion, slot: u16) -> bool {
    let other = match companion {
        Companion::Moved { to, .. } => Some(to),
        _ => None,
    };
    of_key(companion.key()) == slot && other.is_none_or(|key| of_key(key) == slot)
}

pub(super) fn restore_whole(nodes: &mut Nodes, companions: &[Companion]) -> Result<(), Error> {
    let put = nodes.all(companions, &|one| of_key(one.key()), &mut |store, some| {
        restore::restore_whole(store, some)?;
        Ok(vec![(); some.len()])
    });
    put.map(|_| ())
}
