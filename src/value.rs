//! The one value type that every codec decodes to.
//!
//! A value borrows its text from the bytes it was decoded from wherever it can; what has to be
//! unescaped or converted is owned. Order, repeated and odd keys, classes and cycles survive.
//! `to_json` writes the one JSON form that every output uses.

use std::borrow::Cow;

/// Decoded session data. Strings borrow from the blob (`'a`) unless they had to be rewritten.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// null, nil, None, undefined.
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above `i64::MAX`; smaller ones are always `Int`.
    UInt(u64),
    /// An integer outside `i64` and `u64`, in decimal: `{"$int": "…"}`.
    BigInt(Cow<'a, str>),
    /// A double; NaN and the infinities become `{"$float": "…"}`.
    Float(f64),
    /// A fixed-point decimal, in its own digits: `{"$decimal": "19.90"}`.
    Decimal(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// Bytes by nature, or text that is no UTF-8: `{"$bytes": "<base64>"}`.
    Bytes(Cow<'a, [u8]>),
    List(Vec<Value<'a>>),
    /// `{"$set": […]}`, in stored order.
    Set(Vec<Value<'a>>),
    /// A map whose keys are all text, in stored order.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
    /// A map with any other key: `{"$map": [[key, value], …]}`.
    Pairs(Vec<(Value<'a>, Value<'a>)>),
    /// An instance of a class.
    Object(Box<Object<'a>>),
    /// A date or time as ISO 8601 / RFC 3339 text: `{"$date": "…"}`.
    Date(Cow<'a, str>),
    /// `{"$uuid": "…"}`.
    Uuid(Cow<'a, str>),
    /// A container that contains itself, as the JSON pointer to the outer place: `{"$ref": "…"}`.
    Ref(Cow<'a, str>),
}

/// An object of a class: `{"$class": "<name>", …fields}`, or with `$value` where the class writes
/// a payload of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a> {
    pub class: Cow<'a, str>,
    pub fields: Vec<(Cow<'a, str>, Value<'a>)>,
    pub payload: Option<Value<'a>>,
}
