//! MessagePack as PHP's extension of that name writes it.
//!
//! It is MessagePack in which a map whose first key is nil is something else: an object of a class,
//! an array that is a PHP reference, or a reference to what came before (msgpack_pack.c
//! `msgpack_serialize_object` and `msgpack_serialize_zval`, msgpack 2.2.0RC2 and 3.0.0). Arrays of
//! PHP whose keys are not 0, 1, 2, … are maps whose keys may be integers.

use std::borrow::Cow;

use super::bytes::Cursor;
use super::php::tree::{self, Found, Key, Kind, Tree};
use super::{Codec, DecodeError, Limits, Parsed, msgpack};
use crate::value::{Object, Value};

/// MessagePack with objects and references of PHP.
pub const CODEC: Codec = Codec { name: "php-msgpack", about: "MessagePack of PHP", sniff, decode };

/// Whether it begins with a map that is marked by a nil key, which nobody else writes.
fn sniff(bytes: &[u8]) -> bool {
    matches!(bytes, [0x81..=0x8f, 0xc0, ..] | [0xde, _, _, 0xc0, ..] | [0xdf, _, _, _, _, 0xc0, ..])
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
    match reader.document().map_err(|error| *error)? {
        Value::List(items) => Ok(tree::numbered(items)),
        session @ Value::Map(_) => Ok(session),
        _ => Err(DecodeError::new(CODEC.name, 0, "not an array")),
    }
}

/// The bytes of the string, if the whole is one: what a client with a serializer puts around text
/// that was serialized already.
pub fn string(bytes: &[u8]) -> Option<&[u8]> {
    let (length, text) = match bytes {
        [marker @ 0xa0..=0xbf, text @ ..] => (u32::from(marker & 0x1f), text),
        [0xd9, length, text @ ..] => (u32::from(*length), text),
        [0xda, rest @ ..] => {
            rest.split_first_chunk().map(|(length, text)| (u32::from(u16::from_be_bytes(*length)), text))?
        }
        [0xdb, rest @ ..] => {
            rest.split_first_chunk().map(|(length, text)| (u32::from_be_bytes(*length), text))?
        }
        _ => return None,
    };
    (text.len() == length as usize).then_some(text)
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    tree: Tree<'a>,
    limits: Limits,
}

impl<'a> Reader<'a> {
    fn new(base: Cow<'a, str>, bytes: &'a [u8], limits: &Limits) -> Self {
        Reader {
            bytes: Cursor::new(CODEC.name, bytes),
            tree: Tree::new(CODEC.name, limits, base),
            limits: *limits,
        }
    }

