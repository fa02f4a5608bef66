//! What every command that changes sessions does: match, show, ask, do.
//!
//! The commands differ in the step that they make of a session. Everything else is here once: what is
//! refused before the scan, what is left alone, the question, the undo file, the report.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Context as _;

use super::report;
use crate::cli::Format;
use crate::context::Context;
use crate::error::{Refusal, Usage};
use crate::exit::Exit;
use crate::plan::apply::{self, Report};
use crate::plan::run::{self, RunFile, Start};
use crate::plan::{Entry, Spool};
use crate::render::safe::safe;
use crate::resolve;
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::Filter;
use crate::session::{Certainty, Session};
use crate::store::redis::RedisStore;
use crate::store::{Need, Source as _, Store as _};
use crate::ui::{self, Answer};

/// What keeps a change from doing harm.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Safety")]
pub struct Safety {
    /// Show the steps that would run, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Do not ask; needed where there is no terminal
    #[arg(short = 'y', long)]
    pub yes: bool,

    /// Refuse when more sessions match than this, or `none` [default: 10000, or the profile's]
    #[arg(long, value_name = "N")]
    pub max: Option<crate::config::Max>,

    /// Refuse unless exactly so many sessions match
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,

    /// Keep no undo file; the change cannot be taken back then
    #[arg(long)]
    pub no_undo: bool,

    /// How long undo files of earlier runs are kept
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = crate::commands::change::span)]
    pub keep: Duration,
}

/// A change, as a command means it.
pub struct Change<'a> {
    pub command: &'static str,
    /// In questions: `end`, …
    pub verb: &'static str,
    /// In reports: `Ended`, …
    pub past: &'static str,
    pub ids: &'a [String],
    pub filter: &'a Filter,
    pub safety: &'a Safety,
    /// The step for a session; `None` where it cannot be changed or there is nothing to change.
    pub entry: &'a dyn Fn(&Session<'_>) -> anyhow::Result<Option<Entry>>,
}

/// What matching found, written down.
struct Matched<'a> {
    change: &'a Change<'a>,
    spool: Spool,
    /// Sessions that match but are not certain to be sessions: left alone.
    uncertain: BTreeSet<&'static str>,
    uncertain_count: u64,
    /// Sessions that cannot be changed, such as those too large to be read.
    unchangeable: u64,
    layouts: BTreeSet<&'static str>,
    tally: Tally,
    max: Option<u64>,
    over: bool,
    interrupted: bool,
    missing: Vec<resolve::NotFound>,
}

