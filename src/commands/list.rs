//! `sessctl list`: the sessions, a row each.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::render::Format;
use crate::render::{self, Columns, Renderer, Sort};
use crate::resolve::{self, Found};
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::SelectArgs;
use crate::select::near::Near;
use crate::store::{Lookup, Source};
use crate::text::words::{either, plural};
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
  As Parquet, which DuckDB makes of it; with --mask no id is in it that could be used:
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

/// A table of a store with no more keys than this is sorted though nobody asked for it: all of it is
/// seen at once anyway.
const SMALL: u64 = 2000;
const USUAL: &str = "user,-seen";

/// How often rows are shown though the buffer is not full.
const FLUSH: Duration = Duration::from_millis(200);

struct Listing<'u, W> {
    renderer: Renderer<W>,
    progress: ui::Progress<'u>,
    flushed: Option<Instant>,
    interrupted: bool,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    let columns = Columns::choose(context.format, args.columns.as_deref(), args.wide || context.wide)?;
    let sort = args.sort.as_deref().map(Sort::parse).transpose()?;
    let sort = if args.reverse { sort.map(Sort::reversed) } else { sort };
    context.permit_scan()?;
    let mut scanner = context.reader()?;
    context.permit_filter(&filter, &*scanner)?;
    let mut aside = context.reader()?;
    let total = aside.size().ok().flatten();
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
    // Without a filter nothing is gained by asking twice.
    let (first, then) = if filter.is_empty() || filter.wants_all() {
        (filter.need().and(need), need)
    } else {
        (filter.need(), need)
    };
    let near = Near::new(&filter);
    let keeps = |session: &Session<'_>| near.keeps(session);
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first,
        then,
        keeps: &keeps,
        copies: false,
    };
    let mut listing = Listing {
        renderer: Renderer::new(context.format, columns, &context.look(), context.ui.out())
            .ordered(sort, args.limit),
        progress: context.ui.progress("scanning", total),
        flushed: None,
        interrupted: false,
    };
    let (tally, end) = if listing.renderer.is_full() {
        (Tally::default(), End::Stopped)
    } else {
        scan::sessions(&mut *scanner, &mut *aside, &request, &mut listing)?
    };
    let interrupted = listing.interrupted;
    let Listing { renderer, progress, .. } = listing;
    drop(progress);
    // Nothing was seen: no empty listing, which would be taken for an empty store.
    let end = match end {
        End::Broken(error) if tally.scanned == 0 => return Err(error.into()),
        other => other,
    };
    let summary = renderer.finish()?;
    // Behind a pipe on the same terminal it would be written across a pager's screen.
    let piped = context.ui.stderr_terminal && !context.ui.stdout_terminal;
    if context.format == Format::Table && !piped || context.ui.verbose {
        let more = if matches!(end, End::Stopped) && !interrupted { ", there may be more" } else { "" };
        // All were looked at, though not all are shown.
        let of = match summary.shown {
            shown if shown < summary.given => format!("{shown} of "),
            _ => String::new(),
        };
        context.ui.status(format!(
            "{of}{} shown{more}; {} scanned in {:.1} s",
            plural(if of.is_empty() { summary.shown } else { summary.given }, "session"),
            plural(tally.scanned, "key"),
            started.elapsed().as_secs_f64()
        ));
    }
    if summary.escaped > 0 {
        context.ui.warn(format!(
            "{} ids contain a line break and are shown escaped; -0 keeps them intact",
            summary.escaped
        ));
    }
    report_scan(context, &tally, &*scanner);
    if interrupted {
        report_interrupted(context, tally.scanned, total);
    } else if matches!(end, End::Complete) {
        report_nothing(context, &tally, &near, &mut *aside);
    }
    Ok(match end {
        End::Broken(error) => {
            let exit = crate::error::report(&incomplete(error, &tally), context.ui.color_err);
            // Rows that were shown make it a partial success; without any it is the error itself.
            if summary.shown > 0 { Exit::Partial } else { exit }
        }
        _ if interrupted => Exit::Interrupted,
        End::Complete | End::Stopped => Exit::Done,
    })
}

