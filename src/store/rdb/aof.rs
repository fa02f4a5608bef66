//! Append-only files: which files there are, and the commands in them.
//!
//! Since Redis 7.0 they are a folder: a manifest names a base, a dump or commands, and increments in their
//! order. Before, it is one file, which may begin with a dump (aof.c).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::bytes::{Broken, Bytes, Input, Part, Why};
use super::reader::Header;
use crate::store::Error;

/// The files of an append-only file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// A dump, to begin with. Commands may follow in the same file.
    pub base: Option<PathBuf>,
    /// Commands, in their order.
    pub commands: Vec<PathBuf>,
}

/// A file of commands.
#[derive(Debug)]
pub struct Opened {
    pub file: Arc<File>,
    pub length: u64,
    /// When it was written last, in milliseconds since 1970.
    pub written: Option<i64>,
}

/// Bytes of a manifest; it has a line for each file.
const MAX_MANIFEST: u64 = 1 << 20;

fn fail(place: &str, why: impl Into<String>, hint: Option<&str>) -> Error {
    Error::File { place: place.to_string(), why: why.into(), hint: hint.map(str::to_string) }
}

/// Opens a file of commands.
pub fn open(path: &Path, place: &str) -> Result<Opened, Error> {
    let name = || {
        path.file_name()
            .map_or_else(String::new, |name| crate::text::safe::safe(&name.to_string_lossy()).into_owned())
    };
    let said = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{} is not there", name()),
        _ => format!("{}: {error}", name()),
    };
    let file = File::open(path).map_err(|error| fail(place, said(&error), None))?;
    let meta = file.metadata().map_err(|error| fail(place, said(&error), None))?;
    if !meta.is_file() {
        return Err(fail(place, format!("{} is not a file", name()), None));
    }
    let written = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let written = written.map(|since| since.as_millis() as i64);
    Ok(Opened { file: Arc::new(file), length: meta.len(), written })
}

/// The files at that path: the folder of a server or its `appendonlydir`, a manifest, or one file.
pub fn files(path: &Path, place: &str) -> Result<Files, Error> {
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let hint = "CONFIG GET dir and CONFIG GET appenddirname say where a server keeps it";
            fail(place, "there is no such file or directory", Some(hint))
        }
        _ => fail(place, error.to_string(), None),
    })?;
    if !meta.is_dir() {
        if path.extension().is_some_and(|extension| extension == "manifest") {
            return listed(path, place);
        }
        return single(path, place);
    }
    for folder in [path.to_path_buf(), path.join("appendonlydir")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut manifests: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "manifest"))
            .collect();
        match (manifests.pop(), manifests.is_empty()) {
            (Some(manifest), true) => return listed(&manifest, place),
            (Some(_), false) => {
                return Err(fail(
                    place,
                    "it holds several manifests",
                    Some("name one of them: aof:DIR/NAME.manifest"),
                ));
            }
            (None, _) => {}
        }
    }
    let older = path.join("appendonly.aof");
    if older.is_file() {
        return single(&older, place);
    }
    let hint = "it is the directory with a *.manifest file, appendonlydir by default; older servers have \
                a file appendonly.aof";
    Err(fail(place, "no append-only file in it", Some(hint)))
}

/// One file: a dump with commands after it, or commands alone.
fn single(path: &Path, place: &str) -> Result<Files, Error> {
    let opened = open(path, place)?;
    let mut head = [0; Header::BYTES];
    let mut part = Part::new(&opened.file, 0, opened.length);
    let read = part.read(&mut head).map_err(|error| fail(place, error.to_string(), None))?;
    if Header::of(&head[..read]).is_some() {
        return Ok(Files { base: Some(path.to_path_buf()), commands: Vec::new() });
    }
    if read > 0 && !matches!(head[0], b'*' | b'#') {
        let hint = "commands begin with `*`; for a dump, write rdb:PATH";
        return Err(fail(place, "it is not an append-only file", Some(hint)));
    }
    Ok(Files { base: None, commands: vec![path.to_path_buf()] })
}

/// The files that a manifest lists, next to it.
fn listed(manifest: &Path, place: &str) -> Result<Files, Error> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = File::open(manifest).and_then(|file| file.take(MAX_MANIFEST).read_to_string(&mut text));
    read.map_err(|error| fail(place, format!("its manifest cannot be read: {error}"), None))?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let mut files = Files::default();
    let mut parts: Vec<(u64, PathBuf)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || fail(place, format!("line {} of its manifest cannot be understood", at + 1), None);
        let (name, sequence, kind) = entry(line).ok_or_else(wrong)?;
        let path = folder.join(name);
        match kind {
            'b' if single(&path, place)?.base.is_some() => files.base = Some(path),
            'b' => files.commands.push(path),
            'i' => parts.push((sequence, path)),
            // What is history is deleted by and by.
            'h' => {}
            _ => return Err(wrong()),
        }
    }
    parts.sort();
    files.commands.extend(parts.into_iter().map(|(_, path)| path));
    Ok(files)
}

/// `file NAME seq N type T`, in any order; a name with odd characters is quoted.
fn entry(line: &str) -> Option<(String, u64, char)> {
    let (mut name, mut sequence, mut kind) = (None, None, None);
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = rest.split_once(' ')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        match word {
            "file" => name = Some(value.to_string()),
            "seq" => sequence = value.parse().ok(),
            "type" => kind = value.chars().next(),
            // Newer servers may say more of a file.
            _ => {}
        }
        rest = next.trim_start();
    }
    // It lies next to its manifest, and nowhere else.
    let name =
        name.filter(|name| !name.is_empty() && !name.contains(['/', '\\']) && name != ".." && name != ".")?;
    Some((name, sequence?, kind?))
}

