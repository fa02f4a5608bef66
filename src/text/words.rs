//! Numbers with their nouns, as people say them.

/// `1 key`, `3 keys`, `2 index entries`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// The word that goes with this many: `is` or `are`, `it` or `them`.
pub fn either(count: u64, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}

/// `a`, `a and b`, `a, b and c`.
pub fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_string(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// What the system says of an error, without the number at its end.
pub fn unnumbered(said: &str) -> String {
    match said.split_once(" (os error") {
        Some((text, _)) => text.to_lowercase(),
        None => said.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (count, noun, expected) in [
            (0, "session", "0 sessions"),
            (1, "session", "1 session"),
            (2, "key", "2 keys"),
            (2, "index entry", "2 index entries"),
            (1, "index entry", "1 index entry"),
        ] {
            assert_eq!(plural(count, noun), expected);
        }
        assert_eq!(and(&["a", "b", "c"]), "a, b and c");
        assert_eq!((and(&["a"]), and(&[])), ("a".to_string(), String::new()));
    }
}
