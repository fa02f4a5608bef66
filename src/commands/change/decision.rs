//! Deciding: whether what was matched is changed, after all was said that speaks against it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::job::counted;
use super::matched::{Matched, note_left_alone};
use super::show::{HANG, question, tell_caveats};
use super::{Chosen, Intent, Job, Moment};
use crate::change::plan::Totals;
use crate::change::plan::file::{self, Header};
use crate::commands::report;
use crate::error::Refusal;
use crate::exit::Exit;
use crate::resolve::{NotFound, bytes_of};
use crate::scan;
use crate::text::words::{either, plural};
use crate::ui::Answer;

/// What is to become of what was matched.
pub(super) enum Decision {
    /// It is changed, where there is anything to change.
    Go,
    /// It is shown, and nothing more.
    Show,
    /// It was planned or declined.
    Stop(Exit),
}

/// Decides for all stores together; `found` is what matched in each.
pub(super) fn of(
    jobs: &mut [Job<'_>],
    found: &mut [Matched<'_>],
    intent: &Intent,
) -> anyhow::Result<Decision> {
    let Some(first) = jobs.first() else { return Ok(Decision::Go) };
    let change = first.change;
    let safety = change.safety;
    one_meaning(found)?;
    let alone = jobs.len() == 1;
    let nowhere = missing(found);
    for (job, matched) in jobs.iter_mut().zip(&mut *found) {
        matched.missing.retain(|missing| nowhere.iter().any(|name| name == missing.name()));
        left_alone(job, matched, alone)?;
    }
    let many: u64 = found.iter().map(Matched::found).sum();
    if let Some(expected) = safety.expect
        && expected != many
    {
        let matches = either(many, "matches", "match");
        let many = change.subject().plural(many);
        let what = format!("{many} {matches}, but --expect says {expected}; nothing was changed");
        return Err(Refusal::new(what).hint("--dry-run shows which ones").into());
    }
    if let Some(path) = &safety.plan {
        return write_plan(jobs, path, found).map(Decision::Stop);
    }
    if safety.dry_run {
        return Ok(Decision::Show);
    }
    if intent.asks { ask(jobs, found) } else { Ok(Decision::Go) }
}

/// Refuses a beginning that is one session's in this store and another's in that.
fn one_meaning(found: &[Matched<'_>]) -> Result<(), NotFound> {
    let mut means: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for (name, id) in found.iter().flat_map(|matched| &matched.named) {
        means.entry(name).or_default().insert(id);
    }
    match means.into_iter().find(|(_, ids)| ids.len() > 1) {
        Some((name, ids)) => Err(NotFound::of_several(&bytes_of(name), ids.into_iter())),
        None => Ok(()),
    }
}

/// The names that no store knows a session by.
fn missing(found: &[Matched<'_>]) -> Vec<String> {
    let names = |matched: &Matched<'_>| -> Vec<String> {
        matched.missing.iter().map(|missing| missing.name().to_string()).collect()
    };
    let mut of = found.iter().map(names);
    let first = of.next().unwrap_or_default();
    of.fold(first, |all, these| all.into_iter().filter(|name| these.contains(name)).collect())
}

/// Says what of the matched sessions is not going to be changed, and why.
fn left_alone(job: &mut Job<'_>, matched: &mut Matched<'_>, alone: bool) -> anyhow::Result<()> {
    let (context, change) = (job.context, job.change);
    if let Some(((layout, why), _)) = matched.refused(&context.catalog).next() {
        if alone && matched.found() == 0 && job.report.done == 0 {
            let many = matched.refused(&context.catalog).map(|(_, count)| count).sum();
            let what =
                format!("{} of {layout} cannot be changed by sessctl", plural(many, "matching session"));
            return Err(Refusal::new(what).hint(*why).into());
        }
        job.exit = Exit::Partial;
    }
    note_left_alone(context, matched);
    if change.safety.index_only {
        context
            .ui
            .status("only the users' indexes were searched; sessions missing from them were not looked for");
    }
    for missing in &matched.missing {
        job.exit = Exit::Failed;
        job.report.fail(missing.to_string());
    }
    if matches!(change.chosen, Chosen::Ids(_)) {
        // Anyone who names a session wants to know that it was not changed.
        for (layout, why) in matched.unchangeable.keys() {
            job.exit = Exit::Failed;
            job.report.fail(format!("sessions of {layout} cannot be changed this way: {why}"));
        }
    }
    if let Some(part) = matched.planned {
        job.report.changed += matched.changed;
        let gone = (part.steps.len() as u64).saturating_sub(matched.met);
        job.report.matched += gone + matched.changed;
        job.report.gone += gone;
    }
    Ok(())
}

/// Shows what is going to change, and asks.
fn ask(jobs: &mut [Job<'_>], found: &[Matched<'_>]) -> anyhow::Result<Decision> {
    let some = |(job, matched): &(&mut Job<'_>, &Matched<'_>)| {
        matched.spool.totals.sessions > 0 && job.failure.is_none()
    };
    let mut shown = String::new();
    let mut layouts = BTreeMap::new();
    for (job, matched) in jobs.iter_mut().zip(found).filter(some) {
        let (context, change) = (job.context, job.change);
        // Nobody is asked about what will be refused.
        job.store.may_change(&matched.spool.samples().collect::<Vec<_>>())?;
        let mut question = question(&matched.spool, change, context, job.store.place());
        if let Some(beside) = change.beside {
            question.push_str(&beside(&mut *job.store, job.noted, Moment::Question(matched.found()))?);
        }
        // The first line is a sentence, those below it are a name and what it says.
        let (sentence, facts) = question.split_once('\n').unwrap_or((&question, ""));
        context.ui.tell(sentence, 2);
        context.ui.tell(facts, HANG);
        shown.push_str(&question);
        if matched.spool.ends() {
            let counted = counted(&context.catalog, &matched.spool);
            job.told.extend(counted.keys().copied());
            for (layout, sessions) in counted {
                *layouts.entry(layout).or_default() += sessions;
            }
        }
    }
    let Some(Job { context, change, .. }) = jobs.first().filter(|_| !shown.is_empty()) else {
        return Ok(Decision::Go);
    };
    if !layouts.is_empty() {
        tell_caveats(context, &layouts, Some(&shown));
    }
    let them = if change.verb.contains('…') { "they" } else { "them" };
    let many: u64 = found.iter().map(Matched::found).sum();
    match context.confirm(&format!("{}?", capital(&change.with(them))), many) {
        Answer::Yes => Ok(Decision::Go),
        Answer::No => {
            context.ui.status("cancelled; nothing was changed");
            Ok(Decision::Stop(Exit::Cancelled))
        }
        Answer::NoTerminal => Err(Refusal::new("there is no terminal to ask on").into()),
    }
}

/// Refuses when more matches than is permitted.
pub(super) fn refuse_more(job: &Job<'_>, matched: &Matched<'_>, intent: &Intent) -> Result<(), Refusal> {
    if !matched.over {
        return Ok(());
    }
    let max = intent.max.unwrap_or_default();
    let done = match job.report.done {
        0 => "nothing was changed".to_string(),
        n => format!("only the {n} named by the index were changed"),
    };
    let many = job.change.subject().plural(max);
    let what = format!("more than {many} match, which is the limit; {done}");
    Err(Refusal::new(what).hint("count first, then raise the limit with --max N or --max none"))
}

/// Writes the plan instead of changing anything.
fn write_plan(jobs: &mut [Job<'_>], path: &Path, found: &mut [Matched<'_>]) -> anyhow::Result<Exit> {
    let Some(&Job { context, change, .. }) = jobs.first() else { return Ok(Exit::Done) };
    let (mut totals, mut entries) = (Totals::default(), Vec::new());
    for (job, matched) in jobs.iter_mut().zip(found) {
        let spool = std::mem::take(&mut matched.spool);
        totals.join(&spool.totals);
        job.report.matched = spool.totals.sessions;
        (job.report.dry_run, job.report.planned) = (true, true);
        entries.push(spool.read()?);
    }
    let places = jobs.iter().map(|job| job.store.place().to_string()).collect();
    let header = Header::new(change.command, places, change.describe(), totals.sessions, scan::now_ms());
    file::write(path, &header, &totals, &mut entries, context.reveal)?;
    let mut parts = Vec::new();
    for (job, mut entries) in jobs.iter_mut().zip(entries) {
        entries.rewind()?;
        parts.push(job.preview(entries));
    }
    report::print(context, change.past, None, &mut parts)?;
    context.ui.status(format!("the plan is in {0}; to do it: sessctl apply {0}", path.display()));
    Ok(Exit::Done)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
