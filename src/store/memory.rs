//! A store in memory, that keeps the same contract as a server: what tells whether something is the
//! contract's doing or Redis'. Tests of whatever works on a store may use it; no command opens one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::contract::{Keeper, Lookup, Medium, Offers, Open, Source, Store};
use super::error::Error;
use super::json_list::{in_list, merged, without};
use super::key::Key;
use super::load::Lag;
use super::op::{IndexOp, Op, WhenEmpty};
use super::record::{Interest, Kind, Need, Page, Query, Raw, Record, Ttl};
use super::step::{
    Applied, Backup, Companion, Content, Expiry, Fit, Outcome, Own, Parts, Rewrite, Step, fingerprint,
};
use crate::codec;
use crate::text::clock::now_ms;

/// Keys that a page of a scan goes over.
const PAGE: usize = 100;

/// What a key holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Text(Vec<u8>),
    Hash(Vec<(Vec<u8>, Vec<u8>)>),
    Set(BTreeSet<Vec<u8>>),
    Sorted(BTreeMap<Vec<u8>, f64>),
    List(Vec<Vec<u8>>),
}

impl Held {
    fn kind(&self) -> Kind {
        match self {
            Held::Text(_) => Kind::String,
            Held::Hash(_) => Kind::Hash,
            Held::Set(_) => Kind::Set,
            Held::Sorted(_) => Kind::SortedSet,
            Held::List(_) => Kind::List,
        }
    }

    fn raw(&self) -> Raw {
        match self {
            Held::Text(text) => Raw::Text(text.clone()),
            Held::Hash(fields) => Raw::Hash(fields.clone()),
            other => Raw::Other(other.kind()),
        }
    }

    /// A collection with nothing in it is none.
    fn is_empty(&self) -> bool {
        match self {
            Held::Text(_) => false,
            Held::Hash(fields) => fields.is_empty(),
            Held::Set(members) => members.is_empty(),
            Held::Sorted(members) => members.is_empty(),
            Held::List(items) => items.is_empty(),
        }
    }

    /// What a step makes of it.
    fn rewrite(&mut self, rewrite: Option<&Rewrite>) {
        match (rewrite, self) {
            (Some(Rewrite::Text(text)), Held::Text(held)) => held.clone_from(text),
            (Some(Rewrite::Fields(changed)), Held::Hash(fields)) => {
                for (name, value) in changed {
                    match fields.iter_mut().find(|(field, _)| *field == name.0) {
                        Some((_, held)) => held.clone_from(&value.0),
                        None => fields.push((name.0.clone(), value.0.clone())),
                    }
                }
            }
            _ => {}
        }
    }

    fn parts(&self) -> Option<Parts> {
        let key = |bytes: &Vec<u8>| Key(bytes.clone());
        Some(match self {
            Held::Text(_) => return None,
            Held::Hash(fields) => Parts::Fields(fields.iter().map(|(f, v)| (key(f), key(v))).collect()),
            Held::Set(members) => Parts::Members(members.iter().map(key).collect()),
            Held::Sorted(members) => Parts::Scored(
                members.iter().map(|(m, s)| (key(m), Key(s.to_string().into_bytes()))).collect(),
            ),
            Held::List(items) => Parts::Items(items.iter().map(key).collect()),
        })
    }

