//! Flask-Session since 0.7, which writes MessagePack or JSON with msgspec.
//!
//! Flask-Session 0.8.0 base.py, redis/redis.py, defaults.py. Superset, Flask-AppBuilder and CKAN 2.11 use it.

use crate::cookie;
use crate::cookie::itsdangerous::Signer;
use crate::layout::key::{self, Alphabet};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, python};

pub const LAYOUT: Layout = Layout {
    name: "flask-session",
    about: "Flask-Session 0.7 and later; Superset, Flask-AppBuilder, CKAN 2.11",
    family: "Python",
    home: Some("https://flask-session.readthedocs.io/"),
    page: "\
key      session:<id>, a string (SESSION_KEY_PREFIX); the id is 43 of [A-Za-z0-9_-], fewer or
         more by SESSION_ID_LENGTH
value    the session as MessagePack, or as JSON; a pickle of 0.6 lives on until its TTL ends
expiry   the key's TTL, 31 days by default, set anew by every request unless
         SESSION_REFRESH_EACH_REQUEST is off
user     _user_id (Flask-Login, Flask-Security), else user_id, identity.id, user, username; the
         name is in SQL. After a logout the session stays under the same id
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER
index    none
end      the one key. A request in flight writes it back, even one that only reads (observed,
         0.8.0)
beside   `session:` is the prefix of other frameworks, too; value and id tell
",
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[
        Mark::Member("_permanent"),
        Mark::Member("_user_id"),
        Mark::Begins(Form::Msgpack),
        Mark::Begins(Form::Pickle),
        Mark::Word("session:"),
    ],
    options: OPTIONS,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            let signers = [Signer::hmac("flask-session"), Signer::hmac("session")];
            let (secrets, signs) = (setup.texts("secret_key"), setup.flag("use_signer"));
            cookie::itsdangerous::open(given, setup.cookie_name(), secrets, &signers, signs)
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
            "Flask-Login's cookie remember_token, where an application sets it, logs in again.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::secret("secret_key", OptionKind::Texts, "the application's secret_key, and its fallbacks"),
    OptionSpec::new(
        "use_signer",
        OptionKind::Flag,
        "whether the cookie is signed; detected from the cookie unless set",
    ),
    OptionSpec::new("serializer", OptionKind::Text, "told by the value: msgpack, json or pickle"),
];

/// What ids are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// `secrets.token_urlsafe`, of 32 bytes.
    Token,
    /// The same of another number of bytes.
    OtherToken,
    /// A UUID, as up to 0.5.
    Uuid,
    /// SimpleLogin goes on under the whole signed text of a cookie whose session is gone, and again
    /// after that (app/session.py at 06015b2).
    SignedUuid,
}

const TOKEN: usize = 43;

pub(super) fn made(id: &[u8]) -> Option<Made> {
    if key::is_uuid(id) {
        return Some(Made::Uuid);
    }
    if id.len() > 36 && key::is_uuid(&id[..36]) && id[36] == b'.' {
        let mut parts = id[37..].split(|byte| *byte == b'.');
        return parts
            .all(|part| key::is_exactly(part, SIGNATURE - 1, Alphabet::Base64Url))
            .then_some(Made::SignedUuid);
    }
    if !Alphabet::Base64Url.all(id) {
        return None;
    }
    match id.len() {
        TOKEN => Some(Made::Token),
        // Of 16 bytes and more; words are shorter or have no capitals.
        22..=128 if id.iter().any(u8::is_ascii_uppercase) => Some(Made::OtherToken),
        _ => None,
    }
}

/// A signature of itsdangerous after an id, with its dot.
const SIGNATURE: usize = 28;

