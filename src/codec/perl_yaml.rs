//! YAML as Perl's modules write it, which CGI::Session can be told to keep its sessions in.
//!
//! Read are the forms that YAML 1.30 and YAML::Syck 1.34 write of Perl's data: blocks, quoted and plain strings,
//! literal strings, `&1` and `*1`, and the tags of blessed values. Anything else is an error. Of plain strings whole
//! numbers are numbers and `~` is undef; Perl's modules read every other one as a string, `true` and `no` as well.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

const NAME: &str = "perl-yaml";

/// How every document begins.
pub const BEGIN: &[u8] = b"---";

/// YAML of Perl's modules.
pub const CODEC: Codec = Codec { name: NAME, about: "YAML, of Perl's YAML and YAML::Syck", sniff, decode };

/// Blocks within blocks, each of which is on the stack.
const DEPTH: usize = 200;

pub fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN) && matches!(bytes.get(3), Some(b'\n' | b' '))
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, bytes),
        graph: Graph::new(NAME, bytes.len(), limits),
        anchors: HashMap::new(),
        depth: limits.depth.min(DEPTH),
    };
    let root = reader.document().map_err(|error| *error)?;
    reader.graph.show(root, "")
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    graph: Graph<'a>,
    /// What `&name` stood before.
    anchors: HashMap<&'a [u8], Item<'a>>,
    depth: usize,
}

