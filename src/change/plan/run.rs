//! Run files: what a run changed, as it was, written down before it was changed.
//!
//! A file is a mark and a sequence of records: a header (length, and the length once more inverted,
//! so that a flipped bit is not taken for a torn end), the first eight bytes of the payload's
//! SHA-256, a link of the chain that binds the file ([`bound`]), and the payload: MessagePack, deflated.
//! A record that the file ends in the middle of was being written when the machine or the program died;
//! it was not acted upon, as the file is synced before the server is told anything. Files with the older
//! mark have no links: anyone who can write them can have put anything there.
//!
//! Run files hold sessions, so only their owner may read them and they are not kept for long.

use std::collections::{HashMap, HashSet};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use super::Entry;
use super::bound::{self, Chain};
use super::pen::{BOUND_HEAD, HEAD, Pen, Sync, framed};
use super::recorded::Recorded;
use crate::change::report::Report;
use crate::exit::{Advice, Exit};
use crate::home;
use crate::store::{Backup, Keeper, Key, Outcome, Writing};

const MARK: &[u8] = b"sessctl runfile2\n";
/// The mark of files that are not bound; as long as the other.
const UNBOUND: &[u8] = b"sessctl run file\n";
/// The version of the records; a newer one is not guessed at. In the first, `Void` spoke of the last
/// `Prepared` alone, which is no different as long as each is settled or void before the next.
const VERSION: u32 = 2;
/// A record that claims to be longer is damaged.
const MAX_RECORD: u32 = 1 << 30;
/// How long run files are kept unless the user says otherwise.
pub const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Start {
    pub version: u32,
    pub run: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub command: String,
    /// Where the store is, without any password.
    pub store: String,
    pub filter: String,
    pub matched: u64,
    /// The layouts as they were named and set; of all others there is nothing to say.
    #[serde(default)]
    pub setups: Vec<Recorded>,
    /// What was noted for the audit log; runs of older versions do not say it.
    #[serde(default)]
    pub ticket: Option<String>,
    /// In which way, where it is known; runs of older versions do not say it.
    #[serde(default)]
    pub way: Option<Way>,
    /// The name of the run that this is a part of, where it was made on several stores.
    #[serde(default)]
    pub part_of: Option<String>,
}

/// How sessions are chosen and guarded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Way {
    /// They were changed while the scan that chose them was still going on. How many would match was not
    /// known before, and what was left is not written down.
    pub one_pass: bool,
    /// The command that guards them, where the store has more than one.
    pub guard: Option<String>,
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.one_pass { "one pass" } else { "two passes" })?;
        self.guard.iter().try_for_each(|guard| write!(f, ", {guard}"))
    }
}

/// One session as it was, with what `undo` can choose by.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kept {
    #[serde(with = "crate::store::bytes")]
    pub id: Vec<u8>,
    pub layout: String,
    pub user: Option<String>,
    pub backup: Backup,
    /// Whether it is certain that nobody was logged in; runs of older versions do not say it.
    #[serde(default)]
    pub nobody: bool,
    /// When the session was to end, where the step does not say it itself, in ms since 1970.
    #[serde(default)]
    pub ends: Option<i64>,
}

/// [`Kept`] as it is written: of a session that is still in hand.
#[derive(serde::Serialize)]
struct Keeps<'a> {
    #[serde(with = "crate::store::bytes")]
    id: &'a [u8],
    layout: &'a str,
    user: Option<&'a str>,
    backup: &'a Backup,
    nobody: bool,
    ends: Option<i64>,
}

impl<'a> Keeps<'a> {
    fn of(entry: &'a Entry, backup: &'a Backup) -> Keeps<'a> {
        Keeps {
            id: &entry.id,
            layout: &entry.layout,
            user: entry.user.as_deref(),
            backup,
            nobody: entry.nobody,
            ends: entry.ends,
        }
    }
}

