//! The values of a dump: by which type each is written, read whole, as a beginning, or gone over.
//!
//! There is no length around a value, so what is not known cannot be gone over. The types are those of
//! rdb.h and rdb.c of Redis 2.6 to 8.4 and of Valkey 7.2 to 9.1; what is written only by Redis 8.6 to
//! 8.10 was known from other readers of dumps alone.

use std::ops::ControlFlow;

use super::bytes::{Broken, Bytes, Input, Why};
use super::listpack::{Damage, Entries, Entry, Packing};
use crate::store::{Kind, Raw};

/// Bytes of a string that a first look takes; longer ones are given by their beginning.
pub const LOOK: usize = 8 << 10;
/// A longer string is not read at all, nor is a hash of more bytes.
pub const MAX_TEXT: u64 = 64 << 20;
/// A hash with more fields is not read at all.
pub const MAX_FIELDS: u64 = 10_000;
/// A collection packed into more bytes is not read.
const MAX_PACKED: u64 = 16 << 20;

/// Who wrote a dump: from type 22 and opcode 242 on the same numbers mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Redis,
    Valkey,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// Strings, one after the other.
    Strings(Kind),
    /// Members with scores as text, or as eight bytes.
    Scored {
        text: bool,
    },
    Fields,
    /// Fields whose ends are written before them; with the earliest of them in front, or not.
    FieldsTtl {
        earliest: bool,
    },
    /// Fields whose ends are written after them.
    FieldsEnd,
    Packed(Kind, Packing),
    /// A listpack of fields, values and ends; with the earliest of them in front, or not.
    PackedTtl {
        earliest: bool,
    },
    /// Ziplists, one after the other.
    Quick,
    /// The same as listpacks, or as single items.
    Quick2,
    /// The fields' names are in a template; the values in a listpack, or one after the other.
    Template {
        packed: bool,
    },
    /// Of the first to the fifth form.
    Stream(u8),
    Module,
}

impl Shape {
    /// From the byte of a type; a word for what it is where it cannot be gone over.
    pub fn of(writer: Writer, byte: u8) -> Result<Shape, &'static str> {
        Ok(match (byte, writer) {
            (0, _) => Shape::Text,
            (1, _) => Shape::Strings(Kind::List),
            (2, _) => Shape::Strings(Kind::Set),
            (3, _) => Shape::Scored { text: true },
            (4, _) => Shape::Fields,
            (5, _) => Shape::Scored { text: false },
            (6, _) => return Err("a module's value of before Redis 4.0"),
            (7, _) => Shape::Module,
            (9, _) => Shape::Packed(Kind::Hash, Packing::Map),
            (10, _) => Shape::Packed(Kind::List, Packing::Zip),
            (11, _) => Shape::Packed(Kind::Set, Packing::Numbers),
            (12, _) => Shape::Packed(Kind::SortedSet, Packing::Zip),
            (13, _) => Shape::Packed(Kind::Hash, Packing::Zip),
            (14, _) => Shape::Quick,
            (15, _) => Shape::Stream(1),
            (16, _) => Shape::Packed(Kind::Hash, Packing::List),
            (17, _) => Shape::Packed(Kind::SortedSet, Packing::List),
            (18, _) => Shape::Quick2,
            (19, _) => Shape::Stream(2),
            (20, _) => Shape::Packed(Kind::Set, Packing::List),
            (21, _) => Shape::Stream(3),
            (22, Writer::Valkey) => Shape::FieldsEnd,
            (23, Writer::Valkey) => return Err("a hash of Valkey 9.2 with paths"),
            (22, Writer::Redis) => Shape::FieldsTtl { earliest: false },
            (23, Writer::Redis) => Shape::PackedTtl { earliest: false },
            (24, Writer::Redis) => Shape::FieldsTtl { earliest: true },
            (25, Writer::Redis) => Shape::PackedTtl { earliest: true },
            (26, Writer::Redis) => Shape::Stream(4),
            (27, Writer::Redis) => Shape::Stream(5),
            (28, Writer::Redis) => return Err("an array of Redis 8.8"),
            (30, Writer::Redis) => Shape::Template { packed: true },
            (32, Writer::Redis) => Shape::Template { packed: false },
            (33, Writer::Redis) => return Err("a rate limiter of Redis 8.8"),
            _ => return Err("a type of a newer server"),
        })
    }

    pub fn kind(self) -> Kind {
        match self {
            Shape::Text => Kind::String,
            Shape::Strings(kind) | Shape::Packed(kind, _) => kind,
            Shape::Scored { .. } => Kind::SortedSet,
            Shape::Fields
            | Shape::FieldsTtl { .. }
            | Shape::FieldsEnd
            | Shape::PackedTtl { .. }
            | Shape::Template { .. } => Kind::Hash,
            Shape::Quick | Shape::Quick2 => Kind::List,
            Shape::Stream(_) => Kind::Stream,
            Shape::Module => Kind::Other,
        }
    }
}

