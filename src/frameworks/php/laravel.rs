//! Laravel 5.8 to 13: the session goes through the cache store, which serializes it once more.

use crate::codec::json;
use crate::codec::{DecodeError, Limits};
use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::php;
use crate::layout::php::{Php, What};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    open_any, whose,
};
use crate::value::Value;
use crate::wrap::{self, WrapError, laravel};
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "laravel",
    about: "Laravel with SESSION_DRIVER=redis; October, Winter, Statamic and others on it (PHP)",
    family: "PHP",
    home: Some("https://laravel.com/docs/session"),
    page: "\
key      <client prefix><cache prefix><id>, a string; id 40 letters and digits. The whole prefix is
           laravel_database_laravel_cache:     5.8 to 8
           laravel_database_laravel_cache_:    9, 10
           laravel_database_laravel_cache_     11, 12.0
           laravel-database-laravel-cache-     12.1 and later
         with the application's name for `laravel`; option `prefix` is all of it
value    s:<n>:\"…\"; around a:<n>:{…} (serialize), around JSON (session.serialization), or around an
         envelope of the encrypter (session.encrypt); a client's serializer and compression may lie
         around that
expiry   the key's TTL alone, moved by every request
user     login_<guard>_<sha1> (SessionGuard.php), the guard web before others
cookie   laravel_session or laravel-session, an envelope of the encrypter: the id cannot be had
         without app_key; the names follow the application's
index    none
end      the one key, as the session handler's destroy does (CacheBasedSessionHandler.php, 12.67.0)
beware   the same prefix holds ordinary cache entries; counters of the rate limiter have keys of 40
         hexadecimal digits, and a bare number as their value
",
    keys: Keys { prefix: "laravel_database_laravel_cache:", locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("_token"), Mark::AnyPhp, Mark::Magic(b"b:0;")],
    options: &[APP_KEY, PREVIOUS_KEYS],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        let mut members = data.members().into_iter().flatten();
        let login = |name: &str| name.starts_with("login_") || matches!(name, "user_auth" | "admin_auth");
        match members.find(|(name, value)| login(name) && !whose::is_empty(value)) {
            Some(_) => Unnamed::Unknown,
            None => whose::bag(Some(data)),
        }
    }),
    cookie: Cookie {
        name: Some("laravel_session"),
        open: Some(|setup, given| {
            open_any(setup, &["laravel-session"], |name| cookie::laravel::open(given, name, &keys(setup)))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "A browser with a remember-me cookie is logged in again at its next request; change the user's remember \
             token as well.",
            Layout::WRITTEN_BACK,
            "The next request of the same browser makes an empty session under the same id.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub const APP_KEY: OptionSpec = OptionSpec::secret(
    "app_key",
    OptionKind::Texts,
    "APP_KEY, with its `base64:`; opens cookies and sealed sessions",
);

pub const PREVIOUS_KEYS: OptionSpec = OptionSpec::secret(
    "previous_keys",
    OptionKind::Texts,
    "earlier keys (APP_PREVIOUS_KEYS), tried after it",
);

pub(super) fn keys(setup: &Setup) -> Vec<String> {
    // The environment variable holds a list with commas.
    let split = |texts: &[String]| -> Vec<String> {
        texts.iter().flat_map(|text| text.split(',')).map(|key| key.trim().to_string()).collect()
    };
    [split(setup.texts("app_key")), split(setup.texts("previous_keys"))].concat()
}

pub(super) fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, 40, Alphabet::Alnum)
}

/// The prefix may end in a letter or in nothing that separates it: the last forty characters are it.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key.len().checked_sub(40).filter(|start| Alphabet::Alnum.all(&key[*start..]))?,
    };
    (start < key.len()).then(|| Place::after(key, start, is_id(&key[start..])))
}

/// What every session has: Laravel makes the token when it starts one.
pub fn is_session(data: &Value<'_>) -> bool {
    data.get("_token").and_then(Value::as_str).is_some_and(|token| is_id(token.as_bytes()))
        || (data.get("_flash").is_some() && data.get("_previous").is_some())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let plain = |php: &Php<'_>| !matches!(php.what, What::Sealed(_)) && !php.is_wrapped();
    if !setup.named && blob.php().is_some_and(plain) {
        return Verdict::no("its value is not inside a serialized string, as the cache store writes it");
    }
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("its key does not end in 40 letters and digits");
    }
    match blob.php() {
        Some(Php { what: What::Sealed(_), .. }) => Verdict::Sure,
        Some(php @ Php { what: What::Session(data) | What::Json(data), .. }) => {
            if php.is_variables() || !is_session(data) {
                Verdict::no("what is serialized is not a session with `_token`")
            } else {
                Verdict::Sure
            }
        }
        // What the cache store writes when a session could not be made JSON: it is lost.
        None if blob.text() == Some(b"b:0;") => Verdict::Kin,
        None => Verdict::no("the value is not a serialized session and no envelope of the encrypter"),
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.text() == Some(b"b:0;") {
        return Decoded::owned("php-serialize", Value::Map(Vec::new()));
    }
    let Some(Php { via, what: What::Sealed(sealed) }) = blob.php() else { return blob.php_data() };
    unseal(setup, via.clone(), sealed, blob.limits)
}

