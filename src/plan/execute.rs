//! The one executor: every change, forwards or back, is done here in batches, paced and counted.
//!
//! What is done is [`Work`]: it takes its steps from a file, one batch at a time, so that no run is
//! ever whole in memory.

use std::ops::ControlFlow;

use super::Entry;
use crate::pace::Pace;
use crate::store::{Error, Outcome, Own, Store};

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

    /// How many have an outcome.
    pub fn settled(&self) -> u64 {
        self.done + self.gone + self.changed + self.failed
    }

    /// Counts what became of a step that was planned.
    pub fn count_planned(&mut self, entry: &Entry, outcome: Outcome) {
        if matches!(outcome, Outcome::Done { .. }) && entry.step.own == Own::End {
            self.bytes_freed = self.bytes_freed.zip(entry.memory).map(|(sum, more)| sum + more);
        }
        self.count(outcome);
    }

    /// Counts what became of any step.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done { keys, entries } => {
                self.done += 1;
                self.keys_removed += keys;
                self.entries_removed += entries;
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

/// Steps that are carried out one after the other.
pub trait Work {
    /// Whether all of them were taken.
    fn is_done(&mut self) -> anyhow::Result<bool>;

    /// Carries out the next steps, at most so many, and counts what became of them: the steps are
    /// read again, written down if they can be taken back, and done where they still fit.
    fn batch(&mut self, store: &mut dyn Store, most: usize, report: &mut Report) -> anyhow::Result<Batch>;
}

/// How a batch went.
#[derive(Debug)]
pub struct Batch {
    pub sessions: usize,
    /// What ended it early.
    pub stopped: Option<Error>,
}

/// Carries out work. `between` is told after each batch how far it is, and while it waits, with a word
/// on the pace; it may stop it. A store that fails ends the run: the report says how far it came, the
/// error why.
pub fn execute(
    store: &mut dyn Store,
    work: &mut dyn Work,
    report: &mut Report,
    pace: &mut Pace,
    between: &mut dyn FnMut(&Report, &str) -> ControlFlow<()>,
) -> anyhow::Result<Option<Error>> {
    while !work.is_done()? {
        let most = match pace.next(&mut |why| between(report, why)) {
            Ok(Some(most)) => most,
            Ok(None) => {
                report.complete = false;
                return Ok(None);
            }
            Err(error) => {
                report.complete = false;
                report.fail(error.to_string());
                return Ok(Some(error));
            }
        };
        let batch = work.batch(store, most, report)?;
        if let Some(error) = batch.stopped {
            report.complete = false;
            report.fail(error.to_string());
            return Ok(Some(error));
        }
        pace.done(batch.sessions);
        if between(report, &pace.says()).is_break() {
            report.complete = work.is_done()?;
            return Ok(None);
        }
    }
    Ok(None)
}
