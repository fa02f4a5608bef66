//! Roundcube with its sessions in Redis.

use crate::codec::php_session;
use crate::cookie;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, php, time, user, whose,
};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "roundcube",
    about: "Roundcube Webmail 1.6 with session_storage=redis (PHP)",
    family: "PHP",
    home: Some("https://github.com/roundcube/roundcubemail"),
    page: "\
key      the bare id, a string; 26 of [0-9a-v] or 32 hexadecimal digits, 22 to 256 of [A-Za-z0-9,-]
value    serialize of {changed, ip, vars}; vars is a PHP session in a text
expiry   the key's TTL alone: session_lifetime and a minute, moved when something changes or a third
         of it has passed
user     vars.username, as sent to the IMAP server; none while vars.temp is set
times    vars.login_time (created) and changed (seen); address in `ip`
cookie   roundcube_sessid (session_name) = the id; roundcube_sessauth names no key
index    none
end      the one key (program/lib/Roundcube/session/redis.php `destroy`, 1.6.5)
beware   vars holds the encrypted IMAP password; <user>:IMAP:… are caches, not sessions
",
    keys: Keys { prefix: "", locate: php::locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("vars")],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("vars") {
        None => Unnamed::Nobody,
        Some(vars) if whose::is_empty(vars) => Unnamed::Nobody,
        Some(vars) if vars.get("temp").and_then(Value::as_bool) == Some(true) => Unnamed::Nobody,
        Some(vars) if vars.members().is_some() => whose::without(vars.get("user_id")),
        Some(_) => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("roundcube_sessid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "Pages ask for mail every minute, and a request in flight writes its session back; look again after a few \
             seconds.",
            "The browser makes an anonymous session under the same id when it returns.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.variables() else { return Verdict::no("the value is not a serialized array") };
    let has = |name: &str| data.get(name);
    match (has("changed").and_then(Value::as_i64), has("ip"), has("vars").and_then(php::bytes)) {
        (Some(_), Some(_), Some(_)) if data.members().is_some_and(|members| members.len() == 3) => {
            Verdict::Sure
        }
        _ => Verdict::no("its array is not {changed, ip, vars}"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let decoded = blob.php_data();
    let Some(data) = blob.variables() else { return decoded };
    let mut encoding = None;
    let inner = php::replaced(data, "vars", |vars| {
        let (name, value) = php_session::decode_under("/vars", php::bytes(vars)?, &blob.limits).ok()?;
        encoding = Some(name);
        Some(value)
    });
    match (inner, encoding) {
        (Some(value), Some(name)) => {
            Decoded { via: [&decoded.via[..], &[name]].concat(), value: Ok(Cow::Owned(value)) }
        }
        _ => decoded,
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let vars = data.get("vars");
    let var = |name: &str| vars.and_then(|vars| vars.get(name));
    let anonymous = var("temp").and_then(Value::as_bool) == Some(true);
    Facts {
        user: var("username").and_then(Value::scalar_text).filter(|_| !anonymous),
        created: var("login_time").and_then(time::seconds),
        seen: data.get("changed").and_then(time::seconds),
        ip: user::text(data.get("ip")),
        ..Facts::default()
    }
}
