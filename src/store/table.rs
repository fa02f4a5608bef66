//! Tables of a database as layouts see them, and what they want of one.

use std::fmt;
use std::sync::Arc;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// The type as the database calls it, in small letters.
    pub of: String,
    /// Whether the database makes its value itself, so that none can be inserted.
    pub generated: bool,
}

/// A table that the user knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The schema, where it is not the one that is looked in by itself.
    pub schema: Option<String>,
    pub name: String,
    pub columns: Vec<Column>,
    /// Positions of the columns of the primary key; none where there is none.
    pub primary: Vec<usize>,
    /// Columns that no two rows are alike in.
    pub unique: Vec<Vec<usize>>,
    /// Whether it is not a table of its own but looks at others.
    pub view: bool,
    /// The user may not read it.
    pub hidden: bool,
}

impl Table {
    /// The name as keys begin with it: `sessions`, `web.sessions`.
    pub fn full_name(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The column of that name, in whatever letters the database writes it.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let exact = self.columns.iter().find(|column| column.name == name);
        exact.or_else(|| self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
    }

    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.column(name).is_some())
    }
}

/// What a layout wants of a table whose columns it knows.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The column whose text, after the table's name, is the key of a row. No two rows are alike in it, or the
    /// table has a primary key.
    pub key: String,
    /// Other columns that a session is asked for by.
    pub also: Vec<String>,
    /// Columns under the names that the layout knows them by.
    pub names: Vec<(String, String)>,
    /// Only rows that hold this text in that column.
    pub only: Option<(String, &'static str)>,
    /// Where one row holds many sessions.
    pub many: Option<Many>,
    /// Rows of another table that belong to one of this.
    pub parts: Option<PartsOf>,
}

impl Rows {
    /// Whole rows by this column.
    pub fn by(key: &str) -> Rows {
        Rows {
            key: key.to_string(),
            also: Vec::new(),
            names: Vec::new(),
            only: None,
            many: None,
            parts: None,
        }
    }
}

/// Sessions that share the value of one column.
#[derive(Debug, Clone)]
pub struct Many {
    pub column: String,
    /// The name and the text of each session in a value; nothing where it is none of these.
    pub list: fn(&[u8]) -> Vec<(Vec<u8>, Vec<u8>)>,
    /// The value with another text for the session of that name, or without it. One that is added stands where
    /// it does in the last value given.
    pub put: fn(&[u8], &[u8], Option<&[u8]>, &[u8]) -> Rest,
}

/// What becomes of a value that many sessions share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    Value(Vec<u8>),
    /// No session is in it any more.
    Nothing,
    /// It has no such session, or another form.
    Unknown,
}

/// The table in which the parts of a row are.
#[derive(Debug, Clone)]
pub struct PartsOf {
    /// Its name, in the schema of the other one.
    pub table: String,
    /// The column that points at the key of the other table.
    pub owner: String,
    pub name: String,
    pub value: String,
}

/// What the layouts that are asked want of a table; `None` where it is none of theirs.
#[derive(Clone)]
pub struct Wanted(Arc<dyn Fn(&Table) -> Option<Rows> + Send + Sync>);

impl Wanted {
    pub fn new(says: impl Fn(&Table) -> Option<Rows> + Send + Sync + 'static) -> Wanted {
        Wanted(Arc::new(says))
    }

    pub fn of(&self, table: &Table) -> Option<Rows> {
        (self.0)(table)
    }
}

impl Default for Wanted {
    /// Nothing of any table.
    fn default() -> Wanted {
        Wanted::new(|_| None)
    }
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wanted")
    }
}
