//! Text from a store made fit to be shown: nothing in it can steer a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character must not reach a terminal as it is: controls (C0, DEL, C1), those that turn
/// the direction of writing, and the separators that some terminals take for line breaks.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || is_invisible_order(c)
}

/// Bidi controls and line separators; all of them lie in the basic plane.
pub fn is_invisible_order(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The text with harmful characters shown as `\x1b` or `\u{202e}`.
pub fn safe(text: &str) -> Cow<'_, str> {
    // Plain ASCII is what nearly all of it is.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    push_safe(&mut shown, text);
    Cow::Owned(shown)
}

fn push_safe(shown: &mut String, text: &str) {
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            c if !is_harmful(c) => shown.write_char(c),
            c if u32::from(c) < 0x100 => write!(shown, "\\x{:02x}", u32::from(c)),
            c => write!(shown, "\\u{{{:x}}}", u32::from(c)),
        };
    }
}

/// Bytes as text: what is no UTF-8 as `\xNN`, everything else as it is.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut shown = String::with_capacity(bytes.len() + 16);
            for chunk in bytes.utf8_chunks() {
                shown.push_str(chunk.valid());
                for byte in chunk.invalid() {
                    let _ = write!(shown, "\\x{byte:02x}");
                }
            }
            Cow::Owned(shown)
        }
    }
}

/// Bytes fit to be shown: [`text`], then [`safe`].
pub fn bytes(bytes: &[u8]) -> Cow<'_, str> {
    match text(bytes) {
        Cow::Borrowed(text) => safe(text),
        Cow::Owned(text) => Cow::Owned(safe(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_is_shown() {
        let table = [
            ("plain", "plain"),
            ("näme 名前 👩‍💻", "näme 名前 👩‍💻"),
            ("\u{1b}[31m", "\\x1b[31m"),
            ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
            ("\u{7f}\u{9b}", "\\x7f\\x9b"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("\u{2028}", "\\u{2028}"),
            ("", ""),
        ];
        for (text, shown) in table {
            assert_eq!(safe(text), shown);
        }
        assert!(matches!(safe("plain é"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_utf8_is_escaped() {
        assert_eq!(text(b"ab\xff\xfec"), "ab\\xff\\xfec");
        assert_eq!(text("é\n".as_bytes()), "é\n");
        assert_eq!(bytes(b"\xff\x1b"), "\\xff\\x1b");
    }
}
