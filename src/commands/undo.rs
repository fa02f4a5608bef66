//! `sessctl undo`: put back what a run changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::{report, runs};
use crate::audit::{Audit, Ids, Start};
use crate::context::Context;
use crate::error::{Failure, Refusal};
use crate::exit::Exit;
use crate::pace::{Pace, PaceArgs};
use crate::plan::apply::Report;
use crate::plan::run::{self, Kept, Reader, Record, RunFile, State, Summary};
use crate::resolve;
use crate::scan;
use crate::store::{Companion, Restored, Store as _};
use crate::ui::{self, Answer};

/// Put back what a run removed or changed, with the expiry that it had
///
/// Without RUN it is the last one on this store that was not undone yet. A session comes back only
/// where its key is absent, or where it still is as the run left it; what would have ended meanwhile
/// stays ended; nothing newer is overwritten. It can be repeated.
///
/// A browser that comes back after its session was ended gets a new, empty one, with Laravel and PHP
/// often under the old id. That is newer, and stays: such sessions are counted as changed, and their
/// users have to log in again. So undo soon; where time presses, --user puts back the most urgent
/// first. Where the new session is worth nothing, end it by its id, and then undo the run with that
/// id.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Take back the last run:
    sessctl undo
  Of that run only one user's sessions:
    sessctl undo 20261124-132500-a1b2 --user alice")]
pub struct Args {
    /// The run's name, or the beginning of it
    pub run: Option<String>,

    /// Only these sessions of the run: ids, keys or beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Only sessions of this user; repeatable
    #[arg(long, value_name = "USER")]
    pub user: Vec<String>,

    /// Show how many would be put back, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Do not ask; needed where there is no terminal
    #[arg(short = 'y', long)]
    pub yes: bool,

    /// Refuse unless exactly so many sessions are to be put back
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,

    /// Restore what comes before a damaged place in the file
    #[arg(long)]
    pub salvage: bool,

    /// Note this in the audit log, such as the number of a ticket
    #[arg(long, value_name = "TEXT")]
    pub ticket: Option<String>,

    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Sessions a round trip.
const BATCH: usize = 500;

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if !args.dry_run {
        context.permit_change()?;
        context.guards.permit(args.yes, args.expect)?;
    }
    let place = context.target.place();
    let summary = match &args.run {
        Some(name) => runs::find(name)?,
        None => last(&place)?,
    };
    if summary.start.store != place {
        return Err(Refusal::new(format!(
            "the run was made on {}, and this is {place}",
            summary.start.store
        ))
        .hint("name that store with --store")
        .into());
    }
    if summary.state == State::Running {
        return Err(Refusal::new("the run is still going on")
            .hint("wait for it, or interrupt it first")
            .into());
    }
    // All of the file is read once before anything is changed.
    let mut ids = Ids::default();
    let (matched, torn, damage) = count(&summary, args, &mut ids)?;
    if let Some(damage) = &damage
        && !args.salvage
    {
        return Err(Failure::new(damage.to_string())
            .hint("--salvage puts back what comes before the damage; nothing was changed")
            .into());
    }
    if torn {
        context
            .ui
            .note("the file ends in the middle of a record: the run was cut short there, before that batch");
    }
    if let Some(expected) = args.expect
        && expected != matched
    {
        let what = format!(
            "{matched} sessions are to be put back, and --expect says {expected}; nothing was changed"
        );
        return Err(Refusal::new(what).into());
    }
    let asks = !args.dry_run && !args.yes;
    let mut report = Report { run: Some(summary.start.run.clone()), matched, ..Report::default() };
    report.dry_run = args.dry_run;
    report.complete = true;
    if args.dry_run || matched == 0 {
        report::print(context, "Put back", &report)?;
        return Ok(Exit::Done);
    }
    let mut audit = Audit::open(&context.audit)?;
    let mut store = context.connect()?;
    let mut pace = context.pace(&args.pace, BATCH)?;
    store.be_gentle(pace.gentle());
    if asks {
        let many = super::change::plural(matched, "session");
        context.ui.tell(
            &format!("About to put back {many} on {place} that a {} changed", summary.start.command),
            0,
        );
        match context.confirm("Put them back?", matched) {
            Answer::Yes => {}
            Answer::No => {
                context.ui.note("cancelled; nothing was changed");
                return Ok(Exit::Cancelled);
            }
            Answer::NoTerminal => {
                let what = "undo asks before it changes anything, and there is no terminal to ask on";
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
            login: context.target.user_name(),
            filter: &describe(&summary, args),
            ticket: args.ticket.as_deref(),
            plan: None,
            undo: false,
            matched,
            layouts: None,
        },
        &ids,
    )?;
    let mut progress = context.ui.progress("putting back", Some(matched));
    let every = args.user.is_empty() && args.ids.is_empty();
    let mut wholes: Vec<Companion> = Vec::new();
    let mut expired = 0;
    let mut batch: Vec<Kept> = Vec::new();
    let mut interrupted = false;
    // Whether it goes on.
    let mut each = |kept: Vec<Kept>, pace: &mut Pace| -> anyhow::Result<bool> {
        let many = kept.len();
        progress.add(many as u64);
        let backups: Vec<_> = kept.into_iter().map(|kept| kept.backup).collect();
        let restored = store.restore(&backups)?;
        for (backup, restored) in backups.into_iter().zip(restored) {
            match restored {
                Restored::Done => report.done += 1,
                Restored::Expired => expired += 1,
                Restored::Newer => report.changed += 1,
            }
            // What an index outlived stays where only some of its sessions are put back.
            wholes.extend(backup.companions.into_iter().filter(|one| match one {
                Companion::Outlived { .. } => every,
                other => matches!(other, Companion::Whole { .. }),
            }));
        }
        pace.done(many);
        let says = pace.says();
        if !says.is_empty() {
            progress.say(says);
        }
        interrupted = ui::interrupted();
        Ok(!interrupted)
    };
    let stop = || if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    // How many make a batch; `None` before the first and after each.
    let mut most = None;
    let mut going = true;
    let walked = walk(&summary, args, &mut |kept| {
        if most.is_none() {
            most = pace.next(&mut |_| stop())?;
        }
        let Some(size) = most else {
            going = false;
            return Ok(false);
        };
        batch.push(kept);
        if batch.len() >= size {
            going = each(std::mem::take(&mut batch), &mut pace)?;
            most = None;
        }
        Ok(going)
    });
    let walked = match walked {
        Ok(_) if going && !batch.is_empty() => each(batch, &mut pace).map(|_| ()),
        walked => walked.map(|_| ()),
    };
    interrupted |= !going;
    drop(progress);
    let restored = walked.and_then(|()| Ok(store.restore_whole(&wholes)?));
    if let Err(error) = restored {
        // How far it came is told and noted all the same; it can be repeated.
        report.gone = expired;
        report.complete = false;
        let exit = if report.done > 0 { Exit::Partial } else { crate::error::tell(&error).exit };
        let noted = audit.end(exit, &report);
        if report.done == 0 {
            return Err(error);
        }
        report::print(context, "Put back", &report)?;
        noted?;
        crate::error::report(&error, context.ui.color_err);
        context.ui.note(format!("hint: to go on: sessctl undo {}", summary.start.run));
        return Ok(exit);
    }
    report.gone = expired;
    report.complete = !interrupted;
    let all = report.complete && every;
    RunFile::append(&summary.path)
        .and_then(|mut file| file.undone(scan::now_ms(), report.done, all))
        .context("noting in the run's file that it was undone")?;
    let exit = if interrupted { Exit::Interrupted } else { Exit::Done };
    let noted = audit.end(exit, &report);
    report::print(context, "Put back", &report)?;
    noted?;
    Ok(exit)
}

/// What is put back, for the audit log.
fn describe(summary: &Summary, args: &Args) -> String {
    let users = (!args.user.is_empty()).then(|| format!("user is {}", args.user.join(" or ")));
    let ids = (!args.ids.is_empty()).then(|| super::change::plural(args.ids.len() as u64, "named session"));
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
            Failure::new(format!("there is no run on {place} to undo"))
                .hint("`sessctl runs` lists all runs")
                .into()
        })
}

