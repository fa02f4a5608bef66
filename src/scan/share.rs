//! A fair share of a store: the keys whose hash falls into it are read, the others are gone over.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;

use crate::store::{Error, Gentle, Health, Interest, Offers, Page, Query, Source};

/// A part of all, of 1, as it is given on the command line.
pub fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim();
    match number.parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent / 100.0),
        _ => Err("give a percentage, such as 1% or 0.1%".to_string()),
    }
}

/// How many there are where a share has this many.
pub fn whole(seen: u64, share: f64) -> u64 {
    (seen as f64 / share).round() as u64
}

/// How far off that may be, at 95 of 100: each of them falls into the share by itself, so that their number
/// there is binomial. Where hardly any was seen it is what could have gone unseen.
pub fn error(seen: u64, share: f64) -> u64 {
    // Three unseen of a Poisson distribution are as rare as 5 of 100.
    let spread = (1.96 * (seen as f64 * (1.0 - share)).sqrt()).max(3.0 * (1.0 - share));
    (spread / share).ceil() as u64
}

/// A source of which only a share of the keys is seen.
pub struct Shared<'s> {
    source: &'s mut dyn Source,
    hash: RandomState,
    /// Keys whose hash is below this are seen.
    below: u64,
}

impl<'s> Shared<'s> {
    /// Sees such a part of the keys, of 1.
    pub fn new(source: &'s mut dyn Source, share: f64) -> Shared<'s> {
        // As near as a hash can tell: 1.0 is not asked for here.
        let below = (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64;
        Shared { source, hash: RandomState::new(), below }
    }
}

impl Source for Shared<'_> {
    fn place(&self) -> &str {
        self.source.place()
    }

    fn offers(&self) -> Offers {
        self.source.offers()
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.source.size()
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.source.now()
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let (hash, below) = (&self.hash, self.below);
        let interest = &mut *query.interest;
        let mut seen = |key: &[u8]| if hash.hash_one(key) < below { interest(key) } else { Interest::Skip };
        let mut query = Query { pattern: query.pattern.clone(), need: query.need, interest: &mut seen };
        self.source.scan(&mut query, visit)
    }

    fn hidden(&self) -> u64 {
        self.source.hidden()
    }

    fn health(&mut self) -> Result<Option<Health>, Error> {
        self.source.health()
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.source.be_gentle(gentle);
    }
}
