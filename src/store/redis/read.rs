//! Reading: what is asked of the server for a key, and how answers become records.
//!
//! One kind of request leads to the next (a string that turns out to be a hash, a value longer than
//! the first look), so requests are entries of a queue in the order in which they were sent, and the
//! handler of an answer may queue more.

use std::collections::{HashSet, VecDeque};

use super::{
    LOOK, LOOK_END, MAX_FIELDS, MAX_TEXT, RedisStore, Refusal, bulk, fields, int, kind_of, other, pairs,
};
use crate::store::{Error, Key, Kind, Need, Raw, Record, Ttl};
use ::redis::Value as Answer;

/// What an answer is awaited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A string at once, where values have been short so far, as far as `limit`; the rest is wanted
    /// only if it is not longer.
    Whole {
        limit: u64,
    },
    /// Many strings at once, where all values are small.
    Together,
    /// The kind of a key that was not among them.
    Absent {
        limit: u64,
    },
    /// The beginning of a string. The rest is wanted if it is not longer than `limit`.
    Start {
        limit: u64,
    },
    /// The length of a string that is longer than the first look.
    Length {
        limit: u64,
    },
    /// A string, whole.
    Rest {
        length: u64,
    },
    /// The kind of a key that is not a string, or that is empty.
    Type {
        empty: bool,
    },
    /// The number of fields, asked together with the kind. Where hashes are expected it is asked
    /// first, with the limit for a string.
    FieldCount {
        guess: Option<u64>,
    },
    /// A hash, whole.
    Fields,
    /// A hash at once, where all values are small, with the limit for a string.
    FieldsAtOnce {
        limit: u64,
    },
    /// When the fields of a hash end that was read, where there are hashes of which some do.
    FieldEnds,
    Ttl,
    Memory,
    /// When the key ends, to the millisecond.
    End,
}

/// An answer awaited for the record at `slot` of page `page`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Await {
    pub(super) page: u64,
    pub(super) slot: u32,
    pub(super) what: What,
}

/// A large value that waits for its turn.
struct Large {
    page: u64,
    slot: u32,
    length: u64,
}

/// Fields of a hash that the server looks at to say what it takes. By itself it looks at five and
/// guesses the rest, another number each time; this is all of a session's, and little of a huge key's.
const SAMPLES: &[u8] = b"128";

/// Strings that are asked for at once: more save nothing, and keep the server from others.
const TOGETHER: usize = 200;

/// Bytes of large values that may be on their way at a time.
const LARGE_AT_A_TIME: u64 = 8 << 20;

/// Requests in the order in which they were sent, and large values that wait.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) sent: VecDeque<Await>,
    large: VecDeque<Large>,
    large_on_the_way: u64,
    /// No value is large, so that many may be asked for at once.
    small: bool,
    /// The slots of strings that were asked for together, with their limit, in the order of the questions.
    together: VecDeque<(Vec<u32>, u64)>,
    /// A long value was met: from here on only beginnings are read at first.
    wary: bool,
    /// A record that is on another node by now is not an error.
    lets_go: bool,
    /// Those records, by page and slot.
    strayed: HashSet<(u64, u32)>,
}

impl Reading {
    /// Where not all values are `small`, each is asked for by its beginning first.
    pub(super) fn of(small: bool) -> Reading {
        Reading { small, lets_go: true, ..Reading::default() }
    }

    /// Whether a record could not be read here as it is on another node by now; asked once.
    pub(super) fn has_strayed(&mut self, page: u64, slot: u32) -> bool {
        !self.strayed.is_empty() && self.strayed.remove(&(page, slot))
    }

    /// Queues all requests for a record; returns how many answers it awaits.
    pub(super) fn ask(
        &mut self,
        store: &mut RedisStore,
        key: &[u8],
        at: (u64, u32),
        need: Need,
        hash: bool,
        limit: u64,
    ) -> usize {
        let before = self.sent.len();
        if need.value {
            if hash && self.small {
                self.push(store, at, What::FieldsAtOnce { limit }, &[b"HGETALL", key]);
            } else if hash {
                self.push(store, at, What::FieldCount { guess: Some(limit) }, &[b"HLEN", key]);
            } else if limit > 0 && !self.wary {
                let end = (limit - 1).to_string();
                self.push(store, at, What::Whole { limit }, &[b"GETRANGE", key, b"0", end.as_bytes()]);
            } else {
                self.start(store, key, at, limit);
            }
        }
        if need.ttl {
            self.push(store, at, What::Ttl, &[b"PTTL", key]);
        }
        if need.end && !store.no_instant {
            self.push(store, at, What::End, &[b"PEXPIRETIME", key]);
        }
        if need.memory && !store.memory_denied {
            self.push(store, at, What::Memory, &[b"MEMORY", b"USAGE", key, b"SAMPLES", SAMPLES]);
        }
        self.sent.len() - before
    }

