//! Whom the sentinels name, kept up to date.
//!
//! Each sentinel is asked again and again by a thread of its own, so that one that hangs holds up no other.
//! Asking rather than listening to `+switch-master`: of a sentinel that is cut off together with its primary
//! there would be silence, which is the same as all being well. An answer has a time, and a change is only
//! sent while the answers of a majority of all sentinels that there are name this server and are not older
//! than a second ([`LEASE`]). A server that was demoted or cut off takes no more from us than what was sent
//! in that second, though it may call itself the primary for much longer.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::view::{Named, Sentinel, View};
use crate::store::redis::RedisStore;
use crate::store::redis::load;
use crate::store::redis::target::{Address, Target};
use crate::store::{Error, Reason};

/// How old the word may be by which something is changed.
const LEASE: Duration = Duration::from_secs(1);
/// Between two questions where something is changed, and where it is only read.
const OFTEN: Duration = Duration::from_millis(250);
const SELDOM: Duration = Duration::from_secs(1);
/// How long is waited for a newer word before the connection is given up.
const NEWS: Duration = Duration::from_secs(4);
/// Sentinels that are asked at most, however many others they name.
const MOST: usize = 32;

/// The sentinels of a service.
pub(super) struct Watch {
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    service: String,
    changes: bool,
    state: Mutex<State>,
    /// A sentinel has said something.
    news: Condvar,
    /// It is over.
    end: Condvar,
}

#[derive(Default)]
struct State {
    over: bool,
    sentinels: Vec<Known>,
}

/// A sentinel, and what became of asking it.
struct Known {
    host: String,
    port: u16,
    id: Option<String>,
    /// When it was asked for what it said last.
    said: Option<(Instant, View)>,
    /// Whether it was asked at all.
    tried: bool,
    failed: Option<Error>,
}

/// What all of them say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) named: Named,
    /// A majority of all that there are says so, and none of those that it is down.
    pub(super) sure: bool,
    /// Why it is not sure, half a sentence.
    pub(super) why: String,
}

/// What these sentinels, which are told apart by their ids, say together.
///
/// The one of the newest configuration is right where they differ: every failover has a number of its own.
fn word(views: &BTreeMap<&str, &View>) -> Option<Word> {
    let newest = views.values().map(|view| view.epoch).max()?;
    let of_newest = || views.values().filter(|view| view.epoch == newest);
    let votes = |one: &View| views.values().filter(|other| other.named.is_at(&one.named)).count();
    let best = of_newest().max_by_key(|view| (votes(view), view.named.run_id.is_some()))?;
    let all = views.values().map(|view| view.others + 1).max()?.max(views.len());
    let agree = views.values().filter(|view| view.well && view.named.is_at(&best.named)).count();
    let needed = all / 2 + 1;
    let place = best.named.place();
    let why = if agree >= needed {
        String::new()
    } else if views.len() < needed {
        format!("only {} of {all} sentinels could be asked", views.len())
    } else if views.values().any(|view| !view.named.is_at(&best.named)) {
        "the sentinels name different servers".to_string()
    } else {
        format!("the sentinels hold {place} to be down, or a failover is going on")
    };
    Some(Word { named: best.named.clone(), sure: agree >= needed, why })
}

impl State {
    /// What they said at that moment or later, by their ids; of those that have none, by their places.
    fn word(&self, since: Option<Instant>) -> Option<Word> {
        let mut newest: BTreeMap<&str, (Instant, &View)> = BTreeMap::new();
        for known in &self.sentinels {
            let Some((at, view)) = &known.said else { continue };
            let (Some(id), true) = (&known.id, since.is_none_or(|since| *at >= since)) else { continue };
            let one = newest.entry(id).or_insert((*at, view));
            if one.0 < *at {
                *one = (*at, view);
            }
        }
        word(&newest.into_iter().map(|(id, (_, view))| (id, view)).collect())
    }

