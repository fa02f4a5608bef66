//! CakePHP with its sessions in a cache of the Redis engine.

use crate::cookie;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose, open_any,
    php, time, whose,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "cakephp",
    about: "CakePHP 3 to 5, CacheSession over the Redis cache engine (PHP)",
    family: "PHP",
    home: Some("https://book.cakephp.org/"),
    page: "\
key      <prefix of the cache>[<32 hexadecimal digits>]<id>, a string; prefix cake_ unless
         configured; the digits are a hash of the counters of the cache's groups
value    s:<n>:\"…\"; around a PHP session: Config {time}, Flash, Auth
expiry   the key's TTL (duration of the cache), moved by every request; Session.timeout is counted
         from Config.time next to that
user     Auth.User.id (up to 3), Auth._fields.id (an entity), Auth.id, or Auth itself
seen     Config.time
cookie   CAKEPHP, or PHPSESSID with the defaults `php` = the id, unsigned
index    none
end      the one key (Http/Session/CacheSession.php, 5.1.1)
beware   other caches share the prefix; a key <prefix><group> is the counter of a group: raising it
         leaves every session of it after
",
    keys: Keys { prefix: "cake_", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("Config")],
    options: &[OptionSpec::new(
        "groups",
        OptionKind::Texts,
        "the groups of the cache: a hash of them is before the id",
    )],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Own(|_, _, data| match php::frameworks::cakephp_auth(data.get("Auth")) {
        php::frameworks::Login::Nobody => bag_without(data, "Auth"),
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("CAKEPHP"),
        open: Some(|setup, given| open_any(setup, &["PHPSESSID"], |name| cookie::bare::open(given, name))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "A remember-me cookie of the authentication plug-in logs the browser in again.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// The hash of the groups stands before the id without a separator.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let mut start = if let Some(lead) = setup.known_lead() {
        key.starts_with(lead).then_some(lead.len())?
    } else {
        let run = Alphabet::Native.run_at_end(key);
        let tail = key.len() - run;
        if php::is_usual(&key[tail..]) { tail } else { php::native_start(key, LAYOUT.keys.prefix)? }
    };
    let hashed = key.get(start..start + 32).is_some_and(|hash| Alphabet::Hex.all(hash));
    if hashed && (!setup.texts("groups").is_empty() || key.len() - start >= 32 + php::SHORTEST) {
        start += 32;
    }
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, php::is_usual(id)))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(found) = blob.php().filter(|found| found.is_variables()) else {
        return Verdict::no("the value is not a PHP session inside a serialized string");
    };
    let timed = blob.variable("Config").is_some_and(|config| config.get("time").is_some());
    match (found.is_wrapped(), timed) {
        (true, true) => Verdict::Sure,
        (true, false) if setup.named && locate(setup, blob.key).is_some_and(|place| place.usual) => {
            Verdict::Weak
        }
        (true, false) => Verdict::no("its variables do not hold Config.time"),
        (false, _) => Verdict::no("the session is not inside a serialized string, as a cache writes it"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let config = data.get("Config");
    Facts {
        user: php::user(data),
        seen: config.and_then(|config| config.get("time")).and_then(time::seconds),
        ip: php::ip(data),
        agent: php::agent(data),
        ..Facts::default()
    }
}

/// What the rest of the session says.
fn bag_without(data: &Value<'_>, name: &str) -> Unnamed {
    let rest = data.members().unwrap_or_default().iter().filter(|(member, _)| member != name);
    whose::bag(Some(&Value::Map(rest.cloned().collect())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Setting;

    #[test]
    fn the_hash_of_the_groups_is_no_part_of_the_id() {
        let (hash, id) = ("db814376b0d5da22e4b3d98e5bc697c9", "hmogp9s5aqlpjt5n97il3c3r0u");
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("prefix", Setting::Text("app_".into())).expect("every layout has it");
        for key in [format!("app_{id}"), format!("app_{hash}{id}")] {
            for setup in [&named, &Setup::free(&LAYOUT)] {
                let place = locate(setup, key.as_bytes()).expect("a session's key");
                assert_eq!(&key[place.id], id, "{key}");
            }
        }
        assert!(locate(&named, b"app_model_default_users").is_none());
    }
}
