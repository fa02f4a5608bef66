//! The store: keys and raw records in batches, and conditional operations on them.
//!
//! Nothing here knows a framework. A [`Source`] can be read (a server, later a dump file), a
//! [`Store`] can also be changed, so a command that ends sessions asks for a `Store` by type.

use std::fmt;
use std::ops::ControlFlow;

pub mod failure;

pub mod redis;
pub mod target;

/// A key, as bytes. Keys hold session ids, so `Debug` shows only the beginning.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Key(#[serde(with = "bytes")] pub Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}…)", self.0.get(..8).unwrap_or(&self.0).escape_ascii())
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        Key(bytes.to_vec())
    }
}

/// Byte strings as MessagePack `bin` instead of a list of numbers.
pub mod bytes {
    use serde::{Deserializer, Serializer, de::Visitor};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, v: &[u8]) -> Result<Vec<u8>, E> {
                Ok(v.to_vec())
            }
            fn visit_byte_buf<E>(self, v: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(v)
            }
            // What is bytes now may have been text in the file of an older run.
            fn visit_str<E>(self, v: &str) -> Result<Vec<u8>, E> {
                Ok(v.as_bytes().to_vec())
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// The type of a key in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    String,
    Hash,
    Set,
    SortedSet,
    List,
    Stream,
    /// A module's type.
    Other,
}

impl Kind {
    /// From the answer to TYPE; `none` is no kind.
    pub fn from_type(name: &[u8]) -> Option<Kind> {
        match name {
            b"none" => None,
            b"string" => Some(Kind::String),
            b"hash" => Some(Kind::Hash),
            b"set" => Some(Kind::Set),
            b"zset" => Some(Kind::SortedSet),
            b"list" => Some(Kind::List),
            b"stream" => Some(Kind::Stream),
            _ => Some(Kind::Other),
        }
    }

    /// The store's own word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Hash => "hash",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::List => "list",
            Kind::Stream => "stream",
            Kind::Other => "module",
        }
    }
}

/// What a key holds, as far as it was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A string, whole.
    Text(Vec<u8>),
    /// The first bytes of a string that is longer than what a scan reads, and its length.
    Head(Vec<u8>, u64),
    /// A hash, whole, in stored order.
    Hash(Vec<(Vec<u8>, Vec<u8>)>),
    /// Too large to be read: the length of the string, or the number of fields.
    Oversized(Kind, u64),
    /// A kind that never is a session; the kind is evidence.
    Other(Kind),
    /// The key was there when it was scanned and is not any more.
    Gone,
    /// Not asked for.
    Unread,
}

impl Raw {
    /// Bytes of the content, as far as it was read.
    pub fn bytes(&self) -> u64 {
        match self {
            Raw::Text(text) | Raw::Head(text, _) => text.len() as u64,
            Raw::Hash(fields) => fields.iter().map(|(field, value)| (field.len() + value.len()) as u64).sum(),
            Raw::Oversized(..) | Raw::Other(_) | Raw::Gone | Raw::Unread => 0,
        }
    }

    pub fn kind(&self) -> Option<Kind> {
        match self {
            Raw::Text(_) | Raw::Head(..) => Some(Kind::String),
            Raw::Hash(_) => Some(Kind::Hash),
            Raw::Oversized(kind, _) | Raw::Other(kind) => Some(*kind),
            Raw::Gone | Raw::Unread => None,
        }
    }

    /// Says how much it is, where it is too much to be read.
    pub fn too_large(&self) -> Option<String> {
        match self {
            Raw::Oversized(Kind::Hash, fields) => {
                Some(format!("the value is too large to be read ({fields} fields)"))
            }
            Raw::Oversized(_, bytes) => Some(format!("the value is too large to be read ({bytes} bytes)")),
            _ => None,
        }
    }
}

/// When a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ttl {
    #[default]
    Unasked,
    /// The key has no expiry.
    Never,
    /// Milliseconds from the moment of reading.
    In(u64),
    /// The key is gone.
    Gone,
}

impl Ttl {
    /// From the answer to PTTL.
    pub fn from_pttl(answer: i64) -> Ttl {
        match answer {
            -1 => Ttl::Never,
            ms if ms >= 0 => Ttl::In(ms as u64),
            _ => Ttl::Gone,
        }
    }

    pub fn millis(self) -> Option<u64> {
        match self {
            Ttl::In(ms) => Some(ms),
            _ => None,
        }
    }
}

