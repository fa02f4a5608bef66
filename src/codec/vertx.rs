//! The sessions of Vert.x web as its Redis and cluster stores write them
//! (`SharedDataSessionImpl.writeToBuffer`, vertx-web 4 and 5): big-endian lengths, names and type
//! bytes.
//!
//! A value that serializes itself (`ClusterSerializable`) has no length, so only the classes that are
//! known here can be passed. Another one ends the data: what was read before it is shown.

use std::borrow::Cow;

use super::{Codec, DecodeError, Limits, json, last_wins};
use crate::value::{Object, Value};

const NAME: &str = "vertx";

/// Vert.x web sessions.
pub const CODEC: Codec = Codec { name: NAME, about: "Vert.x web session buffers", sniff, decode };

/// Bytes between the id and the first entry: timeout, last access, version, count.
const FIXED: usize = 24;

/// Whether an id stands in front that is followed by as much as every session has.
fn sniff(bytes: &[u8]) -> bool {
    id(bytes).is_some_and(|id| bytes.len() >= 4 + id.len() + FIXED)
}

/// The id that a session begins with.
pub fn id(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let id = rest.get(..length)?;
    ((1..=512).contains(&length) && id.iter().all(u8::is_ascii_graphic)).then_some(id)
}

/// Decodes the whole of the bytes, or up to a value of a class whose length nobody else knows.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut reader = Reader { bytes, at: 0, limits };
    let id = reader.text()?;
    let timeout = i64::from_be_bytes(reader.array()?);
    let seen = i64::from_be_bytes(reader.array()?);
    let version = reader.int()?;
    let count = reader.length()?;
    // A name of no length, a type, a byte.
    if count > (bytes.len() - reader.at) / 5 {
        return reader.fault(reader.at, "more entries than bytes");
    }
    let mut data = Vec::with_capacity(count.min(64));
    let mut whole = true;
    for _ in 0..count {
        let name = reader.text()?;
        if let Some(value) = reader.value()? {
            data.push((name, value));
        } else {
            whole = false;
            break;
        }
    }
    if whole && reader.at < bytes.len() {
        return reader.fault(reader.at, "something follows the last entry");
    }
    Ok(Value::Map(vec![
        (Cow::Borrowed("id"), Value::Text(id)),
        (Cow::Borrowed("timeout"), Value::Int(timeout)),
        (Cow::Borrowed("lastAccessed"), Value::Int(seen)),
        (Cow::Borrowed("version"), Value::Int(i64::from(version))),
        (Cow::Borrowed("data"), Value::Map(last_wins(data))),
    ]))
}

struct Reader<'a, 'l> {
    bytes: &'a [u8],
    at: usize,
    limits: &'l Limits,
}

