//! tomcat-redis-session-manager: Tomcat's session, object by object, in one Java stream.

use crate::codec::java::{self, Root, Show, Stream};
use crate::codec::{DecodeError, Limits};
use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, expire, time, user, whose,
};
use crate::store::Raw;
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "tomcat-redis-session-manager",
    about: "tomcat-redis-session-manager 1.2, 2.0 and its forks (Tomcat 6 to 9)",
    family: "JVM",
    home: Some("https://github.com/jcoleman/tomcat-redis-session-manager"),
    page: "\
key      <id>, a string, no prefix (forks have one); the id is 32 upper-case hex digits, with the
         jvmRoute after a dot
value    one Java stream of many objects: SessionSerializationMetadata (not in 1.x), then what
         StandardSession.writeObjectData of Tomcat writes: times, interval, flags, id, in Tomcat 9
         authType and principal, the attributes. The text `null` holds the place of a new session
expiry   maxInactiveInterval as the key's TTL, anew at the end of each request (there that of the
         manager's configuration). `expire` sets the session's own interval and the TTL
user     the principal's name; otherwise an attribute by convention, or SPRING_SECURITY_CONTEXT
cookie   JSESSIONID = the key
end      the key. A request in flight writes the session back at its end
beware   the manager's own clear() is FLUSHDB, and its size() is that of the database
",
    keys: Keys {
        locate: |setup, key| key::locate_by(setup, key, tail, |id| tail(id) == Some(0)),
        ..Keys::PLAIN
    },
    marks: &[Mark::Magic(java::HEADER)],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        if ["principal", "authType"]
            .iter()
            .any(|name| data.get(name).is_some_and(|value| !whose::is_empty(value)))
        {
            return Unnamed::Unknown;
        }
        let attributes = data.get("attributes").and_then(Value::members).into_iter().flatten();
        jvm::unnamed(attributes.map(|(name, value)| (&**name, value)))
    }),
    cookie: Cookie {
        name: Some("JSESSIONID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { expire, caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// 32 upper-case hex digits at the end, with a route or without.
fn tail(key: &[u8]) -> Option<usize> {
    let route = memchr::memrchr(b'.', key).filter(|dot| Alphabet::Base64Url.all(&key[dot + 1..]));
    let end = route.unwrap_or(key.len());
    let start = end.checked_sub(32)?;
    let alone = start == 0 || !key[start - 1].is_ascii_alphanumeric();
    let hex = key[start..end].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    (alone && hex).then_some(start)
}

/// The name of the class of the first object.
fn first_class(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(java::HEADER)?.strip_prefix(b"\x73\x72")?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(text) = blob.text() else { return Verdict::no("the key is not a string") };
    match first_class(text) {
        None => Verdict::no("the value is not a stream of Java objects"),
        Some(class) if class.ends_with(b".SessionSerializationMetadata") => Verdict::Sure,
        // Without the metadata the order of what follows has to tell.
        Some(b"java.lang.Long") if head(blob).is_some() => Verdict::Sure,
        Some(class) => {
            Verdict::No(format!("its first object is a {}", String::from_utf8_lossy(class)).into())
        }
    }
}

/// Whether the stream begins as one without metadata does.
fn head(blob: &Blob<'_>) -> Option<()> {
    let stream = Stream::read(blob.text()?, &blob.limits);
    let mut show = Show::new(&stream, &blob.limits);
    let mut next = stream.roots.iter().map(|root| show.value(root.item, ""));
    let mut take = || next.next()?.ok();
    let two_longs = matches!((take()?, take()?), (Value::Int(_), Value::Int(_)));
    let interval = matches!(take()?, Value::Int(_));
    let flags = matches!((take()?, take()?), (Value::Bool(_), Value::Bool(_)));
    (two_longs && interval && flags && matches!((take()?, take()?), (Value::Int(_), Value::Text(_))))
        .then_some(())
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = blob.text() else { return Decoded::failed("java", blob.unreadable("java")) };
    let stream = Stream::read(text, &blob.limits);
    match members(&stream, &blob.limits) {
        Some(members) => Decoded::owned("java", Value::Map(members)),
        None => Decoded::failed(
            "java",
            match stream.failed {
                Some((error, _)) => error,
                None => DecodeError::new("java", 0, "the stream is not a session of Tomcat"),
            },
        ),
    }
}

/// What Tomcat wrote (`StandardSession.doWriteObject`, 6 to 9.0.70), as far as it can be read: one
/// attribute that cannot does not take the others with it.
fn members<'b>(stream: &Stream<'b>, limits: &Limits) -> Option<Vec<(Cow<'b, str>, Value<'b>)>> {
    let mut show = Show::new(stream, limits);
    let mut roots = stream.roots.iter().peekable();
    // Metadata is an object of a class of its own, and no number.
    let first = roots.peek()?;
    if !matches!(show.value(first.item, ""), Ok(Value::Int(_))) {
        roots.next();
    }
    let mut members = Vec::with_capacity(10);
    let mut value = |root: &Root<'b>, base: &str| {
        show.value(root.item, base).unwrap_or(Value::Bytes(Cow::Borrowed(root.bytes)))
    };
    for name in [
        "creationTime",
        "lastAccessedTime",
        "maxInactiveInterval",
        "isNew",
        "isValid",
        "thisAccessedTime",
        "id",
    ] {
        members.push((Cow::Borrowed(name), value(roots.next()?, &format!("/{name}"))));
    }
    // Up to Tomcat 8 the number of attributes follows at once.
    let counts =
        |root: &&Root<'b>| matches!(Show::new(stream, limits).value(root.item, ""), Ok(Value::Int(_)));
    let with_login = !roots.peek().is_some_and(counts);
    for name in ["authType", "principal"] {
        let login = if with_login { roots.next().map(|root| value(root, &format!("/{name}"))) } else { None };
        members.push((Cow::Borrowed(name), login.unwrap_or(Value::Null)));
    }
    let count = match roots.next().map(|root| value(root, "")) {
        Some(Value::Int(count)) => usize::try_from(count).unwrap_or(0),
        _ => 0,
    };
    let mut attributes = Vec::new();
    while attributes.len() < count
        && let Some(Value::Text(name)) = roots.next().map(|root| value(root, ""))
    {
        let base = format!("/attributes{}", crate::frameworks::jvm::pointer(&name));
        let attribute = match roots.next() {
            Some(root) => value(root, &base),
            // The stream broke off in this one.
            None => match &stream.failed {
                Some((_, rest)) => Value::Bytes(Cow::Borrowed(rest)),
                None => break,
            },
        };
        attributes.push((name, attribute));
    }
    members.push((Cow::Borrowed("attributes"), Value::Map(attributes)));
    Some(members)
}

