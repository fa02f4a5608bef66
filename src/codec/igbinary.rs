//! igbinary, the binary replacement for PHP's `serialize`.
//!
//! Four bytes of version and one value. Integers are a magnitude whose sign is in the code; strings
//! and class names are written once and then by their number; arrays, objects and references have
//! numbers of their own (igbinary.c `igbinary_serialize_zval` and `igbinary_unserialize_zval`,
//! igbinary 3.2.13).

use std::borrow::Cow;

use super::bytes::Cursor;
use super::php::tree::{self, Found, Key, Kind, Slot, Tree};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

/// igbinary, versions 1 and 2 of its format.
pub const CODEC: Codec = Codec { name: "igbinary", about: "igbinary, of PHP", sniff, decode };

/// Whether it begins with a version that exists and a value.
fn sniff(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0, 1 | 2, code, ..] if *code <= 0x27)
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_under("", bytes, limits)
}

/// The same for a value that is a part of something greater: `base` is the JSON pointer to its place,
/// which what contains itself is given by.
pub fn decode_under<'a>(
    base: impl Into<Cow<'a, str>>,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader::new(base.into(), bytes, limits);
    reader.document().map_err(|error| *error)
}

/// Decodes a session, which is a map even where its keys are 0, 1, 2, ….
pub fn decode_session<'a>(
    base: impl Into<Cow<'a, str>>,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader::new(base.into(), bytes, limits);
    reader.session().map_err(|error| *error)
}

/// The bytes of the string, if the whole is one: what a client with a serializer puts around text
/// that was serialized already.
pub fn string(bytes: &[u8]) -> Option<&[u8]> {
    let (code, rest) = match bytes {
        [0, 0, 0, 1 | 2, code, rest @ ..] => (*code, rest),
        _ => return None,
    };
    let (length, text) = match code {
        0x0d => (0, rest),
        0x11 => {
            rest.split_first_chunk().map(|(length, text)| (u64::from(u8::from_be_bytes(*length)), text))?
        }
        0x12 => {
            rest.split_first_chunk().map(|(length, text)| (u64::from(u16::from_be_bytes(*length)), text))?
        }
        0x13 => {
            rest.split_first_chunk().map(|(length, text)| (u64::from(u32::from_be_bytes(*length)), text))?
        }
        0x26 => rest.split_first_chunk().map(|(length, text)| (u64::from_be_bytes(*length), text))?,
        _ => return None,
    };
    (text.len() as u64 == length).then_some(text)
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    tree: Tree<'a>,
    limits: Limits,
    strings: Vec<Text<'a>>,
    /// How many strings are known at this place; less than there are where it is read again.
    known: usize,
    /// Bytes that the numbers of strings stood for.
    expanded: usize,
}

/// A string, looked at once.
#[derive(Clone, Copy)]
enum Text<'a> {
    Plain(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Text<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Text::Bytes(bytes), Text::Plain)
    }

    fn bytes(self) -> &'a [u8] {
        match self {
            Text::Plain(text) => text.as_bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }

    fn value(self) -> Value<'a> {
        match self {
            Text::Plain(text) => Value::Text(Cow::Borrowed(text)),
            Text::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        }
    }

    fn name(self) -> Cow<'a, str> {
        match self {
            Text::Plain(text) => Cow::Borrowed(text),
            Text::Bytes(bytes) => tree::name(bytes),
        }
    }
}

impl<'a> Reader<'a> {
    fn new(base: Cow<'a, str>, bytes: &'a [u8], limits: &Limits) -> Self {
        Reader {
            bytes: Cursor::new(CODEC.name, bytes),
            tree: Tree::new(CODEC.name, limits, base),
            limits: *limits,
            strings: Vec::with_capacity(16),
            known: 0,
            expanded: 0,
        }
    }

