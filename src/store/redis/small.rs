//! Whether all values of a database are small, so that many may be asked for by one command.
//!
//! No command tells how long many strings are. But the server tells how much memory its data take, and
//! how much single keys: where as many keys as there are, of the size of some that are drawn at random,
//! account for all of the memory but a little, then no single value can be larger than that little.

use super::{RedisStore, Refusal, bulk, int};
use crate::store::Error;
use ::redis::Value as Answer;

/// What may be left unaccounted for: with a page of values that is what the server has to queue at most.
const ROOM: f64 = (12 << 20) as f64;
/// What a key takes in the server's tables next to what MEMORY USAGE counts: its bucket, and what the
/// allocator adds to its entry (measured with 30 000 and 300 000 keys: 15 bytes on Redis 7.0.15 and on
/// Valkey 9.1.2, the buckets that are empty counted).
const BESIDE: f64 = 16.0;
/// With fewer keys there is nothing to be saved.
const FEW: i64 = 5_000;
/// Keys that are drawn: a twentieth of them, and no more than this many.
const DRAWN: i64 = 2_000;
/// One that takes more is not small.
const LARGE: i64 = 32 << 10;

/// Asks once; no where the user may not ask.
pub(super) fn all(store: &mut RedisStore) -> Result<bool, Error> {
    if let Some(known) = store.small {
        return Ok(known);
    }
    let small = ask(store)?;
    store.small = Some(small);
    Ok(small)
}

fn ask(store: &mut RedisStore) -> Result<bool, Error> {
    store.push(&[b"DBSIZE"]);
    store.flush("DBSIZE")?;
    let Some(keys) = allowed(store, "DBSIZE")?.as_ref().and_then(int).filter(|keys| *keys >= FEW) else {
        return Ok(false);
    };
    store.push(&[b"MEMORY", b"STATS"]);
    store.flush("MEMORY")?;
    let database = format!("db.{}", store.target.db);
    let taken = allowed(store, "MEMORY")?.and_then(|answer| {
        let data = number(&answer, "dataset.bytes")?;
        Some(data + number(&part(&answer, &database)?, "overhead.hashtable.main")?)
    });
    let Some(taken) = taken else { return Ok(false) };
    let many = (keys / 20).min(DRAWN);
    for _ in 0..many {
        store.push(&[b"RANDOMKEY"]);
    }
    store.flush("RANDOMKEY")?;
    let mut drawn = Vec::new();
    for _ in 0..many {
        drawn.extend(allowed(store, "RANDOMKEY")?.and_then(bulk));
    }
    for key in &drawn {
        store.push(&[b"MEMORY", b"USAGE", key]);
    }
    store.flush("MEMORY")?;
    let mut sizes = Vec::with_capacity(drawn.len());
    for _ in &drawn {
        sizes.extend(allowed(store, "MEMORY")?.as_ref().and_then(int));
    }
    Ok(sizes.len() * 2 > many as usize && accounts(taken, keys, &sizes))
}

/// Whether this many keys of sizes like these account for the memory that is taken.
fn accounts(taken: i64, keys: i64, sizes: &[i64]) -> bool {
    if sizes.iter().any(|size| *size > LARGE) {
        return false;
    }
    let (drawn, keys) = (sizes.len() as f64, keys as f64);
    let mean = sizes.iter().sum::<i64>() as f64 / drawn;
    let variance = sizes.iter().map(|size| (*size as f64 - mean).powi(2)).sum::<f64>() / drawn;
    // Others would have been drawn another time: three standard errors to either side.
    let doubt = keys * 3.0 * (variance / drawn).sqrt();
    let left = taken as f64 - keys * (mean + BESIDE);
    // Where the keys account for more than there is, the server counts in another way.
    left + doubt <= ROOM && left + doubt + ROOM >= 0.0
}

/// An answer, where the user may have it.
fn allowed(store: &mut RedisStore, command: &str) -> Result<Option<Answer>, Error> {
    match store.take(command)? {
        Ok(answer) => Ok(Some(answer)),
        Err(Refusal::Fatal(error @ (Error::Lost { .. } | Error::Timeout { .. }))) => Err(error),
        Err(_) => Ok(None),
    }
}

/// What follows a name in a list of names and values.
fn part(answer: &Answer, name: &str) -> Option<Answer> {
    let Answer::Array(parts) = answer else { return None };
    let pair =
        parts.chunks_exact(2).find(|pair| bulk(pair[0].clone()).is_some_and(|is| is == name.as_bytes()))?;
    Some(pair[1].clone())
}

fn number(answer: &Answer, name: &str) -> Option<i64> {
    int(&part(answer, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_large_value_is_not_accounted_for() {
        let sizes: Vec<i64> = (0..1000).map(|n| 380 + n % 30).collect();
        for keys in [5_000, 300_000, 1_000_000] {
            let taken = keys * (395 + 15);
            assert!(accounts(taken, keys, &sizes), "{keys}");
            assert!(!accounts(taken + (16 << 20), keys, &sizes), "{keys}");
        }
        // So many that what they differ by is as much as a large value.
        assert!(!accounts(2_000_000_000 * 410, 2_000_000_000, &sizes));
        assert!(!accounts(5_000 * 410, 5_000, &[380, LARGE + 1]));
        // The keys are larger than what is said to be there.
        assert!(!accounts(5_000_000, 1_000_000, &sizes));
    }
}
