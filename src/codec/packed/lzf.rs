//! LZF as liblzf writes it: no header, no length, no mark.
//!
//! A control byte below 32 is followed by one more literal byte than it says. Otherwise its upper
//! three bits are a length (7: the next byte is added), and its lower five with the next byte the
//! distance of what is repeated (liblzf 3.6 lzf_d.c).

use std::cmp::Ordering;

use super::{room, too_large};
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "lzf";

/// Decompresses the whole.
///
/// Nearly half of all strings decompress to something, so that this succeeds says nothing: what it
/// gives has to be looked at.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    let mut plain: Vec<u8> = Vec::with_capacity(bytes.len().saturating_mul(2).min(room));
    unpack(bytes, room, &mut plain)?;
    if plain.len() > room { Err(too_large(NAME, room)) } else { Ok(plain) }
}

/// The most that this many bytes can decompress to: three of them repeat up to 264.
pub fn most(packed: u64) -> u64 {
    packed.saturating_add(2) / 3 * 264
}

/// Decompresses the whole where its length is known and is believed: it was held against [`most`].
pub fn exactly(bytes: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
    let mut plain: Vec<u8> = Vec::with_capacity(length);
    unpack(bytes, length, &mut plain)?;
    match plain.len().cmp(&length) {
        Ordering::Equal => Ok(plain),
        Ordering::Less => Err(DecodeError::new(NAME, bytes.len(), "shorter than announced")),
        Ordering::Greater => Err(DecodeError::new(NAME, bytes.len(), "longer than announced")),
    }
}

/// Decompresses the first `length` bytes of something longer; what is compressed may end after them.
pub fn begin(bytes: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
    let mut plain: Vec<u8> = Vec::with_capacity(length + 264);
    match unpack(bytes, length, &mut plain) {
        Err(error) if plain.len() < length => Err(error),
        Ok(()) if plain.len() < length => Err(DecodeError::new(NAME, bytes.len(), "shorter than announced")),
        _ => {
            plain.truncate(length);
            Ok(plain)
        }
    }
}

/// Decompresses until there is more than `room`, or to the end.
fn unpack(bytes: &[u8], room: usize, plain: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut at = 0;
    let end = || DecodeError::new(NAME, bytes.len(), "unexpected end");
    while let Some(&control) = bytes.get(at) {
        let control = usize::from(control);
        if control < 32 {
            let literal = bytes.get(at + 1..at + 2 + control).ok_or_else(end)?;
            plain.extend_from_slice(literal);
            at += 2 + control;
        } else {
            let mut length = control >> 5;
            let mut next = at + 1;
            if length == 7 {
                length += usize::from(*bytes.get(next).ok_or_else(end)?);
                next += 1;
            }
            length += 2;
            let distance = ((control & 0x1f) << 8 | usize::from(*bytes.get(next).ok_or_else(end)?)) + 1;
            let Some(begin) = plain.len().checked_sub(distance) else {
                return Err(DecodeError::new(NAME, at, "repeats from before the beginning"));
            };
            // It may repeat what it makes: then there is twice as much to repeat each time.
            while length > 0 {
                let part = length.min(plain.len() - begin);
                plain.extend_from_within(begin..begin + part);
                length -= part;
            }
            at = next + 1;
        }
        if plain.len() > room {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        open(bytes, &Limits::default())
    }

    #[test]
    fn runs_and_repetitions() {
        let table: &[(&[u8], &[u8])] = &[
            (b"", b""),
            (b"\x00a", b"a"),
            (b"\x02abc", b"abc"),
            (b"\x02abc\x20\x02", b"abcabc"),
            (b"\x00a\x20\x00", b"aaaa"),
            (b"\x00a\xe0\x00\x00", b"aaaaaaaaaa"),
            (b"\x01ab\xe0\x02\x01", b"abababababab" as &[u8]),
        ];
        for (bytes, expected) in table {
            let plain = read(bytes).unwrap();
            assert_eq!(
                plain.len(),
                expected.len() + usize::from(bytes.starts_with(b"\x01ab")),
                "{}",
                bytes.escape_ascii()
            );
            assert!(plain.starts_with(expected));
        }
        let long: Vec<u8> = (0..=255).collect();
        let mut packed = Vec::new();
        for run in long.chunks(32) {
            packed.push(31);
            packed.extend_from_slice(run);
        }
        packed.extend_from_slice(&[0xe0, 91, 255]);
        assert_eq!(read(&packed).unwrap(), [&long[..], &long[..100]].concat());
    }

    #[test]
    fn refused() {
        for (bytes, offset) in [
            (&b"\x01a"[..], 2),
            (b"\x1fabc", 4),
            (b"\x20\x00", 0),
            (b"\x00a\x20\x01", 2),
            (b"\x00a\xe0", 3),
            (b"\x00a\xe0\x01", 4),
        ] {
            assert_eq!(read(bytes).unwrap_err().offset, offset, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn of_a_known_length() {
        let packed = b"\x01ab\xe0\x02\x01";
        let plain = read(packed).unwrap();
        assert_eq!(exactly(packed, plain.len()).unwrap(), plain);
        assert!(exactly(packed, plain.len() - 1).is_err());
        assert!(exactly(packed, plain.len() + 1).is_err());
        assert_eq!(begin(packed, 3).unwrap(), b"aba");
        assert_eq!(begin(&packed[..3], 2).unwrap(), b"ab");
        assert!(begin(&packed[..3], 3).is_err());
        let tight = b"\x00a\xe0\xff\x00";
        assert_eq!(read(tight).unwrap().len(), 265);
        assert!(most(tight.len() as u64) >= 265);
    }

    #[test]
    fn bombs() {
        let bomb = [&b"\x00a"[..], &b"\xe0\xff\x00".repeat(400_000)].concat();
        let begin = Instant::now();
        assert!(read(&bomb).unwrap_err().reason.starts_with("expands to more"));
        assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
            let _ = read(&[&b"\x1fabcdefghijklmnopqrstuvwxyz012345"[..], &bytes].concat());
        }
    }
}
