//! The few characters beyond ASCII that the program itself writes, for terminals that have them.

use std::sync::OnceLock;

/// Whether text is UTF-8 in this environment: unless a locale that is set says otherwise. Without any,
/// as in containers and cron jobs, nothing says that it is not.
fn utf8() -> bool {
    static UTF8: OnceLock<bool> = OnceLock::new();
    *UTF8.get_or_init(|| {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        is_utf8(set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).as_deref())
    })
}

/// Whether a locale's charset is UTF-8. One that names no charset has the one of old, but a language
/// alone is what people write who mean UTF-8.
fn is_utf8(locale: Option<&str>) -> bool {
    let Some(locale) = locale else { return true };
    match locale.split_once('.') {
        Some((_, charset)) => {
            let charset = charset.split('@').next().unwrap_or_default();
            matches!(&*charset.to_ascii_lowercase(), "utf-8" | "utf8")
        }
        None => locale != "C" && locale != "POSIX",
    }
}

/// What stands where something was cut off.
pub fn cut() -> &'static str {
    if utf8() { "…" } else { "..." }
}

/// What a bar is drawn with: full, and what is still to come.
pub fn bar() -> &'static str {
    if utf8() { "█░" } else { "#-" }
}

/// Heights from none to full, each in a column of its own.
pub fn heights() -> &'static [char] {
    if utf8() {
        &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    } else {
        &[' ', '.', ':', '-', '=', '+', '*', '#']
    }
}

/// Text for a screen whose columns are counted: what this terminal cannot show is a question mark.
pub fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    if utf8() || text.is_ascii() {
        return text.into();
    }
    let ascii = |char: char| if char.is_ascii() { char } else { '?' };
    own(text).chars().map(ascii).collect::<String>().into()
}

/// Text of our own as this terminal can show it.
pub fn own(text: &str) -> std::borrow::Cow<'_, str> {
    if utf8() || !text.contains('…') { text.into() } else { text.replace('…', "...").into() }
}

/// A name as it was shown, without the mark that something was cut off and the number after it.
pub fn uncut(name: &str) -> &str {
    let marks: &[&str] = if utf8() { &["…"] } else { &["…", "..."] };
    let stem = match name.rsplit_once('#') {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            stem
        }
        _ => name,
    };
    marks.iter().find_map(|mark| stem.strip_suffix(mark)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales() {
        for (locale, expected) in [
            (None, true),
            (Some("C"), false),
            (Some("POSIX"), false),
            (Some("C.UTF-8"), true),
            (Some("en_US.utf8"), true),
            (Some("de_DE.UTF-8@euro"), true),
            (Some("de_DE.ISO-8859-1"), false),
            (Some("de_DE"), true),
        ] {
            assert_eq!(is_utf8(locale), expected, "{locale:?}");
        }
    }

    #[test]
    fn a_name_is_found_by_how_it_was_shown() {
        for (shown, name) in
            [("abc…", "abc"), ("abc…#12", "abc"), ("abc#2", "abc#2"), ("abc…#", "abc…#"), ("abc", "abc")]
        {
            assert_eq!(uncut(shown), name);
        }
    }
}
