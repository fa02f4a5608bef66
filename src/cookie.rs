//! What the browser sends: from a cookie to the id of its session, and whether it is genuine.
//!
//! [`Given`] takes whatever someone pastes from a browser, a log or a `curl` command and finds
//! the cookie in it; one module a scheme opens it. A scheme takes a list of secrets wherever the
//! framework does, any of which may have signed (frameworks rotate by putting a new one in front).
//! Where the id is readable without a secret, it is read without one.
//!
//! Everything here is pure and takes hostile input: no I/O, no panic, comparisons of signatures in
//! constant time, and messages that hold neither the cookie nor the id nor a secret.

use crate::exit::{Advice, Exit};
use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

pub mod adonis;
pub mod aspnetcore;
pub mod async_session;
pub mod bare;
pub mod beaker;
pub mod better_auth;
pub mod django;
pub mod egg;
pub mod express;
pub mod go_session;
pub mod iron;
pub mod itsdangerous;
pub mod jar;
pub mod keygrip;
pub mod laravel;
pub mod mgcrea;
pub mod oauth2_proxy;
pub mod openid;
pub mod plug;
pub mod pyramid;
pub mod rails;
pub mod remix;
pub mod ruoyi;
pub mod securecookie;
pub mod spring;
pub mod typo3;

/// A cookie that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The session's id, as the framework hands it to its store.
    pub id: Vec<u8>,
    /// Whether the cookie is genuine. `None`: that was not checked, because no secret was given or
    /// because what was given has no signature to check. `Some(false)`: the signature is wrong; the
    /// id is what the cookie says all the same.
    pub verified: Option<bool>,
}

/// Why a cookie gives no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    /// A header was given, and this cookie is not in it.
    #[error("the input has no cookie named {name}")]
    Absent {
        /// The name looked for.
        name: String,
    },
    /// Not what the framework writes.
    #[error("the cookie does not have the form {expected}")]
    Form {
        /// The form that the framework writes.
        expected: &'static str,
    },
    /// The id is encrypted, and no key was given.
    #[error("the cookie is encrypted; the option {option} is needed to read it")]
    NeedsKey {
        /// The layout's option that holds the key.
        option: &'static str,
    },
    /// The id is encrypted with a certain key of several, and that one was not given.
    #[error("the cookie is encrypted with the key {key}; it must be among those of the option {option}")]
    NeedsKeyOf {
        /// The layout's option that holds the keys.
        option: &'static str,
        /// The key's name, which is not a secret.
        key: String,
    },
    /// The key was given, but it is itself encrypted.
    #[error("the key {key} of {option} is itself encrypted and can only be opened where it was made")]
    LockedKey {
        /// The layout's option that holds the keys.
        option: &'static str,
        /// The key's name.
        key: String,
    },
    /// The key was given, and it opens nothing under this name of the application.
    #[error("the key {key} does not open the cookie: {option} is wrong, or the cookie was altered")]
    WrongName {
        /// The layout's option that holds the name.
        option: &'static str,
        /// The key's name.
        key: String,
    },
    /// What was given as the key cannot be one.
    #[error("{option} holds no key: {expected}")]
    NoKey {
        /// The layout's option that should hold it.
        option: &'static str,
        /// What a key looks like.
        expected: &'static str,
    },
    /// The id is encrypted with another key, or was altered.
    #[error("the cookie cannot be opened with {option}: another key sealed it, or it was altered")]
    WrongKey {
        /// The layout's option that holds the key.
        option: &'static str,
    },
}

impl Advice for CookieError {
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    fn hint(&self) -> Option<String> {
        match self {
            CookieError::NeedsKeyOf { option: "key_ring", .. } => Some(
                "put the XML of each key into the profile's options as key_ring: the files key-*.xml, or where \
                 the ring is in Redis the items of a list: redis-cli LRANGE DataProtection-Keys 0 -1"
                    .to_string(),
            ),
            CookieError::WrongName { .. } => Some(
                "it is what SetApplicationName was given, else the path of the application's content root"
                    .to_string(),
            ),
            _ => None,
        }
    }
}

/// What someone gave as a cookie: the bare value, or `name=value` pairs as in a header.
///
/// `Debug` shows the names only: the values are credentials.
#[derive(Clone)]
pub struct Given {
    /// The first part as it stands, which is the value if the text is a bare one.
    first: String,
    /// Whether the first part can only be read as the pair of some cookie.
    first_is_pair: bool,
    pairs: Vec<(String, String)>,
}

