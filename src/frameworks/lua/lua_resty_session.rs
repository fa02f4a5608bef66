//! lua-resty-session 4: OpenResty, Kong's OpenID Connect, APISIX.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::cookie::{CookieError, Given, Opened};
use crate::layout::expire::{self, Expiring};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Owners, Place, Setup,
    UserIndex, Verdict, Whose, user, whose,
};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;
use crate::wrap::resty::{self, Made, Material};

/// The cookie of sessions that remember their owner.
const REMEMBER: &str = "remember";
/// The audience where the application names none.
const AUDIENCE: &str = "default";
/// Characters of an id: 32 bytes in base64url.
const ID: usize = 43;
/// Characters of `[[{},"a"]]`, sealed.
const SEALED: usize = 14;
/// How an object begins in base64.
const INFO: &str = "ey";
/// Bytes of the cookie's header.
const HEADER: usize = 82;

/// What the browser holds, where only that opens a session.
pub const COOKIE: OptionSpec = OptionSpec::secret(
    "cookie",
    OptionKind::Text,
    "the browser's cookie, where the secret alone opens nothing",
);

pub const LAYOUT: Layout = Layout {
    name: "lua-resty-session",
    about: "lua-resty-session 4 (OpenResty, lua-resty-openidc, Kong 3.2 and later, APISIX)",
    family: "Lua",
    home: Some("https://github.com/bungle/lua-resty-session"),
    page: "\
key      [<prefix>:]<cookie name>:<id>[:<suffix>], a string; option prefix without its colon. The id
         has 43 characters of base64url: the session's own, with hash_storage_key its SHA-256
value    a JSON list of the sealed session and, where the application keeps some, its open info
expiry   the key's TTL, the lesser of rolling_timeout and what absolute_timeout leaves. Every save
         makes a new id, and the old key goes on for ten seconds
user     the subject: of the set that names the session, or of the session itself where `secret`
         opens it; what is under a hashed key opens with the browser's cookie only (option cookie)
cookie   session, or remember: a header that holds the id; the secret tells whether it is genuine
index    sorted sets [<prefix>:]<cookie name>:<audience>:<subject> of ids, both in base64url
         (store_metadata; the subject may be bare, or hashed with hash_subject)
end      the id in every set that names it, then the key (505ff72 lib/resty/session.lua and
         redis/common.lua, 4.1.5)
beware   a session under `remember` logs its owner in again: purge by user ends it as well
",
    keys: Keys { prefix: "", lead, other_leads: Some(other_leads), locate, key_of, ..Keys::PLAIN },
    marks: &[Mark::AnyList],
    options: &[
        OptionSpec::secret("secret", OptionKind::Texts, "the secret that seals sessions and cookies"),
        OptionSpec::secret("secret_fallbacks", OptionKind::Texts, "earlier secrets, tried after it"),
        OptionSpec::secret("ikm", OptionKind::Texts, "the 32 bytes that take the place of a secret"),
        OptionSpec::secret("ikm_fallbacks", OptionKind::Texts, "earlier ones, tried after it"),
        OptionSpec::new(
            "remember_safety",
            OptionKind::Text,
            "of sessions of the cookie remember: Low, Medium, High or Very High",
        ),
        OptionSpec::new("hash_storage_key", OptionKind::Flag, "whether keys hold the id's hash"),
        OptionSpec::new("hash_subject", OptionKind::Flag, "whether the sets hold the subject's hash"),
        OptionSpec::new("store_metadata", OptionKind::Flag, "whether there are such sets"),
        OptionSpec::new("suffix", OptionKind::Text, "what follows the id, without its colon"),
        COOKIE,
    ],
    recognize,
    read,
    describe: |_, _, data| Facts { user: subject(data), ..Facts::default() },
    whose: Whose::Own(|_, _, data| {
        let mut entries = data.get("data").and_then(Value::as_list).into_iter().flatten();
        let nobody =
            |entry: &Value<'_>| whose::bag(entry.as_list().and_then(<[Value<'_>]>::first)) == Unnamed::Nobody;
        if entries.all(nobody) { Unnamed::Nobody } else { Unnamed::Unknown }
    }),
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| open(setup, given, setup.flag("hash_storage_key") == Some(true))),
        older: Some(|setup, given| open(setup, given, setup.flag("hash_storage_key") != Some(true))),
        unlock: Some(|setup, given| {
            let header = header(setup, given).ok()?;
            Some((COOKIE.name, URL_SAFE_NO_PAD.encode(header)))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session| {
            let removes = indexes(session).into_iter();
            removes.map(|key| Op::Index(IndexOp::SortedRemove { key, member: session.id.to_vec() })).collect()
        },
        expire: |_, session, end| {
            let end = end.ok_or(expire::ALWAYS_ENDS)?;
            let mut then = Vec::new();
            for key in indexes(session) {
                let score = end.div_euclid(1000);
                then.push(Op::Index(IndexOp::SortedScore {
                    key: key.clone(),
                    member: session.id.to_vec(),
                    score,
                }));
                then.push(Op::Outlive { key, at: Some(end) });
            }
            Ok(Expiring { at: expire::at(Some(end)), rewrite: None, then })
        },
        user_index: Some(UserIndex {
            key: |setup, user| {
                let subject = if setup.flag("hash_subject") == Some(true) {
                    hashed(user)
                } else {
                    URL_SAFE_NO_PAD.encode(user)
                };
                Some(index(&(setup.layout.keys.lead)(setup), AUDIENCE, &subject, &suffix(setup)))
            },
            sessions: |setup, id| vec![key_of(setup, id)],
        }),
        caveats: &[
            "A request in flight that saves its session makes a new key; look again after a few seconds.",
            "A remember-me session (cookie remember) makes a new one at the next request: end it as well.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        owners: Some(Owners {
            begin: |setup, key| {
                let place = locate(setup, key)?;
                Some(key[..place.id.start].to_vec())
            },
            rest: "*:*",
            sorted: true,
            user: owner,
        }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

/// What keys are made of: the secrets, or 32 bytes that were given in their place.
fn materials(setup: &Setup) -> Vec<Material> {
    let given = ["ikm", "ikm_fallbacks"].iter().flat_map(|name| setup.texts(name));
    let secrets = ["secret", "secret_fallbacks"].iter().flat_map(|name| setup.texts(name));
    let given = given.filter_map(|text| Material::given(text.as_bytes()));
    given.chain(secrets.map(|secret| Material::of_secret(secret))).collect()
}

/// The prefix, to which the library adds a colon.
fn prefixed(setup: &Setup, name: &str) -> Vec<u8> {
    let prefix = setup.text("prefix").filter(|prefix| !prefix.is_empty());
    let colon = if prefix.is_some() { ":" } else { "" };
    [setup.key_prefix(), prefix.unwrap_or_default(), colon, name, ":"].concat().into_bytes()
}

fn lead(setup: &Setup) -> Vec<u8> {
    prefixed(setup, setup.cookie_name())
}

fn other_leads(setup: &Setup) -> Vec<Vec<u8>> {
    vec![prefixed(setup, REMEMBER)]
}

fn suffix(setup: &Setup) -> Vec<u8> {
    setup.text("suffix").map(|suffix| [":", suffix].concat().into_bytes()).unwrap_or_default()
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    [&(setup.layout.keys.lead)(setup), id, &suffix(setup)].concat()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let is_id = |id: &[u8]| key::is_exactly(id, ID, Alphabet::Base64Url);
    if setup.known_lead().is_some() {
        let key = key.strip_suffix(&suffix(setup)[..])?;
        let leads = setup.known_leads();
        let start = leads.iter().find(|lead| key.starts_with(lead)).map(Vec::len)?;
        return is_id(&key[start..]).then_some(Place { id: start..key.len(), usual: true });
    }
    // At the end, or with one more part behind it.
    let behind = memchr::memrchr(b':', key);
    [Some(key.len()), behind].into_iter().flatten().find_map(|end| {
        let start = end.checked_sub(ID)?;
        let alone = start > 0 && key[start - 1] == b':';
        (alone && is_id(&key[start..end])).then_some(Place { id: start..end, usual: true })
    })
}

/// The parts of a value: the sealed session, and its info.
fn parts<'v>(blob: &'v Blob<'_>) -> Option<(&'v str, Option<&'v str>)> {
    // A list of names is none: the least session is sealed in more, and the info is JSON.
    let is_text = |text: &str| text.len() >= SEALED && Alphabet::Base64Url.all(text.as_bytes());
    let is_info = |text: &str| text.starts_with(INFO) && Alphabet::Base64Url.all(text.as_bytes());
    match blob.json()? {
        Value::List(items) => match &items[..] {
            [Value::Text(sealed)] if is_text(sealed) => Some((sealed, None)),
            [Value::Text(sealed), Value::Text(info)] if is_text(sealed) && is_info(info) => {
                Some((sealed, Some(info)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key does not end in a colon and 43 characters of base64url");
    }
    match parts(blob) {
        Some(_) => Verdict::Sure,
        None => Verdict::no("the value is not a JSON list of one or two texts of base64url"),
    }
}

/// The session's own id: the one in the key, or in the cookie that was given for it.
fn own_id(setup: &Setup, id: &[u8]) -> Option<Vec<u8>> {
    if let Some(cookie) = setup.text(COOKIE.name) {
        let header = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let own = header.get(3..35)?;
        let is_its = URL_SAFE_NO_PAD.encode(Sha256::digest(own)).as_bytes() == id
            || URL_SAFE_NO_PAD.encode(own).as_bytes() == id;
        if is_its {
            return Some(own.to_vec());
        }
    }
    URL_SAFE_NO_PAD.decode(id).ok()
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some((sealed, info)) = parts(blob) else {
        return Decoded::failed(resty::NAME, blob.unreadable(resty::NAME));
    };
    let id = locate(setup, blob.key).and_then(|place| {
        let remembered = blob.key[..place.id.start].ends_with(b"remember:");
        Some((own_id(setup, &blob.key[place.id])?, remembered))
    });
    let materials = materials(setup);
    let opened = id.zip(URL_SAFE_NO_PAD.decode(sealed).ok()).and_then(|((id, remembered), sealed)| {
        let made = Made { remembered, safety: setup.text("remember_safety") };
        resty::open_sealed(&sealed, &id, &materials, made, &blob.limits)
    });
    let Some(data) = opened else {
        let lacks = if setup.flag("hash_storage_key") == Some(true) {
            "its key is hashed, so that it opens with the browser's cookie only"
        } else {
            "neither secret nor secret_fallbacks opens it; with a hashed key only the browser's cookie does"
        };
        return Decoded::failed(resty::NAME, resty::locked(!materials.is_empty(), lacks));
    };
    let mut members = vec![(Cow::Borrowed("data"), data)];
    let info = info.and_then(|info| URL_SAFE_NO_PAD.decode(info).ok());
    if let Some(Ok(info)) =
        info.map(|info| crate::codec::json::decode(&info, &blob.limits).map(Value::into_owned))
    {
        members.push((Cow::Borrowed("info"), info));
    }
    Decoded {
        via: vec![resty::NAME, crate::codec::json::CODEC.name],
        value: Ok(Cow::Owned(Value::Map(members))),
    }
}

/// The entries of a session, one an audience: attributes, audience and, where one is set, subject.
fn entries<'v>(data: &'v Value<'v>) -> impl Iterator<Item = &'v [Value<'v>]> {
    data.get("data").and_then(Value::as_list).into_iter().flatten().filter_map(Value::as_list)
}

/// The first subject; of sessions of OpenID Connect without one that of the token.
fn subject<'v>(data: &'v Value<'v>) -> Option<Cow<'v, str>> {
    let of_token = |attributes: &'v Value<'v>| {
        let token = attributes.get("id_token")?;
        match token.as_str() {
            Some(token) => user::claim(token, &["sub"]).map(Cow::Owned),
            None => token.get("sub")?.scalar_text(),
        }
    };
    entries(data).find_map(|entry| entry.get(2)?.scalar_text()).or_else(|| {
        entries(data).find_map(|entry| {
            let attributes = entry.first()?;
            of_token(attributes).or_else(|| attributes.get("user")?.get("sub")?.scalar_text())
        })
    })
}

fn hashed(subject: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(subject)[..16])
}

/// What stands after the id in a key that was found.
fn behind<'k>(session: &'k Session<'_>) -> &'k [u8] {
    session.key.get(session.before().len() + session.id.len()..).unwrap_or_default()
}

fn index(lead: &[u8], audience: &str, subject: &str, suffix: &[u8]) -> Vec<u8> {
    [lead, URL_SAFE_NO_PAD.encode(audience).as_bytes(), b":", subject.as_bytes(), suffix].concat()
}

/// Whose a set is, by what follows the cookie's name: an audience, and a subject in base64url or,
/// with several audiences in one session, as it is. A hash tells nobody.
fn owner(setup: &Setup, rest: &[u8]) -> Option<String> {
    let rest = rest.strip_suffix(&suffix(setup)[..])?;
    let text = std::str::from_utf8(rest).ok()?;
    let (audience, subject) = text.split_once(':')?;
    if !Alphabet::Base64Url.all(audience.as_bytes()) || subject.is_empty() {
        return None;
    }
    // Where nothing was given, there may be a suffix behind a subject that was written in base64url.
    let free = setup.known_lead().is_none();
    if free && let Some((first, _)) = subject.split_once(':') {
        match named(first) {
            Named::As(name) => return Some(name),
            Named::Hashed => return None,
            Named::Bare => {}
        }
    }
    match named(subject) {
        Named::As(name) => Some(name),
        Named::Hashed => None,
        Named::Bare => Some(subject.to_string()),
    }
}

/// What a subject in the name of a set is.
enum Named {
    As(String),
    Hashed,
    Bare,
}

fn named(subject: &str) -> Named {
    match URL_SAFE_NO_PAD.decode(subject).map(String::from_utf8) {
        Ok(Ok(name)) if !name.is_empty() && !name.chars().any(char::is_control) => Named::As(name),
        // 16 bytes of a hash, or a name that only looks like base64url.
        Ok(_) if subject.len() == 22 => Named::Hashed,
        _ => Named::Bare,
    }
}

/// Every set that names the session: those that were found, and those that its subjects have.
fn indexes(session: &Session<'_>) -> Vec<Key> {
    let mut names = session.found.clone();
    let lead = session.before();
    let suffix = behind(session);
    let mut of = |audience: &str, subject: &str| {
        for subject in [URL_SAFE_NO_PAD.encode(subject), hashed(subject), subject.to_string()] {
            names.push(index(lead, audience, &subject, suffix));
        }
    };
    if let Some(data) = session.data.and_then(Decoded::value) {
        for entry in entries(data) {
            if let (Some(audience), Some(subject)) =
                (entry.get(1).and_then(Value::as_str), entry.get(2).and_then(Value::scalar_text))
            {
                of(audience, &subject);
            }
        }
    } else if let Some(user) = &session.facts.user {
        of(AUDIENCE, user);
    }
    names.sort();
    names.dedup();
    names.into_iter().map(Key).collect()
}

/// The header in a cookie.
fn header(setup: &Setup, given: &Given) -> Result<[u8; HEADER], CookieError> {
    const FORM: CookieError = CookieError::Form { expected: "<header of 110 characters of base64url>" };
    let name = setup.cookie_name();
    let Some(text) = given.value(name).or_else(|| given.value(REMEMBER)) else {
        return Err(CookieError::Absent { name: name.to_string() });
    };
    let text = text.as_bytes();
    let header = text.get(..110).and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    match header.map(<[u8; HEADER]>::try_from) {
        // Of type 1, kept in a storage.
        Some(Ok(header)) if header[0] == 1 && header[1] & 1 == 1 && text.len() == 110 => Ok(header),
        _ => Err(FORM),
    }
}

fn open(setup: &Setup, given: &Given, is_hashed: bool) -> Result<Opened, CookieError> {
    let header = header(setup, given)?;
    let own = &header[3..35];
    let id =
        if is_hashed { URL_SAFE_NO_PAD.encode(Sha256::digest(own)) } else { URL_SAFE_NO_PAD.encode(own) };
    let materials = materials(setup);
    // What the browser's address and name went into cannot be checked from here.
    let bound = header[2] & 7 != 0;
    let verified = (!materials.is_empty() && !bound)
        .then(|| resty::is_genuine(&header[..66], own, &header[66..], &materials));
    Ok(Opened { id: id.into_bytes(), verified })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn a_set_tells_its_owner_unless_it_holds_a_hash() {
        for (rest, user) in [
            ("ZGVmYXVsdA:YWxpY2U", Some("alice")),
            ("ZGVmYXVsdA:Ym9iQGV4YW1wbGUub3Jn", Some("bob@example.org")),
            ("ZGVmYXVsdA:alice", Some("alice")),
            ("ZGVmYXVsdA:bob@example.org", Some("bob@example.org")),
            ("ZGVmYXVsdA:", None),
            ("rQ2Q_gJZhWE8qmmg2GfOEjTos-j0-wdkE3e1iV0KPAc", None),
            ("a/b:YWxpY2U", None),
        ] {
            assert_eq!(owner(&Setup::free(&LAYOUT), rest.as_bytes()).as_deref(), user, "{rest}");
        }
        let hashed = format!("ZGVmYXVsdA:{}", hashed("alice"));
        assert_eq!(owner(&Setup::free(&LAYOUT), hashed.as_bytes()), None);
        let suffix = [("suffix".to_string(), Setting::Text("v1".to_string()))];
        let named = Setup::named(&LAYOUT, suffix).expect("an option that it knows");
        for (rest, user) in [
            ("ZGVmYXVsdA:YWxpY2U:v1", Some("alice")),
            ("ZGVmYXVsdA:a:b:v1", Some("a:b")),
            (&format!("{hashed}:v1"), None),
        ] {
            assert_eq!(owner(&named, rest.as_bytes()).as_deref(), user, "{rest}");
        }
        assert_eq!(owner(&Setup::free(&LAYOUT), b"ZGVmYXVsdA:YWxpY2U:v1").as_deref(), Some("alice"));
        assert_eq!(owner(&Setup::free(&LAYOUT), format!("{hashed}:v1").as_bytes()), None);
    }

    #[test]
    fn an_id_may_stand_before_a_suffix() {
        const ID: &str = "JnCq7YIM3vcAknq4CjZbcyC3O3G5oGdtY4PwW8F_CiI";
        let free = Setup::free(&LAYOUT);
        for (key, found) in [
            (format!("app:session:{ID}"), true),
            (format!("app:session:{ID}:v1"), true),
            (format!("session:{ID}"), true),
            (format!("session:{ID}:v1:x"), false),
            (format!("x{ID}"), false),
            (ID.to_string(), false),
        ] {
            let place = locate(&free, key.as_bytes());
            assert_eq!(place.is_some_and(|place| key[place.id] == *ID), found, "{key}");
        }
    }

    #[test]
    fn a_list_of_names_is_no_session() {
        const SEALED: &str = "_oLgyicen1l1ymFSlgBOOAfg7kkaNHTNCpR7tjxWhhvF0SWI";
        let key = "session:JnCq7YIM3vcAknq4CjZbcyC3O3G5oGdtY4PwW8F_CiI";
        let info = URL_SAFE_NO_PAD.encode(r#"{"default":{"a":1}}"#);
        for (value, fits) in [
            (format!(r#"["{SEALED}"]"#), true),
            (format!(r#"["{SEALED}","{info}"]"#), true),
            (format!(r#"["{SEALED}","{SEALED}"]"#), false),
            (r#"["a","b"]"#.to_string(), false),
            (r#"["administrator","reader-of-reports"]"#.to_string(), false),
            (r#"["reader"]"#.to_string(), false),
        ] {
            let raw = Raw::Text(value.clone().into_bytes());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert_eq!(recognize(&Setup::free(&LAYOUT), &blob) == Verdict::Sure, fits, "{value}");
        }
    }

    /// As lua-resty-session 4.1.5 wrote it under a hashed key.
    #[test]
    fn what_is_under_a_hashed_key_opens_with_its_cookie() {
        const COOKIE: &str = "AQEAmiV0P3bLWDEkhFLBx-3YpW1M2Q5EIT7KVwy_BY3mYRBVcwVrAAAAAAAwAABXFinjWpS3PEK95l0zUZngAAAANcgRbuns88NvDu6Cf41qmg";
        let key = "sessions:session:JnCq7YIM3vcAknq4CjZbcyC3O3G5oGdtY4PwW8F_CiI";
        let raw = Raw::Text(VALUE.to_vec());
        let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
        let options = [
            ("prefix", Setting::Text("sessions".to_string())),
            ("secret", Setting::Text("a very secret passphrase".to_string())),
            ("hash_storage_key", Setting::Flag(true)),
        ];
        let options = options.map(|(name, setting)| (name.to_string(), setting));
        let mut setup = Setup::named(&LAYOUT, options).expect("options that it knows");
        let error = read(&setup, &blob).value.expect_err("it is sealed").to_string();
        assert!(error.ends_with("with the browser's cookie only"), "{error}");
        let given = Given::parse(&format!("session={COOKIE}"));
        let opened = open(&setup, &given, true).expect("a cookie");
        assert_eq!((&opened.id[..], opened.verified), (&key.as_bytes()[17..], Some(true)));
        let unlock = LAYOUT.cookie.unlock.and_then(|unlock| unlock(&setup, &given));
        let (name, text) = unlock.expect("a header");
        setup.set(name, Setting::Text(text)).expect("an option");
        let decoded = read(&setup, &blob);
        let data = decoded.value().expect("it opens");
        assert_eq!(subject(data).as_deref(), Some("alice"));
    }

    const VALUE: &[u8] = br#"["_oLgyicen1l1ymFSlgBOOAfg7kkaNHTNCpR7tjxWhhvF0SWI"]"#;
}