    /// Why none of them said anything.
    fn nobody(&mut self, place: &str) -> Error {
        let mut errors: Vec<Error> =
            self.sentinels.iter_mut().filter_map(|known| known.failed.take()).collect();
        let telling = |error: &Error| {
            !matches!(error, Error::Connect { reason: Reason::Absent(_), .. } | Error::Lost { .. })
        };
        // What one of them says helps more than that others do not answer.
        if let Some(at) = errors.iter().position(|error| matches!(error, Error::Service { .. })) {
            return errors.swap_remove(at);
        }
        if let Some(at) = errors.iter().position(telling) {
            return errors.swap_remove(at);
        }
        let each: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let why = match &each[..] {
            [] => "no sentinel answers".to_string(),
            each => format!("no sentinel answers ({})", each.join("; ")),
        };
        Error::Leaderless { place: place.to_string(), why }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a sentinel, and begins to ask it.
    fn add(self: &Arc<Shared>, target: Target) {
        let Address::Tcp { host, port, .. } = &target.address else { return };
        let at = {
            let mut state = self.state();
            let known = |one: &Known| (&one.host, one.port) == (host, *port);
            if state.over || state.sentinels.len() >= MOST || state.sentinels.iter().any(known) {
                return;
            }
            state.sentinels.push(Known {
                host: host.clone(),
                port: *port,
                id: None,
                said: None,
                tried: false,
                failed: None,
            });
            state.sentinels.len() - 1
        };
        let shared = Arc::clone(self);
        let asking = std::thread::Builder::new().name("sentinel".to_string());
        // Where there is no thread to be had, it is one that does not answer.
        if asking.spawn(move || shared.keep_asking(at, &target)).is_err() {
            self.state().sentinels[at].tried = true;
        }
    }

    fn keep_asking(self: &Arc<Shared>, at: usize, target: &Target) {
        let every = if self.changes { OFTEN } else { SELDOM };
        let mut open: Option<Sentinel> = None;
        loop {
            let asked = Instant::now();
            let said = match &mut open {
                Some(sentinel) => sentinel.view(&self.service),
                None => self.first(target).map(|(sentinel, view)| {
                    open = Some(sentinel);
                    view
                }),
            };
            let mut state = self.state();
            let known = &mut state.sentinels[at];
            known.tried = true;
            match said {
                Ok(view) => {
                    known.id = open.as_ref().map(|sentinel| sentinel.id.clone());
                    (known.said, known.failed) = (Some((asked, view)), None);
                }
                Err(error) => {
                    open = None;
                    known.failed = Some(error);
                }
            }
            self.news.notify_all();
            let (state, _) = self
                .end
                .wait_timeout_while(state, every, |state| !state.over)
                .unwrap_or_else(PoisonError::into_inner);
            if state.over {
                return;
            }
        }
    }

    /// Connects, and takes up the others that this one knows.
    fn first(self: &Arc<Shared>, target: &Target) -> Result<(Sentinel, View), Error> {
        let mut sentinel = Sentinel::open(target, &self.target)?;
        let view = sentinel.view(&self.service)?;
        // That it may not tell of the others is no reason not to listen to it.
        for (host, port, id) in sentinel.others(&self.service).unwrap_or_default() {
            let known = |one: &Known| one.id.as_ref() == Some(&id);
            if !self.state().sentinels.iter().any(known) {
                self.add(self.target.as_sentinel(self.target.at_host(&host, port)));
            }
        }
        Ok((sentinel, view))
    }
}

impl Watch {
    /// Begins to ask the sentinels that the user named, and the others that these know.
    pub(super) fn start(target: &Target, service: &str, changes: bool) -> Watch {
        let shared = Arc::new(Shared {
            target: target.clone(),
            service: service.to_string(),
            changes,
            state: Mutex::default(),
            news: Condvar::new(),
            end: Condvar::new(),
        });
        for sentinel in target.sentinels() {
            shared.add(sentinel);
        }
        Watch { shared }
    }

