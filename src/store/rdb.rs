//! A dump file of Redis or Valkey (RDB) as something that sessions are read from.
//!
//! A scan goes through the file once, sums it up on the way, and holds no more of it than a page. What
//! is asked for by key is found by an index that is made in a pass of its own when it is first needed.
//! Whether a key has ended is judged at one moment: what is read twice is the same twice.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::store::json_list::{in_list, without};
use crate::store::{
    Error, IndexOp, Interest, Key, Kind, Lookup, Need, Offers, Op, Page, Query, Raw, Record, Source, Ttl,
};
use crate::text::clock;
use crate::text::glob::Glob;
use crate::text::safe::safe;
use crate::text::words::{either, plural};

use aof::{Commands, Item};
use bytes::{Broken, Bytes, Input, Part, Why};
use index::{Index, Making};
use input::{Opened, Origin};
use overlay::{Change, Fields, Held, Overlay};
use reader::{Found, Header, Notes, Reader};
use replay::{Base, Ends, Replay};
use value::{Given, Members, Piece, Read, Shape, Takes, Templates, Writer};

pub mod aof;
pub mod bytes;
pub mod hash;
pub mod index;
pub mod input;
pub mod listpack;
pub mod overlay;
pub mod place;
pub mod reader;
pub mod replay;
pub mod value;

/// A page has no more records than this, goes over no more keys, and holds few more bytes.
const RECORDS: usize = 400;
const KEYS: u64 = 2_000;
const BYTES: u64 = 1 << 20;
/// A longer string is given by its beginning, for the caller to ask for the rest when its turn comes.
const WHOLE: u64 = 256 << 10;
/// Bytes that are read at a time by what goes through the file, and by what jumps in it.
const AHEAD: usize = 256 << 10;
const JUMP: usize = 8 << 10;
/// What the commands of an append-only file may make of a database, in bytes of memory.
const MAX_OVERLAY: u64 = 64 << 20;
/// Bytes of one collection that are read for its members.
const MAX_MEMBERS: u64 = 48 << 20;

/// A dump, opened: anyone who reads it gets a [`DumpReader`].
#[derive(Debug)]
pub struct Dump {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    opened: Opened,
    place: String,
    db: u64,
    now: i64,
    header: Header,
    notes: Notes,
    indexed: Mutex<Option<Arc<Indexed>>>,
    /// What commands made of it, where it is the base of an append-only file.
    replayed: OnceLock<Replayed>,
}

/// What the commands of an append-only file made of a dump.
#[derive(Debug)]
struct Replayed {
    overlay: Overlay,
    /// Commands that were not done, by name.
    left: BTreeMap<String, u64>,
    /// Why the commands cannot be read on.
    broken: Option<String>,
}

/// What a pass through the whole dump found.
#[derive(Debug)]
struct Indexed {
    index: Index,
    templates: Templates,
    /// Keys of each database.
    databases: BTreeMap<u64, u64>,
    /// Where the dump ends; `None` where it does not.
    end: Option<u64>,
}

/// What a scan came across besides what it handed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Besides {
    /// Keys that had ended at the moment for which the dump is read.
    pub ended: u64,
    /// Keys whose values are damaged, and the first of them.
    pub damaged: u64,
    first: Option<String>,
}

/// What a dump cannot tell: how much memory a key takes in a server.
const OFFERS: Offers = Offers { ttl: true, memory: false, change: false };

/// Reads a dump. Each has a place of its own in the file.
pub struct DumpReader {
    shared: Arc<Shared>,
    cursor: Option<Reader<Part>>,
    besides: Besides,
}

impl Dump {
    /// Opens a dump for the keys of one database. Without a moment that is given, it is read as of when it
    /// was made: so it says itself, or else the file's time does.
    pub fn open(origin: &Origin, db: u32, now: Option<i64>) -> Result<Dump, Error> {
        let place = place_of(origin);
        let (opened, files) = match origin {
            Origin::Aof(path) => {
                let files = aof::files(path, &place)?;
                let opened = match &files.base {
                    Some(base) => input::open(&Origin::Path(base.clone()), &place)?,
                    None => input::nothing(&place)?,
                };
                (opened, Some(files))
            }
            origin => (input::open(origin, &place)?, None),
        };
        let commands = match &files {
            Some(files) => {
                let opened = files.commands.iter().map(|path| aof::open(path, &place));
                opened.collect::<Result<Vec<aof::Opened>, Error>>()?
            }
            None => Vec::new(),
        };
        // What was written last is what it is of.
        let last = commands.iter().filter_map(|opened| opened.written).max().or(opened.written);
        let now = if files.is_some() { now.or(last) } else { now };
        let dump = Dump::of(opened, place, db, now)?;
        if files.is_some() {
            dump.replay(&commands)?;
        }
        Ok(dump)
    }

