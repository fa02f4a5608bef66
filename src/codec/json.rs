//! JSON as session stores really hold it.
//!
//! Stricter readers refuse blobs that the frameworks themselves read back without complaint, so this
//! one is lenient where they are: unpaired surrogate escapes become U+FFFD, raw control characters
//! inside strings are taken as they are, Python's `NaN` and `Infinity` are numbers, a byte order mark
//! is skipped, and a blob that is not UTF-8 is read as Latin-1 from end to end. Integers are exact at
//! any length. Everything else (commas, quotes, leading zeros) is as strict as `JSON.parse`.

use std::borrow::Cow;
use std::ops::Range;

use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::Value;

/// JSON, with the leniency above.
pub const CODEC: Codec =
    Codec { name: "json", about: "JSON, lenient where the frameworks are", sniff, decode };

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn sniff(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !is_space(**byte));
    matches!(first, Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut parser = Parser::new(bytes, limits);
    parser.document().map_err(|error| *error)
}

/// Takes items out of a JSON list: the new text without the top-level items for which `keep` is
/// false, the others byte for byte, or `None` if there is nothing to take out.
///
/// For indexes that a framework keeps as one JSON list and that have to be rewritten in place.
pub fn drop_items(
    text: &[u8],
    keep: &dyn Fn(&Value<'_>) -> bool,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let mut parser = Parser::new(text, limits);
    parser.kept_items(keep).map_err(|error| *error)
}

/// Where the lists are that are members of a JSON object: their names and the bytes from bracket to
/// bracket. Of a pair of a class and a list, as Jackson writes collections with their types, it is
/// the list.
///
/// For indexes that a framework keeps inside a larger object.
pub fn member_lists(text: &[u8], limits: &Limits) -> Result<Vec<(String, Range<usize>)>, DecodeError> {
    Parser::new(text, limits).member_lists().map_err(|error| *error)
}

/// A JSON text with another value for the member that `path` leads to through objects: only the bytes
/// of that value change. Of a repeated name it is the last, the one that counts. `None` where there is
/// no such member or the text is not JSON.
pub fn set_member(text: &[u8], path: &[&str], value: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    Some(splice(text, member_span(text, path, limits)?, value))
}

/// Where in the text the value of the member is that `path` leads to.
pub fn member_span(text: &[u8], path: &[&str], limits: &Limits) -> Option<Range<usize>> {
    let mut span = whole(text, limits)?;
    for name in path {
        span = Parser::at(text, span.start, limits).span_of_member(name).ok()??;
    }
    Some(span)
}

/// Where in a list of `[name, value]` pairs the value of that name is; of a repeated name the last.
pub fn pair_span(text: &[u8], name: &str, limits: &Limits) -> Option<Range<usize>> {
    let list = whole(text, limits)?;
    let is_pair = |item: &Value<'_>| match item.as_list() {
        Some([Value::Text(text), _]) => text == name,
        _ => false,
    };
    let pair = Parser::at(text, list.start, limits).spans_of_items(&is_pair).ok()?.pop()?;
    let value = Parser::at(text, pair.start, limits).spans_of_items(&|_| true).ok()?;
    value.into_iter().nth(1)
}

/// Where in a list of objects this member of the first object is that `which` wants.
pub fn item_span(
    text: &[u8],
    which: &dyn Fn(&Value<'_>) -> bool,
    member: &str,
    limits: &Limits,
) -> Option<Range<usize>> {
    let list = whole(text, limits)?;
    let item = Parser::at(text, list.start, limits).spans_of_items(which).ok()?.into_iter().next()?;
    Parser::at(text, item.start, limits).span_of_member(member).ok()?
}

/// The text with other bytes in that range.
pub fn splice(text: &[u8], range: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&text[..range.start], with, &text[range.end..]].concat()
}

/// The range of the one value in the text; `None` if it is not JSON from end to end.
fn whole(text: &[u8], limits: &Limits) -> Option<Range<usize>> {
    let mut parser = Parser::new(text, limits);
    parser.space();
    let start = parser.at;
    parser.value().ok()?;
    let end = parser.at;
    parser.end().ok()?;
    Some(start..end)
}

