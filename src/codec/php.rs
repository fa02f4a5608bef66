//! What PHP's `serialize` writes.
//!
//! Everything in it is bytes: lengths count bytes, and text is cut by its length, never at the quote.
//! The grammar is ext/standard/var_unserializer.re of PHP 8.2, the numbers of `R:` and `r:` those of
//! ext/standard/var.c (`php_add_var_hash`). Nothing is ever instantiated: an object is its class's
//! name and its members.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::Value;

pub(crate) mod tree;

use tree::{Found, Key, Kind, Tree};

/// `serialize` of PHP.
pub const CODEC: Codec = Codec { name: "php-serialize", about: "PHP serialize", sniff, decode };

/// Digits that a number may have.
const DIGITS: usize = 1000;
/// The shortest pair of key and value, `i:0;N;`.
const PAIR: usize = 6;

/// Whether it begins like a value.
fn sniff(bytes: &[u8]) -> bool {
    match bytes {
        [b'a', b':', digits @ ..] => counted(digits, b":{"),
        [b's' | b'S' | b'O' | b'C' | b'E', b':', digits @ ..] => counted(digits, b":\""),
        [b'b', b':', digit, b';', ..] => digit.is_ascii_digit(),
        [b'i', b':', first, ..] => matches!(first, b'+' | b'-' | b'0'..=b'9'),
        [b'd', b':', first, ..] => matches!(first, b'+' | b'-' | b'0'..=b'9' | b'.' | b'I' | b'N'),
        _ => bytes == b"N;",
    }
}

/// Whether a number and then this text follow.
fn counted(bytes: &[u8], after: &[u8]) -> bool {
    let digits = bytes.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && bytes[digits..].starts_with(after)
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
    let mut reader = Reader::new(CODEC.name, base, bytes, limits);
    reader.document().map_err(|error| *error)
}

/// Decodes the value that the bytes begin with, and tells how many bytes it has. PHP ignores what
/// follows a value.
pub fn decode_first<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Value<'a>, usize), DecodeError> {
    let mut reader = Reader::new(CODEC.name, "", bytes, limits);
    let value = reader.value().map_err(|error| *error)?;
    Ok((value, reader.at))
}

/// The bytes of the string, if the whole is `s:<length>:"…";` and nothing else: what a cache or a
/// client with a serializer puts around text that was serialized already.
pub fn string(bytes: &[u8]) -> Option<&[u8]> {
    let digits = bytes.strip_prefix(b"s:")?;
    let colon = digits.iter().take(20).position(|byte| *byte == b':')?;
    if !digits[..colon].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: usize = std::str::from_utf8(&digits[..colon]).ok()?.parse().ok()?;
    let text = digits[colon + 1..].strip_prefix(b"\"")?.strip_suffix(b"\";")?;
    (text.len() == length).then_some(text)
}

