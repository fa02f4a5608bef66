//! gob, Go's own serialization.
//!
//! Everything that is needed to read a value is in the stream: a type is described before its first use
//! (encoding/gob of Go 1.19, doc.go, decode.go, type.go; the format has not changed since Go 1.0). A name
//! that a value was registered under is shown and never looked up.
//!
//! A type that an interface needs is described in the middle of the value. The lengths before it then
//! count up to the end of that description only, so no length bounds what is read: each is held against
//! the bytes that are left, and passed over.

use std::borrow::Cow;
use std::rc::Rc;

use super::bytes::{Cursor, Nest};
use super::integer::Integers;
use super::{Codec, DecodeError, Limits, Parsed, calendar, last_wins};
use crate::value::{Object, Value};

const NAME: &str = "gob";

/// Values within values, each of which is on the stack.
const DEPTH: usize = 256;

/// Types that one stream may describe, and fields that each may have.
const TYPES: usize = 1000;

/// Objects besides one for every second byte.
const OBJECTS: usize = 4096;

/// The first number that a described type may have. A process counts on from it.
const FIRST: i64 = 64;

/// One that has described this many types writes no sessions.
const LAST: i64 = FIRST + (1 << 16);

/// Seconds from the year 1 to 1970.
const BEFORE_1970: i64 = 62_135_596_800;

/// A value of Go's encoding/gob.
pub const CODEC: Codec = Codec { name: NAME, about: "gob, of Go", sniff, decode };

/// Whether it begins with the description of a type, or is one value of a type that needs none.
fn sniff(bytes: &[u8]) -> bool {
    let (length, rest) = match bytes {
        [length @ 2..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0xff, length, rest @ ..] => (usize::from(*length), rest),
        [0xfe, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return false,
    };
    match rest {
        // The number of the type, negative; then which kind of type it is.
        [0x7f, kind, ..] => matches!(kind, 1..=7),
        [0xff, id, kind, ..] => id & 1 == 1 && *id > 0x7f && matches!(kind, 1..=7),
        [0xfe, _, id, kind, ..] | [0xfd, _, _, id, kind, ..] => id & 1 == 1 && matches!(kind, 1..=7),
        [2 | 4 | 6 | 8 | 10 | 12 | 14, 0, ..] => rest.len() == length,
        _ => false,
    }
}

/// What the keys of a map are, whose values are interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    Text,
    Any,
}

/// Whether the bytes begin with the description of a map that holds whatever was put there: the form of
/// nearly all session stores of Go.
pub fn bag(bytes: &[u8]) -> Option<Keys> {
    let (length, rest) = bytes.split_first()?;
    let description = rest.get(..usize::from(*length).min(rest.len()))?;
    let kind = match description {
        [0x7f, kind, ..] | [0xff, _, kind, ..] | [0xfe, _, _, kind, ..] => *kind,
        _ => return None,
    };
    match description {
        [.., 1, 0x10, 1, 0x10, 0, 0] if kind == 4 => Some(Keys::Any),
        [.., 1, 0x0c, 1, 0x10, 0, 0] if kind == 4 => Some(Keys::Text),
        _ => None,
    }
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(NAME, bytes),
        limits: *limits,
        nest: Nest::new(limits.depth.min(DEPTH)),
        values: 0,
        types: Vec::new(),
        described: 0,
        objects: bytes.len() / 2 + OBJECTS,
        integers: Integers::new(),
    };
    reader.document().map_err(|error| *error)
}

/// A described type, and what it is called where it was given a name.
#[derive(Debug)]
struct Type<'a> {
    name: &'a str,
    shape: Shape<'a>,
}