/// Names of fields that several hashes share, by number (opcode 242 of Redis 8.10).
#[derive(Debug, Clone, Default)]
pub struct Templates {
    all: Vec<Vec<Vec<u8>>>,
    bytes: usize,
}

/// What templates may take in memory; a dump has a few.
const MAX_TEMPLATES: usize = 4 << 20;

impl Templates {
    /// Reads the next one.
    pub fn learn<I: Input>(&mut self, bytes: &mut Bytes<I>) -> Result<(), Broken> {
        let count = bytes.count()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let mut name = Vec::new();
            let known = bytes.text_into(&mut name, MAX_TEMPLATES as u64)?;
            self.bytes += name.len() + 64;
            if !known || self.bytes > MAX_TEMPLATES {
                return Err(bytes.wrong(0, "it has too many hash templates"));
            }
            names.push(name);
        }
        self.bytes += 64;
        if self.bytes > MAX_TEMPLATES {
            return Err(bytes.wrong(0, "it has too many hash templates"));
        }
        self.all.push(names);
        Ok(())
    }

    fn get<I: Input>(&self, id: u64, bytes: &Bytes<I>) -> Result<&[Vec<u8>], Broken> {
        let names = usize::try_from(id).ok().and_then(|id| self.all.get(id));
        names.map(Vec::as_slice).ok_or_else(|| bytes.wrong(0, "a hash names a template that is not there"))
    }
}

/// How a value came out.
#[derive(Debug)]
pub enum Read {
    Whole(Raw),
    /// Nothing is in it, or nothing any more.
    Empty,
    /// It is damaged, and what follows it is not: the key can be left out.
    Damaged(Broken),
}

/// The members of a collection.
#[derive(Debug, PartialEq)]
pub enum Members {
    /// Those of a sorted set have scores.
    All(Vec<(Vec<u8>, f64)>),
    /// More than were asked for, or too many bytes.
    TooMany,
}

/// The string of a packed collection: where it stands and what it is, or how many entries it has at
/// least, as a listpack says it, where it is too large to be read.
enum Pack {
    Whole(u64, Vec<u8>),
    Large(u64),
}

/// A string of a field as it was met.
#[derive(Debug)]
pub enum Piece {
    Text(Vec<u8>),
    /// It is of this many bytes, for which there is no room.
    Passed(u64),
    /// Its inside is damaged, and what follows it is not.
    Damaged(Broken),
}

/// Anyone who takes the fields of a hash, one after the other.
pub trait Takes {
    /// Bytes that the next string may take, of a hash with this many fields: a name, or the value of the field of
    /// that name.
    fn room(&mut self, count: u64, name: Option<&Piece>) -> u64;

    /// The next field, and when it ends (ms since 1970). To break is to read no more of the hash.
    fn field(&mut self, name: Piece, value: Piece, end: Option<i64>) -> ControlFlow<()>;
}

