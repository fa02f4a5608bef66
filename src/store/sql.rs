//! Sessions in tables of a database: SQLite, PostgreSQL, MySQL or MariaDB.
//!
//! A row is a record whose key is the table's name, a colon and what its key column holds; the columns are the
//! fields of a hash. Which tables are looked at, and which column is the key, the layouts say by a [`Wanted`].
//! Rows are changed in short transactions: read again under a lock, compared with what was seen, written down for
//! an undo, and only then deleted or updated by their primary key.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::contract::{Keeper, Lookup, Offers, Source, Store};
use super::error::Error;
use super::gentle::Gentle;
use super::key::Key;
use super::load::Lag;
use super::op::Op;
use super::record::{Interest, Kind, Need, Page, Query, Raw, Record, Ttl};
use super::step::{Applied, Backup, Content, Fit, Outcome, Own, Rewrite, Step, fingerprint};
use super::table::{Rest, Rows, Table, Wanted};
use crate::exit::Exit;
use engine::{Cell, Engine, Put, Row};

mod engine;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod messages;
#[cfg(feature = "mysql")]
mod mysql;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use place::SqlPlace;

use place::At;

/// Rows of a page at first and at most; it is as long as its rows are short.
const FIRST: usize = 100;
const MOST: usize = 1_000;
/// Bytes that a page should not have more of.
const PAGE_BYTES: usize = 8 << 20;
/// Rows that are changed in one transaction, and asked for by one statement.
const TOGETHER: usize = 500;
/// How often a transaction is tried while someone else holds a lock.
const TRIES: usize = 5;
/// The field in which a time without a zone is given as the database understands it, in ms since 1970.
pub const EPOCH: &str = "@epoch";
/// What precedes the name of a part of a session that is a row of another table.
pub const PART: &str = "@part/";

/// A table that sessions are in.
struct Asked {
    table: Table,
    rows: Rows,
    /// The column that the key is.
    key: usize,
    also: Vec<usize>,
    only: Option<(usize, &'static str)>,
    many: Option<usize>,
    /// Columns that tell a row from all others.
    identity: Vec<usize>,
    /// The names of the fields, by column.
    names: Vec<Vec<u8>>,
    parts: Option<Parts>,
}

/// The table of the parts of sessions.
struct Parts {
    table: Table,
    owner: usize,
    name: usize,
    value: usize,
    identity: Vec<usize>,
}

/// A row, and the rows that are parts of it.
#[derive(Debug, Clone, Default)]
struct Whole {
    row: Row,
    parts: Vec<Row>,
}

/// A row as it is written down for an undo: with every column, and its type.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Saved {
    table: String,
    cells: Vec<(String, Cell)>,
    parts: Vec<Vec<(String, Cell)>>,
    /// Where the row holds other sessions as well: the name and the text of this one.
    member: Option<(Key, Key)>,
}

impl Saved {
    /// Whether two are the same rows; in which order parts are read is the database's affair.
    fn is_same(&self, other: &Saved) -> bool {
        let has_all = |one: &Saved, other: &Saved| one.parts.iter().all(|part| other.parts.contains(part));
        self.cells == other.cells
            && self.parts.len() == other.parts.len()
            && has_all(self, other)
            && has_all(other, self)
    }
}

/// Sessions in the tables of a database.
pub struct Sql {
    place: SqlPlace,
    name: String,
    engine: Box<dyn Engine>,
    wanted: Wanted,
    write: bool,
    asked: Option<Vec<Asked>>,
    remarks: Vec<String>,
    gentle: Option<Gentle>,
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sql").field("place", &self.name).finish_non_exhaustive()
    }
}

/// Which row a key is of.
enum Named<'k> {
    /// Of the table at that position, with what its key column holds and, where a row has many, the session.
    In(usize, &'k [u8], Option<&'k [u8]>),
    /// Of any table: only the id is known.
    Any(&'k [u8]),
    Nowhere,
}

