//! redis-sessions (smrchy/redis-sessions 3 and 4): a hash a session, with four indexes.

use crate::codec::json;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, blob, time, user,
};
use crate::store::{IndexOp, Kind, Op};
use crate::store::{Key, Rewrite};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "redis-sessions",
    about: "redis-sessions 3 and 4 (Node.js)",
    family: "Node.js",
    home: Some("https://github.com/smrchy/redis-sessions"),
    page: "\
key      <namespace>:<app>:<token>, a hash; namespace `rs` unless configured; the token is 55
         letters and digits without Z, then Z and the time of creation in base 36
value    fields id, r, w (counters), ip, la (last access, s), ttl (s); d (JSON) when there are data,
         no_resave=1 when the end does not slide
expiry   no TTL in Redis: the session has ended when la + ttl is past; a wiper in the application
         removes it within ten minutes
user     the field id
cookie   none of the library's own; the token is the bearer
index    <namespace>:<app>:us:<id> (set), <namespace>:<app>:_sessions and _users (sorted sets),
         <namespace>:SESSIONS (sorted set over all apps, scored by expiry)
end      the hash and its entries in all four, and a message to <namespace>:cache, where processes
         that cache sessions listen (index.js of 4.0.0: kill)
move     ttl is counted from la; the score in <namespace>:SESSIONS follows, and the cache is told
",
    keys: Keys { prefix: "rs:", prefix_option: "namespace", kind: Kind::Hash, lead, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("la")],
    options: &[OptionSpec::new(
        "namespace",
        OptionKind::Text,
        "the library's namespace, before the first colon",
    )],
    recognize,
    read,
    describe,
    ends: Ends {
        end,
        expire,
        caveats: &["A process with option cachetime serves a session from memory until it hears of its end."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let prefix = match (setup.text("prefix"), setup.text("namespace")) {
        (Some(prefix), None) => prefix.to_string(),
        (_, namespace) => format!("{}:", namespace.unwrap_or("rs")),
    };
    [setup.key_prefix(), &prefix].concat().into_bytes()
}

/// `<app>:<token>` after the namespace; the id is the token. The indexes hold no token there.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => 0,
    };
    let token = start + key::last_part(&key[start..]);
    let app_end = token.checked_sub(1).filter(|end| *end > start)?;
    let app = &key[start..app_end];
    // A namespace may hold colons, an app may not.
    let app = &app[key::last_part(app)..];
    let known = setup.known_lead().is_none() || app.len() == app_end - start;
    if !known || !(3..=20).contains(&app.len()) || !Alphabet::Base64Url.all(app) {
        return None;
    }
    let usual = created(&key[token..]).is_some();
    (token < key.len() && Alphabet::Alnum.all(&key[token..])).then(|| Place::after(key, token, usual))
}

/// The time at the end of a token.
fn created(token: &[u8]) -> Option<i64> {
    let (random, time) = (token.get(..55)?, token.get(55..)?.strip_prefix(b"Z")?);
    let plain = Alphabet::Alnum.all(random) && !random.contains(&b'Z');
    if !plain || !matches!(time.len(), 8 | 9) || !Alphabet::Lower.all(time) {
        return None;
    }
    i64::from_str_radix(std::str::from_utf8(time).ok()?, 36).ok()
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.fields().is_none() {
        return Verdict::no("the key is not a hash");
    }
    let lacking = ["id", "r", "w", "la", "ttl"].into_iter().find(|name| blob.field(name).is_none());
    if let Some(name) = lacking {
        return Verdict::No(format!("its hash lacks the field `{name}`").into());
    }
    let is_number = |name| blob.field(name).is_some_and(|text| !text.is_empty() && Alphabet::Digit.all(text));
    match ["r", "w", "la", "ttl"].into_iter().find(|name| !is_number(name)) {
        Some(name) => Verdict::No(format!("its field `{name}` is not a number").into()),
        None if created(&blob.key[key::last_part(blob.key)..]).is_none() => {
            Verdict::no("its key does not end in a token (55 characters, Z, time)")
        }
        None => Verdict::Sure,
    }
}

/// The hash with its counters and times as numbers and `d` decoded; what does not decode stays text, so
/// that the user and with it the entries in the indexes are known all the same.
fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return Decoded::failed("hash", blob.unreadable("hash")) };
    let mut members = Vec::with_capacity(fields.len());
    for (name, bytes) in fields {
        let value = match &name[..] {
            b"r" | b"w" | b"la" | b"ttl" | b"no_resave" => {
                json::decode(bytes, &blob.limits).ok().filter(|value| value.as_f64().is_some())
            }
            b"d" => json::decode(bytes, &blob.limits).ok(),
            _ => None,
        };
        members.push((String::from_utf8_lossy(name), value.unwrap_or_else(|| blob::plain(bytes))));
    }
    Decoded::owned("hash", Value::Map(members))
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let seconds = |name: &str| data.get(name).and_then(time::seconds);
    Facts {
        user: data.get("id").and_then(Value::scalar_text),
        created: created(&blob.key[key::last_part(blob.key)..]),
        seen: seconds("la"),
        ends: seconds("la").zip(seconds("ttl")).and_then(|(seen, life)| seen.checked_add(life)),
        ip: user::text(data.get("ip")),
        ..Facts::default()
    }
}

