//! @remix-run/session-storage-redis.

use crate::cookie;
use crate::layout::session::Facts;
use crate::layout::setup;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, key, user};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "remix-session-storage-redis",
    about: "@remix-run/session-storage-redis (Remix 3)",
    family: "Node.js",
    page: "\
key      <prefix><uuid>, a string; prefix `session:` (option keyPrefix of the storage)
value    a JSON list of exactly two objects: the data, and what is flashed
expiry   the key's TTL where the storage has option ttl, else none
user     of the first object: user, userId, user_id, uid, username, account
cookie   the id, bare or in a signed cookie of the application's own
index    none
end      the one key (0.1.1)
alike    a list of two records under a UUID, such as a cart of two items: where something is flashed
         and the prefix is another, certain only when the layout is named
",
    keys: Keys {
        prefix: "session:",
        locate: |setup, key| key::locate_by(setup, key, key::uuid_tail, key::is_uuid),
        ..Keys::PLAIN
    },
    marks: &[Mark::AnyList],
    options: &[setup::COOKIE_SECRET],
    recognize,
    describe,
    whose: Whose::Container(|data| Some(Cow::Borrowed(data.as_list()?.first()?))),
    cookie: Cookie {
        name: Some("__session"),
        open: Some(|setup, given| {
            cookie::remix::open_or_bare(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(Value::List(items)) = blob.json() else { return Verdict::no("the value is not a JSON list") };
    let [Value::Map(data), Value::Map(flashed)] = &items[..] else {
        return Verdict::no("the value is not a list of exactly two objects");
    };
    // better-auth's list of a user's sessions may have two items and a key that ends in a UUID.
    if data.len() == 2 && data.iter().all(|(name, _)| name == "token" || name == "expiresAt") {
        return Verdict::no("it is a list of sessions of better-auth");
    }
    let Some(start) = key::uuid_tail(blob.key) else {
        return if setup.named { Verdict::Sure } else { Verdict::no("its key does not end in a UUID") };
    };
    if setup.named || flashed.is_empty() || blob.key[..start].ends_with(b"session:") {
        return Verdict::Sure;
    }
    // Two items of a cart or a history are two objects as well, and they have the same members.
    if flashed.iter().any(|(name, _)| data.iter().any(|(other, _)| name == other)) {
        Verdict::Kin
    } else {
        Verdict::Weak
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let Some(data) = data.as_list().and_then(<[_]>::first) else { return Facts::default() };
    Facts { user: user::any(data), ip: user::ip(data), agent: user::agent(data), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn two_records_under_a_uuid_are_no_session() {
        let free = Setup::free(&LAYOUT);
        let named = Setup::named(&LAYOUT, []).expect("no options");
        let verdict = |setup: &Setup, prefix: &str, text: &str| {
            let raw = Raw::Text(text.as_bytes().to_vec());
            let key = format!("{prefix}0b9f2c1e-6b0f-4c0e-9a53-2f6f1f0f8a11");
            recognize(setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        let items = r#"[{"sku":"a"},{"sku":"b"}]"#;
        assert_eq!(verdict(&free, "cart:", items), Verdict::Kin);
        assert_eq!(verdict(&named, "cart:", items), Verdict::Sure);
        let flashed = r#"[{"userId":"alice"},{"error":"wrong"}]"#;
        assert_eq!(verdict(&free, "shop:", flashed), Verdict::Weak);
        assert_eq!(verdict(&free, "t1:session:", flashed), Verdict::Sure);
        assert_eq!(verdict(&free, "", r#"[{"userId":"alice"},{}]"#), Verdict::Sure);
        assert_eq!(
            verdict(&free, "", r#"[{"token":"a","expiresAt":1},{}]"#),
            verdict(&named, "", r#"[{"token":"a","expiresAt":1},{}]"#)
        );
    }
}