impl Asked {
    fn new(table: Table, rows: Rows, all: &[Table]) -> Result<Asked, &'static str> {
        let at = |name: &str| table.columns.iter().position(|column| column.name == name);
        let none = "lacks the column that names a session";
        let key = at(&rows.key).ok_or(none)?;
        if table.hidden {
            return Err("may not be read by this user");
        }
        if table.view {
            return Err("is a view: name the table that it looks at");
        }
        let alone = |set: &Vec<usize>| set[..] == [key];
        let identity = if table.primary[..] == [key] || table.unique.iter().any(alone) {
            vec![key]
        } else if !table.primary.is_empty() {
            table.primary.clone()
        } else {
            return Err("has no primary key and no unique index that would tell one row from another");
        };
        let mut names: Vec<Vec<u8>> =
            table.columns.iter().map(|column| column.name.clone().into_bytes()).collect();
        for (column, name) in &rows.names {
            if let Some(at) = at(column) {
                names[at] = name.as_bytes().to_vec();
            }
        }
        let parts = rows.parts.as_ref().and_then(|of| {
            let own = |table: &&Table| table.name == of.table;
            let parts = all.iter().filter(|other| other.schema == table.schema).find(own)?.clone();
            let at = |name: &str| parts.columns.iter().position(|column| column.name == name);
            let (owner, name, value) = (at(&of.owner)?, at(&of.name)?, at(&of.value)?);
            let identity = if parts.primary.is_empty() { vec![owner, name] } else { parts.primary.clone() };
            Some(Parts { table: parts, owner, name, value, identity })
        });
        Ok(Asked {
            key,
            also: rows.also.iter().filter_map(|name| at(name)).collect(),
            only: rows.only.as_ref().and_then(|(column, text)| Some((at(column)?, *text))),
            many: rows.many.as_ref().and_then(|many| at(&many.column)),
            identity,
            names,
            parts,
            table,
            rows,
        })
    }

    /// What the row's key begins with, or is.
    fn key_of(&self, row: &Row) -> Option<Vec<u8>> {
        let text = row.cells.get(self.key)?.text()?;
        Some([self.table.full_name().as_bytes(), b":", &text].concat())
    }

    fn has_all(&self, row: &Row) -> bool {
        self.only.is_none_or(|(at, text)| row.cells[at].text().is_some_and(|held| held == text.as_bytes()))
    }

    fn fields(&self, whole: &Whole, member: Option<(&[u8], &[u8])>) -> Raw {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut large = 0;
        for (at, cell) in whole.row.cells.iter().enumerate() {
            if let Cell::Large(bytes) = cell {
                large += bytes;
            }
            if let Some((name, text)) = member
                && self.many == Some(at)
            {
                fields.push((self.names[at].clone(), text.to_vec()));
                fields.push((b"@name".to_vec(), name.to_vec()));
            } else if let Some(text) = cell.text() {
                fields.push((self.names[at].clone(), text));
            }
        }
        for (at, ms) in &whole.row.epochs {
            let name = [&self.names[*at], EPOCH.as_bytes()].concat();
            fields.push((name, ms.to_string().into_bytes()));
        }
        if let Some(parts) = &self.parts {
            for part in &whole.parts {
                let name = part.cells[parts.name].text().unwrap_or_default();
                let value = part.cells[parts.value].text().unwrap_or_default();
                fields.push(([PART.as_bytes(), &name].concat(), value));
            }
        }
        if large > 0 { Raw::Oversized(Kind::String, large) } else { Raw::Hash(fields) }
    }

    /// The sessions of a row, each with its key.
    fn sessions(&self, whole: &Whole) -> Vec<(Vec<u8>, Raw)> {
        let Some(key) = self.key_of(&whole.row) else { return Vec::new() };
        match (&self.rows.many, self.many) {
            (Some(many), Some(at)) => {
                let held = whole.row.cells[at].text().unwrap_or_default();
                let each = (many.list)(&held).into_iter();
                each.map(|(name, text)| {
                    ([&key, &b":"[..], &name].concat(), self.fields(whole, Some((&name, &text))))
                })
                .collect()
            }
            _ => vec![(key, self.fields(whole, None))],
        }
    }

    fn saved(&self, whole: &Whole, member: Option<&[u8]>) -> Saved {
        let cells = |table: &Table, row: &Row| {
            let named = table.columns.iter().zip(&row.cells);
            named
                .filter(|(column, _)| !column.generated)
                .map(|(column, cell)| (column.name.clone(), cell.clone()))
                .collect()
        };
        let of_member = |name: &[u8]| {
            let many = self.rows.many.as_ref()?;
            let held = whole.row.cells[self.many?].text()?;
            let (name, text) = (many.list)(&held).into_iter().find(|(other, _)| other == name)?;
            Some((Key(name), Key(text)))
        };
        Saved {
            table: self.table.full_name(),
            cells: cells(&self.table, &whole.row),
            parts: match &self.parts {
                Some(parts) => whole.parts.iter().map(|row| cells(&parts.table, row)).collect(),
                None => Vec::new(),
            },
            member: member.and_then(of_member),
        }
    }

    /// The columns that a change of fields changes.
    fn puts(&self, changed: &[(Key, Key)]) -> Option<Vec<(usize, Put)>> {
        let column = |name: &[u8]| self.names.iter().position(|field| field == name);
        changed
            .iter()
            .map(|(field, value)| match field.0.strip_suffix(EPOCH.as_bytes()) {
                Some(name) => {
                    let ms = std::str::from_utf8(&value.0).ok()?.parse().ok()?;
                    Some((column(name)?, Put::Epoch(ms)))
                }
                None => Some((column(&field.0)?, Put::Text(value.0.clone()))),
            })
            .collect()
    }
}

/// Whether fields are as a change of them leaves them.
fn is_made(raw: &Raw, own: &Own) -> bool {
    let (Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. }, Raw::Hash(fields)) = (own, raw) else {
        return false;
    };
    changed.iter().all(|(f, v)| fields.iter().any(|(field, value)| *field == f.0 && *value == v.0))
}

