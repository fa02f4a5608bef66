//! The audit log: who changed which server, when and with which result.
//!
//! A run that changes a server writes a line before its first change and one after its last. Each
//! line holds the SHA-256 of the line before it, so that a line cannot be altered, taken out or put
//! in without breaking the chain. What the chain cannot show, the loss of its own end, a small file
//! next to the log does: it holds the number and the digest of the last line.
//!
//! All of it belongs to the user who runs the program, who can therefore write a new chain over the
//! old one. The log proves something against such a change only together with a copy of a digest, or
//! of the lines, in a place where that user cannot write: that is what syslog is for.
//!
//! Session ids are credentials. They are written as the beginning of an HMAC under a key that lies
//! next to the log, so that someone who holds an id can be told whether it was in a run, and nobody
//! can use what the log says.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base16ct::lower::encode_string as hex;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::change::ids::Ids;
use crate::change::key;
use crate::change::report::Report;
use crate::exit::Exit;
use crate::fault::Failure;
use crate::home;
use crate::text::clock::now_ms;
use crate::text::rfc3339;
use crate::value::escaped_json;

pub mod verify;

/// The version of the lines.
const VERSION: u32 = 1;
/// What the first line says of the line before it.
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The socket of the system's log.
const SYSLOG: &str = "/dev/log";
/// Facility authpriv, severity notice.
const SYSLOG_PRIORITY: u32 = 10 * 8 + 5;

/// Where the log is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Another file than the usual one.
    pub path: Option<PathBuf>,
    /// A socket that each line is sent to as well.
    pub syslog: Option<PathBuf>,
}

impl Settings {
    /// The system's own log.
    pub fn system_log() -> PathBuf {
        PathBuf::from(SYSLOG)
    }

    /// The log's file. `None` where there is no home directory and none was named.
    pub fn place(&self) -> Option<PathBuf> {
        if self.path.is_some() {
            return self.path.clone();
        }
        Some(home::state()?.join("sessctl").join("audit.jsonl"))
    }
}

/// The file next to the log that holds where its chain ends.
pub fn head_of(log: &Path) -> PathBuf {
    log.with_extension("head")
}

/// The file next to the log that holds the key for ids.
pub fn key_of(log: &Path) -> PathBuf {
    log.with_extension("key")
}

/// What a run is going to do.
pub struct Start<'a> {
    pub run: &'a str,
    pub command: &'a str,
    pub profile: Option<&'a str>,
    /// Where the store is, without any password.
    pub store: &'a str,
    /// The server's user.
    pub login: &'a str,
    pub filter: &'a str,
    pub ticket: Option<&'a str>,
    /// The digest of the plan, where there is one.
    pub plan: Option<&'a str>,
    /// Whether the change can be taken back.
    pub undo: bool,
    /// How many there are to be changed; `None` where that turns out only while they are.
    pub matched: Option<u64>,
    /// How many of each layout, where it was counted.
    pub layouts: Option<&'a BTreeMap<String, u64>>,
}

/// The log of one run. It is opened before anything is known of the change, so that a log which
/// cannot be used costs no scan.
pub struct Audit {
    log: Log,
    syslog: Option<PathBuf>,
    key: Vec<u8>,
    /// The run and its command, from its beginning to its end.
    open: Option<(String, String)>,
}

impl Audit {
    /// Opens the log and its key, and makes them where they are not there yet.
    pub fn open(settings: &Settings) -> anyhow::Result<Audit> {
        let Some(path) = settings.place() else {
            return Err(Failure::new("no home directory to keep the audit log in")
                .hint("set XDG_STATE_HOME, or `audit` in the profile")
                .into());
        };
        let log = Log { path };
        let key = log.prepare().with_context(|| log.unusable(true))?;
        Ok(Audit { log, syslog: settings.syslog.clone(), key, open: None })
    }

