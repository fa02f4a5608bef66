//! poem's server sessions in Redis.
//!
//! poem 3.1.12 src/session.

use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, php, python, setup,
};

const ID: usize = 43;

pub const LAYOUT: Layout = Layout {
    name: "poem-session",
    about: "poem, ServerSession with RedisStorage",
    family: "Rust",
    home: Some("https://github.com/poem-web/poem"),
    page: "\
key      <id>, a string; no prefix; 43 characters of base64url
value    a JSON object of the session's members, by name
expiry   the key's TTL if the cookie has a max_age, else none; renewed when the session changes
user     user_id, user, username
cookie   poem-session = <id>, plain, signed or private: options cookie_mode and cookie_key_hex
index    none
end      the one key. A request in flight writes it back if it changed the session
alike    any JSON object under such a key: changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[setup::JAR_MODE, setup::JAR_KEY, setup::SERIALIZER],
    recognize,
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("poem-session"),
        open: Some(|setup, given| go::jar(setup, given, is_id)),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, ID, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail_behind(key, ID, Alphabet::Base64Url)?,
    };
    is_id(&key[start..]).then(|| Place::after(key, start, true))
}

const NO_ID: &str = "the key does not end in 43 characters of base64url";

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys are too short.
    if blob.key.len() < ID || !Alphabet::Base64Url.all(&blob.key[blob.key.len() - ID..]) {
        return Verdict::no(NO_ID);
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no(NO_ID) };
    if blob.object().is_none() {
        return Verdict::no("the value is not a JSON object");
    }
    let (before, id) = (&blob.key[..place.id.start], &blob.key[place.id]);
    if setup.named {
        Verdict::Weak
    } else if blob.json().is_some_and(python::is_others) {
        Verdict::no("it has the members of another store")
    } else if !go::is_mixed(id) || python::says_other(before) {
        Verdict::no("a name rather than an id, or something else by its prefix")
    } else if before.is_empty() || php::says_session(before) {
        Verdict::Weak
    } else {
        Verdict::Several
    }
}
