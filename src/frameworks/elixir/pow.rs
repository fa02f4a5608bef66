//! Pow with the Redis backend of its guide: the credentials cache.
//!
//! pow-auth/pow guides/redis_cache_store_backend.md at 000b4fa and d92cb7c, lib/pow/store/credentials_cache.ex,
//! lib/pow/plug/session.ex, lib/pow/plug/message_verifier.ex (1.0).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::codec::{Limits, etf};
use crate::cookie::{CookieError, Given, Opened, percent_decode, plug as tokens};
use crate::frameworks::elixir::{plug, plug_session_redis};
use crate::layout::blob::Form;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose,
    key, open_any, time, user,
};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;

/// What the signature of a session's id is made with.
const SALT: &str = "Elixir.Pow.Plug.Session";

const SECRETS: OptionSpec =
    OptionSpec::secret("secret_key_base", OptionKind::Texts, "the endpoint's secret or secrets");
const SIGNING_SALT: OptionSpec =
    OptionSpec::new("signing_salt", OptionKind::Text, "signing_salt of Plug.Session's cookie");
const ENCRYPTION_SALT: OptionSpec =
    OptionSpec::new("encryption_salt", OptionKind::Text, "encryption_salt of Plug.Session's cookie");

pub const LAYOUT: Layout = Layout {
    name: "pow",
    about: "Pow's credentials cache with the Redis backend of its guide (Elixir)",
    page: "\
key      <namespace>:<id>, a string; both are Erlang terms in base64url, the namespace is
         g20AAAALY3JlZGVudGlhbHM (credentials) unless configured
value    Erlang term {[<struct>, :user, <user's id>], metadata}; the user itself up to 1.0.13
expiry   the key's TTL, 30 minutes by default; a session in use gets a new id every 15
user     the user's id, or id, username and the like of the user
cookie   the session's cookie of Plug, signed or encrypted, with the signed id under auth or
         <application>_auth; or that signed id by itself. Options secret_key_base, signing_salt,
         encryption_salt
index    <namespace>:<struct>:<:user>:<user's id>:<:session>:<id>, a string a session; with newer
         recipes sorted sets _index:<any beginning of such a key> of what follows in it
end      the key, its entry of the index and its members of the sets. <namespace>:<struct>:<:user>:
         <user's id> holds the user for all his sessions and stays
beware   a persistent session (another namespace, and a cookie of its own) logs in again
",
    keys: Keys { prefix: "g20AAAALY3JlZGVudGlhbHM:", locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(b"\x83h\x02")],
    options: &[SECRETS, SIGNING_SALT, ENCRYPTION_SALT],
    recognize,
    describe,
    whose: Whose::Own(|_, _, _| Unnamed::Unknown),
    cookie: Cookie {
        name: Some("_app_key"),
        open: Some(|setup, given| {
            let names: Vec<&str> = given.names().filter(|name| name.ends_with("_key")).collect();
            open_any(setup, &names, |name| open(setup, given, name))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            "A request in flight that renews its session makes a new one; look again after a few seconds.",
            "A persistent session of Pow (cookie persistent_session) logs its owner in again.",
            plug::LIVE,
        ],
        ..Ends::PLAIN
    },
    ..plug_session_redis::LAYOUT
};

/// The text that a part of a key stands for.
fn text_of(part: &[u8]) -> Option<String> {
    let term = URL_SAFE_NO_PAD.decode(part).ok()?;
    match etf::decode(&term, &Limits::default()).ok()? {
        Value::Text(text) if term.get(1) == Some(&109) && !text.is_empty() => Some(text.into_owned()),
        _ => None,
    }
}

/// The part of a key that a string is written as: a binary.
fn part_of(text: &[u8]) -> String {
    encoded(&[&[109], &(text.len() as u32).to_be_bytes()[..], text].concat())
}

fn encoded(term: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([&[etf::VERSION], term].concat())
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = if let Some(lead) = setup.known_lead() {
        key.starts_with(lead).then_some(lead.len())?
    } else {
        let colon = memchr::memrchr(b':', key)?;
        let namespace = &key[key::last_part(&key[..colon])..colon];
        // Whatever stands before it, a string begins alike.
        let begin = key::rfind(namespace, b"g20AAA").unwrap_or(0);
        text_of(namespace).or_else(|| text_of(&namespace[begin..]))?;
        colon + 1
    };
    text_of(&key[start..]).map(|_| Place::after(key, start, true))
}

/// Whose a session is, and its metadata.
fn parts<'v, 'a>(value: &'v Value<'a>) -> Option<(&'v Value<'a>, &'v [Value<'a>])> {
    match value.as_list()? {
        [who @ (Value::List(_) | Value::Object(_) | Value::Map(_)), Value::List(metadata)] => {
            Some((who, metadata))
        }
        _ => None,
    }
}

/// A member of a keyword list.
fn keyword<'v, 'a>(list: &'v [Value<'a>], name: &str) -> Option<&'v Value<'a>> {
    list.iter().find_map(|pair| match pair.as_list()? {
        [key, value] if key.as_str() == Some(name) => Some(value),
        _ => None,
    })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key is not two Erlang texts in base64url");
    }
    let Some(Ok(value)) = blob.form(Form::Etf) else { return Verdict::no("the value is not an Erlang term") };
    let Some((who, metadata)) = parts(value) else {
        return Verdict::no("the value is not a pair of a user and metadata");
    };
    let is_user = match who.as_list() {
        Some(key) => matches!(key, [Value::Text(_), Value::Text(word), _] if word == "user"),
        None => true,
    };
    if is_user && keyword(metadata, "inserted_at").is_some() {
        Verdict::Sure
    } else {
        Verdict::no("it does not say whose it is and when it was made")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let Some((who, metadata)) = parts(data) else { return Facts::default() };
    let user = match who.as_list() {
        Some(key) => key.get(2).and_then(user::of_record),
        None => user::of_record(who),
    };
    Facts {
        user,
        created: keyword(metadata, "inserted_at").and_then(time::instant),
        ip: user::text(keyword(metadata, "ip")),
        agent: user::text(keyword(metadata, "user_agent")),
        ..Facts::default()
    }
}

/// Names of the kind, by the tag that older and newer releases of Erlang write them with.
fn atoms(name: &str) -> [Vec<u8>; 2] {
    let (short, long) = (name.len() as u8, name.len() as u16);
    let name = name.as_bytes();
    [[&[100], &long.to_be_bytes()[..], name].concat(), [&[119, short], name].concat()]
}

/// The user's id as a term.
fn id_term(id: &Value<'_>) -> Option<Vec<u8>> {
    Some(match id {
        Value::Int(number) => match (u8::try_from(*number), i32::try_from(*number)) {
            (Ok(small), _) => vec![97, small],
            (_, Ok(number)) => [&[98], &number.to_be_bytes()[..]].concat(),
            _ => {
                let bytes = number.unsigned_abs().to_le_bytes();
                let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                [&[110, length as u8, u8::from(*number < 0)], &bytes[..length]].concat()
            }
        },
        Value::Text(text) => [&[109], &(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat(),
        _ => return None,
    })
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(namespace) = session.before().strip_suffix(b":") else { return Vec::new() };
    let client = setup.key_prefix().as_bytes();
    let own = namespace.strip_prefix(client).unwrap_or(namespace);
    let index = |begin: &[&[u8]]| {
        let begin = std::iter::once(own).chain(begin.iter().copied()).collect::<Vec<_>>().join(&b':');
        Key([client, b"_index:", &begin].concat())
    };
    let mut ops = vec![Op::Index(IndexOp::SortedRemove { key: index(&[]), member: session.id.to_vec() })];
    let value = session.data.and_then(Decoded::value);
    let who = value.and_then(parts).and_then(|(who, _)| who.as_list());
    let Some([Value::Text(class), _, id]) = who else { return ops };
    let Some(id) = id_term(id) else { return ops };
    for kind in 0..2 {
        let atom = |name: &str| encoded(&atoms(name)[kind]);
        let [class, user, id, word] = [atom(class), atom("user"), encoded(&id), atom("session")];
        let parts = [class.as_bytes(), user.as_bytes(), id.as_bytes(), word.as_bytes(), session.id];
        ops.push(Op::Unlink(Key([namespace, b":", &parts.join(&b':')].concat())));
        for at in 0..parts.len() {
            let member = parts[at..].join(&b':');
            ops.push(Op::Index(IndexOp::SortedRemove { key: index(&parts[..at]), member }));
        }
    }
    ops
}

/// The id that a cookie holds: in Plug's own session, or by itself.
fn open(setup: &Setup, given: &Given, name: &str) -> Result<Opened, CookieError> {
    const FORM: CookieError = CookieError::Form { expected: "<session of Plug that holds the id of Pow's>" };
    let value = given.value(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    let value = percent_decode(&value).into_owned();
    let secrets = setup.texts(SECRETS.name);
    let salt = setup.text(SIGNING_SALT.name);
    let genuine = |token: &[u8], salt: &str| tokens::is_genuine(token, secrets, salt);
    let (session, verified) = if tokens::is_sealed(&value) {
        let Some(encryption) = setup.text(ENCRYPTION_SALT.name).filter(|_| !secrets.is_empty()) else {
            return Err(CookieError::NeedsKey { option: SECRETS.name });
        };
        let opened = tokens::unseal(&value, secrets, encryption, salt.unwrap_or_default());
        (Some(opened.ok_or(CookieError::WrongKey { option: SECRETS.name })?), Some(true))
    } else {
        let session = tokens::payload(&value).filter(|term| term.first() == Some(&etf::VERSION));
        (session, salt.filter(|_| !secrets.is_empty()).map(|salt| genuine(&value, salt)))
    };
    let (token, verified) = match session {
        Some(term) => {
            let session = etf::decode(&term, &Limits::default()).map_err(|_| FORM)?;
            let is_own = |name: &str| name == "auth" || name.ends_with("_auth");
            let token = session.as_map().and_then(|members| {
                members.iter().find(|(name, value)| is_own(name) && value.as_str().is_some())
            });
            let token = token.and_then(|(_, token)| token.as_str()).ok_or(FORM)?;
            (token.as_bytes().to_vec(), verified)
        }
        None => (value, None),
    };
    if !tokens::is_signed(&token) {
        return Ok(Opened { id: part_of(&token).into_bytes(), verified });
    }
    let id = tokens::payload(&token).ok_or(FORM)?;
    let own = (!secrets.is_empty()).then(|| genuine(&token, SALT));
    let verified = own.map(|own| own && verified != Some(false));
    Ok(Opened { id: part_of(&id).into_bytes(), verified })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::tests::session;
    use crate::store::Raw;

    const ID: &str = "my_app_9a7a1c06-2c5f-4a3b-9a3e-7b8a5a1d0f11";

    #[test]
    fn parts_are_written_as_erlang_writes_them() {
        // By Elixir 1.14 on OTP 25.
        assert_eq!(part_of(b"credentials"), "g20AAAALY3JlZGVudGlhbHM");
        assert_eq!(encoded(&atoms("session")[0]), "g2QAB3Nlc3Npb24");
        assert_eq!(text_of(part_of(ID.as_bytes()).as_bytes()).as_deref(), Some(ID));
        for (id, term) in [
            (Value::Int(1), &[97, 1][..]),
            (Value::Int(256), &[98, 0, 0, 1, 0]),
            (Value::Int(-1), &[98, 255, 255, 255, 255]),
            (Value::Int(1 << 40), &[110, 6, 0, 0, 0, 0, 0, 0, 1]),
        ] {
            assert_eq!(id_term(&id).as_deref(), Some(term));
        }
    }

    #[test]
    fn index_and_sets_forget_the_session() {
        // {[MyApp.Users.User, :user, 1], [fingerprint: "x", inserted_at: 1700000000000]}
        let value = URL_SAFE_NO_PAD
            .decode("g2gCbAAAAANkABdFbGl4aXIuTXlBcHAuVXNlcnMuVXNlcmQABHVzZXJhAWpsAAAAAmgCZAALZmluZ2VycHJpbnRtAAAAAXhoAmQAC2luc2VydGVkX2F0bgYAAGjlz4sBag")
            .expect("base64");
        let key = format!("g20AAAALY3JlZGVudGlhbHM:{}", part_of(ID.as_bytes()));
        let raw = Raw::Text(value);
        let (setup, blob) = (Setup::free(&LAYOUT), Blob::new(key.as_bytes(), &raw, Limits::default()));
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = (LAYOUT.read)(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!((facts.user.as_deref(), facts.created), (Some("1"), Some(1_700_000_000_000)));
        let id = &key.as_bytes()[24..];
        let ops = end(&setup, &session(&setup, &blob, id, facts, &data));
        let index =
            "g20AAAALY3JlZGVudGlhbHM:g2QAF0VsaXhpci5NeUFwcC5Vc2Vycy5Vc2Vy:g2QABHVzZXI:g2EB:g2QAB3Nlc3Npb24:";
        let own = Op::Unlink(Key([index.as_bytes(), id].concat()));
        assert!(ops.contains(&own));
        let set = Op::Index(IndexOp::SortedRemove {
            key: Key(b"_index:g20AAAALY3JlZGVudGlhbHM:g2QAF0VsaXhpci5NeUFwcC5Vc2Vycy5Vc2Vy".to_vec()),
            member: [b"g2QABHVzZXI:g2EB:g2QAB3Nlc3Npb24:", id].concat(),
        });
        assert!(ops.contains(&set));
        for other in
            [&index[..index.len() - 1], "g20AAAALY3JlZGVudGlhbHM:g2QAF0VsaXhpci5NeUFwcC5Vc2Vycy5Vc2Vy"]
        {
            assert!(locate(&setup, other.as_bytes()).is_none(), "{other}");
        }
    }
}