impl SqlPlace {
    fn open(&self, write: bool) -> Result<Sql, Error> {
        let engine: Box<dyn Engine> = match &self.at {
            #[cfg(feature = "sqlite")]
            At::Sqlite(path) => Box::new(sqlite::Sqlite::open(path, write, self.timeout)?),
            #[cfg(feature = "postgres")]
            At::Postgres(server) => Box::new(postgres::Postgres::open(self, server, write)?),
            #[cfg(feature = "mysql")]
            At::Mysql(server) => Box::new(mysql::Mysql::open(self, server, write)?),
            #[expect(clippy::allow_attributes, reason = "it depends on what is built")]
            #[allow(unreachable_patterns)]
            _ => {
                return Err(Error::Unsupported {
                    place: self.place(),
                    why: "is of a kind that was left out of this build of sessctl".to_string(),
                    hint: "build it with the features sqlite, postgres and mysql".to_string(),
                });
            }
        };
        Ok(Sql::new(self.clone(), engine, self.wanted.clone(), write))
    }
}

impl Sql {
    fn new(place: SqlPlace, engine: Box<dyn Engine>, wanted: Wanted, write: bool) -> Sql {
        let name = place.place();
        Sql { place, name, engine, wanted, write, asked: None, remarks: Vec::new(), gentle: None }
    }

    /// Looks which tables are wanted, once.
    fn look(&mut self) -> Result<(), Error> {
        if self.asked.is_some() {
            return Ok(());
        }
        let tables = self.engine.tables()?;
        let mut asked = Vec::new();
        let mut hidden: Vec<String> = Vec::new();
        for table in &tables {
            // Keys begin with the name and a colon.
            let Some(rows) = self.wanted.of(table).filter(|_| !table.full_name().contains(':')) else {
                continue;
            };
            let name = table.full_name();
            if table.hidden {
                hidden.push(name.clone());
            }
            match Asked::new(table.clone(), rows, &tables) {
                Ok(table) => asked.push(table),
                Err(why) => self.remarks.push(format!("{name} {why}; it is left out")),
            }
        }
        // Where there is nothing else, that nothing may be read is not that nothing is there.
        let user = self.engine.user();
        if asked.is_empty() && !hidden.is_empty() {
            let tables = hidden.join(", ");
            return Err(Error::Database {
                place: self.name.clone(),
                reason: format!("{user} may not read {tables}"),
                hint: Some(format!("an administrator permits it with: GRANT SELECT ON {tables} TO {user}")),
                exit: Exit::Denied,
            });
        }
        if asked.is_empty() && self.engine.hides_tables() {
            self.remarks.push(format!(
                "no table that {user} may see holds sessions; the server shows a user no other tables (GRANT SELECT)"
            ));
        }
        self.asked = Some(asked);
        Ok(())
    }

