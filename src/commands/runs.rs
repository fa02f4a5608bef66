//! `sessctl runs`: what was changed, when, and whether it can be taken back.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use crate::change::audit::verify::{Finding, verify};
use crate::change::plan::restore::{Changed, Chosen};
use crate::change::plan::run::{self, Damage, Kept, State, Summary};
use crate::context::Context;
use crate::error::{Failure, Usage};
use crate::exit::Exit;
use crate::render::{self, Cell, Column, Columns, Datum, Format, Member, Renderer, Rows, Tone, safe};
use crate::scan;
use crate::text::clock::{self, Times};
use crate::text::units::duration;
use crate::text::words::plural;

/// List the runs whose undo files are kept, show one, or remove old ones
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
    /// Show what a run changed, one line per session
    Show {
        /// The run's name, or the beginning of it
        run: String,
    },
    /// Remove undo files that are older than --keep
    Prune {
        /// How old a file may get
        #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = duration)]
        keep: Duration,
    },
    /// Check that the audit log is as it was written
    ///
    /// Each line of the log holds the SHA-256 of the line before it, and a file next to it, audit.head,
    /// the number and the SHA-256 of the last line. A line that was altered, put in or taken out, also
    /// at the end, is named, and the exit code is 7.
    ///
    /// This proves nothing against someone who can write all of the files and makes a new chain with
    /// a new audit.head, or removes both. Against that helps what lies where they cannot write: the
    /// lines in the syslog (`syslog = true` in the profile), or a SHA-256 that this command printed
    /// earlier, to be given to --holds. A log is put away by moving audit.jsonl and audit.head
    /// together; the next change begins a new one.
    VerifyAudit {
        /// The log [default: the profile's]
        file: Option<PathBuf>,

        /// Also fail unless a line with this SHA-256, noted earlier, is still there
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
            context.ui.status(format!("{removed} undo file{} removed", if removed == 1 { "" } else { "s" }));
            Ok(Exit::Done)
        }
        Some(Command::VerifyAudit { file, holds }) => {
            verify_audit(context, file.as_deref(), holds.as_deref())
        }
    }
}

/// What is wrong with the audit log.
#[derive(Debug, Clone, Copy)]
struct Findings;

impl Rows for Findings {
    type Row<'a> = &'a Finding;

    const WHAT: &'static str = "findings";
}

const FINDINGS: &[Column<Findings>] = &[
    Column::data("line", &[Member::new("line", |finding| Datum::number(finding.line))]),
    Column::data("what", &[Member::new("what", |finding| Datum::Text(&finding.what))]),
];

fn verify_audit(context: &Context, file: Option<&Path>, holds: Option<&str>) -> anyhow::Result<Exit> {
    let columns = Columns::permitted(FINDINGS, context.format, &context.look())?;
    let Some(path) = file.map(Path::to_path_buf).or_else(|| context.audit.place()) else {
        return Err(Usage::new("no home directory to look for the audit log in")
            .hint("name the file, or set XDG_STATE_HOME")
            .into());
    };
    let place = path.display();
    let verdict = verify(&path, holds).with_context(|| format!("reading the audit log {place}"))?;
    let Some(verdict) = verdict else {
        return Err(Failure::new(format!("no audit log at {place}"))
            .hint("the first change creates it; `audit` in the profile names another file")
            .into());
    };
    let intact = verdict.findings.is_empty();
    let mut out = context.ui.out();
    match context.format {
        Format::Json | Format::Ndjson | Format::Yaml => {
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
            out.write_all(&render::json::value(context.format, &object))?;
        }
        Format::Csv | Format::Ids | Format::Template | Format::Parquet => {
            render::rows(context.format, columns, &context.look(), &verdict.findings, &mut out)?;
        }
        Format::Table => {
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
                writeln!(out, "{lines} of {runs}, intact. The last has the SHA-256")?;
                writeln!(out, "{}", verdict.head)?;
            } else {
                writeln!(out, "{lines} of {runs}; the log has been tampered with or damaged.")?;
            }
        }
    }
    out.flush()?;
    if !verdict.open.is_empty() {
        let open = verdict.open.join(", ");
        context.ui.status(format!("unfinished (still running or interrupted): {open}"));
    }
    Ok(if intact { Exit::Done } else { Exit::Found })
}

pub(super) fn directory() -> anyhow::Result<PathBuf> {
    run::directory().ok_or_else(|| {
        Usage::new("no home directory to keep undo files in").hint("set XDG_STATE_HOME").into()
    })
}

