//! tower-sessions, of axum and other services of tower.
//!
//! tower-sessions 0.2 to 0.15, tower-sessions-redis-store 0.10 to 0.16, axum-login 0.18.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::frameworks::go;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose};
use crate::value::Value;

/// An id in base64url.
const ID: usize = 22;

pub const DATA_KEY: OptionSpec =
    OptionSpec::new("data_key", OptionKind::Text, "the member of axum-login, axum-login.data");

pub const LAYOUT: Layout = Layout {
    name: "tower-sessions",
    about: "tower-sessions with its Redis store (axum, tower)",
    family: "Rust",
    home: Some("https://github.com/maxcountryman/tower-sessions"),
    page: "\
key      <id>, a string; no prefix in released versions. The id is 16 bytes, the least first, in
         22 characters of base64url; a UUID up to 0.9
value    MessagePack of [id, data, end]; the id is the one in the key, the greatest byte first
expiry   the key's TTL, two weeks by default. The end in the value is not looked at
user     axum-login.data.user_id (option data_key), else user_id, user, username
cookie   id = <id>, plain, signed or private: options cookie_mode and cookie_key_hex
index    none
end      the one key. Since 0.11 the store only writes over what is there: a request in flight does
         not bring it back
beware   a CachingSessionStore in front goes on serving the session out of its memory
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(b"\x93\xc4\x10")],
    options: &[setup::JAR_MODE, setup::JAR_KEY, setup::SERIALIZER, DATA_KEY],
    recognize,
    read,
    describe,
    whose: Whose::Container(members),
    cookie: Cookie {
        name: Some("id"),
        open: Some(|setup, given| go::jar(setup, given, is_id)),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "A CachingSessionStore in an application's memory serves an ended session until it forgets it.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, ID, Alphabet::Base64Url) || key::is_uuid(id)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::uuid_tail(key).or_else(|| go::end_of(key, ID, Alphabet::Base64Url));
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => tail(key)?,
    };
    (start < key.len()).then(|| Place::after(key, start, is_id(&key[start..])))
}

/// The id that a record says it has.
fn own_id(text: &[u8]) -> Option<[u8; 16]> {
    text.strip_prefix(b"\x93\xc4\x10")?.first_chunk().copied()
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(own) = blob.text().and_then(own_id) else {
        return Verdict::no("the value is not a MessagePack list that begins with an id of 16 bytes");
    };
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id");
    };
    let id = &blob.key[place.id];
    let mut reversed = own;
    reversed.reverse();
    let hex = base16ct::lower::encode_string(&own);
    let plain: Vec<u8> = id.iter().filter(|byte| **byte != b'-').map(u8::to_ascii_lowercase).collect();
    if URL_SAFE_NO_PAD.encode(reversed).as_bytes() == id || id.len() == 36 && plain == hex.as_bytes() {
        Verdict::Sure
    } else {
        Verdict::no("the id in the value is not that of the key")
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::Msgpack.codec().name;
    match blob.form(Form::Msgpack) {
        Some(Ok(Value::List(record))) if record.len() == 3 => {
            Decoded { via: vec![name], value: Ok(Cow::Borrowed(&record[1])) }
        }
        Some(Err(error)) => Decoded::failed(name, error.clone()),
        _ => Decoded::failed(name, blob.unreadable(name)),
    }
}

/// Whether a member is axum-login's own, whatever with_data_key calls it (axum-login 0.18, src/session.rs
/// `Data`).
fn is_login(value: &Value<'_>) -> bool {
    let is_member = |name: &str| matches!(name, "user_id" | "auth_hash");
    value.as_map().is_some_and(|members| {
        members.len() == 2
            && members.iter().all(|(name, _)| is_member(name))
            && matches!(value.get("auth_hash"), Some(Value::List(_) | Value::Bytes(_) | Value::Null))
    })
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let login = data.get(setup.text(DATA_KEY.name).unwrap_or("axum-login.data")).or_else(|| {
        let members = data.as_map()?.iter();
        members.map(|(_, value)| value).find(|value| is_login(value))
    });
    let user = login.and_then(|login| go::named(login.get("user_id")?));
    let facts = go::facts(data);
    Facts { user: user.or(facts.user), ..facts }
}

/// The members next to axum-login's own, which is there for anyone who has been seen.
fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let all = data.as_map()?;
    let is_own = |name: &str, value: &Value<'_>| name == "axum-login.data" || is_login(value);
    let someone = |value: &Value<'_>| value.get("user_id").is_some_and(|user| !matches!(user, Value::Null));
    if all.iter().any(|(name, value)| is_own(name, value) && someone(value)) {
        return None;
    }
    let rest = all.iter().filter(|(name, value)| !is_own(name, value));
    Some(Cow::Owned(Value::Map(rest.cloned().collect())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::session::Unnamed;
    use crate::layout::whose;
    use crate::store::Raw;

    #[test]
    fn a_login_has_whatever_name_the_application_gives_it() {
        let json = |text: &'static str| {
            crate::codec::json::decode(text.as_bytes(), &Limits::default()).expect("JSON")
        };
        let raw = Raw::Text(Vec::new());
        let (setup, blob) = (Setup::free(&LAYOUT), Blob::new(b"", &raw, Limits::default()));
        for (text, user, unnamed) in [
            (r#"{"axum-login.data":{"user_id":7,"auth_hash":[1]}}"#, Some("7"), Unnamed::Unknown),
            (r#"{"shop.auth":{"user_id":"k","auth_hash":[1]}}"#, Some("k"), Unnamed::Unknown),
            (r#"{"shop.auth":{"user_id":null,"auth_hash":null}}"#, None, Unnamed::Nobody),
            (r#"{"shop.auth":{"user_id":{},"auth_hash":[1]}}"#, None, Unnamed::Unknown),
            (r#"{"order":{"user_id":7,"total":3}}"#, None, Unnamed::Open),
        ] {
            let data = json(text);
            assert_eq!(describe(&setup, &blob, &data).user.as_deref(), user, "{text}");
            let own = members(&data).map_or(Unnamed::Unknown, |own| whose::container(&own));
            assert_eq!(own, unnamed, "{text}");
        }
    }

    #[test]
    fn the_id_in_the_value_is_that_of_the_key() {
        let id: Vec<u8> = (0..16).collect();
        let value = [&b"\x93\xc4\x10"[..], &id, b"\x80\x99\xcd\x07\xea\x01\0\0\0\0\0\0\0"].concat();
        let verdict = |key: &str, value: &[u8]| {
            let raw = Raw::Text(value.to_vec());
            recognize(&Setup::free(&LAYOUT), &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        for key in [
            "Dw4NDAsKCQgHBgUEAwIBAA",
            "app-Dw4NDAsKCQgHBgUEAwIBAA",
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
            "t:00010203-0405-0607-0809-0a0b0c0d0e0f",
        ] {
            assert_eq!(verdict(key, &value), Verdict::Sure, "{key}");
            assert!(matches!(verdict(key, b"\x93\xc4\x10abc"), Verdict::No(_)), "{key}");
        }
        for key in ["AAECAwQFBgcICQoLDA0ODw", "stats", ""] {
            assert!(matches!(verdict(key, &value), Verdict::No(_)), "{key}");
        }
    }
}
