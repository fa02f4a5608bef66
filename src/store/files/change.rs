//! Files that are removed, written again or put back.

use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, fchmod, fchown, futimens, linkat,
    openat, renameat, unlinkat, utimensat,
};
use rustix::io::Errno;

use super::file::{self, About, Held, Met};
use super::{reason, user_name};
use crate::store::contract::Keeper;
use crate::store::error::Error;
use crate::store::key::Key;
use crate::store::step::{Applied, Backup, Content, Expiry, Fit, Outcome, Own, Rewrite, Step, fingerprint};

/// What a file has next to its content, as a backup keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Beside {
    mode: u32,
    owner: u32,
    group: u32,
    /// Nanoseconds since 1970.
    mtime: i64,
}

impl Beside {
    fn of(about: &About) -> Beside {
        Beside { mode: about.mode, owner: about.owner, group: about.group, mtime: about.mtime as i64 }
    }
}

/// A file that a step is about, while the step is considered.
struct Found {
    dir: OwnedFd,
    name: Vec<u8>,
    held: Held,
    fits: bool,
}

fn find(top: &OwnedFd, key: &[u8]) -> Result<Option<(OwnedFd, Vec<u8>, Held)>, Errno> {
    let Some((dir, name)) = file::within(top, key)? else { return Ok(None) };
    match file::read(&dir, name)? {
        Met::File(held) => Ok(Some((dir, name.to_vec(), held))),
        Met::Hidden => Err(Errno::ACCESS),
        // Too much to be read is not what was matched: that was read.
        Met::Large(_) => Err(Errno::FBIG),
        Met::Other | Met::Gone => Ok(None),
    }
}

fn fields(held: &Held) -> crate::store::record::Raw {
    Held { content: held.content.clone(), about: held.about }.into_raw()
}

/// Whether a file is what a step makes of it.
fn is_done(step: &Step, held: &Held) -> bool {
    let Own::Expire { rewrite: Some(Rewrite::Fields(changed)), .. } = &step.own else { return false };
    let Some(new) = New::of(changed) else { return false };
    new.is_in(held)
}

/// What of a file is written again.
#[derive(Clone, Copy)]
struct New<'s> {
    content: Option<&'s [u8]>,
    /// Nanoseconds since 1970.
    mtime: Option<i64>,
}

