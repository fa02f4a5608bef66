//! PHP's native sessions in Memcached, by the extensions memcached and memcache.
//!
//! php-memcached 3.2 php_memcached_session.c; pecl memcache 8.0 memcache_session.c.

use super::php_files;
use crate::cookie;
use crate::layout::php::{self, Php};
use crate::layout::session::Session;
use crate::layout::{
    Blob, Cookie, Ends, Extra, Keys, Layout, Mark, Place, Rank, Setup, Verdict, Whose, item, key,
};
use crate::store::{Key, Kind, Medium, Op};

/// What precedes the id: of PHP's own handler, and of Symfony's MemcachedSessionHandler.
const PREFIXES: &[&str] = &["memc.sess.key.", "sf_s"];

pub const LAYOUT: Layout = Layout {
    name: "php-memcached",
    about: "PHP native sessions in Memcached: session.save_handler=memcached or memcache; Symfony's handler",
    family: "PHP",
    medium: Medium::Item,
    page: "\
key      memc.sess.key.<id> (memcached.sess_prefix), the bare <id> with the older extension
         memcache, sf_s<id> with Symfony's MemcachedSessionHandler; id 22 to 256 of [A-Za-z0-9,-]
value    what session.serialize_handler makes, flags 0, never compressed; no bytes at all are a
         session without data
expiry   the item's own end (session.gc_maxlifetime), moved by every request
user     as in php-files: what a framework's variables say, else by convention
cookie   PHPSESSID (session.name) = the id, unsigned
end      the item, and the lock memc.sess.key.lock.<id> or <id>.lock. A request in flight that
         changed its session writes it back
beware   a server may throw out any item when it is full, and loses all of them when it is restarted
",
    rank: Rank::Extension,
    keys: Keys { prefix: PREFIXES[0], kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("flags")],
    recognize,
    read: php_files::read,
    describe: |setup, blob, data| php_files::facts(setup, blob, data),
    whose: Whose::Container(php_files::members),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "Logging in with session_regenerate_id() may leave the old item with the same login: end by user, not by \
             one id.",
            "Applications with a remember-me cookie log the browser in again.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { broken: php_files::LAYOUT.extra.broken, ..Extra::PLAIN },
    ..Layout::PLAIN
};

/// Where the id begins after one of the prefixes that are known.
fn behind_known(key: &[u8]) -> Option<usize> {
    PREFIXES.iter().find_map(|prefix| key.starts_with(prefix.as_bytes()).then_some(prefix.len()))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate_by(setup, key, |key| {
        let own = key::rfind(key, PREFIXES[0].as_bytes()).map(|at| at + PREFIXES[0].len());
        own.or_else(|| behind_known(key)).or_else(|| php::native_tail(key))
    })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    if item::flags(blob) != 0 {
        return Verdict::no("its flags are not 0, as those of sessions are");
    }
    let known = setup.known_lead().is_some() || behind_known(blob.key).is_some();
    let found = php_files::session(blob);
    let id = &blob.key[place.id.clone()];
    match found {
        None if blob.is_empty() && (known || php::is_made(id)) => {
            if known {
                Verdict::Sure
            } else {
                Verdict::Kin
            }
        }
        None if known && blob.php().is_none() && blob.is_php_session() && !blob.is_empty() => Verdict::Sure,
        None if known && place.usual && matches!(blob.php_look(), php::Look::Broken) => Verdict::Weak,
        None => Verdict::no("the value is not a PHP session"),
        Some(_) if known => Verdict::Sure,
        Some(_) if !place.usual => Verdict::no("the id is shorter than those that PHP makes"),
        Some(php) if php.is_variables() => Verdict::Sure,
        // An array is what caches hold as well.
        Some(Php { .. }) if php::is_made(id) && !php::is_hash_like(id) => Verdict::Weak,
        Some(_) => Verdict::no("an array under a key that caches have as well"),
    }
}

/// The handler's lock, which a request that died leaves behind.
fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let before = session.before();
    vec![
        Op::Unlock(Key([before, b"lock.", session.id].concat())),
        Op::Unlock(Key([session.key, b".lock"].concat())),
    ]
}
