//! One connection to one server, and what is said on it.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{exptime, unreachable};
use crate::store::error::Error;
use crate::store::step::{Expiry, Outcome, Own, Rewrite};
use crate::text::clock::now_ms;

/// A line is a key with a few numbers.
const LINE: u64 = 4 << 10;
/// Longer values are not kept.
const VALUE: u64 = 64 << 20;
/// Keys have at most this many bytes.
const KEY: usize = 250;
/// How long another listing is waited for.
const BUSY: Duration = Duration::from_secs(20);

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(String, u16),
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp(host, port) => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(into),
            Stream::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An item as it was read.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Vec<u8>,
    pub(super) flags: u32,
    /// What changes with every write.
    unique: u64,
    /// When it ends, in ms since 1970; the inner `None` is never, the outer is not known.
    #[expect(clippy::option_option, reason = "older servers do not say")]
    pub(super) end: Option<Option<i64>>,
    /// The length of a value that was not kept.
    pub(super) too_large: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) address: Address,
    place: String,
    timeout: Duration,
    stream: BufReader<Stream>,
    /// Whether the server knows the meta commands (1.6).
    meta: bool,
}

fn is_key(key: &[u8]) -> bool {
    (1..=KEY).contains(&key.len()) && key.iter().all(|byte| *byte > b' ' && *byte != 0x7f)
}

