//! remix-redis-session.

use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict, user, whose};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "remix-redis-session",
    about: "remix-redis-session (Remix 1 and 2)",
    family: "Node.js",
    page: "\
key      16 hex digits, a string; before them only the Redis client's own prefix, if there is one
value    the JSON of the session; what is flashed as __flash_<name>__
expiry   none in practice: with a cookie expiry the package hands Redis a fraction and fails
         (0.0.12)
user     user, userId, user_id, uid, username, account
cookie   __session = <base64 of the id as JSON text>.<HMAC-SHA256, unpadded>, percent-encoded
index    none
end      the one key
alike    any JSON object under such a key: found without being named only where there are two that
         name a user or flash something, and changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    options: &[setup::COOKIE_SECRET],
    recognize,
    describe: |_, _, data| Facts {
        user: user::any(data),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("__session"),
        open: Some(|setup, given| {
            cookie::remix::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The package makes its ids itself, of eight random bytes; other keys cannot be its sessions. What
/// stands before one is the Redis client's own prefix.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => {
            let id = key.strip_prefix(lead)?;
            key::is_exactly(id, 16, Alphabet::Hex).then_some(lead.len())?
        }
        None => key::tail(key, 16, Alphabet::Hex)?,
    };
    Some(Place::after(key, start, true))
}

/// Sixteen hex digits are as often the key of a cache's entry: unless the layout was named, the value has to
/// name a user or hold something flashed, or to stand next to one that does.
fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(members) = blob.object() else { return Verdict::no("the value is not a JSON object") };
    let flashed = |name: &str| name.starts_with("__flash_") && name.ends_with("__");
    let told = setup.named || setup.known_lead().is_some();
    if members.is_empty() {
        Verdict::Kin
    } else if told || members.iter().any(|(name, _)| flashed(name)) || blob.json().is_some_and(names_user) {
        Verdict::Several
    } else {
        Verdict::Kin
    }
}

fn names_user(data: &Value<'_>) -> bool {
    user::any(data).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_value_has_to_tell_more() {
        let free = Setup::free(&LAYOUT);
        let verdict = |key: &str, text: &str| {
            let raw = Raw::Text(text.as_bytes().to_vec());
            recognize(&free, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        assert_eq!(verdict("3ea016bc51cefc1d", r#"{"a":1}"#), Verdict::Kin);
        assert_eq!(verdict("3ea016bc51cefc1d", r#"{"userId":"alice"}"#), Verdict::Several);
        assert_eq!(verdict("t1:3ea016bc51cefc1d", r#"{"views":1}"#), Verdict::Kin);
        assert_eq!(verdict("t1:3ea016bc51cefc1d", r#"{"userId":"alice"}"#), Verdict::Several);
        assert_eq!(verdict("t1:3ea016bc51cefc1d", r#"{"__flash_a__":1}"#), Verdict::Several);
        assert_eq!(verdict("3ea016bc51cefc1d", "{}"), Verdict::Kin);
        assert_eq!(locate(&free, b"03ea016bc51cefc1d"), None);
    }
}
