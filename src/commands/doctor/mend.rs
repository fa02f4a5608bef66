//! Mending what sessions left behind: entries of indexes, and keys next to sessions that are gone.
//!
//! What is removed is what the end of the session would have removed, by its layout's own statement: a name that
//! only looks like it is left alone.

use std::cell::Cell;
use std::ops::ControlFlow;

use super::findings::Id;
use super::shapes::{Left, Shapes, Unjudged};
use crate::change::plan::Entry;
use crate::change::plan::belongs::{leaves, left_by};
use crate::change::report::Subject;
use crate::commands::change::{self, Change, Chosen, Made, Safety};
use crate::commands::runs;
use crate::commands::scans::{Reader, Wanted};
use crate::context::Context;
use crate::error::{Refusal, Usage};
use crate::exit::Exit;
use crate::layout::Setup;
use crate::layout::session::Session;
use crate::scan::{self, End, Said, Sink, Tally};
use crate::select::Filter;
use crate::store::{Error, Fingerprint, IndexOp, Key, Lookup, Medium, Need, Op, Own, Step};
use crate::text::words::{either, plural};
use crate::ui;

/// Removes what a finding is about, as any other change is made, or goes on with such a run.
pub(super) fn run(context: &Context, safety: &Safety, id: Id) -> anyhow::Result<Exit> {
    if let Some(run) = &safety.resume {
        return resume(context, safety, run);
    }
    let what = match id {
        Id::IndexOrphans => "index entries whose session is gone",
        _ => "keys whose session is gone",
    };
    context.permit_scan()?;
    let unstated = Cell::new(0);
    let unjudged = Cell::new(Unjudged::default());
    let find = |context: &Context, hand: &mut dyn FnMut(Entry) -> Said| {
        find(context, id, &unstated, &unjudged, hand)
    };
    let exit = change(context, safety, Chosen::Leftovers(what, &find))?;
    if let Some(told) = unjudged.get().told() {
        context.ui.warn(told);
    }
    if unstated.get() > 0 {
        context.ui.note(format!(
            "{} left alone: only the session itself could tell that {}",
            plural(unstated.get(), "leftover"),
            either(unstated.get(), "it belonged to it", "they belonged to it")
        ));
    }
    Ok(exit)
}

/// Goes on with such a run.
pub(super) fn resume(context: &Context, safety: &Safety, run: &str) -> anyhow::Result<Exit> {
    let left = runs::parts(run)?;
    change(context, safety, Chosen::Left(&left))
}

fn change(context: &Context, safety: &Safety, chosen: Chosen<'_>) -> anyhow::Result<Exit> {
    let others = context.each().map(|context| context.store.medium()).find(|medium| *medium != Medium::Redis);
    if let Some(medium) = others {
        let what = format!(
            "what sessions leave behind is removed from Redis and Valkey only, not from {}",
            medium.keeper()
        );
        return Err(Refusal::new(what).hint("the framework's own cleanup removes it there").into());
    }
    for (given, option) in [(safety.plan.is_some(), "--plan"), (safety.verify.is_some(), "--verify")] {
        if given {
            let what = format!("{option} is about sessions, and what is left of ended ones is not a session");
            return Err(Usage::new(what).hint("--dry-run shows what would be removed").into());
        }
    }
    let filter = Filter::default();
    change::run(
        context,
        &Change {
            command: Subject::MENDS,
            verb: "remove",
            past: "Removed",
            chosen,
            filter: &filter,
            safety,
            entry: &|_, _| Ok(Made::Fits),
            need: Need::NOTHING,
            in_one_pass: false,
            beside: None,
        },
    )
}

/// Learns from sessions how what belongs to them is called.
struct Learning<'u> {
    shapes: Shapes,
    sessions: u64,
    interrupted: bool,
    progress: ui::Progress<'u>,
}

