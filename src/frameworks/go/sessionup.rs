//! swithek/sessionup with sessionup-redisstore.
//!
//! swithek/sessionup-redisstore store.go at 17be90b.

use crate::cookie;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, UserIndex, Verdict, Whose, blob, expire,
    key, time, user,
};
use crate::store::{IndexOp, Key, Kind, Op, Rewrite};
use crate::value::Value;

const WORD: &[u8] = b":session:";

pub const LAYOUT: Layout = Layout {
    name: "sessionup",
    about: "swithek/sessionup with sessionup-redisstore (Go)",
    family: "Go",
    page: "\
key      <prefix>:session:<id>, a hash; the colon is there without a prefix, too
value    fields id, user_key, created_at, expires_at, ip, agent_os, agent_browser, meta
expiry   the key's TTL, until expires_at; it does not slide. `expire` sets both and the index
user     user_key
cookie   of a name that the application gives = <id>, bare
index    <prefix>:user:<user_key>, a sorted set of whole keys by their end in nanoseconds
end      the key, and its member of the index
",
    keys: Keys { prefix: ":session:", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("user_key")],
    recognize,
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        Decoded::owned(VIA, Value::Map(members.collect()))
    },
    describe: |_, _, data| Facts {
        user: user::text(data.get("user_key")),
        created: time::iso_in(data.get("created_at")),
        ends: time::iso_in(data.get("expires_at")),
        ip: user::text(data.get("ip")),
        agent: user::text(data.get("agent_browser")),
        ..Facts::default()
    },
    whose: Whose::Own(|_, _, data| match data.get("user_key").and_then(Value::as_str) {
        Some("") => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("sessionup"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session| {
            let index = index(session);
            index
                .map(|key| Op::Index(IndexOp::SortedRemove { key, member: session.key.to_vec() }))
                .into_iter()
                .collect()
        },
        expire: |_, session, end| {
            let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
            let text = expire::iso(end);
            let date = Key(text.trim_matches('"').as_bytes().to_vec());
            let rewrite = Some(Rewrite::Fields(vec![(Key(b"expires_at".to_vec()), date)]));
            let mut then = Vec::new();
            if let Some(key) = index(session) {
                let score = end.saturating_mul(1_000_000);
                then.push(Op::Index(IndexOp::SortedScore {
                    key: key.clone(),
                    member: session.key.to_vec(),
                    score,
                }));
                then.push(Op::Outlive { key, at: Some(end) });
            }
            Ok(expire::Expiring { at: expire::at(Some(end)), rewrite, then })
        },
        user_index: Some(UserIndex {
            key: |setup, user| {
                let lead = (setup.layout.keys.lead)(setup);
                Some([lead.strip_suffix(WORD).unwrap_or_default(), b":user:", user.as_bytes()].concat())
            },
            sessions: |_, member| vec![member.to_vec()],
        }),
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, WORD)? + WORD.len(),
    };
    (start < key.len()).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in :session: and an id");
    };
    let fields = ["user_key", "created_at", "expires_at"];
    if blob.field("id") == Some(&blob.key[place.id]) && fields.iter().all(|name| blob.field(name).is_some()) {
        Verdict::Sure
    } else {
        Verdict::no("the hash lacks user_key, created_at or expires_at, or its id is not that of the key")
    }
}

/// The sorted set that a session of a user is in.
fn index(session: &Session<'_>) -> Option<Key> {
    let user = session.facts.user.as_deref()?;
    let before = session.before().strip_suffix(WORD)?;
    Some(Key([before, b":user:", user.as_bytes()].concat()))
}
