//! cherrys: CherryPy's sessions in Redis.
//!
//! cherrys 2023.2.0 cherrys.py.

use std::borrow::Cow;

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, Whose, python};
use crate::store::{Key, Op};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "cherrys",
    about: "CherryPy with cherrys",
    family: "Python",
    page: "\
key      the id of 40 hex digits, a string; a prefix only where tools.sessions.prefix sets one
value    a pickle of (session, end): the dict, and the time that it ends; read as data, never run
expiry   the key's TTL and that time, an hour by default, set anew by every request
user     user_id, user, username
cookie   session_id = <id>
index    none
end      the key and the lock lock_<id>. A request in flight writes it back
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Pickle)],
    cookie: Cookie {
        name: Some("session_id"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe,
    whose: Whose::Container(|data| parts(data).map(|(session, _)| Cow::Borrowed(session))),
    ends: Ends {
        end,
        expire: |_, _, _| Err("the end that the application goes by is in a pickle, which is not rewritten"),
        caveats: &[Layout::WRITTEN_BACK],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 40, Alphabet::Hex);
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 40, Alphabet::Hex))
}

/// The session and its end.
fn parts<'v, 'a>(data: &'v Value<'a>) -> Option<(&'v Value<'a>, &'v Value<'a>)> {
    match data.as_list()? {
        [session, end @ Value::Date(_)] => Some((python::members(session)?, end)),
        _ => None,
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("the key does not end in 40 hex digits");
    }
    match blob.form(Form::Pickle) {
        Some(Ok(value)) if parts(value).is_some() => Verdict::Sure,
        _ => Verdict::no("the value is not a pickle of a dict and a time"),
    }
}

/// The time is local to the server, so that the key's own expiry is the better one.
fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    parts(data).map(|(session, _)| python::facts(session)).unwrap_or_default()
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    vec![Op::Unlock(Key([b"lock_", session.id].concat()))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::time;
    use crate::store::Raw;

    #[test]
    fn a_session_is_a_pair_with_a_time() {
        // ({"user_id": "7"}, datetime(2026, 11, 24, 3, 21, 46))
        let value = b"\x80\x04}\x8c\x07user_id\x8c\x017scdatetime\ndatetime\nC\x0a\x07\xea\x0b\x18\x03\x15\x2e\0\0\0\x85R\x86.";
        let raw = Raw::Text(value.to_vec());
        let blob = Blob::new(b"8e979c417f267f37be547dea1cf59c63bc4182aa", &raw, Limits::default());
        let setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = (LAYOUT.read)(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!(facts.user.as_deref(), Some("7"));
        assert_eq!(
            time::iso_in(parts(data.value().expect("it decodes")).map(|(_, end)| end)),
            Some(1_795_490_506_000)
        );
        let session = crate::frameworks::tests::session(&setup, &blob, blob.key, facts, &data);
        assert_eq!(
            end(&setup, &session),
            [Op::Unlock(Key(b"lock_8e979c417f267f37be547dea1cf59c63bc4182aa".to_vec()))]
        );
    }
}
