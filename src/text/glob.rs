//! Redis's glob, over bytes: `*`, `?`, `[a-z]`, `[^a]` and `\x`.
//!
//! The grammar is that of `stringmatchlen` in Redis's util.c, its odd corners included: an unclosed
//! class ends with the pattern, `[]` matches nothing, and a range may be written backwards. The
//! matcher is not Redis's: it goes back to the last star only, so that a pattern with many stars
//! costs at most the product of the two lengths.

/// A pattern, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Any number of bytes.
    Star,
    /// Any one byte.
    One,
    Byte(u8),
    /// A set of bytes, a bit each.
    Class([u64; 4]),
}

impl Part {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Part::Star => false,
            Part::One => true,
            Part::Byte(own) => *own == byte,
            Part::Class(bits) => bits[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1,
        }
    }
}

impl Glob {
    /// Every text is a pattern.
    pub fn new(pattern: &[u8]) -> Glob {
        let mut parts = Vec::with_capacity(pattern.len());
        let mut rest = pattern;
        while let [first, tail @ ..] = rest {
            rest = tail;
            match (first, tail) {
                (b'*', _) => {
                    if parts.last() != Some(&Part::Star) {
                        parts.push(Part::Star);
                    }
                }
                (b'?', _) => parts.push(Part::One),
                (b'[', _) => {
                    let (class, tail) = class(tail);
                    parts.push(class);
                    rest = tail;
                }
                (b'\\', [escaped, tail @ ..]) => {
                    parts.push(Part::Byte(*escaped));
                    rest = tail;
                }
                (byte, _) => parts.push(Part::Byte(*byte)),
            }
        }
        Glob { parts }
    }

    /// Whether the whole text is of this pattern.
    pub fn matches(&self, text: &[u8]) -> bool {
        let (mut part, mut at) = (0, 0);
        // Where the last star stands, and how much of the text it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.parts.get(part) {
                Some(Part::Star) => {
                    star = Some((part, at));
                    part += 1;
                }
                Some(one) if one.takes(text[at]) => {
                    part += 1;
                    at += 1;
                }
                _ => match &mut star {
                    Some((begin, taken)) => {
                        *taken += 1;
                        part = *begin + 1;
                        at = *taken;
                    }
                    None => return false,
                },
            }
        }
        self.parts[part..].iter().all(|rest| *rest == Part::Star)
    }
}

/// The class that begins after a `[`, and what follows it.
fn class(mut rest: &[u8]) -> (Part, &[u8]) {
    let mut bits = [0_u64; 4];
    let mut add = |byte: u8| bits[usize::from(byte >> 6)] |= 1 << (byte & 63);
    let negated = rest.first() == Some(&b'^');
    if negated {
        rest = &rest[1..];
    }
    loop {
        rest = match rest {
            [] => break,
            [b'\\', escaped, tail @ ..] => {
                add(*escaped);
                tail
            }
            [b']', tail @ ..] => {
                rest = tail;
                break;
            }
            [from, b'-', to, tail @ ..] => {
                (*from.min(to)..=*from.max(to)).for_each(&mut add);
                tail
            }
            [byte, tail @ ..] => {
                add(*byte);
                tail
            }
        };
    }
    if negated {
        bits = bits.map(|word| !word);
    }
    (Part::Class(bits), rest)
}

/// The pattern that matches exactly this text.
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(text.len());
    for byte in text {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\' | b'^') {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_redis_does() {
        let table: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "abc", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a**c", "ac", true),
            ("a*b*c", "aXbXbXc", true),
            ("?", "", false),
            ("a?c", "abc", true),
            ("a?c", "abbc", false),
            ("[abc]", "b", true),
            ("[abc]", "d", false),
            ("[^abc]", "d", true),
            ("[^abc]", "a", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[]", "a", false),
            ("[^]", "a", true),
            ("[abc", "b", true),
            ("[a-", "-", true),
            (r"[\]]", "]", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"a\", r"a\", true),
            ("sess:*", "sess:abc", true),
            ("h*llo", "heeello", true),
            ("alice@*", "alice@example.org", true),
            ("ALICE", "alice", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(Glob::new(pattern.as_bytes()).matches(text.as_bytes()), *expected, "{pattern} {text}");
        }
        assert!(Glob::new(b"\xff?").matches(b"\xff\xfe"));
    }

    #[test]
    fn many_stars_cost_little() {
        let pattern = "a*".repeat(50) + "b";
        assert!(!Glob::new(pattern.as_bytes()).matches("a".repeat(20_000).as_bytes()));
    }

    #[test]
    fn escaped_text_matches_itself_only() {
        for text in [r"a*b?c[d]e\f^", "plain", "", "[^a-z]", "tenant{1}:sess:"] {
            let pattern = escape(text.as_bytes());
            assert!(Glob::new(&pattern).matches(text.as_bytes()), "{text}");
        }
        assert!(!Glob::new(&escape(b"a*")).matches(b"ab"));
        assert!(!Glob::new(&escape(b"[ab]")).matches(b"a"));
    }
}
