//! .NET BinaryFormatter streams ([MS-NRBF], the remoting binary format), as data.
//!
//! A stream is a list of records; an object is referred to by its id, often before it comes. So all
//! records are collected first, without recursion, and the tree is made from them afterwards. No type
//! that is named in a stream is looked up anywhere.

use std::borrow::Cow;

use super::dotnet;
use super::{Codec, DecodeError, Limits};
use crate::value::Value;

mod stream;
mod tree;

use stream::Parser;

/// Streams of .NET Framework, .NET and Mono.
pub const CODEC: Codec = Codec { name: "dotnet-binary", about: ".NET BinaryFormatter", sniff, decode };

/// Values that may be made of what costs a stream next to nothing: runs of nulls, and objects that are
/// referred to repeatedly.
const SHARED: usize = 250_000;

/// This many bytes of a name or text that is written out again count as one value.
const TEXT_UNIT: usize = 64;

const MULTIPLIED: &str = "it writes out much more than the stream holds";

/// Room that is made at once for values that were only announced.
const AT_ONCE: usize = 32;

/// The header record with version 1.0.
fn sniff(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0) && bytes.get(9..17) == Some(&[1, 0, 0, 0, 0, 0, 0, 0])
}

/// What all the streams of one session together may make of nearly nothing, in values.
#[derive(Debug)]
pub struct Spare(usize);

impl Default for Spare {
    fn default() -> Self {
        Spare(SHARED)
    }
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_part(bytes, limits, "", &mut Spare::default()).map_err(|(error, _)| *error)
}

/// The same for a value that stands at a JSON pointer of something larger: an object that contains
/// itself is shown as a reference from the root of that. What cannot be decoded is shown as its class
/// with all of its bytes, so that the rest of a session is readable.
pub fn decode_or_bytes<'a>(bytes: &'a [u8], limits: &Limits, pointer: &str, spare: &mut Spare) -> Value<'a> {
    decode_part(bytes, limits, pointer, spare).unwrap_or_else(|(_, class)| {
        dotnet::opaque(class.unwrap_or("System.Object".into()), Value::Bytes(Cow::Borrowed(bytes)))
    })
}

/// With an error comes the first class that the stream names.
type Failed<'a> = (Box<DecodeError>, Option<Cow<'a, str>>);

fn decode_part<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    pointer: &str,
    spare: &mut Spare,
) -> Result<Value<'a>, Failed<'a>> {
    let mut parser = Parser::new(bytes, *limits, spare.0);
    let made = parser.document().and_then(|root| parser.build(root, pointer, &mut spare.0));
    // Nulls are met twice, when they are read and when they are shown.
    spare.0 = spare.0.min(parser.spare);
    made.map_err(|error| (error, parser.metas.into_iter().next().map(|meta| meta.class)))
}

/// What a slot of an object or array holds.
enum Node<'a> {
    Value(Value<'a>),
    /// The record at this position.
    Thing(u32),
    /// The object of this id, wherever it comes.
    Reference(i32),
}

/// An object of a stream.
struct Thing<'a> {
    /// Where its record begins.
    at: u32,
    what: What<'a>,
}

enum What<'a> {
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// An array of this many primitives of a kind.
    Primitives(u8, usize, &'a [u8]),
    Array(Vec<Node<'a>>, Vec<u32>),
    Class(u32, Vec<Node<'a>>),
}

/// A class as its first record describes it.
struct Meta<'a> {
    /// Its name without the assemblies of type arguments.
    class: Cow<'a, str>,
    known: Known,
    names: Vec<Cow<'a, str>>,
    /// Empty where the record has no types.
    types: Vec<Type>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Primitive(u8),
    Record,
}

/// Classes of the framework that are shown as what they mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Boxed,
    Guid,
    Date,
    DateWithOffset,
    Span,
    Decimal,
    List,
    Dictionary,
    Hashtable,
    HashSet,
    Null,
    Other,
}

