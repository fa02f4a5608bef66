//! One hash of a dump whose fields are the sessions: each field is a record, named by the field.
//!
//! A scan goes through the whole dump, so that it is known to be whole, and hands on the fields of the one hash
//! as they come. What is asked for by name is looked for in the hash from its beginning on, all names that are
//! asked for at once together. A hash has no order and no index, and no field is held but for the page.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::bytes::{Bytes, Part};
use super::overlay::{Change, Fields, Held};
use super::reader::{Found, Reader};
use super::value::{Given, MAX_TEXT, Piece, Takes};
use super::{AHEAD, BYTES, Besides, DumpReader, KEYS, RECORDS, Shared};
use crate::store::seen::Seen;
use crate::store::{
    Error, Interest, Key, Kind, Lookup, Medium, Need, Offers, Op, Open, Page, Query, Raw, Record, Source,
    Store, Ttl,
};
use crate::text::glob::Glob;
use crate::text::safe::safe;

/// Bytes of a field's name that are read; there are no sessions under longer ones.
const MAX_NAME: u64 = 1 << 20;

/// What a dump comes from.
pub trait Dumped: Open {
    /// Reads the dump that this key would be in.
    fn dump_with(&self, key: &[u8]) -> Result<DumpReader, Error>;
}

/// A hash of a dump, named and not opened yet.
#[derive(Debug)]
pub struct HashPlace<D> {
    dumped: D,
    hash: Vec<u8>,
}

impl<D: Dumped> HashPlace<D> {
    pub fn new(dumped: D, hash: &[u8]) -> HashPlace<D> {
        HashPlace { dumped, hash: hash.to_vec() }
    }
}

impl<D: Dumped> Open for HashPlace<D> {
    fn place(&self) -> String {
        format!("{} hash {}", self.dumped.place(), safe(&String::from_utf8_lossy(&self.hash)))
    }

    fn address(&self) -> String {
        self.dumped.address()
    }

    fn medium(&self) -> Medium {
        Medium::Field
    }

    fn login(&self) -> &str {
        self.dumped.login()
    }

    fn caution(&self) -> Option<&'static str> {
        self.dumped.caution()
    }

    fn announcement(&self) -> Option<&'static str> {
        self.dumped.announcement()
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        let dump = self.dumped.dump_with(&self.hash)?;
        Ok(Box::new(HashReader::of(dump, &self.hash, self.place())))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        self.dumped.store()
    }
}

/// Reads the fields of one hash of a dump.
pub(super) struct HashReader {
    dump: DumpReader,
    hash: Vec<u8>,
    place: String,
    besides: Besides,
}

/// Where the fields are.
enum Where<'s> {
    Nowhere,
    /// What commands made of the hash.
    Held(&'s Fields),
    Dump(Found),
}

impl HashReader {
    pub(super) fn of(dump: DumpReader, hash: &[u8], place: String) -> HashReader {
        HashReader { dump, hash: hash.to_vec(), place, besides: Besides::default() }
    }

    fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.dump.shared)
    }

    fn other_kind(&self, kind: Kind) -> Error {
        let hash = safe(&String::from_utf8_lossy(&self.hash)).into_owned();
        Error::Unsupported {
            place: self.dump.shared.place.clone(),
            why: format!("holds {hash} of kind {} and not hash", kind.name()),
            hint: "`fields` of the layout names the hash".to_string(),
        }
    }

    /// The fields as commands left them; `None` where the dump has them.
    fn held<'s>(&self, shared: &'s Shared) -> Result<Option<Where<'s>>, Error> {
        match shared.change(&self.hash) {
            None | Some(Change::Ends(_)) => Ok(None),
            Some(Change::Gone) => Ok(Some(Where::Nowhere)),
            Some(Change::Held(_, end)) if shared.is_over(*end) => Ok(Some(Where::Nowhere)),
            Some(Change::Held(Held::Hash(fields), _)) => Ok(Some(Where::Held(fields))),
            Some(Change::Held(Held::Other(Kind::Hash), _)) => Err(shared.incomplete(
                "the hash cannot be read, or is too large for its commands to be followed (64 MiB)"
                    .to_string(),
            )),
            Some(Change::Held(held, _)) => Err(self.other_kind(held.kind())),
        }
    }

    /// Looks the hash up; where it is in the dump its value is what is read next.
    fn locate<'s>(&mut self, shared: &'s Shared) -> Result<Where<'s>, Error> {
        if let Some(held) = self.held(shared)? {
            return Ok(held);
        }
        let indexed = shared.indexed()?;
        match self.dump.find(&self.hash, &indexed)? {
            None => Ok(Where::Nowhere),
            Some(found) if found.shape.kind() != Kind::Hash => Err(self.other_kind(found.shape.kind())),
            Some(found) => Ok(Where::Dump(found)),
        }
    }

    /// Hands on the fields that were looked up.
    fn give(&mut self, shared: &Shared, at: &Where<'_>, takes: &mut dyn Takes) -> Result<(), Error> {
        match at {
            Where::Nowhere => Ok(()),
            Where::Held(fields) => {
                give_held(fields, takes);
                Ok(())
            }
            Where::Dump(found) => {
                let indexed = shared.indexed()?;
                let given = self.dump.reader()?.bytes.fields(found.shape, &indexed.templates, takes);
                match given.map_err(|broken| shared.broken(&broken, Some(Kind::Hash)))? {
                    Given::All | Given::Stopped => Ok(()),
                    other => Err(unreadable(shared, &other)),
                }
            }
        }
    }

    /// Of each of these fields what it holds and when it ends, where it is there.
    fn look_up(&mut self, keys: &[Key], values: bool) -> Result<Vec<Option<(Raw, Option<i64>)>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let shared = self.shared();
        let mut looking = Looking {
            wanted: keys.iter().map(|key| (&key.0[..], None)).collect(),
            open: 0,
            values,
            now: shared.now,
            broken: None,
        };
        looking.open = looking.wanted.len();
        let at = self.locate(&shared)?;
        self.give(&shared, &at, &mut looking)?;
        if let Some(broken) = looking.broken {
            return Err(shared.broken(&broken, Some(Kind::Hash)));
        }
        Ok(keys.iter().map(|key| looking.wanted.get(&key.0[..]).cloned().flatten()).collect())
    }
}

