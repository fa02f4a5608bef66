//! NodeBB: connect-redis with an index of its own.

use crate::frameworks::node::connect_redis;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Evidence, Layout, Setup, Twin, UserIndex, Whose, expire, time, user, whose,
};
use crate::store::Key;
use crate::store::{IndexOp, Kind, Op};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "nodebb",
    about: "NodeBB 4 (connect-redis with its own index of a user's sessions)",
    home: Some("https://github.com/NodeBB/NodeBB"),
    page: "\
key      <prefix><sid>, a string; prefix `sess:`; sid 32 base64url characters
value    as connect-redis; a login adds passport.user (the uid) and meta {ip, uuid, datetime,
         platform, browser, version}
expiry   the key's TTL
user     passport.user, a positive integer; guests and spiders have none
cookie   express.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
index    sorted set uid:<uid>:sessions of sids, scored by the time of login; before 3.8.3 also hash
         uid:<uid>:sessionUUID:sessionId from meta.uuid to sid
end      the key and the entry in the index (NodeBB src/user/auth.js)
alike    connect-redis: it is NodeBB's where the database holds a sorted set uid:<n>:sessions
beware   the same database may be the whole forum (user:<uid>, objects, users:*)
",
    marks: &[],
    describe,
    whose: Whose::Own(|_, _, data| match user::passport(data) {
        // Guests and spiders.
        Some(_) => Unnamed::Nobody,
        None => whose::bag(Some(data)),
    }),
    cookie: Cookie { name: Some("express.sid"), ..connect_redis::LAYOUT.cookie },
    ends: Ends {
        end: |_, session| entries(session),
        user_index: Some(UserIndex {
            key: |setup, user| {
                is_uid(user).then(|| format!("{}uid:{user}:sessions", setup.key_prefix()).into_bytes())
            },
            sessions: |setup, sid| vec![(setup.layout.keys.key_of)(setup, sid)],
        }),
        expire: expire::by_key,
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED, "API tokens of the forum are not sessions and go on."],
        ..connect_redis::LAYOUT.ends
    },
    evidence: Evidence::Twin(Twin {
        of: "connect-redis",
        kind: Kind::SortedSet,
        is_index,
        index_of: |user| is_uid(user).then(|| format!("uid:{user}:sessions").into_bytes()),
        sure: |_| false,
    }),
    ..connect_redis::LAYOUT
};

fn is_uid(user: &str) -> bool {
    !user.starts_with('0') && !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_index(key: &[u8]) -> bool {
    let uid = key.strip_prefix(b"uid:").and_then(|rest| rest.strip_suffix(b":sessions"));
    uid.is_some_and(|uid| std::str::from_utf8(uid).is_ok_and(is_uid))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let meta = data.get("meta");
    let member = |name| meta.and_then(|meta| meta.get(name));
    Facts {
        user: user::passport(data).filter(|user| user != "0" && !user.starts_with('-')),
        created: member("datetime").and_then(time::millis),
        ip: user::text(member("ip")),
        agent: user::text(member("browser")),
        ..Facts::default()
    }
}

/// The entries that name a session in NodeBB's indexes.
pub fn entries(session: &Session<'_>) -> Vec<Op> {
    let Some(user) = session.facts.user.as_deref().filter(|user| is_uid(user)) else { return Vec::new() };
    let before = session.setup.key_prefix();
    let mut ops = vec![Op::Index(IndexOp::SortedRemove {
        key: Key(format!("{before}uid:{user}:sessions").into_bytes()),
        member: session.id.to_vec(),
    })];
    let data = session.data.and_then(Decoded::value);
    if let Some(uuid) = data.and_then(|data| data.get("meta")?.get("uuid")?.as_str()) {
        ops.push(Op::Index(IndexOp::HashRemove {
            key: Key(format!("{before}uid:{user}:sessionUUID:sessionId").into_bytes()),
            field: uuid.as_bytes().to_vec(),
        }));
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_users_list_of_sessions_is_the_index() {
        assert!(is_index(b"uid:1:sessions"));
        for key in
            ["uid::sessions", "uid:0:sessions", "uid:a:sessions", "uid:1:sessions:x", "xuid:1:sessions"]
        {
            assert!(!is_index(key.as_bytes()), "{key}");
        }
    }
}