    /// Whether strings are asked for together.
    pub(super) fn asks_together(&self, store: &RedisStore) -> bool {
        self.small && !self.wary && !store.no_mget && !store.cluster
    }

    /// Queues one request for the strings in these slots of a page; returns how many answers it awaits.
    pub(super) fn ask_together<'k>(
        &mut self,
        store: &mut RedisStore,
        page: u64,
        slots: &[u32],
        limit: u64,
        key_of: impl Fn(u32) -> &'k [u8],
    ) -> usize {
        let before = self.sent.len();
        for some in slots.chunks(TOGETHER) {
            let mget: Vec<&[u8]> =
                [&b"MGET"[..]].into_iter().chain(some.iter().map(|slot| key_of(*slot))).collect();
            self.push(store, (page, some[0]), What::Together, &mget);
            self.together.push_back((some.to_vec(), limit));
        }
        self.sent.len() - before
    }

    /// Takes the answer for strings that were asked for together, as [`Reading::take`] does for one.
    pub(super) fn take_together(
        &mut self,
        store: &mut RedisStore,
        page: u64,
        records: &mut [Record],
    ) -> Result<isize, Error> {
        let answer = store.take("MGET")?;
        let before = self.sent.len();
        let Some((slots, limit)) = self.together.pop_front() else { return Err(store.senseless("MGET")) };
        let texts = match answer {
            Ok(Answer::Array(texts)) if texts.len() == slots.len() => texts,
            Ok(_) => return Err(store.senseless("MGET")),
            Err(Refusal::Fatal(error)) if !matches!(error, Error::Denied { .. }) && !error.is_unknown() => {
                return Err(error);
            }
            // One that an ACL hides hides all of them.
            Err(_) => {
                store.no_mget = true;
                for slot in slots {
                    self.ask(store, &records[slot as usize].key.0, (page, slot), Need::VALUE, false, limit);
                }
                return Ok((self.sent.len() - before) as isize - 1);
            }
        };
        for (slot, answer) in slots.into_iter().zip(texts) {
            let record = &mut records[slot as usize];
            let Some(mut text) = bulk(answer) else {
                self.push(store, (page, slot), What::Absent { limit }, &[b"TYPE", &record.key.0]);
                self.push(store, (page, slot), What::FieldCount { guess: None }, &[b"HLEN", &record.key.0]);
                continue;
            };
            let length = text.len() as u64;
            self.wary |= length > limit;
            record.raw = if length > MAX_TEXT {
                Raw::Oversized(Kind::String, length)
            } else if length <= limit || text.len() < LOOK {
                Raw::Text(text)
            } else {
                text.truncate(LOOK);
                text.shrink_to_fit();
                Raw::Head(text, length)
            };
        }
        Ok((self.sent.len() - before) as isize - 1)
    }

    fn start(&mut self, store: &mut RedisStore, key: &[u8], at: (u64, u32), limit: u64) {
        self.push(store, at, What::Start { limit }, &[b"GETRANGE", key, b"0", LOOK_END]);
    }

    fn push(&mut self, store: &mut RedisStore, at: (u64, u32), what: What, args: &[&[u8]]) {
        store.push(args);
        self.sent.push_back(Await { page: at.0, slot: at.1, what });
    }

    /// Takes the answer to `awaited` and puts it into the record. Returns how many more answers the
    /// record now awaits, this one discounted: -1 when it was the last of its line.
    pub(super) fn take(
        &mut self,
        store: &mut RedisStore,
        awaited: Await,
        record: &mut Record,
    ) -> Result<isize, Error> {
        let at = (awaited.page, awaited.slot);
        let answer = store.take(awaited.what.command())?;
        let before = self.sent.len() + self.large.len();
        match (awaited.what, answer) {
            (What::Memory, Ok(answer)) => record.memory = int(&answer).map(|n| n.max(0) as u64),
            // Managed services switch MEMORY off; a listing without sizes is better than none.
            (What::Memory, Err(Refusal::HiddenKey | Refusal::WrongType)) => {}
            (What::Memory, Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. }))) => {
                store.memory_denied = true;
            }
            (What::End, Ok(answer)) => record.exact_end = int(&answer).filter(|end| *end >= -1),
            (What::End, Err(Refusal::HiddenKey | Refusal::WrongType)) => {}
            // Older servers do not know it, and some users may not ask.
            (What::End, Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. }))) => {
                store.no_instant = true;
            }
            // Anyone who scans a cluster asks for it again where it is now.
            (what, Err(Refusal::Fatal(Error::Moved { .. }))) if self.lets_go => {
                self.settle_large(what);
                record.raw = Raw::Gone;
                self.strayed.insert(at);
            }
            (What::FieldEnds, Ok(answer)) => {
                if let Raw::Hash(fields) = &record.raw {
                    record.ends = fields::of(&answer, fields.iter().map(|(field, _)| &field[..]));
                }
            }
            // Who may not ask sees the key's own end.
            (What::FieldEnds, Err(Refusal::HiddenKey | Refusal::WrongType)) => {}
            (What::FieldEnds, Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. }))) => {
                store.some_fields_end = Some(false);
            }
            (_, Err(Refusal::Fatal(error))) => return Err(error),
            (
                What::Whole { .. }
                | What::Start { .. }
                | What::FieldCount { guess: Some(_) }
                | What::FieldsAtOnce { .. },
                Err(Refusal::HiddenKey),
            ) => {
                store.hidden_keys += 1;
                record.raw = Raw::Gone;
            }
            (_, Err(Refusal::HiddenKey)) => record.raw = Raw::Gone,
            (What::Ttl, Ok(answer)) => match int(&answer) {
                Some(ms) => record.ttl = Ttl::from_pttl(ms),
                None => return Err(store.senseless("PTTL")),
            },
            (What::Whole { limit }, Ok(answer)) => {
                let mut text = bulk(answer).ok_or_else(|| store.senseless("GETRANGE"))?;
                self.wary |= text.len() >= LOOK;
                if text.is_empty() {
                    self.push(store, at, What::Type { empty: true }, &[b"TYPE", &record.key.0]);
                } else if (text.len() as u64) < limit {
                    record.raw = Raw::Text(text);
                } else {
                    // Its beginning is kept, and the rest asked for again when its turn comes.
                    text.truncate(LOOK);
                    text.shrink_to_fit();
                    record.raw = Raw::Head(text, limit);
                    self.push(store, at, What::Length { limit }, &[b"STRLEN", &record.key.0]);
                }
            }
            (What::Start { limit }, Ok(answer)) => {
                let text = bulk(answer).ok_or_else(|| store.senseless("GETRANGE"))?;
                if text.is_empty() {
                    self.push(store, at, What::Type { empty: true }, &[b"TYPE", &record.key.0]);
                } else if text.len() < LOOK {
                    record.raw = Raw::Text(text);
                } else {
                    record.raw = Raw::Head(text, LOOK as u64);
                    self.push(store, at, What::Length { limit }, &[b"STRLEN", &record.key.0]);
                }
            }
            (
                What::Whole { .. } | What::Start { .. } | What::Length { .. } | What::Rest { .. },
                Err(Refusal::WrongType),
            ) => {
                self.settle_large(awaited.what);
                self.push(store, at, What::Type { empty: false }, &[b"TYPE", &record.key.0]);
                self.push(store, at, What::FieldCount { guess: None }, &[b"HLEN", &record.key.0]);
            }
            (What::Length { limit }, Ok(answer)) => {
                let length = int(&answer).ok_or_else(|| store.senseless("STRLEN"))?.max(0) as u64;
                if length > MAX_TEXT {
                    record.raw = Raw::Oversized(Kind::String, length);
                } else if length > limit {
                    if let Raw::Head(_, known) = &mut record.raw {
                        *known = length;
                    }
                } else {
                    self.large.push_back(Large { page: at.0, slot: at.1, length });
                }
            }
            (What::Rest { .. }, Ok(answer)) => {
                self.settle_large(awaited.what);
                record.raw = bulk(answer).map_or(Raw::Gone, Raw::Text);
            }
            (What::Absent { limit }, Ok(answer)) => match kind_of(&answer) {
                // It was made again meanwhile.
                Some(Kind::String) => {
                    record.raw = Raw::Gone;
                    self.start(store, &record.key.0, at, limit);
                }
                kind => record.raw = other(kind),
            },
            (What::Type { empty }, Ok(answer)) => match kind_of(&answer) {
                Some(Kind::String) if empty => record.raw = Raw::Text(Vec::new()),
                kind => record.raw = other(kind),
            },
            (What::Type { .. } | What::Absent { .. }, Err(Refusal::WrongType)) => {
                return Err(store.senseless("TYPE"));
            }
            (What::Together, _) => return Err(store.senseless("MGET")),
            (What::FieldCount { guess }, Ok(answer)) => {
                let count = int(&answer).ok_or_else(|| store.senseless("HLEN"))?.max(0) as u64;
                if guess.is_some() && count == 0 {
                    record.raw = Raw::Gone;
                } else if count > MAX_FIELDS {
                    record.raw = Raw::Oversized(Kind::Hash, count);
                } else if guess.is_some() || record.raw == Raw::Other(Kind::Hash) {
                    self.push(store, at, What::Fields, &[b"HGETALL", &record.key.0]);
                }
            }
            (
                What::FieldCount { guess: Some(limit) } | What::FieldsAtOnce { limit },
                Err(Refusal::WrongType),
            ) => {
                self.start(store, &record.key.0, at, limit);
            }
            // No hash: the kind that TYPE gave stands.
            (What::FieldCount { guess: None } | What::Ttl, Err(Refusal::WrongType)) => {}
            (What::Fields | What::FieldsAtOnce { .. }, Ok(answer)) => {
                let fields = pairs(answer).ok_or_else(|| store.senseless("HGETALL"))?;
                record.raw = match fields.len() as u64 {
                    0 => Raw::Gone,
                    many if many > MAX_FIELDS => Raw::Oversized(Kind::Hash, many),
                    _ => Raw::Hash(fields),
                };
                if let (Some(true), Raw::Hash(fields)) = (store.some_fields_end, &record.raw) {
                    let names: Vec<&[u8]> = fields.iter().map(|(field, _)| &field[..]).collect();
                    fields::ask_ends(store, b"HPTTL", &record.key.0, &names);
                    self.sent.push_back(Await { page: at.0, slot: at.1, what: What::FieldEnds });
                }
            }
            // It changed its type between two questions; it is not what was seen, whatever it is.
            (What::Fields, Err(Refusal::WrongType)) => record.raw = Raw::Gone,
        }
        Ok((self.sent.len() + self.large.len()) as isize - before as isize - 1)
    }

    fn settle_large(&mut self, what: What) {
        if let What::Rest { length } = what {
            self.large_on_the_way -= length;
        }
    }

    /// Queues large values as far as there is room for them; `key_of` finds the key of a record.
    pub(super) fn ask_large<'k>(&mut self, store: &mut RedisStore, key_of: impl Fn(u64, u32) -> &'k [u8]) {
        while let Some(next) = self.large.front() {
            let fits = self.large_on_the_way == 0 || self.large_on_the_way + next.length <= LARGE_AT_A_TIME;
            if !fits {
                break;
            }
            let Large { page, slot, length } = *next;
            self.large.pop_front();
            self.large_on_the_way += length;
            let key = key_of(page, slot).to_vec();
            self.push(store, (page, slot), What::Rest { length }, &[b"GET", &key]);
        }
    }
}

