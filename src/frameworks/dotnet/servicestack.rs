//! ServiceStack: the session of its authentication, as JSON in its Redis cache client.

use crate::cookie;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, open_any, time, user};
use crate::value::Value;

const PREFIX: &str = "urn:iauthsession:";

/// Members that the session has whatever the application's own class adds to it.
const SIGNS: &[&str] = &["UserAuthId", "IsAuthenticated", "AuthProvider"];

pub const LAYOUT: Layout = Layout {
    name: "servicestack",
    about: "ServiceStack sessions (AuthUserSession) in its Redis cache client",
    family: ".NET",
    home: Some("https://docs.servicestack.net/"),
    page: "\
key      urn:iauthsession:<id>, a string
value    JSON of AuthUserSession or of the application's class that extends it: Id, UserAuthId,
         UserName, Email, IsAuthenticated, Roles, CreatedAt, LastModified; dates as /Date(ms)/ or
         ISO 8601; what is empty is left out
expiry   the key's TTL: 14 days, or the length that the application sets
user     UserName, UserAuthName, Email or UserAuthId, while IsAuthenticated is not false
cookie   ss-id, or ss-pid where the login is to be remembered (ss-opt says which) = <id>
index    none
end      the key, as the logout does (ServiceStack's documentation on sessions; not run)
beside   other keys that begin with urn: are the application's own
",
    keys: Keys {
        prefix: PREFIX,
        locate: |setup, key| {
            key::locate_by(
                setup,
                key,
                |key| Some(key::rfind(key, PREFIX.as_bytes())? + PREFIX.len()),
                |id| id.len() >= 16 && Alphabet::Base64Url.all(id),
            )
        },
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(PREFIX)],
    recognize: |setup, blob| {
        let id = (setup.layout.keys.locate)(setup, blob.key).map(|place| &blob.key[place.id]);
        let named = blob.member("Id").and_then(Value::as_str).map(str::as_bytes);
        if blob.object().is_none() {
            Verdict::no("the value is not a JSON object")
        } else if (named.is_some() && named == id) || SIGNS.iter().any(|name| blob.member(name).is_some()) {
            Verdict::Sure
        } else {
            Verdict::no("its object has no member of a session: UserAuthId, IsAuthenticated, AuthProvider")
        }
    },
    describe,
    whose: Whose::Own(|_, _, data| match data.get("IsAuthenticated").and_then(Value::as_bool) {
        Some(false) => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("ss-id"),
        open: Some(|setup, given| open_any(setup, &["ss-pid"], |name| cookie::bare::open(given, name))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &["A request in flight may write the session back; look again afterwards."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// `/Date(1715934600000)/`, with an offset that says nothing of the moment, or a date in ISO 8601.
fn date(value: &Value<'_>) -> Option<i64> {
    let text = value.as_str()?;
    let Some(millis) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) else {
        return time::iso(text);
    };
    let end = millis.char_indices().skip(1).find(|(_, sign)| matches!(sign, '+' | '-'));
    let millis = end.map_or(millis, |(at, _)| &millis[..at]);
    time::millis(&Value::Int(millis.parse().ok()?))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let out = data.get("IsAuthenticated").and_then(Value::as_bool) == Some(false);
    let named = || {
        let names = ["UserName", "UserAuthName", "Email", "UserAuthId"];
        names.iter().find_map(|name| data.get(name)?.scalar_text())
    };
    Facts {
        user: if out { None } else { named() },
        created: data.get("CreatedAt").and_then(date),
        seen: data.get("LastModified").and_then(date),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn dates_in_either_form() {
        let at = time::iso("2024-05-17T08:30:00Z");
        for text in ["/Date(1715934600000)/", "/Date(1715934600000+0200)/", "2024-05-17T08:30:00.0000000Z"] {
            assert_eq!(date(&Value::Text(text.into())), at, "{text}");
        }
        assert_eq!(date(&Value::Text("/Date(-1000-0000)/".into())), Some(-1000));
        for text in ["", "/Date()/", "/Date(soon)/", "/Date(1"] {
            assert_eq!(date(&Value::Text(text.into())), None, "{text}");
        }
    }

    #[test]
    fn what_else_is_under_the_prefix_is_no_session() {
        let setup = Setup::free(&LAYOUT);
        let verdict = |key: &str, value: &str| {
            let raw = Raw::Text(value.into());
            (LAYOUT.recognize)(&setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        assert_eq!(verdict("urn:iauthsession:i", r#"{"Id":"i"}"#), Verdict::Sure);
        assert_eq!(verdict("t:urn:iauthsession:i", r#"{"IsAuthenticated":false}"#), Verdict::Sure);
        for value in [r#"{"Id":"j"}"#, "{}", "[]", "i"] {
            assert!(matches!(verdict("urn:iauthsession:i", value), Verdict::No(_)), "{value}");
        }
    }
}