    /// What a server has sent, as of that moment in milliseconds since 1970. `place` is how messages name it.
    pub fn received(opened: Opened, place: String, db: u32, now: i64) -> Result<Dump, Error> {
        Dump::of(opened, place, db, Some(now))
    }

    fn of(opened: Opened, place: String, db: u32, now: Option<i64>) -> Result<Dump, Error> {
        let fail = |why: String| Error::File { place: place.clone(), why, hint: None };
        let part = Part::new(&opened.file, 0, opened.length);
        let mut reader = match Reader::new(Bytes::new(part, 0, JUMP)) {
            Ok(Some(reader)) => reader,
            Ok(None) => return Err(fail("it has no header".to_string())),
            Err(broken) => return Err(fail(broken.to_string())),
        };
        // What it says of itself stands before its first key; a scan tells where it is damaged.
        let _ = reader.find();
        let made = reader.notes.made.map(|seconds| seconds.saturating_mul(1000));
        let now = now.or(made).or(opened.written).unwrap_or_else(clock::now_ms);
        let (header, notes) = (reader.header, reader.notes);
        let (indexed, replayed) = (Mutex::new(None), OnceLock::new());
        let shared = Shared { opened, place, db: u64::from(db), now, header, notes, indexed, replayed };
        Ok(Dump { shared: Arc::new(shared) })
    }

    /// The moment as of which it is read, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.now
    }

    /// Does the commands: those after the dump in its own file, and those of other files.
    fn replay(&self, files: &[aof::Opened]) -> Result<(), Error> {
        let shared = &self.shared;
        let mut replay = Replay::new(shared.db);
        let mut base = self.reader();
        let mut broken = None;
        let after = shared.indexed()?.end.filter(|_| files.is_empty());
        let own = after.map(|end| (shared.part(end), end));
        let others = files.iter().map(|opened| (Part::new(&opened.file, 0, opened.length), 0));
        let count = files.len();
        for (at, (part, start)) in own.into_iter().chain(others).enumerate() {
            replay.begin_file();
            let mut commands = Commands::new(Bytes::new(part, start, AHEAD));
            loop {
                match commands.next_item() {
                    Ok(Some(Item::Command(args))) => replay.command(args, &mut base)?,
                    Ok(Some(Item::Large(name))) => replay.leave(&name),
                    Ok(Some(Item::At(_))) => {}
                    Ok(None) => break,
                    Err(why) => {
                        let which =
                            if count > 1 { format!(" (file {} of {count})", at + 1) } else { String::new() };
                        broken = Some(format!("of its commands{which}: {why}"));
                        break;
                    }
                }
                if replay.overlay.bytes() > MAX_OVERLAY {
                    return Err(Error::File {
                        place: shared.place.clone(),
                        why: "its commands touch more data than may be held in memory (64 MiB)".to_string(),
                        hint: Some(
                            "let the server rewrite it (BGREWRITEAOF), or save a dump, and read that"
                                .to_string(),
                        ),
                    });
                }
            }
            if broken.is_some() {
                break;
            }
        }
        let Replay { overlay, left, .. } = replay;
        let _ = shared.replayed.set(Replayed { overlay, left, broken });
        Ok(())
    }

    pub fn reader(&self) -> DumpReader {
        DumpReader { shared: Arc::clone(&self.shared), cursor: None, besides: Besides::default() }
    }
}

/// How messages name it.
fn place_of(origin: &Origin) -> String {
    match origin {
        Origin::Stdin => "rdb:-".to_string(),
        Origin::Path(path) => format!("rdb:{}", shown(path)),
        Origin::Aof(path) => format!("aof:{}", shown(path)),
    }
}