/// The interval is the third of the numbers that the stream begins with. One below 128 may be the same
/// object as the number of attributes, which then points at it.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    const SHARED: i64 = 127;
    let end = end.ok_or(jvm::NO_NEVER)?;
    let Raw::Text(text) = session.raw else { return Err(expire::UNREADABLE) };
    let data = session.data.and_then(Decoded::value).ok_or(expire::UNREADABLE)?;
    if data.get("isValid").and_then(Value::as_bool) == Some(false) {
        return Err(jvm::OVER);
    }
    let seconds = jvm::idle(session, end)?;
    let limits = Limits::default();
    let stream = Stream::read(text, &limits);
    let mut show = Show::new(&stream, &limits);
    let metadata = stream.roots.first().map(|root| show.value(root.item, ""));
    let skip = if matches!(metadata, Some(Ok(Value::Int(_)))) { 2 } else { 3 };
    let root = stream.roots.get(skip).ok_or(expire::UNREADABLE)?;
    let old = match show.value(root.item, "") {
        Ok(Value::Int(old)) if !(-SHARED - 1..=SHARED).contains(&old) && root.bytes.len() > 4 => old as i32,
        _ => return Err("their interval is one object with another number in the value"),
    };
    let place = root.bytes.last_chunk::<4>().filter(|bytes| i32::from_be_bytes(**bytes) == old);
    let seconds_32 = i32::try_from(seconds).unwrap_or(i32::MAX);
    let text = place.and_then(|place| jvm::patched(text, place, &seconds_32.to_be_bytes()));
    let rewrite = Some(crate::store::Rewrite::Text(text.ok_or(expire::UNREADABLE)?));
    let ends = session.facts.seen.unwrap_or(end).saturating_add(seconds * 1000);
    Ok(expire::Expiring { at: crate::store::Expiry::At(ends), rewrite, then: Vec::new() })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let millis = |name: &str| data.get(name).and_then(time::millis);
    let attributes = data.get("attributes");
    let seen = millis("thisAccessedTime").or_else(|| millis("lastAccessedTime"));
    let life = data.get("maxInactiveInterval").and_then(time::seconds).filter(|life| *life > 0);
    let over = data.get("isValid").and_then(Value::as_bool) == Some(false);
    Facts {
        user: data
            .get("principal")
            .and_then(jvm::principal)
            .or_else(|| attributes.and_then(jvm::conventional)),
        created: millis("creationTime"),
        seen,
        ends: if over { seen } else { seen.zip(life).and_then(|(seen, life)| seen.checked_add(life)) },
        ip: attributes.and_then(|attributes| {
            attributes
                .get("SPRING_SECURITY_CONTEXT")
                .and_then(jvm::remote_address)
                .or_else(|| user::ip(attributes))
        }),
        agent: attributes.and_then(user::agent),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_behind_a_prefix_and_before_a_route() {
        let free = Setup::free(&LAYOUT);
        for (key, id) in [
            ("5F3C9A1B2D4E6F708192A3B4C5D6E7F8", "5F3C9A1B2D4E6F708192A3B4C5D6E7F8"),
            ("5F3C9A1B2D4E6F708192A3B4C5D6E7F8.node-1", "5F3C9A1B2D4E6F708192A3B4C5D6E7F8.node-1"),
            ("app_5F3C9A1B2D4E6F708192A3B4C5D6E7F8.n", "5F3C9A1B2D4E6F708192A3B4C5D6E7F8.n"),
            ("tomcat:own", "own"),
        ] {
            let place = (LAYOUT.keys.locate)(&free, key.as_bytes()).expect("a place");
            assert_eq!(&key[place.id], id);
        }
    }
}
