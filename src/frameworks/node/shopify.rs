//! Shopify's app session storage.

use crate::codec::Limits;
use crate::codec::json;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, time, user,
};
use crate::store::{IndexOp, Op};
use crate::store::{JsonItem, Key, WhenEmpty};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "shopify-app-session-storage-redis",
    about: "@shopify/shopify-app-session-storage-redis (sessions of Shopify apps)",
    family: "Node.js",
    page: "\
key      <sessionKeyPrefix>_<id>, a string; prefix `shopify_sessions`; id offline_<shop>,
         <shop>_<userId> or a UUID
value    a JSON list of [name, value] pairs; `data` shows the object that they make
expiry   no TTL; `expires` (ms) of online sessions
user     userId; offline sessions belong to the shop and to no user
cookie   none: the browser shows tokens that Shopify signs
index    <sessionKeyPrefix>_<shop>, a JSON list of whole keys (since 2.x); an emptied one stays as
         []
end      the key's item in the list, and the key (8.0.0)
beware   an offline session is the app's access to the shop: without it the app must be installed
         anew. <sessionKeyPrefix>_migrations is not a session
",
    keys: Keys {
        prefix: "shopify_sessions_",
        prefix_option: "sessionKeyPrefix",
        lead,
        locate,
        ..Keys::PLAIN
    },
    marks: &[Mark::AnyList],
    options: &[OptionSpec::new(
        "sessionKeyPrefix",
        OptionKind::Text,
        "the storage's sessionKeyPrefix, without the underscore that follows it",
    )],
    recognize,
    read,
    describe,
    ends: Ends {
        end,
        expire,
        caveats: &[
            "Ending an offline session takes the app's access to the shop away.",
            "Access tokens stay valid at Shopify until they expire or the app is removed.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let prefix = match (setup.text("prefix"), setup.text("sessionKeyPrefix")) {
        (Some(prefix), None) => prefix.to_string(),
        (_, prefix) => format!("{}_", prefix.unwrap_or("shopify_sessions")),
    };
    [setup.key_prefix(), &prefix].concat().into_bytes()
}

fn is_shop(id: &[u8]) -> bool {
    id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) && id.contains(&b'.')
}

/// `<shop>` and `<userId>`.
fn online(id: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b'_', id)?;
    let (shop, user) = (&id[..at], &id[at + 1..]);
    (is_shop(shop) && !user.is_empty() && Alphabet::Digit.all(user)).then_some((shop, user))
}

fn is_usual(id: &[u8]) -> bool {
    id.strip_prefix(b"offline_").is_some_and(is_shop) || online(id).is_some() || key::is_uuid(id)
}

/// The id at the end of a key whose prefix is not known, after an underscore.
fn id_tail(key: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'_', key).map(|at| at + 1).find(|start| is_usual(&key[*start..]))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let place = key::locate_by(setup, key, id_tail, is_usual)?;
    let id = &key[place.id.clone()];
    // The list of a shop's sessions, and the flags of migrations.
    let companion = id == b"migrations" || (is_shop(id) && !id.starts_with(b"offline_"));
    (!companion).then_some(place)
}

/// A pair of a name and a value.
fn pair<'v, 'a>(value: &'v Value<'a>) -> Option<(&'v Cow<'a, str>, &'v Value<'a>)> {
    match value {
        Value::List(items) => match &items[..] {
            [Value::Text(name), value] => Some((name, value)),
            _ => None,
        },
        _ => None,
    }
}

fn member<'v, 'a>(pairs: &'v [Value<'a>], name: &str) -> Option<&'v Value<'a>> {
    pairs.iter().filter_map(pair).find(|(member, _)| *member == name).map(|(_, value)| value)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(Value::List(pairs)) = blob.json() else { return Verdict::no("the value is not a JSON list") };
    if pairs.is_empty() || pairs.iter().any(|item| pair(item).is_none()) {
        return Verdict::no("the value is not a list of [name, value] pairs");
    }
    let Some(id) = member(pairs, "id").and_then(Value::as_str) else {
        return Verdict::no("its pairs have no text `id`");
    };
    if member(pairs, "shop").is_none() {
        return Verdict::no("its pairs have no `shop`");
    }
    let fits = match setup.known_lead() {
        Some(lead) => blob.key.strip_prefix(lead) == Some(id.as_bytes()),
        None => blob.key.strip_suffix(id.as_bytes()).is_some_and(|before| before.ends_with(b"_")),
    };
    if fits { Verdict::Sure } else { Verdict::no("its `id` is not the end of the key") }
}

/// The pairs as one object, as `Object.fromEntries` makes it.
fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(Value::List(pairs)) = blob.json() else { return blob.whole_json() };
    let mut members: Vec<(Cow<'b, str>, Value<'b>)> = Vec::with_capacity(pairs.len());
    for item in pairs {
        let Some((name, value)) = pair(item) else { return blob.whole_json() };
        match members.iter_mut().find(|(member, _)| member == name) {
            Some((_, earlier)) => *earlier = value.clone(),
            None => members.push((name.clone(), value.clone())),
        }
    }
    Decoded::owned("json", Value::Map(members))
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    // Before user data were stored, only the id of the user was, under another name.
    let user = ["userId", "onlineAccessInfo"].iter().find_map(|name| user::named(data.get(name)?));
    Facts { user, ends: data.get("expires").and_then(time::instant), ..Facts::default() }
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    const OFFLINE: &str = "they are the app's access to a shop and hold no end";
    if session.facts.ends.is_none() {
        return Err(OFFLINE);
    }
    let end = end.ok_or("they end when their token does at Shopify")?;
    let find = |text: &[u8]| json::pair_span(text, "expires", &Limits::default());
    let rewrite = expire::put(session, &find, &|old| expire::like(old, end))?.ok_or(OFFLINE)?;
    Ok(Expiring { at: expire::at_if_any(session, Some(end)), rewrite: Some(rewrite), then: Vec::new() })
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let data = session.data.and_then(Decoded::value);
    let member = |name| data.and_then(|data| data.get(name)).and_then(Value::as_str);
    let (Some(id), Some(shop)) = (member("id"), member("shop")) else { return Vec::new() };
    let Some(before) = session.key.strip_suffix(id.as_bytes()) else { return Vec::new() };
    let own = session.key.strip_prefix(setup.key_prefix().as_bytes()).unwrap_or(session.key);
    let Ok(own) = std::str::from_utf8(own) else { return Vec::new() };
    vec![Op::Index(IndexOp::JsonListRemove {
        key: Key([before, shop.as_bytes()].concat()),
        item: JsonItem::Text(own.to_string()),
        when_empty: WhenEmpty::Keep,
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_a_shop_is_no_session() {
        let free = Setup::free(&LAYOUT);
        for key in
            ["shopify_sessions_a.myshopify.com", "my_app_a.myshopify.com", "shopify_sessions_migrations"]
        {
            assert!(locate(&free, key.as_bytes()).is_none_or(|place| !place.usual), "{key}");
        }
        for (key, id) in [
            ("shopify_sessions_offline_a.myshopify.com", "offline_a.myshopify.com"),
            ("my_app_a-b.myshopify.com_7", "a-b.myshopify.com_7"),
            ("my_app_offline_a.myshopify.com", "offline_a.myshopify.com"),
        ] {
            let place = locate(&free, key.as_bytes()).expect("a session's key");
            assert_eq!((&key[place.id], place.usual), (id, true));
        }
    }
}