/// [`Record::Prepared`] as it is written.
#[derive(serde::Serialize)]
enum Writes<'a> {
    Prepared(Vec<Keeps<'a>>),
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub enum Record {
    Start(Start),
    /// What is going to be changed next.
    Prepared(Vec<Kept>),
    /// Of what was prepared since the last `Settled` these steps did not happen.
    Void {
        steps: Vec<u32>,
    },
    /// Which of the steps since the last `Settled` were carried out, by their position in the batch.
    Settled {
        done: Vec<u32>,
    },
    /// What is going to be done, in that order; all of it is written before the first batch.
    Planned(Vec<Entry>),
    /// What comes now may have been changed by this run before: it came back while it was watched.
    Again,
    /// A batch begins: this many more of what is planned.
    Batch {
        size: u32,
    },
    Finished {
        at: i64,
        matched: u64,
        done: u64,
        complete: bool,
    },
    Undone {
        at: i64,
        restored: u64,
        all: bool,
    },
}

/// A run that is being written.
pub struct RunFile {
    pub id: String,
    pub path: PathBuf,
    pen: Pen,
}

/// What is wrong with a run file.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    #[error("there is no run `{0}`")]
    Absent(String),
    #[error("{0} is not a run file")]
    Foreign(PathBuf),
    #[error("{path} is damaged at byte {offset}")]
    Corrupt { path: PathBuf, offset: u64 },
    #[error("{path} was edited at byte {offset}, or signed with another key")]
    Forged { path: PathBuf, offset: u64 },
    #[error("{path} cannot be verified: the key that signed it is gone")]
    Keyless { path: PathBuf },
    #[error("{path} was written by a newer version of sessctl")]
    Newer { path: PathBuf },
    #[error("{path} cannot be read")]
    Io { path: PathBuf, source: io::Error },
}

impl Damage {
    /// Whether it is no accident that has to be thought of.
    pub fn is_forgery(&self) -> bool {
        matches!(self, Damage::Forged { .. } | Damage::Keyless { .. })
    }
}

impl Advice for Damage {
    fn exit(&self) -> Exit {
        if self.is_forgery() { Exit::Refused } else { Exit::Failed }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Damage::Absent(_) => Some("`sessctl runs` lists the runs that are kept".to_string()),
            Damage::Forged { path, .. } | Damage::Keyless { path } => Some(format!(
                "nothing was changed; what is in it was not written by sessctl, or {} is not the key that was \
                 there when it was",
                bound::place_of(path).display()
            )),
            _ => None,
        }
    }
}

/// Where run files are: the state directory of the user.
pub fn directory() -> Option<PathBuf> {
    Some(home::state()?.join("sessctl").join("runs"))
}

