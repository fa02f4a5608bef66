//! actix-session, and actix-redis before it.
//!
//! actix-session 0.8 to 0.11, actix-identity 0.9.0; actix-redis to 0.12.

use crate::codec::json;
use crate::cookie;
use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, time};
use crate::layout::{python, setup};
use crate::value::Value;

const ID: usize = 64;
/// Of actix-redis.
const OLD: usize = 32;

pub const LAYOUT: Layout = Layout {
    name: "actix-session",
    about: "actix-session with RedisSessionStore, and actix-redis before it",
    family: "Rust",
    home: Some("https://github.com/actix/actix-extras"),
    page: "\
key      <id>, a string, or what the application's cache_keygen makes of it; 64 letters and digits.
         actix-redis: session:<32 letters and digits>
value    a JSON object whose members are JSON texts
expiry   the key's TTL, a day by default; renewed when the session changes, or by every request
user     actix_identity.user_id, else user_id, user, username
cookie   id = <id> in a private jar, or a signed one; actix-session with actix-redis. Options
         cookie_mode and cookie_key_hex
index    none
end      the one key
beware   a request in flight that changed the session saves it under a new id
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[setup::JAR_MODE, setup::JAR_KEY, setup::SERIALIZER],
    recognize,
    read: |_, blob| match blob.json() {
        Some(value) => Decoded::owned(json::CODEC.name, go::cells(value, &blob.limits)),
        None => blob.whole_json(),
    },
    describe,
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("id"),
        open: Some(|setup, given| go::jar(setup, given, is_id)),
        older: Some(|setup, given| {
            cookie::bare::open(given, setup.text("cookie_name").unwrap_or("actix-session"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "A request in flight that changes its session saves it under a new id; look again after a few \
             seconds.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    matches!(id.len(), ID | OLD) && Alphabet::Alnum.all(id)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |length| key::tail(key, length, Alphabet::Alnum);
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => tail(ID).or_else(|| tail(OLD))?,
    };
    is_id(&key[start..]).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys are too short.
    let last = blob.key.len().checked_sub(OLD).map(|start| &blob.key[start..]);
    if !last.is_some_and(|last| Alphabet::Alnum.all(last)) {
        return Verdict::no("the key does not end in 32 or 64 letters and digits");
    }
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 32 or 64 letters and digits");
    };
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    if !go::all_cells(members) {
        return Verdict::no("a member is not a JSON text");
    }
    let (before, id) = (&blob.key[..place.id.start], &blob.key[place.id]);
    if members.iter().any(|(name, _)| name.starts_with("actix_identity.")) {
        Verdict::Sure
    } else if members.is_empty() {
        Verdict::Kin
    } else if setup.named {
        Verdict::Weak
    } else if !go::is_mixed(id) || python::says_other(before) {
        Verdict::no("a digest, or something else by its prefix")
    } else if id.len() == ID || before.ends_with(b"session:") {
        Verdict::Sure
    } else {
        Verdict::Several
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = go::facts(data);
    Facts {
        user: data.get("actix_identity.user_id").and_then(go::named).or(facts.user),
        created: data.get("actix_identity.logged_in_at").and_then(time::seconds),
        seen: data.get("actix_identity.last_visited_at").and_then(time::seconds),
        ..facts
    }
}
