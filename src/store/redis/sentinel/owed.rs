//! What was changed and is not on the replicas yet.
//!
//! A server that becomes the primary before it has heard of a change does not know of it: a session that was
//! ended is there again. So what was done is kept in mind until every replica has confirmed it, and is done
//! again on the next primary; all of it is conditional, so that what is done already stays. A replica that is
//! not connected any more may be the one that takes over, so that it is waited for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::store::redis::load::{Role, role};
use crate::store::redis::served::Served;
use crate::store::{Backup, Content, Error, Fit, Outcome, Own, Step};
use crate::text::words::plural;

/// Steps and bytes of backups that are kept in mind at most; of more only the number is known.
const STEPS: usize = 20_000;
const BYTES: usize = 32 << 20;
/// How long a replica that was connected is waited for when it is not any more.
const MISSING: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Owed {
    batches: VecDeque<Batch>,
    /// How many replicas have to confirm, and since when fewer are connected.
    replicas: usize,
    fewer: Option<Instant>,
    /// Changes that were too many to be kept in mind, and where the replication stream was after the last.
    beyond: u64,
    beyond_at: Option<u64>,
    /// Sessions that were there again, or not any more, on a new primary and were ended or put back again.
    again: u64,
    /// Sessions that were there again and were not as they were when they were matched.
    different: u64,
    /// Changes of which nobody knows whether the new primary has them.
    unknown: u64,
}

/// What was done in one go.
struct Batch {
    /// Where the replication stream was behind it.
    at: Option<u64>,
    steps: Vec<Step>,
    backups: Vec<Backup>,
    bytes: usize,
}

impl Batch {
    fn len(&self) -> usize {
        self.steps.len() + self.backups.len()
    }
}

fn bytes_of(backup: &Backup) -> usize {
    let content = match &backup.content {
        Content::Text(text) => text.len(),
        Content::Hash { dump, .. } => dump.len(),
    };
    content + backup.key.0.len()
}

impl Owed {
    pub(super) fn ended(&mut self, steps: Vec<Step>, role: Option<&Role>) {
        self.add(Batch { at: role.map(|role| role.offset), steps, backups: Vec::new(), bytes: 0 }, role);
    }

    pub(super) fn put_back(&mut self, backups: &mut dyn Iterator<Item = &Backup>, role: Option<&Role>) {
        let backups: Vec<Backup> = backups.cloned().collect();
        let bytes = backups.iter().map(bytes_of).sum();
        self.add(Batch { at: role.map(|role| role.offset), steps: Vec::new(), backups, bytes }, role);
    }

    fn add(&mut self, batch: Batch, role: Option<&Role>) {
        if batch.len() > 0 {
            self.batches.push_back(batch);
        }
        if let Some(role) = role {
            self.confirmed(role);
        }
        let sum = |of: fn(&Batch) -> usize, batches: &VecDeque<Batch>| batches.iter().map(of).sum::<usize>();
        while sum(Batch::len, &self.batches) > STEPS || sum(|one| one.bytes, &self.batches) > BYTES {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.beyond += oldest.len() as u64;
            self.beyond_at = oldest.at;
        }
    }