    fn named<'k>(&self, key: &'k [u8]) -> Named<'k> {
        let Some(at) = memchr::memchr(b':', key) else { return Named::Nowhere };
        let (table, rest) = (&key[..at], &key[at + 1..]);
        if table.is_empty() {
            return Named::Any(rest);
        }
        let asked = self.asked.as_deref().unwrap_or_default();
        match asked.iter().position(|asked| asked.table.full_name().as_bytes() == table) {
            // The name may be one that another application has for it.
            None => Named::Any(rest),
            Some(place) if asked[place].many.is_some() => match memchr::memrchr(b':', rest) {
                Some(at) => Named::In(place, &rest[..at], Some(&rest[at + 1..])),
                None => Named::Nowhere,
            },
            Some(place) => Named::In(place, rest, None),
        }
    }

    /// Rows of one table by what a column of theirs holds, exactly.
    fn rows(
        &mut self,
        at: usize,
        column: usize,
        texts: &[&[u8]],
        lock: bool,
    ) -> Result<HashMap<Vec<u8>, Vec<Whole>>, Error> {
        let asked = &self.asked.as_deref().unwrap_or_default()[at];
        let mut found: HashMap<Vec<u8>, Vec<Whole>> = HashMap::new();
        let wanted: HashSet<&[u8]> = texts.iter().copied().collect();
        for texts in texts.chunks(TOGETHER) {
            for row in self.engine.find(&asked.table, column, texts, asked.only, lock)? {
                // A database may find more alike than they are: letters of either case, numbers and strings.
                if let Some(text) = row.cells[column].text().filter(|_| asked.has_all(&row))
                    && wanted.contains(&text[..])
                {
                    found.entry(text).or_default().push(Whole { row, parts: Vec::new() });
                }
            }
        }
        let mut wholes: Vec<&mut Whole> = found.values_mut().flatten().collect();
        add_parts(&mut *self.engine, asked, &mut wholes, lock)?;
        Ok(found)
    }

    fn record(key: &[u8], raw: Raw, need: Need) -> Record {
        Record {
            key: Key(key.to_vec()),
            ttl: match (&raw, need.ttl) {
                (_, false) => Ttl::Unasked,
                (Raw::Gone, true) => Ttl::Gone,
                (_, true) => Ttl::Never,
            },
            raw,
            ends: Vec::new(),
            memory: None,
            exact_end: None,
            asked: need,
        }
    }

    /// The rows of any table that this is the id of.
    fn anywhere(&mut self, id: &[u8]) -> Result<Option<(Vec<u8>, Raw)>, Error> {
        for at in 0..self.asked.as_deref().unwrap_or_default().len() {
            let asked = &self.asked.as_deref().unwrap_or_default()[at];
            let columns: Vec<usize> = std::iter::once(asked.key).chain(asked.also.iter().copied()).collect();
            if asked.many.is_some() {
                continue;
            }
            for column in columns {
                let found = self.rows(at, column, &[id], false)?;
                let asked = &self.asked.as_deref().unwrap_or_default()[at];
                let mut sessions = found.values().flatten().flat_map(|whole| asked.sessions(whole));
                if let Some(session) = sessions.next() {
                    return Ok(Some(session));
                }
            }
        }
        Ok(None)
    }

    /// A batch in one transaction. `Err` is what ended it before anything was changed.
    fn batch(
        &mut self,
        steps: &[&Step],
        fit: Fit,
        keeper: &mut Option<&mut dyn Keeper>,
        first: usize,
    ) -> Result<Vec<Outcome>, Error> {
        self.engine.begin()?;
        let done = self.in_transaction(steps, fit, keeper, first);
        let prepared = matches!(done, Ok(_) | Err((_, true)));
        let ended = match done {
            Ok(outcomes) => self.engine.commit().map(|()| outcomes),
            Err((error, _)) => Err(error),
        };
        if ended.is_err() {
            self.engine.rollback();
            if prepared && let Some(keeper) = keeper {
                let all: Vec<u32> = (first..first + steps.len()).map(|at| at as u32).collect();
                keeper.void(&all).map_err(|error| Error::Backup(error.to_string()))?;
            }
        }
        ended
    }

    /// An error comes with whether it came after the backups were written.
    fn in_transaction(
        &mut self,
        steps: &[&Step],
        fit: Fit,
        keeper: &mut Option<&mut dyn Keeper>,
        first: usize,
    ) -> Result<Vec<Outcome>, (Error, bool)> {
        let early = |error: Error| (error, false);
        let late = |error: Error| (error, true);
        let mut by_table: BTreeMap<usize, BTreeSet<&[u8]>> = BTreeMap::new();
        for step in steps {
            if let Named::In(at, text, _) = self.named(&step.key.0) {
                by_table.entry(at).or_default().insert(text);
            }
        }
        let mut held: HashMap<(usize, Vec<u8>), Whole> = HashMap::new();
        for (at, texts) in by_table {
            let key = self.asked.as_deref().unwrap_or_default()[at].key;
            let texts: Vec<&[u8]> = texts.into_iter().collect();
            for (text, mut rows) in self.rows(at, key, &texts, true).map_err(early)? {
                // Of two rows with the same key neither is the one that was seen.
                if rows.len() == 1 {
                    held.extend(rows.pop().map(|row| ((at, text), row)));
                }
            }
        }
        let asked = self.asked.as_deref().unwrap_or_default();
        let gone = Outcome::Gone { keys: 0, entries: 0 };
        let mut outcomes = vec![gone; steps.len()];
        let mut backups = Vec::new();
        let mut todo = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            let Named::In(at, text, member) = self.named(&step.key.0) else { continue };
            let Some(whole) = held.get(&(at, text.to_vec())) else { continue };
            let session = asked[at].sessions(whole).into_iter().find(|(key, _)| *key == step.key.0);
            let Some((_, raw)) = session else { continue };
            let same = fingerprint(&raw) == Some(step.seen);
            if !(same || fit == Fit::SeenOrDone && is_made(&raw, &step.own)) {
                outcomes[place] = Outcome::Changed;
                continue;
            }
            let saved = asked[at].saved(whole, member);
            let dump = rmp_serde::to_vec(&saved).map_err(|error| early(Error::Backup(error.to_string())))?;
            let fields = match raw {
                Raw::Hash(fields) => fields.into_iter().map(|(f, v)| (Key(f), Key(v))).collect(),
                _ => Vec::new(),
            };
            backups.push(Backup {
                step: (first + place) as u32,
                key: step.key.clone(),
                content: Content::Hash { dump, fields },
                expires: None,
                own: step.own.clone(),
                companions: Vec::new(),
            });
            todo.push((place, at, text.to_vec(), member.map(<[u8]>::to_vec)));
        }
        if let Some(keeper) = keeper
            && !backups.is_empty()
        {
            keeper.prepared(&backups).map_err(|error| early(Error::Backup(error.to_string())))?;
        }
        // Whole rows go together, as each of them is held; all else goes one by one.
        let goes = |place: usize, member: &Option<Vec<u8>>| member.is_none() && steps[place].own == Own::End;
        let mut ending: BTreeMap<usize, Vec<(usize, &Whole)>> = BTreeMap::new();
        for (place, at, text, member) in &todo {
            if goes(*place, member)
                && let Some(whole) = held.get(&(*at, text.clone()))
            {
                ending.entry(*at).or_default().push((*place, whole));
            }
        }
        for (at, wholes) in &ending {
            let done = delete(&mut *self.engine, &asked[*at], wholes).map_err(late)?;
            for ((place, _), outcome) in wholes.iter().zip(done) {
                outcomes[*place] = outcome;
            }
        }
        for (place, at, text, member) in todo {
            if goes(place, &member) {
                continue;
            }
            let slot = (at, text);
            let Some(whole) = held.get_mut(&slot) else { continue };
            let outcome = change(&mut *self.engine, &asked[at], whole, member.as_deref(), &steps[place].own);
            outcomes[place] = outcome.map_err(late)?;
        }
        Ok(outcomes)
    }

    /// Whether a row holds more than one session, so that putting one back changes it for the next.
    fn is_shared(&self, at: usize) -> bool {
        self.asked.as_deref().unwrap_or_default()[at].many.is_some()
    }

    /// The rows that are there under the keys of backups, by table and key; but for those that several share.
    fn there(&mut self, backups: &[Backup]) -> Result<HashMap<(usize, Vec<u8>), Vec<Whole>>, Error> {
        self.look()?;
        let mut by_table: BTreeMap<usize, BTreeSet<&[u8]>> = BTreeMap::new();
        for backup in backups {
            if let Named::In(at, text, _) = self.named(&backup.key.0)
                && !self.is_shared(at)
            {
                by_table.entry(at).or_default().insert(text);
            }
        }
        let mut there = HashMap::new();
        for (at, texts) in by_table {
            let key = self.asked.as_deref().unwrap_or_default()[at].key;
            let texts: Vec<&[u8]> = texts.into_iter().collect();
            let mut found = self.rows(at, key, &texts, true)?;
            there.extend(
                texts.iter().map(|text| ((at, text.to_vec()), found.remove(*text).unwrap_or_default())),
            );
        }
        Ok(there)
    }

    /// Puts one row back; `there` is what was found under the keys of several.
    fn put_back(
        &mut self,
        backup: &Backup,
        there: &mut HashMap<(usize, Vec<u8>), Vec<Whole>>,
    ) -> Result<Outcome, Error> {
        let Content::Hash { dump, .. } = &backup.content else { return Ok(Outcome::Changed) };
        let Ok(saved) = rmp_serde::from_slice::<Saved>(dump) else {
            return Ok(Outcome::Failed("the saved copy of the row cannot be read".to_string()));
        };
        self.look()?;
        let Named::In(at, text, member) = self.named(&backup.key.0) else {
            return Ok(Outcome::Failed(format!("the table {} no longer exists", saved.table)));
        };
        let key = self.asked.as_deref().unwrap_or_default()[at].key;
        // What another backup of the batch has put back was not there yet.
        let mut rows = match there.remove(&(at, text.to_vec())) {
            Some(rows) => rows,
            None => self.rows(at, key, &[text], true)?.remove(text).unwrap_or_default(),
        };
        let asked = &self.asked.as_deref().unwrap_or_default()[at];
        let engine = &mut *self.engine;
        let Some(mut there) = rows.pop().filter(|_| rows.is_empty()) else {
            if !rows.is_empty() {
                return Ok(Outcome::Changed);
            }
            if !matches!(backup.own, Own::End) {
                return Ok(Outcome::Gone { keys: 0, entries: 0 });
            }
            let alone = member.is_some().then(|| alone(asked, &saved)).flatten();
            let saved = alone.as_ref().unwrap_or(&saved);
            let Some(cells) = placed(&asked.table, &saved.cells) else {
                return Ok(Outcome::Failed(format!("the columns of {} have changed", saved.table)));
            };
            engine.insert(&asked.table, &cells)?;
            if let Some(parts) = &asked.parts {
                for part in &saved.parts {
                    if let Some(cells) = placed(&parts.table, part) {
                        engine.insert(&parts.table, &cells)?;
                    }
                }
            }
            return Ok(Outcome::Done { keys: 1, entries: saved.parts.len() as u64 });
        };
        if let (Some(name), Some((_, text))) = (member, &saved.member) {
            return put_member_back(engine, asked, &there, name, (&text.0, &saved), &backup.own);
        }
        if asked.saved(&there, None).is_same(&saved) {
            return Ok(Outcome::Done { keys: 0, entries: 0 });
        }
        let Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } = &backup.own else {
            return Ok(Outcome::Changed);
        };
        let Some(puts) = asked.puts(changed).filter(|_| is_made(&asked.fields(&there, None), &backup.own))
        else {
            return Ok(Outcome::Changed);
        };
        // But for what was changed it has to be what it was.
        let mut back = Vec::new();
        for (at, _) in puts {
            let name = &asked.table.columns[at].name;
            let Some((_, cell)) = saved.cells.iter().find(|(column, _)| column == name) else { continue };
            there.row.cells[at] = cell.clone();
            back.push((at, Put::Cell(cell.clone())));
        }
        if !asked.saved(&there, None).is_same(&saved) {
            return Ok(Outcome::Changed);
        }
        let done = engine.update(&asked.table, &asked.identity, &there.row, &back)?;
        Ok(if done { Outcome::Done { keys: 0, entries: 0 } } else { Outcome::Changed })
    }
}

