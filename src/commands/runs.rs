//! `sessctl runs`: what was changed, when, and whether it can be taken back.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use crate::change::audit::verify::verify;
use crate::change::plan::restore::{Changed, Chosen};
use crate::change::plan::run::{self, Damage, State, Summary};
use crate::context::Context;
use crate::error::{Failure, Usage};
use crate::exit::Exit;
use crate::render::Format;
use crate::render::table::{self, Head};
use crate::render::{self, Cell, Tone, mask, safe};
use crate::scan;
use crate::text::clock::{self, Times};
use crate::text::words::plural;

/// List the runs whose undo files are kept, look into one, or remove old ones
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  sessctl runs
  sessctl runs show 20261124-132500-a1b2
  sessctl runs prune --keep 1d
  sessctl runs verify-audit"
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show what a run changed, a line a session
    Show {
        /// The run's name, or the beginning of it
        run: String,
    },
    /// Remove undo files that are older than --keep
    Prune {
        /// How old a file may become
        #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = crate::commands::change::span)]
        keep: Duration,
    },
    /// Check that the audit log is as it was written
    ///
    /// Each line of the log holds the SHA-256 of the line before it, and a file beside it, audit.head,
    /// the number and the SHA-256 of the last line. A line that was altered, put in or taken out, also
    /// at the end, is named, and the exit code is 7.
    ///
    /// This proves nothing against somebody who can write all of the files and makes a new chain with
    /// a new audit.head, or removes both. Against that helps what lies where they cannot write: the
    /// lines in the syslog (`syslog = true` in the profile), or a SHA-256 that this command printed
    /// earlier, to be given to --holds. A log is put away by moving audit.jsonl and audit.head
    /// together; the next change begins a new one.
    VerifyAudit {
        /// The log [default: the profile's]
        file: Option<PathBuf>,

        /// Also find fault unless a line with this SHA-256, noted earlier, is still there
        #[arg(long, value_name = "SHA256")]
        holds: Option<String>,
    },
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        None => list(context),
        Some(Command::Show { run }) => show(context, run),
        Some(Command::Prune { keep }) => {
            let removed = run::prune(&directory()?, *keep).context("removing old undo files")?;
            context.ui.note(format!("{removed} undo file{} removed", if removed == 1 { "" } else { "s" }));
            Ok(Exit::Done)
        }
        Some(Command::VerifyAudit { file, holds }) => {
            verify_audit(context, file.as_deref(), holds.as_deref())
        }
    }
}

fn verify_audit(context: &Context, file: Option<&Path>, holds: Option<&str>) -> anyhow::Result<Exit> {
    let Some(path) = file.map(Path::to_path_buf).or_else(|| context.audit.place()) else {
        return Err(Usage::new("there is no home directory to look for the audit log in")
            .hint("name the file, or set XDG_STATE_HOME")
            .into());
    };
    let place = path.display();
    let verdict = verify(&path, holds).with_context(|| format!("reading the audit log {place}"))?;
    let Some(verdict) = verdict else {
        return Err(Failure::new(format!("there is no audit log {place}"))
            .hint("the first change writes it; `audit` in the profile names another file")
            .into());
    };
    let intact = verdict.findings.is_empty();
    let mut out = context.ui.out();
    let options = context.look();
    match context.format {
        Format::Json | Format::Ndjson => {
            let findings: Vec<Json> = verdict
                .findings
                .iter()
                .map(|finding| json!({ "line": finding.line, "what": finding.what }))
                .collect();
            let object = json!({
                "file": place.to_string(),
                "intact": intact,
                "lines": verdict.lines,
                "runs": verdict.runs,
                "without_end": verdict.open,
                "sha256": verdict.head,
                "findings": findings,
            });
            if context.format == Format::Json {
                out.write_all(render::json::pretty(&object).as_bytes())?;
            } else {
                out.write_all(render::json::line(&object).as_bytes())?;
            }
        }
        Format::Csv => {
            if !context.bare {
                writeln!(out, "line,what")?;
            }
            for finding in &verdict.findings {
                let line = finding.line.map(|line| line.to_string()).unwrap_or_default();
                writeln!(out, "{line},{}", render::csv::field(&finding.what, &options))?;
            }
        }
        Format::Table | Format::Ids => {
            for finding in &verdict.findings {
                let what = safe::safe(&finding.what);
                match finding.line {
                    Some(line) => writeln!(out, "line {line}: {what}")?,
                    None => writeln!(out, "{what}")?,
                }
            }
            let lines = plural(verdict.lines, "line");
            let runs = plural(verdict.runs, "run");
            if intact {
                writeln!(out, "{lines} of {runs}, as they were written. The last has the SHA-256")?;
                writeln!(out, "{}", verdict.head)?;
            } else {
                writeln!(out, "{lines} of {runs}; the log is not as it was written.")?;
            }
        }
    }
    out.flush()?;
    if !verdict.open.is_empty() {
        let open = verdict.open.join(", ");
        context.ui.note(format!("without an end, as they are still going on or were cut short: {open}"));
    }
    Ok(if intact { Exit::Done } else { Exit::Found })
}