/// Parts of one command, and their bytes; a command of more is gone over.
const MAX_PARTS: u64 = 1 << 20;
const MAX_COMMAND: u64 = 48 << 20;

/// One thing in a file of commands.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    Command(Vec<Vec<u8>>),
    /// A command that is too large to be held, by its name.
    Large(Vec<u8>),
    /// When what follows was written, in seconds since 1970.
    At(i64),
}

/// Commands, one after the other.
pub struct Commands<I> {
    bytes: Bytes<I>,
}

impl<I: Input> Commands<I> {
    pub fn new(bytes: Bytes<I>) -> Commands<I> {
        Commands { bytes }
    }

    /// The next one; `None` at the end.
    pub fn next_item(&mut self) -> Result<Option<Item>, Broken> {
        loop {
            if self.bytes.is_over()? {
                return Ok(None);
            }
            match self.bytes.byte()? {
                b'*' => return self.command().map(Some),
                b'#' => {
                    let line = self.line()?;
                    let at = line
                        .strip_prefix(b"TS:")
                        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                    if let Some(at) = at {
                        return Ok(Some(Item::At(at)));
                    }
                }
                _ => return Err(self.bytes.wrong(1, "a command begins with `*`")),
            }
        }
    }

    fn command(&mut self) -> Result<Item, Broken> {
        let count = self.number()?;
        let mut parts = Vec::new();
        let (mut size, mut large) = (0, count > MAX_PARTS);
        for at in 0..count {
            if self.bytes.byte()? != b'$' {
                return Err(self.bytes.wrong(1, "a part of a command begins with `$`"));
            }
            let length = self.number()?;
            size += length.saturating_add(32);
            large |= size > MAX_COMMAND;
            if large && at > 0 {
                parts.truncate(1);
                self.bytes.skip(length)?;
            } else {
                let mut part = Vec::new();
                self.bytes.take(length.min(MAX_COMMAND), &mut part)?;
                self.bytes.skip(length - length.min(MAX_COMMAND))?;
                parts.push(part);
            }
            if self.bytes.array::<2>()? != *b"\r\n" {
                return Err(self.bytes.wrong(2, "a part of a command is longer than announced"));
            }
        }
        Ok(if large {
            Item::Large(parts.into_iter().next().unwrap_or_default())
        } else {
            Item::Command(parts)
        })
    }

    fn line(&mut self) -> Result<Vec<u8>, Broken> {
        let mut line = Vec::new();
        loop {
            match self.bytes.byte()? {
                b'\n' => break,
                b'\r' => {}
                byte if line.len() < 64 => line.push(byte),
                _ => return Err(self.bytes.wrong(1, "a line is too long")),
            }
        }
        Ok(line)
    }

    fn number(&mut self) -> Result<u64, Broken> {
        let line = self.line()?;
        let number = std::str::from_utf8(&line).ok().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.bytes.wrong(2, "a length is not a number"))
    }

    pub fn at(&self) -> u64 {
        self.bytes.at()
    }
}

/// Whether it only ends too early, as after a crash: a server reads such a file up to there.
pub fn is_cut(broken: &Broken) -> bool {
    matches!(broken.why, Why::Ends)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(bytes: &[u8]) -> (Vec<Item>, Option<Broken>) {
        let mut commands = Commands::new(Bytes::new(bytes, 0, 64));
        let mut items = Vec::new();
        loop {
            match commands.next_item() {
                Ok(Some(item)) => items.push(item),
                Ok(None) => return (items, None),
                Err(broken) => return (items, Some(broken)),
            }
        }
    }

    #[test]
    fn commands_and_notes_between_them() {
        let text = b"#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\nx\r\ny\r\n";
        let (read, broken) = items(text);
        assert!(broken.is_none());
        let command =
            |parts: &[&str]| Item::Command(parts.iter().map(|part| part.as_bytes().to_vec()).collect());
        assert_eq!(
            read,
            [Item::At(1_700_000_000), command(&["SELECT", "0"]), command(&["SET", "a", "x\r\ny"])]
        );
        for end in 1..text.len() {
            let (fewer, broken) = items(&text[..end]);
            assert!(fewer.len() <= read.len() && read.starts_with(&fewer));
            assert!(broken.is_none_or(|broken| is_cut(&broken)), "{end}");
        }
        for wrong in [&b"x"[..], b"*x\r\n", b"*1\r\n+3\r\n", b"*1\r\n$1\r\nabc", b"*1\r\n$-1\r\n"] {
            assert!(items(wrong).1.is_some_and(|broken| !is_cut(&broken)), "{}", wrong.escape_ascii());
        }
        // Nothing is taken for lengths that nothing stands for.
        assert!(items(b"*99999999999\r\n$99999999999\r\nabc").1.is_some_and(|broken| is_cut(&broken)));
    }

    #[test]
    fn lines_of_manifests() {
        assert_eq!(
            entry("file appendonly.aof.2.base.rdb seq 2 type b"),
            Some(("appendonly.aof.2.base.rdb".to_string(), 2, 'b'))
        );
        assert_eq!(
            entry("file \"my file.aof\" seq 7 type i startoffset 9"),
            Some(("my file.aof".to_string(), 7, 'i'))
        );
        for line in [
            "file ../../etc/passwd seq 1 type i",
            "file a seq x type i",
            "file a",
            "x",
            "file .. seq 1 type i",
        ] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = items(&bytes);
            let _ = items(&[b"*2\r\n$", &bytes[..]].concat());
        }
    }
}