/// Reads what belongs to these rows.
fn add_parts(
    engine: &mut dyn Engine,
    asked: &Asked,
    wholes: &mut [&mut Whole],
    lock: bool,
) -> Result<(), Error> {
    let Some(parts) = &asked.parts else { return Ok(()) };
    for wholes in wholes.chunks_mut(TOGETHER) {
        let owners: Vec<Vec<u8>> =
            wholes.iter().filter_map(|whole| whole.row.cells[asked.key].text()).collect();
        let texts: Vec<&[u8]> = owners.iter().map(Vec::as_slice).collect();
        let mut of: HashMap<Vec<u8>, Vec<Row>> = HashMap::new();
        for row in engine.find(&parts.table, parts.owner, &texts, None, lock)? {
            if let Some(owner) = row.cells[parts.owner].text() {
                of.entry(owner).or_default().push(row);
            }
        }
        for whole in wholes {
            if let Some(text) = whole.row.cells[asked.key].text() {
                whole.parts = of.remove(&text).unwrap_or_default();
            }
        }
    }
    Ok(())
}

/// Deletes rows that are held, and what belongs to them. Their places are for the caller.
fn delete(engine: &mut dyn Engine, asked: &Asked, wholes: &[(usize, &Whole)]) -> Result<Vec<Outcome>, Error> {
    if let Some(parts) = &asked.parts {
        let all: Vec<&Row> = wholes.iter().flat_map(|(_, whole)| &whole.parts).collect();
        for some in all.chunks(TOGETHER) {
            engine.delete_all(&parts.table, &parts.identity, some)?;
        }
    }
    let rows: Vec<&Row> = wholes.iter().map(|(_, whole)| &whole.row).collect();
    let went = engine.delete_all(&asked.table, &asked.identity, &rows)?;
    let done = |whole: &Whole| Outcome::Done { keys: 1, entries: whole.parts.len() as u64 };
    if went == rows.len() as u64 {
        return Ok(wholes.iter().map(|(_, whole)| done(whole)).collect());
    }
    // The database keeps some, by a rule of its own: those that are there yet did not go.
    let keys: Vec<Vec<u8>> = rows.iter().filter_map(|row| row.cells[asked.key].text()).collect();
    let texts: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let kept = engine.find(&asked.table, asked.key, &texts, asked.only, false)?;
    let kept: HashSet<Vec<u8>> = kept.iter().filter_map(|row| row.cells[asked.key].text()).collect();
    let stays = |whole: &Whole| whole.row.cells[asked.key].text().is_none_or(|key| kept.contains(&key));
    let outcome = |(_, whole): &(usize, &Whole)| {
        if stays(whole) { Outcome::Failed("the database kept the row".to_string()) } else { done(whole) }
    };
    Ok(wholes.iter().map(outcome).collect())
}

