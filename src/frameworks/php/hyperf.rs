//! Hyperf.

use crate::cookie;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict, php, whose};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "hyperf",
    about: "Hyperf 2 and 3 (hyperf/session, RedisHandler; PHP)",
    family: "PHP",
    home: Some("https://hyperf.wiki/"),
    page: "\
key      the bare id, a string, unless the pool's client has a prefix; id 40 letters and digits
value    serialize of one array; _flash {new, old} in every session, _previous, _token
expiry   the key's TTL alone (gc_maxlifetime), moved by every request
user     login_<guard>_<sha1>, then by convention: user_id, uid, auth, …
cookie   HYPERF_SESSION_ID = the id, unsigned
index    none
end      the one key (hyperf/session 3, Handler/RedisHandler.php `destroy`)
alike    laravel, whose array lies inside a string
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("_flash")],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("HYPERF_SESSION_ID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "migrate() leaves the old key with the same login: end by user, not by one id.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, 40, Alphabet::Alnum)?,
    };
    let id = &key[start..];
    (!id.is_empty() && Alphabet::Alnum.all(id)).then(|| Place::after(key, start, id.len() == 40))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let found = blob.php().filter(|found| !found.is_wrapped() && !found.is_variables());
    let (Some(_), Some(data)) = (found, blob.variables()) else {
        return Verdict::no("the value is not a serialized array");
    };
    let usual = locate(setup, blob.key).is_some_and(|place| place.usual);
    let flash =
        data.get("_flash").is_some_and(|flash| flash.get("new").is_some() && flash.get("old").is_some());
    match (usual, flash) {
        (true, true) => Verdict::Sure,
        (true, false) if setup.named => Verdict::Kin,
        (true, false) => Verdict::no("its array does not hold _flash with `new` and `old`"),
        (false, _) => Verdict::no("its key does not end in 40 letters and digits"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = php::guard(data).or_else(|| php::conventional(data));
    Facts { user, ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}
