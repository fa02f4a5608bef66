//! Overleaf: connect-redis with an index of its own.

use crate::frameworks::node::connect_redis;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Ends, Evidence, Layout, Setup, Twin, UserIndex, Whose, expire, time, user, whose,
};
use crate::store::Key;
use crate::store::{IndexOp, Kind, Op};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "overleaf",
    about: "Overleaf (connect-redis with its own index of a user's sessions)",
    home: Some("https://github.com/overleaf/overleaf"),
    page: "\
key      <prefix><sid>, a string; prefix `sess:`; sid 32 base64url characters
value    as connect-redis, with validationToken = v1:<last four characters of the sid>; a value
         copied under another id is refused
expiry   the key's TTL, five days by default
user     _id of passport.user, or of user (older)
cookie   overleaf.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
index    set UserSessions:{<_id>} (the braces are part of the key) of whole keys, with a TTL
end      the key and its member in the set (Overleaf web, UserSessionsManager). A late write does
         not bring a session back: the store writes existing keys only
alike    connect-redis: it is Overleaf's by validationToken or by a set UserSessions:{...} beside it
",
    marks: &[],
    describe,
    whose: Whose::Own(|_, _, data| whose::bag(Some(data))),
    cookie: Cookie { name: Some("overleaf.sid"), ..connect_redis::LAYOUT.cookie },
    ends: Ends {
        end: |_, session| entries(session),
        user_index: Some(UserIndex {
            key: |setup, user| Some(format!("{}UserSessions:{{{user}}}", setup.key_prefix()).into_bytes()),
            sessions: |setup, member| vec![[setup.key_prefix().as_bytes(), member].concat()],
        }),
        expire: |setup, session, end| {
            let moved = expire::by_key(setup, session, end)?;
            Ok(expire::Expiring { then: outlive(session, end), ..moved })
        },
        caveats: &["Open editors keep their websocket until they reconnect."],
        ..connect_redis::LAYOUT.ends
    },
    evidence: Evidence::Twin(Twin {
        of: "connect-redis",
        kind: Kind::Set,
        is_index,
        index_of: |user| Some(format!("UserSessions:{{{user}}}").into_bytes()),
        sure: |blob| {
            blob.member("validationToken")
                .and_then(Value::as_str)
                .is_some_and(|token| token.starts_with("v1:"))
        },
    }),
    ..connect_redis::LAYOUT
};

/// `UserSessions:{<_id>}`, also after a prefix of the Redis client.
fn is_index(key: &[u8]) -> bool {
    const NAME: &[u8] = b"UserSessions:{";
    let found = memchr::memmem::find(key, NAME);
    found.is_some_and(|at| {
        let alone = at == 0 || !key[at - 1].is_ascii_alphanumeric();
        alone && key.len() > at + NAME.len() + 1 && key.ends_with(b"}")
    })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let by_passport = data.get("passport").and_then(|passport| passport.get("user"));
    let users = [by_passport, data.get("user")];
    let known =
        |user: &'b Value<'b>| user.get("_id").and_then(Value::scalar_text).or_else(|| user::named(user));
    let member = |name: &str| users.iter().flatten().find_map(|user| user.get(name));
    Facts {
        user: users.iter().flatten().find_map(|user| known(user)),
        created: time::iso_in(member("session_created")),
        ip: user::text(member("ip_address")),
        agent: user::agent(data),
        ..Facts::default()
    }
}

/// The entries that name a session in Overleaf's index: the member is the key as the store knows it,
/// without the Redis client's own prefix, which stands before the index's key as well.
pub fn entries(session: &Session<'_>) -> Vec<Op> {
    let Some(user) = session.facts.user.as_deref() else { return Vec::new() };
    let remove = |client: &[u8]| {
        Op::Index(IndexOp::SetRemove {
            key: Key([client, format!("UserSessions:{{{user}}}").as_bytes()].concat()),
            member: session.key[client.len()..].to_vec(),
        })
    };
    let client = session.setup.key_prefix().as_bytes();
    let client = if session.key.starts_with(client) { client } else { b"" };
    let mut ops = vec![remove(client)];
    if !session.setup.named && client.is_empty() {
        // What precedes the usual prefix may be the client's.
        let before = session.before();
        if let Some(client) = before.strip_suffix(b"sess:").filter(|client| !client.is_empty()) {
            ops.push(remove(client));
        }
    }
    ops
}

/// The index lives as long as the longest of its sessions.
pub fn outlive(session: &Session<'_>, end: Option<i64>) -> Vec<Op> {
    let keys = entries(session).into_iter().filter_map(|op| op.key().cloned());
    keys.map(|key| Op::Outlive { key, at: end }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_known_by_its_braces() {
        for key in ["UserSessions:{5f0c}", "ol:UserSessions:{5f0c}"] {
            assert!(is_index(key.as_bytes()), "{key}");
        }
        for key in ["UserSessions:{}", "UserSessions:5f0c", "MyUserSessions:{5f0c}", "UserSessions:{5f0c}:x"]
        {
            assert!(!is_index(key.as_bytes()), "{key}");
        }
    }
}
