//! MessagePack with the extension types of ActiveSupport 7.1 (message_pack/extensions.rb, serializer.rb),
//! which its cache and its messages write where they are told to.

use std::borrow::Cow;

use crate::codec::bytes::{Cursor, Nest};
use crate::codec::integer::Integers;
use crate::codec::msgpack::text;
use crate::codec::{DecodeError, Limits, Parsed, calendar, last_wins, marshal, msgpack};
use crate::value::{Object, Value};

const NAME: &str = "rails-msgpack";

/// What it begins with: the number 128, which marks the serializer.
pub(super) const SIGNATURE: &[u8] = b"\xcc\x80";

/// Values within values, each of which is on the stack.
const DEPTH: usize = 256;

/// The chronological Julian day of 1970-01-01.
const DAY_OF_1970: i64 = 2_440_588;

/// Decodes the whole of the bytes, which begin with the signature.
pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut cursor = Cursor::new(NAME, bytes);
    cursor.at = SIGNATURE.len().min(bytes.len());
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

type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

fn object<'a>(class: impl Into<Cow<'a, str>>, fields: Fields<'a>, payload: Option<Value<'a>>) -> Value<'a> {
    Value::Object(Box::new(Object { class: class.into(), fields, payload }))
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Value<'a>> {
        let value = self.value()?;
        if self.bytes.left() > 0 { self.bytes.fault("something follows the value") } else { Ok(value) }
    }

    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self) -> Parsed<Value<'a>> {
        self.values += 1;
        if self.values > self.limits.values {
            return self.bytes.fault(format!("more than {} values", self.limits.values));
        }
        let marker = self.bytes.byte()?;
        match marker {
            0x80..=0x8f => self.map(usize::from(marker & 0x0f)),
            0x90..=0x9f => self.list(usize::from(marker & 0x0f)),
            0xdc | 0xdd => {
                let length = self.bytes.length(marker - 0xdc + 1)?;
                self.list(length)
            }
            0xde | 0xdf => {
                let length = self.bytes.length(marker - 0xde + 1)?;
                self.map(length)
            }
            0xc7..=0xc9 => {
                let length = self.bytes.length(marker - 0xc7)?;
                self.extension(length)
            }
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4)),
            0xa0..=0xbf => Ok(text(self.bytes.take(usize::from(marker & 0x1f))?)),
            0xd9..=0xdb => {
                let length = self.bytes.length(marker - 0xd9)?;
                Ok(text(self.bytes.take(length)?))
            }
            0xc4..=0xc6 => {
                let length = self.bytes.length(marker - 0xc4)?;
                Ok(Value::Bytes(Cow::Borrowed(self.bytes.take(length)?)))
            }
            _ => msgpack::plain(&mut self.bytes, marker),
        }
    }

    /// Steps into a container of this many values.
    fn enter(&mut self, count: usize) -> Parsed<usize> {
        self.nest.enter_for(&self.bytes, count, "values")
    }

    fn list(&mut self, length: usize) -> Parsed<Value<'a>> {
        let mut items = Vec::with_capacity(self.enter(length)?);
        for _ in 0..length {
            items.push(self.value()?);
        }
        self.nest.leave();
        Ok(Value::List(items))
    }

    fn map(&mut self, length: usize) -> Parsed<Value<'a>> {
        let mut pairs = Vec::with_capacity(self.enter(length.saturating_mul(2))? / 2);
        for _ in 0..length {
            pairs.push((self.value()?, self.value()?));
        }
        self.nest.leave();
        Ok(named(pairs))
    }

    /// What a class of Ruby or Rails is packed as: values, one after the other, up to its end.
    fn extension(&mut self, length: usize) -> Parsed<Value<'a>> {
        let kind = self.bytes.byte()?;
        let at = self.bytes.at;
        let body = self.bytes.take(length)?;
        let value = match kind {
            0 => text(body),
            1 => self.integer(body),
            2 => marshal::decimal(body).unwrap_or_else(|| object("BigDecimal", Vec::new(), Some(text(body)))),
            9 => object("ActiveSupport::TimeZone", Vec::new(), Some(text(body))),
            13 => object("URI::Generic", Vec::new(), Some(text(body))),
            14 => object("IPAddr", Vec::new(), Some(text(body))),
            15 => object("Pathname", Vec::new(), Some(text(body))),
            16 => object("Regexp", Vec::new(), Some(text(body))),
            _ => {
                self.bytes.at = at;
                let mut parts = Vec::new();
                self.enter(0)?;
                while self.bytes.at < at + length {
                    parts.push(self.value()?);
                }
                self.nest.leave();
                if self.bytes.at > at + length {
                    return self.bytes.fault_at(at, "a value that extends past its container");
                }
                return Ok(of_parts(kind, parts));
            }
        };
        Ok(value)
    }

    /// A sign, and words of four bytes, the least one first.
    fn integer(&mut self, body: &[u8]) -> Value<'a> {
        let (sign, words) = body.split_first().unwrap_or((&0, &[]));
        let magnitude: Vec<u8> =
            words.chunks(4).flat_map(|word| word.iter().rev().copied().collect::<Vec<u8>>()).collect();
        self.integers.number(*sign != 0, &magnitude)
    }
}

