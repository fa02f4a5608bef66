//! From a store to sessions: the one stream that every command folds.
//!
//! One thread drives the scan and hands on pages; this one recognises, decodes and gives each
//! session to the caller before the next. What a key is may depend on its neighbours: the kin of an
//! empty session, the index that tells NodeBB from plain connect-redis. The first keys of a scan are
//! therefore looked at together before any row is released, what stays open is held back within
//! bounds, and the rest streams.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use crate::detect::{Detector, Known, Unsettled};
use crate::layout::Setup;
use crate::layout::session::Session;
use crate::store::{Error, Lookup, Need, Page, Query, Record, Source};
pub use crate::text::clock::now_ms;

mod interest;
mod lookup;
mod run;
pub mod share;
mod tables;
mod tolerant;

pub use lookup::{glance, lookup};
pub use tables::wanted;

use interest::{Interests, common_pattern};
use run::Run;
use tolerant::Tolerant;

/// What to look for.
pub struct Request<'a> {
    pub setups: &'a [Setup],
    /// A glob that keys must match, in addition to what the layouts say.
    pub pattern: Option<Vec<u8>>,
    /// What the filter needs of every session.
    pub first: Need,
    /// What is needed of those that pass it.
    pub then: Need,
    /// The filter.
    pub keeps: &'a dyn Fn(&Session<'_>) -> bool,
    /// Whether what belongs to a session has to be found out, because it is to be ended.
    pub copies: bool,
}

/// What a scan came across, for the line below a listing.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Keys that the scan went over.
    pub scanned: u64,
    /// Sessions recognised, whether the filter kept them or not.
    pub sessions: u64,
    /// Sessions that the filter kept.
    pub kept: u64,
    /// Keys that looked like sessions of no certain layout and were left out.
    pub undecided: u64,
    /// Families of which it stayed open whether someone is logged in, of what the filter kept.
    pub unsettled: Vec<Unsettled>,
}

impl Tally {
    /// What both came across.
    #[must_use]
    pub fn and(&self, other: &Tally) -> Tally {
        Tally {
            scanned: self.scanned + other.scanned,
            sessions: self.sessions + other.sessions,
            kept: self.kept + other.kept,
            undecided: self.undecided + other.undecided,
            unsettled: self.unsettled.iter().chain(&other.unsettled).cloned().collect(),
        }
    }
}

/// What a caller says to a session, or between two pages.
pub type Said = anyhow::Result<ControlFlow<()>>;

/// Where the sessions go.
pub trait Sink {
    /// One session that the filter kept.
    fn session(&mut self, session: &Session<'_>) -> Said;

    /// A key that is not a session of any layout asked; `discover` counts those too.
    fn other(&mut self, _record: &Record) {}

    /// After each page: a moment to flush, to show progress, to be interrupted.
    fn pause(&mut self, _tally: &Tally) -> Said {
        Ok(ControlFlow::Continue(()))
    }
}

/// How a scan ended.
#[derive(Debug)]
pub enum End {
    /// All keys were seen.
    Complete,
    /// The caller stopped early.
    Stopped,
    /// The store failed on the way; what came before it stands.
    Broken(Error),
}

/// Pages between the threads: enough that neither waits for the other's hiccups.
const PAGES_AHEAD: usize = 4;

/// Scans `scanner`; `aside` is a second connection to the same store for targeted look-ups.
pub fn sessions(
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    request: &Request<'_>,
    sink: &mut dyn Sink,
) -> anyhow::Result<(Tally, End)> {
    let detector = Detector::new(request.setups);
    let known = Known::default();
    let mut aside = Tolerant::new(aside);
    let mut run = Run::new(&detector, &known, request, &mut aside, sink);
    let need = request.first.and(Need::VALUE);
    let pattern = request.pattern.clone().or_else(|| common_pattern(request.setups));
    let (pages, receiver) = sync_channel::<Page>(if scanner.is_close() { 1 } else { PAGES_AHEAD });
    let (tally, end) = std::thread::scope(|scope| -> anyhow::Result<(Tally, End)> {
        let known = &known;
        let detector = &detector;
        let scan = std::thread::Builder::new().name("scan".to_string()).spawn_scoped(scope, move || {
            let mut interest = Interests::new(detector, known);
            let mut query = Query { pattern, need, interest: &mut |key| interest.of(key) };
            // A caller that has had enough hangs up.
            scanner.scan(&mut query, &mut |page| match pages.send(page) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        let scan = scan?;
        let mut stopped = false;
        let mut broken = None;
        for page in &receiver {
            stopped = store_broke(run.page(page), &mut broken)?.is_break();
            if stopped {
                break;
            }
        }
        drop(receiver);
        let ended = scan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if !stopped {
            stopped = store_broke(run.finish(), &mut broken)?.is_break();
        }
        // What the scan says comes first: it tells how far it came.
        let end = match ended.err().or(broken) {
            Some(error) => End::Broken(error),
            None if stopped => End::Stopped,
            None => End::Complete,
        };
        Ok((run.tally, end))
    })?;
    Ok((tally, aside.ends(end)))
}

/// A look-up that fails breaks the scan off as the scan's own failure does: what came before it stands.
fn store_broke(said: Said, broken: &mut Option<Error>) -> Said {
    said.or_else(|error| {
        *broken = Some(error.downcast::<Error>()?);
        Ok(ControlFlow::Break(()))
    })
}
