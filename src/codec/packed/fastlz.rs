//! FastLZ blocks as PHP's Memcached client compresses values with them: no header, no length.
//!
//! The upper three bits of the first byte are the level, 0 or 1 for the first and the second. A control
//! byte below 32 is followed by one more literal byte than it says. Otherwise its upper three bits are a length
//! (7: more bytes are added, in the second level as long as they are 255), and its lower five with the next
//! byte the distance of what is repeated (FastLZ 0.5, fastlz.c).

use super::{room, too_large};
use crate::codec::{DecodeError, Limits};

/// The wrapper's name.
pub const NAME: &str = "fastlz";

/// Further back the second level repeats by two bytes of their own.
const FAR: usize = 8191;

/// Decompresses a block after four bytes with the plain length, least first.
pub fn behind_length(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let Some((length, packed)) = bytes.split_first_chunk::<4>() else {
        return Err(DecodeError::new(NAME, 0, "shorter than the length that it begins with"));
    };
    open(packed, u32::from_le_bytes(*length) as usize, limits)
}

/// Decompresses a block of which the length of the plain text is known.
pub fn open(bytes: &[u8], length: usize, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let room = room(bytes.len(), limits);
    if length > room {
        return Err(too_large(NAME, room));
    }
    let second = match bytes.first().map(|first| first >> 5) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(DecodeError::new(NAME, 0, "not a level of FastLZ")),
    };
    let mut plain: Vec<u8> = Vec::with_capacity(length.min(bytes.len().saturating_mul(4)));
    let mut at = 0;
    let end = |at: usize| DecodeError::new(NAME, at, "unexpected end");
    let byte = |at: usize| bytes.get(at).map(|byte| usize::from(*byte)).ok_or_else(|| end(at));
    while at < bytes.len() {
        let start = at;
        // The level is in the way of the first one only, which is a run of literals.
        let control = if at == 0 { byte(0)? & 31 } else { byte(at)? };
        at += 1;
        if control < 32 {
            let literal = bytes.get(at..=at + control).ok_or_else(|| end(bytes.len()))?;
            plain.extend_from_slice(literal);
            at += control + 1;
        } else {
            let mut repeated = (control >> 5) + 2;
            if repeated == 9 {
                loop {
                    let more = byte(at)?;
                    at += 1;
                    repeated += more;
                    if !second || more != 255 || repeated > length {
                        break;
                    }
                }
            }
            let mut distance = (control & 31) << 8 | byte(at)?;
            at += 1;
            if second && distance == FAR {
                distance = FAR + (byte(at)? << 8 | byte(at + 1)?);
                at += 2;
            }
            let Some(begin) = plain.len().checked_sub(distance + 1) else {
                return Err(DecodeError::new(NAME, start, "repeats from before the beginning"));
            };
            if repeated > length - plain.len().min(length) {
                return Err(DecodeError::new(NAME, start, "longer than announced"));
            }
            // It may repeat what it makes: then there is twice as much to repeat each time.
            while repeated > 0 {
                let part = repeated.min(plain.len() - begin);
                plain.extend_from_within(begin..begin + part);
                repeated -= part;
            }
        }
        if plain.len() > length {
            return Err(DecodeError::new(NAME, start, "longer than announced"));
        }
    }
    if plain.len() < length {
        return Err(DecodeError::new(NAME, bytes.len(), "shorter than announced"));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_levels_repeat_what_came_before() {
        let limits = Limits::default();
        // Four literals, then six bytes from three back.
        let near = [&[3][..], b"abcd", &[4 << 5, 3]].concat();
        assert_eq!(open(&near, 10, &limits).expect("a block"), b"abcdabcdab");
        // A run that repeats itself, of 9 + 11 bytes.
        let run = [&[0][..], b"x", &[7 << 5, 11, 0]].concat();
        assert_eq!(open(&run, 21, &limits).expect("a block"), [b'x'; 21]);
        // The second level adds up lengths of 255.
        let long = [&[1 << 5][..], b"y", &[7 << 5, 255, 1, 0]].concat();
        assert_eq!(open(&long, 1 + 9 + 256, &limits).expect("a block"), [b'y'; 266]);
        for wrong in [0, 9, 11, 1 << 20] {
            assert!(open(&near, wrong, &limits).is_err(), "{wrong}");
        }
        for cut in 0..near.len() {
            assert!(open(&near[..cut], 10, &limits).is_err(), "{cut}");
        }
        assert!(open(&[0, b'a', 1 << 5, 9], 4, &limits).is_err(), "before the begin");
        assert!(open(&[0xff; 8], 4, &limits).is_err(), "no level");
    }
}