#[derive(Debug)]
enum Shape<'a> {
    Array {
        element: i64,
        length: u64,
    },
    Slice {
        element: i64,
    },
    Struct(Vec<(&'a str, i64)>),
    Map {
        key: i64,
        element: i64,
    },
    /// It writes its own bytes.
    Own,
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    limits: Limits,
    nest: Nest,
    values: usize,
    types: Vec<Option<Rc<Type<'a>>>>,
    described: usize,
    /// Objects that may still be made: one takes a byte in the stream and a hundred in memory.
    objects: usize,
    integers: Integers,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Value<'a>> {
        loop {
            self.fragment()?;
            let id = self.int()?;
            if id < 0 {
                self.describe(id)?;
                continue;
            }
            self.delta_of_no_struct(id)?;
            let value = self.value(id, None)?;
            return if self.bytes.left() > 0 {
                self.bytes.fault("something follows the value")
            } else {
                Ok(value)
            };
        }
    }

    /// How long what follows is, or its first part.
    fn fragment(&mut self) -> Parsed<()> {
        let at = self.bytes.at;
        let length = self.uint()?;
        if length > self.bytes.left() as u64 {
            return self.bytes.fault_at(at, format!("{length} bytes announced, but fewer are left"));
        }
        Ok(())
    }

    /// What precedes a value that is not a struct, as if it were the only field of one.
    fn delta_of_no_struct(&mut self, id: i64) -> Parsed<()> {
        if id >= FIRST && matches!(self.of(id)?.shape, Shape::Struct(_)) {
            return Ok(());
        }
        let at = self.bytes.at;
        match self.uint()? {
            0 => Ok(()),
            other => self.bytes.fault_at(at, format!("expected 0 before the value, not {other}")),
        }
    }

    #[inline]
    fn uint(&mut self) -> Parsed<u64> {
        let first = self.bytes.byte()?;
        if first <= 0x7f {
            return Ok(u64::from(first));
        }
        self.long(first)
    }

    fn long(&mut self, first: u8) -> Parsed<u64> {
        let width = 256 - usize::from(first);
        if width > 8 {
            return self.bytes.fault_at(self.bytes.at - 1, format!("no number begins with {first:#04x}"));
        }
        let bytes = self.bytes.take(width)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn int(&mut self) -> Parsed<i64> {
        let number = self.uint()?;
        let half = (number >> 1) as i64;
        Ok(if number & 1 == 1 { !half } else { half })
    }

    fn float(&mut self) -> Parsed<f64> {
        Ok(f64::from_bits(self.uint()?.swap_bytes()))
    }

    fn run(&mut self) -> Parsed<&'a [u8]> {
        let length = self.uint()?;
        self.bytes.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// The name of a type, a field, or what something was registered under.
    fn name(&mut self) -> Parsed<&'a str> {
        let at = self.bytes.at;
        let bytes = self.run()?;
        match std::str::from_utf8(bytes) {
            Ok(name) => Ok(name),
            Err(_) => self.bytes.fault_at(at, "a name that is not UTF-8"),
        }
    }

    // Types.

    /// Goes over the fields that are there of a struct with this many.
    fn fields(&mut self, count: u64, visit: &mut dyn FnMut(&mut Self, u64) -> Parsed<()>) -> Parsed<()> {
        // The number of the next field that could follow.
        let mut next = 0_u64;
        loop {
            let at = self.bytes.at;
            let delta = self.uint()?;
            if delta == 0 {
                return Ok(());
            }
            let field = next.saturating_add(delta - 1);
            if field >= count {
                return self.bytes.fault_at(at, format!("a field beyond the {count} of its type"));
            }
            visit(self, field)?;
            next = field + 1;
        }
    }

    /// Reads the description of a type; its number, negative, was just read.
    fn describe(&mut self, negative: i64) -> Parsed<()> {
        let at = self.bytes.at;
        let id = negative.checked_neg().filter(|id| (FIRST..LAST).contains(id));
        let Some(id) = id else {
            return self.bytes.fault_at(at, format!("type {negative} cannot be described"));
        };
        self.described += 1;
        if self.described > TYPES {
            return self.bytes.fault_at(at, format!("more than {TYPES} types"));
        }
        let mut found: Option<Type<'a>> = None;
        self.fields(7, &mut |reader, kind| {
            if found.is_some() {
                return reader.bytes.fault("a type of two kinds");
            }
            found = Some(reader.described(kind)?);
            Ok(())
        })?;
        let Some(found) = found else { return self.bytes.fault("a type without a kind") };
        let place = (id - FIRST) as usize;
        if self.types.len() <= place {
            self.types.resize(place + 1, None);
        }
        if self.types[place].is_some() {
            return self.bytes.fault_at(at, format!("type {id} is described twice"));
        }
        self.types[place] = Some(Rc::new(found));
        Ok(())
    }

    /// A type by its kind: array, slice, struct, map, and three that write their own bytes.
    fn described(&mut self, kind: u64) -> Parsed<Type<'a>> {
        let mut name = "";
        let mut numbers = [0_i64; 2];
        let mut fields = Vec::new();
        let count = match kind {
            0 | 3 => 3,
            1 | 2 => 2,
            _ => 1,
        };
        self.fields(count, &mut |reader, field| {
            match field {
                0 => reader.fields(2, &mut |reader, field| {
                    if field == 0 {
                        name = reader.name()?;
                    } else {
                        // The number of the type once more, or that of what a pointer leads to.
                        reader.int()?;
                    }
                    Ok(())
                })?,
                1 if kind == 2 => fields = reader.members()?,
                _ => numbers[(field - 1) as usize] = reader.int()?,
            }
            Ok(())
        })?;
        let shape = match kind {
            0 => match u64::try_from(numbers[1]) {
                Ok(length) => Shape::Array { element: numbers[0], length },
                Err(_) => return self.bytes.fault("an array of a negative length"),
            },
            1 => Shape::Slice { element: numbers[0] },
            2 => Shape::Struct(fields),
            3 => Shape::Map { key: numbers[0], element: numbers[1] },
            _ => Shape::Own,
        };
        Ok(Type { name, shape })
    }

    /// Names and types of a struct's fields.
    fn members(&mut self) -> Parsed<Vec<(&'a str, i64)>> {
        let count = self.count(1)?;
        if count > TYPES {
            return self.bytes.fault(format!("a struct of more than {TYPES} fields"));
        }
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let mut member = ("", 0);
            self.fields(2, &mut |reader, field| {
                if field == 0 {
                    member.0 = reader.name()?;
                } else {
                    member.1 = reader.int()?;
                }
                Ok(())
            })?;
            members.push(member);
        }
        Ok(members)
    }

    fn of(&self, id: i64) -> Parsed<Rc<Type<'a>>> {
        let place = usize::try_from(id - FIRST).ok();
        match place.and_then(|place| self.types.get(place)?.clone()) {
            Some(found) => Ok(found),
            None => self.bytes.fault(format!("type {id} was not described")),
        }
    }

    // Values.

    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self, id: i64, registered: Option<&'a str>) -> Parsed<Value<'a>> {
        self.values += 1;
        if self.values > self.limits.values {
            return self.bytes.fault(format!("more than {} values", self.limits.values));
        }
        match id {
            ..=7 => self.scalar(id),
            8 => self.interface(),
            _ => self.composite(id, registered),
        }
    }

    #[inline(never)]
    fn scalar(&mut self, id: i64) -> Parsed<Value<'a>> {
        let at = self.bytes.at;
        Ok(match id {
            1 => match self.uint()? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => return self.bytes.fault_at(at, format!("{other} is neither true nor false")),
            },
            2 => Value::Int(self.int()?),
            3 => Value::whole(self.uint()?),
            4 => Value::Float(self.float()?),
            5 => Value::Bytes(Cow::Borrowed(self.run()?)),
            6 => text(self.run()?),
            7 => {
                let parts = vec![Value::Float(self.float()?), Value::Float(self.float()?)];
                object("complex", Vec::new(), Some(Value::List(parts)))
            }
            _ => return self.bytes.fault(format!("there is no type {id}")),
        })
    }

    /// How many things follow that take this many bytes each at least.
    fn count(&mut self, bytes: u64) -> Parsed<usize> {
        let at = self.bytes.at;
        let count = self.uint()?;
        if count.saturating_mul(bytes) > self.bytes.left() as u64 {
            return self.bytes.fault_at(at, format!("{count} values announced, but fewer bytes are left"));
        }
        Ok(count as usize)
    }

    fn interface(&mut self) -> Parsed<Value<'a>> {
        let registered = self.name()?;
        if registered.is_empty() {
            return Ok(Value::Null);
        }
        let id = self.concrete()?;
        self.nest.enter(&self.bytes)?;
        let value = self.value(id, Some(registered))?;
        self.nest.leave();
        Ok(value)
    }

    /// The type of what an interface holds, after the descriptions that it needs.
    #[inline(never)]
    fn concrete(&mut self) -> Parsed<i64> {
        let id = loop {
            let id = self.int()?;
            if id >= 0 {
                break id;
            }
            self.describe(id)?;
            self.fragment()?;
        };
        self.fragment()?;
        self.delta_of_no_struct(id)?;
        Ok(id)
    }

    fn composite(&mut self, id: i64, registered: Option<&'a str>) -> Parsed<Value<'a>> {
        if id < FIRST {
            return self.bytes.fault(format!("there is no type {id}"));
        }
        let of = self.of(id)?;
        match &of.shape {
            Shape::Own => return self.own(of.name, registered),
            _ => self.nest.enter(&self.bytes)?,
        }
        let value = match &of.shape {
            Shape::Array { element, length } => self.list(*element, Some(*length))?,
            Shape::Slice { element } => self.list(*element, None)?,
            Shape::Map { key, element } => self.map(*key, *element)?,
            Shape::Struct(fields) => self.structure(registered.unwrap_or(of.name), fields)?,
            Shape::Own => Value::Null,
        };
        self.nest.leave();
        Ok(value)
    }

    fn list(&mut self, element: i64, length: Option<u64>) -> Parsed<Value<'a>> {
        let at = self.bytes.at;
        let count = self.count(1)?;
        if length.is_some_and(|length| length != count as u64) {
            return self.bytes.fault_at(at, "an array whose length is not that of its type");
        }
        let mut items = Vec::with_capacity(count.min(32));
        for _ in 0..count {
            items.push(self.value(element, None)?);
        }
        Ok(Value::List(items))
    }

    fn map(&mut self, key: i64, element: i64) -> Parsed<Value<'a>> {
        let count = self.count(2)?;
        let mut members = Vec::with_capacity(count.min(16));
        while members.len() < count {
            match self.value(key, None)? {
                Value::Text(name) => {
                    let value = self.value(element, None)?;
                    members.push((name, value));
                }
                other => return self.pairs(members, other, (key, element), count),
            }
        }
        Ok(Value::Map(last_wins(members)))
    }

    /// Reads on in a map whose last key so far is not text.
    #[inline(never)]
    fn pairs(
        &mut self,
        members: Vec<(Cow<'a, str>, Value<'a>)>,
        first: Value<'a>,
        (key, element): (i64, i64),
        count: usize,
    ) -> Parsed<Value<'a>> {
        let mut pairs: Vec<_> = members.into_iter().map(|(name, value)| (Value::Text(name), value)).collect();
        let value = self.value(element, None)?;
        pairs.push((first, value));
        while pairs.len() < count {
            let key = self.value(key, None)?;
            let value = self.value(element, None)?;
            pairs.push((key, value));
        }
        Ok(Value::Pairs(pairs))
    }

    /// The fields that are there. One that is not has the zero of its type.
    fn structure(&mut self, class: &'a str, fields: &[(&'a str, i64)]) -> Parsed<Value<'a>> {
        let mut members = Vec::new();
        self.fields(fields.len() as u64, &mut |reader, field| {
            let (name, id) = fields[field as usize];
            let value = reader.value(id, None)?;
            members.push((Cow::Borrowed(name), value));
            Ok(())
        })?;
        let members = last_wins(members);
        if class.is_empty() {
            return Ok(Value::Map(members));
        }
        let Some(left) = self.objects.checked_sub(1) else {
            return self.bytes.fault("more objects than the input can hold");
        };
        self.objects = left;
        Ok(object(class, members, None))
    }

    /// What a type wrote of itself: a time, a large number or a UUID, or bytes that only it can read.
    #[inline(never)]
    fn own(&mut self, wire: &'a str, registered: Option<&'a str>) -> Parsed<Value<'a>> {
        let payload = self.run()?;
        let registered = registered.unwrap_or("");
        let plain = registered.trim_start_matches('*');
        if (wire == "Time" || plain == "time.Time")
            && let Some(time) = time(payload)
        {
            return Ok(Value::Date(Cow::Owned(time)));
        }
        if (wire == "Int" || matches!(plain, "big.Int" | "math/big.Int"))
            && let [head @ (2 | 3), magnitude @ ..] = payload
        {
            let little: Vec<u8> = magnitude.iter().rev().copied().collect();
            return Ok(self.integers.number(head & 1 == 1, &little));
        }
        if (wire == "UUID" || plain.rsplit_once('.').is_some_and(|(_, name)| name == "UUID"))
            && let Ok(bytes) = <[u8; 16]>::try_from(payload)
        {
            return Ok(Value::Uuid(Cow::Owned(uuid(bytes))));
        }
        let class = if registered.is_empty() { wire } else { registered };
        let payload = Value::Bytes(Cow::Borrowed(payload));
        Ok(if class.is_empty() { payload } else { object(class, Vec::new(), Some(payload)) })
    }
}