    /// Writes down what is going to be done; for what a run finds to do later, again. Without
    /// success nothing may be changed.
    pub fn start(&mut self, start: &Start<'_>, ids: &Ids) -> anyhow::Result<()> {
        let first = self.open.is_none();
        let mut line = entry(if first { "start" } else { "more" }, start.run, start.command);
        if first {
            line.insert("pid".into(), std::process::id().into());
            line.extend(who());
            line.insert("profile".into(), start.profile.into());
            line.insert("store".into(), start.store.into());
            line.insert("login".into(), start.login.into());
            line.insert("filter".into(), start.filter.into());
            line.insert("ticket".into(), start.ticket.into());
            line.insert("plan".into(), start.plan.into());
            line.insert("undo".into(), start.undo.into());
        }
        line.insert("matched".into(), start.matched.into());
        line.insert("layouts".into(), json!(start.layouts));
        ids.describe(&self.key, &mut line);
        let text = self.log.append(line).with_context(|| self.log.unusable(first))?;
        self.open = Some((start.run.to_string(), start.command.to_string()));
        if let Err(error) = self.send(&text) {
            // The log has a beginning; it must not look like a run that died.
            if first {
                let _ = self.close("refused", Exit::Failed, None);
            }
            return Err(error.context(self.log.unusable(first)));
        }
        Ok(())
    }

    /// Writes down how it ended, if it had begun.
    pub fn end(&mut self, exit: Exit, report: &Report) -> anyhow::Result<()> {
        if self.open.is_none() {
            return Ok(());
        }
        let text = self.close(exit.name(), exit, Some(report)).with_context(|| {
            Failure::new(format!(
                "the run was carried out, but its result could not be written to the audit log {}",
                self.log.path.display()
            ))
        })?;
        self.send(&text)
    }

    fn close(&mut self, result: &str, exit: Exit, report: Option<&Report>) -> anyhow::Result<String> {
        let (run, command) = self.open.take().unwrap_or_default();
        let mut line = entry("end", &run, &command);
        line.insert("result".into(), result.into());
        line.insert("exit".into(), exit.code().into());
        if let Some(report) = report {
            let counts = json!({
                "matched": report.matched,
                "done": report.done,
                "gone": report.gone,
                "changed": report.changed,
                "failed": report.failed,
                "returned": report.returned,
                "keys_removed": report.keys_removed,
                "entries_removed": report.entries_removed,
                "bytes_freed": report.bytes_freed,
                "complete": report.complete,
            });
            if let Json::Object(counts) = counts {
                line.extend(counts);
            }
        }
        self.log.append(line)
    }

    fn send(&self, text: &str) -> anyhow::Result<()> {
        let Some(socket) = &self.syslog else { return Ok(()) };
        // Without a time: a daemon takes the moment at which it comes, and need not guess our zone.
        let message = format!("<{SYSLOG_PRIORITY}>sessctl[{}]: {text}", std::process::id());
        UnixDatagram::unbound()
            .and_then(|datagram| datagram.send_to(message.as_bytes(), socket))
            .map(drop)
            .with_context(|| format!("a line cannot be sent to the syslog at {}", socket.display()))
    }
}

/// A run that is given up half-way has an end, too.
impl Drop for Audit {
    fn drop(&mut self) {
        if self.open.is_some()
            && let Ok(text) = self.close(Exit::Failed.name(), Exit::Failed, None)
        {
            let _ = self.send(&text);
        }
    }
}

/// What every line begins with.
fn entry(event: &str, run: &str, command: &str) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("v".into(), VERSION.into());
    // Its place in the file; set when it is known.
    line.insert("seq".into(), 0.into());
    line.insert("time".into(), rfc3339(now_ms()).into());
    line.insert("event".into(), event.into());
    line.insert("run".into(), run.into());
    line.insert("command".into(), command.into());
    line
}

