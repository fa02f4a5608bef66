//! Perl's Storable: a header, then one value of tags.
//!
//! Read from `freeze` and `nfreeze`, in the byte order that the header names (Storable 3.26, Storable.xs and
//! its `retrieve_*`). Every value gets the next number and occurs again by it. No class is loaded and no
//! code compiled: a hook's text, a tie's object and a subroutine's source are data.

use std::borrow::Cow;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

const NAME: &str = "storable";

/// What a file begins with; a session is usually without it.
const FILE: &[u8] = b"pst0";

/// Names of classes are no longer than this.
const CLASS_LIMIT: usize = 1024;

/// Perl's Storable.
pub const CODEC: Codec = Codec { name: NAME, about: "Storable, of Perl", sniff, decode };

/// Version 2, in network order or in that of a machine, which then says which one that is.
pub fn sniff(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(FILE).unwrap_or(bytes);
    match bytes {
        [5, 4..=15, 0..=35, ..] => true,
        [4, 4..=15, length @ (4 | 8), order @ ..] => {
            order.get(..usize::from(*length)).is_some_and(|order| Order::of(order).is_some())
        }
        _ => false,
    }
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, bytes),
        order: Order { little: false, network: true, width: 8 },
        graph: Graph::new(NAME, bytes.len(), limits),
        stack: Vec::with_capacity(32),
        open: Vec::with_capacity(8),
        tags: Vec::with_capacity((bytes.len() / 8).clamp(8, 128)),
        waiting: Vec::new(),
        classes: Vec::new(),
        blessed: None,
        // What Latin-1 takes in UTF-8.
        spare: 2 * bytes.len() + (64 << 10),
    };
    let root = reader.document().map_err(|error| *error)?;
    reader.graph.show(root, "")
}

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
struct Order {
    little: bool,
    network: bool,
    /// Bytes of an integer.
    width: usize,
}

