//! Fields of hashes that end by themselves (since Redis 7.4 and Valkey 9.0).
//!
//! Hashes of which some do are counted by the server, so that nothing is asked where there are none.

use ::redis::Value as Answer;

use super::guarded::{Command, command};
use super::{RedisStore, Refusal, bulk, int};
use crate::store::{Error, Key};

/// How the server calls the number of those hashes, in the database's line of INFO keyspace: Redis, Valkey.
const COUNTS: [&str; 2] = ["subexpiry=", "keys_with_volatile_items="];

/// Queues the question whether there are such hashes; [`hear`] takes the answer.
pub(super) fn ask(store: &mut RedisStore) {
    store.push(&[b"INFO", b"keyspace"]);
}

pub(super) fn hear(store: &mut RedisStore) -> Result<(), Error> {
    let info = match store.take("INFO")? {
        Ok(Answer::VerbatimString { text, .. }) => text,
        Ok(answer) => {
            bulk(answer).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
        }
        // Who may not ask sees the keys' own ends.
        Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. })) => String::new(),
        Err(Refusal::Fatal(error)) => return Err(error),
        Err(_) => String::new(),
    };
    store.some_fields_end = Some(counted(&info, store.target.db) > 0);
    Ok(())
}

/// Whether there are such hashes, asked where that is not known.
pub(super) fn some_end(store: &mut RedisStore) -> Result<bool, Error> {
    if store.some_fields_end.is_none() {
        ask(store);
        store.flush("INFO")?;
        hear(store)?;
    }
    Ok(store.some_fields_end == Some(true))
}

/// The number of them in a database.
fn counted(info: &str, db: u32) -> u64 {
    let head = format!("db{db}:");
    let line = info.lines().find_map(|line| line.strip_prefix(&head)).unwrap_or_default();
    let number = |part: &str| COUNTS.iter().find_map(|name| part.strip_prefix(name))?.trim().parse().ok();
    line.split(',').find_map(number).unwrap_or(0)
}

/// Queues the question when these fields of a hash end: `HPTTL` in how many milliseconds, `HPEXPIRETIME` at
/// which time.
pub(super) fn ask_ends(store: &mut RedisStore, command: &[u8], key: &[u8], fields: &[&[u8]]) {
    let many = fields.len().to_string();
    store.push(&[&[command, key, b"FIELDS", many.as_bytes()], fields].concat());
}

/// The numbers of an answer to that, one a field; `None` is a field without an end, or none at all. They are
/// missing where the answer is no such list.
pub(super) fn ends_in(answer: &Answer) -> Vec<Option<i64>> {
    let Answer::Array(items) = answer else { return Vec::new() };
    items.iter().map(|item| int(item).filter(|end| *end >= 0)).collect()
}

/// The fields of these that end, and when by such an answer.
pub(super) fn of<'f>(answer: &Answer, fields: impl Iterator<Item = &'f [u8]>) -> Vec<(Vec<u8>, u64)> {
    let ends = fields.zip(ends_in(answer));
    ends.filter_map(|(field, end)| Some((field.to_vec(), u64::try_from(end?).ok()?))).collect()
}

/// The command that lets a field end at that time (ms since 1970): one that is written again has lost its end.
pub(super) fn end_at(key: &Key, field: &[u8], at: i64) -> Command {
    command(&[b"HPEXPIREAT", &key.0, at.to_string().as_bytes(), b"FIELDS", b"1", field])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_counted_as_either_server_says_it() {
        let redis = "# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=9,subexpiry=2\r\ndb1:keys=1,subexpiry=0\r\n";
        assert_eq!((counted(redis, 0), counted(redis, 1), counted(redis, 2)), (2, 0, 0));
        assert_eq!(counted("db0:keys=3,expires=1,avg_ttl=9,keys_with_volatile_items=5\r\n", 0), 5);
        assert_eq!(counted("db0:keys=3,expires=1,avg_ttl=9\r\n", 0), 0);
    }
}