pub fn run(context: &Context, change: &Change<'_>) -> anyhow::Result<Exit> {
    let safety = change.safety;
    let asks = !safety.dry_run && !safety.yes;
    if !safety.dry_run {
        context.permit_change()?;
    }
    if asks && !(context.ui.stdin_terminal && context.ui.stderr_terminal) {
        let what =
            format!("{} asks before it changes anything, and there is no terminal to ask on", change.command);
        return Err(Refusal::new(what).hint("look with --dry-run first, then say --yes").into());
    }
    let max = match safety.max {
        Some(max) => max.limit(),
        None => context.max,
    };
    let mut store = context.connect()?;
    let mut matched = Matched {
        change,
        spool: Spool::default(),
        uncertain: BTreeSet::new(),
        uncertain_count: 0,
        unchangeable: 0,
        layouts: BTreeSet::new(),
        tally: Tally::default(),
        max,
        over: false,
        interrupted: false,
        missing: Vec::new(),
    };
    let end = if change.ids.is_empty() {
        by_filter(context, &mut store, &mut matched, safety.dry_run || asks)?
    } else {
        by_id(context, &mut store, &mut matched)?;
        End::Complete
    };
    if matched.over {
        let max = max.unwrap_or_default();
        let what = format!("more than {max} sessions match, and that is the limit; nothing was changed");
        return Err(Refusal::new(what)
            .hint("count first, then raise the limit with --max N or --max none")
            .into());
    }
    if let End::Broken(error) = end {
        let so_far = matched.tally.scanned;
        return Err(anyhow::Error::from(error)
            .context(format!("scan incomplete after {so_far} keys; nothing was changed")));
    }
    if matched.interrupted {
        context.ui.note("interrupted; nothing was changed");
        return Ok(Exit::Interrupted);
    }
    note_left_alone(context, &matched);
    let mut report = Report { matched: matched.spool.totals.sessions, ..Report::default() };
    let mut exit = if matched.missing.is_empty() { Exit::Done } else { Exit::Failed };
    for missing in &matched.missing {
        report.fail(missing.to_string());
    }
    if let Some(expected) = safety.expect
        && expected != report.matched
    {
        let what =
            format!("{} sessions match, and --expect says {expected}; nothing was changed", report.matched);
        return Err(Refusal::new(what).into());
    }
    if safety.dry_run {
        report.dry_run = true;
        report.complete = true;
        show_steps(context, &mut store, matched.spool)?;
        report::print(context, change.past, &report)?;
        return Ok(exit);
    }
    if report.matched == 0 {
        report.complete = true;
        report.bytes_freed = Some(0);
        report::print(context, change.past, &report)?;
        return Ok(exit);
    }
    for sample in matched.spool.samples() {
        store.may_change(sample)?;
    }
    if asks {
        context.ui.tell(&question(&matched.spool, change, context, store.place()), 12);
        match context.ui.confirm(&format!("{} them?", capital(change.verb))) {
            Answer::Yes => {}
            Answer::No => {
                context.ui.note("cancelled; nothing was changed");
                return Ok(Exit::Cancelled);
            }
            Answer::NoTerminal => return Err(Refusal::new("there is no terminal to ask on").into()),
        }
    }
    let now = scan::now_ms();
    let mut undo = undo_file(change, store.place(), report.matched, now)?;
    report.run = undo.as_ref().map(|run| run.id.clone());
    report.complete = true;
    let mut progress = context.ui.progress("changing", Some(report.matched));
    let mut before = 0;
    let mut interrupted = false;
    let mut between = |report: &Report| {
        let now = report.done + report.gone + report.changed + report.failed;
        progress.add(now - before);
        before = now;
        interrupted = ui::interrupted();
        if interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let failure = apply::apply(&mut store, matched.spool.read()?, undo.as_mut(), &mut report, &mut between)?;
    drop(progress);
    if let Some(undo) = &mut undo {
        undo.finish(&report, scan::now_ms()).context("writing the undo file")?;
    }
    report::print(context, change.past, &report)?;
    if report.done > 0
        && let Some(run) = &report.run
    {
        context.ui.note(format!("to take it back: sessctl undo {run}"));
    }
    report::caveats(context, &matched.layouts);
    if let Some(error) = failure {
        let left = report.matched - report.done - report.gone - report.changed;
        context.ui.warn(format!("stopped: {error}"));
        context
            .ui
            .note(format!("hint: {left} sessions may not have been reached; run the same command again"));
        exit = Exit::Partial;
    } else if interrupted && !report.complete {
        context.ui.note("interrupted after the batch in hand; run the same command again to go on");
        exit = Exit::Interrupted;
    } else if report.failed > 0 || report.changed > 0 {
        exit = Exit::Partial;
    }
    Ok(exit)
}

/// The undo file, unless it is not wanted; older ones that have had their time go.
fn undo_file(change: &Change<'_>, place: &str, matched: u64, now: i64) -> anyhow::Result<Option<RunFile>> {
    if change.safety.no_undo {
        return Ok(None);
    }
    let Some(directory) = run::directory() else {
        return Err(Usage::new("there is no home directory to keep an undo file in")
            .hint("set XDG_STATE_HOME, or say --no-undo")
            .into());
    };
    let start = Start::new(run::new_id(now), now, change.command, place, change.filter.describe(), matched);
    let file = RunFile::create(&directory, &start).with_context(|| {
        format!("the undo file cannot be written in {}; nothing was changed", directory.display())
    })?;
    run::prune(&directory, change.safety.keep).context("removing old undo files")?;
    Ok(Some(file))
}

impl Sink for Matched<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        // Only what is certain is changed, or what the user called by the layout's name.
        if session.certainty != Certainty::Sure && !session.setup.named {
            self.uncertain.insert(session.layout());
            self.uncertain_count += 1;
            return Ok(ControlFlow::Continue(()));
        }
        let Some(entry) = (self.change.entry)(session)? else {
            self.unchangeable += 1;
            return Ok(ControlFlow::Continue(()));
        };
        if self.max.is_some_and(|max| self.spool.totals.sessions >= max) {
            self.over = true;
            return Ok(ControlFlow::Break(()));
        }
        self.layouts.insert(session.layout());
        self.spool.push(&entry)?;
        Ok(ControlFlow::Continue(()))
    }
}

/// A sink that also shows progress and can be interrupted.
struct Watched<'m, 'a, 'u> {
    matched: &'m mut Matched<'a>,
    progress: ui::Progress<'u>,
    scanned: u64,
}

