//! ThinkPHP 5.0 and 5.1: native sessions whose variables are grouped.

use crate::cookie;
use crate::frameworks::php::{symfony, thinkphp6};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose, php, whose,
};
use crate::value::Value;

/// The group that the variables are in unless another one is configured.
const GROUP: &str = "think";

pub const LAYOUT: Layout = Layout {
    name: "thinkphp5",
    about: "ThinkPHP 5.0 and 5.1 with session.type=redis (PHP)",
    family: "PHP",
    page: "\
key      <session_name><id>, a string; session_name is empty by default; id 22 to 256 of
         [A-Za-z0-9,-]
value    PHP session with one variable that holds all others: think, or the configured `prefix` of
         the session, which is the option `group` here
expiry   the key's TTL alone (expire, 3600 s by default), set by every request; no TTL where it is 0
user     in the group by convention: user_id, uid, user.id, admin_id, admin.id, member_id, …
cookie   PHPSESSID (name) = the id, unsigned
index    none
end      the one key (topthink/framework 5.1.41, think/session/driver/Redis.php `destroy`); with
         native sessions under PHPREDIS_SESSION: also a stale lock <key>_LOCK
alike    predis-session and phpredis: the group decides
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable(GROUP)],
    options: &[OptionSpec::new("group", OptionKind::Text, "the session's `prefix`, think unless configured")],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Own(|setup, _, data| {
        let inner = data.get(group(setup)).filter(|group| group.as_map().is_some());
        whose::container(inner.unwrap_or(data))
    }),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { end: symfony::end, caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn group(setup: &Setup) -> &str {
    setup.text("group").unwrap_or(GROUP)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate_by(setup, key, |key| php::native_start(key, "PHPREDIS_SESSION:"))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    let plain = blob.php().is_some_and(|found| found.is_variables() && !found.is_wrapped());
    let grouped = |data: &Value<'_>| matches!(data.get(group(setup)), Some(Value::Map(_) | Value::List(_)));
    match blob.variables().filter(|_| plain) {
        Some(data) if place.usual && grouped(data) => Verdict::Sure,
        // Before anything is put into it, and where the application leaves its own variables.
        Some(_) if setup.named => Verdict::Kin,
        None if setup.named && place.usual && blob.is_empty() => Verdict::Kin,
        _ => Verdict::no("the value is not a PHP session with the array `think`"),
    }
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let inner = data.get(group(setup)).filter(|group| group.as_map().is_some()).unwrap_or(data);
    Facts { user: thinkphp6::user(inner), ip: php::ip(inner), agent: php::agent(inner), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::layout::session::Session;
    use crate::store::Raw;

    #[test]
    fn the_group_decides() {
        let verdict = |setup: &Setup, key: &str, text: &str| {
            let raw = Raw::Text(text.into());
            (LAYOUT.recognize)(setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        let (free, id) = (Setup::free(&LAYOUT), "gpcqfp31ifeu7n9bmp49bs11sj");
        assert_eq!(verdict(&free, id, "think|a:0:{}"), Verdict::Sure);
        assert_eq!(verdict(&free, &format!("PHPREDIS_SESSION:{id}"), "think|a:0:{}"), Verdict::Sure);
        let inside = "s:12:\"think|a:0:{}\";";
        for (key, text) in [(id, "think|i:1;"), (id, "user|i:1;"), (id, inside), ("front", "think|a:0:{}")] {
            assert!(matches!(verdict(&free, key, text), Verdict::No(_)), "{key}: {text}");
        }
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        assert_eq!(verdict(&named, id, "shop|a:0:{}"), Verdict::Kin);
        named.set("group", Setting::Text("shop".into())).expect("an option");
        assert_eq!(verdict(&named, id, "shop|a:0:{}"), Verdict::Sure);
    }

    #[test]
    fn a_lock_is_removed_where_phpredis_keeps_one() {
        let raw = Raw::Text(b"think|a:0:{}".to_vec());
        let setup = Setup::free(&LAYOUT);
        let ops = |key: &'static str| {
            let id = &key.as_bytes()[key.len() - 26..];
            let session = Session {
                found: Vec::new(),
                setup: &setup,
                key: key.as_bytes(),
                id,
                certainty: crate::layout::session::Certainty::Sure,
                hash: false,
                raw: &raw,
                facts: Facts::default(),
                ttl: crate::store::Ttl::Never,
                ends: &[],
                memory: None,
                exact_end: None,
                data: None,
                now: 0,
            };
            (LAYOUT.ends.end)(&setup, &session).len()
        };
        assert_eq!(ops("PHPREDIS_SESSION:gpcqfp31ifeu7n9bmp49bs11sj"), 1);
        assert_eq!(ops("gpcqfp31ifeu7n9bmp49bs11sj"), 0);
    }
}
