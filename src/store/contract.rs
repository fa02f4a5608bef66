//! What a store has to keep to.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::error::Error;
use super::event::Events;
use super::gentle::Gentle;
use super::key::Key;
use super::load::{Health, Lag};
use super::op::Op;
use super::record::{Kind, Need, Page, Query, Record};
use super::step::{Applied, Backup, Companion, Fit, Step};
use super::table::Wanted;

/// What sessions are kept in: layouts are of one of these, and only those of the store's own are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Keys of a Redis or Valkey server, or of its dump file.
    Redis,
    /// Rows of a table of a database. The columns are the fields of a hash, each as text, or as bytes where
    /// the column holds bytes; one that is NULL is absent.
    Table,
    /// Files of a folder. The fields of a hash are `content`, `mtime` (ns since 1970) and `owner` (a number).
    File,
    /// Fields of one hash of a Redis or Valkey server, each a string.
    Field,
    /// Items of Memcached servers. The fields of a hash are `value` and `flags` (a number).
    Item,
}

impl Medium {
    /// The word for a place where a session is.
    pub fn name(self) -> &'static str {
        match self {
            Medium::Redis => "key",
            Medium::Table => "row",
            Medium::Field => "field",
            Medium::File => "file",
            Medium::Item => "item",
        }
    }

    /// What keeps such things, with its article.
    pub fn keeper(self) -> &'static str {
        match self {
            Medium::Redis => "a Redis server",
            Medium::Table => "a database",
            Medium::Field => "fields of a hash",
            Medium::File => "a folder",
            Medium::Item => "a Memcached server",
        }
    }
}

/// What a store can do at all: a command that needs more says so before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// It knows when a key ends.
    pub ttl: bool,
    /// It knows how much memory a key takes.
    pub memory: bool,
    /// It can be changed.
    pub change: bool,
}

impl Offers {
    pub const ALL: Offers = Offers { ttl: true, memory: true, change: true };
}

/// Something that sessions can be read from, from its beginning to its end.
pub trait Source: Send {
    /// Where this is, without any password.
    fn place(&self) -> &str;

    fn offers(&self) -> Offers;

    /// How many keys there are, for progress; `None` where only a scan tells.
    fn size(&mut self) -> Result<Option<u64>, Error>;

    /// The clock that ends are counted by, in milliseconds since 1970: a server's own, or the time of which a
    /// file is.
    fn now(&mut self) -> Result<i64, Error>;

    /// Goes over all keys. Keys that the scan gives twice are handed on once. `Ok` means that the
    /// scan went to its end or that `visit` stopped it; any other end is an error, and what was
    /// visited before it stands.
    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// Keys that were met so far and may not be read by this user.
    fn hidden(&self) -> u64 {
        0
    }

    /// What the last scan came across besides what it handed on, a sentence each.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// Where else on the same server there are keys, and how many: for when nothing was found here.
    fn elsewhere(&mut self) -> Vec<(String, u64)> {
        Vec::new()
    }

    /// What the store says of itself; `None` where there is nobody to say anything.
    fn health(&mut self) -> Result<Option<Health>, Error> {
        Ok(None)
    }

    /// Those of these commands, named as in ACL rules, that this user may not run; `None` where there are no
    /// such rules, or they may not be asked for. None of the commands is run.
    fn lacks(&mut self, _commands: &[&str]) -> Result<Option<Vec<String>>, Error> {
        Ok(None)
    }

    /// From now on so little is asked at a time that others are served in between. Where there are no
    /// others there is nothing to do.
    fn be_gentle(&mut self, _gentle: Option<&Gentle>) {}

    /// What a scan finds from now on is changed at once, this many sessions at a time. Where it is of use
    /// the scan runs only a little ahead of the reader of its pages.
    fn be_close(&mut self, _portion: usize) {}

    /// Whether it does.
    fn is_close(&self) -> bool {
        false
    }
}

/// How lasting changes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assurance {
    /// What is not sure, or went another way than usual, a sentence each.
    pub said: Vec<String>,
    /// Nothing of what was reported as done is known to be undone.
    pub holds: bool,
}

/// Of which any key can be asked. What is asked beside keys is by default answered as by a store that has
/// no indexes, where whatever belongs to a session is a key of its own.
pub trait Lookup: Source {
    /// Reads these keys, in this order. A missing key is a record with [`Raw::Gone`](super::Raw::Gone).
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error>;

    /// The kinds of these keys; `None` where there is no such key.
    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error>;

    /// Of each of these keys whether there is none; `None` where this user may not know.
    fn absent(&mut self, keys: &[Key]) -> Result<Vec<Option<bool>>, Error> {
        Ok(self.kinds(keys)?.into_iter().map(|kind| Some(kind.is_none())).collect())
    }

    /// What an index holds: the members of a set or sorted set, or the one text of a string; nothing
    /// where it is absent, of another kind, or has more than `most` members.
    fn entries(&mut self, _key: &Key, _most: usize) -> Result<Vec<Vec<u8>>, Error> {
        Ok(Vec::new())
    }

    /// The members of these sets, or sorted sets; none of a key that is none.
    fn members(&mut self, keys: &[Key], _sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        Ok(vec![Vec::new(); keys.len()])
    }