fn shown(path: &Path) -> String {
    safe(&path.to_string_lossy()).into_owned()
}

impl Shared {
    fn part(&self, at: u64) -> Part {
        Part::new(&self.opened.file, at, self.opened.length)
    }

    /// Why it cannot be read on, and what was being read.
    fn broken(&self, broken: &Broken, within: Option<Kind>) -> Error {
        let mut why = broken.to_string();
        if let Some(kind) = within {
            why.push_str(&format!(" ({} of a key)", kind.name()));
        }
        if let (Why::Ends, Some(cut)) = (&broken.why, &self.opened.cut) {
            why.push_str(&format!("; {cut}"));
        }
        self.incomplete(why)
    }

    fn incomplete(&self, why: String) -> Error {
        let place = self.place.clone();
        if self.opened.received { Error::Cut { place, why } } else { Error::Damaged { place, why } }
    }

    fn io(&self, error: &std::io::Error) -> Error {
        let why = format!("cannot build an index of it: {error}");
        Error::File { place: self.place.clone(), why, hint: None }
    }

    /// The index; made when it is first asked for.
    fn indexed(&self) -> Result<Arc<Indexed>, Error> {
        let mut indexed = self.indexed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(indexed) = &*indexed {
            return Ok(Arc::clone(indexed));
        }
        let made = Arc::new(self.make_index()?);
        *indexed = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Of a damaged dump what can be read of it is found; that it is damaged is said by the scan.
    fn make_index(&self) -> Result<Indexed, Error> {
        let start = Header::BYTES as u64;
        let bytes = Bytes::new(self.part(start), start, AHEAD);
        let mut reader = Reader::within(bytes, self.header, Templates::default());
        let mut making = Making::default();
        let mut databases = BTreeMap::new();
        let mut end = None;
        loop {
            let found = match reader.find() {
                Ok(Some(found)) => found,
                Ok(None) => {
                    end = Some(reader.bytes.at());
                    break;
                }
                Err(_) => break,
            };
            let nameless = found.nameless || found.db != self.db;
            if reader.pass(found.shape).is_err() {
                break;
            }
            count(&mut databases, found.db);
            if !nameless {
                making.add(&reader.key, found.start).map_err(|error| self.io(&error))?;
            }
        }
        let index = making.done().map_err(|error| self.io(&error))?;
        Ok(Indexed { index, templates: reader.templates, databases, end })
    }

    /// What commands made of a key; `None` where it is as the dump says.
    fn change(&self, key: &[u8]) -> Option<&Change> {
        self.replayed.get()?.overlay.get(key)
    }

    /// What a key holds since, where commands wrote it and it has not ended.
    fn held(&self, key: &[u8]) -> Option<(&Held, Option<i64>)> {
        match self.change(key)? {
            Change::Held(held, end) => Some((held, *end)).filter(|(_, end)| !self.is_over(*end)),
            Change::Gone | Change::Ends(_) => None,
        }
    }

    fn is_over(&self, end: Option<i64>) -> bool {
        end.is_some_and(|end| end <= self.now)
    }

    /// In how many milliseconds fields end.
    fn ends(&self, ends: Vec<(Vec<u8>, i64)>) -> Vec<(Vec<u8>, u64)> {
        let left = |end: i64| end.saturating_sub(self.now).max(0) as u64;
        ends.into_iter().map(|(field, end)| (field, left(end))).collect()
    }

    fn ttl(&self, ends: Option<i64>) -> Ttl {
        match ends {
            None => Ttl::Never,
            Some(end) => Ttl::In(end.saturating_sub(self.now).max(0) as u64),
        }
    }
}

/// From this version on a payload is Valkey's; Redis counts from below.
const FIRST_OF_VALKEY: u16 = 80;

/// Databases that are counted apart.
const MAX_DATABASES: usize = 1_000;

fn count(databases: &mut BTreeMap<u64, u64>, db: u64) {
    if databases.len() < MAX_DATABASES || databases.contains_key(&db) {
        *databases.entry(db).or_default() += 1;
    }
}

impl DumpReader {
    /// What the last scan came across besides what it handed on.
    pub fn besides(&self) -> &Besides {
        &self.besides
    }