struct Parser<'a> {
    bytes: &'a [u8],
    /// The same as text; `None` if it is not UTF-8 and every byte stands for a Latin-1 character.
    text: Option<&'a str>,
    at: usize,
    limits: Limits,
    depth: usize,
    values: usize,
    /// What the open lists and maps hold so far, the innermost last. A finished container takes its
    /// share in one allocation of the right size instead of growing its own.
    items: Vec<Value<'a>>,
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Parser {
            bytes,
            text: std::str::from_utf8(bytes).ok(),
            at: if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 },
            limits: *limits,
            depth: 0,
            values: 0,
            items: Vec::new(),
            members: Vec::with_capacity(16),
        }
    }

    fn document(&mut self) -> Parsed<Value<'a>> {
        self.space();
        let value = self.value()?;
        self.end()?;
        Ok(value)
    }

    fn end(&mut self) -> Parsed<()> {
        self.space();
        if self.at < self.bytes.len() { self.fault("something follows the value") } else { Ok(()) }
    }

    fn kept_items(&mut self, keep: &dyn Fn(&Value<'_>) -> bool) -> Parsed<Option<Vec<u8>>> {
        self.space();
        if self.peek() != Some(b'[') {
            return self.fault("not a list");
        }
        self.enter()?;
        let mut kept = vec![b'['];
        let mut dropped = false;
        let mut more = !self.closed(b']');
        while more {
            let start = self.at;
            let item = self.value()?;
            if keep(&item) {
                if kept.len() > 1 {
                    kept.push(b',');
                }
                kept.extend_from_slice(&self.bytes[start..self.at]);
            } else {
                dropped = true;
            }
            more = self.another(b']')?;
        }
        self.end()?;
        kept.push(b']');
        Ok(dropped.then_some(kept))
    }

    fn member_lists(&mut self) -> Parsed<Vec<(String, Range<usize>)>> {
        self.space();
        if self.peek() != Some(b'{') {
            return self.fault("not an object");
        }
        self.enter()?;
        let mut lists = Vec::new();
        let mut more = !self.closed(b'}');
        while more {
            if self.peek() != Some(b'"') {
                return self.fault("not a member name");
            }
            self.at += 1;
            let name = self.string()?.into_owned();
            self.space();
            if self.peek() != Some(b':') {
                return self.fault("no colon after the member name");
            }
            self.at += 1;
            self.space();
            let begin = self.at;
            if let Value::List(items) = self.value()? {
                let whole = begin..self.at;
                let list = if let [Value::Text(_), Value::List(_)] = &items[..] {
                    self.second_of(&whole)?
                } else {
                    whole
                };
                lists.push((name, list));
            }
            more = self.another(b'}')?;
        }
        self.end()?;
        Ok(lists)
    }

    /// Where the second item of a list of two is.
    fn second_of(&self, list: &Range<usize>) -> Parsed<Range<usize>> {
        let mut inner = Parser::new(&self.bytes[list.clone()], &self.limits);
        inner.at = 0;
        inner.enter()?;
        inner.space();
        inner.value()?;
        inner.another(b']')?;
        let begin = inner.at;
        inner.value()?;
        Ok(list.start + begin..list.start + inner.at)
    }

    /// A parser that stands at a value within the text.
    fn at(bytes: &'a [u8], at: usize, limits: &Limits) -> Self {
        Parser { at, ..Parser::new(bytes, limits) }
    }

    /// Where the value of the last member of that name is; this stands at an object, or there is none.
    fn span_of_member(&mut self, wanted: &str) -> Parsed<Option<Range<usize>>> {
        if self.peek() != Some(b'{') {
            return Ok(None);
        }
        self.enter()?;
        let mut found = None;
        let mut more = !self.closed(b'}');
        while more {
            let name = self.name()?;
            let start = self.at;
            self.value()?;
            if name == wanted {
                found = Some(start..self.at);
            }
            more = self.another(b'}')?;
        }
        Ok(found)
    }

    /// Where the items are that `which` wants; this stands at a list, or there are none.
    fn spans_of_items(&mut self, which: &dyn Fn(&Value<'_>) -> bool) -> Parsed<Vec<Range<usize>>> {
        let mut spans = Vec::new();
        if self.peek() != Some(b'[') {
            return Ok(spans);
        }
        self.enter()?;
        let mut more = !self.closed(b']');
        while more {
            let start = self.at;
            if which(&self.value()?) {
                spans.push(start..self.at);
            }
            more = self.another(b']')?;
        }
        Ok(spans)
    }

    /// The error of this place.
    #[cold]
    fn fault<T>(&self, reason: &str) -> Parsed<T> {
        let reason = if self.at < self.bytes.len() { reason } else { "unexpected end" };
        Err(Box::new(DecodeError::new(CODEC.name, self.at, reason)))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Reads the value that begins right here.
    ///
    /// Inlined, so that the most frequent kind is built where it will stay: passing results along
    /// is what costs most here.
    #[inline(always)]
    #[allow(clippy::inline_always)]
    fn value(&mut self) -> Parsed<Value<'a>> {
        self.values += 1;
        if self.values <= self.limits.values && self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Value::Text(self.string()?));
        }
        self.no_text()
    }

    fn no_text(&mut self) -> Parsed<Value<'a>> {
        if self.values > self.limits.values {
            return self.fault(&format!("more than {} values", self.limits.values));
        }
        match self.peek() {
            Some(b'{') => self.map(),
            Some(b'[') => self.list(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    #[inline(never)]
    fn word(&mut self) -> Parsed<Value<'a>> {
        let (word, value): (&[u8], _) = match self.peek() {
            Some(b't') => (b"true", Value::Bool(true)),
            Some(b'f') => (b"false", Value::Bool(false)),
            Some(b'n') => (b"null", Value::Null),
            Some(b'N') => (b"NaN", Value::Float(f64::NAN)),
            Some(b'I') => (b"Infinity", Value::Float(f64::INFINITY)),
            _ => return self.fault("not a value"),
        };
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        if word.starts_with(rest) {
            self.at = self.bytes.len();
        }
        self.fault("not a value")
    }

    /// Steps into a container.
    fn enter(&mut self) -> Parsed<()> {
        if self.depth == self.limits.depth {
            return self.fault(&format!("nested deeper than {}", self.limits.depth));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Whether the container ends here, before its first or instead of its next item.
    fn closed(&mut self, bracket: u8) -> bool {
        self.space();
        let closed = self.peek() == Some(bracket);
        if closed {
            self.at += 1;
            self.depth -= 1;
        }
        closed
    }

    /// Whether another item follows the one just read; stands at its first byte then.
    fn another(&mut self, bracket: u8) -> Parsed<bool> {
        if self.closed(bracket) {
            return Ok(false);
        }
        if self.peek() != Some(b',') {
            return self.fault("no comma between items");
        }
        self.at += 1;
        self.space();
        Ok(true)
    }

    fn list(&mut self) -> Parsed<Value<'a>> {
        self.enter()?;
        let begin = self.items.len();
        let mut more = !self.closed(b']');
        while more {
            let item = self.value()?;
            self.items.push(item);
            more = self.another(b']')?;
        }
        Ok(Value::List(self.items.split_off(begin)))
    }

    fn map(&mut self) -> Parsed<Value<'a>> {
        self.enter()?;
        let begin = self.members.len();
        let mut more = !self.closed(b'}');
        while more {
            let name = self.name()?;
            let value = self.value()?;
            self.members.push((name, value));
            more = self.another(b'}')?;
        }
        Ok(Value::Map(last_wins(self.members.split_off(begin))))
    }

    /// Reads a member's name and stands at its value then.
    #[inline]
    fn name(&mut self) -> Parsed<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return self.fault("not a member name");
        }
        self.at += 1;
        let name = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.fault("no colon after the member name");
        }
        self.at += 1;
        self.space();
        Ok(name)
    }

    /// Reads the text that begins after the quote just passed.
    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        let begin = self.at;
        let stop = self.stop(begin)?;
        if self.bytes[stop] == b'"' {
            self.at = stop + 1;
            return Ok(self.plain(begin, stop));
        }
        let mut text = String::with_capacity(stop - begin + 16);
        let mut run = begin;
        let mut stop = stop;
        while self.bytes[stop] == b'\\' {
            text.push_str(&self.plain(run, stop));
            self.at = stop;
            text.push(self.escape()?);
            run = self.at;
            stop = self.stop(run)?;
        }
        text.push_str(&self.plain(run, stop));
        self.at = stop + 1;
        Ok(Cow::Owned(text))
    }

    /// Where the next quote or backslash is.
    fn stop(&mut self, from: usize) -> Parsed<usize> {
        if let Some(distance) = quote_or_backslash(&self.bytes[from..]) {
            return Ok(from + distance);
        }
        self.at = self.bytes.len();
        self.fault("the text has no end")
    }

    /// The text of a range without escapes.
    fn plain(&self, begin: usize, end: usize) -> Cow<'a, str> {
        if let Some(text) = self.text {
            return Cow::Borrowed(&text[begin..end]);
        }
        let bytes = &self.bytes[begin..end];
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
        }
    }

    /// Reads one escape, from its backslash on.
    fn escape(&mut self) -> Parsed<char> {
        let Some(&kind) = self.bytes.get(self.at + 1) else {
            self.at = self.bytes.len();
            return self.fault("the text has no end");
        };
        let plain = match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return self.fault("no such escape"),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let Some(unit) = self.code_unit(self.at) else {
            if self.bytes.len() - self.at < 6 {
                self.at = self.bytes.len();
            }
            return self.fault("an escape without four hexadecimal digits");
        };
        self.at += 6;
        if !(0xd800..0xdc00).contains(&unit) {
            // A low surrogate that no high one announced is not a character either.
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        match self.code_unit(self.at) {
            Some(low @ 0xdc00..=0xdfff) => {
                self.at += 6;
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            // What follows is read on its own.
            _ => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    /// The code unit of a `\uXXXX` at that place, if there is one.
    fn code_unit(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self) -> Parsed<Value<'a>> {
        let begin = self.at;
        let negative = self.peek() == Some(b'-');
        if negative {
            self.at += 1;
        }
        let digits = self.at;
        let mut magnitude: u64 = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            // Only used for numbers that are too short to wrap.
            magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            self.at += 1;
        }
        let length = self.at - digits;
        if length == 0 {
            if negative && self.bytes[self.at..].starts_with(b"Infinity") {
                self.at += b"Infinity".len();
                return Ok(Value::Float(f64::NEG_INFINITY));
            }
            return self.fault("not a number");
        }
        if length > 1 && self.bytes[digits] == b'0' {
            self.at = digits;
            return self.fault("a number with a leading zero");
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return self.float(begin);
        }
        // 18 digits always fit.
        if length <= 18 {
            let number = magnitude as i64;
            return Ok(Value::Int(if negative { -number } else { number }));
        }
        let literal = self.plain(begin, self.at);
        Ok(if let Ok(number) = literal.parse::<i64>() {
            Value::Int(number)
        } else if let Ok(number) = literal.parse::<u64>() {
            Value::UInt(number)
        } else {
            Value::BigInt(literal)
        })
    }

    /// Reads on after the integer part of a number that is a double.
    fn float(&mut self, begin: usize) -> Parsed<Value<'a>> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.plain(begin, self.at).parse() {
            Ok(number) => Ok(Value::Float(number)),
            Err(_) => self.fault("not a number"),
        }
    }

    /// Passes at least one digit.
    fn digits(&mut self) -> Parsed<()> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == begin { self.fault("not a number") } else { Ok(()) }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The place of the first quote or backslash.
