//! Compression: what several forms and wrappers keep their bytes in.
//!
//! Each opener is bounded by what it was given and by [`Limits`], and believes no announced length.

use std::io::Read;

use super::{DecodeError, Limits};

pub mod deflate;
pub mod fastlz;
mod inflate;
pub mod lzf;
pub mod snappy;
pub mod zstd;

/// What anything may expand to, however short it is: a session of this size is out of proportion.
pub(crate) const ROOM: usize = 32 << 20;
/// How many times its length something longer may expand to.
const RATIO: usize = 32;

/// The bytes that something compressed of this length may expand to.
pub(crate) fn room(length: usize, limits: &Limits) -> usize {
    limits.expanded.min(length.saturating_mul(RATIO).max(ROOM))
}

/// Reads a decoder to its end. What it gives grows with what it really has: no announced length is
/// believed.
pub(crate) fn read_to_end(
    wrapper: &'static str,
    decoder: impl Read,
    room: usize,
) -> Result<Vec<u8>, DecodeError> {
    let mut plain = Vec::new();
    match decoder.take(room as u64 + 1).read_to_end(&mut plain) {
        Ok(_) if plain.len() > room => Err(too_large(wrapper, room)),
        Ok(_) => Ok(plain),
        Err(error) => Err(DecodeError::new(wrapper, 0, error.to_string())),
    }
}

pub(crate) fn too_large(wrapper: &'static str, room: usize) -> DecodeError {
    DecodeError::new(wrapper, 0, format!("expands to more than {room} bytes"))
}
