//! What the kinds of databases have to keep to: all that is different between them is behind this.

use crate::store::Error;
use crate::store::table::Table;

/// What a column of a row holds, with the type that it has in the database.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    /// Text as the database has it, which need not be UTF-8.
    Text(#[serde(with = "crate::store::key::bytes")] Vec<u8>),
    Bytes(#[serde(with = "crate::store::key::bytes")] Vec<u8>),
    /// Too large to be read: this many bytes.
    Large(u64),
}

impl Cell {
    /// As layouts see it; `None` is NULL.
    pub(super) fn text(&self) -> Option<Vec<u8>> {
        match self {
            Cell::Null | Cell::Large(_) => None,
            Cell::Int(number) => Some(number.to_string().into_bytes()),
            Cell::Real(number) => Some(number.to_string().into_bytes()),
            Cell::Text(text) | Cell::Bytes(text) => Some(text.clone()),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Cell::Text(text) | Cell::Bytes(text) => text.len(),
            _ => 8,
        }
    }
}

/// The cells of a row in the order of the table's columns. What follows them is the time that the database
/// makes of a column without a zone, in ms since 1970, with the column's position.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) epochs: Vec<(usize, i64)>,
}

/// A change to a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Put {
    /// Text that the database turns into what the column holds.
    Text(Vec<u8>),
    /// What a row held before.
    Cell(Cell),
    /// The time (ms since 1970) as the database writes it in its own zone.
    Epoch(i64),
}

/// Larger cells are not read.
pub(super) const LARGEST: usize = 64 << 20;

/// A connection to a database.
pub(super) trait Engine: Send {
    /// Who is logged in; nobody where nobody logs in.
    fn user(&self) -> String {
        String::new()
    }

    /// Whether tables are not even named to whom may do nothing with them.
    fn hides_tables(&self) -> bool {
        false
    }

    /// The tables and views that this user may read.
    fn tables(&mut self) -> Result<Vec<Table>, Error>;

    /// The database's clock, in ms since 1970.
    fn now(&mut self) -> Result<i64, Error>;

    /// How many rows there are, as far as that is known without counting for long.
    fn count(&mut self, table: &Table) -> Result<Option<u64>, Error>;

    /// At most this many rows in the order of these columns, after that row's; only those that hold this text in
    /// that column.
    fn page(
        &mut self,
        table: &Table,
        by: &[usize],
        only: Option<(usize, &str)>,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, Error>;

    /// The rows that hold one of these strings in that column, more perhaps, and only those that hold that text in
    /// another; to be changed in the transaction that was begun, where that is said.
    fn find(
        &mut self,
        table: &Table,
        column: usize,
        texts: &[&[u8]],
        only: Option<(usize, &str)>,
        to_change: bool,
    ) -> Result<Vec<Row>, Error>;

    fn begin(&mut self) -> Result<(), Error>;

    fn commit(&mut self) -> Result<(), Error>;

    /// Ends a transaction without a change; quietly, as the connection may be what failed.
    fn rollback(&mut self);

    /// Deletes the row that has the same in these columns. Whether there was one.
    fn delete(&mut self, table: &Table, by: &[usize], row: &Row) -> Result<bool, Error>;

    /// Deletes the rows that have the same in these columns as these. How many there were.
    fn delete_all(&mut self, table: &Table, by: &[usize], rows: &[&Row]) -> Result<u64, Error> {
        rows.iter().try_fold(0, |many, row| Ok(many + u64::from(self.delete(table, by, row)?)))
    }

    /// Changes columns of the row that has the same in these columns. Whether there was one.
    fn update(
        &mut self,
        table: &Table,
        by: &[usize],
        row: &Row,
        puts: &[(usize, Put)],
    ) -> Result<bool, Error>;

    /// Inserts a row of these columns.
    fn insert(&mut self, table: &Table, cells: &[(usize, Cell)]) -> Result<(), Error>;

    /// Whether the user may do that to the table, as far as it is known beforehand.
    fn may(&mut self, table: &Table, delete: bool) -> Result<(), Error>;

    /// Whether an error is that someone else holds a lock for longer than was waited.
    fn is_busy(&self, error: &Error) -> bool;
}