/// What became of the fields of a hash.
#[derive(Debug)]
pub enum Given {
    All,
    /// Anyone who takes them did not want more.
    Stopped,
    /// They are packed into more bytes than are read; how many there are at least.
    Large(u64),
    /// From somewhere on they cannot be read, and what follows the hash can.
    Damaged(Broken),
}

/// A hash while it is read.
struct Gathered {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    bytes: u64,
    /// Fields that are there, those left out counted.
    count: u64,
    now: i64,
    /// Those that end, and when (ms since 1970).
    ends: Vec<(Vec<u8>, i64)>,
    /// What of it cannot be read.
    damaged: Option<Broken>,
}

impl Gathered {
    fn new(now: i64) -> Gathered {
        Gathered { fields: Vec::new(), bytes: 0, count: 0, now, ends: Vec::new(), damaged: None }
    }

    fn has_ended(&self, end: Option<i64>) -> bool {
        end.is_some_and(|end| end <= self.now)
    }

    fn is_full(&self) -> bool {
        self.count > MAX_FIELDS || self.bytes > MAX_TEXT
    }

    fn add(&mut self, field: Vec<u8>, value: Vec<u8>, end: Option<i64>) {
        self.bytes += (field.len() + value.len()) as u64;
        self.count += 1;
        if self.is_full() {
            (self.fields, self.ends) = (Vec::new(), Vec::new());
        } else {
            self.ends.extend(end.map(|end| (field.clone(), end)));
            self.fields.push((field, value));
        }
    }

    fn none_of(&mut self) {
        self.count += 1;
        self.bytes = MAX_TEXT + 1;
        (self.fields, self.ends) = (Vec::new(), Vec::new());
    }

    fn done(self) -> Read {
        if let Some(broken) = self.damaged {
            return Read::Damaged(broken);
        }
        if self.is_full() {
            return Read::Whole(Raw::Oversized(Kind::Hash, self.count));
        }
        if self.fields.is_empty() {
            return Read::Empty;
        }
        Read::Whole(Raw::Hash(self.fields))
    }

