//! LemonLDAP::NG with Apache::Session::Browseable::Redis.

use std::collections::BTreeSet;

use crate::cookie;
use crate::layout::expire::{self, Expiring, Moved};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, UserIndex,
    Verdict, Whose, open_any, time, user,
};
use crate::store::Key;
use crate::store::{IndexOp, Op};
use crate::value::Value;

/// Fields that installations usually index.
const USUAL_INDEX: &[&str] = &["_whatToTrace", "ipAddr", "_session_kind", "uid", "_httpSessionType"];

/// Longer values are not looked for in an index when the index is not known.
const VALUE_LIMIT: usize = 1 << 10;

/// The portal's timeout where none is configured, in seconds.
const TIMEOUT: i64 = 72_000;

pub const LAYOUT: Layout = Layout {
    name: "lemonldap-ng",
    about: "LemonLDAP::NG 2 (Apache::Session::Browseable::Redis)",
    family: "Perl",
    home: Some("https://lemonldap-ng.org/documentation/latest/"),
    page: "\
key      <id>, a string: 64 hex digits (32 for older and persistent ones), no prefix
value    JSON with _session_id equal to the key; UTF-8 or Latin-1, numbers may be texts and the
         reverse
expiry   no TTL by default: _utime + the portal's timeout (option timeout_seconds, 72000); one-time
         tokens set _utime in the past; a cron job removes what has ended
user     _whatToTrace, else _user, uid, _session_uid
cookie   lemonldap (and lemonldaphttp) = <id>; with hashedSessionStore the key is its SHA-256
index    sets <field>_<value> of ids, for each field of option Index; without it every member that
         could be one is tried (liblemonldap-ng-common-perl 2.16.1, Browseable 1.3.11)
end      the id in each set, then the key
move     _utime is set back or forth, as the portal itself does for tokens: it has no other end.
         Give timeout_seconds where the portal's timeout is not 72000
beware   _session_kind says what it is: SSO, TOKEN, CAS, SAML, OIDC, or Persistent, which holds
         second factors and consents and is not a login: never purge it
",
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::Member("_session_id"), Mark::Member("_session_hashed")],
    options: &[
        OptionSpec::new("Index", OptionKind::Texts, "the fields that the handler's configuration indexes"),
        OptionSpec::new("timeout_seconds", OptionKind::Number, "the portal's timeout in seconds (72000)"),
    ],
    recognize,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("_session_kind").and_then(Value::as_str) {
        // A form that was sent to someone who is about to log in.
        Some("TOKEN") => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("lemonldap"),
        open: Some(|setup, given| {
            open_any(setup, &["lemonldaphttp"], |name| cookie::bare::open(given, name))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        user_index: Some(UserIndex {
            key: |setup, user| Some(format!("{}_whatToTrace_{user}", setup.key_prefix()).into_bytes()),
            sessions: |setup, id| vec![(setup.layout.keys.key_of)(setup, id)],
        }),
        expire,
        caveats: &[
            "Portal and handlers keep sessions in local caches: a logout may take up to ten minutes on each node.",
            "Persistent sessions (_session_kind Persistent) hold second factors and consents; purging them loses those.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_usual(id: &[u8]) -> bool {
    key::is_exactly(id, 64, Alphabet::Hex) || key::is_exactly(id, 32, Alphabet::Hex)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let shape = |key: &[u8]| key::tail(key, 64, Alphabet::Hex).or_else(|| key::tail(key, 32, Alphabet::Hex));
    key::locate_by(setup, key, shape, is_usual)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.object().is_none() {
        return Verdict::no("the value is not a JSON object");
    }
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id") };
    if blob.member("_session_hashed").is_some() && place.usual {
        return Verdict::Sure;
    }
    match blob.member("_session_id").and_then(Value::scalar_text) {
        None => Verdict::no("it lacks the member _session_id"),
        Some(id) if blob.key[place.id] == *id.as_bytes() => Verdict::Sure,
        Some(_) => Verdict::no("its _session_id is not the key"),
    }
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let user = ["_whatToTrace", "_user", "uid", "_session_uid"];
    let kind = data.get("_session_kind").and_then(Value::as_str);
    let began = data.get("_utime").and_then(time::seconds);
    let timeout = timeout(setup).saturating_mul(1000);
    Facts {
        user: user.iter().find_map(|name| user::named(data.get(name)?)),
        // Tokens set it back so that they end early.
        created: began.filter(|_| kind.is_none_or(|kind| kind == "SSO")),
        seen: data.get("_lastSeen").and_then(time::seconds),
        ends: began.filter(|_| kind != Some("Persistent")).map(|began| began.saturating_add(timeout)),
        ip: user::text(data.get("ipAddr")),
        agent: user::text(data.get("UA")),
        ..Facts::default()
    }
}

fn timeout(setup: &Setup) -> i64 {
    setup.number("timeout_seconds").unwrap_or(TIMEOUT)
}

fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    if session.facts.ends.is_none() {
        return Err("they are persistent or have no _utime: no timeout ends them");
    }
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    let began = end.div_euclid(1000).saturating_sub(timeout(setup));
    // Perl writes numbers as text at times, and the reverse.
    let new = |old: &Value<'_>| {
        Some(if old.as_str().is_some() { format!("\"{began}\"") } else { began.to_string() })
    };
    let rewrite = expire::member(session, &["_utime"], &new)?;
    Ok(Expiring { at: expire::at_if_any(session, Some(end)), rewrite, then: Vec::new() })
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(data) = session.data.and_then(Decoded::value) else { return Vec::new() };
    let index = setup.texts("Index");
    let configured = index.iter().flat_map(|names| names.split([' ', ',']).filter(|name| !name.is_empty()));
    let mut fields: BTreeSet<&str> = configured.collect();
    let known = !fields.is_empty();
    if !known {
        fields.extend(USUAL_INDEX);
        fields.extend(data.as_map().unwrap_or(&[]).iter().map(|(name, _)| name.as_ref()));
    }
    let mut ops = Vec::new();
    for field in fields {
        let Some(value) = data.get(field).and_then(Value::scalar_text) else { continue };
        if !known && value.len() > VALUE_LIMIT {
            continue;
        }
        let name = format!("{field}_{value}");
        for name in [latin1(&name), Some(name.into_bytes())].into_iter().flatten() {
            let key = Key([session.before(), &name].concat());
            ops.push(Op::Index(IndexOp::SetRemove { key, member: session.id.to_vec() }));
        }
    }
    ops
}

/// A name with characters beyond ASCII as the Perl clients write it, one byte a character.
fn latin1(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::frameworks::tests::session;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn a_latin_1_session_is_taken_out_of_indexes_of_either_form() {
        let id = "0123456789abcdef0123456789abcdef";
        let text = [b"{\"_session_id\":\"", id.as_bytes(), b"\",\"_whatToTrace\":\"zo\xeb\"}"].concat();
        let raw = Raw::Text(text);
        let blob = Blob::new(id.as_bytes(), &raw, Limits::default());
        let mut setup = Setup::free(&LAYOUT);
        setup.set("Index", Setting::Texts(vec!["_whatToTrace ipAddr".into()])).expect("an option");
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let decoded = blob.whole_json();
        let facts = describe(&setup, &blob, decoded.value().expect("it decodes"));
        assert_eq!(facts.user.as_deref(), Some("zoë"));
        let session = session(&setup, &blob, blob.key, facts, &decoded);
        let keys: Vec<_> = end(&setup, &session).iter().filter_map(|op| op.key().cloned()).collect();
        assert_eq!(keys, [Key(b"_whatToTrace_zo\xeb".to_vec()), Key("_whatToTrace_zoë".as_bytes().to_vec())]);
    }
}
