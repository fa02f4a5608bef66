//! A run on one store: its connection, its undo file, and what was done so far.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use anyhow::Context as _;

use super::show::tell_caveats;
use super::{Change, Chosen, Intent, Moment};
use crate::change::audit::{self, Audit};
use crate::change::ids::Ids;
use crate::change::pace::Pace;
use crate::change::plan::apply::{BATCH, Planned};
use crate::change::plan::execute::execute;
use crate::change::plan::recorded::{Recorded, recorded};
use crate::change::plan::run::{self, RunFile, Start, Way};
use crate::change::plan::{Entries, Entry, Spool};
use crate::change::report::Report;
use crate::commands::report::{self, Part};
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::frameworks::Catalog;
use crate::render::Format;
use crate::scan;
use crate::select::near::Near;
use crate::store::{Assurance, Error, Fit, Key, Store};
use crate::text::words::plural;
use crate::ui;

/// A run: its connection, its undo file, and what was done so far.
pub(super) struct Job<'a> {
    pub(super) context: &'a Context,
    pub(super) change: &'a Change<'a>,
    /// Which users were met, in all stores.
    pub(super) near: Rc<Near<'a>>,
    /// The run's name.
    pub(super) id: String,
    /// The name that all its parts go by, where it is one of several.
    pub(super) whole: Option<String>,
    pub(super) store: Box<dyn Store>,
    pub(super) undo: Option<RunFile>,
    /// `None` where nothing is going to be changed.
    pub(super) audit: Option<Audit>,
    pub(super) pace: Pace,
    pub(super) report: Report,
    /// How many sessions of each layout were to be changed.
    pub(super) layouts: BTreeMap<&'static str, u64>,
    /// Layouts whose caveats were told already.
    pub(super) told: BTreeSet<&'static str>,
    /// Something was ended, not only changed.
    pub(super) ends: bool,
    /// How many more sessions may match.
    pub(super) room: Option<u64>,
    /// How many there is something to say of besides.
    pub(super) noted: u64,
    /// Sessions end while the scan that matches them goes on.
    pub(super) one_pass: bool,
    /// How it went as far as matching says it.
    pub(super) exit: Exit,
    /// What was changed, where the report is to name it.
    pub(super) changed: Option<Spool>,
    /// The layouts as they are set.
    pub(super) recorded: Vec<Recorded>,
    /// Sessions that were ended, to be watched; not all where there are very many.
    pub(super) ended: Vec<(Key, Option<String>)>,
    pub(super) interrupted: bool,
    pub(super) failure: Option<Error>,
    /// Something that is reported as done may not be so any more.
    pub(super) unassured: bool,
    /// Something that was ended was there again at the very end.
    pub(super) returned: bool,
}

/// Ended sessions that `--verify` polls one by one; those beyond are left to its last scan.
pub(super) const MAX_WATCHED: usize = 100_000;

