//! plug_session_redis_store: the terms in base64.

use crate::codec::etf;
use crate::frameworks::elixir::plug_session_redis;
use crate::layout::{Blob, Decoded, Ends, Layout, Mark, Setup, Verdict};
use crate::value::Value;
use crate::wrap::base64;

pub const LAYOUT: Layout = Layout {
    name: "plug-session-redis-store",
    about: "Plug and Phoenix with plug_session_redis_store (Elixir)",
    page: "\
key      <id>, a string without a prefix: 96 random bytes in base64, 128 characters
value    a map in Erlang's external term format, in base64 with padding
expiry   the key's TTL, moved by every write, with refresh_ttl_on_read by every read too
user     as in plug-session-redis
cookie   _<application>_key = <id>, bare
index    none
end      the one key (plug_session_redis_store, lib/plug/session/redis_store.ex)
",
    marks: &[Mark::Magic(b"g3Q"), Mark::Magic(b"g1")],
    recognize,
    read,
    ends: Ends { ..plug_session_redis::LAYOUT.ends },
    ..plug_session_redis::LAYOUT
};

/// Whether the beginning of a value is that of such a term in base64: a map, or something compressed.
pub fn is_begun(head: &[u8]) -> bool {
    head.starts_with(b"g3Q") || head.starts_with(b"g1")
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if (setup.layout.keys.locate)(setup, blob.key).is_none() {
        return Verdict::no("the key does not end in 128 characters of base64");
    }
    if !blob.text().is_some_and(is_begun) {
        return Verdict::no("the value is not an Erlang map in base64");
    }
    match opened(blob).value() {
        Some(Value::Map(_) | Value::Pairs(_)) => Verdict::Sure,
        _ => Verdict::no("the value is not an Erlang map in base64"),
    }
}

fn opened<'b>(blob: &Blob<'_>) -> Decoded<'b> {
    let via = vec![base64::NAME, etf::CODEC.name];
    let text = blob.text().unwrap_or_default();
    let value = base64::open(text, &blob.limits).and_then(|term| {
        let value = etf::decode(&term, &blob.limits)?;
        Ok(std::borrow::Cow::Owned(value.into_owned()))
    });
    Decoded { via, value }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.text() {
        Some(text) if !text.is_empty() => opened(blob),
        _ => Decoded::failed(base64::NAME, blob.unreadable(base64::NAME)),
    }
}
