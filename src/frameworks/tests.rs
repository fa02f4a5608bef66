//! What every layout has to keep to, and how each does on its fixtures.

use crate::codec::Limits;
use crate::cookie::Given;
use crate::detect::index;
use crate::layout::session::Facts;
use crate::layout::session::Session;
use crate::layout::setup;
use crate::store::Key;
use crate::store::Kind;
use crate::store::Medium;
use crate::store::Op;
use crate::store::Raw;
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value as Json;

use super::*;
use crate::layout::session::Certainty;
use crate::layout::{Blob, Decoded, Rank, Setup, Verdict};
use crate::store::{Need, Record, Ttl};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layout");

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
        ends: Vec::new(),
        memory: None,
        exact_end: None,
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
        let name = self.expected["layouts"][0].as_str().unwrap_or(&self.slug);
        BUILT_IN.by_name(name).unwrap_or_else(|| panic!("there is no layout {name}"))
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
        let mut blob = Blob::new(key, raw, Limits::default());
        blob.parts = &self.records;
        blob
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
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Number(a), Json::Number(b)) => {
            a == b
                || a.as_f64()
                    .zip(b.as_f64())
                    .is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()))
        }
        _ => got == want,
    }
}

/// Whether a companion's description is of that key; a member of it may follow.
fn names_key(companion: &[u8], key: &[u8]) -> bool {
    companion.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
}

/// Secrets that open what is in the store, or cookies that are usually bare.
const NOT_SIGNING: &[&str] =
    &["store_secret", "cookie_encryption_key", "secret_key_base", "session_secret", "crypto_passphrase"];

pub(crate) fn session<'b>(
    setup: &'b Setup,
    blob: &'b Blob<'_>,
    id: &'b [u8],
    facts: Facts<'b>,
    data: &'b Decoded<'b>,
) -> Session<'b> {
    // What a scan would find of it next to it.
    let of_it = |key: &[u8]| {
        let copies = setup.layout.extra.copies.filter(|copies| copies.are_parts);
        copies.and_then(|copies| (copies.newer)(setup, key)).is_some_and(|newer| newer == blob.key)
    };
    let found = blob.parts.iter().filter(|part| of_it(&part.key.0)).map(|part| part.key.0.clone()).collect();
    Session {
        found,
        setup,
        key: blob.key,
        id,
        certainty: Certainty::Sure,
        hash: setup.layout.keys.kind == Kind::Hash,
        raw: blob.raw,
        facts,
        ttl: Ttl::Never,
        ends: &[],
        memory: None,
        exact_end: None,
        data: Some(data),
        now: 0,
    }
}

/// The facts; whose a session is that only sets know is for the scan to find out.
fn described<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>, want: &'b Json) -> Facts<'b> {
    let mut facts = (setup.layout.describe)(setup, blob, data);
    if setup.layout.extra.owners.is_some() {
        facts.user = want["user"].as_str().map(Cow::Borrowed);
    }
    facts
}

