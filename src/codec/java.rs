//! Java Object Serialization (`ObjectOutputStream`), protocol 2.
//!
//! The default serializer of Spring Session, Shiro, Tomcat's and many other session managers. A
//! stream describes its own classes, so everything in it can be shown without any of them: the
//! grammar is that of the Java Object Serialization Specification, chapter 6, and the payloads of
//! the JDK's own classes are those of JDK 17. Nothing that a stream names is ever loaded.
//!
//! Reading is in two halves. [`Stream::read`] makes a flat table of what was written, whatever refers
//! to what; [`Show`] makes values of it. Only the second knows classes, and only it nests.

use std::fmt::Write as _;

use super::{Codec, DecodeError, Limits};
use crate::value::Value;

mod number;
mod show;
mod stream;
mod time;

pub use show::Show;
pub use stream::{HEADER, Item, Root, Stream};

/// A number of milliseconds since 1970 as RFC 3339 text; `None` beyond the calendar.
pub fn instant(millis: i64) -> Option<String> {
    time::millis(millis)
}

/// Java's own UTF-8 as text; see the module `stream`.
pub fn modified_utf8(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    stream::modified_utf8(bytes)
}

/// Where a Shiro session keeps its timeout, eight bytes; `None` where it has none, or keeps it in
/// pieces.
pub fn shiro_timeout<'a>(stream: &Stream<'a>) -> Option<&'a [u8]> {
    show::shiro_timeout(stream)
}

const NAME: &str = "java";

/// Java Object Serialization.
pub const CODEC: Codec = Codec { name: NAME, about: "Java Object Serialization", sniff, decode };

fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER)
}

/// Decodes the whole of the bytes: the value, or a list where several were written in a row.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_at(bytes, "", limits)
}

