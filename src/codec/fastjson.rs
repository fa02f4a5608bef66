//! fastjson: JSON with the types that Java has and JSON lacks.
//!
//! With `WriteClassName` fastjson 1 and 2 (Alibaba) write what no reader of JSON takes: numbers with
//! the letter of their type (`10L`, `19.9D`, `1.5F`, `3S`, `7B`), sets with a word in front
//! (`Set["a"]`, `TreeSet[…]`), `new Date(1700000000000)`, keys that are numbers, strings in single
//! quotes and bytes as `x'0A'`. References (`{"$ref":"$.user"}`) and `@type` are left as they are.

use std::borrow::Cow;
use std::ops::Range;

use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::Value;

const NAME: &str = "fastjson";

/// fastjson 1 and 2, with and without `WriteClassName`.
pub const CODEC: Codec =
    Codec { name: NAME, about: "fastjson 1 and 2: JSON with type letters and sets", sniff, decode };

fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"@type\":")
        || ["Set[", "TreeSet["].iter().any(|word| bytes.starts_with(word.as_bytes()))
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| DecodeError::new(NAME, error.valid_up_to(), "the text is not UTF-8"))?;
    let mut parser = Parser { text, bytes, at: 0, limits: *limits, depth: 0, values: 0 };
    parser.document().map_err(|error| *error)
}