/// The run that a name or the beginning of one means; of a run on several stores, all of its parts.
pub(super) fn parts(name: &str) -> anyhow::Result<Vec<Summary>> {
    if name.is_empty() {
        return Err(Usage::new("the run's name is empty").hint("`sessctl runs` lists all runs").into());
    }
    let directory = directory()?;
    let mut found: Vec<Summary> = Vec::new();
    for entry in run::list(&directory) {
        match entry {
            Ok(summary) if summary.start.run == name => return Ok(vec![summary]),
            Ok(summary) if summary.start.run.starts_with(name) => found.push(summary),
            _ => {}
        }
    }
    let Some(_) = found.first() else {
        // A file that cannot be read says why better than "no such run".
        let path = directory.join(format!("{name}.run"));
        run::summary(&path)?;
        return Err(Damage::Absent(name.to_string()).into());
    };
    // Only the parts of one run are one.
    let alone = |summary: &Summary| summary.start.part_of.is_none().then(|| summary.path.clone());
    let runs: BTreeSet<_> = found.iter().map(|summary| (summary.start.name(), alone(summary))).collect();
    let many = runs.len();
    if many == 1 {
        found.sort_by(|a, b| a.start.run.cmp(&b.start.run));
        return Ok(found);
    }
    Err(Failure::new(format!("{many} runs begin with `{name}`")).hint("`sessctl runs` lists them").into())
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
    let mut columns = Columns::permitted(RUNS, context.format, &context.look())?;
    // One store for all is told once, and leaves the room to what tells them apart.
    let store = runs.first().map(|summary| summary.start.store.clone());
    let common = store.filter(|store| runs.iter().all(|summary| summary.start.store == *store));
    let table = context.format == Format::Table;
    if table && common.is_some() {
        columns.list.retain(|column| column.name != "on");
    }
    let now = scan::now_ms();
    let rows = runs.iter().map(|summary| Run { summary, now });
    let mut out = context.pages();
    if table && runs.is_empty() {
        out.write_all(b"No runs.\n")?;
        out.flush()?;
    } else {
        render::rows(context.format, columns, &context.look(), rows, &mut out)?;
    }
    drop(out);
    if let Some(store) = common.filter(|_| table) {
        context.ui.status(format!("all of them on {store}"));
    }
    Ok(exit)
}

/// A run, as it is seen now.
#[derive(Debug)]
struct Run<'s> {
    summary: &'s Summary,
    now: i64,
}

impl Run<'_> {
    fn cell(&self, text: impl Into<String>) -> Cell {
        let tone = match self.summary.state {
            State::Done => Tone::Plain,
            State::Undone => Tone::Dim,
            State::Partial | State::Running => Tone::Warning,
        };
        Cell::new(text, tone)
    }
}

#[derive(Debug, Clone, Copy)]
struct Runs;

impl Rows for Runs {
    type Row<'a> = Run<'a>;

    const WHAT: &'static str = "runs";
    const ID: Option<for<'a, 's> fn(&'s Run<'a>) -> &'s [u8]> = Some(|run| run.summary.start.run.as_bytes());
    const PRETTY: bool = true;
}

const RUNS: &[Column<Runs>] = &[
    Column {
        head: "RUN",
        floor: usize::MAX,
        rank: 0,
        cell: |run| run.cell(&run.summary.start.run),
        ..Column::data("run", &[Member::new("run", |run| Datum::Text(&run.summary.start.run))])
    },
    Column {
        // When exactly is in the run's name.
        head: "STARTED",
        floor: usize::MAX,
        rank: 8,
        cell: |run| {
            run.cell(clock::shown(run.now, run.summary.start.at, Times::Relative).unwrap_or_default())
        },
        ..Column::data(
            "started",
            &[
                Member::new("started_at", |run| Datum::Time(run.summary.start.at)),
                Member::new("finished_at", |run| Datum::time(run.summary.finished)),
            ],
        )
    },
    Column {
        head: "COMMAND",
        floor: usize::MAX,
        rank: 2,
        cell: |run| run.cell(&run.summary.start.command),
        ..Column::data("command", &[Member::new("command", |run| Datum::Text(&run.summary.start.command))])
    },
    Column::data("store", &[Member::new("store", |run| Datum::Text(&run.summary.start.store))]),
    Column {
        head: "DONE",
        floor: usize::MAX,
        rank: 3,
        cell: |run| run.cell(format!("{} of {}", run.summary.done, run.summary.start.matched)),
        ..Column::data(
            "done",
            &[
                Member::new("matched", |run| Datum::Number(run.summary.start.matched)),
                Member::new("done", |run| Datum::Number(run.summary.done)),
            ],
        )
    },
    Column {
        head: "STATE",
        floor: usize::MAX,
        rank: 1,
        cell: |run| run.cell(run.summary.state.name()),
        ..Column::data("state", &[Member::new("state", |run| Datum::Text(run.summary.state.name()))])
    },
    Column {
        head: "CHOSEN BY",
        floor: 9,
        rank: 5,
        cell: |run| run.cell(safe::safe(&run.summary.start.filter)),
        ..Column::data("filter", &[Member::new("filter", |run| Datum::Text(&run.summary.start.filter))])
    },
    Column::data("ticket", &[Member::new("ticket", |run| Datum::text(run.summary.start.ticket.as_deref()))]),
    // In a table it stands last, as the first to go.
    Column {
        head: "STORE",
        floor: 9,
        rank: 9,
        cell: |run| run.cell(safe::safe(&run.summary.start.store)),
        ..Column::data("on", &[])
    },
];

