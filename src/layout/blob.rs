//! A key and its value as layouts see them: decoded once, looked at by many.

use super::*;
use crate::store::Record;

/// One key's content. A JSON text is decoded when the blob is made, since most layouts look at it.
#[derive(Debug)]
pub struct Blob<'a> {
    pub key: &'a [u8],
    pub raw: &'a Raw,
    /// The decoded text where the value is a string that begins like a JSON object or list.
    pub json: Option<Result<Value<'a>, DecodeError>>,
    /// What the string is to PHP; decoded when its first bytes are likely.
    pub php: php::Look<'a>,
    pub limits: Limits,
    /// What the keys hold that the layout named as parts of the session's data, as far as they were
    /// read.
    pub parts: &'a [Record],
}

/// A session's data and how it was come by.
#[derive(Debug, Clone)]
pub struct Decoded<'b> {
    /// Wrappers and codec, outermost first.
    pub via: Vec<&'static str>,
    pub value: Result<Cow<'b, Value<'b>>, DecodeError>,
}

impl<'b> Decoded<'b> {
    pub fn owned(via: &'static str, value: Value<'b>) -> Self {
        Decoded { via: vec![via], value: Ok(Cow::Owned(value)) }
    }

    pub fn failed(via: &'static str, error: DecodeError) -> Self {
        Decoded { via: vec![via], value: Err(error) }
    }

    pub fn value(&self) -> Option<&Value<'b>> {
        self.value.as_deref().ok()
    }
}

impl<'a> Blob<'a> {
    pub fn new(key: &'a [u8], raw: &'a Raw, limits: Limits) -> Self {
        let json = match raw {
            Raw::Text(text) => match text.trim_ascii_start().first() {
                Some(b'{' | b'[') => Some((crate::codec::json::CODEC.decode)(text, &limits)),
                _ => None,
            },
            _ => None,
        };
        let php = match raw {
            Raw::Text(text) if !matches!(json, Some(Ok(_))) => php::look(text, &limits),
            _ => php::Look::Other,
        };
        Blob { key, raw, json, php, limits, parts: &[] }
    }

    /// The string that a part of the session's data is.
    pub fn part(&self, key: &[u8]) -> Option<&'a [u8]> {
        let part = self.parts.iter().find(|part| part.key.0 == key)?;
        match &part.raw {
            Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The string's bytes, as far as they were read.
    pub fn text(&self) -> Option<&'a [u8]> {
        match self.raw {
            Raw::Text(text) | Raw::Head(text, _) => Some(text),
            _ => None,
        }
    }

    /// The value, if the string is a JSON object or list that decodes.
    pub fn json(&self) -> Option<&Value<'a>> {
        self.json.as_ref()?.as_ref().ok()
    }

    /// The members, if the string is a JSON object.
    pub fn object(&self) -> Option<&[(Cow<'a, str>, Value<'a>)]> {
        match self.json()? {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    /// A top-level member of the JSON object.
    pub fn member(&self, name: &str) -> Option<&Value<'a>> {
        self.object()?.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A hash's fields.
    pub fn fields(&self) -> Option<&'a [(Vec<u8>, Vec<u8>)]> {
        match self.raw {
            Raw::Hash(fields) => Some(fields),
            _ => None,
        }
    }

    /// One field of a hash.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields()?.iter().find(|(field, _)| field == name.as_bytes()).map(|(_, value)| &value[..])
    }

    /// The session is the JSON text as it stands.
    pub fn whole_json(&'a self) -> Decoded<'a> {
        const NAME: &str = crate::codec::json::CODEC.name;
        match &self.json {
            Some(Ok(value)) => Decoded { via: vec![NAME], value: Ok(Cow::Borrowed(value)) },
            Some(Err(error)) => Decoded::failed(NAME, error.clone()),
            None => Decoded::failed(NAME, self.unreadable(NAME)),
        }
    }

    /// Why this is nothing that a text codec could read.
    pub fn unreadable(&self, codec: &'static str) -> DecodeError {
        DecodeError::new(
            codec,
            0,
            match self.raw {
                Raw::Text(text) if text.is_empty() => "the value is empty".to_string(),
                Raw::Text(_) | Raw::Head(..) => "the value is of another form".to_string(),
                Raw::Hash(_) => "the key is a hash, not a string".to_string(),
                Raw::Oversized(..) => self.raw.too_large().unwrap_or_default(),
                Raw::Other(kind) => format!("the key is a {}", kind.name()),
                Raw::Gone => "the key is gone".to_string(),
                Raw::Unread => "the value was not read".to_string(),
            },
        )
    }
}

/// A field's bytes as they are: text, or bytes where they are no UTF-8.
pub fn plain(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}
