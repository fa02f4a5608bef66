//! A key and its value as layouts see them: decoded once, looked at by many.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::php::look as php;
use super::python::look as python;
use crate::codec::{self, Codec, DecodeError, Limits};
use crate::store::{Raw, Record};
use crate::value::Value;

/// One key's content. Each form that a layout asks for is decoded once, and only when it is asked for.
#[derive(Debug)]
pub struct Blob<'a> {
    pub key: &'a [u8],
    pub raw: &'a Raw,
    /// The string; of a file or an item of Memcached, what it holds.
    content: Option<&'a [u8]>,
    looks: Looks<'a>,
    fields: OnceCell<Box<Field<'a>>>,
    pub limits: Limits,
    /// What the keys hold that the layout named as parts of the session's data, as far as they were
    /// read.
    pub parts: &'a [Record],
}

/// A serialization that several layouts ask a value about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An object or a list; a JSON text that is neither is someone else's.
    Json,
    Pickle,
    Marshal,
    /// What is in an entry of Rails' cache, and when that ends.
    RailsEntry,
    Etf,
    Msgpack,
    Storable,
    Sereal,
    Dumper,
    PerlYaml,
    Gob,
}

impl Form {
    const COUNT: usize = 11;

    pub const fn codec(self) -> &'static Codec {
        match self {
            Form::Json => &codec::json::CODEC,
            Form::Pickle => &codec::pickle::CODEC,
            Form::Marshal => &codec::marshal::CODEC,
            Form::RailsEntry => &codec::rails_cache::ENTRY,
            Form::Etf => &codec::etf::CODEC,
            Form::Msgpack => &codec::msgpack::CODEC,
            Form::Storable => &codec::storable::CODEC,
            Form::Sereal => &codec::sereal::CODEC,
            Form::Dumper => &codec::dumper::CODEC,
            Form::PerlYaml => &codec::perl_yaml::CODEC,
            Form::Gob => &codec::gob::CODEC,
        }
    }

    /// Whether the first bytes are worth the decoding.
    pub fn is_likely(self, text: &[u8]) -> bool {
        match self {
            Form::Json => matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')),
            other => (other.codec().sniff)(text),
        }
    }
}

/// What a value was found to be so far: nothing where its first bytes are of another form.
#[derive(Debug, Default)]
struct Looks<'a> {
    forms: [OnceCell<Option<Result<Value<'a>, DecodeError>>>; Form::COUNT],
    php: OnceCell<php::Look<'a>>,
    unpacked: OnceCell<Option<python::Unpacked>>,
}

/// A field of a hash that a layout looks at, and the next such field.
#[derive(Debug)]
struct Field<'a> {
    name: &'static str,
    blob: Blob<'a>,
    /// What was made of the field, where it has to be unpacked first.
    made: OnceCell<Decoded<'static>>,
    next: OnceCell<Box<Field<'a>>>,
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
        let content = match raw {
            Raw::Text(text) => Some(&text[..]),
            Raw::Hash(fields) => contained(fields),
            _ => None,
        };
        let (looks, fields) = (Looks::default(), OnceCell::new());
        Blob { key, raw, content, looks, fields, limits, parts: &[] }
    }

    /// One column of a row, looked at as the string that a session is elsewhere, under the row's own key without the
    /// table. Each form that is asked for is decoded once, here too.
    pub fn column(&self, name: &'static str) -> Option<&Blob<'a>> {
        Some(&self.named(name)?.blob)
    }

    fn named(&self, name: &'static str) -> Option<&Field<'a>> {
        let text = self.field(name)?;
        let mut place = &self.fields;
        loop {
            let field = place.get_or_init(|| {
                // What precedes it in the key is the table.
                let start = memchr::memchr(b':', self.key).map_or(0, |at| at + 1);
                let blob =
                    Blob { content: Some(text), ..Blob::new(&self.key[start..], self.raw, self.limits) };
                Box::new(Field { name, blob, made: OnceCell::new(), next: OnceCell::new() })
            });
            if field.name == name {
                return Some(field);
            }
            place = &field.next;
        }
    }

    /// What one layout makes of a field that it has to unpack; made once.
    pub fn made(
        &self,
        name: &'static str,
        make: impl FnOnce(&Blob<'a>) -> Decoded<'static>,
    ) -> Option<&Decoded<'static>> {
        let field = self.named(name)?;
        Some(field.made.get_or_init(|| make(&field.blob)))
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
            Raw::Head(text, _) => Some(text),
            _ => self.content,
        }
    }

    /// What decoding the whole string in that form gave; `None` where it does not begin like one.
    pub fn form(&self, form: Form) -> Option<&Result<Value<'a>, DecodeError>> {
        let text = self.content?;
        let look = || form.is_likely(text).then(|| (form.codec().decode)(text, &self.limits));
        self.looks.forms[form as usize].get_or_init(look).as_ref()
    }

    /// What the string is to PHP. One that decodes as JSON is nothing of PHP's.
    pub fn php_look(&self) -> &php::Look<'a> {
        self.looks.php.get_or_init(|| match self.content {
            Some(text) if self.json().is_none() => php::look(text, &self.limits),
            _ => php::Look::Other,
        })
    }

    /// What is in the string, where it was compressed as a store of Python does it.
    pub(super) fn unpacked(&self) -> Option<&python::Unpacked> {
        let text = self.content?;
        self.looks.unpacked.get_or_init(|| python::unpack(text, &self.limits)).as_ref()
    }

    /// The value, if the string is a JSON object or list that decodes.
    pub fn json(&self) -> Option<&Value<'a>> {
        self.form(Form::Json)?.as_ref().ok()
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
    pub fn whole_json(&self) -> Decoded<'_> {
        const NAME: &str = crate::codec::json::CODEC.name;
        match self.form(Form::Json) {
            Some(Ok(value)) => Decoded { via: vec![NAME], value: Ok(Cow::Borrowed(value)) },
            Some(Err(error)) => Decoded::failed(NAME, error.clone()),
            None => Decoded::failed(NAME, self.unreadable(NAME)),
        }
    }

    /// Why this is nothing that a string codec could read.
    pub fn unreadable(&self, codec: &'static str) -> DecodeError {
        DecodeError::new(
            codec,
            0,
            match self.raw {
                _ if self.content.is_some_and(<[u8]>::is_empty) => "the value is empty".to_string(),
                _ if self.content.is_some() => "the value is of another form".to_string(),
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

/// What a file or an item of Memcached holds, by the fields that their stores hand on.
fn contained(fields: &[(Vec<u8>, Vec<u8>)]) -> Option<&[u8]> {
    let named = |at: usize, name: &str| fields.get(at).is_some_and(|(field, _)| field == name.as_bytes());
    let file = fields.len() == 3 && named(0, "content") && named(1, "mtime") && named(2, "owner");
    let item = fields.len() == 2 && named(0, "value") && named(1, "flags");
    (file || item).then(|| &fields[0].1[..])
}

/// The shortest text that a cipher with a nonce and a tag makes.
const SEALED: usize = 28;

/// Whether a string looks like what came out of a cipher: its beginning is not even UTF-8.
pub fn is_opaque(text: &[u8]) -> bool {
    // A character may be cut off at the end of what is looked at.
    text.len() >= SEALED
        && std::str::from_utf8(&text[..SEALED])
            .is_err_and(|error| error.error_len().is_some() || error.valid_up_to() + 4 <= SEALED)
}

/// A field's bytes as they are: text, or bytes where they are no UTF-8.
pub fn plain(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}
