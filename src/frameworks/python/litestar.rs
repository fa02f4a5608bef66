//! Litestar's server-side sessions in its RedisStore.
//!
//! litestar 2.25 middleware/session/server_side.py, stores/redis.py.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, python};

pub const LAYOUT: Layout = Layout {
    name: "litestar",
    about: "Litestar, ServerSideSessionConfig with RedisStore",
    family: "Python",
    home: Some("https://docs.litestar.dev/"),
    page: "\
key      LITESTAR:<id>, a string; the namespace may be LITESTAR_<store>, the application's own,
         or none; the id is 64 hex digits
value    compact JSON of the session
expiry   the key's TTL, 14 days by default, set anew by every response
user     user_id, user, username
cookie   session = <id>; `null` after a logout
index    none
end      the one key. A request in flight writes it back, even one that only reads; a visitor
         without a session gets one, so that empty ones are many (observed, 2.25)
alike    without the namespace LITESTAR any JSON object under such an id: changed only when named
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "LITESTAR:", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[OptionSpec::new("serializer", OptionKind::Text, "json")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    describe: |_, _, data| python::facts(data),
    whose: python::CONTAINER,
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    key::is_exactly(id, 64, Alphabet::Hex)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    key::locate_by(setup, key, |key| key::tail(key, 64, Alphabet::Hex), is_id)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    // Asked for every JSON object: most keys are too short.
    let Some(rest) = blob.key.len().checked_sub(32) else { return Verdict::no(NO_ID) };
    if !Alphabet::Hex.all(&blob.key[rest..]) {
        return Verdict::no(NO_ID);
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no(NO_ID) };
    let Some(data) = blob.json().filter(|data| data.as_map().is_some()) else {
        return Verdict::no("the value is not a JSON object");
    };
    let (before, id) = (&blob.key[..place.id.start], &blob.key[place.id.clone()]);
    let own = key::rfind(before, b"LITESTAR").is_some();
    if python::is_others(data) {
        Verdict::no("it has the members of another store")
    } else if setup.named && Alphabet::Hex.all(id) {
        Verdict::Weak
    } else if python::says_other(before) {
        // LITESTAR_response_cache and LITESTAR_rate_limit among them.
        Verdict::no("the prefix says that it is something else")
    } else if own && is_id(id) {
        Verdict::Sure
    } else if own && Alphabet::Hex.all(id) {
        // Of another number of bytes.
        Verdict::Weak
    } else if !is_id(id) {
        Verdict::no(NO_ID)
    } else if before.is_empty() {
        Verdict::Several
    } else {
        python::by_company(before, data)
    }
}

const NO_ID: &str = "the key does not end in 64 hex digits";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_less_the_namespace_says_the_less_is_certain() {
        let raw = Raw::Text(br#"{"views":1}"#.to_vec());
        let verdict = |before: &str, id: &str| {
            let key = format!("{before}{id}");
            recognize(&Setup::free(&LAYOUT), &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        let id = "173248df0ff16777f64ee38700e7272fabe44e51d0482e7ad4be99d767e4d323";
        assert_eq!(verdict("LITESTAR:", id), Verdict::Sure);
        assert_eq!(verdict("t1:LITESTAR_sessions:", id), Verdict::Sure);
        assert_eq!(verdict("LITESTAR:", &id[..32]), Verdict::Weak);
        assert_eq!(verdict("app-sessions:", id), Verdict::Weak);
        assert_eq!(verdict("", id), Verdict::Several);
        assert_eq!(verdict("t1:", id), Verdict::Kin);
        for (before, id) in [
            ("LITESTAR_response_cache:", "GET/a"),
            ("LITESTAR_response_cache:", id),
            ("LITESTAR_rate_limit:", "RateLimitMiddleware::127.0.0.1"),
            ("cache:", id),
            ("", &id[..32]),
        ] {
            assert!(matches!(verdict(before, id), Verdict::No(_)), "{before}{id}");
        }
    }
}