impl<'a> Job<'a> {
    /// Opens the store; where it is one of several, the run's name gets the number of the part behind it.
    pub(super) fn open(
        context: &'a Context,
        change: &'a Change<'a>,
        intent: &Intent,
        id: &str,
        part: Option<usize>,
        near: &Rc<Near<'a>>,
        audit: Option<Audit>,
    ) -> anyhow::Result<Job<'a>> {
        report::permit(context)?;
        let safety = change.safety;
        let mut store = context.store()?;
        let pace = if intent.shows {
            context.reading_pace(&safety.pace, BATCH)?
        } else {
            context.pace(&safety.pace, BATCH)?
        };
        store.be_gentle(pace.gentle());
        Ok(Job {
            context,
            change,
            near: Rc::clone(near),
            id: part.map_or_else(|| id.to_string(), |part| format!("{id}-{part}")),
            whole: part.map(|_| id.to_string()),
            store,
            undo: None,
            audit,
            pace,
            report: Report {
                subject: change.subject(),
                dry_run: safety.dry_run,
                complete: true,
                bytes_freed: Some(0),
                ..Report::default()
            },
            layouts: BTreeMap::new(),
            told: BTreeSet::new(),
            ends: false,
            room: intent.max,
            noted: 0,
            one_pass: false,
            exit: Exit::Done,
            changed: (!matches!(context.format, Format::Table | Format::Csv)).then(Spool::default),
            recorded: recorded(&context.setups),
            ended: Vec::new(),
            interrupted: false,
            failure: None,
            unassured: false,
            returned: false,
        })
    }

    /// Writes down in the audit log what is going to be done, as far as it is known.
    pub(super) fn note(&mut self, spool: Option<&Spool>) -> anyhow::Result<()> {
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
    pub(super) fn apply(&mut self, spool: Spool) -> anyhow::Result<()> {
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
            self.undo = undo_file(self, many, way)?;
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

    /// Closes the undo file, and says what there is to say beside how it went.
    pub(super) fn finish(&mut self) {
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
            self.failure.get_or_insert(Error::Backup(error.to_string()));
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
    }

    /// Prints the report of a run that ends before its time.
    pub(super) fn print(&mut self) -> anyhow::Result<()> {
        tell_what_stays(self.context, [&*self]);
        // The result and the way back come last: they are what stays on the screen.
        let (context, past) = (self.context, self.change.past);
        report::print(context, past, None, &mut [self.part()?])?;
        way_back(context, [&self.report], &self.id);
        Ok(())
    }

    /// Its part of the report, with what was changed.
    pub(super) fn part(&mut self) -> anyhow::Result<Part<'_>> {
        let entries = self.changed.take().map(Spool::read).transpose()?;
        let sessions = entries.map(|entries| report::Matched { entries, store: None });
        Ok(Part::new(self.store.place(), &self.report, sessions))
    }

    /// The same where nothing is changed, with what would be.
    pub(super) fn preview(&mut self, entries: Entries) -> Part<'_> {
        let place = self.store.place().to_string();
        let sessions = report::Matched { entries, store: Some(&mut *self.store) };
        Part::new(&place, &self.report, Some(sessions))
    }

    /// It ended before its time.
    pub(super) fn fail(&mut self, error: Error) {
        self.report.complete = false;
        self.report.fail(error.to_string());
        self.failure = Some(error);
    }

    /// The command that goes on with it.
    fn resumes(&self) -> &'static str {
        match self.change.command {
            "apply" if self.ends => "purge",
            "apply" => "expire",
            command => command,
        }
    }

    /// Says how a run that did not come to its end is taken up again, and how it went.
    pub(super) fn verdict(&self) -> Exit {
        let (ui, report) = (&self.context.ui, &self.report);
        if let Some(error) = &self.failure {
            let left = report.matched.saturating_sub(report.done + report.gone + report.changed);
            // For people the report has told every error already.
            let told = matches!(self.context.format, Format::Table | Format::Ids | Format::Template)
                && report.errors.contains(&error.to_string());
            ui.warn(if told { "stopped there".to_string() } else { format!("stopped: {error}") });
            if let Error::Full { .. } | Error::Denied { .. } = error
                && let Some(hint) = crate::error::hint_of(error)
            {
                ui.hint(hint);
            }
            let how = match &report.run {
                Some(run) if !self.one_pass => format!("sessctl {} --resume {run}, or run", self.resumes()),
                _ => "run".to_string(),
            };
            ui.hint(match left {
                0 => "all sessions were reached; check again whether any came back".to_string(),
                left => format!("{left} sessions may not have been reached; {how} the same command again"),
            });
            return match error {
                Error::Backup(_) | Error::Stuck { .. } if report.done == 0 => Exit::Failed,
                Error::Denied { .. } | Error::Full { user: Some(_), .. } if report.done == 0 => Exit::Denied,
                _ => Exit::Partial,
            };
        }
        if self.interrupted && !report.complete {
            let how = match &report.run {
                Some(_) if self.one_pass => "to continue, run the same command again".to_string(),
                Some(run) => format!("to go on: sessctl {} --resume {run}", self.resumes()),
                None => "there is no undo file to resume from; run the same command again".to_string(),
            };
            ui.status(format!("interrupted; the current batch was completed; {how}"));
            return Exit::Interrupted;
        }
        if report.failed > 0 || self.returned || self.unassured { Exit::Partial } else { self.exit }
    }

    /// Notes in the audit log how it ended.
    pub(super) fn close(&mut self, exit: Exit) -> anyhow::Result<()> {
        match self.audit.take() {
            Some(mut audit) => audit.end(exit, &self.report),
            None => Ok(()),
        }
    }

    pub(super) fn say_beside(&mut self, moment: Moment) -> anyhow::Result<()> {
        if let Some(beside) = self.change.beside {
            let text = beside(&mut *self.store, self.noted, moment)?;
            if !text.is_empty() {
                self.context.ui.status(text.trim_end());
            }
        }
        Ok(())
    }
}

