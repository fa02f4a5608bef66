//! What every command that changes sessions does: match, show, ask, do.
//!
//! The commands differ in the step that they make of a session. Everything else is here once: what is
//! refused before the scan, what is left alone, the question, the undo file, the report.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::report::{self, Sessions};
use crate::change::audit::{self, Audit};
use crate::change::ids::Ids;
use crate::change::pace::{Pace, PaceArgs};
use crate::change::plan::apply::{BATCH, Planned};
use crate::change::plan::belongs::{Belongs, raw_of};
use crate::change::plan::execute::execute;
use crate::change::plan::file::{self, Header, Plan};
use crate::change::plan::recorded::{Recorded, recorded};
use crate::change::plan::run::{self, Kept, RunFile, Start, State, Way};
use crate::change::plan::{self, Entry, Spool};
use crate::change::report::Report;
use crate::context::Context;
use crate::error::{Failure, Refusal, Usage};
use crate::exit::Exit;
use crate::frameworks::Catalog;
use crate::layout::session::Session;
use crate::render::Format;
use crate::scan::{self, End};
use crate::select::Filter;
use crate::store::{Assurance, Fit, Key, Need, Store};
use crate::text::glob::Glob;
use crate::ui::{self, Answer};

mod matched;
mod one_pass;
mod show;

use crate::text::units::duration;
use crate::text::words::plural;

use matched::{Matched, by_filter, by_id, note_left_alone};
use show::{HANG, question, tell_caveats};

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
    /// What a run that was interrupted left.
    Left(&'a Path),
}

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
    left: Option<&'a Path>,
) -> Result<Chosen<'a>, Usage> {
    match left {
        Some(_) if !ids.is_empty() || !filter.is_empty() => {
            Err(Usage::new("--resume continues with what the run matched; it takes no ids or filters"))
        }
        Some(left) => Ok(Chosen::Left(left)),
        None if !ids.is_empty() => Ok(Chosen::Ids(ids)),
        None if filter.is_empty() => Err(Usage::new(format!("{what}; give IDs, a filter, or --all"))
            .hint("a filter looks like --user alice; --all selects every session")),
        None => Ok(Chosen::Filter),
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
    pub entry: &'a dyn Fn(&Session<'_>) -> anyhow::Result<Made>,
    /// What `entry` has to know of a session beside its value.
    pub need: Need,
    /// Whether sessions may be changed while others are still being matched.
    pub in_one_pass: bool,
    /// What is said besides: lines of the question, else a note.
    pub beside: Option<&'a dyn Fn(&mut dyn Store, Moment) -> anyhow::Result<String>>,
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
            Chosen::Left(path) => {
                let run = path.file_stem().unwrap_or_default().to_string_lossy();
                format!("what the run {run} left")
            }
        }
    }
}

impl Change<'_> {
    /// The verb with its object.
    fn with(&self, object: &str) -> String {
        if self.verb.contains('…') {
            self.verb.replace('…', object)
        } else {
            format!("{} {object}", self.verb)
        }
    }
}

/// A run: its connection, its undo file, and what was done so far.
struct Job<'a> {
    context: &'a Context,
    change: &'a Change<'a>,
    /// The run's name.
    id: String,
    store: Box<dyn Store>,
    undo: Option<RunFile>,
    /// `None` where nothing is going to be changed.
    audit: Option<Audit>,
    pace: Pace,
    report: Report,
    /// How many sessions of each layout were to be changed.
    layouts: BTreeMap<&'static str, u64>,
    /// Layouts whose caveats were told already.
    told: BTreeSet<&'static str>,
    /// Something was ended, not only changed.
    ends: bool,
    max: Option<u64>,
    /// What was changed, where the report is to name it.
    changed: Option<Spool>,
    /// The layouts as they are set.
    recorded: Vec<Recorded>,
    /// Sessions that were ended, to be watched; not all where there are very many.
    ended: Vec<(Key, Option<String>)>,
    interrupted: bool,
    failure: Option<crate::store::Error>,
    /// Something that is reported as done may not be so any more.
    unassured: bool,
}

/// Ended sessions that `--verify` polls one by one; those beyond are left to its last scan.
const MAX_WATCHED: usize = 100_000;

