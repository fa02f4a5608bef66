//! SQLite: a file that is opened for the time of a command.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::engine::{Cell, Engine, LARGEST, Put, Row};
use crate::exit::Exit;
use crate::store::table::{Column, Table};
use crate::store::{Error, Reason};
use crate::text::clock::now_ms;
use crate::text::safe::safe;

/// A page is not made longer once it holds this many bytes.
const PAGE_BYTES: usize = 16 << 20;

pub(super) struct Sqlite {
    place: String,
    connection: Connection,
}

impl Sqlite {
    /// Opens the file, waiting for a lock of someone else's for that long.
    pub(super) fn open(path: &Path, write: bool, wait: Duration) -> Result<Sqlite, Error> {
        let place = place(path);
        let unfit =
            |reason: &str| Error::Connect { place: place.clone(), reason: Reason::Unfit(reason.to_string()) };
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => return Err(unfit("it is a folder")),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Database {
                    place,
                    reason: "there is no such file".to_string(),
                    hint: Some("name the file of the database: sqlite:PATH".to_string()),
                    exit: Exit::Failed,
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(denied(&place, "open the file"));
            }
            Err(error) => return Err(unfit(&error.to_string())),
        }
        let access = if write { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let opened = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let connection = opened.map_err(|error| said(&place, &error))?;
        let mut sqlite = Sqlite { place, connection };
        sqlite.connection.busy_timeout(wait).map_err(|error| said(&sqlite.place, &error))?;
        // The first look at the file tells whether it is a database at all.
        sqlite.pragma("PRAGMA schema_version")?;
        // What hangs on other rows by the schema's say alone is not undone, so nothing is to go by itself.
        sqlite.pragma("PRAGMA foreign_keys = OFF")?;
        Ok(sqlite)
    }

    fn pragma(&mut self, text: &str) -> Result<(), Error> {
        let run = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(text)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        run().map_err(|error| said(&self.place, &error))
    }

    fn rows(&self, text: &str, params: &[Bound<'_>], columns: usize) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare(text)?;
        let mut rows = statement.query(params_from_iter(params))?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let mut cells = Vec::with_capacity(columns);
            for at in 0..columns {
                let cell = cell(row.get_ref(at)?);
                bytes += cell.bytes();
                cells.push(cell);
            }
            found.push(Row { cells, epochs: Vec::new() });
            if bytes > PAGE_BYTES {
                break;
            }
        }
        Ok(found)
    }