fn text(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

fn object<'a>(
    class: &'a str,
    fields: Vec<(Cow<'a, str>, Value<'a>)>,
    payload: Option<Value<'a>>,
) -> Value<'a> {
    Value::Object(Box::new(Object { class: Cow::Borrowed(class), fields, payload }))
}

/// A moment as `time.Time` writes it (Go 1.19, time/time.go, `MarshalBinary`): version, seconds since the
/// year 1, nanoseconds, minutes ahead of Greenwich or -1 for UTC; in version 2 seconds of the offset.
fn time(payload: &[u8]) -> Option<String> {
    let (head, seconds_ahead) = match payload {
        [1, ..] if payload.len() == 15 => (payload, 0),
        [2, head @ .., seconds] if head.len() == 14 => (payload, i64::from(*seconds as i8)),
        _ => return None,
    };
    let seconds = i64::from_be_bytes(*head[1..].first_chunk()?);
    let nanos = i32::from_be_bytes(*head[9..].first_chunk()?);
    let minutes = i16::from_be_bytes(*head[13..].first_chunk()?);
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let ahead = if minutes == -1 && seconds_ahead == 0 { 0 } else { i64::from(minutes) * 60 + seconds_ahead };
    // RFC 3339 knows no seconds of an offset: the nearest minute, and the moment stays the same.
    let ahead = (ahead + 30).div_euclid(60) * 60;
    calendar::moment(seconds.checked_sub(BEFORE_1970)?, nanos, ahead)
}