pub fn run(context: &Context, change: &Change<'_>) -> anyhow::Result<Exit> {
    let safety = change.safety;
    let shows = safety.dry_run || safety.plan.is_some();
    let asks = !shows && !safety.yes;
    if safety.index_only {
        index_alone(context, change)?;
    }
    if !shows {
        context.permit_change()?;
        context.guards.permit(safety.yes, safety.expect)?;
    }
    if asks && !(context.ui.stdin_terminal && context.ui.stderr_terminal) {
        let what =
            format!("{} asks before it changes anything, but there is no terminal to ask on", change.command);
        return Err(Refusal::new(what).hint("preview with --dry-run first, then pass --yes").into());
    }
    if matches!(change.chosen, Chosen::Filter) {
        context.permit_scan()?;
    }
    let max = match safety.max {
        Some(max) => max.limit(),
        None => context.max,
    };
    if let Some(path) = &safety.plan {
        file::refuse_taken(path)?;
    }
    let audit = if shows { None } else { Some(Audit::open(&context.audit)?) };
    let store = context.store()?;
    let mut job = Job {
        context,
        change,
        id: run::new_id(run::directory().as_deref(), scan::now_ms()),
        store,
        undo: None,
        audit,
        pace: if shows {
            context.reading_pace(&safety.pace, BATCH)?
        } else {
            context.pace(&safety.pace, BATCH)?
        },
        report: Report { dry_run: safety.dry_run, complete: true, bytes_freed: Some(0), ..Report::default() },
        layouts: BTreeMap::new(),
        told: BTreeSet::new(),
        ends: false,
        max,
        changed: matches!(context.format, Format::Json | Format::Ndjson | Format::Yaml | Format::Ids)
            .then(Spool::default),
        recorded: recorded(&context.setups),
        ended: Vec::new(),
        interrupted: false,
        failure: None,
        unassured: false,
    };
    job.store.be_gentle(job.pace.gentle());
    let result = carry_out(&mut job, asks, shows);
    let Some(mut audit) = job.audit.take() else { return result };
    let exit = result.as_ref().map_or_else(|error| crate::error::tell(error).exit, |exit| *exit);
    let noted = audit.end(exit, &job.report);
    // Why the run failed says more than that this could not be noted.
    if result.is_ok() {
        noted?;
    }
    result
}

/// Refuses to ask indexes alone where there are none to ask: that nothing was found there would be
/// taken for there being nothing.
fn index_alone(context: &Context, change: &Change<'_>) -> Result<(), Usage> {
    if !matches!(change.chosen, Chosen::Filter) || change.filter.users().is_empty() {
        return Err(Usage::new("--index-only reads users' indexes, but no --user was given"));
    }
    if context.setups.iter().all(|setup| setup.layout.ends.user_index.is_none()) {
        let names: BTreeSet<&str> = context.setups.iter().map(|setup| setup.layout.name).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Usage::new(format!("{names} keeps no user index for --index-only to read"))
            .hint("leave it out; the scan finds the user's sessions"));
    }
    Ok(())
}

