//! beego's sessions, and Casdoor, which is built on them.
//!
//! beego/beego 939cfde server/web/session/redis, and v1 astaxie/beego/session/redis; casdoor/casdoor
//! controllers/base.go.

use std::borrow::Cow;

use crate::codec::gob::Keys as GobKeys;
use crate::codec::{Limits, json};
use crate::cookie;
use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, Whose, setup, time,
};
use crate::value::Value;

const ID: usize = 32;

pub const LAYOUT: Layout = Layout {
    name: "beego-session",
    about: "beego v1 and v2, session provider redis; Casdoor (Go)",
    family: "Go",
    home: Some("https://github.com/beego/beego"),
    page: "\
key      <SessionIDPrefix><id>, a string; no prefix by default; 32 hex digits
value    gob of a map of anything; an empty string where nothing was put into it
expiry   the key's TTL, an hour by default, set anew by every request. Casdoor: 30 days, and its
         SessionData.ExpireTime is the real end
user     user_id, user, username, userinfo, also within JSON text; Casdoor's username is
         <organisation>/<name>
cookie   beegosessionID = <id>, bare
index    none
end      the one key. Every request in flight writes its session back. After a logout the key stays,
         as an empty map (beego/beego#1473)
beware   tokens that Casdoor issued, and the rows of its table session, are in SQL and go on
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob)],
    options: &[setup::SERIALIZER],
    recognize: |setup, blob| match locate(setup, blob.key) {
        None => Verdict::no(NO_ID),
        Some(place) if !setup.named && go::says_other(&blob.key[..place.id.start]) => {
            Verdict::no("the prefix says that it is something else")
        }
        Some(_) => go::judge(&blob.bag(&[GobKeys::Any])),
    },
    read: go::read_gob_or_nothing,
    describe,
    whose: Whose::Container(members),
    cookie: Cookie {
        name: Some("beegosessionID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "Tokens that Casdoor issued to applications are in SQL and stay valid.",
        ],
        ..Ends::PLAIN
    },
    same_as: &["harbor"],
    ..Layout::PLAIN
};

const NO_ID: &str = "the key does not end in 32 hex digits";

pub fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, ID, Alphabet::Hex)?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Hex).then(|| Place::after(key, start, true))
}

/// The end that Casdoor keeps in the session, as JSON text.
fn casdoor_end(data: &Value<'_>) -> Option<i64> {
    let text = data.get("SessionData")?.as_str()?;
    let inner = json::decode(text.as_bytes(), &Limits::default()).ok()?;
    inner.get("ExpireTime").and_then(time::seconds).filter(|end| *end > 0)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { ends: casdoor_end(data), ..go::facts(data) }
}

/// Casdoor empties the name when someone logs out.
fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    match data.get("username") {
        Some(Value::Text(name)) if name.is_empty() => Some(Cow::Owned(Value::Null)),
        _ => go::members(data),
    }
}
