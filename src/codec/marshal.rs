//! Ruby's Marshal 4.8.
//!
//! One value of tags; symbols and objects occur again by their numbers (Ruby's marshal.c of 3.1, `w_object`
//! and `r_object`). Nothing that it names is looked up: a class is a name, a `_dump` or `marshal_dump` is
//! what it wrote. What a class of Ruby or Rails means is said by its module `classes`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::integer::Integers;
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

mod classes;

pub(super) use classes::decimal;

const NAME: &str = "marshal";

/// What every dump begins with.
pub const HEADER: &[u8] = b"\x04\x08";

/// Ruby's Marshal.
pub const CODEC: Codec = Codec { name: NAME, about: "Marshal, of Ruby", sniff, decode };

fn sniff(bytes: &[u8]) -> bool {
    matches!(bytes, [4, 0..=8, tag, ..] if is_tag(*tag))
}

fn is_tag(tag: u8) -> bool {
    b"0TFi:;@I\"/fl[{}SouUeCcmMd".contains(&tag)
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_at(bytes, "", limits)
}

/// As [`decode`], for a value that will stand where a JSON pointer says: references to outer
/// containers count from the root of the session's data.
pub fn decode_at<'a>(bytes: &'a [u8], base: &str, limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, bytes),
        graph: Graph::new(NAME, bytes.len(), limits),
        stack: Vec::with_capacity(32),
        open: Vec::with_capacity(8),
        symbols: Vec::with_capacity(8),
        classes: Vec::new(),
        objects: Vec::with_capacity((bytes.len() / 16).clamp(8, 128)),
        users: Vec::new(),
        times: HashMap::new(),
        integers: Integers::new(),
        // What Latin-1 takes in UTF-8, and what is copied, at the most.
        spare: 2 * bytes.len() + (64 << 10),
    };
    let root = reader.document().map_err(|error| *error)?;
    reader.graph.show(root, base)
}

/// A value that was begun and whose parts still follow.
#[derive(Debug, Clone, Copy)]
struct Open {
    part: Part,
    node: u32,
    /// Values that are still to come.
    left: usize,
    /// How much of the stack there was.
    base: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Array,
    Hash,
    /// As `Hash`, and a default after the pairs.
    HashDefault,
    /// The named parts of an object or a struct, of the class that this symbol names.
    Object(u32),
    /// What `marshal_dump` gave.
    Dumped(u32),
    /// A value, and then its instance variables.
    Value,
    Variables,
}

