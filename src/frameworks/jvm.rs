//! The JVM: Spring Session, Redisson, Tomcat, Shiro and others.
//!
//! What the session stores of the JVM have in common: values that each went through a serializer of
//! their own, and principals.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::codec::{Limits, fastjson, java, json};
use crate::layout::Layout;
use crate::layout::blob::Blob;
use crate::layout::blob::Decoded;
use crate::layout::session::Session;
use crate::layout::session::Unnamed;
use crate::layout::{expire, whose};
use crate::store::{Key, Raw};
use crate::value::Value;

pub mod apereo_cas;
pub mod micronaut_session;
pub mod redisson_tomcat;
pub mod ruoyi;
pub mod sa_token;
pub mod shiro_redis;
pub mod spring_session;
pub mod spring_session_indexed;
pub mod spring_session_jdbc;
pub mod spring_session_reactive;
pub mod tomcat_redis_session_manager;
pub mod vertx_web;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &spring_session::LAYOUT,
    &spring_session::JSON,
    &spring_session_indexed::LAYOUT,
    &spring_session_indexed::JSON,
    &spring_session_reactive::LAYOUT,
    &micronaut_session::LAYOUT,
    &redisson_tomcat::LAYOUT,
    &tomcat_redis_session_manager::LAYOUT,
    &shiro_redis::LAYOUT,
    &ruoyi::LAYOUT,
    &sa_token::LAYOUT,
    &vertx_web::LAYOUT,
    &apereo_cas::LAYOUT,
    &spring_session_jdbc::LAYOUT,
];

/// Where a session was ended by its framework, which leaves the rest of it for those who are told.
pub const OVER: &str = "they have expired, and the framework has removed what belonged to them";
/// Where the framework would end at once what is to live for ever.
pub const NO_NEVER: &str =
    "the framework sets their expiry at every request; a distant one can be set with --at";
const TOO_FAR: &str = "the framework counts their lifetime in seconds and can hold at most 68 years";
const SEEN_LATER: &str = "their last access is later than that time";
const UNWRITABLE: &str = "their lifetime is stored in a form that cannot be rewritten";

/// The seconds of inactivity after which the session ends, so that it ends at that time and no later.
pub fn idle(session: &Session<'_>, end: i64) -> Result<i64, &'static str> {
    let seen = session.facts.seen.ok_or(expire::UNREADABLE)?;
    if end <= seen {
        return Err(SEEN_LATER);
    }
    let seconds = end.saturating_sub(seen).div_euclid(1000).max(1);
    i32::try_from(seconds).map(i64::from).map_err(|_| TOO_FAR)
}

/// A field of the session's hash with another whole number in it.
pub fn renumber(session: &Session<'_>, name: &str, number: i64) -> Result<(Key, Key), &'static str> {
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let (name, old) = stored(fields, name).ok_or(UNWRITABLE)?;
    let new = renumbered(old, number).ok_or(UNWRITABLE)?;
    Ok((Key(name.clone()), Key(new)))
}

/// A whole number in the form in which a serializer wrote another one: Java's own, JSON, also with the
/// class next to it, or digits.
fn renumbered(old: &[u8], number: i64) -> Option<Vec<u8>> {
    if old.starts_with(java::HEADER) {
        let limits = Limits::default();
        let Ok(Value::Int(_)) = java::decode(old, &limits) else { return None };
        // The class and what it extends come first, the number itself last.
        let (name, _) = old.get(java::HEADER.len() + 2..)?.split_at_checked(19)?;
        return if name == b"\0\x11java.lang.Integer" {
            Some([&old[..old.len() - 4], &i32::try_from(number).ok()?.to_be_bytes()].concat())
        } else if &name[..16] == b"\0\x0ejava.lang.Long" {
            Some([&old[..old.len() - 8], &number.to_be_bytes()].concat())
        } else {
            None
        };
    }
    let text = std::str::from_utf8(old).ok()?;
    let digits = match text.trim().strip_suffix(']') {
        Some(pair) => pair.rsplit_once(',')?.1,
        None => text,
    };
    let digits = digits.trim();
    // fastjson gives a Long its letter.
    let digits = digits.strip_suffix('L').unwrap_or(digits);
    digits.parse::<i64>().ok()?;
    let at = text.rfind(digits)?;
    Some([&text[..at], &number.to_string(), &text[at + digits.len()..]].concat().into_bytes())
}

/// The session's bytes with a part of them replaced; the part is one that was found in them.
pub fn patched(whole: &[u8], part: &[u8], with: &[u8]) -> Option<Vec<u8>> {
    let at = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = at.checked_add(part.len()).filter(|end| *end <= whole.len())?;
    Some([&whole[..at], with, &whole[end..]].concat())
}

/// One value of a hash, by the serializer that its first bytes give away: Java's own, JSON, fastjson,
/// plain text, or bytes that are shown as they are. Nothing is undecodable because of one attribute.
///
/// `name` is the field's, from which references inside the value count (`/sessionAttr:cart/parent`).
pub fn field<'b>(name: &[u8], bytes: &'b [u8], limits: &Limits) -> Value<'b> {
    field_by(name, bytes, limits).0
}

