//! Layouts: how each framework keeps its sessions in a store.
//!
//! A layout is a value: facts and pure functions. It does no I/O, never sees a connection, and gets
//! its options as a checked [`Setup`]. Frameworks inherit by struct update (`..connect_redis::LAYOUT`).
//!
//! To add one: write `layout/NAME.rs` with a `pub const LAYOUT: Layout`, declare the module here, put
//! the constant into [`ALL`] (the special before the general), and add `tests/fixtures/layout/NAME/`.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::codec::{DecodeError, Limits};
use crate::cookie::{CookieError, Given, Opened};
use crate::session::{Facts, Session};
use crate::store::{Key, Kind, Op, Raw};
use crate::value::Value;

pub mod blob;
pub mod described;
pub mod detect;
pub mod expire;
pub mod index;
pub mod jvm;
pub mod key;
pub mod php;
pub mod setup;
pub mod time;
pub mod user;

pub mod adonis_session_redis;
pub mod apereo_cas;
pub mod aspnet_redis_provider;
pub mod aspnetcore;
pub mod aspnetcore_ticket;
pub mod authjs_upstash;
pub mod better_auth;
pub mod cakephp;
pub mod codeigniter3;
pub mod codeigniter4;
pub mod connect_redis;
pub mod connect_redis_crypto;
pub mod egg_session_redis;
pub mod etherpad;
pub mod express_openid_connect;
pub mod fastify_session;
pub mod generic;
pub mod hono_sessions;
pub mod hyperf;
pub mod joomla;
pub mod koa_generic_session;
pub mod koa_session;
pub mod koa_session2;
pub mod laminas;
pub mod laravel;
pub mod lemonldap_ng;
pub mod magento1_cm;
pub mod magento2;
pub mod mediawiki;
pub mod mgcrea_fastify_session;
pub mod micronaut_session;
pub mod moodle;
pub mod nextcloud;
pub mod nodebb;
pub mod opencart;
pub mod overleaf;
pub mod phalcon;
pub mod phpredis;
pub mod predis_session;
pub mod redis_sessions;
pub mod redisson_tomcat;
pub mod remix_redis_session;
pub mod remix_session_storage_redis;
pub mod roundcube;
pub mod ruoyi;
pub mod sa_token;
pub mod servicestack;
pub mod shiro_redis;
pub mod shopify;
pub mod simplesamlphp;
pub mod spring_session;
pub mod spring_session_indexed;
pub mod spring_session_reactive;
pub mod swoft;
pub mod symfony;
pub mod telegraf_session_redis;
pub mod thinkphp5;
pub mod thinkphp6;
pub mod tomcat_redis_session_manager;
pub mod typo3;
pub mod unseen;
pub mod vertx_web;
pub mod webman;
pub mod webseal;
pub mod wpruss;
pub mod yii2;
pub mod yii2_cache;

pub use blob::{Blob, Decoded};
pub use described::Described;
pub use key::Place;
pub use setup::{OptionKind, OptionSpec, Setting, Setup};

/// Every layout. Where two would claim the same session with equal certainty, the earlier one has it.
pub const ALL: &[&Layout] = &[
    // Node.js: a signature of their own.
    &redis_sessions::LAYOUT,
    &mgcrea_fastify_session::LAYOUT,
    &etherpad::LAYOUT,
    &fastify_session::LAYOUT,
    &overleaf::LAYOUT,
    &nodebb::LAYOUT,
    &connect_redis::LAYOUT,
    &koa_generic_session::LAYOUT,
    &express_openid_connect::LAYOUT,
    &connect_redis_crypto::LAYOUT,
    &koa_session::LAYOUT,
    &egg_session_redis::LAYOUT,
    &hono_sessions::LAYOUT,
    &authjs_upstash::LAYOUT,
    &better_auth::LAYOUT,
    &adonis_session_redis::LAYOUT,
    &lemonldap_ng::LAYOUT,
    &shopify::LAYOUT,
    &remix_session_storage_redis::LAYOUT,
    // Node.js: a general value, told by the key.
    &koa_session2::LAYOUT,
    &telegraf_session_redis::LAYOUT,
    &remix_redis_session::LAYOUT,
    // .NET.
    &aspnetcore::LAYOUT,
    &aspnetcore_ticket::LAYOUT,
    &aspnet_redis_provider::LAYOUT,
    &aspnet_redis_provider::V4,
    &servicestack::LAYOUT,
    // Proxies.
    &webseal::LAYOUT,
    // JVM: a signature of their own.
    &spring_session::LAYOUT,
    &spring_session::JSON,
    &spring_session_indexed::LAYOUT,
    &spring_session_indexed::JSON,
    &spring_session_reactive::LAYOUT,
    &micronaut_session::LAYOUT,
    &redisson_tomcat::LAYOUT,
    &tomcat_redis_session_manager::LAYOUT,
    &shiro_redis::LAYOUT,
    &ruoyi::LAYOUT,
    &sa_token::LAYOUT,
    &vertx_web::LAYOUT,
    &apereo_cas::LAYOUT,
    // PHP: a signature of their own.
    &swoft::LAYOUT,
    &laravel::LAYOUT,
    &symfony::LAYOUT,
    &codeigniter4::LAYOUT,
    &codeigniter3::LAYOUT,
    &cakephp::LAYOUT,
    &laminas::LAYOUT,
    &joomla::LAYOUT,
    &nextcloud::LAYOUT,
    &mediawiki::LAYOUT,
    &roundcube::LAYOUT,
    &simplesamlphp::LAYOUT,
    &moodle::LAYOUT,
    &magento1_cm::LAYOUT,
    &magento2::LAYOUT,
    &typo3::LAYOUT,
    &hyperf::LAYOUT,
    &opencart::LAYOUT,
    &wpruss::LAYOUT,
    &yii2::LAYOUT,
    &yii2_cache::LAYOUT,
    &thinkphp5::LAYOUT,
    &phalcon::THREE,
    // PHP: a general value, told by the key or what lies around it.
    &webman::LAYOUT,
    &phalcon::LAYOUT,
    &thinkphp6::LAYOUT,
    // PHP: any session of the extension.
    &phpredis::LAYOUT,
    &predis_session::LAYOUT,
    // Only when named, and those that cannot be seen.
    &generic::LAYOUT,
    &generic::HASH,
    &unseen::EXPRESS_MEMORYSTORE,
    &unseen::COOKIE_ONLY,
];

