//! What every command that changes sessions does: match, show, ask, do.
//!
//! The commands differ in the step that they make of a session. Everything else is here once: what is
//! refused before the scan, what is left alone, the question, the undo file, the report.

use std::path::PathBuf;
use std::time::Duration;

use crate::change::pace::PaceArgs;
use crate::change::plan::file::Plan;
use crate::change::plan::run::Summary;
use crate::change::plan::{self, Entry};
use crate::change::report::Subject;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::scan::{self, End, Said};
use crate::select::Filter;
use crate::store::{Error, Need, Source, Store};
use crate::text::units::duration;
use crate::text::words::plural;

mod decision;
mod intent;
mod job;
mod jobs;
mod left;
mod matched;
mod matching;
mod one_pass;
mod show;
mod verify;

use intent::Intent;
use job::Job;
use jobs::Jobs;

/// What keeps a change from doing harm.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Safety")]
pub struct Safety {
    /// Show the steps that would run, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Skip the confirmation prompt (required without a terminal)
    #[arg(short = 'y', long)]
    pub yes: bool,

    /// Refuse when more sessions match than this, or `none` [default: 10000, or the profile's]
    #[arg(long, value_name = "N")]
    pub max: Option<crate::config::Max>,

    /// Refuse unless exactly this many sessions match
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,

    /// Change nothing; write what would change to a file for review, for `apply` to carry out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "yes", "verify", "no_undo"])]
    pub plan: Option<PathBuf>,

    /// Watch for this long afterwards, and end again what in-flight requests write back
    #[arg(long, value_name = "SPAN", value_parser = duration, conflicts_with = "dry_run")]
    pub verify: Option<Duration>,

    /// With --user: end what the framework's own index lists, without scanning for what it misses
    #[arg(long, conflicts_with = "scan_only")]
    pub index_only: bool,

    /// With --user: scan straight away, without using indexes
    #[arg(long)]
    pub scan_only: bool,

    /// Resume an interrupted run
    #[arg(long, value_name = "RUN")]
    pub resume: Option<String>,

    /// Keep no undo file; the change cannot be undone
    #[arg(long)]
    pub no_undo: bool,

    /// How long to keep undo files of earlier runs
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = duration)]
    pub keep: Duration,

    /// Record this in the audit log, such as a ticket number
    #[arg(long, value_name = "TEXT")]
    pub ticket: Option<String>,

    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Which sessions a change is about.
pub enum Chosen<'a> {
    Filter,
    /// Named one by one.
    Ids(&'a [String]),
    /// By a plan that was reviewed.
    Plan(&'a Plan),
    /// What a run that was interrupted left: a part of it for each store that it was made on.
    Left(&'a [Summary]),
    /// What sessions that are gone left behind: in words, and who finds it in a store.
    Leftovers(&'a str, &'a Find<'a>),
}

/// Hands on what it finds as steps, until it is told to stop.
pub type Find<'a> = dyn Fn(&Context, &mut dyn FnMut(Entry) -> Said) -> anyhow::Result<End> + 'a;

/// What a command makes of a session.
#[expect(clippy::large_enum_variant, reason = "made and used up one at a time")]
pub enum Made {
    /// This is to be done.
    Step(Entry),
    /// It is as it should be.
    Fits,
    /// It cannot be done, and why: half a sentence that follows on the sessions.
    Cannot(&'static str),
}

/// The end of a session.
pub fn ended(session: &Session<'_>) -> Made {
    plan::entry(session).map_or_else(Made::Cannot, Made::Step)
}

/// Which sessions, from what most commands take: ids, filters, or the run that was interrupted.
pub fn chosen<'a>(
    what: &str,
    ids: &'a [String],
    filter: &Filter,
    left: &'a [Summary],
) -> Result<Chosen<'a>, Usage> {
    match left {
        [_, ..] if !ids.is_empty() || !filter.is_empty() => {
            Err(Usage::new("--resume continues with what the run matched; it takes no ids or filters"))
        }
        [_, ..] => Ok(Chosen::Left(left)),
        [] if !ids.is_empty() => Ok(Chosen::Ids(ids)),
        [] if filter.is_empty() => Err(Usage::new(format!("{what}; give IDs, a filter, or --all"))
            .hint("a filter looks like --user alice; --all selects every session")),
        [] => Ok(Chosen::Filter),
    }
}

/// A change, as a command means it.
pub struct Change<'a> {
    pub command: &'static str,
    /// In questions: `end`, or with `…` where the sessions belong.
    pub verb: &'static str,
    /// In reports: `Ended`, …
    pub past: &'static str,
    pub chosen: Chosen<'a>,
    pub filter: &'a Filter,
    pub safety: &'a Safety,
    pub entry: &'a dyn Fn(&mut Here<'_>, &Session<'_>) -> anyhow::Result<Made>,
    /// What `entry` has to know of a session beside its value.
    pub need: Need,
    /// Whether sessions may be changed while others are still being matched.
    pub in_one_pass: bool,
    /// What is said besides: lines of the question, else a note.
    pub beside: Option<&'a Beside<'a>>,
}

/// What is said besides of a store, where `entry` noted this many of its sessions.
pub type Beside<'a> = dyn Fn(&mut dyn Store, u64, Moment) -> anyhow::Result<String> + 'a;

/// The store whose sessions steps are made of.
pub struct Here<'c> {
    pub context: &'c Context,
    /// How many sessions there is something to say of besides.
    pub noted: u64,
    ahead: Option<i64>,
}

