//! Symfony's RedisSessionHandler, and what Symfony keeps in native sessions.

use crate::codec::DecodeError;
use crate::codec::Limits;
use crate::codec::php as serialize;
use crate::cookie;
use crate::layout::php;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict,
    Whose, time, whose,
};
use crate::store::Op;
use crate::value::Value;
use crate::wrap::{self, sodium};
use std::borrow::Cow;

/// In the `codec` member of a row.
const DEFLATE: &str = "deflate";

pub const KEYS: OptionSpec = OptionSpec::secret(
    "decryption_key",
    OptionKind::Texts,
    "the keys of SodiumMarshaller in base64, each a sodium_crypto_box_keypair()",
);

/// Arrays that a token may be nested in.
const NESTED: usize = 8;

pub const LAYOUT: Layout = Layout {
    name: "symfony",
    about: "Symfony 4 to 7 (RedisSessionHandler); Sylius, Shopware, EasyAdmin on it (PHP)",
    family: "PHP",
    home: Some("https://symfony.com/doc/current/session.html"),
    page: "\
key      sf_s<id>, a string, without a separator; option `prefix` of the handler or its DSN replaces
         that, a client's own prefix stands in front; id 22 to 256 of [A-Za-z0-9,-]
value    PHP session with the variables _sf2_attributes, _symfony_flashes and _sf2_meta; empty bags
         are left out; MarshallingSessionHandler puts a serialized string, or a deflate stream,
         around it, or with SodiumMarshaller a sealed box, which decryption_key opens; a box has no
         mark, so the layout must be named
expiry   the key's TTL alone, moved by every request
user     the token in _security_main, else in the first _security_<context>: a serialized text in
         which the user is the first item of the last array; an object is known by username,
         userIdentifier, email, identifier, login, name, uuid or id
times    _sf2_meta.c (created) and .u (last used), in seconds
cookie   PHPSESSID (framework.session.name) = the id, unsigned
index    none
end      the one key (symfony/http-foundation 7.1.5, RedisSessionHandler); with native sessions
         under PHPREDIS_SESSION: also a stale lock <key>_LOCK
alike    phpredis: with handler_id null, Symfony's variables are in its keys
",
    keys: Keys { prefix: "sf_s", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("_sf2_attributes"), Mark::Variable("_sf2_meta"), Mark::Word("sf_s")],
    options: &[KEYS],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| nobody(data)),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            Layout::WRITTEN_BACK,
            "A browser with the cookie REMEMBERME is logged in again; a changed password or a deleted token row ends \
             that.",
            "All firewalls of one browser share one session: they end together.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { broken: unreadable, ..Extra::PLAIN },
    ..Layout::PLAIN
};

/// Nothing separates the prefix from the id.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    php::locate_by(setup, key, |key| {
        php::native_start(key, "PHPREDIS_SESSION:")
            .filter(|_| !key.starts_with(b"sf_s"))
            .or_else(|| php::native_start(key, "sf_s"))
    })
}

/// What marshallers made of a session: a sealed box, a raw deflate stream without any mark, or one in
/// the other (symfony/cache 5.4, SodiumMarshaller and DeflateMarshaller).
fn marshalled(setup: &Setup, blob: &Blob<'_>) -> Option<(Vec<&'static str>, Value<'static>)> {
    let text = odd(blob)?;
    let keys = setup.texts(KEYS.name);
    let unsealed = |bytes: &[u8]| sodium::open(bytes, keys).ok();
    let session = |via: &[&'static str], plain: &[u8]| {
        let (inner, value) = wrap::php::session(plain, &blob.limits).ok()?;
        Some(([via, &inner].concat(), value.into_owned()))
    };
    if let Some(plain) = unsealed(text) {
        return session(&[sodium::NAME], &plain)
            .or_else(|| session(&[sodium::NAME, DEFLATE], &inflated(&plain, &blob.limits)?));
    }
    let plain = inflated(text, &blob.limits)?;
    session(&[DEFLATE], &plain).or_else(|| session(&[DEFLATE, sodium::NAME], &unsealed(&plain)?))
}

