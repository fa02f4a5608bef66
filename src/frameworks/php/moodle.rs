//! Moodle: since 4.5 a hash a session with an index by user, before that a string.

use crate::codec::Limits;
use crate::codec::{igbinary, php as serialize};
use crate::cookie;
use crate::cookie::{CookieError, Opened};
use crate::layout::php;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    blob, time, user,
};
use crate::store::Key;
use crate::store::{IndexOp, Kind, Op};
use crate::value::Value;
use crate::wrap;
use std::borrow::Cow;

const WORD: &str = "session_";

pub const LAYOUT: Layout = Layout {
    name: "moodle",
    about: "Moodle (\\core\\session\\redis), before and since 4.5 (PHP)",
    family: "PHP",
    home: Some("https://docs.moodle.org/"),
    page: "\
key      since 4.5 <prefix>session_<sid>, a hash; before <prefix><sid>, a string; prefix empty
         unless session_redis_prefix is set; sid 22 to 256 of [A-Za-z0-9,-]
value    every field and every string is serialized by the client (PHP or igbinary); sessdata, or
         the string, is a PHP session with the variables USER and SESSION, perhaps compressed
         (gzip, zstd)
expiry   the key's TTL (sessiontimeout), moved by requests
user     field userid, before 4.5 USER.id; 0 is nobody, 1 usually the guest
times    timecreated, timemodified; address lastip
cookie   MoodleSession<sessioncookie> = the sid, unsigned
index    since 4.5 hash <prefix>user_<userid>: sid -> time of login
end      the key, its field in the user's hash, and the lock <key>.lock (redis.php `destroy`, 5.1)
beware   a hash with nothing but sessdata and without TTL is what a request left that was in flight
         when its session was ended: no session
",
    keys: Keys {
        prefix: "",
        kind: Kind::Hash,
        other_kind: Some(Kind::String),
        locate,
        key_of: |setup, id| [&setup.lead()[..], WORD.as_bytes(), id].concat(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("sessdata"), Mark::Variable("USER"), Mark::Variable("SESSION")],
    options: &[
        OptionSpec::new("compressor", OptionKind::Text, "none, gzip or zstd, as a hint; the bytes decide"),
        OptionSpec::new("serializer", OptionKind::Text, "php or igbinary, as a hint; the bytes decide"),
    ],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, blob, data| {
        let user = if blob.fields().is_some() { data.get("userid") } else { data.at("USER.id") };
        match user.and_then(Value::scalar_text) {
            Some(id) if id == "0" => Unnamed::Nobody,
            _ => Unnamed::Unknown,
        }
    }),
    cookie: Cookie { name: Some("MoodleSession"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        end,
        caveats: &[
            "Before 4.5 a request in flight writes its session back; the SQL table mdl_sessions decides whether it \
             counts.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => {
            let rest = key.strip_prefix(lead)?;
            lead.len() + if rest.starts_with(WORD.as_bytes()) { WORD.len() } else { 0 }
        }
        None => php::native_start(key, WORD)?,
    };
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, php::is_usual(id)))
}

/// The cookie's name ends in what the site has configured.
fn open(setup: &Setup, given: &cookie::Given) -> Result<Opened, CookieError> {
    let named = given.names().find(|name| name.starts_with("MoodleSession") && *name != "MoodleSessionTest");
    let name = setup.text("cookie_name").or(named).unwrap_or(setup.cookie_name());
    cookie::bare::open(given, name)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.fields().is_some() {
        let has = |name| blob.field(name).is_some();
        return if has("sessdata") && has("timecreated") && (has("sid") || has("userid")) {
            Verdict::Sure
        } else if has("sessdata") {
            Verdict::no("its hash has no owner: the remains of a session that was ended during a request")
        } else {
            Verdict::no("its hash is not a session: it lacks sessdata and timecreated")
        };
    }
    let is_object =
        |name: &str| matches!(blob.variable(name), Some(Value::Object(object)) if object.class == "stdClass");
    match (is_object("USER"), is_object("SESSION")) {
        (true, true) => Verdict::Sure,
        (true, false) | (false, true) if setup.named => Verdict::Kin,
        _ if setup.named && blob.is_empty() && locate(setup, blob.key).is_some_and(|place| place.usual) => {
            Verdict::Kin
        }
        _ => Verdict::no("the value is not a PHP session with the objects USER and SESSION"),
    }
}

/// What the client serialized.
fn unserialized<'b>(bytes: &'b [u8], limits: &Limits) -> Value<'b> {
    let decoded = match bytes {
        [0, 0, 0, 1 | 2, ..] => igbinary::decode(bytes, limits),
        _ => serialize::decode(bytes, limits),
    };
    decoded.unwrap_or_else(|_| blob::plain(bytes))
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return blob.php_data() };
    let mut via = vec!["hash"];
    let mut members = Vec::with_capacity(fields.len());
    for (name, bytes) in fields {
        let value = match wrap::php::session_under("/sessdata", bytes, &blob.limits) {
            Ok((inner, value)) if name == b"sessdata" => {
                via.extend(inner);
                value
            }
            _ => unserialized(bytes, &blob.limits),
        };
        members.push((String::from_utf8_lossy(name), value));
    }
    Decoded { via, value: Ok(Cow::Owned(Value::Map(members))) }
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let hash = blob.fields().is_some();
    let variables = if hash { data.get("sessdata") } else { Some(data) };
    let user = variables.and_then(|variables| variables.get("USER"));
    let id = if hash { data.get("userid") } else { user.and_then(|user| user.get("id")) };
    let second = |name: &str| data.get(name).filter(|_| hash).and_then(time::seconds);
    let address = |name: &str| user::text(data.get(name)).filter(|_| hash);
    Facts {
        user: id.and_then(Value::scalar_text).filter(|id| id != "0"),
        created: second("timecreated"),
        seen: second("timemodified"),
        ip: address("lastip").or_else(|| address("firstip")).or_else(|| user::text(user?.get("lastip"))),
        ..Facts::default()
    }
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let mut ops = Vec::new();
    if session.hash
        && let Some(user) = session.facts.user.as_deref()
        && let Some(prefix) = session.before().strip_suffix(WORD.as_bytes())
    {
        let key = Key([prefix, b"user_", user.as_bytes()].concat());
        ops.push(Op::Index(IndexOp::HashRemove { key, field: session.id.to_vec() }));
    }
    ops.push(Op::Unlock(Key([session.key, b".lock"].concat())));
    ops.extend(php::native_lock(session));
    ops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Raw;

    #[test]
    fn what_a_request_left_behind_is_no_session() {
        let hash = |fields: &[(&str, &str)]| {
            Raw::Hash(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
        };
        let setup = Setup::free(&LAYOUT);
        let key = b"session_9evh9ln6i33lq70dfmgs2nevqf";
        let whole =
            hash(&[("sessdata", "N;"), ("timecreated", "i:1;"), ("sid", "s:1:\"x\";"), ("userid", "i:0;")]);
        assert_eq!(recognize(&setup, &Blob::new(key, &whole, Limits::default())), Verdict::Sure);
        let corpse = hash(&[("sessdata", "s:1:\"x\";")]);
        assert!(matches!(recognize(&setup, &Blob::new(key, &corpse, Limits::default())), Verdict::No(_)));
        assert!(locate(&setup, b"user_5").is_none());
        assert!(locate(&setup, b"session_9evh9ln6i33lq70dfmgs2nevqf.lock").is_none());
    }
}
