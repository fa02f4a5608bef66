//! GitLab 8 and later.

use crate::codec::rails_cache;
use crate::frameworks::ruby::{rack, rails_cache_store, rails_redis_actionpack};
use crate::layout::blob::Form;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, UserIndex, Verdict, Whose, time, whose,
};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;

const PREFIX: &str = "session:gitlab:";

/// The families of keys next to the sessions (app/models/active_session.rb).
const DEVICE: &str = "session:user:gitlab::v2:";
const OLD_DEVICE: &str = "session:user:gitlab:";
const LOOKUP: &str = "session:lookup:user:gitlab:";

pub const LAYOUT: Layout = Layout {
    name: "gitlab",
    about: "GitLab: its web sessions, in the Redis of its sessions",
    home: Some("https://docs.gitlab.com/"),
    page: "\
key      session:gitlab:2::<SHA-256 of the public id>, a string
value    Marshal 4.8 of a hash up to 17.8; an entry of the Rails cache around one since 17.9
expiry   the key's TTL: session_expire_delay, 10080 minutes; two hours while nobody is logged in.
         Unchanged sessions are written once an hour
user     warden.user.user.key; impersonator_id is the administrator who acts as that user
cookie   _gitlab_session = <public id>, since 17 perhaps with the name of a cell before it; on a Geo
         site or in development _gitlab_session_<SHA-256>
index    session:lookup:user:gitlab:<user id>, a set of private ids; it drifts
end      as GitLab does: the id in the set, session:user:gitlab::v2:<user id>:<id> and
         session:user:gitlab:<user id>:<id> (the list of devices), then the session
never    session:lookup:ip:gitlab2:<address> counts, session:otp:<user id> waits: no sessions
         (gitlabhq app/models/active_session.rb, lib/gitlab/sessions, 2025)
",
    keys: Keys { prefix: PREFIX, locate, ..rails_redis_actionpack::LAYOUT.keys },
    marks: &[Mark::Word(PREFIX)],
    recognize,
    read: rails_cache_store::read,
    describe,
    // GitLab's own login is Warden's; whatever else is there names nobody.
    whose: Whose::Own(|_, _, data| {
        let scopes = data.as_map().into_iter().flatten().filter(|(name, _)| name.starts_with("warden.user."));
        let mut keys = scopes.filter(|(name, _)| name.ends_with(".key"));
        if keys.all(|(_, value)| whose::is_empty(value)) { Unnamed::Nobody } else { Unnamed::Unknown }
    }),
    cookie: Cookie { name: Some("_gitlab_session"), ..rails_redis_actionpack::LAYOUT.cookie },
    ends: Ends {
        end,
        user_index: Some(UserIndex {
            key: |setup, user| Some([setup.key_prefix(), LOOKUP, user].concat().into_bytes()),
            sessions: |setup, id| vec![(setup.layout.keys.key_of)(setup, id)],
        }),
        caveats: &[
            rack::WRITTEN_BACK,
            "A remember-me cookie logs its owner in again; personal tokens, deploy keys and runners go on.",
        ],
        ..Ends::PLAIN
    },
    same_as: &[],
    ..rails_redis_actionpack::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if setup.known_lead().is_some() {
        return rack::locate(setup, key);
    }
    let start = crate::layout::key::rfind(key, PREFIX.as_bytes())? + PREFIX.len();
    let place = rack::locate(setup, key)?;
    (place.id.start == start).then_some(place)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key has no id of GitLab after `session:gitlab:`");
    }
    let Some(text) = blob.text() else { return Verdict::no("the value is not a string") };
    match blob.form(Form::Marshal) {
        Some(Ok(Value::Map(_)) | Err(_)) => Verdict::Sure,
        _ if rails_cache::sniff(text) => match rack::read_entry(blob).value() {
            Some(Value::Map(_)) | None => Verdict::Sure,
            Some(_) => Verdict::no("what is in the entry is not a hash"),
        },
        _ if text.is_empty() => Verdict::no("the value is empty"),
        Some(_) => Verdict::no("the dump holds no hash"),
        None => Verdict::no("the value is not a dump of Marshal and no entry of a cache"),
    }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let written = data.get("_gitlab_session_last_write_at").and_then(time::seconds);
    let facts = rails_cache_store::describe(setup, blob, data);
    Facts { seen: facts.seen.max(written), ..facts }
}

/// As `ActiveSession.destroy_session` does; of the user whom the session names.
fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let mut ops = rack::end(setup, session);
    let Some(user) = session.facts.user.as_deref() else { return ops };
    let key = |family: &str| [client(session), family.as_bytes(), user.as_bytes()].concat();
    let of = |family: &str| Key([&key(family), &b":"[..], session.id].concat());
    ops.extend([
        Op::Index(IndexOp::SetRemove { key: Key(key(LOOKUP)), member: session.id.to_vec() }),
        Op::Unlink(of(DEVICE)),
        Op::Unlink(of(OLD_DEVICE)),
    ]);
    ops
}

/// What a client puts in front of every key.
fn client<'s>(session: &'s Session<'_>) -> &'s [u8] {
    let before = session.before();
    before.strip_suffix(PREFIX.as_bytes()).unwrap_or_default()
}
