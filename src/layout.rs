//! Layouts: how each framework keeps its sessions in a store.
//!
//! A layout is a value: facts and pure functions. It does no I/O, never sees a connection, and gets
//! its options as a checked [`Setup`]. Frameworks inherit by struct update (`..connect_redis::LAYOUT`).
//! This is the contract; the frameworks that keep to it are in [`crate::frameworks`].

use std::borrow::Cow;

use crate::cookie::{CookieError, Given, Opened};
use crate::store::{Key, Kind, Medium, Op, Raw, Rows, Table};
use crate::value::Value;

pub mod blob;
pub mod described;
pub mod expire;
pub mod files;
pub mod item;
pub mod key;
pub mod php;
pub mod python;
pub mod session;
pub mod setup;
pub mod table;
pub mod time;
pub mod user;
pub mod whose;

pub use blob::{Blob, Decoded, Form};
pub use described::Described;
pub use key::Place;
pub use session::{Facts, Session};
pub use setup::{OptionKind, OptionSpec, Setting, Setup};
pub use whose::Whose;

/// A framework's way to keep sessions, as a value.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The name that `--layout` takes and the `layout` column shows.
    pub name: &'static str,
    /// One line: which framework or library.
    pub about: &'static str,
    /// The part of the documentation that it is listed under: `Node.js`, `PHP`, …
    pub family: &'static str,
    /// Where the framework documents itself, if that place is known and has stood for years.
    pub home: Option<&'static str>,
    /// What its sessions are kept in.
    pub medium: Medium,
    /// What keys, value, expiry, user and cookie look like, and what to beware of: the page that
    /// `sessctl layouts NAME` prints, in lines of at most 100 characters. The source of each fact
    /// that is not obvious is named (project, version).
    pub page: &'static str,
    /// When it is asked, and before which others.
    pub rank: Rank,
    pub keys: Keys,
    /// Which rows of a table are sessions, where it keeps them in tables; `None` for a table of something else.
    pub table: fn(&Setup, &Table) -> Option<Rows>,
    /// Where its sessions are found when no layout is named.
    pub marks: &'static [Mark],
    /// Options besides `prefix`, `key_prefix` and `cookie_name`, which every layout knows.
    pub options: &'static [OptionSpec],
    /// Whether this is a session of this layout, with key and value in hand.
    pub recognize: fn(&Setup, &Blob<'_>) -> Verdict,
    /// The session's data.
    pub read: for<'b> fn(&'b Setup, &'b Blob<'_>) -> Decoded<'b>,
    /// Who, when and from where, from the data that `read` gave.
    pub describe: for<'b> fn(&'b Setup, &'b Blob<'_>, &'b Value<'b>) -> Facts<'b>,
    /// What tells whose a session is of which `describe` names no user.
    pub whose: Whose,
    pub cookie: Cookie,
    pub ends: Ends,
    /// What next to the session itself tells that it is one of this layout.
    pub evidence: Evidence,
    pub extra: Extra,
    /// Layouts that no data can tell from this one; ended the same way.
    pub same_as: &'static [&'static str],
    /// What the configuration file says, where that is what describes the layout. Only the functions
    /// in [`described`] look at it.
    pub described: Option<&'static Described>,
}

/// When a layout is asked about a key. Of two that claim a session with equal certainty, the one of the
/// earlier rank has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Its sessions have a signature of their own.
    Signature,
    /// Its values are general, and the key tells them.
    Keyed,
    /// It takes what any user of a language's own session extension could have written.
    Extension,
    /// Never asked unless the user named it.
    OnlyNamed,
    /// Nothing of it can be seen from outside; it is listed to say so.
    Unseen,
}

