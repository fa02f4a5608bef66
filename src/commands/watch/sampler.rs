//! What is known of a store while it is watched: a scan now and then, what the store tells in between, and
//! how the server is.
//!
//! Two threads work for it, each with connections of its own: one scans, and measures how long the server
//! takes to answer; the other listens to the server's notifications, where it publishes them. Neither holds
//! more than a fixed amount, however large the store is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::error;
use crate::layout::Setup;
use crate::layout::session::{Login, Session, Unnamed};
use crate::measure::live::{Cliff, Counts, Live};
use crate::measure::{self, Figures, Measure, agent};
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::Filter;
use crate::store::{Events, Gentle, Health, Key, Lookup, Medium, Need, Open};
use crate::text::shape::beginning;

/// Names of each kind that are kept of a scan.
pub(super) const TOP: usize = 50;
/// Sessions that are kept of a scan, and of those who have just logged in.
const RECENT: usize = 200;
const LOGINS: usize = 50;
/// Bytes of a string that is kept.
const LONGEST: usize = 200;
/// Seconds of which it is kept what happened in them.
const BEATS: usize = 600;
/// What rates are told of.
const RECENTLY: Duration = Duration::from_secs(10);
/// How often the server is asked how it is.
const HEALTH: Duration = Duration::from_secs(5);
/// A scan is followed by so many times its own length without one.
const REST: u32 = 9;
/// Keys that are looked at in one go, and how often.
const LOOKS: usize = 100;
const LOOK: Duration = Duration::from_millis(250);
/// How often a server that tells nothing is asked again whether it does.
const ASK_AGAIN: Duration = Duration::from_secs(60);
const NAP: Duration = Duration::from_millis(50);

/// One session as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: Vec<u8>,
    pub(super) id: Vec<u8>,
    pub(super) layout: &'static str,
    pub(super) user: Option<String>,
    /// Certainly nobody's.
    pub(super) nobody: bool,
    pub(super) ip: Option<String>,
    pub(super) agent: Option<&'static str>,
    /// Ms since 1970.
    pub(super) ends: Option<i64>,
    /// When something was last heard of it, as far as that is known.
    pub(super) last: Option<i64>,
}

impl Row {
    fn of(session: &Session<'_>) -> Row {
        let text = |text: &str| beginning(text, LONGEST).to_string();
        let (user, nobody) = match session.login() {
            Login::User(user) => (Some(text(user)), false),
            Login::Nobody => (None, true),
            Login::Unknown => (None, false),
        };
        Row {
            key: session.key.to_vec(),
            id: session.id.to_vec(),
            layout: session.layout(),
            user,
            nobody,
            ip: session.facts.ip.as_deref().map(text),
            agent: session.facts.agent.as_deref().map(agent::family),
            ends: session.expires_at(),
            last: session.facts.seen.or(session.facts.created),
        }
    }

    /// What was heard of last comes first, and where that is not known what ends last.
    fn rank(session: &Session<'_>) -> (i64, i64) {
        let last = session.facts.seen.or(session.facts.created);
        (last.unwrap_or(0), session.expires_at().unwrap_or(0))
    }
}

/// What a scan found.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Ms since 1970.
    pub(super) at: i64,
    pub(super) figures: Figures,
    pub(super) cliff: Cliff,
    /// The latest first.
    pub(super) recent: Vec<Row>,
    pub(super) complete: bool,
    /// Whether the store said what memory each session takes.
    pub(super) weighed: bool,
    pub(super) took: Duration,
}

/// What happened in a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat {
    pub(super) counts: Counts,
    pub(super) span: Duration,
}

