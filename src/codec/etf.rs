//! Erlang's external term format, of Erlang and Elixir.
//!
//! A version byte and one term (erts/doc external term format, OTP 25). Atoms are names and no more; functions,
//! processes, ports and references are named and not read.

use std::borrow::Cow;

use super::bytes::{Cursor, Nest};
use super::integer::Integers;
use super::packed::deflate;
use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::{Object, Value};

const NAME: &str = "etf";

/// Terms within terms, each of which is on the stack.
const DEPTH: usize = 256;

/// What every term begins with.
pub const VERSION: u8 = 131;

/// Erlang's external term format.
pub const CODEC: Codec = Codec { name: NAME, about: "Erlang terms (ETF), of Elixir", sniff, decode };

fn sniff(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [VERSION, 70 | 77 | 80 | 88..=90 | 97..=111 | 112..=120, _, ..] | [VERSION, 106]
    )
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    if let [VERSION, 80, rest @ ..] = bytes {
        let Some((size, packed)) = rest.split_first_chunk() else {
            return Err(DecodeError::new(NAME, bytes.len(), "unexpected end"));
        };
        let size = u32::from_be_bytes(*size) as usize;
        let limits = Limits { expanded: limits.expanded.min(size), ..*limits };
        let plain = deflate::inflate(packed, &limits)
            .map_err(|error| DecodeError { offset: error.offset + 6, ..error })?;
        if plain.len() != size {
            return Err(DecodeError::new(
                NAME,
                2,
                format!("{size} bytes are announced, there are {}", plain.len()),
            ));
        }
        let value = term(&plain, 0, &limits)
            .map_err(|error| DecodeError::new(NAME, 6, format!("in what was compressed, {error}")))?;
        return Ok(value.into_owned());
    }
    if bytes.first() != Some(&VERSION) {
        return Err(DecodeError::new(NAME, 0, "no term of version 131"));
    }
    term(bytes, 1, limits)
}

fn term<'a>(bytes: &'a [u8], at: usize, limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut cursor = Cursor::new(NAME, bytes);
    cursor.at = at;
    let nest = Nest::new(limits.depth.min(DEPTH));
    let mut reader = Reader { bytes: cursor, limits: *limits, nest, values: 0, integers: Integers::new() };
    reader.document().map_err(|error| *error)
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    limits: Limits,
    nest: Nest,
    values: usize,
    integers: Integers,
}