    fn document(&mut self) -> Parsed<Value<'a>> {
        let value = self.value()?;
        if self.bytes.left() > 0 { self.bytes.fault("something follows the value") } else { Ok(value) }
    }

    fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let taken = self.bytes.take(length)?;
        if self.tree.repeating {
            self.tree.spend(self.bytes.at, length)?;
        }
        Ok(taken)
    }

    /// Reads one value.
    ///
    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self) -> Parsed<Value<'a>> {
        let begin = self.bytes.at;
        self.tree.count(begin)?;
        let marker = self.bytes.byte()?;
        match marker {
            0x90..=0x9f => self.list(begin, usize::from(marker & 0x0f)),
            0xdc | 0xdd => {
                let length = self.bytes.length(marker - 0xdc + 1)?;
                self.list(begin, length)
            }
            0x80..=0x8f => self.map(begin, usize::from(marker & 0x0f)),
            0xde | 0xdf => {
                let length = self.bytes.length(marker - 0xde + 1)?;
                self.map(begin, length)
            }
            _ => self.scalar(marker),
        }
    }

    #[inline(never)]
    fn scalar(&mut self, marker: u8) -> Parsed<Value<'a>> {
        Ok(match marker {
            0xa0..=0xbf | 0xd9..=0xdb => tree::text(self.text(marker)?),
            0xc4..=0xc6 => {
                let length = self.bytes.length(marker - 0xc4)?;
                Value::Bytes(Cow::Borrowed(self.take(length)?))
            }
            0xc7..=0xc9 => {
                let length = self.bytes.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            _ => return msgpack::plain(&mut self.bytes, marker),
        })
    }

    fn text(&mut self, marker: u8) -> Parsed<&'a [u8]> {
        let length = match marker {
            0xa0..=0xbf => usize::from(marker & 0x1f),
            _ => self.bytes.length(marker - 0xd9)?,
        };
        self.take(length)
    }

    /// A string where nothing else can be.
    fn string(&mut self) -> Parsed<&'a [u8]> {
        let marker = self.bytes.byte()?;
        if let 0xa0..=0xbf | 0xd9..=0xdb = marker {
            return self.text(marker);
        }
        self.bytes.at -= 1;
        self.bytes.fault("not a string")
    }

    /// The extension does not know these; shown as other writers mean them.
    fn extension(&mut self, length: usize) -> Parsed<Value<'a>> {
        let kind = self.bytes.byte()?;
        let payload = Value::Bytes(Cow::Borrowed(self.take(length)?));
        Ok(Value::Object(Box::new(Object {
            class: Cow::Owned(format!("ext {}", kind as i8)),
            fields: Vec::new(),
            payload: Some(payload),
        })))
    }

    fn room(&self, count: usize, bytes: usize) -> Parsed<()> {
        if count > self.bytes.left() / bytes {
            return self.bytes.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        Ok(())
    }

    fn list(&mut self, begin: usize, count: usize) -> Parsed<Value<'a>> {
        self.room(count, 1)?;
        let number = self.tree.number(begin, 0);
        if count == 0 {
            return self.tree.empty(begin);
        }
        self.tree.open(begin, Kind::List, number)?;
        // The keys would be 0, 1, 2, …, as of every list.
        for _ in 0..count {
            let value = self.value()?;
            self.tree.put(value);
        }
        self.tree.array()
    }

    fn map(&mut self, begin: usize, count: usize) -> Parsed<Value<'a>> {
        self.room(count, 2)?;
        if self.bytes.peek() == Some(0xc0) && count > 0 {
            return self.marked(begin, count);
        }
        let number = self.tree.number(begin, 0);
        self.tree.open(begin, Kind::List, number)?;
        self.pairs(count)?;
        // An empty array is a list, so this is an empty object without its class.
        if count == 0 { self.tree.map() } else { self.tree.array() }
    }

    fn pairs(&mut self, count: usize) -> Parsed<()> {
        for index in 0..count {
            self.key(index)?;
            let value = self.value()?;
            self.tree.put(value);
        }
        Ok(())
    }

    #[inline(never)]
    fn key(&mut self, index: usize) -> Parsed<()> {
        let begin = self.bytes.at;
        let marker = self.bytes.byte()?;
        let key = match marker {
            0xa0..=0xbf | 0xd9..=0xdb => Key::Name(tree::name(self.text(marker)?)),
            0x00..=0x7f | 0xe0..=0xff | 0xcc..=0xcf | 0xd0..=0xd3 => match self.scalar(marker)? {
                Value::Int(number) => Key::Int(number),
                other => Key::Name(Cow::Owned(other.scalar_text().unwrap_or_default().into_owned())),
            },
            _ => {
                self.bytes.at = begin;
                return self.bytes.fault("not a key");
            }
        };
        self.tree.key(index, key);
        Ok(())
    }

    /// A map with a nil key in front, which says what it is.
    fn marked(&mut self, begin: usize, count: usize) -> Parsed<Value<'a>> {
        self.bytes.at += 1;
        match self.bytes.peek() {
            Some(0xa0..=0xbf | 0xd9..=0xdb) => self.object(begin, count - 1),
            Some(1) => {
                self.bytes.at += 1;
                self.shared(begin, count - 1)
            }
            Some(3) if count == 2 => {
                self.bytes.at += 1;
                self.custom(begin)
            }
            Some(6) if count == 2 => {
                self.bytes.at += 1;
                self.case(begin)
            }
            Some(kind @ (2 | 4 | 5)) if count == 2 => {
                self.bytes.at += 1;
                self.reference(begin, kind == 4)
            }
            _ => self.bytes.fault("not what a nil key announces"),
        }
    }

    /// What is a PHP reference: an object, or an array.
    fn shared(&mut self, begin: usize, count: usize) -> Parsed<Value<'a>> {
        if count > 0 && self.bytes.peek() == Some(0xc0) {
            self.bytes.at += 1;
            return self.object(begin, count - 1);
        }
        let number = self.tree.number(begin, 0);
        self.tree.open(begin, Kind::List, number)?;
        self.pairs(count)?;
        self.tree.array()
    }

    /// An object from its class's name on, with this many pairs after that.
    fn object(&mut self, begin: usize, count: usize) -> Parsed<Value<'a>> {
        let number = self.tree.number(begin, 0);
        let class = self.class()?;
        self.tree.open(begin, Kind::Members, number)?;
        if count == 1 && self.bytes.peek() == Some(0xc0) {
            // What `__serialize` returned.
            self.bytes.at += 1;
            self.returned()?;
        } else {
            self.pairs(count)?;
        }
        self.tree.object(class)
    }

    /// The array that `__serialize` returned, whose items are the object's members. It has a number,
    /// as every array has.
    fn returned(&mut self) -> Parsed<()> {
        let begin = self.bytes.at;
        let marker = self.bytes.byte()?;
        let (count, list) = match marker {
            0x90..=0x9f => (usize::from(marker & 0x0f), true),
            0xdc | 0xdd => (self.bytes.length(marker - 0xdc + 1)?, true),
            0x80..=0x8f => (usize::from(marker & 0x0f), false),
            0xde | 0xdf => (self.bytes.length(marker - 0xde + 1)?, false),
            _ => {
                self.bytes.at = begin;
                return self.bytes.fault("not an array");
            }
        };
        self.room(count, if list { 1 } else { 2 })?;
        self.tree.number(begin, 0);
        if !list {
            return self.pairs(count);
        }
        for index in 0..count {
            self.tree.key(index, Key::Int(index as i64));
            let value = self.value()?;
            self.tree.put(value);
        }
        Ok(())
    }

    #[inline(never)]
    fn class(&mut self) -> Parsed<Cow<'a, str>> {
        let begin = self.bytes.at;
        let class = self.string()?;
        if !tree::is_class(class) {
            self.bytes.at = begin;
            return self.bytes.fault("not a class name");
        }
        Ok(tree::name(class))
    }

    #[inline(never)]
    fn custom(&mut self, begin: usize) -> Parsed<Value<'a>> {
        let number = self.tree.number(begin, 0);
        let class = self.class()?;
        let bytes = self.string()?;
        self.tree.open(begin, Kind::Payload, number)?;
        let base = self.tree.here(begin)?;
        let payload = tree::payload(base, bytes, &self.tree.left(&self.limits));
        self.tree.custom(class, payload)
    }

    #[inline(never)]
    fn case(&mut self, begin: usize) -> Parsed<Value<'a>> {
        self.tree.number(begin, 0);
        self.class()?;
        Ok(Value::Text(tree::name(self.string()?)))
    }

    /// `{nil: …, 0: n}`, the same as what has the number n. PHP counts these otherwise when it reads
    /// than when it writes, so a number may mean nothing.
    fn reference(&mut self, begin: usize, takes_number: bool) -> Parsed<Value<'a>> {
        let [zero, marker] = self.bytes.array()?;
        let number = match marker {
            _ if zero != 0 => None,
            0x00..=0x7f => Some(usize::from(marker)),
            0xcc..=0xcf => Some(self.bytes.length(marker - 0xcc)?),
            0xd0..=0xd3 => Some(self.bytes.length(marker - 0xd0)?),
            _ => None,
        };
        let Some(number) = number else { return self.tree.fault(begin, "not a reference") };
        let found = self.tree.find(number);
        if takes_number {
            self.tree.number_again(match &found {
                Found::Around(frame) => self.tree.number_of(*frame),
                Found::Before(slot) => slot.number,
                Found::Unknown | Found::Nothing => 0,
            });
        }
        match found {
            Found::Around(frame) => self.tree.pointer(begin, frame),
            Found::Before(slot) => self.again(slot),
            Found::Unknown | Found::Nothing => Ok(Value::Null),
        }
    }

    /// Reads again what was read before.
    fn again(&mut self, slot: tree::Slot) -> Parsed<Value<'a>> {
        let at = self.bytes.at;
        let state = self.tree.repeat(slot.number);
        self.bytes.at = slot.at as usize;
        // The array of `__serialize` is read as an array, if anything means it.
        let value = self.value()?;
        self.bytes.at = at;
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
    use crate::codec::php::tests::on_a_small_stack;
    use crate::codec::tests::{generated, same};

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii())).to_json()
    }

    #[test]
    fn every_form() {
        let table: &[(&[u8], &str)] = &[
            (b"\xc0", "null"),
            (b"\xc2", "false"),
            (b"\xc3", "true"),
            (b"\x7f", "127"),
            (b"\xe0", "-32"),
            (b"\xcc\xff", "255"),
            (b"\xcd\xff\xff", "65535"),
            (b"\xce\xff\xff\xff\xff", "4294967295"),
            (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\xd0\x80", "-128"),
            (b"\xd1\x80\x00", "-32768"),
            (b"\xd2\x80\x00\x00\x00", "-2147483648"),
            (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808"),
            (b"\xca\x3f\x80\x00\x00", "1.0"),
            (b"\xcb\x40\x04\x00\x00\x00\x00\x00\x00", "2.5"),
            (b"\xa2\xc3\xa9", "\"é\""),
            (b"\xd9\x01\xe9", r#"{"$bytes":"6Q=="}"#),
            (b"\xda\x00\x01a", "\"a\""),
            (b"\xdb\x00\x00\x00\x01a", "\"a\""),
            (b"\xc4\x01a", r#"{"$bytes":"YQ=="}"#),
            (b"\xc5\x00\x01a", r#"{"$bytes":"YQ=="}"#),
            (b"\xc6\x00\x00\x00\x00", r#"{"$bytes":""}"#),
            (b"\xd4\x05\xff", r#"{"$class":"ext 5","$value":{"$bytes":"/w=="}}"#),
            (b"\xc7\x01\x05\xff", r#"{"$class":"ext 5","$value":{"$bytes":"/w=="}}"#),
            (b"\x90", "[]"),
            (b"\x92\x01\x90", "[1,[]]"),
            (b"\xdc\x00\x01\x01", "[1]"),
            (b"\xdd\x00\x00\x00\x01\x01", "[1]"),
            (b"\x80", "{}"),
            (b"\x82\x05\x01\xa1a\x02", r#"{"5":1,"a":2}"#),
            (b"\x81\xff\x01", r#"{"-1":1}"#),
            (b"\xde\x00\x01\xd1\xff\x00\x01", r#"{"-256":1}"#),
            (b"\xdf\x00\x00\x00\x01\xa1\xe9\x01", r#"{"é":1}"#),
            // Marked by a nil key.
            (b"\x83\xc0\xa1P\xa1a\x01\xa4\0*\0b\x02", r#"{"$class":"P","a":1,"b":2}"#),
            (b"\x81\xc0\xa8stdClass", r#"{"$class":"stdClass"}"#),
            (b"\x82\xc0\xa1P\xc0\x92\xc0\xa4main", r#"{"$class":"P","0":null,"1":"main"}"#),
            (b"\x82\xc0\xa1P\xc0\x81\xa1k\x01", r#"{"$class":"P","k":1}"#),
            (b"\x82\xc0\xa1P\xc0\xdc\x00\x01\x01", r#"{"$class":"P","0":1}"#),
            (b"\x82\xc0\x01\xa1k\x01", r#"{"k":1}"#),
            (b"\x83\xc0\x01\x00\x07\x01\x08", "[7,8]"),
            (b"\x81\xc0\x01", "[]"),
            (b"\x83\xc0\x01\xc0\xa1P\xa1a\x01", r#"{"$class":"P","a":1}"#),
            (b"\x82\xc0\x03\xa1S\xa4i:5;", r#"{"$class":"S","$value":5}"#),
            (b"\x82\xc0\x03\xa1S\xa1x", r#"{"$class":"S","$value":"x"}"#),
            (b"\x82\xc0\x06\xa4Suit\xa1H", "\"H\""),
            (b"\x83\xc0\xa4Suit\xa4name\xa1H\xa5value\xa1h", r#"{"$class":"Suit","name":"H","value":"h"}"#),
            // The same again: 1 the list, 2 the object, 3 the second occurrence, 4 the third object.
            (
                b"\x94\x82\xc0\xa1P\xa1a\x01\x82\xc0\x04\x00\x02\x81\xc0\xa1Q\x82\xc0\x04\x00\x04",
                r#"[{"$class":"P","a":1},{"$class":"P","a":1},{"$class":"Q"},{"$class":"Q"}]"#,
            ),
            // By reference, which takes no number.
            (
                b"\x94\x82\xc0\x01\x00\x07\x82\xc0\x02\x00\x02\x81\xc0\xa1Q\x82\xc0\x05\x00\x03",
                r#"[[7],[7],{"$class":"Q"},{"$class":"Q"}]"#,
            ),
            (b"\x92\x90\x82\xc0\x04\x00\xcd\x00\x02", "[[],[]]"),
            (b"\x81\xa1a\x82\xc0\x02\x00\x01", r#"{"a":{"$ref":""}}"#),
            (
                b"\x81\xa1a\x83\xc0\xa1N\xa1x\x01\xa1n\x82\xc0\x04\x00\x02",
                r#"{"a":{"$class":"N","x":1,"n":{"$ref":"/a"}}}"#,
            ),
            // What has no meaning is null, as its own reader counts otherwise.
            (b"\x91\x82\xc0\x04\x00\x09", "[null]"),
            (b"\x91\x82\xc0\x04\x00\x02", "[null]"),
            (b"\x92\x82\xc0\x04\x00\x00\x82\xc0\x04\x00\x02", "[null,null]"),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"\xc1", 0),
            (b"\x91\xc1", 1),
            (b"\x01\x02", 1),
            (b"\xdd\xff\xff\xff\xff", 5),
            (b"\xdf\xff\xff\xff\xff", 5),
            (b"\xdb\xff\xff\xff\xff", 5),
            (b"\x81\xc3\x01", 1),
            (b"\x82\xa1a\x01\xc0\x01", 4),
            (b"\x82\xc0\x07\x00\x01", 2),
            (b"\x83\xc0\x04\x00\x01\x00\x01", 2),
            (b"\x82\xc0\x04\x01\x01", 0),
            (b"\x82\xc0\x04\x00\xa1x", 0),
            (b"\x82\xc0\x03\x01\xa1x", 3),
            (b"\x81\xc0\xa1\x1b", 2),
            (b"\x82\xc0\xa1P\xc0\x01", 5),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
        assert!(decode_session("", b"\xc3", &Limits::default()).is_err());
    }

    #[test]
    fn broken_anywhere() {
        let whole = b"\x86\xc0\x01\xa4user\x83\xc0\xa1U\xa5\0*\0id\x07\xa1n\xd9\x03Zo\xc3\x05\xcb\x40\x23\0\0\0\0\0\0\
            \xa1s\x82\xc0\x03\xa1S\xaea:1:{i:0;r:1;}\xa1r\x82\xc0\x04\x00\x02\xa1e\x82\xc0\x06\xa1E\xa1H";
        read(whole).unwrap();
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).unwrap_err().offset <= end);
        }
        let mut bytes = whole.to_vec();
        for at in 0..bytes.len() {
            let before = bytes[at];
            for changed in 0..=255 {
                bytes[at] = changed;
                let _ = read(&bytes);
            }
            bytes[at] = before;
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |open: &[u8], depth: usize| [&open.repeat(depth)[..], b"\xc0"].concat();
            for open in [
                &b"\x91"[..],
                b"\x81\xa1k",
                b"\x82\xc0\xa1C\xa1k",
                b"\x82\xc0\xa1C\xc0\x91",
                b"\x82\xc0\x01\x00",
            ] {
                assert!(read(&nested(open, 900)).is_ok());
                assert_eq!(read(&nested(open, 901)).unwrap_err().reason, "nested deeper than 900");
                assert!(read(&nested(open, 200_000)).is_err());
            }
        });
        let mut doubling = b"\xdc\x00\x28\x92\x01\x02".to_vec();
        for item in 2..41_u8 {
            doubling.extend_from_slice(&[0x92, 0x82, 0xc0, 2, 0, item, 0x82, 0xc0, 2, 0, item]);
        }
        let begin = Instant::now();
        assert!(read(&doubling).unwrap_err().reason.starts_with("references repeat more than"));
        assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
        let limits = Limits { values: 2, ..Limits::default() };
        assert_eq!(decode(b"\x92\x01\x02", &limits).unwrap_err().reason, "more than 2 values");
    }

    #[test]
    fn strings() {
        for (bytes, expected) in [
            (&b"\xa0"[..], Some(&b""[..])),
            (b"\xa1a", Some(b"a")),
            (b"\xd9\x01a", Some(b"a")),
            (b"\xda\x00\x01a", Some(b"a")),
            (b"\xdb\x00\x00\x00\x01a", Some(b"a")),
            (b"\xa1ab", None),
            (b"\xa2a", None),
            (b"\xda\x00", None),
            (b"\xd9", None),
            (b"\x90", None),
            (b"", None),
        ] {
            assert_eq!(string(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn sniffing() {
        for bytes in [&b"\x81\xc0"[..], b"\x8f\xc0\x01", b"\xde\x00\x10\xc0", b"\xdf\x00\x01\x00\x00\xc0"] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
        }
        for bytes in [&b""[..], b"\x80\xc0", b"\x81\xa1a\x01", b"\x91\xc0", b"\xde\x00"] {
            assert!(!sniff(bytes), "{}", bytes.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn agrees_with_rmp_serde(document in generated()) {
            let bytes = rmp_serde::to_vec(&document).unwrap();
            let value = read(&bytes).unwrap();
            prop_assert!(same(&value, &document), "{value:?}");
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), near in prop::collection::vec(
            prop::sample::select(&[0x82_u8, 0x83, 0xc0, 0xa1, b'C', 0, 1, 2, 3, 4, 5, 6, 0x92][..]), 0..64)) {
            for bytes in [bytes, near] {
                if let Ok(value) = read(&bytes) {
                    let _ = value.to_json();
                }
            }
        }
    }
}
