//! What someone hands over as a value, and what of it is the value: redis-cli adds a line feed, or puts
//! quotes around it and a number before it; others wrap it for the way.

use std::borrow::Cow;

use crate::codec::Limits;
use crate::wrap::{base64, deflate, lz4, zstd};

/// One way to read what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading<'g> {
    pub(super) value: Given<'g>,
    /// What was taken off, where someone should be told.
    pub(super) how: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given<'g> {
    Value(Cow<'g, [u8]>),
    /// The fields of a hash with their values.
    Fields(Vec<(Vec<u8>, Vec<u8>)>),
}

const QUOTED: &str = "read as redis-cli shows it on a terminal, in quotes";

/// All ways to read it, the plainest first.
pub(super) fn readings(bytes: &[u8]) -> Vec<Reading<'_>> {
    let whole = |bytes, how| Reading { value: Given::Value(bytes), how };
    let mut readings = vec![whole(Cow::Borrowed(bytes), None)];
    // redis-cli --raw and every shell put a line feed after what they print.
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if let Some(line) = line.filter(|line| !line.is_empty()) {
        if let Some(no_lf) = bytes.strip_suffix(b"\n").filter(|no_lf| no_lf.len() > line.len()) {
            readings.push(whole(Cow::Borrowed(no_lf), None));
        }
        readings.push(whole(Cow::Borrowed(line), None));
    }
    match replies(bytes) {
        Some(mut replies) if replies.len() == 1 => {
            readings.push(whole(Cow::Owned(replies.remove(0)), Some(QUOTED)));
        }
        Some(replies) if replies.len().is_multiple_of(2) => {
            let mut fields = Vec::new();
            let mut replies = replies.into_iter();
            while let (Some(field), Some(value)) = (replies.next(), replies.next()) {
                fields.push((field, value));
            }
            let how = Some("read as the fields of a hash, as redis-cli shows them");
            readings.push(Reading { value: Given::Fields(fields), how });
        }
        _ => {}
    }
    // redis-cli --json, and clients that make JSON of any text.
    let text = bytes.trim_ascii();
    if text.first() == Some(&b'"')
        && let Ok(inner) = serde_json::from_slice::<String>(text)
    {
        readings.push(whole(Cow::Owned(inner.into_bytes()), Some("read as a JSON text around the value")));
    }
    readings
}

/// The strings that redis-cli shows, one a line, numbered or not; `None` where anything else is there.
fn replies(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut replies = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        // ` 1) "x"`, and ` 1# "field" => "value"` of RESP3.
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let line = match &line[digits..] {
            [b')' | b'#', rest @ ..] if digits > 0 => rest.trim_ascii_start(),
            _ if digits == 0 => line,
            _ => return None,
        };
        let (first, rest) = unquote(line)?;
        replies.push(first);
        match rest.trim_ascii() {
            [] => {}
            [b'=', b'>', rest @ ..] => {
                let (second, rest) = unquote(rest.trim_ascii_start())?;
                if !rest.trim_ascii().is_empty() {
                    return None;
                }
                replies.push(second);
            }
            _ => return None,
        }
    }
    (!replies.is_empty()).then_some(replies)
}

/// A string between quotes, with the escapes of redis-cli (sds.c `sdscatrepr`), and what follows it.
fn unquote(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut text = Vec::with_capacity(rest.len());
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some((text, rest)),
            [b'\\', b'x', high, low, rest @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                text.push((digit(high)? * 16 + digit(low)?) as u8);
                rest
            }
            [b'\\', escaped, rest @ ..] => {
                text.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 7,
                    b'b' => 8,
                    b'\\' | b'"' => *escaped,
                    _ => return None,
                });
                rest
            }
            [byte, rest @ ..] if *byte != b'\\' => {
                text.push(*byte);
                rest
            }
            _ => return None,
        };
    }
}

/// What someone may have put around a value on its way, if it shows.
pub(super) fn unwrapped(bytes: &[u8], limits: &Limits) -> Option<(&'static str, Vec<u8>)> {
    let (name, plain) = if deflate::is_gzip(bytes) {
        (deflate::GZIP, deflate::gunzip(bytes, limits))
    } else if zstd::is_frame(bytes) {
        (zstd::NAME, zstd::open(bytes, limits))
    } else if lz4::is_frame(bytes) {
        (lz4::NAME, lz4::frame(bytes, limits))
    } else if deflate::is_zlib(bytes) {
        (deflate::ZLIB, deflate::inflate(bytes, limits))
    } else {
        // Tools break it into lines.
        let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let of_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
        if text.len() < 8 || !text.iter().all(of_base64) {
            return None;
        }
        (base64::NAME, base64::open(&text, limits))
    };
    Some((name, plain.ok()?))
}

