//! How fast a change may go: sessions a second, what the server's other users wait, how far replicas
//! are behind.
//!
//! A [`Controller`] decides from measurements and a clock that it is told, and does nothing else. A
//! [`Pace`] measures, waits and shows why. Without any limit there is neither: batches have the usual
//! size, and nothing is asked of the server.

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::fault::Refusal;
use crate::store::{Error, Gentle, Lag, Store};
use crate::text::units;

/// Sessions a batch with which a run that watches latency begins; it grows while all is well.
const FIRST_BATCH: usize = 64;
/// The part of a second that a batch under a rate takes: small, so that the load is even.
const SLICES: u32 = 10;
/// How often the server is asked how long it takes to answer.
const PING_EVERY: Duration = Duration::from_millis(20);
/// How often the server is asked how far its replicas are. They report once a second.
const LAG_EVERY: Duration = Duration::from_millis(200);
/// How long a replica that was connected is waited for when it is not any more.
const MISSING: Duration = Duration::from_secs(60);
/// How long one pause may be. A limit is a promise, so that a run that cannot keep it stops rather
/// than going on without; what it left is done by `--resume`.
const STUCK: Duration = Duration::from_secs(600);
/// Measurements that are kept until they are looked at.
const MAX_SAMPLES: usize = 256;
/// Pings before the first change: the quickest is what the way to the server alone takes.
const TRIALS: usize = 5;
/// What the shown speed goes by.
const RECENT: Duration = Duration::from_secs(5);
/// How long is waited before someone who wants to stop is heard.
const NAP: Duration = Duration::from_millis(50);

/// A limit on the command line or in a profile, or the word that lifts the profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<T> {
    Limit(T),
    None,
}

impl<T: FromStr> FromStr for Choice<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Choice<T>, T::Err> {
        if text.eq_ignore_ascii_case("none") { Ok(Choice::None) } else { text.parse().map(Choice::Limit) }
    }
}

/// Sessions in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    sessions: u32,
    per: Duration,
}

impl Rate {
    /// The least time that this many sessions take.
    fn time(self, sessions: usize) -> Duration {
        Duration::from_secs_f64(self.per.as_secs_f64() * sessions as f64 / f64::from(self.sessions))
    }

    /// Sessions of a batch.
    fn batch(self) -> usize {
        let a_second = f64::from(self.sessions) / self.per.as_secs_f64();
        ((a_second / f64::from(SLICES)) as usize).max(1)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        let help = || "give sessions per second, such as 500/s or 500; 30/m works too".to_string();
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let sessions: u32 = number.trim().parse().map_err(|_| help())?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3600,
            _ => return Err(help()),
        };
        if sessions == 0 {
            return Err("the rate must be more than zero".to_string());
        }
        Ok(Rate { sessions, per: Duration::from_secs(seconds) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.sessions)
    }
}

/// How long a PING may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(pub Duration);

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        // A bare number would be seconds elsewhere, which nobody means here.
        if text.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("give a time with a unit, such as 5ms".to_string());
        }
        units::duration(text)
            .ok()
            .filter(|budget| !budget.is_zero() && *budget <= Duration::from_secs(60))
            .map(Budget)
            .ok_or_else(|| "give a time such as 5ms, up to a minute".to_string())
    }
}

/// How far the slowest replica may be behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxLag {
    /// Since it was last heard of.
    Time(Duration),
    /// What it has not confirmed yet.
    Bytes(u64),
}

impl FromStr for MaxLag {
    type Err = String;

    fn from_str(text: &str) -> Result<MaxLag, String> {
        let help = || "give a time such as 5s, or bytes such as 1MiB".to_string();
        if text.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(help());
        }
        if let Ok(silence) = units::duration(text) {
            // They are heard of once a second.
            return if silence < Duration::from_secs(1) {
                Err("replicas report once a second; give at least one second".to_string())
            } else {
                Ok(MaxLag::Time(silence))
            };
        }
        units::size(text).map(MaxLag::Bytes).map_err(|_| help())
    }
}

