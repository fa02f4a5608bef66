//! What a change does next to the session's own key.

use super::key::{Key, bytes};

/// One change to the store next to the session itself, safe to repeat and without effect where there is
/// nothing to change. What every store has is here; what only a store with indexes can do is an [`IndexOp`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Op {
    /// Removes a key that belongs to one session alone.
    Unlink(Key),
    /// Removes the lock that a request holds on a session. It is not put back: that request is over by
    /// then, and a lock that nobody gives up keeps the session's owner waiting.
    Unlock(Key),
    /// Removes a string only while it holds exactly this.
    UnlinkIfEquals(Key, #[serde(with = "bytes")] Vec<u8>),
    /// Nothing of a step that sets an end is done unless this key is there: without it the session is
    /// over, though its own key is not gone yet.
    OnlyWhile(Key),
    /// Lets a key that belongs to one session alone end at that time (ms since 1970), or never, if it is
    /// there.
    EndAt { key: Key, at: Option<i64> },
    /// Lets a key that would end earlier end at that time (ms since 1970), or never.
    Outlive { key: Key, at: Option<i64> },
    /// In run files and plans these stand next to the others, by their own names.
    #[serde(untagged)]
    Index(IndexOp),
}

/// A change to what sessions of many users share: sets, sorted sets, hashes and JSON lists that name
/// them, and the channels on which their ends are told. Only a store of Redis' data types is given one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum IndexOp {
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
    /// Moves a member from one set into another, if it is there. A set that is made by that ends at
    /// that time.
    SetMove {
        key: Key,
        to: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
        at: i64,
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
    /// Gives a member of a sorted set another score, if it is there.
    SortedScore {
        key: Key,
        #[serde(with = "bytes")]
        member: Vec<u8>,
        score: i64,
    },
    HashRemove {
        key: Key,
        #[serde(with = "bytes")]
        field: Vec<u8>,
    },
    /// Takes items out of a JSON list in a string, by compare-and-set, keeping expiry.
    JsonListRemove { key: Key, item: JsonItem, when_empty: WhenEmpty },
    /// Gives a member of one item of a JSON list another value, JSON itself, by compare-and-set.
    JsonListSet { key: Key, item: JsonItem, member: String, value: String },
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
        match self {
            Op::UnlinkIfEquals(..) | Op::Outlive { .. } => true,
            Op::Unlink(_) | Op::Unlock(_) | Op::OnlyWhile(_) | Op::EndAt { .. } => false,
            Op::Index(op) => op.follows(),
        }
    }

    /// The key that is changed, if it is one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Op::Unlink(key)
            | Op::Unlock(key)
            | Op::UnlinkIfEquals(key, _)
            | Op::OnlyWhile(key)
            | Op::Outlive { key, .. }
            | Op::EndAt { key, .. } => Some(key),
            Op::Index(op) => op.key(),
        }
    }
}

impl IndexOp {
    fn follows(&self) -> bool {
        matches!(
            self,
            IndexOp::JsonListRemove { .. }
                | IndexOp::JsonListSet { .. }
                | IndexOp::SortedRemoveWhenGone { .. }
                | IndexOp::SetMove { .. }
                | IndexOp::Publish { .. }
        )
    }

    /// The index that is changed, if it is one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            IndexOp::SetRemove { key, .. }
            | IndexOp::SetRemoveListed { key, .. }
            | IndexOp::SetMove { key, .. }
            | IndexOp::SortedRemove { key, .. }
            | IndexOp::SortedRemoveWhenGone { key, .. }
            | IndexOp::SortedScore { key, .. }
            | IndexOp::HashRemove { key, .. }
            | IndexOp::JsonListRemove { key, .. }
            | IndexOp::JsonListSet { key, .. } => Some(key),
            IndexOp::Publish { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_indexes_are_written_as_they_were_before_they_had_a_type_of_their_own() {
        let member = vec![0xff, b'a'];
        let ops = [
            Op::Unlink(Key(b"lock".to_vec())),
            Op::EndAt { key: Key(b"beside".to_vec()), at: None },
            Op::Index(IndexOp::SetRemove { key: Key(b"index".to_vec()), member: member.clone() }),
            Op::Index(IndexOp::JsonListRemove {
                key: Key(b"list".to_vec()),
                item: JsonItem::Member("token".to_string(), "a".to_string()),
                when_empty: WhenEmpty::Keep,
            }),
        ];
        let bytes = rmp_serde::to_vec(&ops).expect("MessagePack");
        assert_eq!(rmp_serde::from_slice::<Vec<Op>>(&bytes).expect("the same"), ops);
        // A map of one name, the variant's own; what it holds, in order.
        let one = rmp_serde::to_vec(&ops[2]).expect("MessagePack");
        assert_eq!(one, [b"\x81\xa9SetRemove\x92\xc4\x05index\xc4\x02".as_slice(), &member].concat());
    }
}
