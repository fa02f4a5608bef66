//! PHP's native sessions with the handler of the extension phpredis.

use crate::codec::php_msgpack;
use crate::cookie;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Rank, Setup, Verdict, Whose, key,
    php,
};
use crate::store::Key;
use crate::store::Op;
use crate::value::Value;
use crate::wrap;

pub const LAYOUT: Layout = Layout {
    name: "phpredis",
    about: "PHP native sessions: session.save_handler=redis or rediscluster (phpredis)",
    family: "PHP",
    home: Some("https://github.com/phpredis/phpredis"),
    page: "\
key      PHPREDIS_SESSION:<id>, PHPREDIS_CLUSTER_SESSION:<id> in a cluster, a string; `prefix=` in
         session.save_path replaces that; id usually 26 or 32 characters, 22 to 256 of [A-Za-z0-9,-]
value    what session.serialize_handler makes: php (name|value), php_serialize, php_binary,
         igbinary, msgpack; each value says which; redis.session.compression (6.1) around it: lzf,
         lz4, zstd an empty value is an empty session: every session_start() without data writes
         one
expiry   the key's TTL alone (session.gc_maxlifetime), moved by every request
user     what a framework's variables say: CakePHP (MISP), Yii 1 and 2 (LimeSurvey, Craft CMS),
         Zend_Auth, Matomo, Shopware 5, Nette, OpenCart, elabFTW; else by convention: user_id,
         userId, userid, uid, user (itself or id, user_id, uid, username, email, login, name in it),
         username, user_name, login, email, auth, customer_id, account_id, member_id, admin_id;
         phpMyAdmin, DokuWiki, Icinga Web by their own members
cookie   PHPSESSID (session.name) = the id, unsigned
index    none
beware   a short key, or one in words, that holds an array or nothing may be something else than a
         session: it ends only where the layout is named
end      the key, and a stale lock <key>_LOCK (redis.session.locking_enabled), without which the
         next request waits and sees an empty session
alike    predis-session; webman and others under a prefix of their own
",
    rank: Rank::Extension,
    keys: Keys { prefix: php::NATIVE[0], locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp, Mark::Word("PHPREDIS_")],
    options: &[OptionSpec::new(
        "serializer",
        OptionKind::Text,
        "session.serialize_handler, as a hint; the value decides",
    )],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Container(php::frameworks::members),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "Logging in with session_regenerate_id() may leave the old key with the same login: end by user, not by \
             one id.",
            "Applications with a remember-me cookie log the browser in again.",
        ],
        ..Ends::PLAIN
    },
    same_as: &["predis-session"],
    ..Layout::PLAIN
};

/// Where the id begins after one of the default prefixes.
fn behind_default(key: &[u8]) -> Option<usize> {
    php::NATIVE.iter().find_map(|prefix| key::rfind(key, prefix.as_bytes()).map(|at| at + prefix.len()))
}

/// Ids may be set by the application, so after a prefix that is known they may have any length.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate_by(setup, key, |key| behind_default(key).or_else(|| php::native_tail(key)))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    let by_key = setup.known_lead().is_some() || behind_default(blob.key).is_some();
    let id = &blob.key[place.id.clone()];
    if by_key && !may_be_cached(setup, blob, id) {
        // Applications may set any id, and may as well keep something else next to the sessions: a row of
        // variables is nothing but a session, anything more general is one under an id that PHP made.
        let listed = || match blob.variables() {
            Some(data) => is_row(data),
            None => matches!(blob.text(), Some([0x91..=0x9f | 0xdc | 0xdd, ..])),
        };
        let odd = !setup.named
            && !blob.php().is_some_and(php::Php::is_variables)
            && (!php::is_made(id) || listed());
        return match blob.php() {
            Some(php) if odd && !php.is_wrapped() => Verdict::Weak,
            _ if odd && (blob.is_empty() || blob.is_php_session()) => Verdict::Weak,
            // A cache around a session is what other layouts have.
            Some(php) if php.is_variables() || !php.is_wrapped() => Verdict::Sure,
            _ if blob.is_empty() || blob.is_php_session() => Verdict::Sure,
            _ if !setup.named && place.usual && matches!(blob.php_look(), php::Look::Broken) => Verdict::Weak,
            _ => Verdict::no("the value is not a PHP session"),
        };
    }
    let before = &blob.key[..place.id.start];
    if setup.known_lead().is_some() {
        return Verdict::no("an array under a bare key, which caches hold as well");
    }
    match by_value(blob, id, before) {
        // A bare id is what Predis writes.
        Verdict::Sure if before.is_empty() => Verdict::Weak,
        Verdict::Kin | Verdict::Several if before.is_empty() => {
            Verdict::no("a bare id is what Predis writes")
        }
        verdict => verdict,
    }
}