    fn document(&mut self) -> Parsed<Value<'a>> {
        self.version()?;
        let value = self.value()?;
        self.end()?;
        Ok(value)
    }

    fn session(&mut self) -> Parsed<Value<'a>> {
        self.version()?;
        let begin = self.bytes.at;
        let code = self.bytes.byte()?;
        if !matches!(code, 0x14..=0x16) {
            self.bytes.at = begin;
            return self.bytes.fault("not an array");
        }
        self.tree.count(begin)?;
        let number = self.tree.number(begin, 0);
        self.pairs(code - 0x14, Kind::List, number)?;
        let value = self.tree.map()?;
        self.end()?;
        Ok(value)
    }

    fn version(&mut self) -> Parsed<()> {
        if let [0, 0, 0, 1 | 2] = self.bytes.array()? {
            return Ok(());
        }
        self.bytes.at = 0;
        self.bytes.fault("not a version of this format")
    }

    fn end(&self) -> Parsed<()> {
        match self.bytes.rest() {
            // Old versions wrote the zero byte that ends a string in C.
            [] | [0] => Ok(()),
            _ => self.bytes.fault("something follows the value"),
        }
    }

    /// Reads one value.
    ///
    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self) -> Parsed<Value<'a>> {
        self.tree.count(self.bytes.at)?;
        let mut shared = false;
        loop {
            let begin = self.bytes.at;
            let code = self.bytes.byte()?;
            return match code {
                0x25 => {
                    shared = true;
                    continue;
                }
                0x14..=0x16 => self.array(begin, code - 0x14),
                0x17..=0x1c => self.object(begin, code),
                0x01..=0x03 => self.reference(begin, code - 0x01),
                0x22..=0x24 => self.reference(begin, code - 0x22),
                _ => self.scalar(begin, code, shared),
            };
        }
    }

    #[inline(never)]
    fn scalar(&mut self, begin: usize, code: u8, shared: bool) -> Parsed<Value<'a>> {
        let known = self.known;
        let value = match code {
            0x00 => Value::Null,
            0x04 => Value::Bool(false),
            0x05 => Value::Bool(true),
            0x06..=0x0b | 0x20 | 0x21 => self.integer(code)?,
            0x0c => Value::Float(f64::from_be_bytes(self.bytes.array()?)),
            0x0d..=0x13 | 0x26 => self.text(code)?.value(),
            _ => {
                self.bytes.at = begin;
                return self.bytes.fault(format!("no value begins with {code:#04x}"));
            }
        };
        if shared {
            self.tree.number(begin, known);
        }
        Ok(value)
    }

    fn integer(&mut self, code: u8) -> Parsed<Value<'a>> {
        let width = if code >= 0x20 { 3 } else { (code - 0x06) / 2 };
        let magnitude = self.bytes.unsigned(width)?;
        if code & 1 == 0 {
            return Ok(Value::whole(magnitude));
        }
        Ok(0_i64
            .checked_sub_unsigned(magnitude)
            .map_or_else(|| Value::BigInt(Cow::Owned(format!("-{magnitude}"))), Value::Int))
    }

    /// Reads a string: the empty one, one by its number, or a new one, which gets the next number.
    #[inline]
    fn text(&mut self, code: u8) -> Parsed<Text<'a>> {
        match code {
            0x0d => Ok(Text::Plain("")),
            0x0e..=0x10 => self.known_text(code - 0x0e),
            _ => {
                let width = if code == 0x26 { 3 } else { code - 0x11 };
                self.new_text(width)
            }
        }
    }

    #[inline]
    fn new_text(&mut self, width: u8) -> Parsed<Text<'a>> {
        let length = self.bytes.length(width)?;
        let bytes = self.bytes.take(length)?;
        self.known += 1;
        if let Some(text) = self.strings.get(self.known - 1) {
            self.tree.spend(self.bytes.at, length)?;
            return Ok(*text);
        }
        let text = Text::new(bytes);
        self.strings.push(text);
        Ok(text)
    }

    fn known_text(&mut self, width: u8) -> Parsed<Text<'a>> {
        let begin = self.bytes.at - 1;
        let number = self.bytes.length(width)?;
        let Some(text) = self.strings[..self.known].get(number) else {
            return self.tree.fault(begin, format!("there is no string {number}"));
        };
        self.expanded = self.expanded.saturating_add(text.bytes().len());
        if self.expanded > self.limits.expanded {
            return self
                .tree
                .fault(begin, format!("strings expand to more than {} bytes", self.limits.expanded));
        }
        Ok(*text)
    }

    fn array(&mut self, begin: usize, width: u8) -> Parsed<Value<'a>> {
        let number = self.tree.number(begin, self.known);
        self.pairs(width, Kind::List, number)?;
        self.tree.array()
    }

    /// Reads the count and the pairs of an array or an object.
    fn pairs(&mut self, width: u8, kind: Kind, number: u32) -> Parsed<()> {
        let count = self.bytes.length(width)?;
        // Each takes a byte at least.
        if count > self.bytes.left() {
            return self.bytes.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        self.tree.open(self.bytes.at, kind, number)?;
        let mut index = 0;
        for _ in 0..count {
            if self.key(index)? {
                let value = self.value()?;
                self.tree.put(value);
                index += 1;
            }
        }
        Ok(())
    }

    /// Reads a key; false where there is none and no value either, as for a property that was not
    /// set.
    #[inline(never)]
    fn key(&mut self, index: usize) -> Parsed<bool> {
        let begin = self.bytes.at;
        let code = self.bytes.byte()?;
        let key = match code {
            0x00 => return Ok(false),
            0x0d..=0x13 | 0x26 => Key::Name(self.text(code)?.name()),
            0x06..=0x0b | 0x20 | 0x21 => match self.integer(code)? {
                Value::Int(number) => Key::Int(number),
                other => Key::Name(Cow::Owned(other.scalar_text().unwrap_or_default().into_owned())),
            },
            _ => {
                self.bytes.at = begin;
                return self.bytes.fault("not a key");
            }
        };
        self.tree.key(index, key);
        Ok(true)
    }

    fn object(&mut self, begin: usize, code: u8) -> Parsed<Value<'a>> {
        let known = self.known;
        let class = self.class(code)?;
        let number = self.tree.number(begin, known);
        let code = self.bytes.byte()?;
        match code {
            0x14..=0x16 => {
                self.pairs(code - 0x14, Kind::Members, number)?;
                self.tree.object(class)
            }
            0x1d..=0x1f => self.custom(class, code - 0x1d, number),
            0x27 => self.case(),
            _ => {
                self.bytes.at -= 1;
                self.bytes.fault("not the content of an object")
            }
        }
    }

    #[inline(never)]
    fn class(&mut self, code: u8) -> Parsed<Cow<'a, str>> {
        let begin = self.bytes.at;
        let class = if code <= 0x19 { self.new_text(code - 0x17)? } else { self.known_text(code - 0x1a)? };
        if !tree::is_class(class.bytes()) {
            self.bytes.at = begin;
            return self.bytes.fault("not a class name");
        }
        Ok(class.name())
    }

    #[inline(never)]
    fn custom(&mut self, class: Cow<'a, str>, width: u8, number: u32) -> Parsed<Value<'a>> {
        let length = self.bytes.length(width)?;
        let begin = self.bytes.at;
        let bytes = self.bytes.take(length)?;
        self.tree.open(begin, Kind::Payload, number)?;
        if self.tree.repeating {
            self.tree.spend(begin, length)?;
        }
        let base = self.tree.here(begin)?;
        let payload = tree::payload(base, bytes, &self.tree.left(&self.limits));
        self.tree.custom(class, payload)
    }

    #[inline(never)]
    fn case(&mut self) -> Parsed<Value<'a>> {
        let begin = self.bytes.at;
        let code = self.bytes.byte()?;
        if !matches!(code, 0x0d..=0x13 | 0x26) {
            self.bytes.at = begin;
            return self.bytes.fault("not the name of a case");
        }
        Ok(Value::Text(self.text(code)?.name()))
    }

    fn reference(&mut self, begin: usize, width: u8) -> Parsed<Value<'a>> {
        let number = self.bytes.length(width)?;
        match self.tree.find(number.saturating_add(1)) {
            Found::Around(frame) => self.tree.pointer(begin, frame),
            Found::Before(slot) => self.again(slot),
            Found::Unknown | Found::Nothing => {
                self.tree.fault(begin, "a reference to a value that is not there")
            }
        }
    }

    /// Reads again what was read before.
    fn again(&mut self, slot: Slot) -> Parsed<Value<'a>> {
        let (at, known) = (self.bytes.at, self.known);
        let state = self.tree.repeat(slot.number);
        self.bytes.at = slot.at as usize;
        self.known = slot.strings as usize;
        let value = self.value()?;
        self.bytes.at = at;
        self.known = known;
        self.tree.repeated(state);
        Ok(value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::php::tests::{on_a_small_stack, with_lists_for_empty_maps};
    use crate::codec::tests::{generated, same};

    fn with_version(bytes: &[u8]) -> Vec<u8> {
        [b"\0\0\0\x02", bytes].concat()
    }

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        let bytes = with_version(bytes);
        read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii())).to_json()
    }

    #[test]
    fn every_code() {
        let table: &[(&[u8], &str)] = &[
            (b"\x00", "null"),
            (b"\x04", "false"),
            (b"\x05", "true"),
            (b"\x06\xff", "255"),
            (b"\x07\xff", "-255"),
            (b"\x08\xff\xff", "65535"),
            (b"\x09\xff\xff", "-65535"),
            (b"\x0a\xff\xff\xff\xff", "4294967295"),
            (b"\x0b\xff\xff\xff\xff", "-4294967295"),
            (b"\x20\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807"),
            (b"\x20\x80\0\0\0\0\0\0\0", "9223372036854775808"),
            (b"\x21\x80\0\0\0\0\0\0\0", "-9223372036854775808"),
            (b"\x21\x80\0\0\0\0\0\0\x01", r#"{"$int":"-9223372036854775809"}"#),
            (b"\x0c\x40\x23\0\0\0\0\0\0", "9.5"),
            (b"\x0c\x80\0\0\0\0\0\0\0", "-0.0"),
            (b"\x0c\x7f\xf8\0\0\0\0\0\0", r#"{"$float":"NaN"}"#),
            (b"\x0d", "\"\""),
            (b"\x11\x02\xc3\xa9", "\"é\""),
            (b"\x11\x01\xe9", r#"{"$bytes":"6Q=="}"#),
            (b"\x12\x00\x01a", "\"a\""),
            (b"\x13\x00\x00\x00\x01a", "\"a\""),
            (b"\x26\x00\x00\x00\x00\x00\x00\x00\x01a", "\"a\""),
            (b"\x14\x00", "[]"),
            (b"\x15\x00\x01\x06\x00\x00", "[null]"),
            (b"\x16\x00\x00\x00\x01\x06\x00\x00", "[null]"),
            (b"\x14\x02\x06\x00\x05\x06\x01\x14\x00", "[true,[]]"),
            (b"\x14\x01\x07\x05\x05", r#"{"-5":true}"#),
            (b"\x14\x02\x06\x00\x05\x11\x01k\x04", r#"{"0":true,"k":false}"#),
            (b"\x14\x01\x0d\x05", r#"{"":true}"#),
            (b"\x14\x01\x11\x01\xe9\x05", r#"{"é":true}"#),
            (b"\x14\x02\x00\x06\x00\x05", "[true]"),
            // The numbers of strings: keys, values and class names in one row.
            (
                b"\x14\x03\x11\x01a\x11\x01b\x0e\x01\x0e\x00\x0f\x00\x00\x10\x00\x00\x00\x01",
                r#"{"a":"b","b":"a"}"#,
            ),
            (b"\x14\x02\x06\x00\x11\x01P\x06\x01\x1a\x00\x14\x00", r#"["P",{"$class":"P"}]"#),
            (b"\x14\x02\x06\x00\x17\x01P\x14\x00\x06\x01\x0e\x00", r#"[{"$class":"P"},"P"]"#),
            (b"\x18\x00\x01P\x14\x00", r#"{"$class":"P"}"#),
            (b"\x19\x00\x00\x00\x01P\x14\x00", r#"{"$class":"P"}"#),
            (
                b"\x14\x02\x06\x00\x17\x01P\x14\x00\x06\x01\x1b\x00\x00\x14\x00",
                r#"[{"$class":"P"},{"$class":"P"}]"#,
            ),
            (
                b"\x17\x01P\x14\x03\x11\x01a\x06\x01\x11\x04\0*\0b\x06\x02\x11\x04\0P\0c\x06\x03",
                r#"{"$class":"P","a":1,"b":2,"c":3}"#,
            ),
            (b"\x17\x01P\x14\x02\x06\x00\x00\x06\x01\x05", r#"{"$class":"P","0":null,"1":true}"#),
            (b"\x17\x01P\x15\x00\x02\x11\x01a\x05\x00", r#"{"$class":"P","a":true}"#),
            (b"\x17\x01S\x1d\x04i:5;", r#"{"$class":"S","$value":5}"#),
            (b"\x17\x01S\x1e\x00\x02x;", r#"{"$class":"S","$value":"x;"}"#),
            (b"\x17\x01S\x1f\x00\x00\x00\x01\xff", r#"{"$class":"S","$value":{"$bytes":"/w=="}}"#),
            (b"\x17\x04Suit\x27\x11\x01H", "\"H\""),
            (b"\x14\x02\x06\x00\x11\x01H\x06\x01\x17\x04Suit\x27\x0e\x00", r#"["H","H"]"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
        assert_eq!(read(b"\0\0\0\x01\x05").unwrap(), Value::Bool(true));
        assert_eq!(read(b"\0\0\0\x01\x05\0").unwrap(), Value::Bool(true));
    }

    #[test]
    fn references() {
        let table: &[(&[u8], &str)] = &[
            // 0 the array, 1 the inner array; a copy of it.
            (b"\x14\x02\x06\x00\x14\x01\x06\x00\x05\x06\x01\x01\x01", "[[true],[true]]"),
            (b"\x14\x02\x06\x00\x14\x01\x06\x00\x05\x06\x01\x02\x00\x01", "[[true],[true]]"),
            (b"\x14\x02\x06\x00\x14\x01\x06\x00\x05\x06\x01\x03\x00\x00\x00\x01", "[[true],[true]]"),
            // 1 the object; its members' list has no number.
            (
                b"\x14\x03\x06\x00\x17\x01P\x14\x01\x11\x01a\x14\x00\x06\x01\x22\x01\x06\x02\x01\x02",
                r#"[{"$class":"P","a":[]},{"$class":"P","a":[]},[]]"#,
            ),
            (b"\x14\x02\x06\x00\x17\x01P\x14\x00\x06\x01\x23\x00\x01", r#"[{"$class":"P"},{"$class":"P"}]"#),
            // A scalar after a reference gets its number after it, an array one and not two.
            (b"\x14\x02\x06\x00\x25\x06\x07\x06\x01\x25\x01\x01", "[7,7]"),
            (b"\x14\x03\x06\x00\x25\x14\x00\x06\x01\x25\x06\x07\x06\x02\x25\x01\x02", "[[],7,7]"),
            // What is read again gives its strings the numbers that they have.
            (
                b"\x14\x03\x06\x00\x25\x11\x01a\x06\x01\x25\x01\x01\x06\x02\x14\x02\x06\x00\x11\x01b\x06\x01\x0e\x01",
                r#"["a","a",["b","b"]]"#,
            ),
            (
                b"\x14\x03\x06\x00\x14\x01\x11\x01k\x0e\x00\x06\x01\x11\x01z\x06\x02\x01\x01",
                r#"[{"k":"k"},"z",{"k":"k"}]"#,
            ),
            // Cycles.
            (b"\x14\x01\x11\x01a\x25\x01\x00", r#"{"a":{"$ref":""}}"#),
            (b"\x14\x02\x06\x00\x05\x06\x01\x17\x01N\x14\x01\x11\x01n\x22\x01", r#"[true,{"$class":"N","n":{"$ref":"/1"}}]"#),
            // A payload is a string of its own.
            // The same object is met inside itself where it was first written, not by its number.
            (
                b"\x14\x02\x06\x00\x17\x01N\x14\x01\x11\x01s\x17\x01S\x14\x01\x11\x01a\x22\x01\x06\x01\x22\x02",
                concat!(
                    r#"[{"$class":"N","s":{"$class":"S","a":{"$ref":"/0"}}},"#,
                    r#"{"$class":"S","a":{"$class":"N","s":{"$ref":"/1"}}}]"#
                ),
            ),
            (b"\x14\x01\x11\x01k\x17\x01S\x1d\x0ea:1:{i:0;r:1;}", r#"{"k":{"$class":"S","$value":[{"$ref":"/k/$value"}]}}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
        // And the other way round, within `serialize`.
        let inner = b"C:1:\"S\":12:{\0\0\0\x02\x14\x01\x11\x01a\x25\x01\x00}";
        let outer = [&b"a:2:{i:0;"[..], inner, b"i:1;r:2;}"].concat();
        let value = super::super::php::decode(&outer, &Limits::default()).unwrap();
        let expected = r#"[{"$class":"S","$value":{"a":{"$ref":"/0/$value"}}},{"$class":"S","$value":{"a":{"$ref":"/1/$value"}}}]"#;
        assert_eq!(value.to_json(), expected);
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"\0\0\0", 0),
            (b"\0\0\0\x03\x05", 0),
            (b"\0\0\0\x02", 4),
            (b"\0\0\0\x02\x28", 4),
            (b"\0\0\0\x02\x1d\x00", 4),
            (b"\0\0\0\x02\x05\x05", 5),
            (b"\0\0\0\x02\x05\0\0", 5),
            (b"\0\0\0\x02\x16\xff\xff\xff\xff", 9),
            (b"\0\0\0\x02\x26\xff\xff\xff\xff\xff\xff\xff\xff", 13),
            (b"\0\0\0\x02\x13\xff\xff\xff\xffa", 9),
            (b"\0\0\0\x02\x0e\x00", 4),
            (b"\0\0\0\x02\x01\x00", 4),
            (b"\0\0\0\x02\x22\x00", 4),
            (b"\0\0\0\x02\x24\xff\xff\xff\xff", 4),
            (b"\0\0\0\x02\x14\x01\x06\x00\x01\x01", 8),
            (b"\0\0\0\x02\x14\x01\x05\x05", 6),
            (b"\0\0\0\x02\x1a\x00\x14\x00", 4),
            (b"\0\0\0\x02\x17\x00\x14\x00", 5),
            (b"\0\0\0\x02\x17\x01\x1b\x14\x00", 5),
            (b"\0\0\0\x02\x17\x01P\x05", 7),
            (b"\0\0\0\x02\x17\x01P\x27\x05", 8),
            (b"\0\0\0\x02\x25", 5),
            (b"\0\0\0\x02\x27", 4),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
        assert!(decode_session("", b"\0\0\0\x02\x05", &Limits::default()).is_err());
    }

    const WHOLE: &[u8] = b"\0\0\0\x02\x14\x08\x11\x04user\x17\x01U\x14\x02\x11\x05\0*\0id\x06\x07\x11\x01n\x12\x00\x04Zo\xc3\xab\
        \x06\x05\x0c\x40\x23\0\0\0\0\0\0\x11\x01s\x17\x01S\x1d\x0ea:1:{i:0;r:1;}\x11\x01r\x22\x01\x11\x01e\x17\x01E\x27\x11\x01H\
        \x11\x01x\x25\x06\x01\x11\x01y\x25\x01\x04\x11\x01z\x14\x02\x06\x00\x0e\x00\x06\x01\x25\x01\x00";

    #[test]
    fn broken_anywhere() {
        read(WHOLE).unwrap();
        for end in 0..WHOLE.len() {
            let error = read(&WHOLE[..end]).unwrap_err();
            assert!(error.offset <= end, "{end}: {error}");
        }
        let mut bytes = WHOLE.to_vec();
        for at in 0..bytes.len() {
            let before = bytes[at];
            for changed in 0..=255 {
                bytes[at] = changed;
                if let Err(error) = read(&bytes) {
                    assert!(error.offset <= bytes.len());
                }
            }
            bytes[at] = before;
        }
    }

    #[test]
    fn nesting() {
        on_a_small_stack(|| {
            let nested =
                |open: &[u8], depth: usize| [b"\0\0\0\x02", &open.repeat(depth)[..], b"\x00"].concat();
            for open in [&b"\x14\x01\x06\x00"[..], b"\x25\x14\x01\x06\x00", b"\x17\x01C\x14\x01\x06\x00"] {
                assert!(read(&nested(open, 900)).is_ok());
                assert_eq!(read(&nested(open, 901)).unwrap_err().reason, "nested deeper than 900");
                assert!(read(&nested(open, 200_000)).is_err());
            }
            assert!(read(&nested(b"\x25", 1_000_000)).is_ok());
            // Each item repeats the one before it in another container.
            let mut chain = b"\0\0\0\x02\x15\x01\x90\x06\x00\x14\x00".to_vec();
            for item in 1..400_u16 {
                chain.extend_from_slice(&[0x08, (item >> 8) as u8, item as u8, 0x14, 1, 6, 0, 0x02]);
                chain.extend_from_slice(&item.to_be_bytes());
            }
            assert!(read(&chain).is_ok());
        });
    }

    #[test]
    fn expansion_is_bounded() {
        fn elapsed(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
            let begin = Instant::now();
            let result = read(bytes);
            assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
            result
        }
        let mut doubling = b"\0\0\0\x02\x14\x28\x06\x00\x14\x02\x06\x00\x05\x06\x01\x05".to_vec();
        for item in 1..40_u8 {
            doubling.extend_from_slice(&[6, item, 0x14, 2, 6, 0, 1, item, 6, 1, 1, item]);
        }
        assert!(elapsed(&doubling).unwrap_err().reason.starts_with("references repeat more than"));
        let mut long = b"\0\0\0\x02\x16\x00\x01\x00\x01\x06\x00\x13\x00\x08\x00\x00".to_vec();
        long.extend_from_slice(&b"x".repeat(8 << 16));
        for _ in 0..0x1_0000 {
            long.extend_from_slice(b"\x06\x00\x0e\x00");
        }
        assert!(elapsed(&long).unwrap_err().reason.starts_with("strings expand to more than"));
        let limits = Limits { values: 2, ..Limits::default() };
        assert!(decode(b"\0\0\0\x02\x14\x02\x06\x00\x05\x06\x01\x05", &limits).is_err());
    }

    #[test]
    fn strings() {
        for (bytes, expected) in [
            (&b"\x0d"[..], Some(&b""[..])),
            (b"\x11\x02ab", Some(b"ab")),
            (b"\x12\x00\x01a", Some(b"a")),
            (b"\x13\x00\x00\x00\x01a", Some(b"a")),
            (b"\x26\x00\x00\x00\x00\x00\x00\x00\x01a", Some(b"a")),
            (b"\x11\x02abc", None),
            (b"\x11\x02a", None),
            (b"\x13\x00", None),
            (b"\x05", None),
            (b"", None),
        ] {
            assert_eq!(string(&with_version(bytes)), expected);
        }
    }

    /// What PHP would write for a JSON document.
    fn written<'d>(json: &'d serde_json::Value, known: &mut Vec<&'d str>, out: &mut Vec<u8>) {
        use serde_json::Value as Json;
        fn text<'d>(text: &'d str, known: &mut Vec<&'d str>, out: &mut Vec<u8>) {
            if text.is_empty() {
                out.push(0x0d);
            } else if let Some(number) = known.iter().position(|other| *other == text) {
                out.push(0x0f);
                out.extend_from_slice(&(number as u16).to_be_bytes());
            } else {
                known.push(text);
                out.push(0x13);
                out.extend_from_slice(&(text.len() as u32).to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
        match json {
            Json::Null => out.push(0),
            Json::Bool(truth) => out.push(4 + u8::from(*truth)),
            Json::Number(number) => {
                if let Some(number) = number.as_i64() {
                    out.push(0x20 + u8::from(number < 0));
                    out.extend_from_slice(&number.unsigned_abs().to_be_bytes());
                } else if let Some(number) = number.as_u64() {
                    out.push(0x20);
                    out.extend_from_slice(&number.to_be_bytes());
                } else {
                    out.push(0x0c);
                    out.extend_from_slice(&number.as_f64().unwrap().to_be_bytes());
                }
            }
            Json::String(string) => text(string, known, out),
            Json::Array(items) => {
                out.extend_from_slice(&[0x14, items.len() as u8]);
                for (index, item) in items.iter().enumerate() {
                    out.extend_from_slice(&[6, index as u8]);
                    written(item, known, out);
                }
            }
            Json::Object(members) => {
                out.extend_from_slice(&[0x14, members.len() as u8]);
                for (name, value) in members {
                    text(name, known, out);
                    written(value, known, out);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn reads_what_was_written(document in generated()) {
            let document = with_lists_for_empty_maps(document);
            let mut bytes = with_version(b"");
            written(&document, &mut Vec::new(), &mut bytes);
            let value = read(&bytes).unwrap();
            prop_assert!(same(&value, &document), "{value:?}");
            for end in 0..bytes.len() {
                prop_assert!(read(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), near in prop::collection::vec(0..0x28_u8, 0..64)) {
            for bytes in [bytes, near] {
                if let Ok(value) = read(&with_version(&bytes)) {
                    let _ = value.to_json();
                }
                let _ = string(&with_version(&bytes));
            }
        }
    }
}