impl Known {
    fn of(class: &str) -> Known {
        match class {
            "System.Boolean" | "System.Byte" | "System.SByte" | "System.Char" | "System.Int16"
            | "System.UInt16" | "System.Int32" | "System.UInt32" | "System.Int64" | "System.UInt64"
            | "System.Single" | "System.Double" | "System.IntPtr" | "System.UIntPtr" => Known::Boxed,
            "System.Guid" => Known::Guid,
            "System.DateTime" => Known::Date,
            "System.DateTimeOffset" => Known::DateWithOffset,
            "System.TimeSpan" => Known::Span,
            "System.Decimal" => Known::Decimal,
            "System.Collections.ArrayList" => Known::List,
            "System.Collections.Hashtable" => Known::Hashtable,
            // The provider's word for null, which BinaryFormatter cannot write by itself
            // (aspnet-redis-providers 4.x, RedisNull.cs).
            "Microsoft.Web.Redis.RedisNull" => Known::Null,
            _ => {
                let is = |name: &str| class.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
                if is("System.Collections.Generic.List`1") {
                    Known::List
                } else if is("System.Collections.Generic.Dictionary`2") {
                    Known::Dictionary
                } else if is("System.Collections.Generic.HashSet`1") {
                    Known::HashSet
                } else {
                    Known::Other
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use base64::Engine as _;
    use proptest::prelude::*;

    /// Writes streams record by record.
    #[derive(Clone)]
    pub(crate) struct Stream(pub(crate) Vec<u8>);

    impl Stream {
        pub(crate) fn new() -> Stream {
            Stream(b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0".to_vec())
        }

        fn raw(mut self, bytes: &[u8]) -> Stream {
            self.0.extend_from_slice(bytes);
            self
        }

        fn int(self, number: i32) -> Stream {
            self.raw(&number.to_le_bytes())
        }

        fn text(self, text: &str) -> Stream {
            let mut length = text.len();
            let mut bytes = Vec::new();
            while length > 0x7f {
                bytes.push(length as u8 | 0x80);
                length >>= 7;
            }
            bytes.push(length as u8);
            self.raw(&bytes).raw(text.as_bytes())
        }

        /// A class of the core library: members as (name, type byte), then the additional infos.
        fn class(self, id: i32, name: &str, members: &[(&str, u8)], info: &[u8]) -> Stream {
            let mut stream = self.raw(&[4]).int(id).text(name).int(members.len() as i32);
            for (name, _) in members {
                stream = stream.text(name);
            }
            for (_, kind) in members {
                stream = stream.raw(&[*kind]);
            }
            stream.raw(info)
        }

        fn string(self, id: i32, text: &str) -> Stream {
            self.raw(&[6]).int(id).text(text)
        }

        fn reference(self, id: i32) -> Stream {
            self.raw(&[9]).int(id)
        }

        pub(crate) fn end(self) -> Vec<u8> {
            self.raw(&[11]).0
        }
    }

    /// A class with one member that leads to itself.
    pub(crate) fn ring() -> Vec<u8> {
        Stream::new().class(1, "App.Node", &[("<Next>k__BackingField", 2)], &[]).reference(1).end()
    }

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap().to_json()
    }

    fn base64(text: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    }

    const LIST: &str = "System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0]]";
    const PAIR: &str =
        "System.Collections.Generic.KeyValuePair`2[[System.String, mscorlib],[System.Int32, mscorlib]]";
    const DICTIONARY: &str =
        "System.Collections.Generic.Dictionary`2[[System.String, mscorlib],[System.Int32, mscorlib]]";

    /// Pairs of a dictionary or, in the first one, only its class.
    fn dictionary(keys: &[&str]) -> Vec<u8> {
        let mut stream = Stream::new()
            .class(1, DICTIONARY, &[("Version", 0), ("HashSize", 0), ("KeyValuePairs", 3)], &[8, 8])
            .text(PAIR)
            .int(0)
            .int(3)
            .reference(2)
            .raw(&[7])
            .int(2)
            .raw(&[0])
            .int(1)
            .int(keys.len() as i32)
            .raw(&[3])
            .text(PAIR);
        for (at, key) in keys.iter().enumerate() {
            let at = at as i32;
            stream = if at == 0 {
                stream.class(-3, PAIR, &[("key", 1), ("value", 0)], &[8])
            } else {
                stream.raw(&[1]).int(-3 - at).int(-3)
            };
            stream = stream.string(10 + at, key).int(at);
        }
        stream.end()
    }

    #[test]
    fn streams_of_a_real_formatter() {
        // Made by Mono's BinaryFormatter.
        let table = [
            ("AAEAAAD/////AQAAAAAAAAAGAQAAAAVhbGljZQs=", r#""alice""#),
            ("AAEAAAD/////AQAAAAAAAAAEAQAAAAxTeXN0ZW0uSW50MzIBAAAAB21fdmFsdWUACAMAAAAL", "3"),
            ("AAEAAAD/////AQAAAAAAAAAEAQAAAA5TeXN0ZW0uQm9vbGVhbgEAAAAHbV92YWx1ZQABAQs=", "true"),
            (
                "AAEAAAD/////AQAAAAAAAAAEAQAAAH9TeXN0ZW0uQ29sbGVjdGlvbnMuR2VuZXJpYy5MaXN0YDFbW1N5c3RlbS5TdHJpbmcsIG1zY29ybGliLCBWZXJzaW9uPTQuMC4wLjAsIEN1bHR1cmU9bmV1dHJhbCwgUHVibGljS2V5VG9rZW49Yjc3YTVjNTYxOTM0ZTA4OV1dAwAAAAZfaXRlbXMFX3NpemUIX3ZlcnNpb24GAAAICAkCAAAAAQAAAAEAAAARAgAAAAQAAAAGAwAAAAVBLTEwMA0DCw==",
                r#"["A-100"]"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(&base64(bytes)), expected);
        }
    }

    #[test]
    fn every_record() {
        let new = Stream::new;
        let member = |kind, info: &[u8]| new().class(1, "A", &[("m", kind)], info);
        let table: Vec<(&str, Vec<u8>, &str)> = vec![
            ("no members", new().class(1, "A", &[], &[]).end(), r#"{"$class":"A"}"#),
            ("typed", member(2, &[]).raw(&[8, 8]).int(-5).end(), r#"{"$class":"A","m":-5}"#),
            ("null", member(1, &[]).raw(&[10]).end(), r#"{"$class":"A","m":null}"#),
            (
                "a library and an inner class",
                member(4, &[])
                    .text("B")
                    .int(7)
                    .raw(&[12])
                    .int(7)
                    .text("Lib, Version=1")
                    .raw(&[5])
                    .int(2)
                    .text("B")
                    .int(1)
                    .text("<N>k__BackingField")
                    .raw(&[0, 8])
                    .int(7)
                    .int(9)
                    .end(),
                r#"{"$class":"A","m":{"$class":"B","N":9}}"#,
            ),
            (
                "untyped classes",
                new().raw(&[2]).int(1).text("A").int(1).text("m").string(2, "x").end(),
                r#"{"$class":"A","m":"x"}"#,
            ),
            (
                "untyped with a library",
                new().raw(&[3]).int(1).text("A").int(1).text("m").int(2).raw(&[10]).end(),
                r#"{"$class":"A","m":null}"#,
            ),
            (
                "a class by its id",
                new()
                    .raw(&[16])
                    .int(1)
                    .int(2)
                    .class(2, "A", &[("m", 0)], &[1])
                    .raw(&[1])
                    .raw(&[1])
                    .int(3)
                    .int(2)
                    .raw(&[0])
                    .end(),
                r#"[{"$class":"A","m":true},{"$class":"A","m":false}]"#,
            ),
            (
                "nulls",
                new().raw(&[16]).int(1).int(6).raw(&[13, 2, 10, 14]).int(3).end(),
                "[null,null,null,null,null,null]",
            ),
            (
                "strings, forward and twice",
                new().raw(&[17]).int(1).int(3).reference(9).string(2, "a").reference(2).string(9, "z").end(),
                r#"["z","a","a"]"#,
            ),
            ("bytes", new().raw(&[15]).int(1).int(2).raw(&[2, 0xff, 0]).end(), r#"{"$bytes":"/wA="}"#),
            ("chars", new().raw(&[15]).int(1).int(2).raw(&[3, b'a', 0xc3, 0xa9]).end(), r#"["a","é"]"#),
            (
                "two dimensions",
                new().raw(&[7]).int(1).raw(&[2]).int(2).int(2).int(1).raw(&[0, 8]).int(1).int(2).end(),
                "[[1],[2]]",
            ),
            (
                "jagged, from index 5",
                new()
                    .raw(&[7])
                    .int(1)
                    .raw(&[4])
                    .int(1)
                    .int(1)
                    .int(5)
                    .raw(&[7, 8])
                    .reference(2)
                    .raw(&[15])
                    .int(2)
                    .int(1)
                    .raw(&[8])
                    .int(7)
                    .end(),
                "[[7]]",
            ),
        ];
        for (what, bytes, expected) in table {
            assert_eq!(json(&bytes), expected, "{what}");
        }
    }

    #[test]
    fn every_primitive() {
        let table: &[(&[u8], &str)] = &[
            (b"\x01\x01", "true"),
            (b"\x02\xff", "255"),
            (b"\x03\xe2\x82\xac", "\"€\""),
            (b"\x05\x0519.90", r#"{"$decimal":"19.90"}"#),
            (b"\x05\x03x.0", "\"x.0\""),
            (b"\x06\0\0\0\0\0\0\xf8\x3f", "1.5"),
            (b"\x07\xff\xff", "-1"),
            (b"\x08\xff\xff\xff\xff", "-1"),
            (b"\x09\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
            (b"\x0a\xff", "-1"),
            (b"\x0b\0\0\xc0\x3f", "1.5"),
            (b"\x0c\x00\x9c\xa6\x92\x0c\0\0\0", r#"{"$class":"System.TimeSpan","$value":"01:30:00"}"#),
            (b"\x0d\0\xf4\x9d\x8a\x4b\x76\xdc\x48", r#"{"$date":"2024-05-17T08:30:00Z"}"#),
            (b"\x0d\0\xf4\x9d\x8a\x4b\x76\xdc\x88", r#"{"$date":"2024-05-17T08:30:00"}"#),
            (
                b"\x0d\xff\xff\xff\xff\xff\xff\xff\x7f",
                r#"{"$class":"System.DateTime","$value":9223372036854775807}"#,
            ),
            (b"\x0e\xff\xff", "65535"),
            (b"\x0f\xff\xff\xff\xff", "4294967295"),
            (b"\x10\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\x11", "null"),
            (b"\x12\x01a", "\"a\""),
        ];
        for (bytes, expected) in table {
            let stream = Stream::new().class(1, "A", &[("m", 0)], &bytes[..1]).raw(&bytes[1..]).end();
            assert_eq!(json(&stream), format!(r#"{{"$class":"A","m":{expected}}}"#), "{bytes:?}");
        }
    }

    #[test]
    fn classes_of_the_framework() {
        let guid = {
            let names = ["_a", "_b", "_c", "_d", "_e", "_f", "_g", "_h", "_i", "_j", "_k"];
            let members: Vec<(&str, u8)> = names.iter().map(|name| (*name, 0)).collect();
            Stream::new()
                .class(1, "System.Guid", &members, &[8, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2])
                .int(0x8073_2141_u32 as i32)
                .raw(&[0x8f, 0xec, 0x80, 0x4b, 0xaf, 0x9c, 0xc4, 0xd2, 0xd1, 0xff, 0x89, 1])
                .end()
        };
        let table: Vec<(Vec<u8>, &str)> = vec![
            (guid, r#"{"$uuid":"80732141-ec8f-4b80-af9c-c4d2d1ff8901"}"#),
            (
                Stream::new()
                    .class(1, "System.Decimal", &[("flags", 0), ("hi", 0), ("lo", 0), ("mid", 0)], &[8; 4])
                    .int(0x2_0000)
                    .int(0)
                    .int(1990)
                    .int(0)
                    .end(),
                r#"{"$decimal":"19.90"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.DateTime", &[("ticks", 0), ("dateData", 0)], &[9, 16])
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x08")
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x48")
                    .end(),
                r#"{"$date":"2024-05-17T08:30:00Z"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.DateTimeOffset", &[("DateTime", 0), ("OffsetMinutes", 0)], &[13, 7])
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x08\x78\0")
                    .end(),
                r#"{"$date":"2024-05-17T10:30:00+02:00"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.TimeSpan", &[("_ticks", 0)], &[9])
                    .raw(b"\x00\x9c\xa6\x92\x0c\0\0\0")
                    .end(),
                r#"{"$class":"System.TimeSpan","$value":"01:30:00"}"#,
            ),
            (Stream::new().class(1, "Microsoft.Web.Redis.RedisNull", &[], &[]).end(), "null"),
            (
                Stream::new()
                    .class(1, "System.Collections.ArrayList", &[("_items", 5), ("_size", 0)], &[8])
                    .reference(2)
                    .int(1)
                    .raw(&[16])
                    .int(2)
                    .int(4)
                    .raw(&[8, 8])
                    .int(5)
                    .raw(&[13, 3])
                    .end(),
                "[5]",
            ),
            (
                Stream::new()
                    .class(1, "System.Collections.Hashtable", &[("Keys", 5), ("Values", 5)], &[])
                    .reference(2)
                    .reference(3)
                    .raw(&[16])
                    .int(2)
                    .int(1)
                    .raw(&[8, 8])
                    .int(5)
                    .raw(&[16])
                    .int(3)
                    .int(1)
                    .string(4, "five")
                    .end(),
                r#"{"$map":[[5,"five"]]}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.Collections.Generic.HashSet`1[[X]]", &[("Elements", 6)], &[])
                    .reference(2)
                    .raw(&[17])
                    .int(2)
                    .int(1)
                    .string(3, "a")
                    .end(),
                r#"{"$set":["a"]}"#,
            ),
            (Stream::new().class(1, DICTIONARY, &[("Version", 0)], &[8]).int(0).end(), "{}"),
            (dictionary(&["a", "b/c"]), r#"{"a":0,"b/c":1}"#),
            // A list whose members are not those of the framework is shown as it is.
            (
                Stream::new().class(1, LIST, &[("_size", 0)], &[8]).int(1).end(),
                r#"{"$class":"System.Collections.Generic.List`1[[System.String]]","_size":1}"#,
            ),
            (
                Stream::new().class(1, "System.Int32", &[("other", 0)], &[8]).int(1).end(),
                r#"{"$class":"System.Int32","other":1}"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(&bytes), expected);
        }
    }

    #[test]
    fn an_object_inside_itself_is_a_reference() {
        assert_eq!(json(&ring()), r#"{"$class":"App.Node","Next":{"$ref":""}}"#);
        let at = decode_or_bytes(&ring(), &Limits::default(), "/loop", &mut Spare::default()).to_json();
        assert_eq!(at, r#"{"$class":"App.Node","Next":{"$ref":"/loop"}}"#);
        let list = Stream::new()
            .class(1, "A", &[("a/b", 2)], &[])
            .reference(2)
            .class(2, LIST, &[("_items", 5), ("_size", 0)], &[8])
            .reference(3)
            .int(2)
            .raw(&[16])
            .int(3)
            .int(2)
            .reference(2)
            .reference(1)
            .end();
        assert_eq!(json(&list), r#"{"$class":"A","a/b":[{"$ref":"/a~1b"},{"$ref":""}]}"#);
        // An array as its own element, after a list that is not its only owner.
        let array = Stream::new()
            .class(1, LIST, &[("_items", 5), ("_size", 0)], &[8])
            .reference(2)
            .int(1)
            .raw(&[16])
            .int(2)
            .int(1)
            .reference(2)
            .end();
        assert_eq!(json(&array), r#"[[{"$ref":"/0"}]]"#);
    }

    #[test]
    fn refused() {
        let new = Stream::new;
        let table: Vec<(&str, Vec<u8>, usize)> = vec![
            ("empty", vec![], 0),
            ("no header", vec![1], 0),
            ("version 2", b"\0\x01\0\0\0\xff\xff\xff\xff\x02\0\0\0\0\0\0\0\x0b".to_vec(), 9),
            ("no end", new().string(1, "a").0, 24),
            ("no root", new().string(2, "a").end(), 1),
            ("two ends", new().string(1, "a").end().into_iter().chain([11]).collect(), 25),
            ("a call", new().raw(&[21]).end(), 17),
            ("an unknown record", new().raw(&[99]).end(), 17),
            ("an unknown class", new().raw(&[1]).int(1).int(5).end(), 17),
            ("its own class", new().raw(&[1]).int(1).int(1).end(), 17),
            ("a missing object", new().raw(&[16]).int(1).int(1).reference(7).end(), 17),
            ("nulls at the top", new().raw(&[13, 1]).end(), 17),
            ("too many nulls", new().raw(&[16]).int(1).int(1).raw(&[13, 2]).end(), 26),
            ("no nulls", new().raw(&[16]).int(1).int(1).raw(&[13, 0]).end(), 26),
            ("an end inside", new().raw(&[16]).int(1).int(1).end(), 26),
            ("negative length", new().raw(&[16]).int(1).int(-1).end(), 22),
            ("longest array", new().raw(&[16]).int(1).int(i32::MAX).end(), 17),
            ("longest primitives", new().raw(&[15]).int(1).int(i32::MAX).raw(&[1]).end(), 27),
            ("an array of null", new().raw(&[15]).int(1).int(1).raw(&[17, 10]).end(), 27),
            ("many members", new().raw(&[4]).int(1).text("A").int(i32::MAX).end(), 28),
            ("long text", new().raw(&[6]).int(1).raw(b"\xff\xff\xff\xff\x07").end(), 27),
            ("longer text", new().raw(&[6]).int(1).raw(b"\xff\xff\xff\xff\xff\x01").end(), 22),
            ("rank 33", new().raw(&[7]).int(1).raw(&[2]).int(33).raw(&[0; 200]).end(), 22),
            (
                "empty in many rows",
                new().raw(&[7]).int(1).raw(&[2]).int(2).int(i32::MAX).int(0).raw(&[2]).end(),
                17,
            ),
        ];
        for (what, bytes, offset) in table {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.offset, offset, "{what}: {error}");
        }
    }

    #[test]
    fn what_is_broken_is_shown_as_its_class_with_its_bytes() {
        let shown =
            |bytes: &[u8]| decode_or_bytes(bytes, &Limits::default(), "", &mut Spare::default()).to_json();
        let broken = Stream::new().class(1, "App.\u{1b}[2J", &[("m", 2)], &[]).0;
        assert!(shown(&broken).starts_with(r#"{"$class":"App.\u001b[2J","$value":{"$bytes":"AAEA"#));
        assert_eq!(shown(b"\0"), r#"{"$class":"System.Object","$value":{"$bytes":"AA=="}}"#);
    }

    #[test]
    fn names_lose_their_assemblies() {
        let table = [
            ("App.Node", "App.Node"),
            (
                "List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral]]",
                "List`1[[System.String]]",
            ),
            ("D`2[[A, m],[L`1[[B[,], n, V=1]], o]]", "D`2[[A],[L`1[[B[,]]]]]"),
            ("Open, x", "Open"),
        ];
        for (name, plain) in table {
            assert_eq!(stream::without_assemblies(name.into()), plain);
        }
    }

    /// Classes one within the other.
    fn nested(depth: usize) -> Vec<u8> {
        let mut stream = Stream::new().class(1, "A", &[("m", 2)], &[]);
        for id in 2..=depth as i32 {
            stream = stream.raw(&[1]).int(id).int(1);
        }
        stream.raw(&[10]).end()
    }

    /// Dictionaries one within the other: what needs most stack.
    fn nested_dictionaries(depth: i32) -> Vec<u8> {
        let mut stream = Stream::new();
        for id in 1..=depth {
            stream = stream
                .class(id, DICTIONARY, &[("KeyValuePairs", 5)], &[])
                .reference(1_000_000 + id)
                .raw(&[16])
                .int(1_000_000 + id)
                .int(1)
                .class(2_000_000 + id, PAIR, &[("key", 1), ("value", 2)], &[])
                .string(3_000_000 + id, "k");
            stream = if id < depth { stream.reference(id + 1) } else { stream.raw(&[10]) };
        }
        stream.end()
    }

    #[test]
    fn bounds() {
        let decoding = || {
            assert!(read(&nested(900)).is_ok());
            assert_eq!(read(&nested(901)).unwrap_err().reason, "nested deeper than 900");
            assert!(read(&nested(200_000)).is_err());
            assert!(read(&nested_dictionaries(900)).is_ok());
            assert!(read(&nested_dictionaries(901)).is_err());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        assert!(decode(&nested(2), &limits).is_ok());
        assert!(decode(&nested(4), &limits).is_err());
    }

    #[test]
    fn what_is_shared_is_not_multiplied() {
        // Each of thirty arrays holds the next one twice.
        let mut stream = Stream::new();
        for id in 1..=30 {
            stream = stream.raw(&[16]).int(id).int(2).reference(id + 1).reference(id + 1);
        }
        let bytes = stream.string(31, "x").end();
        assert_eq!(read(&bytes).unwrap_err().reason, MULTIPLIED);
        // One long text a hundred thousand times.
        let mut stream = Stream::new().raw(&[17]).int(1).int(100_000).string(2, &"x".repeat(500_000));
        for _ in 1..100_000 {
            stream = stream.reference(2);
        }
        assert!(read(&stream.end()).is_err());
        // A few times is usual.
        let mut stream = Stream::new().raw(&[17]).int(1).int(1_000).string(2, "usual");
        for _ in 1..1_000 {
            stream = stream.reference(2);
        }
        assert!(read(&stream.end()).is_ok());
        // All the streams of a session have one allowance.
        let nulls = Stream::new().raw(&[16]).int(1).int(200_000).raw(&[14]).int(200_000).end();
        let mut spare = Spare::default();
        let mut shown = || decode_or_bytes(&nulls, &Limits::default(), "", &mut spare);
        assert!(matches!(shown(), Value::List(items) if items.len() == 200_000));
        assert!(matches!(shown(), Value::Object(_)));
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_an_error_or_a_value() {
        for bytes in [dictionary(&["a", "b"]), ring(), nested(3)] {
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "{end}");
            }
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    let _ = read(&changed);
                }
                let mut changed = bytes.clone();
                changed[at] = 0xff;
                let _ = read(&changed);
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(records in prop::collection::vec((0..18_u8, prop::collection::vec(0..6_u8, 0..12)), 0..12)) {
            let mut stream = Stream::new();
            for (tag, bytes) in records {
                stream = stream.raw(&[tag]).raw(&bytes);
            }
            let _ = read(&stream.end());
        }
    }
}
