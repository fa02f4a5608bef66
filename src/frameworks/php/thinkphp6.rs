//! ThinkPHP 6 and 8 with their sessions in the Redis cache.

use crate::cookie;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::php;
use crate::layout::php::What;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, whose};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "thinkphp6",
    about: "ThinkPHP 6 and 8 (session.type=cache, store=redis; PHP)",
    family: "PHP",
    page: "\
key      <prefix of the cache><prefix of the session><id>, a string, both prefixes empty by
         default; id 32 letters and digits
value    s:<n>:\"…\"; around a serialized array; other serializers may be configured
expiry   the key's TTL alone, moved by every request
user     by convention: user_id, uid, user.id, admin_id, admin.id, member_id, …
cookie   PHPSESSID (name) = the id, unsigned
index    none
end      the one key (topthink/framework 8, session/driver/Cache.php `delete`)
alike    any cache with such keys: the array must have names, and lie inside a string
beware   Cache::clear() empties the database, with all sessions
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, 32, Alphabet::Alnum)?,
    };
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, key::is_exactly(id, 32, Alphabet::Alnum)))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    const NO_ARRAY: Verdict = Verdict::no("the value is not a serialized array inside a string");
    let Some(found) = blob.php().filter(|found| found.is_wrapped()) else { return NO_ARRAY };
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 32 letters and digits");
    };
    match &found.what {
        What::Session(data) if !found.is_variables() => {
            let named = |(name, _): &(Cow<'_, str>, _)| !Alphabet::Digit.all(name.as_bytes());
            if !place.usual || !data.members().into_iter().flatten().any(named) {
                Verdict::no("the array in the string has no names")
            } else if place.id.start == 0 || setup.known_lead().is_some() {
                Verdict::Sure
            } else {
                Verdict::Weak
            }
        }
        // Another serializer.
        _ if setup.named && place.usual => Verdict::Kin,
        _ => NO_ARRAY,
    }
}

/// Whoever the application says it is, by the names that are usual in it.
pub(super) fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    php::conventional(data)
        .or_else(|| php::named(data.get("admin")?))
        .or_else(|| php::named(data.get("member")?))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { user: user(data), ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}
