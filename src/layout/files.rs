//! What layouts whose sessions are files have in common: the time of a file is that of the session's last
//! use, and its end follows from it by a span that only the application's configuration tells.

use super::blob::Blob;
use super::expire::{Expiring, Moved};
use super::key::{self, Alphabet};
use super::session::Session;
use super::setup::Setup;
use crate::store::{Expiry, Key, Rewrite};

/// Nanoseconds of a millisecond.
const MILLI: i64 = 1_000_000;

/// When the file was written last, or touched, in ms since 1970.
pub fn mtime(blob: &Blob<'_>) -> Option<i64> {
    let nanos: i64 = std::str::from_utf8(blob.field("mtime")?).ok()?.parse().ok()?;
    Some(nanos.div_euclid(MILLI))
}

/// A span of seconds as an option says it, in ms.
pub fn span(setup: &Setup, option: &str, default: i64) -> i64 {
    setup.number(option).filter(|seconds| *seconds > 0).unwrap_or(default).saturating_mul(1000)
}

/// The end by the file's time and the span (ms) after it.
pub fn end(blob: &Blob<'_>, span: i64) -> Option<i64> {
    Some(mtime(blob)?.saturating_add(span))
}

/// The file's time that lets the session end then.
pub fn by_mtime(end: Option<i64>, span: i64) -> Moved {
    let Some(end) = end else {
        return Err(
            "they expire a fixed time after the file's own time, so they cannot last forever; a distant time can be set with --at",
        );
    };
    let mtime = end.saturating_sub(span).saturating_mul(MILLI);
    Ok(rewritten("mtime", mtime.to_string().into_bytes()))
}

/// The file with another content; its time stays.
pub fn by_content(content: Vec<u8>) -> Expiring {
    rewritten("content", content)
}

fn rewritten(field: &str, value: Vec<u8>) -> Expiring {
    let fields = vec![(Key(field.as_bytes().to_vec()), Key(value))];
    Expiring { at: Expiry::Keep, rewrite: Some(Rewrite::Fields(fields)), then: Vec::new() }
}

/// What a session's file holds.
pub fn content<'s>(session: &Session<'s>) -> Option<&'s [u8]> {
    match session.raw {
        crate::store::Raw::Hash(fields) => {
            fields.iter().find(|(name, _)| name == b"content").map(|(_, content)| &content[..])
        }
        _ => None,
    }
}

/// Where the file's own name begins in a path.
pub fn name_at(path: &[u8]) -> usize {
    memchr::memrchr(b'/', path).map_or(0, |at| at + 1)
}

/// Whether it is a name of hexadecimal digits, as a hash makes them.
pub fn is_hash(name: &[u8]) -> bool {
    matches!(name.len(), 32 | 64) && Alphabet::Hex.all(name)
}

/// Whether a name is exactly this many letters and digits.
pub fn is_alnum(name: &[u8], length: usize) -> bool {
    key::is_exactly(name, length, Alphabet::Alnum)
}
