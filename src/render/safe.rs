//! Bytes from a store as text that is fit to be shown.

use std::borrow::Cow;
use std::fmt::Write as _;

pub use crate::ui::safe;

/// Bytes as text: what is no UTF-8 as `\xNN`, everything else as it is.
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
    fn no_utf8_is_escaped() {
        assert_eq!(text(b"ab\xff\xfec"), "ab\\xff\\xfec");
        assert_eq!(text("é\n".as_bytes()), "é\n");
        assert_eq!(bytes(b"\xff\x1b"), "\\xff\\x1b");
        assert_eq!(bytes("a\u{202e}".as_bytes()), "a\\u{202e}");
    }
}
