//! `sessctl undo`: put back what a run changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::report::{self, Returned};
use super::runs;
use crate::change::audit::{Audit, Start};
use crate::change::ids::Ids;
use crate::change::pace::{Pace, PaceArgs};
use crate::change::plan::belongs::Belongs;
use crate::change::plan::execute::execute;
use crate::change::plan::restore::{BATCH, Changed, Chosen, Restoring};
use crate::change::plan::run::{self, RunFile, State, Summary};
use crate::change::report::{Report, Subject};
use crate::context::Context;
use crate::error::{Failure, Refusal};
use crate::exit::Exit;
use crate::render::Format;
use crate::resolve;
use crate::scan;
use crate::store::{Key, Store};
use crate::text::words::plural;
use crate::ui::{self, Answer};

/// Put back what a run removed or changed, with the expiry it had
///
/// Without RUN, it is the last run on this store that has not been undone yet. A session comes back only
/// if its key is absent or still as the run left it; what would have expired meanwhile stays gone;
/// nothing newer is overwritten. It can be repeated.
///
/// A browser that comes back after its session was ended gets a new, empty one, with Laravel and PHP
/// often under the old id. That one is newer and stays: such sessions are counted as changed, and their
/// users have to log in again. So undo soon; when time is short, --user puts back the most urgent first.
/// If the new session is worth nothing, end it by its id, then undo the run with that id.
///
/// The run's file is signed with a key, audit.key next to the audit log. A file that was edited or put
/// together from others is refused (exit code 5), and so is one that names keys its layout would never
/// use. Files of older versions are not signed: they are undone with a warning.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Take back the last run:
    sessctl undo
  Only one user's sessions of that run:
    sessctl undo 20261124-132500-a1b2 --user alice")]
pub struct Args {
    /// The run's name, or the beginning of it
    pub run: Option<String>,

    /// Only these sessions of the run: ids, keys or beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Only sessions of this user; may be repeated
    #[arg(long, value_name = "USER")]
    pub user: Vec<String>,

    /// Show how many would be put back, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Skip the confirmation prompt (required without a terminal)
    #[arg(short = 'y', long)]
    pub yes: bool,

    /// Refuse unless exactly this many sessions would be put back
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,

    /// Restore what precedes the damage in the file
    #[arg(long)]
    pub salvage: bool,

    /// Record this in the audit log, such as a ticket number
    #[arg(long, value_name = "TEXT")]
    pub ticket: Option<String>,

    #[command(flatten)]
    pub pace: PaceArgs,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    report::permit(context)?;
    if !args.dry_run {
        for context in context.each() {
            context.permit_change()?;
            context.guards.permit(args.yes, args.expect)?;
        }
    }
    let summaries = match &args.run {
        Some(name) => runs::parts(name)?,
        None => last(context)?,
    };
    let name = summaries.first().map(|summary| summary.start.name().to_string()).unwrap_or_default();
    let mut parts = Vec::new();
    for summary in summaries {
        parts.push(Part::read(place_of(context, &summary)?, summary, args)?);
    }
    let matched = parts.iter().filter(|part| part.is_open()).map(|part| part.report.matched).sum();
    if let Some(expected) = args.expect
        && expected != matched
    {
        let subject = parts.first().map(|part| part.report.subject).unwrap_or_default();
        let what = format!(
            "{} would be put back, but --expect says {expected}; nothing was changed",
            subject.plural(matched)
        );
        return Err(Refusal::new(what).into());
    }
    if args.dry_run || matched == 0 {
        // Of what is there already it was said.
        if context.format != Format::Table || !parts.iter().all(|part| part.there) {
            print(context, &name, &parts)?;
        }
        return Ok(Exit::Done);
    }
    let mut open = Vec::new();
    for part in parts.iter().filter(|part| part.is_open()) {
        open.push(Open::of(part, args)?);
    }
    if !args.yes
        && let Some(exit) = ask(context, parts.iter().filter(|part| part.is_open()), matched)?
    {
        return Ok(exit);
    }
    let mut exits = Vec::new();
    let mut failures = Vec::new();
    for (part, open) in parts.iter_mut().filter(|part| part.is_open()).zip(open) {
        let (exit, error) = part.put_back(open, args)?;
        exits.push(exit);
        failures.extend(error.map(|error| (part.report.done, part.summary.start.run.clone(), error)));
    }
    if let [(0, _, _)] = failures[..]
        && parts.len() == 1
        && let Some((_, _, error)) = failures.pop()
    {
        return Err(error);
    }
    print(context, &name, &parts)?;
    // What was put back is told all the same.
    for (_, run, error) in failures {
        crate::error::report(&error, context.ui.color_err);
        if error.downcast_ref::<Unmarked>().is_none() {
            context.ui.hint(format!("to go on: sessctl undo {run}"));
        }
    }
    Ok(Exit::of_several(exits))
}

