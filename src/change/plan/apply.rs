//! Doing what was planned: entries that are matched and spooled, each written to the run file before it
//! is done.

use super::execute::{Batch, Work};
use super::run::{Keeping, RunFile};
use super::{Entries, Entry};
use crate::change::report::Report;
use crate::store::{Applied, Error, Fit, Outcome, Step, Store};

/// Sessions a batch: large enough for one round trip to be worth it, small enough that the
/// server's one thread is not held for longer than a few milliseconds.
pub const BATCH: usize = 1000;
/// Entries a record of what is planned.
const PLANNED: usize = 500;

/// Entries to be carried out.
pub struct Planned<'a> {
    entries: Entries,
    fit: Fit,
    run: Option<&'a mut RunFile>,
    /// Told of every session that was changed.
    each: &'a mut dyn FnMut(&Entry),
}

impl<'a> Planned<'a> {
    /// Writes all entries to the run file before the first is done, so that what an interruption
    /// leaves can be found there, even after the process was killed. The inner error is the run file's.
    pub fn new(
        mut entries: Entries,
        fit: Fit,
        mut run: Option<&'a mut RunFile>,
        each: &'a mut dyn FnMut(&Entry),
    ) -> anyhow::Result<Result<Planned<'a>, Error>> {
        if let Some(file) = run.as_deref_mut() {
            while !entries.is_done() {
                if let Err(error) = file.planned(entries.batch(PLANNED)?) {
                    return Ok(Err(Error::Backup(error.to_string())));
                }
            }
            entries.rewind()?;
        }
        Ok(Ok(Planned { entries, fit, run, each }))
    }
}

/// Carries out a batch, whose beginning the run file has if it is to have it.
pub(super) fn apply(store: &mut dyn Store, batch: &[Entry], fit: Fit, run: Option<&mut RunFile>) -> Applied {
    let steps: Vec<Step> = batch.iter().map(|entry| entry.step.clone()).collect();
    let Some(file) = run else { return store.apply(&steps, fit, None) };
    let mut applied = store.apply(&steps, fit, Some(&mut Keeping { file, batch }));
    // A batch that broke off stays open in the file: its steps are left for --resume, and undo puts
    // back those of them that are gone.
    if applied.stopped.is_none() {
        let settled = file.settled(&applied.outcomes);
        applied.stopped = settled.err().map(|error| Error::Backup(error.to_string()));
    }
    applied
}

/// Counts what became of a batch, and tells of what was changed.
pub(super) fn count(
    batch: &[Entry],
    applied: Applied,
    report: &mut Report,
    each: &mut dyn FnMut(&Entry),
) -> Batch {
    for (entry, outcome) in batch.iter().zip(applied.outcomes) {
        if matches!(outcome, Outcome::Done { .. }) {
            each(entry);
        }
        report.count_planned(entry, outcome);
    }
    Batch { sessions: batch.len(), stopped: applied.stopped }
}

impl Work for Planned<'_> {
    fn is_done(&mut self) -> anyhow::Result<bool> {
        Ok(self.entries.is_done())
    }

    fn batch(&mut self, store: &mut dyn Store, most: usize, report: &mut Report) -> anyhow::Result<Batch> {
        let batch = self.entries.batch(most)?;
        let begun = self.run.as_deref_mut().map_or(Ok(()), |file| file.batch(batch.len()));
        let applied = match begun {
            Ok(()) => apply(store, &batch, self.fit, self.run.as_deref_mut()),
            Err(error) => Applied::nothing(batch.len(), Error::Backup(error.to_string())),
        };
        Ok(count(&batch, applied, report, self.each))
    }
}
