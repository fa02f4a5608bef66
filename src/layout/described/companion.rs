//! Keys next to a session: what they are, and what its end does to them.

use super::clock::Unit;
use super::pattern::{Filling, Part, Pattern};
use super::{Described, index_of, of, places, without_client};
use crate::layout::blob::Decoded;
use crate::layout::session::Session;
use crate::layout::setup::Setup;
use crate::store::{IndexOp, JsonItem, Key, Kind, Op, WhenEmpty};

/// A key that has something of a session and is not the session's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    pub kind: Companionship,
    pub key: Pattern,
    /// What names the session in it; for a key of its own that it is removed only while it holds this.
    pub member: Option<Pattern>,
    /// Whether a user's sessions are looked up here.
    pub user_index: bool,
    /// What the end of the session is counted in where it is the entry's score.
    pub score: Option<Unit>,
}

/// What sort of key a companion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Companionship {
    Set,
    SortedSet,
    Hash,
    /// A string that is a JSON list of strings.
    JsonList,
    /// A key of any kind that goes as a whole.
    Key,
    /// The same, held by a request while it lasts: undo does not put it back.
    Lock,
}

impl Companionship {
    pub const NAMES: &[(&str, Companionship)] = &[
        ("set", Companionship::Set),
        ("zset", Companionship::SortedSet),
        ("hash", Companionship::Hash),
        ("list-json", Companionship::JsonList),
        ("key", Companionship::Key),
        ("lock", Companionship::Lock),
    ];

    /// Whether such a key is of the kind that sessions are.
    pub(super) fn may_be(self, kind: Kind) -> bool {
        match self {
            Companionship::Set | Companionship::SortedSet => false,
            Companionship::Hash => kind == Kind::Hash,
            Companionship::JsonList => kind == Kind::String,
            Companionship::Key | Companionship::Lock => true,
        }
    }
}

impl Companion {
    /// What does not fit together, if anything.
    pub fn check(&self, layout: &Described) -> Result<(), String> {
        let (key, member) = (&self.key, self.member.as_ref());
        let asks = |part: &Part| key.count(part) + member.map_or(0, |member| member.count(part)) > 0;
        let in_key = layout.key.count(&Part::User) > 0;
        if asks(&Part::User) && layout.user.is_empty() && !in_key {
            return Err("it contains {user}, but the layout has no `user` that says where the user is".into());
        }
        if !key.has_text() {
            return Err(
                "its `key` needs some text besides the placeholders, such as \"user:{user}:sessions\"".into(),
            );
        }
        match (self.kind, member) {
            (Companionship::Key | Companionship::Lock, None)
                if !key.is_of_one() && key.paths().next().is_none() =>
            {
                return Err(
                    "a key that is removed must belong to one session: its `key` needs {id}, {key} or a path \
                            into the data, or `member` must say what it holds of the session"
                        .into(),
                );
            }
            (Companionship::Lock, Some(_)) => {
                return Err("a lock has no `member`: it is removed whole".into());
            }
            (Companionship::Key | Companionship::Lock, _) => {}
            (_, Some(member)) if member.is_of_one() => {}
            (_, Some(_)) => return Err("its `member` needs {id} or {key}: it names one session".into()),
            (_, None) => {
                return Err("it needs `member`, what names the session in it, such as \"{id}\"".into());
            }
        }
        let session = Filling { id: b"x", key: b"", user: Some("x"), data: None };
        let session = layout.key.fill(&session).unwrap_or_default();
        if self.kind.may_be(layout.record) && key.fits(&session, &layout.key) {
            return Err("its `key` cannot be told from a session's own".into());
        }
        if self.score.is_some() && self.kind != Companionship::SortedSet {
            return Err("`score` is for a zset".into());
        }
        if self.user_index {
            if matches!(self.kind, Companionship::Hash | Companionship::JsonList) {
                return Err("`user_index` is for a set, a zset, or a key that holds one session".into());
            }
            if key.count(&Part::User) == 0 || key.is_of_one() {
                return Err("with `user_index` its `key` is found by {user} alone".into());
            }
            let one = |member: &Pattern| {
                member.count(&Part::Id) + member.count(&Part::Key) == 1
                    && member.count(&Part::User) == 0
                    && member.paths().next().is_none()
            };
            if key.paths().next().is_some() {
                return Err("with `user_index` its `key` is found by {user} alone".into());
            }
            if in_key && member.is_some_and(|member| member.count(&Part::Id) > 0) {
                return Err(
                    "with {user} in the session's key an id does not lead to it; `member` must hold \
                            {key} to be a `user_index`"
                        .into(),
                );
            }
            if !member.is_some_and(one) {
                return Err("with `user_index` its `member` holds {id} or {key}, once, and no {user}".into());
            }
        }
        Ok(())
    }
}

/// A companion's key and what names the session in it; `None` where that needs a user and there is
/// none.
pub(super) fn beside(session: &Session<'_>, companion: &Companion) -> Option<(Key, Option<Vec<u8>>)> {
    let key = without_client(session.setup, session.key);
    let user = session.facts.user.as_deref();
    let data = session.data.and_then(Decoded::value);
    let fill = |pattern: &Pattern| pattern.fill(&Filling { id: session.id, key, user, data });
    let name = [session.setup.key_prefix().as_bytes(), &fill(&companion.key)?].concat();
    // Anyone who can write into one session shall not end another one by what is in it.
    if companion.key.paths().next().is_some() && name != session.key && places(session.setup, &name).is_some()
    {
        return None;
    }
    let member = match &companion.member {
        Some(member) => Some(fill(member)?),
        None => None,
    };
    Some((Key(name), member))
}

pub(super) fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let op = |companion: &Companion| {
        let (key, member) = beside(session, companion)?;
        Some(match (companion.kind, member) {
            (Companionship::Set, Some(member)) => Op::Index(IndexOp::SetRemove { key, member }),
            (Companionship::SortedSet, Some(member)) => Op::Index(IndexOp::SortedRemove { key, member }),
            (Companionship::Hash, Some(field)) => Op::Index(IndexOp::HashRemove { key, field }),
            (Companionship::JsonList, Some(member)) => Op::Index(IndexOp::JsonListRemove {
                key,
                item: JsonItem::Text(String::from_utf8(member).ok()?),
                when_empty: WhenEmpty::Keep,
            }),
            (Companionship::Key, Some(value)) => Op::UnlinkIfEquals(key, value),
            (Companionship::Key, None) => Op::Unlink(key),
            (Companionship::Lock, _) => Op::Unlock(key),
            (_, None) => return None,
        })
    };
    of(setup).companions.iter().filter_map(op).collect()
}

/// The key of the session that an entry of the user's index names.
pub(super) fn sessions(setup: &Setup, entry: &[u8]) -> Vec<Vec<u8>> {
    let member = index_of(setup).and_then(|index| index.member.as_ref());
    let Some(member) = member else { return Vec::new() };
    let place = member.0.iter().position(|part| !matches!(part, Part::Text(_)));
    let mut named = entry;
    for (at, part) in member.0.iter().enumerate() {
        let Part::Text(text) = part else { continue };
        let stripped = if Some(at) < place {
            named.strip_prefix(text.as_bytes())
        } else {
            named.strip_suffix(text.as_bytes())
        };
        let Some(rest) = stripped else { return Vec::new() };
        named = rest;
    }
    if named.is_empty() {
        return Vec::new();
    }
    if member.count(&Part::Key) > 0 {
        return vec![[setup.key_prefix().as_bytes(), named].concat()];
    }
    vec![(setup.layout.keys.key_of)(setup, named)]
}
