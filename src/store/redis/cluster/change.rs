//! Changing in a cluster: no transaction spans two slots.
//!
//! What belongs to a session and lies in its slot goes in its transaction. The rest follows on the nodes
//! where it is, once the session's own key is done: each operation is conditional by itself or without
//! effect where there is nothing to change, so that a run that was cut short is gone on with. The backup
//! of all of it is written down before the session's key is touched. What is weaker than on one server:
//! between the two moments the session is over and an index may still name it, and what is written in
//! that time to a key that belongs to the session alone goes with it.

use std::collections::HashSet;
use std::io;

use super::nodes::Nodes;
use super::{ClusterStore, of_key};
use crate::codec;
use crate::store::redis::once::Once;
use crate::store::redis::patience::Patience;
use crate::store::redis::slots::{is_within, other_key, slot_of};
use crate::store::redis::{RedisStore, backup, change, follow};
use crate::store::{
    Applied, Backup, Companion, Error, Fingerprint, Fit, IndexOp, Keeper, Key, Lookup as _, Op, Outcome, Own,
    Step, Store as _,
};

/// Indexes that one session is followed into; a framework keeps a few.
const LISTED: usize = 1000;

/// The slot of an operation's key; where it has none, any node will do.
pub(super) fn slot(op: &Op) -> u16 {
    op.key().map_or(0, of_key)
}

/// An operation of the step at this place.
type Placed = (usize, Op);

fn placed(one: &Placed) -> u16 {
    slot(&one.1)
}