fn uuid(bytes: [u8; 16]) -> String {
    let hex = base16ct::lower::encode_string(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::tests::{on_a_small_stack, read_samples};

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    /// Describes type 65 as this one and gives it this value.
    fn of_type(wire: &[u8], value: &[u8]) -> Vec<u8> {
        let message = |id: u8, rest: &[u8]| {
            let body = [&[0xff, id][..], rest].concat();
            assert!(body.len() < 0x80);
            [&[body.len() as u8][..], &body].concat()
        };
        [message(0x81, wire), message(0x82, value)].concat()
    }

    /// A map of interfaces to interfaces: kind, what it is called, key, element.
    const MAP: &[u8] = b"\x04\x01\x02\xff\x82\0\x01\x10\x01\x10\0\0";

    #[test]
    fn what_go_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/gob.txt"));
    }

    #[test]
    fn numbers_of_every_width() {
        let json = |bytes: &[u8]| read(bytes).unwrap().to_json();
        for (bytes, expected) in [
            (&b"\x03\x06\0\0"[..], "0"),
            (b"\x03\x06\0\x7f", "127"),
            (b"\x04\x06\0\xff\x80", "128"),
            (b"\x05\x06\0\xfe\x01\0", "256"),
            (b"\x05\x06\0\xfe\0\x01", "1"),
            (b"\x0b\x06\0\xf8\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\x03\x04\0\x04", "2"),
            (b"\x03\x04\0\x03", "-2"),
            (b"\x04\x04\0\xff\x81", "-65"),
            (b"\x0b\x04\0\xf8\xff\xff\xff\xff\xff\xff\xff\xff", "-9223372036854775808"),
            (b"\x05\x08\0\xfe\x31\x40", "17.0"),
            (b"\x03\x08\0\0", "0.0"),
            (b"\x05\x08\0\xfe\xf8\x3f", "1.5"),
            (b"\x03\x02\0\x01", "true"),
            (b"\x05\x0c\0\x02ab", "\"ab\""),
            (b"\x04\x0c\0\x01\xff", r#"{"$bytes":"/w=="}"#),
            (b"\x04\x0a\0\x01a", r#"{"$bytes":"YQ=="}"#),
            (b"\x06\x0e\0\xfe\xf8\x3f\0", r#"{"$class":"complex","$value":[1.5,0.0]}"#),
        ] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
            assert_eq!(json(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn refused() {
        for (bytes, reason) in [
            (b"".to_vec(), "unexpected end"),
            (b"\x03\x06\0\x80".to_vec(), "no number begins with 0x80"),
            (b"\x03\x06\0\xf7".to_vec(), "no number begins with 0xf7"),
            (b"\x03\x06\x01\0".to_vec(), "expected 0 before the value, not 1"),
            (b"\x04\x06\0\0\0".to_vec(), "something follows the value"),
            (b"\x05\x06\0\0".to_vec(), "5 bytes announced, but fewer are left"),
            (b"\x03\x02\0\x02".to_vec(), "2 is neither true nor false"),
            (b"\x03\x12\0\0".to_vec(), "there is no type 9"),
            (b"\x04\xff\x82\0\0".to_vec(), "type 65 was not described"),
            (b"\x04\x01\x04\0\0".to_vec(), "type -1 cannot be described"),
            (of_type(MAP, b"\0\x05"), "5 values announced, but fewer bytes are left"),
            (of_type(b"\0", b"\0\0"), "a type without a kind"),
            (of_type(b"\x08\0", b"\0\0"), "a field beyond the 7 of its type"),
            // An array of two that holds one.
            (
                of_type(b"\x01\x02\x04\x01\x04\0\0", b"\0\x01\x02"),
                "an array whose length is not that of its type",
            ),
            // A slice of a type that nothing describes.
            (of_type(b"\x02\x02\xff\x90\0\0", b"\0\x01\0"), "type 72 was not described"),
            (
                [of_type(MAP, b"")[..15].to_vec(), of_type(MAP, b"\0\0")].concat(),
                "type 65 is described twice",
            ),
        ] {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.reason, reason, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_type_may_hold_itself() {
        // type T []T
        let slice = b"\x02\x02\xff\x82\0\0";
        assert_eq!(read(&of_type(slice, b"\0\x02\0\x01\0")).unwrap().to_json(), "[[],[[]]]");
        on_a_small_stack(move || {
            let nested = |depth: usize| {
                let value = [&b"\0"[..], &vec![1; depth], b"\0"].concat();
                let body = [&b"\xff\x82"[..], &value].concat();
                let length = [&b"\xfc"[..], &(body.len() as u32).to_be_bytes()].concat();
                [&of_type(slice, b"")[..9], &length, &body].concat()
            };
            assert!(read(&nested(DEPTH - 1)).is_ok());
            assert_eq!(read(&nested(DEPTH)).unwrap_err().reason, "nested deeper than 256");
            assert!(read(&nested(1_000_000)).is_err());
        });
        let limits = Limits { values: 3, ..Limits::default() };
        assert_eq!(
            decode(&of_type(slice, b"\0\x03\0\0\0"), &limits).unwrap_err().reason,
            "more than 3 values"
        );
    }

    #[test]
    fn times() {
        let payload = |version: u8, seconds: i64, nanos: i32, minutes: i16, rest: &[u8]| {
            let head = [&[version][..], &seconds.to_be_bytes(), &nanos.to_be_bytes()].concat();
            [&head[..], &minutes.to_be_bytes(), rest].concat()
        };
        let at = 1_715_934_600 + BEFORE_1970;
        for (payload, expected) in [
            (payload(1, 0, 0, -1, b""), Some("0001-01-01T00:00:00Z")),
            (payload(1, at, 123_456_789, -1, b""), Some("2024-05-17T08:30:00.123456789Z")),
            (payload(1, at, 0, 330, b""), Some("2024-05-17T14:00:00+05:30")),
            (payload(2, at, 0, 19, &[32]), Some("2024-05-17T08:50:00+00:20")),
            (payload(1, at, 1_000_000_000, -1, b""), None),
            (payload(1, i64::MIN, 0, -1, b""), None),
            (payload(3, at, 0, -1, b""), None),
            (payload(1, at, 0, -1, b"\0"), None),
        ] {
            assert_eq!(time(&payload).as_deref(), expected);
        }
    }

    #[test]
    fn bags_are_told_by_their_description() {
        for (bytes, expected) in [
            (&b"\x0e\xff\x81\x04\x01\x02\xff\x82\0\x01\x10\x01\x10\0\0\x04\xff\x82\0\0"[..], Some(Keys::Any)),
            (b"\x0e\xff\x81\x04\x01\x02\xff\x82\0\x01\x0c\x01\x10\0\0", Some(Keys::Text)),
            (b"\x14\xff\x81\x04\x01\x01\x04Data\x01\xff\x82\0\x01\x10\x01\x10\0\0", Some(Keys::Any)),
            (b"\x0e\xff\x81\x04\x01\x02\xff\x82\0\x01\x0c\x01\x0c\0\0", None),
            (b"\x26\xff\x81\x03\x01\x02\xff\x82\0\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(bag(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn sniffing() {
        for bytes in [
            &b"\x0e\xff\x81\x04\x01\x02"[..],
            b"\x26\xff\x81\x03\x01\x02",
            b"\xff\x90\xff\x8b\x03\x01",
            b"\x10\xfe\x01\x01\x04\x01\x02",
        ] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
        }
        for bytes in [
            &b""[..],
            b"{\"a\":1}",
            b"\x0e",
            b"\x0e\xff\x82\x04",
            b"\x81\xa9auth",
            b"\0\0\0\x20abcd",
            b"\x80\x04}.",
        ] {
            assert!(!sniff(bytes), "{}", bytes.escape_ascii());
        }
    }
}