/// Who runs this, and where.
fn who() -> Map<String, Json> {
    let mut who = Map::new();
    let uid = uid();
    who.insert("uid".into(), uid.into());
    who.insert("user".into(), uid.and_then(user_name).into());
    if uid == Some(0)
        && let Ok(after) = std::env::var("SUDO_USER")
    {
        who.insert("sudo_user".into(), after.into());
    }
    who.insert("host".into(), host().into());
    who
}

/// The user's number, from what the system says of things that are this process's own: the
/// environment can be set by anyone.
pub(crate) fn uid() -> Option<u32> {
    let own = std::fs::metadata("/proc/self").or_else(|_| tempfile::tempfile()?.metadata());
    own.ok().map(|own| own.uid())
}

pub(crate) fn user_name(uid: u32) -> Option<String> {
    let local = std::fs::read_to_string("/etc/passwd").ok().and_then(|text| {
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_string())
        })
    });
    // Users of a directory service are in no file.
    local.or_else(|| {
        let output = std::process::Command::new("id").arg("-nu").stderr(std::process::Stdio::null()).output();
        let name = String::from_utf8(output.ok().filter(|output| output.status.success())?.stdout).ok()?;
        Some(name.trim().to_string()).filter(|name| !name.is_empty())
    })
}

fn host() -> Option<String> {
    let file = ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    let name = file.or_else(|| {
        let output = std::process::Command::new("hostname").output().ok()?;
        String::from_utf8(output.stdout).ok()
    });
    name.map(|name| name.trim().to_string()).filter(|name| !name.is_empty())
}

/// Where the chain ends, as noted next to the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Head {
    lines: u64,
    bytes: u64,
    /// Of the last line.
    sha256: String,
    /// The line that is about to be added: a program that dies between the two writes must not look
    /// like someone else's hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Head {
    fn empty() -> Head {
        Head { lines: 0, bytes: 0, sha256: ZEROS.to_string(), next: None }
    }

    /// Once the line that was about to be added is there.
    fn advance(self) -> Head {
        let Some(next) = self.next else { return self };
        let bytes = self.bytes + next.len() as u64 + 1;
        Head { lines: self.lines + 1, bytes, sha256: digest(next.as_bytes()), next: None }
    }

    /// `None` where there is none.
    fn read(log: &Path) -> io::Result<Option<Head>> {
        let text = match std::fs::read(head_of(log)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Head::of(&text)))
    }

    /// What cannot be read agrees with nothing, and is told as such.
    fn of(text: &[u8]) -> Head {
        let unreadable = Head { lines: 0, bytes: u64::MAX, sha256: "unreadable".to_string(), next: None };
        serde_json::from_slice(text).unwrap_or(unreadable)
    }

    fn write(&self, log: &Path) -> io::Result<()> {
        let directory = key::parent(log);
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        writeln!(file, "{}", serde_json::to_string(self)?)?;
        file.as_file().sync_data()?;
        file.persist(head_of(log)).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The log's file. Anyone who reads or writes it holds its lock.
struct Log {
    path: PathBuf,
}

impl Log {
    fn unusable(&self, first: bool) -> Failure {
        let more = if first { "" } else { " more" };
        let path = self.path.display();
        Failure::new(format!("cannot write the audit log {path}; nothing{more} was changed"))
            .hint("each change is written down before it is made; `audit` in the profile names another file")
    }

    fn open(&self) -> io::Result<File> {
        // Anyone who may put a link here would have lines written to any file of the user.
        if std::fs::symlink_metadata(&self.path).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("it is not a regular file; name the file itself, not a link to it"));
        }
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        file.lock()?;
        Ok(file)
    }

    /// Makes what is not there yet; the key.
    fn prepare(&self) -> anyhow::Result<Vec<u8>> {
        let directory = key::parent(&self.path);
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let _lock = self.open()?;
        let place = key_of(&self.path);
        key::obtain(&place).with_context(|| format!("cannot use its key {}", place.display()))
    }

    /// Adds a line, chained to the one before it, and notes that it is the last; the line.
    fn append(&self, mut line: Map<String, Json>) -> anyhow::Result<String> {
        let mut file = self.open()?;
        let noted = Head::read(&self.path)?;
        let mut head = if let Some(head) = take_up(&mut file, noted.as_ref())? {
            head
        } else {
            let length = file.metadata()?.len();
            line.insert(BROKEN.into(), broken(noted.as_ref(), length).into());
            let last = last_line(&mut file, length)?;
            // The end of a line that was cut short makes one more.
            if last.as_ref().is_some_and(|(_, ended)| !ended) {
                file.write_all(b"\n")?;
            }
            Head {
                lines: count_lines(&mut file)?,
                bytes: file.metadata()?.len(),
                sha256: last.map_or(ZEROS.to_string(), |(line, _)| digest(&line)),
                next: None,
            }
        };
        line.insert("seq".into(), (head.lines + 1).into());
        line.insert("prev".into(), head.sha256.clone().into());
        let text = escaped_json(&Json::Object(line).to_string()).into_owned();
        head.next = Some(text.clone());
        head.write(&self.path)?;
        if let Err(error) = file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_data()) {
            // A disk that is full has perhaps taken a part of it.
            let _ = file.set_len(head.bytes);
            return Err(error.into());
        }
        head.advance().write(&self.path)?;
        Ok(text)
    }
}

