//! Auth.js and next-auth with the Upstash Redis adapter.

use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, UserIndex,
    Verdict, key, open_any, time, user,
};
use crate::store::Key;
use crate::store::Op;
use crate::value::Value;

const PREFIX: &str = "user:session:";
const BY_USER: &str = "by-user-id:";

pub const LAYOUT: Layout = Layout {
    name: "authjs-upstash",
    about: "Auth.js and next-auth with the Upstash Redis adapter (database sessions)",
    family: "Node.js",
    home: Some("https://authjs.dev/"),
    page: "\
key      <baseKeyPrefix>user:session:<token>, a string; each part is an option of the adapter
value    JSON of exactly sessionToken, userId and expires (ISO)
expiry   no TTL: `expires`, thirty days by default; what has ended stays until it is presented once
user     userId; name and e-mail are in user:<id>
cookie   authjs.session-token (v5) or next-auth.session-token (v4), `__Secure-` before it on https;
         the token itself
index    user:session:by-user-id:<userId>, text: the key of the user's latest session only
end      the key, and the index where it names this session (@auth/upstash-redis-adapter 2.11.3
         leaves it dangling)
beware   user:<id>, user:email:..., user:account:... under the same prefix are the accounts
",
    keys: Keys { prefix: PREFIX, lead, locate, ..Keys::PLAIN },
    marks: &[Mark::Member("sessionToken")],
    options: &[OptionSpec::new(
        "baseKeyPrefix",
        OptionKind::Text,
        "the adapter's baseKeyPrefix, before all keys; `prefix` holds it already",
    )],
    recognize,
    describe,
    cookie: Cookie {
        name: Some("authjs.session-token"),
        open: Some(|setup, given| {
            open_any(setup, &["next-auth.session-token"], |name| cookie::bare::open(given, name))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        // It names the latest session only; the scan finds the others.
        user_index: Some(UserIndex {
            key: |setup, user| {
                Some([&(setup.layout.keys.lead)(setup)[..], BY_USER.as_bytes(), user.as_bytes()].concat())
            },
            sessions: |setup, key| vec![[setup.key_prefix().as_bytes(), key].concat()],
        }),
        expire,
        caveats: &["Sessions with strategy `jwt` are in the cookie alone and cannot be ended here."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let prefix = match setup.text("prefix") {
        Some(prefix) => prefix.to_string(),
        None => format!("{}{PREFIX}", setup.text("baseKeyPrefix").unwrap_or("")),
    };
    [setup.key_prefix(), &prefix].concat().into_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let place = key::locate_by(setup, key, key::uuid_tail, key::is_uuid)?;
    let index = key[place.id.clone()].starts_with(BY_USER.as_bytes())
        || (setup.known_lead().is_none() && key[..place.id.start].ends_with(BY_USER.as_bytes()));
    (!index).then_some(place)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    let expected = ["sessionToken", "userId", "expires"];
    if let Some(name) = expected.into_iter().find(|name| blob.member(name).is_none()) {
        return Verdict::No(format!("it lacks the member `{name}`").into());
    }
    if members.len() != expected.len() {
        return Verdict::no("it has other members than sessionToken, userId and expires");
    }
    let token = blob.member("sessionToken").and_then(Value::as_str).unwrap_or_default().as_bytes();
    let fits = match setup.known_lead() {
        Some(lead) => blob.key.strip_prefix(lead) == Some(token),
        None => !token.is_empty() && blob.key.ends_with(token),
    };
    if fits { Verdict::Sure } else { Verdict::no("its sessionToken is not the end of the key") }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: data.get("userId").and_then(user::named),
        ends: data.get("expires").and_then(time::instant),
        ..Facts::default()
    }
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let rewrite = expire::member(session, &["expires"], &|old| expire::like(old, end))?;
    let rewrite = rewrite.ok_or("their member `expires` is not a time")?;
    Ok(Expiring { at: expire::at_if_any(session, Some(end)), rewrite: Some(rewrite), then: Vec::new() })
}

/// The index under the session's own prefix, and under the usual one where only that of sessions was
/// changed; each goes only where it names this session.
fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(user) = session.facts.user.as_deref() else { return Vec::new() };
    let client = setup.key_prefix();
    let own = session.key.strip_prefix(client.as_bytes()).unwrap_or(session.key);
    let usual = format!("{client}{}{PREFIX}", setup.text("baseKeyPrefix").unwrap_or(""));
    let token = session.data.and_then(Decoded::value).and_then(|data| data.get("sessionToken")?.as_str());
    let before = token.and_then(|token| session.key.strip_suffix(token.as_bytes()));
    let mut ops = Vec::new();
    for before in [before.unwrap_or(session.before()), usual.as_bytes()] {
        let key = Key([before, BY_USER.as_bytes(), user.as_bytes()].concat());
        let op = Op::UnlinkIfEquals(key, own.to_vec());
        if !ops.contains(&op) {
            ops.push(op);
        }
    }
    ops
}
