//! What is read of a key, and what is asked for.

use super::key::Key;

/// The type of a key in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    String,
    Hash,
    Set,
    SortedSet,
    List,
    Stream,
    /// A module's type.
    Other,
}

impl Kind {
    /// From the answer to TYPE; `none` is not a kind.
    pub fn from_type(name: &[u8]) -> Option<Kind> {
        match name {
            b"none" => None,
            b"string" => Some(Kind::String),
            b"hash" => Some(Kind::Hash),
            b"set" => Some(Kind::Set),
            b"zset" => Some(Kind::SortedSet),
            b"list" => Some(Kind::List),
            b"stream" => Some(Kind::Stream),
            _ => Some(Kind::Other),
        }
    }

    /// The store's own word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Hash => "hash",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::List => "list",
            Kind::Stream => "stream",
            Kind::Other => "module",
        }
    }
}

/// What a key holds, as far as it was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A string, whole.
    Text(Vec<u8>),
    /// The first bytes of a string that is longer than what a scan reads, and its length.
    Head(Vec<u8>, u64),
    /// A hash, whole, in stored order.
    Hash(Vec<(Vec<u8>, Vec<u8>)>),
    /// Too large to be read: the length of the string, or the number of fields.
    Oversized(Kind, u64),
    /// A kind that never is a session; the kind is evidence.
    Other(Kind),
    /// The key was there when it was scanned and is not any more.
    Gone,
    /// Not asked for.
    Unread,
}

impl Raw {
    /// Bytes of the content, as far as it was read.
    pub fn bytes(&self) -> u64 {
        match self {
            Raw::Text(text) | Raw::Head(text, _) => text.len() as u64,
            Raw::Hash(fields) => fields.iter().map(|(field, value)| (field.len() + value.len()) as u64).sum(),
            Raw::Oversized(..) | Raw::Other(_) | Raw::Gone | Raw::Unread => 0,
        }
    }

    pub fn kind(&self) -> Option<Kind> {
        match self {
            Raw::Text(_) | Raw::Head(..) => Some(Kind::String),
            Raw::Hash(_) => Some(Kind::Hash),
            Raw::Oversized(kind, _) | Raw::Other(kind) => Some(*kind),
            Raw::Gone | Raw::Unread => None,
        }
    }

    /// Says how much it is, where it is too much to be read.
    pub fn too_large(&self) -> Option<String> {
        match self {
            Raw::Oversized(Kind::Hash, fields) => {
                Some(format!("the value is too large to be read ({fields} fields)"))
            }
            Raw::Oversized(_, bytes) => Some(format!("the value is too large to be read ({bytes} bytes)")),
            _ => None,
        }
    }
}

/// When a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ttl {
    #[default]
    Unasked,
    /// The key has no expiry.
    Never,
    /// Milliseconds from the moment of reading.
    In(u64),
    /// The key is gone.
    Gone,
}

impl Ttl {
    /// From the answer to PTTL.
    pub fn from_pttl(answer: i64) -> Ttl {
        match answer {
            -1 => Ttl::Never,
            ms if ms >= 0 => Ttl::In(ms as u64),
            _ => Ttl::Gone,
        }
    }

    /// The same of a hash with this many fields, of which these end by themselves.
    #[must_use]
    pub fn with_fields(self, fields: usize, ends: &[(Vec<u8>, u64)]) -> Ttl {
        let last = ends.iter().map(|(_, ms)| *ms).max().filter(|_| ends.len() == fields);
        match (self, last) {
            (Ttl::Never, Some(last)) => Ttl::In(last),
            (Ttl::In(ms), Some(last)) => Ttl::In(ms.min(last)),
            (ttl, _) => ttl,
        }
    }

    pub fn millis(self) -> Option<u64> {
        match self {
            Ttl::In(ms) => Some(ms),
            _ => None,
        }
    }
}

/// What is to be asked of the server for each key; the union of what layouts, filters and columns need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    pub value: bool,
    pub ttl: bool,
    pub memory: bool,
    /// When the key ends to the millisecond, where the store can tell.
    pub end: bool,
}

impl Need {
    pub const NOTHING: Need = Need { value: false, ttl: false, memory: false, end: false };
    pub const VALUE: Need = Need { value: true, ..Need::NOTHING };
    pub const TTL: Need = Need { ttl: true, ..Need::NOTHING };
    pub const MEMORY: Need = Need { memory: true, ..Need::NOTHING };
    pub const END: Need = Need { end: true, ..Need::NOTHING };
    /// All that rows, filters and columns can need.
    pub const ALL: Need = Need { value: true, ttl: true, memory: true, end: false };

    #[must_use]
    pub const fn and(self, other: Need) -> Need {
        Need {
            value: self.value || other.value,
            ttl: self.ttl || other.ttl,
            memory: self.memory || other.memory,
            end: self.end || other.end,
        }
    }
}

/// One key with what was read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub key: Key,
    pub raw: Raw,
    pub ttl: Ttl,
    /// Fields of a hash that end by themselves, and in how many milliseconds.
    pub ends: Vec<(Vec<u8>, u64)>,
    /// MEMORY USAGE of the key, in bytes.
    pub memory: Option<u64>,
    /// When the key ends by PEXPIRETIME: in ms since 1970, -1 for never. `None` where that was not asked or
    /// cannot be told.
    pub exact_end: Option<i64>,
    /// What was asked, so that the rest can be asked later.
    pub asked: Need,
}

impl Record {
    /// Of a key of which nothing is known yet.
    pub fn unread(key: Vec<u8>, asked: Need) -> Record {
        Record {
            key: Key(key),
            raw: Raw::Unread,
            ttl: Ttl::Unasked,
            ends: Vec::new(),
            memory: None,
            exact_end: None,
            asked,
        }
    }

    /// When the key is gone: a hash goes with its last field.
    pub fn end(&self) -> Ttl {
        match &self.raw {
            Raw::Hash(fields) if !self.ends.is_empty() => self.ttl.with_fields(fields.len(), &self.ends),
            _ => self.ttl,
        }
    }
}

/// How much of a key a scan should read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: the key is counted and forgotten.
    Skip,
    /// Its name only; it is handed on as [`Raw::Unread`].
    Name,
    /// Its value as far as a first look goes, and nothing else.
    Look,
    /// Its value whole and all of the query's need. `hash` tells which kind to try first.
    Read { hash: bool },
}

/// What to scan for.
pub struct Query<'a> {
    /// A glob for SCAN's MATCH.
    pub pattern: Option<Vec<u8>>,
    pub need: Need,
    /// Asked once for each key; it must be quick.
    pub interest: &'a mut (dyn FnMut(&[u8]) -> Interest + Send),
}

/// A page of a scan. Its records own the bytes that sessions borrow from.
#[derive(Debug, Default)]
pub struct Page {
    pub records: Vec<Record>,
    /// Keys that the scan went over for this page, those of no interest included.
    pub scanned: u64,
}
