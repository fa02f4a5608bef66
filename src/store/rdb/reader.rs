//! A dump from its begin to its end: which key comes next, what precedes it, and whether all of it
//! arrived (rdb.c rdbSaveRio and rdbLoadRio of Redis 7.4 and Valkey 9.0; the order of what is in a dump is not
//! promised, so every opcode is taken at every place).

use std::fmt;

use super::bytes::{Broken, Bytes, Input, Why};
use super::value::{Read, Shape, Templates, Writer};

/// Versions up to which all that is written is known.
const KNOWN_REDIS: u16 = 12;
const KNOWN_VALKEY: u16 = 80;

/// Bytes of a key, and of a note that the server made, that are read; there are no sessions under longer ones.
const MAX_KEY: u64 = 1 << 20;
const MAX_NOTE: u64 = 64 << 10;

/// The first bytes of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub writer: Writer,
    pub version: u16,
}

impl Header {
    pub const BYTES: usize = 9;

    /// `REDIS` and four digits, or `VALKEY` and three.
    pub fn of(bytes: &[u8]) -> Option<Header> {
        let bytes = bytes.get(..Header::BYTES)?;
        let (writer, digits) = match (bytes.strip_prefix(b"REDIS"), bytes.strip_prefix(b"VALKEY")) {
            (Some(digits), _) => (Writer::Redis, digits),
            (_, Some(digits)) => (Writer::Valkey, digits),
            _ => return None,
        };
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|d| d.is_ascii_digit()))?;
        Some(Header { writer, version: digits.parse().ok().filter(|version| *version > 0)? })
    }

    /// Whether it may hold what is not known here.
    pub fn is_newer(self) -> bool {
        match self.writer {
            Writer::Redis => self.version > KNOWN_REDIS,
            Writer::Valkey => self.version > KNOWN_VALKEY,
        }
    }

    /// Whether the server that wrote it knows fields of hashes that end by themselves (Redis 7.4, Valkey 9.0).
    pub fn has_field_ends(self) -> bool {
        match self.writer {
            Writer::Redis => self.version >= 12,
            Writer::Valkey => self.version >= 80,
        }
    }

    fn has_sum(self) -> bool {
        self.version >= 5
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writer = match self.writer {
            Writer::Redis => "Redis",
            Writer::Valkey => "Valkey",
        };
        write!(f, "RDB version {} of {writer}", self.version)
    }
}

/// A key whose value stands next. Its name is [`Reader::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Where what belongs to the key begins, its end included.
    pub start: u64,
    pub shape: Shape,
    /// When it ends, in milliseconds since 1970.
    pub ends: Option<i64>,
    pub db: u64,
    /// Its name is too long to be read; it is none that anyone asks for.
    pub nameless: bool,
}

/// What a dump says of itself, and what was gone over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// When it was made, in seconds since 1970.
    pub made: Option<i64>,
    /// Which server made it, such as `7.4.1`.
    pub server: Option<String>,
    /// Keys of a database as they were announced: its number, and how many.
    pub announced: Option<(u64, u64)>,
    /// Changes that were made to the data while it was written, and are written after it.
    pub changes: u64,
    /// Libraries of functions.
    pub functions: u64,
}

/// A dump that is read.
pub struct Reader<I> {
    pub bytes: Bytes<I>,
    pub header: Header,
    pub key: Vec<u8>,
    pub templates: Templates,
    pub notes: Notes,
    db: u64,
}

impl<I: Input> Reader<I> {
    /// Reads the header; `None` where there is none.
    pub fn new(mut bytes: Bytes<I>) -> Result<Option<Reader<I>>, Broken> {
        let header = match bytes.array::<{ Header::BYTES }>() {
            Ok(header) => Header::of(&header),
            Err(Broken { why: Why::Ends, .. }) => None,
            Err(broken) => return Err(broken),
        };
        Ok(header.map(|header| Reader::within(bytes, header, Templates::default())))
    }

    /// Reads on from the middle of a dump.
    pub fn within(bytes: Bytes<I>, header: Header, templates: Templates) -> Reader<I> {
        Reader { bytes, header, key: Vec::new(), templates, notes: Notes::default(), db: 0 }
    }

