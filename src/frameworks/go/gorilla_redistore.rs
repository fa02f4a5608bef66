//! gorilla/sessions in boj/redistore, which gin, echo and Hertz use as well.
//!
//! boj/redistore 49ddac8 (v1.2 to v2.0.1), gorilla/sessions bb4cd60, gin-contrib/sessions bf7931f,
//! hertz-contrib/sessions 9f07e21.

use std::borrow::Cow;

use crate::codec::gob::Keys as GobKeys;
use crate::cookie;
use crate::frameworks::go;
use crate::frameworks::go::Bag;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, open_under_any, setup,
};

const ID: usize = 52;

/// What a store of gorilla does when a session is saved.
pub const SAVED: &str =
    "A request in flight that saves its session writes it back; look again after a few seconds.";

pub const LAYOUT: Layout = Layout {
    name: "gorilla-redistore",
    about: "gorilla/sessions with boj/redistore; gin-contrib, echo-contrib, hertz-contrib (Go)",
    family: "Go",
    home: Some("https://github.com/boj/redistore"),
    page: "\
key      session_<id>, a string; 52 characters of base32
value    gob of a map of anything, or a JSON object with JSONSerializer
expiry   the key's TTL, MaxAge of 30 days; set anew when the session is saved
user     user_id, user, username, also within an object
cookie   of a name that the application gives: securecookie around the id; options cookie_hash_key
         and cookie_block_key. One browser may have several sessions of different names
index    none
end      the one key. A request in flight that saves writes it back; the visitor's next session has
         the same id, without a user (observed, 1.2)
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "session_", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob), Mark::AnyObject],
    options: &[setup::HASH_KEY, setup::BLOCK_KEY, setup::SERIALIZER],
    recognize,
    read,
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            let (hash, block) = (setup.texts("cookie_hash_key"), setup.texts("cookie_block_key"));
            open_under_any(
                setup,
                given,
                |id| key::is_exactly(id, ID, Alphabet::Base32),
                |name| cookie::securecookie::open(given, name, hash, block),
            )
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[SAVED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let usual = |id: &[u8]| key::is_exactly(id, ID, Alphabet::Base32);
    key::locate_by(setup, key, |key| go::end_of(key, ID, Alphabet::Base32), usual)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys end in something else.
    if !setup.named && !blob.key.last().is_some_and(|last| Alphabet::Base32.has(*last)) {
        return Verdict::no(NO_ID);
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no(NO_ID) };
    match blob.bag(&[GobKeys::Any]) {
        bag @ (Bag::Read(_) | Bag::Broken(_)) if place.usual => go::judge(&bag),
        Bag::Read(_) | Bag::Broken(_) if setup.named => Verdict::Weak,
        Bag::Read(_) | Bag::Broken(_) | Bag::Empty => Verdict::no(NO_ID),
        Bag::Other if blob.object().is_some() && place.usual => Verdict::Sure,
        Bag::Other if blob.object().is_some() && setup.named && setup.is_pointed() => Verdict::Weak,
        Bag::Other => {
            Verdict::no("the value is neither a gob of a map of interfaces nor JSON under such an id")
        }
    }
}

const NO_ID: &str = "the key does not end in 52 characters of base32";

/// gob, or JSON.
pub fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.json() {
        Some(value) => Decoded { via: vec![Form::Json.codec().name], value: Ok(Cow::Borrowed(value)) },
        None => go::read_gob(setup, blob),
    }
}
