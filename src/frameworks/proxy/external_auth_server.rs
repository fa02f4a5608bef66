//! external-auth-server, plugins oauth and oidc.
//!
//! travisghansen/external-auth-server c3337e0 src/plugin/oauth/index.js, src/utils.js, src/store.js.

use std::borrow::Cow;

use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, json};
use crate::cookie;
use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    setup, user,
};
use crate::value::Value;
use crate::wrap;

const PREFIX: &str = "session:oauth:";
const NAME: &str = "external-auth-server";

const ENCRYPT_SECRET: OptionSpec = OptionSpec::secret(
    "session_encrypt_secret",
    OptionKind::Texts,
    "EAS_SESSION_ENCRYPT_SECRET, and earlier ones",
);

const IV_SECRET: OptionSpec =
    OptionSpec::secret("encrypt_iv_secret", OptionKind::Texts, "EAS_ENCRYPT_IV_SECRET, and earlier ones");

pub const LAYOUT: Layout = Layout {
    name: "external-auth-server",
    about: "external-auth-server (plugins oauth and oidc) with a Redis store",
    family: "Proxies",
    home: Some("https://github.com/travisghansen/external-auth-server"),
    page: "\
key      session:oauth:<uuid>, a string
value    a JSON text of base64 of AES-256-CBC of JSON, which options session_encrypt_secret and
         encrypt_iv_secret open
expiry   the key's TTL; none where the tokens have no end
user     a claim of the id token, or of what the provider said; not known without the secrets
cookie   _eas_oauth_session = s:<uuid>.<signature>; option cookie_secret
index    none
end      the one key
beside   session:ldap:...: results of binds; state: nonce: introspection: bachchannel_logout:
         They are not sessions
beware   the identity provider's session goes on, and may log the visitor in again without asking
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Word(PREFIX)],
    options: &[setup::COOKIE_SECRET, ENCRYPT_SECRET, IV_SECRET],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    cookie: Cookie {
        name: Some("_eas_oauth_session"),
        open: Some(|setup, given| {
            cookie::express::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        caveats: &[
            "The session at the identity provider goes on and may log the visitor in again without asking.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    key::is_uuid(&key[start..]).then(|| Place::after(key, start, true))
}

/// The base64 in quotes, if it stands for whole blocks of the cipher.
fn sealed(blob: &Blob<'_>) -> Option<Vec<u8>> {
    let text = blob.text()?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !Alphabet::Base64.all(text) {
        return None;
    }
    let sealed = wrap::base64::open(text, &blob.limits).ok()?;
    (!sealed.is_empty() && sealed.len() % 16 == 0).then_some(sealed)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        Verdict::no("the key does not end in session:oauth: and a UUID")
    } else if sealed(blob).is_none() {
        Verdict::no("the value is not a JSON text of base64 of whole blocks")
    } else {
        Verdict::Sure
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let failed = |reason: &str| Decoded::failed(NAME, DecodeError::whole(NAME, reason));
    let Some(sealed) = sealed(blob) else { return Decoded::failed(NAME, blob.unreadable(NAME)) };
    let (secrets, ivs) = (setup.texts(ENCRYPT_SECRET.name), setup.texts(IV_SECRET.name));
    if secrets.is_empty() || ivs.is_empty() {
        let why = "sealed: give options session_encrypt_secret and encrypt_iv_secret";
        return Decoded::failed(NAME, DecodeError::sealed(NAME, why));
    }
    let digits = |secret: &str| base16ct::lower::encode_string(&Sha256::digest(secret));
    for secret in secrets {
        for iv in ivs {
            let (key, iv) = (digits(secret), digits(iv));
            let cipher =
                cbc::Decryptor::<aes::Aes256>::new_from_slices(&key.as_bytes()[..32], &iv.as_bytes()[..16]);
            let plain = cipher.ok().and_then(|cipher| cipher.decrypt_padded_vec::<Pkcs7>(&sealed).ok());
            if let Some(value) =
                plain.and_then(|plain| json::decode(&plain, &blob.limits).ok().map(Value::into_owned))
            {
                return Decoded { via: vec![NAME, json::CODEC.name], value: Ok(Cow::Owned(value)) };
            }
        }
    }
    failed("the secrets do not fit, or the value was altered")
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    const CLAIMS: &[&str] = &["preferred_username", "email", "login", "username", "sub", "id"];
    let said = ["userinfo", "userInfo", "user_info"].iter().find_map(|name| {
        let info = data.get(name)?;
        info.get("data").unwrap_or(info).find_named(CLAIMS, Value::scalar_text)
    });
    let token = data
        .get("tokenSet")
        .or_else(|| data.get("token_set"))
        .unwrap_or(data)
        .get("id_token")
        .and_then(Value::as_str)
        .and_then(|token| user::claim(token, &["preferred_username", "email", "sub"]));
    Facts { user: said.or(token.map(Cow::Owned)).or_else(|| go::user(data)), ..Facts::default() }
}