/// What a run keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    pub rate: Option<Rate>,
    pub latency: Option<Budget>,
    pub lag: Option<MaxLag>,
}

impl Limits {
    pub fn is_none(&self) -> bool {
        *self == Limits::default()
    }

    /// What of it holds where nothing is changed.
    #[must_use]
    pub fn reading(self) -> Limits {
        Limits { latency: self.latency, ..Limits::default() }
    }
}

/// The options of commands that change many sessions.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Safety")]
pub struct PaceArgs {
    /// Change at most this many sessions per second, or `none` [default: none, or the profile's]
    ///
    /// 30/m and 500/h work too. The work is spread evenly; lost time is not made up for.
    #[arg(long, value_name = "N/s")]
    pub rate: Option<Choice<Rate>>,

    /// Slow down while the server takes longer to answer a PING, or `none` [default: none, or the
    /// profile's]
    ///
    /// A second connection asks about every 20 ms. Batches are halved while replies are late and doubled
    /// while they are on time; where even a single session is too much, the run pauses. Everything is
    /// read and changed in small portions, each worth a small part of the budget, with a rest after each
    /// so that other clients are served in between; the same goes for --dry-run and --plan. If the server
    /// is slower than this before anything is changed, the run is refused. After a pause of ten minutes
    /// the run stops; --resume continues it.
    #[arg(long, value_name = "TIME")]
    pub latency_budget: Option<Choice<Budget>>,

    /// Pause while a replica lags further behind than this, or `none` [default: none, or the profile's]
    ///
    /// According to INFO replication of the server being changed. Bytes (1MiB) are what the slowest
    /// replica has not confirmed; a time (5s) is how long ago it last reported. Replicas report once a
    /// second, so either figure may be a second old. A replica doing its initial sync counts as behind;
    /// one that disconnects is waited for for a minute, then the run continues without it. After a pause
    /// of ten minutes the run stops; --resume continues it.
    #[arg(long, value_name = "LAG")]
    pub max_lag: Option<Choice<MaxLag>>,
}

impl PaceArgs {
    /// What holds, where the profile says this.
    pub fn limits(&self, profile: &Limits) -> Limits {
        fn over<T: Copy>(given: Option<Choice<T>>, profile: Option<T>) -> Option<T> {
            match given {
                Some(Choice::Limit(limit)) => Some(limit),
                Some(Choice::None) => None,
                None => profile,
            }
        }
        Limits {
            rate: over(self.rate, profile.rate),
            latency: over(self.latency_budget, profile.latency),
            lag: over(self.max_lag, profile.lag),
        }
    }
}

/// How many sessions a batch has: doubled while all is well, halved when it is not, and none at all
/// when one is too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    size: usize,
    max: usize,
    paused: bool,
}

impl Window {
    pub fn new(max: usize) -> Window {
        Window { size: FIRST_BATCH.min(max), max, paused: false }
    }

    /// Sessions of the next batch; 0 is a pause.
    pub fn size(&self) -> usize {
        if self.paused { 0 } else { self.size }
    }

    /// A measurement within the limit. After a pause it goes on with the smallest batch.
    pub fn grow(&mut self) {
        if !std::mem::take(&mut self.paused) {
            self.size = self.size.saturating_mul(2).min(self.max);
        }
    }

    /// A measurement beyond it.
    pub fn shrink(&mut self) {
        self.paused = self.size == 1;
        self.size = (self.size / 2).max(1);
    }
}

/// What was measured since the last question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// The slowest answer; one that is still waited for counts as far as it has been waited for.
    pub ping: Option<Duration>,
    pub lag: Option<Lag>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A batch of at most this many sessions.
    Go(usize),
    /// Nothing for so long; then ask again.
    Wait(Duration),
    /// It was waited for long enough.
    Stop,
}

