//! Looking around sessions where a part of the store is out of reach.
//!
//! What is next to a session tells more of it, and is no reason to show nothing of what was seen: a question
//! that a part of the store does not answer is answered as if nothing were there, and remembered, so that
//! the scan does not count as complete.

use std::ops::ControlFlow;

use super::End;
use crate::store::{Error, Key, Kind, Lookup, Need, Offers, Op, Page, Query, Raw, Record, Source, Ttl};

pub(super) struct Tolerant<'a> {
    inner: &'a mut dyn Lookup,
    /// The first question that was not answered.
    unanswered: Option<Error>,
}

impl<'a> Tolerant<'a> {
    pub(super) fn new(inner: &'a mut dyn Lookup) -> Tolerant<'a> {
        Tolerant { inner, unanswered: None }
    }

    /// A scan is complete only where every question was answered.
    pub(super) fn ends(self, end: End) -> End {
        match (end, self.unanswered) {
            (End::Complete, Some(error)) => End::Broken(error),
            (end, _) => end,
        }
    }

    /// Asks about all items at once, and where some are out of reach about each for itself.
    fn each<K, T>(
        &mut self,
        items: &[K],
        absent: impl Fn(&K) -> T,
        ask: impl Fn(&mut dyn Lookup, &[K]) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        match ask(self.inner, items) {
            Err(error) if is_partial(&error) => self.unanswered.get_or_insert(error),
            answered => return answered,
        };
        items
            .iter()
            .map(|item| match ask(self.inner, std::slice::from_ref(item)) {
                Ok(mut answers) => Ok(answers.pop().unwrap_or_else(|| absent(item))),
                Err(error) if is_partial(&error) => Ok(absent(item)),
                Err(error) => Err(error),
            })
            .collect()
    }
}

/// Whether the rest of the store still answers.
fn is_partial(error: &Error) -> bool {
    matches!(error, Error::Unseen { .. } | Error::Alone { .. })
}

impl Source for Tolerant<'_> {
    fn place(&self) -> &str {
        self.inner.place()
    }

    fn offers(&self) -> Offers {
        self.inner.offers()
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.inner.size()
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.inner.now()
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.inner.scan(query, visit)
    }
}

impl Lookup for Tolerant<'_> {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let gone = |key: &Key| Record {
            key: key.clone(),
            raw: Raw::Gone,
            ttl: Ttl::Unasked,
            ends: Vec::new(),
            memory: None,
            exact_end: None,
            asked: need,
        };
        self.each(keys, gone, |inner, keys| inner.read(keys, need))
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        self.each(keys, |_| None, |inner, keys| inner.kinds(keys))
    }

    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        self.each(keys, |_| None, |inner, keys| inner.absent(keys))
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let one = std::slice::from_ref(key);
        let found = self.each(
            one,
            |_| Vec::new(),
            |inner, keys| keys.iter().map(|key| inner.entries(key, most)).collect(),
        )?;
        Ok(found.into_iter().flatten().collect())
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        self.each(keys, |_| Vec::new(), |inner, keys| inner.members(keys, sorted))
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        self.each(ops, |_| false, |inner, ops| inner.probe(ops))
    }
}