    /// Which of these operations would find something to do.
    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error> {
        let keys: Vec<Key> = ops.iter().map(|op| op.key().cloned().unwrap_or(Key(Vec::new()))).collect();
        let of_keys = |op: &Op| matches!(op, Op::Unlink(_) | Op::Unlock(_) | Op::OnlyWhile(_));
        let there = self.kinds(&keys)?.into_iter().map(|kind| kind.is_some());
        Ok(ops.iter().zip(there).map(|(op, there)| of_keys(op) && there).collect())
    }
}

/// How sessions are ended while the scan that finds them goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portions {
    /// How many at a time.
    pub sessions: usize,
    /// Bytes of the largest value that their steps had better hold, where that spares anything.
    pub holds: Option<usize>,
    /// When their keys end had better be read with them: it is compared again before they go.
    pub ends: bool,
}

/// Something that can also be changed.
pub trait Store: Lookup {
    /// Asks, before anything is changed, whether what these steps do is permitted at all.
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error>;

    /// Bytes of the largest value that a step had better hold ([`Step::held`]) where it ends a session:
    /// the server compares by itself then. `None` where it cannot.
    fn ends_by_value(&mut self) -> Option<usize> {
        None
    }

    /// How sessions had better be handed over that are ended while another connection is still scanning;
    /// `kept` where what they were is written down. `None` where the scan has to be over first.
    fn ends_while_scanned(&mut self, _kept: bool) -> Option<Portions> {
        None
    }

    /// The command that guards the end of a session, where there is more than one that could.
    fn way(&mut self) -> Option<&'static str> {
        None
    }

    /// Carries out steps: each is re-read, compared with what was seen, and only then done, such
    /// that a key which changes in between is left alone. `keeper` gets what is going to change
    /// before it is changed; if it fails, nothing is.
    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied;

    /// Puts back what is absent, or what still is as the step left it; never over anything newer. Of
    /// a backup that would have ended meanwhile the outcome is `Gone`, of one whose key is there again,
    /// or is not as it was left, `Changed`. What an error left undone is done when this is repeated.
    fn restore(&mut self, backups: &[Backup]) -> Applied;

    /// Puts small indexes back byte for byte where their content is again what it was, and gives keys
    /// back the end that they had.
    fn restore_whole(&mut self, _companions: &[Companion]) -> Result<(), Error> {
        Ok(())
    }

    /// Makes sure, as far as that can be had, that what was changed outlives the server that did it.
    fn assure(&mut self) -> Assurance {
        Assurance { said: Vec::new(), holds: true }
    }

    /// How long the store takes to answer when it is asked for nothing.
    fn ping(&mut self) -> Result<Duration, Error>;

    /// How far its copies are behind.
    fn lag(&mut self) -> Result<Lag, Error>;

    /// Another connection to the same store, in place of one that was lost.
    fn again(&self) -> Result<Box<dyn Store>, Error>;
}

/// A store that is named and not opened yet. Whatever opens it may do so more than once.
pub trait Open: fmt::Debug + Send + Sync {
    /// Where it is, without any password.
    fn place(&self) -> String;

    /// The same as it is given to `--store`.
    fn address(&self) -> String {
        self.place()
    }

    fn medium(&self) -> Medium;

    /// Who logs in, as audit lines name the login.
    fn login(&self) -> &str;

    /// What its user should know before anything is sent.
    fn caution(&self) -> Option<&'static str> {
        None
    }

    /// What the next opening does to the server that is worth knowing.
    fn announcement(&self) -> Option<&'static str> {
        None
    }

    /// Says which tables are to be looked at, where it has tables.
    fn look_for(&mut self, _wanted: Wanted) {}

    /// The fields of a hash in it, as a store of their own; `None` where there are no hashes.
    fn within(&self, _hash: &str) -> Option<Box<dyn Open>> {
        None
    }

    /// Opens it to be read.
    fn reader(&self) -> Result<Box<dyn Lookup>, Error>;

    /// Opens it to be changed; an error where it cannot be.
    fn store(&self) -> Result<Box<dyn Store>, Error>;

    /// Listens to what happens to its keys; `None` where it does not tell, or not this user.
    fn events(&self) -> Result<Option<Box<dyn Events>>, Error> {
        Ok(None)
    }
}

/// Where backups are kept while steps are carried out.
pub trait Keeper {
    /// Writes them down for good; only then is anything changed.
    fn prepared(&mut self, backups: &[Backup]) -> std::io::Result<()>;

    /// The same for a caller that has something else to do until they are on the disk, which nothing is changed
    /// before.
    fn preparing(&mut self, backups: &[Backup]) -> std::io::Result<Writing> {
        self.prepared(backups).map(|()| Writing::done())
    }

    /// Of what was prepared these steps did not happen: one of their keys was written in between.
    fn void(&mut self, steps: &[u32]) -> std::io::Result<()>;
}

/// Backups on their way to the disk.
#[derive(Debug)]
pub struct Writing(Option<Receiver<std::io::Result<()>>>);

impl Writing {
    /// They are there.
    pub fn done() -> Writing {
        Writing(None)
    }

    /// They are there once this says so.
    pub fn told_by(told: Receiver<std::io::Result<()>>) -> Writing {
        Writing(Some(told))
    }

    /// Waits until they are there.
    pub fn wait(self) -> std::io::Result<()> {
        let Some(told) = self.0 else { return Ok(()) };
        told.recv().unwrap_or_else(|_| Err(std::io::Error::other("what writes to the disk has stopped")))
    }
}