impl<'s> New<'s> {
    fn of(changed: &'s [(Key, Key)]) -> Option<New<'s>> {
        let mut new = New { content: None, mtime: None };
        for (name, value) in changed {
            match &name.0[..] {
                b"content" => new.content = Some(&value.0),
                b"mtime" => new.mtime = Some(std::str::from_utf8(&value.0).ok()?.parse().ok()?),
                _ => return None,
            }
        }
        Some(new)
    }

    fn is_in(&self, held: &Held) -> bool {
        self.content.is_none_or(|content| content == held.content)
            && self.mtime.is_none_or(|mtime| i128::from(mtime) == held.about.mtime)
    }
}

/// Why something could not be done to a file.
fn why(errno: Errno, owner: Option<u32>) -> Outcome {
    let me = rustix::process::geteuid().as_raw();
    Outcome::Failed(match (errno, owner) {
        (Errno::ACCESS | Errno::PERM, Some(owner)) if owner != me => {
            format!("the file belongs to {}; only that user or root may do this", user_name(owner))
        }
        (Errno::ACCESS | Errno::PERM, _) => {
            format!("{} may not write in this directory", user_name(me))
        }
        (Errno::FBIG, _) => "the file has grown too large to read".to_string(),
        (errno, _) => reason(errno),
    })
}

pub(super) fn apply(top: &OwnedFd, steps: &[Step], fit: Fit, mut keeper: Option<&mut dyn Keeper>) -> Applied {
    let mut found: Vec<Result<Option<Found>, Errno>> = Vec::with_capacity(steps.len());
    for step in steps {
        found.push(find(top, &step.key.0).map(|met| {
            met.map(|(dir, name, held)| {
                let same = fingerprint(&fields(&held)) == Some(step.seen);
                let fits = same || (fit == Fit::SeenOrDone && is_done(step, &held));
                Found { dir, name, held, fits }
            })
        }));
    }
    if let Some(keeper) = &mut keeper {
        let backups: Vec<Backup> = (steps.iter().zip(&found).enumerate())
            .filter_map(|(at, (step, found))| {
                let found = found.as_ref().ok()?.as_ref().filter(|found| found.fits)?;
                Some(Backup {
                    step: at as u32,
                    key: step.key.clone(),
                    content: content(&found.held),
                    expires: None,
                    own: step.own.clone(),
                    companions: Vec::new(),
                })
            })
            .collect();
        if let Err(error) = keeper.prepared(&backups) {
            return Applied::nothing(steps.len(), Error::Backup(error.to_string()));
        }
    }
    let mut outcomes = Vec::with_capacity(steps.len());
    let mut void = Vec::new();
    for (at, (step, found)) in steps.iter().zip(found).enumerate() {
        let outcome = match found {
            Ok(Some(found)) if found.fits => {
                let outcome = act(step, &found);
                if !matches!(outcome, Outcome::Done { .. }) {
                    void.push(at as u32);
                }
                outcome
            }
            Ok(Some(_)) => Outcome::Changed,
            Ok(None) => Outcome::Gone { keys: 0, entries: 0 },
            Err(errno) => why(errno, None),
        };
        outcomes.push(outcome);
    }
    if let Some(keeper) = keeper
        && !void.is_empty()
        && let Err(error) = keeper.void(&void)
    {
        return Applied { outcomes, stopped: Some(Error::Backup(error.to_string())) };
    }
    Applied { outcomes, stopped: None }
}

fn content(held: &Held) -> Content {
    let dump = rmp_serde::to_vec(&Beside::of(&held.about)).unwrap_or_default();
    let fields = match fields(held) {
        crate::store::record::Raw::Hash(fields) => {
            fields.into_iter().map(|(f, v)| (Key(f), Key(v))).collect()
        }
        _ => Vec::new(),
    };
    Content::Hash { dump, fields }
}

const DONE: Outcome = Outcome::Done { keys: 1, entries: 0 };

/// Carries a step out on a file that was what it has to be a moment ago.
fn act(step: &Step, found: &Found) -> Outcome {
    let Found { dir, name, held, .. } = found;
    if !step.then.is_empty() {
        return Outcome::Failed("a directory keeps nothing besides a session's file".to_string());
    }
    let done = match &step.own {
        Own::End => unless_changed(found, || unlinkat(dir, &name[..], AtFlags::empty())),
        Own::Expire { at: Expiry::Keep, rewrite: Some(Rewrite::Fields(changed)) } => {
            let Some(new) = New::of(changed) else {
                return Outcome::Failed("a file has no such field".to_string());
            };
            if new.is_in(held) {
                return Outcome::Done { keys: 0, entries: 0 };
            }
            let done = write(found, new);
            return match done {
                Ok(true) => Outcome::Done { keys: 0, entries: 0 },
                Ok(false) => Outcome::Changed,
                Err(errno) => why(errno, Some(held.about.owner)),
            };
        }
        Own::Expire { .. } => return Outcome::Failed("a file has no expiry of its own".to_string()),
        Own::Gone => return Outcome::Changed,
    };
    match done {
        Ok(true) => DONE,
        Ok(false) => Outcome::Changed,
        // Someone else removed it.
        Err(Errno::NOENT) => Outcome::Gone { keys: 0, entries: 0 },
        Err(errno) => why(errno, Some(held.about.owner)),
    }
}

/// Does it if the name still leads to the very file that was read, and nobody wrote it since.
fn unless_changed(found: &Found, act: impl FnOnce() -> Result<(), Errno>) -> Result<bool, Errno> {
    match file::about(&found.dir, &found.name)? {
        Some(now) if now.is_still(&found.held.about) => act().map(|()| true),
        Some(_) => Ok(false),
        None => Err(Errno::NOENT),
    }
}

/// Writes a file again: owner, group, mode and, unless it is what changes, the time stay as they are.
fn write(found: &Found, new: New<'_>) -> Result<bool, Errno> {
    let mtime = new.mtime.unwrap_or(found.held.about.mtime as i64);
    let Some(content) = new.content else {
        return unless_changed(found, || {
            utimensat(&found.dir, &found.name[..], &times(mtime), AtFlags::SYMLINK_NOFOLLOW)
        });
    };
    let beside = Beside { mtime, ..Beside::of(&found.held.about) };
    let made = Made::new(&found.dir, content, &beside)?;
    let done = unless_changed(found, || renameat(&found.dir, &made.name[..], &found.dir, &found.name[..]))?;
    if done {
        made.keep();
    }
    Ok(done)
}

/// The access time stays.
fn times(mtime: i64) -> Timestamps {
    let modified =
        Timespec { tv_sec: mtime.div_euclid(1_000_000_000), tv_nsec: mtime.rem_euclid(1_000_000_000) as _ };
    Timestamps { last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }, last_modification: modified }
}

/// A file under a name of its own, in the folder in which it is to get another. It goes where it is not kept.
struct Made<'d> {
    dir: &'d OwnedFd,
    name: Vec<u8>,
    kept: bool,
}

/// Tells the files of this process apart.
static MADE: AtomicU32 = AtomicU32::new(0);

