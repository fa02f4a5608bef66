//! Keys: where the id is, and what ids look like.

pub use crate::text::shape::is_uuid;
use std::ops::Range;

use super::Setup;

/// Where a word stands last in a key.
pub fn rfind(key: &[u8], word: &[u8]) -> Option<usize> {
    rfind_iter(key, word).next()
}

/// Where a word stands in a key, from its end on; nowhere if it is empty. Keys are short: making ready
/// for a faster search would take longer than this one.
fn rfind_iter<'k>(key: &'k [u8], word: &'k [u8]) -> impl Iterator<Item = usize> + 'k {
    let ends = word.last().map(|last| memchr::memrchr_iter(*last, key)).into_iter().flatten();
    ends.filter(move |at| key[..=*at].ends_with(word)).map(move |at| at + 1 - word.len())
}

/// Where the id is in a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bytes of the key that are the id.
    pub id: Range<usize>,
    /// Whether the id has the shape that the framework itself makes; only such a key is shown as a
    /// session when its value cannot be decoded.
    pub usual: bool,
}

impl Place {
    /// The id is what follows after `start`.
    pub fn after(key: &[u8], start: usize, usual: bool) -> Place {
        Place { id: start..key.len(), usual }
    }
}

/// The alphabet of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `[0-9a-f]`.
    Hex,
    /// `[0-9]`.
    Digit,
    /// `[a-z0-9]`.
    Lower,
    /// `[A-Za-z0-9]`.
    Alnum,
    /// `[A-Za-z0-9_-]`.
    Base64Url,
    /// `[A-Za-z0-9,-]`, what PHP's own ids are made of.
    Native,
    /// `[A-Z2-7]`.
    Base32,
    /// `[A-Za-z0-9+/=]`.
    Base64,
}

/// For each byte a bit for every alphabet that it is of: keys are looked at once a layout.
const ALPHABETS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let alnum = byte.is_ascii_alphanumeric();
        let of = [
            (Alphabet::Hex, matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            (Alphabet::Digit, byte.is_ascii_digit()),
            (Alphabet::Lower, byte.is_ascii_digit() || byte.is_ascii_lowercase()),
            (Alphabet::Alnum, alnum),
            (Alphabet::Base64Url, alnum || byte == b'_' || byte == b'-'),
            (Alphabet::Native, alnum || byte == b',' || byte == b'-'),
            (Alphabet::Base32, matches!(byte, b'A'..=b'Z' | b'2'..=b'7')),
            (Alphabet::Base64, alnum || matches!(byte, b'+' | b'/' | b'=')),
        ];
        let mut at = 0;
        while at < of.len() {
            if of[at].1 {
                table[byte as usize] |= of[at].0.bit();
            }
            at += 1;
        }
        byte += 1;
    }
    table
};

impl Alphabet {
    const fn bit(self) -> u8 {
        1 << self as u8
    }

    pub fn has(self, byte: u8) -> bool {
        ALPHABETS[usize::from(byte)] & self.bit() != 0
    }

    /// Whether all of the text is of this alphabet.
    pub fn all(self, text: &[u8]) -> bool {
        let common =
            |run: &[u8]| run.iter().fold(self.bit(), |bits, byte| bits & ALPHABETS[usize::from(*byte)]);
        // A run at a time: asking after each byte takes longer, and a long text may end at once.
        text.chunks(32).all(|run| common(run) != 0)
    }

    /// How many bytes at the end of the text are of this alphabet.
    pub fn run_at_end(self, text: &[u8]) -> usize {
        text.iter().rev().take_while(|byte| self.has(**byte)).count()
    }
}

/// Exactly this many bytes of an alphabet.
pub fn is_exactly(text: &[u8], length: usize, alphabet: Alphabet) -> bool {
    text.len() == length && alphabet.all(text)
}

