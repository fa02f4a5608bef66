//! Fiber's session middleware over gofiber/storage.
//!
//! gofiber/fiber v2.52.15 and c344047e (v3) middleware/session; gofiber/storage 8c8f5610 redis.

use crate::codec::gob::Keys as GobKeys;
use crate::cookie;
use crate::frameworks::go;
use crate::frameworks::go::Bag;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, php, setup, time};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "gofiber-session",
    about: "Fiber v2 and v3, session middleware over gofiber/storage (Go)",
    family: "Go",
    home: Some("https://docs.gofiber.io/"),
    page: "\
key      <id>, a string; no prefix; a UUID in v2, 43 characters of base64url in v3
value    gob of a map: the keys are texts in v2, anything in v3
expiry   the key's TTL: 24 hours in v2, set when a handler saves; 30 minutes in v3, set by every
         request. v3's AbsoluteTimeout is a member of the session, and enforced
user     user_id, user, username
cookie   session_id = <id>, bare
index    none
end      the one key. A request in flight that saves writes it back
beside   the storage may hold entries of the csrf, limiter, cache and idempotency middlewares: they
         are not sessions
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob)],
    options: &[setup::SERIALIZER],
    recognize,
    read: go::read_gob,
    describe,
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("session_id"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_uuid(id) || key::is_exactly(id, 43, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::uuid_tail(key).or_else(|| key::tail_behind(key, 43, Alphabet::Base64Url));
    key::locate_by(setup, key, tail, is_id)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id") };
    let bag = blob.bag(&[GobKeys::Text, GobKeys::Any]);
    if !matches!(bag, Bag::Read(_) | Bag::Broken(_)) {
        return Verdict::no(go::NO_BAG);
    }
    let before = &blob.key[..place.id.start];
    if setup.named && (place.usual || setup.is_pointed()) {
        Verdict::Weak
    } else if !place.usual {
        Verdict::no("the key does not end in a UUID or 43 characters of base64url")
    } else if before.is_empty() {
        Verdict::Sure
    } else if go::says_other(before) {
        Verdict::no("the prefix says that it is something else")
    } else if php::says_session(before) {
        Verdict::Weak
    } else {
        Verdict::Several
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    // The key is a number of a type of its own (v3, absExpirationKey).
    let absolute = |(key, value): &(Value<'_>, Value<'_>)| match (key, value) {
        (Value::Int(0), Value::Date(date)) => time::iso(date),
        _ => None,
    };
    let ends = match data {
        Value::Pairs(pairs) => pairs.iter().find_map(absolute),
        _ => None,
    };
    Facts { ends, ..go::facts(data) }
}