impl RunFile {
    /// Makes the file and writes the beginning of the run.
    pub fn create(directory: &Path, start: &Start) -> io::Result<RunFile> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = file_of(directory, &start.run);
        let mut file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
        // Held as long as the run goes on; how a listing tells a run from one that died.
        file.try_lock().map_err(io::Error::other)?;
        let chain = Some(Chain::new(&bound::key_made_for(&path)?, MARK));
        file.write_all(MARK)?;
        let mut run = RunFile { id: start.run.clone(), path, pen: Pen::at(file, chain) };
        run.write(&Record::Start(start.clone()))?;
        run.pen.sync_all()?;
        // The name must survive, too.
        File::open(directory)?.sync_all()?;
        Ok(run)
    }

    /// Opens a finished run to add to it.
    pub fn append(path: &Path) -> io::Result<RunFile> {
        let file = OpenOptions::new().append(true).open(path)?;
        file.try_lock().map_err(io::Error::other)?;
        // Behind what a run was writing when it died nothing could be read.
        let mut reader = Reader::open(path).map_err(io::Error::other)?;
        while let Ok(Some(_)) = reader.record() {}
        if reader.torn {
            file.set_len(reader.offset)?;
        }
        Ok(RunFile { id: String::new(), path: path.to_path_buf(), pen: Pen::at(file, reader.chain) })
    }

    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        self.pen.write(plain(record)?, Sync::Later)?.wait()
    }

    /// A record that must be on the disk before anything else happens.
    fn write_down(&mut self, record: &Record) -> io::Result<()> {
        self.pen.write(plain(record)?, Sync::Now)?.wait()
    }

    /// The same, and it is said later when it is there.
    fn writing_down(&mut self, record: &Writes<'_>) -> io::Result<Writing> {
        self.pen.aside()?;
        self.pen.write(plain(record)?, Sync::Now)
    }

    pub fn settled(&mut self, outcomes: &[Outcome]) -> io::Result<()> {
        let done = (0u32..).zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. }));
        self.write(&Record::Settled { done: done.map(|(at, _)| at).collect() })
    }

    /// What is going to be done, for `--resume`.
    pub fn planned(&mut self, entries: Vec<Entry>) -> io::Result<()> {
        self.write(&Record::Planned(entries))
    }

    /// From here on sessions may be in the file that are there already.
    pub fn again(&mut self) -> io::Result<()> {
        self.write(&Record::Again)
    }

    /// That many more of the planned steps are begun.
    pub fn batch(&mut self, size: usize) -> io::Result<()> {
        self.write(&Record::Batch { size: size as u32 })
    }

    pub fn finish(&mut self, report: &Report, now: i64) -> io::Result<()> {
        self.write_down(&Record::Finished {
            at: now,
            matched: report.matched,
            done: report.done,
            complete: report.complete,
        })
    }

    /// Notes that the run was undone.
    pub fn undone(&mut self, now: i64, restored: u64, all: bool) -> io::Result<()> {
        self.write_down(&Record::Undone { at: now, restored, all })
    }
}

/// A record as it is encoded.
fn plain(record: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    rmp_serde::to_vec(record).map_err(io::Error::other)
}

/// A whole file of what is said to be records, bound by this key or, without one, as older versions
/// wrote it: for those who put readers to the test.
pub fn file_with(plains: &[&[u8]], key: Option<&[u8]>) -> io::Result<Vec<u8>> {
    let mut chain = key.map(|key| Chain::new(key, MARK));
    let mut file = if key.is_some() { MARK.to_vec() } else { UNBOUND.to_vec() };
    for plain in plains {
        let (bytes, link) = framed(plain, chain.as_ref())?;
        file.extend(bytes);
        if let (Some(chain), Some(link)) = (&mut chain, link) {
            chain.follow(link);
        }
    }
    Ok(file)
}

/// The keeper of one batch: knows whose backups these are.
pub struct Keeping<'a> {
    pub file: &'a mut RunFile,
    pub batch: &'a [Entry],
}

impl Keeper for Keeping<'_> {
    fn prepared(&mut self, backups: &[Backup]) -> io::Result<()> {
        self.preparing(backups)?.wait()
    }

    fn preparing(&mut self, backups: &[Backup]) -> io::Result<Writing> {
        let kept = backups.iter().map(|backup| Keeps::of(&self.batch[backup.step as usize], backup));
        self.file.writing_down(&Writes::Prepared(kept.collect()))
    }

    fn void(&mut self, steps: &[u32]) -> io::Result<()> {
        self.file.write(&Record::Void { steps: steps.to_vec() })
    }
}

/// The records of a run file, one after the other.
pub struct Reader {
    path: PathBuf,
    from: Box<dyn Read>,
    offset: u64,
    length: u64,
    chain: Option<Chain>,
    /// The file ends in the middle of a record.
    pub torn: bool,
}