pub(super) fn apply(
    store: &mut ClusterStore,
    steps: &[Step],
    fit: Fit,
    keeper: Option<&mut dyn Keeper>,
) -> Applied {
    let (near, mut far) = match listed(store, steps) {
        Ok(steps) => divided(steps),
        Err(error) => return Applied::nothing(steps.len(), error),
    };
    let mut outcomes: Vec<Option<Outcome>> = vec![None; steps.len()];
    if let Err(error) = only_while(store, &near, &far, &mut outcomes) {
        return Applied::nothing(steps.len(), error);
    }
    if keeper.is_some() && store.aside.is_none() && far.iter().any(|far| !far.is_empty()) {
        match Nodes::new(&store.target) {
            Ok(nodes) => store.aside = Some(nodes),
            Err(error) => return Applied::nothing(steps.len(), error),
        }
    }
    let mut open: Vec<usize> = (0..steps.len()).filter(|at| outcomes[*at].is_none()).collect();
    open.sort_by_key(|at| of_key(&near[*at].key));
    let mut stopped: Option<Error> = None;
    let mut patience = Patience::new(store.nodes.limit());
    let mut alone = false;
    let everywhere: Vec<usize> = (0..steps.len()).collect();
    let mut once = keeper.map(Once::new);
    // Steps whose answers were lost with their node, so that they may be done.
    let mut unsure: HashSet<usize> = HashSet::new();
    while !open.is_empty() {
        let mut again = Vec::new();
        let mut why = None;
        let groups = store.nodes.grouped(open.iter().map(|at| (*at, of_key(&near[*at].key))));
        // Of slots that move each is tried for itself, so that it holds up no other.
        let of_one = |one: &usize, other: &usize| {
            let slots = !alone || of_key(&near[*one].key) == of_key(&near[*other].key);
            slots && unsure.contains(one) == unsure.contains(other)
        };
        let groups: Vec<(Option<usize>, Vec<usize>)> = groups
            .iter()
            .flat_map(|(owner, places)| {
                places.chunk_by(of_one).map(|some| (*owner, some.to_vec())).collect::<Vec<_>>()
            })
            .collect();
        for (owner, places) in groups {
            if stopped.is_some() {
                again.extend(places);
                continue;
            }
            let some: Vec<Step> = places.iter().map(|at| near[*at].clone()).collect();
            let mut keeper = once.as_mut().map(|once| once.of(&everywhere));
            let again_sent = unsure.contains(&places[0]);
            let fit = if again_sent { Fit::SeenOrDone } else { fit };
            let mut beside = keeper.as_mut().map(|keeper| Beside {
                keeper,
                nodes: store.aside.as_mut(),
                places: &places,
                far: &far,
                error: None,
            });
            let node = match owner {
                Some(owner) => store.nodes.node(owner),
                None => Err(store.nodes.unserved(of_key(&some[0].key))),
            };
            let mut applied = match node {
                Ok(node) => node.apply(&some, fit, beside.as_mut().map(|beside| beside as &mut dyn Keeper)),
                Err(error) => Applied::nothing(some.len(), error),
            };
            let text = applied.stopped.as_ref().map(ToString::to_string);
            if let Some(error) = beside.and_then(|beside| beside.error) {
                applied.stopped = Some(error);
            }
            let moved = applied.stopped.as_ref().is_some_and(moves);
            for (at, outcome) in places.iter().zip(applied.outcomes) {
                let undone = matches!((&outcome, &text), (Outcome::Failed(why), Some(text)) if why == text);
                let unheard = matches!(&outcome, Outcome::Failed(why) if why == change::UNHEARD);
                if moved && (undone || unheard) {
                    again.push(*at);
                    if unheard {
                        unsure.insert(*at);
                    }
                    continue;
                }
                let outcome = match outcome {
                    // It was there when its end was sent.
                    Outcome::Gone { keys, entries } if again_sent && near[*at].own == Own::End => {
                        Outcome::Done { keys: keys + 1, entries }
                    }
                    outcome => outcome,
                };
                // What follows the session in its slot may not have come about.
                if applied.stopped.is_some() && follows(&near[*at], &outcome) {
                    far[*at].extend(near[*at].then.iter().cloned());
                }
                outcomes[*at] = Some(outcome);
            }
            if let Some(error) = applied.stopped {
                owner.inspect(|owner| store.nodes.forget(*owner));
                if moved {
                    why = Some(error);
                } else {
                    stopped = Some(error);
                }
            }
        }
        open = again;
        if stopped.is_some() || open.is_empty() {
            break;
        }
        alone = true;
        let hope = open.iter().any(|at| store.nodes.has_hope(of_key(&near[*at].key)));
        if !patience.wait(hope || matches!(why, Some(Error::Moved { .. }))) {
            let moving = "its slot is moving to another node and did not arrive in time";
            let text = match &why {
                Some(Error::Moved { .. }) | None => moving.to_string(),
                Some(error) => error.to_string(),
            };
            for at in &open {
                outcomes[*at] = Some(Outcome::Failed(text.clone()));
            }
            // Slots that move do not keep the others' sessions.
            stopped = why.filter(|error| !matches!(error, Error::Moved { .. }));
            break;
        }
        // Anyone who does not answer now may do so the next time.
        let _ = store.nodes.refresh();
    }
    let mut applied = Applied::of(outcomes, stopped);
    let followed = elsewhere(&mut store.nodes, &near, far, &mut applied.outcomes);
    applied.stopped = applied.stopped.or(followed);
    applied
}

/// Whether a step can be tried again: nothing of it was done, or it is found so.
fn moves(error: &Error) -> bool {
    matches!(
        error,
        Error::Moved { .. }
            | Error::ClusterDown { .. }
            | Error::Replica { .. }
            | Error::Lost { .. }
            | Error::Loading { .. }
            | Error::Detached { .. }
            | Error::Connect { reason: crate::store::Reason::Absent(_), .. }
    )
}

/// Whether what belongs to a session is to be changed, by what became of it.
fn follows(step: &Step, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Done { .. } => true,
        Outcome::Gone { .. } => step.own == Own::End,
        Outcome::Changed | Outcome::Failed(_) => false,
    }
}

/// The steps with the sets by name that other sets list.
fn listed(store: &mut ClusterStore, steps: &[Step]) -> Result<Vec<Step>, Error> {
    let mut steps = steps.to_vec();
    for step in &mut steps {
        if !step.then.iter().any(|op| matches!(op, Op::Index(IndexOp::SetRemoveListed { .. }))) {
            continue;
        }
        for op in std::mem::take(&mut step.then) {
            let Op::Index(IndexOp::SetRemoveListed { key, begins, member }) = op else {
                step.then.push(op);
                continue;
            };
            for name in store.entries(&key, LISTED)? {
                let name = codec::text_of(&name).filter(|name| name.starts_with(&begins));
                let op =
                    name.map(|name| Op::Index(IndexOp::SetRemove { key: Key(name), member: member.clone() }));
                step.then.extend(op.filter(|op| !step.then.contains(op)));
            }
        }
    }
    Ok(steps)
}