fn give_held(fields: &Fields, takes: &mut dyn Takes) {
    for (name, (value, end)) in fields {
        let name = Piece::Text(name.clone());
        let value = if takes.room(fields.len() as u64, Some(&name)) < value.len() as u64 {
            Piece::Passed(value.len() as u64)
        } else {
            Piece::Text(value.clone())
        };
        if takes.field(name, value, *end).is_break() {
            return;
        }
    }
}

/// Why fields were not given.
fn unreadable(shared: &Shared, given: &Given) -> Error {
    match given {
        Given::Damaged(broken) => shared.broken(broken, Some(Kind::Hash)),
        _ => shared.incomplete("the hash is packed into more bytes than are read (16 MiB)".to_string()),
    }
}

/// What a value is as a record's.
fn raw_of(value: Piece) -> Option<Raw> {
    match value {
        Piece::Text(text) => Some(Raw::Text(text)),
        Piece::Passed(length) => Some(Raw::Oversized(Kind::String, length)),
        Piece::Damaged(_) => None,
    }
}

/// Looks for some fields by name.
struct Looking<'k> {
    wanted: HashMap<&'k [u8], Option<(Raw, Option<i64>)>>,
    /// How many have not been met yet.
    open: usize,
    values: bool,
    now: i64,
    /// Of a field that was asked for.
    broken: Option<super::Broken>,
}

impl Takes for Looking<'_> {
    fn room(&mut self, _: u64, name: Option<&Piece>) -> u64 {
        match name {
            None => MAX_NAME,
            Some(Piece::Text(name)) if self.values && self.wanted.contains_key(&name[..]) => MAX_TEXT,
            Some(_) => 0,
        }
    }

    fn field(&mut self, name: Piece, value: Piece, end: Option<i64>) -> ControlFlow<()> {
        let Piece::Text(name) = name else { return ControlFlow::Continue(()) };
        let Some(place) = self.wanted.get_mut(&name[..]) else { return ControlFlow::Continue(()) };
        self.open = self.open.saturating_sub(usize::from(place.is_none()));
        if end.is_none_or(|end| end > self.now) {
            match value {
                Piece::Damaged(broken) => self.broken = Some(broken),
                value => *place = raw_of(value).map(|raw| (raw, end)),
            }
        }
        if self.open == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Hands on the fields of a scan, page by page.
struct Scanning<'s, 'q, 'v> {
    shared: &'s Shared,
    glob: Option<Glob>,
    query: &'s mut Query<'q>,
    visit: &'v mut dyn FnMut(Page) -> ControlFlow<()>,
    seen: Seen,
    besides: Besides,
    page: Page,
    size: u64,
    /// What is wanted of the field whose name was met last.
    need: Option<Need>,
    stopped: bool,
}

impl Scanning<'_, '_, '_> {
    fn interest(&mut self, name: &[u8]) -> Option<Need> {
        if self.glob.as_ref().is_some_and(|glob| !glob.matches(name)) {
            return None;
        }
        match (self.query.interest)(name) {
            Interest::Skip => None,
            Interest::Name => Some(Need::NOTHING),
            Interest::Look => Some(Need::VALUE),
            Interest::Read { .. } => Some(self.query.need.and(Need::VALUE)),
        }
    }

    fn hand_on(&mut self) -> ControlFlow<()> {
        self.size = 0;
        let gone_on = (self.visit)(std::mem::take(&mut self.page));
        self.stopped |= gone_on.is_break();
        gone_on
    }
}

