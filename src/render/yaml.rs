//! YAML for people: what the JSON of the same row says, a line a member.
//!
//! It is made from the JSON text and not separately, so that the two can never say different things. Numbers are
//! carried over as they are written; a string stands bare where no version of YAML takes it for anything
//! else, and otherwise in double quotes, whose escapes are those of JSON (YAML 1.2.2, 5.7 and 7.3.1).

/// An array without items.
pub const NONE: &[u8] = b"[]\n";

/// Further in than this a value is written in braces and brackets, as YAML has them from JSON.
const DEEPEST: usize = 100;

/// The longest key that needs no mark (YAML 1.2.2, 7.4.2: 1024 characters, quotes and escapes included).
const LONGEST_KEY: usize = 1000;

/// Appends a JSON value as a document.
pub fn document(out: &mut Vec<u8>, json: &[u8]) {
    Writer { out, json, at: 0 }.value(0, Place::Begun);
}

/// Appends a JSON value as an item of a list that is all of a document.
pub fn item(out: &mut Vec<u8>, json: &[u8]) {
    out.extend_from_slice(b"- ");
    Writer { out, json, at: 0 }.value(1, Place::Begun);
}

/// Where a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Its first line is begun, and what follows stands as far in.
    Begun,
    /// Behind a name and its colon.
    Member,
}

struct Writer<'j, 'o> {
    out: &'o mut Vec<u8>,
    /// What this program wrote: well-formed.
    json: &'j [u8],
    at: usize,
}

