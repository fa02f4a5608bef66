//! Which layout is it, and what says so: all evidence lives here.
//!
//! [`Detector`] is pure: one blob in, one answer out. The files below it hold what neighbours say: kin with
//! the same form of key, an index that tells twins apart, a newer key that makes an older one its copy, a
//! family that shows its users.

pub mod copies;
pub mod evidence;
pub mod families;
pub mod index;
mod known;
pub mod owners;
pub mod proof;
pub mod twins;

pub use evidence::Unsettled;
pub use known::Known;

use index::{Index, Set};

use crate::codec::Limits;
use crate::layout::blob::Form;
use crate::layout::php::Look;
use crate::layout::session::{Certainty, Facts, Session};
use crate::layout::{Blob, Decoded, Mark, Setup, Verdict};
use crate::store::{Key, Kind, Medium, Need, Raw, Record, Ttl};

/// What a key is, as far as it tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A session of the setup at this position.
    Session(u16, Certainty),
    /// A session if another such key is there.
    Several(u16),
    /// A session of this setup if recognised ones next to it have keys that look the same.
    Kin(u16),
    /// Empty or undecodable: a session if recognised ones next to it have keys that look the same.
    Open,
    /// Not a session of any layout asked.
    Foreign,
}

/// The layouts of a run, ready to be asked.
#[derive(Debug)]
pub struct Detector<'s> {
    pub setups: &'s [Setup],
    index: Index,
}

impl<'s> Detector<'s> {
    pub fn new(setups: &'s [Setup]) -> Detector<'s> {
        Detector { setups, index: Index::new(setups) }
    }

    /// Whether any layout keeps sessions in keys of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        self.index.wants(kind)
    }

    /// Asks the layouts that could fit. The first that is sure has it.
    pub fn identify(&self, blob: &Blob<'_>, scratch: &mut Set) -> Identity {
        self.index.candidates(blob, scratch);
        let mut best = Identity::Foreign;
        for at in scratch.iter() {
            let setup = &self.setups[at as usize];
            let layout = setup.layout;
            // Of sessions that are kept elsewhere nothing is here, whatever it looks like.
            if !layout.is_seen() || !blob.raw.kind().is_some_and(|kind| layout.keeps(kind)) {
                continue;
            }
            let verdict = (layout.recognize)(setup, blob);
            let left = || layout.extra.remains.is_some_and(|why| why(setup, blob.key, blob.raw).is_some());
            if matches!(verdict, Verdict::No(_)) && left() {
                return Identity::Session(at, Certainty::Sure);
            }
            // Most layouts see by the value that it is none of theirs, and the key tells them no more.
            if !setup.named && matches!(verdict, Verdict::No(_)) {
                continue;
            }
            let Some(place) = (layout.keys.locate)(setup, blob.key) else { continue };
            let found = match verdict {
                Verdict::Sure => return Identity::Session(at, Certainty::Sure),
                // The name says what such a value is, but not that it is one.
                Verdict::Kin if setup.named && layout.is_always_proven() => Identity::Kin(at),
                Verdict::Weak | Verdict::Several if setup.named => {
                    return Identity::Session(at, Certainty::Sure);
                }
                // What only company makes a session of is none by the layout's name alone.
                Verdict::Kin if setup.named && layout.beside().is_none() => match setup.known_lead() {
                    Some(lead) if !lead.is_empty() => return Identity::Session(at, Certainty::Sure),
                    _ => Identity::Session(at, Certainty::Shape),
                },
                // A key of the named layout whose value cannot be read is shown with the reason.
                Verdict::No(_) if setup.named && place.usual && undecodable(setup, blob) => {
                    Identity::Session(at, Certainty::Shape)
                }
                Verdict::Weak => Identity::Session(at, Certainty::Weak),
                Verdict::Several => Identity::Several(at),
                Verdict::Kin => Identity::Kin(at),
                Verdict::No(_) => continue,
            };
            if rank(found) > rank(best) {
                best = found;
            }
        }
        if best == Identity::Foreign && self.setups.iter().any(|setup| !setup.named) && is_open(blob) {
            return Identity::Open;
        }
        best
    }

    /// Whether a key holds what is left of a session.
    pub fn is_left(&self, key: &[u8], raw: &Raw) -> bool {
        self.setups
            .iter()
            .any(|setup| setup.layout.extra.remains.is_some_and(|why| why(setup, key, raw).is_some()))
    }

    /// What each layout says of this key; for those who ask why it is not a session.
    pub fn explain(&self, blob: &Blob<'_>) -> Vec<(&'static str, String)> {
        let say = |setup: &Setup| {
            let layout = setup.layout;
            if blob.raw.kind().is_some_and(|kind| !layout.keeps(kind)) {
                let kind = blob.raw.kind().map_or("nothing", Kind::name);
                return (
                    0,
                    format!("its sessions are of type {}, this key is a {kind}", layout.keys.kind.name()),
                );
            }
            if (layout.keys.locate)(setup, blob.key).is_none() {
                let why = match setup.known_lead() {
                    Some(lead) if !blob.key.starts_with(lead) => {
                        format!("the key does not begin with `{}`", String::from_utf8_lossy(lead))
                    }
                    _ => "the key does not look like its session keys".to_string(),
                };
                return (1, why);
            }
            match (layout.recognize)(setup, blob) {
                Verdict::No(why) => (2, why.into_owned()),
                Verdict::Kin => {
                    (3, "the value is too general, and no more telling sessions are around it".to_string())
                }
                Verdict::Several => {
                    (3, "the key could be one of its sessions, but it is the only one".to_string())
                }
                Verdict::Weak | Verdict::Sure => (4, "it fits".to_string()),
            }
        };
        let mut said: Vec<_> = self.setups.iter().map(|setup| (setup.layout.name, say(setup))).collect();
        said.sort_by_key(|(_, (near, _))| std::cmp::Reverse(*near));
        said.into_iter().map(|(name, (_, why))| (name, why)).collect()
    }
}