impl Takes for Scanning<'_, '_, '_> {
    fn room(&mut self, _: u64, name: Option<&Piece>) -> u64 {
        let Some(name) = name else { return MAX_NAME };
        self.need = match name {
            Piece::Text(name) => self.interest(name),
            _ => None,
        };
        if self.need.is_some_and(|need| need.value) { MAX_TEXT } else { 0 }
    }

    fn field(&mut self, name: Piece, value: Piece, end: Option<i64>) -> ControlFlow<()> {
        let name = match name {
            Piece::Text(name) => name,
            Piece::Passed(_) => return ControlFlow::Continue(()),
            Piece::Damaged(broken) => {
                self.besides.damage(|| self.shared.broken(&broken, Some(Kind::Hash)).to_string());
                return ControlFlow::Continue(());
            }
        };
        if self.shared.is_over(end) {
            self.besides.ended += 1;
            return ControlFlow::Continue(());
        }
        if !self.seen.first(&name) {
            self.besides.damage(|| "the hash has it twice".to_string());
            return ControlFlow::Continue(());
        }
        self.page.scanned += 1;
        if let Some(need) = self.need.take() {
            let raw = match value {
                Piece::Damaged(broken) => {
                    self.besides.damage(|| self.shared.broken(&broken, Some(Kind::Hash)).to_string());
                    None
                }
                _ if !need.value => Some(Raw::Unread),
                value => raw_of(value),
            };
            if let Some(raw) = raw {
                let mut record = Record::unread(name, need);
                self.size += raw.bytes() + record.key.0.len() as u64;
                record.raw = raw;
                if need.ttl {
                    record.ttl = self.shared.ttl(end);
                }
                self.page.records.push(record);
            }
        }
        if self.page.records.len() >= RECORDS || self.page.scanned >= KEYS || self.size >= BYTES {
            return self.hand_on();
        }
        ControlFlow::Continue(())
    }
}

impl Source for HashReader {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        let shared = &self.dump.shared;
        let held = match shared.change(&self.hash) {
            Some(Change::Held(Held::Hash(fields), _)) => fields.values().any(|(_, end)| end.is_some()),
            _ => false,
        };
        Offers { ttl: held || shared.header.has_field_ends(), memory: false, change: false }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(self.dump.shared.now)
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let shared = self.shared();
        let mut bytes = Bytes::new(shared.part(0), 0, AHEAD);
        bytes.sum_up();
        let reader: Option<Reader<Part>> =
            Reader::new(bytes).map_err(|broken| shared.broken(&broken, None))?;
        let Some(mut reader) = reader else { return Ok(()) };
        let mut scanning = Scanning {
            shared: &shared,
            glob: query.pattern.as_deref().map(Glob::new),
            query,
            visit,
            seen: Seen::new(),
            besides: Besides::default(),
            page: Page::default(),
            size: 0,
            need: None,
            stopped: false,
        };
        let held = self.held(&shared)?;
        if let Some(Where::Held(fields)) = &held {
            give_held(fields, &mut scanning);
        }
        let broken = loop {
            if scanning.stopped {
                break None;
            }
            let mut found = match reader.find() {
                Ok(Some(found)) => found,
                Ok(None) => break None,
                Err(broken) => break Some(shared.broken(&broken, None)),
            };
            let own = held.is_none() && !found.nameless && found.db == shared.db && reader.key == self.hash;
            if let Some(Change::Ends(ends)) = shared.change(&reader.key).filter(|_| own) {
                found.ends = *ends;
            }
            if !own || shared.is_over(found.ends) {
                if let Err(broken) = reader.pass(found.shape) {
                    break Some(shared.broken(&broken, Some(found.shape.kind())));
                }
                continue;
            }
            if found.shape.kind() != Kind::Hash {
                return Err(self.other_kind(found.shape.kind()));
            }
            match reader.bytes.fields(found.shape, &reader.templates, &mut scanning) {
                Ok(Given::All | Given::Stopped) => {}
                Ok(other) => scanning.besides.damage(|| unreadable(&shared, &other).to_string()),
                Err(broken) => break Some(shared.broken(&broken, Some(Kind::Hash))),
            }
        };
        if !scanning.stopped && (scanning.page.scanned > 0 || !scanning.page.records.is_empty()) {
            let _ = scanning.hand_on();
        }
        let Scanning { besides, stopped, .. } = scanning;
        self.besides = besides;
        if stopped { Ok(()) } else { shared.conclude(&mut reader, broken, self.besides.unread("field")) }
    }

    fn remarks(&self) -> Vec<String> {
        self.besides.remark("field", self.dump.shared.now).into_iter().collect()
    }
}

impl Lookup for HashReader {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let found = self.look_up(keys, need.value)?;
        let record = |(key, field): (&Key, Option<(Raw, Option<i64>)>)| {
            let mut record = Record::unread(key.0.clone(), need);
            let Some((raw, end)) = field else {
                (record.raw, record.ttl) = (Raw::Gone, Ttl::Gone);
                return record;
            };
            record.raw = if need.value { raw } else { Raw::Unread };
            if need.ttl {
                record.ttl = self.dump.shared.ttl(end);
            }
            record
        };
        Ok(keys.iter().zip(found).map(record).collect())
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let found = self.look_up(keys, false)?;
        Ok(found.into_iter().map(|field| field.map(|_| Kind::String)).collect())
    }

    // A field has nothing next to it.
    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        Ok(vec![false; ops.len()])
    }
}
