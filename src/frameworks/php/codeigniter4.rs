//! CodeIgniter 4.

use crate::cookie;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, key, php, whose,
};
use crate::store::Key;
use crate::store::Op;
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "codeigniter4",
    about: "CodeIgniter 4 (RedisHandler), with Shield, Myth:Auth or Ion Auth (PHP)",
    family: "PHP",
    home: Some("https://codeigniter.com/user_guide/libraries/sessions.html"),
    page: "\
key      ci_session:<cookie name>:[<ip>:]<id>, a string; before 4.3 without the cookie's name; the
         address when matchIP is on; `?prefix=` in savePath replaces everything before it. id 32
         hexadecimal digits (before 4.6 as php.ini says)
value    PHP session: __ci_last_regenerate, _ci_previous_url, __ci_vars, and the application's own
expiry   the key's TTL alone, moved by every request
user     user.id (Shield), logged_in (Myth:Auth), user_id, identity, then by convention
cookie   ci_session = the id, unsigned
index    none
end      the key and its lock <key>:lock (RedisHandler.php `destroy`, 4.7.0)
beware   ids change every 300 seconds without the old key being removed: it keeps the login for the
         rest of its TTL. End by user, not by one id
",
    keys: Keys { prefix: "ci_session:ci_session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("__ci_last_regenerate")],
    options: &[OptionSpec::new(
        "match_ip",
        OptionKind::Flag,
        "whether the browser's address stands before the id",
    )],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("ci_session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            Layout::WRITTEN_BACK,
            "An id that was regenerated leaves its old key with the same login: end by user, not by one id.",
            "Shield's cookie `remember` logs the browser in again.",
        ],
        ..Ends::PLAIN
    },
    same_as: &["codeigniter3"],
    ..Layout::PLAIN
};

/// The id is after the last colon; before it there may be an address, which may hold colons itself.
pub(super) fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = key::last_part(key);
    if let Some(lead) = setup.known_lead() {
        let between = key.strip_prefix(lead)?;
        let at = lead.len();
        if start > at && address(&key[at..start - 1]).is_none() {
            return None;
        }
        // A prefix need not end in a colon.
        let start = start.max(at);
        let id = &key[start..];
        return (!between.is_empty() && php::is_native(id))
            .then(|| Place::after(key, start, php::is_usual(id)));
    }
    let start = php::native_tail(key).unwrap_or(start).max(start);
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, php::is_usual(id)))
}

/// The address that stands there, if it is one.
fn address(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text).ok()?;
    text.parse::<std::net::IpAddr>().is_ok().then_some(text)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    match is_session(setup, blob) {
        Verdict::Sure if setup.named || is_four(blob) => Verdict::Sure,
        Verdict::Sure => Verdict::no("its id is of CodeIgniter 3, and it holds no _ci_previous_url"),
        verdict => verdict,
    }
}

/// Whether it is a session of either version.
pub(super) fn is_session(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key does not end in an id") };
    if blob.variable("__ci_last_regenerate").is_some() {
        Verdict::Sure
    } else if setup.named && place.usual && blob.php().is_some_and(php::Php::is_variables) {
        Verdict::Weak
    } else {
        Verdict::no("its variables do not hold __ci_last_regenerate")
    }
}

/// What only version 4 writes: the address of the page before, and ids of 32 hexadecimal digits.
fn is_four(blob: &Blob<'_>) -> bool {
    let id = &blob.key[key::last_part(blob.key)..];
    blob.variable("_ci_previous_url").is_some() || key::is_exactly(id, 32, key::Alphabet::Hex)
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let shield = data.get("user").and_then(php::named);
    let myth =
        || data.get("logged_in").filter(|value| value.as_bool().is_none()).and_then(Value::scalar_text);
    let user = shield.or_else(myth);
    let facts = describe_any(setup, blob, data);
    Facts { user: user.or(facts.user), ..facts }
}

/// What both versions have: the conventions, and Ion Auth's `identity`.
pub(super) fn describe_any<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let first = |name: &str| data.get(name).and_then(php::named);
    let user = first("user_id").or_else(|| first("identity")).or_else(|| php::conventional(data));
    let user = user.or_else(|| php::conventional(data.get("userdata")?)).or_else(|| first("id"));
    Facts {
        user,
        ip: in_key(setup, blob.key).map(Cow::Borrowed).or_else(|| php::ip(data)),
        agent: php::agent(data),
        ..Facts::default()
    }
}

/// The address in the key, where it begins after the prefix or any colon before it.
fn in_key<'b>(setup: &Setup, key: &'b [u8]) -> Option<&'b str> {
    let end = key::last_part(key).checked_sub(1)?;
    if let Some(lead) = setup.known_lead() {
        return address(key.get(lead.len()..end)?);
    }
    let mut starts = memchr::memchr_iter(b':', &key[..end]).map(|at| at + 1);
    starts.find_map(|start| address(&key[start..end]))
}

pub(super) fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let own = Op::Unlock(Key([session.key, b":lock"].concat()));
    std::iter::once(own).chain(php::native_lock(session)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Setting;

    #[test]
    fn an_address_may_stand_before_the_id() {
        let id = "76dbcdade94675534333e62305d4bd02";
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("prefix", Setting::Text("shop_sess:".into())).expect("every layout has it");
        for (between, ip) in
            [("", None), ("192.0.2.10:", Some("192.0.2.10")), ("2001:db8::17:", Some("2001:db8::17"))]
        {
            let key = format!("shop_sess:{between}{id}");
            for setup in [&named, &Setup::free(&LAYOUT)] {
                let place = locate(setup, key.as_bytes()).expect("a session's key");
                assert_eq!((&key[place.id], place.usual), (id, true), "{key}");
            }
            assert_eq!(in_key(&named, key.as_bytes()), ip, "{key}");
            assert!(locate(&named, format!("{key}:lock").as_bytes()).is_none(), "{key}");
        }
        assert!(locate(&named, format!("shop_sess:other:{id}").as_bytes()).is_none());
    }
}
