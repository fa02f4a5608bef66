//! go-session/session with go-session/redis.
//!
//! go-session/redis 3b4fbd5, go-session/session 02e6830 (v3).

use crate::cookie::{self, CookieError, Given, Opened};
use crate::frameworks::go;
use crate::layout::key;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Rank, Setup, Verdict, Whose};
use crate::value::Value;
use std::borrow::Cow;

const SIGN: OptionSpec =
    OptionSpec::secret("cookie_secret", OptionKind::Texts, "the sign key or keys of the cookie");

pub const LAYOUT: Layout = Layout {
    name: "go-session-redis",
    about: "go-session v3 with go-session/redis (Go); always to be named",
    family: "Go",
    page: "\
key      <prefix><uuid>, a string; no prefix by default
value    a JSON object; an empty string where nothing was put into it
expiry   the key's TTL, 2 hours, renewed by every request
user     user_id, user, username
cookie   go_session_id = base64 of the id, a dot, HMAC-SHA1 in hex; option cookie_secret
index    none
end      the one key. A request in flight that saves writes it back
alike    any JSON object under a UUID: it has to be named, with its prefix
",
    rank: Rank::OnlyNamed,
    keys: Keys {
        locate: |setup, key| key::locate_by(setup, key, key::uuid_tail, key::is_uuid),
        ..Keys::PLAIN
    },
    options: &[SIGN],
    recognize,
    read,
    describe: |_, _, data| go::facts(data),
    whose: Whose::Container(|data| match data {
        Value::Null => Some(Cow::Borrowed(data)),
        _ => go::members(data),
    }),
    cookie: Cookie { name: Some("go_session_id"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
    match blob.text() {
        _ if !usual => Verdict::no("the key does not end in a UUID"),
        Some([]) => Verdict::Weak,
        _ if blob.object().is_some() => Verdict::Weak,
        _ => Verdict::no("the value is not a JSON object"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.text() {
        Some([]) => Decoded { via: Vec::new(), value: Ok(Cow::Owned(Value::Null)) },
        _ => blob.whole_json(),
    }
}

fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    cookie::go_session::open(given, setup.cookie_name(), setup.texts(SIGN.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    const ID: &str = "9a7a1c06-2c5f-4a3b-9a3e-7b8a5a1d0f11";

    #[test]
    fn json_under_a_uuid_is_a_session_where_it_is_named() {
        let options = [("prefix".to_string(), Setting::Text("shop:".to_string()))];
        let setup = Setup::named(&LAYOUT, options).expect("options that it knows");
        for (key, value, user) in [
            (format!("shop:{ID}"), r#"{"user_id":7}"#, Some(Some("7"))),
            (format!("shop:{ID}"), "", Some(None)),
            (format!("shop:{ID}"), "17", None),
            ("shop:stats".to_string(), r#"{"user_id":7}"#, None),
        ] {
            let raw = Raw::Text(value.as_bytes().to_vec());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            let fits = !matches!(recognize(&setup, &blob), Verdict::No(_));
            assert_eq!(fits, user.is_some(), "{key} {value}");
            if let Some(user) = user {
                let data = read(&setup, &blob);
                let facts = (LAYOUT.describe)(&setup, &blob, data.value().expect("it decodes"));
                assert_eq!(facts.user.as_deref(), user, "{value}");
            }
        }
    }
}
