//! Codecs: bytes to a [`Value`], for every serializer that session stores use.
//!
//! A codec is pure and bounded: it does no I/O, never runs or instantiates anything that the bytes
//! name, and obeys [`Limits`]. Bytes that it cannot read are an error with an offset, never a panic.
//!
//! To add one: write `codec/NAME.rs` with a `pub const CODEC: Codec`, declare the module here and
//! put the constant into [`ALL`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::value::Value;

pub mod aspnetcore;
mod bytes;
mod calendar;
pub(crate) mod dotnet;
pub mod dotnet_binary;
pub mod dumper;
pub mod etf;
pub mod fastjson;
pub mod foreign;
pub mod gob;
mod graph;
pub mod igbinary;
mod integer;
pub mod java;
pub mod json;
pub mod marshal;
pub mod msgpack;
pub mod packed;
pub mod perl_yaml;
pub mod php;
pub mod php_msgpack;
pub mod php_session;
pub mod pickle;
pub mod rails_cache;
pub mod sereal;
pub mod storable;
pub mod system_web;
pub mod vertx;

/// Every codec, in the order in which `sessctl decode` tries those whose `sniff` agrees.
pub const ALL: &[&Codec] = &[
    &json::CODEC,
    &pickle::CODEC,
    &rails_cache::CODEC,
    &marshal::CODEC,
    &etf::CODEC,
    &storable::CODEC,
    &sereal::CODEC,
    &dumper::CODEC,
    &perl_yaml::CODEC,
    &gob::CODEC,
    &php_msgpack::CODEC,
    &dotnet_binary::CODEC,
    &aspnetcore::SESSION,
    &aspnetcore::TICKET,
    &msgpack::CODEC,
    &java::CODEC,
    &fastjson::CODEC,
    &vertx::CODEC,
    &php::CODEC,
    &php_session::PHP,
    &php_session::BINARY,
    &igbinary::CODEC,
    &system_web::CODEC,
];

/// The text that a serializer of the JVM wrote into an index: Java's own stream, quoted JSON, or the
/// bare bytes where neither did.
pub fn text_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let value = if bytes.starts_with(java::HEADER) {
        java::decode(bytes, &limits).ok()?
    } else if bytes.first() == Some(&b'"') {
        json::decode(bytes, &limits).ok()?
    } else {
        return (!bytes.is_empty()).then(|| bytes.to_vec());
    };
    value.as_str().map(|text| text.as_bytes().to_vec())
}

/// A serializer as a value.
#[derive(Debug)]
pub struct Codec {
    /// The name that the `codec` member of a row shows.
    pub name: &'static str,
    /// One line for `sessctl decode --help` and the documentation.
    pub about: &'static str,
    /// Whether the first bytes could be of this form. Cheap; says nothing about the rest.
    pub sniff: fn(&[u8]) -> bool,
    /// Decodes the whole of the bytes; anything left over is an error.
    pub decode: for<'a> fn(&'a [u8], &Limits) -> Result<Value<'a>, DecodeError>,
}

/// What a decoder may spend on one blob.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Containers within containers.
    pub depth: usize,
    /// Values in all, so that a short blob cannot ask for a huge tree.
    pub values: usize,
    /// Bytes that a wrapper may expand to.
    pub expanded: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 900, values: 8_000_000, expanded: 256 << 20 }
    }
}

/// Why bytes are not of a form, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{codec}: {reason}{}", if *.whole { String::new() } else { format!(" at byte {}", .offset) })]
pub struct DecodeError {
    pub codec: &'static str,
    pub offset: usize,
    pub reason: String,
    /// It is about the bytes as a whole, and no place in them is to blame.
    pub whole: bool,
    /// Nothing is known to be wrong with them: the key that opens them is not at hand.
    pub sealed: bool,
}

impl DecodeError {
    pub fn new(codec: &'static str, offset: usize, reason: impl Into<String>) -> Self {
        DecodeError { codec, offset, reason: reason.into(), whole: false, sealed: false }
    }

    /// An error that no place in the bytes is to blame for.
    pub fn whole(codec: &'static str, reason: impl Into<String>) -> Self {
        DecodeError { whole: true, ..DecodeError::new(codec, 0, reason) }
    }

    /// What a key would open that nobody gave.
    pub fn sealed(codec: &'static str, reason: impl Into<String>) -> Self {
        DecodeError { sealed: true, ..DecodeError::whole(codec, reason) }
    }
}

/// Boxed to keep each recursion frame small.
pub(crate) type Parsed<T> = Result<T, Box<DecodeError>>;

/// The codec of that name.
pub fn by_name(name: &str) -> Option<&'static Codec> {
    ALL.iter().copied().find(|codec| codec.name == name)
}

