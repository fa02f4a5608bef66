//! One pass: sessions end while the scan that matches them goes on.
//!
//! Where nothing has to be known before the first change, what one thread matches another ends, a portion
//! at a time. Each step is guarded as it is after a scan of its own: read again under the guard and
//! compared, or compared by the server. That the portions are small and the scan runs hardly ahead is for
//! the server's sake, which has what it was just asked for still at hand.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

use super::job::{Job, MAX_WATCHED, counted, undo_file};
use super::matched::{AtOnce, Matched, by_filter};
use crate::change::pace::Pace;
use crate::change::plan::arriving::Arriving;
use crate::change::plan::execute::execute;
use crate::change::plan::run::{RunFile, Way};
use crate::change::plan::{Entry, Spool};
use crate::change::report::Report;
use crate::scan::End;
use crate::store::{Error, Key, Portions, Store};

/// What the thread that changes gives back: what ended it early, and why not all can be named.
type Ended = anyhow::Result<(Option<Error>, Option<anyhow::Error>)>;

/// Scans and ends what matches. What has to wait for the end of the scan is in the spool then.
pub(super) fn run(job: &mut Job<'_>, matched: &mut Matched<'_>, portions: Portions) -> anyhow::Result<End> {
    let context = job.context;
    let told_apart = |name: &&'static str| {
        let spaces = context.setups.iter().filter_map(|setup| setup.layout.namespaced());
        spaces.flat_map(|space| space.of).any(|of| of == name)
    };
    let layouts = context.setups.iter().map(|setup| setup.layout);
    let waiting = layouts.filter(|layout| !layout.is_by_itself() || told_apart(&layout.name));
    matched.at_once = Some(AtOnce {
        portion: Vec::new(),
        enough: portions.sessions,
        ends: portions.ends,
        counted: Spool::default(),
        waiting: waiting.map(|layout| layout.name).collect(),
    });
    matched.holds = portions.holds;
    let way = Way { one_pass: true, guard: job.store.way().map(str::to_string) };
    context.ui.detail(format_args!("sessions end while they are matched: {way}"));
    let mut aside = context.reader()?;
    let mut failed: Option<anyhow::Error> = None;
    let mut sent = 0;
    let mut begun = Some((&mut *job, way));
    let (end, ended) = std::thread::scope(|scope| {
        let mut changing: Option<(SyncSender<Vec<Entry>>, ScopedJoinHandle<'_, Ended>)> = None;
        let mut hand = |at_once: &mut AtOnce| {
            let portion = std::mem::take(&mut at_once.portion);
            if portion.is_empty() {
                return ControlFlow::Continue(());
            }
            if let Some((job, way)) = begun.take() {
                if let Err(error) = begin(job, &at_once.counted, way) {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
                let (sender, receiver) = sync_channel(1);
                let hands = Hands::of(job);
                changing = Some((sender, scope.spawn(move || hands.change(receiver))));
            }
            let Some((sender, _)) = &changing else { return ControlFlow::Break(()) };
            let many = portion.len() as u64;
            if sender.send(portion).is_err() {
                return ControlFlow::Break(());
            }
            sent += many;
            ControlFlow::Continue(())
        };
        let end = by_filter(context, &mut *aside, None, matched, false, Some(&mut hand));
        if let (Ok(End::Complete), Some(at_once)) = (&end, &mut matched.at_once) {
            let _ = hand(at_once);
        }
        let ended = changing.take().map(|(sender, thread)| {
            drop(sender);
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        (end, ended)
    });
    if let Some(error) = failed {
        return Err(error);
    }
    job.report.matched += sent;
    if let (Some(ended), Some(at_once)) = (ended, &matched.at_once) {
        let spool = &at_once.counted;
        for (layout, sessions) in counted(&context.catalog, spool) {
            *job.layouts.entry(layout).or_default() += sessions;
        }
        job.ends |= spool.ends();
        let (failure, lost) = ended?;
        job.failure = failure;
        // How many there were, and which.
        job.note(Some(spool))?;
        if let Some(error) = lost {
            context.ui.warn(format!("not everything that was changed can be listed: {error}"));
        }
    }
    end
}

/// All that has to be before the first change: permission, the line in the audit log, the undo file.
fn begin(job: &mut Job<'_>, first: &Spool, way: Way) -> anyhow::Result<()> {
    job.store.may_change(&first.samples().collect::<Vec<_>>())?;
    job.note(None)?;
    if job.undo.is_none() {
        job.undo = undo_file(job, 0, way)?;
        job.report.run = job.undo.as_ref().map(|run| run.id.clone());
    }
    Ok(())
}

/// What the thread that changes has of the job.
struct Hands<'j> {
    store: &'j mut dyn Store,
    undo: Option<&'j mut RunFile>,
    report: &'j mut Report,
    pace: &'j mut Pace,
    changed: &'j mut Option<Spool>,
    ended: Option<&'j mut Vec<(Key, Option<String>)>>,
}

impl<'j> Hands<'j> {
    fn of(job: &'j mut Job<'_>) -> Hands<'j> {
        Hands {
            store: &mut *job.store,
            undo: job.undo.as_mut(),
            report: &mut job.report,
            pace: &mut job.pace,
            changed: &mut job.changed,
            ended: job.change.safety.verify.is_some().then_some(&mut job.ended),
        }
    }

    fn change(self, from: Receiver<Vec<Entry>>) -> Ended {
        let Hands { store, undo, report, pace, changed, mut ended } = self;
        let mut lost = None;
        let mut each = |entry: &Entry| {
            if let Some(changed) = changed
                && lost.is_none()
            {
                lost = changed.push(entry).err();
            }
            if let Some(ended) = ended.as_mut().filter(|ended| ended.len() < MAX_WATCHED) {
                ended.push((entry.step.key.clone(), entry.user.clone()));
            }
        };
        let mut arriving = Arriving::new(from, undo, &mut each);
        let failure = execute(store, &mut arriving, report, pace, &mut |_, _| ControlFlow::Continue(()))?;
        Ok((failure, lost))
    }
}
