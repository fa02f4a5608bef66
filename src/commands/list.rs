//! `sessctl list`: the sessions, a row each.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::scans::{Readers, Wanted};
use crate::context::Context;
use crate::exit::Exit;
use crate::fault::Usage;
use crate::layout::session::Session;
use crate::render::Format;
use crate::render::{self, Columns, Renderer, Sort};
use crate::scan::{Said, Sink, Tally};
use crate::select::SelectArgs;
use crate::select::near::Near;
use crate::text::words::plural;
use crate::ui;

/// List sessions: who is logged in, since when, until when
///
/// Rows appear while the store is being scanned; the scan does not block the server. Without filters,
/// every session is listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl list --user alice
  Sessions idle for a week, oldest first:
    sessctl list --idle '>7d' --sort seen
  The ten largest; each user's, longest-lived first:
    sessctl list --sort -bytes --limit 10
    sessctl list --sort user,-ttl
  For a script (only what the columns need is read from the server):
    sessctl list --columns id,user,ttl -o ndjson
    sessctl list --format '{id} {user} {expires_at}'
  For DuckDB, Spark or Polars; with --mask the file holds no usable ids:
    sessctl list --mask -o parquet >sessions.parquet
    duckdb -c \"select ip, count(*) from 'sessions.parquet' group by ip order by 2 desc\"
  The same where sessctl was built without Parquet:
    sessctl list --mask -o ndjson >sessions.ndjson
    duckdb -c \"copy (from 'sessions.ndjson') to 'sessions.parquet'\"")]
pub struct Args {
    /// Columns, separated by commas
    #[arg(long, value_name = "NAMES", help_heading = "Rows", long_help = render::columns::help())]
    pub columns: Option<String>,

    /// Sort by columns, separated by commas; descending with `-` before one or `:desc` after it
    ///
    /// The rows are held in memory until all of them are known. Without it, the table of a small store
    /// (up to 2000 keys) is sorted by user, most recently seen first.
    #[arg(long, value_name = "NAMES", help_heading = "Rows", allow_hyphen_values = true)]
    pub sort: Option<String>,

    /// With --sort: reverse the order
    #[arg(long, help_heading = "Rows", requires = "sort")]
    pub reverse: bool,

    /// Stop after this many rows
    #[arg(short = 'n', long, value_name = "N", help_heading = "Rows")]
    pub limit: Option<usize>,

    /// Show every column in a table, however wide it gets
    #[arg(long, help_heading = "Rows", conflicts_with = "columns")]
    pub wide: bool,

    #[command(flatten)]
    pub select: SelectArgs,
}

/// Refuses Parquet where there is none.
pub(super) fn permit_parquet(command: &super::Command) -> Result<(), Usage> {
    if !matches!(command, super::Command::List(_)) {
        return Err(Usage::new("only `sessctl list` can print Parquet").hint("use json, ndjson, yaml or csv"));
    }
    if !cfg!(feature = "parquet") {
        return Err(Usage::new("this sessctl was built without Parquet").hint(
            "build it with `cargo install --path . --features parquet`, or let DuckDB make it of `-o ndjson`, \
             as `sessctl list --help` shows",
        ));
    }
    if std::io::stdout().is_terminal() {
        return Err(Usage::new("Parquet is not for a terminal").hint("write it to a file: >sessions.parquet"));
    }
    Ok(())
}

/// A table of a store with no more keys than this is sorted though nobody asked for it: all of it is
/// seen at once anyway.
const SMALL: u64 = 2000;
const USUAL: &str = "user,-seen";

/// How often rows are shown though the buffer is not full.
const FLUSH: Duration = Duration::from_millis(200);

struct Listing<'u> {
    renderer: Renderer<ui::Pages>,
    progress: ui::Progress<'u>,
    flushed: Option<Instant>,
    interrupted: bool,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    let names = args.columns.as_deref();
    let wide = args.wide || context.wide;
    let mut columns = Columns::choose(context.format, names, wide, context.template.as_deref())?;
    if context.is_one_of_several() {
        columns = columns.of_several(names);
    }
    let sort = args.sort.as_deref().map(Sort::parse).transpose()?;
    let sort = if args.reverse { sort.map(Sort::reversed) } else { sort };
    let readers = Readers::open(context, &filter)?;
    let total = readers.total();
    let started = Instant::now();
    let small = total.is_some_and(|total| total <= SMALL);
    let sort = match sort {
        // Nothing more is asked of the server for the sake of it.
        None if context.format == Format::Table && small => {
            let usual = Sort::parse(USUAL)?;
            (columns.need().and(usual.need()) == columns.need()).then_some(usual)
        }
        asked => asked,
    };
    let mut need = columns.need();
    if let Some(sort) = &sort {
        need = need.and(sort.need());
    }
    let near = Near::new(&filter);
    let mut listing = Listing {
        renderer: Renderer::new(context.format, columns, &context.look(), context.pages())
            .ordered(sort, args.limit),
        progress: context.ui.progress("scanning", total),
        flushed: None,
        interrupted: false,
    };
    let scans = if listing.renderer.is_full() {
        readers.unread()
    } else {
        readers.scan(&Wanted::of(&filter, need, &|session| near.keeps(session)), &mut listing)?
    };
    let interrupted = listing.interrupted;
    let Listing { mut renderer, progress, .. } = listing;
    drop(progress);
    let took = started.elapsed().as_secs_f64();
    // While someone reads in a pager, the scan waits.
    let took = if renderer.out().is_open() { String::new() } else { format!(" in {took:.1} s") };
    renderer.out().release();
    let summary = renderer.finish()?;
    // Behind a pipe on the same terminal it would be written across a pager's screen.
    let piped = context.ui.stderr_terminal && !context.ui.stdout_terminal;
    if context.format == Format::Table && !piped || context.ui.verbose {
        let more = if scans.is_stopped() && !interrupted { ", there may be more" } else { "" };
        // All were looked at, though not all are shown.
        let of = match summary.shown {
            shown if shown < summary.given => format!("{shown} of "),
            _ => String::new(),
        };
        context.ui.status(format!(
            "{of}{} shown{more}; {} scanned{took}",
            plural(if of.is_empty() { summary.shown } else { summary.given }, "session"),
            plural(scans.tally.scanned, "key"),
        ));
    }
    if summary.escaped > 0 {
        context.ui.warn(format!(
            "{} ids contain a line break and are shown escaped; -0 keeps them intact",
            summary.escaped
        ));
    }
    let exit = scans.report(context, Some(&near), interrupted, total);
    // Rows that were shown make it a partial success; without any it is the error itself.
    Ok(if exit != Exit::Done && exit != Exit::Interrupted && summary.shown > 0 {
        Exit::Partial
    } else {
        exit
    })
}

impl Sink for Listing<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.renderer.session(session)?;
        Ok(if self.renderer.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        let renderer = &mut self.renderer;
        // Rows that are there are shown at once at first, and a few times a second later.
        if self.flushed.is_none_or(|at| at.elapsed() >= FLUSH) {
            self.progress.aside(|| renderer.flush())?;
            if renderer.out().is_long() {
                self.progress.hide();
                renderer.out().open()?;
            }
            self.flushed = Some(Instant::now());
        }
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} found", tally.kept));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
