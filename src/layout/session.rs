//! One session: what every command works with, whichever framework wrote it.

use std::borrow::Cow;

use crate::layout::{Decoded, Setup};
use crate::store::{Expiry, Op, Raw, Rewrite, Ttl};

/// Who, when and from where. Times are milliseconds since 1970 in UTC.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'b> {
    pub user: Option<Cow<'b, str>>,
    /// What it means where no user is named.
    pub unnamed: Unnamed,
    /// A part of the value that should decode and does not: its path and the reason, on one line.
    pub broken: Option<Box<str>>,
    pub created: Option<i64>,
    pub seen: Option<i64>,
    /// The end that the framework itself enforces, kept in the value.
    pub ends: Option<i64>,
    pub ip: Option<Cow<'b, str>>,
    pub agent: Option<Cow<'b, str>>,
}

/// What it means that a session names no user. A layout says that nobody is logged in only where its
/// framework would; everything else is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unnamed {
    /// Not known: sealed or undecodable, a login that names nobody, or no notion of a user at all.
    #[default]
    Unknown,
    /// Certainly nobody: by the framework's own mark, or there is nothing that could name anyone.
    Nobody,
    /// Read to its end, and what is in it the application chose. Nobody where another session of the
    /// same key family names its user, as this one would then have one too; else not known.
    Open,
}

/// Whose a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login<'s> {
    User(&'s str),
    /// Certainly nobody is logged in.
    Nobody,
    Unknown,
}

/// How sure it is that a key is a session of its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The user named its layout and the key has the form of one, but the value says nothing: it
    /// cannot be decoded, or could be anything's. Shown, and changed only where more speaks for it.
    Shape,
    /// The key fits and the value is general; others could look the same.
    Weak,
    /// By the recognised sessions next to it.
    Kin,
    /// By its value's signature, or by the layout that the user named.
    Sure,
}

/// A session, borrowing from the page of the scan that it was found in.
#[derive(Debug, Clone)]
pub struct Session<'b> {
    pub setup: &'b Setup,
    pub key: &'b [u8],
    /// The id: a part of the key.
    pub id: &'b [u8],
    pub certainty: Certainty,
    pub hash: bool,
    /// What the key holds.
    pub raw: &'b Raw,
    pub facts: Facts<'b>,
    pub ttl: Ttl,
    /// Fields of a hash that end by themselves, and in how many milliseconds.
    pub ends: &'b [(Vec<u8>, u64)],
    /// MEMORY USAGE of the session's own key.
    pub memory: Option<u64>,
    /// When the key ends by PEXPIRETIME: in ms since 1970, -1 for never. `None` where that was not asked or
    /// cannot be told.
    pub exact_end: Option<i64>,
    /// `None` when the value was not asked for.
    pub data: Option<&'b Decoded<'b>>,
    /// Keys that had to be looked for: sets that name it, and, where it is to be ended or looked at
    /// closely, older copies of it.
    pub found: Vec<Vec<u8>>,
    /// When this was read, in milliseconds since 1970.
    pub now: i64,
}

/// What becomes of a session whose end is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    pub at: Expiry,
    pub rewrite: Option<Rewrite>,
    /// What follows in indexes; without effect where there is nothing to do.
    pub then: Vec<Op>,
}

/// Or why it cannot be moved: half a sentence that follows on the sessions.
pub type Moved = Result<Expiring, &'static str>;

impl Session<'_> {
    pub fn layout(&self) -> &'static str {
        self.setup.layout.name
    }

    /// What precedes the id in the key.
    pub fn before(&self) -> &[u8] {
        self.setup.before(self.key, self.id)
    }

    /// The earlier of the key's expiry and the end that the framework enforces, in ms since 1970.
    pub fn expires_at(&self) -> Option<i64> {
        let by_key = self.ttl.millis().map(|ms| self.now.saturating_add_unsigned(ms));
        match (by_key, self.facts.ends) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether its own end has passed though the key is still there, or it is only what is left of one.
    pub fn expired(&self) -> bool {
        self.facts.ends.is_some_and(|end| end <= self.now) || self.remains().is_some()
    }

    /// Why this is only what is left of a session, which no request can use.
    pub fn remains(&self) -> Option<&'static str> {
        (self.setup.layout.extra.remains?)(self.setup, self.key, self.raw)
    }

    /// What goes with the session when it ends: index entries, twins, locks.
    pub fn companions(&self) -> Vec<Op> {
        let setup = self.setup;
        let all = std::iter::once(&setup.layout).chain(setup.alike());
        all.flat_map(|layout| (layout.ends.end)(setup, self)).collect()
    }

    /// What changes when the session is to end at that time (ms since 1970; `None` is never), or why that
    /// cannot be done.
    pub fn moved(&self, end: Option<i64>) -> Moved {
        if let (Raw::Hash(fields), Some(last)) = (self.raw, self.ends.iter().map(|(_, ms)| *ms).max())
            && fields.len() == self.ends.len()
            && end.is_none_or(|end| end > self.now.saturating_add_unsigned(last))
        {
            return Err("all fields of their hashes end by themselves before that");
        }
        let setup = self.setup;
        let mut moved = (setup.layout.ends.expire)(setup, self, end)?;
        for layout in setup.alike() {
            moved.then.extend((layout.ends.expire)(setup, self, end)?.then);
        }
        Ok(moved)
    }

    /// Whose session this is, as far as that can be known.
    pub fn login(&self) -> Login<'_> {
        match (&self.facts.user, self.facts.unnamed) {
            (Some(user), _) => Login::User(user),
            (None, Unnamed::Nobody) if !self.undecodable() && self.remains().is_none() => Login::Nobody,
            _ => Login::Unknown,
        }
    }

    /// Whether the value, or a part of it that should decode, does not.
    pub fn undecodable(&self) -> bool {
        self.facts.broken.is_some() || self.data.is_some_and(|data| data.value.is_err())
    }

    /// Whether nothing is wrong with the value but that no key was given which opens it.
    pub fn sealed(&self) -> bool {
        self.data.is_some_and(|data| data.value.as_ref().is_err_and(|error| error.sealed))
    }

    /// Why this is not a whole session, or the value or a part of it could not be decoded, on one line.
    pub fn error(&self) -> Option<String> {
        if let Some(why) = self.remains() {
            return Some(why.to_string());
        }
        match self.data.map(|data| &data.value) {
            Some(Err(error)) => Some(error.to_string()),
            _ => self.facts.broken.as_deref().map(str::to_string),
        }
    }
}
