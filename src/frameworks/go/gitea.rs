//! Gitea, Forgejo, Gogs, and other applications of macaron.
//!
//! go-gitea/gitea 0b3c7db2 modules/session/redis.go, virtual.go; go-macaron/session 66031fc redis; gogs/gogs
//! eb1054e.

use std::borrow::Cow;

use crate::codec::gob::Keys as GobKeys;
use crate::cookie;
use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, Whose, open_any, setup, user,
};
use crate::value::Value;

const ID: usize = 16;

pub const LAYOUT: Layout = Layout {
    name: "gitea",
    about: "Gitea, Forgejo, Gogs with provider redis; macaron's sessions (Go)",
    family: "Go",
    home: Some("https://docs.gitea.com/"),
    page: "\
key      <prefix><id>, a string; prefix of PROVIDER_CONFIG, none by default; 16 hex digits
value    gob of a map of anything; an empty string where nothing was put into it
expiry   the key's TTL, SESSION_LIFE_TIME of a day, set anew by every request
user     uid, whatever uname says; a uid in twofaUid or mfaUserID has yet to give a second factor
cookie   i_like_gitea (COOKIE_NAME), i_like_gogs, MacaronSession = <id>, bare
index    none
end      the one key. A request in flight writes it back
beside   cache and queues are often in the same database: they are not sessions
beware   a remember-me cookie logs in again by the table auth_token in SQL
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob)],
    options: &[setup::SERIALIZER],
    recognize: |setup, blob| match locate(setup, blob.key) {
        None => Verdict::no("the key does not end in 16 hex digits"),
        Some(place) if !setup.named && go::says_other(&blob.key[..place.id.start]) => {
            Verdict::no("the prefix says that it is something else")
        }
        Some(_) => go::judge(&blob.bag(&[GobKeys::Any])),
    },
    read: go::read_gob_or_nothing,
    describe,
    whose: Whose::Container(members),
    cookie: Cookie {
        name: Some("i_like_gitea"),
        open: Some(|setup, given| {
            open_any(setup, &["i_like_gogs", "i_like_forgejo", "MacaronSession"], |name| {
                cookie::bare::open(given, name)
            })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "A remember-me cookie of Gitea logs its owner in again; its rows in the SQL table auth_token would \
             have to go, too.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, ID, Alphabet::Hex)?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Hex).then(|| Place::after(key, start, true))
}

/// By `uid`; another application of macaron may have its user elsewhere.
fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let uid = data.get("uid").and_then(Value::scalar_text);
    let facts = go::facts(data);
    let other = facts.user.filter(|_| data.get("uname").is_none());
    Facts { user: uid.or(other), ip: user::ip(data), ..facts }
}

/// What these applications keep for visitors, too.
const OWN: &[&str] = &[
    "lang",
    "_old_uid",
    "uname",
    "userHasTwoFactorAuth",
    "signInMethod",
    "persistSessionCookie",
    "webauthnRegistration",
    "webauthnAssertion",
    "linkAccount",
    "linkAccountData",
    "openid_verified_uri",
    "openid_determined_email",
    "openid_determined_username",
    "openid_signin_remember",
];

fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let own = data.as_map().is_some_and(|members| members.iter().all(|(name, _)| OWN.contains(&&**name)));
    if own { Some(Cow::Owned(Value::Null)) } else { go::members(data) }
}