/// Carries out what a step says on a row that is held.
fn change(
    engine: &mut dyn Engine,
    asked: &Asked,
    whole: &mut Whole,
    member: Option<&[u8]>,
    own: &Own,
) -> Result<Outcome, Error> {
    if let (Some(name), Some(many), Some(at)) = (member, &asked.rows.many, asked.many) {
        let held = whole.row.cells[at].text().unwrap_or_default();
        let text = match own {
            Own::End => None,
            Own::Gone => return Ok(Outcome::Changed),
            Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } => {
                let field = &asked.names[at];
                changed.iter().find(|(name, _)| name.0 == *field).map(|(_, value)| &value.0[..])
            }
            Own::Expire { .. } => return Ok(Outcome::Done { keys: 0, entries: 0 }),
        };
        let made = match (many.put)(&held, name, text, &held) {
            Rest::Value(made) => made,
            Rest::Unknown => return Ok(Outcome::Changed),
            Rest::Nothing => {
                let done = engine.delete(&asked.table, &asked.identity, &whole.row)?;
                return Ok(if done { Outcome::Done { keys: 1, entries: 0 } } else { Outcome::Changed });
            }
        };
        let done =
            engine.update(&asked.table, &asked.identity, &whole.row, &[(at, Put::Text(made.clone()))])?;
        whole.row.cells[at] = match &whole.row.cells[at] {
            Cell::Bytes(_) => Cell::Bytes(made),
            _ => Cell::Text(made),
        };
        let entries = u64::from(*own == Own::End);
        return Ok(if done { Outcome::Done { keys: 0, entries } } else { Outcome::Changed });
    }
    match own {
        Own::End => {
            if let Some(parts) = &asked.parts {
                for part in &whole.parts {
                    engine.delete(&parts.table, &parts.identity, part)?;
                }
            }
            let done = engine.delete(&asked.table, &asked.identity, &whole.row)?;
            let entries = whole.parts.len() as u64;
            Ok(if done { Outcome::Done { keys: 1, entries } } else { Outcome::Gone { keys: 0, entries: 0 } })
        }
        Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } => {
            let Some(puts) = asked.puts(changed) else {
                return Ok(Outcome::Failed("the row has no such column".to_string()));
            };
            let done = engine.update(&asked.table, &asked.identity, &whole.row, &puts)?;
            Ok(if done {
                Outcome::Done { keys: 0, entries: 0 }
            } else {
                Outcome::Gone { keys: 0, entries: 0 }
            })
        }
        Own::Expire { .. } => Ok(Outcome::Done { keys: 0, entries: 0 }),
        Own::Gone => Ok(Outcome::Changed),
    }
}