    /// Whom they name now. Where something is to be changed it has to be sure.
    ///
    /// What was said before `since` does not count while there may be a newer word.
    pub(super) fn named(&self, since: Option<Instant>) -> Result<Named, Error> {
        let shared = &self.shared;
        let until = Instant::now() + NEWS.max(shared.target.connect_timeout);
        let mut state = shared.state();
        loop {
            let now = Instant::now();
            let word = state.word(since.max(now.checked_sub(LEASE).filter(|_| shared.changes)));
            if let Some(word) = word.filter(|word| word.sure) {
                return Ok(word.named);
            }
            let left = until.saturating_duration_since(now);
            let asked = state.sentinels.iter().all(|known| known.tried);
            let silent = state.sentinels.iter().all(|known| known.failed.is_some());
            if left.is_zero() || (asked && (silent || !shared.changes)) {
                break;
            }
            state = shared
                .news
                .wait_timeout(state, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
        match state.word(None) {
            Some(word) if !shared.changes => Ok(word.named),
            Some(word) => Err(Error::Leaderless { place: shared.target.place(), why: word.why }),
            None => Err(state.nobody(&shared.target.place())),
        }
    }

    /// Whether any of them has ever said anything.
    pub(super) fn has_heard(&self) -> bool {
        self.shared.state().sentinels.iter().any(|known| known.said.is_some())
    }

    /// Whether one of them holds the primary to be down, or replaces it.
    pub(super) fn is_troubled(&self) -> bool {
        let state = self.shared.state();
        state.sentinels.iter().any(|known| known.said.as_ref().is_some_and(|(_, view)| !view.well))
    }

    /// How long a failover takes to begin: the time that a primary has to be silent.
    pub(super) fn patience(&self) -> Duration {
        let state = self.shared.state();
        let said = state.sentinels.iter().filter_map(|known| known.said.as_ref());
        said.map(|(_, view)| view.patience).max().unwrap_or_default()
    }

    /// Whether someone other than this one is named by now, by a word that is newer than `since`, if
    /// there is one in time.
    pub(super) fn is_still(&self, named: &Named, since: Instant) -> bool {
        let shared = &self.shared;
        let until = Instant::now() + NEWS;
        let mut state = shared.state();
        loop {
            if let Some(word) = state.word(Some(since)).filter(|word| word.sure) {
                return word.named.is_at(named);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return state.word(None).is_none_or(|word| word.named.is_at(named));
            }
            state = shared
                .news
                .wait_timeout(state, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    /// The right to talk to this server as to the primary.
    pub(super) fn lead(&self, named: &Named, place: String, run_id: Option<String>) -> Lead {
        Lead { shared: Arc::clone(&self.shared), named: named.clone(), place, run_id }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.shared.end.notify_all();
        self.shared.news.notify_all();
    }
}

/// The right to talk to a server as to the primary, for as long as the sentinels name it.
#[derive(Clone)]
pub(in crate::store::redis) struct Lead {
    shared: Arc<Shared>,
    named: Named,
    /// Where it was reached.
    place: String,
    run_id: Option<String>,
}

impl Lead {
    /// Whether it still is the primary; waits for a newer word where there is none by which anything may
    /// be changed.
    pub(in crate::store::redis) fn holds(&self) -> Result<(), Error> {
        let replaced = || Err(Error::Replaced { place: self.place.clone() });
        let mut state = self.shared.state();
        if !self.shared.changes {
            let word = state.word(None);
            drop(state);
            return if word.is_none_or(|word| word.named.is_at(&self.named)) { Ok(()) } else { replaced() };
        }
        let until = Instant::now() + NEWS;
        loop {
            let now = Instant::now();
            let word = state.word(now.checked_sub(LEASE));
            match &word {
                // A newer configuration, whichever sentinel reports it.
                Some(word) if !word.named.is_at(&self.named) => return replaced(),
                Some(word) if word.sure => return Ok(()),
                _ => {}
            }
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                let why = word.map_or("the sentinels no longer answer".to_string(), |word| word.why);
                return Err(Error::Leaderless { place: self.shared.target.place(), why });
            }
            state = self
                .shared
                .news
                .wait_timeout(state, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    /// Whether it is the process that was named.
    pub(super) fn is_process(&self, named: &Named) -> bool {
        self.run_id.is_some() && self.run_id == named.run_id
    }

    /// One more connection to the same server: the same process, and still the primary.
    pub(in crate::store::redis) fn open(&self, target: &Target) -> Result<RedisStore, Error> {
        let mut store = RedisStore::open(target)?;
        let same = self.run_id.is_none() || load::run_id(&mut store)? == self.run_id;
        if !same || !load::role(&mut store)?.primary {
            return Err(Error::Replaced { place: self.place.clone() });
        }
        store.lead = Some(self.clone());
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(host: &str, epoch: u64, well: bool, others: usize) -> View {
        let named = Named { host: host.to_string(), port: 6379, run_id: None };
        View { named, epoch, well, others, patience: Duration::from_secs(30) }
    }

    /// The host, and whether it is sure.
    fn said(views: &[View]) -> Option<(String, bool)> {
        let ids = ["a", "b", "c", "d", "e"];
        let word = word(&ids.into_iter().zip(views).collect())?;
        assert_eq!(word.sure, word.why.is_empty(), "{}", word.why);
        Some((word.named.host, word.sure))
    }

    #[test]
    fn a_majority_of_all_that_there_are_is_sure() {
        let told = |host: &str, sure: bool| Some((host.to_string(), sure));
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[view("one", 1, true, 0)]), told("one", true));
        // One of three, and two of five, are no majority, however much they agree.
        assert_eq!(said(&[view("one", 1, true, 2)]), told("one", false));
        assert_eq!(said(&[view("one", 1, true, 4), view("one", 1, true, 4)]), told("one", false));
        assert_eq!(said(&[view("one", 1, true, 2), view("one", 1, true, 2)]), told("one", true));
        // One that knows of more sentinels than the others is right.
        assert_eq!(said(&[view("one", 1, true, 1), view("one", 1, true, 3)]), told("one", false));
        // The newest configuration is right, and sure once a majority has heard of it.
        let old = view("old", 1, true, 2);
        let new = view("new", 2, true, 2);
        assert_eq!(said(&[old.clone(), old.clone(), new.clone()]), told("new", false));
        assert_eq!(said(&[old, new.clone(), new]), told("new", true));
        // Nothing is changed on a server that they hold to be down, or are about to replace.
        let well = view("one", 1, true, 2);
        let down = view("one", 1, false, 2);
        assert_eq!(said(&[well.clone(), well.clone(), down.clone()]), told("one", true));
        assert_eq!(said(&[well, down.clone(), down]), told("one", false));
    }
}