/// Reads one text, whose values are numbered from its begin to its end.
pub(super) struct Reader<'a> {
    /// Up to the end of what is being read; offsets count from the begin of the whole.
    bytes: &'a [u8],
    /// The whole as text; `None` if it is not UTF-8, which its single strings may be all the same.
    text: Option<&'a str>,
    pub(super) at: usize,
    pub(super) tree: Tree<'a>,
    limits: Limits,
    /// Where payloads begin that are not values.
    opaque: HashSet<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        codec: &'static str,
        base: impl Into<Cow<'a, str>>,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Self {
        Reader {
            bytes,
            text: std::str::from_utf8(bytes).ok(),
            at: 0,
            tree: Tree::new(codec, limits, base.into()),
            limits: *limits,
            opaque: HashSet::new(),
        }
    }

    fn document(&mut self) -> Parsed<Value<'a>> {
        let value = self.value()?;
        self.end()?;
        Ok(value)
    }

    pub(super) fn end(&self) -> Parsed<()> {
        if self.at < self.bytes.len() { self.fault("something follows the value") } else { Ok(()) }
    }

    /// Whether what begins here is an array; if so and nothing follows, it is `$_SESSION` itself.
    pub(super) fn session(&mut self) -> Parsed<Value<'a>> {
        if self.peek() != Some(b'a') {
            return self.fault("not an array");
        }
        self.tree.count(self.at)?;
        let number = self.tree.number(self.at, 0);
        let count = self.array_begin(number)?;
        self.pairs(count)?;
        let value = self.tree.map()?;
        self.end()?;
        Ok(value)
    }

    /// The error of this place.
    #[cold]
    pub(super) fn fault<T>(&self, reason: impl Into<String>) -> Parsed<T> {
        let reason = if self.at < self.bytes.len() { reason.into() } else { "unexpected end".to_owned() };
        self.tree.fault(self.at, reason)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes these bytes.
    #[inline]
    fn expect(&mut self, expected: &'static [u8]) -> Parsed<()> {
        if self.bytes[self.at..].starts_with(expected) {
            self.at += expected.len();
            return Ok(());
        }
        self.missing(expected)
    }

    #[cold]
    fn missing(&mut self, expected: &'static [u8]) -> Parsed<()> {
        let same = self.rest().iter().zip(expected).take_while(|(found, wanted)| found == wanted).count();
        self.at += same;
        self.fault(format!("{} expected", expected[same..].escape_ascii()))
    }

    /// Reads a number without a sign.
    #[inline]
    fn unsigned(&mut self) -> Parsed<usize> {
        let begin = self.at;
        let mut number: usize = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            number = number.wrapping_mul(10).wrapping_add(usize::from(byte - b'0'));
            self.at += 1;
        }
        // No blob has a length or a count of more digits.
        if self.at == begin || self.at - begin > 18 { self.no_number(begin) } else { Ok(number) }
    }

    #[cold]
    fn no_number<T>(&mut self, begin: usize) -> Parsed<T> {
        if self.at == begin {
            return self.fault("no digit");
        }
        self.at = begin;
        self.fault("too large a number")
    }

    /// Reads one value.
    ///
    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    pub(super) fn value(&mut self) -> Parsed<Value<'a>> {
        let begin = self.at;
        self.tree.count(begin)?;
        let Some(&[tag, mark]) = self.bytes[begin..].first_chunk::<2>() else {
            return self.no_value();
        };
        if mark != b':' {
            return self.null();
        }
        match tag {
            b's' => self.string(),
            b'a' => {
                let number = self.tree.number(begin, 0);
                let count = self.array_begin(number)?;
                self.pairs(count)?;
                self.tree.array()
            }
            b'O' => self.object(),
            b'R' => self.reference(false),
            b'r' => self.reference(true),
            b'C' => self.custom(),
            _ => self.scalar(tag),
        }
    }

    #[inline(never)]
    fn null(&mut self) -> Parsed<Value<'a>> {
        if !self.rest().starts_with(b"N;") {
            return self.no_value();
        }
        self.tree.number(self.at, 0);
        self.at += 2;
        Ok(Value::Null)
    }

    #[cold]
    fn no_value<T>(&mut self) -> Parsed<T> {
        if self.bytes.len() - self.at == 1 && b"NbidsSaOCERr".contains(&self.bytes[self.at]) {
            self.at += 1;
        }
        self.fault("not a value")
    }

    #[inline(never)]
    fn string(&mut self) -> Parsed<Value<'a>> {
        self.tree.number(self.at, 0);
        let (begin, end) = self.quoted(b"\";")?;
        if self.tree.repeating {
            self.tree.spend(begin, end - begin)?;
        }
        Ok(match self.text.and_then(|text| text.get(begin..end)) {
            Some(text) => Value::Text(Cow::Borrowed(text)),
            None => tree::text(&self.bytes[begin..end]),
        })
    }

    #[inline(never)]
    fn scalar(&mut self, tag: u8) -> Parsed<Value<'a>> {
        match tag {
            b'i' | b'b' | b'd' | b'S' | b'E' => self.tree.number(self.at, 0),
            _ => return self.no_value(),
        };
        match tag {
            b'i' => {
                self.at += 2;
                let value = self.integer()?;
                self.expect(b";")?;
                Ok(value)
            }
            b'b' => {
                self.at += 2;
                let Some(digit @ b'0'..=b'9') = self.peek() else { return self.fault("no digit") };
                self.at += 1;
                self.expect(b";")?;
                Ok(Value::Bool(digit != b'0'))
            }
            b'd' => self.float(),
            b'S' => self.escaped(),
            _ => self.case(),
        }
    }

    /// Reads `x:<length>:"…` with what closes it; the range of the text.
    #[inline]
    fn quoted(&mut self, closing: &'static [u8]) -> Parsed<(usize, usize)> {
        self.at += 2;
        let length = self.unsigned()?;
        self.expect(b":\"")?;
        let begin = self.at;
        if length > self.bytes.len() - begin {
            return self.too_long(length);
        }
        self.at = begin + length;
        self.expect(closing)?;
        Ok((begin, begin + length))
    }

    #[cold]
    fn too_long<T>(&self, length: usize) -> Parsed<T> {
        self.tree.fault(self.at, format!("{length} bytes announced, but fewer are left"))
    }

    fn integer(&mut self) -> Parsed<Value<'a>> {
        let begin = self.at;
        let sign = self.peek();
        if let Some(b'+' | b'-') = sign {
            self.at += 1;
        }
        let digits = self.at;
        let mut magnitude: i64 = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            // Only used for numbers that are too short to wrap.
            magnitude = magnitude.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
            self.at += 1;
        }
        let negative = sign == Some(b'-');
        match self.at - digits {
            0 => self.fault("no digit"),
            1..=18 => Ok(Value::Int(if negative { -magnitude } else { magnitude })),
            19..=DIGITS => Ok(self.long_integer(digits, negative)),
            _ => {
                self.at = begin;
                self.fault("too large a number")
            }
        }
    }

    /// PHP would clamp what is beyond its 64 bits; what was written is more telling.
    #[cold]
    fn long_integer(&self, digits: usize, negative: bool) -> Value<'a> {
        let digits = tree::name(&self.bytes[digits..self.at]);
        let significant = digits.trim_start_matches('0');
        let text = format!(
            "{}{}",
            if negative { "-" } else { "" },
            if significant.is_empty() { "0" } else { significant }
        );
        if let Ok(number) = text.parse::<i64>() {
            Value::Int(number)
        } else if let Ok(number) = text.parse::<u64>() {
            Value::UInt(number)
        } else {
            Value::BigInt(Cow::Owned(text))
        }
    }

    fn float(&mut self) -> Parsed<Value<'a>> {
        self.at += 2;
        let rest = self.rest();
        let fits = |byte: &&u8| {
            matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' | b'I' | b'N' | b'F' | b'A')
        };
        let length = rest.iter().take(DIGITS + 1).take_while(fits).count();
        let literal = match rest[..length] {
            _ if length > DIGITS => return self.fault("too long a number"),
            [] => return self.fault("no digit"),
            ref literal => literal,
        };
        let number = match literal {
            b"INF" => Some(f64::INFINITY),
            b"-INF" => Some(f64::NEG_INFINITY),
            b"NAN" => Some(f64::NAN),
            _ if literal.iter().any(|byte| matches!(byte, b'I' | b'N' | b'F' | b'A')) => None,
            _ => std::str::from_utf8(literal).ok().and_then(|literal| literal.parse().ok()),
        };
        let Some(number) = number else {
            if length == rest.len() {
                self.at += length;
            }
            return self.fault("not a number");
        };
        self.at += length;
        self.expect(b";")?;
        Ok(Value::Float(number))
    }

    /// Reads `S:<length>:"…";`, in which `\xx` is a byte and the length counts what it stands for.
    fn escaped(&mut self) -> Parsed<Value<'a>> {
        self.at += 2;
        let length = self.unsigned()?;
        self.expect(b":\"")?;
        if length > self.bytes.len() - self.at {
            return self.too_long(length);
        }
        let mut bytes = Vec::with_capacity(length.min(64 << 10));
        while bytes.len() < length {
            match self.rest() {
                [b'\\', digits @ ..] => {
                    let digit = |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16));
                    let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                        return self.fault("an escape without two hexadecimal digits");
                    };
                    bytes.push((high << 4 | low) as u8);
                    self.at += 3;
                }
                [byte, ..] => {
                    bytes.push(*byte);
                    self.at += 1;
                }
                [] => return self.fault("unexpected end"),
            }
        }
        self.expect(b"\";")?;
        if self.tree.repeating {
            self.tree.spend(self.at, length)?;
        }
        Ok(match String::from_utf8(bytes) {
            Ok(text) => Value::Text(Cow::Owned(text)),
            Err(error) => Value::Bytes(Cow::Owned(error.into_bytes())),
        })
    }

    /// Reads `E:<length>:"<Class>:<Case>";`.
    fn case(&mut self) -> Parsed<Value<'a>> {
        let (begin, end) = self.quoted(b"\";")?;
        let bytes = &self.bytes[begin..end];
        match bytes.iter().rposition(|byte| *byte == b':') {
            Some(colon) if tree::is_class(&bytes[..colon]) => {
                Ok(Value::Text(tree::name(&bytes[colon + 1..])))
            }
            _ => self.tree.fault(begin, "not an enum's class and case"),
        }
    }

    /// Reads `<count>:{` and steps into the container.
    #[inline]
    fn begin(&mut self, kind: Kind, number: u32) -> Parsed<usize> {
        let count = self.unsigned()?;
        self.expect(b":{")?;
        if count > (self.bytes.len() - self.at) / PAIR {
            return self.too_many(count);
        }
        self.tree.open(self.at, kind, number)?;
        Ok(count)
    }

    #[cold]
    fn too_many<T>(&self, count: usize) -> Parsed<T> {
        self.tree.fault(self.at, format!("{count} values announced, but fewer bytes are left"))
    }

    #[inline(never)]
    fn array_begin(&mut self, number: u32) -> Parsed<usize> {
        self.at += 2;
        self.begin(Kind::List, number)
    }

    /// Reads the pairs of an array or an object, and the brace after them.
    fn pairs(&mut self, count: usize) -> Parsed<()> {
        for index in 0..count {
            self.key(index)?;
            let value = self.value()?;
            self.tree.put(value);
        }
        self.expect(b"}")
    }

    #[inline(never)]
    fn key(&mut self, index: usize) -> Parsed<()> {
        let key = match self.bytes[self.at..].first_chunk::<2>() {
            Some(b"s:") => {
                let (begin, end) = self.quoted(b"\";")?;
                if self.tree.repeating {
                    self.tree.spend(begin, end - begin)?;
                }
                Key::Name(self.name(begin, end))
            }
            Some(b"i:") => {
                self.at += 2;
                let begin = self.at;
                let number = self.integer()?;
                let text = self.text.and_then(|text| text.get(begin..self.at)).unwrap_or_default();
                self.expect(b";")?;
                match number {
                    Value::Int(number) if is_plain(text) => Key::Literal(number, text),
                    Value::Int(number) => Key::Int(number),
                    other => Key::Name(Cow::Owned(other.scalar_text().unwrap_or_default().into_owned())),
                }
            }
            Some(b"S:") => match self.escaped()? {
                Value::Text(name) => Key::Name(name),
                Value::Bytes(bytes) => Key::Name(Cow::Owned(tree::name(&bytes).into_owned())),
                _ => return self.fault("not a key"),
            },
            _ => return self.fault("not a key"),
        };
        self.tree.key(index, key);
        Ok(())
    }

    pub(super) fn name(&self, begin: usize, end: usize) -> Cow<'a, str> {
        match self.text.and_then(|text| text.get(begin..end)) {
            Some(text) => Cow::Borrowed(text),
            None => tree::name(&self.bytes[begin..end]),
        }
    }

    /// Reads `x:<length>:"<Class>":`.
    #[inline(never)]
    fn class(&mut self) -> Parsed<Cow<'a, str>> {
        let (begin, end) = self.quoted(b"\":")?;
        if !tree::is_class(&self.bytes[begin..end]) {
            return self.tree.fault(begin, "not a class name");
        }
        if self.tree.repeating {
            self.tree.spend(begin, end - begin)?;
        }
        Ok(self.name(begin, end))
    }

    fn object(&mut self) -> Parsed<Value<'a>> {
        let number = self.tree.number(self.at, 0);
        let class = self.class()?;
        let count = self.begin(Kind::Members, number)?;
        self.pairs(count)?;
        self.tree.object(class)
    }

    /// Reads `R:<n>;` or `r:<n>;`; the latter takes a number itself.
    fn reference(&mut self, takes_number: bool) -> Parsed<Value<'a>> {
        let begin = self.at;
        self.at += 2;
        let number = self.unsigned()?;
        self.expect(b";")?;
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
            Found::Unknown => Ok(Value::Null),
            // A payload that could not be read may have used up numbers.
            Found::Nothing if !self.opaque.is_empty() => Ok(Value::Null),
            Found::Nothing => self.tree.fault(begin, "a reference to a value that is not there"),
        }
    }

    /// Reads again what was read before.
    fn again(&mut self, slot: tree::Slot) -> Parsed<Value<'a>> {
        let at = self.at;
        let state = self.tree.repeat(slot.number);
        self.at = slot.at as usize;
        let value = self.value()?;
        self.at = at;
        self.tree.repeated(state);
        Ok(value)
    }

    /// Reads `C:<length>:"<Class>":<length>:{…}`: what a class wrote by itself.
    fn custom(&mut self) -> Parsed<Value<'a>> {
        let number = self.tree.number(self.at, 0);
        let class = self.class()?;
        let length = self.unsigned()?;
        self.expect(b":{")?;
        if length > self.bytes.len() - self.at {
            return self.too_long(length);
        }
        self.tree.open(self.at, Kind::Payload, number)?;
        let end = self.at + length;
        let payload = self.payload(&class, end)?;
        self.at = end;
        self.expect(b"}")?;
        self.tree.custom(class, payload)
    }

    /// Reads what a class wrote, which may be anything: most often a value again, in the text's own
    /// numbering.
    fn payload(&mut self, class: &str, end: usize) -> Parsed<Value<'a>> {
        let begin = self.at;
        let whole = self.bytes;
        if !self.opaque.contains(&begin) {
            let mark = self.tree.mark();
            self.bytes = &whole[..end];
            let read = self.payload_value(class);
            self.bytes = whole;
            if let Ok(value) = read
                && self.at == end
            {
                return Ok(value);
            }
            self.tree.reset(&mark);
            self.opaque.insert(begin);
        }
        if self.tree.repeating {
            self.tree.spend(begin, end - begin)?;
        }
        Ok(tree::text(&whole[begin..end]))
    }

    fn payload_value(&mut self, class: &str) -> Parsed<Value<'a>> {
        match self.rest() {
            [b'x', b':', ..] => self.spl(class),
            [0, 0, 0, 1 | 2, ..] => self.foreign(),
            _ => {
                let value = self.value()?;
                // SplDoublyLinkedList before PHP 7.4: its flags, then each item after a colon.
                if self.peek() == Some(b':') { self.linked_list(value) } else { Ok(value) }
            }
        }
    }

    /// A payload of another serializer, which has numbers of its own.
    fn foreign(&mut self) -> Parsed<Value<'a>> {
        let base = self.tree.here(self.at)?;
        let value = super::igbinary::decode_under(base, self.rest(), &self.tree.left(&self.limits))?;
        self.at = self.bytes.len();
        Ok(value)
    }

    fn linked_list(&mut self, flags: Value<'a>) -> Parsed<Value<'a>> {
        self.tree.open(self.at, Kind::List, 0)?;
        self.tree.put(flags);
        self.tree.open(self.at, Kind::List, 0)?;
        while self.peek() == Some(b':') {
            self.at += 1;
            let item = self.value()?;
            self.tree.put(item);
        }
        let items = self.tree.array()?;
        self.tree.put(items);
        self.tree.array()
    }

    /// ArrayObject and SplObjectStorage before PHP 7.4 (ext/spl/spl_array.c and spl_observer.c of
    /// 7.3): `x:i:<flags>;<storage>;m:<members>` or `x:i:<count>;<object>,<data>;…m:<members>`,
    /// shown with the members that later versions have.
    fn spl(&mut self, class: &str) -> Parsed<Value<'a>> {
        self.at += 2;
        let flags = self.value()?;
        let pairs = class == "SplObjectStorage";
        self.tree.open(self.at, Kind::List, 0)?;
        if !pairs {
            self.tree.put(flags);
        }
        let mut subclass = false;
        if pairs {
            self.tree.open(self.at, Kind::List, 0)?;
            self.spl_pairs()?;
        } else if !self.rest().starts_with(b"m:") {
            let stored = self.value()?;
            subclass = self.peek() == Some(b',');
            if subclass {
                // Only the comma tells that this is a storage, too.
                self.tree.open(self.at, Kind::List, 0)?;
                self.tree.put(stored);
                self.spl_data()?;
                self.spl_pairs()?;
            } else {
                self.tree.put(stored);
                self.expect(b";")?;
            }
        }
        self.expect(b"m:")?;
        let members = self.value()?;
        self.tree.put(members);
        let mut parts = self.tree.array()?;
        if subclass && let Value::List(parts) = &mut parts {
            parts.remove(0);
        }
        Ok(parts)
    }

    /// Reads the objects of a storage with their data, and ends the list that was opened for them.
    fn spl_pairs(&mut self) -> Parsed<()> {
        while !self.rest().starts_with(b"m:") {
            let object = self.value()?;
            self.tree.put(object);
            self.spl_data()?;
        }
        let pairs = self.tree.array()?;
        self.tree.put(pairs);
        Ok(())
    }

    fn spl_data(&mut self) -> Parsed<()> {
        self.expect(b",")?;
        let data = self.value()?;
        self.tree.put(data);
        self.expect(b";")
    }
}

