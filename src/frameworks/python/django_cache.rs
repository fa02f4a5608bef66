//! Django's cache engine: sessions as entries of a cache in Redis.
//!
//! Django 6.1 contrib/sessions/backends/cache.py, core/cache/backends/redis.py; django-redis 7.0
//! client/default.py, client/herd.py, serializers, compressors. Keys, values and cookie do not tell which of
//! the two wrote them, and do not need to.

use std::borrow::Cow;

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, open_any, python,
    user,
};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;

/// The engine puts this right before the id.
pub(super) const MARKER: &str = "django.contrib.sessions.cache";

pub const LAYOUT: Layout = Layout {
    name: "django-cache",
    about: "Django, SESSION_ENGINE cache, on its own RedisCache, django-redis or django-redis-cache",
    family: "Python",
    home: Some("https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    page: "\
key      <KEY_PREFIX>:<VERSION>:django.contrib.sessions.cache<id>, a string; by default
         `:1:django.contrib.sessions.cache<id>`, the colon in front is real; a KEY_FUNCTION of the
         project may put anything before and after. The id is 32 of [a-z0-9]
value    the session as a dict: a pickle (protocols 0 to 5), with django-redis also JSON or
         MessagePack, and compressed (zlib, gzip, lzma, lz4, zstd); django-redis' HerdClient puts it
         into a tuple. Never run: a pickle is read as data
expiry   the key's TTL, two weeks by default, set anew only when the session is saved
user     _auth_user_id, the primary key as text; names are in SQL. OMERO.web: connector.user_id;
         OSF: auth_user_id
cookie   sessionid = <id>. Open edX: `1|<id>|<salt>|<signature>`; OSF: <id>.<signature>;
         authentik: a token with the id as `sid`
index    none; JumpServer keeps the hash jms_session_key (id -> open websockets)
end      the key; for JumpServer also the field in that hash. A request in flight that changed the
         session answers 400 and writes nothing (Django 6.1)
beside   the same database is a cache: its other keys are not sessions, and `cache.clear()` empties
         all of it
",
    keys: Keys {
        prefix: ":1:django.contrib.sessions.cache",
        lead: |setup| lead(setup, MARKER),
        locate: |setup, key| locate(setup, key, MARKER),
        key_of,
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(MARKER)],
    options: OPTIONS,
    cookie: Cookie {
        name: Some("sessionid"),
        // The names of authentik and pretix as well.
        open: Some(|setup, given| {
            open_any(setup, &["authentik_session", "pretix_session"], |name| {
                cookie::django::open(given, name, setup.texts("secret_key"))
            })
        }),
        ..Cookie::PLAIN
    },
    recognize: |setup, blob| recognize(setup, blob, MARKER),
    read,
    describe,
    whose: Whose::Container(python::django_members),
    ends: Ends {
        end: |_, session| jumpserver(session).into_iter().collect(),
        caveats: &["\"Remember me\" cookies and tokens of applications on Django are not in Redis."],
        ..Ends::PLAIN
    },
    same_as: &["django-redis"],
    ..Layout::PLAIN
};

/// The same sessions under the name of the package that most projects write them with.
pub const DJANGO_REDIS: Layout = Layout {
    name: "django-redis",
    about: "Django with django-redis as its cache, SESSION_ENGINE cache; the same as django-cache",
    home: Some("https://github.com/jazzband/django-redis"),
    marks: &[],
    same_as: &["django-cache"],
    ..LAYOUT
};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::secret("secret_key", OptionKind::Texts, "SECRET_KEY, and SECRET_KEY_FALLBACKS after it"),
    OptionSpec::new("version", OptionKind::Number, "VERSION of the cache; 1 unless set"),
    OptionSpec::new("suffix", OptionKind::Text, "what a KEY_FUNCTION puts after the id"),
    OptionSpec::new("serializer", OptionKind::Text, "told by the value: pickle, json or msgpack"),
    OptionSpec::new("compressor", OptionKind::Text, "told by the value: zlib, gzip, lzma, lz4 or zstd"),
];

/// What session keys begin with: the prefix as it was given, or made of KEY_PREFIX and VERSION. That
/// prefix of the cache is what other frameworks leave to their Redis client.
pub(super) fn lead(setup: &Setup, marker: &str) -> Vec<u8> {
    let before = setup.key_prefix();
    match setup.text("prefix") {
        Some(prefix) if prefix.starts_with(before) => prefix.into(),
        Some(prefix) => [before, prefix].concat().into_bytes(),
        None => format!("{before}:{}:{marker}", setup.number("version").unwrap_or(1)).into_bytes(),
    }
}

