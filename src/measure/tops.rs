//! Who has most: names with what they hold, the largest kept where there are too many.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::text::shape::beginning;

/// Names that are kept. No name that holds more than its share of all, one of this many, is ever lost
/// (Metwally, Agrawal and El Abbadi, Space-Saving, ICDT 2005).
const MOST: usize = 20_000;

/// Bytes of a name; a longer one is cut.
const LONGEST: usize = 256;

/// How many sessions, and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Held {
    pub sessions: u64,
    pub bytes: u64,
}

/// Takes names one by one.
#[derive(Debug, Clone)]
pub struct Tops {
    names: HashMap<Box<str>, Held>,
    most: usize,
    /// Counts that a name which comes now may have had already.
    floor: Held,
    estimated: bool,
}

impl Default for Tops {
    fn default() -> Self {
        Tops::keeping(MOST)
    }
}

impl Tops {
    pub fn keeping(most: usize) -> Tops {
        Tops { names: HashMap::new(), most, floor: Held::default(), estimated: false }
    }

    pub fn add(&mut self, name: &str, sessions: u64, bytes: u64) {
        let name = beginning(name, LONGEST);
        if let Some(held) = self.names.get_mut(name) {
            held.sessions += sessions;
            held.bytes = held.bytes.saturating_add(bytes);
            return;
        }
        if self.names.len() == self.most {
            self.make_room();
        }
        let held =
            Held { sessions: self.floor.sessions + sessions, bytes: self.floor.bytes.saturating_add(bytes) };
        self.names.insert(name.into(), held);
    }

    /// Forgets the smaller half at once, so that each name costs little.
    fn make_room(&mut self) {
        self.estimated = true;
        let mut sizes: Vec<(u64, u64)> =
            self.names.values().map(|held| (held.sessions, held.bytes)).collect();
        let middle = sizes.len() / 2;
        let (_, edge, _) = sizes.select_nth_unstable(middle);
        let edge = *edge;
        let mut ties = self.names.values().filter(|held| (held.sessions, held.bytes) == edge).count();
        let above = self.names.values().filter(|held| (held.sessions, held.bytes) > edge).count();
        let keep = self.most / 2;
        ties = ties.min(keep.saturating_sub(above));
        let mut floor = self.floor;
        self.names.retain(|_, held| {
            let size = (held.sessions, held.bytes);
            let stays = size > edge || (size == edge && ties > 0);
            if size == edge && ties > 0 {
                ties -= 1;
            }
            if !stays {
                floor.sessions = floor.sessions.max(held.sessions);
                floor.bytes = floor.bytes.max(held.bytes);
            }
            stays
        });
        self.floor = floor;
    }

    /// Whether counts may be too high by what was forgotten.
    pub fn is_estimated(&self) -> bool {
        self.estimated
    }

    /// The names that hold most sessions, or most bytes, and of equals in their own order.
    pub fn first(&self, many: usize, by_bytes: bool) -> Vec<(&str, Held)> {
        let mut all: Vec<(&str, Held)> = self.names.iter().map(|(name, held)| (&**name, *held)).collect();
        let size = |held: &Held| {
            if by_bytes { (held.bytes, held.sessions) } else { (held.sessions, held.bytes) }
        };
        all.sort_unstable_by(|a, b| size(&b.1).cmp(&size(&a.1)).then_with(|| a.0.cmp(b.0)));
        all.truncate(many);
        all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn few_names_are_counted_exactly() {
        let mut tops = Tops::default();
        for (name, bytes) in [("a", 10), ("b", 500), ("a", 20), ("c", 1)] {
            tops.add(name, 1, bytes);
        }
        assert!(!tops.is_estimated());
        assert_eq!(
            tops.first(2, false),
            [("a", Held { sessions: 2, bytes: 30 }), ("b", Held { sessions: 1, bytes: 500 })]
        );
        assert_eq!(tops.first(1, true)[0].0, "b");
    }

    #[test]
    fn who_has_many_is_never_lost_among_those_who_have_one() {
        let mut tops = Tops::keeping(100);
        for n in 0..20_000 {
            tops.add(&format!("user-{n}"), 1, 100);
            if n % 50 == 0 {
                tops.add("crawler", 1, 100);
            }
        }
        assert!(tops.is_estimated() && tops.names.len() <= 100);
        let (name, held) = tops.first(1, false)[0];
        assert_eq!(name, "crawler");
        // At most what was forgotten is counted too much.
        assert!((400..=400 + 20_000 / 50).contains(&held.sessions), "{held:?}");
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let mut tops = Tops::default();
        tops.add(&"ü".repeat(500), 1, 0);
        assert_eq!(tops.first(1, false)[0].0.len(), LONGEST);
    }
}