/// Says what the end of the sessions did not end, where nobody was told before.
pub(super) fn tell_what_stays<'j, 'a: 'j>(context: &Context, jobs: impl IntoIterator<Item = &'j Job<'a>>) {
    let mut layouts = BTreeMap::new();
    let mut changed = false;
    for job in jobs.into_iter().filter(|job| job.ends) {
        let Change { chosen, safety, .. } = &job.change;
        changed |= job.report.changed > 0 && matches!(chosen, Chosen::Filter) && safety.verify.is_none();
        if job.report.done + job.report.gone == 0 {
            continue;
        }
        for (layout, sessions) in job.layouts.iter().filter(|(layout, _)| !job.told.contains(*layout)) {
            *layouts.entry(*layout).or_default() += sessions;
        }
    }
    tell_caveats(context, &layouts, None);
    // Requests wrote to them meanwhile: their owners are still logged in.
    if changed {
        context.ui.hint(
            "the same command again ends what changed meanwhile and still matches; --verify 5s does so by itself",
        );
    }
}

/// Says how what was done is taken back: by the one run that was kept, or by the name `all` of several.
pub(super) fn way_back<'r>(context: &Context, reports: impl IntoIterator<Item = &'r Report>, all: &str) {
    let done: Vec<&Report> = reports.into_iter().filter(|report| report.done > 0).collect();
    let kept: Vec<&str> = done.iter().filter_map(|report| report.run.as_deref()).collect();
    match kept[..] {
        [] if done.is_empty() => {}
        [] => context.ui.status("no undo file was kept; this cannot be taken back"),
        [run] => context.ui.status(format!("to take it back: sessctl undo {run}")),
        _ => context.ui.status(format!("to take it back: sessctl undo {all}")),
    }
}

/// The undo file, unless it is not wanted; older ones that have had their time go.
pub(super) fn undo_file(job: &Job<'_>, matched: u64, way: Way) -> anyhow::Result<Option<RunFile>> {
    let (change, now) = (job.change, scan::now_ms());
    if change.safety.no_undo {
        return Ok(None);
    }
    let Some(directory) = run::directory() else {
        return Err(Usage::new("no home directory to keep an undo file in")
            .hint("set XDG_STATE_HOME, or pass --no-undo")
            .into());
    };
    let place = job.store.place();
    let start = Start {
        ticket: change.safety.ticket.clone(),
        way: Some(way),
        part_of: job.whole.clone(),
        ..Start::new(job.id.clone(), now, change.command, place, change.describe(), matched)
            .under(job.recorded.clone())
    };
    let file = RunFile::create(&directory, &start).with_context(|| {
        format!("cannot write the undo file in {}; nothing was changed", directory.display())
    })?;
    run::prune(&directory, change.safety.keep).context("removing old undo files")?;
    Ok(Some(file))
}

/// How many sessions of each layout are in it.
pub(super) fn counted(catalog: &Catalog, spool: &Spool) -> BTreeMap<&'static str, u64> {
    let by_layout = spool.totals.by_layout.iter();
    by_layout.filter_map(|(name, sessions)| Some((catalog.by_name(name)?.name, *sessions))).collect()
}

pub(super) fn were(count: u64) -> String {
    format!("{} {}", plural(count, "session"), if count == 1 { "was" } else { "were" })
}