/// Whether an array under a bare key could as well be an entry of a cache: the digits of a hash are the
/// key, and nothing in it is what sessions hold. A configured serializer that makes arrays settles it.
pub(super) fn may_be_cached(setup: &Setup, blob: &Blob<'_>, id: &[u8]) -> bool {
    if id.len() < blob.key.len() {
        return false;
    }
    let is_array = blob.php().is_some_and(is_serialized);
    let expected = setup.text("serializer").is_some_and(|name| !matches!(name, "php" | "php_binary"));
    // PHP makes ids of 26 or 32 characters that go beyond hexadecimal digits, or hexadecimal ones.
    let made = matches!(id.len(), 26 | 32) && !php::is_hash_like(id);
    is_array && !expected && !made && !blob.variables().is_some_and(php::is_session_like)
}

/// Whether it is what `serialize` makes of an array. Hardly a cache has igbinary or MessagePack with the
/// marks of PHP.
fn is_serialized(found: &php::Php<'_>) -> bool {
    found.via.last() == Some(&crate::codec::php::CODEC.name)
}

/// What a key without a known prefix is by its value. A row of variables is nothing but a session; an
/// array is what caches hold as well, and then the key has to say something.
pub(super) fn by_value(blob: &Blob<'_>, id: &[u8], before: &[u8]) -> Verdict {
    let (Some(found), Some(data)) = (blob.php(), blob.variables()) else {
        return Verdict::no("the value is not a PHP session");
    };
    if !php::is_usual(id) {
        Verdict::no("the key does not end in an id of PHP")
    } else if found.is_wrapped() {
        Verdict::no("the session is inside a serialized string, which native sessions are not")
    } else if found.is_variables() {
        Verdict::Sure
    } else if is_row(data) {
        Verdict::no("a list, whose members have no names as variables have")
    } else if data.members().is_none_or(<[_]>::is_empty) {
        Verdict::Kin
    } else if is_anyones(blob, found) {
        Verdict::no("a map in MessagePack without the mark of PHP, which others compress as well")
    } else if !is_serialized(found) {
        if php::says_session(before) { Verdict::Weak } else { Verdict::Several }
    } else if php::is_hash_like(id) && !php::says_session(before) && !php::is_session_like(data) {
        Verdict::no("an array under a key that ends in a hash, which caches hold as well")
    } else if before.is_empty() {
        Verdict::Kin
    } else if php::says_session(before) {
        Verdict::Weak
    } else if php::is_hash_like(id) {
        Verdict::Kin
    } else {
        Verdict::Several
    }
}

/// Whether it is MessagePack that was not as it is marked by PHP: what is under a compression may be
/// anybody's, as django-redis' entries are.
fn is_anyones(blob: &Blob<'_>, found: &php::Php<'_>) -> bool {
    found.via.last() == Some(&php_msgpack::CODEC.name)
        && blob.text().is_none_or(|text| {
            wrap::php::peel(text, &blob.limits, &|inner| (php_msgpack::CODEC.sniff)(inner)).is_none()
        })
}

