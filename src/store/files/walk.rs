//! The names in a folder, as a stream: there may be a million of them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Dir, FileType, Mode, OFlags, openat};
use rustix::io::Errno;

/// Folders of one character below one another that are gone down into: PHP's `save_path` may say any
/// number, and with three there are a quarter of a million of them already.
pub(super) const DEPTH: usize = 6;

/// A folder and those of one character in it.
pub(super) struct Walk {
    open: Vec<Level>,
    /// The names of the folders that are open, each followed by a slash.
    path: Vec<u8>,
}

struct Level {
    fd: OwnedFd,
    names: Dir,
    /// Folders met so far, for when the files of this one are through: a bit each.
    below: [bool; 256],
}

impl Walk {
    pub(super) fn new(top: &OwnedFd) -> Result<Walk, Errno> {
        // A folder has one place at which it is read: another descriptor has another one.
        Ok(Walk { open: vec![Level::open(top.as_fd(), b".")?], path: Vec::new() })
    }

    /// The next file: the folder that it is in, its path and its name.
    #[expect(clippy::type_complexity, reason = "named by the line above")]
    pub(super) fn next(&mut self) -> Result<Option<(BorrowedFd<'_>, Vec<u8>, Vec<u8>)>, Errno> {
        loop {
            let depth = self.open.len();
            let Some(level) = self.open.last_mut() else { return Ok(None) };
            if let Some(entry) = level.names.next() {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(Errno::INTR) => continue,
                    Err(errno) => return Err(errno),
                };
                let name = entry.file_name().to_bytes();
                match entry.file_type() {
                    FileType::Directory | FileType::Unknown
                        if name.len() == 1 && depth <= DEPTH && is_part(name[0]) =>
                    {
                        level.below[usize::from(name[0])] = true;
                        // Where the file system does not say what it is, it may be a file as well.
                        if entry.file_type() == FileType::Directory {
                            continue;
                        }
                    }
                    FileType::RegularFile | FileType::Unknown => {}
                    _ => continue,
                }
                let name = name.to_vec();
                let key = [&self.path[..], &name].concat();
                let level = &self.open[depth - 1];
                return Ok(Some((level.fd.as_fd(), key, name)));
            }
            let next = level.below.iter().position(|met| *met);
            if let Some(name) = next {
                level.below[name] = false;
                let name = [name as u8];
                match Level::open(level.fd.as_fd(), &name) {
                    Ok(level) => {
                        self.path.extend([name[0], b'/']);
                        self.open.push(level);
                    }
                    // No folder, gone, or someone else's.
                    Err(Errno::NOTDIR | Errno::LOOP | Errno::NOENT | Errno::ACCESS | Errno::PERM) => {}
                    Err(errno) => return Err(errno),
                }
            } else {
                self.open.pop();
                self.path.truncate(self.path.len().saturating_sub(2));
            }
        }
    }
}

/// What an id begins with.
pub(super) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'-' | b'_')
}

impl Level {
    fn open(above: BorrowedFd<'_>, name: &[u8]) -> Result<Level, Errno> {
        let fd = folder(above, name)?;
        let names = Dir::read_from(&fd)?;
        Ok(Level { fd, names, below: [false; 256] })
    }
}

/// Opens a folder that is one, and no link to one.
pub(super) fn folder(above: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(above, name, flags, Mode::empty())
}
