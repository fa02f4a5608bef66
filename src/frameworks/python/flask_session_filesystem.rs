//! Flask-Session in files, through the file cache of cachelib.
//!
//! Flask-Session 0.5 and 0.8 filesystem.py; cachelib 0.14 and 0.17 file.py.

use std::borrow::Cow;

use md5::Digest as _;

use super::flask_session;
use crate::codec::{DecodeError, pickle};
use crate::cookie::{CookieError, Given, Opened};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Evidence, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict,
    expire, files, python,
};
use crate::store::{Kind, Medium};
use crate::value::Value;

/// The file in which the cache counts its files, which is called by the hash of this.
const COUNT: &[u8] = b"__wz_cache_count";

pub const LAYOUT: Layout = Layout {
    name: "flask-session-filesystem",
    about: "Flask-Session with SESSION_TYPE filesystem or cachelib (FileSystemCache)",
    medium: Medium::File,
    page: "\
file     in ./flask_session unless SESSION_FILE_DIR says otherwise, called by the SHA-256 of
         SESSION_KEY_PREFIX and the id, with older versions of cachelib by the MD5 of it: the id
         cannot be had from the name, which stands for it
value    four bytes with the end in seconds since 1970, little-endian, 0 for never; then a pickle of
         the session's dict, read as data and never run
expiry   those four bytes. What has ended stays until there are more files than `threshold` (500);
         then it goes, and after it live sessions nearest their end
user     as flask-session
times    the file's own: the last request
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER; its hash is the file's name
end      the file. A request in flight writes it back, even one that only reads (observed, 0.8.0).
         The cache counts its files in one called by the hash of `__wz_cache_count`; removing others
         leaves that number too high, so that the cache cleans up too early
beside   a cache of Flask-Caching writes the same files, even in the same folder: a session is told
         by the members that Flask-Session and Flask-Login write
",
    keys: Keys {
        prefix: "session:",
        kind: Kind::Hash,
        lead: |_| Vec::new(),
        locate,
        key_of: |_, id| id.to_vec(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("content")],
    options: &[
        flask_session::OPTIONS[0],
        flask_session::OPTIONS[1],
        OptionSpec::new("SESSION_FILE_DIR", OptionKind::Text, "the folder; --store says it"),
    ],
    recognize,
    read,
    describe,
    cookie: Cookie {
        open: Some(|setup, given| opened(setup, given, |text| hex(&sha2::Sha256::digest(text)))),
        older: Some(|setup, given| opened(setup, given, |text| hex(&md5::Md5::digest(text)))),
        ..flask_session::LAYOUT.cookie
    },
    ends: Ends { expire: moved, ..flask_session::LAYOUT.ends },
    evidence: Evidence::Beside { key: |_, blob| Some((count(blob.key), Kind::Hash)), always: false },
    ..flask_session::LAYOUT
};

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The cookie's id, hashed as the cache does it.
fn opened(setup: &Setup, given: &Given, hash: fn(&[u8]) -> String) -> Result<Opened, CookieError> {
    let Some(open) = flask_session::LAYOUT.cookie.open else {
        return Err(CookieError::Form { expected: "<id>" });
    };
    let opened = open(setup, given)?;
    let prefix = setup.text("prefix").unwrap_or(LAYOUT.keys.prefix);
    let id = hash(&[prefix.as_bytes(), &opened.id].concat()).into_bytes();
    Ok(Opened { id, ..opened })
}

/// What the file with the number of files is called, where names are as long as this one.
fn count(name: &[u8]) -> Vec<u8> {
    if name.len() == 32 { hex(&md5::Md5::digest(COUNT)) } else { hex(&sha2::Sha256::digest(COUNT)) }
        .into_bytes()
}

fn locate(_: &Setup, key: &[u8]) -> Option<Place> {
    (files::is_hash(key) && key != count(key)).then(|| Place::after(key, 0, true))
}

/// The end in seconds since 1970, and the pickle.
fn parts<'a>(blob: &Blob<'a>) -> Option<(u32, &'a [u8])> {
    let (end, pickle) = blob.text()?.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*end), pickle))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("its name is not the hash of an id");
    }
    let Some((_, text)) = parts(blob).filter(|(_, text)| text.first() == Some(&0x80)) else {
        return Verdict::no("what is in the file is not a pickle after four bytes");
    };
    let Ok(value) = pickle::decode(text, &blob.limits) else {
        return Verdict::no("the pickle does not decode");
    };
    match python::members(&value) {
        Some(data) if python::is_flask(data) => {
            if setup.named {
                Verdict::Sure
            } else {
                Verdict::Kin
            }
        }
        // With SESSION_PERMANENT off and nobody logged in there is no mark.
        Some(data) if setup.named && is_likely(data) => Verdict::Sure,
        Some(_) => Verdict::no("its dict has none of the members that Flask-Session and Flask-Login write"),
        None => Verdict::no("it is not a dict, as sessions are"),
    }
}

/// What sessions of Flask hold and what applications keep in a cache hardly does.
fn is_likely(data: &Value<'_>) -> bool {
    let marks = ["_flashes", "_fresh", "_id", "csrf_token"];
    python::user(data).is_some() || marks.iter().any(|mark| data.get(mark).is_some())
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const NAME: &str = pickle::CODEC.name;
    let value = match parts(blob) {
        Some((_, text)) => pickle::decode(text, &blob.limits),
        None => Err(DecodeError::new(NAME, 0, "the file is shorter than the end that it begins with")),
    };
    Decoded { via: vec![NAME], value: value.map(Cow::Owned) }
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = parts(blob).map(|(end, _)| i64::from(end) * 1000).filter(|end| *end != 0);
    Facts { seen: files::mtime(blob), ends, ..python::facts(data) }
}

fn moved(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let (_, rest) = files::content(session)
        .and_then(|content| content.split_first_chunk::<4>())
        .ok_or(expire::UNREADABLE)?;
    // 0 is never; a time before 1970 is none that can be written.
    let end = end.map_or(0, |end| u32::try_from(end.div_euclid(1000)).unwrap_or(u32::MAX).max(1));
    Ok(files::by_content([&end.to_le_bytes()[..], rest].concat()))
}