/// What `_dump` wrote.
#[derive(Debug, Clone, Copy)]
struct User<'a> {
    /// The symbol that names its class.
    class: u32,
    bytes: &'a [u8],
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    graph: Graph<'a>,
    stack: Vec<Item<'a>>,
    open: Vec<Open>,
    symbols: Vec<Item<'a>>,
    /// The places of the names of classes, by symbol, from 1 on.
    classes: Vec<u32>,
    objects: Vec<Item<'a>>,
    users: Vec<User<'a>>,
    /// The times, by node: seconds since 1970 and nanoseconds.
    times: HashMap<u32, (i64, u32)>,
    integers: Integers,
    spare: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Item<'a>> {
        let [4, 0..=8] = self.bytes.array()? else {
            self.bytes.at = 0;
            return self.bytes.fault("not version 4.8 of Marshal");
        };
        let root = self.value()?;
        if self.bytes.left() > 0 { self.bytes.fault("something follows the value") } else { Ok(root) }
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

    /// Reads what is whole, or begins what has parts.
    fn begin(&mut self) -> Parsed<Option<Item<'a>>> {
        let at = self.bytes.at;
        let tag = self.bytes.byte()?;
        Ok(Some(match tag {
            b'"' => {
                let text = self.text()?;
                self.objects.push(text);
                text
            }
            b'I' => {
                self.enter(Part::Value, 0, 1, at)?;
                return Ok(None);
            }
            b':' => {
                self.bytes.at = at;
                let symbol = self.symbol()?;
                self.symbols[symbol as usize]
            }
            b';' => {
                self.bytes.at = at;
                let symbol = self.symbol()?;
                self.symbols[symbol as usize]
            }
            b'i' => Item::Int(self.number()?),
            b'0' => Item::Null,
            b'T' => Item::Bool(true),
            b'F' => Item::Bool(false),
            b'@' => {
                let number = self.number()?;
                match usize::try_from(number).ok().and_then(|number| self.objects.get(number)) {
                    Some(item) => *item,
                    None => {
                        return self
                            .bytes
                            .fault_at(at, format!("a link to object {number}, which is not there"));
                    }
                }
            }
            b'[' => return self.array(at),
            b'{' | b'}' => return self.hash(at, tag),
            b'o' | b'S' => return self.object(at, tag),
            _ => return self.other(at, tag),
        }))
    }

    fn other(&mut self, at: usize, tag: u8) -> Parsed<Option<Item<'a>>> {
        Ok(Some(match tag {
            b'f' => {
                let bytes = self.counted()?;
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                let number = match text {
                    b"inf" => Some(f64::INFINITY),
                    b"-inf" => Some(f64::NEG_INFINITY),
                    b"nan" => Some(f64::NAN),
                    text => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
                };
                let Some(number) = number else {
                    return self.bytes.fault_at(at, "a float that is not a number");
                };
                self.objects.push(Item::Float(number));
                Item::Float(number)
            }
            b'l' => {
                let negative = match self.bytes.byte()? {
                    b'+' => false,
                    b'-' => true,
                    _ => return self.bytes.fault_at(at + 1, "no sign of a bignum, expected + or -"),
                };
                let words = self.length()?;
                let magnitude = self.bytes.take(words.saturating_mul(2))?;
                let number = self.integers.number(negative, magnitude);
                let item = self.graph.leaf(number);
                self.objects.push(item);
                item
            }
            b'/' => {
                let source = self.text()?;
                let options = self.bytes.byte()?;
                let class = self.graph.class("Regexp");
                let row =
                    [Item::Text("source"), source, Item::Text("options"), Item::Int(i64::from(options & 7))];
                self.register(at, Kind::Object(class), &row)?
            }
            b'c' | b'm' | b'M' => {
                let name = self.text()?;
                let class = self.graph.class(if tag == b'c' { "Class" } else { "Module" });
                self.register(at, Kind::Valued(class), &[name])?
            }
            b'u' => {
                let class = self.symbol()?;
                let bytes = self.counted()?;
                self.users.push(User { class, bytes });
                let user = self.users.len() as u32 - 1;
                let node = self.graph.node(Kind::Pending(user), at, &[])?;
                // With instance variables it gets its number after them.
                if !matches!(self.open.last(), Some(Open { part: Part::Value, .. })) {
                    self.objects.push(Item::Node(node));
                    self.dumped_text(node, user, 0)?;
                }
                Item::Node(node)
            }
            b'U' | b'd' => {
                let class = self.symbol()?;
                let node = self.graph.node(Kind::Pending(u32::MAX), at, &[])?;
                self.objects.push(Item::Node(node));
                self.enter(Part::Dumped(class), node, 1, at)?;
                return Ok(None);
            }
            b'C' | b'e' => {
                // The class or module of the value that follows, which is shown without it.
                self.symbol()?;
                match self.bytes.peek() {
                    Some(
                        b'"' | b'/' | b'[' | b'{' | b'}' | b'C' | b'e' | b'o' | b'S' | b'I' | b'U' | b'u'
                        | b'd' | b'@',
                    ) => {
                        return Ok(None);
                    }
                    _ => {
                        return self
                            .bytes
                            .fault("no value that has a class, expected a string, list, hash or object");
                    }
                }
            }
            _ => {
                self.bytes.at = at;
                return self.bytes.fault(format!("no value begins with {tag:#04x}"));
            }
        }))
    }

    fn register(&mut self, at: usize, kind: Kind, row: &[Item<'a>]) -> Parsed<Item<'a>> {
        let node = self.graph.node(kind, at, row)?;
        self.objects.push(Item::Node(node));
        Ok(Item::Node(node))
    }

    fn enter(&mut self, part: Part, node: u32, left: usize, at: usize) -> Parsed<()> {
        // The depth of the tree is counted when it is made; here only what nests without being in it.
        if self.open.len() > (1 << 20) {
            return self.bytes.fault_at(at, "nested too deep");
        }
        self.open.push(Open { part, node, left, base: self.stack.len() });
        Ok(())
    }

    fn array(&mut self, at: usize) -> Parsed<Option<Item<'a>>> {
        let count = self.count(1)?;
        let node = self.graph.node(Kind::List, at, &[])?;
        self.objects.push(Item::Node(node));
        if count == 0 {
            return Ok(Some(Item::Node(node)));
        }
        self.enter(Part::Array, node, count, at)?;
        Ok(None)
    }

    fn hash(&mut self, at: usize, tag: u8) -> Parsed<Option<Item<'a>>> {
        let count = self.count(2)?;
        let node = self.graph.node(Kind::Map, at, &[])?;
        self.objects.push(Item::Node(node));
        if tag == b'}' {
            self.enter(Part::HashDefault, node, 2 * count + 1, at)?;
        } else if count == 0 {
            return Ok(Some(Item::Node(node)));
        } else {
            self.enter(Part::Hash, node, 2 * count, at)?;
        }
        Ok(None)
    }

    fn object(&mut self, at: usize, _tag: u8) -> Parsed<Option<Item<'a>>> {
        let class = self.symbol()?;
        let node = self.graph.node(Kind::Pending(u32::MAX), at, &[])?;
        self.objects.push(Item::Node(node));
        let count = self.count(2)?;
        if count == 0 {
            self.named(node, class, self.stack.len())?;
            return Ok(Some(Item::Node(node)));
        }
        self.enter(Part::Object(class), node, count, at)?;
        self.name()?;
        Ok(None)
    }

    /// Reads the name of a part, without the sign of an instance variable.
    fn name(&mut self) -> Parsed<()> {
        let symbol = self.symbol()?;
        let name = match self.symbols[symbol as usize] {
            Item::Text(name) => Item::Text(name.strip_prefix('@').unwrap_or(name)),
            other => other,
        };
        self.stack.push(name);
        Ok(())
    }

    /// Gives a value to what it is a part of; what that is where it is whole.
    #[inline]
    fn deliver(&mut self, open: Open, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        self.stack.push(item);
        let left = open.left - 1;
        if left > 0 {
            if let Some(open) = self.open.last_mut() {
                open.left = left;
            }
            if matches!(open.part, Part::Object(_) | Part::Variables) {
                self.name()?;
            }
            return Ok(None);
        }
        if open.part == Part::Value {
            let count = self.count(2)?;
            if count > 0 {
                if let Some(open) = self.open.last_mut() {
                    (open.part, open.left) = (Part::Variables, count);
                }
                self.name()?;
                return Ok(None);
            }
        }
        self.open.pop();
        let node = Item::Node(open.node);
        let whole = match open.part {
            Part::Array => {
                self.graph.fill(open.node, &self.stack[open.base..])?;
                node
            }
            Part::Hash | Part::HashDefault => {
                if open.part == Part::HashDefault {
                    self.stack.pop();
                }
                self.keys(open.base)?;
                self.graph.fill(open.node, &self.stack[open.base..])?;
                node
            }
            Part::Object(class) => {
                self.named(open.node, class, open.base)?;
                node
            }
            Part::Dumped(class) => {
                self.dumped(open.node, class, item)?;
                node
            }
            Part::Value | Part::Variables => {
                let value = self.stack[open.base];
                if let Item::Node(node) = value
                    && let Kind::Pending(user) = self.graph.kind(node)
                    && user != u32::MAX
                {
                    self.objects.push(value);
                    self.dumped_text(node, user, open.base + 1)?;
                }
                value
            }
        };
        self.stack.truncate(open.base);
        Ok(Some(whole))
    }

    /// Makes text of the keys that are bytes.
    fn keys(&mut self, base: usize) -> Parsed<()> {
        let mut at = base;
        while at < self.stack.len() {
            if let Item::Bytes(bytes) = self.stack[at] {
                self.stack[at] = self.latin(bytes)?;
            }
            at += 2;
        }
        Ok(())
    }

    fn latin(&mut self, bytes: &[u8]) -> Parsed<Item<'a>> {
        self.spend(2 * bytes.len())?;
        let text: String = bytes.iter().copied().map(char::from).collect();
        Ok(self.graph.leaf(Value::Text(Cow::Owned(text))))
    }

    fn spend(&mut self, much: usize) -> Parsed<()> {
        match self.spare.checked_sub(much) {
            Some(spare) => self.spare = spare,
            None => return self.bytes.fault("links repeat too much"),
        }
        Ok(())
    }

    // Numbers and strings.

    /// The integer form that counts have.
    #[inline]
    fn number(&mut self) -> Parsed<i64> {
        let first = i64::from(self.bytes.byte()? as i8);
        Ok(match first {
            0 => 0,
            5.. => first - 5,
            ..=-5 => first + 5,
            _ => {
                let mut bytes = [if first < 0 { 0xff } else { 0 }; 8];
                let length = first.unsigned_abs() as usize;
                bytes[..length].copy_from_slice(self.bytes.take(length)?);
                i64::from_le_bytes(bytes)
            }
        })
    }

    fn length(&mut self) -> Parsed<usize> {
        let at = self.bytes.at;
        let number = self.number()?;
        match usize::try_from(number) {
            Ok(length) => Ok(length),
            Err(_) => self.bytes.fault_at(at, format!("a length of {number}")),
        }
    }

    /// A number of things that take this many bytes each at least.
    fn count(&mut self, each: usize) -> Parsed<usize> {
        let count = self.length()?;
        if count.saturating_mul(each) > self.bytes.left() {
            return self.bytes.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        Ok(count)
    }

    #[inline]
    fn counted(&mut self) -> Parsed<&'a [u8]> {
        let length = self.length()?;
        self.bytes.take(length)
    }

    #[inline]
    fn text(&mut self) -> Parsed<Item<'a>> {
        let bytes = self.counted()?;
        Ok(std::str::from_utf8(bytes).map_or(Item::Bytes(bytes), Item::Text))
    }

    /// Reads a symbol: a new one, one by its number, or one whose encoding is said.
    #[inline]
    fn symbol(&mut self) -> Parsed<u32> {
        let at = self.bytes.at;
        match self.bytes.byte()? {
            b':' => {
                let text = match self.text()? {
                    Item::Bytes(bytes) => self.latin(bytes)?,
                    text => text,
                };
                self.symbols.push(text);
                Ok(self.symbols.len() as u32 - 1)
            }
            b';' => {
                let number = self.number()?;
                match u32::try_from(number) {
                    Ok(symbol) if (symbol as usize) < self.symbols.len() => Ok(symbol),
                    _ => self.bytes.fault_at(at, format!("a link to symbol {number}, which is not there")),
                }
            }
            b'I' if self.bytes.peek() == Some(b':') => self.encoded_symbol(),
            other => self.bytes.fault_at(at, format!("no symbol begins with {other:#04x}, expected : or ;")),
        }
    }

    fn encoded_symbol(&mut self) -> Parsed<u32> {
        let symbol = self.plain_symbol()?;
        for _ in 0..self.count(2)? {
            self.plain_symbol()?;
            let at = self.bytes.at;
            match self.bytes.byte()? {
                b'T' | b'F' => {}
                b'"' => {
                    let name = self.text()?;
                    self.objects.push(name);
                }
                other => {
                    return self.bytes.fault_at(at, format!("no encoding begins with {other:#04x}"));
                }
            }
        }
        Ok(symbol)
    }

    fn plain_symbol(&mut self) -> Parsed<u32> {
        match self.bytes.peek() {
            Some(b':' | b';') => self.symbol(),
            _ => self.bytes.fault("no symbol, expected : or ;"),
        }
    }

    /// The place of the name of the class that a symbol names.
    fn class(&mut self, symbol: u32) -> u32 {
        let place = symbol as usize;
        if self.classes.len() <= place {
            self.classes.resize(self.symbols.len(), 0);
        }
        if self.classes[place] == 0 {
            let name = self.graph.text(self.symbols[place]).unwrap_or_default();
            self.classes[place] = self.graph.class(name) + 1;
        }
        self.classes[place] - 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::tests::{on_a_small_stack, read_samples};

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    #[test]
    fn what_ruby_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/marshal.txt"));
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "unexpected end"),
            (b"\x04\x09\x30", 0, "not version 4.8 of Marshal"),
            (b"\x04\x0800", 3, "something follows the value"),
            (b"\x04\x08?", 2, "no value begins with 0x3f"),
            (b"\x04\x08@\x06", 2, "a link to object 1, which is not there"),
            (b"\x04\x08;\x00", 2, "a link to symbol 0, which is not there"),
            (b"\x04\x08[\x04\xff\xff\xff\x7f", 8, "2147483647 values announced, but fewer bytes are left"),
            (b"\x04\x08\"\xfa", 3, "a length of -1"),
            (b"\x04\x08o\"\x00", 3, "no symbol begins with 0x22, expected : or ;"),
            (b"\x04\x08l?\x06\0\0", 3, "no sign of a bignum, expected + or -"),
            (
                b"\x04\x08e:\x06Ai\x06",
                6,
                "no value that has a class, expected a string, list, hash or object",
            ),
            (b"\x04\x08f\x06x", 2, "a float that is not a number"),
        ];
        for (bytes, offset, reason) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |open: &[u8], depth: usize| [HEADER, &open.repeat(depth), b"0"].concat();
            assert!(read(&nested(b"[\x06", 900)).is_ok());
            assert_eq!(read(&nested(b"[\x06", 901)).unwrap_err().reason, "nested deeper than 900");
            for open in [&b"[\x06"[..], b"{\x06i\x06", b"U:\x06A", b"I", b"C:\x06A"] {
                assert!(read(&nested(open, 400_000)).is_err());
            }
            // Each list twice in the next.
            let mut laughs = [HEADER, b"[\x2d[\x00"].concat();
            for number in 1..40_u8 {
                laughs.extend_from_slice(&[b'[', 7, b'@', number + 5, b'@', number + 5]);
            }
            assert!(read(&laughs).unwrap_err().reason.starts_with("references repeat too many"));
        });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            near in prop::collection::vec(prop::sample::select(&b"0TFi:;@I\"/fl[{}SouUeCcm\0\x05\x06\x07A"[..]), 0..64),
        ) {
            for bytes in [bytes, near] {
                if let Ok(value) = read(&[HEADER, &bytes].concat()) {
                    let _ = value.to_json();
                }
            }
        }
    }
}