/// Where such an id ends the key, if nothing is known of what precedes it.
pub(super) fn tail(key: &[u8]) -> Option<usize> {
    let part = key::last_part(key);
    // A prefix may end in what an id could hold (`shop_`); it is of words, where a longer id is random.
    let worded = |start: &usize| key[part..*start].iter().all(|byte| !byte.is_ascii_uppercase());
    if key.len() - part > TOKEN
        && let Some(start) = key::tail_behind(key, TOKEN, Alphabet::Base64Url).filter(worded)
    {
        return Some(start);
    }
    if made(&key[part..]).is_some() {
        return Some(part);
    }
    let mut id = key;
    while let Some(at) = id.len().checked_sub(SIGNATURE)
        && id[at] == b'.'
        && Alphabet::Base64Url.all(&id[at + 1..])
    {
        id = &id[..at];
    }
    let uuid = python::uuid_at_end(id);
    uuid.or_else(|| key.len().checked_sub(TOKEN).filter(|start| Alphabet::Base64Url.all(&key[*start..])))
}

pub(super) fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, tail, |id| made(id).is_some())
}

/// The id of a key that could be a session's.
pub(super) fn id_of(setup: &Setup, key: &[u8]) -> Option<Made> {
    made(&key[locate(setup, key)?.id])
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(id) = id_of(setup, blob.key) else {
        return Verdict::no("the key does not end in a session id of Flask-Session");
    };
    let older = matches!(id, Made::Uuid | Made::SignedUuid);
    let form = [Form::Msgpack, Form::Json, Form::Pickle].into_iter().find(|form| {
        let value = blob.form(*form).and_then(|value| value.as_ref().ok());
        value.and_then(python::members).is_some()
    });
    let Some(form) = form else {
        return Verdict::no("the value is not a map in MessagePack, JSON or a pickle");
    };
    // Up to 0.5 ids were UUIDs, and values pickles, or JSON where the application saw to it.
    if older && form != Form::Msgpack && !setup.named {
        return Verdict::no("an id of an earlier version");
    }
    if form == Form::Json && older && is_compact(blob) {
        return Verdict::no("compact JSON under a UUID, as Quart-Session writes it");
    }
    match general(blob) {
        Verdict::Kin if id != Made::Token => Verdict::no("a general map under an id of another form"),
        verdict => verdict,
    }
}

/// By what Flask's extensions put into a map; others may be a session next to such.
pub(super) fn general(blob: &Blob<'_>) -> Verdict {
    match blob.python().and_then(python::members) {
        Some(data) if python::is_flask(data) => Verdict::Sure,
        Some(data) if python::is_others(data) => Verdict::no("it has the members of another store"),
        Some(_) => Verdict::Kin,
        None => Verdict::no("the value is not a map"),
    }
}

