//! What a column is, for the rows of any command: each command has one table of them, and every form
//! of output is made from that.

use std::borrow::Cow;
use std::fmt::Debug;

use super::safe::{self, safe};
use super::{Look, mask};
use crate::store::Need;

/// A kind of rows. What a row borrows is named each time, so that columns can be constants.
pub trait Rows: Copy + Debug + 'static {
    type Row<'a>;

    /// What the rows are, for what is said about them: `sessions`, `runs`.
    const WHAT: &'static str;

    /// What `-o ids` prints of a row; none where rows have no ids.
    const ID: Option<for<'a, 's> fn(&'s Self::Row<'a>) -> &'s [u8]> = None;

    /// The key of a row where JSON adds it in base64 if it is not UTF-8.
    const KEY: Option<for<'a, 's> fn(&'s Self::Row<'a>) -> &'s [u8]> = None;

    /// Whether a row tells of something that is wrong, and what.
    fn fault(_: &Self::Row<'_>) -> Fault {
        Fault::default()
    }

    /// How an array of them is written as JSON.
    const PRETTY: bool = false;
}

/// What is wrong with what a row is about.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    /// Its first column is marked.
    pub bad: bool,
    pub error: Option<String>,
}

/// A fact of a row as data, the same for all forms.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum<'s> {
    Null,
    /// An id, which is shortened where it is to be.
    Id(&'s [u8]),
    /// A key with the id in it.
    Key {
        key: &'s [u8],
        id: &'s [u8],
    },
    Text(&'s str),
    Owned(String),
    /// Bytes that need not be UTF-8.
    Bytes(&'s [u8]),
    Bool(bool),
    Number(u64),
    /// Milliseconds since 1970.
    Time(i64),
    Names(&'s [&'static str]),
    /// What has no form of its own.
    Json(serde_json::Value),
}

/// A fact with its ids shortened where they are to be, and all that is words as words.
pub(super) enum Shown<'s> {
    Null,
    Words(Cow<'s, str>),
    Bool(bool),
    Number(u64),
    /// Milliseconds since 1970.
    Time(i64),
    Names(&'s [&'static str]),
    Json(serde_json::Value),
}

impl<'s> Datum<'s> {
    /// The fact as it is to be shown.
    pub(super) fn shown(self, look: Look) -> Shown<'s> {
        match self {
            Datum::Id(id) if look.mask => Shown::Words(mask::id(id, mask::length(id)).into()),
            Datum::Key { key, id } if look.mask => Shown::Words(mask::key(key, id, mask::length(id)).into()),
            Datum::Id(bytes) | Datum::Key { key: bytes, .. } | Datum::Bytes(bytes) => {
                Shown::Words(safe::text(bytes))
            }
            Datum::Text(own) => Shown::Words(own.into()),
            Datum::Owned(own) => Shown::Words(own.into()),
            Datum::Null => Shown::Null,
            Datum::Bool(truth) => Shown::Bool(truth),
            Datum::Number(number) => Shown::Number(number),
            Datum::Time(ms) => Shown::Time(ms),
            Datum::Names(names) => Shown::Names(names),
            Datum::Json(value) => Shown::Json(value),
        }
    }

    pub fn text(text: Option<&'s str>) -> Datum<'s> {
        text.map_or(Datum::Null, Datum::Text)
    }

    pub fn number(number: Option<u64>) -> Datum<'s> {
        number.map_or(Datum::Null, Datum::Number)
    }

    pub fn time(time: Option<i64>) -> Datum<'s> {
        time.map_or(Datum::Null, Datum::Time)
    }

    pub fn truth(truth: Option<bool>) -> Datum<'s> {
        truth.map_or(Datum::Null, Datum::Bool)
    }
}

/// A member of a row's JSON object, which also is a column of CSV.
#[derive(Clone, Copy)]
pub struct Member<R: Rows> {
    pub name: &'static str,
    pub get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>,
    /// It is too long or too deep for a cell of CSV.
    pub nested: bool,
    /// What it is where a form has types; there are rows in which it is null.
    pub kind: Kind,
}

/// The type of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Time,
    Truth,
}

impl<R: Rows> Debug for Member<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<R: Rows> Member<R> {
    pub const fn new(name: &'static str, get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>) -> Member<R> {
        Member { name, get, nested: false, kind: Kind::Text }
    }

    /// One that is a number.
    pub const fn number(name: &'static str, get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>) -> Member<R> {
        Member { kind: Kind::Number, ..Member::new(name, get) }
    }

    /// One that is a time.
    pub const fn time(name: &'static str, get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>) -> Member<R> {
        Member { kind: Kind::Time, ..Member::new(name, get) }
    }

    /// One that is true or false.
    pub const fn truth(name: &'static str, get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>) -> Member<R> {
        Member { kind: Kind::Truth, ..Member::new(name, get) }
    }

    /// One that CSV leaves out.
    pub const fn nested(name: &'static str, get: for<'a, 's> fn(&'s R::Row<'a>) -> Datum<'s>) -> Member<R> {
        Member { nested: true, ..Member::new(name, get) }
    }
}

/// What a cell of the table means, for those who see colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Dim,
    Warning,
    Bad,
}

/// A cell of the table: safe to be shown, of any length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

impl Cell {
    pub fn new(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }

    pub fn plain(text: Option<String>) -> Cell {
        text.map_or_else(Cell::unknown, |text| Cell::new(text, Tone::Plain))
    }

    pub fn safe(text: Option<&str>, tone: Tone) -> Cell {
        text.map_or_else(Cell::unknown, |text| Cell::new(safe(text), tone))
    }

    pub fn unknown() -> Cell {
        Cell::new("-", Tone::Dim)
    }
}

/// A column.
#[derive(Clone, Copy)]
pub struct Column<R: Rows> {
    /// What `--columns`, `--sort` and `--by` take.
    pub name: &'static str,
    /// What stands above it in a table; nothing where it is a column of data alone.
    pub head: &'static str,
    pub help: &'static str,
    /// What must be asked of the server for it.
    pub need: Need,
    /// The members of a JSON row; none where it is a table's alone.
    pub members: &'static [Member<R>],
    /// The highest goes first where the terminal is too narrow.
    pub rank: u8,
    /// How far it may be narrowed before another one is dropped; with `usize::MAX` not at all.
    pub floor: usize,
    pub right: bool,
    /// It is a number, a time or an address, and never cut.
    pub whole: bool,
    /// The cell of the table. Those of the columns `id` and `key` the table fills in, as it knows the
    /// other rows; one of data alone has no head and none.
    pub cell: for<'a, 's> fn(&'s R::Row<'a>) -> Cell,
}

impl<R: Rows> Debug for Column<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<R: Rows> Column<R> {
    /// A column of data alone.
    pub const fn data(name: &'static str, members: &'static [Member<R>]) -> Column<R> {
        Column {
            name,
            head: "",
            help: "",
            need: Need::NOTHING,
            members,
            rank: 0,
            floor: 0,
            right: false,
            whole: false,
            cell: |_| Cell { text: String::new(), tone: Tone::Plain },
        }
    }

    pub fn is_drawn(&self) -> bool {
        !self.head.is_empty()
    }

    /// Whether a user may mean it: by its name or by what stands above it, in capitals or not.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.is_drawn() && self.head.eq_ignore_ascii_case(name)
    }
}