/// Matches, shows, asks and does.
fn carry_out(job: &mut Job<'_>, asks: bool, shows: bool) -> anyhow::Result<Exit> {
    let (context, change) = (job.context, job.change);
    let safety = change.safety;
    let mut exit = Exit::Done;

    // Where nothing has to be asked or known before, what an index names ends before the long scan
    // begins.
    let users = matches!(change.chosen, Chosen::Filter) && !change.filter.users().is_empty();
    let by_index = users && !safety.scan_only;
    let whole = asks || shows || safety.expect.is_some() || context.guards.protects();
    let at_once = by_index && !whole;
    let mut matched = Matched::new(change, &context.guards, job.room());
    matched.pointed |= context.is_pointed();
    matched.ahead = job.ahead()?;
    if !shows {
        matched.holds = job.store.ends_by_value();
    }
    if by_index {
        job.match_index(&mut matched)?;
        if at_once {
            job.refuse_more(&matched)?;
            job.apply(std::mem::take(&mut matched.spool))?;
        }
    }
    let mut one_pass = false;
    if !safety.index_only && job.failure.is_none() && !job.interrupted {
        matched.room = job.room();
        // Where it is not known how many will match, and need not be, they end as they are met.
        let chosen = matches!(change.chosen, Chosen::Filter) && !users;
        let portion = if change.in_one_pass && chosen && !whole && job.max.is_none() && job.pace.is_free() {
            job.store.ends_while_scanned(!safety.no_undo)
        } else {
            None
        };
        one_pass = portion.is_some();
        let end = match portion {
            Some(portion) => one_pass::run(job, &mut matched, portion).or_else(|error| {
                // What was done is told all the same.
                if job.undo.is_some() || job.report.settled() > 0 {
                    job.report.complete = false;
                    job.finish()?;
                }
                Err(error)
            })?,
            None => job.match_all(&mut matched, shows || asks)?,
        };
        job.refuse_more(&matched)?;
        if let End::Broken(error) = end {
            let (so_far, done) = (matched.tally.scanned, job.report.done);
            let told = match done {
                0 => format!("scan incomplete after {so_far} keys; nothing was changed"),
                _ if one_pass => format!("scan incomplete after {so_far} keys; {} changed", were(done)),
                _ => format!(
                    "scan incomplete after {so_far} keys; {done} sessions named by the index were changed"
                ),
            };
            job.report.complete = false;
            if done > 0 || job.undo.is_some() {
                job.finish()?;
                crate::error::report(&anyhow::Error::from(error).context(told), context.ui.color_err);
                return Ok(Exit::Partial);
            }
            return Err(anyhow::Error::from(error).context(told));
        }
        if matched.interrupted {
            if job.report.done > 0 || job.undo.is_some() {
                job.report.complete = false;
                job.finish()?;
                context.ui.status("interrupted before the scan was complete; nothing more was changed");
                if one_pass {
                    context.ui.hint(
                        "to continue, run the same command again; what it already ended will not match",
                    );
                }
            } else {
                context.ui.status("interrupted; nothing was changed");
            }
            return Ok(Exit::Interrupted);
        }
    }
    let found = matched.found();
    if let Some(((layout, why), _)) = matched.refused(&context.catalog).next() {
        if found == 0 && job.report.done == 0 {
            let many = matched.refused(&context.catalog).map(|(_, count)| count).sum();
            let what =
                format!("{} of {layout} cannot be changed by sessctl", plural(many, "matching session"));
            return Err(Refusal::new(what).hint(*why).into());
        }
        exit = Exit::Partial;
    }
    note_left_alone(context, &matched);
    if safety.index_only {
        context
            .ui
            .status("only the users' indexes were searched; sessions missing from them were not looked for");
    }
    if !matched.missing.is_empty() {
        exit = Exit::Failed;
        for missing in &matched.missing {
            job.report.fail(missing.to_string());
        }
    }
    if matches!(change.chosen, Chosen::Ids(_)) {
        // Whoever names a session wants to know that it was not changed.
        for (layout, why) in matched.unchangeable.keys() {
            exit = Exit::Failed;
            job.report.fail(format!("sessions of {layout} cannot be changed this way: {why}"));
        }
    }
    if let Chosen::Plan(plan) = &change.chosen {
        job.report.changed += matched.changed;
        let gone = (plan.steps.len() as u64).saturating_sub(matched.met);
        job.report.matched += gone + matched.changed;
        job.report.gone += gone;
    }
    if let Some(expected) = safety.expect
        && expected != found
    {
        let what = format!("{found} sessions match, but --expect says {expected}; nothing was changed");
        return Err(Refusal::new(what).hint("--dry-run shows which ones").into());
    }
    if let Some(path) = &safety.plan {
        return job.write_plan(path, matched.spool);
    }
    if safety.dry_run {
        job.report.matched += found;
        job.say_beside(Moment::DryRun(found))?;
        let mut sessions = report::Matched { entries: matched.spool.read()?, store: Some(&mut *job.store) };
        report::print(context, change.past, &job.report, Some(&mut sessions))?;
        return Ok(exit);
    }
    if matched.spool.totals.sessions > 0 && job.failure.is_none() {
        if asks {
            // Nobody is asked about what will be refused.
            job.store.may_change(&matched.spool.samples().collect::<Vec<_>>())?;
            let mut question = question(&matched.spool, change, context, job.store.place());
            if let Some(beside) = change.beside {
                question.push_str(&beside(&mut *job.store, Moment::Question(found))?);
            }
            // The first line is a sentence, those below it are a name and what it says.
            let (sentence, facts) = question.split_once('\n').unwrap_or((&question, ""));
            context.ui.tell(sentence, 2);
            context.ui.tell(facts, HANG);
            if matched.spool.ends() {
                let layouts = counted(&context.catalog, &matched.spool);
                tell_caveats(context, &layouts, Some(&question));
                job.told.extend(layouts.into_keys());
            }
            let them = if change.verb.contains('…') { "they" } else { "them" };
            match context.confirm(&format!("{}?", capital(&change.with(them))), found) {
                Answer::Yes => {}
                Answer::No => {
                    context.ui.status("cancelled; nothing was changed");
                    return Ok(Exit::Cancelled);
                }
                Answer::NoTerminal => return Err(Refusal::new("there is no terminal to ask on").into()),
            }
        }
        job.apply(matched.spool)?;
    }
    let mut returned = false;
    if let Some(span) = safety.verify
        && job.failure.is_none()
        && !job.interrupted
    {
        returned = match job.verify(span) {
            Ok(returned) => returned,
            // What was ended before is told all the same.
            Err(error) => {
                let error = error.downcast::<crate::store::Error>()?;
                job.report.complete = false;
                job.report.fail(error.to_string());
                job.failure = Some(error);
                false
            }
        };
    }
    job.finish()?;
    let report = &job.report;
    if let Some(error) = &job.failure {
        let left = report.matched.saturating_sub(report.done + report.gone + report.changed);
        // For people the report has told every error already.
        let told = matches!(context.format, Format::Table | Format::Ids)
            && report.errors.contains(&error.to_string());
        context.ui.warn(if told { "stopped there".to_string() } else { format!("stopped: {error}") });
        if let crate::store::Error::Full { .. } | crate::store::Error::Denied { .. } = error
            && let Some(hint) = crate::error::hint_of(error)
        {
            context.ui.hint(hint);
        }
        let how = match &report.run {
            Some(run) if !one_pass => format!("sessctl {} --resume {run}, or run", job.resumes()),
            _ => "run".to_string(),
        };
        context.ui.hint(match left {
            0 => "all sessions were reached; check again whether any came back".to_string(),
            left => format!("{left} sessions may not have been reached; {how} the same command again"),
        });
        exit = match error {
            crate::store::Error::Backup(_) | crate::store::Error::Stuck { .. } if report.done == 0 => {
                Exit::Failed
            }
            crate::store::Error::Denied { .. } | crate::store::Error::Full { user: Some(_), .. }
                if report.done == 0 =>
            {
                Exit::Denied
            }
            _ => Exit::Partial,
        };
    } else if job.interrupted && !report.complete {
        let how = match &report.run {
            Some(_) if one_pass => "to continue, run the same command again".to_string(),
            Some(run) => format!("to go on: sessctl {} --resume {run}", job.resumes()),
            None => "there is no undo file to resume from; run the same command again".to_string(),
        };
        context.ui.status(format!("interrupted; the current batch was completed; {how}"));
        exit = Exit::Interrupted;
    } else if report.failed > 0 || returned || job.unassured {
        exit = Exit::Partial;
    }
    Ok(exit)
}

