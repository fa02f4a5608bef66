//! One file: what it holds and what is known about it.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::walk;
use crate::store::record::Raw;
use crate::text::clock::now_ms;

/// Longer files are not read.
const MAX: u64 = 64 << 20;
/// What was written so short a time ago (ms) may still be in the making: it is read until two readings
/// agree.
const FRESH: i64 = 100;
/// Between two readings of such a file, and how often it is read at most.
const PAUSE: Duration = Duration::from_millis(2);
const TRIES: usize = 5;

/// What a name turned out to be.
pub(super) enum Met {
    File(Held),
    /// Longer than what is read: this many bytes.
    Large(u64),
    /// A plain file that this user may not read.
    Hidden,
    /// Something else than a plain file.
    Other,
    Gone,
}

/// A file that was read.
pub(super) struct Held {
    pub(super) content: Vec<u8>,
    pub(super) about: About,
}

/// What tells one state of a file from another, and what has to be restored with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct About {
    device: i128,
    inode: i128,
    pub(super) size: u64,
    /// Nanoseconds since 1970, as are those of the last change to anything about it.
    pub(super) mtime: i128,
    changed: i128,
    pub(super) mode: u32,
    pub(super) owner: u32,
    pub(super) group: u32,
}

/// Whatever number a system counts in.
fn wide(number: impl Into<i128>) -> i128 {
    number.into()
}

impl About {
    /// Of a plain file.
    pub(super) fn of(stat: &Stat) -> Option<About> {
        let plain = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        plain.then(|| About {
            device: wide(stat.st_dev),
            inode: wide(stat.st_ino),
            size: wide(stat.st_size) as u64,
            mtime: wide(stat.st_mtime) * 1_000_000_000 + wide(stat.st_mtime_nsec),
            changed: wide(stat.st_ctime) * 1_000_000_000 + wide(stat.st_ctime_nsec),
            mode: wide(stat.st_mode) as u32 & 0o7777,
            owner: stat.st_uid,
            group: stat.st_gid,
        })
    }

    /// Whether it is the same file, and nobody wrote it meanwhile.
    pub(super) fn is_still(&self, other: &About) -> bool {
        (self.device, self.inode, self.size, self.mtime)
            == (other.device, other.inode, other.size, other.mtime)
    }

    fn is_fresh(&self) -> bool {
        let latest = (self.mtime.max(self.changed) / 1_000_000) as i64;
        now_ms().saturating_sub(latest) < FRESH
    }
}

impl Held {
    /// As a store hands it on.
    pub(super) fn into_raw(self) -> Raw {
        Raw::Hash(vec![
            (b"content".to_vec(), self.content),
            (b"mtime".to_vec(), self.about.mtime.to_string().into_bytes()),
            (b"owner".to_vec(), self.about.owner.to_string().into_bytes()),
        ])
    }
}

/// The folder that a path below another one leads to, and the last name in it; nothing for a path that no
/// store makes.
pub(super) fn within<'k>(top: &OwnedFd, key: &'k [u8]) -> Result<Option<(OwnedFd, &'k [u8])>, Errno> {
    let mut parts: Vec<&[u8]> = key.split(|byte| *byte == b'/').collect();
    let name = parts.pop().unwrap_or_default();
    let fits = |part: &&[u8]| part.len() == 1 && walk::is_part(part[0]);
    if name.is_empty()
        || name == b"."
        || name == b".."
        || name.contains(&0)
        || parts.len() > walk::DEPTH
        || !parts.iter().all(fits)
    {
        return Ok(None);
    }
    let mut dir = top.try_clone().map_err(|_| Errno::MFILE)?;
    for part in parts {
        dir = match walk::folder(dir.as_fd(), part) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
            Err(errno) => return Err(errno),
        };
    }
    Ok(Some((dir, name)))
}

/// What there is by this name now; nothing where it is not a plain file.
pub(super) fn about(dir: impl AsFd, name: &[u8]) -> Result<Option<About>, Errno> {
    match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(About::of(&stat)),
        Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether a plain file has this name; what is in it is not read.
pub(super) fn look(dir: impl AsFd, name: &[u8]) -> Result<Met, Errno> {
    match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(match About::of(&stat) {
            Some(about) => Met::File(Held { content: Vec::new(), about }),
            None => Met::Other,
        }),
        Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(Met::Gone),
        Err(errno) => Err(errno),
    }
}

/// Reads a file whole.
///
/// Some stores write in place: for microseconds a reader meets new content in front of the old one's end,
/// or nothing yet. No lock is taken against that, for anyone who is kept waiting by it may be no session's
/// store at all; what was written just now is read again instead.
pub(super) fn read(dir: impl AsFd, name: &[u8]) -> Result<Met, Errno> {
    // Whatever else has the name had better not be opened: a device may do something then.
    match look(&dir, name)? {
        Met::File(_) => {}
        other => return Ok(other),
    }
    let mut file = match open(&dir, name) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(Met::Gone),
        Err(Errno::LOOP | Errno::NXIO) => return Ok(Met::Other),
        Err(Errno::ACCESS | Errno::PERM) => return Ok(Met::Hidden),
        Err(errno) => return Err(errno),
    };
    let mut last: Option<Vec<u8>> = None;
    for attempt in 1.. {
        let Some(before) = About::of(&fstat(&file)?) else { return Ok(Met::Other) };
        if before.size > MAX {
            return Ok(Met::Large(before.size));
        }
        let mut content = Vec::with_capacity(before.size as usize);
        let read = (&file).take(MAX + 1).read_to_end(&mut content);
        read.map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))?;
        let Some(about) = About::of(&fstat(&file)?) else { return Ok(Met::Other) };
        if content.len() as u64 > MAX {
            return Ok(Met::Large(about.size));
        }
        let whole = before.is_still(&about) && about.size == content.len() as u64;
        let settled = whole && (!about.is_fresh() || last.as_ref() == Some(&content));
        if settled || attempt >= TRIES {
            return Ok(Met::File(Held { content, about }));
        }
        last = Some(content);
        std::thread::sleep(PAUSE);
        std::io::Seek::rewind(&mut file).map_err(|_| Errno::IO)?;
    }
    Ok(Met::Gone)
}

fn open(dir: impl AsFd, name: &[u8]) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    // A look at a session is no use of it. Only the owner and root may leave no trace.
    #[cfg(target_os = "linux")]
    match openat(&dir, name, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => {}
        opened => return Ok(File::from(opened?)),
    }
    Ok(File::from(openat(&dir, name, flags, Mode::empty())?))
}