/// A key as it was read.
enum Key<'a> {
    Name(Cow<'a, str>),
    Struct,
    Other(Value<'a>),
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Value<'a>> {
        let value = self.value()?;
        if self.bytes.left() > 0 { self.bytes.fault("something follows the term") } else { Ok(value) }
    }

    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self) -> Parsed<Value<'a>> {
        self.values += 1;
        if self.values > self.limits.values {
            return self.bytes.fault(format!("more than {} values", self.limits.values));
        }
        let tag = self.bytes.byte()?;
        match tag {
            116 => self.map(),
            108 => self.list(),
            104 => {
                let arity = self.bytes.length(0)?;
                self.tuple(arity)
            }
            105 => {
                let arity = self.bytes.length(2)?;
                self.tuple(arity)
            }
            112 | 117 => self.fun(tag),
            _ => self.scalar(tag),
        }
    }

    #[inline(never)]
    fn scalar(&mut self, tag: u8) -> Parsed<Value<'a>> {
        Ok(match tag {
            109 => {
                let length = self.bytes.length(2)?;
                text(self.bytes.take(length)?)
            }
            97 => Value::Int(i64::from(self.bytes.byte()?)),
            98 => Value::Int(i64::from(i32::from_be_bytes(self.bytes.array()?))),
            100 | 115 | 118 | 119 => {
                let atom = self.atom_text(tag)?;
                match &*atom {
                    "nil" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => Value::Text(atom),
                }
            }
            106 => Value::List(Vec::new()),
            70 => Value::Float(f64::from_be_bytes(self.bytes.array()?)),
            99 => {
                let bytes = self.bytes.take(31)?;
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                match std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()) {
                    Some(number) => Value::Float(number),
                    None => return self.bytes.fault_at(self.bytes.at - 31, "a float that is not a number"),
                }
            }
            110 | 111 => {
                let length = self.bytes.length(if tag == 110 { 0 } else { 2 })?;
                let negative = self.bytes.byte()? != 0;
                let magnitude = self.bytes.take(length)?;
                self.integers.number(negative, magnitude)
            }
            107 => {
                let length = self.bytes.length(1)?;
                let bytes = self.bytes.take(length)?;
                self.values += length;
                Value::List(bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect())
            }
            77 => {
                let length = self.bytes.length(2)?;
                let bits = self.bytes.byte()?;
                let bytes = Value::Bytes(Cow::Borrowed(self.bytes.take(length)?));
                named("bitstring", Some(Value::List(vec![bytes, Value::Int(i64::from(bits))])))
            }
            88 | 103 => self.process(tag)?,
            89 | 102 | 120 => self.port(tag)?,
            90 | 101 | 114 => self.reference(tag)?,
            113 => {
                let (module, function) = (self.atom()?, self.atom()?);
                let Value::Int(arity) = self.value()? else {
                    return self.bytes.fault("no arity of a function, expected a small integer");
                };
                named("fun", Some(Value::Text(Cow::Owned(format!("{module}.{function}/{arity}")))))
            }
            _ => {
                self.bytes.at -= 1;
                return self.bytes.fault(format!("no term begins with tag {tag}"));
            }
        })
    }

    fn atom_text(&mut self, tag: u8) -> Parsed<Cow<'a, str>> {
        let length = self.bytes.length(u8::from(matches!(tag, 100 | 118)))?;
        let at = self.bytes.at;
        let bytes = self.bytes.take(length)?;
        if bytes.is_ascii() || matches!(tag, 118 | 119) {
            return match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(_) => self.bytes.fault_at(at, "an atom that is not UTF-8"),
            };
        }
        Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect()))
    }

    fn atom(&mut self) -> Parsed<Cow<'a, str>> {
        let tag = self.bytes.byte()?;
        if matches!(tag, 100 | 115 | 118 | 119) {
            return self.atom_text(tag);
        }
        self.bytes.at -= 1;
        self.bytes.fault(format!("tag {tag}, expected an atom"))
    }

    /// Steps into a container of this many terms.
    fn enter(&mut self, count: usize) -> Parsed<usize> {
        self.nest.enter_for(&self.bytes, count, "terms")
    }

    fn tuple(&mut self, arity: usize) -> Parsed<Value<'a>> {
        let mut items = Vec::with_capacity(self.enter(arity)?);
        for _ in 0..arity {
            items.push(self.value()?);
        }
        self.nest.leave();
        Ok(Value::List(items))
    }

    fn list(&mut self) -> Parsed<Value<'a>> {
        let length = self.bytes.length(2)?;
        let mut items = Vec::with_capacity(self.enter(length)?);
        for _ in 0..length {
            items.push(self.value()?);
        }
        if self.bytes.peek() == Some(106) {
            self.bytes.at += 1;
            self.nest.leave();
            return Ok(Value::List(items));
        }
        items.push(self.value()?);
        self.nest.leave();
        Ok(named("improper_list", Some(Value::List(items))))
    }

    fn map(&mut self) -> Parsed<Value<'a>> {
        let arity = self.bytes.length(2)?;
        let mut members = Vec::with_capacity(self.enter(arity.saturating_mul(2))? / 2);
        let mut class = None;
        for read in 0..arity {
            match self.key()? {
                Key::Name(name) => members.push((name, self.value()?)),
                Key::Struct => class = Some(self.value()?),
                Key::Other(key) => return self.pairs(members, class, key, arity - read),
            }
        }
        self.nest.leave();
        match class {
            None => Ok(Value::Map(last_wins(members))),
            Some(class) => Ok(structure(class, members)),
        }
    }

    /// Reads a key; `nil`, `true` and `false` are not names.
    #[inline(never)]
    fn key(&mut self) -> Parsed<Key<'a>> {
        Ok(match self.bytes.peek() {
            Some(tag @ (100 | 115 | 118 | 119)) => {
                self.bytes.at += 1;
                let atom = self.atom_text(tag)?;
                match &*atom {
                    "nil" => Key::Other(Value::Null),
                    "true" => Key::Other(Value::Bool(true)),
                    "false" => Key::Other(Value::Bool(false)),
                    "__struct__" => Key::Struct,
                    _ => Key::Name(atom),
                }
            }
            _ => match self.value()? {
                Value::Text(text) => Key::Name(text),
                other => Key::Other(other),
            },
        })
    }

    /// Reads on in a map one key of which is not text.
    fn pairs(
        &mut self,
        members: Vec<(Cow<'a, str>, Value<'a>)>,
        class: Option<Value<'a>>,
        key: Value<'a>,
        left: usize,
    ) -> Parsed<Value<'a>> {
        let mut pairs = as_pairs(members, class, key);
        for last in (0..left).rev() {
            let value = self.value()?;
            if let Some(pair) = pairs.last_mut() {
                pair.1 = value;
            }
            if last > 0 {
                let key = match self.key()? {
                    Key::Name(name) => Value::Text(name),
                    Key::Struct => Value::Text(Cow::Borrowed("__struct__")),
                    Key::Other(other) => other,
                };
                pairs.push((key, Value::Null));
            }
        }
        self.nest.leave();
        Ok(Value::Pairs(pairs))
    }

    fn process(&mut self, tag: u8) -> Parsed<Value<'a>> {
        self.atom()?;
        let (id, serial) = (self.bytes.unsigned(2)?, self.bytes.unsigned(2)?);
        self.bytes.unsigned(if tag == 88 { 2 } else { 0 })?;
        Ok(named("pid", Some(Value::Text(Cow::Owned(format!("{id}.{serial}"))))))
    }

    fn port(&mut self, tag: u8) -> Parsed<Value<'a>> {
        self.atom()?;
        let id = self.bytes.unsigned(if tag == 120 { 3 } else { 2 })?;
        self.bytes.unsigned(if tag == 102 { 0 } else { 2 })?;
        Ok(named("port", Some(Value::Text(Cow::Owned(id.to_string())))))
    }

    fn reference(&mut self, tag: u8) -> Parsed<Value<'a>> {
        let count = if tag == 101 { 1 } else { self.bytes.length(1)? };
        self.atom()?;
        if tag != 101 {
            self.bytes.unsigned(if tag == 90 { 2 } else { 0 })?;
        }
        let bytes = self.bytes.take(count.saturating_mul(4))?;
        if tag == 101 {
            self.bytes.byte()?;
        }
        let numbers: Vec<String> = bytes
            .chunks_exact(4)
            .map(|number| number.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)).to_string())
            .collect();
        Ok(named("reference", Some(Value::Text(Cow::Owned(numbers.join("."))))))
    }

    /// A closure, which is passed over.
    fn fun(&mut self, tag: u8) -> Parsed<Value<'a>> {
        self.enter(0)?;
        if tag == 112 {
            // The size counts itself.
            let size = self.bytes.length(2)?;
            match size.checked_sub(4) {
                Some(size) => self.bytes.take(size)?,
                None => return self.bytes.fault(format!("a function of {size} bytes")),
            };
        } else {
            let free = self.bytes.length(2)?;
            if free > self.bytes.left() {
                return self.bytes.fault(format!("{free} terms announced, but fewer bytes are left"));
            }
            for _ in 0..free.saturating_add(4) {
                self.value()?;
            }
        }
        self.nest.leave();
        Ok(named("fun", None))
    }
}

