//! `sessctl purge`: end sessions as their framework would.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::ControlFlow;

use super::report;
use crate::context::Context;
use crate::error::{Refusal, Usage};
use crate::exit::Exit;
use crate::plan::apply::{self, Report};
use crate::plan::{self, Spool};
use crate::render::safe::safe;
use crate::resolve;
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::SelectArgs;
use crate::session::{Certainty, Session};
use crate::store::redis::RedisStore;
use crate::store::{Need, Source as _, Store as _};
use crate::ui::{self, Answer};

/// End sessions: the key, its index entries, its companions
///
/// Sessions are chosen by filters or named one by one. Each is recognised by its value before it is
/// ended, and left alone if it changes in between; every other key on the server stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Log alice out everywhere, after a look at what would happen:
    sessctl purge --user alice --dry-run
    sessctl purge --user alice
  End one session by its id, key or the beginning that `list` shows:
    sessctl purge 3xyuXKIB
  In a script: anonymous sessions that were idle for a day, at most 50000 of them:
    sessctl purge --anonymous --idle '>1d' --max 50000 --yes -o json")]
pub struct Args {
    /// Ids or keys, or unambiguous beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    #[command(flatten)]
    pub select: SelectArgs,

    #[command(flatten)]
    pub safety: Safety,
}

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
}

