//! Redisson's session manager for Tomcat: a hash a session, a field an attribute.

use crate::codec::Limits;
use crate::codec::java;
use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, Whose, expire, time, user,
    whose,
};
use crate::store::{Key, Rewrite};
use crate::store::{Kind, Op, Raw};
use crate::value::Value;

const SESSION: &str = "redisson:tomcat_session:";

pub const LAYOUT: Layout = Layout {
    name: "redisson-tomcat",
    about: "Redisson session manager for Tomcat (redisson-tomcat 3 and 4)",
    family: "JVM",
    home: Some("https://github.com/redisson/redisson"),
    page: "\
key      [<keyPrefix>:]redisson:tomcat_session:<id>, a hash; keyPrefix as it is
         configured, without the colon
value    session:creationTime, session:lastAccessedTime, session:thisAccessedTime (ms),
         session:maxInactiveInterval (s), session:isNew, session:isValid, session:principal and
         others; attributes under their own names. Up to about 3.8 the names went through the
         codec, too (Java strings, JSON texts in quotes). Each value went through the codec: Java's
         serialization and Jackson are read, of Kryo (the default since 3.19) numbers and texts;
         other values are shown as bytes
expiry   maxInactiveInterval + 60 s as the key's TTL, anew at each access; none when it is negative.
         `expire` sets the interval. A Tomcat that holds the session reads a longer one before it
         ends it (readMode REDIS), a shorter one when it reads the session the next time
user     the principal's name; otherwise an attribute by convention, or SPRING_SECURITY_CONTEXT
cookie   JSESSIONID = <id>, with its jvmRoute, which is part of the key
remains  a request that ends after its session writes session:thisAccessedTime back, without
         session:creationTime and without a TTL: --expired finds and ends such hashes
index    with broadcastSessionEvents a set redisson:tomcat_notified_nodes:<id> for a minute
end      the hash and that set (RedissonSession of Redisson 4)
",
    keys: Keys { prefix: SESSION, kind: Kind::Hash, lead, locate, ..Keys::PLAIN },
    marks: &[Mark::Word(SESSION)],
    recognize: |_, blob| {
        if blob.fields().is_none() {
            Verdict::no("the key is not a hash")
        } else if jvm::field_of(blob, "session:creationTime").is_none() {
            Verdict::no("its hash lacks session:creationTime: what a late request left behind")
        } else {
            Verdict::Sure
        }
    },
    read: |_, blob| jvm::hash(blob, |name, bytes| field(name, bytes, &blob.limits)),
    describe,
    whose: Whose::Own(|_, _, data| {
        let login = |name: &str| data.get(name).is_some_and(|value| !whose::is_empty(jvm::unpaired(value)));
        if login("session:principal") || login("session:authtype") || login("session:authType") {
            return Unnamed::Unknown;
        }
        let members = data.members().into_iter().flatten();
        jvm::unnamed(
            members.map(|(name, value)| (&**name, value)).filter(|(name, _)| !name.starts_with("session:")),
        )
    }),
    cookie: Cookie {
        name: Some("JSESSIONID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session| {
            let before = session.before();
            let Some(client) = before.strip_suffix(SESSION.as_bytes()) else { return Vec::new() };
            vec![Op::Unlink(Key([client, b"redisson:tomcat_notified_nodes:", session.id].concat()))]
        },
        expire,
        caveats: &[
            "With readMode MEMORY each Tomcat keeps its sessions until it hears of their end, and writes fields back.",
            "A request in flight writes fields back; look again afterwards.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        remains: Some(remains),
        broken: |_, blob, _| jvm::broken_field(blob, |_| true),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

/// Redisson puts the colon after its prefix by itself.
fn lead(setup: &Setup) -> Vec<u8> {
    let client = setup.key_prefix();
    let colon = if client.is_empty() || client.ends_with(':') { "" } else { ":" };
    [client, colon, setup.text("prefix").unwrap_or(SESSION)].concat().into_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => memchr::memmem::find(key, SESSION.as_bytes())? + SESSION.len(),
    };
    (start < key.len()).then(|| Place::after(key, start, false))
}

/// A session object in some Tomcat writes single fields on after the end of its session (`RedissonSession`),
/// and sends no expiry with them.
fn remains(setup: &Setup, key: &[u8], raw: &Raw) -> Option<&'static str> {
    let Raw::Hash(fields) = raw else { return None };
    let of_session = |(name, _): &(Vec<u8>, Vec<u8>)| jvm::bare(name).starts_with(b"session:");
    let left = jvm::stored(fields, "session:creationTime").is_none() && fields.iter().any(of_session);
    (left && locate(setup, key).is_some())
        .then_some("its hash lacks session:creationTime: what a late request left behind")
}

/// What `RedissonSession.setMaxInactiveInterval` writes.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    const GRACE: i64 = 60_000;
    const INTERVAL: &str = "session:maxInactiveInterval";
    let data = session.data.and_then(Decoded::value).ok_or(expire::UNREADABLE)?;
    if data.get("session:isValid").map(jvm::unpaired).and_then(Value::as_bool) == Some(false) {
        return Err(jvm::OVER);
    }
    let seconds = end.map(|end| jvm::idle(session, end)).transpose()?;
    let number = seconds.unwrap_or(-1);
    let field = match session.raw {
        Raw::Hash(fields) => jvm::stored(fields, INTERVAL),
        _ => None,
    };
    // An int of Kryo has a class of its own.
    let field = match field.map(|(name, old)| (name, &old[..])) {
        Some((name, old @ [2, ..])) if kryo(old).is_some() => (Key(name.clone()), Key(kryo_int(number))),
        _ => jvm::renumber(session, INTERVAL, number)?,
    };
    let ends = seconds.zip(session.facts.seen).map(|(life, seen)| seen.saturating_add(life * 1000));
    let at = expire::at(ends.map(|end| end.saturating_add(GRACE)));
    Ok(expire::Expiring { at, rewrite: Some(Rewrite::Fields(vec![field])), then: Vec::new() })
}