/// A framework's way to keep sessions, as a value.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The name that `--layout` takes and the `layout` column shows.
    pub name: &'static str,
    /// One line: which framework or library.
    pub about: &'static str,
    /// The part of the documentation that it is listed under: `Node.js`, `PHP`, …
    pub family: &'static str,
    /// What keys, value, expiry, user and cookie look like, and what to beware of: the page that
    /// `sessctl layouts NAME` prints, in lines of at most 100 characters. The source of each fact
    /// that is not obvious is named (project, version).
    pub page: &'static str,
    /// The default key prefix; empty where the framework has none.
    pub prefix: &'static str,
    /// The option that `--prefix` sets: `prefix` nearly everywhere, or the framework's own word.
    pub prefix_option: &'static str,
    /// The kind of key that a session is: a string or a hash.
    pub kind: Kind,
    /// The other kind, where another version of the framework keeps its sessions in that.
    pub other_kind: Option<Kind>,
    /// Where its sessions are found when no layout is named.
    pub marks: &'static [Mark],
    /// Options beside `prefix`, `key_prefix` and `cookie_name`, which every layout knows.
    pub options: &'static [OptionSpec],
    /// The cookie's default name; `None` where the library sets no cookie.
    pub cookie_name: Option<&'static str>,
    /// The literal text that every session key begins with under this setup, when it is known.
    pub lead: fn(&Setup) -> Vec<u8>,
    /// Where in the key the id is; `None` when such a key cannot be a session of this layout.
    pub locate: fn(&Setup, &[u8]) -> Option<Place>,
    /// The key of an id.
    pub key_of: fn(&Setup, &[u8]) -> Vec<u8>,
    /// Whether this is a session of this layout, with key and value in hand.
    pub recognize: fn(&Setup, &Blob<'_>) -> Verdict,
    /// The session's data.
    pub read: for<'b> fn(&'b Setup, &'b Blob<'b>) -> Decoded<'b>,
    /// Who, when and from where, from the data that `read` gave.
    pub describe: for<'b> fn(&'b Setup, &'b Blob<'b>, &'b Value<'b>) -> Facts<'b>,
    /// What the framework would do beside removing the session's own key when the session ends.
    /// Each operation must be without effect where there is nothing to do.
    pub end: fn(&Setup, &Session<'_>) -> Vec<Op>,
    /// Why its sessions are only shown: ended, or given another end, in the store alone, they would go on.
    /// Half a sentence that follows on the sessions, with what ends them instead.
    pub end_refused: Option<&'static str>,
    /// Where the framework itself looks up the sessions of a user; none where it keeps no index.
    pub user_index: Option<UserIndex>,
    /// What changes when the session is to end at that time (ms since 1970; `None` is never), or why
    /// that cannot be done.
    pub expire: fn(&Setup, &Session<'_>, Option<i64>) -> expire::Moved,
    /// Opens the cookie that a browser sends.
    pub cookie: Option<OpenCookie>,
    /// What of a session only the browser's cookies open: an option, and what it is to be.
    pub unlock: Option<Unlock>,
    /// The layout that this one looks like, and the neighbour that tells them apart.
    pub twin: Option<Twin>,
    /// A key beside a session, and its kind, that makes a session of what is only [`Verdict::Kin`].
    pub beside: Option<Beside>,
    /// Keys whose content is shown as a part of the session's data; `read` finds them in the blob,
    /// where one session is looked at and not many are listed.
    pub parts: Option<fn(&Setup, &Blob<'_>) -> Vec<Key>>,
    /// Where only sets know whose the sessions are: what the names of the sets begin with that belong
    /// to the application of a session's key. The user's name follows; members are keys or ids.
    pub owners: Option<Owners>,
    /// The layouts that this one looks like, and the keys of its namespace that tell them apart.
    pub namespaced: Option<Namespaced>,
    /// Layouts that no data can tell from this one; ended the same way.
    pub same_as: &'static [&'static str],
    /// What the end of a session in the store does not end, as whole sentences.
    pub caveats: &'static [&'static str],
    /// False for stores that cannot be seen from outside; they are listed to say so.
    pub visible: bool,
    /// True for `generic`: never asked unless the user named it.
    pub only_named: bool,
    /// What the configuration file says, where that is what describes the layout. Only the functions
    /// in [`described`] look at it.
    pub described: Option<&'static Described>,
}

