//! GoFrame's sessions in Redis.
//!
//! gogf/gf os/gsession/gsession_storage_redis.go, gsession_storage_redis_hashtable.go at c8bdbb77.

use std::borrow::Cow;

use crate::codec::{Limits, json};
use crate::cookie;
use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, blob, php, python,
};
use crate::store::Kind;
use crate::value::Value;

const ID: usize = 32;

pub const LAYOUT: Layout = Layout {
    name: "goframe",
    about: "GoFrame, gsession with StorageRedis or StorageRedisHashTable (Go)",
    family: "Go",
    page: "\
key      <prefix><id>, a string or a hash; no prefix by default, and nothing between it and the id;
         32 digits and small letters
value    a JSON object; of the hash each field a member, JSON where it is an object
expiry   the key's TTL, SessionMaxAge of 24 hours, renewed with every request, some seconds late
user     user.passport, user.id, user_id, username
cookie   gfsessionid = <id>, bare
index    none
end      the one key. A request in flight writes it back if it changed the session
alike    any JSON object under such a key, and any hash of texts with a user in it: changed only
         when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { other_kind: Some(Kind::Hash), locate, ..Keys::PLAIN },
    // Of hashes those with a user are asked about; the members of others may be called anything.
    marks: &[
        Mark::AnyObject,
        Mark::Field("user"),
        Mark::Field("user_id"),
        Mark::Field("uid"),
        Mark::Field("username"),
    ],
    recognize,
    read,
    describe: |_, _, data| {
        let row =
            data.get("user").and_then(|row| row.find_named(&["passport", "Passport"], Value::scalar_text));
        let facts = go::facts(data);
        Facts { user: row.or(facts.user), ..facts }
    },
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("gfsessionid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => go::end_of(key, ID, Alphabet::Lower)?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Lower).then(|| Place::after(key, start, true))
}

const NO_ID: &str = "the key does not end in 32 digits and small letters";

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys are too short.
    if blob.key.len() < ID || !Alphabet::Lower.all(&blob.key[blob.key.len() - ID..]) {
        return Verdict::no(NO_ID);
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no(NO_ID) };
    if setup.is_pointed() && blob.fields().is_some() {
        return Verdict::Weak;
    }
    let (before, id) = (&blob.key[..place.id.start], &blob.key[place.id]);
    if let Some(fields) = blob.fields() {
        let texts = fields.iter().all(|(_, value)| std::str::from_utf8(value).is_ok());
        return if Alphabet::Hex.all(id) || python::says_other(before) || !texts {
            Verdict::no("a digest, something else by its prefix, or a hash of more than texts")
        } else if before.is_empty() || php::says_session(before) {
            Verdict::Weak
        } else {
            Verdict::Several
        };
    }
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    if setup.named && setup.is_pointed() {
        Verdict::Weak
    } else if Alphabet::Hex.all(id)
        || python::says_other(before)
        || blob.json().is_some_and(python::is_others)
    {
        Verdict::no("a digest, or something else by its prefix or its members")
    } else if members.is_empty() {
        Verdict::Kin
    } else if before.is_empty() || php::says_session(before) {
        Verdict::Weak
    } else {
        Verdict::Several
    }
}

/// A field's text, or the object that it is.
fn member(bytes: &[u8]) -> Value<'static> {
    match bytes.first() {
        Some(b'{' | b'[') => json::decode(bytes, &Limits::default())
            .map_or_else(|_| blob::plain(bytes).into_owned(), Value::into_owned),
        _ => blob::plain(bytes).into_owned(),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return blob.whole_json() };
    let members = fields
        .iter()
        .map(|(name, bytes)| (Cow::Owned(String::from_utf8_lossy(name).into_owned()), member(bytes)));
    Decoded::owned("hash", Value::Map(members.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Raw;

    #[test]
    fn hashes_of_texts_are_told_by_their_ids() {
        let field = |name: &str, value: &[u8]| (name.as_bytes().to_vec(), value.to_vec());
        let user = field("user", br#"{"id":1,"passport":"alice"}"#);
        for (key, fields, verdict) in [
            ("z1y2x3w4v5u6t7s8r9q0p1o2n3m4l5k6", vec![user.clone()], Some(Verdict::Weak)),
            ("shopz1y2x3w4v5u6t7s8r9q0p1o2n3m4l5k6", vec![user.clone()], Some(Verdict::Several)),
            ("0123456789abcdef0123456789abcdef", vec![user.clone()], None),
            ("cache:z1y2x3w4v5u6t7s8r9q0p1o2n3m4l5k6", vec![user.clone()], None),
            ("z1y2x3w4v5u6t7s8r9q0p1o2n3m4l5k6", vec![field("user", b"\xff")], None),
        ] {
            let raw = Raw::Hash(fields);
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            let found = recognize(&Setup::free(&LAYOUT), &blob);
            match verdict {
                Some(verdict) => assert_eq!(found, verdict, "{key}"),
                None => assert!(matches!(found, Verdict::No(_)), "{key} {found:?}"),
            }
        }
    }
}
