//! Text of Perl's Data::Dumper, as CGI::Session keeps it: `$D = {…};`, repairs, `;$D`.
//!
//! It is Perl source, and Perl evaluates it; here it is read by the few forms that Data::Dumper 2.184 writes
//! with Indent 0 and Purity 1 (Dumper.pm; CGI::Session 4.48, Serialize/default.pm). Anything else is an error.

use std::borrow::Cow;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

const NAME: &str = "data-dumper";

/// How the text begins.
pub const BEGIN: &[u8] = b"$D = ";

/// Text of Data::Dumper.
pub const CODEC: Codec =
    Codec { name: NAME, about: "Data::Dumper text, of Perl's CGI::Session", sniff, decode };

/// Names that may be compared to follow references.
const COMPARED: usize = 4 << 20;

pub fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN)
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, bytes),
        graph: Graph::new(NAME, bytes.len(), limits),
        stack: Vec::with_capacity(32),
        open: Vec::with_capacity(8),
        paths: Vec::new(),
        compared: COMPARED,
        copied: 4 * bytes.len() + (64 << 10),
    };
    let root = reader.document().map_err(|error| *error)?;
    reader.graph.show(root, "")
}

/// A value that was begun and whose parts still follow.
#[derive(Debug, Clone, Copy)]
struct Open {
    part: Part,
    node: u32,
    base: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    List,
    Hash,
    /// `bless( VALUE, 'Class' )`
    Bless,
    /// `do{\(my $o = VALUE)}`
    Scalar,
}

