//! What layouts whose sessions are items of Memcached have in common: the flags, which belong to the client
//! that wrote an item.

use std::borrow::Cow;

use super::blob::Blob;
use crate::codec::packed::{deflate, fastlz, zstd};
use crate::codec::{DecodeError, Limits};

/// The flags of an item.
pub fn flags(blob: &Blob<'_>) -> u32 {
    let flags = blob.field("flags").and_then(|flags| std::str::from_utf8(flags).ok()?.parse().ok());
    flags.unwrap_or(0)
}

/// What PHP's client says in the lower four bits that a value is: text.
pub const TEXT: u32 = 0;

/// The type that PHP's client (php-memcached 3.2, php_memcached.c) gave a value.
pub fn php_type(flags: u32) -> u32 {
    flags & 0xf
}

/// A value of PHP's client with its compression taken off: after four bytes with the plain length stands a
/// stream of zlib or Zstandard, or a block of FastLZ.
pub fn php_plain<'v>(
    value: &'v [u8],
    flags: u32,
    limits: &Limits,
) -> Result<(Vec<&'static str>, Cow<'v, [u8]>), DecodeError> {
    if flags & 0x10 == 0 {
        return Ok((Vec::new(), Cow::Borrowed(value)));
    }
    let Some((length, packed)) = value.split_first_chunk::<4>() else {
        return Err(DecodeError::new(fastlz::NAME, 0, "shorter than the length that it begins with"));
    };
    let length = u32::from_le_bytes(*length) as usize;
    let (name, plain) = match flags {
        _ if flags & 0x20 != 0 => (deflate::ZLIB, deflate::inflate(packed, limits)?),
        _ if flags & 0x80 != 0 => (zstd::NAME, zstd::open(packed, limits)?),
        _ => (fastlz::NAME, fastlz::open(packed, length, limits)?),
    };
    if plain.len() != length {
        return Err(DecodeError::new(name, 0, format!("{length} bytes announced, {} present", plain.len())));
    }
    Ok((vec![name], Cow::Owned(plain)))
}
