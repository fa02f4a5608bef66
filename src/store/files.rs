//! A folder as a store: a session is a file in it.
//!
//! A key is the path below the folder, as bytes. A folder of one character is gone down into, as the
//! stores that spread their files over such folders have them, and no other. Symbolic links are never
//! followed, and what is not a plain file is nobody's key: the folder may be one in which anyone can write.
//!
//! What is removed or written over is read again and compared just before. Between that last look at a
//! file and its end there is no time in which a file system lets anyone hold it: a request that writes
//! within those microseconds loses what it wrote.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat, openat};
use rustix::io::Errno;

use super::contract::{Keeper, Lookup, Medium, Offers, Open, Source, Store};
use super::error::Error;
use super::key::Key;
use super::load::Lag;
use super::record::{Interest, Kind, Need, Page, Query, Raw, Record, Ttl};
use super::seen::Seen;
use super::step::{Applied, Backup, Fit, Step};
use crate::text::clock::now_ms;
use crate::text::words::unnumbered;

mod change;
mod file;
mod walk;

use file::Met;
use walk::Walk;

/// Files that a page holds at most, and the bytes after which it is handed on.
const PAGE: usize = 256;
const PAGE_BYTES: u64 = 4 << 20;

/// A folder that is named and not opened yet.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// The user of this process, by name where it has one.
    login: String,
}

impl Folder {
    /// From `files:DIR`; `None` for what names another kind of store.
    pub fn parse(text: &str) -> Option<Result<Folder, Error>> {
        let path = text.strip_prefix("files:")?;
        if path.is_empty() {
            return Some(Err(Error::Target("files: names no directory; write files:DIR".to_string())));
        }
        let path = std::path::absolute(path).map_err(|error| Error::Target(format!("{path}: {error}")));
        Some(path.map(|path| Folder { path, login: user_name(rustix::process::geteuid().as_raw()) }))
    }

    fn open(&self) -> Result<Files, Error> {
        let place = Open::place(self);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let top = openat(CWD, &self.path, flags, Mode::empty()).map_err(|errno| match errno {
            Errno::ACCESS | Errno::PERM => forbidden(&self.path, &place, "list its files"),
            other => Error::File {
                place: place.clone(),
                why: match other {
                    Errno::NOENT => "no such directory".to_string(),
                    Errno::NOTDIR => "not a directory".to_string(),
                    other => reason(other),
                },
                hint: Some("name the directory that holds the sessions: files:PATH".to_string()),
            },
        })?;
        Ok(Files { named: self.clone(), place, top, hidden: 0 })
    }
}

/// Who would have to do what this user may not.
fn forbidden(path: &Path, place: &str, what: &'static str) -> Error {
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::symlink_metadata(path).map_or(0, |about| about.uid());
    let me = rustix::process::geteuid().as_raw();
    Error::Forbidden {
        place: place.to_string(),
        user: user_name(me).into(),
        what,
        // An owner who may not himself leaves only root.
        become_user: user_name(if owner == me { 0 } else { owner }).into(),
    }
}

/// The name of a user, or the number of one who has none.
pub(super) fn user_name(uid: u32) -> String {
    let users = std::fs::read("/etc/passwd").unwrap_or_default();
    let users = String::from_utf8_lossy(&users);
    let named = users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, number) = (parts.next()?, parts.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_string())
    });
    named.unwrap_or_else(|| format!("#{uid}"))
}

/// What the system says, without the number of the error.
fn reason(errno: Errno) -> String {
    unnumbered(&std::io::Error::from(errno).to_string())
}

impl Open for Folder {
    fn place(&self) -> String {
        format!("files:{}", self.path.display())
    }

    fn medium(&self) -> Medium {
        Medium::File
    }

    fn login(&self) -> &str {
        &self.login
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(Box::new(self.open()?))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.open()?))
    }
}

/// A folder that is open.
#[derive(Debug)]
pub struct Files {
    named: Folder,
    place: String,
    top: OwnedFd,
    hidden: u64,
}

impl Files {
    fn lost(&self, errno: Errno) -> Error {
        Error::Lost { place: self.place.clone(), reason: reason(errno) }
    }

    /// What is read of a file, as far as it is asked for.
    fn record(&self, key: &[u8], need: Need, met: Result<Met, Errno>) -> Result<Record, Error> {
        let (raw, memory) = match met {
            Ok(Met::File(file)) if !need.value => (Raw::Unread, Some(file.about.size)),
            Ok(Met::File(file)) => {
                let size = file.about.size;
                (file.into_raw(), Some(size))
            }
            Ok(Met::Large(size)) => (Raw::Oversized(Kind::Hash, size), Some(size)),
            Ok(Met::Gone | Met::Other) => (Raw::Gone, None),
            Ok(Met::Hidden) => (Raw::Unread, None),
            Err(errno) => return Err(self.lost(errno)),
        };
        // When a file ends is known to anyone who wrote it, and to nobody here.
        let memory = memory.filter(|_| need.memory);
        Ok(Record {
            key: Key(key.to_vec()),
            raw,
            ttl: Ttl::Unasked,
            ends: Vec::new(),
            memory,
            exact_end: None,
            asked: need,
        })
    }
}

