//! What all sessions of Rack and Rails have in common: ids, who is logged in, cookies, old copies.
//!
//! Since 2019 (Rack 2.0.8, Rails 6.0.2.1) the cookie holds a public id and the key the private one, which
//! is made of it: `2::` and its SHA-256. Keys with public ids are older; the framework reads them where
//! there is none with the private one, and never removes them by itself (rack-session 2.0, lib/rack/
//! session/abstract/id.rb; actionpack 6.1 to 8.0, session/abstract_store.rb).

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::cookie::{CookieError, Given, Opened, rails};
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Copies, Decoded, OptionKind, OptionSpec, Place, Setup, Verdict, Whose, open_any, user, whose,
};
use crate::store::{Key, Op};
use crate::value::Value;

/// What precedes the SHA-256 in a private id: the version of the scheme.
pub const PRIVATE: &[u8] = b"2::";

pub const USER_KEY: OptionSpec =
    OptionSpec::new("user_key", OptionKind::Texts, "the member that holds the user, before the usual ones");

pub const OPTIONS: &[OptionSpec] = &[
    USER_KEY,
    OptionSpec::new("serializer", OptionKind::Text, "what the application writes; any of them is read"),
    OptionSpec::secret(
        "secret_key_base",
        OptionKind::Texts,
        "SECRET_KEY_BASE and earlier ones, for cookies that are signed or encrypted",
    ),
];

/// What a request in flight does to any of these stores.
pub const WRITTEN_BACK: &str =
    "A request in flight writes back the session that it has read; look again after a few seconds.";

pub const REMEMBERED: &str =
    "A remember-me cookie (remember_user_token of Devise) logs its owner in again at the next request.";

/// A hex digest as private ids hold it.
pub fn private_of(public: &[u8]) -> Vec<u8> {
    let digest = base16ct::lower::encode_string(&Sha256::digest(public));
    [PRIVATE, digest.as_bytes()].concat()
}

pub fn is_private(id: &[u8]) -> bool {
    id.strip_prefix(PRIVATE).is_some_and(|digest| key::is_exactly(digest, 64, Alphabet::Hex))
}

/// 16 random bytes of Rails, 32 of Rack, in hex.
fn is_public(id: &[u8]) -> bool {
    matches!(id.len(), 32 | 64) && Alphabet::Hex.all(id)
}

/// Where a private id begins at the end of a key.
pub fn private_tail(key: &[u8]) -> Option<usize> {
    let start = key.len().checked_sub(64 + PRIVATE.len())?;
    is_private(&key[start..]).then_some(start)
}

/// Private ids after any prefix, and the public ids of old keys.
pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => private_tail(key)
            .or_else(|| key::tail(key, 64, Alphabet::Hex))
            .or_else(|| key::tail(key, 32, Alphabet::Hex))?,
    };
    let id = &key[start..];
    (is_private(id) || is_public(id)).then(|| Place::after(key, start, true))
}

/// Keys that a GitLab keeps next to its sessions, with the same ids: what its list of devices shows.
pub fn is_of_gitlab(key: &[u8]) -> bool {
    memchr::memmem::find(key, b"session:user:gitlab:").is_some()
        || memchr::memmem::find(key, b"session:lookup:").is_some()
}

/// Members that frameworks put into sessions and nobody else into anything.
fn is_marked(data: &Value<'_>) -> bool {
    data.as_map().into_iter().flatten().any(|(name, value)| match &**name {
        "_csrf_token" | "csrf" | "session_id" => value.as_str().is_some(),
        "flash" | "__FLASH__" | "_flash" | "tracking" => value.as_map().is_some(),
        name => scope(name).is_some(),
    })
}

/// The scope of a member `warden.user.SCOPE.key`.
fn scope(name: &str) -> Option<&str> {
    name.strip_prefix("warden.user.")?.strip_suffix(".key")
}

/// Members that Rails and Warden alone put into an object under an id of that form: the token against
/// forged requests, the messages for the next page, who is logged in.
fn is_of_rails(data: &Value<'_>) -> bool {
    data.as_map().into_iter().flatten().any(|(name, value)| match &**name {
        "_csrf_token" => value.as_str().is_some(),
        "flash" => value.get("flashes").is_some(),
        name => scope(name).is_some(),
    })
}

