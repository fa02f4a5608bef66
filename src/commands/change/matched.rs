//! Matching: what a change is about, as steps that are written down, and what was left alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::{Change, Chosen, Here, Made, plural};
use crate::change::guard::Guards;
use crate::change::plan::file::Part;
use crate::change::plan::{Entry, Spool};
use crate::codec::Limits;
use crate::commands::{report, scans};
use crate::context::Context;
use crate::detect::is_remains;
use crate::fault::Interrupted;
use crate::frameworks::Catalog;
use crate::layout::Blob;
use crate::layout::session::{Certainty, Login, Session};
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::near::Near;
use crate::store::{Gentle, Lookup, Need, Own, Raw, SeenText, Ttl};
use crate::text::words::either;
use crate::{resolve, ui};

/// Steps that are carried out while the scan goes on.
pub(super) struct AtOnce {
    /// Those that wait until there are enough of them.
    pub(super) portion: Vec<Entry>,
    /// How many that is.
    pub(super) enough: usize,
    /// When their keys end is read with them.
    pub(super) ends: bool,
    /// All of them so far, counted.
    pub(super) counted: Spool,
    /// Layouts whose sessions have to wait for the end of the scan, as it takes what goes with one of them
    /// to tell another.
    pub(super) waiting: HashSet<&'static str>,
}

/// Takes a portion of them, and may end the scan.
pub(super) type Hand<'h> = dyn FnMut(&mut AtOnce) -> ControlFlow<()> + 'h;

/// What matching found, written down.
pub(super) struct Matched<'a> {
    pub(super) change: &'a Change<'a>,
    pub(super) guards: &'a Guards,
    /// What a plan says of the store.
    pub(super) planned: Option<&'a Part>,
    pub(super) here: Here<'a>,
    pub(super) spool: Spool,
    /// What is carried out while the scan goes on, where that is so: nothing of it is in the spool.
    pub(super) at_once: Option<AtOnce>,
    /// Sessions that match but are not certain to be sessions: left alone.
    pub(super) uncertain: BTreeSet<&'static str>,
    pub(super) uncertain_count: u64,
    /// Keys that only look like sessions of the layout that was named: by layout, those that are left
    /// alone, and those that are changed as more speaks for them.
    pub(super) shapes: BTreeMap<&'static str, u64>,
    pub(super) shapes_taken: u64,
    /// The user said which keys are meant, by a glob or by naming them.
    pub(super) pointed: bool,
    /// Sessions that cannot be changed, by layout and reason.
    pub(super) unchangeable: BTreeMap<(&'static str, &'static str), u64>,
    /// Sessions that there is nothing to change about.
    pub(super) fits: u64,
    pub(super) layouts: BTreeSet<&'static str>,
    pub(super) tally: Tally,
    /// Which users were met, in all stores.
    pub(super) near: Rc<Near<'a>>,
    /// All sessions of the store were met.
    pub(super) seen_all: bool,
    /// How many more may match.
    pub(super) room: Option<u64>,
    pub(super) over: bool,
    pub(super) interrupted: bool,
    pub(super) missing: Vec<resolve::NotFound>,
    /// Names that the user gave, each with the id of a session that it means. With several stores only, as
    /// one alone finds out by itself that a name is ambiguous.
    pub(super) named: Vec<(String, Vec<u8>)>,
    /// By how much the server's clock is ahead of this machine's, in ms.
    pub(super) ahead: i64,
    /// Keys that an index named already; the scan meets them again.
    pub(super) by_index: HashSet<Vec<u8>>,
    /// Steps had better hold values of this many bytes, and no longer ones.
    pub(super) holds: Option<usize>,
    /// Planned steps that were met, and of those the ones whose session is not as it was.
    pub(super) met: u64,
    pub(super) changed: u64,
}