impl Reader {
    pub fn open(path: &Path) -> Result<Reader, Damage> {
        let io = |source| Damage::Io { path: path.to_path_buf(), source };
        // A pipe would be waited for.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Damage::Foreign(path.to_path_buf()));
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Damage::Absent(name_of(path)),
            _ => io(error),
        })?;
        let length = file.metadata().map_err(io)?.len();
        let from = Box::new(BufReader::with_capacity(256 << 10, file));
        Reader::over(path, from, length, &|| bound::key_for(path))
    }

    /// Reads a file of that name and length, with the key that it may be bound by.
    pub fn over(
        path: &Path,
        mut from: Box<dyn Read>,
        length: u64,
        key: &dyn Fn() -> io::Result<Option<Vec<u8>>>,
    ) -> Result<Reader, Damage> {
        let io = |source| Damage::Io { path: path.to_path_buf(), source };
        let mut mark = vec![0; MARK.len()];
        let whole = from.read_exact(&mut mark).is_ok();
        let chain = match &mark[..] {
            MARK if whole => match key().map_err(io)? {
                Some(key) => Some(Chain::new(&key, MARK)),
                None => return Err(Damage::Keyless { path: path.to_path_buf() }),
            },
            UNBOUND if whole => None,
            _ => return Err(Damage::Foreign(path.to_path_buf())),
        };
        let offset = MARK.len() as u64;
        Ok(Reader { path: path.to_path_buf(), from, offset, length, chain, torn: false })
    }

    /// Whether the file is bound to the key of its state directory.
    pub fn is_bound(&self) -> bool {
        self.chain.is_some()
    }

    /// The next record; `None` at the end, also where the end is torn off.
    pub fn record(&mut self) -> Result<Option<Record>, Damage> {
        let size = if self.is_bound() { BOUND_HEAD } else { HEAD };
        let left = self.length - self.offset;
        if left < size as u64 {
            self.torn = left > 0;
            return Ok(None);
        }
        let mut head = [0; BOUND_HEAD];
        let head = &mut head[..size];
        self.from.read_exact(head).map_err(|source| Damage::Io { path: self.path.clone(), source })?;
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = number(0);
        let corrupt = Damage::Corrupt { path: self.path.clone(), offset: self.offset };
        if number(4) != !length || length > MAX_RECORD {
            return Err(corrupt);
        }
        let left = left - size as u64;
        if left < u64::from(length) {
            self.torn = true;
            return Ok(None);
        }
        let mut payload = vec![0; length as usize];
        self.from
            .read_exact(&mut payload)
            .map_err(|source| Damage::Io { path: self.path.clone(), source })?;
        if Sha256::digest(&payload)[..8] != head[8..HEAD] {
            return Err(corrupt);
        }
        let (head, link) = head.split_at(HEAD);
        if self.chain.as_mut().is_some_and(|chain| !chain.fits(head, &payload, link)) {
            return Err(Damage::Forged { path: self.path.clone(), offset: self.offset });
        }
        let mut plain = Vec::new();
        let mut decoder = DeflateDecoder::new(&payload[..]).take(u64::from(MAX_RECORD) * 4);
        if decoder.read_to_end(&mut plain).is_err() {
            return Err(corrupt);
        }
        let Ok(record) = rmp_serde::from_slice::<Record>(&plain) else {
            return Err(if self.offset == MARK.len() as u64 {
                Damage::Newer { path: self.path.clone() }
            } else {
                corrupt
            });
        };
        if matches!(&record, Record::Start(start) if start.version > VERSION) {
            return Err(Damage::Newer { path: self.path.clone() });
        }
        self.offset += size as u64 + u64::from(length);
        Ok(Some(record))
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What stands for a key where many are held.
pub type Digest = [u8; 16];

pub fn digest(key: &[u8]) -> Digest {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(key)[..16]);
    digest
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Done,
    Partial,
    Running,
    Undone,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Partial => "partial",
            State::Running => "running",
            State::Undone => "undone",
        }
    }
}

/// What a listing says of a run.
#[derive(Debug, Clone)]
pub struct Summary {
    pub path: PathBuf,
    pub start: Start,
    pub finished: Option<i64>,
    pub done: u64,
    pub state: State,
    /// When it was undone as a whole.
    pub undone: Option<i64>,
    /// The keys of what came back and was changed again.
    pub again: HashSet<Digest>,
    /// Why not all of the file can be read.
    pub damage: Option<String>,
    /// Whether the file is bound to the key of its state directory.
    pub bound: bool,
}

