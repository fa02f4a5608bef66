//! koa-session2 with the Redis store of its README.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, user, whose};

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
alike    any JSON object under such a key: found without being named after another prefix only
         where there are two, and changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[setup::COOKIE_KEYS],
    recognize,
    describe: |_, _, data| Facts {
        user: user::any(data),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("koa:sess"),
        open: Some(|setup, given| {
            cookie::keygrip::open(given, setup.cookie_name(), setup.texts("cookie_keys"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The README's getID takes a number of bytes; a copy that is named may take another than 24.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if setup.known_lead().is_none() {
        return key::tail(key, 48, Alphabet::Hex).map(|start| Place::after(key, start, true));
    }
    let place = key::locate_by(setup, key, |_| None, |id| key::is_exactly(id, 48, Alphabet::Hex))?;
    let id = &key[place.id.clone()];
    (place.usual || (setup.named && id.len() >= 16 && Alphabet::Hex.all(id))).then_some(place)
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let before = &blob.key[..blob.key.len().saturating_sub(48)];
    match blob.object() {
        Some([]) => Verdict::Kin,
        Some(_) if before.ends_with(PREFIX.as_bytes()) => Verdict::Weak,
        Some(_) => Verdict::Several,
        None => Verdict::no("the value is not a JSON object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_usual_prefix_is_worth_more_than_another() {
        let raw = Raw::Text(br#"{"views":1}"#.to_vec());
        let free = Setup::free(&LAYOUT);
        let id = "7e5592a4ac13f235a1c07981d67f696c1885fad18d7e6119";
        for (prefix, verdict) in
            [("SESSION:", Verdict::Weak), ("t:SESSION:", Verdict::Weak), ("x:", Verdict::Several)]
        {
            let key = format!("{prefix}{id}");
            let place = locate(&free, key.as_bytes()).expect("a session's key");
            assert_eq!(&key[place.id], id);
            assert_eq!(recognize(&free, &Blob::new(key.as_bytes(), &raw, Limits::default())), verdict);
        }
        for key in [&id[1..], "SESSION:stats", "SESSION:7e5592a4ac13f235"] {
            assert_eq!(locate(&free, key.as_bytes()), None, "{key}");
        }
    }
}
