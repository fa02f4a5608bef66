//! Phalcon 4 and 5.

use super::*;
use crate::cookie;
use crate::store::Key;

pub const LAYOUT: Layout = Layout {
    name: "phalcon",
    about: "Phalcon 4 and 5 (Phalcon\\Session\\Adapter\\Redis; PHP)",
    family: "PHP",
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
    prefix: "sess-reds-",
    marks: &[Mark::AnyPhp],
    options: &[OptionSpec::new(
        "unique_id",
        OptionKind::Text,
        "the session manager's unique id, before names of variables",
    )],
    cookie_name: Some("PHPSESSID"),
    locate,
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    end: |_, session| vec![Op::Unlock(Key([session.key, b"-lock"].concat()))],
    cookie: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
    caveats: &[
        "A request in flight always writes its session back, with its login; look again after a few seconds.",
    ],
    ..Layout::PLAIN
};

/// A lock's name is of the same letters as an id.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate(setup, key).filter(|_| !key.ends_with(b"-lock"))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    let by_key =
        setup.known_lead().is_some() || blob.key[..place.id.start].ends_with(LAYOUT.prefix.as_bytes());
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
        _ => Verdict::no("the value is no PHP session inside a serialized string"),
    }
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'b>, data: &'b Value<'b>) -> Facts<'b> {
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
