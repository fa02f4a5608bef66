//! The items of an ASP.NET session: System.Web's `SessionStateItemCollection`, whose values are
//! written by its `AltSerialization` (.NET Framework reference source, System.Web/State).
//!
//! An item that cannot be read is shown as its class with its bytes; only a collection that does not
//! add up is an error.

use std::borrow::Cow;

use super::bytes::Cursor;
use super::dotnet;
use super::dotnet_binary::{self, Spare};
use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::Value;

/// The collection as .NET Framework writes it; Mono's class of that name writes another form.
pub const CODEC: Codec =
    Codec { name: "system-web", about: "ASP.NET session items (System.Web)", sniff, decode };

/// A small number of items, the position of the nameless one, and a name that begins within reason.
fn sniff(bytes: &[u8]) -> bool {
    let Some((count, rest)) = bytes.split_first_chunk::<4>() else { return false };
    let Some((nameless, names)) = rest.split_first_chunk::<4>() else { return false };
    let (count, nameless) = (i32::from_le_bytes(*count), i32::from_le_bytes(*nameless));
    (1..=0xffff).contains(&count) && (-1..count).contains(&nameless) && !names.is_empty()
}

/// Decodes the whole of the bytes to a map of the items; the one without a name is named "".
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    collection(bytes, limits).map_err(|error| *error)
}

fn collection<'a>(bytes: &'a [u8], limits: &Limits) -> Parsed<Value<'a>> {
    let mut reader = Cursor::new(CODEC.name, bytes);
    // A name, an offset and a type.
    let count = reader.count(0)?;
    if count == 0 {
        return finish(&reader, Vec::new());
    }
    let nameless = reader.i32()?;
    if !(-1..=i32::MAX).contains(&nameless) || nameless >= count as i32 {
        return reader.fault_at(4, "no item is at the position of the one without a name");
    }
    if count.saturating_mul(6) > reader.left() + 1 || count > limits.values {
        return reader.fault_at(0, format!("{count} items announced, but fewer bytes are left"));
    }
    let mut names = Vec::with_capacity(count);
    for index in 0..count {
        names.push(if index as i32 == nameless { Cow::Borrowed("") } else { reader.text()? });
    }
    let mut ends = Vec::with_capacity(count);
    for _ in 0..count {
        ends.push(reader.count(0)?);
    }
    let mut items = Vec::with_capacity(count);
    let mut start = 0;
    let mut spare = Spare::default();
    for (name, end) in names.into_iter().zip(ends) {
        let Some(length) = end.checked_sub(start) else {
            return reader.fault("an item ends before it begins");
        };
        start = end;
        let item = value(reader.take(length)?, &name, limits, &mut spare);
        items.push((name, item));
    }
    finish(&reader, items)
}

fn finish<'a>(reader: &Cursor<'a>, items: Vec<(Cow<'a, str>, Value<'a>)>) -> Parsed<Value<'a>> {
    if reader.left() > 0 {
        return reader.fault("something follows the items");
    }
    Ok(Value::Map(last_wins(items)))
}

/// One item: a type and its value.
fn value<'a>(bytes: &'a [u8], name: &str, limits: &Limits, spare: &mut Spare) -> Value<'a> {
    let Some((kind, payload)) = bytes.split_first() else {
        return dotnet::opaque("System.Object".into(), Value::Bytes(Cow::Borrowed(bytes)));
    };
    if *kind == 20 {
        let mut pointer = String::new();
        dotnet::pointer_part(name, &mut pointer);
        return dotnet_binary::decode_or_bytes(payload, limits, &pointer, spare);
    }
    let mut reader = Cursor::new(CODEC.name, payload);
    match scalar(*kind, &mut reader) {
        Ok(Some(value)) if reader.left() == 0 => value,
        _ => dotnet::opaque(class(*kind).into(), Value::Bytes(Cow::Borrowed(payload))),
    }
}

