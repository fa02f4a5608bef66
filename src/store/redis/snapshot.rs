//! All that a server holds, as a replica gets it (`?via=snapshot`): the server forks once and sends a dump,
//! and is asked for no key.
//!
//! The dump is spooled and read like a file. The connection ends with it, so that the server keeps no
//! replica. What is said, and what answers it (replication.c `syncCommand`, `replconfCommand` and
//! `replicationSetupSlaveForFullResync`, rdb.c `rdbSaveRioWithEOFMark`; measured on Redis 6.2, 7.0 and 8.2 and
//! Valkey 9.1):
//!
//! - `REPLCONF capa eof` lets the server send what it has not written to its disk before.
//! - `REPLCONF version`: Valkey from 9.0 on writes an older format to anyone who names no version, which has no
//!   room for the ends of fields, and breaks off where there is one. Others refuse it, which does no harm.
//! - `REPLCONF rdb-only 1`: from 7.0 on the server hangs up after the dump and does not count us among its
//!   replicas. There is no `listening-port` for the same reason: sentinels look up replicas on the server, and
//!   keep those they find.
//! - `PSYNC ? -1` is answered by `+FULLRESYNC ID OFFSET`, with empty lines before it and after it for as long as
//!   the dump is not ready; then comes `$LENGTH` and the dump, or `$EOF:` with forty bytes, the dump, and the same
//!   bytes. Servers that do not know it have `SYNC`, which has no first line.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::redis::{RedisError, Value as Answer};

use super::cluster::{self, Given, OneNode};
use super::failure::classify;
use super::target::{ReadFrom, Target};
use super::wire::Wire;
use super::{RedisStore, single};
use crate::store::rdb::hash::{Dumped, HashPlace};
use crate::store::rdb::input::{self, Opened};
use crate::store::rdb::{Dump, DumpReader};
use crate::store::{Error, Lookup, Medium, Open, Source as _, Store};
use crate::text::clock;

mod several;

use several::{Lacking, Several};

/// The version that servers are told: the newest whose dumps are known.
const VERSION: &[u8] = b"9.1.0";
/// Bytes of the mark that ends a dump whose length is not known before.
const MARK: usize = 40;
/// Bytes that are taken at a time.
const PIECE: usize = 256 << 10;

const LEAVE_OUT: &str = "leave ?via=snapshot out of the store: keys are then read one by one";

/// A server whose snapshot is to be read; it is taken once, at the first read.
#[derive(Debug)]
pub struct Snapshot {
    target: Target,
    /// In milliseconds since 1970.
    now: Option<i64>,
    taken: Mutex<Option<Taken>>,
}

/// What was sent: by one server, or by each of a cluster's nodes.
#[derive(Debug, Clone)]
enum Taken {
    One(Arc<Dump>),
    Several(Arc<Several>),
}

impl Snapshot {
    /// Sessions are judged as of that moment, in milliseconds since 1970, or as of the present.
    pub fn of(target: Target, now: Option<i64>) -> Snapshot {
        Snapshot { target, now, taken: Mutex::new(None) }
    }

    fn taken(&self) -> Result<Taken, Error> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*taken {
            return Ok(known.clone());
        }
        let fresh = take(&self.target, self.now)?;
        // What is read twice is to be the same twice.
        clock::stand_still(match &fresh {
            Taken::One(dump) => dump.now(),
            Taken::Several(several) => several.now(),
        });
        Ok(taken.insert(fresh).clone())
    }
}

impl Open for Snapshot {
    fn place(&self) -> String {
        self.target.place()
    }

    fn medium(&self) -> Medium {
        Medium::Redis
    }

    fn login(&self) -> &str {
        self.target.user_name()
    }

    fn caution(&self) -> Option<&'static str> {
        self.target.caution()
    }

    fn announcement(&self) -> Option<&'static str> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.is_none().then_some(
            "the server forks once (in a cluster each primary) and sends a snapshot of all its databases, as to a replica (rights: +psync \
             +replconf); this can take a while",
        )
    }

    fn within(&self, hash: &str) -> Option<Box<dyn Open>> {
        let same = Snapshot::of(self.target.clone(), self.now);
        Some(Box::new(HashPlace::new(same, hash.as_bytes())))
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(match self.taken()? {
            Taken::One(dump) => Box::new(dump.reader()),
            Taken::Several(several) => Box::new(several.reader()),
        })
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Err(Error::Unsupported {
            place: self.place(),
            why: "is a snapshot: its sessions can be read but not changed".to_string(),
            hint: "to change something, leave ?via=snapshot out of the store".to_string(),
        })
    }
}