/// A map by its pairs; with keys that are all text, one with names.
fn named<'a>(pairs: Vec<(Value<'a>, Value<'a>)>) -> Value<'a> {
    if !pairs.iter().all(|(key, _)| key.as_str().is_some()) {
        return Value::Pairs(pairs);
    }
    let members = pairs.into_iter().filter_map(|(key, value)| match key {
        Value::Text(name) => Some((name, value)),
        _ => None,
    });
    Value::Map(last_wins(members.collect()))
}

fn of_parts(kind: u8, parts: Vec<Value<'_>>) -> Value<'_> {
    match known(kind, &parts) {
        Some(value) => value,
        None => match (kind, parts.len()) {
            (12, 1) => match parts.into_iter().next() {
                Some(Value::List(items)) => Value::Set(items),
                other => object("Set", Vec::new(), other),
            },
            (17, 1) => parts.into_iter().next().unwrap_or(Value::Null),
            (10, 2) => duration(parts),
            (11, 3) => {
                let names = ["begin", "end", "excl"].map(Cow::Borrowed);
                object("Range", names.into_iter().zip(parts).collect(), None)
            }
            (3, 1 | 2) => number_pair("Rational", parts),
            (4, 2) => number_pair("Complex", parts),
            (127, 3) => {
                let mut parts = parts.into_iter().skip(1);
                match parts.next() {
                    Some(Value::Text(class)) => object(class, Vec::new(), parts.next()),
                    class => object("Object", Vec::new(), class),
                }
            }
            _ => object(format!("ext {kind}"), Vec::new(), Some(Value::List(parts))),
        },
    }
}

fn number_pair<'a>(class: &'static str, mut parts: Vec<Value<'a>>) -> Value<'a> {
    if parts.len() == 1 {
        // Zero is written without what it is divided by.
        parts.push(Value::Int(1));
    }
    object(class, Vec::new(), Some(Value::List(parts)))
}

fn duration(parts: Vec<Value<'_>>) -> Value<'_> {
    const NAMES: [&str; 7] = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
    let mut parts = parts.into_iter();
    let (value, lengths) = (parts.next().unwrap_or(Value::Null), parts.next());
    let lengths = match lengths {
        Some(Value::List(lengths)) => lengths,
        _ => Vec::new(),
    };
    let lengths = NAMES.iter().zip(lengths).filter(|(_, length)| *length != Value::Null);
    let lengths = lengths.map(|(name, length)| (Cow::Borrowed(*name), length)).collect();
    let fields = vec![(Cow::Borrowed("value"), value), (Cow::Borrowed("parts"), Value::Map(lengths))];
    object("ActiveSupport::Duration", fields, None)
}

/// Dates and times; `None` for what is none.
fn known<'a>(kind: u8, parts: &[Value<'a>]) -> Option<Value<'a>> {
    let whole = |at: usize| match parts.get(at)? {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    let nanos = |number: i64| u32::try_from(number).ok().filter(|nanos| *nanos < 1_000_000_000);
    let text = match (kind, parts.len()) {
        (5, 6..=8) => {
            let (fraction, rest) = rational(&parts[4..])?;
            let (offset, rest) = rational(rest)?;
            if !rest.is_empty() {
                return None;
            }
            // The offset is a part of a day, the fraction one of a second; the rest is the local clock.
            let offset = offset.0.checked_mul(86_400)?.div_euclid(offset.1);
            let nanos = nanos(fraction.0.checked_mul(1_000_000_000)?.checked_div(fraction.1)?)?;
            let days = whole(0)?.checked_sub(DAY_OF_1970)?.checked_mul(86_400)?;
            let of_day = whole(1)?.checked_mul(3600)?.checked_add(whole(2)?.checked_mul(60)?)?;
            let local = days.checked_add(of_day)?.checked_add(whole(3)?)?;
            calendar::moment(local.checked_sub(offset)?, nanos, offset)?
        }
        (6, 1) => calendar::date(whole(0)?.checked_sub(DAY_OF_1970)?)?,
        (7, 3) => {
            let offset = Some(whole(2)?).filter(|offset| offset.abs() < 172_800)?;
            calendar::moment(whole(0)?, nanos(whole(1)?)?, offset)?
        }
        (8, 4) => calendar::moment(whole(0)?, nanos(whole(1)?)?, 0)?,
        _ => return None,
    };
    Some(Value::Date(Cow::Owned(text)))
}

