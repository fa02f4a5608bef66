//! Laminas and Zend Framework with their sessions in a cache of the Redis adapter.

use crate::cookie;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, php, time, user, whose};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "laminas",
    about: "Laminas and Zend Framework 2 and 3, SaveHandler\\Cache over the Redis adapter (PHP)",
    family: "PHP",
    home: Some("https://docs.laminas.dev/laminas-session/"),
    page: "\
key      <namespace><separator><id>, a string; namespace laminascache (zfcache before 2020),
         separator a colon unless configured; an empty namespace leaves the bare id
value    PHP session: __Laminas (__ZF) with _REQUEST_ACCESS_TIME, _VALID and the containers' own
         expiries; each container is an object with its members under `storage`
expiry   the key's TTL (ttl of the adapter; none by default), moved by every request
user     Laminas_Auth (Zend_Auth): storage.storage, or id, user_id, username, email in it; else any
         container that holds nothing but `storage`
seen     __Laminas._REQUEST_ACCESS_TIME; address and browser where validators remember them
cookie   PHPSESSID (name of the session's configuration) = the id, unsigned
index    none
end      the one key (laminas-session 2, SaveHandler/Cache.php `destroy`)
",
    keys: Keys { prefix: "laminascache:", locate: php::locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("__Laminas"), Mark::Variable("__ZF")],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Own(|_, _, data| match php::frameworks::of_frameworks(data) {
        Some(php::frameworks::Login::Unnamed) => Unnamed::Unknown,
        _ => whose::bag(Some(data)),
    }),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { end: super::symfony::end, caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn metadata<'v, 'a>(data: &'v Value<'a>) -> Option<&'v Value<'a>> {
    data.get("__Laminas").or_else(|| data.get("__ZF"))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.variables() {
        Some(data) if metadata(data).is_some_and(|it| it.members().is_some()) => Verdict::Sure,
        Some(_) if setup.named && blob.php().is_some_and(php::Php::is_variables) => Verdict::Kin,
        Some(_) => Verdict::no("its variables hold neither __Laminas nor __ZF"),
        None => Verdict::no("the value is not a PHP session"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let meta = metadata(data);
    let valid = |validator: &str| {
        let valid = meta?.get("_VALID")?;
        let names = ["Laminas", "Zend"].map(|vendor| format!("{vendor}\\Session\\Validator\\{validator}"));
        names.iter().find_map(|name| user::text(valid.get(name)))
    };
    Facts {
        user: user_of(data),
        seen: meta.and_then(|meta| meta.get("_REQUEST_ACCESS_TIME")).and_then(time::seconds),
        ip: valid("RemoteAddr").or_else(|| php::ip(data)),
        agent: valid("HttpUserAgent").or_else(|| php::agent(data)),
        ..Facts::default()
    }
}

/// What a container holds: its members are under `storage`, in the payload where it has one.
fn storage<'b>(container: &'b Value<'b>) -> Option<&'b Value<'b>> {
    let inside = container.get("storage").or_else(|| container.get("$value")?.get("storage"));
    inside.or_else(|| container.as_map().map(|_| container))
}

fn user_of<'b>(data: &'b Value<'b>) -> Option<Cow<'b, str>> {
    let identity = |container: &'b Value<'b>| match php::frameworks::zend_identity(container) {
        php::frameworks::Login::Someone(user) => Some(user),
        _ => None,
    };
    let usual = ["Laminas_Auth", "Zend_Auth"].iter().find_map(|name| identity(data.get(name)?));
    usual.or_else(|| php::user(data)).or_else(|| {
        let containers = data.members()?.iter().map(|(_, container)| container);
        let lone = |container: &&'b Value<'b>| {
            storage(container).and_then(Value::members).is_some_and(|members| members.len() == 1)
        };
        containers.filter(lone).find_map(identity)
    })
}
