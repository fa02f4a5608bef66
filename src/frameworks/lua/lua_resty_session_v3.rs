//! lua-resty-session 2 and 3: OpenResty, Kong's OpenID Connect up to 3.1, older APISIX.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::codec;
use crate::cookie::{CookieError, Given, Opened};
use crate::frameworks::lua::lua_resty_session::COOKIE;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Rank, Setup, Verdict,
    Whose, php, python, user, whose,
};
use crate::store::{Key, Op};
use crate::value::Value;
use crate::wrap::resty::{self, Times};

/// Members that lua-resty-openidc keeps (1.7, lib/resty/openidc.lua).
const MEMBERS: &[&str] = &["authenticated", "id_token", "original_url", "enc_id_token", "access_token"];

pub const LAYOUT: Layout = Layout {
    name: "lua-resty-session-v3",
    about: "lua-resty-session 2 and 3 (OpenResty, lua-resty-openidc, Kong to 3.1, older APISIX)",
    family: "Lua",
    home: Some("https://github.com/bungle/lua-resty-session"),
    page: "\
key      <prefix>:<id>, a string; prefix `sessions` unless configured, given without its colon. The
         id has 22 characters of base64url, in version 2 with two dots after them
value    AES-256-CBC of JSON, or of zlib of JSON; plain JSON with the cipher `none`
expiry   the key's TTL (cookie lifetime, 3600 s), moved when less than `renew` of it is left
user     id_token.sub, user.sub, else user_id and others, where it opens: with strategy `regenerate`
         by secret alone, with `default` by the browser's cookie as well (option cookie); else the
         user is unknown
cookie   session = <id>|<expires>|<signature>; the id is read without a secret, and the signature
         cannot be checked without knowing the browser
index    none
end      the key, and its lock <key>.lock
         (v2.18, v2.26 and v3.10, lib/resty/session/storage/redis.lua)
beware   with `regenerate` every save makes a new id, and the old key goes on for ten seconds
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "sessions", lead, locate, ..Keys::PLAIN },
    marks: &[
        Mark::Word("sessions:"),
        Mark::Opaque,
        Mark::Magic(b"{}"),
        Mark::Member("authenticated"),
        Mark::Member("id_token"),
        Mark::Member("original_url"),
        Mark::Member("enc_id_token"),
    ],
    options: &[
        OptionSpec::secret("secret", OptionKind::Texts, "the secret or secrets that seal sessions"),
        OptionSpec::new("strategy", OptionKind::Text, "`default` or `regenerate`; both are tried"),
        COOKIE,
    ],
    recognize,
    read,
    describe: |_, _, data| Facts { user: subject(data), ..Facts::default() },
    // A login that has not come back is nobody's.
    whose: Whose::Own(|_, _, data| match whose::bag(Some(data)) {
        Unnamed::Nobody => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            let (id, _) = parts(setup, given)?;
            Ok(Opened { id: id.into_bytes(), verified: None })
        }),
        unlock: Some(|setup, given| {
            let (id, times) = parts(setup, given).ok()?;
            Some((COOKIE.name, format!("{id}|{}:{}", times.expires, times.use_before)))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session| vec![Op::Unlock(Key([session.key, b".lock"].concat()))],
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let prefix = setup.text("prefix").unwrap_or(setup.layout.keys.prefix);
    let colon = if prefix.is_empty() { "" } else { ":" };
    [setup.key_prefix(), prefix, colon].concat().into_bytes()
}

fn is_id(id: &[u8]) -> bool {
    let id = id.strip_suffix(b"..").unwrap_or(id);
    key::is_exactly(id, 22, Alphabet::Base64Url)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::last_part(key),
    };
    (start > 0 || setup.named).then_some(())?;
    is_id(&key[start..]).then(|| Place::after(key, start, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 22 characters of base64url");
    };
    let Some(text) = blob.text().filter(|text| !text.is_empty()) else {
        return Verdict::no("the value is empty");
    };
    if let Some(Value::Map(members)) = blob.json() {
        let is_login = members.iter().any(|(name, _)| MEMBERS.contains(&&**name))
            || blob.member("state").is_some() && blob.member("nonce").is_some();
        return match (is_login, members.is_empty()) {
            (true, _) => Verdict::Sure,
            (_, true) => Verdict::Kin,
            _ => Verdict::no("it has no member of lua-resty-openidc"),
        };
    }
    if opened(setup, blob).is_some() {
        return Verdict::Sure;
    }
    // Whole blocks, and noise: nothing that any serializer writes.
    if text.len() % 16 != 0 || std::str::from_utf8(text).is_ok() {
        return Verdict::no("the value is not JSON and not encrypted in blocks of 16 bytes");
    }
    let reads = |codec: &&codec::Codec| (codec.sniff)(text) && (codec.decode)(text, &blob.limits).is_ok();
    if codec::ALL.iter().copied().any(|codec| reads(&codec)) {
        return Verdict::no("the value is of a serializer, and not encrypted");
    }
    // Caches hold noise as well: under another prefix the key has to say something.
    let before = &blob.key[..place.id.start];
    let id = &blob.key[place.id];
    let is_random = [u8::is_ascii_uppercase, u8::is_ascii_lowercase].iter().all(|is| id.iter().any(is));
    if setup.named || php::says_session(before) {
        Verdict::Weak
    } else if python::says_other(before) || !is_random {
        Verdict::no("neither prefix nor id say that it is a session")
    } else {
        Verdict::Several
    }
}

/// The session, where the secret opens it, alone or with the cookie that was given for it.
fn opened(setup: &Setup, blob: &Blob<'_>) -> Option<Value<'static>> {
    let text = blob.text()?;
    let place = locate(setup, blob.key)?;
    let shown = std::str::from_utf8(&blob.key[place.id]).ok()?;
    let id = URL_SAFE_NO_PAD.decode(shown.trim_end_matches('.')).ok()?;
    let secrets = setup.texts("secret");
    let with = |times: &Times| resty::open_cbc(text, &id, times, secrets, &blob.limits);
    with(&Times::default()).or_else(|| {
        let (of, times) = setup.text(COOKIE.name)?.split_once('|')?;
        let times = times.split('|').next().unwrap_or_default();
        let (expires, use_before) = times.split_once(':').unwrap_or((times, ""));
        let times = Times { expires: expires.to_string(), use_before: use_before.to_string() };
        (of == shown).then(|| with(&times))?
    })
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.object().is_some() {
        return blob.whole_json();
    }
    match opened(setup, blob) {
        Some(data) => {
            Decoded { via: vec![resty::NAME, codec::json::CODEC.name], value: Ok(Cow::Owned(data)) }
        }
        None if blob.text().is_some_and(|text| !text.is_empty()) => {
            let lacks =
                "the secret does not open it; with strategy `default` it takes the browser's cookie, too";
            Decoded::failed(resty::NAME, resty::locked(!setup.texts("secret").is_empty(), lacks))
        }
        None => Decoded::failed(resty::NAME, blob.unreadable(resty::NAME)),
    }
}

/// Of OpenID Connect the subject; else by the usual names.
fn subject<'v>(data: &'v Value<'v>) -> Option<Cow<'v, str>> {
    let of = |name: &str| data.get(name)?.get("sub")?.scalar_text();
    of("id_token").or_else(|| of("user")).or_else(|| user::any(data))
}

/// The id and the times in a cookie.
fn parts(setup: &Setup, given: &Given) -> Result<(String, Times), CookieError> {
    const FORM: CookieError = CookieError::Form { expected: "<id>|<expires>|<signature>" };
    let name = setup.cookie_name();
    let Some(text) = given.value(name) else { return Err(CookieError::Absent { name: name.to_string() }) };
    let text = crate::cookie::percent_decode(&text);
    let text = std::str::from_utf8(&text).map_err(|_| FORM)?;
    let mut parts = text.split('|');
    let (Some(id), Some(times), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(FORM);
    };
    let (expires, use_before) = times.split_once(':').unwrap_or((times, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_id(id.as_bytes()) || expires.is_empty() || !is_number(expires) || !is_number(use_before) {
        return Err(FORM);
    }
    Ok((id.to_string(), Times { expires: expires.to_string(), use_before: use_before.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    const ID: &str = "7X0V1OlbD7QS9z-93SwgNw";

    #[test]
    fn noise_under_another_prefix_is_a_session_where_the_key_says_so() {
        // Whole blocks that are not text and that no serializer reads.
        let noise: Vec<u8> = (0..64).map(|n: u8| n.wrapping_mul(151) ^ 0xa5).collect();
        let raw = Raw::Text(noise);
        let verdict = |key: &str| {
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            recognize(&Setup::free(&LAYOUT), &blob)
        };
        assert_eq!(verdict(&format!("sessions:{ID}")), Verdict::Weak);
        assert_eq!(verdict(&format!("kong:sess:{ID}..")), Verdict::Weak);
        assert_eq!(verdict(&format!("oidc:{ID}")), Verdict::Several);
        for key in [&format!("cache:{ID}"), "img:thumbnail-of-user-0001", &format!("sessions:{ID}.lock")] {
            assert!(matches!(verdict(key), Verdict::No(_)), "{key}");
        }
    }
}