/// Judges a session that is a dump of Marshal, or JSON.
pub fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if is_of_gitlab(blob.key) {
        return Verdict::no("the key is one of GitLab's beside its sessions");
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id of Rack") };
    let private = is_private(&blob.key[place.id.clone()]);
    if let Some(dump) = blob.form(Form::Marshal) {
        return match dump {
            Ok(data @ Value::Map(_)) if private || is_marked(data) => Verdict::Sure,
            Ok(Value::Map(_)) if speaks_of_sessions(&blob.key[..place.id.start]) => Verdict::Sure,
            Ok(Value::Map(_)) => Verdict::Kin,
            Ok(Value::Pairs(_)) if private => Verdict::Sure,
            Ok(_) => Verdict::no("the dump holds no hash"),
            Err(_) if private => Verdict::Sure,
            Err(error) => Verdict::No(error.to_string().into()),
        };
    }
    if crate::codec::rails_cache::sniff(blob.text().unwrap_or_default()) {
        return Verdict::no("the value is an entry of a cache");
    }
    match blob.json() {
        Some(Value::Map(_)) if private => Verdict::Sure,
        // Many a framework writes such objects; of Rails are the names in them.
        Some(data @ Value::Map(_)) if is_of_rails(data) => {
            if speaks_of_sessions(&blob.key[..place.id.start]) { Verdict::Sure } else { Verdict::Weak }
        }
        Some(data @ Value::Map(_)) if setup.named && is_marked(data) => Verdict::Weak,
        Some(Value::Map(_)) if setup.named && !setup.is_pointed() => {
            Verdict::no("JSON under a public id could be anyone's")
        }
        Some(Value::Map(_)) => Verdict::Kin,
        _ => Verdict::no("the value is not a dump of Marshal and no JSON object"),
    }
}

/// Whether a prefix says that what is after it are sessions.
fn speaks_of_sessions(prefix: &[u8]) -> bool {
    let word = prefix.trim_ascii_end();
    let end = word.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |last| last + 1);
    [&b"session"[..], b"sessions", b"sess"].iter().any(|name| word[..end].ends_with(name))
}

/// The session's hash, of Marshal or JSON.
pub fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.form(Form::Marshal) {
        Some(dump) => Decoded {
            via: vec![Form::Marshal.codec().name],
            value: dump.as_ref().map(Cow::Borrowed).map_err(Clone::clone),
        },
        None if blob.form(Form::Json).is_some() => blob.whole_json(),
        None => {
            let name = Form::Marshal.codec().name;
            Decoded::failed(name, blob.unreadable(name))
        }
    }
}

/// The hash in a cache entry.
pub fn read_entry<'b>(blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::RailsEntry.codec().name;
    let value = match blob.form(Form::RailsEntry) {
        Some(Ok(Value::List(entry))) => Ok(Cow::Borrowed(&entry[0])),
        Some(Ok(other)) => Ok(Cow::Borrowed(other)),
        Some(Err(error)) => Err(error.clone()),
        None => Err(blob.unreadable(name)),
    };
    Decoded { via: vec![name], value }
}

/// When a cache entry ends, in ms since 1970.
pub fn entry_ends(blob: &Blob<'_>) -> Option<i64> {
    match blob.form(Form::RailsEntry)?.as_ref().ok()? {
        Value::List(entry) => Some((entry.get(1)?.as_f64()? * 1000.0) as i64),
        _ => None,
    }
}

// Who is logged in.

/// Members by which applications without Warden name the user: Sorcery and most (`user_id`), Rodauth
/// (`account_id`), Authlogic (`user_credentials_id`), and usual names.
const CONVENTIONS: &[&str] = &[
    "user_id",
    "current_user_id",
    "uid",
    "user",
    "username",
    "login",
    "account_id",
    "user_credentials_id",
    "__user",
    "email",
];

/// What Warden's serializer gave: of Devise a list of the record's key and a salt, with the class before
/// them in version 1; else whatever the application chose (devise 1.5 to 4.9, models/authenticatable.rb).
fn of_warden<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let Some(row) = value.as_list() else { return user::of_record(value) };
    match row {
        [Value::List(key), ..] | [Value::Text(_), Value::List(key), ..] => key.first()?.scalar_text(),
        [first, ..] => user::of_record(first),
        [] => None,
    }
}

/// Scope `user` before the others, which are asked in stored order.
fn warden<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    data.get("warden.user.user.key").and_then(of_warden).or_else(|| {
        let members = data.as_map()?.iter();
        members.filter(|(name, _)| scope(name).is_some()).find_map(|(_, value)| of_warden(value))
    })
}

