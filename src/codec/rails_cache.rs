//! The entries of Rails' cache: a value of Marshal and when it ends, in the forms of ActiveSupport 4 to 7.1
//! (activesupport cache/entry.rb, cache/coder.rb, cache/serializer_with_fallback.rb of 6.1, 7.0, 7.1).

use std::borrow::Cow;

use super::packed::deflate;
use super::{Codec, DecodeError, Limits, marshal};
use crate::value::Value;

mod packed;

const NAME: &str = "rails-cache";

/// An entry of Rails' cache, shown as the value in it.
pub const CODEC: Codec = Codec { name: NAME, about: "entry of Rails' cache", sniff, decode };

/// How the dump of an entry begins.
const OBJECT: &[u8] = b"\x04\x08o:\x20ActiveSupport::Cache::Entry";

/// Containers around the value of an entry, in its own form.
const AROUND: usize = 2;

/// What is in the cache under a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    pub value: Value<'a>,
    /// When it ends, in seconds since 1970: an entry may be dead while its key lives.
    pub expires_at: Option<f64>,
}

/// Whether it begins as an entry does, of any form.
pub fn sniff(bytes: &[u8]) -> bool {
    match bytes {
        [0, 0x11, kind, ..] => matches!(kind & 0x7f, 1..=4),
        [0, 4, 0..=8, b'[', ..] => true,
        [1, rest @ ..] => deflate::is_zlib(rest),
        [0xcc, 0x80, _, ..] => true,
        _ => bytes.starts_with(OBJECT),
    }
}

/// Decodes the value in the entry.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    open(bytes, limits).map(|entry| entry.value)
}

/// Decodes the whole of the bytes.
pub fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Entry<'a>, DecodeError> {
    match bytes {
        [0, 0x11, ..] => headed(bytes, limits),
        [0, dump @ ..] => row(marshal::decode(dump, limits).map_err(|error| later(error, 1))?),
        [1, packed @ ..] => {
            let plain = deflate::inflate(packed, limits).map_err(|error| later(error, 1))?;
            let value = marshal::decode(&plain, limits).map_err(|error| inside(&error, 1))?;
            row(value.into_owned())
        }
        _ if bytes.starts_with(packed::SIGNATURE) => row_or_value(packed::decode(bytes, limits)?),
        _ if bytes.starts_with(marshal::HEADER) => object(marshal::decode(bytes, limits)?, limits),
        _ => Err(DecodeError::new(NAME, 0, "not an entry of a known form")),
    }
}

/// An error in what follows this many bytes.
fn later(error: DecodeError, by: usize) -> DecodeError {
    DecodeError { offset: error.offset + by, ..error }
}

/// An error in what was compressed, which begins there.
fn inside(error: &DecodeError, at: usize) -> DecodeError {
    DecodeError::new(NAME, at, format!("in what was compressed, {error}"))
}

/// Form 7.1: a header, then what it says.
fn headed<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Entry<'a>, DecodeError> {
    let short = || DecodeError::new(NAME, bytes.len(), "unexpected end of the header");
    let (kind, rest) = bytes[2..].split_first().ok_or_else(short)?;
    let (expires, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let version = usize::try_from(i32::from_le_bytes(*length)).unwrap_or(0);
    let payload = rest
        .get(version..)
        .ok_or_else(|| DecodeError::new(NAME, 11, format!("a version of {version} bytes, fewer are left")))?;
    let begin = bytes.len() - payload.len();
    let expires = f64::from_le_bytes(*expires);
    let expires_at = (expires >= 0.0).then_some(expires);
    let value = if kind & 0x80 == 0 {
        payload_value(kind & 0x7f, payload, limits).map_err(|error| later(error, begin))?
    } else {
        let plain = deflate::inflate(payload, limits).map_err(|error| later(error, begin))?;
        payload_value(kind & 0x7f, &plain, limits).map_err(|error| inside(&error, begin))?.into_owned()
    };
    Ok(Entry { value, expires_at })
}

fn payload_value<'a>(kind: u8, payload: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    match (kind, payload) {
        (1, [4, 8, ..]) => marshal::decode(payload, limits),
        (1, _) if payload.starts_with(packed::SIGNATURE) => packed::decode(payload, limits),
        // The form of 7.0 within that of 7.1.
        (1, [0, 4, ..] | [1, ..]) => open(payload, limits).map(|entry| entry.value),
        (1, _) => Err(DecodeError::new(
            NAME,
            0,
            "a value of an unknown serializer, expected Marshal or MessagePack",
        )),
        (2..=4, _) => Ok(text(payload)),
        _ => Err(DecodeError::new(NAME, 0, format!("a value of type {kind}, expected 1 to 4"))),
    }
}

fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes)
        .map_or(Value::Bytes(Cow::Borrowed(bytes)), |text| Value::Text(Cow::Borrowed(text)))
}

