//! crudauth, the session layer of benavlabs' FastAPI boilerplate.
//!
//! crudauth storage/backends/redis.py at 21cf51a.

use crate::cookie;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, UserIndex, Verdict, Whose, key, python,
    time, user,
};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;

const PREFIX: &str = "session:";

pub const LAYOUT: Layout = Layout {
    name: "crudauth",
    about: "crudauth (FastAPI)",
    family: "Python",
    page: "\
key      session:<uuid>, a string
value    JSON {user_id, session_id, ip_address, user_agent, device_info, created_at,
         last_activity, metadata: {csrf_token_id, ...}}
expiry   the key's TTL, 30 minutes by default, 30 days where the user is to be remembered
user     user_id
cookie   session_id = <id>
index    session_users:<user id>, a set of ids; ids of sessions that have expired stay in it
end      the key, its entry in the set, and csrf:<metadata.csrf_token_id>. A request in flight
         writes the session back (releases before the middle of 2026)
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Member("session_id")],
    cookie: Cookie {
        name: Some("session_id"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    describe,
    whose: Whose::Own(|_, _, data| python::without(data, "user_id")),
    ends: Ends {
        end,
        user_index: Some(UserIndex {
            key: |setup, user| Some(beside(&(setup.layout.keys.lead)(setup), "session_users:", user)),
            sessions: |setup, id| vec![(setup.layout.keys.key_of)(setup, id)],
        }),
        caveats: &[Layout::WRITTEN_BACK],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, python::uuid_at_end, key::is_uuid)
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let id = blob.member("session_id").and_then(Value::as_str);
    let Some(id) = id.filter(|id| key::is_uuid(id.as_bytes())) else {
        return Verdict::no("there is no member session_id with a UUID");
    };
    if !blob.key.ends_with(id.as_bytes()) {
        Verdict::no("its session_id is not the end of the key")
    } else if blob.member("user_id").is_none() || blob.member("metadata").is_none() {
        Verdict::no("there are no members user_id and metadata")
    } else {
        Verdict::Sure
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: data.get("user_id").and_then(user::named),
        created: data.get("created_at").and_then(time::instant),
        seen: data.get("last_activity").and_then(time::instant),
        ip: user::text(data.get("ip_address")),
        agent: user::text(data.get("user_agent")),
        ..Facts::default()
    }
}

/// A key next to the sessions: what precedes their own prefix stands before it as well.
fn beside(before: &[u8], name: &str, of: &str) -> Vec<u8> {
    let before = before.strip_suffix(PREFIX.as_bytes()).unwrap_or(before);
    [before, name.as_bytes(), of.as_bytes()].concat()
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let mut ops = Vec::new();
    if let Some(user) = &session.facts.user {
        let key = Key(beside(session.before(), "session_users:", user));
        ops.push(Op::Index(IndexOp::SetRemove { key, member: session.id.to_vec() }));
    }
    let token =
        session.data.and_then(Decoded::value).and_then(|data| data.get("metadata")?.get("csrf_token_id"));
    if let Some(token) = token.and_then(Value::as_str).filter(|token| !token.is_empty()) {
        ops.push(Op::Unlink(Key(beside(session.before(), "csrf:", token))));
    }
    ops
}
