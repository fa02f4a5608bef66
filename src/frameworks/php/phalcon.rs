//! Phalcon 3, 4 and 5.

use crate::cookie;
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Rank, Setup, Verdict, key, php,
    whose,
};
use crate::store::Key;
use crate::store::{IndexOp, Op};
use crate::value::Value;
use std::borrow::Cow;

const UNIQUE_ID: OptionSpec = OptionSpec::new(
    "unique_id",
    OptionKind::Text,
    "the session manager's unique id, before names of variables",
);

pub const LAYOUT: Layout = Layout {
    name: "phalcon",
    about: "Phalcon 4 and 5 (Phalcon\\Session\\Adapter\\Redis; PHP)",
    family: "PHP",
    home: Some("https://docs.phalcon.io/"),
    page: "\
key      sess-reds-<id>, a string (option `prefix` of the adapter); id 22 to 256 of [A-Za-z0-9,-]
value    s:<n>:\"…\"; around a PHP session; bare with the serializer none; igbinary and msgpack
         strings likewise; an empty value is an empty session. Variables may be named <unique
         id>#<name>
expiry   the key's TTL alone (lifetime), moved by every request
user     auth-identity.id, auth.id, then by convention; the unique id is left away
cookie   PHPSESSID = the id, unsigned
index    none
end      the key, and its lock <key>-lock (Session/Adapter/Redis.zep `destroy`, 5.18)
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "sess-reds-", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp],
    options: &[UNIQUE_ID],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session| vec![Op::Unlock(Key([session.key, b"-lock"].concat()))],
        caveats: &[Layout::WRITTEN_BACK],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// The option of version 3 that names its index.
const STATS_KEY: &str = "stats_key";

/// Version 3 keeps its sessions in its cache, whose keys all begin so.
pub const THREE: Layout = Layout {
    name: "phalcon3",
    about: "Phalcon 3 (Phalcon\\Session\\Adapter\\Redis over its cache; PHP)",
    page: "\
key      _PHCR<prefix of the adapter><id>, a string; that prefix is empty by default, and the option
         `prefix` is all before the id; id 22 to 256 of [A-Za-z0-9,-]
value    PHP session as it is; an empty value is an empty session. Variables may be named <unique
         id>#<name>
expiry   the key's TTL alone (lifetime, 8600 s by default), moved by every request
user     auth-identity.id, auth.id, then by convention; the unique id is left away
cookie   PHPSESSID = the id, unsigned
index    of all keys, not by user, where statsKey is set: a set of that name, usually _PHCR, of the
         keys without their _PHCR
end      the key, and its member in that set (cphalcon 3, session/adapter/redis.zep `destroy`,
         cache/backend/redis.zep `delete`)
alike    other entries of the cache, which have the same prefix and are not PHP sessions
",
    rank: Rank::Signature,
    keys: Keys { prefix: "_PHCR", locate: locate_three, ..LAYOUT.keys },
    marks: &[Mark::Word("_PHCR")],
    options: &[
        UNIQUE_ID,
        OptionSpec::new(STATS_KEY, OptionKind::Text, "statsKey, the set of all keys; _PHCR unless given"),
    ],
    recognize: |setup, blob| {
        let Some(place) = locate_three(setup, blob.key) else {
            return Verdict::no("the key does not end in an id of PHP");
        };
        let by_key = setup.known_lead().is_some() || behind_cache(&blob.key[..place.id.start]).is_some();
        match blob.php() {
            Some(found) if by_key && place.usual && found.is_variables() && !found.is_wrapped() => {
                Verdict::Sure
            }
            _ if by_key && place.usual && blob.is_empty() => Verdict::Kin,
            _ => Verdict::no("the value is not a PHP session under a key of the cache"),
        }
    },
    whose: whose::PLAIN,
    ends: Ends {
        end: |setup, session| {
            let Some(after) = behind_cache(session.key) else { return Vec::new() };
            let (before, member) = session.key.split_at(after);
            let before = &before[..after - CACHE.len()];
            let set = [before, setup.text(STATS_KEY).unwrap_or("_PHCR").as_bytes()].concat();
            vec![Op::Index(IndexOp::SetRemove { key: Key(set), member: member.to_vec() })]
        },
        ..LAYOUT.ends
    },
    ..LAYOUT
};

const CACHE: &[u8] = b"_PHCR";

fn behind_cache(key: &[u8]) -> Option<usize> {
    memchr::memmem::find(key, CACHE).map(|at| at + CACHE.len())
}

/// The adapter's own prefix may stand between that of the cache and the id.
fn locate_three(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = if let Some(lead) = setup.known_lead() {
        key.starts_with(lead).then_some(lead.len())?
    } else {
        let after = behind_cache(key)?;
        if php::is_native(&key[after..]) { after } else { php::native_tail(key)? }
    };
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, php::is_usual(id)))
}

/// A lock's name is of the same letters as an id.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate(setup, key).filter(|_| !key.ends_with(b"-lock"))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    const NO_STRING: Verdict = Verdict::no("the value is not a PHP session inside a serialized string");
    let said =
        || setup.known_lead().is_some() || key::rfind(blob.key, LAYOUT.keys.prefix.as_bytes()).is_some();
    if blob.php().is_some_and(|found| !found.is_wrapped()) && !said() {
        return NO_STRING;
    }
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    let by_key =
        setup.known_lead().is_some() || blob.key[..place.id.start].ends_with(LAYOUT.keys.prefix.as_bytes());
    match blob.php() {
        Some(found) if found.is_variables() && (by_key || (found.is_wrapped() && place.usual)) => {
            if by_key {
                Verdict::Sure
            } else {
                Verdict::Weak
            }
        }
        // No variables, serialized: an empty string.
        _ if by_key && (blob.is_empty() || blob.text() == Some(b"s:0:\"\";")) => Verdict::Sure,
        Some(_) if by_key && place.usual => Verdict::Sure,
        _ => NO_STRING,
    }
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let members = data.members().unwrap_or_default();
    let unique = setup.text("unique_id");
    let bare = |name: &'b str| match (name.split_once('#'), unique) {
        (Some((id, rest)), unique) if unique.is_none_or(|unique| unique == id) => rest,
        _ => name,
    };
    let identity = ["auth-identity", "auth"].iter().find_map(|wanted| {
        members.iter().find(|(name, _)| bare(name) == *wanted).and_then(|(_, value)| php::named(value))
    });
    let user = identity.or_else(|| {
        if !members.iter().any(|(name, _)| bare(name).len() < name.len()) {
            return php::conventional(data);
        }
        let stripped =
            members.iter().map(|(name, value)| (Cow::Borrowed(bare(name)), value.clone())).collect();
        php::conventional(&Value::Map(stripped)).map(|user| Cow::Owned(user.into_owned()))
    });
    Facts { user, ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}
