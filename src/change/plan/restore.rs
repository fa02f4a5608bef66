//! Taking a run back: what its file says that it really changed, put back as it was.

use std::collections::{HashMap, HashSet, VecDeque};

use super::execute::{Batch, Work};
use super::run::{Damage, Digest, Kept, Reader, Record, Summary, digest};
use crate::change::report::Report;
use crate::store::{Applied, Companion, Outcome, Store};

/// Sessions a round trip.
pub const BATCH: usize = 500;

/// Which sessions of a run.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Only of these users; none means of all.
    pub users: Vec<String>,
    /// Only those whose id or key begins so; none means all.
    pub ids: Vec<Vec<u8>>,
    /// Only these keys.
    pub only: Option<HashSet<Digest>>,
}

impl Chosen {
    pub fn is_all(&self) -> bool {
        self.users.is_empty() && self.ids.is_empty() && self.only.is_none()
    }

    fn keeps(&self, kept: &Kept) -> bool {
        let user = self.users.is_empty() || kept.user.as_ref().is_some_and(|user| self.users.contains(user));
        if self.only.as_ref().is_some_and(|only| !only.contains(&digest(&kept.backup.key.0))) {
            return false;
        }
        let begins = |id: &Vec<u8>| kept.id.starts_with(id) || kept.backup.key.0.starts_with(id);
        user && (self.ids.is_empty() || self.ids.iter().any(begins))
    }
}

/// The sessions that a run changed, in its order: of the batches that were settled the steps that were
/// done, and all of the last one if the run died before it could say so, or if what it said is damaged.
pub struct Changed<'a> {
    reader: Reader,
    chosen: &'a Chosen,
    /// Sessions that came back and were ended again are in the file twice; as they were before the
    /// run, they are once. True once it was met.
    again: HashMap<Digest, bool>,
    /// Written down, and not settled yet.
    prepared: Vec<Kept>,
    ready: VecDeque<Kept>,
    /// Not changed after all, or not chosen; an index may have been kept whole with them all the same.
    aside: Vec<Kept>,
    ended: bool,
    /// What made the rest unreadable.
    pub damage: Option<Damage>,
}

impl<'a> Changed<'a> {
    pub fn open(summary: &Summary, chosen: &'a Chosen) -> Result<Changed<'a>, Damage> {
        Ok(Changed {
            reader: Reader::open(&summary.path)?,
            chosen,
            again: summary.again.iter().map(|name| (*name, false)).collect(),
            prepared: Vec::new(),
            ready: VecDeque::new(),
            aside: Vec::new(),
            ended: false,
            damage: None,
        })
    }

    /// Whether the file ends in the middle of a record; known at its end.
    pub fn torn(&self) -> bool {
        self.reader.torn
    }

    fn read(&mut self) {
        let kept = match self.reader.record() {
            Ok(Some(Record::Prepared(kept))) => {
                self.prepared.extend(kept);
                return;
            }
            Ok(Some(Record::Void { steps })) => {
                for kept in std::mem::take(&mut self.prepared) {
                    if steps.contains(&kept.backup.step) {
                        self.set_aside(kept);
                    } else {
                        self.prepared.push(kept);
                    }
                }
                return;
            }
            Ok(Some(Record::Settled { done })) => {
                let done: HashSet<u32> = done.into_iter().collect();
                let prepared = std::mem::take(&mut self.prepared);
                let (kept, others): (Vec<_>, Vec<_>) =
                    prepared.into_iter().partition(|kept| done.contains(&kept.backup.step));
                for kept in others {
                    self.set_aside(kept);
                }
                kept
            }
            Ok(Some(_)) => return,
            Ok(None) => {
                self.ended = true;
                std::mem::take(&mut self.prepared)
            }
            // How the last batch went cannot be read; as after a crash, any of it may have been done.
            Err(damage) => {
                (self.ended, self.damage) = (true, Some(damage));
                std::mem::take(&mut self.prepared)
            }
        };
        for kept in kept {
            let met = self.again.get_mut(&digest(&kept.backup.key.0));
            if self.chosen.keeps(&kept) && !met.is_some_and(|met| std::mem::replace(met, true)) {
                self.ready.push_back(kept);
            } else {
                self.set_aside(kept);
            }
        }
    }

    fn set_aside(&mut self, kept: Kept) {
        if kept.backup.companions.iter().any(|one| matches!(one, Companion::Whole { .. })) {
            self.aside.push(kept);
        }
    }

    /// Those met since it was asked last that are not to be put back and with which an index was kept
    /// whole, as it was when the run touched it first.
    pub fn aside(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.aside)
    }

