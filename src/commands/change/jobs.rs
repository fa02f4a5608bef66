//! A change of all stores that are named: matched in each, asked about once, done in each, told together.

use std::rc::Rc;

use super::decision::{self, Decision};
use super::job::{tell_what_stays, way_back};
use super::matched::{Matched, tell_missed};
use super::matching::{self, Matching};
use super::{Change, Intent, Job, Moment, verify};
use crate::change::audit::Audit;
use crate::change::plan::run;
use crate::change::report::Report;
use crate::commands::report::{self, Part};
use crate::commands::scans;
use crate::context::Context;
use crate::exit::Exit;
use crate::scan;
use crate::select::near::Near;
use crate::store::{Error, Medium};
use crate::ui;

/// A store that had to be left out, as it is down or broke off.
struct Lost {
    store: String,
    report: Report,
    exit: Exit,
}

/// What is done, a job for each store.
pub(super) struct Jobs<'a> {
    context: &'a Context,
    change: &'a Change<'a>,
    /// The run's name. With several stores each one's part of the run has a number after it.
    id: String,
    each: Vec<Job<'a>>,
    lost: Vec<Lost>,
}

impl<'a> Jobs<'a> {
    pub(super) fn open(
        context: &'a Context,
        change: &'a Change<'a>,
        intent: &Intent,
    ) -> anyhow::Result<Jobs<'a>> {
        let id = run::new_id(run::directory().as_deref(), scan::now_ms());
        let near = Rc::new(Near::new(change.filter));
        let mut all = Jobs { context, change, id, each: Vec::new(), lost: Vec::new() };
        for (number, context) in (1..).zip(context.each()) {
            let audit = if intent.shows { None } else { Some(Audit::open(&context.audit)?) };
            let part = context.is_one_of_several().then_some(number);
            match Job::open(context, change, intent, &all.id, part, &near, audit) {
                Ok(job) => all.each.push(job),
                Err(error) => all.leave_out(context, error)?,
            }
        }
        Ok(all)
    }

    pub(super) fn carry_out(&mut self, intent: &Intent) -> anyhow::Result<Exit> {
        let mut found = Vec::new();
        let mut room = intent.max;
        for mut job in std::mem::take(&mut self.each) {
            job.room = room;
            match matching::run(&mut job, intent) {
                Ok(Matching::Known(matched)) => {
                    room = room.map(|room| room.saturating_sub(matched.found()));
                    found.push(*matched);
                    self.each.push(job);
                }
                Ok(Matching::Stopped(exit)) => {
                    self.each.push(job);
                    return Ok(exit);
                }
                Err(error) => {
                    let context = job.context;
                    self.each.push(job);
                    self.leave_out(context, error)?;
                    self.each.pop();
                }
            }
        }
        if self.lost.is_empty() {
            tell_missed(self.context, &found);
        }
        match decision::of(&mut self.each, &mut found, intent)? {
            Decision::Go => self.change(found)?,
            Decision::Show => return self.show(found),
            Decision::Stop(exit) => return Ok(self.all_in_all([exit])),
        }
        for job in &mut self.each {
            verify::run(job)?;
            job.finish();
        }
        self.print()?;
        let told: Vec<Exit> = self.each.iter().map(Job::verdict).collect();
        Ok(self.all_in_all(told))
    }

    /// Shows what would be changed.
    fn show(&mut self, found: Vec<Matched<'_>>) -> anyhow::Result<Exit> {
        let mut parts = Vec::new();
        for (job, matched) in self.each.iter_mut().zip(found) {
            let many = matched.found();
            job.report.matched += many;
            job.say_beside(Moment::DryRun(many))?;
            parts.push(job.preview(matched.spool.read()?));
        }
        parts.extend(self.lost.iter().map(|lost| Part::left_out(&lost.store, &lost.report)));
        report::print(self.context, self.change.past, None, &mut parts)?;
        drop(parts);
        Ok(self.all_in_all(self.each.iter().map(|job| job.exit)))
    }

    /// How it went, with the stores that were left out.
    fn all_in_all(&self, told: impl IntoIterator<Item = Exit>) -> Exit {
        Exit::of_several(told.into_iter().chain(self.lost.iter().map(|lost| lost.exit)))
    }

    /// Changes what was matched, one store after the other. Databases come first: from there a request would
    /// load a session into the cache again that had ended in the cache alone.
    fn change(&mut self, found: Vec<Matched<'_>>) -> anyhow::Result<()> {
        let mut each: Vec<_> = self.each.iter_mut().zip(found).collect();
        each.sort_by_key(|(job, _)| job.context.store.medium() != Medium::Table);
        for (job, matched) in each {
            let many = matched.spool.totals.sessions;
            if many == 0 || job.failure.is_some() {
                continue;
            }
            let several = job.context.is_one_of_several();
            if several && ui::interrupted() {
                job.report.matched += many;
                job.report.complete = false;
                job.interrupted = true;
                continue;
            }
            match job.apply(matched.spool) {
                Err(error) if several => match error.downcast::<Error>() {
                    Ok(error) => job.fail(error),
                    Err(error) => return Err(error),
                },
                done => done?,
            }
        }
        Ok(())
    }

    /// Goes on without a store, where there are others, and says so.
    fn leave_out(&mut self, context: &Context, error: anyhow::Error) -> anyhow::Result<()> {
        let why = format!("{error:#}");
        let exit = scans::told(context, error)?;
        let (subject, dry_run) = (self.change.subject(), self.change.safety.dry_run);
        let mut report = Report { subject, dry_run, ..Report::default() };
        report.fail(why);
        self.lost.push(Lost { store: context.store.place(), report, exit });
        Ok(())
    }

    fn print(&mut self) -> anyhow::Result<()> {
        tell_what_stays(self.context, &self.each);
        let mut parts = Vec::new();
        for job in &mut self.each {
            parts.push(job.part()?);
        }
        parts.extend(self.lost.iter().map(|lost| Part::left_out(&lost.store, &lost.report)));
        report::print(self.context, self.change.past, Some(&self.id), &mut parts)?;
        drop(parts);
        way_back(self.context, self.each.iter().map(|job| &job.report), &self.id);
        Ok(())
    }

    /// Notes in the audit log how it ended.
    pub(super) fn close(&mut self, result: &anyhow::Result<Exit>) -> anyhow::Result<()> {
        let exit = result.as_ref().map_or_else(|error| crate::error::tell(error).exit, |exit| *exit);
        let mut noted = Ok(());
        for job in &mut self.each {
            noted = noted.and(job.close(exit));
        }
        noted
    }
}
