//! gzip (RFC 1952) and zlib (RFC 1950).

use super::inflate::{Fault, inflate as expand};
use super::{room, too_large};
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
    let mut plain = Vec::new();
    let mut at = 0;
    loop {
        let begin = plain.len();
        at += head(&bytes[at..]).map_err(|reason| DecodeError::new(GZIP, at, reason))?;
        at += stream(GZIP, bytes, at, &mut plain, limits)?;
        let Some((check, rest)) = bytes[at..].split_first_chunk::<8>() else {
            return Err(DecodeError::new(GZIP, bytes.len(), "unexpected end"));
        };
        let [sum, length] =
            [[check[0], check[1], check[2], check[3]], [check[4], check[5], check[6], check[7]]];
        let member = &plain[begin..];
        if sum != crc32fast::hash(member).to_le_bytes() || length != (member.len() as u32).to_le_bytes() {
            return Err(DecodeError::new(GZIP, at, CHECK));
        }
        at += check.len();
        if rest.is_empty() {
            return Ok(plain);
        }
    }
}

/// Where a check is that what was decompressed does not pass.
const CHECK: &str = "checksum mismatch in the expanded data";

/// The length of a member's header, all of which is optional but its first ten bytes.
fn head(bytes: &[u8]) -> Result<usize, &'static str> {
    const CHECKED: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    if bytes.get(..3).is_some_and(|head| !is_gzip(head)) {
        return Err("no gzip");
    }
    let cut = "unexpected end";
    let Some((fixed, mut rest)) = bytes.split_first_chunk::<10>() else { return Err(cut) };
    let flags = fixed[3];
    if flags & 0xe0 != 0 {
        return Err("a header of a later version");
    }
    if flags & EXTRA != 0 {
        let (length, extra) = rest.split_first_chunk().ok_or(cut)?;
        rest = extra.get(usize::from(u16::from_le_bytes(*length))..).ok_or(cut)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = memchr::memchr(0, rest).ok_or(cut)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & CHECKED != 0 {
        let (check, stream) = rest.split_first_chunk().ok_or(cut)?;
        if u16::from_le_bytes(*check) != crc32fast::hash(&bytes[..bytes.len() - rest.len()]) as u16 {
            return Err("checksum mismatch in the header");
        }
        rest = stream;
    }
    Ok(bytes.len() - rest.len())
}

/// Decompresses the whole.
pub fn inflate(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let Some(head) = bytes.get(..2) else {
        return Err(DecodeError::new(ZLIB, bytes.len(), "unexpected end"));
    };
    if !is_zlib(head) {
        return Err(DecodeError::new(ZLIB, 0, "no zlib"));
    }
    let mut plain = Vec::new();
    let at = head.len() + stream(ZLIB, bytes, head.len(), &mut plain, limits)?;
    let Some((check, rest)) = bytes[at..].split_first_chunk() else {
        return Err(DecodeError::new(ZLIB, bytes.len(), "unexpected end"));
    };
    if u32::from_be_bytes(*check) != adler32(&plain) {
        return Err(DecodeError::new(ZLIB, at, CHECK));
    }
    whole(ZLIB, bytes, bytes.len() - rest.len(), plain)
}

/// Decompresses the whole of a stream that has neither header nor check.
pub fn raw(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    const RAW: &str = "deflate";
    let mut plain = Vec::new();
    let end = stream(RAW, bytes, 0, &mut plain, limits)?;
    whole(RAW, bytes, end, plain)
}

/// Appends what a stream expands to that begins there, and gives its length.
fn stream(
    wrapper: &'static str,
    bytes: &[u8],
    begin: usize,
    plain: &mut Vec<u8>,
    limits: &Limits,
) -> Result<usize, DecodeError> {
    let room = room(bytes.len(), limits);
    // Text is most often a third of its length when compressed; more is made where more is there.
    plain.reserve((bytes.len() * 3).min(room).min(1 << 16));
    let length = expand(&bytes[begin..], plain, room)
        .map_err(|Fault { offset, reason }| DecodeError::new(wrapper, begin + offset, reason))?;
    if plain.len() > room {
        return Err(DecodeError { offset: begin + length, ..too_large(wrapper, room) });
    }
    Ok(length)
}