/// The members as pairs, and another key whose value is still to come.
#[inline(never)]
fn as_pairs<'a>(
    members: Fields<'a>,
    class: Option<Value<'a>>,
    key: Value<'a>,
) -> Vec<(Value<'a>, Value<'a>)> {
    let class = class.map(|class| (Value::Text(Cow::Borrowed("__struct__")), class));
    let members = members.into_iter().map(|(name, value)| (Value::Text(name), value));
    let mut pairs: Vec<_> = class.into_iter().chain(members).collect();
    pairs.push((key, Value::Null));
    pairs
}

fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes)
        .map_or(Value::Bytes(Cow::Borrowed(bytes)), |text| Value::Text(Cow::Borrowed(text)))
}

fn named<'a>(class: &'static str, payload: Option<Value<'a>>) -> Value<'a> {
    Value::Object(Box::new(Object { class: Cow::Borrowed(class), fields: Vec::new(), payload }))
}

type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A map of Elixir that names its struct: a date, set or number of Elixir's own, or an object.
#[inline(never)]
fn structure<'a>(class: Value<'a>, fields: Fields<'a>) -> Value<'a> {
    let name = match class {
        Value::Text(name) => name,
        other => {
            let mut members = vec![(Cow::Borrowed("__struct__"), other)];
            members.extend(fields);
            return Value::Map(last_wins(members));
        }
    };
    let short = match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.strip_prefix("Elixir.").unwrap_or(name)),
        Cow::Owned(name) => Cow::Owned(name.strip_prefix("Elixir.").unwrap_or(&name).to_string()),
    };
    if let Some(text) = time(&short, &fields) {
        return Value::Date(Cow::Owned(text));
    }
    if short == "Decimal"
        && let Some(value) = decimal(&fields)
    {
        return value;
    }
    if short == "MapSet" {
        let mut fields = fields;
        let place = fields.iter().position(|(name, _)| name == "map");
        match place.map(|place| &mut fields[place].1) {
            Some(Value::Map(members)) => {
                let members = std::mem::take(members);
                return Value::Set(members.into_iter().map(|(name, _)| Value::Text(name)).collect());
            }
            Some(Value::Pairs(pairs)) => {
                let pairs = std::mem::take(pairs);
                return Value::Set(pairs.into_iter().map(|(key, _)| key).collect());
            }
            _ => {}
        }
        return Value::Object(Box::new(Object { class: short, fields, payload: None }));
    }
    Value::Object(Box::new(Object { class: short, fields: last_wins(fields), payload: None }))
}

