//! Wrappers: what lies around a payload before a codec can read it.
//!
//! Compression, signatures and encryption are not serializers: what is inside them is bytes again,
//! to be decoded by whichever codec fits. A wrapper gives those bytes; it is pure and bounded like a
//! codec, and what needs a secret is told it by the caller, who knows the option that holds it.

pub use crate::codec::packed::{deflate, fastlz, lzf, snappy, zstd};
use crate::codec::packed::{read_to_end, room, too_large};
use crate::codec::{DecodeError, Limits};

pub mod base64;
pub mod beaker;
pub mod django;
pub mod jwe;
pub mod kruptein;
pub mod laravel;
pub mod lz4;
pub mod magento;
pub mod nextcloud;
pub mod php;
pub mod resty;
pub mod sodium;
pub mod xz;

/// A wrapper as a value, for those who have only its name.
#[derive(Debug)]
pub struct Wrapper {
    /// The name in the `codec` member of a row.
    pub name: &'static str,
    pub open: Open,
}

/// How a wrapper is taken off.
#[derive(Debug)]
pub enum Open {
    Plain(fn(&[u8], &Limits) -> Result<Vec<u8>, DecodeError>),
    /// With secrets, of which any may be the one.
    Sealed {
        /// What the secrets are called in a configuration.
        option: &'static str,
        about: &'static str,
        open: fn(&[u8], &[String]) -> Result<Vec<u8>, WrapError>,
    },
}

impl Wrapper {
    const fn plain(name: &'static str, open: fn(&[u8], &Limits) -> Result<Vec<u8>, DecodeError>) -> Wrapper {
        Wrapper { name, open: Open::Plain(open) }
    }
}

/// Those that a description in the configuration file can name.
pub const ALL: &[Wrapper] = &[
    Wrapper::plain(deflate::GZIP, deflate::gunzip),
    Wrapper::plain(deflate::ZLIB, deflate::inflate),
    Wrapper::plain(zstd::NAME, zstd::open),
    Wrapper::plain(lz4::NAME, lz4::frame),
    Wrapper::plain(snappy::NAME, snappy::open),
    Wrapper::plain(lzf::NAME, lzf::open),
    Wrapper::plain(fastlz::NAME, fastlz::behind_length),
    Wrapper::plain(base64::NAME, base64::open),
    Wrapper::plain(xz::NAME, xz::open),
    Wrapper {
        name: laravel::NAME,
        open: Open::Sealed {
            option: "app_key",
            about: "APP_KEY with its `base64:`, and earlier ones after it",
            open: laravel::open,
        },
    },
    Wrapper {
        name: kruptein::NAME,
        open: Open::Sealed {
            option: "store_secret",
            about: "the secret or secrets that seal the sessions",
            open: kruptein::open_text,
        },
    },
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
                DecodeError::whole(wrapper, "the secret does not fit, or the value was altered")
            }
        }
    }
}