impl Order {
    /// As `byteorder` of Perl's Config says it.
    fn of(text: &[u8]) -> Option<Order> {
        let little = match text {
            b"1234" | b"12345678" => true,
            b"4321" | b"87654321" => false,
            _ => return None,
        };
        Some(Order { little, network: false, width: text.len() })
    }
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
    /// A hash whose keys have flags.
    FlagHash,
    /// The key of a flagged hash, where that is a value of its own.
    Key {
        kept: bool,
    },
    /// What an object, a tie or a subroutine is made of.
    Payload,
    /// As `Payload`, and a number after it.
    Indexed,
    /// What a hook stored before its own text.
    Hook {
        tied: bool,
    },
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    order: Order,
    graph: Graph<'a>,
    stack: Vec<Item<'a>>,
    open: Vec<Open>,
    /// The values by their numbers.
    tags: Vec<Item<'a>>,
    /// Numbers of references whose value comes next.
    waiting: Vec<usize>,
    classes: Vec<u32>,
    /// The class of the value that comes next.
    blessed: Option<u32>,
    spare: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Item<'a>> {
        if self.bytes.rest().starts_with(FILE) {
            self.bytes.at = FILE.len();
        }
        self.header()?;
        let root = self.value()?;
        if self.bytes.left() > 0 { self.bytes.fault("something follows the value") } else { Ok(root) }
    }

    fn header(&mut self) -> Parsed<()> {
        let at = self.bytes.at;
        let [version, minor] = self.bytes.array()?;
        if version >> 1 != 2 || minor > 15 {
            return self.bytes.fault_at(at, "not version 2 of Storable");
        }
        if version & 1 == 1 {
            return Ok(());
        }
        let length = usize::from(self.bytes.byte()?);
        let at = self.bytes.at;
        match Order::of(self.bytes.take(length)?) {
            Some(order) => self.order = order,
            None => return self.bytes.fault_at(at, "an unknown byte order"),
        }
        // Sizes of an int, a long and a pointer, then of a double.
        self.bytes.take(3)?;
        let at = self.bytes.at;
        if minor >= 2 && self.bytes.byte()? != 8 {
            return self.bytes.fault_at(at, "doubles of an unknown size, expected 8");
        }
        Ok(())
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

    // Numbers and strings.

    /// A length or a count in the order of the header.
    fn length(&mut self) -> Parsed<usize> {
        let bytes: [u8; 4] = self.bytes.array()?;
        let number = if self.order.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        Ok(number as usize)
    }

    /// A length of one byte, or of four.
    fn short(&mut self, long: bool) -> Parsed<usize> {
        if long { self.length() } else { Ok(usize::from(self.bytes.byte()?)) }
    }

    /// A count of values that take this many bytes each at least.
    fn count(&mut self, each: usize) -> Parsed<usize> {
        let count = self.length()?;
        if count.saturating_mul(each) > self.bytes.left() {
            return self.bytes.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        Ok(count)
    }

    fn text(&mut self, long: bool) -> Parsed<Item<'a>> {
        let length = self.short(long)?;
        let bytes = self.bytes.take(length)?;
        Ok(std::str::from_utf8(bytes).map_or(Item::Bytes(bytes), Item::Text))
    }

    fn integer(&mut self) -> Parsed<i64> {
        Ok(if self.order.width == 4 {
            let bytes = self.bytes.array()?;
            i64::from(if self.order.little { i32::from_le_bytes(bytes) } else { i32::from_be_bytes(bytes) })
        } else {
            let bytes = self.bytes.array()?;
            if self.order.little { i64::from_le_bytes(bytes) } else { i64::from_be_bytes(bytes) }
        })
    }

    fn latin(&mut self, bytes: &[u8]) -> Parsed<Item<'a>> {
        match self.spare.checked_sub(2 * bytes.len()) {
            Some(spare) => self.spare = spare,
            None => return self.bytes.fault("references repeat too much"),
        }
        let text: String = bytes.iter().copied().map(char::from).collect();
        Ok(self.graph.leaf(Value::Text(Cow::Owned(text))))
    }

    /// The key of a hash: text, also where it is of one byte a character.
    fn key(&mut self) -> Parsed<Item<'a>> {
        let length = self.length()?;
        let bytes = self.bytes.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Item::Text(text)),
            Err(_) => self.latin(bytes),
        }
    }

    fn class(&mut self, length: usize) -> Parsed<u32> {
        let at = self.bytes.at;
        if length > CLASS_LIMIT {
            return self.bytes.fault_at(at, format!("a class whose name has {length} bytes"));
        }
        let name = String::from_utf8_lossy(self.bytes.take(length)?);
        let class = self.graph.class(name);
        self.classes.push(class);
        Ok(class)
    }

    fn class_again(&mut self, long: bool) -> Parsed<u32> {
        let at = self.bytes.at;
        let number = self.short(long)?;
        match self.classes.get(number) {
            Some(class) => Ok(*class),
            None => self.bytes.fault_at(at, format!("class {number}, which is not there")),
        }
    }

    // Values.

    /// Gives an item the next number, and to the references that wait for it.
    fn number(&mut self, item: Item<'a>) {
        for tag in self.waiting.drain(..) {
            self.tags[tag] = item;
        }
        self.tags.push(item);
    }

    /// What is whole: numbered, and inside an object where it was blessed.
    fn scalar(&mut self, at: usize, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        let item = match self.blessed.take() {
            None => item,
            Some(class) => match (&*self.graph.classes[class as usize].name(), item) {
                ("JSON::PP::Boolean" | "Types::Serialiser::Boolean", Item::Int(truth @ (0 | 1))) => {
                    Item::Bool(truth == 1)
                }
                ("JSON::PP::Boolean" | "Types::Serialiser::Boolean", Item::Text(truth @ ("0" | "1"))) => {
                    Item::Bool(truth == "1")
                }
                _ => Item::Node(self.graph.node(Kind::Valued(class), at, &[item])?),
            },
        };
        self.number(item);
        Ok(Some(item))
    }

    fn enter(&mut self, part: Part, node: u32, left: usize) -> Parsed<Option<Item<'a>>> {
        if self.open.len() > (1 << 20) {
            return self.bytes.fault("nested too deep");
        }
        self.open.push(Open { part, node, left, base: self.stack.len() });
        Ok(None)
    }

    /// A new node with its number.
    fn node(&mut self, kind: Kind, at: usize) -> Parsed<u32> {
        let node = self.graph.node(kind, at, &[])?;
        self.number(Item::Node(node));
        Ok(node)
    }

    /// Reads what is whole, or begins what has parts.
    fn begin(&mut self) -> Parsed<Option<Item<'a>>> {
        let at = self.bytes.at;
        let tag = self.bytes.byte()?;
        let item = match tag {
            0 => {
                let number = u32::from_be_bytes(self.bytes.array()?) as usize;
                let Some(item) = self.tags.get(number) else {
                    return self.bytes.fault_at(at, format!("value {number} again, which is not there"));
                };
                let item = *item;
                for tag in self.waiting.drain(..) {
                    self.tags[tag] = item;
                }
                self.blessed = None;
                return Ok(Some(item));
            }
            1 | 10 => self.text(tag == 1)?,
            23 | 24 => self.text(tag == 24)?,
            5 | 14 | 31 => Item::Null,
            15 | 34 => Item::Bool(true),
            16 | 35 => Item::Bool(false),
            8 => Item::Int(i64::from(self.bytes.byte()?) - 128),
            9 => Item::Int(i64::from(i32::from_be_bytes(self.bytes.array()?))),
            6 => Item::Int(self.integer()?),
            7 => {
                let bytes = self.bytes.array()?;
                let little = self.order.little && !self.order.network;
                Item::Float(if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
            }
            _ => return self.container(at, tag),
        };
        self.scalar(at, item)
    }

    fn container(&mut self, at: usize, tag: u8) -> Parsed<Option<Item<'a>>> {
        match tag {
            2 => {
                let count = self.count(1)?;
                let class = self.blessed.take();
                let list = match class {
                    None => self.node(Kind::List, at)?,
                    Some(class) => {
                        let object = self.node(Kind::Valued(class), at)?;
                        let list = self.graph.node(Kind::List, at, &[])?;
                        if count == 0 {
                            self.graph.fill(object, &[Item::Node(list)])?;
                            return Ok(Some(Item::Node(object)));
                        }
                        self.enter(Part::Payload, object, 1)?;
                        list
                    }
                };
                if count == 0 { Ok(Some(Item::Node(list))) } else { self.enter(Part::Array, list, count) }
            }
            3 | 25 => {
                let flagged = tag == 25;
                if flagged {
                    self.bytes.byte()?;
                }
                let count = self.count(5)?;
                let kind = self.blessed.take().map_or(Kind::Map, Kind::Object);
                let node = self.node(kind, at)?;
                if count == 0 {
                    return Ok(Some(Item::Node(node)));
                }
                self.enter(if flagged { Part::FlagHash } else { Part::Hash }, node, count)
            }
            4 | 20 | 27 | 28 => {
                if let Some(class) = self.blessed.take() {
                    let node = self.node(Kind::Valued(class), at)?;
                    return self.enter(Part::Payload, node, 1);
                }
                // A reference is looked through, and its number is that of what comes next.
                self.waiting.push(self.tags.len());
                self.tags.push(Item::Null);
                Ok(None)
            }
            17 => {
                let first = self.bytes.byte()?;
                let length = if first & 0x80 == 0 { usize::from(first) } else { self.length()? };
                self.blessed = Some(self.class(length)?);
                Ok(None)
            }
            18 => {
                let first = self.bytes.peek().unwrap_or_default();
                if first & 0x80 != 0 {
                    self.bytes.at += 1;
                }
                self.blessed = Some(self.class_again(first & 0x80 != 0)?);
                Ok(None)
            }
            19 => self.hook(at),
            11..=13 | 21 | 22 => {
                let class = self.graph.class("tied");
                let node = self.node(Kind::Valued(class), at)?;
                self.blessed = None;
                match tag {
                    21 => self.enter(Part::Payload, node, 2),
                    22 => self.enter(Part::Indexed, node, 1),
                    _ => self.enter(Part::Payload, node, 1),
                }
            }
            26 => {
                let class = self.graph.class("CODE");
                let node = self.node(Kind::Valued(class), at)?;
                self.blessed = None;
                self.enter(Part::Payload, node, 1)
            }
            29 | 30 => {
                // How a version was written, before the version itself.
                let length = self.short(tag == 30)?;
                self.bytes.take(length)?;
                Ok(None)
            }
            32 => {
                let flags = self.bytes.byte()?;
                let source = self.text(flags & 1 != 0)?;
                let options = self.text(false)?;
                let class = match self.blessed.take() {
                    Some(class) => class,
                    None => self.graph.class("Regexp"),
                };
                let node = self.node(Kind::Object(class), at)?;
                self.graph.fill(node, &[Item::Text("source"), source, Item::Text("options"), options])?;
                Ok(Some(Item::Node(node)))
            }
            33 => self.bytes.fault_at(at, "a value of more than 2 GB"),
            _ => self.bytes.fault_at(at, format!("no value begins with tag {tag}")),
        }
    }

    /// An object whose class wrote it: other values at times, its class, a string, and numbers of values.
    fn hook(&mut self, at: usize) -> Parsed<Option<Item<'a>>> {
        let flags = self.bytes.byte()?;
        self.blessed = None;
        let tied = flags & 3 == 3 && matches!(self.bytes.byte()?, 4..=6);
        let node = self.node(Kind::Pending(0), at)?;
        if flags & 0x40 != 0 {
            return self.enter(Part::Hook { tied }, node, 1);
        }
        self.hooked(node, flags, tied)
    }

    /// What follows on the last flags of a hook.
    fn hooked(&mut self, node: u32, flags: u8, tied: bool) -> Parsed<Option<Item<'a>>> {
        let class = if flags & 0x20 == 0 {
            let length = self.short(flags & 4 != 0)?;
            self.class(length)?
        } else {
            self.class_again(flags & 4 != 0)?
        };
        let mut row = vec![self.text(flags & 8 != 0)?];
        if flags & 0x80 != 0 {
            let count = self.short(flags & 0x10 != 0)?;
            if count.saturating_mul(4) > self.bytes.left() {
                return self.bytes.fault(format!("{count} values announced, but fewer bytes are left"));
            }
            for _ in 0..count {
                let at = self.bytes.at;
                let number = u32::from_be_bytes(self.bytes.array()?) as usize;
                match self.tags.get(number) {
                    Some(item) => row.push(*item),
                    None => return self.bytes.fault_at(at, format!("value {number}, which is not there")),
                }
            }
        }
        let payload = match row[..] {
            [text] => text,
            _ => Item::Node(self.graph.node(Kind::List, self.bytes.at, &row)?),
        };
        self.graph.become_row(node, Kind::Valued(class), &[payload])?;
        if tied {
            // The object that it is tied to.
            return self.enter(Part::Hook { tied: true }, node, 1);
        }
        Ok(Some(Item::Node(node)))
    }

    /// Gives a value to what it is a part of; what that is where it is whole.
    fn deliver(&mut self, open: Open, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        match open.part {
            Part::Hash => {
                let key = self.key()?;
                self.stack.extend_from_slice(&[key, item]);
            }
            Part::FlagHash => {
                let flags = self.bytes.byte()?;
                let kept = flags & 16 == 0;
                if flags & 8 != 0 {
                    self.stack.push(item);
                    return self.enter(Part::Key { kept }, open.node, 1);
                }
                let length = self.length()?;
                let bytes = self.bytes.take(length)?;
                let key = match std::str::from_utf8(bytes) {
                    Ok(text) if flags & 2 == 0 => Item::Text(text),
                    _ => self.latin(bytes)?,
                };
                if kept {
                    self.stack.extend_from_slice(&[key, item]);
                }
            }
            Part::Key { kept } => {
                self.open.pop();
                let value = self.stack.pop().unwrap_or(Item::Null);
                if kept {
                    let key = match item {
                        Item::Bytes(bytes) => self.latin(bytes)?,
                        other => other,
                    };
                    self.stack.extend_from_slice(&[key, value]);
                }
                return self.filled(open.node);
            }
            Part::Array | Part::Payload => self.stack.push(item),
            Part::Indexed => {
                let index = self.length()? as i64;
                self.stack.extend_from_slice(&[item, Item::Int(index)]);
            }
            Part::Hook { tied } => {
                if self.graph.kind(open.node) != Kind::Pending(0) {
                    self.open.pop();
                    return Ok(Some(Item::Node(open.node)));
                }
                let flags = self.bytes.byte()?;
                if flags & 0x40 != 0 {
                    return Ok(None);
                }
                self.open.pop();
                return self.hooked(open.node, flags, tied);
            }
        }
        self.filled(open.node)
    }

    /// One value less is to come of this node, which is the innermost that is open.
    fn filled(&mut self, node: u32) -> Parsed<Option<Item<'a>>> {
        let Some(open) = self.open.last_mut() else { return Ok(Some(Item::Node(node))) };
        open.left -= 1;
        if open.left > 0 {
            return Ok(None);
        }
        let open = *open;
        self.open.pop();
        if matches!(open.part, Part::Payload | Part::Indexed) && self.stack.len() - open.base > 1 {
            let row = self.stack.split_off(open.base);
            let list = self.graph.node(Kind::List, self.bytes.at, &row)?;
            self.stack.push(Item::Node(list));
        }
        self.graph.fill(open.node, &self.stack[open.base..])?;
        self.stack.truncate(open.base);
        Ok(Some(Item::Node(open.node)))
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
    fn what_perl_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/storable.txt"));
    }

    /// What no Perl at hand writes, by Storable.xs: orders of other machines, and rare tags.
    #[test]
    fn other_machines_and_rare_tags() {
        let json = |bytes: &[u8]| read(bytes).unwrap().to_json();
        let table: &[(&[u8], &str)] = &[
            (b"\x04\x0b\x0887654321\x04\x08\x08\x08\x06\0\0\0\0\0\0\x01\x02", "258"),
            (b"\x04\x0b\x041234\x04\x04\x04\x08\x06\xfe\xff\xff\xff", "-2"),
            (b"\x04\x0b\x044321\x04\x04\x04\x08\x02\0\0\0\x01\x07\x3f\xf8\0\0\0\0\0\0", "[1.5]"),
            (b"pst0\x05\x0b\x08\x85", "5"),
            (b"\x05\x0c\x02\0\0\0\x02\x22\x23", "[true,false]"),
            (b"\x05\x0b\x16\x0a\x01a\0\0\0\x07", r#"{"$class":"tied","$value":["a",7]}"#),
            (b"\x05\x0b\x15\x0a\x01a\x0a\x01k", r#"{"$class":"tied","$value":["a","k"]}"#),
            (b"\x05\x0b\x0c\x0a\x01a", r#"{"$class":"tied","$value":"a"}"#),
            (b"\x05\x0b\x1d\x03v15\x0a\x01\x0f", "\"\\u000f\""),
            // The key is a value of its own.
            (b"\x05\x0b\x19\0\0\0\0\x01\x08\x81\x08\x0a\x01k", r#"{"k":1}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "unexpected end"),
            (b"\x03\x00", 0, "not version 2 of Storable"),
            (b"\x04\x0b\x0812345679\x04\x08\x08\x08", 3, "an unknown byte order"),
            (b"\x04\x0b\x0812345678\x04\x08\x08\x10", 14, "doubles of an unknown size, expected 8"),
            (b"\x05\x0b\x05\x05", 3, "something follows the value"),
            (b"\x05\x0b\x24", 2, "no value begins with tag 36"),
            (b"\x05\x0b\x21\0", 2, "a value of more than 2 GB"),
            (b"\x05\x0b\x02\xff\xff\xff\xff\x05", 7, "4294967295 values announced, but fewer bytes are left"),
            (b"\x05\x0b\x03\0\0\0\x02\x05\0\0\0\0", 7, "2 values announced, but fewer bytes are left"),
            (b"\x05\x0b\0\0\0\0\x07", 2, "value 7 again, which is not there"),
            (b"\x05\x0b\x12\x03\x05", 3, "class 3, which is not there"),
            (b"\x05\x0b\x01\xff\xff\xff\xff", 7, "4294967295 bytes announced, but fewer are left"),
        ];
        for (bytes, offset, reason) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |open: &[u8], depth: usize| [b"\x05\x0b", &open.repeat(depth)[..], b"\x05"].concat();
            let list = b"\x04\x02\0\0\0\x01";
            assert!(read(&nested(list, 900)).is_ok());
            assert_eq!(read(&nested(list, 901)).unwrap_err().reason, "nested deeper than 900");
            assert_eq!(read(&nested(b"\x04", 1_000_000)).unwrap(), Value::Null);
            for open in [&list[..], b"\x11\x01A\x04", b"\x0b", b"\x13\x42"] {
                assert!(read(&nested(open, 400_000)).is_err());
            }
            // Each list twice in the next.
            let mut laughs = b"\x05\x0b\x02\0\0\0\x28\x02\0\0\0\0".to_vec();
            for number in 1..40_u8 {
                laughs.extend_from_slice(&[2, 0, 0, 0, 2, 0, 0, 0, 0, number, 0, 0, 0, 0, number]);
            }
            assert!(read(&laughs).unwrap_err().reason.starts_with("references repeat too many"));
        });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            near in prop::collection::vec(0..37_u8, 0..64),
            native in any::<bool>(),
        ) {
            let header: &[u8] = if native { b"\x04\x0b\x0812345678\x04\x08\x08\x08" } else { b"\x05\x0b" };
            for bytes in [bytes, near] {
                if let Ok(value) = read(&[header, &bytes].concat()) {
                    let _ = value.to_json();
                }
            }
        }
    }
}
