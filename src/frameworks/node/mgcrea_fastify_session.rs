//! @mgcrea/fastify-session with its Redis store.

use crate::codec::json;
use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, blob,
    user, whose,
};
use crate::store::Rewrite;
use crate::store::{Key, Kind, Raw};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "mgcrea-fastify-session",
    about: "@mgcrea/fastify-session 2 with @mgcrea/fastify-session-redis-store",
    family: "Node.js",
    home: Some("https://github.com/mgcrea/fastify-session"),
    page: "\
key      <prefix><id>, a hash; prefix `sess:`; id 21 nanoid characters
value    exactly the fields data (the session as JSON, without a cookie member) and expiry (ms, or
         empty)
expiry   the key's TTL, and `expiry`, which is enforced when a session is read
user     user, userId, user_id, uid, username, account of data
cookie   Session = <base64 of id>.<HMAC-SHA256 of id, unpadded>; option cookie_key is a table with
         `secret` (text) or `key` (base64), each one or a list
index    none
end      the one key
alike    a hash with `expiry` alone is what a request leaves that touched a removed session; it is
         none
beware   with the sodium secretbox package sessions are in the cookie, and nothing is in Redis
",
    keys: Keys { prefix: "sess:", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("expiry")],
    options: &[OptionSpec::secret(
        "cookie_key",
        OptionKind::Table,
        "what signs the cookie: secret (text or list) or key (base64 text or list)",
    )],
    recognize,
    read,
    describe,
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("Session"),
        open: Some(|setup, given| {
            let (secrets, keys) = (setup.table("cookie_key", "secret"), setup.table("cookie_key", "key"));
            cookie::mgcrea::open(given, setup.cookie_name(), secrets, keys)
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { expire, caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(
        setup,
        key,
        |key| key::tail_behind(key, 21, Alphabet::Base64Url),
        |id| key::is_exactly(id, 21, Alphabet::Base64Url),
    )
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(fields) = blob.fields() else { return Verdict::no("the key is not a hash") };
    let (Some(data), Some(expiry)) = (blob.field("data"), blob.field("expiry")) else {
        return Verdict::no("its hash lacks the field data or expiry");
    };
    if fields.len() != 2 {
        Verdict::no("its hash has other fields than data and expiry")
    } else if !Alphabet::Digit.all(expiry) {
        Verdict::no("its field `expiry` is neither empty nor a time")
    } else if !data.trim_ascii_start().starts_with(b"{") {
        Verdict::no("its field `data` is not a JSON object")
    } else {
        Verdict::Sure
    }
}

/// The field `data`; a hash without it is read as what it is, since there is nothing to decode.
fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const VIA: &str = "hash";
    let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
    let Some(data) = blob.field("data") else {
        let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        return Decoded::owned(VIA, Value::Map(members.collect()));
    };
    Decoded { via: vec![VIA, "json"], value: json::decode(data, &blob.limits).map(Cow::Owned) }
}

/// A cookie without an age leaves `expiry` empty, and the key's TTL alone decides.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let held = fields.iter().any(|(name, value)| name == b"expiry" && !value.is_empty());
    let text = end.map_or(String::new(), |end| end.to_string());
    let rewrite = held.then(|| Rewrite::Fields(vec![(Key(b"expiry".to_vec()), Key(text.into_bytes()))]));
    Ok(Expiring { at: expire::at(end), rewrite, then: Vec::new() })
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let expiry = blob.field("expiry").and_then(|text| std::str::from_utf8(text).ok());
    Facts {
        user: user::any(data),
        ends: expiry.and_then(|text| text.parse().ok()),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}
