//! The single changes that a step is made of.

use super::key::{Key, bytes};

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
    /// Whether it looks before it acts, so that it is done only once the sessions of its batch are.
    pub fn follows(&self) -> bool {
        matches!(
            self,
            Op::UnlinkIfEquals(..)
                | Op::JsonListRemove { .. }
                | Op::JsonListSet { .. }
                | Op::SortedRemoveWhenGone { .. }
                | Op::Outlive { .. }
                | Op::SetMove { .. }
                | Op::Publish { .. }
        )
    }

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