/// What precedes the app in this key.
fn namespace<'k>(session: &Session<'k>) -> Option<&'k [u8]> {
    let before = session.setup.before(session.key, session.id).strip_suffix(b":")?;
    Some(&before[..key::last_part(before)])
}

/// The index over all apps, and how it names this session.
fn in_shared_index(session: &Session<'_>, namespace: &[u8], user: &[u8]) -> (Key, Vec<u8>) {
    let of_app = &session.key[namespace.len()..];
    (Key([namespace, b"SESSIONS"].concat()), [of_app, b":", user].concat())
}

/// Tells processes that cache this session.
fn tell(setup: &Setup, session: &Session<'_>, namespace: &[u8]) -> Op {
    let without_client = namespace.strip_prefix(setup.key_prefix().as_bytes()).unwrap_or(namespace);
    Op::Index(IndexOp::Publish {
        channel: [without_client, b"cache"].concat(),
        message: session.key[namespace.len()..].to_vec(),
    })
}

fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    // Counted in seconds, from the last access on.
    let seconds = end.div_euclid(1000);
    let seen = session.facts.seen.ok_or(expire::UNREADABLE)?.div_euclid(1000);
    let mut then = Vec::new();
    if let (Some(user), Some(namespace)) = (session.facts.user.as_deref(), namespace(session)) {
        let (key, member) = in_shared_index(session, namespace, user.as_bytes());
        then.push(Op::Index(IndexOp::SortedScore { key, member, score: seconds }));
        then.push(tell(setup, session, namespace));
    }
    Ok(Expiring {
        at: expire::at_if_any(session, Some(end)),
        rewrite: Some(Rewrite::Fields(vec![(
            Key(b"ttl".to_vec()),
            Key(seconds.saturating_sub(seen).to_string().into_bytes()),
        )])),
        then,
    })
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let (before, token) = (session.before(), session.id);
    let Some(user) = session.facts.user.as_deref().map(str::as_bytes) else { return Vec::new() };
    let Some(namespace) = namespace(session) else { return Vec::new() };
    let key = |parts: &[&[u8]]| Key(parts.concat());
    let of_user = key(&[before, b"us:", user]);
    let (shared, shared_member) = in_shared_index(session, namespace, user);
    vec![
        Op::Index(IndexOp::SortedRemove {
            key: key(&[before, b"_sessions"]),
            member: [token, b":", user].concat(),
        }),
        Op::Index(IndexOp::SetRemove { key: of_user.clone(), member: token.to_vec() }),
        Op::Index(IndexOp::SortedRemove { key: shared, member: shared_member }),
        Op::Index(IndexOp::SortedRemoveWhenGone {
            key: key(&[before, b"_users"]),
            member: user.to_vec(),
            gone: of_user,
        }),
        tell(setup, session, namespace),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Setting;

    const TOKEN: &str = "q29BrMSNvwxJLSXGuyYWqJWQMx0T3UJxMD9nNuohGnWVHK2Q563L7HXZmwtpl7et";

    #[test]
    fn a_token_tells_when_it_was_made() {
        assert_eq!(created(TOKEN.as_bytes()), Some(1_795_465_143_749));
        assert_eq!(created(b"_sessions"), None);
        assert_eq!(created(TOKEN.to_uppercase().as_bytes()), None);
    }

    #[test]
    fn the_app_may_have_any_name_and_the_namespace_any_colon() {
        let free = Setup::free(&LAYOUT);
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("namespace", Setting::Text("a:b".into())).expect("it is an option");
        let key = format!("a:b:sessions:{TOKEN}");
        for setup in [&free, &named] {
            let place = locate(setup, key.as_bytes()).expect("a session's key");
            assert_eq!((&key[place.id], place.usual), (TOKEN, true));
        }
        for other in ["a:b:forum:_sessions", "a:b:forum:us:alice", "a:b:SESSIONS", "a:b:forum:_users"] {
            assert!(locate(&named, other.as_bytes()).is_none(), "{other}");
        }
        assert!(locate(&named, format!("a:b:c:forum:{TOKEN}").as_bytes()).is_none());
    }
}
