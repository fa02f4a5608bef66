//! KubeSphere 3: tokens that are good while Redis has them.
//!
//! kubesphere/kubesphere pkg/models/auth/token.go at 0a89b3d.

use std::borrow::Cow;

use crate::codec::json;
use crate::cookie;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, time, user,
};
use crate::value::Value;

const PREFIX: &str = "kubesphere:user:";
const TOKEN: &[u8] = b":token:";

pub const LAYOUT: Layout = Layout {
    name: "kubesphere",
    about: "KubeSphere 3",
    family: "Go",
    page: "\
key      kubesphere:user:<name>:token:<JWT>, a string
value    the token once more; shown are its claims, which are not verified
expiry   the key's TTL, the token's life; none is kept where AccessTokenMaxAge is 0
user     the name in the key
cookie   token = <JWT>
index    the key
end      the one key: the token is refused at once. A login writes two, an access and a refresh
         token: end all of the user's
",
    keys: Keys {
        prefix: PREFIX,
        locate,
        // The name is not known from the token alone.
        key_of: |setup, id| {
            let lead = (setup.layout.keys.lead)(setup);
            let name = std::str::from_utf8(id).ok().and_then(|id| user::claim(id, &["username", "sub"]));
            [&lead, name.unwrap_or_default().as_bytes(), TOKEN, id].concat()
        },
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(PREFIX)],
    recognize: |setup, blob| match locate(setup, blob.key) {
        None => Verdict::no("the key is not kubesphere:user:<name>:token:<token>"),
        Some(place) if blob.text() == Some(&blob.key[place.id.clone()]) => Verdict::Sure,
        Some(_) => Verdict::no("the value is not the token in the key"),
    },
    read: |_, blob| {
        let token = blob.text().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
        let claims = user::payload(token)
            .and_then(|claims| json::decode(&claims, &blob.limits).ok().map(Value::into_owned));
        Decoded { via: vec!["jwt"], value: Ok(Cow::Owned(claims.unwrap_or(Value::Null))) }
    },
    describe: |setup, blob, data| Facts {
        user: name(setup, blob).map(Cow::Borrowed),
        created: data.get("iat").and_then(time::seconds),
        ..Facts::default()
    },
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    cookie: Cookie {
        name: Some("token"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "KubeSphere gives a refresh token with each access token; end all keys of a user to log him out.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let begin = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => memchr::memmem::find(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    let start = key::rfind(key, TOKEN).filter(|at| *at > begin)? + TOKEN.len();
    let usual = memchr::memchr_iter(b'.', &key[start..]).count() == 2;
    (start < key.len()).then(|| Place::after(key, start, usual))
}

fn name<'b>(setup: &Setup, blob: &'b Blob<'_>) -> Option<&'b str> {
    let end = locate(setup, blob.key)?.id.start - TOKEN.len();
    let start = memchr::memmem::find(blob.key, b"user:").map(|at| at + 5).filter(|start| *start < end);
    let start = match setup.known_lead() {
        Some(lead) => lead.len(),
        None => start?,
    };
    std::str::from_utf8(blob.key.get(start..end)?).ok()
}