/// That a run was undone could not be written into its file.
#[derive(Debug, thiserror::Error)]
#[error("cannot record in the run's file that it was undone")]
struct Unmarked(#[source] std::io::Error);

/// A run that is undone, or a part of one on one of several stores.
struct Part<'c> {
    context: &'c Context,
    summary: Summary,
    chosen: Chosen,
    /// It was undone before, and some of it has ended again since.
    again: bool,
    /// It was undone before, and all of it is there.
    there: bool,
    ids: Ids,
    report: Report,
}

impl<'c> Part<'c> {
    /// Whether there is something of it to put back.
    fn is_open(&self) -> bool {
        self.report.matched > 0 && !self.there
    }

    /// Reads all of the file before anything is changed.
    fn read(context: &'c Context, summary: Summary, args: &Args) -> anyhow::Result<Part<'c>> {
        if summary.state == State::Running {
            return Err(Refusal::new("the run is still going on")
                .hint("wait for it, or interrupt it first")
                .into());
        }
        let chosen = Chosen {
            users: args.user.clone(),
            ids: args.ids.iter().map(|id| resolve::bytes_of(id)).collect(),
            only: None,
        };
        let report = Report {
            subject: Subject::of_run(&summary.start.command),
            run: Some(summary.start.run.clone()),
            complete: true,
            dry_run: args.dry_run,
            ..Report::default()
        };
        let undone = chosen.is_all().then_some(summary.undone).flatten();
        let again = undone.is_some();
        let mut part = Part { context, summary, chosen, again, there: false, ids: Ids::default(), report };
        if let Some(at) = undone {
            part.leave_what_is_there(at)?;
        }
        if !part.there {
            part.check(args)?;
        }
        Ok(part)
    }

    /// Of a run that was undone before only what ended since then is put back.
    fn leave_what_is_there(&mut self, undone: i64) -> anyhow::Result<()> {
        let (there, absent) = present(self.context, &self.summary, &self.chosen)?;
        let when = crate::render::time(undone).unwrap_or_default();
        let (ui, run) = (&self.context.ui, &self.summary.start.run);
        if absent.is_empty() {
            (self.there, self.report.matched) = (true, there);
            let (many, are) = (plural(there, "session"), if there == 1 { "is" } else { "are" });
            ui.status(format!("{run} was already undone at {when}; {many} {are} there, nothing to do"));
        } else {
            let gone = plural(absent.len() as u64, "session");
            ui.status(format!("{run} was already undone at {when}; {gone} of it ended since then"));
            self.chosen.only = Some(absent);
        }
        Ok(())
    }

    /// Whether the file is whole and names only keys of its layouts.
    fn check(&mut self, args: &Args) -> anyhow::Result<()> {
        let (context, summary) = (self.context, &self.summary);
        let mut changed = Changed::open(summary, &self.chosen)?;
        let mut belongs = Belongs::new(&summary.start, summary.bound, &context.catalog, &context.setups);
        while let Some(kept) = changed.next() {
            belongs.check_kept(&kept)?;
            changed.aside().iter().try_for_each(|kept| belongs.check_kept(kept))?;
            self.ids.add(&kept.id);
            self.report.matched += 1;
        }
        changed.aside().iter().try_for_each(|kept| belongs.check_kept(kept))?;
        let (torn, damage) = (changed.torn(), changed.damage);
        if !summary.bound {
            context.ui.warn(
                "this run's file was written by an older version of sessctl and is not signed: nobody can \
                 tell whether it was edited since",
            );
        }
        if let Some(damage) = damage.filter(|_| !args.salvage) {
            if damage.is_forgery() {
                return Err(damage.into());
            }
            return Err(Failure::new(damage.to_string())
                .hint("--salvage puts back what comes before the damage; nothing was changed")
                .into());
        }
        if torn {
            context
                .ui
                .status("the file ends in the middle of a record: the run was cut short before that batch");
        } else if summary.finished.is_none() {
            context.ui.status(
                "the file has no end: the run was cut short, and anything it did after that is not in it",
            );
        }
        Ok(())
    }

    /// Puts it back, and says how that went; with what broke it off, or what could not be noted.
    fn put_back(&mut self, open: Open, args: &Args) -> anyhow::Result<(Exit, Option<anyhow::Error>)> {
        let Open { mut audit, mut store, mut pace } = open;
        let (context, summary, report) = (self.context, &self.summary, &mut self.report);
        audit.start(
            &Start {
                run: &summary.start.run,
                command: "undo",
                profile: context.profile.as_deref(),
                store: &context.store.place(),
                login: context.store.login(),
                filter: &describe(summary, args),
                ticket: args.ticket.as_deref(),
                plan: None,
                undo: false,
                matched: Some(report.matched),
                layouts: None,
            },
            &self.ids,
        )?;
        let mut progress = context.ui.progress("putting back", Some(report.matched));
        let mut work = Restoring::new(Changed::open(summary, &self.chosen)?);
        let mut before = 0;
        let failure = execute(&mut *store, &mut work, report, &mut pace, &mut |report, pace| {
            let settled = report.settled();
            progress.add(settled - before);
            before = settled;
            if !pace.is_empty() {
                progress.say(pace);
            }
            if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        drop(progress);
        let restored = failure.map_or_else(|| work.finish(&mut *store), Err);
        if let Err(error) = restored {
            // How far it came is told and noted all the same; it can be repeated.
            report.complete = false;
            let error = anyhow::Error::from(error);
            let exit = if report.done > 0 { Exit::Partial } else { crate::error::tell(&error).exit };
            let noted = audit.end(exit, report);
            if report.done > 0 {
                noted?;
            }
            return Ok((exit, Some(error)));
        }
        let assured = (report.done > 0).then(|| store.assure());
        for text in assured.iter().flat_map(|assured| &assured.said) {
            context.ui.warn(text);
        }
        report.complete &= assured.as_ref().is_none_or(|assured| assured.holds);
        let all = report.complete && (self.chosen.is_all() || self.again);
        let marked = RunFile::append(&summary.path)
            .and_then(|mut file| file.undone(scan::now_ms(), report.done, all))
            .map_err(Unmarked);
        let exit = match (&marked, report.complete) {
            (Err(_), _) => Exit::Partial,
            (Ok(()), true) => Exit::Done,
            (Ok(()), false) if assured.is_some_and(|assured| !assured.holds) => Exit::Partial,
            (Ok(()), false) => Exit::Interrupted,
        };
        audit.end(exit, report)?;
        Ok((exit, marked.err().map(anyhow::Error::from)))
    }
}

/// What it takes to put something back.
struct Open {
    audit: Audit,
    store: Box<dyn Store>,
    pace: Pace,
}

impl Open {
    fn of(part: &Part<'_>, args: &Args) -> anyhow::Result<Open> {
        let context = part.context;
        let audit = Audit::open(&context.audit)?;
        let mut store = context.store()?;
        let pace = context.pace(&args.pace, BATCH)?;
        store.be_gentle(pace.gentle());
        Ok(Open { audit, store, pace })
    }
}

/// Asks whether all of it is to be put back; how it ends where it is not.
fn ask<'p>(
    context: &Context,
    parts: impl Iterator<Item = &'p Part<'p>>,
    matched: u64,
) -> anyhow::Result<Option<Exit>> {
    for part in parts {
        let many = part.report.subject.plural(part.report.matched);
        let (place, run) = (part.context.store.place(), runs::told(&part.summary));
        context.ui.tell(&format!("About to put back {many} on {place}: {run}"), 0);
    }
    match context.confirm("Put them back?", matched) {
        Answer::Yes => Ok(None),
        Answer::No => {
            context.ui.status("cancelled; nothing was changed");
            Ok(Some(Exit::Cancelled))
        }
        Answer::NoTerminal => {
            let what = "undo asks before it changes anything, but there is no terminal to ask on";
            Err(Refusal::new(what).hint("say --yes").into())
        }
    }
}

/// The store that the run, or this part of it, was made on.
fn place_of<'c>(context: &'c Context, summary: &Summary) -> Result<&'c Context, Refusal> {
    let made = &summary.start.store;
    context.each().find(|context| context.store.place() == *made).ok_or_else(|| {
        let here: Vec<String> = context.each().map(|context| context.store.place()).collect();
        Refusal::new(format!("the run was made on {made}, not on {}", here.join(", ")))
            .hint("name that store with --store")
    })
}

