//! How a quantity is spread over many sessions: its ends, percentiles and histogram, in bounded memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Values that are kept as they are. Percentiles are exact up to here.
const EXACT: usize = 100_000;

/// How far apart the edges of two neighbouring buckets of the sketch are, as a ratio: a percentile is
/// off by at most half of what this is above one (Masson, Rim and Lee, DDSketch, VLDB 2019).
const GAMMA: f64 = 1.02;

/// Steps of spans, in milliseconds: from a minute to ninety days.
pub const SPANS: &[u64] =
    &[60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000, 2_592_000_000, 7_776_000_000];
/// Steps of sizes, in bytes: from 256 B to 1 MiB.
pub const SIZES: &[u64] = &[1 << 8, 1 << 9, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20];
/// Steps of counts.
pub const COUNTS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 1_000];

/// Takes values one by one.
#[derive(Debug, Clone)]
pub struct Spread {
    steps: &'static [u64],
    counts: Vec<u64>,
    known: u64,
    min: u64,
    max: u64,
    total: u128,
    exact: Vec<u64>,
    most: usize,
    sketch: Option<BTreeMap<i32, u64>>,
}

/// What became of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spreading {
    /// How many values there were.
    pub known: u64,
    pub min: Option<u64>,
    pub p50: Option<u64>,
    pub p90: Option<u64>,
    pub p99: Option<u64>,
    pub max: Option<u64>,
    pub mean: Option<f64>,
    pub total: u64,
    pub histogram: Vec<Step>,
}

impl Spreading {
    /// The same of the whole, from such a share of it.
    #[must_use]
    pub fn scaled(mut self, share: f64) -> Spreading {
        let scale = |count: u64| (count as f64 / share).round() as u64;
        self.known = scale(self.known);
        self.total = scale(self.total);
        self.histogram.iter_mut().for_each(|step| step.count = scale(step.count));
        self
    }
}

/// How many values are not larger than this, and larger than the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `None` is whatever is larger than the last step.
    pub le: Option<u64>,
    pub count: u64,
}

impl Spread {
    /// Over these steps, which ascend.
    pub fn over(steps: &'static [u64]) -> Spread {
        Spread::with(steps, EXACT)
    }

    fn with(steps: &'static [u64], most: usize) -> Spread {
        Spread {
            steps,
            counts: vec![0; steps.len() + 1],
            known: 0,
            min: u64::MAX,
            max: 0,
            total: 0,
            exact: Vec::new(),
            most,
            sketch: None,
        }
    }

    pub fn add(&mut self, value: u64) {
        self.known += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.total += u128::from(value);
        self.counts[self.steps.partition_point(|step| *step < value)] += 1;
        match &mut self.sketch {
            Some(sketch) => *sketch.entry(bucket(value)).or_default() += 1,
            None if self.exact.len() < self.most => self.exact.push(value),
            None => {
                let mut sketch = BTreeMap::new();
                for value in std::mem::take(&mut self.exact).into_iter().chain([value]) {
                    *sketch.entry(bucket(value)).or_default() += 1;
                }
                self.sketch = Some(sketch);
            }
        }
    }

    /// Whether percentiles are near the truth instead of it.
    pub fn is_estimated(&self) -> bool {
        self.sketch.is_some()
    }

    pub fn total(&self) -> u64 {
        u64::try_from(self.total).unwrap_or(u64::MAX)
    }

    pub fn finish(mut self) -> Spreading {
        self.exact.sort_unstable();
        let at = |share: f64| -> Option<u64> {
            if self.known == 0 {
                return None;
            }
            let rank = ((share * self.known as f64).ceil() as u64).clamp(1, self.known);
            let Some(sketch) = &self.sketch else { return self.exact.get(rank as usize - 1).copied() };
            let mut before = 0;
            let found = sketch.iter().find(|(_, count)| {
                before += **count;
                before >= rank
            });
            found.map(|(bucket, _)| middle(*bucket).clamp(self.min, self.max))
        };
        let (p50, p90, p99) = (at(0.5), at(0.9), at(0.99));
        let some = |value| (self.known > 0).then_some(value);
        let edges = self.steps.iter().copied().map(Some).chain([None]);
        Spreading {
            known: self.known,
            min: some(self.min),
            p50,
            p90,
            p99,
            max: some(self.max),
            mean: (self.known > 0).then(|| (self.total as f64 / self.known as f64 * 100.0).round() / 100.0),
            total: self.total(),
            histogram: match self.known {
                0 => Vec::new(),
                _ => edges.zip(self.counts).map(|(le, count)| Step { le, count }).collect(),
            },
        }
    }
}

/// Zero has a bucket of its own, below those of the numbers from one.
fn bucket(value: u64) -> i32 {
    if value == 0 { -1 } else { ((value as f64).ln() / GAMMA.ln()).ceil() as i32 }
}

fn middle(bucket: i32) -> u64 {
    if bucket < 0 { 0 } else { (2.0 * GAMMA.powi(bucket) / (GAMMA + 1.0)).round() as u64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_told_exactly() {
        let mut spread = Spread::over(COUNTS);
        for value in [5, 1, 3, 2, 4, 2000] {
            spread.add(value);
        }
        let told = spread.finish();
        assert_eq!((told.known, told.min, told.max, told.total), (6, Some(1), Some(2000), 2015));
        assert_eq!((told.p50, told.p90, told.p99), (Some(3), Some(2000), Some(2000)));
        assert_eq!(told.mean, Some(335.83));
        let counts: Vec<u64> = told.histogram.iter().map(|step| step.count).collect();
        assert_eq!(counts, [1, 1, 3, 0, 0, 0, 0, 0, 1]);
        assert_eq!(told.histogram.last().unwrap().le, None);
    }

    #[test]
    fn nothing_is_told_of_nothing() {
        let told = Spread::over(SIZES).finish();
        assert_eq!((told.known, told.min, told.p50, told.mean, told.total), (0, None, None, None, 0));
        assert!(told.histogram.is_empty());
    }

    #[test]
    fn of_many_values_percentiles_are_within_a_hundredth() {
        let mut spread = Spread::with(SPANS, 1_000);
        let values: Vec<u64> = (0..50_000_u64).map(|n| (n * 7_919) % 1_000_003).collect();
        for value in &values {
            spread.add(*value);
        }
        assert!(spread.is_estimated());
        let mut sorted = values;
        sorted.sort_unstable();
        let told = spread.finish();
        for (share, estimate) in [(0.5, told.p50), (0.9, told.p90), (0.99, told.p99)] {
            let exact = sorted[(share * 50_000.0) as usize - 1] as f64;
            let off = (estimate.unwrap() as f64 - exact).abs() / exact;
            assert!(off <= 0.0101, "{share}: {estimate:?} for {exact}");
        }
        assert_eq!((told.min, told.max), (Some(sorted[0]), sorted.last().copied()));
    }

    #[test]
    fn the_largest_numbers_fit() {
        let mut spread = Spread::with(SIZES, 1);
        spread.add(u64::MAX);
        spread.add(0);
        spread.add(u64::MAX);
        let told = spread.finish();
        assert_eq!((told.min, told.max, told.total), (Some(0), Some(u64::MAX), u64::MAX));
        assert!(told.p99.unwrap() > u64::MAX / 100 * 98);
    }
}
