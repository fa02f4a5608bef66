//! What PHP keeps in a value: the session that is in it, under whatever lies around it, and who it
//! belongs to by the conventions of PHP's world.
//!
//! PHP's own ids and its user conventions are here too, because a dozen frameworks share them.

use std::borrow::Cow;

pub mod frameworks;
pub mod look;

pub use look::{Look, Php, What, is_likely, look};

use super::blob::{Blob, Decoded};
use super::key::{self, Alphabet, Place};
use super::{Op, Session, Setup, user};
use crate::codec::{Limits, php, php_session};
use crate::store::Key;
use crate::value::Value;
use crate::wrap::{self, WrapError, laravel};

impl<'a> Blob<'a> {
    /// The value, if it is one of a PHP session store.
    pub fn php(&self) -> Option<&Php<'a>> {
        match self.php_look() {
            Look::Found(php) => Some(php),
            _ => None,
        }
    }

    /// The session's variables, if the string is a PHP session.
    pub fn variables(&self) -> Option<&Value<'a>> {
        match &self.php()?.what {
            What::Session(value) => Some(value),
            _ => None,
        }
    }

    /// One variable of the PHP session.
    pub fn variable(&self, name: &str) -> Option<&Value<'a>> {
        self.variables()?.get(name)
    }

    /// Whether the string is of no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.text().is_some_and(<[u8]>::is_empty)
    }

    /// Whether the string can be read as a PHP session, also where nothing but the attempt tells.
    pub fn is_php_session(&self) -> bool {
        self.variables().is_some()
            || self.text().is_some_and(|text| wrap::php::session(text, &self.limits).is_ok())
    }

    /// The session's variables as the data. A whole value that is not a session is given as it is: it is
    /// someone else's, and no session that cannot be read.
    pub fn php_data(&self) -> Decoded<'_> {
        match self.php() {
            Some(Php { via, what: What::Session(value) | What::Json(value) }) => {
                return Decoded { via: via.clone(), value: Ok(Cow::Borrowed(value)) };
            }
            Some(Php { via, what: What::Sealed(_) }) => {
                let error = WrapError::WrongKey { wrapper: laravel::NAME }.into();
                return Decoded { via: via.clone(), value: Err(error) };
            }
            None => {}
        }
        let Some(text) = self.text() else {
            return Decoded::failed(php_session::PHP.name, self.unreadable(php_session::PHP.name));
        };
        match wrap::php::session(text, &self.limits) {
            Ok((via, value)) => Decoded { via, value: Ok(Cow::Owned(value)) },
            Err((via, error)) => match self.other_value(text) {
                Some(value) => Decoded::owned(php::CODEC.name, value),
                None => Decoded { via, value: Err(error) },
            },
        }
    }
}

impl<'a> Blob<'a> {
    /// What the string is where it is not a session and nothing that was cut or sealed: a cache entry, a
    /// counter, JSON, a string.
    fn other_value(&self, text: &'a [u8]) -> Option<Value<'a>> {
        if matches!(self.php_look(), Look::Broken) {
            return None;
        }
        if let Some(json) = self.json() {
            return Some(json.clone());
        }
        plain(text, &self.limits).or_else(|| {
            let text = std::str::from_utf8(text).ok().filter(|text| !text.is_empty())?;
            (!text.chars().any(|char| char.is_control() && !char.is_whitespace()))
                .then_some(Value::Text(text.into()))
        })
    }
}

/// A whole value of PHP that is not a session: a cache entry, a counter.
pub fn plain<'a>(text: &'a [u8], limits: &Limits) -> Option<Value<'a>> {
    if text.is_empty() {
        return None;
    }
    if text.len() < 19 && Alphabet::Digit.all(text) {
        return std::str::from_utf8(text).ok()?.parse().ok().map(Value::Int);
    }
    php::decode(text, limits).ok()
}

/// The alphabet of PHP's own ids (ext/session/session.c `PS_VALID_SID_CHARS`): digits, letters, comma
/// and minus.
pub fn is_native(id: &[u8]) -> bool {
    !id.is_empty() && Alphabet::Native.all(id)
}

/// The shortest id that PHP makes (ini setting `session.sid_length`).
pub const SHORTEST: usize = 22;

/// Whether it is an id as PHP makes them.
pub fn is_usual(id: &[u8]) -> bool {
    has_usual_length(id) && is_native(id)
}

