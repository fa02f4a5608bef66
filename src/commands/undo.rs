//! `sessctl undo`: put back what a run changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use anyhow::Context as _;

use super::report::{self, Returned};
use super::runs;
use crate::change::audit::{Audit, Start};
use crate::change::ids::Ids;
use crate::change::pace::PaceArgs;
use crate::change::plan::belongs::Belongs;
use crate::change::plan::execute::execute;
use crate::change::plan::restore::{BATCH, Changed, Chosen, Restoring};
use crate::change::plan::run::{self, RunFile, State, Summary};
use crate::change::report::Report;
use crate::context::Context;
use crate::error::{Failure, Refusal};
use crate::exit::Exit;
use crate::resolve;
use crate::scan;
use crate::store::Key;
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
    if !args.dry_run {
        context.permit_change()?;
        context.guards.permit(args.yes, args.expect)?;
    }
    let place = context.store.place();
    let summary = match &args.run {
        Some(name) => runs::find(name)?,
        None => last(&place)?,
    };
    if summary.start.store != place {
        return Err(Refusal::new(format!("the run was made on {}, not on {place}", summary.start.store))
            .hint("name that store with --store")
            .into());
    }
    if summary.state == State::Running {
        return Err(Refusal::new("the run is still going on")
            .hint("wait for it, or interrupt it first")
            .into());
    }
    // All of the file is read once before anything is changed.
    let mut chosen = Chosen {
        users: args.user.clone(),
        ids: args.ids.iter().map(|id| resolve::bytes_of(id)).collect(),
        only: None,
    };
    let again = chosen.is_all().then_some(summary.undone).flatten();
    if let Some(at) = again {
        let (there, absent) = present(context, &summary, &chosen)?;
        let when = crate::render::time(at).unwrap_or_default();
        let run = &summary.start.run;
        if absent.is_empty() {
            let (many, are) = (plural(there, "session"), if there == 1 { "is" } else { "are" });
            let report = Report {
                run: Some(run.clone()),
                matched: there,
                complete: true,
                dry_run: args.dry_run,
                ..Report::default()
            };
            if context.format != crate::render::Format::Table {
                report::print(context, "Put back", &report, None)?;
            }
            context
                .ui
                .status(format!("{run} was already undone at {when}; {many} {are} there, nothing to do"));
            return Ok(Exit::Done);
        }
        let gone = plural(absent.len() as u64, "session");
        context.ui.status(format!("{run} was already undone at {when}; {gone} of it ended since then"));
        chosen.only = Some(absent);
    }
    let mut ids = Ids::default();
    let mut changed = Changed::open(&summary, &chosen)?;
    let mut belongs = Belongs::new(&summary.start, summary.bound, &context.catalog, &context.setups);
    let mut matched = 0;
    while let Some(kept) = changed.next() {
        belongs.check_kept(&kept)?;
        changed.aside().iter().try_for_each(|kept| belongs.check_kept(kept))?;
        ids.add(&kept.id);
        matched += 1;
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
        context.ui.status("the file ends in the middle of a record: the run was cut short before that batch");
    } else if summary.finished.is_none() {
        context.ui.status(
            "the file has no end: the run was cut short, and anything it did after that is not in it",
        );
    }
    if let Some(expected) = args.expect
        && expected != matched
    {
        let what = format!(
            "{matched} sessions would be put back, but --expect says {expected}; nothing was changed"
        );
        return Err(Refusal::new(what).into());
    }
    let asks = !args.dry_run && !args.yes;
    let mut report = Report { run: Some(summary.start.run.clone()), matched, ..Report::default() };
    report.dry_run = args.dry_run;
    report.complete = true;
    if args.dry_run || matched == 0 {
        let mut sessions = Returned(Changed::open(&summary, &chosen)?);
        report::print(context, "Put back", &report, Some(&mut sessions))?;
        return Ok(Exit::Done);
    }
    let mut audit = Audit::open(&context.audit)?;
    let mut store = context.store()?;
    let mut pace = context.pace(&args.pace, BATCH)?;
    store.be_gentle(pace.gentle());
    if asks {
        let many = plural(matched, "session");
        context.ui.tell(&format!("About to put back {many} on {place}: {}", runs::told(&summary)), 0);
        match context.confirm("Put them back?", matched) {
            Answer::Yes => {}
            Answer::No => {
                context.ui.status("cancelled; nothing was changed");
                return Ok(Exit::Cancelled);
            }
            Answer::NoTerminal => {
                let what = "undo asks before it changes anything, but there is no terminal to ask on";
                return Err(Refusal::new(what).hint("say --yes").into());
            }
        }
    }
    audit.start(
        &Start {
            run: &summary.start.run,
            command: "undo",
            profile: context.profile.as_deref(),
            store: &place,
            login: context.store.login(),
            filter: &describe(&summary, args),
            ticket: args.ticket.as_deref(),
            plan: None,
            undo: false,
            matched: Some(matched),
            layouts: None,
        },
        &ids,
    )?;
    let mut progress = context.ui.progress("putting back", Some(matched));
    let mut work = Restoring::new(Changed::open(&summary, &chosen)?);
    let mut before = 0;
    let failure = execute(&mut *store, &mut work, &mut report, &mut pace, &mut |report, pace| {
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
        let noted = audit.end(exit, &report);
        if report.done == 0 {
            return Err(error);
        }
        let mut sessions = Returned(Changed::open(&summary, &chosen)?);
        report::print(context, "Put back", &report, Some(&mut sessions))?;
        noted?;
        crate::error::report(&error, context.ui.color_err);
        context.ui.hint(format!("to go on: sessctl undo {}", summary.start.run));
        return Ok(exit);
    }
    let assured = (report.done > 0).then(|| store.assure());
    for text in assured.iter().flat_map(|assured| &assured.said) {
        context.ui.warn(text);
    }
    report.complete &= assured.as_ref().is_none_or(|assured| assured.holds);
    let all = report.complete && (chosen.is_all() || again.is_some());
    let marked = RunFile::append(&summary.path)
        .and_then(|mut file| file.undone(scan::now_ms(), report.done, all))
        .context("cannot record in the run's file that it was undone");
    let exit = match (&marked, report.complete) {
        (Err(_), _) => Exit::Partial,
        (Ok(()), true) => Exit::Done,
        (Ok(()), false) if assured.is_some_and(|assured| !assured.holds) => Exit::Partial,
        (Ok(()), false) => Exit::Interrupted,
    };
    let noted = audit.end(exit, &report);
    let mut sessions = Returned(Changed::open(&summary, &chosen)?);
    report::print(context, "Put back", &report, Some(&mut sessions))?;
    noted?;
    // What was put back is told all the same.
    if let Err(error) = marked {
        crate::error::report(&error, context.ui.color_err);
    }
    Ok(exit)
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

/// The last run on this store that was not undone.
fn last(place: &str) -> anyhow::Result<Summary> {
    let mut runs: Vec<Summary> = run::list(&runs::directory()?).into_iter().filter_map(Result::ok).collect();
    runs.sort_by_key(|summary| summary.start.at);
    runs.into_iter()
        .rev()
        .find(|summary| {
            summary.start.store == place && summary.state != State::Undone && summary.state != State::Running
        })
        .ok_or_else(|| {
            Failure::new(format!("no run on {place} to undo")).hint("`sessctl runs` lists all runs").into()
        })
}
