//! JSON rows, written straight into a buffer: no tree, and no formatting machinery on the way.

use base64::Engine as _;

use super::column::{Datum, Member, Rows, Shown};
use super::{Look, clock};
use crate::render::Format;
use crate::value::{escaped_json, write_json_text};

/// A row's members with their names ready to be copied.
#[derive(Debug)]
pub(super) struct Names<R: Rows> {
    members: Vec<(Vec<u8>, &'static Member<R>)>,
    /// Whether a key that is not UTF-8 is added whole.
    key: bool,
}

impl<R: Rows> Names<R> {
    pub(super) fn new(members: &[&'static Member<R>]) -> Names<R> {
        let name = |(at, member): (usize, &&'static Member<R>)| {
            let comma = if at == 0 { "" } else { "," };
            (format!("{comma}\"{}\":", member.name).into_bytes(), *member)
        };
        Names {
            key: members.iter().any(|member| matches!(member.name, "id" | "key")),
            members: members.iter().enumerate().map(name).collect(),
        }
    }

    /// Appends the members without the braces.
    pub(super) fn write(&self, out: &mut Vec<u8>, row: &R::Row<'_>, look: Look) {
        for (name, member) in &self.members {
            out.extend_from_slice(name);
            datum(out, (member.get)(row), look);
        }
        let Some(key) = R::KEY.filter(|_| self.key && !look.mask).map(|key| key(row)) else { return };
        if std::str::from_utf8(key).is_err() {
            out.extend_from_slice(b",\"key_b64\":\"");
            out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(key).as_bytes());
            out.push(b'"');
        }
    }
}

/// Appends a value.
pub(super) fn datum(out: &mut Vec<u8>, datum: Datum<'_>, look: Look) {
    match datum.shown(look) {
        Shown::Words(words) => text(out, &words),
        Shown::Null => out.extend_from_slice(b"null"),
        Shown::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        Shown::Number(number) => push_number(out, number),
        Shown::Time(ms) => {
            out.push(b'"');
            if clock::push_rfc3339(out, ms) {
                out.push(b'"');
            } else {
                out.pop();
                out.extend_from_slice(b"null");
            }
        }
        Shown::Names(names) => {
            out.push(b'[');
            for (at, own) in names.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                text(out, own);
            }
            out.push(b']');
        }
        Shown::Json(value) => out.extend_from_slice(escaped_json(&value.to_string()).as_bytes()),
    }
}

/// Appends text as JSON; [`write_json_text`] says what is escaped.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_json_text(out, text);
    }
}

/// A value in a form of data, with its line end.
pub fn value(format: Format, value: &serde_json::Value) -> Vec<u8> {
    match format {
        Format::Json => escaped_json(&format!("{value:#}\n")).into_owned().into_bytes(),
        Format::Yaml => {
            let mut out = Vec::new();
            super::yaml::document(&mut out, escaped_json(&value.to_string()).as_bytes());
            out
        }
        _ => escaped_json(&format!("{value}\n")).into_owned().into_bytes(),
    }
}

/// What is on one line, over several lines and with its line end.
pub(super) fn pretty_of(json: &[u8]) -> Vec<u8> {
    // What was just written here is JSON.
    serde_json::from_slice(json).map_or_else(|_| json.to_vec(), |parsed| value(Format::Json, &parsed))
}

/// Spreads the object that begins there over several lines, as an item of a spread array.
pub(super) fn spread(out: &mut Vec<u8>, start: usize) {
    // What was just written here is JSON.
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&out[start..]) else { return };
    out.truncate(start);
    for (at, line) in escaped_json(&format!("{value:#}")).lines().enumerate() {
        if at > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(b"  ");
        out.extend_from_slice(line.as_bytes());
    }
}

/// Printable ASCII without quote and backslash, looked at eight bytes at a time: what nearly all
/// strings of a session are.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks::<8>();
    // The high bit of a byte says that it is the one looked for (or that it is above ASCII anyway).
    let is = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs
    };
    let odd = |word: u64| {
        let below_space = word.wrapping_sub(ONES * 0x20);
        (word | below_space | is(word, b'"') | is(word, b'\\') | is(word, 0x7f)) & HIGH
    };
    words.iter().fold(0, |odds, word| odds | odd(u64::from_ne_bytes(*word))) == 0
        && rest.iter().all(|byte| matches!(byte, 0x20..=0x7e) && *byte != b'"' && *byte != b'\\')
}

/// Appends a number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_what_needs_no_escape() {
        for byte in 0..=255_u8 {
            let expected = matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\';
            for at in 0..17 {
                let mut text = [b'a'; 17];
                text[at] = byte;
                assert_eq!(is_plain(&text), expected, "{byte} at {at}");
            }
            assert_eq!(is_plain(&[byte; 8]), expected);
        }
        assert!(is_plain(b""));
    }

    #[test]
    fn texts() {
        let of = |own: &str| {
            let mut out = Vec::new();
            text(&mut out, own);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(of("a\u{1b}[1m\"\\\n"), r#""a\u001b[1m\"\\\n""#);
        assert_eq!(of("näme 名"), "\"näme 名\"");
        assert_eq!(of("a\u{202e}b\u{e0041}\té\u{9b}"), r#""a\u202eb\udb40\udc41\té\u009b""#);
        let own = "e\u{301}\u{200b}\u{9b}\"";
        assert_eq!(serde_json::from_str::<String>(&of(own)).unwrap(), own);
    }

    #[test]
    fn what_steers_is_escaped_in_every_writer_of_json() {
        let controls = ('\u{7f}'..='\u{9f}').chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let tags = ('\u{e0000}'..='\u{e007f}').filter(|char| !char.is_alphanumeric());
        let others = "\u{200e}\u{200f}\u{2028}\u{2029}\u{61c}\u{feff}\u{1b}\u{ad}";
        for char in controls.chain(tags).chain(others.chars()) {
            let own = format!("a{char}b");
            let value = serde_json::json!({ &own: [&own, 1] });
            let ours = crate::value::Value::Text(own.as_str().into());
            let mut row = Vec::new();
            text(&mut row, &own);
            let form = |format| String::from_utf8(super::value(format, &value)).unwrap();
            let written = [
                form(Format::Ndjson),
                form(Format::Json),
                ours.to_json(),
                ours.to_json_pretty(),
                String::from_utf8(row).unwrap(),
            ];
            for json in &written {
                assert!(!json.contains(char) && json.contains("a\\u"), "{char:?}: {json}");
            }
            assert_eq!(serde_json::from_str::<serde_json::Value>(&written[1]).unwrap(), value);
            assert_eq!(serde_json::from_str::<String>(&written[2]).unwrap(), own);
        }
    }

    #[test]
    fn numbers() {
        for number in [0, 9, 10, 412, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }
}
