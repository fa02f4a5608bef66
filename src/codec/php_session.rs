//! What PHP's session extension writes: `$_SESSION` in one of the encodings that the ini setting
//! `session.serialize_handler` names.
//!
//! The setting can change during the life of a store, so what a value is written in is decided for
//! each by its bytes: [`decode`] does. `php` and `php_binary` are a row of variables, each a name and
//! a value of `serialize`; the numbers of references run over all of them (ext/session/session.c
//! `PS_SERIALIZER_ENCODE_FUNC`, PHP 8.2). A session is a map in any case, the empty one too.

use memchr::memchr;

use super::php::tree::{Key, Kind};
use super::php::{self, Reader};
use super::{Codec, DecodeError, Limits, Parsed, igbinary, php_msgpack};
use crate::value::Value;

/// `name|value…`, the default.
pub const PHP: Codec = Codec {
    name: "php",
    about: "PHP session: name|value, as session.serialize_handler=php",
    sniff,
    decode: decode_php,
};

/// A byte for the length of the name, the name, the value.
pub const BINARY: Codec = Codec {
    name: "php_binary",
    about: "PHP session, as session.serialize_handler=php_binary",
    sniff: sniff_binary,
    decode: decode_binary,
};

/// The longest name that a row's first bytes are searched for a bar.
const NAME: usize = 4096;

/// Whether a value follows the first bar.
fn sniff(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(NAME)];
    memchr(b'|', head).is_some_and(|bar| begins_value(&bytes[bar + 1..]))
}

/// Whether a value follows a name with its length.
fn sniff_binary(bytes: &[u8]) -> bool {
    let Some((&length, rest)) = bytes.split_first() else { return false };
    length < 0x80 && rest.get(usize::from(length)..).is_some_and(begins_value)
}

/// Whether a value, or what is left of a cut one, begins here.
fn begins_value(bytes: &[u8]) -> bool {
    match bytes {
        [tag, b':', ..] => b"abdisSOCERr".contains(tag),
        other => other.starts_with(b"N;"),
    }
}

/// Decodes the whole of a session of the encoding `php`.
pub fn decode_php<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    Variables::Bars.whole("", bytes, limits)
}

/// Decodes the whole of a session of the encoding `php_binary`.
pub fn decode_binary<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    Variables::Lengths.whole("", bytes, limits)
}

/// Decodes the whole of a session of the encoding `php_serialize`: an array, and a map even where its
/// keys are 0, 1, 2, ….
pub fn decode_serialize<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    serialized("", bytes, limits)
}

fn serialized<'a>(base: &'a str, bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    Reader::new(php::CODEC.name, base, bytes, limits).session().map_err(|error| *error)
}

/// Decodes a session of whichever encoding it is; with the name of that.
///
/// Nothing at all is an empty session: `php` and `php_binary` write that for one.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(&'static str, Value<'a>), DecodeError> {
    decode_under("", bytes, limits)
}