/// A value of a type of its own; `None` for what is none.
fn scalar<'a>(kind: u8, reader: &mut Cursor<'a>) -> Parsed<Option<Value<'a>>> {
    // Pointers are as wide as the machine's were.
    let kind = match (kind, reader.left()) {
        (18, 4) => 2,
        (19, 4) => 14,
        (kind, _) => kind,
    };
    Ok(Some(match kind {
        1 => Value::Text(reader.text()?),
        2 => Value::Int(reader.i32()?.into()),
        3 => Value::Bool(reader.byte()? != 0),
        // The ticks alone: what zone it was is lost.
        4 => return Ok(dotnet::date(reader.i64()?)),
        5 => {
            let [low, middle, high, flags] =
                [reader.i32()?, reader.i32()?, reader.i32()?, reader.i32()?].map(|word| word as u32);
            return Ok(dotnet::decimal(low, middle, high, flags));
        }
        6 => Value::Int(reader.byte()?.into()),
        7 => {
            let text = std::str::from_utf8(reader.take(reader.left())?).ok();
            return Ok(text.filter(|text| text.chars().count() == 1).map(|text| Value::Text(text.into())));
        }
        8 => Value::Float(f32::from_le_bytes(reader.array()?).into()),
        9 => Value::Float(f64::from_le_bytes(reader.array()?)),
        10 => Value::Int(i8::from_le_bytes(reader.array()?).into()),
        11 => Value::Int(i16::from_le_bytes(reader.array()?).into()),
        12 | 18 => Value::Int(reader.i64()?),
        13 => Value::Int(u16::from_le_bytes(reader.array()?).into()),
        14 => Value::Int(u32::from_le_bytes(reader.array()?).into()),
        15 | 19 => unsigned(u64::from_le_bytes(reader.array()?)),
        16 => dotnet::time_span(reader.i64()?),
        17 => Value::Uuid(Cow::Owned(dotnet::guid(reader.array()?))),
        21 => Value::Null,
        _ => return Ok(None),
    }))
}

fn unsigned(number: u64) -> Value<'static> {
    i64::try_from(number).map_or(Value::UInt(number), Value::Int)
}

