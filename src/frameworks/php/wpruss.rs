//! WordPress with the plugin WP Redis User Session Storage.

use crate::layout::session::Facts;
use crate::layout::{Blob, Ends, Keys, Layout, Mark, Place, Setup, Verdict, key, php, time, user};
use crate::value::Value;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "wpruss",
    about: "WordPress with the plugin WP Redis User Session Storage (PHP)",
    family: "PHP",
    page: "\
key      wpruss:<user id>, a string: one key holds all sessions with a user
value    serialize of {<verifier>: {expiration, ip, ua, login}}, times in seconds, a verifier of 64
         hexadecimal digits; igbinary where the client's serializer is that
expiry   no TTL; a login has ended when its expiration is past, and stays until the next write
user     the user id, in the key
cookie   wordpress_logged_in_<hash> names user and token; the verifier is a hash of the token
index    none
end      the key: all sessions of that user (wp-redis-user-session-storage 0.2,
         class-plugin.php `update_sessions`, `destroy_all_sessions`)
beware   without the plugin WordPress keeps its logins in SQL (usermeta session_tokens); a copy of
         that row in an object cache is not a session, and removing it logs nobody out
",
    keys: Keys { prefix: "wpruss:", locate, ..Keys::PLAIN },
    marks: &[Mark::AnyPhp],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    ends: Ends {
        expire: |_, _, _| Err("WordPress keeps an end of each login inside the value, and sets no expiry"),
        caveats: &["One key holds all sessions of its user: they end together."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// A user's number ends the key.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let digits = key.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key.len() - digits,
    };
    let is_number = digits > 0 && digits <= 20 && key.len() - start <= digits;
    is_number.then(|| Place::after(key, start, true))
}

/// The logins that a value holds: every member is one.
fn logins<'v, 'a>(data: &'v Value<'a>) -> Option<impl Iterator<Item = &'v Value<'a>>> {
    let members = data.members()?;
    let is_login = |(verifier, login): &(Cow<'_, str>, Value<'_>)| {
        verifier.len() == 64
            && key::Alphabet::Hex.all(verifier.as_bytes())
            && login.get("expiration").is_some()
    };
    let all = !members.is_empty() && members.iter().all(is_login);
    all.then(|| members.iter().map(|(_, login)| login))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let is_of_logins = match blob.php() {
        Some(php::Php { what: php::What::Session(data) | php::What::Json(data), .. }) => {
            logins(data).is_some()
        }
        _ => blob.php_data().value().is_some_and(|data| logins(data).is_some()),
    };
    if is_of_logins {
        Verdict::Sure
    } else {
        Verdict::no("the value is not an array of logins with an expiration each")
    }
}

/// The login that ends last stands for all.
fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let end = |login: &&Value<'_>| login.get("expiration").and_then(time::seconds);
    let Some(last) = logins(data).and_then(|logins| logins.max_by_key(end)) else { return Facts::default() };
    Facts {
        user: locate(setup, blob.key).map(|place| String::from_utf8_lossy(&blob.key[place.id])),
        created: last.get("login").and_then(time::seconds),
        ends: end(&last),
        ip: user::text(last.get("ip")),
        agent: user::text(last.get("ua")),
        ..Facts::default()
    }
}
