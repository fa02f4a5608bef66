//! MediaWiki with its sessions in an object cache in Redis.

use crate::cookie;
use crate::cookie::{CookieError, Opened};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, Whose, key, php,
    time,
};
use crate::value::Value;

const WORD: &str = "MWSession:";

pub const LAYOUT: Layout = Layout {
    name: "mediawiki",
    about: "MediaWiki 1.27 and later with $wgSessionCacheType on Redis (PHP)",
    family: "PHP",
    home: Some("https://www.mediawiki.org/wiki/Manual:SessionManager_and_AuthManager"),
    page: "\
key      <wiki>:MWSession:<id>, a string; wiki = $wgCachePrefix, or the database's name and -<table
         prefix>; id 32 of [0-9a-v]
value    serialize of {data, metadata} (SessionBackend::save)
expiry   the key's TTL, the same moment as metadata.expires; renewed when less than half is left
user     metadata.userName; null for visitors
cookie   <wiki>_session = the id, unsigned
index    none
end      the one key (SingleBackendSessionStore, 1.45)
beware   caches, job queues and users share <wiki>:; a session with metadata.remember logs in again
",
    keys: Keys { prefix: "", lead, locate, ..Keys::PLAIN },
    marks: &[Mark::Variable("metadata")],
    options: &[OptionSpec::new("wiki", OptionKind::Text, "the wiki's id, before `:MWSession:`")],
    recognize,
    read: |_, blob| blob.php_data(),
    describe,
    whose: Whose::Own(|_, _, data| {
        let number = data.get("metadata").and_then(|metadata| metadata.get("userId"));
        match number.and_then(Value::scalar_text) {
            Some(number) if number == "0" => Unnamed::Nobody,
            _ => Unnamed::Unknown,
        }
    }),
    cookie: Cookie { open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        caveats: &[
            "A browser with the Token cookie of `keep me logged in` is logged in again; \
             maintenance/invalidateUserSessions.php ends that.",
            Layout::WRITTEN_BACK_IF_CHANGED,
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    let wiki = setup.text("wiki").map(|wiki| format!("{wiki}:{WORD}"));
    let prefix = setup.text("prefix").map(String::from).or(wiki).unwrap_or_default();
    [setup.key_prefix(), &prefix].concat().into_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = lead(setup);
    if !key.starts_with(&lead) {
        return None;
    }
    let configured = !lead.is_empty() && (setup.text("prefix").is_some() || setup.text("wiki").is_some());
    let start = if configured {
        lead.len()
    } else {
        let word = key::rfind(key, WORD.as_bytes()).map(|at| at + WORD.len());
        word.filter(|_| !setup.named || word.is_some()).or_else(|| php::native_tail(key))?
    };
    let id = &key[start..];
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!id.is_empty() && id.iter().all(fits)).then(|| Place::after(key, start, id.len() >= 32))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(data) = blob.variables() else { return Verdict::no("the value is not a serialized array") };
    let metadata = data.get("metadata");
    match (data.get("data"), metadata) {
        (Some(_), Some(metadata))
            if ["provider", "userName", "userId"].iter().any(|name| metadata.get(name).is_some()) =>
        {
            Verdict::Sure
        }
        _ => Verdict::no("its array does not hold `data` and `metadata` of a session"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let (metadata, own) = (data.get("metadata"), data.get("data"));
    let member = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    Facts {
        user: member("userName").and_then(Value::scalar_text),
        ends: member("expires").filter(|ends| ends.as_f64() != Some(0.0)).and_then(time::seconds),
        ip: own.and_then(php::ip),
        agent: own.and_then(php::agent),
        ..Facts::default()
    }
}

/// The cookie's name begins with the wiki's: where it is not configured, the end of it is enough.
fn open(setup: &Setup, given: &cookie::Given) -> Result<Opened, CookieError> {
    let name = setup.text("cookie_name").or_else(|| given.names().find(|name| name.ends_with("_session")));
    cookie::bare::open(given, name.unwrap_or(""))
}
