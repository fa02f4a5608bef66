//! Vapor's sessions in Redis.
//!
//! vapor/redis Sources/Redis/Redis+Sessions.swift at 0e11987.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::value::Value;

const PREFIX: &str = "vrs-";

pub const LAYOUT: Layout = Layout {
    name: "vapor",
    about: "Vapor with vapor/redis (Swift)",
    family: "Swift",
    home: Some("https://docs.vapor.codes/"),
    page: "\
key      vrs-<id>, a string; 44 characters of base64
value    a JSON object of texts
expiry   none: the sessions stay until they are ended
user     _<Model>Session of the session authenticator, else user_id, user, username
cookie   vapor-session = <id>, percent-encoded
index    none
end      the one key. A request in flight writes it back
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Word(PREFIX)],
    recognize: |setup: &Setup, blob: &Blob<'_>| {
        if locate(setup, blob.key).is_none() {
            return Verdict::no("the key does not end in vrs- and 44 characters of base64");
        }
        match blob.object() {
            Some(members) if members.iter().all(|(_, value)| value.as_str().is_some()) => Verdict::Sure,
            _ => Verdict::no("the value is not a JSON object of texts"),
        }
    },
    describe: |_, _, data| {
        let facts = go::facts(data);
        Facts { user: authenticated(data).or(facts.user), ..facts }
    },
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("vapor-session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    key::is_exactly(&key[start..], 44, Alphabet::Base64).then(|| Place::after(key, start, true))
}

/// The id of the model that the session authenticator keeps.
fn authenticated<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let is_model = |name: &str| name.starts_with('_') && name.ends_with("Session") && name.len() > 8;
    data.as_map()?.iter().find(|(name, _)| is_model(name)).and_then(|(_, value)| value.scalar_text())
}
