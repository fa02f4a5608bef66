//! bottle-session.
//!
//! bottle-session 1.0 bottle_session.py.

use super::tornado_redis_session::hash;
use crate::cookie::{CookieError, Given, Opened};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, key, python};
use crate::store::Kind;

pub const LAYOUT: Layout = Layout {
    name: "bottle-session",
    about: "Bottle with bottle-session",
    family: "Python",
    page: "\
key      session:<uuid>, a hash; the prefix is fixed
value    a field of text for each member
expiry   the key's TTL, 5 minutes by default, set anew by every access
user     user_id, user, username
cookie   bottle.session = the UUID without its dashes
index    none
end      the one key. A request in flight that sets a member leaves a hash of that one field
alike    any hash of texts under such a key: changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: PREFIX, kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Word(PREFIX)],
    cookie: Cookie {
        name: Some("bottle.session"),
        open: Some(|setup, given| open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read: hash,
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends {
        caveats: &["A request that was in flight and sets a member leaves a session of that member alone."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

const PREFIX: &str = "session:";

/// Fields of other stores that keep hashes under such keys.
const OTHERS: &[&str] =
    &["absexp", "session_id", "creationTime", "Creation-Time", "session_data", "__expires__", "userId"];

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, python::uuid_at_end, key::is_uuid)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key).filter(|place| place.usual) else {
        return Verdict::no("the key does not end in a UUID");
    };
    let Some(fields) = blob.fields() else { return Verdict::no("the key is not a hash") };
    let text = |bytes: &Vec<u8>| std::str::from_utf8(bytes).is_ok();
    if !setup.named && !blob.key[..place.id.start].ends_with(PREFIX.as_bytes()) {
        Verdict::no("the key does not begin with `session:`")
    } else if OTHERS.iter().any(|name| blob.field(name).is_some()) {
        Verdict::no("it has the fields of another store")
    } else if fields.iter().all(|(name, value)| text(name) && text(value)) {
        Verdict::Weak
    } else {
        Verdict::no("not all of its fields are text")
    }
}

/// Whatever `uuid.UUID()` reads: with or without dashes, in braces, as `urn:uuid:`.
fn open(given: &Given, name: &str) -> Result<Opened, CookieError> {
    let value = given.value(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    let digits = value.replace("urn:", "").replace("uuid:", "");
    let digits: String = digits.trim_matches(|char| matches!(char, '{' | '}')).replace('-', "");
    let id = python::uuid(&digits).ok_or(CookieError::Form { expected: "<a UUID without dashes>" })?;
    Ok(Opened { id: id.into_bytes(), verified: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_uuid_is_taken() {
        for text in [
            "3a2fc9220fe943af85928fa354b9f21e",
            "3A2FC922-0fe9-43af-8592-8fa354b9f21e",
            "{3a2fc922-0fe9-43af-8592-8fa354b9f21e}",
            "urn:uuid:3a2fc922-0fe9-43af-8592-8fa354b9f21e",
        ] {
            let opened = open(&Given::parse(text), "bottle.session").expect("a UUID");
            assert_eq!(opened.id, b"3a2fc922-0fe9-43af-8592-8fa354b9f21e", "{text}");
        }
        assert!(open(&Given::parse("bottle.session=abc"), "bottle.session").is_err());
    }
}
