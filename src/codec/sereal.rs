//! Perl's Sereal, versions 1 to 5: a header, then one item of tags, compressed or not.
//!
//! An item may refer to another by the place where that begins (Sereal's sereal_spec.pod of 5.003, and
//! srl_decoder.c). No class is loaded; what a class froze itself is shown as the data that it is.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::packed::{deflate, snappy, zstd};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

const NAME: &str = "sereal";

/// Names of classes are no longer than this.
const CLASS_LIMIT: usize = 1024;

/// Items that copies may add.
const COPIED: usize = 256 << 10;

/// Perl's Sereal.
pub const CODEC: Codec = Codec { name: NAME, about: "Sereal, of Perl", sniff, decode };

/// What documents begin with: of versions 1 and 2, and of 3 to 5.
pub const MAGIC: [&[u8]; 2] = [b"=srl", b"=\xf3rl"];

/// What version 3 and later begin with after someone took them for Latin-1 and made UTF-8 of it.
const MANGLED: &[u8] = b"=\xc3\xb3rl";

fn sniff(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
        && matches!(bytes.get(4), Some(version) if (1..=5).contains(&(version & 15)))
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut header = Cursor::new(NAME, bytes);
    let (version, encoding) = head(&mut header).map_err(|error| *error)?;
    let begin = header.at;
    // Places count from the first byte of the document in version 1, from 1 at that of the body later.
    let first = if version == 1 { begin } else { 1 };
    if encoding == 0 {
        return read(&bytes[begin..], first, begin, limits);
    }
    let plain = unpack(&mut header, encoding, limits)?;
    read(&plain, first, 0, limits)
        .map(Value::into_owned)
        .map_err(|error| DecodeError::new(NAME, begin, format!("in what was compressed, {error}")))
}

/// Reads a body, whose first byte has the place `first` and is this many bytes after the beginning.
fn read<'a>(body: &'a [u8], first: usize, begin: usize, limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, body),
        first,
        graph: Graph::new(NAME, body.len(), limits),
        stack: Vec::with_capacity(32),
        open: Vec::with_capacity(8),
        tracked: HashMap::new(),
        waiting: Vec::new(),
        classes: HashMap::new(),
        blessed: None,
        copying: false,
        copies: 0,
        // What Latin-1 takes in UTF-8.
        spare: 2 * body.len() + (64 << 10),
    };
    let root = reader.document().map_err(|error| *error);
    root.and_then(|root| reader.graph.show(root, ""))
        .map_err(|error| DecodeError { offset: error.offset + begin, ..error })
}

/// Reads the header and gives version and encoding.
fn head(bytes: &mut Cursor<'_>) -> Parsed<(u8, u8)> {
    if bytes.bytes.starts_with(MANGLED) {
        return bytes.fault("a Sereal document that was re-encoded as UTF-8 and is corrupt");
    }
    let magic: [u8; 4] = bytes.array()?;
    let newer = match &magic {
        b"=srl" => false,
        b"=\xf3rl" => true,
        _ => return bytes.fault_at(0, "not a Sereal document"),
    };
    let version = bytes.byte()?;
    let (version, encoding) = (version & 15, version >> 4);
    let fits = if newer { matches!(version, 3..=5) } else { matches!(version, 1 | 2) };
    if !fits {
        return bytes.fault_at(4, format!("unknown version {version} of Sereal"));
    }
    let length = varint(bytes)?;
    bytes.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    Ok((version, encoding))
}

fn varint(bytes: &mut Cursor<'_>) -> Parsed<u64> {
    let at = bytes.at;
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.byte()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    bytes.fault_at(at, "a number of more than 64 bits")
}

/// What was compressed, up to the end.
fn unpack(bytes: &mut Cursor<'_>, encoding: u8, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let packed = |bytes: &mut Cursor<'_>| -> Parsed<(usize, Vec<u8>)> {
        if encoding == 3 {
            // How much it is unpacked, which zlib finds out by itself.
            varint(bytes)?;
        }
        if encoding != 1 {
            let length = varint(bytes)?;
            if length != bytes.left() as u64 {
                return bytes.fault(format!("expected {length} compressed bytes, found {}", bytes.left()));
            }
        }
        Ok((bytes.at, bytes.rest().to_vec()))
    };
    let (at, packed) = packed(bytes).map_err(|error| *error)?;
    let opened = match encoding {
        1 | 2 => snappy::open(&packed, limits),
        3 => deflate::inflate(&packed, limits),
        4 => zstd::open(&packed, limits),
        _ => return Err(DecodeError::new(NAME, 4, format!("unknown encoding {encoding}"))),
    };
    opened.map_err(|error| DecodeError { offset: error.offset + at, ..error })
}

