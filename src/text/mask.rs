//! Ids shortened: an id is a credential, and a beginning is enough to point at a session.

use std::collections::HashMap;

use super::{glyph, safe};

/// The shortest beginning that is shown.
pub const SHORTEST: usize = 8;

/// How many bytes of an id are shown where nothing is known of the other rows: eight, and never more
/// than half of it.
pub fn length(id: &[u8]) -> usize {
    SHORTEST.min(id.len().div_ceil(2))
}

/// The first bytes of an id as text, with a mark where something was cut off.
pub fn id(id: &[u8], length: usize) -> String {
    let mut shown = safe::text(beginning(id, length)).into_owned();
    if length < id.len() {
        shown.push_str(glyph::cut());
    }
    shown
}

/// A key as text with the id in it shortened.
pub fn key(key: &[u8], id: &[u8], length: usize) -> String {
    // The id nearly always ends the key; where it stands elsewhere, what follows it is kept.
    let at = if key.ends_with(id) { Some(key.len() - id.len()) } else { memchr::memmem::rfind(key, id) };
    match at {
        Some(at) => {
            let after = safe::text(&key[at + id.len()..]);
            format!("{}{}{after}", safe::text(&key[..at]), self::id(id, length))
        }
        // An id that is not in the key as it stands: what looks like a name stays.
        None => self::id(key, key.len() / 2),
    }
}

/// At least this many bytes, without cutting a character in two.
fn beginning(id: &[u8], length: usize) -> &[u8] {
    let mut end = length.min(id.len());
    // At most three bytes continue a character; more is not UTF-8.
    for _ in 0..3 {
        match id.get(end) {
            Some(0x80..=0xbf) => end += 1,
            _ => break,
        }
    }
    &id[..end]
}

/// An id where it stands alone, such as in a message.
pub fn short(id: &[u8]) -> String {
    self::id(id, length(id))
}

/// How much of an id is shown next to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Its first bytes.
    pub length: usize,
    /// Which one it is of those that are shown alike, from 1; 0 where none is.
    pub number: usize,
}

impl Shown {
    /// As much as is shown where the others are not known.
    pub fn alone(id: &[u8]) -> Shown {
        Shown { length: length(id), number: 0 }
    }

    pub fn whole() -> Shown {
        Shown { length: usize::MAX, number: 0 }
    }

    pub fn id(self, id: &[u8]) -> String {
        self.numbered(self::id(id, self.length))
    }

    pub fn key(self, key: &[u8], id: &[u8]) -> String {
        self.numbered(self::key(key, id, self.length))
    }

    fn numbered(self, text: String) -> String {
        if self.number == 0 { text } else { format!("{text}#{}", self.number) }
    }
}

/// How much of each id tells it from the others: as much as is usual, more where one begins like it,
/// and never more than half, so that nobody can have the ids of others shown by ids of his own making.
/// What is still alike then is numbered. Equal ids are one.
pub fn apart(ids: &[&[u8]]) -> Vec<Shown> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| ids[*at]);
    let shared = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let mut shown: Vec<Shown> = ids.iter().map(|id| Shown::alone(id)).collect();
    // Equal ids stand together: how much one shares with the nearest different one on either side.
    let mut before: Option<&[u8]> = None;
    let mut next = 0;
    let mut alike: HashMap<(&[u8], bool), Vec<&[usize]>> = HashMap::new();
    for equal in order.chunk_by(|a, b| ids[*a] == ids[*b]) {
        let id = ids[equal[0]];
        next += equal.len();
        let after = order.get(next).map(|at| ids[*at]);
        let near = [before, after].into_iter().flatten().map(|other| shared(id, other) + 1).max();
        let length = near.unwrap_or(0).max(length(id)).min(id.len().div_ceil(2));
        for at in equal {
            shown[*at].length = length;
        }
        let text = beginning(id, length);
        alike.entry((text, text.len() < id.len())).or_default().push(equal);
        before = Some(id);
    }
    for groups in alike.values().filter(|groups| groups.len() > 1) {
        for (number, equal) in (1..).zip(groups) {
            for at in *equal {
                shown[*at].number = number;
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_keys() {
        assert_eq!(id(b"abcdefghijkl", 8), "abcdefgh…");
        assert_eq!(id(b"abcdefgh", 8), "abcdefgh");
        assert_eq!(id("aé".as_bytes(), 2), "aé…");
        assert_eq!(id(b"\xff\xfe\xfd", 1), "\\xff…");
        assert_eq!(key(b"sess:abcdefghijkl", b"abcdefghijkl", 8), "sess:abcdefgh…");
        assert_eq!(key(b"s:abcdefghijkl:data", b"abcdefghijkl", 8), "s:abcdefgh…:data");
        assert_eq!(key(b"sess:12", b"other", 8), "ses…");
        assert_eq!((length(b"abcdefghijklmnopqr"), length(b"abcd"), length(b"")), (8, 2, 0));
    }

    fn shown(ids: &[&str]) -> Vec<String> {
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes()).collect();
        apart(&ids).iter().zip(&ids).map(|(shown, id)| shown.id(id)).collect()
    }

    #[test]
    fn only_ids_that_begin_alike_are_shown_longer() {
        assert_eq!(shown(&["abcdefghijklmnopqrst", "xyzdefghijklmnopqrst"]), ["abcdefgh…", "xyzdefgh…"]);
        assert_eq!(
            shown(&["0123456789abcdefghij", "zyxwvutsrqponmlkjihg", "0123456788abcdefghij"]),
            ["0123456789…", "zyxwvuts…", "0123456788…"]
        );
        assert_eq!(shown(&[]), Vec::<String>::new());
        // The same id under two keys is one.
        assert_eq!(shown(&["0123456789abcdefghij"; 2]), ["01234567…"; 2]);
    }

    #[test]
    fn no_id_is_ever_shown_beyond_its_half() {
        let ids = ["attackerattackerattacker1", "0c1f5e7a9b3d2468ace0135790", "attackerattackerattacker2"];
        assert_eq!(shown(&ids), ["attackerattac…#1", "0c1f5e7a…", "attackerattac…#2"]);
        assert_eq!(shown(&["abcd", "abce", "abcf", "b"]), ["ab…#1", "ab…#2", "ab…#3", "b"]);
        // One that is the beginning of the other.
        assert_eq!(shown(&["abcdefghijkl", "abcdefghijklmnopqrstuvwx"]), ["abcdef…", "abcdefghijkl…"]);
    }
}
