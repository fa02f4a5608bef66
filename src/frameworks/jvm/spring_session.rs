//! Spring Session with the default repository: a hash a session, and nothing next to it.

use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, UserIndex,
    Verdict, Whose, expire, key, time, user,
};
use crate::store::{IndexOp, Kind, Op, Raw};
use crate::store::{Key, Rewrite};
use crate::value::Value;
use std::borrow::Cow;

const NAMESPACE: &str = "spring:session";
const SESSIONS: &[u8] = b":sessions:";
const MINUTE: i64 = 60_000;
const CREATED: &str = "creationTime";
const SEEN: &str = "lastAccessedTime";
const INTERVAL: &str = "maxInactiveInterval";
const CONTEXT: &str = "sessionAttr:SPRING_SECURITY_CONTEXT";
const LONG_NAME: &str =
    "org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME";
const SHORT_NAME: &str = "PRINCIPAL_NAME_INDEX_NAME";

pub const LAYOUT: Layout = Layout {
    name: "spring-session",
    about: "Spring Session Data Redis, default repository, Java serialization",
    family: "JVM",
    home: Some("https://docs.spring.io/spring-session/reference/"),
    page: "\
key      <namespace>:sessions:<id>, a hash; namespace `spring:session` unless configured
         (spring.session.redis.namespace); the id is a UUID unless a SessionIdGenerator makes others
value    fields creationTime, lastAccessedTime (ms), maxInactiveInterval (s, negative: never) and
         sessionAttr:<attribute>, each serialized by itself: Java's serialization, or JSON with the
         layout spring-session-json. Both may sit in one hash after a migration; an attribute that
         was set to null is an empty field
expiry   lastAccessedTime + maxInactiveInterval, as the key's TTL and again at each read. `expire`
         sets the interval, as setMaxInactiveInterval would; with the next request it counts anew.
         A negative one cannot be set, since RedisSessionRepository then removes the key
user     the attribute PRINCIPAL_NAME_INDEX_NAME, otherwise the principal of
         SPRING_SECURITY_CONTEXT: a text, its username or name, or the claim of OpenID Connect that
         names the user; without such a context an attribute by convention (user, loginUser)
cookie   SESSION = base64 of the id, a jvmRoute after the id (DefaultCookieSerializer); in WebFlux
         the id itself
remains  a hash without creationTime, on which Spring fails: --expired finds and ends it
end      the hash (RedisSessionRepository, spring-session-data-redis 2.2 up to 4.1). A request that
         is under way finds it gone and fails with `Session was invalidated`
alike    spring-session-indexed and spring-session-reactive write the same hash: they are told by
         the other keys of their namespace
",
    keys: Keys {
        prefix: "spring:session:sessions:",
        prefix_option: "namespace",
        kind: Kind::Hash,
        lead,
        locate,
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(":sessions:")],
    options: OPTIONS,
    recognize: |setup, blob| match fields(blob) {
        Err(why) => why,
        Ok(()) if !setup.named && is_json(blob) => Verdict::no("its values are JSON: spring-session-json"),
        Ok(()) => Verdict::Sure,
    },
    read: |_, blob| jvm::hash(blob, |name, bytes| jvm::field_by(name, bytes, &blob.limits)),
    describe,
    whose: Whose::Own(nobody),
    cookie: Cookie {
        name: Some("SESSION"),
        open: Some(|setup, given| cookie::spring::open(given, setup.cookie_name(), setup.text("jvm_route"))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |setup, session| {
            // Where the namespace tells nothing, the indexes of the other repositories are looked after too.
            if setup.named { Vec::new() } else { [indexed(session), reactive(session)].concat() }
        },
        expire: |setup, session, end| {
            let end = end.ok_or(jvm::NO_NEVER)?;
            let (ends, rewrite) = interval(session, Some(end))?;
            let mut then = Vec::new();
            if !setup.named {
                // As with the end: without effect where there is no other repository's key.
                then = expire_indexed(setup, session, Some(end))?.then;
                then.retain(|op| !matches!(op, Op::OnlyWhile(_)));
            }
            Ok(expire::Expiring { at: expire::at(ends), rewrite: Some(rewrite), then })
        },
        caveats: CAVEATS,
        ..Ends::PLAIN
    },
    extra: Extra {
        remains: Some(remains),
        broken: |_, blob, _| jvm::broken_field(blob, |_| true),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

pub const JSON: Layout = Layout {
    name: "spring-session-json",
    about: "Spring Session Data Redis, default repository, JSON",
    home: Some("https://docs.spring.io/spring-session/reference/"),
    page: "\
key      as spring-session
value    as spring-session, each field JSON: GenericJackson2JsonRedisSerializer or, since Spring
         Data 4, GenericJacksonJsonRedisSerializer as springSessionDefaultRedisSerializer. Objects
         carry their class in @class, lists and typed numbers are pairs of class and value. What
         GenericFastJsonRedisSerializer writes is read, too: Set[...], 103L
expiry   as spring-session
user     as spring-session
cookie   as spring-session
end      the hash
alike    spring-session-indexed-json and spring-session-reactive: told by the other keys of their
         namespace
",
    recognize: |setup, blob| match fields(blob) {
        Err(why) => why,
        Ok(()) if !setup.named && !is_json(blob) => Verdict::no("its values are not JSON: spring-session"),
        Ok(()) => Verdict::Sure,
    },
    ..LAYOUT
};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("namespace", OptionKind::Text, "what precedes `:sessions:` in the keys"),
    OptionSpec::new(
        "jvm_route",
        OptionKind::Text,
        "the text after the id in the cookie, as it is configured",
    ),
];

pub(super) const CAVEATS: &[&str] = &[
    "Remember-me cookies and an OAuth 2 login at the provider log the visitor in again.",
    "A request in flight may leave a hash without creationTime, on which Spring fails once.",
];

fn lead(setup: &Setup) -> Vec<u8> {
    let lead = match (setup.text("prefix"), setup.text("namespace")) {
        (Some(prefix), None) => prefix.to_string(),
        (_, namespace) => format!("{}:sessions:", namespace.unwrap_or(NAMESPACE)),
    };
    [setup.key_prefix(), &lead].concat().into_bytes()
}

/// The id is what follows the last `:sessions:`; namespaces nest. The companions have names there too.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let last = key::rfind(key, SESSIONS).map(|at| at + SESSIONS.len());
    let start = match setup.known_lead() {
        Some(lead) => {
            let start = key.starts_with(lead).then_some(lead.len())?;
            // A longer namespace that begins like this one.
            last.is_none_or(|last| last <= start).then_some(start)?
        }
        None => last?,
    };
    let id = &key[start..];
    let companion = id.starts_with(b"expires:")
        || id.starts_with(b"index:")
        || id == b"expirations"
        || id.ends_with(b":idx");
    (!id.is_empty() && !companion).then(|| Place::after(key, start, key::is_uuid(id)))
}

/// Either serializer: the layout was named, or the namespace has told it.
pub(super) fn recognize_any(_: &Setup, blob: &Blob<'_>) -> Verdict {
    fields(blob).map_or_else(|why| why, |()| Verdict::Sure)
}

fn fields(blob: &Blob<'_>) -> Result<(), Verdict> {
    if blob.fields().is_none() {
        return Err(Verdict::no("the key is not a hash"));
    }
    match [CREATED, SEEN, INTERVAL].into_iter().find(|name| jvm::field_of(blob, name).is_none()) {
        Some(CREATED) => Err(Verdict::no("its hash lacks creationTime: what a late request left behind")),
        Some(name) => Err(Verdict::No(format!("its hash lacks the field `{name}`").into())),
        None => Ok(()),
    }
}

/// A request in flight writes what it changed of the hash back after the session's end; Spring
/// fails on it ("creationTime key must not be null").
fn remains(setup: &Setup, key: &[u8], raw: &Raw) -> Option<&'static str> {
    let Raw::Hash(fields) = raw else { return None };
    let place = locate(setup, key).filter(|place| setup.named || place.usual)?;
    let of_spring = |(name, _): &(Vec<u8>, Vec<u8>)| {
        let name = jvm::bare(name);
        *name == *SEEN.as_bytes() || *name == *INTERVAL.as_bytes() || name.starts_with(b"sessionAttr:")
    };
    let left = jvm::stored(fields, CREATED).is_none()
        && [SEEN, INTERVAL].iter().any(|name| jvm::stored(fields, name).is_some())
        && fields.iter().all(of_spring);
    (left && !place.id.is_empty()).then_some("its hash lacks creationTime: what a late request left behind")
}