/// As [`field`], with the codec that read it.
pub fn field_by<'b>(name: &[u8], bytes: &'b [u8], limits: &Limits) -> (Value<'b>, &'static str) {
    if bytes.is_empty() {
        // What Spring's serializers write for null.
        return (Value::Null, "");
    }
    if bytes.starts_with(java::HEADER) {
        let base = pointer(&String::from_utf8_lossy(name));
        return match java::decode_at(bytes, &base, limits) {
            Ok(value) => (value, java::CODEC.name),
            Err(_) => (Value::Bytes(Cow::Borrowed(bytes)), ""),
        };
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return (Value::Bytes(Cow::Borrowed(bytes)), "") };
    if let Ok(value) = json::decode(bytes, limits) {
        return (value, json::CODEC.name);
    }
    match is_fastjson(text).then(|| fastjson::decode(bytes, limits)) {
        Some(Ok(value)) => (value, fastjson::CODEC.name),
        _ => (Value::Text(Cow::Borrowed(text)), ""),
    }
}

/// Whether a string that is not JSON could be what fastjson writes instead: an object, a list, a set, or a
/// Long. Its other scalars are too much like plain text.
fn is_fastjson(text: &str) -> bool {
    let long = |digits: &str| digits.parse::<i64>().is_ok();
    text.starts_with(['{', '['])
        || (fastjson::CODEC.sniff)(text.as_bytes())
        || text.strip_suffix('L').is_some_and(long)
}

/// A name as the first part of a JSON pointer.
pub fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A hash as one map, its fields under their names without what a serializer put around them.
pub fn hash<'b>(
    blob: &'b Blob<'_>,
    value: impl Fn(&[u8], &'b [u8]) -> (Value<'b>, &'static str),
) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return Decoded::failed("hash", blob.unreadable("hash")) };
    let mut via = vec!["hash"];
    let mut members = Vec::with_capacity(fields.len());
    // After a change of the serializer the same name may be there in two forms: the plain one counts.
    let wrapped = fields.iter().any(|(name, _)| is_wrapped(name));
    let mut taken: HashSet<Cow<'_, [u8]>> = HashSet::new();
    if wrapped {
        taken.extend(fields.iter().map(|(name, _)| Cow::Borrowed(&name[..])));
    }
    for (stored, bytes) in fields {
        let name = bare(stored);
        let name =
            if *name == stored[..] || taken.insert(name.clone()) { name } else { Cow::Borrowed(&stored[..]) };
        let (decoded, codec) = value(&name, bytes);
        if !matches!(decoded, Value::Null | Value::Bytes(_) | Value::Text(_)) && !via.contains(&codec) {
            via.push(codec);
        }
        members.push((text_of(name), decoded));
    }
    Decoded { via, value: Ok(Cow::Owned(Value::Map(members))) }
}

fn text_of(name: Cow<'_, [u8]>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => String::from_utf8_lossy(name),
        Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
    }
}

/// A string as the serializers write it into sets and sorted sets: as Java's stream, as JSON, bare. Which of
/// them an entry is in does not follow from the session's own values, since members have a serializer of
/// their own (spring-data-redis 2072), and after a change of it the same id stands there twice.
pub fn serialized(text: &[u8]) -> [Vec<u8>; 3] {
    let json = serde_json::Value::from(String::from_utf8_lossy(text)).to_string().into_bytes();
    [java_text(text), json, text.to_vec()]
}

/// A name without what a serializer put around it: a string of Java's or a JSON text in quotes. Redisson
/// up to about 3.8 put the names of fields through its codec, as Spring does with a hash key serializer.
pub fn bare(name: &[u8]) -> Cow<'_, [u8]> {
    if !is_wrapped(name) {
        return Cow::Borrowed(name);
    }
    let decode = if name[0] == b'"' { json::decode } else { java::decode };
    match decode(name, &Limits::default()) {
        Ok(Value::Text(Cow::Borrowed(text))) => Cow::Borrowed(text.as_bytes()),
        Ok(Value::Text(Cow::Owned(text))) => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(name),
    }
}

