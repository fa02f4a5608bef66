//! Where a dump comes from: a file, or what is spooled into one because it cannot be read at any place:
//! standard input, a pipe, and what is compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::reader::Header;
use crate::store::Error;
use crate::text::words::unnumbered;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Stdin,
    Path(PathBuf),
    /// An append-only file: a folder, its manifest, or the one file of older servers.
    Aof(PathBuf),
}

/// A dump as a file.
#[derive(Debug)]
pub struct Opened {
    pub file: Arc<File>,
    pub length: u64,
    /// When the file was written last, in milliseconds since 1970; of standard input it is not known.
    pub written: Option<i64>,
    /// Why there is not more of it, where what it was unpacked from is damaged, or did not come whole.
    pub cut: Option<String>,
    /// A server has sent it.
    pub received: bool,
}

/// The largest window of a Zstandard frame that is unpacked.
const WINDOW: u64 = 64 << 20;
/// What is compressed may become so many times as long, and this long in any case.
const RATIO: u64 = 200;
const ROOM: u64 = 1 << 30;

/// How something is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packed {
    Gzip,
    Zstd,
    /// Valkey 9.2 puts seven bytes before a frame of LZ4 or Zstandard (compression_stream.h).
    ValkeyLz4,
    ValkeyZstd,
}

fn packed(head: &[u8]) -> Option<Packed> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Packed::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packed::Zstd),
        [b'V', b'C', b'S', 1, 1, 0, 1, ..] => Some(Packed::ValkeyLz4),
        [b'V', b'C', b'S', 1, 2, 0, 1, ..] => Some(Packed::ValkeyZstd),
        _ => None,
    }
}

/// Opens it, and makes sure that it is a dump.
pub fn open(origin: &Origin, place: &str) -> Result<Opened, Error> {
    let fail = |why: String, hint: Option<&str>| Error::File {
        place: place.to_string(),
        why,
        hint: hint.map(str::to_string),
    };
    let opened = match origin {
        Origin::Stdin => spool(io::stdin().lock(), None, place)?,
        Origin::Path(path) | Origin::Aof(path) => {
            let meta = std::fs::metadata(path).map_err(|error| {
                let hint = (error.kind() == io::ErrorKind::NotFound)
                    .then_some("CONFIG GET dir and CONFIG GET dbfilename say where a server writes its dump");
                fail(plain(&error), hint)
            })?;
            if meta.is_dir() {
                let hint = if has_manifest(path) {
                    "it holds an append-only file: write aof:DIR"
                } else {
                    "name the file in it, such as dump.rdb"
                };
                return Err(fail("it is a directory".to_string(), Some(hint)));
            }
            if meta.file_type().is_socket() {
                return Err(fail("it is a socket".to_string(), Some("for a server, write unix:///PATH")));
            }
            let file = File::open(path).map_err(|error| fail(plain(&error), None))?;
            let written = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let written = written.map(|since| since.as_millis() as i64);
            if meta.is_file() {
                let mut file = file;
                let head = head_of(&mut file).map_err(|error| fail(plain(&error), None))?;
                file.rewind().map_err(|error| fail(plain(&error), None))?;
                if packed(&head).is_some() {
                    let unpacked = spool(file, Some(meta.len()), place)?;
                    Opened { written, ..unpacked }
                } else {
                    Opened { file: Arc::new(file), length: meta.len(), written, cut: None, received: false }
                }
            } else {
                Opened { written: None, ..spool(file, None, place)? }
            }
        }
    };
    check(&opened, place)?;
    Ok(opened)
}

/// A dump with nothing in it, for an append-only file that begins with none.
pub fn nothing(place: &str) -> Result<Opened, Error> {
    // No checksum was computed.
    const NOTHING: &[u8] = b"REDIS0011\xff\0\0\0\0\0\0\0\0";
    let fail = |error: &io::Error| Error::File { place: place.to_string(), why: plain(error), hint: None };
    let mut file = tempfile::tempfile().map_err(|error| fail(&error))?;
    file.write_all(NOTHING).map_err(|error| fail(&error))?;
    Ok(Opened {
        file: Arc::new(file),
        length: NOTHING.len() as u64,
        written: None,
        cut: None,
        received: false,
    })
}

