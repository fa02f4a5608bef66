//! How a dump is named, and when it is opened: once, when it is first read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::hash::{Dumped, HashPlace};
use super::input::Origin;
use super::{Dump, DumpReader};
use crate::store::{Error, Lookup, Medium, Open, Store};
use crate::text::clock;
use crate::text::safe::safe;

/// A dump that is named and not opened yet.
#[derive(Debug)]
pub struct DumpPlace {
    origin: Origin,
    db: u32,
    /// In milliseconds since 1970.
    now: Option<i64>,
    opened: Mutex<Option<Arc<Dump>>>,
}

/// What names of dumps end in, where nothing else says that they are dumps.
const ENDS: &[&str] = &[".rdb", ".rdb.gz", ".rdb.zst"];

impl DumpPlace {
    fn new(origin: Origin, db: u32) -> DumpPlace {
        DumpPlace { origin, db, now: None, opened: Mutex::new(None) }
    }

    /// From `rdb:PATH`, `rdb:-` for standard input, `aof:PATH`, or a path that ends as those of dumps; `?db=N`
    /// names another database than 0. `None` is a name of something else.
    pub fn parse(text: &str) -> Option<Result<DumpPlace, Error>> {
        let scheme = text.get(..4).map(str::to_ascii_lowercase);
        let scheme = scheme.as_deref().filter(|scheme| matches!(*scheme, "rdb:" | "aof:"));
        let path = match scheme {
            Some(_) => text[4..].strip_prefix("//").unwrap_or(&text[4..]),
            None if text.contains("://") => return None,
            None => text,
        };
        let (path, db) = match split(path) {
            Ok(split) => split,
            Err(error) => return (scheme.is_some() || is_named_so(path)).then_some(Err(error)),
        };
        if scheme.is_none() && !is_named_so(path) {
            return None;
        }
        Some(match path {
            "" => Err(Error::Target(
                "the dump has no path; it is given as rdb:PATH, or rdb:- for standard input".to_string(),
            )),
            path if scheme == Some("aof:") => Ok(DumpPlace::new(Origin::Aof(PathBuf::from(path)), db)),
            "-" => Ok(DumpPlace::new(Origin::Stdin, db)),
            path => Ok(DumpPlace::new(Origin::Path(PathBuf::from(path)), db)),
        })
    }

    /// The same as of that moment, in milliseconds since 1970, if one is given; else as of its own.
    #[must_use]
    pub fn at(self, now: Option<i64>) -> DumpPlace {
        DumpPlace { now, ..self }
    }

    fn dump(&self) -> Result<Arc<Dump>, Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dump) = &*opened {
            return Ok(Arc::clone(dump));
        }
        let dump = Arc::new(Dump::open(&self.origin, self.db, self.now)?);
        // Ends, ages and times are told as of the moment that the dump is of.
        clock::stand_still(dump.now());
        *opened = Some(Arc::clone(&dump));
        Ok(dump)
    }
}

fn is_named_so(path: &str) -> bool {
    let lower = path.split('?').next().unwrap_or(path).to_ascii_lowercase();
    ENDS.iter().any(|end| lower.ends_with(end))
}

/// The path and the database; of a file whose name has a question mark in it all is the path.
fn split(text: &str) -> Result<(&str, u32), Error> {
    let Some((path, query)) = text.rsplit_once('?').filter(|_| !Path::new(text).exists()) else {
        return Ok((text, 0));
    };
    let number = query.strip_prefix("db=").and_then(|number| number.parse().ok());
    let wrong = || {
        Error::Target(
            "after the `?` of a dump only `db=N` is allowed, with the number of a database".to_string(),
        )
    };
    Ok((path, number.ok_or_else(wrong)?))
}

impl Open for DumpPlace {
    fn place(&self) -> String {
        match &self.origin {
            Origin::Stdin => "rdb:-".to_string(),
            Origin::Path(path) => format!("rdb:{}", safe(&path.to_string_lossy())),
            Origin::Aof(path) => format!("aof:{}", safe(&path.to_string_lossy())),
        }
    }

    fn medium(&self) -> Medium {
        Medium::Redis
    }

    fn login(&self) -> &'static str {
        ""
    }

    fn within(&self, hash: &str) -> Option<Box<dyn Open>> {
        let same = DumpPlace::new(self.origin.clone(), self.db).at(self.now);
        Some(Box::new(HashPlace::new(same, hash.as_bytes())))
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(Box::new(self.dump()?.reader()))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Err(Error::Unsupported {
            place: self.place(),
            why: "is a dump file: its sessions can be read but not changed".to_string(),
            hint: "to change something, name the server with --store, or load the dump into a private \
                   one: redis-server --dir DIR --dbfilename FILE"
                .to_string(),
        })
    }
}

impl Dumped for DumpPlace {
    fn dump_with(&self, _: &[u8]) -> Result<DumpReader, Error> {
        Ok(self.dump()?.reader())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dumps() {
        let of = |text: &str| match DumpPlace::parse(text) {
            Some(Ok(place)) => format!("{} {}", place.place(), place.db),
            Some(Err(error)) => format!("error: {error}"),
            None => "none".to_string(),
        };
        for (text, expected) in [
            ("dump.rdb", "rdb:dump.rdb 0"),
            ("/var/lib/redis/DUMP.RDB", "rdb:/var/lib/redis/DUMP.RDB 0"),
            ("a/dump.rdb.gz?db=3", "rdb:a/dump.rdb.gz 3"),
            ("dump.rdb.zst", "rdb:dump.rdb.zst 0"),
            ("rdb:anything", "rdb:anything 0"),
            ("RDB:///tmp/x", "rdb:/tmp/x 0"),
            ("rdb:-", "rdb:- 0"),
            ("rdb:-?db=1", "rdb:- 1"),
            ("aof:/var/lib/redis/appendonlydir?db=2", "aof:/var/lib/redis/appendonlydir 2"),
            ("redis://h/dump.rdb", "none"),
            ("localhost", "none"),
            ("localhost?db=x", "none"),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        assert!(of("rdb:").starts_with("error: the dump has no path"));
        assert!(of("dump.rdb?db=x").starts_with("error: after the `?`"));
    }
}