    fn of_parts(parts: &Parts) -> Held {
        match parts {
            Parts::Fields(fields) => {
                Held::Hash(fields.iter().map(|(f, v)| (f.0.clone(), v.0.clone())).collect())
            }
            Parts::Members(members) => Held::Set(members.iter().map(|member| member.0.clone()).collect()),
            Parts::Scored(members) => Held::Sorted(
                members
                    .iter()
                    .filter_map(|(m, s)| Some((m.0.clone(), std::str::from_utf8(&s.0).ok()?.parse().ok()?)))
                    .collect(),
            ),
            Parts::Items(items) => Held::List(items.iter().map(|item| item.0.clone()).collect()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    held: Held,
    /// When it ends, in ms since 1970.
    end: Option<i64>,
}

/// Keys with what they hold. What is cloned is the way to it, not the store.
#[derive(Debug, Clone)]
pub struct Memory {
    place: String,
    keys: Arc<Mutex<BTreeMap<Vec<u8>, Entry>>>,
}

/// All keys, while nobody else may touch them.
struct Space<'m>(MutexGuard<'m, BTreeMap<Vec<u8>, Entry>>);

impl Memory {
    /// An empty store by this name.
    pub fn new(name: &str) -> Memory {
        Memory { place: format!("memory:{name}"), keys: Arc::default() }
    }

    /// Writes a key; it ends at that time (ms since 1970), or never.
    pub fn put(&self, key: &[u8], held: Held, end: Option<i64>) {
        self.space().0.insert(key.to_vec(), Entry { held, end });
    }

    /// What a key holds and when it ends.
    pub fn get(&self, key: &[u8]) -> Option<(Held, Option<i64>)> {
        self.space().0.get(key).map(|entry| (entry.held.clone(), entry.end))
    }

    pub fn remove(&self, key: &[u8]) {
        self.space().0.remove(key);
    }

    /// What has ended is gone before anyone looks.
    fn space(&self) -> Space<'_> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now_ms();
        keys.retain(|_, entry| entry.end.is_none_or(|end| end > now));
        Space(keys)
    }
}

impl Space<'_> {
    fn record(&self, key: &[u8], need: Need) -> Record {
        let entry = self.0.get(key);
        let ttl = match entry {
            _ if !need.ttl => Ttl::Unasked,
            None => Ttl::Gone,
            Some(Entry { end: None, .. }) => Ttl::Never,
            Some(Entry { end: Some(end), .. }) => Ttl::In((end - now_ms()).max(0) as u64),
        };
        let raw = match entry {
            None => Raw::Gone,
            Some(entry) if need.value => entry.held.raw(),
            Some(_) => Raw::Unread,
        };
        Record {
            key: Key(key.to_vec()),
            raw,
            ttl,
            ends: Vec::new(),
            memory: None,
            exact_end: None,
            asked: need,
        }
    }

    /// What a key holds of a certain kind, to be changed; a collection left empty is removed by `tidy`.
    fn set(&mut self, key: &Key) -> Option<&mut BTreeSet<Vec<u8>>> {
        match self.0.get_mut(&key.0)?.held {
            Held::Set(ref mut members) => Some(members),
            _ => None,
        }
    }

    fn sorted(&mut self, key: &Key) -> Option<&mut BTreeMap<Vec<u8>, f64>> {
        match self.0.get_mut(&key.0)?.held {
            Held::Sorted(ref mut members) => Some(members),
            _ => None,
        }
    }

    fn hash(&mut self, key: &Key) -> Option<&mut Vec<(Vec<u8>, Vec<u8>)>> {
        match self.0.get_mut(&key.0)?.held {
            Held::Hash(ref mut fields) => Some(fields),
            _ => None,
        }
    }

    fn text(&mut self, key: &Key) -> Option<&mut Vec<u8>> {
        match self.0.get_mut(&key.0)?.held {
            Held::Text(ref mut text) => Some(text),
            _ => None,
        }
    }

    fn tidy(&mut self, key: &Key) {
        if self.0.get(&key.0).is_some_and(|entry| entry.held.is_empty()) {
            self.0.remove(&key.0);
        }
    }