impl Summary {
    /// Whether sessions were changed while they were still being looked for.
    pub fn in_one_pass(&self) -> bool {
        self.start.way.as_ref().is_some_and(|way| way.one_pass)
    }
}

/// Reads a run file from beginning to end for what it says of itself.
pub fn summary(path: &Path) -> Result<Summary, Damage> {
    // Anyone who holds the lock is still at work; asked before it is read, so that one that ends meanwhile
    // is not taken for one that died.
    let held = path.is_file() && File::open(path).is_ok_and(|file| file.try_lock().is_err());
    let mut reader = Reader::open(path)?;
    let Some(Record::Start(start)) = reader.record()? else {
        return Err(Damage::Corrupt { path: path.to_path_buf(), offset: MARK.len() as u64 });
    };
    let mut summary = Summary {
        path: path.to_path_buf(),
        start,
        finished: None,
        done: 0,
        state: State::Partial,
        undone: None,
        again: HashSet::new(),
        damage: None,
        bound: reader.is_bound(),
    };
    let mut again = false;
    loop {
        match reader.record() {
            Ok(Some(Record::Again)) => again = true,
            Ok(Some(Record::Prepared(kept))) if again => {
                summary.again.extend(kept.iter().map(|kept| digest(&kept.backup.key.0)));
            }
            Ok(Some(Record::Settled { done })) => summary.done += done.len() as u64,
            Ok(Some(Record::Finished { at, matched, done, complete })) => {
                summary.finished = Some(at);
                summary.start.matched = matched;
                summary.done = done;
                summary.state = if complete { State::Done } else { State::Partial };
            }
            Ok(Some(Record::Undone { at, all: true, .. })) => {
                summary.state = State::Undone;
                summary.undone = Some(at);
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(damage) => {
                summary.damage = Some(damage.to_string());
                break;
            }
        }
    }
    if summary.finished.is_none() && held {
        summary.state = State::Running;
    }
    if summary.finished.is_none() && summary.in_one_pass() {
        summary.start.matched = summary.start.matched.max(summary.done);
    }
    Ok(summary)
}

/// Gives what a run left: what it did not come to, and before that the batch that it was at, with what
/// was written down of its sessions. Of that one the store may show any part done; to do it again
/// finishes what follows from it, and changes nothing twice. False where the run did not come to writing
/// down all that it was going to do.
pub fn left(
    path: &Path,
    each: &mut dyn FnMut(Entry, Option<Kept>) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    let (mut settled, mut begun, mut any) = (0u64, 0, false);
    let mut prepared: HashMap<Key, Kept> = HashMap::new();
    let mut reader = Reader::open(path)?;
    while let Some(record) = reader.record()? {
        match record {
            Record::Batch { size } => {
                begun = u64::from(size);
                any = true;
                prepared.clear();
            }
            Record::Prepared(kept) => {
                prepared.extend(kept.into_iter().map(|kept| (kept.backup.key.clone(), kept)));
            }
            Record::Settled { .. } => {
                settled += std::mem::take(&mut begun);
                prepared.clear();
            }
            _ => {}
        }
    }
    let mut reader = Reader::open(path)?;
    let mut at = 0;
    while let Some(record) = reader.record()? {
        let Record::Planned(entries) = record else { continue };
        for entry in entries {
            if at >= settled {
                let kept = prepared.remove(&entry.step.key);
                each(entry, kept)?;
            }
            at += 1;
        }
    }
    Ok(any)
}

/// All runs, the newest last.
pub fn list(directory: &Path) -> Vec<Result<Summary, Damage>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "run"))
        .collect();
    paths.sort();
    paths.iter().map(|path| summary(path)).collect()
}

