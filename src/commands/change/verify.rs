//! Watching what was ended for a while: a request in flight may write its session back.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::matched::{Matched, by_filter, tell_missed};
use super::{Chosen, Job};
use crate::layout::session::Session;
use crate::scan::{self, End};
use crate::select::near::Near;
use crate::store::{Error, Key, Need};
use crate::ui;

/// Watches for as long as the user asked, unless the run did not come to its end.
pub(super) fn run(job: &mut Job<'_>) -> anyhow::Result<()> {
    let Some(span) = job.change.safety.verify else { return Ok(()) };
    if job.failure.is_some() || job.interrupted {
        return Ok(());
    }
    match job.verify(span) {
        Ok(returned) => job.returned = returned,
        // What was ended before is told all the same.
        Err(error) => {
            let error = error.downcast::<Error>()?;
            job.report.complete = false;
            job.report.fail(error.to_string());
            job.failure = Some(error);
        }
    }
    Ok(())
}

impl Job<'_> {
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
            let mut again = Matched::new(context, change, Rc::new(Near::new(change.filter)), None);
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
                tell_missed(context, std::slice::from_ref(&again));
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
}