impl<'a> Reader<'a, '_> {
    #[cold]
    #[expect(clippy::unused_self, reason = "faults are found where the reader is")]
    fn fault<T>(&self, at: usize, reason: impl Into<String>) -> Result<T, DecodeError> {
        Err(DecodeError::new(NAME, at, reason))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let Some(taken) = self.bytes[self.at..].get(..length) else {
            return self.fault(self.at, format!("{length} bytes announced, but fewer are left"));
        };
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some(taken) = self.bytes[self.at..].first_chunk::<N>() else {
            return self.fault(self.bytes.len(), "unexpected end");
        };
        self.at += N;
        Ok(*taken)
    }

    fn int(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        match usize::try_from(self.int()?) {
            Ok(length) => Ok(length),
            Err(_) => self.fault(self.at - 4, "a negative length"),
        }
    }

    fn counted(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        Ok(String::from_utf8_lossy(self.counted()?))
    }

    /// A JSON text as its value.
    fn json(&mut self) -> Result<Value<'a>, DecodeError> {
        let text = self.counted()?;
        let begin = self.at - text.len();
        json::decode(text, self.limits)
            .map_err(|error| DecodeError::new(NAME, begin + error.offset, error.reason))
    }

    /// One value by its type; `None` for one whose end is not known.
    fn value(&mut self) -> Result<Option<Value<'a>>, DecodeError> {
        let [kind] = self.array()?;
        Ok(Some(match kind {
            1 => Value::Int(i64::from_be_bytes(self.array()?)),
            2 => Value::Int(i64::from(self.int()?)),
            3 => Value::Int(i64::from(i16::from_be_bytes(self.array()?))),
            4 => Value::Int(i64::from(i8::from_be_bytes(self.array()?))),
            5 => Value::Float(f64::from_be_bytes(self.array()?)),
            6 => Value::Float(f64::from(f32::from_be_bytes(self.array()?))),
            7 => {
                let unit = u32::from(u16::from_be_bytes(self.array()?));
                Value::Text(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).to_string().into())
            }
            8 => {
                let [truth] = self.array()?;
                Value::Bool(truth != 0)
            }
            9 => Value::Text(self.text()?),
            10 | 11 => Value::Bytes(Cow::Borrowed(self.counted()?)),
            13 => return self.object(),
            other => return self.fault(self.at - 1, format!("no value has the type {other}")),
        }))
    }

    fn object(&mut self) -> Result<Option<Value<'a>>, DecodeError> {
        let class = self.text()?;
        match &*class {
            "io.vertx.core.json.JsonObject" | "io.vertx.core.json.JsonArray" => self.json().map(Some),
            "io.vertx.ext.web.handler.impl.UserHolder" => {
                let [there] = self.array()?;
                let user = match there {
                    0 => Value::Null,
                    _ => match self.user()? {
                        Some(user) => user,
                        None => return Ok(None),
                    },
                };
                Ok(Some(Value::Object(Box::new(Object { class, fields: Vec::new(), payload: Some(user) }))))
            }
            _ => Ok(None),
        }
    }

    /// A user, as `UserImpl` of vertx-auth 4 and 5 writes itself: principal and attributes as JSON.
    fn user(&mut self) -> Result<Option<Value<'a>>, DecodeError> {
        let class = self.text()?;
        // Earlier users wrote their permissions instead, each kind in its own way.
        let begin = self.at;
        let (Ok(principal), Ok(attributes)) = (self.json(), self.json()) else {
            self.at = begin;
            return Ok(None);
        };
        Ok(Some(Value::Map(vec![
            (Cow::Borrowed("class"), Value::Text(class)),
            (Cow::Borrowed("principal"), principal),
            (Cow::Borrowed("attributes"), attributes),
        ])))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
    }

    fn session(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = counted(b"abc123");
        bytes.extend_from_slice(&1_800_000_i64.to_be_bytes());
        bytes.extend_from_slice(&1_795_493_803_317_i64.to_be_bytes());
        bytes.extend_from_slice(&2_i32.to_be_bytes());
        bytes.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        for (name, value) in entries {
            bytes.extend_from_slice(&counted(name.as_bytes()));
            bytes.extend_from_slice(value);
        }
        bytes
    }

    fn object(class: &str, rest: &[u8]) -> Vec<u8> {
        [&[13], &counted(class.as_bytes())[..], rest].concat()
    }

    fn data(bytes: &[u8]) -> String {
        decode(bytes, &Limits::default()).unwrap().get("data").unwrap().to_json()
    }

    fn every_type() -> Vec<u8> {
        let holder = "io.vertx.ext.web.handler.impl.UserHolder";
        let user = [
            &[1][..],
            &counted(b"io.vertx.ext.auth.impl.UserImpl"),
            &counted(br#"{"username":"a"}"#),
            &counted(b"{}"),
        ];
        session(&[
            ("a", vec![1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("b", vec![2, 0, 0, 0, 3]),
            ("c", vec![3, 0xff, 0xfe]),
            ("d", vec![4, 0xfd]),
            ("e", [&[5][..], &1.5_f64.to_be_bytes()].concat()),
            ("f", [&[6][..], &0.5_f32.to_be_bytes()].concat()),
            ("g", vec![7, 0, 0xe9]),
            ("h", vec![8, 1]),
            ("i", [&[9][..], &counted("é".as_bytes())].concat()),
            ("j", [&[10][..], &counted(b"\xff")].concat()),
            ("k", [&[11][..], &counted(b"a")].concat()),
            ("l", object("io.vertx.core.json.JsonArray", &counted(b"[1]"))),
            ("m", object(holder, &[0])),
            ("n", object(holder, &user.concat())),
        ])
    }

    #[test]
    fn every_type_of_value() {
        assert_eq!(
            data(&every_type()),
            concat!(
                r#"{"a":-1,"b":3,"c":-2,"d":-3,"e":1.5,"f":0.5,"g":"é","h":true,"i":"é","j":{"$bytes":"/w=="},"#,
                r#""k":{"$bytes":"YQ=="},"l":[1],"m":{"$class":"io.vertx.ext.web.handler.impl.UserHolder","$value":null},"#,
                r#""n":{"$class":"io.vertx.ext.web.handler.impl.UserHolder","$value":{"class":"io.vertx.ext.auth.impl.UserImpl","#,
                r#""principal":{"username":"a"},"attributes":{}}}}"#
            )
        );
    }

    #[test]
    fn an_unknown_class_ends_what_can_be_read() {
        let bytes =
            session(&[("a", vec![8, 0]), ("b", object("com.example.Cart", b"???")), ("c", vec![8, 1])]);
        assert_eq!(data(&bytes), r#"{"a":false}"#);
        let holder = object(
            "io.vertx.ext.web.handler.impl.UserHolder",
            &[&[1][..], &counted(b"old.User"), b"\0\0\0\x01x"].concat(),
        );
        assert_eq!(data(&session(&[("a", vec![8, 0]), ("u", holder)])), r#"{"a":false}"#);
    }

    #[test]
    fn refused() {
        let limits = Limits::default();
        let whole = every_type();
        for end in 0..whole.len() {
            assert!(decode(&whole[..end], &limits).is_err() || end > 300, "{end}");
        }
        assert!(decode(&[&whole[..], b"x"].concat(), &limits).is_err());
        let mut many = session(&[]);
        let at = many.len() - 4;
        many[at..].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(decode(&many, &limits).unwrap_err().reason, "more entries than bytes");
        many[at] = 0xff;
        assert_eq!(decode(&many, &limits).unwrap_err().reason, "a negative length");
        assert!(decode(&session(&[("a", vec![12, 0])]), &limits).is_err());
    }

    #[test]
    fn sniffing() {
        assert!(sniff(&every_type()));
        for bytes in [&b""[..], b"\0\0\0\x02\x14\0", b"\0\0\0\0", b"\0\0\0\x01a", b"\xff\xff\xff\xffa"] {
            assert!(!sniff(bytes));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(at in 0..400_usize, byte in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut whole = every_type();
            if let Some(place) = whole.get_mut(at) {
                *place = byte;
            }
            let _ = decode(&whole, &Limits::default());
            let _ = decode(&bytes, &Limits::default());
        }
    }
}
