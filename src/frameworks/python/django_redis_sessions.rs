//! django-redis-sessions and its fork: session engines that write Django's signed strings.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::python::django_cache;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, Whose, python,
};
use crate::value::Value;
use crate::wrap::{deflate, django};

pub const LAYOUT: Layout = Layout {
    name: "django-redis-sessions",
    about: "Django with django-redis-sessions (redis_sessions.session)",
    family: "Python",
    page: "\
key      <prefix>:<id>, a string; without a prefix, which is the default, the bare id of 32 [a-z0-9]
value    a string signed by Django, JSON or a pickle inside: <payload>:<time>:<signature>, with
         Django before 3.1 base64 of <hash>:<payload>. It is read without a secret, and proven with
         secret_key
expiry   the key's TTL, two weeks by default, set anew when the session is saved
user     _auth_user_id, as in django-cache
cookie   sessionid = <id>
index    none; with a POOL the ids are spread over several servers
end      the one key. A request in flight that changed the session writes it back (read, 0.6.2)
alike    a signed text for another purpose under such a key; secret_key tells
",
    keys: Keys { prefix: "", locate, ..Keys::PLAIN },
    marks: &[
        // JSON, compressed, a pickle.
        Mark::Magic(b"e"),
        Mark::Magic(b"."),
        Mark::Magic(b"gA"),
        // One of protocol 0 or 1.
        Mark::Magic(b"KG"),
        Mark::Magic(b"fX"),
        // Base64 of a hexadecimal digit.
        Mark::Magic(b"M"),
        Mark::Magic(b"N"),
        Mark::Magic(b"O"),
        Mark::Magic(b"Y"),
        Mark::Magic(b"Z"),
    ],
    options: &[
        OptionSpec::secret("secret_key", OptionKind::Texts, "SECRET_KEY, and SECRET_KEY_FALLBACKS after it"),
        OptionSpec::new("serializer", OptionKind::Text, "told by the value: json or pickle"),
    ],
    cookie: Cookie {
        name: Some("sessionid"),
        open: Some(|setup, given| {
            cookie::django::open(given, setup.cookie_name(), setup.texts("secret_key"))
        }),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe,
    whose: Whose::Container(python::django_members),
    extra: Extra {
        broken: |setup, blob, _| {
            let signed = django::open(blob.text()?, &blob.limits).ok()?;
            let fits = signed.is_of_a_session(setup.texts("secret_key"));
            (fits == Some(false)).then(|| "signature: none of the keys of secret_key made it".to_string())
        },
        ..Extra::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The fork has a prefix by default; without it nothing tells the two apart.
pub const FORK: Layout = Layout {
    name: "django-redis-sessions-fork",
    about: "Django with django-redis-sessions-fork (redis_sessions_fork.session)",
    keys: Keys { prefix: "django_sessions:", ..LAYOUT.keys },
    marks: &[Mark::Word("django_sessions:")],
    ..LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let tail = |key: &[u8]| key::tail(key, 32, Alphabet::Lower);
    key::locate_by(setup, key, tail, |id| key::is_exactly(id, 32, Alphabet::Lower))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let place = locate(setup, blob.key).filter(|place| place.usual || (setup.named && setup.is_pointed()));
    let Some(place) = place else {
        return Verdict::no("the key does not end in a session id of Django");
    };
    judge(setup, blob, place.usual)
}

/// By a value under a key that could be a session's, whose id is of the usual form or is not.
pub(super) fn judge(setup: &Setup, blob: &Blob<'_>, usual: bool) -> Verdict {
    let Some(text) = blob.text() else { return Verdict::no("the value is not text") };
    if !django::is_signed(text) {
        return Verdict::no("the value is not text that Django signed");
    }
    let Ok(signed) = django::open(text, &blob.limits) else {
        return if usual { Verdict::Weak } else { Verdict::no("the signed text is damaged") };
    };
    let (_, value) = python::decode(&signed.bytes, &blob.limits);
    let data = match &value {
        Ok(value) => python::members(value),
        Err(_) if usual => return Verdict::Weak,
        Err(_) => None,
    };
    let Some(data) = data else { return Verdict::no("what was signed is not a session") };
    match signed.is_of_a_session(setup.texts("secret_key")) {
        Some(true) => Verdict::Sure,
        None if usual => Verdict::Sure,
        None => Verdict::Weak,
        // Another secret, or another purpose: then only what a session has speaks for one.
        Some(false) if data.get("_auth_user_id").is_some() || data.get("_session_expiry").is_some() => {
            Verdict::Weak
        }
        Some(false) => Verdict::no("it was signed for something else, or with another secret"),
    }
}

pub fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = blob.text() else {
        return Decoded::failed(django::NAME, blob.unreadable(django::NAME));
    };
    let mut via = vec![django::NAME];
    match django::open(text, &blob.limits) {
        Ok(signed) => {
            if signed.compressed {
                via.push(deflate::ZLIB);
            }
            let value = python::decode_owned(&mut via, &signed.bytes, &blob.limits);
            Decoded { via, value: value.map(Cow::Owned) }
        }
        Err(error) => Decoded { via, value: Err(error) },
    }
}

pub fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    // When it was signed is when it was saved.
    let seen = blob.text().and_then(django::signed_at);
    Facts { seen, ..django_cache::describe(setup, blob, data) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn pickles_of_every_protocol_are_asked_about() {
        use base64::Engine as _;
        for pickle in [&b"(dp0\n."[..], b"}q\x00.", b"\x80\x02}q\x00."] {
            let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(pickle);
            let marked =
                |mark: &Mark| matches!(mark, Mark::Magic(magic) if text.as_bytes().starts_with(magic));
            assert!(LAYOUT.marks.iter().any(marked), "{text}");
        }
    }

    #[test]
    fn a_secret_tells_sessions_from_other_signed_texts() {
        // {"a":1}, signed with the salt `shop.cart`.
        const OTHER: &str = "eyJhIjoxfQ:1xNFov:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let key = b"qpsrmvl87f3n42opxacvo6glh78mr1rl";
        let raw = Raw::Text(OTHER.as_bytes().to_vec());
        let blob = Blob::new(key, &raw, Limits::default());
        let mut setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        setup.set("secret_key", Setting::Text("x".to_string())).expect("an option");
        assert!(matches!(recognize(&setup, &blob), Verdict::No(_)));
        let elsewhere = Blob::new(b"cart:7", &raw, Limits::default());
        assert!(matches!(recognize(&Setup::free(&LAYOUT), &elsewhere), Verdict::No(_)));
    }
}