/// Whether the text of an integer is the only one that it can have.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    matches!(digits.as_bytes(), [b'1'..=b'9', ..]) || text == "0"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::tests::{generated, same};

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii())).to_json()
    }

    fn write_into(text: &mut String, arguments: std::fmt::Arguments<'_>) {
        std::fmt::Write::write_fmt(text, arguments).unwrap();
    }

    /// Runs on a stack as small as that of a thread.
    pub(crate) fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    }

    #[test]
    fn every_tag() {
        let table: &[(&[u8], &str)] = &[
            (b"N;", "null"),
            (b"b:0;", "false"),
            (b"b:1;", "true"),
            (b"i:0;", "0"),
            (b"i:-0;", "0"),
            (b"i:+5;", "5"),
            (b"i:-2147483648;", "-2147483648"),
            (b"i:9223372036854775807;", "9223372036854775807"),
            (b"i:-9223372036854775808;", "-9223372036854775808"),
            (b"i:9223372036854775808;", "9223372036854775808"),
            (b"i:18446744073709551616;", r#"{"$int":"18446744073709551616"}"#),
            (b"i:-9223372036854775809;", r#"{"$int":"-9223372036854775809"}"#),
            (b"i:0000000000000000000000000007;", "7"),
            (b"d:0.1;", "0.1"),
            (b"d:0.10000000000000001;", "0.1"),
            (b"d:2;", "2.0"),
            (b"d:-0;", "-0.0"),
            (b"d:1.0E+25;", "1e25"),
            (b"d:5.0E-324;", "5e-324"),
            (b"d:.5;", "0.5"),
            (b"d:5.;", "5.0"),
            (b"d:1e400;", r#"{"$float":"Infinity"}"#),
            (b"d:INF;", r#"{"$float":"Infinity"}"#),
            (b"d:-INF;", r#"{"$float":"-Infinity"}"#),
            (b"d:NAN;", r#"{"$float":"NaN"}"#),
            (b"s:0:\"\";", "\"\""),
            (b"s:6:\"a\";b\"c\";", r#""a\";b\"c""#),
            (b"s:2:\"\xc3\xa9\";", "\"é\""),
            (b"s:1:\"\xe9\";", r#"{"$bytes":"6Q=="}"#),
            // The cut is in the middle of a character, the whole is UTF-8.
            (b"a:2:{i:0;s:1:\"\xc3\";i:1;s:1:\"\xa9\";}", r#"[{"$bytes":"ww=="},{"$bytes":"qQ=="}]"#),
            (b"S:3:\"a\\c3\\a9\";", "\"aé\""),
            (b"S:1:\"\\e9\";", r#"{"$bytes":"6Q=="}"#),
            (b"a:0:{}", "[]"),
            (b"a:2:{i:0;i:1;i:1;a:0:{}}", "[1,[]]"),
            (b"a:1:{i:1;N;}", r#"{"1":null}"#),
            (b"a:2:{i:1;i:1;i:0;i:0;}", r#"{"1":1,"0":0}"#),
            (b"a:3:{i:0;i:7;i:1;a:1:{i:0;i:8;}s:1:\"k\";i:9;}", r#"{"0":7,"1":[8],"k":9}"#),
            (b"a:3:{i:-5;i:1;s:2:\"07\";i:2;i:12345678901234567890;i:3;}", r#"{"-5":1,"07":2,"12345678901234567890":3}"#),
            (b"a:3:{s:1:\"a\";i:1;s:1:\"b\";i:2;s:1:\"a\";i:3;}", r#"{"a":3,"b":2}"#),
            (b"a:1:{s:1:\"\xe9\";i:1;}", r#"{"é":1}"#),
            (b"a:1:{S:2:\"\\61b\";i:1;}", r#"{"ab":1}"#),
            (b"O:8:\"stdClass\":0:{}", r#"{"$class":"stdClass"}"#),
            (
                b"O:5:\"A\\B\\C\":3:{s:1:\"a\";i:1;s:4:\"\0*\0b\";i:2;s:8:\"\0A\\B\\C\0c\";i:3;}",
                r#"{"$class":"A\\B\\C","a":1,"b":2,"c":3}"#,
            ),
            (b"O:1:\"P\":2:{i:0;N;i:1;s:4:\"main\";}", r#"{"$class":"P","0":null,"1":"main"}"#),
            (
                b"O:1:\"B\":4:{s:4:\"\0A\0x\";i:1;s:4:\"\0B\0x\";i:2;s:1:\"x\";i:3;s:4:\"\0B\0x\";i:4;}",
                r#"{"$class":"B","x":1,"B::x":3}"#,
            ),
            (b"O:1:\"\xe9\":0:{}", r#"{"$class":"é"}"#),
            (
                b"O:22:\"__PHP_Incomplete_Class\":2:{s:27:\"__PHP_Incomplete_Class_Name\";s:1:\"T\";s:1:\"a\";i:1;}",
                r#"{"$class":"T","a":1}"#,
            ),
            (b"E:10:\"App\\Suit:H\";", "\"H\""),
            (b"C:1:\"S\":4:{i:5;}", r#"{"$class":"S","$value":5}"#),
            (b"C:1:\"S\":3:{a}b}", r#"{"$class":"S","$value":"a}b"}"#),
            (b"C:1:\"S\":2:{\xff\0}", r#"{"$class":"S","$value":{"$bytes":"/wA="}}"#),
            (b"C:1:\"S\":0:{}", r#"{"$class":"S","$value":""}"#),
            (b"C:1:\"S\":5:{i:5;x}", r#"{"$class":"S","$value":"i:5;x"}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn classes_of_the_library_before_their_members_were_written() {
        let table: &[(&[u8], &str)] = &[
            (
                b"C:11:\"ArrayObject\":41:{x:i:0;a:2:{i:0;i:1;i:1;i:2;};m:a:0:{}}",
                r#"{"$class":"ArrayObject","$value":[0,[1,2],[]]}"#,
            ),
            (
                b"C:11:\"ArrayObject\":21:{x:i:16777216;m:a:0:{}}",
                r#"{"$class":"ArrayObject","$value":[16777216,[]]}"#,
            ),
            (
                b"C:16:\"SplObjectStorage\":53:{x:i:2;O:8:\"stdClass\":0:{},i:1;;r:3;,N;;m:a:0:{}}",
                r#"{"$class":"SplObjectStorage","$value":[[{"$class":"stdClass"},1,{"$class":"stdClass"},null],[]]}"#,
            ),
            (
                b"C:1:\"S\":53:{x:i:2;O:8:\"stdClass\":0:{},i:1;;r:3;,N;;m:a:0:{}}",
                r#"{"$class":"S","$value":[[{"$class":"stdClass"},1,{"$class":"stdClass"},null],[]]}"#,
            ),
            (
                b"C:16:\"SplObjectStorage\":15:{x:i:0;m:a:0:{}}",
                r#"{"$class":"SplObjectStorage","$value":[[],[]]}"#,
            ),
            (b"C:8:\"SplQueue\":14:{i:4;:i:1;:i:2;}", r#"{"$class":"SplQueue","$value":[4,[1,2]]}"#),
        ];
        for (bytes, expected) in table {
            // The lengths above are easily miscounted; what is tested is not that.
            assert_eq!(json(&recounted(bytes)), *expected, "{}", bytes.escape_ascii());
        }
    }

    /// The same `C:` text with the right length of its payload.
    fn recounted(bytes: &[u8]) -> Vec<u8> {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, payload) = text.split_once('{').unwrap();
        let (head, _) = head.trim_end_matches(':').rsplit_once(':').unwrap();
        format!("{head}:{}:{{{payload}", payload.len() - 1).into_bytes()
    }

    #[test]
    fn dates() {
        let date = |class: &str, local: &str, kind: i64, zone: &str| {
            format!(
                "O:{}:\"{class}\":3:{{s:4:\"date\";s:{}:\"{local}\";s:13:\"timezone_type\";i:{kind};s:8:\"timezone\";s:{}:\"{zone}\";}}",
                class.len(),
                local.len(),
                zone.len()
            )
        };
        let local = "2024-05-17 08:30:00.123456";
        let table = [
            (date("DateTime", local, 1, "+02:00"), r#"{"$date":"2024-05-17T08:30:00.123456+02:00"}"#),
            (date("DateTimeImmutable", local, 3, "UTC"), r#"{"$date":"2024-05-17T08:30:00.123456Z"}"#),
            (
                date("DateTime", "2024-05-17 08:30:00.000000", 3, "Europe/Berlin"),
                r#"{"$date":"2024-05-17T08:30:00[Europe/Berlin]"}"#,
            ),
            (date("DateTime", "2024-05-17 08:30:00", 2, "EST"), r#"{"$date":"2024-05-17T08:30:00[EST]"}"#),
            (
                date("DateTime", "-0001-11-30 00:00:00.000000", 3, "UTC"),
                r#"{"$date":"-0001-11-30T00:00:00Z"}"#,
            ),
            (
                date("DateTime", "tomorrow", 3, "UTC"),
                r#"{"$class":"DateTime","date":"tomorrow","timezone_type":3,"timezone":"UTC"}"#,
            ),
            (
                date("DateTime", "2024-05-17 08:30:00", 1, "0200"),
                r#"{"$class":"DateTime","date":"2024-05-17 08:30:00","timezone_type":1,"timezone":"0200"}"#,
            ),
            (
                date("Carbon\\Carbon", "2024-05-17 08:30:00.000000", 3, "UTC"),
                r#"{"$class":"Carbon\\Carbon","date":"2024-05-17 08:30:00.000000","timezone_type":3,"timezone":"UTC"}"#,
            ),
        ];
        for (text, expected) in table {
            assert_eq!(json(text.as_bytes()), expected);
        }
    }

    #[test]
    fn references() {
        let table: &[(&[u8], &str)] = &[
            // 1 the array, 2 the object, 3 its member, 4 the second occurrence; 3 is meant by R.
            (
                b"a:3:{i:0;O:1:\"P\":1:{s:1:\"a\";i:1;}i:1;r:2;i:2;R:3;}",
                r#"[{"$class":"P","a":1},{"$class":"P","a":1},1]"#,
            ),
            // R takes no number: the third item is 3.
            (b"a:4:{i:0;i:7;i:1;R:2;i:2;i:8;i:3;R:3;}", "[7,7,8,8]"),
            (b"a:2:{s:1:\"x\";i:1;s:2:\"me\";R:1;}", r#"{"x":1,"me":{"$ref":""}}"#),
            (
                b"a:2:{s:1:\"x\";i:1;s:2:\"me\";a:2:{s:1:\"x\";i:1;s:2:\"me\";R:3;}}",
                r#"{"x":1,"me":{"x":1,"me":{"$ref":"/me"}}}"#,
            ),
            (
                b"a:2:{i:0;i:1;i:1;O:1:\"N\":2:{s:4:\"\0*\0a\";i:1;s:6:\"\0N\0b/~\";a:1:{i:0;r:3;}}}",
                r#"[1,{"$class":"N","a":1,"b/~":[{"$ref":"/1"}]}]"#,
            ),
            (
                b"a:1:{s:3:\"a/~\";O:1:\"N\":1:{s:6:\"\0N\0n/~\";a:2:{i:0;i:1;i:1;R:3;}}}",
                r#"{"a/~":{"$class":"N","n/~":[1,{"$ref":"/a~1~0/n~1~0"}]}}"#,
            ),
            // What is repeated holds a reference to itself: at each place to that place.
            (
                b"a:2:{i:0;O:1:\"N\":1:{s:1:\"n\";r:2;}i:1;r:2;}",
                r#"[{"$class":"N","n":{"$ref":"/0"}},{"$class":"N","n":{"$ref":"/1"}}]"#,
            ),
            // A repetition of a repetition.
            (
                b"a:4:{i:0;O:1:\"N\":0:{}i:1;r:2;i:2;r:3;i:3;R:4;}",
                r#"[{"$class":"N"},{"$class":"N"},{"$class":"N"},{"$class":"N"}]"#,
            ),
            // Within a payload the numbers go on, and after it.
            (
                b"a:4:{i:0;O:1:\"o\":0:{}i:1;C:1:\"S\":30:{a:3:{i:0;r:2;i:1;i:5;i:2;r:2;}}i:2;O:1:\"p\":0:{}i:3;r:8;}",
                r#"[{"$class":"o"},{"$class":"S","$value":[{"$class":"o"},5,{"$class":"o"}]},{"$class":"p"},{"$class":"p"}]"#,
            ),
            // The same object is met inside itself where it was first written, not by its number.
            (
                b"a:2:{i:0;O:1:\"N\":1:{s:1:\"s\";O:1:\"S\":2:{s:1:\"a\";r:2;s:1:\"b\";r:3;}}i:1;r:3;}",
                concat!(
                    r#"[{"$class":"N","s":{"$class":"S","a":{"$ref":"/0"},"b":{"$ref":"/0/s"}}},"#,
                    r#"{"$class":"S","a":{"$class":"N","s":{"$ref":"/1"}},"b":{"$ref":"/1"}}]"#
                ),
            ),
            (b"C:1:\"S\":18:{a:1:{s:1:\"k\";r:1;}}", r#"{"$class":"S","$value":{"k":{"$ref":""}}}"#),
            (b"C:1:\"S\":18:{a:1:{s:1:\"k\";R:2;}}", r#"{"$class":"S","$value":{"k":{"$ref":"/$value"}}}"#),
            // A payload that is not a value may have used numbers up.
            (b"a:2:{i:0;C:1:\"S\":1:{x}i:1;r:9;}", r#"[{"$class":"S","$value":"x"},null]"#),
            (b"a:3:{i:0;C:1:\"S\":1:{x}i:1;r:5;i:2;r:3;}", r#"[{"$class":"S","$value":"x"},null,null]"#),
            // What a failed attempt numbered is forgotten.
            (
                b"a:3:{i:0;C:1:\"S\":13:{a:1:{i:0;N;}x}i:1;O:1:\"p\":0:{}i:2;r:3;}",
                r#"[{"$class":"S","$value":"a:1:{i:0;N;}x"},{"$class":"p"},{"$class":"p"}]"#,
            ),
            (
                b"a:3:{i:0;C:1:\"S\":13:{a:1:{i:0;N;}x}i:1;O:1:\"p\":1:{s:1:\"q\";r:2;}i:2;r:3;}",
                r#"[{"$class":"S","$value":"a:1:{i:0;N;}x"},{"$class":"p","q":{"$class":"S","$value":"a:1:{i:0;N;}x"}},{"$class":"p","q":{"$class":"S","$value":"a:1:{i:0;N;}x"}}]"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
        let inner = decode_under("/vars/x", b"a:1:{i:0;R:1;}", &Limits::default()).unwrap();
        assert_eq!(inner.to_json(), r#"[{"$ref":"/vars/x"}]"#);
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"x", 0),
            (b"o:1:{}", 0),
            (b"N", 1),
            (b"N:", 0),
            (b"b:2", 3),
            (b"b:x;", 2),
            (b"i:;", 2),
            (b"i:1.5;", 3),
            (b"i: 1;", 2),
            (b"i:1;;", 4),
            (b"d:x;", 2),
            (b"d:IN;", 2),
            (b"d:inf;", 2),
            (b"d:1.2.3;", 2),
            (b"s:-1:\"a\";", 2),
            (b"s:+1:\"a\";", 2),
            (b"s: 1:\"a\";", 2),
            (b"s:1:\"ab\";", 6),
            (b"s:2:\"a\";", 7),
            (b"s:9:\"a\";", 5),
            (b"s:99999999999999999999:\"a\";", 2),
            (b"s:18446744073709551615:\"a\";", 2),
            (b"s:1:'a';", 4),
            (b"S:2:\"\\6\";", 5),
            (b"a:1:{N;N;}", 5),
            (b"a:1:{d:1;i:1;}", 5),
            (b"a:1:{i:0;i:1;", 13),
            (b"a:0:{i:0;i:1;}", 5),
            (b"a:999999999:{i:0;i:1;}", 13),
            (b"a:-1:{}", 2),
            (b"O:8:\"stdClass\":1:{i:0;};", 22),
            (b"O:3:\"a\x1b[\":0:{}", 5),
            (b"O:0:\"\":0:{}", 5),
            (b"E:1:\"A\";", 5),
            (b"E:4:\"\0:AB\";", 5),
            (b"C:1:\"S\":9:{i:5;}", 11),
            (b"C:1:\"S\":3:{i:5;}", 14),
            (b"r:1;", 0),
            (b"R:1;", 0),
            (b"a:1:{i:0;r:0;}", 9),
            (b"a:1:{i:0;r:2;}", 9),
            (b"a:1:{i:0;R:2;}", 9),
            (b"a:1:{i:0;r:99999999999999999;}", 9),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
        let digits = |count| [&b"i:"[..], &b"7".repeat(count), b";"].concat();
        assert!(read(&digits(1000)).is_ok());
        assert!(read(&digits(4000)).is_err());
        assert!(read(&[&b"d:"[..], &b"7".repeat(4000), b";"].concat()).is_err());
        assert_eq!(
            read(b"a:1:{").unwrap_err().to_string(),
            "php-serialize: 1 values announced, but fewer bytes are left at byte 5"
        );
    }

    const WHOLE: &[u8] = b"a:12:{s:4:\"user\";O:15:\"App\\Entity\\User\":2:{s:19:\"\0App\\Entity\\User\0id\";i:7;s:4:\"\0*\0n\";s:4:\"Zo\xc3\xab\";}\
        i:5;d:9.5;s:1:\"b\";b:1;s:1:\"n\";N;s:1:\"e\";E:6:\"Suit:H\";s:1:\"S\";S:2:\"\\61b\";s:1:\"r\";r:2;s:1:\"R\";R:3;\
        s:1:\"c\";C:1:\"S\":20:{a:1:{i:0;s:3:\"x;}\";}}s:1:\"C\";C:1:\"T\":2:{\xff\xfe}s:1:\"l\";a:2:{i:0;a:0:{}i:1;i:-1;}s:1:\"m\";R:1;}";

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
            for changed in [before ^ 1, before ^ 0x80, b'9', b'{', b'"', b';', 0] {
                bytes[at] = changed;
                if let Err(error) = read(&bytes) {
                    assert!(error.offset <= bytes.len());
                }
            }
            bytes[at] = before;
        }
    }

    #[test]
    fn prefixes_and_strings() {
        let (value, length) = decode_first(b"i:5;rest", &Limits::default()).unwrap();
        assert_eq!((value, length), (Value::Int(5), 4));
        assert_eq!(string(b"s:3:\"a\";\";"), Some(&b"a\";"[..]));
        for other in [
            &b""[..],
            b"s:",
            b"s:1:\"",
            b"s:1:\";",
            b"s:1:\"ab\";",
            b"s:2:\"ab\"; ",
            b"s:+2:\"ab\";",
            b"i:1;",
            b"s:99999999999999999999999:\"a\";",
        ] {
            assert_eq!(string(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn borrows() {
        let value = read(b"a:1:{s:1:\"k\";s:1:\"v\";}").unwrap();
        assert!(matches!(value.get("k"), Some(Value::Text(Cow::Borrowed("v")))));
        let value = read(b"a:1:{i:77;N;}").unwrap();
        assert!(matches!(&value.as_map().unwrap()[0].0, Cow::Borrowed("77")));
    }

    #[test]
    fn nesting() {
        on_a_small_stack(|| {
            let nested = |open: &str, close: &str, depth: usize| {
                [open.repeat(depth), "N;".to_owned(), close.repeat(depth)].concat().into_bytes()
            };
            for (open, close) in
                [("a:1:{i:0;", "}"), ("a:1:{s:1:\"k\";", "}"), ("O:1:\"C\":1:{s:1:\"k\";", "}")]
            {
                assert!(read(&nested(open, close, 900)).is_ok());
                assert_eq!(read(&nested(open, close, 901)).unwrap_err().reason, "nested deeper than 900");
                assert!(read(&nested(open, close, 200_000)).is_err());
                assert!(read(&nested(open, "", 200_000)).is_err());
            }
            // Payloads within payloads, of which the innermost stay bytes.
            let mut payloads = b"N;".to_vec();
            for _ in 0..2000 {
                payloads = [format!("C:1:\"C\":{}:{{", payloads.len()).as_bytes(), &payloads, b"}"].concat();
            }
            assert!(read(&payloads).is_ok());
            // Each item repeats the one before it in another container.
            let chain = |count: usize| {
                let mut text = format!("a:{count}:{{i:0;a:1:{{i:0;N;}}").into_bytes();
                let mut number = 2;
                let mut next = 4;
                for item in 1..count {
                    text.extend_from_slice(
                        format!("i:{item};a:1:{{i:0;O:1:\"C\":1:{{s:1:\"k\";R:{number};}}}}").as_bytes(),
                    );
                    number = next;
                    next += 2;
                }
                text.push(b'}');
                text
            };
            assert!(read(&chain(400)).is_ok());
            assert!(read(&chain(500)).unwrap_err().reason.starts_with("nested deeper"));
        });
    }

    #[test]
    fn expansion_is_bounded() {
        fn elapsed(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
            let begin = Instant::now();
            let result = read(bytes);
            // Some fifty milliseconds in an optimized build on a machine that has nothing else to do.
            assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
            result
        }
        // Ten thousand million values from forty arrays.
        let mut doubling = b"a:40:{i:0;a:2:{i:0;i:1;i:1;i:2;}".to_vec();
        let mut number = 2;
        for item in 1..40 {
            doubling.extend_from_slice(format!("i:{item};a:2:{{i:0;R:{number};i:1;R:{number};}}").as_bytes());
            number = item + 4;
        }
        doubling.push(b'}');
        assert!(elapsed(&doubling).unwrap_err().reason.starts_with("references repeat more than"));
        // A long text many times.
        let count = 100_000;
        let mut long = format!("a:{}:{{i:0;s:500000:\"{}\";", count + 1, "x".repeat(500_000)).into_bytes();
        for item in 1..=count {
            long.extend_from_slice(format!("i:{item};R:2;").as_bytes());
        }
        long.push(b'}');
        assert!(elapsed(&long).unwrap_err().reason.starts_with("references repeat more than"));
        // A long name in as many pointers.
        let mut pointers = format!("a:1:{{s:500000:\"{}\";a:{count}:{{", "x".repeat(500_000)).into_bytes();
        for item in 0..count {
            pointers.extend_from_slice(format!("i:{item};R:2;").as_bytes());
        }
        pointers.extend_from_slice(b"}}");
        assert!(elapsed(&pointers).unwrap_err().reason.starts_with("references repeat more than"));
        // References to a container around them, from its bottom.
        let mut deep = "a:1:{i:0;".repeat(899);
        write_into(&mut deep, format_args!("a:{count}:{{"));
        for item in 0..count {
            write_into(&mut deep, format_args!("i:{item};R:1;"));
        }
        deep.push_str(&"}".repeat(900));
        assert!(elapsed(deep.as_bytes()).is_ok());
        // Attempts that fail cost what they cost.
        let failing = format!("C:1:\"C\":{}:{{a:1:{{i:0;", 9).repeat(50_000);
        assert!(elapsed(failing.as_bytes()).is_err());
        let limits = Limits { values: 3, ..Limits::default() };
        assert!(decode(b"a:2:{i:0;N;i:1;N;}", &limits).is_ok());
        assert_eq!(decode(b"a:3:{i:0;N;i:1;N;i:2;N;}", &limits).unwrap_err().reason, "more than 3 values");
        assert_eq!(decode(b"a:2:{i:0;a:0:{}i:1;R:1;}", &limits).unwrap().to_json(), r#"[[],{"$ref":""}]"#);
        assert_eq!(decode(b"a:2:{i:0;a:0:{}i:1;R:2;}", &limits).unwrap_err().reason, "more than 3 values");
    }

    #[test]
    fn sniffing() {
        for bytes in [
            &b"N;"[..],
            b"b:1;",
            b"i:-5;",
            b"d:0.5;",
            b"d:INF;",
            b"a:1:{",
            b"s:3:\"abc",
            b"O:8:\"stdClass",
            b"C:1:\"S",
            b"E:3:\"A:B",
        ] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
        }
        for bytes in [&b""[..], b"N", b"{", b"a:", b"a:{", b"a|i:1;", b"s:3:abc", b"r:1;", b"user|a:0:{}"] {
            assert!(!sniff(bytes), "{}", bytes.escape_ascii());
        }
    }

    /// What PHP would write for a JSON document.
    pub(crate) fn written(json: &serde_json::Value, out: &mut Vec<u8>) {
        use serde_json::Value as Json;
        match json {
            Json::Null => out.extend_from_slice(b"N;"),
            Json::Bool(truth) => out.extend_from_slice(format!("b:{};", i32::from(*truth)).as_bytes()),
            Json::Number(number) if number.is_f64() => {
                out.extend_from_slice(format!("d:{:E};", number.as_f64().unwrap()).as_bytes());
            }
            Json::Number(number) => out.extend_from_slice(format!("i:{number};").as_bytes()),
            Json::String(text) => out.extend_from_slice(format!("s:{}:\"{text}\";", text.len()).as_bytes()),
            Json::Array(items) => {
                out.extend_from_slice(format!("a:{}:{{", items.len()).as_bytes());
                for (index, item) in items.iter().enumerate() {
                    out.extend_from_slice(format!("i:{index};").as_bytes());
                    written(item, out);
                }
                out.push(b'}');
            }
            Json::Object(members) => {
                out.extend_from_slice(format!("a:{}:{{", members.len()).as_bytes());
                for (name, value) in members {
                    out.extend_from_slice(format!("s:{}:\"{name}\";", name.len()).as_bytes());
                    written(value, out);
                }
                out.push(b'}');
            }
        }
    }

    /// PHP has one empty array.
    pub(crate) fn with_lists_for_empty_maps(json: serde_json::Value) -> serde_json::Value {
        use serde_json::Value as Json;
        match json {
            Json::Object(members) if members.is_empty() => Json::Array(Vec::new()),
            Json::Object(members) => Json::Object(
                members.into_iter().map(|(name, value)| (name, with_lists_for_empty_maps(value))).collect(),
            ),
            Json::Array(items) => Json::Array(items.into_iter().map(with_lists_for_empty_maps).collect()),
            other => other,
        }
    }

    proptest! {
        #[test]
        fn reads_what_was_written(document in generated()) {
            let document = with_lists_for_empty_maps(document);
            let mut bytes = Vec::new();
            written(&document, &mut bytes);
            let value = read(&bytes).unwrap();
            prop_assert!(same(&value, &document), "{value:?}");
            for end in 0..bytes.len() {
                prop_assert!(read(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), near in "([NbidsSaOCERr]:[0-9]{1,2}(:\"[a-z]{0,4}\"|:\\{)?;?\\}?){0,12}") {
            let _ = read(&bytes);
            let _ = read(near.as_bytes());
        }

        #[test]
        fn no_references_panic(numbers in prop::collection::vec((0..12_usize, 0..6_u8), 0..24)) {
            let mut text = format!("a:{}:{{", numbers.len());
            for (item, (number, kind)) in numbers.iter().enumerate() {
                write_into(&mut text, format_args!("i:{item};"));
                let value = match kind {
                    0 => format!("R:{number};"),
                    1 => format!("r:{number};"),
                    2 => format!("O:1:\"C\":1:{{s:1:\"k\";r:{number};}}"),
                    3 => format!("a:2:{{i:0;i:1;i:1;R:{number};}}"),
                    4 => recounted_text(&format!("a:2:{{i:0;r:{number};i:1;i:1;}}")),
                    _ => recounted_text(&format!("a:2:{{i:0;r:{number};i:1;i:1;}}x")),
                };
                text.push_str(&value);
            }
            text.push('}');
            if let Ok(value) = read(text.as_bytes()) {
                let _ = value.to_json();
            }
        }
    }

    fn recounted_text(payload: &str) -> String {
        format!("C:1:\"C\":{}:{{{payload}}}", payload.len())
    }
}