    /// The same, but for what commands changed since, and for what has ended.
    fn find(&mut self, key: &[u8], indexed: &Indexed) -> Result<Option<Found>, Error> {
        let ends = match self.shared.change(key) {
            Some(Change::Gone | Change::Held(..)) => return Ok(None),
            Some(Change::Ends(ends)) => Some(*ends),
            None => None,
        };
        let found = self.find_first(key, indexed)?;
        let found = found.map(|found| Found { ends: ends.unwrap_or(found.ends), ..found });
        Ok(found.filter(|found| !self.shared.is_over(found.ends)))
    }

    /// Looks a key of the dump up; its value is what is read next.
    fn find_first(&mut self, key: &[u8], indexed: &Indexed) -> Result<Option<Found>, Error> {
        let places = indexed.index.places(key).map_err(|error| self.shared.io(&error))?;
        for place in places {
            let part = self.shared.part(place);
            let reader = match &mut self.cursor {
                Some(reader) => {
                    reader.bytes.jump(part, place);
                    reader
                }
                empty => {
                    let bytes = Bytes::new(part, place, JUMP);
                    empty.insert(Reader::within(bytes, self.shared.header, indexed.templates.clone()))
                }
            };
            let found = reader.find().map_err(|broken| self.shared.broken(&broken, None))?;
            if let Some(found) = found.filter(|found| !found.nameless)
                && reader.key == key
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What reads the value of the key that was found last.
    fn reader(&mut self) -> Result<&mut Reader<Part>, Error> {
        self.cursor.as_mut().ok_or_else(|| Error::File {
            place: self.shared.place.clone(),
            why: "nothing was looked up in it".to_string(),
            hint: None,
        })
    }

    /// A value whole; `None` where nothing is left in it.
    fn whole(&mut self, found: &Found) -> Result<Option<Raw>, Error> {
        let shared = Arc::clone(&self.shared);
        let read = self.reader()?.value(found.shape, u64::MAX, shared.now);
        match read.map_err(|broken| shared.broken(&broken, Some(found.shape.kind())))? {
            Read::Whole(raw) => Ok(Some(raw)),
            Read::Empty => Ok(None),
            Read::Damaged(broken) => Err(shared.broken(&broken, Some(found.shape.kind()))),
        }
    }

    fn members_of(&mut self, key: &Key, most: u64) -> Result<Option<Vec<(Vec<u8>, f64)>>, Error> {
        if let Some((held, _)) = self.shared.held(&key.0) {
            return Ok(Some(held.members()).filter(|members| members.len() as u64 <= most));
        }
        let indexed = self.shared.indexed()?;
        let Some(found) = self.find(&key.0, &indexed)? else { return Ok(Some(Vec::new())) };
        let kind = found.shape.kind();
        if !matches!(kind, Kind::Set | Kind::SortedSet) {
            return Ok(Some(Vec::new()));
        }
        let shared = Arc::clone(&self.shared);
        let read = self.reader()?.bytes.members(found.shape, most, MAX_MEMBERS);
        match read.map_err(|broken| shared.broken(&broken, Some(kind)))? {
            Members::All(members) => Ok(Some(members)),
            Members::TooMany => Ok(None),
        }
    }

    fn text_of(&mut self, key: &Key) -> Result<Option<Vec<u8>>, Error> {
        match self.shared.held(&key.0) {
            Some((Held::Text(text), _)) => return Ok(Some(text.clone())),
            Some(_) => return Ok(None),
            None => {}
        }
        let indexed = self.shared.indexed()?;
        let Some(found) = self.find(&key.0, &indexed)? else { return Ok(None) };
        if found.shape.kind() != Kind::String {
            return Ok(None);
        }
        match self.whole(&found)? {
            Some(Raw::Text(text)) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    fn has_member(&mut self, key: &Key, member: &[u8], kind: Kind) -> Result<bool, Error> {
        if self.kind_of(&key.0)? != Some(kind) {
            return Ok(false);
        }
        let members = self.members_of(key, u64::MAX)?;
        Ok(members.is_some_and(|members| members.iter().any(|(own, _)| own == member)))
    }

    fn kind_of(&mut self, key: &[u8]) -> Result<Option<Kind>, Error> {
        if let Some((held, _)) = self.shared.held(key) {
            return Ok(Some(held.kind()));
        }
        let indexed = self.shared.indexed()?;
        Ok(self.find(key, &indexed)?.map(|found| found.shape.kind()))
    }

    /// When a key ends; the outer `None` is a key that is not there.
    fn end_of(&mut self, key: &[u8]) -> Result<Ends, Error> {
        let ends = if let Some((_, end)) = self.shared.held(key) {
            Some(end)
        } else {
            let indexed = self.shared.indexed()?;
            self.find(key, &indexed)?.map(|found| found.ends)
        };
        Ok(ends.map_or(Ends::Absent, |end| end.map_or(Ends::Never, Ends::At)))
    }

    fn record_of(&mut self, key: &[u8], need: Need, indexed: &Indexed) -> Result<Record, Error> {
        let shared = Arc::clone(&self.shared);
        let mut record = Record::unread(key.to_vec(), need);
        let (ends, raw) = if let Some((held, end)) = shared.held(key) {
            record.ends = shared.ends(held.ends(shared.now));
            (end, need.value.then(|| held.raw(shared.now)))
        } else if let Some(found) = self.find(key, indexed)? {
            let raw = if need.value { Some(self.whole(&found)?.unwrap_or(Raw::Gone)) } else { None };
            if need.value {
                record.ends = shared.ends(std::mem::take(&mut self.reader()?.bytes.ends));
            }
            (found.ends, raw)
        } else {
            (record.raw, record.ttl) = (Raw::Gone, Ttl::Gone);
            return Ok(record);
        };
        if need.ttl {
            record.ttl = shared.ttl(ends);
        }
        record.raw = raw.unwrap_or(Raw::Unread);
        Ok(record)
    }

    fn finds_work(&mut self, op: &Op) -> Result<bool, Error> {
        Ok(match op {
            Op::Unlink(key)
            | Op::Unlock(key)
            | Op::OnlyWhile(key)
            | Op::Index(IndexOp::SetRemoveListed { key, .. }) => self.kind_of(&key.0)?.is_some(),
            Op::UnlinkIfEquals(key, value) => self.text_of(key)?.is_some_and(|text| text == *value),
            Op::Index(IndexOp::JsonListRemove { key, item, .. }) => {
                self.text_of(key)?.is_some_and(|text| without(&text, item).is_some())
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, .. }) => {
                self.text_of(key)?.is_some_and(|text| in_list(&text, item, member).is_some())
            }
            Op::Outlive { key, at } => match self.end_of(&key.0)? {
                Ends::At(ends) => at.is_none_or(|at| ends < at),
                Ends::Absent | Ends::Never => false,
            },
            Op::EndAt { key, .. } => self.kind_of(&key.0)?.is_some(),
            Op::Index(IndexOp::SetRemove { key, member } | IndexOp::SetMove { key, member, .. }) => {
                self.has_member(key, member, Kind::Set)?
            }
            Op::Index(
                IndexOp::SortedRemove { key, member }
                | IndexOp::SortedRemoveWhenGone { key, member, .. }
                | IndexOp::SortedScore { key, member, .. },
            ) => self.has_member(key, member, Kind::SortedSet)?,
            Op::Index(IndexOp::HashRemove { key, field }) => {
                let indexed = self.shared.indexed()?;
                match self.record_of(&key.0, Need::VALUE, &indexed)?.raw {
                    Raw::Hash(fields) => fields.iter().any(|(own, _)| own == field),
                    _ => false,
                }
            }
            Op::Index(IndexOp::Publish { .. }) => false,
        })
    }
}

/// A value as commands can go on with it; nothing where it is empty. What is damaged, or too large to be
/// held, is of its kind alone.
fn held_of<I: Input>(
    bytes: &mut Bytes<I>,
    shape: Shape,
    now: i64,
    templates: &Templates,
) -> Result<Option<Held>, Broken> {
    let kind = shape.kind();
    if matches!(kind, Kind::Set | Kind::SortedSet) {
        return Ok(Some(match bytes.members(shape, u64::MAX, MAX_MEMBERS)? {
            Members::All(members) if kind == Kind::Set => {
                Held::Set(members.into_iter().map(|(member, _)| member).collect())
            }
            Members::All(members) => Held::Sorted(members.into_iter().collect()),
            Members::TooMany => Held::Other(kind),
        }));
    }
    if kind == Kind::Hash {
        let mut held = HeldFields { fields: Fields::new(), room: MAX_OVERLAY, now, whole: true };
        let given = bytes.fields(shape, templates, &mut held)?;
        return Ok(match given {
            Given::All if held.whole => Some(Held::Hash(held.fields)).filter(|held| !held.is_empty()),
            _ => Some(Held::Other(kind)),
        });
    }
    Ok(match bytes.value(shape, u64::MAX, now, templates)? {
        Read::Whole(Raw::Text(text)) => Some(Held::Text(text)),
        Read::Whole(_) | Read::Damaged(_) => Some(Held::Other(kind)),
        Read::Empty => None,
    })
}

/// The fields of a hash that commands go on with.
struct HeldFields {
    fields: Fields,
    /// Bytes of memory that are left for them.
    room: u64,
    now: i64,
    whole: bool,
}

impl Takes for HeldFields {
    fn room(&mut self, _: u64, _: Option<&Piece>) -> u64 {
        self.room
    }

    fn field(&mut self, name: Piece, value: Piece, end: Option<i64>) -> ControlFlow<()> {
        const BESIDES: u64 = 144;
        let (Piece::Text(name), Piece::Text(value)) = (name, value) else {
            self.whole = false;
            return ControlFlow::Break(());
        };
        if end.is_some_and(|end| end <= self.now) {
            return ControlFlow::Continue(());
        }
        self.room = self.room.saturating_sub((name.len() + value.len()) as u64 + BESIDES);
        // One that is there twice is damaged.
        self.whole = self.room > 0 && self.fields.insert(name, (value, end)).is_none();
        if self.whole { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl Base for DumpReader {
    fn load(&mut self, key: &[u8]) -> Result<Option<(Held, Option<i64>)>, Error> {
        let shared = Arc::clone(&self.shared);
        let indexed = shared.indexed()?;
        let Some(found) = self.find_first(key, &indexed)? else { return Ok(None) };
        let bytes = &mut self.reader()?.bytes;
        let held = held_of(bytes, found.shape, shared.now, &indexed.templates)
            .map_err(|broken| shared.broken(&broken, Some(found.shape.kind())))?;
        Ok(held.map(|held| (held, found.ends)))
    }

    fn restored(&mut self, payload: &[u8]) -> Option<Held> {
        // Behind the value stand a version in two bytes and a sum in eight (cluster.c createDumpPayload).
        let (value, foot) = payload.split_at_checked(payload.len().checked_sub(10)?)?;
        let (kind, value) = value.split_first()?;
        let version = u16::from_le_bytes([foot[0], foot[1]]);
        let writer = if version >= FIRST_OF_VALKEY { Writer::Valkey } else { Writer::Redis };
        let shape = Shape::of(writer, *kind).ok()?;
        held_of(&mut Bytes::new(value, 0, JUMP), shape, self.shared.now, &Templates::default()).ok()?
    }

    fn end(&mut self, key: &[u8]) -> Result<Ends, Error> {
        let indexed = self.shared.indexed()?;
        let found = self.find_first(key, &indexed)?;
        Ok(found.map_or(Ends::Absent, |found| found.ends.map_or(Ends::Never, Ends::At)))
    }
}

impl Source for DumpReader {
    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let glob = query.pattern.as_deref().map(Glob::new);
        let mut bytes = Bytes::new(shared.part(0), 0, AHEAD);
        bytes.sum_up();
        let reader = Reader::new(bytes).map_err(|broken| shared.broken(&broken, None))?;
        let Some(mut reader) = reader else { return Ok(()) };
        let mut besides = Besides::default();
        let mut page = Page::default();
        let mut size = 0;
        let broken = loop {
            let mut found = match reader.find() {
                Ok(Some(found)) => found,
                Ok(None) => break None,
                Err(broken) => break Some(shared.broken(&broken, None)),
            };
            let mut interest = Interest::Skip;
            if found.db == shared.db && !found.nameless {
                let change = shared.change(&reader.key);
                if let Some(Change::Ends(ends)) = change {
                    found.ends = *ends;
                }
                if matches!(change, Some(Change::Gone | Change::Held(..))) {
                    // It is not there any more, or comes at the end.
                } else if shared.is_over(found.ends) {
                    besides.ended += 1;
                } else if glob.as_ref().is_none_or(|glob| glob.matches(&reader.key)) {
                    page.scanned += 1;
                    interest = (query.interest)(&reader.key);
                }
            }
            let (need, limit) = match interest {
                Interest::Skip | Interest::Name => (Need::NOTHING, None),
                Interest::Look => (Need::VALUE, Some(0)),
                Interest::Read { .. } => (query.need.and(Need::VALUE), Some(WHOLE)),
            };
            let read = match limit {
                None => reader.pass(found.shape).map(|()| Read::Whole(Raw::Unread)),
                Some(limit) => reader.value(found.shape, limit, shared.now),
            };
            match read {
                Ok(Read::Whole(raw)) if interest != Interest::Skip => {
                    let mut record = Record::unread(reader.key.clone(), need);
                    record.raw = raw;
                    if let Raw::Hash(_) = record.raw {
                        record.ends = shared.ends(std::mem::take(&mut reader.bytes.ends));
                    }
                    if need.ttl {
                        record.ttl = shared.ttl(found.ends);
                    }
                    size += record.raw.bytes() + record.key.0.len() as u64;
                    page.records.push(record);
                }
                Ok(Read::Whole(_)) => {}
                Ok(Read::Empty) => besides.ended += 1,
                Ok(Read::Damaged(broken)) => {
                    besides.damage(|| shared.broken(&broken, Some(found.shape.kind())).to_string());
                }
                Err(broken) => break Some(shared.broken(&broken, Some(found.shape.kind()))),
            }
            if page.records.len() >= RECORDS || page.scanned >= KEYS || size >= BYTES {
                size = 0;
                if visit(std::mem::take(&mut page)).is_break() {
                    self.besides = besides;
                    return Ok(());
                }
            }
        };
        if broken.is_none() && self.written(query, glob.as_ref(), &mut besides, &mut page, visit).is_break() {
            self.besides = besides;
            return Ok(());
        }
        let stopped = (page.scanned > 0 || !page.records.is_empty()) && visit(page).is_break();
        self.besides = besides;
        if stopped { Ok(()) } else { shared.conclude(&mut reader, broken, self.besides.unread("key")) }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        match self.shared.notes.announced {
            Some((db, keys)) if db == self.shared.db => {
                let more = self.shared.replayed.get().map_or(0, |replayed| replayed.overlay.held().count());
                Ok(Some(keys + more as u64))
            }
            _ => Ok(Some(self.shared.indexed()?.index.keys())),
        }
    }

    fn place(&self) -> &str {
        &self.shared.place
    }

    fn offers(&self) -> Offers {
        OFFERS
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(self.shared.now)
    }

    fn remarks(&self) -> Vec<String> {
        self.besides.remark("key", self.shared.now).into_iter().collect()
    }

    fn elsewhere(&mut self) -> Vec<(String, u64)> {
        let Ok(indexed) = self.shared.indexed() else { return Vec::new() };
        let others = indexed.databases.iter().filter(|(db, _)| **db != self.shared.db);
        others.map(|(db, keys)| (db.to_string(), *keys)).collect()
    }
}

impl Lookup for DumpReader {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let indexed = self.shared.indexed()?;
        keys.iter().map(|key| self.record_of(&key.0, need, &indexed)).collect()
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        keys.iter().map(|key| self.kind_of(&key.0)).collect()
    }

    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        // A string's length is in bytes, and an entry of a list is some sixty of them.
        if let Some(text) = self.text_of(key)? {
            return Ok(Some(text).filter(|text| text.len() <= most * 64).into_iter().collect());
        }
        let members = self.members_of(key, most as u64)?.unwrap_or_default();
        Ok(members.into_iter().map(|(member, _)| member).collect())
    }

    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        let kinds = self.kinds(keys)?;
        let wanted = if sorted { Kind::SortedSet } else { Kind::Set };
        let mut all = Vec::with_capacity(keys.len());
        for (key, kind) in keys.iter().zip(kinds) {
            if kind != Some(wanted) {
                all.push(Vec::new());
                continue;
            }
            let Some(members) = self.members_of(key, u64::MAX)? else {
                let why = "it has a set too large to read".to_string();
                return Err(Error::Damaged { place: self.shared.place.clone(), why });
            };
            all.push(members.into_iter().map(|(member, _)| member).collect());
        }
        Ok(all)
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        ops.iter().map(|op| self.finds_work(op)).collect()
    }
}

impl DumpReader {
    /// Hands on what commands wrote after the dump.
    fn written(
        &self,
        query: &mut Query<'_>,
        glob: Option<&Glob>,
        besides: &mut Besides,
        page: &mut Page,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let shared = &self.shared;
        let Some(replayed) = shared.replayed.get() else { return ControlFlow::Continue(()) };
        let mut held: Vec<(&[u8], &Held, Option<i64>)> = replayed.overlay.held().collect();
        held.sort_unstable_by_key(|(key, ..)| *key);
        let mut size = 0;
        for (key, held, end) in held {
            if shared.is_over(end) {
                besides.ended += 1;
                continue;
            }
            if glob.is_some_and(|glob| !glob.matches(key)) {
                continue;
            }
            page.scanned += 1;
            let need = match (query.interest)(key) {
                Interest::Skip => continue,
                Interest::Name => Need::NOTHING,
                Interest::Look => Need::VALUE,
                Interest::Read { .. } => query.need.and(Need::VALUE),
            };
            let mut record = Record::unread(key.to_vec(), need);
            if need.value {
                record.raw = held.raw(shared.now);
                record.ends = shared.ends(held.ends(shared.now));
            }
            if record.raw == Raw::Gone {
                continue;
            }
            if need.ttl {
                record.ttl = shared.ttl(end);
            }
            size += record.raw.bytes();
            page.records.push(record);
            if page.records.len() >= RECORDS || size >= BYTES {
                size = 0;
                visit(std::mem::take(page))?;
            }
        }
        ControlFlow::Continue(())
    }
}

impl Besides {
    /// What had ended, as a sentence.
    pub fn remark(&self, noun: &str, now: i64) -> Option<String> {
        let when = clock::time(now).unwrap_or_default();
        (self.ended > 0).then(|| {
            format!(
                "{} had expired by {when} and {} left out; --now sets another time",
                plural(self.ended, noun),
                either(self.ended, "is", "are"),
            )
        })
    }

    /// With what another scan came across.
    pub fn add(&mut self, other: &Besides) {
        self.ended += other.ended;
        self.damaged += other.damaged;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }

    /// What could not be read, as a sentence.
    fn unread(&self, noun: &str) -> Option<String> {
        let first = self.first.as_ref()?;
        let many = plural(self.damaged, noun);
        Some(format!("the values of {many} cannot be read; of the first one: {first}"))
    }

    fn damage(&mut self, why: impl FnOnce() -> String) {
        self.damaged += 1;
        self.first.get_or_insert_with(why);
    }
}

impl Shared {
    /// After a scan: whether it came to the end, and all that is in the dump could be handed on.
    fn conclude(
        &self,
        reader: &mut Reader<Part>,
        broken: Option<Error>,
        unread: Option<String>,
    ) -> Result<(), Error> {
        if let Some(error) = broken {
            return Err(error);
        }
        if self.replayed.get().is_none() && reader.bytes.byte().is_ok_and(|byte| byte == b'*') {
            return Err(Error::Damaged {
                place: self.place.clone(),
                why: "commands follow the dump; aof:PATH reads them, too".to_string(),
            });
        }
        if let Some(why) = unread {
            return Err(self.incomplete(why));
        }
        if let Some(replayed) = self.replayed.get() {
            if let Some(why) = &replayed.broken {
                return Err(self.incomplete(why.clone()));
            }
            if !replayed.left.is_empty() {
                let left: Vec<String> =
                    replayed.left.iter().map(|(name, count)| format!("{} ({count})", safe(name))).collect();
                let why = format!("these of its commands are not applied: {}", left.join(", "));
                return Err(self.incomplete(why));
            }
        }
        let changes = reader.notes.changes;
        if changes > 0 {
            let why = format!("{} made while it was written cannot be read", plural(changes, "change"));
            return Err(self.incomplete(why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
