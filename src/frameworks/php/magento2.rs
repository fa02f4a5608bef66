//! Magento 2 and Mage-OS: a hash a session, written by php-redis-session-abstract.

use crate::codec::php_session;
use crate::cookie;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, blob, open_any, php, time, user,
    whose,
};
use crate::store::Kind;
use crate::value::Value;
use crate::wrap;
use std::borrow::Cow;

pub const LAYOUT: Layout = Layout {
    name: "magento2",
    about: "Magento 2, Adobe Commerce and Mage-OS (php-redis-session-abstract; PHP)",
    family: "PHP",
    home: Some("https://github.com/colinmollenhour/php-redis-session-abstract"),
    page: "\
key      sess_<id>, a hash; usually in database 2
value    field data: a PHP session, from 2048 bytes on compressed after :gz:, :l4:, :lz: or :sn:;
         the fields lock, pid, wait, writes and req are for the locking. A hash without data is a
         visitor in his first request, no session yet
expiry   the key's TTL, moved by every request; 6 hours while one runs
user     customer_<website>.customer_id, customer_base before others; in the backend the name in
         admin.user_data.data.username (admin.user before 2.3.2): other people than the customers
ip       _session_validator_data.remote_addr; browser .http_user_agent
cookie   PHPSESSID, in the backend admin = the id, unsigned
index    none
end      the one key (Cm\\RedisSession\\Handler `destroy`, 2.1.2)
alike    magento1-cm: its variables are in `core`
",
    keys: Keys { prefix: "sess_", kind: Kind::Hash, locate: php::locate, ..Keys::PLAIN },
    marks: &[Mark::Field("writes"), Mark::Field("lock")],
    recognize: |_, blob| is_session(blob),
    read,
    describe,
    whose: Whose::Own(|_, _, data| nobody(data)),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| open_any(setup, &["admin"], |name| cookie::bare::open(given, name))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK,
            "The next request of the same browser makes a guest's session under the same id.",
        ],
        ..Ends::PLAIN
    },
    same_as: &["magento1-cm"],
    ..Layout::PLAIN
};

/// The hash of the handler, whichever Magento fills it.
pub(super) fn is_session(blob: &Blob<'_>) -> Verdict {
    if blob.fields().is_none() {
        Verdict::no("the key is not a hash")
    } else if blob.field("data").is_none() {
        Verdict::no("its hash has no field `data`: a first request that has not ended, or another's hash")
    } else if blob.field("lock").is_none() && blob.field("writes").is_none() {
        Verdict::no("its hash has neither `lock` nor `writes`")
    } else {
        Verdict::Sure
    }
}

pub(super) fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(data) = blob.field("data") else {
        // No session, and nothing that could not be read either.
        let Some(fields) = blob.fields() else { return Decoded::failed("hash", blob.unreadable("hash")) };
        let member =
            |(name, value): &'b (Vec<u8>, Vec<u8>)| (String::from_utf8_lossy(name), blob::plain(value));
        return Decoded::owned("hash", Value::Map(fields.iter().map(member).collect()));
    };
    let mut via = vec!["hash"];
    let value = wrap::magento::open(data, &blob.limits).and_then(|(compression, plain)| {
        via.extend(compression);
        let (encoding, value) = match plain {
            Cow::Borrowed(plain) => php_session::decode(plain, &blob.limits)?,
            Cow::Owned(plain) => {
                let (encoding, value) = php_session::decode(&plain, &blob.limits)?;
                (encoding, value.into_owned())
            }
        };
        via.push(encoding);
        Ok(Cow::Owned(value))
    });
    Decoded { via, value }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: customer(data, "customer_id").or_else(|| admin(data)),
        seen: data.at("default.visitor_data.last_visit_at").and_then(|at| time::iso_in(Some(at))),
        ..validated(data)
    }
}