/// Whether the values went through Jackson, by the first that every session has.
fn is_json(blob: &Blob<'_>) -> bool {
    jvm::field_of(blob, CREATED).is_some_and(|bytes| matches!(bytes.first(), Some(b'0'..=b'9' | b'[' | b'-')))
}

/// What the attributes say.
pub(super) fn nobody(_: &Setup, _: &Blob<'_>, data: &Value<'_>) -> Unnamed {
    let members = data.members().into_iter().flatten();
    jvm::unnamed(members.filter_map(|(name, value)| Some((name.strip_prefix("sessionAttr:")?, value))))
}

pub(super) fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let millis = |name: &str| data.get(name).map(jvm::unpaired).and_then(time::millis);
    let interval = data.get(INTERVAL).map(jvm::unpaired).and_then(time::seconds).filter(|life| *life >= 0);
    let context = data.get(CONTEXT);
    let named = |name: &str| user::text(data.get(&format!("sessionAttr:{name}")).map(jvm::unpaired));
    Facts {
        user: named(LONG_NAME)
            .or_else(|| named(SHORT_NAME))
            .or_else(|| context.and_then(jvm::security_context))
            .or_else(|| by_convention(data).filter(|_| context.is_none())),
        created: millis(CREATED),
        seen: millis(SEEN),
        ends: millis(SEEN).zip(interval).and_then(|(seen, life)| seen.checked_add(life)),
        ip: context.and_then(jvm::remote_address),
        ..Facts::default()
    }
}

