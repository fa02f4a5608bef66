//! Beaker with `session.type = ext:redis`: Pylons, TurboGears, CKAN up to 2.10.
//!
//! Beaker 1.14.1 beaker/session.py, ext/redisnm.py, crypto.

use std::borrow::Cow;

use crate::codec::pickle;
use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{self, OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Form, Keys, Layout, Mark, Place, Setup, Verdict, python, time,
};
use crate::value::Value;
use crate::wrap::{base64, beaker, deflate};

const PREFIX: &str = "beaker_cache:";
const SUFFIX: &[u8] = b":session";

pub const LAYOUT: Layout = Layout {
    name: "beaker-redis",
    about: "Beaker with ext:redis (Pylons, TurboGears, CKAN up to 2.10)",
    family: "Python",
    home: Some("https://beaker.readthedocs.io/"),
    page: "\
key      beaker_cache:<id>:session, a string; the id is 32 hex digits
value    a pickle of a text that is base64 of the session: a pickle, or JSON in zlib; with
         encrypt_key encrypted before. Read as data, never run
expiry   the key's TTL, timeout and two minutes; without a timeout none. _accessed_time and
         timeout decide as well
user     _user_id (Flask-Login, as in CKAN), user_id, user, userid, username
cookie   beaker.session.id = 40 hex digits (HMAC-SHA1) and the id; without a secret the id
index    none
end      the one key. With session.auto a request in flight writes it back, and an id without a
         session is taken again
beside   beaker_cache:<namespace>:<key> is Beaker's cache, beaker_lock:... its locks
",
    keys: Keys {
        prefix: PREFIX,
        locate,
        key_of: |setup, id| [&(setup.layout.keys.lead)(setup), id, SUFFIX].concat(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(PREFIX)],
    options: &[
        setup::COOKIE_SECRET,
        OptionSpec::new("serializer", OptionKind::Text, "data_serializer; detected from the value"),
        OptionSpec::secret("encrypt_key", OptionKind::Texts, "encrypt_key, which encrypts the sessions"),
        OptionSpec::secret("validate_key", OptionKind::Text, "validate_key, which goes with encrypt_key"),
    ],
    cookie: Cookie {
        name: Some("beaker.session.id"),
        open: Some(|setup, given| {
            cookie::beaker::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe,
    whose: python::CONTAINER,
    ends: Ends {
        caveats: &[
            "With session.auto a request that was in flight writes its session back.",
            "invalidate() leaves the old session, with all that is in it, under its old id.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    let id = key[start..].strip_suffix(SUFFIX)?;
    let usual = key::is_exactly(id, 32, Alphabet::Hex);
    (!id.is_empty() && !id.contains(&b':')).then(|| Place { id: start..start + id.len(), usual })
}

/// The text that the outer pickle holds. Of the protocols without a header it begins with a string of any form:
/// that of Python 2, where 0 is the default.
fn inner<'v>(blob: &'v Blob<'_>) -> Option<Cow<'v, [u8]>> {
    if let Some(b'S' | b'V' | b'T' | b'U' | b'X') = blob.text()?.first() {
        return match pickle::decode(blob.text()?, &blob.limits).ok()? {
            Value::Text(text) => Some(Cow::Owned(text.into_owned().into_bytes())),
            Value::Bytes(bytes) => Some(Cow::Owned(bytes.into_owned())),
            _ => None,
        };
    }
    match blob.form(Form::Pickle)?.as_ref().ok()? {
        Value::Text(text) => Some(Cow::Borrowed(text.as_bytes())),
        Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
        _ => None,
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key is not beaker_cache:<id>:session");
    };
    if !place.usual {
        // A namespace of the cache may have an entry called `session`.
        Verdict::no("the id is not 32 hex digits")
    } else if inner(blob).is_some() || blob.is_broken_python() {
        Verdict::Sure
    } else {
        Verdict::no("the value is not a pickled string")
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = inner(blob) else { return blob.python_data() };
    let mut via = vec![Form::Pickle.codec().name];
    let plain = base64::open(&text, &blob.limits).ok().filter(|bytes| is_session(bytes));
    let bytes = if let Some(bytes) = plain {
        via.push(base64::NAME);
        Ok(bytes)
    } else {
        via.push(beaker::NAME);
        let validate_key = setup.text("validate_key").unwrap_or("");
        beaker::open(&text, setup.texts("encrypt_key"), validate_key, &is_session)
    };
    let value = match bytes {
        Ok(bytes) if deflate::is_zlib(&bytes) => {
            via.push(deflate::ZLIB);
            deflate::inflate(&bytes, &blob.limits)
                .and_then(|bytes| python::decode_owned(&mut via, &bytes, &blob.limits))
        }
        Ok(bytes) => python::decode_owned(&mut via, &bytes, &blob.limits),
        Err(error) => Err(error.into()),
    };
    Decoded { via, value: value.map(Cow::Owned) }
}

/// Whether bytes begin as Beaker's serializers write them.
fn is_session(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 0..=5, ..] | [b'{', ..]) || deflate::is_zlib(bytes)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let at = |name| data.get(name).and_then(time::seconds);
    Facts { created: at("_creation_time"), seen: at("_accessed_time"), ..python::facts(data) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    const KEY: &[u8] = b"beaker_cache:f044f5afdf0e4150a7816cbf197d6ceb:session";

    fn pickled(text: &str) -> Raw {
        Raw::Text([b"\x80\x04X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes(), b"."].concat())
    }

    #[test]
    fn encrypted_sessions_need_their_keys() {
        // {"user_id": "alice"} in a pickle, with AES-256-GCM.
        let raw = pickled(
            "AAECAwQFBgcICQoLDA0ODw==AAECAwQFBgcICQoLVQ32vNsuO1Phfvalgs7wXz1VvUwteCa0BFvIbuPpY9v6T/3/eiBK9k2EvvAY9Yepuw==",
        );
        let blob = Blob::new(KEY, &raw, Limits::default());
        let mut setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let error = read(&setup, &blob).value.expect_err("it is sealed");
        assert!(error.to_string().contains("the secret does not fit"), "{error}");
        for (name, text) in [("encrypt_key", "enc"), ("validate_key", "valid")] {
            setup.set(name, Setting::Text(text.to_string())).expect("an option");
        }
        let decoded = read(&setup, &blob);
        assert_eq!(decoded.value().expect("it opens").to_json(), r#"{"user_id":"alice"}"#);
    }

    #[test]
    fn every_protocol_wraps_the_text() {
        // {"user_id": 3} in a pickle, by pickles of Python 2 (S, U) and 3 (V, X, bytes by _codecs.encode).
        const TEXT: &str = "gAJ9cQBYBwAAAHVzZXJfaWRxAUsDcy4=";
        for value in [
            format!("S'{TEXT}'\np0\n."),
            format!("U\x20{TEXT}q\x00."),
            format!("V{TEXT}\np0\n."),
            format!("X\x20\0\0\0{TEXT}q\x00."),
            format!("c_codecs\nencode\np0\n(V{TEXT}\np1\nVlatin1\np2\ntp3\nRp4\n."),
        ] {
            let raw = Raw::Text(value.clone().into_bytes());
            let blob = Blob::new(KEY, &raw, Limits::default());
            let setup = Setup::free(&LAYOUT);
            assert_eq!(recognize(&setup, &blob), Verdict::Sure, "{value}");
            assert_eq!(
                read(&setup, &blob).value().expect("it opens").to_json(),
                r#"{"user_id":3}"#,
                "{value}"
            );
        }
    }

    #[test]
    fn entries_of_the_cache_are_no_sessions() {
        let free = Setup::free(&LAYOUT);
        for (key, raw) in [
            ("beaker_cache:ckan.lib.helpers:abc", pickled("gAJ9cQAu")),
            ("beaker_cache:a:b:session", pickled("gAJ9cQAu")),
            ("beaker_cache:app.views:session", pickled("gAJ9cQAu")),
            ("beaker_cache:f044f5afdf0e4150a7816cbf197d6ceb:session", Raw::Text(b"\x80\x04}\x94.".to_vec())),
        ] {
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert!(matches!(recognize(&free, &blob), Verdict::No(_)), "{key}");
        }
    }
}