/// Whether it is an id that PHP itself may have made, and not words that an application put there: they
/// are random, so that digits are among them, and letters of both cases where there are signs.
pub fn is_made(id: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| id.iter().any(&is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let signs = id.iter().any(|byte| !byte.is_ascii_alphanumeric());
    is_usual(id) && if signs { mixed } else { mixed || has(u8::is_ascii_digit) }
}

fn has_usual_length(id: &[u8]) -> bool {
    (SHORTEST..=256).contains(&id.len())
}

/// Where an id of PHP begins at the end of a key: one of the usual lengths that stands by itself, or
/// else the whole run of characters that ids may have.
pub fn native_tail(key: &[u8]) -> Option<usize> {
    let alone = Alphabet::Alnum.run_at_end(key);
    let run = match alone {
        26 | 32 | 40 | 48 | 52 | 64 => alone,
        _ => alone + Alphabet::Native.run_at_end(&key[..key.len() - alone]),
    };
    (run >= SHORTEST).then(|| key.len() - run)
}

/// Where an id of PHP begins: after the default prefix, also with a tenant in front of that, or else
/// where the end of the key is one.
pub fn native_start(key: &[u8], default: &str) -> Option<usize> {
    let at = if default.is_empty() { None } else { key::rfind(key, default.as_bytes()) };
    let alone = |at: usize| at == 0 || !key[at - 1].is_ascii_alphanumeric();
    at.filter(|at| alone(*at)).map(|at| at + default.len()).or_else(|| native_tail(key))
}

/// `locate` for stores whose ids are PHP's own.
pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    locate_by(setup, key, |key| native_start(key, setup.layout.keys.prefix))
}

/// The same where `start` tells where an id begins if it is not known what precedes it.
pub fn locate_by(setup: &Setup, key: &[u8], start: impl Fn(&[u8]) -> Option<usize>) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => start(key)?,
    };
    let id = &key[start..];
    is_native(id).then(|| Place::after(key, start, has_usual_length(id)))
}

/// Whether the id in the key has the length and letters that PHP makes itself: 26 or 32 of `[0-9a-v]`,
/// 40 or more of a richer alphabet. Digits of hexadecimal alone are what hashes look like as well.
pub fn is_hash_like(id: &[u8]) -> bool {
    matches!(id.len(), 32 | 40 | 64) && Alphabet::Hex.all(id)
}

/// Whether what precedes the id says that these are sessions.
pub fn says_session(before: &[u8]) -> bool {
    before.windows(4).any(|window| window.eq_ignore_ascii_case(b"sess"))
}

/// Members that name the user where a member holds an array or an object instead of an id.
const INSIDE: &[&str] = &["id", "user_id", "uid", "username", "email", "login", "name"];

/// Variables by which applications without a framework name the user, in the order in which they are
/// asked.
const CONVENTIONS: &[&str] = &[
    "user_id",
    "userId",
    "userid",
    "uid",
    "user",
    "username",
    "user_name",
    "login",
    "email",
    "auth",
    "customer_id",
    "account_id",
    "member_id",
    "admin_id",
];

/// A user variable's text: a scalar itself, or the first scalar among the usual members.
pub fn named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Map(_) | Value::Object(_) | Value::Pairs(_) => inside(value)
            .or_else(|| inside(value.get("$value")?))
            // Entities of CakePHP and models of Laravel keep the columns one level deeper.
            .or_else(|| inside(value.get("_fields")?))
            .or_else(|| inside(value.get("attributes")?)),
        other => other.scalar_text(),
    }
}

fn inside<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    value.find_named(INSIDE, Value::scalar_text).or_else(|| {
        // Icinga Web 2.11.4, Icinga\User: a user of a domain is shown with it.
        let user = value.get("localUsername")?.scalar_text()?;
        match value.get("domain").and_then(Value::scalar_text) {
            Some(domain) => Some(Cow::Owned(format!("{user}@{domain}"))),
            None => Some(user),
        }
    })
}

/// The user by the variables of frameworks, or by convention.
pub fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match frameworks::login(data)? {
        frameworks::Login::Someone(user) => Some(user),
        frameworks::Login::Nobody | frameworks::Login::Unnamed => None,
    }
}