/// Who is logged in where an application keeps its user in an attribute and does without Spring Security.
fn by_convention<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let attribute =
        |(name, value): &'v (Cow<'_, str>, Value<'_>)| Some((name.strip_prefix("sessionAttr:")?, value));
    let attributes = || data.members().into_iter().flatten().filter_map(attribute);
    jvm::CONVENTIONS.iter().find_map(|convention| {
        let mut found = attributes().filter(|(name, _)| name == convention);
        found.find_map(|(_, value)| jvm::principal(value))
    })
}

/// What precedes `:sessions:<id>`, without the colon.
fn namespace<'s>(session: &Session<'s>) -> &'s [u8] {
    let before = &session.key[..session.key.len() - session.id.len()];
    before.strip_suffix(SESSIONS).unwrap_or(before)
}

/// Every name that an index may have this session under: one that is set by the application wins over
/// that of the security context, and may have come later.
fn principals(session: &Session<'_>) -> Vec<String> {
    let context = session.data.and_then(Decoded::value).and_then(|data| data.get(CONTEXT));
    let mut names: Vec<String> = session.facts.user.iter().map(ToString::to_string).collect();
    if let Some(other) = context.and_then(jvm::security_context)
        && !names.iter().any(|name| *name == other)
    {
        names.push(other.into_owned());
    }
    names
}

