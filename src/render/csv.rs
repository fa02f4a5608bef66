//! CSV after RFC 4180, with the names of the JSON members as the header.
//!
//! What is not known is an empty cell. Lines end with a line feed alone, as the tools of this world
//! expect. Text that a spreadsheet would take for a formula is left as it is: whoever compares cells
//! with ids needs them unchanged. On a terminal, what it would not show is written escaped.

use super::columns::{Datum, Member};
use super::{Look, Options, clock, json, mask, safe};
use crate::layout::session::Session;

/// A cell of its own, quoted where it must be.
pub fn field(own: &str, options: &Options) -> String {
    let mut out = Vec::with_capacity(own.len() + 2);
    text(&mut out, own, options.look());
    // Whole characters went in.
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends the header.
pub(super) fn head(out: &mut Vec<u8>, members: &[&'static Member]) {
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(member.name.as_bytes());
    }
    out.push(b'\n');
}

/// Appends a row with its line end.
pub(super) fn row(out: &mut Vec<u8>, members: &[&'static Member], session: &Session<'_>, look: Look) {
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match (member.get)(session) {
            Datum::Null => {}
            Datum::Id if look.mask => text(out, &mask::id(session.id, mask::length(session.id)), look),
            Datum::Id => text(out, &safe::text(session.id), look),
            Datum::Key if look.mask => {
                text(out, &mask::key(session.key, session.id, mask::length(session.id)), look);
            }
            Datum::Key => text(out, &safe::text(session.key), look),
            Datum::Text(own) => text(out, own, look),
            Datum::Owned(own) => text(out, &own, look),
            Datum::Bytes(own) => text(out, &safe::text(own), look),
            Datum::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Datum::Number(number) => json::push_number(out, number),
            Datum::Time(ms) => {
                clock::push_rfc3339(out, ms);
            }
            Datum::Names(names) => text(out, &names.join("+"), look),
        }
    }
    // A line that is empty would be no row.
    if members.len() == 1 && out.last().is_none_or(|byte| *byte == b'\n') {
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

/// Appends a cell, quoted where it must be.
pub(super) fn text(out: &mut Vec<u8>, text: &str, look: Look) {
    let shown = if look.terminal { safe::safe(text) } else { text.into() };
    if !shown.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(shown.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in shown.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        let of = |own: &str, terminal| {
            let mut out = Vec::new();
            text(&mut out, own, Look { terminal, ..Look::default() });
            String::from_utf8(out).unwrap()
        };
        let table = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "=1+1"),
            ("", ""),
        ];
        for (own, cell) in table {
            assert_eq!(of(own, false), cell);
            assert_eq!(of(own, true), cell);
        }
        assert_eq!(of("a\nb\u{1b}", false), "\"a\nb\u{1b}\"");
        assert_eq!(of("a\nb\u{1b}", true), "a\\nb\\x1b");
    }
}