/// Whether a name begins like a string of Java's or a JSON text.
fn is_wrapped(name: &[u8]) -> bool {
    match name.strip_prefix(java::HEADER) {
        Some(rest) => matches!(rest.first(), Some(0x74 | 0x7c)),
        None => matches!(name, [b'"', .., b'"']),
    }
}

/// The field of that name, as it is stored: by the plain name if it is there, otherwise by one that went
/// through a serializer.
pub fn stored<'f>(fields: &'f [(Vec<u8>, Vec<u8>)], name: &str) -> Option<&'f (Vec<u8>, Vec<u8>)> {
    let plain = fields.iter().find(|(field, _)| field == name.as_bytes());
    plain.or_else(|| {
        let mut wrapped = fields.iter().filter(|(field, _)| is_wrapped(field));
        wrapped.find(|(field, _)| *bare(field) == *name.as_bytes())
    })
}

/// One field of a hash, whatever form its name has.
pub fn field_of<'b>(blob: &Blob<'b>, name: &str) -> Option<&'b [u8]> {
    stored(blob.fields()?, name).map(|(_, value)| &value[..])
}

/// `ObjectOutputStream.writeObject` of a string.
fn java_text(text: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = match std::str::from_utf8(text) {
        // Beyond U+FFFF Java writes two surrogates of three bytes each.
        Ok(text) if text.contains('\0') || text.chars().any(|c| c > '\u{ffff}') => {
            text.encode_utf16().flat_map(java_unit).collect()
        }
        _ => text.to_vec(),
    };
    let mut out = java::HEADER.to_vec();
    if let Ok(length) = u16::try_from(text.len()) {
        out.push(0x74);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(0x7c);
        out.extend_from_slice(&(text.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(&text);
    out
}

fn java_unit(unit: u16) -> Vec<u8> {
    let low = |bits: u16| 0x80 | (bits & 0x3f) as u8;
    match unit {
        1..=0x7f => vec![unit as u8],
        0 | 0x80..=0x7ff => vec![0xc0 | (unit >> 6) as u8, low(unit)],
        _ => vec![0xe0 | (unit >> 12) as u8, low(unit >> 6), low(unit)],
    }
}

/// What is inside a pair such as `["java.lang.Long",10001]`, as Jackson writes values whose type
/// would be lost otherwise.
pub fn unpaired<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    match value {
        Value::List(pair) => match &pair[..] {
            [Value::Text(class), inner] if is_class(class) => inner,
            _ => value,
        },
        _ => value,
    }
}

/// `java.util.Vector` and the like: at least one dot between names.
fn is_class(name: &str) -> bool {
    name.contains('.')
        && name.split('.').all(|part| {
            let mut letters = part.bytes();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
                && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
        })
}

/// A member of an object or map, out of its pair; the payload of an object counts as its members.
pub fn member<'v, 'a>(value: &'v Value<'a>, name: &str) -> Option<&'v Value<'a>> {
    let value = unpaired(value);
    let found = value.get(name).or_else(|| match value {
        Value::Object(object) => object.payload.as_ref()?.get(name),
        _ => None,
    })?;
    Some(unpaired(found)).filter(|found| **found != Value::Null)
}

/// The first of these members that is a string or a number.
pub fn first<'v>(value: &'v Value<'_>, names: &[&str]) -> Option<Cow<'v, str>> {
    names.iter().find_map(|name| member(value, name)?.scalar_text())
}

/// The name of a principal, as `Authentication.getName()` of Spring Security 6 and
/// `GenericPrincipal` of Tomcat give it: a string itself, what the principal is called, or the claim
/// that names the user of OpenID Connect.
pub fn principal<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let value = unpaired(value);
    if let Some(text) = value.scalar_text() {
        return Some(text);
    }
    if let Some(name) = first(value, &["username", "userName", "name"]) {
        return Some(name);
    }
    let claim = member(value, "nameAttributeKey").and_then(Value::as_str).unwrap_or("sub");
    let claims = [
        member(value, "attributes"),
        member(value, "idToken").and_then(|token| member(token, "claims")),
        member(value, "userInfo").and_then(|token| member(token, "claims")),
        member(value, "claims"),
    ];
    let claimed = claims.into_iter().flatten().find_map(|claims| member(claims, claim)?.scalar_text());
    claimed
        .or_else(|| first(value, &["loginName", "account", "email", "login", "id", "userId"]))
        // A class of the application that asks another one for its name.
        .or_else(|| {
            let inner = ["user", "account", "member", "delegate", "userDetails"];
            let inner = inner.iter().filter_map(|name| member(value, name));
            inner.into_iter().find_map(|inner| first(inner, &["username", "userName", "name", "email", "id"]))
        })
}

/// Who is logged in by Spring Security, from the value of `SPRING_SECURITY_CONTEXT`.
pub fn security_context<'v>(context: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let authentication = referred(context, member(context, "authentication")?);
    let class = match authentication {
        Value::Object(object) => Some(&*object.class),
        other => other.get("@class").or_else(|| other.get("@type")).and_then(Value::as_str),
    };
    if class.is_some_and(|class| class.ends_with(".AnonymousAuthenticationToken")) {
        return None;
    }
    let by_principal =
        member(authentication, "principal").and_then(|named| principal(referred(context, named)));
    by_principal.or_else(|| first(authentication, &["name"]))
}