/// The note if the log is as it was left, with a line completed that was cut short when the
/// program or the machine died. `None` if someone else was at it.
fn take_up(file: &mut File, noted: Option<&Head>) -> anyhow::Result<Option<Head>> {
    let length = file.metadata()?.len();
    let Some(head) = noted else { return Ok((length == 0).then(Head::empty)) };
    if head.bytes > length {
        return Ok(None);
    }
    let last = last_line(file, head.bytes)?;
    let intact = match &last {
        Some((line, ended)) => *ended && digest(line) == head.sha256,
        None => head.sha256 == ZEROS,
    };
    if !intact {
        return Ok(None);
    }
    if head.bytes == length {
        return Ok(Some(Head { next: None, ..head.clone() }));
    }
    let Some(next) = &head.next else { return Ok(None) };
    let whole = format!("{next}\n").into_bytes();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(head.bytes))?;
    file.take(whole.len() as u64 + 1).read_to_end(&mut tail)?;
    let Some(rest) = whole.strip_prefix(&tail[..]) else { return Ok(None) };
    file.write_all(rest)?;
    file.sync_data()?;
    Ok(Some(head.clone().advance()))
}

/// The member of a line that was written to a log which was not as it had been left.
const BROKEN: &str = "broken";

/// Why the log is not what the note next to it says.
fn broken(noted: Option<&Head>, length: u64) -> String {
    match noted {
        None => "the record of where the log ends was gone".to_string(),
        Some(head) if head.bytes == u64::MAX => "the record of where the log ends was unreadable".to_string(),
        Some(head) => format!(
            "the log was last left with {} lines and {} bytes ending in {}, but now has {length} bytes",
            head.lines,
            head.bytes,
            head.sha256.get(..16).unwrap_or(&head.sha256)
        ),
    }
}

/// The last line without its line break, and whether it has one. `None` in an empty file.
fn last_line(file: &mut File, length: u64) -> io::Result<Option<(Vec<u8>, bool)>> {
    let mut tail = Vec::new();
    let mut at = length;
    loop {
        let start = at.saturating_sub(64 << 10);
        let mut piece = vec![0; (at - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut piece)?;
        piece.append(&mut tail);
        tail = piece;
        at = start;
        let ended = tail.last() == Some(&b'\n');
        let text = if ended { &tail[..tail.len() - 1] } else { &tail[..] };
        if let Some(before) = memchr::memrchr(b'\n', text) {
            return Ok(Some((text[before + 1..].to_vec(), ended)));
        }
        if at == 0 {
            return Ok((!tail.is_empty()).then(|| (text.to_vec(), ended)));
        }
    }
}

fn count_lines(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = 0;
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(lines),
            more => lines += memchr::memchr_iter(b'\n', &piece[..more]).count() as u64,
        }
    }
}

