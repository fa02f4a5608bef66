//! fasthttp/session with its Redis provider.
//!
//! fasthttp/session 7082691 (v2) providers/redis, encoder.go.

use std::borrow::Cow;

use crate::codec::msgpack;
use crate::cookie;
use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose};
use crate::value::Value;
use crate::wrap::base64;

const ID: usize = 32;

/// `{"KV": …}` in MessagePack, and the same in base64.
const RAW: &[u8] = b"\x81\xa2KV";
const TEXT: &[u8] = b"gaJLV";

/// What the library keeps in a session itself: its own life in nanoseconds.
const LIFE: &str = "__store:expiration__";

pub const LAYOUT: Layout = Layout {
    name: "fasthttp-session",
    about: "fasthttp/session v2 with its Redis provider (Go)",
    family: "Go",
    page: "\
key      <KeyPrefix>:<id>, a string; the colon is there without a prefix, too; 32 characters
value    base64 of MessagePack {KV: {...}}, or that MessagePack itself
expiry   the key's TTL: 2 hours, 48 for sessions that end with the browser; none where it is 0
user     user_id, user, username in KV
cookie   sessionid = <id>, bare
index    none
end      the one key. A request in flight writes it back
",
    keys: Keys {
        prefix: ":",
        locate: |setup, key| key::locate_by(setup, key, tail, |id| id.len() == ID && !id.contains(&b':')),
        ..Keys::PLAIN
    },
    marks: &[Mark::Magic(RAW), Mark::Magic(TEXT)],
    recognize: |setup, blob| match read(setup, blob).value() {
        Some(data) if data.get("KV").is_some_and(|members| members.as_map().is_some()) => Verdict::Sure,
        _ => Verdict::no("the value is not MessagePack of a map KV"),
    },
    read,
    describe: |_, _, data| data.get("KV").map(go::facts).unwrap_or_default(),
    whose: Whose::Container(members),
    cookie: Cookie {
        name: Some("sessionid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// Behind the last colon, or this many characters at the end.
fn tail(key: &[u8]) -> Option<usize> {
    let part = key::last_part(key);
    if part > 0 && key.len() - part == ID { Some(part) } else { go::end_of(key, ID, Alphabet::Base64Url) }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::Msgpack.codec().name;
    match blob.form(Form::Msgpack) {
        Some(Ok(value)) => return Decoded { via: vec![name], value: Ok(Cow::Borrowed(value)) },
        Some(Err(error)) => return Decoded::failed(name, error.clone()),
        None => {}
    }
    let Some(text) = blob.text().filter(|text| text.starts_with(TEXT)) else {
        return Decoded::failed(base64::NAME, blob.unreadable(base64::NAME));
    };
    let value = base64::open(text, &blob.limits)
        .and_then(|bytes| Ok(Cow::Owned(msgpack::decode(&bytes, &blob.limits)?.into_owned())));
    Decoded { via: vec![base64::NAME, name], value }
}

fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let members = data.get("KV")?;
    if matches!(&*go::members(members)?, Value::Null) {
        return Some(Cow::Owned(Value::Null));
    }
    let own = members.as_map()?.iter().filter(|(name, _)| name != LIFE);
    Some(Cow::Owned(Value::Map(own.cloned().collect())))
}
