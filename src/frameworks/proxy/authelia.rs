//! Authelia with session.redis.
//!
//! authelia/authelia 23572030 (4.39) internal/session, internal/utils/crypto.go; fasthttp/session 7082691.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, Limits, json, msgpack};
use crate::cookie::{Given, Opened, bare, jar};
use crate::frameworks::proxy;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    blob, key, setup, time, user,
};
use crate::value::Value;

const PREFIX: &str = "authelia-session:";
const ID: usize = 32;
const NAME: &str = "authelia";

const SESSION_SECRET: OptionSpec =
    OptionSpec::secret("session_secret", OptionKind::Texts, "session.secret, and earlier ones");

pub const LAYOUT: Layout = Layout {
    name: "authelia",
    about: "Authelia 4 with session.redis",
    family: "Proxies",
    home: Some("https://www.authelia.com/"),
    page: "\
key      authelia-session:<id>, a string; 32 characters, * ^ ! # $ % among them
value    AES-256-GCM of MessagePack, which option session_secret opens; an empty string where there
         is not a session yet. Inside it is JSON: KV.UserSession
expiry   the key's TTL: session.expiration of an hour, remember_me of 30 days. Who is idle for
         session.inactivity is logged out earlier, and his key stays
user     Username; empty for visitors of the portal. Not known without the secret
cookie   authelia_session = <id>, bare; not percent-encoded although ids hold %
index    none
end      the one key. A request in flight writes it back
beware   consents and tokens of OpenID Connect are in SQL and go on
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Word(PREFIX)],
    options: &[SESSION_SECRET, setup::SERIALIZER],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match inner(data) {
        _ if matches!(data, Value::Null) => Unnamed::Nobody,
        Some(session) if session.get("Username").and_then(Value::as_str) == Some("") => Unnamed::Nobody,
        // Nothing was put into it.
        None if data.get("KV").is_some_and(|members| members.get("UserSession").is_none()) => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("authelia_session"),
        open: Some(open),
        older: Some(|setup, given| bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "Consents and tokens that Authelia issued by OpenID Connect are in SQL and stay valid.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    id.len() == ID && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_!#$%^*".contains(byte))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    is_id(&key[start..]).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key has no id of 32 characters");
    }
    match blob.text() {
        Some([]) => Verdict::Sure,
        Some(text) if blob::is_opaque(text) && !proxy::is_readable(blob) => Verdict::Sure,
        _ => Verdict::no("the value is not what came out of a cipher"),
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let via = vec![NAME, msgpack::CODEC.name];
    let failed = |error| Decoded { via: vec![NAME, msgpack::CODEC.name], value: Err(error) };
    let Some(text) = blob.text() else { return failed(blob.unreadable(NAME)) };
    if text.is_empty() {
        return Decoded { via: Vec::new(), value: Ok(Cow::Owned(Value::Null)) };
    }
    let secrets = setup.texts(SESSION_SECRET.name);
    if secrets.is_empty() {
        return failed(DecodeError::sealed(NAME, "sealed with session.secret: give option session_secret"));
    }
    let opened = secrets.iter().find_map(|secret| jar::unseal(&Sha256::digest(secret), text, b""));
    match opened {
        Some(plain) => Decoded {
            via,
            value: msgpack::decode(&plain, &blob.limits).map(|value| Cow::Owned(value.into_owned())),
        },
        None => failed(DecodeError::whole(NAME, "the secret does not fit, or the value was altered")),
    }
}

/// The session's JSON, which the map holds as bytes.
fn inner(data: &Value<'_>) -> Option<Value<'static>> {
    let bytes = match data.get("KV")?.get("UserSession")? {
        Value::Bytes(bytes) => bytes.as_ref(),
        Value::Text(text) => text.as_bytes(),
        _ => return None,
    };
    json::decode(bytes, &Limits::default()).ok().map(Value::into_owned)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let Some(session) = inner(data) else { return Facts::default() };
    let moment = |name: &str| session.get(name).filter(|at| at.as_i64() != Some(0)).and_then(time::seconds);
    Facts {
        user: user::text(session.get("Username")).map(|name| Cow::Owned(name.into_owned())),
        created: moment("FirstFactorAuthnTimestamp"),
        seen: moment("LastActivity"),
        ..Facts::default()
    }
}

/// A `%` of an id stands for itself, so the value is taken as it is where it can be an id.
fn open(setup: &Setup, given: &Given) -> Result<Opened, crate::cookie::CookieError> {
    match given.value(setup.cookie_name()) {
        Some(value) if is_id(value.as_bytes()) => {
            Ok(Opened { id: value.as_bytes().to_vec(), verified: None })
        }
        _ => bare::open(given, setup.cookie_name()),
    }
}