/// What is to be asked of the server for each key; the union of what layouts, filters and columns need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    pub value: bool,
    pub ttl: bool,
    pub memory: bool,
}

impl Need {
    pub const NOTHING: Need = Need { value: false, ttl: false, memory: false };
    pub const VALUE: Need = Need { value: true, ttl: false, memory: false };
    pub const TTL: Need = Need { value: false, ttl: true, memory: false };
    pub const MEMORY: Need = Need { value: false, ttl: false, memory: true };
    pub const ALL: Need = Need { value: true, ttl: true, memory: true };

    #[must_use]
    pub const fn and(self, other: Need) -> Need {
        Need {
            value: self.value || other.value,
            ttl: self.ttl || other.ttl,
            memory: self.memory || other.memory,
        }
    }
}

/// One key with what was read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub key: Key,
    pub raw: Raw,
    pub ttl: Ttl,
    /// MEMORY USAGE of the key, in bytes.
    pub memory: Option<u64>,
    /// What was asked, so that the rest can be asked later.
    pub asked: Need,
}

/// How much of a key a scan should read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: the key is counted and forgotten.
    Skip,
    /// Its name only; it is handed on as [`Raw::Unread`].
    Name,
    /// Its value as far as a first look goes, and nothing else.
    Look,
    /// Its value whole and all of the query's need. `hash` tells which kind to try first.
    Read { hash: bool },
}

/// What to scan for.
pub struct Query<'a> {
    /// A glob for SCAN's MATCH.
    pub pattern: Option<Vec<u8>>,
    pub need: Need,
    /// Asked once for each key; it must be quick.
    pub interest: &'a mut (dyn FnMut(&[u8]) -> Interest + Send),
}

/// A page of a scan. Its records own the bytes that sessions borrow from.
#[derive(Debug, Default)]
pub struct Page {
    pub records: Vec<Record>,
    /// Keys that the scan went over for this page, those of no interest included.
    pub scanned: u64,
}

/// Something that sessions can be read from.
pub trait Source: Send {
    /// Goes over all keys. Keys that the scan gives twice are handed on once. `Ok` means that the
    /// scan went to its end or that `visit` stopped it; any other end is an error, and what was
    /// visited before it stands.
    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// Reads these keys, in this order. A missing key is a record with [`Raw::Gone`].
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error>;

    /// The kinds of these keys; `None` where there is no such key.
    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error>;

    /// What an index holds: the members of a set or sorted set, or the one text of a string; nothing
    /// where it is absent, of another kind, or has more than `most` members.
    fn entries(&mut self, key: &Key, most: usize) -> Result<Vec<Vec<u8>>, Error>;

    /// The members of these sets, or sorted sets; none of a key that is none.
    fn members(&mut self, keys: &[Key], sorted: bool) -> Result<Vec<Vec<Vec<u8>>>, Error>;

    /// Which of these operations would find something to do.
    fn probe(&mut self, ops: &[Op]) -> Result<Vec<bool>, Error>;

    /// How many keys there are, for progress.
    fn size(&mut self) -> Result<u64, Error>;

    /// Where this is, without any password.
    fn place(&self) -> &str;
}

/// Something that can also be changed.
pub trait Store: Source {
    /// Asks, before anything is changed, whether what these steps do is permitted at all.
    fn may_change(&mut self, samples: &[&Step]) -> Result<(), Error>;

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
    fn restore_whole(&mut self, companions: &[Companion]) -> Result<(), Error>;

    /// The server's clock, in milliseconds since 1970.
    fn now(&mut self) -> Result<i64, Error>;
}

/// Where backups are kept while steps are carried out.
pub trait Keeper {
    /// Writes them down for good; only then is anything changed.
    fn prepared(&mut self, backups: &[Backup]) -> std::io::Result<()>;

    /// Of what was prepared last these steps did not happen: one of their keys was written in between.
    fn void(&mut self, steps: &[u32]) -> std::io::Result<()>;
}

