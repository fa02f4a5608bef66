//! zerodha/simplesessions with its Redis store.
//!
//! zerodha/simplesessions stores/redis/store.go at 13804b4.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::go;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, blob};
use crate::store::Kind;
use crate::value::Value;

/// The field that every write sets, because Redis knows no empty hash.
const SIGNATURE: &str = "_ss";

pub const LAYOUT: Layout = Layout {
    name: "simplesessions",
    about: "zerodha/simplesessions with its Redis store (Go)",
    family: "Go",
    page: "\
key      session:<id>, a hash
value    a field a member, as text, and _ss = 1
expiry   the key's TTL, if the application sets one
user     user_id, user, username
cookie   of a name that the application gives = <id>, bare
index    none
end      the one key. A request in flight that writes brings it back
",
    keys: Keys { prefix: "session:", kind: Kind::Hash, ..Keys::PLAIN },
    marks: &[Mark::Field(SIGNATURE)],
    recognize: |_: &Setup, blob: &Blob<'_>| match blob.field(SIGNATURE) {
        Some(b"1") => Verdict::Sure,
        _ => Verdict::no("there is no field _ss that holds 1"),
    },
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let own = fields.iter().filter(|(name, _)| name != SIGNATURE.as_bytes());
        let members = own.map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        Decoded { via: vec![VIA], value: Ok(Cow::Owned(Value::Map(members.collect()))) }
    },
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};