/// Keeps what a server sends in an unnamed temporary file. Where it breaks off, what came before stands.
pub fn received(mut from: impl Read, place: &str) -> Result<Opened, Error> {
    let mut to = tempfile::tempfile().map_err(|error| no_room(place, &error))?;
    let cut = match copy(&mut from, &mut to, u64::MAX) {
        Ok(_) | Err(Copying::TooLarge) => None,
        Err(Copying::To(error)) => return Err(no_room(place, &error)),
        Err(Copying::From(error)) => Some(error.to_string()),
    };
    let length = to.stream_position().map_err(|error| no_room(place, &error))?;
    if let Some(why) = cut.clone().filter(|_| length < Header::BYTES as u64) {
        let hint = Some("the server's log may say why".to_string());
        return Err(Error::File {
            place: place.to_string(),
            why: format!("nothing came of it: {why}"),
            hint,
        });
    }
    let opened = Opened { file: Arc::new(to), length, written: None, cut, received: true };
    check(&opened, place)?;
    Ok(opened)
}

fn no_room(place: &str, error: &io::Error) -> Error {
    Error::File {
        place: place.to_string(),
        why: format!("cannot write a temporary copy of it: {}", plain(error)),
        hint: Some(format!(
            "TMPDIR names a directory with more room than {}",
            std::env::temp_dir().display()
        )),
    }
}

fn has_manifest(path: &Path) -> bool {
    let is_manifest = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "manifest"))
    };
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.any(is_manifest))
}

fn head_of(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    from.take(64).read_to_end(&mut head)?;
    Ok(head)
}

/// Writes it, unpacked, into an unnamed temporary file. `length` is known of a file.
fn spool(mut from: impl Read, length: Option<u64>, place: &str) -> Result<Opened, Error> {
    let fail = |why: String| Error::File { place: place.to_string(), why, hint: None };
    let no_room = |error: &io::Error| no_room(place, error);
    let mut to = tempfile::tempfile().map_err(|error| no_room(&error))?;
    let head = head_of(&mut from).map_err(|error| fail(plain(&error)))?;
    let mut from = BufReader::with_capacity(64 << 10, io::Cursor::new(head.clone()).chain(from));
    let kind = packed(&head);
    if matches!(kind, Some(Packed::ValkeyLz4 | Packed::ValkeyZstd)) {
        from.read_exact(&mut [0; 7]).map_err(|error| fail(plain(&error)))?;
    }
    let copied = match kind {
        None => copy(&mut from, &mut to, u64::MAX),
        Some(kind) => {
            // How much goes in is not known of a pipe before it is over; its end is watched instead.
            let most = length.map_or(u64::MAX, |length| length.saturating_mul(RATIO).max(ROOM));
            match kind {
                Packed::Gzip => copy(&mut MultiGzDecoder::new(from), &mut to, most),
                Packed::ValkeyLz4 => {
                    let mut decoder = lz4_flex::frame::FrameDecoder::new(from);
                    copy(&mut decoder, &mut to, most)
                }
                Packed::Zstd | Packed::ValkeyZstd => frames(&mut from, &mut to, most),
            }
        }
    };
    let cut = match copied {
        Ok(_) => None,
        Err(Copying::To(error)) => return Err(no_room(&error)),
        Err(Copying::From(error)) if kind.is_none() => return Err(fail(plain(&error))),
        Err(Copying::From(error)) => Some(format!("the compressed file is damaged: {}", plain_of(&error))),
        Err(Copying::TooLarge) => {
            return Err(fail("it expands to more than a dump of its size could".to_string()));
        }
    };
    let length = to.stream_position().map_err(|error| no_room(&error))?;
    Ok(Opened { file: Arc::new(to), length, written: None, cut, received: false })
}

/// What a decoder says; an end too early is none of the server's connection.
fn plain_of(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "it ends too early".to_string()
    } else {
        error.to_string()
    }
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => unnumbered(&error.to_string()),
    }
}

enum Copying {
    From(io::Error),
    To(io::Error),
    TooLarge,
}

/// Copies up to `most` bytes; how many it could still be.
fn copy(from: &mut impl Read, to: &mut File, most: u64) -> Result<u64, Copying> {
    let mut buffer = vec![0; 64 << 10];
    let mut left = most;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(left),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Copying::From(error)),
        };
        left = left.checked_sub(read as u64).ok_or(Copying::TooLarge)?;
        to.write_all(&buffer[..read]).map_err(Copying::To)?;
    }
}

/// Frames of Zstandard, one after the other.
fn frames(from: &mut impl BufRead, to: &mut File, most: u64) -> Result<u64, Copying> {
    let mut left = most;
    while !from.fill_buf().map_err(Copying::From)?.is_empty() {
        match StreamingDecoder::new_with_max_window_size(&mut *from, WINDOW) {
            Ok(mut decoder) => left = copy(&mut decoder, to, left)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                io::copy(&mut from.take(u64::from(length)), &mut io::sink()).map_err(Copying::From)?;
            }
            Err(error) => return Err(Copying::From(io::Error::other(error.to_string()))),
        }
    }
    Ok(left)
}

