//! Django's file engine.
//!
//! Django 6.1 contrib/sessions/backends/file.py.

use super::{django_cache, django_redis_sessions};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, expire, files,
    python, time,
};
use crate::store::{Kind, Medium};
use crate::value::Value;
use crate::wrap::django;

/// `SESSION_COOKIE_AGE` unless it is set, in seconds.
const AGE: i64 = 1_209_600;
const MADE: usize = 32;

pub const LAYOUT: Layout = Layout {
    name: "django-files",
    about: "Django, SESSION_ENGINE file (django.contrib.sessions.backends.file)",
    medium: Medium::File,
    page: "\
file     <cookie name><id> in SESSION_FILE_PATH, the system's folder for temporary files unless set;
         id 32 of [a-z0-9], without anything between: `sessionid` and the id
value    a string signed by Django, JSON or a pickle inside: <payload>:<time>:<signature>, with
         Django before 3.1 base64 of <hash>:<payload>. It is read without a secret, and proven with
         secret_key. An empty file is a session that is just being made
expiry   the file's time and SESSION_COOKIE_AGE after it, which the folder does not tell: the option
         session_cookie_age, 1209600 seconds (two weeks) are assumed. What set_expiry() put into the
         session comes before: a date is the end; a number of seconds never comes to its end here,
         as Django counts it from now on each time
user     _auth_user_id, as in django-cache
times    the file's own: when the session was saved last
cookie   sessionid = <id>
end      the file. A request in flight that changed the session answers 400 and writes nothing
beside   sessionid<id>_out_<random> is what was left when a write was cut short
",
    keys: Keys { prefix: "", kind: Kind::Hash, lead: |_| Vec::new(), locate, key_of, ..Keys::PLAIN },
    marks: &[Mark::Field("content")],
    options: &[
        django_redis_sessions::LAYOUT.options[0],
        django_redis_sessions::LAYOUT.options[1],
        OptionSpec::new(
            "session_cookie_age",
            OptionKind::Number,
            "SESSION_COOKIE_AGE in seconds; 1209600 unless set",
        ),
        OptionSpec::new("engine", OptionKind::Text, "SESSION_ENGINE, which is file"),
        OptionSpec::new("SESSION_FILE_PATH", OptionKind::Text, "the folder; --store says it"),
    ],
    recognize,
    read,
    describe,
    ends: Ends {
        expire: moved,
        caveats: &["\"Remember me\" cookies and tokens of applications on Django are not in the folder."],
        ..Ends::PLAIN
    },
    ..django_redis_sessions::LAYOUT
};

fn age(setup: &Setup) -> i64 {
    files::span(setup, "session_cookie_age", AGE)
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    [setup.cookie_name().as_bytes(), id].concat()
}

/// The cookie's name may be any; where it is not known, the id is the end of the file's name.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let known = setup.named || setup.text("cookie_name").is_some();
    let start = if known {
        let name = setup.cookie_name().as_bytes();
        key.starts_with(name).then_some(name.len())?
    } else {
        key.len().checked_sub(MADE).filter(|start| *start > 0 && key[0] != b'.')?
    };
    key::is_exactly(&key[start..], MADE, Alphabet::Lower).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("its name is not the cookie's with 32 of [a-z0-9] after it");
    }
    if blob.is_empty() {
        return if setup.named { Verdict::Sure } else { Verdict::Kin };
    }
    django_redis_sessions::judge(setup, blob, true)
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.is_empty() {
        return Decoded::owned(django::NAME, Value::Map(Vec::new()));
    }
    django_redis_sessions::read(setup, blob)
}

/// What `set_expiry` put into a session.
enum Set {
    Nothing,
    /// A date, in ms since 1970.
    At(i64),
    /// This many seconds from whenever someone asks.
    Never,
}

fn set(data: &Value<'_>) -> Set {
    match python::members(data).and_then(|data| data.get("_session_expiry")) {
        None | Some(Value::Null | Value::Int(0)) => Set::Nothing,
        Some(date @ (Value::Text(_) | Value::Date(_))) => time::instant(date).map_or(Set::Nothing, Set::At),
        Some(_) => Set::Never,
    }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = match set(data) {
        Set::Nothing => files::end(blob, age(setup)),
        Set::At(at) => Some(at),
        Set::Never => None,
    };
    Facts { seen: files::mtime(blob), ends, ..django_cache::describe(setup, blob, data) }
}

fn moved(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let data = session.data.and_then(Decoded::value).ok_or(expire::UNREADABLE)?;
    match set(data) {
        Set::Nothing => files::by_mtime(end, age(setup)),
        _ => {
            Err("set_expiry() put their end into the signed value, which only the application can sign again")
        }
    }
}