/// What `RedisIndexedSessionRepository` keeps next to the hash (2.2 up to 4.1). The shadow key comes first:
/// its removal is the event on which a running application cleans up.
pub(super) fn indexed(session: &Session<'_>) -> Vec<Op> {
    const USUAL: i64 = 30 * MINUTE;
    let (namespace, id) = (namespace(session), session.id);
    let key = |parts: &[&[u8]]| Key([&[namespace], parts].concat().concat());
    let mut ops = vec![Op::Unlink(key(&[b":sessions:expires:", id]))];
    let members = jvm::serialized(id);
    for member in &members {
        ops.push(Op::Index(IndexOp::SortedRemove {
            key: key(&[b":sessions:expirations"]),
            member: member.clone(),
        }));
    }
    // A session that the framework has ended has no interval any more: it may have had the usual one. Where
    // the application sets another one, up to 3.3 the member stays in the minute of the usual one.
    let seen = session.facts.seen;
    let usual = seen.map(|seen| seen.saturating_add(USUAL)).filter(|end| session.facts.ends != Some(*end));
    let ends = session.facts.ends.or(seen).into_iter().chain(usual);
    for end in ends {
        let minute = minute(end);
        for minute in [minute, minute - 1, minute + 1] {
            let set = key(&[b":expirations:", (minute * MINUTE).to_string().as_bytes()]);
            for member in jvm::serialized(&[b"expires:", id].concat()) {
                ops.push(Op::Index(IndexOp::SetRemove { key: set.clone(), member }));
            }
        }
    }
    for user in principals(session) {
        let set = key(&[b":index:", LONG_NAME.as_bytes(), b":", user.as_bytes()]);
        for member in &members {
            ops.push(Op::Index(IndexOp::SetRemove { key: set.clone(), member: member.clone() }));
        }
    }
    ops
}

/// How long (ms) a hash outlives its session, so that a running application can read it when it is
/// told of the end.
const GRACE: i64 = 300_000;