/// Whether it begins as a dump does; else what it could be, and what helps.
fn check(opened: &Opened, place: &str) -> Result<(), Error> {
    use std::os::unix::fs::FileExt as _;
    let mut head = [0; 64];
    let mut length = 0;
    while length < head.len() {
        match opened.file.read_at(&mut head[length..], length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Error::File { place: place.to_string(), why: plain(&error), hint: None });
            }
        }
    }
    let head = &head[..length];
    if Header::of(head).is_some() {
        return Ok(());
    }
    let (why, hint) = stranger(head);
    let why = match &opened.cut {
        Some(cut) => format!("{why}; {cut}"),
        None => why.to_string(),
    };
    Err(Error::File { place: place.to_string(), why, hint: hint.map(str::to_string) })
}

/// What something is that is not a dump, by its first bytes.
fn stranger(head: &[u8]) -> (&'static str, Option<&'static str>) {
    const UNPACK: Option<&str> = Some("unpack it first; only .gz and .zst are read compressed");
    const DECRYPT: Option<&str> = Some("decrypt it first, and pass it on standard input: --store rdb:-");
    const RDB: &[u8] = b"REDIS";
    match head {
        [] => (
            "it is empty (0 bytes)",
            Some("was it still being written? BGSAVE writes temp-PID.rdb first, and renames it"),
        ),
        _ if head.len() < Header::BYTES && (RDB.starts_with(head) || head.starts_with(RDB)) => {
            ("it ends within its header", Some("it was cut off; copy it again"))
        }
        [b'R', b'E', b'D', b'I', b'S', ..] | [b'V', b'A', b'L', b'K', b'E', b'Y', ..] => {
            ("its header has no version", None)
        }
        [b'V', b'C', b'S', ..] | [b'V', b'K', b'C', b'S', ..] => {
            ("it is compressed by Valkey in an unknown way", Some("write it again with `rdbcompression yes`"))
        }
        [b'*', b'0'..=b'9', ..] | [b'#', b'T', b'S', b':', ..] => {
            ("it is an append-only file (AOF), not a dump", Some("write aof:PATH"))
        }
        [b'f', b'i', b'l', b'e', b' ', ..] => {
            ("it is the manifest of an append-only file", Some("name its directory: aof:DIR"))
        }
        [b'+' | b'$', ..] => {
            ("it is what a server sends a replica, not a dump", Some("redis-cli --rdb FILE writes a dump"))
        }
        [b'P', b'K', 3, 4, ..] => ("it is a ZIP archive", UNPACK),
        [0xfd, b'7', b'z', b'X', b'Z', ..] | [b'B', b'Z', b'h', ..] => {
            ("it is compressed in an unsupported way", UNPACK)
        }
        [0x04, 0x22, 0x4d, 0x18, ..] => ("it is compressed by LZ4", UNPACK),
        [b'S', b'a', b'l', b't', b'e', b'd', b'_', b'_', ..] => ("it is encrypted by OpenSSL", DECRYPT),
        _ if head.starts_with(b"age-encryption.org") || head.starts_with(b"-----BEGIN AGE") => {
            ("it is encrypted by age", DECRYPT)
        }
        _ if head.starts_with(b"-----BEGIN PGP") || matches!(head, [0x84 | 0x85 | 0x8c, ..]) => {
            ("it looks like something that PGP encrypted", DECRYPT)
        }
        [b'{' | b'[', ..] => {
            ("it is JSON, not a dump of Redis or Valkey", Some("`sessctl decode` reads a single value"))
        }
        _ => (
            "it is not a dump of Redis or Valkey: it does not begin with REDIS or VALKEY",
            Some(
                "exports of managed services in another form, or encrypted, must be turned into an RDB \
                 file first: redis-cli --rdb FILE, or an export to .rdb",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_dump_is_named() {
        for (head, expected) in [
            (&b""[..], "0 bytes"),
            (b"RED", "within its header"),
            (b"REDIS00", "within its header"),
            (b"REDISxxxx....", "no version"),
            (b"*2\r\n$6\r\nSELECT", "AOF"),
            (b"PK\x03\x04", "ZIP"),
            (b"Salted__abc", "OpenSSL"),
            (b"{\"a\":1}", "JSON"),
            (b"VCS\x01\x09\x00\x01", "compressed by Valkey"),
            (b"hello world", "does not begin with REDIS"),
        ] {
            assert!(stranger(head).0.contains(expected), "{}", head.escape_ascii());
        }
    }
}
