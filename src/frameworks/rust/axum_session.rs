//! axum_session.
//!
//! axum_session 0.22.1, axum_session_redispool 0.13.0, axum_session_auth 0.22.0; AscendingCreations/AxumSession
//! 37ad1a4.

use std::borrow::Cow;

use crate::codec::{DecodeError, json};
use crate::cookie::{CookieError, Given, Opened, jar};
use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose};
use crate::value::Value;
use crate::wrap;

pub const DATABASE_KEY: OptionSpec = OptionSpec::secret(
    "database_key_hex",
    OptionKind::Text,
    "the 64 bytes of with_database_key, in hexadecimal digits",
);

const SEALED: &str = "axum-session";

pub const LAYOUT: Layout = Layout {
    name: "axum-session",
    about: "axum_session with its Redis pools",
    family: "Rust",
    home: Some("https://github.com/AscendingCreations/AxumSession"),
    page: "\
key      <table_name>:<uuid>, a string; table `sessions`, without a name the bare UUID
value    JSON {data: {member: JSON text, ...}, longterm}; with a database key base64 of AES-256-GCM,
         which option database_key_hex opens
expiry   the key's TTL: 6 hours, 60 days where longterm is set; renewed every 10 seconds at most
user     user_auth_session_id (axum_session_auth), else user_id, user, username
cookie   session = <uuid>, with 44 characters of a MAC before it where a key is set. The MAC covers
         address and browser, too, so that it cannot be checked from outside
index    none
end      the one key, and that is not enough by itself: see beware
beware   each server keeps sessions in its memory for an hour since their last use and does not ask
         Redis meanwhile; every request writes them back (observed, 0.22.1)
",
    keys: Keys { prefix: "sessions:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("longterm"), Mark::Word("sessions:")],
    options: &[setup::JAR_MODE, setup::JAR_KEY, DATABASE_KEY, setup::SERIALIZER],
    recognize,
    read,
    describe,
    whose: Whose::Container(|data| go::members(data.get("data")?)),
    cookie: Cookie { name: Some("session"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        caveats: &[
            "A server that has an ended session in its memory goes on with it and writes it back.",
            "It keeps one for an hour since its last use, or with_memory_lifetime; a restart forgets all.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, key::uuid_tail, key::is_uuid)
}

/// Whether the value is base64 of what came out of a cipher.
fn is_sealed(blob: &Blob<'_>) -> bool {
    blob.text().is_some_and(|text| text.len() >= 40 && text.len() % 4 == 0 && Alphabet::Base64.all(text))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key).filter(|place| place.usual) else {
        return Verdict::no("the key does not end in a UUID");
    };
    if let Some(members) = blob.object() {
        let data = blob.member("data").and_then(Value::as_map);
        let longterm = matches!(blob.member("longterm"), Some(Value::Bool(_)));
        let texts = |data: &[(Cow<'_, str>, Value<'_>)]| data.iter().all(|(_, cell)| cell.as_str().is_some());
        return if members.len() == 2 && longterm && data.is_some_and(texts) {
            Verdict::Sure
        } else {
            Verdict::no("its members are not exactly data, a map of texts, and longterm")
        };
    }
    if !is_sealed(blob) {
        return Verdict::no("the value is not a JSON object and no base64 of a sealed one");
    }
    let before = &blob.key[..place.id.start];
    if setup.text(DATABASE_KEY.name).is_some() && opened(setup, blob).is_ok() {
        Verdict::Sure
    } else if setup.named || before.ends_with(b"sessions:") {
        Verdict::Weak
    } else {
        Verdict::no("base64 under a UUID could be anyone's")
    }
}

/// The session's JSON out of its seal.
fn opened(setup: &Setup, blob: &Blob<'_>) -> Result<Value<'static>, DecodeError> {
    let Some(text) = setup.text(DATABASE_KEY.name) else {
        return Err(DecodeError::sealed(
            SEALED,
            "sealed with the database key: give option database_key_hex",
        ));
    };
    let sealed = wrap::base64::open(blob.text().unwrap_or_default(), &blob.limits)?;
    let id = locate(setup, blob.key).map_or(&b""[..], |place| &blob.key[place.id]);
    let keys = jar::keys(text).unwrap_or_default();
    match keys.iter().find_map(|key| jar::unseal(&key[32..], &sealed, id)) {
        Some(plain) => json::decode(&plain, &blob.limits).map(Value::into_owned),
        None => Err(DecodeError::whole(SEALED, "the database key does not fit, or the value was altered")),
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const JSON: &str = json::CODEC.name;
    if is_sealed(blob) {
        let value = opened(setup, blob).map(|value| Cow::Owned(go::with_cells(&value, "data", &blob.limits)));
        return Decoded { via: vec![SEALED, JSON], value };
    }
    match blob.json() {
        Some(value) => Decoded::owned(JSON, go::with_cells(value, "data", &blob.limits)),
        None => blob.whole_json(),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let Some(data) = data.get("data") else { return Facts::default() };
    let facts = go::facts(data);
    Facts { user: data.get("user_auth_session_id").and_then(go::named).or(facts.user), ..facts }
}

fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = go::jar(setup, given, key::is_uuid)?;
    // A MAC that does not fit may be over address and browser as well.
    Ok(Opened { verified: opened.verified.filter(|genuine| *genuine), ..opened })
}
