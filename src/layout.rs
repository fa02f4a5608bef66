//! Layouts: how each framework keeps its sessions in a store.
//!
//! A layout is a value: facts and pure functions. It does no I/O, never sees a connection, and gets
//! its options as a checked [`Setup`]. Frameworks inherit by struct update (`..connect_redis::LAYOUT`).
//!
//! To add one: write `layout/NAME.rs` with a `pub const LAYOUT: Layout`, declare the module here, put
//! the constant into [`ALL`] (the special before the general), and add `tests/fixtures/layout/NAME/`.

use std::borrow::Cow;

use crate::codec::{DecodeError, Limits};
use crate::cookie::{CookieError, Given, Opened};
use crate::session::{Facts, Session};
use crate::store::{Kind, Op, Raw};
use crate::value::Value;

pub mod blob;
pub mod detect;
pub mod index;
pub mod key;
pub mod setup;
pub mod user;

pub mod connect_redis;

pub use blob::{Blob, Decoded};
pub use key::Place;
pub use setup::{OptionKind, OptionSpec, Setup};

/// Every layout. Where two would claim the same session with equal certainty, the earlier one has it.
pub const ALL: &[&Layout] = &[&connect_redis::LAYOUT];

/// A framework's way to keep sessions, as a value.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The name that `--layout` takes and the `layout` column shows.
    pub name: &'static str,
    /// One line: which framework or library.
    pub about: &'static str,
    /// The part of the documentation that it is listed under: `Node.js`, `PHP`, …
    pub family: &'static str,
    /// What keys, value, expiry, user and cookie look like, and what to beware of: the page that
    /// `sessctl layouts NAME` prints, in lines of at most 100 characters. The source of each fact
    /// that is not obvious is named (project, version).
    pub page: &'static str,
    /// The default key prefix; empty where the framework has none.
    pub prefix: &'static str,
    /// The option that `--prefix` sets: `prefix` nearly everywhere, or the framework's own word.
    pub prefix_option: &'static str,
    /// The kind of key that a session is: a string or a hash.
    pub kind: Kind,
    /// Where its sessions are found when no layout is named.
    pub marks: &'static [Mark],
    /// Options beside `prefix`, `key_prefix` and `cookie_name`, which every layout knows.
    pub options: &'static [OptionSpec],
    /// The cookie's default name; `None` where the library sets no cookie.
    pub cookie_name: Option<&'static str>,
    /// The literal text that every session key begins with under this setup, when it is known.
    pub lead: fn(&Setup) -> Vec<u8>,
    /// Where in the key the id is; `None` when such a key cannot be a session of this layout.
    pub locate: fn(&Setup, &[u8]) -> Option<Place>,
    /// The key of an id.
    pub key_of: fn(&Setup, &[u8]) -> Vec<u8>,
    /// Whether this is a session of this layout, with key and value in hand.
    pub recognize: fn(&Setup, &Blob<'_>) -> Verdict,
    /// The session's data.
    pub read: for<'b> fn(&'b Setup, &'b Blob<'b>) -> Decoded<'b>,
    /// Who, when and from where, from the data that `read` gave.
    pub describe: for<'b> fn(&'b Setup, &'b Blob<'b>, &'b Value<'b>) -> Facts<'b>,
    /// What the framework would do beside removing the session's own key when the session ends.
    /// Each operation must be without effect where there is nothing to do.
    pub end: fn(&Setup, &Session<'_>) -> Vec<Op>,
    /// Opens the cookie that a browser sends.
    pub cookie: Option<fn(&Setup, &Given) -> Result<Opened, CookieError>>,
    /// The layout that this one looks like, and the neighbour that tells them apart.
    pub twin: Option<Twin>,
    /// Layouts that no data can tell from this one; ended the same way.
    pub same_as: &'static [&'static str],
    /// What the end of a session in the store does not end, as whole sentences.
    pub caveats: &'static [&'static str],
    /// False for stores that cannot be seen from outside; they are listed to say so.
    pub visible: bool,
    /// True for `generic`: never asked unless the user named it.
    pub only_named: bool,
}

/// Something that makes a layout a candidate for a key. It only saves asking the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A string that is a JSON object with this top-level member.
    Member(&'static str),
    /// A string that is a JSON object, whatever its members; for layouts that the key decides.
    AnyObject,
    /// A string that is a JSON list.
    AnyList,
    /// A string that begins with these bytes.
    Magic(&'static [u8]),
    /// A hash with this field.
    Field(&'static str),
    /// A key that contains this text, whatever its value (an empty or undecodable one too).
    Word(&'static str),
}

/// What a layout says of a key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not a session of this layout; why, for `inspect`.
    No(Cow<'static, str>),
    /// A general or empty value: a session only beside recognised ones whose keys look the same.
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
    pub fn no(why: &'static str) -> Verdict {
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

impl Layout {
    /// What most layouts are: a prefix, an id, no index; to be completed by struct update.
    pub const PLAIN: Layout = Layout {
        name: "",
        about: "",
        family: "",
        page: "",
        prefix: "",
        prefix_option: "prefix",
        kind: Kind::String,
        marks: &[],
        options: &[],
        cookie_name: None,
        lead: Setup::lead,
        locate: key::after_prefix,
        key_of: |setup, id| [&(setup.layout.lead)(setup), id].concat(),
        recognize: |_, _| Verdict::no("it has no test"),
        read: |_, blob| blob.whole_json(),
        describe: |_, _, _| Facts::default(),
        end: |_, _| Vec::new(),
        cookie: None,
        twin: None,
        same_as: &[],
        caveats: &[],
        visible: true,
        only_named: false,
    };
}

/// The layout of that name.
pub fn by_name(name: &str) -> Option<&'static Layout> {
    ALL.iter().copied().find(|layout| layout.name == name)
}

/// Names close to a misspelt one, best first.
pub fn close_to(name: &str) -> Vec<&'static str> {
    let mut near: Vec<(f64, &'static str)> = ALL
        .iter()
        .map(|layout| {
            let bonus =
                if layout.name.starts_with(name) || name.starts_with(layout.name) { 0.3 } else { 0.0 };
            (strsim::jaro_winkler(name, layout.name) + bonus, layout.name)
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, name)| name).take(3).collect()
}