/// One step from a value into it.
#[derive(Debug, Clone)]
enum Step<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    graph: Graph<'a>,
    stack: Vec<Item<'a>>,
    open: Vec<Open>,
    /// Values that are written by where else they are.
    paths: Vec<(u32, Vec<Step<'a>>)>,
    compared: usize,
    /// Items that repairs may still copy.
    copied: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Item<'a>> {
        if !sniff(self.bytes.bytes) {
            return self.bytes.fault("no text of Data::Dumper, expected `$D = `");
        }
        self.bytes.at = BEGIN.len();
        let mut root = self.value()?;
        loop {
            self.space();
            if self.bytes.left() == 0 {
                break;
            }
            if self.eat(b";") {
                continue;
            }
            if self.bytes.rest().trim_ascii_end() == b"$D" {
                break;
            }
            root = self.repair(root)?;
        }
        for (node, path) in std::mem::take(&mut self.paths) {
            let at = self.graph.nodes[node as usize].at as usize;
            match self.follow(root, &path)? {
                Some(item) => self.graph.fill(node, &[item])?,
                None => return self.bytes.fault_at(at, "a value that is nowhere"),
            }
        }
        Ok(root)
    }

    fn space(&mut self) {
        let space = self.bytes.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.bytes.at += space;
    }

    /// Passes that text, if it is next.
    fn eat(&mut self, text: &[u8]) -> bool {
        let fits = self.bytes.rest().starts_with(text);
        if fits {
            self.bytes.at += text.len();
        }
        fits
    }

    fn expect(&mut self, text: &'static str) -> Parsed<()> {
        self.space();
        if self.eat(text.as_bytes()) { Ok(()) } else { self.bytes.fault(format!("expected `{text}`")) }
    }

    fn value(&mut self) -> Parsed<Item<'a>> {
        loop {
            let Some(mut item) = self.begin()? else { continue };
            loop {
                let Some(open) = self.open.last() else { return Ok(item) };
                match self.deliver(*open, item)? {
                    Some(whole) => item = whole,
                    None => break,
                }
            }
        }
    }

    fn enter(&mut self, part: Part, node: u32) -> Parsed<Option<Item<'a>>> {
        if self.open.len() > (1 << 20) {
            return self.bytes.fault("nested too deep");
        }
        self.open.push(Open { part, node, base: self.stack.len() });
        Ok(None)
    }

    /// Reads what is whole, or begins what has parts.
    fn begin(&mut self) -> Parsed<Option<Item<'a>>> {
        self.space();
        let at = self.bytes.at;
        Ok(Some(match self.bytes.peek() {
            Some(b'{') => {
                self.bytes.at += 1;
                let node = self.graph.node(Kind::Map, at, &[])?;
                self.space();
                if self.eat(b"}") {
                    return Ok(Some(Item::Node(node)));
                }
                self.enter(Part::Hash, node)?;
                self.key()?;
                return Ok(None);
            }
            Some(b'[') => {
                self.bytes.at += 1;
                let node = self.graph.node(Kind::List, at, &[])?;
                self.space();
                if self.eat(b"]") {
                    return Ok(Some(Item::Node(node)));
                }
                return self.enter(Part::List, node);
            }
            Some(b'\'' | b'"') => self.text()?,
            // A reference, which is looked through.
            Some(b'\\') => {
                self.bytes.at += 1;
                return Ok(None);
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'$') => {
                let path = self.path()?;
                let node = self.graph.node(Kind::Same, at, &[])?;
                self.paths.push((node, path));
                Item::Node(node)
            }
            _ if self.eat(b"undef") => Item::Null,
            _ if self.eat(b"bless(") => return self.enter(Part::Bless, 0),
            _ if self.eat(b"do{\\(my $o = ") => return self.enter(Part::Scalar, 0),
            _ if self.eat(b"do{my $o}") => Item::Null,
            _ if self.eat(b"qr/") => self.regexp(at)?,
            _ => return self.bytes.fault("no value that Data::Dumper writes"),
        }))
    }

    fn number(&mut self) -> Parsed<Item<'a>> {
        let at = self.bytes.at;
        let digits = self.bytes.rest()[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.bytes.take(1 + digits)?;
        match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
            Some(number) => Ok(Item::Int(number)),
            None => self.bytes.fault_at(at, "no whole number"),
        }
    }

    /// A string in quotation marks: bytes, or characters where one is written by its number.
    fn text(&mut self) -> Parsed<Item<'a>> {
        let at = self.bytes.at;
        let quote = self.bytes.byte()?;
        let rest = self.bytes.rest();
        let plain = rest.iter().position(|byte| *byte == quote || *byte == b'\\');
        if let Some(length) = plain
            && rest[length] == quote
        {
            let bytes = self.bytes.take(length)?;
            self.bytes.at += 1;
            return Ok(std::str::from_utf8(bytes).map_or(Item::Bytes(bytes), Item::Text));
        }
        let mut bytes: Vec<u8> = Vec::new();
        let mut wide: Option<String> = None;
        loop {
            let Some(byte) = self.bytes.peek() else {
                return self.bytes.fault_at(at, "an unterminated string");
            };
            self.bytes.at += 1;
            let byte = match byte {
                byte if byte == quote => break,
                b'\\' if quote == b'\'' => match self.bytes.peek() {
                    Some(escaped @ (b'\'' | b'\\')) => {
                        self.bytes.at += 1;
                        escaped
                    }
                    _ => b'\\',
                },
                b'\\' => match self.escape()? {
                    Ok(byte) => byte,
                    Err(char) => {
                        let wide = wide.get_or_insert_with(String::new);
                        // What came before are characters, too.
                        wide.extend(bytes.drain(..).map(char::from));
                        wide.push(char);
                        continue;
                    }
                },
                byte => byte,
            };
            bytes.push(byte);
        }
        if let Some(mut wide) = wide {
            wide.extend(bytes.into_iter().map(char::from));
            return Ok(self.graph.leaf(Value::Text(Cow::Owned(wide))));
        }
        let value = String::from_utf8(bytes).map_or_else(
            |error| Value::Bytes(Cow::Owned(error.into_bytes())),
            |text| Value::Text(Cow::Owned(text)),
        );
        Ok(self.graph.leaf(value))
    }

    /// What follows a backslash between double quotation marks: a byte, or a character.
    fn escape(&mut self) -> Parsed<Result<u8, char>> {
        let at = self.bytes.at;
        Ok(Ok(match self.bytes.byte()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'e' => 0x1b,
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'x' if self.eat(b"{") => {
                let digits = self.bytes.rest().iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                let text = std::str::from_utf8(self.bytes.take(digits.min(8))?).unwrap_or_default();
                let char = u32::from_str_radix(text, 16).ok();
                if !self.eat(b"}") {
                    return self.bytes.fault_at(at, "no character by its number");
                }
                return match char {
                    // What is not a character of Unicode, Perl has all the same.
                    Some(char) => Ok(Err(char::from_u32(char).unwrap_or(char::REPLACEMENT_CHARACTER))),
                    None => self.bytes.fault_at(at, "no character by its number"),
                };
            }
            first @ b'0'..=b'7' => {
                let mut number = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.bytes.peek() else { break };
                    self.bytes.at += 1;
                    number = number * 8 + u32::from(digit - b'0');
                }
                match u8::try_from(number) {
                    Ok(byte) => byte,
                    Err(_) => return self.bytes.fault_at(at, "no byte by its number"),
                }
            }
            escaped @ (b'"' | b'\\' | b'$' | b'@' | b'\'') => escaped,
            _ => return self.bytes.fault_at(at, "an escape that is not known"),
        }))
    }

    fn regexp(&mut self, at: usize) -> Parsed<Item<'a>> {
        let mut source = Vec::new();
        loop {
            match self.bytes.byte()? {
                b'/' => break,
                b'\\' => match self.bytes.byte()? {
                    b'/' => source.push(b'/'),
                    other => source.extend_from_slice(&[b'\\', other]),
                },
                byte => source.push(byte),
            }
        }
        let flags = self.bytes.rest().iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let flags = std::str::from_utf8(self.bytes.take(flags)?).unwrap_or_default();
        let source = self.graph.leaf(Value::Text(Cow::Owned(String::from_utf8_lossy(&source).into_owned())));
        let class = self.graph.class("Regexp");
        let row = [Item::Text("source"), source, Item::Text("options"), Item::Text(flags)];
        Ok(Item::Node(self.graph.node(Kind::Object(class), at, &row)?))
    }

    /// The key of a hash: text, also where it is of one byte a character.
    fn key(&mut self) -> Parsed<()> {
        self.space();
        if !matches!(self.bytes.peek(), Some(b'\'' | b'"')) {
            return self.bytes.fault("no key in quotation marks");
        }
        let key = match self.text()? {
            Item::Bytes(bytes) => self.latin(bytes),
            Item::Leaf(place) => match self.graph.leaf_at(place) {
                Value::Bytes(bytes) => {
                    let bytes = bytes.to_vec();
                    self.latin(&bytes)
                }
                _ => Item::Leaf(place),
            },
            text => text,
        };
        self.stack.push(key);
        self.expect("=>")
    }

    fn latin(&mut self, bytes: &[u8]) -> Item<'a> {
        let text: String = bytes.iter().copied().map(char::from).collect();
        self.graph.leaf(Value::Text(Cow::Owned(text)))
    }

    /// Gives a value to what it is a part of; what that is where it is whole.
    fn deliver(&mut self, open: Open, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        let whole = match open.part {
            Part::List | Part::Hash => {
                self.stack.push(item);
                self.space();
                if self.eat(b",") {
                    if open.part == Part::Hash {
                        self.key()?;
                    }
                    return Ok(None);
                }
                self.expect(if open.part == Part::Hash { "}" } else { "]" })?;
                self.graph.fill(open.node, &self.stack[open.base..])?;
                Item::Node(open.node)
            }
            Part::Scalar => {
                self.expect(")}")?;
                item
            }
            Part::Bless => {
                self.expect(",")?;
                self.space();
                let at = self.bytes.at;
                let class = match self.bytes.peek() {
                    Some(b'\'' | b'"') => self.text()?,
                    _ => return self.bytes.fault("no name of a class in quotation marks"),
                };
                self.expect(")")?;
                let name = self.graph.text(class).unwrap_or_default();
                self.blessed(at, name, item)?
            }
        };
        self.stack.truncate(open.base);
        self.open.pop();
        Ok(Some(whole))
    }

    fn blessed(&mut self, at: usize, class: Cow<'a, str>, item: Item<'a>) -> Parsed<Item<'a>> {
        match item {
            Item::Int(truth @ (0 | 1)) if class == "JSON::PP::Boolean" => return Ok(Item::Bool(truth == 1)),
            // A pattern is blessed by itself.
            Item::Node(node) if class == "Regexp" && matches!(self.graph.kind(node), Kind::Object(_)) => {
                return Ok(item);
            }
            _ => {}
        }
        let class = self.graph.class(class);
        match item {
            Item::Node(node) if self.graph.kind(node) == Kind::Map => {
                self.graph.set_kind(node, Kind::Object(class));
                Ok(item)
            }
            _ => Ok(Item::Node(self.graph.node(Kind::Valued(class), at, &[item])?)),
        }
    }

    /// `$D->{'a'}[0]`, also inside of `${…}`.
    fn path(&mut self) -> Parsed<Vec<Step<'a>>> {
        let within = self.eat(b"${");
        if !self.eat(b"$D") {
            return self.bytes.fault("expected `$D`");
        }
        let mut path = Vec::new();
        loop {
            let arrow = self.eat(b"->");
            match self.bytes.peek() {
                Some(b'{') if arrow || !path.is_empty() => {
                    self.bytes.at += 1;
                    if !matches!(self.bytes.peek(), Some(b'\'' | b'"')) {
                        return self.bytes.fault("no key in quotation marks");
                    }
                    let key = self.text()?;
                    let Some(key) = self.graph.text(key) else {
                        return self.bytes.fault("a key that is not text");
                    };
                    self.expect("}")?;
                    path.push(Step::Key(key));
                }
                Some(b'[') if arrow || !path.is_empty() => {
                    self.bytes.at += 1;
                    let at = self.bytes.at;
                    let Some(b'0'..=b'9') = self.bytes.peek() else {
                        return self.bytes.fault("no place in a list");
                    };
                    let Item::Int(index) = self.number()? else { return self.bytes.fault_at(at, "no place") };
                    self.expect("]")?;
                    path.push(Step::Index(usize::try_from(index).unwrap_or(usize::MAX)));
                }
                _ if arrow => return self.bytes.fault("no step after `->`"),
                _ => break,
            }
        }
        if within {
            self.expect("}")?;
        }
        Ok(path)
    }

    /// A statement that puts a value into its place, where that could not be written at once.
    fn repair(&mut self, root: Item<'a>) -> Parsed<Item<'a>> {
        let at = self.bytes.at;
        let mut path = self.path()?;
        self.expect("=")?;
        let value = self.value()?;
        let Some(last) = path.pop() else { return Ok(value) };
        let Some(Item::Node(node)) = self.follow(root, &path)? else {
            return self.bytes.fault_at(at, "a value for a place that is not there");
        };
        let mut row = self.graph.items(node).to_vec();
        let place = match (&last, self.graph.kind(node)) {
            (Step::Key(key), Kind::Map | Kind::Object(_)) => self.place(&row, key)?.map(|at| at + 1),
            (Step::Index(index), Kind::List) => (*index < row.len()).then_some(*index),
            _ => None,
        };
        let Some(place) = place else {
            return self.bytes.fault_at(at, "a value for a place that is not there");
        };
        match self.copied.checked_sub(row.len()) {
            Some(copied) => self.copied = copied,
            None => return self.bytes.fault_at(at, "repairs of too much"),
        }
        row[place] = value;
        self.graph.fill(node, &row)?;
        Ok(root)
    }

    /// Where that key stands among keys and values.
    fn place(&mut self, row: &[Item<'a>], key: &str) -> Parsed<Option<usize>> {
        for at in (0..row.len()).step_by(2) {
            match self.compared.checked_sub(1) {
                Some(compared) => self.compared = compared,
                None => return self.bytes.fault("references that take too long to follow"),
            }
            if self.graph.text(row[at]).is_some_and(|name| name == key) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The value at the end of a path; what was blessed is looked through.
    fn follow(&mut self, root: Item<'a>, path: &[Step<'a>]) -> Parsed<Option<Item<'a>>> {
        let mut item = root;
        for step in path {
            let Item::Node(mut node) = self.graph.resolve(item) else { return Ok(None) };
            if let Kind::Valued(_) = self.graph.kind(node)
                && let Some(Item::Node(inner)) = self.graph.items(node).first()
            {
                node = *inner;
            }
            let found = match (step, self.graph.kind(node)) {
                (Step::Key(key), Kind::Map | Kind::Object(_)) => {
                    let row = self.graph.items(node).len();
                    let mut found = None;
                    for at in (0..row).step_by(2) {
                        match self.compared.checked_sub(1) {
                            Some(compared) => self.compared = compared,
                            None => return self.bytes.fault("references that take too long to follow"),
                        }
                        let items = self.graph.items(node);
                        if self.graph.text(items[at]).is_some_and(|name| name == *key) {
                            found = items.get(at + 1).copied();
                            break;
                        }
                    }
                    found
                }
                (Step::Index(index), Kind::List) => self.graph.items(node).get(*index).copied(),
                _ => None,
            };
            let Some(found) = found else { return Ok(None) };
            item = found;
        }
        // A value that is itself written by where it is leads on, unless it leads to itself.
        Ok(Some(item))
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
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/data-dumper.txt"));
    }

    #[test]
    fn bytes_are_text_where_they_are_utf_8() {
        let read = |text: &[u8]| decode(text, &Limits::default()).unwrap().to_json();
        assert_eq!(read(b"$D = {'caf\xe9' => 'caf\xe9'};;$D"), r#"{"café":{"$bytes":"Y2Fm6Q=="}}"#);
        assert_eq!(read(b"$D = {'caf\xe9\\'' => 'caf\xe9\\\\'};;$D"), r#"{"café'":{"$bytes":"Y2Fm6Vw="}}"#);
        assert_eq!(read(b"$D = [\"caf\xe9\\x{17c}\", \"\\351\"];"), r#"["caféż",{"$bytes":"6Q=="}]"#);
    }

    #[test]
    fn refused() {
        let table: &[(&str, usize, &str)] = &[
            ("", 0, "no text of Data::Dumper, expected `$D = `"),
            ("$D = system('x');", 5, "no value that Data::Dumper writes"),
            ("$D = {'a' => `x`};", 13, "no value that Data::Dumper writes"),
            ("$D = {a => 1};", 6, "no key in quotation marks"),
            ("$D = {'a', 1};", 9, "expected `=>`"),
            ("$D = {'a' => 1", 14, "expected `}`"),
            ("$D = 'a", 5, "an unterminated string"),
            ("$D = \"\\q\";", 7, "an escape that is not known"),
            ("$D = {'a' => $D->{'b'}};;$D", 13, "a value that is nowhere"),
            ("$D = {};$D->{'a'} = 1;;$D", 8, "a value for a place that is not there"),
            ("$D = {};print 1;;$D", 8, "expected `$D`"),
            ("$D = {'a' => 1.5};", 14, "expected `}`"),
            ("$D = 99999999999999999999;", 5, "no whole number"),
        ];
        for (text, offset, reason) in table {
            let error = read(text).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{text}");
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |open: &str, depth: usize| read(&["$D = ", &open.repeat(depth), "1"].concat());
            assert!(nested("[", 400_000).is_err());
            assert!(nested("bless( ", 400_000).is_err());
            assert_eq!(nested("\\", 400_000).unwrap(), "1");
            let list = format!("$D = {}1{};;$D", "[".repeat(901), "]".repeat(901));
            assert_eq!(read(&list).unwrap_err().reason, "nested deeper than 900");
            // Each list twice in the next.
            let items: Vec<String> = (1..40).map(|at| format!("[$D->[{0}],$D->[{0}]]", at - 1)).collect();
            let laughs = format!("$D = [[],{}];;$D", items.join(","));
            assert!(read(&laughs).unwrap_err().reason.starts_with("references repeat too many"));
            let keys: Vec<String> = (0..20_000).map(|at| format!("'{at}' => $D->{{'19999'}}")).collect();
            assert!(read(&format!("$D = {{{}}};;$D", keys.join(","))).is_err());
        });
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\$D|->|\\{|\\}|\\[|\\]|'a'|\"\\\\x\\{17c\\}\"|=>|,|;| = |0|bless\\( |\\)|undef|\\\\|\\$\\{){0,40}") {
            let _ = read(&["$D = ", &text].concat());
        }
    }
}
