//! Resuming: what an earlier run that was interrupted left undone.

use super::Job;
use super::matched::Matched;
use crate::change::plan::Entry;
use crate::change::plan::belongs::{Belongs, raw_of};
use crate::change::plan::run::{self, Kept, State, Summary};
use crate::change::report::Subject;
use crate::error::{Failure, Refusal, Usage};
use crate::scan::End;
use crate::store::{Key, Need, Store};

/// Steps that are looked at together.
const BATCH: usize = 500;

/// Takes what the part of a run that was made on this store left.
pub(super) fn take(job: &mut Job<'_>, parts: &[Summary], matched: &mut Matched<'_>) -> anyhow::Result<End> {
    let here = job.store.place();
    let own = parts.iter().find(|part| part.start.store == here);
    // A run that changed nothing here has no part for it.
    let alone = !job.context.is_one_of_several();
    let Some(summary) = own.or(parts.first().filter(|_| alone)) else { return Ok(End::Complete) };
    permit(summary, here, job.change.command)?;
    let mut belongs = Belongs::new(&summary.start, true, &job.context.catalog, &job.context.setups);
    job.recorded.clone_from(&summary.start.setups);
    let mut waiting = Vec::new();
    let store = &mut job.store;
    let whole = run::left(&summary.path, &mut |entry, kept| {
        waiting.push((entry, kept));
        if waiting.len() < BATCH {
            return Ok(());
        }
        check(store.as_mut(), &mut belongs, std::mem::take(&mut waiting), matched)
    })?;
    check(store.as_mut(), &mut belongs, waiting, matched)?;
    let nothing = matched.spool.totals.sessions == 0;
    let run = &summary.start.run;
    let what = if summary.in_one_pass() && summary.state != State::Done && nothing {
        format!("the run {run} ended sessions as it found them and kept no list of the rest")
    } else if summary.finished.is_none() && (nothing || !whole) {
        format!("the run {run} was cut short before it could record what it left")
    } else {
        return Ok(End::Complete);
    };
    Err(Failure::new(what).hint("run the same command again; what it already ended will not match").into())
}

/// That it was made on a store which is none of those here.
pub(super) fn elsewhere(summary: &Summary, here: &str) -> Refusal {
    let start = &summary.start;
    let what = format!("the run {} was made on {}, not on {here}", start.run, start.store);
    Refusal::new(what).hint("name that store with --store")
}

/// Refuses what cannot be taken up again, or not here, or not by this command.
fn permit(summary: &Summary, here: &str, command: &str) -> anyhow::Result<()> {
    let run = &summary.start.run;
    if summary.start.store != here {
        return Err(elsewhere(summary, here).into());
    }
    if summary.state == State::Running {
        let what = format!("the run {run} is still going on");
        return Err(Refusal::new(what).hint("wait for it, or interrupt it first").into());
    }
    let by = &summary.start.command;
    let same = |name: &str| (by == name) == (command == name);
    if by != "apply" && !(same("expire") && same(Subject::MENDS)) {
        let what = format!("the run {run} was made by `{by}`");
        return Err(Usage::new(what).hint(format!("sessctl {by} --resume {run}")).into());
    }
    if !summary.bound {
        let what = format!(
            "the run {run} was written by an older version of sessctl and is not signed: it can be undone, \
             but not resumed"
        );
        return Err(Refusal::new(what).hint("run the same command again").into());
    }
    Ok(())
}

/// Takes steps that an earlier run left, once it is certain that their keys are those of their layouts.
fn check(
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