impl Given {
    /// Reads a bare value, `name=value`, a whole `Cookie:` header or the lines of `Set-Cookie:`.
    ///
    /// Attributes such as `Path=/` are harmless, nobody asks for a cookie of that name. Nothing is
    /// percent-decoded here: some frameworks sign the text as it stands.
    pub fn parse(text: &str) -> Given {
        let mut first = None;
        let mut pairs = Vec::new();
        for line in unwrapped(text.trim()).lines() {
            for part in without_header_name(line.trim()).split(';').map(str::trim) {
                if part.is_empty() {
                    continue;
                }
                if let Some((name, value)) = part.split_once('=') {
                    pairs.push((name.trim_end().to_owned(), value.trim_start().to_owned()));
                }
                first.get_or_insert(part);
            }
        }
        let first = first.unwrap_or_default().to_owned();
        let first_is_pair = is_pair(&first);
        Given { first, first_is_pair, pairs }
    }

    /// The value of that cookie, not percent-decoded; for a bare text the text itself.
    ///
    /// A cookie named `__Secure-NAME` or `__Host-NAME` is found as well (the prefixes of RFC
    /// 6265bis, which frameworks add by themselves on https). Quotation marks around a value are
    /// not part of it.
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let bare = (!self.first_is_pair && !self.first.is_empty()).then_some(self.first.as_str());
        self.pair(name).map(|(_, value)| value).or(bare).map(unquoted)
    }

    /// The value of that cookie, but only where it was given as a pair: what holds a signature
    /// next to the cookie, such as `koa.sid.sig`.
    pub fn companion(&self, name: &str) -> Option<Cow<'_, str>> {
        self.pair(name).map(|(_, value)| unquoted(value))
    }

    /// The names of the pairs, in the order given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The cookie's value, with the name that it was really given under.
    fn named<'a>(&'a self, name: &'a str) -> Option<(&'a str, Cow<'a, str>)> {
        let real_name = self.pair(name).map_or(name, |(real_name, _)| real_name);
        Some((real_name, self.value(name)?))
    }

    fn pair(&self, name: &str) -> Option<(&str, &str)> {
        let by = |test: &dyn Fn(&str) -> bool| {
            // Of two cookies of one name, the parsers of the frameworks take the first.
            self.pairs.iter().find(|pair| test(&pair.0)).map(|pair| (pair.0.as_str(), pair.1.as_str()))
        };
        by(&|given| given == name).or_else(|| {
            by(&|given| {
                ["__Secure-", "__Host-"].iter().any(|prefix| given.strip_prefix(prefix) == Some(name))
            })
        })
    }

    /// The percent-decoded value, or the error that says that it is not there.
    fn decoded(&self, name: &str) -> Result<Vec<u8>, CookieError> {
        self.value(name)
            .map(|value| percent_decode(&value).into_owned())
            .ok_or_else(|| CookieError::Absent { name: name.to_owned() })
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("names", &self.names().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// Decodes `%XX` and nothing else: `+` stays (base64 signatures hold it), and so does an escape
/// that is none.
pub fn percent_decode(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            decoded.push(high << 4 | low);
            rest = after;
        } else {
            decoded.push(byte);
        }
    }
    Cow::Owned(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// The text without quotation marks around the whole of it, as a shell or JSON leaves them.
fn unwrapped(text: &str) -> &str {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) if !inner.contains('"') => inner,
        _ => text,
    }
}

fn without_header_name(line: &str) -> &str {
    for name in ["Cookie:", "Set-Cookie:"] {
        if let Some((start, rest)) = line.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name)
        {
            return rest.trim_start();
        }
    }
    line
}

/// Whether a string is the pair of some cookie rather than a bare value that holds `=`.
///
/// Base64 is what puts `=` into bare values: at the very end, before the `.`, `--`, `:` or `|` that
/// precedes a signature, or at the end of a MAC of 32 bytes that precedes the value.
fn is_pair(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return false };
    let plausible = !name.is_empty()
        && name.len() <= 256
        // The token characters of RFC 9110, and the colon of koa-session2's own default name.
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(&byte))
        // The mark of a signed express cookie, whose id may hold a `=`.
        && !name.starts_with("s:")
        && !name.starts_with("s%3");
    let continues_base64 =
        value.is_empty() || value.starts_with(['=', '.', ':', '|']) || value.starts_with("--");
    let is_mac =
        name.len() == 43 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    plausible && !continues_base64 && !is_mac
}