/// Whether there is no blank after the first colon of a JSON text, as `json.dumps` writes one.
pub(super) fn is_compact(blob: &Blob<'_>) -> bool {
    let Some(text) = blob.text() else { return false };
    memchr::memmem::find(text, b"\":").is_none_or(|at| text.get(at + 2) != Some(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::frameworks::python::{flask_session_legacy, quart_session};
    use crate::store::Raw;

    const TOKEN_ID: &str = "4szoc0svWGlwSAVQhwhxkjDbXW8y1DPGrJSKj7A2UJ4";
    const UUID: &str = "af1929ca-d7d8-427b-b724-dd1aa75a4358";

    fn verdicts(id: &str, value: &[u8]) -> [Verdict; 3] {
        let raw = Raw::Text(value.to_vec());
        let key = format!("session:{id}");
        let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
        [&LAYOUT, &flask_session_legacy::LAYOUT, &quart_session::LAYOUT]
            .map(|layout| (layout.recognize)(&Setup::free(layout), &blob))
    }

    #[test]
    fn id_and_serializer_tell_the_libraries_apart() {
        let is_no = |verdict: &Verdict| matches!(verdict, Verdict::No(_));
        let msgpack = b"\x81\xaa_permanent\xc3";
        let pickle = b"\x80\x04}\x94\x8c\x0a_permanent\x94\x88s.";
        assert_eq!(verdicts(TOKEN_ID, msgpack)[0], Verdict::Sure);
        assert_eq!(verdicts(TOKEN_ID, br#"{"_permanent":true}"#)[0], Verdict::Sure);
        assert_eq!(verdicts(TOKEN_ID, pickle)[0], Verdict::Sure);
        let [new, old, quart] = verdicts(UUID, pickle);
        assert!(is_no(&new) && old == Verdict::Sure && is_no(&quart));
        let [new, old, quart] = verdicts(UUID, br#"{"_permanent": true}"#);
        assert!(is_no(&new) && old == Verdict::Sure && is_no(&quart));
        let [new, old, quart] = verdicts(UUID, br#"{"_permanent":true}"#);
        assert!(is_no(&new) && is_no(&old) && quart == Verdict::Sure);
        assert_eq!(verdicts(TOKEN_ID, b"\x81\xa5views\x01")[0], Verdict::Kin);
        // Many a store has such ids, so it is not told from theirs (Flask-Session 0.8, SESSION_ID_LENGTH of 16).
        assert!(is_no(&verdicts("4mQBxkolPQiHbOHkurOM8Q", b"\x81\xaacsrf_token\xa3abc")[0]));
        for id in ["stats", "lock:42", "online_users_of_the_whole_shop"] {
            assert!(verdicts(id, br#"{"_permanent": true}"#).iter().all(is_no), "{id}");
        }
    }

    #[test]
    fn a_pickle_that_says_nothing_of_flask_needs_company() {
        // Of Flask-Session 0.5 with SESSION_PERMANENT off.
        let pickle = b"\x80\x04\x95\x17\0\0\0\0\0\0\0}\x94\x8c\x0acsrf_token\x94\x8c\x03abc\x94s.";
        let verdict = |prefix: &str| {
            let raw = Raw::Text(pickle.to_vec());
            let key = format!("{prefix}{UUID}");
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            (flask_session_legacy::LAYOUT.recognize)(&Setup::free(&flask_session_legacy::LAYOUT), &blob)
        };
        for prefix in ["session:", "myapp:", "shop_", "superset-", "tenant:42:s:", ""] {
            assert_eq!(verdict(prefix), Verdict::Kin, "{prefix}");
        }
        for prefix in ["celery-task-meta-", "flask_cache_", "shop:lock:"] {
            assert!(matches!(verdict(prefix), Verdict::No(_)), "{prefix}");
        }
    }

    #[test]
    fn a_prefix_may_end_in_what_an_id_could_hold() {
        for (key, id) in [
            (format!("shop_{TOKEN_ID}"), TOKEN_ID),
            (format!("t1:superset-{TOKEN_ID}"), TOKEN_ID),
            (format!("session:{TOKEN_ID}"), TOKEN_ID),
            (format!("session:AbCd_{TOKEN_ID}"), &format!("AbCd_{TOKEN_ID}")),
        ] {
            let place = locate(&Setup::free(&LAYOUT), key.as_bytes()).expect("a place");
            assert_eq!(&key.as_bytes()[place.id], id.as_bytes(), "{key}");
        }
    }

    #[test]
    fn ids_are_told_by_their_form() {
        let signed = format!("{UUID}.Wlj6Xchd7n6pgM5QKZ7L2rKtfc8");
        for (id, expected) in [
            (TOKEN_ID, Some(Made::Token)),
            (UUID, Some(Made::Uuid)),
            (&signed, Some(Made::SignedUuid)),
            (&format!("{signed}.kgx08vIsQe08r-pWBoTUOR46Bo4"), Some(Made::SignedUuid)),
            ("tYx5BJ-6mNPSAxd4y1mDkQ", Some(Made::OtherToken)),
            ("report", None),
            (&format!("{UUID}.x"), None),
        ] {
            assert_eq!(made(id.as_bytes()), expected, "{id}");
        }
    }
}
