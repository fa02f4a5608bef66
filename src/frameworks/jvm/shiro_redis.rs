//! shiro-redis: Apache Shiro's session, serialized by Java.

use crate::codec::Limits;
use crate::codec::java::{self, Stream};
use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, expire, key, open_any,
    time, user, whose,
};
use crate::store::Raw;
use crate::store::Rewrite;
use crate::value::Value;
use std::borrow::Cow;

const CLASS: &[u8] = b"org.apache.shiro.session.mgt.SimpleSession";
const PRINCIPALS: &str = "org.apache.shiro.subject.support.DefaultSubjectContext_PRINCIPALS_SESSION_KEY";

pub const LAYOUT: Layout = Layout {
    name: "shiro-redis",
    about: "Apache Shiro with shiro-redis 3 (org.crazycake) and its copies",
    family: "JVM",
    home: Some("https://github.com/alexxiyang/shiro-redis"),
    page: "\
key      <prefix><id>, a string; prefix `shiro:session:` (keyPrefix); the id is a UUID. A
         RedisTemplate without key serializer writes the whole key as a string of Java's
value    Java's serialization of org.apache.shiro.session.mgt.SimpleSession
expiry   the session's timeout as the key's TTL, anew at nearly each request, or `expire`; in the
         value lastAccessTime + timeout (ms), and stopTimestamp once it is stopped. `expire` sets
         the timeout; with the option `expire` the next request sets the TTL by that
user     the first principal of the first realm: a text or number, or its username, userName,
         loginName, account, name, email, id
cookie   JSESSIONID (often sid or another name) = <id>
end      the key. shiro:cache:... holds authorizations and no sessions
",
    keys: Keys {
        prefix: "shiro:session:",
        locate,
        other_leads: Some(|setup| {
            let lead = (setup.layout.keys.lead)(setup);
            vec![[java::HEADER, b"t"].concat(), [b"\"", &lead[..]].concat()]
        }),
        ..Keys::PLAIN
    },
    marks: &[Mark::Magic(java::HEADER)],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        let attributes = data.get("attributes");
        let login = attributes.and_then(|attributes| attributes.get(PRINCIPALS));
        match whose::without(login) {
            Unnamed::Nobody => whose::bag(attributes),
            other => other,
        }
    }),
    cookie: Cookie {
        name: Some("JSESSIONID"),
        open: Some(|setup, given| {
            open_any(setup, &["sid", "SHAREJSESSIONID", "token"], |name| cookie::bare::open(given, name))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire,
        caveats: &[
            "A session is kept in memory for up to a second and is written back at nearly each request; look again afterwards.",
            "A rememberMe cookie logs in again.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

/// The key, or the text that a serializer wrote as the key.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    const AROUND: usize = java::HEADER.len() + 3;
    let (inner, at) = match key.strip_prefix(java::HEADER) {
        Some([b't', high, low, text @ ..])
            if usize::from(u16::from_be_bytes([*high, *low])) == text.len() =>
        {
            (text, AROUND)
        }
        _ => match key {
            [b'"', text @ .., b'"'] => (text, 1),
            _ => (key, 0),
        },
    };
    let place = key::locate_by(setup, inner, key::uuid_tail, key::is_uuid)?;
    Some(Place { id: place.id.start + at..place.id.end + at, ..place })
}

/// The first object is such a session, or one of a class that extends it.
fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(text) = blob.text() else { return Verdict::no("the key is not a string") };
    let Some(object) = text.strip_prefix(java::HEADER).and_then(|rest| rest.strip_prefix(b"\x73\x72")) else {
        return Verdict::no("the value is not a Java object");
    };
    // Behind its own class come its fields' names and the class that it extends.
    let beginning = &object[..object.len().min(2048)];
    let name = [&(CLASS.len() as u16).to_be_bytes(), CLASS].concat();
    match memchr::memmem::find(beginning, &name) {
        Some(0) => Verdict::Sure,
        Some(at) if beginning[at - 1] == 0x72 && extends(blob) => Verdict::Sure,
        _ => Verdict::no("its object is not a SimpleSession of Shiro"),
    }
}

fn extends(blob: &Blob<'_>) -> bool {
    let value = blob.text().and_then(|text| java::decode(text, &blob.limits).ok());
    value.is_some_and(|value| value.get("startTimestamp").is_some() && value.get("timeout").is_some())
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = blob.text() else { return Decoded::failed("java", blob.unreadable("java")) };
    match java::decode(text, &blob.limits) {
        Ok(value) => Decoded::owned("java", value),
        Err(error) => Decoded::failed("java", error),
    }
}

/// Any negative timeout is none to Shiro; shiro-redis takes whole seconds of it for the TTL, and sets
/// none where they are negative, too (RedisSessionDAO.saveSession, 3.3).
const NEVER: i64 = -1000;

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let (Raw::Text(text), Some(seen)) = (session.raw, session.facts.seen) else {
        return Err(expire::UNREADABLE);
    };
    let stopped = session.data.and_then(Decoded::value).is_some_and(|data| {
        data.get("stopTimestamp").is_some() || data.get("expired").and_then(Value::as_bool) == Some(true)
    });
    if stopped {
        return Err(jvm::OVER);
    }
    let timeout = end.map_or(NEVER, |end| end.saturating_sub(seen).max(1));
    let stream = Stream::read(text, &Limits::default());
    let old = java::shiro_timeout(&stream).ok_or("their timeout cannot be found in the value")?;
    let new = jvm::patched(text, old, &timeout.to_be_bytes()).ok_or(expire::UNREADABLE)?;
    Ok(expire::Expiring { at: expire::at(end), rewrite: Some(Rewrite::Text(new)), then: Vec::new() })
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let instant = |name: &str| data.get(name).and_then(time::instant);
    let attributes = data.get("attributes");
    let seen = instant("lastAccessTime");
    let timeout = data.get("timeout").and_then(Value::as_i64).filter(|timeout| *timeout >= 0);
    let by_clock = seen.zip(timeout).and_then(|(seen, timeout)| seen.checked_add(timeout));
    Facts {
        user: attributes.and_then(|attributes| first_principal(attributes.get(PRINCIPALS)?)),
        created: instant("startTimestamp"),
        seen,
        ends: match (instant("stopTimestamp"), by_clock) {
            (Some(stop), Some(end)) => Some(stop.min(end)),
            (stop, end) => stop.or(end),
        },
        ip: user::text(data.get("host")),
        agent: None,
        ..Facts::default()
    }
}

fn first_principal<'v>(principals: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let realm = match principals.get("realmPrincipals")? {
        Value::Map(realms) => &realms.first()?.1,
        Value::Pairs(realms) => &realms.first()?.1,
        _ => return None,
    };
    let principal = realm.as_list()?.first()?;
    principal.scalar_text().or_else(|| {
        jvm::first(
            principal,
            &["username", "userName", "loginName", "account", "name", "email", "id", "userId"],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_whatever_is_around_the_key() {
        const ID: &str = "cb5c9f10-1c36-4c1a-8d8a-5a7c9a5f4c11";
        let bare = format!("shiro:session:{ID}").into_bytes();
        let java = [&b"\xac\xed\0\x05t\0"[..], &[bare.len() as u8], &bare].concat();
        let json = [b"\"", &bare[..], b"\""].concat();
        let named = Setup::named(&LAYOUT, []).expect("no options");
        for setup in [&Setup::free(&LAYOUT), &named] {
            for key in [&bare, &java, &json] {
                let place = locate(setup, key).expect("a place");
                assert!(key[place.id] == *ID.as_bytes() && place.usual);
            }
        }
        for key in [&bare, &java, &json] {
            assert!(named.known_leads().iter().any(|lead| key.starts_with(lead)));
        }
        assert!(locate(&named, &java[..java.len() - 1]).is_none());
        assert!(locate(&named, b"\"other:1\"").is_none());
    }
}