/// Form 7.0: the value, when it ends and its version, as far as they are not nil.
fn row(value: Value<'_>) -> Result<Entry<'_>, DecodeError> {
    let Value::List(items) = value else {
        return Err(DecodeError::new(NAME, 1, "not a list, expected a value, its end and its version"));
    };
    let mut items = items.into_iter();
    let value = items.next().unwrap_or(Value::Null);
    let expires_at = items.next().and_then(|end| end.as_f64());
    Ok(Entry { value, expires_at })
}

/// MessagePack alone: the value, or an entry as a list as in form 7.0.
fn row_or_value(value: Value<'_>) -> Result<Entry<'_>, DecodeError> {
    match value {
        Value::List(items) if matches!(items.len(), 1..=3) => row(Value::List(items)),
        value => Ok(Entry { value, expires_at: None }),
    }
}

/// An entry as a value, for those who look at it more than once: a list of what is in it and when it
/// ends, in seconds since 1970 or null.
pub const ENTRY: Codec = Codec { name: NAME, about: CODEC.about, sniff, decode: entry };

fn entry<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let Entry { value, expires_at } = open(bytes, limits)?;
    Ok(Value::List(vec![value, expires_at.map_or(Value::Null, Value::Float)]))
}

/// Form 6.1 and before it: an object, or a bare value where the cache keeps it so.
fn object<'a>(value: Value<'a>, limits: &Limits) -> Result<Entry<'a>, DecodeError> {
    let Value::Object(entry) = value else { return Ok(Entry { value, expires_at: None }) };
    if entry.class != "ActiveSupport::Cache::Entry" {
        return Ok(Entry { value: Value::Object(entry), expires_at: None });
    }
    let (mut held, mut packed, mut created, mut lasts, mut end) = (Value::Null, false, None, None, None);
    for (name, value) in entry.fields {
        match &*name {
            "value" | "v" => held = value,
            "compressed" | "c" => packed = value.as_bool() == Some(true),
            "created_at" => created = value.as_f64(),
            "expires_in" => lasts = value.as_f64(),
            "x" => end = value.as_f64(),
            _ => {}
        }
    }
    let expires_at = end.or_else(|| Some(created? + lasts?));
    let bytes = match &held {
        Value::Bytes(bytes) => &bytes[..],
        Value::Text(text) => text.as_bytes(),
        _ => return Ok(Entry { value: held, expires_at }),
    };
    let within = Limits { depth: limits.depth.saturating_sub(AROUND), ..*limits };
    if packed {
        let plain = deflate::inflate(bytes, limits).map_err(|error| inside(&error, 0))?;
        let value = marshal::decode(&plain, &within).map_err(|error| inside(&error, 0))?;
        return Ok(Entry { value: value.into_owned(), expires_at });
    }
    // Rails 3 and before it: the value is a dump of its own.
    if bytes.starts_with(marshal::HEADER)
        && let Ok(value) = marshal::decode(bytes, &within)
    {
        return Ok(Entry { value: value.into_owned(), expires_at });
    }
    Ok(Entry { value: held, expires_at })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::tests::read_samples;

    #[test]
    fn what_rails_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/rails-cache.txt"));
    }

    #[test]
    fn ends() {
        let end = |bytes: &[u8]| open(bytes, &Limits::default()).unwrap().expires_at;
        let headed = |end: f64| [&b"\0\x11\x02"[..], &end.to_le_bytes(), b"\xff\xff\xff\xffv"].concat();
        assert_eq!(end(&headed(1.5)), Some(1.5));
        assert_eq!(end(&headed(-1.0)), None);
        assert_eq!(end(b"\0\x04\x08[\x060"), None);
        assert_eq!(end(b"\0\x04\x08[\x070f\x081.5"), Some(1.5));
        let entry = b"\x04\x08o:\x20ActiveSupport::Cache::Entry\x08:\x0b@valuei\x06:\x10@created_atf\x081.5:\x10@expires_ini\x07";
        assert_eq!(end(entry), Some(3.5));
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "not an entry of a known form"),
            (b"\0\x11\x01", 3, "unexpected end of the header"),
            (b"\0\x11\x02\0\0\0\0\0\0\0\0\x05\0\0\0v", 11, "a version of 5 bytes, fewer are left"),
            (b"\0\x11\x05\0\0\0\0\0\0\0\0\0\0\0\0v", 15, "a value of type 5, expected 1 to 4"),
            (
                b"\0\x11\x01\0\0\0\0\0\0\0\0\0\0\0\0v",
                15,
                "a value of an unknown serializer, expected Marshal or MessagePack",
            ),
            (b"\0\x04\x08i\x06", 1, "not a list, expected a value, its end and its version"),
            (b"\0\x04\x08[\x07i", 5, "2 values announced, but fewer bytes are left"),
        ];
        for (bytes, offset, reason) in table {
            let error = decode(bytes, &Limits::default()).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }
}
