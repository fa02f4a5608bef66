//! A cursor over a binary encoding.
//!
//! Every length in such a form is a claim of the writer: each one is held against the bytes that are
//! left before anything is made of it.

use super::{DecodeError, Parsed};

/// What is being read, and up to where it was. Faults name the codec and a place.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    codec: &'static str,
    pub(super) bytes: &'a [u8],
    /// Never beyond the end.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(codec: &'static str, bytes: &'a [u8]) -> Self {
        Cursor { codec, bytes, at: 0 }
    }

    /// The error of this place.
    #[cold]
    pub(super) fn fault<T>(&self, reason: impl Into<String>) -> Parsed<T> {
        self.fault_at(self.at, reason)
    }

    #[cold]
    pub(super) fn fault_at<T>(&self, at: usize, reason: impl Into<String>) -> Parsed<T> {
        Err(Box::new(DecodeError::new(self.codec, at, reason)))
    }

    /// What was not read yet.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// How many bytes were not read yet.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next byte, without passing it.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        match self.rest().get(..length) {
            Some(taken) => {
                self.at += length;
                Ok(taken)
            }
            None => self.fault(format!("{length} bytes announced, but fewer are left")),
        }
    }

    /// That many bytes more, for forms that say otherwise what is wrong where there are fewer.
    #[inline]
    pub(super) fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = *self.rest().first_chunk()?;
        self.at += N;
        Some(taken)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        match self.chunk() {
            Some(taken) => Ok(taken),
            None => self.fault("unexpected end"),
        }
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Parsed<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// An unsigned big-endian integer of 1, 2, 4 or 8 bytes, given as 0, 1, 2 or 3.
    #[inline]
    pub(super) fn unsigned(&mut self, width: u8) -> Parsed<u64> {
        Ok(match width {
            0 => u64::from(self.byte()?),
            1 => u64::from(u16::from_be_bytes(self.array()?)),
            2 => u64::from(u32::from_be_bytes(self.array()?)),
            _ => u64::from_be_bytes(self.array()?),
        })
    }

    /// The same as a number of bytes or things.
    #[inline]
    pub(super) fn length(&mut self, width: u8) -> Parsed<usize> {
        // Where it does not fit, it is more than any blob has.
        Ok(usize::try_from(self.unsigned(width)?).unwrap_or(usize::MAX))
    }
}

/// Where a reader that recurses is: containers within containers.
#[derive(Debug)]
pub(super) struct Nest {
    depth: usize,
    most: usize,
}

impl Nest {
    pub(super) fn new(most: usize) -> Self {
        Nest { depth: 0, most }
    }

    #[inline]
    pub(super) fn enter(&mut self, bytes: &Cursor<'_>) -> Parsed<()> {
        if self.depth == self.most {
            return bytes.fault(format!("nested deeper than {}", self.most));
        }
        self.depth += 1;
        Ok(())
    }

    /// Steps into a container of this many things, each of which takes a byte at least; how many to make room for.
    #[inline]
    pub(super) fn enter_for(&mut self, bytes: &Cursor<'_>, count: usize, things: &str) -> Parsed<usize> {
        if count > bytes.left() && self.depth < self.most {
            return bytes.fault(format!("{count} {things} announced, but fewer bytes are left"));
        }
        self.enter(bytes)?;
        // A claim that the bytes could bear may still be a lie on every level.
        Ok(count.min(32))
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut cursor = Cursor::new("form", b"\x01\x02\x03\x04\x05");
        assert_eq!(cursor.unsigned(1).unwrap(), 0x0102);
        for error in [
            cursor.unsigned(2).unwrap_err(),
            cursor.unsigned(3).unwrap_err(),
            cursor.take(4).unwrap_err(),
            cursor.take(usize::MAX).unwrap_err(),
        ] {
            assert_eq!((error.codec, error.offset), ("form", 2));
        }
        assert_eq!(cursor.chunk::<4>(), None);
        assert_eq!((cursor.peek(), cursor.left()), (Some(3), 3));
        assert_eq!(cursor.take(3).unwrap(), b"\x03\x04\x05");
        assert_eq!((cursor.peek(), cursor.rest()), (None, &b""[..]));
        assert_eq!(cursor.byte().unwrap_err().to_string(), "form: unexpected end at byte 5");
        assert_eq!(cursor.take(0).unwrap(), b"");
    }

    #[test]
    fn what_nests_ends_and_claims_are_held_against_the_bytes() {
        let cursor = Cursor::new("form", b"\x01\x02");
        let mut nest = Nest::new(2);
        assert_eq!(nest.enter_for(&cursor, 2, "values").unwrap(), 2);
        let error = nest.enter_for(&cursor, 3, "values").unwrap_err();
        assert_eq!(error.reason, "3 values announced, but fewer bytes are left");
        nest.enter(&cursor).unwrap();
        assert_eq!(nest.enter(&cursor).unwrap_err().reason, "nested deeper than 2");
        assert_eq!(nest.enter_for(&cursor, 3, "values").unwrap_err().reason, "nested deeper than 2");
        nest.leave();
        nest.enter(&cursor).unwrap();
    }
}