pub(super) fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    [&(setup.layout.keys.lead)(setup), id, setup.text("suffix").unwrap_or("").as_bytes()].concat()
}

const MADE: usize = 32;

/// Where the id is after the marker. One that Django did not make may be of other letters, but ends
/// where they end.
pub(super) fn locate(setup: &Setup, key: &[u8], marker: &str) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, marker.as_bytes())? + marker.len(),
    };
    let rest = &key[start..];
    // The engine cached_db has the longer marker, and this one is the beginning of it.
    if marker == MARKER && rest.starts_with(b"d_db") {
        return None;
    }
    let length = if let Some(suffix) = setup.text("suffix") {
        rest.strip_suffix(suffix.as_bytes())?.len()
    } else {
        match rest.split_at_checked(MADE) {
            Some((id, after))
                if Alphabet::Lower.all(id)
                    && after.first().is_none_or(|byte| !Alphabet::Lower.has(*byte)) =>
            {
                MADE
            }
            _ => rest.iter().take_while(|byte| Alphabet::Base64Url.has(**byte)).count(),
        }
    };
    let id = &rest[..length];
    let usual = key::is_exactly(id, MADE, Alphabet::Lower);
    // Django itself takes ids of eight characters and more.
    (usual || (length >= 8 && id[0].is_ascii_alphanumeric()))
        .then(|| Place { id: start..start + length, usual })
}

/// django-redis' HerdClient writes a tuple of a marker, the value and the time until which it counts.
fn out_of_herd<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    match value {
        Value::List(items) => match &items[..] {
            [Value::Object(marker), inner, _] if marker.class.ends_with("herd.Marker") => inner,
            _ => value,
        },
        _ => value,
    }
}

pub(super) fn recognize(setup: &Setup, blob: &Blob<'_>, marker: &str) -> Verdict {
    let Some(place) = locate(setup, blob.key, marker) else {
        return Verdict::no("the key has no session id behind the mark of Django's engine");
    };
    match blob.python().map(out_of_herd).map(python::members) {
        Some(Some(data)) => {
            let members = ["_auth_user_id", "_auth_user_hash", "_session_expiry", "_csrftoken", "_messages"];
            let is_django = || members.iter().any(|name| data.get(name).is_some());
            if place.usual || is_django() { Verdict::Sure } else { Verdict::Weak }
        }
        None if place.usual && is_broken(blob) => Verdict::Sure,
        _ => Verdict::no("the value is not a dict, as sessions are"),
    }
}

/// Whether the value begins as the cache writes one, and cannot be read.
fn is_broken(blob: &Blob<'_>) -> bool {
    blob.is_broken_python() || blob.is_broken_inside() || matches!(blob.form(Form::Json), Some(Err(_)))
}

pub(super) fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let mut decoded = blob.python_data();
    if let Ok(Cow::Borrowed(value)) = decoded.value {
        decoded.value = Ok(Cow::Borrowed(out_of_herd(value)));
    }
    decoded
}

pub(super) fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let Some(data) = python::members(data) else { return Facts::default() };
    Facts {
        user: python::django_user(data),
        // django-qsessions keeps both.
        ip: user::text(data.get("_qsessions_ip")).or_else(|| user::ip(data)),
        agent: user::text(data.get("_qsessions_user_agent")).or_else(|| user::agent(data)),
        ..Facts::default()
    }
}