    /// Whether a step's key is what it has to be.
    fn fits(&self, step: &Step, fit: Fit) -> Option<bool> {
        let entry = self.0.get(&step.key.0)?;
        let raw = entry.held.raw();
        let same = fingerprint(&raw) == Some(step.seen);
        let made = || match &step.own {
            Own::Expire { rewrite: Some(Rewrite::Text(text)), .. } => raw == Raw::Text(text.clone()),
            Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } => match &raw {
                Raw::Hash(fields) => {
                    changed.iter().all(|(f, v)| fields.iter().any(|(a, b)| (a, b) == (&f.0, &v.0)))
                }
                _ => false,
            },
            _ => false,
        };
        let ends = step.ends.as_ref().is_none_or(|ends| ends.fits(entry.end));
        Some(ends && (same || (fit == Fit::SeenOrDone && made())))
    }

    /// Which keys an operation finds something to do in, as a probe asks.
    fn finds(&mut self, op: &Op) -> bool {
        match op {
            Op::Unlink(key)
            | Op::Unlock(key)
            | Op::OnlyWhile(key)
            | Op::Index(IndexOp::SetRemoveListed { key, .. })
            | Op::EndAt { key, .. } => self.0.contains_key(&key.0),
            Op::UnlinkIfEquals(key, value) => self.text(key).is_some_and(|text| text == value),
            Op::Index(IndexOp::SetRemove { key, member } | IndexOp::SetMove { key, member, .. }) => {
                self.set(key).is_some_and(|members| members.contains(member))
            }
            Op::Index(
                IndexOp::SortedRemove { key, member }
                | IndexOp::SortedRemoveWhenGone { key, member, .. }
                | IndexOp::SortedScore { key, member, .. },
            ) => self.sorted(key).is_some_and(|members| members.contains_key(member)),
            Op::Index(IndexOp::HashRemove { key, field }) => {
                self.hash(key).is_some_and(|fields| fields.iter().any(|(name, _)| name == field))
            }
            Op::Outlive { key, at } => {
                let end = self.0.get(&key.0).and_then(|entry| entry.end);
                end.is_some_and(|end| at.is_none_or(|at| end < at))
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, .. }) => {
                self.text(key).is_some_and(|text| in_list(text, item, member).is_some())
            }
            Op::Index(IndexOp::JsonListRemove { key, item, .. }) => {
                self.text(key).is_some_and(|text| without(text, item).is_some())
            }
            Op::Index(IndexOp::Publish { .. }) => false,
        }
    }

    /// The sets by name that a set lists.
    fn listed(&mut self, key: &Key, begins: &[u8]) -> Vec<Key> {
        let names = self.set(key).cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(|name| codec::text_of(name))
            .filter(|n| n.starts_with(begins))
            .map(Key)
            .collect()
    }

    /// What an operation is going to change, as it is.
    fn companions(&mut self, op: &Op) -> Vec<Companion> {
        if let Op::Index(IndexOp::SetRemoveListed { key, begins, member }) = op {
            let listed = self.listed(key, begins);
            let each =
                listed.into_iter().map(|key| Op::Index(IndexOp::SetRemove { key, member: member.clone() }));
            return each.flat_map(|op| self.companions(&op)).collect();
        }
        if !self.finds(op) {
            return Vec::new();
        }
        let end = op.key().and_then(|key| self.0.get(&key.0)).and_then(|entry| entry.end);
        let companion = match op {
            Op::Index(IndexOp::SetRemove { key, member }) => {
                Companion::Member { key: key.clone(), member: Key(member.clone()) }
            }
            Op::Index(
                IndexOp::SortedRemove { key, member } | IndexOp::SortedRemoveWhenGone { key, member, .. },
            ) => {
                let score = self.sorted(key).and_then(|members| members.get(member).copied());
                Companion::Scored {
                    key: key.clone(),
                    member: Key(member.clone()),
                    score: score.unwrap_or(0.0),
                }
            }
            Op::Index(IndexOp::SortedScore { key, member, score }) => {
                let was = self.sorted(key).and_then(|members| members.get(member).copied());
                let (key, member) = (key.clone(), Key(member.clone()));
                Companion::Rescored { key, member, score: was.unwrap_or(0.0), left: *score }
            }
            Op::Index(IndexOp::HashRemove { key, field }) => {
                let held = self.hash(key).and_then(|f| f.iter().find(|(name, _)| name == field).cloned());
                let value = Key(held.map(|(_, value)| value).unwrap_or_default());
                Companion::Field { key: key.clone(), field: Key(field.clone()), value }
            }
            Op::Index(IndexOp::SetMove { key, to, member, .. }) => {
                Companion::Moved { key: key.clone(), to: to.clone(), member: Key(member.clone()) }
            }
            Op::Unlink(key) | Op::UnlinkIfEquals(key, _) | Op::Index(IndexOp::JsonListRemove { key, .. }) => {
                match self.0.get(&key.0).map(|entry| &entry.held) {
                    Some(Held::Text(text)) => {
                        Companion::Text { key: key.clone(), value: Key(text.clone()), expires: end }
                    }
                    Some(other) => {
                        let (dump, parts) = (Key(Vec::new()), other.parts());
                        Companion::Dumped { key: key.clone(), dump, expires: end, parts }
                    }
                    None => return Vec::new(),
                }
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, value: left }) => {
                let Some(text) = self.text(key) else { return Vec::new() };
                let Some(span) = in_list(text, item, member) else { return Vec::new() };
                let value = Key(text[span].to_vec());
                let (item, member, left) = (item.clone(), member.clone(), left.clone());
                Companion::Item { key: key.clone(), item, member, value, left }
            }
            Op::Outlive { key, at } => match end {
                Some(expires) => Companion::Outlived { key: key.clone(), expires, left: *at },
                None => return Vec::new(),
            },
            Op::EndAt { key, at } => Companion::Ended { key: key.clone(), expires: end, left: *at },
            Op::Unlock(_)
            | Op::OnlyWhile(_)
            | Op::Index(IndexOp::SetRemoveListed { .. } | IndexOp::Publish { .. }) => {
                return Vec::new();
            }
        };
        vec![companion]
    }

    /// Carries an operation out; the keys and the entries that went.
    fn act(&mut self, op: &Op) -> (u64, u64) {
        match op {
            Op::Unlink(key) | Op::Unlock(key) => (u64::from(self.0.remove(&key.0).is_some()), 0),
            Op::UnlinkIfEquals(key, _) => {
                let equal = self.finds(op);
                (u64::from(equal && self.0.remove(&key.0).is_some()), 0)
            }
            Op::Index(IndexOp::SetRemove { key, member }) => {
                let removed = self.set(key).is_some_and(|members| members.remove(member));
                self.tidy(key);
                (0, u64::from(removed))
            }
            Op::Index(IndexOp::SetRemoveListed { key, begins, member }) => {
                let listed = self.listed(key, begins);
                let each = listed
                    .into_iter()
                    .map(|key| Op::Index(IndexOp::SetRemove { key, member: member.clone() }));
                (0, each.map(|op| self.act(&op).1).sum())
            }
            Op::Index(IndexOp::SortedRemove { key, member }) => {
                let removed = self.sorted(key).and_then(|members| members.remove(member)).is_some();
                self.tidy(key);
                (0, u64::from(removed))
            }
            Op::Index(IndexOp::SortedRemoveWhenGone { key, member, gone }) => {
                if self.0.contains_key(&gone.0) {
                    return (0, 0);
                }
                self.act(&Op::Index(IndexOp::SortedRemove { key: key.clone(), member: member.clone() }))
            }
            Op::Index(IndexOp::HashRemove { key, field }) => {
                let mut removed = 0;
                if let Some(fields) = self.hash(key) {
                    let before = fields.len();
                    fields.retain(|(name, _)| name != field);
                    removed = (before - fields.len()) as u64;
                }
                self.tidy(key);
                (0, removed)
            }
            Op::Index(IndexOp::SortedScore { key, member, score }) => {
                if let Some(held) = self.sorted(key).and_then(|members| members.get_mut(member)) {
                    *held = *score as f64;
                }
                (0, 0)
            }
            Op::Outlive { key, at } | Op::EndAt { key, at } => {
                if self.finds(op)
                    && let Some(entry) = self.0.get_mut(&key.0)
                {
                    entry.end = *at;
                }
                (0, 0)
            }
            Op::Index(IndexOp::SetMove { key, to, member, at }) => {
                if self.set(key).is_some_and(|members| members.remove(member)) {
                    self.tidy(key);
                    let made = || Entry { held: Held::Set(BTreeSet::new()), end: Some(*at) };
                    self.0.entry(to.0.clone()).or_insert_with(made);
                    if let Some(members) = self.set(to) {
                        members.insert(member.clone());
                    }
                }
                (0, 0)
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, value }) => {
                if let Some(text) = self.text(key)
                    && let Some(span) = in_list(text, item, member)
                {
                    *text = codec::json::splice(text, span, value.as_bytes());
                }
                (0, 0)
            }
            Op::Index(IndexOp::JsonListRemove { key, item, when_empty }) => {
                let Some(text) = self.text(key) else { return (0, 0) };
                let Some((rewritten, removed, empty)) = without(text, item) else { return (0, 0) };
                if empty && *when_empty == WhenEmpty::Unlink {
                    self.0.remove(&key.0);
                    return (1, removed);
                }
                *text = rewritten;
                (0, removed)
            }
            Op::OnlyWhile(_) | Op::Index(IndexOp::Publish { .. }) => (0, 0),
        }
    }

    /// What becomes of a session's own key.
    fn own(&mut self, step: &Step) -> u64 {
        match &step.own {
            Own::End => u64::from(self.0.remove(&step.key.0).is_some()),
            Own::Gone => 0,
            Own::Expire { at, rewrite } => {
                if let Some(entry) = self.0.get_mut(&step.key.0) {
                    entry.held.rewrite(rewrite.as_ref());
                    entry.end = match at {
                        Expiry::At(at) => Some(*at),
                        Expiry::Persist => None,
                        Expiry::Keep => entry.end,
                    };
                }
                0
            }
        }
    }

    /// Brings a session back, if nothing newer is in its place.
    fn revive(&mut self, backup: &Backup) -> Outcome {
        let was = match &backup.content {
            Content::Text(text) => Held::Text(text.clone()),
            Content::Hash { fields, .. } => {
                Held::Hash(fields.iter().map(|(f, v)| (f.0.clone(), v.0.clone())).collect())
            }
        };
        let over = backup.expires.is_some_and(|end| end <= now_ms());
        let there = self.0.get(&backup.key.0);
        let fits = match (&backup.own, there) {
            (own, None) if over && *own != Own::Gone => return Outcome::Gone { keys: 0, entries: 0 },
            (Own::Gone, _) => return Outcome::Done { keys: 0, entries: 0 },
            (Own::End, None) => true,
            (Own::End, Some(there)) => there.held == was,
            (Own::Expire { at: Expiry::At(at), .. }, None) => *at <= now_ms(),
            (Own::Expire { .. }, None) => false,
            (Own::Expire { at, rewrite }, Some(there)) => {
                let end = match at {
                    Expiry::At(at) => there.end == Some(*at),
                    Expiry::Persist => there.end.is_none(),
                    Expiry::Keep => true,
                };
                let mut left = was.clone();
                left.rewrite(rewrite.as_ref());
                end && there.held == left
            }
        };
        if !fits {
            return Outcome::Changed;
        }
        self.0.insert(backup.key.0.clone(), Entry { held: was, end: backup.expires });
        Outcome::Done { keys: 0, entries: 0 }
    }

    /// Puts back what belonged to a session.
    fn put_back(&mut self, companion: &Companion) {
        let empty = |held: Held| Entry { held, end: None };
        match companion {
            Companion::Member { key, member } => {
                self.0.entry(key.0.clone()).or_insert_with(|| empty(Held::Set(BTreeSet::new())));
                if let Some(members) = self.set(key) {
                    members.insert(member.0.clone());
                }
            }
            Companion::Scored { key, member, score } => {
                self.0.entry(key.0.clone()).or_insert_with(|| empty(Held::Sorted(BTreeMap::new())));
                if let Some(members) = self.sorted(key) {
                    members.entry(member.0.clone()).or_insert(*score);
                }
            }
            Companion::Field { key, field, value } => {
                self.0.entry(key.0.clone()).or_insert_with(|| empty(Held::Hash(Vec::new())));
                if let Some(fields) = self.hash(key)
                    && fields.iter().all(|(name, _)| *name != field.0)
                {
                    fields.push((field.0.clone(), value.0.clone()));
                }
            }
            Companion::Text { key, value, expires } => {
                let made = || Entry { held: Held::Text(value.0.clone()), end: *expires };
                self.0.entry(key.0.clone()).or_insert_with(made);
                if let Some(text) = self.text(key)
                    && let Some(merged) = merged(text, &value.0)
                {
                    *text = merged;
                }
            }
            Companion::Rescored { key, member, score, left } => {
                if let Some(held) = self.sorted(key).and_then(|members| members.get_mut(&member.0))
                    && held.total_cmp(&(*left as f64)).is_eq()
                {
                    *held = *score;
                }
            }
            Companion::Ended { key, expires, left } => self.end_back(key, *expires, *left),
            Companion::Moved { key, to, member } => {
                if self.set(to).is_some_and(|members| members.remove(&member.0)) {
                    self.tidy(to);
                    self.put_back(&Companion::Member { key: key.clone(), member: member.clone() });
                }
            }
            Companion::Item { key, item, member, value, left } => {
                if let Some(text) = self.text(key)
                    && let Some(span) = in_list(text, item, member)
                    && text[span.clone()] == *left.as_bytes()
                {
                    *text = codec::json::splice(text, span, &value.0);
                }
            }
            Companion::Dumped { key, expires, parts: Some(parts), .. } => {
                let made = || Entry { held: Held::of_parts(parts), end: *expires };
                self.0.entry(key.0.clone()).or_insert_with(made);
            }
            // Once all sessions are back.
            Companion::Outlived { .. } | Companion::Dumped { parts: None, .. } | Companion::Whole { .. } => {}
        }
    }

    fn end_back(&mut self, key: &Key, was: Option<i64>, left: Option<i64>) {
        if let Some(entry) = self.0.get_mut(&key.0)
            && entry.end == left
        {
            entry.end = was;
        }
    }
}