/// Why it goes no faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Rate(Rate),
    Ping { took: Duration, budget: Duration },
    Silent { silent: Duration, max: Duration },
    Behind { bytes: u64, max: u64 },
    Filling,
    Missing { there: u64, of: u64 },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Rate(rate) => write!(f, "at most {rate}"),
            Why::Ping { took, budget } => write!(f, "slowed: ping {} > {}", millis(*took), millis(*budget)),
            Why::Silent { silent, max } => {
                write!(f, "paused: no word from a replica for {} s > {} s", silent.as_secs(), max.as_secs())
            }
            Why::Behind { bytes, max } => {
                write!(
                    f,
                    "paused: replica {} behind > {}",
                    crate::text::size(*bytes),
                    crate::text::size(*max)
                )
            }
            Why::Filling => f.write_str("paused: a replica is doing its initial sync"),
            Why::Missing { there, of } => {
                write!(f, "paused: {there} of {of} replicas are connected")
            }
        }
    }
}

fn millis(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        return format!("{} µs", time.as_micros());
    }
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 && ms.fract() > 0.05 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

/// Decides. Times are since the run began.
#[derive(Debug)]
pub struct Controller {
    limits: Limits,
    max: usize,
    window: Window,
    /// Before then the rate permits nothing.
    not_before: Duration,
    lag: Option<Lag>,
    /// How many replicas there are to wait for, and since when one of them is not connected.
    replicas: u64,
    missing: Option<Duration>,
    /// Why it stands still for a replica.
    behind: Option<Why>,
    /// Why the last measurement made it slower.
    late: Option<Why>,
    /// Since when there is a pause.
    paused: Option<Duration>,
    /// The last batches: when they began and how many sessions they had.
    recent: VecDeque<(Duration, usize)>,
}

impl Controller {
    pub fn new(limits: Limits, max: usize) -> Controller {
        Controller {
            limits,
            max,
            window: Window::new(max),
            not_before: Duration::ZERO,
            lag: None,
            replicas: 0,
            missing: None,
            behind: None,
            late: None,
            paused: None,
            recent: VecDeque::new(),
        }
    }

    /// What to do at this time, knowing what was measured since the last question.
    pub fn next(&mut self, now: Duration, measured: &Measured) -> Next {
        self.lag = measured.lag.or(self.lag);
        self.behind = self.find_missing(now).or_else(|| self.find_behind());
        if self.behind.is_some() {
            return self.pause(now, LAG_EVERY);
        }
        let mut most = self.max;
        if let Some(Budget(budget)) = self.limits.latency {
            match measured.ping {
                Some(took) if took > budget => {
                    self.window.shrink();
                    self.late = Some(Why::Ping { took, budget });
                }
                Some(_) => {
                    self.window.grow();
                    self.late = None;
                }
                None => {}
            }
            most = self.window.size();
            if most == 0 {
                // Until there is another measurement.
                return self.pause(now, PING_EVERY);
            }
        }
        self.paused = None;
        if let Some(rate) = self.limits.rate {
            most = most.min(rate.batch());
        }
        match self.not_before.saturating_sub(now) {
            Duration::ZERO => Next::Go(most),
            wait => Next::Wait(wait),
        }
    }

    /// Waits, unless it has for too long.
    fn pause(&mut self, now: Duration, time: Duration) -> Next {
        let since = *self.paused.get_or_insert(now);
        if now.saturating_sub(since) < STUCK { Next::Wait(time) } else { Next::Stop }
    }

    /// A replica that was there and is not connected: it is waited for as long as an interrupted
    /// connection takes to come back, and then no more.
    fn find_missing(&mut self, now: Duration) -> Option<Why> {
        let (there, _) = (self.lag?.replicas, self.limits.lag?);
        if there < self.replicas && now.saturating_sub(*self.missing.get_or_insert(now)) < MISSING {
            return Some(Why::Missing { there, of: self.replicas });
        }
        (self.replicas, self.missing) = (there, None);
        None
    }