/// One change to the store, safe to repeat and without effect where there is nothing to change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Op {
    /// Removes a key that belongs to one session alone.
    Unlink(Key),
    /// Removes the lock that a request holds on a session. It is not put back: that request is over by
    /// then, and a lock that nobody gives up keeps the session's owner waiting.
    Unlock(Key),
    /// Removes a string only while it holds exactly this.
    UnlinkIfEquals(Key, #[serde(with = "bytes")] Vec<u8>),
    SetRemove {
        key: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
    },
    /// Removes a member from each set that is named by a member of this one and whose name begins so.
    /// The names went through the serializer of the session's values.
    SetRemoveListed {
        key: Key,
        #[serde(with = "bytes")]
        begins: Vec<u8>,
        #[serde(with = "bytes")]
        member: Vec<u8>,
    },
    SortedRemove {
        key: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
    },
    /// Removes a member of a sorted set once another key is gone.
    SortedRemoveWhenGone {
        key: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
        gone: Key,
    },
    HashRemove {
        key: Key,
        #[serde(with = "bytes")]
        field: Vec<u8>,
    },
    /// Gives a member of a sorted set another score, if it is there.
    SortedScore {
        key: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
        score: i64,
    },
    /// Lets a key that would end earlier end at that time (ms since 1970), or never.
    Outlive { key: Key, at: Option<i64> },
    /// Nothing of a step that sets an end is done unless this key is there: without it the session is
    /// over, though its own key is not gone yet.
    OnlyWhile(Key),
    /// Lets a key that belongs to one session alone end at that time, or never, if it is there.
    EndAt { key: Key, at: Option<i64> },
    /// Moves a member from one set into another, if it is there. A set that is made by that ends at
    /// that time.
    SetMove {
        key: Key,
        to: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
        at: i64,
    },
    /// Gives a member of one item of a JSON list another value, JSON itself, by compare-and-set.
    JsonListSet { key: Key, item: JsonItem, member: String, value: String },
    /// Takes items out of a JSON list in a string, by compare-and-set, keeping expiry.
    JsonListRemove { key: Key, item: JsonItem, when_empty: WhenEmpty },
    /// Tells running processes; no effect where nobody listens.
    Publish {
        #[serde(with = "bytes")]
        channel: Vec<u8>,
        #[serde(with = "bytes")]
        message: Vec<u8>,
    },
}

/// Which items of a JSON list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum JsonItem {
    /// The text itself.
    Text(String),
    /// Objects whose member of that name is this text.
    Member(String, String),
    /// Objects of which one of these members is this text, in lists that are members of a JSON object:
    /// the whole is an object that holds the index.
    Within { lists: Vec<String>, members: Vec<String>, text: String },
}

/// What becomes of a list that has no item left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum WhenEmpty {
    Unlink,
    Keep,
}

impl Op {
    /// The key that is changed, if it is one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Op::Unlink(key)
            | Op::Unlock(key)
            | Op::UnlinkIfEquals(key, _)
            | Op::OnlyWhile(key)
            | Op::SetRemove { key, .. }
            | Op::SetRemoveListed { key, .. }
            | Op::SortedRemove { key, .. }
            | Op::SortedRemoveWhenGone { key, .. }
            | Op::HashRemove { key, .. }
            | Op::SortedScore { key, .. }
            | Op::Outlive { key, .. }
            | Op::EndAt { key, .. }
            | Op::SetMove { key, .. }
            | Op::JsonListSet { key, .. }
            | Op::JsonListRemove { key, .. } => Some(key),
            Op::Publish { .. } => None,
        }
    }
}

/// What was seen of a key: the first 128 bits of the SHA-256 of its kind and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

/// What happens to a session's own key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Own {
    /// It is removed.
    End,
    /// It ends at another time. The value changes too where the framework keeps the end in it.
    Expire { at: Expiry, rewrite: Option<Rewrite> },
}

/// When a key is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Expiry {
    /// In milliseconds since 1970.
    At(i64),
    /// Never.
    Persist,
    /// The key's own expiry stays as it is; the framework counts by the value alone.
    Keep,
}

/// A session's new content.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rewrite {
    Text(#[serde(with = "bytes")] Vec<u8>),
    /// Fields of the hash that change; the others stay.
    /// Their names may have gone through a serializer, as their values.
    Fields(Vec<(Key, Key)>),
}

/// A change to one session: its own key, guarded by what was seen of it, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The session's own key; it is changed only if it still is what the fingerprint says.
    pub key: Key,
    pub hash: bool,
    pub seen: Fingerprint,
    /// Bytes of the value when it was seen; batches are bounded by them, too.
    pub bytes: u64,
    pub own: Own,
    /// Index entries, twins, locks. When a session ends they are done also where it was gone already.
    pub then: Vec<Op>,
    /// When its key has to end, where it was chosen by that.
    #[serde(default)]
    pub ends: Option<Ends>,
}