/// How session keys are called and of which kind they are.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// The default prefix; empty where the framework has none.
    pub prefix: &'static str,
    /// The option that `--prefix` sets: `prefix` nearly everywhere, or the framework's own word.
    pub prefix_option: &'static str,
    /// The kind of key that a session is: a string or a hash.
    pub kind: Kind,
    /// The other kind, where another version of the framework keeps its sessions in that.
    pub other_kind: Option<Kind>,
    /// The literal text that every session key begins with under this setup, when it is known.
    pub lead: fn(&Setup) -> Vec<u8>,
    /// What session keys may begin with besides `lead`, where another version wrote other keys.
    pub other_leads: Option<fn(&Setup) -> Vec<Vec<u8>>>,
    /// Where in the key the id is; `None` when such a key cannot be a session of this layout.
    pub locate: fn(&Setup, &[u8]) -> Option<Place>,
    /// The column that the id is in, where a row's key is another one.
    pub id_column: Option<&'static str>,
    /// The key of an id.
    pub key_of: fn(&Setup, &[u8]) -> Vec<u8>,
}

impl Keys {
    /// A string under a prefix, named by the id.
    pub const PLAIN: Keys = Keys {
        prefix: "",
        prefix_option: "prefix",
        kind: Kind::String,
        other_kind: None,
        lead: Setup::lead,
        other_leads: None,
        locate: key::after_prefix,
        id_column: None,
        key_of: |setup, id| [&(setup.layout.keys.lead)(setup), id].concat(),
    };
}

/// What the browser holds.
#[derive(Debug, Clone, Copy)]
pub struct Cookie {
    /// The cookie's default name; `None` where the library sets no cookie.
    pub name: Option<&'static str>,
    /// Opens the cookie that a browser sends.
    pub open: Option<OpenCookie>,
    /// Opens the same cookie to the id that keys had in older versions, which the framework still reads.
    pub older: Option<OpenCookie>,
    /// What of a session only the browser's cookies open: an option, and what it is to be.
    pub unlock: Option<Unlock>,
    /// Whether the id is all that the cookie has to hold: anyone who guesses it is logged in.
    pub id_alone: bool,
}

impl Cookie {
    pub const PLAIN: Cookie = Cookie { name: None, open: None, older: None, unlock: None, id_alone: true };
}

/// How a session ends, at once or at a time.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// What the framework would do besides removing the session's own key when the session ends.
    /// Each operation must be without effect where there is nothing to do.
    pub end: fn(&Setup, &Session<'_>) -> Vec<Op>,
    /// What changes when the session is to end at that time (ms since 1970; `None` is never), or why
    /// that cannot be done.
    pub expire: fn(&Setup, &Session<'_>, Option<i64>) -> expire::Moved,
    /// Where the framework itself looks up the sessions with a user; none where it keeps no index.
    pub user_index: Option<UserIndex>,
    /// Why its sessions are only shown: ended, or given another end, in the store alone, they would go on.
    /// Half a sentence that follows on the sessions, with what ends them instead.
    pub refused: Option<&'static str>,
    /// What the end of a session in the store does not end, as whole sentences.
    pub caveats: &'static [&'static str],
    /// A session with nothing in it has no key of its own, only what belongs to it: that is not a leftover.
    pub keyless: bool,
    /// The classes of keyspace events, as notify-keyspace-events names them, by which the framework clears
    /// its indexes when a session ends by itself.
    pub events: Option<&'static str>,
}

impl Ends {
    /// The session's own key is all there is.
    pub const PLAIN: Ends = Ends {
        end: |_, _| Vec::new(),
        expire: expire::by_key,
        user_index: None,
        refused: None,
        caveats: &[],
        keyless: false,
        events: None,
    };
}

/// What next to a session tells that it is one of a layout.
#[derive(Debug, Clone, Copy)]
pub enum Evidence {
    /// Nothing: the session tells by itself.
    Own,
    /// An index that a layout which looks the same does not keep.
    Twin(Twin),
    /// A key next to a session, and its kind, that makes a session of what is only [`Verdict::Kin`].
    Beside {
        key: Beside,
        /// Whether it has to be proven by that key also where this layout was named.
        always: bool,
    },
    /// Keys of its namespace that layouts which look the same do not have.
    Namespace(Namespaced),
}