/// Where a member of the object at the top has its number, without the letter of its type; the last
/// one of that name, since that is the one that is read.
pub fn member_span(bytes: &[u8], name: &str, limits: &Limits) -> Option<Range<usize>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parser = Parser { text, bytes, at: 0, limits: *limits, depth: 0, values: 0 };
    parser.space();
    if parser.peek() != Some(b'{') {
        return None;
    }
    parser.member(name).ok()?
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
    depth: usize,
    values: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Value<'a>> {
        self.space();
        let value = self.value()?;
        self.space();
        if self.at < self.bytes.len() { self.fault("something follows the value") } else { Ok(value) }
    }

    #[cold]
    fn fault<T>(&self, reason: &str) -> Parsed<T> {
        let reason = if self.at < self.bytes.len() { reason } else { "unexpected end" };
        Err(Box::new(DecodeError::new(NAME, self.at, reason)))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Passes these bytes if they stand here.
    fn pass(&mut self, bytes: &[u8]) -> bool {
        let here = self.bytes[self.at..].starts_with(bytes);
        if here {
            self.at += bytes.len();
        }
        here
    }

    fn value(&mut self) -> Parsed<Value<'a>> {
        self.values += 1;
        if self.values > self.limits.values {
            return self.fault(&format!("more than {} values", self.limits.values));
        }
        match self.peek() {
            Some(b'{') => self.map(),
            Some(b'[') => Ok(Value::List(self.list()?)),
            Some(b'S' | b'T') => self.set(),
            _ => self.scalar(),
        }
    }

    #[inline(never)]
    fn set(&mut self) -> Parsed<Value<'a>> {
        if !self.pass(b"TreeSet") && !self.pass(b"Set") {
            return self.fault("not a value");
        }
        self.space();
        if self.peek() != Some(b'[') {
            return self.fault("a set without a bracket");
        }
        Ok(Value::Set(self.list()?))
    }

    #[inline(never)]
    fn scalar(&mut self) -> Parsed<Value<'a>> {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => Ok(Value::Text(self.string(quote)?)),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(b'x') => self.hex(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Parsed<Value<'a>> {
        let words: [(&[u8], Value<'a>); 5] = [
            (b"true", Value::Bool(true)),
            (b"false", Value::Bool(false)),
            (b"null", Value::Null),
            (b"undefined", Value::Null),
            (b"NaN", Value::Float(f64::NAN)),
        ];
        for (word, value) in words {
            if self.pass(word) {
                return Ok(value);
            }
        }
        if self.pass(b"new ") {
            return self.date();
        }
        self.fault("not a value")
    }

    /// `new Date(<milliseconds>)`.
    fn date(&mut self) -> Parsed<Value<'a>> {
        self.space();
        if !self.pass(b"Date(") {
            return self.fault("not a date");
        }
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte == b'-' || byte.is_ascii_digit()) {
            self.at += 1;
        }
        let Ok(millis) = self.text[begin..self.at].parse::<i64>() else { return self.fault("not a time") };
        if !self.pass(b")") {
            return self.fault("not a time");
        }
        Ok(match super::java::instant(millis) {
            Some(date) => Value::Date(Cow::Owned(date)),
            None => Value::Int(millis),
        })
    }

    /// `x'0A0B'`: bytes.
    fn hex(&mut self) -> Parsed<Value<'a>> {
        if !self.pass(b"x'") {
            return self.fault("not a value");
        }
        let mut bytes = Vec::new();
        loop {
            if self.pass(b"'") {
                return Ok(Value::Bytes(Cow::Owned(bytes)));
            }
            let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
            let pair = digit(self.bytes.get(self.at)).zip(digit(self.bytes.get(self.at + 1)));
            let Some((high, low)) = pair else { return self.fault("not a hexadecimal digit") };
            bytes.push((high << 4 | low) as u8);
            self.at += 2;
        }
    }

    fn enter(&mut self) -> Parsed<()> {
        if self.depth == self.limits.depth {
            return self.fault(&format!("nested deeper than {}", self.limits.depth));
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        Ok(())
    }

    /// Whether another item follows; a comma before the bracket is no harm, as in fastjson.
    fn another(&mut self, bracket: u8) -> Parsed<bool> {
        self.space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.space();
        } else if self.peek() != Some(bracket) {
            return self.fault("no comma between items");
        }
        Ok(!self.closed(bracket))
    }

    fn closed(&mut self, bracket: u8) -> bool {
        let closed = self.peek() == Some(bracket);
        if closed {
            self.at += 1;
            self.depth -= 1;
        }
        closed
    }

    fn list(&mut self) -> Parsed<Vec<Value<'a>>> {
        self.enter()?;
        let mut items = Vec::new();
        let mut more = !self.closed(b']');
        while more {
            items.push(self.value()?);
            more = self.another(b']')?;
        }
        Ok(items)
    }

    fn map(&mut self) -> Parsed<Value<'a>> {
        self.enter()?;
        let mut pairs = Vec::new();
        let mut more = !self.closed(b'}');
        while more {
            let key = self.key()?;
            pairs.push((key, self.value()?));
            more = self.another(b'}')?;
        }
        Ok(as_map(pairs))
    }

    fn member(&mut self, name: &str) -> Parsed<Option<Range<usize>>> {
        let mut found = None;
        self.enter()?;
        let mut more = !self.closed(b'}');
        while more {
            let key = self.key()?;
            let begin = self.at;
            let value = self.value()?;
            if key.as_str() == Some(name) {
                let letter = self.bytes[begin..self.at].last().is_some_and(u8::is_ascii_alphabetic);
                found = matches!(value, Value::Int(_)).then_some(begin..self.at - usize::from(letter));
            }
            more = self.another(b'}')?;
        }
        Ok(found)
    }

    /// A member's name, and the colon after it.
    fn key(&mut self) -> Parsed<Value<'a>> {
        let key = self.name()?;
        self.space();
        if !self.pass(b":") {
            return self.fault("no colon after the member name");
        }
        self.space();
        Ok(key)
    }

    /// A name, quoted or not, or a key of another type.
    #[inline(never)]
    fn name(&mut self) -> Parsed<Value<'a>> {
        match self.peek() {
            Some(b'{' | b'[') => self.value(),
            Some(first) if first.is_ascii_alphabetic() || matches!(first, b'_' | b'$' | b'@') => {
                let begin = self.at;
                while self.peek().is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'.')
                }) {
                    self.at += 1;
                }
                Ok(Value::Text(Cow::Borrowed(&self.text[begin..self.at])))
            }
            _ => self.scalar(),
        }
    }

    fn string(&mut self, quote: u8) -> Parsed<Cow<'a, str>> {
        self.at += 1;
        let begin = self.at;
        let Some(stop) = memchr::memchr2(quote, b'\\', &self.bytes[begin..]) else {
            self.at = self.bytes.len();
            return self.fault("");
        };
        if self.bytes[begin + stop] == quote {
            self.at = begin + stop + 1;
            return Ok(Cow::Borrowed(&self.text[begin..begin + stop]));
        }
        // UTF-16, because escapes may be halves of characters.
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(stop) = memchr::memchr2(quote, b'\\', &self.bytes[self.at..]) else {
                self.at = self.bytes.len();
                return self.fault("");
            };
            units.extend(self.text[self.at..self.at + stop].encode_utf16());
            self.at += stop;
            if self.bytes[self.at] == quote {
                self.at += 1;
                return Ok(Cow::Owned(String::from_utf16_lossy(&units)));
            }
            units.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Parsed<u16> {
        let kind = self.bytes.get(self.at + 1).copied();
        let (digits, plain) = match kind {
            Some(b'b') => (0, 0x08),
            Some(b'f') => (0, 0x0c),
            Some(b'n') => (0, 0x0a),
            Some(b'r') => (0, 0x0d),
            Some(b't') => (0, 0x09),
            Some(b'v') => (0, 0x0b),
            Some(b'u') => (4, 0),
            Some(b'x') => (2, 0),
            Some(other @ (b'"' | b'\'' | b'\\' | b'/')) => (0, u16::from(other)),
            Some(other @ b'0'..=b'7') => (0, u16::from(other - b'0')),
            _ => return self.fault("no such escape"),
        };
        self.at += 2;
        if digits == 0 {
            return Ok(plain);
        }
        let unit = self.bytes.get(self.at..self.at + digits).and_then(|digits| {
            digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
        });
        let Some(unit) = unit else { return self.fault("an escape without its digits") };
        self.at += digits;
        Ok(unit as u16)
    }

    /// A number and the letter of its type.
    fn number(&mut self) -> Parsed<Value<'a>> {
        let begin = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        {
            self.at += 1;
        }
        let literal = &self.text[begin..self.at];
        let letter = match self.peek() {
            Some(letter @ (b'L' | b'D' | b'F' | b'S' | b'B')) => {
                self.at += 1;
                letter
            }
            _ => 0,
        };
        if letter == 0 && literal == "-" && self.pass(b"Infinity") {
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let whole = !literal.contains(['.', 'e', 'E']) && !matches!(letter, b'D' | b'F');
        if whole {
            if let Ok(number) = literal.parse::<i64>() {
                return Ok(Value::Int(number));
            }
            if let Ok(number) = literal.parse::<u64>() {
                return Ok(Value::UInt(number));
            }
            let digits = literal.strip_prefix('-').unwrap_or(literal);
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Ok(Value::BigInt(Cow::Borrowed(literal)));
            }
        } else if let Ok(number) = literal.parse::<f64>() {
            return Ok(Value::Float(number));
        }
        self.at = begin;
        self.fault("not a number")
    }
}