/// From a session to a key beside it and the kind that this key should have.
pub type Beside = fn(&Setup, &Blob<'_>) -> Option<(Vec<u8>, Kind)>;

/// From a session's key to what the names of certain sets begin with.
pub type Owners = fn(&Setup, &[u8]) -> Option<Vec<u8>>;

/// From what was given as a cookie to the id in it.
pub type OpenCookie = fn(&Setup, &Given) -> Result<Opened, CookieError>;

/// From what was given as a cookie to an option and its value.
pub type Unlock = fn(&Setup, &Given) -> Option<(&'static str, String)>;

/// Something that makes a layout a candidate for a key. It only saves asking the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A string that is a JSON object with this top-level member.
    Member(&'static str),
    /// A string that is a JSON object, whatever its members; for layouts that the key decides.
    AnyObject,
    /// A string that is a JSON list.
    AnyList,
    /// A string that is a PHP session with this variable, under whatever lies around it.
    Variable(&'static str),
    /// A string that a PHP session store could have written, whatever its variables.
    AnyPhp,
    /// A string that begins with these bytes.
    Magic(&'static [u8]),
    /// A hash with this field.
    Field(&'static str),
    /// A key that contains this text of two bytes or more, whatever its value (an empty or undecodable
    /// one too).
    Word(&'static str),
}

/// What a layout says of a key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not a session of this layout; why, for `inspect`.
    No(Cow<'static, str>),
    /// A general or empty value: a session only beside recognised ones whose keys look the same.
    Kin,
    /// The key and the value fit, but others could look the same. Shown, never changed unless the
    /// layout was named.
    Weak,
    /// As `Weak`, and listed only when at least two such keys are there.
    Several,
    /// A signature that is nobody else's.
    Sure,
}

impl Verdict {
    pub const fn no(why: &'static str) -> Verdict {
        Verdict::No(Cow::Borrowed(why))
    }
}

/// Two layouts that write the same session, told apart by what else is in the database.
#[derive(Debug, Clone, Copy)]
pub struct Twin {
    /// The layout that recognises the session first.
    pub of: &'static str,
    /// The kind of the index that gives this layout away.
    pub kind: Kind,
    /// Whether a key has the name of such an index.
    pub is_index: fn(&[u8]) -> bool,
    /// The index in which a user's sessions would be.
    pub index_of: fn(&str) -> Option<Vec<u8>>,
    /// A mark inside the session itself that is enough.
    pub sure: fn(&Blob<'_>) -> bool,
}

/// An index from a user to sessions: a set, a sorted set, or a string.
#[derive(Debug, Clone, Copy)]
pub struct UserIndex {
    /// The index's key under this setup.
    pub key: fn(&Setup, &str) -> Option<Vec<u8>>,
    /// The session keys that an entry names: a member, or the whole of a string.
    pub sessions: fn(&Setup, &[u8]) -> Vec<Vec<u8>>,
}

/// A layout whose sessions look like those of others, told apart by the other keys of the namespace
/// that they are in: one database may hold many namespaces of either.
#[derive(Debug, Clone, Copy)]
pub struct Namespaced {
    /// The layouts that recognise the session first.
    pub of: &'static [&'static str],
    /// The namespace of a session's key.
    pub namespace_of: fn(&[u8]) -> Option<&[u8]>,
    /// The namespace that a key of that kind gives away as this layout's.
    pub given_away_by: fn(&[u8], Kind) -> Option<&[u8]>,
    /// Keys that could give it away, to be looked up for a session at hand.
    pub keys: fn(&Session<'_>) -> Vec<Key>,
    /// Layouts whose keys this one has as well, so that its own count for more.
    pub over: &'static [&'static str],
}

impl Layout {
    /// What most layouts are: a prefix, an id, no index; to be completed by struct update.
    pub const PLAIN: Layout = Layout {
        name: "",
        about: "",
        family: "",
        page: "",
        prefix: "",
        prefix_option: "prefix",
        kind: Kind::String,
        other_kind: None,
        marks: &[],
        options: &[],
        cookie_name: None,
        lead: Setup::lead,
        locate: key::after_prefix,
        key_of: |setup, id| [&(setup.layout.lead)(setup), id].concat(),
        recognize: |_, _| Verdict::no("it has no test"),
        read: |_, blob| blob.whole_json(),
        describe: |_, _, _| Facts::default(),
        end: |_, _| Vec::new(),
        end_refused: None,
        user_index: None,
        expire: expire::by_key,
        cookie: None,
        unlock: None,
        twin: None,
        beside: None,
        parts: None,
        owners: None,
        namespaced: None,
        same_as: &[],
        caveats: &[],
        visible: true,
        only_named: false,
        described: None,
    };
}

impl Layout {
    /// Whether sessions may be keys of this kind.
    pub fn keeps(&self, kind: Kind) -> bool {
        self.kind == kind || self.other_kind == Some(kind)
    }
}

/// Opens a cookie under its configured name or, where none was configured, also under the names that
/// other versions of the framework use. One that proves to be genuine is preferred.
pub fn open_any(
    setup: &Setup,
    others: &[&str],
    open: impl Fn(&str) -> Result<Opened, CookieError>,
) -> Result<Opened, CookieError> {
    let first = open(setup.cookie_name());
    if setup.text("cookie_name").is_some() || first.as_ref().is_ok_and(|opened| opened.verified == Some(true))
    {
        return first;
    }
    let rest: Vec<Opened> = others.iter().filter_map(|name| open(name).ok()).collect();
    let genuine = rest.iter().find(|opened| opened.verified == Some(true)).cloned();
    genuine.map_or_else(|| first.or_else(|error| rest.into_iter().next().ok_or(error)), Ok)
}

/// The layouts of the configuration file.
static OWN: OnceLock<Vec<&'static Layout>> = OnceLock::new();

/// Makes the layouts of the configuration file known, once and for the whole run: there are few, and
/// like all others they live until the end.
pub fn introduce(described: Vec<Described>) {
    OWN.get_or_init(|| described.into_iter().map(Described::into_layout).collect());
}

/// Every layout of this run. Those of the configuration file come first: somebody who knows the store
/// wrote them for it.
pub fn all() -> impl Iterator<Item = &'static Layout> + Clone {
    OWN.get().into_iter().flatten().chain(ALL).copied()
}

/// The layout of that name.
pub fn by_name(name: &str) -> Option<&'static Layout> {
    all().find(|layout| layout.name == name)
}

/// Names close to a misspelt one, best first.
pub fn close_to(name: &str) -> Vec<&'static str> {
    let mut near: Vec<(f64, &'static str)> = all()
        .map(|layout| {
            let bonus =
                if layout.name.starts_with(name) || name.starts_with(layout.name) { 0.3 } else { 0.0 };
            (strsim::jaro_winkler(name, layout.name) + bonus, layout.name)
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use base64::Engine as _;
    use serde_json::Value as Json;

    use super::*;
    use crate::session::Certainty;
    use crate::store::{Need, Record, Ttl};

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layout");

    /// Folders that are another version or setting of a layout.
    const VARIANTS: &[(&str, &str)] = &[
        ("better-auth-noprefix", "better-auth"),
        ("connect-redis-v3", "connect-redis"),
        ("connect-redis-v7-ioredis", "connect-redis"),
        ("fastify-session-connect-redis", "fastify-session"),
        ("koa-session-v7", "koa-session"),
        ("laravel-encrypted", "laravel"),
        ("laravel-json", "laravel"),
        ("moodle-legacy", "moodle"),
        ("phpredis-igbinary", "phpredis"),
        ("phpredis-msgpack", "phpredis"),
        ("phpredis-php-serialize", "phpredis"),
        ("predis-session-prefix", "predis-session"),
    ];

    struct Fixture {
        slug: String,
        /// All keys once more, as what the parts of a session's data are found among.
        records: Vec<Record>,
        keys: BTreeMap<String, (Vec<u8>, Raw)>,
        expected: Json,
    }

    fn bytes(json: &Json) -> Vec<u8> {
        let text = json.as_str().expect("base64 text");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    fn raw(line: &Json) -> Raw {
        let value = &line["value"];
        match line["type"].as_str().and_then(|kind| Kind::from_type(kind.as_bytes())).expect("a type") {
            Kind::String => Raw::Text(bytes(&value["b64"])),
            Kind::Hash => {
                let pairs = value.as_array().or_else(|| value["fields"].as_array()).expect("fields");
                Raw::Hash(pairs.iter().map(|pair| (bytes(&pair[0]), bytes(&pair[1]))).collect())
            }
            kind => Raw::Other(kind),
        }
    }

    fn fixture(folder: &Path) -> Fixture {
        let read = |name| std::fs::read_to_string(folder.join(name)).expect("a fixture's file");
        let keys: BTreeMap<String, (Vec<u8>, Raw)> = read("keys.jsonl")
            .lines()
            .map(|line| {
                let line: Json = serde_json::from_str(line).expect("a line of JSON");
                let name = line["key"].as_str().expect("a name").to_string();
                (name, (bytes(&line["key_b64"]), raw(&line)))
            })
            .collect();
        let slug = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let record = |(key, raw): &(Vec<u8>, Raw)| Record {
            key: Key(key.clone()),
            raw: raw.clone(),
            ttl: Ttl::Never,
            memory: None,
            asked: Need::VALUE,
        };
        let records = keys.values().map(record).collect();
        let expected = serde_json::from_str(&read("expected.json")).expect("JSON");
        Fixture { slug, records, keys, expected }
    }

    fn fixtures() -> Vec<Fixture> {
        let mut folders: Vec<PathBuf> = std::fs::read_dir(FIXTURES)
            .expect("the fixtures")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.join("keys.jsonl").exists())
            .collect();
        folders.sort();
        folders.iter().map(|folder| fixture(folder)).collect()
    }

    impl Fixture {
        fn layout(&self) -> &'static Layout {
            let name =
                VARIANTS.iter().find(|(slug, _)| *slug == self.slug).map_or(&*self.slug, |(_, name)| name);
            by_name(name).unwrap_or_else(|| panic!("there is no layout {name}"))
        }

        fn named(&self) -> Setup {
            let config = self.expected["config"].as_object().expect("a config");
            let options = config.iter().filter(|(name, _)| *name != "other_prefixes");
            let options = options.map(|(name, json)| (name.clone(), setting(json)));
            Setup::named(self.layout(), options).unwrap_or_else(|error| panic!("{}: {error}", self.slug))
        }

        fn sessions(&self) -> impl Iterator<Item = (&str, &Json)> {
            let sessions = self.expected["sessions"].as_array().expect("sessions");
            sessions.iter().map(|session| (session["key"].as_str().expect("a key"), session))
        }

        fn blob(&self, key: &str) -> Blob<'_> {
            let (key, raw) = &self.keys[key];
            Blob { parts: &self.records, ..Blob::new(key, raw, Limits::default()) }
        }
    }

    fn setting(json: &Json) -> Setting {
        let texts = |json: &Json| match json {
            Json::Array(items) => items.iter().filter_map(Json::as_str).map(String::from).collect(),
            other => vec![other.as_str().expect("a text").to_string()],
        };
        match json {
            Json::String(text) => Setting::Text(text.clone()),
            Json::Bool(flag) => Setting::Flag(*flag),
            Json::Number(number) => Setting::Number(number.as_i64().expect("a whole number")),
            Json::Array(_) => Setting::Texts(texts(json)),
            Json::Object(members) => {
                Setting::Table(members.iter().map(|(name, json)| (name.clone(), texts(json))).collect())
            }
            Json::Null => panic!("an option without a value"),
        }
    }

    /// Equal as JSON; doubles may have been printed in any way that reads back near them.
    fn same(got: &Json, want: &Json) -> bool {
        match (got, want) {
            (Json::Object(a), Json::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
            }
            (Json::Array(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Number(a), Json::Number(b)) => {
                a == b
                    || a.as_f64()
                        .zip(b.as_f64())
                        .is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()))
            }
            _ => got == want,
        }
    }

    pub(super) fn session<'b>(
        setup: &'b Setup,
        blob: &'b Blob<'b>,
        id: &'b [u8],
        facts: Facts<'b>,
        data: &'b Decoded<'b>,
    ) -> Session<'b> {
        Session {
            setup,
            key: blob.key,
            id,
            certainty: Certainty::Sure,
            hash: setup.layout.kind == Kind::Hash,
            raw: blob.raw,
            facts,
            ttl: Ttl::Never,
            memory: None,
            data: Some(data),
            now: 0,
        }
    }

    /// The facts; whose a session is that only sets know is for the scan to find out.
    fn described<'b>(setup: &'b Setup, blob: &'b Blob<'b>, data: &'b Value<'b>, want: &'b Json) -> Facts<'b> {
        let mut facts = (setup.layout.describe)(setup, blob, data);
        if setup.layout.owners.is_some() {
            facts.user = want["user"].as_str().map(Cow::Borrowed);
        }
        facts
    }

    #[test]
    fn a_named_layout_finds_exactly_its_sessions() {
        for fixture in fixtures() {
            let setup = fixture.named();
            let lead = (setup.layout.lead)(&setup);
            let sessions: BTreeMap<_, _> = fixture.sessions().collect();
            for key in fixture.keys.keys() {
                let blob = fixture.blob(key);
                let at = format!("{}: {key}", fixture.slug);
                let place = (setup.layout.locate)(&setup, blob.key).filter(|_| blob.key.starts_with(&lead));
                let verdict = (setup.layout.recognize)(&setup, &blob);
                match (sessions.get(key.as_str()), place) {
                    (Some(want), Some(place)) => {
                        assert!(!matches!(verdict, Verdict::No(_)), "{at}: {verdict:?}");
                        assert_eq!(
                            blob.key[place.id],
                            *want["id"].as_str().expect("an id").as_bytes(),
                            "{at}"
                        );
                    }
                    (Some(_), None) => panic!("{at}: not located"),
                    (None, Some(place)) => {
                        assert!(matches!(verdict, Verdict::No(_)), "{at}: {verdict:?}");
                        // Otherwise it would be shown as a session that cannot be read.
                        let unread = (setup.layout.read)(&setup, &blob).value.is_err();
                        assert!(
                            !(unread
                                && place.usual
                                && blob.raw.kind().is_some_and(|kind| setup.layout.keeps(kind))),
                            "{at}"
                        );
                    }
                    (None, None) => {}
                }
            }
        }
    }

    #[test]
    fn users_data_and_companions_are_those_of_the_framework() {
        for fixture in fixtures() {
            let setup = fixture.named();
            for (key, want) in fixture.sessions() {
                let at = format!("{}: {key}", fixture.slug);
                let blob = fixture.blob(key);
                let decoded = (setup.layout.read)(&setup, &blob);
                let data = decoded.value().unwrap_or_else(|| panic!("{at}: {:?}", decoded.value)).clone();
                let json: Json = serde_json::from_str(&data.to_json()).expect("JSON");
                assert!(same(&json, &want["data"]), "{at}: {json} instead of {}", want["data"]);
                let facts = described(&setup, &blob, &data, want);
                assert_eq!(facts.user.as_deref(), want["user"].as_str(), "{at}");
                let place = (setup.layout.locate)(&setup, blob.key).expect("a place");
                let id = want["id"].as_str().expect("an id").as_bytes();
                assert_eq!(blob.key[place.id], *id, "{at}");
                let lead = (setup.layout.lead)(&setup);
                // Where more than the id stands behind the prefix.
                let longer = ["redis-sessions", "typo3"].contains(&setup.layout.name);
                let rest = if longer { &blob.key[lead.len()..] } else { id };
                let key = (setup.layout.key_of)(&setup, rest);
                // A token of Sa-Token does not tell of which login type it is.
                let of_a_type = setup.layout.name == "sa-token" && key.starts_with(b"satoken:login:");
                // An id of Moodle does not tell of which version it is.
                let older = setup.layout.other_kind == blob.raw.kind();
                assert!(key == blob.key || of_a_type || older, "{at}");
                let facts = described(&setup, &blob, &data, want);
                let ops = (setup.layout.end)(&setup, &session(&setup, &blob, id, facts, &decoded));
                let touched: BTreeSet<_> = ops
                    .iter()
                    .filter_map(Op::key)
                    .map(|key| String::from_utf8_lossy(&key.0).into_owned())
                    .collect();
                for companion in want["companions"].as_array().expect("companions") {
                    let companion = companion.as_str().expect("a key");
                    assert!(touched.contains(companion), "{at}: {companion} is not among {touched:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_name_the_same_indexes_are_changed() {
        for fixture in fixtures() {
            let layout = fixture.layout();
            let free = Setup::free(layout);
            // Twins are recognised as another layout, and may never be told apart.
            let first = layout.twin.map(|twin| twin.of).or(layout.namespaced.map(|space| space.of[0]));
            let first = first.and_then(by_name).map(Setup::free);
            for setup in [Some(&free), first.as_ref()].into_iter().flatten() {
                for (key, want) in fixture.sessions() {
                    let at = format!("{}: {key}", fixture.slug);
                    let blob = fixture.blob(key);
                    let decoded = (setup.layout.read)(setup, &blob);
                    let Some(data) = decoded.value() else { continue };
                    let facts = described(setup, &blob, data, want);
                    let id = (setup.layout.locate)(setup, blob.key).expect("a place").id;
                    let ops =
                        (setup.layout.end)(setup, &session(setup, &blob, &blob.key[id], facts, &decoded));
                    for companion in want["companions"].as_array().expect("companions") {
                        let companion = companion.as_str().expect("a key").as_bytes();
                        let touched = ops.iter().filter_map(Op::key).any(|key| key.0 == companion);
                        assert!(touched, "{at}: {} is not in {ops:?}", companion.escape_ascii());
                    }
                }
            }
        }
    }

    #[test]
    fn a_browsers_cookie_opens_to_the_id_and_is_genuine() {
        for fixture in fixtures() {
            let setup = fixture.named();
            let signed = setup.layout.options.iter().any(|spec| {
                spec.secret
                    && spec.name != "store_secret"
                    && spec.name != "cookie_encryption_key"
                    && fixture.expected["config"].get(spec.name).is_some()
            });
            for (key, want) in fixture.sessions().filter(|(_, want)| !want["cookie"].is_null()) {
                let at = format!("{}: {key}", fixture.slug);
                let open = setup.layout.cookie.unwrap_or_else(|| panic!("{at}: no cookie"));
                let given = Given::parse(want["cookie"].as_str().expect("a cookie"));
                let opened = open(&setup, &given).unwrap_or_else(|error| panic!("{at}: {error}"));
                assert_eq!(opened.id, want["id"].as_str().expect("an id").as_bytes(), "{at}");
                assert!(!signed || opened.verified == Some(true), "{at}: {opened:?}");
            }
        }
    }

    #[test]
    fn without_a_name_each_session_gets_its_layout_and_nothing_else_one() {
        let setups: Vec<Setup> = ALL
            .iter()
            .filter(|layout| layout.visible && !layout.only_named)
            .map(|layout| Setup::free(layout))
            .collect();
        let index = index::Index::new(&setups);
        for fixture in fixtures() {
            let layout = fixture.layout();
            let sessions: BTreeMap<_, _> = fixture.sessions().collect();
            for key in fixture.keys.keys() {
                let blob = fixture.blob(key);
                let at = format!("{}: {key}", fixture.slug);
                let mut candidates = index::Set::default();
                index.candidates(&blob, &mut candidates);
                let mut found: Vec<(&str, Verdict, Vec<u8>)> = Vec::new();
                for setup in candidates.iter().map(|at| &setups[usize::from(at)]) {
                    let Some(place) = (setup.layout.locate)(setup, blob.key) else { continue };
                    let mut verdict = (setup.layout.recognize)(setup, &blob);
                    let beside = setup.layout.beside.and_then(|beside| beside(setup, &blob));
                    if verdict == Verdict::Kin
                        && beside.is_some_and(|(key, kind)| {
                            let there = |record: &&Record| record.key.0 == key;
                            fixture.records.iter().find(there).and_then(|record| record.raw.kind())
                                == Some(kind)
                        })
                    {
                        verdict = Verdict::Sure;
                    }
                    if blob.raw.kind().is_some_and(|kind| setup.layout.keeps(kind))
                        && !matches!(verdict, Verdict::No(_) | Verdict::Kin)
                    {
                        found.push((setup.layout.name, verdict, blob.key[place.id].to_vec()));
                    }
                }
                let best = found.iter().find(|(_, verdict, _)| *verdict == Verdict::Sure).or(found.first());
                let Some(want) = sessions.get(key.as_str()) else {
                    assert!(best.is_none(), "{at}: {best:?}");
                    continue;
                };
                let (name, _, id) = best.unwrap_or_else(|| panic!("{at}: not recognised"));
                let told_later = layout
                    .twin
                    .map(|twin| twin.of == *name)
                    .or(layout.namespaced.map(|space| space.of.contains(name)));
                let alike = by_name(name).is_some_and(|found| found.same_as.contains(&layout.name));
                assert!(*name == layout.name || told_later == Some(true) || alike, "{at}: {found:?}");
                assert_eq!(*id, want["id"].as_str().expect("an id").as_bytes(), "{at}");
            }
        }
    }

    #[test]
    fn without_a_name_sessions_are_found_behind_any_prefix() {
        const PREFIXES: &[&str] = &["t1:", "shop[1]:", "{shop:eu}:", "wm*?", "a\\b/"];
        for fixture in fixtures() {
            let layout = fixture.layout();
            // Where the key itself is the mark, only something in front of it can differ.
            let fixed = [
                "etherpad",
                "telegraf-session-redis",
                "webman",
                "servicestack",
                "phalcon3",
                "swoft",
                "apereo-cas",
            ];
            let (twin, keyed) =
                (layout.twin.is_some() || layout.namespaced.is_some(), fixed.contains(&layout.name));
            if twin || (keyed && layout.prefix.is_empty()) || layout.name == "egg-session-redis" {
                continue;
            }
            let free = Setup::free(layout);
            let lead = (layout.lead)(&fixture.named());
            for prefix in PREFIXES {
                for (key, want) in fixture.sessions() {
                    let (key, raw) = &fixture.keys[key];
                    let rest = if keyed { &key[..] } else { &key[lead.len()..] };
                    let key = match layout.name {
                        "shopify-app-session-storage-redis" => [prefix.as_bytes(), b"_", rest].concat(),
                        "aspnet-redis-provider" | "aspnet-redis-provider-v4" => {
                            [b"{", prefix.as_bytes(), b"_", rest].concat()
                        }
                        "webseal" => [prefix.as_bytes(), b"session-", rest].concat(),
                        "redis-sessions" => [prefix.as_bytes(), b":", rest].concat(),
                        "sa-token" => [prefix.as_bytes(), b"name:", rest].concat(),
                        "micronaut-session" => [prefix.as_bytes(), b"sessions:", rest].concat(),
                        "redisson-tomcat" => [prefix.as_bytes(), &key[..]].concat(),
                        "spring-session" | "spring-session-json" => {
                            [prefix.as_bytes(), b":sessions:", rest].concat()
                        }
                        // Its value repeats the whole key.
                        "lemonldap-ng" | "koa-session" | "vertx-web" => continue,
                        _ => [prefix.as_bytes(), rest].concat(),
                    };
                    let at = format!("{}: {}", fixture.slug, key.escape_ascii());
                    let blob = Blob::new(&key, raw, Limits::default());
                    let place = (layout.locate)(&free, &key).unwrap_or_else(|| panic!("{at}"));
                    assert_eq!(key[place.id], *want["id"].as_str().expect("an id").as_bytes(), "{at}");
                    let verdict = (layout.recognize)(&free, &blob);
                    assert!(!matches!(verdict, Verdict::No(_)), "{at}: {verdict:?}");
                }
            }
        }
    }

    #[test]
    fn built_in_layouts_in_the_words_of_the_configuration_find_the_same() {
        for fixture in fixtures() {
            // What another version of the framework did is not said.
            let said = crate::commands::layouts::toml::of(&fixture.slug);
            let Some(said) = said.map(|text| crate::config::layouts_of(text).expect("well described")) else {
                continue;
            };
            let layout = said.into_iter().next().expect("a layout").into_layout();
            let named = fixture.named();
            let mut setup = Setup::named(layout, []).expect("no options");
            for (name, json) in fixture.expected["config"].as_object().expect("a config") {
                let _ = setup.set(name, setting(json));
            }
            let sessions: BTreeMap<_, _> = fixture.sessions().collect();
            for key in fixture.keys.keys() {
                let blob = fixture.blob(key);
                let at = format!("{}: {key}", fixture.slug);
                let place = (layout.locate)(&setup, blob.key);
                let fits = !matches!((layout.recognize)(&setup, &blob), Verdict::No(_));
                let Some(want) = sessions.get(key.as_str()) else {
                    assert!(place.is_none() || !fits, "{at}");
                    continue;
                };
                let id = &blob.key[place.unwrap_or_else(|| panic!("{at}: not located")).id];
                assert!(fits && id == want["id"].as_str().expect("an id").as_bytes(), "{at}");
                assert_eq!((layout.key_of)(&setup, id), blob.key, "{at}");
                let decoded = (layout.read)(&setup, &blob);
                let data = decoded.value().expect("it decodes");
                let facts = (layout.describe)(&setup, &blob, data);
                assert_eq!(facts, (named.layout.describe)(&named, &blob, data), "{at}");
                let user = facts.user.clone();
                let ops = (layout.end)(&setup, &session(&setup, &blob, id, facts, &decoded));
                for companion in want["companions"].as_array().expect("companions") {
                    let companion = companion.as_str().expect("a key").as_bytes();
                    let touched = ops.iter().filter_map(Op::key).any(|key| key.0 == companion);
                    assert!(touched, "{at}: {} is not in {ops:?}", companion.escape_ascii());
                }
                let index = |setup: &Setup| (setup.layout.user_index?.key)(setup, user.as_deref()?);
                assert_eq!(index(&setup), index(&named), "{at}");
                if let Some(cookie) = want["cookie"].as_str() {
                    let opened = layout.cookie.map(|open| open(&setup, &Given::parse(cookie)));
                    assert_eq!(opened.expect("a cookie").expect("it opens").id, id, "{at}");
                }
            }
        }
    }

    #[test]
    fn every_layout_has_a_name_of_its_own_and_a_whole_page() {
        let mut names = BTreeSet::new();
        for layout in ALL {
            let name = layout.name;
            assert!(!name.is_empty() && names.insert(name), "{name} is there twice");
            assert!(
                !layout.about.is_empty() && !layout.page.is_empty() && !layout.family.is_empty(),
                "{name}"
            );
            for line in layout.page.lines() {
                assert!(line.chars().count() <= 100 && line.trim_end() == line, "{name}: {line}");
            }
            for text in layout.caveats {
                assert!(text.ends_with('.'), "{name}: {text}");
            }
            for option in layout.options {
                assert!(!option.about.is_empty(), "{name}: {}", option.name);
                assert!(
                    !setup::COMMON.iter().any(|common| common.name == option.name),
                    "{name}: {}",
                    option.name
                );
            }
            let free = Setup::free(layout);
            assert!(free.knows(layout.prefix_option), "{name}: its prefix is no option");
            for other in layout.same_as {
                assert!(by_name(other).is_some(), "{name}: {other}");
            }
            if let Some(twin) = layout.twin {
                assert!(by_name(twin.of).is_some() && layout.marks.is_empty(), "{name}");
            }
            for other in layout.namespaced.iter().flat_map(|space| space.of.iter().chain(space.over)) {
                assert!(by_name(other).is_some() && layout.marks.is_empty(), "{name}: {other}");
            }
            assert!(layout.visible || layout.marks.is_empty(), "{name} is marked but cannot be seen");
        }
    }
}
