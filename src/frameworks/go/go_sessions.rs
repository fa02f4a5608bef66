//! kataras/go-sessions, and iris before it kept hashes.
//!
//! kataras/go-sessions v2.0.0 database.go, v3.3.1 sessiondb/redis.

use std::borrow::Cow;

use crate::codec::json;
use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Copies, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key,
    open_bare_under_any, time, whose,
};
use crate::store::{Key, Op, Raw};
use crate::value::Value;

/// What stands between the id and the name of a member: of go-sessions, and of iris 12.1.
const DELIMITERS: &[u8] = b"_-";

pub const LAYOUT: Layout = Layout {
    name: "go-sessions",
    about: "kataras/go-sessions v2 and v3, iris up to 12.1 (Go)",
    family: "Go",
    page: "\
key      v2: <uuid>, a string. v3: <prefix><uuid>, a string, and one <prefix><uuid>_<name> for each
         member (iris 12.1: -<name>)
value    v2: gob of a struct RemoteStore {Values, Lifetime}. v3: the UUID once more; a member is
         JSON text
expiry   v2: the earlier of the key's TTL and Lifetime; v3: the key's TTL, each member has its own
user     user_id, user, username
cookie   of a name that the application gives, irissessionid for iris = <uuid>, bare
index    none
end      the key, and all members
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob), Mark::Repeats],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, blob, data| {
        // The members of v3 are keys of their own, which may not have been read.
        if repeats(blob) && whose::is_empty(data) {
            Unnamed::Open
        } else {
            go::members(data).map_or(Unnamed::Unknown, |own| whose::container(&own))
        }
    }),
    cookie: Cookie {
        name: Some("irissessionid"),
        open: Some(|setup, given| open_bare_under_any(setup, given, key::is_uuid)),
        ..Cookie::PLAIN
    },
    ends: Ends { end, caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    extra: Extra {
        copies: Some(Copies {
            newer: |setup, key| session_of(setup, key).map(|end| key[..end].to_vec()),
            before: |setup, key| locate(setup, key).map(|place| key[..place.id.start].to_vec()),
            begins: "????????-????-????-????-?????????????*",
            are_parts: true,
        }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, key::uuid_tail, key::is_uuid).filter(|place| place.usual)
}

/// Whether the value is the key's own UUID.
fn repeats(blob: &Blob<'_>) -> bool {
    blob.text().is_some_and(|text| key::is_uuid(text) && blob.key.ends_with(text))
}

/// Where the session's key ends in that of one of its members.
fn session_of(setup: &Setup, key: &[u8]) -> Option<usize> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => (0..key.len().saturating_sub(36)).find(|at| {
            key::is_uuid(&key[*at..*at + 36]) && (*at == 0 || !key[*at - 1].is_ascii_alphanumeric())
        })?,
    };
    let end = start + 36;
    let is_member = key.get(start..end).is_some_and(key::is_uuid)
        && key.get(end).is_some_and(|byte| DELIMITERS.contains(byte))
        && key.len() > end + 1;
    is_member.then_some(end)
}

/// The gob of v2.
fn store<'b>(blob: &'b Blob<'_>) -> Option<&'b Value<'b>> {
    match blob.form(Form::Gob)? {
        Ok(value @ Value::Object(object)) if object.class == "RemoteStore" => Some(value),
        _ => None,
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        Verdict::no("the key does not end in a UUID")
    } else if repeats(blob) || store(blob).is_some() {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither a gob of RemoteStore nor the key's own UUID")
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if repeats(blob) {
        let found = blob.parts.iter().filter_map(|part| {
            let Raw::Text(text) = &part.raw else { return None };
            let value = json::decode(text, &blob.limits).ok()?.into_owned();
            let name = part.key.0.strip_prefix(blob.key)?;
            let name = name.split_first().filter(|(first, _)| DELIMITERS.contains(first))?.1;
            Some((Cow::Owned(String::from_utf8_lossy(name).into_owned()), value))
        });
        return Decoded::owned("json", Value::Map(found.collect()));
    }
    let Some(store) = store(blob) else { return go::read_gob(setup, blob) };
    let entries = store.get("Values").and_then(Value::as_list).unwrap_or_default();
    let entry = |entry: &Value<'_>| {
        let name = entry.get("Key").and_then(Value::as_str).unwrap_or_default().to_string();
        let value = entry.get("ValueRaw").cloned().unwrap_or(Value::Null).into_owned();
        (Cow::Owned(name), value)
    };
    Decoded::owned(Form::Gob.codec().name, Value::Map(entries.iter().map(entry).collect()))
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { ends: store(blob).and_then(lifetime), ..go::facts(data) }
}

/// The end, which is a gob of a time within the bytes of a type that writes itself.
fn lifetime(store: &Value<'_>) -> Option<i64> {
    let inner = match store.get("Lifetime")? {
        Value::Object(object) => {
            object.payload.as_ref().or_else(|| object.fields.first().map(|(_, value)| value))?
        }
        other => other,
    };
    match inner {
        Value::Bytes(bytes) => {
            let time = crate::codec::gob::decode(bytes, &crate::codec::Limits::default()).ok()?;
            time::iso_in(Some(&time))
        }
        other => time::iso_in(Some(other)),
    }
    // The zero time is no end.
    .filter(|end| *end > 0)
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    session.found.iter().map(|key| Op::Unlink(Key(key.clone()))).collect()
}
