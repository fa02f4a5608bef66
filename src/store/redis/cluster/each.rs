//! Something that every primary of a cluster gives by itself, such as a snapshot, and of which slots all is in it.
//!
//! A slot's keys are all there where its node says, before and after, that the slot was there all the time
//! ([`Own::stayed`]). The two moments of each node are its own, so that of a slot that moves no node may be sure.

use super::map::{Node, Own};
use super::nodes::Nodes;
use super::sweep::BEHIND;
use crate::store::Error;
use crate::store::redis::slots::SLOTS;
use crate::store::redis::target::Target;
use crate::store::redis::{RedisStore, load};

/// What one primary gave, or its replica in its place.
pub(in crate::store::redis) struct Given<T> {
    pub(in crate::store::redis) what: Result<T, Error>,
    /// Slots that were its own at first.
    pub(in crate::store::redis) had: Vec<u16>,
    /// Slots of which all was there while it gave.
    pub(in crate::store::redis) kept: Vec<u16>,
}

/// Asks all primaries at the same time. A connection is spent by what is taken from it.
pub(in crate::store::redis) fn of_each<T: Send>(
    target: &Target,
    take: &(dyn Fn(RedisStore) -> Result<T, Error> + Sync),
) -> Result<Vec<Given<T>>, Error> {
    let nodes = Nodes::new(target)?;
    let nodes = &nodes;
    Ok(std::thread::scope(|scope| {
        let asked = nodes.map.nodes.iter().enumerate();
        let asked: Vec<_> =
            asked.map(|(at, node)| scope.spawn(move || of_one(nodes, at, node, take))).collect();
        let all = asked.into_iter();
        all.map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    }))
}

fn of_one<T>(
    nodes: &Nodes,
    at: usize,
    node: &Node,
    take: &(dyn Fn(RedisStore) -> Result<T, Error> + Sync),
) -> Given<T> {
    let had: Vec<u16> = (0..SLOTS).filter(|slot| nodes.map.owner(*slot) == Some(at)).collect();
    let mut kept = Vec::new();
    let what = taken(nodes, node, take, &mut kept);
    Given { what, had, kept }
}

fn taken<T>(
    nodes: &Nodes,
    node: &Node,
    take: &(dyn Fn(RedisStore) -> Result<T, Error> + Sync),
    kept: &mut Vec<u16>,
) -> Result<T, Error> {
    let mut primary = nodes.connect(node)?;
    let before = Own::ask(&mut primary)?;
    // Whether slots stayed is the primary's to say: a replica hears of it later.
    let (server, is_sure) = match nodes.choose(node) {
        Some(mut replica) => {
            let caught_up = load::caught_up(&mut primary, &mut replica, BEHIND)?;
            (replica, caught_up)
        }
        None => (primary, true),
    };
    let given = take(server)?;
    // Where it cannot be asked any more nothing is sure, and what was taken stands.
    let after = nodes.connect(node).and_then(|mut primary| Own::ask(&mut primary));
    if let Ok(after) = after
        && is_sure
    {
        kept.extend((0..SLOTS).filter(|slot| before.stayed(*slot, &after)));
    }
    Ok(given)
}