/// As [`decode`], for a value that will stand where a JSON pointer says: references to outer
/// containers count from the root of the session's data.
pub fn decode_at<'a>(bytes: &'a [u8], base: &str, limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let stream = Stream::read(bytes, limits);
    if let Some((error, _)) = stream.failed {
        return Err(error);
    }
    let mut show = Show::new(&stream, limits);
    if let [root] = stream.roots[..] {
        return show.value(root.item, base);
    }
    let mut values = Vec::with_capacity(stream.roots.len());
    let mut place = base.to_string();
    for (index, root) in stream.roots.iter().enumerate() {
        // Only what holds something can hold itself.
        if matches!(root.item, Item::Node(_)) {
            place.truncate(base.len());
            let _ = write!(place, "/{index}");
        }
        values.push(show.value(root.item, &place)?);
    }
    Ok(Value::List(values))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    /// A stream of these contents.
    fn stream(contents: &[&[u8]]) -> Vec<u8> {
        [HEADER, &contents.concat()].concat()
    }

    /// A class without superclass; `fields` with their count.
    fn class(name: &[u8], flags: u8, fields: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x72];
        bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(&[0; 8]);
        bytes.push(flags);
        bytes.extend_from_slice(fields);
        bytes.extend_from_slice(b"\x78\x70");
        bytes
    }

    const NO_FIELDS: &[u8] = b"\0\0";

    fn samples() -> Vec<(&'static str, Vec<u8>, &'static str)> {
        include_str!("java/samples.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut parts = line.splitn(3, ' ');
                let mut part = || parts.next().unwrap();
                let (name, text) = (part(), part());
                (name, base64::engine::general_purpose::STANDARD.decode(text).unwrap(), part())
            })
            .collect()
    }

    #[test]
    fn what_java_wrote() {
        for (name, bytes, expected) in samples() {
            let value = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(value.to_json(), expected, "{name}");
        }
    }

    #[test]
    fn a_stream_of_nothing_but_values_is_bounded() {
        let nulls = |many: usize| stream(&[&b"\x70".repeat(many)]);
        assert!(matches!(read(&nulls(100_000)).unwrap(), Value::List(items) if items.len() == 100_000));
        assert!(read(&nulls(100_001)).unwrap_err().reason.contains("more than 100000 values in a row"));
    }

    #[test]
    fn every_tag() {
        let lists = class(b"[Ljava.lang.Object;", 2, NO_FIELDS);
        let enums = class(b"E", 0x12, NO_FIELDS);
        let table: Vec<(Vec<u8>, &str)> = vec![
            (stream(&[b"\x70"]), "null"),
            (stream(&[b"\x74\0\x01a\x71\0\x7e\0\0"]), r#"["a","a"]"#),
            (
                stream(&[b"\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x78\x70"]),
                r#"{"$class":"java.io.ObjectStreamClass","$value":"A"}"#,
            ),
            (
                stream(&[b"\x73", &class(b"A", 2, b"\0\x01I\0\x01n"), b"\0\0\0\x07"]),
                r#"{"$class":"A","n":7}"#,
            ),
            (stream(&[b"\x75", &lists, b"\0\0\0\x01\x71\0\x7e\0\x01"]), r#"[{"$ref":""}]"#),
            (stream(&[b"\x76", &lists]), r#"{"$class":"java.lang.Class","$value":"[Ljava.lang.Object;"}"#),
            (stream(&[b"\x77\x01a"]), r#"{"$bytes":"YQ=="}"#),
            (stream(&[b"\x7a\0\0\0\x01a"]), r#"{"$bytes":"YQ=="}"#),
            // A reset begins the numbering again.
            (stream(&[b"\x74\0\x01a\x79\x74\0\x01b\x71\0\x7e\0\0"]), r#"["a","b","b"]"#),
            (stream(&[b"\x7c\0\0\0\0\0\0\0\x01a"]), r#""a""#),
            (
                stream(&[b"\x73\x7d\0\0\0\x01\0\x01P\x78\x70"]),
                r#"{"$class":"java.lang.reflect.Proxy","interfaces":["P"]}"#,
            ),
            (stream(&[b"\x7e", &enums, b"\x74\0\x03RED"]), r#""RED""#),
            // Externalizable, with block data and without.
            (
                stream(&[b"\x73", &class(b"X", 0x0c, NO_FIELDS), b"\x77\x01a\x77\x01b\x70\x78"]),
                r#"{"$class":"X","$value":[{"$bytes":"YWI="},null]}"#,
            ),
            // A class that writes block data instead of its one field.
            (
                stream(&[b"\x73", &class(b"M", 3, b"\0\x01[\0\x01h\x74\0\x02[B"), b"\x77\x01a\x78"]),
                r#"{"$class":"M","$value":[{"$bytes":"YQ=="}]}"#,
            ),
            // A class whose writer annotates it.
            (
                stream(&[b"\x73\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x74\0\x01u\x77\x01x\x70\x78\x70"]),
                r#"{"$class":"A"}"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(&bytes).unwrap().to_json(), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn refused() {
        let a = class(b"A", 2, NO_FIELDS);
        let table: Vec<(Vec<u8>, &str)> = vec![
            (stream(&[b""]), "unexpected end"),
            (stream(&[b"\x6f"]), "no value begins with 0x6f"),
            (stream(&[b"\x78"]), "no value begins with 0x78"),
            (stream(&[b"\x7b\x70"]), "the writer gave up here with an exception"),
            (stream(&[b"\x71\0\x7e\0\0"]), "a reference to an object that was not written"),
            (stream(&[b"\x71\0\0\0\0"]), "a reference to an object that was not written"),
            // To itself, and forwards.
            (stream(&[b"\x73\x71\0\x7e\0\0"]), "a reference to an object that was not written"),
            (
                stream(&[b"\x73", &a, b"\x71\0\x7e\0\x02\x70"]),
                "a reference to an object that was not written",
            ),
            (stream(&[b"\x73\x70"]), "a value without a class"),
            (stream(&[b"\x74\0\x01a\x73\x71\0\x7e\0\0"]), "a reference to something other than a class"),
            (
                stream(&[b"\x73", &class(b"X", 4, NO_FIELDS), b"\x70"]),
                "an object whose end only its own class knows",
            ),
            (stream(&[b"\x7e", &a, b"\x70"]), "expected a string"),
            (stream(&[b"\x74\xff\xffa"]), "65535 bytes announced, but fewer are left"),
            (
                stream(&[b"\x7c\xff\xff\xff\xff\xff\xff\xff\xff"]),
                "18446744073709551615 bytes announced, but fewer are left",
            ),
            (stream(&[b"\x7a\x7f\xff\xff\xff"]), "2147483647 bytes announced, but fewer are left"),
            (stream(&[b"\x7a\xff\xff\xff\xff\0"]), "a negative count"),
            (
                stream(&[b"\x75", &class(b"[J", 2, NO_FIELDS), b"\x7f\xff\xff\xff\0"]),
                "17179869176 bytes announced, but fewer are left",
            ),
            (
                stream(&[b"\x75", &class(b"[L", 2, NO_FIELDS), b"\x7f\xff\xff\xff\0"]),
                "2147483647 values announced, but fewer bytes are left",
            ),
            (stream(&[b"\x73\x7d\x7f\xff\xff\xff\0"]), "more interfaces than bytes"),
            (stream(&[b"\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\x01Q\0\x01n\0"]), "a field of unknown type"),
            // A class that refers to itself as its parent.
            (
                stream(&[b"\x73\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x78\x71\0\x7e\0\0\x70"]),
                "a class that is its own superclass",
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(&bytes).unwrap_err().reason, expected, "{}", bytes.escape_ascii());
        }
        assert_eq!(
            read(b"\xac\xed\0\x04\x70").unwrap_err().to_string(),
            "java: not a stream of Java objects at byte 0"
        );
        assert!(read(b"").is_err());
    }

    #[test]
    fn a_class_is_taken_to_write_its_fields_until_that_cannot_be() {
        let field = class(b"B", 3, b"\0\x01B\0\x01n");
        let list = class(b"java.util.ArrayList", 3, NO_FIELDS);
        let table: Vec<(Vec<u8>, &str)> = vec![
            // A field that looks like the end, and one that is left out before it.
            (stream(&[b"\x73", &field, b"\x78\x78"]), r#"{"$class":"B","n":120}"#),
            (stream(&[b"\x73", &field, b"\x78"]), r#"{"$class":"B"}"#),
            (stream(&[b"\x73", &field, b"\x78\x78\x70"]), r#"[{"$class":"B","n":120},null]"#),
            // The second object shows that the first one left its field out as well.
            (
                stream(&[
                    b"\x73",
                    &list,
                    b"\x73",
                    &field,
                    b"\x78\x73\x71\0\x7e\0\x02\x78\x71\0\x7e\0\x03\x74\0\x01a\x78",
                ]),
                r#"[{"$class":"B"},{"$class":"B"},{"$class":"B"},"a"]"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(&bytes).unwrap().to_json(), expected, "{}", bytes.escape_ascii());
        }
        // Whatever is tried, the reason is that of the first reading.
        let broken = stream(&[b"\x73", &field, b"\x78\0"]);
        assert_eq!(read(&broken).unwrap_err().reason, "no value begins with 0x00");
    }

    #[test]
    fn classes_that_may_leave_out_their_fields_are_tried_a_few_times() {
        // Each of the classes could be the one.
        let mut bytes = HEADER.to_vec();
        for name in 0..1000 {
            bytes.push(0x73);
            bytes.extend(class(format!("C{name}").as_bytes(), 3, b"\0\x01B\0\x01n"));
            bytes.extend_from_slice(b"\x78\x78");
        }
        bytes.push(0);
        assert_eq!(read(&bytes).unwrap_err().reason, "no value begins with 0x00");
    }

    #[test]
    fn every_truncation_is_an_error() {
        for (name, bytes, _) in samples() {
            let whole = Stream::read(&bytes, &Limits::default());
            let mut ends: Vec<usize> = vec![HEADER.len()];
            for root in &whole.roots {
                ends.push(root.bytes.as_ptr() as usize - bytes.as_ptr() as usize + root.bytes.len());
            }
            for end in 0..bytes.len() {
                let cut = read(&bytes[..end]);
                // A stream may end after each of its values, or after a reset.
                if !ends[1..].contains(&end) && bytes[end.saturating_sub(1)] != 0x79 {
                    let error = cut.expect_err(name);
                    assert!(error.offset <= end, "{name}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_flipped_byte_never_panics() {
        for (_, mut bytes, _) in samples() {
            for at in 0..bytes.len() {
                // One bit, and in the shorter ones all.
                for flip in if bytes.len() < 500 { &[0x01, 0xff][..] } else { &[0x80] } {
                    bytes[at] ^= *flip;
                    if let Ok(value) = read(&bytes) {
                        let text = value.to_json();
                        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{text}");
                    }
                    bytes[at] ^= *flip;
                }
            }
        }
    }

    #[test]
    fn bounds() {
        let nested = |depth: usize| {
            let first = class(b"[L", 2, NO_FIELDS);
            let rest = b"\x75\x71\0\x7e\0\0\0\0\0\x01".repeat(depth - 1);
            stream(&[b"\x75", &first, b"\0\0\0\x01", &rest, b"\x70"])
        };
        let links = |depth: usize| {
            let first = class(b"N", 2, b"\0\x01L\0\x04next\x74\0\x01N");
            let rest = b"\x73\x71\0\x7e\0\0".repeat(depth - 1);
            stream(&[b"\x73", &first, &rest, b"\x70"])
        };
        let maps = |depth: usize| {
            let first = class(b"java.util.HashMap", 3, NO_FIELDS);
            let rest = b"\x74\0\x01k\x73\x71\0\x7e\0\0".repeat(depth - 1);
            stream(&[b"\x73", &first, &rest, b"\x74\0\x01k\x70", &b"\x78".repeat(depth)])
        };
        let sets = |depth: usize| {
            let first = class(b"java.util.Collections$UnmodifiableSet", 2, b"\0\x01L\0\x01c\x74\0\x01C");
            let rest = b"\x73\x71\0\x7e\0\0".repeat(depth - 1);
            stream(&[b"\x73", &first, &rest, b"\x70"])
        };
        let lists = |depth: usize| {
            let first = class(b"java.util.ArrayList", 3, NO_FIELDS);
            let rest = b"\x73\x71\0\x7e\0\0".repeat(depth - 1);
            stream(&[b"\x73", &first, &rest, b"\x70", &b"\x78".repeat(depth)])
        };
        // A map of a class of the application's own.
        let own_maps = |depth: usize| {
            let mut own = class(b"Own", 2, NO_FIELDS);
            own.pop();
            own.extend_from_slice(&class(b"java.util.HashMap", 3, NO_FIELDS));
            let rest = b"\x74\0\x01k\x73\x71\0\x7e\0\0".repeat(depth - 1);
            stream(&[b"\x73", &own, &rest, b"\x74\0\x01k\x70", &b"\x78".repeat(depth)])
        };
        let decoding = move || {
            for make in [&nested as &dyn Fn(usize) -> Vec<u8>, &links, &maps, &sets, &lists, &own_maps] {
                let value = make(900);
                assert!(read(&value).unwrap().to_json().len() > 3);
                assert_eq!(read(&make(901)).unwrap_err().reason, "nested deeper than 900");
                assert!(read(&make(200_000)).is_err());
            }
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        let small = stream(&[b"\x75", &class(b"[L", 2, NO_FIELDS), b"\0\0\0\x03\x70\x70\x70"]);
        assert_eq!(decode(&small, &limits).unwrap_err().reason, "more than 3 values");
    }

    #[test]
    fn what_is_shared_too_often_is_pointed_at() {
        // Forty lists of twice the next one: a tree of a million million values.
        let lists = class(b"[L", 2, NO_FIELDS);
        let mut bytes = [HEADER, b"\x75", &lists, b"\0\0\0\x02"].concat();
        for _ in 1..40 {
            bytes.extend_from_slice(b"\x75\x71\0\x7e\0\0\0\0\0\x02");
        }
        bytes.extend_from_slice(b"\x70\x70");
        for node in (2..=40_u32).rev() {
            bytes.extend_from_slice(b"\x71");
            bytes.extend_from_slice(&(0x7e_0000 + node).to_be_bytes());
        }
        let text = read(&bytes).unwrap().to_json();
        assert!(text.starts_with(&"[".repeat(40)) && text.len() < 10_000, "{}", text.len());
        assert!(text.ends_with(r#",{"$ref":"/0"}]"#), "{text}");
        // A class of a long name, over and over.
        let long = class(&b"n".repeat(60_000), 2, NO_FIELDS);
        let again = b"\x73\x71\0\x7e\0\0".repeat(100_000);
        let bytes = stream(&[b"\x73", &long, &again]);
        assert!(read(&bytes).is_err());
    }

    #[test]
    fn an_array_that_is_written_once_more_for_each_reference_is_not_written_without_end() {
        let nulls = [&class(b"[L", 2, NO_FIELDS)[..], b"\0\x03\0\0", &b"\x70".repeat(0x3_0000)].concat();
        let bytes = stream(&[b"\x75", &nulls, &b"\x71\0\x7e\0\x01".repeat(20)]);
        let reason = read(&bytes).unwrap_err().reason;
        assert_eq!(reason, "shared objects would take too much room when written out");
        // What was read counts for that, not how many bytes it took: a reference takes five.
        let array =
            [&class(b"[L", 2, NO_FIELDS)[..], b"\0\x01\x86\xa0", &b"\x71\0\x7e\0\x01".repeat(100_000)];
        let again = |times: usize| stream(&[b"\x75", &array.concat(), &b"\x71\0\x7e\0\x01".repeat(times)]);
        assert!(read(&again(2)).is_ok());
        assert!(read(&again(4)).is_err());
    }

    #[test]
    fn pointers_count_from_the_root_of_the_data() {
        let limits = Limits::default();
        let loop_list = stream(&[b"\x75", &class(b"[L", 2, NO_FIELDS), b"\0\0\0\x01\x71\0\x7e\0\x01"]);
        let value = decode_at(&loop_list, "/sessionAttr:cart", &limits).unwrap();
        assert_eq!(value.to_json(), r#"[{"$ref":"/sessionAttr:cart"}]"#);
        // Through a map whose keys need escapes.
        let map = class(b"java.util.HashMap", 3, NO_FIELDS);
        let inner =
            stream(&[b"\x73", &map, b"\x74\0\x03a/~\x73\x71\0\x7e\0\0\x74\0\x01b\x71\0\x7e\0\x03\x78\x78"]);
        assert_eq!(read(&inner).unwrap().to_json(), r#"{"a/~":{"b":{"$ref":"/a~1~0"}}}"#);
    }

    #[test]
    fn odd_names_and_texts() {
        let named = stream(&[b"\x73", &class(b"a\"\n\x1b[2J\xc0\x80\xff", 2, NO_FIELDS)]);
        assert_eq!(read(&named).unwrap().to_json(), "{\"$class\":\"a\\\"\\n\\u001b[2J\\u0000\u{fffd}\"}");
        let table: &[(&[u8], &str)] = &[
            (b"\xc0\x80", "\0"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
            (b"\xed\xa0\xbdx", "\u{fffd}x"),
            (b"\xed\xb8\x80", "\u{fffd}"),
            (b"\xf0\x9f\x98\x80", "😀"),
            (b"\xe2\x82", "\u{fffd}\u{fffd}"),
            (b"\xff\xc3\xa9", "\u{fffd}é"),
        ];
        for (bytes, text) in table {
            assert_eq!(stream::modified_utf8(bytes), *text);
        }
    }

    #[test]
    fn a_known_class_without_its_content_is_an_object() {
        for name in [
            "java.util.Vector",
            "java.util.UUID",
            "java.util.Date",
            "java.lang.Long",
            "java.util.CollSer",
            "java.time.Ser",
            "java.math.BigDecimal",
            "java.util.Collections$UnmodifiableSet",
        ] {
            let bytes = stream(&[b"\x73", &class(name.as_bytes(), 2, NO_FIELDS)]);
            assert_eq!(read(&bytes).unwrap().to_json(), format!(r#"{{"$class":"{name}"}}"#));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x70..0x80u8, Just(0)], 0..120)) {
            let _ = read(&[HEADER, &bytes].concat());
            let _ = read(&bytes);
        }
    }
}