    fn is_done(&mut self) -> bool {
        while self.ready.is_empty() && !self.ended {
            self.read();
        }
        self.ready.is_empty()
    }
}

impl Iterator for Changed<'_> {
    type Item = Kept;

    fn next(&mut self) -> Option<Kept> {
        if self.is_done() { None } else { self.ready.pop_front() }
    }
}

/// Sessions to be put back.
pub struct Restoring<'a> {
    changed: Changed<'a>,
    /// Indexes that several sessions are in, to be made as they were once all of them are back.
    wholes: Vec<Companion>,
}

impl<'a> Restoring<'a> {
    pub fn new(changed: Changed<'a>) -> Restoring<'a> {
        Restoring { changed, wholes: Vec::new() }
    }

    /// Puts small indexes back byte for byte, once the sessions are.
    pub fn finish(&self, store: &mut dyn Store) -> Result<(), crate::store::Error> {
        store.restore_whole(&self.wholes)
    }
}

impl Work for Restoring<'_> {
    fn is_done(&mut self) -> anyhow::Result<bool> {
        Ok(self.changed.is_done())
    }

    fn batch(&mut self, store: &mut dyn Store, most: usize, report: &mut Report) -> anyhow::Result<Batch> {
        let batch: Vec<_> = self.changed.by_ref().take(most).map(|kept| kept.backup).collect();
        let aside = self.changed.aside().into_iter().flat_map(|kept| kept.backup.companions);
        self.wholes.extend(aside.filter(|one| matches!(one, Companion::Whole { .. })));
        let Applied { outcomes, stopped } = store.restore(&batch);
        let sessions = batch.len();
        for (backup, outcome) in batch.into_iter().zip(outcomes) {
            // What an index outlived stays where only some of its sessions are put back.
            let every = self.changed.chosen.is_all();
            if !matches!(outcome, Outcome::Failed(_)) {
                self.wholes.extend(backup.companions.into_iter().filter(|one| match one {
                    Companion::Outlived { .. } => every,
                    other => matches!(other, Companion::Whole { .. }),
                }));
            }
            report.count(outcome);
        }
        Ok(Batch { sessions, stopped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::plan::run::{RunFile, Start, summary};
    use crate::store::{Backup, Content, Key, Own};

    #[test]
    fn what_is_void_is_so_whichever_record_it_was_prepared_by() {
        let kept = |step: u32| Kept {
            id: step.to_string().into_bytes(),
            layout: "connect-redis".to_string(),
            user: None,
            nobody: false,
            ends: None,
            backup: Backup {
                step,
                key: Key(format!("sess:{step}").into_bytes()),
                content: Content::Text(b"{}".to_vec()),
                expires: None,
                own: Own::End,
                companions: Vec::new(),
            },
        };
        // Four rounds were under way at once; of the first one session was written in between, and tried
        // again by itself. Then the run died, or it did not.
        for (settled, left) in [(None, [1, 2, 0]), (Some(vec![1, 0]), [1, 0, 0])] {
            let many = if settled.is_some() { 2 } else { 3 };
            let directory = tempfile::tempdir().expect("a directory");
            let start = Start::new("run".to_string(), 0, "purge", "unix:///x", String::new(), 3);
            let mut file = RunFile::create(directory.path(), &start).expect("a file");
            let void = Record::Void { steps: vec![0] };
            let prepared = [vec![kept(0), kept(1)], vec![kept(2)], vec![kept(0)]].map(Record::Prepared);
            let [first, second, third] = &prepared;
            for record in [first, second, &void, third] {
                file.write(record).expect("a record");
            }
            if let Some(done) = settled {
                file.write(&Record::Settled { done }).expect("a record");
            }
            let summary = summary(&file.path).expect("a run");
            let chosen = Chosen::default();
            let changed = Changed::open(&summary, &chosen).expect("a run");
            let steps: Vec<u32> = changed.map(|kept| kept.backup.step).collect();
            assert_eq!(steps, left[..many]);
        }
    }
}
