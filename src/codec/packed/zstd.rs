//! Zstandard (RFC 8878).

use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::{read_to_end, room, too_large};
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "zstd";

/// The window that every frame may ask for, as reference decoders allow without being told.
const WINDOW: usize = 8 << 20;

/// Whether it begins like a frame.
pub fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x28\xb5\x2f\xfd")
}

/// Decompresses the whole: frames, one after the other, and skippable ones between them.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    let mut plain = Vec::new();
    let mut rest = bytes;
    loop {
        let begin = bytes.len() - rest.len();
        let fault = |reason: String| DecodeError::new(NAME, begin, reason);
        match StreamingDecoder::new_with_max_window_size(&mut rest, room.max(WINDOW) as u64) {
            Ok(mut decoder) => {
                if decoder.decoder.content_size() > room as u64 {
                    return Err(too_large(NAME, room));
                }
                let announced = decoder.decoder.content_size();
                let more = read_to_end(NAME, &mut decoder, room - plain.len())?;
                let decoder = decoder.into_frame_decoder();
                let written = decoder.get_checksum_from_data();
                if written.is_some() && written != decoder.get_calculated_checksum() {
                    return Err(fault("the checksum is wrong".into()));
                }
                if announced != 0 && announced != more.len() as u64 {
                    return Err(fault(format!("expected {announced} bytes, found {}", more.len())));
                }
                if plain.is_empty() {
                    plain = more;
                } else {
                    plain.extend_from_slice(&more);
                }
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                rest = rest.get(length as usize..).ok_or_else(|| fault("unexpected end".into()))?;
            }
            Err(error) => return Err(fault(error.to_string())),
        }
        if rest.is_empty() {
            return Ok(plain);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        compress_to_vec(plain, CompressionLevel::Fastest)
    }

    #[test]
    fn both_ways() {
        let limits = Limits::default();
        for plain in [&b"a"[..], b"a|i:1;", &b"session ".repeat(1000)] {
            let packed = packed(plain);
            assert!(is_frame(&packed));
            assert_eq!(open(&packed, &limits).unwrap(), plain);
            let skipped = [&b"\x50\x2a\x4d\x18\x02\0\0\0ab"[..], &packed, &packed].concat();
            assert_eq!(open(&skipped, &limits).unwrap(), [plain, plain].concat());
            assert!(open(&[&packed[..], b"x"].concat(), &limits).is_err());
            for end in 0..packed.len().min(60) {
                assert!(open(&packed[..end], &limits).is_err());
            }
        }
        assert!(open(b"\x50\x2a\x4d\x18\xff\xff\xff\xffab", &limits).is_err());
    }

    /// Written by libzstd 1.5 at level 3, as PHP's extensions do: one segment, no checksum.
    #[test]
    fn of_the_reference_encoder() {
        let packed = b"\x28\xb5\x2f\xfd\x20\x06\x31\x00\x00a|i:1;";
        assert_eq!(open(packed, &Limits::default()).unwrap(), b"a|i:1;");
    }

    #[test]
    fn bombs() {
        let limits = Limits::default();
        let begin = Instant::now();
        // Blocks of one byte that is meant 128 KiB times.
        let block = b"\x02\0\x10\0";
        for window in [b"\x58", b"\x88", b"\xff"] {
            let bomb = [&b"\x28\xb5\x2f\xfd\x00"[..], window, &block.repeat(100_000)].concat();
            assert!(open(&bomb, &limits).is_err());
        }
        // A length of a thousand million million in the header.
        assert!(open(b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x00\x01\0\0", &limits).is_err());
        assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
            let limits = Limits { expanded: 1 << 20, ..Limits::default() };
            let _ = open(&[&b"\x28\xb5\x2f\xfd"[..], &bytes].concat(), &limits);
            let mut packed = packed(&b"a|s:20:\"abcdefghabcdefghabcd\";b|i:5;".repeat(9));
            let place = at.index(packed.len());
            packed[place] ^= bytes.first().copied().unwrap_or(1);
            let _ = open(&packed, &limits);
        }
    }
}