fn whole(wrapper: &'static str, bytes: &[u8], end: usize, plain: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    if end < bytes.len() {
        return Err(DecodeError::new(wrapper, end, "something follows the stream"));
    }
    Ok(plain)
}

/// The check of zlib (RFC 1950): the sum of the bytes, and the sum of those sums.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    let (mut sum, mut sums) = (1, 0);
    // As many as can be added before anything overflows.
    for run in bytes.chunks(5552) {
        for byte in run {
            sum += u32::from(*byte);
            sums += sum;
        }
        sum %= MODULUS;
        sums %= MODULUS;
    }
    sums << 16 | sum
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read as _, Write as _};
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

    /// What the other implementation makes of a stream.
    fn theirs(packed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        let mut decoder = flate2::bufread::DeflateDecoder::new(packed);
        decoder.read_to_end(&mut plain).ok().filter(|_| decoder.into_inner().is_empty()).map(|_| plain)
    }

    #[test]
    fn headers_with_all_that_they_may_have() {
        let limits = Limits::default();
        let builder = flate2::GzBuilder::new().filename("a").comment("b").extra(*b"\x01\x02\x01\0c");
        let mut encoder = builder.write(Vec::new(), Compression::best());
        encoder.write_all(b"plain").unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(gunzip(&packed, &limits).unwrap(), b"plain");
        for end in 0..packed.len() {
            assert!(gunzip(&packed[..end], &limits).is_err(), "{end}");
        }
        // A check of the header, right and wrong.
        let mut checked = packed[..10].to_vec();
        checked[3] = 2;
        let check = (crc32fast::hash(&checked) as u16).to_le_bytes();
        let stream = &packed[packed.len() - 15..];
        assert_eq!(gunzip(&[&checked[..], &check, stream].concat(), &limits).unwrap(), b"plain");
        assert!(gunzip(&[&checked[..], &[!check[0], check[1]], stream].concat(), &limits).is_err());
        // A wrong sum, and a wrong length.
        for at in [packed.len() - 8, packed.len() - 1] {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            assert_eq!(gunzip(&changed, &limits).unwrap_err().reason, CHECK);
        }
    }

    #[test]
    fn a_copy_from_before_the_member_is_refused() {
        // Fixed codes: the literal `a`, then three bytes from a distance of two.
        let packed = b"\x4b\x04\x12\x00\x00";
        assert!(theirs(packed).is_none());
        assert!(raw(packed, &Limits::default()).is_err());
    }

    proptest! {
        #[test]
        fn reads_what_others_write(
            words in prop::collection::vec((any::<u8>(), 1..40_usize), 0..400),
            spread in 0..8_u32,
            level in 0..=9_u32,
            place in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            // Few different bytes make short codes, many make long ones.
            let plain: Vec<u8> =
                words.iter().flat_map(|(byte, times)| vec![byte >> spread; times % 7 + 1]).collect();
            let limits = Limits::default();
            prop_assert_eq!(&inflate(&zlib(&plain, level), &limits).unwrap(), &plain);
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::new(level));
            encoder.write_all(&plain).unwrap();
            let mut packed = encoder.finish().unwrap();
            prop_assert_eq!(&raw(&packed, &limits).unwrap(), &plain);
            for end in 0..packed.len().min(50) {
                prop_assert!(raw(&packed[..end], &limits).is_err());
            }
            let at = place.index(packed.len());
            packed[at] ^= flip;
            // As zlib, and unlike the other, a code of a single symbol has to be of one bit.
            if let Ok(plain) = raw(&packed, &limits) {
                prop_assert_eq!(Some(plain), theirs(&packed));
            }
        }

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