/// The steps with the operations in their own slots, and the other operations of each.
fn divided(mut steps: Vec<Step>) -> (Vec<Step>, Vec<Vec<Op>>) {
    let far = steps.iter_mut().map(|step| {
        let slot = of_key(&step.key);
        let (near, far) = std::mem::take(&mut step.then).into_iter().partition(|op| is_within(op, slot));
        step.then = near;
        far
    });
    let far = far.collect();
    (steps, far)
}

/// Leaves out the steps whose condition in another slot is not given.
fn only_while(
    store: &mut ClusterStore,
    steps: &[Step],
    far: &[Vec<Op>],
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Error> {
    let conditions = far.iter().enumerate().flat_map(|(at, ops)| {
        ops.iter().filter_map(move |op| match op {
            Op::OnlyWhile(key) => Some((at, key.clone())),
            _ => None,
        })
    });
    let (places, keys): (Vec<usize>, Vec<Key>) = conditions.unzip();
    for (at, kind) in places.into_iter().zip(store.kinds(&keys)?) {
        if kind.is_none() && steps[at].own != Own::End {
            outcomes[at] = Some(Outcome::Gone { keys: 0, entries: 0 });
        }
    }
    Ok(())
}

/// Adds to the backups of one node's sessions what belongs to them on the others.
struct Beside<'b> {
    keeper: &'b mut dyn Keeper,
    nodes: Option<&'b mut Nodes>,
    /// Where the node's steps stand in the whole batch.
    places: &'b [usize],
    far: &'b [Vec<Op>],
    /// Why it could not be gathered.
    error: Option<Error>,
}

impl Keeper for Beside<'_> {
    fn prepared(&mut self, backups: &[Backup]) -> io::Result<()> {
        let mut whole: Vec<Backup> = backups.to_vec();
        let mut wanted: Vec<Placed> = Vec::new();
        for (nth, backup) in whole.iter_mut().enumerate() {
            let at = self.places[backup.step as usize];
            backup.step = at as u32;
            wanted.extend(self.far[at].iter().map(|op| (nth, op.clone())));
        }
        if let Some(nodes) = self.nodes.as_deref_mut().filter(|_| !wanted.is_empty()) {
            let gathered = nodes.all(&wanted, &placed, &mut |store, some| gather(store, some));
            let gathered = gathered.map_err(|error| {
                let text = error.to_string();
                self.error = Some(error);
                io::Error::other(text)
            })?;
            for ((nth, _), companions) in wanted.iter().zip(gathered) {
                whole[*nth].companions.extend(companions);
            }
        }
        self.keeper.prepared(&whole)
    }

    fn void(&mut self, steps: &[u32]) -> io::Result<()> {
        let steps: Vec<u32> = steps.iter().map(|step| self.places[*step as usize] as u32).collect();
        self.keeper.void(&steps)
    }
}

/// A step of one operation, which has nothing to do with any session's own key.
pub(super) fn bare(op: &Op) -> Step {
    Step {
        key: Key(Vec::new()),
        hash: false,
        seen: Fingerprint([0; 16]),
        bytes: 0,
        own: Own::End,
        then: vec![op.clone()],
        ends: None,
        held: None,
    }
}

/// What these operations are going to change on one node, as it is.
fn gather(store: &mut RedisStore, ops: &[Placed]) -> Result<Vec<Vec<Companion>>, Error> {
    let steps: Vec<Step> = ops.iter().map(|(_, op)| bare(op)).collect();
    backup::beside(store, &steps)
}

/// Carries out what belongs to the sessions in other slots than theirs.
fn elsewhere(
    nodes: &mut Nodes,
    steps: &[Step],
    far: Vec<Vec<Op>>,
    outcomes: &mut [Outcome],
) -> Option<Error> {
    let mut done = HashSet::new();
    let mut ops: Vec<Placed> = Vec::new();
    for (at, some) in far.into_iter().enumerate() {
        if follows(&steps[at], &outcomes[at]) {
            ops.extend(some.into_iter().filter(|op| done.insert(op.clone())).map(|op| (at, op)));
        }
    }
    let apart =
        |op: &Op| other_key(op).is_some_and(|other| op.key().is_some_and(|key| of_key(key) != of_key(other)));
    let (apart, plain): (Vec<Placed>, Vec<Placed>) = ops.into_iter().partition(|(_, op)| apart(op));
    let first = carry(nodes, &plain, outcomes);
    let second = in_two(nodes, &apart, outcomes);
    first.or(second)
}

