//! Sa-Token: a key a token, with the account's session next to it.

use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Evidence, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup,
    Verdict, Whose, blob, expire, key, time, user,
};
use crate::store::{IndexOp, Kind, Op};
use crate::store::{JsonItem, Key, WhenEmpty};
use crate::value::Value;
use std::borrow::Cow;

const TOKEN: &[u8] = b":token:";

pub const LAYOUT: Layout = Layout {
    name: "sa-token",
    about: "Sa-Token 1.37 to 1.46 with a Redis DAO",
    family: "JVM",
    home: Some("https://sa-token.cc/"),
    page: "\
key      <tokenName>:<type>:token:<token>, a string; tokenName `satoken`; the type is `login`, and
         others for each further StpLogic. All types are listed
value    the login id as plain text, or as a JSON text in quotes where the DAO writes everything as
         JSON (sa-token-redisson-jackson, RuoYi-Vue-Plus); -3 -4 -5 where the token has timed out,
         was replaced or was kicked out: such a session is over. Any other text could stand there:
         a token of no usual form is a session only next to its account's session
expiry   the key's TTL, 30 days by default, fixed at the login. activeTimeout freezes idle tokens
         and removes nothing. `expire` does what renewTimeout does: the token, its session and the
         time of its last activity end then, and the account's session no earlier
user     the login id
cookie   satoken = <token>; also a header or parameter of that name
beside   <tokenName>:<type>:session:<login id>, JSON: the account's session with its terminals
         (up to 1.40 tokenSignList); token-session:<token>, last-active:<token>. They are shown as
         parts of the session's data
end      token, token session, time of the last activity, and the terminal's entry in the account's
         session, which goes with its last one (StpLogic.logout of 1.46)
         with a JWT as token, also <tenant>:online_tokens:<token>, which RuoYi-Vue-Plus lists
beware   an account's session that is not JSON (Sa-Token's jdk serializer) keeps its entry of the
         terminal, which counts among its logins
         disable: safe: custom: var: temp-token: are not sessions and are never touched
",
    keys: Keys {
        prefix: "satoken:",
        prefix_option: "token_name",
        lead,
        locate,
        key_of: |setup, id| [&lead(setup)[..], b"login", TOKEN, id].concat(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(":token:")],
    options: &[OptionSpec::new("token_name", OptionKind::Text, "tokenName, before the first colon")],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("loginId").and_then(Value::as_str) {
        // The token has been replaced or its owner thrown out.
        Some(login) if is_marker(login) => Unnamed::Nobody,
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie {
        name: Some("satoken"),
        open: Some(|setup, given| {
            let mut opened = cookie::bare::open(given, setup.cookie_name())?;
            if let Some(token) = opened.id.strip_prefix(b"Bearer ") {
                opened.id = token.trim_ascii().to_vec();
            }
            Ok(opened)
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        expire,
        caveats: &[
            "A JWT in the stateless mode is valid without Redis.",
            "With isShare several devices use one token: all of them are logged out.",
        ],
        ..Ends::PLAIN
    },
    evidence: Evidence::Beside {
        key: (|setup, blob| Some((account(setup, blob)?.0, Kind::String))),
        always: true,
    },
    extra: Extra {
        parts: Some(|setup, blob| {
            let Some((before, token)) = halves(setup, blob.key) else { return Vec::new() };
            let of_token = |name: &[u8]| Key([before, name, token].concat());
            let mut keys: Vec<Key> = account(setup, blob).into_iter().collect();
            keys.extend([b":token-session:", &b":last-active:"[..], b":last-activity:"].map(of_token));
            keys
        }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let lead = match (setup.text("prefix"), setup.text("token_name")) {
        (Some(prefix), None) => prefix.to_string(),
        (_, name) => format!("{}:", name.unwrap_or("satoken")),
    };
    [setup.key_prefix(), &lead].concat().into_bytes()
}

/// What precedes `:token:`, with the name and the type, and the token.
fn halves<'k>(setup: &Setup, key: &'k [u8]) -> Option<(&'k [u8], &'k [u8])> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => 0,
    };
    let at = start + memchr::memmem::find(&key[start..], TOKEN)?;
    let (kind, token) = (&key[start..at], &key[at + TOKEN.len()..]);
    // The type is one word; without a known name there is one before it.
    let colon = memchr::memrchr(b':', kind);
    let fits =
        if setup.known_lead().is_some() { colon.is_none() } else { colon.is_some_and(|colon| colon > 0) };
    // Variables and sessions of the application's own have no login type.
    let kind = &kind[colon.map_or(0, |colon| colon + 1)..];
    let named = !kind.is_empty() && kind != b"var" && kind != b"custom";
    (fits && named && !token.is_empty()).then_some((&key[..at], token))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let (_, token) = halves(setup, key)?;
    Some(Place::after(key, key.len() - token.len(), is_usual(token)))
}

/// The login id, if the value can be one: bare, or as the DAO's serializer wrote it.
fn login<'b>(blob: &Blob<'b>) -> Option<Cow<'b, str>> {
    const LONGEST: usize = 512;
    let bytes = blob.text().filter(|text| text.len() <= 2 * LONGEST)?;
    let text = match jvm::bare(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(std::str::from_utf8(text).ok()?),
        Cow::Owned(text) => Cow::Owned(String::from_utf8(text).ok()?),
    };
    let plain = !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    (plain && !text.starts_with(['{', '[', '"'])).then_some(text)
}