/// The start of a tail of exactly `length` bytes of an alphabet that stands by itself: at the start
/// of the key or after a byte that is not of the alphabet.
pub fn tail(key: &[u8], length: usize, alphabet: Alphabet) -> Option<usize> {
    let start = key.len().checked_sub(length)?;
    let alone = start == 0 || !alphabet.has(key[start - 1]);
    (length > 0 && alone && alphabet.all(&key[start..])).then_some(start)
}

/// As [`tail`], for an alphabet that has the characters in it which prefixes end in (`app-`, `app_`): behind
/// such a one as well.
pub fn tail_behind(key: &[u8], length: usize, alphabet: Alphabet) -> Option<usize> {
    tail(key, length, alphabet).or_else(|| {
        let start = key.len().checked_sub(length)?;
        let separated = start > 0 && matches!(key[start - 1], b'-' | b'_');
        (separated && alphabet.all(&key[start..])).then_some(start)
    })
}

/// The start of a UUID at the end of the key.
pub fn uuid_tail(key: &[u8]) -> Option<usize> {
    let start = key.len().checked_sub(36)?;
    let alone = start == 0 || !key[start - 1].is_ascii_alphanumeric();
    (alone && is_uuid(&key[start..])).then_some(start)
}

/// Behind the last colon, or the whole key.
pub fn last_part(key: &[u8]) -> usize {
    memchr::memrchr(b':', key).map_or(0, |at| at + 1)
}

/// Where the id begins when no prefix was given: after the layout's default prefix, also with a
/// tenant in front of it; otherwise at a tail that `shape` knows; otherwise after the last colon.
fn guess(setup: &Setup, key: &[u8], shape: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let default = setup.layout.keys.prefix.as_bytes();
    if !default.is_empty() {
        if key.starts_with(default) {
            return default.len();
        }
        // `tenant1:sess:<id>`: the prefix must begin a part of the key.
        let found = rfind_iter(key, default).find(|at| *at == 0 || !key[at - 1].is_ascii_alphanumeric());
        if let Some(at) = found {
            return at + default.len();
        }
    }
    shape(key).unwrap_or_else(|| last_part(key))
}

/// The usual `locate`: the id is all that follows the prefix.
pub fn after_prefix(setup: &Setup, key: &[u8]) -> Option<Place> {
    locate_by(setup, key, |_| None, |id| !id.is_empty())
}

/// `locate` for layouts whose ids have a shape: `tail` finds it at the end of a key whose prefix is
/// not known, `usual` judges an id.
pub fn locate_by(
    setup: &Setup,
    key: &[u8],
    tail: impl Fn(&[u8]) -> Option<usize>,
    usual: impl Fn(&[u8]) -> bool,
) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => guess(setup, key, tail),
    };
    (start < key.len()).then(|| Place::after(key, start, usual(&key[start..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::BUILT_IN;

    #[test]
    fn a_word_is_found_where_it_stands_last() {
        for (text, word, at) in [
            ("a:b:c", "b:", Some(2)),
            ("sf_sf_s1", "sf_s", Some(3)),
            ("aaaa", "aa", Some(2)),
            ("a:", "ab:", None),
            ("", "a", None),
        ] {
            assert_eq!(rfind(text.as_bytes(), word.as_bytes()), at, "{text} {word}");
            assert_eq!(memchr::memmem::rfind(text.as_bytes(), word.as_bytes()), at, "{text} {word}");
        }
    }

    #[test]
    fn the_default_prefix_is_found_where_a_part_of_the_key_begins() {
        let setup = Setup::free(BUILT_IN.by_name("connect-redis").expect("a layout"));
        for (key, id) in [
            ("sess:a", Some("a")),
            ("tenant:sess:a", Some("a")),
            ("sess:sess:a", Some("sess:a")),
            ("x:sess:y:sess:a", Some("a")),
            ("x:sess:mysess:a", Some("mysess:a")),
            ("mysess:a", Some("a")),
            ("other:a", Some("a")),
            ("sess:", None),
        ] {
            let place = after_prefix(&setup, key.as_bytes());
            assert_eq!(place.map(|place| &key[place.id]), id, "{key}");
        }
    }
}