/// When a session's key may end for its step to be done, by the server's clock in ms since 1970: what
/// a session was chosen by must still be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ends {
    /// The end that was seen; `None` is never. One that has not moved fits, as time passes all the same.
    pub seen: Option<i64>,
    pub from: i64,
    pub until: i64,
    /// Whether it may have no end.
    pub never: bool,
}

impl Ends {
    /// Ends that are closer together (ms) are the same: a key's is read by its span.
    const SAME: u64 = 2_000;

    /// Any end fits.
    pub const fn any(seen: Option<i64>) -> Ends {
        Ends { seen, from: i64::MIN, until: i64::MAX, never: true }
    }

    /// What fits both.
    #[must_use]
    pub fn and(self, other: Ends) -> Ends {
        Ends {
            seen: self.seen,
            from: self.from.max(other.from),
            until: self.until.min(other.until),
            never: self.never && other.never,
        }
    }

    pub fn fits(&self, end: Option<i64>) -> bool {
        match (end, self.seen) {
            (None, _) => self.never,
            (Some(end), Some(seen)) if end.abs_diff(seen) <= Ends::SAME => true,
            (Some(end), _) => (self.from..=self.until).contains(&end),
        }
    }

    /// Whether two ends are the same as far as they can be known.
    pub fn same(a: i64, b: i64) -> bool {
        a.abs_diff(b) <= Ends::SAME
    }
}

/// What a step is going to change, as it was: written down before it is changed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Backup {
    /// Position of the step in its batch.
    pub step: u32,
    pub key: Key,
    pub content: Content,
    /// When the key ends, in milliseconds since 1970.
    pub expires: Option<i64>,
    /// What the step made of it, to tell whether it still is that.
    pub own: Own,
    pub companions: Vec<Companion>,
}

/// A key's content.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Content {
    /// A string is its own best backup: it fits every server version.
    Text(#[serde(with = "bytes")] Vec<u8>),
    /// A hash as DUMP gives it, and its fields for a server that refuses the payload's version.
    Hash {
        #[serde(with = "bytes")]
        dump: Vec<u8>,
        fields: Vec<(Key, Key)>,
    },
}

/// An entry of an index or a companion key as it was.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Companion {
    Member {
        key: Key,
        member: Key,
    },
    Scored {
        key: Key,
        member: Key,
        score: f64,
    },
    Field {
        key: Key,
        field: Key,
        value: Key,
    },
    /// A string that is removed or rewritten.
    Text {
        key: Key,
        value: Key,
        expires: Option<i64>,
    },
    /// A member that got another score.
    Rescored {
        key: Key,
        member: Key,
        score: f64,
        left: i64,
    },
    /// A key that was let live longer: when it ended before, and when it ends since.
    Outlived {
        key: Key,
        expires: i64,
        left: Option<i64>,
    },
    /// A key of one session that got another end: when it ended before, and when it ends since.
    Ended {
        key: Key,
        expires: Option<i64>,
        left: Option<i64>,
    },
    /// A member that was moved into another set.
    Moved {
        key: Key,
        to: Key,
        member: Key,
    },
    /// A member in an item of a JSON list, both values as JSON.
    Item {
        key: Key,
        item: JsonItem,
        member: String,
        value: Key,
        left: String,
    },
    /// All of a small index before it was touched, so that it can be put back byte for byte.
    Whole {
        key: Key,
        dump: Key,
        digest: Fingerprint,
        expires: Option<i64>,
    },
    /// A key of another type than string that is removed, as the server writes it down, and what is
    /// in it for a server that refuses the payload's version.
    Dumped {
        key: Key,
        dump: Key,
        expires: Option<i64>,
        #[serde(default)]
        parts: Option<Parts>,
    },
}

impl Companion {
    /// The key that it is put back into.
    pub fn key(&self) -> &Key {
        match self {
            Companion::Member { key, .. }
            | Companion::Scored { key, .. }
            | Companion::Field { key, .. }
            | Companion::Text { key, .. }
            | Companion::Rescored { key, .. }
            | Companion::Outlived { key, .. }
            | Companion::Ended { key, .. }
            | Companion::Moved { key, .. }
            | Companion::Item { key, .. }
            | Companion::Whole { key, .. }
            | Companion::Dumped { key, .. } => key,
        }
    }

