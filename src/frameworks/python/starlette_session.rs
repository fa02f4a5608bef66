//! starlette-session with its Redis backend.
//!
//! starlette-session 0.4.3 starlette_session/__init__.py, backends.py.

use crate::cookie;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Rank, Setup, Verdict, key, open_under_any, php,
    python,
};

pub const LAYOUT: Layout = Layout {
    name: "starlette-session",
    about: "starlette-session with its Redis backend",
    family: "Python",
    page: "\
key      <uuid>, a string; no prefix
value    a pickle of the session's dict, read as data and never run
expiry   the key's TTL, 14 days by default, set anew by every request
user     user_id, user, username
cookie   of a name that the application gives: base64 of {\"_cssid\": <id>}, a time, a signature
index    none
end      the one key. A request in flight writes it back, even one that only reads (observed, 0.4.3)
alike    any pickle of a dict under such a key: changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Pickle)],
    options: &[setup::COOKIE_SECRET, OptionSpec::new("serializer", OptionKind::Text, "pickle")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            open_under_any(setup, given, key::is_uuid, |name| {
                cookie::itsdangerous::open_starlette(given, name, setup.texts("cookie_secret"))
            })
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "While a browser still sends the cookie of an ended session, views that use the session fail with an \
         error 500 (starlette-session 0.4.3).",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, key::uuid_tail, key::is_uuid)
}

/// What only results of jobs have: they are kept under a UUID, too.
const RESULT: &[&str] = &["task_id", "traceback", "_kombu", "job_id"];

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key).filter(|place| place.usual) else {
        return Verdict::no("the key does not end in a UUID");
    };
    let data = match blob.form(Form::Pickle) {
        Some(Ok(value)) => python::members(value),
        _ => return Verdict::no("the value is not a pickle"),
    };
    let Some(data) = data else { return Verdict::no("the pickle holds no dict") };
    let before = &blob.key[..place.id.start];
    if python::is_flask(data) {
        Verdict::no("a session of Flask")
    } else if RESULT.iter().any(|name| data.get(name).is_some()) {
        Verdict::no("the result of a job")
    } else if !setup.named && python::is_django_cache(before) {
        Verdict::no("an entry of a cache of Django's")
    } else if before.is_empty() || setup.known_lead().is_some() {
        Verdict::Weak
    } else if php::says_session(before) {
        // It has no prefix of its own.
        Verdict::Kin
    } else {
        python::by_company(before, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn a_pickle_under_a_uuid_may_be_something_else() {
        const UUID: &str = "92cae6e6-f691-42a3-8b49-9f78a09c169b";
        let dict =
            |name: &str| [b"\x80\x04}\x8c", &[name.len() as u8][..], name.as_bytes(), b"K\x01s."].concat();
        let verdict = |key: String, value: Vec<u8>| {
            let raw = Raw::Text(value);
            recognize(&Setup::free(&LAYOUT), &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        assert_eq!(verdict(UUID.to_string(), dict("views")), Verdict::Weak);
        assert_eq!(verdict(format!("t1:{UUID}"), dict("user_id")), Verdict::Several);
        assert_eq!(verdict(format!("t1:{UUID}"), dict("views")), Verdict::Kin);
        for (key, value) in [
            (format!("celery-task-meta-{UUID}"), dict("status")),
            (format!("cache:{UUID}"), dict("views")),
            (format!("shop:1:{UUID}"), dict("user_id")),
            (format!(":1:{UUID}"), dict("user_id")),
            (UUID.to_string(), dict("task_id")),
            (UUID.to_string(), b"\x80\x04K\x01.".to_vec()),
            ("user:42".to_string(), dict("views")),
        ] {
            assert!(matches!(verdict(key.clone(), value), Verdict::No(_)), "{key}");
        }
    }
}