/// The row with nothing but the session that is put back: the others of it ended since.
fn alone(asked: &Asked, saved: &Saved) -> Option<Saved> {
    let many = asked.rows.many.as_ref()?;
    let (name, _) = saved.member.as_ref()?;
    let mut saved = saved.clone();
    let (_, cell) = saved.cells.iter_mut().find(|(column, _)| *column == many.column)?;
    let mut held = cell.text()?;
    for (other, _) in (many.list)(&held) {
        if other != name.0 {
            let Rest::Value(left) = (many.put)(&held, &other, None, &[]) else { return None };
            held = left;
        }
    }
    *cell = match cell {
        Cell::Bytes(_) => Cell::Bytes(held),
        _ => Cell::Text(held),
    };
    Some(saved)
}

/// Puts a session back into a row that holds others.
fn put_member_back(
    engine: &mut dyn Engine,
    asked: &Asked,
    there: &Whole,
    name: &[u8],
    (text, saved): (&[u8], &Saved),
    own: &Own,
) -> Result<Outcome, Error> {
    let (Some(many), Some(at)) = (&asked.rows.many, asked.many) else { return Ok(Outcome::Changed) };
    let held = there.row.cells[at].text().unwrap_or_default();
    let now = (many.list)(&held).into_iter().find(|(other, _)| other == name).map(|(_, text)| text);
    let nothing = Outcome::Done { keys: 0, entries: 0 };
    match (now, own) {
        (Some(now), _) if now == text => return Ok(nothing),
        (Some(now), Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. })
            if changed.iter().any(|(field, value)| field.0 == asked.names[at] && value.0 == now) => {}
        (Some(_), _) => return Ok(Outcome::Changed),
        (None, Own::End) => {}
        (None, Own::Expire { .. } | Own::Gone) => return Ok(Outcome::Gone { keys: 0, entries: 0 }),
    }
    let like = saved.cells.iter().find(|(column, _)| *column == many.column);
    let like = like.and_then(|(_, cell)| cell.text()).unwrap_or_default();
    let Rest::Value(made) = (many.put)(&held, name, Some(text), &like) else { return Ok(Outcome::Changed) };
    let done = engine.update(&asked.table, &asked.identity, &there.row, &[(at, Put::Text(made))])?;
    let entries = u64::from(*own == Own::End);
    Ok(if done { Outcome::Done { keys: 0, entries } } else { Outcome::Changed })
}

/// Cells by the columns that the table has now; `None` where one of them is there no more.
fn placed(table: &Table, cells: &[(String, Cell)]) -> Option<Vec<(usize, Cell)>> {
    let at = |name: &String| table.columns.iter().position(|column| column.name == *name);
    cells.iter().map(|(name, cell)| Some((at(name)?, cell.clone()))).collect()
}

impl Source for Sql {
    fn place(&self) -> &str {
        &self.name
    }