fn digest(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::verify::{Verdict, verify};
    use super::*;

    /// A log in a directory of its own, with this many runs in it.
    fn log(runs: usize) -> (tempfile::TempDir, Settings, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/audit.jsonl");
        let settings = Settings { path: Some(path.clone()), syslog: None };
        for n in 0..runs {
            one(&settings, &format!("r{n}"));
        }
        (dir, settings, path)
    }

    fn start(run: &str) -> Start<'_> {
        Start {
            run,
            command: "purge",
            profile: Some("p"),
            store: "redis://h:1/0",
            login: "default",
            filter: "all sessions",
            ticket: Some("CHG-7"),
            plan: None,
            undo: true,
            matched: Some(3),
            layouts: None,
        }
    }

    fn one(settings: &Settings, run: &str) {
        let mut audit = Audit::open(settings).unwrap();
        let mut ids = Ids::default();
        ids.add(b"an-id-that-is-a-credential");
        audit.start(&start(run), &ids).unwrap();
        audit.end(Exit::Done, &Report::default()).unwrap();
    }

    fn check(path: &Path) -> Verdict {
        verify(path, None).unwrap().unwrap()
    }

    fn found(path: &Path) -> Vec<(Option<u64>, String)> {
        check(path).findings.into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    fn lines(path: &Path) -> Vec<String> {
        std::fs::read_to_string(path).unwrap().lines().map(str::to_string).collect()
    }

    fn write(path: &Path, lines: &[String]) {
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    #[test]
    fn a_log_is_its_owners_and_whole() {
        let (_dir, settings, path) = log(3);
        let verdict = check(&path);
        assert_eq!((verdict.lines, verdict.runs, &verdict.findings[..]), (6, 3, &[][..]));
        assert!(verdict.open.is_empty());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for file in [&path, &head_of(&path), &key_of(&path)] {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        assert_eq!(mode(key::parent(&path)), 0o700);
        assert!(lines(&path)[0].contains(&format!("\"prev\":\"{ZEROS}\"")));
        // A digest that was noted earlier.
        let noted = verdict.head.to_uppercase();
        one(&settings, "later");
        assert!(verify(&path, Some(&noted)).unwrap().unwrap().findings.is_empty());
        let other = verify(&path, Some(ZEROS)).unwrap().unwrap();
        assert!(other.findings[0].what.contains("no line has the digest"));
    }

    #[test]
    fn every_byte_is_guarded() {
        let (_dir, _, path) = log(2);
        let whole = std::fs::read(&path).unwrap();
        let mut line = 1;
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1 << (at % 7);
            std::fs::write(&path, &altered).unwrap();
            let named = found(&path);
            assert!(
                named.iter().any(|(found, _)| *found == Some(line)),
                "byte {at}, in line {line}: {named:?}"
            );
            line += u64::from(whole[at] == b'\n');
        }
        for at in 0..whole.len() {
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(!found(&path).is_empty(), "cut at {at}");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(found(&path).is_empty());
    }

    #[test]
    fn lines_taken_out_put_in_or_exchanged_are_named() {
        let (_dir, _, path) = log(4);
        let whole = lines(&path);
        let names = |lines: &[String], line: u64, what: &str| {
            write(&path, lines);
            let named = found(&path);
            assert!(
                named.iter().any(|(at, why)| *at == Some(line) && why.contains(what)),
                "{line} {what}: {named:?}"
            );
            named.len()
        };
        for at in 0..whole.len() {
            let mut short = whole.clone();
            short.remove(at);
            let what = match at {
                0 => "the lines before it are missing",
                7 => "the end is missing",
                _ => "before it a line is missing",
            };
            assert_eq!(names(&short, at as u64 + 1, what), 1, "{at}");

            // With the right digest of the line before it, as someone would who has read this.
            let before = at.checked_sub(1).map_or(ZEROS.to_string(), |at| digest(whole[at].as_bytes()));
            let forged = format!("{{\"seq\":{},\"event\":\"x\",\"prev\":\"{before}\"}}", at + 1);
            let mut long = whole.clone();
            long.insert(at, forged);
            assert_eq!(names(&long, at as u64 + 1, "it was inserted"), 1, "{at}");
        }
        let mut end = whole.clone();
        end.push(format!("{{\"seq\":9,\"prev\":\"{}\"}}", digest(whole[7].as_bytes())));
        names(&end, 9, "after the end");
        let mut exchanged = whole.clone();
        exchanged.swap(2, 3);
        write(&path, &exchanged);
        assert!(found(&path).iter().any(|(at, _)| matches!(at, Some(3 | 4))));
        // A chain that is whole in itself, but another.
        let mut other = whole.clone();
        other.truncate(7);
        other.push(whole[7].replace("done", "gone"));
        names(&other, 8, "it was altered");
    }

    #[test]
    fn the_note_beside_the_log_is_guarded_too() {
        let (_dir, settings, path) = log(2);
        let head = std::fs::read_to_string(head_of(&path)).unwrap();
        std::fs::remove_file(head_of(&path)).unwrap();
        assert!(found(&path)[0].1.contains("audit.head) is missing"));
        std::fs::write(head_of(&path), "{").unwrap();
        assert!(found(&path)[0].1.contains("unreadable"));
        std::fs::write(head_of(&path), &head).unwrap();
        assert!(found(&path).is_empty());
        // The log is gone.
        let kept = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(found(&path)[0].1.contains("the log is gone"));
        // A change goes on all the same, and says so for good.
        one(&settings, "after");
        assert_eq!(found(&path), [(Some(1), found(&path)[0].1.clone())]);
        assert!(found(&path)[0].1.contains("was last left with 4 lines"));
        one(&settings, "much-after");
        assert_eq!(found(&path).len(), 1);
        // Both put away: a new chain.
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(head_of(&path)).unwrap();
        assert!(verify(&path, None).unwrap().is_none());
        one(&settings, "anew");
        assert!(found(&path).is_empty());
        // Lines after the end are told before the next one covers them.
        std::fs::write(&path, kept).unwrap();
        std::fs::write(head_of(&path), &head).unwrap();
        let more = format!("{}{{}}\n", std::fs::read_to_string(&path).unwrap());
        std::fs::write(&path, more).unwrap();
        one(&settings, "covers");
        assert!(found(&path).iter().any(|(line, _)| *line == Some(6)));
    }

    #[test]
    fn a_line_that_was_cut_short_is_completed() {
        let (_dir, settings, path) = log(2);
        let whole = std::fs::read_to_string(&path).unwrap();
        let before = Head::read(&path).unwrap().unwrap();
        let last = whole.lines().last().unwrap();
        let bytes = before.bytes - last.len() as u64 - 1;
        let first_three = &whole[..bytes as usize];
        let sha256 = digest(first_three.lines().last().unwrap().as_bytes());
        for written in [0, 1, 100, last.len(), last.len() + 1] {
            // Died between the note of what comes and the note that it is there.
            let cut = bytes as usize + written;
            std::fs::write(&path, &whole[..cut]).unwrap();
            let next = Some(last.to_string());
            Head { lines: 3, bytes, sha256: sha256.clone(), next }.write(&path).unwrap();
            assert_eq!(found(&path), [], "{written}");
            one(&settings, "next");
            assert_eq!(found(&path), [], "{written}");
            let many = if written == 0 { 5 } else { 6 };
            assert_eq!(check(&path).lines, many, "{written}");
        }
        // What is not a beginning of that line is someone else's.
        std::fs::write(&path, format!("{first_three}{{\"x")).unwrap();
        Head { lines: 3, bytes, sha256, next: Some(last.to_string()) }.write(&path).unwrap();
        one(&settings, "next");
        assert!(found(&path).iter().any(|(line, _)| *line == Some(4)));
    }

    #[test]
    fn runs_at_once_make_one_chain() {
        let (_dir, settings, path) = log(0);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let settings = &settings;
                scope.spawn(move || {
                    for n in 0..10 {
                        one(settings, &format!("{thread}-{n}"));
                    }
                });
            }
        });
        let verdict = check(&path);
        assert_eq!((verdict.lines, verdict.runs, verdict.findings.len()), (80, 40, 0));
        assert!(verdict.open.is_empty());
    }

    #[test]
    fn a_run_that_is_given_up_has_an_end() {
        let (_dir, settings, path) = log(0);
        let mut audit = Audit::open(&settings).unwrap();
        audit.start(&start("a"), &Ids::default()).unwrap();
        assert_eq!(check(&path).open, ["a"]);
        audit.start(&start("a"), &Ids::default()).unwrap();
        drop(audit);
        drop(Audit::open(&settings).unwrap());
        let lines = lines(&path);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].contains("\"event\":\"more\"") && lines[2].contains("\"result\":\"failed\""));
        assert!(check(&path).open.is_empty());
    }

    #[test]
    fn ids_are_hashed_with_the_key_and_at_most_twenty_are_named() {
        let mut ids = Ids::default();
        for n in 0..30 {
            ids.add(format!("id-{n}").as_bytes());
        }
        let describe = |ids: &Ids, key: &[u8]| {
            let mut line = Map::new();
            ids.describe(key, &mut line);
            Json::Object(line)
        };
        let line = describe(&ids, b"key");
        assert_eq!(line["ids"].as_array().unwrap().len(), 20);
        assert_eq!(line["ids_count"], 30);
        // printf id-0 | openssl dgst -sha256 -hmac key
        assert_eq!(line["ids"][0], "23cba4145b6e063f");
        assert_ne!(describe(&ids, b"other")["ids"][0], line["ids"][0]);
        assert_ne!(describe(&ids, b"other")["ids_digest"], line["ids_digest"]);
        let digest_of = |parts: &[&str]| {
            let mut ids = Ids::default();
            for part in parts {
                ids.add(part.as_bytes());
            }
            describe(&ids, b"key")["ids_digest"].clone()
        };
        assert_ne!(digest_of(&["a", "bc"]), digest_of(&["ab", "c"]));
    }

    #[test]
    fn lines_go_to_the_syslog_too_or_nothing_may_be_changed() {
        let (dir, mut settings, path) = log(0);
        let socket = dir.path().join("log");
        settings.syslog = Some(socket.clone());
        let mut audit = Audit::open(&settings).unwrap();
        let error = audit.start(&start("a"), &Ids::default()).unwrap_err();
        assert!(format!("{error:#}").contains("nothing was changed"), "{error:#}");
        assert!(format!("{error:#}").contains("syslog"), "{error:#}");
        drop(audit);
        assert!(lines(&path)[1].contains("\"result\":\"refused\""));
        let listener = UnixDatagram::bind(&socket).unwrap();
        one(&settings, "b");
        let mut message = [0; 4096];
        let length = listener.recv(&mut message).unwrap();
        let text = String::from_utf8_lossy(&message[..length]).into_owned();
        let expected = format!("<85>sessctl[{}]: {}", std::process::id(), lines(&path)[2]);
        assert_eq!(text, expected);
    }

    #[test]
    fn a_user_has_a_number_and_a_name() {
        let who = Json::Object(who());
        assert!(who["uid"].is_u64() && who["host"].is_string(), "{who}");
    }
}