impl Dumped for Snapshot {
    fn dump_with(&self, key: &[u8]) -> Result<DumpReader, Error> {
        match self.taken()? {
            Taken::One(dump) => Ok(dump.reader()),
            Taken::Several(several) => several.with(key),
        }
    }
}

fn take(target: &Target, now: Option<i64>) -> Result<Taken, Error> {
    let target = Target { snapshot: false, ..target.clone() };
    let Some(server) = server(&target)? else { return take_several(&target, now) };
    let sent = sent(server, target.timeout, target.place())?;
    let at = now.unwrap_or(sent.at);
    Ok(Taken::One(Arc::new(Dump::received(sent.opened, sent.place, target.db, at)?)))
}

/// A dump that a node has sent, and the slots of which it has all.
type Part = (Sent, Vec<u16>);

/// Takes one of each primary of a cluster, or the one of the node that alone is to be read.
fn take_several(target: &Target, now: Option<i64>) -> Result<Taken, Error> {
    let (parts, lacking) = match &target.only {
        Some((host, port)) => of_node(target, host, *port)?,
        None => of_primaries(target)?,
    };
    // All of them are judged as of one moment, the last.
    let last = parts.iter().map(|(sent, _)| sent.at).max().unwrap_or_default();
    let at = now.unwrap_or(last);
    let dumps = parts
        .into_iter()
        .map(|(sent, slots)| Ok((Dump::received(sent.opened, sent.place, target.db, at)?, slots)));
    let dumps = dumps.collect::<Result<Vec<_>, Error>>()?;
    Ok(Taken::Several(Arc::new(Several::new(target.place(), dumps, lacking))))
}

fn of_node(target: &Target, host: &str, port: u16) -> Result<(Vec<Part>, Lacking), Error> {
    let node = OneNode::open(&Target { node: true, ..target.at_host(host, port) })?;
    let (server, slots) = node.apart();
    let place = server.place.clone();
    let sent = sent(server, target.timeout, place.clone())?;
    Ok((vec![(sent, slots)], Lacking::Alone(place)))
}

/// A node that sends nothing is left out, and said, unless nobody sends anything or someone may not ask.
fn of_primaries(target: &Target) -> Result<(Vec<Part>, Lacking), Error> {
    let take = |server: RedisStore| {
        let place = server.place.clone();
        sent(server, target.timeout, place)
    };
    let (mut parts, mut errors) = (Vec::new(), Vec::new());
    let mut moved = false;
    for Given { what, had, kept } in cluster::of_each(target, &take)? {
        match what {
            Ok(sent) => {
                moved |= had.iter().any(|slot| !kept.contains(slot));
                parts.push((sent, kept));
            }
            Err(error @ (Error::Denied { .. } | Error::Authentication { .. } | Error::NoPassword { .. })) => {
                return Err(error);
            }
            Err(error) => errors.push(error),
        }
    }
    let mut reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if let Some(error) = errors.into_iter().next().filter(|_| parts.is_empty()) {
        return Err(error);
    }
    if moved {
        reasons.push(MOVED.to_string());
    }
    if reasons.is_empty() {
        reasons.push("no node has them".to_string());
    }
    Ok((parts, Lacking::Unseen(reasons.join("; "))))
}

const MOVED: &str = "slots moved while the snapshots were taken, so that their sessions may be in two of them or in \
                     none";

/// A dump that a server has sent.
struct Sent {
    opened: Opened,
    place: String,
    /// When all of it was there, in milliseconds since 1970 by the server's clock.
    at: i64,
}