impl<'a> Matched<'a> {
    pub(super) fn new(
        context: &'a Context,
        change: &'a Change<'a>,
        near: Rc<Near<'a>>,
        room: Option<u64>,
    ) -> Matched<'a> {
        Matched {
            change,
            guards: &context.guards,
            planned: change.planned(context),
            here: Here::of(context),
            spool: Spool::default(),
            at_once: None,
            uncertain: BTreeSet::new(),
            uncertain_count: 0,
            shapes: BTreeMap::new(),
            shapes_taken: 0,
            pointed: context.is_pointed() || matches!(change.chosen, Chosen::Ids(_) | Chosen::Plan(_)),
            unchangeable: BTreeMap::new(),
            fits: 0,
            layouts: BTreeSet::new(),
            tally: Tally::default(),
            near,
            seen_all: false,
            room,
            over: false,
            interrupted: false,
            missing: Vec::new(),
            named: Vec::new(),
            ahead: 0,
            by_index: HashSet::new(),
            holds: None,
            met: 0,
            changed: 0,
        }
    }
}

impl Matched<'_> {
    /// Those that only the framework itself can end.
    pub(super) fn refused<'m>(
        &'m self,
        catalog: &'m Catalog,
    ) -> impl Iterator<Item = (&'m (&'static str, &'static str), u64)> {
        let only_shown =
            |name: &str| catalog.by_name(name).is_some_and(|layout| layout.ends.refused.is_some());
        let counted = self.unchangeable.iter().map(|(of, count)| (of, *count));
        counted.filter(move |((name, _), _)| only_shown(name))
    }

    /// Writes the step for a session down, if it is one that may be changed.
    pub(super) fn take(&mut self, session: &Session<'_>) -> Said {
        const ON: Said = Ok(ControlFlow::Continue(()));
        let planned = match &self.change.chosen {
            Chosen::Plan(plan) => {
                let steps = self.planned.map(|part| &part.steps);
                let planned = steps.and_then(|steps| steps.get(&plan.header.name(session.key)));
                let Some(planned) = planned else { return ON };
                self.met += 1;
                Some(planned)
            }
            _ => None,
        };
        // Only what is certain is changed, or what the user called by the layout's name.
        if session.certainty != Certainty::Sure && !session.setup.named {
            self.uncertain.insert(session.layout());
            self.uncertain_count += 1;
            return ON;
        }
        let shape = session.certainty == Certainty::Shape;
        if shape && !self.pointed && !speaks_for_itself(session) {
            *self.shapes.entry(session.layout()).or_default() += 1;
            return ON;
        }
        let mut entry = match (self.change.entry)(&mut self.here, session)? {
            Made::Step(entry) => entry,
            Made::Fits => {
                self.fits += 1;
                return ON;
            }
            Made::Cannot(why) => {
                *self.unchangeable.entry((session.layout(), why)).or_default() += 1;
                return ON;
            }
        };
        if planned.is_some_and(|planned| planned.seen != entry.step.seen || planned.layout != entry.layout) {
            self.changed += 1;
            return ON;
        }
        let end = session.ttl.millis().map(|ms| session.now.saturating_add_unsigned(ms) + self.ahead);
        if let Some(planned) = planned {
            entry.step.ends = planned.ends;
            if session.ttl != Ttl::Unasked && planned.ends.is_some_and(|ends| !ends.fits(end)) {
                self.changed += 1;
                return ON;
            }
        } else if let Some(ends) = self.change.filter.ends(end, session.now + self.ahead) {
            entry.step.ends = Some(entry.step.ends.map_or(ends, |own| own.and(ends)));
        }
        if let Raw::Text(text) = session.raw
            && entry.step.own == Own::End
            && self.holds.is_some_and(|most| text.len() <= most)
        {
            entry.step.held = Some(Arc::new(SeenText { text: text.clone(), end: session.exact_end }));
        }
        self.guards.check(&entry)?;
        if session.login() == Login::Unknown {
            self.guards.check_unknown(&entry)?;
        }
        if self.is_full() {
            return Ok(ControlFlow::Break(()));
        }
        self.layouts.insert(session.layout());
        self.shapes_taken += u64::from(shape);
        match &mut self.at_once {
            Some(at_once) if !at_once.waiting.contains(session.layout()) => {
                at_once.counted.count(&entry);
                at_once.portion.push(entry);
            }
            _ => self.spool.push(&entry)?,
        }
        ON
    }

    /// Whether no more may match; that more would is kept in mind.
    fn is_full(&mut self) -> bool {
        let full = self.room.is_some_and(|room| self.spool.totals.sessions >= room);
        self.over |= full;
        full
    }

    /// Writes the step for something down that a session which is gone left behind.
    pub(super) fn left_behind(&mut self, entry: &Entry) -> Said {
        self.guards.check(entry)?;
        if self.is_full() {
            return Ok(ControlFlow::Break(()));
        }
        self.spool.push(entry)?;
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// How many sessions it found.
    pub(super) fn found(&self) -> u64 {
        let at_once = self.at_once.as_ref().map_or(0, |at_once| at_once.counted.totals.sessions);
        self.spool.totals.sessions + at_once
    }
}