/// Whether the members are only numbered.
fn is_row(data: &Value<'_>) -> bool {
    data.members().is_some_and(|members| {
        !members.is_empty() && members.iter().all(|(name, _)| name.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

pub(super) fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { user: php::user(data), ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}

/// The handler's lock: a string `<host>|<pid>` next to the session.
pub(super) fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    vec![Op::Unlock(Key([session.key, b"_LOCK"].concat()))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::frameworks::php::predis_session;
    use crate::store::Raw;

    fn verdicts(key: &str, text: &[u8]) -> [Verdict; 2] {
        let raw = Raw::Text(text.to_vec());
        let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
        [&LAYOUT, &predis_session::LAYOUT].map(|layout| (layout.recognize)(&Setup::free(layout), &blob))
    }

    #[test]
    fn the_less_a_value_says_the_more_the_key_must() {
        let (hex, id) = ("76dbcdade94675534333e62305d4bd02", "gpcqfp31ifeu7n9bmp49bs11sj");
        let is_no = |verdict: &Verdict| matches!(verdict, Verdict::No(_));
        // A row of variables is a session wherever it is.
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{id}"), b"a|i:1;")[0], Verdict::Sure);
        assert_eq!(verdicts(&format!("shop:{hex}"), b"a|i:1;")[0], Verdict::Sure);
        assert_eq!(verdicts(hex, b"a|i:1;"), [Verdict::Weak, Verdict::Sure]);
        // An empty one is under the default prefix only.
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{id}"), b"")[0], Verdict::Sure);
        assert!(verdicts(hex, b"").iter().all(is_no));
        // An array may be an entry of a cache.
        let cached = b"a:1:{s:4:\"menu\";a:0:{}}";
        assert!(verdicts(hex, cached).iter().all(is_no));
        assert!(is_no(&verdicts(&format!("cache:{hex}"), cached)[0]));
        assert_eq!(verdicts(&format!("shop:sess:{hex}"), cached)[0], Verdict::Weak);
        assert_eq!(verdicts(&format!("shop:{id}"), cached)[0], Verdict::Several);
        assert_eq!(verdicts(hex, b"a:1:{s:7:\"user_id\";i:7;}")[1], Verdict::Kin);
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{hex}"), cached)[0], Verdict::Sure);
        // So may one under the default prefix, where the id is none that PHP makes.
        for odd in ["users", "lock", "config", "123", "online-users-of-the-shop", "maintenance-windows-2026"]
        {
            let key = format!("PHPREDIS_SESSION:{odd}");
            for value in [&cached[..], b"a:0:{}", b"\x90", b"", b"\x81\xc0\x01", b"\0\0\0\x02\x14\0"] {
                assert_eq!(verdicts(&key, value)[0], Verdict::Weak, "{key} {value:?}");
            }
            assert_eq!(verdicts(&key, b"a|i:1;")[0], Verdict::Sure);
        }
        // A list has no variables.
        let list = b"a:2:{i:0;s:1:\"a\";i:1;s:1:\"b\";}";
        assert!(verdicts(&format!("shop:sess:{id}"), list).iter().all(is_no));
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{id}"), list)[0], Verdict::Weak);
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{id}"), b"\x93\x01\x02\x03")[0], Verdict::Weak);
        // What a cache put a string around is not native.
        assert!(is_no(&verdicts(&format!("shop:{id}"), b"s:6:\"a|i:1;\";")[0]));
    }

    #[test]
    fn compressed_messagepack_needs_the_mark_of_php() {
        let id = "zzef2c88ade173fefe321083750bd850";
        let zstd = |bytes: &[u8]| {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        };
        // {"user_id": 7, "session": true}, as django-redis' serializer writes it, and with the mark.
        let (plain, marked) = (
            zstd(b"\x82\xa7user_id\x07\xa7session\xc3"),
            zstd(b"\x83\xc0\x01\xa7user_id\x07\xa7session\xc3"),
        );
        assert!(matches!(verdicts(&format!("shop:15:{id}"), &plain)[0], Verdict::No(_)));
        assert_eq!(verdicts(&format!("shop:15:{id}"), &marked)[0], Verdict::Several);
        assert_eq!(verdicts(&format!("PHPREDIS_SESSION:{id}"), &plain)[0], Verdict::Sure);
    }

    #[test]
    fn a_lock_is_no_session() {
        let key = "PHPREDIS_SESSION:gpcqfp31ifeu7n9bmp49bs11sj_LOCK";
        assert!(locate(&Setup::free(&LAYOUT), key.as_bytes()).is_none());
    }
}
