//! flamego's sessions in Redis.
//!
//! flamego/session cac9982.

use crate::codec::gob::Keys as GobKeys;
use crate::cookie;
use crate::frameworks::go;
use crate::frameworks::go::Bag;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict};

const ID: usize = 16;

pub const LAYOUT: Layout = Layout {
    name: "flamego-session",
    about: "flamego with flamego/session's Redis store (Go)",
    family: "Go",
    home: Some("https://github.com/flamego/session"),
    page: "\
key      session:<id>, a string; 16 digits and small letters
value    gob of a map of anything
expiry   the key's TTL, Lifetime of an hour, renewed by every request
user     user_id, user, username
cookie   flamego_session = <id>, bare
index    none
end      the one key. A request in flight writes it back if it changed the session
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob)],
    recognize: |setup: &Setup, blob: &Blob<'_>| {
        let bag = blob.bag(&[GobKeys::Any]);
        // The map has a name here.
        let named = blob.text().is_some_and(|text| {
            memchr::memmem::find(&text[..text.len().min(32)], b"\x01\x04Data\x01").is_some()
        });
        match (locate(setup, blob.key), bag) {
            (None, _) => Verdict::no("the key does not end in 16 digits and small letters"),
            (Some(_), bag @ (Bag::Read(_) | Bag::Broken(_))) if named => go::judge(&bag),
            _ => Verdict::no("the value is not a gob of the map Data"),
        }
    },
    read: go::read_gob,
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("flamego_session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, ID, Alphabet::Lower)?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Lower).then(|| Place::after(key, start, true))
}