/// A number and what it is divided by, which stands there unless it is zero; and what follows.
fn rational<'v, 'a>(parts: &'v [Value<'a>]) -> Option<((i64, i64), &'v [Value<'a>])> {
    match parts {
        [Value::Int(0), rest @ ..] => Some(((0, 1), rest)),
        [Value::Int(number), Value::Int(of @ 1..), rest @ ..] => Some(((*number, *of), rest)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::tests::on_a_small_stack;

    fn read(body: &[u8]) -> Result<String, DecodeError> {
        decode(&[SIGNATURE, body].concat(), &Limits::default()).map(|value| value.to_json())
    }

    #[test]
    fn classes_of_ruby_and_rails() {
        let table: &[(&[u8], &str)] = &[
            (b"\xd6\x00abcd", r#""abcd""#),
            (b"\x81\xd4\x00a\x01", r#"{"a":1}"#),
            (b"\x81\x01\x02", r#"{"$map":[[1,2]]}"#),
            (b"\xc7\x09\x01\x00\0\0\0\0\0\0\0\x01", "4294967296"),
            (b"\xc7\x09\x01\x01\0\0\0\0\0\0\0\x01", "-4294967296"),
            (b"\xc7\x0d\x01\x00\0\0\0\0\0\0\0\0\0\0\0\x01", r#"{"$int":"18446744073709551616"}"#),
            (b"\xc7\x08\x0218:0.2e2", r#"{"$decimal":"20"}"#),
            (b"\xd4\x03\x00", r#"{"$class":"Rational","$value":[0,1]}"#),
            (b"\xd5\x03\x01\x03", r#"{"$class":"Rational","$value":[1,3]}"#),
            (b"\xd5\x04\x01\x02", r#"{"$class":"Complex","$value":[1,2]}"#),
            (
                b"\xc7\x0c\x05\xce\x00\x25\x8b\x20\x0a\x1e\x0f\x01\x02\x01\x0c",
                r#"{"$date":"2024-05-17T10:30:15.5+02:00"}"#,
            ),
            (b"\xc7\x0a\x05\xce\x00\x25\x8b\x20\x08\x1e\x00\x00\x00", r#"{"$date":"2024-05-17T08:30:00Z"}"#),
            (b"\xc7\x05\x06\xce\x00\x25\x8b\x20", r#"{"$date":"2024-05-17"}"#),
            (b"\xc7\x09\x07\xce\x66\x47\x14\x88\x00\xcd\x1c\x20", r#"{"$date":"2024-05-17T10:25:44+02:00"}"#),
            (b"\xc7\x0a\x08\xce\x66\x47\x14\x88\x00\x00\xa2Rx", r#"{"$date":"2024-05-17T08:25:44Z"}"#),
            (b"\xd6\x09Rome", r#"{"$class":"ActiveSupport::TimeZone","$value":"Rome"}"#),
            (
                b"\xc7\x0b\x0a\xcd\x15\x18\x97\xc0\xc0\xc0\xc0\xc0\x5a\xc0",
                r#"{"$class":"ActiveSupport::Duration","value":5400,"parts":{"minutes":90}}"#,
            ),
            (b"\xc7\x03\x0b\x01\x05\xc2", r#"{"$class":"Range","begin":1,"end":5,"excl":false}"#),
            (b"\xc7\x03\x0c\x92\x01\x02", r#"{"$set":[1,2]}"#),
            (b"\xc7\x04\x0d/a?b", r#"{"$class":"URI::Generic","$value":"/a?b"}"#),
            (b"\xc7\x04\x11\x81\xa1a\x01", r#"{"a":1}"#),
            (b"\xc7\x06\x7f\x01\xa3A::\x01", r#"{"$class":"A::","$value":1}"#),
            (b"\xd4\x20\x01", r#"{"$class":"ext 32","$value":[1]}"#),
            (b"\xc4\x01a", r#"{"$bytes":"YQ=="}"#),
        ];
        for (body, expected) in table {
            assert_eq!(read(body).unwrap(), *expected, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |depth: usize| [&b"\x91".repeat(depth)[..], b"\x01"].concat();
            assert!(read(&nested(DEPTH)).is_ok());
            assert_eq!(read(&nested(DEPTH + 1)).unwrap_err().reason, "nested deeper than 256");
            assert_eq!(
                read(b"\xdd\xff\xff\xff\xff").unwrap_err().reason,
                "4294967295 values announced, but fewer bytes are left"
            );
            assert_eq!(
                read(b"\x01\x01").unwrap_err().to_string(),
                "rails-msgpack: something follows the value at byte 3"
            );
            assert_eq!(
                read(b"\xd4\x03\x92\x01\x01").unwrap_err().reason,
                "a value that extends past its container"
            );
        });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            near in prop::collection::vec(prop::sample::select(&b"\xc7\xd4\xd5\x00\x01\x02\x03\x05\x06\x07\x08\x0a\x0c\x7f\x91\x81\xce\xcf"[..]), 0..64),
        ) {
            let _ = read(&bytes);
            let _ = read(&near);
        }
    }
}
