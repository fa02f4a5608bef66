//! Whether the keys that a run file names belong to the layouts that it names: a session's key as the
//! layout finds it, and next to it what the layout states of that session. Asked before anything of the
//! file is acted upon, whatever else is to be said for it.

use std::collections::{BTreeMap, HashSet};

use super::Entry;
use super::recorded::Recorded;
use super::run::{Kept, Start};
use crate::codec::{self, Limits};
use crate::detect;
use crate::fault::Refusal;
use crate::frameworks::Catalog;
use crate::layout::session::{Certainty, Session};
use crate::layout::{Blob, Setup, Verdict};
use crate::store::{
    Companion, Content, Expiry, IndexOp, JsonItem, Key, Need, Op, Own, Raw, Ttl, fingerprint,
};
use crate::text::mask;

/// Something that a run file names.
#[derive(Debug, Clone, Copy)]
struct Named<'n> {
    key: &'n Key,
    id: &'n [u8],
    layout: &'n str,
    user: Option<&'n str>,
    own: &'n Own,
    /// When the session was to end, where the step does not say it itself.
    ends: Option<i64>,
    /// When it was matched, in ms since 1970.
    at: i64,
}

/// The layouts of a run.
pub struct Belongs<'c> {
    pub catalog: &'c Catalog,
    run: String,
    at: i64,
    bound: bool,
    recorded: Vec<Recorded>,
    /// As they are set now: that is where secrets are, and all that an older file has.
    here: &'c [Setup],
    made: BTreeMap<String, Vec<Setup>>,
}

/// An id that is shorter could be in any key by chance.
const TELLING: usize = 8;

impl<'c> Belongs<'c> {
    pub fn new(start: &Start, bound: bool, catalog: &'c Catalog, here: &'c [Setup]) -> Belongs<'c> {
        let (run, recorded) = (start.run.clone(), start.setups.clone());
        Belongs { catalog, run, at: start.at, bound, recorded, here, made: BTreeMap::new() }
    }

    /// Refuses what is to be put back unless its keys are the layout's.
    pub fn check_kept(&mut self, kept: &Kept) -> Result<(), Refusal> {
        let backup = &kept.backup;
        let named = Named {
            key: &backup.key,
            id: &kept.id,
            layout: &kept.layout,
            user: kept.user.as_deref(),
            own: &backup.own,
            ends: kept.ends,
            at: self.at,
        };
        let raw = if backup.own == Own::Gone { Raw::Gone } else { raw_of(&backup.content) };
        let bound = self.bound;
        self.with(named, &raw, Ttl::Unasked, &mut |stated| {
            let fits = |companion: &&Companion| {
                let here =
                    stated.keeps(companion.key()) || stated.unread_names(companion.entry(), companion.key());
                // Older files do not say to which minute a session was moved.
                let there = match companion {
                    Companion::Moved { key, to, .. } => stated.keeps(to) || (!bound && same_stem(key, to)),
                    _ => true,
                };
                here && there
            };
            backup.companions.iter().find(|companion| !fits(companion)).map(|alien| alien.key().clone())
        })
    }

    /// Refuses a step that is left to do unless its keys are the layout's. `there` is what its key held
    /// when it was planned, if that is known; else only what names the session itself may follow.
    pub fn check_step(&mut self, entry: &mut Entry, there: &Raw, ttl: Ttl) -> Result<(), Refusal> {
        let Entry { step, id, layout, user, ends, .. } = entry;
        let named = Named {
            key: &step.key,
            id,
            layout,
            user: user.as_deref(),
            own: &step.own,
            ends: *ends,
            at: self.at,
        };
        // What is something else by now is left alone, whatever it is.
        let over = step.own == Own::Gone;
        let known = !over && fingerprint(there) == Some(step.seen);
        let there = if known { there } else { &Raw::Gone };
        let then = &mut step.then;
        self.with(named, there, ttl, &mut |stated| {
            if known && stated.is_read {
                return then.iter().find(|op| !stated.states(op)).and_then(|op| op.key().cloned());
            }
            then.retain(|op| {
                (known && stated.states(op)) || (!over && names(op, named.id)) || stated.leaves(op)
            });
            None
        })
    }

    /// Asks with what the layout states of the session; a key that is given is none of it.
    fn with(
        &mut self,
        named: Named<'_>,
        raw: &Raw,
        ttl: Ttl,
        alien: &mut dyn FnMut(&Stated<'_>) -> Option<Key>,
    ) -> Result<(), Refusal> {
        let run = self.run.clone();
        let hint = if self.bound {
            "nothing was changed; if the layout comes from the configuration file, it may have been different then"
        } else {
            "nothing was changed; the file does not say how the layout was configured: name it as it was \
             then, with --profile or with --layout and --prefix"
        };
        let setups = self.setups(named.layout)?;
        let key = &named.key.0[..];
        let Some(setup) = setups.iter().find(|setup| is_key_of(setup, key, named.id, raw)) else {
            let what = format!(
                "the run {run} names a key that is not a session of {}: {}",
                named.layout,
                mask::short(key)
            );
            return Err(Refusal::new(what).hint(hint));
        };
        let record = crate::store::Record {
            key: named.key.clone(),
            raw: raw.clone(),
            ttl,
            ends: Vec::new(),
            memory: None,
            exact_end: None,
            asked: Need::VALUE.and(Need::TTL),
        };
        let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let data = detect::data(setup, &blob);
        let mut session = detect::session(setup, &blob, data.as_ref(), &record, Certainty::Sure, named.at);
        if session.facts.user.is_none() {
            session.facts.user = named.user.map(Into::into);
        }
        let hint = if session.sealed() {
            "nothing was changed; what belongs to a sealed session is known only by its secret: name the profile \
             that has it, with --profile"
        } else {
            hint
        };
        match alien(&Stated::of(&session, &named)) {
            None => Ok(()),
            Some(key) => {
                let what = format!(
                    "the run {run} names a companion key that does not belong to its session of {}: {}",
                    named.layout,
                    mask::short(&key.0)
                );
                Err(Refusal::new(what).hint(hint))
            }
        }
    }

    /// The layout of that name, as it may have been set.
    fn setups(&mut self, name: &str) -> Result<&[Setup], Refusal> {
        if !self.made.contains_key(name) {
            let made = self.make(name)?;
            self.made.insert(name.to_string(), made);
        }
        Ok(self.made.get(name).map_or(&[], Vec::as_slice))
    }

    fn make(&self, name: &str) -> Result<Vec<Setup>, Refusal> {
        let Some(layout) = self.catalog.by_name(name) else {
            let what = format!("the run {} used the layout `{name}`, which is unknown here", self.run);
            return Err(
                Refusal::new(what).hint("name the configuration file that describes it: --config FILE")
            );
        };
        let here = || self.here.iter().filter(|setup| setup.layout.name == name);
        let mut made = Vec::new();
        for recorded in self.recorded.iter().filter(|recorded| recorded.layout == name) {
            let mut setup = self.catalog.free(layout);
            setup.named = recorded.named;
            let secrets = here().flat_map(|setup| setup.settings(true));
            let secrets = secrets.map(|(name, setting)| (name.to_string(), setting.clone()));
            let told = recorded.settings.iter().map(|(name, setting)| (name.clone(), setting.clone()));
            // An option that this version does not know any more says nothing to it.
            for (name, setting) in secrets.chain(told) {
                let _ = setup.set(&name, setting);
            }
            made.push(setup);
        }
        if !self.bound {
            made.extend(here().cloned());
        }
        let free = self.catalog.free(layout);
        if made.is_empty() || (!self.bound && !free.takes_anything()) {
            made.push(free);
        }
        Ok(made)
    }
}