    fn repeats(&self) -> bool {
        let mut names: Vec<&[u8]> = self.fields.iter().map(|(name, _)| &name[..]).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

impl Takes for Gathered {
    fn room(&mut self, count: u64, _: Option<&Piece>) -> u64 {
        if count > MAX_FIELDS { 0 } else { MAX_TEXT.saturating_sub(self.bytes) }
    }

    fn field(&mut self, name: Piece, value: Piece, end: Option<i64>) -> ControlFlow<()> {
        match (name, value) {
            (Piece::Damaged(broken), _) | (_, Piece::Damaged(broken)) => {
                self.damaged.get_or_insert(broken);
            }
            _ if self.has_ended(end) => {}
            (Piece::Text(name), Piece::Text(value)) if !self.is_full() => self.add(name, value, end),
            _ => self.none_of(),
        }
        ControlFlow::Continue(())
    }
}

/// What a look into a packed collection says.
fn damaged(at: u64, damage: &Damage) -> Broken {
    Broken { at, why: Why::Inside(format!("at byte {} of a packed collection: {}", damage.at, damage.what)) }
}

fn score_of(entry: Entry<'_>) -> Option<f64> {
    match entry {
        Entry::Number(number) => Some(number as f64),
        Entry::Bytes(text) => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

/// An end as a listpack has it: 0 is none.
fn end_of(entry: Entry<'_>) -> Option<i64> {
    match entry {
        Entry::Number(end) => Some(end),
        Entry::Bytes(_) => None,
    }
}

impl<I: Input> Bytes<I> {
    /// Goes over a value.
    pub fn skip_value(&mut self, shape: Shape) -> Result<(), Broken> {
        match shape {
            Shape::Text | Shape::Packed(..) | Shape::Template { packed: true } => self.texts(1),
            Shape::Strings(_) | Shape::Quick => {
                let count = self.count()?;
                self.texts(count)
            }
            Shape::Fields => {
                let count = self.count()?;
                self.texts(count)?;
                self.texts(count)
            }
            Shape::Scored { text } => {
                for _ in 0..self.count()? {
                    self.texts(1)?;
                    self.score(text)?;
                }
                Ok(())
            }
            Shape::FieldsTtl { earliest } => {
                if earliest {
                    self.skip(8)?;
                }
                for _ in 0..self.count()? {
                    self.count()?;
                    self.texts(2)?;
                }
                Ok(())
            }
            Shape::FieldsEnd => {
                for _ in 0..self.count()? {
                    self.texts(2)?;
                    self.skip(8)?;
                }
                Ok(())
            }
            Shape::PackedTtl { earliest } => {
                if earliest {
                    self.skip(8)?;
                }
                self.texts(1)
            }
            Shape::Quick2 => {
                for _ in 0..self.count()? {
                    self.container()?;
                    self.texts(1)?;
                }
                Ok(())
            }
            Shape::Template { packed: false } => {
                Err(self.wrong(0, "a hash with a template is gone over by its fields alone"))
            }
            Shape::Stream(form) => self.skip_stream(form),
            Shape::Module => {
                self.count()?;
                self.skip_module()
            }
        }
    }

    /// The same where fields may stand in a template.
    pub fn pass_value(&mut self, shape: Shape, templates: &Templates) -> Result<(), Broken> {
        if shape == (Shape::Template { packed: false }) {
            let id = self.count()?;
            let count = templates.get(id, self)?.len();
            return self.texts(count as u64);
        }
        self.skip_value(shape)
    }

    fn texts(&mut self, count: u64) -> Result<(), Broken> {
        for _ in 0..count {
            self.pass_text()?;
        }
        Ok(())
    }

    /// What an item of a list is kept in: alone, or packed with others.
    fn container(&mut self) -> Result<bool, Broken> {
        match self.count()? {
            1 => Ok(false),
            2 => Ok(true),
            _ => Err(self.wrong(1, "a list node is of an unknown kind")),
        }
    }

    fn score(&mut self, text: bool) -> Result<f64, Broken> {
        if !text {
            return Ok(f64::from_le_bytes(self.array()?));
        }
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            length => {
                let mut digits = Vec::new();
                self.take(u64::from(length), &mut digits)?;
                let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.trim().parse().ok());
                number.ok_or_else(|| self.wrong(u64::from(length), "a score is not a number"))
            }
        }
    }

    /// Values of modules say by themselves what comes next (rdb.c rdbLoadCheckModuleValue).
    pub fn skip_module(&mut self) -> Result<(), Broken> {
        loop {
            match self.count()? {
                0 => return Ok(()),
                1 | 2 => {
                    self.count()?;
                }
                3 => self.skip(4)?,
                4 => self.skip(8)?,
                5 => self.texts(1)?,
                _ => return Err(self.wrong(1, "a module's value continues with an unknown opcode")),
            }
        }
    }

    fn counts(&mut self, count: u64) -> Result<(), Broken> {
        for _ in 0..count {
            self.count()?;
        }
        Ok(())
    }

    fn skip_stream(&mut self, form: u8) -> Result<(), Broken> {
        let count = self.count()?;
        self.texts(count)?;
        self.texts(count)?;
        // Its length and last id; its first and greatest deleted id, and how many were ever added.
        self.counts(if form >= 2 { 8 } else { 3 })?;
        for _ in 0..self.count()? {
            self.texts(1)?;
            self.counts(if form >= 2 { 3 } else { 2 })?;
            for _ in 0..self.count()? {
                self.skip(24)?;
                self.count()?;
            }
            for _ in 0..self.count()? {
                self.texts(1)?;
                self.skip(if form >= 3 { 16 } else { 8 })?;
                for _ in 0..self.count()? {
                    self.skip(16)?;
                }
            }
            if form >= 5 {
                for _ in 0..self.count()? {
                    self.skip(16)?;
                }
            }
        }
        if form >= 4 {
            self.counts(2)?;
            for _ in 0..self.count()? {
                self.texts(1)?;
                self.skip(16)?;
            }
            self.counts(2)?;
        }
        Ok(())
    }

    /// The string of a packed collection.
    fn pack(&mut self) -> Result<Pack, Broken> {
        let head = self.head()?;
        let at = self.at();
        if head.takes() > MAX_PACKED {
            let begin = self.beginning(head, 6)?;
            let count = begin.get(4..6).and_then(|count| count.try_into().ok()).map_or(0, u16::from_le_bytes);
            return Ok(Pack::Large(u64::from(count)));
        }
        Ok(Pack::Whole(at, self.text(head)?))
    }

    /// A value whose strings are wanted up to `limit` bytes, and by their beginning if they are longer.
    pub fn value(
        &mut self,
        shape: Shape,
        limit: u64,
        now: i64,
        templates: &Templates,
    ) -> Result<Read, Broken> {
        self.ends = Vec::new();
        let read = match shape {
            Shape::Text => self.string(limit),
            shape if shape.kind() == Kind::Hash => self.hash(shape, now, templates),
            other => {
                self.skip_value(other)?;
                return Ok(Read::Whole(Raw::Other(other.kind())));
            }
        };
        match read {
            Err(broken @ Broken { why: Why::Inside(_), .. }) => Ok(Read::Damaged(broken)),
            other => other,
        }
    }

    fn string(&mut self, limit: u64) -> Result<Read, Broken> {
        let head = self.head()?;
        let length = head.length();
        if length > MAX_TEXT || head.takes() > MAX_TEXT + MAX_PACKED {
            self.skip_text(head)?;
            return Ok(Read::Whole(Raw::Oversized(Kind::String, length)));
        }
        Ok(Read::Whole(if length < limit.max(LOOK as u64) {
            Raw::Text(self.text(head)?)
        } else {
            Raw::Head(self.beginning(head, LOOK)?, length)
        }))
    }

    /// A string of a collection; nothing where there is no room for it.
    fn part(&mut self, room: u64) -> Result<Option<Vec<u8>>, Broken> {
        let head = self.head()?;
        if head.takes() > room {
            self.skip_text(head)?;
            return Ok(None);
        }
        self.text(head).map(Some)
    }

    /// The same of a hash, where the inside of a string may be damaged and the next still be read.
    fn piece(&mut self, room: u64) -> Result<Piece, Broken> {
        let head = self.head()?;
        if head.takes() > room {
            self.skip_text(head)?;
            return Ok(Piece::Passed(head.length()));
        }
        match self.text(head) {
            Ok(text) => Ok(Piece::Text(text)),
            Err(broken @ Broken { why: Why::Inside(_), .. }) => Ok(Piece::Damaged(broken)),
            Err(broken) => Err(broken),
        }
    }

    fn hash(&mut self, shape: Shape, now: i64, templates: &Templates) -> Result<Read, Broken> {
        let mut hash = Gathered::new(now);
        match self.fields(shape, templates, &mut hash)? {
            Given::All | Given::Stopped => {}
            Given::Large(count) => return Ok(Read::Whole(Raw::Oversized(Kind::Hash, count))),
            Given::Damaged(broken) => return Ok(Read::Damaged(broken)),
        }
        if hash.repeats() {
            return Ok(Read::Damaged(self.wrong(0, "a hash has a field twice")));
        }
        self.ends = std::mem::take(&mut hash.ends);
        Ok(hash.done())
    }

    /// Hands on the fields of a hash, one after the other, those that have ended included.
    pub fn fields(
        &mut self,
        shape: Shape,
        templates: &Templates,
        takes: &mut dyn Takes,
    ) -> Result<Given, Broken> {
        match shape {
            Shape::Packed(Kind::Hash, packing) => self.packed_fields(packing, false, takes),
            Shape::PackedTtl { earliest } => {
                if earliest {
                    self.skip(8)?;
                }
                self.packed_fields(Packing::List, true, takes)
            }
            Shape::Template { packed: true } => self.packed_template(templates, takes),
            Shape::Template { packed: false } => {
                let id = self.count()?;
                let count = templates.get(id, self)?.len();
                for at in 0..count {
                    let name = Piece::Text(templates.get(id, self)?[at].clone());
                    let room = takes.room(count as u64, Some(&name));
                    let value = self.piece(room)?;
                    if takes.field(name, value, None).is_break() {
                        return Ok(Given::Stopped);
                    }
                }
                Ok(Given::All)
            }
            shape => self.strewn_fields(shape, takes),
        }
    }

    /// Fields that stand one after the other, each with its end where they have any.
    fn strewn_fields(&mut self, shape: Shape, takes: &mut dyn Takes) -> Result<Given, Broken> {
        let earliest = match shape {
            Shape::FieldsTtl { earliest: true } => Some(i64::from_le_bytes(self.array()?)),
            _ => None,
        };
        let count = self.count()?;
        for _ in 0..count {
            let mut end = None;
            if let Shape::FieldsTtl { .. } = shape {
                let written = self.count()? as i64;
                end = match (written, earliest) {
                    (0, _) => None,
                    // One more than how much later than the earliest.
                    (written, Some(earliest)) => Some(earliest.saturating_add(written).saturating_sub(1)),
                    (written, None) => Some(written),
                };
            }
            let room = takes.room(count, None);
            let name = self.piece(room)?;
            let room = takes.room(count, Some(&name));
            let value = self.piece(room)?;
            if shape == Shape::FieldsEnd {
                let written = i64::from_le_bytes(self.array()?);
                end = (written != -1).then_some(written);
            }
            if takes.field(name, value, end).is_break() {
                return Ok(Given::Stopped);
            }
        }
        Ok(Given::All)
    }

    fn packed_fields(
        &mut self,
        packing: Packing,
        ends: bool,
        takes: &mut dyn Takes,
    ) -> Result<Given, Broken> {
        let (at, bytes) = match self.pack()? {
            Pack::Whole(at, bytes) => (at, bytes),
            Pack::Large(entries) => return Ok(Given::Large(entries / if ends { 3 } else { 2 })),
        };
        Ok(match unpack(&bytes, packing, ends, takes) {
            Ok(ControlFlow::Continue(())) => Given::All,
            Ok(ControlFlow::Break(())) => Given::Stopped,
            Err(damage) => Given::Damaged(damaged(at, &damage)),
        })
    }

    fn packed_template(&mut self, templates: &Templates, takes: &mut dyn Takes) -> Result<Given, Broken> {
        let (at, bytes) = match self.pack()? {
            Pack::Whole(at, bytes) => (at, bytes),
            Pack::Large(entries) => return Ok(Given::Large(entries.saturating_sub(1))),
        };
        let entries = Entries::new(&bytes, Packing::List).and_then(Iterator::collect);
        let entries: Vec<Entry<'_>> = match entries {
            Ok(entries) => entries,
            Err(damage) => return Ok(Given::Damaged(damaged(at, &damage))),
        };
        let names = match entries.first() {
            Some(Entry::Number(id)) => templates.get(u64::try_from(*id).unwrap_or(u64::MAX), self),
            _ => Err(self.wrong(0, "a hash names no template")),
        };
        let names = match names {
            Ok(names) if names.len() == entries.len() - 1 => names,
            Ok(_) => {
                let why = Why::Wrong("a hash and its template differ in the number of fields".to_string());
                return Ok(Given::Damaged(Broken { at, why }));
            }
            Err(broken) => return Ok(Given::Damaged(broken)),
        };
        for (name, value) in names.iter().zip(&entries[1..]) {
            let name = Piece::Text(name.clone());
            let value = fitting(*value, takes.room(names.len() as u64, Some(&name)));
            if takes.field(name, value, None).is_break() {
                return Ok(Given::Stopped);
            }
        }
        Ok(Given::All)
    }

    /// The members of a list, set or sorted set; a sorted set's by score, as a server lists them.
    /// More than `most`, or than this many bytes, are not given.
    pub fn members(&mut self, shape: Shape, most: u64, room: u64) -> Result<Members, Broken> {
        let mut all: Vec<(Vec<u8>, f64)> = Vec::new();
        let mut bytes = 0;
        match shape {
            Shape::Strings(_) => {
                let count = self.count()?;
                if count > most {
                    return Ok(Members::TooMany);
                }
                for _ in 0..count {
                    let Some(member) = self.part(room.saturating_sub(bytes))? else {
                        return Ok(Members::TooMany);
                    };
                    bytes += member.len() as u64 + 32;
                    all.push((member, 0.0));
                }
            }
            Shape::Scored { text } => {
                let count = self.count()?;
                if count > most {
                    return Ok(Members::TooMany);
                }
                for _ in 0..count {
                    let Some(member) = self.part(room.saturating_sub(bytes))? else {
                        return Ok(Members::TooMany);
                    };
                    bytes += member.len() as u64 + 32;
                    all.push((member, self.score(text)?));
                }
            }
            Shape::Packed(kind, packing) => {
                let Pack::Whole(at, packed) = self.pack()? else { return Ok(Members::TooMany) };
                let read = || -> Result<(), Damage> {
                    let mut entries = Entries::new(&packed, packing)?;
                    while let Some(entry) = entries.next() {
                        let entry = entry?;
                        let mut score = 0.0;
                        if kind == Kind::SortedSet {
                            let second = entries.next().transpose()?;
                            let what = "a member has no score";
                            score = second.and_then(score_of).ok_or(Damage { at: packed.len(), what })?;
                        }
                        all.push((entry.to_vec(), score));
                    }
                    Ok(())
                };
                let mut read = read;
                read().map_err(|damage| damaged(at, &damage))?;
            }
            _ => return Ok(Members::All(Vec::new())),
        }
        if all.len() as u64 > most {
            return Ok(Members::TooMany);
        }
        if shape.kind() == Kind::SortedSet {
            all.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
        }
        Ok(Members::All(all))
    }
}

/// A value that is in memory already, where it fits into the room that there is.
fn fitting(value: Entry<'_>, room: u64) -> Piece {
    match value {
        Entry::Bytes(bytes) if bytes.len() as u64 > room => Piece::Passed(bytes.len() as u64),
        value => Piece::Text(value.to_vec()),
    }
}

/// Hands on the fields of a packed hash.
fn unpack(
    bytes: &[u8],
    packing: Packing,
    ends: bool,
    takes: &mut dyn Takes,
) -> Result<ControlFlow<()>, Damage> {
    let mut entries = Entries::new(bytes, packing)?;
    let count = entries.announced().unwrap_or_default() / if ends { 3 } else { 2 };
    let odd = Damage { at: bytes.len(), what: "a field has no value" };
    while let Some(field) = entries.next() {
        let field = field?;
        let value = entries.next().transpose()?.ok_or(odd.clone())?;
        let mut end = None;
        if ends {
            let written = entries.next().transpose()?.and_then(end_of).ok_or(odd.clone())?;
            end = Some(written).filter(|end| *end != 0);
        }
        let field = Piece::Text(field.to_vec());
        let value = fitting(value, takes.room(count, Some(&field)));
        if takes.field(field, value, end).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
