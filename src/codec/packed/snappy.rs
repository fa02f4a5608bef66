//! Snappy in its raw form: the length of the plain text and its pieces, no frame.

use super::{room, too_large};
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "snappy";

/// No block expands to more than this many times its length: three bytes repeat 64 at most.
const RATIO: usize = 22;

/// Decompresses the whole.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let fault = |error: snap::Error| DecodeError::new(NAME, 0, error.to_string());
    let length = snap::raw::decompress_len(bytes).map_err(fault)?;
    let room = room(bytes.len(), limits);
    if length > room {
        return Err(too_large(NAME, room));
    }
    if length > bytes.len().saturating_mul(RATIO) {
        return Err(DecodeError::new(NAME, 0, format!("{length} bytes announced, which cannot be")));
    }
    snap::raw::Decoder::new().decompress_vec(bytes).map_err(fault)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(plain).unwrap()
    }

    #[test]
    fn both_ways() {
        let limits = Limits::default();
        for plain in [&b""[..], b"a|i:1;", &b"session ".repeat(1000)] {
            let packed = packed(plain);
            assert_eq!(open(&packed, &limits).unwrap(), plain);
            assert!(open(&[&packed[..], b"\0x"].concat(), &limits).is_err());
            for end in 0..packed.len().min(60) {
                assert!(open(&packed[..end], &limits).is_err() || (end == 0 && plain.is_empty()));
            }
        }
        let few = Limits { expanded: 1 << 20, ..limits };
        assert!(open(&packed(&b"\0".repeat(2 << 20)), &few).is_err());
        assert!(open(b"\xff\xff\xff\xff\x0f\x00a", &limits).is_err());
        assert!(open(b"\xff\xff\xff\x0f\x00a", &limits).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), length in 0..64_u8) {
            let _ = open(&bytes, &Limits::default());
            let _ = open(&[&[length][..], &bytes].concat(), &Limits::default());
        }
    }
}