/// What a reference of fastjson points at by its path from the root (`{"$ref":"$.user.roles[0]"}`); the
/// value itself where it is none, or leads nowhere.
fn referred<'v, 'a>(root: &'v Value<'a>, value: &'v Value<'a>) -> &'v Value<'a> {
    const HOPS: usize = 8;
    let mut found = value;
    for _ in 0..HOPS {
        let Value::Map(members) = found else { break };
        let [(name, Value::Text(path))] = &members[..] else { break };
        let Some(path) = path.strip_prefix('$').filter(|_| name == "$ref") else { break };
        let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
        let end = steps.into_iter().try_fold(root, |at, step| match at {
            Value::List(items) | Value::Set(items) => items.get(step.parse::<usize>().ok()?),
            other => other.get(step),
        });
        let Some(end) = end else { break };
        found = end;
    }
    unpaired(found)
}

/// Attributes by which applications name their user when no library does.
pub const CONVENTIONS: &[&str] = &[
    "user",
    "username",
    "userName",
    "userId",
    "user_id",
    "uid",
    "loginUser",
    "account",
    "login",
    "member",
    "principal",
];

/// Who is logged in, from attributes: by Spring Security, otherwise by convention.
pub fn conventional<'v>(attributes: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let by_spring = attributes.get("SPRING_SECURITY_CONTEXT").and_then(security_context);
    by_spring.or_else(|| CONVENTIONS.iter().find_map(|name| principal(attributes.get(name)?)))
}

/// What Spring Security itself keeps of visitors: where it is, it would keep a login as well.
const BY_SPRING_SECURITY: &[&str] =
    &["org.springframework.security.", "SPRING_SECURITY_", "org.springframework.session.security."];

/// Whose attributes are that name no user: those of Spring Security, of applications, and what could
/// not be read.
pub fn unnamed<'v, 'b: 'v>(attributes: impl Iterator<Item = (&'v str, &'v Value<'b>)>) -> Unnamed {
    let mut spring = false;
    let mut rest = Vec::new();
    for (name, value) in attributes {
        let value = unpaired(value);
        if name == "SPRING_SECURITY_CONTEXT" {
            if is_login(value) {
                return Unnamed::Unknown;
            }
            spring = true;
        } else if name.ends_with("PRINCIPAL_NAME_INDEX_NAME") {
            if !whose::is_empty(value) {
                return Unnamed::Unknown;
            }
        } else if BY_SPRING_SECURITY.iter().any(|begin| name.starts_with(begin)) {
            spring = true;
        } else if matches!(value, Value::Bytes(_)) && !whose::is_empty(value) {
            // Of a serializer that nobody here reads.
            return Unnamed::Unknown;
        } else {
            rest.push((Cow::Borrowed(name), value.clone()));
        }
    }
    match whose::container(&Value::Map(rest)) {
        Unnamed::Open if spring => Unnamed::Nobody,
        other => other,
    }
}

