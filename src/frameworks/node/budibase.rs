//! Budibase's sessions.
//!
//! Budibase/budibase packages/backend-core/src/security/sessions.ts at 060251a, redis/utils.ts at 001cf01.

use crate::layout::session::{Facts, Unnamed};
use crate::layout::{Blob, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, time, user};
use crate::value::Value;

const PREFIX: &str = "session-";

pub const LAYOUT: Layout = Layout {
    name: "budibase",
    about: "Budibase",
    family: "Node.js",
    home: Some("https://github.com/Budibase/budibase"),
    page: "\
key      session-<userId>/<sessionId>, a string
value    JSON {userId, sessionId, csrfToken, createdAt, lastAccessedAt, ...}
expiry   the key's TTL, 7 days, renewed with lastAccessedAt
user     userId
cookie   budibase:auth, a token that names user and session
index    the key: session-<userId>/*
end      the one key. A request in flight may write it back. A login ends all other sessions of its
         user
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Member("sessionId")],
    recognize,
    describe: |_, _, data| Facts {
        user: user::text(data.get("userId")),
        created: data.get("createdAt").and_then(time::instant),
        seen: data.get("lastAccessedAt").and_then(time::instant),
        ..Facts::default()
    },
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The id is what makes the key: the user, and the session after the last slash.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    let slash = start + memchr::memrchr(b'/', &key[start..])?;
    (slash > start && slash + 1 < key.len()).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key is not session-<userId>/<sessionId>");
    };
    let text = |name| blob.member(name).and_then(Value::as_str);
    let own = [text("userId").unwrap_or_default(), "/", text("sessionId").unwrap_or_default()].concat();
    if own.as_bytes() == &blob.key[place.id] {
        Verdict::Sure
    } else {
        Verdict::no("its userId and sessionId are not those of the key")
    }
}
