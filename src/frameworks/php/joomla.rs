//! Joomla: one variable that holds the base64 of a serialized registry.

use crate::layout::php;
use base64::Engine as _;

use crate::codec::Limits;
use crate::codec::php as serialize;
use crate::cookie;
use crate::cookie::{CookieError, Opened};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, key, time, whose,
};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "joomla",
    about: "Joomla 4 and 5 with session_handler=redis; Joomla 3 on native sessions (PHP)",
    family: "PHP",
    page: "\
key      jfw<id>, a string, without a separator; Joomla 3: PHPREDIS_SESSION:<id>; id 22 to 256 of
         [A-Za-z0-9,-]
value    PHP session with the one variable `joomla`: base64 of a serialized Joomla\\Registry\\Registry
expiry   the key's TTL alone, moved by every request
user     data.user.id (data.__default.user.id in Joomla 3); 0 is a guest. The name is in SQL only
times    session.timer.start (created) and .now (seen)
cookie   32 hexadecimal digits that differ by application = the id, unsigned
index    none; SQL #__session mirrors logins
end      the one key (joomla-framework/session 3, Handler/RedisHandler.php `destroy`)
",
    keys: Keys { prefix: "jfw", locate: php::locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("joomla")],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        let registry = data.get("joomla");
        let registry = registry.and_then(|it| it.get("data").or_else(|| it.get("$value")?.get("data")));
        let Some(registry) = registry else { return Unnamed::Unknown };
        match registry.get("__default").unwrap_or(registry).get("user") {
            None => Unnamed::Nobody,
            Some(user) if whose::is_empty(user) => Unnamed::Nobody,
            // A guest has the number 0, or none.
            Some(user) if user.get("guest").and_then(Value::as_i64) == Some(1) => Unnamed::Nobody,
            Some(user) => match user.get("id").map(Value::scalar_text) {
                Some(Some(id)) if id == "0" => Unnamed::Nobody,
                None if user.members().is_some() => Unnamed::Nobody,
                _ => Unnamed::Unknown,
            },
        }
    }),
    cookie: Cookie { open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        end: super::symfony::end,
        caveats: &[
            Layout::WRITTEN_BACK,
            "The remember-me plug-in logs the browser in again; its keys are in the SQL table #__user_keys.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// The cookie's name is a hash of the site's secret: where it is not configured, one such name is enough.
fn open(setup: &Setup, given: &cookie::Given) -> Result<Opened, CookieError> {
    let hashed = given.names().find(|name| key::is_exactly(name.as_bytes(), 32, key::Alphabet::Hex));
    let name = setup.text("cookie_name").or(hashed).unwrap_or("");
    cookie::bare::open(given, name)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    match blob.variable("joomla").and_then(Value::as_str) {
        Some(text) if decode(text, &blob.limits).is_some() => Verdict::Sure,
        Some(_) if setup.named => Verdict::Kin,
        None if setup.named && blob.is_empty() => Verdict::Sure,
        _ => Verdict::no("the value is not a PHP session whose variable `joomla` is base64 of a registry"),
    }
}

fn decode(text: &str, limits: &Limits) -> Option<Value<'static>> {
    // The class of the registry, serialized: `O:24:"Joomla\Registry…`.
    if !text.starts_with("Tz") && !text.starts_with("Qz") && !text.starts_with("YT") {
        return None;
    }
    let plain = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    Some(serialize::decode_under("/joomla", &plain, limits).ok()?.into_owned())
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let decoded = blob.php_data();
    let inner = blob
        .variables()
        .and_then(|data| php::replaced(data, "joomla", |text| decode(text.as_str()?, &blob.limits)));
    match inner {
        Some(value) => Decoded {
            via: [&decoded.via[..], &["base64", serialize::CODEC.name]].concat(),
            value: Ok(Cow::Owned(value)),
        },
        None => decoded,
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let registry = data.get("joomla");
    let registry = registry.and_then(|it| it.get("data").or_else(|| it.get("$value")?.get("data")));
    let Some(registry) = registry else { return Facts::default() };
    let registry = registry.get("__default").unwrap_or(registry);
    let timer = registry.at("session.timer");
    let second = |name: &str| timer.and_then(|timer| timer.get(name)).and_then(time::seconds);
    let user = registry.get("user").and_then(|user| user.get("id").unwrap_or(user).scalar_text());
    Facts {
        user: user.filter(|id| id != "0"),
        created: second("start"),
        seen: second("now"),
        ip: registry.at("session.client.address").and_then(Value::scalar_text),
        agent: registry.at("session.client.browser").and_then(Value::scalar_text),
        ..Facts::default()
    }
}