/// A value that is nothing which PHP itself writes.
fn odd<'b>(blob: &'b Blob<'_>) -> Option<&'b [u8]> {
    blob.text().filter(|text| text.len() > 8 && !text.is_ascii() && blob.php().is_none())
}

fn inflated(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    let decoder = flate2::read::DeflateDecoder::new(bytes);
    let room = bytes.len().saturating_mul(64).clamp(1 << 20, 32 << 20).min(limits.expanded);
    decoder.take(room as u64).read_to_end(&mut plain).ok().filter(|length| *length < room)?;
    Some(plain)
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if let Some((via, value)) = marshalled(setup, blob) {
        return Decoded { via, value: Ok(Cow::Owned(value)) };
    }
    if !odd(blob).is_some_and(sodium::may_be) {
        return blob.php_data();
    }
    let keys = setup.texts(KEYS.name);
    let why = if keys.is_empty() {
        "no PHP session; where SodiumMarshaller sealed it, the option decryption_key is needed to read it"
            .to_string()
    } else if sodium::keys(keys).next().is_none() {
        format!("decryption_key holds no key: {}", sodium::KEY_FORM)
    } else {
        "no decryption_key opens it: it was sealed for another, altered, or never sealed".to_string()
    };
    Decoded::failed(sodium::NAME, DecodeError::whole(sodium::NAME, why))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.variables() else {
        let begins = setup.named || memchr::memmem::find(blob.key, LAYOUT.keys.prefix.as_bytes()).is_some();
        return match marshalled(setup, blob).filter(|_| begins) {
            Some((_, data)) if data.get("_sf2_attributes").is_some() || data.get("_sf2_meta").is_some() => {
                Verdict::Sure
            }
            _ => Verdict::no("the value is not a PHP session"),
        };
    };
    if data.get("_sf2_attributes").is_some() || data.get("_sf2_meta").is_some() {
        Verdict::Sure
    } else if setup.named && blob.php().is_some_and(php::Php::is_variables) {
        Verdict::Kin
    } else {
        Verdict::no("its variables hold neither _sf2_attributes nor _sf2_meta")
    }
}

pub(super) fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let (attributes, meta) = (data.get("_sf2_attributes"), data.get("_sf2_meta"));
    let second = |name: &str| meta.and_then(|meta| meta.get(name)).and_then(time::seconds);
    Facts {
        // Drupal on a handler in Redis keeps the number of the account instead of a token.
        user: attributes
            .and_then(user_of)
            .map(Cow::Owned)
            .or_else(|| attributes?.get("uid")?.scalar_text().filter(|uid| uid != "0"))
            // What is older than the bags, or next to them: Shopware 5.7, bridges to another framework.
            .or_else(|| php::user(data)),
        created: second("c"),
        seen: second("u"),
        ip: attributes.and_then(php::ip),
        agent: attributes.and_then(php::agent),
        ..Facts::default()
    }
}

/// With native sessions, phpredis keeps a lock next to each.
pub(super) fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    php::native_lock(session).into_iter().collect()
}

/// Whose token is in the attributes. `_security.last_username` is only what was typed.
fn user_of(attributes: &Value<'_>) -> Option<String> {
    let main = attributes.get("_security_main").and_then(user_of_token);
    main.or_else(|| {
        let mut tokens = attributes.members()?.iter().filter(|(name, _)| name.starts_with("_security_"));
        tokens.find_map(|(_, token)| user_of_token(token))
    })
}

/// Nobody, unless there is a token that names nobody.
pub(super) fn nobody(data: &Value<'_>) -> Unnamed {
    if php::frameworks::of_frameworks(data) == Some(php::frameworks::Login::Unnamed) {
        return Unnamed::Unknown;
    }
    let attributes = data.get("_sf2_attributes");
    let mut members = attributes.and_then(Value::members).into_iter().flatten();
    if members.any(|(name, value)| name.starts_with("_security_") && !is_no_login(value)) {
        return Unnamed::Unknown;
    }
    match attributes {
        Some(Value::Map(members)) => {
            // What Drupal keeps for a visitor.
            let rest = members.iter().filter(|(name, _)| name != "uid" && !name.starts_with("_security"));
            whose::bag(Some(&Value::Map(rest.cloned().collect())))
        }
        Some(other) => whose::without(Some(other)),
        None => Unnamed::Nobody,
    }
}