impl<'j> Writer<'j, '_> {
    fn value(&mut self, depth: usize, place: Place) {
        let open = self.peek();
        if !matches!(open, b'{' | b'[') || self.is_empty() || depth >= DEEPEST {
            if place == Place::Member {
                self.out.push(b' ');
            }
            match open {
                b'"' => {
                    let text = self.text();
                    scalar(self.out, text);
                }
                b'{' | b'[' => self.flow(),
                _ => self.bare(),
            }
            self.out.push(b'\n');
            return;
        }
        if place == Place::Member {
            self.out.push(b'\n');
        }
        self.at += 1;
        let mut first = place == Place::Begun;
        while !matches!(self.peek(), b'}' | b']' | 0) {
            if !std::mem::take(&mut first) {
                self.out.resize(self.out.len() + 2 * depth, b' ');
            }
            if open == b'[' {
                self.out.extend_from_slice(b"- ");
                self.value(depth + 1, Place::Begun);
            } else {
                let name = self.text();
                let long = name.len() > LONGEST_KEY;
                if long {
                    self.out.extend_from_slice(b"? ");
                }
                scalar(self.out, name);
                if long {
                    self.out.push(b'\n');
                    self.out.resize(self.out.len() + 2 * depth, b' ');
                }
                self.out.push(b':');
                self.skip(b':');
                self.value(depth + 1, Place::Member);
            }
            self.skip(b',');
        }
        self.at += 1;
    }

    /// What comes next, blanks and line breaks aside; 0 at the end.
    fn peek(&mut self) -> u8 {
        while self.json.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.json.get(self.at).copied().unwrap_or(0)
    }

    fn skip(&mut self, what: u8) {
        if self.peek() == what {
            self.at += 1;
        }
    }

    /// Whether the array or object that begins here holds nothing.
    fn is_empty(&mut self) -> bool {
        let start = self.at;
        self.at += 1;
        let empty = matches!(self.peek(), b'}' | b']');
        self.at = start;
        empty
    }

    /// A string with its quotes.
    fn text(&mut self) -> &'j [u8] {
        self.peek();
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.json.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
        &self.json[start..self.at.min(self.json.len())]
    }

    /// A number, true, false or null.
    fn bare(&mut self) {
        let rest = &self.json[self.at..];
        let end =
            rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace());
        let (word, _) = rest.split_at(end.unwrap_or(rest.len()));
        self.at += word.len();
        self.out.extend_from_slice(word);
    }

    /// An array or object as JSON has it.
    fn flow(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    let text = self.text();
                    quoted(self.out, text);
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                0 => return,
                _ => {}
            }
            let byte = self.json[self.at];
            self.at += 1;
            self.out.push(byte);
            if matches!(byte, b',' | b':') {
                self.out.push(b' ');
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// Appends a string, given with the quotes of JSON.
fn scalar(out: &mut Vec<u8>, json: &[u8]) {
    let inner = json.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or_default();
    if is_plain(inner) { out.extend_from_slice(inner) } else { quoted(out, json) }
}

/// Whether it needs no quotes: it begins with a letter, is not a word that some version of YAML takes for
/// something else, and holds nothing that ends a string.
fn is_plain(text: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[b"null", b"true", b"false", b"yes", b"no", b"on", b"off", b"y", b"n"];
    let first = text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let last = text.last().is_some_and(|byte| !matches!(byte, b' ' | b':'));
    let goes_on = |pair: &[u8]| pair != b": " && pair != b" #";
    let holds = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-./@:+;()#=".contains(byte) || *byte >= 0x80;
    first
        && last
        && text.iter().all(holds)
        && text.windows(2).all(goes_on)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Appends a string in quotes. Of JSON's escapes only pairs of surrogates mean something else in YAML:
/// there a character has one escape.
fn quoted(out: &mut Vec<u8>, json: &[u8]) {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
            continue;
        }
        if let (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) = (unit(at), unit(at + 6)) {
            let char = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            out.extend_from_slice(format!("\\U{char:08x}").as_bytes());
            at += 12;
        } else {
            out.extend_from_slice(&json[at..(at + 2).min(json.len())]);
            at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let mut out = Vec::new();
        document(&mut out, json.as_bytes());
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_json_says_is_said_a_line_a_member() {
        assert_eq!(
            written(
                r#"{"id":"3xyu","n":-1.50e400,"ok":true,"none":null,"codec":["json","a b"],"data":{"user":{"id":7,"tags":[],"x":{}},"list":[[1,[2]],{"a":1,"b":[3]}]}}"#
            ),
            "id: \"3xyu\"\n\"n\": -1.50e400\nok: true\nnone: null\ncodec:\n  - json\n  - a b\n\
             data:\n  user:\n    id: 7\n    tags: []\n    x: {}\n  list:\n    - - 1\n      - - 2\n    - a: 1\n      b:\n        - 3\n"
        );
        let mut out = Vec::new();
        item(&mut out, b"{\"a\": {\"b\": 1},\n \"c\": 2}");
        assert_eq!(String::from_utf8_lossy(&out), "- a:\n    b: 1\n  c: 2\n");
        assert_eq!(written("[]"), "[]\n");
        assert_eq!(written("\"x\""), "x\n");
    }

    #[test]
    fn what_could_be_something_else_is_quoted() {
        for (json, yaml) in [
            (r#""sess:3xyu""#, "sess:3xyu"),
            (r#""Mozilla/5.0 (X11; Linux)""#, "Mozilla/5.0 (X11; Linux)"),
            (r#""a: b""#, r#""a: b""#),
            (r#""a #b""#, r#""a #b""#),
            (r#""a#b""#, "a#b"),
            (r#""a:""#, r#""a:""#),
            (r#""a ""#, r#""a ""#),
            (r#""No""#, r#""No""#),
            (r#""null""#, r#""null""#),
            (r#""""#, r#""""#),
            (r#""12""#, r#""12""#),
            (r#""1e3""#, r#""1e3""#),
            (r#""2026-11-24""#, r#""2026-11-24""#),
            (r#""-a""#, r#""-a""#),
            (r#""*a""#, r#""*a""#),
            (r#""a\"b\\c\nd""#, r#""a\"b\\c\nd""#),
            (r#""\\ud83d\ud83d\ude00\u0007""#, r#""\\ud83d\U0001f600\u0007""#),
            (r#""é""#, r#""é""#),
        ] {
            assert_eq!(written(json), format!("{yaml}\n"), "{json}");
        }
    }

    #[test]
    fn what_is_deep_or_long_is_still_yaml() {
        let deep = written(&format!("{}1{}", "{\"a\":".repeat(150), "}".repeat(150)));
        let last = deep.lines().last().expect("a line");
        assert!(last.trim_start().starts_with("a: {\"a\": {\"a\": "), "{last}");
        assert!(last.contains(": 1}}}") && last.ends_with("}}}"), "{last}");
        let long = written(&format!("{{\"{}\":[1]}}", "k".repeat(2000)));
        assert!(long.starts_with("? kkk") && long.ends_with("k\n:\n  - 1\n"), "{long}");
    }
}
