//! The bytes of a dump, one after the other: lengths and strings, counted and summed on the way.
//!
//! No length that the dump states is believed: what is kept grows with the bytes that are there.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use crc::{CRC_64_REDIS, Crc, Digest, Table};

use crate::codec::DecodeError;
use crate::codec::packed::lzf;

/// CRC-64/Jones as Redis has it: nothing goes in first, nothing is turned over last (crc64.c).
static SUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// Where bytes come from.
pub trait Input {
    /// Reads some; none is the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// Goes over this many without reading them, as far as there are; how many it went over.
    fn pass(&mut self, count: u64) -> io::Result<u64>;
}

impl Input for &[u8] {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::Read::read(self, into)
    }

    fn pass(&mut self, count: u64) -> io::Result<u64> {
        let passed = self.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        *self = &self[passed..];
        Ok(passed as u64)
    }
}

/// A file, read at a place of one's own: several may share it.
#[derive(Debug, Clone)]
pub struct Part {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Part {
    /// The file from `at` up to `end`.
    pub fn new(file: &Arc<File>, at: u64, end: u64) -> Part {
        Part { file: Arc::clone(file), at, end }
    }
}

impl Input for Part {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        loop {
            match self.file.read_at(&mut into[..most], self.at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let read = read?;
                    self.at += read as u64;
                    return Ok(read);
                }
            }
        }
    }

    fn pass(&mut self, count: u64) -> io::Result<u64> {
        let passed = count.min(self.end.saturating_sub(self.at));
        self.at += passed;
        Ok(passed)
    }
}

/// Where and why a dump cannot be read on.
#[derive(Debug)]
pub struct Broken {
    /// Offset in the dump, in bytes.
    pub at: u64,
    pub why: Why,
}

/// Why a dump cannot be read on.
#[derive(Debug)]
pub enum Why {
    /// It ends there.
    Ends,
    /// What stands there is nothing that a server writes.
    Wrong(String),
    /// The same within a string, all of which was gone over.
    Inside(String),
    /// It may be right; it is not known here.
    Unknown(String),
    /// The system cannot read it.
    Io(io::Error),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Ends => write!(f, "it ends at byte {}, in the middle", self.at),
            Why::Wrong(what) | Why::Inside(what) => write!(f, "it is damaged at byte {}: {what}", self.at),
            Why::Unknown(what) => write!(f, "it cannot be read past byte {}: {what}", self.at),
            Why::Io(error) => write!(f, "it cannot be read at byte {}: {error}", self.at),
        }
    }
}

/// A string as its head announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    Plain(u64),
    /// A whole number, written as text.
    Number(i64),
    /// Compressed by LZF: the bytes there are, and those they become.
    Packed(u64, u64),
}

impl Head {
    /// Bytes of the string itself.
    pub fn length(self) -> u64 {
        match self {
            Head::Plain(length) | Head::Packed(_, length) => length,
            Head::Number(number) => number.to_string().len() as u64,
        }
    }

    /// Bytes that its content takes in memory while it is read.
    pub fn takes(self) -> u64 {
        match self {
            Head::Packed(packed, length) => packed.saturating_add(length),
            other => other.length(),
        }
    }
}

/// A compressed string at that place is damaged.
fn inside(at: u64, error: &DecodeError) -> Broken {
    let why = Why::Inside(format!("a compressed string: {}", error.reason));
    Broken { at: at + error.offset as u64, why }
}

/// Memory is taken by so much at a time, as the bytes for it turn up.
const GROWTH: u64 = 1 << 20;

/// Bytes that are read in order.
pub struct Bytes<I> {
    input: I,
    buffer: Box<[u8]>,
    /// What of the buffer is read in, and not taken yet.
    begin: usize,
    end: usize,
    /// Where the buffer begins in the dump.
    offset: u64,
    sum: Option<Digest<'static, u64, Table<16>>>,
    /// Up to where the buffer has gone into the sum.
    summed: usize,
    /// For strings that are unpacked, or looked into.
    scratch: Vec<u8>,
    /// Fields that end by themselves of the hash that was read last, and when (ms since 1970).
    pub ends: Vec<(Vec<u8>, i64)>,
}