/// Whether what stands in a token's place is none: nothing, or `null` serialized.
fn is_no_login(token: &Value<'_>) -> bool {
    whose::is_empty(token) || php::bytes(token) == Some(b"N;")
}

/// The token that does not decode to its end.
pub(super) fn unreadable(_: &Setup, _: &Blob<'_>, data: &Value<'_>) -> Option<String> {
    let members = data.get("_sf2_attributes")?.members()?;
    members.iter().filter(|(name, _)| name.starts_with("_security_")).find_map(|(name, token)| {
        let text = php::bytes(token).filter(|text| !text.is_empty())?;
        let error = serialize::decode(text, &Limits::default()).err()?;
        Some(format!("_sf2_attributes.{name}: {error}"))
    })
}

/// The token is serialized by itself; its classes differ, and in all of them the last array leads to
/// the one of the abstract token: user, authenticated, …, attributes, role names (Security/Core/
/// Authentication/Token/AbstractToken.php `__serialize`, 4.4.51 to 7.1.5).
fn user_of_token(token: &Value<'_>) -> Option<String> {
    let limits = Limits::default();
    let token = match php::bytes(token) {
        Some(text) => serialize::decode(text, &limits).ok()?,
        None => token.clone(),
    };
    let base = base_of(&token, &limits, NESTED)?;
    identifier(base.as_list()?.first()?)
}

/// The array of the abstract token.
fn base_of<'a>(value: &Value<'a>, limits: &Limits, left: usize) -> Option<Value<'a>> {
    let left = left.checked_sub(1)?;
    let is_array = |value: &Value<'_>| matches!(value, Value::List(_) | Value::Map(_));
    match value {
        Value::List(items)
            if items.len() >= 4 && matches!(items[1], Value::Bool(_)) && is_array(&items[3]) =>
        {
            Some(value.clone())
        }
        Value::List(items) => base_in(items.iter().rev(), limits, left),
        Value::Map(members) => base_in(members.iter().rev().map(|(_, member)| member), limits, left),
        Value::Object(object) => match &object.payload {
            Some(payload) => base_of(payload, limits, left),
            None => base_in(object.fields.iter().rev().map(|(_, member)| member), limits, left),
        },
        _ => None,
    }
}

/// The last array decides; up to 4.2 it was a serialized text itself.
fn base_in<'v, 'a: 'v>(
    mut last_first: impl Iterator<Item = &'v Value<'a>>,
    limits: &Limits,
    left: usize,
) -> Option<Value<'a>> {
    last_first.find_map(|value| match value {
        Value::List(_) | Value::Map(_) => base_of(value, limits, left),
        Value::Text(text) if text.starts_with("a:") => {
            let inner = serialize::decode(text.as_bytes(), limits).ok()?.into_owned();
            base_of(&inner, limits, left)
        }
        _ => None,
    })
}