    fn find_behind(&self) -> Option<Why> {
        let lag = self.lag?;
        match self.limits.lag? {
            _ if lag.filling => Some(Why::Filling),
            MaxLag::Time(max) if lag.silent > max => Some(Why::Silent { silent: lag.silent, max }),
            MaxLag::Bytes(max) if lag.bytes > max => Some(Why::Behind { bytes: lag.bytes, max }),
            _ => None,
        }
    }

    /// A batch of this many sessions began at this time and took so long.
    pub fn done(&mut self, began: Duration, sessions: usize, took: Duration) {
        if let Some(rate) = self.limits.rate {
            // From its beginning, not from when it should have begun: what was lost stays lost.
            self.not_before = began + rate.time(sessions).max(took);
        }
        self.recent.push_back((began, sessions));
        while self.recent.len() > 1
            && self.recent.front().is_some_and(|(first, _)| began.saturating_sub(*first) > RECENT)
        {
            self.recent.pop_front();
        }
    }

    /// Sessions a second lately.
    fn speed(&self, now: Duration) -> Option<f64> {
        let (first, _) = self.recent.front()?;
        let span = now.saturating_sub(*first).as_secs_f64();
        let sessions: usize = self.recent.iter().map(|(_, sessions)| sessions).sum();
        (span > 0.2).then(|| sessions as f64 / span)
    }

    /// Why it goes no faster, if anything holds it.
    pub fn why(&self) -> Option<Why> {
        self.behind.or(self.late).or_else(|| self.limits.rate.map(Why::Rate))
    }