/// The value without the quotation marks that RFC 6265 allows around it; in them, a backslash
/// escapes one character or is followed by three octal digits (Python's `http.cookies`).
fn unquoted(value: &str) -> Cow<'_, str> {
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return Cow::Borrowed(value);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let octal = rest.get(..3).filter(|digits| digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit)));
        if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            plain.push(char::from(byte));
            rest = &rest[3..];
        } else if let Some(escaped) = rest.chars().next() {
            plain.push(escaped);
            rest = &rest[escaped.len_utf8()..];
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Whether any of the secrets made the signature; `None` without secrets.
fn any_fits(secrets: &[String], fits: impl Fn(&[u8]) -> bool) -> Option<bool> {
    if secrets.is_empty() {
        return None;
    }
    Some(secrets.iter().any(|secret| fits(secret.as_bytes())))
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// A MAC over the parts, one after the other.
fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac::<Hmac<Sha256>>(key, parts)
}

/// Base64 of the standard alphabet with padding.
fn base64_padded(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// Base64 of the standard alphabet without padding.
fn base64_unpadded(bytes: &[u8]) -> String {
    general_purpose::STANDARD_NO_PAD.encode(bytes)
}

/// Base64url without padding.
fn base64url(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64 of either alphabet, padded or not, as Node's `Buffer.from(text, 'base64')` does;
/// unlike that, foreign characters are not skipped.
fn base64_any(text: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    let standard: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    ENGINE.decode(standard).ok()
}

/// AES-256 in CBC mode with PKCS#7 padding; `None` where lengths or padding are wrong.
fn aes_256_cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()
}

/// The position before the last dot and after it.
fn split_last_dot(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = value.iter().rposition(|byte| *byte == b'.')?;
    Some((&value[..dot], &value[dot + 1..]))
}

/// The id in a JSON scalar. Ids are text; applications that make their own use numbers, too.
fn json_scalar(value: &serde_json::Value) -> Option<Vec<u8>> {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone().into_bytes()),
        serde_json::Value::Number(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Whether bytes could be a session's id: text of visible characters. It stands in for the MAC
/// that unauthenticated encryption lacks: a wrong key gives noise.
fn looks_like_id(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        !text.is_empty() && !text.chars().any(|char| char.is_control() || char.is_whitespace())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ways in which someone may give one and the same cookie.
    pub(super) fn ways(name: &str, value: &str) -> Vec<String> {
        let decoded = String::from_utf8(percent_decode(value).into_owned()).unwrap();
        let escapes: Vec<String> = decoded.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let encoded = escapes.concat();
        let mut ways = Vec::new();
        for value in [value, &decoded, &encoded] {
            ways.extend([
                value.to_owned(),
                format!(" {value}\n"),
                format!("\"{value}\""),
                format!("{name}={value}"),
                format!("{name}=\"{value}\""),
                format!("\"{name}={value}\""),
                format!("cookie: theme=dark; {name}={value}; lang=de;"),
                format!("_ga=GA1.1.1; x{name}=other; {name}x=other;{name}={value};{name}=second"),
                format!(
                    "Set-Cookie: {name}={value}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"
                ),
                format!("{value}; Path=/; HttpOnly"),
                format!("__Host-{name}={value}; theme=dark"),
            ]);
        }
        ways
    }

    pub(super) fn keys(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    /// That a string is an error, and one that repeats nothing of it.
    pub(super) fn refused(text: &str, open: impl FnOnce(&Given) -> Result<Opened, CookieError>) {
        let error = open(&Given::parse(text)).unwrap_err();
        assert!(matches!(error, CookieError::Form { .. } | CookieError::Absent { .. }), "{text}: {error}");
        assert!(text.len() < 8 || !error.to_string().contains(text), "{error}");
    }

    #[test]
    fn finds_a_cookie_among_others() {
        let given = Given::parse("Cookie: a=1; sid=\"x=y\"; sid.sig=z%20; __Secure-tok=t; a=2");
        assert_eq!(given.value("a").as_deref(), Some("1"));
        assert_eq!(given.value("sid").as_deref(), Some("x=y"));
        assert_eq!(given.companion("sid.sig").as_deref(), Some("z%20"));
        assert_eq!(given.value("tok").as_deref(), Some("t"));
        assert_eq!(given.value("b"), None);
        assert_eq!(given.names().collect::<Vec<_>>(), ["a", "sid", "sid.sig", "__Secure-tok", "a"]);
        let both = Given::parse("__Secure-tok=prefixed; tok=exact");
        assert_eq!(both.value("tok").as_deref(), Some("exact"));
    }

    #[test]
    fn a_bare_value_has_no_name() {
        for text in
            ["abc", "abc=", "YWI==", "YWI=.sig", "BAh7==--0a1b", "s:a=b.sig", "s%3Aa=b.sig", "a b=c", "=x"]
        {
            let given = Given::parse(text);
            assert_eq!(given.value("sid").as_deref(), Some(text));
            assert_eq!(given.companion("sid"), None);
        }
        assert_eq!(Given::parse("other=value").value("sid"), None);
        assert_eq!(Given::parse("other=value; more=x").value("sid"), None);
        assert_eq!(Given::parse("").value("sid"), None);
        assert_eq!(Given::parse(" ; ;").value("sid"), None);
        assert_eq!(Given::parse("abc; sid.sig=x").value("sid").as_deref(), Some("abc"));
    }

    #[test]
    fn quotation_marks_may_hold_escapes() {
        let value = |text| Given::parse(text).value("sid").unwrap().into_owned();
        assert_eq!(value(r#"sid="a\"b\\c\054d""#), "a\"b\\c,d");
        assert_eq!(value(r#"sid="a\400b\é\""#), "a400bé");
        assert_eq!(value("sid=\""), "\"");
    }

    #[test]
    fn decodes_escapes_only() {
        for (text, decoded) in [
            ("a+b%2Bc%2fd", "a+b+c/d"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%%41", "%A"),
            ("%+1%-1", "%+1%-1"),
            ("%C3%BC", "ü"),
        ] {
            assert_eq!(percent_decode(text), decoded.as_bytes());
        }
        assert!(matches!(percent_decode("plain"), Cow::Borrowed(b"plain")));
        assert_eq!(*percent_decode("%ff%00"), [0xff, 0]);
    }

    #[test]
    fn debug_shows_no_values() {
        let shown = format!("{:?} {:?}", Given::parse("sid=credential"), Given::parse("credential"));
        assert!(shown.contains("sid") && !shown.contains("credential"), "{shown}");
    }

    type Scheme = (&'static str, &'static str, fn(&Given) -> Result<Opened, CookieError>);

    /// Every scheme with a genuine cookie and its secret.
    const SCHEMES: &[Scheme] = &[
        (
            "connect.sid",
            "s%3AljgYOslixMzPhYqrqLdGkhjT6d05hpaJ.%2FBTv9gQV4PbUi4a706xMQ7Wi7H3G%2Fp6%2BYcwMwplL60o",
            |given| express::open(given, "connect.sid", &keys(&["keyboard cat"])),
        ),
        (
            "sessionId",
            "mLXHH1BEEt_Or4x45to2YM2P4XNGxiYc.LdWd5xAvHNNElPRcj2uN7PbegbRPOlcekaq2C/ti7O8",
            |given| {
                express::open_fastify(
                    given,
                    "sessionId",
                    &keys(&["a secret with minimum length of 32 characters"]),
                )
            },
        ),
        (
            "koa.sess",
            "koa.sess=924af950-a9f6-4918-b4c2-2f82afc77820; koa.sess.sig=FsoI0NNvdX0VuDMT2ZVcLN6Ue68",
            |given| keygrip::open(given, "koa.sess", &keys(&["some secret hurr"])),
        ),
        ("EGG_SESS", "EGG_SESS=LG5qpgv0zjktGL784dbeXzyYukhsIo0uF3BmRGPuGCjJz6Mj9mNvXFZFKqgZ12O5", |given| {
            egg::open(given, "EGG_SESS", &keys(&["my-egg-key_1700000000000_1234"]), true)
        }),
        (
            "adonis-session",
            "s%3AeyJtZXNzYWdlIjoiY2Y3dnh3aWtsNHR1NjFrejF5N2VnbWNkIiwicHVycG9zZSI6ImFkb25pcy1zZXNzaW9uIn0.zB5oo5KCJePwkXBYNTAAJeAnU5laby-CDWiweRks40c",
            |given| adonis::open(given, "adonis-session", &keys(&["averylongrandom32charsstringkey!"])),
        ),
        (
            "session",
            "Fe26.2**84c836ce8cf9cd1973a9f4a515759a6fd706808a11de021c121d4fe9451c5fb2*NeSTb3uHYvHE0chTH14Vsw*79TPcQ9GHtyko-6kmbwcwh15zeOqiQEvea4G0NUh11xEsTGcldBrblHQz840Kl5n**a2e0b3799cca8e91ae34092673ea0f36dcbfa05ab785300f30a15d088376778d*93F0-OfTa2XSe4NcqK_rbpNnsrGiAU7ZtiSviJ_wSc8",
            |given| iron::open(given, "session", &keys(&["password_that_is_at_least_32_characters_long"])),
        ),
        ("Session", "T1o4T0ZiNUVMRjZDcW9ZQXg0cWhE.5re3TCyZfXY6HOGvJhqtVqkIloaK8W/TFRfNuMv80+Q", |given| {
            let secrets = keys(&["a secret with minimum length of 32 characters"]);
            mgcrea::open(given, "Session", &secrets, &keys(&["b3RoZXI="]))
        }),
        (
            "better-auth.session_token",
            "UY3IvBkN2pav3sxnm8cBTAcn8B3ZUKSl.SCuMJ%2BcAJmJHVEBZKlQ%2BvYXAkO5y49pY4A1vs8yWCH0%3D",
            |given| {
                better_auth::open(
                    given,
                    "better-auth.session_token",
                    &keys(&["better-auth-secret-123456789012345"]),
                )
            },
        ),
        ("__session", "IjNlYTAxNmJjNTFjZWZjMWQi.nY5KsABizKsxOPWnEDGya1z155%2FJvdepOR2N48eRSdY", |given| {
            remix::open(given, "__session", &keys(&["s3cr3t"]))
        }),
        ("__session", "IjNlYTAxNmJjNTFjZWZjMWQi.nY5KsABizKsxOPWnEDGya1z155%2FJvdepOR2N48eRSdY", |given| {
            remix::open_or_bare(given, "__session", &keys(&["s3cr3t"]))
        }),
        (
            "appSession",
            "0123456789abcdef0123456789abcdef._ncS2KIJSmbLXHDcmdx4tFxwqYK32slOqgUv8qETo_U",
            |given| openid::open(given, "appSession", &keys(&["long-openid-secret"])),
        ),
        ("lemonldap", "05768dbb8915ddc8d3d6e9815478ab70", |given| bare::open(given, "lemonldap")),
    ];

    /// Texts that come near to what the schemes take apart.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "(s:|s%3A|Fe26\\.2\\*)?[A-Za-z0-9*.=%+/_;\" -]{0,80}",
            "(Cookie: )?([a-z.]{1,6}=[A-Za-z0-9\"\\\\=.%]{0,12};? ?){0,5}",
        ]
    }

    proptest! {
        #[test]
        fn no_text_makes_a_scheme_panic(text in texts()) {
            for (name, _, open) in SCHEMES {
                for text in [text.clone(), format!("{name}={text}"), format!("{name}={text}; {name}.sig={text}")] {
                    let given = Given::parse(&text);
                    let _ = given.names().count();
                    if let Ok(opened) = open(&given) {
                        prop_assert!(opened.verified != Some(true), "{text}");
                    }
                }
            }
        }

        #[test]
        fn a_changed_character_is_noticed(at in any::<prop::sample::Index>(), to in any::<char>()) {
            for (name, cookie, open) in SCHEMES {
                let at = at.index(cookie.len());
                let changed: String =
                    cookie.char_indices().map(|(here, char)| if here == at { to } else { char }).collect();
                // Between two pairs any space will do, also a line break instead of the semicolon.
                let spaced = |text: &str| text.replace([';'], " ").split_whitespace().map(str::to_string).collect::<Vec<_>>();
                if spaced(&changed) == spaced(cookie) || percent_decode(&changed) == percent_decode(cookie) {
                    continue;
                }
                prop_assert_ne!(open(&Given::parse(&changed)).ok().and_then(|opened| opened.verified), Some(true), "{}", name);
            }
        }
    }
}