const RAW: &str = "print the value as it is: redis-cli --raw get KEY > FILE";

/// What redis-cli prints where there is no value, and how to get one.
pub(super) fn reply(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = bytes.trim_ascii();
    let begins = |word: &str| text.starts_with(word.as_bytes());
    Some(if text == b"(nil)" {
        ("redis-cli printed (nil): no such key or field", "look for the key: sessctl inspect ID")
    } else if begins("(error) WRONGTYPE") || begins("WRONGTYPE ") {
        (
            "redis-cli printed an error: the key is not a string",
            "of a hash, print one field: redis-cli --raw hget KEY FIELD; or all of it: redis-cli --no-raw \
             hgetall KEY",
        )
    } else if begins("(error) ") || begins("ERR ") || begins("NOAUTH ") || begins("NOPERM ") {
        ("redis-cli printed an error instead of a value", "fix what it says, then print the value again")
    } else if begins("(integer) ") || begins("(empty ") {
        ("redis-cli printed the reply to a command that returns no value", RAW)
    } else {
        return None;
    })
}

/// What was given instead of a value, where it shows, and how to get it right.
pub(super) fn amiss(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = bytes.trim_ascii();
    let begins = |word: &str| text.starts_with(word.as_bytes());
    // A string that ends as it begins was read as one, and what is in it is to blame.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    reply(bytes).or_else(|| {
        let what = if memchr::memmem::find(text, "\u{fffd}".as_bytes()).is_some() {
            "bytes were lost on the way: U+FFFD stands in their place"
        } else if (begins("\"") && !is_json) || begins("1) ") || begins("1# ") {
            "it looks like what redis-cli shows on a terminal, but is cut or altered"
        } else if memchr::memmem::find(text, b"\\x").is_some() && text.is_ascii() {
            "it holds escapes such as \\x00 as redis-cli shows them, but not the quotes around them"
        } else {
            return None;
        };
        Some((what, RAW))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(bytes: &[u8]) -> Vec<Vec<u8>> {
        let value = |reading: Reading<'_>| match reading.value {
            Given::Value(value) => value.into_owned(),
            Given::Fields(fields) => {
                fields.into_iter().flat_map(|(name, value)| [name, value]).flatten().collect()
            }
        };
        readings(bytes).into_iter().map(value).collect()
    }

    #[test]
    fn what_redis_cli_adds_is_taken_off() {
        for (given, value) in [
            (&b"a|i:1;\n"[..], &b"a|i:1;"[..]),
            (b"a|i:1;\r\n", b"a|i:1;"),
            (b"\"\\x00\\x00\\n\\r\\t\\a\\b\\\\\\\"\xff\"\n", b"\0\0\n\r\t\x07\x08\\\"\xff"),
            (b"1) \"abc\"\n", b"abc"),
            (b" 1) \"ab\"\n 2) \"cd\"\n", b"abcd"),
            (b" 1# \"ab\" => \"cd\"\n 2# \"e\" => \"f\"\n", b"abcdef"),
            (b"\"\\u00e9\\/\"", "é/".as_bytes()),
        ] {
            assert!(values(given).iter().any(|read| read == value), "{}", given.escape_ascii());
        }
        for given in [&b"\"a\" b"[..], b"1) a", b"\"\\xg0\"", b"\"cut", b"x \"a\"", b"12 \"a\""] {
            assert_eq!(values(given), [given.to_vec()], "{}", given.escape_ascii());
        }
    }

    #[test]
    fn what_was_put_around_shows() {
        let limits = Limits::default();
        assert_eq!(unwrapped(b"eyJh\nIjoxfQ==\n", &limits), Some(("base64", b"{\"a\":1}".to_vec())));
        assert_eq!(unwrapped(b"eyJhIjoxfQ", &limits), Some(("base64", b"{\"a\":1}".to_vec())));
        assert_eq!(unwrapped(b"{\"a\":1}", &limits), None);
        assert_eq!(unwrapped(b"abc", &limits), None);
    }
}