/// Carries out operations, each on the node of its key; a step of which one could not be done has failed.
fn carry(nodes: &mut Nodes, ops: &[Placed], outcomes: &mut [Outcome]) -> Option<Error> {
    let (counted, error) = nodes.each(ops, &placed, &mut |store, some| {
        let steps: Vec<Step> = some.iter().map(|(_, op)| bare(op)).collect();
        let mut counted = change::beside(store, &steps)?;
        follow::follow(store, &steps, &mut counted)?;
        Ok(counted)
    });
    for ((at, _), counted) in ops.iter().zip(counted) {
        match counted {
            Some(Outcome::Done { keys, entries } | Outcome::Gone { keys, entries }) => {
                outcomes[*at].add(keys, entries);
            }
            Some(_) => {}
            None => left(&mut outcomes[*at], error.as_ref()),
        }
    }
    error
}

fn left(outcome: &mut Outcome, error: Option<&Error>) {
    let why = error.map(ToString::to_string).unwrap_or_default();
    *outcome = Outcome::Failed(format!("what belongs to it on another node was not changed: {why}"));
}

/// Operations on two keys in two slots: the one is looked at or written first, and the other follows.
fn in_two(nodes: &mut Nodes, ops: &[Placed], outcomes: &mut [Outcome]) -> Option<Error> {
    let mut second: Vec<Placed> = Vec::new();
    let mut gone: Vec<(usize, Key, Op)> = Vec::new();
    let mut moves: Vec<(usize, Op)> = Vec::new();
    for (at, op) in ops {
        match op {
            Op::Index(IndexOp::SortedRemoveWhenGone { key, member, gone: other }) => {
                let removed = Op::Index(IndexOp::SortedRemove { key: key.clone(), member: member.clone() });
                gone.push((*at, other.clone(), removed));
            }
            op => moves.push((*at, op.clone())),
        }
    }
    let (absent, mut error) = nodes.each(&gone, &|(_, key, _)| of_key(key), &mut |store, some| {
        store.absent(&some.iter().map(|(_, key, _)| key.clone()).collect::<Vec<_>>())
    });
    for ((at, _, op), absent) in gone.into_iter().zip(absent) {
        match absent {
            Some(Some(true)) => second.push((at, op)),
            // What an ACL hides is not known to be gone.
            Some(_) => {}
            None => left(&mut outcomes[at], error.as_ref()),
        }
    }
    // A member is in both sets for a moment, and never in none.
    let (there, asked) = nodes.each(&moves, &placed, &mut |store, some| {
        store.probe(&some.iter().map(|(_, op)| op.clone()).collect::<Vec<_>>())
    });
    let mut added: Vec<Placed> = Vec::new();
    for (one, there) in moves.into_iter().zip(there) {
        match there {
            Some(true) => added.push(one),
            Some(false) => {}
            None => left(&mut outcomes[one.0], asked.as_ref()),
        }
    }
    error = error.or(asked);
    let into = |one: &Placed| other_key(&one.1).map_or(0, |key| slot_of(&key.0));
    let (written, lost) = nodes.each(&added, &into, &mut |store, some| {
        follow::added(store, &some.iter().map(|(_, op)| op).collect::<Vec<_>>())?;
        Ok(vec![(); some.len()])
    });
    for ((at, op), written) in added.into_iter().zip(written) {
        match (written, op) {
            (Some(()), Op::Index(IndexOp::SetMove { key, member, .. })) => {
                second.push((at, Op::Index(IndexOp::SetRemove { key, member })));
            }
            (Some(()), _) => {}
            (None, _) => left(&mut outcomes[at], lost.as_ref()),
        }
    }
    error.or(lost).or_else(|| carry(nodes, &second, outcomes))
}