/// The hash with an interval after which the session ends at that time or never; with the end that it
/// then has, in whole seconds after the last access.
fn interval(session: &Session<'_>, end: Option<i64>) -> Result<(Option<i64>, Rewrite), &'static str> {
    let seen = session.facts.seen.ok_or(expire::UNREADABLE)?;
    if session.facts.ends == Some(seen) {
        return Err(jvm::OVER);
    }
    let seconds = end.map(|end| jvm::idle(session, end)).transpose()?;
    let field = jvm::renumber(session, INTERVAL, seconds.unwrap_or(-1))?;
    Ok((seconds.map(|seconds| seen.saturating_add(seconds * 1000)), Rewrite::Fields(vec![field])))
}

/// The end of a session with a shadow key, whose own key outlives it.
fn shadowed(session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let (ends, rewrite) = interval(session, end)?;
    let (namespace, id) = (namespace(session), session.id);
    let shadow = Key([namespace, b":sessions:expires:", id].concat());
    // Once the shadow key is gone, the application is told and takes the indexes apart.
    let over = session.expired().then(|| Op::OnlyWhile(shadow.clone()));
    let mut then: Vec<Op> = over.into_iter().chain([Op::EndAt { key: shadow, at: ends }]).collect();
    for member in jvm::serialized(id) {
        let key = Key([namespace, b":sessions:expirations"].concat());
        then.push(match ends {
            Some(score) => Op::Index(IndexOp::SortedScore { key, member, score }),
            None => Op::Index(IndexOp::SortedRemove { key, member }),
        });
    }
    let at = expire::at(ends.map(|end| end.saturating_add(GRACE)));
    Ok(expire::Expiring { at, rewrite: Some(rewrite), then })
}

/// As [`shadowed`], and the session moves to the minute in which it ends now.
pub(super) fn expire_indexed(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let mut moved = shadowed(session, end)?;
    let namespace = namespace(session);
    let set =
        |minute: i64| Key([namespace, b":expirations:", (minute * MINUTE).to_string().as_bytes()].concat());
    let ends = match moved.at {
        crate::store::Expiry::At(at) => Some(at - GRACE),
        _ => None,
    };
    let Some(before) = session.facts.ends.map(minute) else { return Ok(moved) };
    let now = ends.map(minute);
    for old in [before, before - 1, before + 1].into_iter().filter(|old| Some(*old) != now) {
        for member in jvm::serialized(&[b"expires:", session.id].concat()) {
            moved.then.push(match (now, ends) {
                (Some(now), Some(ends)) => Op::Index(IndexOp::SetMove {
                    key: set(old),
                    to: set(now),
                    member,
                    at: ends.saturating_add(GRACE),
                }),
                _ => Op::Index(IndexOp::SetRemove { key: set(old), member }),
            });
        }
    }
    Ok(moved)
}

/// The reactive repository has no sets of minutes.
pub(super) fn expire_reactive(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    shadowed(session, end)
}

/// The minute whose set a session is in that ends at that time: rounded up to the next full one; a
/// whole minute goes to the one that follows.
fn minute(end: i64) -> i64 {
    end.div_euclid(MINUTE) + 1
}

/// The set of a user's sessions of the indexed repository.
pub(super) const BY_USER: UserIndex =
    UserIndex { key: |setup, user| user_set(setup, &["index:", LONG_NAME, ":", user]), sessions: named_by };

/// The same of the reactive one, whose indexes are among the sessions.
pub(super) const BY_USER_REACTIVE: UserIndex = UserIndex {
    key: |setup, user| user_set(setup, &["sessions:index:", SHORT_NAME, ":", user]),
    sessions: named_by,
};

fn user_set(setup: &Setup, rest: &[&str]) -> Option<Vec<u8>> {
    let lead = lead(setup);
    let namespace = lead.strip_suffix(b"sessions:")?;
    Some([namespace, rest.concat().as_bytes()].concat())
}

/// The key of the session that a member of an index names.
fn named_by(setup: &Setup, member: &[u8]) -> Vec<Vec<u8>> {
    let id = crate::codec::text_of(member).filter(|id| std::str::from_utf8(id).is_ok());
    id.map(|id| [lead(setup), id].concat()).into_iter().collect()
}

/// What `ReactiveRedisIndexedSessionRepository` keeps next to the hash (3.3 up to 4.1).
pub(super) fn reactive(session: &Session<'_>) -> Vec<Op> {
    let (namespace, id) = (namespace(session), session.id);
    let key = |parts: &[&[u8]]| Key([&[namespace], parts].concat().concat());
    let mut ops =
        vec![Op::Unlink(key(&[b":sessions:expires:", id])), Op::Unlink(key(&[SESSIONS, id, b":idx"]))];
    for member in jvm::serialized(id) {
        ops.push(Op::Index(IndexOp::SortedRemove {
            key: key(&[b":sessions:expirations"]),
            member: member.clone(),
        }));
        // The application may have indexes of its own.
        ops.push(Op::Index(IndexOp::SetRemoveListed {
            key: key(&[SESSIONS, id, b":idx"]),
            begins: key(&[b":sessions:index:"]).0,
            member: member.clone(),
        }));
        for user in principals(session) {
            let set = key(&[b":sessions:index:", SHORT_NAME.as_bytes(), b":", user.as_bytes()]);
            ops.push(Op::Index(IndexOp::SetRemove { key: set, member: member.clone() }));
        }
    }
    ops
}

/// The namespace of a session's key.
pub(super) fn namespace_of(key: &[u8]) -> Option<&[u8]> {
    key::rfind(key, SESSIONS).map(|at| &key[..at])
}

/// The namespace that a key of the indexed repository gives away; the reactive one has the first two
/// kinds as well.
pub(super) fn indexed_evidence(key: &[u8], kind: Kind) -> Option<&[u8]> {
    match kind {
        Kind::String => before_last(key, b":sessions:expires:"),
        Kind::SortedSet => key.strip_suffix(b":sessions:expirations"),
        Kind::Set => before_first(key, b":index:org.springframework.session.").or_else(|| {
            let namespace = before_last(key, b":expirations:")?;
            let minute = &key[namespace.len() + b":expirations:".len()..];
            minute.iter().all(u8::is_ascii_digit).then_some(namespace)
        }),
        _ => None,
    }
}

/// The namespace that a key of the reactive repository gives away.
pub(super) fn reactive_evidence(key: &[u8], kind: Kind) -> Option<&[u8]> {
    if kind != Kind::Set {
        return None;
    }
    before_first(key, b":sessions:index:").or_else(|| before_last(key.strip_suffix(b":idx")?, SESSIONS))
}

fn before_last<'k>(key: &'k [u8], word: &[u8]) -> Option<&'k [u8]> {
    key::rfind(key, word).map(|at| &key[..at])
}

