//! Yii 2 with `yii\web\CacheSession` over the cache of yii2-redis: sessions are entries of the cache.

use crate::frameworks::php::yii2;
use crate::layout::key;
use md5::{Digest, Md5};

use crate::codec::igbinary;
use crate::cookie;
use crate::cookie::Opened;
use crate::layout::key::Alphabet;
use crate::layout::{
    Blob, Cookie, Decoded, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, open_any, php,
};
use crate::value::Value;
use crate::wrap;
use std::borrow::Cow;

const CLASS: &str = "yii\\web\\CacheSession";

pub const LAYOUT: Layout = Layout {
    name: "yii2-cache",
    about: "Yii 2 with yii\\web\\CacheSession over yii\\redis\\Cache (PHP)",
    family: "PHP",
    home: Some("https://www.yiiframework.com/doc/guide/2.0/en/runtime-sessions-cookies"),
    page: "\
key      <keyPrefix of the cache><32 hexadecimal digits>, a string: the md5 of the serialized list
         of yii\\web\\CacheSession and the id. keyPrefix is empty by default. The id itself cannot be
         had from the key: what is shown as the id is the md5
value    the serialized list of a PHP session and what it depends on, which is null:
         a:2:{i:0;s:<n>:\"…\";i:1;N;}; igbinary where the cache's serializer is that
expiry   the key's TTL alone, moved by every request; __expire and __absoluteExpire end the login,
         not the session
user     __id, else a variable that ends in __id or begins with __id_
cookie   PHPSESSID (name of the session component) = the id, unsigned. Where PHP has igbinary, the
         md5 is of what that makes of the list: option `igbinary`
index    none
end      the one key (yiisoft/yii2 web/CacheSession.php `destroySession`, yii2-redis Cache.php)
alike    other entries of the cache, whose keys look the same: their first item is not a session
beware   flushing the cache (Cache::flush, yii cache/flush-all) ends all sessions
",
    keys: Keys {
        prefix: "",
        locate: |setup, key| {
            let start = match setup.known_lead() {
                Some(lead) => key.starts_with(lead).then_some(lead.len())?,
                None => key.len().checked_sub(32)?,
            };
            key::is_exactly(&key[start..], 32, Alphabet::Hex).then(|| Place::after(key, start, true))
        },
        lead: Setup::lead,
        ..yii2::LAYOUT.keys
    },
    marks: &[Mark::Variable("0")],
    options: &[OptionSpec::new(
        "igbinary",
        OptionKind::Flag,
        "the keys are hashes of igbinary, which finds a cookie's session; false by default",
    )],
    recognize,
    read: |_, blob| match session(blob) {
        Some((via, value)) => Decoded { via, value: Ok(Cow::Owned(value)) },
        None => blob.php_data(),
    },
    cookie: Cookie {
        open: Some(|setup, given| {
            let opened = open_any(setup, &["advanced-frontend", "advanced-backend"], |name| {
                cookie::bare::open(given, name)
            })?;
            let list = if setup.flag("igbinary") == Some(true) { by_igbinary } else { by_php };
            Ok(Opened {
                id: base16ct::lower::encode_string(&Md5::digest(list(&opened.id))).into_bytes(),
                ..opened
            })
        }),
        ..yii2::LAYOUT.cookie
    },
    ..yii2::LAYOUT
};

/// The list of class and id as `serialize` writes it.
fn by_php(id: &[u8]) -> Vec<u8> {
    let head = format!("a:2:{{i:0;s:{}:\"{CLASS}\";i:1;s:{}:\"", CLASS.len(), id.len());
    [head.as_bytes(), id, b"\";}"].concat()
}

/// The same as igbinary writes it; ids of PHP are not longer than one byte can tell.
fn by_igbinary(id: &[u8]) -> Vec<u8> {
    const SHORT_ARRAY: u8 = 0x14;
    const SHORT_INT: u8 = 0x06;
    const SHORT_STRING: u8 = 0x11;
    let head = [0, 0, 0, 2, SHORT_ARRAY, 2, SHORT_INT, 0, SHORT_STRING, CLASS.len() as u8];
    let next = [SHORT_INT, 1, SHORT_STRING, id.len() as u8];
    [&head[..], CLASS.as_bytes(), &next, id].concat()
}

/// The session in an entry of the cache; what it depends on is nothing, or an object.
fn session(blob: &Blob<'_>) -> Option<(Vec<&'static str>, Value<'static>)> {
    let [(first, text), (second, dependency)] = blob.variables()?.as_map()? else { return None };
    let is_entry = first == "0" && second == "1" && matches!(dependency, Value::Null | Value::Object(_));
    let text = php::bytes(text).filter(|_| is_entry)?;
    let outer =
        if blob.text()?.starts_with(b"a:") { crate::codec::php::CODEC.name } else { igbinary::CODEC.name };
    let (via, value) = wrap::php::session(text, &blob.limits).ok()?;
    let is_session = text.is_empty() || matches!(via.last(), Some(&("php" | "php_binary")));
    is_session.then(|| ([&[outer][..], &via].concat(), value.into_owned()))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if (setup.layout.keys.locate)(setup, blob.key).is_none() {
        return Verdict::no("its key does not end in the 32 hexadecimal digits of an md5");
    }
    match session(blob) {
        // A string of no length may be anything's.
        Some((_, data)) if data.members().is_none_or(<[_]>::is_empty) => Verdict::Kin,
        Some(_) => Verdict::Sure,
        None => Verdict::no("the value is not a list of a PHP session and nothing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn what_the_cache_holds_besides_is_no_session() {
        let (setup, key) = (Setup::free(&LAYOUT), b"76dbcdade94675534333e62305d4bd02");
        let verdict = |text: &str| {
            let raw = Raw::Text(text.into());
            (LAYOUT.recognize)(&setup, &Blob::new(key, &raw, Limits::default()))
        };
        assert_eq!(verdict("a:2:{i:0;s:9:\"__id|i:0;\";i:1;N;}"), Verdict::Sure);
        assert_eq!(verdict("a:2:{i:0;s:0:\"\";i:1;N;}"), Verdict::Kin);
        for text in [
            "a:2:{i:0;s:5:\"hello\";i:1;N;}",
            "a:2:{i:0;a:1:{s:4:\"__id\";i:0;}i:1;N;}",
            "a:2:{i:0;s:9:\"__id|i:0;\";i:1;i:5;}",
            "a:2:{i:0;s:16:\"a:1:{i:0;i:1;}  \";i:1;N;}",
            "__id|i:0;",
        ] {
            assert!(matches!(verdict(text), Verdict::No(_)), "{text}");
        }
    }

    #[test]
    fn the_key_is_made_of_the_cookie_by_either_serializer() {
        let id = b"utod7bv61eng1g64tjfp7v6r2k";
        let list = crate::codec::php::decode(&by_php(id), &Limits::default()).expect("a list").to_json();
        assert_eq!(list, r#"["yii\\web\\CacheSession","utod7bv61eng1g64tjfp7v6r2k"]"#);
        assert_eq!(igbinary::decode(&by_igbinary(id), &Limits::default()).expect("a list").to_json(), list);
        let mut setup = Setup::named(&LAYOUT, []).expect("no options");
        let given = cookie::Given::parse("PHPSESSID=utod7bv61eng1g64tjfp7v6r2k");
        let mut open = |igbinary| {
            setup.set("igbinary", Setting::Flag(igbinary)).expect("an option");
            LAYOUT.cookie.open.expect("it sets one")(&setup, &given).expect("an id").id
        };
        assert_eq!(open(false), base16ct::lower::encode_string(&Md5::digest(by_php(id))).as_bytes());
        assert_eq!(open(true), base16ct::lower::encode_string(&Md5::digest(by_igbinary(id))).as_bytes());
    }
}
