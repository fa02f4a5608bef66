//! Odoo with Camptocamp's addon session_redis, or mangono-odoo-redis-session.
//!
//! odoo-cloud-platform session_redis/session.py, http.py, json_encoding.py at 5b03cc4 and 00f95aa5.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, time, user, whose,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "odoo-session-redis",
    about: "Odoo with session_redis, or mangono-odoo-redis-session",
    family: "Python",
    page: "\
key      session:<sid>, a string; with ODOO_SESSION_REDIS_PREFIX session::<prefix>:<sid>, two
         colons; the sid is 40 hex digits, since Odoo 17 84 of [A-Za-z0-9_-]
value    JSON {db, uid, login, session_token, context, ...}
expiry   the key's TTL: 7 days with a user, 3 hours without one, or the member `expiration`
user     uid; the name is `login`. pre_uid is someone whose second factor is missing: nobody
cookie   session_id = <sid>
index    none
end      the one key. A request in flight that changed the session writes it back
",
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("session_token"), Mark::Member("db")],
    cookie: Cookie {
        name: Some("session_id"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    describe,
    whose: Whose::Own(|_, _, data| whose::without(data.get("uid"))),
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_sid(id: &[u8]) -> bool {
    key::is_exactly(id, 40, Alphabet::Hex) || key::is_exactly(id, 84, Alphabet::Base64Url)
}

fn tail(key: &[u8]) -> Option<usize> {
    let behind = |length: usize| key.len().checked_sub(length).filter(|start| is_sid(&key[*start..]));
    behind(84).or_else(|| behind(40))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if setup.known_lead().is_none() {
        // What stands between the prefix and the sid is not a part of the sid.
        let start = tail(key).unwrap_or_else(|| key::last_part(key));
        return (start < key.len()).then(|| Place::after(key, start, is_sid(&key[start..])));
    }
    key::locate_by(setup, key, tail, is_sid)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no sid") };
    if blob.object().is_none() {
        return Verdict::no("the value is not a JSON object");
    }
    let has = |name: &str| blob.member(name).is_some();
    if has("session_token") && has("db") && (has("login") || has("uid")) {
        if place.usual || setup.named { Verdict::Sure } else { Verdict::Weak }
    } else if place.usual && has("db") {
        Verdict::Kin
    } else {
        Verdict::no("there are no members session_token, db and login or uid")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let device = data.get("_trace").and_then(Value::as_list).and_then(<[_]>::last);
    let of_device = |name| device.and_then(|device| device.get(name));
    Facts {
        user: data.get("uid").and_then(user::named),
        created: data.get("create_time").and_then(time::seconds),
        seen: of_device("last_activity").and_then(time::instant),
        ip: user::text(of_device("ip_address")),
        ..Facts::default()
    }
}