/// What follows is a user's name, which may hold anything.
fn before_first<'k>(key: &'k [u8], word: &[u8]) -> Option<&'k [u8]> {
    memchr::memmem::find(key, word).map(|at| &key[..at])
}

/// The keys among which those would be that give a session's repository away.
pub(super) fn companions(ops: &[Op]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for key in ops.iter().filter_map(Op::key) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Setting;

    #[test]
    fn the_namespace_ends_before_the_last_sessions() {
        let free = Setup::free(&LAYOUT);
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("namespace", Setting::Text("shop".into())).expect("it is an option");
        for (key, of_all, of_shop) in [
            ("shop:sessions:i", Some("i"), Some("i")),
            ("shop2:sessions:i", Some("i"), None),
            ("shop:prod:sessions:i", Some("i"), None),
            ("shop:sessions:x:sessions:i", Some("i"), None),
            ("shop:sessions:expires:i", None, None),
            ("shop:sessions:expirations", None, None),
            ("shop:sessions:i:idx", None, None),
            ("shop:sessions:index:PRINCIPAL_NAME_INDEX_NAME:i", None, None),
            ("shop:sessions:", None, None),
            ("sessions:i", None, None),
        ] {
            for (setup, id) in [(&free, of_all), (&named, of_shop)] {
                let place = locate(setup, key.as_bytes());
                assert_eq!(place.map(|place| &key[place.id]), id, "{key}");
            }
        }
    }

    #[test]
    fn the_index_of_a_user_leads_to_the_sessions() {
        let mut named = Setup::named(&LAYOUT, []).expect("no options");
        named.set("namespace", Setting::Text("shop".into())).expect("it is an option");
        let key = (BY_USER.key)(&named, "a:b").expect("a key");
        assert_eq!(indexed_evidence(&key, Kind::Set), Some(&b"shop"[..]));
        assert!(key.ends_with(b"PRINCIPAL_NAME_INDEX_NAME:a:b"));
        let key = (BY_USER_REACTIVE.key)(&named, "a").expect("a key");
        assert_eq!(key, b"shop:sessions:index:PRINCIPAL_NAME_INDEX_NAME:a");
        for member in [&b"\xac\xed\0\x05t\0\x02id"[..], b"\"id\"", b"id"] {
            assert_eq!((BY_USER.sessions)(&named, member), [b"shop:sessions:id"]);
        }
        assert_eq!((BY_USER.sessions)(&named, b"7"), [b"shop:sessions:7"]);
        assert!((BY_USER.sessions)(&named, b"\xff").is_empty());
    }

    #[test]
    fn the_other_keys_give_the_repository_away() {
        let table = [
            ("a:b:sessions:expires:i", Kind::String, Some("a:b"), None),
            ("a:b:sessions:expirations", Kind::SortedSet, Some("a:b"), None),
            ("a:b:expirations:1795495560000", Kind::Set, Some("a:b"), None),
            ("a:b:expirations:soon", Kind::Set, None, None),
            (
                "a:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:x:sessions:i",
                Kind::Set,
                Some("a"),
                None,
            ),
            (
                "a:sessions:index:PRINCIPAL_NAME_INDEX_NAME:u:expirations:1",
                Kind::Set,
                Some("a:sessions:index:PRINCIPAL_NAME_INDEX_NAME:u"),
                Some("a"),
            ),
            ("a:sessions:i:idx", Kind::Set, None, Some("a")),
            ("a:sessions:i", Kind::Hash, None, None),
            ("a:sessions:i:idx", Kind::String, None, None),
        ];
        for (key, kind, by_indexed, by_reactive) in table {
            let key = key.as_bytes();
            assert_eq!(indexed_evidence(key, kind), by_indexed.map(str::as_bytes));
            assert_eq!(reactive_evidence(key, kind), by_reactive.map(str::as_bytes));
        }
    }
}