fn rank(identity: Identity) -> u8 {
    match identity {
        Identity::Session(_, Certainty::Sure) => 5,
        Identity::Session(_, Certainty::Shape) => 1,
        Identity::Session(..) => 4,
        Identity::Several(_) => 3,
        Identity::Kin(_) => 2,
        Identity::Open | Identity::Foreign => 0,
    }
}

fn undecodable(setup: &Setup, blob: &Blob<'_>) -> bool {
    matches!(blob.raw, Raw::Oversized(..)) || (setup.layout.read)(setup, blob).value.is_err()
}

/// Whether an undecodable value is what is left of a session rather than something else: it is empty,
/// begins as its layout's values do, or breaks off in the middle of them.
pub fn is_remains(setup: &Setup, blob: &Blob<'_>) -> bool {
    let begins = |mark: &Mark| match (mark, blob.raw) {
        (Mark::Magic(magic), Raw::Text(text)) => text.starts_with(magic),
        _ => false,
    };
    is_open(blob) || setup.layout.marks.iter().any(begins)
}

/// Values that nothing can be read from by themselves.
fn is_open(blob: &Blob<'_>) -> bool {
    match blob.raw {
        Raw::Text(text) => {
            text.is_empty()
                || matches!(blob.form(Form::Json), Some(Err(_)))
                || matches!(blob.php_look(), Look::Broken)
                || blob.is_broken_python()
        }
        Raw::Oversized(..) => true,
        _ => false,
    }
}

/// The session's data, if its value was read.
pub fn data<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Option<Decoded<'b>> {
    (*blob.raw != Raw::Unread).then(|| (setup.layout.read)(setup, blob))
}

/// Puts a session together from what was read of its key.
pub fn session<'b>(
    setup: &'b Setup,
    blob: &'b Blob<'_>,
    data: Option<&'b Decoded<'b>>,
    record: &'b Record,
    certainty: Certainty,
    now: i64,
) -> Session<'b> {
    let key = blob.key;
    let column = setup.layout.keys.id_column.and_then(|column| blob.field(column));
    let id = match (column, (setup.layout.keys.locate)(setup, key)) {
        (Some(id), _) => id,
        (None, Some(place)) => &key[place.id],
        (None, None) => key,
    };
    let facts = match data.and_then(Decoded::value) {
        Some(value) => {
            let mut facts = (setup.layout.describe)(setup, blob, value);
            crate::layout::whose::complete(setup, blob, value, &mut facts);
            facts
        }
        None => Facts::default(),
    };
    let facts = match setup.layout.extra.columns {
        Some(columns) => merged(columns(setup, blob), facts),
        None => facts,
    };
    let hash = blob.raw.kind().unwrap_or(setup.layout.keys.kind) == Kind::Hash;
    let ttl = match (record.asked.ttl, record.end(), facts.ends) {
        (false, ..) => Ttl::Unasked,
        // A row has no end but the one that is in it.
        (true, Ttl::Never, Some(end)) if setup.layout.medium == Medium::Table => {
            Ttl::In(u64::try_from(end - now).unwrap_or(0))
        }
        (true, ttl, _) => ttl,
    };
    let memory = record.memory;
    let found = Vec::new();
    let (ends, exact_end) = (&record.ends[..], record.exact_end);
    let raw = blob.raw;
    Session { setup, key, id, certainty, hash, raw, facts, ttl, ends, memory, exact_end, data, found, now }
}

/// What columns and value say together.
fn merged<'b>(columns: Facts<'b>, value: Facts<'b>) -> Facts<'b> {
    Facts {
        user: value.user.or(columns.user),
        unnamed: value.unnamed,
        broken: value.broken,
        created: columns.created.or(value.created),
        seen: columns.seen.or(value.seen),
        ends: columns.ends.or(value.ends),
        ip: columns.ip.or(value.ip),
        agent: columns.agent.or(value.agent),
    }
}

/// The same session as another layout describes it: of two that only what is next to it tells apart.
pub fn under<T>(setup: &Setup, session: &Session<'_>, then: impl FnOnce(&Session<'_>) -> T) -> T {
    let record = Record {
        key: Key(session.key.to_vec()),
        raw: session.raw.clone(),
        ttl: session.ttl,
        ends: session.ends.to_vec(),
        memory: session.memory,
        exact_end: session.exact_end,
        asked: Need {
            value: true,
            ttl: session.ttl != Ttl::Unasked,
            memory: session.memory.is_some(),
            end: session.exact_end.is_some(),
        },
    };
    let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
    let data = data(setup, &blob);
    then(&self::session(setup, &blob, data.as_ref(), &record, session.certainty, session.now))
}
