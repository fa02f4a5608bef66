//! A dump file of Redis or Valkey (RDB) as something that sessions are read from.
//!
//! A scan goes through the file once, sums it up on the way, and holds no more of it than a page. What
//! is asked for by key is found by an index that is made in a pass of its own when it is first needed.
//! Whether a key has ended is judged at one moment: what is read twice is the same twice.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::json_list::{in_list, without};
use crate::store::{
    Error, Interest, Key, Kind, Lookup, Need, Offers, Op, Page, Query, Raw, Record, Source, Ttl,
};
use crate::text::clock;
use crate::text::glob::Glob;
use crate::text::words::{either, plural};

use bytes::{Broken, Bytes, Part, Why};
use index::{Index, Making};
use input::{Opened, Origin};
use reader::{Found, Header, Notes, Reader};
use value::{Members, Read, Templates};

pub mod bytes;
pub mod index;
pub mod input;
pub mod listpack;
pub mod place;
pub mod reader;
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
/// Bytes of one collection that are read for its members.
const MAX_MEMBERS: u64 = 48 << 20;

/// A dump, opened: whoever reads it gets a [`DumpReader`].
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
}

/// What a pass through the whole dump found.
#[derive(Debug)]
struct Indexed {
    index: Index,
    templates: Templates,
    /// Keys of each database.
    databases: BTreeMap<u64, u64>,
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
        let opened = input::open(origin, &place)?;
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
        let shared =
            Shared { opened, place, db: u64::from(db), now, header, notes, indexed: Mutex::new(None) };
        Ok(Dump { shared: Arc::new(shared) })
    }

    /// The moment as of which it is read, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.now
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
    }
}

fn shown(path: &Path) -> String {
    crate::text::safe::safe(&path.to_string_lossy()).into_owned()
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
        Error::Damaged { place: self.place.clone(), why }
    }

    fn io(&self, error: &std::io::Error) -> Error {
        let why = format!("an index of it cannot be kept: {error}");
        Error::File { place: self.place.clone(), why, hint: None }
    }

    /// The index; made by whoever asks first.
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
        while let Ok(Some(found)) = reader.find() {
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
        Ok(Indexed { index, templates: reader.templates, databases })
    }

    fn has_ended(&self, found: &Found) -> bool {
        found.ends.is_some_and(|end| end <= self.now)
    }

    fn ttl(&self, found: &Found) -> Ttl {
        match found.ends {
            None => Ttl::Never,
            Some(end) => Ttl::In(end.saturating_sub(self.now).max(0) as u64),
        }
    }
}

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

    /// A reader whose next bytes are the value of that key; `None` where it is not there, or has ended.
    fn find(&mut self, key: &[u8], indexed: &Indexed) -> Result<Option<Found>, Error> {
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
                return Ok(Some(found).filter(|found| !self.shared.has_ended(found)));
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
        let indexed = self.shared.indexed()?;
        match self.find(&key.0, &indexed)? {
            Some(found) if found.shape.kind() == kind => {}
            _ => return Ok(false),
        }
        let members = self.members_of(key, u64::MAX)?;
        Ok(members.is_some_and(|members| members.iter().any(|(own, _)| own == member)))
    }

    fn finds_work(&mut self, op: &Op) -> Result<bool, Error> {
        let indexed = self.shared.indexed()?;
        Ok(match op {
            Op::Unlink(key) | Op::Unlock(key) | Op::OnlyWhile(key) | Op::SetRemoveListed { key, .. } => {
                self.find(&key.0, &indexed)?.is_some()
            }
            Op::UnlinkIfEquals(key, value) => self.text_of(key)?.is_some_and(|text| text == *value),
            Op::JsonListRemove { key, item, .. } => {
                self.text_of(key)?.is_some_and(|text| without(&text, item).is_some())
            }
            Op::JsonListSet { key, item, member, .. } => {
                self.text_of(key)?.is_some_and(|text| in_list(&text, item, member).is_some())
            }
            Op::Outlive { key, at } => {
                let ends = self.find(&key.0, &indexed)?.and_then(|found| found.ends);
                ends.is_some_and(|ends| at.is_none_or(|at| ends < at))
            }
            Op::EndAt { key, .. } => self.find(&key.0, &indexed)?.is_some(),
            Op::SetRemove { key, member } | Op::SetMove { key, member, .. } => {
                self.has_member(key, member, Kind::Set)?
            }
            Op::SortedRemove { key, member }
            | Op::SortedRemoveWhenGone { key, member, .. }
            | Op::SortedScore { key, member, .. } => self.has_member(key, member, Kind::SortedSet)?,
            Op::HashRemove { key, field } => match self.find(&key.0, &indexed)? {
                Some(found) if found.shape.kind() == Kind::Hash => match self.whole(&found)? {
                    Some(Raw::Hash(fields)) => fields.iter().any(|(own, _)| own == field),
                    _ => false,
                },
                _ => false,
            },
            Op::Publish { .. } => false,
        })
    }
}