    fn table(&self, name: &str, view: bool) -> rusqlite::Result<Table> {
        let mut columns = Vec::new();
        let mut primary = Vec::new();
        let mut statement =
            self.connection.prepare("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)")?;
        let mut rows = statement.query([name])?;
        while let Some(row) = rows.next()? {
            let (pk, hidden): (i64, i64) = (row.get(2)?, row.get(3)?);
            // A hidden column of a virtual table.
            if hidden == 1 {
                continue;
            }
            if pk > 0 {
                primary.push((pk, columns.len()));
            }
            let of: String = row.get(1)?;
            columns.push(Column { name: row.get(0)?, of: of.to_ascii_lowercase(), generated: hidden > 1 });
        }
        primary.sort_unstable();
        let mut unique = Vec::new();
        let mut statement = self
            .connection
            .prepare("SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0")?;
        let names: Vec<String> = statement.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for index in names {
            let mut statement = self.connection.prepare("SELECT name FROM pragma_index_info(?)")?;
            let of: Vec<Option<String>> =
                statement.query_map([&index], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let at =
                |name: &Option<String>| columns.iter().position(|column| Some(&column.name) == name.as_ref());
            unique.extend(of.iter().map(at).collect::<Option<Vec<usize>>>());
        }
        Ok(Table {
            schema: None,
            name: name.to_string(),
            columns,
            primary: primary.into_iter().map(|(_, at)| at).collect(),
            unique,
            view,
            hidden: false,
        })
    }

    fn said(&self, error: &rusqlite::Error) -> Error {
        said(&self.place, error)
    }
}

pub(super) fn place(path: &Path) -> String {
    format!("sqlite:{}", safe(&path.to_string_lossy()))
}

fn denied(place: &str, what: &str) -> Error {
    Error::Database {
        place: place.to_string(),
        reason: format!("this user may not {what}"),
        hint: Some(
            "run it as the application's user; SQLite also writes next to the file, so the directory must be writable, too"
                .to_string(),
        ),
        exit: Exit::Denied,
    }
}

fn said(place: &str, error: &rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    let (reason, hint, exit) = match code {
        Some(ErrorCode::NotADatabase) => {
            ("the file is not an SQLite database, or an encrypted one".to_string(), None, Exit::Failed)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (BUSY.to_string(), Some("wait until the other writer is done, or raise --timeout"), Exit::Failed)
        }
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => {
            return denied(place, "write to the file");
        }
        Some(ErrorCode::CannotOpen) => (
            "the file cannot be opened".to_string(),
            Some("a database in WAL mode needs the right to write to its folder, even to be read"),
            Exit::Denied,
        ),
        Some(ErrorCode::DatabaseCorrupt) => {
            ("the file is damaged".to_string(), Some("`PRAGMA integrity_check` shows where"), Exit::Failed)
        }
        _ => (error.to_string(), None, Exit::Failed),
    };
    Error::Database { place: place.to_string(), reason, hint: hint.map(str::to_string), exit }
}

const BUSY: &str = "the file is locked by someone who writes to it";

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) | ValueRef::Blob(text) if text.len() > LARGEST => Cell::Large(text.len() as u64),
        ValueRef::Text(text) => Cell::Text(text.to_vec()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

/// A value to be bound, with its type; text need not be UTF-8.
enum Bound<'a> {
    Cell(&'a Cell),
    Text(&'a [u8]),
    Blob(&'a [u8]),
    Int(i64),
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Bound::Cell(Cell::Null | Cell::Large(_)) => ToSqlOutput::Owned(Value::Null),
            Bound::Cell(Cell::Int(number)) | Bound::Int(number) => {
                ToSqlOutput::Owned(Value::Integer(*number))
            }
            Bound::Cell(Cell::Real(number)) => ToSqlOutput::Owned(Value::Real(*number)),
            Bound::Cell(Cell::Text(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Bound::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Bound::Cell(Cell::Bytes(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Bound::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list<'a>(table: &'a Table, columns: impl IntoIterator<Item = &'a usize>) -> String {
    let names: Vec<String> = columns.into_iter().map(|at| quoted(&table.columns[*at].name)).collect();
    names.join(", ")
}

fn all(table: &Table) -> String {
    list(table, &(0..table.columns.len()).collect::<Vec<usize>>())
}

/// `"a" IS ? AND "b" IS ?`.
fn same(table: &Table, by: &[usize]) -> String {
    let each: Vec<String> =
        by.iter().map(|at| format!("{} IS ?", quoted(&table.columns[*at].name))).collect();
    each.join(" AND ")
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

impl Engine for Sqlite {
    fn tables(&mut self) -> Result<Vec<Table>, Error> {
        let read = || -> rusqlite::Result<Vec<Table>> {
            let mut statement = self.connection.prepare(
                "SELECT name, type = 'view' FROM sqlite_schema WHERE type IN ('table', 'view') \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
            )?;
            let names: Vec<(String, bool)> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            // A view of what is not there any more has no columns that could be told.
            names
                .into_iter()
                .filter_map(|(name, view)| match self.table(&name, view) {
                    Err(_) if view => None,
                    other => Some(other),
                })
                .collect()
        };
        read().map_err(|error| self.said(&error))
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(now_ms())
    }

    fn count(&mut self, table: &Table) -> Result<Option<u64>, Error> {
        let text = format!("SELECT count(*) FROM {}", quoted(&table.name));
        let count: i64 =
            self.connection.query_row(&text, [], |row| row.get(0)).map_err(|error| self.said(&error))?;
        Ok(u64::try_from(count).ok())
    }

    fn page(
        &mut self,
        table: &Table,
        by: &[usize],
        only: Option<(usize, &str)>,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, Error> {
        let mut tests: Vec<String> =
            by.iter().map(|at| format!("{} IS NOT NULL", quoted(&table.columns[*at].name))).collect();
        let mut params = Vec::new();
        if let Some((at, text)) = only {
            tests.push(format!("{} = ?", quoted(&table.columns[at].name)));
            params.push(Bound::Text(text.as_bytes()));
        }
        if let Some(after) = after {
            tests.push(format!("({}) > ({})", list(table, by), marks(by.len())));
            params.extend(by.iter().map(|at| Bound::Cell(&after.cells[*at])));
        }
        let text = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {most}",
            all(table),
            quoted(&table.name),
            tests.join(" AND "),
            list(table, by)
        );
        self.rows(&text, &params, table.columns.len()).map_err(|error| self.said(&error))
    }

    fn find(
        &mut self,
        table: &Table,
        column: usize,
        texts: &[&[u8]],
        only: Option<(usize, &str)>,
        _: bool,
    ) -> Result<Vec<Row>, Error> {
        let name = quoted(&table.columns[column].name);
        let mut params = Vec::new();
        for text in texts {
            // Text is compared with numbers as the column's type has it, but never with bytes.
            params.push(Bound::Text(text));
            params.push(Bound::Blob(text));
            if table.columns[column].of.is_empty()
                && let Some(number) = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok())
            {
                params.push(Bound::Int(number));
            }
        }
        let mut text = format!(
            "SELECT {} FROM {} WHERE {name} IN ({})",
            all(table),
            quoted(&table.name),
            marks(params.len())
        );
        if let Some((at, held)) = only {
            text.push_str(&format!(" AND {} = ?", quoted(&table.columns[at].name)));
            params.push(Bound::Text(held.as_bytes()));
        }
        self.rows(&text, &params, table.columns.len()).map_err(|error| self.said(&error))
    }

    fn begin(&mut self) -> Result<(), Error> {
        // Anyone who reads and then writes must have the right to write from the beginning.
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| self.said(&error))
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.connection.execute_batch("COMMIT").map_err(|error| self.said(&error))
    }

    fn rollback(&mut self) {
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    fn delete(&mut self, table: &Table, by: &[usize], row: &Row) -> Result<bool, Error> {
        let text = format!("DELETE FROM {} WHERE {}", quoted(&table.name), same(table, by));
        let params = by.iter().map(|at| Bound::Cell(&row.cells[*at]));
        let changed = self.connection.execute(&text, params_from_iter(params));
        Ok(changed.map_err(|error| self.said(&error))? > 0)
    }

    fn delete_all(&mut self, table: &Table, by: &[usize], rows: &[&Row]) -> Result<u64, Error> {
        let text = format!("DELETE FROM {} WHERE {}", quoted(&table.name), same(table, by));
        let all = || -> rusqlite::Result<u64> {
            let mut delete = self.connection.prepare(&text)?;
            rows.iter().try_fold(0, |many, row| {
                let cells = by.iter().map(|at| Bound::Cell(&row.cells[*at]));
                Ok(many + u64::from(delete.execute(params_from_iter(cells))? > 0))
            })
        };
        all().map_err(|error| self.said(&error))
    }

    fn update(
        &mut self,
        table: &Table,
        by: &[usize],
        row: &Row,
        puts: &[(usize, Put)],
    ) -> Result<bool, Error> {
        let sets: Vec<String> =
            puts.iter().map(|(at, _)| format!("{} = ?", quoted(&table.columns[*at].name))).collect();
        let text =
            format!("UPDATE {} SET {} WHERE {}", quoted(&table.name), sets.join(", "), same(table, by));
        let cells: Vec<Cell> = puts
            .iter()
            .map(|(at, put)| match put {
                Put::Cell(cell) => cell.clone(),
                Put::Text(text) => alike(&row.cells[*at], text),
                Put::Epoch(ms) => Cell::Int(*ms),
            })
            .collect();
        let params = cells.iter().chain(by.iter().map(|at| &row.cells[*at])).map(Bound::Cell);
        let changed = self.connection.execute(&text, params_from_iter(params));
        Ok(changed.map_err(|error| self.said(&error))? > 0)
    }

    fn insert(&mut self, table: &Table, cells: &[(usize, Cell)]) -> Result<(), Error> {
        let text = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&table.name),
            list(table, cells.iter().map(|(at, _)| at)),
            marks(cells.len())
        );
        let params = cells.iter().map(|(_, cell)| Bound::Cell(cell));
        self.connection.execute(&text, params_from_iter(params)).map_err(|error| self.said(&error))?;
        Ok(())
    }

    fn may(&mut self, _: &Table, _: bool) -> Result<(), Error> {
        self.connection.is_readonly("main").map_err(|error| self.said(&error)).and_then(|readonly| {
            if readonly { Err(denied(&self.place, "write to the file")) } else { Ok(()) }
        })
    }

    fn is_busy(&self, error: &Error) -> bool {
        matches!(error, Error::Database { reason, .. } if reason == BUSY)
    }
}

/// A string as the type that the column held: a column may hold a number next to strings.
fn alike(was: &Cell, text: &[u8]) -> Cell {
    let text_of = || std::str::from_utf8(text).ok();
    match was {
        Cell::Int(_) => text_of().and_then(|text| text.parse().ok()).map(Cell::Int),
        Cell::Real(_) => text_of().and_then(|text| text.parse().ok()).map(Cell::Real),
        Cell::Bytes(_) => Some(Cell::Bytes(text.to_vec())),
        Cell::Null | Cell::Text(_) | Cell::Large(_) => None,
    }
    .unwrap_or_else(|| Cell::Text(text.to_vec()))
}
