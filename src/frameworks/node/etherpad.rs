//! Etherpad, whose sessions are rows of its one database.

use crate::frameworks::node::connect_redis;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Place, Setup, Verdict, Whose, user, whose};
use crate::store::Key;
use crate::store::{IndexOp, Op};
use crate::value::Value;

const PREFIX: &str = "sessionstorage:";

pub const LAYOUT: Layout = Layout {
    name: "etherpad",
    about: "Etherpad with its database in Redis (ueberdb2)",
    home: Some("https://github.com/ether/etherpad-lite"),
    page: "\
key      sessionstorage:<sid>, a string; sid 32 base64url characters
value    JSON of an express session; `cookie` is the raw Cookie object, with _expires for expires
expiry   none: a row goes only when it is read after its end; crawlers and 401 answers make more
user     user.username; anonymous visitors have no `user`
cookie   express_sid = s:<sid>.<HMAC-SHA256 of sid>, percent-encoded; the secret is the text of
         SESSIONKEY.txt
index    set ueberDB:keys:sessionstorage of whole keys
end      the key and its member in the set (ueberdb2 1.4.19, databases/redis_db.js)
beware   the same database holds all pads, authors and groups; session:s.<32 hex> are sessions of
         the HTTP API, to be ended there, and hold no login
",
    keys: Keys { prefix: PREFIX, locate, ..connect_redis::LAYOUT.keys },
    recognize,
    read: |_, blob| blob.whole_json(),
    describe,
    whose: Whose::Own(|_, _, data| whose::bag(Some(data))),
    cookie: Cookie { name: Some("express_sid"), ..connect_redis::LAYOUT.cookie },
    ends: Ends {
        end,
        expire,
        caveats: &[
            "A running Etherpad keeps sessions in memory: what is removed here stays valid until it restarts, and may \
             be written back.",
            "With HTTP Basic authentication a browser logs in again by itself.",
        ],
        ..connect_redis::LAYOUT.ends
    },
    ..connect_redis::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if !may_be(setup, key) {
        return None;
    }
    key::locate_by(setup, key, |_| None, |id| key::is_exactly(id, 32, Alphabet::Base64Url))
}

/// Where no prefix was configured, the key has to hold the usual one: values are like everybody's.
fn may_be(setup: &Setup, key: &[u8]) -> bool {
    setup.known_lead().is_some() || key::rfind(key, PREFIX.as_bytes()).is_some()
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !may_be(setup, blob.key) {
        return Verdict::no("its key does not hold `sessionstorage:`");
    }
    let Some(cookie) = blob.member("cookie").filter(|cookie| cookie.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object with an object `cookie`");
    };
    let has = |name| cookie.get(name).is_some();
    if !has("originalMaxAge") {
        Verdict::no("its cookie member lacks originalMaxAge")
    } else if has("_expires") || (setup.named && has("path")) {
        Verdict::Sure
    } else {
        Verdict::no("its cookie member is not a raw Cookie object (it lacks _expires)")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = data.get("user");
    let name = user.and_then(|user| user.get("username")).and_then(Value::scalar_text);
    Facts { user: name.or_else(|| user::named(user?)), ip: user::ip(data), ..Facts::default() }
}

/// The store looks at `cookie.expires` when it reads a row; what it wrote as `_expires` it does not
/// read back (ether/etherpad, src/node/db/SessionStore.ts), and a TTL would leave the row in the set.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let new = |old: &Value<'_>| end.and_then(|end| expire::like(old, end));
    let rewrite = expire::member(session, &["cookie", "expires"], &new)?;
    let rewrite = rewrite.ok_or("Etherpad heeds no end in their rows; they can only be purged")?;
    Ok(Expiring { at: expire::at_if_any(session, end), rewrite: Some(rewrite), then: Vec::new() })
}

/// ueberdb keeps a set of whole keys for everything before the one colon of a key.
fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let client = setup.key_prefix().as_bytes();
    let row = session.key.strip_prefix(client).unwrap_or(session.key);
    let mut ops = Vec::new();
    for client in [&session.key[..session.key.len() - row.len()], behind(session.before())] {
        let (row, key) =
            (&session.key[client.len()..], Key([client, b"ueberDB:keys:sessionstorage"].concat()));
        let op = Op::Index(IndexOp::SetRemove { key, member: row.to_vec() });
        if !ops.contains(&op) {
            ops.push(op);
        }
    }
    ops
}

/// What precedes the usual prefix: the Redis client's own.
fn behind(before: &[u8]) -> &[u8] {
    before.strip_suffix(PREFIX.as_bytes()).unwrap_or(b"")
}