/// Which run it is: what it did, when, and by which filter.
pub(super) fn told(summary: &Summary) -> String {
    let start = &summary.start;
    let when = render::time(start.at).unwrap_or_default();
    let ago = render::span(u64::try_from(scan::now_ms() - start.at).unwrap_or(0));
    format!("{} of {when} ({}), {ago} ago", start.command, safe::safe(&start.filter))
}

/// The sessions that a run changed.
#[derive(Debug, Clone, Copy)]
struct OfRun;

impl Rows for OfRun {
    type Row<'a> = Kept;

    const WHAT: &'static str = "sessions";
    const ID: Option<for<'a, 's> fn(&'s Kept) -> &'s [u8]> = Some(|kept| &kept.id);
}

const OF_RUN: &[Column<OfRun>] = &[
    Column {
        head: "ID",
        floor: usize::MAX,
        ..Column::data("id", &[Member::new("id", |kept| Datum::Id(&kept.id))])
    },
    Column {
        head: "LAYOUT",
        floor: usize::MAX,
        rank: 2,
        cell: |kept| Cell::safe(Some(&kept.layout), Tone::Plain),
        ..Column::data("layout", &[Member::new("layout", |kept| Datum::Text(&kept.layout))])
    },
    Column {
        head: "USER",
        floor: 10,
        rank: 1,
        cell: |kept| match &kept.user {
            Some(user) => Cell::safe(Some(user), Tone::Strong),
            None => Cell::new(if kept.nobody { "(nobody)" } else { "?" }, Tone::Dim),
        },
        ..Column::data("user", &[Member::new("user", |kept| Datum::text(kept.user.as_deref()))])
    },
    Column::data(
        "authenticated",
        &[Member::nested("authenticated", |kept| {
            Datum::truth(kept.user.as_ref().map(|_| true).or(kept.nobody.then_some(false)))
        })],
    ),
];

fn show(context: &Context, name: &str) -> anyhow::Result<Exit> {
    let parts = parts(name)?;
    let mut out = context.pages();
    if context.format == Format::Table {
        for summary in &parts {
            let start = &summary.start;
            let (store, state) = (safe::safe(&start.store), summary.state.name());
            writeln!(out, "{}: {}", start.run, told(summary))?;
            writeln!(out, "on {store}; {} of {} done, {state}", summary.done, start.matched)?;
            if let Some(ticket) = &start.ticket {
                writeln!(out, "noted: {}", safe::safe(ticket))?;
            }
        }
        writeln!(out)?;
    }
    let every = Chosen::default();
    let columns = Columns::permitted(OF_RUN, context.format, &context.look())?;
    let mut renderer = Renderer::new(context.format, columns, &context.look(), &mut out);
    let (mut damage, mut torn) = (None, false);
    for summary in &parts {
        let mut changed = Changed::open(summary, &every)?;
        for kept in changed.by_ref() {
            renderer.row(&kept)?;
        }
        torn |= changed.torn();
        damage = damage.or(changed.damage);
    }
    renderer.finish()?;
    drop(out);
    if let Some(damage) = damage {
        return Err(damage.into());
    }
    if torn {
        context.ui.status("the file ends in the middle of a record: the run was cut short before that batch");
    }
    Ok(Exit::Done)
}
