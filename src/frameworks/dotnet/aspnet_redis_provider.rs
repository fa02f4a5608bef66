//! ASP.NET (System.Web) with Microsoft's RedisSessionStateProvider, in both of its forms.

use crate::codec::dotnet_binary::{self, Spare};
use crate::codec::{self, dotnet, json};
use crate::cookie;
use crate::cookie::{CookieError, Given, Opened};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Evidence, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict,
    blob, expire, user, whose,
};
use crate::store::Key;
use crate::store::{Kind, Op};
use crate::value::Value;
use std::borrow::Cow;

/// Items by which applications name the user.
const USERS: &[&str] = &["UserName", "UserId", "User", "Username", "userName", "userId", "user", "LoginId"];

const APPLICATION: OptionSpec = OptionSpec::new(
    "application_name",
    OptionKind::Text,
    "the provider's applicationName, usually the application's virtual path (/)",
);

const DATA: &[u8] = b"}_SessionStateItemCollection";
const DATA_4: &[u8] = b"}_Data";
/// Version 1 had no hash tag (KeyGenerator.cs of 2015-01; the braces are of 2.0.1).
const DATA_1: &[u8] = b"_Data";

pub const LAYOUT: Layout = Layout {
    name: "aspnet-redis-provider",
    about: "ASP.NET with Microsoft.Web.RedisSessionStateProvider 5",
    family: ".NET",
    home: Some("https://github.com/Azure/aspnet-redis-providers"),
    page: "\
key      {<applicationName>_<id>}_SessionStateItemCollection, a string; the braces are part of the
         key; applicationName is usually the virtual path, /; the id is what follows the last _ in
         the braces, 24 characters of a-z and 0-5
value    System.Web's SessionStateItemCollection: names and typed values, others as BinaryFormatter
         streams; a class of the application is shown as $class with its members
expiry   the key's TTL, renewed by every request (20 min by default)
user     by convention UserName, UserId, User and the like; the login is in a cookie of its own
cookie   ASP.NET_SessionId = <id>
beside   {...}_SessionTimeout (seconds), {...}_WriteLock while a request holds the session
end      all three. A request that is running writes back only while its lock is there, so that
         nothing comes back (aspnet-redis-providers 5.0.4, RedisConnectionWrapper.cs)
alike    versions up to 4 keep a hash: aspnet-redis-provider-v4
",
    keys: Keys {
        prefix_option: "application_name",
        lead,
        locate: |setup, key| locate(setup, key, DATA),
        key_of: |setup, id| key_of(setup, id, DATA),
        ..Keys::PLAIN
    },
    marks: &[Mark::Word("}_SessionStateItemCollection")],
    options: &[APPLICATION],
    recognize: |_, blob| match blob.text() {
        Some(_) => Verdict::Sure,
        None => Verdict::no("the key is not a string"),
    },
    read: |_, blob| {
        let name = codec::system_web::CODEC.name;
        let Some(text) = blob.text() else { return Decoded::failed(name, blob.unreadable(name)) };
        Decoded { via: vec![name], value: codec::system_web::decode(text, &blob.limits).map(Cow::Owned) }
    },
    describe,
    whose: whose::PLAIN,
    cookie: Cookie { name: Some("ASP.NET_SessionId"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        end: |_, session| beside(session, DATA, "}_SessionTimeout", "}_WriteLock"),
        expire: |_, session, end| Ok(moved(session, DATA, "}_SessionTimeout", end)),
        caveats: &[
            "A login in a cookie of its own (Forms, OWIN) goes on; the browser keeps the session's id.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub const V4: Layout = Layout {
    name: "aspnet-redis-provider-v4",
    about: "ASP.NET with Microsoft.Web.RedisSessionStateProvider 1 to 4",
    home: Some("https://github.com/Azure/aspnet-redis-providers"),
    page: "\
key      {<applicationName>_<id>}_Data, a hash; the braces are part of the key; applicationName is
         usually the virtual path, /; the id is what follows the last _ in the braces, 24 characters
         of a-z and 0-5. Version 1 wrote no braces: <applicationName>_<id>_Data
value    a field an item: a BinaryFormatter stream each, or what redisSerializerType writes; null is
         an object RedisNull
expiry   the key's TTL, renewed by every request (20 min by default)
user     by convention UserName, UserId, User and the like; the login is in a cookie of its own
cookie   ASP.NET_SessionId = <id>
beside   hash {...}_Internal with SessionTimeout (seconds), {...}_Write_Lock while a request holds
         the session. A session without items has no hash of its own: what is there of it is none
end      all three. A request that is running writes back only while its lock is there, so that
         nothing comes back (aspnet-redis-providers 4.x, RedisConnectionWrapper.cs)
",
    keys: Keys {
        kind: Kind::Hash,
        locate: |setup, key| locate(setup, key, DATA_4).or_else(|| unbraced(setup, key)),
        other_leads: Some(|setup| vec![lead_1(setup)]),
        key_of: |setup, id| key_of(setup, id, DATA_4),
        ..LAYOUT.keys
    },
    marks: &[Mark::Word("_Data")],
    recognize: recognize_fields,
    read: read_fields,
    ends: Ends {
        end: |_, session| beside(session, DATA_1, "_Internal", "_Write_Lock"),
        expire: |_, session, end| Ok(moved(session, DATA_1, "_Internal", end)),
        // Redis has no hash without fields.
        keyless: true,
        ..LAYOUT.ends
    },
    evidence: Evidence::Beside {
        key: (|_, blob| Some((twin(blob.key, "_Internal")?.0, Kind::Hash))),
        always: false,
    },
    ..LAYOUT
};

/// `{<applicationName>_`, or what was given as the prefix.
fn lead(setup: &Setup) -> Vec<u8> {
    let application = match (setup.text("application_name"), setup.text("prefix")) {
        (None, Some(prefix)) => prefix.to_string(),
        (Some(application), _) => format!("{{{application}_"),
        // Any application's.
        (None, None) => "{".to_string(),
    };
    [setup.key_prefix(), &application].concat().into_bytes()
}

fn key_of(setup: &Setup, id: &[u8], suffix: &[u8]) -> Vec<u8> {
    let mut key = (setup.layout.keys.lead)(setup);
    if setup.text("application_name").is_none() && setup.text("prefix").is_none() {
        // By far the most applications are at the root of their site.
        key.extend(b"/_");
    }
    key.extend(id);
    key.extend(suffix);
    key
}

/// The id that System.Web makes.
fn is_usual(id: &[u8]) -> bool {
    id.len() == 24 && id.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'5'))
}

fn locate(setup: &Setup, key: &[u8], suffix: &[u8]) -> Option<Place> {
    let end = key.len().checked_sub(suffix.len()).filter(|_| key.ends_with(suffix))?;
    let lead = (setup.layout.keys.lead)(setup);
    let open = match setup.known_lead() {
        Some(_) => key.starts_with(&lead).then_some(0)?,
        // Behind a prefix of the client's, if there is one.
        None => memchr::memchr(b'{', key)?,
    };
    let start = memchr::memrchr(b'_', &key[..end])? + 1;
    // The application's name, and nothing of another application whose name begins with it.
    let whole = if setup.text("application_name").is_some() { start == lead.len() } else { start > open + 1 };
    (whole && start < end).then(|| Place { id: start..end, usual: is_usual(&key[start..end]) })
}

/// What the keys of version 1 begin with.
fn lead_1(setup: &Setup) -> Vec<u8> {
    let application = match (setup.text("application_name"), setup.text("prefix")) {
        (None, Some(prefix)) => prefix.strip_prefix('{').unwrap_or(prefix).to_string(),
        (Some(application), _) => format!("{application}_"),
        (None, None) => String::new(),
    };
    [setup.key_prefix(), &application].concat().into_bytes()
}

/// A key of version 1. Without the braces only an id of the usual form tells it.
fn unbraced(setup: &Setup, key: &[u8]) -> Option<Place> {
    const ID: usize = 24;
    let end = key.strip_suffix(DATA_1)?.len();
    let start = end.checked_sub(ID)?;
    let lead = lead_1(setup);
    let fits = match setup.known_lead() {
        Some(_) if setup.text("application_name").is_some() => key[..start] == *lead,
        Some(_) => key[..start].starts_with(&lead),
        None => true,
    };
    let named = start > 1 && key[start - 1] == b'_' && is_usual(&key[start..end]);
    (fits && named).then_some(Place { id: start..end, usual: true })
}

/// The key of the same stem that ends so.
fn twin(key: &[u8], suffix: &str) -> Option<Key> {
    Some(Key([key.strip_suffix(DATA_1)?, suffix.as_bytes()].concat()))
}

fn recognize_fields(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(fields) = blob.fields() else { return Verdict::no("the key is not a hash") };
    let Some(place) = (setup.layout.keys.locate)(setup, blob.key) else {
        return Verdict::no("the key has no id");
    };
    let streams = fields.iter().any(|(_, value)| (dotnet_binary::CODEC.sniff)(value));
    // Another serializer may have been configured; then the key has to be just what it is by default.
    if !blob.key.ends_with(DATA_4) && !streams && !blob.key[..place.id.start].contains(&b'/') {
        // Any hash may be called so.
        return Verdict::Kin;
    }
    if place.usual || streams { Verdict::Sure } else { Verdict::Weak }
}

/// Every item on its own; what no serializer is known for is text or bytes.
fn read_fields<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const VIA: &str = "hash";
    let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
    let mut spare = Spare::default();
    let mut members = Vec::with_capacity(fields.len());
    for (name, bytes) in fields {
        let name = String::from_utf8_lossy(name);
        let value = if (dotnet_binary::CODEC.sniff)(bytes) {
            let mut pointer = String::new();
            dotnet::pointer_part(&name, &mut pointer);
            dotnet_binary::decode_or_bytes(bytes, &blob.limits, &pointer, &mut spare)
        } else {
            json::decode(bytes, &blob.limits).unwrap_or_else(|_| blob::plain(bytes))
        };
        members.push((name, value));
    }
    Decoded::owned(VIA, Value::Map(members))
}