/// Whether a key is that of a session with that id under this setup. Where nobody said what keys begin
/// with, the value has to tell, as it did when the session was found.
fn is_key_of(setup: &Setup, key: &[u8], id: &[u8], raw: &Raw) -> bool {
    let gone = *raw == Raw::Gone;
    if !gone && !raw.kind().is_some_and(|kind| setup.layout.keeps(kind)) {
        return false;
    }
    let left = || setup.layout.extra.remains.is_some_and(|why| gone || why(setup, key, raw).is_some());
    let told = || {
        let blob = Blob::new(key, raw, Limits::default());
        !matches!((setup.layout.recognize)(setup, &blob), Verdict::No(_))
    };
    match (setup.layout.keys.locate)(setup, key) {
        Some(place) => {
            let column = setup.layout.keys.id_column;
            let blob = Blob::new(key, raw, Limits::default());
            let own = match column {
                // Only the row itself says which id it has.
                Some(_) if gone => true,
                Some(column) => blob.field(column) == Some(id),
                None => key[place.id] == *id,
            };
            own && (gone || setup.named || told() || left())
        }
        // What is left of a session goes by its key.
        None => id == key && left(),
    }
}

/// What a layout states of one session.
struct Stated<'s> {
    id: &'s [u8],
    ops: Vec<Op>,
    keys: HashSet<Key>,
    /// What keys begin with that a set of the session lists.
    begins: Vec<Vec<u8>>,
    /// Whether its data could be read: where it could not, the layout does not know all.
    is_read: bool,
}

