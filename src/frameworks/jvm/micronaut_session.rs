//! Micronaut's session in Redis.

use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    blob, expire, key, time, whose,
};
use crate::store::Key;
use crate::store::{IndexOp, Kind, Op};
use crate::value::Value;

const NAMESPACE: &str = "micronaut:session:";
const SESSIONS: &[u8] = b"sessions:";
const ACTIVE: &str = "active-sessions";

pub const LAYOUT: Layout = Layout {
    name: "micronaut-session",
    about: "Micronaut session with Redis (micronaut-redis 6)",
    family: "JVM",
    home: Some("https://docs.micronaut.io/"),
    page: "\
key      <namespace>sessions:<id>, a hash; namespace `micronaut:session:`, with its colon
         (micronaut.session.http.redis.namespace)
value    fields Creation-Time, Last-Accessed (ms), Max-Inactive-Interval (s), as plain text, and
         attr:<attribute>, serialized by Java unless an ObjectSerializer is configured
expiry   the TTL of <namespace>expiry:<id>; the hash outlives it by 300 s. `expire` sets the
         interval in the hash, the TTL of both keys and the score; a request counts it anew
user     the name of attr:micronaut.AUTHENTICATION
cookie   SESSION = base64 of the id; also the header Authorization-Info
index    sorted set micronaut:session:active-sessions of ids, by expiry. Its name does not follow
         the namespace, but has an option of its own
end      expiry key, entry and hash (RedisSessionStore of micronaut-redis 6). The framework itself
         leaves the hash for 300 s with Max-Inactive-Interval 0: such a session is over
",
    keys: Keys {
        prefix: "micronaut:session:sessions:",
        prefix_option: "namespace",
        kind: Kind::Hash,
        lead,
        locate,
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("Creation-Time")],
    options: &[
        OptionSpec::new("namespace", OptionKind::Text, "what precedes `sessions:`, with its colon"),
        OptionSpec::new(
            "active_sessions_key",
            OptionKind::Text,
            "the sorted set of all sessions, micronaut:session:active-sessions by default",
        ),
    ],
    recognize: |_, blob| {
        if blob.fields().is_none() {
            return Verdict::no("the key is not a hash");
        }
        let lacking = ["Creation-Time", "Last-Accessed", "Max-Inactive-Interval"]
            .into_iter()
            .find(|name| blob.field(name).is_none());
        match lacking {
            Some(name) => Verdict::No(format!("its hash lacks the field `{name}`").into()),
            None => Verdict::Sure,
        }
    },
    read: |_, blob| {
        jvm::hash(blob, |name, bytes| {
            if name.starts_with(b"attr:") {
                jvm::field_by(name, bytes, &blob.limits)
            } else {
                (blob::plain(bytes), "")
            }
        })
    },
    describe,
    whose: Whose::Own(|_, _, data| {
        let login = data.get("attr:micronaut.AUTHENTICATION");
        if login.is_some_and(|login| !whose::is_empty(jvm::unpaired(login))) {
            return Unnamed::Unknown;
        }
        let members = data.members().into_iter().flatten();
        jvm::unnamed(members.filter_map(|(name, value)| Some((name.strip_prefix("attr:")?, value))))
    }),
    cookie: Cookie {
        name: Some("SESSION"),
        open: Some(|setup, given| cookie::spring::open(given, setup.cookie_name(), None)),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        expire,
        caveats: &["A request in flight writes a part of the session back, with its expiry key and entry."],
        ..Ends::PLAIN
    },
    extra: Extra {
        broken: |_, blob, _| jvm::broken_field(blob, |name| name.starts_with(b"attr:")),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let lead = match (setup.text("prefix"), setup.text("namespace")) {
        (Some(prefix), None) => prefix.to_string(),
        (_, namespace) => format!("{}sessions:", namespace.unwrap_or(NAMESPACE)),
    };
    [setup.key_prefix(), &lead].concat().into_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, SESSIONS)? + SESSIONS.len(),
    };
    (start < key.len()).then(|| Place::after(key, start, key::is_uuid(&key[start..])))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let seen = data.get("Last-Accessed").and_then(time::millis);
    let life = data.get("Max-Inactive-Interval").and_then(time::seconds).filter(|life| *life >= 0);
    Facts {
        user: data.get("attr:micronaut.AUTHENTICATION").and_then(|login| {
            let login = jvm::unpaired(login);
            login.scalar_text().or_else(|| jvm::first(login, &["name", "username"]))
        }),
        created: data.get("Creation-Time").and_then(time::millis),
        seen,
        ends: seen.zip(life).and_then(|(seen, life)| seen.checked_add(life)),
        ..Facts::default()
    }
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(namespace) = session.before().strip_suffix(SESSIONS) else { return Vec::new() };
    let mut ops = vec![Op::Unlink(Key([namespace, b"expiry:", session.id].concat()))];
    let sets = active_sets(setup, namespace).into_iter();
    ops.extend(sets.map(|key| Op::Index(IndexOp::SortedRemove { key, member: session.id.to_vec() })));
    ops
}

/// The repository's save sets key, expiry key and score by the interval (RedisSessionStore of
/// micronaut-redis 6); with a negative one it would remove them.
fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    const GRACE: i64 = 300_000;
    let end = end.ok_or(jvm::NO_NEVER)?;
    if session.facts.ends == session.facts.seen {
        return Err(jvm::OVER);
    }
    let seconds = jvm::idle(session, end)?;
    let field = jvm::renumber(session, "Max-Inactive-Interval", seconds)?;
    let ends = session.facts.seen.unwrap_or(end).saturating_add(seconds * 1000);
    let mut then = Vec::new();
    if let Some(namespace) = session.before().strip_suffix(SESSIONS) {
        let key = Key([namespace, b"expiry:", session.id].concat());
        // Without it the application has been told of the end.
        then.extend(session.expired().then(|| Op::OnlyWhile(key.clone())));
        then.push(Op::EndAt { key, at: Some(ends) });
        let sets = active_sets(setup, namespace).into_iter();
        then.extend(
            sets.map(|key| Op::Index(IndexOp::SortedScore { key, member: session.id.to_vec(), score: ends })),
        );
    }
    let at = crate::store::Expiry::At(ends.saturating_add(GRACE));
    Ok(expire::Expiring { at, rewrite: Some(crate::store::Rewrite::Fields(vec![field])), then })
}

/// The sorted sets that hold the ids of all sessions.
fn active_sets(setup: &Setup, namespace: &[u8]) -> Vec<Key> {
    let client = setup.key_prefix().as_bytes();
    let active =
        setup.text("active_sessions_key").map_or_else(|| [NAMESPACE, ACTIVE].concat(), str::to_string);
    let mut sets = vec![[client, active.as_bytes()].concat()];
    if setup.text("active_sessions_key").is_none() {
        sets.push([namespace, ACTIVE.as_bytes()].concat());
        // What precedes the usual namespace is the Redis client's.
        if let Some(client) = namespace.strip_suffix(NAMESPACE.as_bytes()) {
            sets.push([client, active.as_bytes()].concat());
        }
    }
    sets.sort_unstable();
    sets.dedup();
    sets.into_iter().map(Key).collect()
}