/// What names the user: the text itself, or the likeliest property of the object.
fn identifier(user: &Value<'_>) -> Option<String> {
    const NAMES: &[&str] =
        &["username", "userIdentifier", "email", "identifier", "login", "name", "uuid", "id"];
    if let Some(text) = user.scalar_text() {
        return Some(text.into_owned());
    }
    let by_name =
        |value: &Value<'_>| NAMES.iter().find_map(|name| Some(value.get(name)?.scalar_text()?.into_owned()));
    let Value::Object(object) = user else { return by_name(user) };
    if let Some(name) = by_name(user) {
        return Some(name);
    }
    // A list without names, as FOSUserBundle and Sylius write it: the fourth is the user's name.
    let positional = match &object.payload {
        Some(Value::List(items)) => items.get(3),
        Some(payload) => return by_name(payload),
        None => user.get("3"),
    };
    positional.and_then(Value::scalar_text).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::layout::Setting;
    use crate::store::Raw;
    use crate::wrap::sodium::tests::{BARE, DEFLATED, DEFLATED_AFTER, PAIR, SERIALIZED};

    #[test]
    fn what_marshallers_sealed_opens_with_the_key_and_says_that_it_lacks_it() {
        let other = "A".repeat(86) + "==";
        for text in [SERIALIZED, BARE, DEFLATED, DEFLATED_AFTER] {
            let sealed = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
            let raw = Raw::Text(sealed);
            let blob = Blob::new(b"sf_s0123456789abcdefghijklmn", &raw, Limits::default());
            let setup = |keys: &[&str]| {
                let keys = keys.iter().map(ToString::to_string).collect();
                Setup::named(&LAYOUT, [(KEYS.name.to_string(), Setting::Texts(keys))]).expect("an option")
            };
            for keys in [&[PAIR][..], &[&other, PAIR]] {
                let setup = setup(keys);
                assert!(matches!(recognize(&setup, &blob), Verdict::Sure));
                let decoded = read(&setup, &blob);
                assert_eq!(
                    decoded.value.expect("a session").get("_sf2_attributes").expect("a bag").to_json(),
                    r#"{"cart":3}"#
                );
                assert!(decoded.via.contains(&sodium::NAME), "{:?}", decoded.via);
            }
            for (keys, why) in [
                (&[][..], "the option decryption_key is needed"),
                (&["secret"], "decryption_key holds no key: 64 bytes"),
                (&[other.as_str()], "no decryption_key opens it"),
            ] {
                let setup = setup(keys);
                let error = read(&setup, &blob).value.expect_err("sealed").to_string();
                assert!(error.contains(why), "{error}");
                assert!(matches!(recognize(&setup, &blob), Verdict::No(_)));
            }
        }
    }

    #[test]
    fn tokens_of_all_kinds_lead_to_their_user() {
        let base = |user: &str| format!("a:5:{{i:0;{user}i:1;b:1;i:2;N;i:3;a:0:{{}}i:4;a:0:{{}}}}");
        let bob = base("s:3:\"bob\";");
        let entity = base(
            "O:8:\"App\\User\":2:{s:12:\"\0App\\User\0id\";i:5;s:15:\"\0App\\User\0email\";s:3:\"a@b\";}",
        );
        for (token, user) in [
            (format!("O:1:\"T\":3:{{i:0;N;i:1;s:4:\"main\";i:2;{bob}}}"), Some("bob")),
            (format!("O:1:\"T\":2:{{i:0;s:4:\"main\";i:1;{entity}}}"), Some("a@b")),
            (
                format!(
                    "O:1:\"S\":3:{{i:0;O:1:\"T\":3:{{i:0;N;i:1;s:1:\"m\";i:2;{}}}i:1;N;i:2;a:3:{{i:0;N;i:1;s:1:\"m\";i:2;{bob}}}}}",
                    base("s:5:\"admin\";")
                ),
                Some("bob"),
            ),
            (
                {
                    let inner = "a:4:{i:0;s:3:\"bob\";i:1;b:1;i:2;a:0:{}i:3;a:0:{}}";
                    let outer = format!("a:3:{{i:0;N;i:1;s:4:\"main\";i:2;s:{}:\"{inner}\";}}", inner.len());
                    format!("C:1:\"T\":{}:{{{outer}}}", outer.len())
                },
                Some("bob"),
            ),
            (
                {
                    let list = "a:5:{i:0;s:1:\"p\";i:1;N;i:2;s:3:\"bob\";i:3;s:3:\"Bob\";i:4;b:1;}";
                    let user = base(&format!("C:4:\"User\":{}:{{{list}}}", list.len()));
                    format!("O:1:\"T\":3:{{i:0;N;i:1;s:4:\"main\";i:2;{user}}}")
                },
                Some("Bob"),
            ),
            ("N;".to_string(), None),
            ("O:1:\"T\":1:{i:0;s:3:\"bob\";}".to_string(), None),
        ] {
            assert_eq!(user_of_token(&Value::Text(token.as_str().into())).as_deref(), user, "{token}");
        }
    }
}
