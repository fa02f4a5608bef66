//! Yii 2 with yii2-redis: the key holds a hash of the id.

use crate::layout::key;
use md5::{Digest, Md5};

use crate::cookie;
use crate::cookie::Opened;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose, open_any,
    php, whose,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "yii2",
    about: "Yii 2 with yii\\redis\\Session, Craft CMS on it (PHP)",
    family: "PHP",
    home: Some("https://github.com/yiisoft/yii2-redis"),
    page: "\
key      <keyPrefix><32 hexadecimal digits>, a string: the md5 of [\"yii\\\\redis\\\\Session\",\"<id>\"] as
         JSON. keyPrefix = the first five digits of the md5 of the application's id, or configured.
         The id itself cannot be had from the key: what is shown as the id is the md5
value    PHP session: __flash, __returnUrl, and the application's own variables
expiry   the key's TTL alone, moved by every request; __expire and __absoluteExpire end the login,
         not the session
user     __id, else a variable that ends in __id (Craft CMS) or begins with __id_ (more logins)
cookie   PHPSESSID (name of the session component; CraftSessionId) = the id, unsigned
index    none
end      the one key (yii2-redis 2.1, Session.php `destroySession`)
alike    predis-session, thinkphp6 where keyPrefix is empty: the variables decide
",
    keys: Keys { prefix: "", lead, locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp],
    options: &[OptionSpec::new(
        "app_id",
        OptionKind::Text,
        "the application's id, which the prefix is made of",
    )],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Own(|_, _, data| {
        let mut members = data.members().into_iter().flatten();
        let login = |name: &str| name.ends_with("__id") || name.starts_with("__id_");
        match members.find(|(name, value)| login(name) && !whose::is_empty(value)) {
            Some(_) => Unnamed::Unknown,
            None => whose::bag(Some(data)),
        }
    }),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| {
            let opened =
                open_any(setup, &["CraftSessionId", "advanced-frontend", "advanced-backend"], |name| {
                    cookie::bare::open(given, name)
                })?;
            Ok(Opened { id: hashed(&opened.id), ..opened })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "With enableAutoLogin the cookie _identity logs the browser in again; a changed auth_key ends that.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let of_app = setup
        .text("app_id")
        .map(|id| base16ct::lower::encode_string(&Md5::digest(id.as_bytes()))[..5].to_string());
    let prefix = setup.text("prefix").map(String::from).or(of_app).unwrap_or_default();
    [setup.key_prefix(), &prefix].concat().into_bytes()
}

/// The id as it is in the key. Ids of PHP need no escape in JSON.
fn hashed(id: &[u8]) -> Vec<u8> {
    base16ct::lower::encode_string(&Md5::digest([br#"["yii\\redis\\Session",""#, id, br#""]"#].concat()))
        .into_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = lead(setup);
    if !key.starts_with(&lead) {
        return None;
    }
    let known = setup.text("prefix").is_some() || setup.text("app_id").is_some();
    let start =
        if known { lead.len() } else { key.len().checked_sub(32).filter(|start| *start >= lead.len())? };
    let id = &key[start..];
    let usual = key::is_exactly(id, 32, Alphabet::Hex);
    (usual || (known && !id.is_empty())).then(|| Place::after(key, start, usual))
}

/// Variables that Yii itself writes.
fn is_own(name: &str) -> bool {
    // All of them hold two underlines in a row, and hardly a name of an application does.
    if !name.as_bytes().windows(2).any(|pair| pair == b"__") {
        return false;
    }
    ["__flash", "__id", "__returnUrl", "__expire", "__absoluteExpire", "__authKey"]
        .iter()
        .any(|own| name.ends_with(own))
        || name.starts_with("__captcha/")
        || name.starts_with("__id_")
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // There the key ends in PHP's own id, and not in a hash of it.
    if !setup.named && php::is_native_key(blob.key) {
        return Verdict::no("a key of PHP's own handler, whose sessions phpredis has");
    }
    let data =
        blob.variables().filter(|_| blob.php().is_some_and(|php| php.is_variables() && !php.is_wrapped()));
    if data.is_none() && !blob.is_empty() {
        return Verdict::no("the value is not a PHP session");
    }
    let Some(place) = locate(setup, blob.key).filter(|place| place.usual) else {
        return Verdict::no("its key does not end in the 32 hexadecimal digits of an md5");
    };
    let Some(data) = data else { return Verdict::Kin };
    let own = data.members().into_iter().flatten().any(|(name, _)| is_own(name));
    // The default prefix and the hash are one run of 37 digits, which ids of PHP are not.
    let run = Alphabet::Alnum.run_at_end(blob.key);
    if own || (run == 37 && Alphabet::Hex.all(&blob.key[place.id.start - 5..])) {
        Verdict::Sure
    } else if setup.named {
        Verdict::Kin
    } else {
        Verdict::no("its variables hold none that Yii writes itself")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let members = || data.members().into_iter().flatten();
    let by = |fits: &dyn Fn(&str) -> bool| {
        members().filter(|(name, _)| fits(name)).find_map(|(_, value)| value.scalar_text())
    };
    let user = data.get("__id").and_then(Value::scalar_text);
    Facts {
        user: user
            .or_else(|| by(&|name| name.ends_with("__id")))
            .or_else(|| by(&|name| name.starts_with("__id_"))),
        ip: php::ip(data),
        agent: php::agent(data),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;
    use crate::wrap;

    #[test]
    fn the_key_is_made_of_the_cookie_and_the_application() {
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("app_id", Setting::Text("basic".into())).expect("it is an option");
        let given = cookie::Given::parse("PHPSESSID=utod7bv61eng1g64tjfp7v6r2k");
        let opened = LAYOUT.cookie.open.expect("it sets one")(&named, &given).expect("an id");
        assert_eq!((LAYOUT.keys.key_of)(&named, &opened.id), b"f17aa74cc2a6c67862690a605168fa3875ea9");
    }

    #[test]
    fn the_user_is_in_a_variable_whose_name_begins_or_ends_so() {
        for (text, user) in [
            ("__flash|a:0:{}__id|i:0;", Some("0")),
            ("0cc175b9c0f1b6a831c399e269772661__id|i:3;", Some("3")),
            ("__id_admin|s:1:\"5\";", Some("5")),
            ("__flash|a:0:{}", None),
        ] {
            let (setup, raw) = (Setup::free(&LAYOUT), Raw::Text(Vec::new()));
            let blob = Blob::new(b"", &raw, Limits::default());
            let (_, data) = wrap::php::session(text.as_bytes(), &Limits::default()).expect("a session");
            assert_eq!(describe(&setup, &blob, &data).user.as_deref(), user, "{text}");
        }
    }
}
