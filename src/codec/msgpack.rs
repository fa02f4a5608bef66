//! MessagePack.
//!
//! Written by hand because every length in it is a claim of the writer: each one is held against
//! the bytes that are left before anything is allocated.

use std::borrow::Cow;

use super::bytes::{Cursor, Nest};
use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::{Object, Value};

/// MessagePack of any writer.
pub const CODEC: Codec = Codec { name: "msgpack", about: "MessagePack", sniff, decode };

/// Whether it begins with a map or a list, as every session does; a bare scalar could be anything.
fn sniff(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0x9f | 0xdc..=0xdf))
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader {
        bytes: Cursor::new(CODEC.name, bytes),
        limits: *limits,
        nest: Nest::new(limits.depth),
        values: 0,
    };
    reader.document().map_err(|error| *error)
}

struct Reader<'a> {
    bytes: Cursor<'a>,
    limits: Limits,
    nest: Nest,
    values: usize,
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
            _ => self.scalar(marker),
        }
    }

    fn scalar(&mut self, marker: u8) -> Parsed<Value<'a>> {
        Ok(match marker {
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            0xd9..=0xdb => {
                let length = self.bytes.length(marker - 0xd9)?;
                self.text(length)?
            }
            0xc4..=0xc6 => {
                let length = self.bytes.length(marker - 0xc4)?;
                Value::Bytes(Cow::Borrowed(self.bytes.take(length)?))
            }
            0xc7..=0xc9 => {
                let length = self.bytes.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            _ => return plain(&mut self.bytes, marker),
        })
    }

    fn text(&mut self, length: usize) -> Parsed<Value<'a>> {
        Ok(text(self.bytes.take(length)?))
    }

    /// Steps into a container of this many values, and tells for how many to make room.
    fn enter(&mut self, count: usize) -> Parsed<usize> {
        let room = self.nest.enter_for(&self.bytes, count, "values")?;
        if count > self.limits.values {
            return self.bytes.fault(format!("more than {} values", self.limits.values));
        }
        Ok(room)
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
        let mut members = Vec::with_capacity(self.enter(length.saturating_mul(2))? / 2);
        while members.len() < length {
            match self.value()? {
                Value::Text(name) => members.push((name, self.value()?)),
                key => return self.pairs(text_keys(members, key), length),
            }
        }
        self.nest.leave();
        Ok(Value::Map(last_wins(members)))
    }

    /// Reads on in a map whose last key so far, still without its value, is not text.
    fn pairs(&mut self, mut pairs: Vec<(Value<'a>, Value<'a>)>, length: usize) -> Parsed<Value<'a>> {
        loop {
            let value = self.value()?;
            if let Some(pair) = pairs.last_mut() {
                pair.1 = value;
            }
            if pairs.len() == length {
                self.nest.leave();
                return Ok(Value::Pairs(pairs));
            }
            pairs.push((self.value()?, Value::Null));
        }
    }

    fn extension(&mut self, length: usize) -> Parsed<Value<'a>> {
        let kind = self.bytes.byte()? as i8;
        let payload = self.bytes.take(length)?;
        let date = if kind == -1 { timestamp(payload) } else { None };
        Ok(date.map_or_else(
            || {
                Value::Object(Box::new(Object {
                    class: Cow::Owned(format!("ext {kind}")),
                    fields: Vec::new(),
                    payload: Some(Value::Bytes(Cow::Borrowed(payload))),
                }))
            },
            |date| Value::Date(Cow::Owned(date)),
        ))
    }
}

/// A string, or bytes: old writers have one type for both.
pub(super) fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes)
        .map_or(Value::Bytes(Cow::Borrowed(bytes)), |text| Value::Text(Cow::Borrowed(text)))
}

/// What is neither text nor bytes nor holds anything; the marker was just read.
///
/// Inlined, so that what tells the markers apart is one table in each reader.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(super) fn plain<'a>(bytes: &mut Cursor<'a>, marker: u8) -> Parsed<Value<'a>> {
    Ok(match marker {
        0x00..=0x7f => Value::Int(i64::from(marker)),
        0xe0..=0xff => Value::Int(i64::from(marker as i8)),
        0xc0 => Value::Null,
        0xc2 => Value::Bool(false),
        0xc3 => Value::Bool(true),
        0xca => Value::Float(f64::from(f32::from_be_bytes(bytes.array()?))),
        0xcb => Value::Float(f64::from_be_bytes(bytes.array()?)),
        0xcc..=0xcf => Value::whole(bytes.unsigned(marker - 0xcc)?),
        0xd0..=0xd3 => {
            let width = marker - 0xd0;
            // Two's complement.
            let unused = 64 - (8 << width);
            Value::Int(((bytes.unsigned(width)? << unused) as i64) >> unused)
        }
        _ => return no_value(bytes, marker),
    })
}

