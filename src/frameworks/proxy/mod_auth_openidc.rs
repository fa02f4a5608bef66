//! mod_auth_openidc with OIDCCacheType redis.
//!
//! OpenIDC/mod_auth_openidc src/session.c, src/cache/common.c, src/cache/redis.c at 1deff3d9.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, json};
use crate::cookie::{self, CookieError, Given, Opened};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    expire, time, user,
};
use crate::store::{Key, Op, Raw};
use crate::value::Value;
use crate::wrap::jwe;

const SECTION: &[u8] = b"s:";

const PASSPHRASE: OptionSpec = OptionSpec::secret(
    "crypto_passphrase",
    OptionKind::Texts,
    "OIDCCryptoPassphrase, and the earlier one behind it",
);

pub const LAYOUT: Layout = Layout {
    name: "mod-auth-openidc",
    about: "mod_auth_openidc (Apache, nginx) with OIDCCacheType redis",
    family: "Proxies",
    home: Some("https://github.com/OpenIDC/mod_auth_openidc"),
    page: "\
key      <OIDC_CACHE_PREFIX>s:<id>, a string; 40 hex digits, a UUID in older versions; with
         OIDCCacheEncrypt (the default with Redis) 43 characters of base64url, which hash the id
value    JSON {r: user, e: end, i: id, iss, idc, at, rt, se, ...}, or a JWE that holds it, which
         option crypto_passphrase opens: without it neither user nor data is known
expiry   the earliest of the key's TTL, e (renewed by requests) and se. `expire` rewrites e; not of
         what is sealed
user     r
cookie   mod_auth_openidc_session = <id>; of a key with a hash, crypto_passphrase makes it of the id
beside   d:<sid> and d:<sub>, strings that hold the id: by these the provider logs someone out.
         n: j: p: t: a: e: o: r: u: q: are other sections of the cache and no sessions
end      the key, and the d: keys while they name this session
beware   the identity provider's session goes on, and may log the visitor in again without asking
",
    keys: Keys { prefix: "s:", locate, ..Keys::PLAIN },
    marks: &[Mark::Member("i"), Mark::Magic(b"eyJ")],
    options: &[PASSPHRASE],
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
        open: Some(open),
        older: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        expire: |_, session, end| {
            if session.data.and_then(Decoded::value).is_none() {
                return Err(expire::UNREADABLE);
            }
            if matches!(session.raw, Raw::Text(text) if jwe::is_sealed(text)) {
                return Err("the end that the module goes by is sealed, and sessctl does not seal it again");
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

/// What a key holds of a name where the cache is encrypted.
fn hashed(passphrase: &str, name: &[u8]) -> String {
    let digest = Sha256::new().chain_update(passphrase).chain_update(b":").chain_update(name).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// From the cookie to the id in the key.
fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = cookie::bare::open(given, setup.cookie_name())?;
    Ok(match setup.texts(PASSPHRASE.name).first() {
        Some(passphrase) => Opened { id: hashed(passphrase, &opened.id).into_bytes(), ..opened },
        None => opened,
    })
}

/// What a passphrase opens of a sealed text.
fn opened(setup: &Setup, blob: &Blob<'_>) -> Option<Value<'static>> {
    let passphrases = setup.texts(PASSPHRASE.name);
    if passphrases.is_empty() {
        return None;
    }
    let text = blob.text()?;
    let plain = jwe::open(text, &jwe::quick_keys(passphrases), &blob.limits)
        .or_else(|| jwe::open(text, setup.keys(|| jwe::slow_keys(passphrases)), &blob.limits))?;
    let value = json::decode(&plain, &blob.limits).ok()?;
    // For a while the text was a member of an object of its own.
    if let (Some(1), Some(inner)) = (value.as_map().map(<[_]>::len), value.get("c").and_then(Value::as_str)) {
        return json::decode(inner.as_bytes(), &blob.limits).ok().map(Value::into_owned);
    }
    Some(value.into_owned())
}

/// Whether it is a session of that id: the id itself, or what it is hashed from.
fn is_of(setup: &Setup, data: &Value<'_>, id: &[u8]) -> bool {
    let Some(own) = data.get("i").and_then(Value::as_str) else { return false };
    let hashes =
        || setup.texts(PASSPHRASE.name).iter().any(|key| hashed(key, own.as_bytes()).as_bytes() == id);
    data.get("e").and_then(Value::as_i64).is_some() && (own.as_bytes() == id || hashes())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in s: and an id");
    };
    let id = &blob.key[place.id];
    if is_hashed_id(id) && blob.text().is_some_and(jwe::is_sealed) {
        return match opened(setup, blob) {
            Some(data) if is_of(setup, &data, id) => Verdict::Sure,
            Some(_) => Verdict::no("what is sealed is not a session of this id"),
            // Nothing in it says whose it is, or that it is a session.
            None => Verdict::Weak,
        };
    }
    if blob.json().is_some_and(|data| is_of(setup, data, id)) {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither JSON with the id in i and an end in e nor a sealed one")
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if !blob.text().is_some_and(jwe::is_sealed) {
        return blob.whole_json();
    }
    match opened(setup, blob) {
        Some(data) => Decoded { via: vec![jwe::NAME, json::CODEC.name], value: Ok(Cow::Owned(data)) },
        None if setup.texts(PASSPHRASE.name).is_empty() => {
            let why = "sealed with OIDCCryptoPassphrase: give option crypto_passphrase";
            Decoded::failed(jwe::NAME, DecodeError::sealed(jwe::NAME, why))
        }
        None => {
            let why = "crypto_passphrase does not open it, or it is compressed with Brotli";
            Decoded::failed(jwe::NAME, DecodeError::sealed(jwe::NAME, why))
        }
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = ["e", "se"]
        .iter()
        .filter_map(|name| data.get(name).and_then(time::seconds))
        .filter(|end| *end > 0)
        .min();
    Facts { user: user::text(data.get("r")), ends, ..Facts::default() }
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(data) = session.data.and_then(Decoded::value) else { return Vec::new() };
    let Some(before) = session.before().strip_suffix(SECTION) else { return Vec::new() };
    let mut names: Vec<(bool, &str)> = Vec::new();
    for of in [Some(data), data.get("idc")].into_iter().flatten() {
        for name in ["sid", "sub"] {
            let found = of.get(name).and_then(Value::as_str).filter(|name| !name.is_empty());
            names.extend(found.map(|found| (name == "sid", found)));
        }
    }
    names.sort_unstable();
    names.dedup();
    let key = |name: &str| Key([before, b"d:", name.as_bytes()].concat());
    if !is_hashed_id(session.id) {
        return names
            .into_iter()
            .map(|(_, name)| Op::UnlinkIfEquals(key(name), session.id.to_vec()))
            .collect();
    }
    // What these hold is sealed, too; a `sid` is of one session, a `sub` of the user's last.
    let passphrases = setup.texts(PASSPHRASE.name);
    let of = |name: &str| {
        passphrases
            .iter()
            .map(|passphrase| Op::Unlink(key(&hashed(passphrase, name.as_bytes()))))
            .collect::<Vec<_>>()
    };
    names.into_iter().filter(|(is_sid, _)| *is_sid).flat_map(|(_, name)| of(name)).collect()
}
