//! Doing what is matched while it is being matched: entries that arrive a portion at a time, and are gone
//! before the scan that found them is over.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use super::apply::{apply, count};
use super::execute::{Batch, Work};
use super::run::RunFile;
use super::{Entry, weight};
use crate::change::report::Report;
use crate::store::{Applied, Error, Fit, Op, Step, Store};

/// What a layout's steps have been found to be permitted to do.
type Weight = (usize, bool);

/// Entries that arrive.
pub struct Arriving<'a> {
    from: Receiver<Vec<Entry>>,
    portion: Vec<Entry>,
    /// Of each layout the step that does most of those that were asked permission for.
    permitted: BTreeMap<String, Weight>,
    run: Option<&'a mut RunFile>,
    /// Told of every session that was changed.
    each: &'a mut dyn FnMut(&Entry),
}

impl<'a> Arriving<'a> {
    pub fn new(
        from: Receiver<Vec<Entry>>,
        run: Option<&'a mut RunFile>,
        each: &'a mut dyn FnMut(&Entry),
    ) -> Arriving<'a> {
        Arriving { from, portion: Vec::new(), permitted: BTreeMap::new(), run, each }
    }

    /// Asks for permission where a step does more than any before it.
    fn permit(&mut self, store: &mut dyn Store, batch: &[Entry]) -> Result<(), Error> {
        let mut heavier: BTreeMap<&str, &Step> = BTreeMap::new();
        for entry in batch {
            let weight_of = weight(&entry.step);
            let known = heavier.get(&entry.layout[..]).map(|step| weight(step));
            let most = known.or_else(|| self.permitted.get(&entry.layout).copied());
            if most.is_none_or(|most| most < weight_of) {
                heavier.insert(&entry.layout, &entry.step);
            }
        }
        if heavier.is_empty() {
            return Ok(());
        }
        store.may_change(&heavier.values().copied().collect::<Vec<_>>())?;
        self.permitted.extend(heavier.into_iter().map(|(layout, step)| (layout.to_string(), weight(step))));
        Ok(())
    }

    fn apply(&mut self, store: &mut dyn Store, batch: &[Entry]) -> Applied {
        if let Err(error) = self.permit(store, batch) {
            return Applied::nothing(batch.len(), error);
        }
        // What follows once the sessions are gone is left to --resume by a process that dies in between; all
        // else goes with them, so that nothing of such a batch can be left.
        if let Some(file) = self.run.as_deref_mut()
            && batch.iter().flat_map(|entry| &entry.step.then).any(Op::follows)
        {
            let noted = file.planned(batch.to_vec()).and_then(|()| file.batch(batch.len()));
            if let Err(error) = noted {
                return Applied::nothing(batch.len(), Error::Backup(error.to_string()));
            }
        }
        apply(store, batch, Fit::Seen, self.run.as_deref_mut())
    }
}

impl Work for Arriving<'_> {
    fn is_done(&mut self) -> anyhow::Result<bool> {
        while self.portion.is_empty() {
            match self.from.recv() {
                Ok(portion) => self.portion = portion,
                Err(_) => return Ok(true),
            }
        }
        Ok(false)
    }

    fn batch(&mut self, store: &mut dyn Store, most: usize, report: &mut Report) -> anyhow::Result<Batch> {
        let later = self.portion.split_off(most.min(self.portion.len()));
        let batch = std::mem::replace(&mut self.portion, later);
        let applied = self.apply(store, &batch);
        Ok(count(&batch, applied, report, self.each))
    }
}
