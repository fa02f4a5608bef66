//! What becomes of a string that is an index or belongs to one: all that a batch does to it, in one
//! compare-and-set.

use super::guarded::{Command, Guarded, command};
use super::script::Held;
use super::{RedisStore, bulk};
use crate::codec;
use crate::store::json_list::{in_list, merged, without};
use crate::store::{Error, JsonItem, Key, WhenEmpty};
use ::redis::Value as Answer;

/// One change to a string.
pub(super) enum Edit<'e> {
    /// Takes items out of a JSON list.
    Drop { item: &'e JsonItem, when_empty: WhenEmpty },
    /// Removes it while it is this.
    UnlinkIf(&'e [u8]),
    /// Gives a member of an item of a JSON list another value, where it has the one that is named.
    Set { item: &'e JsonItem, member: &'e str, from: Option<&'e [u8]>, value: &'e [u8] },
    /// Adds the items of an old list that are missing, at its end, and puts the old text back where
    /// the items are then the same.
    Merge(&'e [u8]),
}

/// A string and what is done to it, one after the other. Not a byte else changes, nor its end.
pub(super) struct Text<'e> {
    key: &'e Key,
    /// For whom, and what.
    edits: Vec<(usize, Edit<'e>)>,
    held: Vec<u8>,
    /// For whom a key or entries go once it is carried out.
    goes: Vec<(usize, u64, u64)>,
    /// What went: for whom, keys and entries.
    pub(super) gone: Vec<(usize, u64, u64)>,
}

impl<'e> Text<'e> {
    fn new(key: &'e Key) -> Text<'e> {
        Text { key, edits: Vec::new(), held: Vec::new(), goes: Vec::new(), gone: Vec::new() }
    }
}

/// Strings by their keys, in the order in which they were met.
#[derive(Default)]
pub(super) struct Texts<'e> {
    places: std::collections::HashMap<&'e Key, usize>,
    pub(super) all: Vec<Text<'e>>,
}

impl<'e> Texts<'e> {
    pub(super) fn add(&mut self, key: &'e Key, whose: usize, edit: Edit<'e>) {
        let place = *self.places.entry(key).or_insert(self.all.len());
        if place == self.all.len() {
            self.all.push(Text::new(key));
        }
        self.all[place].edits.push((whose, edit));
    }
}

impl Guarded for Text<'_> {
    fn key(&self) -> &Key {
        self.key
    }

    fn ask(&self, store: &mut RedisStore) -> usize {
        store.push(&[b"GET", &self.key.0]);
        1
    }

    fn decide(&mut self, _: i64, mut answers: Vec<Option<Answer>>) -> Vec<Command> {
        self.goes.clear();
        let Some(held) = answers.pop().flatten().and_then(bulk) else { return Vec::new() };
        let mut now: Option<Vec<u8>> = Some(held.clone());
        for (whose, edit) in &self.edits {
            let Some(text) = &now else { break };
            match edit {
                Edit::Drop { item, when_empty } => {
                    let Some((rewritten, removed, empty)) = without(text, item) else { continue };
                    let unlinked = empty && *when_empty == WhenEmpty::Unlink;
                    now = (!unlinked).then_some(rewritten);
                    self.goes.push((*whose, u64::from(unlinked), removed));
                }
                Edit::UnlinkIf(value) if text == value => {
                    now = None;
                    self.goes.push((*whose, 1, 0));
                }
                Edit::UnlinkIf(_) => {}
                Edit::Set { item, member, from, value } => {
                    let span = in_list(text, item, member)
                        .filter(|span| from.is_none_or(|from| text[span.clone()] == *from));
                    if let Some(span) = span {
                        now = Some(codec::json::splice(text, span, value));
                    }
                }
                Edit::Merge(old) => {
                    if let Some(merged) = merged(text, old) {
                        now = Some(merged);
                    }
                }
            }
        }
        let commands = match now {
            Some(text) if text == held => Vec::new(),
            // XX: a key that ends in this moment is not made again.
            Some(text) => {
                vec![vec![b"SET".to_vec(), self.key.0.clone(), text, b"XX".to_vec(), b"KEEPTTL".to_vec()]]
            }
            None => vec![command(&[b"UNLINK", &self.key.0])],
        };
        self.held = held;
        commands
    }

    fn held(&self) -> Held<'_> {
        Held::Text(self.key, &self.held)
    }

    fn done(&mut self, mut answers: Vec<Answer>) {
        let ended = match answers.pop() {
            Some(Answer::Nil | Answer::Int(0) | Answer::ServerError(_)) | None => true,
            Some(_) => false,
        };
        if !ended {
            self.gone = std::mem::take(&mut self.goes);
        }
    }

    fn given_up(&mut self, place: &str) -> Result<(), Error> {
        let index = |edit: &Edit<'_>| matches!(edit, Edit::Drop { .. } | Edit::Set { .. });
        if !self.edits.iter().any(|(_, edit)| index(edit)) {
            return Ok(());
        }
        Err(Error::Refused {
            place: place.to_string(),
            command: "SET".to_string(),
            reason: "an index list is being written continuously".to_string(),
        })
    }
}