/// Whether more than its form speaks for a key: a prefix that the user gave, or the framework's own
/// before what is left of a session.
fn speaks_for_itself(session: &Session<'_>) -> bool {
    let setup = session.setup;
    let led = setup.known_lead().is_some_and(|lead| !lead.is_empty());
    let remains = || is_remains(setup, &Blob::new(session.key, session.raw, Limits::default()));
    setup.is_pointed() || (led && remains())
}

/// A sink that also shows progress and can be interrupted.
struct Watched<'m, 'a, 'u, 'h> {
    matched: &'m mut Matched<'a>,
    progress: ui::Progress<'u>,
    hand: Option<&'m mut Hand<'h>>,
}

impl Sink for Watched<'_, '_, '_, '_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        if self.matched.by_index.contains(session.key) {
            return Ok(ControlFlow::Continue(()));
        }
        let said = self.matched.take(session)?;
        if let (Some(hand), Some(at_once)) = (&mut self.hand, &mut self.matched.at_once)
            && at_once.portion.len() >= at_once.enough
            && hand(at_once).is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        Ok(said)
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} matched", self.matched.found()));
        self.matched.interrupted = ui::interrupted();
        Ok(if self.matched.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

pub(super) fn by_filter(
    context: &Context,
    aside: &mut dyn Lookup,
    gentle: Option<&Gentle>,
    matched: &mut Matched<'_>,
    sizes: bool,
    hand: Option<&mut Hand<'_>>,
) -> anyhow::Result<End> {
    let filter = matched.change.filter;
    let mut scanner = context.reader()?;
    scanner.be_gentle(gentle);
    if let Some(at_once) = &matched.at_once {
        scanner.be_close(at_once.enough);
    }
    // What goes is written down as it is read here; of what only a filter chooses the end is asked then.
    let ends = filter.wants_all() && matched.at_once.as_ref().is_some_and(|at_once| at_once.ends);
    let total = aside.size().ok().flatten();
    let near = Rc::clone(&matched.near);
    let keeps = |session: &Session<'_>| near.keeps(session);
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first: if ends { filter.need().and(Need::END) } else { filter.need() },
        then: if sizes { Need::MEMORY.and(Need::TTL) } else { matched.change.need },
        keeps: &keeps,
        copies: true,
    };
    let progress = context.ui.progress("scanning", total);
    let mut sink = Watched { matched, progress, hand };
    let (tally, end) = scan::sessions(&mut *scanner, aside, &request, &mut sink)?;
    drop(sink);
    scans::report_left_out(context, &*scanner);
    // A session that an index named is not met again.
    matched.seen_all = matches!(end, End::Complete) && matched.by_index.is_empty();
    matched.tally = tally;
    Ok(end)
}