impl<I: Input> Bytes<I> {
    /// Reads from the input, which begins at `offset` of the dump, by this many bytes at a time.
    pub fn new(input: I, offset: u64, by: usize) -> Bytes<I> {
        let buffer = vec![0; by.max(64)].into_boxed_slice();
        Bytes {
            input,
            buffer,
            begin: 0,
            end: 0,
            offset,
            sum: None,
            summed: 0,
            scratch: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Sums up all bytes from here on.
    pub fn sum_up(&mut self) {
        self.sum = Some(SUM.digest());
        self.summed = self.begin;
    }

    /// The sum of the bytes that were taken; `None` where they are not summed up.
    pub fn sum(&mut self) -> Option<u64> {
        self.add_up();
        self.sum.clone().map(Digest::<'static, u64, Table<16>>::finalize)
    }

    fn add_up(&mut self) {
        if let Some(sum) = &mut self.sum {
            sum.update(&self.buffer[self.summed..self.begin]);
        }
        self.summed = self.begin;
    }

    /// Goes on elsewhere.
    pub fn jump(&mut self, input: I, offset: u64) {
        self.input = input;
        (self.begin, self.end, self.offset, self.summed) = (0, 0, offset, 0);
        self.sum = None;
    }

    /// Where the next byte stands in the dump.
    pub fn at(&self) -> u64 {
        self.offset + self.begin as u64
    }

    fn ends(&self) -> Broken {
        Broken { at: self.offset + self.end as u64, why: Why::Ends }
    }

    /// What stands `back` bytes before here is wrong.
    pub fn wrong(&self, back: u64, what: impl Into<String>) -> Broken {
        Broken { at: self.at().saturating_sub(back), why: Why::Wrong(what.into()) }
    }

    fn fill(&mut self) -> Result<usize, Broken> {
        if self.begin > 0 {
            self.add_up();
            self.buffer.copy_within(self.begin..self.end, 0);
            self.offset += self.begin as u64;
            self.end -= self.begin;
            (self.begin, self.summed) = (0, 0);
        }
        let (at, end) = (self.at(), self.end);
        let read = self.input.read(&mut self.buffer[end..]);
        let read = read.map_err(|error| Broken { at, why: Why::Io(error) })?;
        self.end += read;
        Ok(read)
    }

    /// Whether there is nothing more.
    pub fn is_over(&mut self) -> Result<bool, Broken> {
        Ok(self.begin == self.end && self.fill()? == 0)
    }

    /// The next bytes, few of them.
    fn some(&mut self, count: usize) -> Result<&[u8], Broken> {
        while self.end - self.begin < count {
            if self.fill()? == 0 {
                return Err(self.ends());
            }
        }
        self.begin += count;
        Ok(&self.buffer[self.begin - count..self.begin])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.some(N)?);
        Ok(bytes)
    }

    pub fn byte(&mut self) -> Result<u8, Broken> {
        if self.begin < self.end {
            self.begin += 1;
            return Ok(self.buffer[self.begin - 1]);
        }
        Ok(self.array::<1>()?[0])
    }

    /// Goes over this many bytes.
    pub fn skip(&mut self, count: u64) -> Result<(), Broken> {
        let mut left = count;
        loop {
            let here = left.min((self.end - self.begin) as u64);
            self.begin += here as usize;
            left -= here;
            if left == 0 {
                return Ok(());
            }
            if self.sum.is_none() {
                let at = self.at();
                let passed = self.input.pass(left).map_err(|error| Broken { at, why: Why::Io(error) })?;
                (self.begin, self.end, self.summed, self.offset) = (0, 0, 0, at + passed);
                return if passed == left { Ok(()) } else { Err(self.ends()) };
            }
            if self.fill()? == 0 {
                return Err(self.ends());
            }
        }
    }

    /// Appends this many bytes.
    pub fn take(&mut self, count: u64, into: &mut Vec<u8>) -> Result<(), Broken> {
        let mut left = count;
        into.reserve(left.min(GROWTH) as usize);
        loop {
            let here = left.min((self.end - self.begin) as u64) as usize;
            into.extend_from_slice(&self.buffer[self.begin..self.begin + here]);
            self.begin += here;
            left -= here as u64;
            if left == 0 {
                return Ok(());
            }
            if self.fill()? == 0 {
                return Err(self.ends());
            }
        }
    }

    /// A length, or what stands for one where only a string may.
    fn length(&mut self) -> Result<Result<u64, u8>, Broken> {
        let first = self.byte()?;
        Ok(Ok(match first >> 6 {
            0 => u64::from(first & 0x3f),
            1 => u64::from(first & 0x3f) << 8 | u64::from(self.byte()?),
            2 if first == 0x80 => u64::from(u32::from_be_bytes(self.array()?)),
            2 if first == 0x81 => u64::from_be_bytes(self.array()?),
            2 => return Err(self.wrong(1, format!("{first:#04x} cannot begin a length"))),
            _ => return Ok(Err(first & 0x3f)),
        }))
    }

    /// A length, or a number written as one.
    pub fn count(&mut self) -> Result<u64, Broken> {
        match self.length()? {
            Ok(count) => Ok(count),
            Err(_) => Err(self.wrong(1, "a length is encoded like a string")),
        }
    }

    /// The head of a string; its content stands after it.
    pub fn head(&mut self) -> Result<Head, Broken> {
        Ok(match self.length()? {
            Ok(length) => Head::Plain(length),
            Err(0) => Head::Number(i64::from(i8::from_le_bytes(self.array()?))),
            Err(1) => Head::Number(i64::from(i16::from_le_bytes(self.array()?))),
            Err(2) => Head::Number(i64::from(i32::from_le_bytes(self.array()?))),
            Err(3) => {
                let packed = self.count()?;
                let length = self.count()?;
                if length > lzf::most(packed) {
                    return Err(self.wrong(1, "a string claims to expand to more than it can"));
                }
                Head::Packed(packed, length)
            }
            Err(other) => return Err(self.wrong(1, format!("{other} is not a string encoding"))),
        })
    }

    /// Goes over a string whose head was read.
    pub fn skip_text(&mut self, head: Head) -> Result<(), Broken> {
        match head {
            Head::Plain(length) | Head::Packed(length, _) => self.skip(length),
            Head::Number(_) => Ok(()),
        }
    }

    /// Goes over a string; how long it is.
    pub fn pass_text(&mut self) -> Result<u64, Broken> {
        let head = self.head()?;
        self.skip_text(head)?;
        Ok(head.length())
    }

    /// The string whose head was read, whole. Anyone who asks has held its size against a limit.
    pub fn text(&mut self, head: Head) -> Result<Vec<u8>, Broken> {
        match head {
            Head::Plain(length) => {
                let mut text = Vec::new();
                self.take(length, &mut text)?;
                Ok(text)
            }
            Head::Number(number) => Ok(number.to_string().into_bytes()),
            Head::Packed(packed, length) => {
                let at = self.at();
                self.packed(packed, |bytes| lzf::exactly(bytes, length as usize))?
                    .map_err(|error| inside(at, &error))
            }
        }
    }

    /// The first `most` bytes of a string whose head was read and that is longer; the rest is gone over.
    pub fn beginning(&mut self, head: Head, most: usize) -> Result<Vec<u8>, Broken> {
        match head {
            Head::Plain(length) => {
                let mut text = Vec::new();
                let here = length.min(most as u64);
                self.take(here, &mut text)?;
                self.skip(length - here)?;
                Ok(text)
            }
            Head::Packed(packed, _) => {
                let at = self.at();
                // What does not compress takes a 32nd more.
                let here = packed.min(most as u64 + most as u64 / 32 + 64);
                let text = self.packed(here, |bytes| lzf::begin(bytes, most))?;
                self.skip(packed - here)?;
                text.map_err(|error| inside(at, &error))
            }
            Head::Number(_) => self.text(head),
        }
    }

    fn packed<T>(&mut self, length: u64, unpack: impl FnOnce(&[u8]) -> T) -> Result<T, Broken> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        let taken = self.take(length, &mut bytes);
        let unpacked = taken.map(|()| unpack(&bytes));
        if bytes.capacity() as u64 <= GROWTH {
            self.scratch = bytes;
        }
        unpacked
    }

    /// A string into a buffer that is kept; `false` where it is longer than `most` and was gone over.
    pub fn text_into(&mut self, into: &mut Vec<u8>, most: u64) -> Result<bool, Broken> {
        into.clear();
        let head = self.head()?;
        if head.takes() > most {
            self.skip_text(head)?;
            return Ok(false);
        }
        match head {
            Head::Plain(length) => self.take(length, into)?,
            other => *into = self.text(other)?,
        }
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Bytes<&[u8]> {
        Bytes::new(bytes, 0, 64)
    }

    fn text(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut bytes = of(bytes);
        let head = bytes.head()?;
        bytes.text(head)
    }

    #[test]
    fn lengths() {
        for (bytes, expected) in [
            (&b"\x00"[..], 0),
            (b"\x3f", 63),
            (b"\x40\x40", 64),
            (b"\x7f\xff", 16_383),
            (b"\x80\0\x01\0\0", 65_536),
            (b"\x81\0\0\0\x01\0\0\0\0", 1 << 32),
        ] {
            assert_eq!(of(bytes).count().unwrap(), expected);
        }
        for (bytes, at) in [(&b""[..], 0), (b"\x40", 1), (b"\x80\0\0\0", 4), (b"\x82", 0), (b"\xc0\x01", 0)] {
            assert_eq!(of(bytes).count().unwrap_err().at, at, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn strings() {
        for (bytes, expected) in [
            (&b"\x03abc"[..], &b"abc"[..]),
            (b"\xc0\xff", b"-1"),
            (b"\xc1\x39\x30", b"12345"),
            (b"\xc2\x00\x00\x00\x80", b"-2147483648"),
            (b"\xc3\x05\x0a\x00a\xe0\x00\x00", b"aaaaaaaaaa"),
            (b"\x00", b""),
        ] {
            assert_eq!(text(bytes).unwrap(), expected);
            for end in 0..bytes.len() {
                assert!(text(&bytes[..end]).is_err(), "{}", bytes[..end].escape_ascii());
            }
        }
        // A length that nothing stands for takes no memory and no time.
        assert!(matches!(text(b"\x81\xff\xff\xff\xff\xff\xff\xff\xffabc").unwrap_err().why, Why::Ends));
        // More than LZF can make of it.
        assert!(text(b"\xc3\x03\x80\x7f\xff\xff\xff\x00a\x00").is_err());
        assert!(text(b"\xc3\x05\x09\x00a\xe0\x00\x00").is_err());
        assert!(text(b"\xc4abc").is_err());
    }

    #[test]
    fn beginnings_and_what_is_gone_over() {
        let plain: Vec<u8> = (0..20_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut bytes = vec![0x80];
        bytes.extend_from_slice(&(plain.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&plain);
        bytes.push(7);
        for summed in [false, true] {
            let mut reader = of(&bytes);
            if summed {
                reader.sum_up();
            }
            let head = reader.head().unwrap();
            assert_eq!(reader.beginning(head, 100).unwrap(), &plain[..100]);
            assert_eq!(reader.at(), bytes.len() as u64 - 1);
            assert_eq!(reader.byte().unwrap(), 7);
            assert!(reader.is_over().unwrap());
            assert_eq!(reader.sum(), summed.then(|| SUM.checksum(&bytes)));
        }
        // Literals only, as LZF leaves what does not compress.
        let mut packed = Vec::new();
        for run in plain.chunks(32) {
            packed.push(run.len() as u8 - 1);
            packed.extend_from_slice(run);
        }
        let mut bytes = vec![0xc3, 0x80];
        bytes.extend_from_slice(&(packed.len() as u32).to_be_bytes());
        bytes.push(0x80);
        bytes.extend_from_slice(&(plain.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&packed);
        let mut reader = of(&bytes);
        let head = reader.head().unwrap();
        assert_eq!(reader.beginning(head, 8192).unwrap(), &plain[..8192]);
        assert!(reader.is_over().unwrap());
    }

    #[test]
    fn the_sum_is_that_of_redis() {
        // crc64.c of Redis states it.
        assert_eq!(SUM.checksum(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
    }
}
