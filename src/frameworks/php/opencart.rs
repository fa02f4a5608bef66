//! OpenCart 4 with session_engine redis.

use crate::cookie;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, php, whose,
};
use crate::value::Value;

const WORD: &str = ".session.";

pub const LAYOUT: Layout = Layout {
    name: "opencart",
    about: "OpenCart 4 with session_engine=redis (PHP)",
    family: "PHP",
    home: Some("https://github.com/opencart/opencart"),
    page: "\
key      <CACHE_PREFIX>.session.<id>, a string; the operator defines the constant; id 26 hexadecimal
         digits, 22 to 52 of [A-Za-z0-9,-]; option `prefix` is all before the id
value    JSON; no bytes at all where there are no data, or where they could not be made JSON
expiry   the key's TTL alone (session_expire), moved by every request
user     customer_id, customer.customer_id, else user_id: an administrator, whose numbers are others
cookie   OCSESSID = the id, unsigned
index    none
end      the one key (opencart 4.1.0.3, system/library/session/redis.php `destroy`)
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Word(WORD)],
    recognize,
    read: |_, blob| {
        if blob.is_empty() { Decoded::owned("json", Value::Map(Vec::new())) } else { blob.whole_json() }
    },
    describe,
    whose: Whose::Own(|_, _, data| {
        let ids = ["customer_id", "customer.customer_id", "user_id"].iter().filter_map(|path| data.at(path));
        let mut someone =
            ids.filter(|id| !whose::is_empty(id) && id.scalar_text().is_none_or(|id| id != "0"));
        if someone.next().is_some() { Unnamed::Unknown } else { Unnamed::Nobody }
    }),
    cookie: Cookie {
        name: Some("OCSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let given = setup.text("prefix").is_some();
    let lead = setup.lead();
    let start = if given {
        key.starts_with(&lead).then_some(lead.len())?
    } else {
        let word = key::rfind(key, WORD.as_bytes()).map(|at| at + WORD.len());
        word.or_else(|| php::native_tail(key).filter(|_| !setup.named)).filter(|_| key.starts_with(&lead))?
    };
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, (php::SHORTEST..=52).contains(&id.len())))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key does not end in an id") };
    let by_key = setup.named || blob.key[..place.id.start].ends_with(WORD.as_bytes());
    match blob.json() {
        Some(Value::Map(_)) if by_key && place.usual => Verdict::Sure,
        Some(Value::Map(_)) if place.usual => Verdict::Kin,
        Some(Value::List(items)) if by_key && place.usual && items.is_empty() => Verdict::Sure,
        None if by_key && place.usual && blob.is_empty() => {
            if setup.named {
                Verdict::Sure
            } else {
                Verdict::Kin
            }
        }
        _ => Verdict::no("the value is not a JSON object, or the id has not the form of one"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = ["customer_id", "customer.customer_id", "user_id"]
        .iter()
        .find_map(|path| data.at(path)?.scalar_text().filter(|id| id != "0"));
    Facts { user, ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
}