/// Finds the sessions of names, and shows how far a search for them is.
pub fn search(
    context: &Context,
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    names: &[String],
) -> anyhow::Result<Found> {
    let mut progress = context.ui.progress("searching", aside.size().ok().flatten());
    let mut before = 0;
    resolve::sessions(scanner, aside, &context.setups, names, &mut |scanned| {
        progress.add(scanned.saturating_sub(before));
        before = before.max(scanned);
        if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Says that a scan was broken off by the user, also where no notes are wanted: what was printed
/// would be taken for all there is.
pub fn report_interrupted(context: &Context, scanned: u64, total: Option<u64>) {
    let looked_at = match total.filter(|total| *total > 0) {
        Some(total) if scanned <= total => {
            let percent = scanned as f64 * 100.0 / total as f64;
            format!("looked at {scanned} of {total} keys ({percent:.0} %)")
        }
        _ => format!("looked at {scanned} keys"),
    };
    context.ui.tell(&format!("interrupted: {looked_at}; the result is incomplete"), 0);
}

/// The error that broke a scan off, with how far it came.
pub fn incomplete(error: crate::store::Error, tally: &Tally) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    match tally.scanned {
        0 => error,
        so_far => error.context(format!("scan incomplete after {so_far} keys; there may be more sessions")),
    }
}

/// What a scan could not decide or was not permitted to see; `store` is the connection that scanned.
pub fn report_scan(context: &Context, tally: &Tally, store: &dyn Source) {
    if tally.undecided > 0 {
        context.ui.status(format!(
            "{} {} like {} of no certain layout and {} left out; name the layout with --layout to see {}",
            plural(tally.undecided, "key"),
            either(tally.undecided, "looks", "look"),
            either(tally.undecided, "a session", "sessions"),
            either(tally.undecided, "is", "are"),
            either(tally.undecided, "it", "them"),
        ));
    }
    super::report::unsettled(context, &tally.unsettled);
    report_hidden(context, store);
    for remark in store.remarks() {
        context.ui.status(remark);
    }
}

/// Says, after a whole scan, of which users there was no session, and where else to look if there was
/// none at all.
pub fn report_nothing(context: &Context, tally: &Tally, near: &Near<'_>, store: &mut dyn Source) {
    if tally.sessions > 0 {
        for missed in near.missed() {
            context.ui.status(missed);
        }
    }
    if tally.sessions > 0 || tally.undecided > 0 {
        return;
    }
    let mut names: Vec<&str> = context.setups.iter().map(|setup| setup.layout.name).collect();
    names.dedup();
    let what = match (context.named, tally.scanned) {
        (false, 0) if context.matching.is_none() => "no keys here".to_string(),
        (true, _) => format!("no key here is a session of {}", names.join(" or ")),
        (false, _) => "no key here is a session known to sessctl".to_string(),
    };
    let discover = if tally.scanned > 0 { "; `sessctl discover` shows what is here" } else { "" };
    let others: Vec<String> =
        store.elsewhere().into_iter().map(|(database, keys)| format!("{database} ({keys})")).collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; other databases of this server with keys: {}", others.join(", "))
    };
    context.ui.status(format!("{what}{discover}{others}"));
}

/// Says that there are keys which this user may not read.
pub fn report_hidden(context: &Context, store: &dyn Source) {
    match store.hidden() {
        0 => {}
        1 => context.ui.warn("an ACL hides 1 key from this user"),
        more => context.ui.warn(format!("an ACL hides {more} keys from this user")),
    }
}

impl<W: Write> Sink for Listing<'_, W> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.renderer.session(session)?;
        Ok(if self.renderer.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        let renderer = &mut self.renderer;
        // Rows that are there are shown at once at first, and a few times a second later.
        if self.flushed.is_none_or(|at| at.elapsed() >= FLUSH) {
            self.progress.aside(|| renderer.flush())?;
            self.flushed = Some(Instant::now());
        }
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} found", tally.kept));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
