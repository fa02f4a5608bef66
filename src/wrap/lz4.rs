//! LZ4: the frame format, and the two ways in which PHP's extensions write a single block.

use super::{read_to_end, room, too_large};
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "lz4";

/// No block expands to more than this many times its length: a byte adds 255 to a length at most.
const RATIO: usize = 255;

/// Whether it begins like a frame.
pub fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x04\x22\x4d\x18")
}

/// Decompresses frames, one after the other.
pub fn frame(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    let mut plain = Vec::new();
    let mut rest = bytes;
    loop {
        let more = read_to_end(NAME, lz4_flex::frame::FrameDecoder::new(&mut rest), room - plain.len())?;
        plain.extend_from_slice(&more);
        if rest.is_empty() {
            return Ok(plain);
        }
        if !is_frame(rest) {
            return Err(DecodeError::new(NAME, bytes.len() - rest.len(), "something follows the frame"));
        }
    }
}

/// Decompresses a block of which the length of the plain text is known.
pub fn block(bytes: &[u8], length: usize, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    if length > room {
        return Err(too_large(NAME, room));
    }
    if length > bytes.len().saturating_mul(RATIO) {
        return Err(DecodeError::new(NAME, 0, format!("{length} bytes announced, which cannot be")));
    }
    let plain = lz4_flex::block::decompress(bytes, length)
        .map_err(|error| DecodeError::new(NAME, 0, error.to_string()))?;
    if plain.len() != length {
        return Err(DecodeError::new(
            NAME,
            bytes.len(),
            format!("{length} bytes are announced, there are fewer"),
        ));
    }
    Ok(plain)
}

/// Whether it begins like what phpredis compresses: a check byte and the length that it checks.
pub fn is_phpredis(bytes: &[u8]) -> bool {
    match bytes {
        [check, a, b, c, d, _, ..] => *check == crc8(&[*a, *b, *c, *d]) && d & 0x80 == 0,
        _ => false,
    }
}

/// Decompresses what phpredis writes with `OPT_COMPRESSION` or `redis.session.compression` LZ4: a
/// check byte, the length as a little-endian `int`, one block (phpredis 6.1.0 library.c
/// `redis_compress`).
pub fn phpredis(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    match bytes {
        [_, a, b, c, d, block @ ..] if is_phpredis(bytes) => {
            self::block(block, u32::from_le_bytes([*a, *b, *c, *d]) as usize, limits)
        }
        _ => Err(DecodeError::new(NAME, 0, "the check of the length is wrong")),
    }
}

/// Decompresses what PHP's extension lz4 writes: the length as a little-endian integer, one block
/// (kjdev/php-ext-lz4 `php_lz4_compress`).
pub fn php(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    match bytes.split_first_chunk() {
        Some((length, block)) => self::block(block, u32::from_le_bytes(*length) as usize, limits),
        None => Err(DecodeError::new(NAME, bytes.len(), "unexpected end")),
    }
}

/// The check of phpredis: polynomial 0x31, from 0xff, the highest bit first.
fn crc8(bytes: &[u8]) -> u8 {
    let mut check = 0xff_u8;
    for byte in bytes {
        check ^= byte;
        for _ in 0..8 {
            check = if check & 0x80 == 0 { check << 1 } else { check << 1 ^ 0x31 };
        }
    }
    check
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn framed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn with_length(plain: &[u8], length: u32, checked: bool) -> Vec<u8> {
        let length = length.to_le_bytes();
        let check = if checked { vec![crc8(&length)] } else { Vec::new() };
        [&check[..], &length, &lz4_flex::block::compress(plain)].concat()
    }

    #[test]
    fn both_ways() {
        let limits = Limits::default();
        for plain in [&b"a"[..], b"a|i:1;", &b"session ".repeat(1000)] {
            let length = plain.len() as u32;
            let packed = framed(plain);
            assert!(is_frame(&packed));
            assert_eq!(frame(&packed, &limits).unwrap(), plain);
            assert_eq!(frame(&[&packed[..], &packed].concat(), &limits).unwrap(), [plain, plain].concat());
            assert!(frame(&[&packed[..], b"x"].concat(), &limits).is_err());
            let packed = with_length(plain, length, true);
            assert!(is_phpredis(&packed));
            assert_eq!(phpredis(&packed, &limits).unwrap(), plain);
            for end in 0..packed.len().min(60) {
                assert!(phpredis(&packed[..end], &limits).is_err());
            }
            assert_eq!(php(&with_length(plain, length, false), &limits).unwrap(), plain);
            assert!(php(&with_length(plain, length + 1, false), &limits).is_err());
            assert!(php(&with_length(plain, length - 1, false), &limits).is_err());
        }
        assert!(php(b"abc", &limits).is_err());
        assert!(!is_phpredis(b"a|i:1;"));
    }

    #[test]
    fn bombs() {
        let limits = Limits::default();
        let begin = Instant::now();
        assert!(frame(&framed(&b"\0".repeat(33 << 20)), &limits).is_err());
        assert!(php(&with_length(b"abc", u32::MAX, false), &limits).is_err());
        assert!(php(&with_length(b"abc", 30 << 20, false), &limits).is_err());
        let block = [&b"\x1f\0\x01\0"[..], &b"\xff".repeat(1_000_000), b"\0"].concat();
        assert!(php(&[&(20_u32 << 20).to_le_bytes()[..], &block].concat(), &limits).is_err());
        assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
            let limits = Limits::default();
            let _ = php(&bytes, &limits);
            let _ = frame(&[&b"\x04\x22\x4d\x18"[..], &bytes].concat(), &limits);
            let mut packed = framed(b"a|s:20:\"abcdefghabcdefghabcd\";");
            let place = at.index(packed.len());
            packed[place] ^= bytes.first().copied().unwrap_or(1);
            let _ = frame(&packed, &limits);
            let mut packed = with_length(b"a|s:20:\"abcdefghabcdefghabcd\";", 30, false);
            let place = at.index(packed.len());
            packed[place] ^= bytes.first().copied().unwrap_or(1);
            let _ = php(&packed, &limits);
        }
    }
}
