//! Vert.x web with its Redis session store.

use crate::codec::vertx;
use crate::cookie::{self, Opened};
use crate::frameworks::jvm;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, expire, time, user, whose,
};
use crate::store::Raw;
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "vertx-web",
    about: "Vert.x web with vertx-web-sstore-redis (4 and 5)",
    family: "JVM",
    home: Some("https://vertx.io/docs/vertx-web/java/"),
    page: "\
key      <id>, a string, no prefix; the id is lower-case hex, 32 digits by default
value    big-endian: the id, timeout (ms), time of the last access (ms), version, and the entries by
         type (SharedDataSessionImpl of vertx-web 4). An object of a class that serializes itself in
         its own way ends what can be shown
expiry   the timeout (30 min) as the key's TTL, anew at each read. `expire` sets the timeout in the
         value, too
user     username, sub, name or uid of the principal in __vertx.userHolder
cookie   vertx-web.session = <id>, with .<HMAC> after it where a signing secret is set
end      the key. A request in flight writes the session back
beware   the store's own clear() is FLUSHDB
",
    keys: Keys {
        locate: |setup, key| {
            key::locate_by(
                setup,
                key,
                |_| Some(0),
                |id| id.len() >= 16 && id.len().is_multiple_of(2) && Alphabet::Hex.all(id),
            )
        },
        ..Keys::PLAIN
    },
    // The length of an id, which is below 256.
    marks: &[Mark::Magic(b"\0\0\0")],
    recognize: |setup, blob| {
        let id = blob.text().and_then(vertx::id);
        let Some(id) = id else { return Verdict::no("the value does not begin with an id and its length") };
        let fits = match setup.known_lead() {
            Some(lead) => blob.key.strip_prefix(lead) == Some(id),
            None => blob.key == id,
        };
        if !fits {
            return Verdict::no("the id at the beginning of its value is not its key");
        }
        match blob.text().map(|text| vertx::decode(text, &blob.limits)) {
            Some(Ok(_)) => Verdict::Sure,
            Some(Err(error)) => Verdict::No(error.to_string().into()),
            None => Verdict::no("the key is not a string"),
        }
    },
    read: |_, blob| match blob.text().map(|text| vertx::decode(text, &blob.limits)) {
        Some(Ok(value)) => Decoded::owned("vertx", value),
        Some(Err(error)) => Decoded::failed("vertx", error),
        None => Decoded::failed("vertx", blob.unreadable("vertx")),
    },
    describe,
    whose: Whose::Own(|_, _, data| {
        let Some(entries) = data.get("data") else { return Unnamed::Unknown };
        if let Some(holder) = entries.get("__vertx.userHolder") {
            let user = holder.get("$value").map(|holder| holder.get("principal"));
            return user.map_or(Unnamed::Unknown, whose::without);
        }
        whose::container(entries)
    }),
    cookie: Cookie {
        name: Some("vertx-web.session"),
        open: Some(|setup, given| {
            let opened = cookie::bare::open(given, setup.cookie_name())?;
            // Ids have no dots.
            let end = memchr::memchr(b'.', &opened.id).filter(|end| *end > 0).unwrap_or(opened.id.len());
            Ok(Opened { id: opened.id[..end].to_vec(), ..opened })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { expire, caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The timeout stands right after the id.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let end = end.ok_or(jvm::NO_NEVER)?;
    let (Raw::Text(text), Some(seen)) = (session.raw, session.facts.seen) else {
        return Err(expire::UNREADABLE);
    };
    let timeout = vertx::id(text).and_then(|id| text.get(4 + id.len()..12 + id.len()));
    let left = end.saturating_sub(seen).max(1);
    let text = timeout.and_then(|old| jvm::patched(text, old, &left.to_be_bytes()));
    let rewrite = Some(crate::store::Rewrite::Text(text.ok_or(expire::UNREADABLE)?));
    Ok(expire::Expiring { at: crate::store::Expiry::At(end), rewrite, then: Vec::new() })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let seen = data.get("lastAccessed").and_then(time::millis);
    let timeout = data.get("timeout").and_then(Value::as_i64).filter(|timeout| *timeout > 0);
    let entries = data.get("data");
    let principal =
        entries.and_then(|entries| entries.get("__vertx.userHolder")?.get("$value")?.get("principal"));
    Facts {
        user: principal.and_then(|principal| jvm::first(principal, &["username", "sub", "name", "uid"])),
        seen,
        ends: seen.zip(timeout).and_then(|(seen, timeout)| seen.checked_add(timeout)),
        ip: entries.and_then(user::ip),
        agent: entries.and_then(user::agent),
        ..Facts::default()
    }
}