/// JumpServer counts the websockets of a session in one hash (apps/common/sessions/cache.py at 097608b).
/// Its login backends have names of their own.
fn jumpserver(session: &Session<'_>) -> Option<Op> {
    let data = python::members(session.data.and_then(Decoded::value)?)?;
    let backend = data.get("_auth_user_backend")?.as_str()?;
    let is_own =
        backend.starts_with("authentication.backends.") || session.setup.cookie_name().starts_with("jms_");
    is_own.then(|| {
        Op::Index(IndexOp::HashRemove { key: Key(b"jms_session_key".to_vec()), field: session.id.to_vec() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    const ID: &str = "zfz2hamajhoqgo5b7st0k1t5v7hwly9z";
    const DICT: &[u8] = b"\x80\x04}\x94\x8c\x01a\x94K\x01s.";

    fn verdict(setup: &Setup, key: &str, value: &[u8]) -> Verdict {
        let raw = Raw::Text(value.to_vec());
        (setup.layout.recognize)(setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
    }

    #[test]
    fn entries_of_the_cache_are_no_sessions() {
        let free = Setup::free(&LAYOUT);
        let key = |id: &str| format!("shop:1:django.contrib.sessions.cache{id}");
        assert_eq!(verdict(&free, &key(ID), DICT), Verdict::Sure);
        assert_eq!(verdict(&free, &key(ID), b"\x80\x04}\x94."), Verdict::Sure);
        assert_eq!(verdict(&free, &key("custom-id-1"), DICT), Verdict::Weak);
        // Cut short.
        assert_eq!(verdict(&free, &key(ID), &DICT[..8]), Verdict::Sure);
        for (id, value) in [
            (ID, &b"41"[..]),
            (ID, b"\x80\x04K\x01."),
            (ID, b""),
            ("_stats", DICT),
            ("short", DICT),
            (&format!("d_db{ID}"), DICT),
            ("d_dbconfig", DICT),
        ] {
            assert!(matches!(verdict(&free, &key(id), value), Verdict::No(_)), "{id} {value:?}");
        }
        assert!(matches!(verdict(&free, &format!(":1:user:{ID}"), DICT), Verdict::No(_)));
    }

    #[test]
    fn a_key_function_may_write_on_both_sides() {
        let key = format!("acme|django.contrib.sessions.cache{ID}|v1");
        let place = locate(&Setup::free(&LAYOUT), key.as_bytes(), MARKER).expect("a place");
        assert_eq!(&key.as_bytes()[place.id], ID.as_bytes());
        let mut setup = Setup::free(&LAYOUT);
        for (name, text) in [("prefix", "acme|django.contrib.sessions.cache"), ("suffix", "|v1")] {
            setup.set(name, Setting::Text(text.to_string())).expect("an option");
        }
        assert_eq!(key_of(&setup, ID.as_bytes()), key.as_bytes());
        assert_eq!(
            &key.as_bytes()[locate(&setup, key.as_bytes(), MARKER).expect("a place").id],
            ID.as_bytes()
        );
    }

    #[test]
    fn the_prefix_is_made_of_the_settings_of_the_cache() {
        let mut setup = Setup::free(&LAYOUT);
        setup.set("key_prefix", Setting::Text("wagtail".to_string())).expect("an option");
        setup.set("version", Setting::Number(2)).expect("an option");
        assert_eq!(lead(&setup, MARKER), b"wagtail:2:django.contrib.sessions.cache");
        setup.set("prefix", Setting::Text("wagtail:3:x".to_string())).expect("an option");
        assert_eq!(lead(&setup, MARKER), b"wagtail:3:x");
    }

    #[test]
    fn a_herd_wraps_the_session() {
        // (django_redis.client.herd.Marker(), {"_auth_user_id": "7"}, 1795465057)
        let value = b"\x80\x04cdjango_redis.client.herd\nMarker\n)\x81}\x8c\x0d_auth_user_id\x8c\x017sJ\x61\x90\x04\x6b\x87.";
        let raw = Raw::Text(value.to_vec());
        let key = format!(":1:{MARKER}{ID}");
        let (setup, blob) = (Setup::free(&LAYOUT), Blob::new(key.as_bytes(), &raw, Limits::default()));
        assert_eq!((LAYOUT.recognize)(&setup, &blob), Verdict::Sure);
        let decoded = read(&setup, &blob);
        assert_eq!(decoded.value().expect("it decodes").to_json(), r#"{"_auth_user_id":"7"}"#);
    }

    #[test]
    fn jumpserver_counts_websockets_elsewhere() {
        for (backend, steps) in [
            ("authentication.backends.base.JMSModelBackend", 1),
            ("django.contrib.auth.backends.ModelBackend", 0),
        ] {
            let json = format!(r#"{{"_auth_user_id":"7","_auth_user_backend":"{backend}"}}"#);
            let raw = Raw::Text(json.into_bytes());
            let key = format!(":1:{MARKER}{ID}");
            let (setup, blob) = (Setup::free(&LAYOUT), Blob::new(key.as_bytes(), &raw, Limits::default()));
            let data = read(&setup, &blob);
            let facts = describe(&setup, &blob, data.value().expect("it decodes"));
            let session = crate::frameworks::tests::session(&setup, &blob, ID.as_bytes(), facts, &data);
            assert_eq!((LAYOUT.ends.end)(&setup, &session).len(), steps, "{backend}");
        }
    }
}