/// A session as the handlers for files and tables write it: without the cache around it.
pub fn payload<'b>(setup: &Setup, bytes: &[u8], limits: Limits) -> Decoded<'b> {
    if laravel::sniff(bytes) {
        return unseal(setup, vec![laravel::NAME], bytes, limits);
    }
    match unsealed(bytes, limits) {
        Ok((via, value)) => Decoded { via, value: Ok(Cow::Owned(value)) },
        Err(error) => Decoded { via: Vec::new(), value: Err(error) },
    }
}

fn unseal<'b>(setup: &Setup, mut via: Vec<&'static str>, sealed: &[u8], limits: Limits) -> Decoded<'b> {
    let keys = keys(setup);
    let opened = laravel::open(sealed, &keys).map_err(|error| match error {
        WrapError::Form(error) => error,
        WrapError::WrongKey { wrapper } => DecodeError::sealed(wrapper, locked(&keys)),
    });
    let value = opened.and_then(|plain| {
        let (inner, value) = unsealed(&plain, limits)?;
        via.extend(inner);
        Ok(Cow::Owned(value))
    });
    Decoded { via, value }
}

/// Why no key opens an envelope, for the operator who has to find the right one.
pub(super) fn locked(keys: &[String]) -> String {
    if keys.is_empty() {
        "the session is sealed (session.encrypt); the option app_key is needed to read it".to_string()
    } else if laravel::keys(keys).next().is_none() {
        format!("app_key holds no key: {}", laravel::KEY_FORM)
    } else {
        "neither app_key nor previous_keys opens it: another key sealed it, or it was altered".to_string()
    }
}

/// What is inside the envelope: the payload, serialized once more.
pub(super) fn unsealed(
    plain: &[u8],
    limits: Limits,
) -> Result<(Vec<&'static str>, Value<'static>), DecodeError> {
    let is_json = |bytes: &[u8]| bytes.first() == Some(&b'{');
    if let Some(peeled) = wrap::php::peel(plain, &limits, &is_json) {
        let value = json::decode(&peeled.bytes, &limits)?.into_owned();
        return Ok(([&peeled.via[..], &[json::CODEC.name]].concat(), value));
    }
    match wrap::php::session(plain, &limits) {
        Ok((via, value)) => Ok((via, value.into_owned())),
        Err((_, error)) => Err(error),
    }
}

pub(super) fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: php::guard(data).or_else(|| of_october(data)),
        ip: php::ip(data),
        agent: php::agent(data),
        ..Facts::default()
    }
}

/// October, Winter and TastyIgniter: the manager's variable holds the id and a code that persists
/// (octobercms/library, `HasSession`).
fn of_october<'b>(data: &'b Value<'b>) -> Option<Cow<'b, str>> {
    ["user_auth", "admin_auth"].iter().find_map(|name| data.get(name)?.as_list()?.first()?.scalar_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn a_sealed_session_says_which_key_it_lacks() {
        let key = "0123456789abcdef";
        let envelope = laravel::tests::sealed(key.as_bytes(), b"s:6:\"a:0:{}\";", false);
        let raw = Raw::Text(format!("s:{}:\"{envelope}\";", envelope.len()).into_bytes());
        let name = format!("laravel_database_laravel_cache:{}", "a1B2".repeat(10));
        let blob = Blob::new(name.as_bytes(), &raw, Limits::default());
        let error = |options: &[(&str, &str)]| {
            let options =
                options.iter().map(|(name, text)| (name.to_string(), Setting::Text(text.to_string())));
            let setup = Setup::named(&LAYOUT, options).expect("options that it knows");
            read(&setup, &blob).value.err().map(|error| error.to_string())
        };
        for (options, expected) in [
            (
                &[][..],
                "laravel-encrypted: the session is sealed (session.encrypt); the option app_key is needed to read it",
            ),
            (
                &[("app_key", "secret")],
                "laravel-encrypted: app_key holds no key: 16 or 32 bytes, as they are or in base64 after `base64:`",
            ),
            (
                &[("app_key", "another key.....")],
                "laravel-encrypted: neither app_key nor previous_keys opens it: another key sealed it, or it was altered",
            ),
        ] {
            assert_eq!(error(options).as_deref(), Some(expected));
        }
        assert_eq!(error(&[("app_key", "another key....."), ("previous_keys", key)]), None);
    }
}
