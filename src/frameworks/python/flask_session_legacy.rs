//! Flask-Session up to 0.6, which pickles, and SimpleLogin's store of its own, which does the same.
//!
//! Flask-Session 0.3.2 to 0.6.0 sessions.py.

use super::flask_session::{self, general, id_of, is_compact};
use crate::cookie::itsdangerous::{self, Signer};
use crate::layout::{Blob, Cookie, Form, Layout, Mark, Setup, Verdict, open_any, php, python};

pub const LAYOUT: Layout = Layout {
    name: "flask-session-legacy",
    about: "Flask-Session up to 0.6 (pickle); SimpleLogin",
    home: Some("https://flask-session.readthedocs.io/"),
    page: "\
key      session:<uuid>, a string (SESSION_KEY_PREFIX); with 0.6 43 of [A-Za-z0-9_-]; SimpleLogin
         goes on under <uuid>.<signature> once a key is gone
value    a pickle of the session, read as data and never run; JSON with blanks where an
         application made json its serializer
expiry   the key's TTL, 31 days by default (SimpleLogin 7), set anew by every request
user     as in flask-session; SimpleLogin's _user_id is its alternative_id
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER; SimpleLogin: slapp
index    none
end      the one key. A request in flight writes it back, and an id without a session is taken
         again: the browser's next session has the same id
",
    marks: &[Mark::Member("_permanent"), Mark::Member("_user_id"), Mark::Begins(Form::Pickle)],
    recognize,
    cookie: Cookie {
        open: Some(|setup, given| {
            open_any(setup, &["slapp"], |name| {
                let signers = ["flask-session", "session"].map(Signer::hmac);
                let (secrets, signs) = (setup.texts("secret_key"), setup.flag("use_signer"));
                itsdangerous::open(given, name, secrets, &signers, signs)
            })
        }),
        ..flask_session::LAYOUT.cookie
    },
    ..flask_session::LAYOUT
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if id_of(setup, blob.key).is_none() {
        return Verdict::no("the key does not end in a session id of Flask-Session");
    }
    if blob.json().is_some() && is_compact(blob) {
        return Verdict::no("the JSON is compact, as Quart-Session writes it");
    }
    let pickled = matches!(blob.form(Form::Pickle), Some(Ok(_)));
    if !pickled && blob.json().is_none() {
        return Verdict::no("the value is neither a pickle nor JSON");
    }
    match general(blob) {
        Verdict::Kin if says_other(setup, blob.key) => {
            Verdict::no("a pickle that no extension of Flask wrote into, under a prefix of something else")
        }
        verdict => verdict,
    }
}

/// Whether the prefix is one for something else: a pickle under a UUID may be anything's. With
/// SESSION_PERMANENT off, no session has `_permanent`, and only those next to it with a login tell.
fn says_other(setup: &Setup, key: &[u8]) -> bool {
    let before = flask_session::locate(setup, key).map_or(&b""[..], |place| &key[..place.id.start]);
    !setup.named && python::says_other(before) && !php::says_session(before)
}
