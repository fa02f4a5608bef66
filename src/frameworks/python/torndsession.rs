//! torndsession, for Tornado.
//!
//! torndsession 1.1.5.1 session.py, redissession.py.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, python, time};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "torndsession",
    about: "Tornado with torndsession",
    family: "Python",
    page: "\
key      the id of 40 characters, a string: base64 with `-`, `_` and `.`; no prefix
value    a pickle of the session's dict with its end in __expires__; read as data, never run
expiry   the key's TTL and __expires__ (UTC), 20 minutes by default, set when the session is
         written
user     user_id, user, username
cookie   msid = <id>
index    none
end      the one key. A request in flight writes it back only if it changed the session; an id
         without a session is taken again
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Pickle)],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "pickle")],
    cookie: Cookie {
        name: Some("msid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe,
    whose: python::CONTAINER,
    ends: Ends {
        expire: |_, _, _| Err("the end that the application goes by is in a pickle, which is not rewritten"),
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

const ID: usize = 40;
const EXPIRES: &str = "__expires__";

fn is_id(id: &[u8]) -> bool {
    id.len() == ID && id.iter().all(|byte| *byte == b'.' || Alphabet::Base64Url.has(*byte))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, |key| key.len().checked_sub(ID).filter(|start| is_id(&key[*start..])), is_id)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("the key does not end in an id of 40 characters");
    }
    match blob.form(Form::Pickle) {
        Some(Ok(value)) => match python::members(value).and_then(|data| data.get(EXPIRES)) {
            Some(Value::Date(_)) => Verdict::Sure,
            _ => Verdict::no("there is no date in __expires__"),
        },
        _ => Verdict::no("the value is not a pickle"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = python::members(data).and_then(|data| time::iso_in(data.get(EXPIRES)));
    Facts { ends, ..python::facts(data) }
}