/// Whether a security context is one of someone, or cannot be read.
fn is_login(context: &Value<'_>) -> bool {
    if whose::is_empty(context) {
        return false;
    }
    if !matches!(context, Value::Map(_) | Value::Object(_) | Value::Pairs(_)) {
        return true;
    }
    let authentication = context.get("authentication").or_else(|| match context {
        Value::Object(object) => object.payload.as_ref()?.get("authentication"),
        _ => None,
    });
    let Some(authentication) = authentication.map(unpaired) else {
        // A context without the member is of another form, unless it is the empty one.
        return context.members().is_none_or(|members| members.iter().any(|(name, _)| name != "@class"));
    };
    let class = match authentication {
        Value::Null => return false,
        Value::Object(object) => Some(&*object.class),
        other => other.get("@class").or_else(|| other.get("@type")).and_then(Value::as_str),
    };
    !class.is_some_and(|class| class.ends_with(".AnonymousAuthenticationToken"))
}

/// The part of a hash that its serializer began and that does not decode: the field and why.
pub fn broken_field(blob: &Blob<'_>, shown: impl Fn(&[u8]) -> bool) -> Option<String> {
    blob.fields()?.iter().find_map(|(name, bytes)| {
        if !shown(&bare(name)) {
            return None;
        }
        let error = if bytes.starts_with(java::HEADER) {
            java::decode(bytes, &blob.limits).err()?
        } else if matches!(bytes.first(), Some(b'{' | b'[' | b'"')) {
            json::decode(bytes, &blob.limits)
                .err()
                .filter(|_| fastjson::decode(bytes, &blob.limits).is_err())?
        } else {
            return None;
        };
        Some(format!("{}: {error}", String::from_utf8_lossy(&bare(name))))
    })
}

