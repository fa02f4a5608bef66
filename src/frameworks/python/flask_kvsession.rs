//! Flask-KVSession with simplekv's RedisStore.
//!
//! Flask-KVSession 0.6.2 flask_kvsession/__init__.py, simplekv 0.14.1 memory/redisstore.py.

use crate::cookie;
use crate::cookie::itsdangerous::DEFAULT;
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Form, Keys, Layout, Mark, Place, Rank, Setup, Verdict, python};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "flask-kvsession",
    about: "Flask-KVSession with simplekv in Redis",
    family: "Python",
    home: Some("https://github.com/mbr/flask-kvsession"),
    page: "\
key      <random>_<created>, a string: 1 to 16 hex digits, and the seconds since 1970 in hex; a
         prefix only with simplekv's PrefixDecorator
value    a pickle of the session, read as data and never run
expiry   the key's TTL, 31 days by default; besides, an id that is older than the lifetime is
         dead
user     as in flask-session
cookie   session = <id>.<signature>
index    none
end      the one key. A request in flight writes it back only if it changed the session
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Pickle)],
    options: &[
        OptionSpec::secret("secret_key", OptionKind::Texts, "the application's secret_key"),
        OptionSpec::new("serializer", OptionKind::Text, "pickle"),
    ],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            cookie::itsdangerous::open(
                given,
                setup.cookie_name(),
                setup.texts("secret_key"),
                &[DEFAULT],
                None,
            )
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read: |_, blob| blob.python_data(),
    describe,
    whose: python::CONTAINER,
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// Seconds since 1970 have eight digits from 1978 to 2106.
const CREATED: usize = 8;

/// Where `<random>_<created>` begins that ends the key.
fn start(key: &[u8]) -> Option<usize> {
    let bar = key.len().checked_sub(CREATED + 1)?;
    let hex = |byte: &u8| Alphabet::Hex.has(*byte);
    if key[bar] != b'_' || !key[bar + 1..].iter().all(hex) {
        return None;
    }
    let digits = key[..bar].iter().rev().take_while(|byte| hex(byte)).count();
    let start = bar - digits;
    let alone = start == 0 || !(key[start - 1].is_ascii_alphanumeric() || key[start - 1] == b'_');
    ((1..=16).contains(&digits) && key[start] != b'0' && alone).then_some(start)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => {
            let rest = key.strip_prefix(lead)?;
            (start(rest)? == 0).then_some(lead.len())?
        }
        None => start(key)?,
    };
    Some(Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key is not <hex>_<seconds in hex>");
    }
    match blob.form(Form::Pickle) {
        Some(Ok(value)) => match python::members(value) {
            Some(data) if python::is_flask(data) => Verdict::Sure,
            Some(_) => Verdict::Weak,
            None => Verdict::no("the pickle holds no dict"),
        },
        _ => Verdict::no("the value is not a pickle"),
    }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let id = locate(setup, blob.key).map(|place| &blob.key[place.id]);
    let created = id.and_then(|id| std::str::from_utf8(&id[id.len() - CREATED..]).ok());
    let created = created.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    Facts { created: created.map(|seconds| seconds * 1000), ..python::facts(data) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_two_parts_of_digits() {
        for (key, id) in [
            ("c9918d217974265_6b04fe0a", Some("c9918d217974265_6b04fe0a")),
            ("acme-1_6b04fe0a", Some("1_6b04fe0a")),
            ("t1:ff_6b04fe0a", Some("ff_6b04fe0a")),
            ("12_34_56", None),
            ("abc_def", None),
            ("0abc_6b04fe0a", None),
            ("x_6b04fe0a", None),
            ("12_34_6b04fe0a", None),
            ("0123456789abcdef0_6b04fe0a", None),
        ] {
            let found = start(key.as_bytes()).map(|start| &key[start..]);
            assert_eq!(found, id, "{key}");
        }
    }
}