/// What stands before a value: `&name` and `!tag`.
#[derive(Debug, Clone, Copy, Default)]
struct Marks<'a> {
    anchor: Option<&'a [u8]>,
    tag: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Item<'a>> {
        if !sniff(self.bytes.bytes) {
            return self.bytes.fault("not a YAML document, expected `---`");
        }
        self.bytes.at = BEGIN.len();
        let root = self.value(0, false)?;
        self.blank_lines();
        if self.bytes.left() == 0 { Ok(root) } else { self.bytes.fault("something after the document") }
    }

    fn spaces(&mut self) -> usize {
        let spaces = self.bytes.rest().iter().take_while(|byte| **byte == b' ').count();
        self.bytes.at += spaces;
        spaces
    }

    /// Passes the end of a line behind a value; a remark may stand there.
    fn end_of_line(&mut self) -> Parsed<()> {
        let spaces = self.spaces();
        if spaces > 0 && self.bytes.peek() == Some(b'#') {
            self.bytes.at += memchr::memchr(b'\n', self.bytes.rest()).unwrap_or(self.bytes.left());
        }
        match self.bytes.peek() {
            None => Ok(()),
            Some(b'\n') => {
                self.bytes.at += 1;
                Ok(())
            }
            Some(_) => self.bytes.fault("something after a value"),
        }
    }

    /// Passes lines without content; at the beginning of a line.
    fn blank_lines(&mut self) {
        loop {
            let rest = self.bytes.rest();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            if length == 0 || !rest[..length].iter().all(u8::is_ascii_whitespace) {
                return;
            }
            self.bytes.at += length;
        }
    }

    /// How far in the line that begins here is.
    fn indent(&self) -> usize {
        self.bytes.rest().iter().take_while(|byte| **byte == b' ').count()
    }

    /// Whether an item of a list begins here.
    fn is_item(&self) -> bool {
        matches!(self.bytes.rest(), [b'-'] | [b'-', b' ' | b'\n', ..])
    }

    /// The value after `---`, `key:` or `-`: on this line, or a block on the next ones that is at least so
    /// far in; a list in a map may be as far in as its key.
    fn value(&mut self, least: usize, list_may_be_less: bool) -> Parsed<Item<'a>> {
        self.spaces();
        let marks = self.marks()?;
        if !matches!(self.bytes.peek(), None | Some(b'\n')) {
            return self.inline(marks, least);
        }
        self.bytes.at += usize::from(self.bytes.left() > 0);
        self.blank_lines();
        let indent = self.indent();
        let less = list_may_be_less && indent + 1 == least;
        if self.bytes.left() == 0 || indent < least && !less {
            return self.marked(marks, Item::Null);
        }
        let begin = self.bytes.at;
        self.bytes.at += indent;
        if self.is_item() {
            return self.list(indent, marks);
        }
        if less {
            self.bytes.at = begin;
            return self.marked(marks, Item::Null);
        }
        self.map(indent, marks)
    }

    fn marks(&mut self) -> Parsed<Marks<'a>> {
        let mut marks = Marks::default();
        while let Some(mark @ (b'&' | b'!')) = self.bytes.peek() {
            self.bytes.at += 1;
            let word = self.bytes.rest().iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            let word = self.bytes.take(word)?;
            match mark {
                b'&' => marks.anchor = Some(word),
                _ => marks.tag = std::str::from_utf8(word).ok(),
            }
            self.spaces();
        }
        Ok(marks)
    }

    /// A value with what stood before it.
    fn marked(&mut self, marks: Marks<'a>, item: Item<'a>) -> Parsed<Item<'a>> {
        let at = self.bytes.at;
        let item = match marks.tag.map(|tag| tag.trim_start_matches('!')) {
            None | Some("" | "str" | "perl/hash" | "perl/array" | "map" | "seq") => item,
            // A reference to a value, which is looked through.
            Some("perl/ref") => match item {
                Item::Node(node) if self.graph.items(node).len() == 2 => self.graph.items(node)[1],
                item => item,
            },
            Some(tag) => {
                let class = match tag.split_once(':') {
                    Some((_, class)) => class,
                    None if tag == "perl/code" => "CODE",
                    None if tag == "perl/regexp" => "Regexp",
                    None => tag,
                };
                let class = self.graph.class(class);
                match item {
                    Item::Node(node) if self.graph.kind(node) == Kind::Map => {
                        self.graph.set_kind(node, Kind::Object(class));
                        item
                    }
                    item => Item::Node(self.graph.node(Kind::Valued(class), at, &[item])?),
                }
            }
        };
        if let Some(anchor) = marks.anchor {
            self.anchors.insert(anchor, item);
        }
        Ok(item)
    }

    fn enter(&mut self) -> Parsed<()> {
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => return self.bytes.fault("nested too deep"),
        }
        Ok(())
    }

    /// The items of a list that is so far in; the first begins here.
    fn list(&mut self, indent: usize, marks: Marks<'a>) -> Parsed<Item<'a>> {
        self.enter()?;
        let node = self.graph.node(Kind::List, self.bytes.at, &[])?;
        if let Some(anchor) = marks.anchor {
            self.anchors.insert(anchor, Item::Node(node));
        }
        let mut items = Vec::new();
        loop {
            self.bytes.at += 1;
            let spaces = self.spaces();
            // What begins behind the dash may be a map, one line of which stands there.
            let item = if spaces > 0 && self.is_key() {
                self.map(indent + 1 + spaces, Marks::default())?
            } else if spaces > 0 && self.is_item() {
                self.list(indent + 1 + spaces, Marks::default())?
            } else {
                self.value(indent + 1, false)?
            };
            items.push(item);
            if !self.goes_on(indent) || !self.is_item() {
                break;
            }
        }
        self.graph.fill(node, &items)?;
        self.depth += 1;
        self.marked(Marks { anchor: None, ..marks }, Item::Node(node))
    }

    /// Whether the next line with content is exactly so far in; then that far is passed.
    fn goes_on(&mut self, indent: usize) -> bool {
        self.blank_lines();
        let goes_on = self.bytes.left() > 0 && self.indent() == indent;
        if goes_on {
            self.bytes.at += indent;
        }
        goes_on
    }

    /// The members of a map that is so far in; the first begins here.
    fn map(&mut self, indent: usize, marks: Marks<'a>) -> Parsed<Item<'a>> {
        self.enter()?;
        let node = self.graph.node(Kind::Map, self.bytes.at, &[])?;
        if let Some(anchor) = marks.anchor {
            self.anchors.insert(anchor, Item::Node(node));
        }
        let mut items = Vec::new();
        loop {
            let key = self.key()?;
            let value = self.value(indent + 1, true)?;
            items.extend_from_slice(&[key, value]);
            if !self.goes_on(indent) {
                break;
            }
        }
        self.graph.fill(node, &items)?;
        self.depth += 1;
        self.marked(Marks { anchor: None, ..marks }, Item::Node(node))
    }

    /// How long the plain key is that begins here, up to its colon.
    fn plain_key(&self) -> Option<usize> {
        let line = self.bytes.rest();
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        memchr::memchr_iter(b':', line).find(|at| matches!(line.get(at + 1), None | Some(b' ')))
    }

    /// Whether a key begins here, and not a string.
    fn is_key(&self) -> bool {
        match self.bytes.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                let mut ahead = Reader {
                    bytes: self.bytes.clone(),
                    graph: Graph::new(NAME, 0, &Limits::default()),
                    anchors: HashMap::new(),
                    depth: 0,
                };
                ahead.quoted(quote).is_ok() && ahead.bytes.peek() == Some(b':')
            }
            Some(b'&' | b'*' | b'!' | b'|' | b'>' | b'{' | b'[' | b'\n' | b'-') | None => false,
            Some(_) => self.plain_key().is_some(),
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Parsed<Item<'a>> {
        let key = if let Some(quote @ (b'"' | b'\'')) = self.bytes.peek() {
            match self.quoted(quote)? {
                Ok(text) => self.graph.leaf(Value::Text(text)),
                // Perl reads such a key one byte a character.
                Err(bytes) => {
                    self.graph.leaf(Value::Text(Cow::Owned(bytes.iter().copied().map(char::from).collect())))
                }
            }
        } else {
            let Some(length) = self.plain_key() else { return self.bytes.fault("no key with a colon") };
            let text = self.bytes.take(length)?;
            self.graph.leaf(Value::Text(String::from_utf8_lossy(text)))
        };
        if self.bytes.peek() != Some(b':') {
            return self.bytes.fault("expected `:` after a key");
        }
        self.bytes.at += 1;
        Ok(key)
    }

    /// A value that begins on this line.
    fn inline(&mut self, marks: Marks<'a>, least: usize) -> Parsed<Item<'a>> {
        let at = self.bytes.at;
        let item = match self.bytes.peek() {
            Some(b'*') => {
                let word = self.bytes.rest().iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
                let word = &self.bytes.take(word)?[1..];
                match self.anchors.get(word) {
                    Some(item) => *item,
                    None => return self.bytes.fault_at(at, "a value that is nowhere"),
                }
            }
            Some(b'{') if self.bytes.rest().starts_with(b"{}") => {
                self.bytes.at += 2;
                Item::Node(self.graph.node(Kind::Map, at, &[])?)
            }
            Some(b'[') if self.bytes.rest().starts_with(b"[]") => {
                self.bytes.at += 2;
                Item::Node(self.graph.node(Kind::List, at, &[])?)
            }
            Some(b'{' | b'[' | b'%' | b'@' | b'`') => {
                return self.bytes.fault("not a value that Perl's modules write");
            }
            Some(quote @ (b'"' | b'\'')) => match self.quoted(quote)? {
                Ok(text) => self.graph.leaf(Value::Text(text)),
                Err(bytes) => self.graph.leaf(Value::Bytes(Cow::Owned(bytes))),
            },
            Some(style @ (b'|' | b'>')) => {
                let text = self.literal(style, least)?;
                let item = self.graph.leaf(text);
                return self.marked(marks, item);
            }
            _ => self.plain()?,
        };
        self.end_of_line()?;
        self.marked(marks, item)
    }

    /// A string without quotation marks, to the end of the line.
    fn plain(&mut self) -> Parsed<Item<'a>> {
        let rest = self.bytes.rest();
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let line = &line[..memchr::memmem::find(line, b" #").unwrap_or(line.len())];
        let text = self.bytes.take(line.trim_ascii_end().len())?;
        let Ok(text) = std::str::from_utf8(text) else { return Ok(Item::Bytes(text)) };
        Ok(match text {
            "~" => Item::Null,
            text => match text.parse::<i64>() {
                // As Perl itself would write the number.
                Ok(number) if number.to_string() == text => Item::Int(number),
                _ => Item::Text(text),
            },
        })
    }

    /// A string in quotation marks, or bytes where it is none in UTF-8.
    fn quoted(&mut self, quote: u8) -> Parsed<Result<Cow<'a, str>, Vec<u8>>> {
        let at = self.bytes.at;
        self.bytes.at += 1;
        let rest = self.bytes.rest();
        let plain = rest.iter().position(|byte| *byte == quote || *byte == b'\\' && quote == b'"');
        if let Some(length) = plain
            && rest[length] == quote
            && !(quote == b'\'' && rest.get(length + 1) == Some(&quote))
            && let Ok(text) = std::str::from_utf8(&rest[..length])
        {
            self.bytes.at += length + 1;
            return Ok(Ok(Cow::Borrowed(text)));
        }
        let mut bytes = Vec::new();
        loop {
            let Some(byte) = self.bytes.peek() else {
                return self.bytes.fault_at(at, "an unterminated string");
            };
            self.bytes.at += 1;
            match byte {
                b'\'' if quote == b'\'' && self.bytes.peek() == Some(b'\'') => {
                    self.bytes.at += 1;
                    bytes.push(b'\'');
                }
                byte if byte == quote => break,
                b'\\' if quote == b'"' => self.escape(&mut bytes)?,
                byte => bytes.push(byte),
            }
        }
        Ok(String::from_utf8(bytes).map(Cow::Owned).map_err(std::string::FromUtf8Error::into_bytes))
    }

    /// What stands behind a backslash between double quotation marks.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Parsed<()> {
        let at = self.bytes.at;
        let wide = |reader: &mut Self, digits: usize| {
            let text = std::str::from_utf8(reader.bytes.take(digits)?).unwrap_or_default();
            match u32::from_str_radix(text, 16) {
                Ok(number) => Ok(number),
                Err(_) => reader.bytes.fault_at(at, "no character by its number"),
            }
        };
        let plain = match self.bytes.byte()? {
            b'0' | b'z' => 0,
            b'a' => 0x07,
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => b'\r',
            b'e' => 0x1b,
            // A byte, as it was one to Perl.
            b'x' => wide(self, 2)? as u8,
            long @ (b'u' | b'U') => {
                let number = wide(self, if long == b'u' { 4 } else { 8 })?;
                let char = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            escaped @ (b'"' | b'\\' | b'/' | b' ' | b'$' | b'@') => escaped,
            _ => return self.bytes.fault_at(at, "an escape that is not known"),
        };
        bytes.push(plain);
        Ok(())
    }

    /// Lines as they stand (`|`), or with blanks for their ends (`>`), that are at least so far in.
    fn literal(&mut self, style: u8, least: usize) -> Parsed<Value<'a>> {
        self.bytes.at += 1;
        let mut chomp = None;
        let mut width = None;
        while let Some(mark @ (b'-' | b'+' | b'1'..=b'9')) = self.bytes.peek() {
            self.bytes.at += 1;
            match mark {
                b'-' | b'+' => chomp = Some(mark),
                digit => width = Some(usize::from(digit - b'0')),
            }
        }
        self.end_of_line()?;
        // Without a number the first line with content says how far in they are.
        let mut indent = width.map(|width| least.saturating_sub(1) + width);
        let mut lines: Vec<&[u8]> = Vec::new();
        loop {
            let rest = self.bytes.rest();
            if rest.is_empty() {
                break;
            }
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..length];
            let far = line.iter().take_while(|byte| **byte == b' ').count();
            if far == line.len() {
                lines.push(line.get(indent.unwrap_or(far)..).unwrap_or_default());
            } else {
                let indent = *indent.get_or_insert(far.max(least));
                if far < indent {
                    break;
                }
                lines.push(&line[indent..]);
            }
            self.bytes.at += (length + 1).min(rest.len());
        }
        let mut text = lines.join(if style == b'|' { &b"\n"[..] } else { b" " });
        let end = text.iter().rposition(|byte| !matches!(byte, b'\n' | b' ')).map_or(0, |last| last + 1);
        match chomp {
            Some(b'+') => text.push(b'\n'),
            chomp => {
                text.truncate(end);
                if chomp.is_none() && end > 0 {
                    text.push(b'\n');
                }
            }
        }
        Ok(match String::from_utf8(text) {
            Ok(text) => Value::Text(Cow::Owned(text)),
            Err(error) => Value::Bytes(Cow::Owned(error.into_bytes())),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::tests::{on_a_small_stack, read_samples};

    fn read(text: &str) -> Result<String, DecodeError> {
        decode(text.as_bytes(), &Limits::default()).map(|value| value.to_json())
    }

    #[test]
    fn what_perl_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/perl-yaml.txt"));
    }

    #[test]
    fn blocks() {
        for (text, json) in [
            ("--- {}\n", "{}"),
            ("--- ~\n", "null"),
            (
                "---\na:\n- 1\n- b: 2\n  c: 3\n- - 4\n  - 5\nd: x\n",
                r#"{"a":[1,{"b":2,"c":3},[4,5]],"d":"x"}"#,
            ),
            (
                "---\na: |\n  x\n    y\n\n  z\nb: |-\n  q\nc: >-\n  r\n  s\nd: |+\n  t\n\ne: 1\n",
                r#"{"a":"x\n  y\n\nz\n","b":"q","c":"r s","d":"t\n\n","e":1}"#,
            ),
            ("---\na: &1\n  b: *1\n", r#"{"a":{"b":{"$ref":"/a"}}}"#),
            ("---\na:\nb: ''\n", r#"{"a":null,"b":""}"#),
            ("---\n- 'it''s'\n- \"\\x{}\"\n", "error"),
            ("---\n- 1 # one\n- a#b\n- -0\n- 007\n- 1e3\n", r#"[1,"a#b","-0","007","1e3"]"#),
        ] {
            assert_eq!(read(text).unwrap_or_else(|_| "error".to_string()), json, "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, offset, reason) in [
            ("a: 1", 0, "not a YAML document, expected `---`"),
            ("---\na: *1\n", 7, "a value that is nowhere"),
            ("---\na: [1]\n", 7, "not a value that Perl's modules write"),
            ("---\na: 'x\n", 7, "an unterminated string"),
            ("---\na: 'x' y\n", 11, "something after a value"),
            ("---\na: 1\n  b: 2\n", 9, "something after the document"),
            ("---\nword\n", 4, "no key with a colon"),
            ("---\na: \"\\q\"\n", 9, "an escape that is not known"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (offset, reason), "{text}");
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            assert!(read(&["---\n", &"- ".repeat(400_000)].concat()).is_err());
            let deep: String = (0..1000).map(|at| format!("{}a:\n", " ".repeat(at))).collect();
            assert_eq!(read(&["---\n", &deep].concat()).unwrap_err().reason, "nested too deep");
        });
        let lists: String = (1..40).map(|at| format!("l{at}: &{at}\n  - *{0}\n  - *{0}\n", at - 1)).collect();
        assert!(read(&["---\nl0: &0\n  - 1\n", &lists].concat()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(---|\n|- |  |a|: |:|'|\"|\\\\x41|&1 |\\*1|!!perl/hash:A |\\{\\}|\\[\\]|~|7| #|\\|-|>){0,40}") {
            let _ = read(&["---\n", &text].concat());
        }
    }
}