impl<'s> Stated<'s> {
    fn of(session: &Session<'_>, named: &Named<'s>) -> Stated<'s> {
        let mut ops = session.companions();
        if let Own::Expire { at, .. } = named.own {
            let end = named.ends.or(match at {
                Expiry::At(at) => Some(*at),
                Expiry::Persist | Expiry::Keep => None,
            });
            let moved = session.moved(end);
            ops.extend(moved.into_iter().flat_map(|moved| moved.then));
        }
        let mut keys: HashSet<Key> = ops.iter().filter_map(Op::key).cloned().collect();
        let mut begins = Vec::new();
        for op in &ops {
            match op {
                Op::Index(IndexOp::SetMove { to, .. }) => drop(keys.insert(to.clone())),
                Op::Index(IndexOp::SetRemoveListed { begins: begin, .. }) if !begin.is_empty() => {
                    begins.push(begin.clone());
                }
                _ => {}
            }
        }
        let is_read = !session.undecodable() && session.data.is_some();
        Stated { id: named.id, ops, keys, begins, is_read }
    }

    fn keeps(&self, key: &Key) -> bool {
        self.keys.contains(key) || self.begins.iter().any(|begins| key.0.starts_with(begins))
    }

    fn states(&self, op: &Op) -> bool {
        match op {
            Op::Index(IndexOp::Publish { .. }) => self.ops.contains(op),
            Op::Index(IndexOp::SetMove { key, to, .. }) => self.keeps(key) && self.keeps(to),
            op => op.key().is_none_or(|key| self.keeps(key)),
        }
    }

    /// Whether this is what a session leaves behind that is gone.
    fn leaves(&self, op: &Op) -> bool {
        self.ops.iter().any(|own| leaves(own, op))
    }

    /// Whether an entry or a key names the session, of which no more is known.
    fn unread_names(&self, entry: Option<&Key>, key: &Key) -> bool {
        !self.is_read && contains(&entry.unwrap_or(key).0, self.id)
    }
}

/// Whether the end of a session does this, as far as it concerns what the session left behind: a lock is as good
/// as any key then.
pub fn leaves(own: &Op, op: &Op) -> bool {
    match (own, op) {
        (Op::Unlock(key), Op::Unlink(of)) => key == of,
        (own, op) => own == op,
    }
}

/// What a layout states of a session that is gone, by its key and user alone: what its end would remove.
pub fn left_by(setup: &Setup, key: &[u8], user: Option<&str>, now: i64) -> Vec<Op> {
    let record = crate::store::Record {
        key: Key(key.to_vec()),
        raw: Raw::Gone,
        ttl: Ttl::Unasked,
        ends: Vec::new(),
        memory: None,
        exact_end: None,
        asked: Need::VALUE,
    };
    let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
    let data = detect::data(setup, &blob);
    let mut session = detect::session(setup, &blob, data.as_ref(), &record, Certainty::Sure, now);
    session.facts.user = user.map(Into::into);
    session.companions()
}

fn contains(text: &[u8], id: &[u8]) -> bool {
    id.len() >= TELLING && memchr::memmem::find(text, id).is_some()
}

/// Whether what an operation removes or changes is the session's, by its id in it.
fn names(op: &Op, id: &[u8]) -> bool {
    let there =
        |text: &[u8]| contains(text, id) || codec::text_of(text).is_some_and(|text| contains(&text, id));
    match op {
        Op::Unlink(key)
        | Op::Unlock(key)
        | Op::OnlyWhile(key)
        | Op::Index(IndexOp::SetRemoveListed { key, .. }) => there(&key.0),
        Op::EndAt { key, .. } | Op::Outlive { key, .. } => there(&key.0),
        Op::UnlinkIfEquals(key, value) => there(&key.0) || there(value),
        Op::Index(
            IndexOp::SetRemove { member, .. }
            | IndexOp::SortedRemove { member, .. }
            | IndexOp::SortedRemoveWhenGone { member, .. }
            | IndexOp::SortedScore { member, .. }
            | IndexOp::SetMove { member, .. },
        ) => there(member),
        Op::Index(IndexOp::HashRemove { field, .. }) => there(field),
        Op::Index(IndexOp::JsonListSet { item, .. } | IndexOp::JsonListRemove { item, .. }) => match item {
            JsonItem::Text(text) | JsonItem::Member(_, text) | JsonItem::Within { text, .. } => {
                there(text.as_bytes())
            }
        },
        Op::Index(IndexOp::Publish { message, .. }) => there(message),
    }
}

/// Whether two keys differ after their last colon only.
fn same_stem(one: &Key, other: &Key) -> bool {
    let stem = |key: &Key| memchr::memrchr(b':', &key.0).map(|at| key.0[..at].to_vec());
    stem(one).is_some() && stem(one) == stem(other)
}

/// What a key held by its backup.
pub fn raw_of(content: &Content) -> Raw {
    match content {
        Content::Text(text) => Raw::Text(text.clone()),
        Content::Hash { fields, .. } => {
            Raw::Hash(fields.iter().map(|(field, value)| (field.0.clone(), value.0.clone())).collect())
        }
    }
}