/// The address that the login came from.
pub fn remote_address<'v>(context: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let authentication = referred(context, member(context, "authentication")?);
    let details = referred(context, member(authentication, "details")?);
    first(details, &["remoteAddress"])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<String> {
        let value = json::decode(text.as_bytes(), &Limits::default()).unwrap();
        security_context(&value).map(Cow::into_owned)
    }

    #[test]
    fn a_principal_has_many_forms() {
        let table = [
            (r#"{"authentication":{"principal":"alice"}}"#, Some("alice")),
            (r#"{"authentication":{"principal":{"username":"alice","name":"x"}}}"#, Some("alice")),
            (r#"{"authentication":{"principal":{"name":"uid=alice"}}}"#, Some("uid=alice")),
            (r#"{"authentication":{"principal":{"id":["java.lang.Long",7],"email":""}}}"#, Some("7")),
            (r#"{"authentication":{"principal":{"name":"Alice A.","userName":"alice"}}}"#, Some("alice")),
            (r#"{"authentication":{"principal":{"user":{"username":"alice"},"roles":[]}}}"#, Some("alice")),
            (
                r#"{"authentication":{"principal":{"nameAttributeKey":"email","attributes":{"sub":"1","email":"a@b"}}}}"#,
                Some("a@b"),
            ),
            (
                r#"{"authentication":{"principal":{"nameAttributeKey":"sub","idToken":{"claims":{"sub":"s-1"}}}}}"#,
                Some("s-1"),
            ),
            (r#"{"authentication":{"principal":{"claims":{"sub":"jwt"}},"name":"n"}}"#, Some("jwt")),
            (r#"{"authentication":{"principal":null,"name":"n"}}"#, Some("n")),
            (
                r#"{"authentication":{"@class":"o.s.AnonymousAuthenticationToken","principal":"anonymousUser"}}"#,
                None,
            ),
            (r#"{"authentication":{"@type":"o.AnonymousAuthenticationToken","principal":"a"}}"#, None),
            (
                r#"{"authentication":{"details":{"username":"d"},"principal":{"$ref":"$.authentication.details"}}}"#,
                Some("d"),
            ),
            (r#"{"users":[{"name":"u"}],"authentication":{"principal":{"$ref":"$.users[0]"}}}"#, Some("u")),
            (r#"{"authentication":{"principal":{"$ref":"$.authentication.principal"}}}"#, None),
            (r#"{"authentication":null}"#, None),
            (r#"{"authentication":{"principal":["java.util.HashMap",{"username":"p"}]}}"#, Some("p")),
        ];
        for (text, user) in table {
            assert_eq!(named(text).as_deref(), user, "{text}");
        }
    }

    #[test]
    fn names_are_told_whatever_is_around_them() {
        for name in [&b"session:isNew"[..], b"\"session:isNew\"", b"\xac\xed\0\x05t\0\x0dsession:isNew"] {
            assert_eq!(*bare(name), *b"session:isNew");
            let raw = Raw::Hash(vec![(name.to_vec(), b"true".to_vec())]);
            let blob = Blob::new(b"k", &raw, Limits::default());
            assert_eq!(field_of(&blob, "session:isNew"), Some(&b"true"[..]));
            assert_eq!(field_of(&blob, "isNew"), None);
        }
        for name in [&b""[..], b"\"", b"\"a", b"\xac\xed\0\x05", b"\xac\xed\0\x05t\0\x09a", b"7"] {
            assert_eq!(*bare(name), *name);
        }
        let pair = |name: &[u8], value: &str| (name.to_vec(), value.as_bytes().to_vec());
        let raw = Raw::Hash(vec![
            pair(b"\"a\"", "1"),
            pair(b"a", "2"),
            pair(b"\"b\"", "3"),
            pair(b"\xac\xed\0\x05t\0\x01b", "4"),
        ]);
        let blob = Blob::new(b"k", &raw, Limits::default());
        assert_eq!(field_of(&blob, "a"), Some(&b"2"[..]));
        let data = hash(&blob, |name, bytes| field_by(name, bytes, &Limits::default()));
        let json = data.value().unwrap().to_json();
        assert!(json.starts_with(r#"{"\"a\"":1,"a":2,"b":3,"#) && json.ends_with(":4}"), "{json}");
    }

    #[test]
    fn what_fastjson_writes_is_read_and_plain_text_is_left() {
        let read = |text: &'static str| {
            let (value, codec) = field_by(b"f", text.as_bytes(), &Limits::default());
            (value.to_json(), codec)
        };
        for (text, json, codec) in [
            (
                r#"{"@type":"a.B","n":103L,"s":Set["*"],"r":{"$ref":"$.s"}}"#,
                r#"{"@type":"a.B","n":103,"s":{"$set":["*"]},"r":{"$ref":"$.s"}}"#,
                "fastjson",
            ),
            ("{a:1,'b':2}", r#"{"a":1,"b":2}"#, "fastjson"),
            ("TreeSet[1]", r#"{"$set":[1]}"#, "fastjson"),
            ("[1L]", "[1]", "fastjson"),
            ("103L", "103", "fastjson"),
            (r#"{"a":1}"#, r#"{"a":1}"#, "json"),
            ("5D", r#""5D""#, ""),
            ("L", r#""L""#, ""),
            ("Set me", r#""Set me""#, ""),
            ("{broken", r#""{broken""#, ""),
        ] {
            assert_eq!(read(text), (json.to_string(), codec), "{text}");
        }
    }

    #[test]
    fn a_number_is_written_as_the_one_before() {
        let integer = |number: i32| {
            let class =
                b"\xac\xed\0\x05sr\0\x11java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81\x878\x02\0\x01I\0\x05value\
                xr\0\x10java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\x02\0\0xp";
            [&class[..], &number.to_be_bytes()].concat()
        };
        assert_eq!(renumbered(&integer(1800), 7), Some(integer(7)));
        assert_eq!(renumbered(&integer(1800), -1), Some(integer(-1)));
        assert_eq!(renumbered(&integer(1800), i64::from(i32::MAX) + 1), None);
        assert_eq!(renumbered(&[&integer(1)[..], b"p"].concat(), 7), None);
        for (old, new) in [
            ("1800", "7"),
            (" 1800\n", " 7\n"),
            ("-1", "7"),
            (r#"["java.lang.Integer",1800]"#, r#"["java.lang.Integer",7]"#),
            (r#"["java.lang.Long" , 1 ]"#, r#"["java.lang.Long" , 7 ]"#),
            ("1800L", "7L"),
        ] {
            assert_eq!(renumbered(old.as_bytes(), 7).as_deref(), Some(new.as_bytes()), "{old}");
        }
        for old in ["", "x", "1.5", "[]", "[1", r#"["a","b"]"#, "\"1800\"", "\u{fffd}"] {
            assert_eq!(renumbered(old.as_bytes(), 7), None, "{old}");
        }
        assert_eq!(renumbered(b"\xff", 7), None);
    }

    #[test]
    fn texts_are_written_as_java_writes_them() {
        let forms = [&b"\xac\xed\0\x05t\0\x03a\"b"[..], b"\"a\\\"b\"", b"a\"b"];
        assert_eq!(serialized(b"a\"b"), forms);
        for form in forms {
            assert_eq!(crate::codec::text_of(form).unwrap(), b"a\"b");
        }
        assert_eq!(
            java_text("😀\0é".as_bytes()),
            b"\xac\xed\0\x05t\0\x0a\xed\xa0\xbd\xed\xb8\x80\xc0\x80\xc3\xa9"
        );
    }
}
