//! koa-session2 with the Redis store of its README.

use super::key::{self, Alphabet};
use super::*;
use crate::cookie;

const PREFIX: &str = "SESSION:";

pub const LAYOUT: Layout = Layout {
    name: "koa-session2",
    about: "koa-session2 2 with the Redis store that its README gives",
    family: "Node.js",
    page: "\
key      <prefix><id>, a string; prefix `SESSION:`; id 48 lower-case hex digits
value    the JSON of the session and nothing else; an empty session is destroyed
expiry   the key's TTL
user     passport.user, else user, userId, user_id, uid, username, account
cookie   koa:sess = <id>, with koa:sess.sig = HMAC-SHA1 of `koa:sess=<id>` beside it when signed
index    none
end      the one key
alike    any JSON object under such a key: found without being named only under the usual key, and
         changed only when the layout is named
",
    prefix: PREFIX,
    marks: &[Mark::Word(PREFIX)],
    options: &[koa_session::COOKIE_KEYS],
    cookie_name: Some("koa:sess"),
    locate,
    recognize,
    describe: |_, _, data| Facts {
        user: user::any(data),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    cookie: Some(|setup, given| {
        cookie::keygrip::open(given, setup.cookie_name(), setup.texts("cookie_keys"))
    }),
    caveats: &[connect_redis::WRITTEN_BACK],
    ..Layout::PLAIN
};

/// The README's getID takes a number of bytes; the copy may take another than 24.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let usual = |id: &[u8]| key::is_exactly(id, 48, Alphabet::Hex);
    let place = key::locate_by(setup, key, |_| None, usual)?;
    let id = &key[place.id.clone()];
    let may_be = place.usual || (setup.named && id.len() >= 16 && Alphabet::Hex.all(id));
    (may_be && (setup.known_lead().is_some() || key[..place.id.start].ends_with(PREFIX.as_bytes())))
        .then_some(place)
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.object() {
        Some([]) => Verdict::Kin,
        Some(_) => Verdict::Weak,
        None => Verdict::no("the value is no JSON object"),
    }
}