/// What only a few layouts need.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// Keys whose content is shown as a part of the session's data; `read` finds them in the blob,
    /// where one session is looked at and not many are listed.
    pub parts: Option<fn(&Setup, &Blob<'_>) -> Vec<Key>>,
    /// Where only sets know whose the sessions are.
    pub owners: Option<Owners>,
    /// Why this key is what is left of a session and no request can use, though nothing ends it: shown
    /// and ended with those that have expired, and no session otherwise.
    pub remains: Option<Remains>,
    /// The part of a value that should decode and does not, where the rest of it does: its path and why.
    pub broken: fn(&Setup, &Blob<'_>, &Value<'_>) -> Option<String>,
    /// Where the framework leaves older copies of a session next to it.
    pub copies: Option<Copies>,
    /// Who, when and from where by what is kept next to the value, which counts where the value cannot be read,
    /// too. It goes before what the value says, but for the user.
    pub columns: Option<Columns>,
}

impl Extra {
    pub const PLAIN: Extra = Extra {
        parts: None,
        owners: None,
        remains: None,
        broken: |_, _, _| None,
        copies: None,
        columns: None,
    };
}

/// From a row to what its columns say.
pub type Columns = for<'b> fn(&'b Setup, &'b Blob<'_>) -> Facts<'b>;

