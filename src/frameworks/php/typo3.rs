//! TYPO3 with the Redis session backend.

use crate::codec::php as serialize;
use crate::cookie;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::php;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    open_any, time, user,
};
use crate::value::Value;
use std::borrow::Cow;

/// Default timeouts in seconds: backend, frontend, and what a visitor without login has.
const BACKEND: i64 = 28_800;
const FRONTEND: i64 = 6_000;
const ANONYMOUS: i64 = 86_400;

pub const LAYOUT: Layout = Layout {
    name: "typo3",
    about: "TYPO3 9 to 14 with RedisSessionBackend (PHP)",
    family: "PHP",
    home: Some("https://docs.typo3.org/"),
    page: "\
key      typo3_ses_<FE or BE>_<sha1 of encryptionKey>_<hash of the id>, a string; TYPO3 14 may put
         a keyPrefix in front. The hash is HMAC-SHA256 of the id (HMAC-SHA3-256 in 14): what is
         shown as the id is the hash
value    JSON {ses_id, ses_iplock, ses_userid, ses_tstamp, ses_data}; ses_data is serialized
expiry   none in Redis: it has ended when ses_tstamp is older than the timeout (8 hours in the
         backend, 100 minutes in the frontend, a day for visitors, unless configured); the
         application removes such keys now and then
user     ses_userid: of fe_users for FE, of be_users for BE. The same number is two people
cookie   fe_typo_user, be_typo_user: a JWT whose `identifier` is the id; the option encryption_key
         finds the key and checks the signature. Before 11.5 the id itself
index    none
end      the one key (RedisSessionBackend.php `remove`); what was ended stays ended
",
    keys: Keys { prefix: "typo3_ses_", locate, key_of, ..Keys::PLAIN },
    marks: &[Mark::Member("ses_userid")],
    options: &[
        OptionSpec::secret(
            "encryption_key",
            OptionKind::Text,
            "SYS.encryptionKey; makes the key of a cookie",
        ),
        OptionSpec::new(
            "hash",
            OptionKind::Text,
            "sha256 or sha3-256, how ids are hashed in keys; by default sha3-256 where a keyPrefix is configured",
        ),
        OptionSpec::new("fe_timeout", OptionKind::Number, "FE.sessionTimeout in seconds, 6000 unless given"),
        OptionSpec::new("be_timeout", OptionKind::Number, "BE.sessionTimeout in seconds, 28800 unless given"),
    ],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("ses_userid").and_then(Value::scalar_text) {
        Some(id) if id == "0" => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("fe_typo_user"),
        open: Some(|setup, given| {
            open_any(setup, &["be_typo_user"], |name| {
                cookie::typo3::open(given, name, setup.text("encryption_key"), is_fourteen(setup))
            })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &["A permanent login's cookie lives on, but names a session that is gone."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// Whether ids are hashed as TYPO3 14 does it; only that has a keyPrefix.
fn is_fourteen(setup: &Setup) -> bool {
    match setup.text("hash") {
        Some(hash) => hash.starts_with("sha3"),
        None => setup.text("prefix").is_some_and(|prefix| prefix != LAYOUT.keys.prefix),
    }
}

/// The hash is after the last underscore; before it stand the part of the application and its hash.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = setup.known_lead().unwrap_or_default();
    let rest = key.strip_prefix(lead)?;
    let at = memchr::memrchr(b'_', rest)? + 1;
    let (before, id) = rest.split_at(at);
    let application = before.len().checked_sub(44).map(|at| &before[at..])?;
    let known = matches!(&application[..3], b"FE_" | b"BE_") && Alphabet::Hex.all(&application[3..43]);
    let usual = matches!(id.len(), 32 | 64) && Alphabet::Hex.all(id);
    known.then(|| Place::after(key, key.len() - id.len(), usual))
}

/// The hash alone does not tell the part of the application, nor that itself; what is known of them is
/// the cookie's name and the key of the site.
fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    if id.contains(&b'_') {
        return [&setup.lead(), id].concat();
    }
    let part: &[u8] = if setup.cookie_name().starts_with("be_") { b"BE_" } else { b"FE_" };
    let site = setup.text("encryption_key").map(cookie::typo3::site).unwrap_or_default();
    [&setup.lead()[..], part, site.as_bytes(), b"_", id].concat()
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let has = |name| blob.member(name).is_some();
    match ["ses_userid", "ses_tstamp", "ses_data"].into_iter().find(|name| !has(name)) {
        Some(name) => Verdict::No(format!("the value is not a JSON object with `{name}`").into()),
        None => Verdict::Sure,
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let decoded = blob.whole_json();
    let inner = blob.json().and_then(|data| {
        php::replaced(data, "ses_data", |text| {
            let text = text.as_str().filter(|text| !text.is_empty())?;
            serialize::decode_under("/ses_data", text.as_bytes(), &blob.limits).ok()
        })
    });
    match inner {
        Some(value) => Decoded {
            via: [&decoded.via[..], &[serialize::CODEC.name]].concat(),
            value: Ok(Cow::Owned(value)),
        },
        None => decoded,
    }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let backend = key::rfind(blob.key, b"BE_").is_some_and(|at| at + 44 < blob.key.len());
    let user = data.get("ses_userid").and_then(Value::scalar_text).filter(|id| id != "0");
    let seen = data.get("ses_tstamp").and_then(time::seconds);
    let timeout = match (backend, &user) {
        (true, _) => setup.number("be_timeout").unwrap_or(BACKEND),
        (false, None) => ANONYMOUS,
        (false, Some(_)) => setup.number("fe_timeout").unwrap_or(FRONTEND),
    };
    // A permanent login has the lifetime of its cookie instead.
    let permanent = data.get("ses_permanent").and_then(Value::as_i64).is_some_and(|it| it != 0);
    let ends = seen.filter(|_| !permanent).and_then(|seen| seen.checked_add(timeout.checked_mul(1000)?));
    let lock = user::text(data.get("ses_iplock")).filter(|lock| lock.parse::<std::net::IpAddr>().is_ok());
    let inside = data.get("ses_data");
    Facts {
        user,
        seen,
        ends,
        ip: lock.or_else(|| php::ip(inside?)),
        agent: inside.and_then(php::agent),
        ..Facts::default()
    }
}