/// A user item's text, or that of the usual properties of an object.
fn named<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let inside =
        || ["UserName", "Name", "Id", "UserId"].iter().find_map(|name| value.get(name)?.scalar_text());
    user::named(value).or_else(inside)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: USERS.iter().find_map(|name| named(data.get(name)?)),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

/// The keys of the same stem.
fn beside(session: &Session<'_>, suffix: &[u8], twin: &str, lock: &str) -> Vec<Op> {
    let Some(stem) = session.key.strip_suffix(suffix) else { return Vec::new() };
    let key = |end: &str| Key([stem, end.as_bytes()].concat());
    vec![Op::Unlink(key(twin)), Op::Unlock(key(lock))]
}

/// Both keys end together; a request sets both again by the timeout in the second.
fn moved(session: &Session<'_>, suffix: &[u8], other: &str, end: Option<i64>) -> expire::Expiring {
    let stem = session.key.strip_suffix(suffix);
    let key = stem.map(|stem| Key([stem, other.as_bytes()].concat()));
    let then = key.map(|key| Op::EndAt { key, at: end }).into_iter().collect();
    expire::Expiring { at: expire::at(end), rewrite: None, then }
}

/// Without the layout named only an id of the usual form: any text could be one.
fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let opened = cookie::bare::open(given, setup.cookie_name())?;
    if setup.named || is_usual(&opened.id) {
        Ok(opened)
    } else {
        Err(CookieError::Form { expected: "<24 characters of a-z and 0-5>" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    const ID: &str = "ipfaeaswsb0s0yxqxbtqo0oy";

    #[test]
    fn the_id_follows_the_last_underscore_in_the_braces() {
        let id = |setup: &Setup, key: &str| {
            let place = (setup.layout.keys.locate)(setup, key.as_bytes())?;
            Some(key[place.id].to_string())
        };
        let named = |application: &str| {
            let option = ("application_name".to_string(), Setting::Text(application.to_string()));
            Setup::named(&V4, [option]).expect("an option")
        };
        let free = Setup::free(&V4);
        for application in ["/", "/shop", "my_shop éü", "{a}", "a b_c"] {
            let key = format!("{{{application}_{ID}}}_Data");
            assert_eq!(id(&free, &key).as_deref(), Some(ID), "{key}");
            assert_eq!(id(&named(application), &key).as_deref(), Some(ID), "{key}");
            assert_eq!(key_of(&named(application), ID.as_bytes(), DATA_4), key.as_bytes());
        }
        assert_eq!(id(&free, &format!("tenant:{{/_{ID}}}_Data")).as_deref(), Some(ID));
        for key in ["{/_}_Data", "{}_Data", "_Data", "{a}_Data", "a_b}_Data"] {
            assert_eq!(id(&free, key), None, "{key}");
        }
        assert_eq!(id(&named("shop"), &format!("{{shop_eu_{ID}}}_Data")), None);
        // Version 1.
        for application in ["/", "/shop", "my_shop"] {
            let key = format!("{application}_{ID}_Data");
            assert_eq!(id(&free, &key).as_deref(), Some(ID), "{key}");
            assert_eq!(id(&named(application), &key).as_deref(), Some(ID), "{key}");
            assert_eq!(id(&named("other"), &key), None, "{key}");
            assert_eq!(
                twin(key.as_bytes(), "_Internal"),
                Some(Key(format!("{application}_{ID}_Internal").into()))
            );
        }
        for key in
            [format!("_{ID}_Data"), format!("/{ID}_Data"), "/_own_Data".to_string(), format!("/_{ID}6_Data")]
        {
            assert_eq!(id(&free, &key), None, "{key}");
        }
        assert_eq!(key_of(&free, ID.as_bytes(), DATA_4), format!("{{/_{ID}}}_Data").as_bytes());
    }

    #[test]
    fn a_hash_of_any_other_fields_is_only_perhaps_one() {
        let setup = Setup::free(&V4);
        let verdict = |key: &str, value: &[u8]| {
            let raw = Raw::Hash(vec![(b"n".to_vec(), value.to_vec())]);
            recognize_fields(&setup, &Blob::new(key.as_bytes(), &raw, Limits::default()))
        };
        let stream = b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0";
        assert_eq!(verdict("{/_own-id}_Data", b"1"), Verdict::Weak);
        assert_eq!(verdict("{/_own-id}_Data", stream), Verdict::Sure);
        assert_eq!(verdict(&format!("/_{ID}_Data"), b"1"), Verdict::Sure);
        assert_eq!(verdict(&format!("shop_{ID}_Data"), b"1"), Verdict::Kin);
        assert_eq!(verdict(&format!("shop_{ID}_Data"), stream), Verdict::Sure);
        assert_eq!(verdict(&format!("{{/_{ID}}}_Data"), b"{\"a\":1}"), Verdict::Sure);
    }

    #[test]
    fn items_are_decoded_each_by_itself() {
        let stream = b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0\x06\x01\0\0\0\x05alice\x0b";
        let fields =
            [("a", &stream[..]), ("b", &stream[..28]), ("c", b"{\"n\":1}"), ("d", b"\xff"), ("e", b"x")];
        let raw = Raw::Hash(
            fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect(),
        );
        let blob = Blob::new(b"{/_x}_Data", &raw, Limits::default());
        let setup = Setup::free(&V4);
        let json = read_fields(&setup, &blob).value().expect("it decodes").to_json();
        let broken =
            r#"{"$class":"System.Object","$value":{"$bytes":"AAEAAAD/////AQAAAAAAAAAGAQAAAAVhbGljZQ=="}}"#;
        assert_eq!(
            json,
            format!(r#"{{"a":"alice","b":{broken},"c":{{"n":1}},"d":{{"$bytes":"/w=="}},"e":"x"}}"#)
        );
    }
}