pub(super) fn directory() -> anyhow::Result<PathBuf> {
    run::directory().ok_or_else(|| {
        Usage::new("there is no home directory to keep undo files in").hint("set XDG_STATE_HOME").into()
    })
}

/// The run that a name or the beginning of one means.
pub(super) fn find(name: &str) -> anyhow::Result<Summary> {
    if name.is_empty() {
        return Err(Usage::new("the run's name is empty").hint("`sessctl runs` lists all runs").into());
    }
    let directory = directory()?;
    let mut found: Vec<Summary> = Vec::new();
    for entry in run::list(&directory) {
        match entry {
            Ok(summary) if summary.start.run == name => return Ok(summary),
            Ok(summary) if summary.start.run.starts_with(name) => found.push(summary),
            _ => {}
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            // A file that cannot be read says why better than "there is no such run".
            let path = directory.join(format!("{name}.run"));
            run::summary(&path)?;
            Err(Damage::Absent(name.to_string()).into())
        }
        n => Err(Failure::new(format!("{n} runs begin with `{name}`"))
            .hint("`sessctl runs` lists them")
            .into()),
    }
}

fn list(context: &Context) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    let mut runs = Vec::new();
    for entry in run::list(&directory()?) {
        match entry {
            Ok(summary) => {
                if let Some(damage) = &summary.damage {
                    context.ui.warn(damage);
                    exit = Exit::Partial;
                }
                runs.push(summary);
            }
            Err(damage) => {
                context.ui.warn(damage);
                exit = Exit::Partial;
            }
        }
    }
    runs.sort_by_key(|summary| summary.start.at);
    let mut out = context.ui.out();
    let options = context.look();
    let when = |at: i64| render::rfc3339(at);
    let now = scan::now_ms();
    match context.format {
        Format::Table => {
            // One store for all is told once, and leaves the room to what tells them apart.
            let store = runs.first().map(|summary| summary.start.store.clone());
            let common = store.filter(|store| runs.iter().all(|summary| summary.start.store == *store));
            let mut heads = vec![
                Head { floor: usize::MAX, ..Head::text("RUN", 0) },
                // When exactly is in the run's name.
                Head { floor: usize::MAX, ..Head::text("STARTED", 8) },
                Head { floor: usize::MAX, ..Head::text("COMMAND", 2) },
                Head { floor: usize::MAX, ..Head::text("DONE", 3) },
                Head { floor: usize::MAX, ..Head::text("STATE", 1) },
                Head { floor: 9, ..Head::text("CHOSEN BY", 5) },
                Head { floor: 9, ..Head::text("STORE", 9) },
            ];
            if common.is_some() {
                heads.pop();
            }
            let rows: Vec<Vec<Cell>> = runs
                .iter()
                .map(|summary| {
                    let tone = match summary.state {
                        State::Done => Tone::Plain,
                        State::Undone => Tone::Dim,
                        State::Partial | State::Running => Tone::Warning,
                    };
                    [
                        summary.start.run.clone(),
                        clock::shown(now, summary.start.at, Times::Relative).unwrap_or_default(),
                        summary.start.command.clone(),
                        format!("{} of {}", summary.done, summary.start.matched),
                        summary.state.name().to_string(),
                        safe::safe(&summary.start.filter).into_owned(),
                        safe::safe(&summary.start.store).into_owned(),
                    ]
                    .map(|text| Cell::new(text, tone))
                    .to_vec()
                })
                .collect();
            let mut drawn = Vec::new();
            if rows.is_empty() {
                drawn.extend_from_slice(b"There are no runs.\n");
            } else {
                table::draw(&mut drawn, &heads, &rows, options.width(), &options);
            }
            out.write_all(&drawn)?;
            out.flush()?;
            if let Some(store) = common {
                context.ui.note(format!("all of them on {store}"));
            }
        }
        Format::Ids => {
            for summary in &runs {
                writeln!(out, "{}", summary.start.run)?;
            }
        }
        Format::Csv => {
            if !context.bare {
                writeln!(out, "run,started_at,finished_at,command,store,matched,done,state,filter,ticket")?;
            }
            for summary in &runs {
                let fields = [
                    summary.start.run.clone(),
                    when(summary.start.at).unwrap_or_default(),
                    summary.finished.and_then(when).unwrap_or_default(),
                    summary.start.command.clone(),
                    summary.start.store.clone(),
                    summary.start.matched.to_string(),
                    summary.done.to_string(),
                    summary.state.name().to_string(),
                    summary.start.filter.clone(),
                    summary.start.ticket.clone().unwrap_or_default(),
                ];
                let fields: Vec<String> =
                    fields.iter().map(|field| render::csv::field(field, &options)).collect();
                writeln!(out, "{}", fields.join(","))?;
            }
        }
        Format::Json | Format::Ndjson => {
            let objects: Vec<Json> = runs
                .iter()
                .map(|summary| {
                    json!({
                        "run": summary.start.run,
                        "started_at": when(summary.start.at),
                        "finished_at": summary.finished.and_then(when),
                        "command": summary.start.command,
                        "store": summary.start.store,
                        "matched": summary.start.matched,
                        "done": summary.done,
                        "state": summary.state.name(),
                        "filter": summary.start.filter,
                        "ticket": summary.start.ticket,
                    })
                })
                .collect();
            if context.format == Format::Json {
                out.write_all(render::json::pretty(&Json::from(objects)).as_bytes())?;
            } else {
                for object in objects {
                    out.write_all(render::json::line(&object).as_bytes())?;
                }
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Which run it is: what it did, when, and by which filter.
pub(super) fn told(summary: &Summary) -> String {
    let start = &summary.start;
    let when = render::time(start.at).unwrap_or_default();
    let ago = render::span(u64::try_from(scan::now_ms() - start.at).unwrap_or(0));
    format!("{} of {when} ({}), {ago} ago", start.command, safe::safe(&start.filter))
}

/// The sessions that a run changed.
fn show(context: &Context, name: &str) -> anyhow::Result<Exit> {
    let summary = find(name)?;
    let every = Chosen::default();
    let mut changed = Changed::open(&summary, &every)?;
    let mut out = context.ui.out();
    let options = context.look();
    // Shortened ids are nine characters long.
    let width = if context.reveal { 32 } else { 9 };
    match context.format {
        Format::Table => {
            let start = &summary.start;
            let (store, state) = (safe::safe(&start.store), summary.state.name());
            writeln!(out, "{}: {}", start.run, told(&summary))?;
            writeln!(out, "on {store}; {} of {} done, {state}", summary.done, start.matched)?;
            if let Some(ticket) = &start.ticket {
                writeln!(out, "noted: {}", safe::safe(ticket))?;
            }
            writeln!(out)?;
            if !context.bare {
                writeln!(out, "{:<width$} {:<28} USER", "ID", "LAYOUT")?;
            }
        }
        Format::Csv if !context.bare => writeln!(out, "id,layout,user")?,
        Format::Json => write!(out, "[")?,
        Format::Csv | Format::Ndjson | Format::Ids => {}
    }
    let mut first = true;
    for kept in changed.by_ref() {
        let masked = if context.format == Format::Table { !context.reveal } else { context.mask };
        let id = if masked { mask::short(&kept.id) } else { safe::text(&kept.id).into_owned() };
        let object = || json!({ "id": id, "layout": kept.layout, "user": kept.user, "authenticated": kept.user.as_ref().map(|_| true).or(kept.nobody.then_some(false)) });
        match context.format {
            Format::Table => {
                let user = kept.user.as_deref().unwrap_or(if kept.nobody { "(nobody)" } else { "?" });
                writeln!(out, "{:<width$} {:<28} {}", safe::safe(&id), kept.layout, safe::safe(user))?;
            }
            Format::Json => {
                write!(
                    out,
                    "{}\n  {}",
                    if first { "" } else { "," },
                    render::json::line(&object()).trim_end()
                )?;
            }
            Format::Ndjson => out.write_all(render::json::line(&object()).as_bytes())?,
            Format::Csv => {
                let fields = [id, kept.layout, kept.user.unwrap_or_default()];
                writeln!(out, "{}", fields.map(|field| render::csv::field(&field, &options)).join(","))?;
            }
            Format::Ids if context.nul && !masked && !options.terminal => {
                out.write_all(&kept.id)?;
                out.write_all(&[0])?;
            }
            Format::Ids if options.terminal => writeln!(out, "{}", safe::safe(&id))?,
            Format::Ids => writeln!(out, "{id}")?,
        }
        first = false;
    }
    if context.format == Format::Json {
        writeln!(out, "{}]", if first { "" } else { "\n" })?;
    }
    out.flush()?;
    if let Some(damage) = changed.damage {
        return Err(damage.into());
    }
    if changed.torn() {
        context
            .ui
            .note("the file ends in the middle of a record: the run was cut short there, before that batch");
    }
    Ok(Exit::Done)
}
