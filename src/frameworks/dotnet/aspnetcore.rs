//! ASP.NET Core sessions in the Redis cache of Microsoft.Extensions.Caching.StackExchangeRedis.

use crate::codec::{aspnetcore, dotnet};
use crate::cookie;
use crate::layout::key;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, blob,
    expire, user, whose,
};
use crate::store::Rewrite;
use crate::store::{Key, Kind, Raw};
use crate::value::Value;
use std::borrow::Cow;

/// Members by which applications name the user; the login itself is in another cookie.
pub(super) const USERS: &[&str] = &["UserId", "UserName", "Username", "userId", "LoginId", "_UserId"];

pub(super) const INSTANCE: OptionSpec = OptionSpec::new(
    "instance_name",
    OptionKind::Text,
    "InstanceName of the cache, with any separator at its end",
);
pub(super) const APPLICATION: OptionSpec = OptionSpec::new(
    "application_name",
    OptionKind::Text,
    "what SetApplicationName sets, else the content root's path",
);
pub(super) const RING: OptionSpec = OptionSpec::secret(
    "key_ring",
    OptionKind::Texts,
    "the Data Protection keys, the XML of each (key-*.xml)",
);

pub const LAYOUT: Layout = Layout {
    name: "aspnetcore",
    about: "ASP.NET Core sessions (Microsoft.Extensions.Caching.StackExchangeRedis 2 to 10)",
    family: ".NET",
    home: Some("https://learn.microsoft.com/aspnet/core/fundamentals/app-state"),
    page: "\
key      <InstanceName><guid>, a hash; no separator is added, and InstanceName is empty by default
value    fields absexp and sldexp (ticks, or -1) and data: version 2, a count, an id of its own, and
         name and bytes of each entry. SetString is UTF-8, SetInt32 four bytes, big-endian; other
         bytes are shown as text where they are, else as a number where they are four
expiry   the key's TTL, IdleTimeout (20 min by default), renewed by every request that uses the
         session; no TTL where absexp and sldexp are both -1. `expire` sets the TTL, and absexp
         where there is one
user     by convention UserId, UserName, Username, userId, LoginId, _UserId; usually the login is in
         a cookie of its own
cookie   .AspNetCore.Session, sealed by Data Protection; with key_ring and application_name the key
         in it is read. The ring is in ~/.aspnet/DataProtection-Keys/key-*.xml, or with
         PersistKeysToStackExchangeRedis in the list DataProtection-Keys, which is never a session:
         each item of `redis-cli LRANGE DataProtection-Keys 0 -1` is one text of key_ring
index    none
end      the one key (dotnet/aspnetcore, RedisCache.cs, DistributedSession.cs)
alike    everything that the application caches: the same fields next to it, but other data
beware   never delete DataProtection-Keys: every cookie of every user would be void
",
    keys: Keys {
        prefix_option: "instance_name",
        kind: Kind::Hash,
        lead: |setup| lead(setup, setup.text("instance_name").or(setup.text("prefix"))),
        locate,
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("sldexp")],
    options: &[INSTANCE, APPLICATION, RING],
    recognize: |_, blob| match cached(blob) {
        Err(why) => Verdict::no(why),
        Ok(data) if !aspnetcore::sniff_session(data) => {
            Verdict::no("its field `data` does not begin as a session's")
        }
        Ok(data) => match aspnetcore::decode_session(data, &blob.limits) {
            Ok(_) => Verdict::Sure,
            Err(error) => Verdict::No(error.to_string().into()),
        },
    },
    read: |_, blob| read(blob, &aspnetcore::SESSION),
    describe: |_, blob, data| Facts {
        user: USERS.iter().find_map(|name| data.get(name)?.scalar_text()),
        ends: absolute_end(blob),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some(".AspNetCore.Session"),
        open: Some(|setup, given| {
            let (ring, application) = (setup.texts("key_ring"), setup.text("application_name"));
            cookie::aspnetcore::open_session(given, setup.cookie_name(), ring, application)
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire: |_, session, end| {
            let fields = absolute(session, end).into_iter().collect();
            Ok(expire::Expiring { at: expire::at(end), rewrite: rewritten(fields), then: Vec::new() })
        },
        caveats: &[
            "A request that is changing the session writes it back whole.",
            "A login in a cookie of its own goes on; only a ticket store can end that.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub(super) fn lead(setup: &Setup, instance: Option<&str>) -> Vec<u8> {
    [setup.key_prefix(), instance.unwrap_or("")].concat().into_bytes()
}

/// A GUID ends the key, and nothing need stand between it and what is before it.
pub(super) fn guid_tail(key: &[u8]) -> Option<usize> {
    let start = key.len().checked_sub(36)?;
    key::is_uuid(&key[start..]).then_some(start)
}

/// The middleware takes nothing but a GUID for a session's key, so that what is longer belongs to
/// an instance whose name begins with this one's.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = guid_tail(key)?;
    let fits = setup.known_lead().is_none_or(|lead| key[..start] == *lead);
    fits.then(|| Place::after(key, start, true))
}

/// The cached bytes, of a hash that is an entry of the cache.
pub(super) fn cached<'a>(blob: &Blob<'a>) -> Result<&'a [u8], &'static str> {
    if blob.fields().is_none() {
        return Err("the key is not a hash");
    }
    if blob.field("absexp").is_none() || blob.field("sldexp").is_none() {
        return Err("its hash lacks the field absexp or sldexp");
    }
    blob.field("data").ok_or("its hash lacks the field data")
}

/// The data as `codec` reads them; a hash that holds something else is shown as what it is, since it
/// is not a session that cannot be read.
pub(super) fn read<'b>(blob: &'b Blob<'_>, codec: &'static crate::codec::Codec) -> Decoded<'b> {
    const VIA: &str = "hash";
    let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
    match cached(blob) {
        Ok(data) if (codec.sniff)(data) => {
            let value = (codec.decode)(data, &blob.limits).map(Cow::Owned);
            Decoded { via: vec![VIA, codec.name], value }
        }
        _ => {
            let members =
                fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
            Decoded::owned(VIA, Value::Map(members.collect()))
        }
    }
}