fn print(context: &Context, name: &str, parts: &[Part<'_>]) -> anyhow::Result<()> {
    let mut told = Vec::new();
    for part in parts {
        let sessions = (!part.there).then(|| Changed::open(&part.summary, &part.chosen)).transpose()?;
        told.push(report::Part::new(&part.context.store.place(), &part.report, sessions.map(Returned)));
    }
    report::print(context, "Put back", Some(name), &mut told)
}

/// How many of the sessions have a key again, and the keys of those that have not.
fn present(
    context: &Context,
    summary: &Summary,
    chosen: &Chosen,
) -> anyhow::Result<(u64, HashSet<run::Digest>)> {
    let mut changed = Changed::open(summary, chosen)?;
    let mut store = context.reader()?;
    let (mut there, mut absent) = (0, HashSet::new());
    loop {
        let keys: Vec<Key> = changed.by_ref().take(BATCH).map(|kept| kept.backup.key).collect();
        if keys.is_empty() {
            return Ok((there, absent));
        }
        for (key, kind) in keys.iter().zip(store.kinds(&keys)?) {
            match kind {
                Some(_) => there += 1,
                None => drop(absent.insert(run::digest(&key.0))),
            }
        }
    }
}

/// What is put back, for the audit log.
fn describe(summary: &Summary, args: &Args) -> String {
    let users = (!args.user.is_empty()).then(|| format!("user is {}", args.user.join(" or ")));
    let ids = (!args.ids.is_empty()).then(|| plural(args.ids.len() as u64, "named session"));
    let run = Some(format!("run {}", summary.start.run));
    [run, users, ids].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// The last run on these stores that was not undone, with all its parts that were not.
fn last(context: &Context) -> anyhow::Result<Vec<Summary>> {
    let places: Vec<String> = context.each().map(|context| context.store.place()).collect();
    let mut runs: Vec<Summary> = run::list(&runs::directory()?).into_iter().filter_map(Result::ok).collect();
    runs.retain(|summary| {
        let open = summary.state != State::Undone && summary.state != State::Running;
        open && places.contains(&summary.start.store)
    });
    let Some(last) = runs.iter().max_by_key(|summary| summary.start.at) else {
        return Err(Failure::new(format!("no run on {} to undo", places.join(", ")))
            .hint("`sessctl runs` lists all runs")
            .into());
    };
    let name = last.start.name().to_string();
    runs.retain(|summary| summary.start.name() == name);
    Ok(runs)
}