    /// Forgets what all replicas have. Where none is connected nothing is confirmed.
    pub(super) fn confirmed(&mut self, role: &Role) {
        let there = role.replicas.len();
        if there < self.replicas && self.fewer.get_or_insert_with(Instant::now).elapsed() < MISSING {
            return;
        }
        (self.replicas, self.fewer) = (there, None);
        let Some(least) = role.replicas.iter().map(|replica| replica.offset).min() else { return };
        let has = |at: Option<u64>| at.is_some_and(|at| at <= least);
        while self.batches.front().is_some_and(|batch| has(batch.at)) {
            self.batches.pop_front();
        }
        if has(self.beyond_at) {
            (self.beyond, self.beyond_at) = (0, None);
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.beyond > 0 || !self.batches.is_empty()
    }

    /// Does it all again, on another server or the same.
    pub(super) fn pay(&mut self, store: &mut dyn Served) -> Result<(), Error> {
        for batch in &self.batches {
            let applied = store.apply(&batch.steps, Fit::SeenOrDone, None);
            if let Some(error) = applied.stopped {
                return Err(error);
            }
            for (step, outcome) in batch.steps.iter().zip(applied.outcomes) {
                match outcome {
                    Outcome::Done { .. } if step.own == Own::End => self.again += 1,
                    Outcome::Done { .. } | Outcome::Gone { .. } => {}
                    Outcome::Changed => self.different += 1,
                    Outcome::Failed(_) => self.unknown += 1,
                }
            }
            let restored = store.restore(&batch.backups);
            if let Some(error) = restored.stopped {
                return Err(error);
            }
            let back = |outcome: &&Outcome| matches!(outcome, Outcome::Done { .. });
            self.again += restored.outcomes.iter().filter(back).count() as u64;
        }
        self.unknown += std::mem::take(&mut self.beyond);
        let role = role(store.server())?;
        for batch in &mut self.batches {
            batch.at = Some(role.offset);
        }
        self.confirmed(&role);
        Ok(())
    }

    /// What replicas have not confirmed in the end, of which this many are connected.
    pub(super) fn left(&self, connected: Option<usize>) -> Option<String> {
        let many = self.beyond + self.batches.iter().map(|batch| batch.len() as u64).sum::<u64>();
        if many == 0 {
            return None;
        }
        let changes = plural(many, "change");
        Some(match connected.map(|connected| if connected == 0 { 0 } else { connected.max(self.replicas) }) {
            Some(0) => format!("{changes} on the primary alone: no replica is connected to it"),
            Some(1) => format!(
                "{changes} not confirmed by the replica yet; should it take over now, they may be lost"
            ),
            Some(replicas) => format!(
                "{changes} not confirmed by all {replicas} replicas yet; should one of them take over now, they may \
                 be lost"
            ),
            None => format!("{changes} of which it could not be asked whether a replica has them"),
        })
    }

    /// What was lost on the way to a new primary and mended, and whether all of it was.
    pub(super) fn came_back(&self) -> (Vec<String>, bool) {
        let mut said = Vec::new();
        if self.again > 0 {
            said.push(format!(
                "{} had not reached the new primary and {} done again there",
                plural(self.again, "change"),
                if self.again == 1 { "was" } else { "were" }
            ));
        }
        if self.different > 0 {
            said.push(format!(
                "{} on the new primary again, and not as when matched; run the same command again",
                if self.different == 1 {
                    "1 session is".to_string()
                } else {
                    format!("{} sessions are", self.different)
                }
            ));
        }
        if self.unknown > 0 {
            said.push(format!(
                "whether the new primary has {} is not known; look again",
                plural(self.unknown, "change")
            ));
        }
        (said, self.different + self.unknown == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::redis::load::Replica;
    use crate::store::{Fingerprint, Key};

    fn steps(many: usize) -> Vec<Step> {
        let step = |n: usize| Step {
            key: Key(n.to_string().into_bytes()),
            hash: false,
            seen: Fingerprint([0; 16]),
            bytes: 1,
            own: Own::End,
            then: Vec::new(),
            ends: None,
            held: None,
        };
        (0..many).map(step).collect()
    }

    fn at(offset: u64, confirmed: &[u64]) -> Role {
        let replica = |offset: &u64| Replica { host: String::new(), port: 1, offset: *offset };
        Role { primary: true, linked: false, offset, replicas: confirmed.iter().map(replica).collect() }
    }

    #[test]
    fn what_all_replicas_have_is_not_owed() {
        let mut owed = Owed::default();
        owed.ended(steps(3), Some(&at(100, &[50, 100])));
        owed.ended(steps(2), Some(&at(200, &[100, 200])));
        assert!(owed.left(Some(2)).is_some_and(|left| left.starts_with("2 changes not confirmed by all 2")));
        owed.confirmed(&at(300, &[]));
        assert!(owed.is_any(), "nobody has confirmed anything");
        owed.confirmed(&at(300, &[300]));
        assert!(owed.is_any(), "the one that is missing may be the next primary");
        owed.confirmed(&at(300, &[199, 300]));
        assert!(owed.is_any());
        owed.confirmed(&at(300, &[200, 300]));
        assert!(!owed.is_any());
        assert_eq!(owed.left(Some(1)), None);
    }

    #[test]
    fn of_very_many_only_the_number_is_known() {
        let mut owed = Owed::default();
        for n in 1..=30 {
            owed.ended(steps(1_000), Some(&at(n, &[])));
        }
        assert_eq!((owed.beyond, owed.beyond_at, owed.batches.len()), (10_000, Some(10), 20));
        assert!(
            owed.left(Some(0)).is_some_and(|left| left.starts_with("30000 changes on the primary alone"))
        );
        owed.confirmed(&at(40, &[30]));
        assert!(!owed.is_any());
    }
}