impl Source for Files {
    fn place(&self) -> &str {
        &self.place
    }

    fn offers(&self) -> Offers {
        Offers { ttl: false, ..Offers::ALL }
    }

    fn size(&mut self) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    fn now(&mut self) -> Result<i64, Error> {
        Ok(now_ms())
    }

    fn scan(
        &mut self,
        query: &mut Query<'_>,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut walk = Walk::new(&self.top).map_err(|errno| self.lost(errno))?;
        let mut seen = Seen::new();
        let (mut page, mut bytes) = (Page::default(), 0);
        while let Some((dir, key, name)) = walk.next().map_err(|errno| self.lost(errno))? {
            if !seen.first(&key) {
                continue;
            }
            page.scanned += 1;
            let need = match (query.interest)(&key) {
                Interest::Skip => None,
                Interest::Name => Some(Need::NOTHING),
                Interest::Look => Some(Need::VALUE),
                Interest::Read { .. } => Some(query.need.and(Need::VALUE)),
            };
            if let Some(need) = need {
                let met = if need == Need::NOTHING { file::look(dir, &name) } else { file::read(dir, &name) };
                if matches!(met, Ok(Met::Hidden)) {
                    self.hidden += 1;
                }
                let record = self.record(&key, need, met)?;
                if record.raw != Raw::Gone {
                    bytes += record.raw.bytes();
                    page.records.push(record);
                }
            }
            if page.scanned as usize >= PAGE || bytes >= PAGE_BYTES {
                bytes = 0;
                if visit(std::mem::take(&mut page)).is_break() {
                    return Ok(());
                }
            }
        }
        if page.scanned > 0 {
            let _ = visit(page);
        }
        Ok(())
    }

    fn hidden(&self) -> u64 {
        self.hidden
    }
}

impl Lookup for Files {
    fn read(&mut self, keys: &[Key], need: Need) -> Result<Vec<Record>, Error> {
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            let met = match file::within(&self.top, &key.0) {
                Ok(Some((dir, name))) => file::read(&dir, name),
                Ok(None) => Ok(Met::Gone),
                Err(errno) => Err(errno),
            };
            if matches!(met, Ok(Met::Hidden)) {
                return Err(self.unreadable(&key.0));
            }
            records.push(self.record(&key.0, need, met)?);
        }
        Ok(records)
    }

    fn kinds(&mut self, keys: &[Key]) -> Result<Vec<Option<Kind>>, Error> {
        let mut kinds = Vec::with_capacity(keys.len());
        for key in keys {
            let met = match file::within(&self.top, &key.0).map_err(|errno| self.lost(errno))? {
                Some((dir, name)) => file::look(&dir, name).map_err(|errno| self.lost(errno))?,
                None => Met::Gone,
            };
            kinds.push((!matches!(met, Met::Gone | Met::Other)).then_some(Kind::Hash));
        }
        Ok(kinds)
    }
}

impl Files {
    /// That this user may not read a file which was asked for by its name.
    fn unreadable(&self, key: &[u8]) -> Error {
        let path = self.named.path.join(OsStr::from_bytes(key));
        forbidden(&path, &self.place, "read a file")
    }
}

impl Store for Files {
    fn may_change(&mut self, _: &[&Step]) -> Result<(), Error> {
        match accessat(&self.top, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            Ok(()) => Ok(()),
            Err(Errno::ACCESS | Errno::PERM) => {
                Err(forbidden(&self.named.path, &self.place, "remove or write files"))
            }
            Err(Errno::ROFS) => Err(Error::Unsupported {
                place: self.place.clone(),
                why: "is on a file system mounted read-only".to_string(),
                hint: "run this where it can be written to".to_string(),
            }),
            Err(other) => Err(self.lost(other)),
        }
    }

    fn apply(&mut self, steps: &[Step], fit: Fit, keeper: Option<&mut dyn Keeper>) -> Applied {
        change::apply(&self.top, steps, fit, keeper)
    }

    fn restore(&mut self, backups: &[Backup]) -> Applied {
        change::restore(&self.top, backups)
    }

    fn ping(&mut self) -> Result<Duration, Error> {
        let begun = std::time::Instant::now();
        rustix::fs::fstat(&self.top).map_err(|errno| self.lost(errno))?;
        Ok(begun.elapsed())
    }

    fn lag(&mut self) -> Result<Lag, Error> {
        Ok(Lag::default())
    }

    fn again(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.named.open()?))
    }
}