impl Source for Memory {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        Offers { memory: false, ..Offers::ALL }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        Ok(Some(self.space().0.len() as u64))
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(now_ms())
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let names: Vec<Vec<u8>> = self.space().0.keys().cloned().collect();
        for names in names.chunks(PAGE) {
            let mut page = Page { scanned: names.len() as u64, records: Vec::new() };
            let space = self.space();
            for name in names {
                // A pattern only spares work: anyone who asks looks at each key again.
                let record = match (query.interest)(name) {
                    Interest::Skip => continue,
                    Interest::Name => space.record(name, Need::NOTHING),
                    Interest::Look => space.record(name, Need::VALUE),
                    Interest::Read { .. } => space.record(name, query.need.and(Need::VALUE)),
                };
                if space.0.contains_key(name) {
                    page.records.push(record);
                }
            }
            drop(space);
            if visit(page).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Lookup for Memory {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let space = self.space();
        Ok(keys.iter().map(|key| space.record(&key.0, need)).collect())
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let space = self.space();
        Ok(keys.iter().map(|key| Some(space.0.get(&key.0)?.held.kind())).collect())
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let entries = match self.space().0.get(&key.0).map(|entry| &entry.held) {
            Some(Held::Text(text)) => vec![text.clone()],
            Some(Held::Set(members)) => members.iter().cloned().collect(),
            Some(Held::Sorted(members)) => members.keys().cloned().collect(),
            _ => Vec::new(),
        };
        Ok(if entries.len() > most { Vec::new() } else { entries })
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        let space = self.space();
        let of = |key: &Key| match space.0.get(&key.0).map(|entry| &entry.held) {
            Some(Held::Set(members)) if !sorted => members.iter().cloned().collect(),
            Some(Held::Sorted(members)) if sorted => members.keys().cloned().collect(),
            _ => Vec::new(),
        };
        Ok(keys.iter().map(of).collect())
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        let mut space = self.space();
        Ok(ops.iter().map(|op| space.finds(op)).collect())
    }
}

impl Store for Memory {
    fn may_change(&mut self, _: &[&Step]) -> Result<(), Error> {
        Ok(())
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        let mut space = self.space();
        let found: Vec<Option<bool>> = steps
            .iter()
            .map(|step| {
                let beside = step.then.iter().all(|op| !matches!(op, Op::OnlyWhile(_)) || space.finds(op));
                if step.own == Own::Gone {
                    return Some(
                        !space.0.contains_key(&step.key.0) && step.then.iter().any(|op| space.finds(op)),
                    );
                }
                space.fits(step, fit).filter(|_| beside || step.own == Own::End)
            })
            .collect();
        if let Some(keeper) = keeper {
            let mut backups = Vec::new();
            for (at, step) in steps.iter().enumerate().filter(|(at, _)| found[*at] == Some(true)) {
                let entry = space.0.get(&step.key.0).cloned();
                let (content, expires) = match entry {
                    Some(Entry { held: Held::Text(text), end }) => (Content::Text(text), end),
                    Some(Entry { held: Held::Hash(fields), end }) => {
                        let fields = fields.into_iter().map(|(f, v)| (Key(f), Key(v))).collect();
                        (Content::Hash { dump: Vec::new(), fields }, end)
                    }
                    None if step.own == Own::Gone => (Content::Text(Vec::new()), None),
                    _ => continue,
                };
                let companions = step.then.iter().flat_map(|op| space.companions(op)).collect();
                let (key, own) = (step.key.clone(), step.own.clone());
                backups.push(Backup { step: at as u32, key, content, expires, own, companions });
            }
            if let Err(error) = keeper.prepared(&backups) {
                return Applied::nothing(steps.len(), Error::Backup(error.to_string()));
            }
        }
        let mut outcomes = Vec::with_capacity(steps.len());
        for (step, found) in steps.iter().zip(found) {
            let follows = found == Some(true) || (found.is_none() && step.own == Own::End);
            let keys = if found == Some(true) { space.own(step) } else { 0 };
            let mut outcome = match found {
                Some(true) => Outcome::Done { keys, entries: 0 },
                Some(false) => Outcome::Changed,
                None => Outcome::Gone { keys: 0, entries: 0 },
            };
            for op in step.then.iter().filter(|_| follows) {
                let (keys, entries) = space.act(op);
                outcome.add(keys, entries);
            }
            outcomes.push(outcome);
        }
        Applied { outcomes, stopped: None }
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        let mut space = self.space();
        let mut outcomes = Vec::with_capacity(backups.len());
        for backup in backups {
            let outcome = space.revive(backup);
            if matches!(outcome, Outcome::Done { .. }) {
                for companion in &backup.companions {
                    space.put_back(companion);
                }
            }
            outcomes.push(outcome);
        }
        Applied { outcomes, stopped: None }
    }

    fn restore_whole(&mut self, companions: &[Companion]) -> Result<(), Error> {
        let mut space = self.space();
        for companion in companions {
            if let Companion::Outlived { key, expires, left } = companion {
                space.end_back(key, Some(*expires), *left);
            }
        }
        Ok(())
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        Ok(Duration::ZERO)
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(Lag::default())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.clone()))
    }
}

impl Open for Memory {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn medium(&self) -> Medium {
        Medium::Redis
    }

    #[expect(clippy::unnecessary_literal_bound, reason = "the contract's")]
    fn login(&self) -> &str {
        "default"
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(Box::new(self.clone()))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.clone()))
    }
}
