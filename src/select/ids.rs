//! Lists of ids and keys, from a file or standard input.

use std::collections::HashSet;
use std::io::Read;

/// Ids and keys, a line each, or with NUL in between where there is one. Blank ones and repeats do
/// not count. `\xNN`, which `-o ids` writes for a line break within an id, also stands for the byte.
pub(super) fn read_ids(file: &str) -> std::io::Result<HashSet<Box<[u8]>>> {
    let text = if file == "-" {
        read_at_most(std::io::stdin().lock(), IDS_LIMIT)?
    } else {
        read_at_most(std::fs::File::open(file)?, IDS_LIMIT)?
    };
    Ok(split_ids(&text))
}

/// Twenty million ids of 50 bytes; a device or a pipe may never end.
const IDS_LIMIT: u64 = 1 << 30;

fn read_at_most(source: impl std::io::Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    source.take(limit + 1).read_to_end(&mut text)?;
    if text.len() as u64 > limit {
        return Err(std::io::Error::other(format!("more than {limit} bytes; split the ids")));
    }
    Ok(text)
}

fn split_ids(text: &[u8]) -> HashSet<Box<[u8]>> {
    let mut ids = HashSet::new();
    if memchr::memchr(0, text).is_some() {
        ids.extend(text.split(|byte| *byte == 0).filter(|id| !id.is_empty()).map(Box::from));
        return ids;
    }
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Some(plain) = unescape(line) {
            ids.insert(plain.into());
        }
        ids.insert(line.into());
    }
    ids
}

/// The bytes that `\xNN` stand for; `None` where there is none.
fn unescape(line: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(line, b"\\x")?;
    let hex = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'\\', b'x', high, low, ..] => hex(high).zip(hex(low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            plain.push(high << 4 | low);
            rest = &rest[4..];
        } else {
            plain.push(*first);
            rest = tail;
        }
    }
    (plain != line).then_some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_ids_without_an_end_is_refused() {
        assert_eq!(read_at_most(&b"abcd"[..], 4).expect("it fits"), b"abcd");
        let error = read_at_most(std::io::repeat(0), 4).expect_err("it never ends");
        assert!(error.to_string().contains("more than 4 bytes"), "{error}");
    }

    #[test]
    fn ids() {
        let sorted = |text: &[u8]| {
            let mut ids: Vec<Vec<u8>> = split_ids(text).into_iter().map(|id| id.to_vec()).collect();
            ids.sort();
            ids
        };
        assert_eq!(sorted(b"b\r\na\n\n  \na\nsess:c"), [&b"a"[..], b"b", b"sess:c"]);
        assert_eq!(sorted(b"a\nb\0c\0\0"), [&b"a\nb"[..], b"c"]);
        assert_eq!(sorted(b"a\\x0ab"), [&b"a\nb"[..], b"a\\x0ab"]);
        assert_eq!(sorted(b"a\\xzz"), [&b"a\\xzz"[..]]);
        assert!(sorted(b"").is_empty());
    }
}