/// The same for a session that is a part of something greater: `base` is the JSON pointer to its
/// place, which what contains itself is given by.
pub fn decode_under<'a>(
    base: &'a str,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(&'static str, Value<'a>), DecodeError> {
    let mut furthest: Option<DecodeError> = None;
    for (name, decode) in candidates(bytes) {
        match decode(base, bytes, limits) {
            Ok(value) => return Ok((name, value)),
            // An encoding is told by how far it can be read.
            Err(error) if furthest.as_ref().is_none_or(|far| far.offset < error.offset) => {
                furthest = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(furthest.unwrap_or_else(|| DecodeError::new(PHP.name, 0, "not a PHP session")))
}

/// What can be read of a session of the encoding `php` or `php_binary` that is broken somewhere, with
/// what is wrong there; `None` if nothing can.
pub fn decode_begin<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'static str, Value<'a>, DecodeError)> {
    let of = |encoding: Variables| {
        let (value, error) = encoding.begin("", bytes, limits);
        let members = value.members().map_or(0, <[_]>::len);
        Some((encoding.name(), value, error?)).filter(|_| members > 0)
    };
    of(Variables::Bars).or_else(|| of(Variables::Lengths))
}

type Decode = for<'a> fn(&'a str, &'a [u8], &Limits) -> Result<Value<'a>, DecodeError>;

/// The encodings to try, the likeliest first. Each one has to fit to the last byte.
fn candidates(bytes: &[u8]) -> impl Iterator<Item = (&'static str, Decode)> {
    let bars: (&'static str, Decode) =
        (PHP.name, |base, bytes, limits| Variables::Bars.whole(base, bytes, limits));
    let lengths: (&'static str, Decode) =
        (BINARY.name, |base, bytes, limits| Variables::Lengths.whole(base, bytes, limits));
    let other: Option<(&'static str, Decode)> = match bytes {
        [b'a', b':', ..] => Some((php::CODEC.name, serialized)),
        [0, 0, 0, 1 | 2, ..] => {
            Some((igbinary::CODEC.name, |base, bytes, limits| igbinary::decode_session(base, bytes, limits)))
        }
        [0x80..=0x9f | 0xdc..=0xdf, ..] => Some((php_msgpack::CODEC.name, |base, bytes, limits| {
            php_msgpack::decode_session(base, bytes, limits)
        })),
        _ => None,
    };
    // No name begins with a control character, and no length is that long.
    let rows = if bytes.first().is_some_and(|byte| *byte < 0x20) { [lengths, bars] } else { [bars, lengths] };
    other.into_iter().chain(rows)
}

/// The encodings that are a row of variables.
#[derive(Debug, Clone, Copy)]
enum Variables {
    Bars,
    Lengths,
}

impl Variables {
    fn name(self) -> &'static str {
        match self {
            Variables::Bars => PHP.name,
            Variables::Lengths => BINARY.name,
        }
    }

    fn whole<'a>(self, base: &'a str, bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
        match self.begin(base, bytes, limits) {
            (value, None) => Ok(value),
            (_, Some(error)) => Err(error),
        }
    }

    /// The variables up to the first that cannot be read.
    fn begin<'a>(self, base: &'a str, bytes: &'a [u8], limits: &Limits) -> (Value<'a>, Option<DecodeError>) {
        let mut reader = Reader::new(self.name(), base, bytes, limits);
        if let Err(error) = reader.tree.open(0, Kind::Members, 0) {
            return (Value::Map(Vec::new()), Some(*error));
        }
        let mut fault = None;
        while reader.at < bytes.len() && fault.is_none() {
            let mark = reader.tree.mark();
            if let Err(error) = self.variable(&mut reader, bytes) {
                reader.tree.reset(&mark);
                fault = Some(*error);
            }
        }
        match reader.tree.map() {
            Ok(value) => (value, fault),
            Err(error) => (Value::Map(Vec::new()), Some(*error)),
        }
    }

    fn variable<'a>(self, reader: &mut Reader<'a>, bytes: &'a [u8]) -> Parsed<()> {
        let (name, defined) = match self {
            Variables::Bars => {
                let Some(length) = memchr(b'|', &bytes[reader.at..]) else {
                    return reader.fault("a name without a bar after it");
                };
                let (begin, end) = (reader.at, reader.at + length);
                reader.at = end + 1;
                // PHP 5 wrote variables without a value so; later ones may begin like that.
                if bytes[begin..end].starts_with(b"!") && !begins_value(reader.rest()) {
                    (reader.name(begin + 1, end), false)
                } else {
                    (reader.name(begin, end), true)
                }
            }
            Variables::Lengths => {
                let first = bytes[reader.at];
                let length = usize::from(first & 0x7f);
                let (begin, end) = (reader.at + 1, reader.at + 1 + length);
                if end > bytes.len() {
                    return reader.fault(format!("a name of {length} bytes announced, but fewer are left"));
                }
                reader.at = end;
                // The highest bit said that no value follows, up to PHP 5.
                (reader.name(begin, end), first < 0x80)
            }
        };
        reader.tree.key(0, Key::Name(name));
        if defined {
            let value = reader.value()?;
            reader.tree.put(value);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::php::tests::on_a_small_stack;

    fn read(bytes: &[u8]) -> (&'static str, String) {
        let (name, value) = decode(bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii()));
        (name, value.to_json())
    }

    #[test]
    fn encodings() {
        let table: &[(&[u8], &str, &str)] = &[
            (b"", "php", "{}"),
            (b"a:0:{}", "php-serialize", "{}"),
            (b"a:2:{i:0;i:7;i:1;a:1:{i:0;i:8;}}", "php-serialize", r#"{"0":7,"1":[8]}"#),
            (b"a:1:{s:3:\"x|y\";s:4:\"a|b;\";}", "php-serialize", r#"{"x|y":"a|b;"}"#),
            (b"a|i:1;", "php", r#"{"a":1}"#),
            (b"a:1|i:1;", "php", r#"{"a:1":1}"#),
            (b"user|s:3:\"x|y\";cart|a:0:{}", "php", r#"{"user":"x|y","cart":[]}"#),
            (b"|N;", "php", r#"{"":null}"#),
            (b" PMA_token |s:1:\"t\";a.b|i:1;", "php", r#"{" PMA_token ":"t","a.b":1}"#),
            (b"\xc3\xa9|i:1;\xe9|i:2;", "php", r#"{"é":2}"#),
            (b"0|i:1;1|i:2;", "php", r#"{"0":1,"1":2}"#),
            (b"a|i:1;b|i:2;a|i:3;", "php", r#"{"a":3,"b":2}"#),
            (b"!a|b|i:1;", "php", r#"{"a":null,"b":1}"#),
            (b"!a|", "php", r#"{"a":null}"#),
            (b"!a|i:1;!|N;", "php", r#"{"!a":1,"!":null}"#),
            // The numbers run over all variables; the session itself has none.
            (
                b"a|O:8:\"stdClass\":1:{s:1:\"k\";i:1;}b|r:1;c|a:1:{i:0;R:2;}d|R:4;",
                "php",
                r#"{"a":{"$class":"stdClass","k":1},"b":{"$class":"stdClass","k":1},"c":[1],"d":[1]}"#,
            ),
            (
                b"u|O:1:\"U\":1:{s:1:\"s\";a:1:{i:0;r:1;}}",
                "php",
                r#"{"u":{"$class":"U","s":[{"$ref":"/u"}]}}"#,
            ),
            (b"\0\0\0\x02\x14\0", "igbinary", "{}"),
            (b"\0\0\0\x02\x14\x01\x06\0\x11\x01a", "igbinary", r#"{"0":"a"}"#),
            (b"\x90", "php-msgpack", "{}"),
            (b"\x92\x01\xa1a", "php-msgpack", r#"{"0":1,"1":"a"}"#),
            (b"\x82\xc0\x01\xa1k\x01", "php-msgpack", r#"{"k":1}"#),
            (b"\xdc\x90|i:1;", "php", "{\"\u{710}\":1}"),
            (b"\x04user", "php", ""),
            (
                b"\x04useri:1;\x00N;\x82ab\x01cs:1:\"|\";",
                "php_binary",
                r#"{"user":1,"":null,"ab":null,"c":"|"}"#,
            ),
            (b"\x01aO:1:\"U\":0:{}\x01br:1;", "php_binary", r#"{"a":{"$class":"U"},"b":{"$class":"U"}}"#),
        ];
        for (bytes, encoding, expected) in table {
            if expected.is_empty() {
                assert!(decode(bytes, &Limits::default()).is_err());
                continue;
            }
            let (name, json) = read(bytes);
            assert_eq!((name, json.as_str()), (*encoding, *expected), "{}", bytes.escape_ascii());
        }
        let long = [b"a".repeat(97), b"i:1;".to_vec()].concat();
        assert_eq!(read(&[&b"\x61"[..], &long].concat()).0, "php_binary");
    }

    #[test]
    fn no_sessions() {
        let table: &[(&[u8], usize)] = &[
            (b"hello", 0),
            (b"i:5;", 0),
            (b"s:5:\"hello\";", 0),
            (b"host|123", 5),
            (b"a|i:1;rest", 6),
            (b"a|i:1;b|x", 8),
            (b"a|s:9:\"x\";", 7),
            (b"a:1:{i:0;N;}x", 12),
            (b"a|r:1;", 2),
            (b"0123456789abcdef|0123456789abcdef|00|3", 17),
        ];
        for (bytes, offset) in table {
            let error = decode(bytes, &Limits::default()).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_before_the_fault() {
        let (name, value, error) = decode_begin(b"a|i:1;b|a:1:{i:0;i:2;i:7;}", &Limits::default()).unwrap();
        assert_eq!((name, value.to_json().as_str(), error.offset), ("php", r#"{"a":1}"#, 21));
        let (name, value, _) = decode_begin(b"\x01ai:1;\x01b", &Limits::default()).unwrap();
        assert_eq!((name, value.to_json().as_str()), ("php_binary", r#"{"a":1}"#));
        assert!(decode_begin(b"hello", &Limits::default()).is_none());
        assert!(decode_begin(b"a|i:1;", &Limits::default()).is_none());
    }

    #[test]
    fn under_a_pointer() {
        let (_, value) = decode_under("/vars", b"a|a:1:{i:0;R:1;}", &Limits::default()).unwrap();
        assert_eq!(value.to_json(), r#"{"a":[{"$ref":"/vars/a"}]}"#);
        let (_, value) =
            decode_under("/vars", b"a:1:{s:1:\"x\";a:1:{i:0;R:1;}}", &Limits::default()).unwrap();
        assert_eq!(value.to_json(), r#"{"x":[{"$ref":"/vars"}]}"#);
    }

    #[test]
    fn broken_anywhere() {
        let whole: &[u8] =
            b"_sf2_attributes|a:1:{s:1:\"k\";O:1:\"C\":1:{s:4:\"\0*\0k\";s:2:\"|;\";}}x|r:3;_sf2_meta|a:0:{}";
        read(whole);
        for end in 1..whole.len() {
            // A cut between variables leaves a session.
            if let Err(error) = decode(&whole[..end], &Limits::default()) {
                assert!(error.offset <= end);
            } else {
                assert!(whole[..end].ends_with(b"}") || whole[..end].ends_with(b"r:3;"));
            }
        }
        let mut bytes = whole.to_vec();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                let _ = decode(&bytes, &Limits::default());
                bytes[at] ^= 1 << bit;
            }
        }
    }

    #[test]
    fn nesting() {
        on_a_small_stack(|| {
            let nested = |depth: usize| ["a|", &"a:1:{i:0;".repeat(depth), "N;", &"}".repeat(depth)].concat();
            assert!(decode(nested(899).as_bytes(), &Limits::default()).is_ok());
            assert!(decode(nested(900).as_bytes(), &Limits::default()).is_err());
            assert!(decode(nested(200_000).as_bytes(), &Limits::default()).is_err());
            assert!(decode("!a|".repeat(300_000).as_bytes(), &Limits::default()).is_ok());
            assert!(decode("!a|a:1:{i:0;".repeat(100_000).as_bytes(), &Limits::default()).is_err());
        });
    }

    #[test]
    fn sniffing() {
        for bytes in [&b"a|i:1;"[..], b"|N;", b"user|O:8:\"std", b"a|r:1;"] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
        }
        for bytes in [&b""[..], b"a|", b"a|x", b"host|123", b"{\"a\":\"b|c\"}"] {
            assert!(!sniff(bytes), "{}", bytes.escape_ascii());
        }
        assert!(sniff_binary(b"\x01ai:1;"));
        assert!(!sniff_binary(b"\x01a"));
        assert!(!sniff_binary(b""));
        assert!(!sniff_binary(b"\x81ai:1;"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..48), near in "([!a-c]{0,2}\\|?[NbiasrR]:?[0-9](:\\{)?;){0,8}") {
            for bytes in [&bytes[..], near.as_bytes()] {
                let _ = decode(bytes, &Limits::default());
                let _ = decode_begin(bytes, &Limits::default());
            }
        }
    }
}