impl<'c> Here<'c> {
    fn of(context: &'c Context) -> Here<'c> {
        Here { context, noted: 0, ahead: None }
    }

    /// By how much the store's clock is ahead of this machine's, in ms. It is asked once.
    pub fn ahead(&mut self) -> anyhow::Result<i64> {
        if let Some(ahead) = self.ahead {
            return Ok(ahead);
        }
        Ok(*self.ahead.insert(ahead_of(&mut *self.context.reader()?)?))
    }
}

/// By how much a store's clock is ahead of this machine's, in ms.
fn ahead_of(store: &mut dyn Source) -> Result<i64, Error> {
    match store.now() {
        // Who may only read, and so only looks, is content with this machine's clock.
        Err(Error::Denied { .. }) => Ok(0),
        theirs => Ok(theirs? - scan::now_ms()),
    }
}

/// When something is said besides, and how many sessions matched.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    Question(u64),
    DryRun(u64),
    Report,
}

impl Change<'_> {
    /// Which sessions it is about, without naming any.
    fn describe(&self) -> String {
        let besides = |text: String| {
            if self.filter.is_empty() { text } else { format!("{text} and {}", self.filter.describe()) }
        };
        match &self.chosen {
            Chosen::Filter => self.filter.describe(),
            Chosen::Ids(ids) => besides(plural(ids.len() as u64, "named session")),
            Chosen::Plan(plan) => format!("the plan for {}", plan.header.filter),
            Chosen::Leftovers(what, _) => (*what).to_string(),
            Chosen::Left(parts) => {
                let run = parts.first().map_or("", |part| part.start.name());
                format!("what the run {run} left")
            }
        }
    }
}

impl Change<'_> {
    /// What the plan says of the store, where it is done by one.
    fn planned(&self, context: &Context) -> Option<&'_ plan::file::Part> {
        match &self.chosen {
            Chosen::Plan(plan) => plan.of(&context.store.place()),
            _ => None,
        }
    }

    fn subject(&self) -> Subject {
        Subject::of_run(self.command)
    }

    /// The verb with its object.
    fn with(&self, object: &str) -> String {
        if self.verb.contains('…') {
            self.verb.replace('…', object)
        } else {
            format!("{} {object}", self.verb)
        }
    }
}

/// Matches, shows, asks and does, in each store that is named.
pub fn run(context: &Context, change: &Change<'_>) -> anyhow::Result<Exit> {
    let intent = Intent::of(context, change)?;
    let mut jobs = Jobs::open(context, change, &intent)?;
    let result = jobs.carry_out(&intent);
    let noted = jobs.close(&result);
    // Why the run failed says more than that this could not be noted.
    if result.is_ok() {
        noted?;
    }
    result
}
