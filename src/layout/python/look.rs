//! What a string is to the session stores of Python: which serializer wrote it, and what compressed it.

use std::borrow::Cow;

use crate::codec::{DecodeError, Limits, json, msgpack, pickle};
use crate::value::Value;
use crate::wrap::{deflate, lz4, xz, zstd};

/// A value with what compressed it taken off.
#[derive(Debug)]
pub struct Unpacked {
    /// Compression and serializer, outermost first.
    pub(super) via: Vec<&'static str>,
    pub(super) value: Result<Value<'static>, DecodeError>,
}

/// How often something may be compressed that was compressed.
const LAYERS: usize = 3;

/// Takes off what the compressors of django-redis write; `None` where nothing is compressed.
pub fn unpack(text: &[u8], limits: &Limits) -> Option<Unpacked> {
    let mut via = Vec::new();
    let mut plain = Cow::Borrowed(text);
    while via.len() < LAYERS {
        let Some((name, opened)) = decompress(&plain, limits) else { break };
        via.push(name);
        match opened {
            Ok(bytes) => plain = Cow::Owned(bytes),
            Err(error) => return Some(Unpacked { via, value: Err(error) }),
        }
    }
    if via.is_empty() {
        return None;
    }
    let (codec, value) = decode(&plain, limits);
    via.push(codec);
    Some(Unpacked { via, value: value.map(Value::into_owned) })
}

/// Whether it begins as one of those compressors writes.
pub fn is_compressed(bytes: &[u8]) -> bool {
    deflate::is_zlib(bytes)
        || deflate::is_gzip(bytes)
        || xz::is_stream(bytes)
        || lz4::is_frame(bytes)
        || zstd::is_frame(bytes)
}

fn decompress(bytes: &[u8], limits: &Limits) -> Option<(&'static str, Result<Vec<u8>, DecodeError>)> {
    if deflate::is_zlib(bytes) {
        Some((deflate::ZLIB, deflate::inflate(bytes, limits)))
    } else if deflate::is_gzip(bytes) {
        Some((deflate::GZIP, deflate::gunzip(bytes, limits)))
    } else if xz::is_stream(bytes) {
        Some((xz::NAME, xz::open(bytes, limits)))
    } else if lz4::is_frame(bytes) {
        Some((lz4::NAME, lz4::frame(bytes, limits)))
    } else if zstd::is_frame(bytes) {
        Some((zstd::NAME, zstd::open(bytes, limits)))
    } else {
        None
    }
}

/// By the serializer that the first bytes give away: a pickle, JSON, MessagePack.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> (&'static str, Result<Value<'a>, DecodeError>) {
    let text = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    if text {
        return (json::CODEC.name, json::decode(bytes, limits));
    }
    let is_map = matches!(bytes.first(), Some(0x80..=0x8f | 0xde | 0xdf));
    if (pickle::CODEC.sniff)(bytes) {
        let value = pickle::decode(bytes, limits);
        if value.is_ok() || !is_map {
            return (pickle::CODEC.name, value);
        }
        if let Ok(map) = msgpack::decode(bytes, limits) {
            return (msgpack::CODEC.name, Ok(map));
        }
        return (pickle::CODEC.name, value);
    }
    if is_map {
        return (msgpack::CODEC.name, msgpack::decode(bytes, limits));
    }
    (pickle::CODEC.name, Err(DecodeError::new(pickle::CODEC.name, 0, "the value is of another form")))
}
