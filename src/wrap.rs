//! Wrappers: what lies around a payload before a codec can read it.
//!
//! Compression, signatures and encryption are no serializers: what is inside them is bytes again,
//! to be decoded by whichever codec fits. A wrapper gives those bytes; it is pure and bounded like a
//! codec, and what needs a secret is told it by the caller, who knows the option that holds it.

use std::io::Read;

use crate::codec::{DecodeError, Limits};

pub mod base64;
pub mod deflate;
pub mod kruptein;
pub mod laravel;
pub mod lz4;
pub mod lzf;
pub mod magento;
pub mod php;
pub mod snappy;
pub mod zstd;

/// A wrapper that needs no secret, as a value.
#[derive(Debug)]
pub struct Wrapper {
    /// The name in the `codec` member of a row.
    pub name: &'static str,
    /// Takes it off.
    pub open: fn(&[u8], &Limits) -> Result<Vec<u8>, DecodeError>,
}

/// Those that a description in the configuration file can name.
pub const ALL: &[Wrapper] = &[
    Wrapper { name: deflate::GZIP, open: deflate::gunzip },
    Wrapper { name: deflate::ZLIB, open: deflate::inflate },
    Wrapper { name: zstd::NAME, open: zstd::open },
    Wrapper { name: lz4::NAME, open: lz4::frame },
    Wrapper { name: snappy::NAME, open: snappy::open },
    Wrapper { name: lzf::NAME, open: lzf::open },
    Wrapper { name: base64::NAME, open: base64::open },
];

/// The wrapper of that name.
pub fn by_name(name: &str) -> Option<&'static Wrapper> {
    ALL.iter().find(|wrapper| wrapper.name == name)
}

/// Why a wrapper could not be taken off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// The bytes are not of this form.
    #[error(transparent)]
    Form(#[from] DecodeError),
    /// The form is right and the secret is not: another secret sealed it, or it was altered.
    #[error("{wrapper}: the secret does not fit, or the value was altered")]
    WrongKey {
        /// The wrapper's name, as in the `codec` member of a row.
        wrapper: &'static str,
    },
}

impl From<WrapError> for DecodeError {
    /// For a row's `error`, where it matters only that the value could not be read.
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::Form(error) => error,
            WrapError::WrongKey { wrapper } => {
                DecodeError::new(wrapper, 0, "the secret does not fit, or the value was altered")
            }
        }
    }
}

/// What anything may expand to, however short it is: a session of this size is out of proportion.
const ROOM: usize = 32 << 20;
/// How many times its length something longer may expand to.
const RATIO: usize = 32;

/// The bytes that something compressed of this length may expand to.
fn room(length: usize, limits: &Limits) -> usize {
    limits.expanded.min(length.saturating_mul(RATIO).max(ROOM))
}

/// Reads a decoder to its end. What it gives grows with what it really has: no announced length is
/// believed.
fn read_to_end(wrapper: &'static str, decoder: impl Read, room: usize) -> Result<Vec<u8>, DecodeError> {
    let mut plain = Vec::new();
    match decoder.take(room as u64 + 1).read_to_end(&mut plain) {
        Ok(_) if plain.len() > room => Err(too_large(wrapper, room)),
        Ok(_) => Ok(plain),
        Err(error) => Err(DecodeError::new(wrapper, 0, error.to_string())),
    }
}

fn too_large(wrapper: &'static str, room: usize) -> DecodeError {
    DecodeError::new(wrapper, 0, format!("expands to more than {room} bytes"))
}