/// Undoes what `metadump` does to bytes that are not plain characters.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escaped = match text[at..] {
            [b'%', high, low, ..] => digit(high).zip(digit(low)).map(|(high, low)| (high * 16 + low) as u8),
            _ => None,
        };
        plain.push(escaped.unwrap_or(text[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    plain
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl Link {
    pub(super) fn open(
        address: &Address,
        connecting: Duration,
        timeout: Duration,
        login: Option<&(String, String)>,
    ) -> Result<Link, Error> {
        let place = format!("memcached://{address}");
        let opened = match address {
            Address::Unix(path) => UnixStream::connect(path).and_then(|stream| {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                Ok(Stream::Unix(stream))
            }),
            Address::Tcp(host, port) => tcp(host, *port, connecting).and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                Ok(Stream::Tcp(stream))
            }),
        };
        let stream = BufReader::new(opened.map_err(|error| unreachable(&place, &error))?);
        let mut link = Link { address: address.clone(), place, timeout, stream, meta: false };
        if let Some((user, password)) = login {
            // A server with an authfile takes the login as a value; what the key is does not matter.
            let login = format!("{user} {password}");
            let set = format!("set login 0 0 {}\r\n{login}\r\n", login.len());
            let answer = link.ask(set.as_bytes())?;
            if answer != b"STORED" {
                return Err(link.unfit_login(&answer));
            }
        }
        let answer = link.ask(b"mn\r\n")?;
        if answer.starts_with(b"CLIENT_ERROR unauth") {
            return Err(link.unfit_login(&answer));
        }
        link.meta = answer == b"MN";
        Ok(link)
    }

    fn unfit_login(&self, answer: &[u8]) -> Error {
        Error::Authentication { place: self.place.clone(), reason: answer.escape_ascii().to_string() }
    }

    fn lost(&self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Error::Timeout { place: self.place.clone(), seconds: self.timeout.as_secs() }
            }
            io::ErrorKind::UnexpectedEof => {
                Error::Lost { place: self.place.clone(), reason: "it was closed".to_string() }
            }
            _ => Error::Lost { place: self.place.clone(), reason: error.to_string() },
        }
    }

    fn nonsense(&self, command: &str) -> Error {
        Error::Answer { place: self.place.clone(), command: command.to_string() }
    }

    fn refused(&self, command: &str, answer: &[u8]) -> Error {
        if !answer.starts_with(b"SERVER_ERROR") && !answer.starts_with(b"CLIENT_ERROR") && answer != b"ERROR"
        {
            return self.nonsense(command);
        }
        let reason = answer.escape_ascii().to_string();
        Error::Refused { place: self.place.clone(), command: command.to_string(), reason }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.stream.get_mut().write_all(bytes).map_err(|error| self.lost(&error))
    }

    fn line(&mut self) -> Result<Vec<u8>, Error> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(LINE).read_until(b'\n', &mut line);
        read.map_err(|error| self.lost(&error))?;
        if line.pop() != Some(b'\n') {
            return Err(if line.len() as u64 + 1 >= LINE {
                self.nonsense("a question")
            } else {
                self.lost(&io::ErrorKind::UnexpectedEof.into())
            });
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    fn ask(&mut self, question: &[u8]) -> Result<Vec<u8>, Error> {
        self.send(question)?;
        self.line()
    }

    /// A value of that length with the end of its line; `None` for one that is not kept.
    fn value(&mut self, length: u64) -> Result<Option<Vec<u8>>, Error> {
        let mut value = Vec::new();
        if length > VALUE {
            let skipped = io::copy(&mut (&mut self.stream).take(length), &mut io::sink());
            if skipped.map_err(|error| self.lost(&error))? < length {
                return Err(self.lost(&io::ErrorKind::UnexpectedEof.into()));
            }
        } else {
            let read = (&mut self.stream).take(length).read_to_end(&mut value);
            if (read.map_err(|error| self.lost(&error))? as u64) < length {
                return Err(self.lost(&io::ErrorKind::UnexpectedEof.into()));
            }
        }
        let mut end = [0; 2];
        self.stream.read_exact(&mut end).map_err(|error| self.lost(&error))?;
        if end != *b"\r\n" {
            return Err(self.nonsense("get"));
        }
        Ok((length <= VALUE).then_some(value))
    }

    pub(super) fn ping(&mut self) -> Result<(), Error> {
        let answer = self.ask(b"version\r\n")?;
        if answer.starts_with(b"VERSION") { Ok(()) } else { Err(self.refused("version", &answer)) }
    }

    /// One number or word of the server's statistics.
    fn stat(&mut self, question: &str, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.send(question.as_bytes())?;
        let begin = format!("STAT {name} ");
        let mut found = None;
        loop {
            let line = self.line()?;
            if line == b"END" || line == b"RESET" {
                return Ok(found);
            }
            if !line.starts_with(b"STAT ") {
                return Err(self.refused("stats", &line));
            }
            if let Some(value) = line.strip_prefix(begin.as_bytes()) {
                found = Some(value.to_vec());
            }
        }
    }

    /// How many items the server has, those that ended and were not removed yet among them.
    pub(super) fn items(&mut self) -> Result<u64, Error> {
        let items = self.stat("stats\r\n", "curr_items")?;
        items.and_then(|items| number(&items)).ok_or_else(|| self.nonsense("stats"))
    }

    /// Whether a thread moves items between queues, where no list sees them.
    pub(super) fn maintains(&mut self) -> Result<bool, Error> {
        Ok(self.stat("stats settings\r\n", "lru_maintainer_thread")?.as_deref() == Some(b"yes"))
    }

    /// Every item by key and end (seconds since 1970, -1 is never). Nothing is touched by it.
    pub(super) fn list(&mut self, each: &mut dyn FnMut(Vec<u8>, i64)) -> Result<(), Error> {
        const COMMAND: &str = "lru_crawler metadump all";
        let begun = Instant::now();
        let mut line = self.ask(b"lru_crawler metadump all\r\n")?;
        while line.starts_with(b"BUSY") {
            if begun.elapsed() > BUSY {
                return Err(Error::Refused {
                    place: self.place.clone(),
                    command: COMMAND.to_string(),
                    reason: "it is busy with another request".to_string(),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
            line = self.ask(b"lru_crawler metadump all\r\n")?;
        }
        let cannot = |why: &str, hint: &str| Error::Unsupported {
            place: self.place.clone(),
            why: why.to_string(),
            hint: hint.to_string(),
        };
        if line.starts_with(b"CLIENT_ERROR lru crawler disabled") {
            return Err(cannot(
                "lists no items: its LRU crawler is off",
                "turn it on with the command `lru_crawler enable`, or remove the option no_lru_crawler; \
                 individual sessions can be named by their ids",
            ));
        }
        if line.starts_with(b"ERROR") {
            return Err(cannot(
                "lists no items: it is older than 1.4.31, or not Memcached",
                "individual sessions can be named by their ids",
            ));
        }
        let now = now_ms() / 1000;
        loop {
            if line == b"END" {
                return Ok(());
            }
            let mut parts = line.split(|byte| *byte == b' ');
            let key = parts.next().and_then(|part| part.strip_prefix(b"key="));
            let exp = parts.next().and_then(|part| number::<i64>(part.strip_prefix(b"exp=")?));
            let (Some(key), Some(exp)) = (key, exp) else { return Err(self.refused(COMMAND, &line)) };
            let key = unescaped(key);
            // One that has ended is listed until it is removed.
            if (exp < 0 || exp >= now) && is_key(&key) {
                each(key, exp.max(-1));
            }
            line = self.line()?;
        }
    }

    /// What the server has of these keys.
    pub(super) fn fetch(&mut self, keys: &[&[u8]]) -> Result<Vec<(Vec<u8>, Item)>, Error> {
        let keys: Vec<&[u8]> = keys.iter().copied().filter(|key| is_key(key)).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if self.meta { self.fetch_meta(&keys) } else { self.fetch_plain(&keys) }
    }

    fn fetch_meta(&mut self, keys: &[&[u8]]) -> Result<Vec<(Vec<u8>, Item)>, Error> {
        let mut question = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            question.extend(b"mg ");
            question.extend(*key);
            question.extend(format!(" v f t c q O{at}\r\n").into_bytes());
        }
        question.extend(b"mn\r\n");
        self.send(&question)?;
        let mut found = Vec::new();
        loop {
            let line = self.line()?;
            if line == b"MN" {
                return Ok(found);
            }
            if line == b"EN" {
                continue;
            }
            let mut parts = line.split(|byte| *byte == b' ');
            if parts.next() != Some(b"VA") {
                return Err(self.refused("mg", &line));
            }
            let length = parts.next().and_then(number::<u64>).ok_or_else(|| self.nonsense("mg"))?;
            let (mut flags, mut unique, mut left, mut at) = (None, None, None, None);
            for part in parts {
                let Some((name, text)) = part.split_first() else { continue };
                match name {
                    b'f' => flags = number(text),
                    b'c' => unique = number(text),
                    b't' => left = number::<i64>(text),
                    b'O' => at = number::<usize>(text),
                    _ => {}
                }
            }
            let value = self.value(length)?;
            let (Some(flags), Some(unique), Some(left), Some(key)) =
                (flags, unique, left, at.and_then(|at| keys.get(at)))
            else {
                return Err(self.nonsense("mg"));
            };
            // The server counts whole seconds.
            let end = (left >= 0).then(|| (now_ms() / 1000 + left) * 1000);
            let too_large = value.is_none().then_some(length);
            let item = Item { value: value.unwrap_or_default(), flags, unique, end: Some(end), too_large };
            found.push((key.to_vec(), item));
        }
    }

    fn fetch_plain(&mut self, keys: &[&[u8]]) -> Result<Vec<(Vec<u8>, Item)>, Error> {
        let mut question = b"gets".to_vec();
        for key in keys {
            question.push(b' ');
            question.extend(*key);
        }
        question.extend(b"\r\n");
        self.send(&question)?;
        let mut found = Vec::new();
        loop {
            let line = self.line()?;
            if line == b"END" {
                return Ok(found);
            }
            let mut parts = line.split(|byte| *byte == b' ');
            if parts.next() != Some(b"VALUE") {
                return Err(self.refused("gets", &line));
            }
            let key = parts.next().map(<[u8]>::to_vec);
            let flags = parts.next().and_then(number);
            let length = parts.next().and_then(number::<u64>);
            let unique = parts.next().and_then(number);
            let (Some(key), Some(flags), Some(length), Some(unique)) = (key, flags, length, unique) else {
                return Err(self.nonsense("gets"));
            };
            let value = self.value(length)?;
            let too_large = value.is_none().then_some(length);
            found.push((key, Item { value: value.unwrap_or_default(), flags, unique, end: None, too_large }));
        }
    }

    /// Carries a step out on an item that was what it has to be when it was read.
    pub(super) fn act(&mut self, key: &[u8], item: &Item, own: &Own) -> Result<Outcome, Error> {
        let gone = Outcome::Gone { keys: 0, entries: 0 };
        let done = |keys| Outcome::Done { keys, entries: 0 };
        Ok(match own {
            Own::End if self.meta => {
                let question = [b"md ", key, format!(" C{}\r\n", item.unique).as_bytes()].concat();
                match &self.ask(&question)?[..] {
                    b"HD" | b"OK" => done(1),
                    b"EX" => Outcome::Changed,
                    b"NF" => gone,
                    other => return Err(self.refused("md", other)),
                }
            }
            Own::End => match self.still(key, item)? {
                Some(true) if self.delete(key)? => done(1),
                Some(false) => Outcome::Changed,
                _ => gone,
            },
            Own::Gone => Outcome::Changed,
            Own::Expire { at, rewrite: None } => {
                let end = match at {
                    Expiry::At(at) => Some(*at),
                    Expiry::Persist => None,
                    Expiry::Keep => return Ok(done(0)),
                };
                match self.still(key, item)? {
                    Some(true) if self.touch(key, exptime(end))? => done(0),
                    Some(false) => Outcome::Changed,
                    _ => gone,
                }
            }
            Own::Expire { at, rewrite: Some(Rewrite::Fields(changed)) } => {
                let Some((_, value)) = changed.iter().find(|(name, _)| name.0 == b"value") else {
                    return Ok(Outcome::Failed("an item has no such field".to_string()));
                };
                let end = match at {
                    Expiry::At(at) => Some(*at),
                    Expiry::Persist => None,
                    Expiry::Keep => match item.end {
                        Some(end) => end,
                        None => {
                            return Ok(Outcome::Failed("the server does not say when it ends".to_string()));
                        }
                    },
                };
                let head = format!(" {} {} {} {}\r\n", item.flags, exptime(end), value.0.len(), item.unique);
                let question = [b"cas ", key, head.as_bytes(), &value.0, b"\r\n"].concat();
                match &self.ask(&question)?[..] {
                    b"STORED" => done(0),
                    b"EXISTS" => Outcome::Changed,
                    b"NOT_FOUND" => gone,
                    other => return Err(self.refused("cas", other)),
                }
            }
            Own::Expire { .. } => Outcome::Failed("an item is not a string".to_string()),
        })
    }

    /// Whether an item is the one that was read; nothing where there is none.
    fn still(&mut self, key: &[u8], item: &Item) -> Result<Option<bool>, Error> {
        Ok(self.fetch(&[key])?.pop().map(|(_, now)| now.unique == item.unique))
    }

    /// Whether there was something to delete.
    pub(super) fn delete(&mut self, key: &[u8]) -> Result<bool, Error> {
        if !is_key(key) {
            return Ok(false);
        }
        match &self.ask(&[b"delete ", key, b"\r\n"].concat())?[..] {
            b"DELETED" => Ok(true),
            b"NOT_FOUND" => Ok(false),
            other => Err(self.refused("delete", other)),
        }
    }

    pub(super) fn touch(&mut self, key: &[u8], exptime: i64) -> Result<bool, Error> {
        match &self.ask(&[b"touch ", key, format!(" {exptime}\r\n").as_bytes()].concat())?[..] {
            b"TOUCHED" => Ok(true),
            b"NOT_FOUND" => Ok(false),
            other => Err(self.refused("touch", other)),
        }
    }

    /// Stores an item that is not there; whether it was not.
    pub(super) fn add(&mut self, key: &[u8], flags: u32, exptime: i64, value: &[u8]) -> Result<bool, Error> {
        if !is_key(key) {
            return Ok(false);
        }
        let head = format!(" {flags} {exptime} {}\r\n", value.len());
        match &self.ask(&[b"add ", key, head.as_bytes(), value, b"\r\n"].concat())?[..] {
            b"STORED" => Ok(true),
            b"NOT_STORED" => Ok(false),
            other => Err(self.refused("add", other)),
        }
    }
}

/// Tries all addresses of a host, within this time together.
fn tcp(host: &str, port: u16, within: Duration) -> io::Result<TcpStream> {
    let begun = Instant::now();
    let mut last = io::Error::other("it has no address");
    for address in (host, port).to_socket_addrs()? {
        let left = within.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
