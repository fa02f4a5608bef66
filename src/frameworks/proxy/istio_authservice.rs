//! istio-ecosystem authservice with a Redis session store.
//!
//! istio-ecosystem/authservice internal/oidc/redis.go at d44fd0d.

use std::borrow::Cow;

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, blob, time, user, whose,
};
use crate::store::Kind;
use crate::value::Value;

const ID: usize = 64;

pub const LAYOUT: Layout = Layout {
    name: "istio-authservice",
    about: "istio-ecosystem authservice with redis_session_store_config",
    family: "Proxies",
    home: Some("https://github.com/istio-ecosystem/authservice"),
    page: "\
key      <id>, a hash; no prefix; 64 letters and digits
value    fields id_token, access_token, access_token_expiry, refresh_token, time_added; of a login
         under way state, nonce, requested_url, code_verifier
expiry   the key's TTL by the absolute and the idle timeout; none where both are 0
user     the claim sub of id_token, which is read and not verified; a login under way is nobody's
cookie   <prefix->authservice-session-id-cookie = <id>, bare
index    none
end      the one key
beware   the identity provider's session goes on, and may log the visitor in again without asking
",
    keys: Keys { kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("time_added")],
    recognize: |setup, blob| {
        let login = blob.field("id_token").is_some() || blob.field("state").is_some();
        if locate(setup, blob.key).is_none() {
            Verdict::no("the key does not end in 64 letters and digits")
        } else if blob.field("time_added").is_some() && login {
            Verdict::Sure
        } else {
            Verdict::no("the hash lacks time_added, or both id_token and state")
        }
    },
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        Decoded::owned(VIA, Value::Map(members.collect()))
    },
    describe: |_, _, data| Facts {
        user: data
            .get("id_token")
            .and_then(Value::as_str)
            .and_then(|token| user::claim(token, &["sub"]))
            .map(Cow::Owned),
        created: time::iso_in(data.get("time_added")),
        ..Facts::default()
    },
    whose: Whose::Own(|_, _, data| {
        let token = |name| data.get(name).is_some_and(|token| !whose::is_empty(token));
        if token("id_token") || token("access_token") { Unnamed::Unknown } else { Unnamed::Nobody }
    }),
    cookie: Cookie { name: Some("__Host-authservice-session-id-cookie"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        caveats: &[
            "The session at the identity provider goes on and may log the visitor in again without asking.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, ID, Alphabet::Alnum)?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Alnum).then(|| Place::after(key, start, true))
}

/// The name has a prefix of the configuration's own.
fn open(setup: &Setup, given: &cookie::Given) -> Result<cookie::Opened, cookie::CookieError> {
    let own = setup.text("cookie_name").map(str::to_string);
    let found =
        given.names().find(|name| name.ends_with("authservice-session-id-cookie")).map(str::to_string);
    let name = own.or(found).unwrap_or_else(|| setup.cookie_name().to_string());
    cookie::bare::open(given, &name)
}
