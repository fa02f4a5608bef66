//! FastGPT's logins.
//!
//! labring/FastGPT packages/service/support/user/session.ts at 0f2f535.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, blob, time, user,
};
use crate::store::Kind;
use crate::value::Value;

const PREFIX: &str = "session:";
/// Characters of the id that is made for a login.
const MADE: usize = 32;

pub const LAYOUT: Layout = Layout {
    name: "fastgpt",
    about: "FastGPT",
    family: "Node.js",
    home: Some("https://github.com/labring/FastGPT"),
    page: "\
key      <keyPrefix>session:<userId>:<32 characters>, a hash; user and characters are the id
value    fields userId, teamId, tmbId, isRoot, createdAt (ms), ip, all of them texts
expiry   the key's TTL, 7 days from the login; not renewed
user     userId
cookie   fastgpt_token = <id>, bare
index    the key: session:<userId>:*
end      the one key. FastGPT itself matches session:<userId>* without a colon, and so ends the
         sessions of users whose ids begin alike as well
",
    keys: Keys { prefix: PREFIX, kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("tmbId")],
    recognize,
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        Decoded::owned(VIA, Value::Map(members.collect()))
    },
    describe: |_, _, data| {
        let created = data.get("createdAt").and_then(Value::as_str).and_then(|text| text.parse().ok());
        Facts {
            user: user::text(data.get("userId")),
            created: created.and_then(|ms: i64| time::millis(&Value::Int(ms))),
            ip: user::text(data.get("ip")),
            ..Facts::default()
        }
    },
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    cookie: Cookie {
        name: Some("fastgpt_token"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &["API keys of FastGPT are in its database and go on."], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_made(id: &[u8]) -> bool {
    key::is_exactly(id, MADE, Alphabet::Base64Url)
}

/// The id is what makes the key: the user, and what was made for the login.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    let colon = start + memchr::memrchr(b':', &key[start..])?;
    (colon > start && is_made(&key[colon + 1..])).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key is not session:<userId>:<32 characters>");
    };
    let id = &blob.key[place.id];
    let user = &id[..id.len() - MADE - 1];
    match (blob.field("userId"), blob.field("tmbId")) {
        (Some(own), Some(_)) if own == user => Verdict::Sure,
        (Some(_), Some(_)) => Verdict::no("its userId is not that of the key"),
        _ => Verdict::no("the hash lacks userId or tmbId"),
    }
}
