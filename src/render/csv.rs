//! CSV after RFC 4180, with the names of the JSON members as the header.
//!
//! What is not known is an empty cell. Lines end with a line feed alone, as the tools of this world
//! expect. Text that a spreadsheet would take for a formula is left as it is: anyone who compares cells
//! with ids needs them unchanged. On a terminal, what it would not show is written escaped.

use super::column::{Datum, Member, Rows, Shown};
use super::{Look, clock, json, safe};

/// Appends the header.
pub(super) fn head<'n>(out: &mut Vec<u8>, names: impl Iterator<Item = &'n str>) {
    for (at, name) in names.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
}

/// Appends a row with its line end.
pub(super) fn row<R: Rows>(out: &mut Vec<u8>, members: &[&'static Member<R>], row: &R::Row<'_>, look: Look) {
    cells(out, members.iter().map(|member| (member.get)(row)), look);
}

/// Appends cells with the line end after them.
pub(super) fn cells<'d>(out: &mut Vec<u8>, data: impl Iterator<Item = Datum<'d>>, look: Look) {
    let start = out.len();
    let mut count = 0;
    for one in data {
        if count > 0 {
            out.push(b',');
        }
        count += 1;
        datum(out, one, look, |out, own| text(out, own, look));
    }
    // A line that is empty would be no row.
    if count == 1 && out.len() == start {
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

/// Appends a fact on its own; `text` writes what may hold anything.
pub(super) fn datum(out: &mut Vec<u8>, datum: Datum<'_>, look: Look, text: impl Fn(&mut Vec<u8>, &str)) {
    match datum.shown(look) {
        Shown::Words(words) => text(out, &words),
        Shown::Null => {}
        Shown::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        Shown::Number(number) => json::push_number(out, number),
        Shown::Time(ms) => {
            clock::push_rfc3339(out, ms);
        }
        Shown::Names(names) => text(out, &names.join("+")),
        Shown::Json(value) => text(out, &value.to_string()),
    }
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