fn blank(key: Vec<u8>, asked: Need) -> Record {
    Record { key: Key(key), raw: Raw::Unread, ttl: Ttl::Unasked, memory: None, asked }
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
            let found = match reader.find() {
                Ok(Some(found)) => found,
                Ok(None) => break None,
                Err(broken) => break Some(shared.broken(&broken, None)),
            };
            let mut interest = Interest::Skip;
            if found.db == shared.db && !found.nameless {
                if shared.has_ended(&found) {
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
                    let mut record = blank(reader.key.clone(), need);
                    record.raw = raw;
                    if need.ttl {
                        record.ttl = shared.ttl(&found);
                    }
                    size += record.raw.bytes() + record.key.0.len() as u64;
                    page.records.push(record);
                }
                Ok(Read::Whole(_)) => {}
                Ok(Read::Empty) => besides.ended += 1,
                Ok(Read::Damaged(broken)) => {
                    besides.damaged += 1;
                    let why = || shared.broken(&broken, Some(found.shape.kind())).to_string();
                    besides.first.get_or_insert_with(why);
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
        let stopped = (page.scanned > 0 || !page.records.is_empty()) && visit(page).is_break();
        let changes = reader.notes.changes;
        self.besides = besides;
        match broken {
            _ if stopped => Ok(()),
            Some(error) => Err(error),
            None => self.is_whole(changes),
        }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        match self.shared.notes.announced {
            Some((db, keys)) if db == self.shared.db => Ok(Some(keys)),
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
        let mut remarks = Vec::new();
        if self.besides.ended > 0 {
            let when = clock::time(self.shared.now).unwrap_or_default();
            remarks.push(format!(
                "{} had ended by {when}, and {} left out; --now names another moment",
                plural(self.besides.ended, "key"),
                either(self.besides.ended, "is", "are"),
            ));
        }
        remarks
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
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            let mut record = blank(key.0.clone(), need);
            match self.find(&key.0, &indexed)? {
                None => (record.raw, record.ttl) = (Raw::Gone, Ttl::Gone),
                Some(found) => {
                    if need.ttl {
                        record.ttl = self.shared.ttl(&found);
                    }
                    if need.value {
                        record.raw = self.whole(&found)?.unwrap_or(Raw::Gone);
                    }
                }
            }
            records.push(record);
        }
        Ok(records)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let indexed = self.shared.indexed()?;
        keys.iter().map(|key| Ok(self.find(&key.0, &indexed)?.map(|found| found.shape.kind()))).collect()
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
                let why = "it has a set that is too large to be looked into".to_string();
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
    /// After a scan that came to the end: whether all of the keys could be handed on.
    fn is_whole(&self, changes: u64) -> Result<(), Error> {
        let place = self.shared.place.clone();
        if let Some(first) = &self.besides.first {
            let keys = plural(self.besides.damaged, "key");
            let why = format!("the values of {keys} cannot be read; of the first one: {first}");
            return Err(Error::Damaged { place, why });
        }
        if changes > 0 {
            let why =
                format!("it was written while {} went on, which are not read", plural(changes, "change"));
            return Err(Error::Damaged { place, why });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