/// Removes run files that are older than `keep`; how many.
pub fn prune(directory: &Path, keep: Duration) -> io::Result<u64> {
    let mut removed = 0;
    for entry in std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        let old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > keep));
        let running = || File::open(&path).is_ok_and(|file| file.try_lock().is_err());
        let is_run = path.extension().is_some_and(|ending| ending == "run") && path.is_file();
        if old && is_run && !running() {
            std::fs::remove_file(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// A name for a run that begins now: sorts by time, and none of the kept runs has it.
pub fn new_id(directory: Option<&Path>, now: i64) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let stamp = crate::text::time(now).unwrap_or_default();
    let digits: String = stamp.chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    let chance = RandomState::new().hash_one((now, std::process::id())) as u16;
    let ids = (0..=u16::MAX).map(|more| format!("{day}-{time}-{:04x}", chance.wrapping_add(more)));
    let kept = |id: &String| directory.is_some_and(|directory| file_of(directory, id).exists());
    let mut free = ids.skip_while(kept);
    free.next().unwrap_or_else(|| format!("{day}-{time}-{chance:04x}"))
}

/// Where the run of that name is kept.
fn file_of(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.run"))
}

impl Start {
    /// The name that all of the run goes by.
    pub fn name(&self) -> &str {
        self.part_of.as_deref().unwrap_or(&self.run)
    }

    pub fn new(run: String, at: i64, command: &str, store: &str, filter: String, matched: u64) -> Start {
        Start {
            version: VERSION,
            run,
            at,
            command: command.to_string(),
            store: store.to_string(),
            filter,
            matched,
            setups: Vec::new(),
            ticket: None,
            way: None,
            part_of: None,
        }
    }

    /// With the layouts as they are set for this run.
    #[must_use]
    pub fn under(self, setups: Vec<Recorded>) -> Start {
        Start { setups, ..self }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::store::{Content, Own};

    #[test]
    fn no_two_runs_of_a_second_have_the_same_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut names: Vec<String> = Vec::new();
        // So many that without a look at the others some would be the same.
        for _ in 0..2000 {
            let id = new_id(Some(dir.path()), 1_795_000_000_000);
            File::create_new(file_of(dir.path(), &id)).unwrap();
            names.push(id);
        }
        assert!(names.iter().all(|name| name.starts_with("20261118-") && name.len() == 20), "{names:?}");
    }

    fn written() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let runs = dir.path().join("runs");
        let start = Start::new(
            new_id(None, 1_795_000_000_000),
            1_795_000_000_000,
            "purge",
            "unix:///x",
            "all".into(),
            2,
        );
        let mut run = RunFile::create(&runs, &start).unwrap();
        let backup = Backup {
            step: 0,
            key: Key(b"sess:a".to_vec()),
            content: Content::Text(vec![b'x'; 5000]),
            expires: Some(5),
            own: Own::End,
            companions: Vec::new(),
        };
        let kept = Kept {
            id: b"a".to_vec(),
            layout: "l".into(),
            user: Some("u".into()),
            nobody: false,
            ends: None,
            backup,
        };
        run.write(&Record::Prepared(vec![kept])).unwrap();
        run.settled(&[Outcome::Done { keys: 1, entries: 0 }]).unwrap();
        run.finish(&Report { done: 1, complete: true, ..Report::default() }, 7).unwrap();
        (dir, run.path)
    }

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let (dir, path) = written();
        let summary = summary(&path).unwrap();
        assert_eq!((summary.done, summary.finished, summary.state), (1, Some(7), State::Done));
        assert_eq!(list(&dir.path().join("runs")).len(), 1);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_end_is_the_end_and_a_flipped_bit_is_damage() {
        let (_dir, path) = written();
        let whole = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let mut reader = Reader::open(&path)?;
            let mut many = 0;
            while reader.record()?.is_some() {
                many += 1;
            }
            Ok::<_, Damage>((many, reader.torn))
        };
        assert_eq!(read(&whole).unwrap(), (4, false));
        for cut in 0..whole.len() {
            let Ok((many, _)) = read(&whole[..cut]) else {
                assert!(cut < MARK.len(), "{cut}");
                continue;
            };
            assert!(many < 4, "{cut}");
        }
        for (at, bit) in (0..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            assert!(read(&bytes).is_err(), "flipped bit {bit} of byte {at} went unnoticed");
        }
    }
}