/// Has a server send its dump, which takes as long as it takes; `limit` is how long it may be silent.
fn sent(mut server: RedisStore, limit: Duration, place: String) -> Result<Sent, Error> {
    // By the server's clock, and from then on by ours.
    let began = Instant::now();
    let then = match server.now() {
        Ok(then) => then,
        Err(Error::Denied { .. } | Error::Refused { .. }) => clock::now_ms(),
        Err(error) => return Err(error),
    };
    let body = ask(&mut server)?;
    // The connection ends with it: the server need not wait until it is looked through.
    let opened = input::received(Body::new(&mut server.connection, body, limit), &place)?;
    let took = i64::try_from(began.elapsed().as_millis()).unwrap_or(0);
    Ok(Sent { opened, place, at: then.saturating_add(took) })
}

/// The one server that holds everything, logged in to; `None` where the keys are on several.
fn server(target: &Target) -> Result<Option<RedisStore>, Error> {
    let Some(store) = single(target)? else { return Ok(None) };
    let chosen = target.only.is_some() || target.reads != ReadFrom::Primary;
    if target.service.is_none() && !store.cluster && chosen {
        let which = if target.only.is_some() { "--node" } else { "--read-from" };
        return Err(Error::Unsupported {
            place: target.place(),
            why: "is a single server, so there is nothing else to read from".to_string(),
            hint: format!("leave out {which}"),
        });
    }
    Ok(Some(store))
}

/// Where the dump ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Behind(u64),
    Before([u8; MARK]),
}

