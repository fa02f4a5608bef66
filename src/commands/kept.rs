//! Files that a command writes for the user and that tell of users: whole or not at all, and for nobody
//! else's eyes.

use std::io::{self, Write as _};
use std::path::Path;

/// Refuses what cannot be written, before there is anything to write: a folder that is not there or not
/// writable, and what is there and no ordinary file.
pub(super) fn permit(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() => {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it exists and is not a regular file"));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    permit_beside(path)
}

/// Refuses a folder in which no file can be made.
pub(super) fn permit_beside(path: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder(path)).map(drop)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Writes a file with mode 0600; what has that name is replaced, or left and an error.
pub(super) fn write(path: &Path, replaces: bool, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".sessctl-").tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if replaces {
        file.persist(path)?
    } else {
        file.persist_noclobber(path)?
    };
    Ok(())
}
