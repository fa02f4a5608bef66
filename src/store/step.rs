//! A change to one session, what it was before, and what became of it.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::key::{Key, bytes};
use super::op::{JsonItem, Op};
use super::record::Raw;

/// What was seen of a key: the first 128 bits of the SHA-256 of its kind and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

/// What is remembered of a session's kind and content.
pub fn fingerprint(raw: &Raw) -> Option<Fingerprint> {
    let mut hash = Sha256::new();
    match raw {
        Raw::Text(text) => {
            hash.update(b"string\0");
            hash.update(text);
        }
        Raw::Hash(fields) => {
            hash.update(b"hash\0");
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable();
            for (field, value) in sorted {
                for part in [field, value] {
                    hash.update((part.len() as u64).to_le_bytes());
                    hash.update(part);
                }
            }
        }
        _ => return None,
    }
    let digest = hash.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    Some(Fingerprint(first))
}

/// What happens to a session's own key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Own {
    /// It is removed.
    End,
    /// It ends at another time. The value changes too where the framework keeps the end in it.
    Expire { at: Expiry, rewrite: Option<Rewrite> },
    /// It is gone, and what it left goes while that is so. Of the step no more is compared; what it left is
    /// compared with its own backup.
    Gone,
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
    /// What was seen, where it is of use to have it at hand. No file of a run or plan has it.
    #[serde(skip)]
    pub held: Option<Arc<SeenText>>,
}

/// A string as it was seen: the server can compare with it by itself, or it is written down before it is read
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenText {
    pub text: Vec<u8>,
    /// When the key ended by PEXPIRETIME, where that was asked: in ms since 1970, -1 for never.
    pub end: Option<i64>,
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
    /// A hash as DUMP gives it, and its fields for a server that refuses the payload's version. Where
    /// fields have no ends of their own they are all that there is, and the dump is empty.
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
    /// An error came before any of this many steps was done.
    pub fn nothing(steps: usize, error: Error) -> Applied {
        Applied::of(vec![None; steps], Some(error))
    }

    /// What was not come to has failed by what stopped it.
    pub fn of(outcomes: Vec<Option<Outcome>>, stopped: Option<Error>) -> Applied {
        let why = stopped.as_ref().map(ToString::to_string).unwrap_or_default();
        let outcomes = outcomes.into_iter().map(|one| one.unwrap_or_else(|| Outcome::Failed(why.clone())));
        Applied { outcomes: outcomes.collect(), stopped }
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