impl Job<'_> {
    /// The command that goes on with it.
    fn resumes(&self) -> &'static str {
        match self.change.command {
            "apply" if self.ends => "purge",
            "apply" => "expire",
            command => command,
        }
    }

    /// By how much the server's clock is ahead of this machine's, where it matters when keys end.
    fn ahead(&mut self) -> anyhow::Result<i64> {
        let planned = matches!(&self.change.chosen, Chosen::Plan(plan) if plan.steps.values().any(|step| step.ends.is_some()));
        if !planned && self.change.filter.ends(None, 0).is_none() {
            return Ok(0);
        }
        match self.store.now() {
            Ok(now) => Ok(now - scan::now_ms()),
            // Who may only read, and so only looks, is content with this machine's clock.
            Err(crate::store::Error::Denied { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// How many more sessions may match.
    fn room(&self) -> Option<u64> {
        self.max.map(|max| max.saturating_sub(self.report.matched))
    }

    /// Refuses when more matches than is permitted.
    fn refuse_more(&self, matched: &Matched<'_>) -> anyhow::Result<()> {
        if !matched.over {
            return Ok(());
        }
        let max = self.max.unwrap_or_default();
        let done = match self.report.done {
            0 => "nothing was changed".to_string(),
            n => format!("only the {n} named by the index were changed"),
        };
        let what = format!("more than {max} sessions match, which is the limit; {done}");
        Err(Refusal::new(what).hint("count first, then raise the limit with --max N or --max none").into())
    }

    /// Matches what the frameworks' own indexes say of the users.
    fn match_index(&mut self, matched: &mut Matched<'_>) -> anyhow::Result<()> {
        let (context, filter) = (self.context, self.change.filter);
        let mut keys: Vec<Key> = Vec::new();
        for setup in &context.setups {
            let Some(index) = setup.layout.ends.user_index else { continue };
            for user in filter.users() {
                let Some(key) = (index.key)(setup, user) else { continue };
                for entry in self.store.entries(&Key(key), 100_000)? {
                    keys.extend((index.sessions)(setup, &entry).into_iter().map(Key));
                }
            }
        }
        // An index names sessions wherever they are; only those under the pattern are meant.
        if let Some(pattern) = &context.matching {
            let glob = Glob::new(pattern.as_bytes());
            keys.retain(|key| glob.matches(&key.0));
        }
        keys.sort();
        keys.dedup();
        let need = filter.need().and(Need::MEMORY).and(Need::TTL);
        for keys in keys.chunks(1000) {
            scan::lookup(&mut *self.store, &context.setups, keys, need, &mut |_, session| {
                if let Some(session) = session
                    && filter.keeps(session)
                {
                    matched.by_index.insert(session.key.to_vec());
                    let _ = matched.take(session)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Matches everything else: by a scan, by ids, by a plan, by what was left.
    fn match_all(&mut self, matched: &mut Matched<'_>, sizes: bool) -> anyhow::Result<End> {
        match &self.change.chosen {
            Chosen::Filter => {
                by_filter(self.context, &mut *self.store, self.pace.gentle(), matched, sizes, None)
            }
            Chosen::Ids(ids) => by_id(self.context, &mut *self.store, self.pace.gentle(), ids, matched)
                .map(|()| End::Complete),
            Chosen::Plan(plan) => {
                // Where the plan says the keys, nothing has to be looked for.
                let keys: Option<Vec<Key>> = plan.steps.values().map(|step| step.key.clone()).collect();
                let Some(keys) = keys else {
                    return by_filter(
                        self.context,
                        &mut *self.store,
                        self.pace.gentle(),
                        matched,
                        sizes,
                        None,
                    );
                };
                for keys in keys.chunks(1000) {
                    let need = Need::VALUE.and(Need::TTL).and(Need::MEMORY);
                    scan::lookup(&mut *self.store, &self.context.setups, keys, need, &mut |_, session| {
                        if let Some(session) = session {
                            let _ = matched.take(session)?;
                        }
                        Ok(())
                    })?;
                }
                Ok(End::Complete)
            }
            Chosen::Left(path) => {
                let summary = run::summary(path)?;
                let (run, here) = (&summary.start.run, self.store.place());
                if summary.start.store != here {
                    let what = format!("the run {run} was made on {}, not on {here}", summary.start.store);
                    return Err(Refusal::new(what).hint("name that store with --store").into());
                }
                if summary.state == State::Running {
                    let what = format!("the run {run} is still going on");
                    return Err(Refusal::new(what).hint("wait for it, or interrupt it first").into());
                }
                let by = &summary.start.command;
                if by != "apply" && (by == "expire") != (self.change.command == "expire") {
                    let what = format!("the run {run} was made by `{by}`");
                    return Err(Usage::new(what).hint(format!("sessctl {by} --resume {run}")).into());
                }
                if !summary.bound {
                    let what = format!(
                        "the run {run} was written by an older version of sessctl and is not signed: it \
                         can be undone, but not resumed"
                    );
                    return Err(Refusal::new(what).hint("run the same command again").into());
                }
                let mut belongs =
                    Belongs::new(&summary.start, true, &self.context.catalog, &self.context.setups);
                self.recorded.clone_from(&summary.start.setups);
                let mut waiting = Vec::new();
                let store = &mut self.store;
                let whole = run::left(path, &mut |entry, kept| {
                    waiting.push((entry, kept));
                    if waiting.len() < LEFT_BATCH {
                        return Ok(());
                    }
                    take_left(store.as_mut(), &mut belongs, std::mem::take(&mut waiting), matched)
                })?;
                take_left(store.as_mut(), &mut belongs, waiting, matched)?;
                let nothing = matched.spool.totals.sessions == 0;
                if summary.in_one_pass() && summary.state != State::Done && nothing {
                    let what =
                        format!("the run {run} ended sessions as it found them and kept no list of the rest");
                    return Err(Failure::new(what)
                        .hint("run the same command again; what it already ended will not match")
                        .into());
                }
                if summary.finished.is_none() && (nothing || !whole) {
                    let what = format!("the run {run} was cut short before it could record what it left");
                    return Err(Failure::new(what)
                        .hint("run the same command again; what it already ended will not match")
                        .into());
                }
                Ok(End::Complete)
            }
        }
    }

    /// Writes down in the audit log what is going to be done, as far as it is known.
    fn note(&mut self, spool: Option<&Spool>) -> anyhow::Result<()> {
        let Some(audit) = &mut self.audit else { return Ok(()) };
        let filter = self.change.describe();
        let start = audit::Start {
            run: &self.id,
            command: self.change.command,
            profile: self.context.profile.as_deref(),
            store: self.store.place(),
            login: self.context.store.login(),
            filter: &filter,
            ticket: self.change.safety.ticket.as_deref(),
            plan: match &self.change.chosen {
                Chosen::Plan(plan) => Some(&plan.digest),
                _ => None,
            },
            undo: !self.change.safety.no_undo,
            matched: spool.map(|spool| spool.totals.sessions),
            layouts: spool.map(|spool| &spool.totals.by_layout),
        };
        audit.start(&start, spool.map_or(&Ids::default(), |spool| &spool.ids))
    }

    /// Carries out what was matched, each batch after its backup is on the disk.
    fn apply(&mut self, spool: Spool) -> anyhow::Result<()> {
        let many = spool.totals.sessions;
        if many == 0 {
            return Ok(());
        }
        self.store.may_change(&spool.samples().collect::<Vec<_>>())?;
        for (layout, sessions) in counted(&self.context.catalog, &spool) {
            *self.layouts.entry(layout).or_default() += sessions;
        }
        self.note(Some(&spool))?;
        self.ends |= spool.ends();
        if self.undo.is_none() {
            let way = Way { one_pass: false, guard: self.store.way().map(str::to_string) };
            if self.report.matched == 0 {
                self.context.ui.detail(format_args!("sessions are changed once all are matched: {way}"));
            }
            let place = self.store.place().to_string();
            self.undo = undo_file(self.change, &self.id, &place, many, &self.recorded, way)?;
            self.report.run = self.undo.as_ref().map(|run| run.id.clone());
        }
        self.report.matched += many;
        let mut progress = self.context.ui.progress("changing", Some(many));
        let mut before = self.report.settled();
        let watches = self.change.safety.verify.is_some();
        let (ended, interrupted) = (&mut self.ended, &mut self.interrupted);
        let mut lost = None;
        let mut each = |entry: &Entry| {
            if let Some(changed) = &mut self.changed
                && lost.is_none()
            {
                lost = changed.push(entry).err();
            }
            if watches && ended.len() < MAX_WATCHED {
                ended.push((entry.step.key.clone(), entry.user.clone()));
            }
        };
        let mut between = |report: &Report, pace: &str| {
            progress.add(report.settled() - before);
            if !pace.is_empty() {
                progress.say(pace);
            }
            before = report.settled();
            *interrupted = ui::interrupted();
            if *interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let fit = match self.change.chosen {
            // The run that died may have done it.
            Chosen::Left(_) => Fit::SeenOrDone,
            _ => Fit::Seen,
        };
        self.failure = match Planned::new(spool.read()?, fit, self.undo.as_mut(), &mut each)? {
            Ok(mut planned) => {
                execute(&mut *self.store, &mut planned, &mut self.report, &mut self.pace, &mut between)?
            }
            Err(error) => {
                self.report.complete = false;
                self.report.fail(error.to_string());
                Some(error)
            }
        };
        if let Some(error) = lost {
            self.context.ui.warn(format!("not everything that was changed can be listed: {error}"));
        }
        Ok(())
    }

    /// Keeps watching what was ended, and ends again what a request in flight wrote back. True when
    /// something was there at the very end.
    fn verify(&mut self, span: Duration) -> anyhow::Result<bool> {
        let (context, change) = (self.context, self.change);
        let deadline = Instant::now() + span;
        let mut returned = 0;
        self.report.returned = Some(0);
        let mut progress = context.ui.progress("watching", None);
        let watched = std::mem::take(&mut self.ended);
        let users: HashMap<&[u8], Option<&str>> =
            watched.iter().map(|(key, user)| (&key.0[..], user.as_deref())).collect();
        let need = change.filter.need().and(Need::VALUE).and(Need::TTL);
        // Back is what has the same owner again: a guest under an old id is nobody's login.
        let back = |session: &Session<'_>| {
            let same = users.get(session.key).is_some_and(|user| *user == session.facts.user.as_deref());
            same && (change.filter.is_empty() || change.filter.keeps(session))
        };
        loop {
            let last = Instant::now() >= deadline || ui::interrupted();
            let mut again = Matched::new(change, &context.guards, None);
            again.pointed |= context.is_pointed();
            again.ahead = self.ahead()?;
            for chunk in watched.chunks(1000) {
                let keys: Vec<Key> = chunk.iter().map(|(key, _)| key.clone()).collect();
                let there: Vec<Key> = keys
                    .iter()
                    .zip(self.store.kinds(&keys)?)
                    .filter(|(_, kind)| kind.is_some())
                    .map(|(key, _)| key.clone())
                    .collect();
                if there.is_empty() {
                    continue;
                }
                scan::lookup(&mut *self.store, &context.setups, &there, need, &mut |_, session| {
                    if let Some(session) = session.filter(|session| back(session)) {
                        let _ = again.take(session)?;
                    }
                    Ok(())
                })?;
            }
            if last && matches!(change.chosen, Chosen::Filter) && !change.safety.index_only {
                let end = by_filter(context, &mut *self.store, self.pace.gentle(), &mut again, false, None)?;
                if let End::Broken(error) = end {
                    self.report.complete = false;
                    self.failure = Some(error);
                }
            }
            let many = again.spool.totals.sessions;
            if many > 0 {
                returned += many;
                let before = (self.report.matched, self.report.done);
                if let Some(undo) = &mut self.undo {
                    undo.again().context("recording in the run's file that sessions came back")?;
                }
                let changed = self.changed.take();
                self.apply(again.spool)?;
                // They were counted and named once already.
                self.changed = changed;
                (self.report.matched, self.report.done) = before;
                self.report.returned = Some(returned);
            }
            if last || self.failure.is_some() {
                drop(progress);
                if returned > 0 {
                    context
                        .ui
                        .status(format!("{returned} came back while being watched and were ended again"));
                }
                return Ok(many > 0);
            }
            progress.add(1);
            progress.say(format_args!("{returned} came back"));
            std::thread::sleep(
                Duration::from_millis(100).min(deadline.saturating_duration_since(Instant::now())),
            );
        }
    }

    /// Closes the undo file and says how it went.
    fn finish(&mut self) -> anyhow::Result<()> {
        if self.report.done > 0 && self.failure.is_none() {
            let Assurance { said, holds } = self.store.assure();
            for text in said {
                self.context.ui.warn(text);
            }
            if !holds {
                self.unassured = true;
                self.report.complete = false;
            }
        }
        if let Some(undo) = &mut self.undo
            && let Err(error) = undo.finish(&self.report, scan::now_ms())
        {
            // What was done is told all the same.
            self.report.complete = false;
            self.failure.get_or_insert(crate::store::Error::Backup(error.to_string()));
        }
        let left = self.report.matched.saturating_sub(self.report.settled());
        if self.failure.is_some() && left > 0 {
            self.report.fail(format!("{} not reached", were(left)));
        }
        match self.pace.remade() {
            0 => {}
            n => {
                self.context.ui.note(format!("the latency probe reconnected ({})", plural(n as u64, "time")));
            }
        }
        // How it went does not depend on what else there is to say.
        let _ = self.say_beside(Moment::Report);
        if self.ends && self.report.done + self.report.gone > 0 {
            self.layouts.retain(|layout, _| !self.told.contains(layout));
            tell_caveats(self.context, &self.layouts, None);
        }
        // The result and the way back come last: they are what stays on the screen.
        let changed = self.changed.take().map(Spool::read).transpose()?;
        let mut changed = changed.map(|entries| report::Matched { entries, store: None });
        let sessions = changed.as_mut().map(|sessions| sessions as &mut dyn Sessions);
        report::print(self.context, self.change.past, &self.report, sessions)?;
        if self.report.done > 0 {
            match &self.report.run {
                Some(run) => self.context.ui.status(format!("to take it back: sessctl undo {run}")),
                None => self.context.ui.status("no undo file was kept; this cannot be taken back"),
            }
        }
        Ok(())
    }

    fn say_beside(&mut self, moment: Moment) -> anyhow::Result<()> {
        if let Some(beside) = self.change.beside {
            let text = beside(&mut *self.store, moment)?;
            if !text.is_empty() {
                self.context.ui.status(text.trim_end());
            }
        }
        Ok(())
    }

    /// Writes the plan instead of changing anything.
    fn write_plan(&mut self, path: &Path, spool: Spool) -> anyhow::Result<Exit> {
        let matched = spool.totals.sessions;
        let header = Header::new(
            self.change.command,
            self.store.place(),
            self.change.describe(),
            matched,
            scan::now_ms(),
        );
        let totals = spool.totals.clone();
        let mut entries = spool.read()?;
        file::write(path, &header, &totals, &mut entries, self.context.reveal)?;
        self.report.matched = matched;
        (self.report.dry_run, self.report.planned) = (true, true);
        entries.rewind()?;
        let mut sessions = report::Matched { entries, store: Some(&mut *self.store) };
        report::print(self.context, self.change.past, &self.report, Some(&mut sessions))?;
        self.context.ui.status(format!("the plan is in {0}; to do it: sessctl apply {0}", path.display()));
        Ok(Exit::Done)
    }
}

/// Steps of an earlier run that are looked at together.
const LEFT_BATCH: usize = 500;

/// Takes steps that an earlier run left, once it is certain that their keys are those of their layouts.
fn take_left(
    store: &mut dyn Store,
    belongs: &mut Belongs<'_>,
    left: Vec<(Entry, Option<Kept>)>,
    matched: &mut Matched<'_>,
) -> anyhow::Result<()> {
    let keys: Vec<Key> = left.iter().map(|(entry, _)| entry.step.key.clone()).collect();
    let there = store.read(&keys, Need::VALUE.and(Need::TTL))?;
    for ((mut entry, kept), record) in left.into_iter().zip(there) {
        // Where the run was at it, it may have changed it already.
        let was = kept.map(|kept| raw_of(&kept.backup.content));
        belongs.check_step(&mut entry, was.as_ref().unwrap_or(&record.raw), record.ttl)?;
        matched.guards.check(&entry)?;
        if let Some(layout) = belongs.catalog.by_name(&entry.layout) {
            matched.layouts.insert(layout.name);
        }
        matched.spool.push(&entry)?;
    }
    Ok(())
}

/// The undo file, unless it is not wanted; older ones that have had their time go.
fn undo_file(
    change: &Change<'_>,
    id: &str,
    place: &str,
    matched: u64,
    recorded: &[Recorded],
    way: Way,
) -> anyhow::Result<Option<RunFile>> {
    let now = scan::now_ms();
    if change.safety.no_undo {
        return Ok(None);
    }
    let Some(directory) = run::directory() else {
        return Err(Usage::new("no home directory to keep an undo file in")
            .hint("set XDG_STATE_HOME, or pass --no-undo")
            .into());
    };
    let start = Start {
        ticket: change.safety.ticket.clone(),
        way: Some(way),
        ..Start::new(id.to_string(), now, change.command, place, change.describe(), matched)
            .under(recorded.to_vec())
    };
    let file = RunFile::create(&directory, &start).with_context(|| {
        format!("cannot write the undo file in {}; nothing was changed", directory.display())
    })?;
    run::prune(&directory, change.safety.keep).context("removing old undo files")?;
    Ok(Some(file))
}

/// How many sessions of each layout are in it.
fn counted(catalog: &Catalog, spool: &Spool) -> BTreeMap<&'static str, u64> {
    let by_layout = spool.totals.by_layout.iter();
    by_layout.filter_map(|(name, sessions)| Some((catalog.by_name(name)?.name, *sessions))).collect()
}

fn were(count: u64) -> String {
    format!("{} {}", plural(count, "session"), if count == 1 { "was" } else { "were" })
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