impl Sink for Watched<'_, '_, '_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.matched.session(session)
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.add(tally.scanned - self.scanned);
        self.progress.say(format_args!("{} matched", self.matched.spool.totals.sessions));
        self.scanned = tally.scanned;
        self.matched.interrupted = ui::interrupted();
        Ok(if self.matched.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn by_filter(
    context: &Context,
    aside: &mut RedisStore,
    matched: &mut Matched<'_>,
    sizes: bool,
) -> anyhow::Result<End> {
    let filter = matched.change.filter;
    let mut scanner = context.connect()?;
    let total = aside.size().ok();
    let keeps = |session: &Session<'_>| filter.keeps(session);
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first: filter.need(),
        then: if sizes { Need::MEMORY.and(Need::TTL) } else { Need::TTL },
        keeps: &keeps,
    };
    let progress = context.ui.progress("scanning", total);
    let mut sink = Watched { matched, progress, scanned: 0 };
    let (tally, end) = scan::sessions(&mut scanner, aside, &request, &mut sink)?;
    drop(sink);
    super::list::report_hidden(context, &scanner);
    matched.tally = tally;
    Ok(end)
}

fn by_id(context: &Context, store: &mut RedisStore, matched: &mut Matched<'_>) -> anyhow::Result<()> {
    let (ids, filter) = (matched.change.ids, matched.change.filter);
    let mut scanner = context.connect()?;
    let mut pause = || if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let found = resolve::sessions(&mut scanner, store, &context.setups, ids, &mut pause)?;
    matched.missing = found.missing;
    let mut keys = found.keys;
    keys.sort();
    keys.dedup();
    let need = filter.need().and(Need::ALL);
    scan::lookup(store, &context.setups, &keys, need, &mut |_, session| {
        if let Some(session) = session
            && (filter.is_empty() || filter.keeps(session))
        {
            let _ = matched.session(session)?;
        }
        Ok(())
    })
}

fn note_left_alone(context: &Context, matched: &Matched<'_>) {
    if matched.uncertain_count > 0 {
        let names: Vec<&str> = matched.uncertain.iter().copied().collect();
        context.ui.warn(format!(
            "{} matching keys look like sessions of {} but are not certain to be; they are left alone",
            matched.uncertain_count,
            names.join(" or ")
        ));
        context.ui.note(format!("hint: name the layout to include them, such as --layout {}", names[0]));
    }
    if matched.unchangeable > 0 {
        context.ui.warn(format!(
            "{} matching sessions cannot be changed in this way and are left alone",
            matched.unchangeable
        ));
    }
}

/// What is going to change, for the question.
fn question(spool: &Spool, change: &Change<'_>, context: &Context, place: &str) -> String {
    let totals = &spool.totals;
    let (users, more) = totals.users();
    let layouts: Vec<String> =
        totals.by_layout.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let sessions = plural(totals.sessions, "session");
    let mut lines = format!("About to {} {sessions} on {}:\n", change.verb, safe(place));
    let mut line = |name: &str, text: &str| {
        lines.push_str(&format!("  {name:9} {}\n", safe(text)));
    };
    let chosen = change.filter.describe();
    if !chosen.is_empty() {
        line("chosen by", &chosen);
    }
    let mut who = Vec::new();
    if users > 0 {
        who.push(format!("{}{}", if more { "more than " } else { "" }, plural(users as u64, "user")));
    }
    if totals.anonymous > 0 {
        who.push(format!("{} anonymous", totals.anonymous));
    }
    line("users", &who.join(", "));
    line("layouts", &layouts.join(", "));
    if totals.bytes_known {
        line("memory", &crate::render::size(totals.bytes));
    }
    if let Some(profile) = &context.profile {
        line("profile", profile);
    }
    lines
}

pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// The very steps that would run, each with what it would find to do.
fn show_steps(context: &Context, store: &mut RedisStore, spool: Spool) -> anyhow::Result<()> {
    if context.format != Format::Table {
        return Ok(());
    }
    let mut entries = spool.read()?;
    let mut out = context.ui.out();
    loop {
        let batch = entries.batch(200)?;
        if batch.is_empty() {
            break;
        }
        for entry in batch {
            let found = store.probe(&entry.step.then)?;
            writeln!(out, "{}", report::step_line(context, &entry, None))?;
            for (op, found) in entry.step.then.iter().zip(found) {
                if found {
                    writeln!(out, "{}", report::step_line(context, &entry, Some(op)))?;
                }
            }
        }
        out.flush()?;
    }
    Ok(())
}

/// A span of time on the command line: `30s`, `2h`, `7d`.
pub fn span(text: &str) -> Result<Duration, String> {
    crate::select::expr::duration(text).map(Duration::from_millis).map_err(|error| error.to_string())
}
