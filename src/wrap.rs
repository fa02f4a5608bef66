//! Wrappers: what lies around a payload before a codec can read it.
//!
//! Compression, signatures and encryption are no serializers: what is inside them is bytes again,
//! to be decoded by whichever codec fits. A wrapper gives those bytes; it is pure and bounded like a
//! codec, and what needs a secret is told it by the caller, who knows the option that holds it.

use crate::codec::DecodeError;

pub mod kruptein;

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
