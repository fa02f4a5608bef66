//! Rack::Session::Redis of redis-rack: Sinatra, Hanami, Roda and plain Rack.

use crate::frameworks::ruby::rack;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::{Blob, Cookie, Ends, Extra, Keys, Layout, Mark, Setup, Verdict};
use crate::value::Value;

/// How the keys of a store of redis-store begin that was given no namespace of its own.
const PREFIX: &str = "rack:session:";

pub const LAYOUT: Layout = Layout {
    name: "rack-session-redis",
    about: "Rack::Session::Redis of redis-rack (Sinatra, Hanami, Roda, Rack)",
    family: "Ruby",
    home: Some("https://github.com/redis-store/redis-rack"),
    page: "\
key      <namespace>:2::<SHA-256 of the public id>, a string; namespace `rack:session` unless the
         URL has another one; <namespace>:<public id> before 2019 (Rack 2.0.8). A ConnectionPool of
         plain clients (option `pool`) has none: the id is the whole key
value    Marshal 4.8 of a hash; a plain client writes what inspect says, which nothing reads back
expiry   the key's TTL, moved by every request that reads the session; none without expire_after
user     Warden (scope user, then the others), else user_id, current_user_id, uid, user, username,
         login, account_id, user_credentials_id, email; option user_key names another member
cookie   rack.session = <public id>, 64 hexadecimal digits. No key leads back to it, but the private
         id is taken for one as well, because old keys are looked for by the cookie's own text
index    none
end      the key, and the one with the public id where that is still there: the next request falls
         back to it (redis-rack 2.1.2 lib/rack/session/redis.rb, rack-session 2.0)
beware   Sidekiq keeps no sessions: its queues, sets and processes in the same database are none
",
    keys: Keys { prefix: PREFIX, locate: rack::locate, ..Keys::PLAIN },
    marks: &[
        Mark::Magic(b"\x04\x08{"),
        Mark::Magic(b"\x04\x08}"),
        Mark::Magic(b"\x04\x08C"),
        Mark::Word("rack:session:"),
    ],
    options: rack::OPTIONS,
    recognize,
    read: rack::read,
    describe: rack::describe,
    whose: rack::WHOSE,
    cookie: Cookie {
        name: Some("rack.session"),
        open: Some(rack::cookie),
        older: Some(rack::older_cookie),
        ..Cookie::PLAIN
    },
    ends: Ends { end: rack::end, caveats: &[rack::WRITTEN_BACK], ..Ends::PLAIN },
    extra: Extra { copies: Some(rack::COPIES), ..Extra::PLAIN },
    ..Layout::PLAIN
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let verdict = rack::recognize(setup, blob);
    let bare = key::is_exactly(blob.key, 64, Alphabet::Hex) && !is_of_rails(blob);
    // Of a key family that speaks of Rails it is another layout's.
    let own = setup.named || memchr::memmem::find(blob.key, PREFIX.as_bytes()).is_some();
    match verdict {
        Verdict::Kin if bare && setup.named => Verdict::Weak,
        Verdict::No(_) => verdict,
        verdict if own => verdict,
        Verdict::Sure if bare => Verdict::Sure,
        // Nothing but a digest looks like it.
        Verdict::Kin if bare => Verdict::Several,
        _ => Verdict::no("its key does not have the prefix `rack:session:` and is not a bare id"),
    }
}

fn is_of_rails(blob: &Blob<'_>) -> bool {
    let data = blob.form(Form::Marshal).and_then(|dump| dump.as_ref().ok());
    data.is_some_and(|data: &Value<'_>| data.get("_csrf_token").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn a_hash_under_a_bare_id_is_a_session_beside_another() {
        const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        // {"user_id" => 77}
        let hash = b"\x04\x08{\x06I\"\x0cuser_id\x06:\x06ETiR";
        for (key, value, verdict) in [
            (ID, &hash[..], Some(Verdict::Several)),
            (&ID[32..], hash, None),
            ("app:0123456789abcdef0123456789abcdef", hash, None),
            (ID, b"{\"user_id\"=>77}", None),
        ] {
            let raw = Raw::Text(value.to_vec());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            let found = recognize(&Setup::free(&LAYOUT), &blob);
            match verdict {
                Some(verdict) => assert_eq!(found, verdict, "{key}"),
                None => assert!(matches!(found, Verdict::No(_)), "{key} {found:?}"),
            }
        }
    }
}
