//! Backups of steps that are tried on one server after the other.

use std::collections::HashSet;
use std::io;

use crate::store::{Backup, Keeper};

/// Lets each step's backup be written down once: a step that is tried again was not changed meanwhile, or
/// it would not be tried, so that its first backup holds.
pub(super) struct Once<'k> {
    keeper: &'k mut dyn Keeper,
    /// Of these steps there is a backup that was not taken back.
    kept: HashSet<u32>,
}

impl<'k> Once<'k> {
    pub(super) fn new(keeper: &'k mut dyn Keeper) -> Once<'k> {
        Once { keeper, kept: HashSet::new() }
    }

    /// For some of the steps: where each of them stands among all.
    pub(super) fn of<'o>(&'o mut self, places: &'o [usize]) -> Of<'o, 'k> {
        Of { once: self, places, written: Vec::new() }
    }
}

pub(super) struct Of<'o, 'k> {
    once: &'o mut Once<'k>,
    places: &'o [usize],
    /// What was written down here.
    written: Vec<u32>,
}

impl Keeper for Of<'_, '_> {
    fn prepared(&mut self, backups: &[Backup]) -> io::Result<()> {
        let placed = backups
            .iter()
            .map(|backup| Backup { step: self.places[backup.step as usize] as u32, ..backup.clone() });
        let fresh: Vec<Backup> = placed.filter(|backup| !self.once.kept.contains(&backup.step)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        self.once.keeper.prepared(&fresh)?;
        let steps = fresh.iter().map(|backup| backup.step);
        self.written.extend(steps.clone());
        self.once.kept.extend(steps);
        Ok(())
    }

    fn void(&mut self, steps: &[u32]) -> io::Result<()> {
        // What was written down earlier stays: the step may be done.
        let steps: Vec<u32> = steps
            .iter()
            .map(|step| self.places[*step as usize] as u32)
            .filter(|step| self.written.contains(step))
            .collect();
        if steps.is_empty() {
            return Ok(());
        }
        self.once.keeper.void(&steps)?;
        for step in &steps {
            self.once.kept.remove(step);
        }
        Ok(())
    }
}