    fn offers(&self) -> Offers {
        Offers { ttl: false, memory: false, change: true }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        self.look()?;
        let mut sum = 0;
        for asked in self.asked.as_deref().unwrap_or_default() {
            match self.engine.count(&asked.table)? {
                Some(count) => sum += count,
                None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    fn now(&mut self) -> Result<i64, Error> {
        self.engine.now()
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.look()?;
        for at in 0..self.asked.as_deref().unwrap_or_default().len() {
            let mut after: Option<Row> = None;
            let mut most = FIRST;
            let mut any = false;
            loop {
                let asked = &self.asked.as_deref().unwrap_or_default()[at];
                let begun = Instant::now();
                let rows =
                    self.engine.page(&asked.table, &asked.identity, asked.only, after.as_ref(), most)?;
                let Some(last) = rows.last() else { break };
                any = true;
                after = Some(last.clone());
                let bytes: usize = rows.iter().flat_map(|row| &row.cells).map(Cell::bytes).sum();
                most = (PAGE_BYTES / (bytes / rows.len()).max(1)).clamp(10, MOST);
                let mut wholes: Vec<Whole> =
                    rows.into_iter().map(|row| Whole { row, parts: Vec::new() }).collect();
                add_parts(&mut *self.engine, asked, &mut wholes.iter_mut().collect::<Vec<_>>(), false)?;
                let mut page = Page::default();
                for (key, raw) in wholes.iter().flat_map(|whole| asked.sessions(whole)) {
                    page.scanned += 1;
                    let (raw, need) = match (query.interest)(&key) {
                        Interest::Skip => continue,
                        Interest::Name => (Raw::Unread, Need::NOTHING),
                        // All of a row comes at once.
                        Interest::Look | Interest::Read { .. } => (raw, Need::ALL),
                    };
                    page.records.push(Sql::record(&key, raw, need));
                }
                if visit(page).is_break() {
                    return Ok(());
                }
                if let Some(gentle) = &self.gentle {
                    gentle.took(begun.elapsed());
                    if let (_, Some(rested)) = gentle.next() {
                        std::thread::sleep(rested.saturating_duration_since(Instant::now()));
                    }
                }
            }
            if !any {
                let name = self.asked.as_deref().unwrap_or_default()[at].table.full_name();
                self.remarks.push(format!("{name} has the columns of a table of sessions, and no row"));
            }
        }
        Ok(())
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn be_gentle(&mut self, gentle: Option<&Gentle>) {
        self.gentle = gentle.cloned();
    }
}

impl Lookup for Sql {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        self.look()?;
        let mut by_table: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
        for key in keys {
            if let Named::In(at, text, _) = self.named(&key.0) {
                by_table.entry(at).or_default().push(text);
            }
        }
        let mut found: HashMap<Vec<u8>, Raw> = HashMap::new();
        for (at, mut texts) in by_table {
            texts.sort_unstable();
            texts.dedup();
            let key = self.asked.as_deref().unwrap_or_default()[at].key;
            let rows = self.rows(at, key, &texts, false)?;
            let asked = &self.asked.as_deref().unwrap_or_default()[at];
            found.extend(rows.values().flatten().flat_map(|whole| asked.sessions(whole)));
        }
        let mut records = Vec::with_capacity(keys.len());
        let mut anywhere: HashMap<&[u8], Option<(Vec<u8>, Raw)>> = HashMap::new();
        for key in keys {
            let (key, raw) = match self.named(&key.0) {
                Named::Any(id) => {
                    if !anywhere.contains_key(id) {
                        anywhere.insert(id, self.anywhere(id)?);
                    }
                    match anywhere.get(id) {
                        Some(Some((key, raw))) => (Key(key.clone()), raw.clone()),
                        _ => (key.clone(), Raw::Gone),
                    }
                }
                _ => (key.clone(), found.get(&key.0).cloned().unwrap_or(Raw::Gone)),
            };
            let raw = if need.value || raw == Raw::Gone { raw } else { Raw::Unread };
            records.push(Sql::record(&key.0, raw, need));
        }
        Ok(records)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let records = self.read(keys, Need::VALUE)?;
        Ok(records.iter().map(|record| record.raw.kind()).collect())
    }

    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        Ok(vec![false; ops.len()])
    }
}

impl Store for Sql {
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error> {
        self.look()?;
        for step in samples {
            if let Named::In(at, ..) = self.named(&step.key.0) {
                let asked = &self.asked.as_deref().unwrap_or_default()[at];
                let delete = step.own == Own::End && asked.many.is_none();
                self.engine.may(&asked.table, delete)?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, mut keeper: Option<&mut dyn Keeper>) -> Applied {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(steps.len());
        if let Err(error) = self.look() {
            return Applied::nothing(steps.len(), error);
        }
        for batch in steps.chunks(TOGETHER) {
            let refs: Vec<&Step> = batch.iter().collect();
            let mut tries = 1;
            let done = loop {
                match self.batch(&refs, fit, &mut keeper, outcomes.len()) {
                    Err(error) if tries < TRIES && self.engine.is_busy(&error) => tries += 1,
                    other => break other,
                }
            };
            match done {
                Ok(more) => outcomes.extend(more),
                Err(error) => {
                    let left = steps.len() - outcomes.len();
                    outcomes.extend(vec![Outcome::Failed(error.to_string()); left]);
                    return Applied { outcomes, stopped: Some(error) };
                }
            }
        }
        Applied { outcomes, stopped: None }
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(backups.len());
        for batch in backups.chunks(TOGETHER) {
            let mut tries = 1;
            let done = loop {
                let run = |sql: &mut Sql| -> Result<Vec<Outcome>, Error> {
                    sql.engine.begin()?;
                    let done = sql.there(batch).and_then(|mut there| {
                        batch.iter().map(|backup| sql.put_back(backup, &mut there)).collect()
                    });
                    let done = done.and_then(|done| sql.engine.commit().map(|()| done));
                    if done.is_err() {
                        sql.engine.rollback();
                    }
                    done
                };
                match run(self) {
                    Err(error) if tries < TRIES && self.engine.is_busy(&error) => tries += 1,
                    other => break other,
                }
            };
            match done {
                Ok(more) => outcomes.extend(more),
                Err(error) => {
                    let left = backups.len() - outcomes.len();
                    outcomes.extend(vec![Outcome::Failed(error.to_string()); left]);
                    return Applied { outcomes, stopped: Some(error) };
                }
            }
        }
        Applied { outcomes, stopped: None }
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        let begun = Instant::now();
        self.engine.now()?;
        Ok(begun.elapsed())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(Lag::default())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.place.open(self.write)?))
    }
}