/// A number of 32 bits as Kryo writes it with its class.
fn kryo_int(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)) as u32;
    let mut bytes = vec![2];
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn field<'b>(name: &[u8], bytes: &'b [u8], limits: &Limits) -> (Value<'b>, &'static str) {
    kryo(bytes).map_or_else(|| jvm::field_by(name, bytes, limits), |value| (value, "kryo"))
}

/// The scalars of Kryo 5 with its default registrations; objects need their classes. A class id is a
/// registration plus two, numbers are zigzag varints.
fn kryo(bytes: &[u8]) -> Option<Value<'_>> {
    match bytes {
        [0] => Some(Value::Null),
        [2, rest @ ..] => varint(rest).filter(|number| u32::try_from(*number).is_ok()).map(zigzag),
        [9, rest @ ..] => varint(rest).map(zigzag),
        [5, truth @ (0 | 1)] => Some(Value::Bool(*truth == 1)),
        [3, rest @ ..] => text(rest),
        _ => None,
    }
}

fn zigzag<'b>(number: u64) -> Value<'b> {
    Value::Int((number >> 1) as i64 ^ -((number & 1) as i64))
}

/// Seven bits a byte, the least first, eight in a ninth byte; exactly all of the bytes.
fn varint(bytes: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().enumerate() {
        let last = at == 8 || byte & 0x80 == 0;
        number |= u64::from(if at == 8 { *byte } else { byte & 0x7f }) << (7 * at);
        if last {
            return (at + 1 == bytes.len()).then_some(number);
        }
    }
    None
}

/// ASCII up to a byte with its top bit set, or a length in characters and modified UTF-8.
fn text(bytes: &[u8]) -> Option<Value<'_>> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        let (last, start) = bytes.split_last()?;
        let ascii = start.iter().all(|byte| byte & 0x80 == 0) && last & 0x80 != 0;
        let text: Vec<u8> = start.iter().copied().chain([last & 0x7f]).collect();
        return ascii.then(|| String::from_utf8(text).ok()).flatten().map(|text| Value::Text(text.into()));
    }
    let mut length = usize::from(first & 0x3f);
    let mut rest = rest;
    let mut more = first & 0x40 != 0;
    let mut shift = 6;
    while more {
        let (byte, after) = rest.split_first()?;
        if shift > 27 {
            return None;
        }
        length |= usize::from(byte & 0x7f) << shift;
        (more, rest, shift) = (byte & 0x80 != 0, after, shift + 7);
    }
    if length == 0 {
        return rest.is_empty().then_some(Value::Null);
    }
    let text = java::modified_utf8(rest);
    (text.encode_utf16().count() == length - 1).then_some(Value::Text(text))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let of_session = |name: &str| data.get(&format!("session:{name}")).map(jvm::unpaired);
    let millis = |name: &str| of_session(name).and_then(time::millis);
    let seen = millis("thisAccessedTime").or_else(|| millis("lastAccessedTime"));
    let life = of_session("maxInactiveInterval").and_then(time::seconds).filter(|life| *life > 0);
    let over = of_session("isValid").and_then(Value::as_bool) == Some(false);
    Facts {
        user: of_session("principal").and_then(jvm::principal).or_else(|| jvm::conventional(data)),
        created: millis("creationTime"),
        seen,
        ends: if over { seen } else { seen.zip(life).and_then(|(seen, life)| seen.checked_add(life)) },
        ip: data.get("SPRING_SECURITY_CONTEXT").and_then(jvm::remote_address).or_else(|| user::ip(data)),
        agent: user::agent(data),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_of_kryo() {
        let table: &[(&[u8], Option<Value<'_>>)] = &[
            (b"\x00", Some(Value::Null)),
            (b"\x02\x90\x1c", Some(Value::Int(1800))),
            (b"\x02\x01", Some(Value::Int(-1))),
            (b"\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(Value::Int(i64::MIN))),
            (b"\x05\x01", Some(Value::Bool(true))),
            (b"\x03dar\xeb", Some(Value::Text("dark".into()))),
            (b"\x03\x82a", Some(Value::Text("a".into()))),
            (b"\x03\x82\xc3\xa9", Some(Value::Text("é".into()))),
            (b"\x03\x81", Some(Value::Text("".into()))),
            (b"\x03\x80", Some(Value::Null)),
            (b"\x02", None),
            (b"\x02\x80", None),
            (b"\x02\x01\x01", None),
            (b"\x05\x02", None),
            (b"\x03dark", None),
            (b"\x03\x83a", None),
            (b"\x03\xff\xff\xff\xff\xff\xff", None),
            (b"", None),
        ];
        for (bytes, value) in table {
            assert_eq!(kryo(bytes), *value, "{}", bytes.escape_ascii());
        }
        for number in [0, -1, 63, 64, 1800, i64::from(i32::MAX), i64::from(i32::MIN)] {
            assert_eq!(kryo(&kryo_int(number)), Some(Value::Int(number)));
        }
    }
}