fn count(summary: &Summary, args: &Args, ids: &mut Ids) -> anyhow::Result<(u64, bool, Option<run::Damage>)> {
    let mut many = 0;
    let mut torn = false;
    let damage = read(summary, args, &mut torn, &mut |kept| {
        many += 1;
        ids.add(&kept.id);
        Ok(true)
    })?;
    Ok((many, torn, damage))
}

fn walk(
    summary: &Summary,
    args: &Args,
    each: &mut dyn FnMut(Kept) -> anyhow::Result<bool>,
) -> anyhow::Result<Option<run::Damage>> {
    read(summary, args, &mut false, each)
}

/// Gives what the run really changed: batches that were prepared and settled, of those the steps that
/// were done; and the last one if the run died before it could say so.
fn read(
    summary: &Summary,
    args: &Args,
    torn: &mut bool,
    each: &mut dyn FnMut(Kept) -> anyhow::Result<bool>,
) -> anyhow::Result<Option<run::Damage>> {
    let wanted: Vec<Vec<u8>> = args.ids.iter().map(|id| resolve::bytes_of(id)).collect();
    // What came back and was ended again is in the file twice; as it was before the run, it is once.
    let mut met: HashSet<[u8; 16]> = HashSet::new();
    let mut chosen = |kept: &Kept| {
        let user = args.user.is_empty() || kept.user.as_ref().is_some_and(|user| args.user.contains(user));
        let key = &kept.backup.key.0;
        let named =
            wanted.is_empty() || wanted.iter().any(|id| kept.id.starts_with(id) || key.starts_with(id));
        let mut name = [0; 16];
        name.copy_from_slice(&Sha256::digest(key)[..16]);
        user && named && met.insert(name)
    };
    let mut reader = Reader::open(&summary.path)?;
    let mut prepared: Vec<Kept> = Vec::new();
    let mut last: usize = 0;
    loop {
        let record = match reader.record() {
            Ok(record) => record,
            Err(damage) => return Ok(Some(damage)),
        };
        match record {
            Some(Record::Prepared(kept)) => {
                last = prepared.len();
                prepared.extend(kept);
            }
            Some(Record::Void { steps }) => {
                let mut at = 0;
                prepared.retain(|kept| {
                    at += 1;
                    at <= last || !steps.contains(&kept.backup.step)
                });
            }
            Some(Record::Settled { done }) => {
                let done: HashSet<u32> = done.into_iter().collect();
                for kept in prepared.drain(..).filter(|kept| done.contains(&kept.backup.step)) {
                    if chosen(&kept) && !each(kept)? {
                        return Ok(None);
                    }
                }
            }
            Some(_) => {}
            None => break,
        }
    }
    *torn = reader.torn;
    for kept in prepared {
        if chosen(&kept) && !each(kept)? {
            break;
        }
    }
    Ok(None)
}
