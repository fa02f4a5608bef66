//! Which layouts to ask about a key: an index over their marks, built once, so that a hundred
//! layouts cost no more than the few that could fit.

use crate::layout::blob::{self, Form};
use crate::layout::{Blob, Mark, Setup};
use crate::store::{Kind, Raw};
use crate::value::Value;

/// Shorter ends of keys are repeated by chance.
const REPEATED: usize = 16;

/// From marks to positions in the list of setups.
#[derive(Debug)]
pub struct Index {
    members: Names,
    fields: Names,
    variables: Names,
    php: Set,
    objects: Set,
    lists: Set,
    opaque: Set,
    repeats: Set,
    begins: Vec<(Form, Set)>,
    /// By the byte that they begin with.
    magic: Vec<Vec<(&'static [u8], u16)>>,
    words: Words,
    /// Named layouts are asked about every key that begins as theirs do.
    named: Vec<(Vec<u8>, u16)>,
    strings: bool,
    hashes: bool,
}

impl Index {
    pub fn new(setups: &[Setup]) -> Index {
        let mut index = Index {
            members: Names::default(),
            fields: Names::default(),
            variables: Names::default(),
            php: Set::default(),
            objects: Set::default(),
            lists: Set::default(),
            opaque: Set::default(),
            repeats: Set::default(),
            begins: Vec::new(),
            magic: vec![Vec::new(); 256],
            words: Words::default(),
            named: Vec::new(),
            strings: setups.iter().any(|setup| setup.layout.keeps(Kind::String)),
            hashes: setups.iter().any(|setup| setup.layout.keeps(Kind::Hash)),
        };
        for (at, setup) in setups.iter().enumerate() {
            let at = at as u16;
            if setup.named {
                index.named.extend(setup.known_leads().into_iter().map(|lead| (lead, at)));
                continue;
            }
            for mark in setup.layout.marks {
                match mark {
                    Mark::Member(name) => index.members.add(name, at),
                    Mark::Field(name) => index.fields.add(name, at),
                    Mark::Variable(name) => index.variables.add(name, at),
                    Mark::AnyPhp => index.php.insert(at),
                    Mark::AnyObject => index.objects.insert(at),
                    Mark::AnyList => index.lists.insert(at),
                    Mark::Opaque => index.opaque.insert(at),
                    Mark::Repeats => index.repeats.insert(at),
                    Mark::Begins(form) => {
                        let place = index.begins.iter().position(|(other, _)| other == form);
                        let place = place.unwrap_or_else(|| {
                            index.begins.push((*form, Set::default()));
                            index.begins.len() - 1
                        });
                        index.begins[place].1.insert(at);
                    }
                    Mark::Magic(bytes) => {
                        index.magic[usize::from(bytes[0])].push((bytes, at));
                    }
                    Mark::Word(word) => index.words.add(word.as_bytes(), at),
                }
            }
        }
        index
    }

    /// Whether any layout keeps sessions in keys of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        match kind {
            Kind::String => self.strings,
            Kind::Hash => self.hashes,
            _ => false,
        }
    }

    /// Positions of the setups to ask about a blob.
    pub fn candidates(&self, blob: &Blob<'_>, into: &mut Set) {
        into.clear();
        for (lead, at) in &self.named {
            if blob.key.starts_with(lead) {
                into.insert(*at);
            }
        }
        match blob.raw {
            Raw::Text(text) | Raw::Head(text, _) => {
                match blob.json() {
                    Some(Value::Map(members)) => {
                        into.extend(&self.objects);
                        for (name, _) in members {
                            self.members.find(name.as_bytes(), into);
                        }
                    }
                    Some(Value::List(_)) => into.extend(&self.lists),
                    _ => {}
                }
                if blob.php().is_some() {
                    into.extend(&self.php);
                    for (name, _) in blob.variables().and_then(Value::members).into_iter().flatten() {
                        self.variables.find(name.as_bytes(), into);
                    }
                }
                if blob.json().is_none() {
                    if text.len() >= REPEATED && blob.key.ends_with(text) {
                        into.extend(&self.repeats);
                    }
                    if blob::is_opaque(text) {
                        into.extend(&self.opaque);
                    }
                    for (form, layouts) in &self.begins {
                        if form.is_likely(text) {
                            into.extend(layouts);
                        }
                    }
                }
                for (magic, at) in text.first().into_iter().flat_map(|first| &self.magic[usize::from(*first)])
                {
                    if text.starts_with(magic) {
                        into.insert(*at);
                    }
                }
            }
            Raw::Hash(fields) => {
                for (name, _) in fields {
                    self.fields.find(name, into);
                }
            }
            _ => {}
        }
        self.words.find(blob.key, into);
    }
}