    /// A word for the progress bar.
    pub fn says(&self, now: Duration) -> String {
        let speed = self
            .speed(now)
            .map(|speed| if speed < 10.0 { format!("{speed:.1}/s") } else { format!("{speed:.0}/s") });
        let why = self.why().map(|why| why.to_string());
        [speed, why].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What the watching thread has found out.
#[derive(Debug, Default)]
struct Found {
    pings: VecDeque<Duration>,
    /// When the ping that is not answered yet was sent.
    waiting: Option<Instant>,
    lag: Option<Lag>,
    failed: Option<Error>,
    /// How often the connection was lost and re-established.
    remade: usize,
}

/// How often a connection that only measures is made again before its loss ends the run.
const REMAKES: usize = 5;

/// A thread with a connection of its own that asks the server how it is.
struct Probe {
    budget: Option<Budget>,
    found: Arc<Mutex<Found>>,
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

fn held(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probe {
    fn start(mut store: Box<dyn Store>, limits: Limits) -> Result<Probe, Error> {
        // The first batch goes by a measurement, too.
        let mut first = Found::default();
        if limits.latency.is_some() {
            first.pings.push_back(store.ping()?);
        }
        if limits.lag.is_some() {
            first.lag = Some(store.lag()?);
        }
        let found = Arc::new(Mutex::new(first));
        let shared = Arc::clone(&found);
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let mut asked: Option<Instant> = None;
            loop {
                let mut round = || -> Result<(), Error> {
                    if limits.latency.is_some() {
                        held(&shared).waiting = Some(Instant::now());
                        let took = store.ping()?;
                        let mut found = held(&shared);
                        found.waiting = None;
                        if found.pings.len() == MAX_SAMPLES {
                            found.pings.pop_front();
                        }
                        found.pings.push_back(took);
                    }
                    if limits.lag.is_some() && asked.is_none_or(|at| at.elapsed() >= LAG_EVERY) {
                        let lag = store.lag()?;
                        held(&shared).lag = Some(lag);
                        asked = Some(Instant::now());
                    }
                    Ok(())
                };
                if let Err(error) = round() {
                    // That nobody measures is no reason to end a run half-way, if it can be mended.
                    let again = (held(&shared).remade < REMAKES).then(|| store.again());
                    let mut found = held(&shared);
                    found.waiting = None;
                    let Some(Ok(again)) = again else {
                        found.failed = Some(error);
                        return;
                    };
                    store = again;
                    found.remade += 1;
                }
                if stopped.recv_timeout(PING_EVERY) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Ok(Probe { budget: limits.latency, found, stop, thread: Some(thread) })
    }

    fn take(&self) -> Result<Measured, Error> {
        let mut found = held(&self.found);
        if let Some(error) = found.failed.take() {
            return Err(error);
        }
        let waited = found.waiting.map(|since| since.elapsed());
        let slowest = found.pings.drain(..).max();
        // A ping that is on its way is news only if it is late already.
        let late = waited.filter(|waited| self.budget.is_some_and(|Budget(budget)| *waited > budget));
        Ok(Measured { ping: slowest.max(late), lag: found.lag.take() })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Who measures.
enum Watcher {
    Nobody,
    /// What was measured before there is something to do would say nothing of it.
    Waiting(Box<dyn Store>, Limits),
    Probe(Probe),
}

impl Watcher {
    fn take(&mut self) -> Result<Measured, Error> {
        *self = match std::mem::replace(self, Watcher::Nobody) {
            Watcher::Waiting(store, limits) => Watcher::Probe(Probe::start(store, limits)?),
            other => other,
        };
        match self {
            Watcher::Probe(probe) => probe.take(),
            _ => Ok(Measured::default()),
        }
    }
}

/// The pace of a run.
pub struct Pace {
    max: usize,
    limited: Option<(Controller, Watcher)>,
    /// How little is sent at a time.
    gentle: Option<Gentle>,
    began: Instant,
    batch_began: Duration,
}

impl Pace {
    /// As fast as it goes.
    pub fn free(max: usize) -> Pace {
        Pace { max, limited: None, gentle: None, began: Instant::now(), batch_began: Duration::ZERO }
    }

    /// Keeps to these limits. What cannot be kept to is refused here, before the first change.
    pub fn new(
        limits: Limits,
        max: usize,
        connect: &dyn Fn() -> Result<Box<dyn Store>, Error>,
    ) -> anyhow::Result<Pace> {
        let mut pace = Pace::free(max);
        if limits.is_none() {
            return Ok(pace);
        }
        pace.gentle = limits.latency.map(|Budget(budget)| Gentle::new(budget));
        let mut watcher = Watcher::Nobody;
        if limits.latency.is_some() || limits.lag.is_some() {
            let mut store = connect()?;
            if let Some(Budget(budget)) = limits.latency {
                let mut best = Duration::MAX;
                for _ in 0..TRIALS {
                    best = best.min(store.ping()?);
                }
                if best > budget {
                    return Err(Refusal::new(format!(
                        "{} takes {} to answer a PING even before anything is changed; --latency-budget is {}",
                        store.place(),
                        millis(best),
                        millis(budget)
                    ))
                    .hint("wait until the server is less busy, or raise the budget")
                    .into());
                }
            }
            if limits.lag.is_some() {
                store.lag()?;
            }
            watcher = Watcher::Waiting(store, limits);
        }
        pace.limited = Some((Controller::new(limits, max), watcher));
        Ok(pace)
    }

    /// Whether nothing holds it back.
    pub fn is_free(&self) -> bool {
        self.limited.is_none()
    }

    /// What the connections of the run have to keep to, those that only read as well.
    pub fn gentle(&self) -> Option<&Gentle> {
        self.gentle.as_ref()
    }

    /// How often the connection that measures was lost and re-established.
    pub fn remade(&self) -> usize {
        match &self.limited {
            Some((_, Watcher::Probe(probe))) => held(&probe.found).remade,
            _ => 0,
        }
    }

    /// Waits as long as must be, and gives the size of the next batch. `idle` is called while it
    /// waits and may end it; then there is no next batch.
    pub fn next(&mut self, idle: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Option<usize>, Error> {
        let Some((controller, watcher)) = &mut self.limited else { return Ok(Some(self.max)) };
        loop {
            let measured = watcher.take()?;
            if let (Some(gentle), Some(ping), Some(Budget(budget))) =
                (&self.gentle, measured.ping, controller.limits.latency)
                && ping > budget
            {
                gentle.shrink();
            }
            let now = self.began.elapsed();
            match controller.next(now, &measured) {
                Next::Go(sessions) => {
                    self.batch_began = now;
                    return Ok(Some(sessions));
                }
                Next::Wait(time) => {
                    if idle(&controller.says(now)).is_break() {
                        return Ok(None);
                    }
                    std::thread::sleep(time.min(NAP));
                }
                Next::Stop => {
                    let why = controller.why().map(|why| why.to_string()).unwrap_or_default();
                    return Err(Error::Stuck { minutes: STUCK.as_secs() / 60, why });
                }
            }
        }
    }

    /// The batch had this many sessions.
    pub fn done(&mut self, sessions: usize) {
        let now = self.began.elapsed();
        if let Some((controller, _)) = &mut self.limited {
            controller.done(self.batch_began, sessions, now.saturating_sub(self.batch_began));
        }
    }

    /// A word for the progress bar; empty without limits.
    pub fn says(&self) -> String {
        self.limited.as_ref().map_or(String::new(), |(controller, _)| controller.says(self.began.elapsed()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MAX: usize = 1000;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn pinged(millis: u64) -> Measured {
        Measured { ping: Some(ms(millis)), lag: None }
    }

    /// A run by a simulated clock: when each batch began, and how many sessions it had.
    fn simulate(limits: Limits, sessions: usize, took: impl Fn(usize) -> Duration) -> Vec<(Duration, usize)> {
        let mut controller = Controller::new(limits, MAX);
        let mut batches = Vec::new();
        let (mut now, mut left) = (Duration::ZERO, sessions);
        while left > 0 {
            match controller.next(now, &Measured::default()) {
                Next::Wait(time) => now += time,
                Next::Stop => panic!("it gave up"),
                Next::Go(most) => {
                    let many = most.min(left);
                    let took = took(batches.len());
                    batches.push((now, many));
                    controller.done(now, many, took);
                    now += took;
                    left -= many;
                }
            }
        }
        batches
    }

    #[test]
    fn without_limits_batches_have_the_usual_size() {
        assert_eq!(simulate(Limits::default(), 2500, |_| ms(3)).len(), 3);
        let mut pace = Pace::new(Limits::default(), MAX, &|| unreachable!()).unwrap();
        let next = pace.next(&mut |_| unreachable!()).unwrap();
        assert_eq!((next, pace.says()), (Some(MAX), String::new()));
    }

    #[test]
    fn a_rate_is_kept_in_every_stretch_of_time() {
        for (text, per_second) in [("500/s", 500.0), ("7", 7.0), ("30/m", 0.5), ("100000/s", 100_000.0)] {
            let limits = Limits { rate: Some(text.parse().unwrap()), ..Limits::default() };
            // One batch in ten is late, and what it lost must not be made up for.
            let batches =
                simulate(limits, 3000, |n| if n % 10 == 9 { Duration::from_secs(2) } else { ms(1) });
            let largest = batches.iter().map(|(_, many)| *many).max().unwrap();
            for first in (0..batches.len()).step_by(7) {
                let mut sum = 0;
                for (began, many) in &batches[first..] {
                    let span = began.saturating_sub(batches[first].0).as_secs_f64();
                    assert!(f64::from(sum) <= per_second * span + 0.001, "{text}: {sum} in {span} s");
                    sum += *many as u32;
                }
            }
            assert!(largest as f64 <= (per_second / 10.0).max(1.0), "{text}: {largest}");
        }
    }

    #[test]
    fn a_rate_is_reached_where_nothing_else_is_slow() {
        let limits = Limits { rate: "500/s".parse().ok(), ..Limits::default() };
        let batches = simulate(limits, 5000, |_| ms(1));
        let last = batches.last().unwrap().0;
        assert!((ms(9_800)..=ms(10_000)).contains(&last), "{last:?}");
    }

    #[test]
    fn the_window_halves_pauses_and_opens_again() {
        let limits = Limits { latency: Some(Budget(ms(5))), ..Limits::default() };
        let mut controller = Controller::new(limits, MAX);
        let mut next = |measured: Measured| controller.next(ms(0), &measured);
        // Nothing known yet: a small batch, and it stays small.
        assert_eq!(next(Measured::default()), Next::Go(64));
        let grown: Vec<Next> = (0..5).map(|_| next(pinged(5))).collect();
        assert_eq!(grown, [128, 256, 512, 1000, 1000].map(Next::Go));
        assert_eq!(next(pinged(6)), Next::Go(500));
        // An old measurement is not counted twice.
        assert_eq!(next(Measured::default()), Next::Go(500));
        let shrunk: Vec<Next> = (0..8).map(|_| next(pinged(50))).collect();
        assert_eq!(shrunk, [250, 125, 62, 31, 15, 7, 3, 1].map(Next::Go));
        // One is too much as well.
        for measured in [pinged(50), Measured::default(), pinged(6)] {
            assert!(matches!(next(measured), Next::Wait(_)));
        }
        assert_eq!(next(pinged(1)), Next::Go(1));
        assert_eq!(next(pinged(1)), Next::Go(2));
    }

    #[test]
    fn it_says_why_it_is_slow() {
        let limits = Limits { latency: Some(Budget(ms(5))), rate: "900/s".parse().ok(), lag: None };
        let mut controller = Controller::new(limits, MAX);
        assert_eq!(controller.next(ms(0), &pinged(1)), Next::Go(90));
        assert_eq!(controller.says(ms(0)), "at most 900/s");
        controller.done(ms(0), 90, ms(10));
        let _ = controller.next(ms(500), &pinged(12));
        assert_eq!(controller.says(ms(500)), "180/s, slowed: ping 12 ms > 5 ms");
        // It stays said until something else is measured.
        let _ = controller.next(ms(500), &Measured::default());
        assert!(controller.says(ms(500)).contains("slowed"));
        let _ = controller.next(ms(500), &pinged(1));
        assert_eq!(controller.says(ms(500)), "180/s, at most 900/s");
    }

    const BEHIND: Lag = Lag { bytes: 1100, silent: Duration::from_secs(7), filling: false, replicas: 2 };

    #[test]
    fn nothing_is_done_while_a_replica_is_behind() {
        let behind = Measured { ping: None, lag: Some(BEHIND) };
        for (limit, why) in [("5s", "for 7 s > 5 s"), ("1KiB", "behind > 1.0 KiB")] {
            let limits = Limits { lag: limit.parse().ok(), ..Limits::default() };
            let mut controller = Controller::new(limits, MAX);
            assert_eq!(controller.next(ms(0), &Measured::default()), Next::Go(MAX));
            assert!(matches!(controller.next(ms(1), &behind), Next::Wait(_)));
            // Until it is heard that it caught up.
            assert!(matches!(controller.next(ms(1000), &Measured::default()), Next::Wait(_)));
            assert!(controller.says(ms(1000)).contains(why), "{}", controller.says(ms(1000)));
            let caught_up = Measured { ping: None, lag: Some(Lag { replicas: 2, ..Lag::default() }) };
            assert_eq!(controller.next(ms(1001), &caught_up), Next::Go(MAX));
        }
        for limit in ["7s", "1100B"] {
            let limits = Limits { lag: limit.parse().ok(), ..Limits::default() };
            assert_eq!(Controller::new(limits, MAX).next(ms(0), &behind), Next::Go(MAX), "{limit}");
        }
    }

    #[test]
    fn a_replica_that_went_is_waited_for_and_then_no_more() {
        let limits = Limits { lag: "5s".parse().ok(), ..Limits::default() };
        let mut controller = Controller::new(limits, MAX);
        let replicas = |replicas| Measured { ping: None, lag: Some(Lag { replicas, ..Lag::default() }) };
        assert_eq!(controller.next(ms(0), &replicas(2)), Next::Go(MAX));
        assert!(matches!(controller.next(ms(10), &replicas(1)), Next::Wait(_)));
        assert!(controller.says(ms(10)).contains("1 of 2 replicas"), "{}", controller.says(ms(10)));
        assert_eq!(controller.next(ms(20), &replicas(2)), Next::Go(MAX));
        assert!(matches!(controller.next(ms(30), &replicas(1)), Next::Wait(_)));
        assert!(matches!(controller.next(ms(60_029), &Measured::default()), Next::Wait(_)));
        assert_eq!(controller.next(ms(60_030), &Measured::default()), Next::Go(MAX));
        assert_eq!(controller.next(ms(60_040), &replicas(1)), Next::Go(MAX));
    }

    #[test]
    fn a_pause_has_an_end_and_each_begins_anew() {
        let behind = Measured { ping: None, lag: Some(BEHIND) };
        let caught_up = Measured { ping: None, lag: Some(Lag { replicas: 2, ..Lag::default() }) };
        let limits = Limits { lag: "5s".parse().ok(), ..Limits::default() };
        let mut controller = Controller::new(limits, MAX);
        for begin in [0, 500_000, 1_000_000] {
            assert!(matches!(controller.next(ms(begin), &behind), Next::Wait(_)));
            assert!(matches!(controller.next(ms(begin + 400_000), &behind), Next::Wait(_)));
            assert_eq!(controller.next(ms(begin + 450_000), &caught_up), Next::Go(MAX));
        }
        assert!(matches!(controller.next(ms(2_000_000), &behind), Next::Wait(_)));
        assert!(matches!(controller.next(ms(2_599_999), &behind), Next::Wait(_)));
        assert_eq!(controller.next(ms(2_600_000), &behind), Next::Stop);
        assert!(controller.why().unwrap().to_string().contains("no word from a replica for 7 s"));

        let limits = Limits { latency: Some(Budget(ms(5))), ..Limits::default() };
        let mut controller = Controller::new(limits, MAX);
        for _ in 0..8 {
            let _ = controller.next(ms(0), &pinged(50));
        }
        assert!(matches!(controller.next(ms(599_999), &pinged(50)), Next::Wait(_)));
        assert_eq!(controller.next(ms(600_000), &pinged(50)), Next::Stop);
        // However slow the rate is, that is not a pause.
        let limits = Limits { rate: "1/h".parse().ok(), ..Limits::default() };
        assert_eq!(simulate(limits, 3, |_| ms(1)).len(), 3);
    }

    #[test]
    fn limits_are_read() {
        for (text, shown) in [("500", "500/s"), ("500/s", "500/s"), (" 30 / min", "30/m"), ("9/h", "9/h")] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()).as_deref(), Ok(shown));
        }
        for text in ["", "0", "-1", "fast", "5/d", "5/", "1.5/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        assert_eq!("5ms".parse(), Ok(Budget(ms(5))));
        assert_eq!("500us".parse(), Ok(Budget(Duration::from_micros(500))));
        for text in ["", "5", "0ms", "5x", "2m"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
        assert_eq!("5s".parse(), Ok(MaxLag::Time(ms(5000))));
        assert_eq!("1MiB".parse(), Ok(MaxLag::Bytes(1 << 20)));
        for text in ["", "5", "500ms", "5x"] {
            assert!(text.parse::<MaxLag>().is_err(), "{text}");
        }
        assert_eq!("none".parse::<Choice<Rate>>(), Ok(Choice::None));
        let profile = Limits { rate: "5".parse().ok(), latency: "5ms".parse().ok(), lag: None };
        let args = PaceArgs { rate: Some(Choice::None), ..PaceArgs::default() };
        assert_eq!(args.limits(&profile), Limits { rate: None, ..profile });
    }
}