/// Asks for the dump; what comes next on the connection is it.
fn ask(server: &mut RedisStore) -> Result<End, Error> {
    let place = server.place.clone();
    let refused = |why: String| Error::File {
        place: place.clone(),
        why: format!("it sends no snapshot: {why}"),
        hint: Some(LEAVE_OUT.to_string()),
    };
    for about in [&[&b"capa"[..], b"eof"], &[b"version", VERSION], &[b"rdb-only", b"1"]] {
        match server.ask(&[b"REPLCONF", about[0], about[1]]) {
            // Older servers know less of it.
            Ok(_) | Err(Error::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    server.push(&[b"PSYNC", b"?", b"-1"]);
    server.flush("PSYNC")?;
    let mut asked = "PSYNC";
    loop {
        let line = server.connection.line_to_come().map_err(|error| server.classify(&error, asked))?;
        match line.first() {
            Some(b'+') if line.starts_with(b"+FULLRESYNC ") => {}
            Some(b'$') => {
                return end_in(&line).ok_or_else(|| server.senseless(asked));
            }
            Some(b'-') => {
                let error = error_in(&line).ok_or_else(|| server.senseless(asked))?;
                if error.code() == Some("NOMASTERLINK") {
                    return Err(refused("it is a replica that has no connection to its primary".to_string()));
                }
                match classify(&error, &server.place, &server.user, asked) {
                    error if error.is_unknown() && asked == "PSYNC" => {
                        asked = "SYNC";
                        server.push(&[b"SYNC"]);
                        server.flush(asked)?;
                    }
                    Error::Refused { reason, .. } => return Err(refused(reason)),
                    error => return Err(error),
                }
            }
            _ => return Err(server.senseless(asked)),
        }
    }
}

/// `$LENGTH` or `$EOF:` and the mark.
fn end_in(line: &[u8]) -> Option<End> {
    let text = line.strip_prefix(b"$")?;
    match text.strip_prefix(b"EOF:") {
        Some(mark) => Some(End::Before(mark.try_into().ok()?)),
        None => Some(End::Behind(std::str::from_utf8(text).ok()?.parse().ok()?)),
    }
}

fn error_in(line: &[u8]) -> Option<RedisError> {
    let line = String::from_utf8_lossy(line);
    let answer = ::redis::parse_redis_value(format!("{line}\r\n").as_bytes()).ok()?;
    match answer {
        Answer::ServerError(error) => Some(error.into()),
        _ => None,
    }
}

/// A dump as it comes, up to where it ends; an error where it does not.
struct Body<'w> {
    wire: &'w mut Wire,
    end: End,
    /// How long may be waited for each piece.
    patience: Duration,
    /// What came and was not handed on yet: from `given` on, up to `sure` for certain.
    held: Vec<u8>,
    given: usize,
    sure: usize,
    over: bool,
}

impl Body<'_> {
    fn new(wire: &mut Wire, end: End, patience: Duration) -> Body<'_> {
        let over = end == End::Behind(0);
        Body { wire, end, patience, held: Vec::new(), given: 0, sure: 0, over }
    }

    /// Takes one more piece.
    fn more(&mut self) -> io::Result<()> {
        self.held.drain(..self.given);
        self.given = 0;
        let before = self.held.len();
        let room = match &self.end {
            End::Behind(left) => usize::try_from(*left).unwrap_or(PIECE).min(PIECE),
            End::Before(_) => PIECE,
        };
        self.held.resize(before + room, 0);
        let came = self.wire.piece(&mut self.held[before..]);
        self.held.truncate(before + *came.as_ref().unwrap_or(&0));
        match came {
            Ok(0) => return Err(io::Error::other("the server closed the connection")),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                let seconds = self.patience.as_secs().max(1);
                return Err(io::Error::other(format!("the server sent nothing for {seconds} s (--timeout)")));
            }
            Err(error) => return Err(io::Error::other(super::failure::plain(&error))),
        }
        match &mut self.end {
            End::Behind(left) => {
                *left -= (self.held.len() - before) as u64;
                self.over = *left == 0;
                self.sure = self.held.len();
            }
            End::Before(mark) => match memchr::memmem::find(&self.held, mark) {
                Some(at) => (self.sure, self.over) = (at, true),
                // The mark may have begun.
                None => self.sure = self.held.len().saturating_sub(MARK - 1),
            },
        }
        Ok(())
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.sure {
            if self.over || buffer.is_empty() {
                return Ok(0);
            }
            self.sure = 0;
            self.more()?;
        }
        let here = buffer.len().min(self.sure - self.given);
        buffer[..here].copy_from_slice(&self.held[self.given..self.given + here]);
        self.given += here;
        Ok(here)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::super::wire::Stream;
    use super::*;

    const SOME_MARK: [u8; MARK] = *b"0123456789abcdef0123456789abcdef01234567";

    /// What is read of a dump that comes in pieces of this size.
    fn read(bytes: &[u8], size: usize, end: &End) -> (Vec<u8>, io::Result<usize>) {
        let (here, mut there) = UnixStream::pair().unwrap();
        let mut wire = Wire::new(Stream::Plain(here.into()));
        wire.limit(Duration::from_secs(20)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || bytes.chunks(size).all(|piece| there.write_all(piece).is_ok()));
            let mut all = Vec::new();
            let ended = Body::new(&mut wire, end.clone(), Duration::from_secs(20)).read_to_end(&mut all);
            drop(wire);
            (all, ended)
        })
    }

    #[test]
    fn a_dump_ends_at_its_length_or_before_its_mark() {
        // With the beginning of a mark within it, and what a primary sends next behind it.
        let mut dump = b"REDIS0009".repeat(20);
        dump.extend_from_slice(&SOME_MARK[..MARK - 1]);
        dump.push(b'x');
        let behind = b"*1\r\n$4\r\nping\r\n";
        for size in [1, 7, 39, 40, 41, 1000] {
            let whole = [&dump[..], behind].concat();
            let (read_so, ended) = read(&whole, size, &End::Behind(dump.len() as u64));
            assert!(read_so == dump && ended.is_ok(), "in pieces of {size}");
            let whole = [&dump[..], &SOME_MARK, behind].concat();
            let (read_so, ended) = read(&whole, size, &End::Before(SOME_MARK));
            assert!(read_so == dump && ended.is_ok(), "in pieces of {size}");
        }
        for end in [End::Behind(dump.len() as u64 + 1), End::Before(SOME_MARK)] {
            let (read_so, ended) = read(&dump, 64, &end);
            assert!(dump.starts_with(&read_so) && read_so.len() + MARK > dump.len());
            assert_eq!(ended.unwrap_err().to_string(), "the server closed the connection");
        }
    }

    #[test]
    fn the_head_of_a_dump_is_read() {
        assert_eq!(end_in(b"$12"), Some(End::Behind(12)));
        let line = [&b"$EOF:"[..], &SOME_MARK].concat();
        assert_eq!(end_in(&line), Some(End::Before(SOME_MARK)));
        for line in [&b"$"[..], b"$-1", b"$EOF:", &line[..line.len() - 1], b"+OK"] {
            assert_eq!(end_in(line), None);
        }
    }
}