///
/// Most strings of a session are short, and for those eight bytes at a time in a register beat the
/// call into memchr, which takes over where a string turns out to be long.
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The lowest bit set belongs to the first zero byte; those above it may be wrong.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut at = 0;
    while at < 32 {
        let Some(chunk) = bytes[at..].first_chunk::<8>() else {
            return bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found);
        };
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr::memchr2(b'"', b'\\', &bytes[at..]).map(|found| at + found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::tests::{generated, same};
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap().to_json()
    }

    #[test]
    fn leniency() {
        let table: &[(&[u8], &str)] = &[
            (b" \t\r\n[ 1 , 2 ] \n", "[1,2]"),
            (b"\xef\xbb\xbf{}", "{}"),
            (br#""\ud83d""#, "\"\u{fffd}\""),
            (br#""\ude00x""#, "\"\u{fffd}x\""),
            (br#""\ud83d\ude00""#, "\"😀\""),
            (br#""\uD83D\u0041""#, "\"\u{fffd}A\""),
            (br#""\ud83d\ud83d\ude00""#, "\"\u{fffd}😀\""),
            (br#""\ud83d\n""#, "\"\u{fffd}\\n\""),
            (br#""\"\\\/\b\f\n\r\t\u00e9""#, "\"\\\"\\\\/\\b\\f\\n\\r\\té\""),
            (b"\"a\nb\x00\x1f\"", "\"a\\nb\\u0000\\u001f\""),
            (b"\"\xe9\xc3\xa9\"", "\"éÃ©\""),
            (b"{\"\xe9\":\"plain\",\"\\u20ac\\n\":\"\xff\\t\"}", "{\"é\":\"plain\",\"€\\n\":\"ÿ\\t\"}"),
            (br#"{"":1,"__proto__":2,"a.b":3,"\u0061":4}"#, r#"{"":1,"__proto__":2,"a.b":3,"a":4}"#),
            (br#"{"a":1,"b":2,"\u0061":3}"#, r#"{"a":3,"b":2}"#),
            (
                b"[NaN,Infinity,-Infinity]",
                r#"[{"$float":"NaN"},{"$float":"Infinity"},{"$float":"-Infinity"}]"#,
            ),
            (b"1e999", r#"{"$float":"Infinity"}"#),
            (b"{}", "{}"),
            (b"[[],{},[{}]]", "[[],{},[{}]]"),
            (b"[true,false,null,\"\"]", "[true,false,null,\"\"]"),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn numbers() {
        let table = [
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("9007199254740993", Value::Int(9_007_199_254_740_993)),
            ("999999999999999999", Value::Int(999_999_999_999_999_999)),
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("9223372036854775808", Value::UInt(1 << 63)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("18446744073709551616", Value::BigInt("18446744073709551616".into())),
            ("-9223372036854776000", Value::BigInt("-9223372036854776000".into())),
            ("100000000000000000000", Value::BigInt("100000000000000000000".into())),
            ("1e+21", Value::Float(1e21)),
            ("2.0", Value::Float(2.0)),
            ("-1.5E-3", Value::Float(-0.0015)),
            ("5e-324", Value::Float(5e-324)),
            ("1.7976931348623157e+308", Value::Float(f64::MAX)),
        ];
        for (literal, expected) in table {
            assert_eq!(read(literal.as_bytes()).unwrap(), expected, "{literal}");
        }
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"  ", 2),
            (b"[1,]", 3),
            (b"[1 2]", 3),
            (b"{\"a\" 1}", 5),
            (b"{a:1}", 1),
            (b"{\"a\":1,}", 7),
            (b"01", 0),
            (b"-", 1),
            (b"-x", 1),
            (b"1.", 2),
            (b"[1.]", 3),
            (b"1e", 2),
            (b"[1e+]", 4),
            (b"+1", 0),
            (b".5", 0),
            (b"'a'", 0),
            (b"\"\\x41\"", 1),
            (b"\"\\u12g4\"", 1),
            (b"nul", 3),
            (b"nulx", 0),
            (b"{} {}", 3),
            (b"1\0", 1),
            (b"]", 0),
            (b"[}", 1),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
        assert_eq!(read(b"[1").unwrap_err().to_string(), "json: unexpected end at byte 2");
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = r#"{"cookie":{"originalMaxAge":null,"expires":"2030-01-01T00:00:00.000Z","x":[1.5e3,-2,true]},
            "n\u00e9\ud83d\ude00":"tëxt \"q\" that is longer than one machine word and than four of them","e":[]}"#;
        assert!(read(whole.as_bytes()).is_ok());
        for end in 0..whole.len() {
            let error = read(&whole.as_bytes()[..end]).unwrap_err();
            assert!(error.offset <= end, "{end}: {error}");
        }
    }

    #[test]
    fn borrows_where_nothing_is_escaped() {
        let value = read(br#"{"plain":"text","escaped":"te\nxt"}"#).unwrap();
        assert!(matches!(value.get("plain"), Some(Value::Text(Cow::Borrowed(_)))));
        assert!(matches!(value.get("escaped"), Some(Value::Text(Cow::Owned(_)))));
    }

    #[test]
    fn repeated_names_in_small_and_large_maps() {
        assert_eq!(json(br#"{"a":1,"b":2,"a":{"c":3}}"#), r#"{"a":{"c":3},"b":2}"#);
        let members = |value: usize| (0..1000).map(move |name| format!("\"k{name}\":{value}"));
        let twice: Vec<String> = members(1).chain(members(2)).collect();
        let once: Vec<String> = members(2).collect();
        assert_eq!(json(format!("{{{}}}", twice.join(",")).as_bytes()), format!("{{{}}}", once.join(",")));
    }

    #[test]
    fn bounds() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        let decoding = move || {
            assert!(read(&nested(900)).is_ok());
            assert!(read(&[br#"{"a":"#.repeat(900), b"1".to_vec(), b"}".repeat(900)].concat()).is_ok());
            let error = read(&nested(901)).unwrap_err();
            assert_eq!((error.offset, error.reason.as_str()), (900, "nested deeper than 900"));
            assert!(read(&b"[".repeat(200_000)).is_err());
            assert!(read(&br#"{"a":"#.repeat(200_000)).is_err());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        assert!(decode(b"[1,2]", &limits).is_ok());
        assert_eq!(decode(b"[1,2,3]", &limits).unwrap_err().reason, "more than 3 values");
    }

    #[test]
    fn sniffing() {
        for bytes in ["{", " [", "\"", "-1", "7", "true", "false", "null", "\u{feff}{"] {
            assert!(sniff(bytes.as_bytes()), "{bytes}");
        }
        for bytes in ["", " ", "a:1:{", "}", "\u{1}"] {
            assert!(!sniff(bytes.as_bytes()), "{bytes}");
        }
    }

    #[test]
    fn dropping_items() {
        let drop = |text: &[u8], user: &str| {
            let keep = |item: &Value<'_>| item.get("t").and_then(Value::as_str) != Some(user);
            drop_items(text, &keep, &Limits::default())
        };
        let list =
            br#" [ {"t":"a" , "x":1.0}, {"t":"\u0062"},"b" ,{"t":"c\ud83d", "x":100000000000000000000} ]"#;
        let expected = br#"[{"t":"a" , "x":1.0},"b",{"t":"c\ud83d", "x":100000000000000000000}]"#;
        assert_eq!(
            drop(list, "b").unwrap().unwrap().escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
        assert_eq!(drop(list, "nobody").unwrap(), None);
        assert_eq!(drop(b"[]", "a").unwrap(), None);
        assert_eq!(drop(br#"[{"t":"a"},{"t":"a"}]"#, "a").unwrap().unwrap(), b"[]");
        assert_eq!(drop(b"[{\"t\":\"a\"},\"\xe9\"]", "a").unwrap().unwrap(), b"[\"\xe9\"]");
        for text in [&b"{}"[..], b"", b"[", b"[1", b"[1,", b"[1,]", b"[1]x", b"[{\"t\":\"a\"}", b"7"] {
            assert!(drop(text, "a").is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn lists_within_an_object() {
        let text = br#" {"a":1,"l":["java.util.Vector" , [ {"t":1} ]],"m":[2,3],"n":{"x":[]},"e":["a",[]]} "#;
        let found: Vec<(String, &[u8])> = member_lists(text, &Limits::default())
            .unwrap()
            .into_iter()
            .map(|(name, span)| (name, &text[span]))
            .collect();
        let expected: [(&str, &[u8]); 3] = [("l", br#"[ {"t":1} ]"#), ("m", b"[2,3]"), ("e", b"[]")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_string(), text)));
        for text in [&b"[]"[..], b"", b"{", b"{\"a\":[", b"{\"a\":[1]", b"{\"a\":[1]}x", b"{a:[]}"] {
            assert!(member_lists(text, &Limits::default()).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn setting_a_member_changes_its_bytes_only() {
        let set = |text: &[u8], path: &[&str]| {
            set_member(text, path, b"NEW", &Limits::default()).map(|text| text.escape_ascii().to_string())
        };
        let table: &[(&[u8], &[&str], &[u8])] = &[
            (br#"{"a":1,"b":2}"#, &["b"], br#"{"a":1,"b":NEW}"#),
            (b" { \"a\" : {\"b\" :\t[1] } }\n", &["a", "b"], b" { \"a\" : {\"b\" :\tNEW } }\n"),
            // The last of a repeated name counts, on every level.
            (
                br#"{"a":{"x":1},"a":{"x":1,"x":2},"b":3}"#,
                &["a", "x"],
                br#"{"a":{"x":1},"a":{"x":1,"x":NEW},"b":3}"#,
            ),
            (br#"{"\u0061":1,"b":"\ud83d"}"#, &["a"], br#"{"\u0061":NEW,"b":"\ud83d"}"#),
            (b"{\"\xe9\":\"z\xeb\",\"e\":1.50}", &["e"], b"{\"\xe9\":\"z\xeb\",\"e\":NEW}"),
            (b"{\"\xe9\":\"z\xeb\",\"e\":1.50}", &["\u{e9}"], b"{\"\xe9\":NEW,\"e\":1.50}"),
            (b"\xef\xbb\xbf{\"a\":null}", &["a"], b"\xef\xbb\xbf{\"a\":NEW}"),
            (br#"{"":100000000000000000000}"#, &[""], br#"{"":NEW}"#),
            (b" 7 ", &[], b" NEW "),
        ];
        for (text, path, expected) in table {
            assert_eq!(set(text, path), Some(expected.escape_ascii().to_string()), "{path:?}");
        }
        for (text, path) in [
            (&br#"{"a":1}"#[..], &["b"][..]),
            (br#"{"a":1}"#, &["a", "b"]),
            (br#"{"a":{}}"#, &["a", "b"]),
            (br#"{"a":{"b":1},"a":2}"#, &["a", "b"]),
            (br#"[{"a":1}]"#, &["a"]),
            (br#"{"a":1}x"#, &["a"]),
            (br#"{"a":1"#, &["a"]),
            (b"", &["a"]),
        ] {
            assert_eq!(set(text, path), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn values_in_pairs_and_in_items_are_found() {
        let limits = Limits::default();
        let text = br#"[["id","a"],["expires", 1 ],["expires",{"x":[2]} ],["n"],7,["expires",1,2]]"#;
        let pair = |name| pair_span(text, name, &limits).map(|span| text[span].escape_ascii().to_string());
        assert_eq!(pair("expires").as_deref(), Some(r#"{\"x\":[2]}"#));
        assert_eq!(pair("id").as_deref(), Some(r#"\"a\""#));
        assert_eq!((pair("n"), pair("other")), (None, None));
        assert_eq!(pair_span(b"{}", "id", &limits), None);

        let list = br#"[{"t":"a","e":1},{"e":2 , "t":"b","e":3},{"t":"b","e":4},{"t":"c"}]"#;
        let item = |token: &str| {
            let which = |value: &Value<'_>| value.get("t").and_then(Value::as_str) == Some(token);
            item_span(list, &which, "e", &limits)
        };
        let found = item("b").unwrap();
        assert_eq!(&list[found.clone()], b"3");
        assert_eq!(splice(list, found, b"33").len(), list.len() + 1);
        assert_eq!((item("c"), item("d")), (None, None));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(document in generated()) {
            for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
                let ours = read(text.as_bytes()).unwrap();
                prop_assert!(same(&ours, &document), "{}", text);
                // And what we write is valid for others and reads back equal.
                let written = ours.to_json();
                prop_assert_eq!(&read(written.as_bytes()).unwrap(), &ours);
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&written).is_ok(), "{}", written);
                let pretty = ours.to_json_pretty();
                prop_assert_eq!(&read(pretty.as_bytes()).unwrap(), &ours);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), near in "[\\[\\]{},:\"\\\\u0-9a-f.eE+ -]{0,40}") {
            let _ = read(&bytes);
            let _ = read(near.as_bytes());
            let _ = drop_items(&bytes, &|_| true, &Limits::default());
            let _ = member_lists(near.as_bytes(), &Limits::default());
            let _ = set_member(&bytes, &["a", ""], b"1", &Limits::default());
        }
    }
}
