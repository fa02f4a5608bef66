//! Bytes from a store as text that is fit to be shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that does nothing to a terminal: control, escape, bidi and other invisible characters are
/// shown escaped. Clean text is borrowed.
pub fn safe(text: &str) -> Cow<'_, str> {
    match text.char_indices().find(|(_, char)| !is_visible(*char)) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let mut out = String::with_capacity(text.len() + 16);
            out.push_str(&text[..at]);
            for char in text[at..].chars() {
                push_safe(&mut out, char);
            }
            Cow::Owned(out)
        }
    }
}

/// [`safe`], but line breaks and the indentation of a string of several lines stay.
pub fn safe_lines(text: &str) -> Cow<'_, str> {
    let harmless = |char| char == '\n' || is_visible(char);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if char == '\n' { out.push(char) } else { push_safe(&mut out, char) }
    }
    Cow::Owned(out)
}

/// One character of [`safe`] text.
fn push_safe(out: &mut String, char: char) {
    // Writing to a String cannot fail.
    let _ = match char {
        _ if is_visible(char) => out.write_char(char),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        char if char.is_ascii() => write!(out, "\\x{:02x}", char as u32),
        char => write!(out, "\\u{{{:x}}}", char as u32),
    };
}

/// Whether a character is shown as something. Rust's own table for `Debug` knows: not the
/// categories control, format (all of bidi, zero-width and tags), surrogate, private, unassigned,
/// line and paragraph separator, and no space but the common one. Combining marks pass when they
/// stand after another character, hence the letter in front.
pub fn is_visible(char: char) -> bool {
    match char {
        // What most strings are made of, without a look into any table.
        '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{400}'..='\u{482}' | '\u{3041}'..='\u{3096}' => true,
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        // The ideographic space is an ordinary space where it is used.
        ' '..='~' | '\u{3000}' => true,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => false,
        _ => {
            let mut buffer = [b'a'; 5];
            let end = 1 + char.encode_utf8(&mut buffer[1..]).len();
            std::str::from_utf8(&buffer[..end]).is_ok_and(|pair| pair.escape_debug().nth(1) == Some(char))
        }
    }
}

/// Bytes as text: what is not UTF-8 as `\xNN`, everything else as it is.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    Cow::Owned(shown)
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
    fn invisible_characters_are_shown_escaped() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
            ("naïve Zoë 日本 🙂", "naïve Zoë 日本 🙂"),
            ("e\u{301}", "e\u{301}"),
            ("a\x1b[31mred", "a\\x1b[31mred"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\0\x7f", "\\x00\\x7f"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("user\u{202e}gpj", "user\\u{202e}gpj"),
            ("\u{200e}\u{200f}\u{61c}\u{2066}\u{2069}", "\\u{200e}\\u{200f}\\u{61c}\\u{2066}\\u{2069}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("\u{feff}\u{200b}\u{200c}", "\\u{feff}\\u{200b}\\u{200c}"),
            ("\u{e000}\u{378}", "\\u{e000}\\u{378}"),
            ("\u{e0041}", "\\u{e0041}"),
            ("back\\slash \"quoted\" 'too'", "back\\slash \"quoted\" 'too'"),
        ];
        for (text, expected) in cases {
            assert_eq!(safe(text), expected, "{text:?}");
        }
        assert!(matches!(safe("naïve"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_utf8_is_escaped() {
        assert_eq!(text(b"ab\xff\xfec"), "ab\\xff\\xfec");
        assert_eq!(text("é\n".as_bytes()), "é\n");
        assert_eq!(bytes(b"\xff\x1b"), "\\xff\\x1b");
        assert_eq!(bytes("a\u{202e}".as_bytes()), "a\\u{202e}");
    }
}