/// What matching found, written down.
struct Matched {
    spool: Spool,
    /// Sessions that match but are not certain to be sessions: left alone.
    uncertain: BTreeSet<&'static str>,
    uncertain_count: u64,
    /// Sessions whose value cannot be compared, such as those too large to be read.
    unreadable: u64,
    layouts: BTreeSet<&'static str>,
    tally: Tally,
    max: Option<u64>,
    over: bool,
    interrupted: bool,
    missing: Vec<resolve::NotFound>,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    if args.ids.is_empty() && filter.is_empty() {
        return Err(Usage::new("purge was told neither which sessions to end nor --all")
            .hint("name ids, or choose by a filter such as --user alice; --all means every session")
            .into());
    }
    let asks = !args.safety.dry_run && !args.safety.yes;
    if !args.safety.dry_run {
        context.permit_change()?;
    }
    if asks && !(context.ui.stdin_terminal && context.ui.stderr_terminal) {
        return Err(Refusal::new(
            "purge asks before it changes anything, and there is no terminal to ask on",
        )
        .hint("look with --dry-run first, then say --yes")
        .into());
    }
    let max = match args.safety.max {
        Some(max) => max.limit(),
        None => context.max,
    };
    let mut store = context.connect()?;
    let mut matched = Matched {
        spool: Spool::default(),
        uncertain: BTreeSet::new(),
        uncertain_count: 0,
        unreadable: 0,
        layouts: BTreeSet::new(),
        tally: Tally::default(),
        max,
        over: false,
        interrupted: false,
        missing: Vec::new(),
    };
    let end = if args.ids.is_empty() {
        by_filter(context, &mut store, &filter, &mut matched, args.safety.dry_run || asks)?
    } else {
        by_id(context, &mut store, &args.ids, &filter, &mut matched)?;
        End::Complete
    };
    if matched.over {
        let max = max.unwrap_or_default();
        return Err(Refusal::new(format!(
            "more than {max} sessions match, and that is the limit; nothing was changed"
        ))
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
    if args.safety.dry_run {
        report.dry_run = true;
        report.complete = true;
        show_steps(context, &mut store, matched.spool)?;
        report::print(context, &report)?;
        return Ok(exit);
    }
    if report.matched == 0 {
        report.complete = true;
        report.bytes_freed = Some(0);
        report::print(context, &report)?;
        return Ok(exit);
    }
    for sample in matched.spool.samples() {
        store.may_change(sample)?;
    }
    if asks {
        context.ui.tell(&question(&matched.spool, &filter, context, store.place()));
        match context.ui.confirm("End them?") {
            Answer::Yes => {}
            Answer::No => {
                context.ui.note("cancelled; nothing was changed");
                return Ok(Exit::Cancelled);
            }
            Answer::NoTerminal => return Err(Refusal::new("there is no terminal to ask on").into()),
        }
    }
    report.complete = true;
    let mut progress = context.ui.progress("ending", Some(report.matched));
    let mut before = 0;
    let mut interrupted = false;
    let failure = apply::apply(&mut store, matched.spool.read()?, &mut report, &mut |report| {
        let now = report.done + report.gone + report.changed + report.failed;
        progress.add(now - before);
        before = now;
        interrupted = ui::interrupted();
        if interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    drop(progress);
    report::print(context, &report)?;
    report::caveats(context, &matched.layouts);
    if let Some(error) = failure {
        let left = report.matched - report.done - report.gone - report.changed;
        context.ui.warn(format!(
            "stopped: {error}; {left} sessions may still be there, run the same command again"
        ));
        exit = Exit::Partial;
    } else if interrupted && !report.complete {
        context.ui.note("interrupted after the batch in hand; run the same command again to go on");
        exit = Exit::Interrupted;
    } else if report.failed > 0 || report.changed > 0 {
        exit = Exit::Partial;
    }
    Ok(exit)
}

impl Sink for Matched {
    fn session(&mut self, session: &Session<'_>) -> Said {
        // Only what is certain is ended, or what the user called by the layout's name.
        if session.certainty != Certainty::Sure && !session.setup.named {
            self.uncertain.insert(session.layout());
            self.uncertain_count += 1;
            return Ok(ControlFlow::Continue(()));
        }
        let Some(entry) = plan::entry(session) else {
            self.unreadable += 1;
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
struct Watched<'a, 'u> {
    matched: &'a mut Matched,
    progress: ui::Progress<'u>,
    scanned: u64,
}

impl Sink for Watched<'_, '_> {
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
    filter: &crate::select::Filter,
    matched: &mut Matched,
    sizes: bool,
) -> anyhow::Result<End> {
    let mut scanner = context.connect()?;
    let total = aside.size().ok();
    let keeps = |session: &Session<'_>| filter.keeps(session);
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first: filter.need(),
        then: if sizes { Need::MEMORY } else { Need::NOTHING },
        keeps: &keeps,
    };
    let progress = context.ui.progress("scanning", total);
    let mut sink = Watched { matched, progress, scanned: 0 };
    let (tally, end) = scan::sessions(&mut scanner, aside, &request, &mut sink)?;
    matched.tally = tally;
    Ok(end)
}

fn by_id(
    context: &Context,
    store: &mut RedisStore,
    ids: &[String],
    filter: &crate::select::Filter,
    matched: &mut Matched,
) -> anyhow::Result<()> {
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

fn note_left_alone(context: &Context, matched: &Matched) {
    if matched.uncertain_count > 0 {
        let names: Vec<&str> = matched.uncertain.iter().copied().collect();
        context.ui.warn(format!(
            "{} matching keys look like sessions of {} but are not certain to be; they are left alone",
            matched.uncertain_count,
            names.join(" or ")
        ));
        context.ui.note(format!("hint: name the layout to include them, such as --layout {}", names[0]));
    }
    if matched.unreadable > 0 {
        context
            .ui
            .warn(format!("{} matching sessions cannot be read and are left alone", matched.unreadable));
    }
}

/// What is going to end, for the question.
fn question(spool: &Spool, filter: &crate::select::Filter, context: &Context, place: &str) -> String {
    let totals = &spool.totals;
    let (users, more) = totals.users();
    let layouts: Vec<String> =
        totals.by_layout.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let mut lines = format!("About to end {} on {}:\n", plural(totals.sessions, "session"), safe(place));
    let mut line = |name: &str, text: String| {
        lines.push_str(&format!("  {name:9} {}\n", safe(&text)));
    };
    let chosen = filter.describe();
    if !chosen.is_empty() {
        line("chosen by", chosen);
    }
    let mut who = format!("{}{}", if more { "more than " } else { "" }, plural(users as u64, "user"));
    if totals.anonymous > 0 {
        who.push_str(&format!(", {} anonymous", totals.anonymous));
    }
    line("users", who);
    line("layouts", layouts.join(", "));
    if totals.bytes_known {
        line("memory", crate::render::size(totals.bytes));
    }
    if let Some(profile) = &context.profile {
        line("profile", profile.clone());
    }
    lines
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The very steps that would run, each with what it would find to do.
fn show_steps(context: &Context, store: &mut RedisStore, spool: Spool) -> anyhow::Result<()> {
    if context.format != crate::cli::Format::Table {
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
