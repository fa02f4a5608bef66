//! webman and other applications on Workerman.

use crate::cookie;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, php, whose};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "webman",
    about: "webman and Workerman 4 and 5 (RedisSessionHandler; PHP)",
    family: "PHP",
    page: "\
key      redis_session_<id>, a string (the client's prefix option); id 26 to 32 characters, 16 to
         256 of [A-Za-z0-9,-]
value    serialize of one array, or igbinary
expiry   the key's TTL alone, moved only when the session changes
user     by convention: user, user.id, admin.id, uid, …
cookie   PHPSID (session_name) = the id, unsigned
index    none
end      the one key (workerman 5.2.2, Session/RedisSessionHandler.php `destroy`)
alike    phpredis with php_serialize under a prefix of its own
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "redis_session_", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("PHPSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    same_as: &["phpredis"],
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let place = php::locate(setup, key)?;
    let usual = (16..=256).contains(&place.id.len());
    Some(Place { usual, ..place })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let is_array = |found: &php::Php<'_>| !found.is_variables() && !found.is_wrapped();
    if blob.variables().is_none() || !blob.php().is_some_and(is_array) {
        return Verdict::no("the value is not a serialized array");
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key does not end in an id") };
    if setup.known_lead().is_some() || blob.key[..place.id.start].ends_with(LAYOUT.keys.prefix.as_bytes()) {
        Verdict::Sure
    } else {
        Verdict::no("nothing in its key tells it from other arrays")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = php::conventional(data).or_else(|| php::named(data.get("admin")?));
    Facts { user, ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}