/// An item that was begun and whose parts still follow.
#[derive(Debug, Clone, Copy)]
struct Open {
    part: Part,
    node: u32,
    /// Items that are still to come.
    left: usize,
    /// How much of the stack there was.
    base: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Array,
    /// Keys and values in turns.
    Hash,
    /// What an object is made of.
    Payload,
    /// A pattern and its modifiers.
    Regexp,
    /// One item of an earlier place, after which it goes on at this one.
    Copy(usize),
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    /// The place that the first byte has.
    first: usize,
    graph: Graph<'a>,
    stack: Vec<Item<'a>>,
    open: Vec<Open>,
    /// What others may refer to, by where it begins.
    tracked: HashMap<usize, Item<'a>>,
    /// Where tracked references begin whose item comes next.
    waiting: Vec<usize>,
    /// Classes by where their names begin.
    classes: HashMap<usize, u32>,
    /// The class of the item that comes next.
    blessed: Option<u32>,
    copying: bool,
    /// Items that were copied.
    copies: usize,
    spare: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Item<'a>> {
        let root = self.value()?;
        while self.bytes.peek() == Some(0x3f) {
            self.bytes.at += 1;
        }
        if self.bytes.left() > 0 { self.bytes.fault("something follows the item") } else { Ok(root) }
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

    fn length(&mut self) -> Parsed<usize> {
        Ok(usize::try_from(varint(&mut self.bytes)?).unwrap_or(usize::MAX))
    }

    /// A count of items that take this many bytes each at least.
    fn count(&mut self, each: usize) -> Parsed<usize> {
        let count = self.length()?;
        if count.saturating_mul(each) > self.bytes.left() {
            return self.bytes.fault(format!("{count} items announced, but fewer bytes are left"));
        }
        Ok(count)
    }