impl What {
    fn command(self) -> &'static str {
        match self {
            What::Whole { .. } | What::Start { .. } => "GETRANGE",
            What::Length { .. } => "STRLEN",
            What::Rest { .. } => "GET",
            What::Together => "MGET",
            What::Type { .. } | What::Absent { .. } => "TYPE",
            What::FieldCount { .. } => "HLEN",
            What::Fields | What::FieldsAtOnce { .. } => "HGETALL",
            What::FieldEnds => "HPTTL",
            What::Ttl => "PTTL",
            What::Memory => "MEMORY",
            What::End => "PEXPIRETIME",
        }
    }
}

/// Reads these keys whole.
pub(super) fn records(store: &mut RedisStore, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
    within(store, keys, need, MAX_TEXT)
}

/// Reads these keys, of longer strings than this the beginning.
pub(super) fn within(
    store: &mut RedisStore,
    keys: &[Key],
    need: Need,
    limit: u64,
) -> Result<Vec<Record>, Error> {
    let mut records: Vec<Record> = keys.iter().map(|key| Record::unread(key.0.clone(), need)).collect();
    let mut unknown = need.value && store.some_fields_end.is_none() && !keys.is_empty();
    if unknown {
        fields::ask(store);
    }
    // Chunks bound what is on its way at a time.
    for start in (0..records.len()).step_by(500) {
        let end = (start + 500).min(records.len());
        // These may be any keys: their beginnings tell how long they are.
        let mut reading = Reading { wary: true, ..Reading::default() };
        for (slot, key) in keys.iter().enumerate().take(end).skip(start) {
            reading.ask(store, &key.0, (0, slot as u32), need, false, limit);
        }
        loop {
            reading.ask_large(store, |_, slot| &keys[slot as usize].0);
            store.flush("GETRANGE")?;
            if std::mem::take(&mut unknown) {
                fields::hear(store)?;
            }
            let Some(awaited) = reading.sent.pop_front() else { break };
            reading.take(store, awaited, &mut records[awaited.slot as usize])?;
        }
    }
    for record in &mut records {
        if !need.value && record.ttl == Ttl::Gone {
            record.raw = Raw::Gone;
        }
    }
    Ok(records)
}
