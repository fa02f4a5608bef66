//! Redbird: Plug sessions under signed keys, which are the cookies.

use crate::codec::{Limits, etf};
use crate::cookie::{CookieError, Given, Opened, plug as tokens};
use crate::frameworks::elixir::{plug, plug_session_redis};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict};
use crate::value::Value;

/// How long a session lasts where the application says nothing else, in seconds.
const LASTS: i64 = 2_584_920;

pub const LAYOUT: Layout = Layout {
    name: "redbird",
    about: "Plug and Phoenix with Redbird 0.4 to 0.7 (Elixir)",
    page: "\
key      <key_namespace>SFMyNTY.<payload>.<signature>, a string; namespace `redbird_session_` unless
         configured. The whole key is the id; before 0.6 <key_namespace><128 characters of base64>
value    a map in Erlang's external term format
expiry   the earlier of the key's TTL and the token's own: it is good for expiration_in_seconds
         (2584920) from when it was signed, however often the session was written (0.7)
user     as in plug-session-redis
cookie   _<application>_key = <the whole key>, bare
index    none
end      the one key (redbird 0.7, lib/redbird/plug/session/redis.ex)
beware   0.4 to 0.6 signed the key again at every write: a browser may have several that are good
",
    keys: Keys { prefix: "redbird_session_", locate, key_of: |_, id| id.to_vec(), ..Keys::PLAIN },
    marks: &[Mark::Word("SFMyNTY."), Mark::Word("redbird_session_")],
    options: &[
        plug::SERIALIZER,
        OptionSpec::secret("secret_key_base", OptionKind::Texts, "the secret or secrets that sign the keys"),
        OptionSpec::new("signing_salt", OptionKind::Text, "the salt of the signature (redbird)"),
        OptionSpec::new("expiration_in_seconds", OptionKind::Number, "how long a session lasts (2584920)"),
    ],
    recognize: |setup, blob| {
        if locate(setup, blob.key).is_some() {
            plug::judge(blob)
        } else {
            Verdict::no("the key is not a signed token after a namespace")
        }
    },
    describe,
    cookie: Cookie { open: Some(open), ..plug_session_redis::LAYOUT.cookie },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            plug::LIVE,
            "Redbird up to 0.6 left a key behind at each write; purge by user to end those as well.",
        ],
        ..Ends::PLAIN
    },
    ..plug_session_redis::LAYOUT
};

/// Where the token begins, or the bare id of before 0.6.
fn token(setup: &Setup, key: &[u8]) -> Option<usize> {
    let begin = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => 0,
    };
    if let Some(at) = memchr::memmem::find(&key[begin..], b"SFMyNTY.") {
        return Some(begin + at);
    }
    let start = key.len().checked_sub(plug::ID)?;
    let before = key.get(..start)?;
    let led = setup.known_lead().is_some() && start == begin
        || before.ends_with(setup.layout.keys.prefix.as_bytes());
    (led && plug::is_id(&key[start..])).then_some(start)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let rest = &key[token(setup, key)?..];
    let parts: Vec<&[u8]> = rest.split(|byte| *byte == b'.').collect();
    let usual = match parts[..] {
        [_, payload, digest] => {
            Alphabet::Base64Url.all(payload) && key::is_exactly(digest, 43, Alphabet::Base64Url)
        }
        [_] => true,
        _ => false,
    };
    usual.then_some(Place { id: 0..key.len(), usual: true })
}

/// When the token in a key was signed, in ms since 1970.
fn signed_at(setup: &Setup, key: &[u8]) -> Option<i64> {
    let term = tokens::payload(&key[token(setup, key)?..])?;
    match etf::decode(&term, &Limits::default()).ok()? {
        Value::List(parts) => parts.get(1)?.as_i64(),
        data => data.get("signed")?.as_i64(),
    }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let lasts = setup.number("expiration_in_seconds").unwrap_or(LASTS).saturating_mul(1000);
    Facts {
        created: signed_at(setup, blob.key),
        ends: signed_at(setup, blob.key).map(|signed| signed.saturating_add(lasts)),
        ..plug::describe(setup, blob, data)
    }
}

fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = crate::cookie::bare::open(given, setup.cookie_name())?;
    let secrets = setup.texts("secret_key_base");
    let Some(at) = token(setup, &opened.id) else {
        return Err(CookieError::Form { expected: "<namespace>SFMyNTY.<payload>.<signature>" });
    };
    let salt = setup.text("signing_salt").unwrap_or("redbird");
    let signed = opened.id[at..].contains(&b'.');
    let verified =
        (signed && !secrets.is_empty()).then(|| tokens::is_genuine(&opened.id[at..], secrets, salt));
    Ok(Opened { verified, ..opened })
}