/// What is known at a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) sample: Option<Arc<Sample>>,
    /// Keys that the scan under way went over, and of how many.
    pub(super) scanning: Option<(u64, Option<u64>)>,
    /// When the next scan begins.
    pub(super) next: Option<Instant>,
    pub(super) scans: u64,
    pub(super) failures: u64,
    /// What went wrong last, until it goes right again.
    pub(super) failure: Option<String>,
    pub(super) latency: Option<Duration>,
    pub(super) health: Option<Health>,
    pub(super) logins: VecDeque<Row>,
    /// The latest last.
    pub(super) beats: VecDeque<Beat>,
    /// In all; `None` while it is not known what there was before.
    pub(super) counts: Option<Counts>,
    /// Whether the server tells what happens.
    pub(super) told: bool,
    /// Counts are those of a sample.
    pub(super) estimated: bool,
    /// Events that were too many to be looked into.
    pub(super) missed: u64,
}

impl State {
    /// What happened lately, and in how long.
    pub(super) fn lately(&self) -> Option<(Counts, f64)> {
        let mut all = Counts::default();
        let mut span = Duration::ZERO;
        for beat in self.beats.iter().rev() {
            all.logins += beat.counts.logins;
            all.guests += beat.counts.guests;
            all.renewals += beat.counts.renewals;
            all.expired += beat.counts.expired;
            all.evicted += beat.counts.evicted;
            all.removed += beat.counts.removed;
            all.gone += beat.counts.gone;
            span += beat.span;
            if span >= RECENTLY {
                break;
            }
        }
        (!span.is_zero()).then_some((all, span.as_secs_f64()))
    }
}

/// What is shared by those who watch and those who look.
#[derive(Debug, Default)]
pub(super) struct Shared {
    stop: AtomicBool,
    again: AtomicBool,
    live: Mutex<Live>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody looks any more.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The next scan is to begin at once.
    pub(super) fn rescan(&self) {
        self.again.store(true, Ordering::Relaxed);
    }

    /// Notes what has happened since it was noted last.
    fn beat(&self, before: &mut Option<Counts>, span: Duration) {
        let (counts, estimated, missed) = {
            let mut live = self.live();
            live.tick();
            (live.counts(), live.is_estimated(), live.missed)
        };
        let mut state = self.state();
        if let (Some(before), Some(counts)) = (&before, &counts) {
            state.beats.push_back(Beat { counts: counts.since(before), span });
            if state.beats.len() > BEATS {
                state.beats.pop_front();
            }
        }
        *before = counts;
        (state.counts, state.estimated, state.missed) = (counts, estimated, missed);
    }
}

/// What is watched, and how.
#[derive(Clone)]
pub(super) struct Watched {
    store: Arc<dyn Open>,
    setups: Vec<Setup>,
    pattern: Option<Vec<u8>>,
    filter: Filter,
    gentle: Option<Gentle>,
    rescan: Duration,
}

impl Watched {
    pub(super) fn new(
        context: &Context,
        filter: Filter,
        rescan: Duration,
        budget: Option<Duration>,
    ) -> Watched {
        Watched {
            store: Arc::clone(&context.store),
            setups: context.setups.clone(),
            pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
            filter,
            gentle: budget.map(Gentle::new),
            rescan,
        }
    }

    /// Connections to the store, as gentle as they are to be.
    fn connect(&self) -> anyhow::Result<Pair> {
        let mut pair = Pair { scanner: self.store.reader()?, aside: self.store.reader()?, health: None };
        pair.scanner.be_gentle(self.gentle.as_ref());
        pair.aside.be_gentle(self.gentle.as_ref());
        Ok(pair)
    }

    /// Scans once.
    pub(super) fn once(&self, shared: &Shared) -> anyhow::Result<()> {
        let mut pair = self.connect()?;
        self.look(&mut pair, shared)?;
        self.sample(&mut pair, shared)
    }