/// The customer who is logged in on one of the websites; id and name of the member differ by version.
/// Nobody, unless a customer or an administrator is there whom nothing names.
pub(super) fn nobody(data: &Value<'_>) -> Unnamed {
    let customers = data.members().into_iter().flatten().filter(|(name, _)| name.starts_with("customer_"));
    let mut customers = customers.map(|(_, customer)| customer);
    let is_there = |customer: &Value<'_>| {
        let emulated = customer.get("is_customer_emulated").and_then(Value::as_bool) == Some(true);
        let id = ["customer_id", "id"].iter().find_map(|name| customer.get(name));
        let id = id.is_some_and(|id| !whose::is_empty(id) && id.scalar_text().is_none_or(|id| id != "0"));
        // One that is not a map could not be read.
        (id && !emulated) || (customer.members().is_none() && !whose::is_empty(customer))
    };
    let admin = data.at("admin.user").or_else(|| data.at("admin.user_data"));
    if customers.any(is_there) || admin.is_some_and(|admin| !whose::is_empty(admin)) {
        Unnamed::Unknown
    } else {
        Unnamed::Nobody
    }
}

pub(super) fn customer<'b>(data: &'b Value<'b>, member: &str) -> Option<Cow<'b, str>> {
    let id = |customer: &'b Value<'b>| {
        let emulated = customer.get("is_customer_emulated").and_then(Value::as_bool) == Some(true);
        let id = customer.get(member).and_then(Value::scalar_text);
        id.filter(|id| !emulated && id != "0")
    };
    let others = || data.members().into_iter().flatten().filter(|(name, _)| name.starts_with("customer_"));
    data.get("customer_base").and_then(id).or_else(|| others().find_map(|(_, customer)| id(customer)))
}

/// The name of who is logged in in the backend; the whole user where the application is older.
pub(super) fn admin<'b>(data: &'b Value<'b>) -> Option<Cow<'b, str>> {
    let columns = data.at("admin.user_data.data").or_else(|| {
        let user = data.at("admin.user")?;
        user.get("_data").or_else(|| user.get("$value")?.get("_data"))
    })?;
    ["username", "email", "user_id"].iter().find_map(|name| columns.get(name)?.scalar_text())
}

/// Address and browser that the session is bound to.
pub(super) fn validated<'b>(data: &'b Value<'b>) -> Facts<'b> {
    let validator =
        data.get("_session_validator_data").or_else(|| data.get("core")?.get("_session_validator_data"));
    let text = |name: &str| user::text(validator.and_then(|validator| validator.get(name)));
    Facts { ip: text("remote_addr"), agent: text("http_user_agent"), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn customers_and_administrators() {
        for (text, user) in [
            ("customer_base|a:1:{s:11:\"customer_id\";s:2:\"41\";}", Some("41")),
            ("customer_fr|a:1:{s:11:\"customer_id\";i:41;}", Some("41")),
            ("customer_base|a:1:{s:11:\"customer_id\";N;}", None),
            ("customer_base|a:2:{s:11:\"customer_id\";i:1;s:20:\"is_customer_emulated\";b:1;}", None),
            (
                "admin|a:1:{s:9:\"user_data\";a:1:{s:4:\"data\";a:1:{s:8:\"username\";s:3:\"ann\";}}}",
                Some("ann"),
            ),
            (
                "admin|a:1:{s:4:\"user\";O:1:\"U\":1:{s:8:\"\0*\0_data\";a:1:{s:8:\"username\";s:3:\"ann\";}}}",
                Some("ann"),
            ),
        ] {
            let raw = Raw::Hash(vec![(b"data".to_vec(), text.into()), (b"lock".to_vec(), b"0".to_vec())]);
            let (setup, blob) = (Setup::free(&LAYOUT), Blob::new(b"sess_x", &raw, Limits::default()));
            assert_eq!(is_session(&blob), Verdict::Sure);
            let decoded = read(&setup, &blob);
            let facts = describe(&setup, &blob, decoded.value().expect("it decodes"));
            assert_eq!(facts.user.as_deref(), user, "{text}");
        }
    }

    #[test]
    fn a_hash_without_data_is_a_first_request() {
        let raw = Raw::Hash(vec![(b"lock".to_vec(), b"1".to_vec()), (b"pid".to_vec(), b"h|1".to_vec())]);
        assert!(matches!(is_session(&Blob::new(b"sess_x", &raw, Limits::default())), Verdict::No(_)));
    }
}
