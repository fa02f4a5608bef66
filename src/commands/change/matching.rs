//! Matching: which sessions a change is about, by index, scan, ids, plan, or what an earlier run left.

use std::rc::Rc;

use super::decision::refuse_more;
use super::job::were;
use super::matched::{Matched, by_filter, by_id};
use super::{Chosen, Intent, Job, ahead_of, left, one_pass};
use crate::exit::Exit;
use crate::scan::{self, End};
use crate::store::{Error, Key, Need};
use crate::text::glob::Glob;

/// How far matching came.
pub(super) enum Matching<'a> {
    /// All that there is to know is known. Some of it may have ended already.
    Known(Box<Matched<'a>>),
    /// Nothing more is going to be changed; why was told.
    Stopped(Exit),
}

/// Matches. Where nothing has to be known before the first change, sessions end meanwhile.
pub(super) fn run<'a>(job: &mut Job<'a>, intent: &Intent) -> anyhow::Result<Matching<'a>> {
    let (context, change) = (job.context, job.change);
    let safety = change.safety;
    let users = matches!(change.chosen, Chosen::Filter) && !change.filter.users().is_empty();
    let by_index = users && !safety.scan_only;
    let mut matched = Matched::new(context, change, Rc::clone(&job.near), job.room());
    matched.ahead = job.ahead()?;
    if !intent.shows {
        matched.holds = job.store.ends_by_value();
    }
    if by_index {
        job.match_index(&mut matched)?;
        // What an index names ends before the long scan begins.
        if !intent.whole {
            refuse_more(job, &matched, intent)?;
            job.noted = matched.here.noted;
            job.apply(std::mem::take(&mut matched.spool))?;
        }
    }
    if safety.index_only || job.failure.is_some() || job.interrupted {
        return Ok(Matching::Known(Box::new(matched)));
    }
    matched.room = job.room();
    // Where it is not known how many will match, and need not be, they end as they are met.
    let by_scan = matches!(change.chosen, Chosen::Filter) && !users;
    let free = job.room.is_none() && job.pace.is_free();
    let portions = if change.in_one_pass && by_scan && !intent.whole && free {
        job.store.ends_while_scanned(!safety.no_undo)
    } else {
        None
    };
    job.one_pass = portions.is_some();
    let end = match portions {
        Some(portions) => one_pass::run(job, &mut matched, portions).or_else(|error| {
            // What was done is told all the same.
            if job.undo.is_some() || job.report.settled() > 0 {
                job.report.complete = false;
                job.finish();
                job.print()?;
            }
            Err(error)
        })?,
        None => job.match_all(&mut matched, intent.shows || intent.asks)?,
    };
    job.noted = matched.here.noted;
    refuse_more(job, &matched, intent)?;
    match end {
        End::Broken(error) => broken(job, &matched, error).map(Matching::Stopped),
        _ if matched.interrupted => interrupted(job).map(Matching::Stopped),
        End::Complete | End::Stopped => Ok(Matching::Known(Box::new(matched))),
    }
}

/// The scan did not come to its end.
fn broken(job: &mut Job<'_>, matched: &Matched<'_>, error: Error) -> anyhow::Result<Exit> {
    let (so_far, done) = (matched.tally.scanned, job.report.done);
    let told = match done {
        0 => format!("scan incomplete after {so_far} keys; nothing was changed"),
        _ if job.one_pass => format!("scan incomplete after {so_far} keys; {} changed", were(done)),
        _ => {
            format!("scan incomplete after {so_far} keys; {done} sessions named by the index were changed")
        }
    };
    let error = anyhow::Error::from(error).context(told);
    job.report.complete = false;
    if done == 0 && job.undo.is_none() {
        return Err(error);
    }
    job.finish();
    job.print()?;
    crate::error::report(&error, job.context.ui.color_err);
    Ok(Exit::Partial)
}

/// The user broke the scan off.
fn interrupted(job: &mut Job<'_>) -> anyhow::Result<Exit> {
    let ui = &job.context.ui;
    if job.report.done == 0 && job.undo.is_none() {
        ui.status("interrupted; nothing was changed");
        return Ok(Exit::Interrupted);
    }
    job.report.complete = false;
    job.finish();
    job.print()?;
    ui.status("interrupted before the scan was complete; nothing more was changed");
    if job.one_pass {
        ui.hint("to continue, run the same command again; what it already ended will not match");
    }
    Ok(Exit::Interrupted)
}

impl Job<'_> {
    /// By how much the server's clock is ahead of this machine's, where it matters when keys end.
    pub(super) fn ahead(&mut self) -> anyhow::Result<i64> {
        let planned = self.change.planned(self.context);
        let planned = planned.is_some_and(|part| part.steps.values().any(|step| step.ends.is_some()));
        if !planned && self.change.filter.ends(None, 0).is_none() {
            return Ok(0);
        }
        Ok(ahead_of(&mut *self.store)?)
    }

    /// How many more sessions may match.
    fn room(&self) -> Option<u64> {
        self.room.map(|max| max.saturating_sub(self.report.matched))
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
            Chosen::Plan(_) => {
                let steps = matched.planned.into_iter().flat_map(|part| part.steps.values());
                // Where the plan says the keys, nothing has to be looked for.
                let keys: Option<Vec<Key>> = steps.map(|step| step.key.clone()).collect();
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
            Chosen::Leftovers(_, find) => find(self.context, &mut |entry| matched.left_behind(&entry)),
            Chosen::Left(parts) => left::take(self, parts, matched),
        }
    }
}
