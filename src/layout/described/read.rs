//! From a value to a session's data, by the wrappers, the codec and the fields of a description.

use std::borrow::Cow;

use super::{Described, HASH, JSON, of};
use crate::codec::{self, DecodeError, Limits};
use crate::layout::blob::{self, Blob, Decoded, Form};
use crate::layout::setup::Setup;
use crate::store::{Kind, Raw};
use crate::value::Value;
use crate::wrap;

/// The bytes that the session is in, with what is around it.
pub(super) fn wrapped<'b>(setup: &Setup, blob: &'b Blob<'_>) -> Result<&'b [u8], String> {
    let described = of(setup);
    match (described.record, blob.raw) {
        (Kind::Hash, Raw::Hash(_)) => {
            let field = described.field.as_deref().unwrap_or_default();
            blob.field(field).ok_or_else(|| format!("the hash has no field `{field}`"))
        }
        (Kind::Hash, Raw::Text(_) | Raw::Head(..)) => Err("the key is a string, not a hash".to_string()),
        (_, Raw::Text(text)) => Ok(&text[..]),
        _ => Err(blob.unreadable(JSON).reason),
    }
}

pub(super) fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let mut decoded = decoded(setup, blob);
    let paths = of(setup).paths();
    if let Ok(value) = &decoded.value {
        let closed: Vec<&str> = paths.filter_map(|path| closed(value, path)).collect();
        if !closed.is_empty()
            && let Ok(value) = &mut decoded.value
        {
            let value = value.to_mut();
            for at in closed {
                enter(value, at, &blob.limits);
            }
            decoded.via.push(JSON);
        }
    }
    decoded
}

/// How far a path leads until JSON stands there as a string; `None` where it leads to its end or nowhere.
pub(super) fn closed<'p>(value: &Value<'_>, path: &'p str) -> Option<&'p str> {
    let begins =
        |value: &Value<'_>| value.as_str().is_some_and(|text| text.trim_start().starts_with(['{', '[']));
    if value.at(path).is_some() {
        return None;
    }
    let dots = path.char_indices().filter(|(_, char)| *char == '.').map(|(at, _)| &path[..at]);
    dots.into_iter().find(|before| value.at(before).is_some_and(begins))
}

/// Puts what the JSON text at this path holds into its place.
pub(super) fn enter(value: &mut Value<'_>, path: &str, limits: &Limits) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let members = match value {
        Value::Map(members) => members,
        Value::Object(object) => &mut object.fields,
        _ => return,
    };
    let Some((_, member)) = members.iter_mut().rev().find(|(member, _)| member == name) else { return };
    if let Some(rest) = rest {
        enter(member, rest, limits);
    } else {
        let inner = member.as_str().and_then(|text| codec::json::decode(text.as_bytes(), limits).ok());
        if let Some(inner) = inner.map(Value::into_owned) {
            *member = inner;
        }
    }
}

pub(super) fn decoded<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let described = of(setup);
    if let (Kind::Hash, None, Raw::Hash(fields)) = (described.record, &described.field, blob.raw) {
        return fields_of(described, fields, &blob.limits);
    }
    let bytes = wrapped(setup, blob);
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(why) => {
            let what = described.codec.unwrap_or(described.record.name());
            return Decoded::failed(what, DecodeError::new(what, 0, why));
        }
    };
    if described.wrappers.is_empty() {
        // Already decoded when another layout was asked.
        if described.record == Kind::String
            && blob.form(Form::Json).is_some()
            && described.codec.is_none_or(|codec| codec == JSON)
        {
            return blob.whole_json();
        }
        let (name, value) = decode(described.codec, bytes, &blob.limits);
        return Decoded { via: vec![name], value: value.map(Cow::Owned) };
    }
    let mut via = described.wrappers.clone();
    let mut plain = Cow::Borrowed(bytes);
    for name in &described.wrappers {
        let Some(wrapper) = wrap::by_name(name) else { continue };
        let opened = match wrapper.open {
            wrap::Open::Plain(open) => open(&plain, &blob.limits),
            wrap::Open::Sealed { option, open, .. } => match setup.texts(option) {
                [] => Err(DecodeError::new(wrapper.name, 0, format!("sealed; option `{option}` opens it"))),
                secrets => open(&plain, secrets).map_err(DecodeError::from),
            },
        };
        match opened {
            Ok(inner) => plain = Cow::Owned(inner),
            Err(error) => return Decoded { via, value: Err(error) },
        }
    }
    let (name, value) = decode(described.codec, &plain, &blob.limits);
    via.push(name);
    Decoded { via, value: value.map(|value| Cow::Owned(value.into_owned())) }
}

/// By that codec, or by the first that takes the bytes for its own and can read all of them.
pub(super) fn decode<'b>(
    name: Option<&str>,
    bytes: &'b [u8],
    limits: &Limits,
) -> (&'static str, Result<Value<'b>, DecodeError>) {
    if let Some(codec) = name.and_then(codec::by_name) {
        return (codec.name, (codec.decode)(bytes, limits));
    }
    let mut furthest: Option<(&'static str, DecodeError)> = None;
    for codec in codec::ALL.iter().filter(|codec| (codec.sniff)(bytes)) {
        match (codec.decode)(bytes, limits) {
            Ok(value) => return (codec.name, Ok(value)),
            Err(error) if furthest.as_ref().is_none_or(|(_, far)| far.offset < error.offset) => {
                furthest = Some((codec.name, error));
            }
            Err(_) => {}
        }
    }
    let (name, error) =
        furthest.unwrap_or_else(|| (JSON, DecodeError::new(JSON, 0, "no codec recognises the value")));
    (name, Err(error))
}

/// The session is the fields; each is decoded where the description names a codec that can.
pub(super) fn fields_of<'b>(
    described: &Described,
    fields: &'b [(Vec<u8>, Vec<u8>)],
    limits: &Limits,
) -> Decoded<'b> {
    let codec = described.codec.and_then(codec::by_name);
    let value = |bytes: &'b [u8]| {
        let decoded = codec.and_then(|codec| (codec.decode)(bytes, limits).ok());
        decoded.unwrap_or_else(|| blob::plain(bytes))
    };
    let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), value(bytes)));
    Decoded::owned(HASH, Value::Map(members.collect()))
}
