//! mod_auth_openidc with OIDCCacheType redis.
//!
//! OpenIDC/mod_auth_openidc src/session.c, src/cache/common.c, src/cache/redis.c at 1deff3d9.

use crate::codec::DecodeError;
use crate::cookie;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, expire, time, user,
};
use crate::store::{Key, Op};
use crate::value::Value;

const SECTION: &[u8] = b"s:";
const NAME: &str = "jwe";

pub const LAYOUT: Layout = Layout {
    name: "mod-auth-openidc",
    about: "mod_auth_openidc (Apache, nginx) with OIDCCacheType redis",
    family: "Proxies",
    page: "\
key      <OIDC_CACHE_PREFIX>s:<id>, a string; 40 hex digits, a UUID in older versions; with
         OIDCCacheEncrypt (the default with Redis) 43 characters of base64url, which hash the id
value    JSON {r: user, e: end, i: id, iss, idc, at, rt, se, ...}, or a JWE that holds it: neither
         user nor data of that is known
expiry   the earliest of the key's TTL, e (renewed by requests) and se. `expire` rewrites e
user     r
cookie   mod_auth_openidc_session = <id>
beside   d:<sid> and d:<sub>, strings that hold the id: by these the provider logs someone out.
         n: j: p: t: a: e: o: r: u: q: are other sections of the cache and no sessions
end      the key, and the d: keys while they name this session
beware   the identity provider's session goes on, and may log the visitor in again without asking
",
    keys: Keys { prefix: "s:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("i"), Mark::Magic(b"eyJ")],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("r") {
        None => Unnamed::Nobody,
        Some(name) if name.as_str() == Some("") || matches!(name, Value::Null) => Unnamed::Nobody,
        Some(_) => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("mod_auth_openidc_session"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        expire: |_, session, end| {
            if session.data.and_then(Decoded::value).is_none() {
                return Err(expire::UNREADABLE);
            }
            let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
            let rewrite = expire::member(session, &["e"], &|old| expire::like(old, end))?;
            Ok(expire::Expiring { at: expire::at(Some(end)), rewrite, then: Vec::new() })
        },
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "The session at the identity provider goes on and may log the visitor in again without asking.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn is_plain_id(id: &[u8]) -> bool {
    key::is_exactly(id, 40, Alphabet::Hex) || key::is_uuid(id)
}

fn is_hashed_id(id: &[u8]) -> bool {
    key::is_exactly(id, 43, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = if let Some(lead) = setup.known_lead() {
        key.starts_with(lead).then_some(lead.len())?
    } else {
        // The prefix stands right before the section's letter, whatever it ends in.
        key.len().checked_sub(36).and_then(|at| key::rfind(&key[..=at], SECTION))? + SECTION.len()
    };
    let id = &key[start..];
    (is_plain_id(id) || is_hashed_id(id)).then(|| Place::after(key, start, true))
}

/// Whether a text is a JWE that was sealed with a key that both sides have.
fn is_sealed(text: &[u8]) -> bool {
    let Some(header) = text.split(|byte| *byte == b'.').next().filter(|header| header.len() < 512) else {
        return false;
    };
    let Some(header) = user::token_header(header) else { return false };
    let is = |name: &str, value: &str| header.get(name).and_then(|found| found.as_str()) == Some(value);
    is("alg", "dir") && is("enc", "A256GCM") && memchr::memchr_iter(b'.', text).count() == 4
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in s: and an id");
    };
    let id = &blob.key[place.id];
    if is_hashed_id(id) && blob.text().is_some_and(is_sealed) {
        // Nothing in it says whose it is, or that it is a session.
        return Verdict::Weak;
    }
    let own = blob.member("i").and_then(Value::as_str).map(str::as_bytes) == Some(id);
    let ends = blob.member("e").and_then(Value::as_i64).is_some();
    if own && ends {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither JSON with the id in i and an end in e nor a sealed one")
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.text().is_some_and(is_sealed) {
        return Decoded::failed(NAME, DecodeError::sealed(NAME, "sealed with OIDCCryptoPassphrase"));
    }
    blob.whole_json()
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = ["e", "se"]
        .iter()
        .filter_map(|name| data.get(name).and_then(time::seconds))
        .filter(|end| *end > 0)
        .min();
    Facts { user: user::text(data.get("r")), ends, ..Facts::default() }
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(data) = session.data.and_then(Decoded::value) else { return Vec::new() };
    let Some(before) = session.before().strip_suffix(SECTION) else { return Vec::new() };
    let mut names: Vec<&str> = Vec::new();
    for of in [Some(data), data.get("idc")].into_iter().flatten() {
        for name in ["sid", "sub"] {
            names.extend(of.get(name).and_then(Value::as_str).filter(|name| !name.is_empty()));
        }
    }
    names.sort_unstable();
    names.dedup();
    let key = |name: &str| Key([before, b"d:", name.as_bytes()].concat());
    names.into_iter().map(|name| Op::UnlinkIfEquals(key(name), session.id.to_vec())).collect()
}
