//! Auth0's express-openid-connect with a session store.

use crate::cookie;
use crate::frameworks::node::connect_redis;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, time, user, whose,
};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "express-openid-connect",
    about: "express-openid-connect 2 and 3 (Auth0) with session.store over connect-redis",
    home: Some("https://github.com/auth0/express-openid-connect"),
    page: "\
key      <prefix><id>, a string; prefix that of the store, `sess:` with connect-redis; id 32 hex
value    JSON {header: {uat, iat, exp}, data: {id_token, access_token, ...}, cookie: {expires,
         maxAge}}; times in header are seconds, in cookie milliseconds as numbers (3.4.0
         lib/appSession.js)
expiry   the key's TTL, and header.exp
user     the claim `sub` of data.id_token, read without verifying
cookie   appSession = <id>, or <id>.<detached signature> with signSessionStoreCookie
index    none
end      the one key
beware   without a store everything is in the encrypted cookie, and nothing in Redis
",
    keys: Keys { locate, ..connect_redis::LAYOUT.keys },
    marks: &[Mark::Member("header")],
    recognize,
    read: |_, blob| blob.whole_json(),
    describe,
    whose: Whose::Own(|_, _, data| {
        let tokens = data.get("data").and_then(Value::members).unwrap_or_default();
        match tokens.iter().find(|(name, value)| name.ends_with("token") && !whose::is_empty(value)) {
            Some(_) => Unnamed::Unknown,
            None => whose::bag(data.get("data")),
        }
    }),
    cookie: Cookie {
        name: Some("appSession"),
        open: Some(|setup, given| {
            cookie::openid::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..connect_redis::LAYOUT.cookie
    },
    ends: Ends {
        end: |_, _| Vec::new(),
        expire,
        caveats: &[
            "The identity provider's own session stays: without a prompt the next login may succeed silently.",
            "Access and refresh tokens that were issued go on until they expire or are revoked.",
        ],
        ..connect_redis::LAYOUT.ends
    },
    ..connect_redis::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(
        setup,
        key,
        |key| key::tail(key, 32, Alphabet::Hex),
        |id| key::is_exactly(id, 32, Alphabet::Hex),
    )
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let is_object = |name| blob.member(name).is_some_and(|value| value.as_map().is_some());
    if !["header", "data", "cookie"].into_iter().all(is_object) {
        return Verdict::no("the value is not a JSON object of header, data and cookie");
    }
    let number = |member: &str, name| {
        blob.member(member).and_then(|object| object.get(name)).is_some_and(|value| value.as_f64().is_some())
    };
    if number("cookie", "expires") && number("header", "iat") {
        Verdict::Sure
    } else {
        Verdict::no("its cookie.expires or header.iat is not a number")
    }
}

/// A later end than header.exp would not hold: the middleware also counts from the last use and from
/// the login, by durations of its own (lib/appSession.js).
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let end = end.filter(|end| session.facts.ends.is_some_and(|now| *end <= now));
    let end =
        end.ok_or("the application's rollingDuration and absoluteDuration would end them all the same")?;
    let rewrite = expire::member(session, &["header", "exp"], &|old| expire::like(old, end))?;
    Ok(Expiring { at: expire::at(Some(end)), rewrite, then: Vec::new() })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let tokens = data.get("data");
    let token = tokens.and_then(|tokens| tokens.get("id_token")).and_then(Value::as_str);
    let header = |name| data.get("header").and_then(|header| header.get(name)).and_then(time::seconds);
    Facts {
        user: token.and_then(|token| user::claim(token, &["sub"])).map(Cow::Owned),
        created: header("iat"),
        seen: header("uat"),
        ends: header("exp"),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_subject_of_the_id_token_is_the_user() {
        // {"sub":"auth0|7"}
        let text =
            br#"{"header":{"uat":2,"iat":1,"exp":3},"data":{"id_token":"e30.eyJzdWIiOiJhdXRoMHw3In0.x"},
            "cookie":{"expires":3000,"maxAge":2000}}"#;
        let raw = Raw::Text(text.to_vec());
        let blob = Blob::new(b"sess:0123456789abcdef0123456789abcdef", &raw, Limits::default());
        let setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = blob.json().expect("valid JSON");
        let facts = describe(&setup, &blob, data);
        assert_eq!(
            (facts.user.as_deref(), facts.created, facts.ends),
            (Some("auth0|7"), Some(1000), Some(3000))
        );
        assert!(matches!(connect_redis::judge(&setup, data), Verdict::No(_)));
    }
}