    /// Goes on to the next key; `None` is the end. The value of the one before has to be read.
    pub fn find(&mut self) -> Result<Option<Found>, Broken> {
        let mut ends = None;
        let mut start = None;
        loop {
            let at = self.bytes.at();
            let code = self.bytes.byte()?;
            match (code, self.header.writer) {
                (0xff, _) => {
                    self.finish()?;
                    return Ok(None);
                }
                (0xfe, _) => self.db = self.bytes.count()?,
                (0xfd, _) => {
                    start.get_or_insert(at);
                    ends = Some(i64::from(i32::from_le_bytes(self.bytes.array()?)) * 1000);
                }
                (0xfc, _) => {
                    start.get_or_insert(at);
                    ends = Some(i64::from_le_bytes(self.bytes.array()?));
                }
                (0xfb, _) => {
                    let keys = self.bytes.count()?;
                    self.bytes.count()?;
                    self.notes.announced = Some((self.db, keys));
                }
                (0xfa, _) => self.note()?,
                (0xf9, _) => {
                    start.get_or_insert(at);
                    self.bytes.byte()?;
                }
                (0xf8, _) => {
                    start.get_or_insert(at);
                    self.bytes.count()?;
                }
                (0xf7, _) => {
                    // A module's number, and the marked number of the moment at which it was written.
                    self.bytes.count()?;
                    self.bytes.count()?;
                    self.bytes.count()?;
                    self.bytes.skip_module()?;
                }
                (0xf6, _) => {
                    self.notes.functions += 1;
                    self.bytes.pass_text()?;
                    self.bytes.pass_text()?;
                    if self.bytes.byte()? != 0 {
                        self.bytes.pass_text()?;
                    }
                    self.bytes.pass_text()?;
                }
                (0xf5, _) => {
                    self.notes.functions += 1;
                    self.bytes.pass_text()?;
                }
                (0xf4, _) => {
                    for _ in 0..3 {
                        self.bytes.count()?;
                    }
                }
                (0xf3, Writer::Redis) => {
                    start.get_or_insert(at);
                    for _ in 0..self.bytes.count()? {
                        self.bytes.skip(4)?;
                        self.bytes.skip_module()?;
                    }
                }
                (0xf3, Writer::Valkey) => {
                    self.bytes.pass_text()?;
                    for _ in 0..self.bytes.count()? {
                        self.bytes.count()?;
                        self.bytes.count()?;
                    }
                }
                (0xf2, Writer::Redis) => self.templates.learn(&mut self.bytes)?,
                (0xf2, Writer::Valkey) => {
                    self.notes.changes += 1;
                    self.skip_command()?;
                }
                (code, writer) => {
                    let shape = Shape::of(writer, code).map_err(|what| self.unknown(at, code, what))?;
                    let nameless = !self.bytes.text_into(&mut self.key, MAX_KEY)?;
                    let start = start.unwrap_or(at);
                    return Ok(Some(Found { start, shape, ends, db: self.db, nameless }));
                }
            }
        }
    }

    fn unknown(&self, at: u64, code: u8, what: &str) -> Broken {
        let newer = if self.header.is_newer() {
            format!(
                "; this is {}, but only versions up to {KNOWN_REDIS} of Redis and {KNOWN_VALKEY} of Valkey are known",
                self.header
            )
        } else {
            String::new()
        };
        Broken { at, why: Why::Unknown(format!("it contains {what} (type {code}), which is unknown{newer}")) }
    }

    /// Reads the value of the key that was found last.
    pub fn value(&mut self, shape: Shape, limit: u64, now: i64) -> Result<Read, Broken> {
        self.bytes.value(shape, limit, now, &self.templates)
    }

    /// Goes over the value of the key that was found last.
    pub fn pass(&mut self, shape: Shape) -> Result<(), Broken> {
        self.bytes.pass_value(shape, &self.templates)
    }

    fn note(&mut self) -> Result<(), Broken> {
        let (mut name, mut value) = (Vec::new(), Vec::new());
        let known =
            self.bytes.text_into(&mut name, MAX_NOTE)? & self.bytes.text_into(&mut value, MAX_NOTE)?;
        if !known {
            return Ok(());
        }
        match &name[..] {
            b"ctime" => {
                self.notes.made = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
            }
            b"redis-ver" | b"valkey-ver" => {
                self.notes.server = String::from_utf8(value).ok().filter(|text| text.len() <= 40);
            }
            _ => {}
        }
        Ok(())
    }

    /// A command as clients send it: how many parts, and each with its length (Valkey 9.2).
    fn skip_command(&mut self) -> Result<(), Broken> {
        let parts = self.line(b'*')?;
        for _ in 0..parts {
            let length = self.line(b'$')?;
            self.bytes.skip(length)?;
            self.bytes.skip(2)?;
        }
        Ok(())
    }

    fn line(&mut self, mark: u8) -> Result<u64, Broken> {
        let odd = |bytes: &Bytes<I>| bytes.wrong(1, "a change recorded after the data cannot be understood");
        if self.bytes.byte()? != mark {
            return Err(odd(&self.bytes));
        }
        let mut number: u64 = 0;
        loop {
            match self.bytes.byte()? {
                digit @ b'0'..=b'9' => {
                    let more = number.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0')));
                    number = more.ok_or_else(|| odd(&self.bytes))?;
                }
                b'\r' => break,
                _ => return Err(odd(&self.bytes)),
            }
        }
        if self.bytes.byte()? == b'\n' { Ok(number) } else { Err(odd(&self.bytes)) }
    }

    /// Holds the sum of the dump against the one that it states.
    fn finish(&mut self) -> Result<(), Broken> {
        if !self.header.has_sum() {
            return Ok(());
        }
        let sum = self.bytes.sum();
        let stated = u64::from_le_bytes(self.bytes.array()?);
        match sum {
            // A server that was told to compute none writes nothing but zeros.
            Some(sum) if stated != 0 && sum != stated => {
                let what = "checksum mismatch; something in it is not as it was written";
                Err(self.bytes.wrong(8, what))
            }
            _ => Ok(()),
        }
    }
}
