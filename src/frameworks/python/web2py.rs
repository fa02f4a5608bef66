//! web2py with its sessions in Redis.
//!
//! web2py gluon/contrib/redis_session.py at 086bfb58, 238d1d03 and e2df4a3b, gluon/globals.py.

use std::borrow::Cow;

use crate::codec::pickle;
use crate::cookie::{CookieError, Given, Opened};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, Whose, blob, user, whose,
};
use crate::store::{IndexOp, Key, Kind, Op};
use crate::value::Value;

const DATA: &str = "session_data";

pub const LAYOUT: Layout = Layout {
    name: "web2py",
    about: "web2py with gluon.contrib.redis_session",
    family: "Python",
    home: Some("https://github.com/web2py/web2py"),
    page: "\
key      w2p:sess:<application>:<number>, a hash
value    fields locked, client_ip, modified_datetime (local time), unique_key, and session_data, a
         pickle of the session; read as data, never run
expiry   the key's TTL where session_expiry is set; otherwise none
user     session_data: auth.user.id; without auth nobody
cookie   session_id_<application> = <number>:<unique_key>
index    w2p:sess:<application>:id_idx, a set of whole keys; those of sessions that ended stay in it
end      the key, its entry in the set and the lock <key>:lock. A request in flight that changes the
         session writes all of it under a new number and tells the browser that
beside   w2p:sess:<application>:serial, the last number
",
    keys: Keys { prefix: "w2p:sess:", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field(DATA)],
    cookie: Cookie {
        name: Some("session_id"),
        open: Some(|setup, given| open(given, setup.cookie_name())),
        // Beside it the cookie holds `unique_key`, which the session has to have, too (gluon/globals.py).
        id_alone: false,
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe,
    whose: Whose::Own(nobody),
    extra: Extra {
        broken: |_, blob, _| {
            let error = pickle::decode(blob.field(DATA)?, &blob.limits).err()?;
            Some(format!("{DATA}: {error}"))
        },
        ..Extra::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            "A request that was in flight and changes its session writes it under a new number: look again \
         after a purge.",
            "Since web2py 3.1 every change leaves the old record, login and all: one browser has many.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    // With the application's name or without it: the number is what follows the last colon.
    if let Some(lead) = setup.known_lead() {
        key.strip_prefix(lead)?;
    }
    let start = key::last_part(key);
    let id = &key[start..];
    (!id.is_empty() && id.len() <= 20 && Alphabet::Digit.all(id)).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        Verdict::no("the key does not end in a number")
    } else if blob.field(DATA).is_none() || blob.field("unique_key").is_none() {
        Verdict::no("there are no fields session_data and unique_key")
    } else {
        Verdict::Sure
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return Decoded::failed("hash", blob.unreadable("hash")) };
    let member = |(name, value): &'b (Vec<u8>, Vec<u8>)| {
        let shown = if name == DATA.as_bytes() {
            pickle::decode_at(value, "/session_data", &blob.limits)
                .unwrap_or(Value::Bytes(Cow::Borrowed(value)))
        } else {
            blob::plain(value)
        };
        (String::from_utf8_lossy(name), shown)
    };
    let members = fields.iter().map(member).collect();
    Decoded { via: vec!["hash", pickle::CODEC.name], value: Ok(Cow::Owned(Value::Map(members))) }
}

/// What a Storage, a Row or the Session itself holds: classes that are called with one dict.
fn storage<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    match value {
        Value::Object(object) => match &object.payload {
            Some(Value::List(args)) if args.len() == 1 => &args[0],
            Some(map @ Value::Map(_)) => map,
            _ => value,
        },
        _ => value,
    }
}

fn login<'v, 'a>(data: &'v Value<'a>) -> Option<&'v Value<'a>> {
    storage(data.get(DATA)?).get("auth").map(storage)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = login(data).and_then(|auth| auth.get("user")).map(storage);
    Facts {
        user: user.and_then(user::named),
        ip: user::text(data.get("client_ip")).filter(|ip| &**ip != "None"),
        ..Facts::default()
    }
}

fn nobody(_: &Setup, _: &Blob<'_>, data: &Value<'_>) -> Unnamed {
    match data.get(DATA) {
        None | Some(Value::Bytes(_)) => Unnamed::Unknown,
        Some(_) => whose::without(login(data).and_then(|auth| auth.get("user").or(Some(auth)))),
    }
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let index = Key([session.before(), b"id_idx"].concat());
    vec![
        Op::Index(IndexOp::SetRemove { key: index, member: session.key.to_vec() }),
        Op::Unlock(Key([session.key, b":lock"].concat())),
    ]
}

/// `<number>:<unique_key>`; the key proves nothing by itself.
fn open(given: &Given, name: &str) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "<number>:<unique_key>" };
    let named = given.value(name);
    // The cookie's name holds the application's.
    let value = named.or_else(|| {
        let name = given.names().find(|other| other.starts_with("session_id_"))?;
        given.companion(name)
    });
    let value = value.ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    let value = crate::cookie::percent_decode(&value).into_owned();
    let colon = memchr::memchr(b':', &value).ok_or(EXPECTED)?;
    let id = &value[..colon];
    if id.is_empty() || !Alphabet::Digit.all(id) || colon + 1 == value.len() {
        return Err(EXPECTED);
    }
    Ok(Opened { id: id.to_vec(), verified: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_by_the_name_of_its_application() {
        for text in
            ["40211:e3c1e57f", "session_id_shop=40211:e3c1e57f", "session_id_shop=\"40211:e3c1e57f\"; a=b"]
        {
            assert_eq!(open(&Given::parse(text), "session_id").expect("a cookie").id, b"40211", "{text}");
        }
        for text in ["session_id_shop=abc", "session_id_shop=x:y", "session_id_shop=1:"] {
            assert!(open(&Given::parse(text), "session_id").is_err(), "{text}");
        }
    }
}