/// The error of a marker that was just read.
#[cold]
fn no_value<T>(bytes: &mut Cursor<'_>, marker: u8) -> Parsed<T> {
    bytes.at -= 1;
    bytes.fault(format!("no value begins with {marker:#04x}"))
}

/// The members as pairs, and another key whose value is still to come.
fn text_keys<'a>(members: Vec<(Cow<'a, str>, Value<'a>)>, key: Value<'a>) -> Vec<(Value<'a>, Value<'a>)> {
    let mut pairs: Vec<_> = members.into_iter().map(|(name, value)| (Value::Text(name), value)).collect();
    pairs.push((key, Value::Null));
    pairs
}

/// The three forms of the timestamp type; `None` for what is no time within the calendar.
fn timestamp(payload: &[u8]) -> Option<String> {
    let (seconds, nanoseconds) = if let Ok(seconds) = <[u8; 4]>::try_from(payload) {
        (i64::from(u32::from_be_bytes(seconds)), 0)
    } else if let Ok(both) = <[u8; 8]>::try_from(payload) {
        let both = u64::from_be_bytes(both);
        ((both & 0x3_ffff_ffff) as i64, (both >> 34) as u32)
    } else {
        let both = <[u8; 12]>::try_from(payload).ok()?;
        let (nanoseconds, seconds) = both.split_first_chunk::<4>()?;
        (i64::from_be_bytes(*seconds.first_chunk()?), u32::from_be_bytes(*nanoseconds))
    };
    if nanoseconds > 999_999_999 {
        return None;
    }
    // The nanoseconds always count forwards; jiff wants one sign for both and settles that itself.
    let time = jiff::Timestamp::new(seconds, nanoseconds as i32).ok()?;
    let text = time.to_string();
    // Years before 0 have no RFC 3339 form.
    (!text.starts_with('-')).then_some(text)
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
    fn every_marker() {
        let table: &[(&[u8], &str)] = &[
            (b"\xc0", "null"),
            (b"\xc2", "false"),
            (b"\xc3", "true"),
            (b"\x7f", "127"),
            (b"\xe0", "-32"),
            (b"\xff", "-1"),
            (b"\xcc\xff", "255"),
            (b"\xcd\xff\xff", "65535"),
            (b"\xce\xff\xff\xff\xff", "4294967295"),
            (b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807"),
            (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\xd0\x80", "-128"),
            (b"\xd1\x80\x00", "-32768"),
            (b"\xd2\x80\x00\x00\x00", "-2147483648"),
            (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808"),
            (b"\xd3\x00\x00\x00\x00\x00\x00\x00\x05", "5"),
            (b"\xca\x3f\x80\x00\x00", "1.0"),
            (b"\xca\x7f\xc0\x00\x00", r#"{"$float":"NaN"}"#),
            (b"\xcb\x40\x04\x00\x00\x00\x00\x00\x00", "2.5"),
            (b"\xa0", "\"\""),
            (b"\xa2\xc3\xa9", "\"é\""),
            (b"\xa1\xe9", r#"{"$bytes":"6Q=="}"#),
            (b"\xd9\x01a", "\"a\""),
            (b"\xda\x00\x01a", "\"a\""),
            (b"\xdb\x00\x00\x00\x01a", "\"a\""),
            (b"\xc4\x01a", r#"{"$bytes":"YQ=="}"#),
            (b"\xc5\x00\x01a", r#"{"$bytes":"YQ=="}"#),
            (b"\xc6\x00\x00\x00\x00", r#"{"$bytes":""}"#),
            (b"\x90", "[]"),
            (b"\x92\x01\x90", "[1,[]]"),
            (b"\xdc\x00\x01\x01", "[1]"),
            (b"\xdd\x00\x00\x00\x01\x01", "[1]"),
            (b"\x80", "{}"),
            (b"\x81\xa1a\x01", r#"{"a":1}"#),
            (b"\xde\x00\x01\xa1a\x01", r#"{"a":1}"#),
            (b"\xdf\x00\x00\x00\x01\xa1a\x01", r#"{"a":1}"#),
            (b"\x83\xa1a\x01\xa1b\x02\xa1a\x03", r#"{"a":3,"b":2}"#),
            (b"\x83\xa1a\x01\xc0\x02\xa1a\x03", r#"{"$map":[["a",1],[null,2],["a",3]]}"#),
            (b"\x81\xa1\xe9\x01", r#"{"$map":[[{"$bytes":"6Q=="},1]]}"#),
            (b"\xd4\x05\xff", r#"{"$class":"ext 5","$value":{"$bytes":"/w=="}}"#),
            (b"\xd5\x80ab", r#"{"$class":"ext -128","$value":{"$bytes":"YWI="}}"#),
            (
                b"\xd8\x01aaaaaaaaaaaaaaaa",
                r#"{"$class":"ext 1","$value":{"$bytes":"YWFhYWFhYWFhYWFhYWFhYQ=="}}"#,
            ),
            (b"\xc7\x00\x05", r#"{"$class":"ext 5","$value":{"$bytes":""}}"#),
            (b"\xc8\x00\x01\x05a", r#"{"$class":"ext 5","$value":{"$bytes":"YQ=="}}"#),
            (b"\xc9\x00\x00\x00\x01\x05a", r#"{"$class":"ext 5","$value":{"$bytes":"YQ=="}}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn timestamps() {
        let wide = |nanoseconds: u32, seconds: i64| {
            [&b"\xc7\x0c\xff"[..], &nanoseconds.to_be_bytes(), &seconds.to_be_bytes()].concat()
        };
        let table: Vec<(Vec<u8>, &str)> = vec![
            (b"\xd6\xff\x00\x00\x00\x00".to_vec(), "1970-01-01T00:00:00Z"),
            (b"\xd6\xff\xff\xff\xff\xff".to_vec(), "2106-02-07T06:28:15Z"),
            (
                [&b"\xd7\xff"[..], &(500_000_000_u64 << 34 | 1).to_be_bytes()].concat(),
                "1970-01-01T00:00:01.5Z",
            ),
            (wide(1, 1), "1970-01-01T00:00:01.000000001Z"),
            (wide(250_000_000, -1), "1969-12-31T23:59:59.25Z"),
            (wide(0, -62_135_596_800), "0001-01-01T00:00:00Z"),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(&bytes).unwrap(), Value::Date(expected.into()));
        }
        let no_times = [
            wide(1_000_000_000, 0),
            wide(u32::MAX, 0),
            wide(0, i64::MAX),
            wide(0, i64::MIN),
            wide(0, -70_000_000_000),
            b"\xd4\xff\x00".to_vec(),
        ];
        for bytes in no_times {
            assert!(json(&bytes).starts_with(r#"{"$class":"ext -1","$value":{"$bytes":"#));
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
            (b"\xc6\xff\xff\xff\xffa", 5),
            (b"\xc9\xff\xff\xff\xff\x01", 6),
            (b"\x81\xa1a", 3),
            (b"\x82\xa1a\x01", 1),
            (b"\xa2a", 1),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.offset, *offset, "{}: {error}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        let decoding = || {
            let nested = |marker: &[u8], depth| [marker.repeat(depth), vec![0xc0]].concat();
            assert!(read(&nested(b"\x91", 900)).is_ok());
            assert!(read(&nested(b"\x81\xa1a", 900)).is_ok());
            assert!(read(&nested(b"\x81\x01", 900)).is_ok());
            assert_eq!(read(&nested(b"\x91", 901)).unwrap_err().reason, "nested deeper than 900");
            assert!(read(&nested(b"\x91", 200_000)).is_err());
            assert!(read(&nested(b"\xdd\x00\x00\xff\xff", 200_000)).is_err());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        assert!(decode(b"\x92\x01\x02", &limits).is_ok());
        assert_eq!(decode(b"\x93\x01\x02\x03", &limits).unwrap_err().reason, "more than 3 values");
    }

    #[test]
    fn sniffing() {
        for first in 0..=255 {
            let container = matches!(first, 0x80..=0x9f | 0xdc..=0xdf);
            assert_eq!(sniff(&[first, 0]), container, "{first:#x}");
        }
        assert!(!sniff(b""));
    }

    proptest! {
        #[test]
        fn agrees_with_rmp_serde(document in generated()) {
            let bytes = rmp_serde::to_vec(&document).unwrap();
            let value = read(&bytes).unwrap();
            prop_assert!(same(&value, &document), "{value:?}");
            for end in 0..bytes.len() {
                prop_assert!(read(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }
}