    fn text(&mut self, length: usize) -> Parsed<Item<'a>> {
        let bytes = self.bytes.take(length)?;
        Ok(std::str::from_utf8(bytes).map_or(Item::Bytes(bytes), Item::Text))
    }

    /// A place before this one, as an index.
    fn place(&mut self) -> Parsed<usize> {
        let at = self.bytes.at;
        let place = self.length()?;
        match place.checked_sub(self.first) {
            Some(index) if index < at => Ok(index),
            _ => self.bytes.fault_at(at, format!("place {place}, which is not before this one")),
        }
    }

    fn latin(&mut self, bytes: &[u8]) -> Parsed<Item<'a>> {
        match self.spare.checked_sub(2 * bytes.len()) {
            Some(spare) => self.spare = spare,
            None => return self.bytes.fault("copies repeat too much"),
        }
        let text: String = bytes.iter().copied().map(char::from).collect();
        Ok(self.graph.leaf(Value::Text(Cow::Owned(text))))
    }

    /// What others refer to where it is tracked, and what the references before it lead to.
    fn begun(&mut self, at: usize, tracked: bool, item: Item<'a>) {
        for place in self.waiting.drain(..) {
            self.tracked.insert(place, item);
        }
        if tracked && !self.copying {
            self.tracked.insert(at, item);
        }
    }

    fn scalar(&mut self, at: usize, tracked: bool, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        let item = match self.blessed.take() {
            None => item,
            Some(class) => match (&*self.graph.classes[class as usize].name(), item) {
                ("JSON::PP::Boolean" | "Types::Serialiser::Boolean", Item::Int(truth @ (0 | 1))) => {
                    Item::Bool(truth == 1)
                }
                _ => Item::Node(self.graph.node(Kind::Valued(class), at, &[item])?),
            },
        };
        self.begun(at, tracked, item);
        Ok(Some(item))
    }

    fn enter(&mut self, part: Part, node: u32, left: usize) -> Parsed<Option<Item<'a>>> {
        if self.open.len() > (1 << 20) {
            return self.bytes.fault("nested too deep");
        }
        self.open.push(Open { part, node, left, base: self.stack.len() });
        Ok(None)
    }

    /// Reads what is whole, or begins what has parts.
    fn begin(&mut self) -> Parsed<Option<Item<'a>>> {
        let at = self.bytes.at;
        let byte = self.bytes.byte()?;
        let (tag, tracked) = (byte & 0x7f, byte & 0x80 != 0);
        if self.copying {
            self.copies += 1;
            if self.copies > COPIED {
                return self.bytes.fault_at(at, "copies repeat too many items");
            }
        }
        let item = match tag {
            0x00..=0x0f => Item::Int(i64::from(tag)),
            0x10..=0x1f => Item::Int(i64::from(tag) - 32),
            0x20 => {
                let number = Value::whole(varint(&mut self.bytes)?);
                self.graph.leaf(number)
            }
            0x21 => {
                let number = varint(&mut self.bytes)?;
                Item::Int((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            0x22 => Item::Float(f64::from(f32::from_le_bytes(self.bytes.array()?))),
            0x23 => Item::Float(f64::from_le_bytes(self.bytes.array()?)),
            0x24 => Item::Float(extended(self.bytes.array()?)),
            0x38 => Item::Float(quadruple(self.bytes.array()?)),
            0x25 | 0x39 => Item::Null,
            0x34 | 0x3a => Item::Bool(false),
            0x35 | 0x3b => Item::Bool(true),
            0x26 | 0x27 => {
                let length = self.length()?;
                self.text(length)?
            }
            0x60..=0x7f => self.text(usize::from(tag & 0x1f))?,
            0x3f => return Ok(None),
            _ => return self.container(at, tag, tracked),
        };
        self.scalar(at, tracked, item)
    }

    fn container(&mut self, at: usize, tag: u8, tracked: bool) -> Parsed<Option<Item<'a>>> {
        match tag {
            0x28 | 0x30 => {
                // A reference is looked through.
                if tracked && !self.copying {
                    self.waiting.push(at);
                }
                Ok(None)
            }
            0x29 | 0x2e => {
                let place = self.place()?;
                let Some(item) = self.tracked.get(&place).copied() else {
                    return self.bytes.fault_at(at, "no item that is referred to begins there");
                };
                self.blessed = None;
                self.begun(at, tracked, item);
                Ok(Some(item))
            }
            0x2a | 0x50..=0x5f => {
                let count = if tag == 0x2a { self.count(2)? } else { usize::from(tag & 0x0f) };
                let kind = self.blessed.take().map_or(Kind::Map, Kind::Object);
                let node = self.graph.node(kind, at, &[])?;
                self.begun(at, tracked, Item::Node(node));
                if count == 0 { Ok(Some(Item::Node(node))) } else { self.enter(Part::Hash, node, 2 * count) }
            }
            0x2b | 0x40..=0x4f => {
                let count = if tag == 0x2b { self.count(1)? } else { usize::from(tag & 0x0f) };
                let class = self.blessed.take();
                let list = self.graph.node(Kind::List, at, &[])?;
                let Some(class) = class else {
                    self.begun(at, tracked, Item::Node(list));
                    let whole = Some(Item::Node(list));
                    return if count == 0 { Ok(whole) } else { self.enter(Part::Array, list, count) };
                };
                let object = self.graph.node(Kind::Valued(class), at, &[])?;
                self.begun(at, tracked, Item::Node(object));
                if count == 0 {
                    self.graph.fill(object, &[Item::Node(list)])?;
                    return Ok(Some(Item::Node(object)));
                }
                self.enter(Part::Payload, object, 1)?;
                self.enter(Part::Array, list, count)
            }
            0x2c | 0x32 => {
                if tracked && !self.copying {
                    self.waiting.push(at);
                }
                let class = self.class()?;
                self.object(at, class, tag == 0x32)
            }
            0x2d | 0x33 => {
                if tracked && !self.copying {
                    self.waiting.push(at);
                }
                let place = self.place()?;
                let Some(class) = self.classes.get(&place).copied() else {
                    return self.bytes.fault_at(at, "no name of a class begins there");
                };
                self.object(at, class, tag == 0x33)
            }
            0x2f => {
                if self.copying {
                    return self.bytes.fault_at(at, "a copy of a copy");
                }
                let place = self.place()?;
                self.enter(Part::Copy(self.bytes.at), 0, 1)?;
                self.bytes.at = place;
                self.copying = true;
                Ok(None)
            }
            0x31 => {
                let class = match self.blessed.take() {
                    Some(class) => class,
                    None => self.graph.class("Regexp"),
                };
                let node = self.graph.node(Kind::Object(class), at, &[])?;
                self.begun(at, tracked, Item::Node(node));
                self.enter(Part::Regexp, node, 2)
            }
            _ => self.bytes.fault_at(at, format!("no item begins with tag {tag:#04x}")),
        }
    }

    /// An object whose class is known; its item follows.
    fn object(&mut self, at: usize, class: u32, frozen: bool) -> Parsed<Option<Item<'a>>> {
        if frozen {
            let node = self.graph.node(Kind::Valued(class), at, &[])?;
            self.begun(at, false, Item::Node(node));
            return self.enter(Part::Payload, node, 1);
        }
        self.blessed = Some(class);
        Ok(None)
    }

    /// The name of a class, or a copy of one.
    fn class(&mut self) -> Parsed<u32> {
        let place = self.bytes.at;
        let mut back = None;
        let name = loop {
            let at = self.bytes.at;
            match self.bytes.byte()? & 0x7f {
                0x3f => {}
                0x26 | 0x27 => {
                    let length = self.length()?;
                    break self.bytes.take(length)?;
                }
                tag @ 0x60..=0x7f => break self.bytes.take(usize::from(tag & 0x1f))?,
                0x2f if back.is_none() => {
                    let original = self.place()?;
                    back = Some(std::mem::replace(&mut self.bytes.at, original));
                }
                tag => {
                    return self.bytes.fault_at(at, format!("tag {tag:#04x}, expected the name of a class"));
                }
            }
        };
        if let Some(back) = back {
            self.bytes.at = back;
        }
        if name.len() > CLASS_LIMIT {
            return self.bytes.fault_at(place, format!("a class whose name has {} bytes", name.len()));
        }
        let class = self.graph.class(String::from_utf8_lossy(name));
        self.classes.insert(place, class);
        Ok(class)
    }

    /// Gives an item to what it is a part of; what that is where it is whole.
    fn deliver(&mut self, open: Open, item: Item<'a>) -> Parsed<Option<Item<'a>>> {
        match open.part {
            Part::Copy(back) => {
                self.open.pop();
                self.bytes.at = back;
                self.copying = false;
                return Ok(Some(item));
            }
            // Keys come first, and are text.
            Part::Hash if open.left.is_multiple_of(2) => {
                let key = match item {
                    Item::Bytes(bytes) => self.latin(bytes)?,
                    other => other,
                };
                self.stack.push(key);
            }
            _ => self.stack.push(item),
        }
        if open.left > 1 {
            if let Some(open) = self.open.last_mut() {
                open.left -= 1;
            }
            return Ok(None);
        }
        self.open.pop();
        if open.part == Part::Regexp
            && let [source, options] = self.stack[open.base..]
        {
            self.stack.truncate(open.base);
            self.stack.extend_from_slice(&[Item::Text("source"), source, Item::Text("options"), options]);
        }
        self.graph.fill(open.node, &self.stack[open.base..])?;
        self.stack.truncate(open.base);
        Ok(Some(Item::Node(open.node)))
    }
}