#[inline(never)]
fn as_map<'a>(pairs: Vec<(Value<'a>, Value<'a>)>) -> Value<'a> {
    if !pairs.iter().all(|(key, _)| matches!(key, Value::Text(_))) {
        return Value::Pairs(pairs);
    }
    let mut members = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        if let Value::Text(name) = key {
            members.push((name, value));
        }
    }
    Value::Map(last_wins(members))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Value<'_>, DecodeError> {
        decode(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn what_json_lacks() {
        let table = [
            (
                r#"{"@type":"a.B","id":1L,"n":19.9D,"f":1.5F,"s":3S,"b":7B}"#,
                r#"{"@type":"a.B","id":1,"n":19.9,"f":1.5,"s":3,"b":7}"#,
            ),
            (r#"Set["a","b"]"#, r#"{"$set":["a","b"]}"#),
            (r#"{"p":TreeSet[1,2L],"q":Set[]}"#, r#"{"p":{"$set":[1,2]},"q":{"$set":[]}}"#),
            ("new Date(1715934600000)", r#"{"$date":"2024-05-17T08:30:00Z"}"#),
            (r#"{1:"a",2L:"b"}"#, r#"{"$map":[[1,"a"],[2,"b"]]}"#),
            (r"{'a':'it\'s',b:x'0aFF'}", r#"{"a":"it's","b":{"$bytes":"Cv8="}}"#),
            (r#"{"u":{"$ref":"$.user"},"v":{"$ref":".."}}"#, r#"{"u":{"$ref":"$.user"},"v":{"$ref":".."}}"#),
            (
                r#" { "a" : [ 1 , 2 , ] , "n" : NaN, "i":-Infinity } "#,
                r#"{"a":[1,2],"n":{"$float":"NaN"},"i":{"$float":"-Infinity"}}"#,
            ),
            (r#""\u00e9\ud83d\ude00\x41\ud83d\v""#, "\"é😀A\u{fffd}\\u000b\""),
            ("18446744073709551616L", r#"{"$int":"18446744073709551616"}"#),
            (
                "[18446744073709551615,-9223372036854775808,5D]",
                "[18446744073709551615,-9223372036854775808,5.0]",
            ),
            ("[true,false,null,undefined]", "[true,false,null,null]"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("new Date(99999999999999999)", "99999999999999999"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text).unwrap().to_json(), expected, "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "{",
            "[",
            "Set",
            "Set 1",
            "Sat[]",
            "{\"a\"}",
            "{\"a\":1 \"b\":2}",
            "[1 2]",
            "1x",
            "--1",
            "1L2",
            "new Date(x)",
            "new Thing(1)",
            "x'0'",
            "x'0g'",
            "\"\\q\"",
            "\"\\u12\"",
            "\"",
            "'",
            "{} {}",
            "{,}",
            ".",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(decode(b"\"\xff\"", &Limits::default()).is_err());
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = r#"{"@type":"a.B","s":Set["x",{"k":[1L,2.5D]}],"d":new Date(5),"t":"a\u00e9\n","h":x'00',1:null}"#;
        assert!(read(whole).is_ok());
        for end in 0..whole.len() {
            let error = read(&whole[..end]).unwrap_err();
            assert!(error.offset <= end, "{end}: {error}");
        }
    }

    #[test]
    fn bounds() {
        let decoding = || {
            for (open, close) in [("[", "]"), ("Set[", "]"), (r#"{"a":"#, "}")] {
                let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
                assert!(read(&nested(900)).is_ok());
                assert_eq!(read(&nested(901)).unwrap_err().reason, "nested deeper than 900");
                assert!(read(&open.repeat(200_000)).is_err());
            }
            // Keys may nest as well.
            assert!(read(&"{".repeat(200_000)).is_err());
            assert!(read(&format!("{}1{}", "{[".repeat(450), "]:1}".repeat(450))).is_ok());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        assert_eq!(decode(b"[1,2,3]", &limits).unwrap_err().reason, "more than 3 values");
    }

    proptest! {
        #[test]
        fn plain_json_means_the_same(document in crate::codec::tests::generated()) {
            let text = document.to_string();
            let ours = read(&text).unwrap();
            prop_assert!(crate::codec::tests::same(&ours, &document), "{}", text);
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}:,\"'\\\\SetTrx0-9LDa-z. é-]{0,40}") {
            let _ = read(&text);
        }
    }
}
