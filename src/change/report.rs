//! How a run went.

use crate::store::Outcome;
use crate::text::words::plural;

/// What a run is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subject {
    #[default]
    Sessions,
    /// What sessions that are gone left behind.
    Leftovers,
}

impl Subject {
    /// The command whose runs are about leftovers.
    pub const MENDS: &'static str = "doctor";

    /// Of a run of that command.
    pub fn of_run(command: &str) -> Subject {
        if command == Subject::MENDS { Subject::Leftovers } else { Subject::Sessions }
    }

    pub fn plural(self, many: u64) -> String {
        match self {
            Subject::Sessions => plural(many, "session"),
            Subject::Leftovers => plural(many, "leftover"),
        }
    }

    pub fn none(self) -> &'static str {
        match self {
            Subject::Sessions => "No session matches",
            Subject::Leftovers => "Nothing is left of sessions that are gone",
        }
    }

    /// What is said of those that were not there any more.
    pub fn gone(self) -> &'static str {
        match self {
            Subject::Sessions => "had already ended",
            Subject::Leftovers => "had already gone",
        }
    }
}

/// Errors that a report quotes; the rest is only counted.
const MAX_ERRORS: usize = 20;

/// How a run went; its members are those of the JSON report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub subject: Subject,
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
    /// The sums of what became of several stores; their errors say of which they are.
    pub fn of_several<'r>(run: Option<&str>, parts: impl Iterator<Item = (&'r str, &'r Report)>) -> Report {
        let mut all = Report { complete: true, bytes_freed: Some(0), ..Report::default() };
        for (store, part) in parts {
            all.subject = part.subject;
            if part.run.is_some() {
                all.run = run.map(str::to_string);
            }
            all.matched += part.matched;
            all.done += part.done;
            all.gone += part.gone;
            all.changed += part.changed;
            all.failed += part.failed;
            all.keys_removed += part.keys_removed;
            all.entries_removed += part.entries_removed;
            all.bytes_freed = all.bytes_freed.zip(part.bytes_freed).map(|(all, part)| all + part);
            all.dry_run |= part.dry_run;
            all.planned |= part.planned;
            all.complete &= part.complete;
            all.returned = match (all.returned, part.returned) {
                (None, None) => None,
                (all, part) => Some(all.unwrap_or(0) + part.unwrap_or(0)),
            };
            for error in &part.errors {
                all.fail(format!("{store}: {error}"));
            }
        }
        all
    }

    pub fn fail(&mut self, why: String) {
        if self.errors.len() < MAX_ERRORS && !self.errors.contains(&why) {
            self.errors.push(why);
        }
    }

    /// How many have an outcome.
    pub fn settled(&self) -> u64 {
        self.done + self.gone + self.changed + self.failed
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
