//! Doing what was planned, in batches, and counting how it went.

use std::ops::ControlFlow;

use super::run::{Keeping, RunFile};
use super::{Entries, Entry};
use crate::pace::Pace;
use crate::store::{Applied, Error, Outcome, Own, Step, Store};

/// Sessions a batch: large enough for one round trip to be worth it, small enough that the
/// server's one thread is not held for longer than a few milliseconds.
pub const BATCH: usize = 1000;
/// Entries a record of what is planned.
const PLANNED: usize = 500;
/// Errors that a report quotes; the rest is only counted.
const MAX_ERRORS: usize = 20;

/// How a run went; its members are those of the JSON report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The run's name, where an undo file is kept.
    pub run: Option<String>,
    pub matched: u64,
    pub done: u64,
    /// Ended by themselves meanwhile.
    pub gone: u64,
    /// Not as they were when they were matched, and left alone.
    pub changed: u64,
    pub failed: u64,
    pub keys_removed: u64,
    pub entries_removed: u64,
    pub bytes_freed: Option<u64>,
    pub dry_run: bool,
    /// What would be changed was written to a plan; `dry_run` holds as well.
    pub planned: bool,
    /// Whether the scan went to its end and every step was tried.
    pub complete: bool,
    /// Came back while they were watched; `None` where nothing was watched.
    pub returned: Option<u64>,
    pub errors: Vec<String>,
}

impl Report {
    pub fn fail(&mut self, why: String) {
        if self.errors.len() < MAX_ERRORS && !self.errors.contains(&why) {
            self.errors.push(why);
        }
    }

    fn count(&mut self, entry: &Entry, outcome: Outcome) {
        match outcome {
            Outcome::Done { keys, entries } => {
                self.done += 1;
                self.keys_removed += keys;
                self.entries_removed += entries;
                if entry.step.own == Own::End {
                    self.bytes_freed = match (self.bytes_freed, entry.memory) {
                        (Some(sum), Some(more)) => Some(sum + more),
                        _ => None,
                    };
                }
            }
            Outcome::Gone { keys, entries } => {
                self.gone += 1;
                self.keys_removed += keys;
                self.entries_removed += entries;
            }
            Outcome::Changed => self.changed += 1,
            Outcome::Failed(why) => {
                self.failed += 1;
                self.fail(why);
            }
        }
    }
}

/// Who wants to know how it goes.
pub struct Watch<'a> {
    /// Told of every session that was changed.
    pub each: &'a mut dyn FnMut(&Entry),
    /// Told after each batch how far it is, and told while it waits, with a word on the pace; may
    /// stop it.
    pub between: &'a mut dyn FnMut(&Report, &str) -> ControlFlow<()>,
}

/// Carries out the entries. All of them are in the run file before the first is done, so that what an
/// interruption leaves can be found there, also by whoever was killed. A store
/// that fails ends the run: the report says how far it came, the error why.
pub fn apply(
    store: &mut dyn Store,
    mut entries: Entries,
    mut run: Option<&mut RunFile>,
    report: &mut Report,
    pace: &mut Pace,
    watch: &mut Watch<'_>,
) -> anyhow::Result<Option<Error>> {
    if let Some(file) = run.as_deref_mut() {
        while !entries.is_done() {
            if let Err(error) = file.planned(entries.batch(PLANNED)?) {
                report.complete = false;
                return Ok(Some(Error::Backup(error.to_string())));
            }
        }
        entries.rewind()?;
    }
    loop {
        if entries.is_done() {
            return Ok(None);
        }
        let batch = match pace.next(&mut |why| (watch.between)(report, why)) {
            Ok(Some(most)) => entries.batch(most)?,
            Ok(None) => {
                report.complete = entries.is_done();
                return Ok(None);
            }
            Err(error) => {
                report.complete = entries.is_done();
                report.fail(error.to_string());
                return Ok(Some(error));
            }
        };
        let steps: Vec<Step> = batch.iter().map(|entry| entry.step.clone()).collect();
        let Applied { outcomes, stopped } = match run.as_deref_mut() {
            Some(file) => {
                if let Err(error) = file.batch(batch.len()) {
                    Applied::nothing(&steps, Error::Backup(error.to_string()))
                } else {
                    let mut applied = store.apply(&steps, Some(&mut Keeping { file, batch: &batch }));
                    // A batch that broke off stays open in the file: its steps are left for --resume,
                    // and undo puts back those of them that are gone.
                    if applied.stopped.is_none() {
                        let settled = file.settled(&applied.outcomes);
                        applied.stopped = settled.err().map(|error| Error::Backup(error.to_string()));
                    }
                    applied
                }
            }
            None => store.apply(&steps, None),
        };
        for (entry, outcome) in batch.iter().zip(outcomes) {
            if matches!(outcome, Outcome::Done { .. }) {
                (watch.each)(entry);
            }
            report.count(entry, outcome);
        }
        if let Some(error) = stopped {
            report.complete = false;
            report.fail(error.to_string());
            return Ok(Some(error));
        }
        pace.done(batch.len());
        if (watch.between)(report, &pace.says()).is_break() {
            report.complete = entries.is_done();
            return Ok(None);
        }
    }
}
