//! gzip (RFC 1952) and zlib (RFC 1950).

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::{read_to_end, room};
use crate::codec::{DecodeError, Limits};

/// The name of gzip.
pub const GZIP: &str = "gzip";
/// The name of zlib.
pub const ZLIB: &str = "zlib";

/// Whether it begins like gzip.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

/// Whether it begins like zlib: the method, a window that exists, and the check of both bytes.
pub fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8
                && method >> 4 <= 7
                && flags & 0x20 == 0
                && u16::from_be_bytes([*method, *flags]) % 31 == 0
        }
        _ => false,
    }
}

/// Decompresses the whole, which may be several members one after the other.
pub fn gunzip(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    let mut plain = Vec::new();
    let mut rest = bytes;
    loop {
        let mut decoder = GzDecoder::new(rest);
        let member = read_to_end(GZIP, &mut decoder, room - plain.len())
            .map_err(|error| at(error, bytes.len() - decoder.get_ref().len()))?;
        rest = decoder.into_inner();
        if plain.is_empty() {
            plain = member;
        } else {
            plain.extend_from_slice(&member);
        }
        if rest.is_empty() {
            return Ok(plain);
        }
    }
}

/// Decompresses the whole.
pub fn inflate(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = ZlibDecoder::new(bytes);
    let plain = read_to_end(ZLIB, &mut decoder, room(bytes.len(), limits));
    let offset = bytes.len() - decoder.get_ref().len();
    let plain = plain.map_err(|error| at(error, offset))?;
    if offset < bytes.len() {
        return Err(DecodeError::new(ZLIB, offset, "something follows the stream"));
    }
    Ok(plain)
}

/// Decompresses the whole of a stream that has neither header nor check.
pub fn raw(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = DeflateDecoder::new(bytes);
    let plain = read_to_end("deflate", &mut decoder, room(bytes.len(), limits));
    let offset = bytes.len() - decoder.get_ref().len();
    let plain = plain.map_err(|error| at(error, offset))?;
    if offset < bytes.len() {
        return Err(DecodeError::new("deflate", offset, "something follows the stream"));
    }
    Ok(plain)
}

fn at(mut error: DecodeError, offset: usize) -> DecodeError {
    error.offset = offset;
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;
    use std::time::Instant;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(plain: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn both_ways() {
        let limits = Limits::default();
        for plain in [&b""[..], b"a|i:1;", &b"session ".repeat(1000)] {
            let packed = gzip(plain);
            assert!(is_gzip(&packed));
            assert_eq!(gunzip(&packed, &limits).unwrap(), plain);
            assert_eq!(gunzip(&[&packed[..], &packed].concat(), &limits).unwrap(), [plain, plain].concat());
            assert!(gunzip(&[&packed[..], b"x"].concat(), &limits).is_err());
            for level in [0, 1, 6, 9] {
                let packed = zlib(plain, level);
                assert!(is_zlib(&packed));
                assert_eq!(inflate(&packed, &limits).unwrap(), plain);
                assert_eq!(inflate(&[&packed[..], b"x"].concat(), &limits).unwrap_err().offset, packed.len());
                for end in 0..packed.len().min(60) {
                    assert!(inflate(&packed[..end], &limits).is_err());
                }
            }
        }
    }

    #[test]
    fn marks() {
        for head in [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"] {
            assert!(is_zlib(head));
        }
        for head in [&b""[..], b"\x78", b"\x78\x02", b"a|", b"s:", b"\x1f\x8b\x07"] {
            assert!(!is_zlib(head) && !is_gzip(head), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn bombs() {
        let bomb = b"\0".repeat(40 << 20);
        for (packed, open) in [
            (gzip(&bomb), gunzip as fn(&[u8], &Limits) -> Result<Vec<u8>, DecodeError>),
            (zlib(&bomb, 9), inflate),
        ] {
            assert!(packed.len() < 200_000);
            let begin = Instant::now();
            assert!(open(&packed, &Limits::default()).unwrap_err().reason.starts_with("expands to more"));
            assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
            let limits = Limits { expanded: 1000, ..Limits::default() };
            assert!(open(&packed, &limits).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), at in 0..64_usize) {
            let limits = Limits::default();
            for head in [&b"\x1f\x8b\x08"[..], b"\x78\x9c", b""] {
                let bytes = [head, &bytes].concat();
                let _ = gunzip(&bytes, &limits);
                let _ = inflate(&bytes, &limits);
            }
            let mut packed = gzip(b"a|s:20:\"abcdefghabcdefghabcd\";");
            let place = at % packed.len();
            packed[place] ^= bytes.first().copied().unwrap_or(1);
            let _ = gunzip(&packed, &limits);
        }
    }
}