    /// The entry of an index that it is.
    pub fn entry(&self) -> Option<&Key> {
        match self {
            Companion::Member { member, .. }
            | Companion::Scored { member, .. }
            | Companion::Rescored { member, .. }
            | Companion::Moved { member, .. } => Some(member),
            Companion::Field { field, .. } => Some(field),
            _ => None,
        }
    }
}

/// What a collection is made of.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Parts {
    Fields(Vec<(Key, Key)>),
    Members(Vec<Key>),
    /// With their scores as the server prints them.
    Scored(Vec<(Key, Key)>),
    Items(Vec<Key>),
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done {
        keys: u64,
        entries: u64,
    },
    /// It ended by itself meanwhile; its left-overs in indexes were removed.
    Gone {
        keys: u64,
        entries: u64,
    },
    /// Not as it was when it was matched, and left alone.
    Changed,
    Failed(String),
}

impl Outcome {
    /// Counts more that went with the session, where it went.
    pub fn add(&mut self, more_keys: u64, more_entries: u64) {
        if let Outcome::Done { keys, entries } | Outcome::Gone { keys, entries } = self {
            *keys += more_keys;
            *entries += more_entries;
        }
    }
}

/// What a key must hold for its step to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// What was seen when it was matched.
    Seen,
    /// That, or what the step makes of it: the run that is gone on with may have come so far.
    SeenOrDone,
}

/// What became of steps, one outcome each in their order.
#[derive(Debug)]
pub struct Applied {
    pub outcomes: Vec<Outcome>,
    /// What ended it early: the steps that were not tried then have failed by it, and so have those
    /// whose answer never came, which may have been done.
    pub stopped: Option<Error>,
}

impl Applied {
    /// An error came before any of so many steps was done.
    pub fn nothing(steps: usize, error: Error) -> Applied {
        Applied { outcomes: vec![Outcome::Failed(error.to_string()); steps], stopped: Some(error) }
    }
}

/// What goes wrong between sessctl and a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot connect to {place}: {reason}")]
    Connect { place: String, reason: String },
    #[error("{place} refused the login: {reason}")]
    Authentication { place: String, reason: String },
    #[error("{user} may not run {command} on {place}")]
    Denied { place: String, user: String, command: String },
    #[error("the connection to {place} was lost: {reason}")]
    Lost { place: String, reason: String },
    #[error("{place} did not answer within {seconds} s")]
    Timeout { place: String, seconds: u64 },
    #[error("{place} is a node of a Redis Cluster")]
    Cluster { place: String },
    #[error("{place} is a read-only replica")]
    Replica { place: String },
    #[error("{place} is still loading its data")]
    Loading { place: String },
    #[error("{place} refused {command}: {reason}")]
    Refused { place: String, command: String, reason: String },
    #[error("{place} is full (maxmemory) and takes no transaction, {}", full_script(user.as_deref()))]
    Full {
        place: String,
        /// Who may not run the script that a full server would take; `None` where it takes none.
        user: Option<String>,
    },
    #[error("{place} gave an answer to {command} that makes no sense")]
    Answer { place: String, command: String },
    #[error("there was nothing but waiting for {minutes} minutes, {why}")]
    Stuck { minutes: u64, why: String },
    #[error("the undo file cannot be written: {0}")]
    Backup(String),
    #[error("{0}")]
    Target(String),
}

impl Error {
    /// The server refused a command because it has no memory left for it.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::Refused { reason, .. } if reason.starts_with("OOM"))
    }
}

fn full_script(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("and {user} may not run EVAL, which it would take"),
        None => "nor a script".to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_an_older_run_wrote_as_text_are_read_as_bytes() {
        #[derive(serde::Serialize)]
        enum Older {
            Fields(Vec<(String, String)>),
        }
        let older = Older::Fields(vec![("ttl".to_string(), "ü\0".to_string())]);
        let read: Rewrite = rmp_serde::from_slice(&rmp_serde::to_vec(&older).unwrap()).unwrap();
        let now = Rewrite::Fields(vec![(Key("ttl".into()), Key("ü\0".into()))]);
        assert_eq!(read, now);
        let again: Rewrite = rmp_serde::from_slice(&rmp_serde::to_vec(&now).unwrap()).unwrap();
        assert_eq!(again, now);
        let raw = Rewrite::Fields(vec![(Key(vec![0xac, 0xed]), Key(vec![0xac, 0xed]))]);
        let again: Rewrite = rmp_serde::from_slice(&rmp_serde::to_vec(&raw).unwrap()).unwrap();
        assert_eq!(again, raw);
    }
}