/// When the entry ends however often it is used; the cache counts it into the key's TTL.
pub(super) fn absolute_end(blob: &Blob<'_>) -> Option<i64> {
    let ticks = std::str::from_utf8(blob.field("absexp")?).ok()?.parse().ok()?;
    dotnet::millis_of_ticks(ticks)
}

/// The absolute end in ticks, where the entry has one: the cache cuts every renewal at it.
pub(super) fn absolute(session: &Session<'_>, end: Option<i64>) -> Option<(Key, Key)> {
    let Raw::Hash(fields) = session.raw else { return None };
    let (_, old) = fields.iter().find(|(name, _)| name == b"absexp")?;
    std::str::from_utf8(old).ok()?.parse::<i64>().ok().filter(|ticks| *ticks >= 0)?;
    let ticks = end.map_or(-1, dotnet::ticks_of_millis);
    Some((Key(b"absexp".to_vec()), Key(ticks.to_string().into_bytes())))
}

pub(super) fn rewritten(fields: Vec<(Key, Key)>) -> Option<Rewrite> {
    (!fields.is_empty()).then_some(Rewrite::Fields(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::layout::time;

    fn entry(data: &[u8]) -> Raw {
        let field = |name: &str, value: &[u8]| (name.as_bytes().to_vec(), value.to_vec());
        let absolute = b"638515314000000000";
        Raw::Hash(vec![field("absexp", absolute), field("sldexp", b"-1"), field("data", data)])
    }

    #[test]
    fn cache_entries_are_no_sessions() {
        let key = b"App0f8fad5b-d9cb-469f-a165-70867728950e";
        let setup = Setup::free(&LAYOUT);
        let place = locate(&setup, key).expect("a session's key");
        let mut named = setup.clone();
        named.set("instance_name", Setting::Text("App".into())).expect("an option");
        assert!(locate(&named, key).is_some());
        assert!(locate(&named, b"App_eu0f8fad5b-d9cb-469f-a165-70867728950e").is_none());
        assert_eq!((&key[place.id], place.usual), (&key[3..], true));
        let session = [&[2, 0, 0, 0][..], &[7; 16]].concat();
        for data in [&b""[..], b"[1]", b"\x02", b"\x02\0\0\0", &[&session[..], b"x"].concat()] {
            let raw = entry(data);
            let blob = Blob::new(key, &raw, Limits::default());
            assert!(matches!((LAYOUT.recognize)(&setup, &blob), Verdict::No(_)), "{data:?}");
            // Named, it would be listed with an error.
            assert!((LAYOUT.read)(&setup, &blob).value.is_ok(), "{data:?}");
        }
        let raw = entry(&session);
        let blob = Blob::new(key, &raw, Limits::default());
        assert_eq!((LAYOUT.recognize)(&setup, &blob), Verdict::Sure);
        let facts = (LAYOUT.describe)(&setup, &blob, &Value::Null);
        assert_eq!(facts.ends, time::iso("2024-05-17T08:30:00Z"));
    }
}
