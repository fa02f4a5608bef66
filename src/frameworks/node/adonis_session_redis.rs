//! AdonisJS session with its Redis store.

use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, UserIndex,
    Verdict, Whose, open_any, user, whose,
};
use crate::store::Key;
use crate::store::{IndexOp, Op};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "adonis-session-redis",
    about: "AdonisJS 6 and 7 (@adonisjs/session) with the redis store",
    family: "Node.js",
    home: Some("https://github.com/adonisjs/session"),
    page: "\
key      <id>, a string: 24 characters of cuid2; no prefix but the connection's keyPrefix (option
         prefix)
value    JSON {message: {...}, purpose: <the id>}, with expiryDate at times; a value copied under
         another id is refused. `data` shows the member message
expiry   the key's TTL, two hours by default, moved by each request
user     the first member auth_<guard> (usually auth_web) of message
cookie   adonis-session or adonis_session = s:<base64url of {message: id, purpose:
         name}>.<HMAC-SHA256>, percent-encoded; the key is app_key (@adonisjs/encryption)
index    set session_tag:<userId> of ids, where the application calls session.tag(); no TTL
end      the key and its member in the set
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Member("purpose")],
    options: &[OptionSpec::secret("app_key", OptionKind::Texts, "APP_KEY, which signs the cookie")],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        let mut guards = data.members().into_iter().flatten().filter(|(name, _)| name.starts_with("auth_"));
        match guards.find(|(_, value)| !whose::is_empty(value)) {
            Some(_) => Unnamed::Unknown,
            None => whose::bag(Some(data)),
        }
    }),
    cookie: Cookie {
        name: Some("adonis-session"),
        open: Some(|setup, given| {
            open_any(setup, &["adonis_session"], |name| {
                cookie::adonis::open(given, name, setup.texts("app_key"))
            })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        user_index: Some(UserIndex {
            key: |setup, user| {
                Some([&(setup.layout.keys.lead)(setup)[..], b"session_tag:", user.as_bytes()].concat())
            },
            sessions: |setup, id| vec![(setup.layout.keys.key_of)(setup, id)],
        }),
        expire,
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED, "A remember-me token logs its user in again."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(
        setup,
        key,
        |key| key::tail(key, 24, Alphabet::Lower),
        |id| key::is_exactly(id, 24, Alphabet::Lower),
    )
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    if blob.member("message").is_none_or(|message| message.as_map().is_none()) {
        return Verdict::no("it has no object `message`");
    }
    if members.iter().any(|(name, _)| !["message", "purpose", "expiryDate"].contains(&name.as_ref())) {
        return Verdict::no("it has other members than message, purpose and expiryDate");
    }
    let purpose = blob.member("purpose").and_then(Value::as_str).unwrap_or_default().as_bytes();
    let fits = match setup.known_lead() {
        Some(lead) => blob.key.strip_prefix(lead) == Some(purpose),
        None => blob.key.ends_with(purpose),
    };
    if !purpose.is_empty() && fits {
        Verdict::Sure
    } else {
        Verdict::no("its purpose is not the id in the key: such a value is refused")
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.member("message") {
        Some(message) => Decoded { via: vec!["json"], value: Ok(Cow::Borrowed(message)) },
        None => blob.whole_json(),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let guards = data.as_map().unwrap_or(&[]).iter().filter(|(name, _)| name.starts_with("auth_"));
    Facts {
        user: guards.map(|(_, value)| value).find_map(user::named),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

/// `expiryDate` is there only where the envelope was made with an age; it is enforced then.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    const PATH: &[&str] = &["expiryDate"];
    let rewrite = match end {
        Some(end) => expire::member(session, PATH, &|old| expire::like(old, end))?,
        None if expire::member(session, PATH, &|_| Some(String::new()))?.is_some() => {
            return Err(expire::ALWAYS_ENDS);
        }
        None => None,
    };
    Ok(Expiring { at: expire::at(end), rewrite, then: Vec::new() })
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(user) = session.facts.user.as_deref() else { return Vec::new() };
    let key = Key([session.before(), b"session_tag:", user.as_bytes()].concat());
    vec![Op::Index(IndexOp::SetRemove { key, member: session.id.to_vec() })]
}