pub(super) fn by_id(
    context: &Context,
    store: &mut dyn Lookup,
    gentle: Option<&Gentle>,
    ids: &[String],
    matched: &mut Matched<'_>,
) -> anyhow::Result<()> {
    let filter = matched.change.filter;
    let mut scanner = context.reader()?;
    scanner.be_gentle(gentle);
    let found = scans::search(context, &mut *scanner, store, ids).map_err(|error| {
        if error.is::<Interrupted>() { error.context("interrupted; nothing was changed") } else { error }
    })?;
    matched.missing = found.missing;
    let several = context.is_one_of_several();
    let names: Vec<(&String, Vec<u8>)> = ids.iter().map(|id| (id, resolve::bytes_of(id))).collect();
    let mut keys = found.keys;
    keys.sort();
    keys.dedup();
    let need = filter.need().and(Need::ALL);
    for keys in keys.chunks(1000) {
        scan::lookup(store, &context.setups, keys, need, &mut |_, session| {
            if let Some(session) = session
                && (filter.is_empty() || filter.keeps(session))
            {
                if several {
                    let begins = |name: &[u8]| session.id.starts_with(name) || session.key.starts_with(name);
                    let meant = names.iter().filter(|(_, name)| begins(name));
                    matched.named.extend(meant.map(|(name, _)| ((*name).clone(), session.id.to_vec())));
                }
                let _ = matched.take(session)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

pub(super) fn note_left_alone(context: &Context, matched: &Matched<'_>) {
    if matched.uncertain_count > 0 {
        let names: Vec<&str> = matched.uncertain.iter().copied().collect();
        context.ui.warn(format!(
            "{} {} like {} of {} but {} not certain to be {}; {} left alone",
            plural(matched.uncertain_count, "matching key"),
            either(matched.uncertain_count, "looks", "look"),
            either(matched.uncertain_count, "a session", "sessions"),
            names.join(" or "),
            either(matched.uncertain_count, "is", "are"),
            either(matched.uncertain_count, "one", "any"),
            either(matched.uncertain_count, "it is", "they are"),
        ));
        context.ui.hint(format!("to include them, name the layout: --layout {}", names[0]));
    }
    for (layout, count) in &matched.shapes {
        let (keys, have, they) =
            if *count == 1 { ("key", "has", "it is") } else { ("keys", "have", "they are") };
        context.ui.warn(format!(
            "{count} matching {keys} {have} the form of {layout}'s keys, but a value that proves nothing; {they} left alone"
        ));
    }
    if !matched.shapes.is_empty() {
        context.ui.hint("say with --prefix or --match which keys are sessions, or name them one by one");
    }
    if matched.shapes_taken > 0 {
        let (many, are) =
            (plural(matched.shapes_taken, "session"), if matched.shapes_taken == 1 { "is" } else { "are" });
        context.ui.note(format!("{many} cannot be decoded and {are} recognised by the key alone"));
    }
    for ((layout, why), count) in &matched.unchangeable {
        let sessions = plural(*count, "matching session");
        context.ui.warn(format!("{sessions} of {layout} cannot be changed this way: {why}"));
    }
    report::unsettled(context, &matched.tally.unsettled);
    if matched.fits > 0 {
        let sessions = plural(matched.fits, "session");
        context.ui.note(format!(
            "{sessions} {} already and {} as {}",
            either(matched.fits, "fits", "fit"),
            either(matched.fits, "stays", "stay"),
            either(matched.fits, "it is", "they are")
        ));
    }
}

/// Says of which users there was no session, where all sessions of all stores were met.
pub(super) fn tell_missed(context: &Context, found: &[Matched<'_>]) {
    let some = found.iter().any(|matched| matched.tally.sessions > 0);
    if let Some(first) = found.first()
        && some
        && found.iter().all(|matched| matched.seen_all)
    {
        first.near.missed().into_iter().for_each(|missed| context.ui.status(missed));
    }
}