    /// Watches from here on, in threads that end when nobody looks any more. What cannot be done at all is
    /// said now.
    pub(super) fn start(self, shared: &Arc<Shared>) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let pair = self.connect()?;
        let events = self.store.events()?;
        if events.is_some() {
            // Before the first scan, so that nothing happens unseen in between.
            shared.live().tell(true);
            shared.state().told = true;
        }
        let (other, theirs) = (self.clone(), Arc::clone(shared));
        let listener = thread::Builder::new().name("listen".to_string());
        let listens = listener.spawn(move || other.listen(events, &theirs))?;
        let shared = Arc::clone(shared);
        let sampler = thread::Builder::new().name("sample".to_string());
        let samples = sampler.spawn(move || self.samples(pair, &shared))?;
        Ok(vec![listens, samples])
    }

    /// Scans now and then.
    fn samples(&self, pair: Pair, shared: &Shared) {
        let mut pair = Some(pair);
        let mut before = None;
        let mut ended: Option<Instant> = None;
        while !shared.stopped() {
            let began = Instant::now();
            let scanned = match pair.take().map_or_else(|| self.connect(), Ok) {
                Ok(mut connected) => self.sample(&mut connected, shared).map(|()| pair = Some(connected)),
                Err(error) => Err(error),
            };
            if shared.stopped() {
                return;
            }
            let took = began.elapsed();
            if let Err(error) = scanned {
                let told = error::tell(&error);
                let mut state = shared.state();
                state.failures += 1;
                state.failure = Some(told.lines.join(": "));
                state.scanning = None;
            } else if !shared.live().is_told() {
                match ended {
                    Some(ended) => shared.beat(&mut before, ended.elapsed()),
                    None => before = shared.live().counts(),
                }
                ended = Some(Instant::now());
            } else {
                (before, ended) = (None, None);
            }
            self.rest(&mut pair, shared, began + took + self.rescan.max(took * REST));
        }
    }

    /// Waits for the time of the next scan, and looks meanwhile how the server is.
    fn rest(&self, pair: &mut Option<Pair>, shared: &Shared, next: Instant) {
        shared.state().next = Some(next);
        let mut looked: Option<Instant> = None;
        while Instant::now() < next && !shared.again.swap(false, Ordering::Relaxed) {
            if shared.stopped() {
                return;
            }
            if looked.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
                looked = Some(Instant::now());
                // What fails here fails at the next scan as well, and is told then.
                if pair.as_mut().is_some_and(|pair| self.look(pair, shared).is_err()) {
                    *pair = None;
                }
            }
            thread::sleep(NAP);
        }
        shared.state().next = None;
    }

    /// Looks how the server is.
    fn look(&self, pair: &mut Pair, shared: &Shared) -> anyhow::Result<()> {
        if self.store.medium() != Medium::Redis {
            return Ok(());
        }
        let asked = Instant::now();
        pair.aside.now()?;
        let latency = asked.elapsed();
        shared.state().latency = Some(latency);
        if pair.health.is_none_or(|at| at.elapsed() >= HEALTH) {
            let health = pair.aside.health()?;
            pair.health = Some(Instant::now());
            shared.state().health = health;
        }
        Ok(())
    }

    /// One scan.
    fn sample(&self, pair: &mut Pair, shared: &Shared) -> anyhow::Result<()> {
        let began = Instant::now();
        let total = pair.aside.size().ok().flatten();
        let mut need = measure::NEED;
        need.memory &= pair.scanner.offers().memory;
        let all = self.filter.is_empty() || self.filter.wants_all();
        let keeps = |session: &Session<'_>| self.filter.keeps(session);
        let request = Request {
            setups: &self.setups,
            pattern: self.pattern.clone(),
            first: if all { need } else { self.filter.need() },
            then: need,
            keeps: &keeps,
            copies: false,
        };
        shared.state().scanning = Some((0, total));
        shared.live().begin();
        let mut sampling = Sampling {
            shared,
            total,
            measure: Measure::default(),
            cliff: Cliff::default(),
            recent: BTreeMap::new(),
            number: 0,
            stopped: false,
        };
        let (_, end) = scan::sessions(&mut *pair.scanner, &mut *pair.aside, &request, &mut sampling)?;
        let Sampling { measure, cliff, recent, stopped, .. } = sampling;
        if let End::Broken(error) = end {
            shared.live().end(false);
            return Err(error.into());
        }
        shared.live().end(!stopped);
        let at = pair.aside.now().unwrap_or_else(|_| scan::now_ms());
        let (figures, _) = measure.finish(TOP);
        let sample = Sample {
            at,
            figures,
            cliff,
            recent: recent.into_values().collect(),
            complete: !stopped,
            weighed: need.memory,
            took: began.elapsed(),
        };
        let mut state = shared.state();
        state.sample = Some(Arc::new(sample));
        state.scanning = None;
        state.failure = None;
        state.scans += 1;
        Ok(())
    }

    /// Listens as long as the server reports it, and asks it again later where it does not.
    fn listen(&self, mut events: Option<Box<dyn Events>>, shared: &Shared) {
        while !shared.stopped() {
            let asked = Instant::now();
            if let Some(mut hears) = events.take() {
                let told = |told: bool| {
                    shared.live().tell(told);
                    shared.state().told = told;
                    shared.state().counts = None;
                };
                if !shared.live().is_told() {
                    told(true);
                    shared.rescan();
                }
                if self.hear(&mut *hears, shared).is_err() && !shared.stopped() {
                    told(false);
                }
            }
            while asked.elapsed() < ASK_AGAIN && !shared.stopped() {
                thread::sleep(NAP);
            }
            events = self.store.events().ok().flatten();
        }
    }

    /// Takes what the server tells, and looks at what may be new. Ends with an error alone.
    fn hear(&self, events: &mut dyn Events, shared: &Shared) -> anyhow::Result<()> {
        let mut aside = self.store.reader()?;
        aside.be_gentle(self.gentle.as_ref());
        let mut before = shared.live().counts();
        let (mut beat, mut looked) = (Instant::now(), Instant::now());
        while !shared.stopped() {
            if let Some(event) = events.next(NAP)? {
                shared.live().event(event);
            }
            if looked.elapsed() >= LOOK {
                self.look_up(&mut *aside, shared)?;
                looked = Instant::now();
            }
            if beat.elapsed() >= Duration::from_secs(1) {
                shared.beat(&mut before, beat.elapsed());
                beat = Instant::now();
            }
        }
        Ok(())
    }

    /// Looks at keys that were written and are not known, and at sessions of nobody.
    fn look_up(&self, aside: &mut dyn Lookup, shared: &Shared) -> anyhow::Result<()> {
        let keys: Vec<Key> = shared.live().take(LOOKS).into_iter().map(Key).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let need = self.filter.need().and(Need::VALUE).and(Need::TTL);
        scan::glance(aside, &self.setups, &keys, need, &mut |record, session| {
            let mut session = session.cloned();
            if let Some(session) = &mut session
                && session.facts.unnamed == Unnamed::Open
                && shared.live().shows_users(session)
            {
                session.facts.unnamed = Unnamed::Nobody;
            }
            let kept = session.as_ref().filter(|session| self.filter.keeps(session));
            if shared.live().looked(&record.key.0, kept)
                && let Some(session) = kept
            {
                let mut state = shared.state();
                state.logins.push_front(Row::of(session));
                state.logins.truncate(LOGINS);
            }
            Ok(())
        })
    }
}

/// Connections for one thread.
struct Pair {
    scanner: Box<dyn Lookup>,
    aside: Box<dyn Lookup>,
    /// When it was last asked how the server is.
    health: Option<Instant>,
}

/// Takes the sessions of a scan.
struct Sampling<'s> {
    shared: &'s Shared,
    total: Option<u64>,
    measure: Measure,
    cliff: Cliff,
    /// The latest sessions, by how late they are.
    recent: BTreeMap<Reverse<((i64, i64), u64)>, Row>,
    number: u64,
    stopped: bool,
}

impl Sink for Sampling<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.measure.add(session);
        self.cliff.add(session);
        self.shared.live().scanned(session);
        let rank = Reverse((Row::rank(session), self.number));
        self.number += 1;
        let full = self.recent.len() >= RECENT;
        if !full || self.recent.last_key_value().is_some_and(|(last, _)| rank < *last) {
            self.recent.insert(rank, Row::of(session));
            if full {
                self.recent.pop_last();
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.shared.state().scanning = Some((tally.scanned, self.total));
        self.stopped = self.shared.stopped() || crate::ui::interrupted();
        Ok(if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
