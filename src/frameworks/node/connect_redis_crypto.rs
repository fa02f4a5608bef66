//! connect-redis-crypto: connect-redis with the session sealed by kruptein.

use crate::codec::{DecodeError, json};
use crate::frameworks::node::connect_redis;
use crate::layout::setup;
use crate::layout::{Blob, Decoded, Ends, Layout, Mark, OptionKind, OptionSpec, Setup, Verdict, expire};
use crate::value::Value;
use crate::wrap::kruptein;
use std::borrow::Cow;

const STORE_SECRET: OptionSpec =
    OptionSpec::secret("store_secret", OptionKind::Text, "the store's secret, which seals the sessions");

pub const LAYOUT: Layout = Layout {
    name: "connect-redis-crypto",
    about: "express-session with connect-redis-crypto 4 (sessions sealed by kruptein)",
    home: None,
    page: "\
key      <prefix><sid>, a string; prefix `sess:`; as connect-redis
value    JSON of exactly hmac, ct, iv and salt, with aad and at for AES-GCM; inside is the session
         of connect-redis. Without a store secret the store writes plain connect-redis
expiry   the key's TTL
user     as connect-redis, with option store_secret; opening one costs about ten milliseconds
         (PBKDF2, 15000 rounds; kruptein 2.2.3)
cookie   connect.sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded
index    none
end      the one key
",
    marks: &[Mark::Member("hmac")],
    options: &[setup::COOKIE_SECRET, STORE_SECRET],
    recognize,
    read,
    ends: Ends { end: |_, _| Vec::new(), expire: expire::by_key, ..connect_redis::LAYOUT.ends },
    ..connect_redis::LAYOUT
};

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.json() {
        Some(value) if kruptein::is_envelope(value) => Verdict::Sure,
        Some(value) if value.get("hmac").is_some() => Verdict::no(
            "its members are not exactly the texts and buffers hmac, ct, iv and salt, with or without aad and at",
        ),
        _ => Verdict::no("the value is not a sealed JSON object (hmac, ct, iv, salt)"),
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let failed = |error| Decoded { via: vec![kruptein::NAME, "json"], value: Err(error) };
    let Some(envelope) = blob.json() else { return blob.whole_json() };
    let Some(secret) = setup.text(STORE_SECRET.name) else {
        let why = "sealed with the store's secret: give option store_secret";
        return failed(DecodeError::sealed(kruptein::NAME, why));
    };
    let opened = kruptein::open(envelope, secret).map_err(DecodeError::from);
    match opened.and_then(|text| json::decode(&text, &blob.limits).map(Value::into_owned)) {
        Ok(value) => Decoded { via: vec![kruptein::NAME, "json"], value: Ok(Cow::Owned(value)) },
        Err(error) => failed(error),
    }
}