impl Sink for Learning<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.sessions += 1;
        self.shapes.learn(session);
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} examined", self.sessions));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Finds what there is, as doctor does, and hands it on as steps.
fn find(
    context: &Context,
    id: Id,
    unstated: &Cell<u64>,
    unjudged: &Cell<Unjudged>,
    hand: &mut dyn FnMut(Entry) -> Said,
) -> anyhow::Result<End> {
    let mut reader = Reader::open(context, &Filter::default())?;
    let wanted = Wanted { first: Need::VALUE, then: Need::VALUE, keeps: &|_| true };
    let progress = context.ui.progress("examining", reader.total);
    let mut learning = Learning { shapes: Shapes::default(), sessions: 0, interrupted: false, progress };
    let (_, end) = reader.scan(&wanted, &mut learning)?;
    if !matches!(end, End::Complete) || learning.interrupted {
        return Ok(end);
    }
    let Learning { shapes, .. } = learning;
    let Reader { mut scanner, mut aside, .. } = reader;
    let mut finding = Finding { unstated, hand, end: Ok(ControlFlow::Continue(())) };
    let found = match id {
        Id::IndexOrphans => finding.entries(&shapes, &mut *scanner, &mut *aside).map(|entries| (entries, 0)),
        _ => shapes
            .left_beside(&mut *scanner, &mut *aside, &mut |setup, left| {
                finding.key(setup, left);
                Ok(())
            })
            .map(|keys| (0, keys)),
    };
    match (found, finding.end?) {
        (Err(error), _) => Ok(End::Broken(error)),
        (Ok(_), ControlFlow::Break(())) => Ok(End::Stopped),
        (Ok((entries, keys)), ControlFlow::Continue(())) => {
            let before = unjudged.get();
            unjudged.set(Unjudged { entries: before.entries + entries, keys: before.keys + keys });
            Ok(End::Complete)
        }
    }
}

/// What is found on its way to be written down.
struct Finding<'f> {
    unstated: &'f Cell<u64>,
    hand: &'f mut dyn FnMut(Entry) -> Said,
    end: Said,
}

impl Finding<'_> {
    fn goes_on(&self) -> bool {
        matches!(self.end, Ok(ControlFlow::Continue(())))
    }

    /// Gives how many entries there are whose sessions an ACL hides.
    fn entries(
        &mut self,
        shapes: &Shapes,
        scanner: &mut dyn Lookup,
        aside: &mut dyn Lookup,
    ) -> Result<u64, Error> {
        let (indexes, unjudged) = shapes.orphaned(scanner, aside, &mut |_| {})?;
        for orphaned in indexes {
            let user = orphaned.user();
            for named in orphaned.entries(aside)? {
                if !self.goes_on() {
                    return Ok(unjudged);
                }
                let is_entry = |op: &Op| match op {
                    Op::Index(IndexOp::SetRemove { key, member } | IndexOp::SortedRemove { key, member }) => {
                        key.0 == orphaned.index && *member == named.entry
                    }
                    _ => false,
                };
                // Of one that could be any of several sessions' not all can be watched.
                let [session] = &named.sessions[..] else {
                    self.unstated.set(self.unstated.get() + 1);
                    continue;
                };
                let stated = left_by(&orphaned.of.setup, session, user, scan::now_ms());
                let op = stated.into_iter().find(is_entry);
                self.take(&orphaned.of.setup, session, user, op, None);
            }
        }
        Ok(unjudged)
    }

    fn key(&mut self, setup: &Setup, left: &Left) {
        if self.goes_on() {
            let gone = Op::Unlink(left.key.clone());
            let user = left.user.as_deref();
            let stated = left_by(setup, &left.session.0, user, scan::now_ms());
            let op = stated.iter().any(|own| leaves(own, &gone)).then_some(gone);
            self.take(setup, &left.session.0, user, op, left.memory);
        }
    }

    /// Makes the step, where the layout states what is to go.
    fn take(
        &mut self,
        setup: &Setup,
        session: &[u8],
        user: Option<&str>,
        op: Option<Op>,
        memory: Option<u64>,
    ) {
        let place = (setup.layout.keys.locate)(setup, session);
        let (Some(op), Some(place)) = (op, place) else {
            self.unstated.set(self.unstated.get() + 1);
            return;
        };
        let step = Step {
            key: Key(session.to_vec()),
            hash: false,
            seen: Fingerprint([0; 16]),
            bytes: 0,
            own: Own::Gone,
            then: vec![op],
            ends: None,
            held: None,
        };
        self.end = (self.hand)(Entry {
            step,
            id: session[place.id].to_vec(),
            layout: setup.layout.name.to_string(),
            user: user.map(str::to_string),
            nobody: false,
            ends: None,
            memory,
        });
    }
}