fn field<'v, 'a>(fields: &'v Fields<'a>, name: &str) -> Option<&'v Value<'a>> {
    fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Elixir's `Date`, `Time`, `NaiveDateTime` and `DateTime` (lib/elixir/lib/calendar, 1.14).
fn time(class: &str, fields: &Fields<'_>) -> Option<String> {
    use std::fmt::Write as _;
    let (date, clock, zone) = match class {
        "Date" => (true, false, false),
        "Time" => (false, true, false),
        "NaiveDateTime" => (true, true, false),
        "DateTime" => (true, true, true),
        _ => return None,
    };
    let number = |name: &str, end: i64| match field(fields, name)? {
        Value::Int(number) if (0..end).contains(number) => Some(*number),
        _ => None,
    };
    let mut text = String::new();
    if date {
        let year = match field(fields, "year")? {
            Value::Int(year) if year.abs() < 100_000 => *year,
            _ => return None,
        };
        let sign = if year < 0 { "-" } else { "" };
        let _ = write!(text, "{sign}{:04}-{:02}-{:02}", year.abs(), number("month", 13)?, number("day", 32)?);
    }
    if clock {
        if date {
            text.push('T');
        }
        let _ = write!(
            text,
            "{:02}:{:02}:{:02}",
            number("hour", 25)?,
            number("minute", 60)?,
            number("second", 61)?
        );
        if let Some([Value::Int(micros @ 0..=999_999), Value::Int(digits @ 1..=6)]) =
            field(fields, "microsecond").and_then(Value::as_list)
        {
            let micros = format!("{micros:06}");
            let _ = write!(text, ".{}", &micros[..*digits as usize]);
        }
    }
    if zone {
        let offset = |name: &str| match field(fields, name) {
            Some(Value::Int(seconds)) if seconds.abs() < 172_800 => *seconds,
            _ => 0,
        };
        super::calendar::zone(&mut text, offset("utc_offset") + offset("std_offset"));
    }
    Some(text)
}

/// The `Decimal` of the package of that name: a sign, digits and an exponent.
fn decimal<'a>(fields: &Fields<'a>) -> Option<Value<'a>> {
    let negative = match field(fields, "sign")? {
        Value::Int(1) => false,
        Value::Int(-1) => true,
        _ => return None,
    };
    let digits = match field(fields, "coef")? {
        Value::Text(text) if text == "NaN" => return Some(Value::Float(f64::NAN)),
        Value::Text(text) if text == "inf" => {
            return Some(Value::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        Value::Int(number @ 0..) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::BigInt(digits) if !digits.starts_with('-') => digits.to_string(),
        _ => return None,
    };
    let Value::Int(exponent @ -2048..=2048) = field(fields, "exp")? else { return None };
    let text = if *exponent >= 0 {
        format!("{digits}{}", if digits == "0" { String::new() } else { "0".repeat(*exponent as usize) })
    } else {
        let scale = exponent.unsigned_abs() as usize;
        let digits = format!("{}{digits}", "0".repeat((scale + 1).saturating_sub(digits.len())));
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        format!("{whole}.{fraction}")
    };
    Some(Value::Decimal(Cow::Owned(format!("{}{text}", if negative { "-" } else { "" }))))
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
    fn what_erlang_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/etf.txt"));
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "no term of version 131"),
            (b"\x83", 1, "unexpected end"),
            (b"\x83jj", 2, "something follows the term"),
            (b"\x83R\x00", 1, "no term begins with tag 82"),
            (b"\x83l\xff\xff\xff\xffj", 6, "4294967295 terms announced, but fewer bytes are left"),
            (b"\x83t\xff\xff\xff\xffj", 6, "8589934590 terms announced, but fewer bytes are left"),
            (b"\x83m\xff\xff\xff\xffj", 6, "4294967295 bytes announced, but fewer are left"),
            (b"\x83p\x00\x00\x00\x00", 6, "a function of 0 bytes"),
            (b"\x83qaaa", 2, "tag 97, expected an atom"),
            (b"\x83P\0\0\0", 5, "unexpected end"),
        ];
        for (bytes, offset, reason) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested =
                |open: &[u8], depth: usize, end: &[u8]| [&[VERSION], &open.repeat(depth)[..], end].concat();
            for open in [&b"h\x01"[..], b"l\0\0\0\x01", b"t\0\0\0\x01w\x01a", b"t\0\0\0\x01a\x01"] {
                let end = if open[0] == b'l' {
                    [b"a\x01".to_vec(), b"j".repeat(DEPTH)].concat()
                } else {
                    b"a\x01".to_vec()
                };
                assert!(read(&nested(open, DEPTH, &end)).is_ok(), "{}", open.escape_ascii());
                assert_eq!(
                    read(&nested(open, DEPTH + 1, &end)).unwrap_err().reason,
                    "nested deeper than 256"
                );
            }
        });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            near in prop::collection::vec(prop::sample::select(&b"aFMPXYZbcdefghijklmnopqrstuvwx\0\x01\x02"[..]), 0..64),
        ) {
            for bytes in [bytes, near] {
                if let Ok(value) = read(&[&[VERSION], &bytes[..]].concat()) {
                    let _ = value.to_json();
                }
            }
        }
    }
}