impl Made<'_> {
    fn new<'d>(dir: &'d OwnedFd, content: &[u8], beside: &Beside) -> Result<Made<'d>, Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (fd, made) = loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            // Stores spare what begins with a dot when they clean up, and take none of it for a session.
            let name = format!(".sessctl-{}-{number}", std::process::id()).into_bytes();
            match openat(dir, &name[..], flags, Mode::RUSR | Mode::WUSR) {
                Ok(fd) => break (fd, Made { dir, name, kept: false }),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            }
        };
        let mut file = std::fs::File::from(fd);
        file.write_all(content)
            .map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))?;
        let about = About::of(&rustix::fs::fstat(&file)?).ok_or(Errno::IO)?;
        if (about.owner, about.group) != (beside.owner, beside.group) {
            let owner = (about.owner != beside.owner).then(|| Uid::from_raw(beside.owner));
            let group = (about.group != beside.group).then(|| Gid::from_raw(beside.group));
            fchown(&file, owner, group)?;
        }
        fchmod(&file, Mode::from_raw_mode(beside.mode as _))?;
        file.sync_data().map_err(|_| Errno::IO)?;
        futimens(&file, &times(beside.mtime))?;
        Ok(made)
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let _ = unlinkat(self.dir, &self.name[..], AtFlags::empty());
        }
    }
}

pub(super) fn restore(top: &OwnedFd, backups: &[Backup]) -> Applied {
    let outcomes = backups.iter().map(|backup| revive(top, backup)).collect();
    Applied { outcomes, stopped: None }
}

/// Puts a file back as it was, if nothing newer is in its place.
fn revive(top: &OwnedFd, backup: &Backup) -> Outcome {
    let broken = || Outcome::Failed("the undo file does not say what the file was like".to_string());
    let Content::Hash { dump, fields } = &backup.content else { return broken() };
    let Ok(beside) = rmp_serde::from_slice::<Beside>(dump) else { return broken() };
    let Some((_, content)) = fields.iter().find(|(name, _)| name.0 == b"content") else { return broken() };
    let content = &content.0[..];
    let (dir, name) = match file::within(top, &backup.key.0) {
        Ok(Some((dir, name))) => (dir, name),
        Ok(None) => return Outcome::Failed("the directory it was in is gone".to_string()),
        Err(errno) => return why(errno, None),
    };
    let there = match file::read(&dir, name) {
        Ok(Met::File(held)) => Some(held),
        Ok(Met::Gone) => None,
        Ok(Met::Large(_) | Met::Hidden | Met::Other) => return Outcome::Changed,
        Err(errno) => return why(errno, None),
    };
    let is = |held: &Held| held.content == content && i128::from(beside.mtime) == held.about.mtime;
    match (&backup.own, there) {
        (_, Some(there)) if is(&there) => Outcome::Done { keys: 0, entries: 0 },
        (Own::End | Own::Gone, Some(_)) => Outcome::Changed,
        (Own::End, None) => match put(&dir, name, content, &beside) {
            Ok(()) => Outcome::Done { keys: 0, entries: 0 },
            Err(Errno::EXIST) => Outcome::Changed,
            Err(errno) => why(errno, Some(beside.owner)),
        },
        (Own::Expire { .. } | Own::Gone, None) => Outcome::Gone { keys: 0, entries: 0 },
        (Own::Expire { rewrite, .. }, Some(there)) => {
            let left = match rewrite {
                Some(Rewrite::Fields(changed)) => New::of(changed),
                _ => None,
            };
            let Some(left) = left else { return broken() };
            let as_left = left.content.unwrap_or(content) == there.content
                && i128::from(left.mtime.unwrap_or(beside.mtime)) == there.about.mtime;
            if !as_left {
                return Outcome::Changed;
            }
            let new = New { content: left.content.map(|_| content), mtime: Some(beside.mtime) };
            let found = Found {
                dir: match dir.as_fd().try_clone_to_owned() {
                    Ok(dir) => dir,
                    Err(_) => return why(Errno::MFILE, None),
                },
                name: name.to_vec(),
                held: there,
                fits: true,
            };
            match write(&found, new) {
                Ok(true) => Outcome::Done { keys: 0, entries: 0 },
                Ok(false) => Outcome::Changed,
                Err(errno) => why(errno, Some(beside.owner)),
            }
        }
    }
}

/// Makes a file that is not there; never over one that is.
fn put(dir: &OwnedFd, name: &[u8], content: &[u8], beside: &Beside) -> Result<(), Errno> {
    let made = Made::new(dir, content, beside)?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(dir, &made.name[..], dir, name, RenameFlags::NOREPLACE) {
            Ok(()) => {
                made.keep();
                return Ok(());
            }
            // A file system that does not know it; a link never replaces anything either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(errno),
        }
    }
    linkat(dir, &made.name[..], dir, name, AtFlags::empty())
}