/// Whether this is a token as Sa-Token makes them by its styles (`SaTokenConsts.TOKEN_STYLE_*`: UUID, 32,
/// 64 or 128 random letters, tik) or a JWT. Anything else may be the application's own key.
fn is_usual(token: &[u8]) -> bool {
    const SHORTEST: usize = 32;
    token.len() >= SHORTEST
        && token
            .iter()
            .all(|byte| key::Alphabet::Base64Url.has(*byte) || matches!(byte, b'.' | b'+' | b'/' | b'='))
}

/// What stands in place of the login id once it is over (`NotLoginException`): -1 to -9.
fn is_marker(login: &str) -> bool {
    matches!(login.as_bytes(), [b'-', b'1'..=b'9'])
}

/// The account's session.
fn account(setup: &Setup, blob: &Blob<'_>) -> Option<Key> {
    let login = login(blob).filter(|login| !is_marker(login))?;
    let (before, _) = halves(setup, blob.key)?;
    Some(Key([before, b":session:", login.as_bytes()].concat()))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let usual = locate(setup, blob.key).is_some_and(|place| place.usual);
    match login(blob) {
        None => Verdict::no("its value is not a login id"),
        // Of a marker's account nothing is left to look for.
        Some(login) if usual && (setup.named || is_marker(&login)) => Verdict::Sure,
        // Any text could stand there; the account's session next to it decides.
        Some(_) => Verdict::Kin,
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(login) = login(blob) else { return Decoded::failed("text", blob.unreadable("text")) };
    let part =
        |name: &[u8], bytes: &[u8]| -> Value<'b> { jvm::field(name, bytes, &blob.limits).into_owned() };
    let of_token = |name: &[u8]| {
        let (before, token) = halves(setup, blob.key)?;
        blob.part(&[before, name, token].concat())
    };
    let session = account(setup, blob).and_then(|key| blob.part(&key.0));
    let session = session.map_or(Value::Null, |bytes| part(b"session", bytes));
    let token_session = of_token(b":token-session:");
    let last_active = of_token(b":last-active:").or_else(|| of_token(b":last-activity:"));
    let token = halves(setup, blob.key).map_or(&b""[..], |(_, token)| token);
    let terminal = terminal(&session, token).cloned().unwrap_or(Value::Null);
    let member = |name: &'static str, value: Value<'b>| (Cow::Borrowed(name), value);
    let data = Value::Map(vec![
        member("loginId", Value::Text(login)),
        member("terminal", terminal),
        member("session", session),
        member("tokenSession", token_session.map_or(Value::Null, |bytes| part(b"tokenSession", bytes))),
        member(
            "lastActive",
            last_active.map_or(Value::Null, |bytes| match jvm::bare(bytes) {
                Cow::Borrowed(text) => blob::plain(text),
                Cow::Owned(text) => blob::plain(&text).into_owned(),
            }),
        ),
    ]);
    let via = if blob.parts.is_empty() { vec!["text"] } else { vec!["text", "json"] };
    Decoded { via, value: Ok(Cow::Owned(data)) }
}

/// The entry of a token in the account's session: terminalList since 1.41, tokenSignList before.
fn terminal<'v, 'a>(session: &'v Value<'a>, token: &[u8]) -> Option<&'v Value<'a>> {
    [("terminalList", "tokenValue"), ("tokenSignList", "value")].into_iter().find_map(|(list, name)| {
        let items = jvm::unpaired(session.get(list)?).as_list()?;
        items.iter().find(|item| {
            item.get(name).and_then(Value::as_str).is_some_and(|value| value.as_bytes() == token)
        })
    })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let login = data.get("loginId").and_then(Value::as_str);
    let over = login.is_some_and(is_marker);
    // `<ms>`, or `<ms>,<activeTimeout in s>`.
    let active =
        data.get("lastActive").and_then(Value::as_str).map(|text| text.split_once(',').unwrap_or((text, "")));
    let seen = active.and_then(|(seen, _)| seen.parse::<i64>().ok());
    let life = active.and_then(|(_, life)| life.parse::<i64>().ok()).filter(|life| *life >= 0);
    let frozen = seen.zip(life).and_then(|(seen, life)| seen.checked_add(life.checked_mul(1000)?));
    Facts {
        user: login.filter(|_| !over).map(Cow::Borrowed),
        created: data
            .get("terminal")
            .and_then(|terminal| time::millis(jvm::unpaired(terminal.get("createTime")?))),
        seen,
        ends: if over { Some(0) } else { frozen },
        ..Facts::default()
    }
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some((before, token)) = halves(setup, session.key) else { return Vec::new() };
    let of_token = |name: &[u8]| Op::Unlink(Key([before, name, token].concat()));
    let mut ops: Vec<Op> =
        [&b":last-active:"[..], b":last-activity:", b":token-session:"].map(of_token).into();
    if let (Some(user), Ok(token)) = (session.facts.user.as_deref(), std::str::from_utf8(token)) {
        let texts = |texts: [&str; 2]| texts.map(str::to_string).to_vec();
        ops.push(Op::Index(IndexOp::JsonListRemove {
            key: Key([before, b":session:", user.as_bytes()].concat()),
            item: JsonItem::Within {
                lists: texts(["terminalList", "tokenSignList"]),
                members: texts(["tokenValue", "value"]),
                text: token.to_string(),
            },
            when_empty: WhenEmpty::Unlink,
        }));
    }
    ops.extend(online(token).into_iter().map(Op::Unlink));
    ops
}

/// Where RuoYi-Vue-Plus keeps that a token is in use (CacheConstants.ONLINE_TOKEN_KEY, with the tenant or
/// `global` in front): its tokens are JWTs, and the tenant is a claim of them.
fn online(token: &[u8]) -> Vec<Key> {
    let text = std::str::from_utf8(token).ok().filter(|token| token.starts_with("eyJ"));
    let Some(text) = text else { return Vec::new() };
    let tenant = user::claim(text, &["tenantId"]).map(|tenant| format!("{tenant}:"));
    let fronts = [Some(String::new()), Some("global:".to_string()), tenant];
    let fronts = fronts.into_iter().flatten();
    fronts.map(|front| Key([front.as_bytes(), b"online_tokens:", token].concat())).collect()
}

/// `StpLogic.renewTimeout`: the account's session is for all of its tokens and is only let live longer.
fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let Some(user) = session.facts.user.as_deref() else {
        return Err("they are over: the marker only tells the client why");
    };
    let Some((before, token)) = halves(setup, session.key) else { return Err(expire::UNREADABLE) };
    let of_token = |name: &[u8]| Op::EndAt { key: Key([before, name, token].concat()), at: end };
    let mut then: Vec<Op> =
        [&b":last-active:"[..], b":last-activity:", b":token-session:"].map(of_token).into();
    then.push(Op::Outlive { key: Key([before, b":session:", user.as_bytes()].concat()), at: end });
    Ok(expire::Expiring { at: expire::at(end), rewrite: None, then })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_type_is_one_word_behind_the_name() {
        let free = Setup::free(&LAYOUT);
        let named = Setup::named(&LAYOUT, []).expect("no options");
        for (key, of_all, of_satoken) in [
            ("satoken:login:token:t", Some("t"), Some("t")),
            ("satoken:admin:token:a.b:c", Some("a.b:c"), Some("a.b:c")),
            ("shop:satoken:login:token:t", Some("t"), None),
            ("satoken:login:safe:token:t", Some("t"), None),
            ("satoken:var:token:t", None, None),
            ("satoken:token:t", None, None),
            ("satoken::token:t", None, None),
            ("satoken:login:token:", None, None),
            ("satoken:login:token-session:t", None, None),
            ("global:Authorization:login:token:eyJ.eyJ.s", Some("eyJ.eyJ.s"), None),
        ] {
            for (setup, id) in [(&free, of_all), (&named, of_satoken)] {
                assert_eq!(locate(setup, key.as_bytes()).map(|place| &key[place.id]), id, "{key}");
            }
        }
    }

    #[test]
    fn only_a_token_of_a_usual_form_is_a_session_by_itself() {
        const USUAL: &str = "satoken:login:token:cb5c9f10-1c36-4c1a-8d8a-5a7c9a5f4c11";
        let free = Setup::free(&LAYOUT);
        let named = Setup::named(&LAYOUT, []).expect("no options");
        let verdict = |setup: &Setup, key: &str, value: &str| {
            let raw = Raw::Text(value.into());
            recognize(setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        for (value, alone, by_name) in [
            ("-4", Verdict::Sure, Verdict::Sure),
            ("\"-4\"", Verdict::Sure, Verdict::Sure),
            ("alice", Verdict::Kin, Verdict::Sure),
            ("\"sys_user:1\"", Verdict::Kin, Verdict::Sure),
            ("-40", Verdict::Kin, Verdict::Sure),
            ("-0", Verdict::Kin, Verdict::Sure),
        ] {
            assert_eq!(verdict(&free, USUAL, value), alone, "{value}");
            assert_eq!(verdict(&named, USUAL, value), by_name, "{value}");
            for setup in [&free, &named] {
                assert_eq!(verdict(setup, "satoken:login:token:queue", value), Verdict::Kin, "{value}");
            }
        }
        for value in ["", "{}", "[1]", "a\nb", "\"\"", "\"{}\"", "\"a"] {
            assert!(matches!(verdict(&free, USUAL, value), Verdict::No(_)), "{value}");
        }
    }

    #[test]
    fn a_login_id_is_the_same_in_every_form() {
        let free = Setup::free(&LAYOUT);
        for value in [&b"sys_user:1"[..], b"\"sys_user:1\"", b"\xac\xed\0\x05t\0\x0asys_user:1"] {
            let raw = Raw::Text(value.to_vec());
            let blob = Blob::new(b"g:Authorization:login:token:t", &raw, Limits::default());
            assert_eq!(
                account(&free, &blob),
                Some(Key(b"g:Authorization:login:session:sys_user:1".to_vec()))
            );
            let data = read(&free, &blob);
            let facts = describe(&free, &blob, data.value().expect("it decodes"));
            assert_eq!(facts.user.as_deref(), Some("sys_user:1"));
        }
    }

    #[test]
    fn who_is_online_is_found_by_the_tenant_in_the_token() {
        // {"tenantId":"000000"}
        let keys = online(b"eyJ.eyJ0ZW5hbnRJZCI6IjAwMDAwMCJ9.s");
        assert!(keys.contains(&Key(b"000000:online_tokens:eyJ.eyJ0ZW5hbnRJZCI6IjAwMDAwMCJ9.s".to_vec())));
        assert!(online(b"cb5c9f10-1c36-4c1a-8d8a-5a7c9a5f4c11").is_empty());
    }
}