/// The class after a type, for values that do not fit it.
fn class(kind: u8) -> &'static str {
    const NAMES: [&str; 19] = [
        "System.String",
        "System.Int32",
        "System.Boolean",
        "System.DateTime",
        "System.Decimal",
        "System.Byte",
        "System.Char",
        "System.Single",
        "System.Double",
        "System.SByte",
        "System.Int16",
        "System.Int64",
        "System.UInt16",
        "System.UInt32",
        "System.UInt64",
        "System.TimeSpan",
        "System.Guid",
        "System.IntPtr",
        "System.UIntPtr",
    ];
    usize::from(kind).checked_sub(1).and_then(|at| NAMES.get(at)).unwrap_or(&"System.Object")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::dotnet_binary::tests::ring;
    use proptest::prelude::*;

    /// A collection of such items; an empty name is that of the nameless one.
    fn collection(items: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = (items.len() as i32).to_le_bytes().to_vec();
        if items.is_empty() {
            return bytes;
        }
        let nameless = items.iter().position(|(name, _)| name.is_empty()).map_or(-1, |at| at as i32);
        bytes.extend(nameless.to_le_bytes());
        for (name, _) in items.iter().filter(|(name, _)| !name.is_empty()) {
            bytes.push(name.len() as u8);
            bytes.extend(name.as_bytes());
        }
        let mut end = 0;
        for (_, value) in items {
            end += value.len() as i32;
            bytes.extend(end.to_le_bytes());
        }
        for (_, value) in items {
            bytes.extend(*value);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    #[test]
    fn every_type() {
        let stream = [&[20][..], &ring()].concat();
        let table: &[(&[u8], &str)] = &[
            (b"\x01\x05alice", "\"alice\""),
            (b"\x01\x00", "\"\""),
            (b"\x02\xff\xff\xff\xff", "-1"),
            (b"\x03\x01", "true"),
            (b"\x04\0\xf4\x9d\x8a\x4b\x76\xdc\x08", r#"{"$date":"2024-05-17T08:30:00"}"#),
            (b"\x05\xc6\x07\0\0\0\0\0\0\0\0\0\0\0\0\x02\x80", r#"{"$decimal":"-19.90"}"#),
            (b"\x06\xff", "255"),
            (b"\x07\xe2\x82\xac", "\"€\""),
            (b"\x08\0\0\xc0\x3f", "1.5"),
            (b"\x09\0\0\0\0\0\0\xf8\x7f", r#"{"$float":"NaN"}"#),
            (b"\x0a\xff", "-1"),
            (b"\x0b\xff\xff", "-1"),
            (b"\x0c\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807"),
            (b"\x0d\xff\xff", "65535"),
            (b"\x0e\xff\xff\xff\xff", "4294967295"),
            (b"\x0f\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\x10\x00\x9c\xa6\x92\x0c\0\0\0", r#"{"$class":"System.TimeSpan","$value":"01:30:00"}"#),
            (
                b"\x11\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
                r#"{"$uuid":"03020100-0504-0706-0809-0a0b0c0d0e0f"}"#,
            ),
            (b"\x12\xff\xff\xff\xff", "-1"),
            (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
            (b"\x13\xff\xff\xff\xff", "4294967295"),
            (b"\x13\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (&stream, r#"{"$class":"App.Node","Next":{"$ref":"/a~1b"}}"#),
            (b"\x15", "null"),
            // What does not fit its type, or has none that is known.
            (b"\x02\xff", r#"{"$class":"System.Int32","$value":{"$bytes":"/w=="}}"#),
            (b"\x03\x01\x01", r#"{"$class":"System.Boolean","$value":{"$bytes":"AQE="}}"#),
            (b"\x07ab", r#"{"$class":"System.Char","$value":{"$bytes":"YWI="}}"#),
            (
                b"\x04\xff\xff\xff\xff\xff\xff\xff\xff",
                r#"{"$class":"System.DateTime","$value":{"$bytes":"//////////8="}}"#,
            ),
            (b"\x14\0", r#"{"$class":"System.Object","$value":{"$bytes":"AA=="}}"#),
            (b"\x63a", r#"{"$class":"System.Object","$value":{"$bytes":"YQ=="}}"#),
            (b"\x00", r#"{"$class":"System.Object","$value":{"$bytes":""}}"#),
        ];
        for (item, expected) in table {
            let bytes = collection(&[("a/b", item)]);
            assert_eq!(read(&bytes).unwrap().to_json(), format!(r#"{{"a/b":{expected}}}"#), "{item:?}");
        }
    }

    #[test]
    fn items_keep_their_order_and_one_may_have_no_name() {
        assert_eq!(read(&collection(&[])).unwrap().to_json(), "{}");
        let items: &[(&str, &[u8])] = &[("b", b"\x15"), ("", b"\x03\x00"), ("a", b"\x15")];
        assert_eq!(read(&collection(items)).unwrap().to_json(), r#"{"b":null,"":false,"a":null}"#);
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"\0\0\0\0\0", 4),
            (b"\xff\xff\xff\xff", 0),
            (b"\xff\xff\xff\x7f\xff\xff\xff\xff", 4),
            (b"\x01\0\0\0\x01\0\0\0\x01a\x01\0\0\0\x15", 4),
            (b"\x01\0\0\0\xfe\xff\xff\xff\x01a\x01\0\0\0\x15", 4),
            (b"\x01\0\0\0\xff\xff\xff\xff\x01a\xff\xff\xff\xff\x15", 10),
            (b"\x01\0\0\0\xff\xff\xff\xff\x01a\xff\xff\0\0\x15", 14),
            (b"\x01\0\0\0\xff\xff\xff\xff\x01a\x01\0\0\0\x15\xff", 15),
            (b"\x02\0\0\0\xff\xff\xff\xff\x01a\x01b\x02\0\0\0\x01\0\0\0\x15\x15", 22),
        ];
        for (bytes, offset) in table {
            let error = read(bytes).unwrap_err();
            // A count that no bytes could bear is found out before or after it.
            assert!(error.offset == *offset || *bytes == table[3].0, "{bytes:?}: {error}");
        }
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_an_error_or_a_value() {
        let stream = [&[20][..], &ring()].concat();
        let bytes = collection(&[("one", b"\x01\x05alice"), ("two", &stream), ("", b"\x15")]);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let _ = read(&changed);
            }
        }
    }

    #[test]
    fn sniffing() {
        assert!(sniff(&collection(&[("a", b"\x15")])));
        for bytes in [&b""[..], b"\0\0\0\0", b"{\"a\":1}", b"\x01\0\0\0\x05\0\0\0a", b"a:1:{i:0;i:1;}"] {
            assert!(!sniff(bytes), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), count in 0..4_i32) {
            let _ = read(&bytes);
            let _ = read(&[&count.to_le_bytes()[..], &[0xff; 4], &bytes].concat());
        }
    }
}