/// What the handlers `redis` and `rediscluster` put before the id unless the save path says otherwise
/// (phpredis 6.1.0, redis_session.c).
pub const NATIVE: &[&str] = &["PHPREDIS_SESSION:", "PHPREDIS_CLUSTER_SESSION:"];

/// Whether the key has the prefix of PHP's own handler.
pub fn is_native_key(key: &[u8]) -> bool {
    NATIVE.iter().any(|prefix| memchr::memmem::find(key, prefix.as_bytes()).is_some())
}

/// The lock that phpredis keeps next to a native session, whose contents may be those of any framework.
pub fn native_lock(session: &Session<'_>) -> Option<Op> {
    let before = session.before();
    let native = NATIVE.iter().any(|prefix| before.ends_with(prefix.as_bytes()));
    native.then(|| Op::Unlock(Key([session.key, b"_LOCK"].concat())))
}

/// The first conventional variable that gives a user, or what well-known applications write.
pub fn conventional<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.find_named(CONVENTIONS, named).or_else(|| of_applications(data))
}

/// Applications on native sessions that name the user in a way of their own.
fn of_applications<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    // phpMyAdmin 5.2.1: the cache of a server for a user is there once that user has logged in.
    let cache = data.get("cache").and_then(Value::members).into_iter().flatten();
    let mut cached = cache.filter_map(|(name, _)| {
        let (server, user) = name.strip_prefix("server_")?.split_once('_')?;
        (!user.is_empty() && server.bytes().all(|byte| byte.is_ascii_digit())).then_some(Cow::Borrowed(user))
    });
    if data.get(" PMA_token ").is_some()
        && let Some(user) = cached.next()
    {
        return Some(user);
    }
    // OXID eShop: the basket's challenge tells that `usr` is its own.
    if data.get("sess_challenge").is_some()
        && let Some(user) = data.get("usr").and_then(Value::scalar_text)
    {
        return Some(user);
    }
    // DokuWiki 2022-07-31a: everything under DW and the md5 of the wiki's address.
    data.members()?.iter().find_map(|(name, value)| {
        let hash = name.strip_prefix("DW")?;
        key::is_exactly(hash.as_bytes(), 32, Alphabet::Hex)
            .then(|| value.get("auth")?.get("user")?.scalar_text())?
    })
}

/// `login_<guard>_<40 hexadecimal digits>`: who Laravel and its relatives say is logged in. The guard
/// `web` counts before others (Illuminate/Auth/SessionGuard.php `getName`, laravel/framework 12.67.0).
pub fn guard<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let guards = || {
        data.members().into_iter().flatten().filter_map(|(name, value)| {
            let (guard, hash) = name.strip_prefix("login_")?.rsplit_once('_')?;
            let fits = !guard.is_empty() && key::is_exactly(hash.as_bytes(), 40, Alphabet::Hex);
            Some((guard, value.scalar_text()?)).filter(|_| fits)
        })
    };
    guards().find(|(guard, _)| *guard == "web").or_else(|| guards().next()).map(|(_, user)| user)
}

/// The address of the browser, where it is under one of the usual names.
pub fn ip<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    user::ip(data).or_else(|| {
        let names = ["REMOTE_ADDR", "remote_addr", "user_ip", "client_ip"];
        data.find_named(&names, |value| user::text(Some(value)))
    })
}

/// The browser itself.
pub fn agent<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    user::agent(data)
        .or_else(|| data.find_named(&["HTTP_USER_AGENT", "http_user_agent"], |value| user::text(Some(value))))
}

/// The members of the whole data that a layout replaces by what is in them.
pub fn replaced<'b>(
    data: &'b Value<'b>,
    name: &str,
    with: impl FnOnce(&'b Value<'b>) -> Option<Value<'b>>,
) -> Option<Value<'b>> {
    let members = data.as_map()?;
    let at = members.iter().position(|(member, _)| member == name)?;
    let inner = with(&members[at].1)?;
    let mut members = members.to_vec();
    members[at].1 = inner;
    Some(Value::Map(members))
}

/// Whether an array holds what sessions hold: a user, or a token against forged requests. For keys that
/// say nothing by themselves.
pub fn is_session_like(data: &Value<'_>) -> bool {
    let marked = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["csrf", "token", "flash", "logged", "cart"].iter().any(|word| name.contains(word))
    };
    conventional(data).is_some()
        || guard(data).is_some()
        || data.members().into_iter().flatten().any(|(name, _)| marked(name))
}