/// The extended precision of x87, in the first ten of these bytes.
fn extended(bytes: [u8; 16]) -> f64 {
    let mut fraction = [0; 8];
    fraction.copy_from_slice(&bytes[..8]);
    let sign = if bytes[9] & 0x80 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(u16::from_le_bytes([bytes[8], bytes[9] & 0x7f]));
    scaled(sign, u64::from_le_bytes(fraction), exponent, 63)
}

/// The quadruple precision of IEEE 754, as exact as a double is.
fn quadruple(bytes: [u8; 16]) -> f64 {
    let number = u128::from_le_bytes(bytes);
    let sign = if number >> 127 == 0 { 1.0 } else { -1.0 };
    let exponent = (number >> 112 & 0x7fff) as i32;
    let hidden = u64::from(exponent != 0) << 63;
    scaled(sign, hidden | (number << 16 >> 65) as u64, exponent, 63)
}

/// A fraction with its point after the first bit, times a power of two.
fn scaled(sign: f64, fraction: u64, exponent: i32, bits: i32) -> f64 {
    if exponent == 0x7fff {
        return if fraction << 1 == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    // In two steps, since the first alone may be beyond what a double holds.
    let power = exponent - 16383 - bits;
    let half = power / 2;
    sign * fraction as f64 * 2_f64.powi(half) * 2_f64.powi(power - half)
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

    fn raw(body: &[u8]) -> Vec<u8> {
        [b"=\xf3rl\x05\0", body].concat()
    }

    #[test]
    fn what_perl_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/sereal.txt"));
    }

    /// What no Perl at hand writes, by sereal_spec.pod.
    #[test]
    fn rare_tags() {
        let table: &[(&[u8], &str)] = &[
            (b"\x24\0\0\0\0\0\0\0\xc0\0\x40\0\0\0\0\0\0", "3.0"),
            (b"\x24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "0.0"),
            (b"\x38\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x00\xc0", "-3.0"),
            (b"\x22\0\0\xc0\x3f", "1.5"),
            (b"\x39", "null"),
            (b"\x3f\x3a\x3f", "false"),
            (b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "18446744073709551615"),
            (b"\x21\x03", "-2"),
            // An alias, and a weak reference to the list around it.
            (b"\x28\xab\x03\x81\x2e\x04\x30\x29\x02", r#"[1,1,{"$ref":""}]"#),
            // A copy of a list.
            (b"\x42\x41\x61a\x2f\x02", r#"[["a"],["a"]]"#),
        ];
        for (body, expected) in table {
            assert_eq!(read(&raw(body)).unwrap().to_json(), *expected, "{}", body.escape_ascii());
        }
        // Places of version 1 count from the first byte of the document, also where that was compressed.
        let body = b"\x42\x61a\x2f\x07";
        let packed = snap::raw::Encoder::new().compress_vec(body).unwrap();
        assert_eq!(read(&[b"=srl\x01\0", &body[..]].concat()).unwrap().to_json(), r#"["a","a"]"#);
        assert_eq!(read(&[b"=srl\x11\0", &packed[..]].concat()).unwrap().to_json(), r#"["a","a"]"#);
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "unexpected end"),
            (b"=\xc3\xb3rl\x05\0\x01", 0, "a Sereal document that was re-encoded as UTF-8 and is corrupt"),
            (b"=\xf3rl\x06\0\x01", 4, "unknown version 6 of Sereal"),
            (b"=srl\x03\0\x01", 4, "unknown version 3 of Sereal"),
            (b"=\xf3rl\x55\0\x00", 4, "unknown encoding 5"),
            (b"=\xf3rl\x05\x05\0", 6, "5 bytes announced, but fewer are left"),
            (b"=\xf3rl\x05\0\x01\x01", 7, "something follows the item"),
            (b"=\xf3rl\x05\0\x3c", 6, "no item begins with tag 0x3c"),
            (b"=\xf3rl\x05\0\x2b\xff\xff\x03", 10, "65535 items announced, but fewer bytes are left"),
            (b"=\xf3rl\x05\0\x29\x02", 7, "place 2, which is not before this one"),
            (b"=\xf3rl\x05\0\x41\x29\x01", 7, "no item that is referred to begins there"),
            (b"=\xf3rl\x05\0\x42\x2f\x02\x01", 7, "a copy of a copy"),
            (b"=\xf3rl\x05\0\x2c\x01", 7, "tag 0x01, expected the name of a class"),
            (
                b"=\xf3rl\x05\0\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                7,
                "a number of more than 64 bits",
            ),
        ];
        for (bytes, offset, reason) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |open: &[u8], depth: usize| raw(&[&open.repeat(depth)[..], b"\x01"].concat());
            assert!(read(&nested(b"\x41", 900)).is_ok());
            assert_eq!(read(&nested(b"\x41", 901)).unwrap_err().reason, "nested deeper than 900");
            assert_eq!(read(&nested(b"\x28", 1_000_000)).unwrap(), Value::Int(1));
            assert!(read(&nested(b"\x2c\x61A\x41", 400_000)).is_err());
            // A long list, copied over and over.
            let list =
                [b"\x28\x2b\xc0\x84\x3d".as_slice(), &b"\x01".repeat(500_000), &b"\x2f\x01".repeat(500_000)]
                    .concat();
            assert!(read(&raw(&list)).is_err());
            let inner = [b"\x2b\xe8\x07".as_slice(), &b"\x01".repeat(1000)].concat();
            let outer = [b"\x2b\xe9\x07".as_slice(), &inner, &b"\x2f\x04".repeat(1000)].concat();
            assert_eq!(read(&raw(&outer)).unwrap_err().reason, "copies repeat too many items");
        });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            near in prop::collection::vec(prop::sample::select(&b"\x01\x02\x03\x61A\x28\xa8\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x41\xc1\x51"[..]), 0..64),
            version in 0..0x60_u8,
        ) {
            for bytes in [bytes, near] {
                for header in [&b"=\xf3rl\x05\0"[..], b"=srl\x01\0", &[b'=', 0xf3, b'r', b'l', version, 0]] {
                    if let Ok(value) = read(&[header, &bytes].concat()) {
                        let _ = value.to_json();
                    }
                }
            }
        }
    }
}