/// From a session to a key next to it and the kind that this key should have.
pub type Beside = fn(&Setup, &Blob<'_>) -> Option<(Vec<u8>, Kind)>;

/// From a key and what it holds to the reason why that is not a session any more.
pub type Remains = fn(&Setup, &[u8], &Raw) -> Option<&'static str>;

/// Sets in whose names it says whose the sessions are that are their members, by key or id.
#[derive(Debug, Clone, Copy)]
pub struct Owners {
    /// What the names of the sets begin with that belong to the application of a session's key.
    pub begin: fn(&Setup, &[u8]) -> Option<Vec<u8>>,
    /// What follows in these names, as a pattern of SCAN.
    pub rest: &'static str,
    /// Whether they are sorted sets.
    pub sorted: bool,
    /// The user by what follows; `None` where that does not tell, or is no such name.
    pub user: fn(&Setup, &[u8]) -> Option<String>,
}

/// Keys that an older version of the framework wrote. Beside the key that a session has now such a key is
/// a copy of it: no session of its own, but the framework falls back to it.
#[derive(Debug, Clone, Copy)]
pub struct Copies {
    /// The key that the session of this older key has now.
    pub newer: fn(&Setup, &[u8]) -> Option<Vec<u8>>,
    /// What precedes the id in a session's key, and then in those of its copies.
    pub before: fn(&Setup, &[u8]) -> Option<Vec<u8>>,
    /// How the ids of copies begin, as a pattern of SCAN.
    pub begins: &'static str,
    /// Whether they are not copies but the members of sessions, and as parts of their data say whose they are.
    pub are_parts: bool,
}

/// From what was given as a cookie to the id in it.
pub type OpenCookie = fn(&Setup, &Given) -> Result<Opened, CookieError>;

/// From what was given as a cookie to an option and its value.
pub type Unlock = fn(&Setup, &Given) -> Option<(&'static str, String)>;

/// Something that makes a layout a candidate for a key. It only saves asking the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A string that is a JSON object with this top-level member.
    Member(&'static str),
    /// A string that is a JSON object, whatever its members; for layouts that the key decides.
    AnyObject,
    /// A string that is a JSON list.
    AnyList,
    /// A string that is a PHP session with this variable, under whatever lies around it.
    Variable(&'static str),
    /// A string that a PHP session store could have written, whatever its variables.
    AnyPhp,
    /// A string whose first bytes are those of this form, whatever is in it.
    Begins(Form),
    /// A string that is not text and long enough to have come out of a cipher.
    Opaque,
    /// A string that its key ends in, and no short one.
    Repeats,
    /// A string that begins with these bytes.
    Magic(&'static [u8]),
    /// A hash with this field.
    Field(&'static str),
    /// A key that contains this text of two bytes or more, whatever its value (an empty or undecodable
    /// one too).
    Word(&'static str),
}

/// What a layout says of a key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not a session of this layout; why, for `inspect`.
    No(Cow<'static, str>),
    /// A general or empty value: a session only next to recognised ones whose keys look the same.
    Kin,
    /// The key and the value fit, but others could look the same. Shown, never changed unless the
    /// layout was named.
    Weak,
    /// As `Weak`, and listed only when at least two such keys are there.
    Several,
    /// A signature that is nobody else's.
    Sure,
}

impl Verdict {
    pub const fn no(why: &'static str) -> Verdict {
        Verdict::No(Cow::Borrowed(why))
    }
}

/// Two layouts that write the same session, told apart by what else is in the database.
#[derive(Debug, Clone, Copy)]
pub struct Twin {
    /// The layout that recognises the session first.
    pub of: &'static str,
    /// The kind of the index that gives this layout away.
    pub kind: Kind,
    /// Whether a key has the name of such an index.
    pub is_index: fn(&[u8]) -> bool,
    /// The index in which a user's sessions would be.
    pub index_of: fn(&str) -> Option<Vec<u8>>,
    /// A mark inside the session itself that is enough.
    pub sure: fn(&Blob<'_>) -> bool,
}

/// An index from a user to sessions: a set, a sorted set, or a string.
#[derive(Debug, Clone, Copy)]
pub struct UserIndex {
    /// The index's key under this setup.
    pub key: fn(&Setup, &str) -> Option<Vec<u8>>,
    /// The session keys that an entry names: a member, or the whole of a string.
    pub sessions: fn(&Setup, &[u8]) -> Vec<Vec<u8>>,
}

/// A layout whose sessions look like those of others, told apart by the other keys of the namespace
/// that they are in: one database may hold many namespaces of either.
#[derive(Debug, Clone, Copy)]
pub struct Namespaced {
    /// The layouts that recognise the session first.
    pub of: &'static [&'static str],
    /// The namespace of a session's key.
    pub namespace_of: fn(&[u8]) -> Option<&[u8]>,
    /// The namespace that a key of that kind gives away as this layout's.
    pub given_away_by: fn(&[u8], Kind) -> Option<&[u8]>,
    /// Keys that could give it away, to be looked up for a session at hand.
    pub keys: fn(&Session<'_>) -> Vec<Key>,
    /// Layouts whose keys this one has as well, so that its own count for more.
    pub over: &'static [&'static str],
}

impl Layout {
    /// The caveat of frameworks whose requests write a session back at their end if they changed it.
    /// Said in the same words, it is told once for all of them.
    pub const WRITTEN_BACK_IF_CHANGED: &str =
        "A request in flight that changes its session writes it back; look again after a few seconds.";
    /// The same where every request writes its session back.
    pub const WRITTEN_BACK: &str =
        "A request in flight writes its session back; look again after a few seconds.";

    /// What most layouts are: a prefix, an id, no index; to be completed by struct update.
    pub const PLAIN: Layout = Layout {
        name: "",
        about: "",
        family: "",
        home: None,
        medium: Medium::Redis,
        page: "",
        rank: Rank::Signature,
        keys: Keys::PLAIN,
        table: |_, _| None,
        marks: &[],
        options: &[],
        recognize: |_, _| Verdict::no("it has no test"),
        read: |_, blob| blob.whole_json(),
        describe: |_, _, _| Facts::default(),
        whose: Whose::Unknown,
        cookie: Cookie::PLAIN,
        ends: Ends::PLAIN,
        evidence: Evidence::Own,
        extra: Extra::PLAIN,
        same_as: &[],
        described: None,
    };
}

impl Layout {
    /// Whether only what is next to a session tells this layout from that one.
    pub fn is_like(&self, other: &Layout) -> bool {
        let of = |one: &Layout, other: &Layout| match one.evidence {
            Evidence::Twin(twin) => twin.of == other.name,
            Evidence::Namespace(space) => space.of.contains(&other.name),
            Evidence::Own | Evidence::Beside { .. } => false,
        };
        self.name != other.name && (of(self, other) || of(other, self) || self.same_as.contains(&other.name))
    }

    /// Whether sessions may be keys of this kind.
    pub fn keeps(&self, kind: Kind) -> bool {
        self.keys.kind == kind || self.keys.other_kind == Some(kind)
    }

    /// Whether anything of it is in a store.
    pub fn is_seen(&self) -> bool {
        self.rank != Rank::Unseen
    }

    /// Whether it is asked about keys although the user named no layout.
    pub fn is_asked(&self) -> bool {
        self.rank < Rank::OnlyNamed
    }

    /// The layout that this one looks like, and the index that tells them apart.
    pub fn twin(&self) -> Option<&Twin> {
        match &self.evidence {
            Evidence::Twin(twin) => Some(twin),
            _ => None,
        }
    }

    /// Whether its sessions are told, and told whose they are, by themselves alone: none needs for that
    /// what may have gone with another.
    pub fn is_by_itself(&self) -> bool {
        let Extra { parts: None, owners: None, copies: None, .. } = self.extra else { return false };
        self.beside().is_none() && self.namespaced().is_none()
    }

    /// The key next to a session that makes one of what is only [`Verdict::Kin`].
    pub fn beside(&self) -> Option<Beside> {
        match self.evidence {
            Evidence::Beside { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The layouts that this one looks like, and the keys of its namespace that tell them apart.
    pub fn namespaced(&self) -> Option<&Namespaced> {
        match &self.evidence {
            Evidence::Namespace(space) => Some(space),
            _ => None,
        }
    }

    /// Whether [`Verdict::Kin`] has to be proven by the key next to it also where this layout was named.
    pub fn is_always_proven(&self) -> bool {
        matches!(self.evidence, Evidence::Beside { always: true, .. })
    }
}

/// Opens a cookie under its configured name or, where none was configured, also under the names that
/// other versions of the framework use. One that proves to be genuine is preferred.
pub fn open_any(
    setup: &Setup,
    others: &[&str],
    open: impl Fn(&str) -> Result<Opened, CookieError>,
) -> Result<Opened, CookieError> {
    let first = open(setup.cookie_name());
    if setup.text("cookie_name").is_some() || first.as_ref().is_ok_and(|opened| opened.verified == Some(true))
    {
        return first;
    }
    let rest: Vec<Opened> = others.iter().filter_map(|name| open(name).ok()).collect();
    let genuine = rest.iter().find(|opened| opened.verified == Some(true)).cloned();
    genuine.map_or_else(|| first.or_else(|error| rest.into_iter().next().ok_or(error)), Ok)
}

/// The same where the application gives the cookie its name: under any name that was given, if what it opens
/// to has the form of an id.
pub fn open_under_any(
    setup: &Setup,
    given: &Given,
    is_id: impl Fn(&[u8]) -> bool,
    open: impl Fn(&str) -> Result<Opened, CookieError>,
) -> Result<Opened, CookieError> {
    let names: Vec<&str> = given.names().collect();
    open_any(setup, &names, |name| {
        let opened = open(name)?;
        if name == setup.cookie_name() || is_id(&opened.id) {
            Ok(opened)
        } else {
            Err(CookieError::Form { expected: "<id>" })
        }
    })
}

/// The same for a cookie whose value is the id itself.
pub fn open_bare_under_any(
    setup: &Setup,
    given: &Given,
    is_id: impl Fn(&[u8]) -> bool,
) -> Result<Opened, CookieError> {
    open_under_any(setup, given, is_id, |name| crate::cookie::bare::open(given, name))
}