/// The user, and when he was last seen.
pub fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let given = setup.texts(USER_KEY.name).iter().find_map(|name| user::of_record(data.at(name)?));
    let seen = data.as_map().into_iter().flatten().find_map(|(name, value)| {
        let is_state = name.starts_with("warden.user.") && name.ends_with(".session");
        is_state.then(|| value.get("last_request_at").and_then(crate::layout::time::seconds))?
    });
    Facts {
        user: given.or_else(|| warden(data)).or_else(|| data.find_named(CONVENTIONS, user::of_record)),
        seen,
        agent: user::text(data.get("user_agent")),
        ..Facts::default()
    }
}

/// Nobody is logged in where nothing says so; a login of Warden that names nobody is not known.
pub const WHOSE: Whose = Whose::Container(own);

/// The members that are the application's.
fn own<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let members = data.as_map()?;
    if members.iter().any(|(name, value)| scope(name).is_some() && !whose::is_empty(value)) {
        return None;
    }
    // A second factor that is due, or what a provider said of someone who registers.
    let pending = |name: &str| {
        matches!(name, "otp_user_id" | "login_otp_user")
            || name.starts_with("devise.") && name.ends_with("_data")
    };
    if members.iter().any(|(name, value)| pending(name) && !whose::is_empty(value)) {
        return Some(Cow::Owned(Value::Null));
    }
    let is_own = |name: &str| {
        !(matches!(name, "tracking" | "session_id" | "return_to" | "_gitlab_session_last_write_at")
            || name.starts_with("warden.")
            || name.ends_with("_return_to"))
    };
    let own = members.iter().filter(|(name, _)| is_own(name)).cloned().collect();
    Some(Cow::Owned(Value::Map(own)))
}

// Cookies.

/// The public id that a cookie holds.
fn public(setup: &Setup, given: &Given, name: &str) -> Result<Opened, CookieError> {
    const EXPECTED: &str = "<public id of hexadecimal digits>";
    let value = given.value(name).unwrap_or_default();
    let value = value.as_bytes();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A private id is never taken from a browser: it would make a credential of what a key shows.
    if digits > 0 && value[digits..].starts_with(b"::") {
        return Err(CookieError::Form { expected: EXPECTED });
    }
    rails::open(given, name, setup.texts("secret_key_base"), is_bare)
}

/// A public id, also with the name of a cell of GitLab before it.
fn is_bare(value: &[u8]) -> bool {
    let hex = Alphabet::Hex.run_at_end(value);
    let cell = &value[..value.len() - hex];
    hex >= 16
        && (cell.is_empty()
            || cell.ends_with(b"-") && cell.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'))
}

/// The names that such a cookie has: applications call it after themselves.
fn names(given: &Given) -> Vec<&str> {
    given.names().filter(|name| name.starts_with('_') && name.contains("_session")).collect()
}

/// From the cookie to the private id.
pub fn cookie(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = older_cookie(setup, given)?;
    Ok(Opened { id: private_of(&opened.id), ..opened })
}

/// From the cookie to the public id, which old keys end in.
pub fn older_cookie(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    open_any(setup, &names(given), |name| public(setup, given, name))
}

// Old copies.

/// A key with a public id is an old copy of the session that has the private one made of it.
pub const COPIES: Copies = Copies {
    newer: |setup, key| {
        let place = locate(setup, key)?;
        let id = &key[place.id.clone()];
        (!is_private(id)).then(|| [&key[..place.id.start], &private_of(id)].concat())
    },
    before: |setup, key| {
        let place = locate(setup, key)?;
        is_private(&key[place.id.clone()]).then(|| key[..place.id.start].to_vec())
    },
    begins: "[0-9a-f][0-9a-f][0-9a-f]*",
    are_parts: false,
};

/// The old copies: with one of them there the visitor would be logged in again.
pub fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    session.found.iter().map(|key| Op::Unlink(Key(key.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Limits, marshal};
    use crate::frameworks::ruby::rack_session_redis;
    use crate::store::Raw;

    #[test]
    fn authlogic_names_the_user_next_to_a_token() {
        // Marshal.dump("user_credentials" => "tok", "user_credentials_id" => 12) of Ruby 3.1.
        let dump = b"\x04\x08{\x07I\"\x15user_credentials\x06:\x06ETI\"\x08tok\x06;\0TI\"\x18user_credentials_id\x06;\0Ti\x11";
        let data = marshal::decode(dump, &Limits::default()).expect("it decodes");
        let (setup, raw) = (Setup::free(&rack_session_redis::LAYOUT), Raw::Text(dump.to_vec()));
        let blob = Blob::new(b"rack:session:x", &raw, Limits::default());
        assert_eq!(describe(&setup, &blob, &data).user.as_deref(), Some("12"));
    }
}