/// The bytes of a string of PHP, whether it is UTF-8 or not.
pub fn bytes<'v>(value: &'v Value<'_>) -> Option<&'v [u8]> {
    match value {
        Value::Text(text) => Some(text.as_bytes()),
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &[u8]) -> bool {
        matches!(look(text, &Limits::default()), Look::Found(_))
    }

    #[test]
    fn sessions_are_told_from_other_values() {
        for text in [
            &b"user_id|i:7;"[..],
            b"a:1:{s:2:\"id\";i:7;}",
            b"a:0:{}",
            b"\x90",
            b"\0\0\0\x02\x14\0",
            b"\x81\xc0\x01",
            b"s:12:\"user_id|i:7;\";",
            b"\x0buser_id|i:7;",
            b"\"user_id|i:7;\"",
            // A name of as many bytes as the quotation mark's number, in php_binary.
            b"\"DWd41d8cd98f00b204e9800998ecf8427ea:0:{}",
        ] {
            assert!(found(text), "{}", text.escape_ascii());
        }
        for text in [
            &b""[..],
            b"s:5:\"hello\";",
            b"s:24:\"eyJpdiI6bm90IHJlYWxseQ==\";",
            b"i:5;",
            b"b:0;",
            b"42",
            b"x",
            b"{\"a\":1}",
            b"host|123",
            b"vm|29930",
            b"O:8:\"stdClass\":0:{}",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
            b"\x04\x08{\x06I\"\x06a\x06:\x06ETi\x06",
        ] {
            assert!(!found(text), "{}", text.escape_ascii());
        }
        assert!(matches!(look(b"user_id|i:7;name|s:5:\"al", &Limits::default()), Look::Broken));
        assert!(matches!(look(b"s:5:\"hello\";", &Limits::default()), Look::Other));
    }

    #[test]
    fn ids_of_php_are_found_at_the_end() {
        for (key, id) in [
            ("PHPREDIS_SESSION:gpcqfp31ifeu7n9bmp49bs11sj", "gpcqfp31ifeu7n9bmp49bs11sj"),
            ("app-gpcqfp31ifeu7n9bmp49bs11sj", "gpcqfp31ifeu7n9bmp49bs11sj"),
            ("shop:a,b-cdefghijklmnopqrstuvw", "a,b-cdefghijklmnopqrstuvw"),
        ] {
            assert_eq!(native_tail(key.as_bytes()).map(|at| &key[at..]), Some(id), "{key}");
        }
        assert_eq!(native_tail(b"PHPREDIS_SESSION:gpcqfp31ifeu7n9bmp49bs11sj_LOCK"), None);
        assert_eq!(native_tail(b"front"), None);
    }

    #[test]
    fn users_by_convention() {
        for (text, user) in [
            ("user_id|i:7;", Some("7")),
            ("user_id|i:0;", Some("0")),
            ("user_id|b:1;user|s:5:\"alice\";", Some("alice")),
            ("user|a:1:{s:4:\"name\";s:3:\"bob\";}", Some("bob")),
            ("user|O:4:\"User\":1:{s:8:\"\0*\0email\";s:3:\"a@b\";}", Some("a@b")),
            ("login|s:0:\"\";", None),
            ("login_api_da39a3ee5e6b4b0d3255bfef95601890afd80709|i:1;", None),
            (
                " PMA_token |s:1:\"x\";cache|a:2:{s:8:\"server_1\";i:1;s:14:\"server_1_alice\";a:0:{}}",
                Some("alice"),
            ),
            (
                "DWd41d8cd98f00b204e9800998ecf8427e|a:1:{s:4:\"auth\";a:1:{s:4:\"user\";s:5:\"alice\";}}",
                Some("alice"),
            ),
            (
                "user|O:11:\"Icinga\\User\":2:{s:16:\"\0*\0localUsername\";s:1:\"u\";s:9:\"\0*\0domain\";s:1:\"d\";}",
                Some("u@d"),
            ),
        ] {
            let (_, data) = wrap::php::session(text.as_bytes(), &Limits::default()).expect("a session");
            assert_eq!(conventional(&data).as_deref(), user, "{text}");
        }
    }
}