/// Above this many members a set finds repeated names faster than comparing each with each.
const FEW_MEMBERS: usize = 16;

/// Names that room is made for at once: of a great many the most may be the same.
const ROOM: usize = 1 << 10;

/// One bit that is the same for the same name, and most often another one for another.
fn mark(name: &str) -> u64 {
    let of = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(*byte));
    let bytes = name.as_bytes();
    1 << ((bytes.len() + 5 * of(bytes.first()) + 3 * of(bytes.last())) % 64)
}

/// Resolves repeated member names as `JSON.parse` and every hash table do: the last value, at the
/// position of the first. Linear, so that a hostile map of many members costs no more than others.
pub(crate) fn last_wins<'a>(members: Vec<(Cow<'a, str>, Value<'a>)>) -> Vec<(Cow<'a, str>, Value<'a>)> {
    let repeated = if members.len() <= FEW_MEMBERS {
        let mut marks = 0;
        members.iter().enumerate().any(|(index, (name, _))| {
            let mark = mark(name);
            let met = marks & mark != 0;
            marks |= mark;
            met && members[..index].iter().any(|(earlier, _)| earlier == name)
        })
    } else {
        let mut seen = HashSet::with_capacity(members.len().min(ROOM));
        !members.iter().all(|(name, _)| seen.insert(name.as_ref()))
    };
    if !repeated {
        return members;
    }
    let mut positions: HashMap<Cow<'a, str>, usize> = HashMap::with_capacity(members.len().min(ROOM));
    let mut kept: Vec<(Cow<'a, str>, Value<'a>)> = Vec::with_capacity(members.len().min(ROOM));
    // Where the name before was: what is repeated most often is so at once.
    let mut latest = 0;
    for (name, value) in members {
        if kept.get(latest).is_none_or(|(before, _)| *before != name) {
            latest = *positions.entry(name.clone()).or_insert(kept.len());
        }
        match kept.get_mut(latest) {
            Some(member) => member.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codecs_are_found_by_name() {
        for codec in ALL {
            assert_eq!(by_name(codec.name).map(|found| found.about), Some(codec.about));
        }
        assert!(by_name("nothing").is_none());
    }

    /// Values that the real libraries wrote: name, base64 and JSON in each line, and what each is shown as;
    /// cut off or changed anywhere it is an error inside of it or another value.
    pub(crate) fn read_samples(codec: &Codec, text: &str) {
        use base64::Engine as _;
        let look = |bytes: &[u8]| match (codec.decode)(bytes, &Limits::default()) {
            Ok(value) => assert!(!value.to_json().is_empty()),
            Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.splitn(3, ' ');
            let mut part = || parts.next().unwrap();
            let (name, bytes, expected) = (part(), part(), part());
            let mut bytes = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap();
            assert!((codec.sniff)(&bytes), "{name}");
            let value = (codec.decode)(&bytes, &Limits::default());
            assert_eq!(value.unwrap_or_else(|error| panic!("{name}: {error}")).to_json(), expected, "{name}");
            if bytes.len() > 700 {
                continue;
            }
            for end in 0..bytes.len() {
                look(&bytes[..end]);
            }
            for at in 0..bytes.len() {
                for flip in [0x01, 0x80, 0xff] {
                    bytes[at] ^= flip;
                    look(&bytes);
                    bytes[at] ^= flip;
                }
            }
        }
    }

    /// What is nested as deep as a thread's stack must bear.
    pub(crate) fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    }

    /// Documents to encode by someone else's encoder.
    pub(crate) fn generated() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value as Json;
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            any::<String>().prop_map(Json::from),
            "[a-z\"\\\\\n]{0,60}".prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 64, 20, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Json::from),
                prop::collection::hash_map(any::<String>(), inner, 0..20)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Whether a decoded value is that document, doubles to the bit.
    pub(crate) fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (ours, theirs) {
            (Value::Null, Json::Null) => true,
            (Value::Bool(ours), Json::Bool(theirs)) => ours == theirs,
            (Value::Int(ours), Json::Number(theirs)) => theirs.as_i64() == Some(*ours),
            (Value::UInt(ours), Json::Number(theirs)) => theirs.as_u64() == Some(*ours) && !theirs.is_i64(),
            (Value::Float(ours), Json::Number(theirs)) => {
                theirs.is_f64() && theirs.as_f64().unwrap().to_bits() == ours.to_bits()
            }
            (Value::Text(ours), Json::String(theirs)) => ours == theirs,
            (Value::List(ours), Json::Array(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
            }
            (Value::Map(ours), Json::Object(theirs)) => {
                ours.len() == theirs.len()
                    && ours.iter().all(|(name, value)| {
                        theirs.get(name.as_ref()).is_some_and(|other| same(value, other))
                    })
            }
            _ => false,
        }
    }
}
