//! Ids shortened: an id is a credential, and a beginning is enough to point at a session.

use super::safe;

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
        shown.push('…');
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

/// At least so many bytes, without cutting a character in two.
fn beginning(id: &[u8], length: usize) -> &[u8] {
    let mut end = length.min(id.len());
    // At most three bytes continue a character; more is no UTF-8.
    for _ in 0..3 {
        match id.get(end) {
            Some(0x80..=0xbf) => end += 1,
            _ => break,
        }
    }
    &id[..end]
}

/// The shortest length, from [`SHORTEST`] on, at which no two different ids begin alike.
pub fn unambiguous<'i>(ids: impl Iterator<Item = &'i [u8]>) -> usize {
    let mut sorted: Vec<&[u8]> = ids.collect();
    sorted.sort_unstable();
    sorted.dedup();
    let shared = |pair: &[&[u8]]| pair[0].iter().zip(pair[1]).take_while(|(a, b)| a == b).count();
    sorted.windows(2).map(|pair| shared(pair) + 1).max().unwrap_or(0).max(SHORTEST)
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

    #[test]
    fn long_enough_to_tell_apart() {
        assert_eq!(unambiguous([&b"abc"[..], b"xyz"].into_iter()), 8);
        assert_eq!(unambiguous([&b"0123456789a"[..], b"0123456789b", b"0123456789a"].into_iter()), 11);
        assert_eq!(unambiguous([&b"0123456789"[..], b"0123456789b"].into_iter()), 11);
        assert_eq!(unambiguous(std::iter::empty()), 8);
    }
}