/// Positions of setups, a bit each: in their order, and each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set(Vec<u64>);

impl Set {
    fn clear(&mut self) {
        self.0.fill(0);
    }

    fn insert(&mut self, at: u16) {
        let place = usize::from(at / 64);
        if place >= self.0.len() {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= 1 << (at % 64);
    }

    fn extend(&mut self, other: &Set) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().zip((0..).step_by(64)).flat_map(|(bits, begin)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let at = left.trailing_zeros() as u16;
                left &= left.checked_sub(1)?;
                Some(begin + at)
            })
        })
    }
}

/// Names by their length. There are few of each, and most that are looked up are of none.
#[derive(Debug, Default)]
struct Names(Vec<Vec<(&'static [u8], Set)>>);

impl Names {
    fn add(&mut self, name: &'static str, at: u16) {
        if self.0.len() <= name.len() {
            self.0.resize(name.len() + 1, Vec::new());
        }
        let same = &mut self.0[name.len()];
        let place = same.iter().position(|(other, _)| *other == name.as_bytes()).unwrap_or_else(|| {
            same.push((name.as_bytes(), Set::default()));
            same.len() - 1
        });
        same[place].1.insert(at);
    }

    #[inline]
    fn find(&self, name: &[u8], into: &mut Set) {
        for (other, at) in self.0.get(name.len()).into_iter().flatten() {
            if other.first() == name.first() && *other == name {
                into.extend(at);
            }
        }
    }
}

/// Words that keys contain, all looked for at once: those that begin with the same two bytes have a bit,
/// and two tables tell for a byte and the one after it the bits of the words that may begin there. Only
/// with more than 64 beginnings some share one.
#[derive(Debug)]
struct Words {
    beginnings: Vec<([u8; 2], Vec<(&'static [u8], u16)>)>,
    first: [u64; 256],
    second: [u64; 256],
}

impl Default for Words {
    fn default() -> Words {
        Words { beginnings: Vec::new(), first: [0; 256], second: [0; 256] }
    }
}

impl Words {
    fn add(&mut self, word: &'static [u8], at: u16) {
        // Shorter ones would say next to nothing.
        let [first, second, ..] = *word else { return };
        let place = self.beginnings.iter().position(|(pair, _)| *pair == [first, second]);
        let place = place.unwrap_or_else(|| {
            self.beginnings.push(([first, second], Vec::new()));
            self.beginnings.len() - 1
        });
        let bit = 1 << (place % 64);
        self.first[usize::from(first)] |= bit;
        self.second[usize::from(second)] |= bit;
        self.beginnings[place].1.push((word, at));
    }

    /// Out of line, as its loop needs all registers that there are.
    #[inline(never)]
    fn find(&self, key: &[u8], into: &mut Set) {
        for (at, pair) in key.windows(2).enumerate() {
            let mut bits = self.first[usize::from(pair[0])] & self.second[usize::from(pair[1])];
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let words = self.beginnings.iter().skip(bit).step_by(64).flat_map(|(_, words)| words);
                for (word, layout) in words {
                    if key[at..].starts_with(word) {
                        into.insert(*layout);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_each_position_once_and_in_order() {
        let mut set = Set::default();
        let positions = [0, 63, 64, 7, 700, 64, 1];
        for at in positions {
            set.insert(at);
        }
        assert_eq!(set.iter().collect::<Vec<u16>>(), [0, 1, 7, 63, 64, 700]);
        let mut other = Set::default();
        other.insert(65);
        other.extend(&set);
        assert_eq!(other.iter().collect::<Vec<u16>>(), [0, 1, 7, 63, 64, 65, 700]);
        other.clear();
        assert_eq!(other.iter().count(), 0);
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        const WORDS: &[&str] = &[
            "PHPREDIS_",
            "session-",
            "sf_s",
            ":token:",
            ".session.",
            "}_Data",
            "_PHCR",
            "xy",
            "ab",
            "abc",
            "ss",
        ];
        let mut words = Words::default();
        for (at, word) in WORDS.iter().enumerate() {
            words.add(word.as_bytes(), at as u16);
        }
        for key in [
            "",
            "xy",
            "a",
            "aab",
            "abab c",
            "abcxy",
            "PHPREDIS_SESSION:ab",
            "t.session.sf_sf_ss",
            "PHPREDIS",
            "sf_",
            ":token:token:",
            "{a}_Data",
            "a\u{ff}xy",
        ] {
            let mut found = Set::default();
            words.find(key.as_bytes(), &mut found);
            let expected = (0..WORDS.len()).filter(|at| key.contains(WORDS[*at])).map(|at| at as u16);
            assert_eq!(found.iter().collect::<Vec<u16>>(), expected.collect::<Vec<u16>>(), "{key}");
        }
    }
}
