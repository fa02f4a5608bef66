//! Quart-Session, which writes Flask's tagged JSON.
//!
//! Quart-Session 3.0.0 quart_session/sessions.py, quart.json.tag.

use std::borrow::Cow;

use super::flask_session::is_compact;
use crate::cookie;
use crate::cookie::itsdangerous::Signer;
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, key, python, user,
};

pub const LAYOUT: Layout = Layout {
    name: "quart-session",
    about: "Quart-Session",
    family: "Python",
    home: Some("https://github.com/kroketio/quart-session"),
    page: "\
key      session:<uuid>, a string (SESSION_KEY_PREFIX)
value    compact JSON; an object of one member such as {\" d\": ...} is a tuple, bytes, markup, a UUID
         or a time, and shown as that
expiry   the key's TTL, 31 days by default, set anew only when the session changes
user     user_id, _user_id, user; Quart-Auth keeps its login in a cookie of its own
cookie   session = <id>, or <id>.<signature> with SESSION_USE_SIGNER
index    none
end      the one key. A request in flight writes it back only if it changed the session
",
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("_permanent"), Mark::Member("_addr"), Mark::Word("session:")],
    options: super::flask_session::OPTIONS,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            let (secrets, signs) = (setup.texts("secret_key"), setup.flag("use_signer"));
            let signer = Signer::hmac("quart-session");
            cookie::itsdangerous::open(given, setup.cookie_name(), secrets, &[signer], signs)
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe: |_, _, data| {
        let facts = python::facts(data);
        Facts { ip: user::text(data.get("_addr")).or(facts.ip), ..facts }
    },
    whose: python::CONTAINER,
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, python::uuid_at_end, key::is_uuid)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !locate(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("the key does not end in a UUID");
    }
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    if !members.is_empty() && !is_compact(blob) {
        return Verdict::no("the JSON has blanks, which Quart-Session does not write");
    }
    let marked = |name: &str| blob.member(name).is_some();
    if marked("_permanent") || marked("_addr") {
        Verdict::Sure
    } else if blob.json().is_some_and(python::is_others) {
        Verdict::no("it has the members of another store")
    } else {
        Verdict::Kin
    }
}

/// What begins a tag.
const TAG: &[u8] = b"{\" ";

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let mut decoded = blob.whole_json();
    let has_tags = blob.text().is_some_and(|text| memchr::memmem::find(text, TAG).is_some());
    if has_tags && let (Ok(_), Some(Ok(value))) = (&decoded.value, blob.form(Form::Json)) {
        decoded.value = Ok(Cow::Owned(python::untagged(value.clone())));
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;
    use crate::value::Value;

    #[test]
    fn tags_are_read_in_the_session() {
        let raw = Raw::Text(br#"{"_permanent":true,"pair":{" t":[1,2]}}"#.to_vec());
        let blob = Blob::new(b"session:4a8971c9-9090-4da5-beeb-48febda5c7d9", &raw, Limits::default());
        let setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let decoded = read(&setup, &blob);
        let data: &Value<'_> = decoded.value().expect("it decodes");
        assert_eq!(data.to_json(), r#"{"_permanent":true,"pair":[1,2]}"#);
    }
}
