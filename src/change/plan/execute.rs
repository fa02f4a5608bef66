//! The one executor: every change, forwards or back, is done here in batches, paced and counted.
//!
//! What is done is [`Work`]: it takes its steps from a file, one batch at a time, so that no run is
//! ever whole in memory.

use std::ops::ControlFlow;

use super::Entry;
use crate::change::pace::Pace;
use crate::change::report::Report;
use crate::store::{Error, Outcome, Own, Store};

impl Report {
    /// Counts what became of a step that was planned.
    pub fn count_planned(&mut self, entry: &Entry, outcome: Outcome) {
        if matches!(outcome, Outcome::Done { .. }) && !matches!(entry.step.own, Own::Expire { .. }) {
            self.bytes_freed = self.bytes_freed.zip(entry.memory).map(|(sum, more)| sum + more);
        }
        self.count(outcome);
    }
}

/// Steps that are carried out one after the other.
pub trait Work {
    /// Whether all of them were taken.
    fn is_done(&mut self) -> anyhow::Result<bool>;

    /// Carries out the next steps, at most this many, and counts what became of them: the steps are
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