#[test]
fn a_named_layout_finds_exactly_its_sessions() {
    for fixture in fixtures() {
        let setup = fixture.named();
        let leads = setup.known_leads();
        let sessions: BTreeMap<_, _> = fixture.sessions().collect();
        for key in fixture.keys.keys() {
            let blob = fixture.blob(key);
            let at = format!("{}: {key}", fixture.slug);
            let place = (setup.layout.keys.locate)(&setup, blob.key)
                .filter(|_| leads.iter().any(|lead| blob.key.starts_with(lead)));
            let verdict = (setup.layout.recognize)(&setup, &blob);
            match (sessions.get(key.as_str()), place) {
                (Some(want), Some(place)) => {
                    assert!(!matches!(verdict, Verdict::No(_)), "{at}: {verdict:?}");
                    assert_eq!(blob.key[place.id], *want["id"].as_str().expect("an id").as_bytes(), "{at}");
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
            if want["undecodable"] == true {
                assert!(decoded.value().is_none() && want["user"].is_null(), "{at}: {:?}", decoded.value);
                continue;
            }
            let data = decoded.value().unwrap_or_else(|| panic!("{at}: {:?}", decoded.value)).clone();
            let json: Json = serde_json::from_str(&data.to_json()).expect("JSON");
            assert!(same(&json, &want["data"]), "{at}: {json} instead of {}", want["data"]);
            let facts = described(&setup, &blob, &data, want);
            assert_eq!(facts.user.as_deref(), want["user"].as_str(), "{at}");
            let place = (setup.layout.keys.locate)(&setup, blob.key).expect("a place");
            let id = want["id"].as_str().expect("an id").as_bytes();
            assert_eq!(blob.key[place.id], *id, "{at}");
            let lead = (setup.layout.keys.lead)(&setup);
            // Where more than the id stands after the prefix.
            let longer = ["redis-sessions", "typo3", "jwt-sessions"].contains(&setup.layout.name);
            let rest = if longer { &blob.key[lead.len()..] } else { id };
            let key = (setup.layout.keys.key_of)(&setup, rest);
            // A token of Sa-Token does not tell of which login type it is.
            let of_a_type = setup.layout.name == "sa-token" && key.starts_with(b"satoken:login:");
            // An id of Moodle does not tell of which version it is.
            let older = setup.layout.keys.other_kind == blob.raw.kind();
            // Nor an id of ASP.NET.
            let oldest = setup.layout.name == "aspnet-redis-provider-v4" && !blob.key.starts_with(b"{");
            assert!(key == blob.key || of_a_type || older || oldest, "{at}");
            let facts = described(&setup, &blob, &data, want);
            let ops = session(&setup, &blob, id, facts, &decoded).companions();
            let touched: BTreeSet<_> = ops
                .iter()
                .filter_map(Op::key)
                .map(|key| String::from_utf8_lossy(&key.0).into_owned())
                .collect();
            for companion in want["companions"].as_array().expect("companions") {
                let companion = companion.as_str().expect("a key");
                let named = touched.iter().any(|key| names_key(companion.as_bytes(), key.as_bytes()));
                assert!(named, "{at}: {companion} is not among {touched:?}");
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
        let first = layout.twin().map(|twin| twin.of).or(layout.namespaced().map(|space| space.of[0]));
        let first = first.and_then(|name| BUILT_IN.by_name(name)).map(|layout| BUILT_IN.free(layout));
        for setup in [Some(&free), first.as_ref()].into_iter().flatten() {
            for (key, want) in fixture.sessions() {
                let at = format!("{}: {key}", fixture.slug);
                let blob = fixture.blob(key);
                let decoded = (setup.layout.read)(setup, &blob);
                let Some(data) = decoded.value() else { continue };
                let facts = described(setup, &blob, data, want);
                let id = (setup.layout.keys.locate)(setup, blob.key).expect("a place").id;
                let ops = session(setup, &blob, &blob.key[id], facts, &decoded).companions();
                for companion in want["companions"].as_array().expect("companions") {
                    let companion = companion.as_str().expect("a key").as_bytes();
                    let touched = ops.iter().filter_map(Op::key).any(|key| names_key(companion, &key.0));
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
                && !NOT_SIGNING.contains(&spec.name)
                && fixture.expected["config"].get(spec.name).is_some()
        });
        for (key, want) in fixture.sessions().filter(|(_, want)| !want["cookie"].is_null()) {
            let at = format!("{}: {key}", fixture.slug);
            let open = setup.layout.cookie.open.unwrap_or_else(|| panic!("{at}: no cookie"));
            let given = Given::parse(want["cookie"].as_str().expect("a cookie"));
            let opened = open(&setup, &given).unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(opened.id, want["id"].as_str().expect("an id").as_bytes(), "{at}");
            // The browser's name goes into this one's signature.
            let unchecked = setup.layout.name == "lua-resty-session-v3";
            assert!(!signed || unchecked || opened.verified == Some(true), "{at}: {opened:?}");
        }
    }
}

#[test]
fn without_a_name_each_session_gets_its_layout_and_nothing_else_one() {
    let setups: Vec<Setup> = BUILT_IN.all().filter(|layout| layout.is_asked()).map(Setup::free).collect();
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
                let Some(place) = (setup.layout.keys.locate)(setup, blob.key) else { continue };
                let mut verdict = (setup.layout.recognize)(setup, &blob);
                let beside = setup.layout.beside().and_then(|beside| beside(setup, &blob));
                if verdict == Verdict::Kin
                    && beside.is_some_and(|(key, kind)| {
                        let there = |record: &&Record| record.key.0 == key;
                        fixture.records.iter().find(there).and_then(|record| record.raw.kind()) == Some(kind)
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
                .twin()
                .map(|twin| twin.of == *name)
                .or(layout.namespaced().map(|space| space.of.contains(name)));
            let alike = BUILT_IN.by_name(name).is_some_and(|found| found.same_as.contains(&layout.name));
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
            "django-cache",
            "django-redis",
            "django-cached-db",
            "django-qsessions",
            "django-redis-sessions-fork",
            "beaker-redis",
            "bottle-session",
            "ctfd",
            "dify",
            "indico",
            "web2py",
            "authelia",
            "external-auth-server",
            "mod-auth-openidc",
        ];
        let (twin, keyed) =
            (layout.twin().is_some() || layout.namespaced().is_some(), fixed.contains(&layout.name));
        if twin || (keyed && layout.keys.prefix.is_empty()) || layout.name == "egg-session-redis" {
            continue;
        }
        let free = Setup::free(layout);
        let lead = (layout.keys.lead)(&fixture.named());
        for prefix in PREFIXES {
            for (key, want) in fixture.sessions() {
                let (key, raw) = &fixture.keys[key];
                let rest = if keyed { &key[..] } else { &key[lead.len()..] };
                let key = match layout.name {
                    "shopify-app-session-storage-redis" => [prefix.as_bytes(), b"_", rest].concat(),
                    // Without braces there is no telling where the prefix ends.
                    "aspnet-redis-provider-v4" if !key.starts_with(b"{") => continue,
                    "aspnet-redis-provider" | "aspnet-redis-provider-v4" => {
                        [b"{", prefix.as_bytes(), b"_", rest].concat()
                    }
                    "gitlab" => [prefix.as_bytes(), b"session:gitlab:", rest].concat(),
                    "lua-resty-session" | "lua-resty-session-v3" => [prefix.as_bytes(), b":", rest].concat(),
                    "plack-session-redis" => [prefix.as_bytes(), b"session_", rest].concat(),
                    "catalyst-session-redis" => [prefix.as_bytes(), b"session:", rest].concat(),
                    "rack-session-redis" => [prefix.as_bytes(), b"rack:session:", rest].concat(),
                    "webseal" => [prefix.as_bytes(), b"session-", rest].concat(),
                    "redis-sessions" | "simplesessions" => [prefix.as_bytes(), b":", rest].concat(),
                    "sa-token" => [prefix.as_bytes(), b"name:", rest].concat(),
                    "micronaut-session" => [prefix.as_bytes(), b"sessions:", rest].concat(),
                    "redisson-tomcat"
                    | "budibase"
                    | "fastgpt"
                    | "vapor"
                    | "sessionup"
                    | "kubesphere"
                    | "jwt-sessions"
                    | "pow"
                    | "kemal-session-redis" => [prefix.as_bytes(), &key[..]].concat(),
                    "spring-session" | "spring-session-json" => {
                        [prefix.as_bytes(), b":sessions:", rest].concat()
                    }
                    // Its value repeats the whole key.
                    "lemonldap-ng" | "koa-session" | "vertx-web" => continue,
                    // Its dumps are those of redis-actionpack.
                    "rails-redis-session-store" => continue,
                    // Its id is the whole key.
                    "redbird" | "oauth2-proxy" | "pyramid-redis-sessions" | "pyramid-session-redis" => {
                        continue;
                    }
                    _ => [prefix.as_bytes(), rest].concat(),
                };
                let at = format!("{}: {}", fixture.slug, key.escape_ascii());
                let blob = Blob::new(&key, raw, Limits::default());
                let place = (layout.keys.locate)(&free, &key).unwrap_or_else(|| panic!("{at}"));
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
            let place = (layout.keys.locate)(&setup, blob.key);
            let fits = !matches!((layout.recognize)(&setup, &blob), Verdict::No(_));
            let Some(want) = sessions.get(key.as_str()) else {
                assert!(place.is_none() || !fits, "{at}");
                continue;
            };
            let id = &blob.key[place.unwrap_or_else(|| panic!("{at}: not located")).id];
            assert!(fits && id == want["id"].as_str().expect("an id").as_bytes(), "{at}");
            assert_eq!((layout.keys.key_of)(&setup, id), blob.key, "{at}");
            let decoded = (layout.read)(&setup, &blob);
            let data = decoded.value().expect("it decodes");
            let facts = (layout.describe)(&setup, &blob, data);
            assert_eq!(facts, (named.layout.describe)(&named, &blob, data), "{at}");
            let user = facts.user.clone();
            let ops = (layout.ends.end)(&setup, &session(&setup, &blob, id, facts, &decoded));
            for companion in want["companions"].as_array().expect("companions") {
                let companion = companion.as_str().expect("a key").as_bytes();
                let touched = ops.iter().filter_map(Op::key).any(|key| names_key(companion, &key.0));
                assert!(touched, "{at}: {} is not in {ops:?}", companion.escape_ascii());
            }
            let index = |setup: &Setup| (setup.layout.ends.user_index?.key)(setup, user.as_deref()?);
            assert_eq!(index(&setup), index(&named), "{at}");
            if let Some(cookie) = want["cookie"].as_str() {
                let opened = layout.cookie.open.map(|open| open(&setup, &Given::parse(cookie)));
                assert_eq!(opened.expect("a cookie").expect("it opens").id, id, "{at}");
            }
        }
    }
}

#[test]
fn every_layout_has_a_fixture() {
    let have: BTreeSet<&str> = fixtures().iter().map(|fixture| fixture.layout().name).collect();
    let without = BUILT_IN
        .all()
        .filter(|layout| layout.is_seen() && layout.medium == Medium::Redis && !have.contains(layout.name));
    let without: Vec<&str> = without.map(|layout| layout.name).collect();
    // What a user describes, and frameworks whose sessions nothing tells.
    let named = BUILT_IN.all().filter(|layout| layout.rank == Rank::OnlyNamed);
    let named: Vec<&str> = named.map(|layout| layout.name).collect();
    assert_eq!(without, named);
}

#[test]
fn every_layout_has_a_name_of_its_own_and_a_whole_page() {
    let mut names = BTreeSet::new();
    for layout in BUILT_IN.all() {
        let name = layout.name;
        assert!(!name.is_empty() && names.insert(name), "{name} is there twice");
        assert!(!layout.about.is_empty() && !layout.page.is_empty() && !layout.family.is_empty(), "{name}");
        for line in layout.page.lines() {
            assert!(line.chars().count() <= 100 && line.trim_end() == line, "{name}: {line}");
        }
        if let Some(home) = layout.home {
            let printable = home.bytes().all(|byte| byte.is_ascii_graphic());
            assert!(home.starts_with("https://") && printable, "{name}: {home}");
        }
        for text in layout.ends.caveats {
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
        assert!(free.knows(layout.keys.prefix_option), "{name}: its prefix is no option");
        for other in layout.same_as {
            assert!(BUILT_IN.by_name(other).is_some(), "{name}: {other}");
        }
        if let Some(twin) = layout.twin() {
            assert!(BUILT_IN.by_name(twin.of).is_some() && layout.marks.is_empty(), "{name}");
        }
        for other in layout.namespaced().iter().flat_map(|space| space.of.iter().chain(space.over)) {
            assert!(BUILT_IN.by_name(other).is_some() && layout.marks.is_empty(), "{name}: {other}");
        }
        assert!(layout.is_seen() || layout.marks.is_empty(), "{name} is marked but cannot be seen");
    }
}
